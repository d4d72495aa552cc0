"""The 95 % interval of a share: known figures, the equation it solves, and its ends."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noc_alerts.metrics.intervals import Z95, interval


def one(answered: int, calls: int) -> tuple[float, float]:
    low, high = interval(np.array([100.0 * answered / calls]), np.array([calls]))
    return float(low[0]), float(high[0])


def test_the_figures_of_the_reference() -> None:
    """reference/factors.md: 30 % of 20 attempts is 15..52 %, of 500 it is 26..34 %."""
    assert [round(x) for x in one(6, 20)] == [15, 52]
    assert [round(x) for x in one(150, 500)] == [26, 34]
    assert pytest.approx(NormalDist().inv_cdf(0.975), abs=1e-12) == Z95


@pytest.mark.parametrize(
    ("answered", "calls", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3: the same figures to four digits
        (81, 263, 25.53, 36.62),
        (15, 148, 6.24, 16.05),
        (0, 20, 0.0, 16.11),
        (1, 29, 0.61, 17.18),
    ],
)
def test_published_figures(answered: int, calls: int, low: float, high: float) -> None:
    assert one(answered, calls) == (pytest.approx(low, abs=0.005), pytest.approx(high, abs=0.005))


@given(calls=st.integers(1, 10**7), part=st.floats(0, 1))
def test_the_bounds_solve_the_score_equation(calls: int, part: float) -> None:
    """(p - q)^2 = z^2 q (1 - q) / n, which defines Wilson's bounds q; solved here by the quadratic formula."""
    answered = round(part * calls)
    p, low, high = answered / calls, *one(answered, calls)
    a, b, c = 1 + Z95**2 / calls, -(2 * p + Z95**2 / calls), p * p
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    assert low == pytest.approx(100 * (-b - root) / (2 * a), abs=1e-6)
    assert high == pytest.approx(100 * (-b + root) / (2 * a), abs=1e-6)
    assert 0 <= low <= 100 * p <= high <= 100
    mirrored = one(calls - answered, calls)
    assert (low, high) == (pytest.approx(100 - mirrored[1]), pytest.approx(100 - mirrored[0]))


@pytest.mark.parametrize("calls", [1, 7, 20, 500, 10**6, 10**9])
def test_the_ends_are_exact(calls: int) -> None:
    assert one(0, calls)[0] == 0.0
    assert one(calls, calls)[1] == 100.0
    assert 0 < one(0, calls)[1] == pytest.approx(100 * Z95**2 / (calls + Z95**2))
    assert one(calls, calls)[0] < 100


def test_no_value_has_no_interval() -> None:
    low, high = interval(np.array([np.nan, 30.0, 30.0, np.nan]), np.array([50, 0, -1, 0]))
    assert np.isnan(low).all()
    assert np.isnan(high).all()
    assert [len(x) for x in interval(np.zeros(0), np.zeros(0, dtype=np.int64))] == [0, 0]
