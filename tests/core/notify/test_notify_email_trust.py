"""Mail and trust: certificates, STARTTLS, signing in, and the test of the settings."""

import base64
import socket
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest_notify import (
    NOW,
    PASSWORD,
    USER,
    Certificate,
    Mailbox,
    NastyServer,
    authenticate,
    make_certificate,
    make_delivery,
)
from mail_tools_notify import message, parsed, refused, send_one, session_for, settings_for

from noc_alerts.model.errors import DeliveryError, SecretsError
from noc_alerts.notify.email import EmailSession, check_smtp
from noc_alerts.notify.smtp import read_fingerprint
from noc_alerts.notify.smtp_settings import Security

Serve = Callable[..., int]
Nasty = Callable[..., NastyServer]


# --- encryption and sign-in -------------------------------------------------------------------------------------------


def start(serve: Serve, box: Mailbox, security: Security, context: Any, **options: Any) -> int:
    if security is Security.TLS:
        # aiosmtpd counts only STARTTLS as TLS when it comes to signing in, and warns when that is required without
        return serve(box, ssl_context=context, auth_require_tls=False, **options | {"auth_required": False})
    return serve(box, tls_context=context, require_starttls=True, **options)


ENCRYPTED = [Security.STARTTLS, Security.TLS]


@pytest.mark.parametrize("security", ENCRYPTED)
def test_a_certificate_an_authority_vouches_for_is_taken(
    security: Security, serve: Serve, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.pem))
    box = Mailbox()
    port = start(serve, box, security, certificate.context, authenticator=authenticate, auth_required=True)
    send_one(settings_for(port, security=security, user=USER))
    assert len(box.mails) == 1
    assert box.signed_in == [True]


@pytest.mark.parametrize("security", ENCRYPTED)
def test_a_self_signed_certificate_is_refused_then_accepted_by_its_fingerprint(
    security: Security, serve: Serve, certificate: Certificate
) -> None:
    box = Mailbox()
    port = start(serve, box, security, certificate.context)
    settings = settings_for(port, security=security)
    error = refused(settings)
    assert not error.permanent
    assert "self-signed" in error.sentence
    shown = error.sentence.rpartition(" ")[2]
    assert shown.replace(":", "").lower() == certificate.sha256
    assert shown == read_fingerprint(settings)
    assert not box.mails
    send_one(settings_for(port, security=security, fingerprint=shown))
    assert len(box.mails) == 1


@pytest.mark.parametrize("security", ENCRYPTED)
def test_an_accepted_fingerprint_takes_no_other_certificate(security: Security, serve: Serve, certificate: Certificate) -> None:
    box = Mailbox()
    port = start(serve, box, security, certificate.context, authenticator=authenticate)
    error = refused(settings_for(port, security=security, user=USER, fingerprint="00" * 32))
    assert "is not the one that was accepted" in error.sentence
    assert certificate.sha256[:2].upper() in error.sentence
    assert not box.mails


def test_a_certificate_for_another_name_is_refused(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_certificate(tmp_path, "mail.example.test")
    monkeypatch.setenv("SSL_CERT_FILE", str(other.pem))
    error = refused(settings_for(start(serve, Mailbox(), Security.TLS, other.context), security=Security.TLS))
    assert "is not trusted" in error.sentence


def test_no_starttls_means_nothing_is_sent(nasty: Nasty) -> None:
    server = nasty(lambda server, connection, number: server.talk(connection, {b"EHLO": b"250-nasty\r\n250 AUTH PLAIN LOGIN"}))
    error = refused(settings_for(server.port, security=Security.STARTTLS, user=USER))
    assert not error.permanent
    assert "does not offer STARTTLS" in error.sentence
    assert {line.split()[0].upper() for line in server.heard} <= {b"EHLO", b"QUIT"}


def test_a_refused_sign_in_can_be_mended(serve: Serve, certificate: Certificate) -> None:
    port = start(serve, Mailbox(), Security.TLS, certificate.context, authenticator=authenticate, auth_required=True)
    settings = settings_for(port, security=Security.TLS, user=USER, fingerprint=certificate.sha256)
    with session_for(settings, "wrong") as session, pytest.raises(DeliveryError) as caught:
        session.send(make_delivery(), message())
    assert not caught.value.permanent
    assert "refused the sign-in of noc" in caught.value.sentence
    assert caught.value.answer.startswith("535 ")


def test_a_password_a_server_repeats_is_hidden(nasty: Nasty) -> None:
    def parrot(server: NastyServer, connection: socket.socket, number: int) -> None:
        line = server.talk(connection, {b"EHLO": b"250-parrot\r\n250 AUTH PLAIN"}, until=b"AUTH")
        connection.sendall(b"535 what is " + line.strip() + b" or " + PASSWORD.encode() + b"\r\n")
        server.talk(connection, {})

    error = refused(settings_for(nasty(parrot).port, user=USER))
    assert base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode() not in error.answer
    assert "(hidden)" in error.answer


def test_a_password_smtp_cannot_carry_is_told_without_it(nasty: Nasty) -> None:
    server = nasty(lambda server, connection, number: server.talk(connection, {b"EHLO": b"250-x\r\n250 AUTH PLAIN"}))
    with session_for(settings_for(server.port, user=USER), "geheim-ß") as session, pytest.raises(DeliveryError) as caught:
        session.send(make_delivery(), message())
    assert "ASCII" in caught.value.sentence
    assert "geheim" not in "".join(traceback.format_exception(caught.value))


def test_a_password_that_cannot_be_read_is_told(nasty: Nasty) -> None:
    def locked() -> str:
        raise SecretsError("The system's keyring is locked.")

    server = nasty(lambda server, connection, number: None)
    session = EmailSession(settings_for(server.port, user=USER), locked, lambda: NOW)
    with pytest.raises(DeliveryError, match="keyring is locked") as caught:
        session.send(make_delivery(), message())
    assert not caught.value.permanent
    assert server.connections == 0


def test_a_session_shows_no_password() -> None:
    assert PASSWORD not in repr(session_for(settings_for(25)))


# --- testing the settings ---------------------------------------------------------------------------------------------


def test_check_goes_step_by_step(serve: Serve, certificate: Certificate) -> None:
    box = Mailbox()
    port = start(serve, box, Security.STARTTLS, certificate.context, authenticator=authenticate, auth_required=True)
    settings = settings_for(port, security=Security.STARTTLS, user=USER, fingerprint=certificate.sha256)
    steps = list(check_smtp(settings, PASSWORD, "me@example.test", NOW))
    assert [(step.what, step.ok) for step in steps] == [
        ("Connect", True), ("Encrypt", True), ("Sign in", True), ("Send a test message", True),
    ]  # fmt: skip
    assert steps[0].answer.startswith("220 ")
    assert steps[1].answer.startswith("TLSv1.3, certificate SHA-256 ")
    assert steps[2].answer.startswith("235 ")
    assert (steps[3].answer, steps[3].to) == ("250 2.0.0 queued as 1", "me@example.test")
    mail = parsed(box.mails[0])
    assert mail["Subject"].startswith("TEST")
    text = mail.get_body(("plain",))
    assert text is not None and text.get_content().startswith("TEST")


def test_check_without_recipient_sends_nothing(serve: Serve) -> None:
    box = Mailbox()
    steps = list(check_smtp(settings_for(serve(box)), "", None, NOW))
    assert [step.what for step in steps] == ["Connect", "Encrypt"]
    assert steps[-1].answer == "Not encrypted."
    assert not box.mails


def test_check_stops_at_the_first_failure(serve: Serve, certificate: Certificate) -> None:
    port = start(serve, Mailbox(), Security.TLS, certificate.context)
    steps = list(check_smtp(settings_for(port, security=Security.TLS), "", "me@example.test", NOW))
    assert [(step.what, step.ok) for step in steps] == [("Connect", False)]
    assert certificate.sha256.upper()[:2] in steps[0].answer
    wrong = settings_for(port, security=Security.TLS, fingerprint=certificate.sha256)
    steps = list(check_smtp(wrong, "", "nobody", NOW))
    assert [step.ok for step in steps] == [True, True, False]
    assert "is not a mail address" in steps[-1].answer


def test_check_can_be_left_early(serve: Serve) -> None:
    steps = check_smtp(settings_for(serve(Mailbox())), "", None, NOW)
    assert next(steps).ok
    steps.close()  # type: ignore[attr-defined]  # it is a generator; a socket left open would warn
