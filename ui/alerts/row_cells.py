"""The cells and columns of the alerts list.

Runs on the window's thread; reads no store. Cells that show ages are made anew when `RowCells.now` moves.
"""

from __future__ import annotations

from datetime import datetime

from noc_alerts.model.alarms import Verdict
from noc_alerts.model.alerts import Area, NoticeLevel
from ui import text
from ui.alerts import list_words, words
from ui.alerts.rows import LEVEL_MARKS, AlertRow, order_of
from ui.marks import Form, Mark, word_style
from ui.prefs import prefs
from ui.table_spec import Align, Cell, Column, RowStyle
from ui.text import AgeState
from ui.theme import Role


class RowCells:
    """Make the cells of the list as of `now`; the list moves it once a second."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def columns(self) -> list[Column[AlertRow]]:
        """Return the columns of the list."""
        return [
            Column("on", "On", lambda r: r.alert.enabled, self._on, width=44, min_width=44, tooltip="Space switches it"),
            Column("title", "Title", lambda r: r.alert.title, self._title, width=182, min_width=140, stretch=True, fixed=True),
            Column("company", "Company or tag", lambda r: r.alert.scope.label, self._company, width=118, yields=True),
            Column("area", "Area", lambda r: r.alert.area.value, self._area, width=150, min_width=88, stretch=True, yields=True),
            Column(
                "limit",
                "Limit, reset",
                lambda r: r.alert.threshold,
                self._limit,
                align=Align.RIGHT,
                width=200,
                min_width=140,
                stretch=True,
            ),
            Column("now", "Now", self._value, self._now, align=Align.RIGHT, width=200, min_width=198, stretch=True),
            Column("state", "State", order_of, self._state, width=172, min_width=142, stretch=True, search=self._state_search),
            Column(
                "level",
                "Notice level",
                lambda r: -r.alert.level.rank,
                self._level,
                width=108,
                min_width=104,
                yields=True,
                search=_level_word,
            ),
            Column("repeat", "Repeat", self._repeat_value, self._repeat, width=112, min_width=84, spare=True),
            Column("penalty", "Penalty", self._penalty_value, self._penalty, width=112, min_width=84, spare=True),
            Column("told", "Told", self._told_value, self._told, width=100, min_width=80, yields=True, search=self._told_search),
        ]

    def style(self, row: AlertRow) -> RowStyle:
        """Return the wash of a critical alarm that nobody has, muted where nothing is judged."""
        verdict = row.verdict(self.now)
        if verdict is Verdict.IN_ALARM and row.level is NoticeLevel.CRITICAL and not row.taken:
            return RowStyle(wash=Role.CRITICAL_WASH)
        return RowStyle(muted=verdict is Verdict.PAUSED)

    def spoken(self, row: AlertRow) -> str:
        """Return a row as a screen reader says it."""
        verdict, state, second = list_words.state_words(row.alert, row.line, self.now, prefs.zone)
        level = words.LEVEL_WORDS[row.level].lower()
        value = self._now(row)
        return ", ".join(
            part
            for part in (
                f"{state} {_state_second(row, second)}".strip(),
                row.alert.title,
                row.alert.scope.label,
                f"{row.alert.area.value} {value.plain}",
                list_words.limit_said(row.alert),
                value.second,
                f"{level} now" if row.alert.two_levels and verdict is Verdict.IN_ALARM else f"notice level {level}",
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
        scope = row.alert.scope
        icon = "tag" if scope.tag else ""
        tooltip = f"{scope.label}: {row.switch}" if row.switch else scope.label
        if row.gone:
            tooltip = f"{tooltip}\n{list_words.gone_sentence(row.alert, row.gone)}"
        return Cell(scope.label, second=row.switch, icon=icon, tooltip=tooltip)

    def _area(self, row: AlertRow) -> Cell:
        area, period = words.area_words(row.alert)
        named = row.alert.area is Area.SCRIPT and list_words.has_limit(row.alert)  # else the limit names the script
        return Cell(area, second=row.alert.script if named else period)

    def _limit(self, row: AlertRow) -> Cell:
        first, second, full = list_words.limit_words(row.alert, row.currency)
        tone = Role.TEXT if list_words.has_limit(row.alert) else Role.MUTED
        return Cell(first.number, first.unit, second=second, tone=tone, tooltip=full)

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
            return self._no_value(row)
        many = list_words.counts_subjects(row.alert) and line.subject is not None
        subject = line.subject.label.partition(" ")[2] if many and line.subject is not None else ""
        said = line.message.rstrip(".") if row.alert.area is Area.SCRIPT else words.sample_words(row.alert, line.calls)
        parts = [said, subject, age.old if age else ""]
        late = age is not None and age.state is not AgeState.FRESH
        shown = words.value_shown(row.alert.area, line.value, row.currency)
        tone = word_style(LEVEL_MARKS[row.level])[0] if verdict is Verdict.IN_ALARM and not row.taken else Role.TEXT
        return Cell(
            shown.number,
            shown.unit,
            second=", ".join(part for part in parts if part),
            tone=Role.TEXT if row.level is NoticeLevel.NONE else tone,
            second_tone=Role.WARNING if late else Role.MUTED,
            bold=True,
        )

    def _no_value(self, row: AlertRow) -> Cell:
        assert row.line is not None
        if row.gone and len(row.gone) == len(row.alert.scope.names):
            return Cell(text.NONE, second="not at the switch", tone=Role.MUTED)
        if row.alert.area is Area.SCRIPT or row.alert.is_report:
            said = row.line.message or ("told at its times" if row.alert.is_report else "no value")
            return Cell(said, tone=Role.MUTED)
        return Cell(text.NONE, second=words.too_few_words(row.alert, row.line.calls), tone=Role.MUTED, bold=True)

    def _state(self, row: AlertRow) -> Cell:
        verdict, word, second = list_words.state_words(row.alert, row.line, self.now, prefs.zone)
        second = _state_second(row, second)
        tooltip = list_words.gone_sentence(row.alert, row.gone) if row.gone else ""
        if word == "Company gone" and verdict is not Verdict.IN_ALARM:
            return Cell(word, second=second, icon="companies", tone=Role.WARNING, tooltip=tooltip)
        match verdict:
            case Verdict.IN_ALARM:
                mark, form = LEVEL_MARKS[row.level], Form.TAKEN if row.taken else Form.ACTIVE
                tone, bold = word_style(mark, form)
                second_tone = Role.BLIND if row.blind else Role.MUTED
                return Cell(
                    word, second=second, second_tone=second_tone, mark=mark, form=form, tone=tone, bold=bold, tooltip=tooltip
                )
            case Verdict.BLIND:
                return Cell(word, second=second, mark=Mark.BLIND, tone=Role.BLIND, bold=True)
            case Verdict.ERROR:
                return Cell(word, second=second, mark=Mark.CRITICAL, form=Form.TAKEN, tone=Role.CRITICAL, tooltip=second)
            case Verdict.READY:
                return Cell(word, second=second, mark=Mark.OK, tone=Role.MUTED, tooltip=tooltip)
            case Verdict.PENDING:
                return Cell(word, second=second, icon="clock", tooltip=tooltip)
            case Verdict.PAUSED:
                return Cell(word, second=second, icon="pause", tone=Role.MUTED)
            case Verdict.BLOCKED:
                return Cell(word, second=second, mark=Mark.BLOCKED, tone=Role.BLOCKED)
            case _:
                return Cell(word, second=second, icon="minus" if verdict else "clock", tone=Role.MUTED, tooltip=tooltip)

    def _state_search(self, row: AlertRow) -> str:
        _, word, second = list_words.state_words(row.alert, row.line, self.now, prefs.zone)
        return f"{word} {_state_second(row, second)}"

    def _level(self, row: AlertRow) -> Cell:
        word, mark = words.LEVEL_WORDS[row.alert.level], LEVEL_MARKS[row.alert.level]
        if row.alert.level is NoticeLevel.NONE:
            return Cell(word, tone=Role.MUTED)
        # Grey and open: the level is what the alert would be, not what is wrong now.
        return Cell(word, second="warns first" if row.alert.two_levels else "", mark=mark, form=Form.CLEARED)

    def _repeat_value(self, row: AlertRow) -> str | None:
        said = list_words.repeat_words(row.alert)
        return None if said == list_words.NO_REPEAT else said

    def _repeat(self, row: AlertRow) -> Cell:
        said = list_words.repeat_words(row.alert)
        if said == list_words.NO_REPEAT:
            return Cell(said, tone=Role.MUTED)
        due = "" if row.verdict(self.now) is Verdict.PAUSED else list_words.next_words(row.line, self.now, prefs.zone)
        first, second = list_words.repeat_parts(row.alert, due, prefs.zone)
        return Cell(first, second=second, tooltip="\n".join(part for part in (said, due) if part))

    def _penalty_value(self, row: AlertRow) -> float | None:
        return None if row.alert.penalty is None else row.alert.penalty.length.total_seconds()

    def _penalty(self, row: AlertRow) -> Cell:
        first, second = list_words.penalty_words(row.alert.penalty)
        if row.alert.penalty is None:
            return Cell(first, tone=Role.MUTED)
        why = "An alarm asks for a block. It is written down; nothing is placed on the switch yet."
        return Cell(first, second=second, mark=Mark.BLOCKED, tooltip=f"{first}{f', {second}' if second else ''}\n{why}")

    def _told_value(self, row: AlertRow) -> int:
        return len(row.alert.recipients)

    def _told(self, row: AlertRow) -> Cell:
        first, second, anybody = list_words.told_words(row.alert)
        tooltip = "\n".join((*row.alert.recipients, *(("the tray of this workstation",) if row.alert.tray else ())))
        return Cell(first, second=second, tone=Role.TEXT if anybody else Role.WARNING, tooltip=tooltip)

    def _told_search(self, row: AlertRow) -> str:
        return " ".join((*row.alert.recipients, "" if list_words.told_words(row.alert)[2] else "nobody"))


def _level_word(row: AlertRow) -> str:
    return words.LEVEL_WORDS[row.alert.level]


def _state_second(row: AlertRow, second: str) -> str:
    """Return the second line of the state: an alarm that cannot be judged now says so first."""
    return ", ".join(part for part in ("blind", second) if part) if row.blind and row.alert.enabled else second


def _unknown(second: str) -> Cell:
    return Cell(text.UNKNOWN, second=second, tone=Role.BLIND, second_tone=Role.BLIND, bold=True)
