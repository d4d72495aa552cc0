"""Ctrl+K: one field that finds pages, companies, alerts and commands through registered providers.

Runs on the window's thread. A provider answers at once from what it already has; it never reads the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ui import icons, marks
from ui.commands import Commands
from ui.marks import Form, Mark
from ui.theme import CONTROL, FontRole, Role, theme
from ui.widgets.buttons import paint_key

AT_MOST = 40
_WIDTH, _ROW = 560, 32


@dataclass(frozen=True, slots=True)
class Found:
    """Something to go to or do: words, a muted note, what it is (`Company`, `Alert`, `Command`), the key that does the same."""

    title: str
    kind: str
    run: Callable[[], object]
    note: str = ""
    icon: str = ""
    mark: Mark | None = None
    key: str = ""


Provider = Callable[[str], Iterable[Found]]


def rank(title: str, note: str, needle: str) -> int:
    """Return how well words match, less is better, -1 for not: begins, a word begins, contains, note contains."""
    words, folded = needle.casefold().split(), title.casefold()
    if folded.startswith(needle.casefold().strip()):
        return 0
    if all(any(part.startswith(word) for part in folded.replace(",", " ").split()) for word in words):
        return 1
    if all(word in folded for word in words):
        return 2
    whole = f"{folded} {note.casefold()}"
    return 3 if all(word in whole for word in words) else -1


def command_provider(commands: Commands) -> Provider:
    """Return a provider of the commands that exist here and can be done now."""

    def find(_needle: str) -> Iterable[Found]:
        for command in commands.available():
            if commands.can(command.id):
                yield Found(
                    command.plain,
                    "Command",
                    lambda name=command.id: commands.run(name),  # type: ignore[misc]  # the default binds the loop's value
                    command.menu.value.replace("&", ""),
                    "command",
                    key=command.key,
                )

    return find


class _RowDelegate(QStyledItemDelegate):
    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(200, theme.px(_ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        found: Found = index.data(Qt.ItemDataRole.UserRole)
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme.color(Role.SELECT))
        left, middle = rect.left() + 12.0, rect.center().y() + 1.0
        if found.mark is not None:
            marks.draw(painter, QRectF(left, middle - 8, 16, 16), found.mark, Form.ACTIVE)
        elif found.icon:
            icons.draw(painter, found.icon, QPointF(left + 8, middle), icons.BUTTON, Role.MUTED)
        left += 28
        right = rect.right() - 12.0
        caption = QFontMetricsF(theme.font(FontRole.CAPTION))
        if found.key:
            width = caption.horizontalAdvance(found.key) + 10
            right -= width
            paint_key(painter, QPointF(right, middle), width, found.key)
            right -= 12
        painter.setFont(theme.font(FontRole.CAPTION))
        painter.setPen(theme.color(Role.MUTED))
        kind = QRectF(right - 90, rect.top(), 90, rect.height())
        painter.drawText(kind, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, found.kind)
        body = QFontMetricsF(theme.font(FontRole.BODY))
        room = kind.left() - left + 20
        title = body.elidedText(found.title, Qt.TextElideMode.ElideRight, room)
        painter.setFont(theme.font(FontRole.BODY))
        painter.setPen(theme.color(Role.TEXT))
        painter.drawText(QRectF(left, rect.top(), room, rect.height()), Qt.AlignmentFlag.AlignVCenter, title)
        left += body.horizontalAdvance(title) + 10
        room = kind.left() - left + 20
        if found.note and room > 30:
            painter.setPen(theme.color(Role.MUTED))
            note = body.elidedText(found.note, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(left, rect.top(), room, rect.height()), Qt.AlignmentFlag.AlignVCenter, note)
        painter.restore()


class Finder(QFrame):
    """The field and its results, over the window; Enter goes, Esc closes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("finder")
        self.setAccessibleName("Find company, alert, command")
        self._providers: list[Provider] = []
        self._line = QLineEdit()
        self._line.setObjectName("finder_text")
        self._line.setProperty("kit", "finder")
        self._line.setAccessibleName("Find company, alert, command")
        self._line.setPlaceholderText("Find company, alert, command")
        self._line.setTextMargins(20, 0, 0, 0)
        self._line.textChanged.connect(self._on_text_changed)
        self._line.installEventFilter(self)
        self._list = QListWidget()
        self._list.setObjectName("finder_results")
        self._list.setAccessibleName("Results")
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setItemDelegate(_RowDelegate(self._list))
        self._list.itemClicked.connect(self._on_clicked)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 5, 1, 5)
        column.setSpacing(4)
        column.addWidget(self._line)
        column.addWidget(self._list)

    def add_provider(self, provider: Provider) -> None:
        """Ask this provider too."""
        self._providers.append(provider)

    def open_at(self, top_right: QPoint) -> None:
        """Open under the field of the menu bar, empty."""
        self._line.clear()
        self._fill("")
        width = theme.px(_WIDTH)
        self.setFixedWidth(width)
        self.move(top_right.x() - width, top_right.y())
        self.show()
        self._line.setFocus()

    def results(self, needle: str) -> list[Found]:
        """Return what matches, best first; of equals in the order of the providers."""
        found = [each for provider in self._providers for each in provider(needle)]
        if not needle.strip():
            return found[:AT_MOST]
        ranked = [(rank(each.title, f"{each.note} {each.kind}", needle), at, each) for at, each in enumerate(found)]
        ranked = sorted((each for each in ranked if each[0] >= 0), key=lambda each: each[:2])
        return [each for _, _, each in ranked[:AT_MOST]]

    def _on_text_changed(self, needle: str) -> None:
        self._fill(needle)

    def _fill(self, needle: str) -> None:
        self._list.clear()
        for found in self.results(needle):
            item = QListWidgetItem(f"{found.title}, {found.kind}")
            item.setData(Qt.ItemDataRole.UserRole, found)
            self._list.addItem(item)
        if self._list.count():
            self._list.setCurrentRow(0)
        rows = max(1, min(12, self._list.count()))
        self._list.setFixedHeight(rows * theme.px(_ROW))
        self.adjustSize()

    def _on_clicked(self, item: QListWidgetItem) -> None:
        self._go(item)

    def _go(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        found: Found = item.data(Qt.ItemDataRole.UserRole)
        self.hide()
        found.run()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move in the results from the field, go by Enter, close by Esc."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 10, Qt.Key.Key_PageUp: -10}
            step = steps.get(Qt.Key(event.key()))
            if step is not None:
                self._list.setCurrentRow(min(max(self._list.currentRow() + step, 0), self._list.count() - 1))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._go(self._list.currentItem())
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.hide()
                return True
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint ground, border and the glass."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color(Role.RAISED))
        painter.setPen(QPen(theme.color(Role.LINE_STRONG), 1))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        icons.draw(painter, "search", QPointF(19, self._line.geometry().center().y() + 1), icons.FIELD, Role.MUTED)
        painter.end()


class FindField(QAbstractButton):
    """The field in the menu bar that opens the finder."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("find_field")
        self.setAccessibleName("Find company, alert, command, Ctrl+K")
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Ctrl+K is its key; Tab goes on to the page

    def sizeHint(self) -> QSize:
        """Return the size in the menu bar."""
        return QSize(theme.px(304), theme.px(CONTROL - 4))

    def minimumSizeHint(self) -> QSize:
        """Return the size in a narrow window: the glass, a word and the key."""
        return QSize(theme.px(130), theme.px(CONTROL - 4))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the field."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        painter.setPen(QPen(theme.color(Role.LINE_STRONG if self.underMouse() else Role.LINE), 1))
        painter.setBrush(theme.color(Role.SUNKEN))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        icons.draw(painter, "search", QPointF(theme.px(16), box.center().y()), icons.FIELD, Role.MUTED)
        painter.setPen(theme.color(Role.MUTED))
        painter.setFont(theme.font(FontRole.BODY))
        caption = QFontMetricsF(theme.font(FontRole.CAPTION))
        words = box.adjusted(theme.px(30), 0, -16 - caption.horizontalAdvance("Ctrl+K"), 0)
        body = QFontMetricsF(theme.font(FontRole.BODY))
        shown = body.elidedText("Find company, alert, command", Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.setFont(theme.font(FontRole.CAPTION))
        painter.drawText(box.adjusted(0, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "Ctrl+K")
        painter.end()
