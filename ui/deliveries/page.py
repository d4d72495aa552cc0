"""The Deliveries page: did it arrive. The newest messages with their state, live; at the right one of them in full.

Runs on the window's thread; reads the store on a thread of its own (reading.py), one reading after the other.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QWidget
from shiboken6 import isValid

from noc_alerts.model.deliveries import Cause, Channel, DeliveryState
from noc_alerts.model.errors import NocError
from noc_alerts.store.outbox import DeliveryLine
from ui import text
from ui.commands import Command, Menu
from ui.deliveries.columns import COLUMNS, MARKS, STATES, WAITING_ICON, spoken
from ui.deliveries.detail import DetailPanel
from ui.deliveries.opening import open_cause
from ui.deliveries.reading import LIMIT, Read, read_all, read_apart, read_changes
from ui.deliveries.words import sent_words, waits_words
from ui.prefs import prefs
from ui.tables import TableModel
from ui.theme import Role, theme
from ui.widgets.buttons import Chip, LinkButton
from ui.widgets.fields import TextField
from ui.widgets.page import Page, Panel, SplitPane
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.context import ScreenContext

PAGE = "deliveries"


def make_page(context: ScreenContext) -> QWidget:
    """Make the page."""
    return DeliveriesPage(context)


class _OutboxModel(TableModel[DeliveryLine]):
    """A list whose rows never change places: there is nothing to hold back under the pointer."""

    def hold(self, held: bool) -> None:
        """Do nothing: the page keeps the lines under the pointer in place."""


class DeliveriesPage(Page):
    """The messages and what became of them."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__("deliveries_page", "Deliveries")
        self._context = context
        self._store = context.service.store
        self._last_sent: dict[Channel, datetime] = {}
        self._waiting = self._unread = 0
        self._reading = self._again = self._stale = self._failed = False
        self._whole = True  # everything is to be read, not only what changed
        self._wanted: int | None = None  # to be chosen as soon as it was read
        self._model = _OutboxModel(COLUMNS, key=lambda d: d.id, order=lambda d: -d.id, spoken=spoken)
        self.area = TableArea(self._model, "deliveries_list")
        self.area.view.setAccessibleName("Deliveries")
        self.detail = DetailPanel(self._store)
        self._chips = {state: _chip(state) for state in STATES}
        self._tests = Chip("Tests", "deliveries_tests", icon="check")
        self._search = TextField("deliveries_search", placeholder="Search to, subject, answer")
        self._search.setAccessibleName("Search the deliveries")
        self._search.setClearButtonEnabled(True)
        theme.follow(self._search, lambda: self._search.setFixedWidth(theme.px(240)))
        self._search.installEventFilter(self)
        self._new_lines = LinkButton("", "deliveries_new_lines", icon="chevron-up")
        self._new_lines.hide()
        self._panel = Panel("deliveries_panel", "Messages")
        for chip in (*self._chips.values(), self._tests):
            self._panel.add_action(chip)
        self.add_action(self._new_lines)
        self.add_action(self._search)
        self._panel.body.addWidget(self.area)
        self.body.addWidget(SplitPane(self._panel, self.detail, "deliveries_split", detail_width=360))
        self.area.view.setFocus()  # where the focus goes when the page is opened
        self._connect()
        self._add_commands()
        self.reload()

    def show_item(self, item: object) -> None:
        """Choose a delivery by its id, or show only those of one state."""
        if isinstance(item, DeliveryState):
            self._show_all()
            self._chips[item].setChecked(True)
        elif isinstance(item, int):
            self._wanted = item
            self._choose_wanted()
        self.area.view.setFocus()

    @property
    def reading(self) -> bool:
        """Return whether the store is being read now."""
        return self._reading

    def panes(self) -> list[QWidget]:
        """Return the widgets F6 goes round."""
        return [self.area.view, self.detail]

    # --- building ---------------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        view = self.area.view
        view.opened.connect(self._open)
        view.current_changed.connect(self._on_current_changed)
        view.menu_asked.connect(self._on_menu_asked)
        view.filter_asked.disconnect(self.area.open_filter)  # the search stands in the head all the time
        view.filter_asked.connect(self._focus_search)
        view.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        for chip in (*self._chips.values(), self._tests):
            chip.toggled.connect(self._on_filter_changed)
        self._search.textChanged.connect(self._on_filter_changed)
        self._new_lines.clicked.connect(view.scrollToTop)
        self.detail.open_asked.connect(self._open_current)
        self._context.bridge.deliveries_changed.connect(self._on_deliveries_changed)
        prefs.changed.connect(self._on_pref_changed)

    def _add_commands(self) -> None:
        add = self._context.commands.add
        add(
            Command("deliveries.open", "&Open what the message is about", Menu.GO, group=5, page=PAGE),
            self._open_current,
            enabled=lambda: self._current() is not None,
        )
        add(
            Command("deliveries.copy_text", "Copy the message's &text", Menu.EDIT, key="Ctrl+Shift+C", page=PAGE),
            self.detail.copy_text,
            enabled=lambda: self.detail.has_text,
        )

    # --- reading ----------------------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read the newest messages anew."""
        self._whole = True
        if not self._model.total:
            self.area.set_state(PageState(StateKind.LOADING, "Reading the deliveries", "The newest 2,000 are read."))
        self._ask()

    def _ask(self) -> None:
        """Read all, or what changed; what is asked for during a reading is read after it."""
        if self._reading:
            self._again = True
            return
        self._reading, store = True, self._store
        if self._whole:
            self._whole = False
            future = read_apart(lambda: read_all(store))
        else:
            rows = self._model.rows()
            shown = (rows[-1].id, rows[0].id) if rows else (0, 0)
            waiting = [row.id for row in rows if row.state is DeliveryState.WAITING]
            future = read_apart(lambda: read_changes(store, shown, waiting))
        self._context.bridge.run(future, self._on_read, self._on_failed)

    def _on_read(self, read: Read) -> None:
        if not isValid(self):  # the page was closed meanwhile
            return
        self._reading = self._failed = False
        self._waiting = read.waiting
        if read.whole:
            self._last_sent = dict(read.last_sent)
        for line in read.lines:
            if line.sent_at is not None:
                self._last_sent[line.channel] = max(line.sent_at, self._last_sent.get(line.channel, line.sent_at))
        self._take(read)
        self._say()
        self._choose_wanted()
        self.detail.refresh(self._current())
        self._context.commands.refresh()
        if self._again:
            self._again = False
            self._ask()

    def _on_failed(self, error: NocError) -> None:
        if not isValid(self):
            return
        self._whole = self._failed = True
        self._reading = self._again = False  # the next news or a person tries again
        sentence = error.sentence
        self.area.set_state(PageState(StateKind.ERROR, "The deliveries cannot be read", sentence, "Try again", self.reload))
        self.set_sentence("")

    def _take(self, read: Read) -> None:
        """Take in what was read; what is being looked at stays where it is."""
        view, bar = self.area.view, self.area.view.verticalScrollBar()
        follows = bar.value() == 0 and not view.underMouse()
        top = view.rowAt(0)
        key = self._model.key_at(top) if top >= 0 else None
        offset = bar.value() - top * view.row_height
        newest = self._newest()
        if read.whole:
            self._model.set_rows(read.lines)
        else:
            self._model.upsert(read.lines)
            if self._model.total > LIMIT:
                self._model.remove([row.id for row in self._model.rows()[LIMIT:]])
        view.executeDelayedItemsLayout()  # the range of the scroll bar must know the new lines first
        if follows or key is None:
            bar.setValue(0)
            return
        if (place := self._model.view_row(key)) >= 0:
            bar.setValue(place * view.row_height + offset)
        if bar.value():
            self._unread += sum(line.id > newest and self._model.view_row(line.id) >= 0 for line in read.lines)

    def _newest(self) -> int:
        rows = self._model.rows()
        return rows[0].id if rows else 0

    def _on_deliveries_changed(self, _waiting: int) -> None:
        if self.isVisible():
            self._ask()
        else:
            self._stale = True

    def showEvent(self, event: QShowEvent) -> None:
        """Take in what changed while another page was open."""
        super().showEvent(event)
        if self._stale:
            self._stale = False
            self._ask()

    # --- words ------------------------------------------------------------------------------------------------------------

    def _say(self) -> None:
        rows, now = self._model.rows(), datetime.now(UTC)
        waits = waits_words(self._waiting, rows, now, prefs.zone)
        sent = sent_words(self._last_sent, {row.channel for row in rows}, now, prefs.zone)
        tried = any(row.state is DeliveryState.WAITING and row.tries for row in rows)
        self.set_sentence(". ".join(part for part in (waits, sent) if part), Role.WARNING if tried else Role.MUTED)
        counts = Counter(row.state for row in rows)
        for state, chip in self._chips.items():
            chip.set_count(counts[state])
        self._tests.set_count(sum(row.cause is Cause.TEST for row in rows))
        self._say_shown()

    def _say_shown(self) -> None:
        total, shown = self._model.total, self._model.rowCount()
        listed = f"the last {text.number(LIMIT)}" if total >= LIMIT else text.number(total)
        self._panel.set_note(listed if shown == total else f"{text.number(shown)} of {listed}")
        self._new_lines.setText(text.plural(self._unread, "new message"))
        self._new_lines.setVisible(self._unread > 0)
        if self._failed or (self._reading and not total):
            return  # that it failed, or is being read, is said already
        if not total:
            words = "Messages to people are listed here, with what became of them, as soon as an alert tells somebody."
            self.area.set_state(PageState(StateKind.EMPTY, "No message was made yet", words))
        elif not shown:
            words = f"None of {listed if total >= LIMIT else 'them'} passes the filters. {text.number(total)} are hidden."
            self.area.set_state(PageState(StateKind.EMPTY, "Nothing matches", words, "Show all", self._show_all))
        else:
            self.area.set_state(None)

    def _on_pref_changed(self, name: str) -> None:
        if name in ("zone", "other_zone") and self._model.total:
            self._say()
            self.detail.show_line(self._current())

    # --- filters ----------------------------------------------------------------------------------------------------------

    def _on_filter_changed(self, _what: object) -> None:
        states = {state for state, chip in self._chips.items() if chip.isChecked()}
        tests = self._tests.isChecked()

        def passes(line: DeliveryLine) -> bool:
            return (not states or line.state in states) and (not tests or line.cause is Cause.TEST)

        self._model.set_predicate(passes if states or tests else None)
        self._model.set_needle(self._search.text())
        self._say_shown()

    def _show_all(self) -> None:
        for chip in (*self._chips.values(), self._tests):
            chip.setChecked(False)
        self._search.clear()

    def _focus_search(self) -> None:
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc empties the search, Down and Enter go to the rows."""
        if watched is self._search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            escape = event.key() == Qt.Key.Key_Escape
            if escape or event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if escape:
                    self._search.clear()
                self.area.view.setFocus(Qt.FocusReason.ShortcutFocusReason)
                if self._current() is None and self._model.rowCount():
                    self.area.view.select_key(self._model.key_at(0))
                return True
        return super().eventFilter(watched, event)

    def _on_scrolled(self, value: int) -> None:
        if value == 0 and self._unread:
            self._unread = 0
            self._say_shown()

    # --- the chosen message -----------------------------------------------------------------------------------------------

    def _current(self) -> DeliveryLine | None:
        key = self.area.view.current_key()
        return None if key is None else self._model.find(key)

    def _choose_wanted(self) -> None:
        if self._wanted is not None and self._model.find(self._wanted) is not None:
            if self._model.view_row(self._wanted) < 0:
                self._show_all()
            self.area.view.select_key(self._wanted)
            self._wanted = None

    def _on_current_changed(self, _key: object) -> None:
        self.detail.show_line(self._current())
        self._context.commands.refresh()

    def _on_menu_asked(self, key: object, at: QPoint) -> None:
        if key is not None:
            self.area.view.show_menu(self.row_menu(), at)

    def row_menu(self) -> QMenu:
        """Return the context menu of the chosen rows: the same commands as the keys."""
        menu = QMenu(self)
        menu.setObjectName("deliveries_menu")
        menu.addAction(self._context.commands.action("deliveries.open"))
        menu.addAction(self._context.commands.action("deliveries.copy_text"))
        menu.addSeparator()
        menu.addAction("Copy rows").triggered.connect(self.area.view.copy)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _open_current(self) -> None:
        self._open(self.area.view.current_key())

    def _open(self, key: object) -> None:
        line = self._model.find(key)
        if line is not None and not open_cause(self._context, line):
            self.detail.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _chip(state: DeliveryState) -> Chip:
    mark = MARKS[state][0] if state in MARKS else None
    return Chip(STATES[state], f"deliveries_{state.value}", mark=mark, icon="" if mark is not None else WAITING_ICON)
