"""Message templates in noc.db. Any thread.

The stock templates are not here: they come with the program. A row of the same name stands before them.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy.engine import Connection

from noc_alerts.model.alerts import STOCK_TEMPLATE
from noc_alerts.model.changes import Author
from noc_alerts.model.errors import BadInput
from noc_alerts.model.templates import PARTS, Template
from noc_alerts.store.alert_rows import title_key
from noc_alerts.store.alerts import change_alerts, refuse_used, titles_of
from noc_alerts.store.database import Database
from noc_alerts.store.named import put_named, row_of_id, row_of_name
from noc_alerts.store.tables import Family, bump_revision, read_revision, template

#: The templates that are always there.
STOCK_NAMES = (STOCK_TEMPLATE, "report")

#: The class has a method named all.
_Templates = list[Template]


class Templates:
    """The messages people wrote, and the stock ones they changed."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> _Templates:
        """Give the templates people saved, sorted by name; a stock one only when it was changed."""
        with self._db.read() as conn:
            return read_templates(conn)

    def get(self, name: str) -> Template | None:
        """Give a template people saved; None for a stock one as it came."""
        with self._db.read() as conn:
            row = row_of_name(conn, template, name)
            return None if row is None else _from_row(row)

    def revision(self) -> int:
        """Give a number that grows with every change of a template."""
        with self._db.read() as conn:
            return read_revision(conn, Family.TEMPLATES)

    def used_by(self, name: str) -> list[str]:
        """Give the titles of the alerts that use a template."""
        with self._db.read() as conn:
            return _users(conn, name)

    def save(self, value: Template, by: Author | None = None) -> Template:
        """Keep a template and give it with its id; alerts follow a new name.

        Raises BadInput, problem "name": it is taken, or it is about a stock template, which keeps its name.
        """
        with self._db.write() as conn:
            return put_template(conn, value, by)

    def delete(self, template_id: int, by: Author | None = None) -> None:
        """Delete a template; a stock one is as it came then. Raises BadInput naming the alerts that use it."""
        with self._db.write() as conn:
            row = row_of_id(conn, template, template_id)
            if row is None:
                return
            if not is_stock(row.name):
                refuse_used("The template was not deleted", _users(conn, row.name))
            conn.execute(template.delete().where(template.c.id == template_id))
            bump_revision(conn, Family.TEMPLATES)


def is_stock(name: str) -> bool:
    """Tell whether a template of this name is always there."""
    return title_key(name) in STOCK_NAMES


def read_templates(conn: Connection) -> list[Template]:
    """Give every template within a transaction, sorted by name."""
    return [_from_row(row) for row in conn.execute(template.select().order_by(template.c.name_key))]


def put_template(conn: Connection, value: Template, by: Author | None) -> Template:
    """Insert or update a template within a transaction; give it with its id. Raises BadInput."""
    value = replace(value, name=value.name.strip())
    if is_stock(value.name):
        value = replace(value, name=title_key(value.name))
    row_id, before = put_named(conn, template, value.id, _to_row(value), "template")
    if before is not None and before != value.name:
        if is_stock(before) or is_stock(value.name):
            stock = before if is_stock(before) else value.name
            problem = f"{stock} comes with the program and keeps its name. Save a new template instead."
            raise BadInput(f"The template was not saved: {problem}", {"name": problem})
        old, new = title_key(before), value.name
        change_alerts(conn, lambda a: replace(a, template=new) if title_key(a.template) == old else a, by)
    bump_revision(conn, Family.TEMPLATES)
    return replace(value, id=row_id)


def _users(conn: Connection, name: str) -> list[str]:
    key = title_key(name)
    return titles_of(conn, lambda a: title_key(a.template) == key)


def _to_row(value: Template) -> dict[str, Any]:
    return {"name": value.name, **{part: getattr(value, part) for part in PARTS}}


def _from_row(row: Any) -> Template:
    return Template(id=row.id, name=row.name, **{part: getattr(row, part) for part in PARTS})
