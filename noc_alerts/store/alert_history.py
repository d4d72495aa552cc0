"""Who changed which alert, in noc.db: written in the transaction of the change itself. No thread of its own."""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from noc_alerts.model.alerts import Alert
from noc_alerts.model.changes import AlertChange, Author, ChangeKind, FieldChange, field_changes
from noc_alerts.model.errors import BadInput
from noc_alerts.model.plain import alert_from_plain, alert_to_plain
from noc_alerts.store.tables import alert_change, connection


class _Kept(msgspec.Struct):
    """An alert as the history keeps it: the plain form, which later versions read too."""

    id: int
    connection_id: int | None
    alert: dict[str, Any]


def write_changes(
    conn: Connection, befores: Mapping[int, Alert], afters: Mapping[int, Alert], by: Author | None, *, restored: bool = False
) -> None:
    """Keep what became of alerts, by id; nothing without an author, and nothing of those that stayed as they were."""
    if by is None:
        return
    names = {row.id: row.name for row in conn.execute(sa.select(connection.c.id, connection.c.name))}
    rows = []
    for alert_id in dict.fromkeys((*befores, *afters)):
        before, after = befores.get(alert_id), afters.get(alert_id)
        if before == after:
            continue
        shown = after or before
        assert shown is not None  # they are not the same
        kind = _kind(before, after, restored)
        words = field_changes(before, after, names) if before and after else ()
        rows.append(
            {
                "alert_id": alert_id,
                "title": shown.title,
                "at": by.at,
                "author": by.who,
                "kind": kind.value,
                "fields": msgspec.json.encode(words).decode(),
                "before": _text(before),
                "after": _text(after),
            }
        )
    if rows:
        conn.execute(alert_change.insert(), rows)


def read_changes(conn: Connection, alert_id: int | None, limit: int) -> list[AlertChange]:
    """Give the changes of one alert, or of all, newest first."""
    query = alert_change.select().order_by(alert_change.c.id.desc()).limit(limit)
    if alert_id is not None:
        query = query.where(alert_change.c.alert_id == alert_id)
    return [_from_row(row) for row in conn.execute(query)]


def _kind(before: Alert | None, after: Alert | None, restored: bool) -> ChangeKind:
    if after is None:
        return ChangeKind.DELETED
    if before is None:
        return ChangeKind.RESTORED if restored else ChangeKind.CREATED
    return ChangeKind.CHANGED


def _text(value: Alert | None) -> str | None:
    if value is None:
        return None
    assert value.id is not None  # the store gave it
    return msgspec.json.encode(_Kept(value.id, value.connection_id, alert_to_plain(value))).decode()


def _read(text: str | None) -> Alert | None:
    """Read an alert of the history; None when it would be no valid alert any more."""
    if text is None:
        return None
    kept = msgspec.json.decode(text, type=_Kept)
    try:
        return alert_from_plain(kept.alert, alert_id=kept.id, connection_id=kept.connection_id)
    except BadInput:
        return None


def _from_row(row: Any) -> AlertChange:
    return AlertChange(
        id=row.id,
        alert_id=row.alert_id,
        title=row.title,
        at=row.at,
        who=row.author,
        kind=ChangeKind(row.kind),
        fields=msgspec.json.decode(row.fields, type=tuple[FieldChange, ...]),
        before=_read(row.before),
        after=_read(row.after),
    )
