"""Alarms, ledgers and the outbox."""

from dataclasses import replace
from datetime import timedelta

import pytest
from store_samples import NOW, SECOND, make_alarm, make_delivery, make_facts, make_key, raised

from noc_alerts.model.alarms import Phase, Reason, RuleKind, RuleState, Transition
from noc_alerts.model.deliveries import Attempt, Cause, Channel, DeliveryState
from noc_alerts.model.errors import BadInput, StoreError
from noc_alerts.model.events import Event, EventType
from noc_alerts.model.ledger import AlarmValue, Change, Ledger
from noc_alerts.store import Store


def test_a_ledger_comes_back_with_ids_and_everything_in_it_is_kept(store: Store) -> None:
    pending = RuleState(make_key(9), Phase.PENDING, NOW, 1500, None)
    extra = Event(NOW, EventType.ERROR, "Kamailio", "", "unreachable")
    done = store.alarms.commit(Ledger(changes=(raised(1), raised(2)), states=(pending,), events=(extra,)))
    first, second = done.changes
    assert first.alarm is not None
    assert second.alarm is not None
    assert store.alarms.active() == [first.alarm, second.alarm]
    assert replace(first.alarm, id=None) == make_alarm(1)
    assert store.alarms.get(first.alarm.id or 0) == first.alarm
    assert store.alarms.count_active() == 2
    assert store.alarms.transitions(first.alarm.id or 0) == [first.transition]
    assert store.alarms.transitions_of(RuleKind.ALERT, 1, 1) == [second.transition]
    assert {s.key: s for s in store.alarms.states()} == {s.key: s for s in (first.state, second.state, pending)}
    assert first.state.alarm_id == first.alarm.id
    assert first.event is not None
    assert {e.id for e in store.events.list(9)} == {first.event.id, second.event.id if second.event else 0, done.events[0].id}
    assert first.event.alarm_id == first.alarm.id
    assert store.outbox.list(9, alarm_id=first.alarm.id) == list(first.deliveries)[::-1]


def test_a_ledger_clears_and_normal_states_are_no_rows(store: Store) -> None:
    first = store.alarms.commit(Ledger(changes=(raised(1), raised(2)))).changes[0]
    assert first.alarm is not None
    assert first.alarm.id is not None
    at = NOW + timedelta(minutes=5)
    store.alarms.acknowledge(first.alarm.id, "Ann", "calling them", at)
    key = first.alarm.key
    value = AlarmValue(first.alarm.id, None, None, 8.0, at, True)
    store.alarms.commit(Ledger(values=(value,)))
    blind = store.alarms.get(first.alarm.id)
    assert blind is not None
    assert (blind.value, blind.calls, blind.worst, blind.value_at, blind.blind) == (None, None, 8.0, at, True)
    cleared = replace(first.alarm, cleared_at=at, cleared_reason=Reason.RECOVERED, value=55.0)
    change = Change(
        transition=Transition(key, at, Phase.RAISED, Phase.NORMAL, Reason.RECOVERED, 55.0, 100, "ASR 55 %"),
        state=RuleState(key, Phase.NORMAL, at, 0, None),
        alarm=cleared,
    )
    store.alarms.commit(Ledger(changes=(change,)))
    after = store.alarms.get(first.alarm.id)
    assert after == replace(cleared, acked_at=at, acked_by="Ann", ack_note="calling them")
    assert store.alarms.cleared(at, 5) == [after]
    assert store.alarms.cleared(at + SECOND, 5) == []
    assert [s.key for s in store.alarms.states()] == [make_key(2)]
    assert [t.reason for t in store.alarms.transitions(first.alarm.id)] == [Reason.BREACHED, Reason.RECOVERED]


def test_changes_of_one_new_alarm_in_one_ledger_are_one_alarm(store: Store) -> None:
    start = raised(1)
    assert start.alarm is not None
    clearing = Change(
        transition=replace(start.transition, before=Phase.RAISED, after=Phase.CLEARING, reason=Reason.RECOVERED),
        state=replace(start.state, phase=Phase.CLEARING),
        alarm=replace(start.alarm, value=60.0),
    )
    done = store.alarms.commit(Ledger(changes=(start, clearing)))
    assert [a.value for a in store.alarms.active()] == [60.0]
    assert done.changes[0].transition.alarm_id == done.changes[1].transition.alarm_id
    assert [s.phase for s in store.alarms.states()] == [Phase.CLEARING]


def test_a_ledger_that_cannot_be_kept_whole_is_not_kept_at_all(store: Store) -> None:
    wrong = replace(raised(2), event=Event(NOW, EventType.ALARM, "", "", "", alarm_id=12345), alarm=None)
    with pytest.raises(StoreError):
        store.alarms.commit(Ledger(changes=(raised(1), wrong)))
    assert store.alarms.active() == []
    assert store.alarms.states() == []
    assert store.outbox.waiting() == 0


def test_an_empty_ledger_is_not_written(store: Store) -> None:
    assert store.alarms.commit(Ledger()) == Ledger()


def test_acknowledging_writes_its_event(store: Store) -> None:
    alarm = store.alarms.commit(Ledger(changes=(raised(),))).changes[0].alarm
    assert alarm is not None
    assert alarm.id is not None
    acked = store.alarms.acknowledge(alarm.id, "Ann", "mine", NOW)
    assert acked == replace(alarm, acked_at=NOW, acked_by="Ann", ack_note="mine") == store.alarms.get(alarm.id)
    assert store.alarms.unacknowledge(alarm.id, "Bob", NOW) == alarm
    events = store.events.list(9, types=[EventType.CHANGE])
    assert [(e.sender, e.alarm_id) for e in events] == [("Bob", alarm.id), ("Ann", alarm.id)]
    assert "mine" in events[1].text
    with pytest.raises(BadInput):
        store.alarms.acknowledge(99, "Ann", "", NOW)
    assert len(store.events.list(9, types=[EventType.CHANGE])) == 2


def test_critical_messages_are_due_first_then_the_oldest(store: Store) -> None:
    plain, later, critical = (
        store.outbox.add(d)
        for d in (
            make_delivery(1, facts=make_facts("warning", Cause.TEST)),
            make_delivery(9),
            make_delivery(2),
        )
    )
    assert plain == make_delivery(1, facts=make_facts("warning", Cause.TEST), id=plain.id)
    assert store.outbox.due(NOW, 9) == []
    assert store.outbox.due(NOW + 5 * SECOND, 9) == [critical, plain]
    assert store.outbox.due(NOW + 9 * SECOND, 2) == [critical, later]
    assert store.outbox.next_due() == plain.next_at
    assert store.outbox.waiting() == 3


def test_nobody_hears_of_the_end_before_the_alarm(store: Store) -> None:
    """A message waits while an older one about the same alarm to the same recipient is put off."""
    alarm = store.alarms.commit(Ledger(changes=(replace(raised(), deliveries=()),))).changes[0].alarm
    assert alarm is not None
    first, end = (store.outbox.add(make_delivery(number, alarm_id=alarm.id)) for number in (1, 2))
    other = store.outbox.add(make_delivery(3, alarm_id=alarm.id, recipient="bob@example.org"))
    assert first.id is not None
    later = NOW + 60 * SECOND
    store.outbox.record(first.id, Attempt(first.id, NOW, False, "451"), DeliveryState.WAITING, later, "451")
    assert [d.id for d in store.outbox.due(NOW + 9 * SECOND, 9)] == [other.id]
    assert [d.id for d in store.outbox.due(later, 9)] == [first.id, end.id, other.id]


def test_a_try_is_recorded_with_what_follows_from_it(store: Store) -> None:
    kept = store.outbox.add(make_delivery())
    assert kept.id is not None
    failed = Attempt(kept.id, NOW + SECOND, False, "451 later", 120)
    after = store.outbox.record(kept.id, failed, DeliveryState.WAITING, NOW + 60 * SECOND, "451 later", "Subject", "Body")
    assert after == replace(kept, tries=1, next_at=NOW + 60 * SECOND, answer="451 later", subject="Subject", body="Body")
    sent = Attempt(kept.id, NOW + 61 * SECOND, True, "250 ok", 80)
    after = store.outbox.record(kept.id, sent, DeliveryState.SENT, answer="250 ok")
    assert (after.state, after.sent_at, after.tries, after.subject) == (DeliveryState.SENT, sent.at, 2, "Subject")
    assert store.outbox.attempts(kept.id) == [failed, sent]
    assert (store.outbox.waiting(), store.outbox.next_due()) == (0, None)
    with pytest.raises(BadInput):
        store.outbox.record(99, replace(sent, delivery_id=99), DeliveryState.SENT)
    again = store.outbox.send_again(kept.id, NOW + 90 * SECOND)
    assert store.outbox.due(NOW + 90 * SECOND, 9) == [again]
    assert (again.tries, again.sent_at, again.message_id) == (0, None, kept.message_id)
    assert len(store.outbox.attempts(kept.id)) == 2


def test_the_first_mail_of_an_alarm_to_a_recipient(store: Store) -> None:
    done = store.alarms.commit(Ledger(changes=(raised(1), raised(2)))).changes
    alarm = done[1].alarm
    assert alarm is not None
    assert alarm.id is not None
    store.outbox.add(make_delivery(50, alarm_id=alarm.id, channel=Channel.TRAY, recipient="desk"))
    store.outbox.add(make_delivery(51, alarm_id=alarm.id))
    assert store.outbox.first_message_id(alarm.id, "noc@example.org") == done[1].deliveries[0].message_id
    assert store.outbox.first_message_id(alarm.id, "night@example.org") == done[1].deliveries[1].message_id
    assert store.outbox.first_message_id(alarm.id, "desk") is None
