"""Companies as the switches list them, in noc.db. Any thread."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from noc_alerts.model.companies import Company, CompanyKind, CompanyStatus
from noc_alerts.store.database import Database
from noc_alerts.store.tables import company


class Companies:
    """Every company a switch ever listed; one that is no longer listed stays."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def upsert(self, connection_id: int, companies: Iterable[Company], now: datetime) -> None:
        """Keep what a switch lists now. Never deletes; a company is known by its key, by its name where it has none."""
        listed = {(c.kind.value, c.key or c.name): c for c in companies}
        if not listed:
            return
        with self._db.write() as conn:
            rows = conn.execute(company.select().where(company.c.connection_id == connection_id))
            known = {(row.kind, row.key or row.name): row.id for row in rows}
            fresh = [_to_row(connection_id, c, now) for key, c in listed.items() if key not in known]
            again = [{"row_id": known[key], **_to_row(connection_id, c, now)} for key, c in listed.items() if key in known]
            if fresh:
                conn.execute(company.insert(), fresh)
            if again:
                conn.execute(company.update().where(company.c.id == sa.bindparam("row_id")), again)

    def all(self, connection_id: int | None = None) -> list[Company]:
        """Give the companies of one switch, or of all, sorted by kind and name."""
        query = company.select().order_by(company.c.kind, company.c.name, company.c.connection_id, company.c.id)
        if connection_id is not None:
            query = query.where(company.c.connection_id == connection_id)
        with self._db.read() as conn:
            return [_from_row(row) for row in conn.execute(query)]

    def seen(self, connection_id: int) -> dict[tuple[CompanyKind, str], datetime]:
        """Give (kind, name) -> when the switch last listed it."""
        query = (
            sa.select(company.c.kind, company.c.name, company.c.seen_at)
            .where(company.c.connection_id == connection_id)
            .order_by(company.c.seen_at)
        )
        with self._db.read() as conn:
            return {(CompanyKind(row.kind), row.name): row.seen_at for row in conn.execute(query)}


def _to_row(connection_id: int, value: Company, now: datetime) -> dict[str, Any]:
    return {
        "connection_id": connection_id,
        "kind": value.kind.value,
        "key": value.key,
        "name": value.name,
        "status": value.status.value,
        "currency": value.currency,
        "tags": msgspec.json.encode(value.tags).decode(),
        "seen_at": now,
    }


def _from_row(row: Any) -> Company:
    return Company(
        connection_id=row.connection_id,
        kind=CompanyKind(row.kind),
        key=row.key,
        name=row.name,
        status=CompanyStatus(row.status),
        currency=row.currency,
        tags=msgspec.json.decode(row.tags, type=tuple[str, ...]),
    )
