"""For which of their times scheduled reports were made, in noc.db. Any thread; only the engine's ledgers write them."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from noc_alerts.model.ledger import ReportSent
from noc_alerts.store.database import Database
from noc_alerts.store.tables import report


class Reports:
    """The last time of each scheduled report that was made."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def slots(self) -> dict[int, datetime]:
        """Give alert id -> the time its last report was made for; also of alerts that were deleted."""
        with self._db.read() as conn:
            return {row.alert_id: row.slot_at for row in conn.execute(sa.select(report.c.alert_id, report.c.slot_at))}


def write_reports(conn: Connection, values: Sequence[ReportSent]) -> None:
    """Keep the last time of each report within a transaction."""
    last = {value.alert_id: value.slot_at for value in values}
    if last:
        conn.execute(report.delete().where(report.c.alert_id.in_(list(last))))
        conn.execute(report.insert(), [{"alert_id": i, "slot_at": at} for i, at in last.items()])
