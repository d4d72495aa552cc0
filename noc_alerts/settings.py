"""The user's settings: frozen dataclasses kept as JSON texts in the store's settings table, one key a class."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TypeVar

import msgspec

from noc_alerts.model.errors import BadInput, StoreError
from noc_alerts.notify.smtp_settings import SmtpSettings


class SettingsTable(Protocol):
    """Where settings are kept: the store."""

    def get(self, key: str) -> str | None:
        """Give the text under a key, None = never set."""

    def set(self, key: str, text: str) -> None:
        """Keep a text under a key."""


@dataclass(frozen=True, slots=True)
class Messages:
    """Who is told how. `smtp` None = e-mail is not set up. `switch_recipients`: told when a switch is unreachable.

    `brand`: how messages call their sender (ConnexCS's brandName). `link_base`: a link is this and the alarm's number, "" = none.
    """

    smtp: SmtpSettings | None = None
    switch_recipients: tuple[str, ...] = ()
    tray: bool = True
    brand: str = "noc_alerts"
    link_base: str = ""

    def __post_init__(self) -> None:
        """Raise BadInput when a field is wrong."""
        problems = {}
        if not self.brand.strip() or len(self.brand) > 64:
            problems["brand"] = "The name has between 1 and 64 characters."
        if self.link_base and not self.link_base.startswith(("http://", "https://")):
            problems["link_base"] = "A link begins with https:// or http://."
        if problems:
            raise BadInput("The settings were not saved: " + " ".join(problems.values()), problems)


@dataclass(frozen=True, slots=True)
class Watching:
    """`silent_after`: a switch blind for so long raises its built-in alarm. Retention of call records by age and size."""

    silent_after: timedelta = timedelta(minutes=3)
    keep_calls: timedelta = timedelta(days=40)
    keep_bytes: int = 4_000_000_000
    keep_events: timedelta = timedelta(days=400)

    def __post_init__(self) -> None:
        """Raise BadInput when a field is wrong."""
        problems = {}
        if self.silent_after < timedelta(seconds=10):
            problems["silent_after"] = "Choose 10 s or more, or every hiccup rings."
        if self.keep_calls < timedelta(days=1):
            problems["keep_calls"] = "Keep call records for at least one day."
        if self.keep_bytes < 50_000_000:
            problems["keep_bytes"] = "Give call records at least 50 MB."
        if problems:
            raise BadInput("The settings were not saved: " + " ".join(problems.values()), problems)


_S = TypeVar("_S")
_KEYS: dict[type, str] = {Messages: "messages", Watching: "watching"}


def load(table: SettingsTable, kind: type[_S]) -> _S:
    """Read settings of one class; the defaults when never set. Unknown fields of a newer program are ignored.

    Raises StoreError when what is kept cannot be read: going on with defaults would tell nobody.
    """
    text = table.get(_KEYS[kind])
    if text is None:
        return kind()
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, BadInput) as error:
        raise StoreError(
            f"The settings kept under {_KEYS[kind]} cannot be read ({error}), so nobody would be told; "
            "use the program that wrote them."
        ) from error


def save(table: SettingsTable, value: object) -> None:
    """Keep settings."""
    table.set(_KEYS[type(value)], msgspec.json.encode(value).decode())
