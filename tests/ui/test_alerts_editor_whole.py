"""The alert editor with everything an alert can have: levels, schedules, penalties, scripts, reports, tags, one company."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QStyle, QStyleOptionComboBox, QWidget
from test_alerts_world import NOW, World, asr_alert, fill, make_world, open_saved

from noc_alerts.model.alerts import Alert, Area, NoData, NoticeLevel, Operator, Penalty, Scope
from noc_alerts.model.changes import Author
from noc_alerts.model.companies import Company, CompanyKind
from noc_alerts.model.contacts import Contact
from noc_alerts.model.schedules import Duty, Repeat, RepeatKind
from noc_alerts.model.scripts import Script
from noc_alerts.model.templates import Template
from noc_alerts.store import open_store
from ui.alerts.editor import AlertEditor
from ui.alerts.form_shape import DECIDES
from ui.alerts.form_values import TAGGED_CARRIERS, TAGGED_CUSTOMERS
from ui.messages import Recorder
from ui.theme import Appearance, theme
from ui.widgets.labels import ElidedLabel, Label

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SOURCE = "function main(data) { return false }"


@pytest.fixture
def world(tmp_path: Path, qtbot: Any) -> Iterator[World]:
    store = open_store(tmp_path)
    store.contacts.save(Contact(None, "mira", ("mira@tessera.example",), ("+442079460812",), ("night shift",)))
    store.templates.save(Template(None, "night", "{{name}}", "{{name}} {{value}}"))
    store.scripts.save(Script(None, "CLI blocks", SOURCE))
    made = make_world(store)
    lon = made.switches[0].id or 0
    gold = [Company(lon, CompanyKind.CUSTOMER, name, name, tags=("gold",)) for name in ("acme", "globex")]
    store.companies.upsert(lon, [*gold, Company(lon, CompanyKind.CUSTOMER, "initech", "initech")], NOW)
    qtbot.addWidget(made.window)
    with qtbot.waitExposed(made.window):
        made.window.show()
    made.window.activateWindow()
    yield made
    store.close()


def open_new(world: World, kind: CompanyKind = CompanyKind.CARRIER, name: str = "bravo") -> AlertEditor:
    world.round()
    world.page.show_item(("new", kind, name, None))
    assert world.page.editor is not None
    return world.page.editor


def choose(editor: AlertEditor, name: str, data: object) -> None:
    """Choose from a combo box as a person does."""
    box = getattr(editor.form.inputs, name)
    assert box.set_data(data), name
    box.activated.emit(box.currentIndex())


def error(editor: AlertEditor, name: str) -> str:
    return editor.form.fields[name].error


def head(editor: AlertEditor) -> str:
    return editor._unsaved.text()


EVERYTHING = {
    "warn_threshold": 40.0,
    "warn_reset": 44.0,
    "strict": True,
    "hold": 3 * MINUTE,
    "keep": 2 * MINUTE,
    "no_data": NoData.ALARM,
    "no_data_after": 20 * MINUTE,
    "duty": Duty.parse("Mon-Fri 22:00-06:00 Europe/Zurich"),
    "repeat": Repeat.of_cron("*/30 * * * *", "Europe/Zurich"),
    "penalty": Penalty(timedelta(days=365), dry_run=True, after=15 * MINUTE, ask=True),
    "recipients": ("noc@tessera.example", "contact mira", "group night shift", "+442079460812"),
    "template": "night",
    "tray": False,
    "tell_recovery": False,
}


@pytest.mark.parametrize(
    "changes",
    [
        EVERYTHING,
        {"scope": Scope(CompanyKind.CUSTOMER, tag="gold"), "area": Area.BALANCE, "sample_period": None, "min_calls": 0},
        {"area": Area.SCRIPT, "operator": Operator.LT, "threshold": None, "reset": None, "script": "CLI blocks", "min_calls": 0},
        {"area": Area.SCRIPT, "operator": Operator.GE, "threshold": -2.5, "reset": None, "script": "gone", "min_calls": 0},
        {"operator": Operator.ALWAYS, "threshold": None, "reset": None, "repeat": Repeat.daily(time(8), "Europe/London")},
        {"operator": Operator.ALWAYS, "threshold": None, "reset": None, "repeat": Repeat.of_every(HOUR, "Asia/Tokyo")},
        {"template": "gone", "no_data": NoData.CLEAR, "recipients": ("contact nobody",)},
        {"area": Area.CONSECUTIVE_FAILURES, "operator": Operator.GE, "threshold": 20.0, "reset": None, "min_calls": 1},
        {"repeat": Repeat.none("Europe/Zurich"), "no_data_after": 20 * MINUTE},
    ],
)
def test_every_alert_comes_back_as_it_was(world: World, changes: dict[str, Any]) -> None:
    editor = open_saved(world, **changes)
    kept = world.store.alerts.get(editor.alert_id or 0)
    assert head(editor) == "" and editor.unsaved == [] and not editor._revert.isEnabled()
    assert editor.save() and world.store.alerts.get(editor.alert_id or 0) == kept
    assert editor.form.alert() == kept


def test_a_second_limit_makes_the_level_critical_and_says_so(world: World, qtbot: Any) -> None:
    editor = open_new(world)
    i, limits = editor.form.inputs, editor.form.limits
    fill(qtbot, i.threshold, "30")
    assert i.level.currentData() == NoticeLevel.WARNING and limits._warning.isHidden()
    limits.second.click()
    assert (i.warn_threshold.text(), i.warn_reset.text()) == ("40.0", "44.0") and limits.second.isHidden()
    assert i.level.currentData() == NoticeLevel.CRITICAL
    assert editor.form.fields["level"]._hint.text() == "Critical now, as the milder limit warns. Called Error in ConnexCS"
    assert QApplication.focusWidget() is i.warn_threshold
    fill(qtbot, i.warn_threshold, "36")
    assert i.warn_reset.text() == "39.6"  # follows, as the first one does
    lines = {(line.value, line.level) for line in editor.chart.chart._limits}
    assert (36.0, NoticeLevel.WARNING) in lines and (30.0, NoticeLevel.CRITICAL) in lines
    fill(qtbot, i.warn_threshold, "25")
    assert error(editor, "warn_threshold") == "The warning must come first: choose a threshold above 30 %."
    fill(qtbot, i.warn_threshold, "")
    assert error(editor, "warn_threshold") == "Enter a number."
    fill(qtbot, i.warn_threshold, "36")
    choose(editor, "level", NoticeLevel.WARNING)
    assert not editor.save() and "must be Critical" in error(editor, "warn_threshold")
    choose(editor, "level", NoticeLevel.CRITICAL)
    assert editor.save()
    (alert,) = world.store.alerts.all()
    assert (alert.warn_threshold, alert.warn_reset, alert.level) == (36.0, 39.6, NoticeLevel.CRITICAL)
    limits.remove.click()
    assert head(editor) == "Not saved: warning threshold, warning reset"
    assert editor.save() and world.store.alerts.all()[0].warn_threshold is None


def test_a_warning_that_clears_too_early_is_refused_at_its_reset(world: World, qtbot: Any) -> None:
    editor = open_saved(world, warn_threshold=40.0, warn_reset=44.0, reset=43.0)
    fill(qtbot, editor.form.inputs.warn_reset, "42")
    assert "must not clear before the critical alarm" in error(editor, "warn_reset")
    assert editor.form.limits.warn_offer.sentence.text() == "" or not editor.form.limits.warn_offer.isHidden()
    assert not editor.save()


def test_a_report_needs_its_times_and_hides_what_is_of_alarms(world: World, qtbot: Any) -> None:
    editor = open_new(world, CompanyKind.CUSTOMER, "acme")
    i, fields = editor.form.inputs, editor.form.fields
    fill(qtbot, i.threshold, "30")
    i.penalty.setEditText("1 h")
    choose(editor, "operator", Operator.ALWAYS)
    for name in ("threshold", "reset", "hold", "keep", "no_data", "penalty"):
        assert fields[name].isHidden(), name
    assert i.strict.isHidden() and i.tell_recovery.isHidden() and editor.form.limits.second.isHidden()
    assert not fields["sample_period"].isHidden() and "ConnexCS hides it" in fields["sample_period"]._hint.text()
    assert editor.form.limits.operator_hint.text() == "A report: told at its times, raises no alarm."
    assert i.title.text() == "ASR report, customer acme" and i.template.currentData() == "report"
    assert editor.form.limits.offer.isHidden() and editor.form.does.penalty_hint.isHidden()
    assert not editor.save() and error(editor, "repeat") == "With Always, say when it is told: choose a repeat."
    choose(editor, "repeat", RepeatKind.DAILY)
    assert error(editor, "repeat") == ""
    assert editor.save()
    (alert,) = world.store.alerts.all()
    assert alert.is_report and alert.repeat == Repeat.daily(time(8), "UTC") and alert.template == "report"
    assert (alert.threshold, alert.reset, alert.penalty) == (None, None, None)
    choose(editor, "operator", Operator.LT)  # what was typed is kept
    assert i.template.currentData() == "alert" and not fields["threshold"].isHidden()


def test_a_wrong_cron_is_refused_at_its_field(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    i = editor.form.inputs
    choose(editor, "repeat", RepeatKind.CRON)
    fill(qtbot, i.repeat_at.cron, "0 8 * *")
    assert "five fields" in error(editor, "repeat_at") and error(editor, "repeat") == ""
    assert head(editor) == "1 field to correct before saving"
    assert not editor.save() and QApplication.focusWidget() is i.repeat_at.cron
    fill(qtbot, i.repeat_at.cron, "0 8 * * 1-5")
    assert error(editor, "repeat_at") == "" and "Monday to Friday" in i.repeat_at.said.text()
    fill(qtbot, i.repeat_at.zone, "Nowhere/Land")
    assert "There is no time zone" in error(editor, "repeat_at")
    editor.form.show_wrong()
    assert QApplication.focusWidget() is i.repeat_at.zone
    fill(qtbot, i.repeat_at.zone, "Europe/Zurich")
    assert editor.save()
    assert world.store.alerts.all()[0].repeat == Repeat.of_cron("0 8 * * 1-5", "Europe/Zurich")


def test_active_hours_are_chosen_by_day_and_hour(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    i = editor.form.inputs
    assert editor.form.fields["duty_at"].isHidden()
    choose(editor, "duty", True)
    fill(qtbot, i.duty_at.begin, "22")
    fill(qtbot, i.duty_at.end, "6")
    qtbot.mouseClick(i.duty_at.days[5], Qt.MouseButton.LeftButton)
    assert i.duty_at.said.text().startswith("Mon-Sat 22:00-06:00 UTC, over midnight.")
    assert head(editor) == "Not saved: active hours"
    fill(qtbot, i.duty_at.end, "26")
    assert "is not a time of day" in error(editor, "duty_at")
    fill(qtbot, i.duty_at.end, "06:30")
    assert editor.save() and world.store.alerts.all()[0].duty == Duty.parse("Mon-Sat 22:00-06:30 UTC")


def test_a_script_decides_or_is_held_against_a_threshold(world: World, qtbot: Any) -> None:
    editor = open_new(world)
    i, fields = editor.form.inputs, editor.form.fields
    choose(editor, "area", Area.SCRIPT)
    assert i.operator.currentData() == DECIDES and fields["threshold"].isHidden() and fields["min_calls"].isHidden()
    assert not editor.save() and error(editor, "script") == "Choose the script that is run."
    choose(editor, "script", "CLI blocks")
    assert i.title.text() == "CLI blocks, carrier bravo"
    assert editor.save()
    alert = world.store.alerts.all()[0]
    assert (alert.script, alert.threshold, alert.area) == ("CLI blocks", None, Area.SCRIPT)
    choose(editor, "operator", Operator.GT)
    fill(qtbot, i.threshold, "1,25")
    assert editor.save() and world.store.alerts.all()[0].threshold == 1.25
    editor.form.watching.scripts_link.click()
    assert world.went[-1] == ("scripts", None)
    qtbot.waitUntil(lambda: editor.chart._state.state is not None)
    state = editor.chart._state.state
    assert state is not None and state.title == "A script has no chart"


def test_by_tag(world: World, qtbot: Any) -> None:
    editor = open_new(world, CompanyKind.CUSTOMER, "")
    i = editor.form.inputs
    choose(editor, "kind", TAGGED_CUSTOMERS)
    fill(qtbot, i.threshold, "30")
    assert not editor.save() and error(editor, "tag") == "Enter a tag as the customers carry it at the switch."
    fill(qtbot, i.tag, "gold")
    assert i.title.text() == "Low ASR, customers tagged gold" and editor.form.fields["tag"]._hint.text() == ""
    qtbot.waitUntil(lambda: editor.chart.chooser.count() == 2)
    assert editor.save() and world.store.alerts.all()[0].scope == Scope(CompanyKind.CUSTOMER, tag="gold")
    choose(editor, "kind", TAGGED_CARRIERS)
    assert editor.form.fields["tag"]._hint.text() == "No carrier carries this tag yet."


def test_sample_periods_are_those_of_the_issue(world: World) -> None:
    editor = open_new(world)
    box = editor.form.inputs.sample_period
    offered = [box.itemData(at) for at in range(box.count())]
    assert offered == [timedelta(minutes=m) for m in (5, 10, 15, 30, 60, 180, 360, 720, 1440)]
    box = editor.form.inputs.penalty
    assert [box.itemText(at).replace("\N{THIN SPACE}", " ") for at in range(box.count())] == [
        "Disabled", "1 min", "5 min", "15 min", "1 h", "1 d", "1 year",
    ]  # fmt: skip


def test_min_calls_follow_the_area_until_typed(world: World, qtbot: Any) -> None:
    editor = open_new(world)
    i = editor.form.inputs
    choose(editor, "area", Area.ACD)
    assert i.min_calls.value == 30
    fill(qtbot, i.min_calls, "77")
    choose(editor, "area", Area.NER)
    assert i.min_calls.value == 77
    for calls, then in ((50, 30), (20, 20)):  # of a saved alert: the default follows, what somebody chose stays
        saved = open_saved(world, title=f"Saved {calls}", min_calls=calls)
        choose(saved, "area", Area.PDD)
        assert saved.form.inputs.min_calls.value == then


def test_a_penalty_is_saved_with_its_brakes(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    i = editor.form.inputs
    assert i.penalty_ask.isHidden()
    i.penalty.setEditText("1 year")
    assert not i.penalty_ask.isHidden() and editor.form.does.penalty_hint.text().endswith("back to Active after 1 year.")
    i.penalty_after.setEditText("10 min")
    i.penalty_dry_run.setChecked(True)
    assert head(editor) == "Not saved: penalty, block when, dry run"
    assert editor.save()
    assert world.store.alerts.all()[0].penalty == Penalty(timedelta(days=365), dry_run=True, after=10 * MINUTE)
    i.penalty.setEditText("2 years and a day")
    assert not editor.save() and "is not a length of time" in error(editor, "penalty")
    i.penalty.setEditText("900 d")
    assert not editor.save() and error(editor, "penalty") == "A penalty lasts between 1 min and 1 year."


def test_recipients_of_every_kind_are_checked_as_typed(world: World, qtbot: Any) -> None:
    editor = open_saved(world, recipients=())
    i, told = editor.form.inputs, editor.form.told
    fill(qtbot, i.recipients._input, "noc@tessera.example, +44 20 7946 0812, group night shift")
    assert i.recipients.entries == ("noc@tessera.example", "+442079460812", "group night shift")
    assert [chip._icon for chip in i.recipients._entries] == ["mail", "phone", "tag"]
    assert told.sms_hint.text() == "No SMS gateway is set up, so text messages are not sent." and not told.sms_hint.isHidden()
    fill(qtbot, i.recipients._input, "contact nobody")
    assert i.recipients.pending == "contact nobody" and "nobody" in error(editor, "recipients")
    fill(qtbot, i.recipients._input, "+44 12")
    assert i.recipients.pending == "+44 12" and error(editor, "recipients")
    fill(qtbot, i.recipients._input, "contact mira")
    assert editor.save() and i.recipients._entries[-1].text() == "mira"
    assert world.store.alerts.all()[0].recipients[-1] == "contact mira"
    offered = i.recipients._offered.stringList()
    assert {"contact mira", "group night shift", "noc@tessera.example"} <= {*offered, *world.store.alerts.all()[0].recipients}


def test_addresses_of_other_alerts_and_people_are_offered(world: World) -> None:
    world.add(asr_alert("Other", recipients=("other@tessera.example", "contact mira")))
    editor = open_new(world)
    offered = editor.form.inputs.recipients._offered.stringList()
    assert offered == ["contact mira", "group night shift", "other@tessera.example"]


def test_templates_and_their_editor(world: World) -> None:
    editor = open_saved(world)
    i = editor.form.inputs
    assert [i.template.itemData(at) for at in range(i.template.count())] == ["alert", "report", "night"]
    choose(editor, "template", "night")
    editor.form.told.edit.click()
    assert world.went[-1] == ("templates", "night")
    world.store.templates.save(Template(None, "later", "{{name}}", "text"))
    editor.hide()
    editor.show()
    assert i.template.findData("later") >= 0 and i.template.currentData() == "night"


def test_equal_on_a_ratio_warns_and_saves(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    choose(editor, "operator", Operator.EQ)
    assert "hardly ever fire" in editor.form.limits.operator_hint.text()
    assert editor.save() and world.store.alerts.all()[0].operator is Operator.EQ


# --- one company's own view ---------------------------------------------------------------------------------------------


def editor_for(world: World, alert: Alert | None, qtbot: Any) -> AlertEditor:
    from ui.alerts.form_values import new_draft

    world.round()
    draft = new_draft(CompanyKind.CUSTOMER, ("acme",), None)
    fixed = (CompanyKind.CUSTOMER, "acme")
    editor = AlertEditor(world.context, alert, world.page.list.model.find, lambda: NOW, draft=draft, fixed=fixed)
    qtbot.addWidget(editor)
    return editor


def test_a_customers_own_view_asks_no_company(world: World, qtbot: Any) -> None:
    editor = editor_for(world, None, qtbot)
    assert editor.form.fields["kind"].isHidden() and editor.form.fields["names"].isHidden()
    assert editor._title.text() == "customer acme: New alert"
    assert editor.form.watching.company.text() == "customer acme"
    fill(qtbot, editor.form.inputs.threshold, "30")
    assert editor.save()
    (alert,) = world.store.alerts.all()
    assert alert.scope == Scope(CompanyKind.CUSTOMER, ("acme",)) and alert.title == "Low ASR, customer acme"
    editor.close_for_good()
    shared = world.add(asr_alert("Shared", scope=Scope(CompanyKind.CUSTOMER, ("acme", "globex"))))
    wider = editor_for(world, shared, qtbot)
    assert not wider.form.fields["names"].isHidden()  # saving it must not take globex out
    wider.close_for_good()


# --- changed elsewhere ----------------------------------------------------------------------------------------------------


def save_elsewhere(world: World, editor: AlertEditor, **changes: Any) -> None:
    from dataclasses import replace

    kept = world.store.alerts.get(editor.alert_id or 0)
    assert kept is not None
    world.store.alerts.save(replace(kept, **changes), by=Author("tomas", NOW - 2 * MINUTE))


def test_changed_elsewhere_is_said_and_mine_can_be_kept(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    i = editor.form.inputs
    fill(qtbot, i.threshold, "20")
    save_elsewhere(world, editor, threshold=25.0, title="Low ASR, renamed")
    editor.tick(NOW)
    assert editor.banner.sentence.text() == "tomas saved this alert at 04:10. What you typed here is not saved."
    assert not editor.banner.isHidden() and i.threshold.text() == "20.0"
    world.press("Ctrl+S")  # not before it is decided
    assert world.store.alerts.all()[0].threshold == 25.0 and QApplication.focusWidget() is editor.banner.both
    dialog = editor.show_both()
    assert dialog is not None
    rows = [[dialog.model.cell(row, at).plain for at in range(3)] for row in range(dialog.model.rowCount())]
    assert rows == [["title", "Low ASR, renamed", "Low ASR, carrier bravo"], ["threshold", "25 %", "20 %"]]
    dialog.reject()
    editor.banner.mine.click()
    assert editor.banner.isHidden() and head(editor) == "Not saved: title, threshold"
    assert editor.save() and world.store.alerts.all()[0].threshold == 20.0
    assert world.store.alerts.history(editor.alert_id or 0)[0].who == "mira"


def test_theirs_can_be_taken(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    fill(qtbot, editor.form.inputs.threshold, "20")
    save_elsewhere(world, editor, threshold=25.0, title="Low ASR, renamed")
    editor.tick(NOW)
    editor.banner.theirs.click()
    assert (editor.form.inputs.threshold.text(), editor._title.text()) == ("25.0", "Low ASR, renamed")
    assert head(editor) == "" and editor.banner.isHidden()


def test_changed_elsewhere_with_nothing_typed_is_shown_at_once(world: World, recorder: Recorder) -> None:
    editor = open_saved(world)
    save_elsewhere(world, editor, threshold=25.0)
    editor.tick(NOW)
    assert editor.form.inputs.threshold.text() == "25.0" and editor.banner.isHidden()
    assert recorder.said[-1].words.startswith("tomas saved Low ASR, carrier bravo at 04:10")


def test_what_the_list_does_is_no_change_elsewhere(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    world.add(asr_alert("Other"))
    fill(qtbot, editor.form.inputs.threshold, "20")
    save_elsewhere(world, editor, enabled=False, paused_until=NOW + HOUR)
    editor.tick(NOW)
    assert editor.banner.isHidden() and editor.save()
    (mine,) = (each for each in world.store.alerts.all() if each.id == editor.alert_id)
    assert (mine.threshold, mine.enabled) == (20.0, False)


def test_both_versions_also_while_mine_is_wrong(world: World, qtbot: Any) -> None:
    editor = open_saved(world)
    fill(qtbot, editor.form.inputs.threshold, "x")
    save_elsewhere(world, editor, keep=9 * MINUTE)
    editor.tick(NOW)
    dialog = editor.show_both()
    assert dialog is not None
    assert [dialog.model.cell(0, at).plain for at in range(3)] == ["clears after", "0 s", "9 min"]
    dialog.reject()


# --- keyboard, sizes --------------------------------------------------------------------------------------------------------


def tab_to(qtbot: Any, name: str) -> QWidget:
    """Go forward by Tab to a widget; fail when it does not come."""
    seen = []
    for _ in range(60):
        widget = QApplication.focusWidget()
        assert widget is not None
        if widget.objectName() == name:
            return widget
        seen.append(widget.objectName())
        qtbot.keyClick(widget, Qt.Key.Key_Tab)
    raise AssertionError(f"Tab does not lead to {name}: {seen}")


def test_a_whole_alert_by_keyboard_only_in_reading_order(world: World, qtbot: Any) -> None:
    editor = open_new(world)

    def type_into(name: str, words: str) -> None:
        widget = tab_to(qtbot, name)
        qtbot.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClicks(widget, words)

    def step(name: str, words: str) -> None:
        box = tab_to(qtbot, name)
        assert isinstance(box, QComboBox)
        for _ in range(box.count()):
            if box.currentText().replace("\N{THIN SPACE}", " ") == words:
                return
            qtbot.keyClick(box, Qt.Key.Key_Down)
        raise AssertionError(f"{name} does not offer {words}")

    def press(name: str) -> None:
        qtbot.keyClick(tab_to(qtbot, name), Qt.Key.Key_Space)

    editor.form.inputs.title.setFocus()
    type_into("alert_title", "By keyboard")
    step("alert_kind", "Named customers")
    step("alert_area", "ASR, answered of attempts")
    qtbot.keyClick(tab_to(qtbot, "alert_names_bravo"), Qt.Key.Key_Delete)
    type_into("alert_names_input", "acme")
    step("alert_switch", "fra-1")
    type_into("alert_sample_period", "20 min")
    type_into("alert_min_calls", "40")
    step("alert_operator", "≤")
    type_into("alert_threshold", "15")
    press("alert_second_limit")
    type_into("alert_warn_threshold", "30")
    press("alert_strict")
    type_into("alert_hold", "90 s")
    type_into("alert_keep", "5 min")
    step("alert_no_data", "Alarm after…")
    step("alert_duty", "In certain hours…")
    type_into("alert_no_data_after", "30 min")
    press("alert_duty_fri")
    type_into("alert_duty_from", "20")
    type_into("alert_duty_until", "4")
    type_into("alert_duty_zone", "Asia/Tokyo")
    step("alert_repeat", "Every…")
    type_into("alert_repeat_every", "45 min")
    type_into("alert_penalty", "2 h")
    type_into("alert_penalty_after", "10 min")
    press("alert_penalty_ask")
    press("alert_penalty_dry_run")
    type_into("alert_recipients_input", "contact mira, noc@tessera.example")
    step("alert_template", "night")
    press("alert_tray")
    press("alert_tell_recovery")
    world.press("Ctrl+S")
    assert editor.form.wrong == []
    (alert,) = world.store.alerts.all()
    assert alert == Alert(
        alert.id,
        "By keyboard",
        Scope(CompanyKind.CUSTOMER, ("acme",)),
        Area.ASR,
        Operator.LE,
        15.0,
        16.5,
        20 * MINUTE,
        40,
        timedelta(seconds=90),
        5 * MINUTE,
        NoticeLevel.CRITICAL,
        ("contact mira", "noc@tessera.example"),
        tray=False,
        tell_recovery=False,
        connection_id=world.switches[1].id,
        warn_threshold=30.0,
        warn_reset=33.0,
        strict=True,
        no_data=NoData.ALARM,
        no_data_after=30 * MINUTE,
        duty=Duty.parse("Mon-Thu 20:00-04:00 Asia/Tokyo"),
        repeat=Repeat.of_every(45 * MINUTE),
        penalty=Penalty(2 * HOUR, dry_run=True, after=10 * MINUTE, ask=True),
        template="night",
    )


def cut(root: QWidget) -> list[str]:
    """Return what is shown below `root` and has no room for its words."""
    found = []
    for label in root.findChildren(Label):
        if not label.isVisible() or isinstance(label, ElidedLabel) or not label.text():
            continue
        needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
        wide = 0 if label.wordWrap() else label.sizeHint().width()
        if label.height() < needed or label.width() < wide:
            found.append(f"{label.objectName()}: {label.text()}")
    for box in root.findChildren(QComboBox):
        option = QStyleOptionComboBox()
        box.initStyleOption(option)
        style = QStyle.SubControl.SC_ComboBoxEditField
        room = box.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, style, box).width() - 2
        icon = 20 if not box.itemIcon(box.currentIndex()).isNull() else 0
        if box.isVisible() and box.fontMetrics().horizontalAdvance(box.currentText()) + icon > room:
            found.append(f"{box.objectName()}: {box.currentText()}")
    return found


@pytest.mark.parametrize("look", [Appearance.DARK, Appearance.LIGHT])
@pytest.mark.parametrize(("size", "scale"), [((1600, 1000), 1.0), ((1180, 720), 1.0), ((1600, 1000), 1.5), ((1180, 720), 1.5)])
def test_no_words_are_cut(world: World, qtbot: Any, look: Appearance, size: tuple[int, int], scale: float) -> None:
    theme.set_appearance(look, scale)
    world.window.resize(*size)
    editor = open_saved(
        world, **EVERYTHING | {"recipients": ("a.very.long.address@customer-care.tessera.example", "+442079460812")}
    )
    i = editor.form.inputs
    qtbot.wait(30)
    assert cut(editor.form) == [] and cut(editor.test) == []
    for box in (i.kind, i.area, i.no_data, i.duty, i.level, i.repeat):
        for at in range(box.count()):
            box.setCurrentIndex(at)
            assert [each for each in cut(editor.form) if each.startswith(f"{box.objectName()}:")] == []
    inside = editor.form.findChild(QWidget, "alert_form_sections")
    assert inside is not None and inside.width() <= theme.px(480)
    for field in editor.form.fields.values():
        if field.isVisible():
            assert field.mapTo(inside, field.rect().topRight()).x() <= inside.width(), field.objectName()
