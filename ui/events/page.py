"""The Events page: the one log of what happened and why, newest on top, live.

Runs on the window's thread; the store filters, this page holds what was read so far and reads older lines at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from noc_alerts.model.errors import NocError, StoreError
from noc_alerts.model.events import Event, EventType
from ui import text
from ui.commands import Command, Menu
from ui.events.columns import COLUMNS, ICONS, WORDS, spoken, write_csv
from ui.events.explain import ExplainPanel
from ui.setup.errands import run_errand
from ui.tables import TableModel
from ui.widgets.buttons import Button, Chip, LinkButton
from ui.widgets.fields import TextField
from ui.widgets.page import Page, Panel, SplitPane
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from noc_alerts.store import Store
    from ui.context import ScreenContext

PAGE = "events"
BATCH = 200  # lines read at once; the table takes in so many one by one, without a reset
TYPING_PAUSE_MS = 250


def make_page(context: ScreenContext) -> QWidget:
    """Make the page."""
    return EventsPage(context)


class _LogModel(TableModel[Event]):
    """A log: lines come in on top and never change places, so there is nothing to hold back under the pointer."""

    def hold(self, held: bool) -> None:
        """Do nothing: the order of a log never changes; the page keeps the lines under the pointer in place."""


class EventsPage(Page):
    """The log."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__("events_page", "Events")
        self._context = context
        self._store = context.service.store
        self._newest = self._unread = 0
        self._complete = self._stale = False
        self._model = _LogModel(COLUMNS, key=lambda e: e.id, order=lambda e: -(e.id or 0), spoken=spoken)
        self.area = TableArea(self._model, "events_list")
        self.area.view.setAccessibleName("Events")
        self.explain = ExplainPanel(self._store)
        self._chips = {t: Chip(WORDS[t], f"events_{t.value}", icon=ICONS[t]) for t in EventType}
        self._search = TextField("events_search", placeholder="Search sender, subject, text")
        self._search.setAccessibleName("Search the log")
        self._search.setClearButtonEnabled(True)
        self._search.setFixedWidth(240)
        self._new_lines = LinkButton("", "events_new_lines", icon="chevron-up")
        self._new_lines.hide()
        self._export = Button("Export…", "events_export", icon="export")
        self._pause = QTimer(self, singleShot=True, interval=TYPING_PAUSE_MS)
        for widget in (self._new_lines, *self._chips.values(), self._search, self._export):
            self.add_action(widget)
        panel = Panel("events_panel")
        panel.body.addWidget(self.area)
        self.body.addWidget(SplitPane(panel, self.explain, "events_split", detail_width=360))
        self.area.view.setFocus()  # where the focus goes when the page is opened
        self._connect()
        self._add_commands()
        self.reload()

    def show_item(self, item: object) -> None:
        """Show the newest line of an alarm (its id), or search for a text."""
        if isinstance(item, str):
            self._search.setText(item)
        elif isinstance(item, int):
            found = next((e for e in self._model.rows() if e.alarm_id == item), None)
            if found is not None:
                self.area.view.executeDelayedItemsLayout()  # lines that just came in have no place before that
                self.area.view.select_key(found.id)
        self.area.view.setFocus()

    def panes(self) -> list[QWidget]:
        """Return the widgets F6 goes round."""
        return [self.area.view, self.explain]

    # --- building ---------------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        view = self.area.view
        view.opened.connect(self._open)
        view.current_changed.connect(self._on_current_changed)
        view.menu_asked.connect(self._on_menu_asked)
        # here "/" searches the whole log, not only the lines that were read so far
        view.filter_asked.disconnect(self.area.open_filter)
        view.filter_asked.connect(self._focus_search)
        view.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        for chip in self._chips.values():
            chip.toggled.connect(self._on_type_toggled)
        self._search.textChanged.connect(self._on_search_changed)
        self._pause.timeout.connect(self.reload)
        self._new_lines.clicked.connect(self._go_to_top)
        self._export.clicked.connect(self._ask_export)
        self._context.bridge.events_added.connect(self._on_events_added)

    def _add_commands(self) -> None:
        add = self._context.commands.add
        add(Command("events.explain", "&Explain this line", Menu.EDIT, key="E", page=PAGE), self._explain, enabled=self._chosen)
        add(
            Command("events.open", "&Open what the line is about", Menu.GO, group=5, page=PAGE),
            self._open_current,
            enabled=self._chosen,
        )
        add(Command("events.export", "E&xport events…", Menu.FILE, group=2, page=PAGE), self._ask_export)

    # --- reading ----------------------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read the newest lines that pass the filters, and forget the others."""
        self._pause.stop()
        self._stale, self._unread = False, 0
        found = self._read(BATCH)
        if found is None:
            return
        self._complete = len(found) < BATCH
        self._newest = max((e.id or 0 for e in found), default=0)
        self._model.set_rows(found)
        self.area.view.scrollToTop()
        self._say()

    def _read(self, limit: int, before_id: int | None = None) -> list[Event] | None:
        """Read lines newest first; None when the store could not, which the table then says."""
        try:
            found = self._store.events.list(limit, before_id, self._types(), self._search.text())
        except StoreError as error:
            self.area.set_state(PageState(StateKind.ERROR, "The log cannot be read", error.sentence, "Try again", self.reload))
            return None
        self.area.set_state(None)
        return found

    def _types(self) -> tuple[EventType, ...] | None:
        chosen = tuple(t for t, chip in self._chips.items() if chip.isChecked())
        return chosen or None

    def _on_events_added(self) -> None:
        if not self.isVisible():
            self._stale = True
            return
        self._take_new()

    def showEvent(self, event: object) -> None:
        """Take in what was added while another page was open."""
        super().showEvent(event)  # type: ignore[arg-type]  # QShowEvent, kept untyped to not import it for one call
        if self._stale:
            self._stale = False
            self._take_new()

    def _take_new(self) -> None:
        """Put lines newer than the newest one on top; what is being looked at stays where it is."""
        new: list[Event] = []
        before_id: int | None = None
        while True:
            found = self._read(BATCH, before_id)
            if found is None:
                return
            new += [e for e in found if (e.id or 0) > self._newest]
            if len(found) < BATCH or (found[-1].id or 0) <= self._newest:
                break
            if len(new) > 5 * BATCH:  # a flood: a fresh start is quicker and shows the same
                self.reload()
                return
            before_id = found[-1].id
        if new:
            self._newest = new[0].id or 0
            self._insert_on_top(new)
        self.explain.refresh()
        self._say()

    def _insert_on_top(self, new: list[Event]) -> None:
        bar = self.area.view.verticalScrollBar()
        follow = bar.value() == 0 and not self.area.view.underMouse()
        place = bar.value()
        self._model.upsert(new)
        if follow:
            bar.setValue(0)
            return
        self._unread += len(new)
        self.area.view.executeDelayedItemsLayout()  # the range of the scroll bar must know the new lines first
        bar.setValue(place + len(new) * self.area.view.row_height)

    def _on_scrolled(self, value: int) -> None:
        bar = self.area.view.verticalScrollBar()
        if value == 0 and self._unread:
            self._unread = 0
            self._say()
        if not self._complete and self._model.total and value >= bar.maximum() - 4 * self.area.view.row_height:
            self._read_older()

    def _read_older(self) -> None:
        oldest = min(e.id or 0 for e in self._model.rows())
        found = self._read(BATCH, oldest)
        if found is None:
            return
        self._complete = len(found) < BATCH
        place = self.area.view.verticalScrollBar().value()
        self._model.upsert(found)
        self.area.view.verticalScrollBar().setValue(place)
        self._say()

    # --- words ------------------------------------------------------------------------------------------------------------

    def _say(self) -> None:
        total = text.plural(self._model.total, "line")
        words = total if self._complete else f"{total} read so far, older ones follow when you scroll"
        self.set_sentence(words if self._model.total else "")
        self._new_lines.setText(text.plural(self._unread, "new line"))
        self._new_lines.setVisible(self._unread > 0)
        if self._model.total:
            self.area.set_state(None)
        elif self._types() or self._search.text().strip():
            words = f"No line contains “{self._search.text().strip()}”." if self._search.text().strip() else "No such line yet."
            self.area.set_state(PageState(StateKind.EMPTY, "Nothing matches", words, "Show all", self._show_all))
        else:
            self.area.set_state(
                PageState(StateKind.EMPTY, "Nothing happened yet", "Alarms, messages, errors and changes are written here.")
            )

    # --- what a person does -----------------------------------------------------------------------------------------------

    def _on_type_toggled(self, _on: bool) -> None:
        self.reload()

    def _on_search_changed(self, _words: str) -> None:
        self._pause.start()

    def _show_all(self) -> None:
        for chip in self._chips.values():
            chip.blockSignals(True)
            chip.setChecked(False)
            chip.blockSignals(False)
            chip.update()
        self._search.clear()
        self.reload()

    def _focus_search(self) -> None:
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def _go_to_top(self) -> None:
        self.area.view.scrollToTop()

    def _chosen(self) -> bool:
        return self.area.view.current_key() is not None

    def _current(self) -> Event | None:
        key = self.area.view.current_key()
        return None if key is None else self._model.find(key)

    def _on_current_changed(self, _key: object) -> None:
        self.explain.show_event(self._current())
        self._context.commands.refresh()

    def _on_menu_asked(self, key: object, at: QPoint) -> None:
        if key is None:
            return
        menu = QMenu(self)
        menu.setObjectName("events_menu")
        menu.addAction(self._context.commands.action("events.open"))
        menu.addAction(self._context.commands.action("events.explain"))
        menu.addSeparator()
        menu.addAction("Copy").triggered.connect(self.area.view.copy)
        self.area.view.show_menu(menu, at)

    def _explain(self) -> None:
        self.explain.show_event(self._current(), again=True)
        self.explain.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _open_current(self) -> None:
        self._open(self.area.view.current_key())

    def _open(self, key: object) -> None:
        event = self._model.find(key)
        if event is None:
            return
        if event.alarm_id is not None:
            self._context.go("overview", event.alarm_id)
        elif event.connection_id is not None:
            self._context.go("switches", event.connection_id)
        else:
            self._explain()

    # --- export -----------------------------------------------------------------------------------------------------------

    def _ask_export(self) -> None:
        dialog = QFileDialog(self, "Export events", "events.csv", "CSV (*.csv)")
        dialog.setObjectName("events_export_dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.export_to(Path(name)))
        dialog.open()

    def export_to(self, path: Path) -> Future[int]:
        """Write all lines that pass the filters into a CSV file, also those not read yet; says how many when it is done."""
        types, words = self._types(), self._search.text()
        future = run_errand(lambda: _export(self._store, path, types, words))
        self._context.bridge.run(future, lambda n: self._on_exported(n, path), self._on_export_failed)
        return future

    def _on_exported(self, lines: int, path: Path) -> None:
        self._context.messages.say(f"{text.plural(lines, 'line')} written to {path.name}")

    def _on_export_failed(self, error: NocError) -> None:
        self._context.messages.fail("The log was not exported", error.sentence)


def _export(store: Store, path: Path, types: tuple[EventType, ...] | None, words: str) -> int:
    """Write the log to a file, batch by batch. Raises NocError."""

    def lines() -> Iterator[Event]:
        before_id: int | None = None
        while True:
            found = store.events.list(1000, before_id, types, words)
            yield from found
            if len(found) < 1000:
                return
            before_id = found[-1].id

    try:
        return write_csv(path, lines())
    except OSError as error:
        raise NocError(f"{path.name} cannot be written: {error.strerror or error}. Choose another folder.") from error
