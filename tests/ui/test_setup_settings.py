"""Settings: what is applied at once can be undone, what is saved says what is wrong and loses nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QScrollArea
from test_setup_world import World, find, make_world, unnamed

from noc_alerts.notify.smtp_settings import Security, SmtpSettings
from noc_alerts.settings import Messages, Watching, load, save
from noc_alerts.switches.factory import SMTP_SECRET
from ui.messages import Recorder
from ui.prefs import prefs
from ui.setup.settings_page import SettingsPage, make_page
from ui.theme import Density, theme
from ui.widgets.buttons import PrimaryButton
from ui.widgets.fields import CheckBox, ComboBox, NumberField, TextField
from ui.widgets.labels import Label

SMTP = SmtpSettings("127.0.0.1", 2525, Security.NONE, "noc@tessera.example")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.service.stop()


def open_page(world: World, qtbot: Any, tab: str) -> SettingsPage:
    made = make_page(world.context)
    assert isinstance(made, SettingsPage)
    qtbot.addWidget(made)
    made.resize(1400, 900)
    with qtbot.waitExposed(made):
        made.show()
    made.show_item(tab)
    return made


def error(page: SettingsPage, name: str) -> str:
    return str(find(page, Label, f"{name}_error").text())


def fill(page: SettingsPage, name: str, words: str) -> None:
    field = find(page, TextField, name)
    field.setText(words)
    field.textEdited.emit(words)


# --- at once --------------------------------------------------------------------------------------------------------------


def test_the_look_is_applied_at_once_and_can_be_undone(world: World, qtbot: Any, recorder: Recorder) -> None:
    page = open_page(world, qtbot, "look")
    qtbot.mouseClick(find(page, QAbstractButton, "settings_theme_LIGHT"), Qt.MouseButton.LeftButton)
    assert theme.appearance.name == "LIGHT"
    undo = recorder.said[0].undo
    assert recorder.said[0].words == "The theme is light now" and undo is not None
    undo()
    assert theme.appearance.name == "DARK"
    assert page.look._theme.current == "DARK"
    qtbot.mouseClick(find(page, QAbstractButton, "settings_density_COMPACT"), Qt.MouseButton.LeftButton)
    assert prefs.density is Density.COMPACT
    scale = find(page, ComboBox, "settings_scale")
    scale.set_data(125)
    scale.chosen.emit(125)
    assert theme.scale == 1.25


def test_the_operator_is_kept_with_undo(world: World, qtbot: Any, recorder: Recorder) -> None:
    page = open_page(world, qtbot, "general")
    field = find(page, TextField, "settings_operator")
    field.setText("mira")
    field.left.emit()
    assert world.context.operator() == "mira"
    undo = recorder.said[0].undo
    assert undo is not None
    undo()
    assert world.context.operator() == ""
    assert field.text() == ""


def test_the_data_folder_gives_up_room_and_can_be_copied(world: World, qtbot: Any, recorder: Recorder) -> None:
    page = open_page(world, qtbot, "general")
    page.resize(700, 600)
    area = find(page, QScrollArea, "settings_general_scroll")
    qtbot.waitUntil(lambda: area.widget().width() <= area.viewport().width())
    qtbot.mouseClick(find(page, QAbstractButton, "settings_folder_copy"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == str(world.folder)


def test_a_tab_that_is_asked_for_has_the_focus(world: World, qtbot: Any) -> None:
    page = open_page(world, qtbot, "messages")
    with qtbot.waitActive(page):
        page.activateWindow()
    page.show_item("messages")
    assert find(page, QAbstractButton, "settings_tabs_messages").hasFocus()


def test_a_zone_that_is_none_is_not_taken(world: World, qtbot: Any) -> None:
    page = open_page(world, qtbot, "general")
    field = find(page, TextField, "settings_zone")
    field.setText("Europe/Nowhere")
    field.left.emit()
    assert "There is no time zone Europe/Nowhere" in error(page, "settings_zone")
    assert prefs.get("zone", "UTC") == "UTC"
    field.setText("Europe/Berlin")
    field.left.emit()
    assert error(page, "settings_zone") == ""
    assert prefs.get("zone") == "Europe/Berlin"


# --- messages -------------------------------------------------------------------------------------------------------------


def test_wrong_mail_settings_say_so_under_each_field_and_lose_nothing(world: World, qtbot: Any) -> None:
    page = open_page(world, qtbot, "messages")
    find(page, CheckBox, "smtp_on").setChecked(True)
    fill(page, "smtp_host", "mail server")
    fill(page, "smtp_sender", "noc")
    fill(page, "smtp_password", "geheim")
    assert not page.save()
    assert error(page, "smtp_host") == "Give the name or address of the mail server."
    assert "noc is not a mail address" in error(page, "smtp_sender")
    assert not find(page, PrimaryButton, "settings_save").isEnabled()
    assert find(page, TextField, "smtp_password").text() == "geheim"
    assert load(world.store.settings, Messages) == Messages()


def test_a_password_in_clear_is_refused(world: World, qtbot: Any) -> None:
    page = open_page(world, qtbot, "messages")
    find(page, CheckBox, "smtp_on").setChecked(True)
    fill(page, "smtp_host", "mail.tessera.example")
    fill(page, "smtp_sender", "noc@tessera.example")
    fill(page, "smtp_user", "noc")
    box = find(page, ComboBox, "smtp_security")
    box.set_data(Security.NONE)
    box.chosen.emit(Security.NONE)
    assert find(page, NumberField, "smtp_port").text() == "25"  # a usual port goes along
    assert not page.save()
    assert "sent in clear" in error(page, "smtp_security")


def test_saving_keeps_settings_and_password_apart(world: World, qtbot: Any, recorder: Recorder) -> None:
    page = open_page(world, qtbot, "messages")
    find(page, CheckBox, "smtp_on").setChecked(True)
    fill(page, "smtp_host", "127.0.0.1")
    fill(page, "smtp_sender", "noc@tessera.example")
    fill(page, "smtp_user", "noc")
    fill(page, "smtp_password", "geheim")
    add = find(page, QLineEdit, "switch_recipients_text")
    qtbot.keyClicks(add, "mira@tessera.example")
    qtbot.keyClick(add, Qt.Key.Key_Return)
    find(page, CheckBox, "messages_tray").setChecked(False)
    assert page.save()
    qtbot.waitUntil(lambda: bool(recorder.said))
    kept = load(world.store.settings, Messages)
    assert kept.smtp == SmtpSettings("127.0.0.1", 587, Security.STARTTLS, "noc@tessera.example", user="noc")
    assert (kept.switch_recipients, kept.tray) == (("mira@tessera.example",), False)
    assert world.ring.kept == {SMTP_SECRET: "geheim"}
    assert find(page, TextField, "smtp_password").text() == ""
    assert page.messages.changes() == []


def test_switching_mail_off_hides_its_fields_and_saves_none(world: World, qtbot: Any) -> None:
    save(world.store.settings, Messages(smtp=SMTP))
    page = open_page(world, qtbot, "messages")
    assert find(page, TextField, "smtp_host").text() == "127.0.0.1"
    assert page.messages.changes() == []
    find(page, CheckBox, "smtp_on").setChecked(False)
    assert not find(page, TextField, "smtp_host").isVisibleTo(page)
    assert page.messages.changes() == ["e-mail on or off"]
    assert page.save()
    assert load(world.store.settings, Messages).smtp is None


def test_the_mail_test_shows_the_step_that_failed(world: World, qtbot: Any) -> None:
    with socket.socket() as taken:  # bound but not listening: a connection is refused at once
        taken.bind(("127.0.0.1", 0))
        save(world.store.settings, Messages(smtp=SmtpSettings("127.0.0.1", taken.getsockname()[1], Security.NONE, SMTP.sender)))
        page = open_page(world, qtbot, "messages")
        qtbot.mouseClick(page.messages.check.button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: not page.messages.check.running)
    (step,) = page.messages.check.steps
    assert (step.what, step.ok) == ("Connect", False)


def test_a_test_to_no_address_does_not_begin(world: World, qtbot: Any) -> None:
    save(world.store.settings, Messages(smtp=SMTP))
    page = open_page(world, qtbot, "messages")
    fill(page, "smtp_test_to", "mira")
    page.messages.test()
    assert not page.messages.check.running
    assert "mira is not a mail address" in error(page, "smtp_test_to")


# --- watching -------------------------------------------------------------------------------------------------------------


def test_watching_is_saved_and_wrong_values_are_not(world: World, qtbot: Any, recorder: Recorder) -> None:
    page = open_page(world, qtbot, "watching")
    qtbot.waitUntil(lambda: "now" in find(page, Label, "watching_keep_bytes_room_hint").text())
    silent = find(page, ComboBox, "watching_silent_after")
    silent.setEditText("5 s")
    fill(page, "watching_keep_calls", "0")
    assert not page.save()
    assert error(page, "watching_keep_calls_room") == "Enter a number from 1 to 3,650."
    fill(page, "watching_keep_calls", "90")
    assert not page.save()
    assert error(page, "watching_silent_after_room") == "Choose 10 s or more, or every hiccup rings."
    assert silent.currentText() == "5 s"
    silent.setEditText("5 min")
    fill(page, "watching_keep_bytes", "2,5")
    assert page.save()
    assert recorder.said[-1].words == "Watching saved"
    kept = load(world.store.settings, Watching)
    assert (kept.silent_after, kept.keep_calls, kept.keep_bytes) == (timedelta(minutes=5), timedelta(days=90), 2_500_000_000)
    assert page.watching.changes() == []


def test_leaving_with_changes_asks(world: World, qtbot: Any, recorder: Recorder) -> None:
    page = open_page(world, qtbot, "watching")
    fill(page, "watching_keep_calls", "90")
    left: list[bool] = []
    page.ask_leave(lambda: left.append(True))
    assert recorder.asked[0].sentence == "Not saved: age of call records." and not left
    recorder.answers["leave"] = "discard"
    page.ask_leave(lambda: left.append(True))
    assert left and page.watching.changes() == []


def test_about_names_version_and_libraries(world: World, qtbot: Any) -> None:
    page = open_page(world, qtbot, "about")
    words = {label.accessibleName() for label in page.about.panel.findChildren(Label)}
    assert "Licence: MIT" in words
    assert any(word.startswith("pyqtgraph: 0.") for word in words)


def test_every_control_has_its_names(world: World, qtbot: Any) -> None:
    assert unnamed(open_page(world, qtbot, "messages")) == []
