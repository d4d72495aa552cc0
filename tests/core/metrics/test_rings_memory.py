"""A ring's memory follows the groups and buckets, not how often the switch was read."""

import numpy as np

from noc_alerts.metrics.measures import Measure
from noc_alerts.metrics.rings import MAX_PARTS, Ring

DAY_MS = 86_400_000


def held(ring: Ring) -> int:
    return sum(len(rows) for parts in ring._buckets.values() for rows, _ in parts)


def test_a_day_of_reads_holds_each_group_a_few_times_a_bucket() -> None:
    ring, dice = Ring(DAY_MS, [Measure.ATTEMPTS, Measure.ANSWERED]), np.random.default_rng(3)
    begin, groups, truth = 100 * DAY_MS, 50, np.zeros(50, dtype=np.int64)
    for read in range(3000):
        now = begin + read * 5000
        ring.slide(now)
        rows = dice.integers(0, groups, 20)
        ring.add(np.full(20, now), rows, {Measure.ATTEMPTS: np.ones(20, dtype=np.int64), Measure.ANSWERED: rows % 2})
        np.add.at(truth, rows, 1)
    buckets = 3000 * 5000 // ring.bucket_ms + 1
    assert held(ring) <= buckets * (groups + MAX_PARTS * 20)
    assert ring.column(Measure.ATTEMPTS, groups).tolist() == truth.tolist()
    ring.slide(begin + 2 * DAY_MS)
    assert ring.column(Measure.ATTEMPTS, groups).sum() == 0
    assert ring.column(Measure.ANSWERED, groups).sum() == 0
    assert held(ring) == 0
