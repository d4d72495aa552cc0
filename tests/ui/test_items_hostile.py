"""Templates, scripts and contacts under attack: a store that fails, changes from elsewhere, bombs, quitting with changes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from items_world import World, make_world, type_into
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from noc_alerts.metrics.columns import NO_TIME, Calls, make_calls
from noc_alerts.model.alerts import Area
from noc_alerts.model.companies import CompanyKind, Dimension, Subject
from noc_alerts.model.contacts import Contact
from noc_alerts.model.deliveries import Cause, Channel, Delivery
from noc_alerts.model.scripts import Script
from noc_alerts.model.templates import Template
from noc_alerts.notify.samples import sample_facts
from noc_alerts.store import Store
from ui.finding import StoreFinder
from ui.messages import Recorder
from ui.pages import Place
from ui.quitting import Quitting, unsaved_editors

GOOD = "function main() { return true; }\n"
OWN = Template(None, "Night", "{{ name }}", "{{ subject }} is {{ value }}\n")
ANN = Contact(None, "Ann", ("ann@tessera.example",), (), ("Night shift",))


@pytest.fixture
def world(tmp_path: Path, qtbot: Any) -> Iterator[World]:
    with make_world(tmp_path, qtbot) as made:
        yield made


def settle(editor: Any, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not editor.checker.busy, timeout=20_000)


def lock(store: Store, on: bool = True) -> None:
    """Answer every write as a read-only file system does."""
    with store._noc.bare() as connection:
        connection.execute(f"PRAGMA query_only = {'ON' if on else 'OFF'}").close()


def rename(editor: Any, name: str) -> None:
    editor.name.selectAll()
    type_into(editor.name, name)


def three(world: World, qtbot: Any) -> list[Any]:
    """Open a template, a script and a contact, and change each."""
    world.store.templates.save(OWN)
    world.store.scripts.save(Script(None, "CLI blocks", GOOD))
    world.store.contacts.save(ANN)
    template = world.go("templates", "Night")
    settle(template, qtbot)
    type_into(template.editors["text"].edit, "Look ")
    script = world.go("scripts", "CLI blocks")
    type_into(script.code.edit, "// mine ")
    contact = world.go("contacts", "Ann")
    rename(contact, "Ann B")
    return [template, script, contact]


def saved_texts(world: World) -> list[str]:
    (template,), (script,), (contact,) = world.store.templates.all(), world.store.scripts.all(), world.store.contacts.all()
    return [template.text[:5], script.source[:8], contact.name]


# --- quitting with changes ------------------------------------------------------------------------------------------------


@pytest.fixture
def quits(world: World) -> list[int]:
    return []


@pytest.fixture
def quitting(world: World, quits: list[int]) -> Quitting:
    return Quitting(world.window, lambda: quits.append(1))


def test_quit_asks_once_for_all_editors(
    world: World, qtbot: Any, quitting: Quitting, quits: list[int], recorder: Recorder
) -> None:
    three(world, qtbot)
    quitting.ask()
    (asked,) = recorder.asked
    assert asked.name == "quit_unsaved" and asked.harmless == "stay"
    assert asked.sentence.startswith("3 editors have changes that are not saved: Night, CLI blocks, Ann. ")
    assert quits == [] and len(unsaved_editors(world.window.pages)) == 3


def test_quit_saves_all_and_goes(world: World, qtbot: Any, quitting: Quitting, quits: list[int], recorder: Recorder) -> None:
    three(world, qtbot)
    recorder.answers["quit_unsaved"] = "save"
    quitting.ask()
    qtbot.waitUntil(lambda: bool(quits), timeout=20_000)  # a template is checked before it is saved
    assert saved_texts(world) == ["Look ", "// mine ", "Ann B"] and quits == [1]
    assert unsaved_editors(world.window.pages) == [] and len(recorder.asked) == 1


def test_quit_stays_at_the_editor_that_cannot_be_saved(
    world: World, qtbot: Any, quitting: Quitting, quits: list[int], recorder: Recorder
) -> None:
    template, script, _ = three(world, qtbot)
    script.code.set_code(" ")
    recorder.answers["quit_unsaved"] = "save"
    quitting.ask()
    qtbot.waitUntil(lambda: not template.unsaved, timeout=20_000)
    assert quits == [] and world.window.pages.place == Place("scripts", "=cli blocks")
    assert script.code.error == "The script is empty."
    assert saved_texts(world) == ["Look ", GOOD[:8], "Ann"]


def test_quit_with_a_store_that_cannot_write_stays(
    world: World, qtbot: Any, quitting: Quitting, quits: list[int], recorder: Recorder
) -> None:
    three(world, qtbot)
    lock(world.store)
    recorder.answers["quit_unsaved"] = "save"
    quitting.ask()
    qtbot.waitUntil(lambda: bool(recorder.failed), timeout=20_000)
    assert quits == [] and "What you typed is kept." in recorder.failed[-1].sentence
    assert len(unsaved_editors(world.window.pages)) == 3
    recorder.answers["quit_unsaved"] = "discard"
    quitting.ask()
    assert quits == [1]


def test_quit_without_changes_asks_as_before_and_not_again_when_it_was_said(
    world: World, quitting: Quitting, quits: list[int], recorder: Recorder
) -> None:
    world.store.scripts.save(Script(None, "CLI blocks", GOOD))
    world.go("scripts", "CLI blocks")
    quitting.ask()
    assert [asked.name for asked in recorder.asked] == ["quit"] and quits == []
    quitting.ask(confirmed=True)
    assert len(recorder.asked) == 1 and quits == [1]


def test_quit_from_the_tray_brings_the_hidden_window_back(
    world: World, qtbot: Any, quitting: Quitting, recorder: Recorder
) -> None:
    three(world, qtbot)
    world.window.hide()
    quitting.ask()
    assert world.window.isVisible() and recorder.asked[-1].name == "quit_unsaved"


# --- leaving without closing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["Alt+Left", "Ctrl+Tab", "rail", "page"])
def test_nothing_is_lost_by_going_elsewhere(world: World, qtbot: Any, recorder: Recorder, way: str) -> None:
    template, script, contact = three(world, qtbot)
    before = [editor.unsaved for editor in (template, script, contact)]
    if way == "rail":
        world.window.rail.chosen.emit("scripts")
    elif way == "page":
        world.window.open_page("templates")
    else:
        for command in world.commands.available():
            if command.key == way:
                world.commands.run(command.id)
    assert world.window.pages.place != Place("contacts", "=ann") and recorder.asked == []
    assert [editor.unsaved for editor in (template, script, contact)] == before == [["Text"], ["code"], ["name"]]
    assert world.go("contacts", "Ann") is contact and contact.name.text() == "Ann B"


# --- the store fails ------------------------------------------------------------------------------------------------------


def test_a_store_that_cannot_write_keeps_what_is_typed(world: World, qtbot: Any, recorder: Recorder) -> None:
    editors = three(world, qtbot)
    lock(world.store)
    for editor in editors:
        editor.save()
        qtbot.waitUntil(lambda: bool(recorder.failed), timeout=20_000)
        failed = recorder.failed.pop()
        assert "was not saved" in failed.title and "read-only" in failed.sentence and editor.unsaved
    for page, name in (("scripts", "CLI blocks"), ("contacts", "Ann"), ("templates", "Night")):
        world.open(page).select(name)
        world.press("Del")
        assert f"{name} was not deleted" == recorder.failed.pop().title
    lock(world.store, on=False)
    for editor in editors:
        editor.save()
    settle(editors[0], qtbot)
    assert saved_texts(world) == ["Look ", "// mine ", "Ann B"]


# --- changed elsewhere ----------------------------------------------------------------------------------------------------


def test_an_open_editor_without_changes_shows_what_others_saved(world: World, qtbot: Any) -> None:
    world.store.templates.save(OWN)
    script = world.store.scripts.save(Script(None, "CLI blocks", GOOD))
    world.store.contacts.save(ANN)
    editors = [world.go("templates", "Night"), world.go("scripts", "CLI blocks"), world.go("contacts", "Ann")]
    settle(editors[0], qtbot)
    (template,), (ann,) = world.store.templates.all(), world.store.contacts.all()
    world.store.templates.save(replace(template, text="theirs {{ name }}"))
    world.store.scripts.save(replace(script, source="// theirs\n" + GOOD))
    world.store.contacts.save(replace(ann, emails=("theirs@tessera.example",)))
    for page, name in (("templates", "Night"), ("scripts", "CLI blocks"), ("contacts", "Ann")):
        world.go(page, name)
    settle(editors[0], qtbot)
    assert editors[0].editors["text"].code == "theirs {{ name }}"
    assert editors[1].code.code.startswith("// theirs")
    assert list(editors[2].emails.keys) == ["theirs@tessera.example"]
    assert [editor.unsaved for editor in editors] == [[], [], []]


def test_saving_over_what_others_saved_asks(world: World, qtbot: Any, recorder: Recorder) -> None:
    editors = three(world, qtbot)
    (template,), (script,), (ann,) = world.store.templates.all(), world.store.scripts.all(), world.store.contacts.all()
    world.store.templates.save(replace(template, text="theirs {{ name }}"))
    world.store.scripts.save(replace(script, source="// theirs\n" + GOOD))
    world.store.contacts.save(replace(ann, emails=("theirs@tessera.example",)))
    for editor in editors:
        editor.save()
    settle(editors[0], qtbot)
    assert [asked.name for asked in recorder.asked] == ["overwrite"] * 3 and all(editor.unsaved for editor in editors)
    assert saved_texts(world) == ["their", "// their", "Ann"]
    recorder.answers["overwrite"] = "mine"
    for editor in editors:
        editor.save()
    settle(editors[0], qtbot)
    assert saved_texts(world) == ["Look ", "// mine ", "Ann B"] and not any(editor.unsaved for editor in editors)


def test_theirs_can_be_shown_in_place_of_mine(world: World, qtbot: Any, recorder: Recorder) -> None:
    _, script, _ = three(world, qtbot)
    (kept,) = world.store.scripts.all()
    world.store.scripts.save(replace(kept, source="// theirs\n" + GOOD))
    recorder.answers["overwrite"] = "theirs"
    script.save()
    assert script.code.code == "// theirs\n" + GOOD and script.unsaved == []


def test_deleted_elsewhere_with_changes_can_be_saved_as_new(world: World, qtbot: Any, recorder: Recorder) -> None:
    editors = three(world, qtbot)
    for store in (world.store.templates, world.store.scripts, world.store.contacts):
        store.delete(store.all()[0].id or 0)
    for editor in editors:
        recorder.failed.clear()
        editor.save()
        qtbot.waitUntil(lambda: bool(recorder.failed), timeout=20_000)
        failure = recorder.failed[-1]
        assert failure.action == "Save as new", failure
        assert failure.run is not None
        failure.run()
        qtbot.waitUntil(lambda editor=editor: not editor.unsaved, timeout=20_000)
    assert saved_texts(world) == ["Look ", "// mine ", "Ann B"]


def test_deleted_elsewhere_without_changes_closes_or_is_said(world: World, qtbot: Any, recorder: Recorder) -> None:
    world.store.scripts.save(Script(None, "CLI blocks", GOOD))
    editor = world.go("scripts", "CLI blocks")
    world.store.scripts.delete(world.store.scripts.all()[0].id or 0)
    page = world.open("scripts")
    assert page.model.total == 0
    assert page.find_editor("CLI blocks") is None or "CLI blocks" in page.head._sentence.text()
    del editor


def test_a_group_renamed_while_an_editor_with_changes_names_it(world: World, recorder: Recorder) -> None:
    world.store.contacts.save(ANN)
    editor = world.go("contacts", "Ann")
    rename(editor, "Ann B")
    world.store.contacts.rename_group("Night shift", "Days")
    world.open("contacts")
    recorder.answers["overwrite"] = "mine"
    editor.save()
    (kept,) = world.store.contacts.all()
    assert kept.name == "Ann B"
    assert recorder.asked[-1].name == "overwrite"  # what is in the groups field is not silently put back


def test_undo_after_undo(world: World, recorder: Recorder) -> None:
    world.store.scripts.save(Script(None, "CLI blocks", GOOD))
    page = world.open("scripts")
    page.select("CLI blocks")
    world.press("Del")
    undo = recorder.said[-1].undo
    assert undo is not None
    undo()
    undo()  # pressed twice
    assert [each.name for each in world.store.scripts.all()] == ["CLI blocks"]
    assert recorder.failed[-1].title == "CLI blocks was not brought back"


# --- many -----------------------------------------------------------------------------------------------------------------


def test_two_hundred_templates(world: World, qtbot: Any) -> None:
    for at in range(200):
        world.store.templates.save(replace(OWN, name=f"Template {at:03}"))
        world.alert(f"Alert {at:03}", template=f"Template {at:03}")
    page = world.open("templates")
    began = time.perf_counter()
    page.reload()
    took = time.perf_counter() - began
    assert page.model.total == 202 and took < 1.0


def test_the_lists_read_the_alerts_once_however_many_items_there_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from noc_alerts.store import alerts

    for at in range(40):
        world.store.templates.save(replace(OWN, name=f"Template {at:03}"))
        world.store.scripts.save(Script(None, f"Script {at:03}", GOOD))
        world.store.contacts.save(replace(ANN, name=f"Contact {at:03}", groups=(f"Group {at:03}",)))
    asked = ("contact Contact 001", "group group 002 ")
    world.alert("One", template="template 001", recipients=asked)
    world.alert("Two", area=Area.SCRIPT, script="SCRIPT 002", threshold=None, min_calls=0, recipients=asked[:1])
    reads: list[int] = []
    read = alerts.read_alerts

    def counted(conn: Any) -> Any:
        reads.append(1)
        return read(conn)

    monkeypatch.setattr(alerts, "read_alerts", counted)
    users = {name: dict(rows(world, name)) for name in ("templates", "scripts", "contacts")}
    assert len(reads) < 10
    assert users["templates"]["Template 001"] == ("One",) and users["templates"]["Template 002"] == ()
    assert users["scripts"]["Script 002"] == ("Two",)
    assert users["contacts"]["Contact 001"] == ("One", "Two") and users["contacts"]["Contact 002"] == ("One",)


def rows(world: World, page: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(row.name, row.users) for row in world.open(page).model.rows()]


def test_thirty_editors(world: World, qtbot: Any) -> None:
    for at in range(30):
        world.store.scripts.save(Script(None, f"Script {at:02}", GOOD))
    for at in range(30):
        assert world.go("scripts", f"Script {at:02}").title == f"Script {at:02}"
    assert len(world.window.pages.open_items) == 30
    began = time.perf_counter()
    world.round()
    assert time.perf_counter() - began < 1.0
    for place in world.window.pages.open_items:
        world.window.pages.go_to(place)
        world.commands.run("file.close")
    assert world.window.pages.open_items == []


# --- templates ------------------------------------------------------------------------------------------------------------

BOMB = "{% for a in range(99999) %}{% for b in range(99999) %}{{ a * b }}{% endfor %}{% endfor %}"


class Heartbeat:
    """A 5 ms timer of the window: how long it was held up."""

    def __init__(self) -> None:
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(interval=5)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append((now - self._last) * 1000)
        self._last = now

    def end(self, what: str) -> float:
        self._timer.stop()
        p99, worst = float(np.percentile(self.gaps, 99)), max(self.gaps)
        sys.stderr.write(f"heartbeat, {what}: p99 {p99:.0f} ms, max {worst:.0f} ms, {len(self.gaps)} beats\n")
        return worst


def test_a_bomb_typed_live_leaves_the_window_smooth(world: World, qtbot: Any) -> None:
    world.store.templates.save(OWN)
    editor = world.go("templates", "Night")
    settle(editor, qtbot)
    beat = Heartbeat()
    for char in BOMB:
        QTest.keyClicks(editor.editors["text"].edit, char)
        QTest.qWait(10)
    qtbot.waitUntil(lambda: editor.checker.busy)
    qtbot.waitUntil(lambda: not editor.checker.busy, timeout=30_000)
    assert beat.end("a bomb is typed") < 400
    assert editor.wrong and "Text" in editor.unsaved[0]


def test_a_template_as_large_as_may_be(world: World, qtbot: Any) -> None:
    line = "{{ name }} {{ subject }} is {{ value }} of {{ threshold }}, since {{ since }}\n"
    world.store.templates.save(replace(OWN, text=(line * 500)[: 32 * 1024 // len(line) * len(line)]))
    editor = world.go("templates", "Night")
    settle(editor, qtbot)
    beat = Heartbeat()
    for char in "abcdefgh":
        QTest.keyClicks(editor.editors["text"].edit, char)
        QTest.qWait(20)
    settle(editor, qtbot)
    assert beat.end("32 KB are typed into") < 400
    editor.editors["text"].insert("x" * 40_000)
    settle(editor, qtbot)
    assert editor.wrong == 1
    editor.save()
    settle(editor, qtbot)
    assert len(world.store.templates.all()[0].text) < 33_000


def test_unknown_variables_stand_at_each_of_their_lines(world: World, qtbot: Any) -> None:
    world.store.templates.save(OWN)
    editor = world.go("templates", "Night")
    editor.editors["text"].edit.selectAll()
    editor.editors["text"].insert("{{ nome }}\nfine\n{{ volue }}\n{{ name }} {{ nonsense }}")
    settle(editor, qtbot)
    text = editor.editors["text"].edit
    assert [bool(text.problem_at(at)) for at in (1, 2, 3, 4)] == [True, False, True, True]


def test_another_alarm_and_closing_while_it_renders(world: World, qtbot: Any) -> None:
    world.store.templates.save(OWN)
    editor = world.go("templates", "Night")
    settle(editor, qtbot)
    editor.editors["text"].insert(BOMB)
    editor.checker.ask_now()
    for words in ("Sample: cleared", "Sample: report", "Sample: test"):
        editor.preview.choose(words)
    editor.editors["text"].edit.undo()
    settle(editor, qtbot)
    assert editor.preview.chosen.words == "Sample: test" and not editor.wrong
    editor.editors["text"].insert(BOMB)
    editor.checker.ask_now()
    editor.revert()
    editor.editors["text"].insert(BOMB)
    editor.checker.ask_now()
    editor.close_for_good()
    world.window.pages.close_item("templates", "=night")
    QTest.qWait(100)
    other = world.go("templates", "Night")
    settle(other, qtbot)  # what runs on for the closed one does not stand in the way for ever
    assert other is not editor and not other.wrong


def test_the_preview_of_a_real_alarm_lists_its_own_failed_calls(world: World, qtbot: Any) -> None:
    at = datetime.now(UTC) - timedelta(minutes=5)
    begin = int((at - timedelta(minutes=1)).timestamp() * 1000)
    columns = failed_calls_of("echo", begin, 3)
    world.store.calls.ingest(world.switch.id or 0, columns, "3", (), at)
    subject = Subject.company(CompanyKind.CARRIER, "echo")
    facts = replace(
        sample_facts(Cause.RAISED, at),
        title="Low ASR of echo", company="echo", template="Night", subject_key=subject.key, connection_id=world.switch.id,
    )  # fmt: skip
    world.store.outbox.add(Delivery(Channel.EMAIL, "noc@tessera.example", facts, "<1@x>", at, at, alarm_id=None))
    world.store.templates.save(replace(OWN, text="{% for call in last_calls %}{{ call.to }} {{ call.code }};{% endfor %}"))
    editor = world.go("templates", "Night")
    settle(editor, qtbot)
    assert editor.preview.text.toPlainText().strip() == "44202 503;44201 503;44200 503;"


def failed_calls_of(carrier: str, begin_ms: int, count: int) -> Calls:
    """Make so many failed calls of a carrier, a second apart."""
    end = begin_ms + 1000 * np.arange(count, dtype=np.int64)
    return make_calls(
        ids=[str(at) for at in range(count)],
        setup_ms=end - 500,
        end_ms=end,
        answer_ms=np.full(count, NO_TIME, dtype=np.int64),
        sip_code=np.full(count, 503, dtype=np.int64),
        text={
            CompanyKind.CARRIER.dimension: [carrier] * count,
            Dimension.SRC: ["44100"] * count,
            Dimension.DST: [f"4420{at}" for at in range(count)],
        },
    )


# --- scripts --------------------------------------------------------------------------------------------------------------


def test_a_script_run_twice_quickly_and_closed_while_it_runs(world: World, qtbot: Any, recorder: Recorder) -> None:
    world.store.scripts.save(Script(None, "Loop", "function main() { for (;;) {} }\n"))
    editor = world.go("scripts", "Loop")
    world.round()
    for _ in range(5):
        editor.start_run()
    assert len(world.service.asked) == 1
    editor.code.set_code("function main() { return 1; }\n")
    type_into(editor.code.edit, " ")
    recorder.answers["leave"] = "discard"
    world.commands.run("file.close")
    again = world.go("scripts", "Loop")
    assert again is not editor
    again.code.set_code("function main() { return 7; }\n")
    again.start_run()
    qtbot.waitUntil(lambda: not again.run_panel.running, timeout=20_000)
    assert again.code.error == ""


def test_a_result_of_the_script_before_marks_no_line_of_the_one_after(world: World, qtbot: Any) -> None:
    world.store.scripts.save(Script(None, "Bad", "function main() {\n  return a.b;\n}\n"))
    editor = world.go("scripts", "Bad")
    editor.start_run()
    editor.code.edit.selectAll()
    editor.code.insert("function main() { return 1; }\n")
    qtbot.waitUntil(lambda: not editor.run_panel.running, timeout=20_000)
    assert editor.run_panel._note.text() == "result of the script before your change"


# --- the finder -----------------------------------------------------------------------------------------------------------


def finder(world: World, gone: list[tuple[str, object | None]]) -> Callable[[str], list[Any]]:
    return StoreFinder(world.store, lambda: world.bridge.snapshot, lambda page, item: gone.append((page, item))).find


def test_ctrl_k_finds_items_by_name_and_reads_them_only_when_something_changed(world: World) -> None:
    gone: list[tuple[str, object | None]] = []
    find = finder(world, gone)
    world.store.templates.save(OWN)
    world.store.scripts.save(Script(None, "CLI blocks", GOOD))
    world.store.contacts.save(ANN)
    world.alert("CLI report", area=Area.SCRIPT, script="CLI blocks", threshold=None, min_calls=0)
    found = {(each.kind, each.title): each for each in find("x")}
    assert {"Template", "Script", "Contact", "Alert"} <= {kind for kind, _ in found}
    assert ("Template", "alert") in found and ("Template", "report") in found
    for kind, name in (
        ("Template", "Night"),
        ("Script", "CLI blocks"),
        ("Contact", "Ann"),
    ):
        found[kind, name].run()
        assert gone.pop() == (f"{kind.lower()}s", name)
    began = time.perf_counter()
    for _ in range(100):
        find("cli")
    assert (time.perf_counter() - began) / 100 < 0.02
    world.store.scripts.save(Script(None, "Balance", GOOD))
    assert "Balance" in [each.title for each in find("b")]
    world.store.close()
    assert "Balance" in [each.title for each in find("b")]  # a store that cannot be read leaves what was found before


def test_nothing_of_this_leaves_a_modal_behind(world: World) -> None:
    assert QApplication.activeModalWidget() is None
