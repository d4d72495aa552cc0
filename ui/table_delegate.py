"""Painter of table cells: one and two lines, marks, sparklines, buttons, washes; row lines only.

Runs on the window's thread. Reads cells from the model, not item data, and caches cut texts: a full viewport is painted in
a few milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from ui import icons, marks, sparkline
from ui.table_spec import Align, Cell
from ui.theme import FontRole, Role, theme

if TYPE_CHECKING:
    from ui.table_view import TableView

PADDING = 12
_MARK, _MARK_GAP, _INDENT = 16, 8, 28
_MIDDLE_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine)


class Metrics:
    """Fonts of the rows, their widths, and texts that were cut to a width; made anew on every change of theme."""

    def __init__(self) -> None:
        self._fonts: dict[FontRole, tuple[QFont, QFontMetricsF]] = {}
        self._widths: dict[tuple[FontRole, str], float] = {}
        self._cut: dict[tuple[FontRole, str, int], str] = {}

    def clear(self) -> None:
        """Forget everything, because fonts changed."""
        self._fonts.clear()
        self._widths.clear()
        self._cut.clear()

    def font(self, role: FontRole) -> tuple[QFont, QFontMetricsF]:
        """Return a font and its metrics."""
        found = self._fonts.get(role)
        if found is None:
            font = theme.font(role)
            found = self._fonts[role] = (font, QFontMetricsF(font))
        return found

    def width(self, role: FontRole, text: str) -> float:
        """Return the width of a text in logical pixels."""
        found = self._widths.get((role, text))
        if found is None:
            if len(self._widths) > 8192:
                self._widths.clear()
            found = self._widths[role, text] = self.font(role)[1].horizontalAdvance(text)
        return found

    def cut(self, role: FontRole, text: str, room: float) -> str:
        """Return the text, with an ellipsis if it is wider than the room."""
        if self.width(role, text) <= room + 0.5:
            return text
        key = (role, text, int(room))
        found = self._cut.get(key)
        if found is None:
            if len(self._cut) > 8192:
                self._cut.clear()
            found = self._cut[key] = self.font(role)[1].elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, room))
        return found


class TableDelegate(QStyledItemDelegate):
    """Paint the cells of a TableView."""

    def __init__(self, view: TableView) -> None:
        super().__init__(view)
        self._view = view
        self.metrics = Metrics()
        theme.changed.connect(self._on_theme_changed)

    def _on_theme_changed(self) -> None:
        self.metrics.clear()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the row height; widths are the columns' own."""
        return QSize(64, self._view.row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Paint background, row line and the content of one cell."""
        view, row, at = self._view, index.row(), index.column()
        model = view.table_model
        rect: QRect = option.rect
        column = model.columns[at]
        painter.fillRect(rect, view.row_colour(row))
        painter.setPen(theme.color(Role.LINE))
        painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom())
        if column.group:
            painter.drawLine(rect.left(), rect.top(), rect.left(), rect.bottom())
        cell = model.cell(row, at)
        room = QRectF(rect).adjusted(PADDING, 0, -PADDING, -1)
        muted = model.style(row).muted
        if cell.spark is not None:
            height = min(sparkline.HEIGHT, room.height() - 4)
            width = min(float(sparkline.WIDTH), room.width())
            box = QRectF(room.left(), room.center().y() - height / 2, width, height)
            sparkline.draw(painter, box, cell.spark)
            return
        if cell.buttons:
            self._paint_buttons(painter, rect, cell)
            room.setRight(self.button_rects(rect, cell)[0].left() - 8)
        if cell.checked is not None:
            paint_check(painter, self.check_rect(rect), cell.checked, True)
            room.setLeft(room.left() + theme.px(_MARK) + _MARK_GAP)
        self._paint_texts(painter, room, cell, column.align, muted)

    def button_rects(self, rect: QRect, cell: Cell) -> list[QRectF]:
        """Return where the buttons of a cell are, left to right."""
        height = min(theme.px(24), rect.height() - 4)
        right, boxes = rect.right() - PADDING + 1.0, list[QRectF]()
        for label in reversed(cell.buttons):
            width = round(self.metrics.width(FontRole.BODY, label)) + 18
            boxes.insert(0, QRectF(right - width, rect.center().y() - height / 2, width, height))
            right -= width + 8
        return boxes

    def check_rect(self, rect: QRect) -> QRectF:
        """Return where the check box of a cell is."""
        side = theme.px(_MARK)
        return QRectF(rect.left() + PADDING, rect.center().y() - side / 2, side, side)

    def _paint_buttons(self, painter: QPainter, rect: QRect, cell: Cell) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.metrics.font(FontRole.BODY)[0])
        for label, box in zip(cell.buttons, self.button_rects(rect, cell), strict=True):
            under = self._view.pointer_in(box)
            painter.setPen(QPen(theme.color(Role.LINE_STRONG), 1))
            painter.setBrush(theme.color(Role.HOVER if under else Role.RAISED))
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.setPen(theme.color(Role.TEXT))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)
        painter.restore()

    def _paint_texts(self, painter: QPainter, room: QRectF, cell: Cell, align: Align, muted: bool) -> None:
        two = bool(cell.second)
        first_height = self.metrics.font(FontRole.BODY)[1].height()
        second_height = self.metrics.font(FontRole.CAPTION)[1].height()
        top = room.center().y() - (first_height + second_height) / 2 if two else room.top()
        first = QRectF(room.left(), top, room.width(), first_height if two else room.height())
        if cell.follows:
            icons.draw(painter, "follow", QPointF(room.left() + 14, first.center().y()), 16, Role.MUTED)
            first.setLeft(first.left() + _INDENT)
        if cell.mark is not None:
            side = theme.px(_MARK)
            marks.draw_fast(painter, first.left(), first.center().y() - side / 2, side, cell.mark, cell.form)
            first.setLeft(first.left() + side + _MARK_GAP)
        if cell.icon:
            side = theme.px(_MARK)
            icons.draw(painter, cell.icon, QPointF(first.left() + side / 2, first.center().y()), 16, cell.tone)
            first.setLeft(first.left() + side + _MARK_GAP)
        self._paint_first(painter, first, cell, align, Role.MUTED if muted and cell.tone is Role.TEXT else cell.tone)
        if two:
            indent = first.left() - room.left()
            line = QRectF(room.left() + indent, top + first_height, room.width() - indent, second_height)
            self._paint_run(painter, line, [(cell.second, FontRole.CAPTION, cell.second_tone)], align)

    def _paint_first(self, painter: QPainter, line: QRectF, cell: Cell, align: Align, tone: Role) -> None:
        main = FontRole.MONO if cell.mono else FontRole.BODY_STRONG if cell.bold else FontRole.BODY
        if cell.boxed and cell.text:
            self._paint_box(painter, line, cell.text, tone)
            return
        run = [(cell.text, main, tone)]
        if cell.unit:
            run.append((" " + cell.unit, FontRole.BODY, Role.MUTED))
        if cell.after:
            run.append((" " + cell.after, FontRole.BODY, Role.MUTED))
        self._paint_run(painter, line, run, align)

    def _paint_run(self, painter: QPainter, line: QRectF, run: list[tuple[str, FontRole, Role]], align: Align) -> None:
        """Paint texts one after the other; the last that fits is cut, the unit of a right-aligned number never is."""
        width = sum(self.metrics.width(font, text) for text, font, _ in run)
        left = line.left()
        if align is Align.RIGHT:
            left = max(left, line.right() - width)
        elif align is Align.CENTER:
            left = max(left, line.center().x() - width / 2)
        for text, font, role in run:
            room = line.right() - left
            if room < 4 or not text:
                break
            shown = self.metrics.cut(font, text, room)
            painter.setFont(self.metrics.font(font)[0])
            painter.setPen(theme.color(role))
            painter.drawText(QRectF(left, line.top(), room + 1, line.height()), _MIDDLE_LEFT, shown)
            left += self.metrics.width(font, text)

    def _paint_box(self, painter: QPainter, line: QRectF, text: str, tone: Role) -> None:
        width = min(self.metrics.width(FontRole.CAPTION, text) + 10, line.width())
        height = self.metrics.font(FontRole.CAPTION)[1].height() + 1
        box = QRectF(line.left(), line.center().y() - height / 2, width, height)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color(Role.LINE_STRONG), 1))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        painter.setFont(self.metrics.font(FontRole.CAPTION)[0])
        painter.setPen(theme.color(Role.MUTED if tone is Role.TEXT else tone))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.metrics.cut(FontRole.CAPTION, text, width - 6))
        painter.restore()

    def editorEvent(self, *_args: Any) -> bool:
        """Leave clicks to the view."""
        return False


def paint_check(painter: QPainter, box: QRectF, checked: bool, enabled: bool) -> None:
    """Paint a check box: accent with a tick when on."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = box.adjusted(0.5, 0.5, -0.5, -0.5)
    on: QColor = theme.color(Role.ACCENT if enabled else Role.DISABLED)
    if checked:
        painter.setPen(QPen(on, 1))
        painter.setBrush(on)
    else:
        painter.setPen(QPen(theme.color(Role.LINE_STRONG if enabled else Role.LINE), 1))
        painter.setBrush(theme.color(Role.SUNKEN))
    painter.drawRoundedRect(frame, 3, 3)
    if checked:
        unit = box.width() / 16
        painter.setPen(
            QPen(theme.color(Role.ON_ACCENT), 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        )
        painter.drawPolyline([box.topLeft() + QPointF(x * unit, y * unit) for x, y in ((3.8, 8.3), (6.7, 11.2), (12.2, 5.2))])
    painter.restore()
