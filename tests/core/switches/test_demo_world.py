"""The demo switch's world: the same for a seed, plausible as traffic, and moved by its clock alone."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from noc_alerts.switches.demo import plan
from noc_alerts.switches.demo.incidents import Incident, IncidentKind, between
from noc_alerts.switches.demo.records import CdrQuery, Order, Row, Rule, Unprocessable, Where, cdr, times
from noc_alerts.switches.demo.reports import BreakoutQuery, breakout, customer_rows
from noc_alerts.switches.demo.world import World

START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def make(seed: int = 1, history: timedelta = 6 * HOUR, calls_per_s: float = 10.0, start: datetime = START) -> World:
    return World(seed, start, history, calls_per_s)


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def query(since: datetime, until: datetime, *rules: Rule, fields: list[str] | None = None, limit: int = 5000) -> CdrQuery:
    dates = [Rule("dt", ">=", text(since)), Rule("dt", "<", text(until))]
    return CdrQuery(fields or [], Where([*dates, *rules]), limit, [Order("dt")])


def all_rows(world: World, since: datetime, until: datetime, fields: list[str], *rules: Rule) -> list[Row]:
    """Read a span in slices that stay under the limit."""
    rows: list[Row] = []
    step = timedelta(minutes=4)
    while since < until:
        part = cdr(world, 1, query(since, min(since + step, until), *rules, fields=fields), holds_failed=True)
        assert len(part) < 5000
        rows += part
        since += step
    return rows


def asr(rows: list[Row]) -> float:
    return 100 * sum(row["sip_code"] == 200 for row in rows) / len(rows)


def incident(world: World, kind: IncidentKind, who: str) -> Incident:
    return next(each for each in world.incidents() if each.kind is kind and each.who == who)


@pytest.fixture(scope="module")
def hour_later() -> World:
    world = make()
    world.advance(START + HOUR)
    return world


def test_same_seed_and_start_give_the_same_world_however_often_the_clock_steps() -> None:
    smooth, jumpy = make(), make()
    for second in range(0, 1801, 7):
        smooth.advance(START + timedelta(seconds=second))
    for moment in (START + timedelta(seconds=1801),):
        smooth.advance(moment)
        jumpy.advance(moment)
    wanted = query(START - timedelta(minutes=5), START + timedelta(minutes=30))
    assert cdr(smooth, 1, wanted, True) == cdr(jumpy, 1, wanted, True)
    assert customer_rows(smooth) == customer_rows(jumpy)
    assert smooth.live() == jumpy.live()


def test_another_seed_gives_another_world() -> None:
    wanted = query(START - HOUR, START)
    one = cdr(make(seed=1), 1, wanted, True)
    two = cdr(make(seed=2), 2, wanted, True)
    assert one[:50] != two[:50]


def test_six_hours_of_history_are_there_at_once_and_no_more() -> None:
    world = make()
    first = cdr(world, 1, query(START - 24 * HOUR, START, limit=1), True)[0]
    assert text(START - 6 * HOUR)[:16] == first["dt"][:16]
    counts = [len(all_rows(world, START - n * HOUR, START - n * HOUR + timedelta(minutes=4), ["dt"])) for n in (6, 3, 1)]
    assert all(1200 < count < 3600 for count in counts), counts


def test_old_calls_are_dropped_and_memory_stays_bounded() -> None:
    world = make(history=HOUR)
    for step in range(40):
        world.advance(START + step * timedelta(minutes=30))
        list(world.chunks(0, 1 << 60))
    held = len(world._chunks)
    assert held <= 16, held
    now = START + 39 * timedelta(minutes=30)
    assert cdr(world, 1, query(START, now, limit=1), True)[0]["dt"] >= text(now - HOUR)[:23]


def test_reading_a_long_history_does_not_keep_all_of_it() -> None:
    world = make(history=timedelta(days=14), calls_per_s=2)
    seen = sum(len(calls) for _, calls in world.chunks(0, 1 << 60))
    assert 14 * 86_400 * 2 * 0.7 < seen < 14 * 86_400 * 2 * 1.3
    assert len(world._chunks) < 100


def test_dropped_history_comes_back_the_same() -> None:
    world = make(history=timedelta(days=2), calls_per_s=2)
    wanted = query(START - 40 * HOUR, START - 39 * HOUR)
    before = cdr(world, 1, wanted, True)
    list(world.chunks(0, 1 << 60))
    assert cdr(world, 1, wanted, True) == before


def test_a_record_appears_when_its_call_has_ended() -> None:
    world = make()
    fields = ["dt", "callid", "duration", "pdd_in", "ring_duration", "sip_code"]
    seen: dict[str, str] = {}
    for second in range(0, 600, 5):
        now = START + timedelta(seconds=second)
        world.advance(now)
        for row in cdr(world, 1, query(now - timedelta(minutes=4), now, fields=fields), True):
            seen.setdefault(row["callid"], row["dt"])
            begun = datetime.fromisoformat(row["dt"]).replace(tzinfo=UTC)
            took = row["duration"] + row["ring_duration"] + max(0, row["pdd_in"] - 12) / 1000
            assert begun + timedelta(seconds=took) <= now + timedelta(milliseconds=2)
    # dated at the start, so records arrive out of order: a poller that only moves on would lose them
    order = list(seen.values())
    assert order != sorted(order)
    everything = all_rows(world, START - timedelta(minutes=4), START + timedelta(seconds=595), fields)
    missed = [row for row in everything if row["callid"] not in seen]
    assert missed
    assert all(row["duration"] > 180 for row in missed)
    assert len({row["callid"] for row in everything}) == len(everything)


@pytest.mark.parametrize(("who", "low", "high"), [("alpha", 46, 60), ("bravo", 44, 58), ("charlie", 36, 52), ("foxtrot", 30, 48)])
def test_carriers_answer_as_their_plan_says(hour_later: World, who: str, low: float, high: float) -> None:
    carrier = next(each for each in plan.CARRIERS if each.name == who)
    bad = [(each.begins_at, each.ends_at) for each in hour_later.incidents()]
    rows = all_rows(hour_later, START - 3 * HOUR, START - HOUR, ["dt", "sip_code"], Rule("provider_id", "=", carrier.id))
    calm = [row for row in rows if not any(text(begin)[:23] <= row["dt"] < text(end)[:23] for begin, end in bad)]
    assert low < asr(calm) < high
    assert len(calm) > 3000


def test_the_share_of_a_pinned_customer_goes_to_its_carrier_alone(hour_later: World) -> None:
    rows = all_rows(hour_later, START - HOUR, START, ["customer_id", "provider_id"], Rule("customer_id", "=", 103))
    assert {row["provider_id"] for row in rows} == {12}


def test_failures_end_with_the_usual_codes(hour_later: World) -> None:
    rows = all_rows(hour_later, START - HOUR, START, ["sip_code", "sip_reason", "duration", "customer_charge", "ring_duration"])
    codes = {row["sip_code"] for row in rows}
    assert codes == {200, 404, 408, 480, 486, 487, 500, 503}
    failed = [row for row in rows if row["sip_code"] >= 300]
    assert all(row["duration"] == 0 and row["customer_charge"] == 0 for row in failed)
    gave_up = [row for row in failed if row["sip_code"] == 487]
    assert 0.2 < len(gave_up) / len(failed) < 0.42
    assert all(row["ring_duration"] > 0 and row["sip_reason"] == "Request Terminated" for row in gave_up)


def test_long_calls_exist_and_none_is_longer_than_two_hours(hour_later: World) -> None:
    rows = all_rows(hour_later, START - 4 * HOUR, START - 2 * HOUR, ["duration"], Rule("sip_code", "=", 200))
    longest = max(row["duration"] for row in rows)
    assert 1800 < longest <= 7200
    mean = np.mean([row["duration"] for row in rows])
    assert 120 < mean < 260


def test_the_first_incident_comes_soon_and_carrier_and_pinned_customer_fall_with_it() -> None:
    world = make()
    world.advance(START + timedelta(minutes=6))
    first = next(each for each in world.incidents() if each.begins_at > START)
    assert first.kind is IncidentKind.ASR_COLLAPSE
    assert first.who == "bravo"
    assert timedelta(seconds=15) <= first.begins_at - START <= timedelta(seconds=45)
    assert timedelta(minutes=2) <= first.ends_at - first.begins_at <= timedelta(minutes=4)
    during = all_rows(world, first.begins_at, first.ends_at, ["sip_code"], Rule("provider_id", "=", 12))
    before = all_rows(world, first.begins_at - timedelta(minutes=20), first.begins_at, ["sip_code"], Rule("provider_id", "=", 12))
    pinned = all_rows(world, first.begins_at, first.ends_at, ["sip_code"], Rule("customer_id", "=", 103))
    assert asr(during) < 12 < 40 < asr(before)
    assert asr(pinned) < 15
    assert len(during) > 100


def test_pdd_rise_short_calls_and_spike_show_in_the_records(hour_later: World) -> None:
    slow = incident(hour_later, IncidentKind.PDD_RISE, "charlie")
    fields = ["pdd_out", "duration", "sip_code", "customer_charge"]
    rang = Rule("pdd_out", ">", 0)
    here, usual = (
        np.mean([row["pdd_out"] for row in all_rows(hour_later, begin, end, fields, Rule("provider_id", "=", 13), rang)])
        for begin, end in ((slow.begins_at, slow.ends_at), (slow.begins_at - HOUR, slow.begins_at - HOUR / 2))
    )
    assert here > usual + 4000

    short = incident(hour_later, IncidentKind.SHORT_CALLS, "delta")
    rows = all_rows(hour_later, short.begins_at, short.ends_at, fields, Rule("provider_id", "=", 14), Rule("sip_code", "=", 200))
    assert 1 < np.mean([row["duration"] for row in rows]) < 20

    spike = incident(hour_later, IncidentKind.TRAFFIC_SPIKE, "globex")
    expensive = Rule("customer_card_dest_code", "=", spike.code or "")
    during = all_rows(hour_later, spike.begins_at, spike.ends_at, fields, Rule("customer_id", "=", 102), expensive)
    before = all_rows(hour_later, spike.begins_at - HOUR, spike.begins_at, fields, Rule("customer_id", "=", 102), expensive)
    span = (spike.ends_at - spike.begins_at) / HOUR
    assert len(during) / span > 10 * len(before)
    assert sum(row["customer_charge"] for row in during) > 50


def test_incidents_follow_each_other_and_do_not_overlap() -> None:
    found = list(between(1, START, START - 24 * HOUR, START + 24 * HOUR))
    assert len(found) > 24 * 60 / 25 + 24 * 12 - 5
    assert all(one.ends_at < two.begins_at for one, two in pairwise(found))
    assert {each.kind for each in found} == set(IncidentKind)
    for part in (found[3], found[-3]):
        inside = part.begins_at + timedelta(seconds=30)
        assert list(between(1, START, inside, inside + timedelta(seconds=1))) == [part]


def test_balances_fall_and_are_topped_up() -> None:
    world = make()
    available: dict[str, list[float]] = {customer.name: [] for customer in plan.CUSTOMERS}
    for minute in range(8 * 60):
        world.advance(START + timedelta(minutes=minute))
        for place, customer in enumerate(plan.CUSTOMERS):
            available[customer.name].append(world.credit(place) + customer.debit_limit)
    full = {customer.name: customer.balance for customer in plan.CUSTOMERS}
    for name, values in available.items():
        steps = np.diff(values)
        assert (steps < 0).sum() > 0.8 * len(steps), name
        # a long call that ends when little is left may overdraw an account, for a moment
        assert min(values) > -0.03 * full[name], name
        assert sum(value < 0 for value in values) <= 10, name
    topped_up = sum((np.diff(values) > 100).any() for values in available.values())
    assert topped_up >= 4


def test_the_balance_falls_by_what_the_ended_calls_cost() -> None:
    world = make(start=START)
    before = {row["name"]: float(row["credit"]) for row in customer_rows(world)}
    world.advance(START + timedelta(minutes=2))
    after = {row["name"]: float(row["credit"]) for row in customer_rows(world)}
    spent: dict[int, float] = {}
    rows = all_rows(
        world, START - timedelta(hours=3), START + timedelta(minutes=2),
        ["dt", "duration", "pdd_out", "ring_duration", "customer_id", "customer_charge"], Rule("duration", ">", 0),
    )  # fmt: skip
    for row in rows:
        begun = datetime.fromisoformat(row["dt"]).replace(tzinfo=UTC)
        end = begun + timedelta(seconds=row["duration"] + row["ring_duration"], milliseconds=row["pdd_out"])
        if end > START:
            spent[row["customer_id"]] = spent.get(row["customer_id"], 0.0) + row["customer_charge"]
    for customer in plan.CUSTOMERS:
        assert before[customer.name] - after[customer.name] == pytest.approx(spent.get(customer.id, 0.0), abs=0.02)


def test_a_low_balance_incident_uses_up_the_balance_and_a_payment_ends_it() -> None:
    world = make()
    world.advance(START + timedelta(minutes=25))
    low = incident(world, IncidentKind.LOW_BALANCE, "umbrella")
    world = make()
    world.advance(low.begins_at)
    place = [customer.name for customer in plan.CUSTOMERS].index("umbrella")
    before = world.credit(place)
    world.advance(low.ends_at)
    assert world.credit(place) < 0.1 * before
    world.advance(low.ends_at + timedelta(minutes=6))
    assert world.credit(place) > 2000


def test_a_status_acts_on_new_calls_only() -> None:
    world, other = make(), make()
    at = START + timedelta(minutes=12, seconds=34)
    later = at + timedelta(minutes=25)
    world.advance(at)
    in_progress = world.live().customers[101][0]
    world.set_status(101, "Penalty")
    world.set_status(12, "Inactive")
    assert world.live().customers[101][0] == in_progress > 20
    for each in (world, other):
        each.advance(later)
    fields = ["dt", "callid", "sip_code", "sip_reason", "provider_id", "customer_id", "duration"]
    before = query(START - timedelta(minutes=10), at, fields=fields)
    # every call set up before the change ends as it would have ended
    assert cdr(world, 1, before, True)[:4000] == cdr(other, 1, before, True)[:4000]
    after = all_rows(world, at + timedelta(milliseconds=1), later, fields)
    acme = [row for row in after if row["customer_id"] == 101]
    assert {(row["sip_code"], row["sip_reason"], row["provider_id"]) for row in acme} == {(403, "Customer disabled", None)}
    assert not [row for row in after if row["provider_id"] == 12]
    pinned = [row for row in after if row["customer_id"] == 103]
    assert {(row["sip_code"], row["sip_reason"]) for row in pinned} == {(503, "No carrier available")}
    world.set_status(101, "Active")
    world.set_status(12, "Active")
    world.advance(later + timedelta(minutes=10))
    again = all_rows(world, later + timedelta(milliseconds=1), later + timedelta(minutes=10), fields)
    assert {row["provider_id"] for row in again} == {11, 12, 13, 14, 15, 16}
    assert [row for row in again if row["customer_id"] == 101 and row["sip_code"] == 200]


def test_live_counts_agree_with_the_records() -> None:
    world = make()
    now = START + timedelta(minutes=7)
    world.advance(now)
    live = world.live()
    # every call in progress now is a record later
    world.advance(now + timedelta(hours=3))
    fields = ["dt", "duration", "pdd_out", "ring_duration", "customer_id", "sip_code"]
    rows = all_rows(world, now - timedelta(hours=3), now, fields, Rule("sip_code", "=", 200), Rule("customer_id", "=", 101))
    up = 0
    for row in rows:
        begun = datetime.fromisoformat(row["dt"]).replace(tzinfo=UTC)
        up += begun + timedelta(seconds=row["duration"] + row["ring_duration"], milliseconds=row["pdd_out"]) > now
    ringing_failures = live.customers[101][0] - up
    assert 0 <= ringing_failures < 0.25 * up
    assert 1 < sum(cps for _, cps in live.customers.values()) < 25
    assert sum(count for count, _ in live.customers.values()) == sum(count for count, _ in live.carriers.values())


def test_breakout_counts_what_the_records_hold(hour_later: World) -> None:
    begin, end = START - timedelta(minutes=30), START - timedelta(minutes=20)
    rows = breakout(
        hour_later,
        BreakoutQuery(("customer_id", "provider_id"), (), text(begin), text(end - timedelta(minutes=1)), end_row=10_000),
    )
    records = all_rows(hour_later, begin, end, ["customer_id", "provider_id", "sip_code", "duration", "customer_charge"])
    assert sum(row["attempts"] for row in rows) == len(records)
    one = next(row for row in rows if (row["customer_id"], row["provider_id"]) == (101, 11))
    same = [row for row in records if (row["customer_id"], row["provider_id"]) == (101, 11)]
    assert one["attempts"] == len(same)
    assert one["connected"] == sum(row["sip_code"] == 200 for row in same)
    assert one["duration"] == pytest.approx(sum(row["duration"] for row in same), abs=0.01)
    assert one["customer_charge"]["USD"] == pytest.approx(sum(row["customer_charge"] for row in same), abs=1e-4)
    assert one["asr"] == pytest.approx(asr(same), abs=0.01)


def test_a_query_without_a_date_range_is_refused(hour_later: World) -> None:
    with pytest.raises(Unprocessable, match="date range"):
        cdr(hour_later, 1, CdrQuery(["dt"]), True)
    with pytest.raises(Unprocessable, match="date range"):
        cdr(hour_later, 1, CdrQuery(["dt"], Where([Rule("dt", "<", text(START))])), True)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (CdrQuery(["dt"], Where([Rule("dt", ">=", "yesterday")])), "dt must be"),
        (CdrQuery(["dt"], Where([Rule("dt", ">=", "2026-02-31 00:00:00")])), "no date"),
        (CdrQuery(["colour"], Where([Rule("dt", ">=", text(START))])), "unknown field"),
        (CdrQuery(["dt"], Where([Rule("dt", "like", "2026-01-01")])), "unknown condition"),
        (CdrQuery(["dt"], Where([Rule("dt", ">=", text(START))]), limit=5001), "limit"),
        (CdrQuery(["dt"], Where([Rule("dt", ">=", text(START)), Rule("sip_code", "=", "x")])), "no number"),
    ],
)
def test_nonsense_is_refused_with_its_reason(hour_later: World, wrong: CdrQuery, why: str) -> None:
    with pytest.raises(Unprocessable, match=why):
        cdr(hour_later, 1, wrong, True)


def test_order_limit_and_paging(hour_later: World) -> None:
    since, until = START - timedelta(minutes=6), START
    down = query(since, until, fields=["dt", "callid"], limit=700)
    down.order = [Order("dt", "DESC")]
    newest = cdr(hour_later, 1, down, True)
    assert len(newest) == 700
    assert newest == sorted(newest, key=lambda row: row["dt"], reverse=True)
    everything = cdr(hour_later, 1, query(since, until, fields=["dt", "callid"]), True)
    assert [row["dt"] for row in everything[-700:]] == [row["dt"] for row in reversed(newest)]
    paged: list[Row] = []
    while True:
        after = Rule("dt", ">", paged[-1]["dt"]) if paged else Rule("dt", ">=", text(since))
        page = cdr(hour_later, 1, CdrQuery(["dt", "callid"], Where([after, Rule("dt", "<", text(until))]), 1000), True)
        paged += page
        if len(page) < 1000:
            break
    # a page that ends between two calls of one millisecond loses the second: a poller must re-read
    assert 0 <= len(everything) - len(paged) <= 3


def test_an_account_without_failed_calls_holds_answered_ones_only(hour_later: World) -> None:
    wanted = query(START - timedelta(minutes=10), START, fields=["sip_code"])
    assert {row["sip_code"] for row in cdr(hour_later, 1, wanted, holds_failed=False)} == {200}


def test_times_keep_milliseconds() -> None:
    assert times(np.array([1_772_424_000_123])) == ["2026-03-02 04:00:00.123"]
