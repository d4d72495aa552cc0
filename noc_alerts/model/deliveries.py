"""Deliveries: one message to one recipient over one channel, with its attempts."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Channel(StrEnum):
    """How people are told."""

    EMAIL = "email"
    TRAY = "tray"
    SMS = "sms"


class Cause(StrEnum):
    """Why a message is sent."""

    RAISED = "raised"
    REPEAT = "repeat"  # it still holds
    EASED = "eased"  # no longer critical, still a warning
    CLEARED = "cleared"
    REPORT = "report"  # a scheduled report: about no alarm
    TEST = "test"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # for good
    DROPPED = "dropped"  # decided not to send, `answer` says why


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a message's table: of a report a company, of a script what it found. `value` None = no value.

    `unit`: of the value (a currency for money). `sample`: what it rests on, in words. `message`: a remark, may be empty.
    """

    subject: str
    value: float | None
    unit: str = ""
    sample: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class FailedCall:
    """A failed call as a message lists it. `cause`: the words for `code` (SIP) or the Q.850 cause."""

    at: datetime
    src: str
    dst: str
    code: int
    cause: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a message tells, as the templates get it. Times are aware UTC; `value` None = no value.

    `subject`: "carrier bravo". `company`: "bravo". `limit`: "< 30 %". `switch`: the connection's name.
    `subject_key`, `connection_id`: which calls it is about (Subject.key), for `last_calls`. `template`: by name.
    `brand`: the sender's name. `penalty`: the block that is asked for, in words. `message`: what a script said.
    `rows`: the table of a report or a script, worst first; `rows_cut`: how many more there are. `zone`: for times in words.
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
    template: str = "alert"
    subject_key: str = ""
    connection_id: int | None = None
    brand: str = "noc_alerts"
    penalty: str = ""
    message: str = ""
    rows: tuple[Row, ...] = ()
    rows_cut: int = 0
    zone: str = "UTC"


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
