"""A code editor: text with line numbers and colours, a bar that finds, the sentence of what is wrong, and the keys in words.

Runs on the window's thread. What a line's problem is, the owner finds out; here it is marked and said.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.marks import Mark, MarkLabel
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import paint_frame
from ui.widgets.code_colours import Language
from ui.widgets.code_find import FindBar
from ui.widgets.code_text import CodeText
from ui.widgets.labels import Label

__all__ = ["KEYS_HINT", "CodeEditor", "Language"]

KEYS_HINT = "Tab indents; Esc, then Tab leaves the text. Ctrl+F finds, Ctrl+/ makes comments."


class _Frame(QWidget):
    """The ground and border of the text: of focus, of what is wrong."""

    def __init__(self, edit: CodeText) -> None:
        super().__init__()
        self._edit = edit
        column = QVBoxLayout(self)
        column.setContentsMargins(3, 3, 3, 3)
        column.addWidget(edit)
        edit.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut, QEvent.Type.DynamicPropertyChange):
            self.update()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        border = theme.color(Role.CRITICAL if self._edit.property("wrong") == "true" else Role.LINE_STRONG)
        paint_frame(painter, QRectF(self.rect()), theme.color(Role.SUNKEN), border, self._edit.hasFocus())
        painter.end()


class CodeEditor(QWidget):
    """Edit code of one language. `changed` follows every change by the user, `left` the focus leaving the text.

    Fits into a `Field`. `hint` False leaves the line about the keys to the owner.
    """

    changed = Signal()
    left = Signal()

    def __init__(self, name: str, language: Language, spoken: str, *, hint: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.edit = CodeText(f"{name}_text", language, spoken)
        self.finder = FindBar(self.edit)
        self._error = Label("", Role.CRITICAL, FontRole.CAPTION, wrap=True, name=f"{name}_problem")
        self._error_row = QWidget()
        row = QHBoxLayout(self._error_row)
        row.setContentsMargins(0, 4, 0, 0)
        row.setSpacing(8)
        row.addWidget(MarkLabel(Mark.CRITICAL, size=12), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._error, 1)
        self._error_row.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(_Frame(self.edit), 1)
        column.addWidget(self.finder)
        column.addWidget(self._error_row)
        if hint:
            column.addSpacing(4)
            column.addWidget(Label(KEYS_HINT, Role.MUTED, FontRole.CAPTION, wrap=True, name=f"{name}_keys"))
        self.edit.setAccessibleDescription(KEYS_HINT)
        self.setFocusProxy(self.edit)
        self.edit.edited.connect(self.changed)
        self.edit.left.connect(self.left)

    @property
    def code(self) -> str:
        """Return the text."""
        return self.edit.code

    def set_code(self, words: str) -> None:
        """Show another text, without a signal; its problems are not known yet."""
        self.edit.set_code(words)
        self.set_problems({})

    def set_read_only(self, read_only: bool) -> None:
        """Let the text be read only, or edited again."""
        self.edit.setReadOnly(read_only)
        self.edit.setTabChangesFocus(read_only)

    def insert(self, words: str) -> None:
        """Put words in at the cursor and go on there."""
        self.edit.insert(words)

    def set_problems(self, problems: Mapping[int, str], general: str = "") -> None:
        """Mark lines (from 1) as wrong and say the first; `general` is about no line. Nothing given: nothing is wrong."""
        self.edit.set_problems(problems)
        first = min(problems, default=0)
        said = general or (problems[first] if first else "")
        more = len(problems) - 1 if not general else len(problems)
        if said and more > 0:
            said += f" ({more} more)"
        self._error.set(said)
        self._error_row.setVisible(bool(said))
        self.edit.set_wrong(bool(said))
        self.edit.setAccessibleDescription(said or KEYS_HINT)

    @property
    def error(self) -> str:
        """Return the sentence shown, or nothing."""
        return self._error.text()
