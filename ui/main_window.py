"""The frame of the window: menu row, rail, pages, error panel, status bar; Back, F6, what is kept.

Runs on the window's thread. Must not import the store or anything of the network: it is given plain values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

from PySide6.QtCore import QByteArray, QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from ui import frame_commands
from ui.commands import Commands
from ui.finder import Finder, Found, Provider, command_provider
from ui.marks import Mark
from ui.menu import TopBar
from ui.messages import messages
from ui.pages import Pages, Place
from ui.prefs import prefs
from ui.rail import PageSpec, Rail
from ui.status_bar import StatusBar
from ui.table_view import TableView
from ui.theme import theme
from ui.widgets.error_panel import ErrorPanel

MIN_WIDTH, MIN_HEIGHT = 1180, 720
ICONS_ONLY_BELOW = 1280
TITLE = "noc_alerts"


class MainWindow(QMainWindow):
    """Hold the pages that exist. `page_opened` carries page and item key; `quit_asked` comes from the menu.

    `close_guard` decides what closing does: True lets it happen, False keeps the window.
    """

    page_opened = Signal(str, str)
    quit_asked = Signal()

    def __init__(self, pages: Sequence[PageSpec], commands: Commands, *, demo: bool = False) -> None:
        super().__init__()
        self.setObjectName("main_window")
        self.setWindowTitle(f"{TITLE} - Demo" if demo else TITLE)
        self.setMinimumSize(MIN_WIDTH, MIN_HEIGHT)
        self.commands = commands
        self.close_guard: Callable[[], bool] = lambda: True
        self._specs = tuple(pages)
        self._rail_wanted_narrow, self._scale = prefs.get("rail") == "narrow", theme.scale
        self.rail = Rail(pages)
        self.pages = Pages(pages)
        self.status_bar = StatusBar(demo)
        self.errors = ErrorPanel()
        self.top_bar = TopBar(commands, demo)
        self._finder: Finder | None = None
        self._providers: list[Provider] = []
        self._last_pages: dict[str, Place] = {}
        self._lay_out()
        self._connect()
        frame_commands.add(self, self._specs)
        commands.changed.connect(self._take_actions)
        self._take_actions()
        self.add_provider(self._find_pages)
        self._restore()

    def _lay_out(self) -> None:
        self.setMenuWidget(self.top_bar)
        middle = QWidget()
        middle.setObjectName("middle")
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.errors)
        right.addWidget(self.pages, 1)
        across = QHBoxLayout()
        across.setSpacing(0)
        across.addWidget(self.rail)
        across.addLayout(right, 1)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(across, 1)
        column.addWidget(self.status_bar)
        self.setCentralWidget(middle)

    def _connect(self) -> None:
        self.rail.chosen.connect(self.open_page)
        self.pages.moved.connect(self._on_moved)
        self.top_bar.find_asked.connect(self._on_find_asked)
        messages.said.connect(self.status_bar.say)
        messages.failed.connect(self.errors.add)
        self.status_bar.undo_changed.connect(self.commands.refresh)
        theme.changed.connect(self._on_theme_changed)
        cast(QApplication, QApplication.instance()).focusChanged.connect(self._on_focus_changed)

    # --- pages -------------------------------------------------------------------------------------------------------

    def open_page(self, key: str) -> QWidget:
        """Open a page and return it."""
        return self.pages.open_page(key)

    def open_item(self, page: str, item: str, make: Callable[[], QWidget]) -> QWidget:
        """Open an item of a page (list > item) and return its widget."""
        return self.pages.open_item(page, item, make)

    def start_page(self, default: str) -> None:
        """Open the page that was open last, else `default`."""
        kept = prefs.get("page", default)
        self.open_page(kept if any(spec.key == kept for spec in self._specs) else default)

    def set_count(self, page: str, count: int, mark: Mark | None = None, words: str = "") -> None:
        """Show a page's count in the rail; only Overview and Switches may have a mark."""
        self.rail.set_count(page, count, mark, words)

    def tick(self, now: datetime) -> None:
        """Show the time as it is at `now`, also in the open page if it has a `tick`."""
        self.top_bar.tick(now)
        self.status_bar.tick(now)
        page_tick = getattr(self.pages.currentWidget(), "tick", None)
        if page_tick is not None:
            page_tick(now)

    # --- finding -----------------------------------------------------------------------------------------------------

    def add_provider(self, provider: Provider) -> None:
        """Let Ctrl+K ask this provider too."""
        self._providers.append(provider)
        if self._finder is not None:
            self._finder.add_provider(provider)

    @property
    def finder(self) -> Finder:
        """Return the finder, made when it is first asked for."""
        if self._finder is None:
            self._finder = Finder(self)
            for provider in (*self._providers, command_provider(self.commands)):
                self._finder.add_provider(provider)
        return self._finder

    def _find_pages(self, _needle: str) -> list[Found]:
        return [
            Found(spec.title, "Page", lambda key=spec.key: self.open_page(key), icon=spec.icon, key=spec.shortcut)  # type: ignore[misc]  # the default binds the loop's value
            for spec in self._specs
        ]

    def _on_find_asked(self, at: QPoint) -> None:
        self.finder.open_at(at)

    # --- panes -------------------------------------------------------------------------------------------------------

    def next_pane(self, step: int = 1) -> None:
        """Put the focus into the next pane: rail, the page's panes, status bar, round and round."""
        panes = [pane for pane in (self.rail, *self._page_panes(), self.status_bar) if pane.isVisible()]
        focus = QApplication.focusWidget()
        holders = [at for at, pane in enumerate(panes) if focus is not None and (pane is focus or pane.isAncestorOf(focus))]
        at = (holders[-1] + step) % len(panes) if holders else 0
        pane = panes[at]
        if pane is self.rail:
            self.rail.focus_current()
        else:
            _focus_in(pane)

    def _focus_page(self) -> None:
        """Put the focus where it was in the open page, at first into its first pane; leave it in the rail if it is there."""
        page, focus = self.pages.currentWidget(), QApplication.focusWidget()
        if page is None or (focus is not None and (self.rail.isAncestorOf(focus) or page.isAncestorOf(focus))):
            return
        before = page.focusWidget()
        if before is not None and before is not page:
            before.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        panes = self._page_panes()
        if panes:
            _focus_in(panes[0])

    def _page_panes(self) -> list[QWidget]:
        page = self.pages.currentWidget()
        if page is None:
            return []
        panes = getattr(page, "panes", None)
        if panes is not None:
            return list(cast(Callable[[], list[QWidget]], panes)())
        tables = cast(list[QWidget], page.findChildren(TableView))
        return [each for each in tables if each.isVisibleTo(page)] or [page]

    # --- what is kept ------------------------------------------------------------------------------------------------

    def toggle_rail(self) -> None:
        """Show icons only in the rail, or words too."""
        self._rail_wanted_narrow = not self.rail.narrow
        prefs.put("rail", "narrow" if self._rail_wanted_narrow else "wide")
        self.rail.set_narrow(self._rail_wanted_narrow)

    def keep(self) -> None:
        """Keep geometry and page for the next start."""
        prefs.put("geometry", bytes(self.saveGeometry().toBase64().data()).decode("ascii"))
        if self.pages.place is not None:
            prefs.put("page", self.pages.place.page)

    def _restore(self) -> None:
        kept = prefs.get("geometry")
        if not kept or not self.restoreGeometry(QByteArray.fromBase64(kept.encode("ascii"))):
            self.resize(1440, 900)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep what is kept, then close if the guard lets it."""
        self.keep()
        if self.close_guard():
            event.accept()
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show icons only in the rail when the window is narrow."""
        super().resizeEvent(event)
        if event.oldSize().width() < 0 or self._is_narrow(event.oldSize().width()) != self._is_narrow(self.width()):
            self._fit_rail()

    def _is_narrow(self, width: int) -> bool:
        """Tell whether a width has no room for the rail's words, in the user's scale."""
        return width < theme.px(ICONS_ONLY_BELOW)

    def _on_theme_changed(self) -> None:
        if theme.scale != self._scale:  # another colour leaves a rail alone that was opened by hand
            self._fit_rail()

    def _fit_rail(self) -> None:
        self._scale = theme.scale
        self.rail.set_narrow(self._is_narrow(self.width()) or self._rail_wanted_narrow)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave every key to commands and pages."""
        event.ignore()

    # --- reactions ---------------------------------------------------------------------------------------------------

    def _on_moved(self, place: Place) -> None:
        self.rail.set_current(place.page)
        self.commands.set_page(f"{place.page}.item" if place.item else place.page)
        self._focus_page()
        self.commands.refresh()
        self.page_opened.emit(place.page, place.item)

    def _on_focus_changed(self, _before: QWidget | None, _now: QWidget | None) -> None:
        self.commands.refresh()

    def _take_actions(self) -> None:
        """Give the window all actions, so that their keys work without their menu open."""
        mine = set(self.actions())
        self.addActions([action for action in self.commands.actions() if action not in mine])


def _focus_in(pane: QWidget) -> None:
    target = pane if pane.focusPolicy() & Qt.FocusPolicy.TabFocus else _first_focusable(pane)
    if target is not None:
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _first_focusable(pane: QWidget) -> QWidget | None:
    for child in cast(list[QWidget], pane.findChildren(QWidget)):
        if child.isVisibleTo(pane) and child.isEnabled() and child.focusPolicy() & Qt.FocusPolicy.TabFocus:
            return child
    return None
