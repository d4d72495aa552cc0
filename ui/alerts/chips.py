"""A field of removable entries with an input behind them: mail addresses, company names.

Runs on the window's thread. Each entry is checked when it is taken in; what is refused stays in the input to be mended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, QSize, QStringListModel, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QCompleter, QLineEdit, QSizePolicy, QWidget

from noc_alerts.model.errors import BadInput
from ui import icons
from ui.theme import CONTROL, CONTROL_SMALL, FontRole, Role, theme
from ui.widgets.buttons import paint_frame
from ui.widgets.choices import dress_offers

_GAP, _PAD, _INPUT_MIN = 4, 4, 96
_PARTS = re.compile(r"([,;\n\r\t\u2028\u2029])")


class Entry(QAbstractButton):
    """One entry: icon, text, a cross. A click on the cross, Del or Backspace removes it."""

    removed = Signal(str)

    def __init__(self, key: str, words: str, icon: str, name: str, parent: QWidget) -> None:
        """Take the entry as it is kept, and as it is shown: `contact Ann` is `Ann` beside a drawing of a person."""
        super().__init__(parent)
        self.key = key
        self._icon = icon
        self.setText(words)
        self.setObjectName(name)
        self.setAccessibleName(f"{key}, Del removes it")
        self.setToolTip(key)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        """Return the size of icon, text and cross."""
        width = 8 + theme.px(14) + 6 + QFontMetricsF(theme.font(FontRole.BODY)).horizontalAdvance(self.text()) + 6
        return QSize(round(width) + theme.px(14) + 8, theme.px(CONTROL_SMALL))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove by Del or Backspace."""
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removed.emit(self.key)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Remove by a click on the cross."""
        super().mouseReleaseEvent(event)
        if self.rect().contains(event.position().toPoint()) and event.position().x() > self.width() - theme.px(26):
            self.removed.emit(self.key)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint frame, icon, text and cross."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box, side = QRectF(self.rect()), theme.px(14)
        ground = theme.color(Role.HOVER if self.underMouse() else Role.RAISED)
        paint_frame(painter, box, ground, theme.color(Role.LINE_STRONG), self.hasFocus())
        middle = box.center().y()
        icons.draw(painter, self._icon, QPointF(8 + side / 2, middle), icons.FIELD, Role.MUTED)
        icons.draw(painter, "close", QPointF(box.right() - 8 - side / 2, middle), icons.CAPTION, Role.TEXT)
        metrics = QFontMetricsF(theme.font(FontRole.BODY))
        room = QRectF(8 + side + 6, 0, box.width() - 2 * side - 28, box.height())
        painter.setFont(theme.font(FontRole.BODY))
        painter.setPen(theme.color(Role.TEXT))
        words = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width() + 1)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, words)
        painter.end()


class ChipsField(QWidget):
    """Entries that wrap, and an input behind them. Enter, comma or leaving the field takes in what is typed.

    `checked` gives an entry as it is kept, or raises BadInput with the sentence why it is refused. `changed` follows every
    change of the entries, `left` the focus leaving the whole field.
    """

    changed = Signal()
    typed = Signal()
    left = Signal()

    def __init__(
        self,
        name: str,
        *,
        icon: Callable[[str], str],
        placeholder: str,
        checked: Callable[[str], str],
        shown: Callable[[str], str] = str,
        parent: QWidget | None = None,
    ) -> None:
        """Take what gives an entry its drawing, what checks it, and what it is shown as."""
        super().__init__(parent)
        self._icon, self._checked, self._shown = icon, checked, shown
        self._entries: list[Entry] = []
        self._refused = ""
        self._wrong = False
        self.required = ""
        self.setObjectName(name)
        self._input = QLineEdit(self)
        self._input.setObjectName(f"{name}_input")
        self._input.setAccessibleName(placeholder.rstrip("…"))
        self._input.setPlaceholderText(placeholder)
        self._input.setProperty("kit", "finder")
        self._offered = QStringListModel(self)
        self._completer = completer = QCompleter(self._offered, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        dress_offers(completer)
        # Later, because the line writes the whole word into itself after this signal.
        completer.activated.connect(self._on_completed, Qt.ConnectionType.QueuedConnection)
        self._input.setCompleter(completer)
        self._input.installEventFilter(self)
        self._input.textEdited.connect(self._on_typed)
        self._input.returnPressed.connect(self.take_typed)
        self.setFocusProxy(self._input)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._lay_out)

    @property
    def entries(self) -> tuple[str, ...]:
        """Return the entries in order."""
        return tuple(entry.key for entry in self._entries)

    @property
    def pending(self) -> str:
        """Return what is typed and not taken in."""
        return self._input.text().strip()

    def set_entries(self, entries: Iterable[str]) -> None:
        """Show these entries and an empty input, without a signal."""
        while self._entries:
            self._drop(self._entries[0])
        for words in entries:
            self._append(words)
        self._input.clear()
        self._refused = ""
        self._lay_out()

    def set_completions(self, words: Iterable[str]) -> None:
        """Offer these while typing, by any part of them."""
        offered = sorted(set(words), key=str.casefold)
        if offered != self._offered.stringList():  # else the list that is open would close each second
            self._offered.setStringList(offered)

    def set_wrong(self, wrong: bool) -> None:
        """Draw the border in the error colour, or no longer."""
        if wrong != self._wrong:
            self._wrong = wrong
            self.update()

    def problem(self) -> str:
        """Return the sentence that says what is wrong, or nothing."""
        if self._refused:
            return self._refused
        if self.pending:
            try:
                self._checked(self.pending)
            except BadInput as refusal:
                return refusal.sentence
        return self.required if self.required and not self._entries and not self.pending else ""

    def take_typed(self) -> bool:
        """Take in what is typed, several parted by commas or lines too; return False when something of it was refused."""
        kept, before = list[str](), self.entries
        for part in parted(self._input.text(), self._offered.stringList()):
            try:
                words = self._checked(part)
            except BadInput as refusal:
                self._refused = self._refused or refusal.sentence
                kept.append(part)
                continue
            if words.casefold() not in {entry.casefold() for entry in self.entries}:
                self._append(words)
        self._input.setText(", ".join(kept))
        if not kept:
            self._refused = ""
        if self.entries != before:
            self._lay_out()
            self.changed.emit()
        self.typed.emit()
        return not kept

    def _begins_offered(self, typed: str) -> bool:
        """Return whether a name that is offered begins so: a comma is part of it then."""
        words = typed.strip().casefold()
        return any(each.casefold().startswith(words) for each in self._offered.stringList())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a comma as the end of an entry, Backspace on nothing as a step back, and hear the input being left."""
        if watched is self._input and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.text() in (",", ";") and not self._begins_offered(f"{self._input.text()}{event.text()}"):
                self.take_typed()
                return True
            if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab) and self.pending:
                # With the completions open the focus is theirs, so that leaving is not told by a focus event.
                if (offers := self._completer.popup()) is not None:
                    offers.hide()
                self.take_typed()
                self.left.emit()
            if event.key() == Qt.Key.Key_Backspace and not self._input.text() and self._entries:
                self._entries[-1].setFocus(Qt.FocusReason.OtherFocusReason)
                return True
        if watched is self._input and isinstance(event, QFocusEvent):
            self.update()
            if event.type() == QEvent.Type.FocusOut and event.reason() != Qt.FocusReason.PopupFocusReason:
                self.take_typed()
                self.left.emit()
        return super().eventFilter(watched, event)

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        """Put the focus into the input, wherever the field is clicked."""
        self._input.setFocus(Qt.FocusReason.MouseFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap the entries anew."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._lay_out()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground and border of the field."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        border = theme.color(Role.CRITICAL if self._wrong else Role.LINE_STRONG)
        paint_frame(painter, QRectF(self.rect()), theme.color(Role.SUNKEN), border, self._input.hasFocus())
        painter.end()

    def _append(self, words: str) -> None:
        entry = Entry(words, self._shown(words), self._icon(words), f"{self.objectName()}_{words}", self)
        entry.removed.connect(self._on_removed)
        self._entries.append(entry)
        entry.show()
        before = self._entries[-2] if len(self._entries) > 1 else self._stop_before()
        if before is not None:
            QWidget.setTabOrder(before, entry)

    def _stop_before(self) -> QWidget | None:
        """Return where Tab stops before this field: its entries come next, so that they are reached in reading order."""
        at = self._input.previousInFocusChain()
        while at is not None and at is not self._input:
            if at.parentWidget() is not self and at.focusPolicy() & Qt.FocusPolicy.TabFocus:
                return at
            at = at.previousInFocusChain()
        return None

    def _drop(self, entry: Entry) -> None:
        self._entries.remove(entry)
        entry.hide()
        entry.deleteLater()

    def _on_removed(self, words: str) -> None:
        for entry in [entry for entry in self._entries if entry.key == words]:
            self._drop(entry)
        self._lay_out()
        self._input.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit()

    def _on_typed(self) -> None:
        self._refused = ""
        self.typed.emit()

    def _on_completed(self, words: str) -> None:
        self._input.setText(words)
        self.take_typed()

    def _lay_out(self) -> None:
        """Place the entries in lines, the input in what is left of the last one."""
        height, left, top = theme.px(CONTROL_SMALL), _PAD, _PAD
        pad = max(_PAD, (theme.px(CONTROL) - height) // 2)
        room = max(self.width(), 2 * _INPUT_MIN) - _PAD
        top = pad
        for entry in self._entries:
            width = min(entry.sizeHint().width(), room - _PAD)
            if left > _PAD and left + width > room:
                left, top = _PAD, top + height + _GAP
            entry.setGeometry(QRect(left, top, width, height))
            left += width + _GAP
        if left > _PAD and left + theme.px(_INPUT_MIN) > room:
            left, top = _PAD, top + height + _GAP
        left = left if self._entries else 0  # empty, its words stand where those of every field do
        self._input.setGeometry(QRect(left, top + (height - theme.px(26)) // 2, room - left, theme.px(26)))
        self.setFixedHeight(top + height + pad)


def parted(typed: str, known: Iterable[str]) -> list[str]:
    """Return the entries in a text, parted by commas, semicolons, lines or tabs; a known name with such a sign stays whole."""
    pieces = [piece for piece in _PARTS.split(typed) if piece]  # entries and what stands between them
    whole = {name.strip().casefold(): name.strip() for name in known if _PARTS.search(name.strip())}
    longest = max((len(_PARTS.split(name)) for name in whole), default=1)
    found, at = list[str](), 0
    while at < len(pieces):
        ends = range(min(len(pieces), at + longest), at, -1)
        end = next((end for end in ends if "".join(pieces[at:end]).strip().casefold() in whole), at + 1)
        words = "".join(pieces[at:end]).strip()
        if words and not _PARTS.fullmatch(words):
            found.append(whole.get(words.casefold(), words))
        at = end
    return found
