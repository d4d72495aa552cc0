"""The section "When it fires and clears" of the alert form. Runs on the window's thread."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.alerts import Alert, Area, Operator
from ui.alerts import words
from ui.alerts.form_fields import Inputs
from ui.alerts.form_layout import HintRow, Level, Section
from ui.alerts.form_shape import Shape, operator_hint
from ui.alerts.reset_offer import ResetOffer
from ui.text import NumberRange
from ui.widgets.buttons import IconButton, LinkButton
from ui.widgets.fields import Field


class LimitsSection(Section):
    """Operator, threshold and reset, a milder limit that warns, how long, without data, active hours."""

    def __init__(self, inputs: Inputs, fields: Mapping[str, Field]) -> None:
        super().__init__("When it fires and clears", "fires")
        self._inputs, self._fields = inputs, fields
        self.operator_hint = HintRow("alert_operator_hint")
        self.offer = ResetOffer(inputs.reset)
        self.warn_offer = ResetOffer(inputs.warn_reset, "alert_warn", "warn_threshold", "warn_reset")
        self.second = LinkButton("Also warn at a milder limit", "alert_second_limit", icon="add", height=24)
        self.remove = IconButton("close", "alert_second_limit_remove", "Remove the warning limit")
        self.across(fields["operator"], fields["threshold"], fields["reset"], shares=(4, 6, 7))
        self.add(fields["threshold"].error_row, fields["reset"].error_row, self.operator_hint, self.offer)
        self.add(self._make_warning())
        self.column.addWidget(self.second, 0, Qt.AlignmentFlag.AlignLeft)
        self.add(inputs.strict)
        self.across(fields["hold"], fields["keep"])
        self.across(fields["no_data"], fields["duty"])
        self.add(fields["no_data_after"], fields["duty_at"])

    def _make_warning(self) -> QWidget:
        """Return the second pair of limits with the cross that removes it."""
        self._warning = QWidget()
        self._warning.setObjectName("alert_warning_limits")
        column = QVBoxLayout(self._warning)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._fields["warn_threshold"], 6, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._fields["warn_reset"], 7, Qt.AlignmentFlag.AlignTop)
        row.addWidget(Level(self.remove), 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(row)
        for name in ("warn_threshold", "warn_reset"):
            column.addWidget(self._fields[name].error_row)
        column.addWidget(self.warn_offer)
        return self._warning

    def begin(self, base: Alert | None) -> None:
        """Begin with a saved alert, or with a new one, whose resets are filled in."""
        self.offer.begin(base)
        self.warn_offer.begin(base if base is not None and base.two_levels else None)

    def propose_second(self, area: Area, operator: Operator, threshold: float | None) -> None:
        """Fill the usual milder limit in, with the usual reset."""
        usual = None if threshold is None else words.usual_warning(area, operator, threshold)
        self._inputs.warn_threshold.set_value(usual)
        self._inputs.warn_reset.set_value(None)
        self.warn_offer.begin(None)
        self.warn_offer.follow(area, operator, usual)

    def dress(self, area: Area) -> None:
        """Give the numbers the unit and the digits of an area; whether they lie in its range is said on leaving."""
        for number in (self._inputs.threshold, self._inputs.reset, self._inputs.warn_threshold, self._inputs.warn_reset):
            number.set_unit(area.facts.unit)
            number.set_range(NumberRange(decimals=area.facts.decimals))

    def show_shape(self, shape: Shape, threshold: float | None) -> None:
        """Say what the choices mean."""
        two = shape.sided and shape.two
        self._warning.setVisible(two)
        self.second.setVisible(shape.sided and not shape.two)
        self._label("threshold", "Critical threshold" if two else "Threshold")
        self._label("reset", "Critical reset" if two else "Reset threshold")
        counted = not shape.area.is_reading and shape.area is not Area.SCRIPT
        self._label("no_data", "No data, or too few calls" if counted else "No data")
        sign = words.reset_sign(shape.operator)
        self._inputs.reset.set_prefix(sign)
        self._inputs.warn_reset.set_prefix(sign)
        said = operator_hint(shape, threshold)
        self.operator_hint.say(said, warning=shape.operator.has_limit)

    def _label(self, name: str, words: str) -> None:
        self._fields[name].set_label(words)
        self._fields[name].content.setAccessibleName(words)

    def follow(self, shape: Shape, threshold: float | None, warn: float | None) -> None:
        """Let the proposed resets follow their thresholds."""
        self.offer.follow(shape.area, shape.operator, threshold, applies=shape.limited)
        if shape.sided and shape.two:
            self.warn_offer.follow(shape.area, shape.operator, warn)

    def look(self, shape: Shape, threshold: float | None, warn: float | None) -> None:
        """Say what the resets as typed mean."""
        self.offer.look(shape.area, shape.operator, threshold, applies=shape.limited)
        if shape.sided and shape.two:
            self.warn_offer.look(shape.area, shape.operator, warn)
