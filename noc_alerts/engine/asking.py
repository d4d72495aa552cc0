"""What a person asks of alerts and scripts: a test, an explanation, a run. Runs on `work` threads; changes no state."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from noc_alerts.engine.engine import Engine
from noc_alerts.engine.explaining import explain
from noc_alerts.engine.news import DeliveriesChanged, EventsAdded, Listener
from noc_alerts.engine.script_runs import ScriptRuns
from noc_alerts.engine.scripting import ScriptEnd, ScriptJob
from noc_alerts.engine.telling import Telling
from noc_alerts.engine.trials import NO_SWITCH, evaluate_now, script_job, script_jobs, trial_sources
from noc_alerts.model.alerts import Alert, Area, Operator, Scope
from noc_alerts.model.companies import CompanyKind, Subject
from noc_alerts.model.connections import CheckStep
from noc_alerts.model.deliveries import Channel
from noc_alerts.model.errors import BadInput, ScriptError
from noc_alerts.model.events import Event, EventType
from noc_alerts.model.scripts import Outcome

T = TypeVar("T")
Progress = Callable[[CheckStep], None]


class OnEngine(Protocol):
    """Runs work on the engine thread and waits for what it gives."""

    def __call__(self, work: Callable[[], T], /) -> T:
        """Run it."""


class Asking:
    """Answers a person's questions. `tell`: is told of what a test added to the log and the deliveries."""

    def __init__(
        self,
        engine: Engine,
        telling: Telling,
        scripts: ScriptRuns,
        clock: Callable[[], datetime],
        on_engine: OnEngine,
        tell: Listener,
    ) -> None:
        self._engine = engine
        self._telling = telling
        self._scripts = scripts
        self._clock = clock
        self._on_engine = on_engine
        self._tell = tell

    def test(
        self, alert: Alert, progress: Progress, subject: tuple[int, Subject] | None, channels: frozenset[Channel] | None
    ) -> list[CheckStep]:
        """Evaluate an alert now, write its text and send it, marked TEST; give each step, as it is done to `progress` too."""
        ends = self._run_for(alert, subject[0] if subject else None) if alert.area is Area.SCRIPT else {}
        steps, deliveries = self._on_engine(
            lambda: evaluate_now(self._engine, alert, self._clock(), subject=subject, channels=channels, ends=ends)
        )
        if (written := self._telling.write_test(deliveries)) is not None:
            steps.append(written)
        for step in steps:
            progress(step)
        for step in self._telling.send_test(deliveries):
            steps.append(step)
            progress(step)
        text = "A test was sent. No state was changed."
        self._engine.store.events.add(Event(self._clock(), EventType.MESSAGE, alert.title, "test", text))
        self._tell(EventsAdded())
        self._tell(DeliveriesChanged(self._engine.store.outbox.waiting()))
        return steps

    def _run_for(self, alert: Alert, connection_id: int | None) -> dict[int, ScriptEnd]:
        """Run an alert's script on each switch it looks at; give what came of each, by connection."""
        ends: dict[int, ScriptEnd] = {}
        for job in self._on_engine(lambda: script_jobs(self._engine, alert, connection_id, self._clock())):
            try:
                ends[job.connection.id or 0] = self._scripts.run(job)
            except ScriptError as error:
                ends[job.connection.id or 0] = error
        return ends

    def explain(self, alert_id: int, subject: tuple[int, Subject] | None) -> tuple[str, ...]:
        """Say why an alert is in its state. On the engine thread. Raises BadInput when it is gone, StoreError."""
        alert = self._engine.store.alerts.get(alert_id)
        if alert is None:
            raise BadInput("The alert was deleted meanwhile, so there is nothing to explain.")
        return explain(self._engine, alert, subject, self._clock())

    def run_script(
        self, source: str, connection_id: int | None, company: tuple[CompanyKind, str] | None, period: timedelta
    ) -> Outcome:
        """Run a script, saved or not, on a switch as it is now (None = the first). Raises ScriptError, BadInput."""
        kind, names = (company[0], (company[1],)) if company else (CompanyKind.CUSTOMER, ())
        alert = Alert(
            None, "Script", Scope(kind, names), Area.SCRIPT, Operator.GT, None, sample_period=period, script="Script"
        )

        def prepare() -> ScriptJob:
            sources = trial_sources(self._engine, alert, connection_id)
            if not sources:
                raise BadInput(NO_SWITCH.replace("alert", "script"))
            return script_job(self._engine, alert, sources[0], source, self._clock())

        return self._scripts.run(self._on_engine(prepare))
