"""ConnexCS rows: numbers that are texts, bad rows that cost one record, names, statuses."""

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from noc_alerts.metrics.columns import NO_TIME
from noc_alerts.model.companies import CompanyKind, CompanyStatus, Dimension
from noc_alerts.model.errors import SwitchBadAnswer
from noc_alerts.switches.connexcs_companies import CompanyRow, balance, companies, listed, name_them, status_of, tags_of
from noc_alerts.switches.connexcs_decode import CdrRow, CostFrom, Names, array, to_calls
from noc_alerts.switches.numbers import currency_code, number

NAMES = Names({"101": "acme"}, {"12": "bravo"})


def row(**changes: Any) -> dict[str, Any]:
    return {
        "dt": "2026-03-02 04:00:00.250",
        "callid": "a1",
        "duration": 61.5,
        "customer_id": 101,
        "customer_charge": 0.0125,
        "provider_id": 12,
        "pdd_out": 1200,
        "ring_duration": 5.25,
        "sip_code": 200,
    } | changes


def calls_of(*rows: dict[str, Any]) -> tuple[Any, dict[int, str]]:
    decoded, unreadable = array(json.dumps(rows).encode(), CdrRow, "host")
    assert not unreadable
    return to_calls(decoded, NAMES, CostFrom.PROVIDER)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (12.5, 12.5),
        ("12.5", 12.5),
        ("12,345.67", 12345.67),
        ("-1,000", -1000.0),
        (" 7 ", 7.0),
        ("", None),
        (None, None),
        ("nan", None),
        ("inf", None),
        ("1e400", None),
        (1e300, None),
        ("twelve", None),
    ],
)
def test_numbers(given: Any, read: float | None) -> None:
    assert number(given) == read


@pytest.mark.parametrize(
    ("credit", "limit", "available"),
    [
        (10.0, 5.0, 15.0),
        ("12,345.67", "100", 12445.67),
        ("-20.5", 50, 29.5),
        (3.0, None, 3.0),
        (None, 50, None),
        ("x", 50, None),
        (3.0, "x", None),
        ("12.345,67", "", 12345.67),
        ("1,5", 0, None),
    ],
)
def test_balance_is_credit_and_debit_limit(credit: Any, limit: Any, available: float | None) -> None:
    assert balance(CompanyRow(credit=credit, debit_limit=limit)) == (None if available is None else pytest.approx(available))


def test_a_record_with_everything_as_text_is_the_same() -> None:
    plain, bad = calls_of(row())
    texts, worse = calls_of({key: str(value) for key, value in row().items()})
    assert not bad
    assert not worse
    for name in ("setup_ms", "ring_ms", "answer_ms", "end_ms", "pdd_ms", "talk_ms", "billed_ms", "income_u", "sip_code"):
        assert getattr(plain, name).tolist() == getattr(texts, name).tolist()
    assert plain.dimension(Dimension.CLIENT) == texts.dimension(Dimension.CLIENT) == ["acme"]
    assert plain.setup_ms.tolist() == [1772424000250]
    assert plain.answer_ms.tolist() == [1772424000250 + 1200 + 5250]
    assert plain.end_ms.tolist() == [1772424000250 + 1200 + 5250 + 61500]
    assert plain.income_u.tolist() == [12500]


def test_thousands_separators_in_a_page() -> None:
    calls, bad = calls_of(row(), row(callid="a2", duration="1,234.5"))
    assert not bad
    assert calls.talk_ms.tolist() == [61500, 1234500]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dt": "yesterday"}, "dt is no time"),
        ({"dt": ""}, "dt is no time"),
        ({"duration": "long"}, "duration is no number"),
        ({"duration": "NaN"}, "duration is no number"),
        ({"customer_charge": 1e200}, "customer_charge is no number"),
        ({"sip_code": "OK"}, "sip_code is no number"),
    ],
)
def test_a_bad_value_costs_one_record(changes: dict[str, Any], reason: str) -> None:
    calls, bad = calls_of(row(), row(callid="a2") | changes, row(callid="a3"))
    assert calls.ids == ["a1", "a3"]
    assert list(bad) == [1]
    assert bad[1].startswith(reason)


def test_a_row_of_another_shape_costs_one_record() -> None:
    rows, bad = array(json.dumps([row(), {"dt": [1]}, row(callid="a3")]).encode(), CdrRow, "host")
    assert [each.callid for each in rows] == ["a1", "a3"]
    assert len(bad) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        b'{"rows":[]}',
        b"null",
        b"17",
        b'"x"',
        b"[1,2]",
        b'[{"dt":1}]',
        b'[{"dt":"x"',
        b'{"result":null}',
        b"\xff\xfe",
        b"[NaN]",
    ],
)
def test_what_is_no_list_of_rows_is_refused(raw: bytes) -> None:
    with pytest.raises(SwitchBadAnswer):
        array(raw, CdrRow, "host")


def test_times_with_a_zone_and_whole_seconds() -> None:
    calls, bad = calls_of(row(dt="2026-03-02 04:00:00"), row(dt="2026-03-02T05:00:00+01:00"), row(dt="2026-03-02T04:00:00Z"))
    assert not bad
    assert set(calls.setup_ms.tolist()) == {1772424000000}


def test_what_did_not_happen_has_no_time() -> None:
    failed = row(duration=0, pdd_out=0, pdd_in=0, ring_duration=0, sip_code=503, provider_id=None)
    missing = {"dt": "2026-03-02 04:00:00", "callid": 77}
    calls, bad = calls_of(failed, missing, row(provider_id=0), row(pdd_out=0, pdd_in=900), row(provider_id=99))
    assert not bad
    assert calls.answer_ms.tolist()[:2] == [NO_TIME, NO_TIME]
    assert calls.pdd_ms.tolist() == [NO_TIME, NO_TIME, 1200, 900, 1200]
    assert calls.ring_ms.tolist()[0] == NO_TIME
    assert calls.dimension(Dimension.GATEWAY) == ["", "", "", "bravo", "99"]
    assert np.array_equal(calls.end_ms[:2], calls.setup_ms[:2])


def test_legs_of_one_call_are_records_of_their_own() -> None:
    calls, _ = calls_of(row(callid_b="x"), row(callid_b="y"), row(callid=None), row(callid=None, dt="2026-03-02 04:00:01"))
    assert len(set(calls.ids)) == 4
    assert calls.call_ids[0] == calls.call_ids[1] == "a1"


def test_names_are_unique() -> None:
    rows = [
        CompanyRow(id=1, name="acme"),
        CompanyRow(id=2, name="acme"),
        CompanyRow(id="3"),
        CompanyRow(provider_id=4, name=" b "),
        CompanyRow(name="x"),
    ]
    names = name_them(rows)
    assert names == {"1": "acme (1)", "2": "acme (2)", "3": "3", "4": "b"}
    assert [company.key for company in companies(rows, CompanyKind.CARRIER, names, 5)] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Active", CompanyStatus.ACTIVE),
        ("penalty", CompanyStatus.PENALTY),
        ("Pending Approval", CompanyStatus.PENDING),
        ("On holiday", CompanyStatus.UNKNOWN),
        (None, CompanyStatus.UNKNOWN),
    ],
)
def test_statuses(said: str | None, status: CompanyStatus) -> None:
    assert status_of(said) is status


@pytest.mark.parametrize(
    ("given", "read", "sure"),
    [
        ("12.345,67", 12345.67, 12345.67),
        ("1.234.567", 1234567.0, 1234567.0),
        ("-1.234.567,5", -1234567.5, -1234567.5),
        ("12,345.67", 12345.67, 12345.67),
        ("1,234,567", 1234567.0, 1234567.0),
        ("12.345", 12.345, 12.345),
        ("12,345", 12345.0, None),  # thousands where the point is known to be the decimal sign
        ("12,5", None, None),
        ("12,34", None, None),
        ("0,123", None, None),
        ("1,2345", None, None),
        ("12,345.678,9", None, None),
        ("1_000", None, None),
        ("١٢", None, None),
        ("12.50 USD", None, None),
        ("(12.50)", None, None),
        ("0x10", None, None),
        (True, None, None),
        ([1], None, None),
        ({"USD": 1}, None, None),
        (Decimal("12.25"), 12.25, 12.25),
        (Decimal("NaN"), None, None),
        (float("nan"), None, None),
        (float("inf"), None, None),
    ],
)
def test_amounts_that_can_be_read_in_one_way(given: Any, read: float | None, sure: float | None) -> None:
    assert number(given) == read
    assert number(given, sure=True) == sure


@pytest.mark.parametrize(("given", "code"), [("usd", "USD"), (" eUr\t", "EUR"), ("", ""), (None, ""), (840, ""), (["USD"], "")])
def test_currencies_of_odd_case(given: Any, code: str) -> None:
    assert currency_code(given) == code


@pytest.mark.parametrize(
    ("given", "tags"),
    [
        (None, ()),
        ("", ()),
        ([], ()),
        (["gold", "prepaid"], ("gold", "prepaid")),
        ([" gold ", "gold", "", 7], ("gold", "7")),
        ("gold", None),
        ({"gold": True}, None),
        (["gold", None], None),
        (["gold", {"name": "x"}], None),
        ([True], None),
        (["a" * 101], None),
        (["two\nlines"], None),
        (12, None),
    ],
)
def test_tags(given: Any, tags: tuple[str, ...] | None) -> None:
    assert tags_of(given) == tags


def rows_of(count: int) -> list[dict[str, Any]]:
    return [{"id": number, "name": f"c{number}"} for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("rows", "kept", "whole", "unreadable"),
    [
        (rows_of(3), 3, True, 0),
        (rows_of(49), 49, True, 0),
        (rows_of(50), 50, False, 0),  # as a first page of fifty would look
        (rows_of(1000), 1000, False, 0),
        ([], 0, False, 0),
        ([*rows_of(2), {"name": "no id"}], 2, False, 1),
        ([*rows_of(2), "text"], 2, False, 1),
        ([*rows_of(2), {"id": [3], "name": "x"}], 2, False, 1),
        # what is odd beside the id costs that field only
        ([{"id": 1, "name": 5, "credit": {}, "status": 3, "currency": [], "tags": "x", "debit_limit": False}], 1, True, 0),
    ],
)
def test_a_list_that_may_lack_somebody_is_not_whole(rows: list[Any], kept: int, whole: bool, unreadable: int) -> None:
    found = listed(json.dumps(rows).encode(), "host")
    assert (len(found.rows), found.whole, found.unreadable) == (kept, whole, unreadable)
    made = companies(found.rows, CompanyKind.CUSTOMER, name_them(found.rows), 5)
    assert len(made) == kept


def test_the_currency_is_that_of_whose_charge_is_the_cost() -> None:
    names = Names({"101": "acme"}, {"12": "bravo", "13": "charlie"}, {"101": "GBP"}, {"12": "EUR"})
    raw = [row(customer_card_currency="usd"), row(callid="b", customer_card_currency=" usd", provider_id=13), row(callid="c")]
    rows, _ = array(json.dumps(raw).encode(), CdrRow, "host")
    provider, _ = to_calls(rows, names, CostFrom.PROVIDER)
    customer, _ = to_calls(rows, names, CostFrom.CUSTOMER)
    assert provider.dimension(Dimension.CURRENCY) == ["EUR", "USD", "EUR"]
    assert customer.dimension(Dimension.CURRENCY) == ["USD", "USD", "GBP"]


def test_a_number_with_an_underscore_costs_its_record() -> None:
    calls, bad = calls_of(row(), row(callid="a2", duration="1_0"))
    assert calls.ids == ["a1"]
    assert bad == {1: "duration is no number: 1_0"}
