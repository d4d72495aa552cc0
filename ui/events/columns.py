"""What the Events list shows of a line, and the lines as CSV.

Pure values; any thread. Times in the list are in the user's zone, in the CSV in UTC.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from noc_alerts.model.events import Event, EventType
from ui import text
from ui.prefs import prefs
from ui.table_spec import Cell, Column
from ui.theme import Role

ICONS = {EventType.ALARM: "alerts", EventType.MESSAGE: "deliveries", EventType.ERROR: "info", EventType.CHANGE: "edit"}
WORDS = {EventType.ALARM: "Alarm", EventType.MESSAGE: "Message", EventType.ERROR: "Error", EventType.CHANGE: "Change"}

#: A spreadsheet takes a text that begins so for a formula and would run it; what switches send may begin so.
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def _time(event: Event) -> Cell:
    now = datetime.now(UTC)
    words = text.time_of(event.at, now, prefs.zone, with_seconds=True)
    return Cell(words, tone=Role.MUTED, tooltip=text.both_zones(event.at, prefs.zone, prefs.other_zone))


def _type(event: Event) -> Cell:
    error = event.type is EventType.ERROR
    return Cell(WORDS[event.type], icon=ICONS[event.type], tone=Role.TEXT if error else Role.MUTED, bold=error)


COLUMNS: tuple[Column[Event], ...] = (
    Column("time", "Time", lambda e: e.at, _time, width=112, min_width=84, fixed=True, sortable=False),
    Column("type", "Type", lambda e: WORDS[e.type], _type, width=112, min_width=96, sortable=False),
    Column("sender", "Sender", lambda e: e.sender, lambda e: Cell(e.sender), width=176, min_width=90, sortable=False),
    Column(
        "subject", "Subject", lambda e: e.subject, lambda e: Cell(e.subject, bold=True), width=176, min_width=90, sortable=False
    ),
    Column("text", "Text", lambda e: e.text, lambda e: Cell(e.text), width=420, min_width=160, stretch=True, sortable=False),
)


def spoken(event: Event) -> str:
    """Say a line for screen readers."""
    parts = (WORDS[event.type], text.clock_seconds(event.at, prefs.zone), event.sender, event.subject, event.text)
    return ", ".join(part for part in parts if part)


def write_csv(path: Path, events: Iterable[Event]) -> int:
    """Write lines as CSV with a head and give their number; UTF-8 with a mark, so that spreadsheets read it right.

    Raises OSError.
    """
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(("time_utc", "type", "sender", "subject", "text", "alarm_id", "connection_id"))
        for event in events:
            texts = (_harmless(part) for part in (event.sender, event.subject, event.text))
            ids = ("" if each is None else each for each in (event.alarm_id, event.connection_id))
            at = event.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            out.writerow((at, event.type.value, *texts, *ids))
            count += 1
    return count


def _harmless(words: str) -> str:
    return f"'{words}" if words.startswith(_FORMULA_SIGNS) else words
