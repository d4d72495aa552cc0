"""The dialog of a Question: what happens, then the buttons; Esc and Enter are harmless, Ctrl+Enter does it.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from ui.messages import Choice, Question, Weight
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import Button, DangerButton, PrimaryButton
from ui.widgets.fields import Field, TextField
from ui.widgets.labels import Label, line


class QuestionDialog(QDialog):
    """Show a question over the window and call back once with the answer's key."""

    def __init__(self, question: Question, on_answer: Callable[[str], object], parent: QWidget) -> None:
        super().__init__(parent)
        self._question, self._on_answer = question, on_answer
        self._answer = question.harmless
        self._waiting: list[Button] = []
        self._strong: Button | None = None
        self.setObjectName(f"question_{question.name}")
        self.setAccessibleName(question.title)
        self.setWindowTitle(question.title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._make_words())
        column.addWidget(line())
        column.addLayout(self._make_buttons())
        # Qt would take two thirds of the screen and cut buttons on a small one.
        width = max(theme.px(440), column.totalMinimumSize().width())
        self.setMinimumSize(width, column.totalHeightForWidth(width))
        self.finished.connect(self._on_finished)

    def _make_words(self) -> QVBoxLayout:
        words = QVBoxLayout()
        words.setContentsMargins(24, 20, 24, 20)
        words.setSpacing(8)
        words.addWidget(Label(self._question.title, Role.TEXT, FontRole.PAGE_TITLE, wrap=True, name="question_title"))
        words.addWidget(Label(self._question.sentence, Role.TEXT, FontRole.BODY, wrap=True, name="question_sentence"))
        if self._question.details:
            details = QPlainTextEdit(self._question.details)
            details.setObjectName("question_details")
            details.setAccessibleName("Details")
            details.setReadOnly(True)
            details.setMaximumHeight(theme.px(160))
            theme.set_font(details, FontRole.MONO)
            words.addWidget(details)
        if self._question.typed:
            self._typed = TextField("question_typed")
            self._typed.textChanged.connect(self._on_typed)
            words.addSpacing(4)
            words.addWidget(Field(f"Enter {self._question.typed} to go on", self._typed))
        return words

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(24, 12, 24, 12)
        row.setSpacing(8)
        for choice in self._question.choices:
            if choice.apart:
                row.addWidget(self._button(choice))
        row.addStretch(1)
        for choice in self._question.choices:
            if not choice.apart:
                row.addWidget(self._button(choice))
        return row

    def _button(self, choice: Choice) -> Button:
        kind = {Weight.NORMAL: Button, Weight.PRIMARY: PrimaryButton, Weight.DANGER: DangerButton}[choice.weight]
        harmless = choice.key == self._question.harmless
        strong = choice.weight is not Weight.NORMAL
        button = kind(choice.words, f"answer_{choice.key}", hint="Esc" if harmless else "Ctrl+Enter" if strong else "")
        button.clicked.connect(lambda: self._choose(choice.key))
        if harmless:
            button.setDefault(True)
            button.setFocus()
            button.installEventFilter(self)
        if strong:
            self._strong = button
        if choice.weight is Weight.DANGER and self._question.typed:
            button.setEnabled(False)
            self._waiting.append(button)
        return button

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Ctrl+Enter from the harmless button, which has the focus: Qt would press it as by Enter alone."""
        pressed = event if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress else None
        if pressed is not None and pressed.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.keyPressEvent(pressed)
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Ctrl+Enter for the strong choice; Enter alone is the harmless one."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if self._strong is not None and self._strong.isEnabled():
                self._strong.click()
            return
        super().keyPressEvent(event)

    def _on_typed(self, words: str) -> None:
        for button in self._waiting:
            button.setEnabled(words.strip() == self._question.typed)

    def _choose(self, key: str) -> None:
        self._answer = key
        self.accept()

    def _on_finished(self, _result: int) -> None:
        self._on_answer(self._answer)
