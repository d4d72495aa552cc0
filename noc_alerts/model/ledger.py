"""What one tick writes: changes of rules on subjects with everything that follows from each, kept in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from noc_alerts.model.alarms import Alarm, RuleState, Transition
from noc_alerts.model.blocks import Block
from noc_alerts.model.deliveries import Delivery
from noc_alerts.model.events import Event


@dataclass(frozen=True, slots=True)
class Change:
    """One transition and what follows from it.

    `alarm`: the alarm as it is afterwards (`id` None = it is new; the store gives it one and fills it into the transition,
    the state, the event, the deliveries and the block); None for changes without an alarm (pending, not held).
    """

    transition: Transition
    state: RuleState
    alarm: Alarm | None = None
    event: Event | None = None
    deliveries: tuple[Delivery, ...] = ()
    block: Block | None = None


@dataclass(frozen=True, slots=True)
class ReportSent:
    """A scheduled report that was made for one of its times: it is not made for that time again."""

    alert_id: int
    slot_at: datetime


@dataclass(frozen=True, slots=True)
class AlarmValue:
    """A newer value of an active alarm; no transition. `message`: what a script said."""

    alarm_id: int
    value: float | None
    calls: int | None
    worst: float | None
    value_at: datetime
    blind: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All facts of one tick. Empty ledgers are not written.

    `states`: progress of hold and keep without a transition. `deliveries`: repeats and reports, which follow from no
    transition. `blocks`: those that became due after a while in alarm.
    """

    changes: tuple[Change, ...] = ()
    states: tuple[RuleState, ...] = ()
    values: tuple[AlarmValue, ...] = ()
    events: tuple[Event, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    blocks: tuple[Block, ...] = ()
    reports: tuple[ReportSent, ...] = ()

    def __bool__(self) -> bool:
        facts = (self.changes, self.states, self.values, self.events, self.deliveries, self.blocks, self.reports)
        return any(facts)
