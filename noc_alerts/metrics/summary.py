"""Factors of a fixed period straight from call records: what `query` shows, and the truth the rings are held against."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from noc_alerts.metrics import details
from noc_alerts.metrics.columns import NO_TIME, Bools, Calls, CodeMap, Ints
from noc_alerts.metrics.currencies import Charges
from noc_alerts.metrics.factors import FACTORS, Extra, Factor, Floats, compute, rests_on
from noc_alerts.metrics.grouping import Dictionaries, Grouping, Where
from noc_alerts.metrics.measures import COMPLETION_MEASURES, OUTCOME_MEASURES, Measure, completion_ms, measure, outcome_ms
from noc_alerts.model.companies import Dimension, Subject
from noc_alerts.model.connections import Clock


@dataclass(frozen=True, slots=True)
class Table:
    """Groups of one period with every measure. `sums`: measure -> [rows]. `mixed`: charged in several currencies. [rows]"""

    subjects: list[Subject]
    sums: dict[Measure, Ints]
    extra: Extra
    seconds: float
    mixed: Bools

    def factor(self, factor: Factor) -> Floats:
        """Give one factor of every group. [rows], NaN = no value; money of several currencies has none."""
        value = compute(factor, self.sums, self.seconds, self.extra)
        return np.where(self.mixed, np.nan, value) if factor.is_money else value

    def row(self, index: int) -> dict[str, float | int | None]:
        """Give every factor of one group by name; None = no value; counts as int."""
        values: dict[str, float | int | None] = {}
        for name, factor in FACTORS.items():
            value = float(self.factor(factor)[index])
            if np.isnan(value):
                values[name] = None
            else:
                values[name] = int(value) if factor.unit in ("calls", "numbers", "channels") else value
        return values

    def sample(self, factor: Factor) -> Ints:
        """Give the number of calls the factor of every group rests on. [rows]"""
        return rests_on(factor, self.sums)


class Summary:
    """Adds up call records of the half-open period [from, to) by group; feed it pages, then ask for the table."""

    def __init__(self, dims: tuple[Dimension, ...], where: Where, from_ms: int, to_ms: int, clock: Clock, codes: CodeMap) -> None:
        """Raises ValueError when the period is empty."""
        if to_ms <= from_ms:
            raise ValueError("the period is empty")
        self._books = Dictionaries()
        self._grouping = Grouping(dims, where, self._books)
        self._from, self._to = from_ms, to_ms
        self._clock, self._codes = clock, codes
        self._sums = {m: np.zeros(len(self._grouping), dtype=np.int64) for m in Measure}
        self._trail: list[tuple[Ints, ...]] = []
        self._charges = Charges(self._books[Dimension.CURRENCY].texts)

    def add(self, calls: Calls) -> None:
        """Count a page. Records outside the period are ignored."""
        n = len(calls)
        codes = self._books.encode(calls, self._grouping.needs | {Dimension.SRC, Dimension.DST, Dimension.CURRENCY})
        rows = self._grouping.rows(codes, n)
        out_ms, done_ms = outcome_ms(calls, self._clock), completion_ms(calls, self._clock)
        inside_out = (rows >= 0) & (out_ms >= self._from) & (out_ms < self._to)
        inside_done = (rows >= 0) & (done_ms >= self._from) & (done_ms < self._to)
        values = measure(calls, Measure, self._codes)
        self._grow(len(self._grouping))
        for family, inside in ((OUTCOME_MEASURES, inside_out), (COMPLETION_MEASURES, inside_done)):
            for m in family:
                np.add.at(self._sums[m], rows[inside], values[m][inside])
        self._charges.add(done_ms, np.where(inside_done, rows, -1), codes[Dimension.CURRENCY], calls.cost_u)
        in_trail = (rows >= 0) & (inside_out | (calls.setup_ms <= self._to) & (calls.end_ms > self._to))
        self._trail.append(
            tuple(
                column[in_trail]
                for column in (
                    rows,
                    out_ms,
                    (calls.answer_ms != NO_TIME).astype(np.int64),
                    codes[Dimension.SRC],
                    codes[Dimension.DST],
                    calls.setup_ms,
                    calls.end_ms,
                )
            )
        )

    def table(self) -> Table:
        """Give the groups that have at least one call in the period, in order of first sight."""
        count = len(self._grouping)
        self._grow(count)
        columns = [np.concatenate(c) for c in zip(*self._trail, strict=True)] if self._trail else [np.zeros(0, np.int64)] * 7
        rows, out_ms, answered, src, dst, setup, end = columns
        inside = (out_ms >= self._from) & (out_ms < self._to)
        extra = Extra(
            distinct_src=details.distinct(rows[inside], src[inside], count),
            distinct_dst=details.distinct(rows[inside], dst[inside], count),
            consecutive_failures=details.consecutive_failures(rows[inside], out_ms[inside], answered[inside] == 1, count),
            channels=details.in_progress(rows, setup, end, self._to, count),
        )
        mixed = np.zeros(count, dtype=bool)
        mixed[list(self._charges.mixed(self._from))] = True
        alive = (self._sums[Measure.ATTEMPTS] > 0) | (self._sums[Measure.ENDED] > 0)
        if not self._grouping.dims:
            alive[:] = True
        return Table(
            [s for s, a in zip(self._grouping.subjects, alive.tolist(), strict=True) if a],
            {m: column[alive] for m, column in self._sums.items()},
            Extra(*(None if c is None else c[alive] for c in (getattr(extra, f) for f in Extra.__slots__))),
            (self._to - self._from) / 1000.0,
            mixed[alive],
        )

    def _grow(self, count: int) -> None:
        for m, column in self._sums.items():
            if len(column) < count:
                self._sums[m] = np.concatenate([column, np.zeros(count - len(column), dtype=np.int64)])


def summarise(
    pages: Iterable[Calls],
    dims: tuple[Dimension, ...],
    where: Where,
    from_ms: int,
    to_ms: int,
    clock: Clock,
    codes: CodeMap,
) -> Table:
    """Count all pages and give the table; see `Summary`."""
    summary = Summary(dims, where, from_ms, to_ms, clock, codes)
    for page in pages:
        summary.add(page)
    return summary.table()
