"""The seven marks: what the network does (shape and hue) and what people did about it (form).

Runs on the window's thread. Drawn by QPainter on a 16 grid with a 1.5 px stroke, so that they are sharp at every scale.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from ui.theme import Role, theme


class Mark(Enum):
    """A mark; the value is the word that always stands beside it."""

    CRITICAL = "Critical"
    WARNING = "Warning"
    BLIND = "Blind"
    NOTICE = "Notice"
    OK = "OK"
    BLOCKED = "Blocked"
    SHELVED = "Shelved"


class Form(Enum):
    """What people did: nobody has it yet, somebody took it (or it is grouped), or it is over."""

    ACTIVE = "active"
    TAKEN = "taken"
    CLEARED = "cleared"


_COLOUR = {
    Mark.CRITICAL: Role.CRITICAL,
    Mark.WARNING: Role.WARNING,
    Mark.BLIND: Role.BLIND,
    Mark.NOTICE: Role.MUTED,
    Mark.OK: Role.OK,
    Mark.BLOCKED: Role.BLOCKED,
    Mark.SHELVED: Role.SHELVED,
}
_FILL = {Mark.CRITICAL: Role.MARK_CRITICAL, Mark.WARNING: Role.MARK_WARNING}
_INK = {Mark.CRITICAL: Role.INK_CRITICAL, Mark.WARNING: Role.INK_WARNING}
_STROKE = 1.5
_NOT_BOLD = (Mark.OK,)


def colour_role(mark: Mark, form: Form = Form.ACTIVE) -> Role:
    """Return the colour role of the mark's lines."""
    return Role.MUTED if form is Form.CLEARED else _COLOUR[mark]


def word_style(mark: Mark, form: Form = Form.ACTIVE) -> tuple[Role, bool]:
    """Return colour role and boldness of the word beside the mark."""
    if form is not Form.ACTIVE or mark in _NOT_BOLD:
        return Role.MUTED, False
    return _COLOUR[mark], True


def draw(painter: QPainter, rect: QRectF, mark: Mark, form: Form = Form.ACTIVE) -> None:
    """Paint the mark into a square, in the colours of the theme in force."""
    line = theme.color(colour_role(mark, form))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.topLeft())
    painter.scale(rect.width() / 16, rect.height() / 16)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(line))
    match mark:
        case Mark.CRITICAL | Mark.WARNING:
            _draw_filled(painter, mark, form, line)
        case Mark.BLIND:
            painter.setPen(_pen(line, dash=(2.5, 1.5), cap=Qt.PenCapStyle.FlatCap))
            painter.drawPath(_polygon((8, 0.9), (15.1, 8), (8, 15.1), (0.9, 8)))
            painter.setPen(_pen(line))
            painter.drawLine(QPointF(4.5, 11.5), QPointF(11.5, 4.5))
        case Mark.NOTICE:
            painter.drawEllipse(QPointF(8, 8), 6.5, 6.5)
            painter.drawLine(QPointF(8, 7.4), QPointF(8, 11))
            _dot(painter, 8, 4.9, line)
        case Mark.OK:
            painter.drawPolyline([QPointF(2.5, 8.5), QPointF(6, 12), QPointF(13.5, 4)])
        case Mark.BLOCKED:
            painter.drawEllipse(QPointF(8, 8), 6.7, 6.7)
            painter.drawLine(QPointF(3.4, 3.4), QPointF(12.6, 12.6))
        case Mark.SHELVED:
            painter.setPen(_pen(line, dash=(2, 2), cap=Qt.PenCapStyle.FlatCap))
            painter.drawEllipse(QPointF(8, 8), 6.7, 6.7)
            painter.setPen(_pen(line))
            painter.drawPolyline([QPointF(8, 4.8), QPointF(8, 8), QPointF(10.4, 9.4)])
    painter.restore()


def pixmap(mark: Mark, form: Form = Form.ACTIVE, size: float = 16, ratio: float = 1.0) -> QPixmap:
    """Return the mark as a picture of `size` logical pixels for a device pixel ratio."""
    return _pixmap(mark, form, size, ratio, theme.tokens.name)


@lru_cache(maxsize=256)
def _pixmap(mark: Mark, form: Form, size: float, ratio: float, _tokens: str) -> QPixmap:
    side = max(1, round(size * ratio))
    picture = QPixmap(side, side)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    draw(painter, QRectF(0, 0, side, side), mark, form)
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def icon(mark: Mark, form: Form = Form.ACTIVE, size: int = 16) -> QIcon:
    """Return a QIcon in the theme in force; who keeps one makes it anew on `theme.changed`."""
    made = QIcon()
    for ratio in (1.0, 1.5, 2.0, 3.0):
        made.addPixmap(pixmap(mark, form, size, ratio))
    return made


def draw_fast(painter: QPainter, x: float, y: float, size: int, mark: Mark, form: Form) -> None:
    """Paint the mark from the picture cache: for delegates, which paint hundreds."""
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    painter.drawPixmap(QPointF(round(x * ratio) / ratio, round(y * ratio) / ratio), pixmap(mark, form, size, ratio))


class MarkLabel(QWidget):
    """Show one mark; the accessible name is its word."""

    def __init__(self, mark: Mark, form: Form = Form.ACTIVE, size: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = size
        self._mark, self._form = mark, form
        self.setObjectName("mark")
        self.set_mark(mark, form)
        theme.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    @property
    def mark(self) -> Mark:
        """Return the mark shown."""
        return self._mark

    def set_mark(self, mark: Mark, form: Form = Form.ACTIVE) -> None:
        """Show another mark."""
        self._mark, self._form = mark, form
        self.setAccessibleName(mark.value if form is Form.ACTIVE else f"{mark.value}, {form.value}")
        self.update()

    def _on_theme_changed(self) -> None:
        side = theme.px(self._size)
        self.setFixedSize(side, side)
        self.update()

    def paintEvent(self, _event: object) -> None:
        """Paint the mark."""
        painter = QPainter(self)
        draw(painter, QRectF(self.rect()), self._mark, self._form)
        painter.end()


def _draw_filled(painter: QPainter, mark: Mark, form: Form, line: QColor) -> None:
    if mark is Mark.CRITICAL:
        outline = _polygon((5, 0.75), (11, 0.75), (15.25, 5), (15.25, 11), (11, 15.25), (5, 15.25), (0.75, 11), (0.75, 5))
        top, bottom, dot = 4.4, 8.6, 11.4
    else:
        outline = _polygon((8, 1.3), (15.2, 14.5), (0.8, 14.5))
        top, bottom, dot = 6.2, 9.6, 12.1
    ink = line
    if form is Form.ACTIVE:
        painter.setBrush(theme.color(_FILL[mark]))
        ink = theme.color(_INK[mark])
    painter.drawPath(outline)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(ink))
    painter.drawLine(QPointF(8, top), QPointF(8, bottom))
    _dot(painter, 8, dot, ink)


def _dot(painter: QPainter, x: float, y: float, colour: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(x, y), 0.95, 0.95)


def _pen(colour: QColor, dash: tuple[float, float] | None = None, cap: Qt.PenCapStyle = Qt.PenCapStyle.RoundCap) -> QPen:
    pen = QPen(colour, _STROKE, Qt.PenStyle.SolidLine, cap, Qt.PenJoinStyle.RoundJoin)
    if dash is not None:
        pen.setDashPattern([part / _STROKE for part in dash])  # Qt counts dashes in pen widths
    return pen


def _polygon(*points: tuple[float, float]) -> QPainterPath:
    path = QPainterPath(QPointF(*points[0]))
    for point in points[1:]:
        path.lineTo(*point)
    path.closeSubpath()
    return path
