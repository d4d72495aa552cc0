"""Syntax colours of code: words found by Pygments on a thread of their own, put on the lines in short turns.

The window's thread never reads a text as a whole for its colours: while a line is typed in, its colours move along with the
letters, and the true ones come when the thread has read the text. Pygments is loaded with the first text.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QSyntaxHighlighter, QTextBlock, QTextBlockUserData, QTextCharFormat, QTextDocument
from shiboken6 import isValid

from ui.theme import Role, theme

REST_MS = 30  # typing fast asks once
_TURN_S = 0.004  # so long at a time lines are coloured
_ASTRAL = "\uffff"  # letters above it are two of Qt's


class Language(Enum):
    """What is written; the value is its name, what makes a line a comment, and the width of an indent."""

    JAVASCRIPT = ("javascript", "// ", "", 2)
    TEMPLATE = ("django", "{# ", " #}", 2)
    TEMPLATE_HTML = ("html+django", "{# ", " #}", 2)

    @property
    def comment(self) -> tuple[str, str]:
        """Return what stands before and after a line that is a comment."""
        return self.value[1], self.value[2]

    @property
    def indent(self) -> int:
        """Return how many spaces Tab is."""
        return self.value[3]


class Ink(Enum):
    """What a word is; the value is its role and whether it is strong."""

    KEYWORD = (Role.ACCENT, True)
    NAME = (Role.ACCENT, False)
    STRING = (Role.OK, False)
    NUMBER = (Role.BLIND, False)
    COMMENT = (Role.MUTED, False)
    TAG = (Role.SHELVED, True)
    MARK = (Role.SHELVED, False)


class Span(NamedTuple):
    """A stretch of one line in Qt's letters (UTF-16), and its ink."""

    start: int
    length: int
    ink: Ink


# By the beginning of Pygments' names of tokens, the longer ones first.
_INKS: tuple[tuple[str, Ink], ...] = (
    ("Token.Comment.Preproc", Ink.MARK),
    ("Token.Comment", Ink.COMMENT),
    ("Token.Keyword.Constant", Ink.NUMBER),
    ("Token.Keyword", Ink.KEYWORD),
    ("Token.Literal.Number", Ink.NUMBER),
    ("Token.Literal", Ink.STRING),
    ("Token.Name.Tag", Ink.TAG),
    ("Token.Name.Attribute", Ink.MARK),
    ("Token.Name.Builtin", Ink.NAME),
    ("Token.Name.Function", Ink.NAME),
    ("Token.Name.Variable", Ink.NAME),
    ("Token.Name.Entity", Ink.NUMBER),
    ("Token.Operator.Word", Ink.KEYWORD),
)


@cache
def _lexer(language: Language) -> Any:
    # by class, not by name: what is imported in words is found when the program is packed
    if language is Language.JAVASCRIPT:
        from pygments.lexers.javascript import JavascriptLexer  # type: ignore[import-untyped]  # has no types of its own

        return JavascriptLexer()
    from pygments.lexers.templates import DjangoLexer, HtmlDjangoLexer  # type: ignore[import-untyped]  # as above

    return HtmlDjangoLexer() if language is Language.TEMPLATE_HTML else DjangoLexer()


@cache
def _ink_of(name: str) -> Ink | None:
    return next((ink for start, ink in _INKS if name.startswith(start)), None)


def spans_of(source: str, language: Language) -> list[tuple[Span, ...]]:
    """Find the coloured stretches of every line, in order; any text gives an answer. Any thread, about 1 MB/s."""
    lines: list[list[Span]] = [[] for _ in range(source.count("\n") + 1)]
    wide = bool(source) and max(source) > _ASTRAL
    line = column = 0
    for _, token, words in _lexer(language).get_tokens_unprocessed(source):
        ink = _ink_of(str(token))
        for at, part in enumerate(words.split("\n")):
            if at:
                line, column = line + 1, 0
            length = len(part) + (sum(letter > _ASTRAL for letter in part) if wide else 0)
            if ink is not None and length:
                lines[line].append(Span(column, length, ink))
            column += length
    return [tuple(each) for each in lines]


class _Door(QObject):
    """Brings results of the thread to the window's thread; lives as long as the program."""

    called = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.called.connect(lambda work: work(), Qt.ConnectionType.QueuedConnection)


@cache
def _door() -> _Door:
    return _Door()


@cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="colours")


@dataclass(slots=True)
class _Line:
    text: str
    spans: tuple[Span, ...]

    def moved_to(self, text: str) -> _Line:
        """Give the spans of a line that was typed in: before the change as they are, after it moved along."""
        shorter = min(len(text), len(self.text))
        same = next((at for at in range(shorter) if text[at] != self.text[at]), shorter)
        tail = 0
        while tail < shorter - same and text[-1 - tail] == self.text[-1 - tail]:
            tail += 1
        end, moved = len(self.text) - tail, len(text) - len(self.text)
        spans = []
        for start, length, ink in self.spans:
            left = start if start < same else max(start, end) + moved
            right = start + length if start + length <= same else max(start + length, end) + moved
            if right > left:
                spans.append(Span(left, right - left, ink))
        return _Line(text, tuple(spans))


class _Kept(QTextBlockUserData):
    """What a line of the document is coloured by."""

    def __init__(self, line: _Line) -> None:
        super().__init__()
        self.line = line


class CodeColours(QSyntaxHighlighter):
    """Colour a document. `coloured` follows when every line has the colours of the text as it is now."""

    coloured = Signal()

    def __init__(self, document: QTextDocument, language: Language) -> None:
        super().__init__(document)
        self._language = language
        self._edits = 0  # the document's own revision also counts what is coloured
        self._read = -1  # how many edits there were when it was read last
        self._reading: Future[list[tuple[Span, ...]]] | None = None
        self._turns: Iterator[None] | None = None
        self._formats = _formats()
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._start)
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._on_turn)
        document.contentsChange.connect(self._on_changed)
        theme.changed.connect(self._on_theme_changed)
        self._rest.start(0)

    def highlightBlock(self, text: str) -> None:
        """Colour a line by what is known of it."""
        kept = self.currentBlockUserData()
        if not isinstance(kept, _Kept):
            return
        if kept.line.text != text:
            kept.line = kept.line.moved_to(text)
        for start, length, ink in kept.line.spans:
            self.setFormat(start, length, self._formats[ink])

    def _on_changed(self, _at: int, _gone: int, _come: int) -> None:
        self._edits += 1
        self._rest.start()

    def _start(self) -> None:
        if self._reading is not None:
            return  # asked again when it is back
        document = self.document()
        self._read = self._edits
        source, language = _source(document), self._language
        self._reading = future = _thread().submit(spans_of, source, language)
        door = _door()

        def over(done: Future[list[tuple[Span, ...]]]) -> None:
            door.called.emit(lambda: self._take(done) if isValid(self) else None)

        future.add_done_callback(over)

    def _take(self, done: Future[list[tuple[Span, ...]]]) -> None:
        self._reading = None
        if self._edits != self._read:
            self._rest.start()
            return
        self._turns = self._paint(done.result())
        self._on_turn()

    def _paint(self, lines: list[tuple[Span, ...]]) -> Iterator[None]:
        """Colour what has other colours than before, a short turn at a time."""
        begun, block = time.perf_counter(), self.document().firstBlock()
        for spans in lines:
            if not block.isValid():
                return
            self._paint_block(block, spans)
            block = block.next()
            if time.perf_counter() - begun > _TURN_S:
                yield
                begun = time.perf_counter()

    def _paint_block(self, block: QTextBlock, spans: tuple[Span, ...]) -> None:
        kept, text = block.userData(), block.text()
        if isinstance(kept, _Kept) and kept.line.text == text and kept.line.spans == spans:
            return
        plain = not spans and not isinstance(kept, _Kept)
        block.setUserData(_Kept(_Line(text, spans)))
        if not plain:
            self.rehighlightBlock(block)

    def _on_turn(self) -> None:
        if self._turns is None:
            return
        if self._edits != self._read:
            self._turns = None  # the rest is of an older text
            self._rest.start()
        elif next(self._turns, self) is self:
            self._turns = None
            self.coloured.emit()
        else:
            self._turn.start()

    def _on_theme_changed(self) -> None:
        self._formats = _formats()
        self.rehighlight()


def _source(document: QTextDocument) -> str:
    block, lines = document.firstBlock(), []
    while block.isValid():
        lines.append(block.text())
        block = block.next()
    return "\n".join(lines)


def _formats() -> dict[Ink, QTextCharFormat]:
    made: dict[Ink, QTextCharFormat] = {}
    for ink in Ink:
        role, strong = ink.value
        made[ink] = QTextCharFormat()
        made[ink].setForeground(theme.color(role))
        if strong:
            made[ink].setFontWeight(QFont.Weight.DemiBold)
    return made
