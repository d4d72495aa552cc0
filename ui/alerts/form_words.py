"""What the page head says about a form: what is wrong, what is not saved. Pure; any thread."""

from __future__ import annotations

from collections.abc import Sequence

from ui import text

_NAMED = 4


def count_words(wrong: int) -> str:
    """Return how many fields are wrong: `1 field to correct before saving`; nothing for none."""
    return f"{text.plural(wrong, 'field')} to correct before saving" if wrong else ""


def unsaved_words(fields: Sequence[str]) -> str:
    """Return the fields not saved, in words: `threshold, reset`; from the fifth on they are counted."""
    named = ", ".join(fields[:_NAMED])
    more = len(fields) - _NAMED
    return f"{named} and {more} more" if more > 0 else named
