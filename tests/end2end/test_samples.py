"""The four samples of ConnexCS's manual, made by mouse and keyboard against the demo switch: two alerts, two reports."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
from hands import Hands, Mailbox, plain
from PySide6.QtWidgets import QMenu
from scenes import watched_profile

from noc_alerts.model.connections import Clock
from noc_alerts.notify.smtp_settings import Security, SmtpSettings
from noc_alerts.paths import open_profile
from noc_alerts.settings import Messages, save
from noc_alerts.store import open_store
from noc_alerts.switches.demo import DemoSwitch

pytestmark = [pytest.mark.end2end, pytest.mark.timeout(240)]


@pytest.fixture
def see(
    open_window: Callable[..., Hands],
    switch: tuple[DemoSwitch, str],
    mailbox: Mailbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Hands:
    """Open the window on a switch that tells its calls in progress, with mail set up."""
    world, url = switch
    watched_profile(tmp_path / "profile", world, url, monkeypatch)
    store = open_store(open_profile(tmp_path / "profile").folder)
    store.connections.save(replace(store.connections.all()[0], clock=Clock.OUTCOME))
    save(store.settings, Messages(SmtpSettings("127.0.0.1", mailbox.port, Security.NONE, sender="alerts@example.net")))
    store.close()
    hands = open_window(size=(1440, 1000))

    def is_read() -> bool:
        words = hands.all_words("status_bar")
        return "lon-1" in words and "reading" not in words

    hands.until(is_read, 30, "the switch is read")
    return hands


def new_alert(see: Hands, title: str) -> None:
    see.press("Ctrl+2")
    see.until(lambda: see.look("alerts_table") or see.look("alerts_new"), 10, "the list of alerts is shown")
    see.press("N")
    see.until(lambda: see.look("alert_title"), 10, "the editor opens")
    see.fill("alert_title", title)


def span(see: Hands, name: str, words: str) -> None:
    """Type a length of time into a list that takes typed ones too."""
    see.fill(f"{name}_text", words)
    see.press("Tab")


def tell_noc(see: Hands) -> None:
    see.click("alert_recipients_input")
    see.type("noc@example.net")
    see.press("Return")


def saved(see: Hands, title: str) -> None:
    see.press("Ctrl+S")
    see.until(lambda: see.words("status_notice") == f"Alert {title} saved", 10, f"{title} is saved")
    assert not see.words("alert_editor_unsaved")


def text_of(mail: Any) -> str:
    return plain(str(cast(EmailMessage, mail).get_body(("plain",)).get_content()))  # type: ignore[union-attr]  # mails have a text


def test_the_four_samples(see: Hands, mailbox: Mailbox) -> None:
    """Make all four, then wait for what each of them brings: one story, so that their waits pass together."""
    make_low_asr_warning(see)
    make_asr_penalty(see)
    due = make_daily_balance(see, mailbox)
    make_script_report(see)
    mailbox.mails.clear()

    see.press("Ctrl+2")
    row = see.until(lambda: see.row_of("alerts_table", "Low ASR warning"), 10, "it is in the list")
    assert "≤ 30.0" in row
    assert "31.0" in row
    assert "over 30 min" in row
    see.until(lambda: "In alarm" in see.row_of("alerts_table", "ASR penalty"), 150, "bravo collapses and the penalty fires")
    see.shot("22-samples-in-alarm")
    see.until(lambda: mails_about(mailbox, "CLI report"), 90, "the script's report comes")
    see.until(lambda: mails_about(mailbox, "Balance report"), 140, "the daily report comes at its time")
    for title in ("Daily balance", "CLI report"):
        assert "Ready" in see.row_of("alerts_table", title), "a report raises no alarm"
    see.until(lambda: mails_about(mailbox, "bravo"), 20, "the mail is here")
    assert "block of 1 h" in text_of(mails_about(mailbox, "bravo")[0])
    (report,) = mails_about(mailbox, "Balance report")
    lines = text_of(report)
    for customer in ("acme", "globex", "initech"):
        assert customer in lines
    assert f"{due:%H:%M}" in str(report["Subject"]) + lines

    see.press("Ctrl+7")
    block = see.until(lambda: see.row_of("events_list", "ASR penalty", "block of 1 h is due"), 10, "the block is due")
    assert "Nothing is placed on the switch yet" in block
    see.until(lambda: see.row_of("events_list", "Daily balance", "The report due at"), 10, "the log has the report")
    see.shot("23-block-due")
    see.press("Ctrl+8")
    see.until(lambda: see.row_of("deliveries_list", "Test", "Balance report"), 10, "the test is listed as a test")
    see.shot("30-deliveries")


def mails_about(mailbox: Mailbox, words: str) -> list[Any]:
    return [mail for mail in mailbox.mails if words in str(mail["Subject"])]


def make_low_asr_warning(see: Hands) -> None:
    new_alert(see, "Low ASR warning")
    see.choose("alert_kind", "All carriers")
    see.choose("alert_area", "ASR")
    see.choose("alert_operator", "≤")
    see.fill("alert_threshold", "30")
    see.fill("alert_reset", "29")
    see.press("Tab")
    refused = "The reset must be at or above 30"
    see.until(lambda: refused in see.all_words("alert_form"), 5, "a reset on the wrong side is refused")
    see.fill("alert_reset", "31")
    span(see, "alert_sample_period", "30 min")
    see.choose("alert_level", "Warning")
    tell_noc(see)
    see.choose("alert_template", "alert")
    see.shot("20-low-asr-warning")
    saved(see, "Low ASR warning")


def make_asr_penalty(see: Hands) -> None:
    new_alert(see, "ASR penalty")
    see.choose("alert_kind", "Named carriers")
    see.fill("alert_names_input", "bravo")
    see.press("Return")
    see.choose("alert_operator", "≤")
    see.fill("alert_threshold", "15")
    see.fill("alert_reset", "")
    span(see, "alert_sample_period", "1 min")
    see.fill("alert_min_calls", "30")
    see.choose("alert_level", "Critical")
    span(see, "alert_penalty", "1 h")
    tell_noc(see)
    assert "placed on the switch" in see.all_words("alert_form")
    see.shot("21-asr-penalty")
    saved(see, "ASR penalty")


def make_daily_balance(see: Hands, mailbox: Mailbox) -> datetime:
    """Make and test it; give the time it is due at."""
    new_alert(see, "Daily balance")
    see.choose("alert_area", "Balance")
    see.choose("alert_kind", "All customers")
    see.choose("alert_operator", "Always")
    assert see.look("alert_threshold") is None
    assert see.look("alert_reset") is None
    assert see.look("alert_sample_period") is None
    tell_noc(see)
    see.press("Ctrl+S")
    see.until(lambda: "choose a repeat" in see.all_words("alert_form"), 5, "Always wants a repeat")
    see.choose("alert_repeat", "Daily at")
    due = datetime.now(UTC) + timedelta(minutes=2)
    see.fill("alert_repeat_daily", f"{due:%H:%M}")
    see.fill("alert_repeat_zone", "UTC")
    see.press("Tab")
    see.shot("24-daily-balance")
    saved(see, "Daily balance")
    see.press("Ctrl+T")
    see.until(lambda: see.row_of("alert_test_table", "E-mail", "Sent"), 20, "the test is sent")
    assert see.row_of("alert_test_table", "Write the text", "Done")
    test = next(mail for mail in mailbox.mails if str(mail["Subject"]).startswith("TEST"))
    assert "acme" in text_of(test)
    see.shot("25-daily-balance-test")
    return due


def make_script_report(see: Hands) -> None:
    see.click("rail_scripts")
    see.until(lambda: see.look("scripts_examples"), 10, "the scripts are shown")
    see.click("scripts_examples")
    menu = see.until(lambda: see.look("scripts_examples_menu", QMenu), 5, "the examples are offered")
    at = next(n for n, action in enumerate(menu.actions()) if "carrier" in action.text())
    for _ in range(at + 1):
        see.press("Down")
    see.press("Return")
    see.until(lambda: see.look("script_code"), 5, "the example is open")
    see.fill("script_name", "CLI blocks")
    see.press("Ctrl+S")
    see.until(lambda: not see.words("script_editor_unsaved"), 5, "it is saved")
    see.press("Ctrl+R")
    see.until(lambda: "took" in see.all_words("script_run"), 20, "it ran")
    see.shot("27-script-ran")

    new_alert(see, "CLI report")
    see.choose("alert_area", "Script Forge")
    see.choose("alert_kind", "All customers")
    see.choose("alert_script", "CLI blocks")
    see.choose("alert_operator", "Always")
    span(see, "alert_sample_period", "30 min")
    see.choose("alert_repeat", "Every")
    span(see, "alert_repeat_every", "1 min")
    tell_noc(see)
    see.shot("28-script-report")
    saved(see, "CLI report")
    see.press("Ctrl+T")
    see.until(lambda: see.row_of("alert_test_table", "Script", "Returned"), 30, "the script ran for the test")
    see.until(lambda: see.row_of("alert_test_table", "E-mail", "Sent"), 20, "the test is sent")
    see.shot("29-script-report-test")
