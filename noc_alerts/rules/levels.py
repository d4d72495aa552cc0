"""The lifecycle of an alert with one limit, or with two of which the milder one warns: one alarm a subject, whose level moves.

Pure; time comes in as an argument. The warning is reached first and left last, so an alarm lives as long as the warning holds.
"""

from collections.abc import Collection, Iterable

from noc_alerts.metrics.columns import Bools, Ints
from noc_alerts.metrics.factors import Floats
from noc_alerts.model.alarms import Phase, Reason
from noc_alerts.rules.lifecycle import Step, Terms, Track


class Levels:
    """The memory of one alert. `outer`: the limit by which alarms live. `inner`: the critical one of two, None = there is one."""

    def __init__(self, two: bool) -> None:
        self.outer = Track()
        self.inner = Track() if two else None

    @property
    def idle(self) -> bool:
        """Tell whether every row is normal."""
        return self.outer.idle

    def phase(self, row: int) -> Phase:
        """Give the phase of a row."""
        return self.outer.phase(row)

    def normal(self, rows: Ints) -> Bools:
        """Tell which of some rows are normal. [rows]"""
        return self.outer.normal(rows)

    def held_ms(self, row: int) -> int:
        """Give the time already spent towards hold or keep."""
        return self.outer.held_ms(row)

    def is_severe(self, row: int) -> bool:
        """Tell whether a row is in alarm at the alert's own level, not only at the warning's."""
        track = self.outer if self.inner is None else self.inner
        return track.phase(row).in_alarm

    def inner_state(self, row: int) -> tuple[Phase, int]:
        """Give the phase of the critical limit and the time it already held; normal where there is only one limit."""
        return (Phase.NORMAL, 0) if self.inner is None else (self.inner.phase(row), self.inner.held_ms(row))

    def active_rows(self) -> list[int]:
        """Give the rows that are not normal, in order."""
        return self.outer.active_rows()

    def waiting_rows(self) -> list[int]:
        """Give the rows whose hold or keep time is running, in order."""
        timed = (Phase.PENDING, Phase.CLEARING)
        return [row for row in self.active_rows() if self.phase(row) in timed or self.inner_state(row)[0] in timed]

    def restore(
        self, row: int, phase: Phase, held_ms: int, inner: Phase = Phase.NORMAL, inner_held_ms: int = 0, *, silent: bool = False
    ) -> None:
        """Take a row's phase over from before a restart; the time in between does not count as held."""
        self.outer.restore(row, phase, held_ms, silent=silent)
        if self.inner is not None:
            self.inner.restore(row, inner, inner_held_ms, silent=silent)

    def skip(self) -> None:
        """Note that nothing was judged now: no state changes and the time does not count."""
        self.outer.skip()
        if self.inner is not None:
            self.inner.skip()

    def reset(self, rows: Iterable[int], reason: Reason) -> list[Step]:
        """End rows from outside: all of them go to normal."""
        rows = list(rows)
        if self.inner is not None:
            self.inner.reset(rows, reason)
        return self.outer.reset(rows, reason)

    def become(self, two: bool, warned: Collection[int] = ()) -> list[Step]:
        """Have two limits from now on, or one; alarms live on at their level, a warning without its limit ends.

        `warned`: the rows whose alarm was raised as a warning: with two limits they are no more than that until judged.
        """
        if two and self.inner is None:
            self.inner = Track()
            for row in self.outer.active_rows():
                if self.outer.phase(row).in_alarm and row not in warned:
                    self.inner.restore(row, Phase.RAISED, 0, silent=self.outer.is_silent(row))
        elif not two and self.inner is not None:
            inner, self.inner = self.inner, None
            mild = [row for row in self.outer.active_rows() if not inner.phase(row).in_alarm]
            return self.outer.reset(mild, Reason.RULE_CHANGED, deaf=False)
        return []

    def step(
        self,
        values: Floats,
        outer: Terms,
        inner: Terms | None,
        now_ms: int,
        *,
        sure: Bools | None = None,
        inner_sure: Bools | None = None,
        inside: Ints | None = None,
    ) -> list[Step]:
        """Judge all rows by both limits; give one change a row at most, in order of rows.

        values, sure, inner_sure: [rows]; `sure` is of the warning where there are two limits. See Track.step.
        `inner` does not listen for missing data: that alarm is raised by `outer`, at the alert's own level.
        """
        if self.inner is None or inner is None:
            return self.outer.step(values, outer, now_ms, sure=sure, inside=inside)
        was_severe = {row for row in self.inner.active_rows() if self.inner.phase(row).in_alarm}
        changes = {step.row: step for step in self.outer.step(values, outer, now_ms, sure=sure, inside=inside)}
        self.inner.step(values, inner, now_ms, sure=inner_sure)
        for silent in changes.values():
            if silent.reason is Reason.NO_DATA and silent.after.in_alarm and not silent.before.in_alarm:
                self.inner.restore(silent.row, Phase.RAISED, 0, silent=True)
        for row in self.inner.active_rows():
            # a warning that is over takes the critical part with it (their timers may differ by a judgement)
            if not self.outer.phase(row).in_alarm and self.inner.phase(row).in_alarm:
                self.inner.reset([row], Reason.RECOVERED)
        severe = {row for row in self.inner.active_rows() if self.inner.phase(row).in_alarm}
        for row in was_severe ^ severe:
            step = changes.get(row)
            after = self.outer.phase(row)
            before = step.before if step else after
            if before.in_alarm and after.in_alarm:
                changes[row] = Step(row, before, after, Reason.ESCALATED if row in severe else Reason.EASED)
        return [changes[row] for row in sorted(changes)]
