"""The world the tests of Templates, Scripts and Contacts play in: a real window, store and script runner, no engine."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from test_setup_world import company, snapshot, switch_line

from noc_alerts.engine.news import Rounded
from noc_alerts.model.alerts import Alert, Area, Operator, Scope
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import Clock, Connection, HealthState, SwitchKind
from noc_alerts.model.scripts import Outcome
from noc_alerts.scripts.runner import run
from noc_alerts.store import Store, open_store
from ui.bridge import Bridge
from ui.commands import Commands
from ui.contacts import page as contacts_page
from ui.context import ScreenContext
from ui.main_window import MainWindow
from ui.messages import messages
from ui.rail import Group, PageSpec
from ui.scripts import page as scripts_page
from ui.setup.items_page import ItemsPage
from ui.templates import page as templates_page
from ui.theme import theme

NOW = datetime.now(UTC).replace(microsecond=0)
DATA = {"company": {"kind": "carrier", "name": "bravo"}, "readings": [], "factors": [], "calls": [], "now": NOW}


@dataclass
class ScriptService:
    """Runs scripts as the real service does, by the real runner on a thread of its own, over data that is always the same."""

    store: Store
    soons: int = 0
    asked: list[tuple[int | None, tuple[CompanyKind, str] | None, timedelta]] = field(default_factory=list)
    demo: bool = False
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def soon(self) -> None:
        self.soons += 1

    def run_script(
        self, source: str, *, connection_id: int | None, company: tuple[CompanyKind, str] | None, period: timedelta
    ) -> Future[Outcome]:
        self.asked.append((connection_id, company, period))
        return self._thread.submit(run, source, DATA)


@dataclass
class World:
    """Everything a test needs at hand."""

    store: Store
    service: ScriptService
    bridge: Bridge
    commands: Commands
    window: MainWindow
    context: ScreenContext
    went: list[tuple[str, object | None]]
    switch: Connection

    def open(self, page: str) -> ItemsPage[Any]:
        """Open one of the three pages."""
        made = self.window.open_page(page)
        assert isinstance(made, ItemsPage)
        return made

    def go(self, page: str, item: str) -> Any:
        """Open an item as another screen does, and give its editor."""
        made = self.open(page)
        made.show_item(item)
        return made.editor

    def round(self, state: HealthState = HealthState.FRESH, *, switches: bool = True) -> None:
        """Tell how everything stands: one switch with two companies, or none."""
        connection = self.switch
        companies = [
            company(connection.id or 0, CompanyKind.CARRIER, "bravo"),
            company(connection.id or 0, CompanyKind.CUSTOMER, "acme"),
        ]
        picture = snapshot([switch_line(connection, state)], companies) if switches else snapshot([], [])
        self.bridge.hear(Rounded(picture))
        QApplication.processEvents()

    def press(self, keys: str) -> None:
        """Press keys as a person does, where the focus is."""
        focus = QApplication.focusWidget() or self.window
        combination = QKeySequence(keys)[0]
        QTest.keyClick(focus, combination.key(), combination.keyboardModifiers())
        QApplication.processEvents()

    def alert(self, title: str, **more: Any) -> Alert:
        """Save an alert."""
        fields: dict[str, Any] = {"area": Area.ASR, "operator": Operator.LT, "threshold": 30.0, "min_calls": 50}
        return self.store.alerts.save(Alert(None, title, Scope(CompanyKind.CARRIER, ("bravo",)), **(fields | more)))


@contextmanager
def make_world(folder: Path, qtbot: Any, size: tuple[int, int] = (1440, 900)) -> Iterator[World]:
    """Make a world in an empty folder, with its window shown."""
    store = open_store(folder)
    switch = store.connections.save(
        Connection(
            None, "lon-1", SwitchKind.KAMAILIO, {"api_url": "http://127.0.0.1:9/rpc"}, Clock.OUTCOME, timedelta(seconds=10)
        )
    )
    service, bridge, commands, went = ScriptService(store), Bridge(), Commands(), list[tuple[str, object | None]]()
    contexts: list[ScreenContext] = []
    specs = [
        PageSpec("templates", "Templates", "templates", Group.SET_UP, lambda: templates_page.make_page(contexts[0])),
        PageSpec("scripts", "Scripts", "scripts", Group.SET_UP, lambda: scripts_page.make_page(contexts[0])),
        PageSpec("contacts", "Contacts", "contacts", Group.SET_UP, lambda: contacts_page.make_page(contexts[0])),
    ]
    window = MainWindow(specs, commands)
    contexts.append(
        ScreenContext(
            cast(Any, service),
            bridge,
            theme,
            messages,
            commands,
            window,
            lambda page, item: went.append((page, item)),
            lambda: "mira",
            lambda: "UTC",
        )
    )
    qtbot.addWidget(window)
    window.resize(*size)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield World(store, service, bridge, commands, window, contexts[0], went, switch)
    service._thread.shutdown()
    QApplication.processEvents()
    store.close()


def type_into(widget: QWidget, words: str) -> None:
    """Type words where the focus then is."""
    widget.setFocus(Qt.FocusReason.OtherFocusReason)
    QTest.keyClicks(QApplication.focusWidget() or widget, words)
