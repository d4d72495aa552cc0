"""What the form of a switch asks for, kind by kind: the options of its adapter, its secrets, its clocks.

Pure values. The option names are those of the adapters in `noc_alerts.switches`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from noc_alerts.model.connections import Clock, SwitchKind

KIND_WORDS: Mapping[SwitchKind, str] = {
    SwitchKind.KAMAILIO: "Kamailio",
    SwitchKind.CONNEXCS: "ConnexCS",
    SwitchKind.CALL_FILES: "Call files",
}
CLOCK_WORDS: Mapping[Clock, str] = {
    Clock.OUTCOME: "At the answer, else at the end",
    Clock.END: "At the end",
    Clock.SETUP: "At the setup",
}
CLOCK_SHORT: Mapping[Clock, str] = {Clock.OUTCOME: "outcome", Clock.END: "end", Clock.SETUP: "setup"}


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of the form. `key`: the adapter's option, or its secret. `choices`: (value, words) for a list.

    `only`: (key of another field, its values) with which alone the field applies; else it disappears. `folder`: a button
    that chooses a file or folder stands beside it. `narrow`: two of them stand side by side.
    """

    key: str
    label: str
    hint: str = ""
    placeholder: str = ""
    required: str = ""
    secret: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    only: tuple[str, tuple[str, ...]] | None = None
    folder: bool = False
    default: str = ""
    narrow: bool = False


@dataclass(frozen=True, slots=True)
class KindSpec:
    """What is particular to one kind of switch. `clocks`: what it offers, the default first, each with its reason."""

    sections: tuple[tuple[str, tuple[FieldSpec, ...]], ...]
    clocks: tuple[tuple[Clock, str], ...]
    poll: timedelta

    @property
    def fields(self) -> tuple[FieldSpec, ...]:
        """Give the fields of all sections, in order."""
        return tuple(field for _, fields in self.sections for field in fields)


_SETUP_REASON = (
    "Only for figures that must match the switch's own reports: a window by setup time reads too low until its calls ended."
)

_KAMAILIO = KindSpec(
    sections=(
        (
            "Calls in progress",
            (
                FieldSpec(
                    "api_url",
                    "Management interface",
                    "Address of its JSON-RPC over HTTP (module jsonrpcs).",
                    "http://switch:8060/rpc",
                    "Give the address of the management interface, as http://switch:8060/rpc.",
                ),
                FieldSpec(
                    "api_key", "API key", "Sent as X-API-Key. Leave it empty where the interface asks for none.", secret=True
                ),
            ),
        ),
        (
            "Call records",
            (
                FieldSpec(
                    "database_url",
                    "Database",
                    "PostgreSQL with the records of the modules acc or dialog. It is only read.",
                    "postgresql://user@switch:5432/kamailio",
                    "Give the address of the database, as postgresql://user@switch:5432/kamailio.",
                ),
                FieldSpec("database_password", "Database password", secret=True),
                FieldSpec("records", "Records", "Table or view. Empty means cdrs.", "cdrs", narrow=True),
                FieldSpec(
                    "customers_table",
                    "Customers",
                    "Names and balances. Empty means customers, - means none.",
                    "customers",
                    narrow=True,
                ),
                FieldSpec("zone", "Zone of its times", "Where they name none. Empty means UTC.", "UTC", narrow=True),
                FieldSpec("history_days", "Days read at the first time", "Empty means 7.", "7", narrow=True),
            ),
        ),
    ),
    clocks=(
        (
            Clock.OUTCOME,
            "Kamailio tells its calls in progress, so an answered call counts at its answer and a collapse shows at once.",
        ),
        (Clock.END, "Every call counts when it ends; a collapse shows late, because answered calls end later than failed ones."),
        (Clock.SETUP, _SETUP_REASON),
    ),
    poll=timedelta(seconds=10),
)

_CONNEXCS = KindSpec(
    sections=(
        (
            "The account",
            (
                FieldSpec(
                    "base_url",
                    "Address of the API",
                    "Empty means the vendor's own. Give another one for an account on another host.",
                    "https://app.connexcs.com/api/cp/",
                ),
                FieldSpec(
                    "auth",
                    "Signs in by",
                    choices=(
                        ("token", "Token made in the account"),
                        ("jwt", "E-mail and password, once"),
                        ("basic", "E-mail and password, each time"),
                    ),
                    default="token",
                ),
                FieldSpec(
                    "token",
                    "Token",
                    "Called Bearer token in ConnexCS. The scope API (Read) is enough.",
                    secret=True,
                    only=("auth", ("token",)),
                ),
                FieldSpec(
                    "user",
                    "E-mail",
                    "The one with which you sign in.",
                    "noc@carrier.example",
                    "Give the e-mail address with which you sign in.",
                    only=("auth", ("jwt", "basic")),
                ),
                FieldSpec("password", "Password", secret=True, only=("auth", ("jwt", "basic"))),
            ),
        ),
        (
            "Call records",
            (
                FieldSpec(
                    "cost",
                    "Cost is",
                    "Whose charge counts as cost.",
                    choices=(("provider", "What the carrier asks"), ("customer", "What the customer pays")),
                    default="provider",
                ),
                FieldSpec("history_days", "Days read at the first time", "Empty means 1.", "1", narrow=True),
                FieldSpec("late_s", "A record appears within", "Seconds after its call. Empty means 60.", "60", narrow=True),
                FieldSpec("longest_call_hours", "Longest call", "Hours. Empty means 24.", "24", narrow=True),
                FieldSpec("timeout_s", "Waits for an answer", "Seconds. Empty means 20.", "20", narrow=True),
            ),
        ),
        (
            "Channels",
            (
                FieldSpec(
                    "live_path",
                    "Script that tells them",
                    "ConnexCS does not tell channels in use; a ScriptForge script of your own can. Empty means there is none.",
                    "scriptforge/APP/ID",
                ),
            ),
        ),
    ),
    clocks=(
        (Clock.END, "ConnexCS does not tell its calls in progress, so a call counts when it ends."),
        (Clock.OUTCOME, "Only where your own script tells the calls in progress: then an answered call counts at its answer."),
        (Clock.SETUP, _SETUP_REASON),
    ),
    poll=timedelta(seconds=60),
)

_CALL_FILES = KindSpec(
    sections=(
        (
            "Files",
            (
                FieldSpec(
                    "path",
                    "File, folder or pattern",
                    "A folder is read again and again: new files and new lines at the end of a file are taken.",
                    "calls/*.csv",
                    "Choose the file or folder with the call records.",
                    folder=True,
                ),
                FieldSpec(
                    "map",
                    "Column map",
                    "A TOML file that says which column is what. Empty means the columns of this program's own samples.",
                    "columns.toml",
                    folder=True,
                ),
            ),
        ),
    ),
    clocks=(
        (Clock.END, "Files hold ended calls only, so a call counts when it ends."),
        (Clock.SETUP, _SETUP_REASON),
    ),
    poll=timedelta(seconds=30),
)

KINDS: Mapping[SwitchKind, KindSpec] = {
    SwitchKind.KAMAILIO: _KAMAILIO,
    SwitchKind.CONNEXCS: _CONNEXCS,
    SwitchKind.CALL_FILES: _CALL_FILES,
}
