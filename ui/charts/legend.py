"""The line under the head of the page that says what each stroke and pattern means.

Runs on the window's thread.
"""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.charts.paint import BAND_OPACITY
from ui.theme import FontRole, Role, theme


class Entry(Enum):
    """What is explained; the value is its word."""

    SERIES = "now"
    BAND = "95 % interval"
    THRESHOLD = "threshold"
    RESET = "reset"
    CRITICAL = "critical"
    WARNING = "warning"
    BLIND = "no data"
    FILLING = "window still fills"


_SAMPLE, _GAP = 24, 20


class Legend(QWidget):
    """Explain the signs of the charts; what does not fit is left out from the end."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Legend: " + ", ".join(entry.value for entry in Entry))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """Return the width of all entries, one line high."""
        metrics = QFontMetricsF(theme.font(FontRole.CAPTION))
        width = sum(metrics.horizontalAdvance(entry.value) + theme.px(_SAMPLE) + 8 + _GAP for entry in Entry)
        return QSize(round(width), theme.px(20))

    def minimumSizeHint(self) -> QSize:
        """Return one entry's width."""
        return QSize(80, theme.px(20))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint as many entries as there is room for."""
        painter = QPainter(self)
        painter.setFont(theme.font(FontRole.CAPTION))
        metrics, left, middle = QFontMetricsF(theme.font(FontRole.CAPTION)), 0.0, self.height() / 2
        sample = theme.px(_SAMPLE)
        for entry in Entry:
            width = metrics.horizontalAdvance(entry.value)
            if left + sample + 8 + width > self.width():
                break
            _paint_sample(painter, entry, QRectF(left, middle - 4, sample, 8))
            painter.setPen(theme.color(Role.MUTED))
            painter.drawText(QRectF(left + sample + 8, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, entry.value)
            left += sample + 8 + width + _GAP
        painter.end()


def _paint_sample(painter: QPainter, entry: Entry, box: QRectF) -> None:
    """Paint the sign of one entry."""
    y = round(box.center().y()) + 0.5
    line = QLineF(box.left(), y, box.right(), y)
    match entry:
        case Entry.BAND:
            colour = QColor(theme.color(Role.ACCENT))
            colour.setAlphaF(BAND_OPACITY * 2)
            painter.fillRect(box, colour)
        case Entry.CRITICAL | Entry.WARNING:
            painter.fillRect(box, theme.color(Role.MARK_CRITICAL if entry is Entry.CRITICAL else Role.MARK_WARNING))
        case Entry.BLIND:
            painter.fillRect(box.adjusted(0, -1, 0, 1), QBrush(theme.color(Role.BLIND), Qt.BrushStyle.FDiagPattern))
        case Entry.FILLING:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.color(Role.ACCENT), 1.5))
            painter.drawEllipse(box.center(), 3.5, 3.5)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        case Entry.SERIES | Entry.THRESHOLD | Entry.RESET:
            pen = QPen(theme.color(Role.ACCENT if entry is Entry.SERIES else Role.CRITICAL), 0)
            if entry is Entry.RESET:
                pen.setDashPattern([6, 4])
            painter.setPen(pen)
            painter.drawLine(line)
