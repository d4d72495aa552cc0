"""Numbers, spans and times as messages write them, and text made safe for one line.

Pure and without state: any thread. Must not import jinja2 nor anything of ours but the model. Wording of numbers:
design/language.md section 4. Messages are read anywhere, so every clock time names its zone.
"""

import difflib
import functools
import math
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from noc_alerts.model.alerts import Area

THIN_SPACE = "\u2009"
MINUS = "\u2212"
NO_VALUE = "no value"
MAX_FIELD = 500

_DECIMALS = {"%": 1, "s": 1, "min": 1, "ms": 0, "calls/s": 2, "calls": 0, "channels": 0, "attempts": 0}
_MONEY_DECIMALS = 2
# Marks that turn the reading direction: with them a name could make a message read as something else (Unicode TR 36).
_DIRECTION_MARKS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BREAKING = frozenset({"Cc", "Zl", "Zp", "Cs"})


def format_value(value: float | None, unit: str, area: str = "") -> str:
    """Write a value with its unit after a thin space: `5.4 %`, `1,412.00 USD`, `294 calls`; None and NaN are "no value".

    `area`: an Area's value gives the decimals; otherwise the unit does, and a unit that is none of ours is a currency.
    """
    if value is None or math.isnan(value):
        return NO_VALUE
    if area == Area.SCRIPT.value and not unit:
        # nobody said what a script counts: 7 calls are not "7.00"
        return f"{value:,.2f}".rstrip("0").rstrip(".").replace("-", MINUS)
    decimals = Area(area).facts.decimals if area in _AREA_NAMES else _DECIMALS.get(unit, _MONEY_DECIMALS)
    number = f"{value:,.{decimals}f}"
    if number.startswith("-"):
        # -0.04 rounds to "-0.0", which is no number anybody reads
        number = MINUS + number[1:] if any(c in "123456789i" for c in number) else number[1:]
    return f"{number}{THIN_SPACE}{unit}" if unit else number


def format_sample(calls: int | None, rests_on: str, period_s: int | None) -> str:
    """Write what a value rests on: `294 attempts in 5 min`, `one reading`; empty when that is not known."""
    if rests_on == "reading":
        return "one reading"
    if calls is None:
        return ""
    sample = f"{calls:,} {rests_on or 'calls'}"
    return f"{sample} in {format_span(timedelta(seconds=period_s))}" if period_s else sample


def format_span(span: timedelta) -> str:
    """Write a span: `12 s`, `9 min`, `1 h 52`, `3 d 4 h`; negative spans (a clock set back) are `0 s`."""
    seconds = max(0, int(span.total_seconds()))
    minutes, hours = seconds // 60, seconds // 3600
    if seconds < 60 or (seconds < 120 and seconds % 60):
        return f"{seconds}{THIN_SPACE}s"
    if hours == 0:
        return f"{minutes}{THIN_SPACE}min"
    if hours < 48:
        rest = minutes % 60
        return f"{hours}{THIN_SPACE}h {rest:02d}" if rest else f"{hours}{THIN_SPACE}h"
    days, rest = divmod(hours, 24)
    return f"{days}{THIN_SPACE}d {rest}{THIN_SPACE}h" if rest else f"{days}{THIN_SPACE}d"


def format_time(at: datetime, *, seen_on: datetime | None = None, zone: str = "UTC", seconds: bool = False) -> str:
    """Write an aware time with its zone: `2026-03-01 04:12 UTC`, or `04:12 UTC` when it is on the day of `seen_on`.

    `zone`: an IANA name; one that is not known is taken as UTC. In the hour that a change of the clock repeats, the offset
    is written too: `2026-10-25 02:30 Europe/Zurich (UTC+2)`.
    """
    place, name = _zone(zone)
    local = at.astimezone(place)
    clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    offset = local.utcoffset()
    if offset is not None and offset != local.replace(fold=1 - local.fold).utcoffset():
        name = f"{name} (UTC{offset.total_seconds() / 3600:+g})"
    if seen_on is not None and seen_on.astimezone(place).date() == local.date():
        return f"{clock} {name}"
    return f"{local:%Y-%m-%d} {clock} {name}"


def format_clock(at: datetime, zone: str = "UTC") -> str:
    """Write only the time of day in a zone: `08:00`."""
    return f"{at.astimezone(_zone(zone)[0]):%H:%M}"


@functools.lru_cache(maxsize=64)
def _zone(name: str) -> tuple[tzinfo, str]:
    """Give a zone and what to call it; UTC for one that this machine does not know."""
    if name == "UTC":
        return UTC, name
    try:
        return ZoneInfo(name), name
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC, "UTC"


def one_line(text: str, limit: int = MAX_FIELD) -> str:
    """Make text one line without control characters, cut at `limit` characters with an ellipsis.

    Names come from switches: a line end in one of them would forge a header (RFC 5322 2.2) or a line of the message.
    """
    kept = (" " if unicodedata.category(c) in _BREAKING else c for c in text if c not in _DIRECTION_MARKS)
    line = " ".join("".join(kept).split(" ")).strip()
    while "  " in line:
        line = line.replace("  ", " ")
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def likely(name: str, known: Iterable[str]) -> str:
    """Give the known name that was probably meant; empty when none is near."""
    by_plain = {item.casefold().replace("_", ""): item for item in known}
    near = difflib.get_close_matches(name.casefold().replace("_", ""), by_plain, n=1, cutoff=0.7)
    return by_plain[near[0]] if near else ""


def cut(text: str, limit: int) -> str:
    """Give at most `limit` characters with an ellipsis, without taking a sign apart (accents, joined emoji)."""
    if len(text) <= limit:
        return text
    end = limit - 1
    while end > 0 and (_joins(text[end]) or text[end - 1] == _JOINER):
        end -= 1
    return text[:end].rstrip() + "…"


def _joins(char: str) -> bool:
    """Tell whether a character belongs to the one before it (Unicode annex 29, the part that matters in messages)."""
    return unicodedata.category(char) in ("Mn", "Me", "Mc") or char == _JOINER or "\U0001f3fb" <= char <= "\U0001f3ff"


_JOINER = "\u200d"
_AREA_NAMES = frozenset(area.value for area in Area)
