"""The detail pane: the chosen alarm's value and last hour, why it fired, whether it is only this one, and what can be done.

Runs on the window's thread. Shows what it is given; the page reads the store.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.alarms import Alarm
from ui import text
from ui.charts.metrics import METRICS
from ui.charts.scales import wilson
from ui.marks import Form, Mark, MarkLabel
from ui.overview import words
from ui.overview.detail_parts import HourChart, Siblings, StoryList, answered_words
from ui.overview.rows import AlarmRow, RowCells
from ui.overview.words import NO_STORY, Line, Story
from ui.prefs import prefs
from ui.theme import PANEL_HEAD, FontRole, Role, theme
from ui.widgets.buttons import Button, PrimaryButton
from ui.widgets.labels import ElidedLabel, Label, line
from ui.widgets.page import Panel, scrolled

#: From this width on the parts stand side by side: the pane is under the table then.
_SIDE_BY_SIDE = 720
_WIDE_HEIGHT = 260
_TONES = {Mark.CRITICAL: Role.CRITICAL, Mark.BLIND: Role.BLIND}


if TYPE_CHECKING:
    from ui.context import ScreenContext


class DetailPane(Panel):
    """One alarm in full. The buttons only ask; the page does."""

    acknowledge_asked = Signal()
    give_back_asked = Signal()
    edit_asked = Signal()
    explain_asked = Signal()

    def __init__(self, context: ScreenContext, cells: RowCells) -> None:
        super().__init__("overview_detail")
        self.setAccessibleName("Chosen alarm")
        self._cells = cells
        self.row: AlarmRow | None = None
        self._mark = MarkLabel(Mark.CRITICAL)
        self._subject = Label("", Role.TEXT, FontRole.SECTION, name="overview_detail_subject")
        self._title = ElidedLabel("", Role.MUTED, FontRole.BODY, name="overview_detail_title")
        self._switch = Label("", Role.MUTED, FontRole.CAPTION, name="overview_detail_switch")
        self.value = Label("", Role.TEXT, FontRole.KEY_VALUE, name="overview_detail_value")
        self._sample = ElidedLabel("", Role.MUTED, FontRole.BODY, name="overview_detail_sample")
        self.facts = Label("", Role.MUTED, FontRole.CAPTION, wrap=True, name="overview_detail_facts")
        self.chart = HourChart(context)
        self.story = StoryList("overview_story")
        self.siblings = Siblings()
        self.acknowledge = PrimaryButton("Acknowledge", "overview_acknowledge", hint="A")
        self.give_back = Button("Give it back", "overview_give_back", hint="U")
        self.edit = Button("Edit limits", "overview_edit", hint="L")
        self.explain = Button("Explain", "overview_explain", hint="E")
        self._why = Label("Why it fired", Role.TEXT, FontRole.SECTION)
        self._nothing = Label("Choose an alarm to see its last hour, how it came, and what comes next.", Role.MUTED, wrap=True)
        self._lay_out()
        for button, asked in (
            (self.acknowledge, self.acknowledge_asked),
            (self.give_back, self.give_back_asked),
            (self.edit, self.edit_asked),
            (self.explain, self.explain_asked),
        ):
            button.clicked.connect(asked)
        self.show_row(None, NO_STORY, None, datetime.min.replace(tzinfo=UTC))

    # --- building ----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._head_row = QWidget()
        self._head_row.setFixedHeight(theme.px(PANEL_HEAD))
        head = QHBoxLayout(self._head_row)
        head.setContentsMargins(12, 0, 12, 0)
        head.setSpacing(8)
        head.addWidget(self._mark)
        head.addWidget(self._subject)
        head.addWidget(self._title, 1)
        head.addWidget(self._switch)
        self._sections = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._sections.setSpacing(0)
        self._sections.setContentsMargins(0, 0, 0, 0)
        self._value_part = self._part([self._value_row(), self.facts, self.chart])
        self._story_part = self._part([self._why, self.story])
        self._sibling_part = self._part([self.siblings])
        self._rules = [line(), line()]
        for widget in (self._value_part, self._rules[0], self._story_part, self._rules[1], self._sibling_part):
            self._sections.addWidget(widget)
        self._filler = QWidget()
        self._sections.addWidget(self._filler, 1)
        content = QWidget()
        content.setProperty("kit", "raised")
        content.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        content.setLayout(self._sections)
        self._scroll = scrolled(content, "overview_detail_scroll")
        self._actions_part = self._make_actions()
        self._whole = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._whole.setSpacing(0)
        self._whole.addWidget(self._scroll, 1)
        self._whole.addWidget(self._actions_part)
        self._body_host = QWidget()
        self._body_host.setLayout(self._whole)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._nothing.setContentsMargins(16, 16, 16, 16)
        self._head_line = line()
        self.body.setSpacing(0)
        for widget in (self._head_row, self._head_line):
            self.body.addWidget(widget)
        self.body.addWidget(self._body_host, 1)
        self.body.addWidget(self._nothing, 0, Qt.AlignmentFlag.AlignTop)
        theme.follow(self._head_row, lambda: self._head_row.setFixedHeight(theme.px(PANEL_HEAD)))

    def _value_row(self) -> QWidget:
        host = QWidget()
        across = QHBoxLayout(host)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(10)
        across.addWidget(self.value, 0, Qt.AlignmentFlag.AlignBottom)
        across.addWidget(self._sample, 1, Qt.AlignmentFlag.AlignBottom)
        self._sample.setContentsMargins(0, 0, 0, 4)
        return host

    def _part(self, widgets: list[QWidget]) -> QWidget:
        host = QWidget()
        column = QVBoxLayout(host)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(6)
        for widget in widgets:
            column.addWidget(widget, 100 if widget is self.chart else 0)
        column.addStretch(1)
        host.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        return host

    def _make_actions(self) -> QWidget:
        host = QFrame()
        column = QVBoxLayout(host)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        pair = QHBoxLayout()
        pair.setSpacing(8)
        pair.addWidget(self.edit, 1)
        pair.addWidget(self.explain, 1)
        self._action_rule = line()
        column.addWidget(self.acknowledge)
        column.addWidget(self.give_back)
        column.addLayout(pair)
        outer = QWidget()
        whole = QVBoxLayout(outer)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._action_rule)
        whole.addWidget(host)
        whole.addStretch(1)
        return outer

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the parts side by side where the pane is wide."""
        super().resizeEvent(event)
        wide = self.width() >= theme.px(_SIDE_BY_SIDE)
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if direction == self._sections.direction():
            return
        self._sections.setDirection(direction)
        self._whole.setDirection(direction)
        for rule in (*self._rules, self._action_rule):
            rule.setVisible(not wide)
        self._filler.setVisible(not wide)
        for at, part in enumerate((self._value_part, self._story_part, self._sibling_part)):
            self._sections.setStretchFactor(part, (5, 4, 4)[at] if wide else 0)
            part.setMinimumWidth(theme.px(200) if wide else 0)
        self.setMinimumHeight(theme.px(_WIDE_HEIGHT) if wide else 0)
        self.chart.set_low(wide)
        self._actions_part.setMaximumWidth(theme.px(272) if wide else 16_777_215)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_row(self, row: AlarmRow | None, story: Story, snapshot: Snapshot | None, now: datetime) -> None:
        """Show an alarm, active or cleared, or a blind switch; None says how to choose one."""
        self.row = row
        for widget in (self._head_row, self._head_line, self._body_host):
            widget.setVisible(row is not None)
        self._nothing.setVisible(row is None)
        if row is None:
            return
        self._mark.set_mark(row.mark, row.form)
        self._subject.set(row.subject)
        self._title.set("" if row.of_switch else row.title)
        several = snapshot is not None and len(snapshot.switches) > 1
        self._switch.set(row.switch_name if several and not row.of_switch else "")
        self.setAccessibleName(f"Chosen alarm: {row.subject}, {row.title}")
        self._show_value(row, now)
        charted = row.alarm is not None and row.alert is not None and row.switch is not None
        self.chart.setVisible(charted)
        if charted:
            self.chart.show_row(row, now)
        was = "was" if row.form is Form.CLEARED else "is"
        self._why.set(f"Why it {was} blind" if row.of_switch else "Why it fired")
        self.story.show_lines(self._lines(row, story), now)
        shown = self.siblings.show_alarm(row, snapshot)
        self._sibling_part.setVisible(shown)
        self._rules[1].setVisible(shown and self._sections.direction() is QBoxLayout.Direction.TopToBottom)
        self._show_actions(row)

    def set_operator(self, operator: str, open_ones: int, taken: int) -> None:
        """Name who acknowledges, and how many alarms when several are selected."""
        count = f" {text.number(open_ones)}" if open_ones > 1 else ""
        self.acknowledge.setText(f"Acknowledge{count} as {operator}" if operator else f"Acknowledge{count}…")
        self.acknowledge.setAccessibleName(self.acknowledge.text())
        self.give_back.setText(f"Give {text.number(taken)} back" if taken > 1 else "Give it back")

    def _lines(self, row: AlarmRow, story: Story) -> list[Line]:
        lines = [] if row.alarm is None else words.story_lines(row.alarm, story)
        if row.of_switch and row.alarm is None and row.switch is not None:
            lines.append(Line(row.since, row.switch.health.sentence or "No answer"))
        if row.alarm is None or row.alarm.active:
            first, second = self._cells.next_of(row)
            lines.append(Line(None, first, bold=True, rest=second))
        return lines

    def _show_actions(self, row: AlarmRow) -> None:
        active = row.alarm is not None and row.alarm.active
        self.acknowledge.setVisible(active and not row.taken)
        self.give_back.setVisible(active and row.taken)
        self.edit.setText("Open switch" if row.of_switch else "Edit limits")
        self.edit.setEnabled(row.switch is not None if row.of_switch else row.alert is not None)

    # --- value -------------------------------------------------------------------------------------------------------

    def _show_value(self, row: AlarmRow, now: datetime) -> None:
        alarm = row.alarm
        if row.of_switch or alarm is None:
            self._show_switch(row, now)
        elif not alarm.active:
            self._show_cleared(alarm, row)
        else:
            self._show_active(alarm, row)
        self.value.setAccessibleName(f"{self.value.text()} {self._sample.text()}")

    def _show_active(self, alarm: Alarm, row: AlarmRow) -> None:
        age, _ = self._cells.age(row)
        limits = f"Limit {words.limit_words(alarm, row.alert, unit=True)}{_reset_words(alarm, row)}."
        if row.blind:
            was = "" if alarm.value is None else f"{alarm.area} was {words.value_shown(alarm, alarm.value).joined}"
            self.value.set(text.UNKNOWN, Role.BLIND)
            self._sample.set(was)
            self.facts.set(f"{row.switch_name} does not answer, data {age}. {limits}" if age else limits)
            return
        rests = self._cells.rests(row)
        if alarm.value is None:
            self.value.set(text.NONE, Role.MUTED)
            self._sample.set(rests.text)
        else:
            hot = row.form is Form.ACTIVE
            self.value.set(words.value_shown(alarm, alarm.value).joined, _TONES.get(row.mark, Role.TEXT) if hot else Role.TEXT)
            self._sample.set(answered_words(alarm, alarm.value, alarm.calls))
        parts = [_period(row), _interval(alarm)]
        first = ", ".join(part for part in parts if part)
        data = f"Data {age}." if age else ""
        upper = " ".join(part for part in (f"{first}." if first else "", data) if part)
        self.facts.set(f"{upper}\n{limits}" if upper else limits)

    def _show_cleared(self, alarm: Alarm, row: AlarmRow) -> None:
        worst = text.NONE if alarm.worst is None else words.value_shown(alarm, alarm.worst).joined
        self.value.set(worst, Role.MUTED)
        self._sample.set("was the worst value")
        ended = alarm.cleared_at or alarm.raised_at
        how = words.ENDINGS.get(alarm.cleared_reason, "") if alarm.cleared_reason is not None else ""
        now, zone = self._cells.now, prefs.zone
        lasted = f"In alarm for {text.span(ended - alarm.raised_at)}, cleared {text.time_of(ended, now, zone)}"
        limit = f"Limit {words.limit_words(alarm, row.alert, unit=True)}." if alarm.key.subject.parts else ""
        self.facts.set(f"{lasted}{f' ({how.lower()})' if how else ''}.\n{limit}".strip())

    def _show_switch(self, row: AlarmRow, now: datetime) -> None:
        if row.alarm is not None and not row.alarm.active:
            self._show_cleared(row.alarm, row)
            return
        self.value.set(text.UNKNOWN, Role.BLIND)
        self._sample.set(f"for {text.span(now - row.since)}")
        self.facts.set("Alerts on it neither fire nor clear until it answers.")


def _period(row: AlarmRow) -> str:
    """Return the window: `Last 5 min`; a reading is `As read`."""
    alert = row.alert
    if alert is None:
        return ""
    return f"Last {text.exact_span(alert.sample_period)}" if alert.sample_period else "As the switch tells it"


def _reset_words(alarm: Alarm, row: AlarmRow) -> str:
    alert = row.alert
    if alert is None or alert.reset is None:
        return ""
    sign = ">" if alert.operator.fires_below else "<"
    return f", reset {sign} {words.limit_shown(alarm, alert.reset).joined}"


def _interval(alarm: Alarm) -> str:
    """Return the 95 % interval of a share whose calls are known."""
    metric = METRICS.get(alarm.area)
    if metric is None or not metric.is_share or alarm.value is None or not alarm.calls:
        return ""
    low, high = wilson(np.array([alarm.value]), np.array([alarm.calls]))
    return words.interval_words(float(low[0]), float(high[0]))
