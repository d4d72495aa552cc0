"""The ConnexCS adapter against the built-in switch: signing in, companies, records of which none is missed, and failures."""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from noc_alerts.metrics.columns import NO_TIME, Calls
from noc_alerts.model.companies import CompanyKind, CompanyStatus, Dimension, ReadingKind
from noc_alerts.model.errors import BadInput, SwitchBadAnswer, SwitchError, SwitchRefused, SwitchUnreachable
from noc_alerts.switches.connexcs import ConnexCS
from noc_alerts.switches.demo import DemoSwitch, FailMode, records
from noc_alerts.switches.demo.records import Rule, Unprocessable

START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def demo(clock: Clock) -> Iterator[DemoSwitch]:
    made = DemoSwitch(seed=3, clock=clock, calls_per_s=2.0)
    yield made
    made.stop()


class Desk:
    """Adapters over one switch, all closed at the end."""

    def __init__(self, demo: DemoSwitch) -> None:
        self.demo = demo
        self.base = demo.start()
        self._open: list[ConnexCS] = []

    def connect(self, secrets: dict[str, str] | None = None, **options: str) -> ConnexCS:
        options = {"base_url": self.base, "history_days": "0.02", "timeout_s": "2"} | options
        made = ConnexCS(options, {"token": self.demo.token} if secrets is None else secrets, 7)
        self._open.append(made)
        return made

    def close(self) -> None:
        for each in self._open:
            each.close()


@pytest.fixture
def desk(demo: DemoSwitch) -> Iterator[Desk]:
    made = Desk(demo)
    yield made
    made.close()


class Kept:
    """What the store would keep: records by key, and the cursor."""

    def __init__(self) -> None:
        self.cursor: str | None = None
        self.found: dict[str, dict[str, Any]] = {}

    def read(self, switch: ConnexCS, now: datetime, most: int | None = None) -> int:
        """Take pages (at most `most`) and give the number of new records."""
        before = len(self.found)
        for number, page in enumerate(switch.pages(self.cursor, now), start=1):
            assert not page.bad
            self.take(page.calls)
            self.cursor = page.cursor
            if number == most:
                break
        return len(self.found) - before

    def take(self, calls: Calls) -> None:
        clients, codes = calls.dimension(Dimension.CLIENT), calls.sip_code.tolist()
        for row, key in enumerate(calls.ids):
            self.found.setdefault(key, {"client": clients[row], "code": codes[row], "setup": int(calls.setup_ms[row])})


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def truth(demo: DemoSwitch, since: datetime, fields: Sequence[str] = ("callid", "callid_b")) -> set[str]:
    """Give the keys of every visible record of calls that began since then, straight from the switch's world."""
    world = demo._api.world
    world.advance(demo.now())
    found: set[str] = set()
    step, at = 20 * MINUTE, since
    while at < demo.now():
        dates = [
            Rule("dt", ">=", at.strftime("%Y-%m-%d %H:%M:%S")),
            Rule("dt", "<", (at + step).strftime("%Y-%m-%d %H:%M:%S")),
        ]
        query = records.CdrQuery(list(fields), records.Where(dates))
        rows = records.cdr(world, 3, query, demo._api.holds_failed_calls)
        assert len(rows) < 5000
        found |= {"/".join(str(row[name]) for name in fields) for row in rows}
        at += step
    return found


# -- signing in ----------------------------------------------------------------------------------------------------------


def test_the_three_ways_to_sign_in(demo: DemoSwitch, desk: Desk) -> None:
    password = {"password": demo.password}
    for secrets, options in (
        ({"token": demo.token}, {}),
        ({"token": demo.token}, {"auth": "token"}),
        (password, {"auth": "basic", "user": demo.email}),
        (password, {"user": demo.email}),
        (password, {"auth": "jwt", "user": demo.email}),
    ):
        assert len(desk.connect(secrets, **options).state(START).companies or ()) == 18


def test_a_jwt_that_expired_or_was_revoked_is_renewed_once(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    switch = desk.connect({"password": demo.password}, auth="jwt", user=demo.email)

    def asked() -> list[str]:
        paths = [seen.path for seen in demo.requests_seen]
        demo.requests_seen.clear()
        return paths

    switch.state(clock.now)
    assert asked() == ["auth/jwt/refresh", "auth/jwt", "customer", "carrier"]
    clock.now += 16 * MINUTE
    switch.state(clock.now)
    assert asked() == ["customer", "auth/jwt", "customer", "carrier"]
    demo.revoke_tokens()
    clock.now += MINUTE
    switch.state(clock.now)
    assert asked() == ["customer", "auth/jwt", "auth/jwt/refresh", "auth/jwt", "customer", "carrier"]
    demo.fail(FailMode.UNAUTHORIZED, path="customer")
    clock.now += MINUTE
    with pytest.raises(SwitchRefused, match="after signing in anew"):
        switch.state(clock.now)
    assert asked() == ["customer", "auth/jwt", "customer"]


def test_wrong_credentials_are_said_and_never_shown(demo: DemoSwitch, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "s3cr3t-of-nobody"
    for secrets, options in (
        ({"token": secret}, {"auth": "token"}),
        ({"password": secret}, {"auth": "basic", "user": demo.email}),
        ({"password": secret}, {"auth": "jwt", "user": demo.email}),
    ):
        with pytest.raises(SwitchRefused, match="enter them again") as caught:
            desk.connect(secrets, **options).state(START)
        seen: BaseException | None = caught.value
        while seen is not None:
            assert secret not in f"{seen} {seen!r}"
            seen = seen.__cause__ or seen.__context__
    assert secret not in caplog.text
    assert demo.token not in caplog.text


@pytest.mark.parametrize(
    ("options", "secrets", "field"),
    [
        ({"base_url": "ftp://x"}, {"token": "t"}, "base_url"),
        ({"base_url": "http://switch.example/api/"}, {"token": "t"}, "base_url"),
        ({"base_url": "https://user:pw@switch.example/"}, {"token": "t"}, "base_url"),
        ({"base_url": "https://switch.example:no/"}, {"token": "t"}, "base_url"),
        ({"base_url": "https://switch.example/?a=b"}, {"token": "t"}, "base_url"),
        ({"auth": "magic"}, {"token": "t"}, "auth"),
        ({"auth": "token"}, {"token": "two words"}, "token"),
        ({"auth": "token"}, {"token": "line\nbreak"}, "token"),
        ({"auth": "token"}, {}, "token"),
        ({"auth": "basic"}, {"password": "p"}, "user"),
        ({"auth": "jwt", "user": "a@b.example"}, {}, "password"),
        ({"live_path": "scriptforge/../customer"}, {"token": "t"}, "live_path"),
        ({"history_days": "-1"}, {"token": "t"}, "history_days"),
        ({"late_s": "soon"}, {"token": "t"}, "late_s"),
        ({"cost": "both"}, {"token": "t"}, "cost"),
        ({"timeout_s": "nan"}, {"token": "t"}, "timeout_s"),
    ],
)
def test_wrong_settings_are_refused_at_their_field(options: dict[str, str], secrets: dict[str, str], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        ConnexCS(options, secrets)
    assert list(caught.value.problems) == [field]
    assert all(secret not in str(caught.value) for secret in secrets.values() if len(secret) > 3)


# -- the present ---------------------------------------------------------------------------------------------------------


def test_calls_in_progress_join_their_records(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    """What is told of a call while it is up is what its record says later, under the same id."""
    switch, kept = desk.connect(live_path=demo.live_path), Kept()
    live = switch.state(clock.now).live
    assert live is not None
    total = sum(c for c, _ in demo._api.world.live().customers.values())
    assert len(live) == total > 100
    kept.read(switch, clock.now)
    clock.now += 10 * MINUTE
    known: dict[str, tuple[int, int, int, str]] = {}
    for page in switch.pages(None, clock.now):
        for i, call_id in enumerate(page.calls.call_ids):
            gateway = page.calls.dimension(Dimension.GATEWAY)[i]
            times = (int(page.calls.setup_ms[i]), int(page.calls.ring_ms[i]), int(page.calls.answer_ms[i]))
            known[call_id] = (*times, gateway)
    answered = [call for call in live if call.answer_ms is not None]
    ended = [call for call in answered if call.call_id in known]
    assert len(live) > len(answered) >= len(ended) > 50
    for call in ended:
        assert known[call.call_id] == (call.setup_ms, call.ring_ms, call.answer_ms, call.text[Dimension.GATEWAY])


def test_a_script_without_calls_tells_none(demo: DemoSwitch, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "calls_up", lambda *_: None)
    state = desk.connect(live_path=demo.live_path).state(START)
    assert state.live is None
    assert any(r.what is ReadingKind.CHANNELS for r in state.readings)


def test_a_script_that_counts_calls_may_not_fail(demo: DemoSwitch, desk: Desk) -> None:
    """With the outcome clock a missing list of calls in progress would read ASR too low: the source is blind instead."""
    switch = desk.connect(live_path=demo.live_path)
    assert switch.state(START).live
    demo.fail(FailMode.ERROR_500, path=demo.live_path)
    with pytest.raises(SwitchError):
        switch.state(START)


def test_companies_balances_and_channels(demo: DemoSwitch, desk: Desk) -> None:
    switch = desk.connect(live_path=demo.live_path)
    state = switch.state(START)
    assert state.notes == ()
    companies = {(company.kind, company.name): company for company in state.companies or ()}
    acme = companies[CompanyKind.CUSTOMER, "acme"]
    assert (acme.key, acme.status, acme.currency, acme.connection_id) == ("101", CompanyStatus.ACTIVE, "USD", 7)
    assert companies[CompanyKind.CARRIER, "bravo"].key == "12"
    readings = {(reading.what, reading.kind, reading.name): reading for reading in state.readings}
    world = demo._api.world
    assert readings[ReadingKind.BALANCE, CompanyKind.CUSTOMER, "acme"].value == pytest.approx(world.credit(0) + 500)
    assert readings[ReadingKind.BALANCE, CompanyKind.CUSTOMER, "umbrella"].value == pytest.approx(world.credit(3))
    live = world.live()
    assert readings[ReadingKind.CHANNELS, CompanyKind.CARRIER, "bravo"].value == live.carriers[12][0]
    assert readings[ReadingKind.CHANNELS, None, ""].value == sum(count for count, _ in live.customers.values())
    assert len(readings) == 12 + 12 + 6 + 1


def test_a_status_change_is_seen(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    switch = desk.connect()
    switch.state(clock.now)
    demo._api.world.set_status(105, "Penalty")
    clock.now += 20 * SECOND
    statuses = {company.name: company.status for company in switch.state(clock.now).companies or ()}
    assert statuses["halden calls"] is CompanyStatus.PENALTY


def test_lists_are_not_asked_for_at_every_poll(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    switch = desk.connect()
    for _ in range(6):
        state = switch.state(clock.now)
        assert len(state.readings) == 12
        clock.now += 5 * SECOND
    assert [seen.path for seen in demo.requests_seen] == ["customer", "carrier"] * 2


def test_what_is_missing_is_said(demo: DemoSwitch, desk: Desk, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    assert any("script of your own" in note for note in desk.connect().state(START).notes)
    notes = desk.connect(live_path="scriptforge/9/9").state(START).notes
    assert any(note.startswith("Channels in use are not known") and "404" in note for note in notes)
    original = type(demo._api)._company

    def without_carriers(self: Any, request: Any, parts: Any, scope: Any) -> Any:
        return original(self, request, parts if parts[0] == "customer" else ("customer", "none"), scope)

    monkeypatch.setattr(type(demo._api), "_company", without_carriers)
    switch = desk.connect()
    state = switch.state(START)
    assert {company.kind for company in state.companies or ()} == {CompanyKind.CUSTOMER}
    assert any("does not list its carriers" in note for note in state.notes)
    page = next(iter(switch.pages(None, clock.now)))
    assert {"11", "12"} <= set(page.calls.dimension(Dimension.GATEWAY))


# -- records -------------------------------------------------------------------------------------------------------------


def test_a_record_becomes_a_call(demo: DemoSwitch, desk: Desk) -> None:
    calls = next(iter(desk.connect().pages(None, START))).calls
    world = demo._api.world
    query = records.CdrQuery(where=records.Where([Rule("dt", ">=", "2026-03-02 03:50:00")]), limit=1)
    for kind in (200, 486, 487):
        query.where.rules = [Rule("dt", ">=", "2026-03-02 03:50:00"), Rule("sip_code", "=", kind)]
        row = records.cdr(world, 3, query, True)[0]
        at = calls.ids.index(f"{row['callid']}/{row['callid_b']}")
        setup = ms(datetime.fromisoformat(row["dt"]).replace(tzinfo=UTC))
        ring = round(row["ring_duration"] * 1000)
        answer = setup + row["pdd_out"] + ring
        assert calls.setup_ms[at] == setup
        assert calls.pdd_ms[at] == (row["pdd_out"] or NO_TIME)
        assert calls.ring_ms[at] == (setup + row["pdd_out"] if row["pdd_out"] else NO_TIME)
        assert calls.answer_ms[at] == (answer if kind == 200 else NO_TIME)
        assert calls.talk_ms[at] == round(row["duration"] * 1000)
        assert calls.end_ms[at] == answer + calls.talk_ms[at]
        assert calls.billed_ms[at] == round(row["customer_duration"] * 1000)
        assert calls.income_u[at] == round(row["customer_charge"] * 1e6)
        assert calls.cost_u[at] == round(row["provider_charge"] * 1e6)
        assert (calls.sip_code[at], calls.sip_reason[at], calls.hangup[at]) == (kind, row["sip_reason"], row["release_reason"])
        names = {company.key: company.name for company in desk.connect().state(START).companies or ()}
        assert calls.dimension(Dimension.CLIENT)[at] == names[str(row["customer_id"])]
        assert calls.dimension(Dimension.GATEWAY)[at] == names[str(row["provider_id"])]
        assert calls.dimension(Dimension.CODE)[at] == row["customer_card_dest_code"]
        assert calls.dimension(Dimension.CODE_NAME)[at] == row["customer_card_dest_name"]
        assert calls.dimension(Dimension.DST)[at] == row["dest_number"]
        assert calls.dimension(Dimension.CURRENCY)[at] == "USD"


def test_whose_charge_is_the_cost_is_a_setting(desk: Desk) -> None:
    provider = next(iter(desk.connect().pages(None, START))).calls
    customer = next(iter(desk.connect(cost="customer").pages(None, START))).calls
    assert np.array_equal(customer.cost_u, provider.income_u)
    assert not customer.income_u.any()
    assert provider.cost_u.sum() < provider.income_u.sum()


def test_call_refused_by_the_switch_has_no_carrier(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    demo._api.world.set_status(101, "Penalty")
    clock.now += 2 * MINUTE
    calls = [page.calls for page in desk.connect(history_days="0.001").pages(None, clock.now)]
    refused = [
        carrier
        for page in calls
        for carrier, code in zip(page.dimension(Dimension.GATEWAY), page.sip_code.tolist(), strict=True)
        if code == 403
    ]
    assert refused
    assert set(refused) == {""}


def poll_for(desk: Desk, clock: Clock, span: timedelta, steps: Sequence[int], **options: str) -> Kept:
    """Poll with these waits in turn; then once after a minute, when every sweep is due."""
    switch, kept = desk.connect(**options), Kept()
    end, turn = clock.now + span, 0
    kept.read(switch, clock.now)
    while clock.now < end:
        clock.now += steps[turn % len(steps)] * SECOND
        turn += 1
        kept.read(switch, clock.now)
    return kept


@pytest.mark.parametrize("steps", [(30,), (5, 5, 5, 5, 5, 300), (119, 7), (1800, 60, 11)])
def test_no_record_is_missed_however_the_account_is_polled(
    demo: DemoSwitch, desk: Desk, clock: Clock, steps: Sequence[int]
) -> None:
    kept = poll_for(desk, clock, 150 * MINUTE, steps)
    clock.now += 3 * MINUTE
    kept.read(desk.connect(), clock.now)
    expected = truth(demo, START - 28 * MINUTE)
    assert len(expected) > 10_000
    assert expected - set(kept.found) == set()
    assert all(each["setup"] <= ms(clock.now) for each in kept.found.values())


@pytest.mark.parametrize("refuses", [False, True])
def test_no_record_is_missed_when_durations_cannot_be_filtered(
    demo: DemoSwitch, desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch, refuses: bool
) -> None:
    original = records._filtered

    def filtered(picked: Any, rules: Sequence[Rule]) -> Any:
        if refuses and any(rule.field == "duration" for rule in rules):
            raise Unprocessable("cannot filter by duration")
        return original(picked, [rule for rule in rules if rule.field != "duration"])

    monkeypatch.setattr(records, "_filtered", filtered)
    switch, kept = desk.connect(), Kept()
    for _ in range(45):
        kept.read(switch, clock.now)
        clock.now += 120 * SECOND
    clock.now += 11 * MINUTE
    kept.read(switch, clock.now)
    assert truth(demo, START - 25 * MINUTE) - set(kept.found) == set()
    assert any("cannot filter records by duration" in note for note in switch.state(clock.now).notes)


def test_failures_of_the_last_seconds_are_in_every_poll(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    switch, kept = desk.connect(), Kept()
    kept.read(switch, clock.now)
    for _ in range(12):
        clock.now += 5 * SECOND
        kept.read(switch, clock.now)
        visible = truth(demo, clock.now - MINUTE, ("callid", "callid_b"))
        assert visible - set(kept.found) == set()


def test_every_poll_is_complete_so_that_asr_never_reads_low(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    """Answered calls are as new as failed ones at every poll, however often it polls."""
    switch, kept = desk.connect(), Kept()
    for _ in range(40):
        kept.read(switch, clock.now)
        assert truth(demo, START, ("callid", "callid_b")) - set(kept.found) == set()
        clock.now += 5 * SECOND


def test_a_poll_asks_little(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    switch, kept = desk.connect(), Kept()
    kept.read(switch, clock.now)
    demo.requests_seen.clear()
    clock.now += 5 * SECOND
    assert 0 < kept.read(switch, clock.now) < 100
    assert len(demo.requests_seen) <= 5


def test_a_reading_that_was_broken_off_goes_on_where_it_was(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    kept = Kept()
    for _ in range(30):
        # the program is closed after two pages, and started a little later
        kept.read(desk.connect(history_days="0.2"), clock.now, most=2)
        clock.now += 10 * SECOND
    kept.read(desk.connect(history_days="0.2"), clock.now)
    clock.now += 3 * MINUTE
    kept.read(desk.connect(), clock.now)
    assert truth(demo, START - timedelta(days=0.19)) - set(kept.found) == set()


def test_a_page_that_was_not_kept_is_given_again(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    switch, kept = desk.connect(), Kept()
    kept.read(switch, clock.now)
    for _ in range(8):
        clock.now += 15 * SECOND
        for _ in switch.pages(kept.cursor, clock.now):
            pass  # the store failed: neither records nor cursor were kept
        kept.read(switch, clock.now)
        assert truth(demo, clock.now - MINUTE) - set(kept.found) == set()


def test_a_long_pause_is_caught_up(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    switch, kept = desk.connect(), Kept()
    kept.read(switch, clock.now)
    clock.now += 5 * HOUR
    kept.read(switch, clock.now)
    assert truth(demo, START - 28 * MINUTE) - set(kept.found) == set()


@pytest.mark.parametrize("wrong", [timedelta(minutes=7), -timedelta(minutes=7)])
def test_clocks_may_differ(demo: DemoSwitch, desk: Desk, clock: Clock, wrong: timedelta) -> None:
    switch, kept = desk.connect(), Kept()
    for _ in range(40):
        kept.read(switch, clock.now + wrong)
        clock.now += 60 * SECOND
    clock.now += 3 * MINUTE
    kept.read(switch, clock.now + wrong)
    assert truth(demo, START - 20 * MINUTE) - set(kept.found) == set()
    side = "behind" if wrong > timedelta(0) else "ahead of"
    assert any(f"420 s {side} this computer's" in note for note in switch.state(clock.now + wrong).notes)


def test_a_clock_that_was_set_back_does_not_stop_the_reading(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    kept = Kept()
    kept.cursor = f"[{ms(START + HOUR)},{ms(START + HOUR)},0,0,0,0,9]"
    assert kept.read(desk.connect(), clock.now) > 100


def test_a_damaged_cursor_is_said(desk: Desk) -> None:
    with pytest.raises(SwitchBadAnswer, match="note of it is damaged"):
        list(desk.connect().pages("{]", START))


@pytest.mark.parametrize("envelope", ["result", "data"])
def test_wrapped_arrays_are_read(clock: Clock, envelope: str) -> None:
    demo = DemoSwitch(seed=3, clock=clock, calls_per_s=2.0, envelope=envelope)
    desk = Desk(demo)
    try:
        switch, kept = desk.connect(), Kept()
        assert len(switch.state(START).companies or ()) == 18
        assert kept.read(switch, START) > 1000
    finally:
        desk.close()
        demo.stop()


# -- accounts without failed calls ---------------------------------------------------------------------------------------


def test_attempts_come_from_the_statistics_where_records_hold_no_failures(clock: Clock) -> None:
    demo = DemoSwitch(seed=3, clock=clock, calls_per_s=2.0, holds_failed_calls=False)
    desk = Desk(demo)
    try:
        switch, kept = desk.connect(), Kept()
        for _ in range(30):
            kept.read(switch, clock.now)
            clock.now += 30 * SECOND
        kept.read(switch, clock.now)
        assert any("hold no failed calls" in note for note in switch.state(clock.now).notes)
        demo._api.holds_failed_calls = True  # to see what really was
        since, until = START - 20 * MINUTE, clock.now - 6 * MINUTE
        total = len(truth(demo, since)) - len(truth(demo, until))
        here = [each for each in kept.found.values() if ms(since) <= each["setup"] < ms(until)]
        assert len(here) == pytest.approx(total, rel=0.005)
        failed = [each for each in here if each["code"] == 0]
        assert 0.4 < len(failed) / len(here) < 0.65
        assert {"acme", "initech", "quillon"} <= {each["client"] for each in failed}
    finally:
        desk.close()
        demo.stop()


def test_whether_failures_are_held_is_asked_once(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    switch, kept = desk.connect(), Kept()
    for _ in range(5):
        kept.read(switch, clock.now)
        clock.now += 30 * SECOND
    assert sum(b"sip_code" in seen.body and b'"limit":1,' in seen.body for seen in demo.requests_seen) == 1
    assert not [seen for seen in demo.requests_seen if seen.path == "breakout-aggrid"]


def test_when_no_failure_can_be_found_it_is_said_and_asked_again(clock: Clock) -> None:
    demo = DemoSwitch(seed=3, clock=clock, calls_per_s=2.0, holds_failed_calls=False)
    desk = Desk(demo)
    try:
        switch, kept = desk.connect(), Kept()
        demo.fail(FailMode.FORBIDDEN, path="breakout")
        kept.read(switch, clock.now)
        assert any("not known whether" in note for note in switch.state(clock.now).notes)
        demo.fail(None)
        clock.now += 61 * MINUTE
        kept.read(switch, clock.now)
        assert any("hold no failed calls" in note for note in switch.state(clock.now).notes)
    finally:
        desk.close()
        demo.stop()


def test_the_address_may_be_given_without_its_path(desk: Desk) -> None:
    switch = desk.connect(base_url=desk.base.removesuffix("/api/cp/"))
    assert len(switch.state(START).companies or ()) == 18


# -- the check -----------------------------------------------------------------------------------------------------------


def test_the_check_goes_step_by_step(demo: DemoSwitch, desk: Desk) -> None:
    steps = list(desk.connect(live_path=demo.live_path).check(START))
    assert all(step.ok for step in steps), steps
    assert [step.what for step in steps] == [
        "Reach the account",
        "Compare clocks",
        "Sign in",
        "Read customers and carriers",
        "Read call records",
        "Failed calls included?",
        "Read channels",
    ]
    assert steps[2].answer == "signed in as Demo switch"
    assert steps[3].answer == "12 customers, 6 carriers"
    assert steps[5].answer.startswith("yes")


def test_the_check_ends_at_the_step_that_fails(demo: DemoSwitch, desk: Desk) -> None:
    steps = list(desk.connect({"token": "wrong"}).check(START))
    assert [(step.what, step.ok) for step in steps][-1] == ("Sign in", False)
    assert len(steps) == 3
    demo.fail(FailMode.FORBIDDEN, path="setup")
    assert all(step.ok for step in desk.connect().check(START))
    demo.stop()
    steps = list(desk.connect().check(START))
    assert [(step.what, step.ok) for step in steps] == [("Reach the account", False)]
    assert "connection refused" in steps[0].answer


# -- failures ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "kind", "says"),
    [
        (FailMode.ERROR_500, SwitchBadAnswer, "HTTP 500"),
        (FailMode.GARBAGE, SwitchBadAnswer, "no JSON"),
        (FailMode.HTML, SwitchBadAnswer, "a web page"),
        (FailMode.NAN, SwitchBadAnswer, "no JSON"),
        (FailMode.HALF_PAGE, SwitchBadAnswer, "breaks off"),
        (FailMode.NOTHING, SwitchUnreachable, "cannot be reached"),
        (FailMode.HANG, SwitchUnreachable, "no answer in time"),
        (FailMode.TRICKLE, SwitchUnreachable, "no answer in time"),
        (FailMode.HUGE, SwitchBadAnswer, "over 48 MB"),
        (FailMode.WRONG_SHAPE, SwitchBadAnswer, "where a list was asked for"),
        (FailMode.UNAUTHORIZED, SwitchRefused, "HTTP 401"),
        (FailMode.FORBIDDEN, SwitchRefused, "HTTP 403"),
        (FailMode.REDIRECT, SwitchBadAnswer, "sends us on to localhost, which is not followed"),
    ],
)
def test_every_failure_is_one_sentence_and_it_recovers(
    demo: DemoSwitch, desk: Desk, clock: Clock, mode: FailMode, kind: type[SwitchError], says: str
) -> None:
    switch, kept = desk.connect(timeout_s="0.3"), Kept()
    switch.state(clock.now)
    kept.read(switch, clock.now)
    demo.fail(mode)
    clock.now += MINUTE
    for attempt in (lambda: switch.state(clock.now), lambda: kept.read(switch, clock.now)):
        with pytest.raises(kind, match=says) as caught:
            attempt()
        sentence = caught.value.sentence
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert len(sentence) < 250
        assert demo.token not in sentence
    demo.fail(None)
    switch.state(clock.now)
    kept.read(switch, clock.now)
    assert truth(demo, START - 25 * MINUTE) - set(kept.found) == set()


def test_credentials_stay_here_when_the_switch_sends_us_on(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    other = DemoSwitch(clock=clock)
    try:
        demo.redirect_to = other.start() + "customer"
        demo.fail(FailMode.REDIRECT)
        with pytest.raises(SwitchBadAnswer, match="not followed"):
            desk.connect().state(START)
        assert not other.requests_seen
    finally:
        other.stop()


def test_too_many_requests_are_waited_out_then_said(demo: DemoSwitch, desk: Desk) -> None:
    demo.fail(FailMode.TOO_MANY, times=1)
    switch = desk.connect()
    assert len(switch.state(START).companies or ()) == 18
    demo.fail(FailMode.TOO_MANY)
    demo.requests_seen.clear()
    with pytest.raises(SwitchRefused, match="HTTP 429"):
        switch.state(START + MINUTE)
    assert len(demo.requests_seen) == 3


def test_an_idle_connection_that_was_closed_is_opened_again(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    switch = desk.connect()
    switch.state(clock.now)
    demo.stop()
    demo.start()
    clock.now += MINUTE
    assert len(switch.state(clock.now).companies or ()) == 18


def test_one_request_at_a_time(demo: DemoSwitch, desk: Desk, clock: Clock) -> None:
    for _ in range(3):  # one slot is left
        assert demo._slots.acquire(blocking=False)
    switch, kept = desk.connect(live_path=demo.live_path), Kept()
    switch.state(clock.now)
    assert kept.read(switch, clock.now) > 1000
    assert all(seen.status == 200 for seen in demo.requests_seen)
    demo._slots.release(3)
