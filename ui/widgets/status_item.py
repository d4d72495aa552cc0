"""A piece of a bar: mark or icon and words of several weights; may be clicked.

Runs on the window's thread.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ui import icons, marks
from ui.marks import Mark
from ui.theme import FontRole, Role, theme

Part = tuple[str, Role, bool]  # words, colour, bold


class StatusItem(QAbstractButton):
    """A piece of the status bar: mark or icon and words of several weights; may be clicked."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._parts: tuple[Part, ...] = ()
        self._mark: Mark | None = None
        self._icon = ""
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_parts(self, *parts: Part, mark: Mark | None = None, icon: str = "") -> None:
        """Show words as (text, role, bold), after a mark or an icon."""
        state = (parts, mark, icon)
        if state == (self._parts, self._mark, self._icon):
            return
        self._parts, self._mark, self._icon = state
        words = " ".join(part for part, _, _ in parts)
        self.setAccessibleName(f"{mark.value}: {words}" if mark is not None else words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of the content."""
        width = 4.0 + sum(self._metrics(bold).horizontalAdvance(part) + 4 for part, _, bold in self._parts) - 4
        if self._mark is not None or self._icon:
            width += theme.px(icons.CAPTION) + 8
        return QSize(round(width) + 1, theme.px(24))

    def _metrics(self, bold: bool) -> QFontMetricsF:
        return QFontMetricsF(theme.font(FontRole.CAPTION_STRONG if bold else FontRole.CAPTION))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the piece."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        if self.underMouse() and self.isEnabled():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(Role.HOVER))
            painter.drawRoundedRect(box, 3, 3)
        left, middle, side = 2.0, box.center().y(), theme.px(icons.CAPTION)
        if self._mark is not None:
            marks.draw(painter, QRectF(left, middle - side / 2, side, side), self._mark)
        elif self._icon:
            icons.draw(painter, self._icon, QPointF(left + side / 2, middle), icons.CAPTION + 2, Role.MUTED)
        if self._mark is not None or self._icon:
            left += side + 8
        for words, role, bold in self._parts:
            painter.setFont(theme.font(FontRole.CAPTION_STRONG if bold else FontRole.CAPTION))
            painter.setPen(theme.color(role))
            painter.drawText(QRectF(left, 0, box.width(), box.height()), Qt.AlignmentFlag.AlignVCenter, words)
            left += self._metrics(bold).horizontalAdvance(words) + 4
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color(Role.ACCENT), 2))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 3, 3)
        painter.end()
