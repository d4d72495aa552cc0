"""Alerts as plain values for people: a dict of texts, numbers, yes and no in a fixed order, as a rules file shows them.

Pure. What is at its default is left out where that reads better; `alert_from_plain(alert_to_plain(a))` is `a` again, exactly.
"""

import difflib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

from noc_alerts.model.alerts import STOCK_TEMPLATE, Alert, Area, NoData, NoticeLevel, Operator, Penalty, Scope
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.errors import BadInput
from noc_alerts.model.schedules import Duty, Repeat, check_zone

_MICROSECOND = timedelta(microseconds=1)
_DEFAULTS: dict[str, Any] = {f.name: f.default for f in fields(Alert)}
_MAX_SPAN = timedelta(days=3660)
_MAX_COUNT = 10**12

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800, "year": 365 * 86_400}
_UNIT_WORDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "m", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "week", "weeks"), "w"),
    **dict.fromkeys(("y", "year", "years"), "year"),
}
_SPAN_PART = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([a-z]+)\s*")

_E = TypeVar("_E", bound=Enum)

#: Every key of an alert, in the order it is written.
KEYS = (
    "title", "company", "switch", "area", "script", "operator", "threshold", "reset", "warning", "strict", "sample_period",
    "min_calls", "hold", "keep", "no_data", "no_data_after", "level", "repeat", "repeat_zone", "duty", "penalty", "recipients",
    "template", "tray", "tell_recovery", "enabled", "paused_until",
)  # fmt: skip
_PENALTY_KEYS = ("length", "dry_run", "after", "ask")
_WARNING_KEYS = ("threshold", "reset")
#: Where a field of Alert stands in the plain form, when not under its own name.
_PATHS = {"scope": "company", "warn_threshold": "warning.threshold", "warn_reset": "warning.reset"}


def alert_to_plain(alert: Alert, switch: str = "") -> dict[str, object]:
    """Write an alert as plain values. `switch`: the name of its only switch; its id and its connection's are left out."""
    area = alert.area
    warning = {"threshold": _number(alert.warn_threshold), "reset": _number(alert.warn_reset)}
    after = span_text(alert.no_data_after)
    shown: dict[str, object] = {
        "title": alert.title,
        "company": _plain_scope(alert.scope),
        "switch": switch or None,
        "area": area.value,
        "script": alert.script or None,
        "operator": alert.operator.value,
        "threshold": _number(alert.threshold),
        "reset": _number(alert.reset),
        "warning": {k: v for k, v in warning.items() if v is not None} or None,
        "strict": alert.strict or None,
        "sample_period": None if alert.sample_period is None else span_text(alert.sample_period),
        "min_calls": alert.min_calls if alert.min_calls or area.facts.min_calls else None,
        "hold": span_text(alert.hold) if alert.hold else None,
        "keep": span_text(alert.keep) if alert.keep else None,
        "no_data": None if alert.no_data is _DEFAULTS["no_data"] else alert.no_data.value,
        "no_data_after": after if alert.no_data is NoData.ALARM or alert.no_data_after != _DEFAULTS["no_data_after"] else None,
        "level": alert.level.value,
        "repeat": None if alert.repeat.text == "none" else alert.repeat.text,
        "repeat_zone": None if alert.repeat.zone == "UTC" else alert.repeat.zone,
        "duty": None if alert.duty is None else alert.duty.text,
        "penalty": None if alert.penalty is None else _plain_penalty(alert.penalty),
        "recipients": list(alert.recipients) or None,
        "template": None if alert.template == STOCK_TEMPLATE else alert.template,
        "tray": None if alert.tray else False,
        "tell_recovery": None if alert.tell_recovery else False,
        "enabled": None if alert.enabled else False,
        "paused_until": None if alert.paused_until is None else alert.paused_until.astimezone(UTC).isoformat(),
    }
    return {key: value for key, value in shown.items() if value is not None}


def alert_from_plain(plain: Mapping[str, object], *, alert_id: int | None = None, connection_id: int | None = None) -> Alert:
    """Read an alert from plain values; `switch` is the caller's matter and not looked at.

    Raises BadInput, problems keyed by path: `threshold`, `penalty.length`, `recipients.2`, or a key that is not known.
    """
    problems = unknown_keys(plain, KEYS)
    values: dict[str, Any] = {}
    for key, (field, read) in _READERS.items():
        if key in plain and plain[key] is not None:
            try:
                values |= {field: read(plain[key])} if field else read(plain[key])
            except BadInput as error:
                problems |= {f"{key}.{path}" if path else key: said for path, said in error.problems.items()}
    for key, field in (("title", "title"), ("company", "scope"), ("area", "area"), ("operator", "operator")):
        if field not in values and plain.get(key) is None:
            problems[key] = f"The {key} is missing."
    values |= _read_repeat(values, problems)
    if problems:
        raise _refused(problems)
    area: Area = values["area"]
    values.setdefault("threshold", None)
    values.setdefault("min_calls", area.facts.min_calls)
    if area.is_reading:
        values.setdefault("sample_period", None)
    try:
        return Alert(id=alert_id, connection_id=connection_id, **values)
    except BadInput as error:
        raise _refused({_PATHS.get(field, field): said for field, said in error.problems.items()}) from error


def unknown_keys(plain: Mapping[str, object], known: Sequence[str]) -> dict[str, str]:
    """Give a sentence for each key that is none, with the likely one."""
    problems = {}
    for key in plain:
        if key not in known:
            likely = difflib.get_close_matches(key, known, 1)
            hint = f"Do you mean {likely[0]}?" if likely else f"Known are: {', '.join(known)}."
            problems[key] = f"There is no field {shown_text(key)}. {hint}"
    return problems


def span_text(span: timedelta) -> str:
    """Write a span in the largest unit that fits evenly: `30 min`, `24 h`, `7 d`, `90.5 s`."""
    micros = span // _MICROSECOND
    seconds, rest = divmod(micros, 1_000_000)
    if rest:
        return f"{Decimal(micros).scaleb(-6).normalize():f} s"
    for unit, least in (("d", 2), ("h", 1), ("min", 1)):
        if seconds % _UNITS[unit] == 0 and seconds >= least * _UNITS[unit]:
            return f"{seconds // _UNITS[unit]} {unit}"
    return f"{seconds} s"


def parse_span(text: object) -> timedelta:
    """Read `30 min`, `1 h 30 min`, `90.5 s`, `1 day`, `1 year` (365 days). Raises BadInput."""
    if not isinstance(text, str):
        raise _wrong("Write a time with its unit, such as 30 min.")
    lower, at, seconds = text.strip().lower(), 0, Decimal(0)
    while found := _SPAN_PART.match(lower, at):
        unit = _UNIT_WORDS.get(found[2])
        if unit is None:
            raise _wrong(f"{shown_text(found[2])} is no unit of time: use s, min, h or d.")
        seconds += Decimal(found[1]) * _UNITS[unit]
        at = found.end()
    if not at or at != len(lower):
        raise _wrong(f"{shown_text(text)} is no time: write 30 min, 1 h or 90 s.")
    if seconds > _MAX_SPAN.total_seconds():
        raise _wrong(f"{shown_text(text)} is too long.")
    micros = seconds.scaleb(6)
    if micros != int(micros):
        raise _wrong(f"{shown_text(text)} is finer than a millionth of a second.")
    return int(micros) * _MICROSECOND


def shown_text(text: object) -> str:
    """Show what was written, safe for one line."""
    kept = "".join(c if c.isprintable() else "�" for c in str(text)[:60])
    return f"“{kept}…”" if len(str(text)) > 60 else f"“{kept}”"


def _number(value: float | None) -> float | int | None:
    if value is None:
        return None
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


def _plain_scope(scope: Scope) -> object:
    if scope.tag:
        return {f"{scope.kind.value}s tagged": scope.tag}
    return {f"{scope.kind.value}s": list(scope.names)} if scope.names else f"all {scope.kind.value}s"


def _plain_penalty(penalty: Penalty) -> object:
    length = span_text(penalty.length)
    rest: dict[str, object] = {}
    if penalty.dry_run:
        rest["dry_run"] = True
    if penalty.after:
        rest["after"] = span_text(penalty.after)
    if penalty.ask:
        rest["ask"] = True
    return {"length": length, **rest} if rest else length


def _wrong(sentence: str, path: str = "") -> BadInput:
    return BadInput(sentence, {path: sentence})


def _refused(problems: Mapping[str, str]) -> BadInput:
    return BadInput("The alert cannot be read: " + " ".join(problems.values()), problems)


def read_text(value: object) -> str:
    """Read a text. Raises BadInput, its problem keyed by ""."""
    if not isinstance(value, str):
        raise _wrong("This must be a text. Put it in quotes, so that it is read as one.")
    return value


def read_texts(value: object) -> tuple[str, ...]:
    """Read a list of texts; one text alone is a list of one. Raises BadInput, its problems keyed by place in the list."""
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        raise _wrong("Write a list, one a line with a dash before it.")
    said = "This must be a text. Put it in quotes, so that it is read as one."
    problems = {str(i): said for i, one in enumerate(value) if not isinstance(one, str)}
    if problems:
        raise BadInput(said, problems)
    return tuple(value)


def _read_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong("Write true or false.")
    return value


def _read_number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 and math.isfinite(value):
        return float(value)
    raise _wrong("Write a number such as 30 or 2.5.")


def _read_count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT:
        return value
    raise _wrong("Write a whole number such as 50, not below 0.")


def _read_one_of(kind: type[_E], *, also: Mapping[str, str] | None = None) -> Callable[[object], _E]:
    known = {str(one.value).casefold(): one for one in kind}
    other = also or {}

    def read(value: object) -> _E:
        text = str(value).strip().casefold() if isinstance(value, str) else ""
        text = other.get(text, text)
        if text not in known:
            raise _wrong(f"{shown_text(value)} is none of: {', '.join(str(one.value) for one in kind)}.")
        return known[text]

    return read


def _read_scope(value: object) -> Scope:
    said = "Write all carriers, all customers, or a line such as carriers: [alpha, bravo] or customers tagged: gold."
    if isinstance(value, str):
        for kind in CompanyKind:
            if " ".join(value.casefold().split()) == f"all {kind.value}s":
                return Scope(kind)
        raise _wrong(said)
    if not isinstance(value, dict) or len(value) != 1:
        raise _wrong(said)
    key, names = next(iter(value.items()))
    for kind in CompanyKind:
        if key in (f"{kind.value}s", kind.value):
            try:
                found = read_texts(names)
            except BadInput as error:
                raise BadInput(str(error), {f"{key}.{p}" if p else key: s for p, s in error.problems.items()}) from error
            if not found:
                raise _wrong(f"Name a company, or write all {kind.value}s.", key)
            return Scope(kind, found)
        if key == f"{kind.value}s tagged":
            if not isinstance(names, str) or not names:
                raise _wrong("Write the tag as a text.", key)
            return Scope(kind, tag=names)
    raise _wrong(said)


def _read_parts(keys: Sequence[str], readers: Mapping[str, Callable[[object], Any]], value: object) -> dict[str, Any]:
    """Read a mapping of known keys."""
    if not isinstance(value, dict):
        raise _wrong(f"Write it as lines of its own: {', '.join(keys)}.")
    problems = unknown_keys(value, keys)
    found = {}
    for key, read in readers.items():
        if value.get(key) is not None:
            try:
                found[key] = read(value[key])
            except BadInput as error:
                problems[key] = str(error)
    if problems:
        raise BadInput(" ".join(problems.values()), problems)
    return found


def _read_warning(value: object) -> dict[str, Any]:
    found = _read_parts(_WARNING_KEYS, {"threshold": _read_number, "reset": _read_number}, value)
    return {"warn_threshold": found.get("threshold"), "warn_reset": found.get("reset")}


def _read_penalty(value: object) -> Penalty:
    if isinstance(value, str):
        return Penalty(parse_span(value))
    readers = {"length": parse_span, "dry_run": _read_flag, "after": parse_span, "ask": _read_flag}
    found = _read_parts(_PENALTY_KEYS, readers, value)
    if "length" not in found:
        raise _wrong("Say for how long: length: 1 h.", "length")
    return Penalty(**found)


def _read_zone(value: object) -> str:
    if problem := check_zone(value):
        raise _wrong(problem)
    assert isinstance(value, str)  # check_zone said so
    return value


def _read_repeat(values: dict[str, Any], problems: dict[str, str]) -> dict[str, Any]:
    """Make a repeat of its text and its zone."""
    text, zone = values.pop("repeat", None), values.pop("repeat_zone", None)
    if "repeat_zone" in problems or (text is None and zone is None):
        return {}
    try:
        return {"repeat": Repeat.parse(text or "none", zone or "UTC")}
    except BadInput as error:
        problems["repeat"] = str(error)
        return {}


def _read_duty(value: object) -> Duty:
    try:
        return Duty.parse(read_text(value))
    except BadInput as error:
        raise _wrong(str(error)) from error


def _read_moment(value: object) -> datetime:
    said = f"{shown_text(value)} is no time with a zone: write 2026-11-21T20:00:00+00:00."
    try:
        moment = datetime.fromisoformat(read_text(value))
        if moment.tzinfo is None:
            raise _wrong(said)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _wrong(said) from error


#: key -> (field of Alert, how it is read); without a field the reader gives several.
_READERS: dict[str, tuple[str, Callable[[object], Any]]] = {
    "title": ("title", read_text),
    "company": ("scope", _read_scope),
    "area": ("area", _read_one_of(Area)),
    "script": ("script", read_text),
    "operator": ("operator", _read_one_of(Operator, also={"≤": "<=", "≥": ">=", "≠": "!=", "==": "="})),
    "threshold": ("threshold", _read_number),
    "reset": ("reset", _read_number),
    "warning": ("", _read_warning),
    "strict": ("strict", _read_flag),
    "sample_period": ("sample_period", parse_span),
    "min_calls": ("min_calls", _read_count),
    "hold": ("hold", parse_span),
    "keep": ("keep", parse_span),
    "no_data": ("no_data", _read_one_of(NoData)),
    "no_data_after": ("no_data_after", parse_span),
    "level": ("level", _read_one_of(NoticeLevel)),
    "repeat": ("repeat", read_text),
    "repeat_zone": ("repeat_zone", _read_zone),
    "duty": ("duty", _read_duty),
    "penalty": ("penalty", _read_penalty),
    "recipients": ("recipients", read_texts),
    "template": ("template", read_text),
    "tray": ("tray", _read_flag),
    "tell_recovery": ("tell_recovery", _read_flag),
    "enabled": ("enabled", _read_flag),
    "paused_until": ("paused_until", _read_moment),
}
