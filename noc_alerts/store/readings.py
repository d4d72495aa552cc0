"""Readings (balances, channels in use) in calls.db: the last of each, and how they went. Any thread."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from noc_alerts.model.companies import CompanyKind, Reading, ReadingKind
from noc_alerts.store.database import Database

#: An unchanged reading is kept in the history no more often than this.
UNCHANGED_EVERY_MS = 5 * 60_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)

_Key = tuple[str, str, str]


def to_ms(at: datetime) -> int:
    """Give whole milliseconds since 1970."""
    return (at - _EPOCH) // _MS


def from_ms(ms: int) -> datetime:
    """Give the aware UTC datetime of milliseconds since 1970."""
    return _EPOCH + ms * _MS


class Readings:
    """What switches gave as it is."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, readings: Iterable[Reading]) -> None:
        """Keep readings in the order given; the history skips those that say the same as less than 5 min before."""
        per_connection: dict[int, list[Reading]] = {}
        for reading in readings:
            per_connection.setdefault(reading.connection_id, []).append(reading)
        if not per_connection:
            return
        with self._db.write() as conn:
            for connection_id, values in per_connection.items():
                _add(conn, connection_id, values)

    def history(
        self, connection_id: int, what: ReadingKind, kind: CompanyKind | None, name: str, since: datetime, until: datetime
    ) -> list[tuple[int, float]]:
        """Give (ms, value) of one company from `since` to before `until`, oldest first."""
        query = (
            "SELECT at_ms, value FROM reading WHERE connection_id = ? AND what = ? AND kind = ? AND name = ? "
            "AND at_ms >= ? AND at_ms < ? ORDER BY at_ms"
        )
        key = (connection_id, what.value, "" if kind is None else kind.value, name)
        with self._db.read() as conn:
            rows = conn.exec_driver_sql(query, (*key, to_ms(since), to_ms(until)))
            return [(int(ms), float(value)) for ms, value in rows]

    def last(self, connection_id: int) -> list[Reading]:
        """Give the newest reading of each kind and company, sorted by kind and name."""
        query = (
            "SELECT what, kind, name, at_ms, value, currency FROM last_reading WHERE connection_id = ? ORDER BY what, kind, name"
        )
        with self._db.read() as conn:
            return [
                Reading(
                    connection_id=connection_id,
                    what=ReadingKind(what),
                    kind=CompanyKind(kind) if kind else None,
                    name=name,
                    value=value,
                    at=from_ms(at_ms),
                    currency=currency,
                )
                for what, kind, name, at_ms, value, currency in conn.exec_driver_sql(query, (connection_id,))
            ]


def _add(conn: Connection, connection_id: int, readings: Sequence[Reading]) -> None:
    rows = conn.exec_driver_sql(
        "SELECT what, kind, name, at_ms, value, currency, kept_ms FROM last_reading WHERE connection_id = ?",
        (connection_id,),
    )
    last: dict[_Key, tuple[Any, ...]] = {(row[0], row[1], row[2]): tuple(row[3:]) for row in rows}
    history: list[tuple[Any, ...]] = []
    newer: dict[_Key, tuple[Any, ...]] = {}
    for reading in readings:
        key = (reading.what.value, "" if reading.kind is None else reading.kind.value, reading.name)
        at_ms = to_ms(reading.at)
        before = last.get(key)
        keep = before is None or before[1] != reading.value or abs(at_ms - before[3]) >= UNCHANGED_EVERY_MS
        if keep:
            history.append((connection_id, *key, at_ms, reading.value))
        if before is None or at_ms >= before[0]:
            kept_ms = at_ms if keep or before is None else before[3]
            last[key] = newer[key] = (at_ms, reading.value, reading.currency, kept_ms)
    if history:
        conn.exec_driver_sql("INSERT OR REPLACE INTO reading VALUES (?, ?, ?, ?, ?, ?)", history)
    if newer:
        conn.exec_driver_sql(
            "INSERT OR REPLACE INTO last_reading VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(connection_id, *key, *values) for key, values in newer.items()],
        )
