"""Whose silence is missing data: the companies an alert names, and of everybody those that were ever heard of."""

import numpy as np

from noc_alerts.metrics.columns import Bools, Ints
from noc_alerts.metrics.factors import Floats
from noc_alerts.model.alerts import Alert


class Hearing:
    """The memory of one alert on one source: which rows ever had calls or a reading."""

    def __init__(self) -> None:
        self._heard: Bools = np.zeros(0, dtype=np.bool_)

    def listen(self, alert: Alert, values: Floats, calls: Ints, inside: Ints | None) -> Ints:
        """Give the rows that have no value now and are listened for.

        values, calls: [rows], before what only begins is withdrawn: that has a value, it is just not judged yet. `inside`: the
        rows the alert looks at, None = all. A row may be there only because somebody asked for its company.
        """
        n = len(values)
        if n > len(self._heard):
            self._heard = np.concatenate([self._heard, np.zeros(n - len(self._heard), dtype=np.bool_)])
        here = ~np.isnan(values)
        self._heard[:n] |= here if alert.area.is_reading else here | (calls[:n] > 0)
        rows = np.arange(n) if inside is None else inside
        if alert.scope.everybody:
            rows = rows[self._heard[rows]]
        return rows[~here[rows]]
