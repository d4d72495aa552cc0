"""The log of what happened, in noc.db. Any thread."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from noc_alerts.model.events import Event, EventType
from noc_alerts.store.database import Database
from noc_alerts.store.tables import event, insert_many


class Events:
    """One line for everything that happened."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, value: Event) -> Event:
        """Keep an event and give it with its id."""
        with self._db.write() as conn:
            return add_events(conn, [value])[0]

    def list(
        self,
        limit: int,
        before_id: int | None = None,
        types: Collection[EventType] | None = None,
        text: str = "",
    ) -> "list[Event]":
        """Give events newest first: older than `before_id`, of these types, with `text` in sender, subject or text."""
        query = event.select().order_by(event.c.id.desc()).limit(limit)
        if before_id is not None:
            query = query.where(event.c.id < before_id)
        if types is not None:
            query = query.where(event.c.type.in_([t.value for t in types]))
        if text.strip():
            columns = (event.c.sender, event.c.subject, event.c.text)
            query = query.where(sa.or_(*(c.icontains(text.strip(), autoescape=True) for c in columns)))
        with self._db.read() as conn:
            return [_from_row(row) for row in conn.execute(query)]

    def prune(self, before: datetime) -> int:
        """Delete events older than `before`; give their number."""
        with self._db.write() as conn:
            return conn.execute(event.delete().where(event.c.at < before)).rowcount


def add_events(conn: Connection, values: Sequence[Event]) -> list[Event]:
    """Insert events within a transaction and give them with their ids."""
    ids = insert_many(conn, event, [_to_row(value) for value in values])
    return [replace(value, id=i) for value, i in zip(values, ids, strict=True)]


def _to_row(value: Event) -> dict[str, Any]:
    return {
        "at": value.at,
        "type": value.type.value,
        "sender": value.sender,
        "subject": value.subject,
        "text": value.text,
        "alarm_id": value.alarm_id,
        "connection_id": value.connection_id,
    }


def _from_row(row: Any) -> Event:
    return Event(
        at=row.at,
        type=EventType(row.type),
        sender=row.sender,
        subject=row.subject,
        text=row.text,
        alarm_id=row.alarm_id,
        connection_id=row.connection_id,
        id=row.id,
    )
