"""A factor of one subject through time: live charts, sparklines and backtests."""

from dataclasses import dataclass

import numpy as np

from noc_alerts.metrics.columns import Bools, Calls, CodeMap, Ints
from noc_alerts.metrics.factors import Factor, Floats, compute, rests_on
from noc_alerts.metrics.grouping import Dictionaries, Grouping, Where
from noc_alerts.metrics.measures import Measure, completion_ms, measure, outcome_ms
from noc_alerts.model.connections import Clock

#: About as many points as a chart has pixels across.
MAX_POINTS = 1440


def bucket_for(range_ms: int, window_ms: int) -> int:
    """Give the step of a chart: a divisor of the window (the window itself at most), coarse enough for `MAX_POINTS`."""
    least = max(1000, range_ms // MAX_POINTS)
    for parts in range(60, 0, -1):
        if window_ms % parts == 0 and window_ms // parts >= least:
            return window_ms // parts
    return window_ms


@dataclass(frozen=True, slots=True)
class Points:
    """A factor through time. `at_ms`: end of each window, [k]; `value`: [k], NaN = no value; `calls` it rests on: [k]."""

    at_ms: Ints
    value: Floats
    calls: Ints


class Timeline:
    """Buckets of one subject over a range, any factor of which can be read with a sliding window. Engine thread only."""

    def __init__(self, where: Where, clock: Clock, codes: CodeMap, factor: Factor, window_ms: int, range_ms: int) -> None:
        self.factor = factor
        self.window_ms = window_ms
        self.bucket_ms = bucket_for(range_ms, window_ms)
        self.range_ms = range_ms
        self._books = Dictionaries()
        self._grouping = Grouping((), where, self._books)
        self._clock, self._codes = clock, codes
        self._length = (range_ms + window_ms) // self.bucket_ms + 1
        self._measures = tuple(sorted(factor.needs))
        self._sums = np.zeros((len(self._measures), self._length), dtype=np.int64)
        self._end = 0

    @property
    def where(self) -> Where:
        """Give what its calls have in common."""
        return self._grouping.where

    @property
    def from_ms(self) -> int:
        """Give the first moment that is counted: the range and one window before it."""
        return (self._end - self._length) * self.bucket_ms

    def slide(self, now_ms: int) -> None:
        """Move the right edge to the first bucket edge after now."""
        end = now_ms // self.bucket_ms + 1
        shift = end - self._end
        self._end = end
        if shift == 0:
            return
        if abs(shift) >= self._length:
            self._sums[:] = 0
        elif shift > 0:
            self._sums[:, :-shift] = self._sums[:, shift:]
            self._sums[:, -shift:] = 0
        else:
            self._sums[:, -shift:] = self._sums[:, :shift]
            self._sums[:, :-shift] = 0

    def add(self, calls: Calls, *, outcome: Bools | None = None, completion: bool = True) -> None:
        """Count a page; see `View.add`. What lies outside the range is dropped."""
        rows = self._grouping.rows(self._books.encode(calls, self._grouping.needs), len(calls))
        here = rows >= 0
        if not here.any():
            return
        values = measure(calls, self._measures, self._codes)
        counted = here if outcome is None else here & outcome
        for is_outcome, at_ms, keep in (
            (True, outcome_ms(calls, self._clock), counted),
            (False, completion_ms(calls, self._clock), here),
        ):
            if not is_outcome and not completion:
                continue
            bucket = at_ms // self.bucket_ms - (self._end - self._length)
            inside = keep & (bucket >= 0) & (bucket < self._length)
            for i, m in enumerate(self._measures):
                if m.is_outcome is is_outcome:
                    np.add.at(self._sums[i], bucket[inside], values[m][inside])

    def points(self) -> Points:
        """Give the factor at every bucket edge of the range, each over one whole window before it."""
        width = self.window_ms // self.bucket_ms
        total = np.concatenate([np.zeros((len(self._measures), 1), dtype=np.int64), np.cumsum(self._sums, axis=1)], axis=1)
        window = total[:, width:] - total[:, :-width]
        sums: dict[Measure, Ints] = {m: window[i] for i, m in enumerate(self._measures)}
        edges = np.arange(self._end - self._length + width, self._end + 1, dtype=np.int64) * self.bucket_ms
        return Points(edges, compute(self.factor, sums, self.window_ms / 1000.0), rests_on(self.factor, sums))
