"""normal -> pending -> raised -> clearing -> normal, for one rule over all its subjects at once (DESIGN section 5).

The same code runs live and in backtests; time comes in as an argument.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from noc_alerts.metrics.columns import Bools, Ints
from noc_alerts.metrics.factors import Floats
from noc_alerts.model.alarms import Phase, Reason
from noc_alerts.model.alerts import Operator
from noc_alerts.rules.conditions import compare, recovered


@dataclass(frozen=True, slots=True)
class Terms:
    """When a rule fires and clears.

    `hold_ms`: breached for so long before raised. `keep_ms`: recovered for so long before cleared.
    """

    operator: Operator
    threshold: float
    reset: float | None = None
    hold_ms: int = 0
    keep_ms: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one row."""

    row: int
    before: Phase
    after: Phase
    reason: Reason


@dataclass(slots=True)
class _Timer:
    """Time spent towards hold or keep. `judged_ms`: last judgement, None after a stretch without: that stretch does not count."""

    held_ms: int
    judged_ms: int | None


class Track:
    """The memory of one rule: the phase of every row, and the timers of those that are pending or clearing."""

    def __init__(self) -> None:
        self._phase = np.zeros(64, dtype=np.int8)
        self._timers: dict[int, _Timer] = {}
        self._active = 0

    def phase(self, row: int) -> Phase:
        """Give the phase of a row."""
        return Phase(int(self._phase[row])) if row < len(self._phase) else Phase.NORMAL

    def held_ms(self, row: int) -> int:
        """Give the time already spent towards hold or keep."""
        timer = self._timers.get(row)
        return timer.held_ms if timer else 0

    @property
    def idle(self) -> bool:
        """Tell whether every row is normal."""
        return self._active == 0

    def active_rows(self) -> list[int]:
        """Give the rows that are not normal, in order."""
        return np.flatnonzero(self._phase).tolist() if self._active else []

    def restore(self, row: int, phase: Phase, held_ms: int) -> None:
        """Take a row's phase over from before a restart; the time in between does not count as held."""
        self._set(row, phase)
        if phase in (Phase.PENDING, Phase.CLEARING):
            self._timers[row] = _Timer(held_ms, None)

    def skip(self) -> None:
        """Note that nothing was judged now (blind, paused): no state changes and the time does not count."""
        for timer in self._timers.values():
            timer.judged_ms = None

    def reset(self, rows: Iterable[int], reason: Reason) -> list[Step]:
        """End rows from outside (the rule was disabled, deleted): all of them go to normal."""
        steps = []
        for row in rows:
            before = self.phase(row)
            if before is not Phase.NORMAL:
                self._set(row, Phase.NORMAL)
                self._timers.pop(row, None)
                steps.append(Step(row, before, Phase.NORMAL, reason))
        return steps

    def step(self, values: Floats, terms: Terms, now_ms: int) -> list[Step]:
        """Judge all rows. values: [rows], NaN = no data: neither fires nor clears. Gives the changes in order of rows."""
        n = len(values)
        if n > len(self._phase):
            self._phase = np.concatenate([self._phase, np.zeros(max(n, 2 * len(self._phase)) - len(self._phase), dtype=np.int8)])
        breached = compare(values, terms.operator, terms.threshold)
        if not self._active:
            rows = np.flatnonzero(breached)
        else:
            rows = np.flatnonzero(breached | (self._phase[:n] != Phase.NORMAL))
        if not len(rows):
            return []
        return self._judge(rows, values[rows], breached[rows], terms, now_ms)

    def _judge(self, rows: Ints, values: Floats, breached: Bools, terms: Terms, now_ms: int) -> list[Step]:
        phase = self._phase[rows]
        back = recovered(values, terms.operator, terms.threshold, terms.reset)
        nothing = np.isnan(values)
        timed = (phase == Phase.PENDING) | (phase == Phase.CLEARING)
        moves = timed | ((phase == Phase.NORMAL) & breached) | ((phase == Phase.RAISED) & back)
        steps: list[Step] = []
        for i in np.flatnonzero(moves).tolist():
            row, before = int(rows[i]), Phase(int(phase[i]))
            if nothing[i]:
                self._timers[row].judged_ms = None
                continue
            after, reason = self._next(row, before, bool(breached[i]), bool(back[i]), terms, now_ms)
            if after is not before:
                self._set(row, after)
                steps.append(Step(row, before, after, reason))
        return steps

    def _next(
        self, row: int, before: Phase, breached: bool, back: bool, terms: Terms, now_ms: int
    ) -> tuple[Phase, Reason]:
        """Decide where a row with data goes; the reason is meaningless when it stays."""
        if before is Phase.NORMAL:
            if terms.hold_ms <= 0:
                return Phase.RAISED, Reason.BREACHED
            self._timers[row] = _Timer(0, now_ms)
            return Phase.PENDING, Reason.BREACHED
        if before is Phase.RAISED:
            if terms.keep_ms <= 0:
                return Phase.NORMAL, Reason.RECOVERED
            self._timers[row] = _Timer(0, now_ms)
            return Phase.CLEARING, Reason.RECOVERED
        holds = breached if before is Phase.PENDING else back
        if not holds:
            del self._timers[row]
            return (Phase.NORMAL, Reason.NOT_HELD) if before is Phase.PENDING else (Phase.RAISED, Reason.RELAPSED)
        timer = self._timers[row]
        if timer.judged_ms is not None:
            timer.held_ms += max(0, now_ms - timer.judged_ms)
        timer.judged_ms = now_ms
        if timer.held_ms < (terms.hold_ms if before is Phase.PENDING else terms.keep_ms):
            return before, Reason.HELD
        del self._timers[row]
        return (Phase.RAISED, Reason.HELD) if before is Phase.PENDING else (Phase.NORMAL, Reason.KEPT)

    def _set(self, row: int, phase: Phase) -> None:
        if row >= len(self._phase):
            self._phase = np.concatenate([self._phase, np.zeros(row + 64 - len(self._phase), dtype=np.int8)])
        self._active += int(phase is not Phase.NORMAL) - int(self._phase[row] != Phase.NORMAL)
        self._phase[row] = phase
