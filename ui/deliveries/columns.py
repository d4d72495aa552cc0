"""What the Deliveries list shows of a message.

Pure values; any thread. Times are in the user's zone.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from noc_alerts.model.deliveries import Cause, Channel, DeliveryState
from noc_alerts.store.outbox import DeliveryLine
from ui import text
from ui.marks import Form, Mark
from ui.prefs import prefs
from ui.table_spec import Align, Cell, Column
from ui.theme import Role

CHANNELS = {Channel.EMAIL: "E-mail", Channel.TRAY: "Tray", Channel.SMS: "SMS"}
CHANNEL_ICONS = {Channel.EMAIL: "mail", Channel.TRAY: "tray", Channel.SMS: "sms"}
WHY = {
    Cause.RAISED: "Raised",
    Cause.REPEAT: "Once more",
    Cause.EASED: "Eased",
    Cause.CLEARED: "Cleared",
    Cause.REPORT: "Report",
    Cause.TEST: "Test",
}
STATES = {
    DeliveryState.WAITING: "Waiting",
    DeliveryState.SENT: "Sent",
    DeliveryState.FAILED: "Failed",
    DeliveryState.DROPPED: "Dropped",
}
#: Outlined: the filled mark is for alarms that nobody has. What waits has no mark, only a clock.
MARKS = {
    DeliveryState.SENT: (Mark.OK, Form.ACTIVE),
    DeliveryState.FAILED: (Mark.CRITICAL, Form.TAKEN),
    DeliveryState.DROPPED: (Mark.NOTICE, Form.CLEARED),
}
WAITING_ICON = "clock"
_WEEK = timedelta(days=6)  # older times name day and month, which leaves no room for seconds; the tooltip has them


def state_tone(line: DeliveryLine) -> Role:
    """Return the colour of the state's word: only what went wrong, or was not taken so far, has one."""
    if line.state is DeliveryState.FAILED:
        return Role.CRITICAL
    if line.state is DeliveryState.WAITING:
        return Role.WARNING if line.tries else Role.TEXT
    return Role.MUTED


def subject_words(line: DeliveryLine) -> str:
    """Return the subject as sent; of a message that is not written yet what it will be about."""
    return line.subject or f"{line.title}, {line.about}".strip(", ")


def _time(line: DeliveryLine) -> Cell:
    now = datetime.now(UTC)
    words = text.time_of(line.created_at, now, prefs.zone, with_seconds=now - line.created_at < _WEEK)
    return Cell(words, tone=Role.MUTED, tooltip=text.both_zones(line.created_at, prefs.zone, prefs.other_zone))


def _channel(line: DeliveryLine) -> Cell:
    return Cell(CHANNELS[line.channel], icon=CHANNEL_ICONS[line.channel], tone=Role.MUTED)


def _subject(line: DeliveryLine) -> Cell:
    if line.subject:
        return Cell(line.subject)
    return Cell(subject_words(line), after="not written yet", tone=Role.MUTED)


def _state(line: DeliveryLine) -> Cell:
    tone = state_tone(line)
    if line.state is DeliveryState.WAITING:
        at = text.time_of(line.next_at, datetime.now(UTC), prefs.zone, with_seconds=True)
        return Cell(STATES[line.state], icon=WAITING_ICON, tone=tone, tooltip=f"Next try at {at}")
    mark, form = MARKS[line.state]
    return Cell(STATES[line.state], mark=mark, form=form, tone=tone)


COLUMNS: tuple[Column[DeliveryLine], ...] = (
    Column("time", "Time", lambda d: d.created_at, _time, width=106, min_width=84, fixed=True, sortable=False),
    Column("channel", "Channel", lambda d: CHANNELS[d.channel], _channel, width=98, min_width=96, sortable=False),
    Column("to", "To", lambda d: d.recipient, lambda d: Cell(d.recipient), width=124, min_width=80, sortable=False),
    Column("subject", "Subject", subject_words, _subject, width=320, min_width=140, stretch=True, sortable=False),
    Column("why", "Why", lambda d: WHY[d.cause], lambda d: Cell(WHY[d.cause]), width=100, min_width=96, sortable=False),
    Column("state", "State", lambda d: STATES[d.state], _state, width=110, min_width=108, fixed=True, sortable=False),
    Column("tries", "Tries", lambda d: d.tries, lambda d: text.count(d.tries), Align.RIGHT, width=58, sortable=False),
    Column(
        "answer",
        "Answer",
        lambda d: d.answer,
        lambda d: Cell(d.answer, tone=Role.MUTED),
        width=240,
        min_width=80,
        stretch=True,
        sortable=False,
    ),
)


def spoken(line: DeliveryLine) -> str:
    """Say a message for screen readers."""
    parts = (
        f"{CHANNELS[line.channel]} to {line.recipient}",
        subject_words(line),
        WHY[line.cause].lower(),
        text.clock_seconds(line.created_at, prefs.zone),
        STATES[line.state].lower(),
        text.plural(line.tries, "try", "tries"),
        line.answer,
    )
    return ", ".join(part for part in parts if part)
