"""The store: noc.db and calls.db behind model objects. Any thread may use it; SQLAlchemy stays in this package.

store = open_store(profile.folder)
store.calls.ingest(...)     each family of tables is one attribute
store.close()
"""

from pathlib import Path

from noc_alerts.model.changes import Author
from noc_alerts.paths import Profile
from noc_alerts.store.alarms import Alarms
from noc_alerts.store.alerts import Alerts
from noc_alerts.store.blocks import Blocks
from noc_alerts.store.calls import CallStore
from noc_alerts.store.calls_file import open_calls_db
from noc_alerts.store.companies import Companies
from noc_alerts.store.connections import Connections
from noc_alerts.store.contacts import Contacts
from noc_alerts.store.database import Database
from noc_alerts.store.events import Events
from noc_alerts.store.migrate import open_noc_db
from noc_alerts.store.outbox import Outbox
from noc_alerts.store.reports import Reports
from noc_alerts.store.rules import Rules, save_rules
from noc_alerts.store.scripts import Scripts
from noc_alerts.store.settings import Settings
from noc_alerts.store.tables import read_revisions
from noc_alerts.store.templates import Templates

__all__ = ["Rules", "Store", "open_store"]


class Store:
    """Everything that is kept. Each method is one transaction and raises StoreError when the file cannot do it."""

    def __init__(self, folder: Path, noc: Database, calls: Database) -> None:
        self.folder = folder
        self._noc = noc
        self._calls = calls
        self.calls = CallStore(calls)
        self.connections = Connections(noc, forget=self.calls.forget)
        self.alerts = Alerts(noc)
        self.templates = Templates(noc)
        self.scripts = Scripts(noc)
        self.contacts = Contacts(noc)
        self.companies = Companies(noc)
        self.settings = Settings(noc)
        self.alarms = Alarms(noc)
        self.events = Events(noc)
        self.outbox = Outbox(noc)
        self.blocks = Blocks(noc)
        self.reports = Reports(noc)

    def revision(self) -> int:
        """Give a number that grows with every change of alerts, templates, scripts, contacts or settings."""
        with self._noc.read() as conn:
            return read_revisions(conn)

    def save_rules(self, rules: Rules, by: Author, at_revision: int) -> None:
        """Keep templates, scripts, contacts and alerts, all or none. Raises BadInput, also when something changed meanwhile."""
        with self._noc.write() as conn:
            save_rules(conn, rules, by, at_revision)

    def close(self) -> None:
        """Let go of both files."""
        self._noc.close()
        self._calls.close()


def open_store(folder: Path) -> Store:
    """Open the store of a profile folder: checked, brought to the newest revision, made when it is not there.

    Raises StoreError when noc.db is damaged, newer than this program, or when a file cannot be written.
    """
    profile = Profile(folder)
    noc = open_noc_db(profile.noc_db)
    try:
        calls = open_calls_db(profile.calls_db)
        try:
            return Store(folder, noc, calls)
        except BaseException:
            calls.close()
            raise
    except BaseException:
        noc.close()
        raise
