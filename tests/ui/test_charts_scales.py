"""Where lines and boxes of a chart stand: ticks, the 95 % interval, boxes that move apart, bars of calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from noc_alerts.model.alerts import NoticeLevel, Operator
from ui.charts.parts import Scale, clears_line, fires_line
from ui.charts.scales import (
    DAY_MS,
    HOUR_MS,
    columns,
    milliseconds,
    moment,
    runs,
    spread,
    tick_text,
    time_ticks,
    value_ticks,
    wilson,
)

NOW = datetime(2026, 11, 19, 4, 12, 38, tzinfo=UTC)


@pytest.mark.parametrize(
    ("low", "high", "intervals", "cap", "labels"),
    [
        (0, 56, (2,), 100, ["0", "30", "60"]),
        (0, 56, (3, 4), 100, ["0", "15", "30", "45", "60"]),
        (0, 96, (3, 4), 100, ["0", "25", "50", "75", "100"]),
        (0, 100.4, (2, 3), 100, ["0", "50", "100"]),
        (0, 4.9, (2,), None, ["0", "2.5", "5"]),
        (0, 412, (2, 3), None, ["0", "150", "300", "450"]),
        (0, 24_000, (2,), None, ["0", "15\u2009k", "30\u2009k"]),
        (0, 0, (2,), None, ["0", "0.5", "1"]),
        (-80, 150, (3, 4), None, ["−80", "0", "80", "160"]),
    ],
)
def test_value_ticks_are_round_hold_the_values_and_begin_at_zero(
    low: float, high: float, intervals: tuple[int, ...], cap: float | None, labels: list[str]
) -> None:
    ticks = value_ticks(low, high, intervals, cap)
    assert [tick_text(value, ticks) for value in ticks.values] == labels
    assert ticks.low <= low
    assert cap is not None or ticks.high >= high
    assert 3 <= len(ticks.values) <= 5


def test_time_ticks_are_round_hours_of_the_zone() -> None:
    to = milliseconds(NOW)
    words = [tick.words for tick in time_ticks(to - 6 * HOUR_MS, to, UTC, 7)]
    assert words == ["23:00", "00:00", "01:00", "02:00", "03:00", "04:00"]
    kathmandu = [tick.words for tick in time_ticks(to - 6 * HOUR_MS, to, ZoneInfo("Asia/Kathmandu"), 7)]  # +05:45
    assert kathmandu == ["04:00", "05:00", "06:00", "07:00", "08:00", "09:00"]


def test_days_are_named_when_more_than_one_is_shown() -> None:
    to = milliseconds(NOW)
    ticks = time_ticks(to - 7 * DAY_MS, to, UTC, 10)
    assert [tick.words for tick in ticks][-2:] == ["Wed 18 Nov", "Thu 19 Nov"]
    assert all(moment(tick.at_ms).hour == 0 for tick in ticks)


def test_milliseconds_and_moments_are_each_other() -> None:
    assert moment(milliseconds(NOW)) == NOW
    assert milliseconds(NOW + timedelta(milliseconds=1)) == milliseconds(NOW) + 1


def test_wilson_interval_of_a_known_share() -> None:
    low, high = wilson(np.array([16 / 294 * 100, 0.0, 100.0, np.nan]), np.array([294, 20, 20, 0]))
    assert low[0] == pytest.approx(3.4, abs=0.05)
    assert high[0] == pytest.approx(8.7, abs=0.05)
    assert low[1] == 0.0
    assert high[1] == pytest.approx(16.1, abs=0.05)
    assert high[2] == 100.0
    assert np.isnan(low[3])


def test_runs_are_the_unbroken_stretches() -> None:
    nan = np.nan
    assert runs(np.array([nan, 1, 2, nan, nan, 3, nan, 4, 5])) == [(1, 3), (5, 6), (7, 9)]
    assert runs(np.array([])) == []


@pytest.mark.parametrize(
    ("centres", "placed"),
    [
        ([50.0], [50.0]),
        ([20.0, 80.0], [20.0, 80.0]),
        ([50.0, 52.0], [39.0, 63.0]),
        ([52.0, 50.0], [63.0, 39.0]),
        ([50.0, 50.0, 50.0], [26.0, 50.0, 74.0]),
        ([2.0, 4.0], [12.0, 36.0]),
        ([99.0, 98.0], [88.0, 64.0]),
        ([], []),
    ],
)
def test_boxes_move_apart_as_little_as_possible_and_stay_inside(centres: list[float], placed: list[float]) -> None:
    assert spread(centres, 24.0, 0.0, 100.0) == placed


def test_boxes_without_room_keep_their_order() -> None:
    placed = spread([10.0, 20.0, 30.0, 40.0, 50.0], 24.0, 0.0, 60.0)
    assert placed == sorted(placed)
    assert placed[0] == 12.0
    assert placed[-1] == 48.0


def test_bars_show_the_fewest_calls_of_their_column_and_stay_where_they_are() -> None:
    at = np.arange(1, 13, dtype=np.int64) * 1000
    calls = np.array([9, 8, 7, 6, 5, 4, 90, 80, 70, 60, 50, 40], dtype=np.int64)
    starts, fewest = columns(at, calls, 4000)
    assert starts.tolist() == [0, 4000, 8000]
    assert fewest.tolist() == [6, 4, 40]
    later, _ = columns(at[3:], calls[3:], 4000)
    assert set(later.tolist()) <= set(starts.tolist())


def test_limit_lines_say_the_same_in_box_and_head() -> None:
    scale = Scale("%", 1)
    fires = fires_line(30, Operator.LE, NoticeLevel.CRITICAL, scale)
    clears = clears_line(33.5, Operator.LE, NoticeLevel.CRITICAL, scale)
    assert clears is not None
    assert (fires.label, fires.words) == ("fires ≤ 30.0\u2009%", "fires ≤ 30")
    assert (clears.label, clears.words) == ("clears > 33.5\u2009%", "clears > 33.5")
    assert clears_line(1, Operator.EQ, NoticeLevel.WARNING, scale) is None
