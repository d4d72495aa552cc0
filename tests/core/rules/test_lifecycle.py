"""The life of an alarm by tables: threshold, reset, hold, keep, no data, blindness and restart."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noc_alerts.model.alarms import Phase, Reason
from noc_alerts.model.alerts import Operator
from noc_alerts.rules.lifecycle import Terms, Track

N, P, R, C = Phase.NORMAL, Phase.PENDING, Phase.RAISED, Phase.CLEARING
NO = math.nan
BLIND = None
S = 1000


def run(terms: Terms, values: list[float | None], step_s: int = 10) -> list[Phase]:
    """Feed one row a value every ten seconds and give its phase after each."""
    track, phases = Track(), []
    for i, value in enumerate(values):
        if value is BLIND:
            track.skip()
        else:
            track.step(np.array([value]), terms, i * step_s * S)
        phases.append(track.phase(0))
    return phases


LOW = Terms(Operator.LT, 30, 33)
TABLE = [
    ("fires strictly below", LOW, [30, 29.9], [N, R]),
    ("at most fires at the limit", Terms(Operator.LE, 30, 31), [30], [R]),
    ("above fires above", Terms(Operator.GT, 5), [5, 5.1], [N, R]),
    ("at least fires at the limit", Terms(Operator.GE, 5), [5], [R]),
    ("equal", Terms(Operator.EQ, 0), [1, 0, 1], [N, R, N]),
    ("not equal", Terms(Operator.NE, 0), [0, 1, 0], [N, R, N]),
    ("not equal is not fired by nothing", Terms(Operator.NE, 0), [NO], [N]),
    ("clears only past the reset", LOW, [20, 31, 33, 33.1], [R, R, R, N]),
    ("without a reset clears when it no longer fires", Terms(Operator.LT, 30), [20, 30], [R, N]),
    ("reset on the high side", Terms(Operator.GT, 5, 4), [6, 4.5, 4, 3.9], [R, R, R, N]),
    ("no data neither fires nor clears", LOW, [NO, 20, NO, NO, 40], [N, R, R, R, N]),
    ("blind neither fires nor clears", LOW, [BLIND, 20, BLIND, 40], [N, R, R, N]),
    ("hold", Terms(Operator.LT, 30, 33, hold_ms=20 * S), [20, 20, 20, 20], [P, P, R, R]),
    ("hold broken", Terms(Operator.LT, 30, 33, hold_ms=20 * S), [20, 20, 31, 20], [P, P, N, P]),
    ("hold does not count what was not seen", Terms(Operator.LT, 30, 33, hold_ms=20 * S), [20, NO, 20, 20, 20], [P, P, P, P, R]),
    ("hold does not count blindness", Terms(Operator.LT, 30, 33, hold_ms=20 * S), [20, BLIND, 20, 20, 20], [P, P, P, P, R]),
    ("keep", Terms(Operator.LT, 30, 33, keep_ms=20 * S), [20, 40, 40, 40], [R, C, C, N]),
    ("keep broken between reset and threshold", Terms(Operator.LT, 30, 33, keep_ms=20 * S), [20, 40, 31, 40], [R, C, R, C]),
    ("keep does not count blindness", Terms(Operator.LT, 30, 33, keep_ms=10 * S), [20, 40, BLIND, 40, 40], [R, C, C, C, N]),
    ("hold shorter than a step", Terms(Operator.LT, 30, 33, hold_ms=1), [20, 20], [P, R]),
    ("raised again after it cleared", LOW, [20, 40, 20], [R, N, R]),
]


@pytest.mark.parametrize(("name", "terms", "values", "phases"), TABLE, ids=[t[0] for t in TABLE])
def test_life(name: str, terms: Terms, values: list[float | None], phases: list[Phase]) -> None:
    assert run(terms, values) == phases


def test_reasons_in_order() -> None:
    terms = Terms(Operator.LT, 30, 33, hold_ms=10 * S, keep_ms=10 * S)
    track, reasons = Track(), []
    for i, value in enumerate([20, 40, 20, 20, 40, 20, 40, 40]):
        reasons += [s.reason for s in track.step(np.array([float(value)]), terms, i * 10 * S)]
    assert reasons == [
        Reason.BREACHED,
        Reason.NOT_HELD,
        Reason.BREACHED,
        Reason.HELD,
        Reason.RECOVERED,
        Reason.RELAPSED,
        Reason.RECOVERED,
        Reason.KEPT,
    ]


@pytest.mark.parametrize(("phase", "value", "after"), [(P, 20, P), (R, 20, R), (R, 31, R), (R, 40, N), (C, 40, C), (C, 31, R)])
def test_restart_keeps_the_phase_and_does_not_count_down_time(phase: Phase, value: float, after: Phase) -> None:
    terms = Terms(Operator.LT, 30, 33, hold_ms=60 * S, keep_ms=60 * S) if phase in (P, C) else LOW
    track = Track()
    track.restore(3, phase, held_ms=50 * S)
    track.step(np.array([NO, NO, NO, float(value)]), terms, 10_000 * S)
    assert track.phase(3) is after


def test_restored_time_counts_on() -> None:
    track = Track()
    track.restore(0, P, held_ms=50 * S)
    terms = Terms(Operator.LT, 30, 33, hold_ms=60 * S)
    assert track.step(np.array([20.0]), terms, 1_000 * S) == []
    assert [s.after for s in track.step(np.array([20.0]), terms, 1_010 * S)] == [R]


def test_rows_are_apart_and_rows_may_be_added() -> None:
    track = Track()
    track.step(np.array([20.0, 40.0]), LOW, 0)
    steps = track.step(np.concatenate([[40.0, 20.0], np.full(500, 40.0), [10.0]]), LOW, S)
    assert [(s.row, s.after) for s in steps] == [(0, N), (1, R), (502, R)]
    assert track.active_rows() == [1, 502]


def test_reset_from_outside() -> None:
    track = Track()
    track.step(np.array([20.0, 40.0, 20.0]), LOW, 0)
    assert [(s.row, s.before, s.after) for s in track.reset([0, 1, 2], Reason.RULE_DISABLED)] == [(0, R, N), (2, R, N)]
    assert track.active_rows() == []


@given(
    start=st.booleans(),
    values=st.lists(st.floats(30, 33, allow_nan=False) | st.just(math.nan), max_size=30),
)
def test_between_threshold_and_reset_nothing_ever_changes(start: bool, values: list[float]) -> None:
    track = Track()
    track.step(np.array([10.0 if start else 50.0]), LOW, 0)
    before = track.phase(0)
    for i, value in enumerate(values):
        assert track.step(np.array([value]), LOW, (i + 1) * S) == []
        assert track.phase(0) is before
