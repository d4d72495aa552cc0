"""The reset threshold that is proposed beside a threshold, and the sentence that says so.

Runs on the window's thread. In a new alert the proposal is filled in and follows the threshold until another reset is typed;
in a saved one it is only offered, because somebody chose what stands there.
"""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from noc_alerts.model.alerts import Alert, Area, Operator
from ui.alerts import words
from ui.text import InputError
from ui.theme import FontRole, Role
from ui.widgets.buttons import LinkButton
from ui.widgets.fields import NumberField
from ui.widgets.labels import Label


class ResetOffer(QWidget):
    """A sentence about the reset and a link that takes the usual one; hidden while there is nothing to say."""

    def __init__(
        self,
        field: NumberField,
        name: str = "alert",
        threshold: str = "threshold",
        reset: str = "reset",
        parent: QWidget | None = None,
    ) -> None:
        """Propose into `field`; `threshold` and `reset` name the saved alert's attributes."""
        super().__init__(parent)
        self.setObjectName(f"{name}_reset_offer")
        self._attributes = threshold, reset
        self._field = field
        self._base: Alert | None = None
        self._fills = False
        self._proposed: float | None = None  # what stands in the field is ours, not the user's
        self.usual: float | None = None
        self.sentence = Label("", Role.MUTED, FontRole.CAPTION, wrap=True, name=f"{name}_reset_sentence")
        self.link = LinkButton("", f"{name}_use_reset", height=24)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.link)

    def begin(self, base: Alert | None) -> None:
        """Begin with a saved alert, or with a new one, whose reset is filled in."""
        self._base, self._fills, self._proposed = base, base is None, None

    def follow(self, area: Area, operator: Operator, threshold: float | None, *, applies: bool = True) -> None:
        """Take threshold, operator and area as they are now, and say what that means for the reset; nothing without a limit."""
        if not applies:
            self._hush()
            return
        self.usual = None if threshold is None else words.usual_reset(area, operator, threshold)
        ours = self._proposed is not None and _number(self._field) == self._proposed
        if self.usual is not None and (ours or (self._fills and self._empty)):
            self._field.set_value(self.usual)
            self._proposed = self.usual
        elif ours and threshold is not None:
            self._field.set_value(None)  # no value lies past this threshold, and the reset of the one before is wrong for it
            self._proposed = None
        elif not ours:
            self._proposed = None
        self._say(area, operator, threshold)

    def look(self, area: Area, operator: Operator, threshold: float | None, *, applies: bool = True) -> None:
        """Say what the reset as typed means; change nothing."""
        if not applies:
            self._hush()
            return
        if _number(self._field) != self._proposed:
            self._proposed = None
        self._say(area, operator, threshold)

    def take(self) -> None:
        """Fill the usual reset in; it follows the threshold from then on."""
        self._field.set_value(self.usual)
        self._proposed = self.usual

    @property
    def _empty(self) -> bool:
        return not self._field.text().strip()

    def _was_usual(self, area: Area, operator: Operator, reset: float | None) -> bool:
        """Return whether the saved reset was the usual one of the saved threshold, and still stands here."""
        base = self._base
        if base is None or reset is None or base.area is not area:
            return False
        threshold, saved = (getattr(base, name) for name in self._attributes)
        if threshold is None or reset != saved:
            return False
        return reset == words.usual_reset(base.area, base.operator, threshold) and reset != self.usual

    def _hush(self) -> None:
        self.sentence.set("")
        self.hide()

    def _say(self, area: Area, operator: Operator, threshold: float | None) -> None:
        sign, reset = words.reset_sign(operator), _number(self._field)
        said, role, offers = "", Role.MUTED, False
        if not sign:
            said = f"With {words.OPERATOR_WORDS[operator]} it clears as soon as it no longer fires."
        elif self._proposed is not None:
            said = "The reset follows the threshold, a tenth past it, until you type another."
        elif self._empty and threshold is not None:
            said, offers = "Without a reset it clears as soon as it no longer fires.", True
        elif reset is not None and not words.can_clear(area, operator, reset):
            beyond = words.value_shown(area, reset).joined
            said, role = f"No {area.value} is {sign} {beyond}: the alarm would never clear by itself.", Role.WARNING
        elif self._was_usual(area, operator, reset):
            said, offers = "The reset was the usual one of the saved threshold.", True
        offer = f"Use {sign} {words.value_shown(area, self.usual).joined}" if offers and self.usual is not None else ""
        self.sentence.set(said, role)
        self.link.setText(offer)
        self.link.setAccessibleName(f"{offer} as reset threshold" if offer else "")
        self.link.setVisible(bool(offer))
        self.setVisible(bool(said))


def _number(field: NumberField) -> float | None:
    """Return what is in the field, None where that is no number."""
    try:
        return field.value
    except InputError:
        return None
