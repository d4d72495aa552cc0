"""noc.db from one revision to the next."""

import io
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable
from store_samples import NOW, make_alert, make_facts

from noc_alerts.model.alarms import Phase
from noc_alerts.model.alerts import MAX_WAIT, Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.changes import Author
from noc_alerts.model.companies import Company, CompanyKind, CompanyStatus
from noc_alerts.model.deliveries import Facts
from noc_alerts.model.errors import StoreError
from noc_alerts.store import open_store
from noc_alerts.store.migrate import open_noc_db
from noc_alerts.store.tables import HEAD, metadata

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    op.add_column("setting", sa.Column("note", sa.Text(), nullable=False, server_default="none"))
    op.execute(sa.text("UPDATE setting SET text = upper(text)"))
    FAIL
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Give a copy of our migrations that a test can add to."""
    with_next = tmp_path / "migrations"
    shutil.copytree(str(files("noc_alerts.store") / "migrations"), with_next)
    (with_next / "versions" / "0003_next.py").write_text(NEXT.replace("FAIL", ""))
    return with_next


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Give a profile folder with a noc.db of the newest revision in it."""
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
    path, backup = profile / "noc.db", profile / "noc.db.before-0003"
    open_noc_db(path, scripts).close()
    assert rows(path, "SELECT key, text, note FROM setting") == [("mail.host", "LOCALHOST", "none")]
    assert rows(path, "SELECT version_num FROM alembic_version") == [("0003",)]
    assert rows(backup, "SELECT key, text FROM setting") == [("mail.host", "localhost")]
    assert rows(backup, "SELECT version_num FROM alembic_version") == [("0002",)]
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
    (scripts / "versions" / "0003_next.py").write_text(NEXT.replace("FAIL", 'op.execute(sa.text("SELECT nonsense"))'))
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
    assert sorted(p.name for p in profile.glob("noc.db.before-*")) == ["noc.db.before-0003"]


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


def first_profile(folder: Path, statements: list[str]) -> Path:
    """Make a noc.db of revision 0001 with rows in it, as the first version of the program left it."""
    migrations = folder.parent / "migrations-0001"
    shutil.copytree(str(files("noc_alerts.store") / "migrations"), migrations)
    for later in (migrations / "versions").glob("000[2-9]*"):
        later.unlink()
    folder.mkdir()
    path = folder / "noc.db"
    open_noc_db(path, migrations).close()
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA foreign_keys = ON")
        for statement in statements:
            conn.execute(statement)
        conn.commit()
    return path


#: As the first version writes them: facts without the later fields too.
FACTS_0001 = (
    '{"cause":"raised","title":"Low ASR","level":"critical","subject":"carrier bravo","company":"bravo","switch":"Kamailio",'
    '"area":"ASR","operator":"<","threshold":30.0,"reset":null,"value":12.5,"unit":"%","limit":"< 30 %","calls":120,'
    '"rests_on":"attempts","sample_period_s":300,"at":"2026-11-21T20:00:00.123456Z","since":"2026-11-21T19:59:59.123456Z",'
    '"worst":10.0,"reason":"breached","demo":true}'
)
AT = "2026-11-21 20:00:00.123456"
ALERT_0001 = (
    "INSERT INTO alert VALUES ({}, '{}', '{}', 'carrier', '[\"alpha\"]', 'ASR', '<', 30.5, 40.25, 420000000, 50, 120000000,"
    " {}, 'critical', '[\"noc@example.org\"]', 0, 1, 1, '2026-11-21 20:00:00.123456', {})"
)
ROWS_0001 = [
    "INSERT INTO connection VALUES (3, 'Kamailio', 'kamailio', 'kamailio', '{}', 'end', 30000000, 1, 1, 0)",
    f"INSERT INTO company VALUES (1, 3, 'carrier', '7', 'alpha', 'active', 'USD', '{AT}')",
    ALERT_0001.format(4, "Low ASR", "low asr", 90_000_000, 3),
    ALERT_0001.format(6, "Slow", "slow", 30 * 86_400_000_000, "NULL"),
    ALERT_0001.format(9, "Gone", "gone", 0, "NULL"),
    "DELETE FROM alert WHERE id = 9",
    "INSERT INTO revision VALUES ('alerts', 5)",
    "INSERT INTO setting VALUES ('messages', '{}')",
    "INSERT INTO alarm VALUES (2, 'alert', 4, 3, 'gateway=alpha', 'Low ASR', 'critical', 'ASR', '%', '< 30.5 %', "
    f"'{AT}', 12.5, 120, 10.0, '{AT}', NULL, NULL, '{AT}', 'Ann', 'mine', 0)",
    f"INSERT INTO transition VALUES (1, 'alert', 4, 3, 'gateway=alpha', '{AT}', 'NORMAL', 'RAISED', 'breached', 12.5, 120,"
    " 'ASR 12.5 %', 2, 'told')",
    f"INSERT INTO rule_state VALUES ('alert', 4, 3, 'gateway=alpha', 'RAISED', '{AT}', 1500, 2)",
    f"INSERT INTO event VALUES (1, '{AT}', 'alarm', 'Low ASR', 'carrier alpha', 'raised', 2, 3)",
    f"INSERT INTO delivery VALUES (1, 'email', 'noc@example.org', '{FACTS_0001}', 1, '<1@example.org>', '{AT}', '{AT}', 'sent',"
    f" 1, '250 ok', '{AT}', 2, '', 'Low ASR', 'text')",
    f"INSERT INTO attempt VALUES (1, 1, '{AT}', 1, '250 ok', 80)",
]


def test_a_profile_of_the_first_version_keeps_every_row(tmp_path: Path) -> None:
    path = first_profile(tmp_path / "profile", ROWS_0001)
    tables = [row[0] for row in rows(path, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    counts = {name: rows(path, f"SELECT count(*) FROM {name}") for name in tables}
    assert rows(path, "SELECT version_num FROM alembic_version") == [("0001",)]
    store = open_store(path.parent)
    assert {name: rows(path, f"SELECT count(*) FROM {name}") for name in tables} == counts
    assert rows(path, "PRAGMA foreign_key_check") == []
    low, slow = store.alerts.all()
    assert low == Alert(
        4, "Low ASR", Scope(CompanyKind.CARRIER, ("alpha",)), Area.ASR, Operator.LT, 30.5, 40.25, timedelta(minutes=7), 50,
        timedelta(minutes=2), timedelta(seconds=90), NoticeLevel.CRITICAL, ("noc@example.org",), False, True, True, NOW, 3,
    )  # fmt: skip
    assert slow == replace(low, id=6, title="Slow", keep=MAX_WAIT, connection_id=None)
    assert store.companies.all() == [Company(3, CompanyKind.CARRIER, "7", "alpha", CompanyStatus.ACTIVE, "USD")]
    alarm = store.alarms.get(2)
    assert alarm is not None
    assert (alarm.message, alarm.acked_by, alarm.raised_at) == ("", "Ann", NOW)
    state = store.alarms.states()[0]
    assert (state.phase, state.held_ms, state.alarm_id, state.inner, state.inner_held_ms) == (
        Phase.RAISED,
        1500,
        2,
        Phase.NORMAL,
        0,
    )
    delivery = store.outbox.get(1)
    assert delivery is not None
    assert delivery.facts == make_facts_0001()
    assert store.revision() == 5
    assert store.alerts.history(4) == []
    # ids that were given and are gone are not given again
    new = store.alerts.save(make_alert("New"), Author("Ann", NOW))
    assert new.id == 10
    store.close()
    backup = path.with_name("noc.db.before-0002")
    assert rows(backup, "SELECT version_num FROM alembic_version") == [("0001",)]


def make_facts_0001() -> Facts:
    """Make what FACTS_0001 says, its later fields at their defaults."""
    return replace(make_facts(), title="Low ASR")


def test_an_id_is_not_given_again_when_every_alert_is_gone(tmp_path: Path) -> None:
    gone = [ALERT_0001.format(9, "Gone", "gone", 0, "NULL"), "DELETE FROM alert"]
    path = first_profile(tmp_path / "profile", gone)
    store = open_store(path.parent)
    assert store.alerts.save(make_alert()).id == 10
    store.close()


def test_the_upgrades_are_written_for_postgresql_too() -> None:
    """Every revision as the statements PostgreSQL would be given; the store's own tests run on SQLite."""
    text = io.StringIO()
    script = ScriptDirectory(str(files("noc_alerts.store") / "migrations"))
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": text})
    with Operations.context(context):
        for found in reversed(list(script.walk_revisions())):
            found.module.upgrade()
    statements = text.getvalue()
    assert "ALTER TABLE alert ALTER COLUMN threshold DROP NOT NULL;" in statements
    assert "ALTER TABLE alert ADD COLUMN strict BOOLEAN DEFAULT false NOT NULL;" in statements
    assert "sqlite" not in statements
