"""Stories of an alert: made by keyboard and mouse, it fires, is taken, survives a restart, is switched off; its mails."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hands import Hands, Mailbox
from scenes import watched_profile

from noc_alerts.switches.demo import DemoSwitch

pytestmark = [pytest.mark.end2end, pytest.mark.timeout(120)]
ALARMS = "overview_alarms_list"


def test_an_alert_from_making_to_closing(open_window: Callable[..., Hands]) -> None:
    see = open_window(demo=True)
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
    see.until(lambda: "The reset must be at or above 99 %" in see.all_words("alert_form"), 5, "it is refused at the field")
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
    see.until(lambda: see.row_of("events_list", "Night watch", "alpha", "switched off"), 10, "its alarms close for that reason")
    see.shot("04-events")


def test_mails_are_sent_once_and_wait_for_their_server(
    open_window: Callable[..., Hands],
    switch: tuple[DemoSwitch, str],
    mailbox: Mailbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, url = switch
    watched_profile(tmp_path / "profile", world, url, monkeypatch)
    see = open_window()
    see.press("Ctrl+,")
    see.click("settings_tabs_messages")
    set_mail_up(see, mailbox.port)
    see.click("smtp_check_start")
    see.until(lambda: "went well" in see.all_words("smtp_check"), 15, "the test of the mail server passes")
    see.shot("05-mail-server")
    assert [s for s in mailbox.subjects if "TEST" in s], mailbox.subjects
    see.press("Ctrl+S")
    see.until(lambda: see.words("status_notice") == "Messages saved", 5, "it is saved")
    mailbox.mails.clear()
    see.press("Ctrl+2")
    see.press("N")
    see.until(lambda: see.look("alert_title"), 5, "the editor opens")
    make_mailed_alert(see)
    see.press("Ctrl+T")
    see.until(lambda: "Sent" in " ".join(see.rows("alert_test_table")), 20, "the test of the alert is sent")
    see.until(lambda: mailbox.mails, 5, "the mail is here")
    see.shot("05-alert-test")
    [test] = mailbox.mails
    assert str(test["Subject"]).startswith("TEST"), test["Subject"]
    assert "Night mail" in text_of(test)
    mailbox.stop()
    mailbox.mails.clear()
    see.press("Ctrl+S")
    see.until(lambda: "In alarm" in see.all_words("alert_editor"), 30, "it fires")
    see.until(lambda: see.words("status_outbox") == "Outbox 1 waiting", 20, "its mail waits")
    see.shot("05-waiting")
    mailbox.start()
    see.until(lambda: mailbox.mails, 45, "the mail goes out when the server is back")
    see.until(lambda: see.words("status_outbox") == "Outbox 0 waiting", 10, "nothing waits any more")
    assert len(mailbox.mails) == 1, mailbox.subjects
    assert "TEST" not in mailbox.subjects[0]
    see.press("Ctrl+1")
    see.click_row(ALARMS, "bravo", "Night mail", column=1)
    see.until(lambda: "noc@example.net" in see.all_words("overview_page"), 10, "who was told is shown")
    see.shot("05-told")


def set_mail_up(see: Hands, port: int) -> None:
    """Fill the form of the mail server."""
    see.click("smtp_on")
    see.fill("smtp_host", "127.0.0.1")
    see.choose("smtp_security", "None")
    see.fill("smtp_port", str(port))
    see.fill("smtp_sender", "alerts@example.net")
    see.fill("smtp_test_to", "noc@example.net")


def make_mailed_alert(see: Hands) -> None:
    """Fill the form of an alert that fires for bravo and is mailed."""
    see.fill("alert_title", "Night mail")
    see.choose("alert_kind", "Named carriers")
    see.fill("alert_names_input", "bravo")
    see.press("Return")
    see.fill("alert_threshold", "99")
    see.fill("alert_reset", "")
    see.click("alert_recipients_input")
    see.type("noc@example.net")
    see.press("Return")
    see.click("alert_tray")


def text_of(mail: Any) -> str:
    """Return the plain text of a mail."""
    return str(mail.get_body(("plain",)).get_content())
