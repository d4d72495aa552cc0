"""What the charts of one page share: the moment under the pointer, and the stretch of time they show.

Runs on the window's thread.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

MIN_VIEW_MS = 120_000


class SharedCursor(QObject):
    """Hold cursor and view for charts that belong together.

    `moved` carries epoch milliseconds or None. `viewed` tells that `view` changed: (from, to) in epoch milliseconds, None = live.
    """

    moved = Signal(object)
    viewed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._at: int | None = None
        self._view: tuple[int, int] | None = None

    @property
    def at_ms(self) -> int | None:
        """Return the moment under the pointer."""
        return self._at

    @property
    def view(self) -> tuple[int, int] | None:
        """Return the stretch that is shown while it stands still, None while it follows the data."""
        return self._view

    @property
    def live(self) -> bool:
        """Return whether the charts follow the data."""
        return self._view is None

    def move(self, at_ms: int | None) -> None:
        """Put the cursor somewhere, or take it away."""
        if at_ms != self._at:
            self._at = at_ms
            self.moved.emit(at_ms)

    def show(self, from_ms: int, to_ms: int) -> None:
        """Stand still at a stretch of time of two minutes or more."""
        view = (from_ms, max(to_ms, from_ms + MIN_VIEW_MS))
        if view != self._view:
            self._view = view
            self.viewed.emit()

    def follow(self) -> None:
        """Follow the data again."""
        if self._view is not None:
            self._view = None
            self.viewed.emit()
