"""A table with its filter row and the states that stand in place of rows.

Runs on the window's thread.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ui.table_view import TableView
from ui.tables import TableModel
from ui.text import number
from ui.theme import FontRole, Role
from ui.widgets.buttons import IconButton
from ui.widgets.labels import Label
from ui.widgets.state_panel import PageState, StateKind, StatePanel


class TableArea(QWidget):
    """Filter row (hidden until `/`), head, rows or state. `view` is the table, `model` its model."""

    def __init__(self, model: TableModel[Any], name: str, *, two_lines: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}_area")
        self.model = model
        self.view = TableView(model, name, two_lines=two_lines)
        self._state: PageState | None = None
        self._panel = StatePanel(f"{name}_state", self.view)
        self._filter = QLineEdit()
        self._filter.setObjectName(f"{name}_filter")
        self._filter.setAccessibleName("Filter this table")
        self._filter.setPlaceholderText("Filter this table")
        self._filter.textChanged.connect(self._on_filter_changed)
        self._filter.installEventFilter(self)
        self._counts = Label("", Role.MUTED, FontRole.CAPTION, name=f"{name}_counts")
        self._close = IconButton("close", f"{name}_filter_close", "Close the filter")
        self._close.clicked.connect(self.close_filter)
        self._filter_row = QWidget()
        across = QHBoxLayout(self._filter_row)
        across.setContentsMargins(12, 6, 12, 6)
        across.setSpacing(8)
        across.addWidget(self._filter, 1)
        across.addWidget(self._counts)
        across.addWidget(self._close)
        self._filter_row.hide()
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self._filter_row)
        down.addWidget(self.view, 1)
        self.view.filter_asked.connect(self.open_filter)
        self.view.installEventFilter(self)
        model.counts_changed.connect(self._on_counts_changed)
        self.setFocusProxy(self.view)

    def set_state(self, state: PageState | None) -> None:
        """Show a state in place of the rows, with the head kept; None shows the rows."""
        self._state = state
        self._show_state()

    @property
    def state_height(self) -> int:
        """Return the height in which the state that stands in place of rows shows whole; 0 without one."""
        layout = self._panel.layout()
        if self._panel.state is None or layout is None:
            return 0
        width = self.view.width()
        return layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalMinimumSize().height()

    def open_filter(self) -> None:
        """Show the filter row with the focus in it."""
        self._filter_row.show()
        self._filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._filter.selectAll()
        self._on_counts_changed(self.model.rowCount(), self.model.total)

    def close_filter(self) -> None:
        """Take the filter away and go back to the rows."""
        self._filter.clear()
        self._filter_row.hide()
        self.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc closes the filter, Down and Enter go to the rows; the state follows the table's size."""
        if watched is self.view and event.type() == QEvent.Type.Resize:
            self._place_panel()
        if watched is self._filter and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.close_filter()
                return True
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.view.setFocus(Qt.FocusReason.ShortcutFocusReason)
                if not self.view.currentIndex().isValid() and self.model.rowCount():
                    self.view.select_key(self.model.key_at(0))
                return True
        return super().eventFilter(watched, event)

    def _on_filter_changed(self, words: str) -> None:
        self.model.set_needle(words)
        self._show_state()  # also when the rows stay the same: the sentence names the words

    def _on_counts_changed(self, shown: int, total: int) -> None:
        if self._filter_row.isVisibleTo(self):
            self._counts.set(f"{number(shown)} of {number(total)}")
        self._show_state()

    def _show_state(self) -> None:
        state = self._state
        if state is None and self.model.total and not self.model.rowCount():
            words = self._filter.text().strip()
            if words:
                state = PageState(
                    StateKind.EMPTY,
                    "Nothing matches",
                    f"No row contains “{words}”. {number(self.model.total)} are hidden.",
                    "Show all",
                    self.close_filter,
                )
        if state != self._panel.state:
            self._panel.set_state(state)
        self._place_panel()

    def _place_panel(self) -> None:
        head = self.view.horizontalHeader().height()
        self._panel.setGeometry(0, head, self.view.width(), max(0, self.view.height() - head))
