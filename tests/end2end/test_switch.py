"""Stories of a switch: connecting one, and the time in which it does not answer."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hands import Hands, wait_for
from scenes import watched_profile

from noc_alerts.model.alerts import Alert, Area, Operator, Scope
from noc_alerts.model.companies import CompanyKind
from noc_alerts.secrets import PASSPHRASE_VARIABLE
from noc_alerts.switches.demo import DemoSwitch
from noc_alerts.switches.demo.server import FailMode

pytestmark = [pytest.mark.end2end, pytest.mark.timeout(90)]


def fill_connexcs(see: Hands, url: str) -> None:
    """Fill the form of a new ConnexCS switch but for its token."""
    see.choose("switch_kind", "ConnexCS")
    see.fill("switch_name", "lon-1")
    see.fill("switch_connexcs_base_url", url)
    see.fill("switch_connexcs_late_s", "2")
    see.fill("switch_connexcs_history_days", "0.02")
    see.fill("switch_connexcs_longest_call_hours", "1")
    see.fill("switch_poll_text", "2 s")


def test_a_switch_is_connected(
    open_window: Callable[..., Hands], switch: tuple[DemoSwitch, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PASSPHRASE_VARIABLE, raising=False)
    world, url = switch
    see = open_window()
    see.click("welcome_connect")
    see.until(lambda: see.look("switch_kind"), 5, "the form opens")
    fill_connexcs(see, url)
    see.fill("switch_connexcs_token", "not-the-token")
    see.click("switch_check_start")
    see.until(lambda: "failed" in see.all_words("switch_check").lower(), 20, "the test fails")
    see.shot("03-wrong-token")
    steps = see.rows("switch_check_steps")
    assert any("token" in row.lower() or "sign" in row.lower() for row in steps), steps
    see.fill("switch_connexcs_token", world.token)
    see.press("Ctrl+T")
    see.until(lambda: "all" in see.all_words("switch_check") and "went well" in see.all_words("switch_check"), 20, "it passes")
    see.shot("03-tested")
    see.press("Ctrl+S")
    see.until(lambda: see.look("passphrase_first"), 10, "a passphrase is asked for: this computer has no keyring")
    see.shot("03-no-keyring")
    assert "no keyring" in see.all_words("passphrase_dialog")
    see.fill("passphrase_first", "correct horse")
    see.fill("passphrase_second", "correct horse")
    see.press("Return")
    see.until(lambda: see.words("status_notice") == "Switch lon-1 saved", 15, "its token is kept")
    see.press("Ctrl+5")
    see.until(lambda: "attempts" in see.row_of("companies_list", "bravo"), 30, "the companies appear with their values")
    see.shot("03-companies")
    see.quit()
    # the next start asks once, because nothing but the person knows the passphrase
    see = open_window()
    see.until(lambda: "Unlock" in see.all_words("error_panel"), 20, "it says that the passwords are locked")
    see.shot("03-locked")
    see.click("error_action")
    see.until(lambda: see.look("passphrase_first"), 5, "the passphrase is asked for")
    see.fill("passphrase_first", "correct horse")
    see.press("Return")
    see.press("Ctrl+5")
    see.until(lambda: "attempts" in see.row_of("companies_list", "bravo"), 30, "the switch is read again")
    kept = tmp_path / "profile" / "secrets.enc"
    assert kept.stat().st_mode & 0o077 == 0
    assert world.token.encode() not in b"".join(p.read_bytes() for p in kept.parent.rglob("*") if p.is_file())


def test_a_switch_that_fails_is_blind_and_nothing_is_said_to_be_good(
    open_window: Callable[..., Hands], switch: tuple[DemoSwitch, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, url = switch
    carriers = Scope(CompanyKind.CARRIER)
    fires = Alert(None, "Never good enough", carriers, Area.ASR, Operator.LT, 99, None, timedelta(minutes=5), tray=False)
    quiet = Alert(None, "Never bad enough", carriers, Area.ASR, Operator.LT, 0.5, None, timedelta(minutes=5), tray=False)
    cid = watched_profile(tmp_path / "profile", world, url, monkeypatch, fires, quiet)
    see = open_window()
    see.until(lambda: see.row_of("overview_alarms_list", "bravo", "Never good enough"), 20, "bravo is in alarm")
    bar = f"status_switch_{cid}", f"status_age_{cid}"
    see.until(lambda: see.words(bar[0]) == "OK: lon-1", 20, "the status bar says that it is well")
    assert not wait_for(lambda: "blind" in see.words(bar[1]), 4), "the status bar says blind of a switch that answers"
    see.press("Ctrl+7")
    raised = [row for row in see.until(lambda: see.rows("events_list"), 5, "events are shown") if "bravo" in row]
    world.fail(FailMode.ERROR_500)
    see.until(lambda: see.words(bar[1]).startswith("blind"), 30, "the status bar says blind")
    assert see.words(bar[0]) == "Blind: lon-1"
    see.press("Ctrl+5")
    see.until(lambda: "unknown" in see.row_of("companies_list", "bravo"), 10, "the values are withdrawn")
    assert "is blind" in see.all_words("companies_page")
    see.shot("06-companies-blind")
    see.press("Ctrl+2")
    see.until(lambda: "Blind" in see.row_of("alerts_table", "Never bad enough"), 10, "the quiet alert is blind")
    assert "In alarm" in see.row_of("alerts_table", "Never good enough"), "its alarms stay as they were"
    see.shot("06-alerts-blind")
    see.press("Ctrl+1")
    see.until(lambda: see.row_of("overview_alarms_list", "lon-1", "Blind"), 20, "the switch has a row of its own")
    assert see.row_of("overview_alarms_list", "bravo", "Never good enough"), "the alarm is still there"
    see.shot("06-overview-blind")
    world.fail(None)
    see.until(lambda: see.words(bar[0]) == "OK: lon-1", 20, "it is well again")
    see.until(lambda: not see.row_of("overview_alarms_list", "lon-1", "Blind"), 20, "its row is gone")
    see.press("Ctrl+2")
    see.until(lambda: "In alarm" in see.row_of("alerts_table", "Never good enough"), 10, "judged again")
    see.press("Ctrl+7")
    see.until(lambda: see.row_of("events_list", "lon-1", "answers"), 10, "the recovery is an event")
    after = [row for row in see.rows("events_list") if "bravo" in row]
    assert after == raised, "an alarm fired or cleared while nothing was known"
    see.shot("06-events-recovered")
