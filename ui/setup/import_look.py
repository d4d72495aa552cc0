"""A look into files of call records before they are imported: their columns, and what is missing.

Runs on an errand thread. Must not import Qt.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from noc_alerts.engine.probes import ImportReport, query_table
from noc_alerts.metrics.factors import FACTORS
from noc_alerts.model.companies import Dimension, Subject
from noc_alerts.model.connections import Clock
from noc_alerts.model.errors import BadInput
from noc_alerts.store import Store
from noc_alerts.switches.call_files_map import ColumnMap, Field, load_map
from noc_alerts.switches.call_files_text import TextLines


@dataclass(frozen=True, slots=True)
class FileLook:
    """What one file has. `missing`: columns without which it is refused; `problem`: why it cannot be read at all."""

    path: Path
    size: int
    columns: tuple[str, ...]
    missing: tuple[str, ...]
    problem: str = ""

    @property
    def usable(self) -> bool:
        """Tell whether it can be imported."""
        return not self.problem and not self.missing


def look_at(path: Path, columns: ColumnMap) -> FileLook:
    """Read the head of a file and hold it against a column map."""
    try:
        size, header = path.stat().st_size, _header(path, columns)
    except OSError as error:
        return FileLook(path, 0, (), (), f"It cannot be read: {error.strerror or error}.")
    except csv.Error as error:
        return FileLook(path, 0, (), (), f"It is not a CSV file: {error}.")
    if not header:
        return FileLook(path, size, (), (), "It is empty.")
    missing = tuple(sorted((columns.required | {columns.fields[Field.SETUP]}) - set(header)))
    return FileLook(path, size, header, missing)


def look_at_all(paths: tuple[Path, ...], column_map: Path | None) -> list[FileLook]:
    """Look at files in their order. Raises BadInput when the column map cannot be used."""
    columns = load_map(column_map) if column_map is not None else ColumnMap()
    return [look_at(path, columns) for path in paths]


def _header(path: Path, columns: ColumnMap) -> tuple[str, ...]:
    """Give the names of a file's columns. Raises OSError, csv.Error."""
    lines = TextLines(path, columns.encoding)
    try:
        for found in csv.reader(lines.lines(True), delimiter=columns.delimiter):
            if found:
                return tuple(name.strip() for name in found)
        return ()
    finally:
        lines.close()


def busiest(store: Store, report: ImportReport) -> Subject | None:
    """Give the company with most attempts in the last day of what was imported: a carrier, else a customer, else None."""
    if report.span is None:
        return None
    end: datetime = report.span[1] + timedelta(milliseconds=1)
    for dimension in (Dimension.GATEWAY, Dimension.CLIENT):
        try:
            table = query_table(store, [report.connection_id], (dimension,), (), end - timedelta(days=1), end, Clock.END)
        except BadInput:
            return None
        attempts = np.nan_to_num(table.factor(FACTORS["records_total"]))
        named = np.array([bool(s.parts and s.parts[0][1]) for s in table.subjects], dtype=bool)
        if named.any():
            return table.subjects[int(np.where(named, attempts, -1.0).argmax())]
    return None
