"""The live chart of the alert editor: one subject of the alert, with its limits as they stand in the form.

Runs on the window's thread. Frames come from the service by the bridge; pyqtgraph is loaded with the first editor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from noc_alerts.engine.news import Frame, Snapshot, SwitchLine
from noc_alerts.model.alarms import Alarm, RuleKind
from noc_alerts.model.alerts import Alert, Area, NoticeLevel
from noc_alerts.model.companies import CompanyKind, Subject
from ui import text
from ui.alerts import words
from ui.alerts.form_values import Watched
from ui.alerts.rows import AlertRow
from ui.prefs import prefs
from ui.theme import GAP_DOWN, Role, theme
from ui.widgets.buttons import SegmentedControl
from ui.widgets.fields import ComboBox
from ui.widgets.page import Panel
from ui.widgets.state_panel import PageState, StateKind, StatePanel

if TYPE_CHECKING:
    from ui.context import ScreenContext

_RANGES = {"1h": ("1 h", timedelta(hours=1)), "6h": ("6 h", timedelta(hours=6)), "24h": ("24 h", timedelta(hours=24))}
_REST_MS = 300  # typing a name or a period asks for a chart only when it rests
_EPISODES = 200

#: A subject at a switch: what a chart shows.
Choice = tuple[int, Subject]


class ChartPane(Panel):
    """Show the worst subject of the alert, or the one chosen, with threshold and reset following the form."""

    def __init__(
        self, context: ScreenContext, clock: Callable[[], datetime], subject: Subject | None = None, parent: QWidget | None = None
    ) -> None:
        """Begin with `subject` where the alert watches it."""
        super().__init__("alert_chart", "Chart", parent=parent)
        from ui.charts.feed import make_live_chart  # with the first editor: pyqtgraph takes 0.3 s to load

        self._context, self._clock, self._wanted = context, clock, subject
        self._snapshot: Snapshot | None = None
        self._watched: Watched | None = None
        self._saved: Alert | None = None
        self._standing: AlertRow | None = None
        self._choices: list[Choice] = []
        self._tagged: Mapping[tuple[CompanyKind, str], frozenset[str]] = {}
        self.chooser = ComboBox("alert_chart_subject")
        self.chooser.setAccessibleName("Subject of the chart")
        theme.follow(self.chooser, self._fit)
        self.chooser.chosen.connect(self._on_chosen)
        self._range = SegmentedControl(
            [(key, said) for key, (said, _) in _RANGES.items()], "alert_chart_range", "Range of the chart", small=True
        )
        self._range.chosen.connect(self._on_range_chosen)
        self.add_action(self.chooser)
        self.add_action(self._range)
        self._feed = make_live_chart(context, None, name="alert_live_chart", labels=True, length=_RANGES["1h"][1])
        self.chart = self._feed.chart
        self.chart.head.hide()  # the panel's head says it
        self.body.setContentsMargins(12, GAP_DOWN // 2, 12, 8)
        self.body.addWidget(self.chart, 1)
        self._state = StatePanel("alert_chart_state", self)
        self.body.addWidget(self._state, 1)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._show_choice)
        context.bridge.framed.connect(self._on_framed)

    def _fit(self) -> None:
        self.chooser.setMinimumWidth(theme.px(128))
        self.chooser.setMaximumWidth(theme.px(184))  # the panel's title goes before it where there is little room

    @property
    def first_input(self) -> QWidget:
        """Return the first thing of the panel that takes the focus."""
        return self.chart if self.chooser.isHidden() else self.chooser

    @property
    def shown(self) -> Choice | None:
        """Return whose values are shown, at which switch; None while there is nothing to show."""
        choice = self._feed.choice
        return None if choice is None else (choice.connection_id, choice.subject)

    @property
    def offered(self) -> list[tuple[Choice, str]]:
        """Return every subject the form watches, the worst first, with its words."""
        switches = {connection_id for connection_id, _ in self._choices}
        names = {line.connection.id: line.connection.name for line in self._snapshot.switches} if self._snapshot else {}
        at = {each: f", {names.get(each, '')}" if len(switches) > 1 else "" for each in switches}
        return [(choice, f"{choice[1].label.partition(' ')[2]}{at[choice[0]]}") for choice in self._choices]

    # --- what it is told ---------------------------------------------------------------------------------------------

    def know_tags(self, tagged: Mapping[tuple[CompanyKind, str], frozenset[str]]) -> None:
        """Take which companies of a kind carry a tag."""
        self._tagged = tagged

    def take_snapshot(self, snapshot: Snapshot | None) -> None:
        """Follow the companies there are and how far their switches can be trusted."""
        self._snapshot = snapshot
        if self._watched is not None and self._offer() and self.shown is None:
            self._show_choice()

    def show_form(self, watched: Watched, saved: Alert | None, row: AlertRow | None) -> None:
        """Show what the form watches: its limits at once, another subject, area or period when typing rests."""
        before, self._watched, self._saved, self._standing = self._watched, watched, saved, row
        parts = ("scope", "connection_id", "area", "period")
        if before is None:
            self._show_choice()
        elif any(getattr(before, part) != getattr(watched, part) for part in parts):
            self._rest.start()
        self._draw_limits()

    def show_row(self, row: AlertRow) -> None:
        """Take how the alert stands now, for its worst subject."""
        self._standing = row

    def choose(self, subject: Subject) -> None:
        """Show this subject, where the alert watches it."""
        self._wanted = subject
        if self._watched is not None:
            self._show_choice()

    def tick(self, now: datetime) -> None:
        """Let the age run."""
        self._say(now)

    def close_for_good(self) -> None:
        """Ask for no more frames: the editor is gone."""
        self._rest.stop()
        self._context.bridge.framed.disconnect(self._on_framed)
        self._feed.show(None)

    # --- which subject -----------------------------------------------------------------------------------------------

    def _find_choices(self) -> list[Choice]:
        """Return every subject the form watches, at each switch that knows it; the worst first."""
        watched, snapshot = self._watched, self._snapshot
        if watched is None or snapshot is None:
            return []
        found: list[Choice] = []
        scope = watched.scope
        tagged = self._tagged.get((scope.kind, scope.tag), frozenset()) if scope.tag else frozenset()
        for line in snapshot.companies:
            fits = line.kind is scope.kind and watched.connection_id in (None, line.connection_id)
            if fits and (scope.everybody or line.name in scope.names or line.name in tagged):
                found.append((line.connection_id, Subject.company(line.kind, line.name)))
        known = {subject for _, subject in found}
        for name in watched.scope.names:  # named, and not seen by any switch yet
            subject = Subject.company(watched.scope.kind, name)
            if subject not in known:
                found += [(each.connection.id or 0, subject) for each in snapshot.switches if self._reads(each)]
        return self._in_order(found, snapshot)

    def _in_order(self, choices: list[Choice], snapshot: Snapshot) -> list[Choice]:
        """Return them in the chooser's order: the worst, those in alarm, the busiest."""
        worst = self._standing.line.subject if self._standing is not None and self._standing.line is not None else None
        firing = {(alarm.key.connection_id, alarm.key.subject) for alarm in snapshot.alarms if self._is_mine(alarm)}
        attempts = {(each.connection_id, Subject.company(each.kind, each.name)): each.attempts for each in snapshot.companies}
        return sorted(choices, key=lambda c: (c[1] != worst, c not in firing, -attempts.get(c, 0), c[1].label.casefold()))

    def _reads(self, line: SwitchLine) -> bool:
        return self._watched is not None and self._watched.connection_id in (None, line.connection.id)

    def _is_mine(self, alarm: Alarm) -> bool:
        return self._saved is not None and alarm.key.rule_kind is RuleKind.ALERT and alarm.key.rule_id == self._saved.id

    def _offer(self) -> bool:
        """Offer the subjects in the chooser, keep the one shown; return whether there are others now."""
        choices = self._find_choices()
        changed = set(choices) != set(self._choices)
        if changed:
            self._choices = choices
            self.chooser.set_choices(list(self.offered))
        self.chooser.setVisible(len(choices) > 1)
        return changed

    def _current(self) -> Choice | None:
        """Return what to show: what was asked for, else what is shown, else the worst."""
        shown = self.shown
        if self._wanted is not None:
            same = [choice for choice in self._choices if choice[1] == self._wanted]
            if same:
                return shown if shown in same else same[0]
        if shown in self._choices:
            return shown
        return self._choices[0] if self._choices else None

    def _show_choice(self) -> None:
        """Show the subject that is to be shown now, or say why there is none."""
        from ui.charts.metrics import CHARTLESS, ChartChoice

        self._offer()
        choice, watched = self._current(), self._watched
        if choice is None or watched is None or watched.area in CHARTLESS:
            self._feed.show(None)
            self._show_nothing()
            return
        self._state.set_state(None)
        self.chart.show()
        self.chooser.set_data(choice)
        self._feed.show(ChartChoice(choice[0], choice[1].key, watched.area.value, watched.period))
        self.chart.head.hide()
        self.set_title(f"{watched.area.value} of {choice[1].label}")
        self._draw_limits()
        self._say(self._clock())

    def _show_nothing(self) -> None:
        self.chart.hide()
        self.chooser.hide()
        self.set_title("Chart")
        self.set_note("")
        if self._snapshot is None:
            state = PageState(StateKind.LOADING, "Reading", "The first picture of the switches is on its way.")
        elif not self._snapshot.switches:
            sentence = "Values are shown as soon as a switch is connected. The alert can be saved before that."
            go = self._context.go
            state = PageState(StateKind.EMPTY, "No switch", sentence, "Connect a switch", lambda: go("switches", None))
        elif self._watched is not None and self._watched.area is Area.SCRIPT:
            sentence = "What a script looks at is its own matter. Test the alert to see its result and its log."
            state = PageState(StateKind.EMPTY, "A script has no chart", sentence)
        elif self._watched is not None and self._watched.area is Area.CONSECUTIVE_FAILURES and self._choices:
            sentence = "They are counted at each check. The list of alerts shows the count of now, Explain that of any company."
            state = PageState(StateKind.EMPTY, "Consecutive failures have no chart", sentence)
        elif self._watched is not None and self._watched.scope.tag:
            sentence = f"No {self._watched.scope.kind.value} that a switch lists carries the tag {self._watched.scope.tag}."
            state = PageState(StateKind.EMPTY, "Nobody with this tag", sentence)
        else:
            what = f"{self._watched.scope.kind.value}" if self._watched else "company"
            state = PageState(StateKind.EMPTY, f"No {what} chosen", f"Name a {what} at the left to see its values here.")
        self._state.set_state(state)

    # --- what is drawn -----------------------------------------------------------------------------------------------

    def _draw_limits(self) -> None:
        """Draw threshold and reset as typed, and the saved threshold while another one is typed."""
        from ui.charts.parts import clears_line, fires_line

        watched, saved, scale = self._watched, self._saved, self._feed.scale
        shown = self._feed.choice
        if watched is None or shown is None or shown.metric != watched.area.value:
            return  # the lines of one area mean nothing over the values of another
        lines = []
        mild = NoticeLevel.WARNING
        limits = ((watched.threshold, watched.reset, watched.level), (watched.warn_threshold, watched.warn_reset, mild))
        for threshold, reset, level in limits:
            if threshold is not None:
                lines.append(fires_line(threshold, watched.operator, level, scale, in_alarm=True))
            clears = None if reset is None else clears_line(reset, watched.operator, level, scale, in_alarm=True)
            lines += [clears] if clears is not None else []
        if saved is not None and saved.area is watched.area and watched.operator.has_limit:
            before = ((saved.threshold, watched.threshold, watched.level), (saved.warn_threshold, watched.warn_threshold, mild))
            for old, new, level in before:
                if old is not None and old != new:
                    lines.append(replace(fires_line(old, saved.operator, level, scale), saved=True))
        self._feed.set_limits(tuple(lines), watched.min_calls)

    def _switch_line(self) -> SwitchLine | None:
        shown = self.shown
        if shown is None or self._snapshot is None:
            return None
        return next((each for each in self._snapshot.switches if each.connection.id == shown[0]), None)

    def _say(self, now: datetime) -> None:
        """Say value, sample and age in the panel's head."""
        frame, watched, line = self.chart.known, self._watched, self._switch_line()
        if frame is None or watched is None:
            self.set_note("")
            return
        age = None
        if line is not None and frame.as_of is not None:
            age = text.age(frame.as_of, now, line.connection.poll)
        imported = line is not None and not line.connection.live
        old = "" if age is None else f"records end {text.time_of(frame.as_of or now, now, prefs.zone)}" if imported else age.old
        said, role = self._value_words(frame, watched)
        if role is Role.MUTED and age is not None and age.state is text.AgeState.LATE and not imported:
            role = Role.WARNING
        self.set_note(", ".join(part for part in (said, old) if part), role)

    def _value_words(self, frame: Frame, watched: Watched) -> tuple[str, Role]:
        from ui.charts.words import FILLS

        if frame.blind:
            return text.UNKNOWN, Role.BLIND
        points = frame.points
        if not len(points.value):
            return f"{text.NONE}, no {'reading' if watched.area.is_reading else 'calls'}", Role.MUTED
        value, calls = float(points.value[-1]), int(points.calls[-1])
        if self.chart.still_fills:
            return f"{text.NONE}, {FILLS}", Role.MUTED
        if not watched.area.is_reading and calls < watched.min_calls:
            return f"{text.NONE}, {text.too_few(calls, watched.min_calls)}", Role.MUTED
        if not np.isfinite(value):
            return f"{text.NONE}, no calls", Role.MUTED
        shown = text.Shown(text.number(value, watched.area.facts.decimals), self._feed.scale.unit).joined
        return f"{shown}, {words.area_sample(watched.area, calls)}", Role.MUTED

    # --- slots -------------------------------------------------------------------------------------------------------

    def _on_framed(self, _frame: Frame) -> None:
        self._say(self._clock())

    def _on_chosen(self, choice: Choice) -> None:
        self._wanted = None
        self._choices.sort(key=lambda each: each != choice)
        self._feed.show(None)
        self._show_choice()

    def _on_range_chosen(self, key: str) -> None:
        self._feed.set_range(_RANGES[key][1])
