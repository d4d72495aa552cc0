"""The main job against the real switch: real calls in, one alarm out, seen in the window, one mail in a real mail server."""

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from aiosmtpd.controller import Controller
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from noc_alerts.engine.news import News, Rounded
from noc_alerts.model.alarms import Phase
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import Clock, Connection, SwitchKind
from noc_alerts.notify.smtp_settings import Security, SmtpSettings
from noc_alerts.paths import open_profile
from noc_alerts.secrets import variable_for
from noc_alerts.settings import Messages, save
from noc_alerts.store import open_store
from noc_alerts.switches.factory import secret_name
from tests.live.conftest import Rig

#: Seconds of traffic, calls/s, start and length of the incident. NOC_INCIDENT=240:10:90:60 is the figure in the release notes.
SECONDS, CPS, AT, FOR = (int(part) for part in os.environ.get("NOC_INCIDENT", "150:10:50:60").split(":"))
WINDOW_MS = 60_000
CARRIER = CompanyKind.CARRIER.dimension
PAGES = ("overview", "alerts", "companies", "charts", "events", "switches", "settings")


@dataclass
class Mailbox:
    """A mail server that keeps what it is given."""

    mails: list[Message] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's own name
        """Keep a mail."""
        self.mails.append(BytesParser().parsebytes(envelope.content))
        return "250 2.0.0 kept"


@dataclass(frozen=True)
class Sample:
    """The live ASR of a carrier as the rule saw it. Window in ms."""

    carrier: str
    from_ms: int
    as_of_ms: int
    asr: float


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


def prepare(folder: Path, rig: Rig, port: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Make a profile that watches the rig with the one alert; give the connection's id."""
    store = open_store(open_profile(folder).folder)
    cid = store.connections.save(
        Connection(None, "rig", SwitchKind.KAMAILIO, rig.options, Clock.OUTCOME, timedelta(seconds=5))
    ).id
    assert cid is not None
    store.alerts.save(
        Alert(
            None,
            "Carrier ASR",
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
    )
    smtp = SmtpSettings("127.0.0.1", port, Security.NONE, "alerts@example.net")
    save(store.settings, Messages(smtp=smtp))
    store.close()
    for name, value in rig.secrets.items():
        monkeypatch.setenv(variable_for(secret_name(cid, name)), value)
    return cid


def hindsight(rig: Rig, samples: list[Sample]) -> list[float]:
    """Give for each sample the ASR by outcome time from all records, after everything ended. Same order."""
    with psycopg.connect(f"{rig.database_url}?password={rig.database_password}") as base:
        rows = base.execute("select carrier, t_answer, t_end from cdrs").fetchall()
    carrier = np.array([r[0] for r in rows])
    answered = np.array([r[1] is not None for r in rows])
    outcome = np.array([float(r[1] if r[1] is not None else r[2]) * 1000 for r in rows])
    found = []
    for s in samples:
        inside = (carrier == s.carrier) & (outcome >= s.from_ms) & (outcome < s.as_of_ms)
        found.append(100 * answered[inside].sum() / max(1, inside.sum()))
    return found


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Run the window's loop until something is so, or the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        QTest.qWait(200)
    return condition()


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.timeout(500)
def test_the_window_sees_the_incident(
    rig: Rig, mailbox: tuple[Mailbox, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    from ui.app import App
    from ui.theme import Appearance, theme

    box, port = mailbox
    cid = prepare(tmp_path / "profile", rig, port, monkeypatch)
    samples: list[Sample] = []
    shots = Path(os.environ.get("NOC_SHOTS", tmp_path))
    with ExitStack() as stack:
        theme.start(Appearance.DARK)
        app = App(open_profile(tmp_path / "profile"), stack, demo=False)
        app.window.resize(1600, 1000)
        app.window.show()
        app.build()
        assert app.context is not None
        service = app.context.service

        def sample(news: News) -> None:
            """On the engine thread: keep what the rule sees."""
            if not isinstance(news, Rounded) or not service.engine.programs:
                return
            program = service.engine.programs[0]
            as_of = program.source.as_of
            if as_of is None or program.judged_at != as_of:
                return
            ring = program.source.view(((CARRIER,), ())).ring(WINDOW_MS)
            for row, subject in enumerate(program.subjects()):
                value, _ = program.value(row)
                if value is not None:
                    samples.append(Sample(subject.parts[0][1], ring.from_ms, round(as_of.timestamp() * 1000), value))

        service.listen(sample)
        traffic = rig.traffic(SECONDS, CPS, [f"bravo:asr:{AT}:{FOR}"])
        store = service.store
        assert wait_until(lambda: bool(store.alarms.active()), AT + FOR + 30), "no alarm was raised"
        QTest.qWait(6000)
        for page in PAGES:
            app.window.open_page(page)
            QTest.qWait(700)
            app.window.grab().save(str(shots / f"live-{page}.png"))
        app.window.open_page("overview")
        assert wait_until(lambda: not store.alarms.active(), FOR + 120), "the alarm did not clear"
        assert wait_until(lambda: traffic.poll() is not None, 200), "the traffic did not end"
        assert wait_until(lambda: store.outbox.waiting() == 0, 30)
        QTest.qWait(6000)
        truth = json.loads(traffic.communicate()[0])
        transitions = store.alarms.transitions_of(_alert_kind(), 1, 100)
        mails = list(box.mails)
        waiting = store.outbox.waiting()
        kept = store.calls.count(cid)
        app.quit()
    app.destroy()
    _check(rig, truth, transitions, mails, samples, waiting, kept)


def _alert_kind() -> Any:
    from noc_alerts.model.alarms import RuleKind

    return RuleKind.ALERT


def _check(
    rig: Rig, truth: dict[str, Any], transitions: list[Any], mails: list[Message], samples: list[Sample], waiting: int, kept: int
) -> None:
    began = datetime.fromtimestamp(truth["incidents"][0]["on"], UTC)
    ended = datetime.fromtimestamp(truth["incidents"][0]["off"], UTC)
    # When the traffic stops, the last minute holds fewer and fewer calls, and those that took longest to fail
    stopped = datetime.fromtimestamp(truth["start"] + truth["seconds"], UTC)
    raised = [t for t in transitions if t.after is Phase.RAISED and t.at < stopped]
    alarms = {t.alarm_id for t in raised}
    cleared = [t for t in transitions if t.after is Phase.NORMAL and t.alarm_id in alarms]
    assert [t.key.subject.label for t in raised] == ["carrier bravo"]
    assert began < raised[0].at <= began + timedelta(seconds=70)
    assert [t.key.subject.label for t in cleared] == ["carrier bravo"]
    assert cleared[0].at > ended
    mails = [m for m in mails if "bravo" in str(m["Subject"])]
    assert len(mails) == 2, [str(m["Subject"]) for m in mails]
    assert waiting == 0
    threads = {str(m["Message-ID"]): str(m.get("In-Reply-To", "")) for m in mails}
    assert sum(reply in threads for reply in threads.values()) == 1  # the recovery answers the alarm's mail
    found = hindsight(rig, samples)
    off = [abs(s.asr - f) for s, f in zip(samples, found, strict=True)]
    worst = max(off)
    sys.stderr.write(
        f"\nraised {(raised[0].at - began).total_seconds():.1f} s after the start of the incident, "
        f"cleared {(cleared[0].at - ended).total_seconds():.1f} s after its end; {kept} records; "
        f"{len(samples)} live ASR values, off by {np.median(off):.2f} (median), {worst:.2f} (most) points\n"
    )
    assert len(samples) > 60
    assert worst <= 3.0
