"""A factor of one subject through time: live charts, sparklines and backtests."""

from dataclasses import dataclass

import numpy as np

from noc_alerts.metrics.columns import Bools, Calls, CodeMap, Ints
from noc_alerts.metrics.factors import Factor, Floats, compute, rests_on
from noc_alerts.metrics.grouping import Dictionaries, Grouping, Where
from noc_alerts.metrics.measures import Measure, completion_ms, measure, outcome_ms
from noc_alerts.model.companies import Dimension
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
        self._charged: dict[str, Ints] = {}  # currency -> charges in each bucket; empty when the factor is no money
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
        for sums in (self._sums, *self._charged.values()):
            _shift(sums, shift)

    def add(self, calls: Calls, *, outcome: Bools | None = None, completion: bool = True) -> None:
        """Count a page; see `View.add`. What lies outside the range is dropped."""
        needs = self._grouping.needs | ({Dimension.CURRENCY} if self.factor.is_money else set())
        codes = self._books.encode(calls, needs)
        rows = self._grouping.rows(codes, len(calls))
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
            if self.factor.is_money and not is_outcome:
                self._add_charges(bucket, inside & (calls.cost_u != 0), codes[Dimension.CURRENCY])

    def points(self) -> Points:
        """Give the factor at every bucket edge of the range, each over one whole window before it."""
        width = self.window_ms // self.bucket_ms
        window = _windows(self._sums, width)
        sums: dict[Measure, Ints] = {m: window[i] for i, m in enumerate(self._measures)}
        edges = np.arange(self._end - self._length + width, self._end + 1, dtype=np.int64) * self.bucket_ms
        value = compute(self.factor, sums, self.window_ms / 1000.0)
        if len(self._charged) > 1:
            charged = _windows(np.stack(list(self._charged.values())), width)
            value = np.where((charged > 0).sum(axis=0) > 1, np.nan, value)  # several currencies have no sum
        return Points(edges, value, rests_on(self.factor, sums))

    def _add_charges(self, bucket: Ints, charged: Bools, codes: Ints) -> None:
        for code in np.unique(codes[charged]).tolist():
            name = self._books[Dimension.CURRENCY].texts[code].strip().upper()
            if name:
                counts = self._charged.setdefault(name, np.zeros(self._length, dtype=np.int64))
                np.add.at(counts, bucket[charged & (codes == code)], 1)


def _shift(sums: Ints, by: int) -> None:
    """Move buckets by some places to the left (to the right when negative); new ones are 0. [..., buckets]"""
    if abs(by) >= sums.shape[-1]:
        sums[...] = 0
    elif by > 0:
        sums[..., :-by] = sums[..., by:]
        sums[..., -by:] = 0
    else:
        sums[..., -by:] = sums[..., :by]
        sums[..., :-by] = 0


def _windows(sums: Ints, width: int) -> Ints:
    """Sum every `width` buckets in a row. [k, buckets] -> [k, buckets - width + 1]"""
    total = np.concatenate([np.zeros((len(sums), 1), dtype=np.int64), np.cumsum(sums, axis=1)], axis=1)
    result: Ints = total[:, width:] - total[:, :-width]
    return result
