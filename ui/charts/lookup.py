"""From alerts and alarms to what a chart shows of them: limits, episodes, and the state of its subject in words.

Pure functions at the top; `Rules` reads the store on the window's thread, only when something changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from noc_alerts.model.alarms import Alarm, RuleKind
from noc_alerts.model.alerts import Alert, NoticeLevel
from noc_alerts.model.companies import CompanyKind, Subject
from noc_alerts.store import Store
from ui import text
from ui.charts.metrics import Metric
from ui.charts.parts import Episode, EpisodeKind, HeadState, LimitLine, Scale, clears_line, fires_line
from ui.marks import Form, Mark

#: How far back alarms are read for the strip and for "last alarm 6 d ago": the longest range and a day.
HISTORY = timedelta(days=8)
MOST_ALARMS = 500
#: Tags at the switch change seldom: who carries them is read again after this.
TAGS_AGE = timedelta(minutes=1)

_MARKS = {NoticeLevel.CRITICAL: Mark.CRITICAL, NoticeLevel.WARNING: Mark.WARNING, NoticeLevel.NONE: Mark.NOTICE}


@dataclass(frozen=True, slots=True)
class Known:
    """Everything there is to know about limits: the alerts, the alarms that are alive and those that cleared.

    `tagged`: the names of the companies that carry a tag which an alert looks for.
    """

    alerts: tuple[Alert, ...] = ()
    active: tuple[Alarm, ...] = ()
    cleared: tuple[Alarm, ...] = ()
    tagged: Mapping[tuple[CompanyKind, str], frozenset[str]] = field(default_factory=dict)


def looks_at(known: Known, alert: Alert, metric: Metric, subject: Subject, connection_id: int) -> bool:
    """Tell whether an alert that is on judges this metric of this subject."""
    if not alert.enabled or alert.area is not metric.area or alert.connection_id not in (None, connection_id):
        return False
    scope = alert.scope
    if subject.company_kind is not scope.kind:
        return False
    names = known.tagged.get((scope.kind, scope.tag), frozenset()) if scope.tag else scope.names
    return scope.everybody or subject.parts[0][1] in names


def alerts_of(known: Known, metric: Metric, subject: Subject, connection_id: int) -> list[Alert]:
    """Return the alerts that judge this, the worst level first."""
    found = [a for a in known.alerts if looks_at(known, a, metric, subject, connection_id)]
    return sorted(found, key=lambda a: (-a.level.rank, a.title))


def alarms_of(alarms: Iterable[Alarm], metric: Metric, subject: Subject, connection_id: int) -> list[Alarm]:
    """Return the alarms about this metric of this subject, in the order given."""
    return [
        alarm
        for alarm in alarms
        if alarm.key.connection_id == connection_id
        and alarm.key.rule_kind is RuleKind.ALERT
        and alarm.key.subject == subject
        and metric.area is not None
        and alarm.area == metric.area.value
    ]


def limit_lines(alert: Alert, scale: Scale, *, in_alarm: bool = False) -> list[LimitLine]:
    """Return threshold and reset of one alert, then those of its milder limit; nothing for a report."""
    lines: list[LimitLine] = []
    limits = ((alert.threshold, alert.reset, alert.level), (alert.warn_threshold, alert.warn_reset, NoticeLevel.WARNING))
    for threshold, reset, level in limits:
        if threshold is None:
            continue
        lines.append(fires_line(threshold, alert.operator, level, scale, in_alarm=in_alarm))
        clears = None if reset is None else clears_line(reset, alert.operator, level, scale, in_alarm=in_alarm)
        lines += [clears] if clears is not None else []
    return lines


def limits_of(alerts: Sequence[Alert], active: Sequence[Alarm], scale: Scale) -> list[LimitLine]:
    """Return the lines of several alerts; those whose alarm is alive are drawn in full."""
    firing = {alarm.key.rule_id for alarm in active}
    return [line for alert in alerts for line in limit_lines(alert, scale, in_alarm=alert.id in firing)]


def episodes_of(known: Known, metric: Metric, subject: Subject, connection_id: int) -> list[Episode]:
    """Return the alarms of this, and when its switch was unreachable; the mild ones first, so that the worst lie on top."""
    about = alarms_of((*known.active, *known.cleared), metric, subject, connection_id)
    about.sort(key=lambda alarm: alarm.level.rank)
    found = [Episode(EpisodeKind.of_level(alarm.level), alarm.raised_at, alarm.cleared_at) for alarm in about]
    for alarm in (*known.active, *known.cleared):
        if alarm.key.rule_kind is RuleKind.SWITCH and alarm.key.connection_id == connection_id:
            found.append(Episode(EpisodeKind.BLIND, alarm.raised_at, alarm.cleared_at, "blind"))
    return found


def over(alerts: Iterable[Alert], window: timedelta | None) -> list[Alert]:
    """Return the alerts that judge over this window, in their order; all of them for readings, which have none."""
    return [alert for alert in alerts if window is None or alert.sample_period == window]


def other_limits(alerts: Sequence[Alert], window: timedelta | None, scale: Scale) -> str:
    """Return the limits that a chart of this window does not draw: `Low ASR, over 15 min: fires < 30.0 %`, a line each."""
    same, lines = over(alerts, window), []
    for alert in alerts:
        if alert not in same and alert.sample_period is not None and not alert.is_report:
            limits = ", ".join(line.label for line in limit_lines(alert, scale))
            lines.append(f"{alert.title}, over {text.span(alert.sample_period)}: {limits}")
    return "\n".join(["Not drawn, judged over another sample period:", *lines]) if lines else ""


def state_of(
    known: Known, metric: Metric, subject: Subject, connection_id: int, now: datetime, window: timedelta | None = None
) -> HeadState:
    """Return how the subject stands, in words: the worst alarm, else when the last one was, else that nobody watches.

    `window`: the chart's; an alarm over another one says so, and its level does not colour the value.
    """
    active = alarms_of(known.active, metric, subject, connection_id)
    if active:
        worst = min(active, key=lambda alarm: (alarm.acked_at is not None, -alarm.level.rank, alarm.raised_at))
        state = _alarm_state(worst, now)
        period = next((alert.sample_period for alert in known.alerts if alert.id == worst.key.rule_id), None)
        if None in (window, period) or period == window:
            return state
        return replace(state, rest=f" over {text.span(period or HISTORY)}{state.rest}", level=NoticeLevel.NONE)
    if not alerts_of(known, metric, subject, connection_id):
        return HeadState(word="", rest="Not watched by an alert")
    last = max(
        (a.cleared_at for a in alarms_of(known.cleared, metric, subject, connection_id) if a.cleared_at is not None), default=None
    )
    if last is None:
        return HeadState(Mark.OK, Form.ACTIVE, "OK", ", no alarm so far")
    return HeadState(Mark.OK, Form.ACTIVE, "OK", f", last alarm {text.span(now - last)} ago")


def _alarm_state(alarm: Alarm, now: datetime) -> HeadState:
    mark, length = _MARKS[alarm.level], text.span(now - alarm.raised_at)
    if alarm.acked_at is None:
        return HeadState(mark, Form.ACTIVE, mark.value, f" for {length}, nobody yet", alarm.level)
    note = f", {alarm.ack_note}" if alarm.ack_note else ""
    return HeadState(mark, Form.TAKEN, mark.value, f" for {length}, {alarm.acked_by or 'taken'}{note}", alarm.level)


class Rules:
    """The alerts and cleared alarms of the store, read again only when they changed. Raises StoreError from `refresh`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._revision: int | None = None
        self._stale = True
        self._alerts: tuple[Alert, ...] = ()
        self._cleared: tuple[Alarm, ...] = ()
        self._tagged: dict[tuple[CompanyKind, str], frozenset[str]] = {}
        self._tagged_at: datetime | None = None

    def alarms_changed(self) -> None:
        """Read the cleared alarms again next time."""
        self._stale = True

    def refresh(self, active: Sequence[Alarm], now: datetime) -> Known:
        """Return what is known, with these alarms alive."""
        revision = self._store.alerts.revision()
        if revision != self._revision:
            self._alerts, self._revision, self._tagged_at = tuple(self._store.alerts.all()), revision, None
        if self._tagged_at is None or not timedelta(0) <= now - self._tagged_at < TAGS_AGE:
            self._tagged, self._tagged_at = self._read_tagged(), now
        if self._stale:
            self._cleared, self._stale = tuple(self._store.alarms.cleared(now - HISTORY, MOST_ALARMS)), False
        return Known(self._alerts, tuple(active), self._cleared, self._tagged)

    def _read_tagged(self) -> dict[tuple[CompanyKind, str], frozenset[str]]:
        wanted = {(alert.scope.kind, alert.scope.tag) for alert in self._alerts if alert.scope.tag}
        companies = self._store.companies.all() if wanted else []
        return {
            (kind, tag): frozenset(c.name for c in companies if c.kind is kind and tag.casefold() in map(str.casefold, c.tags))
            for kind, tag in wanted
        }
