"""`noc-alerts watch`: the engine without a window; what happens, a line each."""

import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType

from noc_alerts.demo import MemoryKeyring, demo_switch
from noc_alerts.engine.news import AlarmsChanged, News, Rounded, Snapshot, StoreTrouble
from noc_alerts.logs import start_logging
from noc_alerts.model.alarms import Phase, Reason
from noc_alerts.model.alerts import Area
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import HealthState
from noc_alerts.model.errors import BadInput
from noc_alerts.notify.words import format_value
from noc_alerts.paths import default_folder, hold, open_profile
from noc_alerts.scheduler import Service, utc_now
from noc_alerts.secrets import Secrets
from noc_alerts.store import open_store

#: So often the state of the carriers is printed when nothing happens.
SUMMARY = timedelta(seconds=30)


#: (was in alarm, phase afterwards) -> what the line begins with.
_WORDS = {
    (False, Phase.RAISED): "ALARM",
    (False, Phase.PENDING): "pending",
    (False, Phase.NORMAL): "calm",
    (True, Phase.CLEARING): "clearing",
    (True, Phase.RAISED): "relapse",
    (True, Phase.NORMAL): "cleared",
}
_LEVEL_WORDS = {Reason.ESCALATED: "CRITICAL", Reason.EASED: "warning"}


class Printer:
    """Prints news as lines; called on core threads, one at a time by the lock."""

    def __init__(self, on_gone: Callable[[], None] = lambda: None) -> None:
        """`on_gone` is called when nobody reads the lines any more (a closed pipe)."""
        self._on_gone = on_gone
        self._lock = threading.Lock()
        self._health: dict[int, tuple[HealthState, str]] = {}
        self._summed_at: datetime | None = None

    def hear(self, news: News) -> None:
        """Print what a person would want to know."""
        with self._lock:
            match news:
                case Rounded(snapshot):
                    self._print_health(snapshot)
                    self._print_summary(snapshot)
                case AlarmsChanged(changes):
                    for change in changes:
                        move = (change.transition.before.in_alarm, change.transition.after)
                        word = _LEVEL_WORDS.get(change.transition.reason) or _WORDS[move]
                        subject = change.transition.key.subject.label or "switch"
                        title = change.alarm.title if change.alarm else ""
                        self._line(change.transition.at, f"{word:8} {subject}: {change.transition.text} {title}".rstrip())
                case StoreTrouble(sentence) if sentence:
                    self._line(utc_now(), f"store    {sentence}")
                case _:
                    pass

    def _print_health(self, snapshot: Snapshot) -> None:
        for line in snapshot.switches:
            state = (line.health.state, line.health.sentence)
            if self._health.get(line.health.connection_id) != state:
                self._health[line.health.connection_id] = state
                self._line(snapshot.at, f"{state[0].value:8} {line.connection.name}  {state[1]}".rstrip())

    def _print_summary(self, snapshot: Snapshot) -> None:
        unread = any(line.as_of is None and line.health.state is not HealthState.OFF for line in snapshot.switches)
        if (self._summed_at is not None and snapshot.at - self._summed_at < SUMMARY) or not snapshot.companies or unread:
            return
        self._summed_at = snapshot.at
        carriers = [c for c in snapshot.companies if c.kind is CompanyKind.CARRIER]
        words = [f"{c.name} {format_value(c.asr.value, '%', Area.ASR.value)} of {c.attempts:,}" for c in carriers]
        self._line(snapshot.at, "ASR, 1 h " + ", ".join(words))

    def _line(self, at: datetime, text: str) -> None:
        try:
            print(f"{at:%H:%M:%S} {text}", flush=True)
        except BrokenPipeError:
            self._on_gone()


def run_watch(folder: Path | None, *, demo: bool, for_: timedelta | None, verbose: bool) -> int:
    """Watch until the time is over or the program is ended (Ctrl+C, TERM)."""
    if folder is None and demo:
        folder = default_folder() / "demo"
    profile = open_profile(folder)
    start_logging(profile.log_folder, verbose=verbose)
    over = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        over.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    with ExitStack() as stack:
        stack.enter_context(hold(profile))
        store = open_store(profile.folder)
        stack.callback(store.close)
        secrets = Secrets(profile.folder, keyring=MemoryKeyring() if demo else None)
        if demo:
            stack.enter_context(demo_switch(store, secrets, utc_now()))
        elif not any(c.enabled and c.live for c in store.connections.all()):
            raise BadInput("No switch is connected and switched on. Connect one in the window, or try: noc-alerts watch --demo")
        service = Service(store, secrets, demo=demo)
        service.listen(Printer(over.set).hear)
        try:
            service.start()
            over.wait(for_.total_seconds() if for_ else None)
        finally:
            service.stop()
    return 0
