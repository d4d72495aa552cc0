"""Rows of text in, columns of calls out.

Whole columns are converted at once; only where that fails, each value of the column is looked at by itself, so that one bad
value costs one record. Pure; no I/O. Must not import Qt, the store or the network.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import numpy as np

from noc_alerts.metrics.columns import MICRO, NO_TIME, Calls, Ints, find_bad, make_calls
from noc_alerts.model.companies import Dimension
from noc_alerts.switches.call_files_map import ColumnMap, Field, SpanUnit, TimeFormat, TimeStyle

Column = Sequence[str]
#: Row -> reason.
Bad = dict[int, str]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAN = float("nan")
_ISO_SECONDS = 19  # the length of 2026-11-21T19:58:34
_ISO_MICROS = 26
_SIP_OK = 200
#: Up to here a product of two doubles is off by less than _NEAR_TIE.
_SURE = 4e13
_NEAR_TIE = 0.01
#: Offsets of all zones change on quarters of an hour.
_QUARTER_US = 900_000_000
_MS_OF = {SpanUnit.SECONDS: 1000, SpanUnit.MILLISECONDS: 1, SpanUnit.MINUTES: 60_000}


def decode(table: Sequence[Column], at: Mapping[str, int], columns: ColumnMap, now_ms: int) -> tuple[Calls, Bad]:
    """Make calls of equally long columns; `at` is where each stands. Bad rows are left out and named with their reason."""
    bad: Bad = {}
    values: dict[Field, Ints] = {}
    for what, name in columns.fields.items():
        convert = _converter(what, columns)
        if convert is None or name not in at:
            continue
        values[what], wrong = convert(table[at[name]])
        for row, reason in wrong.items():
            bad.setdefault(row, f"{name}: {reason}")
    calls = _assemble(table, at, columns, values)
    for row, reason in find_bad(calls, now_ms).items():
        bad.setdefault(row, reason)
    if bad:
        keep = np.ones(len(calls), dtype=np.bool_)
        keep[list(bad)] = False
        calls = calls.take(keep)
    return calls, bad


def _converter(what: Field, columns: ColumnMap) -> Callable[[Column], tuple[Ints, Bad]] | None:
    """Give the function for a field's column; None for texts."""
    if what in (Field.SETUP, Field.RING, Field.ANSWER, Field.END):
        return lambda column: times_ms(column, columns.time)
    if what is Field.PDD:
        return lambda column: spans_ms(column, columns.pdd, columns.decimal_comma, NO_TIME)
    if what in (Field.DURATION, Field.BILLED):
        return lambda column: spans_ms(column, columns.duration, columns.decimal_comma, 0)
    if what in (Field.COST, Field.INCOME):
        return lambda column: scaled(column, MICRO, columns.decimal_comma, 0)
    if what in (Field.SIP_CODE, Field.Q850):
        return lambda column: scaled(column, 1, False, 0)
    return None


def _assemble(table: Sequence[Column], at: Mapping[str, int], columns: ColumnMap, values: dict[Field, Ints]) -> Calls:
    n = len(table[0])

    def text(what: Field) -> list[str]:
        name = columns.fields.get(what, "")
        return list(table[at[name]]) if name in at else []

    setup, duration = values[Field.SETUP], values.get(Field.DURATION)
    code = values.get(Field.SIP_CODE)
    answer, end = _answer_and_end(values)
    answered = answer != NO_TIME
    texts = {dim: list(table[at[name]]) for dim, name in columns.dimensions.items() if name in at}
    for dim, constant in columns.constants.items():
        texts.setdefault(dim, [constant] * n)
    gateways = texts.get(Dimension.GATEWAY)
    if gateways is not None and not columns.no_gateway.isdisjoint(gateways):
        texts[Dimension.GATEWAY] = ["" if name in columns.no_gateway else name for name in gateways]
    return make_calls(
        ids=_record_ids(table, at, columns.ids),
        setup_ms=setup,
        end_ms=end,
        answer_ms=answer,
        sip_code=np.where(answered, _SIP_OK, 0) if code is None else code,
        text=texts,
        call_ids=text(Field.CALL_ID) or None,
        ring_ms=values.get(Field.RING),
        pdd_ms=values.get(Field.PDD),
        # a negative duration stays, so that it is found
        talk_ms=None if duration is None else np.where(answered | (duration < 0), duration, 0),
        billed_ms=values.get(Field.BILLED),
        cost_u=values.get(Field.COST),
        income_u=values.get(Field.INCOME),
        q850=values.get(Field.Q850),
        sip_reason=text(Field.SIP_REASON),
        hangup=text(Field.HANGUP),
    )


def _answer_and_end(values: Mapping[Field, Ints]) -> tuple[Ints, Ints]:
    """Work out answer and end where a layout gives only one of them and the duration."""
    setup = values[Field.SETUP]
    answer, end, duration = values.get(Field.ANSWER), values.get(Field.END), values.get(Field.DURATION)
    if answer is not None and end is not None:
        return answer, end
    if duration is None:  # ColumnMap refuses such a map; a file may still lack the column
        none = np.full(len(setup), NO_TIME, dtype=np.int64)
        return (none if answer is None else answer), (none if end is None else end)
    if answer is not None:
        return answer, np.where(answer != NO_TIME, answer, setup) + duration
    code = values.get(Field.SIP_CODE)
    answered = duration > 0 if code is None else code == _SIP_OK
    last = setup + duration if end is None else end
    return np.where(answered & (last != NO_TIME), last - duration, NO_TIME), last


def _record_ids(table: Sequence[Column], at: Mapping[str, int], ids: Sequence[str]) -> list[str]:
    """Name each record by its id columns, by the whole row where one is not there or empty.

    Rows that are equal in everything and follow each other are different attempts: they are numbered.
    """
    if ids and all(name in at for name in ids):
        parts = [table[at[name]] for name in ids]
        if not any("" in part for part in parts):
            return list(map(":".join, zip(*parts, strict=True)))
        keys, rows = zip(*parts, strict=True), zip(*table, strict=True)
        return [":".join(key) if all(key) else _row_id(row) for key, row in zip(keys, rows, strict=True)]
    names: list[str] = []
    last, count = "", 0
    for row in zip(*table, strict=True):
        name = _row_id(row)
        count = count + 1 if name == last else 0
        last = name
        names.append(f"{name}+{count}" if count else name)
    return names


def _row_id(row: Sequence[str]) -> str:
    return hashlib.blake2b("\x1f".join(row).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def scaled(column: Column, scale: int, decimal_comma: bool, empty: int) -> tuple[Ints, Bad]:
    """Multiply decimal texts by `scale` and round half to even, exactly; `empty` stands for empty texts."""
    if decimal_comma:
        column = [text.replace(",", ".") for text in column]
    try:
        numbers = np.array([float(text) if text else _NAN for text in column], dtype=np.float64) * scale
    except ValueError:
        return _one_by_one(column, lambda text: _exact(text, scale), empty)
    blank = np.isnan(numbers)
    numbers[blank] = empty
    # float() takes "nan", "inf" and "1_0"; beyond _SURE a double is not exact
    if int(blank.sum()) != column.count("") or float(np.abs(numbers).max(initial=0)) > _SURE or "_" in "".join(column):
        return _one_by_one(column, lambda text: _exact(text, scale), empty)
    rounded = np.rint(numbers)
    whole = rounded.astype(np.int64)
    for row in np.flatnonzero(np.abs(np.abs(numbers - rounded) - 0.5) < _NEAR_TIE).tolist():
        whole[row] = _exact(column[row], scale)
    return whole, {}


_FARTHEST = 1 << 62


def _exact(text: str, scale: int) -> int:
    try:
        if "_" in text:
            raise InvalidOperation
        number = Decimal(text) * scale
        if not number.is_finite() or abs(number) > _FARTHEST:
            raise InvalidOperation
        return int(number.to_integral_value(ROUND_HALF_EVEN))
    except ArithmeticError as error:
        raise ValueError(f'"{_short(text)}" is not a number') from error


def spans_ms(column: Column, unit: SpanUnit, decimal_comma: bool, empty: int) -> tuple[Ints, Bad]:
    """Convert spans of time to milliseconds."""
    if unit is SpanUnit.CLOCK:
        return _one_by_one(column, _clock_ms, empty)
    return scaled(column, _MS_OF[unit], decimal_comma, empty)


def _clock_ms(text: str) -> int:
    parts = text.split(":")
    if not 1 <= len(parts) <= 3 or not all(parts):
        raise ValueError(f'"{_short(text)}" is not a duration')
    total = 0
    for part in parts[:-1]:
        total = (total + _exact(part, 1)) * 60
    return total * 1000 + _exact(parts[-1].replace(",", "."), 1000)


def times_ms(column: Column, form: TimeFormat) -> tuple[Ints, Bad]:
    """Convert moments to milliseconds UTC, rounded half to even; `NO_TIME` for empty texts."""
    if form.style is TimeStyle.UNIX_S:
        return scaled(column, 1000, False, NO_TIME)
    if form.style is TimeStyle.UNIX_MS:
        return scaled(column, 1, False, NO_TIME)
    zone = ZoneInfo(form.zone)
    if form.style is TimeStyle.ISO:
        plain = _plain_iso(column, zone)
        if plain is not None:
            try:
                return _iso_ms(plain, zone), {}
            except ValueError:  # a 31st of June: found and named one by one
                pass
        return _one_by_one(column, lambda text: _moment_ms(datetime.fromisoformat, text, zone), NO_TIME)
    known: dict[str, int] = {}

    def by_pattern(text: str) -> int:
        if text not in known:
            known[text] = _moment_ms(lambda t: datetime.strptime(t, form.pattern), text, zone)  # noqa: DTZ007 - zone is set there
        return known[text]

    return _one_by_one(column, by_pattern, NO_TIME)


def _plain_iso(column: Column, zone: ZoneInfo) -> list[str] | None:
    """Give the texts without a last Z if NumPy may read them: it would take "2026" for a moment, and warns at an offset."""
    text = "\n".join(column) + "\n"
    if zone.key != "UTC" and "Z\n" in text:
        return None
    text = text.replace("Z\n", "\n")
    plain = text[:-1].split("\n")
    lengths = set(map(len, plain)) - {0}
    if len(plain) != len(column) or (lengths and (min(lengths) < _ISO_SECONDS or max(lengths) > _ISO_MICROS)):
        return None
    if "+" in text or text.count("-") != 2 * (len(plain) - plain.count("")):
        return None
    return plain


def _iso_ms(column: Column, zone: ZoneInfo) -> Ints:
    moments = np.array(column, dtype="datetime64[us]")
    none = np.isnat(moments)
    micros = moments.astype(np.int64)
    micros[none] = 0
    if zone.key != "UTC":
        quarters, index = np.unique(micros // _QUARTER_US, return_inverse=True)
        micros -= np.array([_offset_us(int(q), zone) for q in quarters], dtype=np.int64)[index]
    millis = half_even(micros, 1000)
    millis[none] = NO_TIME
    return millis


def _offset_us(quarter: int, zone: ZoneInfo) -> int:
    local = EPOCH.replace(tzinfo=zone) + timedelta(microseconds=quarter * _QUARTER_US)
    offset = local.utcoffset()
    return 0 if offset is None else offset // timedelta(microseconds=1)


def half_even(values: Ints, by: int) -> Ints:
    """Divide whole numbers by an even number, rounded half to even."""
    whole, rest = np.divmod(values, by)
    up = (rest * 2 > by) | ((rest * 2 == by) & (whole % 2 == 1))
    return np.asarray(whole + up, dtype=np.int64)


def _moment_ms(parse: Callable[[str], datetime], text: str, zone: ZoneInfo) -> int:
    try:
        if len(text) < len("2026-01-01") - 2:
            raise ValueError
        moment = parse(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        micros = (moment.astimezone(UTC) - EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError) as error:
        raise ValueError(f'"{_short(text)}" is not a time') from error
    return int(half_even(np.array([micros], dtype=np.int64), 1000)[0])


def _one_by_one(column: Column, convert: Callable[[str], int], empty: int) -> tuple[Ints, Bad]:
    values = np.full(len(column), empty, dtype=np.int64)
    bad: Bad = {}
    for row, text in enumerate(column):
        if text:
            try:
                values[row] = convert(text)
            except ValueError as error:
                bad[row] = str(error)
    return values, bad


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
