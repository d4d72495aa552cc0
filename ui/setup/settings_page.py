"""The Settings page: its tabs, and Save and Revert for those that are saved.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from ui import text
from ui.commands import Command, Menu
from ui.setup.settings_look import AboutTab, GeneralTab, LookTab
from ui.setup.settings_messages import MessagesTab
from ui.setup.settings_watching import WatchingTab
from ui.setup.switch_form import not_saved
from ui.theme import Role
from ui.widgets.buttons import Button, PrimaryButton, SegmentedControl
from ui.widgets.labels import Label
from ui.widgets.page import Page

if TYPE_CHECKING:
    from ui.context import ScreenContext

PAGE = "settings"
TABS = (("general", "General"), ("look", "Look"), ("messages", "Messages"), ("watching", "Watching"), ("about", "About"))
_AT_ONCE = "Applied at once"


def make_page(context: ScreenContext) -> QWidget:
    """Make the page."""
    return SettingsPage(context)


class SettingsPage(Page):
    """All settings, in tabs."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__("settings_page", "Settings")
        self._context = context
        folder = context.service.store.folder
        self.general = GeneralTab(context, folder)
        self.look = LookTab(context)
        self.messages = MessagesTab(context)
        self.watching = WatchingTab(context)
        self.about = AboutTab()
        self.tabs = SegmentedControl(TABS, "settings_tabs", "Part of the settings")
        self._stack = QStackedWidget()
        for widget in (self.general.panel, self.look.panel, self.messages.widget, self.watching.widget, self.about.panel):
            self._stack.addWidget(_at_left(widget, wide=widget is self.messages.widget))
        self._note = Label("", Role.MUTED, name="settings_not_saved")
        self._revert = Button("Revert", "settings_revert", icon="revert")
        self._save = PrimaryButton("Save", "settings_save", hint="Ctrl+S")
        for widget in (self._note, self._revert, self._save):
            self.add_action(widget)
        tabs = QHBoxLayout()
        tabs.addWidget(self.tabs)
        tabs.addStretch(1)
        self.body.addLayout(tabs)
        self.body.addWidget(self._stack, 1)
        self.tabs.chosen.connect(self._open_tab)
        self._revert.clicked.connect(self._on_revert)
        self._save.clicked.connect(self.save)
        for tab in (self.messages, self.watching):
            tab.changed.connect(self._say)
        context.commands.add(
            Command("settings.save", "&Save settings", Menu.FILE, key="Ctrl+S", page=PAGE),
            self.save,
            enabled=self._save.isEnabled,
        )
        self._say()

    def show_item(self, item: object) -> None:
        """Open a tab by its key."""
        if isinstance(item, str) and item in dict(TABS):
            self.tabs.set_current(item)
            self._open_tab(item)
            self.tabs.focus_current()

    def save(self) -> bool:
        """Save the open tab; return whether it could be."""
        tab = self._saved_tab
        return tab is None or tab.save()

    def ask_leave(self, then: Callable[[], object]) -> None:
        """Call `then` when nothing is lost by leaving, or as the person answers."""
        unsaved = [tab for tab in (self.messages, self.watching) if tab.changes()]
        if not unsaved:
            then()
            return

        def answered(answer: str) -> None:
            if answer == "discard":
                for tab in unsaved:
                    tab.revert()
            saved = [tab.save() for tab in unsaved] if answer == "save" else []
            if answer == "discard" or (saved and all(saved)):
                then()

        self._context.messages.ask_leave(self, ", ".join(word for tab in unsaved for word in tab.changes()), answered)

    @property
    def _saved_tab(self) -> MessagesTab | WatchingTab | None:
        if self.tabs.current == "messages":
            return self.messages
        return self.watching if self.tabs.current == "watching" else None

    def _open_tab(self, key: str) -> None:
        self._stack.setCurrentIndex([name for name, _ in TABS].index(key))
        if key == "watching":
            self.watching.look_at_size()
        self._say()

    def _on_revert(self) -> None:
        tab = self._saved_tab
        if tab is not None:
            tab.revert()

    def _say(self) -> None:
        tab = self._saved_tab
        self._revert.setVisible(tab is not None)
        self._save.setVisible(tab is not None)
        changes, wrong = (tab.changes(), tab.wrong) if tab is not None else ([], 0)
        if wrong:
            self._note.set(f"{text.plural(wrong, 'field')} to correct before saving", Role.CRITICAL)
        else:
            self._note.set(not_saved(changes), Role.MUTED)
        self._revert.setEnabled(bool(changes) or wrong > 0)
        self._save.setEnabled(bool(changes) and not wrong)
        self.set_sentence(_AT_ONCE if self.tabs.current in ("general", "look") else self._other_unsaved(tab))
        self._context.commands.refresh()

    def _other_unsaved(self, tab: object) -> str:
        """Say that the tab which is not open holds changes."""
        others = (("Messages", self.messages), ("Watching", self.watching))
        waiting = [name for name, other in others if other is not tab and other.changes()]
        return f"Not saved in {' and '.join(waiting)}" if waiting else ""


def _at_left(widget: QWidget, *, wide: bool) -> QWidget:
    """Return a page of the stack with the widget at its left, or as wide as it is."""
    host = QWidget()
    across = QHBoxLayout(host)
    across.setContentsMargins(0, 0, 0, 0)
    across.addWidget(widget, 1)
    if not wide:
        across.addStretch(1)
        across.setAlignment(widget, Qt.AlignmentFlag(0))
    return host
