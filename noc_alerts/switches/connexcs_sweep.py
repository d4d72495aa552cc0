"""Which records to ask a ConnexCS account for, so that none is missed and few are read twice.

Pure; no I/O. Must not import Qt, the store or the network.

The trap: `dt`, the only thing to ask by, is when a call began; its record appears when it has ended. Asking only for what
came after the newest `dt` would lose every long call. So the reading is a *sweep* that finds each record which appeared since
the last sweep, at `known`:

- A record appears at most `late` after its call's end, so what is new has `end > known - late =: edge`.
- A call rings at most `RINGING` before it is answered or given up, so `end <= dt + RINGING + duration`.
- Of calls with `dt >= edge - RINGING` all are read again: some minutes of traffic.
- Of older ones only those can be new whose `duration > edge - RINGING - dt`. They are asked for in slices of `dt` with that
  condition: of the calls that began two to eight minutes earlier only those longer than two minutes, and so on back to the
  longest call. That is little: most calls are short.
- The slices over half an hour old are asked for every other minute with a `known` of their own.

Every read is a whole sweep: one that showed at once what failed and what was answered only later would read ASR too low in
between, and raise alarms that are none. What is missed: a record whose call rang longer than `RINGING`, lasted longer than
`longest`, or appeared later than `late` after its end.

An account that cannot filter by duration is swept without that condition: ten minutes back each time, and every ten minutes
as far back as the longest call, at most four hours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import msgspec

#: A proxy gives up a ringing call after its Timer C, which is longer than 3 minutes (RFC 3261, 16.6 step 11).
RINGING: Final = timedelta(seconds=200)
LATE: Final = timedelta(seconds=60)
LONGEST: Final = timedelta(hours=24)
LONGEST_UNFILTERED: Final = timedelta(hours=4)

#: A sweep that was broken off longer ago than this is finished, and another one follows at once.
BEHIND_MS: Final = 20_000
FAR_EVERY_MS: Final = 120_000
FAR_EVERY_UNFILTERED_MS: Final = 600_000
#: Asked for beyond the switch's own time, which is told in whole seconds and maybe by another machine of it.
AHEAD_MS: Final = 120_000

_MINUTE = 60_000
_NEAR_AGES_MS = (2 * _MINUTE, 8 * _MINUTE, 30 * _MINUTE)
_FAR_AGES_MS = (120 * _MINUTE, 480 * _MINUTE)
_NEAR_UNFILTERED_MS = (10 * _MINUTE,)


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """How far the records were read; all times are UTC ms of the switch's clock, 0 = none.

    `known`, `far`: start of the last complete sweep, near and far. `at`, `dt`: a sweep that is under way began at `at` and has
    read up to `dt`. `final`, `touched`: for accounts without failed calls: up to where their statistics are read for good, and
    at all. `page`: counts the pages, so that no two cursors are the same. `begin`: calls that began earlier are not asked for; of
    them only the long ones would be found, and ASR would read 100 % where history begins.
    """

    known: int
    far: int
    at: int = 0
    dt: int = 0
    final: int = 0
    touched: int = 0
    page: int = 0
    begin: int = 0


def cursor_text(cursor: Cursor) -> str:
    """Write a cursor as the store keeps it."""
    return msgspec.json.encode(cursor).decode()


def cursor_from(text: str) -> Cursor:
    """Read a cursor back. Raises ValueError."""
    try:
        return msgspec.json.decode(text, type=Cursor)
    except msgspec.DecodeError as error:
        raise ValueError(f"not a cursor: {text[:80]!r}") from error


@dataclass(frozen=True, slots=True)
class Slice:
    """Records to ask for: `since <= dt < until` (UTC ms), and with `longer_s` only those with a longer duration."""

    since_ms: int
    until_ms: int
    longer_s: int | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back a sweep has to look."""

    late: timedelta = LATE
    longest: timedelta = LONGEST
    filtered: bool = True  # the account can filter by duration

    @property
    def slack_ms(self) -> int:
        """Give how long before its record's appearance a call of no duration can have begun."""
        return (self.late + RINGING) // timedelta(milliseconds=1)

    @property
    def longest_ms(self) -> int:
        """Give the longest call that is looked for."""
        longest = self.longest if self.filtered else min(self.longest, LONGEST_UNFILTERED)
        return longest // timedelta(milliseconds=1)

    @property
    def far_every_ms(self) -> int:
        """Give how often the far slices are asked for."""
        return FAR_EVERY_MS if self.filtered else FAR_EVERY_UNFILTERED_MS


def newest(cursor: Cursor, at_ms: int, reach: Reach) -> Slice:
    """Give the first part of the sweep at `at_ms`: everything that began since shortly before the last one."""
    since = max(cursor.dt, cursor.known - reach.slack_ms) if cursor.at else cursor.known - reach.slack_ms
    return Slice(max(since, cursor.begin), at_ms + AHEAD_MS)


def is_far_due(cursor: Cursor, at_ms: int, reach: Reach) -> bool:
    """Tell whether the far slices belong to the sweep at `at_ms`."""
    return at_ms - cursor.far >= reach.far_every_ms


def older(cursor: Cursor, reach: Reach, *, far: bool) -> Iterator[Slice]:
    """Give the rest of a sweep: slices of what began before its first part, youngest first."""
    top = cursor.known - reach.slack_ms
    ages: tuple[int, ...] = _NEAR_AGES_MS if reach.filtered else _NEAR_UNFILTERED_MS
    ages = tuple(age for age in ages if age < reach.longest_ms)
    yield from _slices(top, [top - age for age in ages], cursor.known - reach.slack_ms, cursor.begin, reach)
    if far:
        # from where the near slices end to the longest call, held against the last *far* sweep
        edge = cursor.far - reach.slack_ms
        far_ages = (*(_FAR_AGES_MS if reach.filtered else ()), reach.longest_ms)
        bounds = [edge - age for age in far_ages if age <= reach.longest_ms]
        yield from _slices(top - (ages[-1] if ages else 0), bounds, edge, cursor.begin, reach)


def _slices(top: int, bounds: list[int], edge: int, begin: int, reach: Reach) -> Iterator[Slice]:
    for bound in (max(bound, begin) for bound in bounds):
        if bound < top:
            longer = max(0, edge - top) // 1000 if reach.filtered else None
            yield Slice(bound, top, longer)
            top = bound
