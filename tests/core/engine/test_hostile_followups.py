"""Hostile to what an alarm brings while it lives: blocks and repeats, through restarts, edits and a store in trouble."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from desk import CUSTOMER, Desk, balance_alert, blocks, fails, reads

from noc_alerts.model.alerts import NoData, Penalty, Scope
from noc_alerts.model.deliveries import Attempt, DeliveryState
from noc_alerts.model.errors import StoreError
from noc_alerts.model.schedules import Repeat

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


# --- blocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restart", [False, True])
def test_an_alarm_that_is_critical_twice_asks_for_one_block(desk: Desk, restart: bool) -> None:
    desk.save(balance_alert(warn_threshold=100, penalty=Penalty(HOUR)))
    reads(desk, 90, 40, 70)
    if restart:
        desk.start()
    reads(desk, 40, 40)
    assert desk.reasons() == ["breached", "escalated", "eased", "escalated"]
    assert blocks(desk) == ["customer acme"]


def test_a_block_is_not_lost_by_a_store_that_fails_while_it_is_written(desk: Desk) -> None:
    desk.save(balance_alert(warn_threshold=100, penalty=Penalty(HOUR)))
    reads(desk, 90)
    commit, desk.store.alarms.commit = desk.store.alarms.commit, fails  # type: ignore[method-assign, assignment]
    reads(desk, 40, 40)
    desk.store.alarms.commit = commit  # type: ignore[method-assign]
    reads(desk, 40)
    assert blocks(desk) == ["customer acme"]


@pytest.mark.parametrize("what", ["blocks", "outbox", "commit"])
def test_follow_ups_are_not_lost_by_a_store_that_fails(desk: Desk, what: str) -> None:
    repeat = Repeat.of_every(5 * MINUTE)
    desk.save(balance_alert(penalty=Penalty(HOUR, after=5 * MINUTE), repeat=repeat, scope=Scope(CUSTOMER)))
    low = {"acme": 40.0, "globex": 40.0}
    for _ in range(10):
        desk.read(low)
    broken: Any = {"blocks": desk.store.blocks, "outbox": desk.store.outbox, "commit": desk.store.alarms}[what]
    name = {"blocks": "of_alarm", "outbox": "list", "commit": "commit"}[what]
    kept = getattr(broken, name)
    setattr(broken, name, fails)
    for _ in range(2):
        try:
            desk.read(low)
        except StoreError as error:
            desk.engine.store_failed("read", error)
    setattr(broken, name, kept)
    desk.read(low)
    desk.read(low)
    assert sorted(blocks(desk)) == ["customer acme", "customer globex"]
    assert desk.told() == ["raised", "raised", "repeat", "repeat"]


@pytest.mark.parametrize("after", [timedelta(0), 2 * MINUTE])
@pytest.mark.parametrize("restart", [False, True])
def test_an_alarm_that_began_with_missing_data_blocks_when_the_value_is_bad(
    desk: Desk, after: timedelta, restart: bool
) -> None:
    desk.save(balance_alert(no_data=NoData.ALARM, no_data_after=MINUTE, penalty=Penalty(HOUR, after=after)))
    reads(desk, 200, *[None] * 12)
    assert blocks(desk) == []
    if restart:
        desk.start()
    reads(desk, *[40] * 6)
    assert blocks(desk) == ["customer acme"]


def test_a_block_waits_for_a_value_to_rest_on(desk: Desk) -> None:
    desk.save(balance_alert(penalty=Penalty(HOUR, after=2 * MINUTE)))
    reads(desk, 40, *[None] * 6)
    assert blocks(desk) == []
    reads(desk, 40)
    assert blocks(desk) == ["customer acme"]


@pytest.mark.parametrize("after", [timedelta(0), 2 * MINUTE])
def test_a_penalty_given_to_a_living_alarm_asks_once(desk: Desk, after: timedelta) -> None:
    alert = desk.save(balance_alert())
    reads(desk, *[40] * 6)
    desk.save(replace(alert, penalty=Penalty(HOUR, after=after)))
    reads(desk, 40, 40)
    desk.save(replace(alert, penalty=Penalty(2 * HOUR, after=after, dry_run=True)))
    desk.start()
    reads(desk, 40, 40)
    assert blocks(desk) == ["customer acme"]


@pytest.mark.parametrize("restart", [False, True])
def test_time_as_critical_goes_on_through_a_restart(desk: Desk, restart: bool) -> None:
    desk.save(balance_alert(warn_threshold=100, penalty=Penalty(HOUR, after=5 * MINUTE)))
    reads(desk, *[90] * 10, *[40] * 6)
    if restart:
        desk.start()
    reads(desk, *[40] * 4)
    assert blocks(desk) == []
    reads(desk, 40)
    assert blocks(desk) == ["customer acme"]


# --- repeats ----------------------------------------------------------------------------------------------------------


def test_a_repeat_goes_to_whom_the_first_mail_never_reached(desk: Desk) -> None:
    desk.save(balance_alert(repeat=Repeat.of_every(5 * MINUTE)))
    reads(desk, 40)
    first = desk.mails()[0]
    said = Attempt(first.id or 0, desk.now, False, "No such mailbox.")
    desk.store.outbox.record(first.id or 0, said, DeliveryState.FAILED, answer="No such mailbox.")
    reads(desk, *[40] * 10)
    assert desk.told() == ["raised", "repeat"]
    assert desk.mails()[1].state is DeliveryState.WAITING


def test_a_repeat_goes_to_whom_the_alert_names_now_and_all_hear_of_the_end(desk: Desk) -> None:
    alert = desk.save(balance_alert(repeat=Repeat.of_every(5 * MINUTE)))
    reads(desk, 40)
    desk.save(replace(alert, recipients=("night@example.net",)))
    reads(desk, *[40] * 10)
    reads(desk, 100)
    told = [(d.recipient, d.facts.cause.value) for d in desk.mails()]
    assert told == [
        ("noc@example.net", "raised"),
        ("night@example.net", "repeat"),
        ("night@example.net", "cleared"),
        ("noc@example.net", "cleared"),
    ]


def test_an_eased_alarm_is_repeated_as_a_warning_and_taken_only_once_escalated_again(desk: Desk) -> None:
    desk.save(balance_alert(warn_threshold=100, repeat=Repeat.of_every(5 * MINUTE)))
    reads(desk, 90)
    alarm = desk.store.alarms.active()[0].id or 0
    desk.engine.acknowledge(alarm, "mira", "", desk.now)
    reads(desk, *[90] * 20)
    assert desk.told() == ["raised"]
    reads(desk, 40, 70)
    assert desk.told() == ["raised", "raised", "eased"]
    reads(desk, *[70] * 11)
    assert desk.told()[3:] == ["repeat"]
    assert desk.mails()[-1].facts.level == "warning"


def test_a_clock_that_had_been_far_ahead_does_not_silence_repeats(desk: Desk) -> None:
    desk.save(balance_alert(repeat=Repeat.of_every(5 * MINUTE)))
    desk.read({"acme": 40}, after=timedelta(days=400))
    desk.read({"acme": 40}, after=-timedelta(days=400))
    reads(desk, *[40] * 25)
    assert desk.told() == ["raised", "repeat", "repeat"]


