"""Numbers, spans and times as messages write them, and text made safe for one line.

Pure and without state: any thread. Must not import jinja2 nor anything of ours but the model. Wording of numbers:
design/language.md section 4. Messages are read anywhere, so their clock times are UTC and say so.
"""

import math
import unicodedata
from datetime import UTC, datetime, timedelta

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


def format_time(at: datetime, *, seen_on: datetime | None = None) -> str:
    """Write an aware time in UTC: `2026-03-01 04:12 UTC`, or `04:12 UTC` when it is on the day of `seen_on`."""
    at = at.astimezone(UTC)
    if seen_on is not None and seen_on.astimezone(UTC).date() == at.date():
        return f"{at:%H:%M} UTC"
    return f"{at:%Y-%m-%d %H:%M} UTC"


def one_line(text: str, limit: int = MAX_FIELD) -> str:
    """Make text one line without control characters, cut at `limit` characters with an ellipsis.

    Names come from switches: a line end in one of them would forge a header (RFC 5322 2.2) or a line of the message.
    """
    kept = (" " if unicodedata.category(c) in _BREAKING else c for c in text if c not in _DIRECTION_MARKS)
    line = " ".join("".join(kept).split(" ")).strip()
    while "  " in line:
        line = line.replace("  ", " ")
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


_AREA_NAMES = frozenset(area.value for area in Area)
