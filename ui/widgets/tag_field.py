"""A field of several entries, each in a box that can be taken away: addresses, group-by columns, filters.

Runs on the window's thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QCompleter, QFrame, QLayout, QLayoutItem, QLineEdit, QWidget

from ui import icons
from ui.theme import FontRole, Role, theme
from ui.widgets.choices import dress_offers, set_property, set_wrong


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its key, its words, the drawing before them."""

    key: str
    words: str
    icon: str = ""


class _EntryBox(QAbstractButton):
    """An entry with its cross; a click, Del or Backspace takes it away."""

    gone = Signal()

    def __init__(self, entry: Entry, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._entry = entry
        self.setObjectName(f"{name}_{entry.key}")
        self.setAccessibleName(f"{entry.words}, remove")
        self.setToolTip("Remove with a click or Del")
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(self.gone)

    def sizeHint(self) -> QSize:
        width = 8 + QFontMetricsF(theme.font(FontRole.BODY)).horizontalAdvance(self._entry.words) + 28
        return QSize(round(width) + (theme.px(icons.FIELD) + 6 if self._entry.icon else 0), theme.px(24))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.gone.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        painter.setBrush(theme.color(Role.HOVER if self.underMouse() else Role.RAISED))
        focus = self.hasFocus()
        painter.setPen(QPen(theme.color(Role.ACCENT if focus else Role.LINE_STRONG), 2 if focus else 1))
        inset = 1 if focus else 0.5
        painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), 4, 4)
        left, middle, side = 8.0, box.center().y(), theme.px(icons.FIELD)
        if self._entry.icon:
            icons.draw(painter, self._entry.icon, QPointF(left + side / 2, middle), icons.FIELD, Role.TEXT)
            left += side + 6
        painter.setPen(theme.color(Role.TEXT if self.isEnabled() else Role.DISABLED))
        painter.setFont(theme.font(FontRole.BODY))
        painter.drawText(QRectF(left, 0, box.width(), box.height()), Qt.AlignmentFlag.AlignVCenter, self._entry.words)
        icons.draw(painter, "close", QPointF(box.right() - 13, middle), icons.CAPTION, Role.TEXT)
        painter.end()


class FlowLayout(QLayout):
    """Put widgets one after the other and go to the next line where there is no room; the last takes the rest."""

    def __init__(self, parent: QWidget, gap: int = 6) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setSpacing(gap)

    def addItem(self, item: QLayoutItem) -> None:
        """Take an item at the end."""
        self._items.append(item)

    def insert(self, at: int, widget: QWidget) -> None:
        """Take a widget at a place."""
        self.addWidget(widget)
        self._items.insert(at, self._items.pop())
        self.invalidate()

    def count(self) -> int:
        """Return how many items there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item, None outside."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Give an item away, None outside."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:
        """Return that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height needed in a width."""
        return self._arrange(QRect(0, 0, width, 0), False)

    def sizeHint(self) -> QSize:
        """Return the size of one line."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Return the size of the largest item."""
        margins = self.contentsMargins()
        size = QSize(0, 0)
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def setGeometry(self, rect: QRect) -> None:
        """Place the items."""
        super().setGeometry(rect)
        self._arrange(rect, True)

    def _arrange(self, rect: QRect, place: bool) -> int:
        margins = self.contentsMargins()
        room = rect.adjusted(margins.left(), margins.top(), -margins.right(), -margins.bottom())
        x, y, line = room.x(), room.y(), 0
        for at, item in enumerate(self._items):
            size = item.sizeHint()
            last = at == len(self._items) - 1
            if x > room.x() and x + (80 if last else size.width()) > room.right() + 1:
                x, y, line = room.x(), y + line + self.spacing(), 0
            width = room.right() + 1 - x if last else min(size.width(), room.width())
            if place:
                item.setGeometry(QRect(QPoint(x, y), QSize(width, size.height())))
            x += width + self.spacing()
            line = max(line, size.height())
        return y + line - rect.y() + margins.bottom()


class TagField(QFrame):
    """Entries and a place to add more. `changed` carries the keys after the user added or removed one.

    `make` turns typed text into an Entry, or raises text.InputError with a sentence, which `problem` then returns.
    """

    changed = Signal(list)
    left = Signal()

    def __init__(
        self, name: str, make: Callable[[str], Entry], *, placeholder: str = "add…", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._make = name, make
        self._entries: list[Entry] = []
        self._boxes: list[_EntryBox] = []
        self._problem = ""
        self.setObjectName(name)
        self.setProperty("kit", "tags")
        self._flow = FlowLayout(self)
        self._flow.setContentsMargins(5, 5, 5, 5)
        self._line = QLineEdit()
        self._line.setObjectName(f"{name}_text")
        self._line.setProperty("kit", "finder")
        self._line.setPlaceholderText(placeholder)
        self._line.installEventFilter(self)
        self._flow.addWidget(self._line)
        self.setFocusProxy(self._line)

    @property
    def keys(self) -> list[str]:
        """Return the keys of the entries, in order."""
        return [entry.key for entry in self._entries]

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show these entries, without a signal."""
        for box in self._boxes:
            self._flow.removeWidget(box)
            box.hide()
            box.deleteLater()
        self._entries, self._boxes = [], []
        for entry in entries:
            self._append(entry)

    def offer(self, words: Sequence[str]) -> None:
        """Complete what is typed from these words."""
        completer = QCompleter(list(words), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        dress_offers(completer)
        # Later, because the line writes the whole word into itself after this signal.
        completer.activated.connect(lambda _words: self._take(), Qt.ConnectionType.QueuedConnection)
        self._line.setCompleter(completer)

    def problem(self) -> str:
        """Take what is still typed as an entry; return the sentence that says why it cannot be one, or nothing."""
        self._take()
        return self._problem

    def set_wrong(self, wrong: bool) -> None:
        """Draw the border in the error colour, or no longer."""
        set_wrong(self, wrong)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter, comma and semicolon add; Backspace in the empty field takes the last entry away."""
        if watched is self._line and isinstance(event, QFocusEvent):
            self._show_focus(event.type() == QEvent.Type.FocusIn or event.reason() == Qt.FocusReason.PopupFocusReason)
            if event.type() == QEvent.Type.FocusOut:
                self.left.emit()
        if watched is self._line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or event.text() in (",", ";"):
                if not self._line.text().strip():
                    return False
                self._take()
                self.left.emit()
                return True
            if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab) and self._line.text().strip():
                # With what is offered open the focus is there, so that leaving is not told by a focus event.
                offers = self._line.completer()
                if offers is not None and (popup := offers.popup()) is not None:
                    popup.hide()
                self._take()
                self.left.emit()
            if event.key() == Qt.Key.Key_Backspace and not self._line.text() and self._entries:
                self._remove(self._entries[-1].key)
                return True
        return super().eventFilter(watched, event)

    def _show_focus(self, on: bool) -> None:
        """Draw the frame of the focus around the whole field; the margin gives way, so that nothing moves."""
        set_property(self, "typing", "true" if on else "false")

    def _take(self) -> None:
        """Take in what is typed, several parted by commas, semicolons or line ends too; what is wrong stays to be mended."""
        self._problem, left, before = "", list[str](), self.keys
        for typed in _parted(self._line.text()):
            try:
                entry = self._make(typed)
            except ValueError as error:  # text.InputError is one
                self._problem = self._problem or str(error)
                left.append(typed)
                continue
            if entry.key not in self.keys:
                self._append(entry)
        self._line.setText(", ".join(left))
        if self.keys != before:
            self.changed.emit(self.keys)

    def _append(self, entry: Entry) -> None:
        box = _EntryBox(entry, self._name, self)
        box.gone.connect(lambda: self._remove(entry.key))
        self._flow.insert(len(self._boxes), box)
        before = self._boxes[-1] if self._boxes else self._stop_before()
        self._entries.append(entry)
        self._boxes.append(box)
        box.show()
        if before is not None:
            QWidget.setTabOrder(before, box)  # reading order: the entries, then the line they are typed in
        self.updateGeometry()

    def _stop_before(self) -> QWidget | None:
        """Return where Tab stops before this field, None when it is the first."""
        at = self._line.previousInFocusChain()
        while at is not None and at is not self._line:
            if not self.isAncestorOf(at) and at.focusPolicy() & Qt.FocusPolicy.TabFocus:
                return at
            at = at.previousInFocusChain()
        return None

    def _remove(self, key: str) -> None:
        at = self.keys.index(key)
        box = self._boxes.pop(at)
        del self._entries[at]
        self._flow.removeWidget(box)
        box.hide()
        box.deleteLater()
        self._line.setFocus()
        self.updateGeometry()
        self.changed.emit(self.keys)


def _parted(typed: str) -> list[str]:
    """Return the entries of what was typed or pasted; blanks part mail addresses only: numbers and names have them."""
    parts = re.split(r"[,;\n\r\t\u2028\u2029]+", typed)
    each = [word for part in parts for word in (part.split() if part.count("@") > 1 else [part.strip()])]
    return [word for word in each if word]
