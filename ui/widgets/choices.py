"""Choices: a list, a length of time from a list or typed freely, a tick box; painted from the roles.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import cast

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QLineEdit,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from ui import icons, text
from ui.table_delegate import paint_check
from ui.text import InputError
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import paint_frame


class ComboBox(QComboBox):
    """A choice from a list; `chosen` carries the data of what the user picked. The wheel does not change it."""

    chosen = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumContentsLength(4)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setItemDelegate(QStyledItemDelegate(self))  # Qt's own paints a menu, in the colour of the primary button
        self.activated.connect(self._on_activated)

    def set_choices(self, choices: list[tuple[object, str]], icons_of: Callable[[object], str] | None = None) -> None:
        """Offer (data, words); keep the choice where it is still there, without a signal."""
        before = self.currentData()
        self.blockSignals(True)
        self.clear()
        for data, words in choices:
            if icons_of is not None and icons_of(data):
                self.addItem(icons.icon(icons_of(data), Role.MUTED), words, data)
            else:
                self.addItem(words, data)
        self.set_data(before)
        self.blockSignals(False)

    def set_data(self, data: object) -> bool:
        """Choose by data; return False when it is not offered."""
        for at in range(self.count()):
            if self.itemData(at) == data:
                self.setCurrentIndex(at)
                return True
        return False

    def set_wrong(self, wrong: bool) -> None:
        """Draw the border in the error colour, or no longer."""
        set_wrong(self, wrong)

    def problem(self) -> str:
        """Return nothing: what is offered is right."""
        return ""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the page: a value must not change while it is scrolled."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box and its arrow; words that have no room end with an ellipsis, which Qt does not do."""
        if self.isEditable():
            super().paintEvent(event)
        else:
            self._paint_box()
        painter = QPainter(self)
        role = Role.MUTED if self.isEnabled() else Role.DISABLED
        icons.draw(painter, "chevron-down", QPointF(self.width() - 16, self.height() / 2), icons.FIELD, role)
        painter.end()

    def _paint_box(self) -> None:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        style = self.style()
        room = style.subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, self
        ).width()
        room -= 2 + (self.iconSize().width() + 4 if not self.itemIcon(self.currentIndex()).isNull() else 0)
        words = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, room)
        painter = QStylePainter(self)
        option.currentText = words
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()

    def _on_activated(self, at: int) -> None:
        self.chosen.emit(self.itemData(at))


class DurationBox(ComboBox):
    """A length of time: from a list, or typed freely. `changed` carries a timedelta or None (for `none_words`)."""

    changed = Signal(object)
    left = Signal()

    def __init__(
        self,
        name: str,
        choices: list[timedelta],
        *,
        none_words: str = "",
        minimum: timedelta = timedelta(seconds=1),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(name, parent)
        self._none_words, self._minimum = none_words, minimum
        self._told: timedelta | None = None
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        # Completion would turn what is typed into the nearest entry: 1 min into 1 h.
        self.setCompleter(None)  # type: ignore[arg-type]  # None is documented; the stub does not know it
        if none_words:
            self.addItem(none_words, None)
        for choice in choices:
            self.addItem(text.exact_span(choice), choice)
        self.activated.connect(self._on_entry)
        line = cast(QLineEdit, self.lineEdit())
        line.setObjectName(f"{name}_text")
        line.setTextMargins(-2, 0, 0, 0)  # Qt's inner margin: the text stands where that of every other choice does
        line.editingFinished.connect(self._on_entry)
        line.editingFinished.connect(self.left)

    @property
    def value(self) -> timedelta | None:
        """Return the length, None for the words of none; raise InputError with a sentence."""
        typed = self.currentText().strip()
        if self._none_words and typed.casefold() in (self._none_words.casefold(), ""):
            return None
        length = text.parse_span(typed)
        if length < self._minimum:
            raise InputError(f"Enter {text.exact_span(self._minimum)} or more.")
        return length

    def set_value(self, value: timedelta | None) -> None:
        """Show a length, without a signal."""
        self._told = value
        self.setEditText(self._none_words if value is None else text.exact_span(value))

    def problem(self) -> str:
        """Return the sentence that says what is wrong, or nothing."""
        try:
            _ = self.value
        except InputError as error:
            return str(error)
        return ""

    def _on_entry(self) -> None:
        if self.problem():
            return
        value = self.value
        if value != self._told:
            self.set_value(value)
            self.changed.emit(value)


class CheckBox(QCheckBox):
    """A tick box with words at its right."""

    def __init__(self, words: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(words, parent)
        self.setObjectName(name)
        self.setAccessibleName(words)

    def sizeHint(self) -> QSize:
        """Return the size of box and words."""
        width = QFontMetricsF(theme.font(FontRole.BODY)).horizontalAdvance(self.text())
        return QSize(round(width) + theme.px(16) + 14, theme.px(24))

    def hitButton(self, pos: object) -> bool:
        """Take a click anywhere on box and words."""
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint box, tick, words and focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = theme.px(16)
        box = QRectF(3, (self.height() - side) / 2, side, side)
        paint_check(painter, box, self.isChecked(), self.isEnabled())
        if self.hasFocus():
            paint_frame(painter, box.adjusted(-3, -3, 3, 3), None, None, True)
        painter.setFont(theme.font(FontRole.BODY))
        painter.setPen(theme.color(Role.TEXT if self.isEnabled() else Role.DISABLED))
        room = QRectF(box.right() + 8, 0, self.width() - box.right() - 8, self.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.end()


def dress_offers(completer: QCompleter) -> None:
    """Give the list of what is offered while typing a frame and rows as high as those of a choice."""
    popup = completer.popup()
    assert popup is not None  # made when it is asked for
    popup.setProperty("kit", "offers")
    popup.setItemDelegate(QStyledItemDelegate(popup))  # Qt's own knows no style sheet
    popup.ensurePolished()  # Qt asks for the height of its rows before it is first shown


def set_wrong(widget: QWidget, wrong: bool) -> None:
    """Draw a widget's border in the error colour, or no longer."""
    set_property(widget, "wrong", "true" if wrong else "false")


def set_property(widget: QWidget, name: str, value: str) -> None:
    """Set what the style sheet asks for, and have the widget painted by it."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
