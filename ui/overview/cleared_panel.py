"""The alarms that cleared in the last eight hours, newest first, and how each of them ended.

Runs on the window's thread; reads the store when an alarm cleared.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import Qt

from noc_alerts.model.alarms import Alarm
from ui import text
from ui.marks import Form
from ui.overview import words
from ui.prefs import prefs
from ui.table_spec import Align, Cell, Column
from ui.tables import TableModel
from ui.theme import Role, theme
from ui.widgets.buttons import LinkButton
from ui.widgets.page import Panel
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

SHIFT = timedelta(hours=8)
MAX_ROWS = 200
_EMPTY = 108  # the room of the sentence that there is none


def _subject(alarm: Alarm) -> str:
    return alarm.key.subject.label or "switch"


class ClearedPanel(Panel):
    """The panel. Its table's keys are alarm ids."""

    def __init__(self) -> None:
        super().__init__("overview_cleared", "Cleared this shift", icon="history")
        self._folded = False
        self._now = datetime.min.replace(tzinfo=UTC)
        self.model: TableModel[Alarm] = TableModel(
            self._columns(),
            key=lambda a: a.id,
            order=lambda a: -(a.cleared_at.timestamp() if a.cleared_at else 0.0),
            spoken=self._spoken,
        )
        self.area = TableArea(self.model, "overview_cleared_list")
        self.area.view.setAccessibleName("Cleared this shift")
        self.area.view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.body.addWidget(self.area)
        self.events_link = LinkButton("Open events", "overview_open_events")
        self.add_action(self.events_link)

    def show_alarms(self, alarms: Sequence[Alarm], now: datetime) -> None:
        """Show these alarms."""
        self._now = now
        self.model.set_rows(alarms)
        self._say()
        nothing = PageState(StateKind.EMPTY, "Nothing cleared", f"No alarm has cleared in the last {text.span(SHIFT)}.")
        self.area.set_state(None if alarms else nothing)

    def set_folded(self, folded: bool) -> None:
        """Show the head only, with the newest in words, where the active alarms need the room."""
        if folded == self._folded:
            return
        self._folded = folded
        self.area.setVisible(not folded)
        self._line.setVisible(not folded)
        self._say()

    def _say(self) -> None:
        alarms = self.model.rows()
        count = text.number(len(alarms)) if alarms else "none"
        newest = alarms[0] if alarms else None
        if self._folded and newest is not None and newest.cleared_at is not None:
            count += f", last {_subject(newest)} {text.time_of(newest.cleared_at, self._now, prefs.zone)}"
        self.set_note(count if alarms or self._folded else "")

    def show_error(self, sentence: str) -> None:
        """Say that the store could not be read."""
        self.area.set_state(PageState(StateKind.ERROR, "The cleared alarms cannot be read", sentence))

    @property
    def wanted_height(self) -> int:
        """Return the height at which all rows show, or the sentence that there are none."""
        if self._folded:
            return self._head.height() + 2
        rows = self.model.rowCount()
        return self._above() + (rows * self.area.view.row_height if rows else theme.px(_EMPTY))

    @property
    def unfolded_least(self) -> int:
        """Return the height at which one row shows when it is not folded, or the sentence that there is none."""
        return self._above() + (self.area.view.row_height if self.model.rowCount() else theme.px(_EMPTY))

    def least_height(self, rows: int) -> int:
        """Return the height at which so many rows show, or the sentence that there is none."""
        if self._folded:
            return self._head.height() + 2
        return self._above() + (rows * self.area.view.row_height if self.model.rowCount() else theme.px(_EMPTY))

    def _above(self) -> int:
        return self._head.height() + self.area.view.y() + self.area.view.horizontalHeader().height() + 5

    def _columns(self) -> list[Column[Alarm]]:
        right = Align.RIGHT
        return [
            Column("was", "Was", lambda a: words.mark_of(a).value, self._was, width=112, min_width=112, fixed=True),
            Column("subject", "Subject", _subject, self._subject, width=270, min_width=140, stretch=True, fixed=True,
                   search=lambda a: f"{_subject(a)} {a.title}"),
            Column("worst", "Worst value", lambda a: a.worst, self._worst, width=220, min_width=110, stretch=True),
            Column("lasted", "In alarm", _lasted, lambda a: Cell(text.span(_lasted(a))), right, width=92, min_width=76,
                   descending_first=True),
            Column("cleared", "Cleared", lambda a: a.cleared_at, self._cleared, right, width=92, min_width=76,
                   descending_first=True),
            Column("how", "How it ended", self._how, lambda a: Cell(self._how(a), tone=Role.MUTED), width=230, min_width=120,
                   stretch=True),
        ]  # fmt: skip

    def _was(self, alarm: Alarm) -> Cell:
        mark = words.mark_of(alarm)
        return Cell(mark.value, mark=mark, form=Form.CLEARED, tone=Role.MUTED)

    def _subject(self, alarm: Alarm) -> Cell:
        if not alarm.key.subject.parts:
            return Cell(alarm.title, bold=True)
        return Cell(alarm.key.subject.label, after=alarm.title, bold=True)

    def _worst(self, alarm: Alarm) -> Cell:
        if alarm.worst is None:
            return Cell("unreachable" if not alarm.key.subject.parts else text.NONE, tone=Role.MUTED)
        return Cell(words.value_shown(alarm, alarm.worst).joined, after=words.limit_words(alarm, None))

    def _cleared(self, alarm: Alarm) -> Cell:
        if alarm.cleared_at is None:
            return Cell()
        both = text.both_zones(alarm.cleared_at, prefs.zone, prefs.other_zone)
        return Cell(text.time_of(alarm.cleared_at, self._now, prefs.zone), tooltip=both)

    def _how(self, alarm: Alarm) -> str:
        how = words.ENDINGS.get(alarm.cleared_reason, "") if alarm.cleared_reason is not None else ""
        return f"{how}, {alarm.acked_by} had it" if alarm.acked_by else how

    def _spoken(self, alarm: Alarm) -> str:
        cells = (self._subject(alarm), self._worst(alarm))
        lasted = f"in alarm for {text.span(_lasted(alarm))}"
        return ", ".join((f"was {words.mark_of(alarm).value}", *(cell.plain for cell in cells), lasted, self._how(alarm)))


def _lasted(alarm: Alarm) -> timedelta:
    return (alarm.cleared_at or alarm.raised_at) - alarm.raised_at
