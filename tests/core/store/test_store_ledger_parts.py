"""Blocks, repeats, reports and what scripts said: the rest of a ledger."""

from dataclasses import replace
from datetime import timedelta

import pytest
from store_samples import NOW, SECOND, make_alert, make_delivery, make_facts, make_key, raised

from noc_alerts.model.alarms import Phase, RuleState
from noc_alerts.model.blocks import Block, BlockState
from noc_alerts.model.deliveries import Cause, Channel, Row
from noc_alerts.model.errors import StoreError
from noc_alerts.model.events import Event, EventType
from noc_alerts.model.ledger import AlarmValue, Ledger, ReportSent
from noc_alerts.store import Store

BLOCK = Block(3, make_key(1).subject, NOW, timedelta(hours=1, microseconds=5), BlockState.DUE, "ASR 3 % of 120 attempts")


def test_a_block_is_kept_with_its_alarm(store: Store) -> None:
    asked = replace(BLOCK, state=BlockState.ASKED, due_at=NOW + SECOND)
    done = store.alarms.commit(Ledger(changes=(raised(1), replace(raised(2), block=BLOCK))))
    first, second = (change.alarm.id for change in done.changes if change.alarm)
    assert done.changes[0].block is None
    assert done.changes[1].block == replace(BLOCK, id=1, alarm_id=second)
    later = store.alarms.commit(Ledger(blocks=(replace(asked, alarm_id=first), replace(BLOCK, state=BlockState.DRY))))
    assert [block.id for block in later.blocks] == [2, 3]
    assert store.blocks.all(9) == [later.blocks[1], later.blocks[0], done.changes[1].block]
    assert store.blocks.all(1) == [later.blocks[1]]
    assert store.blocks.of_alarm(first or 0) == [later.blocks[0]]
    assert later.blocks[0].until == NOW + SECOND + BLOCK.length


def test_repeats_and_reports_are_kept_beside_what_changed(store: Store) -> None:
    rows = (Row("carrier bravo", 3.5, "%", "120 attempts", "odd; ü"), Row("carrier alpha", None))
    facts = replace(
        make_facts(cause=Cause.REPORT), rows=rows, rows_cut=7, zone="Europe/Zurich", template="night",
        subject_key="gateway=bravo", connection_id=3, brand="Telco", penalty="1 h", message="hello", threshold=None,
    )  # fmt: skip
    report = make_delivery(8, facts=facts, channel=Channel.SMS, recipient="+442079460812")
    repeat = make_delivery(9, facts=make_facts(cause=Cause.REPEAT))
    event = Event(NOW, EventType.MESSAGE, "Daily", "", "made")
    done = store.alarms.commit(
        Ledger(changes=(raised(1),), deliveries=(report, repeat), reports=(ReportSent(4, NOW),), events=(event,))
    )
    assert [replace(d, id=None) for d in done.deliveries] == [report, repeat]
    assert [d.id for d in done.changes[0].deliveries] == [1, 2]
    assert store.outbox.get(3) == done.deliveries[0]
    assert store.outbox.list(9)[:2] == list(done.deliveries)[::-1]
    assert done.events[0].id is not None
    assert store.reports.slots() == {4: NOW}
    store.alarms.commit(Ledger(reports=(ReportSent(4, NOW + SECOND), ReportSent(5, NOW), ReportSent(5, NOW + 2 * SECOND))))
    assert store.reports.slots() == {4: NOW + SECOND, 5: NOW + 2 * SECOND}


def test_a_report_is_remembered_over_the_deletion_of_its_alert(store: Store) -> None:
    saved = store.alerts.save(make_alert())
    assert saved.id is not None
    store.alarms.commit(Ledger(reports=(ReportSent(saved.id, NOW),)))
    store.alerts.delete(saved.id)
    store.alerts.undelete([saved])
    assert store.reports.slots() == {saved.id: NOW}


def test_a_ledger_whose_block_cannot_be_kept_is_not_kept_at_all(store: Store) -> None:
    with pytest.raises(StoreError):
        store.alarms.commit(Ledger(changes=(raised(1),), reports=(ReportSent(4, NOW),), blocks=(replace(BLOCK, alarm_id=77),)))
    assert store.alarms.active() == []
    assert (store.reports.slots(), store.blocks.all(9)) == ({}, [])


def test_what_a_script_said_and_the_inner_limit_are_kept(store: Store) -> None:
    key = make_key(1)
    change = raised(1)
    assert change.alarm is not None
    state = RuleState(key, Phase.RAISED, NOW, 0, None, Phase.PENDING, 2500)
    done = store.alarms.commit(Ledger(changes=(replace(change, alarm=replace(change.alarm, message="first"), state=state),)))
    alarm = done.changes[0].alarm
    assert alarm is not None
    assert store.alarms.active() == [alarm]
    assert alarm.message == "first"
    assert store.alarms.states() == [replace(state, alarm_id=alarm.id)]
    store.alarms.commit(Ledger(values=(AlarmValue(alarm.id or 0, 1.0, 2, 1.0, NOW, False, "second"),)))
    kept = store.alarms.get(alarm.id or 0)
    assert kept is not None
    assert kept.message == "second"
