"""The bar under the code editor that finds words in it.

Runs on the window's thread.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from ui.text import number
from ui.theme import FontRole, Role
from ui.widgets.buttons import IconButton
from ui.widgets.code_text import CodeText
from ui.widgets.labels import Label


class FindBar(QWidget):
    """Find as it is typed, without regard to case. Enter, F3: the next; with Shift the one before; Esc closes."""

    def __init__(self, text: CodeText, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = text.objectName()
        self._text = text
        self._found: list[tuple[int, int]] = []
        self.setObjectName(f"{name}_find")
        self.line = QLineEdit()
        self.line.setObjectName(f"{name}_find_text")
        self.line.setAccessibleName("Find in this text")
        self.line.setPlaceholderText("Find in this text")
        self.line.installEventFilter(self)
        self._counts = Label("", Role.MUTED, FontRole.CAPTION, name=f"{name}_find_counts")
        before = IconButton("chevron-up", f"{name}_find_last", "Find the one before, Shift+F3")
        after = IconButton("chevron-down", f"{name}_find_next", "Find the next, F3")
        close = IconButton("close", f"{name}_find_close", "Close, Esc")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 6, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.line, 1)
        for widget in (self._counts, before, after, close):
            row.addWidget(widget)
        self.line.textChanged.connect(lambda _words: self._search())
        before.clicked.connect(lambda: self.step(-1))
        after.clicked.connect(lambda: self.step(1))
        close.clicked.connect(self.close_bar)
        text.find_asked.connect(self.open_bar)
        text.find_next_asked.connect(self.step)
        text.edited.connect(self._on_edited)
        self.hide()

    @property
    def counts(self) -> str:
        """Return what is said of the findings: `2 of 12`, `none`."""
        return self._counts.text()

    def open_bar(self) -> None:
        """Show the bar with the selected word in it."""
        chosen = self._text.textCursor().selectedText()
        self.show()
        if chosen and "\u2029" not in chosen:
            self.line.setText(chosen)
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()
        self._search()

    def close_bar(self) -> None:
        """Take the bar away and go back to the text."""
        self.hide()
        self._found = []
        self._text.show_found([])
        self._text.setFocus(Qt.FocusReason.OtherFocusReason)

    def step(self, by: int) -> None:
        """Go to the next finding or the one before, round and round."""
        if self.isHidden():
            self.open_bar()
            return
        self._find_all()
        cursor = self._text.textCursor()
        starts = [start for start, _ in self._found]
        if by > 0:
            at = next((at for at, start in enumerate(starts) if start >= cursor.selectionEnd()), 0)
        else:
            at = next((at for at in range(len(starts) - 1, -1, -1) if starts[at] < cursor.selectionStart()), len(starts) - 1)
        self._go(at)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Enter, F3 and Esc in the field."""
        if isinstance(event, QKeyEvent) and event.key() in (
            Qt.Key.Key_F3,
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
            Qt.Key.Key_Escape,
        ):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                if event.key() == Qt.Key.Key_Escape:
                    self.close_bar()
                else:
                    self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
                return True
        return super().eventFilter(watched, event)

    def _find_all(self) -> None:
        needle, self._found = self.line.text(), []
        if needle:
            document = self._text.document()
            cursor = document.find(needle, 0)
            while not cursor.isNull():
                self._found.append((cursor.selectionStart(), cursor.selectionEnd() - cursor.selectionStart()))
                cursor = document.find(needle, cursor)
        self._text.show_found(self._found)

    def _search(self) -> None:
        """Find all, and choose the first one from the cursor on."""
        self._find_all()
        start = self._text.textCursor().selectionStart()
        at = next((at for at, (found, _) in enumerate(self._found) if found >= start), 0)
        self._go(at)

    def _go(self, at: int) -> None:
        if not self._found:
            self._counts.set("none" if self.line.text() else "")
            return
        start, length = self._found[at]
        cursor = self._text.textCursor()
        cursor.setPosition(start)
        cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
        self._text.setTextCursor(cursor)
        self._counts.set(f"{number(at + 1)} of {number(len(self._found))}")

    def _on_edited(self) -> None:
        if not self.isHidden():
            self._find_all()
            self._counts.set(f"{number(len(self._found))} found" if self._found else "none" if self.line.text() else "")
