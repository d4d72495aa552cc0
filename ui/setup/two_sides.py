"""The room of an editor with two sides: beside each other, or one under the other where there is no width for both.

Runs on the window's thread.
"""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from ui.theme import GAP_ACROSS, theme
from ui.widgets.page import scrolled


class TwoSides(QWidget):
    """Show two widgets. Below `least` logical pixels they stand one under the other, each at least so high, and scroll."""

    def __init__(
        self,
        left: QWidget,
        right: QWidget,
        name: str,
        *,
        least: int,
        heights: tuple[int, int],
        shares: tuple[int, int] = (1, 1),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._sides, self._least, self._heights = (left, right), least, heights
        host = QWidget()
        host.setObjectName(f"{name}_room")
        self._across = QBoxLayout(QBoxLayout.Direction.LeftToRight, host)
        self._across.setContentsMargins(0, 0, 0, 0)
        self._across.setSpacing(GAP_ACROSS)
        self._across.addWidget(left, shares[0])
        self._across.addWidget(right, shares[1])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._scroll = scrolled(host, f"{name}_scroll")
        column.addWidget(self._scroll)
        theme.follow(self, self._fit)

    @property
    def stacked(self) -> bool:
        """Return whether the right side stands under the left."""
        return self._across.direction() is QBoxLayout.Direction.TopToBottom

    def bring(self, side: QWidget) -> None:
        """Scroll to the top of a side, where it stands below what is seen."""
        if self.stacked:
            self._scroll.verticalScrollBar().setValue(side.y())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose by the width there is."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        stacked = self.width() < theme.px(self._least)
        directions = QBoxLayout.Direction
        self._across.setDirection(directions.TopToBottom if stacked else directions.LeftToRight)
        for side, height in zip(self._sides, self._heights, strict=True):
            side.setMinimumHeight(theme.px(height) if stacked else 0)
