"""The left side of the alert editor: what is typed, what of it is wrong, what of it is not saved.

Runs on the window's thread; reads no store. Values are checked when a field is left and on save; a field that is marked as
wrong is looked at again while it is mended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope, alert_problems
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import Connection
from ui.alerts import words
from ui.alerts.form_fields import Inputs, Sections
from ui.alerts.form_values import DEFAULT_PERIOD, Watched, values_of
from ui.alerts.reset_offer import ResetOffer
from ui.text import InputError, NumberRange
from ui.theme import Role, theme
from ui.widgets.fields import DurationBox, NumberField
from ui.widgets.page import scrolled

_ALL_SWITCHES = "All switches"


class AlertForm(QWidget):
    """The fields of one alert. `edited` follows every change a person makes; `judged` every change of what is marked wrong."""

    edited = Signal()
    judged = Signal()

    def __init__(self, connections: list[Connection], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("alert_form")
        self.inputs = Inputs()
        self.fields = self.inputs.fields()
        self.offer = ResetOffer(self.inputs.reset)
        self._sections = Sections(self.fields, self.offer, (self.inputs.tray, self.inputs.tell_recovery))
        self._base: Alert | None = None
        self._saved: dict[str, Any] = {}
        self._titled = ""  # the title in the field is our proposal
        self._operator_chosen = False
        self._loading = False
        self._known: dict[CompanyKind, tuple[str, ...]] = {}
        switches: list[tuple[object, str]] = [(None, _ALL_SWITCHES), *((each.id, each.name) for each in connections)]
        self.inputs.connection_id.set_choices(switches)
        self._one_switch = len(connections) < 2
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scrolled(self._sections, "alert_form_scroll"))
        self._sections.setAutoFillBackground(False)  # a scroll area switches it on when it takes its content
        self._connect()

    def _connect(self) -> None:
        i = self.inputs
        i.title.textEdited.connect(self._on_edited)
        i.kind.chosen.connect(self._on_scope_chosen)
        i.names.changed.connect(self._on_edited)
        i.names.typed.connect(self._on_edited)
        i.recipients.changed.connect(self._on_edited)
        i.recipients.typed.connect(self._on_edited)
        i.area.chosen.connect(self._on_area_chosen)
        i.operator.chosen.connect(self._on_operator_chosen)
        i.threshold.textEdited.connect(self._on_limit_edited)
        for combo in (i.connection_id, i.level):
            combo.chosen.connect(self._on_edited)
        for number in (i.min_calls, i.reset):
            number.textEdited.connect(self._on_edited)
        for duration in (i.sample_period, i.hold, i.keep):
            duration.changed.connect(self._on_edited)
            duration.editTextChanged.connect(self._on_edited)
        for box in (i.tray, i.tell_recovery):
            box.toggled.connect(self._on_edited)
        self.offer.link.clicked.connect(self._on_reset_taken)
        for name, field in self.fields.items():
            left = getattr(field.content, "left", None)
            if left is not None:
                left.connect(lambda name=name: self._on_left(name))
        theme.follow(i.level, i.paint_levels)

    # --- in and out --------------------------------------------------------------------------------------------------

    def load(self, alert: Alert | None, *, new: bool = False, draft: Mapping[str, Any] | None = None) -> None:
        """Show an alert, with no field marked as wrong and nothing unsaved; `draft` begins a new one."""
        self._loading = True
        self._base = alert
        values = dict(draft or {}) if alert is None else values_of(alert)
        for name, field in self.fields.items():
            field.set_error("")
            if name in values:
                self._put(name, values[name])
        self.inputs.tray.setChecked(values["tray"])
        self.inputs.tell_recovery.setChecked(values["tell_recovery"])
        self._operator_chosen = not new
        self._titled = self.inputs.title.text() if new else ""
        self.offer.begin(alert)
        self._loading = False
        self._show_applying()
        self._saved = self._raw()
        self.offer.follow(self.area, self.operator, self.threshold())
        self._tell_nobody()
        self._tell_unknown()
        self.edited.emit()
        self.judged.emit()

    def _put(self, name: str, value: Any) -> None:
        i = self.inputs
        match name:
            case "title":
                i.title.setText(value)
            case "names" | "recipients":
                getattr(i, name).set_entries(value)
            case "area":
                i.area.set_data(value)
                self._dress_numbers(value)
            case "kind" | "operator" | "level" | "connection_id":
                getattr(i, name).set_data(value)
            case "min_calls" | "threshold" | "reset":
                getattr(i, name).set_value(value)
            case "hold" | "keep":
                getattr(i, name).set_value(value or None)
            case _:
                i.sample_period.set_value(value or DEFAULT_PERIOD)

    def know_companies(self, companies: Iterable[tuple[CompanyKind, str]]) -> None:
        """Offer these companies while names are typed."""
        found: dict[CompanyKind, set[str]] = {kind: set() for kind in CompanyKind}
        for kind, name in companies:
            found[kind].add(name)
        self._known = {kind: tuple(sorted(names)) for kind, names in found.items()}
        self.inputs.names.set_completions(self._known[self.kind])
        self._tell_unknown()

    @property
    def kind(self) -> CompanyKind:
        """Return whether customers or carriers are watched."""
        kind: CompanyKind = self.inputs.kind.currentData()[0]
        return kind

    @property
    def area(self) -> Area:
        """Return the area chosen."""
        return Area(self.inputs.area.currentData())  # Qt keeps a StrEnum as a plain string

    @property
    def operator(self) -> Operator:
        """Return the operator chosen."""
        return Operator(self.inputs.operator.currentData())

    @property
    def level(self) -> NoticeLevel:
        """Return the notice level chosen."""
        return NoticeLevel(self.inputs.level.currentData())

    def threshold(self) -> float | None:
        """Return the threshold as typed, None while it is no number."""
        value: float | None = _value(self.inputs.threshold)
        return value

    def watched(self) -> Watched:
        """Return what the chart shows of the form as it stands."""
        i, reading = self.inputs, self.area.is_reading
        kind, by_name = i.kind.currentData()
        period = None if reading else _value(i.sample_period) or DEFAULT_PERIOD
        return Watched(
            scope=Scope(kind, i.names.entries if by_name else ()),
            connection_id=i.connection_id.currentData(),
            area=self.area,
            period=period,
            min_calls=0 if reading else int(_value(i.min_calls) or 0),
            operator=self.operator,
            threshold=self.threshold(),
            reset=_value(i.reset) if words.reset_sign(self.operator) else None,
            level=self.level,
        )

    def forget_id(self) -> None:
        """Make what is typed a new alert, because the one it was is gone."""
        if self._base is not None:
            self._base = replace(self._base, id=None)

    def values(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the values by attribute of Alert, and a sentence for each field that is wrong."""
        i, wrong = self.inputs, {}
        values: dict[str, Any] = {"area": self.area, "operator": self.operator, "level": self.level}
        values["title"] = i.title.text().strip()
        values["connection_id"] = None if self._one_switch and self._base is None else i.connection_id.currentData()
        kind, by_name = i.kind.currentData()
        values["scope"] = Scope(kind, i.names.entries if by_name else ())
        values["recipients"] = i.recipients.entries
        values |= {"tray": i.tray.isChecked(), "tell_recovery": i.tell_recovery.isChecked(), "reset": None}
        values |= {"sample_period": None, "min_calls": 0}
        for name in self._numbers():
            try:
                values[name] = getattr(i, name).value
            except InputError as error:
                wrong[name] = str(error)
        values["min_calls"] = int(values["min_calls"])
        for name in ("hold", "keep"):
            values[name] = values.get(name) or timedelta(0)
        for name in ("names", "recipients"):
            if (name == "recipients" or by_name) and (problem := getattr(i, name).problem()):
                wrong[name] = problem
        if by_name and not i.names.entries and "names" not in wrong:
            wrong["names"] = f"Name at least one {kind.value}, or choose all {kind.value}s."
        if "threshold" not in wrong:
            wrong = {**alert_problems({k: v for k, v in values.items() if k not in wrong}), **wrong}
        elif not values["title"]:
            wrong["title"] = "Give the alert a title."
        return values, wrong

    def _numbers(self) -> tuple[str, ...]:
        """Return the typed fields that apply: numbers and lengths of time."""
        apply = ["threshold", "hold", "keep"]
        if not self.area.is_reading:
            apply += ["sample_period", "min_calls"]
        if words.reset_sign(self.operator):
            apply.append("reset")
        return tuple(apply)

    def alert(self) -> Alert | None:
        """Mark what is wrong and return the alert as typed, None when something is; the focus goes to the first wrong field."""
        self.inputs.names.take_typed()
        self.inputs.recipients.take_typed()
        values, wrong = self.values()
        self._mark(wrong)
        if wrong:
            self.show_wrong()
            return None
        return replace(self._base, **values) if self._base is not None else Alert(id=None, **values)

    def mark_refused(self, problems: Mapping[str, str]) -> None:
        """Mark what the store refused."""
        self._mark(problems)
        self.show_wrong()

    def show_wrong(self) -> None:
        """Put the focus into the first wrong field."""
        first = next((field for field in self.fields.values() if field.error), None)
        if first is not None:
            first.content.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def wrong(self) -> list[str]:
        """Return the names of the fields marked as wrong, in reading order."""
        return [name for name, field in self.fields.items() if field.error]

    @property
    def unsaved(self) -> list[str]:
        """Return the fields that differ from what is saved, as the window calls them, in reading order."""
        now = self._raw()
        return [said for name, said in words.FIELD_WORDS.items() if now.get(name) != self._saved.get(name)]

    def _raw(self) -> dict[str, Any]:
        """Return every field as it would be saved, or as typed where that is no value; what does not apply is left out."""
        i = self.inputs
        kind, by_name = i.kind.currentData()
        raw: dict[str, Any] = {name: getattr(i, name).currentData() for name in ("area", "operator", "level", "connection_id")}
        raw |= {"title": i.title.text().strip(), "kind": (kind, by_name)}
        raw["names"] = (i.names.entries, i.names.pending) if by_name else ()
        raw["recipients"] = (i.recipients.entries, i.recipients.pending)
        raw |= {"tray": i.tray.isChecked(), "tell_recovery": i.tell_recovery.isChecked()}
        for name in self._numbers():
            try:
                raw[name] = getattr(i, name).value
            except InputError:
                typed = getattr(i, name)
                raw[name] = typed.currentText() if name in ("hold", "keep", "sample_period") else typed.text()
        return raw

    # --- what belongs together ---------------------------------------------------------------------------------------

    def _show_applying(self) -> None:
        """Hide the fields that do not apply to what is chosen; what was typed in them is kept."""
        kind, by_name = self.inputs.kind.currentData()
        facts, reading = self.area.facts, self.area.is_reading
        self.fields["names"].setVisible(by_name)
        self.fields["names"].set_label("Carriers" if kind is CompanyKind.CARRIER else "Customers")
        chosen_switch = self._base.connection_id if self._base is not None else None
        self.fields["connection_id"].setVisible(not self._one_switch or chosen_switch is not None)
        for name in ("sample_period", "min_calls"):
            self.fields[name].setVisible(not reading)
        sign = words.reset_sign(self.operator)
        self.fields["reset"].setVisible(bool(sign))
        self.inputs.reset.set_prefix(sign)
        self.inputs.min_calls.set_unit(facts.rests_on)
        self.fields["level"].set_hint("Called Error in ConnexCS" if self.level is NoticeLevel.CRITICAL else "")

    def _dress_numbers(self, area: Area) -> None:
        """Give threshold and reset the unit and the digits of an area; whether they lie in its range is said on leaving."""
        for field in (self.inputs.threshold, self.inputs.reset):
            field.set_unit(area.facts.unit)
            field.set_range(NumberRange(decimals=area.facts.decimals))

    def _propose_title(self) -> None:
        if self._base is None and self._titled and self.inputs.title.text() == self._titled:
            kind, by_name = self.inputs.kind.currentData()
            names = self.inputs.names.entries if by_name else ()
            if by_name and not names:
                return
            self._titled = words.suggested_title(self.area, self.operator, kind, names)
            self.inputs.title.setText(self._titled)

    def _tell_unknown(self) -> None:
        """Warn of names no switch knows; they may be right all the same: a company that had no call yet."""
        known = self._known.get(self.kind, ())
        unknown = [name for name in self.inputs.names.entries if known and name not in known]
        is_are = "is" if len(unknown) == 1 else "are"
        said = f"{', '.join(unknown)} {is_are} not known to any switch yet." if unknown else ""
        self.fields["names"].set_hint(said, Role.WARNING)

    def _tell_nobody(self) -> None:
        """Say under the recipients when nobody would be told."""
        i = self.inputs
        quiet = self.level is NoticeLevel.NONE and i.tray.isChecked()
        nobody = not i.recipients.entries and not i.recipients.pending and (quiet or not i.tray.isChecked())
        why = "With notice level None nothing is shown on the desktop. " if quiet else ""
        self._sections.told_hint.set(f"{why}Nobody is told. Add an address." if nobody else "")
        self._sections.told_hint.setVisible(nobody)

    # --- slots -------------------------------------------------------------------------------------------------------

    def _on_scope_chosen(self, _choice: object) -> None:
        self.inputs.names.set_completions(self._known.get(self.kind, ()))
        self._show_applying()
        self._on_edited()

    def _on_area_chosen(self, _area: object) -> None:
        area = self.area
        self._dress_numbers(area)
        self.inputs.min_calls.set_value(area.facts.min_calls)
        if not self._operator_chosen:
            high = area in (Area.PDD, Area.CPS, Area.CHANNELS)
            self.inputs.operator.set_data(Operator.GT if high else Operator.LT)
        self._show_applying()
        self._on_limit_edited()

    def _on_operator_chosen(self, _operator: object) -> None:
        self._operator_chosen = True
        self._show_applying()
        self._on_limit_edited()

    def _on_limit_edited(self) -> None:
        self.offer.follow(self.area, self.operator, self.threshold())
        self._on_edited()

    def _on_reset_taken(self) -> None:
        self.offer.take()
        self.inputs.reset.setFocus(Qt.FocusReason.OtherFocusReason)
        self._on_edited()

    def _on_edited(self, _value: object = None) -> None:
        if self._loading:
            return
        self._propose_title()
        self.fields["level"].set_hint("Called Error in ConnexCS" if self.level is NoticeLevel.CRITICAL else "")
        self.offer.look(self.area, self.operator, self.threshold())
        self._tell_nobody()
        self._tell_unknown()
        if self.wrong:
            _, wrong = self.values()
            self._mark({name: said for name, said in wrong.items() if name in self.wrong})
        self.edited.emit()

    def _on_left(self, name: str) -> None:
        """Judge the field that was left, and of the others those that depend on it and are marked."""
        if self._loading:
            return
        _, wrong = self.values()
        together = {"threshold", "reset"} if name in ("threshold", "reset") else {name}
        if name == "threshold" and not self.inputs.reset.text().strip():
            together = {name}
        seen = {*self.wrong, *together}
        self._mark({field: said for field, said in wrong.items() if field in seen})

    def _mark(self, wrong: Mapping[str, str]) -> None:
        """Show the sentences under their fields, and nothing under the others."""
        shown = {{"scope": "names"}.get(name, name): sentence for name, sentence in wrong.items()}
        for name, field in self.fields.items():
            if field.error != shown.get(name, ""):
                field.set_error(shown.get(name, ""))
        self.judged.emit()


def _value(field: DurationBox | NumberField) -> Any:
    """Return what is in a typed field, None where that is no value."""
    try:
        return field.value
    except InputError:
        return None
