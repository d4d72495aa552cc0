"""Many rules at once: what a rules file brings, within one transaction of noc.db. No thread of its own."""

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from noc_alerts.model.alerts import Alert
from noc_alerts.model.changes import Author
from noc_alerts.model.contacts import Contact
from noc_alerts.model.errors import BadInput
from noc_alerts.model.scripts import Script
from noc_alerts.model.templates import Template
from noc_alerts.store.alerts import put_alerts
from noc_alerts.store.contacts import check_groups, group_names, put_contact, read_contacts
from noc_alerts.store.scripts import put_script
from noc_alerts.store.tables import read_revisions
from noc_alerts.store.templates import put_template


@dataclass(frozen=True, slots=True)
class Rules:
    """What is saved together; what has an id is changed, what has none is new."""

    templates: tuple[Template, ...] = ()
    scripts: tuple[Script, ...] = ()
    contacts: tuple[Contact, ...] = ()
    alerts: tuple[Alert, ...] = ()


def save_rules(conn: Connection, rules: Rules, by: Author, at_revision: int) -> None:
    """Keep rules within a transaction. Raises BadInput, also when anything changed since `at_revision`."""
    if read_revisions(conn) != at_revision:
        raise BadInput("Nothing was imported: something was changed since the preview was made. Look at a new preview first.")
    groups = group_names(read_contacts(conn))
    for template in rules.templates:
        put_template(conn, template, by)
    for script in rules.scripts:
        put_script(conn, script, by)
    for contact in rules.contacts:
        put_contact(conn, contact, by)
    put_alerts(conn, rules.alerts, by)
    check_groups(conn, groups, "Nothing was imported")
