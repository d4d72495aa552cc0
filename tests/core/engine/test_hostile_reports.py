"""Hostile to scheduled reports: stores that fail, clocks that jump, alerts that are changed; no report is lost or comes twice."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from desk import CUSTOMER, Desk, balance_alert, customer

from noc_alerts.engine import followups, report_turns
from noc_alerts.engine.facts import facts_of
from noc_alerts.engine.reports import report
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.errors import StoreError
from noc_alerts.model.schedules import Repeat
from noc_alerts.model.scripts import Outcome, Script
from noc_alerts.store import Store

MORNING = datetime(2026, 11, 16, 7, 50, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def desk(store: Store, caplog: pytest.LogCaptureFixture) -> Iterator[Desk]:
    yield Desk(store, now=MORNING)
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING] == []


def daily(**more: Any) -> Alert:
    return balance_alert(
        **{"title": "Daily balance", "scope": Scope(CUSTOMER), "operator": Operator.ALWAYS, "threshold": None, "reset": None,
           "level": NoticeLevel.NONE, "repeat": Repeat.daily(time(8), "UTC"), **more}
    )  # fmt: skip


def plan(desk: Desk, alert: Alert) -> Alert:
    """Save a report and let the second pass in which the engine sees it."""
    saved = desk.save(alert)
    desk.engine.round(desk.now)
    return saved


def pass_time(desk: Desk, span: timedelta, every: timedelta = MINUTE) -> None:
    end = desk.now + span
    while desk.now < end:
        desk.read({"acme": 40.0}, after=every)


@pytest.mark.parametrize("restart", [False, True])
def test_a_report_due_while_the_store_fails_comes_once(desk: Desk, restart: bool) -> None:
    desk.save(daily())
    desk.save(daily(title="Another"))
    pass_time(desk, 5 * MINUTE)

    def fails(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.")

    commit, desk.store.alarms.commit = desk.store.alarms.commit, fails  # type: ignore[method-assign, assignment]
    pass_time(desk, 10 * MINUTE)
    desk.store.alarms.commit = commit  # type: ignore[method-assign]
    if restart:
        desk.start()
    pass_time(desk, 10 * MINUTE)
    desk.start()
    pass_time(desk, 10 * MINUTE)
    assert sorted(d.facts.title for d in desk.mails()) == ["Another", "Daily balance"]
    assert {d.facts.at for d in desk.mails()} == {datetime(2026, 11, 16, 8, tzinfo=UTC)}


def test_a_report_for_nobody_says_so_once_a_day(desk: Desk) -> None:
    plan(desk, daily(recipients=()))
    pass_time(desk, 2 * DAY, HOUR)
    texts = [e.text for e in desk.store.events.list(100) if "report" in e.text]
    assert len(texts) == 2
    assert all("to nobody: no recipient is named" in text for text in texts)


def test_a_clock_that_had_been_far_ahead_does_not_silence_reports(desk: Desk) -> None:
    plan(desk, daily())
    desk.read({"acme": 40.0}, after=400 * DAY)
    desk.read({"acme": 40.0}, after=-400 * DAY)
    before = len(desk.mails())
    pass_time(desk, 3 * DAY, HOUR)
    assert len(desk.mails()) - before == 3


@pytest.mark.parametrize("jump", [HOUR, -HOUR, DAY, -DAY])
@pytest.mark.parametrize("at", [5 * MINUTE, 15 * MINUTE])
def test_clock_jumps_lose_at_most_what_they_left_out_and_double_nothing(desk: Desk, jump: timedelta, at: timedelta) -> None:
    plan(desk, daily())
    pass_time(desk, at)
    desk.now += jump
    pass_time(desk, 3 * DAY, 10 * MINUTE)
    slots = [d.facts.at for d in desk.mails()]
    assert len(slots) == len(set(slots))
    first, last = (MORNING + at + jump).date(), desk.now.date()
    missed = {first + n * DAY for n in range((last - first).days)} - {slot.date() for slot in slots}
    assert not {day for day in missed if day > max(first, MORNING.date())}


def test_a_changed_time_counts_from_now(desk: Desk) -> None:
    alert = plan(desk, daily())
    pass_time(desk, 4 * HOUR, 10 * MINUTE)
    assert len(desk.mails()) == 1
    desk.save(replace(alert, repeat=Repeat.daily(time(11), "UTC")))  # 11:00 is over: tomorrow
    pass_time(desk, HOUR, 10 * MINUTE)
    assert len(desk.mails()) == 1
    pass_time(desk, DAY, 10 * MINUTE)
    assert len(desk.mails()) == 2


def test_an_alert_that_becomes_a_report_again_makes_none_for_the_time_between(desk: Desk) -> None:
    alert = plan(desk, daily())
    pass_time(desk, HOUR, 10 * MINUTE)
    limit = desk.save(replace(alert, operator=Operator.LT, threshold=10, repeat=Repeat.none()))
    pass_time(desk, 3 * DAY, HOUR)
    desk.save(replace(limit, operator=Operator.ALWAYS, threshold=None, repeat=alert.repeat))
    pass_time(desk, 2 * HOUR, 10 * MINUTE)
    assert len(desk.mails()) == 1


def test_a_limit_and_a_report_are_never_both(desk: Desk) -> None:
    alert = desk.save(balance_alert())
    desk.read({"acme": 40.0})
    assert len(desk.store.alarms.active()) == 1
    desk.save(replace(alert, operator=Operator.ALWAYS, threshold=None, reset=None, repeat=Repeat.of_every(5 * MINUTE)))
    assert desk.store.alarms.active() == []
    pass_time(desk, 11 * MINUTE)
    assert desk.told() == ["raised", "cleared", "report", "report"]


def test_the_list_says_when_the_first_report_of_a_span_comes(desk: Desk) -> None:
    plan(desk, daily(repeat=Repeat.of_every(4 * HOUR)))
    desk.read({"acme": 40.0}, after=5 * MINUTE)
    said = desk.line().next_report_at
    pass_time(desk, 5 * HOUR)
    assert desk.mails()[0].facts.at == said


def test_a_report_that_breaks_stops_nobody_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk.save(daily(title="Broken"))
    desk.save(daily(title="Whole"))
    desk.save(balance_alert(repeat=Repeat.of_every(2 * MINUTE)))
    made = report

    def breaks(alert: Alert, *args: Any) -> Any:
        if alert.title == "Broken":
            raise ValueError("no table")
        return made(alert, *args)

    monkeypatch.setattr(report_turns, "report", breaks)
    pass_time(desk, 15 * MINUTE)
    reports = [d.facts.title for d in desk.mails() if d.facts.cause.value == "report"]
    assert (reports, len(desk.store.alarms.active())) == (["Whole"], 1)
    assert sum("Broken" in r.getMessage() for r in caplog.records) == 1
    monkeypatch.setattr(report_turns, "report", made)
    pass_time(desk, MINUTE)
    reports = [d.facts.title for d in desk.mails() if d.facts.cause.value == "report"]
    assert sorted(reports) == ["Broken", "Whole"]
    caplog.clear()


def test_a_repeat_that_breaks_stops_nobody_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for title in ("Broken", "Whole"):
        desk.save(balance_alert(title=title, repeat=Repeat.of_every(2 * MINUTE)))

    def breaks(cause: Any, program: Any, *args: Any, **more: Any) -> Any:
        if program.alert.title == "Broken":
            raise ValueError("no words")
        return facts_of(cause, program, *args, **more)

    monkeypatch.setattr(followups, "facts_of", breaks)
    pass_time(desk, 5 * MINUTE)
    repeats = [d.facts.title for d in desk.mails() if d.facts.cause.value == "repeat"]
    assert repeats == ["Whole", "Whole"]
    caplog.clear()


def test_a_script_s_report_that_meets_a_store_in_trouble_comes_once(desk: Desk) -> None:
    desk.store.scripts.save(Script(None, "mine", "function main() { return {message: 'x'}; }"))
    desk.save(daily(area=Area.SCRIPT, script="mine", sample_period=5 * MINUTE))
    said = Outcome(None, None, "all is well", (), (), timedelta(0))

    def fails(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.")

    commit = desk.store.alarms.commit
    for minute in range(20):
        desk.store.alarms.commit = fails if 9 <= minute < 13 else commit  # type: ignore[method-assign, assignment]
        desk.read({"acme": 40.0}, companies=[customer("acme")], after=MINUTE)
        while desk.jobs:
            desk.engine.take_script(desk.jobs.pop(), said)
        desk.engine.round(desk.now)
    (mail,) = desk.mails()
    assert "all is well" in mail.facts.message
