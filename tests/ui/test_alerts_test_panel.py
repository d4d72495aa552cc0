"""The Test alert panel: rows as they come, and what is said when nobody is told or nothing could be sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication
from test_alerts_world import NOW, World, asr_alert, fill, make_world, open_saved

from noc_alerts.model.alerts import Scope
from noc_alerts.model.companies import CompanyKind, Subject
from noc_alerts.model.connections import CheckStep
from noc_alerts.model.deliveries import Channel
from noc_alerts.model.errors import NocError
from noc_alerts.scheduler import Service
from noc_alerts.secrets import Secrets
from noc_alerts.store import open_store
from ui.alerts.explain import ExplainDialog
from ui.alerts.test_panel import TestPanel, TextDialog
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


def test_company_and_channels_are_chosen(world: World, qtbot: Any) -> None:
    editor = open_saved(world, scope=Scope(CompanyKind.CARRIER))
    panel = editor.test
    assert panel.subject.count() == 5 and panel.subject.currentText() == "the worst now"
    editor.start_test()
    assert world.service.test_asks == [(None, None)] and world.service.future is not None
    world.service.future.set_result([])
    qtbot.waitUntil(lambda: not panel.running)
    delta = (world.switches[0].id or 0, Subject.company(CompanyKind.CARRIER, "delta"))
    assert panel.subject.set_data(delta)
    qtbot.mouseClick(panel.channels[Channel.SMS], Qt.MouseButton.LeftButton)
    world.round()  # a new picture leaves the choice alone
    editor.start_test()
    assert world.service.test_asks[-1] == (delta, frozenset({Channel.TRAY, Channel.EMAIL}))
    world.service.future.set_result([])
    qtbot.waitUntil(lambda: not panel.running)
    for channel in (Channel.TRAY, Channel.EMAIL):
        panel.channels[channel].setChecked(False)
    editor.start_test()
    world.service.future.set_result([])
    qtbot.waitUntil(lambda: not panel.running)
    assert panel._note.text() == "04:12:38: no channel is chosen, so nothing was sent"


def test_the_text_of_a_row_is_shown_exactly_as_sent(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    editor.start_test()
    sent = "Subject: TEST Low ASR\n\n<b>5.4 %</b>  of 294\n"
    steps = [
        CheckStep("Script", True, "Returned breached.", timedelta(seconds=1), "lon-1", "log: begun\nlog: 3 callers"),
        CheckStep("E-mail", True, "250 2.0.0 queued as 4F1C2A", timedelta(milliseconds=840), "noc@tessera.example", sent),
        CheckStep("Tell", False, "Nobody would be told.", timedelta(0)),
    ]
    assert world.service.future is not None
    world.service.future.set_result(steps)
    panel = editor.test
    qtbot.waitUntil(lambda: panel.model.rowCount() == 3)
    panel.area.view.setFocus()
    panel.area.view.select_key(2)
    qtbot.keyClick(panel.area.view, Qt.Key.Key_Return)
    dialog = world.window.findChild(TextDialog, "alert_test_text_dialog")
    assert dialog is not None and dialog.sent.toPlainText() == sent and dialog.sent.isReadOnly()
    assert dialog.windowTitle() == "E-mail, noc@tessera.example"
    dialog.reject()
    for key, said in ((1, "log: begun\nlog: 3 callers"), (3, "Nothing was written in this step.")):
        shown = panel.show_text(key)
        assert shown is not None and shown.sent.toPlainText() == said
        shown.reject()


def test_explain_asks_about_the_alert_and_about_a_company(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    world.press("E")
    dialog = world.window.findChild(ExplainDialog, "alert_explain")
    assert dialog is not None
    qtbot.waitUntil(lambda: "It is ready" in dialog.sentence.text())
    assert world.service.explained == [(editor.alert_id, None)]
    names = [dialog.subject.itemText(at) for at in range(dialog.subject.count())]
    assert names[0] == "the worst now" and names[1].startswith("bravo, ")  # whom it names comes first
    assert "delta, lon-1" in names
    delta = (world.switches[0].id or 0, Subject.company(CompanyKind.CARRIER, "delta"))
    world.service.explanation = ("It does not look at carrier delta.",)
    assert dialog.subject.set_data(delta)
    dialog.subject.activated.emit(dialog.subject.currentIndex())
    qtbot.waitUntil(lambda: dialog.sentence.text() == "It does not look at carrier delta.")
    assert world.service.explained[-1] == (editor.alert_id, delta)
    dialog.reject()


def test_explain_and_test_with_the_real_service(world: World, qtbot: Any, tmp_path: Path) -> None:
    editor = open_saved(world)
    service = Service(world.store, Secrets(tmp_path, environ={}), clock=lambda: NOW)
    context = replace(world.context, service=service)
    try:
        row = world.page.list.model.find(editor.alert_id)
        assert row is not None
        dialog = ExplainDialog(context, row, NOW, world.window)
        qtbot.waitUntil(lambda: dialog.sentence.text() not in ("", "Asking…"), timeout=10_000)
        assert dialog.sentence.text().endswith(".") and "fault in this program" not in dialog.sentence.text()
        panel = TestPanel(context, editor.form.alert, lambda: NOW)
        qtbot.addWidget(panel)
        panel.start()
        qtbot.waitUntil(lambda: not panel.running, timeout=10_000)
        assert panel.model.rowCount() >= 1 and panel.model.cell(0, 0).text == "Evaluate"
        panel.close_for_good()
        dialog.reject()
    finally:
        service.stop()
