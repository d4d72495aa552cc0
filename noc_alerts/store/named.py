"""What templates, scripts and contacts have in common: rows with a name that is given once. No thread of its own."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from noc_alerts.model.errors import BadInput
from noc_alerts.store.alert_rows import title_key
from noc_alerts.store.tables import insert_one


def put_named(conn: Connection, table: sa.Table, row_id: int | None, row: dict[str, Any], what: str) -> tuple[int, str | None]:
    """Insert or update a row within a transaction; give its id and the name it had, None when it is new.

    `row`: with `name`, without `name_key`. Raises BadInput when the name is taken or the row was deleted meanwhile.
    """
    name = row["name"]
    row = {**row, "name_key": title_key(name)}
    same = sa.select(table.c.id).where(table.c.name_key == row["name_key"])
    if row_id is not None:
        same = same.where(table.c.id != row_id)
    if conn.execute(same).first():
        problem = f"There is already a {what} named {name}. Choose another name."
        raise BadInput(f"The {what} was not saved: {problem}", {"name": problem})
    if row_id is None:
        return insert_one(conn, table, row), None
    before = conn.scalar(sa.select(table.c.name).where(table.c.id == row_id))
    if before is None:
        raise BadInput(f"The {what} was not saved: it was deleted meanwhile. Save it as a new one.")
    conn.execute(table.update().where(table.c.id == row_id).values(**row))
    return row_id, str(before)


def row_of_id(conn: Connection, table: sa.Table, row_id: int) -> Any:
    """Give a row, None when there is none."""
    return conn.execute(table.select().where(table.c.id == row_id)).first()


def row_of_name(conn: Connection, table: sa.Table, name: str) -> Any:
    """Give a row by its name, None when there is none; case and outer blanks do not count."""
    return conn.execute(table.select().where(table.c.name_key == title_key(name))).first()
