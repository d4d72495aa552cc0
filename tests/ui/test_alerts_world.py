"""The world the tests of the Alerts screen play in: a real store, a service that records, a picture of two switches."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from noc_alerts.engine.news import AlertLine, ChartSpec, CompanyLine, Frame, Rounded, Sampled, Snapshot, SwitchLine
from noc_alerts.metrics.series import Points
from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKey, RuleKind, RuleState, Transition, Verdict
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import CompanyKind, CompanyStatus, Subject
from noc_alerts.model.connections import CheckStep, Connection, Health, HealthState, SwitchKind
from noc_alerts.model.deliveries import Channel
from noc_alerts.model.ledger import Change, Ledger
from noc_alerts.store import Store
from ui.alerts.editor import AlertEditor
from ui.alerts.page import AlertsPage
from ui.bridge import Bridge
from ui.commands import Commands
from ui.context import ScreenContext
from ui.main_window import MainWindow
from ui.messages import messages
from ui.rail import Group, PageSpec
from ui.theme import theme

NOW = datetime(2026, 11, 19, 4, 12, 38, tzinfo=UTC)
CARRIERS = ("alpha", "bravo", "charlie", "delta")
CUSTOMERS = ("acme", "globex", "initech", "umbrella", "kestrel tel")


@dataclass
class FakeService:
    """Records what the screen asks for; the test of an alert is driven by hand."""

    store: Store
    bridge: Bridge
    soons: int = 0
    tested: list[Alert] = field(default_factory=list)
    test_asks: list[tuple[object, frozenset[Channel] | None]] = field(default_factory=list)
    explained: list[tuple[int, object]] = field(default_factory=list)
    explanation: tuple[str, ...] = ("It is ready: 42.0 % is not below 30.0 %.", "It fires < 30.0 %.")
    progress: Callable[[CheckStep], None] | None = None
    future: Future[list[CheckStep]] | None = None
    charts: dict[int, ChartSpec] = field(default_factory=dict)
    asked: list[ChartSpec] = field(default_factory=list)
    demo: bool = False

    def soon(self) -> None:
        self.soons += 1

    def explain(self, alert_id: int, subject: tuple[int, Subject] | None) -> Future[tuple[str, ...]]:
        self.explained.append((alert_id, subject))
        future: Future[tuple[str, ...]] = Future()
        future.set_result(self.explanation)
        return future

    def test_alert(
        self,
        alert: Alert,
        progress: Callable[[CheckStep], None],
        *,
        subject: tuple[int, Subject] | None = None,
        channels: frozenset[Channel] | None = None,
    ) -> Future[list[CheckStep]]:
        self.tested.append(alert)
        self.test_asks.append((subject, channels))
        self.progress, self.future = progress, Future()
        return self.future

    def open_chart(self, spec: ChartSpec) -> int:
        chart_id = len(self.asked) + 1
        self.asked.append(spec)
        self.charts[chart_id] = spec
        self.bridge.hear(Frame(chart_id, spec, points_of(spec), NOW - timedelta(seconds=12), False))
        return chart_id

    def close_chart(self, chart_id: int) -> None:
        self.charts.pop(chart_id, None)


def points_of(spec: ChartSpec) -> Points:
    """Make a line that falls from 43 to 5.4 for the last quarter, with some noise that is always the same."""
    k, end = 120, int(NOW.timestamp() * 1000)
    at = np.linspace(end - spec.range / timedelta(milliseconds=1), end, k).astype(np.int64)
    noise = np.sin(np.arange(k) * 1.7) * 2 + np.cos(np.arange(k) * 0.6) * 1.5
    value = np.where(np.arange(k) < k * 0.75, 43 + noise, 5.4 + noise / 6)
    value[-1] = 5.4
    calls = (290 + 20 * np.sin(np.arange(k) / 5)).astype(np.int64)
    calls[-1] = 294
    return Points(at, value, calls)


@dataclass
class World:
    """Everything a test needs at hand."""

    store: Store
    service: FakeService
    bridge: Bridge
    commands: Commands
    context: ScreenContext
    window: MainWindow
    page: AlertsPage
    switches: list[Connection]
    went: list[tuple[str, object | None]] = field(default_factory=list)
    lines: dict[int, AlertLine] = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)

    def add(self, alert: Alert, **line: Any) -> Alert:
        """Save an alert and say how it stands."""
        saved = self.store.alerts.save(alert)
        self.stands(saved, **line)
        return saved

    def stands(self, alert: Alert, verdict: Verdict = Verdict.READY, **line: Any) -> None:
        """Say how an alert stands from the next snapshot on."""
        names = alert.scope.names
        start: dict[str, Any] = {
            "subject": Subject.company(alert.scope.kind, names[0] if names else "bravo"),
            "value": 42.0,
            "calls": 294,
            "subjects": len(names) or 4,
            "in_alarm": 0,
            "since": None,
            "judged_at": NOW - timedelta(seconds=12),
        }
        self.lines[alert.id or 0] = AlertLine(alert.id or 0, verdict, **(start | line))

    def snapshot(self, at: datetime = NOW) -> Snapshot:
        """Make the picture of now."""
        switches = tuple(
            SwitchLine(each, Health(each.id or 0, HealthState.FRESH, read_at=at), at - timedelta(seconds=12), 5.6, 118.0)
            for each in self.switches
        )
        companies = tuple(
            company_line(each.id or 0, kind, name)
            for each in self.switches[:1]
            for kind, names in ((CompanyKind.CARRIER, CARRIERS), (CompanyKind.CUSTOMER, CUSTOMERS))
            for name in names
        )
        return Snapshot(at, switches, companies, tuple(self.lines.values()), tuple(self.alarms), 0, at, at)

    def round(self, at: datetime = NOW) -> None:
        """Announce the picture of now, at once."""
        self.bridge._on_heard(Rounded(self.snapshot(at)))

    def press(self, key: str) -> None:
        """Do what a key does in the page or item that is open; fail when nothing would be done."""
        for command in self.commands.available():
            if command.key == key:
                assert self.commands.run(command.id), f"{command.id} cannot be done now"
                return
        raise AssertionError(f"{key} does nothing here")


def company_line(connection_id: int, kind: CompanyKind, name: str) -> CompanyLine:
    """Make a company with quiet values."""
    quiet = Sampled(43.0, 300)
    return CompanyLine(
        connection_id, kind, name, CompanyStatus.ACTIVE, "USD", quiet, quiet, quiet, 300, 1.2, 4.0, 412.5, alarms=0, alerts=1
    )  # fmt: skip


def make_world(store: Store, *, switches: int = 2) -> World:
    """Make a world with so many switches, a real window with the Alerts page, and no alerts."""
    bridge, commands = Bridge(), Commands()
    made: list[AlertsPage] = []

    def make() -> AlertsPage:
        made.append(AlertsPage(context, clock=lambda: NOW))
        return made[0]

    pages = [PageSpec("alerts", "Alerts", "alerts", Group.WATCH, make=make, shortcut="Ctrl+2")]
    window = MainWindow(pages, commands, demo=False)
    window.resize(1600, 1000)
    saved = [
        store.connections.save(Connection(None, name, SwitchKind.KAMAILIO, poll=timedelta(seconds=30)))
        for name in ("lon-1", "fra-1")[:switches]
    ]
    service = FakeService(store, bridge)
    went: list[tuple[str, object | None]] = []
    context = ScreenContext(
        service=cast(Any, service),
        bridge=bridge,
        theme=theme,
        messages=messages,
        commands=commands,
        window=window,
        go=lambda page, item: went.append((page, item)),
        operator=lambda: "mira",
        zone=lambda: "UTC",
    )
    window.open_page("alerts")
    return World(store, service, bridge, commands, context, window, made[0], saved, went)


def asr_alert(title: str = "Low ASR, carrier bravo", **changes: Any) -> Alert:
    """Make the alert of the design's pictures."""
    start = Alert(
        None, title, Scope(CompanyKind.CARRIER, ("bravo",)), Area.ASR, Operator.LT, 30.0, 33.0,
        min_calls=50, level=NoticeLevel.CRITICAL, recipients=("noc@tessera.example",),
    )  # fmt: skip
    return replace(start, **changes)


def raise_alarm(world: World, alert: Alert, minutes: int = 14) -> Alarm:
    """Write an alarm of an alert on its first company, as the engine does."""
    subject = Subject.company(alert.scope.kind, alert.scope.names[0] if alert.scope.names else "bravo")
    key = RuleKey(RuleKind.ALERT, alert.id or 0, world.switches[0].id or 0, subject)
    at = NOW - timedelta(minutes=minutes)
    alarm = Alarm(None, key, alert.title, alert.level, alert.area.value, "%", "< 30.0 %", at, 5.4, 294, 5.1, NOW)
    text = "ASR 5.4 % < 30.0 %, 294 attempts in 5 min."
    change = Change(
        Transition(key, at, Phase.NORMAL, Phase.RAISED, Reason.BREACHED, 5.4, 294, text, told="told"),
        RuleState(key, Phase.RAISED, at, 0, None),
        alarm,
    )
    written = world.store.alarms.commit(Ledger(changes=(change,))).changes[0].alarm
    assert written is not None
    world.alarms.append(written)
    return written


def open_saved(world: World, **changes: Any) -> AlertEditor:
    """Save the alert of the pictures, with changes, and open its editor."""
    alert = world.add(asr_alert(**changes))
    world.round()
    world.page.show_item(alert.id)
    assert world.page.editor is not None
    return world.page.editor


def fill(qtbot: Any, field: QLineEdit, typed: str) -> None:
    """Type into a field as a person does, and leave it."""
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Backspace)
    qtbot.keyClicks(field, typed)
    qtbot.keyClick(field, Qt.Key.Key_Tab)
