"""Measures: the additive integers a call counts as, and the moment each becomes known (DESIGN section 4)."""

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum

import numpy as np

from noc_alerts.metrics.columns import NO_TIME, Calls, CodeMap, Ints, Outcome
from noc_alerts.model.connections import Clock


class Measure(IntEnum):
    """What is summed. The first group is the outcome family, the second the completion family."""

    ATTEMPTS = 0
    ANSWERED = 1
    BUSY = 2
    NO_CHANNEL = 3
    ERROR = 4
    EFFECTIVE = 5  # the network did its part (NER)
    PDD_MS = 6
    PDD_CALLS = 7
    SCD_MS = 8

    ENDED = 9
    ENDED_ANSWERED = 10
    NOT_ZERO = 11
    TALK_MS = 12
    BILLED_MS = 13
    PACKAGE_MS = 14
    COST_U = 15
    INCOME_U = 16
    SHORT = 17

    @property
    def is_outcome(self) -> bool:
        """Tell whether it counts with the outcome (else with the completion)."""
        return self <= Measure.SCD_MS


OUTCOME_MEASURES = frozenset(m for m in Measure if m.is_outcome)
COMPLETION_MEASURES = frozenset(Measure) - OUTCOME_MEASURES

#: An answered call of at most this length is short (a setting; reference/factors.md).
SHORT_MS = 15_000


def outcome_ms(calls: Calls, clock: Clock) -> Ints:
    """Give when each call's outcome counts, in ms. [n]"""
    if clock is Clock.SETUP:
        return calls.setup_ms
    if clock is Clock.END:
        return calls.end_ms
    return np.where(calls.answer_ms != NO_TIME, calls.answer_ms, calls.end_ms)


def completion_ms(calls: Calls, clock: Clock) -> Ints:
    """Give when each call's completion counts, in ms. [n]"""
    return calls.setup_ms if clock is Clock.SETUP else calls.end_ms


def outcomes(calls: Calls, codes: CodeMap) -> Ints:
    """Give the `Outcome` of each call. [n]

    Answered by its answer time; else by Q.850 cause where the source gives one, else by SIP code (reference/factors.md, (c)).
    """
    code, cause = calls.sip_code, calls.q850
    busy = np.isin(code, list(codes.busy)) | (cause == 17)
    full = np.isin(code, list(codes.no_channel)) | np.isin(cause, (34, 38, 41, 42, 44, 47))
    result = np.full(len(calls), Outcome.ERROR, dtype=np.int64)
    result[full] = Outcome.NO_CHANNEL
    result[busy] = Outcome.BUSY
    result[calls.answer_ms != NO_TIME] = Outcome.ANSWERED
    return result


def measure(calls: Calls, wanted: Iterable[Measure], codes: CodeMap, short_ms: int = SHORT_MS) -> dict[Measure, Ints]:
    """Give each wanted measure of each call. measure -> [n] int64, to be summed per group and bucket."""
    wanted = frozenset(wanted)
    answered = calls.answer_ms != NO_TIME
    one = np.ones(len(calls), dtype=np.int64)
    kinds = outcomes(calls, codes) if wanted & {Measure.BUSY, Measure.NO_CHANNEL, Measure.ERROR} else one
    make: dict[Measure, Callable[[], Ints]] = {
        Measure.ATTEMPTS: lambda: one,
        Measure.ANSWERED: lambda: answered.astype(np.int64),
        Measure.BUSY: lambda: (kinds == Outcome.BUSY).astype(np.int64),
        Measure.NO_CHANNEL: lambda: (kinds == Outcome.NO_CHANNEL).astype(np.int64),
        Measure.ERROR: lambda: (kinds == Outcome.ERROR).astype(np.int64),
        Measure.EFFECTIVE: lambda: (answered | np.isin(calls.sip_code, list(codes.effective))).astype(np.int64),
        Measure.PDD_MS: lambda: np.where(calls.pdd_ms != NO_TIME, calls.pdd_ms, 0),
        Measure.PDD_CALLS: lambda: (calls.pdd_ms != NO_TIME).astype(np.int64),
        Measure.SCD_MS: lambda: np.where(answered, calls.answer_ms - calls.setup_ms, 0),
        Measure.ENDED: lambda: one,
        Measure.ENDED_ANSWERED: lambda: answered.astype(np.int64),
        Measure.NOT_ZERO: lambda: (calls.talk_ms > 0).astype(np.int64),
        Measure.TALK_MS: lambda: calls.talk_ms,
        Measure.BILLED_MS: lambda: calls.billed_ms,
        Measure.PACKAGE_MS: lambda: calls.package_ms,
        Measure.COST_U: lambda: calls.cost_u,
        Measure.INCOME_U: lambda: calls.income_u,
        Measure.SHORT: lambda: (answered & (calls.talk_ms <= short_ms)).astype(np.int64),
    }
    return {m: make[m]() for m in wanted}


Sums = Mapping[Measure, Ints]
