"""Explain: why an alert is in its state, with its last changes read out.

Runs on the window's thread; reads the store once, when it opens.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.alarms import Phase, RuleKind, Told, Transition
from noc_alerts.model.alerts import Alert
from noc_alerts.model.errors import StoreError
from ui import text
from ui.alerts import words
from ui.alerts.rows import LEVEL_MARKS, AlertRow
from ui.marks import Form
from ui.prefs import prefs
from ui.tables import Align, Cell, Column, TableModel
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import Button
from ui.widgets.labels import Label
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.context import ScreenContext

LAST = 20
_TOLD = {
    Told.TOLD: "it was decided to tell people",
    Told.NO_RECIPIENT: "nobody was told: no recipient and no tray",
    Told.RECOVERY_OFF: "nobody was told: the recovery message is off",
    Told.LEVEL_NONE: "nobody was told: notice level None stays quiet",
}


def change_words(change: Transition) -> str:
    """Return what a transition did: `Alarm raised`, `Pending`, `Cleared`, `Fell back`."""
    match change.before, change.after:
        case _, Phase.PENDING:
            return "Pending"
        case Phase.CLEARING, Phase.RAISED:
            return "Fell back"
        case _, Phase.RAISED:
            return "Alarm raised"
        case _, Phase.CLEARING:
            return "Clearing"
        case before, _ if before.in_alarm:
            return "Cleared"
    return "Not raised"


def told_sentence(change: Transition) -> str:
    """Return whether people were told of a change, or the one reason why not; empty where nobody ever is."""
    return _TOLD[Told(change.told)] if change.told else ""


class ExplainDialog(QDialog):
    """The present verdict in a sentence and the last changes with their reasons, newest first."""

    def __init__(self, context: ScreenContext, row: AlertRow, now: datetime, parent: QWidget) -> None:
        super().__init__(parent)
        self._alert, self._now, self._currency = row.alert, now, row.currency
        self.setObjectName("alert_explain")
        self.setWindowTitle(f"Explain: {row.alert.title}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(theme.px(880), theme.px(440))
        self.sentence = words.now_sentence(row.alert, row.line, now, prefs.zone, row.currency, blind=row.blind)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(Label(row.alert.title, Role.TEXT, FontRole.SECTION, name="alert_explain_title"))
        column.addWidget(Label(self.sentence, Role.TEXT, FontRole.BODY, wrap=True, name="alert_explain_sentence"))
        self.model: TableModel[Transition] = TableModel(
            self._columns(), key=lambda change: change.id, order=lambda change: -(change.id or 0)
        )
        self.area = TableArea(self.model, "alert_explain_table", two_lines=True)
        self.area.view.setAccessibleName("Last changes")
        column.addWidget(self.area, 1)
        close = Button("Close", "alert_explain_close", hint="Esc")
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        column.addLayout(foot)
        self._read(context)

    def _read(self, context: ScreenContext) -> None:
        if self._alert.id is None:
            self.area.set_state(PageState(StateKind.EMPTY, "Not saved yet", "A new alert has no history."))
            return
        try:
            changes = context.service.store.alarms.transitions_of(RuleKind.ALERT, self._alert.id, LAST)
        except StoreError as error:
            self.area.set_state(PageState(StateKind.ERROR, "The changes were not read", error.sentence))
            return
        self.model.set_rows(changes)
        if not changes:
            sentence = "It never went past its threshold since it was made."
            self.area.set_state(PageState(StateKind.EMPTY, "No changes", sentence))

    def _columns(self) -> list[Column[Transition]]:
        return [
            Column("at", "Time", lambda c: c.at, self._at, width=108, min_width=72),
            Column("change", "Change", lambda c: change_words(c), self._change, width=132, min_width=112, fixed=True),
            Column("subject", "Subject", lambda c: c.key.subject.label, width=150, min_width=80),
            Column("value", "Value", lambda c: c.value, self._value, align=Align.RIGHT, width=120, min_width=80),
            Column("why", "Why", lambda c: c.text, self._why, width=260, min_width=160, stretch=True),
        ]

    def _at(self, change: Transition) -> Cell:
        tooltip = text.both_zones(change.at, prefs.zone, prefs.other_zone)
        return Cell(text.time_of(change.at, self._now, prefs.zone, with_seconds=True), tooltip=tooltip)

    def _change(self, change: Transition) -> Cell:
        said = change_words(change)
        if change.after is Phase.RAISED:
            return Cell(said, mark=LEVEL_MARKS[self._alert.level], form=Form.TAKEN)
        return Cell(said, tone=Role.MUTED)

    def _value(self, change: Transition) -> Cell:
        if change.value is None:
            return Cell(text.NONE, tone=Role.MUTED)
        shown = words.value_shown(self._alert.area, change.value, self._currency)
        return Cell(shown.number, shown.unit, second=words.sample_words(self._alert, change.calls))

    def _why(self, change: Transition) -> Cell:
        return Cell(change.text, second=told_sentence(change))


def explain(context: ScreenContext, row: AlertRow, now: datetime, parent: QWidget) -> ExplainDialog:
    """Open Explain over a page and return it."""
    dialog = ExplainDialog(context, row, now, parent.window())
    dialog.open()
    return dialog


def row_of(alert: Alert, row: AlertRow | None) -> AlertRow:
    """Return the list's row of an alert, or one that was not judged yet."""
    return row or AlertRow(alert, None, "", timedelta(seconds=30), False, "")
