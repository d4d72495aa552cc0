"""Hostile to alarms that live: levels, missing data, blocks and repeats through restarts, edits and a store in trouble."""

import logging
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from desk import CARRIER, CUSTOMER, T0, Desk, balance_alert, blocks, customer, reads, some_calls

from noc_alerts.engine import roster
from noc_alerts.engine.explaining import explain
from noc_alerts.engine.ledgers import change_of_step
from noc_alerts.engine.trials import evaluate_now
from noc_alerts.model.alarms import Phase
from noc_alerts.model.alerts import Area, NoData, NoticeLevel, Operator, Penalty, Scope
from noc_alerts.model.companies import Subject
from noc_alerts.model.deliveries import Channel
from noc_alerts.model.schedules import Duty, Repeat
from noc_alerts.store import Store, open_store

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


# --- two levels -------------------------------------------------------------------------------------------------------


def test_critical_time_that_was_broken_off_does_not_come_back_by_a_restart(desk: Desk) -> None:
    desk.save(balance_alert(warn_threshold=100, hold=2 * MINUTE))
    reads(desk, *[90] * 5, *[40] * 4, 70)  # 90 s critical, then only a warning again
    desk.start()
    reads(desk, 40, 40, 40)
    assert desk.line().level is NoticeLevel.WARNING
    reads(desk, 40, 40)
    assert desk.line().level is NoticeLevel.CRITICAL


def test_easing_that_was_broken_off_does_not_come_back_by_a_restart(desk: Desk) -> None:
    desk.save(balance_alert(warn_threshold=100, keep=2 * MINUTE))
    reads(desk, 40, 70, 70, 70, 70, 40)
    desk.start()
    reads(desk, 70, 70, 70)
    assert desk.line().level is NoticeLevel.CRITICAL
    reads(desk, 70, 70)
    assert desk.line().level is NoticeLevel.WARNING


def test_a_warning_without_data_does_not_become_critical(desk: Desk) -> None:
    desk.save(balance_alert(warn_threshold=100, no_data=NoData.ALARM, no_data_after=MINUTE))
    reads(desk, 90, *[None] * 10)
    assert (desk.line().level, desk.reasons()) == (NoticeLevel.WARNING, ["breached"])
    reads(desk, 40)
    assert desk.reasons() == ["breached", "escalated"]


@pytest.mark.parametrize("restart", [False, True])
def test_missing_data_is_told_at_the_alert_s_own_level_and_ends_by_its_first_value(desk: Desk, restart: bool) -> None:
    desk.save(balance_alert(warn_threshold=100, warn_reset=120, no_data=NoData.ALARM, no_data_after=MINUTE))
    reads(desk, 200, None, None, None)
    assert desk.line().level is NoticeLevel.CRITICAL
    if restart:
        desk.start()
    reads(desk, 55)  # between the critical limit and its reset, past the warning
    assert desk.line().level is NoticeLevel.WARNING
    assert desk.reasons() == ["no data", "eased"]


@pytest.mark.parametrize("restart", [False, True])
def test_missing_data_that_ends_in_a_keep_time_ends_the_same_through_a_restart(desk: Desk, restart: bool) -> None:
    desk.save(balance_alert(no_data=NoData.ALARM, no_data_after=MINUTE, keep=MINUTE))
    reads(desk, 200, None, None, None, 55, 55)
    if restart:
        desk.start()
    reads(desk, 55, 55, 55)
    assert desk.reasons() == ["no data", "data back", "kept"]


@pytest.mark.parametrize("restart", [False, True])
def test_missing_data_that_came_back_bad_is_about_the_value_from_then_on(desk: Desk, restart: bool) -> None:
    desk.save(balance_alert(no_data=NoData.ALARM, no_data_after=MINUTE))
    reads(desk, 200, None, None, None, 40)
    if restart:
        desk.start()
    reads(desk, 55)
    assert len(desk.store.alarms.active()) == 1
    reads(desk, 61)
    assert desk.reasons() == ["no data", "recovered"]


@pytest.mark.parametrize("restart", [False, True])
def test_missing_data_ends_by_its_first_value_also_when_the_policy_was_changed(desk: Desk, restart: bool) -> None:
    alert = desk.save(balance_alert(no_data=NoData.ALARM, no_data_after=MINUTE))
    reads(desk, 200, None, None, None)
    desk.save(replace(alert, no_data=NoData.KEEP))
    if restart:
        desk.start()
    reads(desk, 55)
    assert desk.store.alarms.active() == []


def test_a_step_that_could_not_be_written_about_is_judged_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    alert = desk.save(balance_alert(warn_threshold=100))
    reads(desk, 40)

    def breaks(*args: Any) -> Any:
        raise ValueError("no words")

    monkeypatch.setattr(roster, "change_of_step", breaks)
    with_log = logging.getLogger("noc_alerts.engine.programs")
    with_log.disabled = True  # the fault is meant
    try:
        reads(desk, 70)
    finally:
        with_log.disabled = False
    monkeypatch.setattr(roster, "change_of_step", change_of_step)
    reads(desk, 70)
    assert desk.reasons() == ["breached", "eased"]
    assert desk.store.alarms.active()[0].level is NoticeLevel.WARNING
    assert desk.line().level is NoticeLevel.WARNING
    assert alert.id


@pytest.mark.parametrize("restart", [False, True])
def test_a_warning_alert_made_critical_with_a_milder_limit_tells_that_it_is_critical(desk: Desk, restart: bool) -> None:
    alert = desk.save(balance_alert(level=NoticeLevel.WARNING))
    reads(desk, 40)
    desk.save(replace(alert, level=NoticeLevel.CRITICAL, warn_threshold=100))
    if restart:
        desk.start()
    reads(desk, 40)
    assert desk.reasons() == ["breached", "escalated"]
    assert desk.store.alarms.active()[0].level is NoticeLevel.CRITICAL


# --- missing data of companies nobody knows ---------------------------------------------------------------------------


def test_looking_at_a_company_does_not_make_its_silence_an_alarm(desk: Desk) -> None:
    everybody = desk.save(balance_alert(scope=Scope(CUSTOMER), no_data=NoData.ALARM, no_data_after=MINUTE))
    reads(desk, 200)
    nobody = (desk.cid, Subject.company(CUSTOMER, "nobody"))
    said = explain(desk.engine, everybody, nobody, desk.now)
    assert "gives no reading" in " ".join(said)
    evaluate_now(desk.engine, everybody, desk.now, subject=nobody)
    evaluate_now(desk.engine, balance_alert(scope=Scope(CUSTOMER, ("typo",))), desk.now)
    desk.save(balance_alert(title="other", scope=Scope(CUSTOMER, ("mistyped",))))
    reads(desk, *[200] * 6)
    assert desk.reasons() == []


def test_a_company_that_had_a_value_and_has_none_is_an_alarm_of_everybody_s_alert(desk: Desk) -> None:
    desk.save(balance_alert(scope=Scope(CUSTOMER), no_data=NoData.ALARM, no_data_after=MINUTE))
    desk.read({"acme": 200, "globex": 300})
    reads(desk, *[200] * 4)
    assert [a.key.subject.label for a in desk.store.alarms.active()] == ["customer globex"]


def test_a_company_that_only_begins_has_data(desk: Desk) -> None:
    desk.save(
        balance_alert(
            scope=Scope(CARRIER), area=Area.ASR, threshold=30, reset=33, sample_period=30 * MINUTE, min_calls=10,
            no_data=NoData.ALARM, no_data_after=2 * MINUTE,
        )
    )  # fmt: skip
    for i in range(12):
        desk.read(calls=some_calls(desk.now, "alpha", failed=20, first=i))
    assert desk.reasons() == []  # its first calls are not judged yet, but it has a value
    for i in range(12, 24):
        desk.read(calls=some_calls(desk.now, "alpha", failed=20, first=i))
    assert desk.reasons() == ["breached"]


# --- hours ------------------------------------------------------------------------------------------------------------


def test_a_paused_alert_s_alarm_ends_with_its_hours(desk: Desk) -> None:
    duty = Duty(frozenset(range(5)), time(8), time(9, 30), "UTC")
    alert = desk.save(balance_alert(duty=duty))
    reads(desk, 40)
    desk.save(replace(alert, paused_until=T0 + 5 * HOUR))
    reads(desk, 40)
    assert len(desk.store.alarms.active()) == 1
    desk.read({"acme": 40}, after=HOUR)
    assert desk.reasons() == ["breached", "off hours"]


def test_an_alert_that_is_switched_off_says_nothing_of_its_hours(desk: Desk) -> None:
    desk.save(balance_alert(enabled=False, duty=Duty(frozenset({5}), time(8), time(9), "UTC")))
    reads(desk, 40)
    assert desk.line().off_duty_until is None


def test_missing_data_is_counted_within_the_alert_s_hours_only(desk: Desk) -> None:
    duty = Duty(frozenset(range(5)), time(9, 0), time(9, 2), "UTC")
    desk.save(balance_alert(duty=duty, no_data=NoData.ALARM, no_data_after=MINUTE))
    reads(desk, 90, None, None, None)
    assert desk.reasons() == []
    desk.read({}, after=24 * HOUR - MINUTE)
    assert desk.reasons() == []
    reads(desk, None)
    assert desk.reasons() == []


def test_missing_data_is_not_counted_while_the_alert_does_not_listen_for_it(desk: Desk) -> None:
    alert = desk.save(balance_alert(no_data=NoData.ALARM, no_data_after=5 * MINUTE))
    reads(desk, 90, None, None)
    desk.save(replace(alert, no_data=NoData.KEEP))
    reads(desk, *[90] * 30)
    desk.save(alert)
    reads(desk, None, None)
    assert desk.reasons() == []


@pytest.mark.parametrize(("month", "day"), [(3, 27), (10, 23)])
def test_hours_through_a_change_of_clocks_are_hours_by_the_clock(store: Store, month: int, day: int) -> None:
    desk = Desk(store, now=T0.replace(month=month, day=day, hour=0))
    zone = ZoneInfo("Europe/Zurich")
    desk.save(balance_alert(duty=Duty(frozenset(range(7)), time(8), time(18), "Europe/Zurich")))
    for _ in range(5 * 48):
        desk.read({"acme": 40}, after=30 * MINUTE)
        assert bool(store.alarms.active()) == (8 <= desk.now.astimezone(zone).hour < 18)


# --- companies --------------------------------------------------------------------------------------------------------


def test_a_list_that_is_not_believed_is_not_believed_after_a_restart_either(desk: Desk) -> None:
    everyone = [customer(name) for name in ("acme", "globex", "hooli", "initech")]
    desk.save(balance_alert())
    desk.read({"acme": 40}, companies=everyone)
    for _ in range(60):
        desk.read({"acme": 40}, companies=everyone[2:])
    desk.start()
    for _ in range(4):
        desk.read({"acme": 40}, companies=everyone[2:])
    assert desk.reasons() == ["breached"]
    assert desk.line().gone == ()


# --- looking on -------------------------------------------------------------------------------------------------------


def test_a_test_of_another_period_changes_nothing_that_living_alerts_see(tmp_path: Path) -> None:
    """Two desks with the same calls: on one, tests of every period are made between the reads; both say the same."""
    desks = []
    for name in ("quiet", "tested"):
        (tmp_path / name).mkdir()
        desk = Desk(open_store(tmp_path / name))
        for area in (Area.ASR, Area.ACD, Area.CONSECUTIVE_FAILURES, Area.SPEND, Area.CPS):
            above = area in (Area.CONSECUTIVE_FAILURES, Area.SPEND, Area.CPS)
            desk.save(
                balance_alert(
                    title=area.value, scope=Scope(CARRIER), area=area, operator=Operator.GT if above else Operator.LT,
                    threshold=20 if not above else 0.05, reset=None, sample_period=5 * MINUTE, min_calls=5,
                )
            )  # fmt: skip
        desks.append(desk)
    for i in range(40):
        for desk in desks:
            calls = some_calls(desk.now, "alpha", failed=i * 7 % 11, answered=i * 5 % 7, first=i, currency="EUR")
            desk.read(calls=calls)
        for k, alert in enumerate(desks[1].engine.alerts):
            other = replace(alert, id=None, title="unsaved", sample_period=(3 + i + k) * MINUTE, min_calls=i % 9)
            evaluate_now(desks[1].engine, other, desks[1].now)
        for one, two in zip(*(desk.engine.programs for desk in desks), strict=True):
            one.read()
            two.read()
            assert [str(v) for v in one.values.tolist()] == [str(v) for v in two.values.tolist()]
            assert one.calls.tolist() == two.calls.tolist()
    assert desks[0].reasons() == desks[1].reasons() != []
    for desk in desks:
        desk.store.close()


# --- edits ------------------------------------------------------------------------------------------------------------


def test_an_operator_turned_round_in_alarm_ends_it_by_its_own_limit(desk: Desk) -> None:
    alert = desk.save(balance_alert())
    reads(desk, 40)
    desk.save(replace(alert, operator=Operator.GT, threshold=500, reset=400))
    reads(desk, 450)
    assert len(desk.store.alarms.active()) == 1  # between its new reset and limit
    reads(desk, 40)
    assert desk.reasons() == ["breached", "recovered"]


def test_a_spend_alert_whose_period_and_companies_change_in_alarm_ends_what_it_leaves(desk: Desk) -> None:
    alert = desk.save(
        balance_alert(
            scope=Scope(CUSTOMER), area=Area.SPEND, operator=Operator.GT, threshold=0.05, reset=0.01, sample_period=5 * MINUTE
        )
    )  # fmt: skip
    desk.read(calls=some_calls(desk.now, "acme", answered=10, kind=CUSTOMER, currency="EUR"))
    assert len(desk.store.alarms.active()) == 1
    desk.save(replace(alert, scope=Scope(CUSTOMER, ("globex",)), sample_period=17 * MINUTE))
    assert desk.store.alarms.active() == []
    assert desk.reasons() == ["breached", "rule changed"]
    assert desk.mails()[-1].facts.unit == "EUR"


def test_names_that_become_everybody_keep_the_alarm(desk: Desk) -> None:
    alert = desk.save(balance_alert())
    desk.read({"acme": 40, "globex": 40})
    desk.save(replace(alert, scope=Scope(CUSTOMER)))
    desk.read({"acme": 40, "globex": 40})
    assert desk.reasons() == ["breached", "breached"]
    assert {a.id for a in desk.store.alarms.active()} == {1, 2}


ODD = ["a=b;c%3D", "line\r\nBcc: x@evil.net", "x" * 1000, "\u202egnp.exe", "%", "{{ 7 * 7 }}", "<b>&amp;", " "]


@pytest.mark.parametrize("name", ODD, ids=range(len(ODD)))
def test_odd_names_go_through_everything(desk: Desk, name: str) -> None:
    desk.save(balance_alert(scope=Scope(CUSTOMER), tray=True, penalty=Penalty(HOUR), repeat=Repeat.of_every(MINUTE)))
    low = {name: 40.0}
    desk.read(low, companies=[customer(name)])
    desk.start()
    for _ in range(3):
        desk.read(low)
    (alarm,) = desk.store.alarms.active()
    assert alarm.key.subject == Subject.company(CUSTOMER, name)
    assert len(blocks(desk)) == 1
    assert desk.told() == ["raised", "repeat"]
    assert explain(desk.engine, desk.engine.alerts[0], (desk.cid, alarm.key.subject), desk.now)
    desk.read({name: 90.0})
    assert desk.store.alarms.active() == []
    assert {d.channel for d in desk.store.outbox.list(50)} == {Channel.EMAIL, Channel.TRAY}
    assert desk.engine.programs[0].track.phase(0) is Phase.NORMAL
