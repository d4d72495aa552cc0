"""The Test button: an alert, saved or not, evaluated now, and the messages it would send. Engine thread; touches no state."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from noc_alerts.engine.alert_lines import direction, worst_row
from noc_alerts.engine.engine import Engine
from noc_alerts.engine.facts import facts_of, limit_text, sample_text, switch_name
from noc_alerts.engine.ledgers import test_deliveries
from noc_alerts.engine.programs import Program
from noc_alerts.engine.reports import report_facts
from noc_alerts.engine.scripting import ScriptEnd, ScriptJob, job_of
from noc_alerts.engine.sights import ScriptSight
from noc_alerts.engine.source import Source
from noc_alerts.model.alerts import Alert, NoticeLevel
from noc_alerts.model.companies import Subject
from noc_alerts.model.connections import CheckStep
from noc_alerts.model.deliveries import Cause, Channel, Delivery
from noc_alerts.model.errors import BadInput, ScriptError
from noc_alerts.model.scripts import Outcome
from noc_alerts.notify.words import format_value
from noc_alerts.rules.conditions import compare, worse

NO_SWITCH = "No switch is connected that this alert could look at."


@dataclass(frozen=True, slots=True)
class _Found:
    """What an alert would look at: a row of a program with its value."""

    program: Program
    subject: Subject
    value: float | None
    calls: int | None

    @property
    def breached(self) -> NoticeLevel | None:
        """Give the level it would fire at, None = it would not."""
        alert, outcome = self.program.alert, self.program.outcome
        if outcome is not None and (outcome.breached is not None or alert.threshold is None):
            return alert.level if outcome.breached else None
        if self.value is None or alert.is_report or alert.threshold is None:
            return None
        value = np.array([self.value])
        if compare(value, alert.operator, alert.threshold)[0]:
            return alert.level
        if alert.warn_threshold is not None and compare(value, alert.operator, alert.warn_threshold)[0]:
            return NoticeLevel.WARNING
        return None


def trial_sources(engine: Engine, alert: Alert, connection_id: int | None = None) -> list[Source]:
    """Give the switches a trial of an alert looks at."""
    wanted = connection_id if connection_id is not None else alert.connection_id
    return [s for s in engine.sources.values() if s.connection.live and wanted in (None, s.id)]


def script_jobs(engine: Engine, alert: Alert, connection_id: int | None, now: datetime) -> list[ScriptJob]:
    """Give the runs that a trial of a script alert needs. Raises BadInput when its script is not there, StoreError."""
    script = engine.store.scripts.get(alert.script)
    if script is None:
        raise BadInput(f"The script {alert.script} is not there. Choose another one.")
    return [script_job(engine, alert, source, script.source, now) for source in trial_sources(engine, alert, connection_id)]


def script_job(engine: Engine, alert: Alert, source: Source, text: str, now: datetime) -> ScriptJob:
    """Give one run of a script, saved or not, on a switch as it is now. Raises StoreError."""
    return job_of(engine.probe(alert, source, now), alert.script, text, source.as_of or now)


def evaluate_now(
    engine: Engine,
    alert: Alert,
    now: datetime,
    *,
    subject: tuple[int, Subject] | None = None,
    channels: Collection[Channel] | None = None,
    ends: Mapping[int, ScriptEnd] | None = None,
) -> tuple[list[CheckStep], list[Delivery]]:
    """Evaluate an alert as its switches stand now; give the steps so far and the messages to send, marked TEST.

    `subject`: (connection, company) to look at, None = the worst. `channels`: only over these. `ends`: what its script said, by
    connection.
    """
    began = time.monotonic()
    sources = trial_sources(engine, alert, subject[0] if subject else None)
    if not sources:
        return [CheckStep("Evaluate", False, NO_SWITCH, _since(began))], []
    programs = [engine.probe(alert, source, now) for source in sources]
    steps = _script_steps(programs, ends or {})
    if steps and not any(step.ok for step in steps):
        return steps, []
    if alert.is_report:
        facts = report_facts(Cause.TEST, alert, programs, now, now, engine.sender())
        answer = f"{facts.subject}: a table of {len(facts.rows)} rows."
        where = facts.switch
    else:
        found = _worst_of(alert, [_find(program, subject[1] if subject else None) for program in programs])
        level = found.breached
        facts = facts_of(
            Cause.TEST, found.program, found.subject, found.value, found.calls, now, None, level=level or alert.level,
            brand=engine.sender().brand,
        )  # fmt: skip
        answer, where = _answer(found, level), found.program.source.connection.name
    steps.append(CheckStep("Evaluate", True, answer, _since(began), where))
    deliveries = test_deliveries(facts, alert, engine.sender(), channels)
    if not deliveries:
        said = "Nobody is named and the tray is off, so nobody would be told."
        if channels is not None:
            said = "Nobody would be told over the channels chosen here."
        steps.append(CheckStep("Tell", False, said, timedelta(0)))
    return steps, deliveries


def _script_steps(programs: list[Program], ends: Mapping[int, ScriptEnd]) -> list[CheckStep]:
    """Give a step for each run of the alert's script, and have the programs see what it said."""
    steps = []
    for program in programs:
        end = ends.get(program.source.id)
        if not isinstance(program.sight, ScriptSight) or end is None:
            continue
        name = program.source.connection.name
        log = "\n".join(f"{line.level}: {line.text}" for line in end.log)
        if isinstance(end, ScriptError):
            steps.append(CheckStep("Script", False, end.sentence, timedelta(0), name, log))
            continue
        program.sight.outcome = end
        program.read()
        steps.append(CheckStep("Script", True, outcome_words(end), end.took, name, log))
    return steps


def outcome_words(outcome: Outcome) -> str:
    """Say in one sentence what a script returned."""
    parts = []
    if outcome.breached is not None:
        parts.append("breached" if outcome.breached else "not breached")
    if outcome.value is not None:
        parts.append(f"value {format_value(outcome.value, '')}")
    if outcome.rows:
        parts.append(f"{len(outcome.rows) + outcome.more_rows} rows")
    if outcome.message:
        parts.append(outcome.message)
    return f"Returned {', '.join(parts)}." if parts else "Returned nothing that could be judged."


def _find(program: Program, subject: Subject | None) -> _Found:
    """Give the subject that was asked for, else the worst one with a value, else the one with the most calls."""
    alert = program.alert
    subjects = program.subjects()
    if program.is_script:
        return _Found(program, subjects[0], *program.value(0))
    if subject is not None:
        # a row of its own would have living alerts look at a company that somebody only asked about
        value, calls = program.value(subjects.index(subject)) if subject in subjects else (None, None)
        return _Found(program, subject, value, calls or 0)
    rows = np.flatnonzero(~np.isnan(program.values))
    if len(rows):
        row = worst_row(alert, program.values, rows)
        return _Found(program, subjects[row], *program.value(row))
    inside = np.arange(len(program.values)) if program.inside is None else program.inside
    if len(inside) and not alert.area.is_reading:
        row = int(inside[int(program.calls[inside].argmax())])
        return _Found(program, subjects[row], *program.value(row))
    named = alert.scope.names
    return _Found(program, Subject.company(alert.scope.kind, named[0]) if named else Subject(()), None, None)


def _worst_of(alert: Alert, found: Sequence[_Found]) -> _Found:
    best = found[0]
    for other in found[1:]:
        if best.breached is not None and other.breached is None:
            continue
        if other.value is not None and worse(direction(alert), best.value, other.value) == other.value:
            best = other
    return best


def _answer(found: _Found, level: NoticeLevel | None) -> str:
    """Say what was found and what it would bring."""
    program, alert = found.program, found.program.alert
    name = switch_name(program, found.subject)
    sample = sample_text(alert, found.calls) or "no calls"
    verdict = f"would fire ({limit_text(alert, level)})" if level else f"would not fire ({limit_text(alert, alert.level)})"
    if program.outcome is not None:
        return f"{name}: it {verdict}."
    if found.value is None:
        mixed = " ".join(program.mixed())
        return f"{name}: no value, {sample}. It would neither fire nor clear.{' ' + mixed if mixed else ''}"
    unit = alert.area.facts.unit or (program.unit(program.row(found.subject)) if found.subject.parts else "")
    return f"{name}: {alert.area.value} {format_value(found.value, unit, alert.area.value)}, {sample}. It {verdict}."


def _since(began: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - began)
