"""The Alerts screen: the list, the open editors, and the commands of both.

Runs on the window's thread. `make_page` is what the frame calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QWidget

from noc_alerts.model.alarms import Alarm, RuleKind
from noc_alerts.model.alerts import MAX_TITLE, Alert
from noc_alerts.model.companies import CompanyKind, Subject
from noc_alerts.model.errors import StoreError
from ui.alerts.editor import AlertEditor
from ui.alerts.explain import explain
from ui.alerts.form_values import new_draft
from ui.alerts.list import AlertList, utc_now
from ui.commands import Command, Menu

if TYPE_CHECKING:
    from ui.context import ScreenContext

PAGE = "alerts"


def make_page(context: ScreenContext) -> QWidget:
    """Make the Alerts screen."""
    return AlertsPage(context)


class AlertsPage(QStackedWidget):
    """List and editors in one place; several editors may be open, Ctrl+Tab goes round them."""

    def __init__(self, context: ScreenContext, clock: Callable[[], datetime] = utc_now, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("alerts_page")
        self.setAccessibleName("Alerts")
        self._context, self._clock = context, clock
        self.list = AlertList(context, clock)
        self.editors: list[AlertEditor] = []
        self.addWidget(self.list)
        self.list.open_asked.connect(self.open_alert)
        self.list.new_asked.connect(self.open_new)
        self.list.menu_wanted.connect(self._on_menu_wanted)
        self.list.selection_changed.connect(context.commands.refresh)
        self.currentChanged.connect(lambda _at: context.commands.refresh())
        self._add_commands()

    # --- what the frame calls ----------------------------------------------------------------------------------------

    def show_item(self, item: object) -> None:
        """Open an alert by id, a new one by ("new", kind, name, connection_id), or an alarm's alert by ("alarm", alarm)."""
        match item:
            case int():
                self.open_alert(item)
            case ("new", str(kind), str(name), int() | None as connection_id):  # a CompanyKind is a str
                self.open_new(CompanyKind(kind), name, connection_id)
            case ("alarm", Alarm() as alarm) if alarm.key.rule_kind is RuleKind.ALERT:
                self.open_alert(alarm.key.rule_id, alarm.key.subject)
            case _:
                self.setCurrentWidget(self.list)

    def tick(self, now: datetime) -> None:
        """Let the ages of what is shown run."""
        shown = self.currentWidget()
        if isinstance(shown, AlertList | AlertEditor):
            shown.tick(now)

    def panes(self) -> list[QWidget]:
        """Return the widgets F6 goes round."""
        editor = self.editor
        return [self.list.area.view] if editor is None else editor.panes()

    def ask_leave(self, then: Callable[[], object]) -> None:
        """Call `then` when no editor holds unsaved changes any more; each of them is asked in turn."""
        dirty = next((editor for editor in self.editors if editor.unsaved), None)
        if dirty is None:
            then()
            return
        self.setCurrentWidget(dirty)

        def go_on() -> None:
            self._close(dirty)
            self.ask_leave(then)

        dirty.ask_leave(go_on)

    # --- list and editors --------------------------------------------------------------------------------------------

    @property
    def editor(self) -> AlertEditor | None:
        """Return the editor that is shown, None while it is the list."""
        shown = self.currentWidget()
        return shown if isinstance(shown, AlertEditor) else None

    def open_alert(self, alert_id: int, subject: Subject | None = None) -> AlertEditor | None:
        """Open the editor of an alert, at the subject if one is given; say so when it is gone."""
        for editor in self.editors:
            if editor.alert_id == alert_id:
                self.setCurrentWidget(editor)
                if subject is not None:
                    editor.show_subject(subject)
                return editor
        try:
            alert = self._context.service.store.alerts.get(alert_id)
        except StoreError as error:
            self._context.messages.fail("The alert was not opened", error.sentence)
            return None
        if alert is None:
            self.list.reload()
            self.setCurrentWidget(self.list)
            self._context.messages.fail("The alert was not opened", "It was deleted meanwhile. The list shows those there are.")
            return None
        self.list.select(alert_id)
        return self._show(AlertEditor(self._context, alert, self.list.model.find, self._clock, subject=subject))

    def open_new(
        self, kind: CompanyKind = CompanyKind.CARRIER, name: str = "", connection_id: int | None = None
    ) -> AlertEditor | None:
        """Open an editor with a new alert, for one company when it is named."""
        try:
            several = len(self._context.service.store.connections.all()) > 1
        except StoreError as error:
            self._context.messages.fail("The new alert was not opened", error.sentence)
            return None
        draft = new_draft(kind, (name,) if name else (), connection_id if several else None)
        return self._show(AlertEditor(self._context, None, self.list.model.find, self._clock, draft=draft))

    def back(self) -> None:
        """Go from an editor to the list, after asking about what is not saved."""
        editor = self.editor
        if editor is not None:
            editor.ask_leave(lambda: self._close(editor))

    def next_editor(self, step: int = 1) -> None:
        """Go to the next open editor, round and round."""
        if self.editors:
            shown = self.editor
            at = self.editors.index(shown) + step if shown is not None else 0
            self.setCurrentWidget(self.editors[at % len(self.editors)])

    def _show(self, editor: AlertEditor) -> AlertEditor:
        self.editors.append(editor)
        self.addWidget(editor)
        editor.back_asked.connect(self.back)
        editor.state_changed.connect(self._context.commands.refresh)
        editor.saved.connect(self._on_saved)
        self.setCurrentWidget(editor)
        editor.focus_first()
        return editor

    def _close(self, editor: AlertEditor) -> None:
        if editor not in self.editors:
            return
        self.editors.remove(editor)
        editor.close_for_good()
        if self.currentWidget() is editor:
            self.setCurrentWidget(self.list)
            self.list.area.view.setFocus(Qt.FocusReason.OtherFocusReason)
        self.removeWidget(editor)
        editor.deleteLater()
        self._context.commands.refresh()

    # --- commands ----------------------------------------------------------------------------------------------------

    def _add_commands(self) -> None:
        def listed() -> bool:
            return self.editor is None

        def some() -> bool:
            return listed() and bool(self.list.chosen())

        def edited() -> bool:
            return self.editor is not None

        def add(
            name: str, said: str, menu: Menu, key: str, group: int, run: Callable[[], object], can: Callable[[], bool]
        ) -> None:
            self._context.commands.add(Command(f"alerts.{name}", said, menu, key, group=group, page=PAGE), run, enabled=can)

        add("new", "&New alert", Menu.FILE, "N", 0, self.open_new, listed)
        add("open", "&Open alert", Menu.FILE, "", 0, self._open_current, some)
        add("save", "&Save", Menu.FILE, "Ctrl+S", 1, self._save, lambda: self.editor is not None and not self.editor.form.wrong)
        add("revert", "&Revert", Menu.FILE, "", 1, self._revert, lambda: self.editor is not None and bool(self.editor.unsaved))
        add("duplicate", "&Duplicate", Menu.EDIT, "Ctrl+D", 2, self.duplicate, some)
        add("delete", "D&elete", Menu.EDIT, "Del", 2, self.delete, some)
        add("pause", "&Pause…", Menu.ALARM, "P", 3, self.list.ask_pause, some)
        add("on", "Switch o&n", Menu.ALARM, "", 3, lambda: self.list.set_enabled(True), lambda: self._any_enabled(False))
        add("off", "Switch o&ff", Menu.ALARM, "", 3, lambda: self.list.set_enabled(False), lambda: self._any_enabled(True))
        add("test_row", "&Test alert", Menu.ALARM, "T", 4, self.test_current, some)
        add("test", "&Test alert", Menu.ALARM, "Ctrl+T", 4, self._test, edited)
        add("explain", "&Explain", Menu.ALARM, "E", 4, self.explain, lambda: edited() or some())

    def duplicate(self) -> None:
        """Save copies of the chosen alerts under "Copy of ..." and choose the first of them, with undo."""
        titles = {row.alert.title.casefold() for row in self.list.model.rows()}
        copies = []
        for alert in self.list.chosen():
            title = _free_title(alert.title, titles)
            titles.add(title.casefold())
            copies.append(replace(alert, id=None, title=title))
        saved = self.list.save_all(copies)
        if saved:
            self.list.select(saved[0].id or 0)
            said = saved[0].title if len(saved) == 1 else f"{len(saved)} copies"
            self._context.messages.say(f"{said} made", lambda: self._take_back(saved))

    def _take_back(self, saved: list[Alert]) -> None:
        for alert in saved:
            try:
                self._context.service.store.alerts.delete(alert.id or 0)
            except StoreError as error:
                self._context.messages.fail(f"{alert.title} was not deleted", error.sentence)
        self._context.service.soon()
        self.list.reload()

    def delete(self) -> None:
        """Delete the chosen alerts and close their editors, where nothing unsaved would be lost."""
        gone = {alert.id for alert in self.list.chosen()}
        self.list.delete()
        for editor in [editor for editor in self.editors if editor.alert_id in gone and not editor.unsaved]:
            self._close(editor)

    def test_current(self) -> None:
        """Open the current row's editor and test it there, where the results are shown."""
        row = self.list.current()
        editor = self.open_alert(row.key) if row is not None else None
        if editor is not None:
            editor.start_test()
            editor.test.area.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def explain(self) -> None:
        """Say why the current alert is in its state."""
        editor, row = self.editor, self.list.current()
        if editor is not None:
            editor.explain()
        elif row is not None:
            explain(self._context, row, self._clock(), self)

    def _any_enabled(self, enabled: bool) -> bool:
        return self.editor is None and any(alert.enabled is enabled for alert in self.list.chosen())

    def _open_current(self) -> None:
        row = self.list.current()
        if row is not None:
            self.open_alert(row.key)

    def _save(self) -> None:
        if self.editor is not None:
            self.editor.save()

    def _revert(self) -> None:
        if self.editor is not None:
            self.editor.revert()

    def _test(self) -> None:
        if self.editor is not None:
            self.editor.start_test()

    # --- slots and keys ----------------------------------------------------------------------------------------------

    def _on_saved(self, alert: Alert) -> None:
        self.list.reload()
        self.list.select(alert.id or 0)

    def _on_menu_wanted(self, key: int, at: QPoint) -> None:
        self.list.area.view.show_menu(self.row_menu(key), at)

    def row_menu(self, _key: int) -> QMenu:
        """Return the context menu of the chosen rows: the same commands as the keys."""
        menu = QMenu(self)
        menu.setObjectName("alerts_row_menu")
        command = self._context.commands.action
        menu.addAction(command("alerts.open"))
        menu.addAction(command("alerts.test_row"))
        menu.addAction(command("alerts.explain"))
        menu.addSeparator()
        menu.addMenu(self.list.pause_menu(menu))
        menu.addAction(command("alerts.on"))
        menu.addAction(command("alerts.off"))
        menu.addSeparator()
        menu.addAction(command("alerts.duplicate"))
        menu.addAction(command("alerts.delete"))
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def event(self, event: QEvent) -> bool:
        """Take the keys of list > item before the frame does: its Back and Next editor know nothing of what is open here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._own_key(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back to the list, or to the next editor."""
        own = self._own_key(event)
        if own is None:
            super().keyPressEvent(event)
        else:
            own()

    def _own_key(self, event: QKeyEvent) -> Callable[[], None] | None:
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
        if self.editor is not None and (
            (event.key() == Qt.Key.Key_Left and held == Qt.KeyboardModifier.AltModifier)
            or (event.key() == Qt.Key.Key_W and held == control)
        ):
            return self.back
        if self.editors and event.key() == Qt.Key.Key_Tab and held == control:
            return self.next_editor
        if self.editors and event.key() == Qt.Key.Key_Backtab and held == control | shift:
            return lambda: self.next_editor(-1)
        return None


def _free_title(title: str, taken: set[str]) -> str:
    """Return `Copy of ...`, counted from the second copy on, cut to what a title may be long."""
    for number in range(1, len(taken) + 2):
        start = "Copy of " if number == 1 else f"Copy {number} of "
        made = start + title[: MAX_TITLE - len(start)]
        if made.casefold() not in taken:
            return made
    return title
