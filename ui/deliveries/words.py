"""The sentence of the page head: how many messages wait and why, and when each channel last took one.

Pure functions; any thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo

from noc_alerts.model.deliveries import Channel, DeliveryState
from noc_alerts.notify.channels import NOT_SET_UP
from noc_alerts.store.outbox import DeliveryLine
from ui import text
from ui.deliveries.columns import CHANNELS

_SAID = 2  # reasons that are named; more would not be read
_LONGEST = 90  # characters of one reason


def waits_words(waiting: int, lines: Iterable[DeliveryLine], now: datetime, zone: tzinfo) -> str:
    """Say how many wait and why, the most frequent reason first: `3 wait: e-mail is not set up`; empty when none does.

    `lines`: the messages listed, newest first; `waiting` counts also those that are older.
    """
    if not waiting:
        return ""
    count = f"{text.number(waiting)} {'waits' if waiting == 1 else 'wait'}"
    reasons = _reasons(lines, now, zone)
    if not reasons:
        return f"{count}, made before the messages listed here"
    most = reasons.most_common(_SAID)
    if len(reasons) == 1:
        return f"{count}: {most[0][0]}"
    named = ", ".join(f"{words} ({text.number(many)})" for words, many in most)
    return f"{count}: {named}{' and other reasons' if len(reasons) > _SAID else ''}"


def _reasons(lines: Iterable[DeliveryLine], now: datetime, zone: tzinfo) -> Counter[str]:
    """Count why messages wait; one that only follows an earlier message to the same recipient waits for the reason of that."""
    first: dict[object, str] = {}
    found: Counter[str] = Counter()
    for line in sorted((each for each in lines if each.state is DeliveryState.WAITING), key=lambda each: each.id):
        reason = _reason(line, now, zone)
        if line.alarm_id is not None:
            reason = first.setdefault((line.alarm_id, line.channel, line.recipient), reason)
        found[reason] += 1
    return found


def _reason(line: DeliveryLine, now: datetime, zone: tzinfo) -> str:
    if line.answer == NOT_SET_UP:
        return "e-mail is not set up"
    if line.answer:
        words = line.answer.partition(". ")[0].rstrip(".")
        return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1].rstrip()}…"
    return f"not before {text.time_of(line.next_at, now, zone)}" if line.next_at > now else "being sent now"


def sent_words(last_sent: Mapping[Channel, datetime], used: Iterable[Channel], now: datetime, zone: tzinfo) -> str:
    """Say when each channel last took a message: `Last sent: e-mail 04:12, tray 04:10, SMS never`; empty without any.

    `used`: channels that messages were made for, also where none was taken.
    """
    shown = {*last_sent, *used}
    parts = []
    for channel in (each for each in CHANNELS if each in shown):
        word = CHANNELS[channel] if channel is Channel.SMS else CHANNELS[channel].lower()
        at = last_sent.get(channel)
        parts.append(f"{word} {text.time_of(at, now, zone)}" if at is not None else f"{word} never")
    return f"Last sent: {', '.join(parts)}" if parts else ""
