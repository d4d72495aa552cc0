"""What the store's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from noc_alerts.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give a store in a folder of its own."""
    opened = open_store(tmp_path)
    yield opened
    opened.close()
