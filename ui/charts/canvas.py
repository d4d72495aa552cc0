"""The drawing area of a live chart: pyqtgraph's view and curves, with our own layers under and over them.

Runs on the window's thread. Knows no alerts and no service: it draws what it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.charts import paint
from ui.charts.geometry import Geometry, lay_out
from ui.charts.items import Layer, LimitItem, box_height
from ui.charts.parts import LimitLine, merged
from ui.charts.scales import DAY_MS, HOUR_MS, Floats, Ints, ValueTicks, spread, value_ticks
from ui.theme import Role, theme


@dataclass(frozen=True, slots=True)
class Drawn:
    """Everything a canvas draws but the limits.

    `at_ms`, `value`, `calls`: [k], NaN = gap; `low`, `high`: the 95 % interval [k], None = not drawn. `open_tail`: the newest
    window still fills. `unit` stands at the top label, `cap` is the most a value can be. `note`: words in an empty plot.
    """

    at_ms: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    value: Floats = field(default_factory=lambda: np.zeros(0))
    calls: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    low: Floats | None = None
    high: Floats | None = None
    min_calls: int = 0
    counted: bool = True
    open_tail: bool = False
    unit: str = ""
    cap: float | None = None
    spans: tuple[paint.Span, ...] = ()
    note: str = ""


class Canvas(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph publishes no types
    """Draw one chart. The mouse is told in epoch milliseconds; nothing moves by itself."""

    pointed = Signal(object)  # the moment under the pointer, None when it left
    zoomed = Signal(float, float)  # the new edges
    double_clicked = Signal()
    span_clicked = Signal(object)  # paint.Span

    def __init__(self, *, compact: bool = False, labels: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent, useOpenGL=False, background=None)
        self._drop_central_item()
        self.setObjectName("chart_canvas")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 80)
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        self.compact, self.labels = compact, labels
        self.zone: tzinfo = UTC
        self._drawn = Drawn()
        self._from_ms, self._to_ms = 0.0, float(HOUR_MS)
        self._base_ms = 0
        self._limits: list[LimitItem] = []
        self._cursor: tuple[float, str, float | None] | None = None
        self._drag: tuple[float, float, float] | None = None
        self._still: QPixmap | None = None  # everything but the cursor, until something changes
        self._make_items()
        self._ticks = value_ticks(0, 1, (2,))
        self.geometry_now = self._lay_out()
        theme.changed.connect(self.restyle)
        self.restyle()

    def _drop_central_item(self) -> None:
        """Let go of the base class's central item and its layout, which this chart has no use for.

        The item does not learn it when Python deletes the layout before it, as the cyclic collector may: the scene's end then
        deletes the layout a second time and the process with it.
        """
        self.setCentralItem(None)
        self.centralLayout = None

    def _make_items(self) -> None:
        self._box = pg.ViewBox(enableMouse=False, enableMenu=False, defaultPadding=0.0)
        self._box.setZValue(2)
        self._box.disableAutoRange()
        options = {"antialias": False, "connect": "finite", "skipFiniteCheck": False}
        self._curve, self._few, self._tail = (pg.PlotDataItem(**options) for _ in range(3))
        for curve in (self._few, self._curve, self._tail):
            curve.setDownsampling(auto=True, method="peak")
            curve.setClipToView(True)
            self._box.addItem(curve)
        self._back = Layer(0, self._paint_back)
        self._under = Layer(1, self._paint_under)
        self._front = Layer(8, self._paint_front)
        for item in (self._back, self._under, self._box, self._front):
            self.scene().addItem(item)

    # -- what is drawn ---------------------------------------------------------------------------------------------------

    @property
    def drawn(self) -> Drawn:
        """Return what is drawn."""
        return self._drawn

    @property
    def limit_items(self) -> Sequence[LimitItem]:
        """Return the limit lines as items, for what wants to take hold of them."""
        return self._limits

    def draw(self, drawn: Drawn, from_ms: float, to_ms: float) -> None:
        """Draw this between two edges (epoch milliseconds)."""
        self._drawn = drawn
        self._from_ms, self._to_ms = from_ms, max(to_ms, from_ms + 1)
        self._fill_curves()
        self._place()

    def set_limits(self, limits: Sequence[LimitLine]) -> None:
        """Draw these limit lines; those that lie on each other as one."""
        for old in self._limits:
            self.scene().removeItem(old)
        self._limits = [LimitItem(line) for line in merged(limits)]
        for item in self._limits:
            self.scene().addItem(item)
        self._place()

    def set_cursor(self, x: tuple[float, str, float | None] | None) -> None:
        """Draw the cursor: epoch milliseconds, the words of its box, the value of its dot; None takes it away."""
        if x == self._cursor:
            return
        dirty = self._cursor_rect()
        self._cursor = x
        for rect in (dirty, self._cursor_rect()):
            if rect is not None:
                self.viewport().update(rect.toAlignedRect())

    def _cursor_rect(self) -> QRectF | None:
        if self._cursor is None:
            return None
        at, words, _ = self._cursor
        x = self.geometry_now.x(at)
        line = QRectF(x - 5, 0, 10, self.height())
        return line.united(paint.cursor_box(self.geometry_now, x, words)).adjusted(-2, -2, 2, 2) if words else line

    def _fill_curves(self) -> None:
        """Give the curves their points. Seconds from a near moment: the painter's numbers stay small."""
        d = self._drawn
        if not len(d.at_ms):
            for curve in (self._curve, self._few, self._tail):
                curve.setData([], [])
            return
        if not self._base_ms:
            self._base_ms = int(d.at_ms[0])
        x = (d.at_ms - self._base_ms) / 1000.0
        judged, few = d.value, None
        if d.counted and d.min_calls:
            short = d.calls < d.min_calls
            if short.any():
                # A stretch below the minimum keeps one judged neighbour at each side, so that the line has no hole.
                near = short | np.concatenate((short[1:], [False])) | np.concatenate(([False], short[:-1]))
                few = np.where(near, d.value, np.nan)
                judged = np.where(short, np.nan, d.value)
        if d.open_tail and len(x) > 1:
            self._tail.setData(x[-2:], d.value[-2:])
            judged = judged.copy()
            judged[-1] = np.nan
        else:
            self._tail.setData([], [])
        self._curve.setData(x, judged)
        if few is None:
            self._few.setData([], [])
        else:
            self._few.setData(x, few)

    # -- where it is drawn -----------------------------------------------------------------------------------------------

    def _lay_out(self) -> Geometry:
        ranges = (self._from_ms, self._to_ms, self._ticks.low, self._ticks.high)
        calls = self._drawn.counted
        size = self.viewport().size()
        return lay_out(size.width(), size.height(), ranges, calls=calls, labels=self.labels, compact=self.compact)

    def _place(self) -> None:
        """Find the ranges and put every item where it belongs."""
        plot_height = self.geometry_now.plot.height() if self._ticks else 0
        self._ticks = self._find_ticks(plot_height)
        geometry = self._lay_out()
        ticks = self._find_ticks(geometry.plot.height())
        if ticks != self._ticks:
            self._ticks = ticks
            geometry = self._lay_out()
        self.geometry_now = geometry
        bounds = QRectF(self.viewport().rect())
        self._box.setGeometry(geometry.plot)
        from_s, to_s = ((at - self._base_ms) / 1000.0 for at in (geometry.from_ms, geometry.to_ms))
        self._box.setRange(xRange=(from_s, to_s), yRange=(geometry.low, geometry.high), padding=0, disableAutoRange=True)
        for layer in (self._back, self._under, self._front):
            layer.place(geometry, bounds)
        for item, middle in zip(self._limits, self._box_middles(geometry), strict=True):
            item.place(geometry, bounds, middle)
        self._still = None
        self.viewport().update()

    def _find_ticks(self, plot_height: float) -> ValueTicks:
        d = self._drawn
        values = [*_extent(d.value), *(item.line.value for item in self._limits)]
        counts = (2,) if plot_height < theme.px(90) else (2, 3) if plot_height < theme.px(200) else (3, 4)
        highest = max(values, default=0.0) * 1.04
        if d.high is not None:  # an interval of too few calls is wide, and would press the curve flat
            highest = max(highest, *_extent(d.high[d.calls >= d.min_calls]), 0.0)
        return value_ticks(min(values, default=0.0), highest, counts, d.cap)

    def _box_middles(self, geometry: Geometry) -> list[float | None]:
        if not self.labels:
            return [None] * len(self._limits)
        seen = [at for at, item in enumerate(self._limits) if not item.line.saved]
        wanted = [geometry.y(self._limits[at].line.value) for at in seen]
        height = max((box_height(self._limits[at].line) for at in seen), default=0) + theme.px(4)
        placed: list[float | None] = [None] * len(self._limits)
        for at, middle in zip(seen, spread(wanted, height, 0.0, geometry.strip.bottom()), strict=True):
            placed[at] = middle
        return placed

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Place everything anew."""
        super().resizeEvent(event)
        if hasattr(self, "geometry_now"):  # the base class resizes once while it is made
            self._place()

    def restyle(self) -> None:
        """Take colours and sizes of the theme in force."""
        accent = theme.color(Role.ACCENT)
        self._curve.setPen(QPen(accent, 0))
        self._few.setPen(QPen(theme.color(Role.MUTED), 0))
        tail = QPen(accent, 0)
        tail.setDashPattern([2, 2])
        self._tail.setPen(tail)
        self._place()

    # -- painting --------------------------------------------------------------------------------------------------------

    def _paint_back(self, painter: QPainter, at: Geometry) -> None:
        paint.grid(painter, at, self._ticks, self._drawn.unit)

    def _paint_under(self, painter: QPainter, at: Geometry) -> None:
        d = self._drawn
        if d.low is not None and d.high is not None:
            paint.band(painter, at, d.at_ms, d.low, d.high)
            painter.setClipping(False)
        paint.hatches(painter, at, d.spans)

    def _paint_front(self, painter: QPainter, at: Geometry) -> None:
        d = self._drawn
        if d.note:
            paint.note(painter, at, d.note)
        paint.bars(painter, at, d.at_ms, d.calls, d.min_calls, self.labels)
        paint.strip(painter, at, d.spans)
        paint.axis(painter, at, self.zone, days=at.to_ms - at.from_ms > DAY_MS + HOUR_MS)
        finite = np.flatnonzero(np.isfinite(d.value))
        if len(finite) and at.from_ms <= d.at_ms[finite[-1]] <= at.to_ms:
            last = finite[-1]
            settled = not d.open_tail and last == len(d.value) - 1
            few = d.counted and d.calls[last] < d.min_calls
            role = Role.MUTED if few else Role.ACCENT
            paint.end_point(painter, at, float(d.at_ms[last]), float(d.value[last]), role, settled=settled)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the kept picture and the cursor over it: the cursor moves often, the rest changes with the data."""
        viewport, ratio = self.viewport(), self.devicePixelRatioF()
        if self._still is None or self._still.devicePixelRatio() != ratio:
            self._still = QPixmap(viewport.size() * ratio)
            self._still.setDevicePixelRatio(ratio)
            self._still.fill(Qt.GlobalColor.transparent)
            scene_painter = QPainter(self._still)
            self.render(scene_painter, QRectF(viewport.rect()), viewport.rect())
            scene_painter.end()
        painter, at = QPainter(viewport), self.geometry_now
        painter.drawPixmap(0, 0, self._still)
        if self._cursor is not None:
            at_ms, words, dot = self._cursor
            if at.from_ms <= at_ms <= at.to_ms:
                paint.cursor(painter, at, at.x(at_ms), words, dot)
        painter.end()
        event.accept()

    # -- mouse -----------------------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom time around the pointer."""
        turned = event.angleDelta().y()
        at = self.geometry_now
        if not turned or not len(self._drawn.at_ms):
            event.ignore()
            return
        factor = 0.8 ** (turned / 120)
        middle = min(max(at.at_ms(event.position().x()), at.from_ms), at.to_ms)
        self.zoomed.emit(middle - (middle - at.from_ms) * factor, middle + (at.to_ms - middle) * factor)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to pan."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._drag = (event.position().x(), self.geometry_now.from_ms, self.geometry_now.to_ms)
        event.ignore()  # the chart takes the focus

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the cursor, or pan while the button is down."""
        at, x = self.geometry_now, event.position().x()
        if self._drag is not None and event.buttons() & Qt.MouseButton.LeftButton:
            start, from_ms, to_ms = self._drag
            if abs(x - start) >= 4 or self.cursor().shape() is Qt.CursorShape.ClosedHandCursor:
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
                shift = (start - x) / at.plot.width() * (to_ms - from_ms)
                self.zoomed.emit(from_ms + shift, to_ms + shift)
                return
        inside = at.plot.left() <= x <= at.plot.right()
        self.pointed.emit(at.at_ms(x) if inside else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a pan, or take a click on an episode."""
        moved = self.cursor().shape() is Qt.CursorShape.ClosedHandCursor
        self.unsetCursor()
        drag, self._drag = self._drag, None
        if drag is not None and not moved:
            self._click(event.position())

    def _click(self, place: QPointF) -> None:
        at = self.geometry_now
        if not at.strip.adjusted(0, -7, 0, 7).contains(place):  # the strip is 10 px, a target 24
            return
        slack = 4 * (at.to_ms - at.from_ms) / at.plot.width()
        when = at.at_ms(place.x())
        hit = [span for span in self._drawn.spans if span.from_ms - slack <= when <= span.to_ms + slack]
        if hit:
            self.span_clicked.emit(min(hit, key=lambda span: span.to_ms - span.from_ms))

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Tell of a double click."""
        self.double_clicked.emit()

    def leaveEvent(self, event: object) -> None:
        """Take the cursor away."""
        self.pointed.emit(None)


def _extent(values: Floats) -> tuple[float, ...]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if len(finite) else ()
