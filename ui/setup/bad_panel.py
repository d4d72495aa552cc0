"""The records of a switch that could not be used, each with where it stood and the reason.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from noc_alerts.model.connections import BadRecord
from ui import text
from ui.prefs import prefs
from ui.table_spec import Align, Cell, Column
from ui.tables import TableModel
from ui.theme import Role
from ui.widgets.page import Panel
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

MOST = 500


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    at: datetime | None
    bad: BadRecord


def _when(row: _Row) -> Cell:
    if row.at is None:
        return Cell()
    tooltip = text.both_zones(row.at, prefs.zone, prefs.other_zone)
    return Cell(text.time_of(row.at, datetime.now(UTC), prefs.zone), tone=Role.MUTED, tooltip=tooltip)


_WHEN: Column[_Row] = Column("when", "Met", lambda r: r.at, _when, align=Align.RIGHT, width=110, min_width=70)
_WHERE: Column[_Row] = Column("where", "Where", lambda r: r.bad.where, width=220, min_width=100, fixed=True)
_REASON: Column[_Row] = Column(
    "reason", "Reason", lambda r: r.bad.reason, lambda r: Cell(r.bad.reason, tooltip=r.bad.reason), width=300, stretch=True
)


class BadPanel(Panel):
    """The list; with `dated` it says when each record was met."""

    def __init__(self, name: str, *, dated: bool, title: str = "Bad records") -> None:
        super().__init__(name, title, icon="info")
        columns = (_WHEN, _WHERE, _REASON) if dated else (_WHERE, _REASON)
        self._model = TableModel(columns, key=lambda r: r.number, order=lambda r: r.number)
        self.area = TableArea(self._model, f"{name}_list")
        self.area.view.setAccessibleName(title)
        self.body.addWidget(self.area)
        self.show_records([], 0)

    @property
    def records(self) -> list[BadRecord]:
        """Return the records shown."""
        return [row.bad for row in self._model.rows()]

    def show_dated(self, records: Sequence[tuple[datetime, BadRecord]], total: int) -> None:
        """Show records with when they were met, newest first; `total` are known of."""
        self._show([_Row(number, at, bad) for number, (at, bad) in enumerate(records)], total)

    def show_records(self, records: Iterable[BadRecord], total: int) -> None:
        """Show records in the order they were met."""
        self._show([_Row(number, None, bad) for number, bad in enumerate(records)], total)

    def _show(self, rows: list[_Row], total: int) -> None:
        self._model.set_rows(rows)
        shown = f", the newest {text.number(len(rows))} are shown" if total > len(rows) > 0 else ""
        self.set_note(f"{text.number(total)} kept out of all figures{shown}" if total else "")
        empty = PageState(StateKind.EMPTY, "No bad records", "Every record that was read could be used.")
        self.area.set_state(None if rows else empty)
