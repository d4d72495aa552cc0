"""What the Companies list shows of a company: its row, and the words of every cell.

Pure values; the window's thread makes them. Values of a switch that cannot be trusted are withdrawn, not dimmed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from noc_alerts.engine.news import CompanyLine, Sampled, Snapshot, SwitchLine
from noc_alerts.model.alarms import Alarm
from noc_alerts.model.alerts import Area, NoticeLevel
from noc_alerts.model.companies import CompanyKind, CompanyStatus, Subject
from noc_alerts.model.connections import HealthState
from ui import text
from ui.marks import Form, Mark
from ui.table_spec import Align, Cell, Column
from ui.text import Sample, Shown
from ui.theme import Role

CompanyKey = tuple[int, CompanyKind, str]

NOT_TOLD = "not told"
_MARKS = {NoticeLevel.CRITICAL: Mark.CRITICAL, NoticeLevel.WARNING: Mark.WARNING, NoticeLevel.NONE: Mark.NOTICE}


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

    `blind`: the switch cannot be trusted now; `line` is then the last one before that, or None when there was none.
    `age`: age of the switch's data in words, empty for imported files; `late`: it is older than it should be.
    """

    key: CompanyKey
    line: CompanyLine
    switch: str
    state: HealthState
    age: str
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


def make_rows(snapshot: Snapshot, before: Mapping[CompanyKey, CompanyRow]) -> list[CompanyRow]:
    """Give a row for every company of a snapshot; `before` are the rows of the last one, whose values a blind switch keeps."""
    switches = {line.connection.id: line for line in snapshot.switches}
    troubles = _troubles(snapshot.alarms)
    rows = []
    for line in snapshot.companies:
        switch = switches.get(line.connection_id)
        if switch is None:
            continue
        key = (line.connection_id, line.kind, line.name)
        row = CompanyRow(
            key=key,
            line=line,
            switch=switch.connection.name,
            state=switch.health.state,
            age=_age(switch, snapshot.at),
            known=switch.health.state not in (HealthState.BLIND, HealthState.WAITING),
            trouble=troubles.get((line.connection_id, Subject.company(line.kind, line.name).key)),
        )
        old = before.get(key)
        if row.blind and old is not None:
            kept = replace(old.line, alarms=line.alarms, alerts=line.alerts)
            row = replace(row, line=kept, known=old.known)
        rows.append(row)
    return rows


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


# --- cells ----------------------------------------------------------------------------------------------------------------


def _withdrawn(row: CompanyRow, was: str) -> Cell:
    """Show that a value is not known: the switch is blind, or was not read yet."""
    if row.state is HealthState.WAITING:
        return Cell("…", second="reading", tone=Role.MUTED)
    second = f"was {was}" if row.known and was else ""
    return Cell(text.UNKNOWN, second=second, tone=Role.BLIND, tooltip=f"{row.switch} is blind, so this is not known now.")


def _sampled(row: CompanyRow, found: Sampled, area: Area, shown: Shown | None, kind: Sample) -> Cell:
    facts = area.facts
    enough = found.calls >= facts.min_calls
    if row.blind or row.state is HealthState.WAITING:
        return _withdrawn(row, shown.joined if shown is not None and enough else "")
    if not enough:
        why = f"{facts.min_calls} calls or more are needed to say it."
        return Cell(text.NONE, second=text.too_few(found.calls, facts.min_calls), tone=Role.MUTED, tooltip=why)
    if shown is None:
        return Cell(text.NONE, second=text.sample(found.calls, kind), tone=Role.MUTED)
    spoken = f"{area.value} {shown.spoken}, {text.sample(found.calls, kind)}"
    return Cell(shown.number, shown.unit, second=text.sample(found.calls, kind), spoken=spoken)


def _asr(row: CompanyRow) -> Cell:
    value = row.line.asr.value
    return _sampled(row, row.line.asr, Area.ASR, None if value is None else text.percent(value), Sample.ATTEMPTS)


def _acd(row: CompanyRow) -> Cell:
    value = row.line.acd.value
    return _sampled(row, row.line.acd, Area.ACD, None if value is None else text.minutes(value / 60), Sample.ANSWERED)


def _pdd(row: CompanyRow) -> Cell:
    value = row.line.pdd.value
    return _sampled(row, row.line.pdd, Area.PDD, None if value is None else text.seconds(value), Sample.WITH_PDD)


def _attempts(row: CompanyRow) -> Cell:
    if row.blind or row.state is HealthState.WAITING:
        return _withdrawn(row, text.number(row.line.attempts))
    return Cell(text.number(row.line.attempts), spoken=text.plural(row.line.attempts, "attempt"))


def _cps(row: CompanyRow) -> Cell:
    if row.blind or row.state is HealthState.WAITING:
        return _withdrawn(row, text.rate(row.line.cps).number)
    shown = text.rate(row.line.cps)
    return Cell(shown.number, shown.unit, spoken=f"{shown.spoken}, mean of the last minute")


def _reading(row: CompanyRow, shown: Shown | None, what: str) -> Cell:
    if row.state is HealthState.WAITING:
        return _withdrawn(row, "")
    if shown is None:
        why = f"{row.switch} does not tell the {what} of this {row.line.kind.value}."
        return Cell(NOT_TOLD, tone=Role.MUTED, tooltip=why, spoken=f"{what} not told")
    if row.blind:
        return _withdrawn(row, shown.joined)
    return Cell(shown.number, shown.unit, spoken=f"{what} {shown.spoken}")


def _balance(row: CompanyRow) -> Cell:
    value = row.line.balance
    return _reading(row, None if value is None else text.money(value, row.line.currency), "balance")


def _channels(row: CompanyRow) -> Cell:
    value = row.line.channels
    return _reading(row, None if value is None else text.count(round(value)), "channels in use")


def _status(row: CompanyRow) -> Cell:
    status = row.line.status
    if row.blind:
        was = "" if status is CompanyStatus.UNKNOWN else status.value
        return _withdrawn(row, was)
    if status is CompanyStatus.UNKNOWN:
        return Cell(NOT_TOLD, tone=Role.MUTED, tooltip=f"{row.switch} does not tell the status of this {row.line.kind.value}.")
    return Cell(status.value.capitalize(), tone=Role.TEXT if status is CompanyStatus.ACTIVE else Role.MUTED)


def _switch(row: CompanyRow) -> Cell:
    tone = {HealthState.BLIND: Role.BLIND, HealthState.LATE: Role.WARNING}.get(row.state, Role.MUTED)
    mark = Mark.BLIND if row.blind else None
    return Cell(row.switch, second=row.age, second_tone=tone, mark=mark)


def _alarms(row: CompanyRow) -> Cell:
    if not row.line.alarms:
        return Cell("0", tone=Role.MUTED)
    if row.trouble is None:
        return Cell(text.number(row.line.alarms), bold=True)
    mark = _MARKS[row.trouble.level]
    form = Form.ACTIVE if row.trouble.open else Form.TAKEN
    worst = mark.value.lower() if row.trouble.open else f"{mark.value.lower()}, taken"
    return Cell(
        text.number(row.line.alarms),
        second=worst,
        bold=row.trouble.open,
        mark=mark,
        form=form,
        spoken=f"{text.plural(row.line.alarms, 'alarm')}, worst {worst}{', not taken' if row.trouble.open else ''}",
    )


def _alerts(row: CompanyRow) -> Cell:
    if not row.line.alerts:
        why = f"No alert looks at {row.label}. Press N to make one."
        return Cell("not watched", tone=Role.MUTED, tooltip=why)
    return Cell(text.number(row.line.alerts), spoken=f"{text.plural(row.line.alerts, 'alert')} watch it")


def _value(found: Sampled, area: Area, row: CompanyRow) -> float | None:
    """Give what a column sorts by: only what is shown as a value."""
    return None if row.blind or found.value is None or found.calls < area.facts.min_calls else found.value


def spoken(row: CompanyRow) -> str:
    """Say a row in one sentence, for screen readers."""
    parts = [row.label, f"switch {row.switch}"]
    if row.blind:
        return ", ".join([*parts, "blind, its values are not known"])
    for title, cell in (("ASR", _asr(row)), ("ACD", _acd(row)), ("PDD", _pdd(row))):
        parts.append(cell.spoken or f"{title} {cell.text}, {cell.second}")
    parts.append(text.plural(row.line.attempts, "attempt"))
    parts.append(_alarms(row).spoken or "no alarms")
    parts.append(_alerts(row).spoken or "not watched")
    return ", ".join(parts)


COLUMNS: tuple[Column[CompanyRow], ...] = (
    Column(
        "name",
        "Name",
        lambda r: r.line.name,
        lambda r: Cell(r.line.name, bold=True),
        width=110,
        min_width=100,
        stretch=True,
        fixed=True,
        search=lambda r: r.line.name,
    ),
    Column(
        "kind", "Kind", lambda r: r.line.kind.value, lambda r: Cell(r.line.kind.value.capitalize(), tone=Role.MUTED), width=92
    ),
    Column("switch", "Switch", lambda r: r.switch, _switch, width=100, min_width=90),
    Column("status", "Status", lambda r: r.line.status.value, _status, width=92),
    Column("balance", "Balance", lambda r: None if r.blind else r.line.balance, _balance, align=Align.RIGHT, width=118),
    Column(
        "asr",
        "ASR",
        lambda r: _value(r.line.asr, Area.ASR, r),
        _asr,
        align=Align.RIGHT,
        width=118,
        group="Last hour",
        tooltip="Answered of attempts, last hour",
    ),
    Column(
        "acd",
        "ACD",
        lambda r: _value(r.line.acd, Area.ACD, r),
        _acd,
        align=Align.RIGHT,
        width=118,
        tooltip="Mean length of answered calls, last hour",
    ),
    Column(
        "pdd",
        "PDD",
        lambda r: _value(r.line.pdd, Area.PDD, r),
        _pdd,
        align=Align.RIGHT,
        width=118,
        tooltip="Mean post-dial delay, last hour",
    ),
    Column(
        "attempts",
        "Attempts",
        lambda r: None if r.blind else r.line.attempts,
        _attempts,
        align=Align.RIGHT,
        width=86,
        descending_first=True,
        tooltip="Attempts of the last hour",
    ),
    Column(
        "cps",
        "CPS",
        lambda r: None if r.blind else r.line.cps,
        _cps,
        align=Align.RIGHT,
        width=96,
        group="Last minute",
        descending_first=True,
        tooltip="Calls per second, mean of the last minute",
    ),
    Column(
        "channels",
        "Channels",
        lambda r: None if r.blind else r.line.channels,
        _channels,
        align=Align.RIGHT,
        width=88,
        group="Now",
        descending_first=True,
        tooltip="Channels in use, as the switch gives it",
    ),
    Column(
        "alarms",
        "Alarms",
        lambda r: (r.trouble.rank if r.trouble else 0, r.line.alarms),
        _alarms,
        width=132,
        min_width=112,
        descending_first=True,
        group="Watched",
    ),
    Column(
        "alerts",
        "Alerts",
        lambda r: r.line.alerts,
        _alerts,
        width=104,
        min_width=90,
        tooltip="How many alerts look at it",
        search=lambda r: "" if r.line.alerts else "not watched",
    ),
)
