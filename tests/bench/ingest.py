"""Records over loopback HTTP: decoded, checked, deduplicated, stored, counted in the windows of 100 alerts.

The account is a process of its own (page_server.py); reading, decoding and storing are the program's own code.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from noc_alerts.engine import engine as engine_module
from noc_alerts.engine.engine import Engine
from noc_alerts.metrics import columns
from noc_alerts.model.connections import Clock, Connection, SwitchKind
from noc_alerts.store import open_store
from noc_alerts.switches import connexcs_decode, connexcs_records
from noc_alerts.switches.connexcs import ConnexCS
from tests.bench.children import helper
from tests.bench.figures import Bound, Figure, middle
from tests.bench.traffic import rules, to_ms

RECORDS = 180_000
RUNS = 5
ALERTS = 100


class Split:
    """Where the time goes: wraps functions and adds up what each took."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Give the same function with a clock around it."""
        self.spent[name] = 0.0

        def call(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return work(*args, **kwargs)
            finally:
                self.spent[name] += time.perf_counter() - began

        return call


def _once(port: int, now: datetime) -> tuple[float, float, Split]:
    """Read the whole account into a new profile; give records/s, records per second of CPU time, and where the time went."""
    split = Split()
    with tempfile.TemporaryDirectory(prefix="noc_alerts-bench-") as folder:
        store = open_store(Path(folder))
        options = {"base_url": f"http://127.0.0.1:{port}/api/cp/", "auth": "token", "history_days": "0.06"}
        reader = ConnexCS(options, {"token": "benchmark"})
        try:
            connection = store.connections.save(Connection(None, "bench", SwitchKind.CONNEXCS, options, Clock.END))
            cid = connection.id or 0
            for alert in rules(ALERTS):
                store.alerts.save(replace(alert, id=None))
            engine = Engine(store, lambda _news: None)
            engine.load(now)
            source = engine.sources[cid]
            engine.take_state(cid, reader.state(now), now)
            source.read_done(now, None, now)
            client: Any = reader._client
            with (
                patch.object(client, "post", split.timed("request, answer received", client.post)),
                patch.object(connexcs_records, "array", split.timed("JSON decoded, typed", connexcs_decode.array)),
                patch.object(connexcs_records, "to_calls", split.timed("rows made columns", connexcs_decode.to_calls)),
                patch.object(engine_module, "find_bad", split.timed("checked", columns.find_bad)),
                patch.object(store.calls, "ingest", split.timed("deduplicated, stored", store.calls.ingest)),
                patch.object(source, "add", split.timed("counted in the windows", source.add)),
            ):
                began, worked = time.perf_counter(), time.process_time()
                kept = sum(engine.ingest(cid, page, now) for page in reader.pages(None, now))
                took, worked = time.perf_counter() - began, time.process_time() - worked
            if kept != RECORDS or store.calls.count(cid) != RECORDS:
                raise RuntimeError(f"{kept} of {RECORDS} records were kept.")
        finally:
            reader.close()
            store.close()
    split.spent["paging, names, the rest"] = took - sum(split.spent.values())
    return RECORDS / took, RECORDS / worked, split


def measure() -> list[Figure]:
    """Measure records a second, and the part of each step."""
    now = datetime.now(UTC).replace(microsecond=0)
    with helper("tests.bench.page_server", str(RECORDS), str(to_ms(now))) as port:
        _once(int(port), now)  # the account makes its answers; the files of the program are in memory
        runs = [_once(int(port), now) for _ in range(RUNS)]
    rates = [rate for rate, _, _ in runs]
    by_cpu = middle([rate for _, rate, _ in runs])
    how = f"median of {RUNS} runs of {RECORDS:,} records in pages of 3,000; lowest {min(rates):,.0f}; by CPU time {by_cpu:,.0f}"
    title = "ingest: HTTP page to decoded, checked, deduplicated, stored, in the rings"
    found = [Figure("ingest", title, middle(rates), "records/s", 100_000, Bound.AT_LEAST, how)]
    for name in runs[0][2].spent:
        us = middle([split.spent[name] for _, _, split in runs]) / RECORDS * 1e6
        found.append(Figure(f"ingest_{name.split(',')[0].split()[0]}", f"  {name}", us, "µs/record"))
    return found
