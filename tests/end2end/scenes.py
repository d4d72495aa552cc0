"""Profiles that a story begins with."""

from datetime import timedelta
from pathlib import Path

import pytest

from noc_alerts.model.alerts import Alert
from noc_alerts.model.connections import Clock, Connection, SwitchKind
from noc_alerts.paths import open_profile
from noc_alerts.secrets import variable_for
from noc_alerts.settings import Watching, save
from noc_alerts.store import open_store
from noc_alerts.switches.demo import DemoSwitch
from noc_alerts.switches.factory import secret_name


def watched_profile(folder: Path, world: DemoSwitch, url: str, monkeypatch: pytest.MonkeyPatch, *alerts: Alert) -> int:
    """Make a profile with a connection to the switch and alerts; give the connection's id."""
    store = open_store(open_profile(folder).folder)
    options = {"base_url": url, "auth": "token", "live_path": world.live_path, "history_days": "0.02", "late_s": "2"}
    options["longest_call_hours"] = "1"
    made = Connection(None, "lon-1", SwitchKind.CONNEXCS, options, Clock.END, timedelta(seconds=2))
    cid = store.connections.save(made).id
    assert cid is not None
    for alert in alerts:
        store.alerts.save(alert)
    save(store.settings, Watching(silent_after=timedelta(seconds=10)))
    store.close()
    monkeypatch.setenv(variable_for(secret_name(cid, "token")), world.token)
    return cid


#: The pages and the keys that open them; none: by the rail only.
PAGES = {
    "overview": "Ctrl+1",
    "alerts": "Ctrl+2",
    "charts": "Ctrl+4",
    "companies": "Ctrl+5",
    "events": "Ctrl+7",
    "deliveries": "Ctrl+8",
    "switches": "",
    "settings": "Ctrl+,",
}
