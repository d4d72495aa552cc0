"""Alarms: one life of a rule on one subject, and every change of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.companies import Subject


class Phase(IntEnum):
    """Where a rule stands on a subject (DESIGN section 5)."""

    NORMAL = 0
    PENDING = 1
    RAISED = 2
    CLEARING = 3

    @property
    def in_alarm(self) -> bool:
        """Tell whether an alarm is alive in this phase."""
        return self >= Phase.RAISED


class Reason(StrEnum):
    """Why something changed; exactly one a transition."""

    BREACHED = "breached"  # the value is past the threshold
    HELD = "held"  # it stayed past the threshold for the hold time
    NOT_HELD = "not held"  # it came back before the hold time was over
    RECOVERED = "recovered"  # the value is past the reset
    KEPT = "kept"  # it stayed past the reset for the keep time
    RELAPSED = "relapsed"  # it fell back before the keep time was over
    RULE_DISABLED = "rule disabled"
    RULE_DELETED = "rule deleted"
    RULE_CHANGED = "rule changed"
    ESCALATED = "escalated"  # it was a warning, and is critical now
    EASED = "eased"  # the critical part is over, the warning stays
    NO_DATA = "no data"  # no value for so long that it is an alarm (or, where the alert says so, the end of one)
    DATA_BACK = "data back"  # an alarm about missing data ends: there is a value, and it is not past the threshold
    OFF_HOURS = "off hours"  # the alert's hours are over
    COMPANY_GONE = "company gone"  # the switch no longer lists the company
    SOURCE_SILENT = "source silent"  # the built-in alarm: a switch is unreachable
    SOURCE_BACK = "source back"


class Verdict(StrEnum):
    """What a rule says about a subject now: the state column of the lists."""

    READY = "Ready"
    PENDING = "Pending"
    IN_ALARM = "In alarm"
    PAUSED = "Paused"
    BLOCKED = "Blocked"
    NO_DATA = "No data"
    BLIND = "Blind"
    ERROR = "Error"


class RuleKind(StrEnum):
    """What kind of rule an alarm belongs to."""

    ALERT = "alert"
    WATCH_RULE = "watch rule"
    SWITCH = "switch"  # built in: switch unreachable; rule_id is the connection's id


@dataclass(frozen=True, slots=True)
class RuleKey:
    """One rule on one subject of one connection: what the lifecycle is kept for."""

    rule_kind: RuleKind
    rule_id: int
    connection_id: int
    subject: Subject


@dataclass(frozen=True, slots=True)
class RuleState:
    """Where a rule stands on a subject; kept over restarts.

    `held_ms`: time already spent towards hold (pending) or keep (clearing); down time is not in it.
    `inner`, `inner_held_ms`: the same of the critical limit of an alert that also warns (`phase` is the warning's then).
    """

    key: RuleKey
    phase: Phase
    since: datetime
    held_ms: int
    alarm_id: int | None
    inner: Phase = Phase.NORMAL
    inner_held_ms: int = 0


@dataclass(frozen=True, slots=True)
class Alarm:
    """One life of a rule on one subject: raised ... cleared.

    `value`, `calls`: the last value and the calls it rests on; None = no value. `worst`: worst value so far.
    `limit`: the condition in words at the time it was raised ("< 30 %"). `message`: what a script said.
    """

    id: int | None
    key: RuleKey
    title: str
    level: NoticeLevel
    area: str
    unit: str
    limit: str
    raised_at: datetime
    value: float | None
    calls: int | None
    worst: float | None
    value_at: datetime
    cleared_at: datetime | None = None
    cleared_reason: Reason | None = None
    acked_at: datetime | None = None
    acked_by: str = ""
    ack_note: str = ""
    blind: bool = False
    message: str = ""

    @property
    def active(self) -> bool:
        """Tell whether it is still alive."""
        return self.cleared_at is None


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of a rule on a subject, with its reason, the value it rested on, and why people were told or not.

    `told`: a `Told` code, or empty for changes nobody is ever told of (pending, not held).
    """

    key: RuleKey
    at: datetime
    before: Phase
    after: Phase
    reason: Reason
    value: float | None
    calls: int | None
    text: str
    alarm_id: int | None = None
    told: str = ""
    id: int | None = None


class Told(StrEnum):
    """Why people were told, or the one reason why not."""

    TOLD = "told"
    NO_RECIPIENT = "no recipient"  # the rule names nobody and the tray is off
    RECOVERY_OFF = "recovery message off"
    LEVEL_NONE = "notice level none"
