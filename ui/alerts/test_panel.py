"""The Test alert panel: which company, which channels, then one row for each hop, as it comes.

Runs on the window's thread; the test itself runs in the service, which sends real messages marked TEST.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from noc_alerts.model.alerts import Alert
from noc_alerts.model.connections import CheckStep
from noc_alerts.model.deliveries import Channel
from noc_alerts.model.errors import NocError
from noc_alerts.notify.policy import TRAY_RECIPIENT
from ui import text
from ui.alerts import words
from ui.alerts.chart_pane import Choice
from ui.marks import Mark
from ui.prefs import prefs
from ui.table_columns import resize_within
from ui.tables import Align, Cell, Column, TableModel
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import Button, Chip
from ui.widgets.fields import ComboBox
from ui.widgets.labels import Label
from ui.widgets.page import Panel
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.context import ScreenContext

_ICONS = {"E-mail": "mail", "Tray": "tray", "SMS": "sms"}
_HOPS = {"Write the text": "templates", "Script": "scripts", "Tell": "contacts", "Block": "blocks"}
_CHANNELS = {Channel.TRAY: ("Tray", "tray"), Channel.EMAIL: ("E-mail", "mail"), Channel.SMS: ("SMS", "sms")}
_WORST = "the worst now"
_IDLE = "sends real messages that begin with TEST, changes no state, places no block"


@dataclass(frozen=True, slots=True)
class TestRow:
    """One step of a test, with its place in the order."""

    __test__ = False

    at: int
    step: CheckStep


def _columns() -> list[Column[TestRow]]:
    return [
        Column("what", "Step", lambda r: r.step.what, _what, width=132, min_width=124, fixed=True),
        Column("to", "To", lambda r: r.step.to, _to, width=160, min_width=72),
        Column("result", "Result", lambda r: r.step.ok, _result, width=104, min_width=96),
        Column("took", "Took", lambda r: r.step.took.total_seconds(), _took, align=Align.RIGHT, width=72, min_width=64),
        Column("answer", "Answer", lambda r: r.step.answer, _answer, width=260, min_width=120, stretch=True),
    ]


def _to(row: TestRow) -> Cell:
    return Cell("this workstation" if row.step.to == TRAY_RECIPIENT else row.step.to)


def _what(row: TestRow) -> Cell:
    return Cell(row.step.what, icon=_ICONS.get(row.step.what) or _HOPS.get(row.step.what, "check"))


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
    more = f"{row.step.answer}\nEnter shows the text." if row.step.text else row.step.answer
    return Cell(first + stop.strip(), second=rest, tone=tone, tooltip=more)


class TextDialog(QDialog):
    """The exact text of one step, as it went out."""

    def __init__(self, step: CheckStep, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("alert_test_text_dialog")
        to = "this workstation" if step.to == TRAY_RECIPIENT else step.to
        self.setWindowTitle(", ".join(part for part in (step.what, to) if part))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        resize_within(self, parent, 680, 440)
        took = text.Shown(text.number(step.took.total_seconds(), 2), "s").joined
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(Label(self.windowTitle(), Role.TEXT, FontRole.SECTION, name="alert_test_text_title"))
        answer = f"{step.answer} Took {took}." if step.answer.endswith(".") else f"{step.answer}. Took {took}."
        tone = Role.MUTED if step.ok else Role.CRITICAL
        column.addWidget(Label(answer, tone, FontRole.BODY, wrap=True, name="alert_test_text_answer"))
        self.sent = QPlainTextEdit(step.text or "Nothing was written in this step.")
        self.sent.setObjectName("alert_test_text")
        self.sent.setAccessibleName("The text as it was sent" if step.text else "No text")
        self.sent.setReadOnly(True)
        theme.set_font(self.sent, FontRole.MONO)
        column.addWidget(self.sent, 1)
        close = Button("Close", "alert_test_text_close", hint="Esc")
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        column.addLayout(foot)
        self.sent.setFocus()


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
        self._offered: list[tuple[object, str]] = []
        self._run = 0  # a row of an earlier test that comes late belongs to nobody
        self._count = 0
        self._failed = 0
        self._closed = False
        self.running = False
        self.model: TableModel[TestRow] = TableModel(_columns(), key=lambda row: row.at, order=lambda row: row.at)
        self.button = Button("Test alert", "alert_test_button", icon="deliveries", hint="Ctrl+T", height=24)
        self.button.clicked.connect(self.start)
        self.add_action(self.button)
        self.subject = ComboBox("alert_test_subject")
        self.subject.setAccessibleName("Company the test is made with")
        self.subject.set_choices([(None, _WORST)])
        self.channels = {
            channel: Chip(said, f"alert_test_{channel.value}", icon=icon) for channel, (said, icon) in _CHANNELS.items()
        }
        self.area = TableArea(self.model, "alert_test_table", two_lines=True)
        self.area.view.setAccessibleName("Results of the test")
        self.area.view.opened.connect(self.show_text)
        self.area.view.clicked.connect(lambda index: self.show_text(self.model.key_at(index.row())))
        self.body.setSpacing(0)
        self.body.addLayout(self._make_choices())
        self.body.addWidget(self.area, 1)
        self._show_idle()

    def _make_choices(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(8)
        theme.follow(self.subject, self._fit)
        row.addWidget(Label("With", Role.MUTED))
        row.addWidget(self.subject, 1)
        for chip in self.channels.values():
            chip.setChecked(True)
            row.addWidget(chip)
        row.addStretch(1)
        return row

    def _fit(self) -> None:
        self.subject.setMinimumWidth(theme.px(148))
        self.subject.setMaximumWidth(theme.px(220))

    def offer(self, choices: list[tuple[Choice, str]]) -> None:
        """Offer these companies beside the worst one; the one chosen stays where it is still there."""
        offered: list[tuple[object, str]] = [(None, _WORST), *choices]
        if offered != self._offered:
            self._offered = offered
            self.subject.set_choices(offered)
            if self.subject.currentIndex() < 0:
                self.subject.setCurrentIndex(0)

    @property
    def chosen(self) -> frozenset[Channel] | None:
        """Return the channels that are on, None for all of them."""
        on = frozenset(channel for channel, chip in self.channels.items() if chip.isChecked())
        return None if len(on) == len(self.channels) else on

    def show_text(self, key: object) -> TextDialog | None:
        """Show the exact text of a row, or its answer where nothing was sent."""
        row = self.model.find(key)
        if row is None:
            return None
        dialog = TextDialog(row.step, self.window())
        dialog.open()
        return dialog

    def _show_idle(self) -> None:
        self.set_note(_IDLE)
        sentence = "A test tells everyone whom the alarm would tell."
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
        chosen = self.chosen
        anybody = words.told_words(alert)[2] and chosen != frozenset()
        sentence = "The messages are on their way. Each result comes as it happens."
        self.area.set_state(PageState(StateKind.LOADING, "Testing", sentence))
        begun, run = self._clock(), self._run
        service, bridge = self._context.service, self._context.bridge
        progress = bridge.on_gui(lambda step: self._take(run, step))
        future = service.test_alert(alert, progress, subject=self.subject.currentData(), channels=chosen)
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
        if not self.chosen and self.chosen is not None:
            self.set_note(f"{at}: no channel is chosen, so nothing was sent", Role.WARNING)
        elif not anybody:
            self.set_note(f"{at}: nobody would be told. Add an address, or switch the desktop message on.", Role.WARNING)
        elif self._failed:
            self.set_note(f"sent {at}: {text.plural(self._failed, 'step')} failed, nothing was changed", Role.CRITICAL)
        else:
            self.set_note(f"sent {at} with the values of now, every text begins with TEST, nothing was changed or blocked")
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
