"""The text of the code editor: line numbers and marks in a gutter, the current line, indents, comments, what is found.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QMimeData, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QToolTip, QWidget

from ui import marks
from ui.marks import Mark
from ui.theme import FontRole, Role, theme
from ui.widgets.choices import set_wrong
from ui.widgets.code_colours import CodeColours, Language
from ui.widgets.code_lines import comment_change, less_indented, one_break, replace_line

_MARK = 12
_OPENS = ("{", "(", "[")


class _Gutter(QWidget):
    """The numbers of the lines; a click puts the cursor into its line."""

    def __init__(self, text: CodeText) -> None:
        super().__init__(text)
        self._text = text
        self.setObjectName(f"{text.objectName()}_gutter")

    def sizeHint(self) -> QSize:
        return QSize(self._text.gutter_width, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._text.paint_gutter(self, event.rect())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._text.go_to(self._text.line_at(event.position().y()))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            words = self._text.problem_at(self._text.line_at(event.pos().y()))
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)


class CodeText(QPlainTextEdit):
    """Code in the monospace font. `edited` follows every change of the text by the user, `left` the focus leaving it.

    Tab indents; after Esc it leaves the field, so that nobody is caught in it.
    """

    edited = Signal()
    left = Signal()
    find_asked = Signal()
    find_next_asked = Signal(int)

    def __init__(self, name: str, language: Language, spoken: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self._language = language
        self._problems: list[tuple[QTextCursor, str]] = []  # cursors, because they move along with their lines
        self._found: list[tuple[int, int]] = []
        self._silent = False
        # the editor's own frame shows focus and errors; without this the style sheet would draw a second one inside it
        self.setStyleSheet("QPlainTextEdit, QPlainTextEdit:focus { border: none; padding: 2px; background: transparent; }")
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._gutter = _Gutter(self)
        self.colours = CodeColours(self.document(), language)
        self.setCornerWidget(QWidget())  # Qt would draw a box between the scroll bars
        theme.set_font(self, FontRole.MONO)
        self.document().blockCountChanged.connect(lambda _count: self._make_room())
        self.updateRequest.connect(self._on_update)
        self.cursorPositionChanged.connect(self._show_extras)
        self.document().contentsChange.connect(self._on_contents_change)
        theme.changed.connect(self._dress)
        self._dress()

    # --- the text ----------------------------------------------------------------------------------------------------

    @property
    def code(self) -> str:
        """Return the text as it is; Qt's own toPlainText makes common spaces of those that do not break."""
        block, lines = self.document().firstBlock(), []
        while block.isValid():
            lines.append(block.text())
            block = block.next()
        return "\n".join(lines)

    def set_code(self, words: str) -> None:
        """Show another text, without a signal; nothing of the one before can be had back by undo."""
        self._silent = True
        self._problems = []
        self._found = []
        self.setPlainText(one_break(words))
        self._silent = False
        self._show_extras()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste text as lines of ours, whatever its lines end with."""
        if source.hasText():
            self.textCursor().insertText(one_break(source.text()))
            self.ensureCursorVisible()

    def insert(self, words: str) -> None:
        """Put words in at the cursor, in place of what is selected, and go on there."""
        self.textCursor().insertText(one_break(words))
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def go_to(self, line: int) -> None:
        """Put the cursor at the beginning of a line, counted from 1."""
        block = self.document().findBlockByNumber(min(max(line, 1), self.blockCount()) - 1)
        self.setTextCursor(QTextCursor(block))
        self.centerCursor()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def line(self) -> int:
        """Return the line of the cursor, counted from 1."""
        return self.textCursor().blockNumber() + 1

    def set_problems(self, problems: Mapping[int, str]) -> None:
        """Mark lines (from 1) as wrong, with the sentence why; an empty mapping marks none."""
        found = self.document().findBlockByNumber
        self._problems = [
            (QTextCursor(found(min(max(line, 1), self.blockCount()) - 1)), words) for line, words in problems.items()
        ]
        self._show_extras()

    def set_wrong(self, wrong: bool) -> None:
        """Draw the border in the error colour, or no longer."""
        set_wrong(self, wrong)

    def problem_at(self, line: int) -> str:
        """Return why a line is marked as wrong, or nothing."""
        return self._problem_lines().get(line, "")

    def _problem_lines(self) -> dict[int, str]:
        return {cursor.blockNumber() + 1: words for cursor, words in self._problems}

    def show_found(self, found: list[tuple[int, int]]) -> None:
        """Shade these stretches (start, length in Qt's letters)."""
        self._found = found[:500]  # beyond it nobody counts by eye, and each is painted
        self._show_extras()

    # --- keys --------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Keep the editor's own keys from the commands of the window."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._own_key(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def _own_key(self, event: QKeyEvent) -> str | None:
        control = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.ControlModifier
        if control and event.key() == Qt.Key.Key_Slash:
            return "comment"
        if event.matches(QKeySequence.StandardKey.Find):
            return "find"
        if event.key() == Qt.Key.Key_F3:
            return "last" if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else "next"
        return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the editor's own keys; Esc lets the next Tab leave."""
        match self._own_key(event):
            case "comment":
                self.toggle_comment()
                return
            case "find":
                self.find_asked.emit()
                return
            case "next" | "last" as which:
                self.find_next_asked.emit(1 if which == "next" else -1)
                return
        if event.key() == Qt.Key.Key_Escape:
            self.setTabChangesFocus(True)
            return
        if self.isReadOnly():
            super().keyPressEvent(event)
            return
        if event.key() not in (Qt.Key.Key_Shift, Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self.setTabChangesFocus(False)
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() == Qt.Key.Key_Tab and not shifted:
            self._indent()
        elif event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self._each_line(lambda text: less_indented(text, self._language.indent))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._break_line()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Let Tab indent again."""
        self.setTabChangesFocus(self.isReadOnly())
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell that the field was left."""
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.left.emit()

    def _indent(self) -> None:
        cursor, width = self.textCursor(), self._language.indent
        if "\u2029" in cursor.selectedText():
            self._each_line(lambda text: " " * width + text if text.strip() else text)
        else:
            cursor.insertText(" " * (width - cursor.positionInBlock() % width))

    def _break_line(self) -> None:
        """Begin the next line under the beginning of this one, one step further in after what opens."""
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        depth = len(before) - len(before.lstrip(" "))
        if self._language is Language.JAVASCRIPT and before.rstrip().endswith(_OPENS):
            depth += self._language.indent
        cursor.insertText("\n" + " " * depth)
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

    def toggle_comment(self) -> None:
        """Make the lines of the selection comments, or none when they all are."""
        self._each_line(comment_change(self._lines(), self._language))

    def _chosen_blocks(self) -> tuple[int, int]:
        cursor, document = self.textCursor(), self.document()
        first = document.findBlock(cursor.selectionStart())
        last = document.findBlock(cursor.selectionEnd())
        end = last.blockNumber()
        if end > first.blockNumber() and cursor.selectionEnd() == last.position():
            end -= 1  # the line after the selection is not in it
        return first.blockNumber(), end

    def _lines(self) -> list[str]:
        first, last = self._chosen_blocks()
        return [self.document().findBlockByNumber(at).text() for at in range(first, last + 1)]

    def _each_line(self, change: Callable[[str], str]) -> None:
        """Change every line of the selection, as one step for undo."""
        first, last = self._chosen_blocks()
        cursor = self.textCursor()
        cursor.beginEditBlock()
        for at in range(first, last + 1):
            block = self.document().findBlockByNumber(at)
            text = block.text()
            made = change(text)
            if made != text:
                replace_line(QTextCursor(block), text, made)
        cursor.endEditBlock()

    # --- what is painted ---------------------------------------------------------------------------------------------

    @property
    def gutter_width(self) -> int:
        """Return the width of numbers and marks."""
        digits = max(2, len(str(self.blockCount())))
        return round(QFontMetricsF(self.font()).horizontalAdvance("9") * digits) + theme.px(_MARK) + 18

    def line_at(self, y: float) -> int:
        """Return the line at a height of the viewport, counted from 1; the last one below it."""
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid():
            top += self.blockBoundingRect(block).height()
            if y < top:
                return block.blockNumber() + 1
            block = block.next()
        return self.blockCount()

    def paint_gutter(self, gutter: QWidget, part: QRect) -> None:
        """Paint the numbers that are seen, the marks of wrong lines before them."""
        painter = QPainter(gutter)
        painter.fillRect(part, theme.color(Role.SUNKEN))
        painter.setFont(self.font())
        block, here, side = self.firstVisibleBlock(), self.textCursor().blockNumber(), theme.px(_MARK)
        problems = self._problem_lines()
        line = QFontMetricsF(self.font()).height()  # the last line's own height has a margin
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= part.bottom():
            height = self.blockBoundingRect(block).height()
            number = block.blockNumber()
            if top + height >= part.top():
                wrong = number + 1 in problems
                painter.setPen(theme.color(Role.CRITICAL if wrong else Role.TEXT if number == here else Role.MUTED))
                room = QRectF(0, top, gutter.width() - 10, line)
                painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(number + 1))
                if wrong:
                    marks.draw(painter, QRectF(QPointF(2, top + (line - side) / 2), QSize(side, side)), Mark.CRITICAL)
            top += height
            block = block.next()
        painter.fillRect(QRectF(gutter.width() - 5, part.top(), 1, part.height()), theme.color(Role.LINE))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the gutter at the left of the text."""
        super().resizeEvent(event)
        self._place_gutter()
        if self.hasFocus() and event.size().height() < event.oldSize().height():
            self.ensureCursorVisible()  # a sentence that appears below must not cover the line that is typed

    def _dress(self) -> None:
        width = QFontMetricsF(self.font()).horizontalAdvance(" ")
        self.setTabStopDistance(width * 4)
        self._make_room()
        self._show_extras()

    def _make_room(self) -> None:
        self.setViewportMargins(self.gutter_width, 0, 0, 0)
        self._place_gutter()

    def _place_gutter(self) -> None:
        view, width = self.viewport().geometry(), self.gutter_width
        self._gutter.setGeometry(view.left() - width, view.top(), width, view.height())

    def _on_update(self, part: QRect, moved: int) -> None:
        if moved:
            self._gutter.scroll(0, moved)
        else:
            self._gutter.update(0, part.y(), self._gutter.width(), part.height())

    def _show_extras(self) -> None:
        """Shade the current line and what is found, underline wrong lines."""
        extras = []
        if not self.isReadOnly():
            here = self._extra(self.textCursor().block().position(), 0)
            here.format.setBackground(theme.color(Role.HOVER))
            here.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            extras.append(here)
        for start, length in self._found:
            found = self._extra(start, length)
            found.format.setBackground(theme.color(Role.SELECT))
            extras.append(found)
        for line in self._problem_lines():
            block = self.document().findBlockByNumber(line - 1)
            text = block.text()
            depth = len(text) - len(text.lstrip())
            wrong = self._extra(block.position() + depth, max(0, block.length() - 1 - depth))
            wrong.format.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            wrong.format.setUnderlineColor(theme.color(Role.CRITICAL))
            extras.append(wrong)
        self.setExtraSelections(extras)
        self._gutter.update()

    def _extra(self, start: int, length: int) -> QTextEdit.ExtraSelection:
        made = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.document())
        last = self.document().characterCount() - 1
        cursor.setPosition(min(start, last))
        cursor.setPosition(min(start + length, last), QTextCursor.MoveMode.KeepAnchor)
        made.cursor = cursor
        return made

    def _on_contents_change(self, _at: int, _gone: int, _come: int) -> None:
        if not self._silent:
            self._found = []
            self.edited.emit()
