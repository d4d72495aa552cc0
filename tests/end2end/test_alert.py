"""Stories of an alert: made by keyboard and mouse, it fires, is taken, survives a restart, is switched off; its mails."""

from collections.abc import Callable

import pytest
from hands import Hands

pytestmark = [pytest.mark.end2end, pytest.mark.timeout(120)]
ALARMS = "overview_alarms_list"


def test_an_alert_from_making_to_closing(open_window: Callable[..., Hands]) -> None:
    see = open_window(demo=True)
    see.until(lambda: see.row_of("overview_alarms_list_area", "x") if False else see.look("overview_page"), 5, "the window is up")
    see.press("Ctrl+2")
    see.until(lambda: see.row_of("alerts_table", "Carrier ASR collapsed"), 10, "the demo's alerts are listed")
    see.press("N")
    see.until(lambda: see.look("alert_title"), 5, "the editor opens")
    see.fill("alert_title", "Night watch")
    see.choose("alert_kind", "All carriers")
    see.fill("alert_min_calls", "5")
    see.fill("alert_threshold", "99")
    see.fill("alert_reset", "50")
    see.press("Ctrl+S")
    see.until(lambda: "above" in see.all_words("alert_form") or "greater" in see.all_words("alert_form"), 5, "refused at the field")
    see.shot("04-reset-refused")
    assert not see.look("alert_editor_save").isEnabled()
    see.fill("alert_reset", "99.5")
    see.press("Ctrl+S")
    see.until(lambda: see.words("status_notice") == "Alert Night watch saved", 5, "it is saved")
    see.until(lambda: "In alarm" in see.all_words("alert_editor"), 30, "it fires")
    see.shot("04-editor-in-alarm")
    see.press("Ctrl+1")
    see.until(lambda: see.row_of(ALARMS, "alpha", "Night watch"), 10, "the Overview shows the alarm")
    see.click_row(ALARMS, "alpha", "Night watch", column=1)
    see.press("A")
    see.until(lambda: see.look("acknowledge_name"), 5, "it is asked who takes it")
    see.fill("acknowledge_name", "mira")
    see.press("Tab")
    see.type("ticket 4417")
    see.shot("04-acknowledge")
    see.press("Return")
    see.until(lambda: "mira" in see.row_of(ALARMS, "alpha", "Night watch"), 10, "mira has it")
    see.until(lambda: "ticket 4417" in see.all_words("overview_page"), 10, "the note is shown")
    see.shot("04-taken")
    see.quit()
    see = open_window(demo=True)
    see.until(lambda: "mira" in see.row_of(ALARMS, "alpha", "Night watch"), 20, "mira still has it after a restart")
    assert see.words("operator").startswith("mira")
    see.press("Ctrl+2")
    see.until(lambda: see.row_of("alerts_table", "Night watch"), 10, "the alert is there")
    see.click_row("alerts_table", "Night watch")
    see.until(lambda: "Paused" in see.row_of("alerts_table", "Night watch"), 10, "it is switched off")
    see.press("Ctrl+7")
    closed = see.until(lambda: see.row_of("events_list", "Night watch", "alpha", "switched off"), 10, "its alarms close for that reason")
    assert closed
    see.shot("04-events")
