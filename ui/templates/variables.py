"""The list of what a template may use: name, meaning, example; Enter puts one into the text.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from noc_alerts.notify.variables import CALL_FIELDS, ROW_FIELDS, VARIABLES
from ui.table_spec import Cell
from ui.tables import Column, TableModel
from ui.theme import Role
from ui.widgets.buttons import Button
from ui.widgets.page import Panel
from ui.widgets.table_area import TableArea

_LOOPS = {
    "last_calls": (
        "{% for call in last_calls %}\n"
        "{{ call.time }} {{ call.from }} {{ call.to }} {{ call.code }} {{ call.cause }}\n"
        "{% endfor %}"
    ),
    "rows": "{% for row in rows %}\n{{ row.subject }} {{ row.value }} {{ row.sample }}\n{% endfor %}",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A variable with its place in the list, and what is put in for it."""

    at: int
    name: str
    meaning: str
    example: str
    inserted: str


def lines() -> list[Line]:
    """Give every variable in the order to show, what is inside of lists after them."""
    made: list[Line] = []

    def add(name: str, meaning: str, example: str, inserted: str) -> None:
        made.append(Line(len(made), name, meaning, example, inserted))

    for name, variable in VARIABLES.items():
        add(name, variable.meaning, variable.example, _LOOPS.get(name, f"{{{{ {name} }}}}"))
    for one, inside, of in (("call", CALL_FIELDS, "last_calls"), ("row", ROW_FIELDS, "rows")):
        for name, variable in inside.items():
            words = f"{variable.meaning}, in a loop over {of}"
            add(f"{one}.{name}", words, variable.example, f"{{{{ {one}.{name} }}}}")
    return made


class VariablesPanel(Panel):
    """The list. `insert` gets what is to be put into the text."""

    def __init__(self, insert: Callable[[str], object], parent: QWidget | None = None) -> None:
        super().__init__("template_variables", "Variables", parent=parent)
        self._insert = insert
        self.set_note("Enter inserts, / finds")
        self.model: TableModel[Line] = TableModel(_columns(), key=lambda row: row.name, order=lambda row: row.at)
        self.model.set_rows(lines())
        self.area = TableArea(self.model, "template_variables_table")
        self.area.view.setAccessibleName("Variables of a template")
        self._button = Button("Insert", "template_insert", icon="add", height=24)
        self.add_action(self._button)
        self.body.addWidget(self.area, 1)
        self._button.clicked.connect(lambda: self._put(self.area.view.current_key()))
        self.area.view.opened.connect(self._put)
        self.area.view.current_changed.connect(lambda key: self._button.setEnabled(key is not None))
        self._button.setEnabled(False)

    def _put(self, key: object) -> None:
        found = self.model.find(str(key))
        if found is not None:
            self._insert(found.inserted)


def _columns() -> list[Column[Line]]:
    return [
        Column[Line]("name", "Name", lambda row: row.name, lambda row: Cell(row.name, mono=True), width=140, fixed=True),
        Column[Line]("meaning", "Meaning", lambda row: row.meaning, width=170, stretch=True),
        Column[Line]("example", "Example", lambda row: row.example, lambda row: Cell(row.example, tone=Role.MUTED), width=130),
    ]
