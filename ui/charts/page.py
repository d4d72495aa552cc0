"""The Charts screen: up to twelve live charts on one time axis and one cursor.

Runs on the window's thread. Its charts are open at the engine only while the page is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.errors import StoreError
from noc_alerts.scheduler import utc_now
from ui import text
from ui.charts.actions import ChartActions
from ui.charts.add_chart import AddChart
from ui.charts.cell import ChartCell
from ui.charts.cursor import SharedCursor
from ui.charts.first import FirstChart, busiest
from ui.charts.legend import Legend
from ui.charts.lookup import Rules
from ui.charts.metrics import DEFAULT_WINDOW, MAX_CHARTS, METRICS, SETTINGS_KEY, ChartChoice, ChartSet, read_set, write_set
from ui.charts.scales import moment
from ui.commands import Command, Menu
from ui.context import ScreenContext
from ui.theme import CONTROL, GAP_ACROSS, GAP_DOWN, FontRole, Role, theme
from ui.widgets.buttons import Button, Chip, PrimaryButton, SegmentedControl
from ui.widgets.labels import Label
from ui.widgets.page import Page, scrolled

RANGES = {"1h": timedelta(hours=1), "6h": timedelta(hours=6), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
_WORDS = {"1h": "1 h", "6h": "6 h", "24h": "24 h", "7d": "7 d"}
ROW_HEIGHT = 216
ONE_COLUMN_BELOW, THREE_COLUMNS_FROM = 860, 1600


def make_page(context: ScreenContext) -> QWidget:
    """Make the Charts screen."""
    return ChartsPage(context)


class ChartsPage(QWidget):
    """Show the kept charts; keep every change at once."""

    def __init__(self, context: ScreenContext, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__()
        self.setObjectName("charts")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._context, self._clock = context, clock
        self._rules = Rules(context.service.store)
        self._cursors: dict[int | None, SharedCursor] = {}
        self._cells: list[ChartCell] = []
        self._current: ChartCell | None = None
        self._paused_at: datetime | None = None
        self._set = ChartSet()
        self._live_cursor = self._cursor_of(None)
        self._make_head()
        self._make_body()
        self._add_commands()
        context.bridge.rounded.connect(self._on_rounded)
        context.bridge.alarms_changed.connect(lambda _changes: self._rules.alarms_changed())
        self._load()

    # -- building --------------------------------------------------------------------------------------------------------

    def _make_head(self) -> None:
        self._page = Page("charts_page", "Charts")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._page)
        self._range_room = QHBoxLayout()
        self._range_room.setContentsMargins(0, 0, 0, 0)
        self._range_holder = QWidget()
        self._range_holder.setLayout(self._range_room)
        self._ranges: SegmentedControl | None = None
        self._offers_long = False
        self._make_ranges(long=False)
        self._interval = Chip("95 % interval", "charts_interval", icon="check", height=CONTROL)
        self._interval.toggled.connect(self._on_interval)
        self._live = Button("Live", "charts_live", icon="pause", hint="Space")
        self._live.clicked.connect(self._on_live)
        self._add = PrimaryButton("Add chart", "charts_add", icon="add", hint="N")
        self._add.clicked.connect(self.ask_chart)
        for widget in (self._range_holder, self._interval, self._live, self._add):
            self._page.add_action(widget)

    def _make_ranges(self, *, long: bool) -> None:
        """Offer the ranges; seven days only where there are records older than one."""
        if self._ranges is not None:
            if long == self._offers_long:
                return
            self._range_room.removeWidget(self._ranges)
            self._ranges.deleteLater()
        self._offers_long = long
        choices = [(key, _WORDS[key]) for key in RANGES if long or key != "7d"]
        self._ranges = SegmentedControl(choices, "charts_range", "Range")
        self._ranges.chosen.connect(self._on_range)
        self._range_room.addWidget(self._ranges)
        self._show_range()

    def _make_body(self) -> None:
        self._legend = Legend("charts_legend")
        self._hint = Label("All charts share one time axis and one cursor. Enter opens the alert.", Role.MUTED, FontRole.CAPTION)
        self._legend_row = QWidget()
        across = QHBoxLayout(self._legend_row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(16)
        across.addWidget(self._legend, 1)
        across.addWidget(self._hint)
        self._room = QWidget()
        self._room.setObjectName("charts_grid")
        self._grid = QGridLayout(self._room)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GAP_ACROSS)
        self._grid.setVerticalSpacing(GAP_DOWN)
        self._scroll = scrolled(self._room, "charts_scroll")
        self._first = FirstChart("charts_first")
        self._first.chosen.connect(self.add_chart)
        self._first.asked.connect(self.ask_chart)
        self._page.body.addWidget(self._legend_row)
        self._page.body.addWidget(self._first)
        self._page.body.addWidget(self._scroll, 1)
        self._page.body.addStretch(0)

    def _add_commands(self) -> None:
        context = self._context
        context.commands.add(Command("charts.add", "&Add chart…", Menu.FILE, key="N", page="charts"), self.ask_chart)
        context.commands.add(
            Command("charts.pause", "&Pause charts, go live", Menu.VIEW, group=5, page="charts"),
            self._on_live,
            enabled=lambda: bool(self._cells),
        )
        self._actions = ChartActions(context, self, lambda: self._current, self._open_alert, self.remove)

    # -- the set ---------------------------------------------------------------------------------------------------------

    @property
    def choices(self) -> tuple[ChartChoice, ...]:
        """Return the charts in their order."""
        return self._set.choices

    @property
    def cells(self) -> tuple[ChartCell, ...]:
        """Return the charts' panels in their order."""
        return tuple(self._cells)

    def _load(self) -> None:
        try:
            self._set = read_set(self._context.service.store.settings.get(SETTINGS_KEY))
        except StoreError as error:
            self._context.messages.fail("The charts were not loaded", str(error))
        except ValueError:
            self._context.messages.say("The kept charts cannot be read. The page begins empty.")
        self._interval.blockSignals(True)
        self._interval.setChecked(self._set.interval)
        self._interval.blockSignals(False)
        self._show_range()
        for choice in self._set.choices:
            self._make_cell(choice)
        self._arrange()

    def _keep(self) -> None:
        try:
            self._context.service.store.settings.set(SETTINGS_KEY, write_set(self._set))
        except StoreError as error:
            self._context.messages.fail("The charts were not kept", str(error), action="Keep again", run=self._keep)

    def add_chart(self, choice: ChartChoice, at: int | None = None) -> ChartCell | None:
        """Add a chart at the end or at a place; None when twelve are there already."""
        if len(self._cells) >= MAX_CHARTS:
            self._context.messages.say(f"The page holds {MAX_CHARTS} charts. Remove one before you add another.")
            return None
        cell = self._make_cell(choice, at)
        self._take_order()
        return cell

    def _take_order(self) -> None:
        self._set = replace(self._set, choices=tuple(cell.choice for cell in self._cells))
        self._arrange()
        self._keep()

    def _make_cell(self, choice: ChartChoice, at: int | None = None) -> ChartCell:
        cell = ChartCell(self._context, choice, self._set.range, self._cursor_for(choice), self._rules, self._clock)
        cell.feed.chart.set_interval(self._set.interval)
        cell.feed.chart.opened.connect(lambda: self._open_alert(cell))
        cell.feed.chart.installEventFilter(self)
        self._cells.insert(len(self._cells) if at is None else at, cell)
        return cell

    def remove(self, cell: ChartCell) -> None:
        """Remove a chart; it can be undone."""
        at, choice, words = self._cells.index(cell), cell.choice, cell.words
        self._cells.remove(cell)
        if self._current is cell:
            self._current = self._cells[min(at, len(self._cells) - 1)] if self._cells else None
        self._focus_chart()
        self._grid.removeWidget(cell)
        cell.hide()
        cell.deleteLater()
        self._take_order()
        self._context.messages.say(f"Chart {words} removed", undo=lambda: self.add_chart(choice, at))

    def show_item(self, item: tuple[int, str, str] | tuple[int, str, str, timedelta | None]) -> None:
        """Show the chart of (connection_id, subject key, area or factor name[, window]), adding it if it is not there.

        One over another window takes the window that is asked for. Imported records are shown to their end, in a range that fits.
        """
        connection_id, subject_key, metric = item[:3]
        same = next(
            (c for c in self._cells if (c.choice.connection_id, c.choice.subject_key, c.choice.metric) == tuple(item[:3])), None
        )
        if same is None:
            window = item[3] if len(item) > 3 else None if METRICS[metric].reading else DEFAULT_WINDOW
            same = self.add_chart(ChartChoice(connection_id, subject_key, metric, window))
        elif len(item) > 3 and item[3] != same.choice.window:
            same.show_over(item[3])
            self._take_order()
        if same is not None:
            self._fit_imported(same)
            self._current = same
            self._context.commands.refresh()
            self._scroll.ensureWidgetVisible(same)
            same.feed.chart.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fit_imported(self, cell: ChartCell) -> None:
        """Show imported records from their first to their last, as far as the longest range reaches; live ones as they are."""
        cursor = cell.feed.chart.cursor_shared
        if cursor is self._live_cursor:
            return
        try:
            found = self._context.service.store.calls.span([cell.choice.connection_id])
        except StoreError as error:
            self._context.messages.fail("The range of the chart was not fitted", str(error))
            return
        cursor.follow()
        if found is None:
            return
        length = timedelta(milliseconds=found[1] - found[0])
        key = next((key for key, each in RANGES.items() if length <= each), "7d")
        self._see_data()  # offers seven days where there are so many
        if RANGES[key] != self._set.range:
            self._on_range(key)
            self._show_range()

    def ask_chart(self) -> None:
        """Ask which chart to add."""
        try:
            connections = self._context.service.store.connections.all()
        except StoreError as error:
            self._context.messages.fail("No chart was added", str(error))
            return
        if not connections:
            self._context.messages.say("Connect a switch or import call records first. A chart needs calls.")
            return
        snapshot = self._context.bridge.snapshot
        dialog = AddChart(connections, () if snapshot is None else snapshot.companies, self.window())
        dialog.chosen.connect(self.add_chart)
        dialog.open()

    # -- one time axis ---------------------------------------------------------------------------------------------------

    def _cursor_of(self, key: int | None) -> SharedCursor:
        if key not in self._cursors:
            self._cursors[key] = SharedCursor(self)
            self._cursors[key].viewed.connect(self._on_viewed)
        return self._cursors[key]

    def _cursor_for(self, choice: ChartChoice) -> SharedCursor:
        """Return the axis a chart lies on: live charts share one, imported records have their own."""
        try:
            connection = self._context.service.store.connections.get(choice.connection_id)
        except StoreError:  # told when the chart itself is opened
            connection = None
        return self._cursor_of(None if connection is None or connection.live else choice.connection_id)

    def _on_viewed(self) -> None:
        live = self._live_cursor.live
        if live:
            self._paused_at = None
        elif self._paused_at is None:
            self._paused_at = self._clock()
        self._live.setText("Live" if live else "Go live")
        self._live.setAccessibleName("Live. Pause the charts" if live else "Paused. Follow the calls again")
        self._live.set_icon("pause" if live else "play")
        self._say()

    def _on_live(self) -> None:
        """Pause, or follow the data again."""
        if not self._live_cursor.live:
            self._live_cursor.follow()
            return
        charts = [c.feed.chart for c in self._cells if c.feed.chart.cursor_shared is self._live_cursor]
        if charts:
            from_ms, to_ms = charts[0].edges
            self._live_cursor.show(round(from_ms), round(to_ms))

    def _say(self) -> None:
        view = self._live_cursor.view
        if view is not None and self._paused_at is not None:
            at = text.clock_seconds(self._paused_at, text.find_zone(self._context.zone()))
            behind = text.span(self._clock() - min(moment(view[1]), self._paused_at))
            self._page.set_sentence(f"Paused at {at}, {behind} behind", Role.WARNING)
        else:
            self._page.set_sentence(text.plural(len(self._cells), "chart") if self._cells else "")

    def tick(self, _now: datetime) -> None:
        """Let the time behind grow."""
        self._say()

    # -- what the user does ----------------------------------------------------------------------------------------------

    def _show_range(self) -> None:
        key = next((k for k, length in RANGES.items() if length == self._set.range), "6h")
        if self._ranges is not None and (self._offers_long or key != "7d"):
            self._ranges.set_current(key)

    def _on_range(self, key: str) -> None:
        self._set = replace(self._set, range=RANGES[key])
        for cursor in self._cursors.values():
            cursor.follow()
        for cell in self._cells:
            cell.feed.set_range(RANGES[key])
        self._keep()

    def _on_interval(self, on: bool) -> None:
        self._set = replace(self._set, interval=on)
        for cell in self._cells:
            cell.feed.chart.set_interval(on)
        self._keep()

    def _on_rounded(self, snapshot: Snapshot) -> None:
        if not self._cells:
            self._first.offer(busiest(snapshot))

    def _open_alert(self, cell: ChartCell) -> None:
        if cell.feed.alerts:
            self._context.go("alerts", cell.feed.alerts[0].id)
        else:
            self._context.messages.say(f"No alert looks at {cell.words}.")

    # -- Qt --------------------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Know which chart is the current one."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.MouseButtonPress):
            self._current = next((cell for cell in self._cells if cell.feed.chart is watched), self._current)
            self._context.commands.refresh()
        return False

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the chart under the pointer."""
        cell = next((c for c in self._cells if c.rect().contains(c.mapFromGlobal(event.globalPos()))), None)
        if cell is not None:
            self._current = cell
            cell.feed.chart.setFocus(Qt.FocusReason.MouseFocusReason)
            self._actions.show_menu(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space pauses or goes live."""
        if event.key() == Qt.Key.Key_Space and self._cells:
            self._on_live()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """See how far the records reach, and have proposals when the page is empty."""
        super().showEvent(event)
        # After the stack of pages has put the focus somewhere: Space and Enter work from the first moment.
        QTimer.singleShot(0, self, self._focus_chart)
        self._see_data()
        if self._context.bridge.snapshot is not None:
            self._on_rounded(self._context.bridge.snapshot)

    def _focus_chart(self) -> None:
        if not self.isVisible():
            return  # another page was opened meanwhile
        cell = self._current or next(iter(self._cells), None)
        (self if cell is None else cell.feed.chart).setFocus(Qt.FocusReason.OtherFocusReason)

    def _see_data(self) -> None:
        try:
            store = self._context.service.store
            found = store.calls.span([c.id for c in store.connections.all() if c.id is not None])
        except StoreError as error:
            self._context.messages.fail("The age of the call records was not read", str(error))
            return
        self._make_ranges(long=found is not None and self._clock() - moment(found[0]) > timedelta(hours=25))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use as many columns as fit."""
        super().resizeEvent(event)
        if self._cells and self._columns() != self._grid.property("columns"):
            self._arrange()

    def _columns(self) -> int:
        count, width = len(self._cells), self.width()
        if count <= 1 or width < theme.px(ONE_COLUMN_BELOW):
            return 1
        return 3 if count >= 9 and width >= theme.px(THREE_COLUMNS_FROM) else 2

    def _arrange(self) -> None:
        """Put the charts into rows and columns; the boxes of limits only where a chart has the whole width."""
        empty, columns = not self._cells, self._columns()
        self._grid.setProperty("columns", columns)
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, 0)
            self._grid.setRowMinimumHeight(row, 0)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 0)
        for at, cell in enumerate(self._cells):
            row, column = divmod(at, columns)
            self._grid.addWidget(cell, row, column)
            self._grid.setRowStretch(row, 1)
            self._grid.setColumnStretch(column, 1)
            self._grid.setRowMinimumHeight(row, theme.px(ROW_HEIGHT))
            cell.feed.chart.set_labels(columns == 1)
        self._first.setVisible(empty)
        self._legend_row.setVisible(not empty)
        self._scroll.setVisible(not empty)
        self._page.body.setStretch(self._page.body.count() - 1, 1 if empty else 0)
        for widget in (self._interval, self._live, self._range_holder):
            widget.setVisible(not empty)
        self._say()
        self._context.commands.refresh()
