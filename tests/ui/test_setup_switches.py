"""Switches: the list, the form with its sentences, secrets, test, remove, and importing call records."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from test_setup_world import NOW, World, find, make_world, snapshot, state_of, switch_line, unnamed

from noc_alerts.metrics.columns import no_calls
from noc_alerts.model.connections import BadRecord, Clock, Connection, HealthState, SwitchKind
from ui.marks import Mark
from ui.messages import Recorder
from ui.setup.import_panel import DropArea, ImportPanel
from ui.setup.switch_fields import KEPT_WORDS, SecretField
from ui.setup.switch_form import DEMO_REASON, IMPORTED_REASON
from ui.setup.switch_list import COLUMNS
from ui.setup.switches_page import SwitchesPage, make_page
from ui.widgets.buttons import Button, PrimaryButton
from ui.widgets.fields import ComboBox, Field, TextField
from ui.widgets.labels import Label

HEAD = (
    "setup_time,ring_time,answer_time,end_time,pdd_ms,duration_s,sip_code,sip_reason,hangup,cost_usd,"
    "customer,carrier,callee_code,caller,callee,call_id_hash,switch_row_id\n"
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "profile"
    folder.mkdir()
    made = make_world(folder)
    yield made
    made.service.stop()


@pytest.fixture
def page(world: World, qtbot: Any) -> SwitchesPage:
    made = make_page(world.context)
    assert isinstance(made, SwitchesPage)
    qtbot.addWidget(made)
    made.resize(1400, 900)
    with qtbot.waitExposed(made):
        made.show()
    return made


def fill(page: SwitchesPage, name: str, words: str) -> None:
    field = find(page, TextField, name)
    field.setText(words)
    field.textEdited.emit(words)


def error(page: SwitchesPage, name: str) -> str:
    return str(find(page, Label, f"{name}_error").text())


def cells(page: SwitchesPage, row: int) -> dict[str, Any]:
    model = page.list.area.model
    return {column.key: model.cell(row, at) for at, column in enumerate(COLUMNS)}


def new_kamailio(page: SwitchesPage, name: str = "fra-1") -> None:
    page.show_item("new")
    fill(page, "switch_name", name)
    fill(page, "switch_kamailio_api_url", "http://fra-1:8060/rpc")
    fill(page, "switch_kamailio_database_url", "postgresql://noc@fra-1:5432/kamailio")


# --- the list -------------------------------------------------------------------------------------------------------------


def test_the_list_says_how_each_switch_is(world: World, page: SwitchesPage, qtbot: Any) -> None:
    lon, sgp = world.connect("lon-1"), world.connect("sgp-1")
    world.store.calls.ingest(lon.id or 0, no_calls(), "1", [BadRecord("row 7", "no end")], now=NOW)
    sentence = "sgp-1 does not answer: connection timed out."
    lines = [switch_line(lon, HealthState.FRESH), switch_line(sgp, HealthState.BLIND, sentence=sentence)]
    world.publish(snapshot(lines, []))
    qtbot.waitUntil(lambda: cells(page, 1)["bad"].text == "1")
    blind, fresh = cells(page, 0), cells(page, 1)
    assert (blind["name"].text, blind["state"].mark, blind["age"].text) == ("sgp-1", Mark.BLIND, "9\N{THIN SPACE}min")
    assert blind["said"].text == sentence
    assert blind["said"].second == "Next try in 18\N{THIN SPACE}s, tried 6 times."
    assert (fresh["name"].text, fresh["state"].text, fresh["state"].mark) == ("lon-1", "Answers", Mark.OK)
    assert fresh["name"].second == "127.0.0.1:9"


def test_an_empty_list_offers_to_connect_a_switch(world: World, page: SwitchesPage) -> None:
    state = state_of(page.list.area, "switches_list")
    assert state.action == "Connect a switch"


# --- the form -------------------------------------------------------------------------------------------------------------


def test_a_wrong_form_says_so_under_each_field_and_loses_nothing(world: World, page: SwitchesPage, qtbot: Any) -> None:
    page.show_item("new")
    fill(page, "switch_kamailio_api_url", "ftp://fra-1")
    fill(page, "switch_kamailio_api_key", "geheim")
    save = find(page, PrimaryButton, "switch_save")
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)
    assert error(page, "switch_name") == "Give the switch a name."
    assert error(page, "switch_kamailio_database_url").startswith("Give the address of the database")
    assert not save.isEnabled()
    assert find(page, Label, "switch_not_saved").text() == "2 fields to correct before saving"
    fill(page, "switch_name", "fra-1")
    fill(page, "switch_kamailio_database_url", "postgresql://noc@fra-1:5432/kamailio")
    assert save.isEnabled()
    qtbot.mouseClick(save, Qt.MouseButton.LeftButton)  # now the adapter itself looks at the addresses
    assert error(page, "switch_kamailio_api_url").startswith("Give the address of the management interface")
    assert find(page, TextField, "switch_kamailio_api_url").text() == "ftp://fra-1"
    assert find(page, TextField, "switch_kamailio_api_key").text() == "geheim"
    assert world.store.connections.all() == []


def test_a_name_that_is_taken_is_said_under_the_name(world: World, page: SwitchesPage) -> None:
    world.connect("fra-1")
    new_kamailio(page, "FRA-1")
    assert not page.item.form.save()
    assert "already a switch named FRA-1" in error(page, "switch_name")


def test_saving_keeps_the_switch_and_its_secret_apart(world: World, page: SwitchesPage, qtbot: Any, recorder: Recorder) -> None:
    new_kamailio(page)
    fill(page, "switch_kamailio_api_key", "geheim")
    assert page.item.form.save()
    qtbot.waitUntil(lambda: bool(recorder.said))
    assert recorder.said[0].words == "Switch fra-1 saved"
    (kept,) = world.store.connections.all()
    assert kept.options == {"api_url": "http://fra-1:8060/rpc", "database_url": "postgresql://noc@fra-1:5432/kamailio"}
    assert (kept.clock, kept.poll) == (Clock.OUTCOME, timedelta(seconds=10))
    assert world.ring.kept == {f"switch_{kept.id}_api_key": "geheim"}
    secret = find(page, SecretField, "switch_kamailio_api_key")
    assert (secret.text(), secret.placeholderText()) == ("", KEPT_WORDS)
    assert page.item.form.changes() == []
    assert "geheim" not in (world.folder / "noc.db").read_bytes().decode("latin-1")


def test_a_kept_secret_is_said_to_be_there_and_never_shown(world: World, page: SwitchesPage, qtbot: Any) -> None:
    lon = world.connect("lon-1")
    world.service.secrets.set(f"switch_{lon.id}_api_key", "geheim")
    page.show_item(lon.id)
    secret = find(page, SecretField, "switch_kamailio_api_key")
    qtbot.waitUntil(lambda: secret.placeholderText() == KEPT_WORDS)
    assert secret.text() == ""
    assert find(page, SecretField, "switch_kamailio_database_password").placeholderText() == "none is kept"


def test_a_keyring_that_refuses_keeps_what_was_typed(world: World, page: SwitchesPage, qtbot: Any, recorder: Recorder) -> None:
    world.ring.refuses = True
    new_kamailio(page)
    fill(page, "switch_kamailio_api_key", "geheim")
    page.item.form.save()
    qtbot.waitUntil(lambda: bool(recorder.failed))
    assert recorder.failed[0].title == "Switch fra-1 was saved without its password"
    assert find(page, SecretField, "switch_kamailio_api_key").text() == "geheim"
    assert find(page, Label, "switch_problem").text().startswith("The system's keyring did not do as asked")
    assert page.item.can_save  # nothing has to be typed again
    world.ring.refuses = False
    assert page.item.form.save()
    qtbot.waitUntil(lambda: bool(recorder.said))
    assert list(world.ring.kept.values()) == ["geheim"]
    assert find(page, Label, "switch_problem").text() == ""


def test_the_clock_says_why_it_is_the_default(page: SwitchesPage) -> None:
    page.show_item("new")
    hint = find(page, Label, "switch_clock_hint")
    assert "Kamailio tells its calls in progress" in hint.text()
    kind = find(page, ComboBox, "switch_kind")
    kind.set_data(SwitchKind.CONNEXCS)
    kind.chosen.emit(SwitchKind.CONNEXCS)
    assert "ConnexCS does not tell its calls in progress" in hint.text()
    clock = find(page, ComboBox, "switch_clock")
    assert [Clock(clock.itemData(at)) for at in range(clock.count())] == [Clock.END, Clock.OUTCOME, Clock.SETUP]


def test_fields_that_do_not_apply_disappear_and_are_not_saved(world: World, page: SwitchesPage, qtbot: Any) -> None:
    page.show_item("new")
    kind = find(page, ComboBox, "switch_kind")
    kind.set_data(SwitchKind.CONNEXCS)
    kind.chosen.emit(SwitchKind.CONNEXCS)
    auth = find(page, ComboBox, "switch_connexcs_auth")
    auth.set_data("basic")
    auth.chosen.emit("basic")
    assert find(page, Field, "switch_connexcs_token_field").isHidden()
    fill(page, "switch_name", "lon-1")
    fill(page, "switch_connexcs_user", "noc@tessera.example")
    assert not page.item.form.save()
    assert error(page, "switch_connexcs_password") == "Give the password."
    fill(page, "switch_connexcs_password", "geheim")
    auth.set_data("token")
    auth.chosen.emit("token")
    fill(page, "switch_connexcs_token", "abc")
    assert page.item.form.save()
    (kept,) = world.store.connections.all()
    qtbot.waitUntil(lambda: world.ring.kept == {f"switch_{kept.id}_token": "abc"})
    assert "user" not in kept.options


def test_leaving_with_changes_asks(world: World, page: SwitchesPage, recorder: Recorder) -> None:
    lon = world.connect("lon-1")
    page.show_item(lon.id)
    fill(page, "switch_name", "london")
    assert find(page, Label, "switch_not_saved").text() == "Not saved: name"
    page.show_item(None)
    assert recorder.asked[0].sentence == "Not saved: name."
    assert find(page, TextField, "switch_name").text() == "london"  # stayed
    recorder.answers["leave"] = "save"
    page.show_item(None)
    assert [c.name for c in world.store.connections.all()] == ["london"]
    assert page.list.isVisibleTo(page)


def test_a_demo_switch_is_shown_and_cannot_be_changed(world: World, page: SwitchesPage) -> None:
    demo = world.connect("demo", demo=True)
    page.show_item(demo.id)
    assert find(page, Label, "switch_read_only").text() == DEMO_REASON
    assert not find(page, TextField, "switch_name").isEnabled()
    assert not find(page, PrimaryButton, "switch_save").isVisibleTo(page)
    assert not find(page, Button, "switch_remove").isEnabled()


def test_imported_records_say_why_there_is_nothing_to_set(world: World, page: SwitchesPage) -> None:
    kept = world.connect("Imported call records", SwitchKind.CALL_FILES, options={"path": "imported"}, live=False, enabled=False)
    page.show_item(kept.id)
    assert find(page, Label, "switch_read_only").text() == IMPORTED_REASON


def test_removing_asks_for_the_name(world: World, page: SwitchesPage, qtbot: Any, recorder: Recorder) -> None:
    lon = world.connect("lon-1")
    world.service.secrets.set(f"switch_{lon.id}_api_key", "geheim")
    page.show_item(lon.id)
    remove = find(page, Button, "switch_remove")
    qtbot.mouseClick(remove, Qt.MouseButton.LeftButton)
    assert recorder.asked[0].typed == "lon-1"
    assert world.store.connections.get(lon.id or 0) is not None  # the harmless answer
    recorder.answers["remove_switch"] = "remove"
    qtbot.mouseClick(remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(recorder.said))
    assert world.store.connections.all() == []
    assert world.ring.kept == {}
    assert page.list.isVisibleTo(page)


def test_bad_records_are_listed_with_their_reason(world: World, page: SwitchesPage) -> None:
    lon = world.connect("lon-1")
    world.store.calls.ingest(lon.id or 0, no_calls(), "1", [BadRecord("row 7", "answer before setup")], now=NOW)
    page.show_item(lon.id)
    assert page.item.bad.records == [BadRecord("row 7", "answer before setup")]


# --- the test -------------------------------------------------------------------------------------------------------------


class _Forbids(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def forbidding() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _Forbids)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_test_shows_each_step_with_its_answer(world: World, page: SwitchesPage, qtbot: Any, forbidding: int) -> None:
    page.show_item("new")
    fill(page, "switch_name", "fra-1")
    fill(page, "switch_kamailio_api_url", f"http://127.0.0.1:{forbidding}/rpc")
    fill(page, "switch_kamailio_database_url", "postgresql://noc@127.0.0.1:9/kamailio")
    qtbot.mouseClick(page.item.check.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not page.item.check.running)
    steps = page.item.check.steps
    assert [step.what for step in steps][:2] == ["Reach the management interface", "Sign in"]
    assert steps[0].ok and not steps[-1].ok
    assert world.store.connections.all() == []  # a test keeps nothing


def test_a_test_of_a_wrong_form_does_not_begin(page: SwitchesPage, qtbot: Any) -> None:
    page.show_item("new")
    qtbot.mouseClick(page.item.check.button, Qt.MouseButton.LeftButton)
    assert not page.item.check.running
    assert error(page, "switch_name") == "Give the switch a name."


# --- import ---------------------------------------------------------------------------------------------------------------


def call_line(number: int, answered: str = "2026-11-19 04:00:05") -> str:
    end = f"2026-11-19 04:0{number % 10}:50"
    return f"2026-11-19 04:00:00,,{answered},{end},900,45,200,OK,16,0.01,acme,bravo,44,1,2,h{number},{number}\n"


@pytest.fixture
def panel(world: World, qtbot: Any) -> ImportPanel:
    made = ImportPanel(world.context)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_files_show_their_columns_and_what_is_missing(panel: ImportPanel, tmp_path: Path, qtbot: Any) -> None:
    good, other = tmp_path / "calls.csv", tmp_path / "other.csv"
    good.write_text(HEAD + call_line(1))
    other.write_text("a,b\n1,2\n")
    panel.add_files([good, other])
    qtbot.waitUntil(lambda: len(panel.looks) == 2)
    looks = {look.path.name: look for look in panel.looks}
    assert looks["calls.csv"].usable and looks["calls.csv"].columns[:3] == ("setup_time", "ring_time", "answer_time")
    assert "customer" in looks["other.csv"].missing
    start = find(panel, PrimaryButton, "import_start")
    assert start.text() == "Import 1 file" and start.isEnabled()


def test_files_can_be_dropped(panel: ImportPanel, tmp_path: Path, qtbot: Any) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(HEAD)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    find(panel, DropArea, "import_drop").dropEvent(QDropEvent(QPoint(5, 5), copy, data, left, none))
    qtbot.waitUntil(lambda: [look.path for look in panel.looks] == [path])


def test_an_import_reports_what_it_took(world: World, panel: ImportPanel, tmp_path: Path, qtbot: Any) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(HEAD + call_line(1) + call_line(2) + call_line(3, answered="not a time") + call_line(2))
    panel.add_files([path])
    qtbot.waitUntil(lambda: len(panel.looks) == 1)
    with qtbot.waitSignal(panel.imported) as done:
        panel.start()
    report = done.args[0]
    assert (report.taken, report.known, len(report.bad)) == (2, 1, 1)
    assert find(panel, Label, "import_result_title").text() == "2 call records imported"
    assert panel.bad.records[0].where == "calls.csv line 4"
    charts = find(panel, PrimaryButton, "import_charts")
    assert charts.isVisibleTo(panel)
    qtbot.mouseClick(charts, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(world.gone))
    assert world.gone == [("charts", (report.connection_id, "gateway=bravo", "ASR", timedelta(minutes=1)))]


def test_a_file_that_is_gone_by_then_is_said_calmly(panel: ImportPanel, tmp_path: Path, qtbot: Any) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(HEAD + call_line(1))
    panel.add_files([path])
    qtbot.waitUntil(lambda: len(panel.looks) == 1)
    path.unlink()
    with qtbot.waitSignal(panel.stopped):
        panel.start()
    state = state_of(panel.files, "import_files")
    assert state.title == "The import stopped"
    assert "calls.csv cannot be read" in state.sentence


def test_a_column_map_that_is_no_map_is_said_under_its_field(panel: ImportPanel, tmp_path: Path, qtbot: Any) -> None:
    wrong = tmp_path / "columns.toml"
    wrong.write_text("this is not toml")
    find(panel, TextField, "import_map").setText(str(wrong))
    find(panel, TextField, "import_map").left.emit()
    label = find(panel, Label, "import_map_path_error")
    qtbot.waitUntil(lambda: "columns.toml is not TOML" in label.text())


def test_connections_that_are_new_to_the_list_appear(world: World, page: SwitchesPage) -> None:
    kept: Connection = world.connect("new-1")
    world.publish(snapshot([switch_line(kept, HealthState.FRESH)], []))
    assert [row.connection.name for row in page.list.rows()] == ["new-1"]


def test_every_control_has_its_names(page: SwitchesPage, panel: ImportPanel) -> None:
    assert unnamed(page) == []
    assert unnamed(panel) == []
