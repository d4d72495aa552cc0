"""Plays the recorded calls to an engine as a poller of the real switch would have met them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from noc_alerts.engine.engine import Engine
from noc_alerts.engine.news import News, Snapshot
from noc_alerts.metrics.columns import NO_TIME, Calls
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import CompanyKind, Dimension, Reading
from noc_alerts.model.connections import Clock, Connection, SwitchKind
from noc_alerts.model.ledger import Change
from noc_alerts.store import Store
from noc_alerts.switches.call_files import CallFile
from noc_alerts.switches.call_files_map import ColumnMap
from noc_alerts.switches.protocol import LiveCall, Page, State

DATA = Path(__file__).parents[2] / "data" / "kamailio_incident_sample.csv.gz"
BEGIN = datetime(2026, 11, 21, 19, 58, 35, tzinfo=UTC)
INCIDENT_FROM = datetime(2026, 11, 21, 20, 0, 39, 359000, tzinfo=UTC)
INCIDENT_TO = datetime(2026, 11, 21, 20, 2, 39, 320000, tzinfo=UTC)
END = datetime(2026, 11, 21, 20, 5, 50, tzinfo=UTC)
POLL = timedelta(seconds=5)

COLLAPSE = Alert(
    None,
    "Carrier ASR collapsed",
    Scope(CompanyKind.CARRIER),
    Area.ASR,
    Operator.LE,
    15,
    25,
    timedelta(minutes=1),
    40,
    level=NoticeLevel.CRITICAL,
    recipients=("noc@example.net",),
)


def recorded() -> Calls:
    """Read the recorded calls in the order the switch wrote them."""
    pages = [p.calls for p in CallFile(DATA, ColumnMap()).pages(END + timedelta(days=1))]
    assert len(pages) == 1
    return pages[0]


@dataclass
class Heard:
    """A listener that keeps what it was told."""

    news: list[News] = field(default_factory=list)

    def __call__(self, news: News) -> None:
        self.news.append(news)

    def last_snapshot(self) -> Snapshot:
        """Give the last picture of how everything stands."""
        return next(n.snapshot for n in reversed(self.news) if hasattr(n, "snapshot"))

    def changes(self) -> list[Change]:
        """Give all changes in order."""
        return [c for n in self.news if hasattr(n, "changes") for c in n.changes]


class Replay:
    """The recorded switch: give it a moment and it gives what the switch would have told then."""

    def __init__(self, calls: Calls, *, tells_live: bool = True, late_ms: int = 0) -> None:
        self.calls = replace(calls, call_ids=calls.ids)  # the file has no SIP Call-IDs; the switch's records and live calls do
        self.tells_live = tells_live
        self._visible_ms = calls.end_ms + late_ms
        self._given = np.zeros(len(calls), dtype=bool)

    def state(self, at: datetime, readings: tuple[Reading, ...] = ()) -> State:
        """Give what the switch says about the present."""
        if not self.tells_live:
            return State(at, readings=readings)
        now = round(at.timestamp() * 1000)
        up = np.flatnonzero((self.calls.setup_ms <= now) & (self.calls.end_ms > now)).tolist()
        return State(at, live=tuple(self._live(i, now) for i in up), readings=readings)

    def _live(self, i: int, now: int) -> LiveCall:
        answer = int(self.calls.answer_ms[i])
        answered = answer != NO_TIME and answer <= now
        text = {dim: self.calls.dimension(dim)[i] for dim in (Dimension.CLIENT, Dimension.GATEWAY, Dimension.CODE)}
        return LiveCall(self.calls.call_ids[i], int(self.calls.setup_ms[i]), None, answer if answered else None, text)

    def page(self, at: datetime) -> Page:
        """Give the records that have become visible since the last page."""
        now = round(at.timestamp() * 1000)
        new = (self._visible_ms <= now) & ~self._given
        self._given |= new
        return Page(self.calls.take(new), cursor=str(now))


def connect(store: Store, clock: Clock = Clock.OUTCOME, name: str = "rig") -> Connection:
    """Make a connection that nobody reads by itself."""
    return store.connections.save(Connection(None, name, SwitchKind.KAMAILIO, {}, clock, POLL))


def play(engine: Engine, replay: Replay, cid: int, begin: datetime, end: datetime) -> None:
    """Read the switch every five seconds from `begin` up to `end`."""
    at = begin
    while at <= end:
        engine.take_state(cid, replay.state(at), at)
        engine.ingest(cid, replay.page(at), at)
        engine.read_done(cid, at, at + POLL, at)
        at += POLL
