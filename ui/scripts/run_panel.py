"""The right side of the script editor: for which switch and company the script runs, and what came of it.

Runs on the window's thread; the script runs in a process of the service's and its result comes back by the bridge.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QPlainTextEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import HealthState
from noc_alerts.model.errors import NocError, ScriptError
from noc_alerts.model.scripts import LogLine, Outcome, ScriptRow
from ui import text
from ui.prefs import prefs
from ui.table_spec import Align, Cell, Column
from ui.tables import TableModel
from ui.theme import FontRole, Role, theme
from ui.widgets.fields import ComboBox, DurationBox, Field
from ui.widgets.labels import KeyValues, Label, line
from ui.widgets.page import Panel
from ui.widgets.state_panel import PageState, StateKind, StatePanel
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.context import ScreenContext

PERIODS = [timedelta(minutes=m) for m in (5, 10, 15, 30, 60, 180, 360, 720, 1440)]
USUAL_PERIOD = timedelta(minutes=30)
LONGEST = timedelta(hours=24)

#: A company at a switch as the run wants it, None = all of the switch.
Company = tuple[CompanyKind, str] | None
_Row = tuple[int, ScriptRow]


class RunPanel(Panel):
    """Choose, run, show. `on_error` is told the line and sentence of a failed run, (None, "") of a good one."""

    def __init__(
        self,
        context: ScreenContext,
        source: Callable[[], str],
        on_error: Callable[[int | None, str], None],
        go_to: Callable[[int], None],
        clock: Callable[[], datetime],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("script_run", "Run", parent=parent)
        self._context, self._source, self._on_error, self._go_to, self._clock = context, source, on_error, go_to, clock
        self._run = 0  # a result of an earlier run that comes late belongs to nobody
        self._closed = False
        self._snapshot: Snapshot | None = None
        self.running = False
        self.old = False
        self._switches: list[tuple[object, str]] = []
        self._companies: list[tuple[object, str]] = []
        self.switch = ComboBox("script_switch")
        self.company = ComboBox("script_company")
        self.period = DurationBox("script_period", PERIODS, minimum=timedelta(minutes=1))
        self.period.set_value(USUAL_PERIOD)
        self.switch.chosen.connect(lambda _data: self._on_switch())
        self._lay_out()
        self.take_snapshot(context.bridge.snapshot)
        self._show_idle()

    # --- making ------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.set_padding(12, 8)
        choices = QGridLayout()
        choices.setHorizontalSpacing(12)
        self._period_field = Field("Sample period", self.period)
        fields = (Field("Switch", self.switch), Field("Company", self.company), self._period_field)
        for at, each in enumerate(fields):
            choices.addWidget(each, 0, at)
            choices.setColumnStretch(at, 3 if at < 2 else 2)
        self.body.addLayout(choices)
        self._trust = Label("", Role.BLIND, FontRole.CAPTION, wrap=True, name="script_switch_state")
        self.body.addWidget(self._trust)
        self._trust.hide()
        self.body.addWidget(line())
        self._state = StatePanel("script_result_state")
        self.body.addWidget(self._state, 1)
        self._result = QWidget()
        self._result.setObjectName("script_result")
        self.body.addWidget(self._result, 1)
        column = QVBoxLayout(self._result)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.verdict = KeyValues("script_verdict")
        self.message = Label("", Role.TEXT, FontRole.BODY, wrap=True, name="script_message")
        self.model: TableModel[_Row] = TableModel(_columns(), key=lambda row: row[0], order=lambda row: row[0])
        self.rows = TableArea(self.model, "script_rows")
        self.rows.view.setAccessibleName("Rows of the script")
        self._more = Label("", Role.MUTED, FontRole.CAPTION, name="script_rows_more")
        for widget in (self.verdict, self.message):
            column.addWidget(widget)
        column.addWidget(self.rows, 3)
        column.addWidget(self._more)
        column.addStretch(1)
        self._console_title = Label("Console", Role.MUTED, FontRole.CAPTION)
        self.console = QPlainTextEdit()
        self.console.setObjectName("script_console")
        self.console.setAccessibleName("Console")
        self.console.setReadOnly(True)
        self.console.setTabChangesFocus(True)
        theme.set_font(self.console, FontRole.MONO)
        theme.follow(self.console, lambda: self.console.setFixedHeight(theme.px(110)))
        self.body.addWidget(self._console_title)
        self.body.addWidget(self.console)

    # --- what it is told ---------------------------------------------------------------------------------------------

    def take_snapshot(self, snapshot: Snapshot | None) -> None:
        """Follow the switches and companies there are; what is chosen stays."""
        self._snapshot = snapshot
        switches = [] if snapshot is None else [line.connection for line in snapshot.switches]
        offered: list[tuple[object, str]] = [(each.id, each.name) for each in switches]
        if offered != self._switches:
            self._switches = offered
            self.switch.set_choices(offered)
        self.switch.setEnabled(bool(offered))
        self._on_switch()
        if not self._run:
            self._show_idle()

    def _on_switch(self) -> None:
        self._offer_companies()
        self._say_trust()

    @property
    def _no_switch(self) -> bool:
        return self._snapshot is not None and not self._snapshot.switches

    def _say_trust(self) -> None:
        """Say when the switch is blind: a run reads what was true then."""
        lines = () if self._snapshot is None else self._snapshot.switches
        found = next((each for each in lines if each.connection.id == self.switch.currentData()), None)
        words = ""
        if found is not None and found.health.state is HealthState.BLIND:
            since = "" if found.as_of is None else f", of {text.time_of(found.as_of, self._clock(), prefs.zone)}"
            words = f"{found.connection.name} is blind. A run reads its last picture{since}."
        self._trust.set(words)
        self._trust.setVisible(bool(words))

    def _offer_companies(self) -> None:
        chosen = self.switch.currentData()
        lines = [] if self._snapshot is None else self._snapshot.companies
        named = sorted(
            ((each.kind, each.name) for each in lines if each.connection_id == chosen),
            key=lambda c: c[1].casefold(),
        )
        offered: list[tuple[object, str]] = [
            (None, "All of the switch"),
            *((each, f"{each[1]}, {each[0].value}") for each in named),  # typing letters of a name goes to it
        ]
        if offered != self._companies:
            self._companies = offered
            self.company.set_choices(offered)

    def close_for_good(self) -> None:
        """Take no more results: the editor is gone."""
        self._closed = True

    def mark_old(self) -> None:
        """Say that the result is of the script as it was before."""
        if self.old or not self._run:
            return
        self.old = True
        if not self.running:
            self.set_note("result of the script before your change")

    # --- running -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Run the script as it stands in the editor."""
        if self.running:
            return
        if self._no_switch:
            self._show_idle()
            return
        period = None
        if self._period_field.check():
            period = self.period.value
            if period is not None and period > LONGEST:
                self._period_field.set_error("The sample period is at most 24 h.")
                period = None
        if period is None:
            self.set_note("Correct the sample period first.", Role.WARNING)
            return
        self._run += 1
        run, self.running, self.old = self._run, True, False
        company: Company = self.company.currentData()
        self._show_state(PageState(StateKind.LOADING, "Running", "It is stopped at its limit of time."))
        self.set_note("")
        service, bridge = self._context.service, self._context.bridge
        try:
            future = service.run_script(self._source(), connection_id=self.switch.currentData(), company=company, period=period)
        except NocError as error:
            self._fail(run, error)
            return
        bridge.run(future, lambda outcome: self._take(run, outcome), lambda error: self._fail(run, error))

    def _take(self, run: int, outcome: Outcome) -> None:
        if self._closed or run != self._run or not isValid(self):
            return
        self.running = False
        self._show_state(None)
        self._tell_end(outcome.took)
        self.verdict.put("Value", *_value_words(outcome.value))
        self.verdict.put("Breached", *_breached_words(outcome))
        self.message.set(outcome.message)
        self.message.setVisible(bool(outcome.message))
        self.model.set_rows(list(enumerate(outcome.rows)))
        self.rows.setVisible(bool(outcome.rows))
        self._more.set(f"and {text.plural(outcome.more_rows, 'row')} more, which are not told" if outcome.more_rows else "")
        self._more.setVisible(bool(outcome.more_rows))
        self._show_log(outcome.log)
        self._on_error(None, "")

    def _fail(self, run: int, error: NocError) -> None:
        if self._closed or run != self._run or not isValid(self):
            return
        self.running = False
        at = error.line if isinstance(error, ScriptError) else None
        where, go = ("", None) if at is None else (f"Go to line {at}", lambda: self._go_to(at))
        self._show_state(PageState(StateKind.ERROR, "The script gave no result", error.sentence, where, go))
        self._tell_end(None)
        self._show_log(error.log if isinstance(error, ScriptError) else ())
        self._on_error(at, error.sentence)

    def _tell_end(self, took: timedelta | None) -> None:
        at = text.clock_seconds(self._clock(), prefs.zone)
        spent = "" if took is None else f", took {text.number(took / timedelta(milliseconds=1))}{text.THIN}ms"
        if self.old:
            self.set_note("result of the script before your change")
        else:
            self.set_note(f"{at}{spent}, nobody was told and nothing was changed")

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _show_idle(self) -> None:
        self._show_log(())
        if self._no_switch:
            go = self._context.go
            words = "A run reads the last picture of a switch. Connect one first; the script can be saved before that."
            self._show_state(PageState(StateKind.EMPTY, "No switch", words, "Connect a switch", lambda: go("switches", None)))
            return
        sentence = "A run reads the last picture of the switch. It tells nobody and changes nothing."
        self._show_state(PageState(StateKind.EMPTY, "Not run yet", sentence))

    def _show_state(self, state: PageState | None) -> None:
        self._state.set_state(state)
        self._result.setVisible(state is None)

    def _show_log(self, log: tuple[LogLine, ...]) -> None:
        self.console.setPlainText("\n".join(each.text if each.level == "log" else f"{each.level}: {each.text}" for each in log))
        self._console_title.set(f"Console, {text.plural(len(log), 'line')}" if log else "Console, nothing written")


def _value_words(value: float | None) -> tuple[str, str, Role]:
    if value is None:
        return text.NONE, "it gave no number", Role.MUTED
    return f"{value:,.6g}".replace("-", text.MINUS), "", Role.TEXT


def _breached_words(outcome: Outcome) -> tuple[str, str, Role]:
    if outcome.breached is not None:
        return ("yes", "the script says so", Role.TEXT) if outcome.breached else ("no", "the script says so", Role.TEXT)
    if outcome.value is not None:
        return "open", "the alert's threshold decides", Role.MUTED
    return "open", "it only reports", Role.MUTED


def _columns() -> list[Column[_Row]]:
    def value(row: _Row) -> Cell:
        figure = row[1].value
        return Cell(text.NONE, tone=Role.MUTED) if figure is None else Cell(f"{figure:,.6g}".replace("-", text.MINUS))

    return [
        Column[_Row]("subject", "Subject", lambda row: row[1].subject, width=170, fixed=True),
        Column[_Row]("value", "Value", lambda row: row[1].value, value, Align.RIGHT, width=90),
        Column[_Row]("message", "Message", lambda row: row[1].message, width=180, stretch=True),
    ]
