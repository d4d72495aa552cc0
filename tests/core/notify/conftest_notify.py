"""Real mail servers on loopback: well-behaved ones by aiosmtpd, nasty ones by hand, and certificates made here."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from noc_alerts.model.deliveries import Cause, Channel, Delivery, Facts
from noc_alerts.notify.policy import message_id

with warnings.catch_warnings():
    # aiosmtpd 1.4 reads attributes of the ssl and asyncio modules that Python has deprecated; nothing of ours
    warnings.simplefilter("ignore", DeprecationWarning)
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult, LoginPassword

NOW = dt.datetime(2026, 3, 1, 4, 12, tzinfo=dt.UTC)
USER, PASSWORD = "noc", "s3cret-Passw0rd"


def make_facts(**changes: Any) -> Facts:
    """Make the facts of a raised ASR alarm, changed as asked."""
    facts = Facts(
        cause=Cause.RAISED, title="Low ASR", level="critical", subject="carrier bravo", company="bravo", switch="sgp-1",
        area="ASR", operator="<", threshold=30.0, reset=31.0, value=5.4, unit="%", limit="< 30 %", calls=294,
        rests_on="attempts", sample_period_s=300, at=NOW, since=NOW,
    )  # fmt: skip
    return replace(facts, **changes)


def make_delivery(number: int = 1, *, recipient: str = "night@example.test", **changes: Any) -> Delivery:
    """Make a waiting mail delivery, changed as asked."""
    delivery = Delivery(
        channel=Channel.EMAIL, recipient=recipient, facts=make_facts(), message_id=message_id("example.test"),
        created_at=NOW, next_at=NOW, id=number,
    )  # fmt: skip
    return replace(delivery, **changes)


@dataclass
class Mailbox:
    """An aiosmtpd handler that keeps what it takes and answers as told.

    `rcpt`, `data`: give an answer for a recipient or for the n-th content, None = take it.
    """

    rcpt: Callable[[str], str | None] = lambda address: None
    data: Callable[[int], str | None] = lambda number: None
    mails: list[Any] = field(default_factory=list)
    peers: set[Any] = field(default_factory=set)
    signed_in: list[bool] = field(default_factory=list)
    contents: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        answer = self.rcpt(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 2.1.5 recipient fine"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's names
        self.contents += 1
        self.peers.add(session.peer)
        self.signed_in.append(bool(session.authenticated))
        answer = self.data(self.contents)
        if answer is None:
            self.mails.append(envelope)
        return answer or f"250 2.0.0 queued as {self.contents}"


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
    """Let USER in."""
    good = isinstance(data, LoginPassword) and data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=good)


class AnyPort(Controller):
    """A controller that takes any free port: the stock one tries out the port it was given, which is 0."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]  # aiosmtpd has little type information


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    """Give a function that starts an aiosmtpd server and returns its port."""
    started: list[Controller] = []

    def start(handler: Mailbox, **options: Any) -> int:
        controller = AnyPort(handler, hostname="127.0.0.1", port=0, **options)
        controller.start()
        started.append(controller)
        return int(controller.port)

    yield start
    for controller in started:
        controller.stop()


class NastyServer:
    """A server that runs `behave(connection, number)` for each connection; `heard` keeps what came in."""

    def __init__(self, behave: Callable[["NastyServer", socket.socket, int], None]) -> None:
        self.behave = behave
        self.heard: list[bytes] = []
        self.connections = 0
        self.released = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._run, args=(connection, self.connections), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, connection: socket.socket, number: int) -> None:
        with connection:
            try:
                self.behave(self, connection, number)
            except OSError:
                return

    def line(self, connection: socket.socket) -> bytes:
        """Read one line; empty at the end."""
        got = b""
        while not got.endswith(b"\n"):
            byte = connection.recv(1)
            if not byte:
                return b""
            got += byte
        self.heard.append(got)
        return got

    def talk(self, connection: socket.socket, answers: dict[bytes, bytes], *, until: bytes = b"QUIT") -> bytes:
        """Speak SMTP with the given answers (250 otherwise) until a verb in `until` comes; give that line."""
        connection.sendall(b"220 nasty ESMTP\r\n")
        while line := self.line(connection):
            verb = line.strip().upper().split(b" ")[0].split(b":")[0]
            if verb == until:
                return line
            connection.sendall(answers.get(verb, b"250 fine") + b"\r\n")
        return b""

    def content(self, connection: socket.socket) -> None:
        """Let the content come, to its dot, without an answer."""
        connection.sendall(b"354 go on\r\n")
        while self.line(connection) not in (b".\r\n", b""):
            pass

    def stop(self) -> None:
        self.released.set()
        # shutdown wakes accept(); close alone leaves it waiting
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)


@pytest.fixture
def nasty() -> Iterator[Callable[..., NastyServer]]:
    """Give a function that starts a nasty server."""
    started: list[NastyServer] = []

    def start(behave: Callable[[NastyServer, socket.socket, int], None]) -> NastyServer:
        started.append(NastyServer(behave))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@dataclass(frozen=True)
class Certificate:
    """A self-made certificate: its files, and its SHA-256 in hexadecimal digits."""

    pem: Path
    sha256: str
    context: ssl.SSLContext


def make_certificate(folder: Path, name: str) -> Certificate:
    """Make a self-signed certificate for `name` (and 127.0.0.1 when that is the name)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    alternative = x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / "server.pem", folder / "server.key"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key_pem)
    return Certificate(pem, certificate.fingerprint(hashes.SHA256()).hex(), context)


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    """Give a self-signed certificate for 127.0.0.1."""
    return make_certificate(tmp_path, "127.0.0.1")
