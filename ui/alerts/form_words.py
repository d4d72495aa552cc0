"""What the page head says about a form: what is wrong, what is not saved. Runs on the window's thread."""

from __future__ import annotations

from collections.abc import Sequence

from noc_alerts.model.alarms import Verdict
from noc_alerts.model.alerts import NoticeLevel
from ui import text
from ui.alerts.rows import LEVEL_MARKS
from ui.marks import word_style
from ui.theme import Role

_NAMED = 4


def count_words(wrong: int) -> str:
    """Return how many fields are wrong: `1 field to correct before saving`; nothing for none."""
    return f"{text.plural(wrong, 'field')} to correct before saving" if wrong else ""


def unsaved_words(fields: Sequence[str]) -> str:
    """Return the fields not saved, in words: `threshold, reset`; from the fifth on they are counted."""
    named = ", ".join(fields[:_NAMED])
    more = len(fields) - _NAMED
    return f"{named} and {more} more" if more > 0 else named


def state_role(verdict: Verdict | None, level: NoticeLevel, *, taken: bool) -> Role:
    """Return the colour of the word for an alert's state."""
    if verdict is Verdict.IN_ALARM and not taken:
        return word_style(LEVEL_MARKS[level])[0]
    if verdict is Verdict.BLIND:
        return Role.BLIND
    return Role.CRITICAL if verdict is Verdict.ERROR else Role.MUTED
