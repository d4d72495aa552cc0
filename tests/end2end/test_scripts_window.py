"""Runaway scripts in the running program: each dies at its limit, its error stands at its line, the window never stutters."""

import os
import re
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hands import Hands
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from scenes import watched_profile

from noc_alerts.model.alerts import Alert, Area, Operator, Scope
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.scripts import Script
from noc_alerts.paths import open_profile
from noc_alerts.store import open_store
from noc_alerts.switches.demo import DemoSwitch

pytestmark = [pytest.mark.end2end, pytest.mark.timeout(120)]

LIMIT_S = 5.0
#: What may come on top of a script's limit.
MORE_S = 1.0
#: The window may not be held up longer; generous, for the machine may be shared.
STUTTER_MS = 400
TIME, MEMORY = "at its time limit", "needs more memory"
#: The runaways: the code, the line that never ends or eats everything, how it ends.
RUNAWAYS = {
    "loop": ("function main(data) {\n  let n = 0;\n  for (;;) n += Math.abs(n);\n}", 3, TIME),
    "memory": ("function main(data) {\n  const all = [];\n  for (;;) all.push(new Array(100000).fill(1.5));\n}", 3, MEMORY),
    "pattern": ("function main(data) {\n  const text = 'a'.repeat(60) + 'b';\n  return /(a+)+$/.test(text);\n}", 3, TIME),
    "indexOf": ("function main() {\n  const n = 12e6;\n  return 'a'.repeat(2 * n).indexOf('a'.repeat(n) + 'b');\n}", 3, TIME),
    "microtasks": (
        "function main() {\n  const f = () => { Promise.resolve().then(f); };\n  f();\n  return new Promise(() => {});\n}",
        2,
        TIME,
    ),
}


class Heartbeat:
    """A timer of the window that beats every 5 ms, and how late each beat came."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(interval=5)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append((now - self._last) * 1000)
        self._last = now

    def end(self, what: str) -> float:
        """Stop, tell the figures, give the longest time between two beats in ms."""
        self._timer.stop()
        p99, worst = float(np.percentile(self.gaps, 99)), max(self.gaps)
        sys.stderr.write(f"\nheartbeat, {what}: p99 {p99:.0f} ms, max {worst:.0f} ms, {len(self.gaps)} beats\n")
        return worst


@pytest.fixture
def profile(tmp_path: Path, switch: tuple[DemoSwitch, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a profile with a switch."""
    world, url = switch
    watched_profile(tmp_path / "profile", world, url, monkeypatch)
    return tmp_path / "profile"


def opened(open_window: Callable[..., Hands]) -> Hands:
    """Open the window and wait until the switch is read."""
    see = open_window()

    def is_read() -> bool:
        words = see.all_words("status_bar")
        return "lon-1" in words and "reading" not in words

    see.until(is_read, 30, "the switch is read")
    return see


def script_alert(title: str, script: str) -> Alert:
    return Alert(
        None, title, Scope(CompanyKind.CARRIER, ()), Area.SCRIPT, Operator.LT, None,
        sample_period=timedelta(minutes=5), recipients=("noc@example.net",), script=script,
    )  # fmt: skip


def paste(see: Hands, code: str) -> None:
    """Paste code in place of what is there, as a person does."""
    clipboard = QApplication.clipboard()
    clipboard.setText(code)
    see.click("script_code_text")
    see.press("Ctrl+A")
    see.press("Ctrl+V")


def script_processes() -> set[str]:
    """Return the ids of the processes of scripts that this program runs now."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            mine = entry.name.isdigit() and int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid()
            if mine and b"scripts/child.py" in (entry / "cmdline").read_bytes():
                found.add(entry.name)
        except OSError:
            continue  # it ended meanwhile
    return found


def run_to_its_end(see: Hands, name: str) -> tuple[float, str]:
    """Run what is in the editor; give how long its process lived, and what stands under the code at its end."""
    assert not script_processes()
    see.press("F5")

    def is_over() -> bool:
        return "The script gave no result" in see.all_words("script_run")

    assert not is_over(), "a run takes the result of the one before away"
    see.until(lambda: script_processes() or is_over(), 10, f"{name} runs")
    began = time.monotonic()
    while script_processes():
        assert time.monotonic() - began < LIMIT_S + 5, f"{name} does not end"
        QTest.qWait(50)
    took = time.monotonic() - began
    see.until(is_over, 2, f"the end of {name} is said")
    return took, see.words("script_code_problem")


def test_runaways_are_dead_in_time_at_their_line(open_window: Callable[..., Hands], profile: Path) -> None:
    see = opened(open_window)
    beat = Heartbeat()
    see.click("rail_scripts")
    see.until(lambda: see.look("scripts_table") or see.look("scripts_new"), 10, "the scripts are shown")
    see.press("N")
    see.until(lambda: see.look("script_code_text"), 10, "the editor opens")
    see.fill("script_name", "Runaway")
    for name, (code, line, end) in RUNAWAYS.items():
        paste(see, code)
        took, said = run_to_its_end(see, name)
        sys.stderr.write(f"\n{name}: dead after {took:.1f} s: {said}")
        assert took < LIMIT_S + MORE_S, f"{name} lived for {took:.1f} s"
        assert end in said, name
        # A process that others keep off the processor is killed before it can say where it was: never another line then.
        at = re.search(r"line (\d+)", said)
        assert at is None or at[1] == str(line), said
        assert end != MEMORY or at is not None, said
        if at is not None:
            assert f"Go to line {line}" in see.all_words("script_run"), name
    paste(see, "function main(data) { return { value: 7, message: 'alive' }; }")
    see.press("F5")
    see.until(lambda: "alive" in see.all_words("script_run"), 10, "a good script runs after all of these")
    assert not see.words("script_code_problem")
    assert beat.end("five runaways") < STUTTER_MS
    see.shot("40-after-the-runaways")


def test_an_alert_whose_script_never_ends_holds_up_no_other(open_window: Callable[..., Hands], profile: Path) -> None:
    store = open_store(open_profile(profile).folder)
    store.scripts.save(Script(None, "Endless", RUNAWAYS["loop"][0]))
    store.scripts.save(Script(None, "Fine", "function main(data) {\n  return { breached: false, message: 'all is well' };\n}"))
    for title, script in (("Never ends", "Endless"), ("Goes on", "Fine")):
        store.alerts.save(script_alert(title, script))
    store.close()
    see = opened(open_window)
    see.press("Ctrl+2")
    see.until(lambda: see.row_of("alerts_table", "Never ends"), 10, "the alerts are listed")
    beat = Heartbeat()
    see.until(lambda: "all is well" in see.row_of("alerts_table", "Goes on"), 20, "the other alert is judged")
    see.until(lambda: "Error" in see.row_of("alerts_table", "Never ends"), 30, "the alert shows its error")
    assert "at its time limit" in see.row_of("alerts_table", "Never ends")
    assert "Error" not in see.row_of("alerts_table", "Goes on")
    QTest.qWait(6000)  # the next run of it begins and ends
    assert beat.end("a runaway alert is judged") < STUTTER_MS
    assert "all is well" in see.row_of("alerts_table", "Goes on")
    see.shot("41-runaway-alert")
