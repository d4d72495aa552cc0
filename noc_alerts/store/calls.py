"""Call records, cursors, bad records and readings in calls.db. Any thread; only the engine ingests."""

import threading
import time
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy.engine import Connection

from noc_alerts.metrics.columns import Bools, Calls
from noc_alerts.model.companies import CompanyKind, Dimension, Reading, ReadingKind
from noc_alerts.model.connections import BadRecord, Clock
from noc_alerts.store import pruning
from noc_alerts.store.database import Database
from noc_alerts.store.page_rows import DamagedPage, append_page, open_page, outcome_ms
from noc_alerts.store.pages import PackedPage, cut
from noc_alerts.store.readings import Readings, from_ms, to_ms
from noc_alerts.store.seen import DTYPE, SeenIndex, fingerprints


class CallStore:
    """The records of all switches, each once."""

    def __init__(self, db: Database) -> None:
        """Take calls.db. Raises StoreError when it cannot be read."""
        self._db = db
        self._readings = Readings(db)
        # the index in memory and the file change together, one writer at a time
        self._lock = threading.Lock()
        self._seen: dict[int, tuple[int, SeenIndex]] = {}
        with db.read() as conn:
            self._salt = int(conn.exec_driver_sql("SELECT salt FROM file").scalar_one())

    def ingest(self, connection_id: int, calls: Calls, cursor: str, bad: Sequence[BadRecord], now: datetime) -> Bools:
        """Keep a page with its cursor and bad records in one transaction; give a mask of the records that are new.

        A record is known by the switch's own id: of those twice in the page the first is kept, of those kept before none.
        Raises StoreError; then nothing of the page is kept and the cursor stands where it stood.
        """
        prints = fingerprints(calls.ids, self._salt)
        with self._lock:
            try:
                with self._db.write() as conn:
                    generation, index = self._index(conn, connection_id)
                    new = index.new(prints)
                    fresh = prints[new]
                    if len(fresh):
                        generation += 1
                        append_page(conn, connection_id, calls.take(new), fresh)
                    counted = _add_bad(conn, connection_id, bad, to_ms(now))
                    _save_source(conn, connection_id, cursor, generation, counted)
            except DamagedPage as error:
                raise self._db.condemn() from error
            index.add(fresh)
            self._seen[connection_id] = (generation, index)
        return new

    def _index(self, conn: Connection, connection_id: int) -> tuple[int, SeenIndex]:
        """Give the generation of the connection's records and their index, read anew when another program changed them."""
        generation = _generation(conn, connection_id)
        known = self._seen.get(connection_id)
        if known is not None and known[0] == generation:
            return known
        rows = conn.exec_driver_sql("SELECT prints FROM page WHERE connection_id = ?", (connection_id,))
        return generation, SeenIndex(np.frombuffer(b"".join(row[0] for row in rows), dtype=DTYPE))

    def cursor(self, connection_id: int) -> str | None:
        """Give where reading goes on, None = from the beginning."""
        with self._db.read() as conn:
            row = conn.exec_driver_sql("SELECT cursor FROM source WHERE connection_id = ?", (connection_id,)).first()
            return None if row is None else row[0]

    def set_cursor(self, connection_id: int, cursor: str | None) -> None:
        """Set where reading goes on; records kept stay kept."""
        with self._lock, self._db.write() as conn:
            _save_source(conn, connection_id, cursor, _generation(conn, connection_id), 0)

    def reset(self, connection_id: int) -> None:
        """Forget a connection's records, bad records and cursor, so that it is read from the beginning; readings stay."""
        self._forget(connection_id, ("page", "bad"))

    def forget(self, connection_id: int) -> None:
        """Forget everything of a connection that was deleted."""
        self._forget(connection_id, ("page", "bad", "reading", "last_reading"))

    def _forget(self, connection_id: int, tables: Iterable[str]) -> None:
        with self._lock:
            with self._db.write() as conn:
                generation = _generation(conn, connection_id) + 1
                for table in tables:
                    conn.exec_driver_sql(f"DELETE FROM {table} WHERE connection_id = ?", (connection_id,))
                # the row stays: its generation tells another program that what it remembers is gone
                conn.exec_driver_sql(
                    "INSERT OR REPLACE INTO source (connection_id, cursor, generation, bad) VALUES (?, NULL, ?, 0)",
                    (connection_id, generation),
                )
            self._seen.pop(connection_id, None)

    def read(
        self,
        connection_ids: Collection[int],
        from_ms: int,
        to_ms: int,
        clock: Clock = Clock.OUTCOME,
        where: Mapping[Dimension, str] | None = None,
        chunk: int = 5000,
    ) -> Generator[Calls, None, None]:
        """Give records in the order they were kept, at most `chunk` at a time, as of one moment.

        Records with any time of the clock in `from_ms` <= t < `to_ms`: outcome: answer (else end) or end; end: end; setup:
        setup. `where`: only those with these texts. One that is not read to its end is closed. Raises StoreError.
        """
        tests = [f"({name}_first < ? AND {name}_last >= ?)" for name in _TIMES[clock]]
        query = (
            f"SELECT id FROM page WHERE connection_id IN ({', '.join('?' * len(connection_ids))}) "
            f"AND ({' OR '.join(tests)}) ORDER BY id"
        )
        values = (*connection_ids, *(to_ms, from_ms) * len(tests))
        with self._db.errors():
            connection = self._db.snapshot()
            try:
                ids = [row[0] for row in connection.execute(query, values).fetchall()]
                for page_id in ids:
                    sql = "SELECT body, checksum FROM page WHERE id = ?"
                    page = open_page(*connection.execute(sql, (page_id,)).fetchone())
                    found = _matching(page, from_ms, to_ms, clock, where or {})
                    if found is not None:
                        for begin in range(0, len(found), chunk):
                            yield cut(found, begin, begin + chunk)
                    time.sleep(0)  # lets other threads have the interpreter between pages
            except DamagedPage as error:
                raise self._db.condemn() from error
            finally:
                connection.close()

    def span(self, connection_ids: Collection[int]) -> tuple[int, int] | None:
        """Give (first, last) end time in ms of the records kept, None when there are none."""
        marks = ", ".join("?" * len(connection_ids))
        query = f"SELECT min(end_first), max(end_last) FROM page WHERE connection_id IN ({marks})"
        with self._db.read() as conn:
            first, last = conn.exec_driver_sql(query, tuple(connection_ids)).one()
            return None if first is None else (int(first), int(last))

    def count(self, connection_id: int) -> int:
        """Give the number of records kept."""
        with self._db.read() as conn:
            query = "SELECT coalesce(sum(rows), 0) FROM page WHERE connection_id = ?"
            return int(conn.exec_driver_sql(query, (connection_id,)).scalar_one())

    def bad(self, connection_id: int, limit: int) -> list[tuple[datetime, BadRecord]]:
        """Give the bad records with when they were first met, newest first."""
        query = "SELECT at_ms, place, reason FROM bad WHERE connection_id = ? ORDER BY at_ms DESC, place, reason LIMIT ?"
        with self._db.read() as conn:
            rows = conn.exec_driver_sql(query, (connection_id, limit))
            return [(from_ms(at), BadRecord(place, reason)) for at, place, reason in rows]

    def bad_count(self, connection_id: int) -> int:
        """Give the number of bad records met since the connection began; the same one again does not count."""
        with self._db.read() as conn:
            row = conn.exec_driver_sql("SELECT bad FROM source WHERE connection_id = ?", (connection_id,)).first()
            return 0 if row is None else int(row[0])

    def add_readings(self, readings: Iterable[Reading]) -> None:
        """Keep readings; the history skips those that say the same as less than 5 min before."""
        self._readings.add(readings)

    def readings(
        self, connection_id: int, what: ReadingKind, kind: CompanyKind | None, name: str, since: datetime, until: datetime
    ) -> list[tuple[int, float]]:
        """Give (ms, value) of one company from `since` to before `until`, oldest first."""
        return self._readings.history(connection_id, what, kind, name, since, until)

    def last_readings(self, connection_id: int) -> list[Reading]:
        """Give the newest reading of each kind and company, sorted by kind and name."""
        return self._readings.last(connection_id)

    def prune(self, now: datetime, max_age: timedelta, max_bytes: int) -> int:
        """Remove records by age of their end, then oldest first until `size_bytes` is below `max_bytes`; give their number.

        Works in small transactions: ingest goes on between them. The file shrinks.
        """
        return pruning.prune(self._db, self._prune_step, now, max_age, max_bytes)

    def _prune_step(self, once: Callable[[Connection], tuple[int, pruning.Gone]]) -> int:
        with self._lock:
            generations: dict[int, int] = {}
            try:
                with self._db.write() as conn:
                    removed, gone = once(conn)
                    for connection_id in {i for i, _ in gone}:
                        generations[connection_id] = _generation(conn, connection_id)
                        conn.exec_driver_sql(
                            "UPDATE source SET generation = generation + 1 WHERE connection_id = ?", (connection_id,)
                        )
            except DamagedPage as error:
                raise self._db.condemn() from error
            for connection_id, before in generations.items():
                known = self._seen.get(connection_id)
                if known is not None and known[0] == before:
                    known[1].remove(prints for i, prints in gone if i == connection_id)
                    self._seen[connection_id] = (before + 1, known[1])
        return removed

    def size_bytes(self) -> int:
        """Give the bytes in use within calls.db."""
        return pruning.size_bytes(self._db)


_TIMES = {Clock.OUTCOME: ("outcome", "end"), Clock.END: ("end",), Clock.SETUP: ("setup",)}


def _matching(page: PackedPage, from_ms: int, to_ms: int, clock: Clock, where: Mapping[Dimension, str]) -> Calls | None:
    mask = page.where(where)
    if mask is None:
        return None
    if clock is Clock.SETUP:
        times = [page.ints("setup_ms")]
    else:
        times = [page.ints("end_ms")]
        if clock is Clock.OUTCOME:
            times.append(outcome_ms(page.ints("answer_ms"), times[0]))
    inside = np.zeros(len(page), dtype=np.bool_)
    for column in times:
        inside |= (column >= from_ms) & (column < to_ms)
    mask &= inside
    return page.calls(mask) if mask.any() else None


def _generation(conn: Connection, connection_id: int) -> int:
    row = conn.exec_driver_sql("SELECT generation FROM source WHERE connection_id = ?", (connection_id,)).first()
    return 0 if row is None else int(row[0])


def _save_source(conn: Connection, connection_id: int, cursor: str | None, generation: int, bad: int) -> None:
    conn.exec_driver_sql(
        "INSERT INTO source (connection_id, cursor, generation, bad) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (connection_id) DO UPDATE SET "
        "cursor = excluded.cursor, generation = excluded.generation, bad = bad + excluded.bad",
        (connection_id, cursor, generation, bad),
    )


def _add_bad(conn: Connection, connection_id: int, bad: Sequence[BadRecord], at_ms: int) -> int:
    """Keep bad records that were not met before; give their number."""
    if not bad:
        return 0
    rows = [(connection_id, record.where, record.reason, at_ms) for record in bad]
    return conn.exec_driver_sql("INSERT OR IGNORE INTO bad VALUES (?, ?, ?, ?)", rows).rowcount
