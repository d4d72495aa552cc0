"""The factors language: `asr_cur < 30; records_total > 100` (reference/factors.md, "Expression")."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from noc_alerts.metrics.columns import Bools
from noc_alerts.metrics.factors import FACTORS, Factor, Floats
from noc_alerts.model.alerts import Operator
from noc_alerts.model.errors import BadExpression
from noc_alerts.rules.conditions import compare


class Period(StrEnum):
    """Which of two periods side by side a name means; a plain name is the current one."""

    CURRENT = "_1"
    EARLIER = "_2"
    DIFF = "_diff"


#: The vendor's own examples use the swapped order; the list's name is written.
ALIASES = {
    "total_volume": "volume_total",
    "billed_volume": "volume_billed",
    "volume_package": "package_volume",
    "total_records": "records_total",
    "notzero_records": "records_notzero",
    "success_records": "records_success",
    "busy_records": "records_busy",
    "nochannel_records": "records_nochannel",
    "error_records": "records_error",
    "total_cost": "cost_total",
    "avg_rate": "rate_avg",
    "std_asr": "asr_std",
    "cur_asr": "asr_cur",
    "std_acd": "acd_std",
    "cur_acd": "acd_cur",
}

_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_OPERATOR = re.compile(r"<=|>=|!=|<|>|=")
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_SPACE = re.compile(r"\s*")
MAX_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Condition:
    """`factor OP number`; `written`: the suffix was typed (`asr_1`), else the plain name."""

    factor: Factor
    period: Period
    operator: Operator
    number: float
    suffixed: bool = False

    @property
    def name(self) -> str:
        """Give the name as it is written: the list's name and the suffix if one was typed."""
        return self.factor.name + (self.period.value if self.suffixed else "")

    @property
    def text(self) -> str:
        """Write the condition."""
        return f"{self.name} {self.operator.value} {self.number:g}"


@dataclass(frozen=True, slots=True)
class Expression:
    """Conditions that must all hold."""

    conditions: tuple[Condition, ...]

    @property
    def text(self) -> str:
        """Write the expression in its usual form."""
        return "; ".join(c.text for c in self.conditions)

    @property
    def side_by_side(self) -> bool:
        """Tell whether it needs a second, earlier period."""
        return any(c.period is not Period.CURRENT for c in self.conditions)

    def holds(self, values: Callable[[Factor, Period], Floats]) -> Bools:
        """Tell for which rows all conditions hold. `values(factor, period)`: [rows], NaN = no value. [rows]"""
        masks = [compare(values(c.factor, c.period), c.operator, c.number) for c in self.conditions]
        result: Bools = np.logical_and.reduce(masks)
        return result


def diff(current: Floats, earlier: Floats) -> Floats:
    """Give (X_1 - X_2) / abs(X_2) * 100 in percent; NaN where X_2 is 0 or has no value. [rows]"""
    under = np.abs(earlier)
    out = np.full(current.shape, np.nan)
    result: Floats = np.divide((current - earlier) * 100.0, under, out=out, where=(under != 0) & ~np.isnan(under))
    return result


def parse(text: str) -> Expression:
    """Read an expression. Raises BadExpression with the column (1-based) of the first thing that is wrong."""
    if len(text) > MAX_LENGTH:
        raise BadExpression(f"The expression is longer than {MAX_LENGTH} characters", MAX_LENGTH + 1)
    conditions: list[Condition] = []
    at = _skip(text, 0)
    while at < len(text):
        condition, at = _condition(text, at)
        conditions.append(condition)
        at = _skip(text, at)
        if at < len(text):
            if text[at] != ";":
                raise BadExpression(f'Expected ";" between conditions, found "{text[at]}"', at + 1)
            at = _skip(text, at + 1)
    if not conditions:
        raise BadExpression("The expression is empty. Example: asr_cur < 30; records_total > 100", 1)
    return Expression(tuple(conditions))


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _condition(text: str, at: int) -> tuple[Condition, int]:
    found = _NAME.match(text, at)
    if not found:
        raise BadExpression(f'Expected the name of a factor, found "{text[at]}"', at + 1)
    factor, period, suffixed = _factor(found.group(), at)
    at = _skip(text, found.end())
    found = _OPERATOR.match(text, at)
    if not found:
        raise BadExpression("Expected one of < <= = != >= >", at + 1)
    operator = Operator(found.group())
    at = _skip(text, found.end())
    found = _NUMBER.match(text, at)
    if not found:
        raise BadExpression(f'Expected a number after "{operator.value}"', at + 1)
    return Condition(factor, period, operator, float(found.group()), suffixed), found.end()


def _factor(name: str, at: int) -> tuple[Factor, Period, bool]:
    for period in Period:
        base = name.removesuffix(period.value)
        if base != name and (plain := ALIASES.get(base, base)) in FACTORS:
            return FACTORS[plain], period, True
    plain = ALIASES.get(name, name)
    if plain in FACTORS:
        return FACTORS[plain], Period.CURRENT, False
    raise BadExpression(f'Unknown factor "{name}"{_likely(name)}', at + 1)


def _likely(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), [*FACTORS, *ALIASES], n=1)
    return f", did you mean {ALIASES.get(close[0], close[0])}," if close else ""
