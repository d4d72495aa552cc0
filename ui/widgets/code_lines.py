"""What the code editor does to lines: comments, indents, line ends.

Runs on the window's thread where a cursor is needed; the rest is pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtGui import QTextCursor

from ui.widgets.code_colours import Language


def comment_change(lines: Sequence[str], language: Language) -> Callable[[str], str]:
    """Return what makes each of these lines a comment; when all are comments, what makes them none. Empty lines stay."""
    before, after = language.comment
    bare = before.strip()
    written = [text for text in lines if text.strip()]
    off = bool(written) and all(text.lstrip().startswith(bare) for text in written)

    def change(text: str) -> str:
        if not text.strip():
            return text
        depth = len(text) - len(text.lstrip())
        if not off:
            return f"{text[:depth]}{before}{text[depth:]}{after}"
        inner = text[depth + len(bare) :].removeprefix(" ")
        return text[:depth] + inner.removesuffix(after.strip()).rstrip() if after else text[:depth] + inner

    return change


def less_indented(text: str, width: int) -> str:
    """Return a line one step further out."""
    depth = len(text) - len(text.lstrip(" "))
    return text[min(depth, width) :]


def replace_line(cursor: QTextCursor, text: str, made: str) -> None:
    """Write only what differs, so that cursor and selection stay where they are."""
    same = next((at for at, (one, other) in enumerate(zip(text, made, strict=False)) if one != other), min(len(text), len(made)))
    tail = 0
    while tail < min(len(text), len(made)) - same and text[-1 - tail] == made[-1 - tail]:
        tail += 1
    start = cursor.block().position() + width(text[:same])
    cursor.setPosition(start)
    cursor.setPosition(start + width(text[same : len(text) - tail]), QTextCursor.MoveMode.KeepAnchor)
    cursor.insertText(made[same : len(made) - tail])


def one_break(words: str) -> str:
    """Return a text whose lines end alike."""
    for other in ("\r\n", "\r", "\u2028", "\u2029"):
        words = words.replace(other, "\n")
    return words


def width(words: str) -> int:
    """Return how many of Qt's letters (UTF-16) a text has."""
    return len(words.encode("utf-16-le", "surrogatepass")) // 2
