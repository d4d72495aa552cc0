"""What an alert looks at on one source: a factor of a view, a reading, or what a script said. Engine thread only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import numpy as np

from noc_alerts.engine.source import Source, ViewKey
from noc_alerts.metrics.columns import Ints
from noc_alerts.metrics.factors import FACTORS, Factor, Floats
from noc_alerts.metrics.rings import Window
from noc_alerts.model.alerts import Alert, Area
from noc_alerts.model.companies import CompanyKind, Dimension, ReadingKind, Subject
from noc_alerts.model.scripts import Outcome

#: What the data of a script tells of every company, by the name it has there.
SCRIPT_FACTORS = {
    "attempts": "attempts",
    "answered": "records_success",
    "asr": "asr",
    "acd": "acd_std",
    "pdd": "pdd",
    "ner": "ner",
    "cps": "cps",
    "spend": "spend",
    "consecutive_failures": "consecutive_failures",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """The values of every row now. Not to be written to.

    `values`: [rows], NaN = no value. `calls` they rest on: [rows]. `low`, `high`: of the values, NaN = there are none.
    """

    values: Floats
    calls: Ints
    low: float
    high: float


class Sight(Protocol):
    """Rows with values. Rows stay what they are as long as the program runs."""

    @property
    def subjects(self) -> list[Subject]:
        """Give the subject of every row."""

    def row(self, subject: Subject) -> int:
        """Give the row of a subject, making it when it is new. Raises ValueError for a subject of another kind."""

    def read(self) -> Seen:
        """Read the values as they are now."""

    def unit(self, row: int) -> str:
        """Give the currency of a row's value, empty where it is not money or not known; MIXED = several."""

    def needs(self) -> dict[ViewKey, tuple[Window, ...]]:
        """Give the windows it asks the source's views for."""


def sight_of(alert: Alert, source: Source) -> Sight:
    """Give what an alert looks at on a source."""
    facts, kind = alert.area.facts, alert.scope.kind
    if alert.area is Area.SCRIPT:
        return ScriptSight(source, script_subject(alert), alert.sample_period or timedelta(minutes=5))
    if facts.reading is not None:
        return ReadingSight(source, facts.reading, kind)
    assert facts.factor is not None and alert.sample_period is not None  # an area is a script, a reading or a factor
    window_ms = round(alert.sample_period.total_seconds() * 1000)
    return FactorSight(source, kind, FACTORS[facts.factor], window_ms, alert.min_calls, facts.scale, money=facts.money)


def script_subject(alert: Alert) -> Subject:
    """Give what a script's alarm is about: the company when the alert names exactly one, else the switch."""
    names = alert.scope.names
    return Subject.company(alert.scope.kind, names[0]) if len(names) == 1 else Subject(())


class ReadingSight:
    """The latest readings of a kind of companies."""

    def __init__(self, source: Source, what: ReadingKind, kind: CompanyKind) -> None:
        self._board = source.board(what, kind)
        self._kind = kind

    @property
    def subjects(self) -> list[Subject]:
        """Give the subject of every row."""
        return self._board.subjects

    def row(self, subject: Subject) -> int:
        """Give the row of a company."""
        _must_be(subject, self._kind)
        return self._board.row(subject)

    def read(self) -> Seen:
        """Read the readings as the switch gave them last."""
        values = self._board.values()
        return Seen(values, np.ones(len(values), dtype=np.int64), -np.inf, np.inf)

    def unit(self, row: int) -> str:
        """Give the currency of a reading."""
        reading = self._board.get(self.subjects[row].parts[0][1])
        return reading.currency if reading else ""

    def needs(self) -> dict[ViewKey, tuple[Window, ...]]:
        """Ask for no windows."""
        return {}


class FactorSight:
    """A factor of a kind of companies over a sliding window."""

    def __init__(
        self, source: Source, kind: CompanyKind, factor: Factor, window_ms: int, min_calls: int, scale: float, *, money: bool
    ) -> None:
        self._source, self._kind = source, kind
        self._factor, self._window_ms, self._min_calls, self._scale, self._money = factor, window_ms, min_calls, scale, money
        self.key: ViewKey = ((kind.dimension,), ())

    @property
    def subjects(self) -> list[Subject]:
        """Give the subject of every row."""
        return self._source.grouping(self.key).subjects

    def row(self, subject: Subject) -> int:
        """Give the row of a company."""
        _must_be(subject, self._kind)
        return self._source.grouping(self.key).row(subject)

    def read(self) -> Seen:
        """Read the factor; what rests on too few calls has no value."""
        column = self._source.view(self.key).column(self._factor, self._window_ms, self._min_calls, self._scale)
        return Seen(column.value, column.calls, column.low, column.high)

    def unit(self, row: int) -> str:
        """Give the currency a company's calls are charged in."""
        if not self._money:
            return ""
        try:
            currencies = self._source.view(self.key).currencies(self._window_ms)
        except KeyError:  # the alert was changed and its new window is not open yet
            return ""
        return currencies[row] if row < len(currencies) else ""

    def mixed(self) -> Mapping[int, tuple[str, ...]]:
        """Give row -> its currencies where a company is charged in several: those are not summed, so there is no value."""
        try:
            return self._source.view(self.key).mixed(self._window_ms) if self._money else {}
        except KeyError:
            return {}

    def needs(self) -> dict[ViewKey, tuple[Window, ...]]:
        """Ask for its window."""
        return {self.key: (Window(self._window_ms, (self._factor,)),)}


class ScriptSight:
    """What a script said last. One row: `subject`."""

    def __init__(self, source: Source, subject: Subject, period: timedelta) -> None:
        self._source = source
        self._period_ms = round(period.total_seconds() * 1000)
        self._subjects = [subject]
        self.outcome: Outcome | None = None

    @property
    def subjects(self) -> list[Subject]:
        """Give the one subject."""
        return self._subjects

    def row(self, subject: Subject) -> int:
        """Give the row of the subject."""
        if subject != self._subjects[0]:
            raise ValueError(f"{subject.key or 'the switch'} is not what the script is about")
        return 0

    def read(self) -> Seen:
        """Give the value it returned; NaN = it returned none."""
        value = self.outcome.value if self.outcome is not None else None
        found = np.array([np.nan if value is None else value])
        return Seen(found, np.ones(1, dtype=np.int64), -np.inf, np.inf)

    def unit(self, row: int) -> str:
        """Give nothing: a script's value has no unit that we know."""
        del row
        return ""

    def needs(self) -> dict[ViewKey, tuple[Window, ...]]:
        """Ask for what the data of a script tells: factors by customer, by carrier and of the whole switch."""
        window = Window(self._period_ms, tuple(FACTORS[name] for name in SCRIPT_FACTORS.values()))
        return {((Dimension.CLIENT,), ()): (window,), ((Dimension.GATEWAY,), ()): (window,), ((), ()): (window,)}


def _must_be(subject: Subject, kind: CompanyKind) -> None:
    if subject.company_kind is not kind:
        raise ValueError(f"{subject.key} is no {kind.value}")
