"""The Alerts screen: the list, the open editors, and the commands of both.

Runs on the window's thread. `make_page` is what the frame calls.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from noc_alerts.model.alarms import Alarm, RuleKind
from noc_alerts.model.alerts import Alert
from noc_alerts.model.companies import CompanyKind, Subject
from noc_alerts.model.errors import StoreError
from ui.alerts.editor import AlertEditor
from ui.alerts.explain import explain
from ui.alerts.form_values import new_draft
from ui.alerts.history import open_history
from ui.alerts.list import AlertList, utc_now
from ui.alerts.list_commands import ListCommands
from ui.alerts.list_filters import Company
from ui.commands import Command, Menu
from ui.pages import Place

if TYPE_CHECKING:
    from ui.context import ScreenContext

PAGE = "alerts"


def make_page(context: ScreenContext) -> QWidget:
    """Make the Alerts screen."""
    return AlertsPage(context)


class AlertsPage(QWidget):
    """The list, and the door to the editors: the frame keeps those as items of this page, so that several may be open."""

    def __init__(self, context: ScreenContext, clock: Callable[[], datetime] = utc_now, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("alerts_page")
        self.setAccessibleName("Alerts")
        self._context, self._clock = context, clock
        self._drafts = 0
        self.list = AlertList(context, clock)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list)
        self.setFocusProxy(self.list.area.view)
        self.list.open_asked.connect(lambda alert_id: self.open_alert(alert_id, fixed=self.list.company))
        self.list.new_asked.connect(self.ask_new)
        self.list.menu_wanted.connect(self._on_menu_wanted)
        self.list.selection_changed.connect(context.commands.refresh)
        self.commands = ListCommands(context, self)
        self._add_item_commands()

    def now(self) -> datetime:
        """Return the time now."""
        return self._clock()

    def showEvent(self, event: QShowEvent) -> None:
        """Put the focus into the rows, so that the keys work at once; name the editors left with changes."""
        super().showEvent(event)
        self.list.tell_unsaved(tuple(editor.title for editor in self._open_editors() if editor.unsaved))
        self.list.area.view.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- what the frame calls ----------------------------------------------------------------------------------------

    def show_item(self, item: object) -> None:
        """Open an alert by id, a new one by ("new", kind, name, connection_id), or an alarm's alert by ("alarm", alarm).

        ("company", kind, name) shows the alerts that look at one company.
        """
        match item:
            case int():
                self.open_alert(item)
            case ("new", str(kind), str(name), int() | None as connection_id):  # a CompanyKind is a str
                self.open_new(CompanyKind(kind), name, connection_id)
            case ("company", str(kind), str(name)):
                self.list.show_company((CompanyKind(kind), name))
            case ("alarm", Alarm() as alarm) if alarm.key.rule_kind is RuleKind.ALERT:
                self.open_alert(alarm.key.rule_id, alarm.key.subject)
            case _:
                pass  # the list is shown already

    def tick(self, now: datetime) -> None:
        """Let the ages run."""
        self.list.tick(now)

    def panes(self) -> list[QWidget]:
        """Return the widgets F6 goes round."""
        return [self.list.area.view]

    # --- editors -----------------------------------------------------------------------------------------------------

    @property
    def editor(self) -> AlertEditor | None:
        """Return the editor that is open, None while something else is."""
        shown = self._context.window.pages.currentWidget()
        return shown if isinstance(shown, AlertEditor) else None

    def _open_editors(self) -> list[AlertEditor]:
        pages = self._context.window.pages
        items = (pages.made(place) for place in pages.open_items if place.page == PAGE)
        return [item for item in items if isinstance(item, AlertEditor)]

    def find_editor(self, alert_id: int) -> AlertEditor | None:
        """Return an alert's editor, also while another page is shown; None if it is not open."""
        made = self._context.window.pages.made(Place(PAGE, str(alert_id)))
        return made if isinstance(made, AlertEditor) else None

    def open_alert(self, alert_id: int, subject: Subject | None = None, *, fixed: Company | None = None) -> AlertEditor | None:
        """Open the editor of an alert, at the subject if one is given; say so when it is gone.

        `fixed`: the company whose alerts are shown; the editor does not ask for it.
        """
        editor = self.find_editor(alert_id)
        if editor is not None:
            if subject is not None:
                editor.show_subject(subject)
            return self._open(str(alert_id), lambda: editor)
        try:
            alert = self._context.service.store.alerts.get(alert_id)
        except StoreError as error:
            self._context.messages.fail("The alert was not opened", error.sentence)
            return None
        if alert is None:
            self.list.reload()
            self._context.messages.fail("The alert was not opened", "It was deleted meanwhile. The list shows those there are.")
            return None
        self.list.select(alert_id)
        return self._open(str(alert_id), lambda: self._make(alert, str(alert_id), subject=subject, fixed=fixed))

    def open_new(
        self,
        kind: CompanyKind = CompanyKind.CARRIER,
        name: str = "",
        connection_id: int | None = None,
        *,
        fixed: bool = False,
    ) -> AlertEditor | None:
        """Open an editor with a new alert, for one company when it is named; `fixed`: for that one and no other."""
        try:
            several = len(self._context.service.store.connections.all()) > 1
        except StoreError as error:
            self._context.messages.fail("The new alert was not opened", error.sentence)
            return None
        draft = new_draft(kind, (name,) if name else (), connection_id if several else None)
        self._drafts += 1
        key = f"new-{self._drafts}"
        only = (kind, name) if fixed else None
        return self._open(key, lambda: self._make(None, key, draft=draft, fixed=only))

    def _make(
        self,
        alert: Alert | None,
        key: str,
        *,
        draft: dict[str, Any] | None = None,
        subject: Subject | None = None,
        fixed: Company | None = None,
    ) -> AlertEditor:
        find = self.list.model.find
        editor = AlertEditor(self._context, alert, find, self._clock, draft=draft, subject=subject, fixed=fixed)
        editor.state_changed.connect(self._context.commands.refresh)
        editor.saved.connect(lambda saved: self._on_saved(key, saved))
        return editor

    def _open(self, key: str, make: Callable[[], AlertEditor]) -> AlertEditor | None:
        editor = self._context.window.open_item(PAGE, key, make)
        if not isinstance(editor, AlertEditor):
            return None
        editor.focus_first()
        return editor

    def _on_saved(self, key: str, alert: Alert) -> None:
        if key.startswith("new"):
            self._context.window.pages.rename_item(PAGE, key, str(alert.id))
        self.list.reload()
        self.list.select(alert.id or 0)

    # --- commands ----------------------------------------------------------------------------------------------------

    def _add_item_commands(self) -> None:
        """Add what can be done in an editor."""

        def add(
            name: str, said: str, menu: Menu, key: str, run: Callable[[AlertEditor], object], can: Callable[[AlertEditor], bool]
        ) -> None:
            def on_editor() -> None:
                if self.editor is not None:
                    run(self.editor)

            def enabled() -> bool:
                return self.editor is not None and can(self.editor)

            command = Command(f"alert.{name}", said, menu, key, group=1, page=f"{PAGE}.item")
            self._context.commands.add(command, on_editor, enabled=enabled)

        add("save", "&Save", Menu.FILE, "Ctrl+S", AlertEditor.save, lambda editor: not editor.form.wrong)
        add("revert", "&Revert", Menu.FILE, "", AlertEditor.revert, lambda editor: bool(editor.unsaved))
        add("test", "&Test alert", Menu.ALARM, "Ctrl+T", AlertEditor.start_test, lambda editor: not editor.test.running)
        add("explain", "&Explain", Menu.ALARM, "E", AlertEditor.explain, lambda editor: editor.alert_id is not None)

        def history(_editor: AlertEditor) -> None:
            self.show_history()

        add("history", "&History of changes", Menu.ALARM, "Ctrl+H", history, lambda editor: editor.alert_id is not None)

    # --- what the list's commands do ---------------------------------------------------------------------------------

    def duplicate(self) -> None:
        """Save copies of the chosen alerts under "Copy of ...", with undo; one copy opens with its title chosen."""
        saved = self.list.changes.add_copies(self.list.chosen(), (row.alert.title for row in self.list.model.rows()))
        if not saved:
            return
        said = saved[0].title if len(saved) == 1 else f"{len(saved)} copies"
        self._context.messages.say(f"{said} made", lambda: self._take_back(saved))
        self.list.select(saved[0].id or 0)
        editor = self.open_alert(saved[0].id or 0) if len(saved) == 1 else None
        if editor is not None:
            editor.select_title()

    def _take_back(self, saved: list[Alert]) -> None:
        if self.list.changes.delete(saved):
            self._close_editors([alert.id or 0 for alert in saved])

    def delete(self) -> None:
        """Delete the chosen alerts and close their editors, where nothing unsaved would be lost."""
        gone = [alert.id or 0 for alert in self.list.chosen()]
        if self.list.delete():
            self._close_editors(gone)

    def _close_editors(self, alert_ids: list[int]) -> None:
        """Close editors of alerts that are gone; one with changes stays, so that what is typed in it is not lost."""
        for alert_id in alert_ids:
            editor = self.find_editor(alert_id)
            if editor is not None and not editor.unsaved:
                editor.close_for_good()
                self._context.window.pages.close_item(PAGE, str(alert_id))

    def ask_new(self) -> None:
        """Open a new alert: for the company whose alerts are shown, else for whom the form says."""
        company = self.list.company
        if company is None:
            self.open_new()
        else:
            self.open_new(*company, fixed=True)

    def test_current(self) -> None:
        """Open the current row's editor and test it there, where the results are shown."""
        row = self.list.current()
        editor = self.open_alert(row.key) if row is not None else None
        if editor is not None:
            editor.start_test()
            editor.test.area.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def explain(self) -> None:
        """Say why the current alert is in its state."""
        row = self.list.current()
        if row is not None:
            explain(self._context, row, self._clock(), self)

    def open_current(self) -> None:
        """Open the current row's editor."""
        row = self.list.current()
        if row is not None:
            self.open_alert(row.key, fixed=self.list.company)

    def show_history(self) -> None:
        """Show who changed the current alert, in the list or in the editor that is open."""
        editor = self.editor
        row = self.list.current()
        if editor is not None:
            alert_id, title = editor.alert_id, editor.title
        else:
            alert_id, title = (row.key, row.alert.title) if row is not None else (None, "")
        if alert_id is not None:
            open_history(self._context, alert_id, title, self._clock, self._on_reverted, self)

    def _on_reverted(self, alert: Alert) -> None:
        """Show an alert that was put back to how it was, also in its editor."""
        self.list.reload()
        self.list.select(alert.id or 0)
        editor = self.find_editor(alert.id or 0)
        if editor is not None:
            editor.tick(self._clock())

    def _on_menu_wanted(self, _key: int, at: QPoint) -> None:
        self.list.area.view.show_menu(self.commands.row_menu(), at)
