"""One way to read and write every input of the alert form, whatever kind it is.

Runs on the window's thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from PySide6.QtWidgets import QCheckBox, QLineEdit

from ui.alerts.chips import ChipsField
from ui.text import InputError
from ui.widgets.choices import ComboBox

_BREAKS = re.compile(r"\s*[\x00-\x1f\x7f\x85\u2028\u2029]+\s*")


class Typed(Protocol):
    """An input whose value may be no value: it raises InputError then."""

    @property
    def value(self) -> Any:
        """Return the value; raise InputError with a sentence."""

    def set_value(self, value: Any) -> None:
        """Show a value, without a signal."""


@dataclass(frozen=True, slots=True)
class Part:
    """One value of the form: how it is read (raises InputError), shown, and taken as typed where it is no value."""

    read: Callable[[], Any]
    show: Callable[[Any], object]
    typed: Callable[[], Any]

    def raw(self) -> Any:
        """Return the value, or what is typed where that is none: to see what is not saved."""
        try:
            return self.read()
        except InputError:
            return self.typed()

    def value_or_none(self) -> Any:
        """Return the value, None where what is typed is none."""
        try:
            return self.read()
        except InputError:
            return None


def of_combo(box: ComboBox, read: Callable[[Any], Any] = lambda data: data) -> Part:
    """Return the part of a list; `read` makes the value of its data (Qt keeps a StrEnum as a plain string)."""
    return Part(lambda: read(box.currentData()), box.set_data, lambda: None)


def of_line(line: QLineEdit) -> Part:
    """Return the part of a line of text; line ends and tabs that were pasted into it count as blanks."""
    return Part(lambda: _BREAKS.sub(" ", line.text()).strip(), line.setText, line.text)


def of_typed(field: Typed, typed: Callable[[], Any], empty: Callable[[Any], Any] = lambda value: value) -> Part:
    """Return the part of an input that checks what is typed; `empty` makes what is shown of the value."""
    return Part(lambda: field.value, lambda value: field.set_value(empty(value)), typed)


def of_box(box: QCheckBox) -> Part:
    """Return the part of a tick box."""
    return Part(box.isChecked, box.setChecked, lambda: None)


def of_chips(chips: ChipsField) -> Part:
    """Return the part of a field of entries; what is typed and not taken in counts as typed."""

    def read() -> tuple[str, ...]:
        if problem := chips.problem():
            raise InputError(problem)
        return chips.entries if not chips.pending else (*chips.entries, chips.pending)

    def show(entries: Iterable[str]) -> None:
        chips.set_entries(entries)

    return Part(read, show, lambda: (chips.entries, chips.pending))
