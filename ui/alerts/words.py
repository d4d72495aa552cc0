"""What the Alerts screen says about an alert: limits, values, what they rest on, and the usual limits.

Pure functions; any thread. `now` and `zone` are arguments. Must not import Qt widgets.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator
from noc_alerts.model.companies import CompanyKind
from ui import text
from ui.text import Shown

LEVEL_WORDS = {NoticeLevel.NONE: "None", NoticeLevel.WARNING: "Warning", NoticeLevel.CRITICAL: "Critical"}
OPERATOR_WORDS = {
    Operator.LT: "<",
    Operator.LE: "≤",
    Operator.EQ: "=",
    Operator.NE: "≠",
    Operator.GE: "≥",
    Operator.GT: ">",
    Operator.ALWAYS: "Always",
}
#: What the form calls its fields where it lists those not saved, in reading order.
FIELD_WORDS = {
    "title": "title",
    "kind": "company",
    "names": "company names",
    "tag": "tag",
    "area": "area",
    "connection_id": "switch",
    "script": "script",
    "sample_period": "sample period",
    "min_calls": "not judged below",
    "operator": "operator",
    "threshold": "threshold",
    "reset": "reset",
    "warn_threshold": "warning threshold",
    "warn_reset": "warning reset",
    "strict": "whole interval",
    "hold": "fires after",
    "keep": "clears after",
    "no_data": "no data",
    "duty": "active hours",
    "no_data_after": "alarm without data",
    "level": "notice level",
    "repeat": "repeat",
    "penalty": "penalty",
    "penalty_after": "block when",
    "penalty_ask": "ask first",
    "penalty_dry_run": "dry run",
    "recipients": "recipients",
    "template": "template",
    "tray": "tray",
    "tell_recovery": "recovery message",
}
#: How much of the threshold lies between it and the usual reset.
_USUAL_GAP = 0.1
#: How much of the threshold lies between it and the milder limit that is proposed: 40 % before 30 %.
_MILDER_GAP = 1 / 3
_MAY_BE_NEGATIVE = (Area.BALANCE, Area.SPEND, Area.SCRIPT)


def value_shown(area: Area, value: float, currency: str = "") -> Shown:
    """Return an area's value with its unit: `5.4 %`, `184.20 USD`; what a script counts stands without decimals."""
    whole = area is Area.SCRIPT and value == round(value)
    return Shown(text.number(value, 0 if whole else area.facts.decimals), area.facts.unit or currency)


def threshold_words(alert: Alert) -> str:
    """Return when it fires: `< 30.0 %`; a report has no limit, and a script may judge by itself."""
    if alert.is_report:
        return "always"
    if alert.threshold is None:
        return "as its script says"
    return f"{OPERATOR_WORDS[alert.operator]} {value_shown(alert.area, alert.threshold).joined}"


def reset_words(alert: Alert, currency: str = "") -> str:
    """Return when it clears: `clears > 33.0 %`, without a reset the opposite of when it fires; empty without a limit."""
    if alert.threshold is None:
        return ""
    if alert.reset is not None:
        return f"clears {reset_sign(alert.operator)} {value_shown(alert.area, alert.reset, currency).joined}"
    sign = OPERATOR_WORDS[_OPPOSITE[alert.operator]]
    return f"clears {sign} {value_shown(alert.area, alert.threshold, currency).joined}"


_OPPOSITE = {
    Operator.LT: Operator.GE,
    Operator.LE: Operator.GT,
    Operator.EQ: Operator.NE,
    Operator.NE: Operator.EQ,
    Operator.GE: Operator.LT,
    Operator.GT: Operator.LE,
}


def reset_sign(operator: Operator) -> str:
    """Return the sign a value must stand in to the reset to clear; empty where there is no side to clear on."""
    if operator.fires_below:
        return ">"
    return "<" if operator.fires_above else ""


def usual_reset(area: Area, operator: Operator, threshold: float) -> float | None:
    """Return the reset most people want: a tenth past the threshold, in the area's digits.

    None where there is no side to clear on, or no value of the area lies past it.
    """
    sign = reset_sign(operator)
    if not sign:
        return None
    step = 10.0**-area.facts.decimals
    gap = max(abs(threshold) * _USUAL_GAP, step)
    reset = round(threshold + gap if sign == ">" else threshold - gap, area.facts.decimals)
    return reset if can_clear(area, operator, reset) else None


def usual_warning(area: Area, operator: Operator, threshold: float) -> float | None:
    """Return the milder limit that is proposed: a third before the threshold, in the area's digits.

    None where there is no milder side, or no room on it.
    """
    if not reset_sign(operator):
        return None
    step = 10.0**-area.facts.decimals
    gap = max(abs(threshold) * _MILDER_GAP, step)
    milder = round(threshold + gap if operator.fires_below else threshold - gap, area.facts.decimals)
    if area.is_ratio:
        milder = min(milder, 100.0)
    if operator.fires_above and area not in _MAY_BE_NEGATIVE:
        milder = max(milder, 0.0)
    return None if milder == threshold else milder


def can_clear(area: Area, operator: Operator, reset: float) -> bool:
    """Return whether any value of the area lies past a reset: no ASR is above 100 %, only a balance is below 0."""
    if operator.fires_below:
        return area.facts.unit != "%" or reset < 100
    if operator.fires_above:
        return area in _MAY_BE_NEGATIVE or reset > 0
    return True


def area_words(alert: Alert) -> tuple[str, str]:
    """Return the area and what it is taken over: `ASR`, `over 5 min`; a reading is `as read`."""
    period = alert.sample_period
    return alert.area.value, f"over {text.exact_span(period)}" if period else "as read"


def sample_words(alert: Alert, calls: int | None) -> str:
    """Return what a value rests on: `294 attempts`, `41 answered`, `one reading`; empty when that is not known."""
    return "" if calls is None and not alert.area.is_reading else area_sample(alert.area, calls or 0)


def area_sample(area: Area, calls: int) -> str:
    """Return what a value of an area rests on; empty for a script, which does not say."""
    if area.is_reading:
        return "one reading"
    if area is Area.SCRIPT:
        return ""
    word = area.facts.rests_on
    return text.plural(calls, "attempt") if word == "attempts" else f"{text.number(calls)} {word}"


def too_few_words(alert: Alert, calls: int | None) -> str:
    """Return why there is no value: `18 of 50 calls`, or that no call came at all."""
    if alert.area.is_reading:
        return "no reading yet"
    if calls is not None and calls < alert.min_calls:
        return text.too_few(calls, alert.min_calls)
    return f"fewer than {text.plural(alert.min_calls, 'call')}" if alert.min_calls else "no calls"


def told_words(alert: Alert) -> tuple[str, str, bool]:
    """Return who is told (`2 recipients`, `and the tray`) and whether anybody is."""
    on_tray = alert.tray and alert.level is not NoticeLevel.NONE  # level None never pops up (notify/policy.py)
    if alert.recipients:
        phones = all(entry.startswith("+") for entry in alert.recipients)
        alone = "by text message" if phones else "by mail" if all("@" in entry for entry in alert.recipients) else "no tray"
        return text.plural(len(alert.recipients), "recipient"), "and tray" if on_tray else alone, True
    if on_tray:
        return "tray", "no mail", True
    return "nobody", "at level None" if alert.tray else "no recipient, no tray", False


def pause_choices(now: datetime, zone: tzinfo) -> list[tuple[str, datetime]]:
    """Return how long an alert can be paused as (words, end): always with an end, the last one the next 08:00."""
    local = now.astimezone(zone)
    morning = local.replace(hour=8, minute=0, second=0, microsecond=0)
    if morning <= local:
        morning = (local + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    return [
        ("15 min", now + timedelta(minutes=15)),
        ("1 h", now + timedelta(hours=1)),
        (f"until {text.time_of(morning, now, zone)}", morning.astimezone(now.tzinfo)),
    ]


def suggested_title(
    area: Area, operator: Operator, kind: CompanyKind, names: tuple[str, ...], tag: str = "", script: str = ""
) -> str:
    """Return a title for a new alert: `Low ASR, carrier bravo`, `High PDD, all carriers`, `Balance report, all customers`."""
    who = f"{kind.value} {names[0]}" if len(names) == 1 else f"{len(names)} {kind.value}s" if names else f"all {kind.value}s"
    if tag:
        who = f"{kind.value}s tagged {tag}"
    if not operator.has_limit:
        return f"{area.value} report, {who}"
    if area is Area.SCRIPT:
        return f"{script or area.value}, {who}"
    bad = "Low" if operator.fires_below else "High" if operator.fires_above else "Odd"
    return f"{bad} {area.value}, {who}"
