"""What the Alerts screen says about an alert: scope, limits, values, verdicts, and the usual reset.

Pure functions; any thread. `now` and `zone` are arguments. Must not import Qt widgets.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from noc_alerts.engine.news import AlertLine
from noc_alerts.model.alarms import Verdict
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.deliveries import Cause, Channel
from noc_alerts.notify.policy import decide
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
}
#: What the form calls its fields where it lists those not saved, in reading order.
FIELD_WORDS = {
    "title": "title",
    "kind": "company",
    "names": "company names",
    "area": "area",
    "connection_id": "switch",
    "sample_period": "sample period",
    "min_calls": "not judged below",
    "operator": "operator",
    "threshold": "threshold",
    "reset": "reset",
    "hold": "fires after",
    "keep": "clears after",
    "level": "notice level",
    "recipients": "recipients",
    "tray": "tray",
    "tell_recovery": "recovery message",
}
#: How much of the threshold lies between it and the usual reset.
_USUAL_GAP = 0.1


def value_shown(area: Area, value: float, currency: str = "") -> Shown:
    """Return an area's value with its unit: `5.4 %`, `184.20 USD`."""
    return Shown(text.number(value, area.facts.decimals), area.facts.unit or currency)


def threshold_words(alert: Alert) -> str:
    """Return when it fires: `< 30.0 %`."""
    return f"{OPERATOR_WORDS[alert.operator]} {value_shown(alert.area, alert.threshold).joined}"


def reset_words(alert: Alert, currency: str = "") -> str:
    """Return when it clears: `clears > 33.0 %`, without a reset the opposite of when it fires."""
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


def can_clear(area: Area, operator: Operator, reset: float) -> bool:
    """Return whether any value of the area lies past a reset: no ASR is above 100 %, only a balance is below 0."""
    if operator.fires_below:
        return area.facts.unit != "%" or reset < 100
    if operator.fires_above:
        return area is Area.BALANCE or reset > 0
    return True


def area_words(alert: Alert) -> tuple[str, str]:
    """Return the area and what it is taken over: `ASR`, `over 5 min`; a reading is `as read`."""
    period = alert.sample_period
    return alert.area.value, f"over {text.exact_span(period)}" if period else "as read"


def sample_words(alert: Alert, calls: int | None) -> str:
    """Return what a value rests on: `294 attempts`, `41 answered`, `one reading`; empty when that is not known."""
    return "" if calls is None and not alert.area.is_reading else area_sample(alert.area, calls or 0)


def area_sample(area: Area, calls: int) -> str:
    """Return what a value of an area rests on."""
    if area.is_reading:
        return "one reading"
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
    _, targets = decide(Cause.RAISED, alert.level, alert.recipients, alert.tray, alert.tell_recovery, ())
    mails = sum(1 for channel, _ in targets if channel is Channel.EMAIL)
    on_tray = any(channel is Channel.TRAY for channel, _ in targets)
    if mails:
        return text.plural(mails, "recipient"), "and tray" if on_tray else "by mail", True
    if on_tray:
        return "tray", "no mail", True
    return "nobody", "at level None" if alert.tray else "no recipient, no tray", False


def state_words(alert: Alert, line: AlertLine | None, now: datetime, zone: tzinfo) -> tuple[Verdict | None, str, str]:
    """Return the verdict (None: not judged yet), its word and the second line: `for 14 min, 2 of 34`."""
    if not alert.enabled:
        return Verdict.PAUSED, "Paused", "switched off"
    if not alert.is_active(now) and alert.paused_until is not None:
        return Verdict.PAUSED, "Paused", f"until {text.time_of(alert.paused_until, now, zone)}"
    if line is None or not _judged(line):
        return None, "…", "not judged yet"
    match line.verdict:
        case Verdict.IN_ALARM:
            second = f"for {text.span(now - line.since)}" if line.since else ""
            if _many(alert):
                second += f"{', ' if second else ''}{line.in_alarm} of {line.subjects}"
        case Verdict.READY:
            second = text.plural(line.subjects, alert.scope.kind.value) if _many(alert) else ""
        case Verdict.PENDING:
            second = f"fires after {text.exact_span(alert.hold)}"
        case Verdict.NO_DATA:
            second = "not judged"
        case Verdict.BLIND:
            second = "cannot be judged"
        case _:
            second = line.error
    return line.verdict, line.verdict.value, second


def _judged(line: AlertLine) -> bool:
    """Return whether a line says something: one of before the alert was switched on, or of before its first check, does not."""
    return line.verdict is not Verdict.PAUSED and (line.verdict is not Verdict.NO_DATA or line.judged_at is not None)


def _many(alert: Alert) -> bool:
    return len(alert.scope.names) != 1


def now_sentence(
    alert: Alert, line: AlertLine | None, now: datetime, zone: tzinfo, currency: str = "", *, blind: bool = False
) -> str:
    """Return the present verdict and its reason in a sentence or two. `blind`: the switch of its alarm cannot be trusted."""
    if not alert.enabled:
        return "It is switched off, so it is not judged."
    if not alert.is_active(now) and alert.paused_until is not None:
        return f"It is paused until {text.time_of(alert.paused_until, now, zone)}, so it is not judged until then."
    if line is None or not _judged(line):
        return "It has not been judged yet."
    period = f" in {text.exact_span(alert.sample_period)}" if alert.sample_period else ""
    value = "" if line.value is None else value_shown(alert.area, line.value, currency).joined
    subject = line.subject.label if line.subject else ""
    rests = sample_words(alert, line.calls)
    stands = f"{alert.area.value} of {subject} is {value}, {rests}{period}" if value else ""
    match line.verdict:
        case Verdict.NO_DATA:
            return f"No data: {too_few_words(alert, line.calls)}{period}, so it neither fires nor clears."
        case Verdict.BLIND:
            return "Blind: its switch does not answer, so the truth is unknown. It is judged again when the switch is back."
        case Verdict.ERROR:
            return f"It could not be judged: {line.error}"
        case Verdict.IN_ALARM:
            lasting = f" for {text.span(now - line.since)}" if line.since else ""
            limits = f"it fires {threshold_words(alert)}, {reset_words(alert)}"
            if blind:
                return f"In alarm{lasting}: {limits}. Its switch does not answer, so whether it still is so is unknown."
            return f"In alarm{lasting}: {limits}. Now {stands or 'there is no value'}."
        case Verdict.PENDING:
            return f"Pending: {stands}. It fires if that lasts {text.exact_span(alert.hold)}."
        case _:
            return f"Ready: {stands or 'nothing is past the threshold'}. It fires {threshold_words(alert)}."


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


def suggested_title(area: Area, operator: Operator, kind: CompanyKind, names: tuple[str, ...]) -> str:
    """Return a title for a new alert: `Low ASR, carrier bravo`, `High PDD, all carriers`."""
    bad = "Low" if operator.fires_below else "High" if operator.fires_above else "Odd"
    who = f"{kind.value} {names[0]}" if len(names) == 1 else f"{len(names)} {kind.value}s" if names else f"all {kind.value}s"
    return f"{bad} {area.value}, {who}"
