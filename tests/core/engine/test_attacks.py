"""What once went wrong, or nearly: edits, restarts, clocks and stores in trouble against the engine."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from replay import BEGIN, COLLAPSE, END, INCIDENT_FROM, POLL, Heard, Replay, connect, play, recorded

from noc_alerts.engine.engine import Engine
from noc_alerts.engine.news import ChartSpec, Frame, StoreTrouble
from noc_alerts.engine.programs import Program
from noc_alerts.engine.source import Source
from noc_alerts.engine.trials import evaluate_now
from noc_alerts.metrics.columns import Calls, make_calls, no_calls
from noc_alerts.model.alarms import Phase, Reason, RuleKind, Verdict
from noc_alerts.model.alerts import Alert, Area, Operator, Scope
from noc_alerts.model.companies import Company, CompanyKind, Dimension, Reading, ReadingKind, Subject
from noc_alerts.model.connections import Clock, HealthState
from noc_alerts.model.errors import StoreError, SwitchUnreachable
from noc_alerts.settings import Messages, Watching, save
from noc_alerts.store import Store, database, open_store
from noc_alerts.switches.protocol import LiveCall, Page, State

EMPTY = Page(no_calls(), "")
CARRIER = CompanyKind.CARRIER
BALANCE = Alert(
    None, "Balance low", Scope(CompanyKind.CUSTOMER), Area.BALANCE, Operator.LT, 20, 50, None, recipients=("a@example.net",)
)


@pytest.fixture(scope="module")
def calls() -> Calls:
    return recorded()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.05)
    monkeypatch.setattr(database, "WRITER_TIMEOUT_S", 0.2)
    store = open_store(tmp_path)
    yield store
    store.close()


class Switch:
    """Plays balances to an engine, one read at a time."""

    def __init__(self, store: Store, heard: Heard | None = None, cid: int | None = None, at: datetime = BEGIN) -> None:
        self.cid = cid or connect(store).id or 0
        self.heard = heard or Heard()
        self.engine = Engine(store, self.heard)
        self.at = at
        self.engine.load(at)

    def read(self, *balances: float, every: timedelta = POLL) -> None:
        for balance in balances:
            self.at += every
            readings = (Reading(self.cid, ReadingKind.BALANCE, CompanyKind.CUSTOMER, "acme", balance, self.at, "USD"),)
            self.engine.take_state(self.cid, State(self.at, readings=readings), self.at)
            self.engine.ingest(self.cid, EMPTY, self.at)
            self.engine.read_done(self.cid, self.at, self.at + POLL, self.at)

    def steps(self) -> list[tuple[Phase, Reason]]:
        return [(c.transition.after, c.transition.reason) for c in self.heard.changes()]

    def again(self, store: Store) -> "Switch":
        """Start anew, as after the end of the program."""
        return Switch(store, cid=self.cid, at=self.at + timedelta(seconds=2))


def reasons(store: Store) -> list[Reason | None]:
    return [a.cleared_reason for a in store.alarms.cleared(BEGIN - timedelta(days=1), 100)]


# -- edits ---------------------------------------------------------------------------------------------------------------


def incident(store: Store, calls: Calls, alert: Alert) -> tuple[Engine, Heard, Alert, datetime]:
    cid = connect(store).id or 0
    alert = store.alerts.save(alert)
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(BEGIN)
    at = INCIDENT_FROM + timedelta(seconds=70)
    play(engine, Replay(calls), cid, BEGIN, at)
    assert store.alarms.count_active() == 1
    return engine, heard, alert, at


@pytest.mark.parametrize(
    "change",
    [
        {"area": Area.BALANCE, "sample_period": None, "enabled": False},
        {"scope": Scope(CompanyKind.CUSTOMER), "enabled": False},
    ],
)
def test_an_alert_made_another_and_disabled_at_once_ends_its_own_alarm(
    store: Store, calls: Calls, change: dict[str, object]
) -> None:
    engine, heard, alert, at = incident(store, calls, COLLAPSE)
    store.alerts.save(replace(alert, **change))
    engine.round(at + timedelta(seconds=1))
    assert store.alarms.count_active() == 0
    last = heard.changes()[-1].transition
    assert last.key.subject == Subject.company(CARRIER, "bravo")
    assert (last.before, last.after) == (Phase.RAISED, Phase.NORMAL)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"enabled": False}, Reason.RULE_DISABLED),
        ({"scope": Scope(CARRIER, ("alpha",))}, Reason.RULE_CHANGED),
        ({"scope": Scope(CompanyKind.CUSTOMER)}, Reason.RULE_CHANGED),
        ({"area": Area.PDD, "operator": Operator.GT, "reset": None}, Reason.RULE_CHANGED),
    ],
)
def test_an_alert_edited_while_the_program_is_off_ends_its_alarm_with_the_reason(
    store: Store, calls: Calls, change: dict[str, object], reason: Reason
) -> None:
    _, _, alert, at = incident(store, calls, COLLAPSE)
    store.alerts.save(replace(alert, **change))
    heard = Heard()
    again = Engine(store, heard)
    again.load(at + timedelta(seconds=9))
    assert reasons(store) == [reason]
    assert store.alarms.states() == []
    assert again.active_alarms() == []
    assert heard.changes()[-1].transition.text != "The rule no longer exists."


def test_an_alarm_that_ends_while_clearing_says_so(store: Store) -> None:
    alert = store.alerts.save(replace(BALANCE, keep=timedelta(minutes=5)))
    switch = Switch(store)
    switch.read(10, 60)
    assert switch.steps()[-1][0] is Phase.CLEARING
    store.alerts.delete(alert.id or 0)
    again = switch.again(store)
    assert [(c.transition.before, c.transition.after) for c in again.heard.changes()] == [(Phase.CLEARING, Phase.NORMAL)]


def test_a_hold_time_does_not_outlive_its_rule(store: Store) -> None:
    alert = store.alerts.save(replace(BALANCE, hold=timedelta(seconds=30)))
    switch = Switch(store)
    switch.read(10, 10, 10, 10, 10)
    off = store.alerts.save(replace(alert, enabled=False))
    switch = switch.again(store)
    store.alerts.save(replace(off, enabled=True))
    switch = switch.again(store)
    switch.read(10, 10, 10)
    assert switch.steps() == [(Phase.PENDING, Reason.BREACHED)]


def test_a_changed_connection_keeps_alarms_and_running_times(store: Store) -> None:
    store.alerts.save(replace(BALANCE, hold=timedelta(seconds=30)))
    store.alerts.save(replace(BALANCE, title="at once"))
    switch = Switch(store)
    switch.read(10, 10, 10, 10)
    connection = store.connections.get(switch.cid)
    assert connection is not None
    store.connections.save(replace(connection, name="renamed"))
    switch.engine.load(switch.at)
    assert store.alarms.count_active() == 1
    switch.read(10, 10, 10, 10)
    assert switch.steps().count((Phase.RAISED, Reason.BREACHED)) == 1
    assert switch.steps().count((Phase.RAISED, Reason.HELD)) == 1
    switch.read(90)
    assert store.alarms.count_active() == 0


def test_a_deleted_connection_ends_everything_on_it(store: Store) -> None:
    store.alerts.save(BALANCE)
    save(store.settings, Watching(silent_after=timedelta(seconds=10)))
    switch = Switch(store)
    switch.read(10)
    for _ in range(5):
        switch.at += POLL
        switch.engine.read_failed(switch.cid, SwitchUnreachable("It does not answer."), switch.at, switch.at + POLL)
    assert store.alarms.count_active() == 2
    store.connections.delete(switch.cid)
    switch.engine.load(switch.at)
    assert store.alarms.count_active() == 0
    assert store.alarms.states() == []
    texts = {c.transition.text for c in switch.heard.changes()[-2:]}
    assert texts == {"The switch was removed from noc_alerts."}


def test_a_connection_that_is_switched_off_does_not_come_back_by_a_late_read(store: Store) -> None:
    store.alerts.save(BALANCE)
    switch = Switch(store)
    switch.read(10)
    connection = store.connections.get(switch.cid)
    assert connection is not None
    store.connections.save(replace(connection, enabled=False))
    switch.engine.load(switch.at)
    switch.read(90)
    assert switch.heard.last_snapshot().switches[0].health.state is HealthState.OFF
    assert store.alarms.count_active() == 1
    switch.engine.round(switch.at + timedelta(minutes=20))
    snapshot = switch.engine.snapshot(switch.at + timedelta(minutes=20))
    assert snapshot.switches[0].health.state is HealthState.OFF
    assert all(a.blind for a in snapshot.alarms) and len(snapshot.alarms) == 1


def test_two_switches_with_the_same_customer_are_two(store: Store) -> None:
    store.alerts.save(BALANCE)
    heard = Heard()
    one, two = connect(store, name="one").id or 0, connect(store, name="two").id or 0
    engine = Engine(store, heard)
    engine.load(BEGIN)
    for cid, balance in ((one, 10.0), (two, 90.0)):
        readings = (Reading(cid, ReadingKind.BALANCE, CompanyKind.CUSTOMER, "acme", balance, BEGIN, "USD"),)
        engine.take_state(cid, State(BEGIN, readings=readings), BEGIN)
        engine.read_done(cid, BEGIN, BEGIN + POLL, BEGIN)
    assert [a.key.connection_id for a in engine.active_alarms()] == [one]
    lines = {(c.connection_id, c.name): c.alarms for c in heard.last_snapshot().companies}
    assert lines == {(one, "acme"): 1, (two, "acme"): 0}
    line = heard.last_snapshot().alerts[0]
    assert (line.value, line.in_alarm, line.subjects) == (10.0, 1, 2)


# -- time ----------------------------------------------------------------------------------------------------------------


def test_a_gap_without_reads_does_not_count_as_held(store: Store) -> None:
    store.alerts.save(replace(BALANCE, hold=timedelta(minutes=5)))
    switch = Switch(store)
    switch.read(10)
    switch.read(10, every=timedelta(hours=1))  # the computer slept, or the clock jumped ahead
    assert switch.steps() == [(Phase.PENDING, Reason.BREACHED)]
    switch.read(10, 10)
    assert switch.steps() == [(Phase.PENDING, Reason.BREACHED)]


def test_a_sleep_of_the_computer_is_no_silence_of_the_switch(store: Store) -> None:
    switch = Switch(store)
    switch.read(90)
    for s in range(1, 5):
        switch.engine.round(switch.at + timedelta(seconds=s))
    morning = switch.at + timedelta(hours=8)
    switch.engine.round(morning)
    assert store.alarms.count_active() == 0
    for s in range(1, 200):  # and now it really does not answer
        switch.engine.round(morning + timedelta(seconds=s))
    assert [a.key.rule_kind for a in store.alarms.active()] == [RuleKind.SWITCH]


def test_a_clock_set_back_does_not_empty_the_windows(store: Store, calls: Calls) -> None:
    cid = connect(store).id or 0
    store.alerts.save(replace(COLLAPSE, area=Area.CALLS, operator=Operator.LT, threshold=20, reset=None, min_calls=0))
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(BEGIN)
    replay = Replay(calls, tells_live=False)
    noon = BEGIN + timedelta(minutes=4)
    play(engine, replay, cid, BEGIN + timedelta(seconds=60), noon)
    before = len(heard.changes())
    back = noon - timedelta(seconds=70)
    engine.read_done(cid, back, back + POLL, back)
    fresh = Engine(store, Heard())
    fresh.load(back)
    fresh.read_done(cid, back, back + POLL, back)
    assert engine.programs[0].calls[:3].tolist() == fresh.programs[0].calls[:3].tolist()
    assert len(heard.changes()) == before


def test_a_source_whose_clock_went_back_is_not_called_fresh(store: Store) -> None:
    switch = Switch(store)
    switch.read(90)
    assert switch.engine.snapshot(switch.at - timedelta(hours=1)).switches[0].health.state is HealthState.BLIND


def test_a_read_slower_than_its_interval_is_said_and_not_blind_between(store: Store) -> None:
    switch = Switch(store)
    took = timedelta(seconds=14)
    for i in range(3):
        begun = switch.at
        done = begun + took
        switch.engine.read_done(switch.cid, begun, done, done)
        health = switch.engine.snapshot(done + timedelta(seconds=4)).switches[0].health
        assert health.state is not HealthState.BLIND
        assert (i == 0) or ("14\u2009s" in health.note and "5\u2009s" in health.note)
        switch.at = begun + timedelta(seconds=15)
    switch.read(90)
    assert switch.engine.snapshot(switch.at).switches[0].health.note == ""


def test_one_long_read_of_history_does_not_hide_a_hang_after_it(store: Store) -> None:
    switch = Switch(store)
    done = switch.at + timedelta(minutes=10)
    switch.engine.read_done(switch.cid, switch.at, done, done)
    states = [switch.engine.snapshot(done + timedelta(seconds=s)).switches[0].health.state for s in (1, 12)]
    assert states == [HealthState.FRESH, HealthState.BLIND]


# -- calls ---------------------------------------------------------------------------------------------------------------


def one_call(call_id: str, at: datetime, *, ids: tuple[str, ...] = ("r1",), answer_s: int = 2, end_s: int = 9) -> Calls:
    n, ms = len(ids), round(at.timestamp() * 1000)
    full = np.full(n, ms, dtype=np.int64)
    return make_calls(
        ids=list(ids), call_ids=[call_id] * n, setup_ms=full, answer_ms=full + answer_s * 1000, end_ms=full + end_s * 1000,
        sip_code=np.full(n, 200, dtype=np.int64), text={Dimension.GATEWAY: ["alpha"] * n, Dimension.CLIENT: ["acme"] * n},
    )  # fmt: skip


def live(call_id: str, at: datetime, answer_s: int | None = 2) -> LiveCall:
    ms = round(at.timestamp() * 1000)
    answer = None if answer_s is None else ms + answer_s * 1000
    return LiveCall(call_id, ms, None, answer, {Dimension.GATEWAY: "alpha", Dimension.CLIENT: "acme"})


ATTEMPTS = Alert(None, "Calls", Scope(CARRIER), Area.CALLS, Operator.GT, 1000, None, timedelta(minutes=5))


def test_two_records_of_one_live_call_are_both_counted_once(store: Store) -> None:
    store.alerts.save(ATTEMPTS)
    switch = Switch(store)
    at = switch.at
    switch.engine.take_state(switch.cid, State(at, live=(live("c1", at - 3 * POLL),)), at)
    page = Page(one_call("c1", at - 3 * POLL, ids=("leg-a", "leg-b")), "1")
    assert switch.engine.ingest(switch.cid, page, at) == 2
    switch.engine.read_done(switch.cid, at, at + POLL, at)
    assert switch.engine.programs[0].calls.tolist() == [2]


def test_a_live_call_with_impossible_times_is_not_counted(store: Store) -> None:
    store.alerts.save(replace(ATTEMPTS, title="PDD", area=Area.PDD))
    store.alerts.save(ATTEMPTS)
    switch = Switch(store)
    at = switch.at
    up = (live("backwards", at, -30), live("tomorrow", at + timedelta(days=1)), live("good", at - POLL))
    switch.engine.take_state(switch.cid, State(at, live=up), at)
    switch.engine.read_done(switch.cid, at, at + POLL, at)
    pdd, attempts = switch.engine.programs
    assert attempts.calls.tolist() == [1]
    assert pdd.values.tolist() == [2.0]


def test_the_end_clock_counts_a_call_at_its_end_even_when_it_is_seen_up(store: Store, calls: Calls) -> None:
    cids = [connect(store, Clock.END, name).id or 0 for name in ("tells", "does not")]
    store.alerts.save(replace(COLLAPSE, sample_period=timedelta(minutes=1), min_calls=0))
    engine = Engine(store, Heard())
    engine.load(BEGIN)
    replays = [Replay(calls, tells_live=tells) for tells in (True, False)]
    at = BEGIN
    while at < BEGIN + timedelta(minutes=3):
        for cid, replay in zip(cids, replays, strict=True):
            play(engine, replay, cid, at, at)
        at += POLL
    one, two = ({s.key: n for s, n in zip(p.subjects(), p.calls.tolist(), strict=True)} for p in engine.programs)
    assert one == two


def test_an_alert_added_while_calls_are_up_counts_as_after_a_fresh_start(store: Store, calls: Calls) -> None:
    cid = connect(store).id or 0
    engine = Engine(store, Heard())
    engine.load(BEGIN)
    replay, at = Replay(calls), BEGIN + timedelta(minutes=3)
    play(engine, replay, cid, BEGIN, at)
    store.alerts.save(replace(COLLAPSE, sample_period=timedelta(minutes=2), min_calls=0))
    engine.load(at)
    fresh = Engine(store, Heard())
    fresh.load(at)
    for each in (engine, fresh):
        each.take_state(cid, replay.state(at), at)
        each.read_done(cid, at, at + POLL, at)
    programs = [p for e in (engine, fresh) for p in e.programs]
    counts = [{s.key: n for s, n in zip(p.subjects(), p.calls.tolist(), strict=True)} for p in programs]
    assert counts[0] == counts[1]
    assert sum(counts[0].values()) > 200


def test_a_page_that_could_not_be_counted_is_counted_before_anything_is_judged(
    store: Store, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.alerts.save(replace(ATTEMPTS, sample_period=timedelta(hours=1)))
    switch = Switch(store, at=END)
    source = switch.engine.sources[switch.cid]
    with monkeypatch.context() as broken:
        broken.setattr(Source, "_feed", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            switch.engine.ingest(switch.cid, Page(calls, "1"), END)
    switch.engine.read_done(switch.cid, END, END + POLL, END)
    assert int(switch.engine.programs[0].calls.sum()) == sum(1 for g in calls.dimension(Dimension.GATEWAY) if g)
    assert source is switch.engine.sources[switch.cid]


# -- a store in trouble --------------------------------------------------------------------------------------------------


def troubles(heard: Heard) -> list[str]:
    return [n.sentence for n in heard.news if isinstance(n, StoreTrouble)]


class Lock:
    """Holds a database as another program would."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("BEGIN EXCLUSIVE")

    def release(self) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


def test_a_store_that_fails_while_a_message_is_made_loses_no_change(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.alerts.save(BALANCE)
    switch = Switch(store)
    switch.read(10)

    def fails(*_: object, **__: object) -> None:
        raise StoreError("noc.db is held by another program.")

    with monkeypatch.context() as broken:
        broken.setattr(store.outbox, "list", fails)
        switch.read(90)
    assert store.alarms.count_active() == 1
    switch.read(90)
    assert store.alarms.count_active() == 0
    assert [d.facts.cause.value for d in store.outbox.list(10)].count("cleared") == 2  # mail and tray
    assert troubles(switch.heard)[-1] == ""


def test_an_alert_switched_off_while_its_alarm_waits_for_the_store_ends_it(store: Store, tmp_path: Path) -> None:
    alert = store.alerts.save(BALANCE)
    switch = Switch(store)
    switch.read(90)
    lock = Lock(tmp_path / "noc.db")
    switch.read(10)
    lock.release()
    store.alerts.save(replace(alert, enabled=False))
    switch.engine.round(switch.at + timedelta(seconds=1))
    switch.engine.round(switch.at + timedelta(seconds=2))
    assert switch.steps() == [(Phase.RAISED, Reason.BREACHED), (Phase.NORMAL, Reason.RULE_DISABLED)]
    assert store.alarms.count_active() == 0


def test_trouble_is_said_once_and_ends_by_itself(store: Store, tmp_path: Path) -> None:
    """calls.db is locked over many reads of two switches while noc.db is well; nothing is written to noc.db afterwards."""
    one = Switch(store)
    heard = one.heard
    lock = Lock(tmp_path / "calls.db")
    for _ in range(3):
        one.at += POLL
        with pytest.raises(StoreError) as caught:
            one.engine.ingest(one.cid, Page(one_call("x", one.at), "1"), one.at)
        one.engine.store_failed(f"read {one.cid}", caught.value)
        one.engine.round(one.at)
    lock.release()
    assert len(troubles(heard)) == 1
    one.read(90)
    assert troubles(heard)[1:] == [""]


def test_a_fill_that_failed_is_done_again_before_judging(store: Store, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    cid = connect(store).id or 0
    store.calls.ingest(cid, calls, "1", (), now=END)
    engine = Engine(store, Heard())
    engine.load(END)
    engine.read_done(cid, END, END + POLL, END)
    store.alerts.save(replace(ATTEMPTS, sample_period=timedelta(hours=2)))

    def fails(*_: object, **__: object) -> None:
        raise StoreError("calls.db is held by another program.")

    with monkeypatch.context() as broken:
        broken.setattr(store.calls, "read", fails)
        with pytest.raises(StoreError):
            engine.load(END)
    engine.load(END)
    engine.read_done(cid, END + POLL, END + 2 * POLL, END + POLL)
    assert int(engine.programs[0].calls.sum()) == sum(1 for g in calls.dimension(Dimension.GATEWAY) if g)


def test_taking_over_a_changed_connection_that_failed_is_done_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.alerts.save(BALANCE)
    switch = Switch(store)
    switch.read(10)
    connection = store.connections.get(switch.cid)
    assert connection is not None
    store.connections.save(replace(connection, name="renamed"))

    def fails(*_: object, **__: object) -> None:
        raise StoreError("noc.db is held by another program.")

    with monkeypatch.context() as broken:
        broken.setattr(store.alarms, "active", fails)
        with pytest.raises(StoreError):
            switch.engine.load(switch.at)
    switch.engine.load(switch.at)
    switch.read(10, 90)
    assert switch.steps() == [(Phase.RAISED, Reason.BREACHED), (Phase.NORMAL, Reason.RECOVERED)]
    assert store.alarms.count_active() == 0


# -- telling -------------------------------------------------------------------------------------------------------------


def test_one_bad_alert_does_not_take_the_changes_of_others_with_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = store.alerts.save(replace(BALANCE, title="broken"))
    store.alerts.save(BALANCE)
    switch = Switch(store)
    broken = next(p for p in switch.engine.programs if p.rule_id == first.id)
    key = Program.key
    monkeypatch.setattr(Program, "key", lambda self, row: 1 / 0 if self is broken else key(self, row))
    switch.read(10, 10)
    assert [a.title for a in store.alarms.active()] == ["Balance low"]
    line = next(line for line in switch.engine.snapshot(switch.at).alerts if line.alert_id == first.id)
    assert "division" in line.error
    monkeypatch.undo()
    switch.read(10)
    assert {a.title for a in store.alarms.active()} == {"Balance low", "broken"}
    assert sum("could not be judged" in r.message for r in caplog.records) == 1


def test_the_end_is_not_told_to_whom_the_alarm_never_reached(store: Store) -> None:
    from noc_alerts.model.deliveries import Attempt, DeliveryState

    store.alerts.save(replace(BALANCE, tray=False, recipients=("gone@example.net", "here@example.net")))
    switch = Switch(store)
    switch.read(10)
    for delivery in store.outbox.list(10):
        state = DeliveryState.FAILED if delivery.recipient.startswith("gone") else DeliveryState.SENT
        store.outbox.record(delivery.id or 0, Attempt(delivery.id or 0, switch.at, state is DeliveryState.SENT, "x"), state)
    switch.read(90)
    assert [d.recipient for d in store.outbox.list(10) if d.facts.cause.value == "cleared"] == ["here@example.net"]


def test_values_of_every_switch_are_kept_now_and_then(store: Store) -> None:
    store.alerts.save(BALANCE)
    cids = [connect(store, name=name).id or 0 for name in ("one", "two")]
    engine = Engine(store, Heard())
    engine.load(BEGIN)
    for i in range(10):
        at = BEGIN + i * POLL
        for cid in cids:
            readings = (Reading(cid, ReadingKind.BALANCE, CompanyKind.CUSTOMER, "acme", 15.0 - i, at, "USD"),)
            engine.take_state(cid, State(at, readings=readings), at)
            engine.read_done(cid, at, at + POLL, at + timedelta(seconds=1))
    assert all(a.value is not None and a.value < 10 for a in store.alarms.active())


def test_a_paused_alert_does_not_pass_an_old_value_off_as_new(store: Store) -> None:
    alert = store.alerts.save(BALANCE)
    switch = Switch(store)
    switch.read(10)
    raised = switch.at
    store.alerts.save(replace(alert, paused_until=END + timedelta(days=1)))
    switch.engine.round(switch.at)
    switch.read(11, 12)
    assert [a.value_at for a in switch.engine.active_alarms()] == [raised]


def test_the_snapshot_with_the_switch_alarm_comes_at_once(store: Store) -> None:
    switch = Switch(store)
    save(store.settings, Watching(silent_after=timedelta(seconds=10)))
    switch.read(90)
    at = switch.at + POLL
    for _ in range(3):
        switch.engine.read_failed(switch.cid, SwitchUnreachable("It does not answer."), at, at + timedelta(hours=1))
    for s in range(30):
        switch.engine.round(at + timedelta(seconds=s))
    assert [a.key.rule_kind for a in switch.heard.last_snapshot().alarms] == [RuleKind.SWITCH]


# -- charts --------------------------------------------------------------------------------------------------------------


def test_a_chart_that_could_not_be_filled_is_filled_later(store: Store, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    cid = connect(store).id or 0
    store.calls.ingest(cid, calls, "1", (), now=END)
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(END)
    spec = ChartSpec(cid, Subject.company(CARRIER, "alpha"), "records_total", None, timedelta(minutes=1), timedelta(minutes=10))

    def fails(*_: object, **__: object) -> None:
        raise StoreError("calls.db is held by another program.")

    with monkeypatch.context() as broken:
        broken.setattr(store.calls, "read", fails)
        with pytest.raises(StoreError):
            engine.open_chart(1, spec, END)
    engine.read_done(cid, END, END + POLL, END)
    frames = [n for n in heard.news if isinstance(n, Frame)]
    assert frames and float(np.nansum(frames[-1].points.value)) > 0


def test_a_message_setting_of_another_program_is_said(store: Store) -> None:
    store.settings.set("messages", '{"tray": "perhaps"}')
    with pytest.raises(StoreError, match="settings"):
        Engine(store, Heard()).load(BEGIN)
    save(store.settings, Messages())
    Engine(store, Heard()).load(BEGIN)


def test_an_unchanged_list_of_companies_is_not_written_at_every_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[datetime] = []
    upsert = store.companies.upsert
    monkeypatch.setattr(store.companies, "upsert", lambda cid, companies, now: (written.append(now), upsert(cid, companies, now)))
    switch = Switch(store)
    acme = Company(switch.cid, CARRIER, "1", "alpha")
    for i in range(130):
        listed = (acme,) if i < 60 else (acme, replace(acme, key="2", name="bravo"))
        at = switch.at + i * POLL
        switch.engine.take_state(switch.cid, State(at, companies=listed), at)
    assert [(at - switch.at) // POLL for at in written] == [0, 60]
    assert {c.name for c in store.companies.all()} == {"alpha", "bravo"}


def test_a_switch_that_does_not_tell_channels_gives_no_data(store: Store) -> None:
    store.alerts.save(replace(BALANCE, area=Area.CHANNELS, operator=Operator.LT, threshold=5, reset=None))
    switch = Switch(store)
    switch.read(1)
    assert switch.steps() == []
    assert switch.engine.snapshot(switch.at).alerts[0].verdict is Verdict.NO_DATA


def test_a_company_that_vanishes_keeps_its_alarm_as_it_was(store: Store) -> None:
    store.alerts.save(BALANCE)
    switch = Switch(store)
    switch.read(10)
    for _ in range(20):
        switch.at += POLL
        switch.engine.take_state(switch.cid, State(switch.at), switch.at)
        switch.engine.read_done(switch.cid, switch.at, switch.at + POLL, switch.at)
    assert [a.value for a in switch.engine.active_alarms()] == [None]
    assert switch.steps() == [(Phase.RAISED, Reason.BREACHED)]
    switch.read(90)
    assert store.alarms.count_active() == 0


@pytest.mark.parametrize(("operator", "worst"), [(Operator.NE, 7.0), (Operator.EQ, 5.0)])
def test_the_worst_company_of_an_equality_is_one_that_breaches(store: Store, operator: Operator, worst: float) -> None:
    alert = store.alerts.save(replace(BALANCE, operator=operator, threshold=5, reset=None))
    heard = Heard()
    cid = connect(store).id or 0
    engine = Engine(store, heard)
    engine.load(BEGIN)
    values = {"a": 5.0, "b": 7.0 if operator is Operator.NE else 9.0, "c": 5.0}
    readings = tuple(Reading(cid, ReadingKind.BALANCE, CompanyKind.CUSTOMER, n, v, BEGIN, "USD") for n, v in values.items())
    engine.take_state(cid, State(BEGIN, readings=readings), BEGIN)
    engine.read_done(cid, BEGIN, BEGIN + POLL, BEGIN)
    assert engine.snapshot(BEGIN).alerts[0].value == worst
    steps, _ = evaluate_now(engine, alert, BEGIN)
    assert "would fire" in steps[0].answer


@pytest.mark.parametrize("pdd_ms", [-5, -60_000])
def test_a_negative_delay_is_kept_out(store: Store, pdd_ms: int) -> None:
    switch = Switch(store)
    call = one_call("x", switch.at - 9 * POLL)
    page = Page(replace(call, pdd_ms=np.array([pdd_ms], dtype=np.int64)), "1")
    assert switch.engine.ingest(switch.cid, page, switch.at) == 0
    assert [bad.reason for _, bad in store.calls.bad(switch.cid, 9)] == ["negative duration"]
