"""The first run: three ways by button and key, and what it says of messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from overview_scene import Night
from PySide6.QtCore import Qt

import ui.setup.import_dialog
from noc_alerts.notify.smtp_settings import Security, SmtpSettings
from noc_alerts.settings import Messages, save
from ui.messages import Recorder
from ui.overview.page import OverviewPage
from ui.overview.welcome import Welcome, demo_command, told_sentence

QtBot = Any


@pytest.fixture
def night(tmp_path: Path, dressed: object) -> Iterator[Night]:
    made = Night(tmp_path)
    yield made
    made.close()


@pytest.fixture
def welcome(night: Night, qtbot: QtBot) -> Welcome:
    page = night.open()
    night.window.activateWindow()
    qtbot.waitUntil(night.window.isActiveWindow)
    assert page.welcome is not None
    return page.welcome


def test_it_is_shown_while_there_is_no_connection(night: Night, welcome: Welcome) -> None:
    assert welcome.isVisible()
    assert not any(chip.isVisible() for chip in night.page.filters.chips.values())
    night.show()
    assert welcome.isVisible()
    night.switch("lon-1")
    night.show()
    assert not welcome.isVisible()
    assert night.page.strip.isVisible()


def test_the_demo_never_shows_it(tmp_path: Path) -> None:
    night = Night(tmp_path, demo=True)
    page = night.open()
    night.show()
    assert isinstance(page, OverviewPage) and page.welcome is None
    night.close()


def test_one_connects_a_switch(night: Night, welcome: Welcome, qtbot: QtBot) -> None:
    assert welcome.connect_button.hasFocus()
    qtbot.keyClick(welcome.connect_button, Qt.Key.Key_1)
    qtbot.mouseClick(welcome.connect_button, Qt.MouseButton.LeftButton)
    assert night.went == [("switches", "new")] * 2


def test_two_opens_call_records(night: Night, welcome: Welcome, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []

    class Dialog:
        def __init__(self, context: object, parent: object) -> None:
            opened.append(parent)

        def open(self) -> None:
            opened.append("open")

    monkeypatch.setattr(ui.setup.import_dialog, "ImportDialog", Dialog)
    qtbot.keyClick(welcome.connect_button, Qt.Key.Key_2)
    assert opened == [night.window, "open"]


def test_three_starts_the_demo_apart_and_says_so(night: Night, welcome: Welcome, qtbot: QtBot, recorder: Recorder) -> None:
    started: list[tuple[str, list[str], str]] = []

    def start(program: str, arguments: Sequence[str], folder: str) -> bool:
        started.append((program, list(arguments), folder))
        return len(started) == 1

    welcome._start = start
    qtbot.keyClick(welcome.connect_button, Qt.Key.Key_3)
    assert started == [demo_command()]
    assert recorder.said[0].words == "The demo opens in a window of its own; its title says Demo"
    qtbot.mouseClick(welcome.demo_button, Qt.MouseButton.LeftButton)
    assert recorder.failed[0].title == "The demo was not started"


def test_the_demo_of_the_packaged_program_is_the_program_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.frozen", True, raising=False)
    assert demo_command()[1] == ["demo"]
    monkeypatch.undo()
    _, arguments, folder = demo_command()
    assert arguments == ["-m", "noc_alerts", "demo"]
    assert (Path(folder) / "noc_alerts" / "__main__.py").exists()


def test_it_says_what_of_messages_works(night: Night, welcome: Welcome, qtbot: QtBot) -> None:
    night.window.setProperty("tray_available", True)
    welcome.refresh()
    assert welcome.told.text() == told_sentence(tray=True, mail=False)
    smtp = SmtpSettings("mail.tessera.example", 587, Security.STARTTLS, "noc@tessera.example")
    save(night.store.settings, Messages(smtp=smtp))
    welcome.refresh()
    assert welcome.told.text() == "Messages on this desktop work, and e-mail is set up."
    qtbot.mouseClick(welcome.messages_button, Qt.MouseButton.LeftButton)
    assert night.went == [("settings", "messages")]


@pytest.mark.parametrize(
    ("tray", "mail", "words"), [(False, True, "no notification area"), (False, False, "only in this window")]
)
def test_no_tray_is_said(tray: bool, mail: bool, words: str) -> None:
    assert words in told_sentence(tray=tray, mail=mail)
