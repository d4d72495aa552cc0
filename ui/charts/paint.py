"""The parts of a chart that are not the curve, painted in pixels: grid, band, hatches, bars, strip, time labels, cursor.

Runs on the window's thread. Functions of painter, geometry and values; they keep nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen

from ui import text
from ui.charts.geometry import Geometry
from ui.charts.parts import Episode, EpisodeKind
from ui.charts.scales import Floats, Ints, TimeTick, ValueTicks, columns, milliseconds, moment, runs, tick_text, time_ticks
from ui.theme import FontRole, Role, theme

BAND_OPACITY = 0.16
HATCH_OPACITY = 0.45

_FILL = {
    EpisodeKind.CRITICAL: Role.MARK_CRITICAL,
    EpisodeKind.WARNING: Role.MARK_WARNING,
    EpisodeKind.NOTICE: Role.MUTED,
}
_HATCH = {
    EpisodeKind.BLIND: (Role.BLIND, Qt.BrushStyle.FDiagPattern),
    EpisodeKind.BLOCKED: (Role.BLOCKED, Qt.BrushStyle.BDiagPattern),
}

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_MIDDLE = Qt.AlignmentFlag.AlignCenter


@dataclass(frozen=True, slots=True)
class Span:
    """An episode as the chart draws it: epoch milliseconds, whether the plot is hatched too, words at its top."""

    kind: EpisodeKind
    from_ms: float
    to_ms: float
    in_plot: bool
    words: str = ""


def spans(episodes: Sequence[Episode], end_ms: float) -> list[Span]:
    """Return episodes with their open ends at `end_ms`, without those that have no length."""
    found = []
    for each in episodes:
        since = milliseconds(each.since)
        until = end_ms if each.until is None else milliseconds(each.until)
        if until > since:
            found.append(Span(each.kind, since, until, each.kind in _HATCH, each.words))
    return found


def _metrics() -> QFontMetricsF:
    return QFontMetricsF(theme.font(FontRole.CAPTION))


def _crisp(value: float) -> float:
    return round(value) + 0.5


def grid(painter: QPainter, at: Geometry, ticks: ValueTicks, unit: str) -> None:
    """Paint the horizontal lines and their labels; the unit stands on the top one."""
    painter.setFont(theme.font(FontRole.CAPTION))
    metrics, top = _metrics(), ticks.values[-1]
    room = at.plot.left() - theme.px(6)
    for value in ticks.values:
        y = _crisp(at.y(value))
        painter.setPen(QPen(theme.color(Role.LINE), 0))
        painter.drawLine(QLineF(at.plot.left(), y, at.plot.right(), y))
        painter.setPen(theme.color(Role.MUTED))
        label = tick_text(value, ticks)
        if value == top and unit:
            joined = f"{label}{text.THIN}{unit}"
            if metrics.horizontalAdvance(joined) <= room:
                label = joined
            else:
                left = max(2.0, room - metrics.horizontalAdvance(unit))  # under the number, the last resort for long ones
                painter.drawText(QPointF(left, y + 10 + metrics.ascent()), unit)
        painter.drawText(QRectF(0, y - 10, room, 20), _RIGHT, label)


def band(painter: QPainter, at: Geometry, at_ms: Ints, low: Floats, high: Floats) -> None:
    """Paint the 95 % interval, a stretch at a time: a gap stays a gap."""
    colour = QColor(theme.color(Role.ACCENT))
    colour.setAlphaF(BAND_OPACITY)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.setClipRect(at.plot)
    x = at.plot.left() + (at_ms - at.from_ms) / (at.to_ms - at.from_ms) * at.plot.width()
    scale = at.plot.height() / (at.high - at.low)
    up, down = (at.plot.bottom() - (edge - at.low) * scale for edge in (high, low))
    for first, end in runs(low):
        part = slice(first, end)
        across = np.concatenate((x[part], x[part][::-1]))
        painter.drawPolygon(pg.functions.arrayToQPolygonF(across, np.concatenate((up[part], down[part][::-1]))))


def hatches(painter: QPainter, at: Geometry, found: Sequence[Span]) -> None:
    """Paint blocked and blind stretches over the plot, with edge lines and their words at the top."""
    painter.setFont(theme.font(FontRole.CAPTION))
    for span in found:
        box = _box(at, span, at.plot)
        if box is None or not span.in_plot:
            continue
        role, pattern = _HATCH[span.kind]
        painter.fillRect(box, _hatch(role, pattern))
        if span.kind is EpisodeKind.BLOCKED:
            painter.setPen(QPen(theme.color(role), 0))
            for x in (box.left(), box.right()):
                painter.drawLine(QLineF(_crisp(x), box.top(), _crisp(x), box.bottom()))
        words = f" {span.words} "
        width = _metrics().horizontalAdvance(words)
        if span.words and width <= box.width() - 2:
            place = QRectF(box.center().x() - width / 2, box.top() + 1, width, theme.px(18))
            painter.fillRect(place, theme.color(Role.RAISED))
            painter.setPen(theme.color(Role.TEXT if span.kind is EpisodeKind.BLOCKED else role))
            painter.drawText(place, _MIDDLE, words)


def _hatch(role: Role, pattern: Qt.BrushStyle) -> QBrush:
    colour = QColor(theme.color(role))
    colour.setAlphaF(1.0 if theme.high_contrast else HATCH_OPACITY)
    return QBrush(colour, pattern)


def _box(at: Geometry, span: Span, row: QRectF, least: float = 0.0) -> QRectF | None:
    """Return where a span stands in a row, None when it is out of sight."""
    left = max(row.left(), at.x(span.from_ms))
    right = min(row.right(), max(at.x(span.to_ms), left + least))
    return QRectF(left, row.top(), right - left, row.height()) if right > left else None


def strip(painter: QPainter, at: Geometry, found: Sequence[Span]) -> None:
    """Paint the episode strip: its ground, then what went on, at least 2 px wide so that nothing is lost."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color(Role.SUNKEN))
    painter.drawRect(at.strip)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.color(Role.LINE), 0))
    painter.drawRect(at.strip.adjusted(0.5, 0.5, -0.5, -0.5))
    for span in found:
        box = _box(at, span, at.strip, least=2.0)
        if box is None:
            continue
        if span.kind in _FILL:
            painter.fillRect(box, theme.color(_FILL[span.kind]))
            continue
        role, pattern = _HATCH[span.kind]
        painter.fillRect(box, _hatch(role, pattern))
        painter.setPen(QPen(theme.color(role), 0))
        painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))


def bars(painter: QPainter, at: Geometry, at_ms: Ints, calls: Ints, min_calls: int, with_words: bool) -> None:
    """Paint how many calls the values rest on; hollow below the minimum, which is a dotted line."""
    row = at.calls
    if row is None:
        return
    column_ms = max(1, round(theme.px(7) * (at.to_ms - at.from_ms) / row.width() / 1000)) * 1000
    starts, fewest = columns(at_ms, calls, column_ms)
    highest = max(float(fewest.max(initial=0)), min_calls * 1.25, 1.0)
    painter.setClipRect(row.adjusted(-1, -1, 1, 1))
    muted = QColor(theme.color(Role.MUTED))
    muted.setAlphaF(0.6)
    for start, amount in zip(starts.tolist(), fewest.tolist(), strict=True):
        if not amount:
            continue
        left, right = at.x(start), at.x(start + column_ms) - 1
        tall = amount / highest * row.height()
        box = QRectF(left, row.bottom() - tall, max(1.0, right - left), tall)
        if amount >= min_calls:
            painter.fillRect(box, muted)
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color(Role.MUTED), 0))
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
    painter.setClipping(False)
    painter.setFont(theme.font(FontRole.CAPTION))
    painter.setPen(theme.color(Role.MUTED))
    painter.drawText(QRectF(0, row.top(), at.plot.left() - theme.px(6), row.height()), _RIGHT, "calls")
    if min_calls:
        y = _crisp(row.bottom() - min_calls / highest * row.height())
        pen = QPen(theme.color(Role.TEXT), 0)
        pen.setDashPattern([1, 2])
        painter.setPen(pen)
        painter.drawLine(QLineF(row.left(), y, row.right(), y))
        if with_words:
            painter.setPen(theme.color(Role.MUTED))
            painter.drawText(QRectF(row.right() + 8, y - 10, at.labels.width(), 20), _LEFT, f"min {text.number(min_calls)}")


def axis(painter: QPainter, at: Geometry, zone: tzinfo, *, days: bool) -> None:
    """Paint the time labels: both edges, and round moments between them where there is room. `days`: edges name none."""
    painter.setFont(theme.font(FontRole.CAPTION))
    painter.setPen(theme.color(Role.MUTED))
    metrics, gap = _metrics(), theme.px(18)
    taken: list[tuple[float, float]] = []

    def place(tick: TimeTick, centre: float) -> None:
        width = metrics.horizontalAdvance(tick.words)
        left = min(max(centre - width / 2, at.plot.left()), at.plot.right() - width)
        if all(left + width + gap <= a or left >= b + gap for a, b in taken):
            taken.append((left, left + width))
            painter.drawText(QRectF(left, at.axis.top(), width + 1, at.axis.height()), _LEFT, tick.words)

    if not days:
        for edge, x in ((at.to_ms, at.plot.right()), (at.from_ms, at.plot.left())):
            place(TimeTick(round(edge), text.clock(moment(edge), zone)), x)
    most = max(1, int(at.plot.width() / theme.px(96)))
    for tick in time_ticks(at.from_ms, at.to_ms, zone, most):
        place(tick, at.x(tick.at_ms))


def end_point(painter: QPainter, at: Geometry, at_ms: float, value: float, role: Role, *, settled: bool) -> None:
    """Paint the newest point: hollow while its window still fills, or when nothing is known after it."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color(role), 1.5))
    painter.setBrush(theme.color(role if settled else Role.RAISED))
    painter.drawEllipse(QPointF(at.x(at_ms), at.y(value)), 3.5, 3.5)


def cursor(painter: QPainter, at: Geometry, x: float, words: str, dot: float | None) -> None:
    """Paint the vertical line, the dot on the curve at value `dot`, and the box with the words beside it."""
    painter.setPen(QPen(theme.color(Role.MUTED), 0))
    painter.drawLine(QLineF(_crisp(x), at.plot.top(), _crisp(x), at.strip.bottom()))
    if dot is not None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(Role.TEXT))
        painter.drawEllipse(QPointF(x, at.y(dot)), 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    if not words:
        return
    box = cursor_box(at, x, words)
    painter.setPen(QPen(theme.color(Role.LINE_STRONG), 0))
    painter.setBrush(theme.color(Role.HOVER))
    painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
    painter.setFont(theme.font(FontRole.CAPTION))
    painter.setPen(theme.color(Role.TEXT))
    painter.drawText(box, _MIDDLE, words)


def cursor_box(at: Geometry, x: float, words: str) -> QRectF:
    """Return where the value box stands: left of the line, right of it where there is no room."""
    width, height = _metrics().horizontalAdvance(words) + theme.px(14), theme.px(20)
    left = x - theme.px(6) - width
    if left < at.plot.left():
        left = min(x + theme.px(6), at.plot.right() - width)
    return QRectF(round(max(left, at.plot.left())), round(at.plot.top() + 1), round(width), height)


def note(painter: QPainter, at: Geometry, words: str, role: Role = Role.MUTED) -> None:
    """Paint a sentence in the middle of an empty plot."""
    painter.setFont(theme.font(FontRole.BODY))
    room, flags = at.plot.adjusted(8, 0, -8, 0), _MIDDLE | Qt.TextFlag.TextWordWrap
    # No line of the grid strikes the words through.
    painter.fillRect(painter.boundingRect(room, flags, words).adjusted(-8, -2, 8, 2), theme.color(Role.RAISED))
    painter.setPen(theme.color(role))
    painter.drawText(room, flags, words)
