"""A Kamailio as a `Switch`: its call records by the database, its present by JSON-RPC over HTTP.

Reference: the modules acc, dialog, dispatcher and jsonrpcs of Kamailio 5.6. Runs on the poll thread of its connection. Must not
import Qt or the store.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from noc_alerts.metrics.columns import Calls, no_calls
from noc_alerts.model.companies import Company, CompanyKind, CompanyStatus, Dimension, Reading, ReadingKind
from noc_alerts.model.connections import CheckStep
from noc_alerts.model.errors import BadInput, SwitchBadAnswer, SwitchError
from noc_alerts.switches.kamailio_records import Balance, CallDatabase
from noc_alerts.switches.kamailio_rpc import ActiveStats, Dialog, Dispatcher, Rpc, Uptime
from noc_alerts.switches.protocol import PAGE_ROWS, LiveCall, Page, State

#: Workers write side by side, so a row can appear under an id that was passed already: 4 of 3,000 at 150 calls/s, 6 ms late.
READ_BACK_IDS = 200
#: What is read at the first time, unless `history_days` says otherwise.
HISTORY_DAYS = 7
RECENT = timedelta(minutes=5)
#: Records and calls of two clocks that differ by more are not in the same windows any more.
CLOCK_TOLERANCE = timedelta(seconds=5)

_CONFIRMED = (3, 4)
_DELETED = 5
_NO_CARRIER = "-"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LATEST_S = 10**11
#: All zones lie on quarters of an hour.
_QUARTER = timedelta(minutes=15)
_DIMENSIONS = {
    "customer": Dimension.CLIENT,
    "carrier": Dimension.GATEWAY,
    "prefix": Dimension.CODE,
    "caller": Dimension.SRC,
    "callee": Dimension.DST,
}


class Kamailio:
    """One Kamailio.

    Options: `api_url`, `database_url` (without a password), `records` (table or view, "cdrs"), `customers_table` ("customers";
    "-" = there is none), `zone` (of the stock time columns, "UTC"), `history_days`. Secrets: `api_key`, `database_password`.
    """

    def __init__(self, options: Mapping[str, str], secrets: Mapping[str, str], connection_id: int = 0) -> None:
        """Check the options; nothing is opened yet. Raises BadInput."""
        self._connection_id = connection_id
        zone = options.get("zone", "").strip() or "UTC"
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            sentence = f'There is no time zone "{zone}"; write it as "Europe/Berlin" or "UTC".'
            raise BadInput(sentence, {"zone": sentence}) from error
        self._history = _days(options.get("history_days", ""))
        self._rpc = Rpc(options.get("api_url", ""), secrets.get("api_key", ""))
        records = options.get("records", "").strip() or "cdrs"
        self._database = CallDatabase(options.get("database_url", ""), secrets.get("database_password", ""), records, zone)
        self._customers_table = options.get("customers_table", "").strip() or "customers"
        self._currencies: dict[str, str] = {}
        self._seen: dict[CompanyKind, set[str]] = {kind: set() for kind in CompanyKind}  # had a call, listed or not
        self._listed: dict[CompanyKind, set[str]] = {kind: set() for kind in CompanyKind}  # at any time since the start

    def pages(self, cursor: str | None, now: datetime) -> Iterator[Page]:
        """Give the records after `cursor` (the highest id read), and the `READ_BACK_IDS` before it once more, for late rows.

        Raises SwitchError.
        """
        now_ms = _ms(now)
        top = self._top(cursor)
        if top is None:
            since = -1 if self._history is None else now_ms - self._history // timedelta(milliseconds=1)
            top = after = 0 if since < 0 else self._database.id_before(since)
        else:
            known = self._database.ids()
            if known is not None and known[1] < top:
                top = 0  # the table was emptied and its ids begin anew
            after = max(0, top - READ_BACK_IDS)
        while True:
            page = self._database.page(after, now_ms)
            if not page.read:
                if not cursor and top:  # pins where reading begins, or "now" would move on with each poll
                    yield Page(no_calls(), str(top))
                return
            after = page.last_id
            ended = page.read < PAGE_ROWS
            top = max(top, after)
            progress = "" if ended else f"record {after:,}"
            yield Page(self._with_currency(page.calls), str(top), page.bad, progress)
            if ended:
                return

    def state(self, now: datetime) -> State:
        """Read calls in progress, channels in use, balances, companies and the start of the switch.

        What the outcome clock needs is asked first: without the calls in progress the source is blind, whatever the database
        says, and SwitchError is raised. Balances that cannot be read are a note only.
        """
        uptime = self._rpc.call("core.uptime", Uptime)
        dialogs = self._rpc.call("dlg.list", tuple[Dialog, ...])
        total = self._rpc.call("dlg.stats_active", ActiveStats).all
        notes: list[str] = []
        carriers = self._carriers(notes)
        balances = self._balances(notes)
        self._tell_unread(balances or (), notes)
        up = [dialog for dialog in dialogs if dialog.state != _DELETED]
        counts = {kind: _count(up, word) for kind, word in ((CompanyKind.CUSTOMER, "customer"), (CompanyKind.CARRIER, "carrier"))}
        companies = self._companies(balances or [], carriers or {}, counts)
        if balances:
            self._currencies = {balance.name: balance.currency for balance in balances}
        return State(
            at=now,
            live=tuple(_live_call(dialog) for dialog in up),
            companies=companies,
            readings=(*self._channels(companies, counts, total, now), *self._money(balances or [], now)),
            up_since=_up_since(uptime, now),
            notes=tuple(notes),
            partial=_partial(balances, carriers),
        )

    def check(self, now: datetime) -> Iterator[CheckStep]:
        """Reach the interface, sign in, read calls, open the database, look for recent records, compare clocks."""
        start = time.perf_counter()
        steps: tuple[tuple[str, str, Callable[[], str]], ...] = (
            ("Reach the management interface", self._rpc.address, lambda: f"it answers (HTTP {self._rpc.reach()})"),
            ("Sign in", self._rpc.address, lambda: self._rpc.call("core.version", str).strip()),
            ("Read calls in progress", self._rpc.address, self._tell_calls),
            ("Open the database", self._database.address, self._tell_database),
            ("Read call records", self._database.address, lambda: self._tell_recent(now)),
            ("Compare clocks", self._database.address, lambda: self._tell_clocks(now, start)),
        )
        for what, to, step in steps:
            began = time.perf_counter()
            try:
                ok, answer = True, step()
            except SwitchError as error:
                ok, answer = False, str(error)
            yield CheckStep(what, ok, answer, timedelta(seconds=time.perf_counter() - began), to)
            if not ok:
                return

    def close(self) -> None:
        """Close both connections."""
        self._rpc.close()
        self._database.close()

    def _top(self, cursor: str | None) -> int | None:
        if cursor is None or cursor == "":
            return None
        try:
            return int(cursor)
        except ValueError as error:
            raise SwitchBadAnswer(
                "It is not known how far the call records were read, because the note of it is damaged; read them anew."
            ) from error

    def _with_currency(self, calls: Calls) -> Calls:
        """Add the customer's currency where the records name none."""
        if Dimension.CURRENCY in calls.text or not any(self._currencies.values()):
            return calls
        currencies = [self._currencies.get(name, "") for name in calls.dimension(Dimension.CLIENT)]
        return replace(calls, text={**calls.text, Dimension.CURRENCY: currencies})

    def _carriers(self, notes: list[str]) -> dict[str, bool] | None:
        """Give carrier -> whether one of its targets is active; None = not known now."""
        try:
            found: dict[str, bool] = {}
            for target in self._rpc.call("dispatcher.list", Dispatcher).destinations:
                if target.carrier:
                    found[target.carrier] = found.get(target.carrier, False) or target.flags.startswith("A")
            return found
        except SwitchBadAnswer as error:
            notes.append(f"The list of carriers is not there: {error}")
            return None

    def _balances(self, notes: list[str]) -> list[Balance] | None:
        """Give what the customers table says; None = there is none, or it cannot be read now."""
        if self._customers_table == "-":
            return None
        try:
            return self._database.balances(self._customers_table)
        except SwitchError as error:
            notes.append(f"Balances are not known now: {error}")
            return None

    def _tell_unread(self, balances: Sequence[Balance], notes: list[str]) -> None:
        """Say whose balance is no number."""
        names = [it.name for it in balances if it.unread]
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            notes.append(f"The balance cannot be read of {', '.join(names[:3])}{more}.")

    def _companies(
        self, balances: list[Balance], carriers: dict[str, bool], counts: Mapping[CompanyKind, Counter[str]]
    ) -> tuple[Company, ...]:
        """Give the customers of the table, the carriers of the dispatcher, and those that only calls in progress told of."""
        customers = {balance.name: balance.currency for balance in balances}
        for name in self._unlisted(CompanyKind.CUSTOMER, set(customers), counts):
            customers.setdefault(name, "")
        states = {True: CompanyStatus.ACTIVE, False: CompanyStatus.INACTIVE}
        statuses = {name: states[active] for name, active in carriers.items()}
        for name in self._unlisted(CompanyKind.CARRIER, set(statuses), counts):
            statuses.setdefault(name, CompanyStatus.UNKNOWN)
        return (
            *(
                Company(self._connection_id, CompanyKind.CUSTOMER, name, name, currency=customers[name])
                for name in sorted(customers)
            ),
            *(Company(self._connection_id, CompanyKind.CARRIER, name, name, statuses[name]) for name in sorted(statuses)),
        )

    def _unlisted(self, kind: CompanyKind, listed: set[str], counts: Mapping[CompanyKind, Counter[str]]) -> set[str]:
        """Give those that had calls since the start and were never listed: they must not come and go with their calls.

        One that was listed and is not any more is gone. Without a list all that had calls are given.
        """
        self._seen[kind].update(counts[kind])
        self._listed[kind] |= listed
        return self._seen[kind] - self._listed[kind] if listed else self._seen[kind]

    def _channels(
        self, companies: tuple[Company, ...], counts: Mapping[CompanyKind, Counter[str]], total: int, now: datetime
    ) -> Iterator[Reading]:
        """Count channels from the calls in progress.

        They are the members of the dialog profiles, so the same as dlg.profile_get_size for each company, of one moment and by
        one question instead of one a company.
        """
        yield Reading(self._connection_id, ReadingKind.CHANNELS, None, "", float(total), now)
        for company in companies:
            used = counts[company.kind][company.name]
            yield Reading(self._connection_id, ReadingKind.CHANNELS, company.kind, company.name, float(used), now)

    def _money(self, balances: list[Balance], now: datetime) -> Iterator[Reading]:
        for it in balances:
            if it.amount is not None:
                kind = CompanyKind.CUSTOMER
                yield Reading(self._connection_id, ReadingKind.BALANCE, kind, it.name, it.amount, now, it.currency)

    def _tell_calls(self) -> str:
        dialogs = self._rpc.call("dlg.list", tuple[Dialog, ...])
        return f"{sum(dialog.state != _DELETED for dialog in dialogs):,} calls in progress"

    def _tell_database(self) -> str:
        known = self._database.ids()
        return "it has no call records yet" if known is None else f"it answers; the newest record is {known[1]:,}"

    def _tell_recent(self, now: datetime) -> str:
        since = _ms(now - RECENT)
        after = self._database.id_before(since)
        count = 0
        while (page := self._database.page(after, _ms(now))).read:
            after = page.last_id
            count += int((page.calls.end_ms >= since).sum())
        return f"{count:,} records in the last {RECENT // timedelta(minutes=1)} minutes"

    def _tell_clocks(self, now: datetime, began: float) -> str:
        before = time.perf_counter()
        clock = self._database.clock()
        here = now + timedelta(seconds=(before + time.perf_counter()) / 2 - began)
        ahead = clock - here
        seconds = abs(ahead.total_seconds())
        if abs(ahead) > CLOCK_TOLERANCE:
            raise SwitchBadAnswer(
                f"The switch's clock is {seconds:.1f} s {'behind' if ahead < timedelta(0) else 'ahead of'} this computer's; "
                "set both by NTP, or windows will miss calls."
            )
        return f"they differ by {seconds:.1f} s"


def _live_call(dialog: Dialog) -> LiveCall:
    """Make a call in progress of a dialog. Its answer time counts only once the dialog is confirmed."""
    values: dict[str, str] = {}
    for one in dialog.variables:  # newest first
        for key, value in one.items():
            values.setdefault(key, "" if value is None else str(value))
    setup = _unix_ms(values.get("t_setup", ""))
    answer = None
    if dialog.state in _CONFIRMED:
        stamped = _unix_ms(values.get("t_answer", ""))
        answer = stamped if stamped is not None else (dialog.start_ts or dialog.init_ts) * 1000
    text = {dim: values[key] for key, dim in _DIMENSIONS.items() if key in values}
    if text.get(Dimension.GATEWAY) == _NO_CARRIER:
        text[Dimension.GATEWAY] = ""
    text[Dimension.SERVICE] = "calls"
    return LiveCall(
        call_id=values.get("callid") or dialog.call_id,
        setup_ms=dialog.init_ts * 1000 if setup is None else setup,
        ring_ms=_unix_ms(values.get("t_ring", "")),
        answer_ms=answer,
        text=text,
    )


def _partial(balances: list[Balance] | None, carriers: dict[str, bool] | None) -> frozenset[CompanyKind]:
    """Tell of which kinds somebody may be missing: there is no list, it could not be read now, or it names nobody."""
    lists = {CompanyKind.CUSTOMER: balances, CompanyKind.CARRIER: carriers}
    return frozenset(kind for kind, found in lists.items() if not found)


def _count(dialogs: list[Dialog], profile: str) -> Counter[str]:
    names = (one.get(profile) for dialog in dialogs for one in dialog.profiles)
    return Counter(name for name in names if name and name != _NO_CARRIER)


def _unix_ms(text: str) -> int | None:
    """Read seconds with decimals as milliseconds, rounded half to even, as the records' times are."""
    if not text:
        return None
    try:
        seconds = Decimal(text)
        return int((seconds * 1000).to_integral_value()) if 0 < seconds < _LATEST_S else None
    except ArithmeticError:
        return None


def _up_since(uptime: Uptime, now: datetime) -> datetime | None:
    """Work out the start of the switch, UTC: both texts are local there, and the difference of its `now` to ours is its zone."""
    local_now, local_since = _asctime(uptime.now), _asctime(uptime.up_since)
    if local_now is None or local_since is None:
        return None
    offset = round((local_now - now) / _QUARTER) * _QUARTER
    return local_since - offset


def _asctime(text: str) -> datetime | None:
    """Read "Sat Nov 21 19:37:42 2026" as if it were UTC; not by strptime, whose names of months follow the user's language."""
    try:
        _, month, day, clock, year = text.split()
        hour, minute, second = map(int, clock.split(":"))
        return datetime(int(year), _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _days(text: str) -> timedelta | None:
    """Read `history_days`; "all" = everything there is."""
    if text.strip() == "all":
        return None
    try:
        days = float(text) if text.strip() else float(HISTORY_DAYS)
        if not 0 <= days <= 36_500:
            raise ValueError
    except ValueError as error:
        sentence = 'Give the days of history to read at first as a number, as "7", or "all".'
        raise BadInput(sentence, {"history_days": sentence}) from error
    return timedelta(days=days)


def _ms(moment: datetime) -> int:
    epoch: Any = datetime(1970, 1, 1, tzinfo=UTC)
    return int((moment - epoch) // timedelta(milliseconds=1))
