"""The Kamailio adapter against an HTTP server that fails in every way, and an SQLite file through the same SQL."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from noc_alerts.metrics.columns import NO_TIME
from noc_alerts.model.companies import CompanyKind, CompanyStatus, Dimension, ReadingKind
from noc_alerts.model.errors import BadInput, SwitchBadAnswer
from noc_alerts.switches.kamailio import READ_BACK_IDS, Kamailio
from noc_alerts.switches.kamailio_rpc import ALLOWED, Rpc
from noc_alerts.switches.protocol import State

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
NOW_S = int(NOW.timestamp())

VIEW_COLUMNS = (
    "id INTEGER PRIMARY KEY, callid TEXT, customer TEXT, carrier TEXT, caller TEXT, callee TEXT, prefix TEXT, sip_code INTEGER, "
    "sip_reason TEXT, hangup TEXT, t_setup NUMERIC, t_ring NUMERIC, t_answer NUMERIC, t_end NUMERIC, pdd_ms INTEGER, "
    "duration NUMERIC, cost NUMERIC"
)


def dialog(call: str, state: int = 4, carrier: str = "bravo", answered: float | None = NOW_S - 5) -> dict[str, Any]:
    """Make a call as dlg.list shows it: variables newest first, the older t_ring must not win."""
    variables = [{"t_ring": f"{NOW_S - 8}.250000"}, {"t_ring": "1.0"}, {"t_setup": f"{NOW_S - 10}.006230"}, {"prefix": "44"}]
    if answered is not None:
        variables.insert(0, {"t_answer": f"{answered:.6f}"})
    variables += [{"callee": "4412"}, {"caller": "99"}, {"carrier": carrier}, {"customer": "acme"}, {"callid": call}]
    profiles = [{"carrier": carrier}, {"customer": "acme"}]
    gone = state == 5
    return {
        "h_entry": 3, "h_id": 1, "call-id": call, "state": state, "init_ts": NOW_S - 10, "start_ts": NOW_S - 5,
        "caller": {"tag": "x"}, "profiles": [] if gone else profiles, "variables": [] if gone else variables,
    }  # fmt: skip


DISPATCHER = {
    "NRSETS": 2,
    "RECORDS": [
        {"SET": {"ID": 1, "TARGETS": [
            {"DEST": {"URI": "sip:127.0.2.2:5060", "FLAGS": "IX", "PRIORITY": 0, "ATTRS": {"BODY": "duid=b1;carrier=bravo;x=3"}}},
            {"DEST": {"URI": "sip:127.0.2.1:5060", "FLAGS": "AX", "PRIORITY": 0, "ATTRS": {"BODY": "duid=a1;carrier=alpha"}}},
            {"DEST": {"URI": "sip:127.0.2.9:5060", "FLAGS": "AX", "PRIORITY": 0}},
        ]}},
        {"SET": {"ID": 12, "TARGETS": [
            {"DEST": {"URI": "sip:127.0.2.2:5060", "FLAGS": "DX", "PRIORITY": 0, "ATTRS": {"BODY": "carrier=bravo"}}}]}},
    ],
}  # fmt: skip


class FakeRpc:
    """Answers as Kamailio does, and keeps which methods were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.results: dict[str, Any] = {
            "core.version": "kamailio 5.6.3 (x86_64/linux) ",
            "core.uptime": {"now": "Sat Nov 21 21:00:01 2026", "up_since": "Sat Nov  7 09:05:42 2026", "uptime": 17},
            "dlg.list": [
                dialog("one"),
                dialog("two", state=2),
                dialog("three", state=1, carrier="-", answered=None),
                dialog("gone", state=5),
            ],
            "dlg.stats_active": {"starting": 1, "connecting": 1, "answering": 0, "ongoing": 1, "all": 3},
            "dispatcher.list": DISPATCHER,
        }

    def __call__(self, request: Request) -> Response:
        if request.headers.get("X-API-Key") != "the-key":
            return Response('{"error":"missing or wrong X-API-Key"}', 401)
        asked = json.loads(request.data)
        assert isinstance(asked, dict), "no batch"
        self.asked.append(asked["method"])
        if asked["method"] not in self.results:
            fault = {"code": 500, "message": "Method Not Found"}
            return Response(json.dumps({"jsonrpc": "2.0", "error": fault, "id": asked["id"]}), 500)
        body = json.dumps({"jsonrpc": "2.0", "result": self.results[asked["method"]], "id": asked["id"]})
        return Response(body, content_type="application/json")


@pytest.fixture
def rpc_server(httpserver: HTTPServer) -> FakeRpc:
    fake = FakeRpc()
    httpserver.expect_request("/rpc", method="POST").respond_with_handler(fake)
    return fake


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "cdrs.db"
    run(
        path,
        f"CREATE TABLE cdrs ({VIEW_COLUMNS})",
        "CREATE TABLE customers (name TEXT, balance NUMERIC, currency TEXT)",
        "INSERT INTO customers VALUES ('acme', 499.61, 'USD'), ('umbrella', NULL, 'EUR ')",
    )
    return path


def run(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def add(path: Path, *ids: int, answered: bool = False, at: float = NOW_S - 60) -> None:
    for i in ids:
        times = f"{at + 1}, {at + 2}, {at + 8.1295}, 1000, 6.129, 0.00128" if answered else f"NULL, NULL, {at + 3}, NULL, 0, 0"
        run(path, f"INSERT INTO cdrs VALUES ({i}, 'call{i}', 'acme', 'bravo', '1', '44', '44', {200 if answered else 503}, 'OK', "
            f"'carrier', {at}, {times})")  # fmt: skip


Make = Callable[..., Kamailio]


@pytest.fixture
def make(httpserver: HTTPServer, database: Path) -> Iterator[Make]:
    made: list[Kamailio] = []

    def build(**options: str) -> Kamailio:
        chosen = {"api_url": httpserver.url_for("/rpc"), "database_url": f"sqlite:///{database}", **options}
        made.append(Kamailio(chosen, {"api_key": "the-key", "database_password": "the-password"}, 7))
        return made[-1]

    yield build
    for it in made:
        it.close()


# ---------------------------------------------------------------- the present


def test_calls_in_progress(rpc_server: FakeRpc, make: Make) -> None:
    state = make().state(NOW)
    assert state.live is not None
    one, two, three = state.live
    assert (one.call_id, one.setup_ms, one.ring_ms, one.answer_ms) == (
        "one", (NOW_S - 10) * 1000 + 6, (NOW_S - 8) * 1000 + 250, (NOW_S - 5) * 1000,
    )  # fmt: skip
    assert one.text == {
        Dimension.CLIENT: "acme", Dimension.GATEWAY: "bravo", Dimension.CODE: "44",
        Dimension.SRC: "99", Dimension.DST: "4412", Dimension.SERVICE: "calls",
    }  # fmt: skip
    assert two.answer_ms is None, "a stamp of the answer counts only once the dialog is confirmed"
    assert three.answer_ms is None
    assert three.text[Dimension.GATEWAY] == ""
    assert set(rpc_server.asked) <= ALLOWED


@pytest.mark.parametrize("stamp", ["", "soon", "NaN", "-1", "1e99", "1e999999999"])
def test_a_stamp_that_is_none_is_done_without(rpc_server: FakeRpc, make: Make, stamp: str) -> None:
    odd = dialog("odd")
    odd["variables"] = [{"t_setup": stamp}, {"t_answer": stamp}, {"t_ring": None}, {"callid": None}]
    rpc_server.results["dlg.list"] = [odd]
    live = make().state(NOW).live
    assert live is not None
    assert (live[0].call_id, live[0].setup_ms, live[0].answer_ms) == ("odd", (NOW_S - 10) * 1000, (NOW_S - 5) * 1000)


def test_companies_readings_and_start(rpc_server: FakeRpc, make: Make) -> None:
    del rpc_server
    state = make().state(NOW)
    assert state.companies is not None
    assert [(c.kind, c.name, c.status, c.currency) for c in state.companies] == [
        (CompanyKind.CUSTOMER, "acme", CompanyStatus.UNKNOWN, "USD"),
        (CompanyKind.CUSTOMER, "umbrella", CompanyStatus.UNKNOWN, "EUR"),
        (CompanyKind.CARRIER, "alpha", CompanyStatus.ACTIVE, ""),
        (CompanyKind.CARRIER, "bravo", CompanyStatus.INACTIVE, ""),
    ]
    values = {(r.what, r.kind, r.name): (r.value, r.currency, r.connection_id) for r in state.readings}
    assert values[ReadingKind.CHANNELS, None, ""] == (3.0, "", 7)
    assert values[ReadingKind.CHANNELS, CompanyKind.CUSTOMER, "acme"] == (3.0, "", 7)
    assert values[ReadingKind.CHANNELS, CompanyKind.CARRIER, "bravo"] == (2.0, "", 7)
    assert values[ReadingKind.CHANNELS, CompanyKind.CARRIER, "alpha"] == (0.0, "", 7)
    assert values[ReadingKind.BALANCE, CompanyKind.CUSTOMER, "acme"] == (499.61, "USD", 7)
    assert (ReadingKind.BALANCE, CompanyKind.CUSTOMER, "umbrella") not in values
    # the switch's clock is an hour ahead of UTC
    assert state.up_since == datetime(2026, 11, 7, 8, 5, 42, tzinfo=UTC)


def test_without_customers_table_the_rest_is_told(rpc_server: FakeRpc, make: Make, database: Path) -> None:
    del rpc_server
    run(database, "DROP TABLE customers")
    state = make().state(NOW)
    assert state.live is not None
    assert len(state.live) == 3
    assert len(state.notes) == 1
    assert "Balances are not known" in state.notes[0]
    assert make(customers_table="-").state(NOW).notes == ()


def test_without_dispatcher_the_rest_is_told(rpc_server: FakeRpc, make: Make) -> None:
    del rpc_server.results["dispatcher.list"]
    state = make().state(NOW)
    assert "Method Not Found" in state.notes[0]
    assert state.live is not None


def test_nothing_else_is_ever_asked(rpc_server: FakeRpc, httpserver: HTTPServer, make: Make) -> None:
    it = Rpc(httpserver.url_for("/rpc"), "the-key")
    for method in ("core.kill", "htable.flush", "dlg.end_dlg", "htable.seti", "system.listMethods", "", "DLG.LIST"):
        with pytest.raises(ValueError, match="not among"):
            it.call(method, str)
    it.close()
    assert rpc_server.asked == []
    switch = make()
    switch.state(NOW)
    list(switch.check(NOW))
    assert rpc_server.asked
    assert set(rpc_server.asked) <= ALLOWED


# ---------------------------------------------------------------- records


def read(switch: Kamailio, cursor: str | None = "0") -> tuple[list[str], str | None]:
    found: list[str] = []
    for page in switch.pages(cursor, NOW):
        found += [record.split("-")[0] for record in page.calls.ids]
        cursor = page.cursor
    return found, cursor


def test_a_record_is_exact(rpc_server: FakeRpc, make: Make, database: Path) -> None:
    del rpc_server
    add(database, 1, answered=True)
    add(database, 2)
    switch = make()
    switch.state(NOW)
    (page,) = switch.pages("0", NOW)
    calls, at = page.calls, (NOW_S - 60) * 1000
    assert calls.ids == [f"1-{at}", f"2-{at}"]
    assert calls.call_ids == ["call1", "call2"]
    assert calls.ring_ms.tolist() == [at + 1000, NO_TIME]
    assert calls.answer_ms.tolist() == [at + 2000, NO_TIME]
    assert calls.end_ms.tolist() == [at + 8130, at + 3000]  # .1295: half to even
    assert calls.pdd_ms.tolist() == [1000, NO_TIME]
    assert calls.talk_ms.tolist() == [6129, 0]
    assert calls.cost_u.tolist() == [1280, 0]
    assert calls.sip_code.tolist() == [200, 503]
    assert calls.text[Dimension.CURRENCY] == ["USD", "USD"], "the customer's, as the customers table says"
    assert page.cursor == "2"
    assert page.progress == ""


def test_a_late_row_is_read(make: Make, database: Path) -> None:
    add(database, 1, 2, 4)
    switch = make()
    found, cursor = read(switch)
    assert (found, cursor) == (["1", "2", "4"], "4")
    add(database, 3)
    found, cursor = read(switch, cursor)
    assert (found, cursor) == (["1", "2", "3", "4"], "4")
    add(database, READ_BACK_IDS + 10)
    found, _ = read(switch, read(switch, cursor)[1])
    assert found == [str(READ_BACK_IDS + 10)]


def test_long_tables_come_in_pages(make: Make, database: Path) -> None:
    run(
        database,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 7000) "
        "INSERT INTO cdrs (id, callid, t_setup, t_end) "
        f"SELECT i, 'c' || i, {NOW_S} - 7000 + i - 2, {NOW_S} - 7000 + i FROM n",
    )
    switch = make()
    pages = list(switch.pages("0", NOW))
    assert [len(page.calls) for page in pages] == [3000, 3000, 1000]
    assert [page.cursor for page in pages] == ["3000", "6000", "7000"]
    assert [page.progress for page in pages] == ["record 3,000", "record 6,000", ""]
    recent = make(history_days=repr(600 / 86400))
    found, _ = read(recent, None)
    assert (found[0], len(found)) == ("6400", 601)


def test_reading_from_now_on_loses_nothing(make: Make, database: Path) -> None:
    add(database, 1, 2)
    switch = make(history_days="0")
    (pin,) = switch.pages(None, NOW)
    assert (len(pin.calls), pin.cursor) == (0, "2")
    add(database, 3)
    assert "3" in read(switch, pin.cursor)[0]


def test_an_emptied_table_begins_anew_under_new_ids(make: Make, database: Path) -> None:
    add(database, 5000)
    switch = make()
    (before,) = switch.pages("0", NOW)
    run(database, "DELETE FROM cdrs")
    assert list(switch.pages("5000", NOW)) == []
    add(database, 1, at=NOW_S - 30)
    (after,) = switch.pages("5000", NOW)
    assert after.cursor == "1"
    assert set(before.calls.ids).isdisjoint(after.calls.ids)


def test_bad_records_are_kept_out_and_named(make: Make, database: Path) -> None:
    add(database, 1)
    add(database, 2, at=NOW_S + 3600)
    run(
        database,
        "INSERT INTO cdrs (id, t_setup, t_end) VALUES (3, 'tomorrow', NULL)",
        f"INSERT INTO cdrs (id, t_setup, t_answer, t_end, duration) VALUES (4, {NOW_S - 9}, {NOW_S - 5}, {NOW_S - 7}, -2)",
        "INSERT INTO cdrs (id, t_setup, t_end) VALUES (5, 1e300, 9e18)",
    )
    (page,) = make().pages("0", NOW)
    assert [record.split("-")[0] for record in page.calls.ids] == ["1"]
    assert {bad.where: bad.reason for bad in page.bad} == {
        "record 2": "from the future", "record 3": "no setup time", "record 4": "negative duration", "record 5": "no setup time",
    }  # fmt: skip


def test_a_stock_table_without_added_columns(make: Make, database: Path) -> None:
    run(
        database,
        "CREATE TABLE stock (id INTEGER PRIMARY KEY, start_time TEXT, end_time TEXT, duration REAL)",
        "INSERT INTO stock VALUES (1, '2026-11-21 20:50:00', '2026-11-21 20:50:12', 11.5)",
        "INSERT INTO stock VALUES (2, '2026-11-21 20:51:00', '2026-11-21 20:51:00', 0)",
    )
    (page,) = make(records="stock", zone="Europe/Berlin").pages("0", NOW)
    at = int(datetime(2026, 11, 21, 19, 50, tzinfo=UTC).timestamp()) * 1000
    assert page.bad == ()
    assert page.calls.setup_ms.tolist() == [at, at + 60_000]
    assert page.calls.answer_ms.tolist() == [at, NO_TIME]
    assert page.calls.end_ms.tolist() == [at + 12_000, at + 60_000]
    assert page.calls.talk_ms.tolist() == [11_500, 0]


@pytest.mark.parametrize(
    ("options", "words"),
    [({"records": "nowhere"}, 'no table or view "nowhere"'), ({"records": "customers"}, "needs the columns id")],
)
def test_a_wrong_table_is_named(make: Make, options: dict[str, str], words: str) -> None:
    with pytest.raises(SwitchBadAnswer, match=words):
        list(make(**options).pages("0", NOW))


def test_a_damaged_cursor_is_said(make: Make) -> None:
    with pytest.raises(SwitchBadAnswer, match="damaged"):
        list(make().pages("xyz", NOW))


# ---------------------------------------------------------------- test and settings


def test_the_connection_test(rpc_server: FakeRpc, make: Make, database: Path) -> None:
    del rpc_server
    add(database, 1, 2, 3)
    add(database, 0, at=NOW_S - 4000)
    switch = make()
    steps = list(switch.check(NOW))
    # the clock of an SQLite file is this computer's, and NOW is not
    assert [step.ok for step in steps] == [True] * 5 + [abs(datetime.now(UTC) - NOW) < timedelta(seconds=5)]
    assert steps[1].answer == "kamailio 5.6.3 (x86_64/linux)"
    assert steps[2].answer == "3 calls in progress"
    assert steps[4].answer == "3 records in the last 5 minutes"


def test_the_connection_test_ends_at_a_wrong_key(httpserver: HTTPServer, rpc_server: FakeRpc, database: Path) -> None:
    del rpc_server
    it = Kamailio({"api_url": httpserver.url_for("/rpc"), "database_url": f"sqlite:///{database}"}, {"api_key": "other"})
    steps = list(it.check(NOW))
    it.close()
    assert [(step.what, step.ok) for step in steps] == [("Reach the management interface", True), ("Sign in", False)]


GOOD = {"api_url": "http://127.0.0.1:8060", "database_url": "postgresql://noc@127.0.0.1/kamailio"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("api_url", ""),
        ("api_url", "ftp://127.0.0.1"),
        ("api_url", "http://user:hunter2@127.0.0.1/rpc"),
        ("database_url", ""),
        ("database_url", "not an address"),
        ("database_url", "mysql://noc@127.0.0.1/kamailio"),
        ("database_url", "postgresql://noc:hunter2@127.0.0.1/kamailio"),
        ("zone", "Mars/Olympus"),
        ("history_days", "many"),
        ("history_days", "-1"),
    ],
)
def test_wrong_settings_are_refused(field: str, value: str) -> None:
    with pytest.raises(BadInput) as caught:
        Kamailio({**GOOD, field: value}, {})
    assert list(caught.value.problems) == [field]
    assert "hunter2" not in str(caught.value)


# ---------------------------------------------------------------- lists that may lack somebody


def names_of(state: State, kind: CompanyKind) -> list[str]:
    return [company.name for company in state.companies or () if company.kind is kind]


def test_lists_are_whole_when_both_were_read(rpc_server: FakeRpc, make: Make, database: Path) -> None:
    assert make().state(NOW).partial == frozenset()
    assert make(customers_table="-").state(NOW).partial == {CompanyKind.CUSTOMER}
    run(database, "DROP TABLE customers")
    assert make().state(NOW).partial == {CompanyKind.CUSTOMER}
    del rpc_server.results["dispatcher.list"]
    assert make().state(NOW).partial == set(CompanyKind)


def test_a_customer_of_no_table_does_not_come_and_go_with_its_calls(rpc_server: FakeRpc, make: Make, database: Path) -> None:
    run(database, "DELETE FROM customers WHERE name = 'acme'")
    it = make()
    assert names_of(it.state(NOW), CompanyKind.CUSTOMER) == ["acme", "umbrella"]
    rpc_server.results["dlg.list"] = []
    assert names_of(it.state(NOW), CompanyKind.CUSTOMER) == ["acme", "umbrella"]


def test_a_customer_that_was_taken_out_of_the_table_is_gone(rpc_server: FakeRpc, make: Make, database: Path) -> None:
    it = make()
    assert names_of(it.state(NOW), CompanyKind.CUSTOMER) == ["acme", "umbrella"]
    run(database, "DELETE FROM customers WHERE name = 'acme'")
    state = it.state(NOW)  # it still has calls in progress
    assert names_of(state, CompanyKind.CUSTOMER) == ["umbrella"]
    assert state.partial == frozenset()
    run(database, "DROP TABLE customers")
    state = it.state(NOW)
    assert "acme" in names_of(state, CompanyKind.CUSTOMER)
    assert state.partial == {CompanyKind.CUSTOMER}
    assert rpc_server.asked


def test_balances_kept_as_text(rpc_server: FakeRpc, make: Make, database: Path) -> None:
    del rpc_server
    run(
        database,
        "DROP TABLE customers",
        "CREATE TABLE customers (name TEXT, balance TEXT, currency TEXT)",
        "INSERT INTO customers VALUES ('a', '12,345.67', 'usd'), ('b', '12.345,67', ' Eur'), ('c', '12,345', 'EUR'), "
        "('d', 'n/a', ''), ('e', '', NULL), ('f', 'NaN', NULL), (NULL, '1', '')",
    )
    state = make().state(NOW)
    found = {r.name: (r.value, r.currency) for r in state.readings if r.what is ReadingKind.BALANCE}
    assert found == {"a": (12345.67, "USD"), "b": (12345.67, "EUR")}
    assert "The balance cannot be read of c, d, f." in state.notes
    assert {c.name: c.currency for c in state.companies or () if c.kind is CompanyKind.CUSTOMER}["a"] == "USD"
