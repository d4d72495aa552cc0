"""Money of different currencies is never summed: live windows, charts and the table of `query`."""

import numpy as np
import pytest

from noc_alerts.metrics.columns import NO_TIME, Calls, CodeMap, make_calls
from noc_alerts.metrics.currencies import MIXED, mixed_sentence
from noc_alerts.metrics.factors import FACTORS
from noc_alerts.metrics.grouping import Dictionaries, Grouping
from noc_alerts.metrics.rings import View, Window
from noc_alerts.metrics.series import Timeline
from noc_alerts.metrics.summary import summarise
from noc_alerts.model.companies import Dimension
from noc_alerts.model.connections import Clock

BASE, MINUTE = 1_800_000_000_000, 60_000
SPEND, MARGIN, RATE, CALLS = (FACTORS[n] for n in ("spend", "margin", "rate_avg", "records_total"))

#: (company, second, cost, currency)
Charge = tuple[str, int, float, str]


def columns(charges: list[Charge]) -> Calls:
    at = np.array([BASE + second * 1000 for _, second, _, _ in charges], dtype=np.int64)
    return make_calls(
        ids=[str(i) for i in range(len(charges))],
        setup_ms=at - 2000,
        end_ms=at,
        answer_ms=np.array([a - 1000 if cost else NO_TIME for a, (_, _, cost, _) in zip(at.tolist(), charges, strict=True)]),
        sip_code=np.full(len(charges), 200),
        cost_u=np.array([round(cost * 1e6) for _, _, cost, _ in charges], dtype=np.int64),
        text={
            Dimension.CLIENT: [company for company, _, _, _ in charges],
            Dimension.CURRENCY: [currency for _, _, _, currency in charges],
        },
    )


def opened(*factors: str, dims: tuple[Dimension, ...] = (Dimension.CLIENT,)) -> tuple[View, Dictionaries]:
    books = Dictionaries()
    view = View(Grouping(dims, (), books), Clock.END, CodeMap())
    view.open([Window(length, tuple(FACTORS[n] for n in factors)) for length in (MINUTE, 5 * MINUTE)])
    return view, books


def feed(view: View, books: Dictionaries, charges: list[Charge]) -> None:
    calls = columns(charges)
    view.add(calls, books.encode(calls, view.dimensions))


CHARGES: list[Charge] = [
    ("acme", 10, 1.5, "EUR"),
    ("acme", 20, 2.25, "USD"),
    ("globex", 20, 4.0, "USD"),
    ("globex", 30, 0.5, " usd "),
    ("initech", 30, 3.0, ""),
    ("initech", 31, 3.0, "EUR"),
    ("quiet", 32, 0.0, "EUR"),
    ("quiet", 33, 0.0, "USD"),
]


def test_a_company_with_two_currencies_has_no_sum() -> None:
    view, books = opened("spend", "margin", "rate_avg", "records_total")
    view.slide(BASE + 50_000)
    feed(view, books, CHARGES)
    assert [s.parts[0][1] for s in view.grouping.subjects] == ["acme", "globex", "initech", "quiet"]
    assert view.currencies(MINUTE) == [MIXED, "USD", "EUR", ""]
    assert view.mixed(MINUTE) == {0: ("EUR", "USD")}
    for factor in (SPEND, MARGIN, RATE):
        assert np.isnan(view.column(factor, MINUTE).value[0])
    assert view.column(SPEND, MINUTE).value.tolist()[1:] == [4.5, 6.0, 0.0]
    assert view.column(CALLS, MINUTE).value.tolist() == [2, 2, 2, 2]


def test_it_has_one_again_when_the_window_holds_one_currency() -> None:
    view, books = opened("spend")
    view.slide(BASE + 50_000)
    feed(view, books, CHARGES)
    view.slide(BASE + 74_000)  # the EUR of second 10 left the minute, not the five minutes
    assert view.currencies(MINUTE)[0] == "USD"
    assert view.column(SPEND, MINUTE).value[0] == 2.25
    assert view.currencies(5 * MINUTE)[0] == MIXED
    assert np.isnan(view.column(SPEND, 5 * MINUTE).value[0])
    feed(view, books, [("acme", 70, 1.0, "GBP")])
    assert view.mixed(5 * MINUTE) == {0: ("EUR", "GBP", "USD")}
    assert view.mixed(MINUTE) == {0: ("GBP", "USD")}
    view.slide(BASE + 3_600_000)
    assert view.mixed(5 * MINUTE) == {}
    assert view.column(SPEND, 5 * MINUTE).value.tolist() == [0, 0, 0, 0]


def test_a_late_record_of_another_currency_counts() -> None:
    view, books = opened("spend")
    view.slide(BASE + 50_000)
    feed(view, books, [("acme", 40, 1.0, "EUR")])
    assert view.column(SPEND, MINUTE).value.tolist() == [1.0]
    feed(view, books, [("acme", 15, 1.0, "USD")])
    assert np.isnan(view.column(SPEND, MINUTE).value[0])


def test_the_total_of_all_is_no_sum_either() -> None:
    view, books = opened("spend", dims=())
    view.slide(BASE + 50_000)
    feed(view, books, [("globex", 20, 4.0, "USD"), ("initech", 30, 3.0, "EUR")])
    assert np.isnan(view.column(SPEND, MINUTE).value).all()
    assert view.currencies(MINUTE) == [MIXED]


def test_calls_in_progress_carry_no_charge() -> None:
    view, books = opened("spend")
    view.slide(BASE + 50_000)
    feed(view, books, [("acme", 40, 1.0, "EUR")])
    up = columns([("acme", 45, 1.0, "USD")])
    view.add(up, books.encode(up, view.dimensions), completion=False)
    assert view.currencies(MINUTE) == ["EUR"]


def test_nobody_pays_for_it_without_a_factor_of_money() -> None:
    view, books = opened("asr", "records_total")
    view.slide(BASE + 50_000)
    feed(view, books, CHARGES)
    assert Dimension.CURRENCY not in view.dimensions
    assert len(books[Dimension.CURRENCY].texts) == 0
    assert view.currencies(MINUTE) == [""] * 4
    assert view.mixed(MINUTE) == {}


def test_the_table_of_query_does_not_sum_them() -> None:
    table = summarise([columns(CHARGES)], (Dimension.CLIENT,), (), BASE, BASE + MINUTE, Clock.END, CodeMap())
    rows = {s.parts[0][1]: table.row(i) for i, s in enumerate(table.subjects)}
    assert (rows["acme"]["spend"], rows["acme"]["rate_avg"], rows["acme"]["records_total"]) == (None, None, 2)
    assert rows["globex"]["spend"] == 4.5
    before = summarise([columns(CHARGES)], (Dimension.CLIENT,), (), BASE, BASE + 15_000, Clock.END, CodeMap())
    assert before.row(0)["cost_total"] == 1.5  # the period holds the EUR only


@pytest.mark.parametrize("window", [1, 2])
def test_a_chart_has_a_gap_where_they_meet(window: int) -> None:
    timeline = Timeline(((Dimension.CLIENT, "acme"),), Clock.END, CodeMap(), SPEND, window * MINUTE, 10 * MINUTE)
    timeline.slide(BASE + 8 * MINUTE)
    timeline.add(
        columns([("acme", 60, 1.0, "EUR"), ("acme", 100, 2.0, "USD"), ("acme", 300, 4.0, "USD"), ("globex", 300, 9.0, "EUR")])
    )
    points = timeline.points()
    for at, value in zip(points.at_ms.tolist(), points.value.tolist(), strict=True):
        inside = [
            (c, m)
            for s, m, c in ((60, 1.0, "EUR"), (100, 2.0, "USD"), (300, 4.0, "USD"))
            if at - window * MINUTE <= BASE + s * 1000 < at
        ]
        if len({currency for currency, _ in inside}) > 1:
            assert np.isnan(value)
        else:
            assert value == sum(money for _, money in inside)
    assert np.isnan(points.value).any()
    timeline.slide(BASE + 30 * MINUTE)
    assert timeline.points().value.tolist() == [0.0] * len(points.value)


def test_the_sentence() -> None:
    assert mixed_sentence("acme", ("EUR", "USD")) == "acme is charged in EUR and USD; they are not added up."
    assert mixed_sentence("acme", ("EUR", "GBP", "USD")) == "acme is charged in EUR, GBP and USD; they are not added up."
