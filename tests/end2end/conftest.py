"""A real window on a real screen for each story, driven by mouse and keyboard; a warning of Qt or in the log fails the story.

Without a display (DISPLAY, or a desktop of another system) the stories are skipped; bootstrap.py test gives them one.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

# Never the keyring of whoever runs the tests: there is none here, as on a bare server.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from hands import Hands, Mailbox, free_port
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from noc_alerts.switches.demo import DemoSwitch


@pytest.fixture
def expected() -> list[str]:
    """Give the list for parts of log messages that a story provokes; all other warnings fail it."""
    return []


@pytest.fixture(autouse=True)
def no_warnings(qtlog: Any, caplog: pytest.LogCaptureFixture, expected: list[str]) -> Iterator[None]:
    """Fail a story in which Qt warned or something was logged as a warning or worse."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # as the program itself does: noc_alerts.logs says why
    yield
    said = [f"Qt: {r.message.strip()}" for r in qtlog.records if r.log_type_name in ("QtWarningMsg", "QtCriticalMsg")]
    for when in ("setup", "call"):
        records = caplog.get_records(when)  # type: ignore[arg-type]  # its type names the words one by one
        said += [f"{r.name}: {r.getMessage()}" for r in records if r.levelno >= logging.WARNING]
    left = [line for line in said if not any(part in line for part in expected)]
    assert not left, "warned: " + "; ".join(left)


@pytest.fixture
def screen(qapp: QApplication) -> QApplication:
    """Give the application on a real screen, or skip."""
    if QApplication.platformName() == "offscreen":
        pytest.skip("There is no display; `python3 bootstrap.py test` gives these tests one of their own.")
    qapp.setApplicationName("noc_alerts")
    qapp.setQuitOnLastWindowClosed(False)
    QApplication.setEffectEnabled(Qt.UIEffect.UI_AnimateCombo, False)
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, True)
    return qapp


@pytest.fixture
def open_window(screen: QApplication, tmp_path: Path) -> Iterator[Callable[..., Hands]]:
    """Give a function that starts the program on a profile in its window; what is left open at the end is quit."""
    opened: list[Hands] = []
    shots = Path(os.environ.get("NOC_SHOTS") or tmp_path)
    shots.mkdir(parents=True, exist_ok=True)

    def make(profile: Path | None = None, *, demo: bool = False, size: tuple[int, int] = (1440, 900)) -> Hands:
        hands = Hands(profile or tmp_path / "profile", shots, demo=demo, size=size)
        opened.append(hands)
        return hands

    yield make
    for hands in opened:
        hands.quit()


@pytest.fixture
def switch() -> Iterator[tuple[DemoSwitch, str]]:
    """Give a running switch with 40 minutes of history, and its address."""
    made = DemoSwitch(history=timedelta(minutes=40), calls_per_s=30)
    yield made, made.start()
    made.stop()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """Give a running mail server."""
    box = Mailbox(free_port())
    box.start()
    yield box
    box.stop()
