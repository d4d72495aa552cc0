"""Which fields of the alert form apply to what is chosen in it, and what is said about the choices.

Pure functions; any thread. Must not import Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from noc_alerts.model.alerts import Area, NoData, NoticeLevel, Operator
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.schedules import RepeatKind
from ui import text
from ui.alerts import words


class Whom(StrEnum):
    """How the company field says who is watched."""

    NAMED = "named"
    ALL = "all"
    TAGGED = "tagged"


#: The operator field's own choice for scripts: no operator of ours is held against anything.
DECIDES = "script decides"


@dataclass(frozen=True, slots=True)
class Shape:
    """The choices that say which other fields there are.

    `decides`: the script judges by itself. `two`: it also warns at a milder limit. `fixed`: for one company only, which is
    not asked. `switches`: the switch is asked. `penalty`: it asks for a block.
    """

    kind: CompanyKind
    whom: Whom
    area: Area
    operator: Operator
    decides: bool = False
    two: bool = False
    fixed: bool = False
    switches: bool = False
    level: NoticeLevel = NoticeLevel.WARNING
    repeat: RepeatKind = RepeatKind.NONE
    no_data: NoData = NoData.KEEP
    duty: bool = False
    penalty: bool = False

    @property
    def limited(self) -> bool:
        """Tell whether a value is held against a threshold."""
        return self.operator.has_limit and not self.decides

    @property
    def sided(self) -> bool:
        """Tell whether there is a side to clear on, so that there are resets and milder limits."""
        return self.limited and bool(words.reset_sign(self.operator))


def applying(shape: Shape) -> frozenset[str]:
    """Return the fields that apply, by the form's names."""
    alarms, reading = shape.operator.has_limit, shape.area.is_reading
    script = shape.area is Area.SCRIPT
    rules = {
        "kind": not shape.fixed,
        "names": not shape.fixed and shape.whom is Whom.NAMED,
        "tag": not shape.fixed and shape.whom is Whom.TAGGED,
        "connection_id": shape.switches,
        "script": script,
        "sample_period": not reading,
        "min_calls": not reading and not script,
        "threshold": shape.limited,
        "reset": shape.sided,
        "warn_threshold": shape.sided and shape.two,
        "warn_reset": shape.sided and shape.two,
        "strict": shape.limited and shape.area.is_ratio,
        "hold": alarms,
        "keep": alarms,
        "no_data": alarms,
        "no_data_after": alarms and shape.no_data is NoData.ALARM,
        "duty_at": shape.duty,
        "repeat_at": shape.repeat is not RepeatKind.NONE,
        "penalty": alarms,
        "penalty_after": alarms and shape.penalty,
        "penalty_ask": alarms and shape.penalty,
        "penalty_dry_run": alarms and shape.penalty,
        "tell_recovery": alarms,
    }
    always = {"title", "area", "operator", "duty", "level", "repeat", "recipients", "template", "tray"}
    return frozenset(always | {name for name, does in rules.items() if does})


def operator_hint(shape: Shape, threshold: float | None) -> str:
    """Return the warning for an equation that is hardly ever true, or what a report is; empty for most operators."""
    if not shape.operator.has_limit:
        return "A report: told at its times, raises no alarm."
    if not shape.limited or not shape.area.is_ratio or threshold in (0.0, 100.0):
        return ""  # exactly none and all of the calls do happen
    if shape.operator is Operator.EQ:
        return f"{shape.area.value} will hardly ever be exactly equal, so this will hardly ever fire. Use ≤ or ≥."
    if shape.operator is Operator.NE:
        return f"{shape.area.value} will hardly ever be exactly equal, so this will nearly always fire. Use < or >."
    return ""


def period_hint(shape: Shape) -> str:
    """Return why a report has a sample period, where ConnexCS shows none."""
    report = not shape.operator.has_limit and not shape.area.is_reading
    return "What the report is taken over. ConnexCS hides it." if report else ""


def penalty_hint(shape: Shape, length: timedelta | None, names: tuple[str, ...], *, dry_run: bool, ask: bool) -> tuple[str, bool]:
    """Return what a penalty does today, and whether it is worth a warning (a carrier has no such status in ConnexCS)."""
    if length is None or "penalty" not in applying(shape):
        return "", False
    span = "1 year" if length == timedelta(days=365) else text.exact_span(length)
    if dry_run:
        return f"Dry run: the block of {span} is only written down, also later.", False
    due = "A person is asked; an answer of yes is" if ask else "The block is"
    said = f"{due} recorded as due. Nothing is placed on the switch yet."
    if shape.kind is CompanyKind.CARRIER:
        who = names[0] if len(names) == 1 else "The carrier"
        status = f"{who} would be set to Inactive and back to Active after {span}."
        return f"{said} ConnexCS has no Penalty status for carriers: {status}", True
    return said, False


def repeat_hint(shape: Shape) -> str:
    """Return what a repeat means here."""
    if shape.repeat is RepeatKind.NONE or not shape.operator.has_limit:
        return ""
    return "Told again while in alarm and not acknowledged."
