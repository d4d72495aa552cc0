"""The left side of the alert editor: what is typed, what of it is wrong, what of it is not saved.

Runs on the window's thread; reads no store. Values are checked when a field is left and on save; a field that is marked as
wrong is looked at again while it is mended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import CompanyKind
from noc_alerts.store.templates import STOCK_NAMES
from ui.alerts import form_reading, words
from ui.alerts import form_values as forms
from ui.alerts.form_does import DoesSection
from ui.alerts.form_fields import Inputs, Offers
from ui.alerts.form_limits import LimitsSection
from ui.alerts.form_shape import DECIDES, Shape, Whom, applying
from ui.alerts.form_told import ToldSection
from ui.alerts.form_values import Watched
from ui.alerts.form_watched import WatchedSection
from ui.theme import theme
from ui.widgets.page import scrolled

FORM_MOST = 480  # logical px across: language.md section 7


class AlertForm(QWidget):
    """The fields of one alert. `edited` follows every change a person makes; `judged` every change of what is marked wrong.

    `fixed`: the one company it is for, which is not asked then.
    """

    edited = Signal()
    judged = Signal()

    def __init__(
        self,
        offers: Offers,
        clock: Callable[[], datetime],
        *,
        fixed: tuple[CompanyKind, str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("alert_form")
        self.fixed = fixed
        self.inputs = Inputs(offers, clock)
        self.fields, self._boxes, self._parts = self.inputs.fields(), self.inputs.boxes(), self.inputs.parts()
        self.watching = WatchedSection(self.inputs, self.fields, fixed)
        self.limits = LimitsSection(self.inputs, self.fields)
        self.does = DoesSection(self.inputs, self.fields)
        self.told = ToldSection(self.inputs, self.fields)
        self.offer = self.limits.offer
        self._base: Alert | None = None
        self._saved: dict[str, Any] = {}
        self._refused: dict[str, tuple[str, Any]] = {}  # the sentence, and what stood in the field then
        self._titled = ""  # the title in the field is our proposal
        self._operator_chosen = self._calls_typed = False
        self._two = self._asked = False
        self._loading = True
        self._one_switch = len(offers.connections) < 2
        self.told.know(offers.contacts)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        content = QWidget()
        content.setObjectName("alert_form_sections")
        inner = QVBoxLayout(content)
        inner.setContentsMargins(16, 12, 16, 16)
        inner.setSpacing(8)
        for section in (self.watching, self.limits, self.does, self.told):
            inner.addWidget(section)
        inner.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scrolled(content, "alert_form_scroll"))
        theme.follow(content, lambda: content.setMaximumWidth(theme.px(FORM_MOST)))

    def _connect(self) -> None:
        i = self.inputs
        i.kind.chosen.connect(self._on_scope_chosen)
        i.area.chosen.connect(self._on_area_chosen)
        i.operator.chosen.connect(self._on_operator_chosen)
        i.level.chosen.connect(self._on_level_chosen)
        i.min_calls.textEdited.connect(self._on_calls_typed)
        for number in (i.threshold, i.warn_threshold):
            number.textEdited.connect(self._on_limit_edited)
        for line in (i.title, i.reset, i.warn_reset, i.tag):
            line.textEdited.connect(self._on_edited)
        for chips in (i.names, i.recipients):
            chips.changed.connect(self._on_edited)
            chips.typed.connect(self._on_edited)
        for combo in (i.connection_id, i.script, i.no_data, i.template):
            combo.chosen.connect(self._on_chosen)
        for span in (i.sample_period, i.hold, i.keep, i.no_data_after, i.penalty, i.penalty_after):
            span.changed.connect(self._on_chosen)
            span.editTextChanged.connect(self._on_chosen)
        for composite in (i.repeat_at, i.duty_at):
            composite.changed.connect(self._on_chosen)
        for box in self._boxes.values():
            box.toggled.connect(self._on_edited)
        self.offer.link.clicked.connect(self._on_reset_taken)
        self.limits.warn_offer.link.clicked.connect(self._on_warn_reset_taken)
        self.limits.second.clicked.connect(self._on_second_wanted)
        self.limits.remove.clicked.connect(self._on_second_removed)
        for name, field in self.fields.items():
            left = getattr(field.content, "left", None)
            if left is not None:
                left.connect(lambda name=name: self._on_left(name))
        theme.follow(i.level, i.paint_levels)

    # --- in and out --------------------------------------------------------------------------------------------------

    def load(self, alert: Alert | None, *, new: bool = False, draft: Mapping[str, Any] | None = None) -> None:
        """Show an alert, with no field marked as wrong and nothing unsaved; `draft` begins a new one."""
        self._loading, self._refused = True, {}
        self._base = alert
        values = dict(draft or {}) if alert is None else forms.values_of(alert)
        for field in self.fields.values():
            field.set_error("")
        self._dress(Area(values.get("area", Area.ASR)))
        for name, part in self._parts.items():
            if name in values:
                part.show(values[name])
        self._two = values.get("warn_threshold") is not None
        self._operator_chosen = not new
        self._calls_typed = values.get("min_calls") != self.area.facts.min_calls
        self._titled = self.inputs.title.text() if new else ""
        self.does.raised_for_second = False
        self.limits.begin(alert)
        self.watching.offer(self.kind)
        self._loading = False
        self._show_applying()
        self._saved = self._raw()
        self.limits.follow(self.shape(), self.threshold(), self._number("warn_threshold"))
        self._say()
        self.edited.emit()
        self.judged.emit()

    def rebase(self, theirs: Alert, names: Iterable[str] = ()) -> None:
        """Take what somebody else saved as what is saved, and keep what is typed here but in the fields of these names."""
        self._base = theirs
        for name in names:
            self._parts[name].show(getattr(theirs, name))
        self._saved = form_reading.saved(theirs, fixed=self.fixed is not None, switches=self.shape().switches)
        self._on_limit_edited()

    def know_companies(self, companies: Iterable[tuple[CompanyKind, str]], tags: Iterable[tuple[CompanyKind, str]] = ()) -> None:
        """Offer these companies, and the tags companies carry, while names are typed."""
        self.watching.know(companies, tags, self.kind)
        self.watching.show_shape(self.shape())

    def know(self, offers: Offers) -> None:
        """Offer the people, templates and scripts there are now."""
        self.inputs.offer(offers)
        self.told.know(offers.contacts)
        self._say()

    @property
    def kind(self) -> CompanyKind:
        """Return whether customers or carriers are watched."""
        return self.shape().kind

    @property
    def area(self) -> Area:
        """Return the area chosen."""
        return Area(self.inputs.area.currentData())  # Qt keeps a StrEnum as a plain string

    @property
    def operator(self) -> Operator:
        """Return the operator chosen."""
        return form_reading.operator(self.inputs)

    @property
    def level(self) -> NoticeLevel:
        """Return the notice level chosen."""
        return NoticeLevel(self.inputs.level.currentData())

    def threshold(self) -> float | None:
        """Return the threshold as typed, None while it is no number."""
        return self._number("threshold")

    def _number(self, name: str) -> float | None:
        return form_reading.number(self._parts[name])

    def shape(self) -> Shape:
        """Return the choices that say which other fields there are."""
        chosen = self._base.connection_id if self._base is not None else None
        return form_reading.shape(self.inputs, self.fixed, switches=not self._one_switch or chosen is not None, two=self._two)

    def scope(self) -> Scope:
        """Return who is watched as it stands."""
        return form_reading.scope(self.inputs, self.fixed)

    def watched(self) -> Watched:
        """Return what the chart shows."""
        return form_reading.watched(self.inputs, self._parts, self.shape(), self.scope())

    def forget_id(self) -> None:
        """Make what is typed a new alert, because the one it was is gone."""
        if self._base is not None:
            self._base = replace(self._base, id=None)

    def values(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the values by attribute of Alert, and a sentence for each field that is wrong."""
        return form_reading.read(self._parts, self.shape(), self._base, self.fixed)

    def alert(self) -> Alert | None:
        """Mark what is wrong and return the alert as typed, None when something is; the focus goes to the first wrong field."""
        self.inputs.names.take_typed()
        self.inputs.recipients.take_typed()
        values, wrong = self.values()
        self._asked, self._refused = True, {}
        self._mark(wrong)
        if wrong:
            self.show_wrong()
            return None
        return replace(self._base, **values) if self._base is not None else Alert(id=None, **values)

    def mark_refused(self, problems: Mapping[str, str]) -> None:
        """Mark what the store refused, until something else is typed there."""
        self._refused = {name: (problems[name], typed) for name, typed in self._raw().items() if name in problems}
        self._mark(problems)
        self.show_wrong()

    def show_wrong(self) -> None:
        """Put the focus into the first wrong field."""
        first = next((field for field in self.fields.values() if field.error), None)
        if first is not None:
            wanted = getattr(first.content, "first_wrong", None)
            (wanted() if wanted is not None else first.content).setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def wrong(self) -> list[str]:
        """Return the names of the fields marked as wrong, in reading order."""
        return [name for name, field in self.fields.items() if field.error]

    @property
    def unsaved(self) -> list[str]:
        """Return the fields that differ from what is saved, as the window calls them, in reading order."""
        now, saved = self._raw(), self._saved
        follows = {"tell_recovery"} - now.keys()  # goes with the operator, and comes back as it was
        differ = (name for name in words.FIELD_WORDS if (now.get(name) or None) != (saved.get(name) or None))
        return [words.FIELD_WORDS[name] for name in differ if name not in follows]

    def _raw(self) -> dict[str, Any]:
        """Return every field as it would be saved, or as typed where that is no value; what does not apply is left out."""
        applies = applying(self.shape())
        return {name: part.raw() for name, part in self._parts.items() if name in applies}

    # --- what belongs together ---------------------------------------------------------------------------------------

    def _dress(self, area: Area) -> None:
        """Give operators and numbers what an area asks for."""
        self.inputs.offer_operators(area)
        self.limits.dress(area)

    def _show_applying(self) -> None:
        """Hide the fields that do not apply to what is chosen; what was typed in them is kept."""
        applies = applying(self.shape())
        for name, widget in (*self.fields.items(), *self._boxes.items()):
            widget.setVisible(name in applies)

    def _say(self) -> None:
        shape = self.shape()
        self.watching.show_shape(shape)
        self.limits.show_shape(shape, self.threshold())
        self.does.show_shape(shape, form_reading.penalty(self.inputs))
        self.told.show_shape(shape)

    def _propose_title(self) -> None:
        if self._base is None and self._titled and self.inputs.title.text() == self._titled:
            scope, shape = self.scope(), self.shape()
            if shape.whom is Whom.NAMED and not scope.names:
                return
            script = str(self.inputs.script.currentData() or "")
            self._titled = words.suggested_title(shape.area, shape.operator, shape.kind, scope.names, scope.tag, script)
            self.inputs.title.setText(self._titled)

    def _propose_template(self) -> None:
        """Follow from the stock template of alarms to that of reports and back, where one of them is chosen."""
        chosen = self.inputs.template.currentData()
        if chosen in STOCK_NAMES:
            self.inputs.template.set_data("alert" if self.operator.has_limit else "report")

    # --- slots -------------------------------------------------------------------------------------------------------

    def _on_scope_chosen(self, _choice: object) -> None:
        self.watching.offer(self.kind)
        self._on_chosen()

    def _on_area_chosen(self, _area: object) -> None:
        area = self.area
        self._dress(area)
        if not self._calls_typed:
            self.inputs.min_calls.set_value(area.facts.min_calls)
        if not self._operator_chosen:
            self.inputs.operator.set_data(DECIDES if area is Area.SCRIPT else forms.usual_operator(area))
        self._on_limit_edited()

    def _on_operator_chosen(self, _operator: object) -> None:
        self._operator_chosen = True
        self._propose_template()
        self._on_limit_edited()

    def _on_level_chosen(self, _level: object) -> None:
        self.does.raised_for_second = False
        self._on_chosen()

    def _on_calls_typed(self, _words: str) -> None:
        self._calls_typed = True
        self._on_edited()

    def _on_limit_edited(self, _words: str = "") -> None:
        if self._loading:
            return
        self._show_applying()
        self.limits.follow(self.shape(), self.threshold(), self._number("warn_threshold"))
        self._on_edited()

    def _on_reset_taken(self) -> None:
        self.offer.take()
        self.inputs.reset.setFocus(Qt.FocusReason.OtherFocusReason)
        self._on_edited()

    def _on_warn_reset_taken(self) -> None:
        self.limits.warn_offer.take()
        self.inputs.warn_reset.setFocus(Qt.FocusReason.OtherFocusReason)
        self._on_edited()

    def _on_second_wanted(self) -> None:
        """Add the milder limit: it warns, so the alert's own level is Critical."""
        self._two = True
        self.does.raised_for_second = self.level is not NoticeLevel.CRITICAL
        self.inputs.level.set_data(NoticeLevel.CRITICAL)
        self.limits.propose_second(self.area, self.operator, self.threshold())
        self._on_chosen()
        self.inputs.warn_threshold.setFocus(Qt.FocusReason.OtherFocusReason)
        self.inputs.warn_threshold.selectAll()

    def _on_second_removed(self) -> None:
        self._two = False
        self.fields["warn_threshold"].set_error("")
        self.fields["warn_reset"].set_error("")
        self._on_chosen()
        self.limits.second.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_chosen(self, _value: object = None) -> None:
        """Follow a choice that may bring other fields."""
        if not self._loading:
            self._show_applying()
            self._on_edited()

    def _on_edited(self, _value: object = None) -> None:
        if self._loading:
            return
        self._propose_title()
        self.limits.look(self.shape(), self.threshold(), self._number("warn_threshold"))
        self._say()
        if self.wrong:
            marked = self.wrong
            self._mark({name: said for name, said in self._found().items() if name in marked})
        self.edited.emit()

    def _on_left(self, name: str) -> None:
        """Judge the field that was left, and of the others those that depend on it and are marked."""
        if self._loading:
            return
        found = self._found()
        together = {name}
        if name in form_reading.NUMBERS:
            together |= {other for other in form_reading.NUMBERS if not form_reading.is_empty(self.inputs, other)}
        seen = {*self.wrong, *together}
        if self._base is None and not self._asked and form_reading.is_untouched(self.inputs, name):
            seen.discard(name)  # a limit that was not come to yet is asked for when the alert is saved
        self._mark({field: said for field, said in found.items() if field in seen})

    def _found(self) -> dict[str, str]:
        """Return what is wrong by field, with what was refused and stands as it did."""
        refused = form_reading.still_refused(self._refused, self._raw())
        return form_reading.by_field({**refused, **self.values()[1]}, self.shape())

    def _mark(self, wrong: Mapping[str, str]) -> None:
        """Show the sentences under their fields, and nothing under the others."""
        shown = form_reading.by_field(wrong, self.shape())
        for name, field in self.fields.items():
            if field.error != shown.get(name, ""):
                field.set_error(shown.get(name, ""))
        self.judged.emit()
