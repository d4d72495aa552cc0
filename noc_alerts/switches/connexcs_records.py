"""Reading a ConnexCS account's call records: page by page, each once, none missed.

Runs on the poll thread of its connection. Must not import Qt or the store. What is asked for and why: connexcs_sweep.py.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final

import msgspec

from noc_alerts.metrics.columns import Calls, no_calls
from noc_alerts.model.connections import BadRecord
from noc_alerts.model.errors import SwitchBadAnswer, SwitchRefused
from noc_alerts.switches import connexcs_sweep as sweep
from noc_alerts.switches.connexcs_breakout import failed_calls, failed_of, parameters, second, spans
from noc_alerts.switches.connexcs_decode import CDR_FIELDS, BreakoutRow, CdrRow, CostFrom, Names, array, text, to_calls
from noc_alerts.switches.connexcs_http import Client, MissingPath, NotUnderstood
from noc_alerts.switches.connexcs_sweep import Cursor, Reach, Slice
from noc_alerts.switches.numbers import number
from noc_alerts.switches.protocol import PAGE_ROWS, Page

#: The account's own limit of records an answer.
MOST_ROWS: Final = 5000
#: An account without any failed call is asked again whether it holds them.
ASK_AGAIN: Final = timedelta(hours=1)
_DAY_MS = 86_400_000
_GIVEN_BACK_MS = 120_000


class FailedCalls(Enum):
    """Whether an account's `cdr` holds failed calls; its documentation contradicts itself."""

    UNKNOWN = "unknown"  # there was none in the last day, or it could not be found out
    HELD = "held"
    MISSING = "missing"


class _NotFilteredError(Exception):
    """Raised when the account does not filter by duration; the sweep goes on without."""


class Records:
    """One account's call records. Not thread-safe.

    `name_them` gives the names for ids; its argument tells that an id was seen which they lack.
    """

    def __init__(
        self, client: Client, name_them: Callable[[bool], Names], reach: Reach, history: timedelta, cost_from: CostFrom
    ) -> None:
        """Keep what is needed; nothing is asked yet."""
        self._client = client
        self._name_them = name_them
        self._history = history
        self._cost_from = cost_from
        self._reach = reach
        self.failed_calls = FailedCalls.UNKNOWN
        self._asked_at: datetime | None = None
        self._crowded = 0  # seconds with more records than the account gives at once
        self._given: dict[str, int] = {}  # records of the last minutes: key -> dt
        self._place = Cursor(0, 0)
        self._last_text: str | None = None
        self._strangers: set[str] = set()

    def pages(self, cursor: str | None, now: datetime) -> Iterator[Page]:
        """Give what appeared since `cursor`. Raises SwitchError."""
        if cursor is None or cursor != self._last_text:
            # our memory of what was given is of another reading: a page may not have been kept
            self._given.clear()
        self._client.begin(now)
        self.learn(now)
        now_ms = self.server_ms(now)
        self._place = self._start(cursor, now_ms)
        while True:
            at = self._place.at or now_ms  # a sweep that was broken off is finished as what it was
            yield from self._sweep(at)
            if now_ms - at < sweep.BEHIND_MS:
                return

    def learn(self, now: datetime) -> FailedCalls:
        """Find out whether failed calls are held, unless that is known. Raises SwitchError."""
        if self.failed_calls is not FailedCalls.UNKNOWN or (self._asked_at and now - self._asked_at < ASK_AGAIN):
            return self.failed_calls
        now_ms = self.server_ms(now)
        rules = [*_dates(now_ms - _DAY_MS, now_ms + sweep.AHEAD_MS), _rule("sip_code", ">=", 300)]
        rows, _ = self._ask_cdr(rules, 1, fields=("dt", "sip_code"))
        if any((number(row.sip_code) or 0) >= 300 for row in rows):
            self.failed_calls = FailedCalls.HELD
        elif self._statistics_count_failures(now_ms):
            self.failed_calls = FailedCalls.MISSING
        self._asked_at = now
        return self.failed_calls

    def count(self, since: datetime, until: datetime) -> int:
        """Count the records of calls that began between two times of our clock. Raises SwitchError."""
        part = Slice(self.server_ms(since), self.server_ms(until))
        return sum(len(rows) for rows, _, _ in self._read(part))

    def notes(self) -> list[str]:
        """Say what is missing in what is read, a sentence each."""
        found = []
        if self.failed_calls is FailedCalls.MISSING:
            found.append(
                "Its call records hold no failed calls: attempts are taken from its statistics by the minute, so ASR is right, "
                "but busy, no channel, NER and PDD of failed calls are not known."
            )
        if self.failed_calls is FailedCalls.UNKNOWN and self._asked_at is not None:
            found.append(
                "It is not known whether its call records hold failed calls: neither they nor its statistics show one of the "
                "last day. If they do not, ASR reads too high; it is asked again every hour."
            )
        if not self._reach.filtered:
            hours = self._reach.longest_ms // 3_600_000
            found.append(f"It cannot filter records by duration: long calls appear up to 10 min late, none over {hours} h.")
        if self._crowded:
            found.append(f"{self._crowded} seconds had more than {MOST_ROWS:,} calls; what was above it could not be read.")
        return found

    def server_ms(self, now: datetime) -> int:
        """Give the switch's time, UTC ms: records are dated by its clock, and ours may differ."""
        return _ms(now + self._client.ahead)

    # -- one reading -----------------------------------------------------------------------------------------------------

    def _start(self, cursor: str | None, now_ms: int) -> Cursor:
        if not cursor:
            begin = now_ms - self._history // timedelta(milliseconds=1)
            return Cursor(begin, begin, final=begin, touched=begin, begin=begin)
        try:
            place = sweep.cursor_from(cursor)
        except ValueError as error:
            raise SwitchBadAnswer(
                "It is not known how far the call records were read, because the note of it is damaged; read them anew."
            ) from error
        if max(place.known, place.at) > now_ms + sweep.AHEAD_MS:
            # the switch's clock was set back
            place = msgspec.structs.replace(place, known=now_ms, far=min(place.far, now_ms), at=0, dt=0)
        return place

    def _sweep(self, at: int) -> Iterator[Page]:
        for rows, bad, read_to in self._read(sweep.newest(self._place, at, self._reach)):
            self._move(at=at, dt=max(self._place.dt, read_to))
            yield self._page(rows, bad, f"up to {second(read_to)} UTC" if read_to < at - sweep.BEHIND_MS else "")
        if self.failed_calls is FailedCalls.MISSING:
            yield from self._from_statistics(at)
        else:
            self._move(final=at, touched=at)
        far = sweep.is_far_due(self._place, at, self._reach)
        for rows, bad in self._older(far=far):
            yield self._page(rows, bad, "long calls")
        self._move(known=at, far=at if far else self._place.far, at=0, dt=0)
        oldest = at - self._reach.slack_ms - _GIVEN_BACK_MS
        self._given = {key: dt for key, dt in self._given.items() if dt >= oldest}
        yield self._page([], [])

    def _older(self, *, far: bool) -> Iterator[tuple[list[CdrRow], list[str]]]:
        try:
            for part in sweep.older(self._place, self._reach, far=far):
                for rows, bad, _ in self._read(part):
                    yield rows, bad
        except _NotFilteredError:
            self._reach = replace(self._reach, filtered=False)
            yield from self._older(far=far)

    def _from_statistics(self, at: int) -> Iterator[Page]:
        settled = self._reach.slack_ms
        for span in spans(self._place.final, self._place.touched, at, settled):
            rows, _ = array(self._client.get("breakout-aggrid", parameters(span)), BreakoutRow, self._client.address)
            strange = self._strange([text(row.customer_id) for row in rows], [text(row.provider_id) for row in rows])
            calls = failed_calls(span, rows, self._name_them(strange), at)
            final = span.until_ms if span.until_ms + settled <= at else self._place.final
            self._move(final=final, touched=max(self._place.touched, span.until_ms))
            yield self._give(calls, (), "attempts" if span.until_ms < at else "")

    def _page(self, rows: Sequence[CdrRow], unreadable: Sequence[str], progress: str = "") -> Page:
        bad = [BadRecord("a record", reason) for reason in unreadable]
        fresh = [row for row in rows if row.key not in self._given]
        if not fresh:
            return self._give(no_calls(), bad, progress)
        strange = self._strange([text(row.customer_id) for row in fresh], [text(row.provider_id) for row in fresh])
        calls, wrong = to_calls(fresh, self._name_them(strange), self._cost_from)
        bad += [BadRecord(f"record {fresh[row].key}", reason) for row, reason in sorted(wrong.items())]
        self._given.update(zip(calls.ids, calls.setup_ms.tolist(), strict=True))
        return self._give(calls, bad, progress)

    def _give(self, calls: Calls, bad: Sequence[BadRecord], progress: str) -> Page:
        self._move(page=self._place.page + 1)
        self._last_text = sweep.cursor_text(self._place)
        return Page(calls, self._last_text, tuple(bad), progress)

    def _move(self, **changes: int) -> None:
        self._place = msgspec.structs.replace(self._place, **changes)

    def _strange(self, customers: Sequence[str], carriers: Sequence[str]) -> bool:
        """Tell whether an id is new to us, for the first time."""
        names = self._name_them(False)
        unknown = (set(customers) - set(names.customers)) | (set(carriers) - set(names.carriers)) - {"", "0"}
        new = unknown - self._strangers
        self._strangers |= new
        return bool(new)

    # -- one question ----------------------------------------------------------------------------------------------------

    def _read(self, part: Slice) -> Iterator[tuple[list[CdrRow], list[str], int]]:
        """Read a slice page by page: rows not given on the page before, reasons for unreadable ones, and the time read up to.

        Filters take whole seconds, so each page begins with the second in which the last one ended.
        """
        since, limit = part.since_ms // 1000 * 1000, PAGE_ROWS
        until = -(-part.until_ms // 1000) * 1000
        seen: set[str] = set()
        while since < until:
            rules = _dates(since, until)
            if part.longer_s is not None:
                rules.append(_rule("duration", ">", part.longer_s))
            rows, bad = self._ask_filtered(rules, limit, part.longer_s)
            times = [row.dt for row in rows]
            is_full = len(rows) + len(bad) >= limit
            if is_full and times != sorted(times):
                raise SwitchBadAnswer(
                    f"The switch at {self._client.address} does not sort its records by time; they cannot be read completely."
                )
            last = _second_ms(times[-1]) if times else since
            yield [row for row in rows if row.key not in seen], bad, last if is_full else until
            if not is_full:
                return
            seen = {row.key for row in rows if row.dt[:19] == times[-1][:19]} if times else set()
            if last > since:
                since, limit = last, PAGE_ROWS
            elif limit < MOST_ROWS:
                limit = MOST_ROWS
            else:
                self._crowded += 1
                since, limit = since + 1000, PAGE_ROWS

    def _ask_filtered(self, rules: list[dict[str, Any]], limit: int, longer_s: int | None) -> tuple[list[CdrRow], list[str]]:
        try:
            rows, bad = self._ask_cdr(rules, limit)
        except NotUnderstood as error:
            if longer_s is None:
                raise
            raise _NotFilteredError from error
        if longer_s is not None and any((number(row.duration) or 0) <= longer_s for row in rows):
            raise _NotFilteredError
        return rows, bad

    def _ask_cdr(
        self, rules: list[dict[str, Any]], limit: int, fields: Sequence[str] = CDR_FIELDS
    ) -> tuple[list[CdrRow], list[str]]:
        order = [{"field": "dt", "direction": "ASC"}]
        raw = self._client.post("cdr", {"field": fields, "where": {"rules": rules}, "limit": limit, "order": order})
        return array(raw, CdrRow, self._client.address)

    def _statistics_count_failures(self, now_ms: int) -> bool:
        try:
            raw = self._client.get("breakout-aggrid", parameters(None, now_ms - _DAY_MS, now_ms))
        except (MissingPath, NotUnderstood, SwitchRefused):
            return False  # then it is not known, and asked again
        rows, _ = array(raw, BreakoutRow, self._client.address)
        return failed_of(rows) > 0


def _rule(field: str, condition: str, data: str | int) -> dict[str, Any]:
    return {"field": field, "condition": condition, "data": data}


def _dates(since_ms: int, until_ms: int) -> list[dict[str, Any]]:
    return [_rule("dt", ">=", second(since_ms)), _rule("dt", "<", second(until_ms))]


def _ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _second_ms(dt: str) -> int:
    """Give the whole second of a record's time. Raises SwitchBadAnswer."""
    try:
        return _ms(datetime.fromisoformat(dt[:19]).replace(tzinfo=UTC))
    except ValueError as error:
        raise SwitchBadAnswer(
            f"The switch dates a record {dt[:40]!r}, which is no time; its records cannot be read on."
        ) from error
