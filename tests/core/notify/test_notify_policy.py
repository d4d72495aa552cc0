"""Who is told, or why nobody is."""

import re

import pytest
from conftest_notify import make_delivery, make_facts

from noc_alerts.model.alarms import Told
from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.deliveries import Cause, Channel, DeliveryState
from noc_alerts.notify.policy import TRAY_RECIPIENT, Target, decide, message_id, told_targets

ANN, BOB = (Channel.EMAIL, "ann@example.test"), (Channel.EMAIL, "bob@example.test")
TRAY, PHONE = (Channel.TRAY, TRAY_RECIPIENT), (Channel.SMS, "+442079460812")
CRITICAL, WARNING, NONE = NoticeLevel.CRITICAL, NoticeLevel.WARNING, NoticeLevel.NONE


@pytest.mark.parametrize(
    ("cause", "level", "named", "tray", "tell_recovery", "before", "told", "targets"),
    [
        (Cause.RAISED, CRITICAL, [ANN, BOB], True, True, [], Told.TOLD, [ANN, BOB, TRAY]),
        (Cause.RAISED, CRITICAL, [ANN], False, True, [], Told.TOLD, [ANN]),
        (Cause.RAISED, CRITICAL, [], True, True, [], Told.TOLD, [TRAY]),
        (Cause.RAISED, CRITICAL, [], False, True, [], Told.NO_RECIPIENT, []),
        (Cause.RAISED, CRITICAL, [(Channel.EMAIL, "  "), (Channel.SMS, "")], False, True, [], Told.NO_RECIPIENT, []),
        (Cause.RAISED, CRITICAL, [ANN, (Channel.EMAIL, " ANN@example.test ")], False, True, [], Told.TOLD, [ANN]),
        (Cause.RAISED, NONE, [ANN], True, True, [], Told.TOLD, [ANN]),
        (Cause.RAISED, NONE, [], True, True, [], Told.LEVEL_NONE, []),
        (Cause.RAISED, NONE, [], False, True, [], Told.LEVEL_NONE, []),
        (Cause.CLEARED, CRITICAL, [ANN], True, False, [ANN, TRAY], Told.RECOVERY_OFF, []),
        (Cause.CLEARED, CRITICAL, [BOB], True, True, [TRAY, ANN], Told.TOLD, [ANN, TRAY]),
        (Cause.CLEARED, CRITICAL, [ANN], True, True, [], Told.NO_RECIPIENT, []),
        (Cause.CLEARED, NONE, [ANN], True, True, [], Told.LEVEL_NONE, []),
        (Cause.CLEARED, NONE, [ANN], True, True, [ANN], Told.TOLD, [ANN]),
        (Cause.TEST, CRITICAL, [ANN], True, False, [], Told.TOLD, [ANN, TRAY]),
        (Cause.RAISED, CRITICAL, [PHONE, ANN], True, True, [], Told.TOLD, [ANN, PHONE, TRAY]),
        (Cause.REPEAT, CRITICAL, [BOB], True, False, [TRAY, PHONE, ANN], Told.TOLD, [ANN, PHONE, TRAY]),
        (Cause.REPEAT, CRITICAL, [BOB], True, True, [], Told.NO_RECIPIENT, []),
        (Cause.EASED, CRITICAL, [BOB], True, False, [ANN], Told.TOLD, [ANN]),
        (Cause.REPORT, NONE, [ANN], True, False, [], Told.TOLD, [ANN]),
        (Cause.REPORT, WARNING, [ANN], True, False, [], Told.TOLD, [ANN, TRAY]),
        (Cause.REPORT, NONE, [], True, False, [], Told.LEVEL_NONE, []),
    ],
)
def test_decide(
    cause: Cause, level: NoticeLevel, named: list[Target], tray: bool, tell_recovery: bool, before: list[Target],
    told: Told, targets: list[Target],
) -> None:  # fmt: skip
    assert decide(cause, level, named, tray, tell_recovery, before) == (told, targets)


def test_told_are_those_whose_message_went_out_or_still_will() -> None:
    deliveries = [
        make_delivery(1, recipient="sent@example.test", state=DeliveryState.SENT),
        make_delivery(2, recipient="waits@example.test"),
        make_delivery(3, recipient="failed@example.test", state=DeliveryState.FAILED),
        make_delivery(4, recipient="dropped@example.test", state=DeliveryState.DROPPED),
        make_delivery(5, recipient="tried@example.test", state=DeliveryState.SENT, facts=make_facts(cause=Cause.TEST)),
    ]
    assert told_targets(deliveries) == {(Channel.EMAIL, "sent@example.test"), (Channel.EMAIL, "waits@example.test")}


def test_told_are_also_those_who_only_heard_a_repeat_or_that_it_eased() -> None:
    told = {
        cause: told_targets([make_delivery(state=DeliveryState.SENT, facts=make_facts(cause=cause))]) for cause in Cause
    }
    assert {cause for cause, targets in told.items() if targets} == {Cause.RAISED, Cause.REPEAT, Cause.EASED}


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("Example.Test.", "example.test"),
        ("", "noc-alerts.invalid"),
        ("a b", "noc-alerts.invalid"),
        ("x\r\nBcc", "noc-alerts.invalid"),
        ("münchen.test", "noc-alerts.invalid"),
        ("x" * 60 + ".test", "noc-alerts.invalid"),
    ],
)
def test_a_message_id_is_a_plain_one(domain: str, expected: str) -> None:
    assert re.fullmatch(r"<[0-9a-f]{32}@" + re.escape(expected) + ">", message_id(domain))


def test_message_ids_are_unique() -> None:
    assert len({message_id("example.test") for _ in range(10_000)}) == 10_000
