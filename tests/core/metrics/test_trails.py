"""Consecutive failures and distinct numbers of a live window equal a plain count over all calls, however they come in."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noc_alerts.metrics import details, trails
from noc_alerts.metrics.columns import NO_TIME, Calls, CodeMap, make_calls
from noc_alerts.metrics.factors import FACTORS
from noc_alerts.metrics.grouping import Dictionaries, Grouping
from noc_alerts.metrics.rings import View, Window
from noc_alerts.model.alerts import Area
from noc_alerts.model.companies import Dimension, Subject
from noc_alerts.model.connections import Clock

BASE = 1_800_000_000_000
FAILURES, SRC, DST = (FACTORS[n] for n in ("consecutive_failures", "distinct_src", "distinct_dst"))
MINUTE = 60_000

#: (company, when, answered, called number): times of a few minutes, several in the same millisecond
Call = tuple[int, int, bool, int]
one_call = st.tuples(st.integers(0, 3), st.integers(0, 400).map(lambda n: n * 1000), st.booleans(), st.integers(0, 5))


def columns(calls: list[Call]) -> Calls:
    at = np.array([BASE + when for _, when, _, _ in calls], dtype=np.int64)
    ok = np.array([answered for _, _, answered, _ in calls], dtype=bool)
    return make_calls(
        ids=[str(i) for i in range(len(calls))],
        setup_ms=at,
        end_ms=at,
        answer_ms=np.where(ok, at, NO_TIME),
        sip_code=np.where(ok, 200, 503),
        text={
            Dimension.CLIENT: [f"c{company}" for company, _, _, _ in calls],
            Dimension.SRC: ["s"] * len(calls),
            Dimension.DST: [f"n{number}" for _, _, _, number in calls],
        },
    )


def open_view(*factors: str, window_ms: int = MINUTE, clock: Clock = Clock.END) -> tuple[View, Dictionaries]:
    books = Dictionaries()
    view = View(Grouping((Dimension.CLIENT,), (), books), clock, CodeMap())
    view.open([Window(window_ms, tuple(FACTORS[n] for n in factors))])
    return view, books


def feed(view: View, books: Dictionaries, calls: Calls, **how: object) -> None:
    view.add(calls, books.encode(calls, view.dimensions), **how)  # type: ignore[arg-type]  # the two options of add


def plain_streak(calls: list[Call], company: int, from_ms: int, to_ms: int) -> int:
    inside = [(BASE + when, ok) for who, when, ok, _ in calls if who == company and from_ms <= BASE + when < to_ms]
    last = max((at for at, ok in inside if ok), default=-1)
    return sum(not ok and at > last for at, ok in inside)


def row(view: View, company: int) -> int:
    return view.grouping.row(Subject.of([(Dimension.CLIENT, f"c{company}")]))


@settings(max_examples=150, deadline=None)
@given(
    pages=st.lists(st.lists(one_call, max_size=60), min_size=1, max_size=6),
    moments=st.lists(st.integers(0, 420_000), min_size=6, max_size=6),
    fold_at=st.sampled_from([1, 7, 4096]),
)
def test_any_order_of_late_and_early_calls(pages: list[list[Call]], moments: list[int], fold_at: int) -> None:
    """Pages come in any order, late or ahead of the window; the window slides between them."""
    before = trails._FOLD_AT
    trails._FOLD_AT = fold_at
    try:
        view, books = open_view("consecutive_failures", "distinct_dst")
        known: list[Call] = []
        for page, moment in zip(pages, sorted(moments), strict=False):
            view.slide(BASE + moment)
            ring = view.ring(MINUTE)
            feed(view, books, columns(page))
            known += [call for call in page if BASE + call[1] >= ring.from_ms]
            streaks, numbers = view.values(FAILURES, MINUTE)[0], view.values(DST, MINUTE)[0]
            for company in {who for who, _, _, _ in known}:
                here = [c for c in known if c[0] == company and ring.from_ms <= BASE + c[1] < ring.to_ms]
                assert streaks[row(view, company)] == plain_streak(known, company, ring.from_ms, ring.to_ms)
                assert numbers[row(view, company)] == len({c[3] for c in here})
    finally:
        trails._FOLD_AT = before


def test_a_late_answer_cuts_and_a_late_failure_before_it_does_not_count() -> None:
    view, books = open_view("consecutive_failures")
    view.slide(BASE + 50_000)

    def streak() -> float:
        return float(view.column(FAILURES, MINUTE).value[row(view, 0)])

    feed(view, books, columns([(0, second * 1000, False, 0) for second in (10, 20, 30, 40)]))
    assert streak() == 4
    feed(view, books, columns([(0, 25_000, True, 0)]))
    assert streak() == 2
    feed(view, books, columns([(0, 15_000, False, 0), (0, 25_000, False, 0), (0, 26_000, False, 0)]))
    assert streak() == 3
    view.slide(BASE + 86_000)  # 26 s left the window, the answer with it: what was before it does not come back
    assert streak() == 2


def test_an_answer_ahead_of_the_window_waits() -> None:
    view, books = open_view("consecutive_failures")
    view.slide(BASE + 30_000)
    feed(view, books, columns([(0, 10_000, False, 0), (0, 20_000, False, 0), (0, 45_000, True, 0), (0, 50_000, False, 0)]))
    at = {}
    for second in (30, 40, 46, 51):
        view.slide(BASE + second * 1000)
        at[second] = float(view.column(FAILURES, MINUTE).value[0])
    assert at == {30: 2, 40: 2, 46: 0, 51: 1}


def test_a_call_answered_while_up_ends_the_streak_once() -> None:
    """Its answer counts when it is heard of; its record, which comes minutes later, changes nothing."""
    view, books = open_view("consecutive_failures", window_ms=10 * MINUTE, clock=Clock.OUTCOME)
    view.slide(BASE + 300_000)
    feed(view, books, columns([(0, 10_000, False, 0), (0, 20_000, False, 0)]))
    up = columns([(0, 30_000, True, 0)])
    feed(view, books, up, completion=False)
    feed(view, books, columns([(0, 40_000, False, 0)]))
    assert view.column(FAILURES, 10 * MINUTE).value.tolist() == [1]
    feed(view, books, replace(up, end_ms=up.end_ms + 200_000), outcome=np.array([False]))
    column = view.column(FAILURES, 10 * MINUTE)
    assert (column.value.tolist(), column.calls.tolist()) == ([1], [4])


def test_without_calls_in_the_window_there_is_no_value() -> None:
    view, books = open_view("consecutive_failures")
    view.slide(BASE + 30_000)
    feed(view, books, columns([(0, 20_000, False, 0), (1, 20_000, True, 0)]))
    quiet = view.grouping.row(Subject.of([(Dimension.CLIENT, "quiet")]))
    least = Area.CONSECUTIVE_FAILURES.facts.min_calls
    assert least == 1
    values = view.column(FAILURES, MINUTE, least).value
    assert values.tolist()[:2] == [1, 0]
    assert np.isnan(values[quiet])
    view.slide(BASE + 200_000)
    assert np.isnan(view.column(FAILURES, MINUTE, least).value).all()
    assert view.column(FAILURES, MINUTE, 0).value.tolist() == [0, 0, 0]


def test_only_what_is_asked_for_is_kept() -> None:
    for factors, wanted in (
        (["consecutive_failures", "asr"], set()),
        (["distinct_src"], {Dimension.SRC}),
        (["distinct_dst", "consecutive_failures"], {Dimension.DST}),
        (["spend"], {Dimension.CURRENCY}),
    ):
        view, _ = open_view(*factors)
        assert view.dimensions == {Dimension.CLIENT} | wanted
    view, books = open_view("consecutive_failures")
    view.slide(BASE + 30_000)
    feed(view, books, columns([(0, 20_000, False, 0)]))
    assert len(books[Dimension.SRC].texts) == 0  # a day's phone numbers are not remembered for a count of failures
    assert np.isnan(view.values(SRC, MINUTE)[0]).all()


def test_a_busy_window_keeps_only_what_it_counts() -> None:
    view, books = open_view("consecutive_failures", window_ms=60 * MINUTE)
    dice = np.random.default_rng(2)
    view.slide(BASE + 3_599_000)
    known: list[Call] = []
    for minute in range(60):
        page = [
            (int(who), minute * MINUTE + int(ms), bool(ok), 0)
            for who, ms, ok in zip(dice.integers(0, 20, 800), dice.integers(0, MINUTE, 800), dice.random(800) < 0.4, strict=True)
        ]
        known += page
        feed(view, books, columns(page))
    column = view.column(FAILURES, 60 * MINUTE)
    truth = [plain_streak(known, who, BASE, BASE + 60 * MINUTE) for who in range(20)]
    assert [column.value[row(view, who)] for who in range(20)] == truth
    assert len(view._streaks[60 * MINUTE]._at) == sum(truth) < 200


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=80))
def test_distinct_numbers(pairs: list[tuple[int, int]]) -> None:
    rows, numbers = (np.array([p[i] for p in pairs], dtype=np.int64) for i in (0, 1))
    found = details.distinct(rows, numbers, 7).tolist()
    assert found == [len({n for r, n in pairs if r == who}) for who in range(7)]


@pytest.mark.parametrize("clock", list(Clock))
def test_a_window_of_many_pages_equals_one_page(clock: Clock) -> None:
    dice = np.random.default_rng(5)
    calls = [(int(w), int(t) * 1000, bool(ok), 0) for w, t, ok in dice.integers(0, [4, 300, 2], (500, 3))]
    views = []
    for cuts in ([0, 500], [0, 3, 90, 91, 400, 500]):
        view, books = open_view("consecutive_failures", window_ms=5 * MINUTE, clock=clock)
        view.slide(BASE + 299_000)
        for company in range(4):
            row(view, company)
        for a, b in itertools.pairwise(cuts):
            feed(view, books, columns(calls[a:b]))
        views.append(view.values(FAILURES, 5 * MINUTE)[0].tolist())
    assert views[0] == views[1]
