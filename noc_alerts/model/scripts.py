"""Scripts: the users' JavaScript, and what one run of it gave.

Pure values, no I/O. `noc_alerts/scripts` runs them; `docs/scripts.md` is the contract as the writer of a script reads it.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from noc_alerts.model.errors import BadInput

MAX_SOURCE_BYTES = 64 * 1024
MAX_NAME_LENGTH = 100


def source_problem(source: str) -> str | None:
    """Say in one sentence why this text cannot be a script's source; None when it can. Does not judge its JavaScript."""
    if not source.strip():
        return "The script is empty."
    if "\0" in source:
        return "The script holds a character that no text has (code 0)."
    try:
        size = len(source.encode())
    except UnicodeEncodeError:
        return "The script holds half of a character (a lone surrogate)."
    if size > MAX_SOURCE_BYTES:
        return f"The script has {math.ceil(size / 1024):,} KB; at most {MAX_SOURCE_BYTES // 1024} KB are taken."
    return None


@dataclass(frozen=True, slots=True)
class Script:
    """One script of Setup > Scripts.

    `id`: None until stored. `name`: unique (the store sees to it), one line. `source`: JavaScript, at most 64 KB of UTF-8.
    `updated_at`: aware UTC; None until stored. `stock`: the name of the shipped example it came from, "" for the user's own.
    Raises BadInput with `problems` by field.
    """

    id: int | None
    name: str
    source: str
    updated_at: datetime | None = None
    stock: str = ""

    def __post_init__(self) -> None:
        problems: dict[str, str] = {}
        if not self.name.strip():
            problems["name"] = "The script needs a name."
        elif len(self.name) > MAX_NAME_LENGTH:
            problems["name"] = f"The name is longer than {MAX_NAME_LENGTH} characters."
        elif not self.name.isprintable():
            problems["name"] = "The name must be one line of ordinary characters."
        if wrong := source_problem(self.source):
            problems["source"] = wrong
        if self.updated_at is not None and self.updated_at.tzinfo is None:
            problems["updated_at"] = "The time of the last change has no time zone."
        if problems:
            raise BadInput(" ".join(problems.values()), problems)


@dataclass(frozen=True, slots=True)
class ScriptRow:
    """One line of a script's result: what it is about, its figure (None = none), and a word on it ("" = none)."""

    subject: str
    value: float | None
    message: str


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line a script wrote. `level`: log, info, warn, error, or debug."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of a script gave.

    `value`: its number, None without one. `breached`: its own judgement; None = it left that to the alert's threshold. Both None:
    it only reported (message, rows). `rows`: in the script's order, at most 100; `more_rows`: how many more it gave.
    `log`: what it wrote to the console, oldest first. `took`: from the start of its process to the result.
    """

    value: float | None
    breached: bool | None
    message: str
    rows: tuple[ScriptRow, ...]
    log: tuple[LogLine, ...]
    took: timedelta
    more_rows: int = 0
