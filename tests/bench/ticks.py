"""One tick: windows slide to now, then 1,000 rules are judged on every customer, with their lifecycle."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from noc_alerts.engine.engine import Engine
from noc_alerts.engine.programs import Program
from noc_alerts.engine.snapshots import wanted_views
from noc_alerts.engine.source import Source
from noc_alerts.metrics.columns import Calls
from noc_alerts.model.connections import Clock, Connection, SwitchKind
from noc_alerts.store import open_store
from tests.bench.figures import Figure, middle, timed_ms
from tests.bench.traffic import BEGIN, World, rules, to_ms

RULES = 1000
POLL = timedelta(seconds=5)
CONNECTION = Connection(1, "bench", SwitchKind.KAMAILIO, {}, Clock.OUTCOME, POLL)
#: An hour of traffic, and what comes in between two ticks.
HOUR_RECORDS, TICK_RECORDS, BIG_RECORDS = 300_000, 420, 1_500_000


@dataclass(slots=True)
class Desk:
    """A source with its rules, and the traffic that feeds it."""

    world: World
    source: Source
    programs: list[Program]

    def tick(self) -> int:
        """Slide and judge as the engine does; give the number of changes."""
        now = self.source.as_of
        assert now is not None
        steps = 0
        for program in self.programs:
            steps += len(program.judge(now))
        return steps


def _nothing(_from_ms: int, _to_ms: int) -> Iterator[Calls]:
    return iter(())


def desk(customers: int, records: int, own_min_calls: bool = False) -> Desk:
    """Set up rules on customers with an hour of traffic. `own_min_calls`: no two rules share the same column of values."""
    world = World(customers)
    source = Source(CONNECTION)
    alerts = rules(RULES)
    if own_min_calls:
        alerts = [replace(a, min_calls=30 + i // 16) for i, a in enumerate(alerts)]
    programs = [Program(a, source) for a in alerts]
    source.require(wanted_views(programs), _nothing, BEGIN)
    source.read_done(BEGIN, None, BEGIN)
    left = records
    while left > 0:
        source.add(world.page(min(5000, left), to_ms(BEGIN) - 3_600_000, to_ms(BEGIN)))
        left -= 5000
    return Desk(world, source, programs)


def measure_ticks(d: Desk, count: int, records: int) -> tuple[list[float], list[int]]:
    """Let `count` ticks pass, each after a page of new records; give ms and changes of each."""
    took, changes = [], []
    for _ in range(count):
        assert d.source.as_of is not None
        now = d.source.as_of + POLL
        d.source.add(d.world.page(records, to_ms(now) - 5000, to_ms(now)))
        steps = 0

        def tick(now: object = now) -> None:
            nonlocal steps
            d.source.read_done(now, None, now)  # type: ignore[arg-type]  # bound as a default, so that mypy sees object
            steps = d.tick()

        took.append(timed_ms(tick))
        changes.append(steps)
    return took, changes


def _words(d: Desk, changes: list[int]) -> str:
    busy = sum(not p.track.idle for p in d.programs)
    cells = sum(len(p.track.active_rows()) for p in d.programs)
    return f"{busy} rules and {cells:,} cells not normal, {middle(changes):.0f} changes a tick"


def storm(d: Desk) -> tuple[float, int]:
    """Let the calls of a seventh of the customers fail at once with a long delay; give ms and changes of that tick."""
    assert d.source.as_of is not None
    now = d.source.as_of + POLL
    hit = np.repeat(np.arange(0, d.world.customers, 7), 600)
    d.world.rings_s[::7] *= 6
    for part in np.array_split(hit, max(1, len(hit) // 5000)):
        page = d.world.page(len(part), to_ms(now) - 5000, to_ms(now), part, np.zeros(len(part), dtype=np.bool_))
        d.source.add(page)
    changes = 0

    def tick() -> None:
        nonlocal changes
        d.source.read_done(now, None, now)
        changes = d.tick()

    return timed_ms(tick), changes


def measure() -> list[Figure]:
    """Measure ticks of 1,000 rules over 4 windows."""
    found = []
    small = desk(2000, HOUR_RECORDS)
    measure_ticks(small, 8, TICK_RECORDS)
    took, changes = measure_ticks(small, 31, TICK_RECORDS)
    title = "tick, 1,000 rules x 2,000 customers x 4 windows"
    found.append(
        Figure("tick_2000", title, middle(took), "ms", 25, how=f"median of 31, worst {max(took):.1f}; {_words(small, changes)}")
    )
    worst, count = storm(small)
    cells = RULES * 2000
    how = f"{count:,} of {cells:,} cells ({100 * count / cells:.0f} %) change in one tick"
    found.append(Figure("tick_storm", "the same, a storm: a seventh of the customers fails at once", worst, "ms", how=how))
    apart = desk(2000, HOUR_RECORDS, own_min_calls=True)
    measure_ticks(apart, 8, TICK_RECORDS)
    took, changes = measure_ticks(apart, 15, TICK_RECORDS)
    how = f"every rule its own number of calls below which it is not judged; median of 15; {_words(apart, changes)}"
    found.append(Figure("tick_apart", "the same, no two rules share their values", middle(took), "ms", 25, how=how))
    big = desk(60_000, BIG_RECORDS)
    measure_ticks(big, 4, 2100)
    took, changes = measure_ticks(big, 15, 2100)
    how = f"median of 15, worst {max(took):.0f}; {_words(big, changes)}"
    found.append(Figure("tick_60000", "tick, 1,000 rules x 60,000 customers", middle(took), "ms", 250, how=how))
    found.append(_round_figure())
    return found


def _round_figure() -> Figure:
    """Measure the engine's whole round on a real store: the tick, its facts written, the picture for the window made."""
    world = World(2000)
    with tempfile.TemporaryDirectory(prefix="noc_alerts-bench-") as folder:
        store = open_store(Path(folder))
        try:
            connection = store.connections.save(replace(CONNECTION, id=None))
            cid = connection.id or 0
            for alert in rules(RULES):
                store.alerts.save(replace(alert, id=None))
            engine = Engine(store, lambda _news: None)
            engine.load(BEGIN)
            source = engine.sources[cid]
            for _ in range(HOUR_RECORDS // 5000):
                source.add(world.page(5000, to_ms(BEGIN) - 3_600_000, to_ms(BEGIN)))
            now, took = BEGIN, []
            for _ in range(19):
                now += POLL
                source.add(world.page(TICK_RECORDS, to_ms(now) - 5000, to_ms(now)))
                took.append(timed_ms(lambda now=now: engine.read_done(cid, now, now + POLL, now)))  # type: ignore[misc]  # bound now
            alarms = len(engine.active_alarms())
        finally:
            store.close()
    how = f"tick, alarms written to noc.db, the window's picture made; median of 15; {alarms:,} alarms alive"
    return Figure("round_2000", "whole round of the engine, 1,000 rules x 2,000 customers", middle(took[4:]), "ms", how=how)
