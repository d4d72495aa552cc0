"""noc.db from one revision to the next."""

import shutil
import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable
from store_samples import make_alert

from noc_alerts.model.errors import StoreError
from noc_alerts.store import open_store
from noc_alerts.store.migrate import open_noc_db
from noc_alerts.store.tables import HEAD, metadata

SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("setting", sa.Column("note", sa.Text(), nullable=False, server_default="none"))
    op.execute(sa.text("UPDATE setting SET text = upper(text)"))
    FAIL
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Give a copy of our migrations that a test can add to."""
    with_second = tmp_path / "migrations"
    shutil.copytree(str(files("noc_alerts.store") / "migrations"), with_second)
    (with_second / "versions" / "0002_second.py").write_text(SECOND.replace("FAIL", ""))
    return with_second


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Give a profile folder with a noc.db of revision 0001 in it."""
    folder = tmp_path / "profile"
    folder.mkdir()
    store = open_store(folder)
    store.settings.set("mail.host", "localhost")
    store.alerts.save(make_alert())
    store.close()
    return folder


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """Give what a query finds in a file."""
    with closing(sqlite3.connect(path)) as conn:
        return conn.execute(query).fetchall()


def test_the_migrations_make_the_very_tables_we_use(profile: Path) -> None:
    script = ScriptDirectory(str(files("noc_alerts.store") / "migrations"))
    assert script.get_current_head() == HEAD
    engine = sa.create_engine(f"sqlite:///{profile / 'noc.db'}")
    with engine.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata) == []
    engine.dispose()
    assert rows(profile / "noc.db", "PRAGMA foreign_key_check") == []


def test_an_older_noc_db_is_backed_up_and_upgraded(profile: Path, scripts: Path) -> None:
    path, backup = profile / "noc.db", profile / "noc.db.before-0002"
    open_noc_db(path, scripts).close()
    assert rows(path, "SELECT key, text, note FROM setting") == [("mail.host", "LOCALHOST", "none")]
    assert rows(path, "SELECT version_num FROM alembic_version") == [("0002",)]
    assert rows(backup, "SELECT key, text FROM setting") == [("mail.host", "localhost")]
    assert rows(backup, "SELECT version_num FROM alembic_version") == [("0001",)]
    assert rows(backup, "SELECT count(*) FROM alert") == [(1,)]
    assert backup.stat().st_mode & 0o777 == 0o600
    when = backup.stat().st_mtime_ns
    open_noc_db(path, scripts).close()  # nothing is left to do
    assert backup.stat().st_mtime_ns == when
    # put back, it opens as before
    shutil.copy(backup, path)
    store = open_store(profile)
    assert store.settings.get("mail.host") == "localhost"
    store.close()


def test_an_upgrade_that_fails_changes_nothing(profile: Path, scripts: Path) -> None:
    (scripts / "versions" / "0002_second.py").write_text(SECOND.replace("FAIL", 'op.execute(sa.text("SELECT nonsense"))'))
    with pytest.raises(StoreError):
        open_noc_db(profile / "noc.db", scripts)
    store = open_store(profile)
    assert store.settings.get("mail.host") == "localhost"
    assert len(store.alerts.all()) == 1
    store.close()
    assert "note" not in {row[1] for row in rows(profile / "noc.db", "PRAGMA table_info(setting)")}


def test_a_noc_db_of_a_newer_program_is_left_alone(profile: Path, scripts: Path) -> None:
    path = profile / "noc.db"
    open_noc_db(path, scripts).close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer version"):
        open_store(profile)
    assert path.read_bytes() == before
    assert sorted(p.name for p in profile.glob("noc.db.before-*")) == ["noc.db.before-0002"]


def test_a_start_that_was_killed_before_its_first_table_goes_on(tmp_path: Path) -> None:
    for name in ("noc.db", "calls.db"):
        (tmp_path / name).touch()
    store = open_store(tmp_path)
    assert store.alerts.all() == []
    store.close()
    assert list(tmp_path.glob("*.before-*")) == []


def test_the_tables_are_none_of_sqlite_only() -> None:
    for table in metadata.sorted_tables:
        text = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here
        assert f"CREATE TABLE {table.name}" in text.replace('"', "")
