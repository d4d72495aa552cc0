"""The deliver thread's work: send what is due, say what failed for good, send the messages of a Test button."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from noc_alerts.engine.newest import failed_calls
from noc_alerts.engine.news import DeliveriesChanged, EventsAdded, Listener
from noc_alerts.model.connections import CheckStep
from noc_alerts.model.deliveries import Attempt, Cause, Channel, Delivery, DeliveryState
from noc_alerts.model.errors import BadInput, StoreError
from noc_alerts.model.events import Event, EventType
from noc_alerts.notify.channels import ChannelSender
from noc_alerts.notify.deliverer import Deliverer
from noc_alerts.notify.render import STOCK_NAMES, render, template_name
from noc_alerts.notify.render_check import needs_last_calls
from noc_alerts.store import Store

CHANNEL_WORDS = {Channel.EMAIL: "E-mail", Channel.TRAY: "Tray", Channel.SMS: "SMS"}


class Telling:
    """Sends over the channels, one run at a time: the deliver thread's own and those of tests wait for each other."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[Channel, ChannelSender],
        clock: Callable[[], datetime],
        stopping: Callable[[], bool],
        tell: Listener,
        link_base: Callable[[], str],
    ) -> None:
        """`channels` may change while it runs; `tell` is told of what changed; `link_base`: what links of alarms begin with."""
        self._store = store
        self._clock = clock
        self._tell = tell
        self._lock = threading.Lock()
        self._deliverer = Deliverer(
            store.outbox,
            channels,
            clock,
            stopping,
            templates=store.templates.get,
            last_calls=lambda delivery: failed_calls(store, delivery.facts),
            link_base=link_base,
        )

    def run(self) -> None:
        """Send what is due. Raises StoreError when something could not be recorded."""
        with self._lock:
            report = self._deliverer.run_once(self._clock())
        for delivery_id in report.failed_ids:
            self._say_failed(delivery_id)
        if report.tried:
            self._tell(DeliveriesChanged(self._store.outbox.waiting()))

    def write_test(self, deliveries: Sequence[Delivery]) -> CheckStep | None:
        """Write the text that a test would send, by the template the alert names; None where nobody would be told."""
        if not deliveries:
            return None
        began, delivery = time.monotonic(), deliveries[0]
        name = template_name(delivery.facts)
        try:
            template = self._store.templates.get(name)
            if template is None and name not in STOCK_NAMES:
                raise BadInput(f"The template {name} is not there. The stock text is sent.")
            calls = failed_calls(self._store, delivery.facts) if template is not None and needs_last_calls(template) else None
            message = render(delivery.facts, delivery.created_at, self._clock(), template, last_calls=calls)
        except BadInput as error:
            return CheckStep("Write the text", False, error.sentence, _since(began), f"template {name}")
        answer = f"{message.subject}. {len(message.text):,} characters."
        text = f"{message.subject}\n\n{message.text}"
        return CheckStep("Write the text", True, answer, _since(began), f"template {name}", text)

    def send_test(self, deliveries: Iterable[Delivery]) -> Iterator[CheckStep]:
        """Send the messages of a test now and give how each fared. Raises StoreError."""
        with self._lock:
            kept = [self._store.outbox.add(delivery) for delivery in deliveries]
            self._deliverer.run_once(self._clock())
        for delivery in kept:
            yield self._result(delivery.id or 0)

    def _say_failed(self, delivery_id: int) -> None:
        """Put a mail that failed for good into the log; popups and tests say it where they were asked for."""
        delivery = self._store.outbox.get(delivery_id)
        if delivery is None or delivery.channel is not Channel.EMAIL or delivery.facts.cause is Cause.TEST:
            return
        text = f"The mail to {delivery.recipient} was not delivered. {delivery.answer}"
        facts = delivery.facts
        self._store.events.add(Event(self._clock(), EventType.ERROR, facts.title, facts.subject, text, delivery.alarm_id))
        self._tell(EventsAdded())

    def _result(self, delivery_id: int) -> CheckStep:
        """Give how a test message fared; one that was not taken is not tried again."""
        attempts = self._store.outbox.attempts(delivery_id)
        delivery = self._store.outbox.get(delivery_id)
        if delivery is None:
            raise StoreError("The test message is no longer in the store. Send the test again.")
        if delivery.state is DeliveryState.WAITING:
            given_up = Attempt(delivery_id, self._clock(), False, delivery.answer)
            answer = f"{delivery.answer} A test is not tried again."
            delivery = self._store.outbox.record(delivery_id, given_up, DeliveryState.FAILED, answer=answer)
        took = timedelta(milliseconds=attempts[-1].took_ms) if attempts else timedelta(0)
        sent = delivery.state is DeliveryState.SENT
        text = "\n\n".join(filter(None, (delivery.subject, delivery.body)))
        return CheckStep(CHANNEL_WORDS[delivery.channel], sent, delivery.answer, took, delivery.recipient, text)


def _since(began: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - began)
