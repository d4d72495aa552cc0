"""Reading the outbox apart from the window: 2,000 messages take some 25 ms, on a slow disk much longer.

`read_apart` is called on the window's thread and works on one thread of its own, in the order it was asked for; results
come back through `Bridge.run`. Not the thread of the errands: that one may wait for a person to unlock the keyring.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from noc_alerts.model.deliveries import Channel
from noc_alerts.store.outbox import DeliveryLine

if TYPE_CHECKING:
    from noc_alerts.store import Store

LIMIT = 2000  # messages listed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: all that is listed (`whole`), or what may have changed; newest first. `waiting` counts all that wait."""

    lines: tuple[DeliveryLine, ...]
    whole: bool
    waiting: int
    last_sent: dict[Channel, datetime]


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="deliveries")


def read_apart(work: Callable[[], T]) -> Future[T]:
    """Read apart from the window."""
    return _threads().submit(work)


def read_all(store: Store) -> Read:
    """Read the newest messages. Raises StoreError."""
    return Read(tuple(store.outbox.lines(LIMIT)), True, store.outbox.waiting(), store.outbox.last_sent())


def read_changes(store: Store, shown: tuple[int, int], waiting: Collection[int]) -> Read:
    """Read what may have changed in a list from one id to another that shows `waiting` ones. Raises StoreError.

    What the limit cuts off would not be listed any more. `last_sent` is empty: the list knows it by what was sent since.
    """
    lines = store.outbox.changed_lines(shown, waiting, LIMIT)
    return Read(tuple(lines), False, store.outbox.waiting(), {})
