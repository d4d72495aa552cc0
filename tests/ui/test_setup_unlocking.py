"""A computer without a keyring: a passphrase is asked for in the window, never on a core thread, and nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from test_setup_world import NOW, MemoryRing, World, find, make_world

from noc_alerts.model.deliveries import Attempt, Cause, Channel, Delivery, DeliveryState, Facts
from noc_alerts.notify.smtp_settings import Security, SmtpSettings
from noc_alerts.scheduler import Service
from noc_alerts.secrets import LockedError, Secrets
from noc_alerts.settings import Messages, save
from noc_alerts.switches.factory import SMTP_SECRET
from ui.messages import Recorder, messages
from ui.setup.settings_page import SettingsPage, make_page
from ui.setup.switches_page import SwitchesPage
from ui.setup.switches_page import make_page as make_switches
from ui.setup.unlocking import LockBell, PassphraseDialog, Unlocker
from ui.widgets.error_panel import ErrorPanel
from ui.widgets.fields import TextField
from ui.widgets.labels import Label

PASSPHRASE = "a long night shift"


class NoRing(MemoryRing):
    """A backend that is as good as none."""

    priority = 0.0


def without_keyring(folder: Path, bell: LockBell | None = None) -> Secrets:
    return Secrets(folder, keyring=NoRing(), environ={}, ask=None if bell is None else bell.ring)


@pytest.fixture
def bare(tmp_path: Path, dressed: object) -> Iterator[World]:
    """Give a world on a computer without a keyring."""
    made = make_world(tmp_path)
    made.service = Service(made.store, without_keyring(tmp_path))
    made.context = replace(made.context, service=made.service)
    yield made
    made.service.stop()


def dialog(qtbot: Any) -> PassphraseDialog:
    """Wait for the dialog."""

    def found() -> list[PassphraseDialog]:
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, PassphraseDialog) and w.isVisible()]

    qtbot.waitUntil(lambda: bool(found()))
    return found()[0]


def fill(page: QWidget, name: str, words: str) -> None:
    field = find(page, TextField, name)
    field.setText(words)
    field.textEdited.emit(words)


def waiting_mail(world: World) -> int:
    """Give the id of a mail that is tried again in an hour, because its password was locked."""
    facts = Facts(
        Cause.RAISED, "Low ASR", "critical", "carrier bravo", "bravo", "lon-1", "ASR", "<", 30.0, None, 5.4, "%", "< 30 %", 294,
        "attempts", 300, NOW, NOW,
    )  # fmt: skip
    kept = world.store.outbox.add(Delivery(Channel.EMAIL, "noc@tessera.example", facts, "<1@tessera.example>", NOW, NOW))
    assert kept.id is not None
    failed = Attempt(kept.id, NOW, False, "The mail password cannot be read. The passwords are locked.", 1)
    world.store.outbox.record(kept.id, failed, DeliveryState.WAITING, NOW + timedelta(hours=1), failed.answer)
    return kept.id


def messages_tab(world: World, qtbot: Any) -> SettingsPage:
    page = make_page(world.context)
    assert isinstance(page, SettingsPage)
    qtbot.addWidget(page)
    with qtbot.waitExposed(page):
        page.show()
    page.show_item("messages")
    return page


def test_saving_a_mail_password_asks_for_a_passphrase_and_keeps_it_encrypted(
    bare: World, qtbot: Any, recorder: Recorder
) -> None:
    save(bare.store.settings, Messages(smtp=SmtpSettings("127.0.0.1", 53793, Security.NONE, "noc@tessera.example")))
    page = messages_tab(bare, qtbot)
    assert find(page, TextField, "smtp_port").text() == "53793"  # a port is no quantity
    fill(page, "smtp_password", "geheim")
    assert page.save()
    asked = dialog(qtbot)
    assert find(asked, Label, "passphrase_sentence").text().startswith("This computer has no keyring. Choose a passphrase")
    asked.first.setText("short")
    asked.try_it()
    assert "Use 8 characters or more" in asked.first_field.error
    asked.first.setText(PASSPHRASE)
    asked.second.setText("another long one")
    asked.try_it()
    assert asked.second_field.error == "The two are not the same. Enter it once more."
    asked.second.setText(PASSPHRASE)
    qtbot.keyClick(asked, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(recorder.said))
    assert recorder.failed == []
    assert page.messages.changes() == []
    assert bare.service.secrets.get(SMTP_SECRET) == "geheim"
    assert b"geheim" not in (bare.folder / "secrets.enc").read_bytes()


def test_not_now_leaves_the_password_in_the_form_and_save_asks_again(bare: World, qtbot: Any, recorder: Recorder) -> None:
    page = make_switches(bare.context)
    assert isinstance(page, SwitchesPage)
    qtbot.addWidget(page)
    with qtbot.waitExposed(page):
        page.show()
    page.show_item("new")
    fill(page, "switch_name", "fra-1")
    fill(page, "switch_kamailio_database_url", "postgresql://noc@127.0.0.1:9/kamailio")
    fill(page, "switch_kamailio_api_url", "http://127.0.0.1:9/rpc")
    fill(page, "switch_kamailio_api_key", "geheim")
    assert page.item.form.save()
    dialog(qtbot).reject()
    qtbot.waitUntil(lambda: bool(recorder.failed))
    assert "no passphrase was chosen" in recorder.failed[0].sentence
    assert page.item.can_save
    qtbot.waitUntil(lambda: not [w for w in QApplication.topLevelWidgets() if isinstance(w, PassphraseDialog)])
    assert page.item.form.save()
    asked = dialog(qtbot)
    asked.first.setText(PASSPHRASE)
    asked.second.setText(PASSPHRASE)
    asked.try_it()
    qtbot.waitUntil(lambda: bool(recorder.said))
    (kept,) = bare.store.connections.all()
    assert bare.service.secrets.get(f"switch_{kept.id}_api_key") == "geheim"


def test_a_core_thread_rings_once_and_never_waits_for_the_window(bare: World, qtbot: Any, recorder: Recorder) -> None:
    first = without_keyring(bare.folder)
    first.unlock(PASSPHRASE)
    first.set(SMTP_SECRET, "geheim")
    bell = LockBell()
    secrets = without_keyring(bare.folder, bell)
    service = bare.service
    service.secrets = secrets
    window = QWidget()
    qtbot.addWidget(window)
    context = replace(bare.context, window=cast(Any, window))
    panel = ErrorPanel(window)
    messages.failed.connect(panel.add)
    unlocker = Unlocker(context, bell)
    mail = waiting_mail(bare)
    told: list[str] = []

    def need() -> None:
        for _ in range(2):
            try:
                secrets.get(SMTP_SECRET)
            except LockedError as error:
                told.append(error.sentence)

    thread = threading.Thread(target=need)
    thread.start()
    thread.join(5)  # the window's thread is busy here: whoever waited for it would hang
    assert not thread.is_alive() and len(told) == 2 and "The passwords are locked" in told[0]
    qtbot.waitUntil(lambda: bool(recorder.failed))
    assert len(recorder.failed) == 1
    assert recorder.failed[0].action == "Unlock…" and not panel.isHidden()
    run = recorder.failed[0].run
    assert run is not None
    run()
    asked = dialog(qtbot)
    assert not asked.second_field.isVisibleTo(asked)
    asked.first.setText("a wrong passphrase")
    asked.try_it()
    qtbot.waitUntil(lambda: bool(asked.first_field.error))
    assert "does not open" in asked.first_field.error
    asked.first.setText(PASSPHRASE)
    asked.try_it()
    qtbot.waitUntil(lambda: bool(recorder.said))
    assert secrets.get(SMTP_SECRET) == "geheim"
    qtbot.waitUntil(lambda: [each.id for each in bare.store.outbox.due(datetime.now(UTC), 10)] == [mail])
    qtbot.waitUntil(lambda: not [w for w in QApplication.topLevelWidgets() if isinstance(w, PassphraseDialog)])
    assert panel.isHidden()  # what it said is no longer true
    unlocker.unlock()
    qtbot.waitUntil(lambda: len(recorder.said) == 2)
    assert recorder.said[1].words == "The passwords are unlocked."
