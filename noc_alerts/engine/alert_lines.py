"""One alert as the lists show it: its verdict over all its switches, and its worst company. Reads, changes nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from noc_alerts.engine.news import AlertLine
from noc_alerts.engine.programs import Program
from noc_alerts.metrics.columns import Ints
from noc_alerts.metrics.factors import Floats
from noc_alerts.model.alarms import Phase, Verdict
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator
from noc_alerts.model.connections import HealthState
from noc_alerts.rules.conditions import compare, worse
from noc_alerts.rules.schedules import next_after

#: Scheduled reports of the kind "every" count from here, so that "every 30 min" is at the full and the half hour.
ANCHOR = datetime(2000, 1, 1, tzinfo=UTC)
#: Areas of which high values are the bad ones, where no operator says so (scheduled reports).
HIGH_IS_BAD = frozenset({Area.PDD, Area.CPS, Area.SPEND, Area.CONSECUTIVE_FAILURES})


def direction(alert: Alert) -> Operator:
    """Give the operator that says which values are the worse ones."""
    if alert.operator.has_limit:
        return alert.operator
    return Operator.GT if alert.area in HIGH_IS_BAD else Operator.LT


@dataclass(slots=True)
class _Count:
    """What is counted over the sources of an alert."""

    subjects: int = 0
    in_alarm: int = 0
    pending: int = 0
    blind: int = 0
    since: datetime | None = None
    level: NoticeLevel | None = None

    def add(self, program: Program, now: datetime) -> None:
        """Count a source."""
        self.blind += program.source.health(now).state is HealthState.BLIND
        self.subjects += int((~np.isnan(program.values)).sum())
        if program.outcome is not None:
            self.subjects = max(self.subjects, 1)  # a script that says yes or no has data without a value
        for row in program.track.active_rows():
            phase = program.track.phase(row)
            if not phase.in_alarm:
                self.pending += phase is Phase.PENDING
                continue
            self.in_alarm += 1
            alarm = program.alarms.get(row)
            if alarm is not None and (self.since is None or alarm.raised_at < self.since):
                self.since = alarm.raised_at
            if self.level is not program.alert.level:  # its own level is the worst there is
                level = program.level(row)
                self.level = level if self.level is None or level.rank > self.level.rank else self.level


def alert_line(alert: Alert, programs: list[Program], now: datetime) -> AlertLine:
    """Give how an alert stands at `now`."""
    count = _Count()
    worst: tuple[float | None, int | None, Program, int] | None = None
    way = direction(alert)
    for program in programs:
        count.add(program, now)
        rows = np.flatnonzero(~np.isnan(program.values))
        if len(rows):
            row = worst_row(alert, program.values, rows)
            value, calls = program.value(row)
            if worst is None or worse(way, worst[0], value) == value:
                worst = (value, calls, program, row)
    error = next((p.error for p in programs if p.error), "")
    off = next((p.off_until for p in programs if p.off_until is not None), None)
    return AlertLine(
        alert_id=alert.id or 0,
        verdict=_verdict(alert, now, error, count, off is not None),
        subject=worst[2].subjects()[worst[3]] if worst else None,
        value=worst[0] if worst else None,
        calls=worst[1] if worst else None,
        subjects=count.subjects,
        in_alarm=count.in_alarm,
        since=count.since,
        judged_at=max((p.judged_at for p in programs if p.judged_at), default=None),
        error=error,
        level=count.level,
        gone=_gone(programs),
        off_duty_until=off,
        next_report_at=next_after(alert.repeat, now, ANCHOR) if alert.is_report else None,
        message=next((p.outcome.message for p in programs if p.outcome is not None), ""),
        note=" ".join(dict.fromkeys(sentence for p in programs for sentence in p.mixed())),
    )


def _gone(programs: list[Program]) -> tuple[str, ...]:
    """Give the companies that are gone from every switch the alert looks at."""
    each = [set(p.gone()) for p in programs]
    return tuple(sorted(set.intersection(*each))) if each else ()


def worst_row(alert: Alert, values: Floats, rows: Ints) -> int:
    """Give the row with the worst value among rows that have one."""
    column = values[rows]
    if alert.threshold is not None:
        breached = compare(column, alert.operator, alert.threshold)
        if breached.any():  # with = and != the worst is neither the least nor the most
            rows, column = rows[breached], column[breached]
    return int(rows[int(column.argmin() if direction(alert).fires_below else column.argmax())])


def _verdict(alert: Alert, now: datetime, error: str, count: _Count, off_duty: bool) -> Verdict:
    """Give the word for the list: what matters most first (DESIGN section 5)."""
    if not alert.is_active(now) or off_duty:
        return Verdict.PAUSED
    if error:
        return Verdict.ERROR
    if count.in_alarm:
        return Verdict.IN_ALARM
    if count.blind:  # of one of its switches nothing is known: never shown as good
        return Verdict.BLIND
    if count.pending:
        return Verdict.PENDING
    return Verdict.READY if count.subjects else Verdict.NO_DATA
