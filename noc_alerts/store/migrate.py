"""Bringing noc.db to the newest revision, with a backup before. Runs once, on the thread that opens the store."""

import logging
import os
import sqlite3
from contextlib import closing
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from noc_alerts.model.errors import StoreError
from noc_alerts.store.database import BUSY_TIMEOUT_S, Database, create_private, damaged_sentence, sentence_for
from noc_alerts.store.tables import HEAD

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger(__name__)


def open_noc_db(path: Path, migrations: Path | None = None) -> Database:
    """Check noc.db, make or upgrade it, give it ready. `migrations`: another script folder than ours.

    Raises StoreError when it is damaged or newer than this program (then nothing was touched), or cannot be written.
    """
    found = None
    is_new = not path.exists() or path.stat().st_size == 0
    if not is_new:
        found = _inspect(path)
    if migrations is None and found != HEAD:
        with as_file(files("noc_alerts.store").joinpath("migrations")) as folder:
            return _open_at_newest(path, is_new, found, folder)
    if migrations is not None:
        return _open_at_newest(path, is_new, found, migrations)
    create_private(path)
    return Database(path, "FULL")


def _inspect(path: Path) -> str | None:
    """Check a file read-only and give its revision, None when it has no tables of ours. Raises StoreError."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)) as conn:
            if conn.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise StoreError(damaged_sentence(path))
            tables = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "alembic_version" not in tables:
                if tables:
                    raise StoreError(
                        f"{path.name} is a database of another program, so it was left untouched; "
                        f"move it out of {path.parent} or choose another profile folder."
                    )
                return None
            row = conn.execute("SELECT version_num FROM alembic_version").fetchone()
            return None if row is None else str(row[0])
    except sqlite3.Error as error:
        raise StoreError(sentence_for(error, path)) from error


def _open_at_newest(path: Path, is_new: bool, found: str | None, folder: Path) -> Database:
    from alembic.config import Config  # a fifth of a second to import, and seldom needed
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    newest = script.get_current_head()
    if found is not None and found not in {revision.revision for revision in script.walk_revisions()}:
        raise StoreError(
            f"{path.name} was written by a newer version of noc_alerts and was left untouched; "
            "start that version, or choose another profile folder."
        )
    create_private(path)
    if not is_new and found is not None and found != newest:
        _back_up(path, path.with_name(f"{path.name}.before-{newest}"))
    db = Database(path, "FULL")
    if found != newest:
        try:
            _upgrade(db, config)
        except BaseException:
            db.close()
            raise
        log.info("%s is at revision %s", path.name, newest)
    return db


def _back_up(path: Path, target: Path) -> None:
    """Copy a database with SQLite's own backup: whole, whatever its log still holds. Raises StoreError."""
    half = target.with_name(f"{target.name}.part")
    half.unlink(missing_ok=True)
    create_private(half)
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as source, closing(sqlite3.connect(half)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE").close()
    except sqlite3.Error as error:
        half.unlink(missing_ok=True)
        raise StoreError(
            f"{path.name} could not be backed up before its upgrade ({error}), so it was left as it is; "
            f"free some space in {path.parent} and start again."
        ) from error
    with half.open("rb+") as file:
        os.fsync(file.fileno())
    half.replace(target)
    log.info("%s was backed up to %s", path.name, target.name)


def _upgrade(db: Database, config: "Config") -> None:
    """Run the missing revisions in one transaction: all of them or none."""
    from alembic import command

    with db.write() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "head")
