"""Buttons, chips and segmented choices, painted from the roles; each can carry the key that does the same.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from ui import icons, marks
from ui.marks import Form, Mark
from ui.theme import CONTROL, CONTROL_SMALL, RADIUS, FontRole, Role, theme


class Kind(Enum):
    """What a button is for."""

    NORMAL = auto()
    PRIMARY = auto()
    DANGER = auto()
    LINK = auto()
    BARE = auto()  # an icon without a frame


_GAP = 8


class Button(QPushButton):
    """A button; `icon` names a drawing, `hint` is the key shown in a small box, `name` the object name."""

    kind = Kind.NORMAL

    def __init__(
        self,
        text: str,
        name: str,
        *,
        icon: str = "",
        hint: str = "",
        height: int = CONTROL,
        spoken: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon, self._hint, self._height, self._spoken = icon, hint, height, spoken
        self._tight = False
        self.setObjectName(name)
        self.setText(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor if self.kind is Kind.LINK else Qt.CursorShape.ArrowCursor)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAutoDefault(False)
        theme.changed.connect(self.updateGeometry)

    def setText(self, text: str) -> None:
        """Show other words, which are also what is spoken unless that was given."""
        super().setText(text)
        self.setAccessibleName(self._spoken or self._plain)
        self.updateGeometry()

    def set_hint(self, hint: str) -> None:
        """Show another key."""
        self._hint = hint
        self.updateGeometry()
        self.update()

    def set_tight(self, tight: bool) -> None:
        """Leave the key out where there is no room for it, or show it again."""
        if tight is not self._tight:
            self._tight = tight
            self.updateGeometry()
            self.update()

    @property
    def full_width(self) -> int:
        """Return the width with the key."""
        hint = 10 + self._hint_width() if self._hint else 0
        return round(2 * self._pad + self._content_width() + hint)

    def set_icon(self, name: str) -> None:
        """Show another drawing."""
        self._icon = name
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size the content needs."""
        width = round(2 * self._pad + self._content_width()) if self._tight else self.full_width
        return QSize(width, theme.px(self._height))

    def minimumSizeHint(self) -> QSize:
        """Return the same: a button's words are never cut."""
        return self.sizeHint()

    @property
    def _pad(self) -> int:
        if self.kind is Kind.LINK:
            return 1
        return 6 if not self.text() else 12

    @property
    def _text_role(self) -> FontRole:
        return FontRole.BODY_STRONG if self.kind in (Kind.PRIMARY, Kind.DANGER) else FontRole.BODY

    def _content_width(self) -> float:
        width = QFontMetricsF(theme.font(self._text_role)).horizontalAdvance(self._plain) if self.text() else 0.0
        if self._icon:
            width += theme.px(icons.BUTTON) + (_GAP if self.text() else 0)
        return width

    @property
    def _plain(self) -> str:
        return self.text().replace("&&", "\0").replace("&", "").replace("\0", "&")

    def _hint_width(self) -> float:
        return QFontMetricsF(theme.font(FontRole.CAPTION)).horizontalAdvance(self._hint) + 10

    def _colours(self) -> tuple[QColor | None, QColor | None, QColor]:
        """Return fill, border and text."""
        over, down = self.isEnabled() and self.underMouse(), self.isDown()
        if self.kind in (Kind.PRIMARY, Kind.DANGER) and self.isEnabled():
            fill = QColor(theme.color(Role.ACCENT if self.kind is Kind.PRIMARY else Role.DANGER))
            if over or down:
                fill = fill.lighter(110 if not down else 120) if theme.dark else fill.darker(110 if not down else 120)
            return fill, None, theme.color(Role.ON_ACCENT if self.kind is Kind.PRIMARY else Role.ON_DANGER)
        fill_role = Role.SELECT if down or self.isChecked() else Role.HOVER if over else None
        text = theme.color(Role.TEXT if self.isEnabled() else Role.DISABLED)
        if self.kind is Kind.LINK:
            return None, None, theme.color(Role.ACCENT) if self.isEnabled() else text
        border = None if self.kind is Kind.BARE else theme.color(Role.LINE_STRONG if self.isEnabled() else Role.LINE)
        return theme.color(fill_role) if fill_role else None, border, text

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint fill, border or focus, icon, words and key."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill, border, ink = self._colours()
        box = QRectF(self.rect())
        paint_frame(painter, box, fill, border, self.hasFocus())
        left = box.left() + self._pad
        hinted = bool(self._hint) and not self._tight
        if not hinted:
            left = max(left, box.center().x() - self._content_width() / 2)
        if self._icon:
            side = theme.px(icons.BUTTON)
            icons.draw(painter, self._icon, QPointF(left + side / 2, box.center().y()), icons.BUTTON, ink)
            left += side + _GAP
        font = theme.font(self._text_role)
        if self.kind is Kind.LINK and self.underMouse() and self.isEnabled():
            font.setUnderline(True)
        painter.setFont(font)
        painter.setPen(ink)
        room = QRectF(left, 0, box.right() - left, box.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._plain)
        if hinted:
            strong = self.kind in (Kind.PRIMARY, Kind.DANGER) and self.isEnabled()
            width = self._hint_width()
            at = QPointF(box.right() - self._pad - width + (4 if self._pad > 6 else 0), box.center().y())
            paint_key(painter, at, width, self._hint, ink if strong else None)
        painter.end()


class PrimaryButton(Button):
    """The one action a page is for."""

    kind = Kind.PRIMARY


class DangerButton(Button):
    """The one button that blocks or deletes."""

    kind = Kind.DANGER


class LinkButton(Button):
    """An action that reads as a link."""

    kind = Kind.LINK


class IconButton(Button):
    """A bare icon; `spoken` says what it does."""

    kind = Kind.BARE

    def __init__(self, icon: str, name: str, spoken: str, parent: QWidget | None = None) -> None:
        super().__init__("", name, icon=icon, spoken=spoken, height=CONTROL_SMALL, parent=parent)
        self.setToolTip(spoken)


def paint_frame(painter: QPainter, box: QRectF, fill: QColor | None, border: QColor | None, focus: bool) -> None:
    """Paint a control's ground: fill and 1 px border, or the 2 px accent border of focus (with a gap round a fill)."""
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(border, 1) if border is not None else Qt.PenStyle.NoPen)
    if not focus:
        inset = 0.5 if border is not None else 0
        painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)
        return
    strong_fill = fill is not None and border is None
    if strong_fill:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(box.adjusted(3.5, 3.5, -3.5, -3.5), RADIUS - 2, RADIUS - 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(theme.color(Role.ACCENT), 2))
    painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), RADIUS, RADIUS)


def paint_key(painter: QPainter, left_middle: QPointF, width: float, key: str, ink: QColor | None = None) -> None:
    """Paint a key's name in its small box; `ink` colours both, else muted in a strong line."""
    height = theme.px(18)
    box = QRectF(left_middle.x(), left_middle.y() - height / 2, width, height)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(ink or theme.color(Role.LINE_STRONG), 1))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    painter.setPen(ink or theme.color(Role.MUTED))
    painter.setFont(theme.font(FontRole.CAPTION))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, key)


class Chip(QAbstractButton):
    """A filter that is on or off: mark or icon, word, count."""

    def __init__(
        self,
        word: str,
        name: str,
        *,
        mark: Mark | None = None,
        icon: str = "",
        height: int = CONTROL_SMALL,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._mark, self._icon, self._height = mark, icon, height
        self._count: int | None = None
        self.setCheckable(True)
        self.setText(word)
        self.setObjectName(name)
        self.setAccessibleName(word)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.updateGeometry)

    def set_count(self, count: int | None) -> None:
        """Show a count after the word; None shows none."""
        if count == self._count:
            return
        self._count = count
        self.setAccessibleName(self.text() if count is None else f"{self.text()} {count}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size the content needs."""
        width = 10 + QFontMetricsF(theme.font(FontRole.BODY)).horizontalAdvance(self.text()) + 10
        if self._mark is not None or self._icon:
            width += theme.px(14) + _GAP
        if self._count is not None:
            width += 4 + QFontMetricsF(theme.font(FontRole.BODY_STRONG)).horizontalAdvance(str(self._count))
        return QSize(round(width), theme.px(self._height))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the chip."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box, on = QRectF(self.rect()), self.isChecked()
        over = self.underMouse() and self.isEnabled()
        fill = theme.color(Role.SELECT if on else Role.HOVER) if on or over else None
        border = theme.color(Role.LINE_STRONG if self.isEnabled() else Role.LINE)
        paint_frame(painter, box, fill, border, self.hasFocus())
        if on:  # a bar, because the accent frame is the focus
            painter.setPen(QPen(theme.color(Role.ACCENT if self.isEnabled() else Role.LINE), 2))
            painter.drawLine(QPointF(10, box.bottom() - 4), QPointF(box.right() - 10, box.bottom() - 4))
        left, middle, side = 10.0, box.center().y(), theme.px(14)
        ink = theme.color(Role.TEXT if on else Role.MUTED if self.isEnabled() else Role.DISABLED)
        if self._mark is not None:
            marks.draw(painter, QRectF(left, middle - side / 2, side, side), self._mark, Form.ACTIVE)
        elif self._icon:
            icons.draw(painter, self._icon, QPointF(left + side / 2, middle), 14, ink)
        if self._mark is not None or self._icon:
            left += side + _GAP
        painter.setPen(ink)
        for text, role in ((self.text(), FontRole.BODY), (_count_text(self._count), FontRole.BODY_STRONG)):
            font = theme.font(role)
            painter.setFont(font)
            painter.drawText(QRectF(left, 0, box.width(), box.height()), Qt.AlignmentFlag.AlignVCenter, text)
            left += QFontMetricsF(font).horizontalAdvance(text) + 4
        painter.end()


def _count_text(count: int | None) -> str:
    return "" if count is None else str(count)


class _Segment(QAbstractButton):
    def __init__(self, text: str, first: bool, last: bool, small: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self._first, self._last, self._small = first, last, small
        self.setText(text)
        self.setCheckable(True)
        self.setAccessibleName(text)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        role = FontRole.CAPTION_STRONG if self._small else FontRole.BODY_STRONG
        width = QFontMetricsF(theme.font(role)).horizontalAdvance(self.text())
        return QSize(round(width) + (16 if self._small else 24), theme.px(20 if self._small else CONTROL))

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box, on = QRectF(self.rect()), self.isChecked()
        # Neighbours share a border: each but the first begins on the line of the one before it.
        frame = box.adjusted(0.5 if self._first else -0.5, 0.5, -0.5, -0.5)
        if not (self._first or self._last):
            frame_radius = 0.0
        else:
            frame_radius = float(RADIUS)
        painter.setPen(QPen(theme.color(Role.LINE_STRONG if self.isEnabled() else Role.LINE), 1))
        over = self.underMouse() and self.isEnabled()
        painter.setBrush(theme.color(Role.SELECT if on else Role.HOVER) if on or over else Qt.BrushStyle.NoBrush)
        painter.setClipRect(box)
        left = frame.left() if self._first else frame.left() - (8 if self._last else 0)
        right = frame.right() if self._last else frame.right() + (8 if self._first else 0)
        painter.drawRoundedRect(QRectF(left, frame.top(), right - left, frame.height()), frame_radius, frame_radius)
        if not self._last:
            painter.drawLine(QPointF(frame.right(), frame.top()), QPointF(frame.right(), frame.bottom()))
        if self.hasFocus():
            paint_frame(painter, box, None, None, True)
        small, strong = self._small, on
        role = (
            (FontRole.CAPTION_STRONG if strong else FontRole.CAPTION)
            if small
            else (FontRole.BODY_STRONG if strong else FontRole.BODY)
        )
        painter.setFont(theme.font(role))
        painter.setPen(theme.color(Role.DISABLED if not self.isEnabled() else Role.TEXT if on else Role.MUTED))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()


class SegmentedControl(QWidget):
    """One of a few choices, side by side; arrow keys move. `chosen` carries the key of a choice the user made."""

    chosen = Signal(str)

    def __init__(
        self, choices: Sequence[tuple[str, str]], name: str, spoken: str, *, small: bool = False, parent: QWidget | None = None
    ) -> None:
        """Take `choices` as (key, words)."""
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self._keys = [key for key, _ in choices]
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for at, (key, words) in enumerate(choices):
            segment = _Segment(words, at == 0, at == len(choices) - 1, small, self)
            segment.setObjectName(f"{name}_{key}")
            segment.setAccessibleName(f"{spoken}: {words}")
            self._group.addButton(segment, at)
            row.addWidget(segment)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._group.button(0).setChecked(True)
        self._group.idClicked.connect(self._on_clicked)
        theme.changed.connect(self.updateGeometry)

    @property
    def current(self) -> str:
        """Return the key of the choice that is on."""
        return self._keys[self._group.checkedId()]

    def set_current(self, key: str) -> None:
        """Put a choice on without a signal; raise ValueError for an unknown key."""
        self._group.button(self._keys.index(key)).setChecked(True)

    def focus_current(self) -> None:
        """Put the focus on the choice that is on."""
        self._group.button(self._group.checkedId()).setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_clicked(self, at: int) -> None:
        self.chosen.emit(self._keys[at])
