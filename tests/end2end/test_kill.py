"""kill -9 at random moments: no record twice, none missing, no alarm lost, no mail lost; a repeated mail has the same Message-ID.

NOC_KILLS says how often (25 here; 200 for the figure in the release notes).
"""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from noc_alerts.model.alarms import Phase, Told
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import Clock, Connection, SwitchKind
from noc_alerts.model.deliveries import Cause, Channel, DeliveryState
from noc_alerts.notify.smtp_settings import Security, SmtpSettings
from noc_alerts.secrets import variable_for
from noc_alerts.settings import Messages, save
from noc_alerts.store import Store, open_store
from noc_alerts.switches.connexcs import ConnexCS
from noc_alerts.switches.demo import DemoSwitch
from noc_alerts.switches.factory import secret_name

KILLS = int(os.environ.get("NOC_KILLS", "25"))
ROOT = Path(__file__).parents[2]
OPTIONS = {"auth": "token", "history_days": "0.02", "late_s": "0", "longest_call_hours": "1"}


@dataclass
class Mailbox:
    """A mail server that keeps Message-IDs and subjects as they come."""

    ids: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's own name
        """Keep a mail and say so a little later: a kill in between makes the program repeat it."""
        self.ids.append(str(BytesParser().parsebytes(envelope.content)["Message-ID"]))
        await asyncio.sleep(0.05)
        return "250 2.0.0 kept"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture
def switch() -> Iterator[DemoSwitch]:
    switch = DemoSwitch(history=timedelta(minutes=40), calls_per_s=40)
    yield switch
    switch.stop()


def prepare(folder: Path, base_url: str, live_path: str, port: int) -> int:
    """Make a profile with alerts that fire and clear all the time; give the connection's id."""
    store = open_store(folder)
    options = {**OPTIONS, "base_url": base_url, "live_path": live_path}
    connection = Connection(None, "demo", SwitchKind.CONNEXCS, options, Clock.END, timedelta(seconds=1))
    cid = store.connections.save(connection).id
    assert cid is not None
    for threshold in range(20, 400, 20):
        for kind in CompanyKind:
            store.alerts.save(
                Alert(
                    None,
                    f"Channels {kind} {threshold}",
                    Scope(kind),
                    Area.CHANNELS,
                    Operator.GE,
                    threshold,
                    None,
                    None,
                    level=NoticeLevel.WARNING,
                    recipients=("noc@example.net",),
                    tray=False,
                )
            )
    save(store.settings, Messages(smtp=SmtpSettings("127.0.0.1", port, Security.NONE, "alerts@example.net"), tray=False))
    store.close()
    return cid


def watch(folder: Path, env: dict[str, str], *more: str) -> "subprocess.Popen[bytes]":
    """Start the program without a window."""
    command = [sys.executable, "-m", "noc_alerts", "--profile", str(folder), "watch", *more]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.end2end
@pytest.mark.slow
@pytest.mark.timeout(120 + KILLS * 6)
def test_nothing_is_lost(tmp_path: Path, mailbox: tuple[Mailbox, int], switch: DemoSwitch) -> None:
    box, port = mailbox
    folder = tmp_path / "profile"
    folder.mkdir(mode=0o700)
    base_url = switch.start()
    cid = prepare(folder, base_url, switch.live_path, port)
    env = {**os.environ, variable_for(secret_name(cid, "token")): switch.token}
    dice = random.Random(7)
    for _ in range(KILLS):
        process = watch(folder, env)
        time.sleep(dice.uniform(0.5, 3.0))
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    process = watch(folder, env, "--for", "15s")
    assert process.wait(60) == 0
    until = datetime.now(UTC)
    store = open_store(folder)
    try:
        _check_records(store, cid, base_url, switch, until)
        _check_alarms(store, box)
    finally:
        store.close()


def _check_records(store: Store, cid: int, base_url: str, switch: DemoSwitch, until: datetime) -> None:
    """The store holds what the switch told, each record once: all that ended in the span that was surely read."""
    reader = ConnexCS({**OPTIONS, "base_url": base_url}, {"token": switch.token})
    truth = {}
    for page in reader.pages(None, until):
        for i, key in enumerate(page.calls.ids):
            truth[key] = (int(page.calls.setup_ms[i]), int(page.calls.end_ms[i]))
    reader.close()
    now = round(until.timestamp() * 1000)
    kept: Counter[str] = Counter()
    for page in store.calls.read([cid], 0, now + 3_600_000, Clock.END):
        kept.update(page.ids)
    assert max(kept.values()) == 1
    assert len(kept) > 5000
    began = min(setup for setup, _ in truth.values())
    due = {key for key, (setup, end) in truth.items() if setup >= began + 60_000 and end < now - 15_000}
    missing = due - set(kept)
    assert not missing, f"{len(missing)} of {len(due)} records are missing"


def _check_alarms(store: Store, box: Mailbox) -> None:
    """Every life of an alarm is whole, and every mail it asked for arrived at least once under its own Message-ID."""
    deliveries = store.outbox.list(1_000_000)
    by_alarm: dict[int, Counter[Cause]] = {}
    for delivery in deliveries:
        assert delivery.channel is Channel.EMAIL
        assert delivery.state is DeliveryState.SENT, (delivery.state, delivery.answer)
        by_alarm.setdefault(delivery.alarm_id or 0, Counter())[delivery.facts.cause] += 1
    raised = 0
    for alert in store.alerts.all():
        transitions = sorted(store.alarms.transitions_of(_kind(), alert.id or 0, 1_000_000), key=lambda t: t.id or 0)
        phases: dict[Any, Phase] = {}
        for t in transitions:
            assert phases.get(t.key, Phase.NORMAL) is t.before, "a change does not follow from the one before"
            phases[t.key] = t.after
            assert t.told == Told.TOLD.value
            assert t.alarm_id is not None and store.alarms.get(t.alarm_id) is not None
            raised += t.after is Phase.RAISED
            cause = Cause.RAISED if t.after is Phase.RAISED else Cause.CLEARED
            assert by_alarm[t.alarm_id][cause] == 1
        active = {a.key for a in store.alarms.active() if a.key.rule_id == alert.id}
        assert active == {key for key, phase in phases.items() if phase is Phase.RAISED}
    assert raised > 50
    wanted = {d.message_id for d in deliveries}
    got = Counter(box.ids)
    assert set(got) == wanted, f"lost {len(wanted - set(got))}, unknown {len(set(got) - wanted)}"
    repeated = sum(count - 1 for count in got.values())
    assert repeated <= KILLS
    sys.stderr.write(f"\n{KILLS} kills: {raised} alarms raised, {len(wanted)} mails, {repeated} of them repeated\n")


def _kind() -> Any:
    from noc_alerts.model.alarms import RuleKind

    return RuleKind.ALERT
