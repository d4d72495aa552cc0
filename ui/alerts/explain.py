"""Explain: why an alert is in its state or does not fire, with its last changes read out.

Runs on the window's thread; reads the store once, when it opens. The engine gives the sentences.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.alarms import Phase, Reason, RuleKind, Told, Transition
from noc_alerts.model.alerts import Alert
from noc_alerts.model.companies import Subject
from noc_alerts.model.errors import StoreError
from ui import text
from ui.alerts import words
from ui.alerts.rows import LEVEL_MARKS, AlertRow
from ui.marks import Form
from ui.prefs import prefs
from ui.table_columns import resize_within
from ui.tables import Align, Cell, Column, TableModel
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import Button
from ui.widgets.fields import ComboBox
from ui.widgets.labels import Label
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.context import ScreenContext

LAST = 20
WORST = "the worst now"
#: A sign and its number stand on one line.
_SIGN_APART = re.compile(r"([<≤=≠≥>]) (?=[\d−-])")
_TOLD = {
    Told.TOLD: "it was decided to tell people",
    Told.NO_RECIPIENT: "nobody was told: no recipient and no tray",
    Told.RECOVERY_OFF: "nobody was told: the recovery message is off",
    Told.LEVEL_NONE: "nobody was told: notice level None stays quiet",
}


def change_words(change: Transition) -> str:
    """Return what a transition did: `Alarm raised`, `Now critical`, `Pending`, `Cleared`, `Fell back`."""
    if change.reason is Reason.ESCALATED:
        return "Now critical"
    if change.reason is Reason.EASED:
        return "Warning again"
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
    if change.told == Told.NO_RECIPIENT and change.after is not Phase.RAISED:
        return "nobody was told: no recipient"  # the tray is not told of an end
    return _TOLD[Told(change.told)] if change.told else ""


class ExplainDialog(QDialog):
    """Why an alert is in its state, or why it does not fire for a company, and its last changes, newest first."""

    def __init__(self, context: ScreenContext, row: AlertRow, now: datetime, parent: QWidget) -> None:
        super().__init__(parent)
        self._alert, self._now, self._currency = row.alert, now, row.currency
        self._context = context
        self._asked = 0  # an answer to an earlier question belongs to nobody
        self.setObjectName("alert_explain")
        self.setWindowTitle(f"Explain: {row.alert.title}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        resize_within(self, parent, 880, 520)
        self.subject = ComboBox("alert_explain_subject")
        self.subject.setAccessibleName("Company to explain")
        self.subject.set_choices([(None, WORST), *subjects_of(row.alert, context.bridge.snapshot)])
        self.subject.chosen.connect(lambda _subject: self.ask())
        self.sentence = Label("", Role.TEXT, FontRole.BODY, wrap=True, name="alert_explain_sentence")
        self.model: TableModel[Transition] = TableModel(
            self._columns(), key=lambda change: change.id, order=lambda change: -(change.id or 0)
        )
        self.area = TableArea(self.model, "alert_explain_table", two_lines=True)
        self.area.view.setAccessibleName("Last changes")
        self._lay_out()
        self._read(context)
        self.finished.connect(self._on_finished)
        self.ask()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label(self._alert.title, Role.TEXT, FontRole.SECTION, name="alert_explain_title"), 1)
        head.addWidget(Label("Explain", Role.MUTED))
        theme.follow(self.subject, lambda: self.subject.setFixedWidth(theme.px(240)))
        head.addWidget(self.subject)
        column.addLayout(head)
        column.addWidget(self.sentence)
        column.addWidget(self.area, 1)
        close = Button("Close", "alert_explain_close", hint="Esc")
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        column.addLayout(foot)

    def ask(self) -> None:
        """Ask why the alert is in its state, or why it does or does not fire for the company chosen."""
        if self._alert.id is None:
            self.sentence.set("It was not saved yet, so it is not judged.", Role.MUTED)
            return
        self._asked += 1
        asked = self._asked
        self.sentence.set("Asking…", Role.MUTED)
        future = self._context.service.explain(self._alert.id, self.subject.currentData())
        self._context.bridge.run(
            future,
            lambda sentences: self._show(asked, sentences),
            lambda error: self._show(asked, (error.sentence,), Role.CRITICAL),
        )

    def _show(self, asked: int, sentences: tuple[str, ...], role: Role = Role.TEXT) -> None:
        if asked == self._asked:
            said = " ".join(sentences)
            self.sentence.set(_SIGN_APART.sub("\\1\N{NO-BREAK SPACE}", f"{said[:1].upper()}{said[1:]}"), role)

    def _on_finished(self, _result: int) -> None:
        self._asked = -1  # the dialog is about to go

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
            report = "It is a report, so it raises no alarms."
            sentence = report if self._alert.is_report else "It never raised an alarm since it was made."
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


def subjects_of(alert: Alert, snapshot: Snapshot | None) -> list[tuple[object, str]]:
    """Return whom of its companies can be asked about, as ((connection id, subject), words); those it names come first."""
    if snapshot is None:
        return []
    switches = [line.connection for line in snapshot.switches if alert.connection_id in (None, line.connection.id)]
    found = [
        (line.connection_id, line.name)
        for line in snapshot.companies
        if line.kind is alert.scope.kind and alert.connection_id in (None, line.connection_id)
    ]
    found += [(each.id or 0, name) for name in alert.scope.names for each in switches if (each.id or 0, name) not in found]
    names = {each.id: each.name for each in switches}
    found.sort(key=lambda each: (each[1] not in alert.scope.names, each[1].casefold(), each[0]))
    several = len(switches) > 1
    return [
        ((at, Subject.company(alert.scope.kind, name)), f"{name}, {names.get(at, '')}" if several else name) for at, name in found
    ]


def explain(context: ScreenContext, row: AlertRow, now: datetime, parent: QWidget) -> ExplainDialog:
    """Open Explain over a page and return it."""
    dialog = ExplainDialog(context, row, now, parent.window())
    dialog.open()
    return dialog


def row_of(alert: Alert, row: AlertRow | None) -> AlertRow:
    """Return the list's row of an alert, or one that was not judged yet."""
    return row or AlertRow(alert, None, "", timedelta(seconds=30), False, "")
