"""The live chart: one subject, one metric, its limits and episodes, with the head that says the same in words.

Runs on the window's thread. Takes frames; fetches nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from noc_alerts.engine.news import Frame
from ui import text
from ui.charts import paint, words
from ui.charts.canvas import Canvas, Drawn
from ui.charts.cursor import MIN_VIEW_MS, SharedCursor
from ui.charts.head import ChartHead
from ui.charts.parts import BLIND_STATE, Episode, EpisodeKind, HeadState, LimitLine, Scale
from ui.charts.scales import Floats, known_values, milliseconds, moment, nearest, wilson
from ui.marks import Mark
from ui.theme import Role
from ui.widgets.buttons import paint_frame

LOADING_AFTER_MS = 400

#: How far from a point, in shares of what is shown, the cursor still tells its value.
NEAR = 0.02


class LiveChart(QWidget):
    """Show one subject's metric through time.

    `opened`: Enter, or a double click while it follows the data. `cursor`: shared by charts on one time axis; its own without.
    """

    opened = Signal()

    def __init__(
        self,
        name: str = "live_chart",
        *,
        compact: bool = False,
        labels: bool = False,
        cursor: SharedCursor | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`compact`: no head, less room. `labels`: limit boxes at the right margin."""
        super().__init__(parent)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.cursor_shared = cursor or SharedCursor(self)
        self.head = ChartHead(f"{name}_head")
        self.canvas = Canvas(compact=compact, labels=labels)
        self._title = self._metric = ""
        self._scale, self._rests_on, self._is_share = Scale("", 0), "attempts", False
        self._newest: Frame | None = None
        self._shown: Frame | None = None
        self._limits: tuple[LimitLine, ...] = ()
        self._episodes: tuple[Episode, ...] = ()
        self._state = HeadState()
        self._min_calls, self._range = 0, timedelta(hours=1)
        self._interval, self._poll = True, timedelta(seconds=30)
        self._blind: bool | None = None
        self._as_of: datetime | None = None
        self._begin: datetime | None = None
        self._end: datetime | None = None
        self._now = datetime.now(UTC)
        self._source = ""
        self._waited = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self.canvas, 1)
        self.set_compact(compact)
        self._connect()

    def _connect(self) -> None:
        self._patience = QTimer(self, singleShot=True, interval=LOADING_AFTER_MS)
        self._patience.timeout.connect(self._on_waited)
        self._patience.start()
        self.cursor_shared.moved.connect(self._on_cursor_moved)
        self.cursor_shared.viewed.connect(self._on_viewed)
        self.canvas.pointed.connect(self._on_pointed)
        self.canvas.zoomed.connect(self._on_zoomed)
        self.canvas.double_clicked.connect(self._on_double_clicked)
        self.canvas.span_clicked.connect(self._on_span_clicked)

    # -- what is shown ---------------------------------------------------------------------------------------------------

    def set_subject(
        self, title: str, metric: str, unit: str, decimals: int, *, rests_on: str = "attempts", is_share: bool = False
    ) -> None:
        """Say what is shown: `carrier bravo`, `ASR`, `%`, 1. What was drawn of another subject is forgotten.

        `rests_on`: the word for its calls, `reading` for none. `is_share`: percent of the calls, with an interval.
        """
        self._title, self._metric = title, metric
        self._scale, self._rests_on, self._is_share = Scale(unit, decimals), rests_on, is_share
        self._newest = self._shown = None
        self._as_of = None
        self._blind = None
        self._waited = False
        self._patience.start()
        self.head.set_subject(title, metric)
        self._redraw()
        self._say()

    def set_unit(self, unit: str) -> None:
        """Write values in another unit: the currency became known."""
        if unit != self._scale.unit:
            self._scale = Scale(unit, self._scale.decimals)
            self._redraw()
            self._say()

    def set_frame(self, frame: Frame) -> None:
        """Show newer points; while the view stands still only the head follows."""
        self._newest = frame
        self._as_of, self._blind = frame.as_of, frame.blind
        if self._shown is None or self.cursor_shared.live:
            self._shown = frame
            self._redraw()
        self._say()

    def set_limits(self, limits: Sequence[LimitLine]) -> None:
        """Draw these limits and say them in the head."""
        if tuple(limits) == self._limits:
            return
        self._limits = tuple(limits)
        self._draw_limits()
        self.head.set_limits(", ".join(dict.fromkeys(line.words for line in self._limits if not line.saved)))
        self._say()

    def set_other_limits(self, words: str) -> None:
        """Name limits that judge another window than this chart's: told, not drawn."""
        self.head.set_other_limits(words)

    def set_min_calls(self, minimum: int) -> None:
        """Below so many calls a value is not judged."""
        if minimum != self._min_calls:
            self._min_calls = minimum
            self._redraw()
            self._say()

    def set_episodes(self, episodes: Sequence[Episode]) -> None:
        """Show what went on in the strip; blocked and blind also over the plot."""
        if tuple(episodes) != self._episodes:
            self._episodes = tuple(episodes)
            self._redraw()

    def set_state(self, state: HeadState) -> None:
        """Say in the head how the subject stands. A blind source outranks it."""
        if state != self._state:
            self._state = state
            self._say()

    def set_range(self, length: timedelta) -> None:
        """Show so much time up to now; the next frame should hold as much."""
        self._range = length
        self._redraw()

    def set_compact(self, compact: bool) -> None:
        """Leave the head and the bars of calls out, for the detail pane and small multiples."""
        self.head.setVisible(not compact)
        self.canvas.compact = compact
        self._redraw()

    def set_labels(self, labels: bool) -> None:
        """Show the limits' boxes at the right margin, or not."""
        if labels != self.canvas.labels:
            self.canvas.labels = labels
            self._redraw()

    def set_zone(self, name: str) -> None:
        """Write times in the zone of this IANA name; raise text.InputError for an unknown one."""
        zone = text.find_zone(name)
        if zone != self.canvas.zone:
            self.canvas.zone = zone
            self._redraw()

    def set_interval(self, on: bool) -> None:
        """Draw the 95 % interval where the metric has one."""
        if on != self._interval:
            self._interval = on
            self._redraw()

    def set_source(self, name: str, poll: timedelta, *, begin: datetime | None = None, end: datetime | None = None) -> None:
        """Name the switch and how often it is read. `begin`: nothing is known before, not even that there were no calls.

        `end`: imported records end here, so there is no age.
        """
        self._source, self._poll, self._end = name, poll, end
        if begin != self._begin:
            self._begin = begin
            self._redraw()
        self._say()

    def set_health(self, as_of: datetime | None, blind: bool) -> None:
        """Say how far the source can be trusted between frames."""
        changed = self._blind is not None and blind != self._blind
        self._as_of, self._blind = as_of, blind
        if changed or blind:
            self._redraw()
        self._say()

    def set_now(self, now: datetime) -> None:
        """Let the age grow, and with it what is not known."""
        self._now = now
        if self._is_blind:
            self._redraw()
        self._say()

    @property
    def frame(self) -> Frame | None:
        """Return the newest frame."""
        return self._newest

    @property
    def known(self) -> Frame | None:
        """Return the newest frame with nothing in it but what is known, None while the switch is read for the first time."""
        frame = self._newest
        if frame is None or not self._is_read(frame):
            return None
        return replace(frame, points=replace(frame.points, value=self._known(frame)))

    @property
    def still_fills(self) -> bool:
        """Return whether the records do not reach back one window yet, so that no value is known."""
        frame = self.known
        if frame is None or self._begin is None or not len(frame.points.at_ms):
            return False
        return moment(float(frame.points.at_ms[-1])) < self._begin + frame.spec.window

    @property
    def edges(self) -> tuple[float, float]:
        """Return the edges of what is shown, in epoch milliseconds."""
        view = self.cursor_shared.view
        if view is not None:
            return float(view[0]), float(view[1])
        right = self._right_edge()
        return right - self._range / timedelta(milliseconds=1), right

    def _right_edge(self) -> float:
        edges = [] if self._shown is None else [float(at) for at in self._shown.points.at_ms[-1:]]
        if self._end is not None:
            return edges[0] if edges else float(milliseconds(self._end))
        if self._is_blind or not edges or self._rests_on == "reading":
            edges.append(float(milliseconds(self._now)))
        return max(edges)

    @property
    def _is_blind(self) -> bool:
        return bool(self._blind) and self._end is None

    def _is_read(self, frame: Frame | None) -> bool:
        """Return whether a frame tells anything: while the switch is read for the first time its calls are a part of them."""
        if frame is None:
            return False
        return frame.as_of is not None or self._end is not None or self._is_blind or self._rests_on == "reading"

    def _known(self, frame: Frame) -> Floats:
        """Return the values of a frame that are known, NaN for the others. [k]"""
        if self._is_blind and self._as_of is None:
            return np.full(len(frame.points.value), np.nan)
        return known_values(frame.points, self._begin, frame.spec.window, self._as_of if self._is_blind else None)

    # -- drawing ---------------------------------------------------------------------------------------------------------

    def _redraw(self) -> None:
        from_ms, to_ms = self.edges
        frame = self._shown
        if frame is None or not self._is_read(frame):
            note = f"Reading the calls of {self._title}." if self._waited and self._title else ""
            spans = paint.spans(self._episodes, to_ms)
            self.canvas.draw(Drawn(unit=self._scale.unit, spans=tuple(spans), note=note), from_ms, to_ms)
            self._draw_limits()
            return
        points, counted = frame.points, self._rests_on != "reading"
        follows = counted and self._end is None and not self._is_blind and len(points.at_ms) > 0
        value = self._known(frame)
        low = high = None
        if self._interval and self._is_share:
            judged = np.where(points.calls < self._min_calls, np.nan, value)
            low, high = wilson(judged, points.calls)
        spans = paint.spans(self._all_episodes(), self._right_edge())
        note = ""
        if not np.isfinite(value).any() and not self._is_blind:
            note = words.empty_note(self._title, self._rests_on, to_ms - from_ms, live=self._end is None)
        drawn = Drawn(
            points.at_ms,
            value,
            points.calls,
            low,
            high,
            self._min_calls,
            counted,
            follows and frame.as_of is not None and bool(points.at_ms[-1] > milliseconds(frame.as_of)),
            self._scale.unit,
            100.0 if self._scale.unit == "%" else None,
            tuple(spans),
            note,
        )
        self.canvas.draw(drawn, from_ms, to_ms)
        self._draw_limits()
        self._on_cursor_moved(self.cursor_shared.at_ms)

    def _draw_limits(self) -> None:
        """Draw the limits where there is a value to hold against them."""
        judged = bool(np.isfinite(self.canvas.drawn.value).any())
        self.canvas.set_limits(self._limits if judged else ())

    def _all_episodes(self) -> tuple[Episode, ...]:
        if not self._is_blind or self._as_of is None:
            return self._episodes
        known = tuple(e for e in self._episodes if not (e.kind is EpisodeKind.BLIND and e.until is None))
        return (*known, Episode(EpisodeKind.BLIND, self._as_of, None, "no data"))

    # -- words -----------------------------------------------------------------------------------------------------------

    def _say(self) -> None:
        """Put value, sample, age and state into the head and the accessible name."""
        points = None if self.known is None else self.known.points
        number, unit, role, sample = words.value_now(
            points, self._scale, self._rests_on, self._min_calls, blind=self._is_blind, waited=self._waited
        )
        if self.still_fills and not self._is_blind:
            sample = words.FILLS
        state = self._state
        if self._is_blind and state.mark is not Mark.BLIND:
            length = "" if self._as_of is None else f" for {text.span(self._now - self._as_of)}"
            state = HeadState(BLIND_STATE.mark, BLIND_STATE.form, BLIND_STATE.word, f"{length}, no data from {self._source}")
        age, age_role = self._age_now()
        self.head.set_state(state)
        self.head.set_value(number, unit, state.level, role=role)
        self.head.set_sample(sample, age, age_role)
        spoken = text.Shown(number, unit).spoken
        limits = ", ".join(line.words for line in self._limits if not line.saved)
        parts = (self._title, f"{self._metric} {spoken}".strip(), sample, age, limits, f"{state.word}{state.rest}")
        self.setAccessibleName(", ".join(part for part in parts if part))

    def _age_now(self) -> tuple[str, Role]:
        if self._end is not None:
            return f"records end {text.time_of(self._end, self._now, self.canvas.zone)}", Role.MUTED
        if self._as_of is None or self._newest is None:
            return "", Role.MUTED
        read_at = self._as_of
        if self._rests_on == "reading" and len(self._newest.points.at_ms) and not self._is_blind:
            # Readings come at their own pace: their age is told, but the interval of the calls does not judge it.
            read_at = min(read_at, moment(float(self._newest.points.at_ms[-1])))
            return text.age(read_at, self._now, self._poll).old, Role.MUTED
        return words.age_now(read_at, self._now, self._poll, blind=self._is_blind)

    # -- cursor, zoom, keys ----------------------------------------------------------------------------------------------

    def _on_waited(self) -> None:
        self._waited = True
        if not self._is_read(self._newest):
            self._redraw()
            self._say()

    def _on_pointed(self, at_ms: float | None) -> None:
        self.cursor_shared.move(None if at_ms is None else round(at_ms))

    def _on_cursor_moved(self, at_ms: int | None) -> None:
        d = self.canvas.drawn
        if at_ms is None or not len(d.at_ms):
            self.canvas.set_cursor(None)
            return
        at = nearest(d.at_ms, at_ms)
        point, value, calls = float(d.at_ms[at]), float(d.value[at]), int(d.calls[at])
        from_ms, to_ms = self.edges
        if abs(point - at_ms) > (to_ms - from_ms) * NEAR:  # readings are seldom: no value far from one
            point, value, calls = float(at_ms), math.nan, 0
        shown = words.value_words(self._scale, self._rests_on, value, calls, d.min_calls, self._cursor_clock(point))
        self.canvas.set_cursor((point, shown, value if math.isfinite(value) else None))

    def _cursor_clock(self, at_ms: float) -> str:
        """Return the time of the box: the day too where more than one is shown, seconds where minutes are few."""
        from_ms, to_ms = self.edges
        if to_ms - from_ms > 24.5 * 3_600_000:
            return text.time_of(moment(at_ms), self._now, self.canvas.zone)
        return text.clock(moment(at_ms), self.canvas.zone)

    def _on_zoomed(self, from_ms: float, to_ms: float) -> None:
        """Show another stretch within the points there are; all of them = follow the data again."""
        d = self.canvas.drawn
        right = self._right_edge()
        left = max(right - self._range / timedelta(milliseconds=1), float(d.at_ms[0])) if len(d.at_ms) else right
        length = max(float(MIN_VIEW_MS), to_ms - from_ms)
        if length >= right - left:
            self.cursor_shared.follow()
            return
        start = min(max(from_ms, left), right - length)
        self.cursor_shared.show(round(start), round(start + length))

    def _on_viewed(self) -> None:
        if self.cursor_shared.live and self._newest is not None:
            self._shown = self._newest
        self._redraw()

    def _on_double_clicked(self) -> None:
        if self.cursor_shared.live:
            self.opened.emit()
        else:
            self.cursor_shared.follow()

    def _on_span_clicked(self, span: paint.Span) -> None:
        room = max((span.to_ms - span.from_ms) * 0.5, 60_000.0)
        self._on_zoomed(span.from_ms - room, span.to_ms + room)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens; left and right move the cursor a point, Esc takes it away and follows the data."""
        key, step = event.key(), {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        elif key in step and len(self.canvas.drawn.at_ms):
            self._step_cursor(step[Qt.Key(key)])
        elif key == Qt.Key.Key_Escape and not (self.cursor_shared.live and self.cursor_shared.at_ms is None):
            self.cursor_shared.move(None)
            self.cursor_shared.follow()
        else:
            super().keyPressEvent(event)

    def _step_cursor(self, step: int) -> None:
        at_ms = self.canvas.drawn.at_ms
        now = self.cursor_shared.at_ms
        at = len(at_ms) - 1 if now is None else nearest(at_ms, now) + step
        self.cursor_shared.move(int(at_ms[min(max(at, 0), len(at_ms) - 1)]))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the frame of the focus."""
        if self.hasFocus():
            painter = QPainter(self)
            paint_frame(painter, self.rect().toRectF(), None, None, True)
            painter.end()
