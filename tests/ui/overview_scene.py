"""A night like the one in the design's pictures, made by hand: a real store, a bridge, a recording service, a window."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent

from noc_alerts.engine.news import AlertLine, ChartSpec, CompanyLine, Frame, Rounded, Sampled, Snapshot, SwitchLine
from noc_alerts.metrics.series import Points
from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKey, RuleKind, RuleState, Told, Transition, Verdict
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import CompanyKind, CompanyStatus, Subject
from noc_alerts.model.connections import Connection, Health, HealthState, SwitchKind
from noc_alerts.model.deliveries import Attempt, Cause, Channel, Delivery, DeliveryState, Facts
from noc_alerts.model.ledger import Change, Ledger
from noc_alerts.store import Store, open_store
from ui.bridge import Bridge
from ui.commands import Commands
from ui.context import ScreenContext
from ui.main_window import MainWindow
from ui.messages import messages
from ui.overview.page import OverviewPage
from ui.prefs import prefs
from ui.rail import Group, PageSpec
from ui.theme import theme

NOW = datetime(2026, 11, 19, 4, 12, 38, tzinfo=UTC)
MIN, S = timedelta(minutes=1), timedelta(seconds=1)
CRITICAL, WARNING, NOTICE = NoticeLevel.CRITICAL, NoticeLevel.WARNING, NoticeLevel.NONE
CARRIER, CUSTOMER = CompanyKind.CARRIER, CompanyKind.CUSTOMER


@dataclass
class RecordingService:
    """What the page asked for, answered at once."""

    store: Store
    demo: bool = False
    taken: list[tuple[int, str, str]] = field(default_factory=list)
    given_back: list[tuple[int, str]] = field(default_factory=list)
    charts: dict[int, ChartSpec] = field(default_factory=dict)
    closed: list[int] = field(default_factory=list)
    refuse: Exception | None = None
    _last: int = 0

    def acknowledge(self, alarm_id: int, who: str, note: str) -> Future[None]:
        """Record it."""
        self.taken.append((alarm_id, who, note))
        return self._answer()

    def unacknowledge(self, alarm_id: int, who: str = "") -> Future[None]:
        """Record it."""
        self.given_back.append((alarm_id, who))
        return self._answer()

    def open_chart(self, spec: ChartSpec) -> int:
        """Record it."""
        self._last += 1
        self.charts[self._last] = spec
        return self._last

    def close_chart(self, chart_id: int) -> None:
        """Record it."""
        del self.charts[chart_id]
        self.closed.append(chart_id)

    def _answer(self) -> Future[None]:
        future: Future[None] = Future()
        if self.refuse is not None:
            future.set_exception(self.refuse)
        else:
            future.set_result(None)
        return future


class Night:
    """A profile with switches, alerts and alarms; `show` sends how it stands to the page."""

    def __init__(self, folder: Path, *, demo: bool = False) -> None:
        self.store = open_store(folder)
        self.service = RecordingService(self.store, demo)
        self.bridge = Bridge()
        self.went: list[tuple[str, object | None]] = []
        self.now = NOW
        self.commands = Commands()
        self.page: Any = None
        self.window = MainWindow([PageSpec("overview", "Overview", "overview", Group.WATCH, self._make)], self.commands)
        self.lines: list[SwitchLine] = []
        self.alarms: list[Alarm] = []
        self.alerts: list[Alert] = []
        self.companies: list[CompanyLine] = []

    def _make(self) -> OverviewPage:
        context = ScreenContext(
            self.service,  # type: ignore[arg-type]  # the same methods
            self.bridge,
            theme,
            messages,
            self.commands,
            self.window,
            lambda page, item: self.went.append((page, item)),
            lambda: prefs.get("operator"),
            lambda: "UTC",
        )
        self.page = OverviewPage(context, clock=lambda: self.now)
        return self.page

    def close(self) -> None:
        """Close window and store; the window goes before what it was given, as at the end of the program."""
        self.window.close()
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        self.store.close()

    def open(self, width: int = 1600, height: int = 1000) -> OverviewPage:
        """Open the window with the page."""
        self.window.resize(width, height)
        self.window.start_page("overview")
        self.window.show()
        assert isinstance(self.page, OverviewPage)
        return self.page

    def switch(self, name: str, state: HealthState = HealthState.FRESH, *, live: bool = True, **health: Any) -> Connection:
        """Connect a switch that stands like this."""
        connection = self.store.connections.save(Connection(None, name, SwitchKind.CONNEXCS, live=live, enabled=True))
        cid = connection.id or 0
        read_at = None if state is HealthState.WAITING else self.now - 12 * S
        made = Health(cid, state, **{"read_at": read_at, "next_try_at": self.now + 18 * S, **health})
        self.lines.append(SwitchLine(connection, made, read_at, 5.6, 118))
        return connection

    def blind(self, name: str, minutes: int = 9) -> Connection:
        """Connect a switch that does not answer."""
        since = self.now - minutes * MIN
        sentence = f"{name} does not answer: connection timed out. Its rules are not judged."
        return self.switch(name, HealthState.BLIND, sentence=sentence, read_at=since, blind_since=since, tries=6)

    def alert(self, title: str, area: Area = Area.ASR, level: NoticeLevel = CRITICAL, **fields: Any) -> Alert:
        """Save an alert."""
        made: dict[str, Any] = {
            "operator": Operator.LT,
            "threshold": 30.0,
            "reset": 33.0,
            "sample_period": None if area.is_reading else 5 * MIN,
            "min_calls": 50,
            "recipients": ("noc@tessera.example",),
            "scope": Scope(CARRIER),
        } | fields
        alert = self.store.alerts.save(Alert(None, title, area=area, level=level, **made))
        self.alerts.append(alert)
        return alert

    def alarm(
        self,
        alert: Alert,
        subject: Subject,
        connection: Connection,
        minutes: int,
        value: float | None,
        calls: int | None = 294,
        *,
        told: Told = Told.TOLD,
        unit: str = "",
        cleared: int | None = None,
        **changes: Any,
    ) -> Alarm:
        """Raise an alarm so many minutes ago, as the engine would write it."""
        key = RuleKey(RuleKind.ALERT, alert.id or 0, connection.id or 0, subject)
        at = self.now - minutes * MIN
        shown = unit or alert.area.facts.unit
        limit = "by its script"
        if alert.threshold is not None:
            limit = f"{alert.operator.value} {alert.threshold:.1f}\N{THIN SPACE}{shown}"
        alarm = Alarm(
            None, key, alert.title, alert.level, alert.area.value, shown, limit, at, value, calls, value, self.now - 12 * S
        )
        text = f"{alert.area.value} {value} {shown} {limit}, {calls} {alert.area.facts.rests_on} in 5 min."
        moved = Transition(key, at, Phase.NORMAL, Phase.RAISED, Reason.BREACHED, value, calls, text, told=told.value)
        state = RuleState(key, Phase.RAISED, at, 0, None)
        deliveries = (self._delivery(alert, alarm, Cause.RAISED, at),) if told is Told.TOLD else ()
        written = self.store.alarms.commit(Ledger((Change(moved, state, alarm, None, deliveries),)))
        kept = written.changes[0].alarm
        assert kept is not None and kept.id is not None
        for delivery in written.changes[0].deliveries:
            tried = Attempt(delivery.id or 0, at + MIN, True, "250 OK")
            self.store.outbox.record(delivery.id or 0, tried, DeliveryState.SENT, answer="accepted by mail server")
        if changes.get("acked_by"):
            kept = self.store.alarms.acknowledge(kept.id, changes["acked_by"], changes.pop("ack_note", ""), at + MIN)
        kept = replace(kept, **changes)
        if cleared is not None:
            self.clear(kept, cleared)
        else:
            self.alarms.append(kept)
        return kept

    def clear(self, alarm: Alarm, minutes: int, reason: Reason = Reason.RECOVERED) -> Alarm:
        """End an alarm so many minutes ago."""
        at = self.now - minutes * MIN
        ended = replace(alarm, cleared_at=at, cleared_reason=reason)
        moved = Transition(alarm.key, at, Phase.RAISED, Phase.NORMAL, reason, 44.0, 300, "ASR 44.0 %, past the reset.", alarm.id)
        state = RuleState(alarm.key, Phase.NORMAL, at, 0, alarm.id)
        self.store.alarms.commit(Ledger((Change(moved, state, ended),)))
        self.alarms = [each for each in self.alarms if each.id != alarm.id]
        return ended

    def _delivery(self, alert: Alert, alarm: Alarm, cause: Cause, at: datetime) -> Delivery:
        facts = Facts(
            cause=cause, title=alert.title, level=alert.level.value, subject=alarm.key.subject.label, company="", switch="lon-1",
            area=alarm.area, operator="<", threshold=alert.threshold, reset=alert.reset, value=alarm.value, unit=alarm.unit,
            limit=alarm.limit, calls=alarm.calls, rests_on="attempts", sample_period_s=300, at=at, since=at,
        )  # fmt: skip
        return Delivery(Channel.EMAIL, "noc@tessera.example", facts, "<1@tessera.example>", at, at)

    def company(self, connection: Connection, kind: CompanyKind, name: str, asr: float, calls: int, alarms: int = 0) -> None:
        """Have a company with these figures."""
        line = CompanyLine(
            connection.id or 0, kind, name, CompanyStatus.ACTIVE, "USD", Sampled(asr, calls), Sampled(120.0, calls // 3),
            Sampled(2.1, calls), calls, 1.0, 10, 184.2, alarms, 1,
        )  # fmt: skip
        self.companies.append(line)

    def snapshot(self) -> Snapshot:
        """Return how everything stands."""
        lines = tuple(AlertLine(a.id or 0, Verdict.READY, None, 44.0, 300, 4, 0, None, self.now - 8 * S) for a in self.alerts)
        switches, alarms = tuple(self.lines), tuple(sorted(self.alarms, key=lambda a: a.raised_at))
        return Snapshot(self.now, switches, tuple(self.companies), lines, alarms, 0, self.now - 8 * S, self.now + 22 * S)

    def show(self) -> None:
        """Send how everything stands to the window, as the engine would."""
        self.bridge._on_heard(Rounded(self.snapshot()))

    def later(self, **seconds: float) -> None:
        """Let time pass without news."""
        self.now += timedelta(**seconds)

    def frames(self) -> None:
        """Send a frame for each open chart: an hour that ends low."""
        rng = np.random.default_rng(7)
        end = int((self.now - 12 * S).timestamp() // 5 * 5 * 1000)
        for chart_id, spec in list(self.service.charts.items()):
            at = np.arange(end - 3_600_000, end + 1, 5000, dtype=np.int64)
            wander = np.convolve(rng.normal(0, 4, len(at) + 40), np.ones(41) / 8, mode="valid")
            value = 44.0 + wander
            value[at > end - 14 * 60_000] = 5.4 + rng.random(int((at > end - 14 * 60_000).sum())) * 3
            points = Points(at, value, np.full(len(at), 294, dtype=np.int64))
            self.bridge.framed.emit(Frame(chart_id, spec, points, self.now - 12 * S, False))


def carrier(name: str) -> Subject:
    """Return a carrier."""
    return Subject.company(CARRIER, name)


def customer(name: str) -> Subject:
    """Return a customer."""
    return Subject.company(CUSTOMER, name)


def usual_night(night: Night) -> None:
    """Have the night of the pictures: bravo failed, globex calls too much, charlie is slow, sgp-1 is blind, four cleared."""
    lon, fra = night.switch("lon-1"), night.switch("fra-1")
    night.blind("sgp-1")
    low = night.alert("ASR low")
    rate = night.alert("Call rate high", Area.CPS, operator=Operator.GT, threshold=8.0, reset=6.0, min_calls=0)
    slow = night.alert("PDD high", Area.PDD, WARNING, operator=Operator.GT, threshold=4.0, reset=3.5)
    money = night.alert("Balance low", Area.BALANCE, WARNING, threshold=200.0, reset=250.0, min_calls=0, tell_recovery=False)
    short = night.alert("ACD short", Area.ACD, WARNING, threshold=90.0, reset=100.0, recipients=(), tray=False)
    night.alarm(low, carrier("bravo"), lon, 14, 5.4)
    night.alarm(rate, customer("globex"), lon, 3, 11.2, 631)
    night.alarm(slow, carrier("charlie"), lon, 41, 4.8, 318, acked_by="mira", ack_note="ticket 4417")
    night.alarm(money, customer("umbrella"), lon, 112, 184.2, 1, unit="USD", acked_by="tomas", ack_note="invoice sent")
    night.alarm(short, customer("kestrel tel"), fra, 22, 54.0, 41, told=Told.NO_RECIPIENT)
    for name, at, since in (("alpha", 46, 52), ("osprey", 51, 62), ("halden", 31, 35), ("meridian", 138, 156)):
        night.alarm(low if name == "halden" else slow, carrier(name), lon, since, 6.1, 140, cleared=at)
    for name, asr, calls, alarms in (
        ("alpha", 52.0, 804, 0),
        ("charlie", 30.6, 320, 1),
        ("delta", 43.2, 512, 0),
        ("bravo", 38.1, 1411, 1),
    ):
        night.company(lon, CARRIER, name, asr, calls, alarms)
