"""The code editor: colours, keys, marks of what is wrong, finding; a large text stays smooth."""

from __future__ import annotations

import time
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QKeySequence, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from ui.theme import Appearance, Role, theme
from ui.widgets.code_colours import Ink, Language, spans_of
from ui.widgets.code_editor import CodeEditor

JS = 'function main(data) {\n  const n = 3.5; // ok\n  return "a" + `b ${n}`;\n}\n'


@pytest.fixture
def room(qtbot: Any) -> QWidget:
    """Give a window with a field before and one after the place of the editor."""
    made = QWidget()
    column = QVBoxLayout(made)
    before, after = QLineEdit(), QLineEdit()
    before.setObjectName("before")
    after.setObjectName("after")
    column.addWidget(before)
    column.addWidget(after)
    qtbot.addWidget(made)
    made.resize(700, 500)
    return made


def make(room: QWidget, qtbot: Any, language: Language = Language.JAVASCRIPT, words: str = JS) -> CodeEditor:
    editor = CodeEditor("code", language, "Code")
    editor.set_code(words)
    layout = room.layout()
    assert isinstance(layout, QVBoxLayout)
    layout.insertWidget(1, editor, 1)
    before, after = room.findChild(QLineEdit, "before"), room.findChild(QLineEdit, "after")
    assert before is not None and after is not None
    QWidget.setTabOrder(before, editor.edit)
    QWidget.setTabOrder(editor.edit, after)
    with qtbot.waitExposed(room):
        room.show()
    room.activateWindow()
    editor.edit.setFocus()
    return editor


def press(editor: CodeEditor, keys: str) -> None:
    combination = QKeySequence(keys)[0]
    QTest.keyClick(QApplication.focusWidget() or editor.edit, combination.key(), combination.keyboardModifiers())


def choose(editor: CodeEditor, first: int, last: int) -> None:
    """Select lines, both counted from 1."""
    document = editor.edit.document()
    cursor = QTextCursor(document.findBlockByNumber(first - 1))
    end = document.findBlockByNumber(last - 1)
    cursor.setPosition(end.position() + end.length() - 1, QTextCursor.MoveMode.KeepAnchor)
    editor.edit.setTextCursor(cursor)


def inks(editor: CodeEditor, line: int) -> list[tuple[str, str]]:
    """Give the coloured words of a line as they are painted."""
    block = editor.edit.document().findBlockByNumber(line - 1)
    return [
        (block.text()[each.start : each.start + each.length], each.format.foreground().color().name())
        for each in block.layout().formats()
    ]


# --- colours --------------------------------------------------------------------------------------------------------------


def test_words_are_found_by_their_kind() -> None:
    lines = spans_of(JS, Language.JAVASCRIPT)
    assert next((span.ink, span.start, span.length) for span in lines[0]) == (Ink.KEYWORD, 0, 8)
    assert {span.ink for span in lines[1]} == {Ink.KEYWORD, Ink.NUMBER, Ink.COMMENT}
    assert Ink.STRING in {span.ink for span in lines[2]}
    html = spans_of('<p class="x">{{ name }}\n{% if a %}{# c #}</p>', Language.TEMPLATE_HTML)
    assert {span.ink for span in html[0]} >= {Ink.TAG, Ink.STRING, Ink.NAME, Ink.MARK}
    assert Ink.KEYWORD in {span.ink for span in html[1]} and Ink.COMMENT in {span.ink for span in html[1]}


@pytest.mark.parametrize("words", ["", "\n\n", "/* never closed\n'", "\0\ud800", "{{ {% {#", "a\u2028b", "`${`${"])
@pytest.mark.parametrize("language", Language)
def test_any_text_has_a_line_of_colours_for_each_of_its_lines(language: Language, words: str) -> None:
    assert len(spans_of(words, language)) == words.count("\n") + 1


def test_letters_outside_the_first_plane_count_as_qt_counts_them() -> None:
    (line,) = spans_of('x = "😀😀"; 7', Language.JAVASCRIPT)
    assert [(span.start, span.length) for span in line if span.ink in (Ink.STRING, Ink.NUMBER)][-1] == (12, 1)


def test_colours_come_follow_typing_and_the_theme(room: QWidget, qtbot: Any) -> None:
    editor = make(room, qtbot)
    with qtbot.waitSignal(editor.edit.colours.coloured, timeout=5000):
        pass
    assert inks(editor, 1)[0] == ("function", theme.color(Role.ACCENT).name())
    editor.edit.go_to(1)
    QTest.keyClicks(editor.edit, "xx ")
    assert inks(editor, 1)[0] == ("function", theme.color(Role.ACCENT).name())  # moved along at once
    editor.edit.go_to(1)
    with qtbot.waitSignal(editor.edit.colours.coloured, timeout=5000):
        QTest.keyClicks(editor.edit, "// ")
    assert inks(editor, 1) == [("// xx function main(data) {", theme.color(Role.MUTED).name())]
    theme.set_appearance(Appearance.LIGHT)
    assert inks(editor, 1) == [("// xx function main(data) {", theme.color(Role.MUTED).name())]
    assert theme.color(Role.MUTED).name() == "#55606a"


def test_colouring_is_no_change_of_the_text(room: QWidget, qtbot: Any) -> None:
    editor = make(room, qtbot)
    told: list[bool] = []
    editor.changed.connect(lambda: told.append(True))
    with qtbot.waitSignal(editor.edit.colours.coloured, timeout=5000):
        pass
    editor.set_code("let a = 1;")
    with qtbot.waitSignal(editor.edit.colours.coloured, timeout=5000):
        pass
    assert told == [] and not editor.edit.document().isUndoAvailable()
    QTest.keyClicks(editor.edit, "b")
    assert told == [True] and editor.code == "blet a = 1;"


def test_a_large_text_does_not_hold_up_typing(room: QWidget, qtbot: Any) -> None:
    big = (JS * (65_536 // len(JS)))[:65_536]
    editor = make(room, qtbot, words=big)
    with qtbot.waitSignal(editor.edit.colours.coloured, timeout=20_000):
        pass
    editor.edit.go_to(600)
    longest = 0.0
    for _ in range(20):
        begun = time.perf_counter()
        QTest.keyClicks(editor.edit, "x")
        QApplication.processEvents()
        longest = max(longest, time.perf_counter() - begun)
    assert longest < 1.0  # a fault in it takes seconds; what it takes on a quiet machine is in the benchmarks' report
    with qtbot.waitSignal(editor.edit.colours.coloured, timeout=20_000):
        pass
    assert "x" * 20 in editor.code


# --- text -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["a\u00a0b", "5.4\u2009%", "tab\there", "", "\n", "x\n\n"])
def test_a_text_comes_back_as_it_was_given(room: QWidget, qtbot: Any, words: str) -> None:
    assert make(room, qtbot, words=words).code == words


def test_pasted_lines_end_as_ours(room: QWidget, qtbot: Any) -> None:
    editor = make(room, qtbot, words="")
    data = QMimeData()
    data.setText("a\r\nb\u2028c\rd")
    editor.edit.insertFromMimeData(data)
    assert editor.code == "a\nb\nc\nd" and editor.edit.blockCount() == 4
    press(editor, "Shift+Return")
    assert editor.edit.blockCount() == 5


# --- keys -----------------------------------------------------------------------------------------------------------------


def test_tab_indents_and_leaves_after_esc(room: QWidget, qtbot: Any) -> None:
    editor = make(room, qtbot, words="a\nb")
    press(editor, "Tab")
    assert editor.code == "  a\nb"
    choose(editor, 1, 2)
    press(editor, "Tab")
    assert editor.code == "    a\n  b"
    press(editor, "Shift+Tab")
    press(editor, "Shift+Tab")
    assert editor.code == "a\nb"
    press(editor, "Esc")
    press(editor, "Tab")
    focus = QApplication.focusWidget()
    assert focus is not None and focus.objectName() == "after" and editor.code == "a\nb"
    QTest.keyClick(focus, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert editor.edit.hasFocus()
    press(editor, "Tab")  # it indents again
    assert editor.edit.hasFocus()
    press(editor, "Esc")
    press(editor, "Shift+Tab")
    focus = QApplication.focusWidget()
    assert focus is not None and focus.objectName() == "before"


def test_typing_after_esc_stays(room: QWidget, qtbot: Any) -> None:
    editor = make(room, qtbot, words="")
    press(editor, "Esc")
    QTest.keyClicks(editor.edit, "a")
    press(editor, "Tab")
    assert editor.edit.hasFocus() and editor.code == "a "


def test_a_new_line_begins_under_the_last(room: QWidget, qtbot: Any) -> None:
    editor = make(room, qtbot, words="")
    QTest.keyClicks(editor.edit, "if (a) {")
    press(editor, "Return")
    QTest.keyClicks(editor.edit, "b();")
    press(editor, "Return")
    assert editor.code == "if (a) {\n  b();\n  "


@pytest.mark.parametrize(
    ("language", "commented"),
    [(Language.JAVASCRIPT, "// a\n\n  // b"), (Language.TEMPLATE_HTML, "{# a #}\n\n  {# b #}")],
)
def test_comments_come_and_go(room: QWidget, qtbot: Any, language: Language, commented: str) -> None:
    editor = make(room, qtbot, language, "a\n\n  b")
    choose(editor, 1, 3)
    press(editor, "Ctrl+/")
    assert editor.code == commented
    press(editor, "Ctrl+/")
    assert editor.code == "a\n\n  b"
    press(editor, "Ctrl+Z")
    assert editor.code == commented  # one step
    press(editor, "Ctrl+Shift+Z")
    assert editor.code == "a\n\n  b"


# --- what is wrong --------------------------------------------------------------------------------------------------------


def test_a_wrong_line_is_marked_said_and_moves_along(room: QWidget, qtbot: Any) -> None:
    editor = make(room, qtbot)
    editor.set_problems({3: "Line 3: n is not known.", 2: "Line 2: no."})
    assert editor.error == "Line 2: no. (1 more)"
    assert editor.edit.accessibleDescription() == editor.error and editor.edit.property("wrong") == "true"
    underlined = [each.cursor.blockNumber() for each in editor.edit.extraSelections() if each.format.underlineColor().isValid()]
    assert theme.color(Role.CRITICAL) in [each.format.underlineColor() for each in editor.edit.extraSelections()]
    assert 2 in underlined
    editor.edit.go_to(1)
    press(editor, "Return")
    assert editor.edit.problem_at(4) == "Line 3: n is not known." and editor.edit.problem_at(2) == ""
    editor.set_problems({99: "beyond the end"})
    assert editor.edit.problem_at(editor.edit.blockCount()) == "beyond the end"
    editor.set_problems({})
    assert editor.error == "" and editor.edit.property("wrong") == "false"


def test_the_gutter_marks_and_a_click_goes_there(room: QWidget, qtbot: Any) -> None:
    editor = make(room, qtbot)
    gutter = room.findChild(QWidget, "code_text_gutter")
    assert gutter is not None and gutter.width() == editor.edit.gutter_width
    height = editor.edit.blockBoundingRect(editor.edit.document().firstBlock()).height()

    def paints_critical() -> bool:
        picture = gutter.grab().toImage()
        wanted = theme.color(Role.MARK_CRITICAL).name()
        top = int(2 * height)
        return any(picture.pixelColor(x, y).name() == wanted for x in range(16) for y in range(top, int(top + height) + 4))

    assert not paints_critical()
    editor.set_problems({3: "wrong"})
    assert paints_critical()
    qtbot.mouseClick(gutter, Qt.MouseButton.LeftButton, pos=QPoint(4, int(2.5 * height) + 4))
    assert editor.edit.line == 3


# --- finding --------------------------------------------------------------------------------------------------------------


def test_find_goes_round_and_counts(room: QWidget, qtbot: Any) -> None:
    editor = make(room, qtbot, words="one two\nTwo\ntwo")
    editor.edit.go_to(1)
    press(editor, "Ctrl+F")
    assert editor.finder.isVisible() and editor.finder.line.hasFocus()
    QTest.keyClicks(editor.finder.line, "two")
    assert editor.finder.counts == "1 of 3"
    press(editor, "Return")
    assert (editor.finder.counts, editor.edit.line) == ("2 of 3", 2)
    press(editor, "F3")
    press(editor, "F3")
    assert editor.finder.counts == "1 of 3"
    press(editor, "Shift+F3")
    assert (editor.finder.counts, editor.edit.line) == ("3 of 3", 3)
    QTest.keyClicks(editor.finder.line, "x")
    assert editor.finder.counts == "none"
    press(editor, "Esc")
    assert not editor.finder.isVisible() and editor.edit.hasFocus()


def test_find_begins_with_what_is_selected(room: QWidget, qtbot: Any) -> None:
    editor = make(room, qtbot, words="alpha beta alpha")
    cursor = editor.edit.textCursor()
    cursor.setPosition(5, QTextCursor.MoveMode.KeepAnchor)
    editor.edit.setTextCursor(cursor)
    press(editor, "Ctrl+F")
    assert editor.finder.line.text() == "alpha" and editor.finder.counts == "1 of 2"
