"""What stands around the deliverer in its tests: an outbox in memory, channels that answer as told, a clock."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from conftest_notify import NOW, make_delivery

from noc_alerts.model.deliveries import Attempt, Channel, Delivery, DeliveryState
from noc_alerts.model.errors import DeliveryError, StoreError
from noc_alerts.notify.channels import ChannelSender
from noc_alerts.notify.deliverer import Deliverer
from noc_alerts.notify.policy import TRAY_RECIPIENT
from noc_alerts.notify.render import Message


class MemoryOutbox:
    """An outbox with the store's rules: due by time, tries counted, one record an attempt."""

    def __init__(self, *deliveries: Delivery) -> None:
        self.rows = {delivery.id: delivery for delivery in deliveries}
        self.attempts: list[Attempt] = []
        self.broken = False

    def due(self, now: datetime, limit: int) -> list[Delivery]:
        waiting = [row for row in self.rows.values() if row.state is DeliveryState.WAITING and row.next_at <= now]
        return sorted(waiting, key=lambda row: row.next_at)[:limit]

    def record(
        self, delivery_id: int, attempt: Attempt, state: DeliveryState, next_at: datetime | None, answer: str, subject: str,
        body: str,
    ) -> None:  # fmt: skip
        if self.broken:
            raise StoreError("The disk is full. Nothing more is kept until there is room.")
        row = self.rows[delivery_id]
        sent_at = attempt.at if state is DeliveryState.SENT else None
        self.attempts.append(attempt)
        self.rows[delivery_id] = replace(
            row, state=state, next_at=next_at or row.next_at, answer=answer, subject=subject, body=body, tries=row.tries + 1,
            sent_at=sent_at,
        )  # fmt: skip


class FakeChannel:
    """A channel that answers as told; counts its sessions. `answer` may raise."""

    def __init__(self, answer: Callable[[Delivery], str] = lambda delivery: "250 fine") -> None:
        self.answer = answer
        self.sent: list[tuple[Delivery, Message]] = []
        self.sessions = 0
        self.open = False

    def session(self) -> "FakeChannel":
        self.sessions += 1
        return self

    def __enter__(self) -> "FakeChannel":
        self.open = True
        return self

    def __exit__(self, *exc: object) -> None:
        self.open = False

    def send(self, delivery: Delivery, message: Message) -> str:
        answer = self.answer(delivery)
        self.sent.append((delivery, message))
        return answer


class Clock:
    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def refuse(permanent: bool) -> Callable[[Delivery], str]:
    def answer(delivery: Delivery) -> str:
        raise DeliveryError("The server said no.", permanent=permanent, answer="451 later")

    return answer


def deliverer(outbox: MemoryOutbox, channels: Mapping[Channel, ChannelSender], now: datetime = NOW, **more: Any) -> Deliverer:
    return Deliverer(outbox, channels, Clock(now), **more)


class Desktop:
    def __init__(self) -> None:
        self.shown: list[tuple[str, str, str]] = []

    def show(self, subject: str, body: str, level: str) -> str:
        self.shown.append((subject, body, level))
        return "shown by the desktop"


def tray_delivery(number: int, **changes: Any) -> Delivery:
    return make_delivery(number, channel=Channel.TRAY, recipient=TRAY_RECIPIENT, **changes)
