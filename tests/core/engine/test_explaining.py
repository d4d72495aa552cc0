"""Explain and Test: why an alert is in its state or does not fire, in sentences, without touching any state."""

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from desk import CARRIER, CUSTOMER, Desk, balance_alert, customer, some_calls

from noc_alerts.engine.explaining import explain
from noc_alerts.engine.trials import evaluate_now
from noc_alerts.model.alerts import Alert, Area, NoData, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import Subject
from noc_alerts.model.connections import Clock
from noc_alerts.model.deliveries import Cause, Channel
from noc_alerts.model.schedules import Duty, Repeat
from noc_alerts.model.scripts import Outcome, Script
from noc_alerts.store import Store

MINUTE = timedelta(minutes=1)


def asr(**more: Any) -> Alert:
    return balance_alert(
        **{"title": "Low ASR", "scope": Scope(CARRIER), "area": Area.ASR, "threshold": 30, "reset": 33,
           "sample_period": 30 * MINUTE, "min_calls": 10, **more}
    )  # fmt: skip


def settle(desk: Desk, failed: int, answered: int) -> None:
    desk.read(calls=some_calls(desk.now, "alpha", failed=failed, answered=answered))
    desk.read(after=11 * MINUTE)


def low(desk: Desk, balance: float) -> None:
    desk.read({"acme": balance})


#: (what it shows, the alert, what happens, words that must be said)
SITUATIONS: list[tuple[str, Alert, Callable[[Desk], object], str]] = [
    ("off", balance_alert(enabled=False), lambda d: low(d, 40), "switched off"),
    ("not read yet", balance_alert(), lambda d: None, "cannot be seen"),
    ("blind", balance_alert(), lambda d: [d.fail() for _ in range(5)], "does not answer. Nothing is judged there"),
    ("fine", balance_alert(), lambda d: low(d, 400), "That is not past the limit (< 50.00). There is no alarm."),
    ("fires", balance_alert(), lambda d: low(d, 40), "past the limit (< 50.00). The alarm was raised at"),
    ("nobody has it", balance_alert(), lambda d: low(d, 40), "Nobody has taken it."),
    ("between", balance_alert(), lambda d: low(d, 55), "between the limit (< 50.00) and its reset (60.00): the state stays"),
    ("hold", balance_alert(hold=5 * MINUTE), lambda d: [low(d, 40), low(d, 40)], "been so for 30\u2009s. After 5\u2009min"),
    ("keep", balance_alert(keep=5 * MINUTE), lambda d: [low(d, 40), low(d, 90)], "After 5\u2009min the alarm clears"),
    ("no reading", balance_alert(), lambda d: [low(d, 400), d.read({})], "gives no reading of it. Without a value it neither"),
    (
        "silence is counted",
        balance_alert(no_data=NoData.ALARM, no_data_after=5 * MINUTE),
        lambda d: [low(d, 400), d.read({}), d.read({})],
        "So far that is 30\u2009s.",
    ),
    ("no calls", asr(scope=Scope(CARRIER, ("alpha",))), lambda d: d.read(), "no calls in the last 30\u2009min"),
    ("too few", asr(min_calls=50), lambda d: settle(d, 15, 5), "20 attempts in 30\u2009min, and at least 50 are needed"),
    ("strict, not yet", asr(strict=True), lambda d: settle(d, 15, 5), "11.2 to 46.9 %: not all past it"),
    ("strict, sure", asr(strict=True), lambda d: settle(d, 150, 5), "all past it, so it counts"),
    (
        "two levels",
        balance_alert(warn_threshold=100),
        lambda d: low(d, 70),
        "not past the critical limit (< 50.00). That is past the warning limit (< 100.00).",
    ),
    (
        "off hours",
        balance_alert(duty=Duty(frozenset({5}), time(8), time(18), "UTC")),
        lambda d: low(d, 40),
        "outside the alert's hours (Saturday",
    ),
    (
        "report",
        balance_alert(operator=Operator.ALWAYS, threshold=None, reset=None, repeat=Repeat.daily(time(8), "UTC")),
        lambda d: low(d, 40),
        "scheduled report (daily at 08:00",
    ),
    ("gone", balance_alert(), lambda d: vanish(d), "acme is gone"),
    ("money", asr(area=Area.SPEND, operator=Operator.GT, threshold=1, reset=None), lambda d: mixed(d), "EUR and USD"),
    ("a script that is not there", balance_alert(area=Area.SCRIPT, script="x", threshold=None, reset=None,
     sample_period=MINUTE), lambda d: low(d, 40), "could not be judged: Its script x is not there"),
]  # fmt: skip


def vanish(desk: Desk) -> None:
    both = [customer("acme"), customer("globex"), customer("hooli")]
    desk.read({"acme": 40}, companies=both)
    for _ in range(3):
        desk.read({}, companies=both[1:])


def mixed(desk: Desk) -> None:
    desk.read(calls=some_calls(desk.now, "alpha", answered=3, currency="USD"))
    desk.read(calls=some_calls(desk.now, "alpha", answered=3, currency="EUR", first=9))


@pytest.mark.parametrize(("name", "alert", "happens", "said"), SITUATIONS, ids=[s[0] for s in SITUATIONS])
def test_explain(store: Store, name: str, alert: Alert, happens: Callable[[Desk], object], said: str) -> None:
    desk = Desk(store, clock=Clock.END)
    saved = desk.save(alert)
    happens(desk)
    desk.engine.round(desk.now)
    before = (desk.reasons(), len(store.outbox.list(100)))
    assert said in " ".join(explain(desk.engine, saved, None, desk.now))
    assert (desk.reasons(), len(store.outbox.list(100))) == before


def test_explain_of_a_company_the_alert_does_not_look_at(store: Store) -> None:
    desk = Desk(store)
    alert = desk.save(balance_alert())
    desk.read({"acme": 40, "globex": 900})
    globex = (desk.cid, Subject.company(CUSTOMER, "globex"))
    assert "does not look at customer globex" in " ".join(explain(desk.engine, alert, globex, desk.now))


def test_a_test_changes_nothing_and_goes_to_everyone(store: Store) -> None:
    desk = Desk(store)
    alert = desk.save(balance_alert(scope=Scope(CUSTOMER), tray=True))
    desk.read({"acme": 70, "globex": 55})
    steps, messages = evaluate_now(desk.engine, replace(alert, threshold=60), desk.now)
    assert [s.answer for s in steps] == [
        "customer globex: Balance 55.00\u2009USD, one reading. It would fire (< 60.00)."
    ]
    assert [(m.channel, m.facts.cause) for m in messages] == [(Channel.EMAIL, Cause.TEST), (Channel.TRAY, Cause.TEST)]
    acme = (desk.cid, Subject.company(CUSTOMER, "acme"))
    steps, messages = evaluate_now(desk.engine, alert, desk.now, subject=acme, channels={Channel.TRAY})
    assert "customer acme: Balance 70.00\u2009USD, one reading. It would not fire (< 50.00)." in steps[0].answer
    assert [m.channel for m in messages] == [Channel.TRAY]
    assert (desk.reasons(), store.outbox.list(10)) == ([], [])


def test_a_test_says_when_it_would_only_warn(store: Store) -> None:
    desk = Desk(store)
    alert = desk.save(balance_alert(warn_threshold=100))
    desk.read({"acme": 70})
    steps, messages = evaluate_now(desk.engine, alert, desk.now)
    assert "would fire (< 100.00)" in steps[0].answer
    assert messages[0].facts.level == NoticeLevel.WARNING.value


def test_a_test_of_a_report_has_its_table(store: Store) -> None:
    desk = Desk(store)
    desk.read({"acme": 70, "globex": 55})
    every = Repeat.of_every(MINUTE)
    alert = balance_alert(scope=Scope(CUSTOMER), operator=Operator.ALWAYS, threshold=None, reset=None, repeat=every)
    steps, (message,) = evaluate_now(desk.engine, alert, desk.now)
    assert steps[0].answer == "2 customers: a table of 2 rows."
    assert [r.subject for r in message.facts.rows] == ["globex", "acme"]


def test_a_test_of_a_script_says_what_it_returned(store: Store) -> None:
    store.scripts.save(Script(None, "mine", "function main() { return true; }"))
    desk = Desk(store)
    desk.read({"acme": 70})
    alert = balance_alert(
        area=Area.SCRIPT, script="mine", threshold=None, reset=None, sample_period=MINUTE, scope=Scope(CUSTOMER)
    )
    outcome = Outcome(None, True, "two customers are low", (), (), timedelta(milliseconds=40))
    steps, messages = evaluate_now(desk.engine, alert, desk.now, ends={desk.cid: outcome})
    assert [s.answer for s in steps] == [
        "Returned breached, two customers are low.",
        "switch desk: it would fire (by its script).",
    ]
    assert messages[0].facts.message == "two customers are low"
