"""Deliveries and their attempts in noc.db: what is still to be sent, and what became of the rest. Any thread."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.deliveries import Attempt, Cause, Channel, Delivery, DeliveryState, Facts
from noc_alerts.model.errors import BadInput
from noc_alerts.store.database import Database
from noc_alerts.store.tables import attempt, delivery, insert_many, insert_one

#: The class has a method named list.
_Deliveries = list[Delivery]
_Attempts = list[Attempt]


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """What a list shows of a delivery. `about`: the facts' subject ("carrier bravo"). `subject`: as sent, empty until then."""

    id: int
    channel: Channel
    recipient: str
    cause: Cause
    title: str
    about: str
    created_at: datetime
    next_at: datetime
    state: DeliveryState
    tries: int
    answer: str
    sent_at: datetime | None
    alarm_id: int | None
    subject: str


_Lines = list[DeliveryLine]
_LINE_COLUMNS = (
    delivery.c.id,
    delivery.c.channel,
    delivery.c.recipient,
    delivery.c.facts,
    delivery.c.created_at,
    delivery.c.next_at,
    delivery.c.state,
    delivery.c.tries,
    delivery.c.answer,
    delivery.c.sent_at,
    delivery.c.alarm_id,
    delivery.c.mail_subject,
)


class _Told(msgspec.Struct):
    """The few facts a list shows; the others are passed over, which is four times as fast as reading them all."""

    cause: Cause
    title: str
    subject: str


_told = msgspec.json.Decoder(_Told)


class Outbox:
    """Messages to make: written with what caused them, recorded only after they were sent."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def due(self, now: datetime, limit: int) -> _Deliveries:
        """Give what is to be sent now, critical before others, oldest first.

        A message waits while an older one about the same alarm to the same recipient does: nobody hears of the end first.
        """
        older = delivery.alias("older")
        overtakes = (
            sa.select(older.c.id)
            .where(
                older.c.alarm_id == delivery.c.alarm_id,
                older.c.channel == delivery.c.channel,
                older.c.recipient == delivery.c.recipient,
                older.c.state == DeliveryState.WAITING.value,
                older.c.next_at > now,
                older.c.id < delivery.c.id,
            )
            .exists()
        )
        query = (
            delivery.select()
            .where(delivery.c.state == DeliveryState.WAITING.value, delivery.c.next_at <= now, ~overtakes)
            .order_by(delivery.c.urgent.desc(), delivery.c.created_at, delivery.c.id)
            .limit(limit)
        )
        return self._read(query)

    def get(self, delivery_id: int) -> Delivery | None:
        """Give one delivery, None when there is none."""
        found = self._read(delivery.select().where(delivery.c.id == delivery_id))
        return found[0] if found else None

    def list(self, limit: int, alarm_id: int | None = None) -> _Deliveries:
        """Give deliveries newest first, of one alarm or of all."""
        query = delivery.select().order_by(delivery.c.id.desc()).limit(limit)
        if alarm_id is not None:
            query = query.where(delivery.c.alarm_id == alarm_id)
        return self._read(query)

    def lines(self, limit: int) -> _Lines:
        """Give the newest deliveries as a list shows them, newest first: without their text and most of their facts."""
        return self._read_lines(sa.select(*_LINE_COLUMNS).order_by(delivery.c.id.desc()).limit(limit))

    def changed_lines(self, shown: tuple[int, int], ids: Collection[int], limit: int) -> _Lines:
        """Give what may have changed for a list that shows deliveries from one id to another, newest first, at most `limit`.

        That is: newer ones, those of its range that wait, and the given `ids` (those it shows as waiting).
        """
        oldest, newest = shown
        waits = sa.or_(delivery.c.state == DeliveryState.WAITING.value, delivery.c.id.in_(ids))
        changed = sa.or_(delivery.c.id > newest, waits)
        query = sa.select(*_LINE_COLUMNS).where(delivery.c.id >= oldest, changed)
        return self._read_lines(query.order_by(delivery.c.id.desc()).limit(limit))

    def last_sent(self) -> dict[Channel, datetime]:
        """Give when each channel last took a message; one that never did is missing."""
        newest = sa.func.max(delivery.c.sent_at, type_=delivery.c.sent_at.type)
        query = sa.select(delivery.c.channel, newest).where(delivery.c.sent_at.is_not(None)).group_by(delivery.c.channel)
        with self._db.read() as conn:
            return {Channel(channel): at for channel, at in conn.execute(query)}

    def _read_lines(self, query: "sa.Select[Any]") -> _Lines:
        with self._db.read() as conn:
            return [_line(*row) for row in conn.execute(query)]

    def _read(self, query: "sa.Select[Any]") -> _Deliveries:
        with self._db.read() as conn:
            return [_from_row(row) for row in conn.execute(query)]

    def attempts(self, delivery_id: int) -> _Attempts:
        """Give the tries of a delivery, first one first."""
        with self._db.read() as conn:
            rows = conn.execute(attempt.select().where(attempt.c.delivery_id == delivery_id).order_by(attempt.c.id))
            return [Attempt(row.delivery_id, row.at, row.ok, row.answer, row.took_ms) for row in rows]

    def waiting(self) -> int:
        """Give the number of deliveries still to be sent."""
        query = sa.select(sa.func.count()).select_from(delivery).where(delivery.c.state == DeliveryState.WAITING.value)
        with self._db.read() as conn:
            return int(conn.scalar(query) or 0)

    def next_due(self) -> datetime | None:
        """Give when the next delivery is to be tried, None when none waits."""
        query = (
            sa.select(delivery.c.next_at)
            .where(delivery.c.state == DeliveryState.WAITING.value)
            .order_by(delivery.c.next_at)
            .limit(1)
        )
        with self._db.read() as conn:
            return conn.scalar(query)

    def first_message_id(self, alarm_id: int, recipient: str) -> str | None:
        """Give the Message-ID of the alarm's first mail to a recipient, None when there is none yet."""
        query = (
            sa.select(delivery.c.message_id)
            .where(
                delivery.c.alarm_id == alarm_id,
                delivery.c.recipient == recipient,
                delivery.c.channel == Channel.EMAIL.value,
            )
            .order_by(delivery.c.id)
            .limit(1)
        )
        with self._db.read() as conn:
            return conn.scalar(query)

    def add(self, value: Delivery) -> Delivery:
        """Keep a delivery that follows from no ledger (a test message) and give it with its id."""
        with self._db.write() as conn:
            return add_deliveries(conn, [value])[0]

    def record(
        self,
        delivery_id: int,
        tried: Attempt,
        state: DeliveryState,
        next_at: datetime | None = None,
        answer: str = "",
        subject: str = "",
        body: str = "",
    ) -> Delivery:
        """Keep a try and what follows from it together; give the delivery as it is now.

        `next_at` None, `subject` and `body` empty: as they were. Raises BadInput when there is no such delivery.
        """
        changes: dict[str, Any] = {"state": state.value, "tries": delivery.c.tries + 1, "answer": answer}
        if next_at is not None:
            changes["next_at"] = next_at
        if subject:
            changes["mail_subject"] = subject
        if body:
            changes["mail_body"] = body
        if state is DeliveryState.SENT:
            changes["sent_at"] = tried.at
        row = {
            "delivery_id": delivery_id,
            "at": tried.at,
            "ok": tried.ok,
            "answer": tried.answer,
            "took_ms": tried.took_ms,
        }
        with self._db.write() as conn:
            after = _change(conn, delivery_id, changes)
            insert_one(conn, attempt, row)
        return after

    def send_again(self, delivery_id: int, now: datetime) -> Delivery:
        """Put a delivery back among the waiting, due now, its tries counted anew; give it as it is now.

        Its attempts and its Message-ID stay. Raises BadInput when there is no such delivery.
        """
        changes = {"state": DeliveryState.WAITING.value, "next_at": now, "tries": 0, "answer": "", "sent_at": None}
        with self._db.write() as conn:
            return _change(conn, delivery_id, changes)


def _change(conn: Connection, delivery_id: int, changes: dict[str, Any]) -> Delivery:
    conn.execute(delivery.update().where(delivery.c.id == delivery_id).values(**changes))
    row = conn.execute(delivery.select().where(delivery.c.id == delivery_id)).first()
    if row is None:
        raise BadInput("This message is no longer there, so nothing was changed; reload the list.")
    return _from_row(row)


def add_deliveries(conn: Connection, values: Sequence[Delivery]) -> list[Delivery]:
    """Insert deliveries within a transaction and give them with their ids."""
    ids = insert_many(conn, delivery, [_to_row(value) for value in values])
    return [replace(value, id=i) for value, i in zip(values, ids, strict=True)]


def _to_row(value: Delivery) -> dict[str, Any]:
    return {
        "channel": value.channel.value,
        "recipient": value.recipient,
        "facts": msgspec.json.encode(value.facts).decode(),
        "urgent": value.facts.level.casefold() == NoticeLevel.CRITICAL.value,
        "message_id": value.message_id,
        "created_at": value.created_at,
        "next_at": value.next_at,
        "state": value.state.value,
        "tries": value.tries,
        "answer": value.answer,
        "sent_at": value.sent_at,
        "alarm_id": value.alarm_id,
        "thread_id": value.thread_id,
        "mail_subject": value.subject,
        "mail_body": value.body,
    }


def _line(
    key: int,
    channel: str,
    recipient: str,
    facts: str,
    created_at: datetime,
    next_at: datetime,
    state: str,
    tries: int,
    answer: str,
    sent_at: datetime | None,
    alarm_id: int | None,
    subject: str,
) -> DeliveryLine:
    told = _told.decode(facts)
    return DeliveryLine(
        key,
        Channel(channel),
        recipient,
        told.cause,
        told.title,
        told.subject,
        created_at,
        next_at,
        DeliveryState(state),
        tries,
        answer,
        sent_at,
        alarm_id,
        subject,
    )


def _from_row(row: Any) -> Delivery:
    return Delivery(
        channel=Channel(row.channel),
        recipient=row.recipient,
        facts=msgspec.json.decode(row.facts, type=Facts),
        message_id=row.message_id,
        created_at=row.created_at,
        next_at=row.next_at,
        state=DeliveryState(row.state),
        tries=row.tries,
        answer=row.answer,
        sent_at=row.sent_at,
        alarm_id=row.alarm_id,
        thread_id=row.thread_id,
        subject=row.mail_subject,
        body=row.mail_body,
        id=row.id,
    )
