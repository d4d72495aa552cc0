"""`noc-alerts import FILE...`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from noc_alerts.engine.probes import import_files
from noc_alerts.paths import open_profile
from noc_alerts.scheduler import utc_now
from noc_alerts.store import open_store

#: So many bad rows are listed; all of them are kept in the store and shown in the window.
SHOWN = 20


def run_import(folder: Path | None, files: Sequence[Path], column_map: Path | None) -> int:
    """Take call records from files and say what was taken."""
    profile = open_profile(folder)
    store = open_store(profile.folder)
    try:
        report = import_files(store, files, column_map, utc_now, lambda _: None)
    finally:
        store.close()
    print(f"{report.taken:,} records taken, {report.known:,} were there already, {len(report.bad):,} kept out.")
    if report.span:
        first, last = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in report.span)
        print(f"The store now holds imported calls that ended from {first} to {last} UTC.")
    for bad in report.bad[:SHOWN]:
        print(f"  {bad.where}: {bad.reason}", file=sys.stderr)
    if len(report.bad) > SHOWN:
        print(f"  and {len(report.bad) - SHOWN:,} more", file=sys.stderr)
    return 0
