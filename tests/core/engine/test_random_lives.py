"""Random lives: alerts with every field against any values, edits, restarts, blindness, clocks and stores in trouble.

The plain model in lives_model.py says what must be in alarm, and how badly.
"""

import logging
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from desk import CUSTOMER, Desk, balance_alert, customer
from hypothesis import given, settings
from hypothesis import strategies as st
from lives_model import Life, Limit

from noc_alerts.engine.explaining import explain
from noc_alerts.engine.programs import Program
from noc_alerts.engine.trials import evaluate_now
from noc_alerts.model.alerts import Alert, NoData, NoticeLevel, Operator, Penalty, Scope
from noc_alerts.model.blocks import BlockState
from noc_alerts.model.companies import CompanyKind, Subject
from noc_alerts.model.deliveries import Cause, Delivery
from noc_alerts.model.errors import StoreError
from noc_alerts.model.schedules import Duty, Repeat
from noc_alerts.rules.schedules import on_duty
from noc_alerts.store import open_store

NAMES = ("acme", "globex", "hooli")
OTHERS = [customer(f"other {i}") for i in range(8)]
VALUES = (None, 10.0, 50.0, 55.0, 70.0, 100.0, 110.0, 130.0, 500.0)
MINUTE = timedelta(minutes=1)
#: Two readings further apart than this: the time between them is not known.
APART = timedelta(seconds=62)
OPS = ["read"] * 24 + ["edit"] * 3 + ["fail", "restart", "trouble", "jump", "ack", "vanish", "look", "new", "delete", "wait"]


# --- a night ----------------------------------------------------------------------------------------------------------


def any_alert(dice: random.Random, title: str, **keep: Any) -> Alert:
    """Make up an alert with every field."""
    above = dice.random() < 0.25
    own, own_reset, warn, warn_reset = (110, 100, 70, 55) if above else (50, 60, 100, 120)
    strict_side = dice.choice([Operator.GT, Operator.GE] if above else [Operator.LT, Operator.LE])
    two = dice.random() < 0.5
    daily, cron = Repeat.daily(time(9, 10), "UTC"), Repeat.of_cron("*/7 * * * *")
    repeat = dice.choice([Repeat.none(), Repeat.of_every(3 * MINUTE), daily, cron])
    scopes = [Scope(CUSTOMER), Scope(CUSTOMER, NAMES[:1]), Scope(CUSTOMER, NAMES[:2]), Scope(CUSTOMER, tag="gold")]
    penalty = Penalty(60 * MINUTE, dice.random() < 0.3, dice.choice([0, 1, 3]) * MINUTE, dice.random() < 0.3)
    return balance_alert(**{
        "title": title,
        "scope": dice.choice(scopes),
        "operator": strict_side, "threshold": own, "reset": dice.choice([None, own_reset]),
        "warn_threshold": warn if two else None, "warn_reset": dice.choice([None, warn_reset]) if two else None,
        "hold": dice.choice([0, 0, 30, 90]) * timedelta(seconds=1), "keep": dice.choice([0, 0, 30, 90]) * timedelta(seconds=1),
        "no_data": dice.choice(list(NoData)), "no_data_after": dice.choice([1, 2]) * MINUTE,
        "duty": dice.choice([None, None, None, Duty(frozenset(range(5)), time(8), time(9, 8), "UTC"),
                             Duty(frozenset(range(7)), time(22), time(12), "Europe/Zurich")]),
        "repeat": repeat, "penalty": dice.choice([None, penalty]), "tray": dice.random() < 0.5,
        "tell_recovery": dice.random() < 0.8,
        "recipients": dice.choice([("a@example.net",), ("a@example.net", "b@example.net"), ()]),
        **keep,
    })  # fmt: skip


class Night:
    """A desk, the model of each alert on each company, and what may happen to both."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self.desk = Desk(open_store(folder))
        self.store, self.dice = self.desk.store, dice
        self.lives: dict[tuple[int, str], Life] = {}
        self.judged: dict[int, Any] = {}
        self.heard: dict[int, set[str]] = {}
        self.away: set[str] = set()
        self.tags = {"acme"}
        self.trouble_left = self.count = 0
        self.whole = (self.store.alarms.commit, self.store.outbox.list, self.store.blocks.of_alarm)
        self.judging = False
        self.start()
        for _ in range(2):
            self.new()

    # -- what happens --------------------------------------------------------------------------------------------------

    def step(self, op: str) -> None:
        if self.trouble_left:
            self.trouble_left -= 1
            if not self.trouble_left:
                self.heal()
        try:
            getattr(self, op)()
        except StoreError as error:
            assert self.trouble_left
            self.desk.engine.store_failed("read", error)
        self.check()

    def read(self, after: timedelta | None = None) -> None:
        dice = self.dice
        values = {n: dice.choice(VALUES) if dice.random() < 0.6 else 10.0 for n in NAMES if n not in self.away}
        if dice.random() < 0.1:
            self.tags = {n for n in NAMES if dice.random() < 0.5}
        listed = [customer(n, *(["gold"] if n in self.tags else [])) for n in NAMES if n not in self.away]
        known = {n: v for n, v in values.items() if v is not None}
        after = after or dice.choice([30, 30, 30, 45, 90]) * timedelta(seconds=1)
        failed: StoreError | None = None
        self.judging = False
        try:
            self.desk.read(known, companies=[*listed, *OTHERS], after=after)
        except StoreError as error:
            failed = error
        if self.judging:
            self.follow(known)
        if failed is not None:
            raise failed

    def follow(self, values: dict[str, float]) -> None:
        """Have the model judge what the engine judged."""
        now = self.desk.now
        for program in self.desk.engine.programs:
            alert, id_ = program.alert, program.rule_id
            lives = self.of(program)
            if not alert.enabled:
                continue
            gone = self.desk.engine.sources[self.desk.cid].gone(CUSTOMER)
            if not on_duty(alert.duty, now):
                for life in lives.values():
                    life.__init__()  # type: ignore[misc]
                continue
            last = self.judged.get(id_)
            gap = now - last if last is not None and timedelta(0) <= now - last <= APART else timedelta(0)
            self.judged[id_] = now
            heard = self.heard.setdefault(id_, set())
            for name, life in lives.items():
                if gap == timedelta(0):
                    life.pause()
                if name in gone or not self.looks(alert, name):
                    life.__init__()  # type: ignore[misc]
                    continue
                value = values.get(name)
                heard |= {name} if value is not None else set()
                life.judge(alert, value, gap, not alert.scope.everybody or name in heard)

    def start(self) -> None:
        """Begin, and hear when the engine comes to judge: it does not while something waits for the store."""
        engine = self.desk.engine
        judge = engine._judge

        def heard(*args: Any) -> None:
            self.judging = True
            judge(*args)

        engine._judge = heard  # type: ignore[method-assign, assignment]

    def looks(self, alert: Alert, name: str) -> bool:
        listed = self.desk.engine.sources[self.desk.cid].tagged(CUSTOMER, "gold")
        return name in (listed if alert.scope.tag else alert.scope.names or NAMES)

    def of(self, program: Program) -> dict[str, Life]:
        return {name: self.lives.setdefault((program.rule_id, name), Life()) for name in NAMES}

    def fail(self) -> None:
        self.desk.fail(self.dice.choice([30, 60]) * timedelta(seconds=1))
        for life in self.lives.values():
            life.pause()

    def wait(self) -> None:
        self.desk.now += self.dice.choice([1, 20, 600]) * timedelta(seconds=1)
        self.desk.engine.round(self.desk.now)

    def jump(self) -> None:
        self.desk.now += self.dice.choice([-3600, 3600, -86_400, 86_400, 30_000_000, -30_000_000, -5]) * timedelta(seconds=1)

    def restart(self) -> None:
        self.settle()
        if self.dice.random() < 0.5:
            self.desk.now += self.dice.choice([0, 5, 7200]) * timedelta(seconds=1)
        before = self.picture()
        self.desk.start()
        self.start()
        assert self.picture() == before
        self.heard.clear()
        self.judged.clear()
        for life in self.lives.values():
            life.pause()
            life.silence = None

    def picture(self) -> dict[tuple[int, str], tuple[NoticeLevel, str]]:
        return {
            (p.rule_id, p.subjects()[r].parts[0][1]): (p.level(r), p.track.phase(r).name)
            for p in self.desk.engine.programs for r in p.track.active_rows()
        }  # fmt: skip

    def trouble(self) -> None:
        def fails(*_: object, **__: object) -> None:
            raise StoreError("The disk is full.")

        self.heal()
        self.trouble_left = self.dice.randint(1, 4)
        store = self.store
        place, name = self.dice.choice([(store.alarms, "commit"), (store.outbox, "list"), (store.blocks, "of_alarm")])
        setattr(place, name, fails)

    def heal(self) -> None:
        self.trouble_left = 0
        commit, listed, of_alarm = self.whole
        self.store.alarms.commit = commit  # type: ignore[method-assign]
        self.store.outbox.list = listed  # type: ignore[method-assign]
        self.store.blocks.of_alarm = of_alarm  # type: ignore[method-assign]

    def settle(self) -> None:
        """Let all that waits be written."""
        self.heal()
        self.desk.engine.round(self.desk.now)

    def edit(self) -> None:
        self.settle()
        alerts = self.store.alerts.all()
        if not alerts:
            return
        old = self.dice.choice(alerts)
        new = any_alert(self.dice, old.title, id=old.id, enabled=self.dice.random() < 0.85)
        for name in self.dice.sample(sorted(EDITS), self.dice.randint(0, len(EDITS))):
            kept = {each: getattr(old, each) for each in EDITS[name]}
            new = replace(new, **kept)
        self.store.alerts.save(new)
        self.desk.engine.load(self.desk.now)
        for name in NAMES:
            self.changed(self.lives.setdefault((old.id or 0, name), Life()), name, old, new)

    def changed(self, life: Life, name: str, old: Alert, new: Alert) -> None:
        """What an edit does to a company: it ends where the alert is off, looks elsewhere, or has no warning any more."""
        off = not new.enabled or name in self.desk.engine.sources[self.desk.cid].gone(CUSTOMER) or not self.looks(new, name)
        if new.no_data is not NoData.ALARM:
            life.silence = None
        if off:
            silence, counts = life.silence, life.silence_counts
            life.__init__()  # type: ignore[misc]
            if new.enabled:
                life.silence, life.silence_counts = silence, counts
        elif old.two_levels and not new.two_levels:
            if not life.bad.alive:
                life.mild.go("off")
            life.bad = replace(life.mild)
        elif not old.two_levels and new.two_levels:
            life.bad = Limit("on", quiet=life.mild.quiet) if life.mild.alive else Limit()

    def new(self) -> None:
        self.settle()
        self.count += 1
        self.store.alerts.save(any_alert(self.dice, f"alert {self.count}"))
        self.desk.engine.load(self.desk.now)

    def delete(self) -> None:
        self.settle()
        alerts = self.store.alerts.all()
        if len(alerts) > 1:
            gone = self.dice.choice(alerts).id or 0
            self.store.alerts.delete(gone)
            self.desk.engine.load(self.desk.now)
            self.lives = {key: life for key, life in self.lives.items() if key[0] != gone}

    def ack(self) -> None:
        self.settle()
        alarms = [a for a in self.desk.engine.active_alarms() if a.id is not None]
        if alarms:
            alarm = self.dice.choice(alarms)
            self.desk.engine.acknowledge(alarm.id or 0, "mira", "", self.desk.now, back=alarm.acked_at is not None)

    def vanish(self) -> None:
        name = self.dice.choice(NAMES)
        self.away ^= {name}
        for _ in range(self.dice.randint(1, 4)):
            self.read(timedelta(seconds=30))

    def look(self) -> None:
        """Test and explain: neither may change anything."""
        if self.trouble_left or not self.desk.engine.alerts:
            return
        before = (self.picture(), self.store.alarms.count_active(), len(self.store.outbox.list(10_000)))
        for alert in self.desk.engine.alerts:
            for subject in (None, (self.desk.cid, Subject.company(CompanyKind.CUSTOMER, self.dice.choice([*NAMES, "nobody"])))):
                assert all(explain(self.desk.engine, alert, subject, self.desk.now))
                evaluate_now(self.desk.engine, any_alert(self.dice, "unsaved"), self.desk.now, subject=subject)
        assert (self.picture(), self.store.alarms.count_active(), len(self.store.outbox.list(10_000))) == before

    # -- what must hold ------------------------------------------------------------------------------------------------

    def check(self) -> None:
        programs = self.desk.engine.programs
        believed = {key: level for key, (level, phase) in self.picture().items() if phase in ("RAISED", "CLEARING")}
        ids = {p.rule_id for p in programs}
        expected = {key: life.level for key, life in self.lives.items() if key[0] in ids and life.level is not None}
        assert believed == expected
        self.desk.engine.snapshot(self.desk.now)
        if self.desk.engine._writer.waiting or self.trouble_left:
            return
        alive = [a for a in self.store.alarms.active() if a.area == "Balance"]
        assert len({a.key for a in alive}) == len(alive)
        assert {(a.key.rule_id, a.key.subject.parts[0][1]): a.level for a in alive} == believed
        assert {a.id for a in self.desk.engine.active_alarms() if a.area == "Balance"} == {a.id for a in alive}

    def check_story(self) -> None:
        """See that each alarm's messages and blocks tell one story."""
        self.settle()
        by_alarm: dict[int, list[Delivery]] = {}
        for delivery in sorted(self.store.outbox.list(100_000), key=lambda d: d.id or 0):
            if delivery.facts.area == "Balance":
                by_alarm.setdefault(delivery.alarm_id or 0, []).append(delivery)
        for alarm_id, told in by_alarm.items():
            alarm = self.store.alarms.get(alarm_id)
            assert alarm is not None
            heard: set[tuple[Any, str]] = set()
            over: set[tuple[Any, str]] = set()
            for delivery in told:
                to, cause = (delivery.channel, delivery.recipient), delivery.facts.cause
                assert to not in over
                assert cause in (Cause.RAISED, Cause.REPEAT) or to in heard
                heard.add(to)
                over |= {to} if cause is Cause.CLEARED else set()
            assert not over or not alarm.active
        blocks = self.store.blocks.all(10_000)
        assert len({b.alarm_id for b in blocks}) == len(blocks)
        assert all(b.state in (BlockState.DUE, BlockState.DRY, BlockState.ASKED) for b in blocks)


#: Fields that an edit may leave as they were, together.
EDITS: dict[str, tuple[str, ...]] = {
    "limits": ("operator", "threshold", "reset", "warn_threshold", "warn_reset"),
    "scope": ("scope",),
    "waits": ("hold", "keep"),
    "no data": ("no_data", "no_data_after"),
    "hours": ("duty",),
    "rest": ("repeat", "penalty", "tray", "recipients", "tell_recovery", "enabled"),
}


@contextmanager
def a_night(seed: int) -> Iterator[Night]:
    folder = Path(tempfile.mkdtemp())
    try:
        night = Night(folder, random.Random(seed))
        try:
            yield night
        finally:
            night.store.close()
    finally:
        shutil.rmtree(folder)


@pytest.mark.timeout(300)
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9), st.lists(st.sampled_from(OPS), min_size=20, max_size=70))
def test_any_life_is_as_the_model_says(seed: int, ops: list[str]) -> None:
    errors: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: errors.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        with a_night(seed) as night:
            for op in ops:
                night.step(op)
            night.check_story()
    finally:
        logging.getLogger().removeHandler(handler)
    assert errors == []
