"""Where the parts of a chart stand in its widget, in pixels, and the way from time and value to there.

Pure; runs on the window's thread because it asks the theme for the user's scale.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF

from ui.theme import theme

#: Below this height of the whole canvas the bars of calls give their room to the curve.
CALLS_FROM = 210


@dataclass(frozen=True, slots=True)
class Geometry:
    """Plot, bars of calls (None = not shown), episode strip and time labels, and the ranges they stand for.

    `from_ms`, `to_ms`: epoch milliseconds at the edges. `low`, `high`: values at the lower and upper edge of the plot.
    `labels`: room for limit boxes at the right, of no width where there are none.
    """

    plot: QRectF
    calls: QRectF | None
    strip: QRectF
    axis: QRectF
    labels: QRectF
    from_ms: float
    to_ms: float
    low: float
    high: float

    def x(self, at_ms: float) -> float:
        """Return where a moment stands."""
        return self.plot.left() + (at_ms - self.from_ms) / (self.to_ms - self.from_ms) * self.plot.width()

    def y(self, value: float) -> float:
        """Return where a value stands."""
        return self.plot.bottom() - (value - self.low) / (self.high - self.low) * self.plot.height()

    def at_ms(self, x: float) -> float:
        """Return the moment at a place."""
        return self.from_ms + (x - self.plot.left()) / self.plot.width() * (self.to_ms - self.from_ms)


def lay_out(
    width: float, height: float, ranges: tuple[float, float, float, float], *, calls: bool, labels: bool, compact: bool
) -> Geometry:
    """Place the parts. `ranges`: from_ms, to_ms, low, high."""
    left = theme.px(36 if compact else 48)
    right = theme.px(148) if labels else theme.px(8 if compact else 12)
    strip_height, axis_height = theme.px(10), theme.px(20 if compact else 24)
    bottom = height - axis_height
    strip = QRectF(left, bottom - strip_height, max(1.0, width - left - right), strip_height)
    top, under = theme.px(10), strip.top() - theme.px(6)
    bars = None
    if calls and not compact and height >= theme.px(CALLS_FROM):
        bar_height = theme.px(32 if height >= theme.px(280) else 24)
        bars = QRectF(left, under - bar_height, strip.width(), bar_height)
        under = bars.top() - theme.px(8)
    plot = QRectF(left, top, strip.width(), max(8.0, under - top))
    axis = QRectF(0, bottom, width, axis_height)
    edge = QRectF(plot.right(), plot.top(), width - plot.right(), plot.height())
    return Geometry(plot, bars, strip, axis, edge, *ranges)
