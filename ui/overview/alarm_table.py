"""The panel of active alarms: the table, its height, and the state in its place. Runs on the window's thread."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent

from ui.marks import Form, Mark
from ui.overview.rows import AlarmRow, RowCells, RowKey, order_of, style_of
from ui.tables import TableModel
from ui.theme import theme
from ui.widgets.page import Panel
from ui.widgets.state_panel import PageState
from ui.widgets.table_area import TableArea

_STATE_HEIGHT = 132


class AlarmPanel(Panel):
    """The active alarms. Keys of its rows are `RowKey`s."""

    def __init__(self, now: datetime) -> None:
        super().__init__("overview_alarms")
        self.setAccessibleName("Active alarms")
        self.cells = RowCells(now)
        self.model: TableModel[AlarmRow] = TableModel(
            self.cells.columns(), key=lambda row: row.key, order=order_of, style=style_of, spoken=self.cells.spoken
        )
        self.area = TableArea(self.model, "overview_alarms_list", two_lines=True)
        self.area.view.setAccessibleName("Active alarms")
        self.body.addWidget(self.area)
        self.updating = False
        self._seen: dict[RowKey, tuple[Mark, bool]] | None = None

    def show_rows(self, rows: Sequence[AlarmRow]) -> RowKey | None:
        """Show these rows; give the key of the row that was current and is gone, so that no other one takes its place."""
        view = self.area.view
        before = self.current_key()
        gone = before is not None and all(row.key != before for row in rows)
        self.updating = True
        self.model.set_rows(rows)
        if gone:
            view.clearSelection()
            view.setCurrentIndex(QModelIndex())
        self.updating = False
        return before if gone else None

    def tell_changes(self, rows: Sequence[AlarmRow]) -> None:
        """Flash rows whose severity or owner changed, and announce new critical ones to screen readers."""
        now = {row.key: (row.mark, row.taken) for row in rows}
        before, self._seen = self._seen, now
        if before is None:
            return
        for row in rows:
            if before.get(row.key) != now[row.key]:
                self.area.view.flash(row.key)
            if row.key not in before and row.mark is Mark.CRITICAL and row.form is Form.ACTIVE:
                QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self.cells.spoken(row)))

    def set_state(self, state: PageState | None) -> None:
        """Show a state in place of the rows."""
        self.area.set_state(state)

    def tick(self, now: datetime) -> None:
        """Let the ages run."""
        self.cells.now = now
        self.model.refresh()

    def current_key(self) -> RowKey | None:
        """Return the key of the current row."""
        key = self.area.view.current_key()
        return key if isinstance(key, tuple) else None

    def row(self, key: RowKey | None) -> AlarmRow | None:
        """Return a row by its key."""
        return None if key is None else self.model.find(key)

    def chosen(self) -> list[AlarmRow]:
        """Return the selected rows from top to bottom, the current one when none is selected."""
        keys = self.area.view.selected_keys() or [self.current_key()]
        return [row for key in keys if (row := self.model.find(key)) is not None]

    @property
    def wanted_height(self) -> int:
        """Return the height at which all rows show."""
        view = self.area.view
        rows = self.model.rowCount()
        content = rows * view.row_height if rows else max(theme.px(_STATE_HEIGHT), self.area.state_height)
        return view.y() + view.horizontalHeader().height() + content + 4

    def least_height(self, rows: int) -> int:
        """Return the height at which so many rows show."""
        bar = self.area.view.horizontalScrollBar()
        below = bar.sizeHint().height() if bar.maximum() > 0 else 0
        return self.area.view.horizontalHeader().height() + rows * self.area.view.row_height + below + 2
