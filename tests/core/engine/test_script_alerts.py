"""Alerts whose script decides: run for real on what the engine knows, judged as any other alert, never by an error."""

import json
from datetime import timedelta
from typing import Any

import pytest
from desk import CUSTOMER, Desk, balance_alert, customer, some_calls

from noc_alerts.engine.scripting import data_of
from noc_alerts.model.alarms import Verdict
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.errors import ScriptError
from noc_alerts.model.scripts import Script
from noc_alerts.scripts.runner import run
from noc_alerts.store import Store


def script_alert(**more: Any) -> Alert:
    return balance_alert(
        **{"title": "Scripted", "scope": Scope(CUSTOMER), "area": Area.SCRIPT, "threshold": None, "reset": None,
           "sample_period": timedelta(minutes=5), "script": "mine", **more}
    )  # fmt: skip


def desk_with(store: Store, source: str, **more: Any) -> Desk:
    store.scripts.save(Script(None, "mine", source))
    desk = Desk(store)
    desk.save(script_alert(**more))
    return desk


def turn(desk: Desk, balances: dict[str, float], **more: Any) -> None:
    """Read twice (scripts run at most once a minute) and run what is due."""
    desk.read(balances, **more)
    desk.run_scripts()
    desk.read(balances)
    desk.run_scripts()


LOW = "function main(data) { return data.companies.some(c => c.balance !== null && c.balance < 50); }"


def test_a_boolean_raises_and_clears(store: Store) -> None:
    desk = desk_with(store, LOW)
    listed = [customer("acme"), customer("globex")]
    for balance in (100.0, 40.0, 40.0, 100.0):
        turn(desk, {"acme": balance}, companies=listed)
    assert desk.reasons() == ["breached", "recovered"]
    alarm = store.alarms.get(1)
    assert alarm is not None
    assert (alarm.key.subject.parts, alarm.limit, alarm.area) == ((), "by its script", "Script")
    assert desk.mails()[0].facts.subject == "switch desk"


def test_a_named_company_is_what_the_alarm_is_about(store: Store) -> None:
    desk = desk_with(
        store, "function main(d) { return {breached: d.company.balance < 50, message: d.company.name + ' is low'}; }",
        scope=Scope(CUSTOMER, ("acme",)),
    )  # fmt: skip
    turn(desk, {"acme": 40.0}, companies=[customer("acme")])
    (alarm,) = store.alarms.active()
    assert (alarm.key.subject.label, alarm.message) == ("customer acme", "acme is low")
    assert "acme is low" in desk.heard.changes()[0].transition.text


def test_a_number_is_held_against_the_alert_s_own_limits(store: Store) -> None:
    source = "async function main(d) { return d.companies[0].balance; }"
    desk = desk_with(store, source, operator=Operator.LT, threshold=50, reset=60, warn_threshold=100)
    seen = []
    for balance in (150.0, 90.0, 40.0, 55.0, 70.0, 150.0):
        turn(desk, {"acme": balance}, companies=[customer("acme")])
        seen.append(desk.line().level)
    warning, critical = NoticeLevel.WARNING, NoticeLevel.CRITICAL
    assert seen == [None, warning, critical, critical, warning, None]


def test_an_error_shows_and_neither_fires_nor_clears(store: Store) -> None:
    desk = desk_with(store, LOW)
    turn(desk, {"acme": 40.0}, companies=[customer("acme")])
    script = store.scripts.get("mine")
    assert script is not None
    store.scripts.save(Script(script.id, "mine", "function main(d) {\n  return d.nothing.here;\n}"))
    desk.engine.round(desk.now)
    turn(desk, {"acme": 100.0})
    line = desk.line()
    assert (line.verdict, "line 2" in line.error.lower()) == (Verdict.ERROR, True)
    assert len(store.alarms.active()) == 1
    store.scripts.save(Script(script.id, "mine", LOW))
    desk.engine.round(desk.now)
    turn(desk, {"acme": 100.0})
    assert (desk.line().verdict, store.alarms.active()) == (Verdict.READY, [])


def test_a_script_that_is_not_there_is_an_error_of_that_alert_only(store: Store) -> None:
    desk = Desk(store)
    desk.save(script_alert(script="gone"))
    desk.read({"acme": 40.0})
    assert desk.line().verdict is Verdict.ERROR
    assert "gone is not there" in desk.line().error


def test_it_runs_at_most_once_a_minute_and_never_twice_at_once(store: Store) -> None:
    desk = desk_with(store, LOW)
    for _ in range(5):
        desk.read({"acme": 100.0})
    assert len(desk.jobs) == 1
    desk.run_scripts()
    for _ in range(8):
        desk.read({"acme": 100.0})
        desk.run_scripts()
    gaps = {after - before for before, after in zip(desk.ran[1:], desk.ran[2:], strict=False)}
    assert (len(desk.ran), gaps) == (5, {timedelta(minutes=1)})


def test_what_comes_late_from_a_blind_switch_is_not_judged(store: Store) -> None:
    desk = desk_with(store, LOW)
    desk.read({"acme": 40.0}, companies=[customer("acme")])
    desk.fail()
    desk.run_scripts()
    assert store.alarms.active() == []


def test_the_data_is_what_the_engine_knows(store: Store) -> None:
    source = """function main(d) {
  const f = d.factors.by_customer.acme;
  const call = d.calls[0];
  console.log(JSON.stringify([d.now, d.period_s, d.company, d.companies, d.readings.length, f, d.factors.total.attempts,
    Object.keys(d.factors.by_carrier), d.calls.length, d.calls_total, d.calls_cut, call.from, call.to, call.customer,
    call.carrier, call.answered, call.talk_s, call.cost]));
  throw new Error("seen");
}"""
    desk = desk_with(store, source)
    calls = some_calls(desk.now, "acme", failed=4, answered=6, kind=CUSTOMER, gateway="alpha")
    desk.read({"acme": 12.5}, companies=[customer("acme", "gold")], calls=calls)
    (job,) = desk.jobs
    with pytest.raises(ScriptError) as caught:
        run(job.source, data_of(job, store))
    seen = json.loads(caught.value.log[0].text)
    assert seen[0] == f"{desk.now:%Y-%m-%dT%H:%M:%S}.000Z"
    assert seen[1:3] == [300, None]
    assert seen[3] == [
        {"name": "acme", "kind": "customer", "balance": 12.5, "currency": "USD", "channels": None, "status": "unknown",
         "tags": ["gold"]}
    ]  # fmt: skip
    factors = seen[5]
    assert (factors["attempts"], factors["answered"], factors["asr"], factors["acd"]) == (10, 6, 60, 30)
    assert factors["spend"] == pytest.approx(0.1)
    assert seen[6:] == [10, ["alpha"], 10, 10, False, "4420", "4930", "acme", "alpha", True, 30, 0.01]
