"""Engine, deliver and window threads at once."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from store_samples import NOW, make_alert, make_delivery, make_page, raised

from noc_alerts.model.deliveries import Attempt, DeliveryState
from noc_alerts.model.errors import BadInput
from noc_alerts.model.ledger import Ledger
from noc_alerts.store import Store, open_store

ALL = (0, 2**62)


def run_together(*works: Callable[[], None]) -> None:
    """Run each on a thread of its own; raise the first error of any."""
    errors: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        start.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # whatever it is, the test raises it
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_nobody_meets_a_locked_database(store: Store) -> None:
    done = threading.Event()

    def engine() -> None:
        for i in range(60):
            store.calls.ingest(1, make_page(i * 500, 600), str(i), (), NOW)
            store.alarms.commit(Ledger(changes=(raised(i),)))
        done.set()

    def deliver() -> None:
        while not done.is_set() or store.outbox.waiting():
            for delivery in store.outbox.due(NOW + timedelta(days=1), 10):
                assert delivery.id is not None
                store.outbox.record(delivery.id, Attempt(delivery.id, NOW, True, "250"), DeliveryState.SENT)

    def window() -> None:
        number = 0
        while not done.is_set():
            number += 1
            store.alerts.save(make_alert(f"Alert {number}"))
            store.outbox.list(50)
            store.events.list(50)
            counts = [len(alarm.title) for alarm in store.alarms.active()]
            assert len(counts) <= 60

    def reader() -> None:
        while not done.is_set():
            ids = [i for calls in store.calls.read([1], *ALL) for i in calls.ids]
            assert ids == [f"id-{i}" for i in range(len(ids))]

    def pruner() -> None:
        while not done.is_set():
            store.calls.prune(NOW, timedelta(days=999), 2**40)

    run_together(engine, deliver, window, reader, pruner)
    assert store.calls.count(1) == 59 * 500 + 600
    assert store.outbox.waiting() == 0
    assert {len(store.outbox.attempts(d.id or 0)) for d in store.outbox.list(999)} == {1}


def test_two_programs_take_turns(store: Store, tmp_path: Path) -> None:
    other = open_store(tmp_path)

    def save(opened: Store, name: str) -> None:
        for i in range(40):
            opened.alerts.save(make_alert(f"{name} {i}"))
            opened.calls.ingest(1, make_page(i * 10, 20), name, (), NOW)

    run_together(lambda: save(store, "one"), lambda: save(other, "other"))
    assert len(store.alerts.all()) == 80
    assert store.alerts.revision() == 80
    assert store.calls.count(1) == 410
    other.close()


def test_two_savers_of_one_title_leave_one_alert(store: Store) -> None:
    refused: list[str] = []

    def save() -> None:
        for i in range(10):
            try:
                store.alerts.save(make_alert(f"Alert {i}"))
            except BadInput as error:
                refused.extend(error.problems)

    run_together(save, save)
    assert len(store.alerts.all()) == 10
    assert refused == ["title"] * 10
    assert store.alerts.revision() == 10


def test_an_abandoned_read_lets_go(store: Store) -> None:
    store.calls.ingest(1, make_page(0, 100), "1", (), NOW)
    reader = store.calls.read([1], *ALL, chunk=10)
    next(reader)
    reader.close()
    store.outbox.add(make_delivery())
    with store._calls.bare() as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
