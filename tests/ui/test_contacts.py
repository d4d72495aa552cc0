"""Setup > Contacts: addresses checked as typed, groups, what alerts it touches, saving, deleting, renaming a group."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from items_world import World, make_world, type_into
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from test_setup_world import find, state_of, unnamed

from noc_alerts.model.contacts import Contact
from ui.contacts.editor import ContactEditor
from ui.contacts.groups import GroupsPanel, RenameDialog
from ui.messages import Recorder
from ui.pages import Place
from ui.theme import Appearance, theme
from ui.widgets.buttons import LinkButton
from ui.widgets.state_panel import StateKind
from ui.widgets.tag_field import TagField

MIRA = Contact(None, "Mira Holm", ("mira@tessera.example",), ("+442079460812",), ("Night shift", "NOC"))
TOMAS = Contact(None, "Tomas Vrba", ("tomas@tessera.example",), (), ("Night shift",))


@pytest.fixture
def world(tmp_path: Path, qtbot: Any) -> Iterator[World]:
    with make_world(tmp_path, qtbot) as made:
        yield made


def saved(world: World, contact: Contact = MIRA) -> ContactEditor:
    """Save a contact and open it."""
    world.store.contacts.save(contact)
    editor = world.go("contacts", contact.name)
    assert isinstance(editor, ContactEditor)
    return editor


def line(editor: ContactEditor, name: str) -> QLineEdit:
    return find(editor, QLineEdit, f"contact_{name}_text")


def add(editor: ContactEditor, name: str, words: str) -> None:
    """Type an entry and leave the field."""
    field = line(editor, name)
    type_into(field, words)
    QTest.keyClick(field, "\t")


def groups_panel(world: World) -> GroupsPanel:
    page = world.open("contacts")
    found = page.findChild(GroupsPanel, "contact_groups_panel")
    assert isinstance(found, GroupsPanel)
    return found


# --- the form -------------------------------------------------------------------------------------------------------------


def test_a_new_contact_is_typed_checked_and_saved(world: World, recorder: Recorder) -> None:
    page = world.open("contacts")
    assert state_of(page, "contacts_table").kind is StateKind.EMPTY
    world.press("N")
    editor = page.editor
    assert isinstance(editor, ContactEditor) and editor.name.hasFocus()
    QTest.keyClicks(editor.name, "Mira Holm")
    add(editor, "emails", "mira@tessera.example")
    add(editor, "phones", "+44 20 7946 0812")
    add(editor, "groups", "Night  shift")
    assert editor.phones.keys == ["+442079460812"] and editor.groups.keys == ["Night shift"]
    world.press("Ctrl+S")
    (kept,) = world.store.contacts.all()
    assert (kept.name, kept.emails, kept.phones, kept.groups) == (
        "Mira Holm", ("mira@tessera.example",), ("+442079460812",), ("Night shift",),
    )  # fmt: skip
    assert recorder.said[-1].words == "Contact Mira Holm saved" and editor.head.words == "" and world.service.soons == 1
    assert world.window.pages.place == Place("contacts", "=mira holm")


def test_what_is_typed_and_not_taken_in_is_saved_too(world: World) -> None:
    editor = saved(world)
    type_into(line(editor, "emails"), "noc@tessera.example")
    assert editor.unsaved == ["e-mail"]
    world.press("Ctrl+S")
    assert world.store.contacts.all()[0].emails == ("mira@tessera.example", "noc@tessera.example")


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("emails", "nobody@", "nobody@ is not a mail address"),
        ("emails", "a@b.example\u0007", "cannot be seen"),
        ("emails", "+442079460812", "+442079460812 is a phone number. Put it under Phone."),
        ("phones", "020 7946 0812", "country code"),
        ("phones", "mira@tessera.example", "mira@tessera.example is a mail address. Put it under E-mail."),
        ("groups", "x" * 65, "The name has 65 characters. At most 64 fit."),
    ],
)
def test_a_wrong_entry_is_said_at_its_field_and_stays_to_be_mended(world: World, field: str, typed: str, said: str) -> None:
    editor = saved(world)
    before = world.store.contacts.all()
    line(editor, field).setText(typed)
    editor.save()
    assert said in editor.fields[field].error
    assert line(editor, field).text() == typed and editor.head.words == "1 field to correct before saving"
    assert world.store.contacts.all() == before
    type_into(line(editor, field), "x")
    assert editor.fields[field].error == "" and editor.head.can_save


def test_name_and_a_way_to_reach_are_needed(world: World) -> None:
    page = world.open("contacts")
    page.open_new()
    editor = page.editor
    assert isinstance(editor, ContactEditor)
    editor.save()
    assert editor.fields["name"].error == "Give the contact a name."
    type_into(editor.name, "Ann, night")
    editor.save()
    assert editor.fields["name"].error == "A comma parts recipients. Write the name without commas and semicolons."
    editor.name.setText("Ann")
    editor.save()
    assert editor.fields["emails"].error == "Give a mail address or a phone number, or nobody can be told."
    add(editor, "phones", "+442079460812")
    assert editor.fields["emails"].error == ""  # either will do
    editor.save()
    assert [each.name for each in world.store.contacts.all()] == ["Ann"]


def test_a_taken_name_is_said_at_the_name(world: World) -> None:
    saved(world)
    editor = saved(world, TOMAS)
    editor.name.setText("mira holm")
    editor.save()
    assert editor.fields["name"].error and [each.name for each in world.store.contacts.all()] == ["Mira Holm", "Tomas Vrba"]


def test_groups_are_offered_and_keep_their_spelling(world: World) -> None:
    saved(world)
    editor = saved(world, TOMAS)
    completer = line(editor, "groups").completer()
    assert completer is not None
    completer.setCompletionPrefix("no")
    assert completer.currentCompletion() == "NOC"
    add(editor, "groups", "noc")
    assert editor.groups.keys == ["Night shift", "NOC"]
    editor.revert()
    assert editor.groups.keys == ["Night shift"] and editor.unsaved == []


def test_alerts_that_tell_the_contact_are_links(world: World) -> None:
    direct = world.alert("Low ASR", recipients=("contact Mira Holm",))
    world.alert("Low ACD", recipients=("group night shift",))
    editor = saved(world)
    links = [each for each in editor.findChildren(LinkButton) if each.objectName().startswith("contact_user_")]
    assert [each.text() for each in links] == ["Low ACD, by group Night shift", "Low ASR"]
    links[1].click()
    assert world.went == [("alerts", direct.id)]


def test_leaving_with_changes_asks(world: World, recorder: Recorder) -> None:
    editor = saved(world)
    type_into(line(editor, "groups"), "Day")
    recorder.answers["leave"] = "discard"
    world.commands.run("file.close")
    assert recorder.asked[-1].sentence == "Not saved: groups." and world.window.pages.place == Place("contacts")
    assert world.store.contacts.all()[0].groups == MIRA.groups


# --- the list -------------------------------------------------------------------------------------------------------------


def test_the_list_says_how_groups_and_alerts(world: World) -> None:
    saved(world)
    world.store.contacts.save(TOMAS)
    world.alert("Low ASR", recipients=("contact Mira Holm", "group NOC"))
    world.alert("Low ACD", recipients=("group Night shift",))
    page = world.open("contacts")
    assert [page.model.cell(0, at).plain for at in range(4)] == [
        "Mira Holm", "mira@tessera.example, +442079460812", "Night shift, NOC", "2 alerts",
    ]  # fmt: skip
    assert page.model.cell(1, 3).plain == "Low ACD" and page.head._sentence._words == "2 contacts in 2 groups"


def test_a_contact_in_use_or_the_last_of_a_group_is_not_deleted(world: World, recorder: Recorder) -> None:
    saved(world)
    world.store.contacts.save(TOMAS)
    world.alert("Low ASR", recipients=("group NOC",))
    world.alert("Low ACD", recipients=("contact Tomas Vrba",))
    page = world.open("contacts")
    for name, alert in (("Mira Holm", "Low ASR"), ("Tomas Vrba", "Low ACD")):
        page.select(name)
        assert [row.name for row in page.chosen()] == [name]
        world.press("Del")
        assert recorder.failed[-1].title == f"{name} was not deleted" and alert in recorder.failed[-1].sentence
    assert len(world.store.contacts.all()) == 2


def test_delete_can_be_undone(world: World, recorder: Recorder) -> None:
    saved(world)
    page = world.open("contacts")
    page.select("Mira Holm")
    world.press("Del")
    assert world.store.contacts.all() == [] and page.find_editor("Mira Holm") is None
    undo = recorder.said[-1].undo
    assert undo is not None
    undo()
    assert [each.groups for each in world.store.contacts.all()] == [MIRA.groups]


# --- groups ---------------------------------------------------------------------------------------------------------------


def test_a_group_is_renamed_for_all(world: World, recorder: Recorder) -> None:
    editor = saved(world)
    world.store.contacts.save(TOMAS)
    alert = world.alert("Low ACD", recipients=("group Night shift",))
    panel = groups_panel(world)
    panel.reload()
    assert [panel.model.cell(0, at).plain for at in range(3)] == ["Night shift", "Mira Holm, Tomas Vrba", "Low ACD"]
    panel.area.view.select_key("Night shift")
    panel.ask_rename()
    dialog = world.window.findChild(RenameDialog, "rename_group")
    assert isinstance(dialog, RenameDialog)
    dialog.name.setText("  ")
    dialog.rename()
    assert dialog.field.error == "Give the group a name."
    dialog.name.setText("Nights")
    dialog.rename()
    assert {each.groups[0] for each in world.store.contacts.all()} == {"Nights"}
    found = world.store.alerts.get(alert.id or 0)
    assert found is not None and found.recipients == ("group Nights",)
    assert world.store.alerts.history(alert.id or 0)[0].who == "mira"
    assert recorder.said[-1].words == "Group Night shift is Nights now"
    assert editor.groups.keys == ["Nights", "NOC"] and editor.unsaved == []  # the editor that was open follows


def test_renaming_into_another_group_says_that_they_become_one(world: World) -> None:
    saved(world)
    panel = groups_panel(world)
    panel.area.view.select_key("NOC")
    panel.ask_rename()
    dialog = world.window.findChild(RenameDialog, "rename_group")
    assert isinstance(dialog, RenameDialog)
    dialog.name.selectAll()
    QTest.keyClicks(dialog.name, "night shift")
    assert dialog.field._hint.text() == "Group Night shift is there already: both become one."
    dialog.rename()
    assert len(world.store.contacts.groups()) == 1


# --- keyboard and looks ---------------------------------------------------------------------------------------------------


def test_everything_is_reached_by_keys_and_has_a_name(world: World) -> None:
    editor = saved(world)
    assert unnamed(editor) == [] and unnamed(world.open("contacts")) == []
    world.go("contacts", "Mira Holm")
    editor.name.setFocus()
    seen = []
    for _ in range(8):
        focus = QApplication.focusWidget()
        assert focus is not None
        seen.append(focus.objectName())
        world.press("Tab")
    assert seen == [
        "contact_name",
        *("contact_groups_Night shift", "contact_groups_NOC", "contact_groups_text"),
        *("contact_emails_mira@tessera.example", "contact_emails_text"),
        *("contact_phones_+442079460812", "contact_phones_text"),
    ]


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_fields_fit_in_a_small_window(world: World, scale: float) -> None:
    editor = saved(world)
    theme.set_appearance(Appearance.LIGHT, scale)
    world.window.resize(1180, 720)
    QApplication.processEvents()
    for field in editor.findChildren(TagField):
        assert field.width() >= theme.px(300)
        right = field.mapTo(editor, field.rect().topRight()).x()
        assert right <= editor.width()
