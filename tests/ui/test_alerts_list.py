"""The alerts list: rows, live updates, and what can be done to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from test_alerts_world import NOW, World, asr_alert, make_world, raise_alarm
from test_setup_world import find

from noc_alerts.model.alarms import Verdict
from noc_alerts.model.alerts import Alert, Area, Operator, Scope
from noc_alerts.model.changes import ChangeKind
from noc_alerts.model.companies import CompanyKind, Subject
from noc_alerts.store import open_store
from ui.alerts import words
from ui.alerts.explain import ExplainDialog
from ui.alerts.page import AlertsPage
from ui.messages import Recorder
from ui.theme import Role


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


def cell(page: AlertsPage, alert: Alert, column: str) -> Any:
    columns = [each.key for each in page.list.model.columns]
    return page.list.model.cell(page.list.model.view_row(alert.id), columns.index(column))


def sentence(page: AlertsPage) -> str:
    return page.list._sentence.text()


def test_empty_list_offers_the_first_alert(page: AlertsPage) -> None:
    state = page.list.area._panel.state
    assert state is not None and state.title == "No alerts"
    assert state.run is not None
    state.run()
    assert page.editor is not None and page.editor.alert_id is None


def test_rows_say_value_sample_age_limit_and_who_is_told(world: World, page: AlertsPage) -> None:
    alert = world.add(
        asr_alert(), verdict=Verdict.IN_ALARM, value=5.4, calls=294, in_alarm=1, subjects=1, since=NOW - timedelta(minutes=14)
    )
    raise_alarm(world, alert)
    world.round()
    assert cell(page, alert, "limit").plain == "< 30.0 %"
    assert cell(page, alert, "limit").second == "clears > 33.0 %".replace(" %", "\N{THIN SPACE}%")
    now = cell(page, alert, "now")
    assert now.plain == "5.4 %" and now.second == "294 attempts, 12\N{THIN SPACE}s old"
    assert cell(page, alert, "state").text == "In alarm" and "14\N{THIN SPACE}min" in cell(page, alert, "state").second
    assert (cell(page, alert, "told").text, cell(page, alert, "told").second) == ("1 mail", "and the tray")
    assert page.list.model.style(0).wash is Role.CRITICAL_WASH
    assert sentence(page) == "1 alert, 1 in alarm"
    assert "Low ASR, carrier bravo" in page.list.model.data(page.list.model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)


def test_taken_alarm_has_no_wash(world: World, page: AlertsPage) -> None:
    alert = world.add(asr_alert(), verdict=Verdict.IN_ALARM, value=5.4, in_alarm=1)
    alarm = raise_alarm(world, alert)
    world.alarms[:] = [world.store.alarms.acknowledge(alarm.id or 0, "mira", "", NOW)]
    world.round()
    assert page.list.model.style(0).wash is None


def test_unknown_and_too_few_are_never_shown_as_good(world: World, page: AlertsPage) -> None:
    blind = world.add(asr_alert("Blind one"), verdict=Verdict.BLIND, value=44.1, judged_at=NOW - timedelta(minutes=9))
    few = world.add(asr_alert("Few calls"), verdict=Verdict.NO_DATA, value=None, calls=18, subjects=0)
    world.round()
    assert cell(page, blind, "now").text == "unknown" and cell(page, blind, "now").tone is Role.BLIND
    assert "was 44.1" in cell(page, blind, "now").second
    assert cell(page, few, "now").text == "none" and cell(page, few, "now").second == "18 of 50 calls"
    assert cell(page, few, "state").mark is None


def test_an_alarm_whose_switch_is_blind_shows_no_old_value_as_known(world: World, page: AlertsPage) -> None:
    line: dict[str, Any] = {"value": 49.1, "in_alarm": 1, "judged_at": NOW - timedelta(seconds=16)}
    alert = world.add(asr_alert(), verdict=Verdict.IN_ALARM, since=NOW - timedelta(minutes=14), **line)
    alarm = raise_alarm(world, alert)
    world.alarms[:] = [replace(alarm, blind=True)]
    world.round()
    now, state = cell(page, alert, "now"), cell(page, alert, "state")
    assert (now.text, now.second, now.tone) == ("unknown", "was 49.1\N{THIN SPACE}%, 16\N{THIN SPACE}s old", Role.BLIND)
    assert (state.text, state.second_tone) == ("In alarm", Role.BLIND)
    assert state.second == "blind, for 14\N{THIN SPACE}min"
    assert page.list.model.style(0).wash is Role.CRITICAL_WASH
    spoken = page.list.model.data(page.list.model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert "blind" in spoken and "ASR unknown" in spoken
    world.alarms[:] = [alarm]
    world.round()
    assert cell(page, alert, "now").text == "49.1"


def test_live_update_keeps_selection_and_cells_change_in_place(world: World, page: AlertsPage, qtbot: Any) -> None:
    QAbstractItemModelTester(page.list.model, QAbstractItemModelTester.FailureReportingMode.Fatal, page)
    alerts = [world.add(asr_alert(f"Alert {at}")) for at in range(5)]
    world.round()
    view = page.list.area.view
    view.select_key(alerts[3].id)
    world.stands(alerts[3], Verdict.IN_ALARM, value=5.4, in_alarm=1, since=NOW)
    world.stands(alerts[0], Verdict.READY, value=37.5)
    resets = []
    page.list.model.modelReset.connect(lambda: resets.append(True))
    world.round()
    assert view.current_key() == alerts[3].id and view.selected_keys() == [alerts[3].id]
    assert page.list.model.view_row(alerts[3].id) == 0  # what is in alarm comes first
    assert cell(page, alerts[0], "now").text == "37.5"
    assert resets == []


def test_an_alert_saved_elsewhere_appears_with_the_next_round(world: World, page: AlertsPage) -> None:
    alert = world.add(asr_alert())
    assert page.list.model.total == 0
    world.round()
    assert page.list.model.find(alert.id) is not None


def test_delete_and_undo_bring_the_same_alert_back(world: World, page: AlertsPage, recorder: Recorder) -> None:
    alert = world.add(asr_alert())
    world.round()
    page.list.select(alert.id or 0)
    assert world.commands.run("alerts.delete")
    assert world.store.alerts.all() == [] and page.list.model.total == 0 and world.service.soons == 1
    assert recorder.said[-1].words == "Low ASR, carrier bravo deleted"
    undo = recorder.said[-1].undo
    assert undo is not None
    undo()
    assert world.store.alerts.all() == [alert]  # under its old id, so that history and alarms are its own again
    assert page.list.model.total == 1 and world.service.soons == 2
    assert [change.kind for change in world.store.alerts.history(alert.id or 0)] == [ChangeKind.RESTORED, ChangeKind.DELETED]


def test_undo_of_a_delete_says_when_the_title_is_taken_meanwhile(world: World, page: AlertsPage, recorder: Recorder) -> None:
    alert = world.add(asr_alert())
    world.round()
    page.list.select(alert.id or 0)
    page.delete()
    world.store.alerts.save(asr_alert())
    undo = recorder.said[-1].undo
    assert undo is not None
    undo()
    assert len(world.store.alerts.all()) == 1
    assert "already an alert titled" in recorder.failed[-1].sentence


def test_every_pause_has_an_end(world: World, page: AlertsPage, recorder: Recorder) -> None:
    alert = world.add(asr_alert())
    world.round()
    page.list.select(alert.id or 0)
    menu = page.commands.menus.pause(page)
    actions = {action.objectName(): action for action in menu.actions() if action.objectName()}
    assert [actions[name].text() for name in sorted(actions)] == [
        "Pause for 15 min", "Pause for 1 h", "Pause until 08:00", "End the pause",
    ]  # fmt: skip
    assert not actions["alerts_pause_off"].isEnabled()
    for at, length in enumerate((timedelta(minutes=15), timedelta(hours=1), timedelta(hours=3, minutes=47, seconds=22))):
        actions[f"alerts_pause_{at}"].trigger()
        paused = world.store.alerts.all()[0]
        assert paused.paused_until == NOW + length and paused.is_active(NOW + length)
    assert cell(page, alert, "state").text == "Paused" and cell(page, alert, "state").second == "until 08:00"
    page.list.select(alert.id or 0)
    off = next(a for a in page.commands.menus.pause(page).actions() if a.objectName() == "alerts_pause_off")
    assert off.isEnabled()
    off.trigger()
    assert world.store.alerts.all()[0].paused_until is None


def test_until_eight_is_the_next_eight_in_the_zone_shown() -> None:
    late = NOW.replace(hour=21)
    *_, (said, until) = words.pause_choices(late, ZoneInfo("Europe/Paris"))
    assert until == NOW.replace(day=20, hour=7, minute=0, second=0) and said == "until Fri 08:00"


def test_space_switches_off_and_undo_on_again(world: World, page: AlertsPage, recorder: Recorder, qtbot: Any) -> None:
    alert = world.add(asr_alert())
    world.round()
    page.list.select(alert.id or 0)
    qtbot.keyClick(page.list.area.view, Qt.Key.Key_Space)
    assert not world.store.alerts.all()[0].enabled
    assert cell(page, alert, "state").second == "switched off"
    undo = recorder.said[-1].undo
    assert undo is not None
    undo()
    assert world.store.alerts.all()[0].enabled


def test_several_rows_are_switched_off_and_deleted_at_once(world: World, page: AlertsPage, recorder: Recorder) -> None:
    for at in range(4):
        world.add(asr_alert(f"Alert {at}"))
    world.round()
    page.list.area.view.selectAll()
    assert world.commands.run("alerts.off")
    assert [alert.enabled for alert in world.store.alerts.all()] == [False] * 4
    assert recorder.said[-1].words == "4 alerts switched off"
    page.list.area.view.selectAll()
    assert world.commands.run("alerts.delete")
    assert world.store.alerts.all() == []


def test_duplicate_opens_the_copy_with_its_title_chosen(world: World, page: AlertsPage, recorder: Recorder, qtbot: Any) -> None:
    alert = world.add(asr_alert())
    world.round()
    for wanted in ("Copy of Low ASR, carrier bravo", "Copy 2 of Low ASR, carrier bravo"):
        page.list.select(alert.id or 0)
        qtbot.keyClick(page.list.area.view, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
        assert page.editor is not None and page.editor.title == wanted
        title = page.editor.form.inputs.title
        assert title.hasFocus() and title.selectedText() == wanted
        world.commands.run("go.back")
    assert len({each.title for each in world.store.alerts.all()}) == 3
    undo = recorder.said[-1].undo
    assert undo is not None
    undo()
    assert len(world.store.alerts.all()) == 2 and "copies" not in recorder.said[-1].words


def test_several_duplicates_are_made_at_once_and_taken_back_at_once(world: World, page: AlertsPage, recorder: Recorder) -> None:
    for at in range(3):
        world.add(asr_alert(f"Alert {at}"))
    world.round()
    page.list.area.view.selectAll()
    page.duplicate()
    assert page.editor is None and len(world.store.alerts.all()) == 6
    assert recorder.said[-1].words == "3 copies made"
    undo = recorder.said[-1].undo
    assert undo is not None
    undo()
    assert len(world.store.alerts.all()) == 3


def test_chips_hide_states_and_the_head_says_so(world: World, page: AlertsPage) -> None:
    world.add(asr_alert("Ready one"))
    firing = world.add(asr_alert("Firing one"), verdict=Verdict.IN_ALARM, value=5.0, in_alarm=1)
    world.round()
    page.list._chips["in_alarm"].setChecked(False)
    assert page.list.model.rowCount() == 1
    assert sentence(page) == "2 alerts, 1 in alarm (1 in alarm hidden)"
    assert page.list._sentence.property("role") == Role.CRITICAL.value
    page.list.select(firing.id or 0)
    assert page.list.model.rowCount() == 2


def test_keys_open_new_and_current(world: World, page: AlertsPage, qtbot: Any) -> None:
    alert = world.add(asr_alert())
    world.round()
    page.list.select(alert.id or 0)
    view = page.list.area.view
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert page.editor is not None and page.editor.alert_id == alert.id
    qtbot.keyClick(page.editor.form.inputs.title, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert page.editor is None
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_N)
    assert page.editor is not None and page.editor.alert_id is None


def test_explain_reads_out_verdict_and_transitions(world: World, page: AlertsPage, qtbot: Any) -> None:
    alert = world.add(asr_alert(), verdict=Verdict.NO_DATA, value=None, calls=18, subjects=0)
    raise_alarm(world, alert)
    world.round()
    page.list.select(alert.id or 0)
    assert world.commands.run("alerts.explain")
    dialog = find(world.window, ExplainDialog, "alert_explain")
    qtbot.waitUntil(lambda: dialog.sentence.text() != "Asking…")
    assert world.service.explained == [(alert.id, None)] and dialog.sentence.text().startswith("It is ready")
    (change,) = dialog.model.rows()
    assert change.text == "ASR 5.4 % < 30.0 %, 294 attempts in 5 min."
    assert dialog.model.cell(0, 4).second == "it was decided to tell people"
    assert dialog.model.cell(0, 1).text == "Alarm raised"
    dialog.reject()


@pytest.mark.parametrize(
    ("area", "operator", "threshold", "usual"),
    [
        (Area.ASR, Operator.LT, 30.0, 33.0),
        (Area.ASR, Operator.LE, 95.0, None),  # 104.5 %: no ASR is above 100
        (Area.PDD, Operator.GT, 4.0, 3.6),
        (Area.PDD, Operator.GT, 0.05, None),
        (Area.BALANCE, Operator.LT, -50.0, -45.0),
        (Area.BALANCE, Operator.LT, 0.0, 0.01),
        (Area.CALLS, Operator.GE, 3.0, 2.0),
        (Area.ASR, Operator.EQ, 30.0, None),
    ],
)
def test_usual_reset(area: Area, operator: Operator, threshold: float, usual: float | None) -> None:
    assert words.usual_reset(area, operator, threshold) == usual


def test_show_item_opens_alerts_new_ones_and_alarms(world: World, page: AlertsPage) -> None:
    everyone = world.add(asr_alert("All carriers", scope=Scope(CompanyKind.CARRIER)), subject=None, value=None)
    alarm = raise_alarm(world, everyone)
    world.round()
    page.show_item(("alarm", alarm))
    assert page.editor is not None and page.editor.alert_id == everyone.id
    assert page.editor.chart.shown == (world.switches[0].id, Subject.company(CompanyKind.CARRIER, "bravo"))
    page.show_item(("new", CompanyKind.CUSTOMER, "acme", world.switches[1].id))
    assert page.editor.form.inputs.names.entries == ("acme",)
    assert page.editor.form.inputs.connection_id.currentData() == world.switches[1].id
    page.show_item(everyone.id)
    assert page.editor.alert_id == everyone.id and len(world.window.pages.open_items) == 2


def test_open_of_a_deleted_alert_says_so(page: AlertsPage, recorder: Recorder) -> None:
    page.show_item(4711)
    assert page.editor is None and "deleted meanwhile" in recorder.failed[-1].sentence


def test_back_keeps_an_editor_with_changes_open_and_the_list_names_it(world: World, page: AlertsPage, qtbot: Any) -> None:
    alert = world.add(asr_alert())
    world.round()
    page.show_item(alert.id)
    assert page.editor is not None
    page.editor.form.inputs.tray.setChecked(False)
    world.commands.run("go.back")
    assert sentence(page) == "1 alert. Not saved, Ctrl+Tab goes there: Low ASR, carrier bravo"
    world.commands.run("go.next_item")
    assert page.editor is not None and page.editor.unsaved == ["tray"]


def test_a_new_alert_is_not_judged_until_its_first_check(world: World, page: AlertsPage) -> None:
    alert = world.add(asr_alert(), verdict=Verdict.NO_DATA, value=None, calls=None, subject=None, judged_at=None)
    world.round()
    assert cell(page, alert, "state").second == "not judged yet" and cell(page, alert, "now").text == "…"
