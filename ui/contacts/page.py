"""The Contacts screen: the people who can be told, their groups, and their editors.

Runs on the window's thread. `make_page` is what the frame calls.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from noc_alerts.model.contacts import Contact
from noc_alerts.notify.recipients import EntryKind
from ui import text
from ui.contacts.editor import ContactEditor
from ui.contacts.groups import GroupsPanel
from ui.setup.item_head import author
from ui.setup.item_users import Users, people
from ui.setup.items_page import ItemsPage
from ui.setup.items_spec import ItemRow, ItemsSpec, users_cell
from ui.table_spec import Cell
from ui.tables import Column
from ui.theme import Role

if TYPE_CHECKING:
    from ui.context import ScreenContext

PAGE = "contacts"
Row = ItemRow[Contact]


def make_page(context: ScreenContext) -> QWidget:
    """Make the Contacts screen."""
    store = context.service.store.contacts

    def read() -> list[Row]:
        """Read the contacts, each with the alerts that tell it: by name, or by one of its groups."""
        alerts = context.service.store.alerts.all()
        named = Users(alerts, lambda alert: people(alert, EntryKind.CONTACT))
        grouped = Users(alerts, lambda alert: people(alert, EntryKind.GROUP))

        def users(contact: Contact) -> tuple[str, ...]:
            titles = set(named.of(contact.name)).union(*(grouped.of(group) for group in contact.groups))
            return tuple(sorted(titles, key=str.casefold))

        return [ItemRow(contact, contact.name, users(contact)) for contact in store.all()]

    def sentence(rows: list[Row]) -> str:
        if not rows:
            return ""
        groups = {group.casefold() for row in rows for group in row.item.groups}
        return text.plural(len(rows), "contact") + (f" in {text.plural(len(groups), 'group')}" if groups else "")

    spec: ItemsSpec[Contact] = ItemsSpec(
        page=PAGE,
        title="Contacts",
        one="contact",
        columns=_columns(),
        read=read,
        find=store.get,
        make=lambda contact, draft: ContactEditor(context, contact, draft),
        copy=lambda contact, name: replace(contact, id=None, name=name),
        delete=lambda contact: store.delete(contact.id or 0, author(context)),
        bring_back=lambda contact: store.save(replace(contact, id=None), author(context)),
        empty="Alerts can tell plain addresses. With contacts and groups a change of address is made in one place.",
        sentence=sentence,
    )
    page = ItemsPage(context, spec)

    groups = GroupsPanel(context, page.reload)
    page.add_beside(groups, groups.area.view)
    page.reloaded.connect(groups.reload)
    return page


def _columns() -> list[Column[Row]]:
    def ways(row: Row) -> tuple[str, ...]:
        return (*row.item.emails, *row.item.phones)

    def reached(row: Row) -> Cell:
        icon = "mail" if row.item.emails else "phone"
        return Cell(", ".join(ways(row)), icon=icon, tooltip="\n".join(ways(row)))

    def groups(row: Row) -> Cell:
        return Cell(", ".join(row.item.groups)) if row.item.groups else Cell("none", tone=Role.MUTED)

    return [
        Column[Row]("name", "Name", lambda row: row.name, width=200, fixed=True),
        Column[Row]("reached", "Reached by", lambda row: ", ".join(ways(row)), reached, width=260, stretch=True),
        Column[Row]("groups", "Groups", lambda row: ", ".join(row.item.groups), groups, width=160),
        Column[Row]("users", "Used by", lambda row: len(row.users), users_cell, width=180),
    ]
