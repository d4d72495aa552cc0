"""What a chart says in words: the value now and what it rests on, its age, the value box at the cursor.

Pure functions; any thread; no Qt widgets.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from noc_alerts.metrics.series import Points
from ui import text
from ui.charts.parts import Scale
from ui.theme import Role

#: What stands for the sample while the switch's records do not reach back one window.
FILLS = "first window still fills"


class ValueNow(NamedTuple):
    """Number, unit, colour (None = by the level of the alarm), and what it rests on."""

    number: str
    unit: str
    role: Role | None
    sample: str


def value_now(
    points: Points | None, scale: Scale, rests_on: str, min_calls: int, *, blind: bool, waited: bool = True
) -> ValueNow:
    """Return the newest value in words: withdrawn when blind, none below the minimum; before the first frame an ellipsis."""
    if points is None:
        return ValueNow("…", "", Role.MUTED, "reading" if waited else "")
    if blind:
        finite = np.flatnonzero(np.isfinite(points.value))
        was = f"was {scale.joined(float(points.value[finite[-1]]))}" if len(finite) else ""
        return ValueNow(text.UNKNOWN, "", Role.BLIND, was)
    if not len(points.value):
        return ValueNow(text.NONE, "", Role.MUTED, "no reading" if rests_on == "reading" else "no calls")
    value, calls = float(points.value[-1]), int(points.calls[-1])
    if rests_on != "reading" and 0 < calls < min_calls:
        return ValueNow(text.NONE, "", Role.MUTED, text.too_few(calls, min_calls))
    if not math.isfinite(value):
        return ValueNow(text.NONE, "", Role.MUTED, "no calls")
    return ValueNow(text.number(value, scale.decimals), scale.unit, None, sample_words(calls, rests_on))


def empty_note(title: str, rests_on: str, length_ms: float, *, live: bool) -> str:
    """Return what stands in a plot without a value: `No calls of carrier bravo in the last 6 h.`"""
    what = "reading" if rests_on == "reading" else "calls"
    return f"No {what} of {title} in {'the last' if live else 'these'} {text.span(timedelta(milliseconds=length_ms))}."


def age_now(read_at: datetime, now: datetime, poll: timedelta, *, blind: bool) -> tuple[str, Role]:
    """Return the age and its colour: muted while fresh, warning when late, blind when nothing is known."""
    age = text.age(read_at, now, poll)
    if blind:
        return age.old, Role.BLIND
    return age.old, Role.MUTED if age.state is text.AgeState.FRESH else Role.WARNING


def value_words(scale: Scale, rests_on: str, value: float, calls: int, min_calls: int, clock: str) -> str:
    """Return the words of the value box: `03:13, 43.8 %, 294 attempts`; what was not judged is said."""
    if not math.isfinite(value):
        return f"{clock}, no value"
    shown = f"{clock}, {scale.joined(value)}"
    if rests_on == "reading":
        return shown
    if calls < min_calls:
        return f"{shown}, {text.too_few(calls, min_calls)}, not judged"
    return f"{shown}, {sample_words(calls, rests_on)}"


def sample_words(calls: int, rests_on: str) -> str:
    """Return `294 attempts`, `1 attempt`, `41 answered`, `one reading`."""
    if rests_on == "reading":
        return "one reading"
    word = rests_on[:-1] if calls == 1 and rests_on in ("attempts", "calls") else rests_on
    return f"{text.number(calls)} {word}"
