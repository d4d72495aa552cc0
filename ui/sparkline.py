"""The small chart of the last hour, 112 x 28, as a value and as a painter.

Runs on the window's thread. Needs neither numpy nor pyqtgraph: sixty points are drawn as one polyline.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ui.theme import Role, theme

WIDTH, HEIGHT = 112, 28


@dataclass(frozen=True, slots=True)
class Spark:
    """Values at even steps, oldest first; None is a gap. `blind` dots the tail after the last value."""

    values: tuple[float | None, ...]
    threshold: float | None = None
    threshold_role: Role = Role.WARNING
    blind: bool = False


def draw(painter: QPainter, rect: QRectF, spark: Spark) -> None:
    """Paint a sparkline into a rectangle."""
    points = _points(spark, rect.adjusted(0, 3, -4, -3))
    real = [point for point in points if point is not None]
    if not real:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if spark.threshold is not None:
        painter.setPen(QPen(theme.color(Role.BLIND if spark.blind else spark.threshold_role), 1))
        if spark.blind:
            painter.setOpacity(0.5)
        y = _scale(spark, rect.adjusted(0, 3, -4, -3))(spark.threshold)
        painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))
        painter.setOpacity(1)
    painter.setPen(QPen(theme.color(Role.MUTED), 1))
    for run in _runs(points):
        painter.drawPolyline(run)
    last = real[-1]
    if spark.blind:
        pen = QPen(theme.color(Role.BLIND), 1.2)
        pen.setDashPattern([1.5, 2.5])
        painter.setPen(pen)
        painter.drawLine(last, QPointF(rect.right(), last.y()))
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(Role.TEXT))
        painter.drawEllipse(last, 2.5, 2.5)
    painter.restore()


def _bounds(spark: Spark) -> tuple[float, float]:
    values = [value for value in spark.values if value is not None and math.isfinite(value)]
    if spark.threshold is not None:
        values.append(spark.threshold)
    low, high = min(values, default=0.0), max(values, default=1.0)
    return (low - 1, high + 1) if high <= low else (low, high)


def _scale(spark: Spark, rect: QRectF) -> _Scale:
    low, high = _bounds(spark)
    return _Scale(rect.bottom(), rect.height() / (high - low), low)


@dataclass(frozen=True, slots=True)
class _Scale:
    bottom: float
    step: float
    low: float

    def __call__(self, value: float) -> float:
        return self.bottom - (value - self.low) * self.step


def _points(spark: Spark, rect: QRectF) -> list[QPointF | None]:
    if not spark.values:
        return []
    y, step = _scale(spark, rect), rect.width() / max(1, len(spark.values) - 1)
    return [
        None if value is None or not math.isfinite(value) else QPointF(rect.left() + at * step, y(value))
        for at, value in enumerate(spark.values)
    ]


def _runs(points: Sequence[QPointF | None]) -> list[list[QPointF]]:
    """Return the unbroken stretches of two points or more: a gap is never bridged."""
    runs: list[list[QPointF]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if len(run) > 1]


class Sparkline(QWidget):
    """Show a sparkline outside of a table."""

    def __init__(self, spark: Spark | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spark = spark
        self.setObjectName("sparkline")
        self.setAccessibleName("Last hour")
        self.setFixedSize(WIDTH, HEIGHT)

    def set_spark(self, spark: Spark | None) -> None:
        """Show other values."""
        self._spark = spark
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the line."""
        if self._spark is None:
            return
        painter = QPainter(self)
        draw(painter, QRectF(self.rect()), self._spark)
        painter.end()
