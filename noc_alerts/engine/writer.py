"""The engine's pen: facts go to the store in order, each batch in one transaction; what the store cannot take now waits.

Engine thread only. Judges nothing.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from noc_alerts.engine.ledgers import Thread
from noc_alerts.engine.news import AlarmsChanged, DeliveriesChanged, EventsAdded, Listener, StoreTrouble
from noc_alerts.model.alarms import Alarm
from noc_alerts.model.deliveries import Cause, Channel
from noc_alerts.model.errors import StoreError
from noc_alerts.model.events import Event
from noc_alerts.model.ledger import Change, Ledger
from noc_alerts.notify.policy import told_targets
from noc_alerts.store import Store

log = logging.getLogger(__name__)

#: The place of trouble that is the writer's own.
WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Entry:
    """A change on its way to the store. `keep` is given its alarm, with its id, once it is there."""

    change: Change
    keep: Callable[[Alarm], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes of one moment with the ledger they are part of (its changes are theirs, in order)."""

    entries: tuple[Entry, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)


class Writer:
    """Writes batches. A batch is made by a function when its turn comes, so that each sees what those before it became."""

    def __init__(self, store: Store, listener: Listener) -> None:
        self._store = store
        self._listener = listener
        self._queue: deque[Callable[[], Batch]] = deque()
        self._troubles: dict[str, str] = {}
        self._said = ""

    @property
    def waiting(self) -> bool:
        """Tell whether something could not be written yet; nothing may be judged until it is."""
        return bool(self._queue)

    def put(self, make: Callable[[], Batch]) -> None:
        """Write a batch now; behind others that wait, it waits too. `make` may read the store and raise StoreError."""
        self._queue.append(make)
        if len(self._queue) == 1:
            self.flush()

    def flush(self) -> bool:
        """Write what waits. Gives whether nothing waits any more."""
        while self._queue:
            try:
                batch = self._queue[0]()
                written = self._store.alarms.commit(batch.ledger)
            except StoreError as error:
                self.trouble(WRITING, error.sentence)
                return False
            except Exception:
                self._queue.popleft()  # a fault of ours: the same batch would fail for ever
                raise
            self._queue.popleft()
            self.trouble(WRITING, "")
            for entry, change in zip(batch.entries, written.changes, strict=True):
                if change.alarm is not None:
                    entry.keep(change.alarm)
            if written.changes:
                self._listener(AlarmsChanged(written.changes))
            if written.deliveries:
                self._listener(DeliveriesChanged(self._store.outbox.waiting()))
            if written.events or any(change.event for change in written.changes):
                self._listener(EventsAdded())
        return True

    def say(self, event: Event) -> None:
        """Put a line into the log."""
        self.put(lambda: Batch(ledger=Ledger(events=(event,))))

    def trouble(self, place: str, sentence: str) -> None:
        """Note that the store failed at a place (of the program), or works there again (empty); what is new is told once."""
        if sentence:
            self._troubles[place] = sentence
        else:
            self._troubles.pop(place, None)
        shown = self._said if self._said in self._troubles.values() else next(iter(self._troubles.values()), "")
        if shown != self._said:
            self._said = shown
            if shown:
                log.info("the store cannot keep anything: %s", shown)
            self._listener(StoreTrouble(shown))

    def thread(self, alarm: Alarm | None) -> Thread:
        """Give who was told of an alarm, and the first mail to each. Raises StoreError."""
        if alarm is None or alarm.id is None:
            return Thread()
        told = sorted(self._store.outbox.list(1000, alarm_id=alarm.id), key=lambda d: d.id or 0)
        first: dict[str, str] = {}
        for delivery in told:
            if delivery.channel is Channel.EMAIL and delivery.facts.cause is Cause.RAISED:
                first.setdefault(delivery.recipient, delivery.message_id)
        return Thread(told_targets(told), tuple(first.items()))
