"""What the sections of the alert form are laid out with. Runs on the window's thread."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.marks import Mark, MarkLabel
from ui.theme import CONTROL, FontRole, Role, theme
from ui.widgets.labels import Label, line


class HintRow(QWidget):
    """A sentence across the form, with a warning's mark where it is one; hidden while there is nothing to say."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._mark = MarkLabel(Mark.WARNING, size=12)
        self.words = Label("", Role.MUTED, FontRole.CAPTION, wrap=True, name=name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.words, 1)
        self.hide()

    def say(self, sentence: str, *, warning: bool = False) -> None:
        """Show a sentence; an empty one hides the row."""
        self.words.set(sentence, Role.WARNING if warning else Role.MUTED)
        self._mark.setVisible(warning)
        self.setVisible(bool(sentence))

    def text(self) -> str:
        """Return the sentence shown."""
        return self.words.text()


class Section(QWidget):
    """A heading with fields under each other, side by side where they belong together."""

    def __init__(self, title: str, name: str, *, first: bool = False) -> None:
        super().__init__()
        self.setObjectName(f"alert_section_{name}_part")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(8)
        if not first:
            self.column.addSpacing(4)
            self.column.addWidget(line())
        self.column.addWidget(Label(title, Role.TEXT, FontRole.SECTION, name=f"alert_section_{name}"))

    def add(self, *widgets: QWidget) -> None:
        """Add widgets, each over the whole width."""
        for widget in widgets:
            self.column.addWidget(widget)

    def across(self, *widgets: QWidget, shares: tuple[int, ...] = (1, 1, 1)) -> None:
        """Add widgets side by side; where one is hidden the others take its room."""
        row = QHBoxLayout()
        row.setSpacing(12)
        for widget, share in zip(widgets, shares, strict=False):
            row.addWidget(widget, share, Qt.AlignmentFlag.AlignTop)
        self.column.addLayout(row)

    def with_link(self, field: QWidget, link: QWidget) -> QWidget:
        """Add a field with a link at the right of its input; return what hides the link with its room."""
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(field, 1)
        beside = Level(link)
        row.addWidget(beside, 0, Qt.AlignmentFlag.AlignTop)
        self.column.addLayout(row)
        return beside


class Level(QWidget):
    """A widget beside a field, level with its input: under the height of a label."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setSpacing(0)
        column.addWidget(content)

        def fit() -> None:
            label = QFontMetricsF(theme.font(FontRole.CAPTION)).height()
            column.setContentsMargins(0, round(label) + 4 + max(0, theme.px(CONTROL) - content.sizeHint().height()) // 2, 0, 0)

        theme.follow(self, fit)
