"""normal -> pending -> raised -> clearing -> normal, for one limit of a rule over all its subjects at once (DESIGN section 5).

The same code runs live and in backtests; time comes in as an argument.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from noc_alerts.metrics.columns import Bools, Ints
from noc_alerts.metrics.factors import Floats
from noc_alerts.model.alarms import Phase, Reason
from noc_alerts.model.alerts import NoData, Operator
from noc_alerts.rules.conditions import compare, recovered


@dataclass(frozen=True, slots=True)
class Terms:
    """When a rule fires and clears.

    `hold_ms`: breached for so long before raised. `keep_ms`: recovered for so long before cleared.
    `no_data`: what a row without a value does; `silent_ms`: so long without one before that is an alarm of its own.
    """

    operator: Operator
    threshold: float
    reset: float | None = None
    hold_ms: int = 0
    keep_ms: int = 0
    no_data: NoData = NoData.KEEP
    silent_ms: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one row."""

    row: int
    before: Phase
    after: Phase
    reason: Reason


@dataclass(slots=True)
class _Timer:
    """Time spent towards hold, keep or silence. `judged_ms`: last judgement, None after a stretch without: it does not count."""

    held_ms: int
    judged_ms: int | None

    def run(self, now_ms: int) -> int:
        """Count the time since the last judgement; give the time spent so far."""
        if self.judged_ms is not None:
            self.held_ms += max(0, now_ms - self.judged_ms)
        self.judged_ms = now_ms
        return self.held_ms


class Track:
    """The memory of one limit: the phase of every row, and the timers of those that are pending or clearing."""

    def __init__(self) -> None:
        self._phase = np.zeros(64, dtype=np.int8)
        self._timers: dict[int, _Timer] = {}
        self._silences: dict[int, _Timer] = {}  # rows not in alarm that have no value, where that may become one
        self._silent: set[int] = set()  # rows that are in alarm because they had no value
        self._active = 0

    def phase(self, row: int) -> Phase:
        """Give the phase of a row."""
        return Phase(int(self._phase[row])) if row < len(self._phase) else Phase.NORMAL

    def normal(self, rows: Ints) -> Bools:
        """Tell which of some rows are normal. [rows]"""
        found = np.ones(len(rows), dtype=np.bool_)
        known = rows < len(self._phase)
        found[known] = self._phase[rows[known]] == 0
        return found

    def held_ms(self, row: int) -> int:
        """Give the time already spent towards hold or keep."""
        timer = self._timers.get(row)
        return timer.held_ms if timer else 0

    def silent_ms(self, row: int) -> int | None:
        """Give for how long a row that is not in alarm has had no value; None = that is not counted."""
        timer = self._silences.get(row)
        return timer.held_ms if timer else None

    def forget_silence(self) -> None:
        """Count no time without a value any more: the rule does not listen for it now."""
        self._silences.clear()

    def is_silent(self, row: int) -> bool:
        """Tell whether a row is in alarm because it had no value, and has had none past the limit since."""
        return row in self._silent

    @property
    def idle(self) -> bool:
        """Tell whether every row is normal."""
        return self._active == 0

    def active_rows(self) -> list[int]:
        """Give the rows that are not normal, in order."""
        return np.flatnonzero(self._phase).tolist() if self._active else []

    def restore(self, row: int, phase: Phase, held_ms: int, *, silent: bool = False) -> None:
        """Take a row's phase over from before a restart; the time in between does not count as held.

        `silent`: its alarm was raised because it had no value.
        """
        self._set(row, phase)
        self._timers.pop(row, None)
        if phase in (Phase.PENDING, Phase.CLEARING):
            self._timers[row] = _Timer(held_ms, None)
        if silent and phase.in_alarm:
            self._silent.add(row)
        else:
            self._silent.discard(row)

    def skip(self) -> None:
        """Note that nothing was judged now (blind, paused): no state changes and the time does not count."""
        for timer in self._timers.values():
            timer.judged_ms = None
        for timer in self._silences.values():
            timer.judged_ms = None

    def reset(self, rows: Iterable[int], reason: Reason, *, deaf: bool = True) -> list[Step]:
        """End rows from outside (the rule was disabled, deleted): all of them go to normal.

        `deaf`: the time they have had no value is forgotten too; not where they are looked at as before.
        """
        steps = []
        for row in rows:
            before = self.phase(row)
            if deaf:
                self._silences.pop(row, None)
            if before is not Phase.NORMAL:
                self._set(row, Phase.NORMAL)
                self._timers.pop(row, None)
                self._silent.discard(row)
                steps.append(Step(row, before, Phase.NORMAL, reason))
        return steps

    def step(
        self, values: Floats, terms: Terms, now_ms: int, *, sure: Bools | None = None, inside: Ints | None = None
    ) -> list[Step]:
        """Judge all rows; give the changes in order of rows.

        values: [rows], NaN = no data: it neither fires nor clears, unless `terms.no_data` says otherwise. `sure`: [rows], where
        a breach is certain enough to fire (strict mode). `inside`: the rows that are looked at, None = all.
        """
        n = len(values)
        if n > len(self._phase):
            self._phase = np.concatenate([self._phase, np.zeros(max(n, 2 * len(self._phase)) - len(self._phase), dtype=np.int8)])
        breached = compare(values, terms.operator, terms.threshold)
        fires = breached if sure is None else breached & sure
        if not self._active:
            rows = np.flatnonzero(fires)
        else:
            rows = np.flatnonzero(fires | (self._phase[:n] != Phase.NORMAL))
        steps = self._judge(rows, values[rows], breached[rows], fires[rows], terms, now_ms) if len(rows) else []
        if terms.no_data is NoData.ALARM:
            steps = sorted([*steps, *self._listen(values, inside, terms, now_ms)], key=lambda step: step.row)
        return steps

    # -- rows with a value, and rows that are not normal -----------------------------------------------------------------

    def _judge(
        self, rows: Ints, values: Floats, breached: Bools, fires: Bools, terms: Terms, now_ms: int
    ) -> list[Step]:
        phase = self._phase[rows]
        back = recovered(values, terms.operator, terms.threshold, terms.reset)
        nothing = np.isnan(values)
        if terms.no_data is NoData.CLEAR:
            back |= nothing
        timed = (phase == Phase.PENDING) | (phase == Phase.CLEARING)
        moves = timed | ((phase == Phase.NORMAL) & fires) | ((phase == Phase.RAISED) & back)
        if self._silent:
            moves |= (phase == Phase.RAISED) & ~nothing & np.isin(rows, list(self._silent))
        steps: list[Step] = []
        for i in np.flatnonzero(moves).tolist():
            row, before = int(rows[i]), Phase(int(phase[i]))
            if nothing[i] and terms.no_data is not NoData.CLEAR:
                self._timers[row].judged_ms = None
                continue
            after, reason = self._next(row, before, bool(breached[i]), bool(fires[i]), bool(back[i]), terms, now_ms)
            if nothing[i] and reason is Reason.RECOVERED:
                reason = Reason.NO_DATA
            if after is not before:
                self._set(row, after)
                if not after.in_alarm:
                    self._silent.discard(row)
                steps.append(Step(row, before, after, reason))
        return steps

    def _next(
        self, row: int, before: Phase, breached: bool, fires: bool, back: bool, terms: Terms, now_ms: int
    ) -> tuple[Phase, Reason]:
        """Decide where a row goes; the reason is meaningless when it stays."""
        if before is Phase.NORMAL:
            if terms.hold_ms <= 0:
                return Phase.RAISED, Reason.BREACHED
            self._timers[row] = _Timer(0, now_ms)
            return Phase.PENDING, Reason.BREACHED
        if before is Phase.RAISED:
            return self._from_raised(row, breached, terms, now_ms)
        holds = fires if before is Phase.PENDING else back or (row in self._silent and not breached)
        if not holds:
            del self._timers[row]
            if breached:
                self._silent.discard(row)  # it is about the value from now on
            return (Phase.NORMAL, Reason.NOT_HELD) if before is Phase.PENDING else (Phase.RAISED, Reason.RELAPSED)
        if self._timers[row].run(now_ms) < (terms.hold_ms if before is Phase.PENDING else terms.keep_ms):
            return before, Reason.HELD
        del self._timers[row]
        return (Phase.RAISED, Reason.HELD) if before is Phase.PENDING else (Phase.NORMAL, Reason.KEPT)

    def _from_raised(self, row: int, breached: bool, terms: Terms, now_ms: int) -> tuple[Phase, Reason]:
        """Let an alarm end whose value is back; one about missing data ends with the first value that is not past the limit."""
        if row in self._silent and breached:
            self._silent.discard(row)  # the value came back, and is bad: the same alarm goes on
            return Phase.RAISED, Reason.BREACHED
        reason = Reason.DATA_BACK if row in self._silent else Reason.RECOVERED
        if terms.keep_ms <= 0:
            return Phase.NORMAL, reason
        self._timers[row] = _Timer(0, now_ms)
        return Phase.CLEARING, reason

    # -- rows without a value --------------------------------------------------------------------------------------------

    def _listen(self, values: Floats, inside: Ints | None, terms: Terms, now_ms: int) -> list[Step]:
        """Count how long rows that are not in alarm have had no value; raise those that are silent for too long."""
        nothing = np.isnan(values) & (self._phase[: len(values)] < Phase.RAISED)
        rows = np.flatnonzero(nothing) if inside is None else inside[nothing[inside]]
        silent = set(rows.tolist())
        for row in self._silences.keys() - silent:
            del self._silences[row]
        steps = []
        for row in sorted(silent):
            timer = self._silences.setdefault(row, _Timer(0, now_ms))
            if timer.run(now_ms) >= terms.silent_ms:
                before = self.phase(row)
                del self._silences[row]
                self._timers.pop(row, None)
                self._set(row, Phase.RAISED)
                self._silent.add(row)
                steps.append(Step(row, before, Phase.RAISED, Reason.NO_DATA))
        return steps

    def _set(self, row: int, phase: Phase) -> None:
        if row >= len(self._phase):
            self._phase = np.concatenate([self._phase, np.zeros(row + 64 - len(self._phase), dtype=np.int8)])
        self._active += int(phase is not Phase.NORMAL) - int(self._phase[row] != Phase.NORMAL)
        self._phase[row] = phase
