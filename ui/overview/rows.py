"""The rows of the active alarms: an alarm with everything its cells need, and the cells made of it.

Values; the window's thread makes them. What ages is made anew when `RowCells.now` moves. Reads no store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from noc_alerts.engine.news import Snapshot, SwitchLine
from noc_alerts.model.alarms import Alarm, RuleKind
from noc_alerts.model.alerts import Alert, Area
from noc_alerts.model.connections import HealthState
from ui import text
from ui.marks import Form, Mark, word_style
from ui.overview import words
from ui.overview.words import NO_STORY, Story
from ui.prefs import prefs
from ui.sparkline import Spark
from ui.table_spec import Align, Cell, Column, RowStyle
from ui.theme import Role

#: ("alarm", its id), or ("switch", its connection's id): the same before and after the built-in alarm is raised.
RowKey = tuple[str, int]

_RANK = {Mark.CRITICAL: 0, Mark.BLIND: 1, Mark.WARNING: 2, Mark.NOTICE: 3}


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One row. `alarm` None: a blind switch whose built-in alarm is not raised yet; `raises_at` says when it will be.

    `switch`: its switch now, None when that is gone. `blind`: the switch cannot be trusted, so the value is withdrawn.
    """

    key: RowKey
    mark: Mark
    since: datetime
    alarm: Alarm | None
    switch: SwitchLine | None
    alert: Alert | None = None
    story: Story = NO_STORY
    blind: bool = False
    spark: Spark | None = None
    raises_at: datetime | None = None

    @property
    def taken(self) -> bool:
        """Return whether somebody has it."""
        return self.alarm is not None and self.alarm.acked_at is not None

    @property
    def of_switch(self) -> bool:
        """Return whether it is about a switch that does not answer, or did not."""
        return self.alarm is None or self.alarm.key.rule_kind is RuleKind.SWITCH

    @property
    def form(self) -> Form:
        """Return what people did about it."""
        return Form.ACTIVE if self.alarm is None else words.form_of(self.alarm)

    @property
    def switch_name(self) -> str:
        """Return its switch's name."""
        return self.switch.connection.name if self.switch is not None else "its switch"

    @property
    def subject(self) -> str:
        """Return what it is about: `carrier bravo`, `switch sgp-1`."""
        if self.of_switch or self.alarm is None:
            return f"switch {self.switch_name}"
        return self.alarm.key.subject.label or f"switch {self.switch_name}"

    @property
    def title(self) -> str:
        """Return the alert's title, or the cause of a switch's silence."""
        if self.alarm is None or (self.of_switch and self.alarm.active):
            return self.cause
        return self.alarm.title

    @property
    def cause(self) -> str:
        """Return why a switch does not answer, without its name: `no answer: connection refused`."""
        if self.switch is None:
            return "no answer"
        sentence = self.switch.health.sentence.partition(". ")[0].rstrip(".")
        cause = sentence.removeprefix(self.switch.connection.name).strip()
        return cause.replace("does not answer", "no answer", 1) or "no answer"

    @property
    def connection_id(self) -> int:
        """Return the id of its connection."""
        if self.alarm is not None:
            return self.alarm.key.connection_id
        return self.key[1]


def blind_since(line: SwitchLine) -> datetime | None:
    """Return since when a switch is blind."""
    health = line.health
    if health.blind_since is not None:
        return health.blind_since
    return None if health.read_at is None else health.read_at + line.connection.poll


def make_row(
    alarm: Alarm,
    switches: Mapping[int, SwitchLine],
    alerts: Mapping[int, Alert],
    story: Story,
    now: datetime,
) -> AlarmRow:
    """Return the row of an alarm, active or cleared."""
    switch = switches.get(alarm.key.connection_id)
    of_switch = alarm.key.rule_kind is RuleKind.SWITCH
    blind = alarm.active and (alarm.blind or (switch is not None and switch.health.state is HealthState.BLIND))
    key: RowKey = ("switch", alarm.key.connection_id) if of_switch and alarm.active else ("alarm", alarm.id or 0)
    alert = None if of_switch else alerts.get(alarm.key.rule_id)
    since = (blind_since(switch) if of_switch and blind and switch is not None else None) or alarm.raised_at
    return AlarmRow(key, words.mark_of(alarm), since, alarm, switch, alert, story, blind)


def make_rows(
    snapshot: Snapshot,
    alerts: Mapping[int, Alert],
    stories: Mapping[int, Story],
    silent_after: timedelta,
    now: datetime,
) -> list[AlarmRow]:
    """Return a row for every active alarm, and one for every blind switch that has no alarm yet."""
    switches = {line.health.connection_id: line for line in snapshot.switches}
    rows = []
    for alarm in snapshot.alarms:
        story = stories.get(alarm.id or 0, NO_STORY)
        rows.append(make_row(alarm, switches, alerts, story, now))
    known = {row.key for row in rows}
    for cid, line in switches.items():
        if line.connection.live and line.health.state is HealthState.BLIND and ("switch", cid) not in known:
            since = blind_since(line) or snapshot.at
            row = AlarmRow(("switch", cid), Mark.BLIND, since, None, line, blind=True, raises_at=since + silent_after)
            rows.append(row)
    return rows


def order_of(row: AlarmRow) -> tuple[bool, int, datetime, RowKey]:
    """Return the key of the order: not taken before taken, critical, blind, warning, notice, oldest first."""
    return row.taken, _RANK[row.mark], row.since, row.key


def style_of(row: AlarmRow) -> RowStyle:
    """Return the wash of a critical alarm that nobody has taken."""
    washed = row.mark is Mark.CRITICAL and row.form is Form.ACTIVE
    return RowStyle(wash=Role.CRITICAL_WASH if washed else None)


class RowCells:
    """Make the cells of the table as of `now`; the page moves it once a second."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def columns(self) -> list[Column[AlarmRow]]:
        """Return the columns of the table."""
        right = Align.RIGHT
        # Of the stretching columns each may shrink to four fifths, so that all of them fit beside the pane at 1440 px.
        return [
            Column("severity", "Severity", order_of, self._severity, width=112, min_width=112, fixed=True,
                   search=lambda r: r.mark.value),
            Column("subject", "Subject", lambda r: r.subject, self._subject, width=185, min_width=148, stretch=True, fixed=True,
                   search=lambda r: f"{r.subject} {r.title} {r.switch_name}"),
            Column("value", "Value", self._value_of, self.value, right, width=100, min_width=92),
            Column("hour", "Last hour", lambda r: r.spark is not None, self._hour, width=96, min_width=76, stretch=True,
                   sortable=False, yields=True),
            Column("rests", "Rests on", self._calls_of, self.rests, right, width=108, min_width=96, yields=True),
            Column("since", "Since", lambda r: r.since, self._since, right, width=67, min_width=67, yields=True),
            Column("owner", "Owner", lambda r: r.alarm.acked_by if r.alarm else "", self._owner, width=157, min_width=126,
                   stretch=True),
            Column("next", "Next step", lambda r: self.next_of(r)[0], self._next, width=182, min_width=146, stretch=True),
        ]  # fmt: skip

    def _severity(self, row: AlarmRow) -> Cell:
        tone, bold = word_style(row.mark, row.form)
        return Cell(row.mark.value, mark=row.mark, form=row.form, tone=tone, bold=bold)

    def _subject(self, row: AlarmRow) -> Cell:
        where = "" if row.of_switch or row.switch is None else f"\non {row.switch_name}"
        said = row.alarm.message if row.alarm is not None else ""
        tooltip = "\n".join(filter(None, (row.subject, f"{row.title}{where}", said)))
        return Cell(row.subject, second=row.title, bold=True, tooltip=tooltip)

    def _value_of(self, row: AlarmRow) -> float | None:
        return None if row.blind or row.alarm is None else row.alarm.value

    def _calls_of(self, row: AlarmRow) -> int | None:
        return None if row.blind or row.alarm is None else row.alarm.calls

    def value(self, row: AlarmRow) -> Cell:
        """Return value and limit; withdrawn while the switch is blind."""
        alarm = row.alarm
        if row.of_switch or alarm is None:
            read_at = row.switch.health.read_at if row.switch is not None else None
            last = f"read {text.time_of(read_at, self.now, prefs.zone)}" if read_at else "never read"
            return Cell(text.UNKNOWN, second=last, tone=Role.BLIND, bold=True)
        if row.blind:
            was = f"{alarm.area} was {words.value_shown(alarm, alarm.value).joined}" if alarm.value is not None else ""
            return Cell(text.UNKNOWN, second=was, tone=Role.BLIND, bold=True)
        limit = f"limit {words.limit_words(alarm, row.alert)}"
        if alarm.area == Area.SCRIPT.value and (row.alert is None or row.alert.threshold is None):
            value = words.value_shown(alarm, alarm.value).number if alarm.value is not None else "breached"
            return Cell(value, second="by script", tone=Role.TEXT, bold=True, tooltip=alarm.message)
        if words.is_silence(alarm) and alarm.value is None:
            return Cell("no data", second=alarm.limit.removeprefix("no data "), tone=Role.MUTED, bold=True)
        if alarm.value is None:
            return Cell(text.NONE, second=limit, tone=Role.MUTED, bold=True)
        shown = words.value_shown(alarm, alarm.value)
        hot = row.mark is Mark.CRITICAL and row.form is Form.ACTIVE
        return Cell(shown.number, shown.unit, second=limit, tone=Role.CRITICAL if hot else Role.TEXT, bold=True)

    def _hour(self, row: AlarmRow) -> Cell:
        return Cell(spark=row.spark, spoken="") if row.spark is not None else Cell()

    def rests(self, row: AlarmRow) -> Cell:
        """Return what the value rests on, and how old it is."""
        age, role = self.age(row)
        if row.blind:
            return Cell("no data", second=age, tone=Role.BLIND, second_tone=Role.BLIND)
        alarm = row.alarm
        if alarm is None:
            return Cell()
        least = row.alert.min_calls if row.alert is not None else 0
        sample = words.sample_words(alarm, alarm.calls)
        if alarm.value is None and alarm.calls is not None and alarm.calls < least:
            sample = text.too_few(alarm.calls, least)
        return Cell(sample, second=age, second_tone=role)

    def age(self, row: AlarmRow) -> tuple[str, Role]:
        """Return the age of the row's data and its colour."""
        if row.switch is None or row.switch.health.read_at is None:
            return "", Role.MUTED
        words_of_age = text.age(row.switch.health.read_at, self.now, row.switch.connection.poll).old
        state = row.switch.health.state
        tone = {HealthState.BLIND: Role.BLIND, HealthState.LATE: Role.WARNING}.get(state, Role.MUTED)
        return words_of_age, tone

    def _since(self, row: AlarmRow) -> Cell:
        zone = prefs.zone
        both = text.both_zones(row.since, zone, prefs.other_zone)
        return Cell(text.span(self.now - row.since), second=text.time_of(row.since, self.now, zone), tooltip=both)

    def _owner(self, row: AlarmRow) -> Cell:
        alarm = row.alarm
        if alarm is None:
            return Cell("nobody yet", second="nobody told yet", bold=True)
        told, tone = words.told_words(row.story, prefs.zone)
        recipients = "\n".join(dict.fromkeys(each.recipient for each in row.story.deliveries))
        if alarm.acked_at is not None:
            note = alarm.ack_note or f"took it {text.time_of(alarm.acked_at, self.now, prefs.zone)}"
            return Cell(alarm.acked_by or "somebody", second=note, second_tone=Role.ACKED, bold=True)
        tooltip = f"nobody yet\n{told}\n{recipients}".strip()
        owner_tone = Role.CRITICAL if row.mark is Mark.CRITICAL else Role.TEXT
        return Cell("nobody yet", second=told, second_tone=tone, tone=owner_tone, bold=True, tooltip=tooltip)

    def next_of(self, row: AlarmRow) -> tuple[str, str]:
        """Return what happens next without anybody acting, and its consequence."""
        if row.of_switch or row.alarm is None:
            if row.switch is None:
                return "Ends at the next check", "its switch is gone"
            health = row.switch.health
            return words.switch_next(health.next_try_at, row.raises_at, health.tries, self.now, prefs.zone)
        return words.next_words(row.alarm, row.alert, row.story, row.switch_name, row.blind, self.now, prefs.zone)

    def _next(self, row: AlarmRow) -> Cell:
        first, second = self.next_of(row)
        return Cell(first, second=second)

    def spoken(self, row: AlarmRow) -> str:
        """Return a row as a screen reader says it."""
        value, rests = self.value(row), self.rests(row)
        shown = text.Shown(value.text, value.unit).spoken
        area = row.alarm.area if row.alarm is not None and not row.of_switch else ""
        owner = f"taken by {row.alarm.acked_by or 'somebody'}" if row.alarm is not None and row.taken else "not acknowledged"
        what = (row.mark.value, row.subject, row.title, f"{area} {shown}".strip(), value.second, rests.plain)
        parts = (*what, owner, self.next_of(row)[0])
        return ", ".join(part for part in parts if part)
