"""Repeat and Duty in plain English. Pure: any thread. Times are the schedule's own, so its zone is named with them."""

from collections.abc import Sequence
from datetime import time, timedelta

from noc_alerts.model.schedules import Cron, Duty, Repeat, RepeatKind, read_cron

_THIN = "\u2009"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FIRST_HALF = ("January", "February", "March", "April", "May", "June")
_MONTHS = (*_FIRST_HALF, "July", "August", "September", "October", "November", "December")
_MOST_TIMES = 6
_MOST_DATES = 4


def words(repeat: Repeat) -> str:
    """Say how often: `no repeat`, `every 30 min`, `daily at 08:00, Europe/Zurich`, `at 08:00, Monday to Friday, UTC`."""
    if repeat.every is not None:
        return f"every {_span(repeat.every)}"
    if repeat.at is not None:
        return f"daily at {repeat.at:%H:%M}, {repeat.zone}"
    if repeat.kind is RepeatKind.NONE:
        return "no repeat"
    cron = read_cron(repeat.cron)
    times, dates = _times(cron), _dates(cron)
    if times.startswith("at ") and "minute" not in times and (not dates or dates.startswith("in ")):
        times = f"daily {times}"
    return ", ".join(part for part in (times, dates, repeat.zone) if part)


def duty_words(duty: Duty | None) -> str:
    """Say when it is active: `always`, `Monday to Friday, 08:00 to 18:00, Europe/Zurich`."""
    if duty is None or duty.always:
        return "always"
    days = "every day" if len(duty.days) == 7 else _listed(sorted(duty.days), _DAYS)
    if duty.whole_day and duty.from_ == time(0):
        hours = "the whole day"
    elif duty.until == time(0):
        hours = f"{duty.from_:%H:%M} to 24:00"
    else:
        hours = f"{duty.from_:%H:%M} to {duty.until:%H:%M}{' the next day' if duty.overnight else ''}"
    return f"{days}, {hours}, {duty.zone}"


def _span(span: timedelta) -> str:
    """Write whole minutes: `90 min`, `4 h`, `2 h 15`, `2 d`."""
    minutes = span // timedelta(minutes=1)
    hours, rest = divmod(minutes, 60)
    if minutes % 1440 == 0 and minutes > 1440:
        return f"{minutes // 1440}{_THIN}d"
    if not rest and hours:
        return f"{hours}{_THIN}h"
    return f"{hours}{_THIN}h {rest:02d}" if hours >= 2 else f"{minutes}{_THIN}min"


def _times(cron: Cron) -> str:
    """Say the times of day."""
    minutes, hours = sorted(cron.minutes), sorted(cron.hours)
    if len(minutes) > 1 and (pace := _round_pace(minutes)):
        return _paced(pace, minutes, hours)
    if len(minutes) == 1 and len(hours) == 24:
        return "every hour on the hour" if minutes == [0] else f"every hour at minute {minutes[0]}"
    if len(minutes) * len(hours) <= _MOST_TIMES:
        return f"at {_joined([f'{hour:02d}:{minute:02d}' for hour in hours for minute in minutes])}"
    step = _step(hours)
    if len(minutes) == 1 and step is not None:
        pace = "every hour" if step == 1 else f"every {step}{_THIN}h"
        return f"{pace} from {hours[0]:02d}:{minutes[0]:02d} to {hours[-1]:02d}:{minutes[0]:02d}"
    return f"at minute{'s' if len(minutes) > 1 else ''} {_listed(minutes)} of {_of_hours(hours)}"


def _round_pace(minutes: Sequence[int]) -> str:
    """Say `every 15 min` when the distance holds past the hour's end too; empty when it does not (`*/7`)."""
    step = 60 // len(minutes)
    if 60 % len(minutes) or list(minutes) != list(range(minutes[0], 60, step)):
        return ""
    return "every minute" if step == 1 else f"every {step}{_THIN}min"


def _paced(pace: str, minutes: Sequence[int], hours: Sequence[int]) -> str:
    """Say within which hours a pace is kept."""
    if len(hours) < 24 and hours[-1] - hours[0] + 1 == len(hours):
        return f"{pace} from {hours[0]:02d}:{minutes[0]:02d} to {hours[-1]:02d}:{minutes[-1]:02d}"
    offset = f" from minute {minutes[0]}" if minutes[0] else ""
    return pace + offset if len(hours) == 24 else f"{pace}{offset} of {_of_hours(hours)}"


def _of_hours(hours: Sequence[int]) -> str:
    if len(hours) == 24:
        return "every hour"
    return f"the hour{'s' if len(hours) > 1 else ''} {_listed(hours)}"


def _dates(cron: Cron) -> str:
    """Say the days; empty when every day is meant."""
    days, months = sorted(cron.days), [month - 1 for month in sorted(cron.months)]
    week = sorted((day + 6) % 7 for day in cron.weekdays)
    all_dates, all_week = len(days) == 31, len(week) == 7
    in_months = "" if len(months) == 12 else f"in {_listed(months, _MONTHS)}"
    if (all_dates and all_week) or (not cron.both and (all_dates or all_week)):
        return in_months
    if all_dates:
        is_range = len(week) > 2 and week[-1] - week[0] + 1 == len(week)
        return f"{'' if is_range else 'on '}{_listed(week, _DAYS)} {in_months}".strip()
    of_month = f"{_ordinals(days)} of {_listed(months, _MONTHS) if in_months else 'the month'}"
    if all_week:
        return of_month
    named = _joined([f"a {_DAYS[day]}" for day in week], "or")
    return f"{of_month}, when that is {named}" if cron.both else f"{of_month}, or on {named} {in_months}".strip()


def _ordinals(days: Sequence[int]) -> str:
    step = _step(days)
    if len(days) > _MOST_DATES and step is not None and step > 1:
        return f"every {_ordinal(step)} day from the {_ordinal(days[0])} to the {_ordinal(days[-1])}"
    return f"on the {_listed(days, [_ordinal(n) for n in range(32)])}"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _step(values: Sequence[int]) -> int | None:
    """Give the even distance of three or more rising values; None when it is uneven."""
    gaps = {values[i + 1] - values[i] for i in range(len(values) - 1)}
    return gaps.pop() if len(gaps) == 1 and len(values) > 2 else None


def _listed(values: Sequence[int], names: Sequence[str] | None = None) -> str:
    """Write rising values with runs of three and more as a range: `1 to 5, 10 and 15`."""
    parts: list[str] = []
    i = 0
    while i < len(values):
        end = i
        while end + 1 < len(values) and values[end + 1] == values[end] + 1:
            end += 1
        run = [names[n] if names else str(n) for n in values[i : end + 1]]
        parts += [f"{run[0]} to {run[-1]}"] if len(run) > 2 else run
        i = end + 1
    return _joined(parts)


def _joined(parts: Sequence[str], last: str = "and") -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"
