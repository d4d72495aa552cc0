"""The deliver thread's work: take what is due from the outbox, send it, write down what happened.

Must not import the store (the outbox is an argument) nor Qt. Written down only after it happened: a crash may repeat a
message, never lose one, and a repeat carries the same Message-ID.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from noc_alerts.model.deliveries import Attempt, Cause, Channel, Delivery, DeliveryState, FailedCall
from noc_alerts.model.errors import BadInput, DeliveryError, NocError
from noc_alerts.model.templates import Template
from noc_alerts.notify.channels import NOT_SET_UP, ChannelSender, ChannelSession
from noc_alerts.notify.render import STOCK_NAMES, Message, channel_texts, needs_last_calls, render, template_name
from noc_alerts.notify.words import one_line

NO_DESKTOP = "no desktop is open"
NO_SMS = "No SMS gateway is set up, so text messages are not sent."
DEMO_SENDS_NOTHING = "The demo sends nothing."
GIVE_UP_AFTER = timedelta(hours=24)
BATCH = 200

_PAUSES = tuple(timedelta(seconds=s) for s in (5, 15, 45, 120, 300))
_LONGEST_PAUSE = timedelta(minutes=15)
# a popup takes no time, a mail server may take a minute to be silent
_ORDER = (Channel.TRAY, Channel.EMAIL, Channel.SMS)

_MOST_SAID = 1_000

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Outbox(Protocol):
    """What the store gives the deliverer."""

    def due(self, now: datetime, limit: int, /) -> list[Delivery]:
        """Give waiting deliveries whose time has come, in the order they are to be sent."""

    def record(
        self,
        delivery_id: int,
        attempt: Attempt,
        state: DeliveryState,
        next_at: datetime | None,
        answer: str,
        subject: str,
        body: str,
        /,
    ) -> object:
        """Keep an attempt and where the delivery stands after it, in one transaction.

        Raises StoreError when it cannot be kept now, BadInput when there is no such delivery any more.
        """


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """How a channel does. `last_error`: the last sentence since its last success, empty when all is well."""

    channel: Channel
    last_success: datetime | None = None
    last_error: str = ""
    last_error_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What one run did. `waiting`: will be tried again. `more`: the batch was full, there may be more due now.

    `failed_ids`: the deliveries that failed for good.
    """

    sent: int = 0
    failed: int = 0
    waiting: int = 0
    dropped: int = 0
    more: bool = False
    failed_ids: tuple[int, ...] = ()

    @property
    def tried(self) -> int:
        """Give how many deliveries changed."""
        return self.sent + self.failed + self.waiting + self.dropped


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What is to be recorded of one delivery."""

    delivery_id: int
    attempt: Attempt
    state: DeliveryState
    next_at: datetime | None
    answer: str
    message: Message | None
    channel: Channel


def next_try(tries: int, now: datetime) -> datetime:
    """Give when to try again after `tries` tries that were not taken: 5 s, 15 s, 45 s, 2 min, 5 min, then every 15 min."""
    return now + (_PAUSES[tries - 1] if 1 <= tries <= len(_PAUSES) else _LONGEST_PAUSE)


class Deliverer:
    """Sends what is due. One thread uses it; `health` may be read from any.

    `channels` is looked at anew each time: the window adds the tray when it opens and takes it away when it closes.
    `stopping`: asked between two messages; True ends a run early, the rest stays due. `templates`: the user's template of a
    name, also of the stock names; None = there is none. `last_calls`: the last failed calls of what a delivery is about,
    asked only if its template lists them. `link_base`: what an alarm's address begins with. None of the three can keep a
    message from going out.
    """

    def __init__(
        self,
        outbox: Outbox,
        channels: Mapping[Channel, ChannelSender],
        clock: Callable[[], datetime],
        stopping: Callable[[], bool] = lambda: False,
        *,
        templates: Callable[[str], Template | None] = lambda name: None,
        last_calls: Callable[[Delivery], Sequence[FailedCall]] = lambda delivery: (),
        link_base: Callable[[], str] = lambda: "",
    ) -> None:
        self._outbox = outbox
        self._channels = channels
        self._clock = clock
        self._stopping = stopping
        self._templates = templates
        self._last_calls = last_calls
        self._link_base = link_base
        self._said: set[str] = set()
        self._unrecorded: dict[int, _Outcome] = {}
        self._health = {channel: ChannelHealth(channel) for channel in Channel}

    @property
    def health(self) -> tuple[ChannelHealth, ...]:
        """Give how each channel does."""
        return tuple(self._health.values())

    def run_once(self, now: datetime) -> DeliveryReport:
        """Send what is due at `now`, at most BATCH messages, each recorded at once.

        Raises StoreError when something could not be recorded; it is recorded first thing next time, before anything else
        is sent, so that a full disk does not send the same message again and again.
        """
        for outcome in list(self._unrecorded.values()):
            self._write(outcome)
        due = self._outbox.due(now, BATCH)
        done: dict[DeliveryState, list[int]] = {state: [] for state in DeliveryState}
        for channel in _ORDER:
            self._run_channel(channel, [delivery for delivery in due if delivery.channel is channel], done)
        return DeliveryReport(
            sent=len(done[DeliveryState.SENT]),
            failed=len(done[DeliveryState.FAILED]),
            waiting=len(done[DeliveryState.WAITING]),
            dropped=len(done[DeliveryState.DROPPED]),
            more=len(due) >= BATCH,
            failed_ids=tuple(done[DeliveryState.FAILED]),
        )

    def _run_channel(self, channel: Channel, due: Sequence[Delivery], done: dict[DeliveryState, list[int]]) -> None:
        """Send what is due over one channel, over one session."""
        if not due:
            return
        sender = self._channels.get(channel)
        opened: AbstractContextManager[ChannelSession | None] = nullcontext() if sender is None else sender.session()
        with opened as session:
            for delivery in due:
                if self._stopping():
                    return
                outcome = self._deliver(delivery, session)
                self._unrecorded[outcome.delivery_id] = outcome
                self._write(outcome)
                done[outcome.state].append(outcome.delivery_id)

    def _deliver(self, delivery: Delivery, session: ChannelSession | None) -> _Outcome:
        """Try one delivery and give what came of it; never raises but for what stops the program."""
        now = self._clock()
        began = time.monotonic()
        message: Message | None = None
        remark = ""
        try:
            dropped = _reason_to_drop(delivery, session)
            message, remark = self._write_message(delivery, now)
            if dropped:
                state, answer = DeliveryState.DROPPED, dropped
            elif session is None:
                raise DeliveryError(NOT_SET_UP, permanent=False)
            else:
                state, answer = DeliveryState.SENT, session.send(delivery, message)
                answer = f"{answer} {remark}".strip()
        except DeliveryError as exc:
            return self._not_taken(delivery, exc, message, began)
        except BadInput as exc:
            return self._not_taken(delivery, DeliveryError(exc.sentence, permanent=True), message, began)
        except Exception as exc:  # noqa: BLE001 - a mistake of ours in one message must not block all others for ever
            _log.exception("delivery %s could not be sent", delivery.id)
            sentence = f"The message could not be sent because of a mistake in the program ({type(exc).__name__}). See the log."
            return self._not_taken(delivery, DeliveryError(sentence, permanent=False), message, began)
        if state is DeliveryState.SENT:
            self._health[delivery.channel] = ChannelHealth(delivery.channel, last_success=self._clock())
        return self._outcome(delivery, state, answer, message, began)

    def _write_message(self, delivery: Delivery, now: datetime) -> tuple[Message, str]:
        """Write the message by its template, or by the stock one and say why. Raises BadInput."""
        facts, made_at = delivery.facts, delivery.created_at
        name = template_name(facts)
        template, trouble = self._template(name)
        link_base = self._asked(self._link_base, "")
        if template is not None:
            calls: Sequence[FailedCall] = ()
            if needs_last_calls(template):
                calls = self._asked(lambda: self._last_calls(delivery), ())
            try:
                return render(
                    facts, made_at, now, template, alarm_id=delivery.alarm_id, last_calls=calls, link_base=link_base
                ), ""
            except BadInput as exc:
                where = [f"{part}, {said[0].lower()}{said[1:]}" for part, said in exc.problems.items()]
                trouble = " ".join(where) or exc.sentence
        remark = ""
        if trouble:
            remark = f"The template {one_line(name, 80)} could not be used: {trouble.rstrip('.')}; the stock text was sent."
            self._say_once(remark)
        return render(facts, made_at, now, alarm_id=delivery.alarm_id, link_base=link_base), remark

    def _template(self, name: str) -> tuple[Template | None, str]:
        """Give the user's template of a name, or why there is none; no trouble when the stock one is meant."""
        try:
            template = self._templates(name)
        except NocError as exc:
            return None, exc.sentence
        return template, "it is not there any more" if template is None and name not in STOCK_NAMES else ""

    def _asked(self, ask: Callable[[], T], otherwise: T) -> T:
        """Give what the program knows, or do without: no message waits for it."""
        try:
            return ask()
        except NocError as exc:
            self._say_once(exc.sentence)
            return otherwise

    def _say_once(self, sentence: str) -> None:
        """Log a sentence, but not with every message it holds for."""
        if sentence not in self._said and len(self._said) < _MOST_SAID:
            self._said.add(sentence)
            _log.warning("%s", sentence)

    def _not_taken(self, delivery: Delivery, error: DeliveryError, message: Message | None, began: float) -> _Outcome:
        """Decide what follows from a message that was not taken: another try, or the end of it."""
        now = self._clock()
        if not error.permanent:
            known = self._health[delivery.channel]
            self._health[delivery.channel] = replace(known, last_error=error.sentence, last_error_at=now)
        answer = error.sentence
        if error.answer and error.answer not in answer:
            answer = f"{answer} ({error.answer})"
        again = next_try(delivery.tries + 1, now)
        if error.permanent:
            return self._outcome(delivery, DeliveryState.FAILED, answer, message, began)
        if again - delivery.created_at > GIVE_UP_AFTER:
            answer = f"Given up after 24 h and {delivery.tries + 1} tries. The last answer: {answer}"
            return self._outcome(delivery, DeliveryState.FAILED, answer, message, began)
        return self._outcome(delivery, DeliveryState.WAITING, answer, message, began, again)

    def _outcome(
        self,
        delivery: Delivery,
        state: DeliveryState,
        answer: str,
        message: Message | None,
        began: float,
        next_at: datetime | None = None,
    ) -> _Outcome:
        """Put together what is to be recorded."""
        if delivery.id is None:
            raise ValueError("a delivery from the outbox has an id")
        took_ms = round((time.monotonic() - began) * 1000)
        _log.info("delivery %d over %s: %s: %s", delivery.id, delivery.channel.value, state.value, answer)
        attempt = Attempt(delivery.id, self._clock(), state is DeliveryState.SENT, answer, took_ms)
        return _Outcome(delivery.id, attempt, state, next_at, answer, message, delivery.channel)

    def _write(self, outcome: _Outcome) -> None:
        """Record an outcome, and forget it only then. Raises StoreError."""
        subject, text = channel_texts(outcome.message, outcome.channel) if outcome.message else ("", "")
        row = (outcome.delivery_id, outcome.attempt, outcome.state, outcome.next_at, outcome.answer, subject, text)
        try:
            self._outbox.record(*row)
        except BadInput:
            _log.info("delivery %d was deleted while it was sent", outcome.delivery_id)
        self._unrecorded.pop(outcome.delivery_id, None)


def _reason_to_drop(delivery: Delivery, session: ChannelSession | None) -> str:
    """Say why a message is not to be sent at all; empty when it is."""
    if delivery.channel is Channel.TRAY and session is None:
        return NO_DESKTOP
    if delivery.channel is not Channel.TRAY and delivery.facts.demo and delivery.facts.cause is not Cause.TEST:
        return DEMO_SENDS_NOTHING
    if delivery.channel is Channel.SMS and session is None:
        return NO_SMS
    return ""
