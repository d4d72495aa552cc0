"""When an alert is active, held against a clock that is read minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from clock_readings import AROUND, CLOCKS, DAY, HOUR, IDS, MIN, readings
from hypothesis import given, settings
from hypothesis import strategies as st

from noc_alerts.model.schedules import Duty
from noc_alerts.rules.schedules import duty_changes_after, duty_words, on_duty

START = datetime(2026, 3, 1, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(1975, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 hypothesis wants bare bounds
DUTIES = [
    "Mon-Fri 08:00-18:00", "Mon-Sun 22:00-06:00", "Sat,Sun 00:00-24:00", "Mon-Sun 02:15-02:45", "Mon-Sun 23:30-00:30",
    "Fri 08:00-08:00",
    "Mon-Sun 00:00-02:30", "Mon-Sun 02:30-02:29", "Sun 00:30-23:30", "Thu-Sat 12:00-12:00", "Mon-Sun 03:00-02:00",
]  # fmt: skip


def reached(zone: str, begin: datetime, end: datetime) -> dict[datetime, datetime]:
    """Give for each local minute the first real minute at which the clock shows it or has passed it."""
    first: dict[datetime, datetime] = {}
    highest: datetime | None = None
    for at, shown in readings(zone, begin, end):
        if highest is None:
            highest = shown - MIN
        for n in range(1, (shown - highest) // MIN + 1):
            first[highest + MIN * n] = at
        highest = max(highest, shown)
    return first


@pytest.mark.parametrize(("zone", "middle"), AROUND, ids=IDS)
def test_duty_is_as_a_person_with_a_clock_keeps_it(zone: str, middle: datetime) -> None:
    begin, end = middle - 36 * HOUR, middle + 36 * HOUR
    first = reached(zone, begin - 5 * DAY, end + 6 * DAY)
    local_day = begin.astimezone(ZoneInfo(zone)).date()
    for text in DUTIES:
        duty = Duty.parse(f"{text} {zone}")
        shifts = []
        for day in (local_day + DAY * n for n in range(-3, 7)):
            if day.weekday() in duty.days:
                until = datetime.combine(day + (DAY if duty.until <= duty.from_ else 0 * DAY), duty.until)
                shifts.append((first[datetime.combine(day, duty.from_)], first[until]))
        wanted = [any(a <= begin + MIN * n < b for a, b in shifts) for n in range((end - begin) // MIN)]
        edges, at = [], begin
        while (change := duty_changes_after(duty, at)) is not None and change < end:
            assert change > at
            edges.append(change)
            at = change
        assert edges == [begin + MIN * n for n in range(1, len(wanted)) if wanted[n] != wanted[n - 1]], text
        for n in range(0, len(wanted), 7):
            assert on_duty(duty, begin + MIN * n) is wanted[n], f"{text} at {begin + MIN * n}"
        for edge in edges:
            assert on_duty(duty, edge) is not on_duty(duty, edge - timedelta(microseconds=1))


@settings(deadline=None)
@given(
    a=st.sampled_from(CLOCKS),
    b=st.sampled_from(CLOCKS),
    around=st.sampled_from(AROUND),
    minutes=st.lists(st.integers(-3000, 3000), min_size=1, max_size=20),
)
def test_day_and_night_shift_leave_no_hole_and_never_overlap(
    a: time, b: time, around: tuple[str, datetime], minutes: list[int]
) -> None:
    zone, middle = around
    week = frozenset(range(7))
    day, night = Duty(week, a, b, zone), Duty(week, b, a, zone)
    for n in minutes:
        at = middle + MIN * n
        assert on_duty(day, at) + on_duty(night, at) == (2 if a == b else 1)


@settings(deadline=None)
@given(
    days=st.frozensets(st.integers(0, 6), min_size=1),
    a=st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    b=st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    at=MOMENTS,
)
def test_duty_takes_its_share_of_a_week(days: frozenset[int], a: time, b: time, at: datetime) -> None:
    duty = Duty(days, a, b, "Asia/Kathmandu")
    at = at.replace(year=max(at.year, 1990))  # its clock never changed since 1986
    hours = (datetime.combine(date.min, b) - datetime.combine(date.min, a)) % DAY or DAY
    active, here, end = timedelta(0), at, at + 7 * DAY
    while here < end:
        change = min(duty_changes_after(duty, here) or end, end)
        active += (change - here) if on_duty(duty, here) else timedelta(0)
        here = change
    assert active == hours * len(days)


def test_always() -> None:
    for duty in (None, Duty.parse("Mon-Sun 00:00-24:00"), Duty.parse("Mon-Sun 08:00-08:00 Europe/Zurich")):
        assert on_duty(duty, START)
        assert duty_changes_after(duty, START) is None
        assert duty_words(duty) == "always"


def test_a_friday_that_never_was() -> None:
    """Apia had no Friday, 30 December 2011: nobody is on duty by day; the night from it is the hours after the jump."""
    day, night = Duty.parse("Fri 08:00-18:00 Pacific/Apia"), Duty.parse("Fri 22:00-06:00 Pacific/Apia")
    jump = datetime(2011, 12, 30, 10, tzinfo=UTC)
    assert duty_changes_after(day, jump - 2 * DAY) == datetime(2012, 1, 5, 18, tzinfo=UTC)
    assert [duty_changes_after(night, jump - DAY), duty_changes_after(night, jump)] == [jump, jump + 6 * HOUR]
