"""Alerts in noc.db. Any thread."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NoReturn

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from noc_alerts.model.alerts import Alert
from noc_alerts.model.changes import AlertChange, Author
from noc_alerts.model.errors import BadInput
from noc_alerts.store.alert_history import read_changes, write_changes
from noc_alerts.store.alert_rows import alert_row, read_alert, title_key
from noc_alerts.store.database import Database
from noc_alerts.store.tables import Family, alert, bump_revision, connection, insert_many, read_revision

#: The class has a method named all.
_Alerts = list[Alert]


class Alerts:
    """The rules people set up. With an author each change is kept in the history, in the same transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> _Alerts:
        """Give every alert, oldest first."""
        with self._db.read() as conn:
            return read_alerts(conn)

    def get(self, alert_id: int) -> Alert | None:
        """Give one alert, None when there is none."""
        with self._db.read() as conn:
            row = conn.execute(alert.select().where(alert.c.id == alert_id)).first()
            return None if row is None else read_alert(row)

    def revision(self) -> int:
        """Give a number that grows with every change of the alerts."""
        with self._db.read() as conn:
            return read_revision(conn, Family.ALERTS)

    def history(self, alert_id: int, limit: int = 200) -> list[AlertChange]:
        """Give what people changed of an alert, newest first; also of one that was deleted."""
        with self._db.read() as conn:
            return read_changes(conn, alert_id, limit)

    def changes(self, limit: int = 200) -> list[AlertChange]:
        """Give what people changed of all alerts, newest first."""
        with self._db.read() as conn:
            return read_changes(conn, None, limit)

    def save(self, value: Alert, by: Author | None = None) -> Alert:
        """Keep an alert and give it with its id.

        Raises BadInput when the title is taken (case and outer blanks do not count), when its switch is gone, or when it
        was deleted meanwhile.
        """
        with self._db.write() as conn:
            return put_alerts(conn, [value], by)[0]

    def save_all(self, values: Sequence[Alert], by: Author | None = None) -> _Alerts:
        """Keep alerts, all or none, and give them with their ids; they may swap titles. Raises BadInput as `save` does."""
        with self._db.write() as conn:
            return put_alerts(conn, values, by)

    def delete(self, alert_id: int, by: Author | None = None) -> None:
        """Delete an alert; its alarms are closed by the engine at its next tick."""
        self.delete_all([alert_id], by)

    def delete_all(self, alert_ids: Sequence[int], by: Author | None = None) -> None:
        """Delete alerts together; those that are gone already do not matter."""
        with self._db.write() as conn:
            gone = _by_id(conn, alert_ids)
            if gone:
                conn.execute(alert.delete().where(alert.c.id.in_(list(gone))))
                write_changes(conn, gone, {}, by)
                bump_revision(conn, Family.ALERTS)

    def undelete(self, values: Sequence[Alert], by: Author | None = None) -> _Alerts:
        """Bring deleted alerts back under their old ids, all or none.

        Raises BadInput when a title was taken meanwhile, a switch is gone, or one is there already.
        """
        with self._db.write() as conn:
            ids = [value.id for value in values if value.id is not None]
            here = _by_id(conn, ids)
            if here or len(set(ids)) != len(values):
                said = ", ".join(value.title for value in here.values()) or "The alert"
                raise BadInput(f"Nothing was brought back: {said} is there already.")
            _check(conn, values, "brought back")
            if values:
                conn.execute(alert.insert(), [{"id": value.id, **alert_row(value)} for value in values])
                write_changes(conn, {}, {value.id: value for value in values if value.id is not None}, by, restored=True)
                bump_revision(conn, Family.ALERTS)
        return list(values)


def read_alerts(conn: Connection) -> list[Alert]:
    """Give every alert within a transaction, oldest first."""
    return [read_alert(row) for row in conn.execute(alert.select().order_by(alert.c.id))]


def put_alerts(conn: Connection, values: Sequence[Alert], by: Author | None) -> list[Alert]:
    """Insert and update alerts within a transaction; give them in the same order with their ids. Raises BadInput."""
    values = [replace(value, title=value.title.strip()) for value in values]
    _check(conn, values, "saved")
    known = [value.id for value in values if value.id is not None]
    before = _by_id(conn, known)
    if len(before) != len(known):
        raise BadInput("The alert was not saved: it was deleted meanwhile. Save it as a new one.")
    if len(known) > 1:  # titles may move from one to another: first make room. No title begins with a blank
        for alert_id in known:
            conn.execute(alert.update().where(alert.c.id == alert_id).values(title_key=f" {alert_id}"))
    for value in values:
        if value.id is not None:
            conn.execute(alert.update().where(alert.c.id == value.id).values(**alert_row(value)))
    new = iter(insert_many(conn, alert, [alert_row(value) for value in values if value.id is None]))
    kept = [value if value.id is not None else replace(value, id=next(new)) for value in values]
    if kept:
        write_changes(conn, before, {value.id: value for value in kept if value.id is not None}, by)
        bump_revision(conn, Family.ALERTS)
    return kept


def change_alerts(conn: Connection, change: Callable[[Alert], Alert], by: Author | None) -> None:
    """Change alerts within a transaction: those that `change` gives back different are saved."""
    changed = [after for before in read_alerts(conn) if (after := change(before)) != before]
    put_alerts(conn, changed, by)


def titles_of(conn: Connection, uses: Callable[[Alert], bool]) -> list[str]:
    """Give the titles of the alerts that use something, oldest first."""
    return [value.title for value in read_alerts(conn) if uses(value)]


def refuse_used(what: str, titles: Sequence[str], field: str = "") -> None:
    """Raise BadInput naming the alerts when there are any. `what`: the beginning of the sentence."""
    if titles:
        shown = ", ".join(titles[:5]) + (f" and {len(titles) - 5} more" if len(titles) > 5 else "")
        several = len(titles) > 1
        alerts, use, them = ("alerts", "use", "them") if several else ("alert", "uses", "it")
        said = f"{what}: {alerts} {shown} {use} it. Change {them} first."
        raise BadInput(said, {field: said} if field else None)


def _by_id(conn: Connection, alert_ids: Iterable[int]) -> dict[int, Alert]:
    rows = conn.execute(alert.select().where(alert.c.id.in_(list(alert_ids))).order_by(alert.c.id))
    return {row.id: read_alert(row) for row in rows}


def _check(conn: Connection, values: Sequence[Alert], done: str) -> None:
    """Raise BadInput when a title is taken or a switch is gone."""
    own = [value.id for value in values if value.id is not None]
    keys = [title_key(value.title) for value in values]
    query = sa.select(alert.c.title_key).where(alert.c.title_key.in_(keys), alert.c.id.not_in(own))
    taken = set(conn.scalars(query))
    switches = set(conn.scalars(sa.select(connection.c.id)))
    for value, key in zip(values, keys, strict=True):
        if key in taken:
            _refuse(value, values, done, "title", f"There is already an alert titled {value.title}. Choose another title.")
        taken.add(key)
        if value.connection_id is not None and value.connection_id not in switches:
            _refuse(value, values, done, "connection_id", "Its switch was deleted meanwhile. Choose another switch.")


def _refuse(value: Alert, values: Sequence[Alert], done: str, field: str, problem: str) -> NoReturn:
    if len(values) == 1:
        raise BadInput(f"The alert was not {done}: {problem}", {field: problem})
    raise BadInput(f"Nothing was {done}, because of {value.title}: {problem}", {field: problem})
