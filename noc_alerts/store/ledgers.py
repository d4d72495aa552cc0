"""Writing a ledger: all facts of one tick within one transaction of noc.db. Runs on the caller's thread (the engine's)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKey, RuleState
from noc_alerts.model.blocks import Block
from noc_alerts.model.deliveries import Delivery
from noc_alerts.model.ledger import AlarmValue, Change, Ledger
from noc_alerts.store.alarm_rows import alarm_row, key_row, state_row, transition_row
from noc_alerts.store.blocks import add_blocks
from noc_alerts.store.events import add_events
from noc_alerts.store.outbox import add_deliveries
from noc_alerts.store.reports import write_reports
from noc_alerts.store.tables import alarm, insert_many, rule_state, transition


def write_ledger(conn: Connection, ledger: Ledger) -> Ledger:
    """Write a ledger within a transaction; give it back with every id filled in.

    Several changes of one new alarm (same key and raised_at, `id` None) become one alarm as the last of them has it.
    """
    changes = _write_transitions(conn, _write_alarms(conn, ledger.changes))
    _write_values(conn, ledger.values)
    _write_states(conn, (*(c.state for c in changes), *ledger.states))
    changes, deliveries = _write_deliveries(conn, changes, ledger.deliveries)
    changes, blocks = _write_blocks(conn, changes, ledger.blocks)
    write_reports(conn, ledger.reports)
    own = [c.event for c in changes if c.event is not None]
    written = add_events(conn, [*own, *ledger.events])
    rest = iter(written)
    changes = [c if c.event is None else replace(c, event=next(rest)) for c in changes]
    return replace(ledger, changes=tuple(changes), events=tuple(rest), deliveries=deliveries, blocks=blocks)


def _write_alarms(conn: Connection, changes: Sequence[Change]) -> list[Change]:
    """Insert new alarms, update known ones, fill their ids into what follows from them."""
    new: dict[tuple[RuleKey, datetime], Alarm] = {}
    for change in changes:
        if change.alarm is not None and change.alarm.id is None:
            new[_life(change.alarm)] = change.alarm
    ids = dict(zip(new, insert_many(conn, alarm, [alarm_row(a) for a in new.values()]), strict=True))
    known = [{"row_id": c.alarm.id, **alarm_row(c.alarm)} for c in changes if c.alarm is not None and c.alarm.id is not None]
    # acknowledging is done by people through the store at any time: what the engine last read of it may be old
    for row in known:
        for name in ("acked_at", "acked_by", "ack_note"):
            del row[name]
    if known:
        conn.execute(alarm.update().where(alarm.c.id == sa.bindparam("row_id")), known)
    # an alarm that became critical is nobody's again: who took the warning has not taken this
    escalated = [c.alarm.id for c in changes if c.alarm is not None and c.transition.reason is Reason.ESCALATED]
    if escalated:
        conn.execute(alarm.update().where(alarm.c.id.in_(escalated)).values(acked_at=None, acked_by="", ack_note=""))
    return [_fill(change, ids) for change in changes]


def _life(value: Alarm) -> tuple[RuleKey, datetime]:
    return value.key, value.raised_at


def _fill(change: Change, ids: dict[tuple[RuleKey, datetime], int]) -> Change:
    if change.alarm is None:
        return change
    alarm_id = change.alarm.id if change.alarm.id is not None else ids[_life(change.alarm)]
    state = change.state
    if state.phase.in_alarm:
        state = replace(state, alarm_id=alarm_id)
    return replace(
        change,
        alarm=replace(change.alarm, id=alarm_id),
        transition=replace(change.transition, alarm_id=alarm_id),
        state=state,
        event=None if change.event is None else replace(change.event, alarm_id=alarm_id),
        deliveries=tuple(replace(d, alarm_id=alarm_id) for d in change.deliveries),
        block=None if change.block is None else replace(change.block, alarm_id=alarm_id),
    )


def _write_transitions(conn: Connection, changes: Sequence[Change]) -> list[Change]:
    ids = insert_many(conn, transition, [transition_row(c.transition) for c in changes])
    return [replace(c, transition=replace(c.transition, id=i)) for c, i in zip(changes, ids, strict=True)]


def _write_deliveries(
    conn: Connection, changes: Sequence[Change], others: Sequence[Delivery]
) -> tuple[list[Change], tuple[Delivery, ...]]:
    written = iter(add_deliveries(conn, [*(d for c in changes for d in c.deliveries), *others]))
    filled = [replace(c, deliveries=tuple(next(written) for _ in c.deliveries)) for c in changes]
    return filled, tuple(written)


def _write_blocks(conn: Connection, changes: Sequence[Change], others: Sequence[Block]) -> tuple[list[Change], tuple[Block, ...]]:
    written = iter(add_blocks(conn, [*(c.block for c in changes if c.block is not None), *others]))
    filled = [c if c.block is None else replace(c, block=next(written)) for c in changes]
    return filled, tuple(written)


def _write_values(conn: Connection, values: Iterable[AlarmValue]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "row_id": v.alarm_id,
            "value": v.value,
            "calls": v.calls,
            "worst": v.worst,
            "value_at": v.value_at,
            "blind": v.blind,
            "message": v.message,
        }
        for v in values
    ]
    if rows:
        conn.execute(alarm.update().where(alarm.c.id == sa.bindparam("row_id")), rows)


def _write_states(conn: Connection, states: Iterable[RuleState]) -> None:
    """Keep the last state of each key; a normal one is no row."""
    last = {s.key: s for s in states}
    if not last:
        return
    here = sa.and_(*(rule_state.c[name] == sa.bindparam(f"old_{name}") for name in _KEY))
    olds = [{f"old_{name}": text for name, text in key_row(key).items()} for key in last]
    conn.execute(rule_state.delete().where(here), olds)
    rows = [state_row(s) for s in last.values() if s.phase is not Phase.NORMAL]
    if rows:
        conn.execute(rule_state.insert(), rows)


_KEY = ("rule_kind", "rule_id", "connection_id", "subject")
