"""`noc-alerts query`: factors of a period by group, straight from the stored records."""

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from noc_alerts.engine.probes import query_table
from noc_alerts.metrics.factors import FACTORS, Factor, Floats
from noc_alerts.metrics.summary import Table
from noc_alerts.model.companies import Dimension, Subject
from noc_alerts.model.connections import Clock
from noc_alerts.model.errors import BadInput, NocError
from noc_alerts.paths import open_profile
from noc_alerts.rules.expression import Expression, Period, diff, parse
from noc_alerts.store import Store, open_store

EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

Values = dict[str, float | int | None]


def run_query(args: argparse.Namespace) -> int:
    """Print the rows of a query."""
    expression = parse(args.factors)
    dims = tuple(_dimension(name) for name in args.group_by.split(",") if name.strip())
    where = tuple(_filter(text) for text in args.where)
    begin, end = _moment(args.from_), _moment(args.to)
    if expression.side_by_side and args.offset is None:
        raise BadInput("The expression compares two periods. Say how far apart they are: --offset 7d.")
    store = open_store(open_profile(args.profile).folder)
    try:
        ids, clock = _connections(store, args.switch, args.clock)
        now = query_table(store, ids, dims, where, begin, end, clock)
        earlier = None
        if args.offset is not None:
            earlier = query_table(store, ids, dims, where, begin - args.offset, end - args.offset, clock)
    finally:
        store.close()
    rows = _rows(expression, now, earlier)
    if args.json:
        period = {"from": _text(begin), "to": _text(end), "clock": clock.value, "group_by": [d.value for d in dims]}
        print(json.dumps({**period, "rows": rows}, indent=1, ensure_ascii=False))
    else:
        _print_table(expression, dims, rows)
    return 0


def _rows(expression: Expression, now: Table, earlier: Table | None) -> list[dict[str, object]]:
    """Give one row a group of either period, sorted by group."""
    subjects = sorted({*now.subjects, *(earlier.subjects if earlier else ())})
    first = {name: _aligned(now, factor, subjects) for name, factor in FACTORS.items()}
    second = {name: _aligned(earlier, factor, subjects) for name, factor in FACTORS.items()} if earlier else {}

    def values(factor: Factor, period: Period) -> Floats:
        if period is Period.CURRENT:
            return first[factor.name]
        return second[factor.name] if period is Period.EARLIER else diff(first[factor.name], second[factor.name])

    change = {name: diff(first[name], second[name]) for name in second}
    matched = expression.holds(values) if subjects else np.zeros(0, dtype=bool)
    rows: list[dict[str, object]] = []
    for i, subject in enumerate(subjects):
        named: Values = {name: _plain(factor, first[name][i]) for name, factor in FACTORS.items()}
        if earlier is not None:
            for name, factor in FACTORS.items():
                named[f"{name}_1"] = named[name]
                named[f"{name}_2"] = _plain(factor, second[name][i])
                named[f"{name}_diff"] = _plain(None, change[name][i])
        rows.append({"group": {d.value: t for d, t in subject.parts}, "factors": named, "matched": bool(matched[i])})
    return rows


def _aligned(table: Table | None, factor: Factor, subjects: Sequence[Subject]) -> Floats:
    """Give a factor for each subject in order; a group without calls in the period has counts of 0 and no ratios."""
    if table is None:
        return np.full(len(subjects), np.nan)
    known = dict(zip(table.subjects, table.factor(factor).tolist(), strict=True))
    nothing = np.nan if factor.ratio or factor.extra == "channels" else 0.0
    return np.array([known.get(subject, nothing) for subject in subjects], dtype=np.float64)


def _plain(factor: Factor | None, value: float) -> float | int | None:
    if np.isnan(value):
        return None
    return int(value) if factor is not None and factor.unit in ("calls", "numbers", "channels") else float(value)


def _connections(store: Store, switch: str | None, clock: str | None) -> tuple[list[int], Clock]:
    """Give the connections to look at and the clock: as asked, else their own."""
    found = [c for c in store.connections.all() if switch is None or c.name == switch]
    if not found:
        known = ", ".join(c.name for c in store.connections.all())
        if switch and known:
            raise BadInput(f'There is no switch "{switch}". Known are: {known}.')
        raise NocError("There are no call records yet. Import some or connect a switch.")
    clocks = {c.clock for c in found}
    if clock is None and len(clocks) > 1:
        raise BadInput("The switches have different clocks. Choose one: --clock end, or one switch: --switch NAME.")
    return [c.id or 0 for c in found], Clock(clock) if clock else clocks.pop()


def _dimension(name: str) -> Dimension:
    try:
        return Dimension(name.strip())
    except ValueError as error:
        raise BadInput(f'Calls cannot be grouped by "{name.strip()}". Known are: {", ".join(Dimension)}.') from error


def _filter(text: str) -> tuple[Dimension, str]:
    name, sep, value = text.partition("=")
    if not sep:
        raise BadInput(f'"{text}" is no filter; write gateway=bravo.')
    return _dimension(name), value


def _moment(text: str) -> datetime:
    """Read a time; one without a zone is UTC, as everything the program shows in a terminal."""
    try:
        moment = datetime.fromisoformat(text)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadInput(f'"{text}" is no time; write 2026-11-21T20:00:00Z.') from error
    if not EARLIEST <= moment <= LATEST:
        raise BadInput(f'"{text}" is out of range; times from {EARLIEST:%Y} to {LATEST:%Y} are possible.')
    return moment


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def _cell(value: float | int | None) -> str:
    """Write a number for a terminal: counts whole, others to four decimals without idle zeros."""
    if value is None:
        return "none"
    return str(value) if isinstance(value, int) else f"{value:.4f}".rstrip("0").rstrip(".")


def _print_table(expression: Expression, dims: tuple[Dimension, ...], rows: list[dict[str, object]]) -> None:
    """Print groups, attempts and the factors of the expression, a line each."""
    asked = [c.factor.name if c.period is Period.CURRENT else c.name for c in expression.conditions]
    names = list(dict.fromkeys(["records_total", *asked]))
    table = [[*(d.value for d in dims), *names, "matched"]]
    for row in rows:
        group, factors = row["group"], row["factors"]
        assert isinstance(group, dict) and isinstance(factors, dict)  # _rows made them
        cells = [_cell(factors[n]) for n in names]
        table.append([*(group[d.value] for d in dims), *cells, "yes" if row["matched"] else ""])
    widths = [max(len(line[i]) for line in table) for i in range(len(table[0]))]
    for line in table:
        cells = [cell.ljust(w) if i < len(dims) else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))]
        print("  ".join(cells).rstrip())
