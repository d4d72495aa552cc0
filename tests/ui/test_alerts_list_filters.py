"""The filters of the alerts list, and one company's own view."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from test_alerts_world import NOW, World, asr_alert, fill, make_world
from test_setup_world import unnamed

from noc_alerts.model.alarms import Verdict
from noc_alerts.model.alerts import Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import Company, CompanyKind
from noc_alerts.store import open_store
from ui.alerts.list_filters import find_company
from ui.alerts.page import AlertsPage
from ui.widgets.state_panel import PageState

CARRIER, CUSTOMER = CompanyKind.CARRIER, CompanyKind.CUSTOMER


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
def filled(world: World, page: AlertsPage) -> AlertsPage:
    """Show alerts that look at acme by its name, its tag and as one of all, and some that do not."""
    lon = world.switches[0].id or 0
    world.store.companies.upsert(
        lon, [Company(lon, CUSTOMER, "1", "acme", tags=("gold", "uk")), Company(lon, CUSTOMER, "2", "globex", tags=("uk",))], NOW
    )
    pdd: dict[str, Any] = {"area": Area.PDD, "operator": Operator.GT, "threshold": 4.0, "reset": None}
    world.add(asr_alert("By name", scope=Scope(CUSTOMER, ("acme", "globex"))))
    world.add(asr_alert("By tag", scope=Scope(CUSTOMER, tag="gold"), level=NoticeLevel.WARNING))
    world.add(asr_alert("Of all", scope=Scope(CUSTOMER), **pdd), verdict=Verdict.IN_ALARM, in_alarm=1)
    world.add(asr_alert("Another", scope=Scope(CUSTOMER, ("globex",))))
    world.add(asr_alert("A carrier's", scope=Scope(CARRIER, ("acme",))), verdict=Verdict.IN_ALARM, in_alarm=1)
    world.add(asr_alert("All carriers", scope=Scope(CARRIER)))
    world.round()
    return page


def titles(page: AlertsPage) -> list[str]:
    return sorted(row.alert.title for row in page.list.model.shown_rows())


def head(page: AlertsPage) -> tuple[str, str]:
    return page.list._title.text(), page.list._sentence.text()


def state(page: AlertsPage) -> PageState | None:
    return page.list.area._panel.state


def test_one_company_shows_what_looks_at_it_by_name_tag_or_all(filled: AlertsPage) -> None:
    filled.show_item(("company", CUSTOMER, "acme"))
    assert titles(filled) == ["By name", "By tag", "Of all"]
    assert head(filled) == ("Alerts of customer acme", "3 alerts, 1 in alarm")
    assert filled.list._chips["in_alarm"].accessibleName() == "In alarm 1"  # the carrier's alarm is not counted
    filled.show_item(("company", CARRIER, "acme"))
    assert titles(filled) == ["A carrier's", "All carriers"]


def test_a_tag_that_is_taken_away_takes_the_alert_out_of_the_view(world: World, filled: AlertsPage) -> None:
    filled.show_item(("company", CUSTOMER, "acme"))
    lon = world.switches[0].id or 0
    world.store.companies.upsert(lon, [Company(lon, CUSTOMER, "1", "acme", tags=("uk",))], NOW)
    filled.list.reload()
    filled.list._filter_rows()
    assert titles(filled) == ["By name", "Of all"]


def test_escape_and_the_button_go_back_to_all(filled: AlertsPage, qtbot: Any) -> None:
    ways: tuple[Callable[[], object], ...] = (
        lambda: qtbot.keyClick(filled.list.area.view, Qt.Key.Key_Escape),
        lambda: qtbot.mouseClick(filled.list.filters.back, Qt.MouseButton.LeftButton),
        lambda: qtbot.keyClick(filled.list.filters._chip, Qt.Key.Key_Delete),
        lambda: qtbot.mouseClick(filled.list.filters.clear, Qt.MouseButton.LeftButton),
    )
    assert unnamed(filled.list) == []
    for leave in ways:
        filled.show_item(("company", CUSTOMER, "acme"))
        assert filled.list.filters.back.isVisible()
        leave()
        assert filled.list.company is None and len(titles(filled)) == 6
        assert not filled.list.filters.back.isVisible() and head(filled)[0] == "Alerts"


def test_a_company_is_typed_and_must_be_one(filled: AlertsPage, qtbot: Any) -> None:
    field = filled.list.filters.company
    field.setFocus()
    qtbot.keyClicks(field, "nobody")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.property("wrong") == "true" and field.accessibleDescription() == "No company has this name."
    field.clear()
    qtbot.keyClicks(field, "acme")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "A customer and a carrier have this name" in field.accessibleDescription()
    field.clear()
    qtbot.keyClicks(field, "Customer ACME")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert filled.list.company == (CUSTOMER, "acme") and not field.isVisible()


def test_a_company_only_an_alert_names_is_offered_too(world: World, page: AlertsPage) -> None:
    world.add(asr_alert("Old", scope=Scope(CARRIER, ("oldco",))))
    world.round()
    assert (CARRIER, "oldco") in page.list.filters._known
    assert find_company("oldco", page.list.filters._known) == (CARRIER, "oldco")


def test_area_and_level_filter_together_with_the_chips(filled: AlertsPage) -> None:
    filters = filled.list.filters
    filters.area.setCurrentIndex(filters.area.findText("ASR"))
    filters.area.activated.emit(filters.area.currentIndex())
    assert head(filled)[1] == "5 of 6 alerts: ASR, 1 in alarm"
    filters.level.setCurrentIndex(filters.level.findText("Warning"))
    filters.level.activated.emit(filters.level.currentIndex())
    assert titles(filled) == ["By tag"] and head(filled)[1] == "1 of 6 alerts: ASR, level Warning"
    filled.list._chips["ready"].setChecked(False)
    found = state(filled)
    assert titles(filled) == [] and found is not None and found.title == "Nothing matches"
    assert found.run is not None
    found.run()
    assert len(titles(filled)) == 6 and filters.area.currentText() == "All areas"


def test_a_company_nobody_watches_offers_an_alert_for_it(filled: AlertsPage, world: World) -> None:
    world.store.alerts.delete_all([alert.id or 0 for alert in world.store.alerts.all() if alert.scope.kind is CARRIER])
    filled.list.reload()
    filled.show_item(("company", CARRIER, "bravo"))
    found = state(filled)
    assert found is not None and found.title == "No alert looks at carrier bravo" and found.action == "Make an alert for it"


def test_new_alert_in_a_companys_view_is_for_it_and_nobody_else(filled: AlertsPage, world: World, qtbot: Any) -> None:
    filled.show_item(("company", CUSTOMER, "acme"))
    qtbot.keyClick(filled.list.area.view, Qt.Key.Key_N)
    assert filled.editor is not None
    fill(qtbot, filled.editor.form.inputs.threshold, "20")
    assert filled.editor.save()
    made = world.store.alerts.all()[-1]
    assert made.scope == Scope(CUSTOMER, ("acme",)) and made.threshold == 20.0
    world.commands.run("go.back")
    assert filled.list.company == (CUSTOMER, "acme") and made.title in titles(filled)


def test_choosing_a_hidden_alert_shows_all_again(filled: AlertsPage, world: World) -> None:
    filled.show_item(("company", CUSTOMER, "acme"))
    other = next(alert for alert in world.store.alerts.all() if alert.title == "Another")
    filled.list.select(other.id or 0)
    row = filled.list.current()
    assert filled.list.company is None and row is not None and row.alert == other


def test_a_long_name_is_cut_in_the_head_and_whole_in_the_filter_row(world: World, page: AlertsPage) -> None:
    name = "The Very Long Telecommunications Company of Somewhere Ltd"
    page.show_item(("company", CARRIER, name))
    assert head(page)[0] == "Alerts of carrier The Very Long Telecommu…"
    chip = page.list.filters._chip
    assert chip is not None and chip.text() == f"carrier {name}"
    world.window.resize(1180, 720)
    assert page.minimumSizeHint().width() <= 1100
