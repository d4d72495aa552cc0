"""The Test alert panel: one row for each channel, as it comes.

Runs on the window's thread; the test itself runs in the service, which sends real messages marked TEST.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from noc_alerts.model.alerts import Alert
from noc_alerts.model.connections import CheckStep
from noc_alerts.model.errors import NocError
from noc_alerts.notify.policy import TRAY_RECIPIENT
from ui import text
from ui.alerts import words
from ui.marks import Mark
from ui.prefs import prefs
from ui.tables import Align, Cell, Column, TableModel
from ui.theme import Role
from ui.widgets.buttons import Button
from ui.widgets.page import Panel
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.context import ScreenContext

_ICONS = {"E-mail": "mail", "Tray": "tray"}


@dataclass(frozen=True, slots=True)
class TestRow:
    """One step of a test, with its place in the order."""

    __test__ = False

    at: int
    step: CheckStep


def _columns() -> list[Column[TestRow]]:
    return [
        Column("what", "Channel", lambda r: r.step.what, _what, width=112, min_width=72, fixed=True),
        Column("to", "To", lambda r: r.step.to, _to, width=176, min_width=72),
        Column("result", "Result", lambda r: r.step.ok, _result, width=104, min_width=96),
        Column("took", "Took", lambda r: r.step.took.total_seconds(), _took, align=Align.RIGHT, width=84, min_width=64),
        Column("answer", "Answer", lambda r: r.step.answer, _answer, width=260, min_width=120, stretch=True),
    ]


def _to(row: TestRow) -> Cell:
    return Cell("this workstation" if row.step.to == TRAY_RECIPIENT else row.step.to)


def _what(row: TestRow) -> Cell:
    return Cell(row.step.what, icon=_ICONS.get(row.step.what, "check"))


def _result(row: TestRow) -> Cell:
    sends = row.step.what in _ICONS
    if row.step.ok:
        return Cell("Sent" if sends else "Done", mark=Mark.OK)
    return Cell("Not sent" if sends else "Failed", mark=Mark.CRITICAL, tone=Role.CRITICAL, bold=True)


def _took(row: TestRow) -> Cell:
    return Cell(text.number(row.step.took.total_seconds(), 2), "s")


def _answer(row: TestRow) -> Cell:
    first, stop, rest = row.step.answer.partition(". ")
    tone = Role.MUTED if row.step.ok else Role.TEXT
    return Cell(first + stop.strip(), second=rest, tone=tone, tooltip=row.step.answer)


class TestPanel(Panel):
    """Button, heading and rows. `alert` gives the alert as it stands in the form, None while the form is wrong."""

    __test__ = False

    def __init__(
        self,
        context: ScreenContext,
        alert: Callable[[], Alert | None],
        clock: Callable[[], datetime],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("alert_test", "Test alert", parent=parent)
        self._context, self._alert, self._clock = context, alert, clock
        self._run = 0  # a row of an earlier test that comes late belongs to nobody
        self._count = 0
        self._failed = 0
        self._closed = False
        self.running = False
        self.model: TableModel[TestRow] = TableModel(_columns(), key=lambda row: row.at, order=lambda row: row.at)
        self.button = Button("Test alert", "alert_test_button", icon="deliveries", hint="Ctrl+T", height=24)
        self.button.clicked.connect(self.start)
        self.add_action(self.button)
        self.area = TableArea(self.model, "alert_test_table", two_lines=True)
        self.area.view.setAccessibleName("Results of the test")
        self.body.addWidget(self.area, 1)
        self._show_idle()

    def _show_idle(self) -> None:
        self.set_note("sends real messages that begin with TEST, changes no state")
        sentence = "A test tells everyone whom the alarm would tell, over the same channels."
        self.area.set_state(PageState(StateKind.EMPTY, "Not tested yet", sentence))

    def start(self) -> None:
        """Test the alert as it stands in the form."""
        if self.running:
            return
        alert = self._alert()
        if alert is None:
            self.set_note("Correct the marked fields first, then test again.", Role.WARNING)
            return
        self._run += 1
        self._count = self._failed = 0
        self.running = True
        self.button.setEnabled(False)
        self.model.set_rows([])
        *_, anybody = words.told_words(alert)
        sentence = "The messages are on their way. Each result comes as it happens."
        self.area.set_state(PageState(StateKind.LOADING, "Testing", sentence))
        begun, run = self._clock(), self._run
        service, bridge = self._context.service, self._context.bridge
        future = service.test_alert(alert, bridge.on_gui(lambda step: self._take(run, step)))
        bridge.run(
            future,
            lambda steps: self._finish(run, begun, steps, anybody),
            lambda error: self._fail(run, error),
        )

    def close_for_good(self) -> None:
        """Take no more rows: the editor is gone."""
        self._closed = True

    def _take(self, run: int, step: CheckStep) -> None:
        if self._closed or run != self._run:
            return
        self._count += 1
        self._failed += not step.ok
        self.area.set_state(None)
        self.model.upsert([TestRow(self._count, step)])

    def _finish(self, run: int, begun: datetime, steps: list[CheckStep], anybody: bool) -> None:
        if self._closed or run != self._run:
            return
        for step in steps[self._count :]:  # whatever was not told as it happened
            self._take(run, step)
        self.running = False
        self.button.setEnabled(True)
        at = text.clock_seconds(begun, prefs.zone)
        if not anybody:
            self.set_note(f"{at}: nobody would be told. Add an address, or switch the desktop message on.", Role.WARNING)
        elif self._failed:
            self.set_note(f"sent {at}: {text.plural(self._failed, 'step')} failed, nothing was changed", Role.CRITICAL)
        else:
            self.set_note(f"sent {at} with the values of now, every text begins with TEST, nothing was changed")
        if not self._count:
            sentence = "Add an address, or switch the desktop message on, and test again."
            self.area.set_state(PageState(StateKind.EMPTY, "Nobody would be told", sentence))

    def _fail(self, run: int, error: NocError) -> None:
        if self._closed or run != self._run:
            return
        self.running = False
        self.button.setEnabled(True)
        self.set_note("The test stopped", Role.CRITICAL)
        if self._count:
            self._context.messages.fail("The test stopped", error.sentence)
        else:
            self.area.set_state(PageState(StateKind.ERROR, "The test stopped", error.sentence, "Test again", self.start))
