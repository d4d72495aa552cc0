"""Alerts in noc.db. Any thread."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.errors import BadInput
from noc_alerts.store.database import Database
from noc_alerts.store.tables import Family, alert, bump_revision, connection, insert_one, read_revision

MICROSECOND = timedelta(microseconds=1)


class Alerts:
    """The rules people set up."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[Alert]:
        """Give every alert, oldest first."""
        with self._db.read() as conn:
            return [_from_row(row) for row in conn.execute(alert.select().order_by(alert.c.id))]

    def get(self, alert_id: int) -> Alert | None:
        """Give one alert, None when there is none."""
        with self._db.read() as conn:
            row = conn.execute(alert.select().where(alert.c.id == alert_id)).first()
            return None if row is None else _from_row(row)

    def revision(self) -> int:
        """Give a number that grows with every change of the alerts."""
        with self._db.read() as conn:
            return read_revision(conn, Family.ALERTS)

    def save(self, value: Alert) -> Alert:
        """Keep an alert and give it with its id.

        Raises BadInput when the title is taken (case and outer blanks do not count), when its switch is gone, or when it
        was deleted meanwhile.
        """
        value = replace(value, title=value.title.strip())
        row = _to_row(value)
        with self._db.write() as conn:
            same_title = sa.select(alert.c.id).where(alert.c.title_key == row["title_key"])
            if value.id is not None:
                same_title = same_title.where(alert.c.id != value.id)
            if conn.execute(same_title).first():
                _refuse("title", f"There is already an alert titled {value.title}. Choose another title.")
            if value.connection_id is not None:
                here = sa.select(connection.c.id).where(connection.c.id == value.connection_id)
                if not conn.execute(here).first():
                    _refuse("connection_id", "Its switch was deleted meanwhile. Choose another switch.")
            if value.id is None:
                value = replace(value, id=insert_one(conn, alert, row))
            elif not conn.execute(alert.update().where(alert.c.id == value.id).values(**row)).rowcount:
                raise BadInput("The alert was not saved: it was deleted meanwhile. Save it as a new one.")
            bump_revision(conn, Family.ALERTS)
        return value

    def delete(self, alert_id: int) -> None:
        """Delete an alert; its alarms are closed by the engine at its next tick."""
        with self._db.write() as conn:
            if conn.execute(alert.delete().where(alert.c.id == alert_id)).rowcount:
                bump_revision(conn, Family.ALERTS)


def _refuse(field: str, problem: str) -> None:
    raise BadInput(f"The alert was not saved: {problem}", {field: problem})


def _names(values: tuple[str, ...]) -> str:
    return msgspec.json.encode(values).decode()


def _read_names(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])


def _to_row(value: Alert) -> dict[str, Any]:
    return {
        "title": value.title,
        "title_key": value.title.casefold(),
        "scope_kind": value.scope.kind.value,
        "scope_names": _names(value.scope.names),
        "area": value.area.value,
        "operator": value.operator.value,
        "threshold": value.threshold,
        "reset": value.reset,
        "sample_period_us": None if value.sample_period is None else value.sample_period // MICROSECOND,
        "min_calls": value.min_calls,
        "hold_us": value.hold // MICROSECOND,
        "keep_us": value.keep // MICROSECOND,
        "level": value.level.value,
        "recipients": _names(value.recipients),
        "tray": value.tray,
        "tell_recovery": value.tell_recovery,
        "enabled": value.enabled,
        "paused_until": value.paused_until,
        "connection_id": value.connection_id,
    }


def _from_row(row: Any) -> Alert:
    return Alert(
        id=row.id,
        title=row.title,
        scope=Scope(CompanyKind(row.scope_kind), _read_names(row.scope_names)),
        area=Area(row.area),
        operator=Operator(row.operator),
        threshold=row.threshold,
        reset=row.reset,
        sample_period=None if row.sample_period_us is None else row.sample_period_us * MICROSECOND,
        min_calls=row.min_calls,
        hold=row.hold_us * MICROSECOND,
        keep=row.keep_us * MICROSECOND,
        level=NoticeLevel(row.level),
        recipients=_read_names(row.recipients),
        tray=row.tray,
        tell_recovery=row.tell_recovery,
        enabled=row.enabled,
        paused_until=row.paused_until,
        connection_id=row.connection_id,
    )
