"""The tab Messages of Settings: the mail server with its test, who is told of an unreachable switch, the tray. Saved by Save.

Runs on the window's thread. The password goes to the keyring on an errand thread and is never shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.errors import BadInput, NocError
from noc_alerts.notify.smtp_settings import MAX_TIMEOUT_S, Security, SmtpSettings, checked_address
from noc_alerts.settings import Messages, load, save
from noc_alerts.switches.factory import SMTP_SECRET
from ui.setup.check_panel import CheckPanel
from ui.setup.errands import run_errand
from ui.setup.settings_parts import address_entry, beside, leftmost, tab_room
from ui.setup.switch_fields import SecretField
from ui.setup.unlocking import keep_with_passphrase
from ui.text import InputError, NumberRange
from ui.theme import GAP_ACROSS, Role
from ui.widgets.fields import CheckBox, ComboBox, Field, NumberField, TextField
from ui.widgets.tag_field import TagField

if TYPE_CHECKING:
    from ui.context import ScreenContext

SECURITY_WORDS = {
    Security.STARTTLS: "STARTTLS, usual port 587",
    Security.TLS: "TLS, usual port 465",
    Security.NONE: "None, usual port 25",
}
PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
TIMEOUT_S = 10.0


class MessagesTab(QObject):
    """The tab. `changed`: what is not saved may be another; `widget` is shown by the page."""

    changed = Signal()

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self._context = context
        self._kept = load(context.service.store.settings, Messages)
        self._saving = False
        self._on = CheckBox("Send messages by e-mail", "smtp_on")
        self._host = TextField(
            "smtp_host", placeholder="mail.carrier.example", required="Give the name or address of the mail server."
        )
        self._security = ComboBox("smtp_security")
        self._security.set_choices(list(SECURITY_WORDS.items()))
        self._port = NumberField("smtp_port", accepts=NumberRange(1, 65535), grouped=False)
        self._user = TextField("smtp_user", placeholder="noc@carrier.example")
        self._password = SecretField("smtp_password")
        self._sender = TextField(
            "smtp_sender", placeholder="noc@carrier.example", required="Give the address messages come from."
        )
        self._sender_name = TextField("smtp_sender_name", placeholder="noc_alerts")
        self._timeout = NumberField("smtp_timeout", "s", NumberRange(0.5, MAX_TIMEOUT_S, 1))
        self._fingerprint = TextField("smtp_fingerprint", placeholder="64 hexadecimal digits")
        self._test_to = TextField("smtp_test_to", placeholder="you@carrier.example")
        self._recipients = TagField("switch_recipients", address_entry, placeholder="add an address…")
        self._brand = TextField("messages_brand", placeholder="noc_alerts", required="Give the name messages are signed with.")
        self._link_base = TextField("messages_link_base", placeholder="https://noc.carrier.example/alarms/")
        self._tray = CheckBox("Show alarms in the notification area", "messages_tray")
        self.check = CheckPanel(
            "smtp_check",
            "Test the mail server",
            "Test",
            "A test connects, encrypts and signs in with what stands in the form.",
            context.bridge,
            step_width=160,
        )
        self._make_fields()
        self.widget = self._lay_out()
        self._connect()
        self.revert()

    def _make_fields(self) -> None:
        self._smtp = {
            "host": beside("Server", self._host),
            "security": beside("Encryption", self._security),
            "port": beside("Port", leftmost(self._port)),
            "user": beside("User", self._user, "Empty where the server asks for no sign-in."),
            "password": beside("Password", self._password),
            "sender": beside("Sender", self._sender),
            "sender_name": beside("Sender's name", self._sender_name),
            "timeout_s": beside("Gives up after", leftmost(self._timeout)),
            "fingerprint": beside(
                "Certificate", self._fingerprint, "SHA-256 of the only one to accept. Empty means any the system trusts."
            ),
        }
        for narrow, words in ((self._port, "Port"), (self._timeout, "Gives up after")):
            narrow.setFixedWidth(120)
            narrow.setAccessibleName(words)
        typing = self._recipients.focusProxy()
        if typing is not None:  # the line in which an address is typed
            typing.setAccessibleName("Told by e-mail when a switch is unreachable")
        self._test_field = beside("Send a test to", self._test_to, "Empty: the test ends after the sign-in and sends nothing.")
        self._recipients_field = beside("By e-mail", self._recipients)
        self._texts = {
            "brand": beside("Name", self._brand, "Templates write it with {{ brandName }}."),
            "link_base": beside(
                "Link", self._link_base, "{{ link }} is this and the number of the alarm. Empty: messages have no link."
            ),
        }

    def _lay_out(self) -> QWidget:
        sections: list[tuple[str, list[QWidget]]] = [
            ("E-mail", [self._on, *self._smtp.values(), self._test_field]),
            ("What messages say", list(self._texts.values())),
            ("When a switch is unreachable", [self._recipients_field]),
            ("This computer", [self._tray]),
        ]
        host = QWidget()
        host.setObjectName("settings_messages_tab")
        across = QHBoxLayout(host)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(GAP_ACROSS)
        across.addWidget(tab_room("settings_messages", sections), 3)
        beside_it = QVBoxLayout()
        beside_it.addWidget(self.check)
        across.addLayout(beside_it, 2)
        return host

    def _connect(self) -> None:
        for line in (
            self._host,
            self._user,
            self._password,
            self._sender,
            self._sender_name,
            self._fingerprint,
            self._port,
            self._timeout,
            self._brand,
            self._link_base,
        ):
            line.textEdited.connect(self._on_edited)
        self._on.toggled.connect(self._on_toggled)
        self._tray.toggled.connect(self._on_edited)
        self._security.chosen.connect(self._on_security)
        self._recipients.changed.connect(self._on_edited)
        self.check.button.clicked.connect(self.test)

    # --- state ------------------------------------------------------------------------------------------------------------

    def revert(self) -> None:
        """Show what is kept."""
        kept, smtp = self._kept, self._kept.smtp
        self._on.setChecked(smtp is not None)
        self._host.setText(smtp.host if smtp else "")
        self._security.set_data(smtp.security if smtp else Security.STARTTLS)
        self._port.set_value(smtp.port if smtp else PORTS[Security.STARTTLS])
        self._user.setText(smtp.user if smtp else "")
        self._password.clear()
        self._sender.setText(smtp.sender if smtp else "")
        self._sender_name.setText(smtp.sender_name if smtp else "noc_alerts")
        self._timeout.set_value(smtp.timeout_s if smtp else TIMEOUT_S)
        self._fingerprint.setText(smtp.fingerprint if smtp else "")
        self._recipients.set_entries([address_entry(address) for address in kept.switch_recipients])
        self._tray.setChecked(kept.tray)
        self._brand.setText(kept.brand)
        self._link_base.setText(kept.link_base)
        for field in self._all_fields():
            field.set_error("")
        self._show_what_applies()
        self._look_for_password()
        self.changed.emit()

    def changes(self) -> list[str]:
        """Name what is not saved."""
        smtp = self._kept.smtp
        changed = []
        if self._on.isChecked() != (smtp is not None):
            changed.append("e-mail on or off")
        elif smtp is not None:
            now = (
                ("server", self._host.text().strip() != smtp.host),
                ("encryption", Security(self._security.currentData()) is not smtp.security),
                ("port", _number(self._port) != smtp.port),
                ("user", self._user.text().strip() != smtp.user),
                ("sender", self._sender.text().strip() != smtp.sender),
                ("sender's name", self._sender_name.text().strip() != smtp.sender_name),
                ("time-out", _number(self._timeout) != smtp.timeout_s),
                ("certificate", self._fingerprint.text().strip() != smtp.fingerprint),
            )
            changed += [words for words, differs in now if differs]
        if self._on.isChecked() and self._password.text():
            changed.append("password")
        if tuple(self._recipients.keys) != self._kept.switch_recipients:
            changed.append("who is told")
        if self._tray.isChecked() != self._kept.tray:
            changed.append("notification area")
        if self._brand.text().strip() != self._kept.brand:
            changed.append("name in messages")
        if self._link_base.text().strip() != self._kept.link_base:
            changed.append("link in messages")
        return changed

    @property
    def wrong(self) -> int:
        """Return how many fields are marked as wrong."""
        return sum(bool(field.error) for field in self._all_fields())

    # --- save and test ----------------------------------------------------------------------------------------------------

    def draft(self) -> SmtpSettings | None:
        """Give the mail settings as they stand in the form; None when a field is wrong, which its sentence then says."""
        right = [self._smtp[key].check() for key in ("host", "sender")]
        right += [self._check_number("port", self._port), self._check_number("timeout_s", self._timeout)]
        if not all(right):
            self.changed.emit()
            return None
        try:
            return SmtpSettings(
                host=self._host.text().strip(),
                port=int(_number(self._port) or 0),
                security=Security(self._security.currentData()),
                sender=self._sender.text().strip(),
                user=self._user.text().strip(),
                sender_name=self._sender_name.text().strip() or "noc_alerts",
                timeout_s=_number(self._timeout) or TIMEOUT_S,
                fingerprint=self._fingerprint.text().strip(),
            )
        except BadInput as error:
            for key, sentence in error.problems.items():
                self._smtp[key].set_error(sentence)
            self.changed.emit()
            return None

    def save(self) -> bool:
        """Keep the form; return whether it was right."""
        if self._saving or not all([self._recipients_field.check(), self._texts["brand"].check()]):
            self.changed.emit()
            return False
        smtp = self.draft() if self._on.isChecked() else None
        if self._on.isChecked() and smtp is None:
            return False
        brand, link_base = self._brand.text().strip(), self._link_base.text().strip()
        try:
            made = Messages(smtp, tuple(self._recipients.keys), self._tray.isChecked(), brand, link_base)
        except BadInput as refusal:
            for key, sentence in refusal.problems.items():
                self._texts[key].set_error(sentence)
            self.changed.emit()
            return False
        service, password = self._context.service, self._password.text() if smtp is not None else ""
        try:
            save(service.store.settings, made)
        except NocError as error:
            self._context.messages.fail("The settings were not saved", f"{error.sentence} What you typed is kept here.")
            return False
        self._kept, self._saving = made, True

        def keep() -> None:
            if password:
                service.secrets.set(SMTP_SECRET, password)

        keep_with_passphrase(self._context, self.widget, keep, self._on_kept, self._on_not_kept)
        return True

    def _on_kept(self) -> None:
        self._saving = False
        if self._password.text():
            self._password.clear()
            self._look_for_password()
        self._context.service.soon()
        self._context.messages.say("Messages saved")
        self.changed.emit()

    def _on_not_kept(self, error: NocError) -> None:
        self._saving = False
        # no error of the field: it would have to be typed anew before Save works again
        self._smtp["password"].set_hint(error.sentence, Role.WARNING)
        self._context.service.soon()
        words = f"{error.sentence} No message can be sent without it; it is still in the form, and Save tries again."
        self._context.messages.fail("Messages were saved without the password", words)
        self.changed.emit()

    def test(self) -> None:
        """Test the mail server as it stands in the form."""
        smtp, to = self.draft(), self._test_to.text().strip()
        if to:
            try:
                to = checked_address(to)
                self._test_field.set_error("")
            except BadInput as error:
                self._test_field.set_error(error.sentence)
                smtp = None
        else:
            self._test_field.set_error("")
        if smtp is None or self.check.running:
            return
        password = self._password.text() or None
        self.check.start(lambda progress: self._context.service.check_smtp(smtp, password, to, progress), lambda _error: None)

    # --- inner ------------------------------------------------------------------------------------------------------------

    def _all_fields(self) -> list[Field]:
        return [*self._smtp.values(), *self._texts.values(), self._recipients_field]

    def _check_number(self, key: str, number: NumberField) -> bool:
        """Check a number that stands in a room of its own, which the field does not know how to ask."""
        problem = number.problem()
        self._smtp[key].set_error(problem)
        number.set_wrong(bool(problem))
        return not problem

    def _look_for_password(self) -> None:
        secrets = self._context.service.secrets

        def look() -> tuple[bool, str]:
            return secrets.get(SMTP_SECRET) is not None, secrets.place.value

        def found(answer: tuple[bool, str]) -> None:
            kept, place = answer
            self._password.set_kept(kept)
            self._smtp["password"].set_hint(f"Kept in {place}.")

        def failed(error: NocError) -> None:
            self._smtp["password"].set_hint(error.sentence, Role.WARNING)

        self._context.bridge.run(run_errand(look), found, failed)

    def _on_security(self, chosen: Security) -> None:
        """Change a usual port along with the encryption; a port of one's own stays."""
        if _number(self._port) in PORTS.values():
            self._port.set_value(PORTS[Security(chosen)])
        self._on_edited()

    def _on_toggled(self, _on: bool) -> None:
        self._show_what_applies()
        self._on_edited()

    def _show_what_applies(self) -> None:
        on = self._on.isChecked()
        for field in (*self._smtp.values(), self._test_field):
            field.setVisible(on)
        self.check.setVisible(on)
        self._recipients_field.set_hint("" if on else "Nobody is told by mail while e-mail is off.")

    def _on_edited(self, _value: object = None) -> None:
        for key, number in (("port", self._port), ("timeout_s", self._timeout)):
            if self._smtp[key].error and not number.problem():
                self._check_number(key, number)
        for field in self._all_fields():
            content = field.content
            if field.error and isinstance(content, TextField | ComboBox) and not content.problem():
                field.set_error("")
        self.changed.emit()


def _number(field: NumberField) -> float | None:
    """Give what a number field holds; text.InputError counts as nothing."""
    try:
        return field.value
    except InputError:
        return None
