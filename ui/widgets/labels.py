"""Labels by role, the countdown, the boxed tag and the key-value lines.

Runs on the window's thread.
"""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QWidget

from ui import text
from ui.theme import FontRole, Role, theme


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
        super().__init__(words, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setObjectName(name)
        self.setWordWrap(wrap)
        theme.set_font(self, font)
        theme.paint_role(self, role)

    def set(self, words: str, role: Role | None = None) -> None:
        """Show other words, in another colour if a role is given."""
        if words != self.text():
            self.setText(words)
        if role is not None:
            theme.paint_role(self, role)


class ElidedLabel(Label):
    """A label that gives up room: what does not fit is cut with an ellipsis and stands whole in the tooltip."""

    def __init__(self, words: str = "", role: Role = Role.TEXT, font: FontRole = FontRole.BODY, *, name: str = "") -> None:
        super().__init__(words, role, font, name=name)
        self._whole = words
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(24)

    def setText(self, words: str) -> None:
        """Show other words, as many of them as there is room for."""
        self._whole = words
        self.setAccessibleName(words)
        self._fit()

    def text(self) -> str:
        """Return all the words."""
        return self._whole

    def sizeHint(self) -> QSize:
        """Return the size of all the words."""
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 2, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """Return a few letters' width."""
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: object) -> None:
        """Cut the words anew."""
        self._fit()

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(0, self.width()))
        super().setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")
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
            self._grid.addWidget(Label(key, Role.MUTED), row, 0)
            self._grid.addWidget(strong, row, 1, Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(after, row, 2, Qt.AlignmentFlag.AlignRight)
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
