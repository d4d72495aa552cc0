"""Every factor under every clock equals SQL over the raw records: the rings, and the one-shot table of `query`."""

import csv
import gzip
import itertools
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noc_alerts.metrics.columns import NO_TIME, Calls, CodeMap, make_calls
from noc_alerts.metrics.factors import FACTORS
from noc_alerts.metrics.grouping import Dictionaries, Grouping
from noc_alerts.metrics.measures import Measure
from noc_alerts.metrics.rings import View, Window
from noc_alerts.metrics.summary import summarise
from noc_alerts.model.companies import Dimension
from noc_alerts.model.connections import Clock

DATA = Path(__file__).parents[2] / "data" / "kamailio_incident_sample.csv.gz"
DIMS = {"client": Dimension.CLIENT, "gateway": Dimension.GATEWAY, "code": Dimension.CODE}

#: Each factor as SQL over the records whose outcome (o) or completion (d) lies in the window. Source: reference/factors.md.
SQL = {
    "volume_total": "sum(talk) filter (d) / 60000.0",
    "volume_billed": "sum(talk) filter (d) / 60000.0",
    "package_volume": "0.0",
    "records_total": "count(*) filter (o)",
    "records_notzero": "count(*) filter (d and talk > 0)",
    "records_success": "count(*) filter (o and answer is not null)",
    "records_busy": "count(*) filter (o and answer is null and code in (486, 600))",
    "records_nochannel": "count(*) filter (o and answer is null and code = 503)",
    "records_error": "count(*) filter (o and answer is null and code not in (486, 600, 503))",
    "cost_total": "sum(cost) filter (d) / 1e6",
    "rate_avg": "(sum(cost) filter (d) / 1e6) / nullif(sum(talk) filter (d) / 60000.0, 0)",
    "asr_std": "100.0 * count(*) filter (o and answer is not null)"
    " / nullif(count(*) filter (o and (answer is not null or code <> 503)), 0)",
    "asr": "100.0 * count(*) filter (o and answer is not null) / nullif(count(*) filter (o), 0)",
    "asr_cur": "100.0 * count(*) filter (d and talk > 0) / nullif(count(*) filter (d), 0)",
    "acd_std": "sum(talk) filter (d) / 60000.0 / nullif(count(*) filter (d and answer is not null), 0)",
    "acd_cur": "sum(talk) filter (d) / 60000.0 / nullif(count(*) filter (d and talk > 0), 0)",
    "pdd": "avg(pdd) filter (o) / 1000.0",
    "scd": "avg(answer - setup) filter (o) / 1000.0",
    "attempts": "count(*) filter (o)",
    "ner": "100.0 * count(*) filter (o and (answer is not null or code in (200,480,486,487,600,603,604,404,484)))"
    " / nullif(count(*) filter (o), 0)",
    "cps": "count(*) filter (o) / $seconds",
    "channels": "count(*) filter (setup <= $to and endt > $to)",
    "short_share": "100.0 * count(*) filter (d and answer is not null and talk <= 15000)"
    " / nullif(count(*) filter (d and answer is not null), 0)",
    "distinct_dst": "count(distinct callee) filter (o)",
    "distinct_src": "count(distinct caller) filter (o)",
    "spend": "sum(cost) filter (d) / 1e6",
    "margin": "-(sum(cost) filter (d) / 1e6)",
}
OUTCOME = {Clock.OUTCOME: "coalesce(answer, endt)", Clock.END: "endt", Clock.SETUP: "setup"}
DONE = {Clock.OUTCOME: "endt", Clock.END: "endt", Clock.SETUP: "setup"}


def _ms(text: str) -> int | None:
    return round(datetime.fromisoformat(text).timestamp() * 1000) if text else None


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with gzip.open(DATA, "rt") as file:
        return sorted(csv.DictReader(file), key=lambda r: int(r["switch_row_id"]))


def to_calls(rows: list[dict[str, str]]) -> Calls:
    """Make columns by the most plain way there is, apart from the program's own decoder."""

    def times(name: str) -> np.ndarray:
        return np.array([NO_TIME if _ms(r[name]) is None else _ms(r[name]) for r in rows], dtype=np.int64)

    return make_calls(
        ids=[r["switch_row_id"] for r in rows],
        setup_ms=times("setup_time"),
        ring_ms=times("ring_time"),
        answer_ms=times("answer_time"),
        end_ms=times("end_time"),
        cost_u=np.array([round(float(r["cost_usd"]) * 1e6) for r in rows], dtype=np.int64),
        sip_code=np.array([int(r["sip_code"]) for r in rows], dtype=np.int64),
        text={
            Dimension.CLIENT: [r["customer"] for r in rows],
            Dimension.GATEWAY: [r["carrier"] for r in rows],
            Dimension.CODE: [r["callee_code"] for r in rows],
            Dimension.SRC: [r["caller"] for r in rows],
            Dimension.DST: [r["callee"] for r in rows],
        },
    )


@pytest.fixture(scope="module")
def calls(rows: list[dict[str, str]]) -> Calls:
    return to_calls(rows)


@pytest.fixture(scope="module")
def sql(rows: list[dict[str, str]]) -> Iterator[sqlite3.Connection]:
    base = sqlite3.connect(":memory:")
    base.execute(
        "create table r (setup bigint, answer bigint, endt bigint, talk bigint, pdd bigint, cost bigint, code int,"
        " client text, gateway text, prefix text, caller text, callee text)"
    )
    base.executemany(
        "insert into r values (?,?,?,?,?,?,?,?,?,?,?,?)",
        [
            (
                _ms(r["setup_time"]),
                _ms(r["answer_time"]),
                _ms(r["end_time"]),
                _ms(r["end_time"]) - _ms(r["answer_time"]) if r["answer_time"] else 0,
                (_ms(r["ring_time"] or r["answer_time"]) - _ms(r["setup_time"])) if r["ring_time"] or r["answer_time"] else None,
                round(float(r["cost_usd"]) * 1e6),
                int(r["sip_code"]),
                r["customer"],
                r["carrier"],
                r["callee_code"],
                r["caller"],
                r["callee"],
            )
            for r in rows
        ],
    )
    yield base
    base.close()


def truth(
    sql: sqlite3.Connection, group: tuple[str, ...], from_ms: int, to_ms: int, clock: Clock
) -> dict[tuple[str, ...], dict[str, float | None]]:
    """Give every factor of every group that has a call in the window, from SQL alone."""
    outcome = f"({OUTCOME[clock]} >= {from_ms} and {OUTCOME[clock]} < {to_ms})"
    done = f"({DONE[clock]} >= {from_ms} and {DONE[clock]} < {to_ms})"
    columns = []
    for name, text in SQL.items():
        text = text.replace("$to", str(to_ms)).replace("$seconds", str((to_ms - from_ms) / 1000))
        text = text.replace("filter (", "filter (where ")
        text = text.replace("where o", f"where {outcome}").replace("where d", f"where {done}")
        columns.append(f"{text} as {name}")
    keys = ["prefix" if g == "code" else g for g in group]
    by = ", ".join(keys)
    query = f"select {by + ', ' if by else ''}{', '.join(columns)} from r {'group by ' + by if by else ''}"
    if by:
        query += f" having count(*) filter (where {outcome}) > 0 or count(*) filter (where {done}) > 0"
    result = {}
    for row in sql.execute(query).fetchall():
        values = dict(zip(SQL, row[len(keys) :], strict=True))
        for name in ("volume_total", "volume_billed", "cost_total", "spend", "margin"):
            values[name] = values[name] or 0.0
        result[tuple(row[: len(keys)])] = values
    return result


def same(found: float, expected: float | None) -> bool:
    """Compare: integers exactly, ratios to the last bits, nothing with nothing."""
    if expected is None:
        return bool(np.isnan(found))
    if isinstance(expected, int):
        return found == expected
    return bool(np.isclose(found, float(expected), rtol=1e-12, atol=1e-12))


START, END = 1795291114000, 1795291545000  # 19:58:34 .. 20:05:45 of the recorded day
GROUPS = [(), ("client",), ("gateway",), ("code",), ("client", "gateway"), ("gateway", "code", "client")]


def test_recorded_period_is_where_the_tests_look(calls: Calls) -> None:
    assert START <= calls.setup_ms.min() < calls.end_ms.max() < END
    assert len(calls) == 2000


@settings(max_examples=60, deadline=None)
@given(
    clock=st.sampled_from(Clock),
    group=st.sampled_from(GROUPS),
    first=st.integers(START - 5000, END),
    length=st.integers(1, 400_000),
)
def test_query_table_equals_sql(
    calls: Calls, sql: sqlite3.Connection, clock: Clock, group: tuple[str, ...], first: int, length: int
) -> None:
    table = summarise([calls], tuple(DIMS[g] for g in group), (), first, first + length, clock, CodeMap())
    expected = truth(sql, group, first, first + length, clock)
    found = {tuple(text for _, text in s.parts): i for i, s in enumerate(table.subjects)}
    assert set(found) == set(expected)
    for key, i in found.items():
        for name in SQL:
            value = float(table.factor(FACTORS[name])[i])
            assert same(value, expected[key][name]), (key, name, value, expected[key][name])


@settings(max_examples=40, deadline=None)
@given(
    clock=st.sampled_from(Clock),
    group=st.sampled_from(GROUPS),
    window_s=st.sampled_from([60, 120, 300]),
    moments=st.lists(st.integers(START, END), min_size=1, max_size=5),
    cuts=st.lists(st.integers(1, 1999), max_size=6),
    seed=st.integers(0, 2**32 - 1),
)
def test_ring_equals_sql(
    calls: Calls,
    sql: sqlite3.Connection,
    clock: Clock,
    group: tuple[str, ...],
    window_s: int,
    moments: list[int],
    cuts: list[int],
    seed: int,
) -> None:
    """Pages of any size, in any order inside a page, windows sliding to any moments: the sums are those of SQL."""
    books = Dictionaries()
    view = View(Grouping(tuple(DIMS[g] for g in group), (), books), clock, CodeMap())
    view.open([Window(window_s * 1000, tuple(FACTORS[n] for n in SQL if n != "channels"))])
    moments = sorted(moments)
    view.slide(moments[0])
    edges = sorted({0, *cuts, len(calls)})
    shuffled = np.random.default_rng(seed)
    for a, b in itertools.pairwise(edges):
        order = shuffled.permutation(np.arange(a, b))
        mask = np.zeros(len(calls), dtype=bool)
        mask[order] = True
        page = calls.take(mask)
        view.add(page, books.encode(page, view.dimensions))
    for moment in moments:
        view.slide(moment)
        ring = view.ring(window_s * 1000)
        assert (ring.to_ms - ring.from_ms) == window_s * 1000
        assert ring.bucket_ms * 60 <= window_s * 1000
        assert ring.from_ms <= moment < ring.to_ms
        expected = truth(sql, group, ring.from_ms, ring.to_ms, clock)
        rows = {tuple(t for _, t in s.parts): i for i, s in enumerate(view.grouping.subjects)}
        for name in SQL:
            if name == "channels":
                continue
            values, _ = view.values(FACTORS[name], window_s * 1000)
            for key, i in rows.items():
                wanted = expected.get(key)
                if wanted is None:
                    wanted_value = None if FACTORS[name].ratio else 0.0
                else:
                    wanted_value = wanted[name]
                assert same(float(values[i]), wanted_value), (moment, key, name, values[i], wanted_value)


def test_sums_are_exact_integers(calls: Calls) -> None:
    table = summarise([calls], (), (), START, END, Clock.END, CodeMap())
    assert table.sums[Measure.TALK_MS].dtype == np.int64
    assert int(table.sums[Measure.COST_U][0]) == int(calls.cost_u.sum())
    assert int(table.sums[Measure.TALK_MS][0]) == int(calls.talk_ms.sum())


def test_consecutive_failures_by_hand() -> None:
    from noc_alerts.metrics.details import consecutive_failures

    rows = np.array([0, 0, 0, 1, 1, 0, 2])
    at = np.array([10, 30, 20, 5, 6, 40, 1])
    ok = np.array([False, False, True, False, False, False, True])
    assert consecutive_failures(rows, at, ok, 4).tolist() == [2, 2, 0, 0]


@pytest.mark.parametrize("clock", list(Clock))
def test_incident_reads_as_recorded(calls: Calls, clock: Clock) -> None:
    first, last = _ms("2026-11-21T20:00:39.359Z"), _ms("2026-11-21T20:02:39.320Z")
    assert first is not None and last is not None
    table = summarise([calls], (Dimension.GATEWAY,), ((Dimension.GATEWAY, "bravo"),), first, last, clock, CodeMap())
    asr = float(table.factor(FACTORS["asr"])[0])
    if clock is Clock.SETUP:
        assert int(table.sums[Measure.ATTEMPTS][0]) == 294
        assert round(asr, 1) == 5.4
    else:
        assert asr < 25
