"""An alert applied to one source: which rows it looks at, their values, and its memory of them. Engine thread only."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np

from noc_alerts.engine.source import Source, ViewKey, to_ms
from noc_alerts.metrics.columns import Ints
from noc_alerts.metrics.factors import FACTORS, Floats
from noc_alerts.metrics.rings import Window
from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKey, RuleKind, RuleState
from noc_alerts.model.alerts import Alert
from noc_alerts.model.companies import Subject
from noc_alerts.model.connections import Clock
from noc_alerts.rules.conditions import compare, may_hold
from noc_alerts.rules.lifecycle import Step, Terms, Track

log = logging.getLogger(__name__)


#: For so long a company must have had calls (nearly the whole window, if that is shorter) before a ratio may raise an alarm:
#: a call rings for seconds, but ends after minutes.
SETTLED_MS = {Clock.OUTCOME: 45_000, Clock.END: 600_000, Clock.SETUP: 600_000}


def _ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def terms_of(alert: Alert) -> Terms:
    """Give when the alert fires and clears."""
    return Terms(alert.operator, alert.threshold, alert.reset, _ms(alert.hold), _ms(alert.keep))


class Program:
    """One alert on one source.

    `alarms`: row -> the alarm that is alive there. `error`: why it cannot be judged, "" = it can.
    """

    def __init__(self, alert: Alert, source: Source) -> None:
        self.alert = alert
        self.source = source
        self.track = Track()
        self.alarms: dict[int, Alarm] = {}
        self.since: dict[int, datetime] = {}
        self.error = ""
        self.judged_at: datetime | None = None
        self.values: Floats = np.zeros(0)
        self.calls: Ints = np.zeros(0, dtype=np.int64)
        self._terms = terms_of(alert)
        self._low = self._high = np.nan
        self._logged = ""

    @property
    def rule_id(self) -> int:
        """Give the alert's id."""
        return self.alert.id or 0

    @property
    def view_key(self) -> ViewKey | None:
        """Give the view it reads; None when it looks at readings."""
        return None if self.alert.area.is_reading else ((self.alert.scope.kind.dimension,), ())

    @property
    def window(self) -> Window | None:
        """Give the window it asks its view for; None when it looks at readings."""
        facts, period = self.alert.area.facts, self.alert.sample_period
        if facts.factor is None or period is None:
            return None
        return Window(_ms(period), (FACTORS[facts.factor],))

    def replace_alert(self, alert: Alert) -> None:
        """Take a changed alert over; what it watched goes on where it still watches it."""
        self.alert = alert
        self._terms = terms_of(alert)

    def same_rows(self, alert: Alert) -> bool:
        """Tell whether a changed alert would look at the same rows of the same values."""
        return alert.scope.kind is self.alert.scope.kind and alert.area is self.alert.area

    def subjects(self) -> list[Subject]:
        """Give the subject of every row."""
        reading = self.alert.area.facts.reading
        if reading is not None:
            return self.source.board(reading, self.alert.scope.kind).subjects
        key = self.view_key
        return self.source.grouping(key).subjects if key else []

    def row(self, subject: Subject) -> int:
        """Give the row of a subject, making it when it is new. Raises ValueError for a subject of another kind."""
        reading = self.alert.area.facts.reading
        if subject.company_kind is not self.alert.scope.kind:
            raise ValueError(f"{subject.key} is no {self.alert.scope.kind.value}")
        if reading is not None:
            return self.source.board(reading, self.alert.scope.kind).row(subject)
        key = self.view_key
        assert key is not None  # an area is either a reading or a factor
        return self.source.grouping(key).row(subject)

    def key(self, row: int) -> RuleKey:
        """Give the key of a row."""
        return RuleKey(RuleKind.ALERT, self.rule_id, self.source.id, self.subjects()[row])

    def keep_alarm(self, row: int, alarm: Alarm) -> None:
        """Take an alarm over as the store has it; one that is over is forgotten."""
        if alarm.active:
            self.alarms[row] = alarm
        else:
            self.alarms.pop(row, None)

    def fail(self, error: Exception) -> None:
        """Note that it cannot be judged; called while `error` is handled. The same error is logged once."""
        self.error = str(error) or type(error).__name__
        if self.error != self._logged:
            self._logged = self.error
            log.exception("alert %s could not be judged", self.alert.title)

    def restore(self, state: RuleState, alarm: Alarm | None) -> None:
        """Take a subject's state over from before a restart."""
        row = self.row(state.key.subject)
        self.track.restore(row, state.phase, state.held_ms)
        self.since[row] = state.since
        if alarm is not None:
            self.alarms[row] = alarm

    def read(self) -> None:
        """Read the values of its rows: other companies' rows and those with too few calls have none (NaN)."""
        facts = self.alert.area.facts
        kind = self.alert.scope.kind
        if facts.reading is not None:
            values = self.source.board(facts.reading, kind).values()
            calls = np.ones(len(values), dtype=np.int64)
            self._low, self._high = -np.inf, np.inf
        else:
            key, window = self.view_key, self.window
            assert key is not None and window is not None  # an area is either a reading or a factor
            factor = FACTORS[facts.factor or ""]
            column = self.source.view(key).column(factor, window.length_ms, self.alert.min_calls, facts.scale)
            values, calls, self._low, self._high = column.value, column.calls, column.low, column.high
        if self.alert.scope.names:
            named = [row for name in self.alert.scope.names if (row := self.row(Subject.company(kind, name))) < len(values)]
            only = np.full(len(values), np.nan)
            only[named] = values[named]
            values = only
        self.values, self.calls = values, calls

    def judge(self, as_of: datetime) -> list[Step]:
        """Hold the values against the limits at `as_of`. A time without judgements before it does not count as held."""
        self.read()
        if self.judged_at is None or not timedelta(0) <= as_of - self.judged_at <= self.source.blind_after:
            self.track.skip()
        self.judged_at = as_of
        if self.track.idle and not may_hold(self._low, self._high, self._terms.operator, self._terms.threshold):
            return []
        self._withdraw_beginners(to_ms(as_of))
        return self.track.step(self.values, self._terms, to_ms(as_of))

    def _withdraw_beginners(self, now_ms: int) -> None:
        """Give no value to rows past the limit whose traffic began just now.

        Failures are known at once and answers later, so the first calls of a company read too low: seconds long by outcome,
        minutes long by the end. Alarms that are alive are not touched.
        """
        key, window = self.view_key, self.window
        if key is None or window is None or not window.factors[0].ratio:
            return
        past = np.flatnonzero(compare(self.values, self._terms.operator, self._terms.threshold))
        new = np.array([row for row in past.tolist() if self.track.phase(row) is Phase.NORMAL], dtype=np.int64)
        if not len(new):
            return
        settled_ms = min(window.length_ms * 19 // 20, SETTLED_MS[self.source.connection.clock])
        began_ms = self.source.view(key).ring(window.length_ms).oldest_ms(new)
        young = new[now_ms - began_ms < settled_ms]
        if len(young):
            self.values = self.values.copy()
            self.values[young] = np.nan

    def skip(self) -> None:
        """Note that it was not judged now; no state changes and the time does not count."""
        self.track.skip()

    def end_outside_scope(self) -> list[Step]:
        """End rows that the alert (as changed) no longer looks at."""
        names = self.alert.scope.names
        subjects = self.subjects()
        rows = [r for r in self.track.active_rows() if names and subjects[r].parts[0][1] not in names]
        return self.track.reset(rows, Reason.RULE_CHANGED)

    def end(self, reason: Reason) -> list[Step]:
        """End all rows."""
        return self.track.reset(self.track.active_rows(), reason)

    def waiting_states(self) -> Iterable[RuleState]:
        """Give the rows whose hold or keep time is running, to be kept over a restart."""
        for row in self.track.active_rows():
            phase = self.track.phase(row)
            if phase in (Phase.PENDING, Phase.CLEARING):
                alarm = self.alarms.get(row)
                since = self.since.get(row, self.judged_at)
                assert since is not None  # a row is never active before it was judged or restored
                yield RuleState(self.key(row), phase, since, self.track.held_ms(row), alarm.id if alarm else None)

    def value(self, row: int) -> tuple[float | None, int | None]:
        """Give (value, calls) of a row; None = no value."""
        if row >= len(self.values):
            return None, None
        value = float(self.values[row])
        return (None if np.isnan(value) else value), int(self.calls[row])
