"""Numbers, spans, ages and times as the window writes them, and numbers and spans as people type them.

Pure functions; any thread. The only module that turns an instant into local time. Must not import Qt.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import Enum
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

THIN = "\N{THIN SPACE}"
MINUS = "\N{MINUS SIGN}"
NONE = "none"
UNKNOWN = "unknown"

_SPOKEN = {
    "%": "percent",
    "s": "seconds",
    "ms": "milliseconds",
    "min": "minutes",
    "h": "hours",
    "d": "days",
    "calls/s": "calls per second",
}


class Shown(NamedTuple):
    """A number as text, and its unit apart because the window writes the unit muted; unit may be empty."""

    number: str
    unit: str = ""

    @property
    def joined(self) -> str:
        """Return both with a thin space between."""
        return f"{self.number}{THIN}{self.unit}" if self.unit else self.number

    @property
    def spoken(self) -> str:
        """Return the words for a screen reader: `5.4 percent`."""
        return f"{self.number} {_SPOKEN.get(self.unit, self.unit)}".strip()


def number(value: float, decimals: int = 0) -> str:
    """Return a number with grouped digits, a real minus and a fixed count of decimals; no sign on zero."""
    if not math.isfinite(value):
        raise ValueError(f"{value} has no text")
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and any(digit in "123456789" for digit in text)
    return MINUS + text if negative else text


def signed(value: float, decimals: int = 0) -> str:
    """Return a change with its sign: `+2`, `−80`, `0`."""
    text = number(value, decimals)
    positive = value > 0 and any(digit in "123456789" for digit in text)
    return f"+{text}" if positive else text


def percent(value: float) -> Shown:
    """Return a ratio given in percent, one decimal (ASR, NER)."""
    return Shown(number(value, 1), "%")


def seconds(value: float) -> Shown:
    """Return seconds, one decimal (PDD)."""
    return Shown(number(value, 1), "s")


def minutes(value: float) -> Shown:
    """Return minutes, one decimal (ACD)."""
    return Shown(number(value, 1), "min")


def money(value: float, currency: str) -> Shown:
    """Return an amount: two decimals, none where it is whole."""
    whole = abs(value - round(value)) < 0.005
    return Shown(number(value, 0 if whole else 2), currency)


def count(value: int, unit: str = "") -> Shown:
    """Return a count with grouped digits."""
    return Shown(number(value), unit)


def rate(value: float) -> Shown:
    """Return calls per second, one decimal."""
    return Shown(number(value, 1), "calls/s")


def plural(amount: int, one: str, many: str | None = None) -> str:
    """Return `1 alarm`, `7 alarms`; `many` where an s does not do."""
    return f"{number(amount)} {one if amount == 1 else many or one + 's'}"


def span(length: timedelta) -> str:
    """Return a length of time in its largest sensible unit: `12 s`, `9 min`, `1 h 52`, `3 d 4 h`; negative counts as none."""
    total = max(0, int(length.total_seconds()))
    if total < 60:
        return f"{total}{THIN}s"
    if total < 3600:
        return f"{total // 60}{THIN}min"
    if total < 86400:
        hours, rest = divmod(total // 60, 60)
        return f"{hours}{THIN}h{THIN}{rest:02d}" if rest else f"{hours}{THIN}h"
    days, hours = divmod(total // 3600, 24)
    return f"{days}{THIN}d{THIN}{hours}{THIN}h" if hours else f"{days}{THIN}d"


def countdown(left: timedelta) -> str:
    """Return `28:42`, over an hour `1:28:42`; what is past shows `0:00`. A started second counts."""
    total = max(0, math.ceil(left.total_seconds()))
    hours, rest = divmod(total, 3600)
    if hours:
        return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{rest // 60}:{rest % 60:02d}"


class AgeState(Enum):
    """How far data may still be trusted."""

    FRESH = "fresh"
    LATE = "late"
    BLIND = "blind"


class Age(NamedTuple):
    """The age of data: its length, its text without `old`, its state."""

    length: timedelta
    text: str
    state: AgeState

    @property
    def old(self) -> str:
        """Return `12 s old`."""
        return f"{self.text} old"


def age_state(length: timedelta, interval: timedelta) -> AgeState:
    """Return fresh up to 1.5 check intervals, late below 2, blind from 2 on (design language, section 4)."""
    if interval <= timedelta(0):
        raise ValueError("a check interval is longer than nothing")
    if length <= interval * 1.5:
        return AgeState.FRESH
    return AgeState.LATE if length < interval * 2 else AgeState.BLIND


def age(read_at: datetime, now: datetime, interval: timedelta) -> Age:
    """Return the age of what was read at `read_at`; up to 119 seconds it is said in seconds, to see it move."""
    length = max(timedelta(0), now - read_at)
    total = int(length.total_seconds())
    text = f"{total}{THIN}s" if total < 120 else span(length)
    return Age(length, text, age_state(length, interval))


class Sample(Enum):
    """What a value rests on; the value is (word for one, word for many)."""

    ATTEMPTS = ("attempt", "attempts")
    ANSWERED = ("answered", "answered")
    ENDED = ("ended", "ended")
    WITH_PDD = ("with PDD", "with PDD")
    CALLS = ("call", "calls")
    READING = ("reading", "readings")


def sample(amount: int, kind: Sample) -> str:
    """Return `294 attempts`, `41 answered`, `318 with PDD`, `one reading`."""
    if kind is Sample.READING and amount == 1:
        return "one reading"
    one, many = kind.value
    return f"{number(amount)} {one if amount == 1 else many}"


def too_few(amount: int, minimum: int) -> str:
    """Return `18 of 50 calls`: what stands beside the value `none` below the minimum sample."""
    return f"{number(amount)} of {number(minimum)} calls"


def find_zone(name: str) -> tzinfo:
    """Return the zone of an IANA name; raise InputError with a sentence for an unknown one."""
    if name.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"There is no time zone {name}. Use a name such as Europe/London.") from error


def computer_zone(now: datetime) -> tzinfo:
    """Return the zone of this computer at `now` (a fixed offset where the system gives no more)."""
    return now.astimezone().tzinfo or UTC


def zone_name(zone: tzinfo, now: datetime) -> str:
    """Return the short name in force at `now`: `UTC`, `CET`, `GMT+3`."""
    name = now.astimezone(zone).tzname() or "UTC"
    return f"GMT{name}" if name[:1] in "+-" else name


def clock(moment: datetime, zone: tzinfo) -> str:
    """Return `04:12`."""
    return moment.astimezone(zone).strftime("%H:%M")


def clock_seconds(moment: datetime, zone: tzinfo) -> str:
    """Return `04:12:38`."""
    return moment.astimezone(zone).strftime("%H:%M:%S")


def day(moment: datetime, zone: tzinfo) -> str:
    """Return `Thu 19 Nov`."""
    local = moment.astimezone(zone)
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"


def time_of(moment: datetime, now: datetime, zone: tzinfo, *, with_seconds: bool = False) -> str:
    """Return the clock time, the day named when it is not today: `04:03`, `Wed 23:10`, `12 Nov 23:10`, `12 Nov 2024 23:10`."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    hour = clock_seconds(moment, zone) if with_seconds else clock(moment, zone)
    away = (local.date() - today).days
    if away == 0:
        return hour
    if abs(away) < 7:
        return f"{_DAYS[local.weekday()]} {hour}"
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local.day} {_MONTHS[local.month - 1]}{year} {hour}"


def day_of(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """Return the day for a list of days: `today`, `yesterday`, `22 Nov`, `22 Nov 2024`."""
    local, today = moment.astimezone(zone).date(), now.astimezone(zone).date()
    if local == today:
        return "today"
    if local == today - timedelta(days=1):
        return "yesterday"
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local.day} {_MONTHS[local.month - 1]}{year}"


def both_zones(moment: datetime, zone: tzinfo, other: tzinfo) -> str:
    """Return the tooltip of a time: day and time in both zones, once where both are the same."""
    first, second = (f"{day(moment, each)} {clock_seconds(moment, each)} {zone_name(each, moment)}" for each in (zone, other))
    return first if first == second else f"{first}\n{second}"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class InputError(ValueError):
    """What somebody typed cannot be used; the text is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class NumberRange:
    """What a number field accepts; `minimum` and `maximum` belong to it, None leaves that side open."""

    minimum: float | None = None
    maximum: float | None = None
    decimals: int = 0


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")


def parse_number(typed: str, accepts: NumberRange | None = None) -> float:
    """Read a number with comma or point; raise InputError with a sentence.

    Spaces of any kind and group marks that stand in the right place are passed over: `1,200.5`, `1.200,5` and `1 200,5`
    are one number, `1,5` is one and a half.
    """
    accepts = accepts or NumberRange()
    text = re.sub(r"[\s\u2009\u202f\u00a0']", "", typed).replace(MINUS, "-")
    if not text:
        raise InputError("Enter a number.")
    text = _one_point(text, accepts)
    if not _NUMBER.fullmatch(text):
        raise InputError(f"“{typed.strip()}” is not a number. Enter digits, with a comma or a point for decimals.")
    value = float(text)
    if not math.isfinite(value):
        raise InputError("This number is too large.")
    if len(text.partition(".")[2].rstrip("0")) > accepts.decimals:
        raise InputError(
            "Enter a whole number."
            if accepts.decimals == 0
            else f"Enter at most {plural(accepts.decimals, 'digit')} after the point."
        )
    _check_range(value, accepts)
    return value


def _one_point(text: str, accepts: NumberRange) -> str:
    """Return the text with its group marks gone and a point for decimals."""
    points, commas = text.count("."), text.count(",")
    if points and commas:  # both: the last one is the decimal sign
        decimal, group = (".", ",") if text.rfind(".") > text.rfind(",") else (",", ".")
        if text.count(decimal) == 1 and re.fullmatch(rf"[+-]?\d{{1,3}}(\{group}\d{{3}})+\{decimal}\d*", text):
            return text.replace(group, "").replace(decimal, ".")
        return text
    sign = "." if points else ","
    grouped = re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}(\{sign}\d{{3}})+", text) is not None
    if grouped and (points + commas > 1 or accepts.decimals == 0):  # `1,200` where only whole numbers are asked
        return text.replace(sign, "")
    return text.replace(",", ".")


def _check_range(value: float, accepts: NumberRange) -> None:
    low, high = accepts.minimum, accepts.maximum
    outside = (low is not None and value < low) or (high is not None and value > high)
    if not outside:
        return
    low_text = None if low is None else number(low, accepts.decimals if low % 1 else 0)
    high_text = None if high is None else number(high, accepts.decimals if high % 1 else 0)
    if low_text is not None and high_text is not None:
        raise InputError(f"Enter a number from {low_text} to {high_text}.")
    raise InputError(f"Enter {low_text} or more." if low_text is not None else f"Enter {high_text} or less.")


_PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-z]*)\s*")
_UNIT_S = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
    **dict.fromkeys(("w", "week", "weeks"), 604800),
}


def parse_span(typed: str, default_unit: str = "min") -> timedelta:
    """Read a length of time: `90`, `90 min`, `1.5 h`, `1 h 30`, `1:30` (hours and minutes), `2 d 4 h`; raise InputError."""
    text = re.sub(r"[\s\u2009\u202f\u00a0]+", " ", typed).strip().lower()
    if clock_like := re.fullmatch(r"(\d{1,3}):([0-5]\d)", text):
        return timedelta(hours=int(clock_like[1]), minutes=int(clock_like[2]))
    total, at, last = 0.0, 0, ""
    while at < len(text):
        part = _PART.match(text, at)
        unit = "" if part is None else part[2] or _next_smaller(last, default_unit)
        if part is None or unit not in _UNIT_S or (last and _UNIT_S[unit] >= _UNIT_S[last]):
            raise InputError(f"“{typed.strip()}” is not a length of time. Try 30 s, 15 min or 1 h 30.")
        total += float(part[1].replace(",", ".")) * _UNIT_S[unit]
        at, last = part.end(), unit
    if not text or total > 3660 * 86400:
        raise InputError("Enter a length of time, such as 30 s, 15 min or 1 h 30." if not text else "Enter at most 10 years.")
    return timedelta(seconds=round(total, 3))


def _next_smaller(last: str, default_unit: str) -> str:
    """Return the unit a bare number has: the default, or the next smaller one after `1 h`."""
    if not last:
        return default_unit
    return {604800: "d", 86400: "h", 3600: "min", 60: "s"}.get(_UNIT_S[last], "?")


def exact_span(length: timedelta) -> str:
    """Return a span without loss, for fields: `90 s`, `15 min`, `1 h 30`, `7 d`; zero is `0 min`."""
    total = int(length.total_seconds())
    if total and total % 60:
        return f"{total}{THIN}s"
    if total < 3600:
        return f"{total // 60}{THIN}min"
    if total % 3600:
        hours, rest = divmod(total // 60, 60)
        return f"{hours}{THIN}h{THIN}{rest:02d}"
    return f"{total // 86400}{THIN}d" if total % 86400 == 0 else f"{total // 3600}{THIN}h"
