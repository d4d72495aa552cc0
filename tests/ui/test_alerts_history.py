"""The history of an alert: who, when, what; going back to a version; deleted alerts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from test_alerts_world import NOW, World, asr_alert, make_world
from test_setup_world import find, unnamed

from noc_alerts.model.alerts import Alert
from noc_alerts.model.changes import Author, ChangeKind
from noc_alerts.store import open_store
from ui.alerts.history import DeletedDialog, HistoryDialog
from ui.alerts.page import AlertsPage
from ui.messages import Recorder
from ui.theme import Role


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


def by(who: str, hours: int) -> Author:
    return Author(who, NOW - timedelta(hours=hours))


@pytest.fixture
def alert(world: World) -> Alert:
    """Save an alert that two people changed."""
    made = world.store.alerts.save(asr_alert(), by=by("mira", 3))
    world.store.alerts.save(replace(made, threshold=25.0, reset=28.0), by=by("tomas", 2))
    last = world.store.alerts.save(replace(made, threshold=20.0, reset=22.0, recipients=("x@y.example",)), by=by("", 1))
    world.stands(last)
    return last


def open_it(world: World, page: AlertsPage, alert: Alert, qtbot: Any) -> HistoryDialog:
    world.round()
    page.list.select(alert.id or 0)
    qtbot.keyClick(page.list.area.view, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    found = world.window.findChild(HistoryDialog, "alert_history")
    assert found is not None
    return found


def lines(dialog: HistoryDialog) -> list[tuple[str, str, str]]:
    model = dialog.changes.changes
    return [tuple(model.cell(row, column).plain for column in range(3)) for row in range(model.rowCount())]  # type: ignore[misc]


def choose(dialog: HistoryDialog, row: int) -> None:
    dialog.changes.view.select_key(dialog.changes.changes.rows()[row].id)


def test_who_when_and_what_newest_first(world: World, page: AlertsPage, alert: Alert, qtbot: Any) -> None:
    dialog = open_it(world, page, alert, qtbot)
    assert lines(dialog) == [
        ("03:12:38", "not named", "Changed 3 fields"),
        ("02:12:38", "tomas", "Changed 2 fields"),
        ("01:12:38", "mira", "Made"),
    ]
    assert [field.words for field in dialog.fields.rows()] == [
        "threshold 25 % → 20 %", "reset 28 % → 22 %", "recipients noc@tessera.example → x@y.example",
    ]  # fmt: skip
    assert dialog.sentence.text() == "This is how it is now. Choose an earlier version to go back to it."
    assert not dialog.revert.isEnabled()
    choose(dialog, 2)
    made = {field.field: (field.old, field.new) for field in dialog.fields.rows()}
    assert made["threshold"] == ("", "30 %") and made["company"] == ("", "carrier bravo")
    dialog.reject()


def test_revert_by_keyboard_saves_the_old_version_as_a_new_change(
    world: World, page: AlertsPage, alert: Alert, recorder: Recorder, qtbot: Any
) -> None:
    dialog = open_it(world, page, alert, qtbot)
    qtbot.keyClick(dialog.changes.view, Qt.Key.Key_Down)
    assert dialog.sentence.text() == (
        "Going back would change: threshold 20 % → 25 %; reset 22 % → 28 %; recipients x@y.example → noc@tessera.example."
    )
    assert dialog.revert.isEnabled()
    qtbot.keyClick(dialog.changes.view, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    saved = world.store.alerts.get(alert.id or 0)
    assert saved is not None and (saved.threshold, saved.recipients) == (25.0, ("noc@tessera.example",))
    assert lines(dialog)[0] == ("04:12:38", "mira", "Changed 3 fields") and world.service.soons == 1
    row = page.list.current()
    assert row is not None and row.alert == saved
    undo = recorder.said[-1].undo
    assert undo is not None
    undo()
    assert world.store.alerts.get(alert.id or 0) == alert
    dialog.reject()


def test_a_version_whose_switch_is_gone_is_refused_with_a_sentence(world: World, page: AlertsPage, qtbot: Any) -> None:
    lon = world.switches[0].id or 0
    made = world.store.alerts.save(asr_alert(connection_id=lon), by=by("mira", 3))
    last = world.store.alerts.save(replace(made, connection_id=None), by=by("mira", 2))
    world.stands(last)
    world.store.connections.delete(lon)
    dialog = open_it(world, page, last, qtbot)
    choose(dialog, 1)
    assert dialog.revert.isEnabled()
    qtbot.mouseClick(dialog.revert, Qt.MouseButton.LeftButton)
    assert "switch was deleted" in dialog.sentence.text()
    assert dialog.sentence.property("role") == Role.CRITICAL.value
    assert world.store.alerts.get(last.id or 0) == last and world.service.soons == 0
    dialog.reject()


def test_history_from_the_editor_shows_the_reverted_values_there(
    world: World, page: AlertsPage, alert: Alert, recorder: Recorder
) -> None:
    world.round()
    page.show_item(alert.id)
    assert world.commands.run("alert.history")
    dialog = find(world.window, HistoryDialog, "alert_history")
    choose(dialog, 1)
    dialog.revert.click()
    dialog.reject()
    assert page.editor is not None and page.editor.form.inputs.threshold.value == 25.0 and not page.editor.unsaved
    assert recorder.said[-1].words == "Low ASR, carrier bravo is as it was" and recorder.said[-1].undo is not None


def test_an_alert_without_a_history_says_so(world: World, page: AlertsPage, qtbot: Any) -> None:
    dialog = open_it(world, page, world.add(asr_alert()), qtbot)
    state = dialog.changes._panel.state
    assert state is not None and state.title == "No changes" and not dialog.revert.isEnabled()
    dialog.reject()


def deleted(world: World) -> DeletedDialog:
    assert world.commands.run("alerts.deleted")
    found = world.window.findChild(DeletedDialog, "deleted_alerts")
    assert found is not None
    return found


def test_deleted_alerts_come_back_under_their_old_ids_with_their_history(
    world: World, page: AlertsPage, alert: Alert, recorder: Recorder, qtbot: Any
) -> None:
    other = world.store.alerts.save(asr_alert("Other"), by=by("mira", 3))
    kept = world.store.alerts.save(asr_alert("Kept"), by=by("mira", 3))
    world.store.alerts.delete_all([alert.id or 0, other.id or 0], by=by("tomas", 1))
    page.list.reload()
    dialog = deleted(world)
    assert sorted(change.title for change in dialog.changes.changes.rows()) == ["Low ASR, carrier bravo", "Other"]
    dialog.changes.view.selectAll()
    assert dialog.back.text() == "Bring back 2 alerts"
    qtbot.keyClick(dialog.changes.view, Qt.Key.Key_Return)
    assert sorted(world.store.alerts.all(), key=lambda each: each.id or 0) == [alert, other, kept]
    assert recorder.said[-1].words == "2 alerts brought back"
    kinds = [change.kind for change in world.store.alerts.history(alert.id or 0)]
    assert kinds[:2] == [ChangeKind.RESTORED, ChangeKind.DELETED]
    qtbot.waitUntil(lambda: world.window.findChild(DeletedDialog, "deleted_alerts") is None)
    state = deleted(world).changes._panel.state
    assert state is not None and state.title == "No deleted alerts"


def test_a_deleted_alert_whose_title_is_taken_stays_deleted(
    world: World, page: AlertsPage, alert: Alert, recorder: Recorder
) -> None:
    world.store.alerts.delete(alert.id or 0, by=by("tomas", 1))
    world.store.alerts.save(asr_alert())
    dialog = deleted(world)
    dialog.changes.view.select_key(dialog.changes.changes.rows()[0].id)
    dialog.back.click()
    assert "titled Low ASR, carrier bravo" in recorder.failed[-1].sentence and dialog.isVisible()
    assert len(world.store.alerts.all()) == 1
    dialog.reject()


def test_an_older_version_of_a_deleted_alert_comes_back_from_its_history(
    world: World, page: AlertsPage, alert: Alert, qtbot: Any
) -> None:
    world.store.alerts.delete(alert.id or 0, by=by("tomas", 1))
    dialog = deleted(world)
    dialog.changes.view.select_key(dialog.changes.changes.rows()[0].id)
    dialog.history.click()
    history = find(dialog, HistoryDialog, "alert_history")
    assert unnamed(dialog) == [] and unnamed(history) == []
    assert history.revert.text() == "Bring it back"
    choose(history, 3)
    history.revert.click()
    back = world.store.alerts.get(alert.id or 0)
    assert back is not None and back.threshold == 30.0
    assert page.list.model.find(alert.id) is not None and dialog.changes.changes.total == 0
    history.reject()
    dialog.reject()
