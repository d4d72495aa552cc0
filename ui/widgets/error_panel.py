"""The panel that says what was not done, under the menu bar, until it is closed.

Runs on the window's thread. Several failures wait for each other; the same one again is not added.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from ui.marks import Mark, MarkLabel
from ui.messages import Failure
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import IconButton, LinkButton
from ui.widgets.labels import Label


class ErrorPanel(QFrame):
    """Show one failure at a time: mark, title, sentence, its action, Details, Close."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._waiting: list[Failure] = []
        self.setObjectName("error_panel")
        self.setProperty("kit", "panel")
        self._title = Label("", Role.TEXT, FontRole.BODY_STRONG, name="error_title")
        self._sentence = Label("", Role.TEXT, FontRole.BODY, wrap=True, name="error_sentence")
        self._action = LinkButton("", "error_action")
        self._action.clicked.connect(self._on_action)
        self._more = LinkButton("Details", "error_details_link")
        self._more.clicked.connect(self._on_more)
        self._close = IconButton("close", "error_close", "Close this message")
        self._close.clicked.connect(self.close_current)
        self._details = QPlainTextEdit()
        self._details.setObjectName("error_details")
        self._details.setAccessibleName("Details")
        self._details.setReadOnly(True)
        self._details.setMaximumHeight(theme.px(120))
        theme.set_font(self._details, FontRole.MONO)
        row = QHBoxLayout()
        row.setSpacing(12)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._sentence)
        row.addWidget(MarkLabel(Mark.CRITICAL), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        for button in (self._action, self._more, self._close):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 12, 10)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self._details)
        self.hide()

    def add(self, failure: Failure) -> None:
        """Show a failure, after those that are not closed yet; one with the same words takes the place of the older."""
        for at, each in enumerate(self._waiting):
            if (each.title, each.sentence) == (failure.title, failure.sentence):
                self._waiting[at] = failure
                break
        else:
            self._waiting.append(failure)
        self._show_first()

    def withdraw(self, title: str) -> None:
        """Take a message away that is no longer true."""
        self._waiting = [each for each in self._waiting if each.title != title]
        self._show_first()

    def close_current(self) -> None:
        """Close what is shown and show the next."""
        if self._waiting:
            self._waiting.pop(0)
        self._show_first()

    def _show_first(self) -> None:
        if not self._waiting:
            self.hide()
            return
        first, rest = self._waiting[0], len(self._waiting) - 1
        self._title.set(first.title if not rest else f"{first.title} (and {rest} more)")
        self._sentence.set(first.sentence)
        self._action.setText(first.action)
        self._action.setVisible(bool(first.action))
        self._more.setVisible(bool(first.details))
        self._details.setPlainText(first.details)
        self._details.hide()
        self.setAccessibleName(f"{first.title}. {first.sentence}")
        self.show()

    def _on_action(self) -> None:
        run = self._waiting[0].run if self._waiting else None
        self.close_current()
        if run is not None:
            run()

    def _on_more(self) -> None:
        self._details.setVisible(not self._details.isVisible())
