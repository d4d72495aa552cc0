"""What users' scripts may read of an account: a few paths, one question at a time, soon or not at all."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from noc_alerts.model.connections import Connection, SwitchKind
from noc_alerts.model.errors import BadInput, NocError, SwitchBadAnswer, SwitchError, SwitchRefused, SwitchUnreachable
from noc_alerts.switches import connexcs_reader
from noc_alerts.switches.connexcs import ConnexCS
from noc_alerts.switches.connexcs_reader import ConnexCSReader, checked_path
from noc_alerts.switches.demo import DemoSwitch, FailMode
from noc_alerts.switches.factory import READABLE, open_readable

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture
def demo() -> Iterator[DemoSwitch]:
    made = DemoSwitch(seed=3, clock=lambda: NOW, calls_per_s=1.0)
    made.start()
    yield made
    made.stop()


def base(demo: DemoSwitch) -> str:
    return f"http://127.0.0.1:{demo._port}/api/cp/"


@pytest.fixture
def reader(demo: DemoSwitch) -> Iterator[ConnexCSReader]:
    made = ConnexCSReader({"base_url": base(demo)}, {"token": demo.token})
    yield made
    made.close()


def test_it_reads_what_is_allowed(demo: DemoSwitch, reader: ConnexCSReader) -> None:
    assert len(json.loads(reader.get("customer"))) == 12
    assert json.loads(reader.get("customer/101"))["name"] == "acme"
    assert json.loads(reader.get("/carrier/12"))["name"] == "bravo"
    assert [row["name"] for row in json.loads(reader.get("customer?s=ACM"))] == ["acme"]
    assert [row["name"] for row in json.loads(reader.get("customer?name=halden%20calls"))] == ["halden calls"]
    assert json.loads(reader.get("setup/account"))["name"] == "Demo switch"
    sums = reader.get(
        "breakout-aggrid?_rowGroupCols[0][field]=customer_id&_valueCols[0][field]=attempts&_filterModel[dt][type]=inRange"
        "&_filterModel[dt][filter]=2026-03-02 03:00:00&_filterModel[dt][filterTo]=2026-03-02 04:00:00"
    )
    assert {row["customer_id"] for row in json.loads(sums)} >= {101, 102}
    assert all(seen.method == "GET" and seen.authorized for seen in demo.requests_seen)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "cdr",
        "customers",
        "customer/",
        "customer/101/sip",
        "customer/..",
        "customer/../setup/server",
        "customer/%2e%2e",
        "../cp/customer",
        "//other.example/customer",
        "http://other.example/customer",
        "https:customer",
        "customer@other.example",
        "customer\\..\\setup",
        "customer;x=1",
        "customer#x",
        "setup",
        "setup/account/1",
        "setup/query/0/run",
        "scriptforge/7/1",
        "auth/jwt",
        "breakout-aggrid/1",
        "customer\n",
        "customer\r\nHost: other.example",
        " customer",
        "customer/١٠١",
        "customer?" + "a=1&" * 300,
        "customer?s=" + "x" * 5000,
        "customer?no-value",
        "customer?s=%0d%0aX-Y: z",
        "customer?s=a#b",
    ],
)
def test_everything_else_is_refused_before_anything_is_sent(demo: DemoSwitch, reader: ConnexCSReader, path: str) -> None:
    with pytest.raises(BadInput) as caught:
        reader.get(path)
    sentence = caught.value.sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "\r" not in sentence
    assert len(sentence) < 300
    assert not demo.requests_seen


def test_parameters_are_encoded_anew() -> None:
    assert checked_path("customer?s=a%26b%3Dc&x=") == ("customer", [("s", "a&b=c"), ("x", "")])
    assert checked_path("/customer") == ("customer", [])


@pytest.mark.parametrize(
    ("mode", "kind", "says"),
    [
        (FailMode.ERROR_500, SwitchBadAnswer, "HTTP 500"),
        (FailMode.GARBAGE, SwitchBadAnswer, "no JSON"),
        (FailMode.HTML, SwitchBadAnswer, "no JSON"),
        (FailMode.HALF_PAGE, SwitchBadAnswer, "breaks off"),
        (FailMode.NOTHING, SwitchUnreachable, "cannot be reached"),
        (FailMode.HUGE, SwitchBadAnswer, "over 1 MB"),
        (FailMode.UNAUTHORIZED, SwitchRefused, "HTTP 401"),
        (FailMode.FORBIDDEN, SwitchRefused, "HTTP 403"),
        (FailMode.TOO_MANY, SwitchRefused, "HTTP 429"),
        (FailMode.REDIRECT, SwitchBadAnswer, "not followed"),
    ],
)
def test_failures_are_one_sentence_without_credentials(
    demo: DemoSwitch, reader: ConnexCSReader, mode: FailMode, kind: type[SwitchError], says: str
) -> None:
    demo.fail(mode)
    with pytest.raises(kind, match=says) as caught:
        reader.get("customer")
    seen: BaseException | None = caught.value
    while seen is not None:
        assert demo.token not in f"{seen} {seen!r}"
        seen = seen.__cause__ or seen.__context__
    assert caught.value.sentence.count(".") >= 1
    assert len(caught.value.sentence) < 250


@pytest.mark.parametrize("mode", [FailMode.HANG, FailMode.TRICKLE])
def test_a_slow_switch_is_given_up_in_time(demo: DemoSwitch, monkeypatch: pytest.MonkeyPatch, mode: FailMode) -> None:
    monkeypatch.setattr(connexcs_reader, "ANSWER_S", 0.6)
    reader = ConnexCSReader({"base_url": base(demo), "auth": "jwt", "user": demo.email}, {"password": demo.password})
    demo.fail(mode, path="customer")
    began = time.monotonic()
    with pytest.raises(SwitchUnreachable, match="no answer in time"):
        reader.get("customer")
    assert time.monotonic() - began < 3  # signing in counts too
    reader.close()


def test_a_redirect_to_another_host_gets_nothing(demo: DemoSwitch, reader: ConnexCSReader) -> None:
    other = DemoSwitch(clock=lambda: NOW)
    try:
        demo.redirect_to = other.start() + "customer"
        demo.fail(FailMode.REDIRECT)
        with pytest.raises(SwitchBadAnswer, match="not followed"):
            reader.get("customer")
        assert not other.requests_seen
    finally:
        other.stop()


def test_scripts_and_the_poll_ask_one_after_the_other(demo: DemoSwitch, reader: ConnexCSReader) -> None:
    """The switch has one free place: with two questions at once one of them would be answered by 429."""
    for _ in range(3):
        assert demo._slots.acquire(blocking=False)
    poll = ConnexCS({"base_url": base(demo)}, {"token": demo.token})
    errors: list[NocError] = []

    def ask(times: int) -> None:
        try:
            for _ in range(times):
                reader.get("customer")
        except NocError as error:
            errors.append(error)

    threads = [threading.Thread(target=ask, args=(15,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in poll.pages(None, NOW):
        pass
    poll.state(NOW)
    for thread in threads:
        thread.join(30)
    assert not errors
    assert {seen.status for seen in demo.requests_seen} == {200}
    assert sum(seen.path == "customer" for seen in demo.requests_seen) == 45 + 2  # the poll names the records, then lists
    demo._slots.release(3)
    poll.close()


def test_told_to_stay_away_both_do(demo: DemoSwitch, reader: ConnexCSReader) -> None:
    poll = ConnexCS({"base_url": base(demo)}, {"token": demo.token})
    demo.fail(FailMode.TOO_MANY, times=1)
    with pytest.raises(SwitchRefused, match="HTTP 429"):
        reader.get("customer")
    began = time.monotonic()
    poll.state(NOW)
    assert time.monotonic() - began > 0.7  # Retry-After: 1
    poll.close()


def test_a_sign_in_serves_both(demo: DemoSwitch) -> None:
    options, secrets = {"base_url": base(demo), "auth": "jwt", "user": demo.email}, {"password": demo.password}
    poll, reader = ConnexCS(options, secrets), ConnexCSReader(options, secrets)
    poll.state(NOW)
    reader.get("customer")
    assert [seen.path for seen in demo.requests_seen].count("auth/jwt") == 1
    wrong = ConnexCSReader(options, {"password": "another"})
    with pytest.raises(SwitchRefused, match="credentials"):
        wrong.get("customer")
    for each in (poll, reader, wrong):
        each.close()


def test_a_busy_account_is_said(demo: DemoSwitch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connexcs_reader, "TURN_S", 0.2)
    poll = ConnexCS({"base_url": base(demo), "timeout_s": "3"}, {"token": demo.token})
    reader = ConnexCSReader({"base_url": base(demo)}, {"token": demo.token})
    demo.fail(FailMode.HANG, path="carrier")
    thread = threading.Thread(target=poll.state, args=(NOW,))  # asked again when the hanging connection is closed
    thread.start()
    until = time.monotonic() + 5
    while not any(seen.path == "carrier" for seen in demo.requests_seen) and time.monotonic() < until:
        time.sleep(0.01)
    with pytest.raises(SwitchUnreachable, match="busy answering another question"):
        reader.get("customer")
    demo.fail(None)
    thread.join(10)
    assert not thread.is_alive()
    assert len(json.loads(reader.get("customer"))) == 12
    for each in (poll, reader):
        each.close()


def test_the_factory_opens_one_of_its_own(demo: DemoSwitch) -> None:
    connection = Connection(None, "demo", SwitchKind.CONNEXCS, {"base_url": base(demo)})
    found = open_readable(connection, lambda _: None, {"token": demo.token})
    assert found is not None
    assert len(json.loads(found.get("customer"))) == 12
    found.close()
    for kind in set(SwitchKind) - READABLE:
        assert open_readable(Connection(None, "other", kind, {}), lambda _: None) is None
    with pytest.raises(BadInput):
        open_readable(connection, lambda _: None)  # no token
