"""Customers and carriers of a ConnexCS account: their rows in, companies out.

Pure; no I/O. Must not import Qt, the store or the network. A field that cannot be read costs that field, never the company: a
company that is missing in the list would count as gone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from noc_alerts.model.companies import Company, CompanyKind, CompanyStatus
from noc_alerts.switches.connexcs_decode import Text, array, text
from noc_alerts.switches.numbers import currency_code, number

#: Whether the account cuts a long list is not documented. One whose length is a multiple of this may be cut.
ROUND_LENGTH: Final = 50
_LONGEST_TAG = 100
_STATUSES = {
    "active": CompanyStatus.ACTIVE,
    "inactive": CompanyStatus.INACTIVE,
    "penalty": CompanyStatus.PENALTY,
    "pending approval": CompanyStatus.PENDING,
}


class CompanyRow(msgspec.Struct):
    """One customer or carrier as it arrives; what is `Any` is looked at one by one."""

    id: Text = None
    provider_id: Text = None
    name: Text = None
    credit: Any = None
    debit_limit: Any = None
    currency: Any = None
    status: Any = None
    tags: Any = None

    @property
    def key(self) -> str:
        """Give the switch's own id, "" when there is none."""
        return text(self.id) or text(self.provider_id)


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of one list. `whole`: nobody can be missing in it. `unreadable`: entries that are no company."""

    rows: Sequence[CompanyRow] = ()
    whole: bool = False
    unreadable: int = 0


def listed(raw: bytes, address: str) -> Listed:
    """Decode a list of customers or carriers. Raises SwitchBadAnswer.

    It is not whole when an entry cannot be read or has no id, when it is empty, or when its length is so round that it may be
    cut.
    """
    found, bad = array(raw, CompanyRow, address)
    rows = [row for row in found if row.key]
    unreadable = len(bad) + len(found) - len(rows)
    return Listed(rows, bool(rows) and not unreadable and len(rows) % ROUND_LENGTH != 0, unreadable)


def name_them(rows: Sequence[CompanyRow]) -> dict[str, str]:
    """Give id -> name; a name that is there twice gets its number, one that is missing is its number."""
    names = [text(row.name).strip() for row in rows]
    return {
        row.key: name if name and names.count(name) == 1 else f"{name} ({row.key})" if name else row.key
        for row, name in zip(rows, names, strict=True)
        if row.key
    }


def companies(rows: Sequence[CompanyRow], kind: CompanyKind, names: Mapping[str, str], connection_id: int) -> list[Company]:
    """Make companies of rows; those without an id are left out."""
    return [
        Company(
            connection_id,
            kind,
            row.key,
            names[row.key],
            status_of(row.status),
            currency_code(row.currency),
            tags_of(row.tags) or (),
        )
        for row in rows
        if row.key in names
    ]


def status_of(status: object) -> CompanyStatus:
    """Read a status as the account spells it; the literals are not documented, so others are unknown, not refused."""
    return _STATUSES.get(status.strip().lower(), CompanyStatus.UNKNOWN) if isinstance(status, str) else CompanyStatus.UNKNOWN


def tags_of(value: object) -> tuple[str, ...] | None:
    """Give the tags in their order, each once; None when they cannot be read, as when one of them is no text."""
    if value is None or value == "":
        return ()
    if not isinstance(value, list):
        return None
    tags: dict[str, None] = {}
    for each in value:
        tag = str(each).strip() if isinstance(each, str | int) and not isinstance(each, bool) else None
        if tag is None or len(tag) > _LONGEST_TAG or not tag.isprintable():
            return None
        if tag:
            tags[tag] = None
    return tuple(tags)


def balance(row: CompanyRow) -> float | None:
    """Give what a customer can still spend: credit + debit limit; None when one of them cannot be read."""
    credit, limit = number(row.credit), number(row.debit_limit)
    if credit is None or (limit is None and row.debit_limit not in (None, "")):
        return None
    return credit + (limit or 0.0)
