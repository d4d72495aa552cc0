"""Mail against real servers on loopback: what arrives, connections and refusals."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from conftest_notify import (
    NOW,
    USER,
    Mailbox,
    NastyServer,
    make_delivery,
    make_facts,
)
from mail_tools_notify import message, parsed, refused, send_one, session_for, settings_for

from noc_alerts.model.deliveries import Cause
from noc_alerts.model.errors import BadInput, DeliveryError
from noc_alerts.notify.email import build_mail
from noc_alerts.notify.policy import message_id
from noc_alerts.notify.render import Message, render
from noc_alerts.notify.smtp_settings import Security, checked_address

Serve = Callable[..., int]
Nasty = Callable[..., NastyServer]


# --- the mail ---------------------------------------------------------------------------------------------------------


def test_a_mail_arrives_as_written(serve: Serve) -> None:
    box = Mailbox()
    delivery = make_delivery(thread_id="<first@example.test>")
    with session_for(settings_for(serve(box), sender_name="Night watch, Zürich")) as session:
        assert session.send(delivery, message()) == "250 2.0.0 queued as 1"
    (envelope,) = box.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("noc@example.test", ["night@example.test"])
    mail = parsed(envelope)
    assert str(mail["From"]) == '"Night watch, Zürich" <noc@example.test>'
    assert str(mail["To"]) == "night@example.test"
    assert mail["Subject"] == "Critical: carrier bravo ASR 5.4 % < 30 %"
    assert mail["Message-ID"] == delivery.message_id
    assert mail["In-Reply-To"] == mail["References"] == "<first@example.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOW
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and text.get_content().replace("\r\n", "\n") == message().text
    assert html is not None and html.get_content().replace("\r\n", "\n") == message().html
    assert envelope.content.isascii()


FORGED = ["bravo\r\nBcc: all@example.test", "bravo\nSubject: fine", "bravo\r\n\r\nfine", "bravo\x00\x0b\x85"]
NO_ADDRESS = ["", "nobody", "a@b\r\nc@d.test", "a b@example.test", "x@example..test", "jürgen@example.test"]
NO_GREETING = [b"SSH-2.0-OpenSSH_9.6\r\n", b"\xff\xfe\x00garbage\n", b"554 no service here\r\n", b"x" * 20_000]


@pytest.mark.parametrize("name", FORGED)
def test_a_company_cannot_add_headers_or_recipients(name: str, serve: Serve) -> None:
    box = Mailbox()
    facts = make_facts(subject=f"carrier {name}", company=name, title=name, switch=name)
    with session_for(settings_for(serve(box))) as session:
        session.send(make_delivery(facts=facts), render(facts, NOW, NOW))
        session.send(make_delivery(facts=facts), Message(f"raw {name}", "text", "html"))
    for envelope in box.mails:
        mail = parsed(envelope)
        assert envelope.rcpt_tos == ["night@example.test"]
        assert len(mail.get_all("Subject", [])) == 1
        assert mail["Bcc"] is None
        assert mail["Subject"].startswith(("Critical: carrier bravo", "raw bravo"))
    assert len(box.mails) == 2


@pytest.mark.parametrize("recipient", NO_ADDRESS)
def test_what_is_no_address_fails_for_good_without_a_connection(recipient: str, nasty: Nasty) -> None:
    server = nasty(lambda server, connection, number: None)
    error = refused(settings_for(server.port), recipient=recipient)
    assert error.permanent
    assert "is not a mail address" in error.sentence
    assert server.connections == 0


def test_a_long_id_is_not_folded_into_an_encoded_word() -> None:
    own = message_id("x" * 27 + ".test")
    mail = build_mail(settings_for(25), "night@example.test", message(), NOW, own, own)
    raw = mail.as_bytes().decode()
    assert raw.count(own) == 3
    assert "=?" not in raw.split("\r\n\r\n")[0]
    assert max(map(len, raw.split("\r\n"))) <= 78


def test_an_international_domain_becomes_ascii() -> None:
    assert checked_address("night@bücher.test") == "night@xn--bcher-kva.test"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", ""), ("host", "a b"), ("host", "a\r\nb"), ("port", 0), ("port", 70_000), ("sender", "noc"),
        ("sender", "noc@example.test\r\nBcc: x@example.test"), ("sender_name", "a\r\nb"), ("timeout_s", 0), ("timeout_s", 1000),
        ("timeout_s", float("nan")), ("fingerprint", "12:34"),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused_by_field(name: str, value: Any) -> None:
    with pytest.raises(BadInput) as caught:
        settings_for(**{"port": 25, name: value})
    assert set(caught.value.problems) == {name}


def test_a_password_never_goes_in_clear_to_another_machine() -> None:
    with pytest.raises(BadInput, match="in clear"):
        settings_for(25, host="mail.example.test", user=USER)
    settings_for(25, host="mail.example.test", user=USER, security=Security.STARTTLS)


def test_without_settings_it_waits_for_them() -> None:
    error = refused(None)
    assert not error.permanent
    assert error.sentence == "E-mail is not set up. Set up messages in Settings."


# --- one connection a batch -------------------------------------------------------------------------------------------


def test_200_mails_go_over_one_connection(serve: Serve) -> None:
    box = Mailbox()
    with session_for(settings_for(serve(box))) as session:
        for number in range(200):
            session.send(make_delivery(number), message())
        assert session.connections == 1
    assert len(box.mails) == 200
    assert len(box.peers) == 1
    assert len({parsed(envelope)["Message-ID"] for envelope in box.mails}) == 200


def test_a_connection_dropped_between_mails_is_made_anew(nasty: Nasty) -> None:
    taken: list[int] = []

    def one_mail_each(server: NastyServer, connection: socket.socket, number: int) -> None:
        if server.talk(connection, {}, until=b"DATA"):
            server.content(connection)
            taken.append(number)
            connection.sendall(b"250 queued\r\n")

    server = nasty(one_mail_each)
    with session_for(settings_for(server.port)) as session:
        for number in range(5):
            assert session.send(make_delivery(number), message()) == "250 queued"
        assert session.connections == 5
    assert taken == [1, 2, 3, 4, 5]


def test_a_connection_dropped_inside_a_mail_is_not_sent_and_the_next_goes_on(nasty: Nasty) -> None:
    def drop_the_first(server: NastyServer, connection: socket.socket, number: int) -> None:
        while server.talk(connection, {}, until=b"DATA"):
            server.content(connection)
            if number == 1:
                return
            connection.sendall(b"250 queued\r\n")
            server.talk(connection, {}, until=b"QUIT")
            return

    server = nasty(drop_the_first)
    with session_for(settings_for(server.port)) as session:
        with pytest.raises(DeliveryError, match="closed the connection") as caught:
            session.send(make_delivery(1), message())
        assert not caught.value.permanent
        assert session.send(make_delivery(2), message()) == "250 queued"
    assert server.connections == 2


def test_a_server_closing_with_421_between_mails_costs_no_mail(nasty: Nasty) -> None:
    def closing(server: NastyServer, connection: socket.socket, number: int) -> None:
        if number == 1:
            server.talk(connection, {}, until=b"DATA")
            server.content(connection)
            connection.sendall(b"250 queued\r\n")
            server.line(connection)
            connection.sendall(b"421 too many mails, goodbye\r\n")
        elif server.talk(connection, {}, until=b"DATA"):
            server.content(connection)
            connection.sendall(b"250 queued again\r\n")
            server.line(connection)

    with session_for(settings_for(nasty(closing).port)) as session:
        assert session.send(make_delivery(1), message()) == "250 queued"
        assert session.send(make_delivery(2), message()) == "250 queued again"


def test_a_server_that_is_not_there_is_asked_once_a_batch() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with session_for(settings_for(port)) as session:
        for number in range(3):
            with pytest.raises(DeliveryError, match=f"Nothing answers at 127.0.0.1 port {port}") as caught:
                session.send(make_delivery(number), message())
            assert not caught.value.permanent
        assert session.connections == 1


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_a_refused_recipient_fails_for_good_and_harms_nobody_else(serve: Serve) -> None:
    box = Mailbox(rcpt=lambda address: "550 5.1.1 no such user here" if address.startswith("gone@") else None)
    with session_for(settings_for(serve(box))) as session:
        with pytest.raises(DeliveryError) as caught:
            session.send(make_delivery(1, recipient="gone@example.test"), message())
        assert caught.value.permanent
        assert caught.value.answer == "550 5.1.1 no such user here"
        session.send(make_delivery(2), message())
        assert session.connections == 1
    assert [envelope.rcpt_tos for envelope in box.mails] == [["night@example.test"]]


def test_grey_listing_is_another_try(serve: Serve) -> None:
    box = Mailbox(data=lambda number: "451 4.7.1 greylisted, come back" if number == 1 else None)
    settings = settings_for(serve(box))
    delivery = make_delivery()
    error = refused(settings, message_id=delivery.message_id)
    assert not error.permanent
    assert error.answer == "451 4.7.1 greylisted, come back"
    assert send_one(settings, message_id=delivery.message_id) == "250 2.0.0 queued as 2"
    assert parsed(box.mails[0])["Message-ID"] == delivery.message_id


@pytest.mark.parametrize(
    ("answers", "permanent", "words"),
    [
        ({b"RCPT": b"450 4.2.1 mailbox busy"}, False, "refused the recipient"),
        ({b"RCPT": b"554 5.7.1 relaying denied"}, True, "refused the recipient"),
        ({b"RCPT": b"530 5.7.0 sign in first"}, False, "refused the recipient"),
        ({b"MAIL": b"550 5.7.1 sender not yours"}, False, "refused the sender"),
        ({b"DATA": b"554 5.5.0 no valid recipients"}, True, "refused the message"),
        ({b"MAIL": b"yes?why not"}, False, "does not answer as one"),
    ],
)
def test_answers(answers: dict[bytes, bytes], permanent: bool, words: str, nasty: Nasty) -> None:
    server = nasty(lambda server, connection, number: server.talk(connection, answers))
    error = refused(settings_for(server.port))
    assert error.permanent is permanent
    assert words in error.sentence
    assert next(iter(answers.values())).decode().removeprefix("yes?") in error.answer  # smtplib drops the code, even of nonsense


def test_a_refusal_counts_also_when_the_server_hangs_up(nasty: Nasty) -> None:
    def rude(server: NastyServer, connection: socket.socket, number: int) -> None:
        server.talk(connection, {}, until=b"RCPT")
        connection.sendall(b"550 never heard of\r\n")

    error = refused(settings_for(nasty(rude).port))
    assert error.permanent
    assert error.answer == "550 never heard of"


def test_a_server_silent_after_the_content_ends_at_the_time_out(nasty: Nasty) -> None:
    def silent(server: NastyServer, connection: socket.socket, number: int) -> None:
        server.talk(connection, {}, until=b"DATA")
        server.content(connection)
        server.released.wait(30)

    server = nasty(silent)
    error = refused(settings_for(server.port, timeout_s=0.3))
    assert not error.permanent
    assert "did not answer within 0.3 s" in error.sentence
    assert "counts as not sent" in error.sentence
    assert server.connections == 1


@pytest.mark.parametrize("stage", ["greeting", "content"])
def test_a_server_that_dribbles_is_cut_off(stage: str, nasty: Nasty) -> None:
    def dribble(server: NastyServer, connection: socket.socket, number: int) -> None:
        if stage == "content":
            server.talk(connection, {}, until=b"DATA")
            server.content(connection)
        while not server.released.wait(0.1):
            connection.sendall(b"220-" if stage == "greeting" else b"2")

    error = refused(settings_for(nasty(dribble).port, timeout_s=0.3))
    assert not error.permanent


def test_two_hangs_in_a_row_put_the_rest_of_the_batch_off(nasty: Nasty) -> None:
    server = nasty(lambda server, connection, number: server.talk(connection, {}, until=b"DATA"))
    with session_for(settings_for(server.port)) as session:
        for number in range(6):
            with pytest.raises(DeliveryError):
                session.send(make_delivery(number), message())
    assert server.connections == 2


@pytest.mark.parametrize("greeting", NO_GREETING)
def test_a_greeting_that_is_none_is_told(greeting: bytes, nasty: Nasty) -> None:
    server = nasty(lambda server, connection, number: (connection.sendall(greeting), server.released.wait(5)))
    error = refused(settings_for(server.port))
    assert not error.permanent
    assert "does not answer as one" in error.sentence
    assert error.sentence.isprintable()


def test_a_tls_port_that_speaks_none_is_told(serve: Serve) -> None:
    error = refused(settings_for(serve(Mailbox()), security=Security.TLS))
    assert "does not speak TLS" in error.sentence


def test_a_real_message_of_each_cause_is_taken(serve: Serve) -> None:
    box = Mailbox()
    with session_for(settings_for(serve(box))) as session:
        for number, cause in enumerate(Cause):
            facts = make_facts(cause=cause)
            thread_id = "<first@example.test>" if cause in (Cause.REPEAT, Cause.EASED, Cause.CLEARED) else ""
            session.send(make_delivery(number, facts=facts, thread_id=thread_id), render(facts, NOW, NOW))
    assert [parsed(envelope)["Subject"].split()[0] for envelope in box.mails] == [
        "Critical:", "Still", "Eased", "Cleared:", "ASR", "TEST",
    ]  # fmt: skip
    first = "<first@example.test>"
    assert [parsed(envelope)["In-Reply-To"] for envelope in box.mails] == [None, first, first, first, None, None]
