"""The top row of the window: menus made from the commands, the find field, the operator, the clock.

Runs on the window's thread.
"""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QMenuBar, QWidget

from ui import text
from ui.commands import Commands, Menu
from ui.finder import FindField
from ui.prefs import prefs
from ui.theme import MENU_BAR, FontRole, Role, theme
from ui.widgets.labels import Label, Tag


class TopBar(QWidget):
    """Show menus, find field, who is on shift and the time. `find_asked` carries the point for the finder's right corner."""

    find_asked = Signal(QPoint)

    def __init__(self, commands: Commands, demo: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("top_bar")
        self._commands = commands
        self._bar = QMenuBar(self)
        self._bar.setObjectName("menu_bar")
        self._bar.setAccessibleName("Menus")
        self._bar.setNativeMenuBar(False)  # the row also holds the find field and the clock
        self._menus = {menu: self._make_menu(menu) for menu in Menu}
        self._find = FindField()
        self._find.clicked.connect(self.ask_find)
        self._operator = Label("no operator yet", Role.MUTED, name="operator")
        self._time = Label("", Role.TEXT, FontRole.BODY_STRONG, name="clock")
        self._zone = Label("", Role.MUTED, name="clock_zone")
        self._day = Label("", Role.MUTED, name="clock_day")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 12, 1)
        row.setSpacing(0)
        row.addWidget(self._bar)
        if demo:
            row.addSpacing(8)
            row.addWidget(Tag("DEMO", "demo_tag", Role.TEXT))
        row.addStretch(1)
        row.addWidget(self._find, 100)
        row.addSpacing(16)
        row.addWidget(self._operator)
        row.addSpacing(16)
        row.addWidget(self._time)
        row.addSpacing(4)
        row.addWidget(self._zone)
        row.addSpacing(8)
        row.addWidget(self._day)
        commands.changed.connect(self._fill)
        theme.changed.connect(self._fit)
        self._fit()
        self._fill()

    def set_operator(self, words: str) -> None:
        """Show who is on shift: `mira, shift to 08:00`; empty: nobody yet."""
        self._operator.set(words or "no operator yet")

    def tick(self, now: datetime) -> None:
        """Show the time in the chosen zone, both zones in the tooltip."""
        zone = prefs.zone
        self._time.set(text.clock_seconds(now, zone))
        self._zone.set(text.zone_name(zone, now))
        self._day.set(text.day(now, zone))
        tooltip = text.both_zones(now, zone, prefs.other_zone)
        for label in (self._time, self._zone, self._day):
            label.setToolTip(tooltip)

    def ask_find(self) -> None:
        """Ask for the finder under the find field."""
        self.find_asked.emit(self._find.mapToGlobal(QPoint(self._find.width(), self._find.height() + 2)))

    def _make_menu(self, menu: Menu) -> QMenu:
        made = self._bar.addMenu(menu.value)
        made.setObjectName(f"menu_{menu.name.lower()}")
        made.setToolTipsVisible(True)
        made.aboutToShow.connect(self._commands.refresh)
        return made

    def _fill(self) -> None:
        """Put the commands that exist here into their menus, a line between groups; a menu without any is not shown."""
        commands = self._commands.available()
        for menu, made in self._menus.items():
            made.clear()
            mine = sorted((each for each in commands if each.menu is menu), key=lambda each: each.group)
            for at, command in enumerate(mine):
                if at and mine[at - 1].group != command.group:
                    made.addSeparator()
                made.addAction(self._commands.action(command.id))
            made.menuAction().setVisible(bool(mine))

    def _fit(self) -> None:
        self.setFixedHeight(theme.px(MENU_BAR))
        wanted = self._find.sizeHint()
        self._find.setFixedHeight(wanted.height())
        self._find.setMaximumWidth(wanted.width())
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground and the line below."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color(Role.SURFACE))
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme.color(Role.LINE))
        painter.end()
