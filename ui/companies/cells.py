"""The words of every cell of the Companies list, and its columns.

Pure values; the window's thread makes them. Values of a switch that cannot be trusted are withdrawn, not dimmed.
"""

from __future__ import annotations

from collections.abc import Mapping

from noc_alerts.engine.news import Sampled
from noc_alerts.model.alerts import Area, NoticeLevel
from noc_alerts.model.companies import CompanyStatus
from noc_alerts.model.connections import HealthState
from ui import text
from ui.companies.rows import CompanyRow
from ui.marks import Form, Mark
from ui.table_spec import Align, Cell, Column
from ui.text import Sample, Shown
from ui.theme import Role

NOT_TOLD = "not told"
#: The button beside the number of alerts.
SHOW_ALERTS = "Show"
_MARKS = {NoticeLevel.CRITICAL: Mark.CRITICAL, NoticeLevel.WARNING: Mark.WARNING, NoticeLevel.NONE: Mark.NOTICE}


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
        return _withdrawn(row, shown.number)
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


def _switch(row: CompanyRow, age: str) -> Cell:
    tone = {HealthState.BLIND: Role.BLIND, HealthState.LATE: Role.WARNING}.get(row.state, Role.MUTED)
    mark = Mark.BLIND if row.blind else None
    return Cell(row.switch, second=age, second_tone=tone, mark=mark)


def _alarms(row: CompanyRow) -> Cell:
    if not row.line.alarms:
        return Cell("0", tone=Role.MUTED)
    if row.trouble is None:
        return Cell(text.number(row.line.alarms), bold=True)
    mark = _MARKS[row.trouble.level]
    form = Form.ACTIVE if row.trouble.open else Form.TAKEN
    worst = mark.value.lower()
    taken = "Nobody has taken it." if row.trouble.open else "Every one is taken."
    return Cell(
        text.number(row.line.alarms),
        second=worst,
        tooltip=f"{text.plural(row.line.alarms, 'alarm')}, the worst is {worst}. {taken}",
        bold=row.trouble.open,
        mark=mark,
        form=form,
        spoken=f"{text.plural(row.line.alarms, 'alarm')}, worst {worst}{', not taken' if row.trouble.open else ', taken'}",
    )


def _alerts(row: CompanyRow) -> Cell:
    if not row.line.alerts:
        why = f"No alert looks at {row.label}. Press N to make one."
        return Cell("not watched", tone=Role.MUTED, tooltip=why)
    amount = text.plural(row.line.alerts, "alert")
    spoken = f"{amount} {'watches' if row.line.alerts == 1 else 'watch'} it"
    return Cell(text.number(row.line.alerts), buttons=(SHOW_ALERTS,), spoken=spoken, tooltip=f"Show the {amount} of {row.label}")


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


_NAME: Column[CompanyRow] = Column(
    "name",
    "Name",
    lambda r: r.line.name,
    lambda r: Cell(r.line.name, second=r.line.kind.value, bold=True),
    width=134,
    min_width=110,
    stretch=True,
    fixed=True,
    search=lambda r: r.line.name,
)
_KIND: Column[CompanyRow] = Column(
    "kind",
    "Kind",
    lambda r: r.line.kind.value,
    lambda r: Cell(r.line.kind.value.capitalize(), tone=Role.MUTED),
    width=92,
    hidden=True,
)
_VALUES: tuple[Column[CompanyRow], ...] = (
    Column("status", "Status", lambda r: r.line.status.value, _status, width=84),
    Column("balance", "Balance", lambda r: None if r.blind else r.line.balance, _balance, align=Align.RIGHT, width=110),
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
        width=116,
        tooltip="Mean length of answered calls, last hour",
    ),
    Column(
        "pdd",
        "PDD",
        lambda r: _value(r.line.pdd, Area.PDD, r),
        _pdd,
        align=Align.RIGHT,
        width=114,
        tooltip="Mean post-dial delay, last hour",
    ),
    Column(
        "attempts",
        "Attempts",
        lambda r: None if r.blind else r.line.attempts,
        _attempts,
        align=Align.RIGHT,
        width=84,
        descending_first=True,
        tooltip="Attempts of the last hour",
    ),
    Column(
        "cps",
        "CPS",
        lambda r: None if r.blind else r.line.cps,
        _cps,
        align=Align.RIGHT,
        width=92,
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
        width=82,
        group="Now",
        descending_first=True,
        tooltip="Channels in use, as the switch gives it",
    ),
    Column(
        "alarms",
        "Alarms",
        lambda r: (r.trouble.rank if r.trouble else 0, r.line.alarms),
        _alarms,
        width=96,
        min_width=90,
        descending_first=True,
        group="Watched",
    ),
    Column(
        "alerts",
        "Alerts",
        lambda r: r.line.alerts,
        _alerts,
        width=102,
        min_width=90,
        tooltip="How many alerts look at it",
        search=lambda r: "" if r.line.alerts else "not watched",
    ),
)


def _switch_column(ages: Mapping[int, str]) -> Column[CompanyRow]:
    def cell(row: CompanyRow) -> Cell:
        return _switch(row, ages.get(row.line.connection_id, ""))

    return Column("switch", "Switch", lambda r: r.switch, cell, width=102, min_width=90)


def make_columns(ages: Mapping[int, str]) -> tuple[Column[CompanyRow], ...]:
    """Make the columns; `ages` is read when a cell is painted and may change meanwhile."""
    return (_NAME, _KIND, _switch_column(ages), *_VALUES)
