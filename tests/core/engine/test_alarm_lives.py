"""What an alarm does while it lives: two levels, missing data, hours, repeats, blocks, tags and companies that are gone."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from desk import CARRIER, CUSTOMER, T0, Desk, balance_alert, customer, some_calls

from noc_alerts.model.alarms import Phase, Verdict
from noc_alerts.model.alerts import Alert, Area, NoData, NoticeLevel, Operator, Penalty, Scope
from noc_alerts.model.blocks import BlockState
from noc_alerts.model.connections import Clock
from noc_alerts.model.contacts import Contact
from noc_alerts.model.deliveries import Channel, DeliveryState
from noc_alerts.model.schedules import Duty, Repeat
from noc_alerts.store import Store

MINUTE = timedelta(minutes=1)


# --- two levels -------------------------------------------------------------------------------------------------------


def test_two_levels_are_one_alarm_whose_level_moves(desk: Desk) -> None:
    desk.save(balance_alert(warn_threshold=100, warn_reset=120))
    for value, level in ((150, None), (90, NoticeLevel.WARNING), (40, NoticeLevel.CRITICAL)):
        desk.read({"acme": value})
        assert desk.line().level is level
    alarm = desk.store.alarms.active()[0]
    assert (alarm.level, alarm.limit) == (NoticeLevel.CRITICAL, "< 50.00")
    desk.read({"acme": 70})
    assert (desk.line().level, desk.store.alarms.active()[0].limit) == (NoticeLevel.WARNING, "< 100.00")
    desk.read({"acme": 130})
    assert desk.store.alarms.active() == []
    assert desk.reasons() == ["breached", "escalated", "eased", "recovered"]
    assert desk.told() == ["raised", "raised", "eased", "cleared"]
    assert {d.alarm_id for d in desk.mails()} == {alarm.id}
    first, *others = desk.mails()
    assert first.thread_id == ""
    assert {d.thread_id for d in others} == {first.message_id}
    assert [d.facts.level for d in desk.mails()] == ["warning", "critical", "warning", "warning"]
    assert [d.facts.threshold for d in desk.mails()] == [100, 50, 100, 100]


def test_who_took_the_warning_has_not_taken_the_critical_alarm(desk: Desk) -> None:
    desk.save(balance_alert(warn_threshold=100))
    desk.read({"acme": 90})
    alarm_id = desk.store.alarms.active()[0].id or 0
    desk.engine.acknowledge(alarm_id, "mira", "customer was called", desk.now)
    desk.read({"acme": 40})
    kept = desk.store.alarms.active()[0]
    assert (kept.id, kept.acked_at, kept.acked_by) == (alarm_id, None, "")
    assert desk.engine.active_alarms()[0].acked_at is None


def test_levels_survive_a_restart(desk: Desk) -> None:
    desk.save(balance_alert(warn_threshold=100, warn_reset=120))
    desk.read({"acme": 40})
    desk.start()
    desk.read({"acme": 55})
    assert desk.line().level is NoticeLevel.CRITICAL  # between 50 and its reset of 60
    desk.read({"acme": 70})
    assert desk.line().level is NoticeLevel.WARNING
    desk.start()
    desk.read({"acme": 70})
    assert desk.line().level is NoticeLevel.WARNING
    assert desk.told() == ["raised", "eased"]


def test_a_warning_given_to_a_living_alarm_and_taken_away(desk: Desk) -> None:
    alert = desk.save(balance_alert())
    desk.read({"acme": 40})
    desk.save(replace(alert, warn_threshold=100))
    desk.read({"acme": 70})
    assert desk.line().level is NoticeLevel.WARNING
    desk.save(replace(alert, warn_threshold=None))
    assert desk.store.alarms.active() == []
    assert desk.told() == ["raised", "eased", "cleared"]


# --- missing data -----------------------------------------------------------------------------------------------------


def test_a_reading_that_stays_away_is_an_alarm_after_a_while(desk: Desk) -> None:
    desk.save(balance_alert(no_data=NoData.ALARM, no_data_after=2 * MINUTE))
    desk.read({"acme": 100})
    for _ in range(4):
        desk.read({})
        assert desk.store.alarms.active() == []
    desk.read({})
    alarm = desk.store.alarms.active()[0]
    assert (alarm.value, alarm.limit) == (None, "no data for 2\u2009min")
    desk.start()
    desk.read({})
    assert len(desk.store.alarms.active()) == 1
    desk.read({"acme": 55})  # not past the threshold: that is enough
    assert desk.store.alarms.active() == []
    assert desk.reasons() == ["no data", "data back"]
    assert desk.told() == ["raised", "cleared"]


def test_a_blind_switch_is_not_missing_data(desk: Desk) -> None:
    desk.save(balance_alert(no_data=NoData.ALARM, no_data_after=2 * MINUTE))
    desk.read({"acme": 100})
    for _ in range(20):
        desk.fail()
    assert [a for a in desk.store.alarms.active() if a.area == "Balance"] == []
    desk.read({"acme": 100})
    assert desk.reasons() == ["source silent", "source back"]


def test_no_data_may_end_an_alarm(desk: Desk) -> None:
    desk.save(balance_alert(no_data=NoData.CLEAR))
    desk.read({"acme": 40})
    desk.read({})
    assert desk.reasons() == ["breached", "no data"]
    assert "no value any more" in desk.heard.changes()[-1].transition.text


# --- hours ------------------------------------------------------------------------------------------------------------


def test_outside_its_hours_an_alert_is_not_judged_and_its_alarms_end(desk: Desk) -> None:
    duty = Duty(frozenset(range(5)), time(8), time(9, 30), "UTC")
    desk.save(balance_alert(duty=duty))
    desk.read({"acme": 40})
    assert len(desk.store.alarms.active()) == 1
    desk.read({"acme": 40}, after=30 * MINUTE)
    line = desk.line()
    assert desk.store.alarms.active() == []
    assert desk.reasons() == ["breached", "off hours"]
    assert (line.verdict, line.off_duty_until) == (Verdict.PAUSED, T0 + timedelta(hours=23))
    desk.read({"acme": 40})
    assert desk.reasons() == ["breached", "off hours"]
    desk.read({"acme": 40}, after=timedelta(hours=23))
    assert desk.line().verdict is Verdict.IN_ALARM


# --- repeats ----------------------------------------------------------------------------------------------------------


def test_an_alarm_is_told_again_until_somebody_takes_it(desk: Desk) -> None:
    desk.save(balance_alert(repeat=Repeat.of_every(10 * MINUTE)))
    for _ in range(61):  # half an hour after it was raised
        desk.read({"acme": 40})
    assert desk.told() == ["raised", "repeat", "repeat", "repeat"]
    assert {d.thread_id for d in desk.mails()[1:]} == {desk.mails()[0].message_id}
    desk.start()
    desk.read({"acme": 40})
    assert len(desk.told()) == 4
    desk.engine.acknowledge(desk.store.alarms.active()[0].id or 0, "mira", "", desk.now)
    for _ in range(60):
        desk.read({"acme": 40})
    assert len(desk.told()) == 4
    desk.read({"acme": 100})
    assert desk.told()[-1] == "cleared"


def test_a_repeat_missed_while_the_program_was_off_comes_once(desk: Desk) -> None:
    desk.save(balance_alert(repeat=Repeat.of_every(10 * MINUTE)))
    desk.read({"acme": 40})
    desk.now += timedelta(hours=5)
    desk.start()
    desk.read({"acme": 40})
    desk.read({"acme": 40})
    assert desk.told() == ["raised", "repeat"]


# --- blocks -----------------------------------------------------------------------------------------------------------


def states(desk: Desk) -> list[tuple[str, BlockState]]:
    return [(b.subject.label, b.state) for b in desk.store.blocks.all(100)]


@pytest.mark.parametrize(
    ("penalty", "state"),
    [
        (Penalty(60 * MINUTE), BlockState.DUE),
        (Penalty(60 * MINUTE, dry_run=True), BlockState.DRY),
        (Penalty(60 * MINUTE, ask=True), BlockState.ASKED),
    ],
)
def test_a_block_is_asked_for_once(desk: Desk, penalty: Penalty, state: BlockState) -> None:
    desk.save(balance_alert(penalty=penalty))
    for _ in range(5):
        desk.read({"acme": 40})
    desk.start()
    desk.read({"acme": 40})
    assert states(desk) == [("customer acme", state)]
    block = desk.store.blocks.all(10)[0]
    assert block.alarm_id == desk.store.alarms.active()[0].id
    assert block.until - block.due_at == timedelta(hours=1)
    assert "Balance 40.00\u2009USD" in block.reason
    texts = [e.text for e in desk.store.events.list(50)]
    assert sum("block of 1\u2009h" in text.lower() for text in texts) == 1


def test_a_block_waits_for_the_penalty_s_time_in_alarm(desk: Desk) -> None:
    desk.save(balance_alert(penalty=Penalty(60 * MINUTE, after=5 * MINUTE)))
    for _ in range(10):
        desk.read({"acme": 40})
    assert states(desk) == []
    desk.start()
    desk.read({"acme": 40})
    assert states(desk) == [("customer acme", BlockState.DUE)]
    desk.start()
    desk.read({"acme": 40})
    assert len(states(desk)) == 1


def test_an_alarm_that_ends_in_time_blocks_nobody(desk: Desk) -> None:
    desk.save(balance_alert(penalty=Penalty(60 * MINUTE, after=5 * MINUTE), keep=10 * MINUTE))
    for _ in range(9):
        desk.read({"acme": 40})
    for _ in range(10):
        desk.read({"acme": 100})  # past the reset: clearing is no time to block
    assert states(desk) == []


def test_only_the_critical_level_blocks(desk: Desk) -> None:
    desk.save(balance_alert(warn_threshold=100, penalty=Penalty(60 * MINUTE)))
    desk.read({"acme": 90})
    assert states(desk) == []
    desk.read({"acme": 40})
    assert states(desk) == [("customer acme", BlockState.DUE)]


def test_missing_data_blocks_nobody(desk: Desk) -> None:
    desk.save(balance_alert(no_data=NoData.ALARM, no_data_after=MINUTE, penalty=Penalty(60 * MINUTE)))
    for _ in range(6):
        desk.read({})
    assert len(desk.store.alarms.active()) == 1
    assert states(desk) == []


# --- companies --------------------------------------------------------------------------------------------------------


def test_a_tag_alert_follows_the_tag(desk: Desk) -> None:
    desk.save(balance_alert(scope=Scope(CUSTOMER, tag="Gold")))
    low = {"acme": 40, "globex": 40}
    desk.read(low, companies=[customer("acme", "gold"), customer("globex")])
    assert [a.key.subject.label for a in desk.store.alarms.active()] == ["customer acme"]
    desk.read(low, companies=[customer("acme"), customer("globex", "gold")])
    assert [a.key.subject.label for a in desk.store.alarms.active()] == ["customer globex"]
    assert desk.reasons() == ["breached", "rule changed", "breached"]
    desk.start()
    desk.read(low)
    assert [a.key.subject.label for a in desk.store.alarms.active()] == ["customer globex"]


MANY = [customer(name) for name in ("acme", "globex", "hooli", "initech", "umbrella")]


def test_a_company_that_is_gone_is_said_to_be_and_fires_nothing(desk: Desk) -> None:
    desk.save(balance_alert(no_data=NoData.ALARM, no_data_after=MINUTE))
    desk.read({"acme": 40}, companies=MANY)
    for _ in range(2):
        desk.read({}, companies=MANY[1:])
    assert len(desk.store.alarms.active()) == 1
    assert desk.line().gone == ()
    desk.read({}, companies=MANY[1:])
    assert (desk.line().gone, desk.store.alarms.active()) == (("acme",), [])
    assert desk.reasons() == ["breached", "company gone"]
    for _ in range(10):
        desk.read({}, companies=MANY[1:], after=5 * MINUTE)
    desk.start()
    desk.read({}, companies=MANY[1:])
    assert desk.line().gone == ("acme",)
    assert desk.reasons() == ["breached", "company gone"]
    desk.read({"acme": 40}, companies=MANY)
    assert desk.line().gone == ()
    assert len(desk.store.alarms.active()) == 1


def test_a_list_that_lost_most_companies_is_not_believed(desk: Desk) -> None:
    desk.save(balance_alert())
    desk.read({"acme": 40}, companies=MANY)
    for _ in range(6):
        desk.read({"acme": 40}, companies=MANY[3:])
    assert len(desk.store.alarms.active()) == 1
    assert "lists only 2 of 5 companies" in desk.engine.snapshot(desk.now).switches[0].health.note


def test_a_partial_list_takes_nobody_away(desk: Desk) -> None:
    desk.save(balance_alert())
    desk.read({"acme": 40}, companies=MANY)
    for _ in range(6):
        desk.read({"acme": 40}, companies=MANY[1:], partial=frozenset({CUSTOMER}))
    assert desk.line().gone == ()
    assert len(desk.store.alarms.active()) == 1


# --- strict, money, people --------------------------------------------------------------------------------------------


def asr_alert(**more: object) -> Alert:
    return balance_alert(
        title="Low ASR", scope=Scope(CARRIER), area=Area.ASR, operator=Operator.LT, threshold=30, reset=33,
        sample_period=30 * MINUTE, min_calls=10, **more,
    )  # fmt: skip


def test_strict_waits_until_the_whole_interval_is_past_the_threshold(desk: Desk) -> None:
    desk.save(asr_alert(strict=True))
    desk.read(calls=some_calls(desk.now, "alpha", failed=15, answered=5))
    desk.read(after=timedelta(minutes=11))  # a company that only begins is not judged yet
    assert desk.line().value == 25.0  # of 20 calls: 11 to 47 %
    assert desk.store.alarms.active() == []
    for i in range(8):
        desk.read(calls=some_calls(desk.now, "alpha", failed=75, answered=25, first=i))
    assert desk.reasons() == ["breached"]


def test_money_in_two_currencies_is_said_and_not_added_up(store: Store) -> None:
    desk = Desk(store, clock=Clock.END)
    desk.save(
        balance_alert(
            title="Spend", scope=Scope(CUSTOMER), area=Area.SPEND, operator=Operator.GT, threshold=0.05, reset=0.01,
            sample_period=5 * MINUTE,
        )
    )  # fmt: skip
    calls = some_calls(desk.now, "acme", answered=10, kind=CUSTOMER, currency="EUR")
    desk.read(calls=calls)
    assert (desk.line().value, desk.store.alarms.active()[0].unit) == (pytest.approx(0.1), "EUR")
    more = some_calls(desk.now, "globex", answered=3, kind=CUSTOMER, currency="USD")
    desk.read(calls=more)
    desk.read(calls=some_calls(desk.now, "globex", answered=3, kind=CUSTOMER, currency="EUR", first=9))
    assert "globex is charged in EUR and USD" in desk.line().note
    assert [a.key.subject.label for a in desk.store.alarms.active()] == ["customer acme"]


def test_contacts_groups_and_phones_are_told(desk: Desk) -> None:
    desk.store.contacts.save(Contact(None, "Mira", ("mira@example.net",), ("+442079460812",), ("night",)))
    desk.store.contacts.save(Contact(None, "Tomas", ("tomas@example.net",), (), ("night",)))
    desk.save(balance_alert(recipients=("group night", "contact Mira", "noc@example.net")))
    desk.read({"acme": 40})
    told = {(d.channel, d.recipient) for d in desk.store.outbox.list(100)}
    mails = {(Channel.EMAIL, f"{name}@example.net") for name in ("mira", "tomas", "noc")}
    assert told == mails | {(Channel.SMS, "+442079460812")}
    assert all(d.state is DeliveryState.WAITING for d in desk.store.outbox.list(100))


def test_two_levels_with_hold_keep_their_time_over_a_restart(desk: Desk) -> None:
    desk.save(balance_alert(warn_threshold=100, hold=2 * MINUTE))
    for _ in range(5):
        desk.read({"acme": 90})
    assert desk.line().level is NoticeLevel.WARNING
    for _ in range(4):
        desk.read({"acme": 40})
    assert desk.line().level is NoticeLevel.WARNING
    desk.start()
    desk.read({"acme": 40})
    assert desk.line().level is NoticeLevel.WARNING  # the first judgement after a restart counts no time
    desk.read({"acme": 40})
    assert desk.line().level is NoticeLevel.CRITICAL
    assert desk.engine.programs[0].track.phase(0) is Phase.RAISED
