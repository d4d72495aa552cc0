"""A live chart with 1,440 points: a new frame set and painted, alone and as twelve small ones."""

from __future__ import annotations

import time
from datetime import timedelta

from PySide6.QtWidgets import QApplication  # first of all Qt modules (DESIGN section 9)

from PySide6.QtWidgets import QGridLayout, QWidget  # isort: skip

import numpy as np

from noc_alerts.engine.news import ChartSpec, Frame
from noc_alerts.metrics.series import MAX_POINTS, Points
from noc_alerts.model.companies import CompanyKind, Subject
from tests.bench.figures import Figure, middle, timed_ms
from tests.bench.traffic import BEGIN, to_ms
from ui.charts.live_chart import LiveChart
from ui.theme import Appearance, theme

FRAMES = 60
STEP_MS = 15_000
FRAME_MS = 16
SPEC = ChartSpec(1, Subject.company(CompanyKind.CARRIER, "bravo"), "asr", None, timedelta(minutes=5), timedelta(hours=6))


def frames(count: int) -> list[Frame]:
    """Make frames as the engine does, each one point further; a gap lies in the middle."""
    rng = np.random.default_rng(5)
    length = MAX_POINTS + count
    value = np.clip(45 + np.cumsum(rng.normal(0, 1.2, length)), 0, 100)
    value[400:430] = np.nan
    calls = rng.integers(40, 400, length)
    at = to_ms(BEGIN) + np.arange(length, dtype=np.int64) * STEP_MS
    made = []
    for i in range(count):
        part = slice(i, i + MAX_POINTS)
        as_of = BEGIN + timedelta(milliseconds=STEP_MS * (i + MAX_POINTS - 1))
        made.append(Frame(1, SPEC, Points(at[part], value[part], calls[part]), as_of, False))
    return made


def _chart(name: str, *, compact: bool = False) -> LiveChart:
    chart = LiveChart(name, compact=compact)
    chart.set_subject("carrier bravo", "ASR", "%", 1, is_share=True)
    chart.set_range(timedelta(hours=6))
    chart.set_source("demo-1", timedelta(seconds=15))
    return chart


def _wait_until_shown(window: QWidget, application: QApplication) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        application.processEvents()
        handle = window.windowHandle()
        if handle is not None and handle.isExposed():
            return
    raise RuntimeError("The window with the charts does not appear.")


def _frames_ms(charts: list[LiveChart], window: QWidget, application: QApplication) -> list[float]:
    _wait_until_shown(window, application)
    took = []
    for frame in frames(FRAMES):

        def show(frame: Frame = frame) -> None:
            for chart in charts:
                chart.set_now(frame.as_of or BEGIN)
                chart.set_frame(frame)
            for chart in charts:
                chart.repaint()
            application.processEvents()

        took.append(timed_ms(show))
    return took[5:]


def measure() -> list[Figure]:
    """Measure one large chart and twelve small ones."""
    application = QApplication.instance() or QApplication(["bench"])
    assert isinstance(application, QApplication)
    theme.start(Appearance.DARK)
    one = _chart("one")
    one.resize(1200, 500)
    one.show()
    alone = _frames_ms([one], one, application)
    one.close()
    board = QWidget()
    grid = QGridLayout(board)
    many = [_chart(f"chart_{i}") for i in range(12)]
    for i, chart in enumerate(many):
        grid.addWidget(chart, i // 3, i % 3)
    board.resize(1500, 950)
    board.show()
    all_of_them = _frames_ms(many, board, application)
    board.close()
    platform = application.platformName()
    title = f"chart: a frame of {MAX_POINTS:,} points set and painted"
    how = f"1200 x 500 px, {platform}, median of {len(alone)}, worst {max(alone):.1f}; budget: one frame"
    return [
        Figure("chart", title, middle(alone), "ms", FRAME_MS, how=how),
        Figure("chart_12", "  twelve charts at once", middle(all_of_them), "ms", how=f"worst {max(all_of_them):.0f}"),
    ]
