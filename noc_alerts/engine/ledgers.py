"""From a step of the lifecycle to all that is written about it: transition, state, alarm, event, messages. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from noc_alerts.engine.facts import SWITCH_REMOVED, bare_sentence, facts_of, limit_text, sentence_of, switch_name
from noc_alerts.engine.programs import Program
from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKey, RuleKind, RuleState, Told, Transition
from noc_alerts.model.alerts import Alert, NoticeLevel
from noc_alerts.model.blocks import Block, BlockState
from noc_alerts.model.companies import Subject
from noc_alerts.model.connections import Connection
from noc_alerts.model.contacts import Contact
from noc_alerts.model.deliveries import Cause, Channel, Delivery, Facts
from noc_alerts.model.events import Event, EventType
from noc_alerts.model.ledger import Change
from noc_alerts.notify.policy import Target, decide, message_id
from noc_alerts.notify.recipients import resolve
from noc_alerts.notify.words import format_span, format_value
from noc_alerts.rules.lifecycle import Step


@dataclass(frozen=True, slots=True)
class Sender:
    """What every message of this profile has in common. `domain`: of the Message-ID. `contacts`: who entries may mean."""

    domain: str
    switch_recipients: tuple[str, ...]
    tray: bool
    brand: str = "noc_alerts"
    contacts: tuple[Contact, ...] = ()

    def targets(self, entries: Iterable[str]) -> tuple[Target, ...]:
        """Give where entries of recipients lead, each once; those that lead nowhere are left out."""
        return resolve(entries, self.contacts).targets


@dataclass(frozen=True, slots=True)
class Thread:
    """What was already sent about an alarm: to whom, and the Message-ID of the first mail to each recipient."""

    targets: Collection[Target] = ()
    first_id: tuple[tuple[str, str], ...] = ()


def change_of_step(program: Program, step: Step, as_of: datetime, sender: Sender, thread: Thread) -> Change:
    """Give all that is written about one step of an alert on one subject."""
    key = program.key(step.row)
    value, calls = program.value(step.row)
    alarm = program.alarms.get(step.row)
    cause = _cause(step)
    level = program.level(step.row)
    text = sentence_of(program, step, value, calls, level)
    if cause is Cause.RAISED and alarm is None:
        limit = limit_text(program.alert, level)
        if step.reason is Reason.NO_DATA:
            limit = f"no data for {format_span(program.alert.no_data_after)}"
        message = program.outcome.message if program.outcome else ""
        alarm = Alarm(
            None, key, program.alert.title, level, program.alert.area.value, program.unit(step.row), limit, as_of,
            value, calls, value, as_of, message=message,
        )  # fmt: skip
    elif alarm is not None:
        worst = program.worst(step.row, alarm, value)
        alarm = replace(alarm, value=value, calls=calls, worst=worst, value_at=as_of)
        if cause is Cause.CLEARED:
            alarm = replace(alarm, cleared_at=as_of, cleared_reason=step.reason, blind=False)
        elif cause is not None:
            alarm = replace(alarm, level=level, limit=limit_text(program.alert, level))
            if cause is Cause.RAISED:  # who took the warning has not taken this
                alarm = replace(alarm, acked_at=None, acked_by="", ack_note="")
    state = replace(program.state(step.row, as_of), alarm_id=alarm.id if alarm else None)
    transition = Transition(
        key, as_of, step.before, step.after, step.reason, value, calls, text, alarm.id if alarm else None
    )
    if alarm is None or cause is None:
        return Change(transition, state, alarm)
    message_facts = facts_of(
        cause, program, key.subject, value, calls, as_of, alarm, step.reason.value,
        unit=program.unit(step.row), brand=sender.brand,
    )  # fmt: skip
    code, targets = decide(
        cause, alarm.level, sender.targets(program.alert.recipients), program.alert.tray, program.alert.tell_recovery,
        thread.targets,
    )  # fmt: skip
    where = switch_name(program, key.subject)
    if key.subject.parts:
        where = f"{where}, {program.source.connection.name}"
    event = Event(as_of, EventType.ALARM, program.alert.title, where, text, alarm.id, key.connection_id)
    deliveries = tuple(deliveries_to(message_facts, targets, as_of, sender, thread, alarm.id))
    block = None
    at_once = program.alert.penalty is not None and not program.alert.penalty.after
    if cause is Cause.RAISED and at_once and step.row not in program.blocked:
        block = block_of(program, step.row, alarm, as_of)
    return Change(replace(transition, told=code.value), state, alarm, event, deliveries, block)


def _cause(step: Step) -> Cause | None:
    """Give why people hear of a step; None = nobody does."""
    if step.after.in_alarm and (not step.before.in_alarm or step.reason is Reason.ESCALATED):
        return Cause.RAISED
    if step.before.in_alarm and step.after is Phase.NORMAL:
        return Cause.CLEARED
    return Cause.EASED if step.reason is Reason.EASED else None


def block_of(program: Program, row: int, alarm: Alarm, at: datetime) -> Block | None:
    """Give the block that an alarm asks for at `at`; None where there is nobody to block, or it is only a warning."""
    penalty, subject = program.alert.penalty, program.subjects()[row]
    if penalty is None or subject.company_kind is None or alarm.level is not program.alert.level or alarm.value is None:
        return None  # an alarm about missing data rests on nothing: it blocks nobody
    state = BlockState.DRY if penalty.dry_run else BlockState.ASKED if penalty.ask else BlockState.DUE
    reason = f"{program.alert.title}: {alarm.area} {format_value(alarm.value, alarm.unit, alarm.area)} {alarm.limit}"
    return Block(program.source.id, subject, at, penalty.length, state, reason, alarm.id)


def block_event(program: Program, block: Block) -> Event:
    """Give the line of the log about a block that an alarm asks for."""
    span = format_span(block.length)
    said = {
        BlockState.DRY: f"A block of {span} would be due. The penalty is on a dry run.",
        BlockState.ASKED: f"A block of {span} is asked for. It waits for a person.",
    }.get(block.state, f"A block of {span} is due. Nothing is placed on the switch yet.")
    where = f"{block.subject.label}, {program.source.connection.name}"
    return Event(block.due_at, EventType.ALARM, program.alert.title, where, said, block.alarm_id, block.connection_id)


def deliveries_to(
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


def test_deliveries(facts: Facts, alert: Alert, sender: Sender, channels: Collection[Channel] | None) -> list[Delivery]:
    """Give the messages of the Test button: to everyone the alarm would go to, marked TEST by their cause.

    `channels`: only over these, None = all.
    """
    _, targets = decide(Cause.TEST, alert.level, sender.targets(alert.recipients), alert.tray, alert.tell_recovery, ())
    wanted = [target for target in targets if channels is None or target[0] in channels]
    return deliveries_to(facts, wanted, facts.at, sender, Thread(), None)


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
    told = sender.targets(sender.switch_recipients)
    code, targets = decide(cause, NoticeLevel.CRITICAL, told, sender.tray, True, thread.targets)
    transition = Transition(key, now, before, after, reason, None, None, sentence, alarm.id, code.value)
    event = Event(now, EventType.ALARM, alarm.title, f"switch {connection.name}", sentence, alarm.id, connection.id)
    return Change(
        transition,
        RuleState(key, after, now, 0, alarm.id),
        alarm,
        event,
        tuple(deliveries_to(facts, targets, now, sender, thread, alarm.id)),
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
    text = SWITCH_REMOVED if over.removed or connection is None else bare_sentence(reason)
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
    deliveries = tuple(deliveries_to(facts, targets, now, sender, thread, alarm.id))
    return Change(replace(transition, told=code.value), normal, ended, event, deliveries)


def told_code(change: Change) -> Told | None:
    """Give why people were told of a change, or not; None for changes nobody is ever told of."""
    return Told(change.transition.told) if change.transition.told else None
