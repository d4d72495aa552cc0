"""Where lines, labels and boxes of a chart stand: value and time ticks, the 95 % interval, boxes that move apart.

Pure functions over numbers and NumPy arrays; any thread; no Qt. Clock texts come from ui/text.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from noc_alerts.metrics.series import Points
from ui import text

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000

_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_TIME_STEPS = tuple(m * MINUTE_MS for m in (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720))
_DAY_STEPS = (1, 2, 7, 14)

#: Two-sided 95 % of the normal distribution.
_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class ValueTicks:
    """Values with a grid line, lowest first, and how many decimals their labels need; all three to five lines."""

    values: tuple[float, ...]
    decimals: int

    @property
    def low(self) -> float:
        """Return the lower edge of the chart."""
        return self.values[0]

    @property
    def high(self) -> float:
        """Return the upper edge of the chart."""
        return self.values[-1]


def value_ticks(lowest: float, highest: float, intervals: Sequence[int], cap: float | None = None) -> ValueTicks:
    """Return round ticks that hold both values and zero. `intervals`: counts to choose from; `cap`: never above (100 %)."""
    if cap is not None:
        highest = min(highest, cap)
    low, high = min(0.0, lowest), max(0.0, highest)
    if high - low <= 0 or not math.isfinite(high - low):
        low, high = 0.0, 1.0
    if low < 0:
        return _ticks_over_zero(low, high, max(intervals))
    found = min(((_round_up(high / count), count) for count in intervals), key=lambda sc: (sc[0] * sc[1], -sc[1]))
    step, count = found
    if cap is not None and step * count > cap:
        count = next((n for n in sorted(intervals, reverse=True) if cap % n == 0), max(intervals))
        step = cap / count
    return _made(0.0, step, count)


def _ticks_over_zero(low: float, high: float, most: int) -> ValueTicks:
    """Return ticks for what can be negative (a balance): zero is one of them."""
    step = _round_up((high - low) / most)
    while math.ceil(high / step) - math.floor(low / step) > most:
        step = _round_up(step * 1.01)
    first = math.floor(low / step)
    return _made(first * step, step, max(1, math.ceil(high / step) - first))


def _made(first: float, step: float, count: int) -> ValueTicks:
    decimals = next((d for d in range(7) if abs(round(step, d) - step) < step * 1e-6), 6)
    return ValueTicks(tuple(round(first + at * step, 9) for at in range(count + 1)), decimals)


def _round_up(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(s * power for s in _STEPS if s * power >= step * (1 - 1e-9))


def tick_text(value: float, ticks: ValueTicks) -> str:
    """Return the label of a grid line: `30`, `7.5`, and thousands as `12 k` where they would not fit."""
    if ticks.high >= 10_000 and value:
        scale, sign = (1e6, "M") if ticks.high >= 10_000_000 else (1e3, "k")
        short = value / scale
        return f"{text.number(short, 0 if short == round(short) else 1)}{text.THIN}{sign}"
    return text.number(value, 0 if value == round(value) else ticks.decimals)


@dataclass(frozen=True, slots=True)
class TimeTick:
    """A moment of the time axis and its words."""

    at_ms: int
    words: str


def moment(at_ms: float) -> datetime:
    """Return epoch milliseconds as an aware UTC datetime."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=round(at_ms))


def milliseconds(at: datetime) -> int:
    """Return an aware datetime as epoch milliseconds."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def time_ticks(from_ms: float, to_ms: float, zone: tzinfo, most: int) -> list[TimeTick]:
    """Return at most about `most` round moments inside the span, in the zone; days where the span exceeds one."""
    length = to_ms - from_ms
    if length <= 0 or most < 1:
        return []
    offset = offset_ms(from_ms, zone)
    if length > DAY_MS + HOUR_MS:
        days = next((d for d in _DAY_STEPS if length / (d * DAY_MS) <= most), _DAY_STEPS[-1])
        step = days * DAY_MS
        return [TimeTick(at, text.day(moment(at), zone)) for at in _round_moments(from_ms, to_ms, step, offset)]
    step = next((s for s in _TIME_STEPS if length / s <= most), _TIME_STEPS[-1])
    return [TimeTick(at, text.clock(moment(at), zone)) for at in _round_moments(from_ms, to_ms, step, offset)]


def _round_moments(from_ms: float, to_ms: float, step: int, offset: int) -> range:
    first = math.ceil((from_ms + offset) / step) * step - offset
    return range(first, math.floor(to_ms) + 1, step)


def offset_ms(at_ms: float, zone: tzinfo) -> int:
    """Return how far the zone is ahead of UTC, to find its round hours; the texts are made by ui/text.py."""
    ahead = zone.utcoffset(moment(at_ms).replace(tzinfo=None))
    return 0 if ahead is None else ahead // timedelta(milliseconds=1)


def wilson(percent: Floats, calls: Ints) -> tuple[Floats, Floats]:
    """Return the 95 % interval of a share in percent, by Wilson's score (JASA 22, 1927); NaN where there is no share. [k], [k]"""
    n = np.where(calls > 0, calls, np.nan).astype(np.float64)
    p = percent / 100.0
    with np.errstate(invalid="ignore"):
        under = 1 + _Z95**2 / n
        middle = (p + _Z95**2 / (2 * n)) / under
        half = _Z95 / under * np.sqrt(p * (1 - p) / n + _Z95**2 / (4 * n**2))
    return np.maximum(0.0, middle - half) * 100.0, np.minimum(1.0, middle + half) * 100.0


def runs(values: Floats) -> list[tuple[int, int]]:
    """Return the unbroken stretches of finite values as (first, end): what a line or band may join."""
    finite = np.concatenate(([False], np.isfinite(values), [False]))
    edges = np.flatnonzero(finite[1:] != finite[:-1])
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def spread(centres: Sequence[float], height: float, top: float, bottom: float) -> list[float]:
    """Move boxes of one height apart so that none overlap, as little as possible, within top..bottom; the order stays.

    centres: wanted middles in any order -> middles in the same order. When they cannot all fit they overlap evenly.
    """
    if not centres:
        return []
    order = sorted(range(len(centres)), key=lambda at: centres[at])
    room = max(0.0, bottom - top - height)
    step = min(height, room / (len(order) - 1)) if len(order) > 1 else 0.0
    groups: list[list[float]] = []  # [wanted middle of the first, count]; neighbours that touch become one group
    for at in order:
        groups.append([centres[at], 1.0])
        while len(groups) > 1 and groups[-2][0] + groups[-2][1] * step > groups[-1][0]:
            first, count = groups.pop()
            into = groups[-1]
            into[0] = (into[0] * into[1] + (first - into[1] * step) * count) / (into[1] + count)
            into[1] += count
    placed: list[float] = []
    for first, count in groups:
        placed.extend(first + at * step for at in range(int(count)))
    low, high = top + height / 2, bottom - height / 2
    for at in range(len(placed)):
        placed[at] = max(placed[at], low + at * step)
    for at in range(len(placed) - 1, -1, -1):
        placed[at] = min(placed[at], high - (len(placed) - 1 - at) * step)
    result = [0.0] * len(centres)
    for at, where in zip(order, placed, strict=True):
        result[at] = where
    return result


def nearest(at_ms: Ints, wanted_ms: float) -> int:
    """Return the index of the moment closest to the wanted one; at_ms: [k] rising, k > 0."""
    at = int(np.searchsorted(at_ms, wanted_ms))
    if at == len(at_ms) or (at and wanted_ms - at_ms[at - 1] < at_ms[at] - wanted_ms):
        at -= 1
    return at


def known_values(points: Points, begin: datetime | None, window: timedelta, until: datetime | None) -> Floats:
    """Return the values between the first record and the last good read, NaN outside; None = no such bound. [k]

    A window that begins before the first record is not known: what was there then was never read.
    """
    value = points.value
    if begin is not None:
        value = np.where(points.at_ms < milliseconds(begin + window), np.nan, value)
    if until is not None:
        value = np.where(points.at_ms > milliseconds(until), np.nan, value)
    return value


def columns(at_ms: Ints, calls: Ints, column_ms: int) -> tuple[Ints, Ints]:
    """Return the call bars: starts of columns of one length on fixed moments, and the fewest calls in each. [c], [c]"""
    if not len(at_ms):
        return at_ms, calls
    column = (at_ms - 1) // column_ms
    starts = np.concatenate(([0], np.flatnonzero(np.diff(column)) + 1))
    return column[starts] * column_ms, np.minimum.reduceat(calls, starts)
