"""A field for a time of day. Runs on the window's thread."""

from __future__ import annotations

import re
from datetime import time

from PySide6.QtWidgets import QWidget

from ui.text import InputError
from ui.widgets.fields import TextField

_CLOCK = re.compile(r"(\d{1,2})(?:[:.h ]?(\d{2}))?", re.ASCII)


class TimeField(TextField):
    """A time of day in 24 hours; takes 8, 8:30, 8.30 and 0830. `ends`: 24:00 is taken for the end of a day."""

    selects = True

    def __init__(self, name: str, *, ends: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(name, placeholder="08:00", parent=parent)
        self._ends = ends
        self.setMaxLength(8)
        self.left.connect(self._write_back)

    @property
    def value(self) -> time:
        """Return the time; raise InputError with a sentence when what is typed is none."""
        return parse_time(self.text(), ends=self._ends)

    def set_value(self, value: time) -> None:
        """Show a time, without a signal."""
        self.setText("24:00" if self._ends and value == time(0) else f"{value:%H:%M}")

    def problem(self) -> str:
        """Return the sentence that says what is wrong, or nothing."""
        try:
            _ = self.value
        except InputError as error:
            return str(error)
        return ""

    def _write_back(self) -> None:
        if not self.problem():
            self.set_value(self.value)


def parse_time(typed: str, *, ends: bool = False) -> time:
    """Read a time of day; raise InputError with a sentence. With `ends`, 24:00 is midnight."""
    words = typed.strip()
    if not words:
        raise InputError("Enter a time of day such as 08:00.")
    found = _CLOCK.fullmatch(words)
    if found is None:
        raise InputError(f"“{words}” is not a time of day. Enter hours and minutes, such as 08:00.")
    hour, minute = int(found[1]), int(found[2] or 0)
    if ends and (hour, minute) == (24, 0):
        return time(0)
    if hour > 23 or minute > 59:
        raise InputError(f"“{words}” is not a time of day. It is 00:00 to 23:59.")
    return time(hour, minute)
