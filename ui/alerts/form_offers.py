"""What the alert editor asks the store for: what the form offers, and whether somebody else saved the same alert.

Runs on the window's thread. Each call reads the store a few times and raises StoreError where it cannot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from noc_alerts.model.alerts import Alert
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.errors import StoreError
from noc_alerts.notify.recipients import EntryKind, entry_kind
from noc_alerts.store import Store
from ui.alerts.form_fields import Offers

#: The companies that carry a tag, by kind and tag.
Tagged = dict[tuple[CompanyKind, str], frozenset[str]]


def read_offers(store: Store, zone: str) -> tuple[Offers, Tagged]:
    """Return what there is to choose from. Raises StoreError."""
    addresses = (entry for alert in store.alerts.all() for entry in alert.recipients)
    plain = (EntryKind.MAIL, EntryKind.PHONE)
    tagged: dict[tuple[CompanyKind, str], set[str]] = {}
    for company in store.companies.all():
        for tag in company.tags:
            tagged.setdefault((company.kind, tag), set()).add(company.name)
    offers = Offers(
        connections=tuple(store.connections.all()),
        contacts=tuple(store.contacts.all()),
        addresses=tuple(dict.fromkeys(entry for entry in addresses if entry_kind(entry) in plain)),
        templates=tuple(each.name for each in store.templates.all()),
        scripts=tuple(each.name for each in store.scripts.all()),
        zone=zone,
    )
    return offers, {key: frozenset(names) for key, names in tagged.items()}


@dataclass(frozen=True, slots=True)
class Change:
    """Who saved an alert elsewhere, and when; `at` None where the history does not say."""

    who: str
    at: datetime | None


class Elsewhere:
    """Watches whether an alert that is open is saved by somebody else. `theirs` is what they saved, until it is decided."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._base: Alert | None = None
        self._revision: object = None
        self.theirs: Alert | None = None

    def begin(self, alert: Alert | None) -> None:
        """Take what is shown as it is saved now; None while it never was."""
        self._base, self.theirs = alert, None
        try:
            self._revision = self._store.alerts.revision()
        except StoreError:
            self._revision = None  # look at the alert itself, next time

    def look(self) -> Change | None:
        """Return the change when somebody else saved it since the last look; what a person did in the list is none."""
        if self._base is None or self._base.id is None:
            return None
        try:
            revision = self._store.alerts.revision()
            if revision == self._revision:
                return None
            kept = self._store.alerts.get(self._base.id)
            self._revision = revision
            if kept is None:
                return None  # deleted: saving says so
            known = self.theirs or self._base
            if kept == replace(known, enabled=kept.enabled, paused_until=kept.paused_until):
                return None
            last = self._store.alerts.history(self._base.id, 1)
        except StoreError:
            return None  # the window says elsewhere that the store has trouble
        self.theirs = kept
        return Change(last[0].who, last[0].at) if last else Change("Somebody", None)
