"""When something is due, and whether an alert is active: Repeat and Duty worked out in time, through every DST change.

Pure: the moment is always an argument. Any thread. cronsim does the arithmetic of cron on bare local times and knows nothing
of zones here; what a local time means in real time is decided below, in one place, for daily, cron and duty alike:

- A local time that does not exist (spring) is the moment the clock jumps. One that exists twice (autumn) is the first.
- A calendar day that a zone left out (Apia, 30 December 2011) has no slot: its daily report does not come.
- A cron whose minute or hour begins with a star follows the running clock, as Vixie cron does: due at every real minute whose
  local reading matches, so `*/15 * * * *` and `0 * * * *` run on through the repeated hour and skip the hour left out.
  Any other cron names times of day and follows the first rule. Due moments are a set: two slots in one gap are due once.
- Day of month and day of week: either is enough, unless one of them begins with a star; then both must match (crontab(5)).
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim

from noc_alerts.model.schedules import Cron, Duty, Repeat, RepeatKind, read_cron
from noc_alerts.rules.schedule_words import duty_words, words

__all__ = ["duty_changes_after", "duty_words", "last_due", "missed", "next_after", "next_times", "on_duty", "words"]

MAX_TIMES = 100

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


def next_after(repeat: Repeat, after: datetime, anchor: datetime) -> datetime | None:
    """Give the first due moment strictly after `after`, aware UTC; None when it never comes again.

    EVERY is due at anchor + k * every, k >= 1: the anchor itself (the alarm was raised and told) is not. DAILY and CRON do not
    look at the anchor. Raises ValueError for a time without a zone.
    """
    after, anchor = _utc(after), _utc(anchor)
    try:
        if repeat.kind is RepeatKind.NONE:
            return None
        if repeat.every is not None:
            return anchor + repeat.every * (max(0, (after - anchor) // repeat.every) + 1)
        cron, zone = _cron_of(repeat), ZoneInfo(repeat.zone)
        return _next_running(cron, after, zone) if cron.wildcard else _next_named(cron, after, zone)
    except OverflowError:  # past the year 9999
        return None


def last_due(repeat: Repeat, now: datetime, anchor: datetime) -> datetime | None:
    """Give the latest due moment at or before `now`, aware UTC; None when there was none.

    EVERY: None before anchor + every. Raises ValueError for a time without a zone.
    """
    now, anchor = _utc(now), _utc(anchor)
    try:
        if repeat.kind is RepeatKind.NONE:
            return None
        if repeat.every is not None:
            count = (now - anchor) // repeat.every
            return anchor + repeat.every * count if count > 0 else None
        cron, zone = _cron_of(repeat), ZoneInfo(repeat.zone)
        return _last_running(cron, now, zone) if cron.wildcard else _last_named(cron, now, zone)
    except OverflowError:  # before the year 1
        return None


def missed(repeat: Repeat, told_at: datetime | None, now: datetime, anchor: datetime) -> datetime | None:
    """Give the one slot to send now; None when none is due. After down time only the latest.

    It is later than `told_at` (the slot that was sent last, or the moment it was sent) and than `anchor` (the moment the rule
    was made or the alarm raised; keep it fixed, so that EVERY does not drift). So no slot comes twice, also when the clock
    was set back: it is then quiet until the clock is past `told_at` again.
    """
    since = _utc(anchor) if told_at is None else max(_utc(anchor), _utc(told_at))
    due = last_due(repeat, now, anchor)
    return due if due is not None and due > since else None


def next_times(repeat: Repeat, now: datetime, anchor: datetime, count: int = 5) -> list[datetime]:
    """Give the next due moments after `now`, rising, aware UTC, at most 100; fewer when it does not come that often."""
    times: list[datetime] = []
    moment = next_after(repeat, now, anchor)
    while moment is not None and len(times) < min(count, MAX_TIMES):
        times.append(moment)
        moment = next_after(repeat, moment, anchor)
    return times


def on_duty(duty: Duty | None, at: datetime) -> bool:
    """Tell whether an alert is active at a moment; without a duty it always is. The end is not part of it."""
    at = _utc(at)
    if duty is None or duty.always:
        return True
    return any(begin <= at < end for begin, end in _spans(duty, at, days_on=1))


def duty_changes_after(duty: Duty | None, at: datetime) -> datetime | None:
    """Give the next moment, strictly after `at`, at which it becomes active or ends, aware UTC; None: it is always active."""
    at = _utc(at)
    if duty is None or duty.always:
        return None
    # a week and a day, one more for a day the zone left out, and a duty that began yesterday
    edges = [edge for span in _spans(duty, at, days_on=10) for edge in span]
    return next((edge for edge in edges if edge > at), None)


def _spans(duty: Duty, at: datetime, days_on: int) -> list[tuple[datetime, datetime]]:
    """Give the spans around `at`, rising, apart from each other: those that touch are one, those a DST change ate are none.

    One day on at least: where a day's last hour repeats, a duty of tomorrow has begun already.
    """
    zone = ZoneInfo(duty.zone)
    today = _reading(at, zone).date()
    spans: list[tuple[datetime, datetime]] = []
    for day in (today + timedelta(days=n) for n in range(-1, days_on + 1)):
        if day.weekday() not in duty.days:
            continue
        begin = _moment(datetime.combine(day, duty.from_), zone)
        end = _moment(datetime.combine(day + _DAY if duty.overnight else day, duty.until), zone)
        if spans and begin <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        elif begin < end:
            spans.append((begin, end))
    return spans


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.astimezone(UTC)


@lru_cache(maxsize=1024)  # every due rule asks at every tick
def _cron_of(repeat: Repeat) -> Cron:
    """Give the cron that a daily or cron repeat is."""
    return read_cron(f"{repeat.at.minute} {repeat.at.hour} * * *" if repeat.at is not None else repeat.cron)


def _matches(cron: Cron, local: datetime, *, back: bool = False) -> CronSim:
    """Go through the bare local times that match, strictly after `local`, or backwards from before the second after it."""
    if back:
        local = local.replace(microsecond=0) + _SECOND
    return CronSim(" ".join(cron.fields), local, reverse=back)


def _next_named(cron: Cron, after: datetime, zone: ZoneInfo) -> datetime | None:
    for local in _matches(cron, _reading(after, zone)):
        moment = _slot(local, zone)
        if moment is not None and moment > after:
            return moment
    return None


def _last_named(cron: Cron, now: datetime, zone: ZoneInfo) -> datetime | None:
    here = now.astimezone(zone)
    # in the second pass of a repeated hour the rest of that hour has been due already, in the first pass
    passed = _offset(here.replace(fold=0)) - _offset(here)
    for local in _matches(cron, here.replace(tzinfo=None, fold=0) + max(passed, timedelta(0)), back=True):
        moment = _slot(local, zone)
        if moment is not None and moment <= now:
            return moment
    return None


def _next_running(cron: Cron, after: datetime, zone: ZoneInfo) -> datetime | None:
    """Go from one change of the zone to the next: between two, local time is real time."""
    at, local, since = after, _reading(after, zone), after
    while True:
        match = next(_matches(cron, local), None)
        if match is None:
            return None
        due = at + (match - local)
        change = _first_change(zone, since, due)
        if change is None:
            return due
        at, local, since = change - _SECOND, _reading(change, zone) - _SECOND, change


def _last_running(cron: Cron, now: datetime, zone: ZoneInfo) -> datetime | None:
    at, local = now, _reading(now, zone)
    while True:
        match = next(_matches(cron, local, back=True), None)
        if match is None:
            return None
        due = at - (local - match)
        change = _last_change(zone, due, at)
        if change is None:
            return due
        at, local = change - _SECOND, _reading(change - _SECOND, zone)


def _slot(local: datetime, zone: ZoneInfo) -> datetime | None:
    """Give the moment of a local time; None on a calendar day that the zone left out."""
    moment = _moment(local, zone)
    if _reading(moment, zone).date() != local.date() and _is_left_out(local.date(), moment, zone):
        return None
    return moment


def _is_left_out(day: date, jump: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the clock's jump passes over the whole day."""
    midnight = datetime.combine(day, time())
    return _reading(jump - _SECOND, zone) < midnight and _reading(jump, zone) >= midnight + _DAY


def _moment(local: datetime, zone: ZoneInfo) -> datetime:
    """Give the real moment of a bare local time: of two the first, of none the jump of the clock over it (PEP 495)."""
    moment = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if _reading(moment, zone) == local:
        return moment
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _bisect(zone, before, moment)


def _reading(at: datetime, zone: ZoneInfo) -> datetime:
    """Give what a clock in the zone shows, bare."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _offset(at: datetime) -> timedelta:
    return at.utcoffset() or timedelta(0)


def _offset_in(zone: ZoneInfo, at: datetime) -> timedelta:
    return _offset(at.astimezone(zone))


def _first_change(zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """Give the first moment in (after, until] from which the zone's offset is another; None when it stays."""
    low = after
    while low < until:
        high = min(low + _DAY, until)
        if _offset_in(zone, low) != _offset_in(zone, high):
            return _bisect(zone, low, high)
        low = high
    return None


def _last_change(zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """Give the last moment in (after, until] from which the zone's offset is another; None when it stays."""
    high = until
    while high > after:
        low = max(high - _DAY, after)
        if _offset_in(zone, low) != _offset_in(zone, high):
            return _bisect(zone, low, high)
        high = low
    return None


def _bisect(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Give the second in (low, high] from which the offset is no longer the one at `low`; changes are on whole seconds."""
    low, old = low.replace(microsecond=0), _offset_in(zone, low)
    span = 0, (high - low) // _SECOND
    while span[1] - span[0] > 1:
        middle = sum(span) // 2
        span = (middle, span[1]) if _offset_in(zone, low + middle * _SECOND) == old else (span[0], middle)
    return low + span[1] * _SECOND
