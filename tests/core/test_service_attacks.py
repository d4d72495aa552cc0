"""The threads of the program under attack: edits while a read runs, faults, a clock set back, the end in the middle of things."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apscheduler.schedulers.base
import apscheduler.triggers.interval
import pytest
from test_service import Ear, Keyring, state

import noc_alerts.scheduler
from noc_alerts.engine.news import Rounded, StoreTrouble
from noc_alerts.metrics.columns import no_calls
from noc_alerts.model.companies import CompanyKind, Reading, ReadingKind
from noc_alerts.model.connections import CheckStep, Clock, Connection, HealthState, SwitchKind
from noc_alerts.model.errors import BadInput, StoreError
from noc_alerts.scheduler import Service
from noc_alerts.secrets import Secrets
from noc_alerts.store import Store, open_store
from noc_alerts.switches.protocol import Page, State

DAY = timedelta(days=1)


@dataclass
class Scripted:
    """A switch that does what a test tells it: `before` is called at each read, on the poll thread."""

    connection: Connection
    before: Callable[[Connection], None]
    closed: bool = False

    def state(self, now: datetime) -> State:
        self.before(self.connection)
        cid, name = self.connection.id or 0, self.connection.name
        reading = Reading(cid, ReadingKind.BALANCE, CompanyKind.CUSTOMER, name, 5.0, now, "USD")
        return State(now, readings=(reading,))

    def pages(self, _cursor: str | None, _now: datetime) -> Iterator[Page]:
        yield Page(no_calls(), cursor=self.connection.name)

    def check(self, _now: datetime) -> Iterator[CheckStep]:
        return iter(())

    def close(self) -> None:
        self.closed = True


@dataclass
class Stage:
    """A service on one scripted switch."""

    store: Store
    service: Service
    ear: Ear
    connection: Connection
    reads: list[str] = field(default_factory=list)
    opened: list[Scripted] = field(default_factory=list)
    script: Callable[[Connection], None] = lambda _: None

    def before(self, connection: Connection) -> None:
        self.reads.append(connection.name)
        self.script(connection)

    def open(self, connection: Connection, *_: object) -> Scripted:
        self.opened.append(Scripted(connection, self.before))
        return self.opened[-1]


def wait_until(what: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    store = open_store(tmp_path)
    connection = store.connections.save(Connection(None, "one", SwitchKind.CONNEXCS, {}, Clock.END, timedelta(seconds=1)))
    secrets, ear = Secrets(tmp_path, keyring=Keyring()), Ear()
    service = Service(store, secrets, clock=lambda: noc_alerts.scheduler.utc_now())
    made = Stage(store, service, ear, connection)
    monkeypatch.setattr(noc_alerts.scheduler, "open_switch", made.open)
    service.listen(ear)
    yield made
    made.script = lambda _: None
    service.stop()


def fresh(stage: Stage) -> None:
    stage.ear.until(lambda s: state(s, stage.connection.id or 0) is HealthState.FRESH)


def test_a_connection_edited_while_it_is_read_takes_nothing_of_the_old_one(stage: Stage) -> None:
    hold, go = threading.Event(), threading.Event()

    def script(connection: Connection) -> None:
        if connection.name == "one":
            hold.set()
            go.wait(10)

    stage.script = script
    stage.service.start()
    assert hold.wait(5)
    stage.store.connections.save(replace(stage.connection, name="two", poll=timedelta(minutes=10)))
    stage.service.soon()
    stage.ear.until(lambda s: s.switches[0].connection.name == "two")
    go.set()
    snapshot = stage.ear.until(lambda s: s.switches[0].health.state is HealthState.FRESH)
    assert [c.name for c in snapshot.companies] == ["two"]
    assert stage.store.calls.cursor(stage.connection.id or 0) == "two"
    assert stage.reads == ["one", "two"]  # and the first read of the new one came at once, not after ten minutes
    assert [s.closed for s in stage.opened] == [True, False]


def test_a_connection_switched_off_while_it_is_read_stays_off(stage: Stage) -> None:
    hold, go = threading.Event(), threading.Event()

    def script(_: Connection) -> None:
        hold.set()
        go.wait(10)

    stage.script = script
    stage.service.start()
    assert hold.wait(5)
    stage.store.connections.save(replace(stage.connection, enabled=False))
    stage.service.soon()
    stage.ear.until(lambda s: s.switches[0].health.state is HealthState.OFF)
    go.set()
    time.sleep(0.3)
    stage.service.publish()
    assert stage.ear.until(lambda _: True).switches[0].health.state is HealthState.OFF


@pytest.mark.parametrize(
    "error", [RuntimeError("generator raised StopIteration"), KeyError("x"), BadInput("The address is wrong.")]
)
def test_any_fault_of_an_adapter_is_blindness_and_passes(stage: Stage, error: Exception) -> None:
    stage.service.start()
    fresh(stage)

    def script(_: Connection) -> None:
        raise error

    stage.script = script
    snapshot = stage.ear.until(lambda s: s.switches[0].health.tries >= 2)
    assert snapshot.switches[0].health.sentence.endswith(".")
    stage.script = lambda _: None
    fresh(stage)


def test_a_wrong_option_is_blindness_with_its_sentence(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise BadInput("The address of one is missing.")

    monkeypatch.setattr(noc_alerts.scheduler, "open_switch", refuse)
    stage.service.start()
    snapshot = stage.ear.until(lambda s: s.switches[0].health.tries >= 1)
    assert snapshot.switches[0].health.sentence == "The address of one is missing."


def test_many_soons_are_few_loads(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.service.start()
    fresh(stage)
    loads, load = [], stage.service.engine.load

    def counted(now: datetime) -> bool:
        loads.append(now)
        return load(now)

    monkeypatch.setattr(stage.service.engine, "load", counted)
    for _ in range(500):
        stage.service.soon()
    wait_until(lambda: bool(loads))
    time.sleep(0.3)
    assert len(loads) < 50


def test_a_change_that_could_not_be_taken_over_is_taken_over_later(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.service.start()
    fresh(stage)

    def fails() -> None:
        raise StoreError("noc.db is held by another program.")

    with monkeypatch.context() as broken:
        broken.setattr(stage.store.connections, "all", fails)
        stage.service.soon()
        wait_until(lambda: any(isinstance(n, StoreTrouble) and n.sentence for n in stage.ear.news))
    stage.store.connections.save(replace(stage.connection, name="later"))
    stage.ear.until(lambda s: s.switches[0].connection.name == "later" and s.switches[0].health.state is HealthState.FRESH)
    troubles = [n.sentence for n in stage.ear.news if isinstance(n, StoreTrouble)]
    assert troubles == ["noc.db is held by another program.", ""]


def test_a_clock_set_back_stops_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    shift = timedelta(0)

    class Shifted(datetime):
        @classmethod
        def now(cls, tz=None):  # type: ignore[no-untyped-def, override]
            return datetime.now(tz) + shift

    for module in (apscheduler.schedulers.base, apscheduler.triggers.interval):
        monkeypatch.setattr(module, "datetime", Shifted)
    monkeypatch.setattr(noc_alerts.scheduler, "utc_now", lambda: datetime.now(UTC) + shift)
    stage.service.start()
    fresh(stage)
    shift = -DAY
    count = len(stage.reads)
    wait_until(lambda: len(stage.reads) >= count + 3)
    noon = datetime.now(UTC) - DAY / 2
    stage.ear.until(lambda s: s.switches[0].as_of is not None and s.switches[0].as_of < noon)
    fresh(stage)


def test_stop_twice_and_calls_after_it_do_no_harm(stage: Stage) -> None:
    stage.service.start()
    fresh(stage)
    threads = [threading.Thread(target=stage.service.stop) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    stage.service.stop()
    stage.service.soon()
    stage.service.publish()
    stage.service.read_now()
    stage.service.close_chart(1)


def test_stop_in_the_middle_of_a_read_keeps_what_was_taken(stage: Stage) -> None:
    hold, go = threading.Event(), threading.Event()

    def script(_: Connection) -> None:
        hold.set()
        go.wait(10)

    stage.script = script
    stage.service.start()
    assert hold.wait(5)
    threading.Timer(0.3, go.set).start()
    began = time.monotonic()
    stage.service.stop()
    assert time.monotonic() - began < 5
    assert not any(isinstance(n, Rounded) and n.snapshot.switches[0].health.tries for n in stage.ear.news)


def test_the_end_does_not_wait_for_a_switch_that_hangs(stage: Stage) -> None:
    hold, go = threading.Event(), threading.Event()

    def script(_: Connection) -> None:
        hold.set()
        go.wait(30)

    stage.script = script
    stage.service.start()
    assert hold.wait(5)
    began = time.monotonic()
    stage.service.stop()
    assert time.monotonic() - began < 5
    go.set()  # its answer comes after the end: nobody takes it, nothing is written, nothing is said
    thread = next((t for t in threading.enumerate() if t.name.startswith("poll-")), None)
    if thread is not None:
        thread.join(5)
        assert not thread.is_alive()


def test_a_failing_listener_stops_nobody(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    def bad(_: object) -> None:
        raise ValueError("no")

    stage.service._listeners.insert(0, bad)
    stage.service.start()
    fresh(stage)
    assert "a listener failed" in caplog.text
