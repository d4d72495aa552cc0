"""Changes of several alerts at once: all or none, signed, with one undo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QMenu
from test_alerts_world import NOW, World, asr_alert, make_world
from test_setup_world import find, unnamed

from noc_alerts.model.alerts import Alert, NoticeLevel
from noc_alerts.model.contacts import Contact
from noc_alerts.notify.render import stock_template
from noc_alerts.store import open_store
from ui.alerts.bulk_recipients import How, RecipientsDialog, changed_recipients
from ui.alerts.page import AlertsPage
from ui.messages import Recorder
from ui.theme import Role, theme


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = open_store(tmp_path)
    yield make_world(store)
    store.close()


@pytest.fixture
def page(world: World, qtbot: Any) -> AlertsPage:
    qtbot.addWidget(world.window)
    with qtbot.waitExposed(world.window):
        world.window.show()
    return world.page


@pytest.fixture
def four(world: World, page: AlertsPage) -> list[Alert]:
    """Save four alerts and choose all of them; the last one warns at a milder limit too."""
    made = [world.add(asr_alert(f"Alert {at}", recipients=("noc@tessera.example",))) for at in range(3)]
    made.append(world.add(asr_alert("Two levels", warn_threshold=40.0, warn_reset=44.0)))
    world.round()
    page.list.area.view.selectAll()
    return made


def undo(recorder: Recorder) -> None:
    back = recorder.said[-1].undo
    assert back is not None
    back()


def entry(menu: QMenu, name: str) -> QAction:
    return next(action for action in menu.actions() if action.objectName() == name)


def dialog_of(world: World) -> RecipientsDialog:
    found = world.window.findChild(RecipientsDialog, "recipients_dialog")
    assert found is not None
    return found


def test_off_for_all_is_one_change_with_one_undo_and_is_signed(
    world: World, page: AlertsPage, four: list[Alert], recorder: Recorder
) -> None:
    before = world.store.alerts.revision()
    assert world.commands.run("alerts.off")
    assert world.store.alerts.revision() == before + 1  # one transaction
    assert not any(alert.enabled for alert in world.store.alerts.all())
    change = world.store.alerts.history(four[0].id or 0)[0]
    assert (change.who, change.at, change.fields[0].words) == ("mira", NOW, "enabled yes → no")
    undo(recorder)
    assert world.store.alerts.all() == four and recorder.said[-1].words == "4 alerts as before"


def test_undo_leaves_what_somebody_else_changed_meanwhile(
    world: World, page: AlertsPage, four: list[Alert], recorder: Recorder
) -> None:
    page.list.set_enabled(False)
    world.store.alerts.save(replace(four[0], enabled=False, threshold=20.0))
    world.store.alerts.delete(four[1].id or 0)
    undo(recorder)
    now = {alert.title: alert for alert in world.store.alerts.all()}
    assert now["Alert 0"].enabled and now["Alert 0"].threshold == 20.0
    assert "Alert 1" not in now and now["Alert 2"].enabled


def test_a_level_that_one_of_them_cannot_have_changes_none(
    world: World, page: AlertsPage, four: list[Alert], recorder: Recorder
) -> None:
    menu = page.commands.menus.level(page)
    assert [action.text() for action in menu.actions()] == ["Critical", "Warning", "None"]
    assert entry(menu, "alerts_level_critical").isChecked()
    entry(menu, "alerts_level_warning").trigger()
    assert world.store.alerts.all() == four
    assert recorder.failed[-1].title == "4 alerts were not changed"
    assert recorder.failed[-1].sentence.startswith("Two levels: ") and "None of them was changed." in recorder.failed[-1].sentence
    page.list.select(four[0].id or 0)
    entry(page.commands.menus.level(page), "alerts_level_warning").trigger()
    saved = world.store.alerts.get(four[0].id or 0)
    assert saved is not None and saved.level is NoticeLevel.WARNING
    assert recorder.said[-1].words == "Alert 0 set to level Warning"


def test_templates_are_the_stock_ones_and_the_users_own(
    world: World, page: AlertsPage, four: list[Alert], recorder: Recorder
) -> None:
    stock = stock_template("alert")
    world.store.templates.save(replace(stock, id=None, name="A & B"))
    menu = page.commands.menus.template(page)
    assert [action.text() for action in menu.actions()] == ["alert", "report", "A && B"]
    assert entry(menu, "alerts_template_alert").isChecked()
    entry(menu, "alerts_template_A & B").trigger()
    assert {alert.template for alert in world.store.alerts.all()} == {"A & B"}
    undo(recorder)
    assert world.store.alerts.all() == four


@pytest.mark.parametrize(
    ("now", "how", "entries", "after"),
    [
        (("a@b.example",), How.ADD, ("A@B.example", "c@d.example"), ("a@b.example", "c@d.example")),
        (("a@b.example", "contact Ann"), How.REMOVE, ("CONTACT ann",), ("a@b.example",)),
        (("a@b.example",), How.REMOVE, ("x@y.example",), ("a@b.example",)),
        (("a@b.example",), How.REPLACE, (), ()),
        ((), How.ADD, (), ()),
    ],
)
def test_recipients_after_a_change(now: tuple[str, ...], how: How, entries: tuple[str, ...], after: tuple[str, ...]) -> None:
    assert changed_recipients(now, how, entries) == after


def test_recipients_are_added_by_keyboard_alone(
    world: World, page: AlertsPage, four: list[Alert], recorder: Recorder, qtbot: Any
) -> None:
    world.store.contacts.save(Contact(None, "Ann", ("ann@tessera.example",), (), ("Night",)))
    qtbot.keyClick(page.list.area.view, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    dialog = dialog_of(world)
    line = dialog.entries._input
    qtbot.waitUntil(line.hasFocus)
    qtbot.keyClicks(line, "nobody at all")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert dialog.field.error and not dialog._do.isEnabled() and dialog.isVisible()
    line.selectAll()
    qtbot.keyClicks(line, "contact ann")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert dialog.entries.entries == ("contact Ann",)
    assert dialog.preview.text() == "4 of 4 alerts change." and dialog._do.text() == "Change 4 alerts"
    qtbot.keyClick(line, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert all(alert.recipients == ("noc@tessera.example", "contact Ann") for alert in world.store.alerts.all())
    undo(recorder)
    assert world.store.alerts.all() == four


def test_taking_the_last_recipient_away_is_said_before_it_is_done(
    world: World, page: AlertsPage, four: list[Alert], qtbot: Any
) -> None:
    quiet = world.store.alerts.save(replace(four[0], tray=False))
    page.list.reload()
    page.commands.ask_recipients()
    dialog = dialog_of(world)
    qtbot.mouseClick(find(dialog, QAbstractButton, "recipients_how_remove"), Qt.MouseButton.LeftButton)
    dialog.entries._input.setText("x@y.example")
    assert not dialog.entries.take_typed() and "None of these alerts names x@y.example" in dialog.entries.problem()
    dialog.entries._input.setText("NOC@tessera.example")
    assert dialog.entries.take_typed()
    assert "Then 1 alert would tell nobody" in dialog.preview.text()
    assert dialog.preview.property("role") == Role.WARNING.value
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert world.store.alerts.get(quiet.id or 0) == quiet


def test_a_phone_says_that_no_text_message_is_sent(world: World, page: AlertsPage, four: list[Alert], qtbot: Any) -> None:
    page.commands.ask_recipients()
    dialog = dialog_of(world)
    dialog.entries._input.setText("+44 20 7946 0812")
    assert dialog.entries.take_typed() and dialog.entries.entries == ("+442079460812",)
    assert "No SMS gateway is set up" in dialog.preview.text() and unnamed(dialog) == []
    theme.set_appearance(theme.appearance, 1.5)
    qtbot.waitUntil(lambda: dialog._do.width() >= dialog._do.full_width)  # no word of it is cut
    dialog.reject()


def test_an_open_editor_shows_what_the_list_changed(world: World, page: AlertsPage, four: list[Alert]) -> None:
    page.show_item(four[0].id)
    editor = page.editor
    world.window.open_page("alerts")
    page.list.area.view.selectAll()
    page.list.changes.edit(page.list.chosen(), lambda alert: replace(alert, recipients=("x@y.example",)), "changed")
    page.show_item(four[0].id)
    assert page.editor is editor and editor is not None
    assert editor.form.inputs.recipients.entries == ("x@y.example",) and not editor.unsaved


def test_every_command_of_several_is_in_the_menu_of_a_row(world: World, page: AlertsPage, four: list[Alert]) -> None:
    menu = page.commands.row_menu()
    names = {action.objectName() for action in menu.actions()} | {
        found.objectName() for action in menu.actions() if (found := action.menu()) is not None
    }
    wanted = {f"command_alerts_{name}" for name in ("open", "test", "explain", "history", "on", "off", "recipients")}
    wanted |= {
        "command_alerts_duplicate",
        "command_alerts_delete",
        "alerts_pause_menu",
        "alerts_level_menu",
        "alerts_template_menu",
    }
    assert wanted <= names


def test_the_level_menu_by_keyboard(world: World, page: AlertsPage, four: list[Alert], qtbot: Any) -> None:
    page.list.select(four[0].id or 0)
    assert world.commands.run("alerts.level")
    menu = find(page.list, QMenu, "alerts_level_menu")
    qtbot.waitUntil(menu.isVisible)
    assert menu.activeAction() is entry(menu, "alerts_level_critical")
    qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    saved = world.store.alerts.get(four[0].id or 0)
    assert saved is not None and saved.level is NoticeLevel.WARNING
