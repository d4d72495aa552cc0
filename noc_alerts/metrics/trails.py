"""The calls of a window one by one, for what cannot be summed. Kept only while a rule or chart needs it. Engine thread only."""

import numpy as np

from noc_alerts.metrics import details
from noc_alerts.metrics.columns import Bools, Ints

#: Pages are put together when they hold so many calls, and at least as many as are kept.
_FOLD_AT = 4096
_NEVER = np.iinfo(np.int64).min


class Streaks:
    """The failures later than the last answered call of each row.

    Only those are kept: a failure at or before an answered call can never count again, for it leaves the window first. So a
    window of 200,000 calls keeps about as many as it counts. Calls may come late and in any order; an answered call that lies
    ahead of the window waits. A clock that goes back needs a new one, filled again.
    """

    def __init__(self) -> None:
        self._last = np.full(64, _NEVER, dtype=np.int64)  # row -> its last answered call
        self._at = self._rows = np.zeros(0, dtype=np.int64)  # failures after it
        self._new: list[tuple[Ints, Ints, Bools]] = []
        self._unread = 0
        self._fold_at = _FOLD_AT

    def add(self, at_ms: Ints, rows: Ints, answered: Bools, from_ms: int, to_ms: int) -> None:
        """Take calls; all [n]. The window is [from_ms, to_ms) now."""
        self._new.append((at_ms, rows, answered))
        self._unread += len(rows)
        if self._unread >= self._fold_at:
            self._fold(from_ms, to_ms)

    def column(self, from_ms: int, to_ms: int, count: int) -> Ints:
        """Count the failures of the window [from_ms, to_ms) after the last answered call in it. [count]"""
        self._fold(from_ms, to_ms)
        return np.bincount(self._rows[self._at < to_ms], minlength=count)

    def _fold(self, from_ms: int, to_ms: int) -> None:
        at, rows = self._at, self._rows
        if self._new:
            new_at, new_rows, answered = (np.concatenate(column) for column in zip(*self._new, strict=True))
            self._grow(int(new_rows.max(initial=-1)) + 1)
            now = answered & (new_at < to_ms)
            np.maximum.at(self._last, new_rows[now], new_at[now])
            ahead = answered & ~now
            self._new = [(new_at[ahead], new_rows[ahead], answered[ahead])] if ahead.any() else []
            at, rows = np.concatenate([at, new_at[~answered]]), np.concatenate([rows, new_rows[~answered]])
        keep = (at > self._last[rows]) & (at >= from_ms)
        self._at, self._rows = (at, rows) if keep.all() else (at[keep], rows[keep])
        self._unread = 0
        self._fold_at = max(_FOLD_AT, len(self._at) + sum(len(part[0]) for part in self._new))

    def _grow(self, rows: int) -> None:
        have = len(self._last)
        if rows > have:
            more = max(rows, 2 * have) - have
            self._last = np.concatenate([self._last, np.full(more, _NEVER, dtype=np.int64)])


class Numbers:
    """The numbers that called or were called in a window."""

    def __init__(self) -> None:
        self._columns: tuple[Ints, Ints, Ints] = (np.zeros(0, dtype=np.int64),) * 3
        self._new: list[tuple[Ints, Ints, Ints]] = []
        self._unread = 0

    def add(self, at_ms: Ints, rows: Ints, numbers: Ints, from_ms: int) -> None:
        """Take calls; all [n]. The window begins at `from_ms` now."""
        self._new.append((at_ms, rows, numbers))
        self._unread += len(rows)
        if self._unread >= max(_FOLD_AT, len(self._columns[0])):
            self._fold(from_ms)

    def column(self, from_ms: int, to_ms: int, count: int) -> Ints:
        """Count the distinct numbers of the window [from_ms, to_ms). [count]"""
        self._fold(from_ms)
        at, rows, numbers = self._columns
        inside = at < to_ms
        return details.distinct(rows[inside], numbers[inside], count)

    def _fold(self, from_ms: int) -> None:
        at, rows, numbers = (np.concatenate(column) for column in zip(self._columns, *self._new, strict=True))
        self._new, self._unread = [], 0
        keep = at >= from_ms
        self._columns = (at, rows, numbers) if keep.all() else (at[keep], rows[keep], numbers[keep])
