"""The rows of the alerts list: an alert with how it stands now, and the cells made of it.

Runs on the window's thread; reads no store. Cells that show ages are made anew when `RowCells.now` moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from noc_alerts.engine.news import AlertLine, Snapshot
from noc_alerts.model.alarms import Alarm, RuleKind, Verdict
from noc_alerts.model.alerts import Alert, Area, NoticeLevel
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import Connection, HealthState
from ui import text
from ui.alerts import words
from ui.marks import Form, Mark, word_style
from ui.prefs import prefs
from ui.table_spec import Align, Cell, Column, RowStyle
from ui.text import AgeState
from ui.theme import Role

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
        return words.state_words(self.alert, self.line, now, UTC)[0]


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
                interval=max((each.poll for each in mine if each.live), default=_DEFAULT_POLL),
                taken=bool(alarms) and all(alarm.acked_at is not None for alarm in alarms),
                currency=currency_of(alert, line, currencies),
                blind=_is_blind(line, alarms, dark),
            )
        )
    return rows


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
    if alert.area is not Area.BALANCE or line is None or line.subject is None or len(line.subject.parts) != 1:
        return ""
    return currencies.get((alert.scope.kind, line.subject.parts[0][1]), "")


def order_of(row: AlertRow) -> tuple[int, int, str]:
    """Return the key of the natural order: in alarm first, nobody's before taken, then by level and title."""
    verdict = row.line.verdict if row.line is not None and row.alert.enabled else None
    if not row.alert.enabled or (row.line is not None and row.line.verdict is Verdict.PAUSED):
        rank = _RANK[Verdict.PAUSED]
    else:
        rank = _NOT_JUDGED_RANK if verdict is None else _RANK[verdict]
    level = -row.alert.level.rank if verdict is Verdict.IN_ALARM else 0
    return rank * 2 + (1 if verdict is Verdict.IN_ALARM and row.taken else 0), level, row.alert.title.casefold()


class RowCells:
    """Make the cells of the list as of `now`; the list moves it once a second."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def columns(self) -> list[Column[AlertRow]]:
        """Return the columns of the list."""
        return [
            Column("on", "On", lambda r: r.alert.enabled, self._on, width=44, min_width=44, tooltip="Space switches it"),
            Column("title", "Title", lambda r: r.alert.title, self._title, width=220, min_width=170, stretch=True, fixed=True),
            Column("company", "Company", lambda r: r.alert.scope.label, self._company, width=130, min_width=84),
            Column("area", "Area", lambda r: r.alert.area.value, self._area, width=92, min_width=72),
            Column("limit", "Limit, reset", lambda r: r.alert.threshold, self._limit, align=Align.RIGHT, width=148, min_width=96),
            Column("now", "Now", self._value, self._now, align=Align.RIGHT, width=214, min_width=120),
            Column("state", "State", order_of, self._state, width=144, min_width=112, search=self._state_search),
            Column("level", "Notice level", lambda r: -r.alert.level.rank, self._level, width=116, min_width=112),
            Column("told", "Told", lambda r: len(r.alert.recipients), self._told, width=100, min_width=80),
        ]

    def style(self, row: AlertRow) -> RowStyle:
        """Return the wash of a critical alarm that nobody has, muted where nothing is judged."""
        verdict = row.verdict(self.now)
        if verdict is Verdict.IN_ALARM and row.alert.level is NoticeLevel.CRITICAL and not row.taken:
            return RowStyle(wash=Role.CRITICAL_WASH)
        return RowStyle(muted=verdict is Verdict.PAUSED)

    def spoken(self, row: AlertRow) -> str:
        """Return a row as a screen reader says it."""
        _, state, second = words.state_words(row.alert, row.line, self.now, prefs.zone)
        level = words.LEVEL_WORDS[row.alert.level].lower()
        value = self._now(row)
        return ", ".join(
            part
            for part in (
                f"{state} {_state_second(row, second)}".strip(),
                row.alert.title,
                row.alert.scope.label,
                f"{row.alert.area.value} {value.plain}",
                f"limit {words.threshold_words(row.alert)}",
                value.second,
                f"notice level {level}",
            )
            if part
        )

    def _on(self, row: AlertRow) -> Cell:
        on = row.alert.enabled
        return Cell(checked=on, spoken="switched on" if on else "switched off")

    def _title(self, row: AlertRow) -> Cell:
        bold = row.verdict(self.now) is Verdict.IN_ALARM and not row.taken
        return Cell(row.alert.title, bold=bold)

    def _company(self, row: AlertRow) -> Cell:
        return Cell(row.alert.scope.label, second=row.switch)

    def _area(self, row: AlertRow) -> Cell:
        area, period = words.area_words(row.alert)
        return Cell(area, second=period)

    def _limit(self, row: AlertRow) -> Cell:
        sign = words.OPERATOR_WORDS[row.alert.operator]
        shown = words.value_shown(row.alert.area, row.alert.threshold)
        return Cell(f"{sign} {shown.number}", shown.unit or row.currency, second=words.reset_words(row.alert, row.currency))

    def _value(self, row: AlertRow) -> float | None:
        known = row.line is not None and not row.blind and row.verdict(self.now) is not Verdict.BLIND
        return row.line.value if known and row.line is not None else None

    def _now(self, row: AlertRow) -> Cell:
        line, verdict = row.line, row.verdict(self.now)
        if verdict is Verdict.PAUSED:
            return Cell("not judged", tone=Role.MUTED)
        if line is None or verdict is None:
            return Cell("…", tone=Role.MUTED)
        age = text.age(line.judged_at, self.now, row.interval) if line.judged_at else None
        last = "" if line.value is None else words.value_shown(row.alert.area, line.value, row.currency).joined
        if verdict is Verdict.BLIND or (row.blind and verdict is Verdict.IN_ALARM):
            was = f"was {last}" if last else "no data"
            return _unknown(f"{was}, {age.old}" if age else was)
        if verdict is Verdict.ERROR:
            return Cell("none", second="see State", tone=Role.MUTED)
        if line.value is None:
            return Cell(text.NONE, second=words.too_few_words(row.alert, line.calls), tone=Role.MUTED, bold=True)
        many = len(row.alert.scope.names) != 1 and line.subject is not None
        subject = line.subject.label.partition(" ")[2] if many and line.subject is not None else ""
        parts = [words.sample_words(row.alert, line.calls), subject, age.old if age else ""]
        late = age is not None and age.state is not AgeState.FRESH
        shown = words.value_shown(row.alert.area, line.value, row.currency)
        tone = word_style(LEVEL_MARKS[row.alert.level])[0] if verdict is Verdict.IN_ALARM and not row.taken else Role.TEXT
        return Cell(
            shown.number,
            shown.unit,
            second=", ".join(part for part in parts if part),
            tone=Role.TEXT if row.alert.level is NoticeLevel.NONE else tone,
            second_tone=Role.WARNING if late else Role.MUTED,
            bold=True,
        )

    def _state(self, row: AlertRow) -> Cell:
        verdict, word, second = words.state_words(row.alert, row.line, self.now, prefs.zone)
        match verdict:
            case Verdict.IN_ALARM:
                mark, form = LEVEL_MARKS[row.alert.level], Form.TAKEN if row.taken else Form.ACTIVE
                tone, bold = word_style(mark, form)
                second_tone = Role.BLIND if row.blind else Role.MUTED
                said = _state_second(row, second)
                return Cell(word, second=said, second_tone=second_tone, mark=mark, form=form, tone=tone, bold=bold)
            case Verdict.BLIND:
                return Cell(word, second=second, mark=Mark.BLIND, tone=Role.BLIND, bold=True)
            case Verdict.ERROR:
                return Cell(word, second=second, mark=Mark.CRITICAL, form=Form.TAKEN, tone=Role.CRITICAL, tooltip=second)
            case Verdict.READY:
                return Cell(word, second=second, mark=Mark.OK, tone=Role.MUTED)
            case Verdict.PENDING:
                return Cell(word, second=second, icon="clock")
            case Verdict.PAUSED:
                return Cell(word, second=second, icon="pause", tone=Role.MUTED)
            case Verdict.BLOCKED:
                return Cell(word, second=second, mark=Mark.BLOCKED, tone=Role.BLOCKED)
            case _:
                return Cell(word, second=second, icon="minus" if verdict else "clock", tone=Role.MUTED)

    def _state_search(self, row: AlertRow) -> str:
        _, word, second = words.state_words(row.alert, row.line, self.now, prefs.zone)
        return f"{word} {_state_second(row, second)}"

    def _level(self, row: AlertRow) -> Cell:
        word, mark = words.LEVEL_WORDS[row.alert.level], LEVEL_MARKS[row.alert.level]
        if row.alert.level is NoticeLevel.NONE:
            return Cell(word, tone=Role.MUTED)
        # Grey and open: the level is what the alert would be, not what is wrong now.
        return Cell(word, mark=mark, form=Form.CLEARED)

    def _told(self, row: AlertRow) -> Cell:
        first, second, anybody = words.told_words(row.alert)
        tooltip = "\n".join((*row.alert.recipients, *(("the tray of this workstation",) if row.alert.tray else ())))
        return Cell(first, second=second, tone=Role.TEXT if anybody else Role.WARNING, tooltip=tooltip)


def _state_second(row: AlertRow, second: str) -> str:
    """Return the second line of the state: an alarm that cannot be judged now says so first."""
    return ", ".join(part for part in ("blind", second) if part) if row.blind and row.alert.enabled else second


def _unknown(second: str) -> Cell:
    return Cell(text.UNKNOWN, second=second, tone=Role.BLIND, second_tone=Role.BLIND, bold=True)
