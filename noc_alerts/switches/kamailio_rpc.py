"""Kamailio's JSON-RPC over HTTP: what may be asked, and typed answers.

Only methods of `ALLOWED` are ever sent: the key of the interface gives every method, ending the switch among them. Runs on the
poll thread of its connection. Must not import Qt, the store or SQLAlchemy.
"""

import time
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from noc_alerts.model.errors import BadInput, SwitchBadAnswer, SwitchRefused, SwitchUnreachable

#: All that this program asks a Kamailio; each only reads.
ALLOWED = frozenset({"core.version", "core.uptime", "dlg.list", "dlg.stats_active", "dlg.profile_get_size", "dispatcher.list"})

CONNECT_S = 3.0
READ_S = 5.0
#: For a whole answer: a server that drips a byte at a time never trips the read timeout.
ANSWER_S = 20.0
#: About 80,000 calls in progress.
MAX_BYTES = 64 << 20
_CHUNK_BYTES = 1 << 16
_WORDS = 160
#: identity: a packed answer could be a thousand times larger than what was read.
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}


class Uptime(msgspec.Struct, frozen=True):
    """Result of core.uptime; `now` and `up_since` are C's asctime in the server's local time, `uptime` seconds."""

    now: str
    up_since: str
    uptime: int


class Dialog(msgspec.Struct, frozen=True):
    """One call of dlg.list: state 1 unconfirmed, 2 early, 3 confirmed without ACK, 4 confirmed, 5 deleted."""

    call_id: str = msgspec.field(name="call-id")
    state: int
    init_ts: int = 0
    start_ts: int = 0
    profiles: tuple[dict[str, str | None], ...] = ()
    variables: tuple[dict[str, str | int | float | None], ...] = ()


class ActiveStats(msgspec.Struct, frozen=True):
    """Result of dlg.stats_active; `all` is the sum of the others."""

    all: int


class _Attrs(msgspec.Struct, frozen=True):
    body: str | None = msgspec.field(name="BODY", default=None)


class Destination(msgspec.Struct, frozen=True):
    """One target of a dispatcher set. `flags`: A active, I inactive, D disabled, T trying; then P probing or X not."""

    uri: str = msgspec.field(name="URI")
    flags: str = msgspec.field(name="FLAGS")
    attrs: _Attrs = msgspec.field(name="ATTRS", default=_Attrs())

    @property
    def carrier(self) -> str:
        """Give the carrier's name of the attributes, `carrier=...`; "" where there is none."""
        for part in (self.attrs.body or "").split(";"):
            key, _, value = part.partition("=")
            if key.strip() == "carrier":
                return value.strip()
        return ""


class _Target(msgspec.Struct, frozen=True):
    dest: Destination = msgspec.field(name="DEST")


class _Set(msgspec.Struct, frozen=True):
    id: int = msgspec.field(name="ID")
    targets: tuple[_Target, ...] = msgspec.field(name="TARGETS", default=())


class _Record(msgspec.Struct, frozen=True):
    set: _Set = msgspec.field(name="SET")


class Dispatcher(msgspec.Struct, frozen=True):
    """Result of dispatcher.list."""

    records: tuple[_Record, ...] = msgspec.field(name="RECORDS", default=())

    @property
    def destinations(self) -> list[Destination]:
        """Give all targets of all sets."""
        return [target.dest for record in self.records for target in record.set.targets]


class _Fault(msgspec.Struct, frozen=True):
    code: int = 0
    message: str = ""


class _Answer(msgspec.Struct, frozen=True):
    result: msgspec.Raw = msgspec.Raw()
    error: _Fault | None = None


_T = TypeVar("_T")


class Rpc:
    """One HTTP connection to the management interface. Not thread-safe."""

    def __init__(self, url: str, api_key: str) -> None:
        """Check the address. Raises BadInput. Nothing is sent yet."""
        parts = urlsplit(url.strip())
        sentence = ""
        if parts.scheme not in ("http", "https") or not parts.hostname:
            sentence = 'Give the address of the management interface, as "http://switch:8060/rpc".'
        elif parts.username or parts.password:
            sentence = "Give the password or key in its own field, not in the address."
        if sentence:
            raise BadInput(sentence, {"api_url": sentence})
        self._url = url.strip() if parts.path.strip("/") else f"{parts.scheme}://{parts.netloc}/rpc"
        self.address = parts.netloc
        self._session = requests.Session()
        # no proxy and no .netrc: the key goes to the switch and nowhere else
        self._session.trust_env = False
        self._session.headers.update(_HEADERS)
        if api_key:
            self._session.headers["X-API-Key"] = api_key
        self._next_id = 0

    def call(self, method: str, kind: type[_T], *params: str | int) -> _T:
        """Ask for one method and decode its result. Raises SwitchError; ValueError for a method that is not in `ALLOWED`."""
        if method not in ALLOWED:
            raise ValueError(f"{method} is not among the methods this program may ask a Kamailio for")
        self._next_id += 1
        body = msgspec.json.encode({"jsonrpc": "2.0", "method": method, "params": params, "id": self._next_id})
        status, raw = self._send(body)
        answer = self._decode(raw, _Answer, method, status)
        if answer.error is not None:
            words = answer.error.message[:_WORDS]
            raise SwitchBadAnswer(f'The switch at {self.address} refuses {method}: "{words}"; its calls cannot be judged now.')
        if status != requests.codes.ok or not bytes(answer.result):
            raise SwitchBadAnswer(f"The switch at {self.address} answers {method} with HTTP {status} and no result.")
        return self._decode(bytes(answer.result), kind, method, status)

    def reach(self) -> int:
        """Tell with which HTTP status the interface answers; any will do. Raises SwitchUnreachable, SwitchBadAnswer."""
        body = msgspec.json.encode({"jsonrpc": "2.0", "method": "core.version", "params": (), "id": 0})
        try:
            return self._send(body)[0]
        except SwitchRefused:
            return int(requests.codes.unauthorized)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _send(self, body: bytes) -> tuple[int, bytes]:
        try:
            return self._post(body)
        except requests.Timeout as error:
            raise self._too_late() from error
        except requests.ConnectionError:
            pass
        # The switch closes an idle connection, maybe just while we ask; asking twice does no harm, every method only reads.
        try:
            return self._post(body)
        except requests.Timeout as error:
            raise self._too_late() from error
        except requests.RequestException as error:
            raise SwitchUnreachable(
                f"The switch's management interface at {self.address} cannot be reached ({_cause(error)}); "
                "without its calls in progress nothing can be judged."
            ) from error

    def _too_late(self) -> SwitchUnreachable:
        return SwitchUnreachable(f"The switch at {self.address} gives no answer in time; its calls are unknown now.")

    def _post(self, body: bytes) -> tuple[int, bytes]:
        timeouts = (CONNECT_S, READ_S)
        deadline = time.monotonic() + ANSWER_S
        with self._session.post(self._url, data=body, timeout=timeouts, allow_redirects=False, stream=True) as response:
            self._check_status(response.status_code, response.headers)
            try:
                return response.status_code, self._read(response, deadline)
            except ReadTimeoutError as error:
                raise self._too_late() from error
            except HTTPError as error:
                raise SwitchBadAnswer(f"The answer of the switch at {self.address} breaks off in the middle.") from error

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        chunks: list[bytes] = []
        left = MAX_BYTES
        # read1: what is there, so that the deadline is looked at even when single bytes drip in
        while chunk := response.raw.read1(_CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise SwitchBadAnswer(f"The switch at {self.address} answers with over {MAX_BYTES >> 20} MB; it is not read.")
            if time.monotonic() > deadline:
                raise SwitchUnreachable(f"The switch at {self.address} does not finish its answer within {ANSWER_S:.0f} s.")
            chunks.append(chunk)
        return b"".join(chunks)

    def _check_status(self, status: int, headers: Mapping[str, str]) -> None:
        if status in (401, 403):
            raise SwitchRefused(f"The switch at {self.address} refuses its API key (HTTP {status}); check it in the settings.")
        if status == requests.codes.too_many_requests:
            raise SwitchRefused(f"The switch at {self.address} is asked too often (HTTP 429); choose a longer poll interval.")
        if 300 <= status < 400:
            target = urlsplit(headers.get("Location", "")).hostname or "another address"
            raise SwitchBadAnswer(
                f"The switch at {self.address} sends us on to {target[:_WORDS]}, which is not followed; "
                "check the address in the settings."
            )

    def _decode(self, raw: bytes, kind: type[_T], method: str, status: int) -> _T:
        try:
            return msgspec.json.decode(raw, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        try:
            # a caller can put any byte into a name: one such call must not hide all the others
            return msgspec.json.decode(raw.decode("utf-8", "replace"), type=kind)
        except msgspec.DecodeError as error:
            start = raw.lstrip()[:1]
            looks = "a web page" if start == b"<" else "something else than its answer" if start else "nothing"
            raise SwitchBadAnswer(
                f"The switch at {self.address} answers {method} with {looks} (HTTP {status}); its calls cannot be judged now."
            ) from error


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
