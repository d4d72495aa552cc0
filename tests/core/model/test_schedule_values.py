"""Repeat and Duty: what they refuse, and their text forms."""

import time as clock
from datetime import UTC, datetime, time, timedelta

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import given
from hypothesis import strategies as st

from noc_alerts.model.errors import BadInput
from noc_alerts.model.schedules import Cron, Duty, Repeat, RepeatKind, check_zone, cron_fields, read_cron

ZONES = ["UTC", "Europe/Zurich", "Australia/Lord_Howe", "America/Argentina/Buenos_Aires", "Etc/GMT+5"]
MINUTES = st.builds(time, st.integers(0, 23), st.integers(0, 59))


def _field(low: int, high: int, largest: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    spans = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    plain = st.just("*") | number.map(str) | spans
    stepped = st.tuples(plain, st.integers(1, largest)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    return st.lists(plain | stepped, min_size=1, max_size=3).map(",".join)


CRON_TEXTS = st.tuples(
    _field(0, 59, 59), _field(0, 23, 23), _field(1, 31, 30), _field(1, 12, 11), _field(0, 7, 6)
).map(" ".join)  # fmt: skip
REPEATS = st.one_of(
    st.builds(Repeat.none, st.sampled_from(ZONES)),
    st.builds(Repeat.of_every, st.integers(1, 31 * 1440).map(lambda n: timedelta(minutes=n)), st.sampled_from(ZONES)),
    st.builds(Repeat.daily, MINUTES, st.sampled_from(ZONES)),
    st.builds(
        Repeat.of_cron,
        st.sampled_from(["0 8 * * 1-5", "@daily", "*/15 8-18 * JAN-MAR,dec Mon-Sun", "  0  0\t29 2 *", "0 0 1,15 * 5-7"]),
        st.sampled_from(ZONES),
    ),
)
DUTIES = st.builds(Duty, st.frozensets(st.integers(0, 6), min_size=1), MINUTES, MINUTES, st.sampled_from(ZONES))

TEXTS = [
    (Repeat(), "none"),
    (Repeat.of_every(timedelta(minutes=1)), "every 1 min"),
    (Repeat.of_every(timedelta(minutes=90)), "every 90 min"),
    (Repeat.of_every(timedelta(hours=4)), "every 4 h"),
    (Repeat.of_every(timedelta(days=1)), "every 24 h"),
    (Repeat.of_every(timedelta(days=31)), "every 31 d"),
    (Repeat.daily(time(8)), "daily 08:00"),
    (Repeat.of_cron(" 0 8 *  * 1-5 "), "cron 0 8 * * 1-5"),
    (Repeat.of_cron("@Daily"), "cron @Daily"),
]
LENIENT = [
    ("every 30 minutes", "every 30 min"),
    ("  Every 2 HOURS ", "every 2 h"),
    ("every 1440m", "every 24 h"),
    ("every 2 days", "every 2 d"),
    ("daily at 8:05", "daily 08:05"),
    ("@weekly", "cron @weekly"),
]
REFUSED_TEXTS = [
    "", "sometimes", "every", "every 0 min", "every -5 min", "every 32 d", "every 999999 d", "every 1.5 h", "every 30 s",
    "every ٣ min",
    "daily", "daily 24:00", "daily 08:60", "daily 8", "cron", "cron * * * *", "none none", "every 30 min\nBcc: x", "x" * 10_000,
]  # fmt: skip
REFUSED_CRON = [
    ("", "five fields"), ("* * * *", "five fields"), ("0 0 8 * * 1", "five fields"), ("*/0", "five fields"),
    ("*/0 * * * *", "steps of 0"), ("1-5/0 * * * *", "steps of 0"), ("*/60 * * * *", "steps of 60"),
    ("* * * * */7", "steps of 7"),
    ("99 * * * *", "0 to 59"), ("60 * * * *", "0 to 59"), ("* 24 * * *", "0 to 23"), ("* * 0 * *", "1 to 31"),
    ("* * 32 * *", "1 to 31"),
    ("* * * 13 *", "1 to 12"), ("* * * 0 *", "1 to 12"), ("* * * * 8", "0 to 7"), ("* * * MON *", "1 to 12"),
    ("FRI * * * *", "0 to 59"),
    ("5-1 * * * *", "backwards"), ("* * * * FRI-MON", "backwards"), ("* * * NOV-FEB *", "backwards"),
    ("* * * * 5-1", "backwards"),
    ("-1 * * * *", "cannot be"), ("1,,2 * * * *", "cannot be"), ("1/2/3 * * * *", "cannot be"), ("1-2-3 * * * *", "cannot be"),
    ("٣ * * * *", "cannot be"), ("1.5 * * * *", "cannot be"), ("* * L * *", "cannot be"), ("* * LW * *", "cannot be"),
    ("* * * * 5L", "cannot be"), ("* * * * MON#1", "cannot be"), ("* * ? * *", "cannot be"), ("H * * * *", "cannot be"),
    ("R * * * *", "cannot be"), ("+1 * * * *", "cannot be"), ("** * * * *", "cannot be"), ("000 * * * *", "cannot be"),
    ("@reboot", "not known"), ("@every 5m", "five fields"),
    ("0 0 30 2 *", "never comes"), ("0 0 31 2 *", "never comes"), ("0 0 31 4,6,9,11 *", "never comes"),
    ("0 0 31 FEB */2", "never comes"),
    ("*" * 10_000, "200"), ("0," * 5_000 + "0 * * * *", "200"), ("* " * 5_000, "200"),
]  # fmt: skip
REFUSED_ZONES = [
    "", "Europe", "europe/nowhere", "Mars/Phobos", "../../etc/passwd", "/etc/localtime", "Europe/Zurich\x00",
    "x" * 300, "right/UTC",
    "posix/Europe/Zurich", "localtime", "zone.tab", "\ud800", None, 3,
]  # fmt: skip


@pytest.mark.parametrize(("repeat", "text"), TEXTS, ids=[text for _, text in TEXTS])
def test_repeat_writes_and_reads_its_text(repeat: Repeat, text: str) -> None:
    assert repeat.text == text
    assert Repeat.parse(text) == repeat


@given(repeat=REPEATS)
def test_repeat_text_goes_around(repeat: Repeat) -> None:
    assert Repeat.parse(repeat.text, repeat.zone) == repeat


@given(duty=DUTIES)
def test_duty_text_goes_around(duty: Duty) -> None:
    assert Duty.parse(duty.text) == duty


@pytest.mark.parametrize(("text", "plain"), LENIENT)
def test_repeat_reads_what_people_write(text: str, plain: str) -> None:
    assert Repeat.parse(text).text == plain


@pytest.mark.parametrize("text", REFUSED_TEXTS, ids=[repr(text[:24]) for text in REFUSED_TEXTS])
def test_repeat_refuses_other_text(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        Repeat.parse(text)
    assert caught.value.problems == {"repeat": caught.value.sentence}
    assert len(caught.value.sentence) < 200
    assert "\n" not in caught.value.sentence


@pytest.mark.parametrize(("text", "why"), REFUSED_CRON, ids=[text[:24] or "empty" for text, _ in REFUSED_CRON])
def test_cron_refuses_at_once_and_says_why(text: str, why: str) -> None:
    begun = clock.perf_counter()
    with pytest.raises(BadInput, match=why) as caught:
        Repeat.of_cron(text)
    assert clock.perf_counter() - begun < 0.5
    assert caught.value.problems == {"repeat": caught.value.sentence}


@given(text=st.text(alphabet="0123456789*/,-@ LWMON#?\t\nſ٣", max_size=40) | st.text(max_size=250))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (Repeat.of_cron, Repeat.parse, Duty.parse):
        try:
            made = read(text)
        except BadInput as refused:
            assert refused.sentence
        else:
            assert made.text


@given(text=CRON_TEXTS)
def test_cron_is_read_as_the_library_reads_it(text: str) -> None:
    try:
        cron = read_cron(text)
    except BadInput as refused:
        assert "never comes" in refused.sentence
        assert _never_comes(text)
        return
    library = CronSim(" ".join(cron.fields), datetime(2026, 1, 1))  # noqa: DTZ001 cron knows no zone
    assert (cron.minutes, cron.hours, cron.days, cron.months) == (library.minutes, library.hours, library.days, library.months)
    assert cron.weekdays == {day % 7 for day in library.weekdays if isinstance(day, int)}
    assert cron.both is library.day_and
    assert next(library, None) is not None


def _never_comes(text: str) -> bool:
    """Ask the library: it refuses it, or finds nothing within its fifty years."""
    try:
        return next(CronSim(text, datetime(2026, 1, 1)), None) is None  # noqa: DTZ001
    except CronSimError:
        return True


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("0 8 * * MON-SUN", ("0", "8", "*", "*", "1-7")),
        ("0 8 * jan-Dec fri", ("0", "8", "*", "1-12", "5")),
        ("0 8 * * SUN-TUE", ("0", "8", "*", "*", "0-2")),
        ("0 8 * * 5-0", ("0", "8", "*", "*", "5-7")),
        ("@hourly", ("0", "*", "*", "*", "*")),
        ("@WEEKLY", ("0", "0", "*", "*", "0")),
        ("5-5/2 8-8 * * 0-0/1", ("5", "8", "*", "*", "0")),
        ("*/15,7 1-3/2 1 1 *", ("*/15,7", "1-3/2", "1", "1", "*")),
    ],
)
def test_cron_names_become_numbers(text: str, fields: tuple[str, ...]) -> None:
    assert cron_fields(text) == fields


def test_sunday_is_0_and_7() -> None:
    assert read_cron("0 8 * * 0").weekdays == read_cron("0 8 * * 7").weekdays == read_cron("0 8 * * SUN").weekdays == {0}


def test_a_star_makes_both_days_count() -> None:
    def both(text: str) -> bool:
        cron: Cron = read_cron(text)
        return cron.both

    assert [both("0 8 1 * 1"), both("0 8 */2 * 1"), both("0 8 1 * */2"), both("0 8 * * *")] == [False, True, True, True]


@pytest.mark.parametrize("name", REFUSED_ZONES, ids=[repr(name)[:24] for name in REFUSED_ZONES])
def test_zones_that_are_none(name: str) -> None:
    sentence = check_zone(name)
    assert sentence is not None
    assert sentence.isprintable()
    with pytest.raises(BadInput):
        Repeat(zone=name)
    with pytest.raises(BadInput) as caught:
        Duty(frozenset({0}), time(8), time(9), name)
    assert list(caught.value.problems) == ["duty"]


@pytest.mark.parametrize(
    "values",
    [
        {"kind": "every", "every": timedelta(hours=1)},
        {"kind": RepeatKind.EVERY},
        {"kind": RepeatKind.EVERY, "every": timedelta(seconds=59)},
        {"kind": RepeatKind.EVERY, "every": timedelta(seconds=90)},
        {"kind": RepeatKind.EVERY, "every": timedelta(days=31, minutes=1)},
        {"kind": RepeatKind.EVERY, "every": 5},
        {"kind": RepeatKind.EVERY, "every": timedelta(hours=1), "at": time(8)},
        {"kind": RepeatKind.DAILY},
        {"kind": RepeatKind.DAILY, "at": time(8, 0, 1)},
        {"kind": RepeatKind.DAILY, "at": time(8, tzinfo=UTC)},
        {"kind": RepeatKind.DAILY, "at": time(8), "cron": "0 8 * * *"},
        {"kind": RepeatKind.CRON},
        {"kind": RepeatKind.CRON, "cron": None},
        {"kind": RepeatKind.NONE, "every": timedelta(hours=1)},
    ],
)
def test_repeat_refuses_nonsense(values: dict[str, object]) -> None:
    with pytest.raises(BadInput) as caught:
        Repeat(**values)  # type: ignore[arg-type] # the point of it
    assert list(caught.value.problems) == ["repeat"]


@pytest.mark.parametrize(
    ("text", "days", "from_", "until", "written"),
    [
        ("Mon-Fri 08:00-18:00 Europe/Zurich", {0, 1, 2, 3, 4}, time(8), time(18), "Mon-Fri 08:00-18:00 Europe/Zurich"),
        ("fri-MON 22:00-6:00", {4, 5, 6, 0}, time(22), time(6), "Mon,Fri-Sun 22:00-06:00 UTC"),
        ("Sat,Sun 0:00-24:00 UTC", {5, 6}, time(0), time(0), "Sat,Sun 00:00-24:00 UTC"),
        ("Sun-Sun 08:00-08:00 UTC", {6}, time(8), time(8), "Sun 08:00-08:00 UTC"),
        ("Mon,Tue,Wed,Fri 18:00-00:00 UTC", {0, 1, 2, 4}, time(18), time(0), "Mon-Wed,Fri 18:00-24:00 UTC"),
    ],
)
def test_duty_texts(text: str, days: set[int], from_: time, until: time, written: str) -> None:
    duty = Duty.parse(text)
    assert (duty.days, duty.from_, duty.until) == (days, from_, until)
    assert duty.text == written


@pytest.mark.parametrize(
    "text",
    ["", "Mon", "Mon 08:00", "Mon 8-18", "Mon 08:00-24:01", "Mon 24:00-08:00", "Mo-Fr 08:00-18:00", "Mon- 08:00-18:00",
     ", 08:00-18:00", "Mon 08:00-18:00 UTC x", "Mon 08:00-18:00 Nowhere", "Mon " * 10_000],
)  # fmt: skip
def test_duty_refuses_other_text(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        Duty.parse(text)
    assert caught.value.problems == {"duty": caught.value.sentence}


@pytest.mark.parametrize("days", [frozenset(), frozenset({7}), frozenset({-1}), {0}, None])
def test_duty_refuses_days_that_are_none(days: frozenset[int]) -> None:
    with pytest.raises(BadInput):
        Duty(days, time(8), time(18))


@pytest.mark.parametrize("at", [time(8, 0, 30), time(8, tzinfo=UTC), None, "08:00"])
def test_duty_refuses_times_that_are_none(at: time) -> None:
    with pytest.raises(BadInput):
        Duty(frozenset({0}), at, time(18))
    with pytest.raises(BadInput):
        Duty(frozenset({0}), time(8), at)
