"""The whole engine with its threads against a switch that fails in nasty ways; time is real, waits are for events."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from noc_alerts.engine.news import AlarmsChanged, News, Rounded, Snapshot
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import CheckStep, Clock, Connection, HealthState, SwitchKind
from noc_alerts.model.deliveries import Cause, Channel, DeliveryState
from noc_alerts.model.errors import BadInput
from noc_alerts.model.events import EventType
from noc_alerts.notify.smtp_settings import Security, SmtpSettings
from noc_alerts.scheduler import Service
from noc_alerts.secrets import Secrets
from noc_alerts.settings import Messages, save
from noc_alerts.store import Store, open_store
from noc_alerts.switches.demo import DemoSwitch, FailMode
from noc_alerts.switches.factory import secret_name

POLL = timedelta(seconds=1)
ALWAYS = Alert(
    None, "Calls at all", Scope(CompanyKind.CARRIER), Area.CALLS, Operator.GE, 1, None, timedelta(minutes=5), tray=True
)


class Keyring:
    """A keyring in memory."""

    priority = 1.0

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str, /) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str, /) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str, /) -> None:
        self.kept.pop((service, username), None)


@dataclass
class Ear:
    """Keeps news and lets a test wait for something among them."""

    news: list[News] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, item: News) -> None:
        with self._changed:
            self.news.append(item)
            self._changed.notify_all()

    def until(self, what: Callable[[Snapshot], bool], seconds: float = 20) -> Snapshot:
        """Wait for a snapshot of which something is true. Raises AssertionError when it does not come."""
        end = time.monotonic() + seconds
        with self._changed:
            seen = len(self.news)
            while True:
                for item in self.news[seen:]:
                    if isinstance(item, Rounded) and what(item.snapshot):
                        return item.snapshot
                seen = len(self.news)
                left = end - time.monotonic()
                if left <= 0:
                    last = next((n.snapshot for n in reversed(self.news) if isinstance(n, Rounded)), None)
                    raise AssertionError(f"it did not come; the last snapshot was {last and last.switches}")
                self._changed.wait(left)

    def changes(self) -> int:
        """Count the transitions so far."""
        return sum(len(n.changes) for n in self.news if isinstance(n, AlarmsChanged))


@dataclass
class Rig:
    """A service on a demo switch, and a second switch that is well all the time."""

    service: Service
    switch: DemoSwitch
    ear: Ear
    cid: int
    other: int


def connect(service_store, secrets: Secrets, switch: DemoSwitch, name: str, timeout_s: str = "1") -> int:  # type: ignore[no-untyped-def]
    options = {
        "base_url": switch.start(),
        "auth": "token",
        "live_path": switch.live_path,
        "history_days": "0.01",
        "timeout_s": timeout_s,
    }
    cid = service_store.connections.save(Connection(None, name, SwitchKind.CONNEXCS, options, Clock.END, POLL)).id
    secrets.set(secret_name(cid, "token"), switch.token)
    return cid


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    store = open_store(tmp_path)
    secrets = Secrets(tmp_path, keyring=Keyring())
    bad, good = (DemoSwitch(history=timedelta(minutes=20), seed=seed) for seed in (1, 2))
    cid, other = connect(store, secrets, bad, "bad"), connect(store, secrets, good, "good")
    service, ear = Service(store, secrets), Ear()
    service.listen(ear)
    service.start()
    yield Rig(service, bad, ear, cid, other)
    service.stop()
    bad.stop()
    good.stop()


def line(snapshot: Snapshot, cid: int):  # type: ignore[no-untyped-def]
    return next(s for s in snapshot.switches if s.connection.id == cid)


def state(snapshot: Snapshot, cid: int) -> HealthState:
    return line(snapshot, cid).health.state


@dataclass
class Night:
    """What was seen of one service on a switch for every fail mode and one that is well, all at once."""

    cids: dict[FailMode, int]
    good: int
    tokens: list[str]
    blind: Snapshot
    later: Snapshot
    back: Snapshot
    new_changes: list[int]


def wait_for_alarms(store: Store, ear: Ear, count: int) -> None:
    """Wait until so many alarms are alive and their number stays."""
    ear.until(lambda s: len(s.alarms) >= count, 40)
    assert store.alarms.count_active() >= count


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """Fail all switches, each in its own way, see what follows, then let them recover."""
    folder = tmp_path_factory.mktemp("night")
    store = open_store(folder)
    secrets = Secrets(folder, keyring=Keyring())
    switches = {mode: DemoSwitch(history=timedelta(minutes=10), calls_per_s=3, seed=i) for i, mode in enumerate(FailMode)}
    well = DemoSwitch(history=timedelta(minutes=10), calls_per_s=3, seed=99)
    cids = {mode: connect(store, secrets, switch, mode.value) for mode, switch in switches.items()}
    good = connect(store, secrets, well, "good")
    store.alerts.save(ALWAYS)
    service, ear = Service(store, secrets), Ear()
    service.listen(ear)
    service.start()
    try:
        ear.until(lambda s: all(line.health.state is HealthState.FRESH for line in s.switches), 60)
        wait_for_alarms(store, ear, len(switches) * 3)
        for mode, switch in switches.items():
            switch.fail(mode)
        blind = ear.until(lambda s: all(state(s, cid) is HealthState.BLIND for cid in cids.values()), 60)
        before = {cid: changes_on(ear, cid) for cid in cids.values()}
        seen = line(blind, good).as_of or datetime.now(UTC)
        later = ear.until(lambda s: (line(s, good).as_of or seen) > seen + 2 * POLL)
        for switch in switches.values():
            switch.fail(None)
        new = [changes_on(ear, cid) - count for cid, count in before.items()]
        back = ear.until(lambda s: all(state(s, cid) is HealthState.FRESH for cid in cids.values()), 60)
        yield Night(cids, good, [s.token for s in switches.values()], blind, later, back, new)
    finally:
        service.stop()
        for switch in (*switches.values(), well):
            switch.stop()


def changes_on(ear: Ear, cid: int) -> int:
    """Count the transitions on one switch so far."""
    news = [n for n in ear.news if isinstance(n, AlarmsChanged)]
    return sum(c.transition.key.connection_id == cid for n in news for c in n.changes)


@pytest.mark.parametrize("mode", list(FailMode))
def test_a_nasty_switch_goes_blind_and_recovers(night: Night, mode: FailMode) -> None:
    cid = night.cids[mode]
    health = line(night.blind, cid).health
    assert health.sentence.endswith(".")
    assert "\n" not in health.sentence and "Traceback" not in health.sentence
    assert not any(token in health.sentence for token in night.tokens)
    assert state(night.later, cid) is HealthState.BLIND
    blind = [a for a in night.later.alarms if a.key.connection_id == cid]
    assert blind and all(a.blind for a in blind)
    assert not any(a.blind for a in night.back.alarms if a.key.connection_id == cid)


def test_other_switches_go_on_meanwhile_and_nothing_fires_or_clears(night: Night) -> None:
    assert state(night.later, night.good) in (HealthState.FRESH, HealthState.LATE)
    assert night.new_changes == [0] * len(FailMode)


def test_a_new_alert_is_judged_at_once_and_told(rig: Rig) -> None:
    class Tray:
        def __init__(self) -> None:
            self.shown: list[tuple[str, str, str]] = []

        def show(self, subject: str, body: str, level: str) -> str:
            self.shown.append((subject, body, level))
            return "shown"

    tray = Tray()
    rig.service.show_on_tray(tray)
    rig.ear.until(lambda s: state(s, rig.cid) is HealthState.FRESH)
    rig.service.store.alerts.save(Alert(**{**_fields(ALWAYS), "level": NoticeLevel.CRITICAL, "connection_id": rig.cid}))
    rig.service.soon()
    rig.ear.until(lambda s: len(s.alarms) == 6)
    end = time.monotonic() + 10
    while len(tray.shown) < 6 and time.monotonic() < end:
        time.sleep(0.05)
    assert len(tray.shown) == 6
    assert all(level == "critical" for _, _, level in tray.shown)
    deliveries = rig.service.store.outbox.list(100)
    assert {d.channel for d in deliveries} == {Channel.TRAY}


def _fields(alert: Alert) -> dict[str, object]:
    return {name: getattr(alert, name) for name in alert.__dataclass_fields__}


def test_the_test_button_sends_and_changes_nothing(rig: Rig) -> None:
    rig.ear.until(lambda s: state(s, rig.cid) is HealthState.FRESH)
    seen: list[CheckStep] = []
    alert = Alert(**{**_fields(ALWAYS), "recipients": ("noc@example.net",), "tray": False})
    steps = rig.service.test_alert(alert, seen.append).result(20)
    assert steps == seen
    assert steps[0].ok and "would fire" in steps[0].answer
    assert steps[1].ok and steps[1].what == "Write the text" and steps[1].text.startswith("TEST ")
    assert not steps[2].ok and "not set up" in steps[2].answer
    assert steps[2].text.split("\n")[0] == steps[1].text.split("\n")[0]
    kept = rig.service.store.outbox.list(10)
    assert [(d.facts.cause, d.state) for d in kept] == [(Cause.TEST, DeliveryState.FAILED)]
    assert rig.service.store.alarms.count_active() == 0


def test_a_connection_is_checked_step_by_step(rig: Rig) -> None:
    connection = rig.service.store.connections.get(rig.cid)
    assert connection is not None
    seen: list[CheckStep] = []
    steps = rig.service.check_connection(connection, {}, seen.append).result(20)
    assert steps == seen and all(s.ok for s in steps)
    wrong = rig.service.check_connection(connection, {"token": "wrong"}, seen.append).result(20)
    assert not wrong[-1].ok and "wrong" not in wrong[-1].answer


def test_a_new_password_is_used_at_the_next_read(rig: Rig) -> None:
    rig.ear.until(lambda s: state(s, rig.cid) is HealthState.FRESH)
    name = secret_name(rig.cid, "token")
    right = rig.service.secrets.get(name)
    assert right is not None
    rig.service.secrets.set(name, "not-the-token")
    rig.ear.until(lambda s: state(s, rig.cid) is HealthState.BLIND)
    rig.service.secrets.set(name, right)
    rig.ear.until(lambda s: state(s, rig.cid) is HealthState.FRESH)


def test_acknowledge_needs_a_living_alarm(rig: Rig) -> None:
    rig.ear.until(lambda s: state(s, rig.cid) is HealthState.FRESH)
    rig.service.store.alerts.save(ALWAYS)
    rig.service.soon()
    snapshot = rig.ear.until(lambda s: len(s.alarms) >= 6)
    alarm = snapshot.alarms[0]
    assert alarm.id is not None
    rig.service.acknowledge(alarm.id, "mira", "ticket 4417").result(5)
    taken = rig.service.engine.active_alarms()
    assert [a.ack_note for a in taken if a.id == alarm.id] == ["ticket 4417"]
    with pytest.raises(BadInput):
        rig.service.acknowledge(987654, "mira", "").result(5)


def test_import_of_real_calls(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    service = Service(store, Secrets(tmp_path, keyring=Keyring()))
    service.start()
    try:
        data = Path(__file__).parents[1] / "data" / "kamailio_incident_sample.csv.gz"
        said: list[str] = []
        first = service.import_files([data], None, said.append).result(30)
        again = service.import_files([data], None, said.append).result(30)
        assert (first.taken, first.known, len(first.bad)) == (2000, 0, 0)
        assert (again.taken, again.known) == (0, 2000)
        assert said
    finally:
        service.stop()


def test_a_mail_that_fails_for_good_is_in_the_log(rig: Rig) -> None:
    """No answer of a server will make a recipient that is no address one."""
    store = rig.service.store
    save(store.settings, Messages(smtp=SmtpSettings("127.0.0.1", 9, Security.NONE, "noc@example.net")))
    rig.ear.until(lambda s: state(s, rig.cid) is HealthState.FRESH)
    alert = Alert(**{**_fields(ALWAYS), "recipients": ("nobody at all",), "tray": False, "connection_id": rig.cid})
    store.alerts.save(alert)
    rig.service.soon()
    rig.ear.until(lambda s: len(s.alarms) >= 6)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        lines = [e for e in store.events.list(100, types=[EventType.ERROR]) if "was not delivered" in e.text]
        if len(lines) == 6:
            break
        time.sleep(0.05)
    assert len(lines) == 6
    assert all("nobody at all" in e.text and e.alarm_id is not None for e in lines)
