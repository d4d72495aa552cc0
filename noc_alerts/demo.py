"""The demo profile: the built-in switch, a connection to it, and a first set of alerts to look at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, time, timedelta
from importlib import resources

from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import Clock, Connection, SwitchKind
from noc_alerts.model.schedules import Repeat
from noc_alerts.model.scripts import Script
from noc_alerts.secrets import Secrets
from noc_alerts.store import Store
from noc_alerts.switches.demo import DemoSwitch
from noc_alerts.switches.factory import secret_name

NAME = "demo-1"
POLL = timedelta(seconds=5)

MIN = timedelta(minutes=1)
CARRIERS, CUSTOMERS = Scope(CompanyKind.CARRIER), Scope(CompanyKind.CUSTOMER)
CRITICAL, WARNING = NoticeLevel.CRITICAL, NoticeLevel.WARNING

#: Under this key the settings keep when the demo's world began, and for so long it is taken up again.
WORLD = "demo_began_at"
TAKEN_UP = timedelta(hours=4)

#: Two hours at once are there within a second; the demo's records appear at once and its calls are two hours at most.
READ = {"history_days": "0.09", "late_s": "2", "longest_call_hours": "2"}

#: What the demo watches when it starts for the first time.
ALERTS = (
    Alert(None, "Carrier ASR collapsed", CARRIERS, Area.ASR, Operator.LE, 20, 28, MIN, 40, level=CRITICAL),
    Alert(None, "Low ASR, carriers", CARRIERS, Area.ASR, Operator.LT, 28, 33, 5 * MIN, 50, keep=MIN, level=WARNING),
    Alert(None, "PDD high, carriers", CARRIERS, Area.PDD, Operator.GT, 4.5, 4, 5 * MIN, 30, level=WARNING),
    Alert(None, "Short calls, carriers", CARRIERS, Area.ACD, Operator.LT, 45, 60, 5 * MIN, 30, level=WARNING),
    Alert(None, "Low ASR, customers", CUSTOMERS, Area.ASR, Operator.LT, 25, 30, 5 * MIN, 50, hold=MIN, level=WARNING),
    Alert(None, "Balance low", CUSTOMERS, Area.BALANCE, Operator.LT, 20, 50, None, level=CRITICAL,
          warn_threshold=100, warn_reset=150),
    Alert(None, "Call rate high, customers", CUSTOMERS, Area.CPS, Operator.GT, 8, 6, MIN, level=WARNING),
    Alert(None, "Failures in a row", CARRIERS, Area.CONSECUTIVE_FAILURES, Operator.GE, 25, 5, 5 * MIN, 1, keep=2 * MIN,
          level=WARNING),
    Alert(None, "Daily balance", CUSTOMERS, Area.BALANCE, Operator.ALWAYS, None, sample_period=None, level=NoticeLevel.NONE,
          repeat=Repeat.daily(time(8), "UTC"), template="report"),
    Alert(None, "Numbers called too often", CUSTOMERS, Area.SCRIPT, Operator.GT, None, sample_period=15 * MIN, level=WARNING,
          script="Numbers called too often"),
)  # fmt: skip

#: The scripts the demo begins with: file -> name.
SCRIPTS = {"number_called_too_often": "Numbers called too often", "cli_blocks": "CLI blocks"}


class MemoryKeyring:
    """A keyring that is gone with the program: the demo's secrets are made anew at each start."""

    priority: float = 1.0

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str, /) -> str | None:
        """Give a secret."""
        return self._kept.get((service, username))

    def set_password(self, service: str, username: str, password: str, /) -> None:
        """Keep a secret."""
        self._kept[service, username] = password

    def delete_password(self, service: str, username: str, /) -> None:
        """Forget a secret."""
        self._kept.pop((service, username), None)


@contextmanager
def demo_switch(store: Store, secrets: Secrets, now: datetime) -> Iterator[DemoSwitch]:
    """Start the built-in switch, connect the profile to it, put its token into `secrets`; stop it at the end.

    A demo that was left less than `TAKEN_UP` ago goes on where it was: its calls are there at once.
    """
    kept = store.settings.get(WORLD)
    began = datetime.fromisoformat(kept) if kept else None
    goes_on = began is not None and timedelta(0) <= now - began < TAKEN_UP
    if began is None or not goes_on:
        began = now
        store.settings.set(WORLD, began.isoformat())
    switch = DemoSwitch(started_at=began)
    base_url = switch.start()
    try:
        connection = _connect(store, base_url, switch.live_path, goes_on=goes_on)
        secrets.set(secret_name(connection.id or 0, "token"), switch.token)
        yield switch
    finally:
        switch.stop()


def _connect(store: Store, base_url: str, live_path: str, *, goes_on: bool) -> Connection:
    """Give the demo's connection at today's address; a profile that never had it gets the first set of alerts too."""
    options = {"base_url": base_url, "auth": "token", "live_path": live_path, **READ}
    for known in store.connections.all():
        if known.demo and known.id is not None:
            if not goes_on:
                store.calls.reset(known.id)  # the calls of another world
            return store.connections.save(replace(known, options=options, clock=Clock.OUTCOME))
    connection = store.connections.save(
        Connection(None, NAME, SwitchKind.CONNEXCS, options, Clock.OUTCOME, POLL, demo=True)
    )
    for stem, name in SCRIPTS.items():
        source = (resources.files("resources") / "scripts" / f"{stem}.js").read_text(encoding="utf-8")
        store.scripts.save(Script(None, name, source, stock=stem))
    for alert in ALERTS:
        store.alerts.save(alert)
    return connection
