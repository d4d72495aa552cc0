"""Alarms, transitions and rule states in noc.db. Any thread; only the engine commits ledgers."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from noc_alerts.model.alarms import Alarm, RuleKind, RuleState, Transition
from noc_alerts.model.errors import BadInput
from noc_alerts.model.events import Event, EventType
from noc_alerts.model.ledger import Ledger
from noc_alerts.store.alarm_rows import read_alarm, read_state, read_transition
from noc_alerts.store.database import Database
from noc_alerts.store.events import add_events
from noc_alerts.store.ledgers import write_ledger
from noc_alerts.store.tables import alarm, rule_state, transition


class Alarms:
    """Every alarm and how it came and went."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def commit(self, ledger: Ledger) -> Ledger:
        """Keep all facts of a tick in one transaction; give them back with ids. An empty ledger writes nothing."""
        if not ledger:
            return ledger
        with self._db.write() as conn:
            return write_ledger(conn, ledger)

    def active(self) -> list[Alarm]:
        """Give the alarms that are alive, oldest first."""
        return self._alarms(alarm.select().where(alarm.c.cleared_at.is_(None)).order_by(alarm.c.raised_at, alarm.c.id))

    def cleared(self, since: datetime, limit: int) -> list[Alarm]:
        """Give the alarms cleared at `since` or later, newest first."""
        query = alarm.select().where(alarm.c.cleared_at >= since)
        return self._alarms(query.order_by(alarm.c.cleared_at.desc(), alarm.c.id.desc()).limit(limit))

    def get(self, alarm_id: int) -> Alarm | None:
        """Give one alarm, None when there is none."""
        found = self._alarms(alarm.select().where(alarm.c.id == alarm_id))
        return found[0] if found else None

    def count_active(self) -> int:
        """Give the number of alarms that are alive."""
        with self._db.read() as conn:
            return int(conn.scalar(sa.select(sa.func.count()).select_from(alarm).where(alarm.c.cleared_at.is_(None))) or 0)

    def states(self) -> list[RuleState]:
        """Give where rules stand on subjects; what is not there is normal."""
        with self._db.read() as conn:
            return [read_state(row) for row in conn.execute(rule_state.select())]

    def transitions(self, alarm_id: int) -> list[Transition]:
        """Give the changes of one alarm, first one first."""
        return self._transitions(transition.select().where(transition.c.alarm_id == alarm_id).order_by(transition.c.id))

    def transitions_of(self, rule_kind: RuleKind, rule_id: int, limit: int) -> list[Transition]:
        """Give the changes of one rule on all its subjects, newest first."""
        query = transition.select().where(transition.c.rule_kind == rule_kind.value, transition.c.rule_id == rule_id)
        return self._transitions(query.order_by(transition.c.id.desc()).limit(limit))

    def acknowledge(self, alarm_id: int, who: str, note: str, at: datetime) -> Alarm:
        """Note that a person took the alarm, with its event; give it as it is now. Raises BadInput when it is gone."""
        text = f"Acknowledged: {note}" if note else "Acknowledged"
        return self._acknowledge(alarm_id, who, at, text, {"acked_at": at, "acked_by": who, "ack_note": note})

    def unacknowledge(self, alarm_id: int, who: str, at: datetime) -> Alarm:
        """Take the acknowledgement back, with its event; give the alarm as it is now. Raises BadInput when it is gone."""
        changes = {"acked_at": None, "acked_by": "", "ack_note": ""}
        return self._acknowledge(alarm_id, who, at, "Acknowledgement taken back", changes)

    def _acknowledge(self, alarm_id: int, who: str, at: datetime, text: str, changes: dict[str, Any]) -> Alarm:
        with self._db.write() as conn:
            conn.execute(alarm.update().where(alarm.c.id == alarm_id).values(**changes))
            row = conn.execute(alarm.select().where(alarm.c.id == alarm_id)).first()
            if row is None:
                raise BadInput("This alarm is no longer there, so nothing was changed; reload the list.")
            found = read_alarm(row)
            event = Event(
                at=at,
                type=EventType.CHANGE,
                sender=who,
                subject=found.key.subject.label or found.title,
                text=f"{text} ({found.title})",
                alarm_id=alarm_id,
                connection_id=found.key.connection_id,
            )
            add_events(conn, [event])
        return found

    def _alarms(self, query: "sa.Select[Any]") -> list[Alarm]:
        with self._db.read() as conn:
            return [read_alarm(row) for row in conn.execute(query)]

    def _transitions(self, query: "sa.Select[Any]") -> list[Transition]:
        with self._db.read() as conn:
            return [read_transition(row) for row in conn.execute(query)]
