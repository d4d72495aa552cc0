"""Letting go of old calls in small transactions, and giving the room back to the disk. Any thread, usually a timer's."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from noc_alerts.store.database import Database
from noc_alerts.store.page_rows import delete_pages, drop_before, read_prints
from noc_alerts.store.readings import to_ms
from noc_alerts.store.seen import Prints

#: Pages a transaction, so that a page that comes in waits no longer than for the writing of a few others.
_STEP_PAGES = 16
_VACUUM_PAGES = 512
_STEP_ROWS = 5000
#: Between steps, so that whoever waits to write gets a turn.
_PAUSE_S = 0.001

#: (connection, fingerprints of records that are gone).
Gone = list[tuple[int, Prints]]
Step = Callable[[Callable[[Connection], tuple[int, Gone]]], int]


def prune(db: Database, step: Step, now: datetime, max_age: timedelta, max_bytes: int) -> int:
    """Remove records by age of their end, then oldest first until the file's live size is below `max_bytes`.

    `step`: runs one transaction and gives the number of records it removed. Gives the number of records removed.
    """
    before_ms = to_ms(now - max_age)
    removed = 0
    for once in (lambda c: _whole_pages(c, before_ms), lambda c: _part_of_page(c, before_ms)):
        while gone := step(once):
            removed += gone
            time.sleep(_PAUSE_S)
    _drop_rows(db, "reading", "connection_id, what, kind, name, at_ms", before_ms)
    _drop_rows(db, "bad", "connection_id, place, reason", before_ms)
    while (size := size_bytes(db)) > max_bytes:
        gone = step(lambda c, excess=size - max_bytes: _oldest_pages(c, excess))  # type: ignore[misc]  # mypy: lambda default
        if not gone:
            break
        removed += gone
        time.sleep(_PAUSE_S)
    shrink(db)
    return removed


def _whole_pages(conn: Connection, before_ms: int) -> tuple[int, Gone]:
    rows = conn.exec_driver_sql(
        "SELECT id, connection_id, rows, prints FROM page WHERE end_last < ? LIMIT ?", (before_ms, _STEP_PAGES)
    ).fetchall()
    delete_pages(conn, [row[0] for row in rows])
    return sum(row[2] for row in rows), [(row[1], read_prints(row[3])) for row in rows]


def _part_of_page(conn: Connection, before_ms: int) -> tuple[int, Gone]:
    row = conn.exec_driver_sql("SELECT id, connection_id FROM page WHERE end_first < ? LIMIT 1", (before_ms,)).first()
    if row is None:
        return 0, []
    count, prints = drop_before(conn, row[0], row[1], before_ms)
    return count, [(row[1], prints)]


def _oldest_pages(conn: Connection, excess: int) -> tuple[int, Gone]:
    rows = conn.exec_driver_sql(
        "SELECT id, connection_id, rows, prints, length(body) FROM page ORDER BY end_last, id LIMIT ?", (_STEP_PAGES,)
    ).fetchall()
    taken = []
    freed = 0
    for row in rows:
        if freed >= excess:
            break
        taken.append(row)
        freed += row[4] + len(row[3])
    delete_pages(conn, [row[0] for row in taken])
    return sum(row[2] for row in taken), [(row[1], read_prints(row[3])) for row in taken]


def _drop_rows(db: Database, table: str, key: str, before_ms: int) -> None:
    statement = f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE at_ms < ? LIMIT {_STEP_ROWS})"
    while True:
        with db.write() as conn:
            if not conn.exec_driver_sql(statement, (before_ms,)).rowcount:
                return
        time.sleep(_PAUSE_S)


def size_bytes(db: Database) -> int:
    """Give the bytes in use within the file, free pages not counted."""
    with db.read() as conn:
        used, free, size = (
            int(conn.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in ("page_count", "freelist_count", "page_size")
        )
    return (used - free) * size


def shrink(db: Database) -> None:
    """Give free pages back to the disk, some at a time."""
    while True:
        with db.bare() as connection:
            if not connection.execute("PRAGMA freelist_count").fetchone()[0]:
                break
            # each row stepped over frees one page
            connection.execute(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})").fetchall()
        time.sleep(_PAUSE_S)
    with db.bare() as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
