"""The Overview page: switches, active alarms, what cleared, and the chosen alarm in full; on the first run the welcome.

Runs on the window's thread; fed by the bridge. Talks to no switch.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.errors import StoreError
from noc_alerts.model.ledger import Change
from ui.companies.rows import aged
from ui.marks import Mark
from ui.overview import states, words
from ui.overview.actions import PAGE, AlarmActions
from ui.overview.column import Column
from ui.overview.detail_pane import DetailPane
from ui.overview.explain_dialog import ExplainDialog
from ui.overview.filters import Filters
from ui.overview.last_hour import LastHour
from ui.overview.picked import Picked
from ui.overview.rows import AlarmRow, RowKey, make_rows
from ui.overview.stories import Stories, any_connection
from ui.overview.welcome import Welcome
from ui.prefs import prefs
from ui.theme import theme
from ui.widgets.page import DETAIL_BELOW, Page, SplitPane, scrolled
from ui.widgets.state_panel import PageState, StateKind

if TYPE_CHECKING:
    from ui.context import ScreenContext

__all__ = ["PAGE", "OverviewPage", "make_page"]

_DETAIL_WIDTH = 320


def utc_now() -> datetime:
    """Read the clock, for ages."""
    return datetime.now(UTC)


def make_page(context: ScreenContext) -> QWidget:
    """Make the page."""
    return OverviewPage(context)


class OverviewPage(Page):
    """What is wrong now, who has it, what happens next."""

    def __init__(self, context: ScreenContext, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__("overview_page", "Overview")
        self._context, self._clock = context, clock
        self._heard = self._snapshot = context.bridge.snapshot  # the engine's last word; blind where that is too long ago
        self._now = clock()
        self._stories = Stories(context.service.store)
        self._hours = LastHour(context, self)
        self.column = Column(self._now)
        self.strip, self.alarms, self.cleared = self.column.strip, self.column.alarms, self.column.cleared
        self.picked = Picked(context.service.store, self._stories, self.alarms)
        self.pane = DetailPane(context, self.alarms.cells)
        self.filters = Filters(self)
        self.deeds = AlarmActions(context, self, self.chosen, self.explain)
        self.welcome: Welcome | None = None
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._lay_out()
        self._connect()
        self._read_cleared()
        self.refresh()

    # --- building ----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        for chip in self.filters.chips.values():
            self.add_action(chip)
        self._split = SplitPane(self.column, self.pane, "overview_split", detail_width=_DETAIL_WIDTH)
        self._stack = QStackedWidget()
        self._room = scrolled(self._split, "overview_scroll")  # where even the least heights are too much, the page scrolls
        self._stack.addWidget(self._room)
        self.body.addWidget(self._stack, 1)

    def _connect(self) -> None:
        view, over = self.alarms.area.view, self.cleared.area.view
        view.current_changed.connect(self._on_current_changed)
        view.clicked.connect(lambda _index: self._on_current_changed(self.alarms.current_key()))
        view.selected_changed.connect(self._on_selected_changed)
        view.opened.connect(self._on_opened)
        view.menu_asked.connect(lambda _key, at: self.deeds.show_menu(at, view.show_menu, view.copy))
        over.current_changed.connect(self._on_cleared_chosen)
        over.clicked.connect(lambda _index: self._on_cleared_chosen(over.current_key()))
        over.opened.connect(self._on_cleared_opened)
        over.menu_asked.connect(self._on_cleared_menu)
        self.strip.opened.connect(lambda item: self._context.go("switches", item))
        self.cleared.events_link.clicked.connect(lambda: self._context.go("events", None))
        for asked, name in (
            (self.pane.acknowledge_asked, "acknowledge"),
            (self.pane.give_back_asked, "give_back"),
            (self.pane.edit_asked, "edit"),
            (self.pane.explain_asked, "explain"),
        ):
            asked.connect(lambda name=name: self._context.commands.run(f"overview.{name}"))
        bridge = self._context.bridge
        bridge.rounded.connect(self._on_rounded)
        bridge.alarms_changed.connect(self._on_alarms_changed)
        bridge.deliveries_changed.connect(self._on_deliveries_changed)
        self.filters.changed.connect(self._on_filters_changed)
        self._hours.changed.connect(lambda _key: self._soon.start())
        self._soon.timeout.connect(self._on_frames)
        prefs.changed.connect(self._on_pref_changed)

    # --- what the frame calls ----------------------------------------------------------------------------------------

    def show_item(self, item: object) -> None:
        """Show an alarm by its id, also one that cleared."""
        if not isinstance(item, int):
            return
        row = next((row for row in self.alarms.model.rows() if row.alarm is not None and row.alarm.id == item), None)
        if row is not None:
            if not self.alarms.area.view.select_key(row.key):
                self._show_all()
                self.alarms.area.view.select_key(row.key)
            self.alarms.area.view.setFocus()
            return
        if self.cleared.area.view.select_key(item):
            self.cleared.area.view.setFocus()
            return
        self._pick(("alarm", item))

    def tick(self, now: datetime) -> None:
        """Let the ages run; what grew too old without news is withdrawn."""
        self._now = now
        if not self.isVisible() or self._snapshot is None:
            return
        if self.picked.outdated(now):
            self._read_cleared()
        self._age()
        self.strip.show_switches(self._snapshot.switches, now)
        self.alarms.tick(now)
        self._show_rows()

    def panes(self) -> list[QWidget]:
        """Return the widgets F6 goes round."""
        if self.welcome is not None and self._stack.currentWidget() is self.welcome:
            return [self.welcome]
        found: list[QWidget] = [self.alarms.area.view]
        if self.cleared.isVisible():
            found.append(self.cleared.area.view)
        return [*found, self.pane] if self.pane.isVisible() else found

    # --- news --------------------------------------------------------------------------------------------------------

    def _on_rounded(self, snapshot: Snapshot) -> None:
        self._heard = self._snapshot = snapshot
        if self.isVisible():
            self.refresh()

    def _age(self) -> None:
        """Withdraw what the engine has not confirmed for too long."""
        self._snapshot = None if self._heard is None else aged(self._heard, self._now)

    def _on_alarms_changed(self, changes: tuple[Change, ...]) -> None:
        self._stories.forget_changed(changes)
        if any(change.alarm is not None and not change.alarm.active for change in changes):
            self._read_cleared()
        self._read_story()

    def _on_deliveries_changed(self, _waiting: int) -> None:
        self._stories.forget_undelivered()
        self._read_story()
        if self.isVisible():
            self.refresh()

    def _on_frames(self) -> None:
        if self.isVisible():
            self._show_rows()

    def _on_pref_changed(self, name: str) -> None:
        if name in ("density", "zone", "other_zone", "operator"):
            self.column.fit()
            self._show_pane()

    def refresh(self) -> None:
        """Show how everything stands after the last snapshot."""
        self._now = self._clock()
        self._age()
        self.alarms.cells.now = self._now
        if self._show_welcome():
            return
        if self._snapshot is not None:
            self.strip.show_switches(self._snapshot.switches, self._now)
        self._show_rows()

    def _show_welcome(self) -> bool:
        """Show the welcome while there is no connection at all; tell whether it is shown."""
        snapshot, service = self._snapshot, self._context.service
        nothing = not service.demo and not (snapshot.switches if snapshot is not None else any_connection(service.store))
        if nothing and self.welcome is None:
            self.welcome = Welcome(self._context)
            self._stack.addWidget(self.welcome)
        self._stack.setCurrentWidget(self.welcome if nothing and self.welcome is not None else self._room)
        self.filters.set_visible(not nothing)
        if nothing:
            self.set_sentence("")
        return nothing

    # --- rows --------------------------------------------------------------------------------------------------------

    def _show_rows(self) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            self.alarms.set_state(states.waiting_state())
            self.column.fit()
            return
        try:
            self._stories.refresh()
            stories, complete = self._stories.of(snapshot.alarms)
        except StoreError as error:
            state = PageState(StateKind.ERROR, "The alarms cannot be read", error.sentence, "Try again", self.refresh)
            self.alarms.set_state(state)
            return
        rows = make_rows(snapshot, self._stories.alerts, stories, self._stories.silent_after, self._now)
        rows = [self._hours.with_spark(row) for row in rows]
        was_empty, gone = not self.alarms.model.total, self.alarms.show_rows(rows)
        self.alarms.tell_changes(rows)
        self._show_head(rows)
        self._show_state(rows, snapshot)
        if gone is not None and gone == self.picked.key:
            self._on_picked_gone()
        chosen_below = bool(self.cleared.area.view.selected_keys())
        if (self.picked.key is None or (was_empty and not chosen_below)) and self.alarms.model.rowCount():
            self.alarms.area.view.select_key(self.alarms.model.key_at(0))
        self._want_charts()
        self._show_pane()
        self.column.fit()
        if not complete:
            self._soon.start()

    def _show_head(self, rows: list[AlarmRow]) -> None:
        counts = self.filters.count(rows)
        critical_open = sum(row.mark is Mark.CRITICAL and not row.taken for row in rows)
        shown = {row.key for row in self.alarms.model.shown_rows()}
        hidden = sum(row.mark is Mark.CRITICAL and row.key not in shown for row in rows)
        self.set_sentence(*words.head_sentence(len(rows), critical_open, counts[Mark.CRITICAL], counts[Mark.BLIND], hidden))

    def _show_state(self, rows: list[AlarmRow], snapshot: Snapshot) -> None:
        if not rows:
            self.alarms.set_state(states.empty_state(snapshot, self._now, self.new_alert, self._context.go))
        elif not self.alarms.model.rowCount() and self.filters.hidden:
            self.alarms.set_state(states.filtered_state(len(rows), self._show_all))
        else:
            self.alarms.set_state(None)

    def _on_filters_changed(self) -> None:
        self.alarms.model.set_predicate(self.filters.predicate)
        self._show_rows()

    def _show_all(self) -> None:
        self.filters.show_all()
        self.alarms.area.close_filter()

    def _want_charts(self) -> None:
        """Have charts open for the chosen row and those at the top, while the page is seen."""
        rows = self.alarms.model.rows()
        picked = self._picked_row()
        self._hours.want_rows([*([picked] if picked is not None else []), *rows] if self.isVisible() else [])
        self._hours.forget({row.key for row in rows} | ({self.picked.key} if self.picked.key is not None else set()))

    # --- the chosen one ----------------------------------------------------------------------------------------------

    def chosen(self) -> list[AlarmRow]:
        """Return the rows that commands are about: the selected ones, or the one the pane shows."""
        rows = self.alarms.chosen()
        picked = self._picked_row()
        if picked is not None and all(row.key != picked.key for row in rows):
            return [picked]
        return rows

    def _pick(self, key: RowKey | None) -> None:
        if key != self.picked.key:
            self.picked.key = key
            self._read_story()
        self._want_charts()
        self._show_pane()
        self._context.commands.refresh()

    def _picked_row(self) -> AlarmRow | None:
        """Return the row the pane shows."""
        return self.picked.row(self._snapshot, self._now)

    def _read_story(self) -> None:
        """Read the chosen alarm's story anew."""
        try:
            self.picked.read_story(self._snapshot, self._now)
        except StoreError as error:
            self._context.messages.fail("The story of the alarm was not read", error.sentence)

    def _show_pane(self) -> None:
        row = self._picked_row()
        self.pane.show_row(row, self.picked.story, self._snapshot, self._now)
        self._name_operator()
        self.pane.setVisible(row is not None or bool(self.alarms.model.total))

    def _name_operator(self) -> None:
        self.pane.set_operator(self._context.operator(), len(self.deeds.open_ones()), len(self.deeds.taken_ones()))

    def _on_picked_gone(self) -> None:
        """Stay on an alarm that cleared: no other one may slip under the hand that is about to take it."""
        self._read_cleared()
        self.picked.stay_on_gone(self._now)
        self._read_story()
        self._context.commands.refresh()

    def _on_current_changed(self, key: object) -> None:
        if not self.alarms.updating and isinstance(key, tuple):
            self.cleared.area.view.clearSelection()
            self._pick(key)

    def _on_selected_changed(self) -> None:
        if not self.alarms.updating:
            self._name_operator()
            self._context.commands.refresh()

    def _on_cleared_chosen(self, key: object) -> None:
        if isinstance(key, int):
            self.alarms.area.view.clearSelection()
            self._pick(("alarm", key))

    # --- what cleared ------------------------------------------------------------------------------------------------

    def _read_cleared(self) -> None:
        try:
            self.picked.read_cleared(self._clock())
        except StoreError as error:
            self.cleared.show_error(error.sentence)
            return
        self.cleared.show_alarms(self.picked.cleared, self._now)
        self.column.fit()

    def _on_cleared_opened(self, key: object) -> None:
        self._on_cleared_chosen(key)
        row = self._picked_row()
        if row is None:
            return
        if row.alert is not None:
            self.deeds.chart_of(row)
        else:
            self.deeds.open_row(row)

    def _on_cleared_menu(self, key: object, at: QPoint) -> None:
        self._on_cleared_chosen(key)
        view = self.cleared.area.view
        self.deeds.show_menu(at, view.show_menu, view.copy)

    # --- what a person does ------------------------------------------------------------------------------------------

    def _on_opened(self, key: object) -> None:
        row = self.alarms.model.find(key)
        if row is not None:
            self.deeds.open_row(row)

    def explain(self) -> None:
        """Read out every reason of the chosen alarm."""
        row = self._picked_row()
        if row is not None:
            active = row.alarm is None or row.alarm.active
            next_step = self.alarms.cells.next_of(row) if active else ("", "")
            ExplainDialog(row, self.picked.story, next_step, self._now, self.window()).open()

    def new_alert(self) -> None:
        """Open the editor with a new alert."""
        self._context.go("alerts", ("new", CompanyKind.CARRIER, "", None))

    # --- room --------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let what cleared make room where the pane lies under the column."""
        super().resizeEvent(event)
        self.column.set_may_fold(self.window().width() < theme.px(DETAIL_BELOW))  # the pane lies under the column then

    def showEvent(self, event: QShowEvent) -> None:
        """Take in what happened while the page was not seen; open its charts."""
        super().showEvent(event)
        self._read_cleared()
        self._read_story()
        self.refresh()
        if self._stack.currentWidget() is self._room:
            self.alarms.area.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        """Close the charts: nobody looks."""
        super().hideEvent(event)
        self._hours.want_rows([])
