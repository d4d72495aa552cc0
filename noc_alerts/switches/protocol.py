"""What a switch is to the rest of the program."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from noc_alerts.metrics.columns import Calls
from noc_alerts.model.companies import Company, CompanyKind, Dimension, Reading
from noc_alerts.model.connections import BadRecord, CheckStep

#: Records a page, so that neither the window nor the engine stutters (DESIGN section 3).
PAGE_ROWS = 3000


@dataclass(frozen=True, slots=True)
class Page:
    """Records in the order the switch wrote them, and the cursor that continues after them.

    `cursor`: the adapter's own text; kept in one transaction with the records. `bad`: what could not be decoded.
    `progress`: words on how far it is ("4,100 of about 6,200"), "" when it is up to date.
    """

    calls: Calls
    cursor: str
    bad: tuple[BadRecord, ...] = ()
    progress: str = ""


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call in progress. `answer_ms` None = still ringing. `call_id` is what its record will carry in `call_ids`."""

    call_id: str
    setup_ms: int
    ring_ms: int | None
    answer_ms: int | None
    text: dict[Dimension, str]


@dataclass(frozen=True, slots=True)
class State:
    """What a switch says about the present, beside its records.

    `live`: calls in progress, None = this switch does not tell. `up_since`: start of the switch, None = not told.
    `companies`: None = not told. `partial`: kinds of which that list may lack somebody; a company of another kind that is not in
    it is gone. `notes`: sentences about what is missing (shown in the switch's health).
    """

    at: datetime
    live: tuple[LiveCall, ...] | None = None
    companies: tuple[Company, ...] | None = None
    readings: tuple[Reading, ...] = ()
    up_since: datetime | None = None
    notes: tuple[str, ...] = ()
    partial: frozenset[CompanyKind] = frozenset()


class Switch(Protocol):
    """A connection's reading half. Not thread-safe: one poll thread uses it. Raises SwitchError only.

    The poll thread calls `state()` first and then consumes `pages()` to its end, so that a call that ends in between is
    in at least one of both.
    """

    def pages(self, cursor: str | None, now: datetime) -> Iterator[Page]:
        """Give the records after `cursor`, page by page to the newest; None = from where the connection is set to begin."""

    def state(self, now: datetime) -> State:
        """Read what is now: calls in progress, companies, readings, uptime."""

    def check(self, now: datetime) -> Iterator[CheckStep]:
        """Test the connection step by step: reach, sign in, read records ...; a failed step ends it."""

    def close(self) -> None:
        """Let go of sockets and files."""


class Readable(Protocol):
    """A switch's interface as users' scripts may read it. Safe from several threads, beside the poll thread's `Switch`."""

    def get(self, path: str) -> str:
        """Read a path and give its JSON text, within seconds. Raises BadInput for a path that is not allowed, SwitchError."""

    def close(self) -> None:
        """Let go of sockets; a reading that waits ends."""
