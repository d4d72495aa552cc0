"""A table of 100,000 rows: the model under the view that shows it, sorted and filtered as a person would."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtWidgets import QApplication  # first of all Qt modules (DESIGN section 9)

from PySide6.QtCore import Qt  # isort: skip

import numpy as np

from tests.bench.figures import Figure, middle, timed_ms
from tests.bench.traffic import BEGIN
from ui.tables import Align, Column, TableModel
from ui.text import percent
from ui.theme import Appearance, theme
from ui.widgets.table_area import TableArea

ROWS, RUNS = 100_000, 9


@dataclass(frozen=True, slots=True)
class Row:
    """One row, as wide as those of the events or the companies."""

    key: int
    name: str
    kind: str
    asr: float | None
    attempts: int
    at: datetime
    note: str


def rows() -> list[Row]:
    """Make rows in no order; every tenth has no value."""
    rng = np.random.default_rng(3)
    order, asr, attempts = rng.permutation(ROWS).tolist(), rng.random(ROWS).tolist(), rng.integers(0, 9999, ROWS).tolist()
    kinds = ("customer", "carrier")
    return [
        Row(
            i,
            f"company {order[i]}",
            kinds[i % 2],
            None if i % 10 == 0 else asr[i] * 100,
            attempts[i],
            BEGIN - timedelta(seconds=order[i]),
            f"note on what happened {order[i] % 977}",
        )
        for i in range(ROWS)
    ]


def columns() -> list[Column[Row]]:
    """Give the columns."""
    return [
        Column("name", "Name", lambda r: r.name, fixed=True),
        Column("kind", "Kind", lambda r: r.kind),
        Column("asr", "ASR", lambda r: r.asr, lambda r: "" if r.asr is None else percent(r.asr), align=Align.RIGHT),
        Column("attempts", "Attempts", lambda r: r.attempts, align=Align.RIGHT),
        Column("at", "Time", lambda r: r.at, lambda r: f"{r.at:%H:%M:%S}"),
        Column("note", "Note", lambda r: r.note, stretch=True),
    ]


def measure() -> list[Figure]:
    """Measure sorting by each kind of column, and filtering."""
    application = QApplication.instance() or QApplication(["bench"])
    theme.start(Appearance.DARK)
    model = TableModel(columns(), lambda r: r.key)
    area = TableArea(model, "bench")
    area.resize(1200, 800)
    area.show()
    filled = timed_ms(lambda: model.set_rows(rows()))
    application.processEvents()
    down, up = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder
    sorts: dict[str, list[float]] = {"text": [], "number, with gaps": [], "whole number": [], "time": []}
    for _ in range(RUNS):
        for name, column in zip(sorts, (0, 2, 3, 4), strict=True):
            model.sort(5, up)  # so that the order is another each time
            application.processEvents()
            sorts[name].append(timed_ms(lambda column=column: model.sort(column, down)))  # type: ignore[misc]  # bound now
            application.processEvents()
    filters: dict[str, list[float]] = {"one word": [], "two words": [], "a condition": []}
    for i in range(RUNS):
        for name, work in (
            ("one word", lambda i=i: model.set_needle("carrier" if i % 2 else "customer")),
            ("two words", lambda i=i: model.set_needle(f"company {i}")),
            ("a condition", lambda i=i: model.set_predicate(lambda r: r.attempts > 100 * i)),
        ):
            filters[name].append(timed_ms(work))
            application.processEvents()
            model.set_predicate(None)
            model.set_needle("")
            application.processEvents()
    slowest = max(sorts, key=lambda name: middle(sorts[name]))
    hardest = max(filters, key=lambda name: middle(filters[name]))
    area.close()

    def words(kinds: dict[str, list[float]]) -> str:
        return f"slowest of: {', '.join(f'{name} {middle(took):.0f}' for name, took in kinds.items())}; medians of {RUNS}"

    sort_how, filter_how = f"{words(sorts)}; filled in {filled:.0f} ms", words(filters)
    return [
        Figure("table_sort", "table of 100,000 rows: sort", middle(sorts[slowest]), "ms", 50, how=sort_how),
        Figure("table_filter", "table of 100,000 rows: filter", middle(filters[hardest]), "ms", 30, how=filter_how),
    ]
