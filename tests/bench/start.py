"""From the start of the real program to the first paint of its window and to the first data in it.

The program logs both moments; what counts here is when those lines were written, seen from before the process was made.
Needs a screen.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from tests.bench.children import ROOT
from tests.bench.figures import Figure, middle

RUNS = 7
PATIENCE_S = 20.0
_LINE = re.compile(r"^(\S+ \S+),(\d{3}) .*: (first paint|first data) ", re.MULTILINE)


def _moments(log: Path) -> dict[str, float]:
    """Give when each line was written, in s since 1970."""
    if not log.exists():
        return {}
    found = {}
    for at, ms, what in _LINE.findall(log.read_text(encoding="utf-8")):
        local = datetime.strptime(at, "%Y-%m-%d %H:%M:%S").astimezone()  # the log is written in local time
        found[what] = local.timestamp() + int(ms) / 1000
    return found


def _once(folder: Path, arguments: list[str], wanted: tuple[str, ...]) -> dict[str, float]:
    """Start the program once, wait for the lines, end it; give the seconds to each."""
    log = folder / "logs" / "noc-alerts.log"
    began = time.time()
    process = subprocess.Popen(
        [sys.executable, "-m", "noc_alerts", "--profile", str(folder), *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + PATIENCE_S
        while not set(wanted) <= set(found := _moments(log)):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"The program did not come to its {wanted[-1]} in {PATIENCE_S:.0f} s.")
            time.sleep(0.02)
        return {what: found[what] - began for what in wanted}
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _runs(arguments: list[str], wanted: tuple[str, ...]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {what: [] for what in wanted}
    for i in range(RUNS + 1):
        with tempfile.TemporaryDirectory(prefix="noc_alerts-bench-") as name:
            folder = Path(name) / "profile"
            folder.mkdir(mode=0o700)
            took = _once(folder, arguments, wanted)
        if i:  # the first start brings the program's files into memory
            for what in wanted:
                found[what].append(took[what])
    return found


def measure() -> list[Figure]:
    """Measure starts with an empty profile and of the demo, each in a new folder."""
    empty = _runs([], ("first paint",))["first paint"]
    demo = _runs(["demo"], ("first paint", "first data"))
    paint, data = demo["first paint"], demo["first data"]
    where = os.environ.get("QT_QPA_PLATFORM", "its own platform")
    how = f"{where}, median of {RUNS}, each with a new profile folder"
    return [
        Figure("start_paint", "start to first paint, empty profile", middle(empty), "s", 0.4, how=f"{how}; {_span(empty)}"),
        Figure("start_paint_demo", "start to first paint, demo", middle(paint), "s", 0.4, how=_span(paint)),
        Figure(
            "start_data", "start to live data, demo", middle(data), "s", 1.0, how=f"the demo switch starts too; {_span(data)}"
        ),
    ]


def _span(values: list[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"
