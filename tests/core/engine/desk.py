"""A switch that says what a test tells it to, moment by moment, read by a real engine over a real store."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from replay import Heard

from noc_alerts.engine.engine import Engine
from noc_alerts.engine.news import AlertLine
from noc_alerts.engine.scripting import ScriptJob, data_of
from noc_alerts.metrics.columns import NO_TIME, Calls, make_calls
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import Company, CompanyKind, Dimension, Reading, ReadingKind
from noc_alerts.model.connections import Clock, Connection, SwitchKind
from noc_alerts.model.deliveries import Channel, Delivery
from noc_alerts.model.errors import ScriptError, StoreError, SwitchUnreachable
from noc_alerts.scripts.runner import run
from noc_alerts.store import Store
from noc_alerts.switches.protocol import Page, State

CUSTOMER, CARRIER = CompanyKind.CUSTOMER, CompanyKind.CARRIER
T0 = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)  # a Monday
POLL = timedelta(seconds=30)


def balance_alert(**more: Any) -> Alert:
    """Give an alert on the balance of acme, told to one address; anything may be changed."""
    fields: dict[str, Any] = {
        "id": None,
        "title": "Low balance",
        "scope": Scope(CUSTOMER, ("acme",)),
        "area": Area.BALANCE,
        "operator": Operator.LT,
        "threshold": 50,
        "reset": 60,
        "sample_period": None,
        "level": NoticeLevel.CRITICAL,
        "recipients": ("noc@example.net",),
        "tray": False,
    }
    return Alert(**{**fields, **more})


def customer(name: str, *tags: str, currency: str = "USD") -> Company:
    """Give a customer as a switch lists it."""
    return Company(0, CUSTOMER, name, name, currency=currency, tags=tags)


def some_calls(
    at: datetime, name: str, *, failed: int = 0, answered: int = 0, kind: CompanyKind = CARRIER, first: int = 0, **text: str
) -> Calls:
    """Give calls that ended within the minute before `at`, evenly spread: so many failed with 503, so many answered for 30 s."""
    n = failed + answered
    end = round(at.timestamp() * 1000) - np.arange(n, dtype=np.int64) * (50_000 // max(1, n)) - 1000
    ok = np.arange(n) < answered
    words = {kind.dimension: name, Dimension.SRC: "4420", Dimension.DST: "4930", **{Dimension(k): v for k, v in text.items()}}
    return make_calls(
        ids=[f"{name}-{first}-{round(at.timestamp())}-{i}" for i in range(n)],
        setup_ms=end - 40_000,
        end_ms=end,
        answer_ms=np.where(ok, end - 30_000, NO_TIME),
        sip_code=np.where(ok, 200, 503),
        text={dim: [word] * n for dim, word in words.items()},
        cost_u=np.full(n, 10_000, dtype=np.int64),
    )


@dataclass
class Desk:
    """The engine and its switch. `now` moves with each read.

    `jobs`: scripts that were asked for and not run yet; `ran`: as of when the others were.
    """

    store: Store
    now: datetime = T0
    clock: Clock = Clock.END
    heard: Heard = field(default_factory=Heard)
    jobs: list[ScriptJob] = field(default_factory=list)
    ran: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        connection = Connection(None, "desk", SwitchKind.KAMAILIO, {}, self.clock, POLL)
        self.cid = self.store.connections.save(connection).id or 0
        self.start()

    def start(self) -> None:
        """Begin, or begin anew as after a restart."""
        self.engine = Engine(self.store, self.heard, run_script=self.jobs.append)
        self.engine.load(self.now)

    def save(self, alert: Alert) -> Alert:
        """Save an alert and have the engine take it over."""
        saved = self.store.alerts.save(alert)
        self.engine.load(self.now)
        return saved

    def read(
        self,
        balances: Mapping[str, float] | None = None,
        *,
        companies: Iterable[Company] | None = None,
        calls: Calls | None = None,
        after: timedelta = POLL,
        partial: frozenset[CompanyKind] = frozenset(),
    ) -> None:
        """Let time pass, read the switch once, and have a round."""
        self.now += after
        readings = tuple(
            Reading(self.cid, ReadingKind.BALANCE, CUSTOMER, name, value, self.now, "USD")
            for name, value in (balances or {}).items()
        )
        listed = None if companies is None else tuple(companies)
        self.engine.take_state(self.cid, State(self.now, companies=listed, readings=readings, partial=partial), self.now)
        if calls is not None:
            self.engine.ingest(self.cid, Page(calls, cursor="x"), self.now)
        self.engine.read_done(self.cid, self.now, self.now + POLL, self.now)
        self.engine.round(self.now)

    def fail(self, after: timedelta = POLL) -> None:
        """Let time pass without an answer of the switch."""
        self.now += after
        self.engine.read_failed(self.cid, SwitchUnreachable("The switch does not answer."), self.now, self.now + POLL)
        self.engine.round(self.now)

    def run_scripts(self) -> None:
        """Run the scripts that were asked for, for real, and give the engine what came of them."""
        while self.jobs:
            job = self.jobs.pop(0)
            self.ran.append(job.as_of)
            try:
                end = run(job.source, data_of(job, self.store))
            except ScriptError as error:
                self.engine.take_script(job, error)
            else:
                self.engine.take_script(job, end)

    def line(self) -> AlertLine:
        """Give the only alert's line as the lists show it."""
        lines = self.engine.snapshot(self.now).alerts
        assert len(lines) == 1
        return lines[0]

    def told(self) -> list[str]:
        """Give the causes of the mails so far, in order."""
        return [d.facts.cause.value for d in self.mails()]

    def mails(self) -> list[Delivery]:
        """Give the mails so far, in order."""
        found = [d for d in self.store.outbox.list(1000) if d.channel is Channel.EMAIL]
        return sorted(found, key=lambda d: d.id or 0)

    def reasons(self) -> list[str]:
        """Give the reasons of all changes so far, in order."""
        return [c.transition.reason.value for c in self.heard.changes()]


def reads(desk: Desk, *balances: float | None) -> None:
    """Read the switch once for each balance of acme; None = it gives none."""
    for balance in balances:
        desk.read({} if balance is None else {"acme": balance})


def blocks(desk: Desk) -> list[str]:
    """Give who was asked to be blocked, the newest first."""
    return [b.subject.label for b in desk.store.blocks.all(100)]


def fails(*_: object, **__: object) -> None:
    """Stand for a store that cannot keep anything."""
    raise StoreError("The disk is full.")
