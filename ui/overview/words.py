"""What the Overview says about an alarm: values, limits, who was told, what happens next, the story of how it came.

Pure functions; any thread. `now` and `zone` are arguments. Must not import Qt widgets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from noc_alerts.engine.facts import limits_at
from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKind, Told, Transition
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator
from noc_alerts.model.deliveries import Cause, Channel, Delivery, DeliveryState
from noc_alerts.model.schedules import RepeatKind
from noc_alerts.notify.channels import NOT_SET_UP
from noc_alerts.notify.deliverer import DEMO_SENDS_NOTHING
from noc_alerts.rules.schedules import next_after
from ui import text
from ui.events.explain import LEVELS
from ui.marks import Form, Mark
from ui.text import MINUS, THIN, Shown
from ui.theme import Role

LEVEL_MARKS = {NoticeLevel.CRITICAL: Mark.CRITICAL, NoticeLevel.WARNING: Mark.WARNING, NoticeLevel.NONE: Mark.NOTICE}
MARK_ROLES = {Mark.CRITICAL: Role.CRITICAL, Mark.WARNING: Role.WARNING, Mark.BLIND: Role.BLIND}
_AREAS = {area.value: area for area in Area}
_SIGNS = {"<=": "≤", ">=": "≥", "!=": "≠"}

#: How an alarm ended, in the words of the Cleared panel.
ENDINGS = {
    Reason.RECOVERED: "By itself",
    Reason.KEPT: "By itself",
    Reason.NO_DATA: "No data any more",
    Reason.DATA_BACK: "Data is back",
    Reason.OFF_HOURS: "Alert's hours are over",
    Reason.COMPANY_GONE: "Company is gone",
    Reason.RULE_DISABLED: "Alert switched off",
    Reason.RULE_DELETED: "Alert deleted",
    Reason.RULE_CHANGED: "Alert no longer looks at it",
    Reason.SOURCE_BACK: "Switch answers again",
}


@dataclass(frozen=True, slots=True)
class Story:
    """What was written about an alarm: its transitions and its deliveries, both oldest first. Not `known`: not read yet."""

    transitions: tuple[Transition, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    known: bool = True

    @property
    def phase(self) -> Phase:
        """Return where its rule stands on it now."""
        return self.transitions[-1].after if self.transitions else Phase.RAISED

    def of(self, cause: Cause) -> tuple[Delivery, ...]:
        """Return the deliveries of one cause."""
        return tuple(each for each in self.deliveries if each.facts.cause is cause)

    @property
    def telling(self) -> tuple[Delivery, ...]:
        """Return the deliveries that tell of it: raised, raised to critical, told again."""
        return tuple(each for each in self.deliveries if each.facts.cause in (Cause.RAISED, Cause.REPEAT))


NO_STORY = Story(known=False)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story. `at` None: it has not happened yet. `rest` follows the words in regular weight."""

    at: datetime | None
    words: str
    bold: bool = False
    rest: str = ""
    role: Role = Role.TEXT


def mark_of(alarm: Alarm) -> Mark:
    """Return the mark of an alarm: blind for an unreachable switch, else by its level."""
    return Mark.BLIND if alarm.key.rule_kind is RuleKind.SWITCH else LEVEL_MARKS[alarm.level]


def form_of(alarm: Alarm) -> Form:
    """Return what people did about it."""
    if not alarm.active:
        return Form.CLEARED
    return Form.ACTIVE if alarm.acked_at is None else Form.TAKEN


def decimals_of(area: str) -> int:
    """Return how many decimals values of an area have."""
    found = _AREAS.get(area)
    return found.facts.decimals if found is not None else 1


def value_shown(alarm: Alarm, value: float) -> Shown:
    """Return a value of the alarm's area with its unit."""
    return Shown(text.number(value, decimals_of(alarm.area)), alarm.unit)


def limit_shown(alarm: Alarm, value: float) -> Shown:
    """Return a limit of the alarm's area without needless zeros: `33 %`, `4.5 s`."""
    number = text.number(value, decimals_of(alarm.area))
    return Shown(number.rstrip("0").rstrip(".") if "." in number else number, alarm.unit)


def is_silence(alarm: Alarm) -> bool:
    """Return whether an alarm is about missing data: that is its limit then."""
    return alarm.limit.startswith("no data")


def limit_words(alarm: Alarm, alert: Alert | None, *, unit: bool = False) -> str:
    """Return the condition: `< 30`; of the alert as it is now, else as it was when the alarm was raised."""
    threshold = None if alert is None or is_silence(alarm) else limits_at(alert, alarm.level)[0]
    if alert is not None and threshold is not None:
        sign = _SIGNS.get(alert.operator.value, alert.operator.value)
        shown = limit_shown(alarm, threshold)
        return f"{sign} {shown.joined if unit else shown.number}"
    words = alarm.limit
    for plain, shown_sign in _SIGNS.items():
        words = words.replace(plain, shown_sign)
    return words if unit else words.removesuffix(alarm.unit).rstrip(f" {THIN}")


def sample_words(alarm: Alarm, calls: int | None) -> str:
    """Return what a value rests on: `294 attempts`, `one reading`; empty when that is not known."""
    area = _AREAS.get(alarm.area)
    if area is not None and area.is_reading:
        return "one reading"
    if area is None or calls is None or area is Area.SCRIPT:
        return ""
    word = area.facts.rests_on
    return text.plural(calls, "attempt") if word == "attempts" else f"{text.number(calls)} {word}"


def clears_words(alarm: Alarm, alert: Alert) -> str:
    """Return when it clears: `Clears above 33.0 %`, with how long it must stay so."""
    stays = f" for {text.exact_span(alert.keep)}" if alert.keep else ""
    threshold, reset = limits_at(alert, NoticeLevel.WARNING)  # of two limits the warning's: it is left last
    limit = threshold if reset is None else reset
    if limit is None:
        return f"Clears by its script{stays}"
    if is_silence(alarm):
        return f"Clears with a value{stays}"
    shown = limit_shown(alarm, limit).joined
    if reset is not None and alert.operator.fires_below:
        return f"Clears above {shown}{stays}"
    if reset is not None and alert.operator.fires_above:
        return f"Clears below {shown}{stays}"
    words = {
        Operator.LT: f"at {shown} or more",
        Operator.LE: f"above {shown}",
        Operator.GT: f"at {shown} or less",
        Operator.GE: f"below {shown}",
        Operator.EQ: f"when it is not {shown}",
        Operator.NE: f"when it is {shown}",
    }
    return f"Clears {words[alert.operator]}{stays}"


# --- who was told ------------------------------------------------------------------------------------------------------------

_NOT_TOLD = {
    Told.NO_RECIPIENT.value: "has no recipient",
    Told.LEVEL_NONE.value: "told nobody: level none",
    Told.RECOVERY_OFF.value: "told nobody: message off",
}


def _who(deliveries: Sequence[Delivery]) -> str:
    """Return who they went to: `noc@…`, `the tray`, `3 people`."""
    mails = list(dict.fromkeys(each.recipient for each in deliveries if each.channel is not Channel.TRAY))
    if not mails:
        return "tray"
    if len(mails) == 1 and "@" not in mails[0]:
        return mails[0]
    if len(mails) > 1:
        return f"{text.number(len(mails))} people"
    return f"{mails[0].partition('@')[0]}@…"


def told_words(story: Story, zone: tzinfo) -> tuple[str, Role]:
    """Return who was told and when, or why nobody was: `told noc@… 03:59`, `mail waits: not set up`."""
    raised = story.telling
    # a desktop that shows nothing is no failure of telling while there is a mail; the story has it in full
    lost = [each for each in raised if each.state is DeliveryState.FAILED]
    failed = [each for each in lost if each.channel is Channel.EMAIL]
    waiting = [each for each in raised if each.state is DeliveryState.WAITING]
    sent = [each for each in raised if each.state is DeliveryState.SENT]
    mailed = [each for each in sent if each.channel is Channel.EMAIL]
    if failed and not mailed:
        return f"mail to {_who(failed)} failed", Role.WARNING
    if sent:
        best = mailed or sent
        at = max(each.sent_at or each.created_at for each in best)
        return f"told {_who(best)} {text.clock(at, zone)}", Role.MUTED
    if waiting:
        tried = any(each.tries for each in waiting)
        return _waits(waiting, zone), Role.WARNING if tried else Role.MUTED
    if lost:
        return "not shown on the desktop", Role.MUTED
    if raised:
        return f"nobody told: {raised[0].answer.rstrip('.') or 'dropped'}", Role.MUTED
    code = next((each.told for each in reversed(story.transitions) if each.told), "")
    return _NOT_TOLD.get(code, ""), Role.WARNING if code == Told.NO_RECIPIENT.value else Role.MUTED


def _waits(waiting: Sequence[Delivery], zone: tzinfo) -> str:
    """Return why messages still wait."""
    first = waiting[0]
    what = "mail" if first.channel is Channel.EMAIL else "tray"
    if first.answer.startswith(NOT_SET_UP):
        return f"{what} waits: e-mail is not set up"
    if first.tries:
        return f"{what} waits, next try {text.clock(first.next_at, zone)}"
    return f"{what} is being sent"


# --- what happens next -------------------------------------------------------------------------------------------------------


def next_words(
    alarm: Alarm, alert: Alert | None, story: Story, switch: str, blind: bool, now: datetime, zone: tzinfo
) -> tuple[str, str]:
    """Return what happens without anybody acting, and its consequence, for an active alarm of an alert."""
    if blind:
        return f"Waits for {switch}", "judged when it answers"
    if alert is None:
        return "Ends at the next check", "its alert is gone"
    if not alert.enabled:
        return "Ends at the next check", "its alert is off"
    if not alert.is_active(now) and alert.paused_until is not None:
        return f"Not judged until {text.time_of(alert.paused_until, now, zone)}", "its alert is paused"
    if story.phase is Phase.CLEARING:
        at = story.transitions[-1].at + alert.keep
        return f"Clears about {text.clock(max(at, now), zone)}", "if it stays past the reset"
    if alarm.value is None and not is_silence(alarm) and alert.min_calls and not alert.area.is_reading:
        return f"Judged again at {text.plural(alert.min_calls, 'call')}", "stays in alarm until then"
    return clears_words(alarm, alert), _message_next(alert, alarm, story, now, zone)


def _message_next(alert: Alert, alarm: Alarm, story: Story, now: datetime, zone: tzinfo) -> str:
    """Return what becomes of messages and blocks: still waiting, told again at a time, a block when, a mail when it clears."""
    if not story.known:
        return ""
    told = story.telling
    waiting = [each for each in told if each.state is DeliveryState.WAITING and each.tries]
    if waiting:
        return _waits(waiting, zone)
    penalty = alert.penalty
    if penalty is not None and penalty.after and alarm.level is alert.level and alarm.value is not None:
        due = alarm.raised_at + penalty.after
        if due > now:
            return f"asks for a block {text.clock(due, zone)}"
    going = [each for each in told if each.state in (DeliveryState.SENT, DeliveryState.WAITING)]
    if not going:
        return "without a message"
    if alarm.acked_at is None and alert.repeat.kind is not RepeatKind.NONE:
        again = next_after(alert.repeat, max(now, going[-1].created_at), alarm.raised_at)
        if again is not None:
            return f"told again {text.time_of(again, now, zone)}"
    if not alert.tell_recovery:
        return "without a message"
    what = "mail" if any(each.channel is Channel.EMAIL for each in going) else "tray"
    return f"{what} when it clears"


def switch_next(
    next_try: datetime | None, raises_at: datetime | None, tries: int, now: datetime, zone: tzinfo
) -> tuple[str, str]:
    """Return what happens to a switch that does not answer. `raises_at`: when its alarm is raised, None = it is."""
    left = None if next_try is None else next_try - now
    if left is None or left <= timedelta(0):
        first = "Tries again now"
    else:
        first = f"Tries again in {text.span(left + timedelta(milliseconds=999))}"
    if raises_at is not None:
        return first, f"alarm at {text.clock(raises_at, zone)} if it stays" if raises_at > now else "alarm is being raised"
    return first, f"tried {text.plural(tries, 'time')}" if tries else ""


# --- how it came -------------------------------------------------------------------------------------------------------------

_STATE_WORDS = {
    DeliveryState.SENT: "",
    DeliveryState.WAITING: "waits, ",
    DeliveryState.FAILED: "failed, ",
    DeliveryState.DROPPED: "not sent, ",
}


_ABOUT = {Cause.CLEARED: ", that it cleared", Cause.REPEAT: ", once more", Cause.EASED: ", that it is a warning now"}


def delivery_line(delivery: Delivery) -> Line:
    """Return what became of one message: `E-mail noc@tessera.example: 250 OK`."""
    names = {Channel.EMAIL: "E-mail", Channel.SMS: "SMS"}
    where = f"{names[delivery.channel]} {delivery.recipient}" if delivery.channel in names else "Tray"
    answer = delivery.answer.strip()
    if not answer:
        answer = "sent" if delivery.state is DeliveryState.SENT else "on its way"
    again = _ABOUT.get(delivery.facts.cause, "")
    state = _STATE_WORDS[delivery.state]
    sent_or_tray = delivery.state is DeliveryState.SENT or delivery.channel is not Channel.EMAIL
    calm = sent_or_tray or answer in (DEMO_SENDS_NOTHING, "on its way")
    words = f"{where}{again}: {state}{answer[:1].lower() + answer[1:] if state else answer}".rstrip(".")
    return Line(delivery.sent_at or delivery.created_at, words, role=Role.TEXT if calm else Role.WARNING)


def transition_line(change: Transition) -> Line:
    """Return what one transition was, with the value it rested on."""
    sentence = change.text.strip().rstrip(".")
    if not change.before.in_alarm and change.after is Phase.RAISED:
        return Line(change.at, "Alarm raised", bold=False, rest=f": {sentence}" if sentence else "")
    if change.reason in LEVELS:
        return Line(change.at, LEVELS[change.reason], rest=f": {sentence}" if sentence else "")
    if change.before.in_alarm and change.after is Phase.NORMAL:
        return Line(change.at, "Cleared", rest=f": {sentence}" if sentence else "")
    return Line(change.at, sentence or change.reason.value.capitalize())


def story_lines(alarm: Alarm, story: Story) -> list[Line]:
    """Return what happened so far in order of time, without what comes next."""
    lines = [transition_line(each) for each in story.transitions]
    lines += [delivery_line(each) for each in story.deliveries]
    raised = next((each for each in story.transitions if each.told), None)
    if raised is not None and raised.told in _NOT_TOLD and not story.deliveries:
        why = {
            Told.NO_RECIPIENT.value: "the alert names nobody and its tray is off",
            Told.LEVEL_NONE.value: "the notice level is none",
        }.get(raised.told, raised.told)
        lines.append(Line(raised.at, f"Nobody was told: {why}", role=Role.WARNING))
    if alarm.acked_at is not None:
        note = f": {alarm.ack_note}" if alarm.ack_note else ""
        lines.append(Line(alarm.acked_at, f"{alarm.acked_by or 'Somebody'} took it", rest=note))
    return sorted(lines, key=lambda line: line.at or alarm.raised_at)


# --- the page ----------------------------------------------------------------------------------------------------------------


def head_sentence(total: int, critical_open: int, critical: int, blind: int, hidden_critical: int) -> tuple[str, Role]:
    """Return the state in one sentence: `7 alarms, 2 of them critical and nobody has taken them`."""
    if hidden_critical:
        ones = "a critical one" if hidden_critical == 1 else f"{text.number(hidden_critical)} critical ones"
        return f"{text.plural(total, 'alarm')}, the filter hides {ones}", Role.CRITICAL
    if not total:
        return "", Role.MUTED
    alarms = text.plural(total, "alarm")
    if critical_open:
        them = "it" if critical_open == 1 else "them"
        what = "critical" if total == 1 else f"{text.number(critical_open)} of them critical"
        return f"{alarms}, {what} and nobody has taken {them}", Role.MUTED
    if critical:
        return f"{alarms}, {'the critical one is' if critical == 1 else 'the critical ones are'} taken", Role.MUTED
    if blind:
        return f"{alarms}, {text.plural(blind, 'switch', 'switches')} blind, none critical", Role.MUTED
    return f"{alarms}, none critical", Role.MUTED


def interval_words(low: float, high: float) -> str:
    """Return a 95 % interval: `95 %: 3.4 to 8.7 %`."""
    return f"95{THIN}%: {text.number(low, 1)} to {text.number(high, 1)}{THIN}%"


def plain(words: str) -> str:
    """Return text for the clipboard of another program: plain spaces and minus signs."""
    return words.replace(THIN, " ").replace(MINUS, "-")
