"""Settings > Messages: the name messages are signed with, and what a link to an alarm begins with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from test_setup_world import find, make_world

from noc_alerts.settings import Messages, load
from ui.setup.settings_page import SettingsPage, make_page
from ui.widgets.fields import TextField
from ui.widgets.labels import Label


def test_name_and_link_of_messages_are_set_in_settings(tmp_path: Path, qtbot: Any) -> None:
    night = make_world(tmp_path)
    page = make_page(night.context)
    assert isinstance(page, SettingsPage)
    qtbot.addWidget(page)
    page.show_item("messages")
    for name, words in (("messages_brand", ""), ("messages_link_base", "noc.tessera.example")):
        field = find(page, TextField, name)
        field.setText(words)
        field.textEdited.emit(words)
    assert not page.messages.save()
    assert find(page, Label, "messages_brand_error").text() == "Give the name messages are signed with."
    find(page, TextField, "messages_brand").setText("Tessera NOC")
    assert not page.messages.save()
    assert find(page, Label, "messages_link_base_error").text() == "A link begins with https:// or http://."
    assert page.messages.changes() == ["name in messages", "link in messages"]
    find(page, TextField, "messages_link_base").setText("https://noc.tessera.example/a/")
    assert page.messages.save()
    kept = load(night.store.settings, Messages)
    assert (kept.brand, kept.link_base) == ("Tessera NOC", "https://noc.tessera.example/a/")
    night.service.stop()
