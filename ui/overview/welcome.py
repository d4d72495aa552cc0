"""The first run: three ways to the first useful picture, and what of the messages works already.

Runs on the window's thread. Shown by the Overview while there is no connection.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QProcess, Qt
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

import noc_alerts
from noc_alerts.model.errors import StoreError
from noc_alerts.settings import Messages, load
from ui import icons
from ui.theme import CONTROL_LARGE, FontRole, Role, theme
from ui.widgets.buttons import Button, PrimaryButton
from ui.widgets.labels import Label
from ui.widgets.page import Panel, scrolled

if TYPE_CHECKING:
    from ui.context import ScreenContext

Start = Callable[[str, Sequence[str], str], bool]
_WIDTH = 1120


def start_apart(program: str, arguments: Sequence[str], folder: str) -> bool:
    """Start a process that outlives this one; tell whether it began."""
    began, _pid = QProcess.startDetached(program, list(arguments), folder)
    return bool(began)


def demo_command() -> tuple[str, list[str], str]:
    """Return program, arguments and folder that start the demo: the packaged program itself, else Python with the module."""
    if getattr(sys, "frozen", False):
        return sys.executable, ["demo"], str(Path(sys.executable).parent)
    return sys.executable, ["-m", "noc_alerts", "demo"], str(Path(noc_alerts.__file__).parent.parent)


class _Drawing(QWidget):
    """The drawing of a card."""

    def __init__(self, name: str, role: Role, side: int = 32) -> None:
        super().__init__()
        self._name, self._role, self._side = name, role, side
        self.setFixedSize(theme.px(side), theme.px(side))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        icons.draw(painter, self._name, QPointF(self.width() / 2, self.height() / 2), self._side, self._role)
        painter.end()


class _Card(Panel):
    """One way: drawing, title, what it is for, its steps, a promise, its button."""

    def __init__(
        self, name: str, icon: str, title: str, sentence: str, steps: Sequence[str], promise: str, button: Button
    ) -> None:
        super().__init__(name)
        self.setAccessibleName(title)
        self.set_padding(24, 24)
        self.body.setSpacing(6)
        strong = isinstance(button, PrimaryButton)
        self.body.addWidget(_Drawing(icon, Role.ACCENT if strong else Role.MUTED))
        self.body.addSpacing(8)
        self.body.addWidget(Label(title, Role.TEXT, FontRole.PAGE_TITLE))
        self.body.addWidget(Label(sentence, Role.MUTED, wrap=True))
        self.body.addSpacing(10)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for at, step in enumerate(steps):
            grid.addWidget(Label(str(at + 1), Role.MUTED), at, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(Label(step, Role.TEXT, wrap=True), at, 1)
        self.body.addLayout(grid)
        self.body.addStretch(1)
        self.body.addSpacing(16)
        self.body.addWidget(Label(promise, Role.MUTED, FontRole.CAPTION, wrap=True))
        self.body.addSpacing(4)
        self.body.addWidget(button)


class Welcome(QWidget):
    """The page of the first run. `start` begins a process; tests give their own."""

    def __init__(self, context: ScreenContext, start: Start = start_apart, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._start = context, start
        self.setObjectName("welcome")
        self.setAccessibleName("Welcome")
        self.connect_button = PrimaryButton("Connect a switch…", "welcome_connect", hint="1", height=CONTROL_LARGE)
        self.import_button = Button("Open call records…", "welcome_import", hint="2", height=CONTROL_LARGE)
        self.demo_button = Button("Start the demo", "welcome_demo", hint="3", height=CONTROL_LARGE)
        self.messages_button = Button("Set up messages…", "welcome_messages")
        self.told = Label("", Role.TEXT, wrap=True, name="welcome_told")
        self._lay_out()
        ways = (
            (self.connect_button, self.connect_switch),
            (self.import_button, self.open_records),
            (self.demo_button, self.start_demo),
        )
        for at, (button, run) in enumerate(ways):
            button.clicked.connect(run)
            shortcut = QShortcut(QKeySequence(str(at + 1)), self)
            shortcut.setObjectName(f"welcome_key_{at + 1}")
            shortcut.activated.connect(run)
        self.messages_button.clicked.connect(lambda: context.go("settings", "messages"))
        self.refresh()

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 24, 0, 24)
        column.setSpacing(0)
        column.addWidget(
            Label("Welcome. Nothing is watched yet.", Role.TEXT, FontRole.KEY_VALUE, wrap=True, name="welcome_title")
        )
        column.addSpacing(8)
        sentence = (
            "This program watches call quality and balances on your switches and tells people when a limit is crossed. "
            "Choose where the calls come from."
        )
        column.addWidget(Label(sentence, Role.MUTED, FontRole.LEAD, wrap=True))
        column.addSpacing(28)
        column.addLayout(self._cards())
        column.addSpacing(28)
        column.addWidget(self._told_panel())
        column.addStretch(1)
        content.setMaximumWidth(theme.px(_WIDTH))
        host = QWidget()
        across = QHBoxLayout(host)
        across.setContentsMargins(16, 0, 16, 0)
        across.addStretch(1)
        across.addWidget(content, 100)
        across.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(host, "welcome_scroll"))

    def _cards(self) -> QHBoxLayout:
        cards = QHBoxLayout()
        cards.setSpacing(16)
        connect = _Card(
            "welcome_card_connect",
            "switches",
            "Connect a switch",
            "ConnexCS, or Kamailio with its call records in a database.",
            (
                "Choose the kind, enter address and key",
                "Test each step of reading it",
                "Set the first limits on its customers and carriers",
            ),
            "Reading rights are enough.",
            self.connect_button,
        )
        records = _Card(
            "welcome_card_import",
            "file",
            "Open call records",
            "CSV files of calls, for looking back and for trying limits.",
            (
                "Choose the files, check the columns found",
                "See ASR, ACD and PDD by carrier and customer",
                "Look at any stretch of time in Charts",
            ),
            "The files stay on this computer.",
            self.import_button,
        )
        demo = _Card(
            "welcome_card_demo",
            "play",
            "Try the demo",
            "A built-in switch with 12 customers and 6 carriers. One carrier fails soon after the start.",
            (
                "Calls come in as they would at night",
                "Watch the first alarm arrive and acknowledge it",
                "Move a limit and see what follows",
            ),
            "Kept apart from your data. The title always says Demo, and nothing is sent.",
            self.demo_button,
        )
        for card in (connect, records, demo):
            cards.addWidget(card, 1)
        return cards

    def _told_panel(self) -> Panel:
        panel = Panel("welcome_told_panel")
        panel.set_padding(16, 12)
        across = QHBoxLayout()
        across.setSpacing(16)
        across.addWidget(_Drawing("info", Role.MUTED, 18))
        across.addWidget(self.told, 1)
        across.addWidget(self.messages_button)
        panel.body.addLayout(across)
        return panel

    def refresh(self) -> None:
        """Say anew what of the messages works."""
        tray = bool(self._context.window.property("tray_available"))
        try:
            mail = load(self._context.service.store.settings, Messages).smtp is not None
        except StoreError as error:
            self.told.set(error.sentence)
            return
        self.told.set(told_sentence(tray=tray, mail=mail))

    def showEvent(self, event: object) -> None:
        """Give the first way the focus, so that Enter and the keys work at once."""
        super().showEvent(event)  # type: ignore[arg-type]  # QShowEvent, kept untyped to not import it for one call
        self.refresh()
        self.connect_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def connect_switch(self) -> None:
        """Open the form of a new switch."""
        self._context.go("switches", "new")

    def open_records(self) -> None:
        """Open the import of call records."""
        from ui.setup.import_dialog import ImportDialog  # on first use: it is not needed for the first paint

        ImportDialog(self._context, self.window()).open()

    def start_demo(self) -> None:
        """Start the demo as a program of its own and say so."""
        program, arguments, folder = demo_command()
        if self._start(program, arguments, folder):
            self._context.messages.say("The demo opens in a window of its own; its title says Demo")
        else:
            sentence = "The system did not start a second program. Run noc-alerts demo in a terminal to see why."
            self._context.messages.fail("The demo was not started", sentence)


def told_sentence(*, tray: bool, mail: bool) -> str:
    """Say who would be told of an alarm as things are set up now."""
    if tray and mail:
        return "Messages on this desktop work, and e-mail is set up."
    if tray:
        return "Messages on this desktop work. E-mail is not set up, so nobody else would be told."
    if mail:
        return "E-mail is set up. This desktop has no notification area, so here alarms show only in this window."
    return "This desktop has no notification area and e-mail is not set up, so alarms would show only in this window."
