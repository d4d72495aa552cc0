"""The composition root: builds everything in order and runs the window.

The bare window is painted first; the core is imported and started right after, so that the screen is not empty meanwhile.
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import delete

from noc_alerts.logs import since_start, start_logging
from noc_alerts.model.errors import NocError
from noc_alerts.paths import default_folder, hold, open_profile
from ui.collector import Collector
from ui.commands import Command, Commands, Menu
from ui.frame_commands import kept_look
from ui.main_window import MainWindow
from ui.messages import Choice, Question, Weight, messages
from ui.prefs import prefs
from ui.quitting import Quitting
from ui.rail import Group, PageSpec
from ui.theme import theme

if TYPE_CHECKING:
    from noc_alerts.engine.news import Snapshot
    from noc_alerts.paths import Profile
    from ui.context import ScreenContext
    from ui.wiring import Frame

log = logging.getLogger(__name__)
TICK_MS = 1000


class _FirstPaint(QObject):
    """Calls back once the window was painted for the first time: what comes after does not hold up the first picture."""

    def __init__(self, window: QWidget, then: Callable[[], None]) -> None:
        super().__init__(window)
        self._window = window
        self._then = then
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Wait for the first paint."""
        if event.type() is QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            log.info("first paint %.2f s after start", since_start())
            QTimer.singleShot(0, self._then)
        return super().eventFilter(watched, event)


class App:
    """The running window: owns the service, its bridge, the pages and the tray."""

    def __init__(self, profile: Profile, stack: ExitStack, *, demo: bool) -> None:
        self._profile = profile
        self._stack = stack
        self._demo = demo
        self.context: ScreenContext | None = None
        self._frame: Frame | None = None
        self._quitting = False
        self.commands = Commands()
        self.window = MainWindow(self._pages(), self.commands, demo=demo)
        self._timer = QTimer(self.window)
        self._timer.timeout.connect(self._on_tick)
        self._collector = Collector()
        self._quitter = Quitting(self.window, self.quit)

    def _pages(self) -> list[PageSpec]:
        def page(name: str, module: str) -> QWidget:
            from importlib import import_module

            widget: QWidget = import_module(module).make_page(self.context)
            return widget

        watch, setup = Group.WATCH, Group.SET_UP
        table = (
            ("overview", "Overview", "overview", watch, "ui.overview.page", "Ctrl+1"),
            ("alerts", "Alerts", "alerts", watch, "ui.alerts.page", "Ctrl+2"),
            ("charts", "Charts", "charts", watch, "ui.charts.page", "Ctrl+4"),
            ("companies", "Companies", "companies", watch, "ui.companies.page", "Ctrl+5"),
            ("events", "Events", "events", watch, "ui.events.page", "Ctrl+7"),
            ("deliveries", "Deliveries", "deliveries", watch, "ui.deliveries.page", "Ctrl+8"),
            ("templates", "Templates", "templates", setup, "ui.templates.page", ""),
            ("scripts", "Scripts", "scripts", setup, "ui.scripts.page", ""),
            ("contacts", "Contacts", "contacts", setup, "ui.contacts.page", ""),
            ("switches", "Switches", "switches", setup, "ui.setup.switches_page", ""),
            ("settings", "Settings", "settings", setup, "ui.setup.settings_page", "Ctrl+,"),
        )
        return [
            PageSpec(key, title, icon, group, lambda key=key, module=module: page(key, module), keys)  # type: ignore[misc]  # the defaults bind the loop's values
            for key, title, icon, group, module, keys in table
        ]

    def build(self) -> None:
        """Start the core and open the first page; called once the bare window was painted."""
        from ui.wiring import wire

        self._collector.start()  # before there are threads that could collect widgets
        try:
            self.context, self._frame = wire(self.window, self.commands, self._profile, self._stack, demo=self._demo)
        except NocError as error:
            messages.fail("Nothing is watched", error.sentence)
            return
        self.window.quit_asked.connect(self.ask_quit)
        self.window.close_guard = self._on_close_asked
        self.commands.add(Command("tools.read", "&Read all switches now", Menu.TOOLS, "F5"), self.context.service.read_now)
        self.context.bridge.rounded.connect(self._on_rounded)
        self.window.start_page("overview")
        self._on_tick()
        self._timer.start(TICK_MS)

    def _on_rounded(self, snapshot: Snapshot) -> None:
        """Note when the first live data is on the screen."""
        if any(line.as_of is not None for line in snapshot.switches):
            log.info("first data %.2f s after start", since_start())
            assert self.context is not None  # it announced the snapshot
            self.context.bridge.rounded.disconnect(self._on_rounded)

    def _on_tick(self) -> None:
        now = datetime.now(UTC)
        self.window.tick(now)
        if self._frame is not None:
            self._frame.tick(now)

    def _on_close_asked(self) -> bool:
        """Hide into the tray where there is one, else ask whether to quit."""
        if self._quitting:
            return True
        tray = self.window.property("tray_available")
        if not tray:
            self.ask_quit()
            return False
        if prefs.get("hides_told") != "yes":
            prefs.put("hides_told", "yes")
            question = Question(
                "hide",
                "Keep watching?",
                "The window hides and noc_alerts goes on watching from the notification area. Its icon brings the window back.",
                (Choice("quit", "Quit", apart=True), Choice("hide", "Hide and keep watching", Weight.PRIMARY)),
                harmless="hide",
            )
            messages.ask(self.window, question, self._on_hide_answer)
            return False
        self.window.hide()
        return False

    def _on_hide_answer(self, key: str) -> None:
        if key == "quit":
            # Later: the question that was answered is still there.
            QTimer.singleShot(0, self.window, lambda: self._quitter.ask(confirmed=True))
        else:
            self.window.hide()

    def ask_quit(self) -> None:
        """Ask before the watching stops, and what becomes of changes that are not saved."""
        self._quitter.ask()

    def quit(self) -> None:
        """End the program; what is due stays due."""
        self._quitting = True
        self.window.keep()
        QApplication.quit()

    def destroy(self) -> None:
        """Delete the window and everything in it, on this thread and in Qt's order, once the core has stopped."""
        self._timer.stop()
        self.context = self._frame = None
        delete(self.window)
        self._collector.stop()


def run_window(folder: Path | None, *, demo: bool, verbose: bool) -> int:
    """Open the window and run until it is quit. Gives the exit code."""
    if folder is None and demo:
        folder = default_folder() / "demo"
    profile = open_profile(folder)
    start_logging(profile.log_folder, verbose=verbose)
    with ExitStack() as stack:
        stack.enter_context(hold(profile))
        QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontShowIconsInMenus, True)
        # a thread that wants the interpreter waits this long for it: at 5 ms a busy engine would hold up every key press
        sys.setswitchinterval(0.0005)
        application = QApplication(sys.argv[:1])
        application.setApplicationName("noc_alerts")
        application.setDesktopFileName("noc-alerts")
        application.setQuitOnLastWindowClosed(False)
        prefs.use(QSettings(str(profile.folder / "window.ini"), QSettings.Format.IniFormat))
        theme.start(*kept_look())
        app = App(profile, stack, demo=demo)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: app.quit())
        _FirstPaint(app.window, app.build)
        app.window.show()
        code = application.exec()
    app.destroy()
    return code
