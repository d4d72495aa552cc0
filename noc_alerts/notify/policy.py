"""Who is told of a change, or the one reason why nobody is.

Pure: the engine thread calls it while it makes the deliveries of a tick. Imports the model only.
"""

import uuid
from collections.abc import Collection, Iterable

from noc_alerts.model.alarms import Told
from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.deliveries import Cause, Channel, Delivery, DeliveryState

#: The recipient of a tray delivery: the desktop of whoever has the window open.
TRAY_RECIPIENT = "desktop"

Target = tuple[Channel, str]

_ORDER = (Channel.EMAIL, Channel.SMS, Channel.TRAY)
_ON = frozenset({Cause.RAISED, Cause.REPEAT, Cause.EASED})  # what tells that an alarm is on

# A Message-ID longer than a header line is folded into an encoded word, which no mail reader threads by (RFC 5322 2.1.1).
_MAX_DOMAIN = 32
_FALLBACK_DOMAIN = "noc-alerts.invalid"  # RFC 2606: belongs to nobody


def decide(
    cause: Cause,
    level: NoticeLevel,
    targets: Iterable[Target],
    tray: bool,
    tell_recovery: bool,
    told_before: Collection[Target],
) -> tuple[Told, list[Target]]:
    """Give the code that is kept with the transition and the targets: e-mail, SMS, tray, each once; empty unless TOLD.

    `targets`: the rule's recipients as recipients.resolve gives them. Level None is ConnexCS's default severity and its
    mails go out all the same, so named recipients are told at every level; but it never pops up on a desktop. LEVEL_NONE
    is the reason when that leaves nobody.
    A recovery goes to those in `told_before` (who were told of this alarm), whoever the rule names by now: nobody is
    left with an alarm that never ended, and nobody hears of the end of something unheard of. The same holds for an alarm
    that eased. A repeat goes where the engine says: to whom the rule names now. A test goes where the alarm would go.
    """
    if cause is Cause.CLEARED and not tell_recovery:
        return Told.RECOVERY_OFF, []
    if cause in (Cause.CLEARED, Cause.REPEAT, Cause.EASED):
        told = sorted(set(told_before), key=lambda target: (_ORDER.index(target[0]), target[1]))
    else:
        told = sorted(_each_once(targets), key=lambda target: _ORDER.index(target[0]))
        if tray and level is not NoticeLevel.NONE:
            told.append((Channel.TRAY, TRAY_RECIPIENT))
    if told:
        return Told.TOLD, told
    return (Told.LEVEL_NONE if level is NoticeLevel.NONE else Told.NO_RECIPIENT), []


def told_targets(deliveries: Iterable[Delivery]) -> set[Target]:
    """Give who is told that an alarm is on, by its deliveries: all that went out or still will; for `decide`."""
    gone = (DeliveryState.FAILED, DeliveryState.DROPPED)
    return {
        (delivery.channel, delivery.recipient)
        for delivery in deliveries
        if delivery.facts.cause in _ON and delivery.state not in gone
    }


def message_id(domain: str) -> str:
    """Make a Message-ID that nobody has used, in angle brackets (RFC 5322 3.6.4).

    `domain`: the sender's mail domain; one that is no plain or too long a name is replaced by a reserved one.
    """
    plain = domain.strip().strip(".").lower()
    labels = plain.split(".")
    usable = 0 < len(plain) <= _MAX_DOMAIN and all(label and label.isascii() and _is_label(label) for label in labels)
    return f"<{uuid.uuid4().hex}@{plain if usable else _FALLBACK_DOMAIN}>"


def _is_label(label: str) -> bool:
    """Tell whether it is a label of a host name (RFC 1123 2.1)."""
    return label.replace("-", "").isalnum() and label[0] != "-" and label[-1] != "-"


def _each_once(targets: Iterable[Target]) -> list[Target]:
    """Keep the first of targets that differ only in case or surrounding spaces; drop empty ones and the tray."""
    seen: dict[Target, Target] = {}
    for channel, address in targets:
        if address.strip() and channel is not Channel.TRAY:
            seen.setdefault((channel, address.strip().casefold()), (channel, address.strip()))
    return list(seen.values())
