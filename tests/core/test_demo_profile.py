"""The demo profile: made once, taken up again where it was, begun anew when it was left for long."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from noc_alerts.demo import ALERTS, TAKEN_UP, MemoryKeyring, demo_switch
from noc_alerts.secrets import Secrets
from noc_alerts.store import Store, open_store
from noc_alerts.switches.connexcs import ConnexCS
from noc_alerts.switches.demo import DemoSwitch

NOW = datetime.now(UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path)
    yield store
    store.close()


def ids(store: Store, switch: DemoSwitch) -> set[str]:
    """Read the switch's records of the last hour by the profile's own connection."""
    (connection,) = store.connections.all()
    reader = ConnexCS({**connection.options, "history_days": "0.04"}, {"token": switch.token})
    found = {key for page in reader.pages(None, NOW) for key in page.calls.ids}
    reader.close()
    return found


def test_it_goes_on_where_it_was(store: Store, tmp_path: Path) -> None:
    secrets = Secrets(tmp_path, keyring=MemoryKeyring())
    with demo_switch(store, secrets, NOW - timedelta(minutes=30)) as switch:
        first = ids(store, switch)
    (connection,) = store.connections.all()
    assert connection.demo and connection.id is not None
    store.calls.set_cursor(connection.id, "somewhere")
    with demo_switch(store, secrets, NOW) as switch:
        again = ids(store, switch)
        assert len(first & again) > 0.9 * len(first) > 1000
    assert store.calls.cursor(connection.id) == "somewhere"
    assert len(store.connections.all()) == 1
    assert sorted(a.title for a in store.alerts.all()) == sorted(a.title for a in ALERTS)


def test_after_a_long_time_it_begins_anew(store: Store, tmp_path: Path) -> None:
    secrets = Secrets(tmp_path, keyring=MemoryKeyring())
    with demo_switch(store, secrets, NOW - TAKEN_UP - timedelta(minutes=1)):
        pass
    (connection,) = store.connections.all()
    store.calls.set_cursor(connection.id or 0, "somewhere")
    with demo_switch(store, secrets, NOW) as switch:
        assert ids(store, switch)
    assert store.calls.cursor(connection.id or 0) is None
    assert len(store.connections.all()) == 1
