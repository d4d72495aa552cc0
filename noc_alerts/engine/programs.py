"""An alert applied to one source: which rows it looks at, their values, and its memory of them. Engine thread only."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from noc_alerts.engine.hearing import Hearing
from noc_alerts.engine.sights import FactorSight, ScriptSight, script_subject, sight_of
from noc_alerts.engine.source import Source, ViewKey, to_ms
from noc_alerts.metrics.columns import Ints
from noc_alerts.metrics.currencies import MIXED, mixed_sentence
from noc_alerts.metrics.factors import FACTORS, Floats
from noc_alerts.metrics.intervals import interval
from noc_alerts.metrics.rings import Window
from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKey, RuleKind, RuleState
from noc_alerts.model.alerts import Alert, Area, NoData, NoticeLevel, Operator
from noc_alerts.model.companies import Subject
from noc_alerts.model.connections import Clock
from noc_alerts.model.scripts import Outcome
from noc_alerts.rules.conditions import compare, compare_strict, may_hold, worse
from noc_alerts.rules.levels import Levels
from noc_alerts.rules.lifecycle import Step, Terms

log = logging.getLogger(__name__)


#: For so long a company must have had calls (nearly the whole window, if that is shorter) before a ratio may raise an alarm:
#: a call rings for seconds, but ends after minutes.
SETTLED_MS = {Clock.OUTCOME: 45_000, Clock.END: 600_000, Clock.SETUP: 600_000}
#: How a script that says itself whether it is breached is judged: its verdict is 1 or 0.
VERDICT = (Operator.GE, 1.0)


def _ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def terms_of(alert: Alert) -> tuple[Terms, Terms | None]:
    """Give when the alert fires and clears: the limit its alarms live by, and the critical one of two."""
    rest = (_ms(alert.hold), _ms(alert.keep), alert.no_data, _ms(alert.no_data_after))
    operator, threshold = (alert.operator, alert.threshold) if alert.operator.has_limit else VERDICT
    if threshold is None:
        operator, threshold = VERDICT
    own = Terms(operator, threshold, alert.reset, *rest)
    if alert.warn_threshold is None:
        return own, None
    inner = replace(own, no_data=NoData.KEEP) if own.no_data is NoData.ALARM else own
    return Terms(operator, alert.warn_threshold, alert.warn_reset, *rest), inner


class Program:
    """One alert on one source.

    `alarms`: row -> the alarm that is alive there. `error`: why it cannot be judged, "" = it can.
    `off_until`: outside its hours it is not judged until then. `inside`: the rows it looks at, None = all.
    """

    def __init__(self, alert: Alert, source: Source) -> None:
        self.alert = alert
        self.source = source
        self.sight = sight_of(alert, source)
        self.track = Levels(alert.two_levels)
        self.alarms: dict[int, Alarm] = {}
        self.since: dict[int, datetime] = {}
        self.severe_since: dict[int, datetime] = {}
        self.told_at: dict[int, datetime] = {}
        self.blocked: set[int] = set()  # rows whose alarm has asked for its block
        self._waited: set[int] = set()  # rows whose running time is in the store
        self._hearing = Hearing()
        self.error = ""
        self.judged_at: datetime | None = None
        self.off_until: datetime | None = None
        self.values: Floats = np.zeros(0)
        self.calls: Ints = np.zeros(0, dtype=np.int64)
        self.inside: Ints | None = None
        self._terms, self._inner = terms_of(alert)
        self._low = self._high = np.nan
        self._logged = ""

    @property
    def rule_id(self) -> int:
        """Give the alert's id."""
        return self.alert.id or 0

    @property
    def is_script(self) -> bool:
        """Tell whether a script decides."""
        return self.alert.area is Area.SCRIPT

    @property
    def outcome(self) -> Outcome | None:
        """Give what its script said last; None for other areas."""
        return self.sight.outcome if isinstance(self.sight, ScriptSight) else None

    def needs(self) -> dict[ViewKey, tuple[Window, ...]]:
        """Give the windows it asks its source's views for."""
        return self.sight.needs()

    def replace_alert(self, alert: Alert) -> list[Step]:
        """Take a changed alert over; what it watched goes on where it still watches it. Gives what that ends."""
        outcome = self.outcome
        self.alert = alert
        self._terms, self._inner = terms_of(alert)
        self.sight = sight_of(alert, self.source)
        if isinstance(self.sight, ScriptSight):
            self.sight.outcome = outcome
        if alert.no_data is not NoData.ALARM:
            self.track.outer.forget_silence()
        warned = {row for row, alarm in self.alarms.items() if alarm.level is NoticeLevel.WARNING}
        return self.track.become(alert.two_levels, warned)

    def same_rows(self, alert: Alert, script: str = "") -> bool:
        """Tell whether a changed alert would look at the same rows of the same values.

        `script`: what its script is called now, when it has another name.
        """
        old = self.alert
        same = (alert.area, alert.scope.kind, alert.is_report) == (old.area, old.scope.kind, old.is_report)
        if not same or not self.is_script:
            return same
        return (alert.script, script_subject(alert)) == (script or old.script, script_subject(old))

    def subjects(self) -> list[Subject]:
        """Give the subject of every row."""
        return self.sight.subjects

    def row(self, subject: Subject) -> int:
        """Give the row of a subject, making it when it is new. Raises ValueError for a subject of another kind."""
        return self.sight.row(subject)

    def looks_at(self, subject: Subject) -> bool:
        """Tell whether the alert, as it is now, looks at a subject; a gone company counts as long as it is named."""
        if self.is_script:
            return subject == self.subjects()[0]
        scope = self.alert.scope
        if subject.company_kind is not scope.kind:
            return False
        if scope.tag:
            return subject.parts[0][1] in self.source.tagged(scope.kind, scope.tag)
        return not scope.names or subject.parts[0][1] in scope.names

    def key(self, row: int) -> RuleKey:
        """Give the key of a row."""
        return RuleKey(RuleKind.ALERT, self.rule_id, self.source.id, self.subjects()[row])

    def level(self, row: int) -> NoticeLevel:
        """Give the level a row is in alarm at (or would be)."""
        if not self.alert.two_levels or self.track.is_severe(row):
            return self.alert.level
        return NoticeLevel.WARNING

    def worst(self, row: int, alarm: Alarm, value: float | None) -> float | None:
        """Give the worst value of an alarm with one more; as long as it is about missing data it has none."""
        return alarm.worst if self.track.outer.is_silent(row) else worse(self.alert.operator, alarm.worst, value)

    def unit(self, row: int) -> str:
        """Give the unit of a row's value: a currency for money."""
        unit = self.alert.area.facts.unit or self.sight.unit(row)
        if not unit and row in self.alarms:
            return self.alarms[row].unit
        return "" if unit == MIXED else unit

    def keep_alarm(self, row: int, alarm: Alarm) -> None:
        """Take an alarm over as the store has it; one that is over is forgotten."""
        self.told_at.pop(row, None)  # read anew: it was told just now
        if alarm.active:
            self.alarms[row] = alarm
            return
        self.alarms.pop(row, None)
        self.severe_since.pop(row, None)
        self.blocked.discard(row)

    def fail(self, error: Exception) -> None:
        """Note that it cannot be judged; called while `error` is handled. The same error is logged once."""
        self.error = str(error) or type(error).__name__
        if self.error != self._logged:
            self._logged = self.error
            log.exception("alert %s could not be judged", self.alert.title)

    def refuse(self, sentence: str) -> None:
        """Note that it cannot be judged because of something its user can mend (a script's error); time does not count."""
        self.error = sentence
        self.skip()
        if self.error != self._logged:
            self._logged = self.error
            log.info("alert %s could not be judged: %s", self.alert.title, sentence)

    def restore(self, state: RuleState, alarm: Alarm | None) -> None:
        """Take a subject's state over from before a restart."""
        row = self.row(state.key.subject)
        # only an alarm about missing data has had no value yet; or one of a script that gives none
        silent = alarm is not None and alarm.worst is None and (not self.is_script or self.alert.threshold is not None)
        inner = state.inner
        if alarm is not None and alarm.level is not NoticeLevel.WARNING and state.phase.in_alarm and not inner.in_alarm:
            inner = Phase.RAISED  # it was raised when the alert had one limit
        self.track.restore(row, state.phase, state.held_ms, inner, state.inner_held_ms, silent=silent)
        self.since[row] = state.since
        self._waited.add(row)
        if alarm is not None:
            self.alarms[row] = alarm

    def adopt(self, other: "Program") -> None:
        """Look at the same memory as another program of the same alert, without changing it (a test, an explanation)."""
        self.track, self.alarms, self.since = other.track, other.alarms, other.since
        self.off_until, self.error = other.off_until, other.error
        if isinstance(self.sight, ScriptSight):
            self.sight.outcome = other.outcome

    def take_back(self, step: Step) -> None:
        """Undo a step that could not be written, so that it is judged again."""
        inner, inner_held_ms = self.track.inner_state(step.row)
        if step.reason is Reason.ESCALATED:
            inner = Phase.NORMAL
        elif step.reason is Reason.EASED:
            inner = Phase.RAISED
        silent = step.reason is Reason.DATA_BACK
        self.track.restore(step.row, step.before, 0, inner, inner_held_ms, silent=silent)

    # -- reading ---------------------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Read the values of its rows: other companies' rows and those with too few calls have none (NaN)."""
        self.inside = self._rows_inside()
        seen = self.sight.read()
        values = seen.values
        if self.inside is not None:
            self.inside = self.inside[self.inside < len(values)]
            only = np.full(len(values), np.nan)
            only[self.inside] = values[self.inside]
            values = only
        self.values, self.calls, self._low, self._high = values, seen.calls, seen.low, seen.high

    def _rows_inside(self) -> Ints | None:
        """Give the rows of the companies it looks at, in order; None = all there are."""
        scope = self.alert.scope
        if self.is_script:
            return None
        if scope.everybody and not self.source.any_gone:
            return None
        gone = self.source.gone(scope.kind)
        if scope.everybody:
            return np.array([r for r, s in enumerate(self.subjects()) if s.parts[0][1] not in gone], dtype=np.int64)
        names = self.source.tagged(scope.kind, scope.tag) if scope.tag else scope.names
        rows = {self.row(Subject.company(scope.kind, name)) for name in names if name not in gone}
        return np.array(sorted(rows), dtype=np.int64)

    def gone(self) -> tuple[str, ...]:
        """Give the companies it names that the switch no longer lists."""
        gone = self.source.gone(self.alert.scope.kind)
        return tuple(name for name in self.alert.scope.names if name in gone)

    def mixed(self) -> tuple[str, ...]:
        """Give a sentence for each company it looks at whose money is in several currencies, so that it has no sum."""
        if not isinstance(self.sight, FactorSight):
            return ()
        subjects, inside = self.subjects(), None if self.inside is None else set(self.inside.tolist())
        return tuple(
            mixed_sentence(subjects[row].parts[0][1], codes)
            for row, codes in self.sight.mixed().items()
            if inside is None or row in inside
        )

    # -- judging ---------------------------------------------------------------------------------------------------------

    def judge(self, as_of: datetime) -> list[Step]:
        """Hold the values against the limits at `as_of`. A time without judgements before it does not count as held."""
        self.read()
        self._begin(as_of)
        if self.alert.is_report:
            return []
        # other scopes lose companies only when the alert is changed, which the roster sees to
        left = self.end_outside_scope() if self.alert.scope.tag or self.source.any_gone else []
        inner = self._inner
        waits = self.alert.no_data is NoData.ALARM
        if not waits and self.track.idle and not may_hold(self._low, self._high, self._terms.operator, self._terms.threshold):
            return left
        listening = self._hearing.listen(self.alert, self.values, self.calls, self.inside) if waits else None
        self._withdraw_beginners(to_ms(as_of))
        sure = inner_sure = None
        if self.alert.strict:
            low, high = interval(self.values, self.calls)
            sure = compare_strict(low, high, self._terms.operator, self._terms.threshold)
            if inner is not None:
                inner_sure = compare_strict(low, high, inner.operator, inner.threshold)
        return left + self.track.step(
            self.values, self._terms, inner, to_ms(as_of), sure=sure, inner_sure=inner_sure, inside=listening
        )

    def cannot_judge(self, outcome: Outcome) -> str:
        """Say why what its script said cannot be judged; empty = it can."""
        if outcome.value is None or outcome.breached is not None or self.alert.threshold is not None or self.alert.is_report:
            return ""
        return "Its script returned a number, but the alert has no threshold to hold it against. Enter one."

    def judge_outcome(self, outcome: Outcome, as_of: datetime) -> list[Step]:
        """Take what its script said about `as_of`, and judge it: by its own verdict, else by its value."""
        assert isinstance(self.sight, ScriptSight)  # only scripts have outcomes
        self.sight.outcome = outcome
        self.read()
        self._begin(as_of)
        if self.alert.is_report:
            return []
        terms, inner, judged = self._terms, self._inner, self.values
        if outcome.breached is not None or self.alert.threshold is None:
            terms = replace(terms, operator=VERDICT[0], threshold=VERDICT[1], reset=None)
            inner = replace(terms) if inner is not None else None
            judged = np.array([1.0 if outcome.breached else 0.0])
        return self.track.step(judged, terms, inner, to_ms(as_of))

    def _begin(self, as_of: datetime) -> None:
        if self.judged_at is None or not timedelta(0) <= as_of - self.judged_at <= self._patience:
            self.track.skip()
        self.judged_at = as_of

    @property
    def _patience(self) -> timedelta:
        """Give how far apart two judgements may be for the time between them to count."""
        return self.source.blind_after + (SCRIPT_EVERY * 2 if self.is_script else timedelta(0))

    def _withdraw_beginners(self, now_ms: int) -> None:
        """Give no value to rows past the limit whose traffic began just now.

        Failures are known at once and answers later, so the first calls of a company read too low: seconds long by outcome,
        minutes long by the end. Alarms that are alive are not touched.
        """
        area, period = self.alert.area.facts, self.alert.sample_period
        if not isinstance(self.sight, FactorSight) or area.factor is None or period is None or not FACTORS[area.factor].ratio:
            return
        past = np.flatnonzero(compare(self.values, self._terms.operator, self._terms.threshold))
        rows, window_ms = past[self.track.normal(past)], _ms(period)
        if not len(rows):
            return
        settled_ms = min(window_ms * 19 // 20, SETTLED_MS[self.source.connection.clock])
        began_ms = self.source.view(self.sight.key).ring(window_ms).oldest_ms(rows)
        young = rows[now_ms - began_ms < settled_ms]
        if len(young):
            self.values = self.values.copy()
            self.values[young] = np.nan

    def skip(self) -> None:
        """Note that it was not judged now; no state changes and the time does not count."""
        self.track.skip()

    def end_outside_scope(self) -> list[Step]:
        """End rows that the alert no longer looks at: it was changed, a tag was taken away, the switch forgot a company."""
        if self.track.idle:
            return []
        subjects, gone = self.subjects(), self.source.gone(self.alert.scope.kind)
        active = self.track.active_rows()
        lost = [r for r in active if subjects[r].parts and subjects[r].parts[0][1] in gone]
        outside = [r for r in active if r not in lost and not self.looks_at(subjects[r])]
        return self.track.reset(lost, Reason.COMPANY_GONE) + self.track.reset(outside, Reason.RULE_CHANGED)

    def end(self, reason: Reason) -> list[Step]:
        """End all rows, and what was counted towards missing data."""
        self.track.outer.forget_silence()
        return self.track.reset(self.track.active_rows(), reason)

    # -- telling of itself -----------------------------------------------------------------------------------------------

    def state(self, row: int, since: datetime) -> RuleState:
        """Give where a row stands, to be kept over a restart."""
        alarm = self.alarms.get(row)
        phase, held_ms = self.track.phase(row), self.track.held_ms(row)
        return RuleState(self.key(row), phase, since, held_ms, alarm.id if alarm else None, *self.track.inner_state(row))

    def waiting_states(self) -> Iterable[RuleState]:
        """Give the rows whose hold or keep time is running."""
        waiting = self.track.waiting_rows()
        # of two limits one may stop to wait without a step that says so: it is not to wait on after a restart
        stopped: set[int] = set()
        if self.alert.two_levels:
            stopped = self._waited.difference(waiting).intersection(self.track.active_rows())
            self._waited = set(waiting)
        for row in (*waiting, *stopped):
            since = self.since.get(row, self.judged_at)
            assert since is not None  # a row is never active before it was judged or restored
            yield self.state(row, since)

    def value(self, row: int) -> tuple[float | None, int | None]:
        """Give (value, calls) of a row; None = no value."""
        if row >= len(self.values):
            return None, None
        value = float(self.values[row])
        return (None if np.isnan(value) else value), int(self.calls[row])


#: A script is run at most so often; one that is read more often waits.
SCRIPT_EVERY = timedelta(seconds=60)
