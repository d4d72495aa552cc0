"""Blocks: a company taken off the switch for a while, and how that came."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from noc_alerts.model.companies import Subject


class BlockState(StrEnum):
    """Where a block stands."""

    DUE = "due"  # to be placed on the switch
    DRY = "dry"  # written down only: the rule is on a dry run
    ASKED = "asked"  # waits for a person
    DROPPED = "dropped"  # nobody answered, or the alarm ended first


@dataclass(frozen=True, slots=True)
class Block:
    """One block that an alarm asked for.

    `due_at`: when it was to be placed. `until`: its end when it is placed at `due_at`. `reason`: what it rests on, in words.
    """

    connection_id: int
    subject: Subject
    due_at: datetime
    length: timedelta
    state: BlockState
    reason: str
    alarm_id: int | None = None
    id: int | None = None

    @property
    def until(self) -> datetime:
        """Give its end."""
        return self.due_at + self.length
