"""The history of an alert: who changed what and when, each version in full, and the way back to it; the deleted alerts.

Runs on the window's thread; reads the store when it opens and after it changed something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.alerts import Alert
from noc_alerts.model.changes import AlertChange, ChangeKind, FieldChange, field_changes
from noc_alerts.model.errors import BadInput, StoreError
from ui import text
from ui.alerts.form_offers import gone_names, read_offers
from ui.alerts.history_words import BEGINNING, all_fields, what_words, with_beginning
from ui.prefs import prefs
from ui.table_columns import resize_within
from ui.tables import Cell, Column, TableModel
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import Button, PrimaryButton
from ui.widgets.labels import Label
from ui.widgets.page import Panel
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.context import ScreenContext

LAST = 200
_LOOK_BACK = 2000  # changes of all alerts in which the deleted ones are looked for


def open_history(
    context: ScreenContext,
    alert_id: int,
    title: str,
    clock: Callable[[], datetime],
    on_reverted: Callable[[Alert], object],
    parent: QWidget,
) -> HistoryDialog:
    """Open the history of an alert over a page and return it; `on_reverted` is called with what was saved."""
    dialog = HistoryDialog(context, alert_id, title, clock, parent.window())
    dialog.reverted.connect(on_reverted)
    dialog.open()
    return dialog


class ChangesTable(TableArea):
    """Changes, newest first: when, who, what. `now` counts for what is today."""

    def __init__(self, name: str, clock: Callable[[], datetime], *, titles: bool) -> None:
        self._clock = clock
        title = Column[AlertChange](
            "title", "Alert", lambda c: c.title, lambda c: Cell(c.title, bold=True), width=220, stretch=True, fixed=True
        )
        what = Column[AlertChange]("what", "What", lambda c: what_words(c)[0], self._what, width=380, min_width=180, stretch=True)
        columns = [
            Column[AlertChange]("at", "When", lambda c: c.at, self._at, width=132, min_width=96, fixed=not titles),
            Column[AlertChange]("who", "Who", lambda c: c.who, self._who, width=120, min_width=72),
            *([title] if titles else []),
            *([] if titles else [what]),
        ]
        self.changes: TableModel[AlertChange] = TableModel(columns, key=lambda c: c.id, order=lambda c: -c.id)
        super().__init__(self.changes, name, two_lines=not titles)

    def current(self) -> AlertChange | None:
        """Return the current change."""
        return self.changes.find(self.view.current_key())

    def show_changes(self, changes: Sequence[AlertChange]) -> None:
        """Show these and choose the newest."""
        self.changes.set_rows(changes)
        if changes and self.current() is None:
            self.view.select_key(changes[0].id)

    def sizeHint(self) -> QSize:
        """Return room for some rows."""
        return QSize(theme.px(640), theme.px(220))

    def _at(self, change: AlertChange) -> Cell:
        if change.id == BEGINNING:
            return Cell("before", tone=Role.MUTED)
        tooltip = text.both_zones(change.at, prefs.zone, prefs.other_zone)
        return Cell(text.time_of(change.at, self._clock(), prefs.zone, with_seconds=True), tooltip=tooltip)

    def _who(self, change: AlertChange) -> Cell:
        if change.id == BEGINNING:
            return Cell(text.UNKNOWN, tone=Role.MUTED)
        return Cell(change.who) if change.who else Cell("not named", tone=Role.MUTED)

    def _what(self, change: AlertChange) -> Cell:
        first, second = what_words(change)
        return Cell(first, second=second, tooltip="\n".join((first, *(each.words for each in change.fields))))


def _fields_table(name: str) -> tuple[TableModel[FieldChange], TableArea]:
    """Return a table of fields: before, after."""

    def value(words: str) -> Cell:
        return Cell(words) if words else Cell("none", tone=Role.MUTED)

    columns = [
        Column[FieldChange]("field", "Field", lambda f: f.field, lambda f: Cell(f.field, tone=Role.MUTED), width=160, fixed=True),
        Column[FieldChange]("old", "Before", lambda f: f.old, lambda f: value(f.old), width=220, stretch=True),
        Column[FieldChange]("new", "After", lambda f: f.new, lambda f: value(f.new), width=220, stretch=True),
    ]
    model: TableModel[FieldChange] = TableModel(columns, key=lambda f: f.field)
    area = TableArea(model, name)
    area.view.setAccessibleName("Fields before and after")
    return model, area


class HistoryDialog(QDialog):
    """The changes of one alert, the fields of the chosen one, and Revert. `reverted` carries the alert as it was saved."""

    reverted = Signal(object)

    def __init__(self, context: ScreenContext, alert_id: int, title: str, clock: Callable[[], datetime], parent: QWidget) -> None:
        super().__init__(parent)
        self._context, self._alert_id, self._clock = context, alert_id, clock
        self._now: Alert | None = None
        self._switches: Mapping[int, str] = {}
        self.setObjectName("alert_history")
        self.setWindowTitle(f"History of changes: {title}")
        self.setAccessibleName(f"History of changes of {title}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.changes = ChangesTable("alert_history_table", clock, titles=False)
        self.changes.view.setAccessibleName("Changes")
        self.fields, self._fields_area = _fields_table("alert_history_fields")
        self.sentence = Label("", Role.MUTED, wrap=True, name="alert_history_sentence")
        self.revert = PrimaryButton("Revert to this version", "alert_history_revert", icon="revert", hint="Ctrl+Enter")
        self._lay_out(title)
        self.changes.view.current_changed.connect(lambda _key: self._show_change())
        self.revert.clicked.connect(self._on_revert)
        resize_within(self, parent, 860, 600)
        self.read()
        self.changes.view.setFocus()

    def _lay_out(self, title: str) -> None:
        above, below = Panel("alert_history_changes"), Panel("alert_history_detail")
        above.body.addWidget(self.changes)
        below.body.addWidget(self._fields_area)
        close = Button("Close", "alert_history_close", hint="Esc")
        close.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addStretch(1)
        foot.addWidget(close)
        foot.addWidget(self.revert)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        self._title = Label(title, Role.TEXT, FontRole.SECTION, wrap=True, name="alert_history_title")
        column.addWidget(self._title)
        column.addWidget(above, 3)
        column.addWidget(below, 2)
        column.addWidget(self.sentence)
        column.addLayout(foot)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back to the chosen version by Ctrl+Enter; Enter alone is harmless."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self.revert.click()
            return
        super().keyPressEvent(event)

    def read(self) -> None:
        """Read the changes and how the alert is now."""
        store = self._context.service.store
        try:
            changes = with_beginning(store.alerts.history(self._alert_id, LAST))
            self._now = store.alerts.get(self._alert_id)
            self._switches = {each.id: each.name for each in store.connections.all() if each.id is not None}
        except StoreError as error:
            state = PageState(StateKind.ERROR, "The changes were not read", error.sentence, "Read again", self.read)
            self.changes.set_state(state)
            return
        sentence = "It was made before changes were kept, or nobody changed it since."
        self.changes.set_state(None if changes else PageState(StateKind.EMPTY, "No changes", sentence))
        self.changes.show_changes(changes)
        self._show_change()

    def version(self) -> Alert | None:
        """Return the alert as the chosen change left it; as it was before, where that deleted it."""
        change = self.changes.current()
        if change is None:
            return None
        return change.before if change.kind is ChangeKind.DELETED else change.after

    def _show_change(self) -> None:
        change, version = self.changes.current(), self.version()
        self.fields.set_rows(() if change is None else change.fields or all_fields(change, self._switches))
        self.revert.setText("Bring it back" if self._now is None else "Revert to this version")
        self.revert.setEnabled(version is not None and version != self._now)
        self.sentence.set(self._said(change, version), Role.MUTED)

    def _said(self, change: AlertChange | None, version: Alert | None) -> str:
        """Say what going back to the chosen version would do."""
        if change is None:
            return ""
        if version is None:
            return "This version does not fit this program any more, so there is no way back to it."
        if self._now is None:
            return "The alert is deleted. It comes back as it was then, with its history."
        differing = field_changes(self._now, version, self._switches)
        if not differing:
            return "This is how it is now. Choose an earlier version to go back to it."
        return f"Going back would change: {'; '.join(each.words for each in differing)}."

    def _on_revert(self) -> None:
        version, now = self.version(), self._now
        if version is None or version == now:
            return
        store, by = self._context.service.store, self._context.author(self._clock())
        alerts = store.alerts
        try:
            offers, _ = read_offers(store, self._context.zone())
            gone = gone_names(version, now, offers) if now is not None else {}
            if gone:
                self.sentence.set(f"Nothing was changed. {' '.join(gone.values())}", Role.CRITICAL)
                return
            saved = alerts.undelete([version], by=by)[0] if now is None else alerts.save(version, by=by)
        except (BadInput, StoreError) as error:
            self.sentence.set(error.sentence, Role.CRITICAL)
            return
        self._context.service.soon()
        word = "brought back" if now is None else "is as it was"
        self.setWindowTitle(f"History of changes: {saved.title}")
        self._title.set(saved.title)
        self.read()
        self.reverted.emit(saved)  # before the words: an open editor says that it shows another version now
        self._context.messages.say(f"{saved.title} {word}", None if now is None else lambda: self._undo(now))

    def _undo(self, before: Alert) -> None:
        try:
            saved = self._context.service.store.alerts.save(before, by=self._context.author(self._clock()))
        except (BadInput, StoreError) as error:
            self._context.messages.fail("The change was not taken back", error.sentence)
            return
        self._context.service.soon()
        self.reverted.emit(saved)


class DeletedDialog(QDialog):
    """The alerts that were deleted, newest first, and Bring back.

    `bring_back` brings alerts back and says so; `show` shows the list anew when one came back by its history.
    """

    def __init__(
        self,
        context: ScreenContext,
        clock: Callable[[], datetime],
        bring_back: Callable[[Sequence[Alert]], Sequence[Alert]],
        show: Callable[[], object],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._context, self._clock, self._bring_back, self._show_list = context, clock, bring_back, show
        self.setObjectName("deleted_alerts")
        self.setWindowTitle("Deleted alerts")
        self.setAccessibleName("Deleted alerts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.changes = ChangesTable("deleted_alerts_table", clock, titles=True)
        self.changes.view.setAccessibleName("Deleted alerts")
        self.sentence = Label("", Role.MUTED, wrap=True, name="deleted_alerts_sentence")
        self.history = Button("History", "deleted_alerts_history", icon="history")
        self.back = PrimaryButton("Bring back", "deleted_alerts_back", icon="revert", hint="Enter")
        panel = Panel("deleted_alerts_panel")
        panel.body.addWidget(self.changes)
        close = Button("Close", "deleted_alerts_close", hint="Esc")
        close.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.history)
        foot.addStretch(1)
        foot.addWidget(close)
        foot.addWidget(self.back)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(panel, 1)
        column.addWidget(self.sentence)
        column.addLayout(foot)
        view = self.changes.view
        view.selected_changed.connect(self._tell)
        view.current_changed.connect(lambda _key: self._tell())
        view.opened.connect(lambda _key: self._on_back())
        self.back.clicked.connect(self._on_back)
        self.history.clicked.connect(self._on_history)
        resize_within(self, parent, 720, 480)
        self.read()
        view.setFocus()

    def read(self) -> None:
        """Read which alerts are gone: those whose last change deleted them."""
        store = self._context.service.store
        try:
            here = {alert.id for alert in store.alerts.all()}
            last: dict[int, AlertChange] = {}
            for change in store.alerts.changes(_LOOK_BACK):
                last.setdefault(change.alert_id, change)
        except StoreError as error:
            state = PageState(StateKind.ERROR, "The deleted alerts were not read", error.sentence, "Read again", self.read)
            self.changes.set_state(state)
            return
        gone = [change for change in last.values() if change.kind is ChangeKind.DELETED and change.alert_id not in here]
        self.changes.set_state(None if gone else PageState(StateKind.EMPTY, "No deleted alerts", "All alerts are in the list."))
        self.changes.show_changes(gone)
        self._tell()

    def chosen(self) -> list[AlertChange]:
        """Return the chosen ones, the current one when none is selected."""
        view = self.changes.view
        keys = view.selected_keys() or [view.current_key()]
        return [change for key in keys if (change := self.changes.changes.find(key)) is not None]

    def _tell(self) -> None:
        chosen = self.chosen()
        lost = [change.title for change in chosen if change.before is None]
        self.back.setEnabled(bool(chosen) and not lost)
        self.back.setText(f"Bring back {text.plural(len(chosen), 'alert')}" if len(chosen) > 1 else "Bring back")
        self.history.setEnabled(len(chosen) == 1)
        if lost:
            self.sentence.set(f"{', '.join(lost)}: does not fit this program any more and cannot be brought back.")
        else:
            self.sentence.set("They come back under their titles, with their history." if chosen else "")

    def _on_back(self) -> None:
        gone = [change.before for change in self.chosen() if change.before is not None]
        if self.back.isEnabled() and gone and self._bring_back(gone):
            self.accept()

    def _on_history(self) -> None:
        chosen = self.chosen()
        if len(chosen) == 1:
            change = chosen[0]
            dialog = HistoryDialog(self._context, change.alert_id, change.title, self._clock, self)
            dialog.reverted.connect(self._on_reverted)
            dialog.open()

    def _on_reverted(self, _alert: Alert) -> None:
        self._show_list()
        self.read()
