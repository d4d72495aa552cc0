"""What can be charted, and the choice of charts that is kept.

Pure values; any thread; no Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from noc_alerts.engine.news import ChartSpec
from noc_alerts.metrics.factors import FACTORS, Factor
from noc_alerts.model.alerts import Alert, Area
from noc_alerts.model.companies import ReadingKind, Subject

#: Shares whose calls are exactly what they are divided by, so that the interval of a share applies.
#: asr_std is not one of them: its calls hold those without a channel, its divisor does not.
_SHARES = frozenset({"asr", "asr_cur", "ner", "short_share"})

DEFAULT_WINDOW = timedelta(minutes=5)
MAX_CHARTS = 12
SETTINGS_KEY = "charts"


@dataclass(frozen=True, slots=True)
class Metric:
    """A factor or reading as charts show it.

    `name`: what is kept (`ASR`, `asr_cur`). `short`: as in a chart's head. `rests_on`: the word for its calls. `scale`: shown
    value = factor value * scale. `is_share`: a share in percent with an interval.
    """

    name: str
    short: str
    title: str
    factor: str | None
    reading: ReadingKind | None
    unit: str
    decimals: int
    min_calls: int
    rests_on: str
    scale: float = 1.0
    is_share: bool = False
    area: Area | None = None

    def unit_in(self, currency: str) -> str:
        """Return the unit, with the company's currency where it is money."""
        if self.reading is ReadingKind.BALANCE:
            return currency
        return self.unit.replace("money", currency).strip("/") if "money" in self.unit else self.unit


def _of_area(area: Area) -> Metric:
    f = area.facts
    share = f.factor in _SHARES
    return Metric(
        area.value, area.value, f.title, f.factor, f.reading, f.unit, f.decimals, f.min_calls, f.rests_on, f.scale, share, area
    )


def _of_factor(factor: Factor) -> Metric:
    unit = "" if factor.unit == "numbers" else factor.unit
    title = f"{factor.name}, {factor.unit}"
    share = factor.name in _SHARES
    return Metric(
        factor.name,
        factor.name,
        title,
        factor.name,
        None,
        unit,
        factor.decimals,
        factor.min_calls,
        factor.sample,
        is_share=share,
    )


#: Every metric by its kept name: areas in their order, then the factors that can be counted from call records alone.
METRICS: dict[str, Metric] = {area.value: _of_area(area) for area in Area} | {
    f.name: _of_factor(f) for f in FACTORS.values() if not f.extra
}

#: Areas that are known at each check only: they cannot be counted again from the records, so they have no chart.
CHARTLESS = frozenset({Area.SCRIPT, Area.CONSECUTIVE_FAILURES})


@dataclass(frozen=True, slots=True)
class ChartChoice:
    """One chart as it is kept: switch, subject, metric, and the sliding window (None for readings)."""

    connection_id: int
    subject_key: str
    metric: str
    window: timedelta | None = DEFAULT_WINDOW

    @property
    def subject(self) -> Subject:
        """Return the subject; raise ValueError when the kept text is none."""
        return Subject.from_key(self.subject_key)

    @property
    def facts(self) -> Metric:
        """Return the metric; raise KeyError when there is none of this name (any more)."""
        return METRICS[self.metric]

    @property
    def usable(self) -> bool:
        """Return whether this program can show it."""
        try:
            return self.metric in METRICS and bool(self.subject.parts)
        except ValueError:
            return False

    def spec(self, length: timedelta, end: datetime | None) -> ChartSpec:
        """Return what the engine is asked for."""
        m = self.facts
        window = self.window or timedelta(minutes=1)
        return ChartSpec(self.connection_id, self.subject, m.factor, m.reading, window, length, end, m.scale)

    @classmethod
    def of_alert(cls, alert: Alert, subject: Subject, connection_id: int) -> ChartChoice:
        """Return the chart of what an alert looks at."""
        return cls(connection_id, subject.key, alert.area.value, alert.sample_period)


@dataclass(frozen=True, slots=True)
class ChartSet:
    """The charts of the page with their range and whether the 95 % interval is drawn."""

    choices: tuple[ChartChoice, ...] = ()
    range: timedelta = timedelta(hours=6)
    interval: bool = True


def write_set(charts: ChartSet) -> str:
    """Return the text under which a set is kept."""
    return msgspec.json.encode(charts).decode()


def read_set(kept: str | None) -> ChartSet:
    """Read what `write_set` wrote, without charts this program cannot show; raise ValueError on a text that is none."""
    if kept is None:
        return ChartSet()
    try:
        found = msgspec.json.decode(kept, type=ChartSet)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
    usable = tuple(choice for choice in found.choices if choice.usable)[:MAX_CHARTS]
    return ChartSet(usable, found.range, found.interval)
