"""The room of a screen: page head and body, panels, the split of table and detail.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from ui.marks import Form, Mark, MarkLabel
from ui.theme import GAP_ACROSS, GAP_DOWN, PAGE_HEAD, PAGE_MARGIN, PANEL_HEAD, FontRole, Role, theme
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.labels import ElidedLabel, IconLabel, Label, Tag

DETAIL_BELOW = 1400  # logical px of window width


class Page(QWidget):
    """Head (title or crumb > item, tag, sentence, actions at the right) over a body.

    `back_asked` is sent by the crumb. Put content into `body`, actions by `add_action` (the primary one last).
    """

    back_asked = Signal()

    def __init__(self, name: str, title: str, *, crumb: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(f"{crumb}, {title}" if crumb else title)
        self._crumb = LinkButton(crumb, f"{name}_crumb")
        self._arrow = IconLabel("chevron-right", Role.MUTED, room=20)
        if not crumb:  # never shown here: without a parent each would be a window of its own for a moment, and take the focus
            self._crumb.hide()
            self._arrow.hide()
        self._title = Label(title, Role.TEXT, FontRole.PAGE_TITLE, name=f"{name}_title")
        self._tag = Tag("", f"{name}_tag")
        self._tag.hide()
        self._sentence = ElidedLabel("", Role.MUTED, FontRole.BODY, name=f"{name}_sentence")
        self._head = QWidget()
        self._actions = QHBoxLayout()
        self._actions.setSpacing(12)
        row = QHBoxLayout(self._head)
        row.setContentsMargins(PAGE_MARGIN, 0, PAGE_MARGIN, 0)
        row.setSpacing(8)
        for widget in (self._crumb, self._arrow, self._title):
            row.addWidget(widget)
        row.addSpacing(4)
        row.addWidget(self._tag)
        row.addSpacing(4)
        row.addWidget(self._sentence, 1)
        row.addLayout(self._actions)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(PAGE_MARGIN, 0, PAGE_MARGIN, PAGE_MARGIN)
        self.body.setSpacing(GAP_DOWN)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addLayout(self.body, 1)
        self._crumb.clicked.connect(self.back_asked)
        theme.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def set_title(self, title: str) -> None:
        """Show another title."""
        self._title.set(title)
        crumb = self._crumb.text()
        self.setAccessibleName(f"{crumb}, {title}" if crumb else title)

    def set_sentence(self, sentence: str, role: Role = Role.MUTED) -> None:
        """Say the state in one sentence."""
        self._sentence.set(sentence, role)

    def set_tag(self, words: str, role: Role = Role.MUTED) -> None:
        """Show a state in a small box after the title; empty takes it away."""
        self._tag.set(words, role)
        self._tag.setVisible(bool(words))

    def add_action(self, widget: QWidget) -> None:
        """Add a filter, label or button at the right of the head."""
        self._actions.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def event(self, event: QEvent) -> bool:
        """Leave the keys of the head's buttons out where title and actions would lie over each other."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._fit_head()
        return super().event(event)

    def _fit_head(self) -> None:
        items = [self._actions.itemAt(at) for at in range(self._actions.count())]
        shown = [widget for item in items if item is not None and (widget := item.widget()) and not widget.isHidden()]
        before = [widget for widget in (self._crumb, self._arrow, self._title, self._tag) if not widget.isHidden()]
        needed = sum(each.full_width if isinstance(each, Button) else each.sizeHint().width() for each in (*before, *shown))
        needed += 2 * PAGE_MARGIN + 8 * (len(before) + 3) + 12 * len(shown) + 24  # margins, gaps, a few letters of the sentence
        for widget in shown:
            if isinstance(widget, Button):
                widget.set_tight(needed > self.width())

    def _on_theme_changed(self) -> None:
        self._head.setFixedHeight(theme.px(PAGE_HEAD))


class Panel(QFrame):
    """A raised box with a line round it; with a title it has a head of 40 px.

    Content goes into `body` (without margins; use `set_padding` or `add_padded` for text and fields).
    """

    def __init__(
        self,
        name: str,
        title: str = "",
        *,
        icon: str = "",
        mark: Mark | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("kit", "panel")
        if title:
            self.setAccessibleName(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        self._head = QWidget()
        self._row = QHBoxLayout(self._head)
        self._row.setContentsMargins(12, 0, 12, 0)
        self._row.setSpacing(8)
        self._mark = MarkLabel(mark or Mark.OK)
        if mark is None:
            self._mark.hide()
        self._row.addWidget(self._mark)
        if icon:
            self._row.addWidget(IconLabel(icon))
        self._title = Label(title, Role.TEXT, FontRole.SECTION, name=f"{name}_title")
        self._note = ElidedLabel("", Role.MUTED, FontRole.BODY, name=f"{name}_note")
        self._row.addWidget(self._title)
        self._row.addWidget(self._note, 1)
        self._line = QFrame()
        self._line.setProperty("kit", "line")
        self._line.setFixedHeight(1)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(8)
        column.addWidget(self._head)
        column.addWidget(self._line)
        column.addLayout(self.body, 1)
        self._head.setVisible(bool(title))
        self._line.setVisible(bool(title))
        theme.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def set_title(self, title: str) -> None:
        """Show another title, and the head with it."""
        self._title.set(title)
        self.setAccessibleName(title)
        self._head.setVisible(bool(title))
        self._line.setVisible(bool(title))

    def set_note(self, words: str, role: Role = Role.MUTED) -> None:
        """Say count or state after the title."""
        self._note.set(words, role)

    def set_mark(self, mark: Mark | None, form: Form = Form.ACTIVE) -> None:
        """Show a mark before the title."""
        self._mark.setVisible(mark is not None)
        if mark is not None:
            self._mark.set_mark(mark, form)

    def add_action(self, widget: QWidget) -> None:
        """Add a link, button (24 px) or choice at the right of the head."""
        self._row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def set_padding(self, across: int = 16, down: int = 12) -> None:
        """Keep content away from the border."""
        self.body.setContentsMargins(across, down, across, down)

    def _on_theme_changed(self) -> None:
        self._head.setFixedHeight(theme.px(PANEL_HEAD))


class SplitPane(QSplitter):
    """Main content and detail side by side; below 1400 px of window width the detail goes under the main content."""

    def __init__(
        self, main: QWidget, detail: QWidget, name: str, *, detail_width: int = 320, parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._detail_width = detail_width
        self.setObjectName(name)
        self.setChildrenCollapsible(False)
        self.addWidget(main)
        self.addWidget(detail)
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 0)
        self.setHandleWidth(GAP_ACROSS)
        self._placed = False

    @property
    def stacked(self) -> bool:
        """Return whether the detail stands under the main content."""
        return self.orientation() is Qt.Orientation.Vertical

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose the orientation by the window's width."""
        super().resizeEvent(event)
        wanted = Qt.Orientation.Vertical if self.window().width() < theme.px(DETAIL_BELOW) else Qt.Orientation.Horizontal
        if wanted == self.orientation() and self._placed:
            return
        self._placed = True
        self.setOrientation(wanted)
        if wanted is Qt.Orientation.Vertical:
            self.setHandleWidth(GAP_DOWN)
            self.setSizes([round(self.height() * 0.6), round(self.height() * 0.4)])
        else:
            self.setHandleWidth(GAP_ACROSS)
            detail = theme.px(self._detail_width)
            self.setSizes([max(1, self.width() - detail - GAP_ACROSS), detail])


def scrolled(content: QWidget, name: str) -> QScrollArea:
    """Return a frameless area that scrolls its content downwards only."""
    area = QScrollArea()
    area.setObjectName(name)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    content.setAutoFillBackground(False)  # setWidget switches it on; the panel shows through
    area.viewport().setAutoFillBackground(False)
    return area


def row(widgets: Sequence[QWidget | int], *, spacing: int = 12, stretch_at: int = -1) -> QHBoxLayout:
    """Return widgets side by side; a number is a space, `stretch_at` the one that takes spare room."""
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(spacing)
    for at, each in enumerate(widgets):
        if isinstance(each, int):
            made.addSpacing(each)
        else:
            made.addWidget(each, 1 if at == stretch_at else 0)
    return made


def spacer(parent: QWidget | None = None) -> QWidget:
    """Return an invisible widget that takes spare room across."""
    made = QWidget(parent)
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return made


def global_below(widget: QWidget) -> QPoint:
    """Return the point under a widget's left edge, for menus."""
    return widget.mapToGlobal(QPoint(0, widget.height() + 2))
