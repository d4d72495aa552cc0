"""Companies, subjects and readings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Dimension(StrEnum):
    """What call records can be grouped and filtered by."""

    CLIENT = "client"
    ACCOUNT = "account"
    GATEWAY = "gateway"
    CODE = "code"
    CODE_NAME = "code_name"
    ORIGIN = "origin"
    SERVICE = "service"
    SRC = "src"
    DST = "dst"
    CURRENCY = "currency"


class CompanyKind(StrEnum):
    """A company pays us (customer) or is paid by us (carrier)."""

    CUSTOMER = "customer"
    CARRIER = "carrier"

    @property
    def dimension(self) -> Dimension:
        """Give the dimension of call records that names such a company."""
        return Dimension.CLIENT if self is CompanyKind.CUSTOMER else Dimension.GATEWAY


class CompanyStatus(StrEnum):
    """A company's state as the switch has it."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    PENALTY = "penalty"
    PENDING = "pending approval"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Company:
    """A customer or carrier as one switch lists it. `key` is the switch's own id, `name` is what records carry.

    `tags`: the switch's own tags on it, in its order.
    """

    connection_id: int
    kind: CompanyKind
    key: str
    name: str
    status: CompanyStatus = CompanyStatus.UNKNOWN
    currency: str = ""
    tags: tuple[str, ...] = ()


class ReadingKind(StrEnum):
    """What a switch gives as it is."""

    BALANCE = "balance"
    CHANNELS = "channels"


@dataclass(frozen=True, slots=True)
class Reading:
    """One value a switch gave for one company (or for itself: `kind` None, `name` empty) at `at`."""

    connection_id: int
    what: ReadingKind
    kind: CompanyKind | None
    name: str
    value: float
    at: datetime
    currency: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What one evaluation is about: customer acme; carrier bravo + code 44; a switch itself when `parts` is empty.

    `parts`: (dimension, value) in the order of the grouping.
    """

    parts: tuple[tuple[Dimension, str], ...]

    @classmethod
    def of(cls, pairs: Iterable[tuple[Dimension, str]]) -> "Subject":
        """Make a subject from (dimension, value) pairs."""
        return cls(tuple(pairs))

    @classmethod
    def company(cls, kind: CompanyKind, name: str) -> "Subject":
        """Make the subject of one company."""
        return cls(((kind.dimension, name),))

    @property
    def key(self) -> str:
        """Give the text under which the store keeps it: `gateway=bravo;code=44`, quoted where a value needs it."""
        return ";".join(f"{dim.value}={_quote(value)}" for dim, value in self.parts)

    @classmethod
    def from_key(cls, key: str) -> "Subject":
        """Read back what `key` wrote. Raises ValueError on a text that is none."""
        if not key:
            return cls(())
        parts = []
        for part in key.split(";"):
            dim, sep, value = part.partition("=")
            if not sep:
                raise ValueError(f"not a subject: {key!r}")
            parts.append((Dimension(dim), _unquote(value)))
        return cls(tuple(parts))

    @property
    def company_kind(self) -> CompanyKind | None:
        """Give the kind of company when the subject is exactly one company, else None."""
        if len(self.parts) != 1:
            return None
        return {Dimension.CLIENT: CompanyKind.CUSTOMER, Dimension.GATEWAY: CompanyKind.CARRIER}.get(self.parts[0][0])

    @property
    def label(self) -> str:
        """Name it as people do: `customer acme`, `carrier bravo, code 44`."""
        words = {Dimension.CLIENT: "customer", Dimension.GATEWAY: "carrier", Dimension.CODE_NAME: "destination"}
        return ", ".join(f"{words.get(dim, dim.value)} {value}" for dim, value in self.parts)


def _quote(value: str) -> str:
    return value.replace("%", "%25").replace(";", "%3B").replace("=", "%3D")


def _unquote(value: str) -> str:
    return value.replace("%3D", "=").replace("%3B", ";").replace("%25", "%")
