"""A chart's points equal the one-shot table of `query`, point by point, for random windows, ranges and moments."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noc_alerts.metrics.columns import Calls, CodeMap
from noc_alerts.metrics.factors import FACTORS
from noc_alerts.metrics.series import Timeline
from noc_alerts.metrics.summary import summarise
from noc_alerts.model.companies import Dimension
from noc_alerts.model.connections import Clock
from noc_alerts.switches.call_files import CallFile
from noc_alerts.switches.call_files_map import ColumnMap

DATA = Path(__file__).parents[2] / "data" / "kamailio_incident_sample.csv.gz"
SUMMED = sorted(name for name, factor in FACTORS.items() if not factor.extra)
MINUTE = 60_000


@pytest.fixture(scope="module")
def calls() -> Calls:
    return next(iter(CallFile(DATA, ColumnMap()).pages(datetime(2026, 12, 1, tzinfo=UTC)))).calls


@settings(max_examples=40, deadline=None)
@given(
    clock=st.sampled_from(Clock),
    name=st.sampled_from(SUMMED),
    carrier=st.sampled_from(["alpha", "bravo", "charlie"]),
    window=st.sampled_from([1, 2, 5, 7, 15]),
    span=st.sampled_from([3, 10, 60, 24 * 60]),
    moments=st.lists(st.integers(0, 600_000), min_size=1, max_size=4),
    cut=st.integers(0, 2000),
)
def test_points_equal_the_table(
    calls: Calls, clock: Clock, name: str, carrier: str, window: int, span: int, moments: list[int], cut: int
) -> None:
    factor, where = FACTORS[name], ((Dimension.GATEWAY, carrier),)
    timeline = Timeline(where, clock, CodeMap(), factor, window * MINUTE, span * MINUTE)
    begin = int(calls.setup_ms.min())
    first, *later = sorted(moments)
    timeline.slide(begin + first)
    half = np.arange(len(calls)) < cut
    timeline.add(calls.take(half))
    for moment in later:
        timeline.slide(begin + moment)
    timeline.add(calls.take(~half))
    points = timeline.points()
    assert len(points.at_ms) >= span * MINUTE // timeline.bucket_ms
    assert points.at_ms[-1] - (begin + (later or [first])[-1]) in range(timeline.bucket_ms + 1)
    busy = np.flatnonzero(points.calls > 0)
    edges = sorted({0, len(points.at_ms) - 1, *busy[:: max(1, len(busy) // 12)].tolist()})
    for i in edges:
        to = int(points.at_ms[i])
        if to > begin + first + timeline.bucket_ms and later:
            continue  # what of the first half lay ahead of the range then was dropped; a live chart meets it later
        table = summarise([calls], (), where, to - window * MINUTE, to, clock, CodeMap())
        expected = float(table.factor(factor)[0])
        found = float(points.value[i])
        assert (np.isnan(found) and np.isnan(expected)) or found == pytest.approx(expected)
        assert int(points.calls[i]) == int(table.sample(factor)[0])
