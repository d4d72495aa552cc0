"""Pages of call records as rows of calls.db. Runs within the caller's transaction."""

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from sqlalchemy.engine import Connection

from noc_alerts.metrics.columns import NO_TIME, Calls, Ints
from noc_alerts.store.pages import PackedPage, cut, join, pack, shape_of
from noc_alerts.store.seen import DTYPE, Prints

#: Rows a page at most: reading stays in step with what the engine takes at once, and throwing away stays fine-grained.
MAX_ROWS = 4096


class DamagedPage(Exception):
    """Raised when a page's blob is not what was written."""


def outcome_ms(answer_ms: Ints, end_ms: Ints) -> Ints:
    """Give when the outcome became known: the answer, else the end (DESIGN section 4)."""
    return np.where(answer_ms != NO_TIME, answer_ms, end_ms)


def open_page(body: bytes, checksum: int) -> PackedPage:
    """Read a page back. Raises DamagedPage."""
    if zlib.crc32(body) != checksum:
        raise DamagedPage
    try:
        return PackedPage(body)
    except msgspec.DecodeError as error:
        raise DamagedPage from error


def read_prints(blob: bytes) -> Prints:
    """Give the fingerprints of a page, aligned with its records."""
    return np.frombuffer(blob, dtype=DTYPE)


def append_page(conn: Connection, connection_id: int, calls: Calls, prints: Prints) -> None:
    """Put records behind the connection's others, then join small pages.

    Joining doubles: a page is joined with the one before when that is less than twice as long, so that a record is written
    log2(4096 / records a read) times at most and a switch that is read every second does not leave a page a second.
    """
    for begin in range(0, len(calls), MAX_ROWS):
        insert_page(conn, connection_id, cut(calls, begin, begin + MAX_ROWS), prints[begin : begin + MAX_ROWS])
    if len(calls) < MAX_ROWS // 2:
        _join_last(conn, connection_id)


def insert_page(conn: Connection, connection_id: int, calls: Calls, prints: Prints, page_id: int | None = None) -> None:
    """Write one page; `page_id` writes over that one."""
    body = pack(calls)
    outcome = outcome_ms(calls.answer_ms, calls.end_ms)
    bounds: list[int] = []
    for column in (calls.setup_ms, calls.end_ms, outcome):
        bounds += (int(column.min()), int(column.max()))
    row: tuple[Any, ...] = (
        page_id,
        connection_id,
        len(calls),
        *bounds,
        shape_of(calls),
        zlib.crc32(body),
        prints.astype(DTYPE).tobytes(),
        body,
    )
    conn.exec_driver_sql("INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def _join_last(conn: Connection, connection_id: int) -> None:
    """Join the connection's last pages as the rule of `append_page` says, all at once."""
    rows = conn.exec_driver_sql(
        "SELECT id, rows, shape FROM page WHERE connection_id = ? ORDER BY id DESC LIMIT 16", (connection_id,)
    ).fetchall()
    if not rows:
        return
    total, taken = rows[0][1], 1
    for _, count, shape in rows[1:]:
        if shape != rows[0][2] or count >= 2 * total or total + count > MAX_ROWS:
            break
        total, taken = total + count, taken + 1
    if taken < 2:
        return
    ids = [row[0] for row in reversed(rows[:taken])]
    pages = [_whole_page(conn, i) for i in ids]
    delete_pages(conn, ids[1:])
    prints = np.concatenate([p for _, p in pages])
    insert_page(conn, connection_id, join([calls for calls, _ in pages]), prints, ids[0])


def _whole_page(conn: Connection, page_id: int) -> tuple[Calls, Prints]:
    row = conn.exec_driver_sql("SELECT checksum, prints, body FROM page WHERE id = ?", (page_id,)).one()
    page = open_page(row[2], row[0])
    return page.calls(np.ones(len(page), dtype=np.bool_)), read_prints(row[1])


def delete_pages(conn: Connection, ids: Sequence[int]) -> None:
    """Delete pages."""
    if ids:
        conn.exec_driver_sql("DELETE FROM page WHERE id = ?", [(i,) for i in ids])


def drop_before(conn: Connection, page_id: int, connection_id: int, before_ms: int) -> tuple[int, Prints]:
    """Take the records that ended before `before_ms` out of a page; give their number and fingerprints."""
    calls, prints = _whole_page(conn, page_id)
    old = calls.end_ms < before_ms
    if old.all():
        delete_pages(conn, [page_id])
    else:
        insert_page(conn, connection_id, calls.take(~old), prints[~old], page_id)
    return int(old.sum()), prints[old]
