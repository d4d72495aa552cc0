"""From a program and a row to what people read of it: limits, sentences, and the facts of a message. Pure."""

from datetime import datetime

from noc_alerts.engine.programs import Program
from noc_alerts.metrics.currencies import MIXED
from noc_alerts.model.alarms import Alarm, Phase, Reason
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Penalty
from noc_alerts.model.companies import Subject
from noc_alerts.model.deliveries import Cause, Facts, Row
from noc_alerts.notify.words import format_sample, format_span, format_value
from noc_alerts.rules.lifecycle import Step

SWITCH_REMOVED = "The switch was removed from noc_alerts."
SCRIPT_LIMIT = "by its script"


def limits_at(alert: Alert, level: NoticeLevel) -> tuple[float | None, float | None]:
    """Give (threshold, reset) of the limit that a level belongs to."""
    if alert.two_levels and level is NoticeLevel.WARNING:
        return alert.warn_threshold, alert.warn_reset
    return alert.threshold, alert.reset


def limit_text(alert: Alert, level: NoticeLevel) -> str:
    """Write the condition as people read it: `≤ 30.0 %`; empty for a report."""
    threshold, _ = limits_at(alert, level)
    if alert.is_report:
        return ""
    if threshold is None:
        return SCRIPT_LIMIT
    return f"{alert.operator.sign} {format_value(threshold, alert.area.facts.unit, alert.area.value)}"


def sample_text(alert: Alert, calls: int | None) -> str:
    """Write what a value rests on: `294 attempts in 5 min`, `one reading`."""
    facts = alert.area.facts
    if facts.reading is not None:
        return "one reading"
    return "" if alert.area is Area.SCRIPT else format_sample(calls, facts.rests_on, period_s(alert))


def period_s(alert: Alert) -> int | None:
    """Give the sample period in s, None for readings."""
    return int(alert.sample_period.total_seconds()) if alert.sample_period else None


def penalty_text(penalty: Penalty | None) -> str:
    """Write what block an alarm asks for, in sentences; empty for none."""
    if penalty is None:
        return ""
    span = format_span(penalty.length)
    when = f" after {format_span(penalty.after)} in alarm" if penalty.after else ""
    if penalty.dry_run:
        return f"Would ask for a block of {span}{when}. The penalty is on a dry run."
    asked = " A person is asked first." if penalty.ask else ""
    return f"Asks for a block of {span}{when}.{asked} Nothing is placed on the switch yet."


def switch_name(program: Program, subject: Subject) -> str:
    """Name what an alarm is about: a company, or the switch itself."""
    return subject.label or f"switch {program.source.connection.name}"


def facts_of(
    cause: Cause,
    program: Program,
    subject: Subject,
    value: float | None,
    calls: int | None,
    at: datetime,
    alarm: Alarm | None,
    reason: str = "",
    *,
    level: NoticeLevel | None = None,
    unit: str | None = None,
    brand: str = "noc_alerts",
) -> Facts:
    """Give what a message about an alert's subject tells. `level`: of the alarm, else the alert's own."""
    alert, connection = program.alert, program.source.connection
    level = level if level is not None else (alarm.level if alarm else alert.level)
    threshold, reset = limits_at(alert, level)
    outcome = program.outcome
    return Facts(
        cause=cause,
        title=alert.title,
        level=level.value,
        subject=switch_name(program, subject),
        company=subject.parts[0][1] if subject.parts else "",
        switch=connection.name,
        area=alert.area.value,
        operator=alert.operator.value,
        threshold=threshold,
        reset=reset,
        value=value,
        unit=_unit(program, subject) if unit is None else unit,
        limit=alarm.limit if alarm else limit_text(alert, level),
        calls=calls,
        rests_on=alert.area.facts.rests_on,
        sample_period_s=period_s(alert),
        at=at,
        since=alarm.raised_at if alarm else at,
        worst=alarm.worst if alarm else value,
        reason=reason,
        demo=connection.demo,
        template=alert.template,
        subject_key=subject.key,
        connection_id=connection.id,
        brand=brand,
        penalty=penalty_text(alert.penalty) if level is alert.level else "",
        message=outcome.message if outcome else "",
        rows=tuple(Row(r.subject, r.value, message=r.message) for r in outcome.rows) if outcome else (),
        rows_cut=outcome.more_rows if outcome else 0,
    )


def _unit(program: Program, subject: Subject) -> str:
    facts = program.alert.area.facts
    if facts.unit or not facts.money or subject not in program.subjects():
        return facts.unit
    unit = program.sight.unit(program.row(subject))
    return "" if unit == MIXED else unit


_WORDS = {
    Reason.BREACHED: "{area} {value} {limit}{sample}.",
    Reason.HELD: "{area} {value} {limit} for {hold}{sample}.",
    Reason.NOT_HELD: "{area} came back to {value} before {hold} were over.",
    Reason.RECOVERED: "{area} {value}, past the reset{sample}.",
    Reason.KEPT: "{area} {value}, past the reset for {keep}{sample}.",
    Reason.RELAPSED: "{area} fell back to {value} before {keep} were over.",
    Reason.ESCALATED: "{area} {value} {limit}{sample}: critical now.",
    Reason.EASED: "{area} {value}{sample}: no longer critical, still {limit}.",
    Reason.NO_DATA: "{area} has had no value for {silent}{sample}.",
    Reason.DATA_BACK: "{area} has a value again: {value}{sample}.",
    Reason.OFF_HOURS: "The alert's hours are over. Whether the value recovered is not known.",
    Reason.COMPANY_GONE: "The switch no longer lists this company.",
    Reason.RULE_DISABLED: "The alert was switched off.",
    Reason.RULE_DELETED: "The alert was deleted.",
    Reason.RULE_CHANGED: "The alert no longer looks at this company.",
}
_SCRIPT_WORDS = {
    Reason.BREACHED: "The script says so{value}.",
    Reason.HELD: "The script has said so for {hold}{value}.",
    Reason.NOT_HELD: "The script stopped saying so before {hold} were over.",
    Reason.RECOVERED: "The script no longer says so{value}.",
    Reason.KEPT: "The script has not said so for {keep}{value}.",
    Reason.RELAPSED: "The script says so again, before {keep} were over.",
}


def bare_sentence(reason: Reason) -> str:
    """Say why something ended, without a value."""
    return _WORDS[reason]


def sentence_of(program: Program, step: Step, value: float | None, calls: int | None, level: NoticeLevel) -> str:
    """Say why a step was made, in one sentence."""
    alert = program.alert
    outcome = program.outcome
    if outcome is not None and (outcome.breached is not None or alert.threshold is None) and step.reason in _SCRIPT_WORDS:
        said = f": {outcome.message}" if outcome.message else ""
        shown = said or ("" if value is None else f": {format_value(value, '', alert.area.value)}")
        return _SCRIPT_WORDS[step.reason].format(
            value=shown.rstrip("."), hold=format_span(alert.hold), keep=format_span(alert.keep)
        )
    template = _WORDS[step.reason]
    if step.reason is Reason.RECOVERED and step.after is Phase.CLEARING:
        template = "{area} {value}, past the reset; cleared if it stays so for {keep}."
    if step.reason is Reason.BREACHED and step.after is Phase.PENDING:
        template = "{area} {value} {limit}{sample}; an alarm if it stays so for {hold}."
    if step.reason is Reason.NO_DATA and step.before.in_alarm:
        template = "{area} has no value any more{sample}, which ends the alarm as the alert says."
    sample = sample_text(alert, calls)
    return template.format(
        area=alert.area.value,
        value=format_value(value, program.unit(step.row), alert.area.value),
        limit=limit_text(alert, level),
        sample=f", {sample}" if sample else "",
        hold=format_span(alert.hold),
        keep=format_span(alert.keep),
        silent=format_span(alert.no_data_after),
    )
