"""Hostile to script alerts: results that come late, for another company, to an alert that is off, or never."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from desk import CUSTOMER, T0, Desk, balance_alert, customer

from noc_alerts.engine import scripting
from noc_alerts.model.alarms import Verdict
from noc_alerts.model.alerts import Alert, Area, NoData, Operator, Penalty, Scope
from noc_alerts.model.connections import Connection, SwitchKind
from noc_alerts.model.errors import StoreError
from noc_alerts.model.schedules import Duty
from noc_alerts.model.scripts import Outcome, Script
from noc_alerts.store import Store, open_store

MINUTE = timedelta(minutes=1)
YES = Outcome(None, True, "it says so", (), (), timedelta(milliseconds=5))
NO = replace(YES, breached=False)
SOURCE = "function main() { return true; }"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    store.scripts.save(Script(None, "mine", SOURCE))
    yield store
    store.close()


def scripted(**more: Any) -> Alert:
    return balance_alert(
        **{"title": "Scripted", "scope": Scope(CUSTOMER, ("acme",)), "area": Area.SCRIPT, "threshold": None, "reset": None,
           "sample_period": 5 * MINUTE, "script": "mine", **more}
    )  # fmt: skip


def turn(desk: Desk, outcome: Outcome = YES) -> None:
    """Read for a minute and give what was asked for this end."""
    for _ in range(2):
        desk.read({"acme": 40.0})
        while desk.jobs:
            desk.engine.take_script(desk.jobs.pop(), outcome)


# --- ends that come late ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"enabled": False},
        {"paused_until": T0 + timedelta(hours=5)},
        {"scope": Scope(CUSTOMER, ("globex",))},
        {"scope": Scope(CUSTOMER)},
        {"sample_period": 30 * MINUTE},
        {"operator": Operator.LT, "threshold": 5, "script": "other"},
        {"duty": Duty(frozenset({5}), time(8), time(9), "UTC")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_a_changed_alert_s_old_run_said_is_not_judged(desk: Desk, change: dict[str, Any]) -> None:
    desk.store.scripts.save(Script(None, "other", "function main() { return 9; }"))
    alert = desk.save(scripted(penalty=Penalty(timedelta(hours=1))))
    desk.read({"acme": 40.0}, companies=[customer("acme"), customer("globex")])
    (job,) = desk.jobs
    desk.save(replace(alert, **change))
    desk.engine.take_script(job, YES)
    assert (desk.store.alarms.active(), desk.store.blocks.all(9)) == ([], [])


def test_an_alert_that_is_gone_or_whose_switch_is_takes_no_end(desk: Desk) -> None:
    alert = desk.save(scripted())
    other = desk.store.connections.save(Connection(None, "other", SwitchKind.KAMAILIO, {}))
    desk.read({"acme": 40.0})
    (job,) = desk.jobs
    desk.store.alerts.delete(alert.id or 0)
    desk.engine.load(desk.now)
    desk.engine.take_script(job, YES)
    desk.store.alerts.undelete([alert])
    desk.engine.load(desk.now)
    desk.jobs.clear()
    desk.read({"acme": 40.0}, after=2 * MINUTE)
    (job,) = desk.jobs
    desk.store.connections.delete(desk.cid)
    desk.engine.load(desk.now)
    desk.engine.take_script(job, YES)
    assert desk.store.alarms.active() == []
    assert list(desk.engine.sources) == [other.id]


def test_an_end_from_a_switch_that_is_another_by_now_is_not_judged(desk: Desk) -> None:
    desk.save(scripted())
    desk.read({"acme": 40.0})
    (job,) = desk.jobs
    connection = desk.store.connections.get(desk.cid)
    assert connection is not None
    desk.store.connections.save(replace(connection, name="moved", options={"host": "elsewhere"}))
    desk.engine.load(desk.now)
    desk.engine.take_script(job, YES)
    assert desk.store.alarms.active() == []


def test_an_end_that_meets_a_store_in_trouble_is_asked_for_again_at_the_next_read(desk: Desk) -> None:
    desk.save(scripted())
    desk.save(balance_alert(title="other"))
    desk.read({"acme": 90.0})
    (job,) = desk.jobs
    desk.jobs.clear()

    def fails(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.")

    commit, desk.store.alarms.commit = desk.store.alarms.commit, fails  # type: ignore[method-assign, assignment]
    desk.read({"acme": 40.0})
    desk.engine.take_script(job, YES)
    desk.store.alarms.commit = commit  # type: ignore[method-assign]
    desk.read({"acme": 40.0}, after=timedelta(seconds=5))
    assert len(desk.jobs) == 1
    desk.engine.take_script(desk.jobs.pop(), YES)
    assert len(desk.store.alarms.active()) == 2


# --- edits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restart", [False, True])
def test_a_script_s_new_name_does_not_end_its_alarm(desk: Desk, restart: bool) -> None:
    desk.save(scripted())
    turn(desk)
    script = desk.store.scripts.get("mine")
    assert script is not None
    desk.store.scripts.save(replace(script, name="mine, better"))
    if restart:
        desk.start()
    else:
        desk.engine.load(desk.now)
    turn(desk)
    assert desk.reasons() == ["breached"]
    turn(desk, NO)
    assert desk.reasons() == ["breached", "recovered"]


def test_another_script_ends_the_alarm_of_the_one_before(desk: Desk) -> None:
    desk.store.scripts.save(Script(None, "other", SOURCE))
    alert = desk.save(scripted())
    turn(desk)
    desk.save(replace(alert, script="other"))
    assert desk.reasons() == ["breached", "rule changed"]


def test_two_alerts_on_one_script_are_two(desk: Desk) -> None:
    desk.save(scripted())
    desk.save(scripted(title="again", scope=Scope(CUSTOMER, ("globex",))))
    desk.read({"acme": 40.0})
    one, two = desk.jobs
    desk.jobs.clear()
    desk.engine.take_script(two, YES)
    desk.engine.take_script(one, NO)
    assert [a.title for a in desk.store.alarms.active()] == ["again"]


# --- gone, no data, nothing to judge ----------------------------------------------------------------------------------


def test_a_script_about_a_company_that_is_gone_is_not_run_and_fires_nothing(desk: Desk) -> None:
    desk.save(scripted(penalty=Penalty(timedelta(hours=1))))
    everyone = [customer(name) for name in ("acme", "globex", "hooli")]
    desk.read({"acme": 40.0}, companies=everyone)
    desk.engine.take_script(desk.jobs.pop(), YES)
    for _ in range(8):
        desk.read({}, companies=everyone[1:])
        while desk.jobs:
            desk.engine.take_script(desk.jobs.pop(), YES)
    assert desk.reasons() == ["breached", "company gone"]
    assert desk.line().gone == ("acme",)
    desk.read({}, companies=everyone)
    assert len(desk.jobs) == 1


def test_a_number_without_a_threshold_is_an_error_not_good(desk: Desk) -> None:
    desk.save(scripted())
    turn(desk)
    turn(desk, replace(YES, breached=None, value=99.0))
    line = desk.line()
    assert (line.verdict, "threshold" in line.error) == (Verdict.ERROR, True)
    assert len(desk.store.alarms.active()) == 1  # it neither fires nor clears
    turn(desk, NO)
    assert (desk.line().verdict, desk.line().error) == (Verdict.READY, "")


@pytest.mark.parametrize("restart", [False, True])
def test_a_script_without_a_value_for_long_is_an_alarm_and_ends_by_its_first_value(desk: Desk, restart: bool) -> None:
    desk.save(scripted(operator=Operator.LT, threshold=50, reset=60, no_data=NoData.ALARM, no_data_after=2 * MINUTE))
    for _ in range(4):
        turn(desk, replace(NO, breached=None))
    assert desk.reasons() == ["no data"]
    if restart:
        desk.start()
    turn(desk, replace(NO, breached=None, value=55.0))
    assert desk.reasons() == ["no data", "data back"]


# --- runs that cannot be begun ----------------------------------------------------------------------------------------


def test_a_run_that_could_not_be_begun_is_begun_at_the_next_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk.save(scripted())
    made = scripting.job_of

    def breaks(*_: object) -> Any:
        raise KeyError("no window")

    monkeypatch.setattr(scripting, "job_of", breaks)
    desk.read({"acme": 40.0})
    assert desk.line().verdict is Verdict.ERROR
    monkeypatch.setattr(scripting, "job_of", made)
    caplog.clear()  # that fault was meant
    turn(desk)
    assert len(desk.store.alarms.active()) == 1


def test_sixty_script_alerts_are_each_run_once_a_minute(desk: Desk) -> None:
    for i in range(60):
        desk.store.alerts.save(scripted(title=f"script {i}"))
    desk.engine.load(desk.now)
    for _ in range(10):
        desk.read({"acme": 40.0})
        while desk.jobs:
            desk.ran.append(desk.jobs[0].as_of)
            desk.engine.take_script(desk.jobs.pop(0), NO)
    assert len(desk.ran) == 5 * 60


def test_odd_names_and_rows_go_through_data_alarm_and_mail(desk: Desk) -> None:
    name = "a=b;c%3D\r\nBcc: x@evil.net " + "x" * 1000
    desk.save(scripted(scope=Scope(CUSTOMER, (name,)), threshold=None))
    source = "function main(d) { return {breached: d.company.name.length > 1000, message: d.company.name.slice(0, 30), "
    source += "rows: [{subject: d.company.name, value: 1, message: 'x'}]}; }"
    script = desk.store.scripts.get("mine")
    assert script is not None
    desk.store.scripts.save(replace(script, source=source))
    desk.engine.load(desk.now)
    desk.read({name: 40.0}, companies=[customer(name)])
    desk.run_scripts()
    (alarm,) = desk.store.alarms.active()
    assert alarm.key.subject.parts[0][1] == name
    (mail,) = desk.mails()
    assert mail.facts.rows[0].subject.startswith("a=b;c%3D")
    desk.start()
    assert len(desk.engine.active_alarms()) == 1
