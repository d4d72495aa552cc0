"""What a template may use: its variables, what each means, and the values they get from the facts.

Pure: any thread. Must not import jinja2. A number prints itself with its unit and compares as a number, so that ConnexCS's
{{value}} reads well and {% if value < 10 %} works. docs/templates.md shows the same table to the user.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from math import isnan
from typing import NoReturn

from noc_alerts.model.alarms import Reason
from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.deliveries import Cause, Facts, FailedCall
from noc_alerts.notify.words import (
    NO_VALUE,
    format_clock,
    format_sample,
    format_span,
    format_time,
    format_value,
    one_line,
)

MAX_ROWS = 200  # of a message's table; more than that nobody reads in a mail
MAX_CELL = 120  # characters of a text in it
MAX_CALLS = 10

_LEVEL_WORDS = {NoticeLevel.CRITICAL: "Critical", NoticeLevel.WARNING: "Warning", NoticeLevel.NONE: "Notice"}
_UNKNOWN = "Whether the value recovered is not known."
_CLOSINGS = {
    Reason.RULE_DISABLED: f"The alarm was closed because its rule was disabled. {_UNKNOWN}",
    Reason.RULE_DELETED: f"The alarm was closed because its rule was deleted. {_UNKNOWN}",
    Reason.RULE_CHANGED: "The alarm was closed because its rule was changed. The new rule judges afresh.",
    Reason.OFF_HOURS: f"The alarm was closed because the hours of its alert are over. {_UNKNOWN}",
    Reason.COMPANY_GONE: f"The alarm was closed because the switch no longer lists the company. {_UNKNOWN}",
    Reason.NO_DATA: f"The alarm was closed because there is no data any more, as its alert asks for. {_UNKNOWN}",
}


class NotText(Exception):
    """Raised when a template prints a list or an entry of one."""


class Figure(float):
    """A number that prints itself in ready-made words: compares and computes as a number, prints as `5.4 %`."""

    __slots__ = ("_text",)
    _text: str

    def __new__(cls, number: float, text: str) -> "Figure":
        figure = super().__new__(cls, number)
        figure._text = text
        return figure

    def __str__(self) -> str:
        return self._text

    def __format__(self, spec: str, /) -> str:
        return float.__format__(self, spec) if spec else self._text


class Count(int):
    """A whole number that prints itself with its thousands: `1,294`."""

    def __str__(self) -> str:
        return int.__format__(self, ",")

    def __format__(self, spec: str, /) -> str:
        return int.__format__(self, spec or ",")


class Moment(datetime):
    """A time that prints itself in ready-made words, in the message's zone."""

    _text: str

    @classmethod
    def of(cls, at: datetime, text: str) -> "Moment":
        """Make one of an aware time."""
        moment = cls(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, at.tzinfo, fold=at.fold)
        moment._text = text
        return moment

    def __str__(self) -> str:
        return self._text


class NoNumber:
    """What stands for a number that there is not: prints words, is false, is `none`, and no comparison with it holds.

    Computing with it gives itself, so that a message about a company without a value still goes out.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, NoNumber)

    def __hash__(self) -> int:
        return hash(None)

    def _never(self, other: object) -> bool:
        return False

    def _same(self) -> "NoNumber":
        return self

    __lt__ = __le__ = __gt__ = __ge__ = _never
    __neg__ = __pos__ = __abs__ = _same


class Entry:
    """One line of a list: its values by name. Has no text of its own."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __str__(self) -> NoReturn:
        raise NotText("This is a whole line of a list. Print one of " + ", ".join(self._values) + ".")

    __repr__ = __str__


class Entries(tuple[Entry, ...]):
    """A list that a template can go through, but not print, nor put together to something larger."""

    __slots__ = ()

    def __getitem__(self, key: object) -> object:  # type: ignore[override]  # the two kinds of key are told apart inside
        found = super().__getitem__(key)  # type: ignore[call-overload]  # a wrong key raises TypeError, as it should
        return Entries(found) if isinstance(key, slice) else found

    def __iter__(self) -> Iterator[Entry]:
        return super().__iter__()

    def __str__(self) -> NoReturn:
        raise NotText("This is a list. Go through it with {% for line in ... %} and print what is in each line.")

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class Variable:
    """What a variable of templates means, and an example of what it prints."""

    meaning: str
    example: str


#: Everything a template may use, in the order it is shown.
VARIABLES: Mapping[str, Variable] = {
    "name": Variable("The alert's title", "Low ASR"),
    "title": Variable("The same", "Low ASR"),
    "company": Variable("The company's name", "bravo"),
    "subject": Variable("Whom it is about, with the kind", "carrier bravo"),
    "brandName": Variable("The sender's name, from Settings", "noc_alerts"),
    "brand": Variable("The same", "noc_alerts"),
    "area": Variable("What the alert looks at", "ASR"),
    "operator": Variable("How the value is held against the threshold", "<"),
    "threshold": Variable("The threshold, a number; none if there is none", "30.0 %"),
    "reset": Variable("The reset threshold, a number; none if there is none", "31.0 %"),
    "value": Variable("The value now, a number; none if there is no value", "5.4 %"),
    "unit": Variable("The unit of the value", "%"),
    "worst": Variable("The worst value of the alarm so far, a number", "4.1 %"),
    "limit": Variable("Operator and threshold in words", "< 30.0 %"),
    "calls": Variable("How many calls the value rests on, a number", "294"),
    "rests_on": Variable("What those calls are", "attempts"),
    "sample": Variable("Both with the sample period, in words", "294 attempts in 5 min"),
    "sample_period": Variable("The sample period, a number of seconds", "5 min"),
    "sample_period_s": Variable("The same as a bare number", "300"),
    "level": Variable("The notice level: critical, warning or none", "critical"),
    "level_word": Variable("The same in words: Critical, Warning or Notice", "Critical"),
    "event": Variable("Why it is sent: raised, repeat, eased, cleared, report or test", "raised"),
    "cause": Variable("The same", "raised"),
    "headline": Variable("Level and event in words", "Still critical"),
    "since": Variable("Since when it is in alarm, a time", "2026-03-01 04:12 UTC"),
    "since_text": Variable("The same in words", "2026-03-01 04:12 UTC"),
    "at": Variable("When this was seen, a time", "2026-03-01 04:12 UTC"),
    "at_text": Variable("The same in words", "2026-03-01 04:12 UTC"),
    "clock": Variable("Only its time of day", "04:12"),
    "lasted": Variable("How long the alarm has lasted", "1 h 52"),
    "zone": Variable("The time zone of all times in words", "UTC"),
    "switch": Variable("The switch's name", "sgp-1"),
    "value_text": Variable("The value in words", "5.4 %"),
    "worst_text": Variable("The worst value in words", "4.1 %"),
    "measured": Variable("True if a value is held against a limit, false for a state such as unreachable", "true"),
    "state": Variable("That state in words, or empty", "unreachable"),
    "detail": Variable("A sentence on a state, or empty", "sgp-1 does not answer."),
    "closing": Variable("Why an alarm ended that did not recover, or empty", "The alarm was closed because ..."),
    "reason": Variable("The reason code of the change", "breached"),
    "penalty": Variable("The block that is asked for, in words, or empty", "Asks for a block of 1 h. ..."),
    "message": Variable("What the alert's script said, or empty", "41 numbers fail on bravo only."),
    "rows": Variable("The table of a report or a script, a list", "see below"),
    "rows_cut": Variable("How many lines of it are left out, a number", "0"),
    "last_calls": Variable("The ten last failed calls, a list", "see below"),
    "link": Variable("The address of the alarm, or empty", "https://noc.example.net/alarms/41"),
    "demo": Variable("True if it is about the demo switch", "false"),
}
#: What each line of `last_calls` has.
CALL_FIELDS: Mapping[str, Variable] = {
    "time": Variable("When it failed, a time", "2026-03-01 04:11:52 UTC"),
    "from": Variable("The calling number", "442079460812"),
    "to": Variable("The called number", "41445550123"),
    "code": Variable("The SIP or Q.850 code, a number", "503"),
    "cause": Variable("The same in words", "Service Unavailable"),
}
#: What each line of `rows` has.
ROW_FIELDS: Mapping[str, Variable] = {
    "subject": Variable("Whom the line is about", "carrier bravo"),
    "value": Variable("Its value, a number with its own unit", "5.4 %"),
    "unit": Variable("Its unit", "%"),
    "sample": Variable("What it rests on, in words", "294 attempts in 5 min"),
    "message": Variable("A remark, or empty", "below the limit"),
}
LISTS: Mapping[str, Mapping[str, Variable]] = {"last_calls": CALL_FIELDS, "rows": ROW_FIELDS}
#: Times and lists have something inside; of all other variables there is nothing to ask for with a dot.
TIMES = frozenset({"since", "at"})

_HIDDEN = frozenset({"template", "subject_key", "connection_id"})  # the program's own keys: of no use in a message


def variables_of(
    facts: Facts, last_calls: Sequence[FailedCall] | None = None, alarm_id: int | None = None, link_base: str = ""
) -> dict[str, object]:
    """Give what a template gets: exactly the names of VARIABLES, every text safe for one line."""
    plain: dict[str, object] = {f.name: getattr(facts, f.name) for f in fields(facts) if f.name not in _HIDDEN}
    plain = {name: one_line(value) if isinstance(value, str) else value for name, value in plain.items()}
    unit, zone = one_line(facts.unit), facts.zone
    level = NoticeLevel(facts.level) if facts.level in _LEVELS else NoticeLevel.NONE
    closing = _CLOSINGS[Reason(facts.reason)] if facts.reason in _CLOSINGS and facts.cause is Cause.CLEARED else ""
    span = facts.sample_period_s
    no_data = facts.limit.startswith(Reason.NO_DATA.value)  # "no data for 10 min": an alarm about what is missing
    compared = bool(facts.operator or facts.threshold is not None or facts.value is not None)
    measured = bool(facts.limit) and compared and not no_data
    return plain | {
        "name": plain["title"],
        "brandName": plain["brand"],
        "event": facts.cause.value,
        "cause": facts.cause.value,
        "threshold": _figure(facts.threshold, unit, facts.area, "none"),
        "reset": _figure(facts.reset, unit, facts.area, "none"),
        "value": _figure(facts.value, unit, facts.area),
        "worst": _figure(facts.worst, unit, facts.area),
        "calls": NoNumber("not known") if facts.calls is None else Count(facts.calls),
        "sample_period": NoNumber("none") if span is None else Figure(span, format_span(timedelta(seconds=span))),
        "level_word": _LEVEL_WORDS[level],
        "headline": _headline(facts.cause, _LEVEL_WORDS[level], closing),
        "value_text": format_value(facts.value, unit, facts.area),
        "worst_text": format_value(facts.worst, unit, facts.area),
        "sample": format_sample(facts.calls, one_line(facts.rests_on), span),
        "since": Moment.of(facts.since, format_time(facts.since, zone=zone)),
        "since_text": format_time(facts.since, zone=zone),
        "at": Moment.of(facts.at, format_time(facts.at, zone=zone)),
        "at_text": format_time(facts.at, zone=zone),
        "clock": format_clock(facts.at, zone),
        "lasted": format_span(facts.at - facts.since),
        "measured": measured,
        "state": "" if measured else f"{plain['area']} {plain['limit']}" if no_data else plain["limit"],
        "detail": "" if facts.reason in _REASONS else one_line(facts.reason),
        "closing": closing,
        "rows": _rows(facts),
        "rows_cut": Count(facts.rows_cut + max(0, len(facts.rows) - MAX_ROWS)),
        "last_calls": _calls(last_calls or (), zone),
        "link": one_line(f"{link_base}{alarm_id}") if link_base and alarm_id is not None else "",
    }


def _headline(cause: Cause, level_word: str, closing: str) -> str:
    words: Mapping[Cause, Callable[[], str]] = {
        Cause.REPEAT: lambda: f"Still {level_word.lower()}",
        Cause.EASED: lambda: f"Eased to {level_word.lower()}",
        Cause.CLEARED: lambda: "Closed" if closing else "Cleared",
        Cause.REPORT: lambda: "Report",
    }
    return words.get(cause, lambda: level_word)()


def _figure(number: float | None, unit: str, area: str, without: str = NO_VALUE) -> object:
    if number is None or isnan(number):
        return NoNumber(without)
    return Figure(number, format_value(number, unit, area))


def _rows(facts: Facts) -> Entries:
    """Give the table: each value in its own unit, because currencies differ from line to line."""
    return Entries(
        Entry({
            "subject": one_line(row.subject, MAX_CELL),
            "value": _figure(row.value, one_line(row.unit, MAX_CELL), facts.area),
            "unit": one_line(row.unit, MAX_CELL),
            "sample": one_line(row.sample, MAX_CELL),
            "message": one_line(row.message, MAX_CELL),
        })
        for row in facts.rows[:MAX_ROWS]
    )  # fmt: skip


def _calls(calls: Sequence[FailedCall], zone: str) -> Entries:
    return Entries(
        Entry({
            "time": Moment.of(call.at, format_time(call.at, zone=zone, seconds=True)),
            "from": one_line(call.src),
            "to": one_line(call.dst),
            "code": call.code,
            "cause": one_line(call.cause),
        })
        for call in calls[:MAX_CALLS]
    )  # fmt: skip


_LEVELS = frozenset(level.value for level in NoticeLevel)
_REASONS = frozenset(reason.value for reason in Reason)
