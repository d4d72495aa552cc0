"""A line of text that offers what is known while one types; the time zone is one.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from zoneinfo import available_timezones

from PySide6.QtCore import QEvent, QStringListModel, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCompleter, QWidget

from noc_alerts.model.schedules import check_zone
from ui.text import InputError
from ui.widgets.choices import dress_offers
from ui.widgets.fields import TextField

#: Names of the zone database that are no places, but its own old abbreviations.
_NOT_OFFERED = ("Etc/", "SystemV/", "posix/", "right/", "US/")


class CompletedField(TextField):
    """A line of text with completion by any part of a word; what is offered may also be asked for when it is first needed."""

    def __init__(
        self,
        name: str,
        *,
        placeholder: str = "",
        required: str = "",
        offers: Callable[[], Iterable[str]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """Take `offers` where looking them up takes time: it is called when the focus first comes."""
        super().__init__(name, placeholder=placeholder, required=required, parent=parent)
        self._later = offers
        self._offered = QStringListModel(self)
        completer = QCompleter(self._offered, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        dress_offers(completer)
        completer.activated.connect(self._on_completed, Qt.ConnectionType.QueuedConnection)
        self.setCompleter(completer)

    @property
    def value(self) -> str:
        """Return the words as they are kept; raise InputError with a sentence when they cannot be."""
        if problem := self.problem():
            raise InputError(problem)
        return self.text().strip()

    def set_value(self, words: str) -> None:
        """Show words, without a signal."""
        self.setText(words)

    def set_completions(self, words: Iterable[str]) -> None:
        """Offer these while typing."""
        self._later = None
        offered = sorted(set(words), key=str.casefold)
        if offered != self._offered.stringList():  # else an open list would close
            self._offered.setStringList(offered)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Look up what is offered, the first time."""
        super().focusInEvent(event)
        if self._later is not None:
            self.set_completions(self._later())

    def event(self, event: QEvent) -> bool:
        """Hear Tab also while the list is open: the focus is its own then, so that leaving is not told by a focus event."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            completer = self.completer()
            offers = completer.popup() if completer is not None else None
            if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab) and offers is not None and offers.isVisible():
                offers.hide()
                self.left.emit()
        return super().event(event)

    def _on_completed(self, words: str) -> None:
        self.setText(words)
        self.textEdited.emit(words)


class ZoneField(CompletedField):
    """A time zone by its IANA name."""

    selects = True

    def __init__(self, name: str, *, parent: QWidget | None = None) -> None:
        super().__init__(name, placeholder="Europe/London", offers=zone_names, parent=parent)

    def problem(self) -> str:
        """Return the sentence that says what is wrong, or nothing."""
        return check_zone(self.text().strip()) or ""


def zone_names() -> list[str]:
    """Return the zones a person would choose: places, and UTC."""
    places = (name for name in available_timezones() if "/" in name and not name.startswith(_NOT_OFFERED))
    return ["UTC", *sorted(places)]
