"""Column maps, and texts that become numbers and times."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noc_alerts.metrics.columns import MICRO, NO_TIME
from noc_alerts.model.companies import Dimension
from noc_alerts.model.errors import BadInput
from noc_alerts.switches.call_files import CallFile
from noc_alerts.switches.call_files_decode import scaled, spans_ms, times_ms
from noc_alerts.switches.call_files_map import SpanUnit, TimeFormat, TimeStyle, load_map

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


OTHER_MAP = """
delimiter = ";"
decimal_comma = true
ids = ["uuid"]
no_gateway = ["none"]
[time]
format = "%d.%m.%Y %H:%M:%S"
zone = "Europe/Berlin"
[units]
duration = "h:m:s"
pdd = "s"
[columns]
setup = "Beginn"
duration = "Dauer"
pdd = "PDD"
cost = "Kosten"
sip_code = "Code"
client = "Kunde"
gateway = "Carrier"
[constants]
currency = "EUR"
"""


def test_another_layout(tmp_path: Path) -> None:
    columns = load_map(write(tmp_path / "map.toml", OTHER_MAP))
    rows = (
        "uuid;Beginn;Dauer;PDD;Kosten;Code;Kunde;Carrier\n"
        "a;21.11.2026 20:00:00;0:01:30,5;1,25;0,0000025;200;acme;bravo\n"
        "b;21.07.2026 20:00:00;;;;503;acme;none\n"
    )
    (page,) = CallFile(write(tmp_path / "a.csv", rows), columns).pages(NOW)
    calls = page.calls
    winter = int(datetime(2026, 11, 21, 19, tzinfo=UTC).timestamp()) * 1000
    summer = int(datetime(2026, 7, 21, 18, tzinfo=UTC).timestamp()) * 1000
    assert calls.ids == ["a", "b"]
    assert calls.setup_ms.tolist() == [winter, summer]
    assert calls.answer_ms.tolist() == [winter, NO_TIME]
    assert calls.end_ms.tolist() == [winter + 90_500, summer]
    assert calls.talk_ms.tolist() == [90_500, 0]
    assert calls.pdd_ms.tolist() == [1250, NO_TIME]
    assert calls.cost_u.tolist() == [2, 0]  # 2.5 millionths: half to even
    assert calls.text[Dimension.GATEWAY] == ["bravo", ""]
    assert calls.text[Dimension.CURRENCY] == ["EUR", "EUR"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('setup = "Beginn"\n', "", "which column is the setup time"),
        ('duration = "Dauer"\n', "", "neither the end"),
        ("[units]", "[unit]", "unit, which means nothing there"),
        ('client = "Kunde"', 'customer = "Kunde"', '"customer" at columns.customer'),
        ("Europe/Berlin", "Europe/Bärlin", "no time zone"),
        ('"%d.%m.%Y %H:%M:%S"', '"german"', 'time format "german"'),
        ('delimiter = ";"', 'delimiter = ","', "A comma cannot part"),
        ('delimiter = ";"', 'delimiter = ";;"', "one character"),
        ('delimiter = ";"', "delimiter = 5", "delimiter must be a text"),
        ('duration = "h:m:s"', 'duration = "hours"', '"hours" at units.duration'),
        ('ids = ["uuid"]', "ids = 5", "must be a list"),
        ('Kosten"', "Kosten", "is not TOML"),
        ("[time]", 'encoding = "klingon"\n[time]', '"klingon", which is not known'),
    ],
)
def test_a_wrong_map_is_explained(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in OTHER_MAP
    with pytest.raises(BadInput, match=words):
        load_map(write(tmp_path / "map.toml", OTHER_MAP.replace(old, new, 1)))


def test_no_map_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.toml cannot be read"):
        load_map(tmp_path / "nowhere.toml")


# ---------------------------------------------------------------- numbers and times


DECIMALS = st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False)


@given(st.lists(DECIMALS, max_size=20), st.sampled_from([1, 1000, MICRO]))
def test_decimals_are_exact(numbers: list[Decimal], scale: int) -> None:
    texts = [format(number, "f") for number in numbers]
    values, bad = scaled(texts, scale, False, 0)
    assert bad == {}
    exact = [int((Decimal(text) * scale).to_integral_value(ROUND_HALF_EVEN)) for text in texts]
    assert values.tolist() == exact


@pytest.mark.parametrize(
    ("text", "value"), [("0.0005", 0), ("0.0015", 2), ("0.0025", 2), ("1.0005", 1000), ("", 7), ("1e3", 1_000_000)]
)
def test_seconds_round_half_to_even(text: str, value: int) -> None:
    assert spans_ms([text], SpanUnit.SECONDS, False, 7)[0].tolist() == [value]


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1_0", "1,5", "0x10", "1e99", "abc", "٣x"])
def test_what_is_no_number(text: str) -> None:
    values, bad = scaled(["1", text, ""], 1000, False, 0)
    assert values.tolist() == [1000, 0, 0]
    assert list(bad) == [1]
    assert text in bad[1]


# hypothesis takes its bounds without a zone
NAIVE = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2037, 1, 1))  # noqa: DTZ001


@given(NAIVE, st.sampled_from(["Z", "", "+02:00", "-05:30"]))
def test_iso_times_are_exact(moment: datetime, zone: str) -> None:
    text = moment.isoformat() + zone
    aware = datetime.fromisoformat(text)
    aware = aware if aware.tzinfo else aware.replace(tzinfo=UTC)
    micros = (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    exact = int((Decimal(micros) / 1000).to_integral_value(ROUND_HALF_EVEN))
    assert times_ms([text, ""], TimeFormat())[0].tolist() == [exact, NO_TIME]


@given(st.lists(NAIVE, min_size=1, max_size=5))
def test_local_times_by_columns_are_as_one_by_one(moments: list[datetime]) -> None:
    form = TimeFormat(zone="Australia/Lord_Howe")
    texts = [moment.isoformat(timespec="seconds") for moment in moments]
    together = times_ms(texts, form)[0].tolist()
    one_by_one = times_ms([*texts, "not a time"], form)[0].tolist()[:-1]
    assert together == one_by_one


@pytest.mark.parametrize(
    "text", ["2026", "now", "today", "2026-11", "2026-11-21T25:00:00Z", "2026-11-21T10:00:60Z", "2026-06-31T10:00:00", "x"]
)
def test_what_is_no_time(text: str) -> None:
    values, bad = times_ms(["2026-11-21T10:00:00Z", text], TimeFormat())
    assert values.tolist()[0] == int(datetime(2026, 11, 21, 10, tzinfo=UTC).timestamp()) * 1000
    assert "is not a time" in bad[1]


def test_unix_times() -> None:
    assert times_ms(["1795290921.1145", ""], TimeFormat(TimeStyle.UNIX_S))[0].tolist() == [1795290921114, NO_TIME]
    assert times_ms(["1795290921115"], TimeFormat(TimeStyle.UNIX_MS))[0].tolist() == [1795290921115]
