"""Ties the core to the frame: store, service, bridge, tray, counts of the rail, status bar. Imported after the first paint."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime

from PySide6.QtCore import QObject

from noc_alerts.demo import MemoryKeyring, demo_switch
from noc_alerts.engine.news import Snapshot, SwitchLine
from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.connections import HealthState
from noc_alerts.paths import Profile
from noc_alerts.scheduler import Service, utc_now
from noc_alerts.secrets import Secrets
from noc_alerts.store import open_store
from ui import text
from ui.bridge import Bridge
from ui.commands import Command, Commands, Menu
from ui.companies.rows import aged
from ui.context import ScreenContext
from ui.finding import StoreFinder
from ui.main_window import MainWindow
from ui.marks import Mark
from ui.messages import messages
from ui.prefs import prefs
from ui.quitting import bring_up
from ui.setup.unlocking import UNLOCK_WORDS, LockBell, Unlocker
from ui.status_bar import SwitchStatus
from ui.text import AgeState
from ui.theme import theme
from ui.tray import Desktop, TrayIcon

_HEALTH_MARK = {
    HealthState.FRESH: Mark.OK,
    HealthState.WAITING: Mark.NOTICE,
    HealthState.LATE: Mark.WARNING,
    HealthState.BLIND: Mark.BLIND,
    HealthState.OFF: Mark.NOTICE,
}
# The engine's own verdict, not a second one from the age: a slow read must not be called blind here and fresh elsewhere.
_HEALTH_AGE = {
    HealthState.FRESH: AgeState.FRESH,
    HealthState.WAITING: AgeState.FRESH,
    HealthState.LATE: AgeState.LATE,
    HealthState.BLIND: AgeState.BLIND,
    HealthState.OFF: AgeState.FRESH,
}


def wire(
    window: MainWindow, commands: Commands, profile: Profile, stack: ExitStack, *, demo: bool
) -> tuple[ScreenContext, Frame]:
    """Build the core, tie it to the window, start it. Raises NocError when the profile cannot be opened."""
    store = open_store(profile.folder)
    stack.callback(store.close)
    bell = LockBell(window)
    secrets = Secrets(profile.folder, keyring=MemoryKeyring() if demo else None, ask=bell.ring)
    if demo:
        stack.enter_context(demo_switch(store, secrets, utc_now()))
    service = Service(store, secrets, demo=demo)
    stack.callback(service.stop)
    bridge = Bridge(window)

    def go(page: str, item: object | None = None) -> None:
        widget = window.open_page(page)
        show_item = getattr(widget, "show_item", None)
        if item is not None and show_item is not None:
            show_item(item)

    context = ScreenContext(
        service, bridge, theme, messages, commands, window, go, lambda: prefs.get("operator"), lambda: prefs.get("zone", "UTC")
    )
    frame = Frame(context, demo=demo)
    unlocker = Unlocker(context, bell)
    commands.add(Command("tools.unlock", UNLOCK_WORDS, Menu.TOOLS), unlocker.unlock)
    bridge.rounded.connect(frame.on_rounded)
    bridge.store_trouble.connect(frame.on_store_trouble)
    bridge.deliveries_changed.connect(frame.show_waiting)
    service.listen(bridge.hear)
    service.show_on_tray(frame.desktop)
    service.start()
    return context, frame


class Frame(QObject):
    """Keeps the frame true: counts in the rail, the status bar, the tray, what Ctrl+K finds."""

    def __init__(self, context: ScreenContext, *, demo: bool) -> None:
        super().__init__(context.window)  # what it is connected to lets go of it together with the window
        self._context = context
        window = context.window
        actions = [
            ("Open noc_alerts", self._bring_up),
            ("Read all switches now", context.service.read_now),
            ("Quit", window.quit_asked.emit),
        ]
        self.tray = TrayIcon(window, actions, demo=demo)
        self.desktop = Desktop(self.tray)
        window.setProperty("tray_available", self.tray.available)
        bar = window.status_bar
        bar.switch_clicked.connect(lambda key: context.go("switches", int(key)))
        bar.age_clicked.connect(lambda key: context.go("switches", int(key)))
        bar.more_clicked.connect(lambda: context.go("switches", None))
        bar.outbox_clicked.connect(lambda: context.go("deliveries", None))
        bar.check_clicked.connect(context.service.read_now)
        finder = StoreFinder(context.service.store, lambda: context.bridge.snapshot, context.go)
        window.add_provider(finder.find)
        window.top_bar.set_operator(prefs.get("operator") or "no operator yet")
        prefs.changed.connect(self._on_pref_changed)

    def _bring_up(self) -> None:
        bring_up(self._context.window)

    def _on_pref_changed(self, name: str) -> None:
        if name == "operator":
            self._context.window.top_bar.set_operator(prefs.get("operator") or "no operator yet")

    def on_rounded(self, snapshot: Snapshot) -> None:
        """Show how everything stands."""
        window = self._context.window
        now = datetime.now(UTC)
        self.tick(now)
        window.status_bar.set_check(snapshot.checked_at, snapshot.next_at, now)
        self.show_waiting(snapshot.waiting)
        critical = sum(a.level is NoticeLevel.CRITICAL and a.acked_at is None for a in snapshot.alarms)
        window.set_count("overview", critical, Mark.CRITICAL)
        window.set_count("alerts", len(snapshot.alerts))
        window.set_count("companies", len(snapshot.companies))
        blind = sum(line.health.state is HealthState.BLIND for line in snapshot.switches)
        window.set_count("switches", blind, Mark.BLIND, "blind")
        self.tray.show_snapshot(snapshot)

    def show_waiting(self, waiting: int) -> None:
        """Show how many messages wait, in the status bar and in the rail."""
        self._context.window.status_bar.set_outbox(waiting, False)
        self._context.window.set_count("deliveries", waiting)

    def tick(self, now: datetime) -> None:
        """Let the ages of the switches' data grow."""
        snapshot = self._context.bridge.snapshot
        if snapshot is not None:
            lines = [self._status(line, now) for line in aged(snapshot, now).switches]
            self._context.window.status_bar.set_switches([line for line in lines if line is not None])

    def on_store_trouble(self, sentence: str) -> None:
        """Say once that nothing can be kept, and when it can again."""
        if sentence:
            messages.fail("The store cannot keep anything now", f"{sentence} Nothing is judged until it can.")
        else:
            messages.say("The store keeps everything again.")

    def _status(self, line: SwitchLine, now: datetime) -> SwitchStatus | None:
        if line.health.state is HealthState.OFF:
            return None
        connection = line.connection
        read_at = line.health.read_at
        state = _HEALTH_AGE[line.health.state]
        if read_at is None:
            words = "no answer yet" if state is AgeState.BLIND else "reading"
        else:
            words = text.age(read_at, now, connection.poll).text
        key = str(connection.id)
        return SwitchStatus(key, connection.name, _HEALTH_MARK[line.health.state], words, state, line.health.sentence)
