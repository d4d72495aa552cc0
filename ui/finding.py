"""What Ctrl+K finds besides pages and commands: companies, alerts, templates, scripts, contacts.

Runs on the window's thread. What is kept in the store is read again only when its revision moved, not with each key press.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.alarms import Verdict
from noc_alerts.model.errors import StoreError
from noc_alerts.store import Store
from noc_alerts.store.templates import STOCK_NAMES
from ui.finder import Found
from ui.marks import Mark

Go = Callable[[str, object | None], None]


class StoreFinder:
    """Find companies of the snapshot and what is kept in the store. `go` opens a page at an item."""

    def __init__(self, store: Store, snapshot: Callable[[], Snapshot | None], go: Go) -> None:
        self._store, self._snapshot, self._go = store, snapshot, go
        self._revision: int | None = None
        self._titles: dict[int, str] = {}
        self._items: list[Found] = []

    def find(self, _needle: str) -> list[Found]:
        """Return everything there is to go to; who asks ranks it."""
        self._read()
        snapshot = self._snapshot()
        return [*self._companies(snapshot), *self._alerts(snapshot), *self._items]

    def _read(self) -> None:
        """Read names where something changed; those of before stay while the store cannot be read."""
        try:
            revision = self._store.revision()
            if revision == self._revision:
                return
            titles = {alert.id or 0: alert.title for alert in self._store.alerts.all()}
            templates = dict.fromkeys((*STOCK_NAMES, *(each.name for each in self._store.templates.all())))
            scripts = [each.name for each in self._store.scripts.all()]
            contacts = [each.name for each in self._store.contacts.all()]
        except StoreError:
            return  # the window says elsewhere that the store has trouble
        self._titles = titles
        self._items = [
            Found(name, kind, partial(self._go, page, name), icon=page)
            for page, kind, names in (
                ("templates", "Template", templates),
                ("scripts", "Script", scripts),
                ("contacts", "Contact", contacts),
            )
            for name in names
        ]
        self._revision = revision

    def _companies(self, snapshot: Snapshot | None) -> list[Found]:
        return [
            Found(
                company.name,
                "Company",
                partial(self._go, "charts", (company.connection_id, f"{company.kind.dimension.value}={company.name}", "ASR")),
                note=company.kind.value,
                icon="companies",
            )
            for company in (snapshot.companies if snapshot is not None else ())
        ]

    def _alerts(self, snapshot: Snapshot | None) -> list[Found]:
        verdicts = {line.alert_id: line.verdict for line in snapshot.alerts} if snapshot is not None else {}
        found = []
        for alert_id, title in self._titles.items():
            verdict = verdicts.get(alert_id)
            note = verdict.value if verdict is not None else "not judged yet"
            mark = Mark.CRITICAL if verdict is Verdict.IN_ALARM else None
            found.append(Found(title, "Alert", partial(self._go, "alerts", alert_id), note=note, icon="alerts", mark=mark))
        return found
