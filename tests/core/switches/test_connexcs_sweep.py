"""The plan of what to ask a ConnexCS account for: nothing is missed, whenever it is asked."""

import itertools
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noc_alerts.switches import connexcs_sweep as sweep
from noc_alerts.switches.connexcs_breakout import LONG_SPAN_MS, MINUTE_MS, Span, spans
from noc_alerts.switches.connexcs_sweep import Cursor, Reach, Slice

T0 = 1_772_424_000_000
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Record:
    """A call: when it began, rang and talked, and how late its record appeared; ms."""

    dt: int
    ring: int
    talk: int
    late: int

    @property
    def appears(self) -> int:
        return self.dt + self.ring + self.talk + self.late


RECORDS = st.builds(
    Record,
    st.integers(T0 - 30 * HOUR_MS, T0 + 10 * HOUR_MS),
    st.integers(0, 200_000),
    st.one_of(st.just(0), st.integers(1, 600_000), st.integers(1, 24 * HOUR_MS)),
    st.integers(0, 60_000),
)
GAPS = st.lists(st.one_of(st.integers(1000, 60_000), st.integers(60_000, 4 * HOUR_MS)), min_size=2, max_size=30)


def asks_for(part: Slice, record: Record) -> bool:
    return part.since_ms <= record.dt < part.until_ms and (part.longer_s is None or record.talk / 1000 > part.longer_s)


def swept(cursor: Cursor, at: int, reach: Reach) -> tuple[list[Slice], Cursor]:
    far = sweep.is_far_due(cursor, at, reach)
    parts = [sweep.newest(cursor, at, reach), *sweep.older(cursor, reach, far=far)]
    return parts, Cursor(at, at if far else cursor.far)


@pytest.mark.parametrize("filtered", [True, False])
@pytest.mark.parametrize("gap_s", [20, 33, 61])
@pytest.mark.parametrize("edge_min", [0, 2, 8, 10, 30, 120, 240, 480])
def test_records_at_the_edges_of_slices_are_found(filtered: bool, gap_s: int, edge_min: int) -> None:
    """All calls about as long as one slice ends and the next begins, that appear in the first quarter of an hour."""
    reach = Reach(filtered=filtered)
    talk_s, appears_s, ring_s, late_s = (
        grid.ravel()
        for grid in np.meshgrid(
            np.arange(max(0, edge_min * 60 - 400), edge_min * 60 + 400, 7), np.arange(1, 900, 5), [0, 31, 200], [0, 17, 60]
        )
    )
    talk, appears = talk_s * 1000, T0 + appears_s * 1000
    dt = appears - talk - (ring_s + late_s) * 1000
    looked_for = talk <= reach.longest_ms
    found = np.zeros(len(dt), dtype=np.bool_)
    at, cursor = T0, Cursor(T0, T0)
    while at < T0 + 900_000 + reach.far_every_ms:
        at += gap_s * 1000
        parts, cursor = swept(cursor, at, reach)
        for part in parts:
            asked = (dt >= part.since_ms) & (dt < part.until_ms) & (appears <= at)
            found |= asked if part.longer_s is None else asked & (talk > part.longer_s * 1000)
    assert found[looked_for].all()


@pytest.mark.parametrize("filtered", [True, False])
@settings(max_examples=300, deadline=None)
@given(record=RECORDS, gaps=GAPS)
def test_every_record_that_appears_is_found(filtered: bool, record: Record, gaps: list[int]) -> None:
    reach = Reach(filtered=filtered)
    if record.talk > reach.longest_ms:
        return
    at = T0
    cursor = Cursor(at, at)
    found = was_there_before = record.appears <= at
    for gap in [*gaps, reach.far_every_ms]:
        at += gap
        parts, cursor = swept(cursor, at, reach)
        found = found or (record.appears <= at and any(asks_for(part, record) for part in parts))
    if record.appears <= at - reach.far_every_ms:
        assert found or was_there_before


@settings(max_examples=200, deadline=None)
@given(gaps=GAPS)
def test_a_sweep_asks_for_nothing_twice(gaps: list[int]) -> None:
    reach, at = Reach(), T0
    cursor = Cursor(at, at)
    for gap in gaps:
        at += gap
        parts, cursor = swept(cursor, at, reach)
        assert all(part.since_ms < part.until_ms for part in parts)
        ordered = sorted(parts, key=lambda part: part.since_ms)
        assert all(one.until_ms <= two.since_ms for one, two in itertools.pairwise(ordered))


def test_what_is_asked_of_old_calls_is_little() -> None:
    cursor = Cursor(T0, T0)
    parts = list(sweep.older(cursor, Reach(), far=True))
    back = [((T0 - part.until_ms) // 60_000, part.longer_s) for part in parts]
    assert back == [(4, 0), (6, 120), (12, 480), (34, 1800), (124, 7200), (484, 28800)]
    assert parts[-1].since_ms == T0 - Reach().slack_ms - 24 * HOUR_MS
    short = list(sweep.older(cursor, Reach(longest=timedelta(hours=1)), far=True))
    assert short[-1].since_ms == T0 - Reach().slack_ms - HOUR_MS


def test_a_sweep_goes_on_where_it_was_broken_off() -> None:
    cursor = Cursor(T0, T0, at=T0 + HOUR_MS, dt=T0 + HOUR_MS // 2)
    assert sweep.newest(cursor, cursor.at, Reach()).since_ms == cursor.dt
    assert sweep.newest(msgspec.structs.replace(cursor, dt=0), cursor.at, Reach()).since_ms == T0 - Reach().slack_ms


def test_cursors_are_written_and_read_back() -> None:
    cursor = Cursor(1, 2, 3, 4, 5, 6, 7)
    assert sweep.cursor_from(sweep.cursor_text(cursor)) == cursor
    for wrong in ("", "{}", '["a",1]', "17"):
        with pytest.raises(ValueError, match="not a cursor"):
            sweep.cursor_from(wrong)


@settings(max_examples=200, deadline=None)
@given(start=st.integers(0, 3 * HOUR_MS), gaps=GAPS)
def test_statistics_are_read_in_spans_that_never_overlap(start: int, gaps: list[int]) -> None:
    final = touched = T0 + start
    at, read = final, set[Span]()
    for gap in gaps:
        at += gap
        for span in spans(final, touched, at, 260_000):
            read.add(span)
            touched = max(touched, span.until_ms)
            final = span.until_ms if span.until_ms + 260_000 <= at else final
    ordered = sorted(read, key=lambda span: span.since_ms)
    assert all(one.until_ms == two.since_ms for one, two in itertools.pairwise(ordered))
    assert ordered[-1].since_ms <= at < ordered[-1].until_ms
    assert all(span.until_ms - span.since_ms in (MINUTE_MS, LONG_SPAN_MS) for span in ordered)


def test_nothing_is_asked_for_from_before_where_history_begins() -> None:
    """Of calls that began before it only the long ones would be found, and ASR would read 100 % there."""
    begin = 1_772_000_000_000
    cursor = Cursor(begin, begin, final=begin, touched=begin, begin=begin)
    reach = Reach()
    assert sweep.newest(cursor, begin + 60_000, reach).since_ms == begin
    assert list(sweep.older(cursor, reach, far=True)) == []
    later = Cursor(begin + 3_600_000, begin + 3_600_000, begin=begin)
    slices = list(sweep.older(later, reach, far=True))
    assert slices and min(part.since_ms for part in slices) == begin
    assert all(part.since_ms < part.until_ms for part in slices)
