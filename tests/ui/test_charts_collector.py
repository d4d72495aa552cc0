"""Python's cyclic collector runs on the window's thread only, while the program's window lives."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from ui.collector import YOUNG, Collector


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.stop()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


class Knot(QObject):
    """An object in a reference cycle that notes which thread took it apart."""

    ended: list[int] = []  # the test empties it

    def __init__(self) -> None:
        super().__init__()
        self.me = self

    def __del__(self) -> None:
        self.ended.append(threading.get_ident())


def allocate() -> None:
    """Make garbage in cycles, enough for many collections."""
    for _ in range(YOUNG * 20):
        ring: list[object] = []
        ring.append(ring)


def test_no_other_thread_takes_objects_apart(collector: Collector, qtbot: QtBot) -> None:
    Knot.ended.clear()
    collector.start()
    Knot()
    worker = threading.Thread(target=allocate)
    worker.start()
    worker.join()
    assert Knot.ended == []
    qtbot.waitUntil(lambda: bool(Knot.ended), timeout=5000)
    assert Knot.ended == [threading.get_ident()]


def test_without_it_another_thread_does(collector: Collector, qtbot: QtBot) -> None:
    """The reason why it is there: the day this fails, it can go."""
    Knot.ended.clear()
    Knot()
    worker = threading.Thread(target=allocate)
    worker.start()
    worker.join()
    assert Knot.ended == [worker.ident]


def test_a_stopped_collector_gives_collecting_back(collector: Collector) -> None:
    collector.start()
    assert not gc.isenabled()
    collector.stop()
    assert gc.isenabled()
    collector.stop()
