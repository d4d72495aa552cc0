"""Values and whole intervals against thresholds; no value holds nowhere."""

import operator as plain
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noc_alerts.metrics.intervals import interval
from noc_alerts.model.alerts import Operator
from noc_alerts.rules.conditions import compare, compare_strict, may_hold, recovered, worse

LIMITS = [op for op in Operator if op.has_limit]
PLAIN: dict[Operator, Callable[[float, float], bool]] = {
    Operator.LT: plain.lt,
    Operator.LE: plain.le,
    Operator.EQ: plain.eq,
    Operator.NE: plain.ne,
    Operator.GE: plain.ge,
    Operator.GT: plain.gt,
}


@pytest.mark.parametrize(
    ("op", "holds"),
    [
        # the interval 20..40 against 10, 20, 30, 40, 50
        (Operator.LT, [False, False, False, False, True]),
        (Operator.LE, [False, False, False, True, True]),
        (Operator.GT, [True, False, False, False, False]),
        (Operator.GE, [True, True, False, False, False]),
        (Operator.EQ, [False, False, False, False, False]),
        (Operator.NE, [True, False, False, False, True]),
        (Operator.ALWAYS, [False, False, False, False, False]),
    ],
)
def test_the_whole_interval_must_be_past(op: Operator, holds: list[bool]) -> None:
    low, high = np.array([20.0]), np.array([40.0])
    assert [bool(compare_strict(low, high, op, t)[0]) for t in (10, 20, 30, 40, 50)] == holds


def test_equal_holds_for_an_interval_of_one_point() -> None:
    assert compare_strict(np.array([30.0]), np.array([30.0]), Operator.EQ, 30).tolist() == [True]


@pytest.mark.parametrize("op", list(Operator))
def test_no_value_holds_nowhere(op: Operator) -> None:
    none = np.array([np.nan])
    for mask in (compare(none, op, 5), compare_strict(none, none, op, 5), recovered(none, op, 5, None)):
        assert mask.tolist() == [False]
    assert not may_hold(np.nan, np.nan, op, 5)


def test_twenty_attempts_do_not_prove_what_five_hundred_do() -> None:
    """30 % is below 35 % both times, but only 500 attempts say so for sure (26..34 %)."""
    value, calls = np.array([30.0, 30.0]), np.array([20, 500])
    breached = compare(value, Operator.LT, 35) & compare_strict(*interval(value, calls), Operator.LT, 35)
    assert compare(value, Operator.LT, 35).tolist() == [True, True]
    assert breached.tolist() == [False, True]


@given(
    op=st.sampled_from(LIMITS),
    answered=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=30),
    threshold=st.integers(0, 100),
)
def test_strict_only_takes_away(op: Operator, answered: list[tuple[int, int]], threshold: int) -> None:
    good, bad = np.array([a for a, _ in answered]), np.array([b for _, b in answered])
    calls = good + bad
    value = np.where(calls > 0, 100.0 * good / np.maximum(calls, 1), np.nan)
    low, high = interval(value, calls)
    strict = compare_strict(low, high, op, threshold)
    assert not (strict & ~compare(value, op, threshold)).any()
    for holds, a, b in zip(strict.tolist(), low.tolist(), high.tolist(), strict=True):
        points = np.linspace(a, b, 9).tolist() if a == a else []
        if holds:
            assert all(PLAIN[op](point, threshold) for point in points)
        elif points and op is not Operator.EQ:
            assert not all(PLAIN[op](point, threshold) for point in (a, b)) or a <= threshold <= b
    if strict.any():
        assert may_hold(float(np.nanmin(value)), float(np.nanmax(value)), op, threshold)


@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1), threshold=st.floats(-1e6, 1e6), op=st.sampled_from(LIMITS))
def test_compare_is_the_plain_comparison(values: list[float], threshold: float, op: Operator) -> None:
    array = np.array(values)
    assert compare(array, op, threshold).tolist() == [PLAIN[op](v, threshold) for v in values]
    assert not (compare(array, op, threshold) & recovered(array, op, threshold, None)).any()


def test_always_holds_against_nothing() -> None:
    values = np.array([-1.0, 0.0, 1.0])
    assert not compare(values, Operator.ALWAYS, 0).any()
    assert not recovered(values, Operator.ALWAYS, 0, None).any()
    assert not may_hold(-1, 1, Operator.ALWAYS, 0)
    assert worse(Operator.ALWAYS, 1.0, 2.0) == 2.0
    assert worse(Operator.ALWAYS, 1.0, None) == 1.0
