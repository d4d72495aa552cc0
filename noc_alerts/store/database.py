"""One SQLite file: its engine, its read and write transactions, and its errors in words.

Any thread may use a `Database`: every transaction borrows its own connection, writers of this process queue on one lock.
Imports nothing of the store's tables.
"""

import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.pool import QueuePool

from noc_alerts.model.errors import StoreError

log = logging.getLogger(__name__)

BUSY_TIMEOUT_S = 5.0
#: A writer of this process waits as long for the one before it as that one may wait for another program, and some more.
WRITER_TIMEOUT_S = 3 * BUSY_TIMEOUT_S
FILE_MODE = 0o600

Synchronous = Literal["FULL", "NORMAL"]


class Database:
    """One file with its connections. `read()` gives a snapshot, `write()` one transaction that is kept or undone whole."""

    def __init__(self, path: Path, synchronous: Synchronous, *, page_size: int = 4096, is_cache: bool = False) -> None:
        """Make the engine; the file must be there already, so that it has the right mode.

        `page_size` counts for a new file only. `is_cache`: the file can give pages back to the disk and may be begun anew.
        """
        self.path = path
        self._synchronous = synchronous
        self._setup = [f"PRAGMA page_size = {page_size}"]
        self._is_cache = is_cache
        if is_cache:
            self._setup.append("PRAGMA auto_vacuum = INCREMENTAL")
        self._writer = threading.Lock()
        self._engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(path)),
            poolclass=QueuePool,
            pool_size=8,
            max_overflow=24,
            connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False, "isolation_level": None},
        )
        sa.event.listen(self._engine, "connect", self._on_connect)
        sa.event.listen(self._engine, "begin", _begin)

    def _on_connect(self, connection: sqlite3.Connection, _record: Any) -> None:
        self.prepare(connection)

    def prepare(self, connection: sqlite3.Connection) -> None:
        """Set what every connection of this file needs."""
        for statement in (
            *self._setup,
            "PRAGMA journal_mode = WAL",
            f"PRAGMA synchronous = {self._synchronous}",
            "PRAGMA foreign_keys = ON",
            "PRAGMA journal_size_limit = 67108864",
        ):
            connection.execute(statement).close()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one moment of the file. Raises StoreError."""
        with self.errors(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give a connection whose changes are kept together at the end, or not at all. Raises StoreError."""
        with self._turn(), self.errors(), self._engine.connect() as plain:
            connection = plain.execution_options(noc_write=True)
            with connection.begin():
                yield connection

    @contextmanager
    def bare(self) -> Iterator[sqlite3.Connection]:
        """Give the driver's own connection outside any transaction, for vacuum and checkpoint. Raises StoreError."""
        with self._turn(), self.errors():
            borrowed = self._engine.raw_connection()
            try:
                connection = borrowed.driver_connection
                assert isinstance(connection, sqlite3.Connection)
                yield connection
            finally:
                borrowed.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for the writers before: SQLite itself lets a waiting one sleep up to 0.1 s too long, and in no order."""
        if not self._writer.acquire(timeout=WRITER_TIMEOUT_S):
            raise StoreError(locked_sentence(self.path))
        try:
            yield
        finally:
            self._writer.release()

    def snapshot(self) -> sqlite3.Connection:
        """Open a connection of one's own, not from the pool, for a long read; the caller closes it. Raises StoreError."""
        with self.errors():
            connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, check_same_thread=False, isolation_level=None)
            try:
                connection.execute("PRAGMA query_only = ON").close()
                connection.execute("BEGIN").close()
            except sqlite3.Error:
                connection.close()
                raise
            return connection

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn the driver's errors into StoreError with one sentence."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            if isinstance(error.orig, sqlite3.Error):
                raise self._error(error.orig) from error
            raise
        except sa.exc.TimeoutError as error:
            raise StoreError(locked_sentence(self.path)) from error
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _error(self, error: sqlite3.Error) -> StoreError:
        if self._is_cache and is_damage(error):
            return self.condemn()
        return StoreError(sentence_for(error, self.path))

    def condemn(self) -> StoreError:
        """Mark a damaged cache (version 0) so that the next start begins it anew; give the error to raise."""
        try:
            with closing(sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as connection:
                connection.execute("PRAGMA user_version = 0").close()
        except sqlite3.Error as error:
            log.info("%s could not be marked as damaged: %s", self.path.name, error)
        return StoreError(
            f"{self.path.name} is damaged, so some of it cannot be read; start noc_alerts again, "
            "then it moves the file aside and reads the calls from the switches anew."
        )

    def close(self) -> None:
        """Close every connection that is not in use."""
        self._engine.dispose()


def _begin(connection: Connection) -> None:
    """Begin as a writer at once where we mean to write: a reader that turns writer fails unwaited (SQLITE_BUSY_SNAPSHOT)."""
    writes = connection.get_execution_options().get("noc_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def create_private(path: Path) -> None:
    """Create the file with mode 0600 when it is not there, and take others' rights away when it is. Raises StoreError."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, FILE_MODE))
        if os.name == "posix" and path.stat().st_mode & 0o077:
            path.chmod(FILE_MODE)
    except OSError as error:
        raise StoreError(
            f"{path.name} could not be created or opened for writing ({error.strerror}), so nothing can be kept; "
            f"make the folder {path.parent} writable for you and start again."
        ) from error


def locked_sentence(path: Path) -> str:
    """Say that somebody else holds the file."""
    return (
        f"{path.name} is held by another program and was not free within {BUSY_TIMEOUT_S:g} s, so nothing was written; "
        "close the other program that has it open and try again."
    )


def damaged_sentence(path: Path) -> str:
    """Say that the file is damaged and where copies are."""
    backups = ", ".join(sorted(p.name for p in path.parent.glob(f"{path.name}.before-*")))
    where = f"put back one of its backups ({backups})" if backups else "put back a copy of it, there is no backup beside it"
    return f"{path.name} is damaged and was left untouched, so it cannot be used; {where} in {path.parent} and start again."


def is_damage(error: sqlite3.Error) -> bool:
    """Tell whether an error says that the file itself is broken."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def sentence_for(error: sqlite3.Error, path: Path) -> str:
    """Say in one sentence what the driver's error means. Codes: https://www.sqlite.org/rescode.html."""
    code = _code(error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return locked_sentence(path)
    if code == sqlite3.SQLITE_FULL:
        return (
            f"The disk is full, so {path.name} could not take the change; "
            "what was kept before is safe, free some space and it goes on."
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return (
            f"{path.name} cannot be written because the file or its folder is read-only, so nothing new is kept; "
            f"make {path.parent} writable for you and try again."
        )
    if is_damage(error):
        return damaged_sentence(path)
    if code == sqlite3.SQLITE_IOERR:
        return (
            f"The disk did not take or give {path.name} ({error}), so the change was not kept; "
            "what was kept before is safe, check the disk and its free space."
        )
    return f"{path.name} did not take the change ({error}), so it was not kept; try again, and see the log if it stays."
