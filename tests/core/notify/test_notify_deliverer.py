"""The deliverer: due, sent, recorded; and what happens when it is not taken."""

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest_notify import NOW, Mailbox, make_delivery, make_facts
from outbox_tools_notify import Clock, Desktop, FakeChannel, MemoryOutbox, deliverer, refuse, tray_delivery

from noc_alerts.model.deliveries import Cause, Channel, Delivery, DeliveryState
from noc_alerts.model.errors import BadInput, StoreError
from noc_alerts.notify.channels import ChannelSender, TrayChannel
from noc_alerts.notify.deliverer import BATCH, Deliverer, DeliveryReport, next_try
from noc_alerts.notify.email import EmailChannel
from noc_alerts.notify.smtp_settings import Security, SmtpSettings
from noc_alerts.store import open_store  # notify must not; its test may


def test_next_try_waits_longer_each_time() -> None:
    waits = [(next_try(tries, NOW) - NOW).total_seconds() for tries in range(1, 9)]
    assert waits == [5, 15, 45, 120, 300, 900, 900, 900]


def test_what_is_due_is_sent_and_recorded_with_its_text() -> None:
    outbox, channel = MemoryOutbox(make_delivery(1), make_delivery(2, next_at=NOW + timedelta(seconds=1))), FakeChannel()
    assert deliverer(outbox, {Channel.EMAIL: channel}).run_once(NOW) == DeliveryReport(sent=1)
    row = outbox.rows[1]
    assert (row.state, row.answer, row.sent_at, row.tries) == (DeliveryState.SENT, "250 fine", NOW, 1)
    assert row.subject == "Critical: carrier bravo ASR 5.4 % < 30 %"
    assert row.body == channel.sent[0][1].text
    assert [(attempt.delivery_id, attempt.ok) for attempt in outbox.attempts] == [(1, True)]
    assert outbox.rows[2].state is DeliveryState.WAITING


def test_a_batch_goes_over_one_session_that_is_closed_again() -> None:
    outbox, channel = MemoryOutbox(*(make_delivery(number) for number in range(1, 51))), FakeChannel()
    assert deliverer(outbox, {Channel.EMAIL: channel}).run_once(NOW).sent == 50
    assert (channel.sessions, channel.open) == (1, False)


def test_nothing_due_opens_no_session() -> None:
    channel = FakeChannel()
    assert deliverer(MemoryOutbox(), {Channel.EMAIL: channel}).run_once(NOW) == DeliveryReport()
    assert channel.sessions == 0


def test_more_is_told_when_the_batch_was_full() -> None:
    outbox = MemoryOutbox(*(make_delivery(number) for number in range(1, BATCH + 6)))
    work = deliverer(outbox, {Channel.EMAIL: FakeChannel()})
    assert work.run_once(NOW) == DeliveryReport(sent=BATCH, more=True)
    assert work.run_once(NOW) == DeliveryReport(sent=5)


def test_each_is_recorded_before_the_next_is_sent() -> None:
    outbox = MemoryOutbox(*(make_delivery(number) for number in range(1, 4)))
    recorded: list[int] = []

    def answer(delivery: Delivery) -> str:
        recorded.append(len(outbox.attempts))
        return "250 fine"

    deliverer(outbox, {Channel.EMAIL: FakeChannel(answer)}).run_once(NOW)
    assert recorded == [0, 1, 2]


def test_a_crash_after_sending_repeats_with_the_same_message_id() -> None:
    class Killed(BaseException):
        pass

    outbox = MemoryOutbox(make_delivery(1))

    def crash(*args: object) -> None:
        raise Killed

    channel = FakeChannel()
    outbox.record, kept = crash, outbox.record  # type: ignore[assignment, method-assign]  # the process dies here
    with pytest.raises(Killed):
        deliverer(outbox, {Channel.EMAIL: channel}).run_once(NOW)
    outbox.record = kept  # type: ignore[method-assign]
    assert deliverer(outbox, {Channel.EMAIL: channel}).run_once(NOW).sent == 1
    first, second = (delivery.message_id for delivery, _ in channel.sent)
    assert first == second


def test_a_full_disk_does_not_send_the_same_again_and_again() -> None:
    outbox, channel = MemoryOutbox(make_delivery(1), make_delivery(2)), FakeChannel()
    work = deliverer(outbox, {Channel.EMAIL: channel})
    outbox.broken = True
    for _ in range(5):
        with pytest.raises(StoreError):
            work.run_once(NOW)
    assert len(channel.sent) == 1
    outbox.broken = False
    assert work.run_once(NOW) == DeliveryReport(sent=1)
    assert [row.state for row in outbox.rows.values()] == [DeliveryState.SENT] * 2
    assert len(channel.sent) == 2


def test_not_taken_is_tried_again_later() -> None:
    outbox = MemoryOutbox(make_delivery(1), make_delivery(2, tries=3))
    assert deliverer(outbox, {Channel.EMAIL: FakeChannel(refuse(False))}).run_once(NOW) == DeliveryReport(waiting=2)
    assert [row.next_at - NOW for row in outbox.rows.values()] == [timedelta(seconds=5), timedelta(minutes=2)]
    assert outbox.rows[1].answer == "The server said no. (451 later)"
    assert outbox.rows[1].state is DeliveryState.WAITING
    assert not outbox.attempts[0].ok


def test_refused_for_good_is_not_tried_again() -> None:
    outbox = MemoryOutbox(make_delivery(1))
    work = deliverer(outbox, {Channel.EMAIL: FakeChannel(refuse(True))})
    assert work.run_once(NOW) == DeliveryReport(failed=1, failed_ids=(1,))
    assert work.run_once(NOW + timedelta(days=1)) == DeliveryReport()


def test_it_gives_up_after_24_hours_and_not_before() -> None:
    outbox, channel, clock = MemoryOutbox(make_delivery(1)), FakeChannel(refuse(False)), Clock()
    work = Deliverer(outbox, {Channel.EMAIL: channel}, clock)
    runs = 0
    while outbox.rows[1].state is DeliveryState.WAITING:
        clock.now = outbox.rows[1].next_at
        work.run_once(clock.now)
        runs += 1
    assert timedelta(hours=23, minutes=45) <= clock.now - NOW <= timedelta(hours=24)
    assert 95 <= runs <= 105
    assert outbox.rows[1].answer.startswith(f"Given up after 24 h and {runs} tries. The last answer: The server said no.")


def test_after_days_switched_off_there_is_still_one_try() -> None:
    later = NOW + timedelta(days=3)
    outbox, channel = MemoryOutbox(make_delivery(1)), FakeChannel()
    assert deliverer(outbox, {Channel.EMAIL: channel}, later).run_once(later).sent == 1
    assert "late" in outbox.rows[1].body


def test_without_settings_mail_waits_and_goes_out_once_there_are_some(serve: Callable[..., int]) -> None:
    outbox, box, clock = MemoryOutbox(make_delivery(1)), Mailbox(), Clock()
    settings: list[SmtpSettings | None] = [None]
    channels: dict[Channel, ChannelSender] = {}
    work = Deliverer(outbox, channels, clock)
    assert work.run_once(NOW) == DeliveryReport(waiting=1)
    channels[Channel.EMAIL] = EmailChannel(lambda: settings[0], lambda: "", clock)
    clock.now = outbox.rows[1].next_at
    assert work.run_once(clock.now) == DeliveryReport(waiting=1)
    assert outbox.rows[1].answer == "E-mail is not set up. Set up messages in Settings."
    settings[0] = SmtpSettings("127.0.0.1", serve(box), Security.NONE, "noc@example.test")
    clock.now = outbox.rows[1].next_at
    assert work.run_once(clock.now) == DeliveryReport(sent=1)
    assert len(box.mails) == 1


def test_the_demo_mails_nobody_but_tests() -> None:
    raised, trial = make_facts(demo=True), make_facts(demo=True, cause=Cause.TEST)
    outbox, channel = MemoryOutbox(make_delivery(1, facts=raised), make_delivery(2, facts=trial)), FakeChannel()
    assert deliverer(outbox, {Channel.EMAIL: channel}).run_once(NOW) == DeliveryReport(sent=1, dropped=1)
    assert (outbox.rows[1].state, outbox.rows[1].answer) == (DeliveryState.DROPPED, "The demo sends nothing.")
    assert outbox.rows[1].subject.startswith("DEMO ")
    assert [delivery.id for delivery, _ in channel.sent] == [2]
    assert not outbox.attempts[0].ok


def test_the_tray_shows_what_the_window_is_given() -> None:
    outbox, desktop = MemoryOutbox(tray_delivery(1, facts=make_facts(demo=True))), Desktop()
    assert deliverer(outbox, {Channel.TRAY: TrayChannel(desktop)}).run_once(NOW).sent == 1
    ((subject, body, level),) = desktop.shown
    assert subject.startswith("DEMO Critical: carrier bravo")
    assert body.startswith("DEMO")
    assert level == "critical"
    assert outbox.rows[1].answer == "shown by the desktop"


def test_without_a_window_popups_are_dropped() -> None:
    outbox = MemoryOutbox(tray_delivery(1))
    assert deliverer(outbox, {}).run_once(NOW) == DeliveryReport(dropped=1)
    assert (outbox.rows[1].state, outbox.rows[1].answer) == (DeliveryState.DROPPED, "no desktop is open")


def test_popups_do_not_wait_for_a_slow_mail_server() -> None:
    desktop = Desktop()
    outbox = MemoryOutbox(make_delivery(1), tray_delivery(2))
    before: list[int] = []

    def slow(delivery: Delivery) -> str:
        before.append(len(desktop.shown))
        return "250 fine"

    deliverer(outbox, {Channel.EMAIL: FakeChannel(slow), Channel.TRAY: TrayChannel(desktop)}).run_once(NOW)
    assert before == [1]


def test_one_broken_message_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    def answer(delivery: Delivery) -> str:
        answers: dict[int | None, str] = {2: "250 fine"}
        return answers[delivery.id]

    outbox = MemoryOutbox(make_delivery(1), make_delivery(2))
    assert deliverer(outbox, {Channel.EMAIL: FakeChannel(answer)}).run_once(NOW) == DeliveryReport(sent=1, waiting=1)
    assert "a mistake in the program (KeyError)" in outbox.rows[1].answer
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info is not None


def test_a_run_ends_early_when_the_program_stops() -> None:
    outbox, channel = MemoryOutbox(*(make_delivery(number) for number in range(1, 10))), FakeChannel()
    work = deliverer(outbox, {Channel.EMAIL: channel}, stopping=lambda: len(channel.sent) >= 3)
    assert work.run_once(NOW).sent == 3
    assert sum(row.state is DeliveryState.WAITING for row in outbox.rows.values()) == 6


def test_health_tells_the_last_success_and_the_last_error() -> None:
    outbox, channel = MemoryOutbox(make_delivery(1)), FakeChannel(refuse(False))
    work = deliverer(outbox, {Channel.EMAIL: channel})
    work.run_once(NOW)
    (mail,) = [health for health in work.health if health.channel is Channel.EMAIL]
    assert (mail.last_success, mail.last_error, mail.last_error_at) == (None, "The server said no.", NOW)
    channel.answer = lambda delivery: "250 fine"
    work.run_once(NOW + timedelta(seconds=5))
    (mail,) = [health for health in work.health if health.channel is Channel.EMAIL]
    assert (mail.last_success, mail.last_error) == (NOW, "")


def test_a_refused_recipient_says_nothing_about_the_channel() -> None:
    work = deliverer(MemoryOutbox(make_delivery(1)), {Channel.EMAIL: FakeChannel(refuse(True))})
    work.run_once(NOW)
    assert all(health.last_error == "" for health in work.health)


def test_a_real_batch_with_a_bad_recipient_and_a_grey_list(serve: Callable[..., int]) -> None:
    box = Mailbox(
        rcpt=lambda address: "550 5.1.1 no such user" if address.startswith("gone@") else None,
        data=lambda number: "451 4.7.1 greylisted" if number == 1 else None,
    )
    settings = SmtpSettings("127.0.0.1", serve(box), Security.NONE, "noc@example.test")
    clock = Clock()
    outbox = MemoryOutbox(make_delivery(1), make_delivery(2, recipient="gone@example.test"), make_delivery(3))
    work = Deliverer(outbox, {Channel.EMAIL: EmailChannel(lambda: settings, lambda: "", clock)}, clock)
    assert work.run_once(NOW) == DeliveryReport(sent=1, failed=1, waiting=1, failed_ids=(2,))
    assert len(box.peers) == 1
    assert "550 5.1.1 no such user" in outbox.rows[2].answer
    clock.now = outbox.rows[1].next_at
    assert work.run_once(clock.now) == DeliveryReport(sent=1)
    assert [row.state.value for row in outbox.rows.values()] == ["sent", "failed", "sent"]


def test_it_works_with_the_real_outbox(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    try:
        kept = store.outbox.add(make_delivery(1, id=None))
        clock, channel = Clock(), FakeChannel(refuse(False))
        work = Deliverer(store.outbox, {Channel.EMAIL: channel}, clock)
        assert work.run_once(NOW) == DeliveryReport(waiting=1)
        assert work.run_once(NOW) == DeliveryReport()
        channel.answer = lambda delivery: "250 fine"
        clock.now = NOW + timedelta(seconds=5)
        assert work.run_once(clock.now) == DeliveryReport(sent=1)
        row = store.outbox.get(kept.id or 0)
        assert row is not None
        assert (row.state, row.tries, row.answer, row.sent_at) == (DeliveryState.SENT, 2, "250 fine", clock.now)
        assert row.message_id == kept.message_id == channel.sent[0][0].message_id
        assert [attempt.ok for attempt in store.outbox.attempts(kept.id or 0)] == [False, True]
    finally:
        store.close()


def test_a_delivery_deleted_while_it_is_sent_stops_nothing() -> None:
    class Deleting(MemoryOutbox):
        def record(self, delivery_id: int, *rest: Any) -> None:
            if delivery_id == 1:
                raise BadInput("There is no such delivery.")
            super().record(delivery_id, *rest)

    outbox = Deleting(make_delivery(1), make_delivery(2))
    assert deliverer(outbox, {Channel.EMAIL: FakeChannel()}).run_once(NOW).sent == 2
    assert outbox.rows[2].state is DeliveryState.SENT
