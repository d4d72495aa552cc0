"""Connections to switches in noc.db. Any thread."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import msgspec
import sqlalchemy as sa

from noc_alerts.model.connections import Clock, Connection, SwitchKind
from noc_alerts.model.errors import BadInput
from noc_alerts.store.database import Database
from noc_alerts.store.tables import alert, connection, insert_one

MICROSECOND = timedelta(microseconds=1)


class Connections:
    """The switches we are connected to."""

    def __init__(self, db: Database, forget: Callable[[int], None]) -> None:
        """Take noc.db and what to call to let go of a deleted connection's calls and readings."""
        self._db = db
        self._forget = forget

    def all(self) -> list[Connection]:
        """Give every connection, oldest first."""
        with self._db.read() as conn:
            return [_from_row(row) for row in conn.execute(connection.select().order_by(connection.c.id))]

    def get(self, connection_id: int) -> Connection | None:
        """Give one connection, None when there is none."""
        with self._db.read() as conn:
            row = conn.execute(connection.select().where(connection.c.id == connection_id)).first()
            return None if row is None else _from_row(row)

    def save(self, value: Connection) -> Connection:
        """Keep a connection and give it with its id. Raises BadInput when the name is taken or it was deleted meanwhile."""
        value = replace(value, name=value.name.strip())
        row = _to_row(value)
        with self._db.write() as conn:
            same_name = sa.select(connection.c.id).where(connection.c.name_key == row["name_key"])
            if value.id is not None:
                same_name = same_name.where(connection.c.id != value.id)
            if conn.execute(same_name).first():
                problem = f"There is already a switch named {value.name}. Choose another name."
                raise BadInput(f"The switch was not saved: {problem}", {"name": problem})
            if value.id is None:
                return replace(value, id=insert_one(conn, connection, row))
            if not conn.execute(connection.update().where(connection.c.id == value.id).values(**row)).rowcount:
                raise BadInput("The switch was not saved: it was deleted meanwhile. Add it as a new one.")
        return value

    def delete(self, connection_id: int) -> None:
        """Delete a connection with its companies, calls and readings; alarms and events stay as history.

        Raises BadInput while alerts are set to this switch alone: without it they would watch every switch.
        """
        with self._db.write() as conn:
            titles = conn.scalars(sa.select(alert.c.title).where(alert.c.connection_id == connection_id)).all()
            if titles:
                raise BadInput(
                    f"The switch was not deleted: {'alert' if len(titles) == 1 else 'alerts'} {', '.join(titles)} "
                    "watch only this switch. Delete them or set them to another switch first."
                )
            conn.execute(connection.delete().where(connection.c.id == connection_id))
        self._forget(connection_id)


def _to_row(value: Connection) -> dict[str, Any]:
    return {
        "name": value.name,
        "name_key": value.name.casefold(),
        "kind": value.kind.value,
        "options": msgspec.json.encode(dict(value.options)).decode(),
        "clock": value.clock.value,
        "poll_us": value.poll // MICROSECOND,
        "enabled": value.enabled,
        "live": value.live,
        "demo": value.demo,
    }


def _from_row(row: Any) -> Connection:
    return Connection(
        id=row.id,
        name=row.name,
        kind=SwitchKind(row.kind),
        options=MappingProxyType(msgspec.json.decode(row.options, type=dict[str, str])),
        clock=Clock(row.clock),
        poll=row.poll_us * MICROSECOND,
        enabled=row.enabled,
        live=row.live,
        demo=row.demo,
    )
