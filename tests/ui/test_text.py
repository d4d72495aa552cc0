"""Numbers, spans, ages, times and what people type, by tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui import text
from ui.text import THIN, AgeState, InputError, NumberRange, Sample

NOW = datetime(2026, 11, 19, 4, 12, 38, tzinfo=UTC)  # a Thursday
LONDON, DHAKA = ZoneInfo("Europe/London"), ZoneInfo("Asia/Dhaka")


def plain(words: str) -> str:
    """Return words with ordinary spaces."""
    return words.replace(THIN, " ")


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (0, 0, "0"), (1234567, 0, "1,234,567"), (-80, 0, "−80"), (-0.04, 1, "0.0"), (5.35, 1, "5.3"),
        (5.36, 1, "5.4"), (-1234.5, 2, "−1,234.50"), (999.96, 1, "1,000.0"),
    ],
)  # fmt: skip
def test_numbers(value: float, decimals: int, shown: str) -> None:
    assert text.number(value, decimals) == shown


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_has_no_text(value: float) -> None:
    with pytest.raises(ValueError, match="has no text"):
        text.number(value)


@pytest.mark.parametrize(
    ("shown", "joined", "spoken"),
    [
        (text.percent(5.4), "5.4 %", "5.4 percent"),
        (text.seconds(4.8), "4.8 s", "4.8 seconds"),
        (text.minutes(0.94), "0.9 min", "0.9 minutes"),
        (text.money(412, "USD"), "412 USD", "412 USD"),
        (text.money(184.2, "USD"), "184.20 USD", "184.20 USD"),
        (text.money(-3.5, "EUR"), "−3.50 EUR", "−3.50 EUR"),
        (text.count(2016), "2,016", "2,016"),
        (text.rate(5.6), "5.6 calls/s", "5.6 calls per second"),
    ],
)
def test_values_with_their_unit(shown: text.Shown, joined: str, spoken: str) -> None:
    assert plain(shown.joined) == joined
    assert shown.spoken == spoken
    assert (THIN in shown.joined) == bool(shown.unit)


@pytest.mark.parametrize(("value", "shown"), [(2, "+2"), (-80.4, "−80"), (0.2, "0"), (0, "0")])
def test_changes_have_a_sign(value: float, shown: str) -> None:
    assert text.signed(value) == shown


def test_plurals() -> None:
    assert [text.plural(n, "alarm") for n in (0, 1, 7)] == ["0 alarms", "1 alarm", "7 alarms"]
    assert text.plural(2, "company", "companies") == "2 companies"


@pytest.mark.parametrize(
    ("total_s", "shown"),
    [
        (0, "0 s"), (12.9, "12 s"), (59, "59 s"), (60, "1 min"), (569, "9 min"), (3600, "1 h"), (6720, "1 h 52"),
        (3900, "1 h 05"), (86399, "23 h 59"), (86400, "1 d"), (273600, "3 d 4 h"), (-5, "0 s"),
    ],
)  # fmt: skip
def test_spans(total_s: float, shown: str) -> None:
    assert plain(text.span(timedelta(seconds=total_s))) == shown


@pytest.mark.parametrize(
    ("total_s", "shown"),
    [(1722, "28:42"), (5322, "1:28:42"), (0, "0:00"), (-3, "0:00"), (0.2, "0:01"), (82, "1:22"), (3600, "1:00:00")],
)
def test_countdowns(total_s: float, shown: str) -> None:
    assert text.countdown(timedelta(seconds=total_s)) == shown


@pytest.mark.parametrize(
    ("age_s", "state", "words"),
    [
        (12, AgeState.FRESH, "12 s"), (90, AgeState.FRESH, "90 s"), (91, AgeState.LATE, "91 s"),
        (100, AgeState.LATE, "100 s"), (119.9, AgeState.LATE, "119 s"), (120, AgeState.BLIND, "2 min"),
        (560, AgeState.BLIND, "9 min"), (-4, AgeState.FRESH, "0 s"),
    ],
)  # fmt: skip
def test_ages_at_a_check_every_minute(age_s: float, state: AgeState, words: str) -> None:
    found = text.age(NOW - timedelta(seconds=age_s), NOW, timedelta(minutes=1))
    assert (found.state, plain(found.text), plain(found.old)) == (state, words, f"{words} old")


def test_an_interval_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="interval"):
        text.age_state(timedelta(seconds=1), timedelta(0))


@pytest.mark.parametrize(
    ("amount", "kind", "words"),
    [
        (294, Sample.ATTEMPTS, "294 attempts"), (1, Sample.ATTEMPTS, "1 attempt"), (41, Sample.ANSWERED, "41 answered"),
        (318, Sample.WITH_PDD, "318 with PDD"), (1, Sample.READING, "one reading"), (1842, Sample.CALLS, "1,842 calls"),
    ],
)  # fmt: skip
def test_samples(amount: int, kind: Sample, words: str) -> None:
    assert text.sample(amount, kind) == words


def test_too_few_never_reads_as_zero() -> None:
    assert text.too_few(18, 50) == "18 of 50 calls"
    assert text.NONE == "none"


@pytest.mark.parametrize(
    ("moment", "zone", "words"),
    [
        (NOW, UTC, "04:12"),
        (NOW - timedelta(hours=5), UTC, "Wed 23:12"),
        (NOW + timedelta(hours=20), UTC, "Fri 00:12"),
        (NOW - timedelta(days=7), UTC, "12 Nov 04:12"),
        (NOW - timedelta(days=400), UTC, "15 Oct 2025 04:12"),
        (NOW, DHAKA, "10:12"),
        (NOW - timedelta(hours=11), DHAKA, "Wed 23:12"),
        (NOW - timedelta(hours=5), DHAKA, "05:12"),
    ],
)
def test_times_name_the_day_when_it_is_not_today(moment: datetime, zone: ZoneInfo, words: str) -> None:
    assert text.time_of(moment, NOW, zone) == words


def test_clock_day_and_zone() -> None:
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    assert text.clock_seconds(NOW, UTC) == "04:12:38"
    assert text.day(NOW, UTC) == "Thu 19 Nov"
    assert text.zone_name(UTC, NOW) == "UTC"
    assert (text.zone_name(LONDON, NOW), text.zone_name(LONDON, summer)) == ("GMT", "BST")
    assert text.zone_name(DHAKA, NOW) == "GMT+06"
    assert text.clock(summer, LONDON) == "13:00"
    assert text.both_zones(NOW, UTC, DHAKA).splitlines() == ["Thu 19 Nov 04:12:38 UTC", "Thu 19 Nov 10:12:38 GMT+06"]
    assert text.both_zones(NOW, UTC, timezone.utc) == "Thu 19 Nov 04:12:38 UTC"  # noqa: UP017  # another object, same zone
    assert text.day_of(NOW - timedelta(hours=5), NOW, UTC) == "yesterday"
    assert text.day_of(NOW + timedelta(days=3), NOW, UTC) == "22 Nov"


def test_zones_by_name() -> None:
    assert text.find_zone("utc") is UTC
    assert text.find_zone("Asia/Dhaka") == DHAKA
    with pytest.raises(InputError, match="There is no time zone Mars/Base"):
        text.find_zone("Mars/Base")


@pytest.mark.parametrize(
    ("typed", "decimals", "value"),
    [
        ("30", 0, 30), ("30,5", 1, 30.5), ("30.5", 1, 30.5), (" 1,200.5 ", 1, 1200.5), ("1.200,5", 1, 1200.5),
        ("1 200,5", 1, 1200.5), ("1,200", 0, 1200), ("1.200", 0, 1200), ("1,200", 3, 1.2), ("1,234,567", 2, 1234567),
        ("−5", 0, -5), ("-5", 0, -5), ("+5", 0, 5), (".5", 1, 0.5), ("5.", 0, 5), ("30.0", 0, 30),
    ],
)  # fmt: skip
def test_numbers_are_read_with_comma_or_point(typed: str, decimals: int, value: float) -> None:
    assert text.parse_number(typed, NumberRange(decimals=decimals)) == value


@pytest.mark.parametrize(
    ("typed", "accepts", "sentence"),
    [
        ("", NumberRange(), "Enter a number."),
        ("abc", NumberRange(), "“abc” is not a number. Enter digits, with a comma or a point for decimals."),
        ("1,2,3", NumberRange(decimals=2), "“1,2,3” is not a number. Enter digits, with a comma or a point for decimals."),
        ("1e5", NumberRange(), "“1e5” is not a number. Enter digits, with a comma or a point for decimals."),
        ("nan", NumberRange(), "“nan” is not a number. Enter digits, with a comma or a point for decimals."),
        ("2.5", NumberRange(), "Enter a whole number."),
        ("2.55", NumberRange(decimals=1), "Enter at most 1 digit after the point."),
        ("101", NumberRange(0, 100), "Enter a number from 0 to 100."),
        ("-1", NumberRange(minimum=0), "Enter 0 or more."),
        ("9", NumberRange(maximum=8), "Enter 8 or less."),
    ],
)
def test_what_is_wrong_with_a_number_is_said_in_a_sentence(typed: str, accepts: NumberRange, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        text.parse_number(typed, accepts)
    assert str(caught.value) == sentence


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_what_is_shown_can_be_typed(value: float, decimals: int) -> None:
    shown = text.number(value, decimals)
    assert text.number(text.parse_number(shown, NumberRange(decimals=decimals)), decimals) == shown


@pytest.mark.parametrize(
    ("typed", "total_s"),
    [
        ("15", 900), ("15 min", 900), ("90s", 90), ("1 h 30", 5400), ("1h30m", 5400), ("1:30", 5400), ("1,5 h", 5400),
        ("2 d 4 h", 187200), ("1 w", 604800), ("5 min 30", 330), ("1\u2009h\u200952", 6720), ("30 S", 30),
    ],
)  # fmt: skip
def test_spans_are_read(typed: str, total_s: float) -> None:
    assert text.parse_span(typed) == timedelta(seconds=total_s)


@pytest.mark.parametrize("typed", ["", "soon", "5 min 2 h", "1 h 2 h", "5 parsecs", "10 s 5", "9999 d"])
def test_what_is_no_span_is_said(typed: str) -> None:
    with pytest.raises(InputError, match=r"\.$"):
        text.parse_span(typed)


@given(st.integers(1, 10**7))
def test_an_exact_span_can_be_typed(total_s: int) -> None:
    length = timedelta(seconds=total_s)
    assert text.parse_span(text.exact_span(length)) == length
