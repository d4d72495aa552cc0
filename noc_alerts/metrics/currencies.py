"""In which currencies a group is charged: money of different currencies is never summed."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from noc_alerts.metrics.columns import Ints

#: What `Charges.currencies` says of a group that is charged in several.
MIXED: Final = "mixed"


class Charges:
    """When each row was last charged in each currency, of those that are known.

    A charge whose currency is not told is no mixture with others. `texts`: code -> currency, as the dictionary grows.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._names: dict[int, str] = {}
        self._last: dict[int, dict[str, int]] = {}
        self._several: set[int] = set()

    def add(self, at_ms: Ints, rows: Ints, codes: Ints, cost_u: Ints) -> None:
        """Note the charges of a page; calls that cost nothing do not count. All [n]; rows -1 are nobody's."""
        charged = (cost_u != 0) & (rows >= 0)
        if not charged.any():
            return
        key = (rows[charged] << 32) | codes[charged]
        order = np.argsort(key, kind="stable")
        key, at_ms = key[order], at_ms[charged][order]
        starts = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
        newest = np.maximum.reduceat(at_ms, starts)
        for pair, at in zip(key[starts].tolist(), newest.tolist(), strict=True):
            name = self._name(pair & 0xFFFFFFFF)
            if name:
                row = pair >> 32
                last = self._last.setdefault(row, {})
                last[name] = max(at, last.get(name, at))
                if len(last) > 1:
                    self._several.add(row)

    def mixed(self, from_ms: int) -> dict[int, tuple[str, ...]]:
        """Give the currencies, sorted, of the rows that were charged in several since `from_ms`. Looks at those rows only."""
        found = {}
        for row in self._several:
            names = tuple(sorted(name for name, at in self._last[row].items() if at >= from_ms))
            if len(names) > 1:
                found[row] = names
        return found

    def currencies(self, from_ms: int, count: int) -> list[str]:
        """Give the currency of each row's charges since `from_ms`: "" = not known or none, `MIXED` = several. [count]"""
        result = [""] * count
        for row, last in self._last.items():
            names = [name for name, at in last.items() if at >= from_ms]
            result[row] = MIXED if len(names) > 1 else "".join(names)
        return result

    def _name(self, code: int) -> str:
        name = self._names.get(code)
        if name is None:
            name = self._names[code] = self._texts[code].strip().upper()
        return name


def mixed_sentence(label: str, currencies: Sequence[str]) -> str:
    """Say that a company's charges are in several currencies. `label`: its name."""
    *others, last = currencies
    return f"{label} is charged in {', '.join(others)} and {last}; they are not added up."
