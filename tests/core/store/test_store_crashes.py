"""Killed in the middle: what is kept is whole."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from store_samples import NOW, PAGE, make_page, raised

from noc_alerts import __file__ as package_file
from noc_alerts.model.alarms import Phase
from noc_alerts.model.connections import Clock
from noc_alerts.model.ledger import Ledger
from noc_alerts.store import open_store
from noc_alerts.store.pages import join

PROGRAM = Path(__file__).with_name("store_samples.py")


def run_and_kill(what: str, folder: Path, after_lines: int, spin: int) -> None:
    """Start the program, kill it without warning a little after it has done so many steps."""
    environment = os.environ | {"PYTHONPATH": str(Path(package_file).parents[1])}
    with subprocess.Popen([sys.executable, str(PROGRAM), what, str(folder)], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        for _ in range(after_lines):
            assert process.stdout.readline()
        sum(range(spin))  # another moment of the next step each time
        process.kill()


@pytest.mark.parametrize("spin", [0, 100_000])
def test_a_killed_ingest_loses_and_repeats_nothing(tmp_path: Path, spin: int) -> None:
    for round_ in range(1, 4):
        run_and_kill("ingest", tmp_path, 7, spin * round_)
        store = open_store(tmp_path)
        cursor = int(store.calls.cursor(1) or 0)
        assert cursor > 0
        found = join(list(store.calls.read([1], 0, 2**62, Clock.END)))
        assert found.ids == [f"id-{i}" for i in range(cursor)]
        np.testing.assert_array_equal(found.end_ms, make_page(0, cursor).end_ms)
        assert store.calls.count(1) == cursor
        # every page up to the cursor brought one bad record with it
        assert (store.calls.bad_count(1), len(store.calls.bad(1, 10**6))) == ((cursor - PAGE) // (PAGE * 3 // 4) + 1,) * 2
        store.close()


@pytest.mark.parametrize("spin", [0, 100_000])
def test_a_killed_commit_leaves_no_half_ledger(tmp_path: Path, spin: int) -> None:
    for round_ in range(1, 3):
        run_and_kill("commit", tmp_path, 7, spin * round_)
        store = open_store(tmp_path)
        alarms = store.alarms.active()
        assert len(alarms) >= 21 * round_
        assert len(alarms) % 3 == 0
        states = {s.alarm_id: s.phase for s in store.alarms.states()}
        assert states == {a.id: Phase.RAISED for a in alarms}
        assert len({a.key for a in alarms}) == len(alarms)
        events = {e.alarm_id for e in store.events.list(10**6)}
        assert events == {a.id for a in alarms}
        assert store.outbox.waiting() == 2 * len(alarms)
        for alarm in alarms:
            assert alarm.id is not None
            assert [t.after for t in store.alarms.transitions(alarm.id)] == [Phase.RAISED]
            assert len(store.outbox.list(9, alarm_id=alarm.id)) == 2
        store.close()


def die_in(what: str, folder: Path, statement: int) -> bool:
    """Run one step that is killed at a statement (negative: at a commit); tell whether it came that far."""
    environment = os.environ | {"PYTHONPATH": str(Path(package_file).parents[1])}
    command = [sys.executable, str(PROGRAM), what, str(folder), str(statement)]
    code = subprocess.run(command, env=environment, check=False).returncode
    assert code in (0, -signal.SIGKILL)
    return code != 0


@pytest.mark.skipif(os.name != "posix", reason="processes are killed by signal")
def test_an_ingest_killed_at_any_statement_is_whole_or_not_at_all(tmp_path: Path) -> None:
    deaths = 0
    for statement in (-1, *range(1, 99)):
        folder = tmp_path / str(statement)
        folder.mkdir()
        died = die_in("ingest", folder, statement)
        deaths += died
        store = open_store(folder)
        kept = (store.calls.cursor(1), store.calls.count(1), store.calls.bad_count(1), len(store.calls.bad(1, 9)))
        assert kept == ((None, 0, 0, 0) if died else ("100", PAGE, 1, 1))
        assert store.calls.ingest(1, make_page(0, PAGE), "100", (), NOW).all() == died
        store.close()
        if not died:
            break
    assert deaths >= 6


@pytest.mark.skipif(os.name != "posix", reason="processes are killed by signal")
def test_a_commit_killed_at_any_statement_is_whole_or_not_at_all(tmp_path: Path) -> None:
    deaths = 0
    for statement in (-1, *range(1, 99)):
        folder = tmp_path / str(statement)
        folder.mkdir()
        died = die_in("commit", folder, statement)
        deaths += died
        store = open_store(folder)
        counts = (
            store.alarms.count_active(),
            len(store.alarms.states()),
            len(store.events.list(9)),
            store.outbox.waiting(),
            len(store.alarms.transitions(1)),
        )
        assert counts == ((0, 0, 0, 0, 0) if died else (2, 2, 2, 4, 1))
        assert len(store.alarms.commit(Ledger(changes=(raised(3),))).changes) == 1
        store.close()
        if not died:
            break
    assert deaths >= 7
