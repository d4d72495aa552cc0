"""The rail: the pages by group, with their counts. 176 px wide, or 48 px with icons only.

Runs on the window's thread. Knows nothing of what the pages show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QVBoxLayout, QWidget

from ui import icons, marks
from ui.marks import Mark
from ui.text import number
from ui.theme import RAIL, RAIL_NARROW, FontRole, Role, theme

_ROW = 32
_MAY_BE_COLOURED = ("overview", "switches")


class Group(Enum):
    """The groups of the rail, from top to bottom."""

    WATCH = "Watch"
    SET_UP = "Set up"


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page that exists: `make` is called when it is first opened; `shortcut` opens it."""

    key: str
    title: str
    icon: str
    group: Group
    make: Callable[[], QWidget]
    shortcut: str = ""


class _Item(QAbstractButton):
    def __init__(self, spec: PageSpec, parent: QWidget) -> None:
        super().__init__(parent)
        self.spec = spec
        self.narrow = False
        self.count_text = ""
        self.mark: Mark | None = None
        self.setCheckable(True)
        self.setText(spec.title)
        self.setObjectName(f"rail_{spec.key}")
        self.setAccessibleName(spec.title)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click goes on to the page
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.update_tooltip()

    def update_tooltip(self) -> None:
        words = f"{self.spec.title} {self.count_text}".strip()
        self.setAccessibleName(words)
        key = f"{self.spec.shortcut}" if self.spec.shortcut else ""
        parts = (words if self.narrow else "", key)
        self.setToolTip(", ".join(part for part in parts if part))

    def sizeHint(self) -> QSize:
        return QSize(theme.px(RAIL_NARROW if self.narrow else RAIL), theme.px(_ROW))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box, on = QRectF(self.rect()), self.isChecked()
        if on or self.underMouse():
            painter.fillRect(box, theme.color(Role.RAISED if on else Role.HOVER))
        if on:
            painter.fillRect(QRectF(0, 0, 3, box.height()), theme.color(Role.ACCENT))
        ink = Role.TEXT if on else Role.MUTED
        middle = box.center().y()
        icons.draw(painter, self.spec.icon, QPointF(theme.px(24 if self.narrow else 25), middle), icons.RAIL, ink)
        if self.narrow:
            if self.mark is not None:
                marks.draw(painter, QRectF(theme.px(30), middle - theme.px(13), theme.px(12), theme.px(12)), self.mark)
        else:
            self._paint_words(painter, box, on, ink)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color(Role.ACCENT), 2))
            painter.drawRect(box.adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_words(self, painter: QPainter, box: QRectF, on: bool, ink: Role) -> None:
        painter.setFont(theme.font(FontRole.BODY_STRONG if on else FontRole.BODY))
        painter.setPen(theme.color(ink))
        painter.drawText(box.adjusted(theme.px(46), 0, -40, 0), Qt.AlignmentFlag.AlignVCenter, self.spec.title)
        if not self.count_text:
            return
        painter.setFont(theme.font(FontRole.CAPTION))
        painter.setPen(theme.color(marks.colour_role(self.mark) if self.mark is not None else Role.MUTED))
        room = box.adjusted(46, 0, -13, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self.count_text)
        if self.mark is Mark.CRITICAL:
            width = QFontMetricsF(theme.font(FontRole.CAPTION)).horizontalAdvance(self.count_text)
            side = theme.px(13)
            left = room.right() - width - side - 4
            marks.draw(painter, QRectF(left, box.center().y() - side / 2, side, side), self.mark)


class Rail(QWidget):
    """List the pages that exist; `chosen` carries the key of the page the user wants."""

    chosen = Signal(str)

    def __init__(self, pages: Sequence[PageSpec], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAccessibleName("Pages")
        self._items: dict[str, _Item] = {}
        self._group = QButtonGroup(self)
        self._narrow = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 1, 8)
        column.setSpacing(0)
        before: Group | None = None
        for group in Group:
            for spec in (page for page in pages if page.group is group):
                if before is not None and group is not before:
                    column.addWidget(_Gap())
                before = group
                item = self._items[spec.key] = _Item(spec, self)
                self._group.addButton(item)
                column.addWidget(item)
        column.addStretch(1)
        self._group.buttonClicked.connect(self._on_clicked)
        theme.changed.connect(self._fit)
        self._fit()

    @property
    def narrow(self) -> bool:
        """Return whether only icons are shown."""
        return self._narrow

    def set_narrow(self, narrow: bool) -> None:
        """Show icons only, or icons and words."""
        if narrow != self._narrow:
            self._narrow = narrow
            self._fit()

    def set_current(self, key: str) -> None:
        """Mark the open page."""
        self._items[key].setChecked(True)

    def set_count(self, key: str, count: int, mark: Mark | None = None, words: str = "") -> None:
        """Show a page's count, none for 0; a mark colours it, `words` follow it (`1 blind`).

        Raise ValueError for a colour on a page that must stay quiet: only Overview and Switches may be coloured.
        """
        if mark is not None and key not in _MAY_BE_COLOURED:
            raise ValueError(f"the count of {key} stays quiet")
        item = self._items.get(key)
        if item is None:
            return
        item.count_text = f"{number(count)} {words}".strip() if count else ""
        item.mark = mark if count else None
        item.update_tooltip()
        item.update()

    def focus_current(self) -> None:
        """Put the focus on the open page's item."""
        for item in self._items.values():
            if item.isChecked():
                item.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the line at the right."""
        painter = QPainter(self)
        painter.fillRect(self.width() - 1, 0, 1, self.height(), theme.color(Role.LINE))
        painter.end()

    def _fit(self) -> None:
        for item in self._items.values():
            item.narrow = self._narrow
            item.update_tooltip()
            item.updateGeometry()
        self.setFixedWidth(theme.px(RAIL_NARROW if self._narrow else RAIL))
        self.update()

    def _on_clicked(self, button: QAbstractButton) -> None:
        assert isinstance(button, _Item)
        self.chosen.emit(button.spec.key)


class _Gap(QWidget):
    """The line between two groups."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(16)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        inset = 16 if self.width() > 100 else 12
        painter.fillRect(inset, 8, self.width() - 2 * inset, 1, theme.color(Role.LINE))
        painter.end()
