"""Explain: why an alert is in its state for a company, or why it does not fire. Engine thread; touches no state."""

from datetime import datetime, timedelta

import numpy as np

from noc_alerts.engine.alert_lines import ANCHOR, worst_row
from noc_alerts.engine.engine import Engine
from noc_alerts.engine.facts import limit_text, limits_at, sample_text, switch_name
from noc_alerts.engine.programs import Program
from noc_alerts.engine.trials import NO_SWITCH, outcome_words, trial_sources
from noc_alerts.metrics.intervals import interval
from noc_alerts.model.alarms import Phase
from noc_alerts.model.alerts import Alert, NoData, NoticeLevel
from noc_alerts.model.companies import Subject
from noc_alerts.model.connections import HealthState
from noc_alerts.notify.words import format_span, format_time, format_value
from noc_alerts.rules.conditions import compare, compare_strict, recovered
from noc_alerts.rules.schedules import duty_words, next_after, words


def explain(engine: Engine, alert: Alert, subject: tuple[int, Subject] | None, now: datetime) -> tuple[str, ...]:
    """Give sentences: first what keeps the whole alert from judging, then how it stands with the company (or with the worst)."""
    if not alert.enabled:
        return ("The alert is switched off, so it is not judged.",)
    if alert.paused_until is not None and now < alert.paused_until:
        return (f"The alert is paused until {format_time(alert.paused_until, seen_on=now)}, so it is not judged.",)
    sources = trial_sources(engine, alert, subject[0] if subject else None)
    if not sources:
        return (NO_SWITCH,)
    said: list[str] = []
    for source in sources:
        program = engine.probe(alert, source, now)
        said += _stopped(program, now) or _stands(program, subject[1] if subject else None, now)
    return tuple(said)


def _stopped(program: Program, now: datetime) -> list[str]:
    """Say what keeps an alert from being judged on a switch; empty when nothing does."""
    alert, name = program.alert, program.source.connection.name
    health = program.source.health(now)
    if health.state in (HealthState.BLIND, HealthState.WAITING):
        why = health.sentence or "It was not read yet."
        return [f"{name} cannot be seen. {why} Nothing is judged there; alarms stay as they were."]
    if health.state is HealthState.OFF:
        return [f"{name} is switched off in noc_alerts, so nothing is judged there."]
    if program.off_until is not None and alert.duty is not None:
        until = format_time(program.off_until, seen_on=now)
        return [f"It is outside the alert's hours ({duty_words(alert.duty)}). It is judged again from {until}."]
    if program.error:
        return [f"On {name} it could not be judged: {program.error}"]
    if alert.is_report:
        due = next_after(alert.repeat, now, ANCHOR)
        when = f" The next one is made at {format_time(due, seen_on=now)}." if due else ""
        return [f"It is a scheduled report ({words(alert.repeat)}): it holds against nothing and raises no alarms.{when}"]
    return []


def _stands(program: Program, subject: Subject | None, now: datetime) -> list[str]:
    """Say how an alert stands with a company of a switch."""
    alert = program.alert
    gone = program.gone()
    said = [f"{name} is gone: the switch no longer lists it, so it is not judged." for name in gone]
    said += program.mixed()
    if program.is_script:
        return said + _script(program)
    row = _row(program, subject)
    if row is None:
        return said or [f"No company that the alert looks at is known to {program.source.connection.name} yet."]
    subject = subject or program.subjects()[row]
    who = switch_name(program, subject)
    known = row < len(program.subjects())
    outside = program.inside is not None and row not in set(program.inside.tolist())
    if outside if known else not program.looks_at(subject):
        return [*said, f"The alert does not look at {who}."]
    value, calls = program.value(row)
    if value is None:
        return said + _no_value(program, row, who, calls)
    shown = f"{who}: {alert.area.value} {format_value(value, program.unit(row), alert.area.value)}"
    sample = sample_text(alert, calls)
    said.append(f"{shown}{', ' + sample if sample else ''}, read {format_time(program.judged_at or now, seen_on=now)}.")
    return said + _held_against(program, row, value, calls or 0) + _phase(program, row, now)


def _row(program: Program, subject: Subject | None) -> int | None:
    """Give the row that is asked about: the company's (past the last one when it has none), else one in alarm, else the worst."""
    if subject is not None:
        subjects = program.subjects()  # a row of its own would have living alerts look at it
        return subjects.index(subject) if subject in subjects else len(subjects)
    active = [row for row in program.track.active_rows() if program.track.phase(row).in_alarm]
    if active:
        return active[0]
    rows = np.flatnonzero(~np.isnan(program.values))
    if len(rows):
        return worst_row(program.alert, program.values, rows)
    inside = np.arange(len(program.values)) if program.inside is None else program.inside
    return int(inside[0]) if len(inside) else None


def _no_value(program: Program, row: int, who: str, calls: int | None) -> list[str]:
    alert = program.alert
    if alert.area.is_reading:
        said = [f"{who}: the switch gives no reading of it."]
    elif calls:
        sample = sample_text(alert, calls)
        said = [f"{who}: {sample}, and at least {alert.min_calls} are needed to judge it."]
    else:
        said = [f"{who}: no calls in the last {format_span(alert.sample_period or timedelta(0))}."]
    policy = {
        NoData.KEEP: "Without a value it neither fires nor clears.",
        NoData.CLEAR: "Without a value an alarm ends, as the alert says.",
        NoData.ALARM: f"Without a value for {format_span(alert.no_data_after)} it is an alarm of its own.",
    }[alert.no_data]
    silent = program.track.outer.silent_ms(row)
    lasted = f" So far that is {format_span(timedelta(milliseconds=silent))}." if silent is not None else ""
    return [*said, policy + lasted, *_phase(program, row, None)]


def _held_against(program: Program, row: int, value: float, calls: int) -> list[str]:
    """Say for each limit whether the value is past it."""
    alert, said = program.alert, []
    levels = [alert.level, NoticeLevel.WARNING] if alert.two_levels else [alert.level]
    for level in levels:
        threshold, reset = limits_at(alert, level)
        if threshold is None:
            continue
        name = f"the {level.value} limit" if alert.two_levels else "the limit"
        limit, array = limit_text(alert, level), np.array([value])
        if compare(array, alert.operator, threshold)[0]:
            said.append(f"That is past {name} ({limit}).")
            if alert.strict:
                low, high = interval(array, np.array([calls], dtype=np.int64))
                sure = compare_strict(low, high, alert.operator, threshold)[0]
                span = f"{low[0]:.1f} to {high[0]:.1f} %"
                certain = "all past it, so it counts" if sure else "not all past it, so it does not fire yet"
                said.append(f"The 95 % interval on {calls:,} calls is {span}: {certain}.")
        elif recovered(array, alert.operator, threshold, reset)[0]:
            said.append(f"That is not past {name} ({limit}).")
        else:
            back = format_value(reset, alert.area.facts.unit, alert.area.value)
            said.append(f"That is between {name} ({limit}) and its reset ({back}): the state stays as it is.")
    return said


def _phase(program: Program, row: int, now: datetime | None) -> list[str]:
    """Say where the lifecycle stands and what comes next."""
    alert, phase, alarm = program.alert, program.track.phase(row), program.alarms.get(row)
    held = format_span(timedelta(milliseconds=program.track.held_ms(row)))
    if phase is Phase.PENDING:
        return [f"It has been so for {held}. After {format_span(alert.hold)} it is an alarm."]
    if phase is Phase.CLEARING:
        return [f"It is past the reset for {held}. After {format_span(alert.keep)} the alarm clears."]
    if phase is Phase.RAISED and alarm is not None:
        taken = f" {alarm.acked_by or 'Somebody'} has taken it." if alarm.acked_at else " Nobody has taken it."
        return [f"The alarm was raised at {format_time(alarm.raised_at, seen_on=now)} ({alarm.limit}).{taken}"]
    return ["There is no alarm."] if now is not None else []


def _script(program: Program) -> list[str]:
    if program.outcome is None:
        return ["Its script has not been run yet. It runs with the next read, at most once a minute."]
    return [outcome_words(program.outcome), *_phase(program, 0, program.judged_at)]
