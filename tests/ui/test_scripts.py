"""Setup > Scripts: list, editor, runs by the real runner, errors at their line, saving, deleting, leaving."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from items_world import World, make_world, type_into
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from test_setup_world import find, press, state_of, unnamed

from noc_alerts.model.alerts import Area
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import HealthState
from noc_alerts.model.scripts import Script
from ui.messages import Recorder
from ui.pages import Place
from ui.scripts.editor import ScriptEditor
from ui.scripts.examples import examples
from ui.theme import Appearance, theme
from ui.widgets.state_panel import StateKind, StatePanel

GOOD = """function main(data) {
  console.log("about", data.company.name);
  console.warn("careful");
  return { value: 41.5, breached: true, message: "41 numbers fail.", rows: [{ subject: "4420", value: 12, message: "403" }] };
}
"""
BAD = "function main(data) {\n  const a = 1;\n  return data.nothing.here;\n}\n"


@pytest.fixture
def world(tmp_path: Path, qtbot: Any) -> Iterator[World]:
    with make_world(tmp_path, qtbot) as made:
        yield made


def saved(world: World, name: str = "CLI blocks", source: str = GOOD) -> ScriptEditor:
    """Save a script and open it."""
    world.store.scripts.save(Script(None, name, source))
    editor = world.go("scripts", name)
    assert isinstance(editor, ScriptEditor)
    return editor


def run(editor: ScriptEditor, qtbot: Any) -> None:
    editor.start_run()
    qtbot.waitUntil(lambda: not editor.run_panel.running, timeout=10_000)


def shown_state(editor: ScriptEditor) -> StatePanel:
    return find(editor, StatePanel, "script_result_state")


# --- list -----------------------------------------------------------------------------------------------------------------


def test_an_empty_list_says_what_scripts_are_for(world: World) -> None:
    page = world.open("scripts")
    state = state_of(page, "scripts_table")
    assert (state.kind, state.title) == (StateKind.EMPTY, "No scripts")
    press(state)
    assert isinstance(page.editor, ScriptEditor) and page.editor.title == "New script"


def test_the_list_says_who_uses_a_script_and_when_it_changed(world: World) -> None:
    page = world.open("scripts")
    world.store.scripts.save(Script(None, "CLI blocks", GOOD))
    world.alert("CLI report", area=Area.SCRIPT, script="CLI blocks", threshold=None, min_calls=0)
    page.reload()
    assert [page.model.cell(0, at).plain for at in range(3)] == ["CLI blocks", "CLI report", "6 lines"]
    assert page.model.cell(0, 1).tooltip == "CLI report"


def test_every_example_opens_as_a_new_script_and_runs(world: World, qtbot: Any) -> None:
    page = world.open("scripts")
    menu = page.example_menu()
    assert [action.text() for action in menu.actions()] == [title for title, _ in examples()]
    assert len(menu.actions()) == 3
    menu.actions()[1].trigger()
    editor = page.editor
    assert isinstance(editor, ScriptEditor) and editor.code.code == examples()[1][1].source
    assert editor.unsaved == ["the new script"] and editor.head.words == "Not saved yet"
    world.press("Ctrl+S")
    assert [(each.name, each.stock) for each in world.store.scripts.all()] == [(examples()[1][0], examples()[1][1].stock)]


# --- saving ---------------------------------------------------------------------------------------------------------------


def test_write_save_and_find_it_again(world: World, recorder: Recorder) -> None:
    page = world.open("scripts")
    world.press("N")
    editor = page.editor
    assert isinstance(editor, ScriptEditor) and editor.name.hasFocus()
    type_into(editor.name, "Balance")
    type_into(editor.code.edit, "// mine ")
    assert editor.head.words == "Not saved yet"
    world.press("Ctrl+S")
    (script,) = world.store.scripts.all()
    assert script.name == "Balance" and script.source.startswith("// mine ") and script.updated_at is not None
    assert recorder.said[-1].words == "Script Balance saved" and world.service.soons == 1
    assert world.window.pages.place == Place("scripts", "=balance") and editor.head.words == ""
    type_into(editor.code.edit, "x")
    assert editor.head.words == "Not saved: code"
    editor.revert()
    assert editor.code.code == script.source and editor.head.words == ""
    assert page.model.find("Balance") is not None


def test_a_taken_name_and_an_empty_script_are_said_at_the_field(world: World) -> None:
    editor = saved(world)
    other = saved(world, "Other")
    other.name.setText("cli blocks")
    other.save()
    assert other._name_field.error == "There is already a script named cli blocks. Choose another name."
    assert other.head.words == "1 field to correct before saving" and not other.head.can_save
    type_into(other.name, "2")
    assert other.head.can_save
    other.code.set_code("  ")
    other.save()
    assert other.code.error == "The script is empty." and other.wrong == 1
    other.code.set_code("x" * 70_000)
    other.save()
    assert other.code.error == "The script has 69 KB; at most 64 KB are taken."
    assert {each.name for each in world.store.scripts.all()} == {"CLI blocks", "Other"} and editor.title == "CLI blocks"


def test_a_new_name_is_followed_by_alerts_and_by_the_editor(world: World) -> None:
    editor = saved(world)
    alert = world.alert("CLI report", area=Area.SCRIPT, script="CLI blocks", threshold=None, min_calls=0)
    editor.name.setText("Refused callers")
    editor.save()
    found = world.store.alerts.get(alert.id or 0)
    assert found is not None and found.script == "Refused callers"
    assert world.window.pages.place == Place("scripts", "=refused callers")
    assert world.go("scripts", "Refused callers") is editor


def test_a_script_in_use_is_not_deleted_and_others_can_be_had_back(world: World, recorder: Recorder) -> None:
    saved(world)
    world.store.scripts.save(Script(None, "Free", GOOD))
    world.alert("CLI report", area=Area.SCRIPT, script="CLI blocks", threshold=None, min_calls=0)
    page = world.open("scripts")
    page.select("CLI blocks")
    world.press("Del")
    assert recorder.failed[-1].title == "CLI blocks was not deleted" and "CLI report" in recorder.failed[-1].sentence
    page.select("Free")
    world.press("Del")
    assert [each.name for each in world.store.scripts.all()] == ["CLI blocks"]
    assert recorder.said[-1].words == "Free deleted"
    undo = recorder.said[-1].undo
    assert undo is not None
    undo()
    assert [each.name for each in world.store.scripts.all()] == ["CLI blocks", "Free"]


def test_duplicate_has_a_free_name(world: World) -> None:
    saved(world)
    page = world.open("scripts")
    page.select("CLI blocks")
    world.press("Ctrl+D")
    assert page.editor is not None and page.editor.name.text() == "Copy of CLI blocks"


def test_leaving_with_changes_asks(world: World, recorder: Recorder) -> None:
    editor = saved(world)
    type_into(editor.code.edit, "// ")
    world.commands.run("file.close")
    assert recorder.asked[-1].sentence == "Not saved: code." and world.window.pages.place == Place("scripts", "=cli blocks")
    recorder.answers["leave"] = "save"
    world.commands.run("file.close")
    assert world.window.pages.place == Place("scripts") and world.store.scripts.all()[0].source.startswith("// ")


def test_a_script_that_is_gone_is_said(world: World, recorder: Recorder) -> None:
    page = world.open("scripts")
    page.show_item("Nothing of the kind")
    assert "no script “Nothing of the kind”" in recorder.failed[-1].sentence


# --- running --------------------------------------------------------------------------------------------------------------


def test_a_run_shows_value_verdict_message_rows_and_console(world: World, qtbot: Any) -> None:
    editor = saved(world)
    world.round()
    panel = editor.run_panel
    assert [panel.company.itemText(at) for at in range(3)] == ["All of the switch", "acme, customer", "bravo, carrier"]
    panel.company.set_data((CompanyKind.CARRIER, "bravo"))
    panel.period.setEditText("15 min")
    editor.code.edit.setFocus()
    world.press("F5")
    qtbot.waitUntil(lambda: not panel.running, timeout=10_000)
    assert world.service.asked == [(world.switch.id, (CompanyKind.CARRIER, "bravo"), timedelta(minutes=15))]
    words = [label.text() for label in panel.verdict.findChildren(QLabel)]
    assert words[:6] == ["Value", "41.5", "", "Breached", "yes", "the script says so"]
    assert panel.message.text() == "41 numbers fail." and panel.console.toPlainText() == "about bravo\nwarn: careful"
    assert [panel.model.cell(0, at).plain for at in range(3)] == ["4420", "12", "403"]
    assert "ms" in panel._note.text() and shown_state(editor).state is None
    type_into(editor.code.edit, " ")
    assert panel._note.text() == "result of the script before your change"


def test_an_error_stands_at_its_line_and_in_the_result(world: World, qtbot: Any) -> None:
    editor = saved(world, source=BAD)
    run(editor, qtbot)
    state = shown_state(editor).state
    assert state is not None and state.kind is StateKind.ERROR and "line 3" in state.sentence
    assert editor.code.error == state.sentence == editor.code.edit.problem_at(3)
    assert editor.wrong == 0 and editor.head.can_save  # it may be saved all the same
    assert state.action == "Go to line 3"
    press(state)
    assert editor.code.edit.line == 3 and editor.code.edit.hasFocus()
    editor.code.set_code(GOOD)
    world.press("Ctrl+R")
    qtbot.waitUntil(lambda: not editor.run_panel.running, timeout=10_000)
    assert editor.code.error == "" and shown_state(editor).state is None


def test_a_runaway_ends_and_the_window_lives(world: World, qtbot: Any) -> None:
    editor = saved(world, source="function main() { for (;;) {} }")
    run(editor, qtbot)
    state = shown_state(editor).state
    assert state is not None and state.kind is StateKind.ERROR and "5" in state.sentence


def test_a_blind_switch_is_said_and_without_a_switch_nothing_runs(world: World) -> None:
    editor = saved(world)
    world.round(HealthState.BLIND)
    said = find(editor, QLabel, "script_switch_state")
    assert said.text().startswith("lon-1 is blind. A run reads its last picture, of ") and said.isVisible()
    world.round()
    assert not said.isVisible()
    world.round(switches=False)
    editor.start_run()
    state = shown_state(editor).state
    assert state is not None and state.title == "No switch" and world.service.asked == []
    press(state)
    assert world.went == [("switches", None)]


def test_a_wrong_period_is_said_and_nothing_runs(world: World) -> None:
    editor = saved(world)
    editor.run_panel.period.setEditText("3 d")
    editor.start_run()
    assert editor.run_panel._period_field.error == "The sample period is at most 24 h." and world.service.asked == []


def test_a_result_that_comes_after_closing_belongs_to_nobody(world: World, qtbot: Any) -> None:
    editor = saved(world)
    editor.start_run()
    panel = editor.run_panel
    editor.close_for_good()
    world.service._thread.submit(int).result(10)
    QApplication.processEvents()
    assert panel.running  # nothing was shown


# --- keyboard and looks ---------------------------------------------------------------------------------------------------


def test_everything_is_reached_by_keys_and_has_a_name(world: World) -> None:
    editor = saved(world)
    world.round()
    assert unnamed(editor) == [] and unnamed(world.open("scripts")) == []
    world.go("scripts", "CLI blocks")
    editor.name.setFocus()
    seen = []
    for _ in range(12):
        focus = QApplication.focusWidget()
        assert focus is not None
        seen.append(focus.objectName())
        if focus is editor.code.edit:
            world.press("Esc")
        world.press("Tab")
    for name in ("script_name", "script_code_text", "script_switch", "script_company", "script_period_text", "script_console"):
        assert name in seen or name.removesuffix("_text") in seen, (name, seen)


@pytest.mark.parametrize(("appearance", "scale"), [(Appearance.LIGHT, 1.5), (Appearance.DARK, 1.0)])
def test_nothing_lies_over_each_other(world: World, qtbot: Any, appearance: Appearance, scale: float) -> None:
    editor = saved(world)
    theme.set_appearance(appearance, scale)
    world.window.resize(1180, 720)
    QApplication.processEvents()
    left, right = find(editor, QWidget, "script_panel"), editor.run_panel
    boxes = [each.rect().translated(each.mapTo(editor, each.rect().topLeft())) for each in (left, right)]
    assert not boxes[0].intersects(boxes[1])
    assert left.width() >= theme.px(300) and right.width() >= theme.px(300)
    qtbot.mouseClick(editor.code.edit.viewport(), Qt.MouseButton.LeftButton)
    assert editor.code.edit.hasFocus()
