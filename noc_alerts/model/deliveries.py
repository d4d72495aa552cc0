"""Deliveries: one message to one recipient over one channel, with its attempts."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Channel(StrEnum):
    """How people are told."""

    EMAIL = "email"
    TRAY = "tray"


class Cause(StrEnum):
    """Why a message is sent."""

    RAISED = "raised"
    CLEARED = "cleared"
    TEST = "test"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # for good
    DROPPED = "dropped"  # decided not to send, `answer` says why


@dataclass(frozen=True, slots=True)
class Facts:
    """What a message tells, as the templates get it. Times are aware UTC; `value` None = no value.

    `subject`: "carrier bravo". `company`: "bravo". `limit`: "< 30 %". `switch`: the connection's name.
    """

    cause: Cause
    title: str
    level: str
    subject: str
    company: str
    switch: str
    area: str
    operator: str
    threshold: float | None
    reset: float | None
    value: float | None
    unit: str
    limit: str
    calls: int | None
    rests_on: str
    sample_period_s: int | None
    at: datetime
    since: datetime
    worst: float | None = None
    reason: str = ""
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one recipient over one channel.

    `message_id`: the Message-ID, fixed when the delivery is made, so that a repeat carries the same one.
    `thread_id`: Message-ID of the alarm's first mail to this recipient (In-Reply-To), empty for the first itself.
    `facts`: what it tells; rendered when it is sent. `subject`, `body`: the text as sent, empty until then.
    """

    channel: Channel
    recipient: str
    facts: Facts
    message_id: str
    created_at: datetime
    next_at: datetime
    state: DeliveryState = DeliveryState.WAITING
    tries: int = 0
    answer: str = ""
    sent_at: datetime | None = None
    alarm_id: int | None = None
    thread_id: str = ""
    subject: str = ""
    body: str = ""
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a delivery: when, whether it was taken, the provider's answer, how long it took."""

    delivery_id: int
    at: datetime
    ok: bool
    answer: str
    took_ms: int = field(default=0)
