"""Counters of 2,000 customers for Prometheus, in a process of its own; they grow as the calls of the measurements do.

Run as `python -m tests.bench.exporter CUSTOMERS RECORDS_PER_S`: prints its port, serves until its standard input closes.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from noc_alerts.metrics.columns import NER_CODES, NO_TIME, Calls, Ints
from noc_alerts.model.companies import Dimension
from tests.bench.loopback import serving
from tests.bench.traffic import World

COUNTERS = ("attempts", "answered", "effective", "pdd_calls", "pdd_ms", "talk_ms")


class Counters:
    """One row of running totals a customer."""

    def __init__(self, customers: int, per_s: float) -> None:
        self._world = World(customers)
        self._per_s = per_s
        self._at = time.monotonic()
        self._total: Ints = np.zeros((len(COUNTERS), customers), dtype=np.int64)
        self._place = {name: i for i, name in enumerate(self._world.names)}

    def text(self) -> bytes:
        """Count what came in since the last time and write it in Prometheus' text format."""
        now = time.monotonic()
        n = max(1, round((now - self._at) * self._per_s))
        self._at = now
        self._count(self._world.page(n, 10**12, 10**12 + 5000))
        lines = []
        for name, column in zip(COUNTERS, self._total.tolist(), strict=True):
            lines.append(f"# TYPE noc_{name} counter")
            lines += [f'noc_{name}{{client="c{i}"}} {value}' for i, value in enumerate(column)]
        return ("\n".join(lines) + "\n").encode()

    def _count(self, calls: Calls) -> None:
        rows = np.array([self._place[name] for name in calls.text[Dimension.CLIENT]])
        answered = calls.answer_ms != NO_TIME
        heard = calls.pdd_ms != NO_TIME
        columns = (
            np.ones(len(rows)),
            answered,
            np.isin(calls.sip_code, list(NER_CODES)),
            heard,
            np.where(heard, calls.pdd_ms, 0),
            calls.talk_ms,
        )
        for i, column in enumerate(columns):
            np.add.at(self._total[i], rows, column.astype(np.int64))


def main() -> None:
    """Serve until the one who started us closes our standard input or is gone."""
    counters = Counters(int(sys.argv[1]), float(sys.argv[2]))
    with serving(lambda _path, _body: counters.text(), "text/plain; version=0.0.4") as port:
        print(port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
