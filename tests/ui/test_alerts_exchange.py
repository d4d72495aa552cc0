"""Rules to a file and back, through the window: preview, problems, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from test_alerts_world import NOW, World, asr_alert, make_world
from test_setup_world import unnamed

from noc_alerts.rulebook import export_rules
from noc_alerts.store import open_store
from ui.alerts.exchange import ImportDialog, export_to, import_from
from ui.alerts.page import AlertsPage
from ui.messages import Recorder


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
def exported(world: World, page: AlertsPage, tmp_path: Path) -> Path:
    """Write three alerts into a file."""
    for at in range(3):
        world.add(asr_alert(f"Alert {at}"))
    world.round()
    path = tmp_path / "rules.yaml"
    path.write_text(export_rules(world.store), encoding="utf-8")
    return path


def preview(world: World, page: AlertsPage, path: Path, qtbot: Any) -> ImportDialog:
    import_from(world.context, path, page, lambda: NOW, page.list.reload)
    qtbot.waitUntil(lambda: world.window.findChild(ImportDialog, "rules_import") is not None)
    found = world.window.findChild(ImportDialog, "rules_import")
    assert found is not None
    return found


def shown(dialog: ImportDialog) -> list[tuple[str, str, str]]:
    model = dialog.model
    rows = range(model.rowCount())
    return [(model.cell(row, 0).text, model.cell(row, 2).text, model.cell(row, 3).text) for row in rows]


def test_export_writes_a_file_that_can_be_read_back(
    world: World, page: AlertsPage, exported: Path, tmp_path: Path, recorder: Recorder, qtbot: Any
) -> None:
    path = tmp_path / "out.yaml"
    export_to(world.context, path)
    qtbot.waitUntil(lambda: bool(recorder.said))
    assert path.read_text(encoding="utf-8") == exported.read_text(encoding="utf-8")
    assert recorder.said[-1].words == "3 alerts with templates, scripts and contacts written to out.yaml"


def test_an_export_that_cannot_be_written_says_why(
    world: World, page: AlertsPage, tmp_path: Path, recorder: Recorder, qtbot: Any
) -> None:
    export_to(world.context, tmp_path / "nowhere" / "out.yaml")
    qtbot.waitUntil(lambda: bool(recorder.failed))
    assert "cannot be written" in recorder.failed[-1].sentence


def test_the_preview_shows_what_changes_and_import_does_all_of_it(
    world: World, page: AlertsPage, exported: Path, recorder: Recorder, qtbot: Any
) -> None:
    text = exported.read_text(encoding="utf-8").replace("Alert 2", "Brand new").replace("threshold: 30", "threshold: 28", 1)
    exported.write_text(text, encoding="utf-8")
    dialog = preview(world, page, exported, qtbot)
    assert shown(dialog) == [("Changed", "Alert 0", "threshold 30 % → 28 %"), ("New", "Brand new", "is added")]
    assert (
        dialog.sentence.text().startswith("1 new, 1 changed, 1 same.")
        and "1 alert that the file does not name stays as it is." in dialog.sentence.text()
    )
    assert dialog.do.text() == "Import 2 changes" and unnamed(dialog) == []
    dialog.same.setChecked(True)
    assert len(shown(dialog)) == 3
    qtbot.keyClick(dialog.area.view, Qt.Key.Key_Return)  # Enter alone imports nothing
    assert len(world.store.alerts.all()) == 3
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: bool(recorder.said))
    assert recorder.said[-1].words == "rules.yaml imported: 1 new, 1 changed. The history of each alert has what was before"
    now = {alert.title: alert for alert in world.store.alerts.all()}
    assert sorted(now) == ["Alert 0", "Alert 1", "Alert 2", "Brand new"] and now["Alert 0"].threshold == 28.0
    change = world.store.alerts.history(now["Alert 0"].id or 0)[0]
    assert (change.who, change.at) == ("mira", NOW)
    assert page.list.model.total == 4 and world.service.soons == 1


def test_problems_are_listed_by_line_and_nothing_can_be_imported(
    world: World, page: AlertsPage, exported: Path, qtbot: Any
) -> None:
    text = exported.read_text(encoding="utf-8").replace("threshold: 30", "thresold: 30", 1).replace("Alert 1", "Alert 0")
    exported.write_text(text, encoding="utf-8")
    dialog = preview(world, page, exported, qtbot)
    problems = [problem for _, problem in dialog.problems.rows()]
    assert len(problems) >= 2 and all(problem.startswith("Line ") for problem in problems)
    assert not dialog.do.isEnabled() and dialog.problem_area.isVisible() and not dialog.area.isVisible()
    assert "Nothing can be imported before" in dialog.sentence.text()
    qtbot.keyClick(dialog.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert dialog.isVisible() and len(world.store.alerts.all()) == 3
    dialog.reject()


def test_a_file_that_says_what_is_here_has_nothing_to_import(world: World, page: AlertsPage, exported: Path, qtbot: Any) -> None:
    dialog = preview(world, page, exported, qtbot)
    state = dialog.area._panel.state
    assert state is not None and state.title == "Nothing changes" and not dialog.do.isEnabled()
    dialog.reject()


def test_what_was_changed_since_the_preview_is_not_overwritten(
    world: World, page: AlertsPage, exported: Path, qtbot: Any
) -> None:
    exported.write_text(exported.read_text(encoding="utf-8").replace("threshold: 30", "threshold: 28", 1), encoding="utf-8")
    dialog = preview(world, page, exported, qtbot)
    first = world.store.alerts.all()[0]
    world.store.alerts.save(replace(first, threshold=10.0))
    dialog.do.click()
    qtbot.waitUntil(lambda: bool(dialog.refused.text()))
    saved = world.store.alerts.get(first.id or 0)
    assert saved is not None and saved.threshold == 10.0 and dialog.isVisible()
    dialog.reject()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: [", b"- 1\n- 2\n", b""])
def test_a_file_that_is_none_is_explained(world: World, page: AlertsPage, tmp_path: Path, content: bytes, qtbot: Any) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    dialog = preview(world, page, path, qtbot)
    assert not dialog.do.isEnabled() and dialog.sentence.text()
    dialog.reject()


def test_a_missing_file_is_explained(world: World, page: AlertsPage, tmp_path: Path, recorder: Recorder, qtbot: Any) -> None:
    import_from(world.context, tmp_path / "none.yaml", page, lambda: NOW, page.list.reload)
    qtbot.waitUntil(lambda: bool(recorder.failed))
    assert recorder.failed[-1].title == "The rules were not imported" and "cannot be read" in recorder.failed[-1].sentence


def test_the_commands_of_the_file_menu_ask_for_a_file(world: World, page: AlertsPage) -> None:
    for name in ("export", "import"):
        assert world.commands.run(f"alerts.{name}")
        dialog = world.window.findChild(QFileDialog, f"rules_{name}_dialog")
        assert dialog is not None and dialog.isVisible()
        dialog.reject()
