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

# A Message-ID longer than a header line is folded into an encoded word, which no mail reader threads by (RFC 5322 2.1.1).
_MAX_DOMAIN = 32
_FALLBACK_DOMAIN = "noc-alerts.invalid"  # RFC 2606: belongs to nobody


def decide(
    cause: Cause,
    level: NoticeLevel,
    recipients: Iterable[str],
    tray: bool,
    tell_recovery: bool,
    told_before: Collection[Target],
) -> tuple[Told, list[Target]]:
    """Give the code that is kept with the transition and the targets, e-mail first, each once; empty unless TOLD.

    Level None is ConnexCS's default severity and its mails go out all the same, so named recipients are mailed at every
    level; but it never pops up on a desktop. LEVEL_NONE is the reason when that leaves nobody.
    A recovery goes to those in `told_before` (who were told of this alarm), whoever the rule names by now: nobody is
    left with an alarm that never ended, and nobody hears of the end of something unheard of. A test goes where the
    alarm would go.
    """
    if cause is Cause.CLEARED:
        if not tell_recovery:
            return Told.RECOVERY_OFF, []
        targets = sorted(set(told_before), key=lambda target: (target[0] is Channel.TRAY, target[1]))
    else:
        targets = [(Channel.EMAIL, address) for address in _each_once(recipients)]
        if tray and level is not NoticeLevel.NONE:
            targets.append((Channel.TRAY, TRAY_RECIPIENT))
    if targets:
        return Told.TOLD, targets
    return (Told.LEVEL_NONE if level is NoticeLevel.NONE else Told.NO_RECIPIENT), []


def told_targets(deliveries: Iterable[Delivery]) -> set[tuple[Channel, str]]:
    """Give who is told of an alarm by its deliveries: all that went out or still will; for `decide`."""
    gone = (DeliveryState.FAILED, DeliveryState.DROPPED)
    return {
        (delivery.channel, delivery.recipient)
        for delivery in deliveries
        if delivery.facts.cause is Cause.RAISED and delivery.state not in gone
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


def _each_once(addresses: Iterable[str]) -> list[str]:
    """Keep the first of addresses that differ only in case or surrounding spaces; drop empty ones."""
    seen: dict[str, str] = {}
    for address in addresses:
        if address.strip():
            seen.setdefault(address.strip().casefold(), address.strip())
    return list(seen.values())
