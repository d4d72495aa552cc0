"""How often an alert is told again: the choice, what belongs to it, and when that is.

Runs on the window's thread. The next times are shown in the repeat's own zone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.errors import BadInput
from noc_alerts.model.schedules import MAX_CRON, MIN_EVERY, Repeat, RepeatKind, read_cron
from noc_alerts.rules.schedules import next_times, words
from ui import text
from ui.text import InputError
from ui.theme import FontRole, Role, theme
from ui.widgets.completed_field import CompletedField, ZoneField
from ui.widgets.fields import ComboBox, DurationBox
from ui.widgets.labels import Label
from ui.widgets.time_field import TimeField

_EVERY = [timedelta(minutes=m) for m in (5, 10, 15, 30, 60, 120, 240, 480, 720, 1440)]
_KINDS: list[tuple[object, str]] = [
    (RepeatKind.NONE, "None"),
    (RepeatKind.EVERY, "Every…"),
    (RepeatKind.DAILY, "Daily at…"),
    (RepeatKind.CRON, "Cron expression…"),
]
_CRONS = ("0 8 * * 1-5", "0 */4 * * *", "*/30 * * * *", "0 8 * * 1", "0 8 1 * *", "@daily", "@hourly", "@weekly", "@monthly")
_NEXT = 5


class RepeatInput(QWidget):
    """What belongs to a repeat. `choice` is the list of kinds, which stands elsewhere in the form."""

    changed = Signal()
    left = Signal()

    def __init__(self, clock: Callable[[], datetime], zone: str, parent: QWidget | None = None) -> None:
        """Take the zone a new daily time or cron expression is in."""
        super().__init__(parent)
        self._clock, self._zone = clock, zone
        self._said_at: datetime | None = None
        self.setObjectName("alert_repeat_at")
        self.setAccessibleName("When it repeats")
        self.choice = ComboBox("alert_repeat")
        self.choice.set_choices(_KINDS)
        self.every = DurationBox("alert_repeat_every", _EVERY, minimum=MIN_EVERY)
        self.every.setAccessibleName("Repeat every")
        self.at = TimeField("alert_repeat_daily")
        self.at.setAccessibleName("Repeat daily at")
        self.cron = CompletedField("alert_repeat_cron", placeholder="0 8 * * 1-5", offers=lambda: _CRONS)
        self.cron.setAccessibleName("Cron expression: minute, hour, day, month, day of the week")
        self.cron.setMaxLength(MAX_CRON)
        theme.set_font(self.cron, FontRole.MONO)
        self.zone = ZoneField("alert_repeat_zone")
        self.zone.setAccessibleName("Time zone of the repeat")
        self.said = Label("", Role.MUTED, FontRole.CAPTION, wrap=True, name="alert_repeat_next")
        across = QHBoxLayout()
        across.setSpacing(12)
        for widget, share in ((self.every, 1), (self.at, 2), (self.cron, 4), (self.zone, 3)):
            across.addWidget(widget, share)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(across)
        column.addWidget(self.said)
        self.choice.chosen.connect(self._on_chosen)
        self.every.editTextChanged.connect(self._on_edited)
        self.every.left.connect(self.left)
        for field in (self.at, self.cron, self.zone):
            field.textEdited.connect(self._on_edited)
            field.left.connect(self._on_left)
        self.set_value(Repeat(zone=zone))

    @property
    def kind(self) -> RepeatKind:
        """Return the kind chosen."""
        return RepeatKind(self.choice.currentData())

    @property
    def value(self) -> Repeat:
        """Return the repeat; raise InputError with a sentence when what is typed is none."""
        try:
            match self.kind:
                case RepeatKind.EVERY:
                    return Repeat.of_every(self.every.value or timedelta(0), self._every_zone)
                case RepeatKind.DAILY:
                    return Repeat.daily(self.at.value, self.zone.text().strip())
                case RepeatKind.CRON:
                    return Repeat.of_cron(self.cron.text(), self.zone.text().strip())
                case _:
                    return self._shown if self._shown.kind is RepeatKind.NONE else Repeat.none()
        except BadInput as refusal:
            raise InputError(refusal.sentence) from refusal

    @property
    def _every_zone(self) -> str:
        """Return the zone of times that need none: a report is written in it."""
        return self._shown.zone if self._shown.kind is RepeatKind.EVERY else self._zone

    @property
    def typed(self) -> tuple[str, ...]:
        """Return everything as typed, where it is no value."""
        return self.kind.value, self.every.currentText(), self.at.text(), self.cron.text(), self.zone.text()

    def set_value(self, repeat: Repeat) -> None:
        """Show a repeat, without a signal; what it does not use gets what most people want."""
        self._shown = repeat
        self.choice.set_data(repeat.kind)
        self.every.set_value(repeat.every or timedelta(hours=1))
        self.at.set_value(repeat.at or time(8))
        self.cron.set_value(repeat.cron or _CRONS[0])
        timed = repeat.kind in (RepeatKind.DAILY, RepeatKind.CRON)
        self.zone.set_value(repeat.zone if timed else self._zone)
        self._show()

    def set_wrong(self, wrong: bool) -> None:
        """Draw the border of the input that is wrong in the error colour, or no longer."""
        self.every.set_wrong(wrong and self.kind is RepeatKind.EVERY)
        self.at.set_wrong(wrong and self.kind is RepeatKind.DAILY and bool(self.at.problem()))
        self.cron.set_wrong(wrong and self.kind is RepeatKind.CRON and not self._cron_reads())
        self.zone.set_wrong(wrong and bool(self.zone.problem()))

    def problem(self) -> str:
        """Return the sentence that says what is wrong, or nothing."""
        try:
            _ = self.value
        except InputError as error:
            return str(error)
        return ""

    def tick(self) -> None:
        """Let the next times run, each minute."""
        if self._said_at is not None and self._clock() - self._said_at >= MIN_EVERY:
            self._say()

    def first_wrong(self) -> QWidget:
        """Return the input to be mended."""
        inputs: dict[RepeatKind, QWidget] = {RepeatKind.EVERY: self.every, RepeatKind.DAILY: self.at, RepeatKind.CRON: self.cron}
        first = inputs.get(self.kind, self.choice)
        reads = self._cron_reads() if self.kind is RepeatKind.CRON else not self.at.problem()
        return self.zone if self.kind is not RepeatKind.EVERY and reads and self.zone.problem() else first

    def _cron_reads(self) -> bool:
        try:
            read_cron(self.cron.text())
        except BadInput:
            return False
        return True

    def _show(self) -> None:
        kind = self.kind
        self.every.setVisible(kind is RepeatKind.EVERY)
        self.at.setVisible(kind is RepeatKind.DAILY)
        self.cron.setVisible(kind is RepeatKind.CRON)
        self.zone.setVisible(kind in (RepeatKind.DAILY, RepeatKind.CRON))
        first: dict[RepeatKind, QWidget] = {RepeatKind.EVERY: self.every, RepeatKind.DAILY: self.at, RepeatKind.CRON: self.cron}
        self.setFocusProxy(first.get(kind, self.choice))
        self._say()

    def _say(self) -> None:
        """Say the repeat in words, and the next times where it is bound to the clock."""
        said, self._said_at = "", self._clock()
        if not self.problem() and self.kind in (RepeatKind.DAILY, RepeatKind.CRON):
            said = next_words(self.value, self._clock())
        self.said.set(said)
        self.said.setVisible(bool(said))

    def _on_chosen(self, _kind: object) -> None:
        self._show()
        self.changed.emit()

    def _on_edited(self, _words: str = "") -> None:
        self._say()
        self.changed.emit()

    def _on_left(self) -> None:
        self._say()
        self.left.emit()


def next_words(repeat: Repeat, now: datetime) -> str:
    """Return a repeat in words and its next five times: `Daily at 08:00, Europe/Zurich. Next: Fri 20 Nov 08:00, ...`."""
    zone = text.find_zone(repeat.zone)
    said = words(repeat)
    times = next_times(repeat, now, now, _NEXT)
    days: list[str] = []
    last = ""
    for at in times:  # the day is named once for the times on it
        day, clock = text.day(at, zone), text.clock(at, zone)
        days.append(clock if day == last else f"{day} {clock}")
        last = day
    listed = f" Next: {', '.join(days)}." if days else ""
    return f"{said[:1].upper()}{said[1:]}.{listed}"
