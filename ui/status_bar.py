"""The status bar: each switch with its data age, checks, outbox, sound, block mode, row density, and the undo line.

Runs on the window's thread. Gets plain values; never reads the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui import text
from ui.marks import Mark
from ui.messages import UNDO_S, Notice
from ui.prefs import prefs
from ui.text import AgeState
from ui.theme import STATUS_BAR, Density, FontRole, Role, theme
from ui.widgets.buttons import SegmentedControl
from ui.widgets.labels import Label, Tag
from ui.widgets.status_item import Part, StatusItem

_SWITCH_ROOM = 170  # logical px one switch may take


@dataclass(frozen=True, slots=True)
class SwitchStatus:
    """A switch as the status bar shows it; `age_text` is without "old"."""

    key: str
    name: str
    health: Mark
    age_text: str
    age_state: AgeState
    tooltip: str = ""


_AGE_ROLE = {AgeState.FRESH: Role.MUTED, AgeState.LATE: Role.WARNING, AgeState.BLIND: Role.BLIND}


class _Rule(QWidget):
    """A short upright line between two pieces."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(17, 16)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(8, 0, 1, 16, theme.color(Role.LINE))
        painter.end()


class StatusBar(QWidget):
    """Show the state of everything that runs. Signals carry what was clicked."""

    switch_clicked = Signal(str)
    age_clicked = Signal(str)
    more_clicked = Signal()
    check_clicked = Signal()
    outbox_clicked = Signal()
    sound_clicked = Signal()
    block_mode_clicked = Signal()
    undo_changed = Signal()  # something can be taken back now, or no longer

    def __init__(self, demo: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_bar")
        self.setAccessibleName("Status")
        self._switches: tuple[SwitchStatus, ...] = ()
        self._items: dict[str, tuple[StatusItem, StatusItem]] = {}
        self._built: list[str] | None = None
        self._checked: datetime | None = None
        self._next: datetime | None = None
        self._undo: Notice | None = None
        self._notice_time = QTimer(self, singleShot=True, interval=UNDO_S * 1000)
        self._notice_time.timeout.connect(self._end_notice)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 1, 12, 0)
        row.setSpacing(0)
        if demo:
            row.addWidget(Tag("DEMO", "status_demo", Role.TEXT))
            row.addSpacing(8)
        self._switch_row = QHBoxLayout()
        self._switch_row.setSpacing(8)
        self._more = StatusItem("status_more_switches")
        self._more.clicked.connect(self.more_clicked)
        row.addLayout(self._switch_row)
        row.addWidget(self._more)
        self._facts = QWidget()
        self._make_facts()
        row.addWidget(self._facts)
        self._make_notice()
        row.addWidget(self._notice)
        row.addStretch(1)
        self._make_density(row)
        prefs.changed.connect(self._on_pref_changed)
        theme.changed.connect(self._fit)
        self._fit()
        self.set_switches(())
        self._show_check(None)

    def _make_facts(self) -> None:
        row = QHBoxLayout(self._facts)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._check = StatusItem("status_check")
        self._outbox = StatusItem("status_outbox")
        self._sound = StatusItem("status_sound")
        self._block_mode = StatusItem("status_block_mode")
        for item, signal in (
            (self._check, self.check_clicked),
            (self._outbox, self.outbox_clicked),
            (self._sound, self.sound_clicked),
            (self._block_mode, self.block_mode_clicked),
        ):
            item.clicked.connect(signal)
            rule = _Rule()
            row.addWidget(rule)
            row.addWidget(item)
            if item is not self._check:
                rule.hide()
                item.hide()

    def _make_notice(self) -> None:
        self._notice = QWidget()
        row = QHBoxLayout(self._notice)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._notice_words = Label("", Role.TEXT, FontRole.CAPTION_STRONG, name="status_notice")
        self._notice_undo = StatusItem("status_undo")
        self._notice_undo.show_parts(("Undo", Role.ACCENT, True))
        self._notice_undo.clicked.connect(self.undo)
        row.addWidget(_Rule())
        row.addWidget(self._notice_words)
        row.addWidget(self._notice_undo)
        self._notice.hide()

    def _make_density(self, row: QHBoxLayout) -> None:
        self._rows_label = Label("Rows", Role.MUTED, FontRole.CAPTION)
        choices = [(density.name, density.word) for density in Density]
        self._density = SegmentedControl(choices, "density", "Row height", small=True)
        self._density.set_current(prefs.density.name)
        self._density.chosen.connect(self._on_density_chosen)
        row.addWidget(self._rows_label)
        row.addSpacing(16)
        row.addWidget(self._density)

    # --- values ------------------------------------------------------------------------------------------------------

    def set_switches(self, switches: Sequence[SwitchStatus]) -> None:
        """Show the switches; where they do not fit, the blind and late ones first and how many are fine."""
        self._switches = tuple(switches)
        self._show_switches()

    def set_check(self, checked: datetime | None, following: datetime | None, now: datetime) -> None:
        """Show when everything was last checked and when it will be next; None: nothing is checked."""
        self._checked, self._next = checked, following
        self._show_check(now)

    def set_outbox(self, waiting: int, failing: int = 0) -> None:
        """Show how many messages wait, and in warning how many failed."""
        parts: list[Part] = [("Outbox", Role.MUTED, False), (f"{text.number(waiting)} waiting", Role.TEXT, False)]
        if failing:
            parts.append((f"{text.number(failing)} failed", Role.WARNING, True))
        self._outbox.show_parts(*parts)
        self._reveal(self._outbox)

    def set_sound(self, words: str, muted: bool = False) -> None:
        """Show the sound's state: `Sound on`, `Muted, 14 min left`."""
        role = Role.WARNING if muted else Role.MUTED
        self._sound.show_parts((words, role, muted), icon="mute" if muted else "sound")
        self._reveal(self._sound)

    def set_block_mode(self, words: str) -> None:
        """Show how blocks are made: `Blocks: ask first`."""
        self._block_mode.show_parts((words, Role.MUTED, False), icon="shield")
        self._reveal(self._block_mode)

    def tick(self, now: datetime) -> None:
        """Show the time to the next check as it is at `now`."""
        self._show_check(now)

    # --- the undo line -----------------------------------------------------------------------------------------------

    def say(self, notice: Notice) -> None:
        """Show for 10 s what happened, with Undo where it can be taken back."""
        self._undo = notice
        self._notice_words.set(notice.words)
        self._notice.setAccessibleName(notice.words)
        self._notice_undo.setVisible(notice.undo is not None)
        self._facts.hide()
        self._notice.show()
        self._notice_time.start()
        self.undo_changed.emit()

    @property
    def can_undo(self) -> bool:
        """Return whether something can be taken back now."""
        return self._undo is not None and self._undo.undo is not None

    def undo(self) -> None:
        """Take back what the line tells, if that is possible."""
        notice = self._undo
        self._end_notice()
        if notice is not None and notice.undo is not None:
            notice.undo()

    def _end_notice(self) -> None:
        self._undo = None
        self._notice_time.stop()
        self._notice.hide()
        self._facts.show()
        self.undo_changed.emit()

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show_switches(self) -> None:
        room = max(2, (self.width() - 560) // _SWITCH_ROOM)
        worst_first = sorted(self._switches, key=lambda each: -_TROUBLE[each.age_state])
        few = len(self._switches) <= room
        shown = list(self._switches) if few else worst_first[: max(1, room - 1)]
        wanted = [each.key for each in shown]
        if wanted != self._built:
            self._build_switches(shown)
            self._built = wanted
        for each in shown:
            blind = each.age_state is AgeState.BLIND
            name, age_item = self._items[each.key]
            name.show_parts((each.name, Role.BLIND if blind else Role.TEXT, blind), mark=each.health)
            age_words = f"blind {each.age_text}" if blind else each.age_text
            age_item.show_parts((age_words, _AGE_ROLE[each.age_state], False))
            name.setToolTip(each.tooltip)
            age_item.setToolTip("The last readings")
        rest = len(self._switches) - len(shown)
        self._more.setVisible(rest > 0)
        fine = rest > 0 and all(each.age_state is AgeState.FRESH for each in worst_first[len(shown) :])
        self._more.show_parts((f"and {rest} {'fine' if fine else 'more'}", Role.MUTED, False))

    def _build_switches(self, shown: Sequence[SwitchStatus]) -> None:
        while (item := self._switch_row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                for child in (widget, *widget.findChildren(StatusItem)):
                    child.setObjectName("")  # it is still there until the event loop comes to it
                widget.deleteLater()
        self._items = {}
        for each in shown:
            pair = QWidget()
            row = QHBoxLayout(pair)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(0)
            name, age_item = StatusItem(f"status_switch_{each.key}"), StatusItem(f"status_age_{each.key}")
            name.clicked.connect(lambda _=False, key=each.key: self.switch_clicked.emit(key))
            age_item.clicked.connect(lambda _=False, key=each.key: self.age_clicked.emit(key))
            row.addWidget(name)
            row.addWidget(age_item)
            self._items[each.key] = (name, age_item)
            self._switch_row.addWidget(pair)
        if not shown:
            none = StatusItem("status_no_switch")
            none.show_parts(("No switch connected", Role.MUTED, False), mark=Mark.BLIND)
            none.clicked.connect(self.more_clicked)
            self._switch_row.addWidget(none)

    def _show_check(self, now: datetime | None) -> None:
        if self._checked is None or now is None:
            self._check.show_parts(("Nothing is checked", Role.MUTED, False))
            return
        at = text.time_of(self._checked, now, prefs.zone, with_seconds=True)
        parts: list[Part] = [("Checked", Role.MUTED, False), (at + ("," if self._next else ""), Role.TEXT, False)]
        if self._next is not None:
            left = self._next - now
            words = f"next in {text.span(left)}" if left > timedelta(0) else "next now"
            parts.append((words, Role.MUTED, False))
        self._check.show_parts(*parts)

    def _reveal(self, item: StatusItem) -> None:
        row = self._facts.layout()
        assert row is not None
        before = row.itemAt(row.indexOf(item) - 1)
        rule = None if before is None else before.widget()
        if rule is not None:
            rule.show()
        item.show()

    def _on_density_chosen(self, name: str) -> None:
        prefs.density = Density[name]

    def _on_pref_changed(self, name: str) -> None:
        if name == "density":
            self._density.set_current(prefs.density.name)

    def _fit(self) -> None:
        self.setFixedHeight(theme.px(STATUS_BAR))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many switches as there is room for."""
        super().resizeEvent(event)
        self._show_switches()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the ground and the line above."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color(Role.SURFACE))
        painter.fillRect(0, 0, self.width(), 1, theme.color(Role.LINE))
        painter.end()


_TROUBLE = {AgeState.BLIND: 2, AgeState.LATE: 1, AgeState.FRESH: 0}
