"""People who can be told, in noc.db. Any thread.

An alert's recipients name them as `contact NAME` and `group NAME` (notify/recipients.py checks and resolves these entries).
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy.engine import Connection

from noc_alerts.model.alerts import Alert
from noc_alerts.model.changes import Author
from noc_alerts.model.contacts import MAX_NAME, Contact
from noc_alerts.model.errors import BadInput
from noc_alerts.store.alert_rows import names_text, read_names, title_key
from noc_alerts.store.alerts import change_alerts, refuse_used, titles_of
from noc_alerts.store.database import Database
from noc_alerts.store.named import put_named, row_of_id, row_of_name
from noc_alerts.store.tables import Family, bump_revision, contact, read_revision

CONTACT, GROUP = "contact", "group"

#: The class has a method named all.
_Contacts = list[Contact]


class Contacts:
    """The people, and the groups they are in."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> _Contacts:
        """Give every contact, sorted by name."""
        with self._db.read() as conn:
            return read_contacts(conn)

    def get(self, name: str) -> Contact | None:
        """Give a contact by its name, None when there is none; case and outer blanks do not count."""
        with self._db.read() as conn:
            row = row_of_name(conn, contact, name)
            return None if row is None else _from_row(row)

    def groups(self) -> list[str]:
        """Give the names of the groups that have a member, sorted."""
        with self._db.read() as conn:
            return sorted(group_names(read_contacts(conn)).values(), key=title_key)

    def revision(self) -> int:
        """Give a number that grows with every change of a contact."""
        with self._db.read() as conn:
            return read_revision(conn, Family.CONTACTS)

    def used_by(self, name: str) -> list[str]:
        """Give the titles of the alerts that name a contact."""
        with self._db.read() as conn:
            return titles_of(conn, _names(CONTACT, name))

    def used_by_group(self, name: str) -> list[str]:
        """Give the titles of the alerts that name a group."""
        with self._db.read() as conn:
            return titles_of(conn, _names(GROUP, name))

    def save(self, value: Contact, by: Author | None = None) -> Contact:
        """Keep a contact and give it with its id; alerts follow a new name.

        Raises BadInput: problem "name" when it is taken, "groups" when a group that alerts name would have no member left.
        """
        with self._db.write() as conn:
            before = group_names(read_contacts(conn))
            kept = put_contact(conn, value, by)
            check_groups(conn, before, "The contact was not saved")
            return kept

    def delete(self, contact_id: int, by: Author | None = None) -> None:
        """Delete a contact. Raises BadInput naming the alerts that name it, or a group it is the last member of."""
        with self._db.write() as conn:
            row = row_of_id(conn, contact, contact_id)
            if row is None:
                return
            refuse_used("The contact was not deleted", titles_of(conn, _names(CONTACT, row.name)))
            before = group_names(read_contacts(conn))
            conn.execute(contact.delete().where(contact.c.id == contact_id))
            check_groups(conn, before, "The contact was not deleted")
            bump_revision(conn, Family.CONTACTS)

    def rename_group(self, old: str, new: str, by: Author | None = None) -> None:
        """Give a group another name, in its members and in the alerts; into a group that exists, both become one.

        Raises BadInput, problem "name", when the new name is empty or too long.
        """
        new = new.strip()
        if not new or len(new) > MAX_NAME:
            problem = "Give the group a name." if not new else f"The name has {len(new)} characters. At most {MAX_NAME} fit."
            raise BadInput(f"The group was not renamed: {problem}", {"name": problem})
        key = title_key(old)
        with self._db.write() as conn:
            for member in read_contacts(conn):
                groups = tuple(
                    dict.fromkeys(new if title_key(group) in (key, title_key(new)) else group for group in member.groups)
                )
                if groups != member.groups:
                    put_contact(conn, replace(member, groups=groups), by)
            change_alerts(conn, _renamed(GROUP, old, new), by)


def read_contacts(conn: Connection) -> list[Contact]:
    """Give every contact within a transaction, sorted by name."""
    return [_from_row(row) for row in conn.execute(contact.select().order_by(contact.c.name_key))]


def group_names(contacts: list[Contact]) -> dict[str, str]:
    """Give the groups that have a member: what two names must not share -> the name."""
    return {title_key(group): group for member in contacts for group in member.groups}


def put_contact(conn: Connection, value: Contact, by: Author | None) -> Contact:
    """Insert or update a contact within a transaction; give it with its id. Raises BadInput."""
    value = replace(value, name=value.name.strip())
    row_id, before = put_named(conn, contact, value.id, _to_row(value), CONTACT)
    if before is not None and before != value.name:
        change_alerts(conn, _renamed(CONTACT, before, value.name), by)
    bump_revision(conn, Family.CONTACTS)
    return replace(value, id=row_id)


def check_groups(conn: Connection, before: dict[str, str], what: str) -> None:
    """Raise BadInput, problem "groups", when a group that alerts name has lost its last member."""
    left = group_names(read_contacts(conn))
    for key, name in before.items():
        if key not in left:
            refuse_used(f"{what}, because group {name} would have no member", titles_of(conn, _names(GROUP, name)), "groups")


def entry_name(entry: str, kind: str) -> str | None:
    """Give what an entry of this kind names, ready to compare; None when it is of another kind."""
    first, _, name = entry.strip().partition(" ")
    return title_key(name) if first.casefold() == kind and name.strip() else None


def _names(kind: str, name: str) -> Callable[[Alert], bool]:
    key = title_key(name)
    return lambda a: any(entry_name(entry, kind) == key for entry in a.recipients)


def _renamed(kind: str, old: str, new: str) -> Callable[[Alert], Alert]:
    """Give what renames an entry; one that is there under the new name already is not there twice then."""
    named, keys = _names(kind, old), (title_key(old), title_key(new))

    def change(value: Alert) -> Alert:
        if not named(value):
            return value
        entries = (f"{kind} {new}" if entry_name(entry, kind) in keys else entry for entry in value.recipients)
        return replace(value, recipients=tuple(dict.fromkeys(entries)))

    return change


def _to_row(value: Contact) -> dict[str, Any]:
    return {
        "name": value.name,
        "emails": names_text(value.emails),
        "phones": names_text(value.phones),
        "groups": names_text(value.groups),
    }


def _from_row(row: Any) -> Contact:
    return Contact(row.id, row.name, read_names(row.emails), read_names(row.phones), read_names(row.groups))
