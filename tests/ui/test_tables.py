"""The table model under Qt's own tester, its view and delegate in a window."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from ui.marks import Form, Mark
from ui.prefs import prefs
from ui.sparkline import Spark
from ui.table_view import TableView
from ui.tables import Align, Cell, Column, RowStyle, TableModel
from ui.text import Shown, percent
from ui.theme import Density, Role, theme
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

START = datetime(2026, 11, 19, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    key: int
    name: str
    value: float | None = None
    at: datetime = START
    taken: bool = False


COLUMNS = (
    Column[Row]("name", "Name", lambda row: row.name, fixed=True, width=160, stretch=True),
    Column[Row](
        "value",
        "Value",
        lambda row: row.value,
        lambda row: Cell("none") if row.value is None else percent(row.value),
        align=Align.RIGHT,
        descending_first=True,
    ),
    Column[Row]("at", "Since", lambda row: row.at, lambda row: Cell(row.at.strftime("%H:%M"), second="14 min")),
)


def make(rows: list[Row], natural: bool = False) -> TableModel[Row]:
    model = TableModel(
        COLUMNS,
        lambda row: row.key,
        order=(lambda row: (row.taken, row.name)) if natural else None,
        style=lambda row: RowStyle(wash=None if row.taken else Role.CRITICAL_WASH),
        spoken=lambda row: f"Row {row.name}",
    )
    model.set_rows(rows)
    return model


def keys(model: TableModel[Row]) -> list[int]:
    return [row.key for row in model.shown_rows()]


@pytest.fixture
def model() -> Iterator[TableModel[Row]]:
    made = make([Row(1, "bravo", 5.4), Row(2, "Alpha", 52.0), Row(3, "charlie", None), Row(4, "delta", 9.1)])
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Warning)
    yield made
    assert tester.model() is made


@pytest.fixture
def view(qtbot: QtBot, model: TableModel[Row]) -> TableView:
    made = TableView(model, "test_table")
    qtbot.addWidget(made)
    made.resize(600, 300)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


def test_data_by_role(model: TableModel[Row]) -> None:
    index = model.index(0, 1)
    assert index.data() == "5.4 %"
    assert model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "Row bravo"
    assert model.index(0, 2).data(Qt.ItemDataRole.AccessibleTextRole) == "00:00, 14 min"
    assert model.index(0, 2).data(Qt.ItemDataRole.ToolTipRole) == "00:00\n14 min"
    assert model.headerData(1, Qt.Orientation.Horizontal) == "Value"
    assert index.data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight


def test_sort_both_ways_with_no_value_last(model: TableModel[Row]) -> None:
    model.sort(1)
    assert keys(model) == [1, 4, 2, 3]
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert keys(model) == [2, 4, 1, 3]
    model.sort(0)
    assert keys(model) == [2, 1, 3, 4]  # whatever the case
    model.sort(-1)
    assert keys(model) == [1, 2, 3, 4]


def test_a_not_a_number_sorts_last(model: TableModel[Row]) -> None:
    model.upsert([Row(5, "echo", float("nan"))])
    model.sort(1)
    assert keys(model)[-2:] == [3, 5] or keys(model)[-2:] == [5, 3]


def test_change_in_place_tells_only_its_row(qtbot: QtBot, model: TableModel[Row]) -> None:
    with qtbot.waitSignal(model.dataChanged) as told:
        model.upsert([Row(2, "Alpha", 51.0)])
    assert [index.row() for index in told.args[:2]] == [1, 1]
    assert model.index(1, 1).data() == "51.0 %"
    with qtbot.assertNotEmitted(model.dataChanged):
        model.upsert([Row(2, "Alpha", 51.0)])


def test_new_rows_come_in_at_their_place(qtbot: QtBot, model: TableModel[Row]) -> None:
    model.sort(1)
    with qtbot.assertNotEmitted(model.modelReset):
        model.upsert([Row(5, "echo", 7.0), Row(6, "foxtrot", None)])
    assert keys(model) == [1, 5, 4, 2, 3, 6]
    model.sort(1, Qt.SortOrder.DescendingOrder)
    model.upsert([Row(7, "golf", 9.1), Row(8, "hotel", 60.0)])
    assert keys(model)[:4] == [8, 2, 4, 7]


def test_filter_by_words_and_predicate(qtbot: QtBot, model: TableModel[Row]) -> None:
    with qtbot.waitSignal(model.counts_changed) as told:
        model.set_needle("  L a ")
    assert keys(model) == [2, 3, 4]
    assert told.args == [3, 4]
    model.set_predicate(lambda row: row.value is not None)
    assert keys(model) == [2, 4]
    model.upsert([Row(2, "bert", 52.0), Row(3, "charlie", 1.0), Row(9, "lima", 2.0)])
    assert keys(model) == [3, 4, 9]
    model.set_needle("")
    model.set_predicate(None)
    assert keys(model) == [1, 2, 3, 4, 9]
    assert not model.filtered


def test_remove_and_reuse_of_the_free_place(model: TableModel[Row]) -> None:
    model.remove([2, 99])
    assert keys(model) == [1, 3, 4]
    model.upsert([Row(10, "kilo", 1.0)])
    assert keys(model) == [1, 3, 4, 10]
    assert model.find(2) is None
    assert model.total == 4


def test_set_rows_is_a_difference(qtbot: QtBot, model: TableModel[Row]) -> None:
    with qtbot.assertNotEmitted(model.modelReset):
        model.set_rows([Row(4, "delta", 9.2), Row(1, "bravo", 5.4), Row(7, "golf", 1.0)])
    assert sorted(keys(model)) == [1, 4, 7]
    assert model.index(model.view_row(4), 1).data() == "9.2 %"


def test_natural_order_follows_its_key_only() -> None:
    made = make([Row(1, "b", 1), Row(2, "a", 2), Row(3, "c", 3)], natural=True)
    made.sort(-1)
    assert keys(made) == [2, 1, 3]
    made.sort(1)
    assert keys(made) == [1, 2, 3]
    made.upsert([Row(1, "b", 99)])
    assert keys(made) == [1, 2, 3], "a live value does not move rows"
    made.upsert([Row(1, "b", 99, taken=True)])
    assert keys(made) == [2, 3, 1], "an owner does"


def test_rows_keep_their_places_while_held(model: TableModel[Row]) -> None:
    model.sort(1)
    model.hold(True)
    model.upsert([Row(1, "bravo", 99.0), Row(8, "hotel", 0.1)])
    assert keys(model) == [1, 4, 2, 3, 8]
    model.hold(False)
    assert keys(model) == [8, 4, 2, 1, 3]


def test_many_rows_at_once(model: TableModel[Row]) -> None:
    model.sort(1)
    model.upsert([Row(key, f"n{key}", float(key)) for key in range(100, 1100)])
    assert model.total == 1004
    assert keys(model) == [row.key for row in sorted(model.rows(), key=lambda row: (row.value is None, row.value or 0))]
    model.remove(range(100, 1000))
    assert model.total == 104
    model.set_rows([])
    assert model.rowCount() == model.total == 0


def test_tsv_has_plain_spaces_and_signs(model: TableModel[Row]) -> None:
    model.upsert([Row(1, "tab\there", -5.4)])
    assert model.tsv([0, 1], [0, 1]) == "Name\tValue\ntab here\t-5.4 %\nAlpha\t52.0 %\n"


def test_cells_are_made_once_per_change() -> None:
    made: list[int] = []

    def cell(row: Row) -> Shown:
        made.append(row.key)
        return Shown(row.name)

    model = TableModel([Column[Row]("name", "Name", lambda row: row.name, cell)], lambda row: row.key)
    model.set_rows([Row(1, "a"), Row(2, "b")])
    for _ in range(3):
        assert model.cell(0, 0).text == "a"
    model.upsert([replace(Row(1, "a"), name="z")])
    assert model.cell(0, 0).text == "z"
    assert made == [1, 1]


ROWS = st.builds(
    Row,
    st.integers(0, 12),
    st.sampled_from(["a", "B", "c", "ab"]),
    st.none() | st.floats(0, 9),
    st.just(START),
    st.booleans(),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("upsert"), st.lists(ROWS, max_size=4)),
        st.tuples(st.just("remove"), st.lists(st.integers(0, 12), max_size=3)),
        st.tuples(st.just("sort"), st.tuples(st.integers(-1, 2), st.booleans())),
        st.tuples(st.just("needle"), st.sampled_from(["", "a", "b", "a b"])),
        st.tuples(st.just("hold"), st.booleans()),
    ),
    max_size=14,
)


@settings(max_examples=120, deadline=None)
@given(STEPS, st.booleans())
def test_any_steps_keep_rows_filter_and_order_right(steps: list[tuple[str, object]], natural: bool) -> None:
    model = make([], natural)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Warning)
    wanted: dict[int, Row] = {}
    needle = ""
    for what, how in steps:
        match what, how:
            case "upsert", list(rows):
                model.upsert(rows)
                wanted |= {row.key: row for row in rows}
            case "remove", list(gone):
                model.remove(gone)
                wanted = {key: row for key, row in wanted.items() if key not in gone}
            case "sort", (int(column), bool(down)):
                model.sort(column, Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder)
            case "needle", str(words):
                needle = words
                model.set_needle(words)
            case "hold", bool(held):
                model.hold(held)
    passing = {k: row for k, row in wanted.items() if all(word in row.name.casefold() for word in needle.split())}
    shown = model.shown_rows()
    assert {row.key: row for row in shown} == passing
    assert len(shown) == len(passing) == model.rowCount()
    assert [model.view_row(row.key) for row in shown] == list(range(len(shown)))
    model.hold(False)
    model.sort(1)
    values = [row.value for row in model.shown_rows()]
    real = [value for value in values if value is not None]
    assert values == sorted(real) + [None] * (len(values) - len(real))
    assert tester.model() is model


# --- the view --------------------------------------------------------------------------------------------------------


def test_selection_and_current_row_outlive_filter_and_order(view: TableView, model: TableModel[Row]) -> None:
    view.select_key(4)
    model.sort(1)
    assert (view.current_key(), view.selected_keys()) == (4, [4])
    model.set_needle("delta")
    assert (view.current_key(), view.selected_keys()) == (4, [4])
    model.set_needle("")
    assert (view.current_key(), view.selected_keys()) == (4, [4])
    model.upsert([Row(key, f"n{key}", 0.5) for key in range(100, 500)])
    assert (view.current_key(), view.selected_keys()) == (4, [4])


def test_a_row_filtered_away_is_not_current_any_more(qtbot: QtBot, view: TableView, model: TableModel[Row]) -> None:
    view.select_key(1)
    with qtbot.waitSignal(view.current_changed) as told:
        model.set_needle("delta")
    assert told.args == [None]
    assert view.selected_keys() == []


def test_keys_of_the_table(qtbot: QtBot, view: TableView) -> None:
    view.setFocus()
    view.select_key(1)
    qtbot.keyClick(view, Qt.Key.Key_J)
    assert view.current_key() == 2
    qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_K)
    assert view.current_key() == 2
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert opened.args == [2]
    with qtbot.waitSignal(view.opened_apart) as apart:
        qtbot.keyClick(view, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert apart.args == [2]
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().splitlines()[1].startswith("Alpha\t52.0 %")


def test_rows_stay_under_a_moving_pointer(qtbot: QtBot, view: TableView, model: TableModel[Row]) -> None:
    model.sort(1)
    QTest.mouseMove(view.viewport(), QPoint(20, 20))
    qtbot.waitUntil(lambda: model._held)
    model.upsert([Row(1, "bravo", 99.0)])
    assert keys(model) == [1, 4, 2, 3]
    QApplication.sendEvent(view.viewport(), QEvent(QEvent.Type.Leave))
    assert keys(model) == [4, 2, 1, 3]


def test_rows_stay_while_a_menu_is_open(qtbot: QtBot, view: TableView, model: TableModel[Row]) -> None:
    asked: list[object] = []
    view.menu_asked.connect(lambda key, at: asked.append(key))
    at = QPoint(30, view.rowViewportPosition(1) + 5)
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(view.viewport(), QContextMenuEvent(reason, at, view.viewport().mapToGlobal(at)))
    assert asked == [2]
    model.sort(1)
    menu = QMenu(view)
    menu.addAction("x")
    view.show_menu(menu, QPoint(0, 0))
    model.upsert([Row(1, "bravo", 99.0)])
    assert keys(model) == [1, 4, 2, 3]
    menu.hide()
    assert keys(model) == [4, 2, 1, 3]


def test_head_sorts_up_down_and_back(qtbot: QtBot, view: TableView, model: TableModel[Row]) -> None:
    head = view.horizontalHeader()
    at = QPoint(head.sectionViewportPosition(1) + 40, 10)
    orders = []
    for _ in range(3):
        qtbot.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=at)
        orders.append(keys(model))
    assert orders == [[2, 4, 1, 3], [1, 4, 2, 3], [1, 2, 3, 4]]


def test_columns_are_kept(qtbot: QtBot, view: TableView) -> None:
    head = view._head
    head.moveSection(head.visualIndex(2), 0)
    head.show_column(1, False)
    head.show_column(0, False)
    other = TableView(make([Row(1, "a", 1)]), "test_table")
    qtbot.addWidget(other)
    other.resize(600, 300)
    other.show()
    assert other._head.visible_columns() == [2, 0], "an identity column cannot be hidden"
    prefs.put("columns/test_table", "not json")
    assert TableView(make([]), "test_table")._head.visible_columns() == [0, 1, 2]


def test_density_changes_every_table(view: TableView) -> None:
    assert view.rowHeight(0) == 32
    prefs.density = Density.ROOMY
    assert view.rowHeight(0) == 40
    two = TableView(make([Row(1, "a")]), "two", two_lines=True)
    assert two.rowHeight(0) == 56
    two.deleteLater()


def test_buttons_and_boxes_in_cells(qtbot: QtBot) -> None:
    columns = [
        Column[Row]("on", "On", lambda row: row.taken, lambda row: Cell(checked=row.taken), width=60),
        Column[Row]("do", "", lambda row: 0, lambda row: Cell(buttons=("Extend", "Release")), width=220),
    ]
    model = TableModel(columns, lambda row: row.key)
    model.set_rows([Row(1, "a")])
    view = TableView(model, "buttons")
    qtbot.addWidget(view)
    view.resize(400, 120)
    view.show()
    rect = view.visualRect(model.index(0, 1))
    boxes = view._delegate.button_rects(rect, model.cell(0, 1))
    with qtbot.waitSignal(view.button_clicked) as clicked:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=boxes[0].center().toPoint())
    assert clicked.args == [1, "Extend"]
    with qtbot.waitSignal(view.toggled) as toggled:
        at = view._delegate.check_rect(view.visualRect(model.index(0, 0))).center().toPoint()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert toggled.args == [1, "on", True]


def test_a_selected_critical_row_stays_critical(view: TableView) -> None:
    view.select_key(1)
    assert view.row_colour(0) == theme.color(Role.CRITICAL_WASH)
    view.selectionModel().select(
        view.model().index(1, 0), QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
    )
    picture = view.grab().toImage()
    bar = view.mapFromGlobal(view.viewport().mapToGlobal(QPoint(1, view.rowViewportPosition(1) + 10)))
    assert picture.pixelColor(bar) == theme.color(Role.ACCENT)


def test_every_kind_of_cell_is_painted(qtbot: QtBot) -> None:
    cells = [
        Cell("Critical", mark=Mark.CRITICAL, bold=True, tone=Role.CRITICAL),
        Cell("5.4", "%", second="limit < 30", bold=True),
        Cell("customer initech", second="follows carrier bravo", follows=True, form=Form.TAKEN),
        Cell("Paused", boxed=True),
        Cell("asr_cur < 30; records_total > 100", mono=True),
        Cell("E-mail", icon="mail", after="noc@tessera.example"),
        Cell(spark=Spark((1.0, None, 3.0, 2.0), 2.0, Role.CRITICAL)),
        Cell(spark=Spark((1.0, 3.0, 2.0), 2.0, blind=True)),
        Cell(spark=Spark(())),
        Cell("a very long text that does not fit into so narrow a column", "USD"),
    ]
    columns = [
        Column[Row](f"c{at}", f"C{at}", lambda row: 0, lambda row, cell=cell: cell, width=120, align=align)
        for at, cell in enumerate(cells)
        for align in [list(Align)[at % 3]]
    ]
    model = TableModel(columns, lambda row: row.key, style=lambda row: RowStyle(muted=True))
    model.set_rows([Row(1, "a")])
    view = TableView(model, "cells", two_lines=True)
    qtbot.addWidget(view)
    view.resize(1300, 120)
    view.show()
    picture = view.grab().toImage()
    for at in range(len(cells)):
        if at == 8:
            continue  # a sparkline without points shows nothing
        rect = view.visualRect(model.index(0, at)).translated(view.viewport().pos())
        across, down = range(rect.left(), rect.right()), range(rect.top(), rect.bottom())
        colours = {picture.pixelColor(x, y).rgb() for x in across for y in down}
        assert len(colours) > 3, columns[at].key


# --- filter row and states -------------------------------------------------------------------------------------------


@pytest.fixture
def area(qtbot: QtBot, model: TableModel[Row]) -> TableArea:
    made = TableArea(model, "area_table")
    qtbot.addWidget(made)
    made.resize(600, 300)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


def test_slash_filters_and_esc_ends_it(qtbot: QtBot, area: TableArea) -> None:
    area.view.setFocus()
    qtbot.keyClick(area.view, Qt.Key.Key_Slash)
    line = area.findChild(QLineEdit, "area_table_filter")
    assert line is not None
    assert line.isVisible()
    qtbot.keyClicks(line, "delta")
    assert area.model.rowCount() == 1
    qtbot.keyClick(line, Qt.Key.Key_Down)
    assert area.view.current_key() == 4
    qtbot.keyClicks(line, "zz")
    assert area._panel.isVisible()
    assert "deltazz" in area._panel.accessibleName()
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert area.model.rowCount() == 4
    assert not line.isVisible()
    assert not area._panel.isVisible()


def test_states_stand_in_place_of_rows_under_the_head(qtbot: QtBot, area: TableArea) -> None:
    runs: list[str] = []
    sentence = "sgp-1 does not answer."
    area.set_state(PageState(StateKind.BLIND, "Blind since 04:03", sentence, "Test the connection", lambda: runs.append("x")))
    assert area._panel.isVisible()
    assert area._panel.y() >= area.view.horizontalHeader().height()
    area._panel._action.click()
    assert runs == ["x"]
    area.set_state(None)
    assert not area._panel.isVisible()


def test_words_of_loading_wait_400_ms(qtbot: QtBot, area: TableArea) -> None:
    area.set_state(PageState(StateKind.LOADING, "Reading call records", "lon-1, 4,100 of about 6,200 calls."))
    assert not area._panel._title.isVisible()
    qtbot.waitUntil(area._panel._title.isVisible, timeout=2000)


def test_sorting_dates_is_by_time(model: TableModel[Row]) -> None:
    rows = [Row(key, "x", None, START + timedelta(minutes=random.Random(key).randrange(1000))) for key in range(50)]
    model.set_rows(rows)
    model.sort(2, Qt.SortOrder.DescendingOrder)
    times = [row.at for row in model.shown_rows()]
    assert times == sorted(times, reverse=True)
