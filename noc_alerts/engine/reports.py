"""Scheduled reports: an alert with the operator Always tells, at its times, how its companies stand. Engine thread only."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from noc_alerts.engine.alert_lines import ANCHOR, direction
from noc_alerts.engine.facts import facts_of, sample_text
from noc_alerts.engine.ledgers import Sender, Thread, deliveries_to
from noc_alerts.engine.programs import Program
from noc_alerts.model.alerts import Alert
from noc_alerts.model.companies import Subject
from noc_alerts.model.connections import HealthState
from noc_alerts.model.deliveries import Cause, Delivery, Facts, Row
from noc_alerts.model.events import Event, EventType
from noc_alerts.notify.policy import decide
from noc_alerts.notify.words import format_time
from noc_alerts.rules.schedules import missed

#: So long a report waits for its switches to be read, or for its script, after the program began.
PATIENCE = timedelta(minutes=2)
#: Later than this, a report says that it is late.
LATE = timedelta(minutes=5)
#: A table has at most so many rows; the rest is counted.
MAX_ROWS = 200


def due_slot(alert: Alert, told_at: datetime | None, now: datetime) -> datetime | None:
    """Give the time a report is due for at `now`, None = none is. After a time off only the last one that was missed."""
    if not alert.is_report or told_at is None:
        return None
    return missed(alert.repeat, told_at, now, ANCHOR)


def is_ready(programs: Iterable[Program], slot: datetime, waited: timedelta) -> bool:
    """Tell whether everything is there that a report needs, or was waited for long enough."""
    if waited > PATIENCE:
        return True
    for program in programs:
        if program.source.failing:
            continue
        if program.judged_at is None or (program.is_script and not program.error and program.judged_at < slot):
            return False
    return True


def report(
    alert: Alert, programs: list[Program], slot: datetime, now: datetime, sender: Sender
) -> tuple[list[Delivery], Event]:
    """Give the messages of a report for one of its times, and its line in the log."""
    facts = report_facts(Cause.REPORT, alert, programs, slot, now, sender)
    _, targets = decide(Cause.REPORT, alert.level, sender.targets(alert.recipients), alert.tray, alert.tell_recovery, ())
    told = f"to {len(targets)} address{'es' if len(targets) != 1 else ''}" if targets else "to nobody: no recipient is named"
    event = Event(now, EventType.MESSAGE, alert.title, facts.subject, f"The report due at {format_time(slot)} was made, {told}.")
    return deliveries_to(facts, targets, now, sender, Thread(), None), event


def report_facts(
    cause: Cause, alert: Alert, programs: list[Program], slot: datetime, now: datetime, sender: Sender
) -> Facts:
    """Give what a report tells: a row a company, the worst first; a switch that is blind is said to be, never shown as it was."""
    rows: list[tuple[bool, str, float, Row]] = []
    low = direction(alert).fires_below
    several = len(programs) > 1
    notes = []
    for program in programs:
        name = program.source.connection.name
        health = program.source.health(now)
        if health.state is HealthState.BLIND or program.judged_at is None:
            rows.append((True, "", 0.0, Row(f"switch {name}", None, message=f"not known: {health.sentence or 'not read yet'}")))
            continue
        if program.error:
            notes.append(program.error)
        notes += program.mixed()
        for row in _rows(program, f", {name}" if several else ""):
            worst_first = 0.0 if row.value is None else row.value if low else -row.value
            rows.append((row.value is None, row.unit, worst_first, row))
    rows.sort(key=lambda each: each[:3])
    table = tuple(row for *_, row in rows)
    first = programs[0]
    scope = alert.scope
    count = sum(1 for row in table if row.value is not None)
    company = f"{scope.kind.value} {scope.names[0]}" if len(scope.names) == 1 else f"{count} {scope.kind.value}s"
    if first.is_script:
        notes = [p.outcome.message for p in programs if p.outcome and p.outcome.message] + notes
        company = scope.label
    if now - slot > LATE:
        notes.append(f"This report was due at {format_time(slot)} and was made at {format_time(now)}; the values are of then.")
    facts = facts_of(cause, first, Subject(()), None, None, slot, None, unit="", brand=sender.brand)
    value = first.value(0)[0] if first.is_script else None
    return replace(
        facts, subject=company, company="", value=value, worst=value, rows=table[:MAX_ROWS], rows_cut=_cut(programs, table),
        message=" ".join(dict.fromkeys(notes)), zone=alert.repeat.zone, penalty="",
        switch=", ".join(p.source.connection.name for p in programs),
    )  # fmt: skip


def _cut(programs: list[Program], table: tuple[Row, ...]) -> int:
    more = sum(p.outcome.more_rows for p in programs if p.outcome is not None)
    return max(0, len(table) - MAX_ROWS) + more


def _rows(program: Program, where: str) -> list[Row]:
    """Give the rows of one source: companies that had calls, or were named; what the script found."""
    alert = program.alert
    if program.is_script:
        outcome = program.outcome
        return [Row(r.subject + where, r.value, message=r.message) for r in outcome.rows] if outcome else []
    rows = np.arange(len(program.values)) if program.inside is None else program.inside
    shown = []
    for row in rows.tolist():
        value, calls = program.value(row)
        if value is None and not calls and not alert.scope.names:
            continue
        name = program.subjects()[row].parts[0][1] + where
        message = "" if value is not None else "no calls" if not calls else f"too few to judge, {alert.min_calls} are needed"
        if value is None and alert.area.is_reading:
            message = "the switch gives no reading"
        shown.append(Row(name, value, program.unit(row), sample_text(alert, calls), message))
    return shown
