"""When things are told again and when an alert is active: Repeat and Duty, checked when made, with a text form each.

No I/O but the time zone database, no clock: any thread. Must not import anything of ours but the errors. What they mean in
time is worked out by rules/schedules.py.
"""

import re
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from noc_alerts.model.errors import BadInput

MIN_EVERY = timedelta(minutes=1)
MAX_EVERY = timedelta(days=31)
MAX_CRON = 200
MAX_ZONE = 64
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_MAX_TEXT = MAX_CRON + MAX_ZONE
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
# a star, a number or name, or a range of these; then a step
_TERM = re.compile(r"(?:(\*)|([0-9]{1,2}|[A-Z]{3})(?:-([0-9]{1,2}|[A-Z]{3}))?)(?:/([0-9]{1,2}))?", re.ASCII)
_EVERY = re.compile(r"every ([0-9]{1,6}) ?(min|minutes?|m|h|hours?|d|days?)", re.ASCII)
_DAILY = re.compile(r"daily (?:at )?([0-9]{1,2}:[0-9]{2})", re.ASCII)
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
# Not places: they mean whatever the machine says, or count leap seconds.
_NO_ZONES = ("posix/", "right/", "localtime", "posixrules", "Factory")


class RepeatKind(StrEnum):
    """How something is told again."""

    NONE = "none"
    EVERY = "every"
    DAILY = "daily"
    CRON = "cron"


class _CronField(NamedTuple):
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    first: int = 0


_FIELDS = (
    _CronField("minute", 0, 59),
    _CronField("hour", 0, 23),
    _CronField("day of the month", 1, 31),
    _CronField("month", 1, 12, _MONTHS, 1),
    _CronField("day of the week", 0, 7, _WEEKDAYS),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression that was read.

    `fields`: the five fields with numbers for names and ranges that end on Sunday as `-7`. The sets are what they stand for;
    `weekdays`: 0 = Sunday .. 6. `both`: day of month and day of week must both match, because one of them begins with a star;
    otherwise either is enough (crontab(5)). `wildcard`: minute or hour begins with a star.
    """

    fields: tuple[str, str, str, str, str]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @property
    def both(self) -> bool:
        """Tell whether a day must match both ways."""
        return self.fields[2].startswith("*") or self.fields[4].startswith("*")

    @property
    def wildcard(self) -> bool:
        """Tell whether it follows the running clock rather than names times of day."""
        return self.fields[0].startswith("*") or self.fields[1].startswith("*")

    @property
    def comes(self) -> bool:
        """Tell whether any day matches: 30 February never does."""
        return not self.both or min(self.days) <= max(_LONGEST[month - 1] for month in self.months)


def read_cron(text: str) -> Cron:
    """Read a cron expression: five fields with numbers, names, ranges, lists and steps, or @daily and its like.

    Raises BadInput, problems {"repeat": sentence}, for everything else: seconds, L, W, #, ?, @reboot, what never comes.
    """
    if not isinstance(text, str) or len(text) > MAX_CRON:
        raise _bad_repeat(f"A cron expression has at most {MAX_CRON} characters.")
    words = text.split()
    if len(words) == 1 and words[0].startswith("@"):
        plain = _MACROS.get(words[0].lower())
        if plain is None:
            raise _bad_repeat(f"{_shown(words[0])} is not known here: use one of {', '.join(_MACROS)}.")
        words = plain.split()
    if len(words) != 5:
        raise _bad_repeat(f"A cron expression has five fields: minute, hour, day, month, day of the week. This has {len(words)}.")
    plain_fields, sets = zip(*(_read_field(field, word) for field, word in zip(_FIELDS, words, strict=True)), strict=True)
    minutes, hours, days, months, weekdays = sets
    cron = Cron(plain_fields, minutes, hours, days, months, frozenset(day % 7 for day in weekdays))
    if not cron.comes:
        raise _bad_repeat("This never comes: none of these months has such a day.")
    return cron


def _read_field(field: _CronField, word: str) -> tuple[str, frozenset[int]]:
    """Give a field in numbers and what it stands for."""
    terms, values = [], set[int]()
    for part in word.upper().split(","):
        low, high, step, plain = _read_term(field, part)
        terms.append(plain)
        values.update(range(low, high + 1, step))
    return ",".join(terms), frozenset(values)


def _read_term(field: _CronField, part: str) -> tuple[int, int, int, str]:
    """Give first, last and step of one term of a list, and the term in numbers."""
    found = _TERM.fullmatch(part)
    if found is None:
        raise _bad_repeat(f"The {field.name} cannot be {_shown(part)}: write a number, a range such as 1-5, a list or */n.")
    star, first, last, step_text = found.groups()
    step = int(step_text) if step_text else 1
    largest = min(field.high, 6) if field.names is _WEEKDAYS else field.high - field.low
    if step < 1 or step > largest:
        raise _bad_repeat(f"The {field.name} cannot go in steps of {step}: a step is 1 to {largest}.")
    tail = f"/{step}" if step_text else ""
    if star:
        return field.low, field.high, step, "*" + tail
    low = _number(field, first)
    if last is None:
        return low, field.high if step_text else low, step, f"{low}{tail}"
    high = _number(field, last)
    if high == 0 and low > 0 and field.names is _WEEKDAYS:
        high = 7  # MON-SUN: people end the week on Sunday
    if high < low:
        raise _bad_repeat(f"The {field.name} {_shown(part)} runs backwards: write it as two ranges.")
    return low, high, step, f"{low}-{high}{tail}" if high > low else str(low)


def _number(field: _CronField, word: str) -> int:
    """Give the number of a number or name, within the field's bounds."""
    if word in field.names:
        return field.names.index(word) + field.first
    if not word.isdigit() or not field.low <= int(word) <= field.high:
        raise _bad_repeat(f"The {field.name} cannot be {_shown(word)}: it is {field.low} to {field.high}.")
    return int(word)


def cron_fields(text: str) -> tuple[str, str, str, str, str]:
    """Give the five checked fields in numbers; raises BadInput as read_cron does."""
    return read_cron(text).fields


def check_zone(name: object) -> str | None:
    """Give the sentence that says what is wrong with a time zone's name; None when it is one."""
    if not isinstance(name, str) or not name or len(name) > MAX_ZONE:
        return "A time zone has a name such as Europe/Zurich or UTC."
    try:
        if name.startswith(_NO_ZONES):
            raise ValueError(name)
        ZoneInfo(name)
    except (ValueError, KeyError, OSError):  # not a name, not known, a folder of names
        return f"There is no time zone {_shown(name)}: use a name such as Europe/Zurich or UTC."
    return None


@dataclass(frozen=True, slots=True)
class Repeat:
    """How often something is told again.

    `every`: with EVERY, whole minutes. `at`: with DAILY, whole minutes, local time of `zone`. `cron`: with CRON, as typed but
    for white space. `zone`: IANA name; it counts for DAILY and CRON. What the kind does not need must be left out.
    Raises BadInput, problems {"repeat": sentence}.
    """

    kind: RepeatKind = RepeatKind.NONE
    every: timedelta | None = None
    at: time | None = None
    cron: str = ""
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if not isinstance(self.kind, RepeatKind):
            raise _bad_repeat("A repeat is none, every, daily or cron.")
        self._refuse_strangers()
        if self.kind is RepeatKind.EVERY:
            _check_every(self.every)
        elif self.kind is RepeatKind.DAILY and not _whole_minute(self.at):
            raise _bad_repeat("A daily repeat wants a time of day such as 08:00.")
        elif self.kind is RepeatKind.CRON:
            read_cron(self.cron)
            object.__setattr__(self, "cron", " ".join(self.cron.split()))
        if problem := check_zone(self.zone):
            raise _bad_repeat(problem)

    def _refuse_strangers(self) -> None:
        """Refuse what the kind does not need: two answers to one question."""
        given = {
            RepeatKind.EVERY: self.every is not None,
            RepeatKind.DAILY: self.at is not None,
            RepeatKind.CRON: self.cron != "",
        }
        for kind, present in given.items():
            if present and kind is not self.kind:
                raise _bad_repeat(f"A repeat of the kind {self.kind.value} takes nothing of the kind {kind.value}.")

    @classmethod
    def none(cls, zone: str = "UTC") -> Self:
        """Make one that is never told again."""
        return cls(zone=zone)

    @classmethod
    def of_every(cls, span: timedelta, zone: str = "UTC") -> Self:
        """Make one of a span, whole minutes, 1 minute to 31 days."""
        return cls(RepeatKind.EVERY, every=span, zone=zone)

    @classmethod
    def daily(cls, at: time, zone: str = "UTC") -> Self:
        """Make one of a time of day."""
        return cls(RepeatKind.DAILY, at=at, zone=zone)

    @classmethod
    def of_cron(cls, text: str, zone: str = "UTC") -> Self:
        """Make one of a cron expression."""
        return cls(RepeatKind.CRON, cron=text, zone=zone)

    @property
    def text(self) -> str:
        """Write it for files and the store, without the zone: `none`, `every 30 min`, `daily 08:00`, `cron 0 8 * * 1-5`."""
        if self.every is not None:
            return f"every {_span_text(self.every)}"
        if self.at is not None:
            return f"daily {self.at:%H:%M}"
        return f"cron {self.cron}" if self.cron else "none"

    @classmethod
    def parse(cls, text: str, zone: str = "UTC") -> Self:
        """Read the text form; a `@daily` alone is a cron. Raises BadInput, problems {"repeat": sentence}."""
        if not isinstance(text, str) or len(text) > _MAX_TEXT:
            raise _bad_repeat(f"A repeat has at most {_MAX_TEXT} characters.")
        words = " ".join(text.split())
        lower = words.lower()
        if lower == "none":
            return cls.none(zone)
        if found := _EVERY.fullmatch(lower):
            return cls.of_every(_UNITS[found[2][0]] * min(int(found[1]), 100_000), zone)
        if found := _DAILY.fullmatch(lower):
            at = _read_clock(found[1])
            if at is None:
                raise _bad_repeat(f"{_shown(found[1])} is no time of day: it is 00:00 to 23:59.")
            return cls.daily(at, zone)
        if lower.startswith("@"):
            return cls.of_cron(words, zone)
        if lower.startswith("cron "):
            return cls.of_cron(words[5:], zone)
        raise _bad_repeat("A repeat is written as none, every 30 min, every 4 h, daily 08:00 or cron 0 8 * * 1-5.")


@dataclass(frozen=True, slots=True)
class Duty:
    """The days and hours in which an alert is active.

    `days`: 0 = Monday .. 6, the day it begins; at least one. `from_`, `until`: local time of `zone`, whole minutes. When
    `until` is not after `from_` it runs over midnight into the next day; when they are equal, 24 hours by the clock.
    Raises BadInput, problems {"duty": sentence}.
    """

    days: frozenset[int]
    from_: time
    until: time
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if not isinstance(self.days, frozenset) or not self.days or not self.days <= frozenset(range(7)):
            raise _bad_duty("The hours in which it is active want at least one day, Monday to Sunday.")
        if not _whole_minute(self.from_) or not _whole_minute(self.until):
            raise _bad_duty("The hours in which it is active begin and end at a time such as 08:00.")
        if problem := check_zone(self.zone):
            raise _bad_duty(problem)

    @property
    def whole_day(self) -> bool:
        """Tell whether it lasts until the same time of the next day."""
        return self.from_ == self.until

    @property
    def overnight(self) -> bool:
        """Tell whether it ends on the day after it begins."""
        return self.until <= self.from_

    @property
    def always(self) -> bool:
        """Tell whether it never ends."""
        return len(self.days) == 7 and self.whole_day

    @property
    def text(self) -> str:
        """Write it for files and the store: `Mon-Fri 08:00-18:00 Europe/Zurich`, `Sat,Sun 00:00-24:00 UTC`."""
        until = "24:00" if self.until == time(0) else f"{self.until:%H:%M}"
        return f"{_days_text(self.days)} {self.from_:%H:%M}-{until} {self.zone}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form; `Fri-Mon 8:00-18:00` without a zone is taken too. Raises BadInput, problems {"duty": sentence}."""
        words = text.split() if isinstance(text, str) and len(text) <= _MAX_TEXT else []
        if len(words) not in (2, 3):
            raise _bad_duty("The hours in which it is active are written as Mon-Fri 08:00-18:00 Europe/Zurich.")
        begin, dash, end = words[1].partition("-")
        from_, until = _read_clock(begin), time(0) if end == "24:00" else _read_clock(end)
        if not dash or from_ is None or until is None:
            raise _bad_duty(f"{_shown(words[1])} is no span of hours: write 08:00-18:00.")
        return cls(_read_days(words[0]), from_, until, words[2] if len(words) == 3 else "UTC")


def _check_every(every: timedelta | None) -> None:
    if not isinstance(every, timedelta) or not MIN_EVERY <= every <= MAX_EVERY:
        raise _bad_repeat("A repeat is every 1 min to every 31 d.")
    if every % timedelta(minutes=1):
        raise _bad_repeat("A repeat is in whole minutes.")


def _whole_minute(at: object) -> bool:
    return isinstance(at, time) and not at.second and not at.microsecond and at.tzinfo is None and not at.fold


def _span_text(span: timedelta) -> str:
    """Write whole minutes in the largest unit that fits evenly; one day stays 24 h, which is what it is through a DST change."""
    minutes = span // timedelta(minutes=1)
    if minutes % 1440 == 0 and minutes > 1440:
        return f"{minutes // 1440} d"
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def _read_clock(text: str) -> time | None:
    found = _CLOCK.fullmatch(text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return time(int(found[1]), int(found[2]))


def _days_text(days: frozenset[int]) -> str:
    """Write runs of three and more as a range: `Mon-Wed,Fri`."""
    parts: list[str] = []
    day = 0
    while day < 7:
        end = day
        while end in days:
            end += 1
        run = end - day
        parts += [f"{DAY_NAMES[day]}-{DAY_NAMES[end - 1]}"] if run > 2 else DAY_NAMES[day:end]
        day = end + 1
    return ",".join(parts)


def _read_days(text: str) -> frozenset[int]:
    """Read `Mon-Fri`, `Sat,Sun`, `Fri-Mon`."""
    days = set[int]()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        names = [first.capitalize(), last.capitalize() if dash else first.capitalize()]
        if any(name not in DAY_NAMES for name in names):
            raise _bad_duty(f"{_shown(part)} is no day: use Mon, Tue, Wed, Thu, Fri, Sat, Sun, or a range such as Mon-Fri.")
        begin, end = (DAY_NAMES.index(name) for name in names)
        days.update((begin + i) % 7 for i in range((end - begin) % 7 + 1))
    return frozenset(days)


def _shown(text: str) -> str:
    """Show what was typed, safe for one line."""
    kept = "".join(c if c.isprintable() else "�" for c in text[:24])
    return f"“{kept}…”" if len(text) > 24 else f"“{kept}”"


def _bad_repeat(sentence: str) -> BadInput:
    return BadInput(sentence, {"repeat": sentence})


def _bad_duty(sentence: str) -> BadInput:
    return BadInput(sentence, {"duty": sentence})
