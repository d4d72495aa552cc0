"""Lists of companies over HTTP: tags, odd amounts and currencies, and lists that are not whole; packed answers."""

import gzip
import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from noc_alerts.model.companies import CompanyKind, ReadingKind
from noc_alerts.model.errors import SwitchBadAnswer, SwitchError
from noc_alerts.switches.connexcs import ConnexCS
from noc_alerts.switches.demo import DemoSwitch, FailMode

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CUSTOMER, CARRIER = CompanyKind.CUSTOMER, CompanyKind.CARRIER


@pytest.fixture
def demo() -> Iterator[DemoSwitch]:
    made = DemoSwitch(seed=3, clock=lambda: NOW, calls_per_s=1.0)
    yield made
    made.stop()


@pytest.fixture
def switch(demo: DemoSwitch) -> Iterator[ConnexCS]:
    made = ConnexCS({"base_url": demo.start(), "timeout_s": "1"}, {"token": demo.token}, 7)
    yield made
    made.close()


@pytest.fixture
def account(httpserver: HTTPServer) -> Iterator[tuple[ConnexCS, dict[str, Any]]]:
    """An account whose lists a test writes: path -> what it answers (a list, or a ready Response)."""
    lists: dict[str, Any] = {"customer": [], "carrier": [{"id": 11, "name": "alpha"}]}

    def answer(request: Request) -> Response:
        found = lists[request.path.rsplit("/", 1)[-1]]
        return found if isinstance(found, Response) else Response(json.dumps(found), content_type="application/json")

    for path in lists:
        httpserver.expect_request(f"/api/cp/{path}").respond_with_handler(answer)
    made = ConnexCS({"base_url": httpserver.url_for("/api/cp/"), "timeout_s": "1"}, {"token": "t"}, 7)
    yield made, lists
    made.close()


def test_the_demo_switchs_tags_come_through(switch: ConnexCS) -> None:
    companies = {company.name: company for company in switch.state(NOW).companies or ()}
    assert companies["acme"].tags == ("wholesale", "gold")
    assert companies["halden calls"].tags == ("prepaid", "retail")
    assert {c.name for c in companies.values() if "gold" in c.tags} == {"acme", "umbrella", "lindqvist voice"}
    assert companies["bravo"].tags == ()  # carriers have none


def test_odd_amounts_currencies_and_tags(account: tuple[ConnexCS, dict[str, Any]]) -> None:
    switch, lists = account
    lists["customer"] = [
        {"id": 1, "name": "text", "credit": "12,345.67", "debit_limit": "1,000.00", "currency": " usd", "tags": ["gold"]},
        {"id": 2, "name": "continental", "credit": "12.345,67", "debit_limit": 0, "currency": "eUr", "tags": []},
        {"id": 3, "name": "either", "credit": "12,5", "debit_limit": 0, "currency": "EUR"},
        {"id": 4, "name": "no limit read", "credit": 10, "debit_limit": "lots", "currency": None, "tags": "gold"},
        {"id": 5, "name": "shapes", "credit": {"USD": 4}, "currency": 840, "status": [], "tags": [{"name": "gold"}]},
        {"id": 6, "name": 6.5, "credit": 1},
    ]
    state = switch.state(NOW)
    companies = {c.name: c for c in state.companies or () if c.kind is CUSTOMER}
    readings = {r.name: (r.value, r.currency) for r in state.readings if r.what is ReadingKind.BALANCE}
    assert readings == {"text": (pytest.approx(13345.67), "USD"), "continental": (12345.67, "EUR")}
    assert {name: c.tags for name, c in companies.items()} == {
        "text": ("gold",),
        "continental": (),
        "either": (),
        "no limit read": (),
        "shapes": (),
    }
    assert companies["shapes"].currency == ""
    assert "The balance cannot be read of either, no limit read, shapes." in state.notes
    assert "The tags cannot be read of no limit read, shapes; rules by tag leave them out." in state.notes
    assert "1 entry of its list of customers cannot be read; nobody counts as gone while that is so." in state.notes
    assert state.partial == {CUSTOMER}


def test_a_whole_list_says_so(switch: ConnexCS) -> None:
    state = switch.state(NOW)
    assert state.partial == frozenset()
    assert len(state.companies or ()) == 18


def test_a_company_that_is_gone_is_not_in_a_whole_list(account: tuple[ConnexCS, dict[str, Any]]) -> None:
    switch, lists = account
    lists["customer"] = [{"id": 1, "name": "acme", "credit": 1}, {"id": 2, "name": "globex", "credit": 1}]
    assert {c.name for c in switch.state(NOW).companies or ()} == {"acme", "globex", "alpha"}
    lists["customer"] = lists["customer"][:1]
    state = switch.state(NOW + MINUTE)
    assert {c.name for c in state.companies or ()} == {"acme", "alpha"}
    assert state.partial == frozenset()
    lists["customer"] = []  # all at once: rather a fault than the truth
    assert switch.state(NOW + 2 * MINUTE).partial == {CUSTOMER}


@pytest.mark.parametrize("mode", [FailMode.ERROR_500, FailMode.HALF_PAGE, FailMode.NOTHING, FailMode.HTML, FailMode.TOO_MANY])
@pytest.mark.parametrize("path", ["customer", "carrier"])
def test_half_a_list_is_never_given(demo: DemoSwitch, switch: ConnexCS, mode: FailMode, path: str) -> None:
    """One of the two lists fails: the whole reading does, and nothing of it is kept."""
    before = switch.state(NOW).companies
    demo._api.world.set_status(101, "Penalty")
    demo.fail(mode, path=path)
    with pytest.raises(SwitchError):
        switch.state(NOW + MINUTE)
    demo.fail(None)
    after = switch.state(NOW + 2 * MINUTE)
    assert [c.key for c in after.companies or ()] == [c.key for c in before or ()]
    assert after.partial == frozenset()


def test_an_account_without_a_list_of_carriers(account: tuple[ConnexCS, dict[str, Any]]) -> None:
    switch, lists = account
    lists["customer"] = [{"id": 1, "name": "acme", "credit": 1}]
    assert switch.state(NOW).partial == frozenset()
    lists["carrier"] = Response('{"error":"Not Found"}', 404)
    state = switch.state(NOW + MINUTE)
    assert state.partial == {CARRIER}
    assert [c.name for c in state.companies or ()] == ["acme"]


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)]
)
def test_packed_answers_are_read(account: tuple[ConnexCS, dict[str, Any]], encoding: str, pack: Any) -> None:
    switch, lists = account
    lists["customer"] = Response(pack(b'[{"id":1,"name":"acme","credit":5}]'), headers={"Content-Encoding": encoding})
    assert [c.name for c in switch.state(NOW).companies or ()] == ["acme", "alpha"]


@pytest.mark.parametrize(
    ("encoding", "body", "says"),
    [
        ("gzip", gzip.compress(b" " * (60 << 20)), "over 48 MB"),  # 60 kB that become 60 MB
        ("gzip", gzip.compress(b'[{"id":1,"name":"acme"}]')[:-9], "breaks off"),
        ("gzip", b'[{"id":1,"name":"acme"}]', "breaks off"),
        ("br", b"\x0b\x02\x80[]\x03", "packs its answers"),
    ],
    ids=["a bomb", "cut off", "not packed", "another packing"],
)
def test_packed_answers_of_no_use(account: tuple[ConnexCS, dict[str, Any]], encoding: str, body: bytes, says: str) -> None:
    switch, lists = account
    lists["customer"] = Response(body, headers={"Content-Encoding": encoding})
    with pytest.raises(SwitchBadAnswer, match=says):
        switch.state(NOW)
