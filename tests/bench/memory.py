"""Memory over a simulated day, in fast motion: the real engine and store, 2,000 customers, 60,000 customer and code pairs.

Every simulated minute a page comes in and all rules are judged; what the housekeeping does every 20 minutes is done.
"""

from __future__ import annotations

import gc
import os
import resource
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from noc_alerts.engine.engine import Engine
from noc_alerts.engine.snapshots import wanted_views
from noc_alerts.metrics.columns import Ints
from noc_alerts.metrics.factors import FACTORS
from noc_alerts.metrics.rings import Window
from noc_alerts.model.companies import Dimension
from noc_alerts.model.connections import Clock, Connection, SwitchKind
from noc_alerts.store import Store, open_store
from noc_alerts.switches.protocol import Page
from tests.bench.figures import Figure
from tests.bench.traffic import BEGIN, CODES, World, rules, to_ms

CUSTOMERS, ALERTS = 2000, 100
CALLS_PER_S = 10
STEP = timedelta(seconds=60)
HOURS = 24
KEEP_EVERY = timedelta(minutes=20)
#: Call records are kept so long here, so that a day shows what months do: as much goes as comes.
KEEP_CALLS = timedelta(hours=6)
PAIRS = ((Dimension.CLIENT, Dimension.CODE), ())
PAIR_WINDOWS = {Window(m * 60_000, (FACTORS["asr"], FACTORS["acd_std"], FACTORS["cost_total"])) for m in (5, 60)}


def resident_mb() -> float:
    """Give the memory that is in use by this process now, in MB."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # macOS tells the peak, in bytes


class Day:
    """The engine on a store, with every pair seen."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.world = World(CUSTOMERS)
        self.cid = store.connections.save(Connection(None, "bench", SwitchKind.CONNEXCS, {}, Clock.END, STEP)).id or 0
        for alert in rules(ALERTS):
            store.alerts.save(replace(alert, id=None))
        self.engine = Engine(store, lambda _news: None)
        self.engine.load(BEGIN)
        self.source = self.engine.sources[self.cid]
        wanted = wanted_views(self.engine.programs)
        wanted[PAIRS] = set(PAIR_WINDOWS)
        self.source.require(wanted, lambda _from, _to: iter(()), BEGIN)
        self._page = 0
        self._see_all_pairs()

    def take(self, now: datetime, count: int, who: Ints | None = None, codes: list[str] | None = None) -> None:
        """Take in a page of calls that have just ended."""
        calls = self.world.page(count, to_ms(now - STEP), to_ms(now), who)
        if codes is not None:
            calls = replace(calls, text={**calls.text, Dimension.CODE: codes})
        self._page += 1
        self.engine.ingest(self.cid, Page(calls, str(self._page)), now)

    def judge(self, now: datetime) -> None:
        """Judge all rules and make the picture for the window."""
        self.engine.read_done(self.cid, now, now + STEP, now)

    def keep(self, now: datetime) -> None:
        """Let old call records and events go."""
        self.store.calls.prune(now, KEEP_CALLS, 4_000_000_000)
        self.store.events.prune(now - timedelta(days=400))

    def _see_all_pairs(self) -> None:
        who = np.repeat(np.arange(CUSTOMERS), CODES)
        codes = [f"{100 + i % CODES}" for i in range(len(who))]
        for begin in range(0, len(who), 3000):
            part = slice(begin, begin + 3000)
            self.take(BEGIN, len(who[part]), who[part], codes[part])


def measure() -> list[Figure]:
    """Measure the memory at each simulated hour."""
    hours = []
    with tempfile.TemporaryDirectory(prefix="noc_alerts-bench-") as folder:
        store = open_store(Path(folder))
        try:
            day = Day(store)
            now, kept = BEGIN, BEGIN
            for _ in range(HOURS):
                until = now + timedelta(hours=1)
                while now < until:
                    now += STEP
                    day.take(now, round(CALLS_PER_S * STEP.total_seconds()))
                    day.judge(now)
                    if now - kept >= KEEP_EVERY:
                        kept = now
                        day.keep(now)
                gc.collect()
                hours.append(resident_mb())
            pairs = len(day.source.grouping(PAIRS))
            alarms = len(day.engine.active_alarms())
        finally:
            store.close()
    half = HOURS // 2
    growth = 100 * (hours[-1] - hours[half - 1]) / hours[half - 1]
    how = (
        f"highest of {HOURS} simulated hours, {CALLS_PER_S} calls/s, {ALERTS} alerts, {pairs:,} pairs in rings of 5 and 60 min, "
        f"records kept {KEEP_CALLS.seconds // 3600} h, {alarms} alarms alive; no window"
    )
    curve = ", ".join(f"{hours[i]:.0f}" for i in (0, 5, 11, 17, 23))
    return [
        Figure("memory", "memory, 24 h, 2,000 customers + 60,000 pairs", max(hours), "MB", 500, how=how),
        Figure("memory_growth", "memory, growth in the last 12 h", growth, "%", 2, how=f"MB after 1, 6, 12, 18, 24 h: {curve}"),
    ]
