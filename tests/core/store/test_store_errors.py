"""What the store says when a file is held, full, read-only, damaged or of another version."""

import logging
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from store_samples import NOW, make_alert, make_page, raised

from noc_alerts import __file__ as package_file
from noc_alerts.model.connections import BadRecord, Clock
from noc_alerts.model.errors import StoreError
from noc_alerts.model.ledger import Ledger
from noc_alerts.store import Store, calls_file, database, open_store

ALL = (0, 2**62)


def is_calm(sentence: str) -> bool:
    """Tell whether a text is one sentence without noise."""
    return sentence.endswith(".") and ". " not in sentence and "!" not in sentence and "Error" not in sentence


@pytest.mark.parametrize("name", ["noc.db", "calls.db"])
def test_a_file_that_another_program_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.1)
    store = open_store(tmp_path)
    with closing(sqlite3.connect(tmp_path / name, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="held by another program") as caught:
            if name == "noc.db":
                store.alerts.save(make_alert())
            else:
                store.calls.ingest(1, make_page(0, 9), "9", (), NOW)
        assert is_calm(caught.value.sentence)
        assert caught.value.__cause__ is not None
        assert store.alerts.all() == []  # readers go on
        other.execute("ROLLBACK")
    assert store.calls.cursor(1) is None
    assert store.alerts.save(make_alert()).id is not None
    assert store.calls.ingest(1, make_page(0, 9), "9", (), NOW).all()
    store.close()


def limit_pages(db: database.Database, extra: int) -> None:
    """Let the file grow by so many pages at most, on the one connection that is in use."""
    with db.bare() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + extra}").close()


def test_a_full_disk_keeps_what_was_acknowledged(store: Store, tmp_path: Path) -> None:
    store.alarms.commit(Ledger(changes=(raised(0),)))
    limit_pages(store._noc, 4)
    limit_pages(store._calls, 20)
    alarms = calls = 1
    with pytest.raises(StoreError, match="disk is full") as caught:
        for i in range(1, 500):
            store.alarms.commit(Ledger(changes=(raised(i),)))
            alarms += 1
    assert is_calm(caught.value.sentence)
    with pytest.raises(StoreError, match="disk is full"):
        for i in range(500):
            store.calls.ingest(1, make_page(i * 1000, 1000), str(i), (), NOW)
            calls = i + 1
    store.close()
    again = open_store(tmp_path)
    assert again.alarms.count_active() == alarms
    assert again.outbox.waiting() == 2 * alarms
    assert again.calls.count(1) == calls * 1000
    assert again.calls.cursor(1) == str(calls - 1)
    # there is room again: the page that was refused is taken whole
    assert again.calls.ingest(1, make_page(calls * 1000, 1000), "x", (), NOW).all()
    again.close()


def test_after_a_full_disk_the_same_store_takes_the_refused_page(store: Store) -> None:
    store.calls.ingest(1, make_page(0, 10), "10", (), NOW)
    limit_pages(store._calls, 1)
    with pytest.raises(StoreError, match="disk is full"):
        store.calls.ingest(1, make_page(0, 4000), "4000", (), NOW)
    limit_pages(store._calls, 10_000)
    assert store.calls.ingest(1, make_page(0, 4000), "4000", (), NOW).sum() == 3990


@pytest.mark.skipif(not hasattr(os, "fork"), reason="file size limits are POSIX")
def test_a_file_that_may_not_grow_says_so(tmp_path: Path) -> None:
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from store_samples import NOW, make_page\n"
        "from noc_alerts.model.errors import StoreError\n"
        "from noc_alerts.store import open_store\n"
        "store = open_store(Path(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))\n"
        "try:\n"
        "    for i in range(100):\n"
        "        store.calls.ingest(1, make_page(i * 1000, 1000), str(i + 1), (), NOW)\n"
        "except StoreError as error:\n"
        "    print(error.sentence)\n"
    )
    paths = os.pathsep.join((str(Path(package_file).parents[1]), str(Path(__file__).parent)))
    command = [sys.executable, "-c", program, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": paths}
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert "calls.db" in answer.stdout
    assert is_calm(answer.stdout.strip())
    store = open_store(tmp_path)
    assert store.calls.count(1) == 1000 * int(store.calls.cursor(1) or 0) > 0
    store.close()


@pytest.mark.parametrize("name", ["noc.db", "calls.db"])
def test_a_read_only_file(store: Store, tmp_path: Path, name: str) -> None:
    # what SQLite answers on a read-only file system; root may write any file, so the connection is told
    db = store._noc if name == "noc.db" else store._calls
    with db.bare() as connection:
        connection.execute("PRAGMA query_only = ON").close()
    with pytest.raises(StoreError, match="read-only") as caught:
        if name == "noc.db":
            store.settings.set("a", "b")
        else:
            store.calls.set_cursor(1, "x")
    assert is_calm(caught.value.sentence)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="could not be created") as caught:
        open_store(tmp_path / "missing")
    assert is_calm(caught.value.sentence)
    (tmp_path / "noc.db").mkdir()
    with pytest.raises(StoreError):
        open_store(tmp_path)


def garble(path: Path, at: int) -> None:
    """Write nonsense over a part of a file."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"garbage!" * 512)


@pytest.mark.parametrize("at", [0, 4096 * 2])
def test_a_damaged_noc_db_is_left_alone_and_its_backups_are_named(tmp_path: Path, at: int) -> None:
    store = open_store(tmp_path)
    store.alerts.save(make_alert())
    store.close()
    path = tmp_path / "noc.db"
    garble(path, at)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="no backup") as caught:
        open_store(tmp_path)
    assert is_calm(caught.value.sentence)
    (tmp_path / "noc.db.before-0002").write_bytes(b"")
    with pytest.raises(StoreError, match=r"noc\.db\.before-0002"):
        open_store(tmp_path)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "noc.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (a)")
        other.commit()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        open_store(tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("at", [0, 8192 * 2])
def test_a_damaged_calls_db_is_moved_aside_and_begun_anew(tmp_path: Path, at: int, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):  # the one moved aside before is given up
        store = open_store(tmp_path)
        store.alerts.save(make_alert(f"Alert {len(store.alerts.all())}"))
        store.calls.ingest(1, make_page(0, 3000), "1", (), NOW)
        store.close()
        garble(tmp_path / "calls.db", at)
        damaged = (tmp_path / "calls.db").read_bytes()
        with caplog.at_level(logging.INFO):
            store = open_store(tmp_path)
        assert (store.calls.count(1), store.calls.cursor(1)) == (0, None)
        assert store.calls.ingest(1, make_page(0, 3000), "1", (), NOW).all()
        store.close()
        assert (tmp_path / "calls.db.aside").read_bytes() == damaged
    assert "moved aside" in caplog.text
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


def test_a_calls_db_of_another_version_is_moved_aside(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.calls.ingest(1, make_page(0, 10), "1", (), NOW)
    store.close()
    with closing(sqlite3.connect(tmp_path / "calls.db")) as file:
        file.execute("PRAGMA user_version = 99").close()
    store = open_store(tmp_path)
    assert store.calls.count(1) == 0
    store.close()
    assert (tmp_path / "calls.db.aside").exists()


@pytest.mark.parametrize(
    "nonsense", ["zeroblob(length(body))", "CAST(substr(body, 1, 999) || x'ab' || substr(body, 1001) AS BLOB)"]
)
def test_damage_that_shows_when_it_is_read_is_mended_at_the_next_start(store: Store, tmp_path: Path, nonsense: str) -> None:
    store.calls.ingest(1, make_page(0, 3000), "1", (), NOW)
    with store._calls.write() as conn:
        conn.exec_driver_sql(f"UPDATE page SET body = {nonsense}")
    with pytest.raises(StoreError, match="start noc_alerts again") as caught:
        list(store.calls.read([1], *ALL, clock=Clock.END))
    assert is_calm(caught.value.sentence)
    store.close()
    again = open_store(tmp_path)
    assert again.calls.count(1) == 0
    assert again.calls.ingest(1, make_page(0, 3000), "1", (), NOW).all()
    again.close()


def test_a_broken_page_of_a_large_calls_db_is_met_later_and_mended_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls_file, "_CHECK_WHOLE_BYTES", 0)  # as if the file were too large to be read at the start
    store = open_store(tmp_path)
    for i in range(30):
        store.calls.ingest(i, make_page(0, 50), "1", [BadRecord(f"line {n}", "x" * 99) for n in range(900)], NOW)
    with store._calls.bare() as connection:
        number = connection.execute("PRAGMA page_count").fetchone()[0] // 2  # nearly all of it is bad records
    store.close()
    garble(tmp_path / "calls.db", (number - 1) * 8192)
    store = open_store(tmp_path)
    with pytest.raises(StoreError, match="start noc_alerts again") as caught:
        for i in range(30):
            store.calls.reset(i)
    assert is_calm(caught.value.sentence)
    store.close()
    store = open_store(tmp_path)
    assert store.calls.cursor(29) is None
    store.close()


def test_a_refused_alert_is_no_change(store: Store) -> None:
    saved = store.alerts.save(make_alert())
    limit_pages(store._noc, 0)
    with pytest.raises(StoreError):
        store.alerts.save(replace(make_alert("x" * 100), recipients=tuple(f"{i}@example.org" for i in range(9000))))
    assert store.alerts.all() == [saved]
