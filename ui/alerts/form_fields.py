"""The inputs of the alert form, made and named; the form says how they belong together.

Runs on the window's thread.
"""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.alerts import MAX_TITLE, Area, NoticeLevel, Operator
from noc_alerts.model.errors import BadInput
from noc_alerts.notify.smtp_settings import checked_address
from ui import marks
from ui.alerts import words
from ui.alerts.chips import ChipsField
from ui.alerts.form_values import ALL_CARRIERS, ALL_CUSTOMERS, SOME_CARRIERS, SOME_CUSTOMERS
from ui.alerts.rows import LEVEL_MARKS
from ui.text import NumberRange
from ui.theme import FontRole, Role, theme
from ui.widgets.fields import CheckBox, ComboBox, DurationBox, Field, NumberField, TextField
from ui.widgets.labels import Label, line

_PERIODS = [timedelta(minutes=m) for m in (1, 5, 10, 15, 30, 60, 240, 1440)]
_WAITS = [timedelta(seconds=30), *(timedelta(minutes=m) for m in (1, 2, 5, 10, 15, 30))]
AT_ONCE = "at once"


class Inputs:
    """Every input of the form with its field, by the names of Alert's attributes (`kind` and `names` for its scope)."""

    def __init__(self) -> None:
        self.title = TextField("alert_title", placeholder="Low ASR, carrier bravo", required="Give the alert a title.")
        self.title.setMaxLength(MAX_TITLE)
        self.kind = ComboBox("alert_kind")
        self.kind.set_choices(
            [
                (SOME_CARRIERS, "Named carriers"),
                (ALL_CARRIERS, "All carriers"),
                (SOME_CUSTOMERS, "Named customers"),
                (ALL_CUSTOMERS, "All customers"),
            ]
        )
        self.names = ChipsField("alert_names", icon="companies", placeholder="add company…", checked=_checked_name)
        self.area = ComboBox("alert_area")
        self.area.set_choices([(area, area.facts.title) for area in Area])
        self.connection_id = ComboBox("alert_switch")
        self.sample_period = DurationBox("alert_sample_period", _PERIODS, minimum=timedelta(minutes=1))
        self.min_calls = NumberField("alert_min_calls", "attempts", NumberRange(0, 1_000_000_000))
        self.operator = ComboBox("alert_operator")
        self.operator.set_choices([(op, words.OPERATOR_WORDS[op]) for op in Operator])
        self.threshold = NumberField("alert_threshold", "%")
        self.reset = NumberField("alert_reset", "%", optional=True, prefix=">")
        self.hold = DurationBox("alert_hold", _WAITS, none_words=AT_ONCE)
        self.keep = DurationBox("alert_keep", _WAITS, none_words=AT_ONCE)
        self.level = ComboBox("alert_level")
        self.recipients = ChipsField("alert_recipients", icon="mail", placeholder="add address…", checked=_checked_recipient)
        self.tray = CheckBox("Show on the desktop of this workstation", "alert_tray")
        self.tell_recovery = CheckBox("Tell the same people when it clears", "alert_tell_recovery")
        self.paint_levels()

    def paint_levels(self) -> None:
        """Offer the levels with their marks in the colours of the theme in force."""
        before = self.level.currentData()
        self.level.blockSignals(True)
        self.level.clear()
        for level in NoticeLevel:
            if level is NoticeLevel.NONE:
                self.level.addItem(words.LEVEL_WORDS[level], level)
            else:
                self.level.addItem(marks.icon(LEVEL_MARKS[level]), words.LEVEL_WORDS[level], level)
        self.level.set_data(before)
        self.level.blockSignals(False)

    def fields(self) -> dict[str, Field]:
        """Make the labelled fields, in reading order."""
        return {
            "title": Field("Title", self.title),
            "kind": Field("Company", self.kind),
            "area": Field("Area", self.area),
            "names": Field("Names", self.names),
            "connection_id": Field("Switch", self.connection_id),
            "sample_period": Field("Sample period", self.sample_period),
            "min_calls": Field("Not judged below", self.min_calls),
            "operator": Field("Operator", self.operator),
            "threshold": Field("Threshold", self.threshold),
            "reset": Field("Reset threshold", self.reset),
            "hold": Field("Fires after", self.hold),
            "keep": Field("Clears after", self.keep),
            "level": Field("Notice level", self.level),
            "recipients": Field("E-mail", self.recipients),
        }


def _checked_name(name: str) -> str:
    """Return a company's name without blanks at its ends."""
    return name.strip()


def _checked_recipient(address: str) -> str:
    """Return a mail address as it is kept. Raises BadInput with the sentence for under the field."""
    try:
        checked_address(address)
    except BadInput as refusal:
        raise BadInput(refusal.sentence) from refusal
    return address.strip()


class Sections(QWidget):
    """The four sections of the form under each other, fields side by side where they belong together."""

    def __init__(
        self, fields: dict[str, Field], offer: QWidget, boxes: tuple[QWidget, ...], parent: QWidget | None = None
    ) -> None:
        """Take the fields, what is said about the reset, and the boxes under the recipients."""
        super().__init__(parent)
        self.setObjectName("alert_form_sections")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 12, 16, 16)
        self._column.setSpacing(8)
        self._head("What is watched", "watched", first=True)
        self._column.addWidget(fields["title"])
        self._across(fields["kind"], fields["area"], shares=(5, 7))
        self._column.addWidget(fields["names"])
        self._column.addWidget(fields["connection_id"])
        self._across(fields["sample_period"], fields["min_calls"])
        self._head("When it fires and clears", "fires")
        self._across(fields["operator"], fields["threshold"], fields["reset"], shares=(4, 5, 7))
        self._column.addWidget(offer)
        self._across(fields["hold"], fields["keep"])
        self._head("What it does", "does")
        self._across(fields["level"], QWidget())
        self._head("Who is told", "told")
        self._column.addWidget(fields["recipients"])
        for box in boxes:
            self._column.addWidget(box)
        self.told_hint = Label("", Role.WARNING, FontRole.CAPTION, wrap=True, name="alert_told_hint")
        self._column.addWidget(self.told_hint)
        self._column.addStretch(1)
        self.setMaximumWidth(theme.px(480))

    def _head(self, title: str, name: str, *, first: bool = False) -> None:
        if not first:
            self._column.addSpacing(4)
            self._column.addWidget(line())
        self._column.addWidget(Label(title, Role.TEXT, FontRole.SECTION, name=f"alert_section_{name}"))

    def _across(self, *fields: QWidget, shares: tuple[int, ...] = (1, 1, 1)) -> None:
        row = QHBoxLayout()
        row.setSpacing(12)
        for field, share in zip(fields, shares, strict=False):
            row.addWidget(field, share, Qt.AlignmentFlag.AlignTop)
        self._column.addLayout(row)
