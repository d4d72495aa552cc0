"""Short work for a screen that may wait: the keyring (it may ask a person to unlock it), counting, writing a file.

`run_errand` is called on the window's thread and works on one thread of its own; results come back through `Bridge.run`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeVar

T = TypeVar("T")


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="errand")


def run_errand(work: Callable[[], T]) -> Future[T]:
    """Do work apart from the window, in the order it was asked for."""
    return _threads().submit(work)
