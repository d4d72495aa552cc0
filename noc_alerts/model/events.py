"""Events: the one log of what happened."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventType(StrEnum):
    """What an event is about."""

    ALARM = "alarm"
    MESSAGE = "message"
    ERROR = "error"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log.

    `sender`: who wrote it (an alert's title, a switch's name, a person). `subject`: what it is about.
    """

    at: datetime
    type: EventType
    sender: str
    subject: str
    text: str
    alarm_id: int | None = None
    connection_id: int | None = None
    id: int | None = None
