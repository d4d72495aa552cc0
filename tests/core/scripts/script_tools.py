"""Tools for tests of scripts: a short limit, and a watcher of the children this process has."""

import os
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from noc_alerts.scripts.runner import Limits

LIMIT_S = 0.6
SHORT = Limits(time=timedelta(seconds=LIMIT_S))


def children() -> list[int]:
    """Return the ids of this process's own script children, by /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"scripts/child.py" in line:
            found.append(int(entry.name))
    return found


def status(pid: int, name: str) -> int | None:
    """Return a figure in kB of /proc/PID/status, None when the process is gone."""
    try:
        text = (Path("/proc") / str(pid) / "status").read_text()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith(name + ":")), None)


class Watcher:
    """Follows the children of this process while it lives: their peak of memory, and who they are."""

    def __init__(self) -> None:
        self.peak_kb = 0
        self.seen: set[int] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            for pid in children():
                self.seen.add(pid)
                self.peak_kb = max(self.peak_kb, status(pid, "VmHWM") or 0)

    def close(self) -> None:
        """Stop looking."""
        self._over.set()
        self._thread.join()


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    """Follow the children during a test; none may be left after it."""
    it = Watcher()
    yield it
    it.close()
    assert children() == []


def wait_for_child(seconds: float = 5) -> int:
    """Return the id of the one child, as soon as there is one."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := children():
            return found[0]
        time.sleep(0.005)
    raise AssertionError("no child came")
