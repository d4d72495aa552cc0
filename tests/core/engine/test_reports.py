"""Scheduled reports: one message a time, also through DST, downtime and restarts; a table of the companies, the worst first."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from desk import CARRIER, CUSTOMER, Desk, balance_alert, customer, some_calls

from noc_alerts.model.alarms import Verdict
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.connections import Connection, SwitchKind
from noc_alerts.model.deliveries import Cause, Channel
from noc_alerts.model.schedules import Duty, Repeat
from noc_alerts.model.scripts import Script
from noc_alerts.store import Store

ZURICH = ZoneInfo("Europe/Zurich")
DAILY = Repeat.daily(time(8), "Europe/Zurich")
HOUR = timedelta(hours=1)


def daily(**more: object) -> Alert:
    return balance_alert(
        **{"title": "Daily balance", "scope": Scope(CUSTOMER), "operator": Operator.ALWAYS, "threshold": None, "reset": None,
           "level": NoticeLevel.NONE, "repeat": DAILY, **more}
    )  # fmt: skip


@pytest.mark.parametrize("day", [datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 10, 23, tzinfo=UTC)])
def test_daily_comes_exactly_once_a_day_through_dst_at_the_local_time(store: Store, day: datetime) -> None:
    desk = Desk(store, now=day)
    desk.save(daily())
    while desk.now < day + timedelta(days=6):
        desk.read({"acme": 40}, after=timedelta(minutes=20))
    reports = desk.mails()
    local = [d.facts.at.astimezone(ZURICH) for d in reports]
    assert [f"{at:%H:%M}" for at in local] == ["08:00"] * 6
    assert len({at.date() for at in local}) == 6
    assert {d.facts.cause for d in reports} == {Cause.REPORT}
    assert store.alarms.active() == []


def test_after_a_time_off_the_last_missed_report_comes_once_and_says_so(store: Store) -> None:
    desk = Desk(store, now=datetime(2026, 11, 16, 6, 0, tzinfo=UTC))
    desk.save(daily())
    desk.read({"acme": 40})
    desk.now += timedelta(days=3, hours=5)
    desk.start()
    desk.engine.round(desk.now)
    assert desk.mails() == []  # the switch has not been read yet
    desk.read({"acme": 40})
    desk.read({"acme": 40})
    desk.start()
    desk.read({"acme": 40})
    (report,) = desk.mails()
    assert report.facts.at == datetime(2026, 11, 19, 7, 0, tzinfo=UTC)
    assert "was due at" in report.facts.message


def test_a_clock_set_back_brings_no_second_report(store: Store) -> None:
    desk = Desk(store, now=datetime(2026, 11, 16, 6, 50, tzinfo=UTC))
    desk.save(daily())
    for after in (timedelta(minutes=5), timedelta(minutes=10), -HOUR, timedelta(minutes=50), timedelta(minutes=20)):
        desk.read({"acme": 40}, after=after)
    assert len(desk.mails()) == 1


def test_the_table_has_the_worst_first_each_in_its_currency(store: Store) -> None:
    desk = Desk(store, now=datetime(2026, 11, 16, 6, 59, tzinfo=UTC))
    desk.save(daily())
    desk.read({"acme": 40.5, "globex": -12, "initech": 900})
    desk.read({"acme": 40.5, "globex": -12, "initech": 900})
    (report,) = desk.mails()
    rows = [(r.subject, r.value, r.unit) for r in report.facts.rows]
    assert rows == [("globex", -12, "USD"), ("acme", 40.5, "USD"), ("initech", 900, "USD")]
    assert (report.facts.subject, report.facts.value, report.facts.operator) == ("3 customers", None, "always")
    assert (report.facts.zone, report.facts.limit, report.channel) == ("Europe/Zurich", "", Channel.EMAIL)


def test_pdd_reports_have_the_longest_first_and_say_what_is_too_few(store: Store) -> None:
    desk = Desk(store, now=datetime(2026, 11, 16, 6, 58, tzinfo=UTC))
    desk.save(
        daily(title="Daily ASR", scope=Scope(CARRIER), area=Area.ASR, sample_period=timedelta(minutes=30), min_calls=10)
    )
    desk.read(calls=some_calls(desk.now, "alpha", failed=5, answered=15))
    desk.read(calls=some_calls(desk.now, "bravo", failed=15, answered=5))
    desk.read(calls=some_calls(desk.now, "charlie", failed=2))
    desk.read()
    (report,) = desk.mails()
    assert [(r.subject, r.value) for r in report.facts.rows] == [("bravo", 25.0), ("alpha", 75.0), ("charlie", None)]
    assert report.facts.rows[0].sample.startswith("20 attempts in 30")
    assert "10 are needed" in report.facts.rows[2].message


def test_a_blind_switch_is_said_to_be_not_shown_as_it_was(store: Store) -> None:
    desk = Desk(store, now=datetime(2026, 11, 16, 6, 50, tzinfo=UTC))
    desk.save(daily())
    desk.read({"acme": 40})
    for _ in range(24):
        desk.fail()
    (report,) = desk.mails()
    assert [(r.subject, r.value) for r in report.facts.rows] == [("switch desk", None)]
    assert "not known: The switch does not answer." in report.facts.rows[0].message


def test_two_switches_make_one_message(store: Store) -> None:
    desk = Desk(store, now=datetime(2026, 11, 16, 6, 59, tzinfo=UTC))
    store.connections.save(Connection(None, "other", SwitchKind.KAMAILIO, {}))
    desk.save(daily())
    desk.read({"acme": 40})
    assert desk.mails() == []
    for _ in range(6):
        desk.read({"acme": 40})
    (report,) = desk.mails()
    assert [r.subject for r in report.facts.rows] == ["acme, desk", "switch other"]


def test_a_paused_report_is_not_made_up_for(store: Store) -> None:
    desk = Desk(store, now=datetime(2026, 11, 16, 6, 50, tzinfo=UTC))
    alert = desk.save(daily(enabled=False))
    desk.read({"acme": 40}, after=HOUR)
    desk.save(daily(id=alert.id))
    desk.read({"acme": 40})
    assert desk.mails() == []
    line = desk.line()
    assert (line.verdict, line.next_report_at) == (Verdict.READY, datetime(2026, 11, 17, 7, 0, tzinfo=UTC))


def test_a_report_outside_its_hours_is_left_out(store: Store) -> None:
    desk = Desk(store, now=datetime(2026, 11, 20, 6, 0, tzinfo=UTC))  # a Friday
    desk.save(daily(duty=Duty(frozenset(range(5)), time(0), time(0), "Europe/Zurich")))
    while desk.now < datetime(2026, 11, 24, 6, 0, tzinfo=UTC):
        desk.read({"acme": 40}, after=timedelta(minutes=30))
    assert [f"{d.facts.at:%a}" for d in desk.mails()] == ["Fri", "Mon"]


def test_a_script_s_report_has_its_rows(store: Store) -> None:
    source = """export function main(data) {
  const rows = data.companies.filter(c => c.balance !== null).map(c => ({subject: c.name, value: c.balance, message: "left"}));
  return {message: rows.length + " customers", rows};
}"""
    store.scripts.save(Script(None, "Balances", source))
    desk = Desk(store, now=datetime(2026, 11, 16, 6, 59, tzinfo=UTC))
    desk.save(daily(area=Area.SCRIPT, script="balances", sample_period=timedelta(minutes=5)))
    for _ in range(4):
        desk.read({"acme": 40}, companies=[customer("acme"), customer("globex")])
        desk.run_scripts()
    desk.engine.round(desk.now)
    (report,) = desk.mails()
    assert [(r.subject, r.value, r.message) for r in report.facts.rows] == [("acme", 40.0, "left")]
    assert report.facts.message == "1 customers"
