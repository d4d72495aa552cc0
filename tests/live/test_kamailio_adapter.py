"""The Kamailio adapter against a real Kamailio that carries real calls."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
import pytest

from noc_alerts.metrics.columns import NO_TIME
from noc_alerts.model.companies import CompanyKind, Dimension, ReadingKind
from noc_alerts.switches import kamailio_records
from noc_alerts.switches.kamailio import Kamailio
from noc_alerts.switches.kamailio_rpc import Rpc
from noc_alerts.switches.protocol import LiveCall, State

from .conftest import Rig

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(900)]

SECONDS, CPS = 25, 40
POLL_S = 1.0


@dataclass
class Seen:
    """What a poller saw while traffic ran. `rows`: record id -> (call id, setup, answer, end)."""

    rows: dict[str, tuple[str, int, int, int]] = field(default_factory=dict)
    given: int = 0
    late: int = 0
    live: dict[str, LiveCall] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    states: list[State] = field(default_factory=list)
    state_ms: list[float] = field(default_factory=list)


def poll(switch: Kamailio, cursor: str | None, seen: Seen) -> str | None:
    """Do one poll as the poll thread does: first the state, then all pages; give the new cursor."""
    now = datetime.now(UTC)
    began = time.perf_counter()
    state = switch.state(now)
    seen.state_ms.append((time.perf_counter() - began) * 1000)
    seen.states.append(state)
    assert state.live is not None
    for call in state.live:
        seen.live[call.call_id] = call
        if call.answer_ms is not None:
            assert seen.answered.setdefault(call.call_id, call.answer_ms) == call.answer_ms
    top = int(cursor or 0)
    for page in switch.pages(cursor, now):
        assert page.bad == ()
        calls = page.calls
        seen.given += len(calls)
        times = zip(calls.setup_ms.tolist(), calls.answer_ms.tolist(), calls.end_ms.tolist(), strict=True)
        for record, call_id, (setup, answer, end) in zip(calls.ids, calls.call_ids, times, strict=True):
            if record not in seen.rows and int(record.split("-")[0]) <= top:
                seen.late += 1
            seen.rows[record] = (call_id, setup, answer, end)
        cursor = page.cursor
    return cursor


@pytest.fixture
def switch(rig: Rig) -> Iterator[Kamailio]:
    it = Kamailio(rig.options, rig.secrets, 7)
    yield it
    it.close()


@pytest.fixture(scope="module")
def seen(rig: Rig) -> Seen:
    """Run traffic, and poll once a second until the last call's record is read."""
    switch, found, cursor = Kamailio(rig.options, rig.secrets, 7), Seen(), None
    process = rig.traffic(SECONDS, CPS)
    try:
        tick = threading.Event()
        while process.poll() is None:
            cursor = poll(switch, cursor, found)
            tick.wait(POLL_S)
        poll(switch, cursor, found)
    finally:
        process.terminate()
        process.communicate()
        switch.close()
    return found


def table_rows(rig: Rig) -> list[tuple[int, str, float, float | None, float]]:
    """Read the whole table past the adapter, by PostgreSQL's own driver."""
    query = "SELECT id, callid, t_setup, t_answer, coalesce(t_end, t_answer + duration::numeric) FROM acc_cdrs ORDER BY id"
    with psycopg.connect(rig.database_url, password=rig.database_password) as connection:
        return connection.execute(query).fetchall()


def test_every_record_is_read_and_none_is_lost(rig: Rig, seen: Seen) -> None:
    newest = max(int(record.split("-")[0]) for record in seen.rows)
    rows = [row for row in table_rows(rig) if row[0] <= newest]  # another test's traffic may follow
    assert len(rows) >= SECONDS * CPS
    assert {int(record.split("-")[0]) for record in seen.rows} == {row[0] for row in rows}
    assert len(seen.rows) == len(rows)
    by_id = {int(record.split("-")[0]): row for record, row in seen.rows.items()}
    for row_id, callid, setup, answer, end in rows:
        times = (round(setup * 1000), NO_TIME if answer is None else round(answer * 1000), round(end * 1000))
        assert by_id[row_id] == (callid, *times)
    print(  # noqa: T201 - the figures of this run, shown with -s
        f"\n{len(rows)} records in {len(seen.states)} polls, {seen.given} given with re-reads, {seen.late} late; "
        f"state() median {np.median(seen.state_ms):.1f} ms, worst {max(seen.state_ms):.1f} ms, "
        f"up to {max(len(s.live or ()) for s in seen.states)} calls in progress"
    )


def test_calls_in_progress_join_their_records_and_agree_on_the_times(seen: Seen) -> None:
    assert len(seen.live) > SECONDS * CPS * 0.3
    records = {call_id: (setup, answer) for call_id, setup, answer, _ in seen.rows.values()}
    assert set(seen.live) <= set(records)
    setups = {call_id: call.setup_ms for call_id, call in seen.live.items()}
    assert setups == {call_id: records[call_id][0] for call_id in seen.live}
    assert len(seen.answered) > 50
    assert seen.answered == {call_id: records[call_id][1] for call_id in seen.answered}


def test_companies_are_customers_and_carriers(seen: Seen) -> None:
    companies = seen.states[-1].companies
    assert companies is not None
    names = {kind: [c.name for c in companies if c.kind is kind] for kind in CompanyKind}
    assert names[CompanyKind.CUSTOMER] == ["acme", "globex", "initech", "umbrella"]
    assert names[CompanyKind.CARRIER] == ["alpha", "bravo", "charlie"]
    assert {call.text[Dimension.GATEWAY] for call in seen.live.values()} == {"alpha", "bravo", "charlie"}


def test_balances_fall_as_calls_end(seen: Seen) -> None:
    def balances(state: State) -> dict[str, float]:
        return {r.name: r.value for r in state.readings if r.what is ReadingKind.BALANCE}

    first, last = balances(seen.states[0]), balances(seen.states[-1])
    assert set(first) == {"acme", "globex", "initech", "umbrella"}
    assert all(last[name] < first[name] for name in first)


def test_channels_are_what_the_switch_counts_itself(rig: Rig, switch: Kamailio, seen: Seen) -> None:
    """Compare with dlg.profile_get_size; only moments count in which no call came or went, by the switch's own counters."""
    del seen  # traffic of its own, after that of the others
    process = rig.traffic(8, 20)
    compared = 0
    try:
        tick = threading.Event()
        deadline = time.monotonic() + 60
        while compared < 20 and time.monotonic() < deadline:
            tick.wait(0.3)
            moved, before = rig.rpc("stats.fetchn", "dialog:"), sizes(rig)
            state = switch.state(datetime.now(UTC))
            after, still = sizes(rig), rig.rpc("stats.fetchn", "dialog:")
            channels = {(r.kind, r.name): r.value for r in state.readings if r.what is ReadingKind.CHANNELS}
            if moved == still and before == after and before[None, ""]:
                assert {key: channels[key] for key in before} == before
                compared += 1
        assert compared == 20
    finally:
        process.terminate()
        process.communicate()


def sizes(rig: Rig) -> dict[tuple[CompanyKind | None, str], int]:
    """Ask the switch for the size of each profile."""
    found: dict[tuple[CompanyKind | None, str], int] = {(None, ""): rig.rpc("dlg.stats_active")["all"]}
    for kind, profile, names in (
        (CompanyKind.CUSTOMER, "customer", ("acme", "globex", "initech", "umbrella")),
        (CompanyKind.CARRIER, "carrier", ("alpha", "bravo", "charlie")),
    ):
        for name in names:
            found[kind, name] = rig.rpc("dlg.profile_get_size", profile, name)
    return found


def test_what_is_not_on_the_list_is_never_asked(rig: Rig) -> None:
    before = rig.rpc("core.uptime")["up_since"]
    it = Rpc(rig.http_url, rig.api_key)
    try:
        for method in ("core.kill", "htable.flush", "dlg.end_dlg", "htable.seti", "dispatcher.set_state"):
            with pytest.raises(ValueError, match="not among the methods"):
                it.call(method, str)
    finally:
        it.close()
    assert rig.rpc("core.uptime")["up_since"] == before


def test_a_connection_test_goes_through(rig: Rig, switch: Kamailio, seen: Seen) -> None:
    del rig, seen
    steps = list(switch.check(datetime.now(UTC)))
    assert [step.what for step in steps if not step.ok] == []
    assert len(steps) == 6
    assert int(steps[4].answer.split()[0].replace(",", "")) > 500


def test_refusals_are_told_without_the_secrets(rig: Rig) -> None:
    for secrets in ({**rig.secrets, "api_key": "wrong-key"}, {**rig.secrets, "database_password": "wrong-password"}):
        it = Kamailio(rig.options, secrets)
        try:
            last = list(it.check(datetime.now(UTC)))[-1]
        finally:
            it.close()
        assert not last.ok
        assert "refuses" in last.answer
        assert "127.0.0.1" in last.answer
        assert "wrong-" not in last.answer


def test_reading_begins_where_history_ends(rig: Rig, seen: Seen) -> None:
    newest = max(row[3] for row in seen.rows.values())
    now = datetime.fromtimestamp(newest / 1000, UTC) + timedelta(seconds=1)
    since_ms = newest - 10_000
    it = Kamailio({**rig.options, "history_days": repr(11 / 86_400)}, rig.secrets)
    try:
        # later than now by the clock: a call that hung on may have ended since the records were read
        later = max(now, datetime.now(UTC)) + timedelta(minutes=2)
        got = {record for page in it.pages(None, later) for record in page.calls.ids}
        assert got == set()
        got = {record for page in it.pages(None, now) for record in page.calls.ids}
    finally:
        it.close()
    wanted = {record for record, row in seen.rows.items() if row[3] >= since_ms}
    assert wanted <= got
    assert len(got) < len(seen.rows) / 2


def test_a_database_process_that_hangs_keeps_no_thread(rig: Rig, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen.rows
    monkeypatch.setattr(kamailio_records, "GIVE_UP_S", 1)
    it = Kamailio(rig.options, rig.secrets)
    find = "SELECT pid FROM pg_stat_activity WHERE application_name = 'noc_alerts' ORDER BY backend_start DESC LIMIT 1"
    try:
        before = [int(page.cursor) for page in it.pages("0", datetime.now(UTC))]
        with psycopg.connect(rig.database_url, password=rig.database_password) as connection:
            row = connection.execute(find).fetchone()
        assert row is not None
        os.kill(row[0], signal.SIGSTOP)
        try:
            began = time.monotonic()
            after = [int(page.cursor) for page in it.pages("0", datetime.now(UTC))]
            assert after >= before, "all is read by a new connection"
            assert 0.9 < time.monotonic() - began < 5
        finally:
            os.kill(row[0], signal.SIGCONT)
    finally:
        it.close()


def test_a_restart_shows_in_up_since(rig: Rig, switch: Kamailio, seen: Seen) -> None:
    del seen
    before = switch.state(datetime.now(UTC)).up_since
    again = switch.state(datetime.now(UTC)).up_since
    assert before is not None
    assert again == before
    rig.restart_switch()
    after = switch.state(datetime.now(UTC)).up_since
    assert after is not None
    assert after > before
    assert abs(datetime.now(UTC) - after) < timedelta(seconds=30)
