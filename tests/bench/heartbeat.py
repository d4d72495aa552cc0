"""Is the window's thread free? A 5 ms timer in the real window while the program reads 120 calls/s and judges 300 alerts.

The overview, the companies and six charts are opened in turn. Needs a screen (Xvfb will do) or Qt's offscreen platform.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from PySide6 import QtWidgets  # noqa: F401  # first of all Qt modules (DESIGN section 9)

from PySide6.QtCore import Qt, QTimer  # isort: skip

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.alerts import Alert, Area, Operator, Scope
from noc_alerts.model.companies import CompanyKind, Subject
from noc_alerts.model.connections import Clock, Connection, SwitchKind
from noc_alerts.paths import open_profile
from noc_alerts.secrets import variable_for
from noc_alerts.store import open_store
from noc_alerts.switches.demo import plan
from noc_alerts.switches.factory import secret_name
from tests.bench.children import helper
from tests.bench.figures import Figure, middle, quantile
from ui import app as app_module
from ui.charts.metrics import SETTINGS_KEY, ChartChoice, ChartSet, write_set
from ui.prefs import prefs

CALLS_PER_S, HISTORY_MIN = 120, 60
ALERTS = 300
POLL = timedelta(seconds=2)
BEAT_MS = 5
WARM_UP_S, MEASURED_S, TURN_S = 6.0, 20.0, 2.5
#: So long after a page was opened a late beat is put down to that.
TURNING_S = 0.5
PAGES = ("overview", "companies", "charts")


@dataclass(frozen=True, slots=True, order=True)
class Beat:
    """How late a beat came, which page was open, and whether it had just been opened."""

    late_ms: float
    page: str
    turning: bool


class Heartbeat:
    """Notes when the timer fired; how much later than 5 ms after the time before is how long the thread was not free."""

    def __init__(self) -> None:
        self.late: list[Beat] = []
        self.page = ""
        self.turned_at = 0.0
        self._last: float | None = None
        self.timer = QTimer()
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.setInterval(BEAT_MS)
        self.timer.timeout.connect(self._on_beat)

    def _on_beat(self) -> None:
        now = time.perf_counter()
        if self._last is not None:
            turning = self._last - self.turned_at < TURNING_S
            self.late.append(Beat(max(0.0, (now - self._last) * 1000 - BEAT_MS), self.page, turning))
        self._last = now


class LoadedApp(app_module.App):
    """The program's own window, which turns pages and quits by itself."""

    heartbeat: Heartbeat

    def build(self) -> None:
        """Build; begin to turn pages when the account's history is read."""
        super().build()
        self._turn_timer = QTimer(self.window)
        self._turn_timer.timeout.connect(self._on_turn)
        self._turns = 0
        if self.context is None:
            self.quit()  # the reason was said; too few beats are the error
            return
        self.context.bridge.rounded.connect(self._on_rounded)

    def _on_rounded(self, snapshot: Snapshot) -> None:
        if not self._turn_timer.isActive() and all(line.as_of is not None for line in snapshot.switches):
            # in the warm-up every page is opened once: what is measured is watching, not the first import of a page
            self._turn_timer.start(round(WARM_UP_S / (len(PAGES) + 1) * 1000))
            QTimer.singleShot(round(WARM_UP_S * 1000), self._on_warm)

    def _on_turn(self) -> None:
        self._turns += 1
        page = PAGES[self._turns % len(PAGES)]
        self.heartbeat.page, self.heartbeat.turned_at = page, time.perf_counter()
        self.window.open_page(page)

    def _on_warm(self) -> None:
        self._turn_timer.start(round(TURN_S * 1000))
        self.heartbeat.timer.start()
        QTimer.singleShot(round(MEASURED_S * 1000), self._on_over)

    def _on_over(self) -> None:
        self.heartbeat.timer.stop()
        self.quit()


def alerts(count: int) -> list[Alert]:
    """Make alerts on all companies of the demo switch, some of them in alarm most of the time."""
    made = []
    windows = (1, 5, 15, 60)
    for i in range(count):
        kind = CompanyKind.CARRIER if i % 2 else CompanyKind.CUSTOMER
        area, operator, threshold = (
            (Area.ASR, Operator.LT, 20 + i % 30),
            (Area.PDD, Operator.GT, 3 + i % 7),
            (Area.ACD, Operator.LT, 30 + i % 60),
            (Area.NER, Operator.LT, 60 + i % 35),
        )[(i // 2) % 4]
        window = timedelta(minutes=windows[(i // 8) % 4])
        title = f"{area.value} {kind.value}s {i}"
        made.append(Alert(None, title, Scope(kind), area, operator, threshold, None, window, 30, tray=False))
    return made


def fill_profile(folder: Path, url: str, live_path: str) -> int:
    """Make a profile with a connection, alerts and charts; give the connection's id."""
    store = open_store(open_profile(folder).folder)
    try:
        options = {"base_url": url, "auth": "token", "live_path": live_path, "history_days": str(HISTORY_MIN / 1440)}
        cid = store.connections.save(Connection(None, "bench", SwitchKind.CONNEXCS, options, Clock.END, POLL)).id or 0
        for alert in alerts(ALERTS):
            store.alerts.save(replace(alert, id=None))
        shown = [
            ChartChoice(cid, Subject.company(CompanyKind.CARRIER, carrier.name).key, area.value)
            for carrier in plan.CARRIERS[:3]
            for area in (Area.ASR, Area.PDD)
        ]
        store.settings.set(SETTINGS_KEY, write_set(ChartSet(tuple(shown), timedelta(hours=1))))
        return cid
    finally:
        store.close()


def measure() -> list[Figure]:
    """Measure how late the heartbeats come."""
    heartbeat_of: dict[str, Heartbeat] = {}

    def make(*args: Any, **kwargs: Any) -> LoadedApp:
        app = LoadedApp(*args, **kwargs)
        app.heartbeat = heartbeat_of["it"] = Heartbeat()
        return app

    with (
        tempfile.TemporaryDirectory(prefix="noc_alerts-bench-") as name,
        helper("tests.bench.demo_account", str(CALLS_PER_S), str(HISTORY_MIN)) as said,
    ):
        url, token, live_path = said.split()
        folder = Path(name) / "profile"
        folder.mkdir(mode=0o700)
        cid = fill_profile(folder, url, live_path)
        os.environ[variable_for(secret_name(cid, "token"))] = token
        with patch.object(app_module, "App", make):
            code = app_module.run_window(folder, demo=False, verbose=False)
        prefs.use(None)  # else its file is written once more at the end of the process, into a folder that is gone
        store = open_store(folder)
        calls, alarms = store.calls.count(cid), store.alarms.count_active()
        store.close()
    beats = heartbeat_of["it"].late
    if code or len(beats) < 100:
        raise RuntimeError(f"The window ended early (exit code {code}, {len(beats)} beats).")
    if calls < CALLS_PER_S * 600:
        raise RuntimeError(f"Only {calls} calls were read: that is no load.")
    return _figures(beats, calls, alarms)


def _figures(beats: list[Beat], calls: int, alarms: int) -> list[Figure]:
    late = [beat.late_ms for beat in beats]
    worst = max(beats)
    watching = [beat.late_ms for beat in beats if not beat.turning]
    pages = "; ".join(f"{page} {max((b.late_ms for b in beats if b.page == page), default=0):.0f}" for page in PAGES)
    platform = os.environ.get("QT_QPA_PLATFORM", sys.platform)
    load = f"{CALLS_PER_S} calls/s, {calls:,} calls stored, {ALERTS} alerts, {alarms} alarms alive, read every {POLL.seconds} s"
    how = f"later than 5 ms after the beat before; {len(late):,} beats in {MEASURED_S:.0f} s ({platform}); {load}"
    where = f"on {worst.page}{' while it opened' if worst.turning else ''}; longest by page: {pages}"
    title = "window thread under full load, 5 ms heartbeat"
    return [
        Figure("heartbeat_p99", f"{title}: p99", quantile(late, 0.99), "ms", 16, how=how),
        Figure("heartbeat_max", "  longest", worst.late_ms, "ms", 50, how=where),
        Figure("heartbeat_watching", "  longest while no page is being opened", max(watching), "ms"),
        Figure("heartbeat_median", "  median", middle(late), "ms"),
    ]
