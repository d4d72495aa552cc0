"""Live windows: time buckets per view and running sums over them, exact integers (DESIGN sections 3 and 4).

A view is a grouping with a filter under one clock; it has one ring for each window that a rule or an open chart needs.
Buckets are sparse: one holds only the groups that had calls in it. Engine thread only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from noc_alerts.metrics.columns import NO_TIME, Bools, Calls, CodeMap, Ints
from noc_alerts.metrics.currencies import Charges
from noc_alerts.metrics.factors import Extra, Factor, Floats, compute, rests_on
from noc_alerts.metrics.grouping import Grouping
from noc_alerts.metrics.measures import Measure, completion_ms, measure, outcome_ms
from noc_alerts.metrics.trails import Numbers, Streaks
from noc_alerts.model.companies import Dimension
from noc_alerts.model.connections import Clock

#: A live window's edges lie on buckets no longer than this part of it.
BUCKETS = 60

#: A bucket that was added to so often is folded.
MAX_PARTS = 16

_NUMBER_OF = {"distinct_src": Dimension.SRC, "distinct_dst": Dimension.DST}


def bucket_of(window_ms: int) -> int:
    """Give the bucket length of a window: a sixtieth of it, whole ms, at least 100 ms."""
    return max(100, window_ms // BUCKETS)


class Ring:
    """The running sums of one window.

    The window is half-open [from, to): both edges lie on buckets, `to` is the first edge after now, so the newest call counts
    at once. `sums`: [measures, rows], int64.
    """

    def __init__(self, window_ms: int, measures: Iterable[Measure]) -> None:
        """`window_ms` must be a multiple of its bucket (any whole minute is)."""
        self.window_ms = window_ms
        self.bucket_ms = bucket_of(window_ms)
        self.span = window_ms // self.bucket_ms
        self.measures = tuple(sorted(set(measures)))
        self._index = {m: i for i, m in enumerate(self.measures)}
        self._end = 0
        self._buckets: dict[int, list[tuple[Ints, Ints]]] = {}
        self._sums = np.zeros((len(self.measures), 0), dtype=np.int64)
        self.version = 0
        self._oldest = np.zeros(0, dtype=np.int64)
        self._oldest_of = (-1, 0)  # the version and width it was worked out for

    @property
    def from_ms(self) -> int:
        """Give the first moment inside the window."""
        return (self._end - self.span) * self.bucket_ms

    @property
    def to_ms(self) -> int:
        """Give the first moment after the window."""
        return self._end * self.bucket_ms

    def column(self, m: Measure, rows: int) -> Ints:
        """Give the running sum of one measure. [rows]"""
        self._grow(rows)
        return self._sums[self._index[m], :rows]

    def sums(self, rows: int) -> Mapping[Measure, Ints]:
        """Give the running sums. measure -> [rows]"""
        self._grow(rows)
        return {m: self._sums[i, :rows] for i, m in enumerate(self.measures)}

    def add(self, at_ms: Ints, rows: Ints, values: Mapping[Measure, Ints]) -> None:
        """Count calls at their moments. at_ms, rows: [n]; values: some of the ring's measures -> [n].

        What is older than the window is dropped; what lies ahead waits until the window gets there.
        """
        wanted = [m for m in self.measures if m in values]
        if not wanted or not len(rows):
            return
        bucket = at_ms // self.bucket_ms
        first = self._end - self.span
        inside = bucket >= first
        if not inside.all():
            if not inside.any():
                return
            bucket, rows = bucket[inside], rows[inside]
            values = {m: values[m][inside] for m in wanted}
        width = int(rows.max()) + 1
        self._grow(width)
        key = (bucket - first) * width + rows
        order = np.argsort(key, kind="stable")
        key = key[order]
        starts = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
        table = np.zeros((len(self.measures), len(starts)), dtype=np.int64)
        for m in wanted:
            table[self._index[m]] = np.add.reduceat(values[m][order], starts)
        key = key[starts]
        self._file(first + key // width, key % width, table)

    def _file(self, bucket: Ints, rows: Ints, table: Ints) -> None:
        """Put sums by (bucket, row), in order, into their buckets and into the running sums."""
        edges = np.flatnonzero(np.concatenate(([True], bucket[1:] != bucket[:-1]))).tolist()
        for start, stop in zip(edges, [*edges[1:], len(bucket)], strict=True):
            index = int(bucket[start])
            part_rows, part = rows[start:stop], table[:, start:stop]
            parts = self._buckets.setdefault(index, [])
            parts.append((part_rows, part))
            if len(parts) >= MAX_PARTS:
                parts[:] = [_merged(parts)]
            if index < self._end:
                self._sums[:, part_rows] += part
        self.version += 1

    def slide(self, now_ms: int) -> None:
        """Move the window so that its last bucket holds `now_ms`; a clock that went back moves it back too."""
        end = now_ms // self.bucket_ms + 1
        if end == self._end:
            return
        old_end, self._end = self._end, end
        first, old_first = end - self.span, old_end - self.span
        for index in [i for i in self._buckets if i < end or i < old_end]:
            was, now = old_first <= index < old_end, first <= index < end
            if was == now and index >= first:
                continue
            for rows, part in self._buckets[index]:
                if now and not was:
                    self._sums[:, rows] += part
                elif was and not now:
                    self._sums[:, rows] -= part
            if index < first:
                del self._buckets[index]
        self.version += 1

    def oldest_ms(self, rows: Ints) -> Ints:
        """Give the beginning of the first bucket of the window in which each of some rows has calls; `to_ms` = in none. [rows]"""
        width = self._sums.shape[1]
        if self._oldest_of != (self.version, width):
            oldest = np.full(width, self.to_ms, dtype=np.int64)
            first = self._end - self.span
            for index in sorted((i for i in self._buckets if first <= i < self._end), reverse=True):
                for part_rows, _ in self._buckets[index]:
                    oldest[part_rows] = index * self.bucket_ms  # the oldest bucket is the last to write
            self._oldest, self._oldest_of = oldest, (self.version, width)
        found = np.full(len(rows), self.to_ms, dtype=np.int64)
        known = rows < width
        found[known] = self._oldest[rows[known]]
        return found

    def _grow(self, rows: int) -> None:
        have = self._sums.shape[1]
        if rows > have:
            more = max(rows, have * 2, 64) - have
            self._sums = np.concatenate([self._sums, np.zeros((len(self.measures), more), dtype=np.int64)], axis=1)


def _merged(parts: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """Fold the sums of several reads into one for each row, so that a long bucket does not grow with every read."""
    rows = np.concatenate([rows for rows, _ in parts])
    table = np.concatenate([table for _, table in parts], axis=1)
    order = np.argsort(rows, kind="stable")
    rows = rows[order]
    starts = np.flatnonzero(np.concatenate(([True], rows[1:] != rows[:-1])))
    return rows[starts], np.add.reduceat(table[:, order], starts, axis=1)


@dataclass(frozen=True, slots=True)
class Window:
    """What a rule asks a view for: a length, and the factors it will read."""

    length_ms: int
    factors: tuple[Factor, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A factor of every row of a view over one window. Not to be written to: all rules on it share it.

    `value`: [rows], NaN = no value or too few calls. `calls` it rests on: [rows]. `low`, `high`: of the values, NaN = none.
    """

    value: Floats
    calls: Ints
    low: float
    high: float


class View:
    """A grouping with a filter under one clock, with a ring for each window."""

    def __init__(self, grouping: Grouping, clock: Clock, codes: CodeMap) -> None:
        self.grouping = grouping
        self.clock = clock
        self._codes = codes
        self._rings: dict[int, Ring] = {}
        self._streaks: dict[int, Streaks] = {}
        self._numbers: dict[tuple[str, int], Numbers] = {}  # by factor and window
        self._charges: Charges | None = None  # kept while money is asked for
        self._live: Ints | None = None
        self._columns: dict[tuple[str, int, int, float], tuple[int, Column]] = {}
        self._plain: dict[tuple[str, int], tuple[int, Floats, Ints]] = {}  # before scale and `min_calls`

    @property
    def dimensions(self) -> frozenset[Dimension]:
        """Give the dimensions whose codes `add` wants."""
        numbers = {_NUMBER_OF[name] for name, _ in self._numbers}
        return self.grouping.needs | numbers | ({Dimension.CURRENCY} if self._charges is not None else set())

    @property
    def longest_ms(self) -> int:
        """Give the length of the longest window."""
        return max((r.window_ms for r in self._rings.values()), default=0)

    def open(self, windows: Iterable[Window]) -> None:
        """Have exactly these windows (empty ones: fill them again from the store)."""
        wanted = list(windows)
        needs: dict[int, set[Measure]] = {}
        for window in wanted:
            needs.setdefault(window.length_ms, set()).update(*(f.needs for f in window.factors))
        self._rings = {length: Ring(length, measures) for length, measures in needs.items()}
        extras = {(f.extra, window.length_ms) for window in wanted for f in window.factors}
        self._streaks = {length: Streaks() for name, length in extras if name == "consecutive_failures"}
        self._numbers = {(name, length): Numbers() for name, length in extras if name in _NUMBER_OF}
        money = any(f.is_money for window in wanted for f in window.factors)
        self._charges = Charges(self.grouping.books[Dimension.CURRENCY].texts) if money else None
        self._columns.clear()
        self._plain.clear()

    def slide(self, now_ms: int) -> None:
        """Move every window to now."""
        for ring in self._rings.values():
            ring.slide(now_ms)

    def add(
        self, calls: Calls, codes: Mapping[Dimension, Ints], *, outcome: Bools | None = None, completion: bool = True
    ) -> None:
        """Count a page.

        `outcome`: which of the calls count with their outcome (None = all; a call whose answer was counted while it was up does
        not count twice). `completion`: False for calls in progress, of which only the outcome is known.
        """
        rows = self.grouping.rows(codes, len(calls))
        if not self._rings or not (rows >= 0).any():
            return
        wanted = {m for ring in self._rings.values() for m in ring.measures}
        values = measure(calls, wanted, self._codes)
        out_ms = outcome_ms(calls, self.clock)
        counted = rows >= 0 if outcome is None else (rows >= 0) & outcome
        self._add_family(out_ms, rows, counted, {m: v for m, v in values.items() if m.is_outcome})
        if completion:
            done, done_ms = {m: v for m, v in values.items() if not m.is_outcome}, completion_ms(calls, self.clock)
            self._add_family(done_ms, rows, rows >= 0, done)
            if self._charges is not None:
                self._charges.add(done_ms, rows, codes[Dimension.CURRENCY], calls.cost_u)
        if (self._streaks or self._numbers) and counted.any():
            self._add_one_by_one(calls, codes, out_ms, rows, counted)

    def _add_one_by_one(self, calls: Calls, codes: Mapping[Dimension, Ints], at_ms: Ints, rows: Ints, keep: Bools) -> None:
        at_ms, rows, answered = at_ms[keep], rows[keep], (calls.answer_ms != NO_TIME)[keep]
        for length, streaks in self._streaks.items():
            streaks.add(at_ms, rows, answered, self._rings[length].from_ms, self._rings[length].to_ms)
        for (name, length), numbers in self._numbers.items():
            numbers.add(at_ms, rows, codes[_NUMBER_OF[name]][keep], self._rings[length].from_ms)

    def _add_family(self, at_ms: Ints, rows: Ints, keep: Bools, values: Mapping[Measure, Ints]) -> None:
        if not values:
            return
        if not keep.all():
            at_ms, rows = at_ms[keep], rows[keep]
            values = {m: v[keep] for m, v in values.items()}
        for ring in self._rings.values():
            ring.add(at_ms, rows, values)

    def set_live(self, codes: Mapping[Dimension, Ints], n: int) -> None:
        """Take the calls that are in progress now, ringing included: the `channels` factor."""
        rows = self.grouping.rows(codes, n)
        self._live = np.bincount(rows[rows >= 0], minlength=len(self.grouping))
        self._columns.clear()
        self._plain.clear()

    def ring(self, window_ms: int) -> Ring:
        """Give the ring of a window. Raises KeyError when it was not opened."""
        return self._rings[window_ms]

    def values(self, factor: Factor, window_ms: int) -> tuple[Floats, Ints]:
        """Give (value, calls it rests on) of every row. [rows] each; NaN = no value."""
        ring = self._rings[window_ms]
        count = len(self.grouping)
        sums = ring.sums(count)
        value = compute(factor, sums, window_ms / 1000.0, self._extra(factor, ring, count) if factor.extra else None)
        if factor.is_money and (mixed := self.mixed(window_ms)):
            value[list(mixed)] = np.nan
        return value, rests_on(factor, sums)

    def _extra(self, factor: Factor, ring: Ring, count: int) -> Extra:
        """Give what a factor needs that is no sum; only that is worked out."""
        streaks, numbers = self._streaks.get(ring.window_ms), self._numbers.get((factor.extra, ring.window_ms))
        column: Ints | None = None
        if factor.extra == "channels":
            column = None if self._live is None else np.pad(self._live, (0, count - len(self._live)))
        elif factor.extra == "consecutive_failures" and streaks is not None:
            column = streaks.column(ring.from_ms, ring.to_ms, count)
        elif numbers is not None:
            column = numbers.column(ring.from_ms, ring.to_ms, count)
        return Extra(**{factor.extra: column})

    def mixed(self, window_ms: int) -> dict[int, tuple[str, ...]]:
        """Give the rows whose charges of a window are in several currencies, with these; nearly always empty.

        They have no value in any factor of money. Raises KeyError when the window was not opened.
        """
        return {} if self._charges is None else self._charges.mixed(self._rings[window_ms].from_ms)

    def currencies(self, window_ms: int) -> list[str]:
        """Give the currency of every row's charges in a window; "" = not known, `MIXED` = several.

        [rows]; all "" when no factor of money is open. Raises KeyError when the window was not opened.
        """
        ring, count = self._rings[window_ms], len(self.grouping)
        return [""] * count if self._charges is None else self._charges.currencies(ring.from_ms, count)

    def column(self, factor: Factor, window_ms: int, min_calls: int = 0, scale: float = 1.0) -> Column:
        """Give a factor of every row, scaled, without what rests on fewer than `min_calls`; worked out once for all rules."""
        key, version = (factor.name, window_ms, min_calls, scale), self._rings[window_ms].version
        kept = self._columns.get(key)
        if kept is not None and kept[0] == version and len(kept[1].value) == len(self.grouping):
            return kept[1]
        value, calls = self._plain_values(factor, window_ms, version)
        if scale != 1.0:
            value = value * scale
        if min_calls > 0:
            value = np.where(calls >= min_calls, value, np.nan)
        low, high = (float(np.fmin.reduce(value)), float(np.fmax.reduce(value))) if len(value) else (np.nan, np.nan)
        column = Column(value, calls, low, high)
        self._columns[key] = (version, column)
        return column

    def _plain_values(self, factor: Factor, window_ms: int, version: int) -> tuple[Floats, Ints]:
        """Give what `values` gives, worked out once for all rules whatever their `min_calls`."""
        key = (factor.name, window_ms)
        kept = self._plain.get(key)
        if kept is None or kept[0] != version or len(kept[1]) != len(self.grouping):
            kept = self._plain[key] = (version, *self.values(factor, window_ms))
        return kept[1], kept[2]
