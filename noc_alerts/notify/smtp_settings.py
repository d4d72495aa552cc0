"""Where mail goes out, checked; light enough for the window's start.

Pure: any thread. Must not import smtplib or jinja2, and email_validator only when an address is checked (15 ms).
"""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from noc_alerts.model.errors import BadInput
from noc_alerts.notify.words import one_line

MAX_TIMEOUT_S = 120.0


class Security(StrEnum):
    """How the connection is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where mail goes out. `fingerprint`: SHA-256 of the only certificate that is accepted, colons or not; empty = one that
    an authority of the system vouches for. `user` empty = no sign-in. Raises BadInput with a sentence a field.
    """

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    sender_name: str = "noc_alerts"
    timeout_s: float = 10.0
    fingerprint: str = ""

    def __post_init__(self) -> None:
        """Raise BadInput when a field is wrong."""
        problems: dict[str, str] = {}
        if not self.host or one_line(self.host) != self.host or " " in self.host:
            problems["host"] = "Give the name or address of the mail server."
        if not 1 <= self.port <= 65535:
            problems["port"] = "The port is between 1 and 65535; usual are 587 for STARTTLS and 465 for TLS."
        try:
            checked_address(self.sender)
        except BadInput as exc:
            problems["sender"] = exc.sentence
        if one_line(self.sender_name) != self.sender_name:
            problems["sender_name"] = "The sender's name must be one line without control characters."
        if not 0 < self.timeout_s <= MAX_TIMEOUT_S:
            problems["timeout_s"] = f"The time-out is above 0 and at most {MAX_TIMEOUT_S:g} s."
        if self.user and self.security is Security.NONE and not _is_loopback(self.host):
            problems["security"] = "Without encryption the password would be sent in clear. Choose STARTTLS or TLS."
        if self.fingerprint and not _is_fingerprint(self.fingerprint):
            problems["fingerprint"] = "A SHA-256 fingerprint has 64 hexadecimal digits."
        if problems:
            raise BadInput("The mail settings were not saved: " + " ".join(problems.values()), problems)


def checked_address(address: str) -> str:
    """Give the address as it is written into a mail, its domain in ASCII. Raises BadInput; asks no DNS."""
    from email_validator import EmailNotValidError, validate_email

    try:
        # test_environment: a lab's mail server is a .test or .local one
        valid = validate_email(address, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as exc:
        raise BadInput(f"{one_line(address, 80) or 'An empty text'} is not a mail address: {exc}") from exc
    return valid.ascii_email or valid.normalized


def bare_fingerprint(fingerprint: str) -> str:
    """Write a fingerprint without what only makes it readable."""
    return fingerprint.replace(":", "").replace(" ", "").lower()


def _is_fingerprint(text: str) -> bool:
    return len(bare_fingerprint(text)) == 64 and set(bare_fingerprint(text)) <= set("0123456789abcdef")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
