"""Stories of the whole frame: DEMO is said all the time, the keyboard reaches everything, closing asks where there is no tray."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hands import Hands
from PySide6.QtWidgets import QApplication, QWidget
from scenes import PAGES, watched_profile

from noc_alerts.switches.demo import DemoSwitch

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
    see.shot("07-demo-settings")


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
    import traceback
    QApplication.instance().focusChanged.connect(lambda a, b: print("CHANGED", a, b, "".join(traceback.format_stack()[-6:])))
    see.shot("10-filter")
    print("FOCUS", QApplication.focusWidget(), QApplication.activeWindow())
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
