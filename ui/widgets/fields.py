"""Form fields: label, input with its unit inside, hint, error under it; combo and check boxes painted from the roles.

Runs on the window's thread. Values are checked on leaving a field and when a form asks (`check`), never while typing.
"""

from __future__ import annotations

from typing import Protocol, cast

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ui import text
from ui.marks import Mark, MarkLabel
from ui.text import InputError, NumberRange
from ui.theme import CONTROL, FontRole, Role, theme
from ui.widgets.choices import CheckBox, ComboBox, DurationBox, set_wrong
from ui.widgets.labels import Label

__all__ = ["CheckBox", "ComboBox", "DurationBox", "Field", "Input", "NumberField", "TextField", "set_wrong"]


class TextField(QLineEdit):
    """A line of text; `placeholder` only for examples. `left` tells that the user finished with it."""

    left = Signal()
    #: Whether a click into it selects everything, as Tab does: its value is replaced rather than edited.
    selects = False

    def __init__(self, name: str, *, placeholder: str = "", required: str = "", parent: QWidget | None = None) -> None:
        """Take `required` as the sentence shown when the field is left empty."""
        super().__init__(parent)
        self._required = required
        self._entered = False
        self.setObjectName(name)
        self.setPlaceholderText(placeholder)

    def set_wrong(self, wrong: bool) -> None:
        """Draw the border in the error colour, or no longer."""
        set_wrong(self, wrong)

    def problem(self) -> str:
        """Return the sentence that says what is wrong, or nothing."""
        return self._required if self._required and not self.text().strip() else ""

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Notice that a click brought the focus."""
        super().focusInEvent(event)
        self._entered = event.reason() == Qt.FocusReason.MouseFocusReason

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Select everything after the click that brought the focus, where the value is one to be replaced."""
        super().mouseReleaseEvent(event)
        if self._entered and self.selects and not self.hasSelectedText():
            self.selectAll()
        self._entered = False

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell that the field was left."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.left.emit()


class NumberField(TextField):
    """A number at the right with its unit inside; takes comma or point. `changed` carries the number or None.

    `prefix` stands before the number, as `>` before a reset threshold. An empty field is None where `optional`. Not
    `grouped`: a whole number that is no quantity, as a port, stands without marks between its thousands.
    """

    changed = Signal(object)
    selects = True

    def __init__(
        self,
        name: str,
        unit: str = "",
        accepts: NumberRange | None = None,
        *,
        optional: bool = False,
        prefix: str = "",
        grouped: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(name, parent=parent)
        self._unit, self._accepts, self._optional, self._prefix = unit, accepts or NumberRange(), optional, prefix
        self._told: float | None = None
        self._grouped = grouped
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._make_room()
        self.textEdited.connect(self._on_edited)
        self.left.connect(self._write_back)
        theme.changed.connect(self._make_room)

    @property
    def value(self) -> float | None:
        """Return the number; raise InputError with a sentence when there is none to be had."""
        if self._optional and not self.text().strip():
            return None
        return text.parse_number(self.text(), self._accepts)

    def set_value(self, value: float | None) -> None:
        """Show a number, without a signal."""
        self._told = value
        if value is not None and not self._grouped:
            self.setText(f"{value:.0f}")
        else:
            self.setText("" if value is None else text.number(value, self._accepts.decimals))

    def set_unit(self, unit: str) -> None:
        """Show another unit."""
        self._unit = unit
        self._make_room()
        self.update()

    def set_prefix(self, prefix: str) -> None:
        """Show another sign before the number."""
        self._prefix = prefix
        self.update()

    def set_range(self, accepts: NumberRange) -> None:
        """Accept another range from now on."""
        self._accepts = accepts

    def problem(self) -> str:
        """Return the sentence that says what is wrong, or nothing."""
        try:
            _ = self.value
        except InputError as error:
            return str(error)
        return ""

    def _on_edited(self) -> None:
        if self.problem():
            return
        if self.value != self._told:
            self._told = self.value
            self.changed.emit(self._told)

    def _write_back(self) -> None:
        if not self.problem() and self.text().strip():
            self.set_value(self.value)

    def _make_room(self) -> None:
        width = QFontMetricsF(theme.font(FontRole.BODY)).horizontalAdvance(self._unit) if self._unit else -6
        self.setTextMargins(0, 0, round(width) + 6, 0)
        self.setAccessibleDescription(self._unit)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the field, then unit and sign."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setFont(theme.font(FontRole.BODY))
        painter.setPen(theme.color(Role.MUTED if self.isEnabled() else Role.DISABLED))
        room = QRectF(self.rect()).adjusted(9, 0, -9, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._unit)
        if self._prefix:
            metrics = QFontMetricsF(theme.font(FontRole.BODY))
            used = metrics.horizontalAdvance(self.text()) + self.textMargins().right() + 8
            at = QRectF(room.left(), 0, room.width() - used, self.height())
            painter.setPen(theme.color(Role.TEXT if self.isEnabled() else Role.DISABLED))
            painter.drawText(at, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._prefix)
        painter.end()


class Input(Protocol):
    """What a Field needs of its input."""

    def problem(self) -> str:
        """Return the sentence that says what is wrong, or nothing."""

    def set_wrong(self, wrong: bool) -> None:
        """Draw the border in the error colour, or no longer."""


class Field(QWidget):
    """A label above (or left of) an input, a hint and an error under it.

    The input may be any widget; one with `problem` and `set_wrong` is checked when it is left and by `check`.
    """

    def __init__(
        self, words: str, content: QWidget, *, hint: str = "", beside: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.content = content
        self.setObjectName(f"{content.objectName()}_field")
        if not content.accessibleName():
            content.setAccessibleName(words)
        self._label = Label(words, Role.MUTED, FontRole.BODY if beside else FontRole.CAPTION)
        self._label.setBuddy(content)
        self._hint = Label(hint, Role.MUTED, FontRole.CAPTION, wrap=True, name=f"{content.objectName()}_hint")
        if not hint:  # never shown before it has a parent: it would be a window for a moment, and take the focus
            self._hint.hide()
        self._error = Label("", Role.CRITICAL, FontRole.CAPTION, wrap=True, name=f"{content.objectName()}_error")
        self._error_mark = MarkLabel(Mark.CRITICAL, size=12)
        self._error_row = QWidget()
        self._lay_out(beside)
        left = getattr(content, "left", None)
        if left is not None:
            left.connect(self._on_left)

    def _lay_out(self, beside: bool) -> None:
        error = QHBoxLayout(self._error_row)
        error.setContentsMargins(0, 2, 0, 0)
        error.setSpacing(8)
        error.addWidget(self._error_mark, 0, Qt.AlignmentFlag.AlignTop)
        error.addWidget(self._error, 1)
        self._error_row.hide()
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        if beside:
            row = QHBoxLayout(self)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(12)
            theme.follow(self._label, lambda: self._label.setFixedSize(theme.px(160), theme.px(CONTROL)))
            self._label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            row.addWidget(self._label, 0, Qt.AlignmentFlag.AlignTop)
            row.addLayout(column, 1)
        else:
            self.setLayout(column)
            column.addWidget(self._label)
        column.addWidget(self.content)
        column.addWidget(self._hint)
        column.addWidget(self._error_row)
        column.addStretch(1)  # beside a taller field the label stays at the top

    def set_label(self, words: str) -> None:
        """Show another label."""
        self._label.set(words)

    def set_hint(self, words: str, role: Role = Role.MUTED) -> None:
        """Show another hint; empty hides it."""
        self._hint.set(words, role)
        self._hint.setVisible(bool(words))

    def set_error(self, sentence: str) -> None:
        """Show what is wrong under the field; empty takes it away."""
        self._error.set(sentence)
        self._error_row.setVisible(bool(sentence))
        self.content.setAccessibleDescription(sentence)
        if hasattr(self.content, "set_wrong"):
            cast(Input, self.content).set_wrong(bool(sentence))

    @property
    def error_row(self) -> QWidget:
        """Return the row of the error, to be laid out where there is more room than under the field."""
        return self._error_row

    @property
    def error(self) -> str:
        """Return the sentence shown as error, or nothing."""
        return self._error.text()

    def check(self) -> bool:
        """Check the input now, show the result, return whether it is right."""
        problem = cast(Input, self.content).problem() if hasattr(self.content, "problem") else ""
        self.set_error(problem)
        return not problem

    def _on_left(self) -> None:
        self.check()
