"""Alerts: what the user sets up in ConnexCS's form."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from noc_alerts.model.companies import CompanyKind, ReadingKind
from noc_alerts.model.errors import BadInput
from noc_alerts.model.schedules import Duty, Repeat, RepeatKind


class Operator(StrEnum):
    """How a value is held against the threshold."""

    LT = "<"
    LE = "<="
    EQ = "="
    NE = "!="
    GE = ">="
    GT = ">"
    ALWAYS = "always"  # holds against nothing: a scheduled report (connexcs.md section 1)

    @property
    def sign(self) -> str:
        """Write it as people do: ≤ for <=."""
        return {"<=": "≤", ">=": "≥", "!=": "≠"}.get(self.value, self.value)

    @property
    def has_limit(self) -> bool:
        """Tell whether it holds a value against a threshold."""
        return self is not Operator.ALWAYS

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
    """What an area is made of: its factor or reading (neither: a script), its unit, what it rests on.

    `scale`: area value = factor value * scale (ACD is a factor in minutes, an area in seconds).
    `min_calls`: the default below which it is not judged. `rests_on`: the word for its calls.
    `money`: in the company's currency; values of different currencies are never summed.
    """

    title: str
    factor: str | None
    reading: ReadingKind | None
    unit: str
    decimals: int
    min_calls: int
    rests_on: str
    scale: float = 1.0
    money: bool = False


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
    SPEND = "Spend"
    CONSECUTIVE_FAILURES = "Consecutive Failures"
    SCRIPT = "Script"

    @property
    def facts(self) -> AreaFacts:
        """Give what the area is made of."""
        return AREAS[self]

    @property
    def is_reading(self) -> bool:
        """Tell whether the switch gives the value as it is, so that there is no sample period."""
        return AREAS[self].reading is not None

    @property
    def is_ratio(self) -> bool:
        """Tell whether it is a share of calls, which has a confidence interval (strict mode)."""
        return AREAS[self].unit == "%"


AREAS: Mapping[Area, AreaFacts] = {
    Area.BALANCE: AreaFacts("Balance", None, ReadingKind.BALANCE, "", 2, 0, "reading", money=True),
    Area.ASR: AreaFacts("ASR, answered of attempts", "asr", None, "%", 1, 50, "attempts"),
    Area.NER: AreaFacts("NER, network worked", "ner", None, "%", 1, 50, "attempts"),
    Area.ACD: AreaFacts("ACD, mean call length", "acd_std", None, "s", 1, 30, "answered", scale=60.0),
    Area.PDD: AreaFacts("PDD, post-dial delay", "pdd", None, "s", 1, 30, "with PDD"),
    Area.CPS: AreaFacts("CPS, calls per second", "cps", None, "calls/s", 2, 0, "attempts"),
    Area.CALLS: AreaFacts("Calls, attempts", "records_total", None, "calls", 0, 0, "attempts"),
    Area.CHANNELS: AreaFacts("Channels in use", None, ReadingKind.CHANNELS, "channels", 0, 0, "reading"),
    Area.SPEND: AreaFacts("Spend, cost of calls", "spend", None, "", 2, 0, "ended", money=True),
    Area.CONSECUTIVE_FAILURES: AreaFacts(
        "Consecutive failures", "consecutive_failures", None, "calls", 0, 1, "attempts"
    ),
    Area.SCRIPT: AreaFacts("Script Forge, your own JavaScript", None, None, "", 2, 0, "script"),
}

MIN_PERIOD = timedelta(minutes=1)
MAX_PERIOD = timedelta(hours=24)
MAX_WAIT = timedelta(days=7)
MAX_PENALTY = timedelta(days=366)
MAX_TITLE = 128
NO_REPEAT = Repeat()
#: The template every alert begins with (connexcs.md section 1).
STOCK_TEMPLATE = "alert"


class NoData(StrEnum):
    """What an alert does with a company that has no value: too few calls, no calls, no reading."""

    KEEP = "keep"  # neither fires nor clears
    CLEAR = "clear"  # an alarm that has no data ends, as if the value had recovered
    ALARM = "alarm"  # an alarm of its own after `no_data_after`


@dataclass(frozen=True, slots=True)
class Scope:
    """Which companies: the named ones of a kind, those that carry a tag at the switch, or all of them."""

    kind: CompanyKind
    names: tuple[str, ...] = ()
    tag: str = ""

    @property
    def everybody(self) -> bool:
        """Tell whether all companies of the kind are meant."""
        return not self.names and not self.tag

    @property
    def label(self) -> str:
        """Name it as people do: `all carriers`, `customer acme`, `customers acme, globex`, `customers tagged gold`."""
        if self.tag:
            return f"{self.kind.value}s tagged {self.tag}"
        if not self.names:
            return f"all {self.kind.value}s"
        return f"{self.kind.value}{'s' if len(self.names) > 1 else ''} {', '.join(self.names)}"


@dataclass(frozen=True, slots=True)
class Penalty:
    """A block of the company that an alarm asks for.

    `length`: for how long. `dry_run`: only written down, never placed. `after`: so long in alarm before it is due.
    `ask`: a person must agree first; an asked block that nobody answers is dropped.
    """

    length: timedelta
    dry_run: bool = False
    after: timedelta = timedelta(0)
    ask: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule on an area of companies.

    `threshold`: fires while `value operator threshold`; None with Always, and for a script that decides itself.
    `reset`: clears only past it (strictly on the other side); None = as soon as it no longer fires.
    `warn_threshold`, `warn_reset`: a milder limit that warns; `level` is Critical then, and hides the warning.
    `strict`: fires only when the whole 95 % interval of a ratio is past the threshold.
    `sample_period`: the window; None for readings. `min_calls`: below it there is no data. `no_data`, `no_data_after`: what then.
    `hold`: how long breached before raised. `keep`: how long recovered before cleared. `duty`: when it is active, None = always.
    `repeat`: how often it is told again; with Always the times of the report. `connection_id`: None = every switch.
    `recipients`: entries of model/recipients.py. `template`, `script`: by name.
    Raises BadInput with a sentence a field when made of nonsense.
    """

    id: int | None
    title: str
    scope: Scope
    area: Area
    operator: Operator
    threshold: float | None
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
    warn_threshold: float | None = None
    warn_reset: float | None = None
    strict: bool = False
    no_data: NoData = NoData.KEEP
    no_data_after: timedelta = timedelta(minutes=10)
    duty: Duty | None = None
    repeat: Repeat = NO_REPEAT
    penalty: Penalty | None = None
    template: str = STOCK_TEMPLATE
    script: str = ""

    def __post_init__(self) -> None:
        """Raise BadInput when fields are wrong or contradict each other."""
        problems = alert_problems({f.name: getattr(self, f.name) for f in fields(self)})
        if problems:
            raise BadInput("The alert was not saved: " + " ".join(problems.values()), problems)

    def is_active(self, now: datetime) -> bool:
        """Tell whether it is switched on: enabled and not paused. Its hours are the engine's matter."""
        return self.enabled and not (self.paused_until is not None and now < self.paused_until)

    @property
    def is_report(self) -> bool:
        """Tell whether it is a scheduled report: it holds against nothing and raises no alarms."""
        return not self.operator.has_limit

    @property
    def two_levels(self) -> bool:
        """Tell whether it also warns at a milder limit."""
        return self.warn_threshold is not None


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
    scope: Scope = values["scope"]
    if scope.tag and scope.names:
        problems["scope"] = "Name companies or a tag, not both."
    return problems | _time_problems(values) | _kind_problems(area, values)


def _time_problems(values: Mapping[str, Any]) -> dict[str, str]:
    """Check the waits and the penalty."""
    problems: dict[str, str] = {}
    for name in ("hold", "keep", "no_data_after"):
        span = values.get(name, timedelta(0))
        if span < timedelta(0):
            problems[name] = "A time cannot be negative."
        elif span > MAX_WAIT:
            problems[name] = "At most 7 days are possible."
    if values.get("no_data") is NoData.ALARM and values.get("no_data_after", timedelta(0)) < MIN_PERIOD:
        problems.setdefault("no_data_after", "Choose 1 min or more, or every short silence rings.")
    penalty: Penalty | None = values.get("penalty")
    if penalty is not None:
        if not timedelta(minutes=1) <= penalty.length <= MAX_PENALTY:
            problems["penalty"] = "A penalty lasts between 1 min and 1 year."
        elif not timedelta(0) <= penalty.after <= MAX_WAIT:
            problems["penalty"] = "Block between at once and 7 days after the alarm was raised."
    return problems


def _kind_problems(area: Area, values: Mapping[str, Any]) -> dict[str, str]:
    """Check what a script, a report and two levels ask of the other fields."""
    problems: dict[str, str] = {}
    op: Operator = values["operator"]
    repeat: Repeat = values.get("repeat", NO_REPEAT)
    if area is Area.SCRIPT and not values.get("script"):
        problems["script"] = "Choose the script that is run."
    if not op.has_limit:
        if repeat.kind is RepeatKind.NONE:
            problems["repeat"] = "With Always, say when it is told: choose a repeat."
        if values.get("penalty") is not None:
            problems["penalty"] = "A report blocks nobody. Choose an operator with a threshold, or no penalty."
    if values.get("strict") and not area.is_ratio:
        problems["strict"] = f"{area.value} has no confidence interval. Switch this off."
    if values.get("warn_threshold") is not None and values.get("level") is not NoticeLevel.CRITICAL:
        problems["warn_threshold"] = "A second, milder limit warns; the alert's own level must be Critical then."
    if not str(values.get("template", STOCK_TEMPLATE)).strip():
        problems["template"] = "Choose a template."
    return problems


def _number_problems(area: Area, values: Mapping[str, Any]) -> dict[str, str]:
    """Check thresholds and resets against each other and against what the area can be."""
    op: Operator = values["operator"]
    numbers = {name: values.get(name) for name in ("threshold", "reset", "warn_threshold", "warn_reset")}
    if not op.has_limit:
        return {name: "With Always there is no limit. Leave it empty." for name, n in numbers.items() if n is not None}
    problems = {name: said for name, n in numbers.items() if n is not None and (said := _wrong_number(area, n))}
    if problems:
        return problems
    threshold, warn = numbers["threshold"], numbers["warn_threshold"]
    if threshold is None:
        if area is not Area.SCRIPT:
            problems["threshold"] = "Enter a number."
        for name in ("reset", "warn_threshold", "warn_reset"):
            if numbers[name] is not None:
                problems[name] = "Without a threshold there is nothing to hold this against. Leave it empty."
        return problems
    problems |= _reset_problem("reset", op, threshold, numbers["reset"], area)
    if warn is None:
        return problems | ({"warn_reset": "Enter the threshold of the warning too."} if numbers["warn_reset"] is not None else {})
    return problems | _warning_problems(op, threshold, warn, numbers["reset"], numbers["warn_reset"], area)


def _wrong_number(area: Area, number: float) -> str:
    if not math.isfinite(number):
        return "Enter a number."
    if area.is_ratio and not 0 <= number <= 100:
        return f"{area.value} is between 0 and 100 %."
    if area not in (Area.BALANCE, Area.SPEND, Area.SCRIPT) and number < 0:
        return f"{area.value} is never below 0."
    return ""


def _reset_problem(name: str, op: Operator, threshold: float, reset: float | None, area: Area) -> dict[str, str]:
    """Refuse a reset on the wrong side."""
    unit = f" {area.facts.unit}" if area.facts.unit else ""
    if reset is None:
        return {}
    if op.fires_below and reset < threshold:
        return {name: f"The reset must be at or above {threshold:g}{unit}, or the alarm could never hold."}
    if op.fires_above and reset > threshold:
        return {name: f"The reset must be at or below {threshold:g}{unit}, or the alarm could never hold."}
    if op in (Operator.EQ, Operator.NE):
        return {name: f"With {op.value} there is no side to reset on. Leave the reset empty."}
    return {}


def _warning_problems(
    op: Operator, threshold: float, warn: float, reset: float | None, warn_reset: float | None, area: Area
) -> dict[str, str]:
    """Check the milder limit: it is reached first, and left last."""
    unit = f" {area.facts.unit}" if area.facts.unit else ""
    if op in (Operator.EQ, Operator.NE):
        return {"warn_threshold": f"With {op.value} there is no milder limit. Leave it empty."}
    milder = warn > threshold if op.fires_below else warn < threshold
    side = "above" if op.fires_below else "below"
    if not milder:
        return {"warn_threshold": f"The warning must come first: choose a threshold {side} {threshold:g}{unit}."}
    if found := _reset_problem("warn_reset", op, warn, warn_reset, area):
        return found
    critical_back = threshold if reset is None else reset
    warning_back = warn if warn_reset is None else warn_reset
    early = warning_back < critical_back if op.fires_below else warning_back > critical_back
    if early:
        said = f"The warning must not clear before the critical alarm: choose a reset at or {side} {critical_back:g}{unit}."
        return {"warn_reset": said}
    return {}
