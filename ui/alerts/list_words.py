"""What the list of alerts says beyond the form's words: states, two limits, repeats, penalties, who is told.

Pure functions; any thread. `now` and `zone` are arguments. Must not import Qt widgets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from noc_alerts.engine.news import AlertLine
from noc_alerts.model.alarms import Verdict
from noc_alerts.model.alerts import STOCK_TEMPLATE, Alert, Area, NoticeLevel, Penalty
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.schedules import RepeatKind
from noc_alerts.notify.recipients import EntryKind, entry_kind
from noc_alerts.rules import schedules
from ui import text
from ui.alerts import words
from ui.text import Shown

#: Companies that carry a tag at a switch: (kind, tag) -> names.
Tagged = Mapping[tuple[CompanyKind, str], frozenset[str]]

NO_REPEAT, NO_PENALTY = "none", "none"


# --- which companies ---------------------------------------------------------------------------------------------------


def looks_at(alert: Alert, kind: CompanyKind, name: str, tagged: Tagged) -> bool:
    """Tell whether an alert looks at a company: it names it, its tag, or all of the kind."""
    scope = alert.scope
    if scope.kind is not kind:
        return False
    if scope.tag:
        return name in tagged.get((kind, scope.tag), frozenset())
    return scope.everybody or name in scope.names


def gone_names(alert: Alert, line: AlertLine | None) -> tuple[str, ...]:
    """Return the companies an alert names that its switch no longer lists."""
    return tuple(name for name in line.gone if name in alert.scope.names) if line is not None else ()


# --- state -------------------------------------------------------------------------------------------------------------


def level_now(alert: Alert, line: AlertLine | None) -> NoticeLevel:
    """Return the level of its worst alarm now; the alert's own where there is none."""
    return line.level if line is not None and line.level is not None else alert.level


def verdict_of(alert: Alert, line: AlertLine | None, now: datetime) -> Verdict | None:
    """Return the verdict shown, None while it was not judged yet: what a person switched off counts at once."""
    if not alert.is_active(now):
        return Verdict.PAUSED
    if line is None or _waits(line, now):
        return None
    return line.verdict


def _waits(line: AlertLine, now: datetime) -> bool:
    """Tell whether a line says nothing yet: it is of before the alert was switched on, or of before its first check."""
    if line.verdict is Verdict.PAUSED:
        return line.off_duty_until is None or line.off_duty_until <= now
    return line.verdict is Verdict.NO_DATA and line.judged_at is None and not line.gone


def state_words(alert: Alert, line: AlertLine | None, now: datetime, zone: tzinfo) -> tuple[Verdict | None, str, str]:
    """Return the verdict (None: not judged yet), its word and the second line: `for 14 min, 2 of 34`."""
    verdict = verdict_of(alert, line, now)
    if verdict is Verdict.PAUSED:
        return verdict, "Paused", _paused(alert, line, now, zone)
    if line is None or verdict is None:
        return None, "…", "not judged yet"
    gone = gone_names(alert, line)
    if gone and len(gone) == len(alert.scope.names) and verdict not in (Verdict.ERROR, Verdict.BLIND):
        return verdict, "Company gone", _gone_said(alert, gone)
    second = _second(alert, line, verdict, now, zone)
    if gone:
        second = f"{_gone_said(alert, gone)}, {second}" if second else _gone_said(alert, gone)
    return verdict, verdict.value, second


def _paused(alert: Alert, line: AlertLine | None, now: datetime, zone: tzinfo) -> str:
    if not alert.enabled:
        return "switched off"
    if alert.paused_until is not None and now < alert.paused_until:
        return f"until {text.time_of(alert.paused_until, now, zone)}"
    until = line.off_duty_until if line is not None else None
    return f"off hours until {text.time_of(until, now, zone)}" if until is not None else "off hours"


def _second(alert: Alert, line: AlertLine, verdict: Verdict, now: datetime, zone: tzinfo) -> str:
    match verdict:
        case Verdict.IN_ALARM:
            lasting = f"for {text.span(now - line.since)}" if line.since else ""
            many = f"{line.in_alarm} of {line.subjects}" if counts_subjects(alert) else ""
            return ", ".join(part for part in (lasting, many) if part)
        case Verdict.READY if alert.is_report:
            return next_words(line, now, zone) or "next time not known yet"
        case Verdict.READY:
            return text.plural(line.subjects, alert.scope.kind.value) if counts_subjects(alert) else ""
        case Verdict.PENDING:
            return f"fires after {text.exact_span(alert.hold)}"
        case Verdict.NO_DATA:
            return "not judged"
        case Verdict.BLIND:
            return "cannot be judged"
    return line.error


def counts_subjects(alert: Alert) -> bool:
    """Tell whether it is about several companies, each judged by itself."""
    return len(alert.scope.names) != 1 and alert.area is not Area.SCRIPT


def next_words(line: AlertLine | None, now: datetime, zone: tzinfo) -> str:
    """Return when the next report is due, `next Mon 08:00`; empty when that is not known."""
    due = line.next_report_at if line is not None else None
    return "" if due is None else f"next {text.time_of(due, now, zone)}"


def _gone_said(alert: Alert, gone: tuple[str, ...]) -> str:
    if len(alert.scope.names) == 1:
        return f"{alert.scope.kind.value} {gone[0]}"
    return f"{', '.join(gone[:2])}{f' and {len(gone) - 2} more' if len(gone) > 2 else ''} gone"


def gone_sentence(alert: Alert, gone: tuple[str, ...]) -> str:
    """Return what it means that companies are gone, for a tooltip and for Explain."""
    them = "it is" if len(gone) == 1 else "they are"
    who = f"{alert.scope.kind.value}{'s' if len(gone) > 1 else ''} {', '.join(gone)}"
    return f"The switch no longer lists {who}, so {them} not judged and nobody is told of {'it' if len(gone) == 1 else 'them'}."


# --- limits ------------------------------------------------------------------------------------------------------------


def warning_of(alert: Alert) -> Alert:
    """Return an alert of its own that has the milder limit of one with two levels."""
    return replace(
        alert,
        threshold=alert.warn_threshold,
        reset=alert.warn_reset,
        warn_threshold=None,
        warn_reset=None,
        level=NoticeLevel.WARNING,
    )


def has_limit(alert: Alert) -> bool:
    """Tell whether it holds a value against a threshold: a report does not, nor a script that decides by itself."""
    return alert.operator.has_limit and alert.threshold is not None


def limit_words(alert: Alert, currency: str = "") -> tuple[Shown, str, str]:
    """Return the first and second line of limit and reset, and both in full for a tooltip.

    `< 30.0 %` over `clears > 33.0 %`; with a milder limit `< 30.0, > 33.0 %` over `warns < 40.0, > 44.0 %`.
    """
    if alert.is_report:
        return Shown("Always", ""), "report", "It is told at its times, whatever the value."
    if not has_limit(alert):
        return Shown("Script decides", ""), alert.script, f"The script {alert.script} decides when it fires and clears."
    shown, clears = _threshold(alert, currency), words.reset_words(alert, currency)
    full = f"fires {shown.joined}, {clears}"
    if not alert.two_levels:
        return shown, clears, full
    mild = warning_of(alert)
    full = f"{full}\nwarns {_threshold(mild, currency).joined}, {words.reset_words(mild, currency)}"
    return _both(alert, currency), f"warns {_both(mild, currency).joined}", full


def _both(alert: Alert, currency: str) -> Shown:
    """Return threshold and reset with one unit: `< 30.0, > 33.0 %`."""
    shown = _threshold(alert, currency)
    if alert.reset is None:
        return shown
    reset = words.value_shown(alert.area, alert.reset, currency)
    return Shown(f"{shown.number}, {words.reset_sign(alert.operator)} {reset.number}", shown.unit)


def _threshold(alert: Alert, currency: str) -> Shown:
    assert alert.threshold is not None
    shown = words.value_shown(alert.area, alert.threshold, currency)
    return Shown(f"{alert.operator.sign} {shown.number}", shown.unit)


def limit_said(alert: Alert) -> str:
    """Return the limit as a screen reader says it."""
    if not has_limit(alert):
        return "scheduled report" if alert.is_report else "the script decides"
    said = f"limit {_threshold(alert, '').joined}"
    return f"{said}, warns {_threshold(warning_of(alert), '').joined}" if alert.two_levels else said


# --- repeat, penalty, told ---------------------------------------------------------------------------------------------


def repeat_parts(alert: Alert, due: str, zone: tzinfo) -> tuple[str, str]:
    """Return how often it is told again; second when it is due, after the zone of its times if the window has another."""
    said, comma, place = repeat_words(alert).rpartition(", ")
    if not comma or place != alert.repeat.zone:
        return repeat_words(alert), due
    return said, ", ".join(part for part in ("" if place == getattr(zone, "key", "UTC") else place, due) if part)


def repeat_words(alert: Alert) -> str:
    """Return how often it is told again, `every 30 min`; of a report, when it is told."""
    return NO_REPEAT if alert.repeat.kind is RepeatKind.NONE else schedules.words(alert.repeat)


def penalty_words(penalty: Penalty | None) -> tuple[str, str]:
    """Return the length of the block an alarm asks for, and its brakes: `1 h`, `after 5 min, asks first`."""
    if penalty is None:
        return NO_PENALTY, ""
    brakes = [
        f"after {text.exact_span(penalty.after)}" if penalty.after > timedelta(0) else "",
        "asks first" if penalty.ask else "",
        "only written down" if penalty.dry_run else "",
    ]
    return text.exact_span(penalty.length), ", ".join(brake for brake in brakes if brake)


_ENTRY_WORDS = (
    (EntryKind.MAIL, "mail", "mail"),
    (EntryKind.PHONE, "SMS", "SMS"),
    (EntryKind.CONTACT, "contact", "contacts"),
    (EntryKind.GROUP, "group", "groups"),
)


def told_words(alert: Alert) -> tuple[str, str, bool]:
    """Return who is told (`2 mail, 1 SMS`), the second line (`and the tray`), and whether anybody is."""
    kinds = Counter(entry_kind(entry) for entry in alert.recipients)
    said = ", ".join(f"{kinds[kind]} {one if kinds[kind] == 1 else many}" for kind, one, many in _ENTRY_WORDS if kinds[kind])
    tray = alert.tray and alert.level is not NoticeLevel.NONE
    if said:
        return said, "and the tray" if tray else "", True
    if tray:
        return "tray", "no recipient", True
    return "nobody", "at level None" if alert.tray else "no recipient, no tray", False


def template_said(alert: Alert) -> str:
    """Return the template where it is not the one every alert begins with."""
    return "" if alert.template == STOCK_TEMPLATE else f"template {alert.template}"
