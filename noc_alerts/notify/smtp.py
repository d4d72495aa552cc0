"""The way to a mail server: the connection, and handing one mail over.

Runs on the deliver thread, or on a check's own. Must not import the store. RFC 5321 (SMTP), 3207 (STARTTLS), 4954 (AUTH).
"""

import base64
import contextlib
import hashlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

from noc_alerts.model.errors import DeliveryError
from noc_alerts.notify.smtp_settings import Security, SmtpSettings, bare_fingerprint
from noc_alerts.notify.words import one_line

#: A whole mail may take this many time-outs: a server that dribbles a byte at a time never runs into a single one.
PATIENCE = 6
_MAX_ANSWER = 300


class Lost(Exception):
    """Raised when a connection is of no use any more; `error` is what the user gets.

    `taken_over`: the server may have got the whole mail, so that a repeat may arrive twice.
    """

    def __init__(self, error: DeliveryError, *, taken_over: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.taken_over = taken_over


class _Smtp(smtplib.SMTP):
    """smtplib's client, with an end to its greeting, which it keeps."""

    greeting = ""

    def connect(self, host: str = "localhost", port: int = 0, source_address: Any = None) -> tuple[int, bytes]:
        with watchdog(self, self.timeout * PATIENCE):
            code, text = super().connect(host, port, source_address)
        self.greeting = words_of(code, text)
        return code, text


class _SmtpTls(smtplib.SMTP_SSL):
    """The same, encrypted from its first byte."""

    greeting = ""

    def connect(self, host: str = "localhost", port: int = 0, source_address: Any = None) -> tuple[int, bytes]:
        with watchdog(self, self.timeout * PATIENCE):
            code, text = super().connect(host, port, source_address)
        self.greeting = words_of(code, text)
        return code, text


Client = _Smtp | _SmtpTls


def connect(settings: SmtpSettings, password: str) -> Client:
    """Connect, encrypt and sign in as the settings say. Raises DeliveryError, never permanent: settings can be mended."""
    smtp = reach(settings)
    try:
        encrypt(smtp, settings)
        sign_in(smtp, settings, password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def reach(settings: SmtpSettings) -> Client:
    """Connect and hear the greeting; with Security.TLS the certificate is checked too. Raises DeliveryError."""
    # The address literal keeps smtplib from asking DNS for this machine's name, which can take many seconds.
    literal = "[127.0.0.1]"
    try:
        if settings.security is Security.TLS:
            context = _context(settings)
            smtp: Client = _SmtpTls(settings.host, settings.port, literal, timeout=settings.timeout_s, context=context)
        else:
            smtp = _Smtp(settings.host, settings.port, literal, timeout=settings.timeout_s)
    except (OSError, UnicodeError, smtplib.SMTPException) as exc:
        raise _no_connection(settings, exc) from exc
    try:
        if settings.security is Security.TLS:
            _check_pin(smtp, settings)
        own = str(smtp.sock.getsockname()[0]) if smtp.sock is not None else "127.0.0.1"
    except BaseException:
        smtp.close()
        raise
    smtp.local_hostname = f"[IPv6:{own.split('%')[0]}]" if ":" in own else f"[{own}]"
    return smtp


def encrypt(smtp: Client, settings: SmtpSettings) -> str:
    """Say hello, switch STARTTLS on if that is wanted, and tell what the connection is like. Raises DeliveryError."""
    try:
        with watchdog(smtp, settings.timeout_s * PATIENCE):
            smtp.ehlo_or_helo_if_needed()
            if settings.security is Security.STARTTLS:
                if not smtp.has_extn("starttls"):
                    raise DeliveryError(
                        f"{settings.host} does not offer STARTTLS. Nothing was sent in clear. "
                        "Check port and encryption in Settings.",
                        permanent=False,
                    )
                smtp.starttls(context=_context(settings))
                _check_pin(smtp, settings)
                smtp.ehlo_or_helo_if_needed()
    except (OSError, UnicodeError, ValueError, smtplib.SMTPException) as exc:
        raise _no_connection(settings, exc) from exc
    if not isinstance(smtp.sock, ssl.SSLSocket):
        return "Not encrypted."
    return f"{smtp.sock.version()}, certificate SHA-256 {_fingerprint(smtp.sock)}"


def sign_in(smtp: Client, settings: SmtpSettings, password: str) -> str:
    """Sign in if the settings name a user, and give the server's answer. Raises DeliveryError."""
    if not settings.user:
        return "No sign-in is set up."
    refused = f"{settings.host} refused the sign-in of {settings.user}. Check user and password in Settings."
    try:
        with watchdog(smtp, settings.timeout_s * PATIENCE):
            code, text = smtp.login(settings.user, password)
    except smtplib.SMTPAuthenticationError as exc:
        answer = _without(password, settings.user, words_of(exc.smtp_code, exc.smtp_error))
        # `from None`, here and below: what smtplib raises may quote the password
        raise DeliveryError(refused, permanent=False, answer=answer) from None
    except UnicodeError:
        raise DeliveryError(
            f"User or password for {settings.host} has characters that a mail server cannot take. Use ASCII only.",
            permanent=False,
        ) from None
    except smtplib.SMTPServerDisconnected as exc:
        raise _no_connection(settings, exc) from None
    except (smtplib.SMTPException, OSError, ValueError) as exc:
        sentence = f"{settings.host} offers no sign-in that can be used here. Check port and encryption in Settings."
        raise DeliveryError(sentence, permanent=False, answer=_without(password, settings.user, str(exc))) from None
    return _without(password, settings.user, words_of(code, text))


def hand_over(smtp: Client, settings: SmtpSettings, mail: EmailMessage) -> str:
    """Give one mail to the server and return its answer.

    Raises Lost when the connection is gone, DeliveryError (permanent on 5xx to recipient or content) when it was refused.
    """
    content = mail.as_bytes()
    sender, to = mail["From"].addresses[0].addr_spec, mail["To"].addresses[0].addr_spec
    taken_over = False
    try:
        with watchdog(smtp, settings.timeout_s * PATIENCE):
            _expect(smtp, smtp.mail(sender), (250,), f"{settings.host} refused the sender {sender}.", mendable=True)
            _expect(smtp, smtp.rcpt(to), (250, 251, 252), f"{settings.host} refused the recipient {to}.")
            taken_over = True
            return _expect(smtp, _data(smtp, content), (250,), f"{settings.host} refused the message to {to}.")
    except (OSError, smtplib.SMTPException) as exc:
        raise Lost(_no_connection(settings, exc, sending=True), taken_over=taken_over) from exc


def _data(smtp: Client, content: bytes) -> tuple[int, bytes]:
    """Send the content, and give the last answer, also when it came before the content."""
    try:
        return smtp.data(content)
    except smtplib.SMTPDataError as exc:
        return exc.smtp_code, exc.smtp_error if isinstance(exc.smtp_error, bytes) else exc.smtp_error.encode()


def _expect(smtp: Client, reply: tuple[int, bytes], good: tuple[int, ...], sentence: str, *, mendable: bool = False) -> str:
    """Give a good reply's words. Raises DeliveryError on a bad one, with the mail called off; SMTPException on nonsense."""
    code, text = reply
    answer = words_of(code, text)
    if code in good:
        return answer
    if code == 421:  # it is closing (RFC 5321 3.8)
        raise smtplib.SMTPServerDisconnected(answer)
    if not 400 <= code < 600:
        raise smtplib.SMTPResponseException(code, text)
    try:
        smtp.rset()
    except (OSError, smtplib.SMTPException):
        smtp.close()  # it said no and hung up: the no counts, and the next mail finds no connection
    # 530: it wants a sign-in; that and a refused sender are mended in Settings, the mail itself is all right
    permanent = code >= 500 and code != 530 and not mendable
    raise DeliveryError(f"{sentence} It says: {answer}", permanent=permanent, answer=answer)


def read_fingerprint(settings: SmtpSettings) -> str:
    """Fetch the SHA-256 fingerprint of the server's certificate, with colons, without trusting it or sending anything.

    Raises DeliveryError when the server cannot be reached; gives "" when it shows no certificate.
    """
    blind = replace(settings, fingerprint="", user="")
    context = _unchecked()
    smtp: Client | None = None
    try:
        if blind.security is Security.TLS:
            smtp = _SmtpTls(blind.host, blind.port, "[127.0.0.1]", timeout=blind.timeout_s, context=context)
        else:
            smtp = _Smtp(blind.host, blind.port, "[127.0.0.1]", timeout=blind.timeout_s)
            with watchdog(smtp, blind.timeout_s * PATIENCE):
                smtp.starttls(context=context)
        return _fingerprint(smtp.sock) if isinstance(smtp.sock, ssl.SSLSocket) else ""
    except (OSError, UnicodeError, smtplib.SMTPException) as exc:
        raise DeliveryError(f"The certificate of {settings.host} cannot be read.", permanent=False) from exc
    finally:
        if smtp is not None:
            smtp.close()


@contextmanager
def watchdog(smtp: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Cut the connection when the work inside takes longer: smtplib's own time-out begins anew with every byte."""

    def cut() -> None:
        sock = getattr(smtp, "sock", None)
        if sock is not None:
            with contextlib.suppress(OSError):
                # not SSLSocket.shutdown, which would pull the TLS object from under the thread that reads
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def words_of(code: int, text: bytes | str) -> str:
    """Write a server's answer as one line: `250 2.0.0 Ok: queued as 4F1`."""
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return one_line(f"{code} {plain}" if code > 0 else plain, _MAX_ANSWER)


def _no_connection(settings: SmtpSettings, exc: Exception, *, sending: bool = False) -> DeliveryError:
    """Say in words why there is no connection, or none any more."""
    where = f"{settings.host} port {settings.port}"
    answer = one_line(str(exc), _MAX_ANSWER)
    if isinstance(exc, ssl.SSLCertVerificationError):
        return _untrusted(settings, exc)
    if isinstance(exc, smtplib.SMTPConnectError | smtplib.SMTPResponseException):
        answer = words_of(exc.smtp_code, exc.smtp_error)
        said = f"The mail server {where} does not answer as one. Check host and port in Settings. It says: {answer or 'nothing'}"
    elif isinstance(exc, TimeoutError) or "timed out" in str(exc):
        said = f"The mail server {where} did not answer within {settings.timeout_s:g} s."
    elif isinstance(exc, ssl.SSLError):
        said = f"The mail server {where} does not speak TLS there. Check port and encryption in Settings."
    elif isinstance(exc, socket.gaierror | UnicodeError):
        said = f"There is no mail server called {settings.host}. Check its name in Settings, and the network."
    elif isinstance(exc, ConnectionRefusedError):
        said = f"Nothing answers at {where}. Check host and port in Settings."
    else:
        said = f"The mail server {where} closed the connection."
    if sending:
        said += " The message counts as not sent and is tried again."
    return DeliveryError(said, permanent=False, answer=answer)


def _untrusted(settings: SmtpSettings, exc: ssl.SSLCertVerificationError) -> DeliveryError:
    """Say why a certificate was refused, and how to accept it."""
    said = f"The certificate of {settings.host} is not trusted ({exc.verify_message}). Nothing was sent."
    with contextlib.suppress(DeliveryError):  # without the fingerprint the sentence is still true
        said += f" If this is your own server, accept its SHA-256 fingerprint in Settings: {read_fingerprint(settings)}"
    return DeliveryError(said, permanent=False, answer=exc.verify_message)


def _context(settings: SmtpSettings) -> ssl.SSLContext:
    """Make the rules for TLS: an authority must vouch for the certificate, or it is the one that was accepted."""
    return _unchecked() if settings.fingerprint else ssl.create_default_context()


def _unchecked() -> ssl.SSLContext:
    """Make rules that accept every certificate: for reading one, and for those whose fingerprint is held against ours."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _check_pin(smtp: Client, settings: SmtpSettings) -> None:
    """Raise DeliveryError when a fingerprint was accepted and the server shows another certificate."""
    if not settings.fingerprint:
        return
    shown = _fingerprint(smtp.sock) if isinstance(smtp.sock, ssl.SSLSocket) else "none"
    if bare_fingerprint(shown) != bare_fingerprint(settings.fingerprint):
        raise DeliveryError(
            f"The certificate of {settings.host} is not the one that was accepted. Nothing was sent. "
            f"If it was renewed, accept the new SHA-256 fingerprint in Settings: {shown}",
            permanent=False,
        )


def _fingerprint(sock: ssl.SSLSocket) -> str:
    """Give the SHA-256 fingerprint of the other side's certificate, with colons."""
    digest = hashlib.sha256(sock.getpeercert(binary_form=True) or b"").hexdigest().upper()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def _without(password: str, user: str, text: str) -> str:
    """Take the password out of a server's words: some repeat the command they did not like."""
    forms = [password, base64.b64encode(password.encode()).decode(), base64.b64encode(f"\0{user}\0{password}".encode()).decode()]
    for form in forms:
        if form:
            text = text.replace(form, "(hidden)")
    return one_line(text, _MAX_ANSWER)
