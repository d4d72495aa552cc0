"""The passphrase of the encrypted file, where this computer has no keyring: a bell for any thread, a dialog for the window.

All but `LockBell.ring` runs on the window's thread; the key is derived on an errand thread, because that takes a moment.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from noc_alerts.model.deliveries import Channel, DeliveryState
from noc_alerts.model.errors import NocError
from noc_alerts.secrets import MIN_PASSPHRASE, LockedError, Place
from ui.setup.errands import run_errand
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import Button, PrimaryButton
from ui.widgets.error_panel import ErrorPanel
from ui.widgets.fields import Field, TextField
from ui.widgets.labels import Label, line

if TYPE_CHECKING:
    from noc_alerts.scheduler import Service
    from ui.context import ScreenContext

UNLOCK_WORDS = "&Unlock secrets…"
NO_KEYRING = "This computer has no keyring."
_LOCKED_TITLE = "The passwords are locked"
_MAIL_LOCKED = "The mail password cannot be read"
_MANY = 500


class LockBell(QObject):
    """Tells the window that a passphrase is wanted. `rang` may be sent on any thread."""

    rang = Signal()

    def ring(self) -> str | None:
        """Ring and give no passphrase: whoever needs a secret on a core thread never waits for a person."""
        self.rang.emit()
        return None


class PassphraseDialog(QDialog):
    """Ask for the passphrase, twice where it is a new one; `done(opened)` is called once, when the dialog is closed."""

    def __init__(self, context: ScreenContext, done: Callable[[bool], object], parent: QWidget | None) -> None:
        super().__init__(parent)
        self._context, self._done = context, done
        self._new = not context.service.secrets.in_file
        self._opened = self._working = False
        title = "Choose a passphrase" if self._new else "Unlock the passwords"
        self.setObjectName("passphrase_dialog")
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(theme.px(460))
        self.first = _secret_line("passphrase_first", "Enter the passphrase.")
        self.second = _secret_line("passphrase_second", "Enter it once more.")
        hint = f"{MIN_PASSPHRASE} characters or more. It is asked for at every start and kept nowhere." if self._new else ""
        self.first_field = Field("Passphrase", self.first, hint=hint)
        self.second_field = Field("Once more", self.second)
        self.second_field.setVisible(self._new)
        self._later = Button("Not now", "passphrase_later", hint="Esc")
        self._take = PrimaryButton("Keep secrets in a file" if self._new else "Unlock", "passphrase_take", hint="Enter")
        self._later.clicked.connect(self.reject)
        self._take.clicked.connect(self.try_it)
        self._lay_out(title)
        self.finished.connect(self._on_finished)
        self.first.setFocus()

    def _lay_out(self, title: str) -> None:
        if self._new:
            sentence = f"{NO_KEYRING} Choose a passphrase; secrets are kept in an encrypted file in the profile."
        else:
            sentence = (
                f"{NO_KEYRING} Its secrets are in an encrypted file in the profile. "
                "Until it is unlocked, switches and mail that need a password wait."
            )
        words = QVBoxLayout()
        words.setContentsMargins(24, 20, 24, 20)
        words.setSpacing(8)
        words.addWidget(Label(title, Role.TEXT, FontRole.PAGE_TITLE, wrap=True, name="passphrase_title"))
        words.addWidget(Label(sentence, Role.MUTED, wrap=True, name="passphrase_sentence"))
        words.addSpacing(8)
        words.addWidget(self.first_field)
        words.addWidget(self.second_field)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(24, 12, 24, 12)
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self._later)
        buttons.addWidget(self._take)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(words)
        column.addWidget(line())
        column.addLayout(buttons)

    def try_it(self) -> None:
        """Use what was typed; what is wrong with it is said under its field."""
        if self._working or not self._check():
            return
        self._set_working(True)
        work = partial(self._context.service.secrets.unlock, self.first.text())
        self._context.bridge.run(run_errand(work), self._on_unlocked, self._on_refused)

    def reject(self) -> None:
        """Close without a passphrase, unless one is being tried."""
        if not self._working:
            super().reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Try it on Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.try_it()
            return
        super().keyPressEvent(event)

    def _check(self) -> bool:
        if not self.first_field.check():
            return False
        if not self._new:
            return True
        if len(self.first.text()) < MIN_PASSPHRASE:
            self.first_field.set_error(f"The passphrase is too short. Use {MIN_PASSPHRASE} characters or more.")
            return False
        if self.first.text() != self.second.text():
            self.second_field.set_error("The two are not the same. Enter it once more.")
            return False
        self.second_field.set_error("")
        return True

    def _set_working(self, working: bool) -> None:
        self._working = working
        for widget in (self.first, self.second, self._later, self._take):
            widget.setEnabled(not working)

    def _on_unlocked(self, _nothing: object) -> None:
        self._working, self._opened = False, True
        self.accept()

    def _on_refused(self, error: NocError) -> None:
        self._set_working(False)
        self.first_field.set_error(error.sentence)
        self.first.setFocus()
        self.first.selectAll()

    def _on_finished(self, _result: int) -> None:
        self._done(self._opened)


def keep_with_passphrase(
    context: ScreenContext,
    parent: QWidget,
    keep: Callable[[], None],
    done: Callable[[], None],
    failed: Callable[[NocError], None],
) -> None:
    """Keep secrets on an errand thread; where only a passphrase is missing ask for it, then keep them after all.

    `failed` gets the error when it stays: nobody gave a passphrase, or the secrets cannot be kept for another reason.
    """

    def refused(error: NocError) -> None:
        if not isinstance(error, LockedError):
            failed(error)
            return
        locked = context.service.secrets.in_file
        ask_passphrase(context, parent, lambda opened: once_more(locked) if opened else failed(_not_now(locked)))

    def once_more(locked: bool) -> None:
        if locked:
            after_unlocking(context)
        context.bridge.run(run_errand(keep), lambda _: done(), failed)

    context.bridge.run(run_errand(keep), lambda _: done(), refused)


def _not_now(locked: bool) -> NocError:
    what = "the file of the passwords is still locked" if locked else "no passphrase was chosen"
    return LockedError(f"{NO_KEYRING[:-1]} and {what}, so there is no safe place for the password.")


def ask_passphrase(context: ScreenContext, parent: QWidget | None, done: Callable[[bool], object]) -> None:
    """Ask in a dialog over `parent`; `done` is told whether the file is open now."""
    PassphraseDialog(context, done, parent.window() if parent is not None else None).open()


def after_unlocking(context: ScreenContext) -> None:
    """Read the switches and send the mails that waited for a password; say no longer that it is locked."""
    service, window = context.service, cast(QWidget | None, context.window)
    panel = None if window is None else window.findChild(ErrorPanel)
    if panel is not None:
        panel.withdraw(_LOCKED_TITLE)

    def failed(error: NocError) -> None:
        context.messages.fail("The waiting mails are tried later", error.sentence)

    service.soon()
    service.read_now()
    context.bridge.run(run_errand(partial(_send_waiting, service)), lambda _: None, failed)


def _send_waiting(service: Service) -> None:
    """Have mails that waited for the password sent at once. Raises StoreError."""
    now = datetime.now(UTC)
    for each in service.store.outbox.list(_MANY):
        locked = each.channel is Channel.EMAIL and each.answer.startswith(_MAIL_LOCKED)
        if locked and each.id is not None and each.state is DeliveryState.WAITING:
            service.store.outbox.send_again(each.id, now)


class Unlocker(QObject):
    """Offers to unlock the passwords: once in a message when they are first needed, and as a command."""

    def __init__(self, context: ScreenContext, bell: LockBell) -> None:
        super().__init__(context.window)
        self._context = context
        bell.rang.connect(self.on_rang, Qt.ConnectionType.QueuedConnection)

    def on_rang(self) -> None:
        """Say that passwords are locked; where there is no file yet whoever saves a password asks for a passphrase itself."""
        if self._context.service.secrets.in_file:
            self._context.messages.fail(
                _LOCKED_TITLE,
                f"{NO_KEYRING} Switches and mail that need a password wait until you unlock its encrypted file.",
                action="Unlock…",
                run=self.unlock,
            )

    def unlock(self) -> None:
        """Ask for the passphrase where one is wanted, else say why not."""
        secrets = self._context.service.secrets

        def look() -> str:
            if secrets.place is Place.KEYRING:
                return "Passwords are in the system's keyring; nothing is locked here."
            if not secrets.in_file:
                return "Nothing is locked: no password is kept yet."
            return "" if secrets.locked else "The passwords are unlocked."

        def found(words: str) -> None:
            if words:
                self._context.messages.say(words)
            else:
                ask_passphrase(self._context, self._context.window, self._on_done)

        def failed(error: NocError) -> None:
            self._context.messages.fail("The passwords were not unlocked", error.sentence)

        self._context.bridge.run(run_errand(look), found, failed)

    def _on_done(self, opened: bool) -> None:
        if opened:
            after_unlocking(self._context)
            self._context.messages.say("The passwords are unlocked.")


def _secret_line(name: str, required: str) -> TextField:
    made = TextField(name, required=required)
    made.setEchoMode(QLineEdit.EchoMode.Password)
    made.setInputMethodHints(Qt.InputMethodHint.ImhHiddenText | Qt.InputMethodHint.ImhNoPredictiveText)
    return made
