"""The head of a table: titles like their columns, the sort arrow, columns that are chosen, ordered and kept.

Runs on the window's thread.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QPainter
from PySide6.QtWidgets import QHeaderView, QMenu, QWidget

from ui import icons
from ui.table_delegate import PADDING, Metrics
from ui.tables import Align, TableModel
from ui.theme import TABLE_HEAD, FontRole, Role, theme


class TableHead(QHeaderView):
    """Sort by a click (again: down, again: the natural order), move by dragging, choose columns by the context menu."""

    layout_changed = Signal()

    def __init__(self, parent: QWidget, model: TableModel[Any]) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._table = model
        self._metrics = Metrics()
        self._wanted = [column.width for column in model.columns]
        self._sharing = False
        self._grouped = any(column.group for column in model.columns)
        self.setObjectName("head")
        self.setAccessibleName("Columns")
        self.setSectionsMovable(True)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(24)
        self.setModel(model)
        self.sectionClicked.connect(self._on_clicked)
        self.sectionResized.connect(self._on_resized)
        self.sectionMoved.connect(self._on_moved)
        theme.changed.connect(self._on_theme_changed)

    def _on_theme_changed(self) -> None:
        self._metrics.clear()

    @property
    def height_now(self) -> int:
        """Return the height of the head in logical pixels."""
        return theme.px(TABLE_HEAD * 2 - 8 if self._grouped else TABLE_HEAD)

    def sizeHint(self) -> QSize:
        """Return the height of the head."""
        return QSize(super().sizeHint().width(), self.height_now)

    def update_size(self) -> None:
        """Take the height of the theme in force."""
        self.setFixedHeight(self.height_now)

    def visible_columns(self) -> list[int]:
        """Return the columns shown, left to right."""
        order = (self.logicalIndex(place) for place in range(self.count()))
        return [column for column in order if not self.isSectionHidden(column)]

    # --- kept layout -------------------------------------------------------------------------------------------------

    def layout_state(self) -> list[dict[str, Any]]:
        """Return the layout left to right: key, wanted width, hidden."""
        order = (self.logicalIndex(place) for place in range(self.count()))
        return [
            {
                "key": self._table.columns[column].key,
                "width": self._wanted[column],
                "hidden": self.isSectionHidden(column),
            }
            for column in order
        ]

    def restore(self, state: list[dict[str, Any]]) -> None:
        """Take a kept layout; columns it does not know stand where they stood."""
        known = {column.key: at for at, column in enumerate(self._table.columns)}
        for at, column in enumerate(self._table.columns):
            self.setSectionHidden(at, column.hidden and not column.fixed)
        place = 0
        for entry in state:
            at = known.get(str(entry.get("key")), -1)
            if at < 0:
                continue
            width = entry.get("width")
            self._wanted[at] = width if isinstance(width, int) and 24 <= width <= 2000 else self._wanted[at]
            self.setSectionHidden(at, bool(entry.get("hidden")) and not self._table.columns[at].fixed)
            self.moveSection(self.visualIndex(at), place)
            place += 1
        self._share_again()

    def share_width(self, room: int) -> None:
        """Give every column its wanted width and the spare room to the stretching ones, by their widths."""
        shown = self.visible_columns()
        columns = self._table.columns
        widths = {at: theme.px(self._wanted[at]) for at in shown}
        elastic = [at for at in shown if columns[at].stretch]
        spare, base = room - sum(widths.values()), sum(widths[at] for at in elastic)
        if elastic and base:
            for at in elastic:
                widths[at] = max(theme.px(columns[at].min_width), widths[at] + spare * widths[at] // base)
            rest = room - sum(widths.values())
            widths[elastic[-1]] += rest if 0 < rest < len(elastic) else 0
        self._sharing = True
        for at, width in widths.items():
            self.resizeSection(at, width)
        self._sharing = False

    def _share_again(self) -> None:
        parent = self.parentWidget()
        viewport = getattr(parent, "viewport", None)
        if viewport is not None:
            self.share_width(viewport().width())

    def _on_resized(self, column: int, _old: int, new: int) -> None:
        if not self._sharing and new > 0:
            least = self._table.columns[column].min_width
            self._wanted[column] = max(least, round(new / theme.scale))
            QTimer.singleShot(0, self, self._after_drag)

    def _after_drag(self) -> None:
        self._share_again()
        self.layout_changed.emit()

    def _on_moved(self, _column: int, _old: int, _new: int) -> None:
        self.layout_changed.emit()

    # --- sorting -----------------------------------------------------------------------------------------------------

    def _on_clicked(self, column: int) -> None:
        spec = self._table.columns[column]
        if not spec.sortable:
            return
        first, second = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        if spec.descending_first:
            first, second = second, first
        now, descending = self._table.sorted_column
        if now != column:
            self._table.sort(column, first)
        elif descending == (first == Qt.SortOrder.DescendingOrder):
            self._table.sort(column, second)
        else:
            self._table.sort(-1)
        self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer the columns to choose from."""
        menu = QMenu(self)
        menu.setObjectName("column_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for place in range(self.count()):
            at = self.logicalIndex(place)
            column = self._table.columns[at]
            action = menu.addAction(column.title or column.key)
            action.setCheckable(True)
            action.setChecked(not self.isSectionHidden(at))
            action.setEnabled(not column.fixed)
            action.toggled.connect(lambda on, at=at: self.show_column(at, on))
        menu.popup(event.globalPos())

    def show_column(self, column: int, shown: bool) -> None:
        """Show or hide a column and keep that; an identity column stays."""
        if self._table.columns[column].fixed and not shown:
            return
        self.setSectionHidden(column, not shown)
        self._share_again()
        self.layout_changed.emit()

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintSection(self, painter: QPainter, rect: QRect, column: int) -> None:
        """Paint one title in the caption font, muted, with the sort arrow after it."""
        spec = self._table.columns[column]
        painter.fillRect(rect, theme.color(Role.RAISED))
        painter.setPen(theme.color(Role.LINE))
        painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom())
        if spec.group:
            painter.drawLine(rect.left(), rect.top(), rect.left(), rect.bottom())
        line = QRectF(rect).adjusted(PADDING, 0, -PADDING, -1)
        font = FontRole.CAPTION
        painter.setFont(self._metrics.font(font)[0])
        painter.setPen(theme.color(Role.MUTED))
        if self._grouped:
            if spec.group.strip():
                top = QRectF(line.left(), line.top(), line.width(), line.height() / 2)
                painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, self._metrics.cut(font, spec.group, top.width()))
            line.setTop(line.center().y())
        sorted_by, descending = self._table.sorted_column
        arrow = 16.0 if sorted_by == column else 0.0
        text = self._metrics.cut(font, spec.title, line.width() - arrow)
        width = self._metrics.width(font, text)
        left = line.left() if spec.align is Align.LEFT else line.right() - width - arrow
        if spec.align is Align.CENTER:
            left = line.center().x() - width / 2
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(left, line.top(), width + 2, line.height()), flags, text)
        if arrow:
            name = "chevron-down" if descending else "chevron-up"
            icons.draw(painter, name, QPointF(left + width + 9, line.center().y()), 12, Role.MUTED)

    def paintEvent(self, event: Any) -> None:
        """Paint the sections and the line under what they leave free."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        length = self.length() - self.offset()
        rest = QRect(length, 0, max(0, self.viewport().width() - length), self.height())
        painter.fillRect(rest, theme.color(Role.RAISED))
        painter.setPen(theme.color(Role.LINE))
        painter.drawLine(rest.left(), rest.bottom(), rest.right(), rest.bottom())
        painter.end()
