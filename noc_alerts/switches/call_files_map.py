"""Which column of a call file is what, and how its times, durations and money are written.

Pure values and one reader of small TOML files. Must not import Qt, the store or the network.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from noc_alerts.model.companies import Dimension
from noc_alerts.model.errors import BadInput


class Field(StrEnum):
    """What a column of a call file can be, beside the dimensions."""

    SETUP = "setup"
    RING = "ring"
    ANSWER = "answer"
    END = "end"
    PDD = "pdd"
    DURATION = "duration"
    BILLED = "billed"
    SIP_CODE = "sip_code"
    Q850 = "q850"
    SIP_REASON = "sip_reason"
    HANGUP = "hangup"
    COST = "cost"
    INCOME = "income"
    CALL_ID = "call_id"


class SpanUnit(StrEnum):
    """How a span of time is written."""

    SECONDS = "s"
    MILLISECONDS = "ms"
    MINUTES = "min"
    CLOCK = "h:m:s"


class TimeStyle(StrEnum):
    """How a moment is written. PATTERN: by strptime's letters, in `TimeFormat.pattern`."""

    ISO = "iso"
    UNIX_S = "unix_s"
    UNIX_MS = "unix_ms"
    PATTERN = "pattern"


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """How moments are written. `zone` is that of texts which name none themselves."""

    style: TimeStyle = TimeStyle.ISO
    pattern: str = ""
    zone: str = "UTC"


def _frozen(values: Mapping[Field, str]) -> Mapping[Field, str]:
    return MappingProxyType(dict(values))


#: The columns of the program's own sample files.
OWN_FIELDS = _frozen(
    {
        Field.SETUP: "setup_time",
        Field.RING: "ring_time",
        Field.ANSWER: "answer_time",
        Field.END: "end_time",
        Field.PDD: "pdd_ms",
        Field.DURATION: "duration_s",
        Field.SIP_CODE: "sip_code",
        Field.SIP_REASON: "sip_reason",
        Field.HANGUP: "hangup",
        Field.COST: "cost_usd",
    }
)
OWN_DIMENSIONS: Mapping[Dimension, str] = MappingProxyType(
    {
        Dimension.CLIENT: "customer",
        Dimension.GATEWAY: "carrier",
        Dimension.CODE: "callee_code",
        Dimension.SRC: "caller",
        Dimension.DST: "callee",
    }
)
OWN_CONSTANTS: Mapping[Dimension, str] = MappingProxyType({Dimension.SERVICE: "calls", Dimension.CURRENCY: "USD"})
OWN_IDS = ("call_id_hash", "switch_row_id")
OWN_REQUIRED = frozenset({"setup_time", "answer_time", "end_time", "sip_code", "customer", "carrier"})


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Say which column is what.

    `constants`: dimensions that are the same in every row. `ids`: columns that together name a record; where one is not
    there or empty, the whole row is the name. `required`: columns without which a file is refused. `no_gateway`: texts in the
    gateway's column that mean the switch refused the call itself. `encoding` "" = find out.
    Raises BadInput when the columns are not enough to know when a call was answered and ended.
    """

    fields: Mapping[Field, str] = field(default_factory=lambda: OWN_FIELDS)
    dimensions: Mapping[Dimension, str] = field(default_factory=lambda: OWN_DIMENSIONS)
    constants: Mapping[Dimension, str] = field(default_factory=lambda: OWN_CONSTANTS)
    ids: tuple[str, ...] = OWN_IDS
    required: frozenset[str] = OWN_REQUIRED
    time: TimeFormat = TimeFormat()
    duration: SpanUnit = SpanUnit.SECONDS
    pdd: SpanUnit = SpanUnit.MILLISECONDS
    delimiter: str = ","
    decimal_comma: bool = False
    encoding: str = ""
    no_gateway: frozenset[str] = frozenset({"-"})

    def __post_init__(self) -> None:
        """Raise BadInput when a field is missing or wrong."""
        has = set(self.fields)
        problems: dict[str, str] = {}
        if Field.SETUP not in has:
            problems["columns.setup"] = "It does not say which column is the setup time (setup)."
        if not has & {Field.END, Field.DURATION}:
            problems["columns.end"] = "It names neither the end of a call (end) nor its duration."
        if not has & {Field.ANSWER, Field.DURATION}:
            problems["columns.answer"] = "It names neither the answer of a call (answer) nor its duration."
        if len(self.delimiter) != 1:
            problems["delimiter"] = 'The delimiter is one character, as ";" or a tab ("\\t").'
        if self.delimiter == "," and self.decimal_comma:
            problems["decimal_comma"] = "A comma cannot part the columns and the decimals both."
        try:
            ZoneInfo(self.time.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            problems["time.zone"] = f'There is no time zone "{self.time.zone}"; write it as "Europe/Berlin" or "UTC".'
        if problems:
            raise BadInput("The column map cannot be used: " + " ".join(problems.values()), problems)


_KEYS = ("columns", "constants", "ids", "time", "units", "delimiter", "decimal_comma", "encoding", "no_gateway")
_E = TypeVar("_E", bound=StrEnum)


def load_map(path: Path) -> ColumnMap:
    """Read a column map from a TOML file.

    Tables: columns (a field or dimension = the column's name), constants (a dimension = its text), time (format: iso, unix_s,
    unix_ms or a strptime pattern; zone), units (duration, pdd: s, ms, min, h:m:s); keys: ids, delimiter, decimal_comma,
    encoding, no_gateway. Raises BadInput with a sentence for whatever is wrong.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadInput(f"The column map {path.name} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"The column map {path.name} is not TOML: {error}.") from error
    return _map_from(data, path.name)


def _map_from(data: dict[str, object], name: str) -> ColumnMap:
    unknown = sorted(set(data) - set(_KEYS))
    if unknown:
        raise BadInput(f"The column map {name} has {_listed(unknown)}, which means nothing there; known are {_listed(_KEYS)}.")
    fields: dict[Field, str] = {}
    dimensions: dict[Dimension, str] = {}
    for key, column in _texts(data, "columns", name).items():
        if key in set(Field):
            fields[Field(key)] = column
        else:
            dimensions[_one_of(Dimension, key, f"columns.{key}", name, also=tuple(Field))] = column
    constants = {_one_of(Dimension, k, f"constants.{k}", name): v for k, v in _texts(data, "constants", name).items()}
    units = _texts(data, "units", name)
    ids = _list(data, "ids", name)
    return ColumnMap(
        fields=MappingProxyType(fields),
        dimensions=MappingProxyType(dimensions),
        constants=MappingProxyType({Dimension.SERVICE: "calls"} | constants),
        ids=ids,
        required=frozenset([*fields.values(), *dimensions.values(), *ids]),
        time=_time_format(_texts(data, "time", name)),
        duration=_one_of(SpanUnit, units.get("duration", "s"), "units.duration", name),
        pdd=_one_of(SpanUnit, units.get("pdd", "ms"), "units.pdd", name),
        delimiter=_typed(data, "delimiter", str, ",", name),
        decimal_comma=_typed(data, "decimal_comma", bool, False, name),
        encoding=_encoding(_typed(data, "encoding", str, "", name), name),
        no_gateway=frozenset(_list(data, "no_gateway", name) if "no_gateway" in data else ("-",)),
    )


def _time_format(table: dict[str, str]) -> TimeFormat:
    written = table.get("format", "iso")
    zone = table.get("zone", "UTC")
    if written in (TimeStyle.ISO, TimeStyle.UNIX_S, TimeStyle.UNIX_MS):
        return TimeFormat(TimeStyle(written), zone=zone)
    if "%" not in written:
        raise BadInput(f'The time format "{written}" is not known: use iso, unix_s, unix_ms or a pattern, "%d.%m.%Y %H:%M:%S".')
    return TimeFormat(TimeStyle.PATTERN, written, zone)


def _encoding(encoding: str, name: str) -> str:
    try:
        "".encode(encoding or "utf-8")
    except LookupError as error:
        raise BadInput(f'The column map {name} asks for the encoding "{encoding}", which is not known.') from error
    return encoding


def _one_of(kind: type[_E], text: str, key: str, name: str, also: tuple[str, ...] = ()) -> _E:
    try:
        return kind(text)
    except ValueError as error:
        raise BadInput(f'The column map {name} has "{text}" at {key}; known are {_listed((*also, *kind))}.') from error


def _texts(data: dict[str, object], key: str, name: str) -> dict[str, str]:
    table = data.get(key, {})
    if not isinstance(table, dict) or not all(isinstance(v, str) and v for v in table.values()):
        raise BadInput(f"In the column map {name}, {key} must be a table of texts.")
    return cast(dict[str, str], table)


def _list(data: dict[str, object], key: str, name: str) -> tuple[str, ...]:
    values = data.get(key, [])
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise BadInput(f"In the column map {name}, {key} must be a list of texts.")
    return tuple(values)


_T = TypeVar("_T", str, bool)


def _typed(data: dict[str, object], key: str, kind: type[_T], default: _T, name: str) -> _T:
    value = data.get(key, default)
    if not isinstance(value, kind):
        raise BadInput(f"In the column map {name}, {key} must be {'a text' if kind is str else 'true or false'}.")
    return value


def _listed(words: tuple[str, ...] | list[str]) -> str:
    return ", ".join(words)
