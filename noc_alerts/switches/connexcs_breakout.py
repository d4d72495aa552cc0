"""Attempts of a ConnexCS account whose call records hold no failed calls: they are counted from its statistics.

`GET breakout-aggrid` tells attempts and connected per customer, carrier and destination over a span; what is not connected
failed. Each such attempt becomes a record of its own, without a SIP code, so that ratios rest on all attempts. Spans are whole
minutes; the records of one are numbered, so that reading it again gives the same ones and those that were added. Pure, but for
what is asked through the `Ask` it is given. Must not import Qt or the store.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from noc_alerts.metrics.columns import NO_TIME, Calls, make_calls
from noc_alerts.model.companies import Dimension
from noc_alerts.switches.connexcs_decode import BreakoutRow, Names, text
from noc_alerts.switches.numbers import number

MINUTE_MS: Final = 60_000
#: Long gaps are read in spans of this length.
LONG_SPAN_MS: Final = 10 * MINUTE_MS
_GROUPS = ("customer_id", "provider_id", "customer_card_dest_name")
_VALUES = ("attempts", "connected")
_MOST_ROWS = "10000"

Ask = Callable[[Mapping[str, str]], Sequence[BreakoutRow]]


@dataclass(frozen=True, slots=True)
class Span:
    """Whole minutes: `since <= t < until`, UTC ms."""

    since_ms: int
    until_ms: int


def spans(final_ms: int, touched_ms: int, at_ms: int, settled_ms: int) -> Iterator[Span]:
    """Give the spans to read at `at_ms`, oldest first: from `final_ms` on, single minutes where they may still change.

    A minute up to `touched_ms` was read before by itself and stays a span of its own: its records are numbered in it.
    `settled_ms`: how long after its end a minute can still get attempts.
    """
    start = final_ms // MINUTE_MS * MINUTE_MS
    while start <= at_ms:
        stop = start + LONG_SPAN_MS
        is_long = start >= touched_ms and start % LONG_SPAN_MS == 0 and stop + settled_ms <= at_ms
        if not is_long:
            stop = start + MINUTE_MS
        yield Span(start, stop)
        start = stop


def parameters(span: Span | None, since_ms: int = 0, until_ms: int = 0) -> dict[str, str]:
    """Give the query of a span by company and destination; without a span, of the whole account between two times."""
    since, until = (span.since_ms, span.until_ms) if span else (since_ms, until_ms)
    found = {
        "s": "",
        "_startRow": "0",
        "_endRow": _MOST_ROWS,
        "_pivotMode": "false",
        "_filterModel[dt][type]": "inRange",
        "_filterModel[dt][filter]": second(since),
        # whether the end belongs to the range is not documented: a second before it is right both ways
        "_filterModel[dt][filterTo]": second(until - 1000),
    }
    for place, name in enumerate(_GROUPS if span else ()):
        for key in ("id", "field", "displayName"):
            found[f"_rowGroupCols[{place}][{key}]"] = name
    for place, name in enumerate(_VALUES):
        for key, value in (("id", name), ("field", name), ("displayName", name), ("aggFunc", "sum")):
            found[f"_valueCols[{place}][{key}]"] = value
    return found


def second(ms: int) -> str:
    """Write a time as filters take it: UTC, whole seconds, rounded down."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def failed_of(rows: Sequence[BreakoutRow]) -> int:
    """Count the attempts that were not connected."""
    return sum(max(0, round((number(row.attempts) or 0) - (number(row.connected) or 0))) for row in rows)


def failed_calls(span: Span, rows: Sequence[BreakoutRow], names: Names, at_ms: int) -> Calls:
    """Make one record for each failed attempt of a span, spread evenly over it, none later than `at_ms`."""
    ids: list[str] = []
    moments: list[int] = []
    columns: dict[Dimension, list[str]] = {Dimension.CLIENT: [], Dimension.GATEWAY: [], Dimension.CODE_NAME: []}
    length = span.until_ms - span.since_ms
    for row in rows:
        count = failed_of([row])
        customer, carrier, name = text(row.customer_id), text(row.provider_id), row.customer_card_dest_name or ""
        prefix = f"breakout {second(span.since_ms)} {length // MINUTE_MS} {customer} {carrier} {name} "
        ids += [f"{prefix}{place}" for place in range(count)]
        moments += [min(span.since_ms + length * (2 * place + 1) // (2 * count), at_ms) for place in range(count)]
        columns[Dimension.CLIENT] += [names.customer(customer)] * count
        columns[Dimension.GATEWAY] += [names.carrier(carrier)] * count
        columns[Dimension.CODE_NAME] += [name] * count
    at = np.array(moments, dtype=np.int64)
    return make_calls(
        ids=ids,
        setup_ms=at,
        end_ms=at,
        answer_ms=np.full(len(ids), NO_TIME, dtype=np.int64),
        sip_code=np.zeros(len(ids), dtype=np.int64),
        text=columns | {Dimension.SERVICE: ["calls"] * len(ids)},
    )
