"""Labels by role, the countdown, the boxed tag and the key-value lines.

Runs on the window's thread.
"""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget

from ui import icons, text
from ui.theme import FontRole, Role, theme

_THIN_NO_BREAK = "\N{NARROW NO-BREAK SPACE}"


class Label(QLabel):
    """Plain text in the font and colour of its roles; `wrap` breaks lines."""

    def __init__(
        self,
        words: str = "",
        role: Role = Role.TEXT,
        font: FontRole = FontRole.BODY,
        *,
        wrap: bool = False,
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", parent)
        self._words = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setObjectName(name)
        self.setWordWrap(wrap)
        self.setText(words)
        theme.set_font(self, font)
        theme.paint_role(self, role)

    def setText(self, words: str) -> None:
        """Show other words; a line never ends between a number and its unit."""
        self._words = words
        super().setText(words.replace(text.THIN, _THIN_NO_BREAK))

    def text(self) -> str:
        """Return the words as they were given."""
        return self._words

    def set(self, words: str, role: Role | None = None) -> None:
        """Show other words, in another colour if a role is given."""
        if words != self.text():
            self.setText(words)
        if role is not None:
            theme.paint_role(self, role)


class ElidedLabel(Label):
    """A label that gives up room: what does not fit is cut with an ellipsis and stands whole in the tooltip."""

    def __init__(
        self,
        words: str = "",
        role: Role = Role.TEXT,
        font: FontRole = FontRole.BODY,
        *,
        name: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        self._mode = mode
        super().__init__(words, role, font, name=name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(24)

    def setText(self, words: str) -> None:
        """Show other words, as many of them as there is room for."""
        self._words = words
        self.setAccessibleName(words)
        self._fit()

    def sizeHint(self) -> QSize:
        """Return the size of all the words."""
        return QSize(self.fontMetrics().horizontalAdvance(self._words) + 2, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Return a few letters' width."""
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Cut the words anew."""
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._words, self._mode, max(0, self.width()))
        QLabel.setText(self, shown)
        self.setToolTip(self._words if shown != self._words else "")
        self.updateGeometry()


class CountdownLabel(Label):
    """Show the time left until an instant; `tick` is called once a second by who owns the clock."""

    def __init__(self, name: str, font: FontRole = FontRole.BODY_STRONG, parent: QWidget | None = None) -> None:
        super().__init__("", Role.TEXT, font, name=name, parent=parent)
        self._until: datetime | None = None

    def set_until(self, until: datetime | None, now: datetime) -> None:
        """Count down to an instant; None shows nothing."""
        self._until = until
        self.tick(now)

    def tick(self, now: datetime) -> None:
        """Show the time left at `now`."""
        words = "" if self._until is None else text.countdown(self._until - now)
        if words != self.text():
            self.setText(words)
            self.setAccessibleName(f"{words} left" if words else "")


class Tag(Label):
    """A word in a small box: Armed, Paused, Sent, DEMO."""

    def __init__(self, words: str, name: str, role: Role = Role.MUTED, parent: QWidget | None = None) -> None:
        super().__init__(words, role, FontRole.CAPTION, name=name, parent=parent)
        self.setProperty("kit", "tag")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)


class IconLabel(QWidget):
    """Show a drawing that follows theme and scale; `room` is the side of its square, `size` the drawing's."""

    def __init__(self, name: str, role: Role = Role.TEXT, *, size: int = icons.BUTTON, room: int = 0) -> None:
        super().__init__()
        self._name, self._role, self._size, self._room = name, role, size, room or size
        theme.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        side = theme.px(self._room)
        self.setFixedSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the drawing."""
        painter = QPainter(self)
        icons.draw(painter, self._name, QPointF(self.width() / 2, self.height() / 2), self._size, self._role)
        painter.end()


def line(parent: QWidget | None = None) -> QFrame:
    """Return a horizontal line of 1 px."""
    made = QFrame(parent)
    made.setProperty("kit", "line")
    made.setFixedHeight(1)
    return made


class KeyValues(QWidget):
    """Lines of a muted key at the left and a strong value with a muted rest at the right."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        self._values: dict[str, tuple[Label, Label]] = {}

    def put(self, key: str, value: str, rest: str = "", role: Role = Role.TEXT) -> None:
        """Add a line, or change the one of this key."""
        if key not in self._values:
            row = self._grid.rowCount()
            strong, after = Label("", role, FontRole.BODY_STRONG), Label("", Role.MUTED)
            both = QWidget()
            across = QHBoxLayout(both)
            across.setContentsMargins(0, 0, 0, 0)
            across.setSpacing(4)
            across.addWidget(strong)
            across.addWidget(after)
            self._grid.addWidget(Label(key, Role.MUTED), row, 0)
            self._grid.addWidget(both, row, 1, Qt.AlignmentFlag.AlignRight)
            self._values[key] = (strong, after)
        strong, after = self._values[key]
        strong.set(value, role)
        strong.setAccessibleName(f"{key}: {value} {rest}".strip())
        after.set(rest)
        after.setVisible(bool(rest))

    def clear(self) -> None:
        """Remove all lines."""
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._values.clear()
