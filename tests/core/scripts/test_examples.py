"""The shipped examples: find what was planted, are silent on clean calls, bear what has no value."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from noc_alerts.model.scripts import MAX_SOURCE_BYTES, Outcome, Script
from noc_alerts.scripts.runner import run

FOLDER = Path(__file__).resolve().parents[3] / "resources" / "scripts"
NOW = datetime(2026, 3, 4, 2, 0, tzinfo=UTC)
NAMES = ["balance_hours_left", "cli_blocks", "number_called_too_often"]
CARRIERS = ["bravo", "delta", "echo"]
HALF_FAILED = [486, 480, 404, 503, 487, 403]


def example(name: str) -> str:
    """Return the source of a shipped example."""
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")


def call(number: int, **more: Any) -> dict[str, Any]:
    """Give one call as the engine writes it: ordinary, some answered, some not, as a seed decides."""
    chance = random.Random(number)
    answered = chance.random() < 0.45
    made: dict[str, Any] = {
        "at": (NOW - timedelta(seconds=number * 2)).isoformat().replace("+00:00", "Z"),
        "from": f"49301{chance.randrange(200):06d}",
        "to": f"4420{chance.randrange(10**8):08d}",
        "customer": chance.choice(["acme", "globex", "initech"]),
        "carrier": chance.choice(CARRIERS),
        "code": "44",
        "code_name": "United Kingdom",
        "sip_code": 200 if answered else chance.choice(HALF_FAILED),
        "cause": 16 if answered else 41,
        "answered": answered,
        "talk_s": chance.expovariate(1 / 120) if answered else 0.0,
        "pdd_s": 1.5,
        "cost": 0.02 if answered else 0.0,
    }
    return made | more


def data(calls: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Give what main gets, with these calls."""
    factors = {"by_customer": {}, "by_carrier": {}, "total": {"attempts": len(calls), "asr": None}}
    base: dict[str, Any] = {"now": NOW, "company": None, "companies": [], "readings": [], "period_s": 1800, "factors": factors}
    return base | {"calls": calls, "calls_total": len(calls), "calls_cut": False} | more


def ordinary(count: int = 3000) -> list[dict[str, Any]]:
    """Give calls in which there is nothing to find."""
    return [call(n) for n in range(count)]


def test_all_examples_are_here() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.js")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_a_script_with_a_title(name: str) -> None:
    source = example(name)
    title = source.splitlines()[0].removeprefix("// ")
    assert Script(None, title, source, stock=name).name == title
    assert len(source.encode()) < MAX_SOURCE_BYTES
    assert max(map(len, source.splitlines())) < 200


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_where_nothing_is(name: str) -> None:
    for calls in ([], ordinary()):
        outcome = run(example(name), data(calls))
        assert (outcome.breached, outcome.rows) == (False, ())
        assert outcome.message


@pytest.mark.parametrize("name", NAMES)
def test_five_thousand_calls_take_well_under_a_second(name: str) -> None:
    assert run(example(name), data(ordinary(5000), calls_cut=True, calls_total=9000)).took < timedelta(seconds=1)


@pytest.mark.parametrize("name", NAMES)
def test_no_value_anywhere_is_borne(name: str) -> None:
    nothing = dict.fromkeys(call(0))
    company = {"name": "acme", "kind": "customer", "balance": None, "currency": None, "channels": None, "status": None}
    empty = {"by_customer": {"acme": {"spend": None}}, "by_carrier": {}, "total": {}}
    for bad in (
        data([nothing] * 50),
        data([], companies=[company]),
        data([], companies=[company | {"balance": 5.0}], factors=empty),
        data([], companies=[company | {"balance": 5.0}], factors=None),
        data([], companies=[company | {"balance": 5.0, "name": "toString"}]),
        data([], companies=[company | {"balance": 5.0}], factors={"by_customer": {"acme": None}}, period_s=0),
        data([], company=company),
        {"now": NOW},
    ):
        assert run(example(name), bad).breached is False


def blocked(number: str, carrier: str, refused: int, good: int, **more: Any) -> list[dict[str, Any]]:
    """Give a number's calls: refused on this carrier, answered on another one."""
    other = next(c for c in CARRIERS if c != carrier)
    bad = [call(n, **{"from": number, "carrier": carrier, "answered": False, "sip_code": 403} | more) for n in range(refused)]
    fine = [call(n, **{"from": number, "carrier": other, "answered": True, "sip_code": 200}) for n in range(good)]
    return bad + fine


def test_cli_blocks_finds_numbers_refused_on_one_carrier() -> None:
    planted = blocked("4940111", "bravo", 12, 9) + blocked("4940222", "delta", 20, 30)
    outcome = run(example("cli_blocks"), data(ordinary() + planted))
    assert outcome.breached is True
    assert outcome.value == 2
    assert [(row.subject, row.value) for row in outcome.rows] == [("4940222 on delta", 20.0), ("4940111 on bravo", 12.0)]
    assert outcome.rows[1].message == "none of 12 answered on bravo (most often 403), 9 of 9 elsewhere"


@pytest.mark.parametrize(
    "planted",
    [
        blocked("4940111", "bravo", 4, 9),  # too few to tell
        blocked("4940111", "bravo", 12, 4),  # not known to be good elsewhere
        blocked("4940111", "bravo", 12, 9, sip_code=486),  # busy is no refusal
        [
            *blocked("4940111", "bravo", 12, 9),
            call(1, **{"from": "4940111", "carrier": "bravo", "answered": True}),
        ],  # one gets through
    ],
)
def test_cli_blocks_is_silent_where_it_is_no_block(planted: list[dict[str, Any]]) -> None:
    assert run(example("cli_blocks"), data(ordinary() + planted)).rows == ()


def test_cli_blocks_leaves_out_a_carrier_that_refuses_everybody() -> None:
    calls = [one | {"answered": False, "sip_code": 503} if one["carrier"] == "bravo" else one for one in ordinary(5000)]
    assert run(example("cli_blocks"), data(calls + blocked("4940111", "bravo", 12, 9))).rows == ()


def hammered(number: str, count: int, every_s: float) -> list[dict[str, Any]]:
    """Give calls to one number, one every so many seconds."""
    start = NOW - timedelta(minutes=90)
    times = [start + timedelta(seconds=n * every_s) for n in range(count)]
    return [call(n, at=time.isoformat(), to=number, customer="acme") for n, time in enumerate(times)]


def test_a_number_called_too_often_is_found() -> None:
    planted = hammered("447700900123", 40, 5) + hammered("447700900456", 200, 1)
    outcome = run(example("number_called_too_often"), data(ordinary() + planted))
    assert outcome.breached is True
    assert [(row.subject, row.value) for row in outcome.rows] == [("447700900456", 200.0), ("447700900123", 40.0)]
    assert outcome.rows[0].message.startswith("200 calls within 10 min, ")
    assert outcome.rows[0].message.endswith("mostly from acme")
    assert outcome.value == 200


def test_many_calls_spread_over_hours_are_fine() -> None:
    assert run(example("number_called_too_often"), data(hammered("447700900123", 90, 60))).rows == ()
    assert run(example("number_called_too_often"), data(hammered("447700900123", 30, 1))).rows == ()
    assert len(run(example("number_called_too_often"), data(hammered("447700900123", 31, 1))).rows) == 1


def balances(**more: Any) -> Outcome:
    """Run the balance example on four companies."""
    fields = {"channels": None, "status": "Active"}
    companies = [
        {"name": "acme", "kind": "customer", "balance": 100.0, "currency": "EUR"} | fields,
        {"name": "globex", "kind": "customer", "balance": 9.0, "currency": "USD"} | fields,
        {"name": "idle", "kind": "customer", "balance": 1.0, "currency": "EUR"} | fields,
        {"name": "bravo", "kind": "carrier", "balance": -3.0, "currency": "EUR"} | fields,
    ]
    factors = {
        "by_customer": {"acme": {"spend": 0.5}, "globex": {"spend": 1.5}, "idle": {"spend": 0}, "bravo": {"spend": 0.001}},
        "by_carrier": {"bravo": {"spend": 2.0}, "acme": {"spend": 900.0}},
    }
    return run(example("balance_hours_left"), data([], companies=companies, factors=factors) | more)


def test_hours_left_are_told_the_worst_first() -> None:
    outcome = balances()
    assert [(row.subject, row.value) for row in outcome.rows] == [
        ("carrier bravo", 0.0),
        ("customer globex", 3.0),
        ("customer acme", 100.0),
    ]
    assert outcome.rows[1].message == "9.00 USD left, spends 3.00 USD an hour"
    assert (outcome.value, outcome.breached) == (0.0, True)
    assert outcome.message == "Less than 12 hours left: 2. First to end: carrier bravo, in 0 h."


def test_hours_left_of_one_company() -> None:
    acme = {"name": "acme", "kind": "customer", "balance": 100.0, "currency": "EUR", "channels": 3, "status": "Active"}
    outcome = balances(company=acme)
    assert [(row.subject, row.value) for row in outcome.rows] == [("customer acme", 100.0)]
    assert outcome.breached is False


def test_spend_is_taken_over_the_alerts_period() -> None:
    assert [row.value for row in balances(period_s=3600).rows] == [0.0, 6.0, 200.0]
