"""The section "Who is told" of the alert form. Runs on the window's thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.contacts import Contact
from noc_alerts.model.deliveries import Channel
from noc_alerts.notify.recipients import resolve
from ui.alerts.form_fields import Inputs
from ui.alerts.form_layout import HintRow, Section
from ui.alerts.form_shape import Shape
from ui.widgets.buttons import LinkButton
from ui.widgets.fields import Field

NO_SMS = "No SMS gateway is set up, so text messages are not sent."


class ToldSection(Section):
    """Recipients, template, tray, recovery message."""

    def __init__(self, inputs: Inputs, fields: Mapping[str, Field]) -> None:
        super().__init__("Who is told", "told")
        self._inputs = inputs
        self._contacts: tuple[Contact, ...] = ()
        self.sms_hint = HintRow("alert_sms_hint")
        self.unknown_hint = HintRow("alert_unknown_hint")
        self.told_hint = HintRow("alert_told_hint")
        self.edit = LinkButton("Edit", "alert_edit_template", spoken="Edit the template", height=24)
        self.add(fields["recipients"], self.sms_hint, self.unknown_hint)
        self.with_link(fields["template"], self.edit)
        self.add(inputs.tray, inputs.tell_recovery, self.told_hint)
        self.column.addStretch(1)

    def know(self, contacts: Iterable[Contact]) -> None:
        """Take the people there are."""
        self._contacts = tuple(contacts)

    def show_shape(self, shape: Shape) -> None:
        """Say what of the recipients does not work, and when nobody would be told."""
        i = self._inputs
        found = resolve(i.recipients.entries, self._contacts)
        self.sms_hint.say(NO_SMS if any(channel is Channel.SMS for channel, _ in found.targets) else "", warning=True)
        self.unknown_hint.say(found.sentence, warning=True)
        quiet = shape.level is NoticeLevel.NONE and i.tray.isChecked()
        nobody = not i.recipients.entries and not i.recipients.pending and (quiet or not i.tray.isChecked())
        why = "With notice level None nothing is shown on the desktop. " if quiet else ""
        self.told_hint.say(f"{why}Nobody is told. Add an address." if nobody else "", warning=True)
