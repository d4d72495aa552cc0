"""What a measurement gives: figures, each with its budget where DESIGN section 10 sets one. Pure values."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Bound(StrEnum):
    """On which side of its budget a figure is well."""

    AT_MOST = "<="
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `budget` None = there is none. `how`: what was measured, in a few words."""

    key: str
    title: str
    value: float
    unit: str
    budget: float | None = None
    bound: Bound = Bound.AT_MOST
    how: str = ""

    @property
    def verdict(self) -> str:
        """Give `ok` or `MISSED`, "" without a budget."""
        if self.budget is None:
            return ""
        kept = self.value <= self.budget if self.bound is Bound.AT_MOST else self.value >= self.budget
        return "ok" if kept else "MISSED"

    def as_json(self) -> dict[str, Any]:
        """Give the figure as JSON can hold it."""
        return {**asdict(self), "verdict": self.verdict}


def figure_from(found: dict[str, Any]) -> Figure:
    """Read a figure back from `as_json`."""
    found = {key: value for key, value in found.items() if key != "verdict"}
    return Figure(**{**found, "bound": Bound(found["bound"])})


def middle(values: Sequence[float]) -> float:
    """Give the median."""
    return float(statistics.median(values))


def quantile(values: Sequence[float], part: float) -> float:
    """Give the value below which `part` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def timed_ms(work: Callable[[], object]) -> float:
    """Run `work` once and give the wall time it took."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000.0


def number(value: float) -> str:
    """Write a figure with three digits that matter."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def line(figure: Figure) -> str:
    """Write a figure as one line of the table."""
    shown = f"{number(figure.value)} {figure.unit}".strip()
    budget = "" if figure.budget is None else f"{figure.bound.value} {number(figure.budget)} {figure.unit}".strip()
    return f"{figure.title:<66} {shown:>20}  {budget:>22}  {figure.verdict:<6}  {figure.how}".rstrip()
