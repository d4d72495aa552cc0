"""From a record visible at the account's API to the alarm raised: the real service polls an account that we fill.

The account answers `POST cdr` from a list that grows. Each burst becomes visible just after a poll was answered, which is
the worst moment: nearly a whole interval passes before it is asked for.
"""

from __future__ import annotations

import tempfile
import threading
import time
from bisect import insort
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from noc_alerts.demo import MemoryKeyring
from noc_alerts.engine.news import AlarmsChanged, News
from noc_alerts.model.alarms import Phase
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import Clock, Connection, SwitchKind
from noc_alerts.scheduler import Service
from noc_alerts.secrets import Secrets
from noc_alerts.store import open_store
from noc_alerts.switches.factory import secret_name
from tests.bench.figures import Figure, middle
from tests.bench.loopback import serving
from tests.bench.traffic import rules

POLL = timedelta(seconds=1)
BURSTS, BURST_CALLS = 10, 80
CUSTOMERS, OTHER_RULES = 500, 300
PATIENCE_S = 20.0


class Account:
    """An account whose records appear when `show` is called."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, int, dict[str, Any]]] = []
        self._lock = threading.Lock()
        self._made = 0
        self.answered = threading.Event()  # a question about records was answered
        self._lists = {
            "customer": [{"id": str(1000 + i), "name": f"customer {i}", "credit": "100"} for i in range(CUSTOMERS)],
            "carrier": [{"id": str(i + 1), "name": f"carrier {i}"} for i in range(BURSTS + 5)],
        }

    def show(self, carrier: int, count: int, code: int, now: datetime) -> None:
        """Make calls visible that have just ended."""
        with self._lock:
            for i in range(count):
                self._made += 1
                began = now - timedelta(seconds=4, milliseconds=count - i)
                dt = began.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
                row = {
                    "dt": dt,
                    "callid": f"call-{self._made}",
                    "customer_id": str(1000 + self._made % CUSTOMERS),
                    "provider_id": carrier,
                    "duration": 2 if code == 200 else 0,
                    "pdd_out": 500,
                    "ring_duration": 1,
                    "sip_code": code,
                }
                insort(self._rows, (dt, self._made, row))

    def answer(self, path: str, body: bytes) -> bytes:
        """Answer a request."""
        last = path.split("?")[0].rstrip("/").rpartition("/")[2]
        if last != "cdr":
            return msgspec.json.encode(self._lists.get(last, []))
        asked = msgspec.json.decode(body)
        since, until, longer, code = "", "9", -1, 0
        for rule in asked["where"]["rules"]:
            match rule["field"], rule["condition"]:
                case "dt", ">=":
                    since = rule["data"]
                case "dt", _:
                    until = rule["data"]
                case "duration", _:
                    longer = rule["data"]
                case "sip_code", _:
                    code = rule["data"]
        with self._lock:
            found = [r for dt, _, r in self._rows if since <= dt < until and r["duration"] > longer and r["sip_code"] >= code]
        raw = msgspec.json.encode(found[: asked["limit"]])
        self.answered.set()
        return raw


class Ear:
    """A listener that notes when an alarm of our alert was raised."""

    def __init__(self, rule_id: int) -> None:
        self._rule_id = rule_id
        self.raised: dict[str, float] = {}
        self.heard = threading.Condition()

    def __call__(self, news: News) -> None:
        """Take news."""
        if not isinstance(news, AlarmsChanged):
            return
        now = time.perf_counter()
        with self.heard:
            for change in news.changes:
                key = change.state.key
                if key.rule_id == self._rule_id and change.state.phase is Phase.RAISED:
                    self.raised.setdefault(key.subject.parts[0][1], now)
            self.heard.notify_all()


def measure() -> list[Figure]:
    """Measure ten bursts on ten carriers."""
    account = Account()
    with tempfile.TemporaryDirectory(prefix="noc_alerts-bench-") as folder, serving(account.answer) as port:
        store = open_store(Path(folder))
        options = {"base_url": f"http://127.0.0.1:{port}/api/cp/", "auth": "token", "history_days": "0.01"}
        cid = store.connections.save(Connection(None, "bench", SwitchKind.CONNEXCS, options, Clock.END, POLL)).id or 0
        minute = timedelta(minutes=1)
        carriers = Scope(CompanyKind.CARRIER)
        watched = store.alerts.save(
            Alert(
                None, "collapsed", carriers, Area.ASR, Operator.LT, 20, None, minute, 50, level=NoticeLevel.CRITICAL, tray=False
            )
        )
        for alert in rules(OTHER_RULES):
            store.alerts.save(replace(alert, id=None))
        secrets = Secrets(Path(folder), keyring=MemoryKeyring())
        secrets.set(secret_name(cid, "token"), "benchmark")
        service = Service(store, secrets)
        ear = Ear(watched.id or 0)
        service.listen(ear)
        service.start()
        try:
            took = [_burst(account, ear, i) for i in range(BURSTS)]
        finally:
            service.stop()
    late = [(each - POLL.total_seconds()) * 1000 for each in took]
    how = (
        f"median of {BURSTS} bursts, each visible just after a poll was answered; worst {max(late):.0f}; interval "
        f"{POLL.total_seconds():.0f} s, {OTHER_RULES} other rules"
    )
    return [
        Figure("alarm_delay", "record visible at the API to alarm raised, beyond the interval", middle(late), "ms", 250, how=how)
    ]


def _burst(account: Account, ear: Ear, number: int) -> float:
    """Let a carrier collapse just after a poll; give the seconds until its alarm was raised."""
    carrier = f"carrier {number}"
    account.answered.clear()
    if not account.answered.wait(PATIENCE_S):
        raise RuntimeError("The service does not ask the account.")
    time.sleep(0.03)  # a reading may ask several times; only what comes after all of them is a whole interval late
    account.show(number + 1, BURST_CALLS, 503, datetime.now(UTC))
    shown = time.perf_counter()
    with ear.heard:
        if not ear.heard.wait_for(lambda: carrier in ear.raised, PATIENCE_S):
            raise RuntimeError(f"No alarm was raised on {carrier}.")
        return ear.raised[carrier] - shown
