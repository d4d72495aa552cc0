"""The Switches page: the list, and behind it the form of one switch; importing call records starts here too.

Runs on the window's thread; fed by `bridge.rounded`. What is counted in the store is counted on an errand thread.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.connections import Connection
from noc_alerts.model.errors import NocError, StoreError
from noc_alerts.switches.factory import SECRET_FIELDS, secret_name
from ui import text
from ui.commands import Command, Menu
from ui.messages import Choice, Question, Weight
from ui.setup.bad_panel import MOST
from ui.setup.errands import run_errand
from ui.setup.import_dialog import ImportDialog
from ui.setup.switch_faces import SwitchItemPage, SwitchListPage
from ui.setup.switch_list import Kept, make_rows, now_utc
from ui.widgets.state_panel import PageState, StateKind

if TYPE_CHECKING:
    from ui.context import ScreenContext

PAGE = "switches"
COUNT_EVERY_S = 15
QUIET = timedelta(seconds=2)  # rounds come every second


def make_page(context: ScreenContext) -> QWidget:
    """Make the page."""
    return SwitchesPage(context)


class SwitchesPage(QWidget):
    """List and form, one at a time."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self.setObjectName("switches_page")
        self.setAccessibleName("Switches")
        self._context = context
        self._kept: dict[int, Kept] = {}
        self._counted_at: datetime | None = None
        self._counting = False
        self.list = SwitchListPage(context)
        self.item = SwitchItemPage(context)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.item)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        self.list.area.view.opened.connect(self.show_item)
        self.list.connect_asked.clicked.connect(lambda: self.show_item("new"))
        self.list.import_asked.clicked.connect(self.ask_import)
        self.list.area.view.current_changed.connect(lambda _key: context.commands.refresh())
        self.list.area.view.menu_asked.connect(self._on_menu_asked)
        self.item.back_asked.connect(self._on_back_asked)
        self.item.form.saved.connect(self._on_saved)
        self.item.removed.clicked.connect(self._ask_remove_current)
        context.bridge.rounded.connect(self._on_rounded)
        self._add_commands()
        self.reload()

    def show_item(self, item: object) -> None:
        """Open a switch by its id; "new" for a new one, "import" for the import, None for the list."""

        def show() -> None:
            if item == "new":
                self._open(None)
            elif item == "import":
                self.ask_import()
            elif isinstance(item, int):
                connection = self._context.service.store.connections.get(item)
                self._open(connection) if connection is not None else self.show_list()
            else:
                self.show_list()

        self.ask_leave(show)

    def show_list(self) -> None:
        """Go back to the list; what is typed in the form is gone."""
        self._stack.setCurrentWidget(self.list)
        self.reload()
        self._context.commands.refresh()
        self.list.area.view.setFocus()

    def ask_leave(self, then: Callable[[], object]) -> None:
        """Call `then` when the form may be left: at once without changes, else as the person answers."""
        form = self.item.form
        changes = form.changes() if self._in_form and (form.connection is not None or form.typed) else []
        if not changes:
            then()
            return

        def answered(answer: str) -> None:
            if answer == "discard":
                form.revert()
                then()
            elif answer == "save" and form.save():
                then()

        self._context.messages.ask_leave(self, ", ".join(changes), answered)

    @property
    def _in_form(self) -> bool:
        return self._stack.currentWidget() is self.item

    def showEvent(self, event: QShowEvent) -> None:
        """Count anew what is kept."""
        super().showEvent(event)
        self._count()

    # --- data -------------------------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read the saved switches and show how each one is."""
        snapshot = self._context.bridge.snapshot
        try:
            connections = self._context.service.store.connections.all()
        except StoreError as error:
            self.list.area.set_state(
                PageState(StateKind.ERROR, "The switches cannot be read", error.sentence, "Try again", self.reload)
            )
            return
        self._show(connections, snapshot)
        self._count()

    def tick(self, now: datetime) -> None:
        """Let the ages run while nothing is heard of the engine."""
        snapshot = self._context.bridge.snapshot
        if snapshot is not None and self.isVisible() and now - snapshot.at > QUIET:
            self._show([row.connection for row in self.list.rows()], snapshot, now)

    def panes(self) -> list[QWidget]:
        """Return the widgets F6 goes round."""
        return [self.item.form, self.item.check, self.item.bad] if self._in_form else [self.list.area.view]

    def _show(self, connections: list[Connection], snapshot: Snapshot | None, now: datetime | None = None) -> None:
        at = now or (snapshot.at if snapshot is not None else now_utc())
        rows = make_rows(connections, snapshot, self._kept, at)
        self.list.show_rows(rows)
        shown = self.item.form.connection
        if self._in_form and shown is not None:
            self.item.health.show_row(next((row for row in rows if row.connection.id == shown.id), None))

    def _on_rounded(self, snapshot: Snapshot) -> None:
        known = {row.id: row.connection for row in self.list.rows()}
        told = {line.connection.id for line in snapshot.switches}
        if told - set(known):
            self.reload()  # one was added meanwhile, by an import or by another part of the program
            return
        if self.isVisible():
            self._show(list(known.values()), snapshot)
            if self._counted_at is None or (snapshot.at - self._counted_at).total_seconds() >= COUNT_EVERY_S:
                self._count()

    def _count(self) -> None:
        """Count records and bad records of every switch, apart from the window."""
        ids, calls = [row.id for row in self.list.rows()], self._context.service.store.calls
        if self._counting or not ids:
            return
        self._counting = True

        def count() -> dict[int, Kept]:
            return {cid: Kept(calls.count(cid), calls.bad_count(cid)) for cid in ids}

        self._context.bridge.run(run_errand(count), self._on_counted, self._on_not_counted)

    def _on_counted(self, kept: dict[int, Kept]) -> None:
        self._counting = False
        self._counted_at = now_utc()
        before, self._kept = self._kept, kept
        self._show([row.connection for row in self.list.rows()], self._context.bridge.snapshot)
        shown = self.item.form.connection
        if self._in_form and shown is not None and before.get(shown.id or 0) != kept.get(shown.id or 0):
            self._read_bad(shown)

    def _on_not_counted(self, error: NocError) -> None:
        self._counting = False
        self._context.messages.fail("Call records cannot be counted", error.sentence)

    def _read_bad(self, connection: Connection) -> None:
        cid, store = connection.id or 0, self._context.service.store
        try:
            self.item.bad.show_dated(store.calls.bad(cid, MOST), store.calls.bad_count(cid))
        except StoreError as error:
            self._context.messages.fail("The bad records cannot be read", error.sentence)

    # --- what a person does -----------------------------------------------------------------------------------------------

    def _open(self, connection: Connection | None) -> None:
        self.item.show_connection(connection)
        self._stack.setCurrentWidget(self.item)
        rows = {row.connection.id: row for row in self.list.rows()}
        self.item.health.show_row(rows.get(connection.id) if connection is not None else None)
        if connection is not None:
            self._read_bad(connection)
        self._context.commands.refresh()

    def _on_saved(self, kept: Connection) -> None:
        self.item.say_place(kept)
        self.reload()

    def _on_back_asked(self) -> None:
        self.ask_leave(self.show_list)

    def ask_import(self) -> None:
        """Open the dialog that imports call records."""
        dialog = ImportDialog(self._context, self.window())
        dialog.panel.imported.connect(lambda _report: self.reload())
        dialog.open()

    def _on_menu_asked(self, key: object, at: QPoint) -> None:
        if key is None:
            return
        menu = QMenu(self)
        menu.setObjectName("switches_menu")
        for name in ("switches.open", "switches.remove"):
            menu.addAction(self._context.commands.action(name))
        self.list.area.view.show_menu(menu, at)

    def _current(self) -> Connection | None:
        if self._in_form:
            return self.item.form.connection
        row = self.list.current()
        return row.connection if row is not None else None

    def _removable(self) -> bool:
        connection = self._current()
        return connection is not None and not connection.demo

    def _ask_remove_current(self) -> None:
        connection = self._current()
        if connection is None or connection.demo:
            return
        kept = self._kept.get(connection.id or 0)
        lost = f"its {text.plural(kept.records, 'call record')}" if kept is not None else "its call records"
        question = Question(
            "remove_switch",
            f"Remove switch {connection.name}?",
            f"It is not read any more, and {lost}, readings and passwords are deleted. Alarms and events stay as history.",
            (Choice("keep", "Keep it"), Choice("remove", f"Remove switch {connection.name}", Weight.DANGER)),
            harmless="keep",
            typed=connection.name,
        )
        self._context.messages.ask(self, question, lambda answer: self._remove(connection) if answer == "remove" else None)

    def _remove(self, connection: Connection) -> None:
        service, cid = self._context.service, connection.id or 0

        def remove() -> str:
            service.store.connections.delete(cid)
            try:
                for key in SECRET_FIELDS[connection.kind]:
                    service.secrets.delete(secret_name(cid, key))
            except NocError as error:
                return error.sentence
            return ""

        def done(left: str) -> None:
            service.soon()
            self.item.form.revert()
            self.show_list()
            if left:
                title = f"Switch {connection.name} was removed, its password was not"
                self._context.messages.fail(title, f"{left} It stays where it is kept, which no other person can read.")
            else:
                self._context.messages.say(f"Switch {connection.name} removed")

        def failed(error: NocError) -> None:
            self._context.messages.fail(f"Switch {connection.name} was not removed", error.sentence)

        self._context.bridge.run(run_errand(remove), done, failed)

    def _add_commands(self) -> None:
        add, form = self._context.commands.add, self.item.form

        def listed() -> bool:
            return not self._in_form and self.list.current() is not None

        def open_current() -> None:
            row = self.list.current()
            if row is not None:
                self.show_item(row.id)

        add(Command("switches.new", "&Connect a switch", Menu.FILE, key="N", page=PAGE), lambda: self.show_item("new"))
        add(Command("switches.import", "&Import call records…", Menu.FILE, key="Ctrl+I", page=PAGE), self.ask_import)
        add(
            Command("switches.save", "&Save switch", Menu.FILE, key="Ctrl+S", page=PAGE),
            form.save,
            enabled=lambda: self._in_form and self.item.can_save,
        )
        add(
            Command("switches.test", "&Test the connection", Menu.TOOLS, key="Ctrl+T", page=PAGE),
            self.item.test,
            enabled=lambda: self._in_form and not self.item.check.running,
        )
        add(Command("switches.open", "&Open switch", Menu.GO, group=5, page=PAGE), open_current, enabled=listed)
        add(
            Command("switches.remove", "&Remove switch…", Menu.EDIT, key="Del", group=3, page=PAGE),
            self._ask_remove_current,
            enabled=self._removable,
        )
