"""When things are due, held against a clock that is read minute by minute."""

import itertools
import time as clock
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from clock_readings import AROUND, CLOCKS, DAY, HOUR, IDS, MIN, readings
from hypothesis import given, settings
from hypothesis import strategies as st

from noc_alerts.model.schedules import Cron, Repeat, read_cron
from noc_alerts.rules.schedules import last_due, missed, next_after, next_times, on_duty

START = datetime(2026, 3, 1, tzinfo=UTC)

CRONS = [
    "* * * * *", "*/15 * * * *", "0 * * * *", "30 */2 * * *", "*/30 2 * * *", "* 2 * * *", "*/15 0,23 * * *", "5 * 25-31 * *",
    "0,30 2 * * *", "0 2,3 * * *", "30 1-3 * * 6-7", "0,20,40 0,23 * * *", "15 0-23 * * *", "0-59 2 * * SUN",
    "0 0 1,29,30 * SUN", "0 8 */2 * SAT",
]  # fmt: skip


def matches(cron: Cron, local: datetime) -> bool:
    by_date, by_week = local.day in cron.days, local.isoweekday() % 7 in cron.weekdays
    day = (by_date and by_week) if cron.both else (by_date or by_week)
    return day and local.month in cron.months and local.hour in cron.hours and local.minute in cron.minutes


def watched(cron: Cron, zone: str, begin: datetime, end: datetime) -> list[datetime]:
    """List the due moments in [begin, end) as a person with a clock would find them.

    A wildcard cron: whenever the clock shows it. Another: whenever the clock first reaches or passes it, unless its day
    never was.
    """
    days_shown = {shown.date() for _, shown in readings(zone, begin - 3 * DAY, end + 2 * DAY)}
    highest = begin.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) - 2 * DAY
    due = []
    for at, shown in readings(zone, begin - 3 * DAY, end):
        if cron.wildcard:
            hit = matches(cron, shown)
        else:
            passed = [highest + MIN * n for n in range(1, (shown - highest) // MIN + 1)]
            hit = any(matches(cron, local) and local.date() in days_shown for local in passed)
            highest = max(highest, shown)
        if hit and at >= begin:
            due.append(at)
    return due


def all_due(repeat: Repeat, begin: datetime, end: datetime) -> list[datetime]:
    due, at = [], begin - timedelta(microseconds=1)
    while (moment := next_after(repeat, at, START)) is not None and moment < end:
        assert moment > at
        assert moment.tzinfo is UTC
        due.append(moment)
        at = moment
    return due


def all_due_backwards(repeat: Repeat, begin: datetime, end: datetime) -> list[datetime]:
    due, at = [], end - timedelta(microseconds=1)
    while (moment := last_due(repeat, at, START)) is not None and moment >= begin:
        assert moment <= at
        due.append(moment)
        at = moment - timedelta(microseconds=1)
    return due[::-1]


@pytest.mark.parametrize(("zone", "middle"), AROUND, ids=IDS)
def test_daily_is_due_exactly_once_each_calendar_day(zone: str, middle: datetime) -> None:
    begin, end = middle - 2 * DAY, middle + 2 * DAY
    days: dict[date, list[datetime]] = {}
    for at, shown in readings(zone, begin - 2 * DAY, end + 2 * DAY):
        days.setdefault(shown.date(), []).append(at)
    for wanted in CLOCKS:
        repeat = Repeat.daily(wanted, zone)
        due = all_due(repeat, begin, end)
        assert due == all_due_backwards(repeat, begin, end)
        # each slot belongs to the day in which the clock was to show it: its moment lies in that day or is its very end
        own = []
        for day, minutes in days.items():
            reached = [at for at in minutes if at.astimezone(ZoneInfo(zone)).time() >= wanted]
            own.append(min(reached) if reached else max(minutes) + MIN)
            assert day == minutes[0].astimezone(ZoneInfo(zone)).date()
        assert due == sorted(at for at in own if begin <= at < end), f"{wanted} in {zone}"
        assert len(set(due)) == len(due)


@pytest.mark.parametrize(("zone", "middle"), AROUND, ids=IDS)
def test_cron_is_due_as_a_person_with_a_clock_finds_it(zone: str, middle: datetime) -> None:
    begin, end = middle - DAY, middle + DAY
    for text in CRONS:
        repeat = Repeat.of_cron(text, zone)
        expected = watched(read_cron(text), zone, begin, end)
        assert all_due(repeat, begin, end) == expected, text
        assert all_due_backwards(repeat, begin, end) == expected, text
        before, behind = last_due(repeat, begin, START), next_after(repeat, end - MIN, START)
        for n in range(0, (end - begin) // MIN, 29):
            at = begin + MIN * n
            assert last_due(repeat, at, START) == max((due for due in expected if due <= at), default=before), text
            assert next_after(repeat, at, START) == min((due for due in expected if due > at), default=behind), text


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(sorted(z for z in available_timezones() if "/" in z)),
    year=st.integers(1972, 2036),
    wanted=st.builds(time, st.integers(0, 23), st.integers(0, 59)),
)
def test_daily_comes_once_a_day_for_a_year_everywhere(zone: str, year: int, wanted: time) -> None:
    here = ZoneInfo(zone)
    begin, end = (datetime(y, 1, 1, tzinfo=here).astimezone(UTC) for y in (year, year + 1))
    due = all_due(Repeat.daily(wanted, zone), begin, end)
    shown = {at.astimezone(here).date() for at in (begin + HOUR * n for n in range((end - begin) // HOUR))}
    assert len(due) == len(shown)
    assert all(a < b for a, b in itertools.pairwise(due))


SLOTS = [
    # the clock jumps from 2:00 to 3:00 at 01:00 UTC, and from 3:00 to 2:00 at 01:00 UTC
    (Repeat.daily(time(2, 30), "Europe/Zurich"), "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:30"]),
    (Repeat.daily(time(2, 30), "Europe/Zurich"), "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
    (Repeat.daily(time(8), "Europe/Zurich"), "2026-03-28T00:00", ["2026-03-28T07:00", "2026-03-29T06:00", "2026-03-30T06:00"]),
    (Repeat.daily(time(2, 15), "Australia/Lord_Howe"), "2026-10-03T00:00", ["2026-10-03T15:30", "2026-10-04T15:15"]),
    (Repeat.daily(time(1, 45), "Australia/Lord_Howe"), "2026-04-04T00:00", ["2026-04-04T14:45", "2026-04-05T15:15"]),
    # 30 December 2011 was not in Apia: after the 29th the 31st is due
    (Repeat.daily(time(8), "Pacific/Apia"), "2011-12-29T00:00", ["2011-12-29T18:00", "2011-12-30T18:00", "2011-12-31T18:00"]),
    (Repeat.daily(time(0), "Pacific/Apia"), "2011-12-29T00:00", ["2011-12-29T10:00", "2011-12-30T10:00", "2011-12-31T10:00"]),
    # Nuuk jumps from Saturday 23:00 to Sunday 0:00: Saturday's 23:30 is the end of Saturday
    (Repeat.daily(time(23, 30), "America/Nuuk"), "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:30"]),
    (Repeat.daily(time(0), "America/Santiago"), "2025-09-06T12:00", ["2025-09-07T04:00", "2025-09-08T03:00"]),
    (Repeat.daily(time(12), "Asia/Kathmandu"), "2026-01-01T06:15", ["2026-01-02T06:15"]),
    (Repeat.of_cron("0 * * * *", "Europe/Zurich"), "2026-10-24T23:00",
     ["2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00"]),
    (Repeat.of_cron("*/30 2 * * *", "Europe/Zurich"), "2026-10-24T23:00",
     ["2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30", "2026-10-26T01:00"]),
    (Repeat.of_cron("*/30 2 * * *", "Europe/Zurich"), "2026-03-28T12:00", ["2026-03-30T00:00"]),
    # two slots in one gap are one
    (Repeat.of_cron("0,30 2,3 * * *", "Europe/Zurich"), "2026-03-28T12:00",
     ["2026-03-29T01:00", "2026-03-29T01:30", "2026-03-30T00:00"]),
    (Repeat.of_cron("0 8 * * 0", "UTC"), "2026-11-01T07:00", ["2026-11-01T08:00", "2026-11-08T08:00"]),
    (Repeat.of_cron("0 8 * * 7", "UTC"), "2026-11-01T07:00", ["2026-11-01T08:00", "2026-11-08T08:00"]),
    (Repeat.of_cron("0 8 1 * MON", "UTC"), "2026-11-01T00:00", ["2026-11-01T08:00", "2026-11-02T08:00", "2026-11-09T08:00"]),
    (Repeat.of_cron("0 8 */2 * MON", "UTC"), "2026-11-01T00:00", ["2026-11-09T08:00", "2026-11-23T08:00"]),
    (Repeat.of_cron("0 0 29 2 *", "UTC"), "2026-01-01T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]),
    (Repeat.of_every(timedelta(minutes=30)), "2026-03-01T00:10", ["2026-03-01T00:30", "2026-03-01T01:00"]),
    (Repeat.of_every(timedelta(hours=24), "Europe/Zurich"), "2026-03-28T12:00", ["2026-03-29T00:00", "2026-03-30T00:00"]),
    (Repeat.of_every(timedelta(hours=4)), "2025-01-01T00:00", ["2026-03-01T04:00", "2026-03-01T08:00"]),
]  # fmt: skip


@pytest.mark.parametrize(("repeat", "after", "due"), SLOTS, ids=[f"{r.text} {r.zone} {a}" for r, a, _ in SLOTS])
def test_slots(repeat: Repeat, after: str, due: list[str]) -> None:
    now = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert next_times(repeat, now, START, len(due)) == [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in due]


REPEATS = st.one_of(
    st.builds(Repeat.of_every, st.integers(1, 31 * 1440).map(lambda n: MIN * n)),
    st.builds(Repeat.daily, st.sampled_from(CLOCKS), st.sampled_from([zone for zone, _ in AROUND])),
    st.builds(
        Repeat.of_cron, st.sampled_from([*CRONS, "0 8 1 * *", "0 8 29 2 *"]), st.sampled_from([zone for zone, _ in AROUND])
    ),
)
MOMENTS = st.datetimes(datetime(1975, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 hypothesis wants bare bounds


@settings(deadline=None)
@given(repeat=REPEATS, now=MOMENTS, anchor=MOMENTS)
def test_next_and_last_fit_together(repeat: Repeat, now: datetime, anchor: datetime) -> None:
    following = next_after(repeat, now, anchor)
    assert following is not None
    assert following > now
    assert last_due(repeat, following, anchor) == following
    before = last_due(repeat, following - timedelta(microseconds=1), anchor)
    assert before == last_due(repeat, now, anchor)
    if before is not None:
        assert before <= now
        assert next_after(repeat, before, anchor) == following
    else:
        assert repeat.every is not None
        assert following == anchor + repeat.every
    times = next_times(repeat, now, anchor)
    assert times[0] == following
    assert len(times) == 5
    assert all(a < b for a, b in itertools.pairwise(times))


@settings(deadline=None, max_examples=60)
@given(
    repeat=REPEATS,
    walk=st.lists(st.integers(-3 * 1440, 4 * 1440) | st.integers(0, 20), max_size=60),
    around=st.sampled_from(AROUND),
)
def test_no_slot_is_sent_twice_whatever_the_clock_does(repeat: Repeat, walk: list[int], around: tuple[str, datetime]) -> None:
    """The clock stands still, runs, jumps on (down time) and is set back; what is stored is the slot or the moment of sending."""
    for stores_slot in (True, False):
        now = anchor = around[1] - 2 * DAY
        told_at: datetime | None = None
        sent: list[datetime] = []
        for minutes in walk:
            now += MIN * minutes
            slot = missed(repeat, told_at, now, anchor)
            if slot is None:
                latest = last_due(repeat, now, anchor)
                assert latest is None or latest <= (told_at or anchor)
                continue
            assert anchor < slot <= now
            assert slot == last_due(repeat, now, anchor)
            sent.append(slot)
            told_at = slot if stores_slot else now
            assert missed(repeat, told_at, now, anchor) is None
        assert sent == sorted(set(sent))


def test_after_down_time_only_the_latest_is_sent() -> None:
    repeat = Repeat.daily(time(8), "Europe/Zurich")
    told = datetime(2026, 3, 20, 7, 0, 5, tzinfo=UTC)
    back = datetime(2026, 3, 30, 9, 0, tzinfo=UTC)
    assert missed(repeat, told, back, START) == datetime(2026, 3, 30, 6, tzinfo=UTC)
    assert missed(repeat, back, back + HOUR, START) is None


def test_a_new_rule_does_not_send_what_was_due_before_it() -> None:
    repeat = Repeat.daily(time(8), "UTC")
    made = datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert missed(repeat, None, made + HOUR, made) is None
    assert missed(repeat, None, made + DAY, made) == datetime(2026, 3, 2, 8, tzinfo=UTC)
    # changed at 10:00 from 12:00 to 08:00: today's 08:00 is over
    assert missed(repeat, made - DAY, made + MIN, made) is None


def test_every_does_not_drift_with_a_fixed_anchor() -> None:
    repeat, told_at, sent = Repeat.of_every(timedelta(minutes=30)), None, []
    for late in range(0, 300, 7):
        slot = missed(repeat, told_at, START + MIN * late, START)
        if slot is not None:
            sent.append((slot - START) // MIN)
            told_at = START + MIN * late
    assert sent == [30, 60, 90, 120, 150, 180, 210, 240, 270]


def test_none_is_never_due() -> None:
    none = Repeat.none()
    assert next_after(none, START, START) is None
    assert last_due(none, START, START) is None
    assert missed(none, None, START, START - DAY) is None
    assert next_times(none, START, START) == []


@pytest.mark.parametrize("count", [-1, 0, 1, 7, 100, 10**9])
def test_next_times_are_as_many_as_asked_but_bounded(count: int) -> None:
    assert len(next_times(Repeat.of_cron("0 0 29 2 */6"), START, START, min(count, 3))) == max(0, min(count, 3))
    assert len(next_times(Repeat.of_every(MIN), START, START, count)) == max(0, min(count, 100))


@pytest.mark.parametrize(
    "repeat",
    [Repeat.of_every(timedelta(days=31)), Repeat.daily(time(8), "Pacific/Apia"), Repeat.of_cron("*/5 * 29 2 *", "America/Adak"),
     Repeat.of_cron("0 0 29 2 */6")],
)  # fmt: skip
def test_the_ends_of_the_calendar_are_quiet(repeat: Repeat) -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert next_after(repeat, last, first) is None
    assert last_due(repeat, first, last) is None


def test_far_moments_are_found_fast() -> None:
    begun = clock.perf_counter()
    for text in ("0 0 29 2 */6", "*/7 3 29 2 */6", "59 23 31 12 *", "* * 29 2 *"):
        assert len(next_times(Repeat.of_cron(text, "Europe/Zurich"), START, START)) == 5
        assert last_due(Repeat.of_cron(text, "Europe/Zurich"), START, START) is not None
    assert clock.perf_counter() - begun < 2


def test_times_without_a_zone_are_refused() -> None:
    bare = datetime(2026, 1, 1)  # noqa: DTZ001 the point of it
    for call in (next_after, last_due, next_times):
        with pytest.raises(ValueError, match="zone"):
            call(Repeat.of_every(MIN), bare, START)
    with pytest.raises(ValueError, match="zone"):
        on_duty(None, bare)


def test_other_zones_are_taken_and_utc_comes_back() -> None:
    there = START.astimezone(ZoneInfo("Asia/Kathmandu"))
    for repeat in (
        Repeat.of_every(HOUR),
        Repeat.daily(time(8), "Europe/Zurich"),
        Repeat.of_cron("*/5 * * * *", "Asia/Kathmandu"),
    ):
        due = next_after(repeat, there, there)
        assert due == next_after(repeat, START, START)
        assert due is not None
        assert due.tzinfo is UTC
