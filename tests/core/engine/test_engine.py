"""The engine over the recorded real calls: right alarms, once, over restarts, blindness and a store in trouble."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from replay import BEGIN, COLLAPSE, END, INCIDENT_FROM, INCIDENT_TO, POLL, Heard, Replay, connect, play, recorded

from noc_alerts.engine.engine import Engine
from noc_alerts.engine.news import EventsAdded, StoreTrouble
from noc_alerts.metrics.columns import Calls, make_calls
from noc_alerts.model.alarms import Phase, Reason, RuleKind, Verdict
from noc_alerts.model.alerts import Alert, Area, Operator, Scope
from noc_alerts.model.companies import CompanyKind, Reading, ReadingKind, Subject
from noc_alerts.model.connections import BadRecord, Clock, HealthState
from noc_alerts.model.deliveries import Cause, Channel
from noc_alerts.model.errors import SwitchUnreachable
from noc_alerts.settings import Watching, save
from noc_alerts.store import Store, database, open_store
from noc_alerts.switches.protocol import Page, State


@pytest.fixture(scope="module")
def calls() -> Calls:
    return recorded()


def asr_of(engine: Engine, cid: int, carrier: str, alert_id: int) -> float | None:
    program = next(p for p in engine.programs if p.rule_id == alert_id and p.source.id == cid)
    return program.value(program.row(Subject.company(CompanyKind.CARRIER, carrier)))[0]


def test_the_incident_is_found_once_and_ends(store: Store, calls: Calls) -> None:
    cid = connect(store).id or 0
    store.alerts.save(COLLAPSE)
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(BEGIN)
    play(engine, Replay(calls), cid, BEGIN, END)
    alarms = [(c.alarm.key.subject.label, c.transition.after, c.transition.at) for c in heard.changes() if c.alarm]
    assert [(who, after) for who, after, _ in alarms] == [("carrier bravo", Phase.RAISED), ("carrier bravo", Phase.NORMAL)]
    assert INCIDENT_FROM < alarms[0][2] <= INCIDENT_FROM + timedelta(seconds=70)
    assert INCIDENT_TO < alarms[1][2] <= INCIDENT_TO + timedelta(seconds=70)
    mails = [d for d in store.outbox.list(100) if d.channel is Channel.EMAIL]
    assert [(d.recipient, d.facts.cause) for d in reversed(mails)] == [
        ("noc@example.net", Cause.RAISED),
        ("noc@example.net", Cause.CLEARED),
    ]
    assert mails[0].thread_id == mails[1].message_id
    assert store.alarms.active() == []


def test_live_calls_make_the_asr_right_at_once(store: Store, calls: Calls) -> None:
    """DESIGN section 4: with the outcome clock the live value is the hindsight value by outcome time, within a bucket."""
    cid = connect(store).id or 0
    alert = store.alerts.save(COLLAPSE)
    engine = Engine(store, Heard())
    engine.load(BEGIN)
    replay = Replay(calls)
    at, compared = BEGIN, 0
    outcome = np.where(calls.answer_ms >= 0, calls.answer_ms, calls.end_ms)
    carriers = np.array(calls.dimension(CompanyKind.CARRIER.dimension))
    while at <= BEGIN + timedelta(minutes=6):
        play(engine, replay, cid, at, at)
        ring = next(iter(engine.programs)).source.view(((CompanyKind.CARRIER.dimension,), ())).ring(60_000)
        now = round(at.timestamp() * 1000)
        for carrier in ("alpha", "bravo", "charlie"):
            inside = (carriers == carrier) & (outcome >= ring.from_ms) & (outcome <= now)
            live = asr_of(engine, cid, carrier, alert.id or 0)
            if live is not None:
                compared += 1
                assert live == pytest.approx(100 * (calls.answer_ms[inside] >= 0).sum() / inside.sum())
        at += POLL
    assert compared > 60


def test_a_call_counted_while_up_is_not_counted_again(store: Store, calls: Calls) -> None:
    cid = connect(store).id or 0
    store.alerts.save(replace(COLLAPSE, sample_period=timedelta(hours=1), min_calls=0))
    engine = Engine(store, Heard())
    engine.load(BEGIN)
    play(engine, Replay(calls), cid, BEGIN, END)
    program = engine.programs[0]
    program.read()
    assert int(program.calls.sum()) == len(calls)


@pytest.mark.parametrize("restart_after_s", [60, 130, 185, 250, 300])
def test_a_restart_changes_nothing(store: Store, calls: Calls, tmp_path: Path, restart_after_s: int) -> None:
    cid = connect(store).id or 0
    store.alerts.save(COLLAPSE)
    before, after = Heard(), Heard()
    replay = Replay(calls)
    engine = Engine(store, before)
    engine.load(BEGIN)
    stop = BEGIN + timedelta(seconds=restart_after_s)
    play(engine, replay, cid, BEGIN, stop)
    again = Engine(store, after)
    again.load(stop + timedelta(seconds=2))
    play(again, replay, cid, stop + POLL, END)
    phases = [c.transition.after for c in before.changes() + after.changes()]
    assert phases == [Phase.RAISED, Phase.NORMAL]
    assert len([d for d in store.outbox.list(100) if d.channel is Channel.EMAIL]) == 2


def test_a_failing_source_touches_no_alarm(store: Store, calls: Calls) -> None:
    cid = connect(store).id or 0
    store.alerts.save(COLLAPSE)
    save(store.settings, Watching(silent_after=timedelta(seconds=60)))
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(BEGIN)
    replay = Replay(calls)
    raised_at = INCIDENT_FROM + timedelta(seconds=70)
    play(engine, replay, cid, BEGIN, raised_at)
    assert [a.key.rule_kind for a in store.alarms.active()] == [RuleKind.ALERT]
    at = raised_at
    for _ in range(30):
        at += POLL
        engine.read_failed(cid, SwitchUnreachable("rig does not answer: connection timed out."), at, at + POLL)
    snapshot = heard.last_snapshot()
    assert snapshot.switches[0].health.state is HealthState.BLIND
    assert snapshot.switches[0].health.tries == 30
    assert "does not answer" in snapshot.switches[0].health.sentence
    kinds = {a.key.rule_kind: a for a in snapshot.alarms}
    assert set(kinds) == {RuleKind.ALERT, RuleKind.SWITCH}
    assert kinds[RuleKind.ALERT].blind
    assert kinds[RuleKind.SWITCH].level.value == "critical"
    play(engine, replay, cid, at + POLL, at + POLL)
    reasons = [c.transition.reason for c in heard.changes()]
    assert reasons.count(Reason.SOURCE_SILENT) == 1
    assert reasons.count(Reason.SOURCE_BACK) == 1
    assert heard.last_snapshot().switches[0].health.state is HealthState.FRESH
    assert sum(e.text.startswith("rig does not answer") for e in store.events.list(100)) == 2  # the failure, the alarm


def test_other_switches_go_on(store: Store, calls: Calls) -> None:
    good, bad = connect(store, name="good").id or 0, connect(store, name="bad").id or 0
    store.alerts.save(COLLAPSE)
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(BEGIN)
    replay, at = Replay(calls), BEGIN
    while at <= END:
        engine.read_failed(bad, SwitchUnreachable("bad does not answer."), at, at + POLL)
        play(engine, replay, good, at, at)
        at += POLL
    keys = [c.transition.key for c in heard.changes() if c.alarm]
    assert [k.connection_id for k in keys if k.rule_kind is RuleKind.ALERT] == [good, good]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda s, a: s.alerts.save(replace(a, enabled=False)), Reason.RULE_DISABLED),
        (lambda s, a: s.alerts.delete(a.id), Reason.RULE_DELETED),
        (lambda s, a: s.alerts.save(replace(a, scope=Scope(CompanyKind.CARRIER, ("alpha",)))), Reason.RULE_CHANGED),
        (lambda s, a: s.alerts.save(replace(a, area=Area.CALLS, reset=None, operator=Operator.LT)), Reason.RULE_CHANGED),
    ],
)
def test_a_rule_that_goes_ends_its_alarms_with_the_reason(store: Store, calls: Calls, change, reason: Reason) -> None:  # type: ignore[no-untyped-def]
    cid = connect(store).id or 0
    alert = store.alerts.save(COLLAPSE)
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(BEGIN)
    at = INCIDENT_FROM + timedelta(seconds=70)
    play(engine, Replay(calls), cid, BEGIN, at)
    assert store.alarms.count_active() == 1
    change(store, alert)
    engine.round(at + timedelta(seconds=1))
    assert store.alarms.count_active() == 0
    assert heard.changes()[-1].transition.reason is reason
    assert any(isinstance(n, EventsAdded) for n in heard.news[-4:])  # the log on the screen shows it at once


def test_a_changed_limit_goes_on_with_the_same_alarm(store: Store, calls: Calls) -> None:
    cid = connect(store).id or 0
    alert = store.alerts.save(COLLAPSE)
    engine = Engine(store, Heard())
    engine.load(BEGIN)
    replay, at = Replay(calls), INCIDENT_FROM + timedelta(seconds=70)
    play(engine, replay, cid, BEGIN, at)
    alarm = store.alarms.active()[0]
    store.alerts.save(replace(alert, threshold=10, reset=90))
    engine.round(at + timedelta(seconds=1))
    play(engine, replay, cid, at + POLL, END)
    assert [a.id for a in store.alarms.active()] == [alarm.id]


def test_paused_is_not_judged_and_says_so(store: Store, calls: Calls) -> None:
    cid = connect(store).id or 0
    store.alerts.save(replace(COLLAPSE, paused_until=END + timedelta(hours=1)))
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(BEGIN)
    play(engine, Replay(calls), cid, BEGIN, END)
    assert heard.changes() == []
    assert heard.last_snapshot().alerts[0].verdict is Verdict.PAUSED


def test_too_few_calls_is_no_data(store: Store, calls: Calls) -> None:
    cid = connect(store).id or 0
    store.alerts.save(replace(COLLAPSE, min_calls=100_000))
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(BEGIN)
    play(engine, Replay(calls), cid, BEGIN, END)
    assert heard.changes() == []
    assert heard.last_snapshot().alerts[0].verdict is Verdict.NO_DATA


def test_balance_is_read_as_it_is(store: Store) -> None:
    cid = connect(store).id or 0
    store.alerts.save(Alert(None, "Balance low", Scope(CompanyKind.CUSTOMER), Area.BALANCE, Operator.LT, 20, 50, None))
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(BEGIN)
    empty = Page(recorded().take(np.zeros(2000, dtype=bool)), "")
    for i, balance in enumerate([25, 15, 30, 51]):
        at = BEGIN + i * POLL
        readings = (
            Reading(cid, ReadingKind.BALANCE, CompanyKind.CUSTOMER, "acme", balance, at, "USD"),
            Reading(cid, ReadingKind.BALANCE, CompanyKind.CUSTOMER, "globex", 900, at, "USD"),
        )
        engine.take_state(cid, State(at, readings=readings), at)
        engine.ingest(cid, empty, at)
        engine.read_done(cid, at, at + POLL, at)
    assert [(c.transition.key.subject.label, c.transition.value) for c in heard.changes()] == [
        ("customer acme", 15),
        ("customer acme", 51),
    ]
    assert next(c.alarm for c in heard.changes() if c.alarm).unit == "USD"


def test_bad_records_are_kept_out_and_counted(store: Store, calls: Calls) -> None:
    cid = connect(store).id or 0
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(END)
    some = calls.take(np.arange(len(calls)) < 6)
    end, setup, answer, talk = some.end_ms.copy(), some.setup_ms.copy(), some.answer_ms.copy(), some.talk_ms.copy()
    end[0] += 86_400_000  # from the future
    answer[1], end[1] = setup[1] + 5000, setup[1] + 1000  # ends before its answer
    talk[2] = -5  # negative duration
    wrong = replace(some, end_ms=end, setup_ms=setup, answer_ms=answer, talk_ms=talk)
    page = Page(wrong, "1", bad=(BadRecord("record 77", "duration is no number"),))
    assert engine.ingest(cid, page, END) == 3
    assert engine.ingest(cid, page, END) == 0
    engine.read_done(cid, END, END + POLL, END)
    assert store.calls.count(cid) == 3
    assert heard.last_snapshot().switches[0].health.bad_records == 4
    reasons = {bad.reason for _, bad in store.calls.bad(cid, 10)}
    assert reasons == {"from the future", "end before answer", "negative duration", "duration is no number"}


def test_a_locked_store_loses_no_alarm(calls: Calls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.1)  # what happens after the wait is the same after a short one
    store = open_store(tmp_path)
    cid = connect(store).id or 0
    store.alerts.save(COLLAPSE)
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(BEGIN)
    replay = Replay(calls)
    raised = INCIDENT_FROM + timedelta(seconds=70)
    at = BEGIN
    while not heard.changes() and at < raised:
        if at > INCIDENT_FROM + timedelta(seconds=30):
            break
        play(engine, replay, cid, at, at)
        at += POLL
    locker = sqlite3.connect(tmp_path / "noc.db", isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    engine.take_state(cid, replay.state(raised), raised)
    engine.ingest(cid, replay.page(raised), raised)
    engine.read_done(cid, raised, raised + POLL, raised)
    trouble = [n.sentence for n in heard.news if isinstance(n, StoreTrouble)]
    assert len(trouble) == 1 and trouble[0]
    assert heard.changes() == []
    locker.execute("ROLLBACK")
    locker.close()
    play(engine, replay, cid, raised + POLL, raised + 2 * POLL)
    assert [c.transition.after for c in heard.changes()] == [Phase.RAISED]
    assert [n.sentence for n in heard.news if isinstance(n, StoreTrouble)][-1] == ""
    assert store.alarms.count_active() == 1
    assert len([d for d in store.outbox.list(100) if d.channel is Channel.EMAIL]) == 1
    store.close()


def test_clock_end_needs_no_live_calls(store: Store, calls: Calls) -> None:
    cid = connect(store, Clock.END).id or 0
    store.alerts.save(replace(COLLAPSE, threshold=20))
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(BEGIN)
    play(engine, Replay(calls, tells_live=False), cid, BEGIN, END)
    raised = [c.transition.key.subject.label for c in heard.changes() if c.transition.after is Phase.RAISED]
    assert raised[-1] == "carrier bravo"


def test_one_bad_rule_stops_nobody(
    store: Store, calls: Calls, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cid = connect(store).id or 0
    first = store.alerts.save(replace(COLLAPSE, title="broken"))
    store.alerts.save(COLLAPSE)
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(BEGIN)
    broken = next(p for p in engine.programs if p.rule_id == first.id)
    monkeypatch.setattr(broken, "read", lambda: 1 / 0)
    play(engine, Replay(calls), cid, BEGIN, END)
    assert [c.transition.after for c in heard.changes()] == [Phase.RAISED, Phase.NORMAL]
    line = next(line for line in heard.last_snapshot().alerts if line.alert_id == first.id)
    assert line.verdict is Verdict.ERROR
    assert "division" in line.error
    assert sum("could not be judged" in r.message for r in caplog.records) == 1


def beginning(bad: bool) -> Calls:
    """Make four minutes of a carrier that begins to carry two calls a second; half fail at once, the others ring 5 s."""
    start = round(BEGIN.timestamp() * 1000)
    setup = start + np.arange(480) * 500
    fails = np.arange(480) % 2 == 0 if not bad else np.arange(480) % 20 != 0
    answer = np.where(fails, -1, setup + 5000)
    return make_calls(
        ids=[str(i) for i in range(480)],
        setup_ms=setup,
        end_ms=np.where(fails, setup + 300, answer + 15_000),
        answer_ms=answer,
        sip_code=np.where(fails, 503, 200),
        text={CompanyKind.CARRIER.dimension: ["delta"] * 480},
    )


@pytest.mark.parametrize("clock", [Clock.OUTCOME, Clock.END])
def test_a_company_that_begins_is_not_judged_by_its_first_failures(store: Store, clock: Clock) -> None:
    """Failures are known at once, answers later: 40 attempts of a healthy carrier that just began read far below 50 %."""
    cid = connect(store, clock).id or 0
    store.alerts.save(replace(COLLAPSE, threshold=36, reset=40, min_calls=10))
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(BEGIN)
    play(engine, Replay(beginning(bad=False), tells_live=clock is Clock.OUTCOME), cid, BEGIN, BEGIN + timedelta(seconds=200))
    assert heard.changes() == []


def test_a_company_that_begins_badly_is_found_within_a_minute(store: Store) -> None:
    cid = connect(store).id or 0
    store.alerts.save(replace(COLLAPSE, min_calls=10))
    heard = Heard()
    engine = Engine(store, heard)
    engine.load(BEGIN)
    play(engine, Replay(beginning(bad=True)), cid, BEGIN, BEGIN + timedelta(seconds=200))
    assert [c.transition.after for c in heard.changes()] == [Phase.RAISED]
    assert timedelta(seconds=40) <= heard.changes()[0].transition.at - BEGIN <= timedelta(seconds=60)
