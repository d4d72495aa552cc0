"""The Alerts screen under attack: pasted rubbish, a store that fails, changes from elsewhere, thousands of alerts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from test_alerts_exchange import preview
from test_alerts_world import NOW, World, asr_alert, fill, make_world, open_saved

from noc_alerts.model.alerts import MAX_TITLE, Alert, Area, Scope
from noc_alerts.model.changes import Author
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.contacts import Contact
from noc_alerts.model.schedules import RepeatKind
from noc_alerts.model.scripts import Script
from noc_alerts.model.templates import Template
from noc_alerts.rulebook import export_rules
from noc_alerts.store import Store, open_store
from ui.alerts.bulk_recipients import RecipientsDialog
from ui.alerts.editor import AlertEditor
from ui.alerts.form_values import TAGGED_CARRIERS
from ui.alerts.history import HistoryDialog
from ui.messages import Recorder
from ui.pages import Place
from ui.quitting import Quitting

RTL, EMOJI = "تنبيه منخفض ASR", "🔥 ASR 👩‍💻 low"


@pytest.fixture
def world(tmp_path: Path, qtbot: Any) -> Iterator[World]:
    store = open_store(tmp_path)
    store.contacts.save(Contact(None, "mira", ("mira@tessera.example",), (), ("night shift",)))
    store.templates.save(Template(None, "night", "{{name}}", "{{name}} {{value}}"))
    store.scripts.save(Script(None, "CLI blocks", "function main() { return false }"))
    made = make_world(store)
    qtbot.addWidget(made.window)
    with qtbot.waitExposed(made.window):
        made.window.show()
    made.window.activateWindow()
    yield made
    store.close()


def lock(store: Store, on: bool = True) -> None:
    """Answer every write as a read-only file system does."""
    with store._noc.bare() as connection:
        connection.execute(f"PRAGMA query_only = {'ON' if on else 'OFF'}").close()


def fill_disk(store: Store) -> None:
    """Let the file grow no more."""
    with store._noc.bare() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}").close()


def paste(field: QLineEdit, words: str) -> None:
    """Paste in place of what is in a field, as a person does."""
    clipboard = QApplication.clipboard()
    clipboard.setText(words)
    field.setFocus()
    field.selectAll()
    field.paste()


def put(qtbot: Any, field: QLineEdit, words: str) -> None:
    """Paste, as characters that no key of this keyboard has, and leave the field."""
    paste(field, words)
    field.textEdited.emit(field.text())
    qtbot.keyClick(field, Qt.Key.Key_Tab)


def open_new(world: World) -> AlertEditor:
    world.round()
    world.page.show_item(("new", CompanyKind.CARRIER, "bravo", None))
    assert world.page.editor is not None
    return world.page.editor


def line_of(editor: AlertEditor, name: str) -> QLineEdit:
    found = editor.findChild(QLineEdit, name)
    assert found is not None, name
    return found


def only(world: World, title: str) -> Alert:
    return next(alert for alert in world.store.alerts.all() if alert.title == title)


# --- titles ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["x" * MAX_TITLE, RTL, EMOJI, "<b>&amp; {{ name }}", "'; drop table alert; --"])
def test_any_title_is_saved_shown_and_found_again(world: World, qtbot: Any, title: str) -> None:
    editor = open_new(world)
    paste(editor.form.inputs.title, title)
    fill(qtbot, editor.form.inputs.threshold, "30")
    assert editor.save()
    assert only(world, title).title == title and editor.title == title and editor.unsaved == []
    world.window.open_page("alerts")
    assert title in [row.alert.title for row in world.page.list.model.rows()]
    world.window.grab()


def test_line_ends_pasted_into_a_title_are_blanks(world: World, qtbot: Any) -> None:
    editor = open_new(world)
    paste(editor.form.inputs.title, "Low ASR\nBcc: x@y.example\r\n\tbravo\u2028two")
    fill(qtbot, editor.form.inputs.threshold, "30")
    assert editor.save()
    assert only(world, "Low ASR Bcc: x@y.example bravo two")


def test_a_title_too_long_is_said_at_the_field(world: World, qtbot: Any) -> None:
    editor = open_new(world)
    paste(editor.form.inputs.title, "x" * (MAX_TITLE + 1))
    fill(qtbot, editor.form.inputs.threshold, "30")
    if not editor.save():
        assert "129" in editor.form.fields["title"].error and world.store.alerts.all() == []
    else:
        assert len(world.store.alerts.all()[0].title) == MAX_TITLE


# --- numbers, lengths, crons, zones ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["1e309", "NaN", "inf", "-inf", "0x1F", "1.2.3", "--1", "9" * 400, "1" + "0" * 309, "½", "1_000", "+", "."]
)
def test_no_numbers_are_said_at_the_field(world: World, qtbot: Any, typed: str) -> None:
    for area in (Area.ASR, Area.BALANCE):
        editor = open_new(world)
        editor.form.inputs.area.set_data(area)
        editor.form._on_area_chosen(area)
        put(qtbot, editor.form.inputs.threshold, typed)
        assert not editor.save()
        assert editor.form.fields["threshold"].error, (area, typed)
        assert editor.form.inputs.threshold.text() == typed  # to be mended
    assert world.store.alerts.all() == []


@pytest.mark.parametrize(("typed", "meant"), [("１２", 12.0), ("-0", 0.0), ("1.234,5", 1234.5), (" 7 ", 7.0), ("1 200", 1200.0)])
def test_numbers_as_people_type_them(world: World, qtbot: Any, typed: str, meant: float) -> None:
    editor = open_new(world)
    editor.form.inputs.area.set_data(Area.BALANCE)
    editor.form._on_area_chosen(Area.BALANCE)
    put(qtbot, editor.form.inputs.threshold, typed)
    assert editor.save(), editor.form.wrong
    (alert,) = world.store.alerts.all()
    assert alert.threshold == meant and str(alert.threshold) == str(meant)
    assert "\N{MINUS SIGN}0" not in editor.form.inputs.threshold.text()


@pytest.mark.parametrize("typed", ["99999 h", "9" * 500 + " h", "-5 min", "NaN", "1e9 s", "5 parsecs", "0,0000001 s", "2 h 3 d"])
def test_no_lengths_are_said_at_the_field(world: World, qtbot: Any, typed: str) -> None:
    editor = open_saved(world)
    for name in ("alert_sample_period_text", "alert_hold_text", "alert_penalty_text"):
        fill(qtbot, line_of(editor, name), typed)
    kept = world.store.alerts.all()[0]
    saved = editor.save()
    after = world.store.alerts.all()[0]
    assert not saved and after == kept, (typed, after.sample_period, after.hold, after.penalty)
    assert "sample_period" in editor.form.wrong


@pytest.mark.parametrize(
    "typed", ["*/0 * * * *", "* * * *", "61 * * * *", "* * 31 2 *", "@reboot", "0 " * 5000, "*" * 10_000, "1-" * 5000, ""]
)
def test_no_crons_are_said_at_the_field_at_once(world: World, qtbot: Any, typed: str) -> None:
    editor = open_saved(world)
    editor.form.inputs.repeat.set_data(RepeatKind.CRON)
    editor.form.inputs.repeat_at._on_chosen(None)
    began = time.perf_counter()
    paste(editor.form.inputs.repeat_at.cron, typed)
    editor.form.inputs.repeat_at.cron.textEdited.emit(typed)
    assert not editor.save()
    assert time.perf_counter() - began < 2
    assert "repeat_at" in editor.form.wrong and len(editor.form.fields["repeat_at"].error) < 300


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/localtime", "UTC\n", "", "x" * 5000, "Europe"])
def test_a_zone_that_is_none_is_said(world: World, qtbot: Any, zone: str) -> None:
    editor = open_saved(world)
    editor.form.inputs.repeat.set_data(RepeatKind.DAILY)
    editor.form.inputs.repeat_at._on_chosen(None)
    paste(editor.form.inputs.repeat_at.zone, zone)
    editor.form.inputs.repeat_at.zone.textEdited.emit(zone)
    if editor.save():
        assert world.store.alerts.all()[0].repeat.zone == zone.strip() == "UTC"
    else:
        assert "repeat_at" in editor.form.wrong


# --- recipients and companies ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("between", [",", "; ", "\n", "\r\n", ", \n", "\t"])
def test_three_hundred_recipients_are_pasted_at_once(world: World, qtbot: Any, between: str) -> None:
    editor = open_saved(world)
    wanted = [f"person{at}@carrier.example" for at in range(300)]
    field = line_of(editor, "alert_recipients_input")
    began = time.perf_counter()
    paste(field, between.join(wanted))
    qtbot.keyClick(field, Qt.Key.Key_Return)
    took = time.perf_counter() - began
    assert editor.form.inputs.recipients.entries[1:] == tuple(wanted)
    assert took < 3.0
    if editor.save():
        assert world.store.alerts.all()[0].recipients[1:] == tuple(wanted)
    else:
        assert editor.form.fields["recipients"].error


def test_some_wrong_recipients_of_many_stay_to_be_mended(world: World, qtbot: Any) -> None:
    editor = open_saved(world, recipients=())
    field = line_of(editor, "alert_recipients_input")
    paste(field, "a@carrier.example\nnobody\nb@carrier.example\n\n@\n")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert editor.form.inputs.recipients.entries == ("a@carrier.example", "b@carrier.example")
    assert field.text() == "nobody, @"


def test_company_names_with_commas(world: World, qtbot: Any) -> None:
    editor = open_new(world)
    form = editor.form
    form.know_companies([(CompanyKind.CARRIER, "Acme, Inc."), (CompanyKind.CARRIER, "Acme"), (CompanyKind.CARRIER, "bravo; co")])
    form.inputs.names.set_entries(())
    field = line_of(editor, "alert_names_input")
    field.setFocus()
    QTest.keyClicks(field, "acme, inc.")
    form.inputs.names.take_typed()
    assert list(form.inputs.names.entries) == ["Acme, Inc."]
    paste(field, "Acme, Acme, Inc., bravo; co, echo")
    form.inputs.names.take_typed()
    assert list(form.inputs.names.entries) == ["Acme, Inc.", "Acme", "bravo; co", "echo"]
    form.inputs.names._on_completed("Acme, Inc.")
    assert list(form.inputs.names.entries) == ["Acme, Inc.", "Acme", "bravo; co", "echo"] and field.text() == ""
    fill(qtbot, form.inputs.threshold, "30")
    assert editor.save() and world.store.alerts.all()[0].scope.names == ("Acme, Inc.", "Acme", "bravo; co", "echo")


def test_a_tag_nobody_has_is_said_and_saved(world: World, qtbot: Any) -> None:
    editor = open_new(world)
    editor.form.inputs.kind.set_data(TAGGED_CARRIERS)
    editor.form._on_scope_chosen(None)
    fill(qtbot, editor.form.inputs.tag, "nobody has this")
    fill(qtbot, editor.form.inputs.threshold, "30")
    assert editor.save() and world.store.alerts.all()[0].scope.tag == "nobody has this"


# --- a store that fails ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("break_it", [lock, fill_disk])
def test_a_store_that_cannot_write_keeps_what_is_typed(
    world: World, qtbot: Any, recorder: Recorder, break_it: Callable[[Store], None]
) -> None:
    editor = open_saved(world)
    alert = world.store.alerts.all()[0]
    fill(qtbot, editor.form.inputs.threshold, "22")
    big = "x" * 100 + "@example.net"
    editor.form.inputs.recipients.set_entries([f"{at}{big}" for at in range(200)])
    break_it(world.store)
    assert not editor.save()
    assert recorder.failed[-1].title == "The alert was not saved" and "kept" in recorder.failed[-1].sentence
    assert "threshold" in editor.unsaved and editor.form.threshold() == 22 and world.store.alerts.all() == [alert]
    if break_it is lock:
        world.window.open_page("alerts")
        world.page.list.select(alert.id or 0)
        world.press("Del")
        assert recorder.failed[-1].title == f"{alert.title} was not deleted"
        world.page.list.set_enabled(False)
        assert "not changed" in recorder.failed[-1].title
        world.page.duplicate()
        assert recorder.failed[-1].title == "No copy was made"
        assert world.store.alerts.all() == [alert]
        lock(world.store, on=False)
        assert editor.save()


def test_quit_saves_alerts_too_and_stays_where_one_is_wrong(world: World, qtbot: Any, recorder: Recorder) -> None:
    quits: list[int] = []
    quitting = Quitting(world.window, lambda: quits.append(1))
    first, second = open_saved(world, title="First"), open_saved(world, title="Second")
    fill(qtbot, second.form.inputs.threshold, "21")
    world.window.pages.go_to(Place("alerts", str(first.alert_id)))
    fill(qtbot, first.form.inputs.threshold, "rubbish")
    recorder.answers["quit_unsaved"] = "save"
    quitting.ask()
    assert "2 editors have changes that are not saved: First, Second." in recorder.asked[-1].sentence
    assert quits == [] and world.page.editor is first and first.form.wrong == ["threshold"]
    fill(qtbot, first.form.inputs.threshold, "20")
    quitting.ask()
    assert quits == [1] and [alert.threshold for alert in world.store.alerts.all()] == [20.0, 21.0]


# --- changed elsewhere ----------------------------------------------------------------------------------------------------


def test_names_that_change_while_a_new_alert_is_typed(world: World, qtbot: Any, recorder: Recorder) -> None:
    editor = open_new(world)
    fill(qtbot, editor.form.inputs.threshold, "30")
    editor.form.inputs.recipients.set_entries(["group night shift", "contact mira"])
    editor.form.inputs.template.set_data("night")
    (template,), (mira,) = world.store.templates.all(), world.store.contacts.all()
    world.store.templates.save(replace(template, name="dusk"))
    world.store.contacts.rename_group("night shift", "days")
    world.store.contacts.save(replace(world.store.contacts.get("mira") or mira, name="mira b"))
    assert not editor.save()
    assert set(editor.form.wrong) & {"template", "recipients"}, editor.form.wrong
    world.window.open_page("alerts")
    world.window.pages.go_to(Place("alerts", "new-1"))  # the form offers the new names when it is shown again
    editor.form.inputs.template.set_data("dusk")
    editor.form.inputs.recipients.set_entries(["group days", "contact mira b"])
    assert editor.save(), [editor.form.fields[name].error for name in editor.form.wrong]


def test_a_group_renamed_while_its_alert_is_open_with_other_changes(world: World, qtbot: Any) -> None:
    editor = open_saved(world, recipients=("group night shift",))
    fill(qtbot, editor.form.inputs.threshold, "22")
    world.store.contacts.rename_group("night shift", "days")
    editor.tick(NOW)
    if editor.banner.isVisible():
        editor.keep_mine()
    saved = editor.save()
    kept = world.store.alerts.all()[0]
    assert kept.recipients == ("group days",), "the old name is not put back"
    assert saved and kept.threshold == 22


def test_a_script_deleted_and_a_template_renamed_meanwhile(world: World, qtbot: Any) -> None:
    editor = open_saved(world, template="night")
    fill(qtbot, editor.form.inputs.threshold, "22")
    (template,) = world.store.templates.all()
    world.store.templates.save(replace(template, name="dusk"))
    editor.tick(NOW)
    if editor.banner.isVisible():
        editor.keep_mine()
    assert editor.save(), [editor.form.fields[name].error for name in editor.form.wrong]
    kept = world.store.alerts.all()[0]
    assert (kept.template, kept.threshold) == ("dusk", 22)


def test_bulk_on_a_selection_of_which_one_was_deleted(world: World, qtbot: Any, recorder: Recorder) -> None:
    alerts = [world.add(asr_alert(f"Alert {at}")) for at in range(3)]
    world.round()
    view = world.page.list.area.view
    view.selectAll()
    world.page.commands.ask_recipients()
    dialog = world.window.findChild(RecipientsDialog, "recipients_dialog")
    assert dialog is not None
    dialog.entries.set_entries(["new@tessera.example"])
    world.store.alerts.delete(alerts[1].id or 0)
    world.store.alerts.save(replace(alerts[2], threshold=12.0))
    dialog._tell()
    dialog._on_do()
    kept = {alert.title: alert for alert in world.store.alerts.all()}
    assert sorted(kept) == ["Alert 0", "Alert 2"]
    assert kept["Alert 2"].threshold == 12.0, "what somebody else changed is not put back"
    assert all("new@tessera.example" in alert.recipients for alert in kept.values()), recorder.failed
    assert "1" in recorder.said[-1].words + "".join(each.sentence for each in recorder.failed)


def test_undo_after_undo_of_a_delete(world: World, recorder: Recorder) -> None:
    alerts = [world.add(asr_alert(f"Alert {at}")) for at in range(2)]
    world.round()
    world.page.list.area.view.selectAll()
    world.press("Del")
    undo = recorder.said[-1].undo
    assert undo is not None
    undo()
    undo()
    assert world.store.alerts.all() == alerts
    assert "not brought back" in recorder.failed[-1].title


def test_the_file_that_changes_under_the_preview_is_imported_as_shown(
    world: World, qtbot: Any, tmp_path: Path, recorder: Recorder
) -> None:
    world.add(asr_alert("Alert 0"))
    world.round()
    path = tmp_path / "rules.yaml"
    text = export_rules(world.store)
    path.write_text(text.replace("threshold: 30", "threshold: 28"), encoding="utf-8")
    dialog = preview(world, world.page, path, qtbot)
    path.write_text(text.replace("threshold: 30", "threshold: 11"), encoding="utf-8")
    dialog.start()
    qtbot.waitUntil(lambda: bool(recorder.said))
    assert world.store.alerts.all()[0].threshold == 28.0
    path.unlink()


def test_a_version_whose_template_is_gone_is_refused_with_a_sentence(world: World, qtbot: Any, recorder: Recorder) -> None:
    by = Author("kim", NOW)
    alert = world.store.alerts.save(asr_alert("Alert 0", template="night"), by)
    world.stands(alert)
    world.store.alerts.save(replace(alert, template="alert"), by)
    world.store.templates.delete(world.store.templates.all()[0].id or 0)
    world.round()
    world.page.list.select(alert.id or 0)
    world.page.show_history()
    dialog = world.window.findChild(HistoryDialog, "alert_history")
    assert dialog is not None
    dialog.changes.view.select_key(dialog.changes.changes.rows()[-1].id)
    dialog.revert.click()
    now = world.store.alerts.get(alert.id or 0)
    assert now is not None and now.template == "alert"
    assert "night" in dialog.sentence.text()
    dialog.reject()


def test_a_version_from_before_the_history_can_be_gone_back_to(world: World, qtbot: Any, recorder: Recorder) -> None:
    alert = world.add(asr_alert("Alert 0"))  # nobody signed it: it was there before changes were kept
    world.store.alerts.save(replace(alert, threshold=12.0, reset=None), Author("kim", NOW))
    world.round()
    world.page.list.select(alert.id or 0)
    world.page.show_history()
    dialog = world.window.findChild(HistoryDialog, "alert_history")
    assert dialog is not None
    rows = dialog.changes.changes.rows()
    assert [dialog.changes.changes.cell(at, 2).text for at in range(2)] == ["Changed 2 fields", "As it was before that"]
    dialog.changes.view.select_key(rows[-1].id)
    dialog.revert.click()
    assert world.store.alerts.get(alert.id or 0) == alert
    dialog.reject()


# --- many -----------------------------------------------------------------------------------------------------------------


def test_two_thousand_alerts(world: World, qtbot: Any) -> None:
    world.store.alerts.save_all(
        [asr_alert(f"Alert {at:04}", scope=Scope(CompanyKind.CARRIER, (f"c{at}",))) for at in range(2000)]
    )
    for alert in world.store.alerts.all():
        world.stands(alert)
    took: dict[str, float] = {}

    def measured(what: str, run: Callable[[], object]) -> None:
        began = time.perf_counter()
        run()
        QApplication.processEvents()
        took[what] = time.perf_counter() - began

    measured("reload", world.page.list.reload)
    measured("round", world.round)
    measured("tick", lambda: world.page.tick(NOW))
    measured("open", lambda: world.page.show_item(world.store.alerts.all()[5].id))
    editor = world.page.editor
    assert editor is not None
    measured("editor tick", lambda: editor.tick(NOW))
    measured("type", lambda: fill(qtbot, editor.form.inputs.threshold, "25"))
    measured("save", editor.save)
    measured("back", lambda: world.window.open_page("alerts"))
    world.page.list.area.view.selectAll()
    measured("all off", lambda: world.page.list.set_enabled(False))
    limits = {"reload": 1.5, "round": 1.0, "tick": 0.3, "open": 2.0, "editor tick": 0.2, "type": 1.5, "save": 2.0, "back": 1.0}
    slow = {what: round(seconds, 2) for what, seconds in took.items() if seconds > limits.get(what, 8.0)}
    assert not slow, took


def test_thirty_open_editors_hear_a_round(world: World, qtbot: Any) -> None:
    for at in range(30):
        open_saved(world, title=f"Alert {at:02}")
    assert len(world.window.pages.open_items) == 30
    began = time.perf_counter()
    world.round()
    took = time.perf_counter() - began
    for _ in range(30):
        world.window.pages.next_item()
    for place in world.window.pages.open_items:
        world.window.pages.ask_close_item(place.page, place.item)
    assert world.window.pages.open_items == [] and world.service.charts == {}
    assert took < 1.0, took


@pytest.mark.parametrize("way", ["Alt+Left", "Ctrl+Tab", "Ctrl+Shift+Tab", "rail"])
def test_nothing_is_lost_by_going_elsewhere(world: World, qtbot: Any, recorder: Recorder, way: str) -> None:
    other = open_saved(world, title="Other")
    editor = open_saved(world, title="Mine")
    fill(qtbot, editor.form.inputs.threshold, "rubbish")
    field = line_of(editor, "alert_recipients_input")
    field.setFocus()
    QTest.keyClicks(field, "half an addr")
    if way == "rail":
        world.window.rail.chosen.emit("alerts")
    else:
        world.press(way)
    assert world.page.editor is not editor and recorder.asked == []
    world.window.pages.go_to(Place("alerts", str(editor.alert_id)))
    assert editor.form.inputs.threshold.text() == "rubbish" and field.text() == "half an addr"
    assert {"threshold", "recipients"} <= set(editor.unsaved), editor.unsaved
    assert other.unsaved == []


def test_the_crumb_asks(world: World, qtbot: Any, recorder: Recorder) -> None:
    editor = open_saved(world)
    fill(qtbot, editor.form.inputs.threshold, "25")
    editor.back_asked.emit()
    assert recorder.asked[-1].name == "leave" and world.page.editor is editor
