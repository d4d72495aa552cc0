"""The Companies page: every customer and carrier as it stands now, who watches it, and the way to its charts and alerts.

Runs on the window's thread; fed by `bridge.rounded`. Talks to no switch.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QMenu, QWidget

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import HealthState
from ui import text
from ui.commands import Command, Menu
from ui.companies.cells import make_columns, spoken
from ui.companies.rows import CompanyKey, CompanyRow, aged, ages_of, make_rows, natural_order
from ui.table_spec import RowStyle
from ui.tables import TableModel
from ui.widgets.buttons import Chip, PrimaryButton
from ui.widgets.page import Page, Panel
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.context import ScreenContext

PAGE = "companies"
QUIET = timedelta(seconds=2)  # rounds come every second


def make_page(context: ScreenContext) -> QWidget:
    """Make the page."""
    return CompaniesPage(context)


class CompaniesPage(Page):
    """The list of companies."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__("companies_page", "Companies")
        self._context = context
        self._ages: dict[int, str] = {}
        self._good: dict[int, Snapshot] = {}  # by connection: the last snapshot in which it could be trusted
        self._stale = False
        self._model: TableModel[CompanyRow] = TableModel(
            make_columns(self._ages), key=lambda r: r.key, order=natural_order, style=lambda _row: RowStyle(), spoken=spoken
        )
        self.area = TableArea(self._model, "companies_list", two_lines=True)
        self.area.view.setAccessibleName("Companies")
        self._chips = {
            CompanyKind.CUSTOMER: Chip("Customers", "companies_customers", icon="companies"),
            CompanyKind.CARRIER: Chip("Carriers", "companies_carriers", icon="switches"),
        }
        self._in_alarm = Chip("In alarm", "companies_in_alarm", icon="alerts")
        self._unwatched = Chip("Not watched", "companies_unwatched", icon="watchers")
        self._new_alert = PrimaryButton("New alert", "companies_new_alert", icon="add", hint="N", spoken="New alert for it")
        self._new_alert.setEnabled(False)
        for widget in (*self._chips.values(), self._in_alarm, self._unwatched):
            self.add_action(widget)
            widget.toggled.connect(self._on_filter_toggled)
        self.add_action(self._new_alert)
        panel = Panel("companies_panel")
        panel.body.addWidget(self.area)
        self.body.addWidget(panel)
        self.area.view.setFocus()  # where the focus goes when the page is opened
        self._connect()
        self._add_commands()
        if context.bridge.snapshot is not None:
            self._remember(context.bridge.snapshot)
            self._take(context.bridge.snapshot, context.bridge.snapshot.at)
        else:
            self.area.set_state(PageState(StateKind.LOADING, "Reading companies", "The switches are being read."))

    def show_item(self, item: object) -> None:
        """Select a company by its key (connection id, kind, name)."""
        self._clear_filters()
        self.area.view.executeDelayedItemsLayout()  # rows that just came in have no place to scroll to before that
        self.area.view.select_key(item)
        self.area.view.setFocus()

    # --- building ---------------------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        view = self.area.view
        view.opened.connect(self._open_charts)
        view.current_changed.connect(self._on_current_changed)
        view.menu_asked.connect(self._on_menu_asked)
        view.button_clicked.connect(lambda key, _label: self._open_alerts(key))
        self._model.counts_changed.connect(self._on_counts_changed)
        self._new_alert.clicked.connect(self._make_alert)
        self._context.bridge.rounded.connect(self._on_rounded)

    def _add_commands(self) -> None:
        add = self._context.commands.add
        add(
            Command("companies.new_alert", "&New alert for this company", Menu.ALARM, key="N", page=PAGE),
            self._make_alert,
            enabled=self._has_current,
        )
        add(
            Command("companies.open_charts", "Open company in &Charts", Menu.GO, group=5, page=PAGE),
            lambda: self._open_charts(self.area.view.current_key()),
            enabled=self._has_current,
        )
        add(
            Command("companies.open_alerts", "&Alerts of this company", Menu.GO, key="Shift+N", group=5, page=PAGE),
            lambda: self._open_alerts(self.area.view.current_key()),
            enabled=self._has_current,
        )
        add(Command("companies.columns", "C&olumns…", Menu.VIEW, group=4, page=PAGE), self.area.view.ask_columns)

    # --- data -------------------------------------------------------------------------------------------------------------

    def _on_rounded(self, snapshot: Snapshot) -> None:
        self._remember(snapshot)
        self._stale = not self.isVisible()
        if not self._stale:
            self._take(snapshot, snapshot.at)

    def showEvent(self, event: QShowEvent) -> None:
        """Take in what came while another page was open."""
        super().showEvent(event)
        if self._stale and self._context.bridge.snapshot is not None:
            self._stale = False
            self._take(self._context.bridge.snapshot, self._context.bridge.snapshot.at)

    def _remember(self, snapshot: Snapshot) -> None:
        for line in snapshot.switches:
            if line.health.state in (HealthState.FRESH, HealthState.LATE) and line.connection.id is not None:
                self._good[line.connection.id] = snapshot

    def tick(self, now: datetime) -> None:
        """Let the ages run while nothing is heard of the engine; what grew too old is withdrawn."""
        snapshot = self._context.bridge.snapshot
        if snapshot is not None and self.isVisible() and now - snapshot.at > QUIET:
            self._take(aged(snapshot, now), now)

    def panes(self) -> list[QWidget]:
        """Return the widgets F6 goes round."""
        return [self.area.view]

    def _take(self, snapshot: Snapshot, now: datetime) -> None:
        before: dict[CompanyKey, CompanyRow] = {row.key: row for row in self._model.rows()}
        rows = make_rows(snapshot, before, self._good)
        self._ages.update(ages_of(snapshot, now))
        self._model.set_rows(rows)
        self._model.refresh()  # every age is another one now
        for kind, chip in self._chips.items():
            chip.set_count(sum(row.line.kind is kind for row in rows))
        self._in_alarm.set_count(sum(row.line.alarms > 0 for row in rows))
        self._unwatched.set_count(sum(row.line.alerts == 0 for row in rows))
        self.set_sentence(_sentence(snapshot, rows))
        self._show_state()

    def _show_state(self) -> None:
        snapshot = self._context.bridge.snapshot
        if self._model.total:
            hidden = self._chosen() and not self._model.rowCount()
            self.area.set_state(self._nothing_passes() if hidden else None)
        elif snapshot is None:
            self.area.set_state(PageState(StateKind.LOADING, "Reading companies", "The switches are being read."))
        elif not snapshot.switches:
            self.area.set_state(
                PageState(
                    StateKind.EMPTY,
                    "No companies yet",
                    "Customers and carriers appear here once a switch is connected or call records are imported.",
                    "Connect a switch",
                    lambda: self._context.go("switches", None),
                )
            )
        elif any(line.health.state is HealthState.BLIND for line in snapshot.switches):
            blind = next(line for line in snapshot.switches if line.health.state is HealthState.BLIND)
            self.area.set_state(
                PageState(
                    StateKind.BLIND,
                    f"{blind.connection.name} is blind",
                    f"{blind.health.sentence} No company is known yet.".strip(),
                    "Open the switch",
                    lambda: self._context.go("switches", blind.connection.id),
                )
            )
        else:
            self.area.set_state(
                PageState(StateKind.EMPTY, "No companies yet", "The switches answer, but no call and no company was told so far.")
            )

    def _nothing_passes(self) -> PageState:
        words = f"The filters hide all {text.plural(self._model.total, 'company', 'companies')}."
        return PageState(StateKind.EMPTY, "Nothing matches", words, "Show all", self._clear_filters)

    # --- filters ----------------------------------------------------------------------------------------------------------

    def _chosen(self) -> bool:
        return any(chip.isChecked() for chip in (*self._chips.values(), self._in_alarm, self._unwatched))

    def _on_filter_toggled(self, _on: bool) -> None:
        kinds = {kind for kind, chip in self._chips.items() if chip.isChecked()}
        in_alarm, unwatched = self._in_alarm.isChecked(), self._unwatched.isChecked()

        def passes(row: CompanyRow) -> bool:
            if kinds and row.line.kind not in kinds:
                return False
            return not ((in_alarm and not row.line.alarms) or (unwatched and row.line.alerts))

        self._model.set_predicate(passes if self._chosen() else None)
        self._show_state()

    def _clear_filters(self) -> None:
        for chip in (*self._chips.values(), self._in_alarm, self._unwatched):
            chip.setChecked(False)
        self.area.close_filter()

    def _on_counts_changed(self, _shown: int, _total: int) -> None:
        self._show_state()

    # --- what a person does -----------------------------------------------------------------------------------------------

    def _current(self) -> CompanyRow | None:
        key = self.area.view.current_key()
        return None if key is None else self._model.find(key)

    def _has_current(self) -> bool:
        return self._current() is not None

    def _on_current_changed(self, _key: object) -> None:
        self._new_alert.setEnabled(self._has_current())
        self._context.commands.refresh()

    def _on_menu_asked(self, key: object, at: QPoint) -> None:
        if key is None:
            return
        menu = QMenu(self)
        menu.setObjectName("companies_menu")
        menu.addAction(self._context.commands.action("companies.open_charts"))
        menu.addAction(self._context.commands.action("companies.open_alerts"))
        menu.addAction(self._context.commands.action("companies.new_alert"))
        menu.addSeparator()
        menu.addAction("Open its switch").triggered.connect(self._open_switch)
        menu.addAction("Copy row").triggered.connect(self.area.view.copy)
        self.area.view.show_menu(menu, at)

    def _open_charts(self, key: object) -> None:
        row = self._model.find(key)
        if row is not None:
            self._context.go("charts", (row.line.connection_id, row.subject.key, "ASR"))

    def _open_alerts(self, key: object) -> None:
        row = self._model.find(key)
        if row is not None:
            self._context.go("alerts", ("company", row.line.kind, row.line.name))

    def _open_switch(self) -> None:
        row = self._current()
        if row is not None:
            self._context.go("switches", row.line.connection_id)

    def _make_alert(self) -> None:
        row = self._current()
        if row is not None:
            self._context.go("alerts", ("new", row.line.kind, row.line.name, row.line.connection_id))


def _sentence(snapshot: Snapshot, rows: list[CompanyRow]) -> str:
    """Say in one line what matters in the list."""
    parts = []
    in_alarm = sum(row.line.alarms > 0 for row in rows)
    unwatched = sum(row.line.alerts == 0 for row in rows)
    if in_alarm:
        parts.append(f"{text.number(in_alarm)} in alarm")
    if unwatched:
        parts.append(f"{text.number(unwatched)} not watched")
    if rows and not parts:
        parts.append("none in alarm, all watched")
    blind = [line.connection.name for line in snapshot.switches if line.health.state is HealthState.BLIND]
    if blind:
        lost = sum(row.blind for row in rows)
        one = text.plural(lost, "company", "companies")
        parts.append(f"{', '.join(blind)} {'is' if len(blind) == 1 else 'are'} blind, {one} unknown")
    return ", ".join(parts)
