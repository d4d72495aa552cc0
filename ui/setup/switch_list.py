"""The list of switches: how each one is, what was kept of it, and its last error in a sentence.

Runs on the window's thread. Pure rows and cells; the page feeds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from noc_alerts.engine.news import Snapshot, SwitchLine
from noc_alerts.model.connections import Connection, Health, HealthState, SwitchKind
from ui import text
from ui.companies.rows import aged
from ui.marks import Mark
from ui.prefs import prefs
from ui.setup.kinds import CLOCK_SHORT, KIND_WORDS
from ui.table_spec import Align, Cell, Column
from ui.theme import Role

MARKS = {
    HealthState.FRESH: Mark.OK,
    HealthState.LATE: Mark.WARNING,
    HealthState.BLIND: Mark.BLIND,
    HealthState.WAITING: Mark.NOTICE,
    HealthState.OFF: Mark.NOTICE,
}
WORDS = {
    HealthState.FRESH: "Answers",
    HealthState.LATE: "Late",
    HealthState.BLIND: "Blind",
    HealthState.WAITING: "Not read yet",
    HealthState.OFF: "Off",
}
VENDOR_HOST = "app.connexcs.com"  # where an account is whose address is left empty
_RANK = {HealthState.BLIND: 0, HealthState.LATE: 1, HealthState.WAITING: 2, HealthState.FRESH: 3, HealthState.OFF: 4}


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store keeps of a switch: call records, and records that were kept out of the sums."""

    records: int
    bad: int


@dataclass(frozen=True, slots=True)
class SwitchRow:
    """One connection in the list. `line`: how it stood at `at`, None before the first round. `kept`: None = not counted yet."""

    connection: Connection
    line: SwitchLine | None
    kept: Kept | None
    at: datetime

    @property
    def id(self) -> int:
        """Give the connection's id."""
        return self.connection.id or 0

    @property
    def health(self) -> Health:
        """Give how it is; before the first round: waiting, or off."""
        if self.line is not None:
            return self.line.health
        on = self.connection.enabled and self.connection.live
        return Health(self.id, HealthState.WAITING if on else HealthState.OFF)

    @property
    def state(self) -> HealthState:
        """Give its state."""
        return self.health.state

    @property
    def state_words(self) -> str:
        """Name its state; imported files are neither on nor off."""
        return "Imported" if not self.connection.live else WORDS[self.state]


def make_rows(connections: list[Connection], snapshot: Snapshot | None, kept: dict[int, Kept], now: datetime) -> list[SwitchRow]:
    """Give a row for every saved connection."""
    lines = {} if snapshot is None else {line.connection.id: line for line in aged(snapshot, now).switches}
    return [SwitchRow(c, lines.get(c.id), kept.get(c.id or 0), now) for c in connections]


def natural_order(row: SwitchRow) -> tuple[int, str]:
    """Give the order of the list: blind and late first, then by name."""
    return _RANK[row.state], row.connection.name.casefold()


def age_cell(row: SwitchRow) -> Cell:
    """Show the age of a switch's data."""
    as_of = row.line.as_of if row.line is not None else None
    if as_of is None:
        return Cell(text.NONE, tone=Role.MUTED, tooltip="Nothing was read yet.")
    tooltip = f"Data is true for\n{text.both_zones(as_of, prefs.zone, prefs.other_zone)}"
    if not row.connection.live:
        return Cell("imported", tone=Role.MUTED, tooltip=tooltip)
    tone = {HealthState.BLIND: Role.BLIND, HealthState.LATE: Role.WARNING}.get(row.state, Role.TEXT)
    return Cell(text.age(as_of, row.at, row.connection.poll).text, tone=tone, tooltip=tooltip)


def state_sentence(row: SwitchRow) -> str:
    """Say what is wrong with a switch; empty when all is well."""
    if row.health.sentence:
        return row.health.sentence
    return "Its data is older than it should be." if row.state is HealthState.LATE else ""


def next_sentence(row: SwitchRow) -> str:
    """Say what is done about it, and what the switch does not tell; empty when there is nothing to say."""
    health = row.health
    parts = []
    if row.state is HealthState.BLIND and health.next_try_at is not None and health.next_try_at > row.at:
        tries = f", tried {text.plural(health.tries, 'time')}" if health.tries else ""
        parts.append(f"Next try in {text.span(health.next_try_at - row.at)}{tries}.")
    if health.note:
        parts.append(health.note)
    return " ".join(parts)


def address(connection: Connection) -> str:
    """Give where a switch is: its host, or the path of its files."""
    if not connection.live:
        return ""
    for key in ("api_url", "base_url"):
        if connection.options.get(key):
            return urlsplit(connection.options[key]).netloc
    return connection.options.get("path", "") or (VENDOR_HOST if connection.kind is SwitchKind.CONNEXCS else "")


def _name(row: SwitchRow) -> Cell:
    tag = "demo" if row.connection.demo else ""
    return Cell(row.connection.name, after=tag, second=address(row.connection), bold=True)


def _state(row: SwitchRow) -> Cell:
    tone = {HealthState.BLIND: Role.BLIND, HealthState.LATE: Role.WARNING}.get(row.state, Role.MUTED)
    return Cell(row.state_words, mark=MARKS[row.state], tone=tone, bold=row.state in (HealthState.BLIND, HealthState.LATE))


def _poll(row: SwitchRow) -> Cell:
    if not row.connection.live:
        return Cell("once", tone=Role.MUTED)
    return Cell(f"every {text.exact_span(row.connection.poll)}", tone=Role.MUTED)


def _records(row: SwitchRow) -> Cell:
    return Cell("…", tone=Role.MUTED) if row.kept is None else Cell(text.number(row.kept.records))


def _bad(row: SwitchRow) -> Cell:
    if row.kept is None:
        return Cell("…", tone=Role.MUTED)
    return Cell(text.number(row.kept.bad), tone=Role.TEXT if row.kept.bad else Role.MUTED)


def _said(row: SwitchRow) -> Cell:
    words, then = state_sentence(row), next_sentence(row)
    if words:
        return Cell(words, second=then, tooltip=f"{words} {then}".strip())
    if then:
        return Cell(then, tone=Role.MUTED, tooltip=then)
    return Cell("none", tone=Role.MUTED) if row.state is HealthState.FRESH else Cell()


def spoken(row: SwitchRow) -> str:
    """Say a row for screen readers."""
    parts = [row.state_words, f"switch {row.connection.name}", KIND_WORDS[row.connection.kind], f"data age {age_cell(row).text}"]
    return ", ".join([*parts, f"{state_sentence(row)} {next_sentence(row)}".strip()]).strip(", ")


def now_utc() -> datetime:
    """Read the clock for what the window shows before the first round."""
    return datetime.now(UTC)


COLUMNS: tuple[Column[SwitchRow], ...] = (
    Column("state", "State", lambda r: _RANK[r.state], _state, width=132, min_width=112, search=lambda r: r.state_words),
    Column("name", "Name", lambda r: r.connection.name, _name, width=170, min_width=90, fixed=True),
    Column("kind", "Kind", lambda r: KIND_WORDS[r.connection.kind], width=96),
    Column(
        "clock",
        "Counts by",
        lambda r: CLOCK_SHORT[r.connection.clock],
        lambda r: Cell(CLOCK_SHORT[r.connection.clock], tone=Role.MUTED),
        width=92,
        tooltip="When a call counts",
    ),
    Column("poll", "Read", lambda r: r.connection.poll, _poll, width=100),
    Column("age", "Data age", lambda r: r.line.as_of if r.line else None, age_cell, align=Align.RIGHT, width=92),
    Column("records", "Records kept", lambda r: r.kept.records if r.kept else None, _records, align=Align.RIGHT, width=112),
    Column(
        "bad",
        "Bad records",
        lambda r: r.kept.bad if r.kept else None,
        _bad,
        align=Align.RIGHT,
        width=104,
        tooltip="Records that could not be used, so they are in no figure",
    ),
    Column("said", "Last error", state_sentence, _said, width=320, min_width=140, stretch=True),
)
