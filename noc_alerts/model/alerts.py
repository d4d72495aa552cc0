"""Alerts: what the user sets up in ConnexCS's form."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from noc_alerts.model.companies import CompanyKind, ReadingKind
from noc_alerts.model.errors import BadInput


class Operator(StrEnum):
    """How a value is held against the threshold."""

    LT = "<"
    LE = "<="
    EQ = "="
    NE = "!="
    GE = ">="
    GT = ">"

    @property
    def sign(self) -> str:
        """Write it as people do: ≤ for <=."""
        return {"<=": "≤", ">=": "≥", "!=": "≠"}.get(self.value, self.value)

    @property
    def fires_below(self) -> bool:
        """Tell whether low values are the bad ones."""
        return self in (Operator.LT, Operator.LE)

    @property
    def fires_above(self) -> bool:
        """Tell whether high values are the bad ones."""
        return self in (Operator.GT, Operator.GE)


class NoticeLevel(StrEnum):
    """How bad it is. Critical is what ConnexCS calls Error."""

    NONE = "none"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Give a number to sort by: higher is worse."""
        return {NoticeLevel.NONE: 0, NoticeLevel.WARNING: 1, NoticeLevel.CRITICAL: 2}[self]


@dataclass(frozen=True, slots=True)
class AreaFacts:
    """What an area is made of: its factor or reading, its unit, what it rests on.

    `scale`: area value = factor value * scale (ACD is a factor in minutes, an area in seconds).
    `min_calls`: the default below which it is not judged. `rests_on`: the word for its calls.
    """

    title: str
    factor: str | None
    reading: ReadingKind | None
    unit: str
    decimals: int
    min_calls: int
    rests_on: str
    scale: float = 1.0


class Area(StrEnum):
    """What an alert looks at (reference/factors.md: the same factors under everyday names and units)."""

    BALANCE = "Balance"
    ASR = "ASR"
    NER = "NER"
    ACD = "ACD"
    PDD = "PDD"
    CPS = "CPS"
    CALLS = "Calls"
    CHANNELS = "Channels"

    @property
    def facts(self) -> AreaFacts:
        """Give what the area is made of."""
        return AREAS[self]

    @property
    def is_reading(self) -> bool:
        """Tell whether the switch gives the value as it is, so that there is no sample period."""
        return AREAS[self].reading is not None


AREAS: Mapping[Area, AreaFacts] = {
    Area.BALANCE: AreaFacts("Balance", None, ReadingKind.BALANCE, "", 2, 0, "reading"),
    Area.ASR: AreaFacts("ASR, answered of attempts", "asr", None, "%", 1, 50, "attempts"),
    Area.NER: AreaFacts("NER, network worked", "ner", None, "%", 1, 50, "attempts"),
    Area.ACD: AreaFacts("ACD, mean call length", "acd_std", None, "s", 1, 30, "answered", scale=60.0),
    Area.PDD: AreaFacts("PDD, post-dial delay", "pdd", None, "s", 1, 30, "with PDD"),
    Area.CPS: AreaFacts("CPS, calls per second", "cps", None, "calls/s", 2, 0, "attempts"),
    Area.CALLS: AreaFacts("Calls, attempts", "records_total", None, "calls", 0, 0, "attempts"),
    Area.CHANNELS: AreaFacts("Channels in use", None, ReadingKind.CHANNELS, "channels", 0, 0, "reading"),
}

MIN_PERIOD = timedelta(minutes=1)
MAX_PERIOD = timedelta(hours=24)
MAX_TITLE = 128


@dataclass(frozen=True, slots=True)
class Scope:
    """Which companies: the named ones of a kind, or all of them when `names` is empty."""

    kind: CompanyKind
    names: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name it as people do: `all carriers`, `customer acme`, `customers acme, globex`."""
        if not self.names:
            return f"all {self.kind.value}s"
        return f"{self.kind.value}{'s' if len(self.names) > 1 else ''} {', '.join(self.names)}"


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule on an area of companies.

    `threshold`: fires while `value operator threshold`. `reset`: clears only past it (strictly on the other side); None = as
    soon as it no longer fires. `sample_period`: the window; None for readings. `min_calls`: below it there is no data.
    `hold`: how long breached before raised. `keep`: how long recovered before cleared. `connection_id`: None = every switch.
    `recipients`: mail addresses. Raises BadInput with a sentence a field when made of nonsense.
    """

    id: int | None
    title: str
    scope: Scope
    area: Area
    operator: Operator
    threshold: float
    reset: float | None = None
    sample_period: timedelta | None = timedelta(minutes=5)
    min_calls: int = 0
    hold: timedelta = timedelta(0)
    keep: timedelta = timedelta(0)
    level: NoticeLevel = NoticeLevel.WARNING
    recipients: tuple[str, ...] = ()
    tray: bool = True
    tell_recovery: bool = True
    enabled: bool = True
    paused_until: datetime | None = None
    connection_id: int | None = None

    def __post_init__(self) -> None:
        """Raise BadInput when fields are wrong or contradict each other."""
        problems = alert_problems({f.name: getattr(self, f.name) for f in fields(self)})
        if problems:
            raise BadInput("The alert was not saved: " + " ".join(problems.values()), problems)

    def is_active(self, now: datetime) -> bool:
        """Tell whether it is judged at `now`: enabled and not paused."""
        return self.enabled and not (self.paused_until is not None and now < self.paused_until)


def alert_problems(values: Mapping[str, Any]) -> dict[str, str]:
    """Give a sentence for every wrong field of an alert, keyed by the field's name; empty when all is well."""
    problems: dict[str, str] = {}
    title = str(values.get("title", "")).strip()
    if not title:
        problems["title"] = "Give the alert a title."
    elif len(title) > MAX_TITLE:
        problems["title"] = f"The title has {len(title)} characters. At most {MAX_TITLE} fit."
    area: Area = values["area"]
    problems |= _number_problems(area, values)
    period = values.get("sample_period")
    if area.is_reading:
        if period is not None:
            problems["sample_period"] = f"{area.value} is read as it is and has no sample period."
    elif period is None or not MIN_PERIOD <= period <= MAX_PERIOD:
        problems["sample_period"] = "The sample period must be between 1 min and 24 h."
    if values.get("min_calls", 0) < 0:
        problems["min_calls"] = "The number of calls cannot be negative."
    for name in ("hold", "keep"):
        if values.get(name, timedelta(0)) < timedelta(0):
            problems[name] = "A time cannot be negative."
    return problems


def _number_problems(area: Area, values: Mapping[str, Any]) -> dict[str, str]:
    """Check threshold and reset against each other and against what the area can be."""
    problems: dict[str, str] = {}
    op: Operator = values["operator"]
    threshold, reset = values["threshold"], values.get("reset")
    unit = f" {area.facts.unit}" if area.facts.unit else ""
    for name, number in (("threshold", threshold), ("reset", reset)):
        if number is None:
            continue
        if not math.isfinite(number):
            problems[name] = "Enter a number."
        elif area.facts.unit == "%" and not 0 <= number <= 100:
            problems[name] = f"{area.value} is between 0 and 100 %."
        elif area is not Area.BALANCE and number < 0:
            problems[name] = f"{area.value} is never below 0."
    if reset is None or problems:
        return problems
    if op.fires_below and reset < threshold:
        problems["reset"] = f"The reset must be at or above {threshold:g}{unit}, or the alarm could never hold."
    elif op.fires_above and reset > threshold:
        problems["reset"] = f"The reset must be at or below {threshold:g}{unit}, or the alarm could never hold."
    elif op in (Operator.EQ, Operator.NE):
        problems["reset"] = f"With {op.value} there is no side to reset on. Leave the reset empty."
    return problems
