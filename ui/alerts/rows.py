"""The rows of the alerts list: an alert with how it stands now, and their order.

Runs on the window's thread; reads no store. The cells made of them are in row_cells.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from noc_alerts.engine.news import AlertLine, Snapshot
from noc_alerts.engine.programs import SCRIPT_EVERY
from noc_alerts.model.alarms import Alarm, RuleKind, Verdict
from noc_alerts.model.alerts import Alert, Area, NoticeLevel
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import Connection, HealthState
from ui.alerts import list_words
from ui.marks import Mark

LEVEL_MARKS = {NoticeLevel.CRITICAL: Mark.CRITICAL, NoticeLevel.WARNING: Mark.WARNING, NoticeLevel.NONE: Mark.NOTICE}
_DEFAULT_POLL = timedelta(seconds=30)
#: Order of the list: what needs somebody first.
_RANK = {
    Verdict.IN_ALARM: 0,
    Verdict.ERROR: 1,
    Verdict.BLIND: 2,
    Verdict.PENDING: 3,
    Verdict.NO_DATA: 4,
    Verdict.BLOCKED: 5,
    Verdict.READY: 6,
    Verdict.PAUSED: 8,
}
_NOT_JUDGED_RANK = 7


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert, its line of the last snapshot (None: not judged yet), and what its cells need.

    `switch`: its switch's name, empty when it watches every switch or there is only one. `interval`: how often its data
    is read. `taken`: every alarm of it is acknowledged. `currency`: of its worst subject's balance. `blind`: it is in alarm
    still, but the switch of what it shows cannot be trusted, so its value is withdrawn.
    """

    alert: Alert
    line: AlertLine | None
    switch: str
    interval: timedelta
    taken: bool
    currency: str
    blind: bool = False

    @property
    def key(self) -> int:
        """Return the alert's id."""
        return self.alert.id or 0

    def verdict(self, now: datetime) -> Verdict | None:
        """Return the verdict shown: what a person switched off counts at once, before the engine says so."""
        return list_words.verdict_of(self.alert, self.line, now)

    @property
    def level(self) -> NoticeLevel:
        """Return the level of its worst alarm now; the alert's own where it has none."""
        return list_words.level_now(self.alert, self.line)

    @property
    def gone(self) -> tuple[str, ...]:
        """Return the companies it names that the switch no longer lists."""
        return list_words.gone_names(self.alert, self.line)


def make_rows(alerts: list[Alert], connections: list[Connection], snapshot: Snapshot | None) -> list[AlertRow]:
    """Return a row for each alert; without a snapshot none of them is judged yet."""
    lines = {line.alert_id: line for line in snapshot.alerts} if snapshot else {}
    owned: dict[int, list[Alarm]] = {}
    for alarm in snapshot.alarms if snapshot else ():
        if alarm.key.rule_kind is RuleKind.ALERT:
            owned.setdefault(alarm.key.rule_id, []).append(alarm)
    dark = {s.connection.id for s in snapshot.switches if s.health.state is HealthState.BLIND} if snapshot else set()
    by_id = {connection.id: connection for connection in connections}
    currencies = _currencies(snapshot)
    rows = []
    for alert in alerts:
        mine = [by_id[alert.connection_id]] if alert.connection_id in by_id else list(by_id.values())
        line = lines.get(alert.id or 0)
        alarms = owned.get(alert.id or 0, [])
        rows.append(
            AlertRow(
                alert=alert,
                line=line,
                switch=mine[0].name if alert.connection_id is not None and len(by_id) > 1 and mine else "",
                interval=max((*(each.poll for each in mine if each.live), *_own_pace(alert)), default=_DEFAULT_POLL),
                taken=bool(alarms) and all(alarm.acked_at is not None for alarm in alarms),
                currency=currency_of(alert, line, currencies),
                blind=_is_blind(line, alarms, dark),
            )
        )
    return rows


def _own_pace(alert: Alert) -> tuple[timedelta, ...]:
    """Return how often an alert is judged where that is not each time its switch is read: a script has its own pace."""
    return (SCRIPT_EVERY,) if alert.area is Area.SCRIPT else ()


def _is_blind(line: AlertLine | None, alarms: list[Alarm], dark: set[int | None]) -> bool:
    """Return whether what an alert in alarm shows comes from a switch that cannot be trusted."""
    if line is None or line.verdict is not Verdict.IN_ALARM:
        return False
    shown = [alarm for alarm in alarms if alarm.key.subject == line.subject] or alarms
    return any(alarm.blind or alarm.key.connection_id in dark for alarm in shown)


def _currencies(snapshot: Snapshot | None) -> Mapping[tuple[CompanyKind, str], str]:
    return {(each.kind, each.name): each.currency for each in snapshot.companies} if snapshot else {}


def currency_of(alert: Alert, line: AlertLine | None, currencies: Mapping[tuple[CompanyKind, str], str]) -> str:
    """Return the currency of an alert's worst subject, empty for areas that are not money."""
    if not alert.area.facts.money or line is None or line.subject is None or len(line.subject.parts) != 1:
        return ""
    return currencies.get((alert.scope.kind, line.subject.parts[0][1]), "")


def order_of(row: AlertRow) -> tuple[int, int, str]:
    """Return the key of the natural order: in alarm first, nobody's before taken, then by level and title."""
    verdict = row.line.verdict if row.line is not None and row.alert.enabled else None
    if not row.alert.enabled or (row.line is not None and row.line.verdict is Verdict.PAUSED):
        rank = _RANK[Verdict.PAUSED]
    else:
        rank = _NOT_JUDGED_RANK if verdict is None else _RANK[verdict]
    level = -row.level.rank if verdict is Verdict.IN_ALARM else 0
    return rank * 2 + (1 if verdict is Verdict.IN_ALARM and row.taken else 0), level, row.alert.title.casefold()
