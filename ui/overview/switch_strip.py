"""The strip of switches over the alarms: mark, name, kind, calls a second, channels, age of the data.

Runs on the window's thread. Knows no alarms; a click on a switch opens it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from noc_alerts.engine.news import SwitchLine
from noc_alerts.model.connections import HealthState, SwitchKind
from ui import icons, marks, text
from ui.marks import Mark
from ui.overview.rows import blind_since
from ui.overview.words import switch_next
from ui.prefs import prefs
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import paint_frame
from ui.widgets.page import Panel

KIND_WORDS = {SwitchKind.CONNEXCS: "ConnexCS", SwitchKind.KAMAILIO: "Kamailio", SwitchKind.CALL_FILES: "Call files"}
MAX_CELLS = 4
HEIGHT = 56
_GAP = 14
_AGE = "data age"
_RANK = {HealthState.BLIND: 0, HealthState.LATE: 1, HealthState.WAITING: 2, HealthState.FRESH: 3, HealthState.OFF: 4}
_MARKS = {HealthState.BLIND: Mark.BLIND, HealthState.LATE: Mark.WARNING, HealthState.FRESH: Mark.OK}


@dataclass(frozen=True, slots=True)
class Part:
    """Two lines at the right of a cell: a value and its caption. `wide`: it takes the room that is left."""

    first: str
    second: str
    role: Role = Role.TEXT
    bold: bool = True
    wide: bool = False
    short: str = ""  # instead of `first` where that does not fit


@dataclass(frozen=True, slots=True)
class CellFacts:
    """What a cell shows. `mark` None: a clock, because the switch was not read yet."""

    name: str
    kind: str
    mark: Mark | None
    parts: tuple[Part, ...]
    tooltip: str = ""

    @property
    def spoken(self) -> str:
        """Return it for a screen reader."""
        state = self.mark.value if self.mark is not None else "not read yet"
        parts = (f"{part.first} {part.second}" for part in self.parts)
        return ", ".join((f"{self.name}, {self.kind}, {state}", *parts))


def facts_of(line: SwitchLine, now: datetime) -> CellFacts:
    """Return what is shown of a switch at `now`."""
    connection, health = line.connection, line.health
    kind = KIND_WORDS[connection.kind]
    state = line.health.state
    age = text.age(health.read_at, now, connection.poll).text if health.read_at is not None else ""
    match state:
        case HealthState.OFF:
            return CellFacts(connection.name, kind, None, (Part("switched off", "not read", Role.MUTED, bold=False),))
        case HealthState.WAITING:
            return CellFacts(connection.name, kind, None, (Part("reading", "first time", Role.MUTED, bold=False),))
        case HealthState.BLIND:
            return _blind_facts(line, kind, age, now)
        case _:
            cps = "…" if line.cps is None else text.number(line.cps, 1)
            channels = "not told" if line.channels is None else text.number(line.channels)
            told = line.channels is not None
            parts = (
                Part(cps, "calls/s"),
                Part(channels, "channels", Role.TEXT if told else Role.MUTED, bold=told),
                Part(age, _AGE, Role.WARNING if state is HealthState.LATE else Role.TEXT),
            )
            return CellFacts(connection.name, kind, _MARKS[state], parts, health.sentence or health.note)


def _blind_facts(line: SwitchLine, kind: str, age: str, now: datetime) -> CellFacts:
    """Return the cause and the next try of a switch that does not answer."""
    health, zone = line.health, prefs.zone
    since = blind_since(line)
    short = f"No answer since {text.time_of(since, now, zone)}" if since is not None else "No answer"
    first, second = switch_next(health.next_try_at, None, health.tries, now, zone)
    sentence = health.sentence or f"{short}."
    next_try = ", ".join(part for part in (first.lower().replace("tries again", "next try"), second) if part)
    parts = [Part(sentence, next_try, Role.BLIND, bold=False, wide=True, short=short)]
    if age:
        parts.append(Part(age, _AGE, Role.BLIND))
    return CellFacts(line.connection.name, kind, Mark.BLIND, tuple(parts), sentence)


class SwitchCell(QAbstractButton):
    """One switch; a click opens it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.facts: CellFacts | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_facts(self, facts: CellFacts) -> None:
        """Show these facts."""
        if facts == self.facts:
            return
        self.facts = facts
        self.setAccessibleName(facts.spoken)
        self.setToolTip(facts.tooltip)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return a width in which the numbers fit."""
        return QSize(round(self._needed(tight=False)), theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """Return the least width."""
        return QSize(round(self._needed(tight=True)), theme.px(HEIGHT))

    def _needed(self, *, tight: bool) -> float:
        """Return the width everything takes; `tight`: with the shortest captions, and the kind cut to the name's width."""
        facts = self.facts
        if facts is None:
            return 120.0
        name = _width(FontRole.BODY_STRONG, facts.name)
        left = name if tight else max(name, _width(FontRole.CAPTION, facts.kind))
        return 12 + theme.px(16) + 12 + left + sum(_GAP + _part_width(part, tight=tight) for part in facts.parts) + 12

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint mark and name at the left, values over their captions at the right."""
        facts = self.facts
        if facts is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        fill = theme.color(Role.HOVER) if self.underMouse() else None
        if fill is not None or self.hasFocus():
            paint_frame(painter, box.adjusted(1, 1, -1, -1), fill, None, self.hasFocus())
        side = theme.px(16)
        left = 12.0
        mark_box = QRectF(left, box.center().y() - side / 2, side, side)
        if facts.mark is None:
            icons.draw(painter, "clock", mark_box.center(), 16, Role.MUTED)
        else:
            marks.draw(painter, mark_box, facts.mark)
        left += side + 12
        right = box.right() - 12
        name_width = max(_width(FontRole.BODY_STRONG, facts.name), _width(FontRole.CAPTION, facts.kind))
        tight = self._needed(tight=False) > self.width()
        if tight:
            name_width = _width(FontRole.BODY_STRONG, facts.name)
        for part in reversed(facts.parts):
            right = self._paint_part(painter, part, left + name_width + _GAP, right, tight=tight) - _GAP
        room = max(24.0, right - left)
        name, kind = (facts.name, FontRole.BODY_STRONG, Role.TEXT), (facts.kind, Role.MUTED)
        self._paint_lines(painter, left, room, name, kind, left_aligned=True)
        painter.end()

    def _paint_part(self, painter: QPainter, part: Part, least_left: float, right: float, *, tight: bool) -> float:
        """Paint two right-aligned lines that end at `right`; return where they begin."""
        font = FontRole.BODY_STRONG if part.bold else FontRole.BODY
        first = part.first
        room = right - least_left if part.wide else 1000.0
        if part.wide and _width(font, first) > room:
            first = part.short or first
        second = _caption(part, tight=tight)
        width = min(room, max(_width(font, first), _width(FontRole.CAPTION, second)))
        self._paint_lines(painter, right - width, width, (first, font, part.role), (second, Role.MUTED), left_aligned=False)
        return right - width

    def _paint_lines(
        self,
        painter: QPainter,
        left: float,
        width: float,
        first: tuple[str, FontRole, Role],
        second: tuple[str, Role],
        *,
        left_aligned: bool,
    ) -> None:
        upper, lower = QFontMetricsF(theme.font(first[1])), QFontMetricsF(theme.font(FontRole.CAPTION))
        top = (self.height() - upper.height() - lower.height()) / 2
        side = Qt.AlignmentFlag.AlignLeft if left_aligned else Qt.AlignmentFlag.AlignRight
        flags = int(side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
        for words, font, role, y, metrics in (
            (first[0], first[1], first[2], top, upper),
            (second[0], FontRole.CAPTION, second[1], top + upper.height(), lower),
        ):
            painter.setFont(theme.font(font))
            painter.setPen(theme.color(role))
            shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, width + 1)
            painter.drawText(QRectF(left, y, width + 2, metrics.height()), flags, shown)


class SwitchStrip(Panel):
    """The switches side by side. `opened` carries a connection's id, None for the rest that did not fit."""

    opened = Signal(object)

    def __init__(self, name: str = "overview_switches") -> None:
        super().__init__(name)
        self.setAccessibleName("Switches")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._lines: tuple[SwitchLine, ...] = ()
        self._cells: list[SwitchCell] = []
        self._ids: list[int | None] = []
        self._row = QHBoxLayout()
        self._row.setSpacing(0)
        self.body.addLayout(self._row)

    @property
    def cells(self) -> list[SwitchCell]:
        """Return the cells shown, left to right."""
        return self._cells[: len(self._ids)]

    def show_switches(self, lines: Sequence[SwitchLine], now: datetime) -> None:
        """Show the switches that are read; imported files are not among them."""
        self._lines = tuple(line for line in lines if line.connection.live)
        self.tick(now)

    def tick(self, now: datetime) -> None:
        """Let the ages run."""
        many = len(self._lines) > MAX_CELLS
        lines = sorted(self._lines, key=lambda line: _RANK[line.health.state]) if many else list(self._lines)
        shown, rest = lines[:MAX_CELLS], lines[MAX_CELLS:]
        facts = [facts_of(line, now) for line in shown]
        ids: list[int | None] = [line.health.connection_id for line in shown]
        if rest:
            fine = all(line.health.state is HealthState.FRESH for line in rest)
            more = Part(f"and {text.number(len(rest))} {'fine' if fine else 'more'}", "open Switches", Role.MUTED, bold=False)
            facts.append(CellFacts("", "", Mark.OK if fine else None, (more,), ", ".join(line.connection.name for line in rest)))
            ids.append(None)
        self._have(len(facts))
        self._ids = ids
        for cell, each in zip(self._cells, facts, strict=False):
            cell.show_facts(each)
        self.setVisible(bool(facts))

    def _have(self, count: int) -> None:
        while len(self._cells) < count:
            at = len(self._cells)
            cell = SwitchCell(f"{self.objectName()}_{at}")
            cell.clicked.connect(lambda _=False, at=at: self.opened.emit(self._ids[at]))
            self._cells.append(cell)
            self._row.addWidget(cell)
        for at, cell in enumerate(self._cells):
            cell.setVisible(at < count)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the panel, and a line between two cells."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(theme.color(Role.LINE))
        for cell in self.cells[1:]:
            painter.drawLine(QPointF(cell.x() - 0.5, 1), QPointF(cell.x() - 0.5, self.height() - 2))
        painter.end()


def _caption(part: Part, *, tight: bool) -> str:
    return "age" if tight and part.second == _AGE else part.second


def _part_width(part: Part, *, tight: bool) -> float:
    """Return the width of a part with the words that fit everywhere."""
    font = FontRole.BODY_STRONG if part.bold else FontRole.BODY
    caption = 0.0 if part.wide and tight else _width(FontRole.CAPTION, _caption(part, tight=tight))
    return max(_width(font, part.short or part.first), caption)


def _width(font: FontRole, words: str) -> float:
    return QFontMetricsF(theme.font(font)).horizontalAdvance(words)


def all_answer(lines: Sequence[SwitchLine], now: datetime) -> bool:
    """Return whether every switch that is to be read answers in time; False when there is none."""
    states = [line.health.state for line in lines if line.connection.live and line.connection.enabled]
    return bool(states) and all(state is HealthState.FRESH for state in states)
