"""Clocks of time zones around their changes, read minute by minute: what the schedules' arithmetic is held against."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MIN, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# zone, a moment near a change of its clock, what is special about it
CHANGES = [
    ("Europe/Zurich", (2026, 3, 29), "2:00 to 3:00"),
    ("Europe/Zurich", (2026, 10, 25), "3:00 to 2:00"),
    ("Europe/Dublin", (2026, 3, 29), "negative DST: summer is the standard"),
    ("Europe/Dublin", (2026, 10, 25), "negative DST"),
    ("Australia/Lord_Howe", (2026, 4, 4), "half an hour back"),
    ("Australia/Lord_Howe", (2026, 10, 3), "half an hour on"),
    ("Antarctica/Troll", (2026, 3, 29), "two hours on"),
    ("Antarctica/Troll", (2026, 10, 25), "two hours back"),
    ("Africa/Casablanca", (2026, 2, 15), "back for Ramadan"),
    ("Africa/Casablanca", (2026, 3, 22), "on after Ramadan"),
    ("America/Havana", (2026, 3, 8), "0:00 to 1:00"),
    ("America/Havana", (2026, 11, 1), "1:00 to 0:00"),
    ("America/Santiago", (2025, 9, 7), "midnight does not exist"),
    ("America/Santiago", (2026, 4, 5), "the day's last hour twice"),
    ("America/Nuuk", (2026, 3, 29), "23:00 to 0:00: the day's last hour does not exist"),
    ("America/Nuuk", (2026, 10, 25), "0:00 to 23:00"),
    ("Asia/Beirut", (2025, 10, 25), "0:00 to 23:00"),
    ("Africa/Cairo", (2025, 4, 25), "0:00 to 1:00"),
    ("America/St_Johns", (2010, 3, 14), "0:01 to 1:01"),
    ("America/St_Johns", (2010, 11, 7), "0:01 to 23:01"),
    ("Pacific/Apia", (2011, 12, 30), "30 December does not exist"),
    ("Pacific/Kiritimati", (1994, 12, 31), "a day left out"),
    ("Pacific/Kwajalein", (1993, 8, 21), "a day left out"),
    ("Pacific/Kwajalein", (1969, 10, 1), "23 hours twice"),
    ("Asia/Pyongyang", (2018, 5, 4), "half an hour on at 23:30"),
    ("Asia/Pyongyang", (2015, 8, 14), "half an hour back"),
    ("America/Caracas", (2007, 12, 9), "half an hour back"),
    ("Europe/Istanbul", (2016, 9, 7), "summer time for good: no change"),
    ("Antarctica/Casey", (2020, 10, 3), "three hours"),
    ("Pacific/Chatham", (2026, 4, 4), "quarter hours"),
    ("Asia/Kathmandu", (2026, 6, 1), "+5:45, no change"),
    ("Asia/Kathmandu", (1985, 12, 31), "a quarter of an hour on"),
    ("UTC", (2026, 6, 1), "none"),
]
AROUND = [(zone, datetime(*day, 12, tzinfo=UTC)) for zone, day, _ in CHANGES]
IDS = [f"{zone} {day[0]}-{day[1]:02d}" for zone, day, _ in CHANGES]
CLOCKS = [
    time(h, m)
    for h, m in ((0, 0), (0, 1), (0, 30), (1, 0), (1, 45), (2, 0), (2, 15), (2, 30), (3, 0), (8, 0), (23, 0), (23, 30), (23, 59))
]


@lru_cache(maxsize=8)
def readings(zone: str, begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Read a clock of the zone every minute: (real moment, what it shows)."""
    here = ZoneInfo(zone)
    moments = (begin + MIN * n for n in range((end - begin) // MIN))
    return [(at, at.astimezone(here).replace(tzinfo=None, fold=0)) for at in moments]
