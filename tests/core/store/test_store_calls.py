"""Call records in and out of calls.db."""

from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_samples import NOW, NOW_MS, assert_same, make_page

from noc_alerts.metrics.columns import NO_TIME, Calls, no_calls
from noc_alerts.model.companies import Dimension
from noc_alerts.model.connections import BadRecord, Clock
from noc_alerts.store import Store, open_store, page_rows
from noc_alerts.store.pages import PackedPage, join, pack
from noc_alerts.store.seen import SeenIndex, fingerprints

EVER = (-(2**63), 2**63 - 1)
INT_NAMES = [f.name for f in fields(Calls) if f.name.endswith(("_ms", "_u")) or f.name in ("sip_code", "q850")]
ANY_INT = st.one_of(st.just(NO_TIME), st.integers(0, 700), st.integers(NOW_MS, NOW_MS + 2**33), st.integers(-(2**63), 2**63 - 1))


@st.composite
def any_calls(draw: st.DrawFn) -> Calls:
    """Draw columns of any values, with any of the optional ones."""
    n = draw(st.integers(0, 40))

    def texts(pool: st.SearchStrategy[str]) -> list[str]:
        return draw(st.lists(pool, min_size=n, max_size=n))

    few = st.sampled_from(["", "acme", "ünï\0"])
    ints = {name: np.array(draw(st.lists(ANY_INT, min_size=n, max_size=n)), dtype=np.int64) for name in INT_NAMES}
    dims = draw(st.lists(st.sampled_from(Dimension), unique=True))
    return Calls(
        ids=draw(st.lists(st.text(max_size=70), min_size=n, max_size=n, unique=True)),
        call_ids=texts(st.text()),
        text={dim: texts(draw(st.sampled_from([few, st.text()]))) for dim in dims},
        sip_reason=texts(few) if draw(st.booleans()) else [],
        hangup=texts(few) if draw(st.booleans()) else [],
        **ints,
    )


def read_all(store: Store, connection_id: int = 1) -> list[Calls]:
    """Give every record of a connection."""
    return list(store.calls.read([connection_id], *EVER, clock=Clock.END))


@given(any_calls())
@settings(max_examples=150, deadline=None)
def test_any_columns_come_back_as_they_were(calls: Calls) -> None:
    page = PackedPage(pack(calls))
    assert_same(page.calls(np.ones(len(calls), dtype=np.bool_)), calls)
    odd = np.arange(len(calls)) % 2 == 1
    assert_same(page.calls(odd), calls.take(odd))
    assert_same(join([calls.take(~odd), calls.take(~odd)]).take(np.arange(2 * (~odd).sum()) < (~odd).sum()), calls.take(~odd))


@given(any_calls(), any_calls())
@settings(max_examples=25, deadline=None)
def test_any_columns_come_back_from_the_file(first: Calls, second: Calls) -> None:
    with TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        assert store.calls.ingest(1, first, "1", (), NOW).all()
        new = store.calls.ingest(1, second, "2", (), NOW)
        assert new.tolist() == [i not in set(first.ids) for i in second.ids]
        store.close()
        store = open_store(Path(folder))
        kept = [c for c in (first, second.take(new)) if (c.end_ms < EVER[1]).any()]  # the range is half-open
        expected = [c.take(c.end_ms < EVER[1]) for c in kept]
        found = read_all(store)
        if len(found) < len(expected):  # small pages of one shape were joined
            expected = [join(expected)]
        for a, b in zip(found, expected, strict=True):
            assert_same(a, b)
        store.close()


def test_a_text_that_no_file_can_hold_does_not_stop_the_page(store: Store) -> None:
    page = replace(make_page(0, 2), call_ids=["a\ud800b", "c"])
    store.calls.ingest(1, page, "2", (), NOW)
    assert [c.call_ids for c in read_all(store)] == [["a?b", "c"]]


def test_a_record_is_kept_once_whatever_page_brings_it(store: Store, tmp_path: Path) -> None:
    page = make_page(0, 6)
    twice = replace(page, ids=["a", "b", "a", "c", "b", "d"])
    assert store.calls.ingest(1, twice, "x", (), NOW).tolist() == [True, True, False, True, False, True]
    assert store.calls.ingest(1, twice, "y", (), NOW + timedelta(days=700)).tolist() == [False] * 6
    assert store.calls.ingest(2, twice, "x", (), NOW).sum() == 4  # another switch's ids are its own
    found = join(read_all(store))
    assert_same(found, twice.take(np.array([True, True, False, True, False, True])))
    store.close()
    again = open_store(tmp_path)
    later = replace(make_page(50, 6), ids=["d", "e", "a", "f", "e", "A"])
    assert again.calls.ingest(1, later, "z", (), NOW).tolist() == [False, True, False, True, False, True]
    assert (again.calls.count(1), again.calls.cursor(1), again.calls.cursor(2)) == (7, "z", "x")
    again.close()


def test_ids_of_any_length_and_kind_are_told_apart() -> None:
    ids = ["", "\0", "a", "a\0", "\0a", "aa", "x" * 64, "x" * 65, "x" * 66, "é", "e\u0301", "\ud800", *map(str, range(50_000))]
    prints = fingerprints(ids, 7)
    assert len(set(prints.tolist())) == len(ids)
    alone = [fingerprints([i], 7)[0] for i in ids[:500]]  # the rest of the page does not count
    assert alone == prints[:500].tolist()
    assert not set(fingerprints(ids[:100], 8).tolist()) & set(prints.tolist())


@given(st.lists(st.lists(st.integers(0, 60))), st.lists(st.integers(0, 60)))
def test_the_index_does_what_a_set_does(batches: list[list[int]], gone: list[int]) -> None:
    index, known = SeenIndex(np.zeros(0, dtype=np.uint64)), set[int]()
    for batch in [*batches, gone]:
        prints = np.array(batch, dtype=np.uint64)
        mask = index.new(prints)
        for value, new in zip(batch, mask.tolist(), strict=True):
            assert new == (value not in known)
            known.add(value)
        index.add(prints[mask])
        assert len(index) == len(known)
    index.remove([np.array(gone, dtype=np.uint64)])
    rest = known - set(gone)
    assert (len(index), (~index.new(np.arange(61, dtype=np.uint64))).sum()) == (len(rest), len(rest))


def test_each_clock_finds_its_times(store: Store) -> None:
    page = make_page(0, 400, step_ms=997)
    store.calls.ingest(1, page.take(np.arange(400) < 150), "1", (), NOW)
    store.calls.ingest(1, page.take(np.arange(400) >= 150), "2", (), NOW)
    store.calls.ingest(2, make_page(1000, 20), "1", (), NOW)
    begin, end = NOW_MS + 100_000, NOW_MS + 200_000

    def inside(column: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        return (column >= begin) & (column < end)

    outcome = np.where(page.answer_ms != NO_TIME, page.answer_ms, page.end_ms)
    expected = {
        Clock.SETUP: inside(page.setup_ms),
        Clock.END: inside(page.end_ms),
        Clock.OUTCOME: inside(outcome) | inside(page.end_ms),
    }
    for clock, mask in expected.items():
        found = list(store.calls.read([1], begin, end, clock))
        assert_same(join(found), page.take(mask))
    edge = int(page.end_ms[7])
    assert [i for c in store.calls.read([1], edge, edge + 1, Clock.END) for i in c.ids] == ["id-7"]
    assert [i for c in store.calls.read([1], edge - 1, edge, Clock.END) for i in c.ids] == []
    assert list(store.calls.read([], *EVER)) == []
    assert sum(len(c) for c in store.calls.read([1, 2], *EVER)) == 420


def test_reading_by_texts_and_in_pieces(store: Store) -> None:
    page = make_page(0, 300)
    store.calls.ingest(1, page, "1", (), NOW)
    wanted = {Dimension.GATEWAY: "carrier 1", Dimension.DST: "447"}
    assert [c.ids for c in store.calls.read([1], *EVER, where=wanted)] == [["id-7"]]
    of_carrier = np.array([g == "carrier 1" for g in page.text[Dimension.GATEWAY]])
    found = list(store.calls.read([1], *EVER, where={Dimension.GATEWAY: "carrier 1"}, chunk=30))
    assert [len(c) for c in found] == [30, 30, 30, 10]
    assert_same(join(found), page.take(of_carrier))
    assert list(store.calls.read([1], *EVER, where={Dimension.GATEWAY: "nobody"})) == []
    # a dimension the source does not know is "" in every record
    assert sum(len(c) for c in store.calls.read([1], *EVER, where={Dimension.ACCOUNT: ""})) == 300
    assert list(store.calls.read([1], *EVER, where={Dimension.ACCOUNT: "x"})) == []


def test_small_pages_are_joined_and_nothing_changes_for_readers(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_rows, "MAX_ROWS", 64)
    whole = make_page(0, 500)
    reader = store.calls.read([1], *EVER, clock=Clock.END)
    for i in range(0, 500, 5):
        store.calls.ingest(1, whole.take((np.arange(500) >= i) & (np.arange(500) < i + 5)), str(i), (), NOW)
        if i == 200:
            reader = store.calls.read([1], *EVER, clock=Clock.END)
            seen = list(next(reader).ids)
    found = read_all(store)
    assert len(found) < 20
    assert max(len(c) for c in found) <= 64
    assert_same(join(found), whole)
    # a reader that began in the middle sees the moment it began
    assert seen + [i for c in reader for i in c.ids] == whole.ids[:205]
    store.calls.ingest(1, make_page(600, 1000), "1600", (), NOW)
    assert max(len(c) for c in read_all(store)) <= 64
    store.calls.ingest(1, replace(make_page(2000, 3), text={Dimension.CODE: ["1", "2", "3"]}), "x", (), NOW)
    assert read_all(store)[-1].text == {Dimension.CODE: ["1", "2", "3"]}


def test_cursor_bad_records_span_and_reset(store: Store) -> None:
    assert store.calls.cursor(1) is None
    assert store.calls.span([1]) is None
    bad = [BadRecord("line 7", "end before answer"), BadRecord("line 8", "from the future")]
    store.calls.ingest(1, no_calls(), "a", bad, NOW)
    store.calls.ingest(1, make_page(0, 10), "b", [*bad, BadRecord("line 8", "no end time")], NOW + timedelta(seconds=1))
    assert store.calls.cursor(1) == "b"
    assert store.calls.bad_count(1) == 3
    at = NOW.replace(microsecond=123_000)
    assert store.calls.bad(1, 2) == [(at + timedelta(seconds=1), BadRecord("line 8", "no end time")), (at, bad[0])]
    page = make_page(0, 10)
    assert store.calls.span([1, 2]) == (int(page.end_ms.min()), int(page.end_ms.max()))
    store.calls.set_cursor(1, "z")
    assert (store.calls.cursor(1), store.calls.count(1), store.calls.bad_count(1)) == ("z", 10, 3)
    store.calls.reset(1)
    assert (store.calls.cursor(1), store.calls.count(1), store.calls.bad_count(1), store.calls.bad(1, 9)) == (None, 0, 0, [])
    assert store.calls.ingest(1, page, "b", (), NOW).all()


def test_another_program_may_ingest_in_between(store: Store, tmp_path: Path) -> None:
    other = open_store(tmp_path)
    assert store.calls.ingest(1, make_page(0, 10), "10", (), NOW).all()
    assert other.calls.ingest(1, make_page(5, 10), "15", (), NOW).sum() == 5
    assert store.calls.ingest(1, make_page(8, 10), "18", (), NOW).sum() == 3
    other.calls.reset(1)
    assert store.calls.ingest(1, make_page(0, 10), "10", (), NOW).all()
    other.close()
