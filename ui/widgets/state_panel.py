"""What stands in place of content: empty, loading, blind, error. Alike everywhere, never two over each other.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui import icons, marks
from ui.marks import Mark
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import LinkButton
from ui.widgets.labels import Label

LOADING_AFTER_MS = 400


class StateKind(Enum):
    """Which of the four states."""

    EMPTY = "empty"
    LOADING = "loading"
    BLIND = "blind"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class PageState:
    """One state: a title, one calm sentence, and one action (`words` and what it does; empty for none).

    `all_well` puts the tick on an empty state: only where every switch answers.
    """

    kind: StateKind
    title: str
    sentence: str = ""
    action: str = ""
    run: Callable[[], object] | None = None
    all_well: bool = False


class _Sign(QWidget):
    """The mark or drawing of a state."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.state: PageState | None = None
        theme.changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self.setFixedSize(theme.px(20), theme.px(20))

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self.state is None:
            return
        painter = QPainter(self)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        match self.state.kind:
            case StateKind.BLIND:
                marks.draw(painter, box, Mark.BLIND)
            case StateKind.ERROR:
                marks.draw(painter, box, Mark.CRITICAL)
            case StateKind.LOADING:
                icons.draw(painter, "clock", box.center(), 18, Role.MUTED)
            case StateKind.EMPTY if self.state.all_well:
                marks.draw(painter, box, Mark.OK)
            case StateKind.EMPTY:
                icons.draw(painter, "info", box.center(), 18, Role.MUTED)
        painter.end()


class StatePanel(QWidget):
    """Show one PageState at the upper left of its room; hidden without one."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("kit", "raised")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._sign = _Sign(self)
        self._title = Label("", Role.TEXT, FontRole.BODY_STRONG, name=f"{name}_title")
        self._sentence = Label("", Role.MUTED, FontRole.BODY, wrap=True, name=f"{name}_sentence")
        theme.follow(self._sentence, lambda: self._sentence.setMaximumWidth(theme.px(520)))
        self._action = LinkButton("", f"{name}_action")
        self._run: Callable[[], object] | None = None
        self._action.clicked.connect(self._on_action)
        self._wait = QTimer(self, singleShot=True, interval=LOADING_AFTER_MS)
        self._wait.timeout.connect(self._reveal)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(6)
        column.addWidget(self._sign)
        column.addSpacing(2)
        column.addWidget(self._title)
        across = QHBoxLayout()  # asks for the height at the width the sentence gets, not at that of the whole room
        across.addWidget(self._sentence, 100)
        across.addStretch(1)
        column.addLayout(across)
        column.addSpacing(2)
        column.addWidget(self._action, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self.hide()

    @property
    def state(self) -> PageState | None:
        """Return the state shown or about to be shown."""
        return self._sign.state

    def set_state(self, state: PageState | None) -> None:
        """Show a state, None hides the panel; the words of loading come after 400 ms."""
        before, self._sign.state = self._sign.state, state
        self._wait.stop()
        if state is None:
            self.hide()
            return
        self._run = state.run
        self._title.set(state.title)
        self._sentence.set(state.sentence)
        self._action.setText(state.action)
        self._action.setAccessibleName(state.action)
        self.setAccessibleName(f"{state.title}. {state.sentence}".strip())
        waits = state.kind is StateKind.LOADING and (before is None or before.kind is not StateKind.LOADING)
        self._set_words_visible(not waits)
        if waits:
            self._wait.start()
        self.show()
        self.raise_()
        self.update()

    def _set_words_visible(self, visible: bool) -> None:
        self._sign.setVisible(visible)
        self._title.setVisible(visible)
        self._sentence.setVisible(visible and bool(self._sentence.text()))
        self._action.setVisible(visible and bool(self._action.text()))
        self._action.updateGeometry()

    def _reveal(self) -> None:
        self._set_words_visible(True)

    def _on_action(self) -> None:
        if self._run is not None:
            self._run()
