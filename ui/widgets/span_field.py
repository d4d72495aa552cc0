"""A length of time with names for lengths that people call otherwise: 1 year for 365 days. Runs on the window's thread."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from PySide6.QtWidgets import QWidget

from ui import text
from ui.text import InputError
from ui.widgets.choices import DurationBox


class SpanField(DurationBox):
    """A DurationBox whose list and text call some lengths by a name; the name may be typed too."""

    def __init__(
        self,
        name: str,
        choices: list[timedelta],
        *,
        names: Mapping[timedelta, str] | None = None,
        none_words: str = "",
        minimum: timedelta = timedelta(seconds=1),
        parent: QWidget | None = None,
    ) -> None:
        self._names = dict(names or {})
        super().__init__(name, choices, none_words=none_words, minimum=minimum, parent=parent)
        for at in range(self.count()):
            if (named := self._names.get(self.itemData(at))) is not None:
                self.setItemText(at, named)

    @property
    def value(self) -> timedelta | None:
        """Return the length, None for the words of none; raise InputError with a sentence."""
        typed = _plain(self.currentText())
        if self._none_words and typed in (_plain(self._none_words), ""):
            return None
        for length, words in self._names.items():
            if typed == _plain(words):
                return length
        length = text.parse_span(self.currentText())
        if length < self._minimum:
            raise InputError(f"Enter {text.exact_span(self._minimum)} or more.")
        return length

    def set_value(self, value: timedelta | None) -> None:
        """Show a length, without a signal."""
        super().set_value(value)
        if value in self._names:
            self.setEditText(self._names[value])


def _plain(words: str) -> str:
    return " ".join(words.replace(text.THIN, " ").split()).casefold()
