"""Is a value past the threshold, past the reset, or is there none? Arrays in, masks out; NaN = no value, always False."""

import math

import numpy as np

from noc_alerts.metrics.columns import Bools, Ints
from noc_alerts.metrics.factors import Floats
from noc_alerts.model.alerts import Operator

_COMPARE = {
    Operator.LT: np.less,
    Operator.LE: np.less_equal,
    Operator.EQ: np.equal,
    Operator.NE: np.not_equal,
    Operator.GE: np.greater_equal,
    Operator.GT: np.greater,
}
_OPPOSITE = {
    Operator.LT: Operator.GE,
    Operator.LE: Operator.GT,
    Operator.EQ: Operator.NE,
    Operator.NE: Operator.EQ,
    Operator.GE: Operator.LT,
    Operator.GT: Operator.LE,
}


def compare(values: Floats, operator: Operator, threshold: float) -> Bools:
    """Tell where `value operator threshold` holds. [rows]; NaN holds nowhere, not even for `!=`."""
    result: Bools = _COMPARE[operator](values, threshold)
    if operator is Operator.NE:
        result &= ~np.isnan(values)
    return result


def recovered(values: Floats, operator: Operator, threshold: float, reset: float | None) -> Bools:
    """Tell where a value is past the reset: strictly on the other side of it; without a reset where it no longer fires."""
    if reset is None:
        return compare(values, _OPPOSITE[operator], threshold)
    past = Operator.GT if operator.fires_below else Operator.LT
    return compare(values, past, reset)


def with_enough(values: Floats, calls: Ints, min_calls: int) -> Floats:
    """Withdraw (NaN) every value that rests on fewer than `min_calls` calls. [rows]"""
    if min_calls <= 0:
        return values
    return np.where(calls >= min_calls, values, np.nan)


def worse(operator: Operator, a: float | None, b: float | None) -> float | None:
    """Give the worse of two values under an operator; None is never worse."""
    if a is None or math.isnan(a):
        return b
    if b is None or math.isnan(b):
        return a
    if operator.fires_below:
        return min(a, b)
    if operator.fires_above:
        return max(a, b)
    return b
