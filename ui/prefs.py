"""What one user keeps about the window: density, time zones, column layouts, geometry. Not rules, not secrets.

Runs on the window's thread. `prefs` is the one instance; without `use` it keeps things in memory only (tests).
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from PySide6.QtCore import QObject, QSettings, Signal

from ui import text
from ui.theme import Density


class Prefs(QObject):
    """Keep short texts by name; `changed` carries the name."""

    changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._memory: dict[str, str] = {}
        self._settings: QSettings | None = None
        self._zone: tzinfo = UTC
        self._zone_text = "UTC"

    def use(self, settings: QSettings | None) -> None:
        """Keep things in these settings from now on, or in memory only; forget what was in memory."""
        self._settings = settings
        self._memory.clear()

    def get(self, name: str, default: str = "") -> str:
        """Return what is kept under a name."""
        if name in self._memory:
            return self._memory[name]
        if self._settings is None:
            return default
        found = self._settings.value(name)
        return found if isinstance(found, str) else default

    def put(self, name: str, value: str) -> None:
        """Keep a text under a name and tell who listens, if it is another one."""
        if self.get(name) == value:
            return
        self._memory[name] = value
        if self._settings is not None:
            self._settings.setValue(name, value)
        self.changed.emit(name)

    @property
    def density(self) -> Density:
        """Return the row height of all tables."""
        word = self.get("density", Density.NORMAL.name)
        return Density[word] if word in Density.__members__ else Density.NORMAL

    @density.setter
    def density(self, value: Density) -> None:
        self.put("density", value.name)

    @property
    def zone(self) -> tzinfo:
        """Return the zone clock times are shown in: the kept one, UTC without one or with an unknown name."""
        return self._find(self.get("zone", "UTC"))

    @property
    def other_zone(self) -> tzinfo:
        """Return the zone that tooltips add: the kept one, else this computer's."""
        name = self.get("other_zone")
        return self._find(name) if name else text.computer_zone(datetime.now(UTC))

    def set_zone(self, name: str, other: str = "") -> None:
        """Keep the zones by IANA name; raise text.InputError for an unknown one."""
        text.find_zone(name)
        if other:
            text.find_zone(other)
        self.put("other_zone", other)
        self.put("zone", name)

    def _find(self, name: str) -> tzinfo:
        if name != self._zone_text:
            try:
                self._zone, self._zone_text = text.find_zone(name), name
            except text.InputError:
                return UTC  # a zone this computer does not know (any more): UTC, as the menu bar then says
        return self._zone


prefs = Prefs()
