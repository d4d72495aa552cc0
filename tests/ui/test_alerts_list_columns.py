"""The columns of the alerts list: shown where there is room, chosen, ordered and kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from test_alerts_world import World, asr_alert, make_world
from test_setup_world import find, unnamed

from noc_alerts.store import open_store
from ui.alerts.list import AlertList
from ui.alerts.page import AlertsPage
from ui.table_columns import ColumnsDialog
from ui.table_head import TableHead, _shared
from ui.widgets.buttons import Button


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


def head(page: AlertsPage) -> TableHead:
    found = page.list.area.view.horizontalHeader()
    assert isinstance(found, TableHead)
    return found


def shown(page: AlertsPage) -> list[str]:
    columns = page.list.model.columns
    return [columns[at].key for at in head(page).visible_columns()]


def resize(world: World, page: AlertsPage, width: int, qtbot: Any) -> None:
    world.window.resize(width, 900)
    qtbot.waitUntil(lambda: world.window.width() == width and width - 300 < page.width() < width)


def columns_dialog(world: World) -> ColumnsDialog:
    assert world.commands.run("alerts.columns")
    found = world.window.findChild(ColumnsDialog, "columns_dialog")
    assert found is not None
    return found


def test_spare_columns_are_shown_where_there_is_room(world: World, page: AlertsPage, qtbot: Any) -> None:
    resize(world, page, 1800, qtbot)
    assert shown(page)[-3:] == ["repeat", "penalty", "told"]
    resize(world, page, 1500, qtbot)
    assert "penalty" not in shown(page)
    resize(world, page, 1180, qtbot)
    assert "repeat" not in shown(page)
    bar = page.list.area.view.horizontalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() == 0)  # everything fits the smallest window
    resize(world, page, 1800, qtbot)
    assert shown(page)[-3:] == ["repeat", "penalty", "told"]


def test_a_spare_column_a_person_chose_stays(world: World, page: AlertsPage, qtbot: Any) -> None:
    resize(world, page, 1180, qtbot)
    keys = [column.key for column in page.list.model.columns]
    head(page).show_column(keys.index("penalty"), True)
    head(page).show_column(keys.index("level"), False)
    assert "penalty" in shown(page) and "level" not in shown(page)
    resize(world, page, 1200, qtbot)
    assert "penalty" in shown(page)
    kept = head(page).layout_state()
    head(page).reset()
    assert "penalty" not in shown(page) and "level" in shown(page)
    head(page).restore(kept)
    assert "penalty" in shown(page) and "level" not in shown(page)


def test_columns_are_chosen_and_ordered_by_keyboard(world: World, page: AlertsPage, qtbot: Any) -> None:
    world.add(asr_alert())
    world.round()
    dialog = columns_dialog(world)
    QAbstractItemModelTester(dialog.model, QAbstractItemModelTester.FailureReportingMode.Fatal, dialog)
    view = dialog.area.view
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert "title" in shown(page)  # an identity column is always shown
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert "company" not in shown(page)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    dialog.move_current(-3)
    assert shown(page)[0] == "area" and view.current_key() == "area"
    assert not head(page).move_column(3, -1)  # it is the first already
    assert unnamed(dialog) == []
    again = make_columns(world)
    assert again[0] == "area" and "company" not in again
    find(dialog, Button, "columns_as_at_first").click()
    assert shown(page)[:3] == ["on", "title", "company"]
    dialog.reject()


def make_columns(world: World) -> list[str]:
    """Make the list anew, as after a restart, and give its columns."""
    made = AlertList(world.context)
    found = made.area.view.horizontalHeader()
    assert isinstance(found, TableHead)
    keys = [made.model.columns[at].key for at in found.visible_columns()]
    made.deleteLater()
    return keys


@pytest.mark.parametrize(
    ("room", "after"),
    [
        (600, {0: 400, 1: 200}),
        (301, {0: 200, 1: 101}),
        (240, {0: 140, 1: 100}),  # the second is at its least, the first bears the rest
        (100, {0: 80, 1: 100}),  # too narrow: the table scrolls
    ],
)
def test_room_is_shared_out_by_wanted_widths(room: int, after: dict[int, int]) -> None:
    assert _shared(room, {0: 200, 1: 100}, {0: 80, 1: 100}) == after
