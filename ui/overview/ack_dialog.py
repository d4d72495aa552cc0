"""Asks who takes an alarm, and for a note; both are kept with the alarm. Runs on the window's thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import Button, PrimaryButton
from ui.widgets.fields import Field, TextField
from ui.widgets.labels import Label, line


class AckDialog(QDialog):
    """Name and note. `on_take(name, note)` is called once when somebody takes it; Esc leaves everything as it is."""

    def __init__(self, what: str, operator: str, on_take: Callable[[str, str], object], parent: QWidget) -> None:
        super().__init__(parent)
        self._on_take = on_take
        self.setObjectName("acknowledge_dialog")
        self.setWindowTitle("Acknowledge")
        self.setAccessibleName(f"Acknowledge {what}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(theme.px(440))
        self.name = TextField("acknowledge_name", required="Enter the name that the others know you by.")
        self.name.setText(operator)
        self.note = TextField("acknowledge_note", placeholder="ticket 4417, carrier informed")
        self.name_field = Field("Your name", self.name, hint="Kept for this workstation; shown as the owner of what you take.")
        self._cancel = Button("Leave it", "acknowledge_cancel", hint="Esc")
        self._take = PrimaryButton("Acknowledge", "acknowledge_take", hint="Enter")
        self._cancel.clicked.connect(self.reject)
        self._take.clicked.connect(self._on_take_clicked)
        self._lay_out(what)
        (self.note if operator else self.name).setFocus()

    def _lay_out(self, what: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        words = QVBoxLayout()
        words.setContentsMargins(24, 20, 24, 20)
        words.setSpacing(8)
        words.addWidget(Label(f"Acknowledge {what}", Role.TEXT, FontRole.PAGE_TITLE, wrap=True, name="acknowledge_title"))
        sentence = "Everybody sees that you have it. It stays in the list until it clears, and you can give it back."
        words.addWidget(Label(sentence, Role.MUTED, wrap=True))
        words.addSpacing(8)
        words.addWidget(self.name_field)
        words.addWidget(Field("Note (optional)", self.note))
        buttons = QHBoxLayout()
        buttons.setContentsMargins(24, 12, 24, 12)
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._take)
        column.addLayout(words)
        column.addWidget(line())
        column.addLayout(buttons)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take it by Enter: it can be undone."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_take_clicked()
            return
        super().keyPressEvent(event)

    def _on_take_clicked(self) -> None:
        if not self.name_field.check():
            self.name.setFocus()
            return
        self.accept()
        self._on_take(self.name.text().strip(), self.note.text().strip())
