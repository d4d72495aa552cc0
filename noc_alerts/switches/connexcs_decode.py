"""ConnexCS rows in, columns of calls out. Companies: connexcs_companies.py.

Whole pages are decoded at once; only where that fails, each row is looked at by itself, so that one bad row costs one record.
Pure; no I/O. Must not import Qt, the store or the network. Fields: reference of ConnexCS's published clients. Not stated there
and assumed: `ring_duration` is in seconds, and a post-dial delay of 0 means that nothing rang.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeVar

import msgspec
import numpy as np

from noc_alerts.metrics.columns import MICRO, NO_TIME, Bools, Calls, Ints, make_calls
from noc_alerts.metrics.factors import Floats
from noc_alerts.model.companies import Dimension
from noc_alerts.model.errors import SwitchBadAnswer
from noc_alerts.switches.numbers import LARGEST, currency_code, number
from noc_alerts.switches.protocol import LiveCall

T = TypeVar("T")
Number = float | str | None
Text = str | int | None

#: The fields that are asked for.
CDR_FIELDS: Final = (
    "dt",
    "callid",
    "callid_b",
    "source_cli",
    "dest_number",
    "duration",
    "customer_id",
    "customer_charge",
    "customer_duration",
    "customer_card_currency",
    "customer_card_dest_code",
    "customer_card_dest_name",
    "provider_id",
    "provider_charge",
    "pdd_in",
    "pdd_out",
    "ring_duration",
    "sip_code",
    "sip_reason",
    "release_reason",
)


class CostFrom(StrEnum):
    """Whose charge counts as cost."""

    PROVIDER = "provider"  # what the carrier asks; the customer's charge is the income
    CUSTOMER = "customer"  # what the customer pays; the income is not known


class CdrRow(msgspec.Struct):
    """One call record as it arrives; numbers may be texts."""

    dt: str
    callid: Text = None
    callid_b: Text = None
    source_cli: Text = None
    dest_number: Text = None
    duration: Number = None
    customer_id: Text = None
    customer_charge: Number = None
    customer_duration: Number = None
    customer_card_currency: str | None = None
    customer_card_dest_code: Text = None
    customer_card_dest_name: str | None = None
    provider_id: Text = None
    provider_charge: Number = None
    pdd_in: Number = None
    pdd_out: Number = None
    ring_duration: Number = None
    sip_code: Number = None
    sip_reason: str | None = None
    release_reason: str | None = None

    @property
    def key(self) -> str:
        """Give what tells this record from every other one: a call with several legs has several records."""
        first = text(self.callid) or f"{self.dt} {text(self.source_cli)} {text(self.dest_number)}"
        second = text(self.callid_b)
        return f"{first}/{second}" if second else first


class BreakoutRow(msgspec.Struct):
    """One aggregate as it arrives."""

    attempts: Number = None
    connected: Number = None
    customer_id: Text = None
    provider_id: Text = None
    customer_card_dest_name: str | None = None


class LiveRow(msgspec.Struct):
    """Channels of one company, as the operator's script tells them."""

    channels: float
    id: Text = None
    name: str | None = None


class LiveCallRow(msgspec.Struct):
    """A call in progress, as the operator's script tells it; `ring_dt` null = nothing rang, `answer_dt` null = not answered."""

    dt: str
    callid: Text = None
    ring_dt: str | None = None
    answer_dt: str | None = None
    customer_id: Text = None
    provider_id: Text = None
    customer_card_dest_code: Text = None
    customer_card_dest_name: str | None = None


class LiveAnswer(msgspec.Struct):
    """What the operator's script answers; `calls` null = it does not tell calls in progress."""

    customers: list[LiveRow]
    carriers: list[LiveRow] = []
    calls: list[LiveCallRow] | None = None


class _Wrapped(msgspec.Struct):
    result: msgspec.Raw = msgspec.Raw(b"")
    data: msgspec.Raw = msgspec.Raw(b"")


def text(value: Text) -> str:
    """Give a text that may have arrived as a number, "" for none."""
    return "" if value is None else str(value)


def array(raw: bytes, row: type[T], address: str) -> tuple[list[T], list[str]]:
    """Decode an array, bare or as `result` or `data` of an object: its rows, and the reason for each that cannot be read.

    Raises SwitchBadAnswer when there is no array, or when none of its rows can be read.
    """
    body = raw.lstrip()
    try:
        if body.startswith(b"{"):
            wrapped = msgspec.json.decode(body, type=_Wrapped)
            body = bytes(wrapped.result) or bytes(wrapped.data)
            if not body:
                raise SwitchBadAnswer(f"The switch at {address} answers with one object where a list was asked for.")
        return msgspec.json.decode(body, type=list[row]), []  # type: ignore[valid-type]  # the row's type is an argument
    except msgspec.ValidationError as error:
        reason = str(error)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(raw, address) from error
    return _one_by_one(body, row, address, reason)


def _one_by_one(body: bytes, row: type[T], address: str, reason: str) -> tuple[list[T], list[str]]:
    try:
        parts = msgspec.json.decode(body, type=list[msgspec.Raw])
    except msgspec.DecodeError as error:
        raise SwitchBadAnswer(f"The switch at {address} answers in another shape than expected ({reason}).") from error
    rows: list[T] = []
    bad: list[str] = []
    for part in parts:
        try:
            rows.append(msgspec.json.decode(part, type=row))
        except msgspec.DecodeError as error:
            bad.append(str(error))
    if not rows:
        raise SwitchBadAnswer(f"The switch at {address} answers in another shape than expected ({reason}).")
    return rows, bad


def single(raw: bytes, kind: type[T], address: str) -> T:
    """Decode one object. Raises SwitchBadAnswer."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise SwitchBadAnswer(f"The switch at {address} answers in another shape than expected ({error}).") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unreadable(raw, address) from error


def _unreadable(raw: bytes, address: str) -> SwitchBadAnswer:
    start = raw.lstrip()[:1]
    looks = "a web page" if start == b"<" else "something that is no JSON" if start else "nothing"
    return SwitchBadAnswer(f"The switch at {address} answers with {looks}; its calls are unknown now.")


@dataclass(frozen=True, slots=True)
class Names:
    """What records call by number: the switch's id -> name, and id -> currency of those that have one."""

    customers: Mapping[str, str]
    carriers: Mapping[str, str]
    customer_currencies: Mapping[str, str] = field(default_factory=dict)
    carrier_currencies: Mapping[str, str] = field(default_factory=dict)

    def customer(self, key: str) -> str:
        """Name a customer; one that is not in the list keeps its number."""
        return self.customers.get(key, key)

    def carrier(self, key: str) -> str:
        """Name a carrier; "" for the 0 and the null of a call that had none."""
        return "" if key in ("", "0") else self.carriers.get(key, key)

    def currencies(self, rows: Sequence[CdrRow], cost_from: CostFrom) -> list[str]:
        """Give the currency of each record's cost: the carrier's, else that of the customer's rate card, else the customer's."""
        asked = self.carrier_currencies if cost_from is CostFrom.PROVIDER else {}
        card = {said: currency_code(said) for said in {row.customer_card_currency for row in rows}}
        paid = self.customer_currencies
        return [
            asked.get(text(row.provider_id)) or card[row.customer_card_currency] or paid.get(text(row.customer_id), "")
            for row in rows
        ]


# -- records -------------------------------------------------------------------------------------------------------------


def to_calls(rows: Sequence[CdrRow], names: Names, cost_from: CostFrom) -> tuple[Calls, dict[int, str]]:
    """Make calls of records: columns of the good ones, and row -> reason for those that cannot be read."""
    bad: dict[int, str] = {}
    setup = _times([row.dt for row in rows], bad)
    talk = _ms("duration", [row.duration for row in rows], bad, 1000)
    billed = _ms("customer_duration", [row.customer_duration for row in rows], bad, 1000)
    no_billed = np.array([row.customer_duration is None for row in rows], dtype=np.bool_)
    pdd = _pdd(rows, bad)
    ring = np.maximum(_ms("ring_duration", [row.ring_duration for row in rows], bad, 1000), 0)
    sip = _ms("sip_code", [row.sip_code for row in rows], bad, 1)
    paid = _ms("customer_charge", [row.customer_charge for row in rows], bad, MICRO)
    asked = _ms("provider_charge", [row.provider_charge for row in rows], bad, MICRO)

    answered = ((sip >= 200) & (sip < 300)) | (talk > 0)
    before = np.where(pdd == NO_TIME, 0, pdd) + ring
    calls = make_calls(
        ids=[row.key for row in rows],
        call_ids=[text(row.callid) for row in rows],
        setup_ms=setup,
        ring_ms=np.where(pdd == NO_TIME, NO_TIME, setup + pdd),
        answer_ms=np.where(answered, setup + before, NO_TIME),
        end_ms=setup + before + talk,
        pdd_ms=pdd,
        talk_ms=talk,
        billed_ms=np.where(no_billed, talk, billed),
        cost_u=asked if cost_from is CostFrom.PROVIDER else paid,
        income_u=paid if cost_from is CostFrom.PROVIDER else np.zeros_like(paid),
        sip_code=sip,
        text=_texts(rows, names, cost_from),
        sip_reason=[row.sip_reason or "" for row in rows],
        hangup=[row.release_reason or "" for row in rows],
    )
    if bad:
        keep: Bools = np.ones(len(rows), dtype=np.bool_)
        keep[list(bad)] = False
        calls = calls.take(keep)
    return calls, bad


def to_live(rows: Sequence[LiveCallRow], names: Names) -> tuple[LiveCall, ...]:
    """Make calls in progress of what the script tells; one without an id or a readable time is left out."""
    bad: dict[int, str] = {}
    setup = _times([row.dt for row in rows], bad).tolist()
    ring = _times([call.ring_dt or call.dt for call in rows], bad).tolist()
    answer = _times([call.answer_dt or call.dt for call in rows], bad).tolist()
    return tuple(
        LiveCall(
            text(call.callid),
            setup[row],
            ring[row] if call.ring_dt else None,
            answer[row] if call.answer_dt else None,
            {
                Dimension.CLIENT: names.customer(text(call.customer_id)),
                Dimension.GATEWAY: names.carrier(text(call.provider_id)),
                Dimension.CODE: text(call.customer_card_dest_code),
                Dimension.CODE_NAME: call.customer_card_dest_name or "",
            },
        )
        for row, call in enumerate(rows)
        if row not in bad and text(call.callid)
    )


def _texts(rows: Sequence[CdrRow], names: Names, cost_from: CostFrom) -> dict[Dimension, list[str]]:
    return {
        Dimension.CLIENT: [names.customer(text(row.customer_id)) for row in rows],
        Dimension.GATEWAY: [names.carrier(text(row.provider_id)) for row in rows],
        Dimension.CODE: [text(row.customer_card_dest_code) for row in rows],
        Dimension.CODE_NAME: [row.customer_card_dest_name or "" for row in rows],
        Dimension.SRC: [text(row.source_cli) for row in rows],
        Dimension.DST: [text(row.dest_number) for row in rows],
        Dimension.CURRENCY: names.currencies(rows, cost_from),
        Dimension.SERVICE: ["calls"] * len(rows),
    }


def _pdd(rows: Sequence[CdrRow], bad: dict[int, str]) -> Ints:
    """Give the delay on the carrier's side, the customer's where that is missing, NO_TIME where nothing rang."""
    out = _ms("pdd_out", [row.pdd_out for row in rows], bad, 1)
    into = _ms("pdd_in", [row.pdd_in for row in rows], bad, 1)
    return np.where(out > 0, out, np.where(into > 0, into, NO_TIME))


def _ms(name: str, values: Sequence[Number], bad: dict[int, str], scale: int) -> Ints:
    """Give whole numbers, `scale` to the unit; 0 for none, and for a bad one, whose row is noted."""
    found: Floats
    try:
        if str in set(map(type, values)) and any(isinstance(value, str) and "_" in value for value in values):
            raise ValueError  # Python would read "1_0" as ten
        found = np.array(values, dtype=np.float64)
    except ValueError:
        found = np.array([np.nan if number(value) is None else number(value) for value in values], dtype=np.float64)
    odd = ~(np.abs(found) <= LARGEST)
    for row in np.flatnonzero(odd).tolist():
        value = values[row]
        if value is not None and value != "":
            bad.setdefault(row, f"{name} is no number: {str(value)[:40]}")
    whole: Ints = np.rint(np.where(odd, 0.0, found) * scale).astype(np.int64)
    return whole


def _times(values: Sequence[str], bad: dict[int, str]) -> Ints:
    """Give UTC milliseconds of "YYYY-MM-DD HH:MM:SS[.fff]"."""
    try:
        if not any(value.endswith("Z") or "+" in value for value in values):
            found = np.array(values, dtype="datetime64[ms]")
            if not np.isnat(found).any():
                return found.astype(np.int64)
    except ValueError:
        pass
    result = np.zeros(len(values), dtype=np.int64)
    for row, value in enumerate(values):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            bad.setdefault(row, f"dt is no time: {value[:40]}")
            continue
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        result[row] = round(aware.timestamp() * 1000)
    return result
