"""The panel of groups beside the contacts: who is in them, which alerts name them, and one name for all of it.

Runs on the window's thread. Reads and writes the store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.contacts import MAX_NAME
from noc_alerts.model.errors import BadInput, StoreError
from noc_alerts.notify.recipients import EntryKind
from ui import text
from ui.setup.item_head import author
from ui.setup.item_users import Users, people
from ui.table_spec import Cell
from ui.tables import Column, TableModel
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import Button, PrimaryButton
from ui.widgets.fields import Field, TextField
from ui.widgets.labels import Label
from ui.widgets.page import Panel
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.context import ScreenContext


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group: the names of its members, the titles of the alerts that name it."""

    name: str
    members: tuple[str, ...]
    users: tuple[str, ...]


class GroupsPanel(Panel):
    """List the groups; Enter or the button renames one. `changed` is called after that."""

    def __init__(self, context: ScreenContext, changed: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__("contact_groups_panel", "Groups", parent=parent)
        self._context, self._changed = context, changed
        self.model: TableModel[GroupRow] = TableModel(_columns(), key=lambda row: row.name, order=lambda row: row.name.casefold())
        self.area = TableArea(self.model, "contact_groups_table")
        self.area.view.setAccessibleName("Groups")
        self._rename = Button("Rename…", "contact_group_rename", icon="edit", height=24)
        self.add_action(self._rename)
        self.body.addWidget(self.area, 1)
        self._rename.clicked.connect(self.ask_rename)
        self.area.view.opened.connect(lambda _key: self.ask_rename())
        self.area.view.current_changed.connect(lambda _key: self._tell())
        self.reload()

    def reload(self) -> None:
        """Read the groups anew."""
        store = self._context.service.store.contacts
        try:
            contacts = store.all()
            alerts = self._context.service.store.alerts.all() if contacts else []
            users = Users(alerts, lambda alert: people(alert, EntryKind.GROUP))
            rows = [
                GroupRow(
                    name,
                    tuple(c.name for c in contacts if name.casefold() in {group.casefold() for group in c.groups}),
                    users.of(name),
                )
                for name in store.groups()
            ]
        except StoreError as error:
            words = "The groups were not read"
            self.area.set_state(PageState(StateKind.ERROR, words, error.sentence, "Read them again", self.reload))
            return
        self.model.set_rows(rows)
        self.area.set_state(
            None if rows else PageState(StateKind.EMPTY, "No groups", "Open a contact and name a group: it is made with that.")
        )
        self._tell()

    def _tell(self) -> None:
        self._rename.setEnabled(self.current() is not None)

    def current(self) -> GroupRow | None:
        """Return the current group."""
        return self.model.find(self.area.view.current_key())

    def ask_rename(self) -> None:
        """Ask for another name of the current group."""
        row = self.current()
        if row is not None:
            RenameDialog(self._context, row, [each.name for each in self.model.rows()], self._on_renamed, self.window()).open()

    def _on_renamed(self, name: str) -> None:
        self._context.service.soon()
        self._changed()
        self.reload()
        self.area.view.select_key(name)


class RenameDialog(QDialog):
    """Another name for a group, in its members and in the alerts that name it. `done` gets the new name."""

    def __init__(
        self, context: ScreenContext, row: GroupRow, groups: list[str], done: Callable[[str], object], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._context, self._row, self._groups, self._done = context, row, groups, done
        self.setObjectName("rename_group")
        self.setWindowTitle(f"Rename group {row.name}")
        self.setAccessibleName(f"Rename group {row.name}")
        self.setModal(True)
        self.name = TextField("rename_group_name", required="Give the group a name.")
        self.name.setMaxLength(MAX_NAME)
        self.name.setText(row.name)
        self.name.selectAll()
        self.field = Field("Name", self.name)
        self._ok = PrimaryButton("Rename", "rename_group_ok", hint="Enter")
        cancel = Button("Keep the name", "rename_group_cancel", hint="Esc")
        self._ok.setDefault(True)
        self._ok.clicked.connect(self.rename)
        cancel.clicked.connect(self.reject)
        self.name.textEdited.connect(lambda _words: self._say_merge())
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(Label(f"Rename group {row.name}", Role.TEXT, FontRole.PAGE_TITLE, wrap=True))
        names = f"{text.plural(len(row.members), 'contact')} and {text.plural(len(row.users), 'alert')}"
        column.addWidget(
            Label(f"{names} get the new name at once.", Role.TEXT, FontRole.BODY, wrap=True, name="rename_group_says")
        )
        column.addWidget(self.field)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self._ok)
        column.addLayout(buttons)
        self.setMinimumWidth(theme.px(440))
        self.finished.connect(self.deleteLater)

    def _say_merge(self) -> None:
        name = self.name.text().strip().casefold()
        same = next((each for each in self._groups if each.casefold() == name and each != self._row.name), "")
        self.field.set_error("")
        self.field.set_hint(f"Group {same} is there already: both become one." if same else "")

    def rename(self) -> None:
        """Give the group the name that is typed, or say why not."""
        name = " ".join(self.name.text().split())
        if not self.field.check():
            return
        if any(sign in name for sign in ",;") or not name.isprintable():
            self.field.set_error("A comma parts recipients. Write the name without commas and semicolons.")
            return
        try:
            self._context.service.store.contacts.rename_group(self._row.name, name, author(self._context))
        except BadInput as refusal:
            self.field.set_error(refusal.problems.get("name", refusal.sentence))
            return
        except StoreError as error:
            self.field.set_error(error.sentence)
            return
        self.accept()
        self._context.messages.say(f"Group {self._row.name} is {name} now")
        self._done(name)


def _columns() -> list[Column[GroupRow]]:
    def members(row: GroupRow) -> Cell:
        return Cell(", ".join(row.members), tooltip="\n".join(row.members))

    def users(row: GroupRow) -> Cell:
        if not row.users:
            return Cell("no alert", tone=Role.MUTED)
        return Cell(row.users[0] if len(row.users) == 1 else text.plural(len(row.users), "alert"), tooltip="\n".join(row.users))

    return [
        Column[GroupRow]("name", "Group", lambda row: row.name, width=110, fixed=True),
        Column[GroupRow]("members", "Members", lambda row: ", ".join(row.members), members, width=120, stretch=True),
        Column[GroupRow]("users", "Used by", lambda row: len(row.users), users, width=90),
    ]
