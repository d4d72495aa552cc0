"""The demo switch over HTTP: signing in, the shapes of ConnexCS's API, and failing as real servers do."""

import json
import socket
import threading
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from noc_alerts.switches.demo import DemoSwitch, FailMode, IncidentKind, Seen

START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TIMEOUT_S = 10


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class Noticing(deque[Seen]):
    """Requests, with an event when there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.noticed = threading.Event()

    def append(self, seen: Seen) -> None:
        super().append(seen)
        self.noticed.set()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def switch(clock: Clock) -> Iterator[DemoSwitch]:
    made = DemoSwitch(seed=1, clock=clock)
    yield made
    made.stop()


@pytest.fixture
def base(switch: DemoSwitch) -> str:
    return switch.start()


@pytest.fixture
def http(switch: DemoSwitch) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {switch.token}"
        session.trust_env = False
        yield session


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def cdr_body(minutes: float = 10, **extra: Any) -> dict[str, Any]:
    since = (START - timedelta(minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "field": ["dt", "callid", "duration", "customer_id", "provider_id", "sip_code", "customer_charge"],
        "where": {"rules": [{"field": "dt", "condition": ">=", "data": since}]},
        "limit": 500,
        "order": [{"field": "dt", "direction": "ASC"}],
    } | extra


def get(http: requests.Session, address: str, **kwargs: Any) -> requests.Response:
    return http.get(address, timeout=TIMEOUT_S, **kwargs)


def post(http: requests.Session, address: str, **kwargs: Any) -> requests.Response:
    return http.post(address, timeout=TIMEOUT_S, **kwargs)


def test_it_listens_on_this_machine_only(base: str) -> None:
    assert base.startswith("http://127.0.0.1:")
    assert base.endswith("/api/cp/")


def test_basic_credentials(switch: DemoSwitch, base: str) -> None:
    good = requests.get(base + "setup/account", auth=(switch.email, switch.password), timeout=TIMEOUT_S)
    assert (good.status_code, good.json()["name"]) == (200, "Demo switch")
    bad = requests.get(base + "setup/account", auth=(switch.email, "wrong"), timeout=TIMEOUT_S)
    assert bad.status_code == 401
    assert "error" in bad.json()


def test_jwt_is_refreshed_expires_and_can_be_revoked(switch: DemoSwitch, base: str, clock: Clock) -> None:
    wish = {"lifetime": 2_592_000, "audience": "noc"}
    answer = requests.post(base + "auth/jwt/refresh", json=wish, auth=(switch.email, switch.password), timeout=TIMEOUT_S)
    refresh = answer.json()["token"]
    assert refresh.count(".") == 2
    with requests.Session() as http:
        assert get(http, base + "customer", headers=bearer(refresh)).status_code == 401
        access = get(http, base + "auth/jwt", headers=bearer(refresh)).json()["token"]
        assert get(http, base + "customer", headers=bearer(access)).status_code == 200
        assert get(http, base + "auth/jwt", headers=bearer(access)).status_code == 401
        clock.now += timedelta(minutes=16)
        assert get(http, base + "customer", headers=bearer(access)).status_code == 401
        access = get(http, base + "auth/jwt", headers=bearer(refresh)).json()["token"]
        assert get(http, base + "customer", headers=bearer(access)).status_code == 200
        assert get(http, base + "customer", headers=bearer(access[:-2])).status_code == 401
        switch.revoke_tokens()
        assert get(http, base + "auth/jwt", headers=bearer(refresh)).status_code == 401


def test_opaque_tokens_have_scopes(switch: DemoSwitch, base: str, http: requests.Session) -> None:
    change = {"status": "Penalty"}
    assert http.put(base + "customer/101", json=change, timeout=TIMEOUT_S).status_code == 403
    writing = http.put(base + "customer/101", json=change, headers=bearer(switch.write_token), timeout=TIMEOUT_S)
    assert (writing.status_code, writing.json()["status"]) == (200, "Penalty")
    assert get(http, base + "customer/101").json()["status"] == "Penalty"
    for header in ("Bearer nonsense", "Bearer ", "", "Digest x", "Basic %%%", "Bearer a.b.c"):
        assert get(http, base + "customer", headers={"Authorization": header}).status_code == 401


def test_customers_and_carriers(base: str, http: requests.Session) -> None:
    customers = get(http, base + "customer").json()
    assert len(customers) == 12
    assert set(customers[0]) == {
        "id", "name", "credit", "debit_limit", "currency", "status", "last_call", "tags", "contact_name", "channels",
    }  # fmt: skip
    assert {type(row["credit"]) for row in customers} == {str, float}
    assert {type(row["id"]) for row in customers} == {int}
    assert all(float(row["credit"]) + row["debit_limit"] > 0 for row in customers)
    assert get(http, base + "customer/104").json() == customers[3]
    assert get(http, base + "customer", params={"id": 104}).json() == [customers[3]]
    assert get(http, base + "customer", params={"name": "globex"}).json() == [customers[1]]
    assert [row["name"] for row in get(http, base + "customer", params={"s": "TEL"}).json()] == ["kestrel tel"]
    carriers = get(http, base + "carrier").json()
    assert [row["name"] for row in carriers] == ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot"]
    assert get(http, base + "carrier/12").json() == carriers[1]
    for missing in ("customer/999", "carrier/101", "customer/x", "customer/101/more", "nothing", ""):
        assert get(http, base + missing).status_code == 404


def test_call_records(base: str, http: requests.Session) -> None:
    rows = post(http, base + "cdr", json=cdr_body()).json()
    assert len(rows) == 500
    assert list(rows[0]) == cdr_body()["field"]
    first = rows[0]
    assert datetime.strptime(first["dt"], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC) >= START - timedelta(minutes=10)
    assert isinstance(first["customer_id"], int)
    assert isinstance(first["duration"], float)
    full = post(http, base + "cdr", json=cdr_body(field=[], limit=1)).json()[0]
    assert {"source_cli", "dest_number", "customer_card_dest_name", "pdd_in", "ring_duration", "switch_ip"} <= set(full)
    assert full["dest_number"].startswith(full["customer_card_dest_code"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"where": {"rules": []}},
        {"limit": 5001},
        {"limit": "many"},
        {"field": ["nope"]},
        {"where": {"rules": [{"field": "dt", "condition": ">=", "data": "now"}]}},
        {"order": [{"field": "nope"}]},
    ],
)
def test_a_wrong_query_is_refused(base: str, http: requests.Session, wrong: dict[str, Any]) -> None:
    answer = post(http, base + "cdr", json=cdr_body() | wrong)
    assert answer.status_code == 422
    assert answer.json()["error"]


def test_wrong_methods_and_bodies(switch: DemoSwitch, base: str, http: requests.Session) -> None:
    assert get(http, base + "cdr").status_code == 405
    assert post(http, base + "customer", json={}).status_code == 405
    assert http.delete(base + "customer/101", timeout=TIMEOUT_S).status_code == 405
    assert post(http, base + "cdr", data=b"{").status_code == 400
    assert post(http, base + "cdr", data=b"x" * 1_000_001).status_code == 413
    writer = bearer(switch.write_token)
    for path, body in (
        ("customer/101", {"status": "Off"}),
        ("carrier/12", {"status": "Penalty"}),
        ("customer/101", {}),
    ):
        assert http.put(base + path, json=body, headers=writer, timeout=TIMEOUT_S).status_code == 422
    assert http.put(base + "carrier/12", json={"status": "Inactive"}, headers=writer, timeout=TIMEOUT_S).ok
    assert get(http, base + "carrier/12").json()["status"] == "Inactive"


def breakout_parameters(minutes: int = 5, **extra: str) -> dict[str, str]:
    begin, end = START - timedelta(minutes=minutes), START - timedelta(minutes=1)
    found = {
        "_startRow": "0",
        "_endRow": "10000",
        "_pivotMode": "false",
        "_filterModel[dt][type]": "inRange",
        "_filterModel[dt][filter]": begin.strftime("%Y-%m-%d %H:%M:%S"),
        "_filterModel[dt][filterTo]": end.strftime("%Y-%m-%d %H:%M:%S"),
    }
    for place, name in enumerate(("customer_id", "provider_id")):
        for key, value in (("id", name), ("field", name), ("displayName", name.title())):
            found[f"_rowGroupCols[{place}][{key}]"] = value
    for place, name in enumerate(("attempts", "connected", "customer_charge")):
        for key, value in (("id", name), ("field", name), ("displayName", name), ("aggFunc", "sum")):
            found[f"_valueCols[{place}][{key}]"] = value
    return found | extra


def test_breakout(base: str, http: requests.Session) -> None:
    rows = get(http, base + "breakout-aggrid", params=breakout_parameters()).json()
    assert set(rows[0]) == {"customer_id", "provider_id", "attempts", "connected", "customer_charge"}
    assert 1000 < sum(row["attempts"] for row in rows) < 4000
    assert isinstance(rows[0]["customer_charge"]["USD"], float)
    one = {"_filterModel[customer_id][type]": "equals", "_filterModel[customer_id][filter]": "103"}
    assert [
        (row["customer_id"], row["provider_id"])
        for row in get(http, base + "breakout-aggrid", params=breakout_parameters() | one).json()
    ] == [(103, 12)]
    page = get(http, base + "breakout-aggrid", params=breakout_parameters(_startRow="2", _endRow="5")).json()
    assert page == rows[2:5]
    for wrong in ({"_filterModel[dt][type]": "equals"}, {"_rowGroupCols[0][field]": "x"}, {"_endRow": "-1"}):
        assert get(http, base + "breakout-aggrid", params=breakout_parameters() | wrong).status_code == 422


def test_the_operators_script_tells_channels_and_cps(switch: DemoSwitch, base: str, http: requests.Session) -> None:
    live = post(http, base + switch.live_path, json={}).json()
    assert [row["name"] for row in live["carriers"]][:2] == ["alpha", "bravo"]
    assert sum(row["channels"] for row in live["customers"]) > 300
    assert {"id", "name", "channels", "cps"} == set(live["customers"][0])
    assert post(http, base + "scriptforge/7/2", json={}).status_code == 404


@pytest.mark.parametrize("envelope", ["result", "data"])
def test_an_account_may_wrap_its_arrays(clock: Clock, envelope: str) -> None:
    switch = DemoSwitch(clock=clock, envelope=envelope)
    try:
        answer = requests.post(switch.start() + "cdr", json=cdr_body(), headers=bearer(switch.token), timeout=TIMEOUT_S)
        assert len(answer.json()[envelope]) == 500
    finally:
        switch.stop()


def test_an_account_may_hold_answered_calls_only(clock: Clock) -> None:
    switch = DemoSwitch(clock=clock, holds_failed_calls=False)
    try:
        base = switch.start()
        with requests.Session() as http:
            http.headers.update(bearer(switch.token))
            assert {row["sip_code"] for row in post(http, base + "cdr", json=cdr_body()).json()} == {200}
            rows = get(http, base + "breakout-aggrid", params=breakout_parameters()).json()
        assert sum(row["attempts"] for row in rows) > 1.5 * sum(row["connected"] for row in rows)
    finally:
        switch.stop()


def test_the_clock_alone_moves_it(switch: DemoSwitch, base: str, http: requests.Session, clock: Clock) -> None:
    wanted = cdr_body(0.1)
    assert post(http, base + "cdr", json=wanted).json() == post(http, base + "cdr", json=wanted).json()
    before = len(post(http, base + "cdr", json=wanted).json())
    clock.now += timedelta(seconds=30)
    assert len(post(http, base + "cdr", json=wanted).json()) > before + 50
    clock.now += timedelta(seconds=90)
    assert switch.incidents[-1].kind is IncidentKind.ASR_COLLAPSE
    assert switch.incidents[-1].who == "bravo"


def test_more_than_four_requests_at_once_meet_429(switch: DemoSwitch, base: str, http: requests.Session) -> None:
    for _ in range(4):  # as four requests in progress hold them
        assert switch._slots.acquire(blocking=False)
    refused = get(http, base + "customer")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    switch._slots.release(4)
    assert get(http, base + "customer").status_code == 200


@pytest.mark.parametrize(
    ("mode", "status"),
    [(FailMode.ERROR_500, 500), (FailMode.TOO_MANY, 429), (FailMode.UNAUTHORIZED, 401), (FailMode.FORBIDDEN, 403)],
)
def test_it_fails_with_a_status_and_recovers(
    switch: DemoSwitch, base: str, http: requests.Session, mode: FailMode, status: int
) -> None:
    switch.fail(mode)
    assert get(http, base + "customer").status_code == status
    switch.fail(None)
    assert get(http, base + "customer").status_code == 200


def test_it_fails_for_some_requests_only(switch: DemoSwitch, base: str, http: requests.Session) -> None:
    switch.fail(FailMode.ERROR_500, times=2, path="cust")
    found = [get(http, base + path).status_code for path in ("carrier", "customer", "customer/101", "customer")]
    assert found == [200, 500, 500, 200]


def test_it_answers_what_nobody_can_read(switch: DemoSwitch, base: str, http: requests.Session) -> None:
    for mode in (FailMode.GARBAGE, FailMode.HTML):
        switch.fail(mode)
        answer = get(http, base + "customer")
        assert answer.status_code == 200
        with pytest.raises(ValueError, match=r"Expecting|codec"):
            json.loads(answer.content)
    switch.fail(FailMode.NAN)
    assert b'"credit":NaN' in get(http, base + "customer").content
    switch.fail(FailMode.WRONG_SHAPE)
    assert not isinstance(get(http, base + "customer").json(), list)
    switch.fail(FailMode.HALF_PAGE)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="Connection broken"):
        get(http, base + "customer")
    switch.fail(FailMode.NOTHING)
    with pytest.raises(requests.ConnectionError):
        get(http, base + "customer")
    switch.fail(None)
    assert len(get(http, base + "customer").json()) == 12


def test_it_redirects_to_another_host(switch: DemoSwitch, base: str, http: requests.Session) -> None:
    switch.fail(FailMode.REDIRECT)
    answer = get(http, base + "customer", allow_redirects=False)
    assert answer.status_code == 302
    assert urlsplit(answer.headers["Location"]).hostname == "localhost"


def test_a_hanging_request_ends_when_it_recovers_or_stops(switch: DemoSwitch, base: str, http: requests.Session) -> None:
    switch.fail(FailMode.HANG)
    with pytest.raises(requests.ReadTimeout):
        http.get(base + "customer", timeout=0.2)
    switch.fail(FailMode.TRICKLE)
    with http.get(base + "customer", timeout=TIMEOUT_S, stream=True) as answer:
        assert answer.raw.read(3) == b"[  "
    switch.fail(FailMode.HUGE)
    with http.get(base + "customer", timeout=TIMEOUT_S, stream=True) as answer:
        assert len(answer.raw.read(1_000_000)) == 1_000_000
    switch.fail(FailMode.HANG)
    switch.requests_seen = seen = Noticing()
    host, port = urlsplit(base).hostname, urlsplit(base).port
    with socket.create_connection((host, port), timeout=TIMEOUT_S) as raw:
        raw.sendall(b"GET /api/cp/customer HTTP/1.1\r\nHost: x\r\n\r\n")
        assert seen.noticed.wait(TIMEOUT_S)
        switch.stop()
        assert raw.recv(10) == b""
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("demo-switch")]


def test_it_comes_back_under_the_same_address(switch: DemoSwitch, base: str, http: requests.Session) -> None:
    switch.stop()
    with pytest.raises(requests.ConnectionError):
        get(http, base + "customer")
    assert switch.start() == base
    assert get(http, base + "customer").status_code == 200


def test_it_keeps_no_credentials_of_requests(switch: DemoSwitch, base: str, http: requests.Session) -> None:
    get(http, base + "customer", params={"s": "a"})
    seen = switch.requests_seen[-1]
    assert (seen.method, seen.path, seen.query, seen.status, seen.authorized) == ("GET", "customer", "s=a", 200, True)
    assert switch.token not in repr(switch.requests_seen)
