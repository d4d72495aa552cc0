"""From a connection to its adapter. Imports an adapter only when it is needed: a start without it stays quick."""

from collections.abc import Callable, Mapping

from noc_alerts.model.connections import Connection, SwitchKind
from noc_alerts.switches.protocol import Readable, Switch

#: Which secrets each kind of switch takes, in the order of its form.
SECRET_FIELDS: Mapping[SwitchKind, tuple[str, ...]] = {
    SwitchKind.CALL_FILES: (),
    SwitchKind.KAMAILIO: ("api_key", "database_password"),
    SwitchKind.CONNEXCS: ("token", "password"),
}

#: Under which name the mail server's password is kept.
SMTP_SECRET = "smtp_password"


def secret_name(connection_id: int, field: str) -> str:
    """Give the name under which a connection's secret is kept."""
    return f"switch_{connection_id}_{field}"


def open_switch(connection: Connection, kept: Callable[[str], str | None], typed: Mapping[str, str] | None = None) -> Switch:
    """Make the adapter of a connection; nothing is opened yet.

    `kept(name)`: gives a kept secret. `typed`: secrets by field that were just typed and outrank the kept ones. Raises
    BadInput when an option is wrong, SecretsError when a secret cannot be read.
    """
    secrets = _secrets(connection, kept, typed)
    cid = connection.id or 0
    match connection.kind:
        case SwitchKind.CALL_FILES:
            from noc_alerts.switches.call_files import CallFiles

            return CallFiles(connection.options, secrets, cid)
        case SwitchKind.KAMAILIO:
            from noc_alerts.switches.kamailio import Kamailio

            return Kamailio(connection.options, secrets, cid)
        case SwitchKind.CONNEXCS:
            from noc_alerts.switches.connexcs import ConnexCS

            return ConnexCS(connection.options, secrets, cid)


#: Kinds of switches that users' scripts can read.
READABLE: frozenset[SwitchKind] = frozenset({SwitchKind.CONNEXCS})


def open_readable(
    connection: Connection, kept: Callable[[str], str | None], typed: Mapping[str, str] | None = None
) -> Readable | None:
    """Make what users' scripts read a connection by, apart from its `Switch`; None = this kind of switch has none.

    Nothing is opened yet. Arguments and errors: as `open_switch`.
    """
    if connection.kind not in READABLE:
        return None
    from noc_alerts.switches.connexcs_reader import ConnexCSReader

    return ConnexCSReader(connection.options, _secrets(connection, kept, typed))


def _secrets(connection: Connection, kept: Callable[[str], str | None], typed: Mapping[str, str] | None) -> dict[str, str]:
    secrets: dict[str, str] = {}
    for field in SECRET_FIELDS[connection.kind]:
        value = (typed or {}).get(field)
        if value is None and connection.id is not None:
            value = kept(secret_name(connection.id, field))
        if value is not None:
            secrets[field] = value
    return secrets
