"""What a channel is to the deliverer, and the desktop's own channel.

The deliver thread uses both. Must not import Qt nor the store.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from noc_alerts.model.deliveries import Channel, Delivery
from noc_alerts.notify.render import Message, channel_texts

NOT_SET_UP = "E-mail is not set up. Set up messages in Settings."


class ChannelSession(Protocol):
    """A channel that is open for a batch of messages."""

    def send(self, delivery: Delivery, message: Message) -> str:
        """Hand one message over and give the provider's answer. Raises DeliveryError when it was not taken."""


class ChannelSender(Protocol):
    """A way to reach people. Leaving a session lets go of its connection and never raises."""

    def session(self) -> AbstractContextManager[ChannelSession]:
        """Open the channel for a batch. Connects with the first message at the latest, so that it cannot fail here."""


class TraySender(Protocol):
    """What the window gives: popups on the desktop it stands on. Called on the deliver thread."""

    def show(self, subject: str, body: str, level: str) -> str:
        """Show one popup and say how. `level`: a NoticeLevel's value. Raises DeliveryError when nothing was shown."""


class TrayChannel:
    """Popups on the desktop, through the window that is open."""

    def __init__(self, sender: TraySender) -> None:
        self._sender = sender

    @contextmanager
    def session(self) -> Iterator[ChannelSession]:
        """Give itself: there is nothing to connect."""
        yield self

    def send(self, delivery: Delivery, message: Message) -> str:
        """Show the message: as the template's push parts say it, or its subject and text."""
        subject, body = channel_texts(message, Channel.TRAY)
        return self._sender.show(subject, body, delivery.facts.level)
