"""Users' scripts in noc.db. Any thread."""

from dataclasses import replace
from typing import Any

from sqlalchemy.engine import Connection

from noc_alerts.model.changes import Author
from noc_alerts.model.scripts import Script
from noc_alerts.store.alert_rows import title_key
from noc_alerts.store.alerts import change_alerts, refuse_used, titles_of
from noc_alerts.store.database import Database
from noc_alerts.store.named import put_named, row_of_id, row_of_name
from noc_alerts.store.tables import Family, bump_revision, read_revision, script

#: The class has a method named all.
_Scripts = list[Script]


class Scripts:
    """The JavaScript people wrote."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> _Scripts:
        """Give every script, sorted by name."""
        with self._db.read() as conn:
            return read_scripts(conn)

    def get(self, name: str) -> Script | None:
        """Give a script by its name, None when there is none; case and outer blanks do not count."""
        with self._db.read() as conn:
            row = row_of_name(conn, script, name)
            return None if row is None else _from_row(row)

    def revision(self) -> int:
        """Give a number that grows with every change of a script."""
        with self._db.read() as conn:
            return read_revision(conn, Family.SCRIPTS)

    def used_by(self, name: str) -> list[str]:
        """Give the titles of the alerts that run a script."""
        with self._db.read() as conn:
            return _users(conn, name)

    def save(self, value: Script, by: Author | None = None) -> Script:
        """Keep a script and give it with its id, `updated_at` the author's time; alerts follow a new name.

        Raises BadInput, problem "name", when it is taken.
        """
        with self._db.write() as conn:
            return put_script(conn, value, by)

    def delete(self, script_id: int, by: Author | None = None) -> None:
        """Delete a script. Raises BadInput naming the alerts that run it."""
        with self._db.write() as conn:
            row = row_of_id(conn, script, script_id)
            if row is None:
                return
            refuse_used("The script was not deleted", _users(conn, row.name))
            conn.execute(script.delete().where(script.c.id == script_id))
            bump_revision(conn, Family.SCRIPTS)


def read_scripts(conn: Connection) -> list[Script]:
    """Give every script within a transaction, sorted by name."""
    return [_from_row(row) for row in conn.execute(script.select().order_by(script.c.name_key))]


def put_script(conn: Connection, value: Script, by: Author | None) -> Script:
    """Insert or update a script within a transaction; give it with its id. Raises BadInput."""
    value = replace(value, name=value.name.strip(), updated_at=value.updated_at if by is None else by.at)
    row_id, before = put_named(conn, script, value.id, _to_row(value), "script")
    if before is not None and before != value.name:
        old, new = title_key(before), value.name
        change_alerts(conn, lambda a: replace(a, script=new) if title_key(a.script) == old else a, by)
    bump_revision(conn, Family.SCRIPTS)
    return replace(value, id=row_id)


def _users(conn: Connection, name: str) -> list[str]:
    key = title_key(name)
    return titles_of(conn, lambda a: bool(a.script) and title_key(a.script) == key)


def _to_row(value: Script) -> dict[str, Any]:
    return {"name": value.name, "source": value.source, "updated_at": value.updated_at, "stock": value.stock}


def _from_row(row: Any) -> Script:
    return Script(id=row.id, name=row.name, source=row.source, updated_at=row.updated_at, stock=row.stock)
