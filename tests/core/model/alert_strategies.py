"""Random valid alerts for hypothesis."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from noc_alerts.model.alerts import (
    MAX_PENALTY,
    MAX_PERIOD,
    MAX_TITLE,
    MAX_WAIT,
    MIN_PERIOD,
    Alert,
    Area,
    NoData,
    NoticeLevel,
    Operator,
    Penalty,
    Scope,
)
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.schedules import Duty, Repeat

EPOCH = datetime(1990, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ZONES = st.sampled_from(["UTC", "Europe/Zurich", "America/New_York", "Asia/Kathmandu"])
#: Everything a file can hold: line ends of all kinds and control characters too, but no half of a character.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NAMES = TEXTS.filter(bool)
TITLES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=MAX_TITLE).filter(str.strip)
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))


def spans(low: timedelta, high: timedelta) -> st.SearchStrategy[timedelta]:
    """Give spans as people choose them, and any other."""
    usual = [timedelta(seconds=n) for n in (0, 1, 60, 90, 300, 3600, 5400, 86_400, 172_800)]
    odd = st.integers(low // MICROSECOND, high // MICROSECOND).map(lambda n: n * MICROSECOND)
    return st.sampled_from([span for span in usual if low <= span <= high]) | odd


WAITS = spans(timedelta(0), MAX_WAIT)
SCOPES = st.one_of(
    st.builds(Scope, st.sampled_from(CompanyKind)),
    st.builds(Scope, st.sampled_from(CompanyKind), st.lists(TEXTS, min_size=1, max_size=3).map(tuple)),
    st.builds(Scope, st.sampled_from(CompanyKind), tag=NAMES),
)
TIMED_REPEATS = st.one_of(
    st.builds(Repeat.of_every, st.integers(1, 31 * 24 * 60).map(lambda n: timedelta(minutes=n)), ZONES),
    st.builds(Repeat.daily, TIMES, ZONES),
    st.builds(Repeat.of_cron, st.sampled_from(["0 8 * * 1-5", "*/5 * * * *", "@daily", "30 6 1 jan mon"]), ZONES),
)
REPEATS = st.builds(Repeat.none, ZONES) | TIMED_REPEATS
DUTIES = st.none() | st.builds(Duty, st.frozensets(st.integers(0, 6), min_size=1), TIMES, TIMES, ZONES)
PENALTIES = st.none() | st.builds(Penalty, spans(timedelta(minutes=1), MAX_PENALTY), st.booleans(), WAITS, st.booleans())


@st.composite
def numbers(draw: st.DrawFn, area: Area, operator: Operator) -> dict[str, Any]:
    """Give threshold, reset and the warning's, in the order the operator asks for."""
    low = -1e12 if area in (Area.BALANCE, Area.SPEND, Area.SCRIPT) else 0.0
    high = 100.0 if area.is_ratio else 1e12
    number = st.floats(low, high) | st.integers(int(low), int(high)).map(float)
    threshold = draw(number)
    if not (operator.fires_below or operator.fires_above):
        return {"threshold": threshold}
    # from the critical limit outwards: threshold, reset, warning, its reset
    steps = sorted({draw(number) for _ in range(4)}, reverse=operator.fires_above)
    if len(steps) < 4 or draw(st.booleans()):
        return {"threshold": steps[0], "reset": draw(st.sampled_from([None, *steps]))}
    two = {"threshold": steps[0], "warn_threshold": steps[2], "level": NoticeLevel.CRITICAL}
    return two | {"reset": draw(st.sampled_from([None, steps[1]])), "warn_reset": draw(st.sampled_from([None, steps[3]]))}


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    """Make a valid alert."""
    area, operator = draw(st.sampled_from(Area)), draw(st.sampled_from(Operator))
    values: dict[str, Any] = {"level": draw(st.sampled_from(NoticeLevel))}
    if operator is Operator.ALWAYS:
        values |= {"threshold": None, "repeat": draw(TIMED_REPEATS)}
    else:
        values |= {"repeat": draw(REPEATS), "penalty": draw(PENALTIES)}
        if area is Area.SCRIPT and draw(st.booleans()):
            values["threshold"] = None
        else:
            values |= draw(numbers(area, operator))
    if area is Area.SCRIPT or draw(st.booleans()):
        values["script"] = draw(NAMES)
    no_data = draw(st.sampled_from(NoData))
    return Alert(
        id=draw(st.none() | st.integers(1, 2**40)),
        title=draw(TITLES),
        scope=draw(SCOPES),
        area=area,
        operator=operator,
        sample_period=None if area.is_reading else draw(spans(MIN_PERIOD, MAX_PERIOD)),
        min_calls=draw(st.integers(0, 10**6)),
        hold=draw(WAITS),
        keep=draw(WAITS),
        recipients=tuple(draw(st.lists(TEXTS, max_size=3))),
        tray=draw(st.booleans()),
        tell_recovery=draw(st.booleans()),
        enabled=draw(st.booleans()),
        paused_until=draw(st.none() | spans(timedelta(0), timedelta(days=36_500)).map(lambda span: EPOCH + span)),
        connection_id=draw(st.none() | st.integers(1, 99)),
        strict=area.is_ratio and draw(st.booleans()),
        no_data=no_data,
        no_data_after=draw(spans(MIN_PERIOD if no_data is NoData.ALARM else timedelta(0), MAX_WAIT)),
        duty=draw(DUTIES),
        template=draw(NAMES.filter(str.strip)),
        **values,
    )
