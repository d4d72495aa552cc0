"""What a person asks for once: import call files, query a period. Touches no rule's state; runs on a thread of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from noc_alerts.engine.source import to_ms
from noc_alerts.metrics.columns import CodeMap, find_bad
from noc_alerts.metrics.grouping import Where
from noc_alerts.metrics.summary import Table, summarise
from noc_alerts.model.companies import Dimension
from noc_alerts.model.connections import BadRecord, Clock, Connection, SwitchKind
from noc_alerts.model.errors import BadInput
from noc_alerts.store import Store
from noc_alerts.switches.call_files import CallFile
from noc_alerts.switches.call_files_map import ColumnMap, load_map

#: The connection that imported files belong to.
IMPORTED = "Imported call records"
DAY_MS = 86_400_000


def query_table(
    store: Store,
    connection_ids: Sequence[int],
    dims: tuple[Dimension, ...],
    where: Where,
    from_at: datetime,
    to_at: datetime,
    clock: Clock,
) -> Table:
    """Give every factor of every group over the half-open period [from, to) straight from the stored records."""
    from_ms, to_ms_ = to_ms(from_at), to_ms(to_at)
    if to_ms_ <= from_ms:
        raise BadInput("The period is empty. --to must be later than --from.")
    # calls in progress at the end of the period ended (or, by setup, began) outside it
    first = from_ms - DAY_MS if clock is Clock.SETUP else from_ms
    last = to_ms_ if clock is Clock.SETUP else to_ms_ + DAY_MS
    pages = store.calls.read(connection_ids, first, last, clock, dict(where))
    return summarise(pages, dims, where, from_ms, to_ms_, clock, CodeMap())


# -- import ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `taken`: new records; `known`: were there already; `span`: first and last end of what is kept."""

    connection_id: int
    files: tuple[str, ...]
    taken: int
    known: int
    bad: tuple[BadRecord, ...]
    span: tuple[datetime, datetime] | None


def imported_connection(store: Store) -> Connection:
    """Give the connection that imported files belong to, making it at the first import."""
    for connection in store.connections.all():
        if connection.name == IMPORTED:
            return connection
    return store.connections.save(
        Connection(None, IMPORTED, SwitchKind.CALL_FILES, {"path": "imported"}, Clock.END, enabled=False, live=False)
    )


def import_files(
    store: Store,
    paths: Sequence[Path],
    column_map: Path | None,
    clock: Callable[[], datetime],
    progress: Callable[[str], None],
) -> ImportReport:
    """Read call files; what is there already is not taken twice. Raises BadInput before anything is kept of a wrong file."""
    columns = load_map(column_map) if column_map is not None else ColumnMap()
    connection = imported_connection(store)
    cid = connection.id or 0
    taken = known = 0
    bad: list[BadRecord] = []
    for path in paths:
        for page in CallFile(path, columns).pages(clock()):
            now = clock()
            calls, wrong = page.calls, find_bad(page.calls, to_ms(now))
            kept_out = [*page.bad, *(BadRecord(f"{path.name}, record {calls.ids[i]}", r) for i, r in sorted(wrong.items()))]
            if wrong:
                good = np.ones(len(calls), dtype=bool)
                good[list(wrong)] = False
                calls = calls.take(good)
            new = int(store.calls.ingest(cid, calls, "", kept_out, now=now).sum())
            taken, known = taken + new, known + len(calls) - new
            bad += kept_out
            progress(f"{path.name}: {taken + known:,} records{', ' + page.progress if page.progress else ''}")
    span = store.calls.span([cid])
    period = (datetime.fromtimestamp(span[0] / 1000, UTC), datetime.fromtimestamp(span[1] / 1000, UTC)) if span else None
    return ImportReport(cid, tuple(p.name for p in paths), taken, known, tuple(bad), period)
