"""Every factor once: name, unit, family, formula, source (reference/factors.md).

A ratio with an empty denominator has no value: NaN in the arrays here, None at the edge; no comparison with it is true.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from noc_alerts.metrics.columns import MICRO, Ints
from noc_alerts.metrics.measures import Measure

Floats = NDArray[np.float64]

MINUTE_MS = 60_000.0


@dataclass(frozen=True, slots=True)
class Extra:
    """Values of a window that are not sums. Each [rows] int64, or None where nobody collected them."""

    distinct_src: Ints | None = None
    distinct_dst: Ints | None = None
    consecutive_failures: Ints | None = None
    channels: Ints | None = None


Formula = Callable[[Mapping[Measure, Ints], float], Floats]


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor.

    `needs`: the measures it is made of. `rests_on`: the measure that says how many calls it rests on, and `sample` the word for
    them. `ratio`: it can have no value, and `min_calls` applies. `extra`: it comes from `Extra` under this field's name.
    `formula(sums, seconds)`: sums by measure [rows] -> values [rows], NaN = no value.
    """

    name: str
    unit: str
    needs: frozenset[Measure]
    rests_on: Measure
    sample: str
    formula: Formula
    ratio: bool = False
    min_calls: int = 0
    decimals: int = 0
    extra: str = ""

    @property
    def is_money(self) -> bool:
        """Tell whether it adds up money, which has a sum only within one currency."""
        return self.unit.startswith("money")


def _divide(over: Floats | Ints, under: Floats | Ints, scale: float) -> Floats:
    """Give scale * over / under, NaN where under is 0."""
    top = np.asarray(over, dtype=np.float64) * scale
    bottom = np.asarray(under, dtype=np.float64)
    result: Floats = np.divide(top, bottom, out=np.full(bottom.shape, np.nan), where=bottom != 0)
    return result


def _ratio(top: Measure, bottom: Measure, scale: float) -> Formula:
    return lambda s, _: _divide(s[top], s[bottom], scale)


def _plain(m: Measure, per: float = 1.0) -> Formula:
    return lambda s, _: np.asarray(s[m], dtype=np.float64) / per


M = Measure
_A, _E = (M.ATTEMPTS, "attempts"), (M.ENDED, "ended")
_PERCENT = {"unit": "%", "ratio": True, "decimals": 1}


def _none(s: Mapping[Measure, Ints], _: float) -> Floats:
    return np.full(len(next(iter(s.values()))), np.nan)


def _make(
    name: str,
    unit: str,
    needs: set[Measure],
    rests: tuple[Measure, str],
    formula: Formula,
    *,
    ratio: bool = False,
    min_calls: int = 0,
    decimals: int = 0,
    extra: str = "",
) -> Factor:
    return Factor(name, unit, frozenset(needs | {rests[0]}), rests[0], rests[1], formula, ratio, min_calls, decimals, extra)


_ALL = (
    _make("volume_total", "min", {M.TALK_MS}, _E, _plain(M.TALK_MS, MINUTE_MS), decimals=2),
    _make("volume_billed", "min", {M.BILLED_MS}, _E, _plain(M.BILLED_MS, MINUTE_MS), decimals=2),
    _make("package_volume", "min", {M.PACKAGE_MS}, _E, _plain(M.PACKAGE_MS, MINUTE_MS), decimals=2),
    _make("records_total", "calls", set(), _A, _plain(M.ATTEMPTS)),
    _make("records_notzero", "calls", {M.NOT_ZERO}, _E, _plain(M.NOT_ZERO)),
    _make("records_success", "calls", {M.ANSWERED}, _A, _plain(M.ANSWERED)),
    _make("records_busy", "calls", {M.BUSY}, _A, _plain(M.BUSY)),
    _make("records_nochannel", "calls", {M.NO_CHANNEL}, _A, _plain(M.NO_CHANNEL)),
    _make("records_error", "calls", {M.ERROR}, _A, _plain(M.ERROR)),
    _make("cost_total", "money", {M.COST_U}, _E, _plain(M.COST_U, MICRO), decimals=2),
    _make(
        "rate_avg",
        "money/min",
        {M.COST_U, M.BILLED_MS},
        _E,
        _ratio(M.COST_U, M.BILLED_MS, MINUTE_MS / MICRO),
        ratio=True,
        decimals=4,
    ),
    _make(
        "asr_std",
        "%",
        {M.ANSWERED, M.NO_CHANNEL},
        _A,
        lambda s, _: _divide(s[M.ANSWERED], s[M.ATTEMPTS] - s[M.NO_CHANNEL], 100.0),
        ratio=True,
        min_calls=50,
        decimals=1,
    ),
    _make("asr", "%", {M.ANSWERED}, _A, _ratio(M.ANSWERED, M.ATTEMPTS, 100.0), ratio=True, min_calls=50, decimals=1),
    _make("asr_cur", "%", {M.NOT_ZERO}, _E, _ratio(M.NOT_ZERO, M.ENDED, 100.0), ratio=True, min_calls=50, decimals=1),
    _make(
        "acd_std",
        "min",
        {M.TALK_MS},
        (M.ENDED_ANSWERED, "answered"),
        _ratio(M.TALK_MS, M.ENDED_ANSWERED, 1 / MINUTE_MS),
        ratio=True,
        min_calls=30,
        decimals=2,
    ),
    _make(
        "acd_cur",
        "min",
        {M.TALK_MS},
        (M.NOT_ZERO, "with talk"),
        _ratio(M.TALK_MS, M.NOT_ZERO, 1 / MINUTE_MS),
        ratio=True,
        min_calls=30,
        decimals=2,
    ),
    _make(
        "pdd",
        "s",
        {M.PDD_MS},
        (M.PDD_CALLS, "with PDD"),
        _ratio(M.PDD_MS, M.PDD_CALLS, 1 / 1000.0),
        ratio=True,
        min_calls=30,
        decimals=1,
    ),
    _make(
        "scd",
        "s",
        {M.SCD_MS},
        (M.ANSWERED, "answered"),
        _ratio(M.SCD_MS, M.ANSWERED, 1 / 1000.0),
        ratio=True,
        min_calls=30,
        decimals=1,
    ),
    _make("attempts", "calls", set(), _A, _plain(M.ATTEMPTS)),
    _make("ner", "%", {M.EFFECTIVE}, _A, _ratio(M.EFFECTIVE, M.ATTEMPTS, 100.0), ratio=True, min_calls=50, decimals=1),
    _make("cps", "calls/s", set(), _A, lambda s, seconds: np.asarray(s[M.ATTEMPTS], np.float64) / seconds, decimals=2),
    _make("channels", "channels", set(), _A, _none, extra="channels"),
    _make(
        "short_share",
        "%",
        {M.SHORT},
        (M.ENDED_ANSWERED, "answered"),
        _ratio(M.SHORT, M.ENDED_ANSWERED, 100.0),
        ratio=True,
        min_calls=30,
        decimals=1,
    ),
    _make("distinct_dst", "numbers", set(), _A, _none, extra="distinct_dst"),
    _make("distinct_src", "numbers", set(), _A, _none, extra="distinct_src"),
    _make("consecutive_failures", "calls", set(), _A, _none, extra="consecutive_failures"),
    _make("spend", "money", {M.COST_U}, _E, _plain(M.COST_U, MICRO), decimals=2),
    _make(
        "margin",
        "money",
        {M.COST_U, M.INCOME_U},
        _E,
        lambda s, _: (s[M.INCOME_U] - s[M.COST_U]).astype(np.float64) / MICRO,
        decimals=2,
    ),
)

#: Factors by their list name, in the order of reference/factors.md.
FACTORS: Mapping[str, Factor] = {f.name: f for f in _ALL}


def compute(factor: Factor, sums: Mapping[Measure, Ints], seconds: float, extra: Extra | None = None) -> Floats:
    """Give the factor of every row. sums: measure -> [rows]; `seconds`: length of the window. [rows], NaN = no value."""
    if not factor.extra:
        return factor.formula(sums, seconds)
    column: Ints | None = getattr(extra, factor.extra) if extra is not None else None
    if column is None:
        return _none(sums, seconds)
    return column.astype(np.float64)


def rests_on(factor: Factor, sums: Mapping[Measure, Ints]) -> Ints:
    """Give the number of calls the factor of every row rests on. [rows]"""
    return sums[factor.rests_on]
