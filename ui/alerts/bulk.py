"""The menus that change several alerts at once: pause, notice level, template.

Runs on the window's thread. Each entry makes one change to all chosen alerts, with one undo.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from noc_alerts.model.alerts import Alert, NoticeLevel
from noc_alerts.model.errors import StoreError
from noc_alerts.notify.render import STOCK_NAMES
from ui.alerts import words
from ui.alerts.list import AlertList
from ui.alerts.list_changes import named
from ui.prefs import prefs
from ui.widgets.page import global_below

if TYPE_CHECKING:
    from ui.context import ScreenContext


class BulkMenus:
    """Make the menus for the rows chosen in a list, and open them under its current row."""

    def __init__(self, context: ScreenContext, alerts: AlertList, clock: Callable[[], datetime]) -> None:
        self._context, self._list, self._clock = context, alerts, clock

    def pause(self, parent: QWidget) -> QMenu:
        """Return the menu of P: three ends and, for what is paused, the end of the pause."""
        chosen, now = self._list.chosen(), self._clock()
        menu = _menu(parent, "alerts_pause_menu", "Pause")
        for at, (said, until) in enumerate(words.pause_choices(now, prefs.zone)):
            action = menu.addAction(f"Pause {'for ' if not said.startswith('until') else ''}{said}")
            action.setObjectName(f"alerts_pause_{at}")
            action.triggered.connect(lambda _checked=False, until=until: self._list.pause(chosen, until))
        menu.addSeparator()
        off = menu.addAction("End the pause")
        off.setObjectName("alerts_pause_off")
        off.setEnabled(any(alert.paused_until is not None and now < alert.paused_until for alert in chosen))
        off.triggered.connect(lambda: self._list.pause(chosen, None))
        return menu

    def level(self, parent: QWidget) -> QMenu:
        """Return the menu of notice levels, the worst on top; the one that all chosen alerts have is ticked."""
        chosen = self._list.chosen()
        menu = _menu(parent, "alerts_level_menu", "Notice level")
        for level in sorted(NoticeLevel, key=lambda each: -each.rank):
            word = words.LEVEL_WORDS[level]
            action = menu.addAction(word)  # without its mark, which would take the place of the tick
            action.setObjectName(f"alerts_level_{level.value}")
            _tick(action, all(alert.level is level for alert in chosen))
            said = f"{named(chosen)} set to level {word}" if chosen else ""
            action.triggered.connect(self._changer(chosen, said, level=level))
        return menu

    def template(self, parent: QWidget) -> QMenu:
        """Return the menu of templates: the stock ones, then the user's own by name."""
        chosen = self._list.chosen()
        menu = _menu(parent, "alerts_template_menu", "Template")
        for name in self._template_names():
            action = menu.addAction(name.replace("&", "&&"))
            action.setObjectName(f"alerts_template_{name}")
            _tick(action, all(alert.template == name for alert in chosen))
            said = f"{named(chosen)}: template {name}" if chosen else ""
            action.triggered.connect(self._changer(chosen, said, template=name))
        return menu

    def _template_names(self) -> list[str]:
        try:
            own = [template.name for template in self._context.service.store.templates.all()]
        except StoreError as error:
            self._context.messages.fail("The templates were not read", error.sentence)
            own = []
        return [*STOCK_NAMES, *sorted((name for name in own if name not in STOCK_NAMES), key=str.casefold)]

    def _changer(self, chosen: list[Alert], said: str, **values: Any) -> Callable[[], object]:
        """Return what sets fields of the chosen alerts, as they are when the menu was opened."""
        return lambda: self._list.changes.edit(chosen, lambda alert: replace(alert, **values), said)

    def ask(self, make: Callable[[QWidget], QMenu]) -> None:
        """Open one of the menus under the current row."""
        view = self._list.area.view
        box = view.visualRect(view.currentIndex())
        at = view.viewport().mapToGlobal(box.bottomLeft()) if box.isValid() else global_below(view)
        menu = make(self._list)
        menu.aboutToHide.connect(menu.deleteLater)
        view.show_menu(menu, at)
        menu.setActiveAction(next((action for action in menu.actions() if action.isEnabled()), menu.actions()[0]))


def _menu(parent: QWidget, name: str, title: str) -> QMenu:
    menu = QMenu(parent)
    menu.setObjectName(name)
    menu.setTitle(title)
    menu.setAccessibleName(title)
    return menu


def _tick(action: QAction, on: bool) -> None:
    action.setCheckable(True)
    action.setChecked(on)
