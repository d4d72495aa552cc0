"""Stories of the whole frame: DEMO is said all the time, the keyboard reaches everything, closing asks where there is no tray."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hands import Hands, wait_for
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget
from scenes import PAGES, watched_profile

from noc_alerts.switches.demo import DemoSwitch

ALARMS = "overview_alarms_list"
pytestmark = [pytest.mark.end2end, pytest.mark.timeout(90)]


def test_demo_is_said_all_the_time(open_window: Callable[..., Hands]) -> None:
    see = open_window(demo=True)
    for page, keys in PAGES.items():
        if keys:
            see.press(keys)
        else:
            see.click(f"rail_{page}")
        assert see.window.windowTitle() == "noc_alerts - Demo"
        assert see.words("demo_tag") == "DEMO", page
        assert see.words("status_demo") == "DEMO", page
    see.press("Ctrl+2")
    see.press("N")
    see.until(lambda: see.look("alert_title"), 5, "the editor opens")
    see.fill("alert_threshold", "99")
    see.click("alert_recipients_input")
    see.type("noc@example.net")
    see.press("Return")
    see.press("Ctrl+S")
    see.until(lambda: "In alarm" in see.all_words("alert_editor"), 30, "it fires")
    see.press("Ctrl+1")
    see.until(lambda: see.row_of(ALARMS, "bravo", "Low ASR, all carriers"), 10, "it is on the Overview")
    see.click_row(ALARMS, "bravo", "Low ASR, all carriers", column=1)
    see.until(lambda: "the demo sends nothing" in see.all_words("overview_page"), 10, "why there is no mail is said")
    see.until(lambda: see.words("status_outbox") == "Outbox 0 waiting", 15, "nothing waits, once the last notice is gone")
    see.shot("07-demo-no-mail")


def test_the_keyboard_reaches_everything(
    open_window: Callable[..., Hands], switch: tuple[DemoSwitch, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, url = switch
    cid = watched_profile(tmp_path / "profile", world, url, monkeypatch)
    see = open_window()
    see.until(lambda: see.words(f"status_switch_{cid}") == "OK: lon-1", 20, "the switch is read")
    for page, keys in PAGES.items():
        if keys:
            see.press(keys)
            assert see.window.pages.place.page == page, keys
    see.press("Ctrl+K")
    see.until(lambda: see.look("finder_text"), 5, "the finder opens")
    see.type("bravo")
    see.shot("10-finder")
    see.press("Return")
    see.until(lambda: "bravo" in see.all_words("charts"), 5, "bravo's chart opens")
    see.press("Ctrl+5")
    see.until(lambda: see.row_of("companies_list", "bravo"), 10, "the companies are listed")
    see.press("/")
    see.until(lambda: see.look("companies_list_filter"), 5, "/ opens the filter")
    see.type("brav")
    see.until(lambda: len(see.rows("companies_list")) == 1, 5, "only bravo is left")
    see.shot("10-filter")
    assert see.window.focusWidget() is see.find("companies_list_filter"), "nothing takes the focus away"
    see.press("Esc")
    see.until(lambda: len(see.rows("companies_list")) > 10, 5, "Esc shows all again")
    seen = len(world.requests_seen)
    see.press("F5")
    see.until(lambda: len(world.requests_seen) > seen, 5, "F5 reads now")
    holders = [_pane_with_focus(see)]
    for _ in range(4):
        see.press("F6")
        holders.append(_pane_with_focus(see))
        if holders[-1] == holders[0]:
            break
    assert holders[-1] == holders[0], f"F6 does not come round: {holders}"
    assert {"rail", "status_bar"} < set(holders), holders


def _pane_with_focus(see: Hands) -> str:
    """Return the name of the pane the focus is in."""
    at: QWidget | None = QApplication.focusWidget()
    while at is not None and at.objectName() not in ("rail", "status_bar", "companies_list"):
        at = at.parentWidget()
    return at.objectName() if at is not None else "nowhere"


def test_without_a_tray_closing_asks(open_window: Callable[..., Hands]) -> None:
    see = open_window()
    see.window.windowHandle().close()  # what the window manager's cross does
    see.until(lambda: see.look("question_quit"), 5, "it is asked before the watching stops")
    assert "Nothing will be watched" in see.words("question_sentence")
    see.shot("09-no-tray")
    see.press("Esc")
    see.until(lambda: not see.look("question_quit"), 5, "Esc keeps watching")
    assert see.window.isVisible()


@pytest.fixture
def tray() -> Iterator[None]:
    """Run a notification area on the screen."""
    program = shutil.which("trayer")
    if program is None:
        pytest.skip("There is no tray program here; `apt-get install trayer` gives one.")
    command = [program, "--edge", "bottom", "--width", "20"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert wait_for(QSystemTrayIcon.isSystemTrayAvailable, 10), "the tray does not come up"
        yield
    finally:
        process.terminate()
        process.wait(10)


def test_with_a_tray_closing_hides(tray: None, open_window: Callable[..., Hands]) -> None:
    see = open_window()
    icon = see.window.findChild(QSystemTrayIcon)
    assert icon is not None
    see.until(icon.isVisible, 5, "the icon is there")
    assert "notification area" not in see.words("welcome_told") or "work" in see.words("welcome_told")
    see.window.windowHandle().close()
    see.until(lambda: see.look("question_hide"), 5, "the first time it is said that the program goes on")
    see.shot("09-tray-question")
    see.click("answer_hide")
    see.until(lambda: not see.window.isVisible(), 5, "the window hides")
    see.shot("09-tray-icon")
    at = icon.geometry().center()
    subprocess.run(["xdotool", "mousemove", str(at.x()), str(at.y()), "click", "1"], check=True, timeout=10)
    see.until(see.window.isVisible, 5, "a click on the icon brings the window back")
    see.window.windowHandle().close()
    see.until(lambda: not see.window.isVisible(), 5, "the second time it hides at once")
