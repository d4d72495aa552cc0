"""What the alert editor asks the store for: what the form offers, and whether somebody else saved the same alert.

Runs on the window's thread. Each call reads the store a few times and raises StoreError where it cannot.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime

from noc_alerts.model.alerts import Alert
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.errors import StoreError
from noc_alerts.notify.recipients import EntryKind, entry_kind, resolve
from noc_alerts.store import Store
from noc_alerts.store.templates import STOCK_NAMES
from ui.alerts.form_fields import Offers
from ui.alerts.words import FIELD_WORDS

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


def gone_names(alert: Alert, kept: Alert | None, offers: Offers) -> dict[str, str]:
    """Return a sentence for each field that names what is no more: a template, script, contact or group, renamed or deleted.

    `kept`: the alert as it is saved; what that names already is not complained about.
    """
    gone, known = {}, {name.casefold() for name in (*STOCK_NAMES, *offers.templates)}
    if alert.template.casefold() not in known and (kept is None or alert.template != kept.template):
        gone["template"] = f"There is no template {alert.template} any more. Choose another one."
    scripts = {name.casefold() for name in offers.scripts}
    if alert.script and alert.script.casefold() not in scripts and (kept is None or alert.script != kept.script):
        gone["script"] = f"There is no script {alert.script} any more. Choose another one."
    named = frozenset(kept.recipients) if kept is not None else frozenset()
    unknown = [entry for entry in resolve(alert.recipients, offers.contacts).unknown if entry not in named]
    if unknown:
        gone["recipients"] = f"There is no {' and no '.join(unknown)} any more. Take out what is gone, or name another."
    return gone


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

    def new_names(self, unsaved: Iterable[str]) -> set[str]:
        """Return the fields in which their version differs where those only name other things, and nothing is typed in them.

        Renaming a template, script, contact or group renames it in the alerts that use it. Nothing where more differs.
        `unsaved`: what is typed and not saved, in the form's words.
        """
        if self.theirs is None or self._base is None:
            return set()
        differ = {f.name for f in fields(Alert) if getattr(self._base, f.name) != getattr(self.theirs, f.name)}
        differ -= {"enabled", "paused_until"}
        typed = {name for name in differ if FIELD_WORDS.get(name) in set(unsaved)}
        return differ if differ <= {"template", "script", "recipients"} and not typed else set()
