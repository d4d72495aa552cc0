"""Runs the measurements one after the other and prints each figure beside its budget (DESIGN section 10).

`python -m tests.bench [--json] [--only NAME,...]`. Exit code 0 when everything could be measured, also where a budget is
missed; 1 when a measurement failed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import prometheus
from tests.bench.children import ROOT
from tests.bench.figures import Bound, Figure, figure_from, line

sys.path.insert(1, str(ROOT / "packaging"))
from screen import screen  # type: ignore[import-not-found]  # lies beside the packaging files, not in a package

#: A measurement that takes longer than this hangs.
TIMEOUT_S = 300
PROMETHEUS_TIMES = 500


@dataclass(frozen=True, slots=True)
class Measurement:
    """A module with a `measure`, and whether it opens a window."""

    name: str
    window: bool = False


ALL = (
    Measurement("ingest"),
    Measurement("ticks"),
    Measurement("sqlite_rules"),
    Measurement("prometheus"),
    Measurement("table", window=True),
    Measurement("chart", window=True),
    Measurement("start", window=True),
    Measurement("heartbeat", window=True),
    Measurement("memory"),
    Measurement("alarm_delay"),
)
NAMES = [m.name for m in ALL]


def machine() -> dict[str, Any]:
    """Say on what was measured."""
    cpu = platform.processor()
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        models = [text.partition(":")[2].strip() for text in facts.read_text().splitlines() if text.startswith("model name")]
        cpu = models[0] if models else cpu
    load = [round(each, 2) for each in os.getloadavg()] if hasattr(os, "getloadavg") else []
    python = platform.python_version()
    return {"cpu": cpu, "cores": os.cpu_count(), "system": platform.platform(), "python": python, "load": load}


@contextmanager
def a_screen() -> Iterator[tuple[dict[str, str], str]]:
    """Give an environment in which windows open, and the reason when it is no real screen."""
    if sys.platform.startswith("linux"):
        if all(shutil.which(program) for program in ("Xvfb", "openbox", "dbus-daemon")):
            with screen(os.environ) as inner:
                yield inner, ""
                return
        yield {**os.environ, "QT_QPA_PLATFORM": "offscreen"}, "Xvfb is not installed here, so windows are measured offscreen."
    else:
        yield dict(os.environ), ""


def one(measurement: Measurement, environment: Mapping[str, str]) -> tuple[list[Figure], str]:
    """Run one measurement in a process of its own; give its figures, or why there are none."""
    command = [sys.executable, "-m", "tests.bench.run", measurement.name]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        out, said = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        _end(process)
        return [], f"{measurement.name} took longer than {TIMEOUT_S} s and was ended."
    except BaseException:
        _end(process)
        raise
    if process.returncode != 0:
        words = said.strip().splitlines()
        return [], f"{measurement.name} could not be measured: {words[-1] if words else f'exit code {process.returncode}'}"
    return [figure_from(found) for found in json.loads(out.strip().splitlines()[-1])], ""


def _end(process: subprocess.Popen[str]) -> None:
    """End a measurement; it ends what it started itself."""
    process.terminate()
    try:
        process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def ratios(figures: Sequence[Figure]) -> list[Figure]:
    """Hold the tick against what a user would pick instead."""
    by_key = {figure.key: figure for figure in figures}
    tick = by_key.get("tick_2000")
    found = []
    for key, title, budget in (
        ("prometheus", "tick, times faster than Prometheus", PROMETHEUS_TIMES),
        ("sqlite", "tick, times faster than SQLite", None),
    ):
        if tick is not None and key in by_key:
            times = by_key[key].value * 1000 / tick.value
            how = "the same rules on the same customers"
            found.append(Figure(f"ratio_{key}", title, times, "x", budget, Bound.AT_LEAST, how))
    return found


def _header(facts: Mapping[str, Any]) -> str:
    load = ", ".join(f"{each:.2f}" for each in facts["load"])
    return (
        f"{facts['cpu']}, {facts['cores']} cores, Python {facts['python']}, {facts['system']}; load of the last 1, 5, 15 min: "
        f"{load or 'not told'}. Figures are medians of several runs."
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="tests.bench", description="Measures noc_alerts against its budgets.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--only", default="", metavar="NAME,...", help=", ".join(NAMES))
    args = parser.parse_args(arguments)
    only = [name for name in args.only.split(",") if name]
    if unknown := sorted(set(only) - set(NAMES)):
        parser.error(f"there is no measurement called {', '.join(unknown)}; there are {', '.join(NAMES)}")

    def tell(text: str) -> None:
        print(text, file=sys.stderr if args.json else sys.stdout, flush=True)

    facts, began = machine(), time.monotonic()
    tell(_header(facts))
    figures, left_out, failed = measure_all([m for m in ALL if not only or m.name in only], tell)
    for figure in ratios(figures):
        figures.append(figure)
        tell(line(figure))
    missed = [figure.title.strip() for figure in figures if figure.verdict == "MISSED"]
    tell(
        f"Measured in {time.monotonic() - began:.0f} s. "
        + (f"Missed: {'; '.join(missed)}." if missed else "Every budget is kept.")
    )
    if args.json:
        print(json.dumps({"machine": facts, "figures": [f.as_json() for f in figures], "left_out": left_out + failed}, indent=1))
    return 1 if failed else 0


def measure_all(measurements: Sequence[Measurement], tell: Any) -> tuple[list[Figure], list[str], list[str]]:
    """Run measurements; give the figures, what was left out, and what failed, a sentence each."""
    figures: list[Figure] = []
    left_out: list[str] = []
    failed: list[str] = []
    with a_screen() as (window_environment, reason):
        if reason and any(m.window for m in measurements):
            left_out.append(reason)
            tell(reason)
        for measurement in measurements:
            missing = prometheus.missing() if measurement.name == "prometheus" else ""
            if missing:
                left_out.append(missing)
                tell(missing)
                continue
            found, why = one(measurement, window_environment if measurement.window else os.environ)
            if why:
                failed.append(why)
                tell(why)
            figures += found
            for figure in found:
                tell(line(figure))
    return figures, left_out, failed


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
