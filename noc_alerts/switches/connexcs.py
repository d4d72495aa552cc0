"""A ConnexCS account as a `Switch`: its records, companies, balances, and channels by the operator's own script.

Runs on the poll thread of its connection. Must not import Qt or the store. It only reads. Which records are asked for so that
none is missed: connexcs_sweep.py. Accounts without failed calls in their records: connexcs_breakout.py.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from noc_alerts.model.companies import Company, CompanyKind, Reading, ReadingKind
from noc_alerts.model.connections import CheckStep
from noc_alerts.model.errors import BadInput, SwitchBadAnswer, SwitchError, SwitchRefused
from noc_alerts.switches.connexcs_account import number_option
from noc_alerts.switches.connexcs_companies import Listed, balance, companies, listed, name_them, tags_of
from noc_alerts.switches.connexcs_decode import CostFrom, LiveAnswer, LiveRow, Names, single, text, to_live
from noc_alerts.switches.connexcs_http import Forbidden, Limits, MissingPath, open_client
from noc_alerts.switches.connexcs_records import FailedCalls, Records
from noc_alerts.switches.connexcs_sweep import LATE, LONGEST, Reach
from noc_alerts.switches.numbers import currency_code
from noc_alerts.switches.protocol import Page, State

#: What is read at the first time, unless `history_days` says otherwise.
HISTORY_DAYS: Final = 1.0
#: Balances and names change slowly and sessions are limited: a list that is younger than this is not asked for again.
COMPANIES_EVERY: Final = timedelta(seconds=15)
#: Records and calls of two clocks that differ by more are worth a word.
CLOCK_TOLERANCE: Final = timedelta(seconds=5)
RECENT: Final = timedelta(minutes=5)


class _Account(msgspec.Struct):
    name: str = ""


class ConnexCS:
    """One ConnexCS account.

    Options: `base_url`, `auth` ("basic", "jwt" or "token"; without it "token" when there is one), `user` (e-mail, not for
    "token"), `live_path` (the operator's script for channels, as "scriptforge/APP/ID"; "" = none), `history_days` (1),
    `longest_call_hours` (24), `late_s` (60: a record appears at most so long after its call), `cost` ("provider" or
    "customer": whose charge counts as cost), `timeout_s` (20). Secrets: `token`, or `password`.

    The script answers `{"customers": [{"id" or "name", "channels"}, ...], "carriers": [...], "calls": [{"dt", "callid",
    "ring_dt", "answer_dt", "customer_id", "provider_id", "customer_card_dest_code", "customer_card_dest_name"}, ...]}`; with
    `calls` (calls in progress, ringing ones too) the connection may use the clock "outcome".
    """

    def __init__(self, options: Mapping[str, str], secrets: Mapping[str, str], connection_id: int = 0) -> None:
        """Check the options; nothing is asked yet. Raises BadInput."""
        self._connection_id = connection_id
        timeout_s = number_option(options, "timeout_s", 20.0, 0.1, 120.0)
        self._client = open_client(options, secrets, Limits(timeout_s))
        self._live_path = _live_path(options)
        reach = Reach(
            late=timedelta(seconds=number_option(options, "late_s", LATE.total_seconds(), 0, 3600)),
            longest=timedelta(hours=number_option(options, "longest_call_hours", LONGEST / timedelta(hours=1), 1, 168)),
        )
        history = timedelta(days=number_option(options, "history_days", HISTORY_DAYS, 0, 366))
        self._records = Records(self._client, self._names, reach, history, _cost_from(options))
        self._lists: dict[CompanyKind, Listed] = {}
        self._known = Names({}, {})
        self._listed_at: datetime | None = None
        self._has_carriers = True
        self._tells_calls = False

    def pages(self, cursor: str | None, now: datetime) -> Iterator[Page]:
        """Give the records that appeared since `cursor`, and some again whose keys are known. Raises SwitchError."""
        return self._records.pages(cursor, now)

    def state(self, now: datetime) -> State:
        """Read companies, balances and, where a script tells them, channels. Raises SwitchError; calls in progress are not told.

        A script that fails is a note only: the account itself can still be judged.
        """
        self._client.begin(now)
        if self._listed_at is None or not timedelta(0) <= now - self._listed_at < COMPANIES_EVERY:
            self._list(now)
        notes = self._records.notes()
        if not self._has_carriers:
            notes.append("It does not list its carriers: they go by their numbers.")
        if self._client.ahead:
            notes.append(_clock_words(self._client.ahead))
        notes += self._tell_unread()
        companies, balances = tuple(self._companies()), tuple(self._balances(notes))
        answer = self._live(notes)
        channels = () if answer is None else tuple(self._channels(answer, now))
        live = None if answer is None or answer.calls is None else to_live(answer.calls, self._known)
        partial = frozenset(kind for kind, rows in self._lists.items() if not rows.whole)
        return State(now, live, companies, (*balances, *channels), notes=tuple(notes), partial=partial)

    def check(self, now: datetime) -> Iterator[CheckStep]:
        """Reach the account, sign in, read companies and records, see whether failed calls are held, run the script."""
        self._client.begin(now)
        steps: list[tuple[str, Callable[[], str]]] = [
            ("Reach the account", lambda: f"it answers (HTTP {self._client.reach()})"),
            ("Compare clocks", self._tell_clock),
            ("Sign in", self._tell_account),
            ("Read customers and carriers", lambda: self._tell_companies(now)),
            (
                "Read call records",
                lambda: f"{self._records.count(now - RECENT, now):,} in the last {RECENT.seconds // 60} minutes",
            ),
            ("Failed calls included?", lambda: self._tell_failed(now)),
        ]
        if self._live_path:
            steps.append(("Read channels", self._tell_channels))
        for what, step in steps:
            began = time.perf_counter()
            try:
                ok, answer = True, step()
            except SwitchError as error:
                ok, answer = False, str(error)
            yield CheckStep(what, ok, answer, timedelta(seconds=time.perf_counter() - began), self._client.address)
            if not ok:
                return

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    # -- companies -------------------------------------------------------------------------------------------------------

    def _list(self, now: datetime | None) -> None:
        address = self._client.address
        customers = listed(self._client.get("customer"), address)
        carriers = Listed()
        if self._has_carriers:
            try:
                carriers = listed(self._client.get("carrier"), address)
            except MissingPath:
                self._has_carriers = False  # seen in third parties' clients only
        # both were read: half a list is never taken over
        self._lists = {CompanyKind.CUSTOMER: customers, CompanyKind.CARRIER: carriers}
        self._known = Names(
            name_them(customers.rows),
            name_them(carriers.rows),
            {row.key: code for row in customers.rows if (code := currency_code(row.currency))},
            {row.key: code for row in carriers.rows if (code := currency_code(row.currency))},
        )
        self._listed_at = now or self._listed_at

    def _names(self, outdated: bool) -> Names:
        """Give the names of ids; `outdated`: a record has one that is not in the list."""
        if outdated or not self._lists:
            self._list(None)
        return self._known

    def _companies(self) -> Iterator[Company]:
        names = {CompanyKind.CUSTOMER: self._known.customers, CompanyKind.CARRIER: self._known.carriers}
        for kind, found in self._lists.items():
            yield from companies(found.rows, kind, names[kind], self._connection_id)

    def _tell_unread(self) -> Iterator[str]:
        """Say what the lists hold that cannot be read."""
        for kind, found in self._lists.items():
            if found.unreadable:
                entries = "1 entry" if found.unreadable == 1 else f"{found.unreadable} entries"
                yield f"{entries} of its list of {kind.value}s cannot be read; nobody counts as gone while that is so."
            names = self._known.customers if kind is CompanyKind.CUSTOMER else self._known.carriers
            if untagged := [names[row.key] for row in found.rows if tags_of(row.tags) is None]:
                yield f"The tags cannot be read of {_some(untagged)}; rules by tag leave them out."

    def _balances(self, notes: list[str]) -> Iterator[Reading]:
        unread: list[str] = []
        customers = self._lists.get(CompanyKind.CUSTOMER, Listed())
        for row in customers.rows:
            name, value = self._known.customers[row.key], balance(row)
            if value is None:
                unread.append(name)
            elif self._listed_at is not None:
                kind, currency = CompanyKind.CUSTOMER, currency_code(row.currency)
                yield Reading(self._connection_id, ReadingKind.BALANCE, kind, name, value, self._listed_at, currency)
        if unread:
            notes.append(f"The balance cannot be read of {_some(unread)}.")

    # -- channels --------------------------------------------------------------------------------------------------------

    def _live(self, notes: list[str]) -> LiveAnswer | None:
        """Ask the operator's script. A script that fails is a note only, unless calls in progress are counted by it."""
        if not self._live_path:
            notes.append("It does not tell channels in use: that needs a script of your own, named in the connection's settings.")
            return None
        try:
            answer = self._ask_live()
        except (SwitchBadAnswer, SwitchRefused) as error:
            if self._tells_calls:
                raise  # without its calls in progress ASR would read too low (DESIGN section 4)
            notes.append(f"Channels in use are not known: {error.sentence}")
            return None
        self._tells_calls = answer.calls is not None
        return answer

    def _channels(self, live: LiveAnswer, now: datetime) -> Iterator[Reading]:
        total = sum(row.channels for row in live.customers)
        yield Reading(self._connection_id, ReadingKind.CHANNELS, None, "", total, now)
        for kind, rows, known in (
            (CompanyKind.CUSTOMER, live.customers, self._known.customers),
            (CompanyKind.CARRIER, live.carriers, self._known.carriers),
        ):
            for row in rows:
                if name := _name_of(row, known):
                    yield Reading(self._connection_id, ReadingKind.CHANNELS, kind, name, row.channels, now)

    def _ask_live(self) -> LiveAnswer:
        return single(self._client.post(self._live_path, {}), LiveAnswer, self._client.address)

    # -- what the check tells --------------------------------------------------------------------------------------------

    def _tell_clock(self) -> str:
        if abs(self._client.ahead) <= CLOCK_TOLERANCE:
            return "they agree to a few seconds"
        return _clock_words(self._client.ahead)

    def _tell_account(self) -> str:
        try:
            account = single(self._client.get("setup/account"), _Account, self._client.address)
        except (MissingPath, Forbidden):
            # a token's scope may leave the account's own data out; reading customers shows whether it is good
            self._client.get("customer", {"id": "0"})
            return "signed in; the account's name is not told to this user or token"
        return f"signed in as {account.name}" if account.name else "signed in"

    def _tell_companies(self, now: datetime) -> str:
        self._has_carriers = True
        self._list(now)
        carriers = f"{len(self._known.carriers):,} carriers" if self._has_carriers else "carriers are not listed"
        return f"{len(self._known.customers):,} customers, {carriers}"

    def _tell_failed(self, now: datetime) -> str:
        return {
            FailedCalls.HELD: "yes: ASR is computed from the records",
            FailedCalls.MISSING: "no: attempts are taken from the account's statistics",
            FailedCalls.UNKNOWN: "not known: there was no failed call in the last day; it is asked again every hour",
        }[self._records.learn(now)]

    def _tell_channels(self) -> str:
        live = self._ask_live()
        return f"{sum(row.channels for row in live.customers):,.0f} channels in use"


def _some(names: list[str]) -> str:
    """Name the first three."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _name_of(row: LiveRow, known: Mapping[str, str]) -> str:
    """Name a company of the script's answer: by its id, else by the name it gives."""
    return known.get(text(row.id)) or (row.name or "")


def _clock_words(ahead: timedelta) -> str:
    where = "ahead of" if ahead > timedelta(0) else "behind"
    seconds = abs(ahead).total_seconds()
    return (
        f"The switch's clock is {seconds:.0f} s {where} this computer's; set this computer's by NTP, or windows will miss calls."
    )


def _cost_from(options: Mapping[str, str]) -> CostFrom:
    try:
        return CostFrom(options.get("cost", "").strip() or CostFrom.PROVIDER)
    except ValueError as error:
        sentence = "Choose whose charge counts as cost: provider or customer."
        raise BadInput(sentence, {"cost": sentence}) from error


def _live_path(options: Mapping[str, str]) -> str:
    path = options.get("live_path", "").strip().strip("/")
    parts = path.split("/")
    if path and not (len(parts) == 3 and parts[0] == "scriptforge" and all(part.isascii() and part.isalnum() for part in parts)):
        sentence = "Give the script's path as scriptforge/APP/ID."
        raise BadInput(sentence, {"live_path": sentence})
    return path
