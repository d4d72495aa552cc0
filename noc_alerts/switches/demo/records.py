"""Call records of the demo switch: the answer to `POST cdr`.

Called by the server under the switch's lock. Must not import the rest of noc_alerts. Shapes are those of ConnexCS's
published clients; what no public source states is decided here and said: `dt` is the call's start with milliseconds,
a record appears when the call has ended (so records become visible out of the order of `dt`), `pdd_in` and `pdd_out`
are 0 for a call that never rang, `ring_duration` is in seconds.
"""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from noc_alerts.switches.demo import plan, traffic
from noc_alerts.switches.demo.traffic import Calls, Flags, Ints
from noc_alerts.switches.demo.world import World

LIMIT: Final = 5000
CURRENCY: Final = "USD"
Row = dict[str, Any]
Values = npt.NDArray[Any]

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d{1,6})?)?")
CUSTOMER_IDS = np.array([customer.id for customer in plan.CUSTOMERS])
CARRIER_IDS = np.array([*(carrier.id for carrier in plan.CARRIERS), 0])  # place -1, no carrier, reads the last one
_DEST_NAMES = np.array([destination.name for destination in plan.DESTINATIONS])
_DEST_CODES = np.array([destination.code for destination in plan.DESTINATIONS])
_HOMES = np.array([next(iter(plan.MIXES[customer.mix])) for customer in plan.CUSTOMERS])
_ADDRESSES = np.array([f"192.0.2.{place + 10}" for place in range(len(plan.CUSTOMERS))])


class Unprocessable(Exception):
    """Say that a request is understood but cannot be answered; becomes HTTP 422 with this text."""


class Rule(msgspec.Struct):
    """One condition of a query."""

    field: str
    condition: str
    data: str | int | float | list[str | int | float]


class Where(msgspec.Struct):
    """All conditions of a query; all must hold."""

    rules: list[Rule] = []


class Order(msgspec.Struct):
    """One sort key of a query."""

    field: str
    direction: str = "ASC"


class CdrQuery(msgspec.Struct):
    """The body of `POST cdr`."""

    field: list[str] = []
    where: Where = msgspec.field(default_factory=Where)
    limit: int = LIMIT
    order: list[Order] = []


@dataclass(frozen=True, slots=True)
class _Picked:
    """The visible calls of one chunk that a query found."""

    seed: int
    chunk: int
    calls: Calls
    at: Ints  # positions, ascending

    def hashes(self, salt: int) -> npt.NDArray[np.uint64]:
        """Return a well-mixed number for each call, the same whenever it is asked for (splitmix64)."""
        mixed = self.at.astype(np.uint64) + np.uint64((self.chunk << 24) % 2**64)
        mixed += np.uint64((self.seed * 1_000_003 + salt) * 0x9E3779B97F4A7C15 % 2**64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        result: npt.NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
        return result


def _callee(picked: _Picked) -> Values:
    numbers = picked.hashes(2) % np.uint64(10**8)
    # a spike calls few numbers again and again, as toll fraud does
    numbers = np.where(picked.calls.spike[picked.at], numbers % np.uint64(40), numbers)
    codes = _DEST_CODES[picked.calls.destination[picked.at]].tolist()
    return np.array([f"{code}{number:08d}" for code, number in zip(codes, numbers.tolist(), strict=True)])


def _caller(picked: _Picked) -> Values:
    numbers = (picked.hashes(3) % np.uint64(10**4)).tolist()
    homes = _HOMES[picked.calls.customer[picked.at]].tolist()
    return np.array([f"{home}2055{number:04d}" for home, number in zip(homes, numbers, strict=True)])


def _sip_reason(picked: _Picked) -> Values:
    codes, carriers = picked.calls.sip_code[picked.at].tolist(), picked.calls.carrier[picked.at].tolist()
    return np.array(
        [
            plan.NO_CARRIER_REASON if code == 503 and carrier < 0 else plan.REASONS[code]
            for code, carrier in zip(codes, carriers, strict=True)
        ]
    )


def _release_reason(picked: _Picked) -> Values:
    code, carrier = picked.calls.sip_code[picked.at], picked.calls.carrier[picked.at]
    hung_up = np.where(picked.hashes(4) % np.uint64(100) < 62, "caller", "callee")
    failed = np.where(carrier < 0, "switch", np.where(code == 408, "timeout", "carrier"))
    return np.where(code == plan.ANSWERED, hung_up, np.where(code == 487, "caller", failed))


def _text(picked: _Picked, text: str) -> Values:
    return np.full(len(picked.at), text)


def _callid(picked: _Picked, salt: int) -> Values:
    return np.array([f"{number:016x}" for number in picked.hashes(salt).tolist()])


_COLUMNS: Final[dict[str, Callable[[_Picked], Values]]] = {
    "dt": lambda p: p.calls.setup_ms[p.at],
    "callid": lambda p: _callid(p, 1),
    "callid_b": lambda p: _callid(p, 5),
    "source_cli": _caller,
    "dest_cli": _callee,
    "dest_number": _callee,
    "duration": lambda p: p.calls.talk_ms[p.at] / 1000,
    "customer_id": lambda p: CUSTOMER_IDS[p.calls.customer[p.at]],
    "customer_charge": lambda p: traffic.customer_charge(p.calls)[p.at],
    "customer_duration": lambda p: traffic.billed_s(p.calls.talk_ms[p.at], p.calls.destination[p.at]),
    "customer_card_currency": lambda p: _text(p, CURRENCY),
    "customer_card_dest_code": lambda p: _DEST_CODES[p.calls.destination[p.at]],
    "customer_card_dest_name": lambda p: _DEST_NAMES[p.calls.destination[p.at]],
    "provider_id": lambda p: CARRIER_IDS[p.calls.carrier[p.at]],
    "provider_charge": lambda p: traffic.provider_charge(p.calls)[p.at],
    "provider_duration": lambda p: np.ceil(p.calls.talk_ms[p.at] / 1000),
    "provider_card_dest_name": lambda p: _DEST_NAMES[p.calls.destination[p.at]],
    "pdd_in": lambda p: np.where(p.calls.pdd_ms[p.at] > 0, p.calls.pdd_ms[p.at] + 12, 0),
    "pdd_out": lambda p: p.calls.pdd_ms[p.at],
    "ring_duration": lambda p: p.calls.ring_ms[p.at] / 1000,
    "sip_code": lambda p: p.calls.sip_code[p.at],
    "sip_reason": _sip_reason,
    "release_reason": _release_reason,
    "source_ip": lambda p: _ADDRESSES[p.calls.customer[p.at]],
    "switch_ip": lambda p: _text(p, "198.51.100.10"),
}

#: What the operator's script tells of a call that is up.
LIVE_FIELDS: Final = ("dt", "callid", "customer_id", "provider_id", "customer_card_dest_code", "customer_card_dest_name")

_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": np.isin,
}


def cdr(world: World, seed: int, query: CdrQuery, holds_failed: bool) -> list[Row]:
    """Return the rows of a `POST cdr` query.

    Raises Unprocessable for an unknown field or condition, a limit outside 1..5000 or a query without a date range.
    """
    fields = query.field or list(_COLUMNS)
    _refuse_unknown(fields)
    _refuse_unknown([order.field for order in query.order])
    if not 1 <= query.limit <= LIMIT:
        raise Unprocessable(f"limit must be between 1 and {LIMIT}")
    since, until, others = _split(query.where.rules)
    by_time = all(order.field == "dt" and order.direction.upper() == "ASC" for order in query.order)
    found: list[_Picked] = []
    count = 0
    for chunk, calls in world.chunks(since, until):
        mask = (calls.setup_ms >= since) & (calls.setup_ms < until) & visible(world, calls)
        if not holds_failed:
            mask &= calls.sip_code == plan.ANSWERED
        picked = _filtered(_Picked(seed, chunk, calls, np.flatnonzero(mask)), others)
        found.append(picked)
        count += len(picked.at)
        if by_time and count >= query.limit:
            break
    if by_time:
        return _rows(found, fields)[: query.limit]
    return _sorted(found, fields, query)


def calls_up(world: World, seed: int) -> list[Row]:
    """Return the calls in progress, ringing ones too, by the fields of a record; `ring_dt`, `answer_dt` null until then."""
    rows: list[Row] = []
    for chunk, calls in world.chunks(world.now_ms - traffic.LONGEST_CALL_MS, world.now_ms + 1):
        at = np.flatnonzero((calls.setup_ms <= world.now_ms) & (calls.end_ms > world.now_ms))
        picked = _Picked(seed, chunk, calls, at)
        answer = calls.setup_ms[at] + calls.pdd_ms[at] + calls.ring_ms[at]
        answered = (calls.sip_code[at] == plan.ANSWERED) & (answer <= world.now_ms)
        ring = calls.setup_ms[at] + calls.pdd_ms[at]
        rang = (calls.pdd_ms[at] > 0) & (ring <= world.now_ms)
        told = zip(_rows([picked], LIVE_FIELDS), _shown_where(ring, rang), _shown_where(answer, answered), strict=True)
        rows += [{**row, "ring_dt": ring_dt, "answer_dt": answer_dt} for row, ring_dt, answer_dt in told]
    return rows


def _shown_where(values: Values, known: Flags) -> list[str | None]:
    return [text if yes else None for text, yes in zip(times(values), known.tolist(), strict=True)]


def _sorted(found: Sequence[_Picked], fields: Sequence[str], query: CdrQuery) -> list[Row]:
    keys = [order.field for order in query.order]
    rows = _rows(found, list(dict.fromkeys([*fields, *keys])))
    for order in reversed(query.order):
        field = order.field
        rows.sort(key=lambda row: (row[field] is not None, row[field]), reverse=order.direction.upper() == "DESC")
    return [{name: row[name] for name in fields} for row in rows[: query.limit]]


def _rows(found: Sequence[_Picked], fields: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    for picked in found:
        columns = [_shown(name, _COLUMNS[name](picked)) for name in fields]
        rows.extend(dict(zip(fields, row, strict=True)) for row in zip(*columns, strict=True))
    return rows


def _shown(name: str, values: Values) -> list[Any]:
    if name == "dt":
        return times(values)
    if name == "provider_id":
        return [value or None for value in values.tolist()]
    result: list[Any] = values.tolist()
    return result


def times(values: Values) -> list[str]:
    """Return 'YYYY-MM-DD HH:MM:SS.mmm' of each time in UTC milliseconds."""
    shown = np.datetime_as_string(values.astype("datetime64[ms]"), unit="ms").tolist()
    return [text.replace("T", " ") for text in shown]


def _refuse_unknown(fields: Sequence[str]) -> None:
    for name in fields:
        if name not in _COLUMNS:
            raise Unprocessable(f"unknown field {name!r}")


def visible(world: World, calls: Calls) -> Flags:
    """Return which calls of a chunk a query may see: those that have ended and are not older than the history."""
    ended: Flags = (calls.end_ms <= world.now_ms) & (calls.setup_ms >= world.visible_from_ms())
    return ended


def _split(rules: Sequence[Rule]) -> tuple[int, int, list[Rule]]:
    """Return the half-open range of `dt` in milliseconds, and the rules on other fields."""
    _refuse_unknown([rule.field for rule in rules])
    lows, highs, others = [], [1 << 62], []
    for rule in rules:
        if rule.condition.lower() not in _COMPARE:
            raise Unprocessable(f"unknown condition {rule.condition!r}")
        if rule.field != "dt":
            others.append(rule)
            continue
        at = moment_ms(rule.data)
        if rule.condition in (">=", ">", "="):
            lows.append(at + (rule.condition == ">"))
        if rule.condition in ("<=", "<", "="):
            highs.append(at + (rule.condition != "<"))
    if not lows:
        raise Unprocessable("a date range is mandatory: give dt with >= or >")
    return max(lows), min(highs), others


def moment_ms(data: object) -> int:
    """Return UTC milliseconds of 'YYYY-MM-DD HH:MM:SS'; Unprocessable for anything else."""
    if not isinstance(data, str) or not _DATE.fullmatch(data):
        raise Unprocessable("dt must be 'YYYY-MM-DD HH:MM:SS'")
    try:
        return traffic.epoch_ms(datetime.fromisoformat(data).replace(tzinfo=UTC))
    except ValueError as error:
        raise Unprocessable(f"dt is no date: {error}") from error


def _filtered(picked: _Picked, rules: Sequence[Rule]) -> _Picked:
    for rule in rules:
        values = _COLUMNS[rule.field](picked)
        wanted: Any = rule.data
        if values.dtype.kind in "iuf":
            wanted = _numbers(wanted)
        elif isinstance(wanted, list):
            wanted = [str(each) for each in wanted]
        else:
            wanted = str(wanted)
        keep = np.asarray(_COMPARE[rule.condition.lower()](values, wanted), dtype=np.bool_)
        picked = _Picked(picked.seed, picked.chunk, picked.calls, picked.at[keep])
    return picked


def _numbers(data: str | int | float | list[str | int | float]) -> float | list[float]:
    try:
        return [float(each) for each in data] if isinstance(data, list) else float(data)
    except ValueError as error:
        raise Unprocessable(f"{data!r} is no number") from error
