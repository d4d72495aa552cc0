"""How sure a share of calls is: its 95 % confidence interval (reference/factors.md, "Honest ratios")."""

from typing import Final

import numpy as np

from noc_alerts.metrics.columns import Ints
from noc_alerts.metrics.factors import Floats

#: The standard normal's quantile at 97.5 %: 95 % lie between it and its negative.
Z95: Final = 1.959963984540054


def interval(values_percent: Floats, calls: Ints) -> tuple[Floats, Floats]:
    """Give the 95 % interval of a share of calls, by Wilson's score (E. B. Wilson, JASA 22, 1927).

    For factors whose denominator is what they rest on: asr, ner, asr_cur, short_share. values_percent: [rows], 0..100, NaN = no
    value. calls: [rows]. Returns low and high in percent, [rows] each; NaN where there is no value or no calls.
    """
    value = np.asarray(values_percent, dtype=np.float64)
    n = np.where(np.asarray(calls) > 0, calls, np.nan).astype(np.float64)
    p = value / 100.0
    with np.errstate(invalid="ignore"):
        under = 1.0 + Z95**2 / n
        middle = (p + Z95**2 / (2.0 * n)) / under
        half = Z95 / under * np.sqrt(np.maximum(0.0, p * (1.0 - p)) / n + Z95**2 / (4.0 * n**2))
        # at the ends one side is exactly 0 or 100, which the subtraction misses by a rounding
        low = np.where(p <= 0.0, middle * 0.0, np.maximum(0.0, middle - half) * 100.0)
        high = np.where(p >= 1.0, middle * 0.0 + 100.0, np.minimum(1.0, middle + half) * 100.0)
    return low, high
