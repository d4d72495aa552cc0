"""Is a value past the threshold, past the reset, or is there none? Arrays in, masks out; NaN = no value, always False."""

import math

import numpy as np

from noc_alerts.metrics.columns import Bools
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
    """Tell where `value operator threshold` holds. [rows]; NaN holds nowhere, not even for `!=`; Always holds nowhere."""
    if not operator.has_limit:
        return np.zeros(np.shape(values), dtype=np.bool_)
    result: Bools = _COMPARE[operator](values, threshold)
    if operator is Operator.NE:
        result &= ~np.isnan(values)
    return result


def compare_strict(low: Floats, high: Floats, operator: Operator, threshold: float) -> Bools:
    """Tell where all of the interval low..high is past the threshold: no value in it contradicts `value operator threshold`.

    [rows] each, of metrics/intervals.py; NaN holds nowhere. `=` holds only where the interval is the threshold itself.
    """
    if operator.fires_below:
        return compare(high, operator, threshold)
    if operator.fires_above:
        return compare(low, operator, threshold)
    if operator is Operator.EQ:
        return compare(low, operator, threshold) & compare(high, operator, threshold)
    if not operator.has_limit:
        return np.zeros(np.shape(low), dtype=np.bool_)
    return compare(high, Operator.LT, threshold) | compare(low, Operator.GT, threshold)


def recovered(values: Floats, operator: Operator, threshold: float, reset: float | None) -> Bools:
    """Tell where a value is past the reset: strictly on the other side of it; without a reset where it no longer fires."""
    if not operator.has_limit:
        return np.zeros(np.shape(values), dtype=np.bool_)
    if reset is None:
        return compare(values, _OPPOSITE[operator], threshold)
    past = Operator.GT if operator.fires_below else Operator.LT
    return compare(values, past, reset)


def may_hold(low: float, high: float, operator: Operator, threshold: float) -> bool:
    """Tell whether `value operator threshold` may hold for any of values that lie in low..high; NaN = there are none."""
    if math.isnan(low) or not operator.has_limit:
        return False
    if operator.fires_below:
        return low < threshold or (operator is Operator.LE and low == threshold)
    if operator.fires_above:
        return high > threshold or (operator is Operator.GE and high == threshold)
    return low <= threshold <= high if operator is Operator.EQ else not low == high == threshold


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
