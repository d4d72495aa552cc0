"""The demo switch's state: calls of the last hours, balances that fall and are topped up, statuses.

One World belongs to one DemoSwitch, which calls it under its lock. Nothing happens by itself: `advance(now)` brings the
world up to a moment, and however often it is called the same calls and balances come out. Must not import the rest of
noc_alerts.

Calls exist in chunks of ten minutes by setup time; a chunk of the past is made when somebody first asks for it, and
dropped when it is older than the history. A call is visible once it has ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from noc_alerts.switches.demo import incidents, plan, traffic
from noc_alerts.switches.demo.incidents import Incident, IncidentKind
from noc_alerts.switches.demo.traffic import CHUNK_MS, LONGEST_CALL_MS, Calls, epoch_ms

TICK_MS = 10_000  # balances are booked in steps of this
_CPS_WINDOW_MS = 10_000
_PAST_CHUNKS = 72  # chunks from before the start kept in memory: twelve hours, about 15 MB
_LOW_MARK = 0.15  # part of a full balance under which the customer is asked to pay
_LOW_USD = 170.0  # and never less than this: a balance under 100 USD means that something is wrong
_DRAIN = 0.75  # part of the available balance that is left after each tick of a LOW_BALANCE incident
_DRAIN_FLOOR = 0.03
_URGENT_MARK = 0.015  # part of a full balance under which the awaited payment comes at once: nobody runs dry here
_TOP_UP_TICKS = (12, 30)  # a customer pays this many ticks after he was asked


@dataclass(slots=True)
class _Account:
    """One customer's prepaid account."""

    credit: float
    due_tick: int | None = None  # when the awaited payment comes in


@dataclass(frozen=True, slots=True)
class Live:
    """Calls in progress (ringing included) and calls started a second, per customer and per carrier id."""

    customers: dict[int, tuple[int, float]]
    carriers: dict[int, tuple[int, float]]


@dataclass(slots=True)
class _Chunk:
    calls: Calls
    draws: traffic.Draws | None  # kept while a status change can still alter the calls
    last_end_ms: int = field(init=False)

    def __post_init__(self) -> None:
        self.last_end_ms = int(self.calls.end_ms.max(initial=0))


class World:
    """What the switch knows; all times are UTC milliseconds since 1970 inside and aware datetimes outside."""

    def __init__(self, seed: int, started_at: datetime, history: timedelta, calls_per_s: float) -> None:
        """Begin at `started_at` with `history` of calls before it, which are made on demand."""
        self._seed = seed
        self._started_at = started_at
        self._started_ms = epoch_ms(started_at)
        self._history_ms = int(history.total_seconds() * 1000)
        self._calls_per_s = calls_per_s
        self._chunks: dict[int, _Chunk] = {}
        self._statuses = traffic.everybody_active()
        self._status_names = dict.fromkeys((c.id for c in plan.CUSTOMERS + plan.CARRIERS), plan.ACTIVE)
        self._first_live = self._newest = self._started_ms // CHUNK_MS
        self._tick = 0
        self.now_ms = self._started_ms
        rng = np.random.default_rng([seed, 3])
        self._rng_pay = np.random.default_rng([seed, 4])
        self._accounts = [
            _Account(round(customer.balance * float(rng.uniform(0.35, 0.95)) - customer.debit_limit, 2))
            for customer in plan.CUSTOMERS
        ]
        self._make(self._newest)

    def advance(self, now: datetime) -> None:
        """Bring the world up to `now`; a time before the last one changes nothing."""
        self.now_ms = max(self.now_ms, epoch_ms(now))
        current = self.now_ms // CHUNK_MS
        oldest = self._oldest_ms() // CHUNK_MS
        # after a long sleep of the machine only the calls that history still holds are made
        for number in range(max(self._newest + 1, oldest), current + 1):
            self._make(number)
        if current > self._newest:
            self._newest = current
            for number, chunk in self._chunks.items():
                if number < current:
                    chunk.draws = None
        self._book()
        for number in [number for number in self._chunks if number < oldest]:
            del self._chunks[number]

    def _oldest_ms(self) -> int:
        # the longest call in progress must be known, however short the history
        return self.now_ms - max(self._history_ms, LONGEST_CALL_MS + CHUNK_MS)

    def visible_from_ms(self) -> int:
        """Return the setup time of the oldest call a query may see."""
        return self.now_ms - self._history_ms

    def status(self, company_id: int) -> str:
        """Return the status of a customer or carrier as the API spells it."""
        return self._status_names[company_id]

    def set_status(self, company_id: int, status: str) -> None:
        """Set a status from this moment on: calls set up later meet it, calls in progress continue."""
        self._status_names[company_id] = status
        self._statuses = traffic.Statuses(
            np.array([self._status_names[customer.id] == plan.ACTIVE for customer in plan.CUSTOMERS]),
            np.array([self._status_names[carrier.id] == plan.ACTIVE for carrier in plan.CARRIERS]),
        )
        chunk = self._chunks[self._newest]
        if chunk.draws is None:
            return
        first = int(np.searchsorted(chunk.draws.setup_ms, self.now_ms, side="right"))
        tail = traffic.carry(chunk.draws.after(first), self._statuses, self._incidents_of(self._newest))
        chunk.calls.replace_tail(first, tail)
        chunk.last_end_ms = int(chunk.calls.end_ms.max(initial=0))

    def credit(self, place: int) -> float:
        """Return the balance (USD) of the customer at this place of the plan, without what he may owe."""
        return round(self._accounts[place].credit, 4)

    def chunks(self, since_ms: int, until_ms: int) -> Iterator[tuple[int, Calls]]:
        """Yield (number, calls) of each chunk that overlaps `since <= t < until`, oldest first.

        Chunks of the past are made as they are asked for; the calls include those that have not ended or begun yet.
        """
        since_ms = max(since_ms, self.visible_from_ms(), self._started_ms - self._history_ms)
        until_ms = min(until_ms, self.now_ms + 1)
        if since_ms >= until_ms:
            return
        for number in range(since_ms // CHUNK_MS, (until_ms - 1) // CHUNK_MS + 1):
            yield number, self._chunk(number).calls

    def live(self) -> Live:
        """Count the calls in progress, and the calls started in the last ten seconds."""
        customers = np.zeros((2, len(plan.CUSTOMERS)))
        carriers = np.zeros((2, len(plan.CARRIERS)))
        for calls in self._recent(self.now_ms):
            begun = calls.setup_ms <= self.now_ms
            masks = (begun & (calls.end_ms > self.now_ms), begun & (calls.setup_ms > self.now_ms - _CPS_WINDOW_MS))
            for row, mask in enumerate(masks):
                customers[row] += np.bincount(calls.customer[mask], minlength=len(plan.CUSTOMERS))
                routed = mask & (calls.carrier != traffic.NO_CARRIER)
                carriers[row] += np.bincount(calls.carrier[routed], minlength=len(plan.CARRIERS))
        seconds = _CPS_WINDOW_MS / 1000
        return Live(
            {c.id: (int(customers[0, i]), float(customers[1, i]) / seconds) for i, c in enumerate(plan.CUSTOMERS)},
            {c.id: (int(carriers[0, i]), float(carriers[1, i]) / seconds) for i, c in enumerate(plan.CARRIERS)},
        )

    def last_calls(self) -> dict[int, int]:
        """Return the setup time of each customer's newest call; a customer without one in two hours is left out."""
        newest: dict[int, int] = {}
        for calls in self._recent(self.now_ms):
            begun = int(np.searchsorted(calls.setup_ms, self.now_ms, side="right"))
            for place, customer in enumerate(plan.CUSTOMERS):
                hits = np.flatnonzero(calls.customer[:begun] == place)
                if len(hits):
                    newest[customer.id] = int(calls.setup_ms[hits[-1]])
        return newest

    def incidents(self) -> list[Incident]:
        """Return the incidents that have begun, oldest first, as far back as history reaches."""
        now = self._started_at + timedelta(milliseconds=self.now_ms - self._started_ms)
        since = now - timedelta(milliseconds=self._history_ms)
        return list(incidents.between(self._seed, self._started_at, since, now))

    def _recent(self, at_ms: int) -> Iterator[Calls]:
        """Yield the chunks that can hold a call in progress at or after `at_ms`."""
        for number in range((at_ms - LONGEST_CALL_MS) // CHUNK_MS, self.now_ms // CHUNK_MS + 1):
            chunk = self._chunk(number)
            if chunk.last_end_ms > at_ms:
                yield chunk.calls

    def _chunk(self, number: int) -> _Chunk:
        return self._chunks.get(number) or self._make(number)

    def _make(self, number: int) -> _Chunk:
        happening = self._incidents_of(number)
        draws = traffic.draw(self._seed, number, self._calls_per_s, happening)
        live = number >= self._first_live
        statuses = self._statuses if live else traffic.everybody_active()
        chunk = _Chunk(traffic.carry(draws, statuses, happening), draws if live else None)
        self._chunks[number] = chunk
        if not live:
            self._forget_made_again()
        return chunk

    def _forget_made_again(self) -> None:
        """Drop the chunk of the past that was made first, when there are many: the seed makes it again the same."""
        past = [number for number in self._chunks if number < self._first_live]
        if len(past) > _PAST_CHUNKS:
            del self._chunks[past[0]]

    def _incidents_of(self, number: int) -> list[Incident]:
        begin = self._started_at + timedelta(milliseconds=number * CHUNK_MS - self._started_ms)
        end = begin + timedelta(milliseconds=CHUNK_MS)
        return list(incidents.between(self._seed, self._started_at, begin, end))

    def _book(self) -> None:
        """Book the charges of every full tick up to now: calls are rated when they end."""
        last = (self.now_ms - self._started_ms) // TICK_MS
        # a machine that slept for days books the part of which the calls still exist
        first = max(self._tick, last - max(self._history_ms, LONGEST_CALL_MS) // TICK_MS)
        if last <= first:
            return
        count, customers = last - first, len(plan.CUSTOMERS)
        begin = self._started_ms + first * TICK_MS
        end = self._started_ms + last * TICK_MS
        charges = np.zeros(count * customers)
        for calls in self._recent(begin):
            rated = (calls.end_ms > begin) & (calls.end_ms <= end) & (calls.talk_ms > 0)
            cell = (calls.end_ms[rated] - begin - 1) // TICK_MS * customers + calls.customer[rated]
            charges += np.bincount(cell, traffic.customer_charge(calls, rated), len(charges))
        drained = self._drained(begin, end)
        for row, amounts in enumerate(charges.reshape(count, customers).tolist()):
            tick = first + row
            for place, amount in enumerate(amounts):
                self._book_tick(tick, place, amount, any(p == place and a <= tick < b for p, a, b in drained))
        self._tick = last

    def _book_tick(self, tick: int, place: int, amount: float, drained: bool) -> None:
        account, customer = self._accounts[place], plan.CUSTOMERS[place]
        account.credit -= amount
        available = account.credit + customer.debit_limit
        if drained and available > customer.balance * _DRAIN_FLOOR:
            account.credit -= available * (1 - _DRAIN)
            return
        if account.due_tick is None and available < max(customer.balance * _LOW_MARK, _LOW_USD):
            account.due_tick = tick + int(self._rng_pay.integers(*_TOP_UP_TICKS))
            return
        due = account.due_tick is not None and (tick >= account.due_tick or available < customer.balance * _URGENT_MARK)
        if due and not drained:
            account.credit = round(account.credit + customer.balance, 2)
            account.due_tick = None

    def _drained(self, begin_ms: int, end_ms: int) -> list[tuple[int, int, int]]:
        """Return (customer's place, first tick, tick after the last) of the incidents that use up a balance."""
        begin = self._started_at + timedelta(milliseconds=begin_ms - self._started_ms)
        end = self._started_at + timedelta(milliseconds=end_ms - self._started_ms)
        places = [customer.id for customer in plan.CUSTOMERS]
        return [
            (
                places.index(incident.company_id),
                (epoch_ms(incident.begins_at) - self._started_ms) // TICK_MS,
                (epoch_ms(incident.ends_at) - self._started_ms) // TICK_MS,
            )
            for incident in incidents.between(self._seed, self._started_at, begin, end)
            if incident.kind is IncidentKind.LOW_BALANCE
        ]
