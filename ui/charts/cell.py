"""One chart in the grid of the Charts screen, in its panel, with its feed.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from PySide6.QtWidgets import QWidget

from ui.charts.cursor import SharedCursor
from ui.charts.feed import ChartFeed
from ui.charts.live_chart import LiveChart
from ui.charts.lookup import Rules
from ui.charts.metrics import ChartChoice
from ui.charts.scales import moment
from ui.context import ScreenContext
from ui.widgets.page import Panel


class ChartCell(Panel):
    """A panel with one live chart."""

    def __init__(
        self,
        context: ScreenContext,
        choice: ChartChoice,
        length: timedelta,
        cursor: SharedCursor,
        rules: Rules,
        clock: Callable[[], datetime],
        parent: QWidget | None = None,
    ) -> None:
        name = f"chart_{choice.connection_id}_{choice.subject_key}_{choice.metric}"
        super().__init__(f"{name}_panel", parent=parent)
        self.choice = choice
        self.feed = ChartFeed(context, LiveChart(name, cursor=cursor), rules=rules, clock=clock)
        self.feed.set_range(length)
        self.feed.show(choice)
        self.setAccessibleName(self.words)
        self.body.addWidget(self.feed.chart)

    def show_over(self, window: timedelta | None) -> None:
        """Show the same over another window."""
        self.choice = replace(self.choice, window=window)
        self.feed.show(self.choice)

    @property
    def words(self) -> str:
        """Return what it shows: `ASR of carrier bravo`."""
        return f"{self.choice.facts.short} of {self.choice.subject.label}"

    @property
    def file_name(self) -> str:
        """Return a name for a file: `asr-of-carrier-bravo`."""
        return "".join(c if c.isalnum() else "-" for c in self.words.lower())

    def values_text(self) -> str:
        """Return the points as tab-separated text with UTC times; what has no value stays empty."""
        facts, frame = self.choice.facts, self.feed.chart.known
        unit = self.feed.scale.unit
        rows = [f"time (UTC)\t{facts.short}{f' ({unit})' if unit else ''}\t{facts.rests_on}"]
        if frame is not None:
            points = frame.points
            for at, value, calls in zip(points.at_ms.tolist(), points.value.tolist(), points.calls.tolist(), strict=True):
                shown = f"{value:.{facts.decimals}f}" if np.isfinite(value) else ""
                rows.append(f"{moment(at):%Y-%m-%d %H:%M:%S}\t{shown}\t{calls}")
        return "\n".join(rows) + "\n"
