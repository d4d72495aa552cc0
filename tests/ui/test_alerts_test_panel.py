"""The Test alert panel: rows as they come, and what is said when nobody is told or nothing could be sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from test_alerts_world import World, asr_alert, fill, make_world, open_saved

from noc_alerts.model.connections import CheckStep
from noc_alerts.model.errors import NocError
from noc_alerts.store import open_store
from ui.messages import Recorder


@pytest.fixture
def world(tmp_path: Path, qtbot: Any) -> Iterator[World]:
    store = open_store(tmp_path)
    made = make_world(store)
    qtbot.addWidget(made.window)
    with qtbot.waitExposed(made.window):
        made.window.show()
    made.window.activateWindow()
    yield made
    store.close()


def test_the_test_shows_rows_as_they_come(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    fill(qtbot, editor.form.inputs.threshold, "25")
    world.press("Ctrl+T")
    service, panel = world.service, editor.test
    assert service.tested == [replace(asr_alert(id=editor.alert_id), threshold=25.0)]  # as in the form, not as saved
    assert not panel.button.isEnabled() and service.progress is not None and service.future is not None
    first = CheckStep("Evaluate", True, "ASR 5.4 %, 294 attempts. It would fire.", timedelta(milliseconds=20), "lon-1")
    second = CheckStep("E-mail", False, "550 5.1.1 no such user", timedelta(milliseconds=840), "noc@tessera.example")
    service.progress(first)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1)
    assert panel.running and panel.area._panel.state is None
    service.progress(second)
    service.future.set_result([first, second])
    qtbot.waitUntil(lambda: not panel.running)
    assert [[panel.model.cell(row, at).plain for at in range(5)] for row in range(2)] == [
        ["Evaluate", "lon-1", "Done", "0.02 s", "ASR 5.4 %, 294 attempts."],
        ["E-mail", "noc@tessera.example", "Not sent", "0.84 s", "550 5.1.1 no such user"],
    ]
    assert panel.model.cell(0, 4).second == "It would fire."
    assert panel._note.text() == "sent 04:12:38: 1 step failed, nothing was changed"
    assert panel.button.isEnabled()


def test_the_test_says_when_nobody_would_be_told(world: World, qtbot: Any) -> None:
    editor = open_saved(world, recipients=(), tray=False)
    editor.start_test()
    assert world.service.future is not None
    world.service.future.set_result([])
    qtbot.waitUntil(lambda: not editor.test.running)
    assert "nobody would be told" in editor.test._note.text()


def test_a_wrong_form_is_not_tested(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    fill(qtbot, editor.form.inputs.threshold, "")
    editor.start_test()
    assert world.service.tested == [] and editor.form.fields["threshold"].error == "Enter a number."
    assert "Correct the marked fields" in editor.test._note.text()


def test_a_test_that_stops_says_so_and_can_be_repeated(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    editor.start_test()
    assert world.service.future is not None
    world.service.future.set_exception(NocError("The store is full. Free space, then test again."))
    qtbot.waitUntil(lambda: not editor.test.running)
    state = editor.test.area._panel.state
    assert state is not None and state.sentence == "The store is full. Free space, then test again."
    assert state.run is not None
    state.run()
    assert len(world.service.tested) == 2


def test_results_for_a_closed_editor_are_dropped(world: World, qtbot: Any, recorder: Recorder) -> None:
    editor = open_saved(world)
    editor.start_test()
    editor.back_asked.emit()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert world.service.progress is not None and world.service.future is not None
    world.service.progress(CheckStep("Tray", True, "Shown", timedelta(0)))
    world.service.future.set_result([])
    qtbot.wait(20)
    assert recorder.failed == []
