"""Random nights: reads, failures, edits, restarts and a store in trouble in any order; what is kept must tell one whole story."""

import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replay import BEGIN, POLL, Heard, connect

from noc_alerts.engine.engine import Engine
from noc_alerts.metrics.columns import no_calls
from noc_alerts.model.alarms import Phase, RuleKey, RuleKind
from noc_alerts.model.alerts import Alert, Area, Operator, Scope
from noc_alerts.model.companies import CompanyKind, Reading, ReadingKind
from noc_alerts.model.deliveries import Cause
from noc_alerts.model.errors import StoreError, SwitchUnreachable
from noc_alerts.settings import Watching, save
from noc_alerts.store import Store, open_store
from noc_alerts.switches.protocol import Page, State

OPS = (
    *["read"] * 14, "trouble", "fail", "round", "nap", "restart", "edit limit", "edit scope", "edit area",
    "disable", "enable", "pause", "delete", "new alert", "edit switch", "trouble", "switch off", "switch on",
)  # fmt: skip
NAMES = ("acme", "globex")
LEVELS = (10.0, 90.0, 10.0, 30.0)


class Night:
    """One engine with its store, and the operations on both."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store(folder)
        save(self.store.settings, Watching(silent_after=timedelta(seconds=15)))
        self.cid = connect(self.store).id or 0
        self.store.alerts.save(replace(self.alert("first"), hold=timedelta(0), keep=timedelta(0)))
        self.store.alerts.save(replace(self.alert("slow"), hold=timedelta(seconds=4), keep=timedelta(seconds=4)))
        self.at, self.count, self.in_trouble = BEGIN, 0, 0
        self.commit, self.list_ = self.store.alarms.commit, self.store.outbox.list
        self.start()

    def alert(self, title: str) -> Alert:
        scope = Scope(CompanyKind.CUSTOMER)
        return Alert(
            None, title, scope, Area.BALANCE, Operator.LT, 20, 50, None,
            hold=timedelta(seconds=6), keep=timedelta(seconds=6), recipients=("a@example.net",), tray=False,
        )  # fmt: skip

    def start(self) -> None:
        self.engine = Engine(self.store, Heard())
        self.engine.load(self.at)

    def step(self, op: str, value: int) -> None:
        self.at += POLL
        self.count += 1
        if self.in_trouble:
            self.in_trouble -= 1
            if not self.in_trouble:
                self.heal()
        alerts = self.store.alerts.all()
        alert = alerts[value % len(alerts)] if alerts else None
        try:
            getattr(self, op.replace(" ", "_"))(value, alert)
        except StoreError:
            assert self.in_trouble

    def read(self, value: int, _: Alert | None) -> None:
        at = self.at
        readings = tuple(
            Reading(self.cid, what, CompanyKind.CUSTOMER, name, LEVELS[value // 4**i % 4], at, "USD")
            for i, name in enumerate(NAMES) for what in ReadingKind
        )  # fmt: skip
        self.engine.take_state(self.cid, State(at, readings=readings), at)
        self.engine.ingest(self.cid, Page(no_calls(), ""), at)
        self.engine.read_done(self.cid, at, at + POLL, at)

    def fail(self, *_: object) -> None:
        self.engine.read_failed(self.cid, SwitchUnreachable("It does not answer."), self.at, self.at + POLL)

    def round(self, *_: object) -> None:
        self.engine.round(self.at)

    def nap(self, value: int, _: object) -> None:
        self.at += timedelta(minutes=value)
        self.engine.round(self.at)

    def restart(self, *_: object) -> None:
        self.heal()  # without its store the program does not start
        self.start()

    def _save(self, alert: Alert | None, **changes: object) -> None:
        if alert is not None:
            self.store.alerts.save(replace(alert, **changes))  # type: ignore[arg-type]

    def edit_limit(self, value: int, alert: Alert | None) -> None:
        self._save(alert, threshold=float(value % 40), reset=None)

    def edit_scope(self, value: int, alert: Alert | None) -> None:
        self._save(alert, scope=Scope(CompanyKind.CUSTOMER, NAMES[: value % 3]))

    def edit_area(self, value: int, alert: Alert | None) -> None:
        self._save(alert, area=(Area.BALANCE, Area.CHANNELS)[value % 2], enabled=value % 3 > 0)

    def disable(self, _: int, alert: Alert | None) -> None:
        self._save(alert, enabled=False)

    def enable(self, _: int, alert: Alert | None) -> None:
        self._save(alert, enabled=True, paused_until=None)

    def pause(self, value: int, alert: Alert | None) -> None:
        self._save(alert, paused_until=self.at + timedelta(seconds=value))

    def delete(self, _: int, alert: Alert | None) -> None:
        if alert is not None:
            self.store.alerts.delete(alert.id or 0)

    def new_alert(self, *_: object) -> None:
        self.store.alerts.save(self.alert(f"alert {self.count}"))

    def edit_switch(self, *_: object) -> None:
        connection = self.store.connections.get(self.cid)
        assert connection is not None
        self.store.connections.save(replace(connection, name=f"rig {self.count}"))
        self.engine.load(self.at)

    def switch_off(self, *_: object) -> None:
        self._switch(False)

    def switch_on(self, *_: object) -> None:
        self._switch(True)

    def _switch(self, on: bool) -> None:
        connection = self.store.connections.get(self.cid)
        assert connection is not None
        self.store.connections.save(replace(connection, enabled=on))
        self.engine.load(self.at)

    def trouble(self, value: int, _: object) -> None:
        """Have the store take no ledger, or not even tell what was sent, for some steps."""
        self.in_trouble = 2 + value % 4

        def fails(*_: object, **__: object) -> None:
            raise StoreError("The disk is full.")

        if value % 2:
            self.store.alarms.commit = fails  # type: ignore[method-assign, assignment]
        else:
            self.store.outbox.list = fails  # type: ignore[method-assign, assignment]

    def heal(self) -> None:
        self.in_trouble = 0
        self.store.alarms.commit = self.commit  # type: ignore[method-assign]
        self.store.outbox.list = self.list_  # type: ignore[method-assign]

    def check(self) -> None:
        """See that what is kept tells one whole story, and that the engine believes the same."""
        self.heal()
        self.engine.load(self.at)
        self.engine.round(self.at)
        phases = told_story(self.store)
        alive = {k for k, phase in phases.items() if phase.in_alarm}
        assert {a.key for a in self.store.alarms.active()} == alive
        assert {a.key for a in self.engine.active_alarms()} == alive
        states = {s.key: s.phase for s in self.store.alarms.states()}
        assert states == {k: phase for k, phase in phases.items() if phase is not Phase.NORMAL}
        for program in self.engine.programs:
            for row in program.track.active_rows():
                assert states[program.key(row)] is program.track.phase(row)
        rules = {a.id for a in self.store.alerts.all() if a.enabled}
        assert {k.rule_id for k in alive if k.rule_kind is RuleKind.ALERT} <= rules


def told_story(store: Store) -> dict[RuleKey, Phase]:
    """Follow all transitions: each begins where the one before ended, and each raise and clear was told exactly once."""
    phases: dict[RuleKey, Phase] = {}
    ids = {a.id or 0 for a in store.alerts.all()} | set(range(1, 60))
    found = [t for i in ids for kind in (RuleKind.ALERT, RuleKind.SWITCH) for t in store.alarms.transitions_of(kind, i, 10_000)]
    raised = cleared = 0
    for t in sorted(found, key=lambda t: t.id or 0):
        assert phases.get(t.key, Phase.NORMAL) is t.before, t
        phases[t.key] = t.after
        if t.key.rule_kind is RuleKind.ALERT:
            raised += t.after is Phase.RAISED and not t.before.in_alarm
            cleared += t.before.in_alarm and not t.after.in_alarm
    causes = [d.facts.cause for d in store.outbox.list(10_000) if d.facts.area != "Switch"]
    assert (causes.count(Cause.RAISED), causes.count(Cause.CLEARED)) == (raised, cleared)
    return phases


@pytest.mark.timeout(240)
@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(OPS), st.integers(0, 100)), min_size=10, max_size=50))
def test_any_night_tells_one_whole_story(ops: list[tuple[str, int]]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        night = Night(folder)
        try:
            for op, value in ops:
                night.step(op, value)
            night.check()
        finally:
            night.store.close()
    finally:
        shutil.rmtree(folder)
