"""What a chart is told: its limits, its episodes, and the state its head says in words.

Pure values without Qt; any thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from noc_alerts.model.alerts import NoticeLevel, Operator
from ui.marks import Form, Mark
from ui.text import THIN, number

_SIGNS = {"<=": "≤", ">=": "≥", "!=": "≠"}

#: On which side a value has recovered, by the operator that fires.
_BACK = {Operator.LT: ">", Operator.LE: ">", Operator.GE: "<", Operator.GT: "<"}


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A threshold or reset of one alert. `operator`: as shown. `saved`: the limit as stored, while another one is edited.

    `label` stands in the box at the right margin; lines that are not `in_alarm` are drawn at half opacity.
    """

    value: float
    operator: str
    level: NoticeLevel
    is_reset: bool
    label: str
    in_alarm: bool = False
    saved: bool = False

    @property
    def words(self) -> str:
        """Return it as the head says it, without unit: `fires < 30`."""
        shown = number(self.value, 6)
        whole = shown.rstrip("0").rstrip(".") if "." in shown else shown
        return f"{'clears' if self.is_reset else 'fires'} {self.operator} {whole}"


@dataclass(frozen=True, slots=True)
class Scale:
    """How values of a metric are written: unit (may be empty) and decimals."""

    unit: str
    decimals: int

    def joined(self, value: float) -> str:
        """Return `43.8 %` with a thin space."""
        shown = number(value, self.decimals)
        return f"{shown}{THIN}{self.unit}" if self.unit else shown


def fires_line(value: float, operator: Operator, level: NoticeLevel, scale: Scale, *, in_alarm: bool = False) -> LimitLine:
    """Make the line of a threshold: `fires < 30.0 %`."""
    sign = _SIGNS.get(operator.value, operator.value)
    return LimitLine(value, sign, level, False, f"fires {sign} {scale.joined(value)}", in_alarm)


def clears_line(
    value: float, operator: Operator, level: NoticeLevel, scale: Scale, *, in_alarm: bool = False
) -> LimitLine | None:
    """Make the line of a reset from the operator that fires: `clears > 33.0 %`; None for = and !=, which have no side."""
    sign = _BACK.get(operator)
    if sign is None:
        return None
    return LimitLine(value, sign, level, True, f"clears {sign} {scale.joined(value)}", in_alarm)


def merged(lines: Sequence[LimitLine]) -> list[LimitLine]:
    """Return the lines with those of one value made one: the worst level's, with the label of each on its own line."""
    found: dict[tuple[float, bool], LimitLine] = {}
    for line in sorted(lines, key=lambda each: (each.is_reset, -each.level.rank)):
        key = line.value, line.saved
        first = found.get(key)
        if first is None:
            found[key] = line
            continue
        labels = dict.fromkeys([*first.label.split("\n"), line.label])
        found[key] = replace(first, label="\n".join(labels), in_alarm=first.in_alarm or line.in_alarm)
    order = list(dict.fromkeys((line.value, line.saved) for line in lines))
    return [found[key] for key in order]


class EpisodeKind(Enum):
    """What went on for a while; the strip under the chart shows it."""

    NOTICE = auto()
    WARNING = auto()
    CRITICAL = auto()
    BLIND = auto()
    BLOCKED = auto()

    @classmethod
    def of_level(cls, level: NoticeLevel) -> EpisodeKind:
        """Return the kind of an alarm of this level."""
        return {NoticeLevel.CRITICAL: cls.CRITICAL, NoticeLevel.WARNING: cls.WARNING}.get(level, cls.NOTICE)


@dataclass(frozen=True, slots=True)
class Episode:
    """Something from `since` to `until` (None = it goes on). `words` stand at the top of a hatch: `blocked 60 min`."""

    kind: EpisodeKind
    since: datetime
    until: datetime | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class HeadState:
    """What the head says about the subject: mark, its word in its colour, and the rest: ` for 14 min, nobody yet`.

    `mark` None: nobody watches this. `level` colours the value while an alarm is active.
    """

    mark: Mark | None = None
    form: Form = Form.ACTIVE
    word: str = ""
    rest: str = ""
    level: NoticeLevel = NoticeLevel.NONE


BLIND_STATE = HeadState(Mark.BLIND, Form.ACTIVE, "Blind", "")
