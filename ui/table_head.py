"""The head of a table: titles like their columns, the sort arrow, columns that are chosen, ordered and kept.

Runs on the window's thread. What the keyboard does with columns is in table_columns.py.
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
        self._chosen: set[int] = set()  # spare columns that a person showed or hid
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
                # A width nobody chose is not kept, so that a better one of a later version is taken.
                "width": None if self._wanted[column] == self._table.columns[column].width else self._wanted[column],
                "hidden": self.isSectionHidden(column),
                "chosen": column in self._chosen,
            }
            for column in order
        ]

    def restore(self, state: list[dict[str, Any]]) -> None:
        """Take a kept layout; columns it does not know stand where they stood."""
        known = {column.key: at for at, column in enumerate(self._table.columns)}
        for at, column in enumerate(self._table.columns):
            self._hide(at, column.hidden and not column.fixed)
        place = 0
        for entry in state:
            at = known.get(str(entry.get("key")), -1)
            if at < 0:
                continue
            width = entry.get("width")
            self._wanted[at] = width if isinstance(width, int) and 24 <= width <= 2000 else self._wanted[at]
            if entry.get("chosen") is True:
                self._chosen.add(at)
            self._hide(at, bool(entry.get("hidden")) and not self._table.columns[at].fixed)
            self.moveSection(self.visualIndex(at), place)
            place += 1
        self._share_again()

    def reset(self) -> None:
        """Show the columns as they were at first: chosen, ordered and as wide."""
        self._chosen.clear()
        self._wanted = [column.width for column in self._table.columns]
        for at in range(self.count()):
            self.moveSection(self.visualIndex(at), at)
        self.restore([])
        self.layout_changed.emit()

    def move_column(self, column: int, by: int) -> bool:
        """Move a column so many places to the right (left below 0) and keep that; return False at the edge."""
        place = self.visualIndex(column) + by
        if not 0 <= place < self.count():
            return False
        self._choose(column)
        self.moveSection(self.visualIndex(column), place)
        return True

    def share_width(self, room: int) -> None:
        """Give every column its wanted width and the spare room to the stretching ones, by their widths."""
        self._hide_yielding(room)
        self._show_spare(room)
        shown = self.visible_columns()
        columns = self._table.columns
        widths = {at: theme.px(self._wanted[at]) for at in shown}
        elastic = {at: theme.px(columns[at].min_width) for at in shown if columns[at].stretch}
        taken = sum(width for at, width in widths.items() if at not in elastic)
        widths |= _shared(room - taken, {at: widths[at] for at in elastic}, elastic)
        self._sharing = True
        for at, width in widths.items():
            self.resizeSection(at, width)
        self._sharing = False

    def _hide_yielding(self, room: int) -> None:
        """Show the yielding columns nobody chose, in order, while what must stay has its least width; else hide them."""
        columns = self._table.columns
        open_ = [at for at, column in enumerate(columns) if column.yields and at not in self._chosen]
        others = [at for at in self.visible_columns() if at not in open_ and not (columns[at].spare and at not in self._chosen)]
        left = room - sum(theme.px(columns[at].min_width if columns[at].stretch else self._wanted[at]) for at in others)
        for at in open_:
            left -= theme.px(columns[at].min_width if columns[at].stretch else self._wanted[at])
            self._hide(at, left < 0)

    def _show_spare(self, room: int) -> None:
        """Show the spare columns nobody chose, in order, while all the others keep their widths; else hide them."""
        columns = self._table.columns
        open_ = [at for at, column in enumerate(columns) if column.spare and at not in self._chosen]
        if not open_:
            return
        others = [at for at in self.visible_columns() if at not in open_]
        left = room - sum(theme.px(self._wanted[at]) for at in others)
        for at in open_:
            left -= theme.px(self._wanted[at])
            self._hide(at, left < 0)

    def _choose(self, column: int) -> None:
        """Remember that a person decided about a column that comes and goes by itself."""
        if self._table.columns[column].spare or self._table.columns[column].yields:
            self._chosen.add(column)

    def _hide(self, column: int, hidden: bool) -> None:
        """Hide a section or show it; the width Qt gives it then is not one a person wants."""
        self._sharing = True
        self.setSectionHidden(column, hidden)
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
        menu.addSeparator()
        for words, name, run in (("Order of columns…", "order", self.ask_columns), ("As at first", "reset", self.reset)):
            more = menu.addAction(words)
            more.setObjectName(f"columns_{name}")
            more.triggered.connect(run)
        menu.popup(event.globalPos())

    def ask_columns(self) -> None:
        """Open the dialog in which columns are chosen and ordered, for the keyboard too."""
        from ui.table_columns import ColumnsDialog  # on first use, and because it has a table itself

        ColumnsDialog(self, self._table, self.window()).open()

    def show_column(self, column: int, shown: bool) -> None:
        """Show or hide a column and keep that; an identity column stays."""
        if self._table.columns[column].fixed and not shown:
            return
        self._choose(column)
        self._hide(column, not shown)
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


def _shared(room: int, wanted: dict[int, int], least: dict[int, int]) -> dict[int, int]:
    """Share room out by the wanted widths; none gets less than its least, and what that costs the others bear."""
    shared, open_ = dict(least), dict(wanted)
    while open_:
        base = sum(open_.values())
        short = [at for at, width in open_.items() if room * width < least[at] * base]
        if not short:
            shared |= {at: room * width // base for at, width in open_.items()}
            last = list(open_)[-1]
            shared[last] += room - sum(shared[at] for at in open_)
            break
        for at in short:
            del open_[at]
            room -= least[at]
    return shared
