"""The list of alerts: head with filters, table, and what can be done to the chosen rows.

Runs on the window's thread. Reads alerts from the store; every change goes through list_changes.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.alarms import Verdict
from noc_alerts.model.alerts import Alert, NoticeLevel
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import Connection
from noc_alerts.model.errors import StoreError
from ui import text
from ui.alerts.list_changes import AlertChanges, named
from ui.alerts.list_filters import Company, FilterBar, ListFilter, company_label
from ui.alerts.row_cells import RowCells
from ui.alerts.rows import AlertRow, make_rows, order_of
from ui.marks import Mark
from ui.prefs import prefs
from ui.tables import TableModel
from ui.theme import Role
from ui.widgets.buttons import Chip, PrimaryButton
from ui.widgets.labels import line
from ui.widgets.page import Page, Panel
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
_LONGEST_LABEL = 32
_TAGS_EVERY = timedelta(minutes=1)


def _cut(label: str) -> str:
    """Cut a name that would push the buttons out of the head; the chip of the filter row has it whole."""
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1].rstrip()}…"


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
        self.changes = AlertChanges(context, clock, self.reload)
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
        self.filters = FilterBar()
        self._filter = ListFilter()
        self._tagged: dict[tuple[CompanyKind, str], frozenset[str]] = {}
        self._tags_at: datetime | None = None
        self._alerts: list[Alert] = []
        self._connections: list[Connection] = []
        self._revision = -1
        self._unsaved: tuple[str, ...] = ()
        self._unread: PageState | None = None
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
        panel.body.setSpacing(0)
        panel.body.addWidget(self.filters)
        panel.body.addWidget(line())
        panel.body.addWidget(self.area, 1)
        self.body.addWidget(panel, 1)

    def _connect(self) -> None:
        view = self.area.view
        view.opened.connect(lambda key: self.open_asked.emit(int(key)))
        view.toggled.connect(self._on_toggled)
        view.menu_asked.connect(lambda key, at: self.menu_wanted.emit(int(key), at))
        view.current_changed.connect(lambda _key: self.selection_changed.emit())
        view.selected_changed.connect(self.selection_changed)
        self._new.clicked.connect(self.new_asked)
        self.filters.back.clicked.connect(lambda: self.show_company(None))
        self.filters.changed.connect(self._on_filter_chosen)
        self._context.bridge.rounded.connect(self._on_rounded)

    # --- what is shown -----------------------------------------------------------------------------------------------

    @property
    def company(self) -> Company | None:
        """Return the company whose alerts are shown, None while it is everybody's."""
        return self._filter.company

    def show_company(self, company: Company | None) -> None:
        """Show the alerts that look at one company, or everybody's again; other filters are taken away."""
        self._show_filter(ListFilter(company=company))
        self.area.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def reload(self) -> None:
        """Read the alerts anew and show how they stand."""
        try:
            store = self._context.service.store
            revision = store.alerts.revision()
            alerts, connections = store.alerts.all(), store.connections.all()
        except StoreError as error:
            again = "Read them again"
            self._unread = PageState(StateKind.ERROR, "The alerts were not read", error.sentence, again, self.reload)
            self.area.set_state(self._unread)
            return
        self._unread = None
        self._revision, self._alerts, self._connections = revision, alerts, connections
        self._tags_at = None
        self._show_rows()

    def _show_rows(self) -> None:
        self._cells.now = self._clock()
        self._read_tags()
        self.model.set_rows(make_rows(self._alerts, self._connections, self._context.bridge.snapshot))
        self._know_companies()
        self._tell_counts()
        self.selection_changed.emit()

    def _know_companies(self) -> None:
        """Offer the companies of the switches, and those that alerts name and no switch lists any more."""
        snapshot = self._context.bridge.snapshot
        known = {(each.kind, each.name) for each in snapshot.companies} if snapshot is not None else set()
        known |= {(alert.scope.kind, name) for alert in self._alerts for name in alert.scope.names}
        self.filters.know_companies(known)

    def _read_tags(self) -> None:
        """Read who carries which tag, now and then, while one company is shown and alerts go by tags."""
        if self._filter.company is None or not any(alert.scope.tag for alert in self._alerts):
            return
        now = self._cells.now
        if self._tags_at is not None and now - self._tags_at < _TAGS_EVERY:
            return
        try:
            companies = self._context.service.store.companies.all()
        except StoreError:
            return  # the tags of before; reload tells when the store cannot be read
        found: dict[tuple[CompanyKind, str], set[str]] = {}
        for each in companies:
            for tag in each.tags:
                found.setdefault((each.kind, tag), set()).add(each.name)
        self._tagged = {key: frozenset(names) for key, names in found.items()}
        self._tags_at = now

    def _passing(self) -> list[AlertRow]:
        """Return the rows that pass the filter row, whatever their state."""
        rows = self.model.rows()
        return [row for row in rows if self._filter.passes(row, self._tagged)] if self._filter.on else rows

    def _state(self, rows: list[AlertRow], shown: int) -> PageState | None:
        """Return what stands in place of rows; `rows` pass the filter row, `shown` of them the chips too."""
        company = self._filter.company
        if self._unread is not None:
            return self._unread
        if not self._alerts:
            return PageState(
                StateKind.EMPTY,
                "No alerts",
                "Nothing is judged and nobody is told until there is an alert.",
                "Make the first alert",
                self.new_asked.emit,
            )
        if company is not None and not rows and not self._filter.words:
            who = company_label(company)
            return PageState(
                StateKind.EMPTY, f"No alert looks at {who}", "It is not watched.", "Make an alert for it", self.new_asked.emit
            )
        if not shown:
            words = f"The filters hide all {text.plural(self.model.total, 'alert')}."
            return PageState(StateKind.EMPTY, "Nothing matches", words, "Show all", self.show_all)
        return None

    def _tell_counts(self) -> None:
        now, rows = self._cells.now, self._passing()
        stand = Counter(row.verdict(now) for row in rows)
        counts = {key: sum(stand[verdict] for verdict in verdicts) for key, _, _, verdicts in _FILTERS}
        for key, chip in self._chips.items():
            chip.set_count(counts[key])
            seldom = key in _SELDOM and not counts[key] and chip.isChecked()
            chip.setVisible(bool(rows) and not seldom)
        hidden = [(word, counts[key], verdicts) for key, word, _, verdicts in _FILTERS if not self._chips[key].isChecked()]
        hides_alarms = any(Verdict.IN_ALARM in verdicts for _, _, verdicts in hidden)
        critical = hides_alarms and any(
            row.level is NoticeLevel.CRITICAL and row.verdict(now) is Verdict.IN_ALARM for row in rows
        )
        told_hidden = [f"{text.number(count)} {word.lower()}" for word, count, _ in hidden if count]
        sentence = self._sentence_of(rows, stand[Verdict.IN_ALARM], told_hidden)
        self.set_sentence(sentence, Role.CRITICAL if critical else Role.MUTED)
        shown = len(rows) - sum(count for _, count, _ in hidden)
        self.area.set_state(self._state(rows, shown))

    def _sentence_of(self, rows: list[AlertRow], firing: int, hidden: list[str]) -> str:
        sentence = text.plural(len(rows), "alert") if rows else ""
        if self._filter.words:
            sentence = f"{text.number(len(rows))} of {text.plural(self.model.total, 'alert')}: {self._filter.words}"
        sentence += f", {text.number(firing)} in alarm" if firing else ""
        sentence += f" ({', '.join(hidden)} hidden)" if hidden else ""
        return sentence + (f". Not saved, Ctrl+Tab goes there: {', '.join(self._unsaved)}" if self._unsaved else "")

    def tell_unsaved(self, titles: tuple[str, ...]) -> None:
        """Say in the head which open editors hold changes that are not saved."""
        self._unsaved = titles
        self._tell_counts()

    def tick(self, now: datetime) -> None:
        """Let the ages run."""
        self._cells.now = now
        self.model.refresh()

    # --- filters -----------------------------------------------------------------------------------------------------

    def show_all(self) -> None:
        """Take every filter away."""
        for chip in self._chips.values():
            chip.setChecked(True)
        self.area.close_filter()
        self._show_filter(ListFilter())

    def _show_filter(self, wanted: ListFilter) -> None:
        self.filters.show_filter(wanted)
        self._on_filter_chosen(wanted)

    def _on_filter_chosen(self, wanted: ListFilter) -> None:
        self._filter = wanted
        company = wanted.company
        self.set_title(f"Alerts of {_cut(company_label(company))}" if company is not None else "Alerts")
        spoken = f"New alert for {company_label(company)}" if company is not None else "New alert"
        self._new.setAccessibleName(spoken)
        self._new.setToolTip(spoken if company is not None else "")
        self._read_tags()
        self._filter_rows()

    def _on_filter_toggled(self) -> None:
        self._filter_rows()

    def _filter_rows(self) -> None:
        shown = frozenset[Verdict | None]().union(*(v for key, _, _, v in _FILTERS if self._chips[key].isChecked()))
        every = all(chip.isChecked() for chip in self._chips.values())

        def passes(row: AlertRow) -> bool:
            return (every or row.verdict(self._cells.now) in shown) and self._filter.passes(row, self._tagged)

        self.model.set_predicate(None if every and not self._filter.on else passes)
        self._tell_counts()
        self.selection_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go back from one company to all alerts by Esc."""
        if event.key() == Qt.Key.Key_Escape and self._filter.company is not None:
            self.show_company(None)
            return
        super().keyPressEvent(event)

    # --- what is chosen ----------------------------------------------------------------------------------------------

    def chosen(self) -> list[Alert]:
        """Return the alerts of the selected rows, from top to bottom; the current one when none is selected."""
        keys: Iterable[Hashable] = self.area.view.selected_keys() or [self.area.view.current_key()]
        return [row.alert for key in keys if (row := self.model.find(key)) is not None]

    def any_chosen(self) -> bool:
        """Tell whether any row is chosen, at no cost: commands ask it often."""
        return self.area.view.selectionModel().hasSelection() or self.area.view.current_key() is not None

    def any_chosen_is(self, enabled: bool) -> bool:
        """Tell whether any chosen alert is switched on, or off."""
        view = self.area.view
        selected = (self.model.row_at(row) for row in view.selected_rows())
        if any(row.alert.enabled is enabled for row in selected):
            return True
        row = None if view.selectionModel().hasSelection() else self.current()
        return row is not None and row.alert.enabled is enabled

    def current(self) -> AlertRow | None:
        """Return the current row."""
        return self.model.find(self.area.view.current_key())

    def select(self, alert_id: int) -> None:
        """Choose an alert's row and no other, also when a filter hid it."""
        if self.model.find(alert_id) is None:
            return
        if self.model.view_row(alert_id) < 0:
            self.show_all()
        view = self.area.view
        view.select_key(alert_id)
        # Explicitly, because Ctrl may still be held down (Ctrl+D), and a view then adds to what is selected.
        flags = QItemSelectionModel.SelectionFlag
        view.selectionModel().select(view.currentIndex(), flags.ClearAndSelect | flags.Rows)

    # --- what is done ------------------------------------------------------------------------------------------------

    def set_enabled(self, enabled: bool) -> None:
        """Switch the chosen alerts on or off, with undo."""
        self.changes.set_enabled(self.chosen(), enabled)

    def delete(self) -> bool:
        """Delete the chosen alerts; for 10 s they can be had back as they were. Return whether they are gone."""
        gone = self.chosen()
        rows = [row for alert in gone if (row := self.model.find(alert.id)) is not None]
        if not gone or not self.changes.delete(gone):
            return False
        in_alarm = sum(row.line.in_alarm for row in rows if row.line is not None)
        closes = f", {text.plural(in_alarm, 'alarm')} closed" if in_alarm else ""
        self._context.messages.say(f"{named(gone)} deleted{closes}", lambda: self._bring_back(gone))
        return True

    def _bring_back(self, gone: list[Alert]) -> None:
        back = self.changes.bring_back(gone)
        if back:
            self.select(back[0].id or 0)

    def pause(self, alerts: list[Alert], until: datetime | None) -> None:
        """Pause alerts until an instant, or end their pause; with undo."""
        if until is None:
            said = f"{named(alerts)}: pause ended"
        else:
            said = f"{named(alerts)} paused until {text.time_of(until, self._clock(), prefs.zone)}"
        self.changes.edit(alerts, lambda alert: replace(alert, paused_until=until), said)

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
        if row is not None:
            self.changes.set_enabled([row.alert], wanted)
