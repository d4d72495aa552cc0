"""Call records and balances from a Kamailio's CDR database.

Reads the acc module's `acc_cdrs` table with added columns, or a view over it; columns that are not there are done without. Runs
on the poll thread of its connection; opens one read-only connection. Must not import Qt or the store.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa

from noc_alerts.metrics.columns import MICRO, NO_TIME, Calls, Ints, find_bad, make_calls
from noc_alerts.model.companies import Dimension
from noc_alerts.model.connections import BadRecord
from noc_alerts.model.errors import BadInput, SwitchBadAnswer, SwitchRefused, SwitchUnreachable
from noc_alerts.switches.call_files_decode import half_even
from noc_alerts.switches.numbers import currency_code, number
from noc_alerts.switches.protocol import PAGE_ROWS

CONNECT_S = 3
STATEMENT_S = 8
#: After this our end closes the connection, whatever the server does.
GIVE_UP_S = STATEMENT_S + 2

#: Column -> dimension.
_TEXTS = {
    "customer": Dimension.CLIENT,
    "carrier": Dimension.GATEWAY,
    "prefix": Dimension.CODE,
    "caller": Dimension.SRC,
    "callee": Dimension.DST,
    "currency": Dimension.CURRENCY,
}
_TIMES = ("t_setup", "t_ring", "t_answer", "t_end")
_OTHERS = ("callid", "sip_code", "sip_reason", "hangup", "pdd_ms", "duration", "cost", "start_time", "end_time")
_WANTED = (*_TIMES, *_OTHERS, *_TEXTS)
_NO_CARRIER = "-"
_SIP_OK = 200
#: SQLSTATE classes: invalid authorization, insufficient privilege (PostgreSQL, appendix A).
_REFUSED_STATES = ("28", "42501")
#: More seconds or money than this is none; a double times a million stays within 64 bits.
_LARGEST = 9e12
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Balance:
    """What the customers table says of one customer; `amount` None = no balance, `unread`: there is one that is no number."""

    name: str
    amount: float | None
    currency: str
    unread: bool = False


@dataclass(frozen=True, slots=True)
class Records:
    """A page of records as columns, what was kept out, and the highest id read."""

    calls: Calls
    bad: tuple[BadRecord, ...]
    last_id: int
    read: int


class CallDatabase:
    """The switch's database. Not thread-safe."""

    def __init__(self, url: str, password: str, records: str, zone: str) -> None:
        """Check the settings. Raises BadInput. Nothing is opened yet."""
        self._url = _database_url(url, password)
        self.address = f"{self._url.host}:{self._url.port or 5432}" if self._url.host else str(self._url.database or "")
        self._secret = password
        self._zone = ZoneInfo(zone)
        self._records = records
        self._engine = sa.create_engine(
            self._url,
            pool_size=1,
            max_overflow=0,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args=_connect_args(self._url),
            poolclass=sa.pool.QueuePool,
        )
        self._table: sa.TableClause | None = None

    def page(self, after: int, now_ms: int, limit: int = PAGE_ROWS) -> Records:
        """Give up to `limit` records with ids above `after`, in order of their ids. Raises SwitchError."""
        table = self._known_table()
        query = sa.select(*table.columns).where(table.c.id > after).order_by(table.c.id).limit(limit)
        rows = self._all(query)
        if not rows:
            return Records(_decode([], (), self._zone), (), after, 0)
        calls = _decode(rows, tuple(table.columns.keys()), self._zone)
        wrong = find_bad(calls, now_ms)
        last = int(rows[-1][0])
        bad = tuple(BadRecord(f"record {rows[i][0]}", reason) for i, reason in wrong.items())
        if wrong:
            keep = np.ones(len(calls), dtype=np.bool_)
            keep[list(wrong)] = False
            calls = calls.take(keep)
        return Records(calls, bad, last, len(rows))

    def ids(self) -> tuple[int, int] | None:
        """Give the lowest and the highest id; None = no records. Raises SwitchError."""
        table = self._known_table()
        # two walks of the key's index; min() and max() together over a view would read every row
        first = self._all(sa.select(table.c.id).order_by(table.c.id).limit(1))
        last = self._all(sa.select(table.c.id).order_by(table.c.id.desc()).limit(1))
        return (int(first[0][0]), int(last[0][0])) if first and last else None

    def id_before(self, since_ms: int) -> int:
        """Find the id after which the records since a moment are, by halving: ids rise with the end of calls."""
        known = self.ids()
        if known is None:
            return 0
        low, high = known[0] - 1, known[1]
        while low < high:
            middle = (low + high) // 2
            page = self._one_after(middle)
            if page is None or page[1] >= since_ms:
                high = middle
            else:
                low = page[0]
        return low

    def clock(self) -> datetime:
        """Read the database server's clock. Raises SwitchError."""
        if self._url.get_backend_name() == "sqlite":
            return datetime.now(UTC)  # a file has no clock of its own
        value = self._all(sa.select(sa.func.clock_timestamp()))[0][0]
        if not isinstance(value, datetime):
            raise SwitchBadAnswer(f"The database at {self.address} does not tell its time.")
        return value.astimezone(UTC)

    def balances(self, table: str) -> list[Balance]:
        """Read the customers with balance and currency where there are such columns. Raises SwitchError."""
        names = self._columns_of(table)
        if "name" not in names:
            raise SwitchBadAnswer(f'The table "{table}" of the database at {self.address} has no column name.')
        wanted = [name for name in ("name", "balance", "currency") if name in names]
        found = []
        clause = _table_clause(table, wanted)
        for row in self._all(sa.select(*clause.columns).order_by(clause.c.name)):
            values = dict(zip(wanted, row, strict=True))
            if not (name := str(values["name"] or "").strip()):
                continue
            said = values.get("balance")
            amount = number(said, sure=True)
            found.append(Balance(name, amount, currency_code(values.get("currency")), amount is None and said not in (None, "")))
        return found

    def has_table(self, name: str) -> bool:
        """Tell whether there is a table or view of that name. Raises SwitchError."""
        return bool(self._columns_of(name, missing_is_fine=True))

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()

    def _one_after(self, after: int) -> tuple[int, int] | None:
        table = self._known_table()
        query = sa.select(*table.columns).where(table.c.id > after).order_by(table.c.id).limit(1)
        rows = self._all(query)
        if not rows:
            return None
        calls = _decode(rows, tuple(table.columns.keys()), self._zone)
        return int(rows[0][0]), int(max(calls.end_ms[0], calls.setup_ms[0]))

    def _known_table(self) -> sa.TableClause:
        if self._table is None:
            names = self._columns_of(self._records)
            if "id" not in names or not names & {"t_setup", "start_time"}:
                raise SwitchBadAnswer(
                    f'The table "{self._records}" of the database at {self.address} holds no call records: it needs '
                    f"the columns id and t_setup (or start_time), and has {', '.join(sorted(names)[:20])}."
                )
            self._table = _table_clause(self._records, ["id", *(name for name in _WANTED if name in names)])
        return self._table

    def _columns_of(self, table: str, missing_is_fine: bool = False) -> set[str]:
        schema, _, name = table.rpartition(".")
        try:
            return self._run(lambda it: {str(column["name"]) for column in sa.inspect(it).get_columns(name, schema or None)})
        except sa.exc.NoSuchTableError as error:
            if missing_is_fine:
                return set()
            raise SwitchBadAnswer(f'The database at {self.address} has no table or view "{table}".') from error

    def _all(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        return self._run(lambda connection: connection.execute(query).all())

    def _run(self, work: Callable[[sa.Connection], _T]) -> _T:
        """Do `work`, which only reads; once more when the kept connection turns out to be dead. Raises SwitchError."""
        try:
            try:
                return self._once(work)
            except sa.exc.DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return self._once(work)
        except sa.exc.DBAPIError as error:
            self._table = None  # the table may have changed
            raise self._translated(error) from error
        except sa.exc.NoSuchTableError:
            raise
        except (sa.exc.SQLAlchemyError, OSError) as error:
            raise SwitchUnreachable(f"The database at {self.address} cannot be read; no new records until it can.") from error

    def _once(self, work: Callable[[sa.Connection], _T]) -> _T:
        with self._engine.connect() as connection, _ended_after(connection, GIVE_UP_S):
            return work(connection)

    def _translated(self, error: sa.exc.DBAPIError) -> Exception:
        state = str(getattr(error.orig, "sqlstate", "") or "")
        if state.startswith(_REFUSED_STATES) or _was_refused(error.orig):
            return SwitchRefused(
                f"The database at {self.address} refuses the sign-in; check user, password and database name in the settings."
            )
        if state == "57014":
            return SwitchUnreachable(f"The database at {self.address} gave no answer within {STATEMENT_S} s; it may be busy.")
        if state and not state.startswith(("08", "57", "53")):
            return SwitchBadAnswer(f"The database at {self.address} refuses the question for call records (code {state}).")
        return SwitchUnreachable(f"The database at {self.address} cannot be reached; no new call records until it can.")


def _was_refused(error: object) -> bool:
    """Tell whether signing in failed: libpq gives no code then, and its words are in the server's language."""
    attempt = getattr(error, "pgconn", None)
    return bool(attempt is not None and (attempt.used_password or attempt.needs_password))


def _database_url(text: str, password: str) -> sa.URL:
    try:
        url = sa.make_url(text.strip())
        backend = url.get_backend_name()
    except (sa.exc.ArgumentError, ValueError) as error:
        sentence = 'Give the address of the database, as "postgresql://user@switch:5432/kamailio".'
        raise BadInput(sentence, {"database_url": sentence}) from error
    if backend in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    elif backend != "sqlite":
        sentence = f'A database of the kind "{backend}" cannot be read; PostgreSQL can.'
        raise BadInput(sentence, {"database_url": sentence})
    if url.password is not None:
        sentence = "Give the database password in its own field, not in the address."
        raise BadInput(sentence, {"database_url": sentence})
    return url.set(password=password) if password and backend != "sqlite" else url


def _connect_args(url: sa.URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"timeout": STATEMENT_S, "check_same_thread": False}
    return {
        "connect_timeout": CONNECT_S,
        "options": f"-c statement_timeout={STATEMENT_S * 1000} -c default_transaction_read_only=on",
        "tcp_user_timeout": GIVE_UP_S * 1000,
        "application_name": "noc_alerts",
    }


@contextmanager
def _ended_after(connection: sa.Connection, seconds: float) -> Iterator[None]:
    """Break the connection's socket when the work on it takes too long: a server that stopped answering keeps no thread."""
    descriptor = getattr(connection.connection.dbapi_connection, "fileno", None)
    if descriptor is None:
        yield
        return
    copy = socket.socket(fileno=os.dup(descriptor()))

    def end() -> None:
        try:
            copy.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it is closed already

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        copy.close()


def _table_clause(table: str, columns: Sequence[str]) -> sa.TableClause:
    schema, _, name = table.rpartition(".")
    return sa.table(name, *(sa.column(column) for column in columns), schema=schema or None)


def _decode(rows: Sequence[Sequence[Any]], names: Sequence[str], zone: ZoneInfo) -> Calls:
    """Make calls of rows whose first column is the id."""
    n = len(rows)
    table: dict[str, Sequence[Any]] = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    nones = (None,) * n
    setup, ring, answer, end = (_scaled(table.get(name, nones), 1000) for name in _TIMES)
    duration = _scaled(table.get("duration", nones), 1000, empty=0)
    code = _scaled(table["sip_code"], 1, empty=0) if "sip_code" in table else None
    if "start_time" in table:
        setup, answer, end = _from_stock(table, (setup, answer, end), duration, code, zone)
    answered = answer != NO_TIME
    # a call that the switch hung up itself has no end from its script
    end = np.where((end == NO_TIME) & answered, answer + duration, end)
    end = np.where((end == NO_TIME) & (setup != NO_TIME), setup, end)
    texts = {dim: ["" if v is None else str(v) for v in table[name]] for name, dim in _TEXTS.items() if name in table}
    if Dimension.CURRENCY in texts:
        texts[Dimension.CURRENCY] = [currency_code(text) for text in texts[Dimension.CURRENCY]]
    if Dimension.GATEWAY in texts:
        texts[Dimension.GATEWAY] = ["" if name == _NO_CARRIER else name for name in texts[Dimension.GATEWAY]]
    texts[Dimension.SERVICE] = ["calls"] * n
    return make_calls(
        # with the time: ids begin anew when the table was emptied
        ids=[f"{row_id}-{ms}" for row_id, ms in zip(table.get("id", ()), setup.tolist(), strict=True)],
        call_ids=["" if v is None else str(v) for v in table.get("callid", nones)],
        setup_ms=setup,
        ring_ms=ring,
        answer_ms=answer,
        end_ms=end,
        pdd_ms=_scaled(table["pdd_ms"], 1) if "pdd_ms" in table else None,
        talk_ms=np.where(answered | (duration < 0), duration, 0) if "duration" in table else None,
        cost_u=_scaled(table["cost"], MICRO, empty=0) if "cost" in table else None,
        sip_code=np.where(answered, _SIP_OK, 0) if code is None else code,
        text=texts,
        sip_reason=["" if v is None else str(v) for v in table["sip_reason"]] if "sip_reason" in table else None,
        hangup=["switch" if v is None else str(v) for v in table["hangup"]] if "hangup" in table else None,
    )


def _from_stock(
    table: dict[str, Sequence[Any]], times: tuple[Ints, Ints, Ints], duration: Ints, code: Ints | None, zone: ZoneInfo
) -> tuple[Ints, Ints, Ints]:
    """Fill what the added columns do not say from Kamailio's own: start_time is the answer, or the setup of a failed call."""
    setup, answer, end = times
    start = _stock_ms(table["start_time"], zone)
    if "t_answer" not in table:
        answered = duration > 0 if code is None else code == _SIP_OK
        answer = np.where(answered, start, NO_TIME)
    if "end_time" in table and "t_end" not in table:
        end = _stock_ms(table["end_time"], zone)
    return np.where(setup == NO_TIME, start, setup), answer, end


def _stock_ms(values: Sequence[Any], zone: ZoneInfo) -> Ints:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    millis = np.full(len(values), NO_TIME, dtype=np.int64)
    for i, value in enumerate(values):
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(moment, datetime):
            aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
            millis[i] = (aware - epoch) // timedelta(milliseconds=1)
    return millis


def _number(value: object) -> float:
    found = number(value, sure=True)
    return float("nan") if found is None else found


def _scaled(values: Sequence[Decimal | float | int | str | None], scale: int, empty: int = NO_TIME) -> Ints:
    """Multiply by `scale` and round half to even, exact for up to six decimals: a double holds a moment's microseconds."""
    try:
        numbers = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    except (ValueError, TypeError):  # kept as text, with one that is no number
        numbers = np.array([_number(v) for v in values], dtype=np.float64)
    none = ~(np.abs(numbers) < _LARGEST)
    numbers[none] = 0
    whole = np.rint(numbers * MICRO).astype(np.int64)
    result = whole if scale == MICRO else half_even(whole, MICRO // scale)
    result[none] = empty
    return result
