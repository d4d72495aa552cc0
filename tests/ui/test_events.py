"""The log: newest on top, live, filtered by the store, explained, exported."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from test_setup_world import NOW, World, find, make_world, raise_alarm, state_of, unnamed

from noc_alerts.model.events import Event, EventType
from ui.events.page import BATCH, EventsPage, make_page
from ui.messages import Recorder
from ui.widgets.buttons import Chip, LinkButton
from ui.widgets.fields import TextField
from ui.widgets.labels import Label


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.service.stop()


def add(world: World, number: int, kind: EventType = EventType.CHANGE, words: str = "", **more: Any) -> Event:
    event = Event(NOW + timedelta(seconds=number), kind, "mira", f"alert {number}", words or f"line {number}", **more)
    return world.store.events.add(event)


def open_page(world: World, qtbot: Any) -> EventsPage:
    made = make_page(world.context)
    assert isinstance(made, EventsPage)
    qtbot.addWidget(made)
    made.resize(1500, 700)
    with qtbot.waitExposed(made):
        made.show()
    return made


def texts(page: EventsPage) -> list[str]:
    return [event.text for event in page.area.model.shown_rows()]


def test_new_lines_come_on_top(world: World, qtbot: Any) -> None:
    for number in range(5):
        add(world, number)
    page = open_page(world, qtbot)
    assert texts(page) == [f"line {n}" for n in (4, 3, 2, 1, 0)]
    add(world, 5)
    world.bridge.events_added.emit()
    assert texts(page)[0] == "line 5"
    assert len(texts(page)) == 6


def test_new_lines_do_not_move_what_is_being_read(world: World, qtbot: Any) -> None:
    for number in range(120):
        add(world, number)
    page = open_page(world, qtbot)
    view = page.area.view
    view.verticalScrollBar().setValue(40 * view.row_height)
    before = page.area.model.row_at(view.rowAt(view.row_height // 2)).text
    for number in range(120, 123):
        add(world, number)
    world.bridge.events_added.emit()
    assert page.area.model.row_at(view.rowAt(view.row_height // 2)).text == before
    link = find(page, LinkButton, "events_new_lines")
    assert link.isVisibleTo(page) and link.text() == "3 new lines"
    link.click()
    assert view.verticalScrollBar().value() == 0
    assert not link.isVisibleTo(page)


def test_lines_added_while_another_page_was_open_are_there_on_return(world: World, qtbot: Any) -> None:
    page = open_page(world, qtbot)
    page.hide()
    add(world, 1)
    world.bridge.events_added.emit()
    with qtbot.waitExposed(page):
        page.show()
    assert texts(page) == ["line 1"]


def test_older_lines_are_read_at_the_end(world: World, qtbot: Any) -> None:
    for number in range(BATCH + 30):
        add(world, number)
    page = open_page(world, qtbot)
    assert page.area.model.total == BATCH
    bar = page.area.view.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert page.area.model.total == BATCH + 30
    assert texts(page)[-1] == "line 0"


def test_types_and_words_filter(world: World, qtbot: Any) -> None:
    add(world, 1, EventType.ERROR, "sgp-1 does not answer")
    add(world, 2, EventType.MESSAGE, "E-mail accepted")
    add(world, 3, EventType.CHANGE, "Threshold changed")
    page = open_page(world, qtbot)
    qtbot.mouseClick(find(page, Chip, "events_error"), Qt.MouseButton.LeftButton)
    assert texts(page) == ["sgp-1 does not answer"]
    qtbot.mouseClick(find(page, Chip, "events_error"), Qt.MouseButton.LeftButton)
    qtbot.keyClicks(find(page, TextField, "events_search"), "accepted")
    qtbot.waitUntil(lambda: texts(page) == ["E-mail accepted"])
    add(world, 4, EventType.CHANGE, "something else")
    world.bridge.events_added.emit()
    assert texts(page) == ["E-mail accepted"]  # the filter holds for what comes in as well


def test_slash_goes_to_the_search_of_the_whole_log(world: World, qtbot: Any) -> None:
    add(world, 1)
    page = open_page(world, qtbot)
    page.activateWindow()
    page.area.view.setFocus()
    qtbot.keyClick(page.area.view, Qt.Key.Key_Slash)
    assert page.focusWidget() is find(page, TextField, "events_search")


def test_explain_lists_the_reasons_in_order(world: World, qtbot: Any) -> None:
    lon = world.connect("lon-1")
    alarm_id = raise_alarm(world.store, lon.id or 0)
    world.store.alarms.acknowledge(alarm_id, "mira", "ticket 4417", NOW)
    page = open_page(world, qtbot)
    page.show_item(alarm_id)
    assert page.explain.steps == ["Waits for the hold time", "Alarm raised", "mira took it"]
    reasons = [label.text() for label in page.explain.findChildren(Label, "events_explain_reason")]
    assert reasons[1] == "ASR 5.4 % < 30 % for 1 min. Nobody was told: the rule names nobody and the tray is off."
    assert reasons[2] == "“ticket 4417”"


def test_enter_opens_what_the_line_is_about(world: World, qtbot: Any) -> None:
    lon = world.connect("lon-1")
    of_switch = add(world, 1, EventType.ERROR, connection_id=lon.id)
    alarm_id = raise_alarm(world.store, lon.id or 0)
    page = open_page(world, qtbot)
    page.area.view.select_key(of_switch.id)
    qtbot.keyClick(page.area.view, Qt.Key.Key_Return)
    page.show_item(alarm_id)
    qtbot.keyClick(page.area.view, Qt.Key.Key_Return)
    assert world.gone == [("switches", lon.id), ("overview", alarm_id)]


def test_export_writes_every_line_that_passes(world: World, qtbot: Any, tmp_path: Path, recorder: Recorder) -> None:
    for number in range(BATCH + 5):
        add(world, number, EventType.CHANGE)
    add(world, 999, EventType.ERROR, "=cmd|'/c calc'!A1")
    page = open_page(world, qtbot)
    target = tmp_path / "events.csv"
    page.export_to(target)
    qtbot.waitUntil(lambda: bool(recorder.said))
    assert recorder.said[0].words == f"{BATCH + 6} lines written to events.csv"
    with target.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == BATCH + 6
    assert lines[0]["text"] == "'=cmd|'/c calc'!A1"  # no spreadsheet runs what a switch sent
    assert lines[-1]["text"] == "line 0"
    assert lines[-1]["time_utc"].endswith("Z")


def test_export_into_a_folder_that_is_not_there_says_so(world: World, qtbot: Any, tmp_path: Path, recorder: Recorder) -> None:
    page = open_page(world, qtbot)
    page.export_to(tmp_path / "gone" / "events.csv")
    qtbot.waitUntil(lambda: bool(recorder.failed))
    assert "events.csv cannot be written" in recorder.failed[0].sentence


def test_an_empty_log_says_what_will_be_here(world: World, qtbot: Any) -> None:
    page = open_page(world, qtbot)
    state = state_of(page.area, "events_list")
    assert state.title == "Nothing happened yet"


def test_every_control_has_its_names(world: World, qtbot: Any) -> None:
    assert unnamed(open_page(world, qtbot)) == []
