"""Connections to switches, and how they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from noc_alerts.model.errors import BadInput


class SwitchKind(StrEnum):
    """The kinds of switch there is an adapter for."""

    CALL_FILES = "call_files"
    KAMAILIO = "kamailio"
    CONNEXCS = "connexcs"


class Clock(StrEnum):
    """When a measure counts (DESIGN section 4).

    outcome: at answer for an answered call, at the end for a failed one, completion at the end; for switches
    that tell calls in progress. end: everything at the end. setup: everything at the setup, to match a
    switch's own reports.
    """

    OUTCOME = "outcome"
    END = "end"
    SETUP = "setup"


MIN_POLL = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Connection:
    """One switch we are connected to.

    `options`: the adapter's own settings, plain text values only; secrets are not among them (the names of secrets are).
    `live`: calls come in as they happen; False for imported files, which never go blind.
    """

    id: int | None
    name: str
    kind: SwitchKind
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    clock: Clock = Clock.END
    poll: timedelta = timedelta(seconds=30)
    enabled: bool = True
    live: bool = True
    demo: bool = False

    def __post_init__(self) -> None:
        """Raise BadInput when a field is wrong."""
        problems: dict[str, str] = {}
        if not self.name.strip():
            problems["name"] = "Give the switch a name."
        if self.poll < MIN_POLL:
            problems["poll"] = "The switch can be read at most once a second. Choose 1 s or more."
        if problems:
            raise BadInput("The switch was not saved: " + " ".join(problems.values()), problems)


class HealthState(StrEnum):
    """How well a source can be trusted now."""

    WAITING = "waiting"  # never read yet
    FRESH = "fresh"
    LATE = "late"
    BLIND = "blind"  # failing or stale: the truth is unknown, never shown as good
    OFF = "off"  # disabled by a person, or an imported file


@dataclass(frozen=True, slots=True)
class Health:
    """How one connection is. `sentence` says what happened, what it means and what is done; empty when all is well.

    `read_at`: last successful read. `newest_at`: time of the newest record. `blind_since`: first failure of the present row.
    `bad_records`: records kept out of the sums since the profile began. `restarted_at`: the switch's last seen restart.
    """

    connection_id: int
    state: HealthState
    sentence: str = ""
    read_at: datetime | None = None
    newest_at: datetime | None = None
    blind_since: datetime | None = None
    next_try_at: datetime | None = None
    tries: int = 0
    bad_records: int = 0
    restarted_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that was kept out, with where it stood (line or the switch's id) and the reason in words."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One step of a connection test or of a test message: what, whether it went well, the answer itself, time taken.

    `text`: the message exactly as it was sent, empty where nothing was.
    """

    what: str
    ok: bool
    answer: str
    took: timedelta
    to: str = ""
    text: str = ""
