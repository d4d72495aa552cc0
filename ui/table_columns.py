"""The dialog in which the columns of a table are chosen and ordered: by mouse and by keyboard, at once and kept.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ui.table_spec import Cell, Column
from ui.tables import TableModel
from ui.theme import Role, theme
from ui.widgets.buttons import Button
from ui.widgets.labels import Label
from ui.widgets.page import Panel
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.table_head import TableHead


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One column of the table: where it stands from the left, and whether it is shown. `fixed` ones always are."""

    key: str
    at: int
    title: str
    place: int
    shown: bool
    fixed: bool


def _shown(row: ColumnRow) -> Cell:
    spoken = "always shown" if row.fixed else "shown" if row.shown else "hidden"
    return Cell(checked=row.shown, spoken=spoken, tooltip="Always shown" if row.fixed else "Space shows or hides it")


_COLUMNS: tuple[Column[ColumnRow], ...] = (
    Column("shown", "Shown", lambda r: r.shown, _shown, width=64, min_width=64, sortable=False),
    Column(
        "title",
        "Column",
        lambda r: r.title,
        lambda r: Cell(r.title, after="always shown" if r.fixed else ""),
        width=220,
        stretch=True,
        fixed=True,
        sortable=False,
    ),
)


def resize_within(dialog: QDialog, parent: QWidget, width: int, height: int) -> None:
    """Give a dialog a size in the user's scale, but no more than the window it stands over."""
    room = parent.window().size()
    dialog.resize(min(theme.px(width), room.width()), min(theme.px(height), room.height()))


class ColumnsDialog(QDialog):
    """The columns of one table, left to right from top to bottom; every change is made at once."""

    def __init__(self, head: TableHead, table: TableModel[Any], parent: QWidget) -> None:
        super().__init__(parent)
        self._head, self._table = head, table
        self.setObjectName("columns_dialog")
        self.setAccessibleName("Columns")
        self.setWindowTitle("Columns")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.model: TableModel[ColumnRow] = TableModel(_COLUMNS, key=lambda r: r.key, order=lambda r: r.place)
        self.area = TableArea(self.model, "columns_table")
        self.area.view.setAccessibleName("Columns")
        self.area.view.toggled.connect(self._on_toggled)
        self._lay_out()
        for key, by in (("Alt+Up", -1), ("Alt+Down", 1)):
            QShortcut(QKeySequence(key), self, lambda by=by: self.move_current(by))
        self._read()
        self.area.view.select_key(self.model.key_at(0))
        resize_within(self, parent, 420, 480)

    def _lay_out(self) -> None:
        panel = Panel("columns_panel")
        panel.body.addWidget(self.area)
        up = Button("Move left", "columns_up", hint="Alt+Up")
        down = Button("Move right", "columns_down", hint="Alt+Down")
        reset = Button("As at first", "columns_as_at_first", icon="revert")
        close = Button("Close", "columns_close", hint="Esc")
        up.clicked.connect(lambda: self.move_current(-1))
        down.clicked.connect(lambda: self.move_current(1))
        reset.clicked.connect(self._reset)
        close.clicked.connect(self.accept)
        moves, foot = QHBoxLayout(), QHBoxLayout()
        for row, buttons in ((moves, (up, down)), (foot, (reset, close))):
            row.setSpacing(8)
            for at, button in enumerate(buttons):
                if at == len(buttons) - 1 and row is foot:
                    row.addStretch(1)
                row.addWidget(button)
        moves.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(Label("Space shows or hides a column. What is first here is at the left.", Role.MUTED, wrap=True))
        column.addWidget(panel, 1)
        column.addLayout(moves)
        column.addLayout(foot)

    def move_current(self, by: int) -> None:
        """Move the current column so many places towards the right, or the left below 0."""
        row = self.model.find(self.area.view.current_key())
        if row is not None and self._head.move_column(row.at, by):
            self._read()
            self.area.view.select_key(row.key)

    def _read(self) -> None:
        columns, head = self._table.columns, self._head
        self.model.hold(False)  # a pointer that rests on the rows does not keep them where they are: a key moved them
        self.model.set_rows(
            ColumnRow(each.key, at, each.title or each.key, head.visualIndex(at), not head.isSectionHidden(at), each.fixed)
            for at, each in enumerate(columns)
        )

    def _on_toggled(self, key: Hashable, _column: str, wanted: bool) -> None:
        row = self.model.find(key)
        if row is not None:
            self._head.show_column(row.at, wanted)
            self._read()

    def _reset(self) -> None:
        self._head.reset()
        self._read()
