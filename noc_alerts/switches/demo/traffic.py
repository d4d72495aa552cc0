"""How the demo switch's calls come about: random draws for ten minutes at once, then the calls that follow from them.

Pure functions over NumPy arrays, any thread. Must not import the rest of noc_alerts.

Two steps, because a status change must act on new calls only: `draw` fixes everything that is left to chance, whatever
the switch does; `carry` lets the switch handle those attempts under the statuses of that moment. Carrying the tail of
a chunk again after a change gives the same calls with other routes, and the same seed always gives the same world.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from noc_alerts.switches.demo import plan
from noc_alerts.switches.demo.incidents import Incident, IncidentKind

CHUNK_MS = 600_000
LONGEST_TALK_MS = 7_200_000
LONGEST_CALL_MS = LONGEST_TALK_MS + 180_000  # talk, post-dial delay and ringing
NO_CARRIER = -1

_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_SPIKE_SHARE = 0.12  # extra calls of a traffic spike, as a part of the switch's usual rate
_COLLAPSE_ASR = 0.05
_PDD_RISE_MS = 4500.0
_SHORT_TALK = 0.05  # factor on the talk time
_TALK_SIGMA, _RING_SIGMA, _PDD_SIGMA = 1.1, 0.55, 0.35
_SPREAD = np.array([2, 37, 11, 53, 29, 7], dtype=np.float64)  # phases, so that the carriers do not drift together

Ints = npt.NDArray[np.int64]
Floats = plan.Floats
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Draws:
    """What chance decides about the attempts of one chunk; all arrays have one element an attempt, by setup time."""

    setup_ms: Ints  # since 1970 UTC, ascending
    customer: Ints  # place in plan.CUSTOMERS
    spike: Ints  # place of the destination a traffic spike goes to, -1 for usual calls
    uniform: Floats  # (5, n): destination, route, outcome, failure, delay
    normal: Floats  # (3, n): pdd, ring, talk

    def after(self, first: int) -> "Draws":
        """Return the draws from position `first` on."""
        return Draws(
            self.setup_ms[first:],
            self.customer[first:],
            self.spike[first:],
            self.uniform[:, first:],
            self.normal[:, first:],
        )


@dataclass(slots=True)
class Calls:
    """Carried attempts, one array a column, in order of setup time. An attempt not answered has talk_ms 0."""

    setup_ms: Ints
    end_ms: Ints
    pdd_ms: npt.NDArray[np.int32]  # 0 when nothing rang
    ring_ms: npt.NDArray[np.int32]
    talk_ms: npt.NDArray[np.int32]
    customer: npt.NDArray[np.int8]
    carrier: npt.NDArray[np.int8]  # NO_CARRIER when the switch refused the call itself
    destination: npt.NDArray[np.int8]
    sip_code: npt.NDArray[np.int16]
    spike: Flags

    def __len__(self) -> int:
        """Return the number of attempts."""
        return len(self.setup_ms)

    def replace_tail(self, first: int, tail: "Calls") -> None:
        """Overwrite the attempts from position `first` on; `tail` has as many as there are."""
        for name in self.__slots__:
            getattr(self, name)[first:] = getattr(tail, name)


@dataclass(frozen=True, slots=True)
class Statuses:
    """Who may make and take new calls: one flag a customer, one a carrier, in the order of the plan."""

    customers: Flags
    carriers: Flags


_CODES = np.array([float(destination.asr) for destination in plan.DESTINATIONS])
_ACD_MS = np.array([destination.acd_s * 1000 for destination in plan.DESTINATIONS])
_PDD_MS = np.array([destination.pdd_ms for destination in plan.DESTINATIONS])
_CARRIER_ASR = np.array([carrier.asr for carrier in plan.CARRIERS])
_CARRIER_ACD = np.array([carrier.acd for carrier in plan.CARRIERS])
_CARRIER_PDD = np.array([carrier.pdd for carrier in plan.CARRIERS])
_CUSTOMER_ASR = np.array([customer.asr for customer in plan.CUSTOMERS])
_SHARES = np.array([customer.share for customer in plan.CUSTOMERS]) / sum(c.share for c in plan.CUSTOMERS)
_SWING = np.array([customer.swing for customer in plan.CUSTOMERS])
_PEAK = np.array([customer.peak_hour for customer in plan.CUSTOMERS])
_MIX_STEPS = plan.mix_matrix().cumsum(axis=1)
_ROUTES = plan.route_matrix()
_FAILURES = np.array(plan.FAILURES)
_USUAL_STEPS = np.cumsum(plan.USUAL_SHARE)
_COLLAPSE_STEPS = np.cumsum(plan.COLLAPSE_SHARE)


def draw(seed: int, chunk: int, calls_per_s: float, incidents: Sequence[Incident]) -> Draws:
    """Return the attempts offered in chunk number `chunk` (ten minutes each, counted from 1970 UTC).

    Arrivals are a Poisson process whose rate follows each customer's day: share * (1 + swing * cos(hours from peak)).
    """
    rng = np.random.default_rng([seed, 2, chunk])
    begin = chunk * CHUNK_MS
    minutes = begin + np.arange(CHUNK_MS // _MINUTE_MS) * _MINUTE_MS
    hours = ((minutes + _MINUTE_MS // 2) % _DAY_MS)[:, None] / 3_600_000
    rates = calls_per_s * _SHARES * (1 + _SWING * np.cos((hours - _PEAK) * (2 * np.pi / 24)))
    counts = rng.poisson(rates * (_MINUTE_MS / 1000))
    customer = np.tile(np.arange(len(plan.CUSTOMERS)), len(minutes)).repeat(counts.ravel())
    setup = minutes.repeat(counts.sum(axis=1)) + rng.integers(0, _MINUTE_MS, len(customer))
    parts = [(setup, customer, np.full(len(customer), -1))]
    for incident in incidents:
        if incident.kind is IncidentKind.TRAFFIC_SPIKE:
            parts.append(_spike(rng, begin, calls_per_s, incident))
    setup, customer, spike = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(setup, kind="stable")
    count = len(order)
    return Draws(setup[order], customer[order], spike[order], rng.random((5, count)), rng.standard_normal((3, count)))


def _spike(rng: np.random.Generator, chunk_begin: int, calls_per_s: float, incident: Incident) -> tuple[Ints, Ints, Ints]:
    begin = max(epoch_ms(incident.begins_at), chunk_begin)
    end = min(epoch_ms(incident.ends_at), chunk_begin + CHUNK_MS)
    count = int(rng.poisson(calls_per_s * _SPIKE_SHARE * (end - begin) / 1000)) if end > begin else 0
    places = [customer.id for customer in plan.CUSTOMERS]
    return (
        rng.integers(begin, max(end, begin + 1), count),
        np.full(count, places.index(incident.company_id)),
        np.full(count, plan.index_of_code(incident.code or plan.EXPENSIVE_CODES[0])),
    )


def carry(draws: Draws, statuses: Statuses, incidents: Sequence[Incident]) -> Calls:
    """Return the calls that follow from the draws while these statuses hold.

    A customer that is not active gets 403; one whose carriers are all off gets 503; both without a carrier.
    """
    usual = (draws.uniform[0][:, None] > _MIX_STEPS[draws.customer, :-1]).sum(axis=1)
    destination = np.where(draws.spike >= 0, draws.spike, usual)
    carrier = _route(draws, statuses)
    refused = ~statuses.customers[draws.customer]
    carrier[refused] = NO_CARRIER
    lost = carrier == NO_CARRIER
    hit = {kind: _hit(kind, draws.setup_ms, carrier, incidents) for kind in IncidentKind}
    collapsed = hit[IncidentKind.ASR_COLLAPSE]

    chance = _CODES[destination] * _CARRIER_ASR[carrier] * _CUSTOMER_ASR[draws.customer] * _drift(draws, carrier)
    chance = np.where(collapsed, _COLLAPSE_ASR, np.clip(chance, 0.02, 0.95))
    answered = (draws.uniform[2] < chance) & ~lost
    code = np.where(collapsed, _failure(draws.uniform[3], _COLLAPSE_STEPS), _failure(draws.uniform[3], _USUAL_STEPS))
    code = np.where(answered, plan.ANSWERED, np.where(refused, 403, np.where(lost, 503, code)))

    delay, pdd, ring = _before_answer(draws, code, destination, carrier, hit[IncidentKind.PDD_RISE])
    mean = _ACD_MS[destination] * _CARRIER_ACD[carrier] * np.where(hit[IncidentKind.SHORT_CALLS], _SHORT_TALK, 1.0)
    talk = mean * np.exp(_TALK_SIGMA * draws.normal[2] - _TALK_SIGMA**2 / 2)
    talk = np.where(answered, np.clip(talk, 900, LONGEST_TALK_MS), 0).astype(np.int32)
    return Calls(
        setup_ms=draws.setup_ms.copy(),
        end_ms=draws.setup_ms + delay + ring + talk,
        pdd_ms=pdd,
        ring_ms=ring,
        talk_ms=talk,
        customer=draws.customer.astype(np.int8),
        carrier=carrier.astype(np.int8),
        destination=destination.astype(np.int8),
        sip_code=code.astype(np.int16),
        spike=draws.spike >= 0,
    )


def _route(draws: Draws, statuses: Statuses) -> Ints:
    weights = _ROUTES * statuses.carriers
    total = weights.sum(axis=1)
    steps = (weights / np.where(total > 0, total, 1.0)[:, None]).cumsum(axis=1)
    steps[:, -1] = 2.0  # rounding must not lead past the last carrier
    # a carrier of weight 0 at the end of a row would catch that rounding: the last one with a weight does
    last = np.where(total > 0, weights.shape[1] - 1 - np.argmax(weights[:, ::-1] > 0, axis=1), NO_CARRIER)
    chosen = (draws.uniform[1][:, None] >= steps[draws.customer]).sum(axis=1)
    carrier: Ints = np.minimum(chosen, last[draws.customer])
    return carrier


def _hit(kind: IncidentKind, setup_ms: Ints, carrier: Ints, incidents: Sequence[Incident]) -> Flags:
    hit = np.zeros(len(setup_ms), dtype=np.bool_)
    ids = [each.id for each in plan.CARRIERS]
    for incident in incidents:
        if incident.kind is kind and incident.of_carrier:
            during = (setup_ms >= epoch_ms(incident.begins_at)) & (setup_ms < epoch_ms(incident.ends_at))
            hit |= during & (carrier == ids.index(incident.company_id))
    return hit


def _drift(draws: Draws, carrier: Ints) -> Floats:
    """Return a slow swing of 4 % around 1, of 97 minutes, so that no carrier's chart is a ruled line."""
    minutes = draws.setup_ms % (97 * _MINUTE_MS) / _MINUTE_MS
    swing: Floats = 1 + 0.04 * np.sin((minutes + _SPREAD[carrier]) * (2 * math.pi / 97))
    return swing


def _failure(uniform: Floats, steps: Floats) -> Ints:
    return _FAILURES[np.minimum(np.searchsorted(steps, uniform, side="right"), len(_FAILURES) - 1)]


def _before_answer(
    draws: Draws, code: Ints, destination: Ints, carrier: Ints, slow: Flags
) -> tuple[Ints, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return the time to the first ringing or to the refusal, the post-dial delay (0 without one) and the ringing."""
    to_ring = _PDD_MS[destination] * _CARRIER_PDD[carrier] * np.exp(_PDD_SIGMA * draws.normal[0])
    to_ring = np.clip(to_ring + np.where(slow, _PDD_RISE_MS, 0.0), 150, 30_000)
    ring_median = np.select([code == plan.ANSWERED, code == 487, code == 480], [7_000.0, 17_000.0, 32_000.0], 0.0)
    ring = np.clip(ring_median * np.exp(_RING_SIGMA * draws.normal[1]), 0, 60_000)
    rang = ring_median > 0
    by_code = np.select(
        [rang | (code == 486), code == 408, code == 403],
        [to_ring, 8_000 + 4_000 * draws.uniform[4], 20 + 30 * draws.uniform[4]],
        120 + 900 * draws.uniform[4],
    )
    pdd = np.where(rang, to_ring, 0.0)
    return by_code.astype(np.int64), pdd.astype(np.int32), ring.astype(np.int32)


def everybody_active() -> Statuses:
    """Return the statuses of a switch where nobody is off."""
    return Statuses(np.ones(len(plan.CUSTOMERS), dtype=np.bool_), np.ones(len(plan.CARRIERS), dtype=np.bool_))


_SELL = np.array([[d.sell * c.markup for d in plan.DESTINATIONS] for c in plan.CUSTOMERS])
_STEP_S = np.array([float(destination.step_s) for destination in plan.DESTINATIONS])
_BUY = np.array([[d.buy * c.cost for d in plan.DESTINATIONS] for c in plan.CARRIERS])


def billed_s(talk_ms: npt.NDArray[np.int32], destination: npt.NDArray[np.int8]) -> Floats:
    """Return the seconds the customer pays for: talk time rounded up to the destination's billing step."""
    step = _STEP_S[destination]
    billed: Floats = np.ceil(talk_ms / 1000 / step) * step
    return billed


def customer_charge(calls: Calls, where: Flags | slice = slice(None)) -> Floats:
    """Return what the customer pays (USD, six decimals)."""
    destination = calls.destination[where]
    price = _SELL[calls.customer[where], destination]
    charge: Floats = np.round(billed_s(calls.talk_ms[where], destination) / 60 * price, 6)
    return charge


def provider_charge(calls: Calls, where: Flags | slice = slice(None)) -> Floats:
    """Return what the carrier asks (USD, six decimals), per second begun; 0 without a carrier."""
    carrier = calls.carrier[where]
    price = np.where(carrier == NO_CARRIER, 0.0, _BUY[carrier, calls.destination[where]])
    charge: Floats = np.round(np.ceil(calls.talk_ms[where] / 1000) / 60 * price, 6)
    return charge


def epoch_ms(moment: datetime) -> int:
    """Return whole milliseconds since 1970 UTC, exactly (a float of seconds would be off by one now and then)."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
