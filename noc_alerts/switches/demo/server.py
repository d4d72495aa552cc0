"""The demo switch: an HTTP server on this machine that answers as a ConnexCS account would.

It listens on 127.0.0.1 only, in threads of its own that end with the program. Must not import the rest of noc_alerts;
the program reads it over HTTP with the same adapter as a real switch, so that what is shown is what would be shown.

For tests it can also fail in the ways real servers fail: see FailMode.
"""

import enum
import logging
import os
import re
import socket
import socketserver
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, cast

import msgspec

from noc_alerts.switches.demo.access import Access
from noc_alerts.switches.demo.api import LIVE_SCRIPT, Answer, Api, Request
from noc_alerts.switches.demo.incidents import Incident
from noc_alerts.switches.demo.world import World

log = logging.getLogger(__name__)

BASE: Final = "/api/cp/"
_LARGEST_BODY = 1_000_000
_SWALLOWED = 8_000_000
_AT_ONCE = 4  # requests in progress before it answers 429: sessions of a real account are limited
_IDLE_S = 60.0
_HUGE_BYTES = 64_000_000


class FailMode(enum.Enum):
    """The ways in which the switch can be made to fail; each applies before or after the real answer was made."""

    ERROR_500 = "500"
    GARBAGE = "garbage"  # bytes that are no JSON
    HTML = "html"  # a proxy's page, with status 200
    NAN = "nan"  # numbers that are none
    HALF_PAGE = "half page"  # the connection breaks in the middle of the body
    NOTHING = "nothing"  # the connection is closed without an answer
    HANG = "hang"  # no answer until it recovers or stops
    TRICKLE = "trickle"  # the answer comes byte by byte and never ends
    HUGE = "huge"  # an answer without end, as fast as it is read
    WRONG_SHAPE = "wrong shape"  # valid JSON of another shape
    TOO_MANY = "429"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    REDIRECT = "redirect"  # to another host name


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came in; the credentials themselves are not kept."""

    method: str
    path: str
    query: str
    host: str
    authorized: bool  # an Authorization header was there
    body: bytes
    status: int  # 0 = no proper answer was given


@dataclass(slots=True)
class _Fault:
    mode: FailMode
    times: int | None
    path: str


class DemoSwitch:
    """A switch that can be started inside the program.

    The world is the same for the same `seed` and time of construction (as `clock` tells it); `clock` is asked at
    every request. `history`: how far back call records exist. `port` 0 takes a free one.
    """

    def __init__(
        self,
        seed: int = 1,
        clock: Callable[[], datetime] | None = None,
        history: timedelta = timedelta(hours=6),
        calls_per_s: float = 10.0,
        port: int = 0,
        *,
        started_at: datetime | None = None,
        holds_failed_calls: bool = True,
        envelope: str | None = None,
    ) -> None:
        """Prepare the world; nothing listens before start(). `started_at`: take up the world that began then."""
        self._clock = clock or (lambda: datetime.now(UTC))
        self._port = port
        self._access = Access()
        world = World(seed, started_at or self._clock(), history, calls_per_s)
        self._api = Api(world, self._access, seed, holds_failed_calls, envelope)
        self._lock = threading.Lock()  # the world and the fault; held for one answer
        self._fault: _Fault | None = None
        self._recovered = threading.Event()
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.redirect_to: str | None = None  # where FailMode.REDIRECT points; None = this server by another name
        self.requests_seen: deque[Seen] = deque(maxlen=1000)

    @property
    def token(self) -> str:
        """Give a bearer token that may read."""
        return self._access.token

    @property
    def write_token(self) -> str:
        """Give a bearer token that may read and write."""
        return self._access.write_token

    @property
    def email(self) -> str:
        """Give the user name for Basic and JWT."""
        return self._access.email

    @property
    def password(self) -> str:
        """Give the password for Basic and JWT."""
        return self._access.password

    @property
    def live_path(self) -> str:
        """Give the path of the script that tells channels and CPS, below the base."""
        return "scriptforge/" + "/".join(LIVE_SCRIPT)

    @property
    def incidents(self) -> list[Incident]:
        """List the incidents that have begun, oldest first, as far back as history reaches."""
        with self._lock:
            self._api.world.advance(self._clock())
            return self._api.world.incidents()

    def start(self) -> str:
        """Listen on 127.0.0.1 and return the base address; after a stop() the same one. OSError: the port is taken."""
        self._server = _Server(self, self._port)
        self._port = self._server.port
        self._recovered = threading.Event()
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="demo-switch", daemon=True
        )
        self._thread.start()
        return f"http://127.0.0.1:{self._server.port}{BASE}"

    def stop(self) -> None:
        """Stop listening, break open connections and wait for the threads; harmless when it does not run."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        self._recovered.set()
        if server is not None and thread is not None:
            server.shutdown()
            thread.join(timeout=5)
            server.server_close()
            server.break_connections()

    def fail(self, mode: FailMode | None, times: int | None = None, path: str = "") -> None:
        """Fail from now on, for `times` requests (None = all) whose path below the base begins with `path`.

        None recovers, and lets go of requests that hang.
        """
        with self._lock:
            self._recovered.set()
            self._recovered = threading.Event()
            self._fault = None if mode is None else _Fault(mode, times, path)

    def revoke_tokens(self) -> None:
        """Make every JWT given so far worthless, as a change of the password would."""
        with self._lock:
            self._access.revoke()

    def now(self) -> datetime:
        """Tell the time by the switch's own clock."""
        return self._clock()

    def take_fault(self, path: str) -> tuple[FailMode | None, threading.Event]:
        """Return how this request shall fail, and the event that ends a hanging one; for the server's threads."""
        with self._lock:
            fault = self._fault
            if fault is None or not path.startswith(fault.path):
                return None, self._recovered
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._fault = None
            return fault.mode, self._recovered

    def answer(self, request: Request) -> Answer:
        """Answer one request; for the server's threads."""
        if not self._slots.acquire(blocking=False):
            return Answer(429, {"error": "Too many requests"}, {"Retry-After": "1"})
        try:
            with self._lock:
                return self._api.answer(request, self._clock())
        finally:
            self._slots.release()


class _Server(socketserver.TCPServer):
    """An HTTP server with one thread a connection, all of which it can end.

    Not http.server's own class: that one asks the name service for the machine's name when it starts.
    """

    allow_reuse_address = os.name == "posix"  # elsewhere it would let two servers share the port
    request_queue_size = 32

    def __init__(self, switch: DemoSwitch, port: int) -> None:
        self.switch = switch
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        self.port: int = self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(target=self._serve, args=(request, client_address), name="demo-switch-connection", daemon=True)
        with self._open_lock:
            self._open.add(request)
        self._threads = [each for each in self._threads if each.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _serve(self, request: socket.socket, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            log.debug("a connection to the demo switch broke")
        finally:
            with self._open_lock:
                self._open.discard(request)
            self.shutdown_request(request)

    def break_connections(self) -> None:
        """Break every open connection and wait for their threads; nothing may be accepted any more."""
        self.stopping.set()
        with self._open_lock:
            left = list(self._open)
        for connection in left:
            with suppress(OSError):  # already gone
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "demo-switch", ""
    disable_nagle_algorithm = True
    timeout = _IDLE_S
    wbufsize = -1  # head and body leave together

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Give the Date header: the switch's own time, not this machine's."""
        return super().date_time_string(cast("_Server", self.server).switch.now().timestamp() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug("demo switch: " + format, *args)

    def _handle(self) -> None:
        switch = cast("_Server", self.server).switch
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            if length.isdecimal() and int(length) <= _SWALLOWED:
                self.rfile.read(int(length))  # closing on what was not read would reset the connection, and the answer with it
            self._send(413, b'{"error":"Payload Too Large"}', headers={"Connection": "close"})
            return
        body = self.rfile.read(int(length))
        path, _, query = self.path.partition("?")
        path = path.removeprefix(BASE).strip("/") if path.startswith(BASE) else "?"
        request = Request(self.command, path, query, self.headers.get("Authorization", ""), body)
        mode, recovered = switch.take_fault(path)
        if mode is not None:
            self._fail(mode, recovered, request)
            return
        answer = self._answer(request)
        self._note(request, answer.status)
        self._send(answer.status, msgspec.json.encode(answer.value), headers=answer.headers)

    def _note(self, request: Request, status: int) -> None:
        """Remember the request before it is answered: a test that has the answer finds it."""
        host = self.headers.get("Host", "")
        seen = Seen(request.method, request.path, request.query, host, bool(request.authorization), request.body, status)
        cast("_Server", self.server).switch.requests_seen.append(seen)

    def _answer(self, request: Request) -> Answer:
        return cast("_Server", self.server).switch.answer(request)

    def _send(self, status: int, body: bytes, kind: str = "application/json", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _fail(self, mode: FailMode, recovered: threading.Event, request: Request) -> None:
        """Answer as a failing server would."""
        plain: dict[FailMode, tuple[int, bytes, str, dict[str, str]]] = {
            FailMode.ERROR_500: (500, b'{"error":"Internal Server Error"}', "application/json", {}),
            FailMode.GARBAGE: (200, b"\x00\xff\xfe{]\x80 not json", "application/json", {}),
            FailMode.HTML: (200, b"<!doctype html><title>502</title><h1>Bad gateway</h1>", "text/html", {}),
            FailMode.WRONG_SHAPE: (200, b'{"rows":"none","id":{"a":[1,2]}}', "application/json", {}),
            FailMode.TOO_MANY: (429, b'{"error":"Too many requests"}', "application/json", {"Retry-After": "1"}),
            FailMode.UNAUTHORIZED: (401, b'{"error":"Unauthorized"}', "application/json", {}),
            FailMode.FORBIDDEN: (403, b'{"error":"Forbidden"}', "application/json", {}),
            FailMode.REDIRECT: (302, b"", "text/html", {"Location": self._elsewhere()}),
        }
        if mode in plain:
            status, body, kind, headers = plain[mode]
            self._note(request, status)
            self._send(status, body, kind, headers)
            return
        self._note(request, 0)
        if mode is FailMode.NAN:
            answer = self._answer(request)
            body = re.sub(rb':"?-?\d[\d.]*"?(?=[,}])', b":NaN", msgspec.json.encode(answer.value))
            self._send(answer.status, body)
            return
        self.close_connection = True
        if mode is FailMode.HANG:
            recovered.wait()
        elif mode in (FailMode.TRICKLE, FailMode.HUGE):
            self._endless(mode, recovered)
        elif mode is FailMode.HALF_PAGE:
            self._half(request)

    def _half(self, request: Request) -> None:
        """Promise the real answer and break off in the middle of it."""
        answer = self._answer(request)
        body = msgspec.json.encode(answer.value)
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()

    def _endless(self, mode: FailMode, recovered: threading.Event) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"[")
        self.wfile.flush()
        part = b" " if mode is FailMode.TRICKLE else b" " * 65_536
        sent = 0
        while sent < _HUGE_BYTES and not cast("_Server", self.server).stopping.is_set():
            if mode is FailMode.TRICKLE and recovered.wait(0.05):
                return
            self.wfile.write(part)
            self.wfile.flush()
            sent += len(part)

    def _elsewhere(self) -> str:
        server = cast("_Server", self.server)
        return server.switch.redirect_to or f"http://localhost:{server.port}{self.path}"
