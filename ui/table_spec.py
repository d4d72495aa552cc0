"""What a table is made of: columns, cells, row styles. Values only, read by the model and the delegate.

Any thread may make them. Must not import Qt widgets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar

from PySide6.QtCore import Qt

from ui.marks import Form, Mark
from ui.sparkline import Spark
from ui.text import MINUS, THIN, Shown
from ui.theme import Role

RowT = TypeVar("RowT")


class Align(Enum):
    """Where a column's text and head stand: text left, numbers right."""

    LEFT = Qt.AlignmentFlag.AlignLeft
    RIGHT = Qt.AlignmentFlag.AlignRight
    CENTER = Qt.AlignmentFlag.AlignHCenter


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows: a first line of text and muted unit, a second line, and what stands before or in place of it.

    `after` is muted text behind the first line. `tooltip` empty shows the full text when it is cut.
    """

    text: str = ""
    unit: str = ""
    after: str = ""
    second: str = ""
    tone: Role = Role.TEXT
    second_tone: Role = Role.MUTED
    bold: bool = False
    mono: bool = False
    boxed: bool = False
    mark: Mark | None = None
    form: Form = Form.ACTIVE
    icon: str = ""
    follows: bool = False
    spark: Spark | None = None
    checked: bool | None = None
    buttons: tuple[str, ...] = ()
    tooltip: str = ""
    spoken: str = ""

    @property
    def plain(self) -> str:
        """Return the first line as plain text."""
        return " ".join(part for part in (self.text, self.unit, self.after) if part)


@dataclass(frozen=True, slots=True)
class RowStyle:
    """How a whole row looks: a wash under it (critical and not taken), or all of it muted."""

    wash: Role | None = None
    muted: bool = False


@dataclass(frozen=True)  # without slots: `Column[Row](...)` fails on Python 3.11 with frozen and slots together
class Column(Generic[RowT]):
    """One column: `value` is native and sorts (None goes last), `cell` is what is shown (text of the value if None).

    Values of one column are of one kind. `search` gives the text the filter row looks in; without it, text values are used.
    A `fixed` column is an identity: it cannot be hidden. A `spare` one is shown only where there is room for all columns
    before it, until a person chooses. One that `yields` goes before the table would have to be scrolled sideways, the last
    first, until a person chooses. `group` names the column group that begins here.
    """

    key: str
    title: str
    value: Callable[[RowT], Any]
    cell: Callable[[RowT], Cell | Shown | str] | None = None
    align: Align = Align.LEFT
    width: int = 120
    min_width: int = 48
    stretch: bool = False
    fixed: bool = False
    hidden: bool = False
    spare: bool = False
    yields: bool = False
    sortable: bool = True
    descending_first: bool = False
    group: str = ""
    tooltip: str = ""
    search: Callable[[RowT], str] | None = None


def make_cell(row: RowT, column: Column[RowT]) -> Cell:
    """Return what a column shows of a row."""
    if column.cell is None:
        value = column.value(row)
        return Cell("" if value is None else str(value))
    made = column.cell(row)
    if isinstance(made, Cell):
        return made
    return Cell(made.number, made.unit) if isinstance(made, Shown) else Cell(made)


def sort_keys(values: list[Any]) -> list[Any]:
    """Return native values of one kind as keys that compare fast: text without case, instants as seconds, NaN as None."""
    kind = next((type(value) for value in values if value is not None), None)
    if kind is str:
        return [None if value is None else value.casefold() for value in values]
    if kind is datetime:
        return [None if value is None else value.timestamp() for value in values]
    if kind in (float, int):
        return [None if value is None or value != value else value for value in values]  # only NaN differs from itself
    return values


def tsv_lines(cells: Iterable[Iterable[Cell]]) -> str:
    """Return rows of cells as tab separated lines with plain spaces and minus signs, for a spreadsheet."""
    lines = []
    for row in cells:
        texts = (", ".join(part for part in (cell.plain, cell.second) if part) for cell in row)
        lines.append("\t".join(text.replace("\t", " ").replace("\n", " ") for text in texts))
    return "\n".join(lines).replace(THIN, " ").replace(MINUS, "-") + "\n"
