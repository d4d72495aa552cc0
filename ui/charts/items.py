"""Items of a chart's scene: a painted layer, and one limit line with its box.

Runs on the window's thread. Scene coordinates are the pixels of the canvas.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem

from noc_alerts.model.alerts import NoticeLevel
from ui.charts.geometry import Geometry
from ui.charts.parts import LimitLine
from ui.theme import FontRole, Role, theme

BOX_HEIGHT = 20

_LINE = {NoticeLevel.CRITICAL: Role.CRITICAL, NoticeLevel.WARNING: Role.WARNING, NoticeLevel.NONE: Role.MUTED}
_FILL = {NoticeLevel.CRITICAL: Role.MARK_CRITICAL, NoticeLevel.WARNING: Role.MARK_WARNING, NoticeLevel.NONE: Role.MUTED}
_INK = {NoticeLevel.CRITICAL: Role.INK_CRITICAL, NoticeLevel.WARNING: Role.INK_WARNING, NoticeLevel.NONE: Role.RAISED}


class Layer(QGraphicsItem):
    """One layer of the chart, painted by a function of painter and geometry; `stack` says what lies over what."""

    def __init__(self, stack: float, paint_with: Callable[[QPainter, Geometry], None]) -> None:
        super().__init__()
        self._paint_with = paint_with
        self._geometry: Geometry | None = None
        self._bounds = QRectF()
        self.setZValue(stack)

    def place(self, geometry: Geometry, bounds: QRectF) -> None:
        """Take another geometry; `bounds`: all that may be painted."""
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = bounds
        self._geometry = geometry
        self.update()

    def boundingRect(self) -> QRectF:
        """Return all that may be painted."""
        return self._bounds

    def paint(self, painter: QPainter, _option: Any, _widget: Any = None) -> None:
        """Paint the layer."""
        if self._geometry is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_with(painter, self._geometry)
        painter.restore()


def box_height(line: LimitLine) -> int:
    """Return how high the box of a limit is: a line of words for each limit that lies there."""
    return theme.px(BOX_HEIGHT + 16 * line.label.count("\n"))


class LimitItem(QGraphicsItem):
    """A limit line over the plot; in labelled charts its box stands at the right margin, with a leader when it was moved."""

    def __init__(self, line: LimitLine) -> None:
        super().__init__()
        self.line = line
        self._geometry: Geometry | None = None
        self._bounds = QRectF()
        self._box: QRectF | None = None
        self.setZValue(5 if line.saved else 6)

    def place(self, geometry: Geometry, bounds: QRectF, box_middle: float | None) -> None:
        """Take another geometry; `box_middle`: where the middle of its box stands, None = no box."""
        self.prepareGeometryChange()
        self._geometry, self._bounds = geometry, bounds
        self._box = None
        if box_middle is not None:
            metrics, labels = QFontMetricsF(theme.font(FontRole.CAPTION_STRONG)), self.line.label.split("\n")
            width = max(metrics.horizontalAdvance(label) for label in labels) + theme.px(14)
            height = box_height(self.line)
            left = geometry.plot.right() + theme.px(14)
            self._box = QRectF(left, round(box_middle - height / 2), round(width), height)
        self.update()

    @property
    def box(self) -> QRectF | None:
        """Return where its box stands."""
        return self._box

    def boundingRect(self) -> QRectF:
        """Return the whole canvas: line, leader and box lie apart."""
        return self._bounds

    def paint(self, painter: QPainter, _option: Any, _widget: Any = None) -> None:
        """Paint line, leader and box."""
        at = self._geometry
        if at is None or not at.low <= self.line.value <= at.high:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if not self.line.in_alarm and not theme.high_contrast:
            painter.setOpacity(0.5)
        y = round(at.y(self.line.value)) + 0.5
        painter.setPen(self._pen())
        painter.drawLine(QLineF(at.plot.left(), y, at.plot.right(), y))
        painter.setOpacity(1.0)
        if self._box is not None:
            self._paint_box(painter, QPointF(at.plot.right(), y), self._box)
        painter.restore()

    def _pen(self) -> QPen:
        colour = theme.color(Role.MUTED if self.line.saved else _LINE[self.line.level])
        pen = QPen(colour, 0)
        if self.line.saved:
            pen.setDashPattern([1, 4])
        elif self.line.is_reset:
            pen.setDashPattern([6, 4])
        return pen

    def _paint_box(self, painter: QPainter, line_end: QPointF, box: QRectF) -> None:
        level = self.line.level
        role = Role.MUTED if self.line.saved else _LINE[level]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color(role), 1))
        middle = box.center().y()
        painter.drawPolyline([line_end, QPointF(box.left() - 5, middle), QPointF(box.left(), middle)])
        filled = not self.line.is_reset and not self.line.saved
        painter.setBrush(theme.color(_FILL[level]) if filled else theme.color(Role.RAISED))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        ink: QColor = theme.color(_INK[level] if filled else role)
        painter.setPen(ink)
        painter.setFont(theme.font(FontRole.CAPTION_STRONG))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.line.label)
