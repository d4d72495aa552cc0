"""Blocks that alarms asked for, in noc.db. Any thread; only the engine's ledgers write them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from noc_alerts.model.blocks import Block, BlockState
from noc_alerts.model.companies import Subject
from noc_alerts.store.database import Database
from noc_alerts.store.tables import block, insert_many

MICROSECOND = timedelta(microseconds=1)

#: The class has a method named all.
_Blocks = list[Block]


class Blocks:
    """Companies to be taken off a switch for a while."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, limit: int) -> _Blocks:
        """Give blocks newest first."""
        return self._read(block.select().order_by(block.c.id.desc()).limit(limit))

    def of_alarm(self, alarm_id: int) -> _Blocks:
        """Give the blocks one alarm asked for, first one first."""
        return self._read(block.select().where(block.c.alarm_id == alarm_id).order_by(block.c.id))

    def _read(self, query: "sa.Select[Any]") -> _Blocks:
        with self._db.read() as conn:
            return [_from_row(row) for row in conn.execute(query)]


def add_blocks(conn: Connection, values: Sequence[Block]) -> list[Block]:
    """Insert blocks within a transaction and give them with their ids."""
    ids = insert_many(conn, block, [_to_row(value) for value in values])
    return [replace(value, id=i) for value, i in zip(values, ids, strict=True)]


def _to_row(value: Block) -> dict[str, Any]:
    return {
        "connection_id": value.connection_id,
        "subject": value.subject.key,
        "due_at": value.due_at,
        "length_us": value.length // MICROSECOND,
        "state": value.state.value,
        "reason": value.reason,
        "alarm_id": value.alarm_id,
    }


def _from_row(row: Any) -> Block:
    return Block(
        connection_id=row.connection_id,
        subject=Subject.from_key(row.subject),
        due_at=row.due_at,
        length=row.length_us * MICROSECOND,
        state=BlockState(row.state),
        reason=row.reason,
        alarm_id=row.alarm_id,
        id=row.id,
    )
