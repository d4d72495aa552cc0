"""The deliverer and users' templates: whatever is wrong with one, the message goes out. Text messages."""

import logging
from dataclasses import replace
from typing import Any

import pytest
from conftest_notify import NOW, make_delivery, make_facts
from outbox_tools_notify import Desktop, FakeChannel, MemoryOutbox, deliverer, tray_delivery

from noc_alerts.model.deliveries import Cause, Channel, Delivery, DeliveryState, FailedCall
from noc_alerts.model.errors import StoreError
from noc_alerts.model.templates import Template
from noc_alerts.notify.channels import TrayChannel
from noc_alerts.notify.deliverer import DeliveryReport


def sms_delivery(number: int, **changes: Any) -> Delivery:
    return make_delivery(number, channel=Channel.SMS, recipient="+442079460812", **changes)


def test_without_a_gateway_text_messages_are_dropped_with_their_text() -> None:
    outbox = MemoryOutbox(sms_delivery(1), sms_delivery(2, facts=make_facts(demo=True)))
    assert deliverer(outbox, {}).run_once(NOW) == DeliveryReport(dropped=2)
    assert outbox.rows[1].answer == "No SMS gateway is set up, so text messages are not sent."
    assert outbox.rows[1].body.startswith("Critical: ASR of carrier bravo is 5.4 %. The limit is < 30 %.\n")
    assert outbox.rows[2].answer == "The demo sends nothing."


def test_a_gateway_gets_the_text_message_after_popups_and_mail() -> None:
    order: list[Channel] = []

    def answer(delivery: Delivery) -> str:
        order.append(delivery.channel)
        return "queued"

    channel = FakeChannel(answer)
    outbox = MemoryOutbox(sms_delivery(1), make_delivery(2), tray_delivery(3))
    work = deliverer(outbox, dict.fromkeys(Channel, channel))
    assert work.run_once(NOW).sent == 3
    assert order == [Channel.TRAY, Channel.EMAIL, Channel.SMS]
    assert outbox.rows[1].body == channel.sent[-1][1].sms


def own(text: str, **parts: str) -> Template:
    return Template(7, "own", parts.pop("subject", "own {{ name }}"), text, **parts)


def use(name: str = "own", **changes: Any) -> Any:
    return make_facts(template=name, **changes)


def test_a_users_template_is_used_with_calls_and_link() -> None:
    asked: list[int | None] = []

    def calls(delivery: Delivery) -> list[FailedCall]:
        asked.append(delivery.id)
        return [FailedCall(NOW, "4420", "4144", 503, "Service Unavailable")]

    listing = own("{% for c in last_calls %}{{ c.from }}>{{ c.to }} {{ link }}{% endfor %}", push_title="P", push_message="M")
    plain = replace(own("no list"), name="plain")
    outbox, desktop = MemoryOutbox(
        make_delivery(1, facts=use(), alarm_id=41), make_delivery(2, facts=use("plain")), tray_delivery(3, facts=use()),
    ), Desktop()  # fmt: skip
    work = deliverer(
        outbox, {Channel.EMAIL: FakeChannel(), Channel.TRAY: TrayChannel(desktop)},
        templates={"own": listing, "plain": plain}.get, last_calls=calls, link_base=lambda: "https://noc.example.test/a/",
    )  # fmt: skip
    assert work.run_once(NOW).sent == 3
    assert (outbox.rows[1].subject, outbox.rows[1].body) == ("own Low ASR", "4420>4144 https://noc.example.test/a/41\n")
    assert outbox.rows[2].body == "no list\n"
    assert desktop.shown == [("P", "M", "critical")]
    assert (outbox.rows[3].subject, outbox.rows[3].body) == ("P", "M")
    assert asked == [3, 1]  # those whose template lists calls, each once


def test_a_stock_template_that_was_changed_is_used() -> None:
    asked: list[str] = []

    def templates(name: str) -> Template | None:
        asked.append(name)
        return replace(own("changed"), name="alert") if name == "alert" else None

    report = use("alert", cause=Cause.REPORT, operator="always", limit="", value=None)
    outbox = MemoryOutbox(make_delivery(1, facts=use("alert")), make_delivery(2, facts=report))
    deliverer(outbox, {Channel.EMAIL: FakeChannel()}, templates=templates).run_once(NOW)
    assert asked == ["alert", "report"]
    assert outbox.rows[1].body == "changed\n"
    assert outbox.rows[2].subject == "ASR report, 04:12, carrier bravo"
    assert [row.answer for row in outbox.rows.values()] == ["250 fine"] * 2


def test_a_template_that_fails_keeps_no_message_back_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    outbox = MemoryOutbox(*(make_delivery(number, facts=use()) for number in (1, 2)), make_delivery(3, facts=use("gone")))
    work = deliverer(outbox, {Channel.EMAIL: FakeChannel()}, templates={"own": own("a\n{{ thresold }}")}.get)
    assert work.run_once(NOW).sent == 3
    for number in (1, 2, 3):
        assert outbox.rows[number].subject == "Critical: carrier bravo ASR 5.4 % < 30 %"
    assert outbox.rows[2].answer == (
        "250 fine The template own could not be used: text, line 2: thresold is not known. Did you mean threshold?;"
        " the stock text was sent."
    )
    assert outbox.rows[3].answer == (
        "250 fine The template gone could not be used: it is not there any more; the stock text was sent."
    )
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [line.split(" could")[0] for line in said] == ["The template own", "The template gone"]


def test_a_template_bomb_is_over_in_time_and_the_stock_text_goes_out() -> None:
    bomb = own("\n{% for a in range(1000) %}{% for b in range(1000) %}x{% endfor %}{% endfor %}")
    outbox = MemoryOutbox(make_delivery(1, facts=use()))
    assert deliverer(outbox, {Channel.EMAIL: FakeChannel()}, templates={"own": bomb}.get).run_once(NOW).sent == 1
    assert "text, line 2: It asks for too much: it goes round its loops more than 10,000 times" in outbox.rows[1].answer
    assert outbox.rows[1].body.startswith("Critical: ASR")


def test_a_store_that_cannot_be_read_keeps_no_message_back(caplog: pytest.LogCaptureFixture) -> None:
    def locked(*args: object) -> Any:
        raise StoreError("The store is locked.")

    listing = own("{{ last_calls|length }} calls")
    outbox = MemoryOutbox(make_delivery(1, facts=use()), make_delivery(2, facts=use("alert")))
    deliverer(outbox, {Channel.EMAIL: FakeChannel()}, templates=locked).run_once(NOW)
    assert [row.state for row in outbox.rows.values()] == [DeliveryState.SENT] * 2
    assert "The template own could not be used: The store is locked; the stock text was sent." in outbox.rows[1].answer
    outbox = MemoryOutbox(make_delivery(1, facts=use()))
    work = deliverer(
        outbox, {Channel.EMAIL: FakeChannel()}, templates={"own": listing}.get, last_calls=locked, link_base=locked
    )
    work.run_once(NOW)
    assert (outbox.rows[1].body, outbox.rows[1].answer) == ("0 calls\n", "250 fine")
