"""The Companies list: values with their samples, what is not known, live updates, ways out of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QMenu
from test_setup_world import NOW, World, alarm_of, company, find, make_world, press, snapshot, state_of, switch_line, unnamed

from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.companies import CompanyKind, CompanyStatus
from noc_alerts.model.connections import Connection, HealthState
from ui.companies.cells import make_columns
from ui.companies.page import CompaniesPage, make_page
from ui.marks import Form, Mark
from ui.table_spec import Cell
from ui.text import THIN
from ui.theme import Role
from ui.widgets.buttons import Chip
from ui.widgets.state_panel import StateKind

CARRIER, CUSTOMER = CompanyKind.CARRIER, CompanyKind.CUSTOMER
COLUMNS = make_columns({})
AT = {column.key: at for at, column in enumerate(COLUMNS)}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.service.stop()


@pytest.fixture
def lon(world: World) -> Connection:
    return world.connect("lon-1")


@pytest.fixture
def page(world: World, lon: Connection, qtbot: Any) -> CompaniesPage:
    made = make_page(world.context)
    assert isinstance(made, CompaniesPage)
    qtbot.addWidget(made)
    made.resize(1400, 800)
    world.publish(snapshot([switch_line(lon, HealthState.FRESH)], everyone(lon)))
    with qtbot.waitExposed(made):
        made.show()
    return made


def everyone(lon: Connection) -> list[Any]:
    cid = lon.id or 0
    return [
        company(cid, CARRIER, "alpha"),
        company(cid, CARRIER, "bravo", alarms=1),
        company(cid, CUSTOMER, "globex", alerts=0),
        company(cid, CUSTOMER, "acme", attempts=18),
    ]


def cell(page: CompaniesPage, name: str, key: str) -> Cell:
    model = page.area.model
    row = next(at for at in range(model.rowCount()) if model.row_at(at).line.name == name)
    return model.cell(row, AT[key])


def names(page: CompaniesPage) -> list[str]:
    return [row.line.name for row in page.area.model.shown_rows()]


def test_values_stand_with_what_they_rest_on(page: CompaniesPage) -> None:
    asr = cell(page, "alpha", "asr")
    assert (asr.text, asr.unit, asr.second) == ("44.1", "%", "294 attempts")
    acd = cell(page, "alpha", "acd")
    assert (acd.text, acd.unit, acd.second) == ("1.5", "min", "147 answered")
    assert cell(page, "globex", "balance").plain == "1,204.50 USD"


def test_too_few_calls_give_no_value_and_say_how_many_are_missing(page: CompaniesPage) -> None:
    few = cell(page, "acme", "asr")
    assert (few.text, few.second) == ("none", "18 of 50 calls")
    assert cell(page, "acme", "acd").second == "9 of 30 calls"


def test_what_the_switch_does_not_tell_is_not_shown_as_zero(page: CompaniesPage) -> None:
    assert cell(page, "alpha", "balance").text == "not told"
    assert cell(page, "alpha", "channels").text == "not told"


def test_a_company_nobody_watches_says_so(page: CompaniesPage) -> None:
    assert cell(page, "globex", "alerts").text == "not watched"
    assert cell(page, "alpha", "alerts").text == "1"


def test_a_blind_switch_withdraws_its_values(world: World, page: CompaniesPage, lon: Connection) -> None:
    later = NOW + timedelta(minutes=9)
    fallen = [replace(line, asr=replace(line.asr, value=1.0)) for line in everyone(lon)]
    world.publish(snapshot([switch_line(lon, HealthState.BLIND, at=later)], fallen, at=later))
    asr = cell(page, "alpha", "asr")
    assert asr.text == "unknown" and asr.tone is Role.BLIND
    assert asr.second == f"was 44.1{THIN}%"  # the last one from before, not what the old records make of it now
    assert cell(page, "alpha", "status").text == "unknown"
    assert cell(page, "alpha", "attempts").text == "unknown"
    assert cell(page, "alpha", "switch").mark is Mark.BLIND
    model = page.area.model
    model.sort(AT["asr"], Qt.SortOrder.DescendingOrder)
    assert all(COLUMNS[AT["asr"]].value(row) is None for row in model.shown_rows())


def test_late_data_keeps_its_value_and_colours_its_age(world: World, page: CompaniesPage, lon: Connection) -> None:
    world.publish(snapshot([switch_line(lon, HealthState.LATE)], everyone(lon)))
    assert cell(page, "alpha", "asr").text == "44.1"
    assert cell(page, "alpha", "switch").second_tone is Role.WARNING


def test_an_update_keeps_selection_and_scroll(world: World, lon: Connection, page: CompaniesPage) -> None:
    QAbstractItemModelTester(page.area.model, QAbstractItemModelTester.FailureReportingMode.Warning, page)
    many = [company(lon.id or 0, CARRIER, f"carrier {n:03}") for n in range(120)]
    world.publish(snapshot([switch_line(lon, HealthState.FRESH)], many))
    view = page.area.view
    page.show_item((lon.id, CARRIER, "carrier 060"))
    place = view.verticalScrollBar().value()
    assert place > 0
    resets: list[None] = []
    page.area.model.modelReset.connect(lambda: resets.append(None))
    world.publish(snapshot([switch_line(lon, HealthState.FRESH)], [replace(line, cps=1.5) for line in many]))
    assert view.current_key() == (lon.id, CARRIER, "carrier 060")
    assert view.verticalScrollBar().value() == place
    assert not resets  # changed cell by cell
    assert cell(page, "carrier 060", "cps").text == "1.5"


def test_values_are_withdrawn_when_nothing_is_heard_of_the_engine(page: CompaniesPage) -> None:
    page.tick(NOW + timedelta(seconds=12))
    assert cell(page, "alpha", "asr").text == "44.1"
    assert cell(page, "alpha", "switch").second == "16\N{THIN SPACE}s old"
    page.tick(NOW + timedelta(seconds=40))
    assert cell(page, "alpha", "asr").text == "unknown"


def test_alarms_come_first_and_carry_their_worst_mark(world: World, lon: Connection, page: CompaniesPage) -> None:
    alarm = alarm_of(lon.id or 0, "bravo", NoticeLevel.WARNING)
    world.publish(snapshot([switch_line(lon, HealthState.FRESH)], everyone(lon), (alarm,)))
    assert names(page)[0] == "bravo"
    found = cell(page, "bravo", "alarms")
    assert (found.mark, found.form, found.bold) == (Mark.WARNING, Form.ACTIVE, True)
    taken = replace(alarm, acked_at=NOW, acked_by="mira")
    world.publish(snapshot([switch_line(lon, HealthState.FRESH)], everyone(lon), (taken,)))
    found = cell(page, "bravo", "alarms")
    assert (found.form, found.bold, found.second) == (Form.TAKEN, False, "warning")


def test_chips_filter_by_kind(page: CompaniesPage, qtbot: Any) -> None:
    chip = find(page, Chip, "companies_carriers")
    qtbot.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert sorted(names(page)) == ["alpha", "bravo"]
    qtbot.mouseClick(find(page, Chip, "companies_unwatched"), Qt.MouseButton.LeftButton)
    assert names(page) == []
    state = state_of(page.area, "companies_list")
    assert state.title == "Nothing matches"
    press(state)
    assert len(names(page)) == 4


def test_the_chosen_order_is_kept_while_values_change(world: World, lon: Connection, page: CompaniesPage) -> None:
    page.area.model.sort(AT["attempts"], Qt.SortOrder.DescendingOrder)
    before = names(page)
    moved = [replace(line, attempts=999 if line.name == "acme" else line.attempts) for line in everyone(lon)]
    world.publish(snapshot([switch_line(lon, HealthState.FRESH)], moved))
    assert names(page) == before  # rows do not jump under the eye because a count grew


def test_enter_opens_the_charts_and_n_makes_an_alert(world: World, lon: Connection, page: CompaniesPage, qtbot: Any) -> None:
    page.area.view.select_key((lon.id, CARRIER, "bravo"))
    qtbot.keyClick(page.area.view, Qt.Key.Key_Return)
    assert world.gone == [("charts", (lon.id, "gateway=bravo", "ASR"))]
    world.commands.set_page("companies")
    assert world.commands.can("companies.new_alert")
    world.commands.action("companies.new_alert").trigger()
    assert world.gone[-1] == ("alerts", ("new", CARRIER, "bravo", lon.id))


def test_its_alerts_are_shown_by_key_menu_and_cell(world: World, lon: Connection, page: CompaniesPage, qtbot: Any) -> None:
    view = page.area.view
    wanted = ("alerts", ("company", CARRIER, "bravo"))
    view.select_key((lon.id, CARRIER, "bravo"))
    world.commands.set_page("companies")
    world.commands.action("companies.open_alerts").trigger()
    assert world.gone == [wanted]
    row = page.area.model.view_row((lon.id, CARRIER, "bravo"))
    found = cell(page, "bravo", "alerts")
    assert found.buttons == ("Show",) and found.spoken == "1 alert watches it"
    (box,) = view._delegate.button_rects(view.visualRect(page.area.model.index(row, AT["alerts"])), found)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    assert world.gone == [wanted, wanted]
    page._on_menu_asked((lon.id, CARRIER, "bravo"), view.mapToGlobal(view.rect().center()))
    menu = find(page, QMenu, "companies_menu")
    assert world.commands.action("companies.open_alerts") in menu.actions()
    menu.close()
    assert cell(page, "globex", "alerts").buttons == ()  # nothing to show, N makes one


def test_without_a_switch_the_page_offers_to_connect_one(world: World, qtbot: Any) -> None:
    made = CompaniesPage(world.context)
    qtbot.addWidget(made)
    assert state_of(made.area, "companies_list").kind is StateKind.LOADING
    world.publish(snapshot([], []))
    with qtbot.waitExposed(made):
        made.show()
    state = state_of(made.area, "companies_list")
    assert state.action == "Connect a switch"
    press(state)
    assert world.gone == [("switches", None)]


def test_a_status_that_is_not_told_is_not_the_word_of_a_blind_switch(world: World, lon: Connection, page: CompaniesPage) -> None:
    lines = [replace(line, status=CompanyStatus.UNKNOWN) for line in everyone(lon)]
    world.publish(snapshot([switch_line(lon, HealthState.FRESH)], lines))
    assert cell(page, "alpha", "status").text == "not told"


def test_every_control_has_its_names(page: CompaniesPage) -> None:
    assert unnamed(page) == []
