"""What a person asks for once: evaluate an alert now for its Test button, import call files, query a period.

Touches no rule's state. Runs on the engine thread (`evaluate_now`) or on a thread of its own.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from noc_alerts.engine.engine import Engine
from noc_alerts.engine.ledgers import facts_of, test_deliveries
from noc_alerts.engine.programs import Program
from noc_alerts.engine.source import Source, to_ms
from noc_alerts.metrics.columns import CodeMap, find_bad
from noc_alerts.metrics.factors import FACTORS
from noc_alerts.metrics.grouping import Where
from noc_alerts.metrics.summary import Table, summarise
from noc_alerts.model.alerts import Alert
from noc_alerts.model.companies import Dimension, Subject
from noc_alerts.model.connections import BadRecord, CheckStep, Clock, Connection, SwitchKind
from noc_alerts.model.deliveries import Cause, Delivery
from noc_alerts.model.errors import BadInput
from noc_alerts.notify.words import format_sample, format_value
from noc_alerts.rules.conditions import compare, worse
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


# -- Test ------------------------------------------------------------------------------------------------------------------


def evaluate_now(engine: Engine, alert: Alert, now: datetime) -> tuple[list[CheckStep], list[Delivery]]:
    """Evaluate an alert (saved or not) from the stored data; give the steps so far and the messages to send, marked TEST."""
    began = time.monotonic()
    sources = [s for s in engine.sources.values() if s.connection.live and alert.connection_id in (None, s.id)]
    if not sources:
        step = CheckStep("Evaluate", False, "No switch is connected that this alert could look at.", _since(began))
        return [step], []
    found = [_worst(engine, alert, source, now) for source in sources]
    program, subject, value, calls = _worst_of(alert, found)
    facts = facts_of(Cause.TEST, program, subject, value, calls, now, None)
    breached = value is not None and _breached(alert, value)
    if value is None:
        answer = f"{subject.label}: no value, {_sample(alert, calls)}. It would neither fire nor clear."
    else:
        verdict = "would fire" if breached else "would not fire"
        answer = (
            f"{subject.label}: {alert.area.value} {format_value(value, facts.unit, alert.area.value)}, "
            f"{_sample(alert, calls)}. It {verdict} ({facts.limit})."
        )
    steps = [CheckStep("Evaluate", True, answer, _since(began), program.source.connection.name)]
    deliveries = test_deliveries(facts, alert, engine.sender())
    if not deliveries:
        steps.append(CheckStep("Tell", False, "Nobody is named and the tray is off, so nobody would be told.", timedelta(0)))
    return steps, deliveries


def _sample(alert: Alert, calls: int | None) -> str:
    facts = alert.area.facts
    period = int(alert.sample_period.total_seconds()) if alert.sample_period else None
    return format_sample(calls, facts.rests_on, period) or "no calls"


def _breached(alert: Alert, value: float) -> bool:
    return bool(compare(np.array([value]), alert.operator, alert.threshold)[0])


_Found = tuple[Program, Subject, float | None, int | None]


def _worst(engine: Engine, alert: Alert, source: Source, now: datetime) -> _Found:
    """Give the worst subject of one source with its value, from readings or from the stored calls."""
    program = Program(alert, source)
    fallback = Subject.company(alert.scope.kind, alert.scope.names[0]) if alert.scope.names else Subject(())
    facts = alert.area.facts
    if facts.reading is not None:
        program.read()
        rows = np.flatnonzero(~np.isnan(program.values))
        if not len(rows):
            return program, fallback, None, None
        row = _pick(alert, program.values, rows)
        return program, program.subjects()[row], float(program.values[row]), 1
    assert facts.factor is not None and alert.sample_period is not None  # an area is either a reading or a factor
    factor, end = FACTORS[facts.factor], source.as_of or now
    dims = (alert.scope.kind.dimension,)
    table = query_table(
        engine.store, [source.id], dims, (), end - alert.sample_period, end, source.connection.clock
    )
    values, calls = table.factor(factor) * facts.scale, table.sample(factor)
    inside = np.array([not alert.scope.names or s.parts[0][1] in alert.scope.names for s in table.subjects], dtype=bool)
    enough = np.flatnonzero(inside & ~np.isnan(values) & (calls >= alert.min_calls))
    if len(enough):
        row = _pick(alert, values, enough)
        return program, table.subjects[row], float(values[row]), int(calls[row])
    some = np.flatnonzero(inside)
    if len(some):
        row = int(some[int(calls[some].argmax())])
        return program, table.subjects[row], None, int(calls[row])
    return program, fallback, None, 0


def _pick(alert: Alert, values: "np.ndarray[tuple[int], np.dtype[np.float64]]", rows: Iterable[int]) -> int:
    index = np.asarray(list(rows))
    column = values[index]
    breached = compare(column, alert.operator, alert.threshold)
    if breached.any():  # with = and != the worst is neither the least nor the most
        index, column = index[breached], column[breached]
    return int(index[int(column.argmin() if alert.operator.fires_below else column.argmax())])


def _worst_of(alert: Alert, found: Sequence[_Found]) -> _Found:
    best = found[0]
    for other in found[1:]:
        if best[2] is not None and _breached(alert, best[2]) and not (other[2] is not None and _breached(alert, other[2])):
            continue
        if other[2] is not None and worse(alert.operator, best[2], other[2]) == other[2]:
            best = other
    return best


def _since(began: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - began)


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
