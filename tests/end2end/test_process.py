"""The whole program as a process of its own, driven through the X server, ended by SIGTERM, started again."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from noc_alerts.model.alarms import Alarm
from noc_alerts.store import Store, open_store

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.end2end,
    pytest.mark.timeout(120),
    pytest.mark.skipif(shutil.which("xdotool") is None, reason="xdotool is not installed; bootstrap.py test installs it."),
]


def until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until something is so; fail with `what` when the time is over."""
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, f"not within {seconds} s: {what}"
        sleep(0.1)


def xdotool(*words: str) -> None:
    """Do something on the screen as its user would."""
    subprocess.run(["xdotool", *words], check=True, timeout=30, stdout=subprocess.DEVNULL)


def bring_up(name: str) -> None:
    """Wait for a window by the expression of its title and give it the keyboard.

    xdotool walks all windows and fails when one of them goes away under its feet; then it looks again.
    """
    command = ["xdotool", "search", "--sync", "--onlyvisible", "--name", name, "windowactivate", "--sync"]

    def found() -> bool:
        return subprocess.run(command, timeout=30, capture_output=True, check=False).returncode == 0

    until(found, 30, f"the window {name} comes up")


@contextmanager
def running(profile: Path, errors: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Start the program on its demo, give it once its window is active; end it by SIGTERM and see that nothing is left."""
    command = [sys.executable, "-m", "noc_alerts", "--profile", str(profile), "demo"]
    log = profile / "logs" / "noc-alerts.log"
    shown = log.read_text().count("first data") if log.exists() else 0
    with errors.open("wb") as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said, start_new_session=True)
    try:
        bring_up("^noc_alerts - Demo$")
        until(lambda: log.exists() and log.read_text().count("first data") > shown, 30, "the first data is shown")
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0, errors.read_text()
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)  # nobody of its session is left
    finally:
        if process.poll() is None:  # the story failed
            take_picture(profile.parent / "failed.png")
            process.kill()
            process.wait(10)
    assert errors.read_text() == "", "warnings were written"


def active(store: Store) -> list[Alarm]:
    """Return the active alarms of the story's alert."""
    [alert] = [a for a in store.alerts.all() if a.threshold == 99]
    return [alarm for alarm in store.alarms.active() if alarm.key.rule_id == alert.id]


def test_a_process_ends_and_goes_on(screen: QApplication, tmp_path: Path) -> None:
    profile, errors = tmp_path / "profile", tmp_path / "stderr"
    shots = Path(os.environ.get("NOC_SHOTS") or tmp_path)
    with running(profile, errors), closing(open_store(profile)) as store:
        known = len(store.alerts.all())
        with another_page(tmp_path):
            xdotool("key", "ctrl+2")
        with another_page(tmp_path):
            xdotool("key", "n")
        xdotool("type", "--delay", "60", "99")  # the first field of a new alert is its threshold
        take_picture(shots / "11-process-new-alert.png")
        xdotool("key", "ctrl+s")
        until(lambda: len(store.alerts.all()) == known + 1, 10, "the alert is saved")
        until(lambda: active(store), 30, "it fires")
        xdotool("key", "ctrl+1")
        xdotool("key", "ctrl+a")
        xdotool("key", "a")
        bring_up("^Acknowledge$")
        xdotool("type", "--delay", "60", "mira")
        take_picture(shots / "11-process-acknowledge.png")
        xdotool("key", "Return")
        until(lambda: {a.acked_by for a in active(store)} == {"mira"}, 10, "mira has all of them")
        before = {a.id for a in active(store)}
    errors.unlink()
    with running(profile, errors), closing(open_store(profile)) as store:
        assert {a.id for a in active(store)} == before
        assert {a.acked_by for a in active(store)} == {"mira"}
        [connection] = store.connections.all()
        kept = store.calls.count(connection.id or 0)
        until(lambda: store.calls.count(connection.id or 0) > kept, 30, "it reads on")
        take_picture(shots / "11-process-second-start.png")
    assert "mira" in (profile / "window.ini").read_text()


@contextmanager
def another_page(folder: Path) -> Iterator[None]:
    """Wait until what is done inside has changed the page on the screen and the change is over, as a person does."""

    def head() -> QImage:
        take_picture(folder / "look.png")
        return QImage(str(folder / "look.png")).copy(230, 60, 500, 120)

    before = head()
    yield
    until(lambda: head() != before, 20, "the page changes")
    until(lambda: head() == head(), 20, "the page comes to rest")


def take_picture(path: Path) -> None:
    """Take a picture of the whole screen."""
    screen = QApplication.primaryScreen()
    assert screen.grabWindow(0).save(str(path))
