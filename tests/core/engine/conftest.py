"""What the engine's tests begin with: a store of their own, and a desk over it that may log no warning."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from desk import Desk

from noc_alerts.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def desk(store: Store, caplog: pytest.LogCaptureFixture) -> Iterator[Desk]:
    yield Desk(store)
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING] == []
