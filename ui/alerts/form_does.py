"""The section "What it does" of the alert form. Runs on the window's thread."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from noc_alerts.model.alerts import NoticeLevel
from ui.alerts.form_fields import Inputs
from ui.alerts.form_layout import HintRow, Section
from ui.alerts.form_shape import Shape, penalty_hint, repeat_hint
from ui.widgets.fields import Field


class DoesSection(Section):
    """Notice level, repeat, penalty."""

    def __init__(self, inputs: Inputs, fields: Mapping[str, Field]) -> None:
        super().__init__("What it does", "does")
        self._inputs, self._fields = inputs, fields
        self.penalty_hint = HintRow("alert_penalty_hint")
        self.raised_for_second = False
        self.across(fields["level"], fields["repeat"])
        self.add(fields["repeat_at"])
        self.across(fields["penalty"], fields["penalty_after"])
        self.add(inputs.penalty_ask, inputs.penalty_dry_run, self.penalty_hint)

    def show_shape(self, shape: Shape, penalty: timedelta | None) -> None:
        """Say what the choices mean."""
        said = "Called Error in ConnexCS" if shape.level is NoticeLevel.CRITICAL else ""
        if said and self.raised_for_second and shape.two:
            said = f"Critical now, as the milder limit warns. {said}"
        self._fields["level"].set_hint(said)
        self._fields["repeat"].set_hint(repeat_hint(shape))
        i = self._inputs
        asks, dry = i.penalty_ask.isChecked(), i.penalty_dry_run.isChecked()
        sentence, warns = penalty_hint(shape, penalty, i.names.entries, dry_run=dry, ask=asks)
        self.penalty_hint.say(sentence, warning=warns)
