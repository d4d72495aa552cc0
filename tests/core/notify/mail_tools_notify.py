"""What the tests of mail share: settings for a server on loopback, a message, sending it and being refused."""

import email
import email.policy
import traceback
from email.message import EmailMessage
from typing import Any

import pytest
from conftest_notify import NOW, PASSWORD, make_delivery, make_facts

from noc_alerts.model.errors import DeliveryError
from noc_alerts.notify.email import EmailChannel, EmailSession
from noc_alerts.notify.render import Message, render
from noc_alerts.notify.smtp_settings import Security, SmtpSettings


def settings_for(port: int, **changes: Any) -> SmtpSettings:
    values = {"host": "127.0.0.1", "port": port, "security": Security.NONE, "sender": "noc@example.test", "timeout_s": 5.0}
    return SmtpSettings(**{**values, **changes})


def message() -> Message:
    return render(make_facts(), NOW, NOW)


def session_for(settings: SmtpSettings | None, password: str = PASSWORD) -> EmailSession:
    return EmailSession(settings, lambda: password, lambda: NOW)


def send_one(settings: SmtpSettings | None, **changes: Any) -> str:
    with EmailChannel(lambda: settings, lambda: PASSWORD, lambda: NOW).session() as session:
        return session.send(make_delivery(**changes), message())


def refused(settings: SmtpSettings | None, **changes: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        send_one(settings, **changes)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value)) + caught.value.answer
    return caught.value


def parsed(envelope: Any) -> EmailMessage:
    mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail
