"""The alert editor: typing, refusing, saving, reverting, charting, testing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from test_alerts_world import NOW, World, asr_alert, fill, make_world, open_saved

from noc_alerts.model.alarms import Verdict
from noc_alerts.model.alerts import Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import CompanyKind, Subject
from noc_alerts.store import open_store
from ui.alerts.editor import AlertEditor
from ui.alerts.form_values import ALL_CUSTOMERS, SOME_CARRIERS
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


def open_new(world: World, name: str = "bravo") -> AlertEditor:
    world.round()
    world.page.show_item(("new", CompanyKind.CARRIER, name, None))
    assert world.page.editor is not None
    return world.page.editor


def choose(editor: AlertEditor, name: str, data: object) -> None:
    """Choose from a combo box as a person does."""
    box = getattr(editor.form.inputs, name)
    assert box.set_data(data)
    box.activated.emit(box.currentIndex())


def head(editor: AlertEditor) -> str:
    return editor._unsaved.text()


def error(editor: AlertEditor, name: str) -> str:
    return editor.form.fields[name].error


def test_create(world: World, qtbot: Any, recorder: Recorder) -> None:
    editor = open_new(world)
    i = editor.form.inputs
    assert i.title.text() == "Low ASR, carrier bravo" and head(editor) == "Not saved yet"
    fill(qtbot, i.threshold, "30")
    fill(qtbot, i.recipients._input, "noc@tessera.example")
    world.press("Ctrl+S")
    (alert,) = world.store.alerts.all()
    assert (alert.title, alert.scope.names, alert.threshold, alert.reset) == ("Low ASR, carrier bravo", ("bravo",), 30.0, 33.0)
    assert (alert.min_calls, alert.sample_period) == (50, timedelta(minutes=5))
    assert alert.recipients == ("noc@tessera.example",) and alert.tray and alert.tell_recovery and alert.enabled
    assert world.service.soons == 1 and head(editor) == ""
    assert recorder.said[-1].words == "Alert Low ASR, carrier bravo saved"
    assert world.page.find_editor(alert.id or 0) is editor
    assert world.page.list.model.find(alert.id) is not None


def test_refused_input_stays_and_the_head_counts(world: World, qtbot: Any) -> None:
    editor = open_new(world)
    i = editor.form.inputs
    fill(qtbot, i.title, "")
    assert error(editor, "title") == "Give the alert a title."
    fill(qtbot, i.threshold, "1o1")
    assert "is not a number" in error(editor, "threshold")
    fill(qtbot, i.recipients._input, "nobody@")
    assert "nobody@ is not a mail address" in error(editor, "recipients")
    i.sample_period.setEditText("two days")
    assert not editor.save()
    assert editor.form.wrong == ["title", "sample_period", "threshold", "recipients"]
    assert head(editor) == "4 fields to correct before saving" and not editor._save.isEnabled()
    assert (i.threshold.text(), i.recipients.pending, i.sample_period.currentText()) == ("1o1", "nobody@", "two days")
    assert world.store.alerts.all() == []
    i.title.setFocus()
    qtbot.keyClicks(i.title, "x")  # what is mended is no longer counted
    assert head(editor) == "3 fields to correct before saving"


def test_out_of_range_is_said_at_the_field(world: World, qtbot: Any) -> None:
    editor = open_new(world)
    fill(qtbot, editor.form.inputs.threshold, "130")
    assert error(editor, "threshold") == "ASR is between 0 and 100 %."
    i = editor.form.inputs
    fill(qtbot, i.threshold, "30")
    assert error(editor, "threshold") == ""
    i.sample_period.setEditText("2 d")
    editor.save()
    assert error(editor, "sample_period") == "The sample period must be between 1 min and 24 h."


def test_reset_on_the_wrong_side_says_why(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    fill(qtbot, editor.form.inputs.reset, "29")
    assert error(editor, "reset") == "The reset must be at or above 30 %, or the alarm could never hold."
    assert not editor.save() and world.store.alerts.all()[0].reset == 33.0
    fill(qtbot, editor.form.inputs.threshold, "28,5")
    assert error(editor, "reset") == ""
    assert editor.save()
    saved = world.store.alerts.all()[0]
    assert (saved.threshold, saved.reset) == (28.5, 29.0)


def test_a_taken_title_is_refused_at_its_field(world: World, qtbot: Any) -> None:
    world.add(asr_alert("Taken"))
    editor = open_saved(world)
    fill(qtbot, editor.form.inputs.title, "taken")
    assert not editor.save()
    assert error(editor, "title") == "There is already an alert titled taken. Choose another title."
    assert editor.form.inputs.title.text() == "taken"


def test_edit_names_what_is_not_saved_and_revert_brings_it_back(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    i = editor.form.inputs
    assert head(editor) == "" and not editor._revert.isEnabled()
    fill(qtbot, i.threshold, "25,5")
    fill(qtbot, i.reset, "28")
    choose(editor, "level", NoticeLevel.WARNING)
    i.tray.setChecked(False)
    assert head(editor) == "Not saved: threshold, reset, notice level, tray"
    qtbot.mouseClick(editor._revert, Qt.MouseButton.LeftButton)
    assert head(editor) == "" and (i.threshold.text(), i.reset.text()) == ("30.0", "33.0")
    assert i.tray.isChecked() and editor.form.level is NoticeLevel.CRITICAL
    fill(qtbot, i.threshold, "30.0")
    assert head(editor) == ""


@pytest.mark.parametrize(("answer", "threshold", "left"), [("save", 25.0, True), ("discard", 30.0, True), ("stay", 30.0, False)])
def test_leaving_with_changes_asks(
    world: World, qtbot: Any, recorder: Recorder, answer: str, threshold: float, left: bool
) -> None:
    editor = open_saved(world)
    fill(qtbot, editor.form.inputs.threshold, "25")
    recorder.answers["leave"] = answer
    editor.back_asked.emit()
    assert recorder.asked[-1].sentence == "Not saved: threshold."
    assert world.store.alerts.all()[0].threshold == threshold
    assert (world.page.editor is None) is left


def test_leaving_without_changes_does_not_ask(world: World, recorder: Recorder) -> None:
    editor = open_saved(world)
    editor.back_asked.emit()
    assert recorder.asked == [] and world.page.editor is None


def test_the_reset_follows_the_threshold_until_another_is_typed(world: World, qtbot: Any) -> None:
    editor = open_new(world)
    i = editor.form.inputs
    fill(qtbot, i.threshold, "30")
    assert i.reset.text() == "33.0"
    fill(qtbot, i.threshold, "20")
    assert i.reset.text() == "22.0"
    choose(editor, "operator", Operator.GT)
    assert i.reset.text() == "18.0"
    fill(qtbot, i.reset, "15")
    fill(qtbot, i.threshold, "21")
    assert i.reset.text() == "15.0"


def test_an_empty_reset_is_offered_the_usual_one(world: World, qtbot: Any) -> None:
    editor = open_saved(world, reset=None)
    i = editor.form.inputs
    assert editor.form.offer.link.text() == "Use > 33.0\N{THIN SPACE}%" and not editor.form.offer.link.isHidden()
    qtbot.mouseClick(editor.form.offer.link, Qt.MouseButton.LeftButton)
    assert i.reset.text() == "33.0" and head(editor) == "Not saved: reset"
    fill(qtbot, i.reset, "100")
    assert "would never clear" in editor.form.offer.sentence.text()


def test_a_saved_reset_is_not_changed_but_the_usual_one_is_offered(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    fill(qtbot, editor.form.inputs.threshold, "20")
    assert editor.form.inputs.reset.text() == "33.0"
    assert editor.form.offer.link.text() == "Use > 22.0\N{THIN SPACE}%"


def test_area_hides_what_does_not_apply_and_keeps_what_was_typed(world: World, qtbot: Any) -> None:
    editor = open_new(world)
    i, fields = editor.form.inputs, editor.form.fields
    fill(qtbot, i.recipients._input, "noc@tessera.example")
    choose(editor, "area", Area.ACD)
    assert i.min_calls.value == 30 and i.min_calls.accessibleDescription() == "answered"
    choose(editor, "area", Area.PDD)
    assert editor.form.operator is Operator.GT and i.title.text() == "High PDD, carrier bravo"
    choose(editor, "area", Area.BALANCE)
    assert fields["sample_period"].isHidden() and fields["min_calls"].isHidden()
    assert i.recipients.entries == ("noc@tessera.example",)
    fill(qtbot, i.threshold, "-50,25")
    assert editor.save()
    (alert,) = world.store.alerts.all()
    assert (alert.sample_period, alert.min_calls, alert.threshold, alert.operator) == (None, 0, -50.25, Operator.LT)
    choose(editor, "operator", Operator.EQ)
    assert fields["reset"].isHidden() and editor.save()
    assert world.store.alerts.all()[0].reset is None


def test_companies_by_name_or_all(world: World, qtbot: Any) -> None:
    editor = open_new(world)
    i = editor.form.inputs
    fill(qtbot, i.threshold, "30")
    fill(qtbot, i.names._input, "alpha, delta")
    assert i.names.entries == ("bravo", "alpha", "delta")
    choose(editor, "kind", ALL_CUSTOMERS)
    assert editor.form.fields["names"].isHidden()
    assert editor.save() and world.store.alerts.all()[0].scope == Scope(CompanyKind.CUSTOMER)
    choose(editor, "kind", SOME_CARRIERS)
    i.names.set_entries(())
    assert not editor.save()
    assert error(editor, "names") == "Name at least one carrier, or choose all carriers."


def test_a_name_no_switch_knows_is_warned_of_and_saved(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    fill(qtbot, editor.form.inputs.names._input, "bravvo")
    assert "bravvo" in editor.form.fields["names"]._hint.text()
    assert editor.save() and world.store.alerts.all()[0].scope.names == ("bravo", "bravvo")


def test_backspace_and_del_take_chips_away(world: World, qtbot: Any) -> None:
    editor = open_saved(world, recipients=("a@x.example", "b@x.example"))
    chips = editor.form.inputs.recipients
    chips._input.setFocus()
    qtbot.keyClick(chips._input, Qt.Key.Key_Backspace)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Delete)
    assert chips.entries == ("a@x.example",) and head(editor) == "Not saved: recipients"


def test_saving_keeps_what_the_list_did_meanwhile(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    world.page.list.pause(world.store.alerts.all(), NOW + timedelta(hours=1))
    fill(qtbot, editor.form.inputs.threshold, "25")
    assert editor.save()
    assert world.store.alerts.all()[0].paused_until == NOW + timedelta(hours=1)


def test_deleted_meanwhile_can_be_saved_as_new(world: World, qtbot: Any, recorder: Recorder) -> None:
    editor = open_saved(world)
    fill(qtbot, editor.form.inputs.threshold, "25")
    world.store.alerts.delete(editor.alert_id or 0)
    assert not editor.save()
    failure = recorder.failed[-1]
    assert "deleted meanwhile" in failure.sentence and failure.run is not None
    failure.run()
    assert world.store.alerts.all()[0].threshold == 25.0


def test_nobody_told_is_said_at_the_recipients(world: World) -> None:
    editor = open_saved(world, recipients=())
    hint = editor.form.told.told_hint
    assert hint.isHidden()
    editor.form.inputs.tray.setChecked(False)
    assert hint.text() == "Nobody is told. Add an address."
    editor.form.inputs.tray.setChecked(True)
    choose(editor, "level", NoticeLevel.NONE)
    assert "With notice level None nothing is shown" in hint.text()


def test_the_chart_shows_the_worst_subject_and_the_typed_limits(world: World, qtbot: Any) -> None:
    alert = world.add(
        asr_alert(scope=Scope(CompanyKind.CARRIER)), verdict=Verdict.IN_ALARM, value=5.4, in_alarm=1, subjects=4,
        subject=Subject.company(CompanyKind.CARRIER, "charlie"),
    )  # fmt: skip
    world.round()
    world.page.show_item(alert.id)
    editor = world.page.editor
    assert editor is not None
    qtbot.waitUntil(lambda: bool(world.service.asked))
    spec = world.service.asked[-1]
    assert spec.subject == Subject.company(CompanyKind.CARRIER, "charlie") and spec.factor == "asr"
    qtbot.waitUntil(lambda: "5.4" in editor.chart._note.text())
    assert editor.chart._note.text() == "5.4\N{THIN SPACE}%, 294 attempts, 12\N{THIN SPACE}s old"
    fill(qtbot, editor.form.inputs.threshold, "25")
    limits = {(line.value, line.is_reset, line.saved) for line in editor.chart.chart._limits}
    assert limits == {(25.0, False, False), (33.0, True, False), (30.0, False, True)}
    assert editor.chart.chooser.count() == 4
    bravo = (world.switches[0].id, Subject.company(CompanyKind.CARRIER, "bravo"))
    assert editor.chart.chooser.set_data(bravo)
    editor.chart.chooser.activated.emit(editor.chart.chooser.currentIndex())
    assert editor.chart.shown == bravo
    editor.form.inputs.sample_period.setEditText("15 min")
    qtbot.waitUntil(lambda: world.service.asked[-1].window == timedelta(minutes=15))
    assert world.service.asked[-1].subject == bravo[1]


def test_closing_the_editor_closes_its_chart(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    qtbot.waitUntil(lambda: bool(world.service.charts))
    editor.back_asked.emit()
    assert world.service.charts == {}
    world.round()


def test_tab_goes_in_reading_order_and_everything_has_a_name(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    i = editor.form.inputs
    wanted: list[QWidget] = [
        i.title, i.kind, i.area, i.names._entries[0], i.names._input, i.connection_id, i.sample_period, i.min_calls, i.operator,
        i.threshold, i.reset, editor.form.limits.second, i.strict, i.hold, i.keep, i.no_data, i.duty, i.level, i.repeat,
        i.penalty, i.recipients._entries[0], i.recipients._input, i.template, editor.form.told.edit, i.tray, i.tell_recovery,
        editor.chart.chart, editor.test.button,
    ]  # fmt: skip
    found: list[str] = []
    i.title.setFocus()
    for _ in range(40):
        widget = QApplication.focusWidget()
        assert widget is not None
        found.append(widget.objectName())
        if widget is editor.test.button:
            break
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    names = [each.objectName() for each in wanted]
    kept = [name for name in found if name in names]
    assert kept == names, found
    for widget in wanted:
        assert widget.accessibleName(), widget.objectName()
