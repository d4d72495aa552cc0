"""The commands of the window: one list from which menus, keys and Ctrl+K are made, so that all three say the same.

Runs on the window's thread. Screens add commands when they are made; only what was added exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence


class Menu(Enum):
    """The menus of the menu bar, in order; the value is the title with its letter."""

    FILE = "&File"
    EDIT = "&Edit"
    VIEW = "&View"
    ALARM = "&Alarm"
    GO = "&Go"
    TOOLS = "&Tools"
    HELP = "&Help"


@dataclass(frozen=True, slots=True)
class Command:
    """A thing the window can do. `key` is a key sequence, empty for none; `more_keys` do the same without being shown.

    `group` puts commands of a menu between separator lines. With `page` it exists only while that page is open, so that
    two pages may use the same letter.
    """

    id: str
    text: str
    menu: Menu
    key: str = ""
    more_keys: tuple[str, ...] = ()
    group: int = 0
    page: str = ""
    checkable: bool = False

    @property
    def plain(self) -> str:
        """Return the text without its letter mark and dots."""
        return self.text.replace("&", "").rstrip("….").strip()


@dataclass(slots=True)
class _Entry:
    command: Command
    action: QAction
    run: Callable[[], object]
    enabled: Callable[[], bool] | None
    checked: Callable[[], bool] | None


class Commands(QObject):
    """Hold the commands. `changed` is emitted when some were added or removed, or another page is open."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: dict[str, _Entry] = {}
        self._page = ""

    def add(
        self,
        command: Command,
        run: Callable[[], object],
        *,
        enabled: Callable[[], bool] | None = None,
        checked: Callable[[], bool] | None = None,
    ) -> QAction:
        """Add a command; raise ValueError if its id, or its key on the same page, is taken."""
        if command.id in self._entries:
            raise ValueError(f"command {command.id} is there already")
        self._refuse_double_key(command)
        action = QAction(command.text, self)
        action.setObjectName(f"command_{command.id.replace('.', '_')}")
        action.setShortcuts([QKeySequence(key) for key in (command.key, *command.more_keys) if key])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.setAutoRepeat(False)
        action.setCheckable(command.checkable)
        entry = _Entry(command, action, run, enabled, checked)
        action.triggered.connect(lambda: self._trigger(entry))
        self._entries[command.id] = entry
        self._update(entry)
        self.changed.emit()
        return action

    def remove_page(self, page: str) -> None:
        """Remove the commands of a page that is closed for good."""
        for name in [name for name, entry in self._entries.items() if entry.command.page == page]:
            entry = self._entries.pop(name)
            entry.action.deleteLater()
        self.changed.emit()

    def set_page(self, page: str) -> None:
        """Make a page's commands the ones that work."""
        if page == self._page:
            return
        self._page = page
        self.refresh()
        self.changed.emit()

    def refresh(self) -> None:
        """Ask every command anew whether it can be done now; screens call it when their selection changes."""
        for entry in self._entries.values():
            self._update(entry)

    def available(self) -> list[Command]:
        """Return the commands of the frame and of the open page, in the order they were added."""
        return [entry.command for entry in self._entries.values() if self._here(entry)]

    def actions(self) -> list[QAction]:
        """Return the actions of all commands, also of pages not open."""
        return [entry.action for entry in self._entries.values()]

    def action(self, name: str) -> QAction:
        """Return the action of a command; raise KeyError for an unknown id."""
        return self._entries[name].action

    def can(self, name: str) -> bool:
        """Return whether a command exists here and can be done now."""
        entry = self._entries.get(name)
        return entry is not None and self._here(entry) and (entry.enabled is None or entry.enabled())

    def run(self, name: str) -> bool:
        """Do a command if it can be done now; return whether it was."""
        if not self.can(name):
            return False
        self._entries[name].run()
        return True

    def _trigger(self, entry: _Entry) -> None:
        self.run(entry.command.id)
        self.refresh()

    def _here(self, entry: _Entry) -> bool:
        return entry.command.page in ("", self._page)

    def _update(self, entry: _Entry) -> None:
        here = self._here(entry)
        entry.action.setVisible(here)
        entry.action.setEnabled(here and (entry.enabled is None or entry.enabled()))
        if entry.checked is not None:
            entry.action.setChecked(entry.checked())

    def _refuse_double_key(self, command: Command) -> None:
        wanted = {QKeySequence(key).toString() for key in (command.key, *command.more_keys) if key}
        for entry in self._entries.values():
            other = entry.command
            if command.page and other.page and command.page != other.page:
                continue
            taken = wanted & {QKeySequence(key).toString() for key in (other.key, *other.more_keys) if key}
            if taken:
                raise ValueError(f"{command.id}: {', '.join(sorted(taken))} is taken by {other.id}")
