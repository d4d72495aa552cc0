"""Which work runs when and on which thread. The core's only reader of the clock, the only user of APScheduler.

Threads: `poll` (one running read a connection), `engine` (exactly one, the only writer of facts), `deliver` (one), `keep`
(housekeeping), `work` (tests and imports a person asked for), `pulse` (a round a second, by a clock that nobody sets).
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar

from apscheduler.executors.pool import ThreadPoolExecutor as JobThreads
from apscheduler.job import Job
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from noc_alerts.engine.asking import Asking
from noc_alerts.engine.engine import Engine
from noc_alerts.engine.news import AlarmsChanged, ChartSpec, Listener, News
from noc_alerts.engine.probes import ImportReport, import_files
from noc_alerts.engine.reads import OutdatedError, Reads
from noc_alerts.engine.script_runs import ScriptRuns
from noc_alerts.engine.scripting import ScriptEnd, ScriptJob
from noc_alerts.engine.telling import Telling
from noc_alerts.model.alerts import Alert
from noc_alerts.model.companies import CompanyKind, Subject
from noc_alerts.model.connections import CheckStep, Connection
from noc_alerts.model.deliveries import Channel
from noc_alerts.model.errors import NocError, StoreError
from noc_alerts.model.scripts import Outcome
from noc_alerts.notify.channels import ChannelSender, TrayChannel, TraySender
from noc_alerts.notify.email import EmailChannel, SmtpSettings, check_smtp
from noc_alerts.secrets import Secrets
from noc_alerts.settings import Messages, Watching, load
from noc_alerts.store import Store
from noc_alerts.switches.factory import SMTP_SECRET, open_switch
from noc_alerts.threads import PollThreads

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
Progress = Callable[[CheckStep], None]

ROUND = timedelta(seconds=1)
DELIVER = timedelta(seconds=1)
KEEP = timedelta(minutes=20)


#: How long after a read of an outdated connection the first read of the new one comes: the old one must be over by then.
AGAIN = timedelta(milliseconds=300)


def utc_now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


class Service:
    """The running program without a window: reads, judges, tells. Give it a store, start it, listen, stop it."""

    def __init__(
        self, store: Store, secrets: Secrets, *, demo: bool = False, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.store = store
        self.secrets = secrets
        self.demo = demo
        self._clock = clock
        self._listeners: list[Listener] = []
        self._engine_thread = ThreadPoolExecutor(1, thread_name_prefix="engine")
        self._work = ThreadPoolExecutor(4, thread_name_prefix="work")
        self._round_waits = threading.Event()
        self._reload_wanted = threading.Event()
        self._pulse = threading.Thread(target=self._beat, name="pulse", daemon=True)
        self._failed_places: set[str] = set()
        self._chart_ids = 0
        self._stopping = threading.Event()
        self._scripts = ScriptRuns(store, secrets.get, lambda: secrets.changes, self._stopping.is_set)
        self.engine = Engine(
            store, self._tell, demo=demo, run_script=lambda job: self._scripts.start(job, self._take_script)
        )
        self._reads = Reads(
            self.engine,
            clock,
            lambda connection: open_switch(connection, secrets.get),
            lambda: secrets.changes,
            lambda work: self._on_engine(work).result(),
            self._note,
            self._stopping,
        )
        email = EmailChannel(
            lambda: load(store.settings, Messages).smtp, lambda: secrets.get(SMTP_SECRET) or "", clock
        )
        self._channels: dict[Channel, ChannelSender] = {Channel.EMAIL: email}
        self._telling = Telling(
            store,
            self._channels,
            clock,
            self._stopping.is_set,
            self._tell,
            lambda: load(store.settings, Messages).link_base,
        )
        self._asking = Asking(
            self.engine, self._telling, self._scripts, clock, lambda work: self._on_engine(work).result(), self._tell
        )
        self._jobs = BackgroundScheduler(
            executors={"default": JobThreads(1), "poll": PollThreads(), "deliver": JobThreads(1), "keep": JobThreads(1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone=UTC,
        )

    # -- life ------------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take over what was going on, then read, judge and tell until `stop`."""
        self._on_engine(self.engine.load, self._clock()).result()
        self._reload_jobs()
        self._jobs.add_job(self._deliver, "interval", seconds=DELIVER.total_seconds(), id="deliver", executor="deliver")
        self._jobs.add_job(self._keep, "interval", seconds=KEEP.total_seconds(), id="keep", executor="keep")
        self._jobs.start()
        self._pulse.start()

    def stop(self) -> None:
        """End all work in order; what is due stays due. Safe to call twice."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._pulse.is_alive():
            self._pulse.join()
        if self._jobs.running:
            self._jobs.shutdown(wait=True)
        self._work.shutdown(wait=True, cancel_futures=True)
        self._scripts.close()
        self._engine_thread.shutdown(wait=True)
        self._reads.close_all_but({})
        self.store.close()

    def listen(self, listener: Listener) -> None:
        """Have news told to `listener`, on core threads."""
        self._listeners.append(listener)

    def show_on_tray(self, sender: TraySender | None) -> None:
        """Give the desktop that tray messages are shown on; None = there is none."""
        if sender is None:
            self._channels.pop(Channel.TRAY, None)
        else:
            self._channels[Channel.TRAY] = TrayChannel(sender)

    def _tell(self, news: News) -> None:
        for listener in self._listeners:
            try:
                listener(news)
            except Exception:  # one bad listener stops nobody else
                log.exception("a listener failed")
        if isinstance(news, AlarmsChanged) and any(c.deliveries for c in news.changes):
            self._soon_job("deliver")

    def _soon_job(self, job_id: str, after: timedelta = timedelta(0)) -> None:
        job = self._jobs.get_job(job_id) if self._jobs.running else None
        if job is not None:
            _run_at(job, utc_now() + after)

    def _beat(self) -> None:
        """Have a round every second; wake jobs that a clock set back would let sleep until it has caught up."""
        while not self._stopping.wait(ROUND.total_seconds()):
            self._round()
            now = utc_now()
            for job in self._jobs.get_jobs():
                if job.next_run_time is not None and job.next_run_time > now + job.trigger.interval + ROUND:
                    _run_at(job, now)

    # -- the engine thread -----------------------------------------------------------------------------------------------

    def _on_engine(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Run work on the engine thread; a fault is logged once, here, and raised to whoever waits."""

        def run() -> T:
            try:
                return work(*args, **kwargs)
            except (NocError, OutdatedError):
                raise
            except Exception:
                log.exception("%s failed on the engine thread", getattr(work, "__name__", "work"))
                raise

        return self._engine_thread.submit(run)

    def _fire(self, place: str, work: Callable[[], object]) -> None:
        """Run work on the engine thread that nobody waits for; a store that fails is said and tried again by its caller."""

        def run() -> None:
            try:
                work()
            except StoreError as error:
                self.engine.store_failed(place, error)
            else:
                self.engine.store_works(place)

        if not self._stopping.is_set():
            try:
                self._on_engine(run)
            except RuntimeError:
                if not self._stopping.is_set():  # the engine thread takes no more work while the program ends
                    raise

    def _round(self) -> None:
        if not self._round_waits.is_set():
            self._round_waits.set()
            self._fire("round", self._run_round)

    def _run_round(self) -> None:
        self._round_waits.clear()
        if self._reload_wanted.is_set():
            self._reload()
        else:
            self.engine.round(self._clock())

    def soon(self) -> None:
        """Take changed rules, connections and settings over now; many calls at once are one."""
        if not self._reload_wanted.is_set():
            self._reload_wanted.set()
            self._fire("round", self._reload)

    def _reload(self) -> None:
        if not self._reload_wanted.is_set():
            return
        self._reload_wanted.clear()  # before it reads: what changes from now on is wanted anew
        done = False
        try:
            done = self.engine.load(self._clock())
        finally:
            if not done:
                self._reload_wanted.set()
        self._reload_jobs()

    def _reload_jobs(self) -> None:
        """Have one read job for each connection that is on, at its own interval, the first read at once."""
        wanted = {c.id: c for c in self.engine.connections() if c.id is not None}
        self._reads.close_all_but(wanted)
        for job in self._jobs.get_jobs():
            if job.id.startswith("poll-") and int(job.id[5:]) not in wanted:
                job.remove()
        for cid, connection in wanted.items():
            job = self._jobs.get_job(f"poll-{cid}")
            if job is not None and job.kwargs["connection"] == connection:
                continue
            self._jobs.add_job(
                self._poll,
                "interval",
                seconds=connection.poll.total_seconds(),
                id=f"poll-{cid}",
                kwargs={"connection": connection},
                executor="poll",
                replace_existing=True,
                next_run_time=utc_now(),
            )

    # -- reading ---------------------------------------------------------------------------------------------------------

    def read_now(self) -> None:
        """Read every switch now."""
        for job in self._jobs.get_jobs():
            if job.id.startswith("poll-"):
                _run_at(job, utc_now())

    def _poll(self, connection: Connection) -> None:
        """Read one switch; what a connection that was changed meanwhile still gives is not taken."""
        if self._stopping.is_set() or connection.id is None:
            return
        try:
            self._reads.read(connection, connection.id, self._clock())
        except OutdatedError:
            self._soon_job(f"poll-{connection.id}", AGAIN)

    def _note(self, place: str, error: StoreError) -> None:
        """Have it said that the store failed at a place of the program."""
        self._failed_places.add(place)
        self._fire("note", lambda: self.engine.store_failed(place, error))

    def _note_works(self, place: str) -> None:
        """Have it said that the store works again at a place where it had failed."""
        if place in self._failed_places:
            self._failed_places.discard(place)
            self._fire("note", lambda: self.engine.store_works(place))

    def _take_script(self, job: ScriptJob, end: ScriptEnd) -> None:
        """Have the engine judge what a script said."""
        self._fire("script", lambda: self.engine.take_script(job, end))

    # -- telling and keeping ---------------------------------------------------------------------------------------------

    def _deliver(self) -> None:
        """Send what is due."""
        try:
            self._telling.run()
        except StoreError as error:
            self._note("deliver", error)
            return
        self._note_works("deliver")

    def _keep(self) -> None:
        """Keep call records and events within their limits of age and size."""
        try:
            limits = load(self.store.settings, Watching)
            removed = self.store.calls.prune(self._clock(), limits.keep_calls, limits.keep_bytes)
            self.store.events.prune(self._clock() - limits.keep_events)
        except StoreError as error:
            self._note("keep", error)
            return
        self._note_works("keep")
        if removed:
            log.info("%d old call records were removed", removed)

    # -- what a person asks for ------------------------------------------------------------------------------------------

    def acknowledge(self, alarm_id: int, who: str, note: str) -> "Future[None]":
        """Note that a person took an alarm."""
        return self._on_engine(self.engine.acknowledge, alarm_id, who, note, self._clock())

    def unacknowledge(self, alarm_id: int, who: str = "") -> "Future[None]":
        """Give an alarm back."""
        return self._on_engine(self.engine.acknowledge, alarm_id, who, "", self._clock(), back=True)

    def open_chart(self, spec: ChartSpec) -> int:
        """Open a chart; its frames come as news until `close_chart`."""
        self._chart_ids += 1
        chart_id = self._chart_ids
        self._fire("chart", lambda: self.engine.open_chart(chart_id, spec, self._clock()))
        return chart_id

    def close_chart(self, chart_id: int) -> None:
        """Forget a chart."""
        self._fire("chart", lambda: self.engine.close_chart(chart_id))

    def publish(self) -> None:
        """Tell listeners how everything stands now."""
        self._fire("round", lambda: self.engine.publish(self._clock()))

    def test_alert(
        self,
        alert: Alert,
        progress: Progress,
        *,
        subject: tuple[int, Subject] | None = None,
        channels: frozenset[Channel] | None = None,
    ) -> "Future[list[CheckStep]]":
        """Evaluate an alert now and send what it would send, marked TEST, to everyone it would tell. Changes no state.

        `subject`: (connection, company) to look at, None = the worst. `channels`: only over these, None = all.
        """

        return self._work.submit(self._asking.test, alert, progress, subject, channels)

    def explain(self, alert_id: int, subject: tuple[int, Subject] | None = None) -> "Future[tuple[str, ...]]":
        """Say in sentences why an alert is in its state, or why it does not fire; of one company, or of the worst."""
        return self._on_engine(self._asking.explain, alert_id, subject)

    def run_script(
        self, source: str, *, connection_id: int | None, company: tuple[CompanyKind, str] | None, period: timedelta
    ) -> "Future[Outcome]":
        """Run a script as it stands in its editor on a switch as it is now (None = the first). The future raises ScriptError."""
        return self._work.submit(self._asking.run_script, source, connection_id, company, period)

    def check_connection(
        self, connection: Connection, secrets: Mapping[str, str], progress: Progress
    ) -> "Future[list[CheckStep]]":
        """Test a connection as it stands in the form. `secrets`: typed ones by field, before they are saved."""

        def work() -> list[CheckStep]:
            switch = open_switch(connection, self.secrets.get, secrets)
            try:
                return _follow(switch.check(self._clock()), progress)
            finally:
                switch.close()

        return self._work.submit(work)

    def check_smtp(self, smtp: SmtpSettings, password: str | None, to: str, progress: Progress) -> "Future[list[CheckStep]]":
        """Test the mail server as it stands in the form; with `to` a mail marked TEST is sent."""

        def work() -> list[CheckStep]:
            secret = password if password is not None else self.secrets.get(SMTP_SECRET)
            return _follow(check_smtp(smtp, secret or "", to or None, self._clock()), progress)

        return self._work.submit(work)

    def import_files(
        self, paths: Sequence[Path], column_map: Path | None, progress: Callable[[str], None]
    ) -> "Future[ImportReport]":
        """Read call records from files into a connection of their own; what is there already is not taken twice."""

        def work() -> ImportReport:
            report = import_files(self.store, paths, column_map, self._clock, progress)
            self.soon()
            return report

        return self._work.submit(work)


def _run_at(job: Job, at: datetime) -> None:
    """Have a job run next at a time; one that was removed meanwhile is let go."""
    try:
        job.modify(next_run_time=at)
    except JobLookupError:
        log.debug("the job %s is gone", job.id)


def _follow(steps: Iterable[CheckStep], progress: Progress) -> list[CheckStep]:
    done = []
    for step in steps:
        progress(step)
        done.append(step)
    return done
