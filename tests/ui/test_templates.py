"""Setup > Templates: stock and own ones, the live preview, what is wrong, variables, saving and resetting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from items_world import World, make_world, type_into
from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QApplication, QWidget
from test_setup_world import find, unnamed

from noc_alerts.model.deliveries import Cause, Channel, Delivery
from noc_alerts.model.templates import PARTS, Template
from noc_alerts.notify.render import render, stock_template
from noc_alerts.notify.samples import sample_facts
from noc_alerts.notify.variables import VARIABLES
from noc_alerts.settings import Messages, save
from ui.messages import Recorder
from ui.pages import Place
from ui.templates.editor import TemplateEditor
from ui.templates.preview import View, length_words
from ui.theme import Appearance, theme
from ui.widgets.state_panel import StateKind, StatePanel

OWN = Template(None, "Night", "{{ level_word }}: {{ name }}", "{{ subject }} is {{ value }}\n")


@pytest.fixture
def world(tmp_path: Path, qtbot: Any) -> Iterator[World]:
    with make_world(tmp_path, qtbot) as made:
        yield made


def settle(editor: TemplateEditor, qtbot: Any) -> None:
    """Wait until what is typed was checked."""
    qtbot.waitUntil(lambda: not editor.checker.busy, timeout=20_000)


def saved(world: World, qtbot: Any, template: Template = OWN) -> TemplateEditor:
    """Save a template and open it."""
    world.store.templates.save(template)
    return opened(world, qtbot, template.name)


def opened(world: World, qtbot: Any, name: str) -> TemplateEditor:
    editor = world.go("templates", name)
    assert isinstance(editor, TemplateEditor)
    settle(editor, qtbot)
    return editor


def write(editor: TemplateEditor, part: str, words: str) -> None:
    """Write a part anew, as by hand."""
    editor.tabs.setCurrentIndex(PARTS.index(part))
    text = editor.editors[part].edit
    text.selectAll()
    editor.editors[part].insert(words)


def deliver(world: World, cause: Cause = Cause.RAISED, **facts: Any) -> None:
    """Put a delivery into the outbox, as the engine does."""
    at = datetime.now(UTC) - timedelta(minutes=5)
    told = replace(sample_facts(cause, at), **facts)
    world.store.outbox.add(Delivery(Channel.EMAIL, "noc@tessera.example", told, f"<{cause}@x>", at, at, alarm_id=None))


# --- list -----------------------------------------------------------------------------------------------------------------


def test_the_stock_templates_are_always_there(world: World) -> None:
    world.alert("Low ASR")
    page = world.open("templates")
    assert [[page.model.cell(row, at).plain for at in range(3)] for row in range(2)] == [
        ["alert", "Stock", "Low ASR"],
        ["report", "Stock", "no alert"],
    ]
    page.select("alert")
    assert not world.commands.can("templates.delete")


def test_a_changed_stock_template_says_so_and_is_reset_by_del_with_undo(world: World, qtbot: Any, recorder: Recorder) -> None:
    world.store.templates.save(replace(stock_template("report"), subject="Mine: {{ name }}"))
    page = world.open("templates")
    assert page.model.cell(1, 1).plain == "Stock, changed"
    page.select("report")
    world.press("Del")
    assert world.store.templates.all() == [] and recorder.said[-1].words == "report reset to stock"
    undo = recorder.said[-1].undo
    assert undo is not None
    undo()
    kept = world.store.templates.get("report")
    assert kept is not None and kept.subject == "Mine: {{ name }}"


def test_a_template_in_use_is_not_deleted(world: World, recorder: Recorder) -> None:
    world.store.templates.save(OWN)
    world.alert("Low ASR", template="Night")
    page = world.open("templates")
    page.select("Night")
    world.press("Del")
    assert recorder.failed[-1].title == "Night was not deleted" and "Low ASR" in recorder.failed[-1].sentence


# --- preview --------------------------------------------------------------------------------------------------------------


def test_the_preview_is_the_message_as_it_is_sent(world: World, qtbot: Any) -> None:
    editor = opened(world, qtbot, "alert")
    facts = sample_facts(Cause.RAISED)
    wanted = render(facts, facts.at, facts.at)
    assert editor.preview.subject.text() == wanted.subject and editor.preview.text.toPlainText() == wanted.text
    editor.tabs.setCurrentIndex(PARTS.index("html"))
    assert editor.preview.view is View.HTML and "ASR of carrier bravo" in editor.preview.html.toPlainText()
    editor.tabs.setCurrentIndex(PARTS.index("sms"))
    assert editor.preview.text.toPlainText() == wanted.sms and editor.preview.lengths.text().endswith("GSM-7")
    editor.tabs.setCurrentIndex(PARTS.index("push_message"))
    assert (editor.preview.subject.text(), editor.preview.text.toPlainText()) == (wanted.push_title, wanted.push_message)


def test_every_sample_and_every_stock_template_go_together(world: World, qtbot: Any) -> None:
    for name in ("alert", "report"):
        editor = opened(world, qtbot, name)
        for at in range(editor.preview.chooser.count()):
            editor.preview.choose(editor.preview.chooser.itemText(at))
            settle(editor, qtbot)
            assert editor._problems == {} and editor.preview._message is not None, editor.preview.chooser.itemText(at)
        assert editor.preview.chooser.count() == 6


def test_the_preview_follows_typing(world: World, qtbot: Any) -> None:
    editor = saved(world, qtbot)
    assert editor.preview.text.toPlainText() == "carrier bravo is 5.4\u2009%\n"
    write(editor, "text", "Look: {{ company }}")
    settle(editor, qtbot)
    assert editor.preview.text.toPlainText() == "Look: bravo\n"
    assert editor.head.words == "Not saved: Text"


def test_real_messages_come_first_and_list_their_own_calls(world: World, qtbot: Any) -> None:
    deliver(world, title="Low ASR of echo", subject="carrier echo", company="echo", template="Night")
    deliver(world, Cause.CLEARED, title="Other")
    editor = saved(world, qtbot, replace(OWN, text="{{ company }}: {% for call in last_calls %}{{ call.code }} {% endfor %}"))
    offered = [editor.preview.chooser.itemText(at) for at in range(editor.preview.chooser.count())]
    assert offered[0].startswith("Cleared ") and offered[0].endswith(": Other, carrier bravo")
    assert offered[1].startswith("Raised ") and offered[1].endswith(": Low ASR of echo, carrier echo")
    assert offered[2:] == [f"Sample: {words}" for words in ("raised", "repeat", "eased", "cleared", "report", "test")]
    assert editor.preview.chosen.facts.company == "echo"  # the last one that was written by this template
    assert editor.preview.text.toPlainText() == "echo:\n"  # no failed call of echo is kept, and none is made up
    editor.preview.choose("Sample: raised")
    settle(editor, qtbot)
    assert editor.preview.text.toPlainText().startswith("bravo: 503 486 503")


def test_the_link_is_the_one_of_settings(world: World, qtbot: Any) -> None:
    save(world.store.settings, Messages(link_base="https://noc.tessera.example/alarms/"))
    editor = saved(world, qtbot, replace(OWN, text="see {{ link or 'nothing' }}"))
    assert editor.preview.text.toPlainText() == "see nothing\n"  # a sample is about no alarm
    request = editor._request()
    assert request.link_base == "https://noc.tessera.example/alarms/"


def test_the_html_preview_loads_nothing_and_follows_no_link(world: World, qtbot: Any, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    address = QUrl.fromLocalFile(str(tmp_path / "secret.txt"))
    editor = saved(world, qtbot, replace(OWN, html=f'<img src="{address.toString()}"><a href="{address.toString()}">go</a>'))
    html = editor.preview.html
    assert bytes(html.loadResource(1, address).data()) == b"" and not html.openLinks() and not html.openExternalLinks()  # type: ignore[attr-defined]
    html.anchorClicked.emit(address)
    QApplication.processEvents()
    assert "secret" not in html.toPlainText()


def test_lengths_say_what_is_cut(world: World, qtbot: Any) -> None:
    editor = saved(world, qtbot, replace(OWN, sms="x" * 214, push_message="y" * 1112, push_title="t" * 20))
    message = editor.preview._message
    assert message is not None
    assert length_words(message, View.SMS) == ("2 segments, 214 of 306 characters, GSM-7", False)
    assert length_words(message, View.PUSH) == (
        "Title 20 of 250 characters. Message 1,112 of 1,024 characters, will be cut here", True,
    )  # fmt: skip
    write(editor, "sms", "ж" * 80)
    settle(editor, qtbot)
    assert editor.preview.lengths.text() == "2 segments, 80 of 134 characters, UCS-2"
    write(editor, "sms", "z" * 2000)
    settle(editor, qtbot)
    assert "will be cut here" in editor.preview.lengths.text()


# --- what is wrong --------------------------------------------------------------------------------------------------------


def test_an_unknown_variable_is_marked_at_its_line_with_the_likely_name_and_stops_the_save(world: World, qtbot: Any) -> None:
    editor = saved(world, qtbot)
    write(editor, "html", "<p>\n{{ treshold }}</p>")
    editor.tabs.setCurrentIndex(0)
    editor.save()
    settle(editor, qtbot)
    qtbot.waitUntil(lambda: editor._saving is None)
    assert editor.part == "html" and editor.editors["html"].edit.line == 2  # it goes there
    said = editor.editors["html"].edit.problem_at(2)
    assert said.startswith("Line 2: ") and "treshold" in said and "threshold" in said
    assert not editor.tabs.tabIcon(PARTS.index("html")).isNull() and editor.tabs.tabIcon(0).isNull()
    assert editor.head.words == "1 field to correct before saving" and not editor.head.can_save
    assert find(editor, StatePanel, "template_preview_state").state is not None
    kept = world.store.templates.get("Night")
    assert kept is not None and kept.html == ""
    write(editor, "html", "<p>{{ threshold }}</p>")
    settle(editor, qtbot)
    assert editor.head.can_save and editor.head.words == "Not saved: HTML"
    assert find(editor, StatePanel, "template_preview_state").state is None


@pytest.mark.parametrize(
    "words",
    [
        "{{ 'a' * 300000000 }}",
        "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}x{% endfor %}{% endfor %}{% endfor %}",
        "{{ ''.__class__.__mro__ }}",
        "{% if %}",
        "{{ value | nosuchfilter }}",
        "{% include '/etc/passwd' %}",
    ],
)
def test_a_bomb_is_said_and_the_window_lives(world: World, qtbot: Any, words: str) -> None:
    editor = saved(world, qtbot)
    write(editor, "text", words)
    longest, begun = 0.0, time.monotonic()
    while editor.checker.busy and time.monotonic() - begun < 20:
        turn = time.monotonic()
        QApplication.processEvents()
        longest = max(longest, time.monotonic() - turn)
        time.sleep(0.005)  # the window's own loop rests as well
    assert not editor.checker.busy and longest < 1.0
    state = find(editor, StatePanel, "template_preview_state").state
    assert editor.editors["text"].error and state is not None and state.kind is StateKind.ERROR
    assert not editor.head.can_save


def test_subject_and_text_are_needed(world: World, qtbot: Any) -> None:
    editor = saved(world, qtbot)
    write(editor, "subject", "")
    editor.save()
    settle(editor, qtbot)
    assert editor.editors["subject"].error == "A message needs a subject."


# --- saving ---------------------------------------------------------------------------------------------------------------


def test_write_a_new_one_and_save_it(world: World, qtbot: Any, recorder: Recorder) -> None:
    page = world.open("templates")
    world.press("N")
    editor = page.editor
    assert isinstance(editor, TemplateEditor) and editor.name.hasFocus()
    type_into(editor.name, "Night")
    write(editor, "sms", "{{ name }}")
    world.press("Ctrl+S")
    qtbot.waitUntil(lambda: world.store.templates.get("Night") is not None)
    kept = world.store.templates.get("Night")
    assert kept is not None and kept.sms == "{{ name }}" and kept.subject == "{{ level_word }}: {{ name }}"
    assert recorder.said[-1].words == "Template Night saved" and editor.head.words == ""
    assert world.window.pages.place == Place("templates", "=night") and world.service.soons == 1


def test_a_taken_name_is_said_at_the_name(world: World, qtbot: Any) -> None:
    saved(world, qtbot)
    editor = saved(world, qtbot, replace(OWN, name="Day"))
    for name in ("night", "ALERT"):
        editor.name.setText(name)
        editor.save()
        qtbot.waitUntil(lambda: bool(editor._name_field.error))
        editor.name.setText("Day")
        editor._on_name_edited("")
        assert editor._name_field.error == ""
    assert {each.name for each in world.store.templates.all()} == {"Day", "Night"}


def test_leaving_saves_after_the_check(world: World, qtbot: Any, recorder: Recorder) -> None:
    editor = saved(world, qtbot)
    write(editor, "text", "{{ unit }}")
    recorder.answers["leave"] = "save"
    world.commands.run("file.close")
    qtbot.waitUntil(lambda: world.window.pages.place == Place("templates"), timeout=10_000)
    kept = world.store.templates.get("Night")
    assert kept is not None and kept.text == "{{ unit }}" and recorder.asked[-1].sentence == "Not saved: Text."


def test_leaving_stays_when_what_is_to_be_saved_is_wrong(world: World, qtbot: Any, recorder: Recorder) -> None:
    editor = saved(world, qtbot)
    write(editor, "text", "{{ nothing_known }}")
    recorder.answers["leave"] = "save"
    world.commands.run("file.close")
    settle(editor, qtbot)
    assert world.window.pages.place == Place("templates", "=night") and editor.editors["text"].error


def test_a_stock_template_keeps_its_name_and_can_be_reset(world: World, qtbot: Any, recorder: Recorder) -> None:
    editor = opened(world, qtbot, "alert")
    assert editor.name.isReadOnly() and editor._tag.text() == "Stock" and not editor.can_reset
    write(editor, "subject", "NOC: {{ name }}")
    editor.save()
    qtbot.waitUntil(lambda: editor.can_reset)
    assert editor._tag.text() == "Changed"
    world.commands.run("template.reset")
    assert recorder.asked[-1].name == "reset_template" and world.store.templates.get("alert") is not None  # harmless by default
    recorder.answers["reset_template"] = "reset"
    editor.ask_reset()
    assert world.store.templates.get("alert") is None and editor.editors["subject"].code == stock_template("alert").subject
    assert editor._tag.text() == "Stock"


def test_a_stock_template_saved_as_it_came_is_none_of_ones_own(world: World, qtbot: Any) -> None:
    editor = opened(world, qtbot, "alert")
    editor.save()
    settle(editor, qtbot)
    qtbot.waitUntil(lambda: editor._saving is None)
    assert world.store.templates.all() == []


def test_duplicate_makes_ones_own_of_a_stock_one(world: World, qtbot: Any) -> None:
    page = world.open("templates")
    page.select("alert")
    world.press("Ctrl+D")
    editor = page.editor
    assert isinstance(editor, TemplateEditor)
    assert editor.name.text() == "Copy of alert" and not editor.name.isReadOnly()
    editor.save()
    qtbot.waitUntil(lambda: bool(world.store.templates.all()))
    assert [(each.name, each.html) for each in world.store.templates.all()] == [("Copy of alert", stock_template("alert").html)]


# --- variables, keyboard, looks -------------------------------------------------------------------------------------------


def test_a_variable_is_put_in_at_the_cursor(world: World, qtbot: Any) -> None:
    editor = saved(world, qtbot)
    editor.tabs.setCurrentIndex(PARTS.index("sms"))
    view = editor.variables.area.view
    assert {row.name for row in editor.variables.model.rows()} >= set(VARIABLES)
    view.setFocus()
    view.select_key("threshold")
    world.press("Return")
    assert editor.editors["sms"].code == "{{ threshold }}" and editor.editors["sms"].edit.hasFocus()
    view.select_key("last_calls")
    editor.variables._button.click()
    settle(editor, qtbot)
    assert "{% for call in last_calls %}" in editor.editors["sms"].code and editor._problems == {}


def test_whatever_the_list_puts_in_is_right(world: World, qtbot: Any) -> None:
    editor = saved(world, qtbot)
    rows = [row for row in editor.variables.model.rows() if "." not in row.name]
    write(editor, "text", "\n".join(row.inserted for row in rows))
    settle(editor, qtbot)
    assert editor._problems == {}
    for one, of in (("call", "last_calls"), ("row", "rows")):
        inside = "".join(row.inserted for row in editor.variables.model.rows() if row.name.startswith(f"{one}."))
        write(editor, "text", f"{{% for {one} in {of} %}}{inside}{{% endfor %}}")
        settle(editor, qtbot)
        assert editor._problems == {}, inside


def test_parts_are_gone_through_by_keys_and_everything_has_a_name(world: World, qtbot: Any) -> None:
    editor = saved(world, qtbot)
    assert unnamed(editor) == [] and unnamed(world.open("templates")) == []
    world.go("templates", "Night")
    editor.editors["subject"].setFocus()
    for part in (*PARTS[1:], PARTS[0]):
        world.press("Ctrl+PgDown")
        assert editor.part == part and editor.editors[part].edit.hasFocus()
    world.press("Ctrl+PgUp")
    assert editor.part == PARTS[-1]
    for _ in range(3):
        world.press("F6")
    focus = QApplication.focusWidget()
    assert focus is not None and focus is not editor.editors[editor.part].edit


@pytest.mark.parametrize(("appearance", "scale", "stacked"), [(Appearance.LIGHT, 1.5, True), (Appearance.DARK, 1.0, False)])
def test_the_sides_stand_where_there_is_room(
    world: World, qtbot: Any, appearance: Appearance, scale: float, stacked: bool
) -> None:
    editor = saved(world, qtbot)
    theme.set_appearance(appearance, scale)
    world.window.resize(1180, 720)
    QApplication.processEvents()
    left, right = find(editor, QWidget, "template_panel"), find(editor, QWidget, "template_right")
    tops = [each.mapTo(editor, each.rect().topLeft()).y() for each in (left, right)]
    assert (tops[1] > tops[0] + theme.px(300)) is stacked
    assert editor.editors[editor.part].edit.height() >= theme.px(120)
    assert editor.preview.text.height() >= theme.px(80)
