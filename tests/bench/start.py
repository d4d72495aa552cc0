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
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.bench.children import ROOT
from tests.bench.figures import Figure, middle

RUNS = 7
PATIENCE_S = 20.0
_LINE = re.compile(r"^(\S+ \S+),(\d{3}) .*: (first paint|first data) ", re.MULTILINE)


def _moments(log: Path, since: float) -> dict[str, float]:
    """Give when each line was written, in s since 1970; lines of an earlier start are passed over."""
    if not log.exists():
        return {}
    found = {}
    for at, ms, what in _LINE.findall(log.read_text(encoding="utf-8")):
        local = datetime.strptime(at, "%Y-%m-%d %H:%M:%S").astimezone()  # the log is written in local time
        moment = local.timestamp() + int(ms) / 1000
        if moment >= since:
            found[what] = moment
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
        while not set(wanted) <= set(found := _moments(log, began)):
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


@dataclass(frozen=True, slots=True)
class Starts:
    """Seconds of each start to one of the lines: with a new profile folder, and the second time with the same."""

    new: list[float]
    again: list[float]


def _runs(arguments: list[str], wanted: tuple[str, ...]) -> dict[str, Starts]:
    found = {what: Starts([], []) for what in wanted}
    for i in range(RUNS + 1):
        with tempfile.TemporaryDirectory(prefix="noc_alerts-bench-") as name:
            folder = Path(name) / "profile"
            folder.mkdir(mode=0o700)
            first, second = _once(folder, arguments, wanted), _once(folder, arguments, wanted)
        if i:  # the first start brings the program's files into memory
            for what in wanted:
                found[what].new.append(first[what])
                found[what].again.append(second[what])
    return found


def measure() -> list[Figure]:
    """Measure starts without a switch and of the demo."""
    empty = _runs([], ("first paint",))["first paint"]
    demo = _runs(["demo"], ("first paint", "first data"))
    paint, data = demo["first paint"], demo["first data"]
    where = os.environ.get("QT_QPA_PLATFORM", "its own platform")
    how = f"{where}, median of {RUNS}"
    return [
        _figure("start_paint", "start to first paint, no switch yet", empty.new, 0.4, f"{how}, each with a new profile folder"),
        _figure("start_paint_again", "start to first paint, demo, second start", paint.again, 0.4, how),
        _figure("start_data", "start to live data, demo, new profile", data.new, 1.0, "the demo switch starts too"),
        _figure("start_data_again", "start to live data, demo, second start", data.again, 1.0, "the same"),
    ]


def _figure(key: str, title: str, took: list[float], budget: float, how: str) -> Figure:
    return Figure(key, title, middle(took), "s", budget, how=f"{how}; {min(took):.2f} to {max(took):.2f}")
