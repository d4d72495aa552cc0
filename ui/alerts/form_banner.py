"""What stands over the editor when somebody else saved the same alert, and the two versions side by side.

Runs on the window's thread; reads no store.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.alerts import Alert
from noc_alerts.model.changes import FieldChange, field_changes
from noc_alerts.model.connections import Connection
from ui.marks import Mark, MarkLabel
from ui.table_columns import resize_within
from ui.tables import Cell, Column, TableModel
from ui.theme import FontRole, Role
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.labels import Label
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea


class ChangedBanner(QFrame):
    """`NAME saved this alert at 04:10.` with what can be done about it."""

    both_asked = Signal()
    mine_asked = Signal()
    theirs_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("alert_changed")
        self.setProperty("kit", "panel")
        self.sentence = Label("", Role.TEXT, FontRole.BODY, wrap=True, name="alert_changed_sentence")
        self.both = LinkButton("Show both", "alert_changed_both", height=24)
        self.mine = Button("Keep mine", "alert_changed_mine", height=24)
        self.theirs = Button("Take theirs", "alert_changed_theirs", height=24)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(12)
        row.addWidget(MarkLabel(Mark.WARNING))
        row.addWidget(self.sentence, 1)
        for button, asked in ((self.both, self.both_asked), (self.mine, self.mine_asked), (self.theirs, self.theirs_asked)):
            button.clicked.connect(asked)
            row.addWidget(button)
        self.hide()

    def say(self, who: str, at: str) -> None:
        """Show who saved it and when."""
        sentence = f"{who} saved this alert at {at}. What you typed here is not saved."
        self.sentence.set(sentence)
        self.setAccessibleName(sentence)
        self.show()


#: What the form calls fields that the history names otherwise.
_FORM_WORDS = {
    "min calls": "not judged below",
    "hold": "fires after",
    "keep": "clears after",
    "level": "notice level",
    "hours": "active hours",
    "strict": "whole interval",
    "desktop notice": "tray",
}


@dataclass(frozen=True, slots=True)
class _Row:
    at: int
    change: FieldChange


class BothDialog(QDialog):
    """The fields in which two versions differ: theirs, and what is typed here."""

    def __init__(self, title: str, changes: tuple[FieldChange, ...], heads: tuple[str, str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("alert_both")
        self.setWindowTitle(f"Both versions of {title}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        resize_within(self, parent, 720, 360)

        def field(row: _Row) -> str:
            return _FORM_WORDS.get(row.change.field, row.change.field)

        columns: list[Column[_Row]] = [
            Column("field", "Field", field, width=140, min_width=96, fixed=True),
            Column("theirs", heads[0], lambda r: r.change.old, lambda r: Cell(r.change.old), width=240, min_width=120),
            Column(
                "mine", heads[1], lambda r: r.change.new, lambda r: Cell(r.change.new), width=240, min_width=120, stretch=True
            ),
        ]
        self.model: TableModel[_Row] = TableModel(columns, key=lambda row: row.at, order=lambda row: row.at)
        self.model.set_rows([_Row(at, change) for at, change in enumerate(changes)])
        self.area = TableArea(self.model, "alert_both_table")
        self.area.view.setAccessibleName("Fields that differ")
        if not changes:
            self.area.set_state(PageState(StateKind.EMPTY, "No difference", "Both versions hold the same values."))
        close = Button("Close", "alert_both_close", hint="Esc")
        close.clicked.connect(self.accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.area, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        column.addLayout(foot)


def open_both(base: Alert, theirs: Alert, mine: Alert | None, switches: Iterable[Connection], parent: QWidget) -> BothDialog:
    """Open what differs between theirs and mine; where `mine` is no alert yet, what they changed of `base`."""
    names = {each.id or 0: each.name for each in switches}
    if mine is None:
        changes, heads = field_changes(base, theirs, names), ("Before", "Theirs")
    else:
        same = replace(theirs, enabled=mine.enabled, paused_until=mine.paused_until)  # the list's matter
        changes, heads = field_changes(same, mine, names), ("Theirs", "Mine")
    dialog = BothDialog(base.title, changes, heads, parent)
    dialog.open()
    return dialog
