"""Call records as columns: what switches give, the store keeps and the metrics count.

One array or list a column, all equally long. Times are integer milliseconds UTC since 1970, `NO_TIME` where there is none.
Money is integer millionths of the currency's unit, so that sums are exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from noc_alerts.model.companies import Dimension

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NO_TIME = -1
MICRO = 1_000_000


class Outcome(IntEnum):
    """How an attempt ended (reference/factors.md)."""

    ANSWERED = 0
    BUSY = 1
    NO_CHANNEL = 2
    ERROR = 3


BUSY_CODES = frozenset({486, 600})
NO_CHANNEL_CODES = frozenset({503})
#: The network did its part: ITU-T E.425's idea of network effectiveness.
NER_CODES = frozenset({200, 480, 486, 487, 600, 603, 604, 404, 484})


@dataclass(frozen=True, slots=True)
class CodeMap:
    """Which final SIP codes mean what; a setting of the switch."""

    busy: frozenset[int] = BUSY_CODES
    no_channel: frozenset[int] = NO_CHANNEL_CODES
    effective: frozenset[int] = NER_CODES


@dataclass(frozen=True, slots=True, eq=False)
class Calls:
    """A page of call attempts as columns.

    `ids`: the switch's own id of each record (text), the key of deduplication.
    `call_ids`: the SIP Call-ID or what identifies the call while it is up; "" where unknown. Joins live calls to their records.
    `pdd_ms`: post-dial delay, `NO_TIME` when the call failed before any 18x (never counted as 0).
    `talk_ms`: answer to end. `billed_ms`: what is paid for. `package_ms`: the part of it covered by packages.
    `cost_u`, `income_u`: millionths. `sip_code`: final reply. `q850`: cause, 0 = none.
    `text`: one list a dimension; "" = none (a call the switch refused itself has no gateway). A dimension that the
    source does not know is absent. `sip_reason`, `hangup`: text lists, may be empty lists.
    """

    ids: list[str]
    call_ids: list[str]
    setup_ms: Ints
    ring_ms: Ints
    answer_ms: Ints
    end_ms: Ints
    pdd_ms: Ints
    talk_ms: Ints
    billed_ms: Ints
    package_ms: Ints
    cost_u: Ints
    income_u: Ints
    sip_code: Ints
    q850: Ints
    text: Mapping[Dimension, list[str]]
    sip_reason: list[str]
    hangup: list[str]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, mask: Bools) -> "Calls":
        """Give the records where `mask` is true, in order."""
        if bool(mask.all()):
            return self
        index = np.flatnonzero(mask).tolist()

        def pick(column: Sequence[str]) -> list[str]:
            return [column[i] for i in index] if column else []

        changed: dict[str, object] = {}
        for f in fields(self):
            column = getattr(self, f.name)
            if isinstance(column, np.ndarray):
                changed[f.name] = column[mask]
            elif isinstance(column, list):
                changed[f.name] = pick(column)
        changed["text"] = {dim: pick(column) for dim, column in self.text.items()}
        return replace(self, **changed)  # type: ignore[arg-type]  # every column is rebuilt with its own type

    def dimension(self, dim: Dimension) -> list[str]:
        """Give the texts of one dimension, "" for each record where the source does not know it."""
        column = self.text.get(dim)
        return column if column is not None else [""] * len(self)


def ints(values: Sequence[int | float]) -> Ints:
    """Make a column of integers; floats are rounded half to even."""
    array = np.asarray(values)
    if array.dtype.kind == "f":
        array = np.rint(array)
    return array.astype(np.int64)


def make_calls(
    *,
    ids: list[str],
    setup_ms: Ints,
    end_ms: Ints,
    answer_ms: Ints,
    sip_code: Ints,
    text: Mapping[Dimension, list[str]],
    call_ids: list[str] | None = None,
    ring_ms: Ints | None = None,
    pdd_ms: Ints | None = None,
    talk_ms: Ints | None = None,
    billed_ms: Ints | None = None,
    package_ms: Ints | None = None,
    cost_u: Ints | None = None,
    income_u: Ints | None = None,
    q850: Ints | None = None,
    sip_reason: list[str] | None = None,
    hangup: list[str] | None = None,
) -> Calls:
    """Make columns from what a source knows and fill in what follows from it.

    ring -> none; pdd -> ring (answer where no 18x came) - setup; talk -> end - answer of answered calls; billed -> talk;
    package, cost, income -> 0. Raises ValueError when columns differ in length.
    """
    n = len(ids)
    none = np.full(n, NO_TIME, dtype=np.int64)
    zero = np.zeros(n, dtype=np.int64)
    ring = none if ring_ms is None else ring_ms
    answered = answer_ms != NO_TIME
    if pdd_ms is None:
        heard = np.where(ring != NO_TIME, ring, answer_ms)
        pdd_ms = np.where(heard != NO_TIME, heard - setup_ms, NO_TIME)
    if talk_ms is None:
        talk_ms = np.where(answered, end_ms - answer_ms, 0)
    calls = Calls(
        ids=ids,
        call_ids=[""] * n if call_ids is None else call_ids,
        setup_ms=setup_ms,
        ring_ms=ring,
        answer_ms=answer_ms,
        end_ms=end_ms,
        pdd_ms=pdd_ms,
        talk_ms=talk_ms,
        billed_ms=talk_ms if billed_ms is None else billed_ms,
        package_ms=zero if package_ms is None else package_ms,
        cost_u=zero if cost_u is None else cost_u,
        income_u=zero if income_u is None else income_u,
        sip_code=sip_code,
        q850=zero if q850 is None else q850,
        text=text,
        sip_reason=sip_reason or [],
        hangup=hangup or [],
    )
    _check_lengths(calls)
    return calls


def no_calls() -> Calls:
    """Make an empty page."""
    empty = np.zeros(0, dtype=np.int64)
    return make_calls(ids=[], setup_ms=empty, end_ms=empty, answer_ms=empty, sip_code=empty, text={})


def _check_lengths(calls: Calls) -> None:
    n = len(calls)
    for f in fields(calls):
        column = getattr(calls, f.name)
        if f.name in ("sip_reason", "hangup") and not column:
            continue
        lengths = {len(c) for c in column.values()} if isinstance(column, Mapping) else {len(column)}
        if lengths - {n}:
            raise ValueError(f"column {f.name} has {lengths} rows where there are {n} records")


#: A record whose setup or end lies further ahead of our clock than this is from the future.
FUTURE_MS = 60_000


def find_bad(calls: Calls, now_ms: int) -> dict[int, str]:
    """Give row -> reason for records that must not be counted: from the future, end before answer, negative duration."""
    tests = (
        (np.maximum(calls.setup_ms, calls.end_ms) > now_ms + FUTURE_MS, "from the future"),
        (calls.setup_ms < 0, "no setup time"),
        (calls.end_ms < 0, "no end time"),
        ((calls.talk_ms < 0) | (calls.billed_ms < 0) | (calls.pdd_ms < NO_TIME), "negative duration"),
        ((calls.answer_ms != NO_TIME) & (calls.end_ms < calls.answer_ms), "end before answer"),
        (calls.end_ms < calls.setup_ms, "end before setup"),
        ((calls.answer_ms != NO_TIME) & (calls.answer_ms < calls.setup_ms), "answer before setup"),
    )
    bad: dict[int, str] = {}
    for mask, reason in tests:
        if mask.any():
            for i in np.flatnonzero(mask).tolist():
                bad.setdefault(i, reason)
    return bad
