"""Objects for the store's tests, and the programs that are killed in the middle of their work."""

import os
import signal
import sys
from dataclasses import fields, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from noc_alerts.metrics.columns import NO_TIME, Calls, make_calls
from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKey, RuleKind, RuleState, Told, Transition
from noc_alerts.model.alerts import Alert, Area, NoData, NoticeLevel, Operator, Penalty, Scope
from noc_alerts.model.companies import CompanyKind, Dimension, Subject
from noc_alerts.model.connections import BadRecord
from noc_alerts.model.deliveries import Cause, Channel, Delivery, Facts
from noc_alerts.model.events import Event, EventType
from noc_alerts.model.ledger import Change, Ledger
from noc_alerts.model.schedules import Duty, Repeat
from noc_alerts.store import open_store
from noc_alerts.store.database import Database

NOW = datetime(2026, 11, 21, 20, 0, 0, 123456, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
SECOND = timedelta(seconds=1)
PAGE = 100


def make_page(first: int, count: int, *, start_ms: int = NOW_MS, step_ms: int = 1000, gateway: str = "") -> Calls:
    """Make records `first` ... with a setup every step; every second one is answered."""
    n = np.arange(first, first + count, dtype=np.int64)
    setup = start_ms + n * step_ms
    answered = n % 2 == 0
    return make_calls(
        ids=[f"id-{i}" for i in n.tolist()],
        call_ids=[f"call-{i}@host" for i in n.tolist()],
        setup_ms=setup,
        ring_ms=np.where(n % 3 == 0, setup + 700, NO_TIME),
        answer_ms=np.where(answered, setup + 2000, NO_TIME),
        end_ms=setup + np.where(answered, 62_000, 3000),
        sip_code=np.where(answered, 200, 486),
        cost_u=n * 7,
        text={
            Dimension.CLIENT: [f"customer {i % 5}" for i in n.tolist()],
            Dimension.GATEWAY: [gateway or f"carrier {i % 3}" for i in n.tolist()],
            Dimension.DST: [f"44{i}" for i in n.tolist()],
        },
        sip_reason=["OK" if i % 2 == 0 else "Busy" for i in n.tolist()],
    )


def assert_same(found: Calls, expected: Calls) -> None:
    """Fail unless both have the very same columns."""
    for f in fields(Calls):
        a, b = getattr(found, f.name), getattr(expected, f.name)
        if isinstance(b, np.ndarray):
            assert a.dtype == b.dtype, f.name
            np.testing.assert_array_equal(a, b, err_msg=f.name)
        else:
            assert a == b, f.name


def make_alert(title: str = "ASR of carriers", **changes: object) -> Alert:
    """Make an alert with every field away from its default."""
    alert = Alert(
        id=None,
        title=title,
        scope=Scope(CompanyKind.CARRIER, ("alpha", "bravo; =%")),
        area=Area.ASR,
        operator=Operator.LT,
        threshold=30.5,
        reset=40.25,
        sample_period=timedelta(minutes=7),
        min_calls=50,
        hold=timedelta(minutes=2),
        keep=timedelta(seconds=90, milliseconds=5),
        level=NoticeLevel.CRITICAL,
        recipients=("noc@example.org", "night@example.org"),
        tray=False,
        tell_recovery=False,
        enabled=False,
        paused_until=NOW,
    )
    return replace(alert, **changes)  # type: ignore[arg-type]  # the caller names fields of Alert


def make_whole_alert(title: str = "Everything", **changes: object) -> Alert:
    """Make an alert with the later fields away from their defaults too."""
    whole = make_alert(
        title,
        scope=Scope(CompanyKind.CUSTOMER, tag="gold; =%"),
        warn_threshold=50.5,
        warn_reset=60.0,
        strict=True,
        no_data=NoData.ALARM,
        no_data_after=timedelta(minutes=3),
        duty=Duty(frozenset({0, 4, 6}), time(22), time(6), "Europe/Zurich"),
        repeat=Repeat.daily(time(8, 30), "Asia/Kathmandu"),
        penalty=Penalty(timedelta(hours=1), True, timedelta(minutes=5), True),
        template="night",
        script="spare",
        tray=True,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]  # the caller names fields of Alert


def make_key(number: int = 1) -> RuleKey:
    """Make a key of a rule on carrier <number>."""
    return RuleKey(RuleKind.ALERT, 1, 1, Subject.company(CompanyKind.CARRIER, f"carrier;{number}=%"))


def make_facts(level: str = "critical", cause: Cause = Cause.RAISED) -> Facts:
    """Make what a message tells."""
    return Facts(
        cause=cause,
        title="ASR of carriers",
        level=level,
        subject="carrier bravo",
        company="bravo",
        switch="Kamailio",
        area="ASR",
        operator="<",
        threshold=30.0,
        reset=None,
        value=12.5,
        unit="%",
        limit="< 30 %",
        calls=120,
        rests_on="attempts",
        sample_period_s=300,
        at=NOW,
        since=NOW - SECOND,
        worst=10.0,
        reason="breached",
        demo=True,
    )


def make_delivery(number: int = 1, **changes: object) -> Delivery:
    """Make a waiting mail."""
    delivery = Delivery(
        channel=Channel.EMAIL,
        recipient="noc@example.org",
        facts=make_facts(),
        message_id=f"<{number}@example.org>",
        created_at=NOW + number * SECOND,
        next_at=NOW + number * SECOND,
    )
    return replace(delivery, **changes)  # type: ignore[arg-type]  # the caller names fields of Delivery


def make_alarm(number: int = 1, **changes: object) -> Alarm:
    """Make a new alarm on carrier <number>."""
    alarm = Alarm(
        id=None,
        key=make_key(number),
        title="ASR of carriers",
        level=NoticeLevel.CRITICAL,
        area="ASR",
        unit="%",
        limit="< 30 %",
        raised_at=NOW + number * SECOND,
        value=12.5,
        calls=120,
        worst=10.0,
        value_at=NOW + number * SECOND,
    )
    return replace(alarm, **changes)  # type: ignore[arg-type]  # the caller names fields of Alarm


def raised(number: int = 1) -> Change:
    """Make the change that raises the alarm on carrier <number> and tells two recipients."""
    alarm = make_alarm(number)
    key, at = alarm.key, alarm.raised_at
    return Change(
        transition=Transition(key, at, Phase.NORMAL, Phase.RAISED, Reason.BREACHED, 12.5, 120, "ASR 12.5 %", told=Told.TOLD),
        state=RuleState(key, Phase.RAISED, at, 0, None),
        alarm=alarm,
        event=Event(at, EventType.ALARM, "ASR of carriers", "carrier bravo", "raised", connection_id=1),
        deliveries=(make_delivery(number * 2), make_delivery(number * 2 + 1, recipient="night@example.org")),
    )


def ingest_for_ever(folder: Path) -> None:
    """Ingest page after page, each reaching back into the one before, until killed."""
    store = open_store(folder)
    first = int(store.calls.cursor(1) or 0)
    while True:
        page = make_page(max(0, first - PAGE // 4), PAGE)
        first = max(0, first - PAGE // 4) + PAGE
        store.calls.ingest(1, page, str(first), [BadRecord(f"line {first}", "end before answer")], NOW)
        sys.stdout.write("x\n")
        sys.stdout.flush()


def commit_for_ever(folder: Path) -> None:
    """Commit ledgers of three alarms each until killed."""
    store = open_store(folder)
    number = store.alarms.count_active()
    while True:
        store.alarms.commit(Ledger(changes=tuple(raised(number + i) for i in range(3))))
        number += 3
        sys.stdout.write("x\n")
        sys.stdout.flush()


def die_at(db: Database, statement: int) -> None:
    """Have this process killed just before its n-th next statement, or before its n-th commit when n is negative."""
    left = abs(statement)

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(db._engine, "before_cursor_execute" if statement > 0 else "commit", count)


def ingest_once(folder: Path, statement: int) -> None:
    """Ingest a page onto what is there and die at a statement of it."""
    store = open_store(folder)
    die_at(store._calls, statement)
    store.calls.ingest(1, make_page(0, PAGE), "100", [BadRecord("line 1", "end before answer")], NOW)


def commit_once(folder: Path, statement: int) -> None:
    """Commit a ledger and die at a statement of it."""
    store = open_store(folder)
    die_at(store._noc, statement)
    store.alarms.commit(Ledger(changes=(raised(1), raised(2))))


if __name__ == "__main__":
    what, where = sys.argv[1], Path(sys.argv[2])
    if len(sys.argv) == 3:
        {"ingest": ingest_for_ever, "commit": commit_for_ever}[what](where)
    else:
        {"ingest": ingest_once, "commit": commit_once}[what](where, int(sys.argv[3]))
