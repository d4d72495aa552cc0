"""When something goes wrong at the demo switch: a schedule that follows from the seed and the start time alone.

Pure functions, any thread. Must not import the rest of noc_alerts.

Slot 0 begins 20 to 40 s after the start, so that a newcomer sees an alarm soon; the slots after it follow every five
minutes. The slots before the start (negative numbers) lie 25 minutes apart: history has its episodes, but stays calm
enough to show what usual looks like.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from noc_alerts.switches.demo import plan

FIRST_S = 30.0
EVERY_S = 300.0
HISTORY_EVERY_S = 1500.0
JITTER_S = 20.0
SHORTEST_S, LONGEST_S = 120.0, 240.0
_SLOT_OFFSET = 1 << 30  # a seed sequence takes no negative numbers


class IncidentKind(enum.Enum):
    """What goes wrong."""

    ASR_COLLAPSE = "asr collapse"  # a carrier answers almost nothing
    PDD_RISE = "pdd rise"  # a carrier's calls begin to ring seconds later
    SHORT_CALLS = "short calls"  # a carrier's answered calls break off after seconds
    TRAFFIC_SPIKE = "traffic spike"  # a customer's calls to one expensive destination
    LOW_BALANCE = "low balance"  # a customer's balance is used up within minutes


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident: what, who (the company's name and its id at the switch), from when until when (half-open)."""

    kind: IncidentKind
    who: str
    company_id: int
    begins_at: datetime
    ends_at: datetime
    code: str | None = None  # the destination of a traffic spike

    @property
    def of_carrier(self) -> bool:
        """Tell whether the company is a carrier; else it is a customer."""
        return self.kind in _CARRIER_KINDS


_CARRIER_KINDS = frozenset({IncidentKind.ASR_COLLAPSE, IncidentKind.PDD_RISE, IncidentKind.SHORT_CALLS})

# The first five are always the same ones, so that a guide can say what is about to happen.
_FIRST: tuple[tuple[IncidentKind, str], ...] = (
    (IncidentKind.ASR_COLLAPSE, "bravo"),
    (IncidentKind.TRAFFIC_SPIKE, "globex"),
    (IncidentKind.PDD_RISE, "charlie"),
    (IncidentKind.LOW_BALANCE, "umbrella"),
    (IncidentKind.SHORT_CALLS, "delta"),
)
_HISTORY_KINDS = (
    IncidentKind.PDD_RISE,
    IncidentKind.ASR_COLLAPSE,
    IncidentKind.SHORT_CALLS,
    IncidentKind.TRAFFIC_SPIKE,
)


def between(seed: int, started_at: datetime, since: datetime, until: datetime) -> Iterator[Incident]:
    """Yield the incidents that overlap `since <= t < until`, in order of their begin."""
    first = _slot_before(started_at, since) - 1
    last = _slot_before(started_at, until) + 1
    for slot in range(first, last + 1):
        incident = _incident(seed, started_at, slot)
        if incident.begins_at < until and incident.ends_at > since:
            yield incident


def _slot_before(started_at: datetime, moment: datetime) -> int:
    offset_s = (moment - started_at).total_seconds() - FIRST_S
    return int(offset_s // (EVERY_S if offset_s >= 0 else HISTORY_EVERY_S))


def _incident(seed: int, started_at: datetime, slot: int) -> Incident:
    rng = np.random.default_rng([seed, 1, slot + _SLOT_OFFSET])
    jitter_s = float(rng.uniform(-1.0, 1.0)) * (JITTER_S if slot else JITTER_S / 2)
    length_s = float(rng.uniform(SHORTEST_S, LONGEST_S))
    pick = int(rng.integers(1 << 30))
    kind, who = _kind_and_company(slot, pick)
    begin = started_at + timedelta(seconds=FIRST_S + slot * (EVERY_S if slot >= 0 else HISTORY_EVERY_S) + jitter_s)
    begin = begin.astimezone(UTC).replace(microsecond=begin.microsecond // 1000 * 1000)
    companies: tuple[plan.Carrier, ...] | tuple[plan.Customer, ...] = plan.CARRIERS if kind in _CARRIER_KINDS else plan.CUSTOMERS
    company_id = next(company.id for company in companies if company.name == who)
    code = None
    if kind is IncidentKind.TRAFFIC_SPIKE:
        code = plan.EXPENSIVE_CODES[slot % len(plan.EXPENSIVE_CODES)]
    return Incident(kind, who, company_id, begin, begin + timedelta(milliseconds=int(length_s * 1000)), code)


def _kind_and_company(slot: int, pick: int) -> tuple[IncidentKind, str]:
    if 0 <= slot < len(_FIRST):
        return _FIRST[slot]
    kind = _FIRST[slot % len(_FIRST)][0] if slot > 0 else _HISTORY_KINDS[slot % len(_HISTORY_KINDS)]
    if kind in _CARRIER_KINDS:
        return kind, plan.CARRIERS[pick % len(plan.CARRIERS)].name
    return kind, plan.CUSTOMERS[pick % len(plan.CUSTOMERS)].name
