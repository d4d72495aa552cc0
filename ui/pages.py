"""The stack of pages and opened items: made when first opened, with a way back.

Runs on the window's thread. A page may have, each optional: `tick(now)`, called every second while it is open; `panes()`, the
widgets F6 goes round; `ask_leave(then)`, called before an item is closed, which calls `then` when it may be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from ui.rail import PageSpec


class Place(NamedTuple):
    """Where the user is: a page, or an item opened in it (`item` empty for the page itself)."""

    page: str
    item: str = ""


class Pages(QStackedWidget):
    """Show one page or item. `moved` carries the Place that is open now."""

    moved = Signal(object)

    def __init__(self, pages: Sequence[PageSpec], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pages")
        self._specs = {spec.key: spec for spec in pages}
        self._made: dict[Place, QWidget] = {}
        self._history: list[Place] = []

    @property
    def place(self) -> Place | None:
        """Return what is open, None before the first page."""
        return self._history[-1] if self._history else None

    @property
    def open_items(self) -> list[Place]:
        """Return the items that are open, in the order they were opened."""
        return [place for place in self._made if place.item]

    @property
    def open_pages(self) -> list[Place]:
        """Return the pages that were made, without items, in the order they were opened."""
        return [place for place in self._made if not place.item]

    @property
    def can_go_back(self) -> bool:
        """Return whether there is a place before this one."""
        return len(self._history) > 1

    def made(self, place: Place) -> QWidget | None:
        """Return the widget of a place, None if it was not opened yet."""
        return self._made.get(place)

    def open_page(self, key: str) -> QWidget:
        """Open a page, making it the first time; raise KeyError for one that does not exist."""
        place = Place(key)
        if place not in self._made:
            self._add(place, self._specs[key].make())
        return self._go(place)

    def open_item(self, page: str, item: str, make: Callable[[], QWidget]) -> QWidget:
        """Open an item of a page (an editor), making it if it is not open; raise KeyError for an unknown page."""
        place = Place(self._specs[page].key, item)
        if place not in self._made:
            self._add(place, make())
        return self._go(place)

    def go_to(self, place: Place) -> QWidget:
        """Go to a page or item that is open; raise KeyError for one that is not."""
        return self._go(place)

    def rename_item(self, page: str, item: str, new: str) -> None:
        """Give an open item another key: a new alert that was saved for the first time."""
        old, now = Place(page, item), Place(page, new)
        if old in self._made and now not in self._made:
            self._made[now] = self._made.pop(old)
            self._history = [now if place == old else place for place in self._history]

    def close_item(self, page: str, item: str) -> None:
        """Close an item without asking and go back to where the user was, else to its page."""
        place = Place(page, item)
        widget = self._made.pop(place, None)
        if widget is None:
            return
        was_open = self.place == place
        self._history = [each for each in self._history if each != place]
        self.removeWidget(widget)
        widget.deleteLater()
        if was_open:
            if self._history:
                self._go(self._history[-1])
            else:
                self.open_page(page)

    def ask_close_item(self, page: str, item: str) -> None:
        """Close an item, after asking it whether it may be."""
        widget = self._made.get(Place(page, item))
        ask = getattr(widget, "ask_leave", None)
        if ask is None:
            self.close_item(page, item)
        else:
            ask(lambda: self.close_item(page, item))

    def back(self) -> None:
        """Go to the place before this one; items stay open."""
        if self.can_go_back:
            self._history.pop()
            self._go(self._history[-1])

    def next_item(self, step: int = 1) -> None:
        """Go to the next open item, round and round."""
        items = self.open_items
        if not items:
            return
        now = self.place
        at = (items.index(now) + step) % len(items) if now in items else 0
        self._go(items[at])

    def _add(self, place: Place, widget: QWidget) -> None:
        self._made[place] = widget
        self.addWidget(widget)
        crumb = getattr(widget, "back_asked", None)
        if crumb is not None:
            crumb.connect(lambda: self._on_crumb(widget))

    def _go(self, place: Place) -> QWidget:
        widget = self._made[place]
        if self.place != place:
            self._history = [*self._history[-50:], place]
        focus, before = self.window().focusWidget(), self.currentWidget()
        if focus is not None and before is not None and before is not widget and before.isAncestorOf(focus):
            # Qt would give it to the first child of the new page, whatever that is; the frame knows better.
            self.setFocus()
        self.setCurrentWidget(widget)
        self.moved.emit(place)
        return widget

    def _on_crumb(self, widget: QWidget) -> None:
        place = next((each for each, made in self._made.items() if made is widget), None)
        if place is None:
            return
        # The crumb leads to the list, wherever the user came from.
        self._history = [*self._history[:-1], Place(place.page), place] if self.place == place else self._history
        if Place(place.page) not in self._made:
            self._add(Place(place.page), self._specs[place.page].make())
        self.ask_close_item(place.page, place.item)
