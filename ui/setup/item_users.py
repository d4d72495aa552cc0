"""Which alerts use a template, a script, a contact or a group: found for all of a list at once. Any thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from noc_alerts.model.alerts import Alert
from noc_alerts.notify.recipients import EntryKind, entry_kind, entry_name


class Users:
    """The titles of the alerts by what they use; one pass over the alerts, where asking the store for each name takes many."""

    def __init__(self, alerts: Iterable[Alert], used: Callable[[Alert], Iterable[str]]) -> None:
        found: dict[str, list[str]] = {}
        for alert in alerts:
            for key in {_key(name) for name in used(alert)}:
                found.setdefault(key, []).append(alert.title)
        self._titles = {key: tuple(titles) for key, titles in found.items()}

    def of(self, name: str) -> tuple[str, ...]:
        """Return the titles of the alerts that use a name, oldest first; case and outer blanks do not count."""
        return self._titles.get(_key(name), ())


def people(alert: Alert, kind: EntryKind) -> list[str]:
    """Return the contacts, or the groups, that an alert tells."""
    return [entry_name(entry) for entry in alert.recipients if entry_kind(entry) is kind]


def _key(name: str) -> str:
    return name.strip().casefold()
