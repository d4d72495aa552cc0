"""The rows of the Companies list, made of what the engine announces; what grew too old since is blind.

Pure values; the window's thread makes them. Values of a switch that cannot be trusted are withdrawn, not dimmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from noc_alerts.engine.news import CompanyLine, Snapshot, SwitchLine
from noc_alerts.model.alarms import Alarm
from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.companies import CompanyKind, Subject
from noc_alerts.model.connections import HealthState
from ui import text

CompanyKey = tuple[int, CompanyKind, str]

#: The engine says every second how everything stands. So long after its last word (with twice the interval of a read)
#: nothing it said can be trusted; until then its own word stands, for it knows how long reads take.
SILENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Trouble:
    """The worst of a company's alarms: its level, and whether nobody has taken it."""

    level: NoticeLevel
    open: bool

    @property
    def rank(self) -> int:
        """Give a number to sort by: higher is worse, and not taken is worse than taken."""
        return 2 * self.level.rank + self.open


@dataclass(frozen=True, slots=True)
class CompanyRow:
    """One company at one switch.

    While the switch is blind, `line` is the last one from before that, and `known` says whether there was one.
    """

    key: CompanyKey
    line: CompanyLine
    switch: str
    state: HealthState
    known: bool
    trouble: Trouble | None

    @property
    def blind(self) -> bool:
        """Tell whether its values are withdrawn."""
        return self.state is HealthState.BLIND

    @property
    def subject(self) -> Subject:
        """Give it as the subject of charts and alerts."""
        return Subject.company(self.line.kind, self.line.name)

    @property
    def label(self) -> str:
        """Name it as people do: `carrier bravo`."""
        return self.subject.label


def make_rows(snapshot: Snapshot, before: Mapping[CompanyKey, CompanyRow], good: Mapping[int, Snapshot]) -> list[CompanyRow]:
    """Give a row for every company of a snapshot; a row of `before` that says the same is given again.

    `good`: for each connection the last snapshot in which it could be trusted; a blind one keeps its values from there.
    """
    switches = {line.connection.id: line for line in snapshot.switches}
    troubles = _troubles(snapshot.alarms)
    trusted = _trusted_lines(snapshot, good)
    rows = []
    for line in snapshot.companies:
        switch = switches.get(line.connection_id)
        if switch is None:
            continue
        state, key = switch.health.state, (line.connection_id, line.kind, line.name)
        known = state not in (HealthState.BLIND, HealthState.WAITING)
        if state is HealthState.BLIND and key in trusted:
            line, known = replace(trusted[key], alarms=line.alarms, alerts=line.alerts), True
        trouble = troubles.get((line.connection_id, Subject.company(line.kind, line.name).key)) if line.alarms else None
        old = before.get(key)
        if old is not None and old.line == line and old.state is state and old.known == known and old.trouble == trouble:
            rows.append(old if old.switch == switch.connection.name else replace(old, switch=switch.connection.name))
        else:
            rows.append(CompanyRow(key, line, switch.connection.name, state, known, trouble))
    return rows


def _trusted_lines(snapshot: Snapshot, good: Mapping[int, Snapshot]) -> dict[CompanyKey, CompanyLine]:
    """Give the lines of blind switches from when they could be trusted last."""
    lines: dict[CompanyKey, CompanyLine] = {}
    for switch in snapshot.switches:
        last = good.get(switch.connection.id or 0)
        if switch.health.state is HealthState.BLIND and last is not None:
            mine = (line for line in last.companies if line.connection_id == switch.connection.id)
            lines.update({(line.connection_id, line.kind, line.name): line for line in mine})
    return lines


def ages_of(snapshot: Snapshot, now: datetime) -> dict[int, str]:
    """Give the age of each connection's data in words."""
    return {line.connection.id or 0: _age(line, now) for line in snapshot.switches}


def aged(snapshot: Snapshot, now: datetime) -> Snapshot:
    """Give a snapshot in which what is too old without news of the engine is blind; the same object when nothing is."""
    switches = tuple(_aged_line(line, now - snapshot.at) for line in snapshot.switches)
    return (
        snapshot
        if all(a is b for a, b in zip(switches, snapshot.switches, strict=True))
        else replace(snapshot, switches=switches)
    )


def _aged_line(line: SwitchLine, unheard: timedelta) -> SwitchLine:
    trusted = line.health.state in (HealthState.FRESH, HealthState.LATE)
    if not trusted or not line.connection.live or unheard <= 2 * line.connection.poll + SILENCE:
        return line
    return replace(line, health=replace(line.health, state=HealthState.BLIND, sentence="Nothing was heard of it for too long."))


def _age(switch: SwitchLine, now: datetime) -> str:
    if not switch.connection.live:
        return "imported"
    if switch.health.state is HealthState.WAITING:
        return "reading"
    if switch.as_of is None:
        return "never read"
    return text.age(switch.as_of, now, max(switch.connection.poll, timedelta(seconds=1))).old


def _troubles(alarms: Iterable[Alarm]) -> dict[tuple[int, str], Trouble]:
    worst: dict[tuple[int, str], Trouble] = {}
    for alarm in alarms:
        key = (alarm.key.connection_id, alarm.key.subject.key)
        trouble = Trouble(alarm.level, alarm.acked_at is None)
        if key not in worst or trouble.rank > worst[key].rank:
            worst[key] = trouble
    return worst


def natural_order(row: CompanyRow) -> tuple[int, str, str, str]:
    """Give the order of the list: companies in alarm first, worst on top, then by name."""
    return (-row.trouble.rank if row.trouble else 0, row.line.name.casefold(), row.line.kind.value, row.switch.casefold())
