"""A management interface and a database that fail in every way, on real sockets."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from noc_alerts.model.errors import SwitchBadAnswer, SwitchError, SwitchRefused, SwitchUnreachable
from noc_alerts.switches import kamailio_records, kamailio_rpc
from noc_alerts.switches.kamailio import Kamailio
from noc_alerts.switches.kamailio_rpc import Dialog, Rpc, Uptime


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (500, "", SwitchBadAnswer, "HTTP 500"),
        (500, "<html><h1>Internal Server Error</h1>", SwitchBadAnswer, "web page"),
        (502, "bad gateway", SwitchBadAnswer, "HTTP 502"),
        (200, "<!doctype html><title>Sign in</title>", SwitchBadAnswer, "web page"),
        (200, "", SwitchBadAnswer, "nothing"),
        (200, "garbage \x00\x01", SwitchBadAnswer, "something else"),
        (200, '{"jsonrpc":"2.0","result":{}', SwitchBadAnswer, "something else"),
        (200, '{"jsonrpc":"2.0","id":1}', SwitchBadAnswer, "no result"),
        (200, '{"jsonrpc":"2.0","result":{"now":"x","up_since":"y","uptime":NaN},"id":1}', SwitchBadAnswer, "something else"),
        (200, '{"jsonrpc":"2.0","result":{"now":"x","up_since":"y","uptime":"long"},"id":1}', SwitchBadAnswer, "something else"),
        (200, '{"jsonrpc":"2.0","result":{},"id":1}', SwitchBadAnswer, "something else"),
        (500, '{"jsonrpc":"2.0","error":{"code":500,"message":"Method Not Found"},"id":1}', SwitchBadAnswer, "Method Not Found"),
        (401, '{"error":"missing or wrong X-API-Key"}', SwitchRefused, "API key"),
        (403, "", SwitchRefused, "API key"),
        (429, "", SwitchRefused, "too often"),
    ],
)
def test_answers_of_no_use(httpserver: HTTPServer, status: int, body: str, kind: type[SwitchError], words: str) -> None:
    httpserver.expect_request("/rpc").respond_with_data(body, status)
    it = Rpc(httpserver.url_for("/rpc"), "the-key")
    with pytest.raises(kind, match=words) as caught:
        it.call("core.uptime", Uptime)
    it.close()
    assert f"{httpserver.host}:{httpserver.port}" in str(caught.value)
    assert "the-key" not in str(caught.value)


def test_a_redirect_is_not_followed(httpserver: HTTPServer) -> None:
    stolen: list[str] = []

    def take(request: Request) -> Response:
        stolen.append(request.headers.get("X-API-Key", ""))
        return Response("")

    httpserver.expect_request("/elsewhere").respond_with_handler(take)
    elsewhere = f"http://localhost:{httpserver.port}/elsewhere"
    httpserver.expect_request("/rpc").respond_with_data("", 302, {"Location": elsewhere})
    it = Rpc(httpserver.url_for("/rpc"), "the-key")
    with pytest.raises(SwitchBadAnswer, match="sends us on to localhost"):
        it.call("core.uptime", Uptime)
    it.close()
    assert stolen == []


def test_200_mb_are_not_read(httpserver: HTTPServer) -> None:
    sent = [0]

    def pour(request: Request) -> Response:
        del request

        def chunks() -> Iterator[bytes]:
            for _ in range(200):
                sent[0] += 1
                yield b" " * (1 << 20)

        return Response(chunks(), content_type="application/json")

    httpserver.expect_request("/rpc").respond_with_handler(pour)
    it = Rpc(httpserver.url_for("/rpc"), "the-key")
    with pytest.raises(SwitchBadAnswer, match="over 64 MB"):
        it.call("core.uptime", Uptime)
    it.close()
    assert sent[0] < 120


class RawServer:
    """A server below HTTP: does with each connection what it is told."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.connections = 0
        self.released = threading.Event()
        self._serve = serve
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self.released.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                try:
                    connection.recv(65536)
                    self._serve(connection)
                except OSError:
                    continue

    def close(self) -> None:
        self.released.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def raw() -> Iterator[Callable[[Callable[[socket.socket], None]], RawServer]]:
    made: list[RawServer] = []

    def build(serve: Callable[[socket.socket], None]) -> RawServer:
        made.append(RawServer(serve))
        return made[-1]

    yield build
    for it in made:
        it.close()


MakeRaw = Callable[[Callable[[socket.socket], None]], RawServer]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"


def hold(done: threading.Event) -> None:
    """Keep the connection open and say nothing."""
    done.wait(20)


def ask(port: int) -> None:
    it = Rpc(f"http://127.0.0.1:{port}/rpc", "the-key")
    try:
        it.call("core.uptime", Uptime)
    finally:
        it.close()


def test_half_a_page(raw: MakeRaw) -> None:
    server = raw(lambda connection: connection.sendall(HEAD + b'{"jsonrpc":"2.0","resu'))
    with pytest.raises(SwitchBadAnswer, match="breaks off in the middle"):
        ask(server.port)


def test_nothing_at_all_is_asked_twice(raw: MakeRaw) -> None:
    server = raw(lambda connection: None)
    with pytest.raises(SwitchUnreachable, match="cannot be reached"):
        ask(server.port)
    assert server.connections == 2


def test_a_connection_the_switch_closed_meanwhile_costs_no_poll(raw: MakeRaw) -> None:
    body = b'{"jsonrpc":"2.0","result":{"now":"a","up_since":"b","uptime":1},"id":1}'
    turns = iter((b"", b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)))
    server = raw(lambda connection: connection.sendall(next(turns)))
    ask(server.port)
    assert server.connections == 2


def test_a_hang(raw: MakeRaw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kamailio_rpc, "READ_S", 0.2)
    done = threading.Event()
    server = raw(lambda connection: hold(done))
    began = time.monotonic()
    with pytest.raises(SwitchUnreachable, match="no answer in time"):
        ask(server.port)
    assert time.monotonic() - began < 2
    assert server.connections == 1, "who hangs once is not asked again at once"
    done.set()


def test_a_hang_in_the_middle(raw: MakeRaw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kamailio_rpc, "READ_S", 0.2)
    done = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"{")
        done.wait(10)

    server = raw(serve)
    with pytest.raises(SwitchUnreachable, match="no answer in time"):
        ask(server.port)
    done.set()


def test_a_drip(raw: MakeRaw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kamailio_rpc, "ANSWER_S", 0.3)
    done = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(HEAD)
        while not done.wait(0.02):
            connection.sendall(b" ")

    server = raw(serve)
    with pytest.raises(SwitchUnreachable, match="does not finish its answer"):
        ask(server.port)
    done.set()


def test_a_caller_with_odd_bytes_hides_nobody(httpserver: HTTPServer) -> None:
    body = b'{"jsonrpc":"2.0","result":[{"call-id":"one","state":4},{"call-id":"\xff\xe9","state":4}],"id":1}'
    httpserver.expect_request("/rpc").respond_with_data(body)
    it = Rpc(httpserver.url_for("/rpc"), "the-key")
    assert [d.call_id for d in it.call("dlg.list", tuple[Dialog, ...])] == ["one", "\ufffd\ufffd"]
    it.close()


def test_a_server_that_accepts_and_says_nothing(raw: MakeRaw) -> None:
    done = threading.Event()
    server = raw(lambda connection: hold(done))
    url = f"postgresql://noc@127.0.0.1:{server.port}/kamailio"
    it = kamailio_records.CallDatabase(url, "the-password", "cdrs", "UTC")
    began = time.monotonic()
    with pytest.raises(SwitchUnreachable, match="cannot be reached") as caught:
        it.ids()
    it.close()
    done.set()
    assert time.monotonic() - began < 2 * kamailio_records.CONNECT_S + 2
    assert "the-password" not in str(caught.value)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    it = Kamailio({"api_url": f"http://127.0.0.1:{port}", "database_url": "sqlite://"}, {"api_key": "the-key"})
    with pytest.raises(SwitchUnreachable, match=r"connection refused.*without its calls in progress nothing can be judged"):
        it.state(datetime.now(UTC))
    steps = list(it.check(datetime.now(UTC)))
    it.close()
    assert [(step.what, step.ok) for step in steps] == [("Reach the management interface", False)]
