"""A rules file: alerts with their templates, scripts and contacts as text, out of the store and into it.

Any thread; reads no clock. What may stand in it: docs/rules.md. No secret is ever in it. An import is planned first, so that a
person sees what would change, and then done whole or not at all.
"""

from collections.abc import Sequence

from noc_alerts.model.changes import Author
from noc_alerts.model.errors import BadInput
from noc_alerts.model.plain import alert_to_plain
from noc_alerts.rulebook_plan import (
    CONTACT_KEYS,
    SCRIPT_KEYS,
    TEMPLATE_KEYS,
    VERSION,
    VERSION_KEY,
    ItemKind,
    Plan,
    PlanItem,
    Planner,
)
from noc_alerts.rulebook_yaml import read_yaml, write_yaml
from noc_alerts.store import Store

__all__ = ["ItemKind", "Plan", "PlanItem", "apply_import", "export_rules", "plan_import"]

_HEAD = "# Rules of noc_alerts. What may stand here: docs/rules.md. No password and no token is in this file.\n"


def export_rules(store: Store) -> str:
    """Write all rules of a store as a file, each kind sorted by name: the same rules give the same text."""
    switches = {c.id: c.name for c in store.connections.all()}
    sections: dict[str, object] = {VERSION_KEY: VERSION}
    lists: dict[str, list[object]] = {
        "templates": [_plain_parts(t, TEMPLATE_KEYS) for t in store.templates.all()],
        "scripts": [_plain_parts(s, SCRIPT_KEYS) for s in store.scripts.all()],
        "contacts": [_plain_parts(c, CONTACT_KEYS) for c in store.contacts.all()],
        "alerts": [
            alert_to_plain(a, "" if a.connection_id is None else switches[a.connection_id])
            for a in sorted(store.alerts.all(), key=lambda a: a.title.casefold())
        ],
    }
    return _HEAD + write_yaml(sections | {name: items for name, items in lists.items() if items})


def plan_import(store: Store, text: str | bytes) -> Plan:
    """Say what an import of a file would do; changes nothing. What is wrong with the file is in the plan's problems."""
    revision = store.revision()
    try:
        doc = read_yaml(text)
    except BadInput as error:
        return Plan(problems=(error.sentence,))
    return Planner(store, doc).plan(revision)


def apply_import(store: Store, plan: Plan, by: Author) -> None:
    """Do what a plan says, all or nothing. Raises BadInput when it has problems or something changed since it was made."""
    if plan.problems:
        raise BadInput(f"Nothing was imported: {plan.problems[0]}")
    store.save_rules(plan.rules, by, plan.revision)


def _plain_parts(thing: object, keys: Sequence[str]) -> dict[str, object]:
    """Give the parts of a thing that are not empty."""
    found = {key: getattr(thing, key) for key in keys}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in found.items() if value}
