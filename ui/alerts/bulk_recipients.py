"""The dialog that adds, takes away or replaces recipients of several alerts.

Runs on the window's thread. Says before it is done how many alerts change; changes nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.alerts import Alert, NoticeLevel
from noc_alerts.model.contacts import Contact
from noc_alerts.model.errors import BadInput
from noc_alerts.notify.recipients import EntryKind, checked_entry, entry_kind, entry_name
from ui import text
from ui.alerts.chips import ChipsField
from ui.alerts.form_told import NO_SMS
from ui.alerts.list_changes import named
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import Button, PrimaryButton, SegmentedControl
from ui.widgets.fields import Field
from ui.widgets.labels import Label, line

_ICONS = {EntryKind.MAIL: "mail", EntryKind.PHONE: "phone", EntryKind.CONTACT: "contacts", EntryKind.GROUP: "tag"}


class How(StrEnum):
    """What is done with the entries given."""

    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


_HOW_WORDS = ((How.ADD, "Add"), (How.REMOVE, "Take away"), (How.REPLACE, "Replace all by"))


def changed_recipients(now: Sequence[str], how: How, entries: Sequence[str]) -> tuple[str, ...]:
    """Return the recipients after a change; case does not count, those that stay keep their order."""
    wanted = {entry.casefold() for entry in entries}
    match how:
        case How.ADD:
            have = {entry.casefold() for entry in now}
            return (*now, *(entry for entry in entries if entry.casefold() not in have))
        case How.REMOVE:
            return tuple(entry for entry in now if entry.casefold() not in wanted)
    return tuple(entries)


def known_entries(contacts: Iterable[Contact]) -> list[str]:
    """Return what can be named besides addresses: `contact Ann`, `group Night`."""
    people = list(contacts)
    groups = {group for contact in people for group in contact.groups}
    return [*(f"contact {contact.name}" for contact in people), *(f"group {group}" for group in groups)]


class RecipientsDialog(QDialog):
    """Ask what to do with which recipients. `on_change(how, entries)` is called once when it is to be done."""

    def __init__(
        self,
        alerts: Sequence[Alert],
        contacts: Sequence[Contact],
        on_change: Callable[[How, tuple[str, ...]], object],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._alerts, self._contacts, self._on_change = list(alerts), tuple(contacts), on_change
        self._used = _used_entries(alerts)
        self.setObjectName("recipients_dialog")
        self.setWindowTitle("Change recipients")
        self.setAccessibleName(f"Change recipients of {named(self._alerts)}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(theme.px(520))
        self.how = SegmentedControl([(how.value, words) for how, words in _HOW_WORDS], "recipients_how", "What to do")
        example = "ops@carrier.example, +442079460812, contact Ann, group Night"
        self.entries = ChipsField(
            "recipients_entries",
            icon=lambda entry: _ICONS[entry_kind(entry)],
            placeholder="add recipient…",
            checked=self._checked,
            shown=entry_name,
        )
        self.entries.setToolTip(example)
        self.field = Field("Recipients", self.entries, hint=f"For example {example}")
        self.preview = Label("", Role.MUTED, wrap=True, name="recipients_preview")
        self._cancel = Button("Leave them", "recipients_cancel", hint="Esc")
        self._do = PrimaryButton("Change", "recipients_change", hint="Ctrl+Enter")
        self._lay_out()
        self._cancel.clicked.connect(self.reject)
        self._do.clicked.connect(self._on_do)
        self.how.chosen.connect(lambda _key: self._on_how())
        self.entries.changed.connect(self._tell)
        self.entries.typed.connect(self._tell)
        self._on_how()
        self.entries.setFocus()

    def _lay_out(self) -> None:
        words, buttons, column = QVBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        words.setContentsMargins(24, 20, 24, 20)
        words.setSpacing(12)
        title = f"Recipients of {named(self._alerts)}"
        words.addWidget(Label(title, Role.TEXT, FontRole.PAGE_TITLE, wrap=True, name="recipients_title"))
        words.addWidget(self.how)
        words.addWidget(self.field)
        words.addWidget(self.preview)
        words.addStretch(1)
        buttons.setContentsMargins(24, 12, 24, 12)
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._do)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(words)
        column.addWidget(line())
        column.addLayout(buttons)

    @property
    def chosen_how(self) -> How:
        """Return what is to be done."""
        return How(self.how.current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Do it by Ctrl+Enter; Enter alone takes in what is typed."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self._on_do()
            return
        super().keyPressEvent(event)

    def _checked(self, typed: str) -> str:
        """Return an entry as it is kept; raise BadInput with the sentence why it cannot be."""
        if self.chosen_how is not How.REMOVE:
            return checked_entry(typed, self._contacts)
        found = {entry.casefold(): entry for entry in self._used}.get(typed.strip().casefold())
        if found is None:
            who = "This alert does not name" if len(self._alerts) == 1 else "None of these alerts names"
            raise BadInput(f"{who} {typed.strip()}. Choose one of those offered.")
        return found

    def _on_how(self) -> None:
        known = self._used if self.chosen_how is How.REMOVE else [*self._used, *known_entries(self._contacts)]
        self.entries.set_completions(known)
        self.entries.set_entries(entry for entry in self.entries.entries if self._fits(entry))
        self._tell()

    def _fits(self, entry: str) -> bool:
        try:
            self._checked(entry)
        except BadInput:
            return False
        return True

    def _wanted(self) -> tuple[str, ...]:
        """Return the entries, with what is typed and would be taken in: the button must not wait for Enter."""
        typed = [part.strip() for part in self.entries.pending.replace(";", ",").split(",")]
        return (*self.entries.entries, *(self._checked(part) for part in typed if part and self._fits(part)))

    def changes(self) -> list[tuple[Alert, tuple[str, ...]]]:
        """Return the alerts that change, with their recipients afterwards."""
        how, entries = self.chosen_how, self._wanted()
        after = [(alert, changed_recipients(alert.recipients, how, entries)) for alert in self._alerts]
        return [(alert, recipients) for alert, recipients in after if recipients != alert.recipients]

    def _tell(self) -> None:
        """Say how many change, and whom nobody would hear of."""
        self.field.set_error(self.entries.problem())
        changes = self.changes()
        amount = text.plural(len(changes), "alert")
        ready = bool(changes) and (bool(self._wanted()) or self.chosen_how is How.REPLACE)
        self._do.setEnabled(ready and not self.field.error)
        self._do.setText(f"Change {amount}" if changes else "Change")
        total, one = text.plural(len(self._alerts), "alert"), len(changes) == 1
        said = f"{text.number(len(changes))} of {total} {'changes' if one else 'change'}."
        sentences = [said if changes else "Nothing changes yet."]
        silent = sum(not recipients and not _on_tray(alert) for alert, recipients in changes)
        if silent:
            sentences.append(f"Then {text.plural(silent, 'alert')} would tell nobody: no recipient and no tray.")
        if any(entry_kind(entry) is EntryKind.PHONE for entry in self._wanted()) and self.chosen_how is not How.REMOVE:
            sentences.append(NO_SMS)
        self.preview.set(" ".join(sentences), Role.WARNING if silent else Role.MUTED)

    def _on_do(self) -> None:
        taken = self.entries.take_typed()
        self._tell()
        if taken and self._do.isEnabled():
            how, entries = self.chosen_how, self.entries.entries
            self.accept()
            self._on_change(how, entries)


def _used_entries(alerts: Iterable[Alert]) -> list[str]:
    found: dict[str, str] = {}
    for alert in alerts:
        for entry in alert.recipients:
            found.setdefault(entry.casefold(), entry)
    return list(found.values())


def _on_tray(alert: Alert) -> bool:
    return alert.tray and alert.level is not NoticeLevel.NONE
