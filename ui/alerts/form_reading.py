"""What stands in the alert form: its choices, its values, and a sentence for each field that is wrong.

Runs on the window's thread; reads the form's inputs, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from noc_alerts.model.alerts import Alert, Area, NoData, NoticeLevel, Operator, Scope, alert_problems
from noc_alerts.model.companies import CompanyKind
from ui.alerts.form_fields import Inputs
from ui.alerts.form_parts import Part
from ui.alerts.form_shape import DECIDES, Shape, Whom, applying
from ui.alerts.form_values import DEFAULT_PERIOD, Watched, not_applying, penalty_of, scope_of, values_of
from ui.text import InputError

NUMBERS = ("threshold", "reset", "warn_threshold", "warn_reset")

#: The one company a form is for, as (kind, name).
Company = tuple[CompanyKind, str]


def operator(inputs: Inputs) -> Operator:
    """Return the operator chosen; a script that decides is kept under the first one."""
    chosen = inputs.operator.currentData()
    return Operator.LT if chosen == DECIDES else Operator(chosen)


def penalty(inputs: Inputs) -> timedelta | None:
    """Return the penalty's length, None for none; while it is no length it counts as a minute, so that no field jumps."""
    try:
        return inputs.penalty.value
    except InputError:
        return timedelta(minutes=1)


def shape(inputs: Inputs, fixed: Company | None, *, switches: bool, two: bool) -> Shape:
    """Return the choices that say which other fields there are."""
    kind, whom = inputs.kind.currentData()
    return Shape(
        kind=kind if fixed is None else fixed[0],
        whom=whom if fixed is None else Whom.NAMED,
        area=Area(inputs.area.currentData()),
        operator=operator(inputs),
        decides=inputs.operator.currentData() == DECIDES,
        two=two,
        fixed=fixed is not None,
        switches=switches,
        level=NoticeLevel(inputs.level.currentData()),
        repeat=inputs.repeat_at.kind,
        no_data=NoData(inputs.no_data.currentData()),
        duty=bool(inputs.duty.currentData()),
        penalty=penalty(inputs) is not None,
    )


def scope(inputs: Inputs, fixed: Company | None) -> Scope:
    """Return who is watched as it stands."""
    values = {"kind": inputs.kind.currentData(), "names": inputs.names.entries, "tag": inputs.tag.text().strip()}
    return scope_of(values, fixed)


def watched(inputs: Inputs, parts: Mapping[str, Part], now: Shape, who: Scope) -> Watched:
    """Return what the chart shows of the form as it stands."""
    applies = applying(now)

    def number(name: str) -> Any:
        return parts[name].value_or_none() if name in applies else None

    return Watched(
        scope=who,
        connection_id=inputs.connection_id.currentData(),
        area=now.area,
        period=(number("sample_period") or DEFAULT_PERIOD) if "sample_period" in applies else None,
        min_calls=int(number("min_calls") or 0),
        operator=now.operator,
        threshold=number("threshold"),
        reset=number("reset"),
        level=now.level,
        warn_threshold=number("warn_threshold"),
        warn_reset=number("warn_reset"),
    )


def saved(alert: Alert, *, fixed: bool, switches: bool) -> dict[str, Any]:
    """Return an alert's values as the form would read them with nothing changed; what does not apply is left out."""
    values = values_of(alert)
    kind, whom = values["kind"]
    same = Shape(
        kind=kind,
        whom=whom,
        area=alert.area,
        operator=alert.operator,
        decides=values["operator"] == DECIDES,
        two=alert.two_levels,
        fixed=fixed,
        switches=switches,
        level=alert.level,
        repeat=alert.repeat.kind,
        no_data=alert.no_data,
        duty=alert.duty is not None,
        penalty=alert.penalty is not None,
    )
    applies = applying(same)
    values |= {name: values[name] or None for name in ("hold", "keep")}
    return {name: value for name, value in values.items() if name in applies}


def read(
    parts: Mapping[str, Part], now: Shape, base: Alert | None, fixed: Company | None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values by attribute of Alert, and a sentence for each field that is wrong; `base` is what is saved."""
    applies = applying(now)
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, part in parts.items():
        if name not in applies:
            continue
        try:
            values[name] = part.read()
        except InputError as error:
            wrong[name] = str(error)
    wrong |= _company_problems(now, values, wrong)
    values.setdefault("kind", (now.kind, now.whom))
    values["scope"] = scope_of(values, fixed)
    values["operator"] = now.operator
    block = penalty_of(values)
    if "penalty" not in wrong:
        values["penalty"] = block
    if "min_calls" in values:
        values["min_calls"] = int(values["min_calls"])
    for name in ("hold", "keep"):
        if name not in wrong:
            values[name] = values.get(name) or timedelta(0)
    return not_applying(base) | values, _judged(values, wrong, now)


def number(part: Part) -> float | None:
    """Return a number as typed, None while it is none."""
    value: float | None = part.value_or_none()
    return value


def still_refused(refused: Mapping[str, tuple[str, Any]], raw: Mapping[str, Any]) -> dict[str, str]:
    """Return the sentences of what was refused where the field stands as it did; `refused`: sentence and what stood there."""
    return {name: said for name, (said, typed) in refused.items() if name in raw and raw[name] == typed}


def by_field(wrong: Mapping[str, str], now: Shape) -> dict[str, str]:
    """Return the sentences by the field they stand under: of a choice, under what belongs to it."""
    applies = applying(now)
    places = {"scope": "tag" if now.whom is Whom.TAGGED else "names"}
    for name in ("repeat", "duty"):
        if f"{name}_at" in applies:
            places[name] = f"{name}_at"
    return {places.get(name, name): sentence for name, sentence in wrong.items()}


def _company_problems(now: Shape, values: Mapping[str, Any], wrong: Mapping[str, str]) -> dict[str, str]:
    if now.fixed or now.whom is Whom.ALL or "names" in wrong:
        return {}
    kind = now.kind.value
    if now.whom is Whom.TAGGED:
        return {} if values.get("tag") else {"tag": f"Enter a tag as the {kind}s carry it at the switch."}
    return {} if values.get("names") else {"names": f"Name at least one {kind}, or choose all {kind}s."}


def _judged(values: Mapping[str, Any], wrong: dict[str, str], now: Shape) -> dict[str, str]:
    """Return what is wrong with the fields and between them."""
    found = alert_problems(values)
    if "threshold" in wrong:  # nothing to hold the others against
        found = {name: said for name, said in found.items() if name not in NUMBERS}
    elif now.two and now.sided and "warn_threshold" not in wrong and values.get("warn_threshold") is None:
        found["warn_threshold"] = "Enter a number, or remove the warning limit."
    return {**found, **wrong}


def is_empty(inputs: Inputs, name: str) -> bool:
    """Tell whether nothing stands in the input of a number."""
    return not getattr(inputs, name).text().strip()


def is_untouched(inputs: Inputs, name: str) -> bool:
    """Tell whether an input is that of a number and nobody has typed in it."""
    return name in NUMBERS and is_empty(inputs, name) and not getattr(inputs, name).isModified()
