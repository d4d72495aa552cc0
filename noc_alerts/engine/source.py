"""One connection's live data: its views, the calls in progress, the latest readings, and how far it can be trusted.

Engine thread only. Knows no rules.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np

from noc_alerts.metrics.columns import NO_TIME, Bools, Calls, CodeMap, find_bad, make_calls
from noc_alerts.metrics.factors import Floats
from noc_alerts.metrics.grouping import Dictionaries, Grouping, Where
from noc_alerts.metrics.rings import View, Window
from noc_alerts.metrics.series import Timeline
from noc_alerts.model.companies import Company, CompanyKind, Dimension, Reading, ReadingKind, Subject
from noc_alerts.model.connections import Clock, Connection, Health, HealthState
from noc_alerts.notify.words import format_span
from noc_alerts.switches.protocol import LiveCall, State

ViewKey = tuple[tuple[Dimension, ...], Where]


class ReadCalls(Protocol):
    """Reads the stored calls of one source."""

    def __call__(self, from_ms: int, to_ms: int, where: Where = ()) -> Iterator[Calls]:
        """Give the pages of a period; with `where` only the calls of one subject."""


#: Up to so many check intervals old is fresh, then late, then blind (design/language.md section 4).
FRESH_INTERVALS, BLIND_INTERVALS = 1.5, 2.0
#: A read may take this long without making the data late.
READ_GRACE = timedelta(seconds=2)
#: An unchanged list of companies is written again after this.
SEEN_EVERY = timedelta(minutes=10)
#: A company that is missing from so many lists in a row is gone from the switch.
GONE_LISTS = 3
#: An answered call whose record never came is forgotten after this.
FORGET_LIVE = timedelta(hours=24)


def to_ms(at: datetime) -> int:
    """Give a moment in ms since 1970."""
    return round(at.timestamp() * 1000)


class Board:
    """The latest readings of one kind, a row a company, in order of first sight."""

    def __init__(self, kind: CompanyKind) -> None:
        self._kind = kind
        self._row: dict[str, int] = {}
        self.subjects: list[Subject] = []
        self._last: list[Reading | None] = []

    def row(self, subject: Subject) -> int:
        """Give the row of a company, making it when it is new."""
        name = subject.parts[0][1]
        row = self._row.get(name)
        if row is None:
            row = self._row[name] = len(self.subjects)
            self.subjects.append(subject)
            self._last.append(None)
        return row

    def take(self, readings: Iterable[Reading]) -> None:
        """Have exactly these readings now: a company that is not among them has none."""
        self._last = [None] * len(self._last)
        for reading in readings:
            self._last[self.row(Subject.company(self._kind, reading.name))] = reading

    def values(self) -> Floats:
        """Give the latest value of every row. [rows], NaN = none."""
        return np.array([np.nan if r is None else r.value for r in self._last], dtype=np.float64)

    def get(self, name: str) -> Reading | None:
        """Give the latest reading of a company."""
        row = self._row.get(name)
        return None if row is None else self._last[row]


class Source:
    """One connection as the engine sees it."""

    def __init__(self, connection: Connection, bad_records: int = 0) -> None:
        self.connection = connection
        self.codes = CodeMap()
        self.as_of: datetime | None = None
        self.companies: dict[tuple[CompanyKind, str], Company] = {}
        self.companies_kept: tuple[tuple[Company, ...], datetime] | None = None
        self.boards: dict[tuple[ReadingKind, CompanyKind], Board] = {}
        self.channels: float | None = None
        self.timelines: dict[int, Timeline] = {}
        self.believed = True  # its last list of companies is
        self.stale = False  # its views do not hold what the store holds: `require` must fill them first
        self._took = self._slow = timedelta(0)
        self._books = Dictionaries()
        self._groupings: dict[ViewKey, Grouping] = {}
        self._views: dict[ViewKey, View] = {}
        self._windows: dict[ViewKey, set[Window]] = {}
        self._answered: dict[str, tuple[LiveCall, datetime]] = {}  # counted while up, with when last seen
        self._up_since: datetime | None = None
        self._tagged: dict[tuple[CompanyKind, str], frozenset[str]] = {}
        self._missing: dict[tuple[CompanyKind, str], int] = {}  # companies the last lists did not have, with how many lists
        state = HealthState.WAITING if connection.enabled and connection.live else HealthState.OFF
        self._health = Health(connection.id or 0, state, bad_records=bad_records)
        self._failing = False

    @property
    def id(self) -> int:
        """Give the connection's id."""
        return self._health.connection_id

    # -- views -----------------------------------------------------------------------------------------------------------

    def grouping(self, key: ViewKey) -> Grouping:
        """Give the grouping of a view; its rows stay what they are as long as the program runs."""
        if key not in self._groupings:
            self._groupings[key] = Grouping(key[0], key[1], self._books)
        return self._groupings[key]

    def view(self, key: ViewKey) -> View:
        """Give an open view. Raises KeyError when nobody asked for it."""
        return self._views[key]

    def require(self, wanted: Mapping[ViewKey, set[Window]], read: ReadCalls, now: datetime) -> None:
        """Have exactly these views with these windows; fill those that are new or changed from the stored calls."""
        if self.stale:  # an earlier filling did not come to its end
            self._windows = {}
        changed = {key for key, windows in wanted.items() if self._windows.get(key) != windows}
        for gone in set(self._views) - set(wanted):
            del self._views[gone]
        self._windows = {key: set(windows) for key, windows in wanted.items()}
        for key in changed:
            self._views[key] = View(self.grouping(key), self.connection.clock, self.codes)
            self._views[key].open(self._windows[key])
        if not changed:
            return
        self.stale = True
        now_ms = to_ms(self.as_of or now)
        new = [self._views[key] for key in changed]
        for view in new:
            view.slide(now_ms)
        for page in read(now_ms - max(v.longest_ms for v in new) - 1, now_ms + 3_600_000):
            self._feed(page, new, None)
        up = self._live_calls(call for call, _ in self._answered.values())
        if len(up):
            self._feed(up, new, None, completion=False)
        self.stale = False

    def empty_views(self, as_of: datetime | None) -> None:
        """Let go of what was counted, to be filled again from the store as of `as_of` (the clock went back, a page was lost)."""
        self.as_of = as_of
        self.stale = True
        self._windows = {}
        self.timelines.clear()

    def open_timeline(self, chart_id: int, timeline: Timeline, read: ReadCalls, end: datetime) -> None:
        """Fill a chart's timeline from the stored calls and keep it up to date."""
        timeline.slide(to_ms(end))
        for page in read(timeline.from_ms, to_ms(end) + 3_600_000, timeline.where):
            timeline.add(page)
        up = self._live_calls(call for call, _ in self._answered.values())
        if len(up):
            timeline.add(up, completion=False)
        self.timelines[chart_id] = timeline

    # -- what comes in ---------------------------------------------------------------------------------------------------

    def add(self, calls: Calls) -> None:
        """Count new records; an answer that was counted while the call was up does not count twice."""
        outcome: Bools | None = None
        if self._answered:
            seen = [bool(i) and i in self._answered for i in calls.call_ids]
            if any(seen):
                outcome = np.ones(len(calls), dtype=bool)
                for i in np.flatnonzero(np.array(seen) & (calls.answer_ms != NO_TIME)).tolist():
                    # of two records of one call only the first was counted while it was up
                    outcome[i] = self._answered.pop(calls.call_ids[i], None) is None
        self._feed(calls, self._views.values(), outcome)
        for timeline in self.timelines.values():
            timeline.add(calls, outcome=outcome)

    def take_state(self, state: State) -> None:
        """Take what the switch says about the present: calls in progress, companies, readings, uptime."""
        if state.live is not None:
            self._take_live(state.live, state.at)
        strange = [] if state.companies is None else self._take_companies(state.companies, state.partial)
        grouped: dict[tuple[ReadingKind, CompanyKind], list[Reading]] = {}
        for reading in state.readings:
            if reading.kind is None:
                if reading.what is ReadingKind.CHANNELS:
                    self.channels = reading.value
            else:
                grouped.setdefault((reading.what, reading.kind), []).append(reading)
        for key in set(self.boards) | set(grouped):
            self.board(*key).take(grouped.get(key, ()))
        if state.up_since is not None:
            if self._up_since is not None and state.up_since > self._up_since + timedelta(seconds=5):
                self._health = replace(self._health, restarted_at=state.up_since)
            self._up_since = state.up_since
        self._health = replace(self._health, note=" ".join([*state.notes, *strange]))

    def _take_companies(self, companies: tuple[Company, ...], partial: frozenset[CompanyKind]) -> list[str]:
        """Take the list of companies; give what is strange about it. A list that lost most of them is not believed.

        `partial`: kinds of which the list may lack somebody.
        """
        listed = {(c.kind, c.name): c for c in companies}
        self._tagged.clear()
        present = self.companies.keys() - self._missing.keys()
        lost = {key for key in present - listed.keys() if key[0] not in partial}
        self.companies.update(listed)
        self._missing = {key: count for key, count in self._missing.items() if key not in listed}
        self.believed = len(lost) <= 1 or 2 * len(lost) < len(present)
        if not self.believed:
            few = f"lists only {len(listed)} of {len(present)} companies. The others are watched as before."
            return [f"{self.connection.name} {few}"]
        for key in {*lost, *(key for key in self._missing if key[0] not in partial)}:
            self._missing[key] = self._missing.get(key, 0) + 1
        return []

    @property
    def any_gone(self) -> bool:
        """Tell whether the last lists lacked any company that was there before."""
        return bool(self._missing)

    def gone(self, kind: CompanyKind) -> frozenset[str]:
        """Give the companies that the switch listed once and no longer does."""
        return frozenset(name for (k, name), count in self._missing.items() if k is kind and count >= GONE_LISTS)

    def tagged(self, kind: CompanyKind, tag: str) -> frozenset[str]:
        """Give the companies that carry a tag at the switch; case does not count."""
        wanted = (kind, tag.casefold())
        if wanted not in self._tagged:
            self._tagged[wanted] = frozenset(
                name for (k, name), c in self.companies.items() if k is kind and wanted[1] in {t.casefold() for t in c.tags}
            )
        return self._tagged[wanted]

    def remember(self, companies: Iterable[Company], seen: Mapping[tuple[CompanyKind, str], datetime]) -> None:
        """Take over the companies the switch listed before; those that were not in its last lists are gone."""
        self.companies = {(c.kind, c.name): c for c in companies}
        last = max(seen.values(), default=None)
        self._missing = {key: GONE_LISTS for key, at in seen.items() if last is not None and last - at > 2 * SEEN_EVERY}
        self._tagged.clear()

    def is_news(self, companies: tuple[Company, ...], now: datetime) -> bool:
        """Tell whether a list of companies is to be kept: it differs, or was last kept a while ago (when each was last seen)."""
        if self.companies_kept is None or self.companies_kept[0] != companies:
            return True
        return abs(now - self.companies_kept[1]) >= SEEN_EVERY

    def board(self, what: ReadingKind, kind: CompanyKind) -> Board:
        """Give the readings of one kind."""
        return self.boards.setdefault((what, kind), Board(kind))

    def _take_live(self, live: tuple[LiveCall, ...], at: datetime) -> None:
        new = self._newly_answered(live, at)
        for call in live:
            if call.call_id in self._answered:
                self._answered[call.call_id] = (self._answered[call.call_id][0], at)
        self._answered.update({call.call_id: (call, at) for call in new})
        if new:
            calls = self._live_calls(new)
            self._feed(calls, self._views.values(), None, completion=False)
            for timeline in self.timelines.values():
                timeline.add(calls, completion=False)
        for call_id in [i for i, (_, seen) in self._answered.items() if at - seen > FORGET_LIVE]:
            del self._answered[call_id]
        ringing = self._live_calls(live)
        for view in self._views.values():
            view.set_live(self._books.encode(ringing, view.grouping.needs), len(ringing))

    def _newly_answered(self, live: tuple[LiveCall, ...], at: datetime) -> list[LiveCall]:
        """Give the calls whose answer counts now: none under the clock `end`, none with impossible times."""
        if self.connection.clock is Clock.END:
            return []
        new = {c.call_id: c for c in live if c.answer_ms is not None and c.call_id not in self._answered}
        bad = find_bad(self._live_calls(new.values()), to_ms(at))
        return [call for i, call in enumerate(new.values()) if i not in bad]

    def _live_calls(self, live: Iterable[LiveCall]) -> Calls:
        """Make columns of calls in progress; their end is not known, so only the outcome may be counted."""
        up = list(live)
        none = NO_TIME
        answer = np.array([none if c.answer_ms is None else c.answer_ms for c in up], dtype=np.int64)
        return make_calls(
            ids=[c.call_id for c in up],
            call_ids=[c.call_id for c in up],
            setup_ms=np.array([c.setup_ms for c in up], dtype=np.int64),
            ring_ms=np.array([none if c.ring_ms is None else c.ring_ms for c in up], dtype=np.int64),
            answer_ms=answer,
            end_ms=answer,
            sip_code=np.where(answer != none, 200, 0),
            text={dim: [c.text.get(dim, "") for c in up] for dim in Dimension},
        )

    def _feed(self, calls: Calls, views: Iterable[View], outcome: Bools | None, *, completion: bool = True) -> None:
        views = list(views)
        codes = self._books.encode(calls, frozenset[Dimension]().union(*(v.dimensions for v in views)))
        for view in views:
            view.add(calls, codes, outcome=outcome, completion=completion)

    # -- trust -----------------------------------------------------------------------------------------------------------

    def read_done(self, as_of: datetime, newest: datetime | None, next_try: datetime, took: timedelta = timedelta(0)) -> bool:
        """Note a complete read whose data is true for `as_of`; windows move there. Gives whether it was failing before."""
        was_failing = self._failing
        took = max(took, timedelta(0))
        self._slow = min(took, self._took)  # one long read (the first, of all history) is no slow switch yet
        self._took = took
        self._failing = False
        self.as_of = as_of
        now_ms = to_ms(as_of)
        for view in self._views.values():
            view.slide(now_ms)
        for timeline in self.timelines.values():
            timeline.slide(now_ms)
        newest_at = max(filter(None, (newest, self._health.newest_at)), default=None)
        self._health = replace(
            self._health,
            state=HealthState.FRESH,
            sentence="",
            read_at=as_of,
            newest_at=newest_at,
            blind_since=None,
            next_try_at=next_try,
            tries=0,
        )
        return was_failing

    def failed(self, sentence: str, now: datetime, next_try: datetime) -> bool:
        """Note a failed read. Gives whether this is the first of a row."""
        first = not self._failing
        self._failing = True
        self._health = replace(
            self._health,
            sentence=sentence,
            blind_since=self._health.blind_since or now,
            next_try_at=next_try,
            tries=self._health.tries + 1,
        )
        return first

    def count_bad(self, more: int) -> None:
        """Add records that were kept out."""
        self._health = replace(self._health, bad_records=self._health.bad_records + more)

    def health(self, now: datetime) -> Health:
        """Give how far the source can be trusted at `now`."""
        health = self._health
        if health.state is HealthState.OFF:
            return health
        if self._health.read_at is None:
            state = HealthState.BLIND if self._failing else HealthState.WAITING
            return replace(health, state=state)
        if self._slow > self.connection.poll:
            took, poll = format_span(self._slow), format_span(self.connection.poll)
            note = f"Reading takes {took}, longer than its interval of {poll}."
            health = replace(health, note=f"{health.note} {note}".strip())
        age = abs(now - self._health.read_at)  # a clock that was set back leaves the age unknown, never good
        if age <= self._interval * FRESH_INTERVALS + self._grace and not self._failing:
            return health
        late = age <= self.blind_after
        since = health.blind_since
        if since is None:
            late_at = self._health.read_at + self._interval
            since = late_at if late_at < now else now
        sentence = health.sentence or f"{self.connection.name} has not been read in time. Its rules are not judged."
        return replace(health, state=HealthState.LATE if late else HealthState.BLIND, sentence=sentence, blind_since=since)

    @property
    def blind_after(self) -> timedelta:
        """Give how old its data may be; reads that take longer than the interval stretch it."""
        return self._interval * BLIND_INTERVALS + self._grace

    @property
    def _interval(self) -> timedelta:
        return self.connection.poll * max(1, math.ceil(self._slow / self.connection.poll))

    @property
    def _grace(self) -> timedelta:
        return max(READ_GRACE, self._took)

    @property
    def off(self) -> bool:
        """Tell whether it is not read at all: switched off, or imported files."""
        return self._health.state is HealthState.OFF

    @property
    def failing(self) -> bool:
        """Tell whether the last read failed: nothing may be judged."""
        return self._failing
