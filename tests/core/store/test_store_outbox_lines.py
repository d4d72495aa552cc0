"""The outbox as a list reads it: lean lines, what may have changed, when each channel last took something."""

from datetime import timedelta

import pytest
from store_samples import NOW, SECOND, make_delivery, make_facts, raised

from noc_alerts.model.deliveries import Attempt, Cause, Channel, Delivery, DeliveryState
from noc_alerts.model.ledger import Ledger
from noc_alerts.store import Store
from noc_alerts.store.outbox import DeliveryLine


def add(store: Store, number: int, **changes: object) -> int:
    kept = store.outbox.add(make_delivery(number, **changes))
    assert kept.id is not None
    return kept.id


def expected(delivery: Delivery) -> DeliveryLine:
    facts = delivery.facts
    return DeliveryLine(
        delivery.id or 0,
        delivery.channel,
        delivery.recipient,
        facts.cause,
        facts.title,
        facts.subject,
        delivery.created_at,
        delivery.next_at,
        delivery.state,
        delivery.tries,
        delivery.answer,
        delivery.sent_at,
        delivery.alarm_id,
        delivery.subject,
    )


def test_lines_say_the_same_as_the_deliveries(store: Store) -> None:
    store.alarms.commit(Ledger((raised(1),)))
    sent = add(store, 9, channel=Channel.SMS, recipient="+442079460812", facts=make_facts(cause=Cause.REPEAT))
    tried = Attempt(sent, NOW + 20 * SECOND, True, "queued", 12)
    store.outbox.record(sent, tried, DeliveryState.SENT, answer="queued", subject="S", body="B")
    whole = store.outbox.list(9)
    assert len(whole) == 3
    assert store.outbox.lines(9) == [expected(delivery) for delivery in whole]
    assert [line.id for line in store.outbox.lines(2)] == [whole[0].id, whole[1].id]
    assert store.outbox.lines(1)[0].sent_at == NOW + 20 * SECOND


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_is_read_from_the_facts(store: Store, cause: Cause) -> None:
    add(store, 1, facts=make_facts(cause=cause))
    assert store.outbox.lines(1)[0].cause is cause


def test_changed_lines_are_newer_ones_waiting_ones_and_the_named(store: Store) -> None:
    before = add(store, 1)
    oldest = add(store, 2, state=DeliveryState.SENT)
    waits = add(store, 3)
    was_waiting = add(store, 4, state=DeliveryState.DROPPED)
    newest = add(store, 5, state=DeliveryState.FAILED)
    new, newer = add(store, 6, state=DeliveryState.SENT), add(store, 7)

    def changed(shown: tuple[int, int], ids: list[int], limit: int = 99) -> list[int]:
        return [line.id for line in store.outbox.changed_lines(shown, ids, limit)]

    assert changed((oldest, newest), [was_waiting]) == [newer, new, was_waiting, waits]
    assert changed((oldest, newest), []) == [newer, new, waits]
    assert changed((oldest, newest), [was_waiting], 3) == [newer, new, was_waiting]
    assert changed((0, 0), []) == [newer, new, newest, was_waiting, waits, oldest, before]
    assert changed((oldest, newer), [before]) == [newer, waits]  # what is older is not listed


def test_changed_lines_take_as_many_ids_as_a_list_holds(store: Store) -> None:
    first = add(store, 1, state=DeliveryState.SENT)
    assert [line.id for line in store.outbox.changed_lines((1, 9), range(1, 2001), 2000)] == [first]


def test_last_sent_is_the_latest_of_each_channel(store: Store) -> None:
    assert store.outbox.last_sent() == {}
    for number, channel in ((1, Channel.EMAIL), (2, Channel.EMAIL), (3, Channel.TRAY)):
        key = add(store, number, channel=channel)
        tried = Attempt(key, NOW + timedelta(minutes=number), True, "ok")
        store.outbox.record(key, tried, DeliveryState.SENT)
    add(store, 4, channel=Channel.SMS, state=DeliveryState.DROPPED)
    found = store.outbox.last_sent()
    assert found == {Channel.EMAIL: NOW + timedelta(minutes=2), Channel.TRAY: NOW + timedelta(minutes=3)}
    store.outbox.send_again(key, NOW)
    assert Channel.TRAY not in store.outbox.last_sent()
