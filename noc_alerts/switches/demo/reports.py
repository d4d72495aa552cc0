"""Aggregates, company rows and live counts of the demo switch.

Called by the server under the switch's lock. Must not import the rest of noc_alerts. What no public source states is
decided here and said: breakout's `dt` is the full minute of the call's start, its range includes both ends, a call is
in it once it has ended, and its `asr` is in percent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from noc_alerts.switches.demo import plan, records, traffic
from noc_alerts.switches.demo.records import (
    CARRIER_IDS,
    CURRENCY,
    CUSTOMER_IDS,
    Row,
    Unprocessable,
    moment_ms,
    times,
    visible,
)
from noc_alerts.switches.demo.traffic import Calls, Flags
from noc_alerts.switches.demo.world import World

_MINUTE_MS = 60_000
Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class BreakoutQuery:
    """The parameters of `GET breakout-aggrid` that the demo switch reads."""

    groups: tuple[str, ...]
    values: tuple[str, ...]
    since: str
    until: str  # included
    customer_id: int | None = None
    provider_id: int | None = None
    start_row: int = 0
    end_row: int = 100


_GROUPS: Final[dict[str, Callable[[Calls], Values]]] = {
    "customer_id": lambda c: CUSTOMER_IDS[c.customer],
    "provider_id": lambda c: CARRIER_IDS[c.carrier],
    "customer_card_dest_name": lambda c: c.destination,
    "provider_card_dest_name": lambda c: c.destination,
    "dt": lambda c: c.setup_ms // _MINUTE_MS * _MINUTE_MS,
}

_SUMS: Final[dict[str, Callable[[Calls], Values]]] = {
    "attempts": lambda c: np.ones(len(c)),
    "connected": lambda c: (c.sip_code == plan.ANSWERED).astype(np.float64),
    "duration": lambda c: c.talk_ms / 1000,
    "customer_duration": lambda c: traffic.billed_s(c.talk_ms, c.destination),
    "provider_duration": lambda c: np.ceil(c.talk_ms / 1000),
    "customer_charge": traffic.customer_charge,
    "provider_charge": traffic.provider_charge,
    "dtmf": lambda c: np.zeros(len(c)),
}


def breakout(world: World, query: BreakoutQuery) -> list[Row]:
    """Return aggregates of ended calls, answered or not, by the wanted groups, sorted by group.

    Raises Unprocessable for unknown group or value columns and without a date range.
    """
    for name in query.groups:
        if name not in _GROUPS:
            raise Unprocessable(f"cannot group by {name!r}")
    for name in query.values:
        if name not in _SUMS and name not in ("asr", "acd"):
            raise Unprocessable(f"unknown value column {name!r}")
    since, until = moment_ms(query.since), moment_ms(query.until) + 1
    totals: dict[tuple[int, ...], npt.NDArray[np.float64]] = {}
    for _, calls in world.chunks(since // _MINUTE_MS * _MINUTE_MS, until + _MINUTE_MS):
        minute = _GROUPS["dt"](calls)
        mask = (minute >= since) & (minute < until) & visible(world, calls)
        if query.customer_id is not None:
            mask &= CUSTOMER_IDS[calls.customer] == query.customer_id
        if query.provider_id is not None:
            mask &= CARRIER_IDS[calls.carrier] == query.provider_id
        _add(totals, calls, mask, query.groups)
    rows = [_breakout_row(query, group, totals[group]) for group in sorted(totals)]
    return rows[query.start_row : query.end_row]


def _add(totals: dict[tuple[int, ...], npt.NDArray[np.float64]], calls: Calls, mask: Flags, groups: Sequence[str]) -> None:
    if not mask.any():
        return
    keys = np.stack([_GROUPS[name](calls)[mask].astype(np.int64) for name in groups] or [np.zeros(int(mask.sum()), np.int64)])
    found, where = np.unique(keys, axis=1, return_inverse=True)
    sums = np.stack([np.bincount(where.ravel(), column(calls)[mask]) for column in _SUMS.values()])
    for place, group in enumerate(map(tuple, found.T.astype(np.int64).tolist())):
        totals[group] = totals.get(group, np.zeros(len(_SUMS))) + sums[:, place]


def _breakout_row(query: BreakoutQuery, group: tuple[int, ...], sums: npt.NDArray[np.float64]) -> Row:
    total = dict(zip(_SUMS, sums.tolist(), strict=True))
    row: Row = {}
    for name, value in zip(query.groups, group, strict=False):
        if name == "dt":
            row[name] = times(np.array([value]))[0][:19]
        elif name.endswith("dest_name"):
            row[name] = plan.DESTINATIONS[value].name
        else:
            row[name] = value or None
    attempts, connected = total["attempts"], total["connected"]
    shown: Row = {name: round(value, 3) for name, value in total.items()}
    shown |= {name: int(total[name]) for name in ("attempts", "connected", "dtmf")}
    shown |= {name: {CURRENCY: round(total[name], 6)} for name in ("customer_charge", "provider_charge")}
    shown["asr"] = round(100 * connected / attempts, 2) if attempts else 0
    shown["acd"] = round(total["duration"] / connected, 2) if connected else 0
    return row | {name: shown[name] for name in query.values or tuple(shown)}


def customer_rows(world: World) -> list[Row]:
    """Return all customers as `GET customer` shows them; prepaid credits are strings, the others numbers."""
    last = world.last_calls()
    rows: list[Row] = []
    for place, customer in enumerate(plan.CUSTOMERS):
        credit = world.credit(place)
        seen = last.get(customer.id)
        rows.append(
            {
                "id": customer.id,
                "name": customer.name,
                "credit": f"{credit:.4f}" if "prepaid" in customer.tags else credit,
                "debit_limit": customer.debit_limit,
                "currency": CURRENCY,
                "status": world.status(customer.id),
                "last_call": times(np.array([seen]))[0][:19] if seen is not None else None,
                "tags": list(customer.tags),
                "contact_name": [customer.contact],
                "channels": 40 * int(customer.share),
            }
        )
    return rows


def carrier_rows(world: World) -> list[Row]:
    """Return all carriers as `GET carrier` shows them."""
    return [
        {
            "id": carrier.id,
            "name": carrier.name,
            "currency": CURRENCY,
            "status": world.status(carrier.id),
            "channels": 40 * int(carrier.weight),
        }
        for carrier in plan.CARRIERS
    ]


def live_rows(world: World, seed: int) -> dict[str, list[Row]]:
    """Return what the operator's own script answers: channels and CPS by company, and the calls that are up."""
    live = world.live()
    names = {company.id: company.name for company in plan.CUSTOMERS + plan.CARRIERS}
    rows = {
        kind: [{"id": id_, "name": names[id_], "channels": channels, "cps": cps} for id_, (channels, cps) in of.items()]
        for kind, of in (("customers", live.customers), ("carriers", live.carriers))
    }
    return {**rows, "calls": records.calls_up(world, seed)}
