"""When an alert is active: days of the week, hours, time zone, and what that means in words.

Runs on the window's thread.
"""

from __future__ import annotations

from datetime import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.errors import BadInput
from noc_alerts.model.schedules import DAY_NAMES, Duty
from ui.text import InputError
from ui.theme import FontRole, Role
from ui.widgets.buttons import Chip
from ui.widgets.completed_field import ZoneField
from ui.widgets.fields import ComboBox
from ui.widgets.labels import Label
from ui.widgets.time_field import TimeField

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WORKDAYS = frozenset(range(5))


class DutyInput(QWidget):
    """The hours in which it is active. `choice` (always, or certain hours) stands elsewhere in the form."""

    changed = Signal()
    left = Signal()

    def __init__(self, zone: str, parent: QWidget | None = None) -> None:
        """Take the zone new hours are in."""
        super().__init__(parent)
        self._zone = zone
        self.setObjectName("alert_duty_at")
        self.setAccessibleName("Active hours")
        self.choice = ComboBox("alert_duty")
        self.choice.set_choices([(False, "Always"), (True, "In certain hours…")])
        self.days = [Chip(name, f"alert_duty_{name.lower()}") for name in DAY_NAMES]
        for chip, name in zip(self.days, _DAYS, strict=True):
            chip.setAccessibleName(name)
            chip.toggled.connect(self._on_edited)
        self.begin = TimeField("alert_duty_from")
        self.begin.setAccessibleName("Active from")
        self.end = TimeField("alert_duty_until", ends=True)
        self.end.setAccessibleName("Active until")
        self.zone = ZoneField("alert_duty_zone")
        self.zone.setAccessibleName("Time zone of the hours")
        self.said = Label("", Role.MUTED, FontRole.CAPTION, wrap=True, name="alert_duty_words")
        self._lay_out()
        self.choice.chosen.connect(self._on_chosen)
        for field in (self.begin, self.end, self.zone):
            field.textEdited.connect(self._on_edited)
            field.left.connect(self._on_left)
        self.setFocusProxy(self.days[0])
        self.set_value(None)

    def _lay_out(self) -> None:
        days = QHBoxLayout()
        days.setSpacing(4)
        for chip in self.days:
            days.addWidget(chip)
        days.addStretch(1)
        hours = QHBoxLayout()
        hours.setSpacing(8)
        hours.addWidget(self.begin, 2)
        hours.addWidget(Label("to", Role.MUTED), 0, Qt.AlignmentFlag.AlignVCenter)
        hours.addWidget(self.end, 2)
        hours.addWidget(self.zone, 5)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(days)
        column.addLayout(hours)
        column.addWidget(self.said)

    @property
    def value(self) -> Duty | None:
        """Return the hours, None for always; raise InputError with a sentence when what is typed is none."""
        if not self.choice.currentData():
            return None
        try:
            chosen = frozenset(at for at, chip in enumerate(self.days) if chip.isChecked())
            return Duty(chosen, self.begin.value, self.end.value, self.zone.text().strip())
        except BadInput as refusal:
            raise InputError(refusal.sentence) from refusal

    @property
    def typed(self) -> tuple[object, ...]:
        """Return everything as typed, where it is no value."""
        days = tuple(chip.isChecked() for chip in self.days)
        return bool(self.choice.currentData()), days, self.begin.text(), self.end.text(), self.zone.text()

    def set_value(self, duty: Duty | None) -> None:
        """Show hours, without a signal; None shows always, and what most people want should hours be chosen."""
        self.choice.set_data(duty is not None)
        shown = duty or Duty(_WORKDAYS, time(8), time(18), self._zone)
        for at, chip in enumerate(self.days):
            chip.blockSignals(True)
            chip.setChecked(at in shown.days)
            chip.blockSignals(False)
        self.begin.set_value(shown.from_)
        self.end.set_value(shown.until)
        self.zone.set_value(shown.zone)
        self._say()

    def set_wrong(self, wrong: bool) -> None:
        """Draw the border of the input that is wrong in the error colour, or no longer."""
        for field in (self.begin, self.end, self.zone):
            field.set_wrong(wrong and bool(field.problem()))

    def problem(self) -> str:
        """Return the sentence that says what is wrong, or nothing."""
        try:
            _ = self.value
        except InputError as error:
            return str(error)
        return ""

    def first_wrong(self) -> QWidget:
        """Return the input to be mended."""
        return next((field for field in (self.begin, self.end, self.zone) if field.problem()), self.days[0])

    def _say(self) -> None:
        duty = None if self.problem() else self.value
        self.said.set(duty_sentence(duty) if duty is not None else "")
        self.said.setVisible(bool(self.said.text()))

    def _on_chosen(self, _hours: object) -> None:
        self._say()
        self.changed.emit()

    def _on_edited(self, _value: object = None) -> None:
        self._say()
        self.changed.emit()

    def _on_left(self) -> None:
        self._say()
        self.left.emit()


def duty_sentence(duty: Duty) -> str:
    """Return what hours mean: `Mon-Fri 22:00-06:00 Europe/Zurich, over midnight. Outside ... its alarms end.`."""
    if duty.always:
        return "Every day, round the clock: the same as always."
    over = ", the whole day round" if duty.whole_day else ", over midnight" if duty.overnight else ""
    if duty.overnight and duty.until == time(0):
        over = ""  # until the end of the day is not over midnight
    return f"{duty.text}{over}. Outside these hours it is not judged and its alarms end."
