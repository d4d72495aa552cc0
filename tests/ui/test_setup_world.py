"""The world the tests of Companies, Events and Set up play in: real store, real secrets, a real service that is not started."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QTableView, QWidget

from noc_alerts.engine.news import CompanyLine, Sampled, Snapshot, SwitchLine
from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKey, RuleKind, RuleState, Told, Transition
from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.companies import CompanyKind, CompanyStatus, Subject
from noc_alerts.model.connections import Clock, Connection, Health, HealthState, SwitchKind
from noc_alerts.model.events import Event, EventType
from noc_alerts.model.ledger import Change, Ledger
from noc_alerts.scheduler import Service
from noc_alerts.secrets import Secrets
from noc_alerts.store import Store, open_store
from ui.bridge import Bridge
from ui.commands import Commands
from ui.context import ScreenContext
from ui.messages import messages
from ui.prefs import prefs
from ui.theme import theme
from ui.widgets.buttons import LinkButton
from ui.widgets.state_panel import PageState, StatePanel

NOW = datetime.now(UTC).replace(microsecond=0)  # the screens read the clock for what is today


W = TypeVar("W", bound=QWidget)


def find(parent: QWidget, kind: type[W], name: str) -> W:
    """Give the widget of an object name."""
    found: Any = parent.findChild(kind, name)
    assert isinstance(found, kind), f"there is no {kind.__name__} {name}"
    return found


def state_of(area: QWidget, table: str) -> PageState:
    """Give the state that stands in place of a table's rows."""
    state = find(area, StatePanel, f"{table}_state").state
    assert state is not None
    return state


def press(state: PageState) -> None:
    """Do what a state offers."""
    assert state.run is not None
    state.run()


class MemoryRing:
    """A keyring that keeps in memory, or refuses."""

    priority = 5.0

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.refuses = False

    def get_password(self, service: str, username: str, /) -> str | None:
        return self.kept.get(username)

    def set_password(self, service: str, username: str, password: str, /) -> None:
        if self.refuses:
            raise RuntimeError("no")
        self.kept[username] = password

    def delete_password(self, service: str, username: str, /) -> None:
        self.kept.pop(username, None)


@dataclass
class World:
    """A profile with its service and where the screens asked to go."""

    folder: Path
    store: Store
    ring: MemoryRing
    service: Service
    bridge: Bridge
    commands: Commands
    context: ScreenContext
    gone: list[tuple[str, object]] = field(default_factory=list)

    def publish(self, snapshot: Snapshot) -> None:
        """Tell the screens how everything stands."""
        self.bridge.snapshot = snapshot
        self.bridge.rounded.emit(snapshot)

    def connect(self, name: str, kind: SwitchKind = SwitchKind.KAMAILIO, **more: Any) -> Connection:
        """Save a switch."""
        options = {"api_url": "http://127.0.0.1:9/rpc", "database_url": "postgresql://noc@127.0.0.1:9/kamailio"}
        made = Connection(None, name, kind, more.pop("options", options), Clock.OUTCOME, timedelta(seconds=10), **more)
        return self.store.connections.save(made)


def make_world(folder: Path) -> World:
    """Make a world in an empty folder."""
    store, ring = open_store(folder), MemoryRing()
    service = Service(store, Secrets(folder, keyring=ring, environ={}))
    bridge, commands, gone = Bridge(), Commands(), list[tuple[str, object]]()
    context = ScreenContext(
        service=service,
        bridge=bridge,
        theme=theme,
        messages=messages,
        commands=commands,
        window=cast(Any, None),  # these screens ask for no window
        go=lambda page, item: gone.append((page, item)),
        operator=lambda: prefs.get("operator"),
        zone=lambda: "UTC",
    )
    return World(folder, store, ring, service, bridge, commands, context, gone)


def company(
    connection_id: int, kind: CompanyKind, name: str, *, attempts: int = 294, asr: float = 44.1, alarms: int = 0, alerts: int = 1
) -> CompanyLine:
    """Make a company's line."""
    return CompanyLine(
        connection_id=connection_id,
        kind=kind,
        name=name,
        status=CompanyStatus.ACTIVE,
        currency="USD",
        asr=Sampled(asr if attempts else None, attempts),
        acd=Sampled(90.0 if attempts else None, attempts // 2),
        pdd=Sampled(2.4 if attempts else None, attempts),
        attempts=attempts,
        cps=0.5,
        channels=None,
        balance=1204.5 if kind is CompanyKind.CUSTOMER else None,
        alarms=alarms,
        alerts=alerts,
    )


def switch_line(connection: Connection, state: HealthState, *, at: datetime = NOW, sentence: str = "") -> SwitchLine:
    """Make a switch's line; a blind one was last read nine minutes ago."""
    read_at = at - (timedelta(minutes=9) if state is HealthState.BLIND else timedelta(seconds=4))
    health = Health(connection.id or 0, state, sentence, read_at=read_at, next_try_at=at + timedelta(seconds=18), tries=6)
    return SwitchLine(connection, health, read_at, 5.6, 118.0)


def snapshot(
    switches: list[SwitchLine], companies: list[CompanyLine], alarms: tuple[Alarm, ...] = (), at: datetime = NOW
) -> Snapshot:
    """Make a picture of everything."""
    return Snapshot(at, tuple(switches), tuple(companies), (), alarms, 0, at, at + timedelta(seconds=8))


def alarm_of(connection_id: int, name: str, level: NoticeLevel = NoticeLevel.CRITICAL, alarm_id: int | None = None) -> Alarm:
    """Make an alarm of a carrier."""
    key = RuleKey(RuleKind.ALERT, 1, connection_id, Subject.company(CompanyKind.CARRIER, name))
    raised = NOW - timedelta(minutes=14)
    return Alarm(alarm_id, key, f"Low ASR, {name}", level, "ASR", "%", "< 30 %", raised, 5.4, 294, 4.2, NOW)


def raise_alarm(store: Store, connection_id: int, name: str = "bravo") -> int:
    """Write an alarm with its transitions and its event; give its id."""
    alarm = alarm_of(connection_id, name)

    def change(minutes: int, before: Phase, after: Phase, reason: Reason, words: str, told: str, of: Alarm | None) -> Change:
        at = NOW - timedelta(minutes=minutes)
        event = (
            Event(at, EventType.ALARM, alarm.title, alarm.key.subject.label, words, connection_id=connection_id) if of else None
        )
        transition = Transition(alarm.key, at, before, after, reason, 5.1, 294, words, None, told)
        return Change(transition, RuleState(alarm.key, after, at, 0, None), of, event)

    store.alarms.commit(
        Ledger((change(15, Phase.NORMAL, Phase.PENDING, Reason.BREACHED, "ASR 5.1 % < 30 %, first time below.", "", None),))
    )
    raised = change(14, Phase.PENDING, Phase.RAISED, Reason.HELD, "ASR 5.4 % < 30 % for 1 min.", Told.NO_RECIPIENT, alarm)
    kept = store.alarms.commit(Ledger((raised,)))
    made = kept.changes[0].alarm
    assert made is not None and made.id is not None
    return made.id


def unnamed(page: QWidget) -> list[str]:
    """Give the interactive widgets without an object name or an accessible name; a link without words is not shown."""
    found = []
    for widget in page.findChildren(QWidget):
        inner = isinstance(widget.parent(), QComboBox | QLineEdit | QTableView)
        wordless = isinstance(widget, LinkButton) and not widget.text()
        if inner or wordless or not isinstance(widget, QAbstractButton | QLineEdit | QComboBox | QTableView):
            continue
        spoken = widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
        if not (widget.objectName() and spoken):
            found.append(f"{type(widget).__name__} {widget.objectName()!r}")
    return found
