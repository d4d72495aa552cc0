"""Made-up traffic and rules for the measurements: many customers of very different size, each with its own quality.

Pure; seeded, so that two runs measure the same work.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from noc_alerts.metrics.columns import NO_TIME, Bools, Calls, Ints, make_calls
from noc_alerts.metrics.factors import Floats
from noc_alerts.model.alerts import Alert, Area, Operator, Scope
from noc_alerts.model.companies import CompanyKind, Dimension

MINUTES = (1, 5, 30, 60)
CARRIERS = 30
CODES = 30
BEGIN = datetime(2026, 11, 21, 12, tzinfo=UTC)
_FAILED = np.array([486, 404, 503, 480, 603])


def to_ms(at: datetime) -> int:
    """Give a moment in ms since 1970."""
    return round(at.timestamp() * 1000)


class World:
    """Customers `c0` ... with a share of the traffic (Zipf-like) and an ASR, a delay and a call length each."""

    def __init__(self, customers: int, seed: int = 1) -> None:
        self.customers = customers
        self.rng = np.random.default_rng(seed)
        weight = 1.0 / np.arange(1, customers + 1) ** 0.8
        self.share: Floats = np.cumsum(weight) / weight.sum()
        self.names = [f"c{i}" for i in range(customers)]
        self.answers: Floats = self.rng.beta(9, 11, customers)
        self.rings_s: Floats = self.rng.gamma(9, 0.3, customers) + 0.4
        self.talks_s: Floats = self.rng.gamma(4, 25, customers)
        self._made = 0

    def pick(self, n: int) -> Ints:
        """Choose the customer of each of `n` calls. [n]"""
        return np.searchsorted(self.share, self.rng.random(n)).astype(np.int64)

    def page(self, n: int, from_ms: int, to_ms_: int, who: Ints | None = None, answers: Bools | None = None) -> Calls:
        """Make `n` records of calls that ended between two moments, in no order.

        `who`: their customers. `answers`: which of them are answered. Both [n]; None = by chance.
        """
        rng = self.rng
        who = self.pick(n) if who is None else who
        answered = rng.random(n) < self.answers[who] if answers is None else answers
        ring = np.rint(rng.gamma(4, 1, n) / 4 * self.rings_s[who] * 1000).astype(np.int64)
        wait = np.rint(rng.exponential(6000, n)).astype(np.int64)
        talk = np.where(answered, np.rint(rng.exponential(1, n) * self.talks_s[who] * 1000), 0).astype(np.int64)
        end = rng.integers(from_ms, to_ms_, n)
        setup = end - talk - wait - ring
        first = self._made
        self._made += n
        return make_calls(
            ids=[f"{i:012x}" for i in range(first, first + n)],
            setup_ms=setup,
            ring_ms=setup + ring,
            answer_ms=np.where(answered, setup + ring + wait, NO_TIME),
            end_ms=end,
            sip_code=np.where(answered, 200, _FAILED[rng.integers(0, len(_FAILED), n)]),
            text={
                Dimension.CLIENT: [self.names[i] for i in who.tolist()],
                Dimension.GATEWAY: [f"g{i}" for i in rng.integers(0, CARRIERS, n).tolist()],
                Dimension.CODE: [f"{i}" for i in rng.integers(100, 100 + CODES, n).tolist()],
            },
        )


def rules(count: int, seed: int = 1) -> list[Alert]:
    """Make rules on all customers: four areas over four windows, every third with a hold time.

    Thresholds lie at the bad end of what customers do, so that a part of the rules is in alarm somewhere at any time.
    """
    rng = np.random.default_rng(seed)
    areas = (
        (Area.ASR, Operator.LT, 12.0, 26.0, 50),
        (Area.NER, Operator.LT, 55.0, 70.0, 50),
        (Area.PDD, Operator.GT, 5.5, 8.0, 30),
        (Area.ACD, Operator.LT, 8.0, 30.0, 30),
    )
    made = []
    for i in range(count):
        area, operator, low, high, min_calls = areas[i % 4]
        window = timedelta(minutes=MINUTES[(i // 4) % 4])
        hold = timedelta(seconds=30 if i % 3 == 0 else 0)
        threshold = round(float(rng.uniform(low, high)), 1)
        title = f"{area.value} {i}"
        made.append(
            Alert(
                i + 1,
                title,
                Scope(CompanyKind.CUSTOMER),
                area,
                operator,
                threshold,
                None,
                window,
                min_calls,
                hold=hold,
                tray=False,
            )
        )
    return made
