"""The inputs of the alert form, made and named; the sections lay them out, the form says how they belong together.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from noc_alerts.model.alerts import MAX_TITLE, Area, NoData, NoticeLevel, Operator
from noc_alerts.model.connections import Connection
from noc_alerts.model.contacts import Contact
from noc_alerts.notify.recipients import EntryKind, checked_entry, entry_kind, entry_name
from noc_alerts.store.templates import STOCK_NAMES
from ui import marks
from ui.alerts import form_values as forms
from ui.alerts import words
from ui.alerts.chips import ChipsField
from ui.alerts.form_duty import DutyInput
from ui.alerts.form_parts import Part, of_box, of_chips, of_combo, of_line, of_typed
from ui.alerts.form_repeat import RepeatInput
from ui.alerts.form_shape import DECIDES
from ui.alerts.rows import LEVEL_MARKS
from ui.text import NumberRange
from ui.widgets.completed_field import CompletedField
from ui.widgets.fields import CheckBox, ComboBox, DurationBox, Field, NumberField, TextField
from ui.widgets.span_field import SpanField

_PERIODS = [timedelta(minutes=m) for m in (5, 10, 15, 30, 60, 180, 360, 720, 1440)]
_WAITS = [timedelta(seconds=30), *(timedelta(minutes=m) for m in (1, 2, 5, 10, 15, 30))]
_PENALTIES = [*(timedelta(minutes=m) for m in (1, 5, 15, 60)), timedelta(days=1), timedelta(days=365)]
_MINUTE = timedelta(minutes=1)
AT_ONCE, DISABLED = "at once", "Disabled"
NO_DATA_WORDS = {NoData.KEEP: "Keep the state", NoData.CLEAR: "Treat as clear", NoData.ALARM: "Alarm after…"}
_ICONS = {EntryKind.MAIL: "mail", EntryKind.PHONE: "phone", EntryKind.CONTACT: "contacts", EntryKind.GROUP: "tag"}


@dataclass(frozen=True, slots=True)
class Offers:
    """What the form offers: the switches, people, templates and scripts there are; addresses used by other alerts.

    `zone`: the name of the zone that new times are in.
    """

    connections: tuple[Connection, ...] = ()
    contacts: tuple[Contact, ...] = ()
    addresses: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    zone: str = "UTC"


@dataclass(slots=True)
class _People:
    """The contacts recipients are checked against; the form may learn of others while it is open."""

    contacts: tuple[Contact, ...] = field(default=())

    def checked(self, entry: str) -> str:
        """Return an entry as it is kept. Raises BadInput with the sentence for under the field."""
        return checked_entry(entry, self.contacts)


class Inputs:
    """Every input of the form by the form's names."""

    def __init__(self, offers: Offers, clock: Callable[[], datetime]) -> None:
        self._people = _People()
        self._make_watched()
        self._make_limits(offers.zone)
        self._make_does(offers.zone, clock)
        self._make_told()
        switches: list[tuple[object, str]] = [(None, "All switches"), *((each.id, each.name) for each in offers.connections)]
        self.connection_id.set_choices(switches)
        self.offer(offers)
        self.paint_levels()

    def _make_watched(self) -> None:
        self.title = TextField("alert_title", placeholder="Low ASR, carrier bravo", required="Give the alert a title.")
        self.title.setMaxLength(MAX_TITLE)
        self.kind = ComboBox("alert_kind")
        self.kind.set_choices(
            [
                (forms.SOME_CARRIERS, "Named carriers"),
                (forms.ALL_CARRIERS, "All carriers"),
                (forms.TAGGED_CARRIERS, "Carriers by tag"),
                (forms.SOME_CUSTOMERS, "Named customers"),
                (forms.ALL_CUSTOMERS, "All customers"),
                (forms.TAGGED_CUSTOMERS, "Customers by tag"),
            ]
        )
        self.area = ComboBox("alert_area")
        short = {Area.SCRIPT: "Script Forge"}  # its whole title has no room beside the company
        self.area.set_choices([(area, short.get(area, area.facts.title)) for area in Area])
        self.names = ChipsField("alert_names", icon=lambda _name: "companies", placeholder="add company…", checked=str.strip)
        self.tag = CompletedField("alert_tag", placeholder="wholesale")
        self.connection_id = ComboBox("alert_switch")
        self.script = ComboBox("alert_script")
        self.sample_period = DurationBox("alert_sample_period", _PERIODS, minimum=_MINUTE)
        self.min_calls = NumberField("alert_min_calls", "attempts", NumberRange(0, 1_000_000_000))

    def _make_limits(self, zone: str) -> None:
        self.operator = ComboBox("alert_operator")
        self.threshold = NumberField("alert_threshold", "%")
        self.reset = NumberField("alert_reset", "%", optional=True, prefix=">")
        self.warn_threshold = NumberField("alert_warn_threshold", "%")
        self.warn_reset = NumberField("alert_warn_reset", "%", optional=True, prefix=">")
        self.strict = CheckBox("Only when the whole 95 % interval is past the limit", "alert_strict")
        self.hold = DurationBox("alert_hold", _WAITS, none_words=AT_ONCE)
        self.keep = DurationBox("alert_keep", _WAITS, none_words=AT_ONCE)
        self.no_data = ComboBox("alert_no_data")
        self.no_data.set_choices(list(NO_DATA_WORDS.items()))
        self.no_data_after = DurationBox("alert_no_data_after", _WAITS[1:], minimum=_MINUTE)
        self.duty_at = DutyInput(zone)
        self.duty = self.duty_at.choice
        self.offer_operators(Area.ASR)

    def _make_does(self, zone: str, clock: Callable[[], datetime]) -> None:
        self.level = ComboBox("alert_level")
        self.repeat_at = RepeatInput(clock, zone)
        self.repeat = self.repeat_at.choice
        year = {timedelta(days=365): "1 year"}
        self.penalty = SpanField("alert_penalty", _PENALTIES, names=year, none_words=DISABLED, minimum=_MINUTE)
        self.penalty_after = SpanField("alert_penalty_after", _WAITS[1:], none_words=AT_ONCE)
        self.penalty_ask = CheckBox("Ask a person first", "alert_penalty_ask")
        self.penalty_dry_run = CheckBox("Dry run: only write down what would be blocked", "alert_penalty_dry_run")

    def _make_told(self) -> None:
        self.recipients = ChipsField(
            "alert_recipients",
            icon=lambda entry: _ICONS[entry_kind(entry)],
            placeholder="add address or name…",
            checked=lambda entry: self._people.checked(entry),
            shown=entry_name,
        )
        self.template = ComboBox("alert_template")
        self.tray = CheckBox("Show on the desktop of this workstation", "alert_tray")
        self.tell_recovery = CheckBox("Tell the same people when it clears", "alert_tell_recovery")

    # --- what is offered ---------------------------------------------------------------------------------------------

    def offer(self, offers: Offers) -> None:
        """Offer the people, templates and scripts there are now; what is chosen stays, also when it is gone."""
        self._people.contacts = offers.contacts
        groups = {group for contact in offers.contacts for group in contact.groups}
        people = (*(f"contact {each.name}" for each in offers.contacts), *(f"group {group}" for group in groups))
        self.recipients.set_completions((*people, *offers.addresses))
        self._offer_names(self.template, tuple(dict.fromkeys((*STOCK_NAMES, *offers.templates))))
        self._offer_names(self.script, offers.scripts, "Choose a script…")

    def _offer_names(self, box: ComboBox, names: Iterable[str], none: str = "") -> None:
        kept = box.currentData()
        offered: list[tuple[object, str]] = [("", none)] if none else []
        offered += [(name, name) for name in names]
        if kept and kept not in names:
            offered.append((kept, kept))
        box.set_choices(offered)

    def put_name(self, box: ComboBox, name: str) -> None:
        """Choose a name, also one that is offered no more."""
        if not box.set_data(name):
            box.addItem(name, name)
            box.set_data(name)

    def offer_operators(self, area: Area) -> None:
        """Offer the operators of an area: a script may also judge by itself, which comes first."""
        first: list[tuple[object, str]] = [(DECIDES, "The script decides")] if area is Area.SCRIPT else []
        self.operator.set_choices([*first, *((op, words.OPERATOR_WORDS[op]) for op in Operator)])

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

    # --- as fields and as values ---------------------------------------------------------------------------------------

    def fields(self) -> dict[str, Field]:
        """Make the labelled fields, in reading order."""
        labels = {
            "title": "Title",
            "kind": "Company",
            "area": "Area",
            "names": "Names",
            "tag": "Tag at the switch",
            "connection_id": "Switch",
            "script": "Script",
            "sample_period": "Sample period",
            "min_calls": "Not judged below",
            "operator": "Operator",
            "threshold": "Threshold",
            "reset": "Reset threshold",
            "warn_threshold": "Warning threshold",
            "warn_reset": "Warning reset",
            "hold": "Fires after",
            "keep": "Clears after",
            "no_data": "No data, or too few calls",
            "duty": "Active",
            "no_data_after": "Alarm when without data for",
            "duty_at": "Days and hours",
            "level": "Notice level",
            "repeat": "Repeat",
            "repeat_at": "When",
            "penalty": "Penalty: block for",
            "penalty_after": "Block when in alarm for",
            "recipients": "E-mail, phone, contact or group",
            "template": "Template",
        }
        return {name: Field(said, getattr(self, name)) for name, said in labels.items()}

    def boxes(self) -> dict[str, CheckBox]:
        """Return the tick boxes, in reading order."""
        names = ("strict", "penalty_ask", "penalty_dry_run", "tray", "tell_recovery")
        return {name: getattr(self, name) for name in names}

    def parts(self) -> dict[str, Part]:
        """Return how each value is read and shown, by the form's names, in reading order."""

        def number(box: NumberField) -> Part:
            return of_typed(box, box.text)

        def span(box: DurationBox) -> Part:
            return of_typed(box, box.currentText, lambda value: value or None)

        period = of_typed(self.sample_period, self.sample_period.currentText, lambda value: value or forms.DEFAULT_PERIOD)
        after = self.no_data_after
        return {
            "title": of_line(self.title),
            "kind": of_combo(self.kind),
            "names": of_chips(self.names),
            "tag": of_line(self.tag),
            "area": of_combo(self.area, Area),
            "connection_id": of_combo(self.connection_id),
            "script": Part(self.script.currentData, lambda name: self.put_name(self.script, name), lambda: None),
            "sample_period": period,
            "min_calls": number(self.min_calls),
            "operator": of_combo(self.operator),
            "threshold": number(self.threshold),
            "reset": number(self.reset),
            "warn_threshold": number(self.warn_threshold),
            "warn_reset": number(self.warn_reset),
            "strict": of_box(self.strict),
            "hold": span(self.hold),
            "keep": span(self.keep),
            "no_data": of_combo(self.no_data, NoData),
            "no_data_after": of_typed(after, after.currentText, lambda value: value or forms.DEFAULT_NO_DATA_AFTER),
            "duty": of_typed(self.duty_at, lambda: self.duty_at.typed),
            "level": of_combo(self.level, NoticeLevel),
            "repeat": of_typed(self.repeat_at, lambda: self.repeat_at.typed),
            "penalty": span(self.penalty),
            "penalty_after": span(self.penalty_after),
            "penalty_ask": of_box(self.penalty_ask),
            "penalty_dry_run": of_box(self.penalty_dry_run),
            "recipients": of_chips(self.recipients),
            "template": Part(self.template.currentData, lambda name: self.put_name(self.template, name), lambda: None),
            "tray": of_box(self.tray),
            "tell_recovery": of_box(self.tell_recovery),
        }
