"""The list of alerts: head with filters, table, and what can be done to the chosen rows.

Runs on the window's thread. Reads alerts from the store, writes intents to it and asks the service for soon.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.alarms import Verdict
from noc_alerts.model.alerts import Alert, NoticeLevel
from noc_alerts.model.connections import Connection
from noc_alerts.model.errors import BadInput, StoreError
from ui import text
from ui.alerts import words
from ui.alerts.rows import AlertRow, RowCells, make_rows, order_of
from ui.marks import Mark
from ui.prefs import prefs
from ui.tables import TableModel
from ui.theme import Role
from ui.widgets.buttons import Chip, PrimaryButton
from ui.widgets.page import Page, Panel, global_below
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.context import ScreenContext

#: The filters of the head: verdicts under one word.
_FILTERS: tuple[tuple[str, str, Mark | None, frozenset[Verdict | None]], ...] = (
    ("in_alarm", "In alarm", Mark.CRITICAL, frozenset({Verdict.IN_ALARM})),
    ("error", "Error", None, frozenset({Verdict.ERROR})),
    ("pending", "Pending", None, frozenset({Verdict.PENDING})),
    ("blind", "Blind", Mark.BLIND, frozenset({Verdict.BLIND})),
    ("no_data", "No data", None, frozenset({Verdict.NO_DATA, None})),
    ("ready", "Ready", None, frozenset({Verdict.READY, Verdict.BLOCKED})),
    ("paused", "Paused", None, frozenset({Verdict.PAUSED})),
)

#: Filters that stand in the head only while there is something to filter.
_SELDOM = frozenset({"error", "pending"})


def utc_now() -> datetime:
    """Read the clock, for ages and for the ends of pauses."""
    return datetime.now(UTC)


class AlertList(Page):
    """The list page. `open_asked` carries an alert's id; `menu_wanted` a row's id and where."""

    open_asked = Signal(int)
    new_asked = Signal()
    menu_wanted = Signal(int, QPoint)
    selection_changed = Signal()

    def __init__(self, context: ScreenContext, clock: Callable[[], datetime] = utc_now, parent: QWidget | None = None) -> None:
        super().__init__("alerts_list_page", "Alerts", parent=parent)
        self._context, self._clock = context, clock
        self._cells = RowCells(clock())
        self.model: TableModel[AlertRow] = TableModel(
            self._cells.columns(),
            key=lambda row: row.key,
            order=order_of,
            style=self._cells.style,
            spoken=self._cells.spoken,
        )
        self.area = TableArea(self.model, "alerts_table", two_lines=True)
        self.area.view.setAccessibleName("Alerts")
        self._chips: dict[str, Chip] = {}
        self._alerts: list[Alert] = []
        self._connections: list[Connection] = []
        self._revision = -1
        self._unsaved: tuple[str, ...] = ()
        self._lay_out()
        self._connect()
        self.reload()

    def _lay_out(self) -> None:
        for key, word, mark, _ in _FILTERS:
            chip = Chip(word, f"alerts_filter_{key}", mark=mark)
            chip.setChecked(True)
            chip.setToolTip(f"Show or hide alerts that are {word.lower()}")
            chip.toggled.connect(self._on_filter_toggled)
            self._chips[key] = chip
            self.add_action(chip)
        self._new = PrimaryButton("New alert", "alerts_new", icon="add", hint="N")
        self.add_action(self._new)
        panel = Panel("alerts_list_panel")
        panel.body.addWidget(self.area)
        self.body.addWidget(panel, 1)

    def _connect(self) -> None:
        view = self.area.view
        view.opened.connect(lambda key: self.open_asked.emit(int(key)))
        view.toggled.connect(self._on_toggled)
        view.menu_asked.connect(lambda key, at: self.menu_wanted.emit(int(key), at))
        view.current_changed.connect(lambda _key: self.selection_changed.emit())
        view.selected_changed.connect(self.selection_changed)
        self._new.clicked.connect(self.new_asked)
        self._context.bridge.rounded.connect(self._on_rounded)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read the alerts anew and show how they stand."""
        try:
            store = self._context.service.store
            revision = store.alerts.revision()
            alerts, connections = store.alerts.all(), store.connections.all()
        except StoreError as error:
            self.area.set_state(
                PageState(StateKind.ERROR, "The alerts were not read", error.sentence, "Read them again", self.reload)
            )
            return
        self._revision, self._alerts, self._connections = revision, alerts, connections
        self._show_rows()

    def _show_rows(self) -> None:
        self._cells.now = self._clock()
        self.model.set_rows(make_rows(self._alerts, self._connections, self._context.bridge.snapshot))
        self.area.set_state(None if self._alerts else self._empty_state())
        self._tell_counts()
        self.selection_changed.emit()

    def _empty_state(self) -> PageState:
        return PageState(
            StateKind.EMPTY,
            "No alerts",
            "Nothing is judged and nobody is told until there is an alert.",
            "Make the first alert",
            self.new_asked.emit,
        )

    def _tell_counts(self) -> None:
        now, rows = self._cells.now, self.model.rows()
        counts = {key: sum(row.verdict(now) in verdicts for row in rows) for key, _, _, verdicts in _FILTERS}
        for key, chip in self._chips.items():
            chip.set_count(counts[key])
            seldom = key in _SELDOM and not counts[key] and chip.isChecked()
            chip.setVisible(bool(rows) and not seldom)
        hidden = [(word, counts[key], verdicts) for key, word, _, verdicts in _FILTERS if not self._chips[key].isChecked()]
        sentence = text.plural(len(rows), "alert") if rows else ""
        firing = sum(row.verdict(now) is Verdict.IN_ALARM for row in rows)
        sentence += f", {text.number(firing)} in alarm" if firing else ""
        told_hidden = [f"{text.number(count)} {word.lower()}" for word, count, _ in hidden if count]
        if told_hidden:
            sentence += f" ({', '.join(told_hidden)} hidden)"
        sentence += f". Not saved, Ctrl+Tab goes there: {', '.join(self._unsaved)}" if self._unsaved else ""
        critical = any(row.alert.level is NoticeLevel.CRITICAL and row.verdict(now) is Verdict.IN_ALARM for row in rows) and any(
            Verdict.IN_ALARM in verdicts for _, _, verdicts in hidden
        )
        self.set_sentence(sentence, Role.CRITICAL if critical else Role.MUTED)

    def tell_unsaved(self, titles: tuple[str, ...]) -> None:
        """Say in the head which open editors hold changes that are not saved."""
        self._unsaved = titles
        self._tell_counts()

    def tick(self, now: datetime) -> None:
        """Let the ages run."""
        self._cells.now = now
        self.model.refresh()

    # --- what is chosen ----------------------------------------------------------------------------------------------

    def chosen(self) -> list[Alert]:
        """Return the alerts of the selected rows, from top to bottom; the current one when none is selected."""
        keys: Iterable[Hashable] = self.area.view.selected_keys() or [self.area.view.current_key()]
        return [row.alert for key in keys if (row := self.model.find(key)) is not None]

    def current(self) -> AlertRow | None:
        """Return the current row."""
        return self.model.find(self.area.view.current_key())

    def select(self, alert_id: int) -> None:
        """Choose an alert's row and no other, also when a filter hid it."""
        if self.model.find(alert_id) is None:
            return
        if self.model.view_row(alert_id) < 0:
            for chip in self._chips.values():
                chip.setChecked(True)
            self.area.close_filter()
        view = self.area.view
        view.select_key(alert_id)
        # Explicitly, because Ctrl may still be held down (Ctrl+D), and a view then adds to what is selected.
        flags = QItemSelectionModel.SelectionFlag
        view.selectionModel().select(view.currentIndex(), flags.ClearAndSelect | flags.Rows)

    # --- what is done ------------------------------------------------------------------------------------------------

    def save_all(self, alerts: Iterable[Alert]) -> list[Alert]:
        """Save alerts and show them; say what was refused and keep the rest."""
        saved = []
        for alert in alerts:
            try:
                saved.append(self._context.service.store.alerts.save(alert))
            except (BadInput, StoreError) as error:
                self._context.messages.fail(f"{alert.title} was not changed", error.sentence)
        if saved:
            self._context.service.soon()
            self.reload()
        return saved

    def set_enabled(self, enabled: bool) -> None:
        """Switch the chosen alerts on or off, with undo."""
        before = [alert for alert in self.chosen() if alert.enabled is not enabled]
        if not before or not self.save_all(replace(alert, enabled=enabled) for alert in before):
            return
        word = "on" if enabled else "off"
        self._context.messages.say(f"{_named(before)} switched {word}", lambda: self.save_all(before))

    def delete(self) -> None:
        """Delete the chosen alerts; for 10 s they can be had back under the same titles."""
        before, gone = self.chosen(), []
        for alert in before:
            try:
                self._context.service.store.alerts.delete(alert.id or 0)
                gone.append(alert)
            except StoreError as error:
                self._context.messages.fail(f"{alert.title} was not deleted", error.sentence)
        if not gone:
            return
        self._context.service.soon()
        self.reload()
        in_alarm = sum(row.line.in_alarm for alert in gone if (row := self._row_before(alert)) and row.line)
        closes = f", {text.plural(in_alarm, 'alarm')} closed" if in_alarm else ""
        self._context.messages.say(f"{_named(gone)} deleted{closes}", lambda: self._bring_back(gone))

    def _row_before(self, alert: Alert) -> AlertRow | None:
        rows = make_rows([alert], self._connections, self._context.bridge.snapshot)
        return rows[0] if rows else None

    def _bring_back(self, gone: list[Alert]) -> None:
        saved = self.save_all(replace(alert, id=None) for alert in gone)
        if saved:
            self.select(saved[0].id or 0)
            self._context.messages.say(f"{_named(saved)} brought back")

    def pause_menu(self, parent: QWidget) -> QMenu:
        """Return the menu of P: three ends and, for what is paused, the end of the pause."""
        chosen, now = self.chosen(), self._clock()
        menu = QMenu(parent)
        menu.setObjectName("alerts_pause_menu")
        menu.setTitle("Pause")
        for at, (said, until) in enumerate(words.pause_choices(now, prefs.zone)):
            action = menu.addAction(f"Pause {'for ' if not said.startswith('until') else ''}{said}")
            action.setObjectName(f"alerts_pause_{at}")
            action.triggered.connect(lambda _checked=False, until=until: self.pause(chosen, until))
        menu.addSeparator()
        off = menu.addAction("End the pause")
        off.setObjectName("alerts_pause_off")
        off.setEnabled(any(alert.paused_until is not None and now < alert.paused_until for alert in chosen))
        off.triggered.connect(lambda: self.pause(chosen, None))
        return menu

    def ask_pause(self) -> None:
        """Open the pause menu under the current row."""
        view = self.area.view
        box = view.visualRect(view.currentIndex())
        at = view.viewport().mapToGlobal(box.bottomLeft()) if box.isValid() else global_below(view)
        menu = self.pause_menu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        view.show_menu(menu, at)

    def pause(self, alerts: list[Alert], until: datetime | None) -> None:
        """Pause alerts until an instant, or end their pause; with undo."""
        saved = self.save_all(replace(alert, paused_until=until) for alert in alerts)
        if not saved:
            return
        if until is None:
            said = f"{_named(saved)}: pause ended"
        else:
            said = f"{_named(saved)} paused until {text.time_of(until, self._clock(), prefs.zone)}"
        self._context.messages.say(said, lambda: self.save_all(alerts))

    # --- slots -------------------------------------------------------------------------------------------------------

    def _on_rounded(self, snapshot: Snapshot) -> None:
        """Show the new picture; read the alerts again only when somebody changed them."""
        try:
            changed = self._context.service.store.alerts.revision() != self._revision
        except StoreError:
            changed = True  # reload says so in place of the rows
        if changed:
            self.reload()
            return
        self._connections = [line.connection for line in snapshot.switches] or self._connections
        self._show_rows()

    def _on_toggled(self, key: Hashable, _column: str, wanted: bool) -> None:
        row = self.model.find(key)
        if row is not None and self.save_all([replace(row.alert, enabled=wanted)]):
            word = "on" if wanted else "off"
            self._context.messages.say(f"{row.alert.title} switched {word}", lambda: self.save_all([row.alert]))

    def _on_filter_toggled(self) -> None:
        shown = frozenset[Verdict | None]().union(*(v for key, _, _, v in _FILTERS if self._chips[key].isChecked()))
        everything = all(chip.isChecked() for chip in self._chips.values())
        self.model.set_predicate(None if everything else lambda row: row.verdict(self._cells.now) in shown)
        self._tell_counts()


def _named(alerts: list[Alert]) -> str:
    return alerts[0].title if len(alerts) == 1 else text.plural(len(alerts), "alert")
