"""The commands of the alerts list, and the menu of its rows, which is made of them.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from noc_alerts.model.alerts import Alert
from noc_alerts.model.errors import StoreError
from ui.alerts.bulk import BulkMenus
from ui.alerts.bulk_recipients import How, RecipientsDialog, changed_recipients
from ui.alerts.exchange import ask_export, ask_import
from ui.alerts.history import DeletedDialog
from ui.alerts.list_changes import named
from ui.commands import Command, Menu

if TYPE_CHECKING:
    from ui.alerts.page import AlertsPage
    from ui.context import ScreenContext

PAGE = "alerts"


class ListCommands:
    """What can be done in the list; each command once, for menu, key, Ctrl+K and the menu of a row."""

    def __init__(self, context: ScreenContext, page: AlertsPage) -> None:
        self._context, self._page, self._list = context, page, page.list
        self.menus = BulkMenus(context, page.list, page.now)
        self._add_one()
        self._add_many()
        self._add_files()

    def _add(
        self,
        name: str,
        said: str,
        menu: Menu,
        key: str,
        group: int,
        run: Callable[[], object],
        can: Callable[[], bool] | None = None,
    ) -> None:
        command = Command(f"alerts.{name}", said, menu, key, group=group, page=PAGE)
        self._context.commands.add(command, run, enabled=can or self._list.any_chosen)

    def _add_one(self) -> None:
        page = self._page
        self._add("new", "&New alert", Menu.FILE, "N", 0, page.ask_new, _always)
        self._add("open", "&Open alert", Menu.FILE, "", 0, page.open_current)
        self._add("history", "&History of changes", Menu.ALARM, "Ctrl+H", 4, page.show_history)
        self._add("test", "&Test alert", Menu.ALARM, "T", 4, page.test_current)
        self._add("explain", "&Explain", Menu.ALARM, "E", 4, page.explain)
        self._add("columns", "C&olumns…", Menu.VIEW, "", 4, self._list.area.view.ask_columns, _always)
        self._add("all", "&All alerts", Menu.VIEW, "", 5, self._list.show_all, _always)

    def _add_many(self) -> None:
        any_that_is, menus = self._list.any_chosen_is, self.menus
        self._add("duplicate", "&Duplicate", Menu.EDIT, "Ctrl+D", 2, self._page.duplicate)
        self._add("delete", "D&elete", Menu.EDIT, "Del", 2, self._page.delete)
        self._add("pause", "&Pause…", Menu.ALARM, "P", 3, lambda: menus.ask(menus.pause))
        self._add("on", "Switch o&n", Menu.ALARM, "", 3, lambda: self._list.set_enabled(True), lambda: any_that_is(False))
        self._add("off", "Switch o&ff", Menu.ALARM, "", 3, lambda: self._list.set_enabled(False), lambda: any_that_is(True))
        self._add("recipients", "Change &recipients…", Menu.ALARM, "Ctrl+R", 5, self.ask_recipients)
        self._add("level", "Change notice &level…", Menu.ALARM, "", 5, lambda: menus.ask(menus.level))
        self._add("template", "Change te&mplate…", Menu.ALARM, "", 5, lambda: menus.ask(menus.template))

    def _add_files(self) -> None:
        context, page = self._context, self._page

        def import_rules() -> None:
            ask_import(context, page, page.now, self._list.reload)

        def deleted() -> None:
            DeletedDialog(context, page.now, self._list.changes.bring_back, self._list.reload, page.window()).open()

        self._add("export", "E&xport rules…", Menu.FILE, "", 2, lambda: ask_export(context, page), _always)
        self._add("import", "&Import rules…", Menu.FILE, "", 2, import_rules, _always)
        self._add("deleted", "&Deleted alerts…", Menu.FILE, "", 2, deleted, _always)

    def ask_recipients(self) -> None:
        """Open the dialog that changes the recipients of the chosen alerts."""
        chosen = self._list.chosen()
        if not chosen:
            return
        try:
            contacts = self._context.service.store.contacts.all()
        except StoreError as error:
            self._context.messages.fail("The recipients were not changed", error.sentence)
            return

        def change(how: How, entries: tuple[str, ...]) -> None:
            def changed(alert: Alert) -> Alert:
                return replace(alert, recipients=changed_recipients(alert.recipients, how, entries))

            self._list.changes.edit(chosen, changed, f"{named(chosen)}: recipients changed")

        RecipientsDialog(chosen, contacts, change, self._page.window()).open()

    def row_menu(self) -> QMenu:
        """Return the context menu of the chosen rows: the same commands as the keys."""
        menu = QMenu(self._page)
        menu.setObjectName("alerts_row_menu")

        def add(*names: str) -> None:
            for name in names:
                menu.addAction(self._context.commands.action(f"alerts.{name}"))

        add("open", "test", "explain", "history")
        menu.addSeparator()
        menu.addMenu(self.menus.pause(menu))
        add("on", "off")
        menu.addSeparator()
        add("recipients")
        menu.addMenu(self.menus.level(menu))
        menu.addMenu(self.menus.template(menu))
        menu.addSeparator()
        add("duplicate", "delete")
        menu.aboutToHide.connect(menu.deleteLater)
        return menu


def _always() -> bool:
    return True
