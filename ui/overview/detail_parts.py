"""Parts of the detail pane: the story as lines, the same metric of sibling companies, the chart of the last hour.

Runs on the window's thread. The chart's library is imported when the first chart is shown, after the first paint.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from noc_alerts.engine.news import CompanyLine, Sampled, Snapshot
from noc_alerts.model.alarms import Alarm
from noc_alerts.model.alerts import Area
from ui import text
from ui.charts.metrics import ChartChoice
from ui.overview import words
from ui.overview.last_hour import HOUR
from ui.overview.rows import AlarmRow
from ui.overview.words import Line
from ui.prefs import prefs
from ui.theme import FontRole, Role, theme
from ui.widgets.labels import ElidedLabel, Label

if TYPE_CHECKING:
    from ui.charts.feed import ChartFeed
    from ui.context import ScreenContext

MAX_SIBLINGS = 6
_CHART_HEIGHT = 168


def clear_grid(grid: QGridLayout) -> None:
    """Remove all widgets of a grid."""
    while (item := grid.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()


class StoryList(QWidget):
    """Lines with their times; what comes next in bold at the end."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._shown: tuple[object, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(1, 1)

    @property
    def lines(self) -> list[str]:
        """Return the words shown, from top to bottom."""
        return [label.text() for label in self.findChildren(Label, "story_words")]

    def show_lines(self, lines: Sequence[Line], now: datetime) -> None:
        """Show these lines."""
        zone = prefs.zone
        shown = tuple((line, "next" if line.at is None else text.time_of(line.at, now, zone)) for line in lines)
        if shown == self._shown:
            return
        self._shown = shown
        clear_grid(self._grid)
        for row, (line, time) in enumerate(shown):
            when = Label(time, Role.MUTED, FontRole.BODY)
            if line.at is not None:
                when.setToolTip(text.both_zones(line.at, zone, prefs.other_zone))
            said = line.words if line.bold else f"{line.words}{line.rest}"
            first = Label(said, line.role, FontRole.BODY_STRONG if line.bold else FontRole.BODY, wrap=True, name="story_words")
            cell = QWidget()
            column = QVBoxLayout(cell)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(0)
            column.addWidget(first)
            if line.bold and line.rest:
                column.addWidget(Label(line.rest, Role.MUTED, FontRole.BODY, wrap=True, name="story_words"))
            self._grid.addWidget(when, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(cell, row, 1, Qt.AlignmentFlag.AlignTop)


_PERIODS = {Area.CPS: "last minute", Area.BALANCE: "now", Area.CHANNELS: "now"}


def _figure(line: CompanyLine, area: Area) -> tuple[float | None, str]:
    """Return a company's value of an area and what it rests on; (None, "") where the area is not kept for companies."""

    def sampled(found: Sampled, word: str) -> tuple[float | None, str]:
        return found.value, text.plural(found.calls, "attempt") if word == "attempts" else f"{text.number(found.calls)} {word}"

    match area:
        case Area.ASR:
            return sampled(line.asr, "attempts")
        case Area.ACD:
            return sampled(line.acd, "answered")
        case Area.PDD:
            return sampled(line.pdd, "with PDD")
        case Area.CPS:
            return line.cps, ""
        case Area.CALLS:
            return float(line.attempts), ""
        case Area.BALANCE:
            return line.balance, ""
        case Area.CHANNELS:
            return line.channels, ""
        case _:
            return None, ""


class Siblings(QWidget):
    """The same metric of the other companies of its kind at the same switch, the busiest first, and its own."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("overview_siblings")
        self._shown: tuple[object, ...] = ()
        self._title = Label("Is it only this one?", Role.TEXT, FontRole.SECTION, name="overview_siblings_title")
        self._note = Label("", Role.MUTED, FontRole.CAPTION)
        self._verdict = Label("", Role.MUTED, FontRole.BODY, wrap=True, name="overview_siblings_verdict")
        head = QGridLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self._title, 0, 0)
        head.addWidget(self._note, 0, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
        head.setColumnStretch(0, 1)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._verdict)
        column.addLayout(self._grid)

    @property
    def lines(self) -> list[str]:
        """Return the companies shown, from top to bottom."""
        return [label.text() for label in self.findChildren(ElidedLabel, "sibling_name")]

    def show_alarm(self, row: AlarmRow, snapshot: Snapshot | None) -> bool:
        """Compare the alarm's subject with its siblings; tell whether there is something to compare."""
        alarm, area = row.alarm, _area_of(row)
        kind = alarm.key.subject.company_kind if alarm is not None else None
        if snapshot is None or alarm is None or area is None or kind is None or row.blind or not alarm.active:
            return False
        lines = [line for line in snapshot.companies if line.connection_id == alarm.key.connection_id and line.kind is kind]
        own = alarm.key.subject.parts[0][1]
        others = [line for line in lines if line.name != own and _figure(line, area)[0] is not None]
        others.sort(key=lambda line: -line.attempts)
        if not others:
            return False
        mine = [line for line in lines if line.name == own and _figure(line, area)[0] is not None]
        shown = [*others[:MAX_SIBLINGS], *mine]
        key = tuple((line.name, *_figure(line, area), line.alarms) for line in shown)
        if (own, area, key) == self._shown:
            return True
        self._shown = (own, area, key)
        self._title.set(f"Is it only {own}?" if len(own) <= 14 else "Is it only this one?")
        period = _PERIODS.get(area, "last hour")
        self._note.set(f"{area.value}, {period}")
        troubled = sum(line.alarms > 0 for line in others)
        total = text.plural(len(others), f"other {kind.value}")
        self._verdict.set(f"{text.number(troubled)} of {total} in alarm" if troubled else f"No alarm on the {total}")
        clear_grid(self._grid)
        for at, line in enumerate(shown):
            self._add(at, line, area, alarm, own=line.name == own)
        return True

    def _add(self, at: int, line: CompanyLine, area: Area, alarm: Alarm, *, own: bool) -> None:
        value, rests = _figure(line, area)
        role = Role.MUTED if own else Role.TEXT
        unit = line.currency if area is Area.BALANCE else alarm.unit
        shown = "" if value is None else text.Shown(text.number(value, area.facts.decimals), unit).joined
        self._grid.addWidget(ElidedLabel(line.name, role, name="sibling_name"), at, 0)
        self._grid.addWidget(Label(rests, Role.MUTED), at, 1, Qt.AlignmentFlag.AlignRight)
        figure = Label(shown, Role.TEXT, FontRole.BODY_STRONG)
        in_alarm = f", {text.plural(line.alarms, 'alarm')}" if line.alarms else ""
        figure.setAccessibleName(f"{line.name}: {shown}, {rests}{in_alarm}")
        self._grid.addWidget(figure, at, 2, Qt.AlignmentFlag.AlignRight)


def _area_of(row: AlarmRow) -> Area | None:
    alarm = row.alarm
    if alarm is None or alarm.area not in {area.value for area in Area}:
        return None
    return Area(alarm.area)


class HourChart(QWidget):
    """The live chart of an alarm's last hour with the limits of its alert; a cleared alarm's since before it was raised."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self.setObjectName("overview_chart")
        self._context = context
        self.feed: ChartFeed | None = None
        self._row: AlarmRow | None = None
        self._shown: tuple[object, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.set_low(False)

    def set_low(self, low: bool) -> None:
        """Take little height, where the pane lies under the table."""
        self.setMinimumHeight(theme.px(90 if low else _CHART_HEIGHT))
        self.setMaximumHeight(16_777_215 if low else theme.px(_CHART_HEIGHT))
        down = QSizePolicy.Policy.Ignored if low else QSizePolicy.Policy.Preferred
        self.setSizePolicy(QSizePolicy.Policy.Expanding, down)

    def show_row(self, row: AlarmRow, now: datetime) -> None:
        """Show the row's chart; the library is loaded in the next turn of the event loop the first time."""
        first, self._row = self._row is None, row
        if self.feed is not None:
            self._fill(self.feed, row, now)
        elif first:
            QTimer.singleShot(0, self, lambda: self._make(now))

    def _make(self, now: datetime) -> None:
        from ui.charts.feed import make_live_chart

        self.feed = make_live_chart(self._context, None, name="overview_live_chart", compact=True, length=HOUR)
        self._column.addWidget(self.feed.chart)
        if self._row is not None:
            self._fill(self.feed, self._row, now)

    def _fill(self, feed: ChartFeed, row: AlarmRow, now: datetime) -> None:
        from ui.charts.lookup import limit_lines

        alarm, alert = row.alarm, row.alert
        if alarm is None or alert is None:
            return
        ago = timedelta(0) if alarm.active else now - alarm.raised_at + HOUR / 4
        length = max(HOUR, timedelta(hours=-(-ago // HOUR)))
        shown = (row.key, alert, length, alarm.active)
        if shown == self._shown:
            return
        self._shown = shown
        feed.set_range(length)
        feed.show(ChartChoice.of_alert(alert, alarm.key.subject, alarm.key.connection_id))
        lines = tuple(limit_lines(alert, feed.scale, in_alarm=alarm.active))
        feed.set_limits(lines, min_calls=0 if alert.area.is_reading else alert.min_calls)


def answered_words(alarm: Alarm, value: float | None, calls: int | None) -> str:
    """Return the share in calls: `16 answered of 294`; else what the value rests on."""
    if alarm.area == Area.ASR.value and value is not None and calls:
        return f"{text.number(round(value * calls / 100))} answered of {text.number(calls)}"
    return words.sample_words(alarm, calls)
