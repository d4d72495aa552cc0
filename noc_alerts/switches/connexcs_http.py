"""Requests to a ConnexCS account: signing in three ways, one request at a time, and what can go wrong with an answer.

Runs on the poll thread of its connection and on the threads of scripts. Must not import Qt or the store. Paths and shapes: the
clients ConnexCS publishes (connexcs/app-cx-mcp, connexcs/cx-tools).
"""

import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from noc_alerts.model.errors import SwitchBadAnswer, SwitchRefused, SwitchUnreachable
from noc_alerts.switches.connexcs_account import (
    SignIn,
    account_of,
    check_credentials,
    checked_url,
    is_header_safe,
    sign_in_of,
)

CONNECT_S: Final = 5.0
CLOCK_GRAIN: Final = timedelta(seconds=3)
#: A whole answer may take this many read time-outs: a server that drips single bytes never runs into one.
PATIENCE: Final = 4
MAX_BYTES: Final = 48 << 20  # 5,000 records with every field are about 4 MB
_CHUNK_BYTES = 1 << 16
#: A server that says when to come back is believed up to this; a longer wait is left to the next poll.
LONGEST_WAIT_S: Final = 10.0
_REFRESH_LIFE_S = 2_592_000  # the value of the vendor's own example: 30 days
_WORDS = 200


Parameters = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much a client waits for.

    `read_s`: for the next bytes. `tries_429`: how often it asks in all when that was too often. `longest_wait_s`: how long it
    waits when told to come back later. `answer_s`: for all of one question, signing in included; None = `PATIENCE` read time-outs
    a request. `turn_s`: for its turn; None = until it comes.
    """

    read_s: float = 20.0
    max_bytes: int = MAX_BYTES
    tries_429: int = 3
    longest_wait_s: float = LONGEST_WAIT_S
    answer_s: float | None = None
    turn_s: float | None = None


T = TypeVar("T")


class _Token(msgspec.Struct):
    token: str


class _Problem(msgspec.Struct):
    error: str | None = None
    message: str | None = None


class Client:
    """One client of an account's API. Threads ask one after the other; `close` may be called from anywhere and ends a wait.

    `address`: host and port, for sentences. `ahead`: how far the switch's clock is before ours, by the Date header (RFC 9110,
    6.6.1) of the first answer after `begin`; it has whole seconds, so less than `CLOCK_GRAIN` is taken as none.
    """

    def __init__(self, url: str, sign_in: SignIn, user: str, secret: str, limits: Limits = Limits()) -> None:
        """Check the settings; nothing is sent. Raises BadInput, which never contains the secret."""
        self._base = checked_url(url)
        check_credentials(sign_in, user, secret)
        self.address = urlsplit(self._base).netloc
        self.ahead = timedelta(0)
        self._began: datetime | None = None
        self._account = account_of(self._base, sign_in, user, secret)
        self._limits = limits
        self._until = float("inf")  # monotonic end of the question that is asked
        self._closing = threading.Event()
        self._session = requests.Session()
        # no proxy and no .netrc: the credentials go to the switch and nowhere else
        self._session.trust_env = False
        self._session.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "noc_alerts"})

    def begin(self, now: datetime) -> None:
        """Say that it is `now`: the next answer's date is held against it."""
        self._began = now

    def get(self, path: str, parameters: Parameters | None = None) -> bytes:
        """Ask for a path below the base and give the body. Raises SwitchError."""
        return self._in_turn(lambda: self._ask("GET", path, parameters=parameters))

    def post(self, path: str, body: Mapping[str, Any]) -> bytes:
        """Send JSON to a path that only reads, and give the body. Raises SwitchError."""
        return self._in_turn(lambda: self._ask("POST", path, body=msgspec.json.encode(body)))

    def reach(self) -> int:
        """Tell with which HTTP status the account answers without credentials. Raises SwitchUnreachable, SwitchBadAnswer."""
        status, location = self._in_turn(lambda: self._send("GET", "setup/account", "", None, None))
        self._refuse_redirect(status, location.decode("utf-8", "replace"))
        return status

    def close(self) -> None:
        """End a wait and close the connection."""
        self._closing.set()
        self._session.close()

    def _in_turn(self, question: Callable[[], T]) -> T:
        """Ask when no other client of the account does."""
        with self._account.turn(self._closing, self._limits.turn_s) as mine:
            if not mine:
                raise SwitchUnreachable(f"The switch at {self.address} is busy answering another question; it was not asked.")
            answer_s = self._limits.answer_s
            self._until = float("inf") if answer_s is None else time.monotonic() + answer_s
            return question()

    def _ask(self, method: str, path: str, *, parameters: Parameters | None = None, body: bytes | None = None) -> bytes:
        renewed = False
        for attempt in range(self._limits.tries_429):
            status, raw = self._send(method, path, self._authorization(), parameters, body)
            if status == requests.codes.unauthorized and self._account.sign_in is SignIn.JWT and not renewed:
                renewed = True
                self._account.bearer = ""
                status, raw = self._send(method, path, self._authorization(), parameters, body)
            if status != requests.codes.too_many_requests:
                break
            self._wait_after_429(last=attempt == self._limits.tries_429 - 1)
        self._check_status(status, path, raw)
        return raw

    def _authorization(self) -> str:
        if self._account.sign_in is SignIn.BASIC:
            return self._account.basic
        if not self._account.bearer:
            self._account.bearer = "Bearer " + self._new_token()
        return self._account.bearer

    def _new_token(self) -> str:
        """Get an access token with the refresh token, or with a new one where that is not taken any more."""
        if self._account.refresh:
            status, raw = self._send("GET", "auth/jwt", "Bearer " + self._account.refresh, None, None)
            if status == requests.codes.ok:
                return self._token(raw)
            if status != requests.codes.unauthorized:
                self._check_status(status, "auth/jwt", raw)
        wish = msgspec.json.encode({"lifetime": _REFRESH_LIFE_S, "audience": "noc_alerts"})
        status, raw = self._send("POST", "auth/jwt/refresh", self._account.basic, None, wish)
        self._check_status(status, "auth/jwt/refresh", raw)
        self._account.refresh = self._token(raw)
        status, raw = self._send("GET", "auth/jwt", "Bearer " + self._account.refresh, None, None)
        self._check_status(status, "auth/jwt", raw)
        return self._token(raw)

    def _token(self, raw: bytes) -> str:
        try:
            token = msgspec.json.decode(raw, type=_Token).token
        except msgspec.DecodeError:
            token = ""
        if not is_header_safe(token):
            raise SwitchBadAnswer(f"The switch at {self.address} signs us in without a token; nothing can be read from it.")
        return token

    # -- one request -----------------------------------------------------------------------------------------------------

    def _send(
        self, method: str, path: str, authorization: str, parameters: Parameters | None, body: bytes | None
    ) -> tuple[int, bytes]:
        self._keep_away()
        headers = {"Authorization": authorization} if authorization else {}
        if body is not None:
            headers["Content-Type"] = "application/json"

        def once() -> tuple[int, bytes]:
            return self._once(method, path, headers, parameters, body)

        try:
            return self._twice(once)
        except requests.Timeout as error:
            raise self._too_late() from error
        except requests.exceptions.SSLError as error:
            raise SwitchUnreachable(
                f"The certificate of the switch at {self.address} is not accepted; nothing was sent to it. Check the address."
            ) from error
        except requests.RequestException as error:
            raise SwitchUnreachable(
                f"The switch at {self.address} cannot be reached ({_cause(error)}); its calls are unknown now."
            ) from error

    def _twice(self, once: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
        """Try again when the connection broke: a server closes an idle one, maybe just while we ask. All we ask only reads."""
        try:
            return once()
        except (requests.Timeout, requests.exceptions.SSLError):
            raise
        except requests.ConnectionError:
            return once()

    def _once(
        self, method: str, path: str, headers: Mapping[str, str], parameters: Parameters | None, body: bytes | None
    ) -> tuple[int, bytes]:
        began, read_s = time.monotonic(), self._limits.read_s
        deadline = min(began + read_s * PATIENCE, self._until)
        read_s = min(read_s, deadline - began)
        if read_s <= 0:
            raise self._too_late()
        with self._session.request(
            method,
            self._base + path,
            params=parameters,
            data=body,
            headers=headers,
            auth=_keep_headers,
            timeout=(min(CONNECT_S, read_s), read_s),
            allow_redirects=False,
            stream=True,
        ) as response:
            self._note_time(response.headers)
            if response.status_code == requests.codes.too_many_requests:
                self._account.not_before = time.monotonic() + _retry_after_s(response.headers)
            if 300 <= response.status_code < 400:
                return response.status_code, response.headers.get("Location", "").encode()
            try:
                return response.status_code, self._read(response, deadline)
            except ReadTimeoutError as error:
                raise self._too_late() from error
            except HTTPError as error:
                raise self._broken_off() from error

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        chunks: list[bytes] = []
        left = self._limits.max_bytes
        unpack = self._unpacker(response.headers.get("Content-Encoding", ""))
        # read1: what is there, so that the deadline is looked at even when single bytes drip in
        while chunk := response.raw.read1(_CHUNK_BYTES):
            if unpack is not None:
                try:
                    chunk = unpack.decompress(chunk, left + 1)  # never more at once than may come in all
                except zlib.error as error:
                    raise self._broken_off() from error
            left -= len(chunk)
            if left < 0:
                raise SwitchBadAnswer(
                    f"The switch at {self.address} answers with over {self._limits.max_bytes >> 20} MB; it is not read."
                )
            if time.monotonic() > deadline:
                raise self._too_late()
            chunks.append(chunk)
        if unpack is not None and not unpack.eof:
            raise self._broken_off()
        return b"".join(chunks)

    def _unpacker(self, encoding: str) -> "zlib._Decompress | None":
        """Give what unpacks an answer; None = it is not packed."""
        if encoding.strip().lower() in ("", "identity"):
            return None
        if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
            raise SwitchBadAnswer(f"The switch at {self.address} packs its answers in a way that was not asked for.")
        return zlib.decompressobj(zlib.MAX_WBITS | 32)  # both kinds of header

    def _broken_off(self) -> SwitchBadAnswer:
        return SwitchBadAnswer(f"The answer of the switch at {self.address} breaks off in the middle.")

    def _note_time(self, headers: Mapping[str, str]) -> None:
        try:
            said = parsedate_to_datetime(headers.get("Date", ""))
        except ValueError:
            return  # not told: our own clock has to do
        if self._began is not None:
            ahead = (said if said.tzinfo is not None else said.replace(tzinfo=UTC)) - self._began
            self.ahead = ahead if abs(ahead) > CLOCK_GRAIN else timedelta(0)
            self._began = None

    def _keep_away(self) -> None:
        """Wait until the account wants to be asked again. Raises SwitchRefused when that is too long or we are closed."""
        left = self._account.not_before - time.monotonic()
        if left > self._limits.longest_wait_s or (left > 0 and self._closing.wait(left)):
            raise self._too_often()

    def _wait_after_429(self, *, last: bool) -> None:
        if last:
            raise self._too_often()
        self._keep_away()

    def _too_often(self) -> SwitchRefused:
        return SwitchRefused(
            f"The switch at {self.address} is asked too often (HTTP 429) and was left alone; choose a longer poll interval."
        )

    def _too_late(self) -> SwitchUnreachable:
        return SwitchUnreachable(f"The switch at {self.address} gives no answer in time; its calls are unknown now.")

    def _refuse_redirect(self, status: int, location: str) -> None:
        if 300 <= status < 400:
            target = urlsplit(location).hostname or "another address"
            raise SwitchBadAnswer(
                f"The switch at {self.address} sends us on to {target[:_WORDS]}, which is not followed, so that the credentials "
                "stay here; check the address in the settings."
            )

    def _check_status(self, status: int, path: str, raw: bytes) -> None:
        if status == requests.codes.ok:
            return
        self._refuse_redirect(status, raw.decode("utf-8", "replace"))
        if status == requests.codes.unauthorized:
            again = " after signing in anew" if self._account.sign_in is SignIn.JWT else ""
            raise SwitchRefused(
                f"The switch at {self.address} refuses the credentials{again} (HTTP 401); enter them again in the settings."
            )
        if status == requests.codes.forbidden:
            raise Forbidden(
                f"The switch at {self.address} does not allow {path} (HTTP 403); give its user or token the right to read."
            )
        if status == requests.codes.not_found:
            raise MissingPath(f"The switch at {self.address} does not know {path} (HTTP 404); check the address in the settings.")
        said = _said(raw)
        if status in (400, 422):
            raise NotUnderstood(f"The switch at {self.address} does not take our question to {path} (HTTP {status}{said}).")
        raise SwitchBadAnswer(f"The switch at {self.address} fails at {path} (HTTP {status}{said}); its calls are unknown now.")


def open_client(options: Mapping[str, str], secrets: Mapping[str, str], limits: Limits) -> Client:
    """Make a client of a connection's options and secrets; nothing is sent. Raises BadInput."""
    sign_in = sign_in_of(options, secrets)
    secret = secrets.get("token" if sign_in is SignIn.TOKEN else "password", "")
    return Client(options.get("base_url", ""), sign_in, options.get("user", "").strip(), secret, limits)


class MissingPath(SwitchBadAnswer):
    """Raised when the account has no such path: some are seen in third parties' clients only."""


class Forbidden(SwitchRefused):
    """Raised when the user or token is good, but lacks the right."""


class NotUnderstood(SwitchBadAnswer):
    """Raised when the account refuses a query as it is written."""


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stand in as the authentication, so that requests looks for none of its own in the address or a file."""
    return request


def _retry_after_s(headers: Mapping[str, str]) -> float:
    text = headers.get("Retry-After", "").strip()
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1.0


def _said(raw: bytes) -> str:
    try:
        problem = msgspec.json.decode(raw, type=_Problem)
    except msgspec.DecodeError:
        return ""
    words = problem.error or problem.message or ""
    return f': "{words[:_WORDS]}"' if words else ""


def _cause(error: BaseException) -> str:
    """Name the innermost cause in plain words."""
    seen: Any = error
    while seen is not None:
        if isinstance(seen, ConnectionRefusedError):
            return "connection refused"
        if isinstance(seen, ConnectionResetError | BrokenPipeError):
            return "connection broken"
        if isinstance(seen, OSError) and seen.strerror:
            return seen.strerror.lower()
        reason = getattr(seen, "reason", None)
        inner = next((a for a in getattr(seen, "args", ()) if isinstance(a, BaseException)), None)
        seen = reason if isinstance(reason, BaseException) else inner or seen.__cause__ or seen.__context__
    return "connection lost"
