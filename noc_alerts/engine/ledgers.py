"""From a step of the lifecycle to all that is written about it: transition, state, alarm, event, messages. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from noc_alerts.engine.programs import Program
from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKey, RuleKind, RuleState, Told, Transition
from noc_alerts.model.alerts import Alert, NoticeLevel
from noc_alerts.model.companies import Subject
from noc_alerts.model.connections import Connection
from noc_alerts.model.deliveries import Cause, Channel, Delivery, Facts
from noc_alerts.model.events import Event, EventType
from noc_alerts.model.ledger import Change
from noc_alerts.notify.policy import decide, message_id
from noc_alerts.notify.words import format_sample, format_span, format_value
from noc_alerts.rules.conditions import worse
from noc_alerts.rules.lifecycle import Step

Target = tuple[Channel, str]


@dataclass(frozen=True, slots=True)
class Sender:
    """What every message of this profile has in common. `domain`: of the Message-ID."""

    domain: str
    switch_recipients: tuple[str, ...]
    tray: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """What was already sent about an alarm: to whom, and the Message-ID of the first mail to each recipient."""

    targets: Collection[Target] = ()
    first_id: tuple[tuple[str, str], ...] = ()


def limit_text(alert: Alert) -> str:
    """Write the condition as people read it: `≤ 30.0 %`."""
    facts = alert.area.facts
    return f"{alert.operator.sign} {format_value(alert.threshold, facts.unit, alert.area.value)}"


def facts_of(
    cause: Cause,
    program: Program,
    subject: Subject,
    value: float | None,
    calls: int | None,
    at: datetime,
    alarm: Alarm | None,
    reason: str = "",
) -> Facts:
    """Give what a message about an alert's subject tells."""
    alert, connection = program.alert, program.source.connection
    area = alert.area.facts
    reading = None
    if area.reading is not None and subject.parts:
        reading = program.source.board(area.reading, alert.scope.kind).get(subject.parts[0][1])
    return Facts(
        cause=cause,
        title=alert.title,
        level=alert.level.value,
        subject=subject.label,
        company=subject.parts[0][1] if subject.parts else "",
        switch=connection.name,
        area=alert.area.value,
        operator=alert.operator.value,
        threshold=alert.threshold,
        reset=alert.reset,
        value=value,
        unit=area.unit or (reading.currency if reading else ""),
        limit=limit_text(alert),
        calls=calls,
        rests_on=area.rests_on,
        sample_period_s=int(alert.sample_period.total_seconds()) if alert.sample_period else None,
        at=at,
        since=alarm.raised_at if alarm else at,
        worst=alarm.worst if alarm else value,
        reason=reason,
        demo=connection.demo,
    )


def change_of_step(program: Program, step: Step, as_of: datetime, sender: Sender, thread: Thread) -> Change:
    """Give all that is written about one step of an alert on one subject."""
    key = program.key(step.row)
    value, calls = program.value(step.row)
    alarm = program.alarms.get(step.row)
    raised = step.after is Phase.RAISED and not step.before.in_alarm
    cleared = step.before.in_alarm and step.after is Phase.NORMAL
    if raised:
        told = facts_of(Cause.RAISED, program, key.subject, value, calls, as_of, None)
        alarm = Alarm(
            None, key, program.alert.title, program.alert.level, program.alert.area.value, told.unit, told.limit,
            as_of, value, calls, value, as_of,
        )  # fmt: skip
    elif alarm is not None:
        worst = worse(program.alert.operator, alarm.worst, value)
        alarm = replace(alarm, value=value, calls=calls, worst=worst, value_at=as_of)
        if cleared:
            alarm = replace(alarm, cleared_at=as_of, cleared_reason=step.reason, blind=False)
    text = _sentence(program, step, value, calls)
    transition = Transition(
        key, as_of, step.before, step.after, step.reason, value, calls, text, alarm.id if alarm else None
    )
    state = RuleState(key, step.after, as_of, program.track.held_ms(step.row), alarm.id if alarm else None)
    if alarm is None or not (raised or cleared):
        return Change(transition, state, alarm)
    cause = Cause.RAISED if raised else Cause.CLEARED
    message = facts_of(cause, program, key.subject, value, calls, as_of, alarm, step.reason.value)
    code, targets = decide(
        cause, program.alert.level, program.alert.recipients, program.alert.tray, program.alert.tell_recovery, thread.targets
    )
    event = Event(
        as_of, EventType.ALARM, program.alert.title, f"{key.subject.label}, {program.source.connection.name}", text,
        alarm.id, key.connection_id,
    )  # fmt: skip
    deliveries = tuple(_deliveries(message, targets, as_of, sender, thread, alarm.id))
    return Change(replace(transition, told=code.value), state, alarm, event, deliveries)


def _deliveries(
    facts: Facts, targets: Collection[Target], at: datetime, sender: Sender, thread: Thread, alarm_id: int | None
) -> list[Delivery]:
    first = dict(thread.first_id)
    return [
        Delivery(
            channel=channel,
            recipient=recipient,
            facts=facts,
            message_id=message_id(sender.domain),
            created_at=at,
            next_at=at,
            alarm_id=alarm_id,
            thread_id=first.get(recipient, "") if channel is Channel.EMAIL else "",
        )
        for channel, recipient in targets
    ]


def test_deliveries(facts: Facts, alert: Alert, sender: Sender) -> list[Delivery]:
    """Give the messages of the Test button: to everyone the alarm would go to, marked TEST by their cause."""
    _, targets = decide(Cause.TEST, alert.level, alert.recipients, alert.tray, alert.tell_recovery, ())
    return _deliveries(facts, targets, facts.at, sender, Thread(), None)


_WORDS = {
    Reason.BREACHED: "{area} {value} {limit}, {sample}.",
    Reason.HELD: "{area} {value} {limit} for {hold}, {sample}.",
    Reason.NOT_HELD: "{area} came back to {value} before {hold} were over.",
    Reason.RECOVERED: "{area} {value}, past the reset, {sample}.",
    Reason.KEPT: "{area} {value}, past the reset for {keep}, {sample}.",
    Reason.RELAPSED: "{area} fell back to {value} before {keep} were over.",
    Reason.RULE_DISABLED: "The alert was switched off.",
    Reason.RULE_DELETED: "The alert was deleted.",
    Reason.RULE_CHANGED: "The alert no longer looks at this company.",
}
SWITCH_REMOVED = "The switch was removed from noc_alerts."


def _sentence(program: Program, step: Step, value: float | None, calls: int | None) -> str:
    """Say why, in one sentence."""
    alert, facts = program.alert, program.alert.area.facts
    period = int(alert.sample_period.total_seconds()) if alert.sample_period else None
    sample = "one reading" if facts.reading is not None else format_sample(calls, facts.rests_on, period)
    template = _WORDS[step.reason]
    if step.reason is Reason.RECOVERED and step.after is Phase.CLEARING:
        template = "{area} {value}, past the reset; cleared if it stays so for {keep}."
    if step.reason is Reason.BREACHED and step.after is Phase.PENDING:
        template = "{area} {value} {limit}, {sample}; an alarm if it stays so for {hold}."
    return template.format(
        area=alert.area.value,
        value=format_value(value, facts.unit, alert.area.value),
        limit=limit_text(alert),
        sample=sample,
        hold=format_span(alert.hold),
        keep=format_span(alert.keep),
    )


def switch_change(
    connection: Connection, alarm: Alarm | None, sentence: str, now: datetime, sender: Sender, thread: Thread, demo: bool
) -> Change:
    """Give the built-in alarm "switch unreachable": raised when `alarm` is None, else cleared (or the switch is off now)."""
    key = RuleKey(RuleKind.SWITCH, connection.id or 0, connection.id or 0, Subject(()))
    raised = alarm is None
    back = Reason.SOURCE_BACK if connection.enabled else Reason.RULE_DISABLED
    reason = Reason.SOURCE_SILENT if raised else back
    if alarm is None:
        alarm = Alarm(
            None, key, f"{connection.name} unreachable", NoticeLevel.CRITICAL, "Switch", "", "unreachable",
            now, None, None, None, now, blind=True,
        )  # fmt: skip
    else:
        alarm = replace(alarm, cleared_at=now, cleared_reason=reason, blind=False)
    before, after = (Phase.NORMAL, Phase.RAISED) if raised else (Phase.RAISED, Phase.NORMAL)
    cause = Cause.RAISED if raised else Cause.CLEARED
    facts = Facts(
        cause=cause, title=alarm.title, level=NoticeLevel.CRITICAL.value, subject=f"switch {connection.name}", company="",
        switch=connection.name, area="Switch", operator="", threshold=None, reset=None, value=None, unit="",
        limit="unreachable", calls=None, rests_on="", sample_period_s=None, at=now, since=alarm.raised_at, reason=sentence,
        demo=demo,
    )  # fmt: skip
    code, targets = decide(cause, NoticeLevel.CRITICAL, sender.switch_recipients, sender.tray, True, thread.targets)
    transition = Transition(key, now, before, after, reason, None, None, sentence, alarm.id, code.value)
    event = Event(now, EventType.ALARM, alarm.title, f"switch {connection.name}", sentence, alarm.id, connection.id)
    return Change(
        transition,
        RuleState(key, after, now, 0, alarm.id),
        alarm,
        event,
        tuple(_deliveries(facts, targets, now, sender, thread, alarm.id)),
    )


@dataclass(frozen=True, slots=True)
class Over:
    """A rule on a subject that cannot go on: its alert or its switch is gone, or was changed meanwhile.

    `alarm` None = only a hold time was running. `connection` None = nobody knows its switch any more. `removed`: the switch is.
    `tell`: recoveries are told.
    """

    state: RuleState
    alarm: Alarm | None
    reason: Reason
    connection: Connection | None
    tell: bool = True
    removed: bool = False


def ended_change(over: Over, now: datetime, sender: Sender, thread: Thread) -> Change:
    """Give the end of a rule on a subject that cannot go on."""
    state, alarm, reason, connection = over.state, over.alarm, over.reason, over.connection
    key, switch = state.key, connection.name if connection else ""
    text = SWITCH_REMOVED if over.removed or connection is None else _WORDS[reason]
    normal = RuleState(key, Phase.NORMAL, now, 0, alarm.id if alarm else None)
    transition = Transition(key, now, state.phase, Phase.NORMAL, reason, None, None, text, alarm.id if alarm else None)
    if alarm is None:
        return Change(transition, normal)
    ended = replace(alarm, cleared_at=now, cleared_reason=reason, blind=False)
    subject = key.subject.label or f"switch {switch}".strip()
    facts = Facts(
        cause=Cause.CLEARED, title=alarm.title, level=alarm.level.value, subject=subject,
        company=key.subject.parts[0][1] if key.subject.parts else "", switch=switch, area=alarm.area, operator="",
        threshold=None, reset=None, value=None, unit=alarm.unit, limit=alarm.limit, calls=None, rests_on="",
        sample_period_s=None, at=now, since=alarm.raised_at, worst=alarm.worst, reason=reason.value,
        demo=connection.demo if connection else False,
    )  # fmt: skip
    code, targets = decide(Cause.CLEARED, alarm.level, (), False, over.tell, thread.targets)
    where = ", ".join(filter(None, (subject, switch)))
    event = Event(now, EventType.ALARM, alarm.title, where, text, alarm.id, key.connection_id)
    deliveries = tuple(_deliveries(facts, targets, now, sender, thread, alarm.id))
    return Change(replace(transition, told=code.value), normal, ended, event, deliveries)


def told_code(change: Change) -> Told | None:
    """Give why people were told of a change, or not; None for changes nobody is ever told of."""
    return Told(change.transition.told) if change.transition.told else None
