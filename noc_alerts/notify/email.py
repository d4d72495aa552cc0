"""Mail as a channel: the mail itself, one connection a batch, and the test of the settings.

Runs on the deliver thread, `check_smtp` on a thread of its own. Must not import the store. RFC 5322 (the mail), 3834
(Auto-Submitted).
"""

import contextlib
import smtplib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

from noc_alerts.model.connections import CheckStep
from noc_alerts.model.deliveries import Delivery
from noc_alerts.model.errors import BadInput, DeliveryError, SecretsError
from noc_alerts.notify.channels import NOT_SET_UP
from noc_alerts.notify.policy import message_id
from noc_alerts.notify.render import Message
from noc_alerts.notify.smtp import (
    Client,
    Lost,
    connect,
    encrypt,
    hand_over,
    reach,
    read_fingerprint,
    sign_in,
)
from noc_alerts.notify.smtp_settings import Security, SmtpSettings, checked_address
from noc_alerts.notify.words import one_line

__all__ = [
    "EmailChannel",
    "EmailSession",
    "Security",
    "SmtpSettings",
    "build_mail",
    "check_smtp",
    "checked_address",
    "read_fingerprint",
]

#: After this many lost connections in a row the rest of a batch is put off instead of waiting for each time-out.
MAX_DROPS = 2
_POLICY = SMTP_POLICY.clone(cte_type="7bit")  # not every server takes 8 bit (RFC 6152 is optional)


def build_mail(
    settings: SmtpSettings, recipient: str, message: Message, now: datetime, own_id: str, thread_id: str = ""
) -> EmailMessage:
    """Make a mail: text and HTML, threaded under `thread_id`, marked as automatic. Raises DeliveryError (permanent)."""
    try:
        to = checked_address(recipient)
    except BadInput as exc:
        raise DeliveryError(f"{exc.sentence} Correct the recipient in the rule.", permanent=True) from exc
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(display_name=settings.sender_name, addr_spec=checked_address(settings.sender))
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = one_line(message.subject)
    mail["Date"] = now
    mail["Message-ID"] = own_id
    if thread_id:
        mail["In-Reply-To"] = thread_id
        mail["References"] = thread_id
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text, charset="utf-8", cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", charset="utf-8", cte="quoted-printable")
    return mail


class EmailChannel:
    """Mail as a channel. Settings and password are asked for at each batch, so that mended ones are used at once.

    `settings` gives None while mail is not set up. `password` may raise SecretsError; it is asked only to sign in.
    """

    def __init__(
        self, settings: Callable[[], SmtpSettings | None], password: Callable[[], str], clock: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._password = password
        self._clock = clock

    def session(self) -> "EmailSession":
        """Give a session that connects at its first mail."""
        return EmailSession(self._settings(), self._password, self._clock)


@dataclass(slots=True)
class EmailSession:
    """One connection for a batch of mails, made anew after it was dropped. `connections`: how many it took so far."""

    settings: SmtpSettings | None
    password: Callable[[], str] = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)
    connections: int = 0
    _smtp: Client | None = field(default=None, repr=False)
    _drops: int = 0
    _down: DeliveryError | None = None

    def __enter__(self) -> "EmailSession":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def send(self, delivery: Delivery, message: Message) -> str:
        """Hand one mail over and give the server's answer. Raises DeliveryError."""
        if self.settings is None:
            raise DeliveryError(NOT_SET_UP, permanent=False)
        mail = build_mail(
            self.settings, delivery.recipient, message, self.clock(), delivery.message_id, delivery.thread_id
        )
        if self._down is not None:
            raise DeliveryError(str(self._down), permanent=False, answer=self._down.answer)
        reused = self._smtp is not None
        try:
            return self._try(self.settings, mail)
        except Lost as exc:
            # Servers close a connection after so many mails or so much time; this mail was not the reason.
            if not reused or exc.taken_over:
                self._count_drop(exc.error)
                raise exc.error from exc
        try:
            return self._try(self.settings, mail)
        except Lost as exc:
            self._count_drop(exc.error)
            raise exc.error from exc

    def close(self) -> None:
        """Say good-bye and let go of the connection; never raises."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def _try(self, settings: SmtpSettings, mail: EmailMessage) -> str:
        """Hand a mail over on the connection there is, or a new one. Raises Lost, DeliveryError."""
        smtp = self._smtp or self._connect(settings)
        try:
            answer = hand_over(smtp, settings, mail)
        except Lost:
            self._smtp = None
            smtp.close()
            raise
        self._drops = 0
        return answer

    def _connect(self, settings: SmtpSettings) -> Client:
        """Connect and sign in. What fails here fails for the whole batch: it is not tried again for each mail."""
        self.connections += 1
        try:
            self._smtp = connect(settings, self.password() if settings.user else "")
        except SecretsError as exc:
            self._down = DeliveryError(f"The mail password cannot be read. {exc.sentence}", permanent=False)
            raise self._down from exc
        except DeliveryError as exc:
            self._down = exc
            raise
        return self._smtp

    def _count_drop(self, error: DeliveryError) -> None:
        """Put the rest of the batch off once connections keep getting lost."""
        self._drops += 1
        if self._drops >= MAX_DROPS:
            self._down = error


def check_smtp(settings: SmtpSettings, password: str, to: str | None, now: datetime) -> Iterator[CheckStep]:
    """Try the settings step by step: connect, encrypt, sign in, and send a mail marked TEST when `to` is given.

    Each step carries the server's own answer and the time it took; one that failed is the last.
    """
    opened: list[Client] = []

    def begin() -> str:
        opened.append(reach(settings))
        return opened[0].greeting

    def send() -> str:
        mail = build_mail(settings, to or "", _TEST_MESSAGE, now, message_id(settings.sender.rpartition("@")[2]))
        try:
            return hand_over(opened[0], settings, mail)
        except Lost as exc:
            raise exc.error from exc

    steps: list[tuple[str, Callable[[], str]]] = [("Connect", begin), ("Encrypt", lambda: encrypt(opened[0], settings))]
    if settings.user:
        steps.append(("Sign in", lambda: sign_in(opened[0], settings, password)))
    if to is not None:
        steps.append(("Send a test message", send))
    try:
        for what, work in steps:
            step = _timed(what, work, to if what.startswith("Send") and to else "")
            yield step
            if not step.ok:
                return
    finally:
        for smtp in opened:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()


def _timed(what: str, work: Callable[[], str], to: str) -> CheckStep:
    """Do one step and write down how it went."""
    began = time.monotonic()
    try:
        ok, answer = True, work()
    except DeliveryError as exc:
        ok, answer = False, f"{exc.sentence} ({exc.answer})" if exc.answer and exc.answer not in exc.sentence else exc.sentence
    return CheckStep(what=what, ok=ok, answer=answer, took=timedelta(seconds=time.monotonic() - began), to=to)


_TEST_MESSAGE = Message(
    subject="TEST message from noc_alerts",
    text="TEST: somebody tries out the mail settings of noc_alerts. Nothing happened on any switch.\n",
    html="<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">"
    "<title>TEST</title></head><body><p><strong>TEST</strong>: somebody tries out the mail settings of noc_alerts. "
    "Nothing happened on any switch.</p></body></html>\n",
)
