"""The demo switch's requests and answers, without sockets: a request in, a status and JSON out.

Called by the server's threads under the switch's lock. Must not import the rest of noc_alerts.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec

from noc_alerts.switches.demo import plan, records, reports
from noc_alerts.switches.demo.access import Access, Scope
from noc_alerts.switches.demo.records import Unprocessable
from noc_alerts.switches.demo.world import World

#: The operator's own script that tells live channels and CPS: POST scriptforge/{app}/{id}
LIVE_SCRIPT = ("7", "1")


@dataclass(frozen=True, slots=True)
class Request:
    """One request: method, path below the base (without slashes at its ends), query string and body."""

    method: str
    path: str
    query: str
    authorization: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: HTTP status, the value that becomes JSON, and further headers."""

    status: int
    value: Any
    headers: dict[str, str] = field(default_factory=dict)


class _RefreshWish(msgspec.Struct):
    lifetime: float = 2_592_000
    audience: str = ""


class _StatusChange(msgspec.Struct, forbid_unknown_fields=True):
    status: str


@dataclass(slots=True)
class Api:
    """Answers requests from a world.

    `holds_failed_calls`: False makes `cdr` hold answered calls only. `envelope`: "result" or "data" wraps arrays in an
    object of that one key, as some accounts' answers are; None leaves them bare.
    """

    world: World
    access: Access
    seed: int
    holds_failed_calls: bool = True
    envelope: str | None = None

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer one request; never raises for anything a client can send."""
        self.world.advance(now)
        scope = self.access.scope(request.authorization, now)
        if scope is Scope.NOTHING:
            return _error(401, "Unauthorized", {"WWW-Authenticate": 'Basic realm="ConnexCS"'})
        parts = tuple(request.path.split("/"))
        if parts[:2] == ("auth", "jwt"):
            return self._auth(request, parts, scope, now)
        if scope < Scope.READ:
            return _error(401, "A refresh token is not an access token")
        routes: dict[str, Callable[[Request, tuple[str, ...], Scope], Answer]] = {
            "setup": self._setup,
            "customer": self._company,
            "carrier": self._company,
            "cdr": self._cdr,
            "breakout-aggrid": self._breakout,
            "scriptforge": self._script,
        }
        route = routes.get(parts[0])
        if route is None:
            return _error(404, "Not Found")
        try:
            return route(request, parts, scope)
        except (Unprocessable, msgspec.ValidationError) as error:
            return _error(422, str(error))
        except msgspec.DecodeError:
            return _error(400, "The body is no JSON")

    def _auth(self, request: Request, parts: tuple[str, ...], scope: Scope, now: datetime) -> Answer:
        if parts == ("auth", "jwt", "refresh") and request.method == "POST":
            if not request.authorization.lower().startswith("basic "):
                return _error(401, "Unauthorized")
            try:
                wish = msgspec.json.decode(request.body or b"{}", type=_RefreshWish)
            except msgspec.DecodeError as error:
                return _error(422, str(error))
            return Answer(200, {"token": self.access.refresh_token(wish.lifetime, now)})
        if parts == ("auth", "jwt") and request.method == "GET":
            if scope is not Scope.RENEW:
                return _error(401, "Unauthorized")
            return Answer(200, {"token": self.access.access_token(now)})
        return _error(404, "Not Found")

    def _setup(self, request: Request, parts: tuple[str, ...], _scope: Scope) -> Answer:
        if parts != ("setup", "account"):
            return _error(404, "Not Found")
        return Answer(200, {"id": 1, "name": "Demo switch"}) if request.method == "GET" else _error(405, "Not allowed")

    def _company(self, request: Request, parts: tuple[str, ...], scope: Scope) -> Answer:
        rows = reports.customer_rows(self.world) if parts[0] == "customer" else reports.carrier_rows(self.world)
        if len(parts) == 1:
            return self._array(_search(rows, request.query)) if request.method == "GET" else _error(405, "Not allowed")
        row = next((row for row in rows if parts[1:] == (str(row["id"]),)), None)
        if row is None:
            return _error(404, "Not Found")
        if request.method == "GET":
            return Answer(200, row)
        if request.method != "PUT":
            return _error(405, "Not allowed")
        if scope < Scope.WRITE:
            return _error(403, "This token may only read")
        change = msgspec.json.decode(request.body, type=_StatusChange)
        known = plan.CUSTOMER_STATUSES if parts[0] == "customer" else plan.CARRIER_STATUSES
        if change.status not in known:
            return _error(422, f"status must be one of {', '.join(known)}")
        self.world.set_status(row["id"], change.status)
        return Answer(200, row | {"status": change.status})

    def _cdr(self, request: Request, parts: tuple[str, ...], _scope: Scope) -> Answer:
        if len(parts) > 1:
            return _error(404, "Not Found")
        if request.method != "POST":
            return _error(405, "Not allowed")
        query = msgspec.json.decode(request.body, type=records.CdrQuery)
        return self._array(records.cdr(self.world, self.seed, query, self.holds_failed_calls))

    def _breakout(self, request: Request, parts: tuple[str, ...], _scope: Scope) -> Answer:
        if len(parts) > 1:
            return _error(404, "Not Found")
        if request.method != "GET":
            return _error(405, "Not allowed")
        return self._array(reports.breakout(self.world, _breakout_query(request.query)))

    def _script(self, request: Request, parts: tuple[str, ...], _scope: Scope) -> Answer:
        if parts[1:] != LIVE_SCRIPT:
            return _error(404, "Not Found")
        return Answer(200, reports.live_rows(self.world, self.seed)) if request.method == "POST" else _error(405, "Not allowed")

    def _array(self, rows: list[records.Row]) -> Answer:
        return Answer(200, {self.envelope: rows} if self.envelope else rows)


def _error(status: int, text: str, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, {"error": text}, headers or {})


def _search(rows: list[records.Row], query: str) -> list[records.Row]:
    wanted = {key: values[0] for key, values in parse_qs(query).items()}
    if "id" in wanted:
        rows = [row for row in rows if str(row["id"]) == wanted["id"]]
    if "name" in wanted:
        rows = [row for row in rows if row["name"] == wanted["name"]]
    if "s" in wanted:
        rows = [row for row in rows if wanted["s"].lower() in row["name"].lower()]
    return rows


def _breakout_query(query: str) -> reports.BreakoutQuery:
    given = {key: values[0] for key, values in parse_qs(query).items()}
    if given.get("_filterModel[dt][type]") != "inRange":
        raise Unprocessable("a date range is mandatory: _filterModel[dt][type]=inRange")
    return reports.BreakoutQuery(
        groups=_columns(given, "_rowGroupCols"),
        values=_columns(given, "_valueCols"),
        since=given.get("_filterModel[dt][filter]", ""),
        until=given.get("_filterModel[dt][filterTo]", ""),
        customer_id=_id_filter(given, "customer_id"),
        provider_id=_id_filter(given, "provider_id"),
        start_row=_number(given.get("_startRow", "0")),
        end_row=_number(given.get("_endRow", "100")),
    )


def _columns(given: dict[str, str], name: str) -> tuple[str, ...]:
    found: list[str] = []
    while f"{name}[{len(found)}][field]" in given:
        found.append(given[f"{name}[{len(found)}][field]"])
    return tuple(found)


def _id_filter(given: dict[str, str], name: str) -> int | None:
    kind = given.get(f"_filterModel[{name}][type]")
    if kind is None:
        return None
    if kind != "equals":
        raise Unprocessable(f"unknown filter type {kind!r}")
    return _number(given.get(f"_filterModel[{name}][filter]", ""))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 12:
        raise Unprocessable(f"{text!r} is no whole number")
    return int(text)
