"""What the engine announces: a short closed list of frozen facts.

Listeners are called on core threads and must return at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from noc_alerts.metrics.series import Points
from noc_alerts.model.alarms import Alarm, Verdict
from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.companies import CompanyKind, CompanyStatus, ReadingKind, Subject
from noc_alerts.model.connections import Connection, Health
from noc_alerts.model.ledger import Change


@dataclass(frozen=True, slots=True)
class Sampled:
    """A value with the number of calls it rests on; `value` None = no value."""

    value: float | None
    calls: int


@dataclass(frozen=True, slots=True)
class SwitchLine:
    """One connection now. `as_of`: the moment its data is true for. `cps`, `channels`: None = not known."""

    connection: Connection
    health: Health
    as_of: datetime | None
    cps: float | None
    channels: float | None


@dataclass(frozen=True, slots=True)
class CompanyLine:
    """One company now: the last hour's factors, the last minute's CPS, what the switch says. Units: %, s, s, calls, calls/s."""

    connection_id: int
    kind: CompanyKind
    name: str
    status: CompanyStatus
    currency: str
    asr: Sampled
    acd: Sampled
    pdd: Sampled
    attempts: int
    cps: float
    channels: float | None
    balance: float | None
    alarms: int
    alerts: int  # how many alerts look at it; 0 = not watched


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert now: its verdict, and its worst subject with value and calls. `error`: why it could not be judged.

    `level`: of its worst alarm, None = none is alive. `gone`: companies it names that no switch lists any more.
    `off_duty_until`: outside its hours until then. `next_report_at`: of a scheduled report. `message`: what its script said last.
    `note`: what is strange without being an error (money in several currencies), in sentences.
    """

    alert_id: int
    verdict: Verdict
    subject: Subject | None
    value: float | None
    calls: int | None
    subjects: int
    in_alarm: int
    since: datetime | None
    judged_at: datetime | None
    error: str = ""
    level: NoticeLevel | None = None
    gone: tuple[str, ...] = ()
    off_duty_until: datetime | None = None
    next_report_at: datetime | None = None
    message: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How everything stands after one round; immutable, so any thread may keep it."""

    at: datetime
    switches: tuple[SwitchLine, ...]
    companies: tuple[CompanyLine, ...]
    alerts: tuple[AlertLine, ...]
    alarms: tuple[Alarm, ...]
    waiting: int
    checked_at: datetime | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rounded:
    """A round is over: here is how everything stands."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class AlarmsChanged:
    """Transitions were written, with what follows from them."""

    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class DeliveriesChanged:
    """Messages were sent, failed or came in; `waiting` are due or will be."""

    waiting: int


@dataclass(frozen=True, slots=True)
class EventsAdded:
    """The log has new lines."""


@dataclass(frozen=True, slots=True)
class StoreTrouble:
    """The store cannot keep anything now (sentence), or can again (empty)."""

    sentence: str


@dataclass(frozen=True, slots=True)
class ChartSpec:
    """What a chart shows: a factor over a sliding window, or a reading, of one subject at one switch.

    `end`: right edge, None = live. `scale`: area units per factor unit (ACD area is in seconds).
    """

    connection_id: int
    subject: Subject
    factor: str | None
    reading: ReadingKind | None
    window: timedelta
    range: timedelta
    end: datetime | None = None
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A chart's points. `as_of`: data is true up to here; `blind`: the source is blind since then."""

    chart_id: int
    spec: ChartSpec
    points: Points
    as_of: datetime | None
    blind: bool


News = Rounded | AlarmsChanged | DeliveriesChanged | EventsAdded | StoreTrouble | Frame
Listener = Callable[[News], None]

__all__ = [
    "AlarmsChanged",
    "AlertLine",
    "ChartSpec",
    "CompanyKind",
    "CompanyLine",
    "DeliveriesChanged",
    "EventsAdded",
    "Frame",
    "Listener",
    "News",
    "Rounded",
    "Sampled",
    "Snapshot",
    "StoreTrouble",
    "SwitchLine",
]
