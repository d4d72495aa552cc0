"""The main column of the Overview: switches, active alarms, what cleared, one under the other. Runs on the window's thread."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.overview.alarm_table import AlarmPanel
from ui.overview.cleared_panel import ClearedPanel
from ui.overview.switch_strip import SwitchStrip
from ui.theme import GAP_DOWN, theme


class Column(QWidget):
    """Give each panel the height of its content as far as there is room; the active alarms come first."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self.strip = SwitchStrip()
        self.alarms = AlarmPanel(now)
        self.cleared = ClearedPanel()
        self._may_fold = False
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(GAP_DOWN)
        down.addWidget(self.strip)
        down.addWidget(self.alarms, 100)
        down.addWidget(self.cleared, 30)
        down.addStretch(1)
        self.alarms.model.counts_changed.connect(lambda _shown, _all: self.fit())
        theme.changed.connect(self.fit)

    def set_may_fold(self, may_fold: bool) -> None:
        """Let the cleared alarms fold into their head where the room is short: the pane lies under the column then."""
        self._may_fold = may_fold
        self.fit()

    def fit(self) -> None:
        """Find the heights anew."""
        alarms, cleared = self.alarms, self.cleared
        alarms.setMaximumHeight(alarms.wanted_height)
        least = alarms.least_height(2) if alarms.model.rowCount() else alarms.wanted_height  # a state is never cut
        alarms.setMinimumHeight(min(alarms.wanted_height, least))
        room = self.height() - self.strip.height() - 2 * GAP_DOWN
        cleared.set_folded(self._may_fold and alarms.wanted_height + cleared.unfolded_least > room)
        cleared.setMaximumHeight(cleared.wanted_height)
        cleared.setMinimumHeight(min(cleared.wanted_height, cleared.least_height(1)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find the heights anew."""
        super().resizeEvent(event)
        self.fit()
