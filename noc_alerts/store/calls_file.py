"""The file calls.db: its tables, its version, and how it is begun anew. Runs on the thread that opens the store.

calls.db is a cache that can be read again from the switches: a file that does not fit or is damaged is moved aside.
"""

import logging
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from noc_alerts.model.errors import StoreError
from noc_alerts.store.database import BUSY_TIMEOUT_S, Database, create_private, is_damage, sentence_for

log = logging.getLogger(__name__)

#: Grows with every change of the tables or of what is in a page's blob.
VERSION = 1
_PAGE_SIZE = 8192
#: A larger file is not read whole at the start: each page of records carries a checksum that is looked at when it is read.
_CHECK_WHOLE_BYTES = 64 * 2**20

_TABLES = (
    "CREATE TABLE file (salt TEXT NOT NULL)",
    """CREATE TABLE page (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        connection_id INTEGER NOT NULL,
        rows INTEGER NOT NULL,
        setup_first INTEGER NOT NULL, setup_last INTEGER NOT NULL,
        end_first INTEGER NOT NULL, end_last INTEGER NOT NULL,
        outcome_first INTEGER NOT NULL, outcome_last INTEGER NOT NULL,
        shape TEXT NOT NULL,
        checksum INTEGER NOT NULL,
        prints BLOB NOT NULL,
        body BLOB NOT NULL)""",
    "CREATE INDEX page_connection ON page (connection_id)",
    "CREATE INDEX page_end_last ON page (end_last)",
    "CREATE INDEX page_end_first ON page (end_first)",
    """CREATE TABLE source (
        connection_id INTEGER PRIMARY KEY,
        cursor TEXT,
        generation INTEGER NOT NULL DEFAULT 0,
        bad INTEGER NOT NULL DEFAULT 0)""",
    """CREATE TABLE bad (
        connection_id INTEGER NOT NULL,
        place TEXT NOT NULL,
        reason TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        PRIMARY KEY (connection_id, place, reason)) WITHOUT ROWID""",
    "CREATE INDEX bad_at ON bad (connection_id, at_ms)",
    """CREATE TABLE reading (
        connection_id INTEGER NOT NULL,
        what TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        value REAL NOT NULL,
        PRIMARY KEY (connection_id, what, kind, name, at_ms)) WITHOUT ROWID""",
    "CREATE INDEX reading_at ON reading (at_ms)",
    """CREATE TABLE last_reading (
        connection_id INTEGER NOT NULL,
        what TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
        at_ms INTEGER NOT NULL,
        value REAL NOT NULL,
        currency TEXT NOT NULL,
        kept_ms INTEGER NOT NULL,
        PRIMARY KEY (connection_id, what, kind, name)) WITHOUT ROWID""",
)


def open_calls_db(path: Path) -> Database:
    """Give calls.db ready; one that is damaged or of another version is moved aside first.

    Raises StoreError when it cannot be read or written at all.
    """
    is_new = not path.exists() or path.stat().st_size == 0
    if not is_new:
        misfit = _misfit(path)
        if misfit:
            _move_aside(path)
            log.info("%s was %s and moved aside to %s.aside; it is begun anew", path.name, misfit, path.name)
            is_new = True
    create_private(path)
    db = Database(path, "NORMAL", page_size=_PAGE_SIZE, is_cache=True)
    if is_new:
        try:
            _create(db)
        except BaseException:
            db.close()
            raise
    return db


def _create(db: Database) -> None:
    with db.write() as conn:
        for statement in _TABLES:
            conn.exec_driver_sql(statement)
        conn.exec_driver_sql("INSERT INTO file (salt) VALUES (?)", (str(secrets.randbits(64)),))
        conn.exec_driver_sql(f"PRAGMA user_version = {VERSION}")


def _misfit(path: Path) -> str:
    """Say why a file cannot be used, "" when it can. Raises StoreError when it cannot even be read."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)) as conn:
            version = conn.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                return f"of version {version} where {VERSION} is used" if version else "damaged or not finished"
            if path.stat().st_size <= _CHECK_WHOLE_BYTES and conn.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return "damaged"
            conn.execute("SELECT count(*), sum(rows) FROM page").fetchone()
            conn.execute("SELECT salt FROM file").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return "damaged"
        raise StoreError(sentence_for(error, path)) from error
    return ""


def _move_aside(path: Path) -> None:
    """Rename a file with its log; the one moved aside before is given up."""
    try:
        for tail in ("-wal", "-shm", ""):
            source, target = path.with_name(path.name + tail), path.with_name(f"{path.name}.aside{tail}")
            target.unlink(missing_ok=True)
            if source.exists():
                source.replace(target)
    except OSError as error:
        raise StoreError(
            f"{path.name} is damaged and could not be moved aside ({error.strerror}), so no calls can be kept; "
            f"make {path.parent} writable for you or remove the file, and start again."
        ) from error
