"""What one tick writes: changes of rules on subjects with everything that follows from each, kept in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from noc_alerts.model.alarms import Alarm, RuleState, Transition
from noc_alerts.model.deliveries import Delivery
from noc_alerts.model.events import Event


@dataclass(frozen=True, slots=True)
class Change:
    """One transition and what follows from it.

    `alarm`: the alarm as it is afterwards (`id` None = it is new; the store gives it one and fills it into the transition,
    the state, the event and the deliveries); None for changes without an alarm (pending, not held).
    """

    transition: Transition
    state: RuleState
    alarm: Alarm | None = None
    event: Event | None = None
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class AlarmValue:
    """A newer value of an active alarm; no transition."""

    alarm_id: int
    value: float | None
    calls: int | None
    worst: float | None
    value_at: datetime
    blind: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """All facts of one tick. `states`: progress of hold and keep without a transition. Empty ledgers are not written."""

    changes: tuple[Change, ...] = ()
    states: tuple[RuleState, ...] = ()
    values: tuple[AlarmValue, ...] = ()
    events: tuple[Event, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes or self.states or self.values or self.events)
