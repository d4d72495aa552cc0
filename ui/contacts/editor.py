"""The editor of one contact: name, addresses, groups, and what of it is not saved.

Runs on the window's thread. Saves to the store.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from noc_alerts.model.contacts import MAX_NAME, Contact
from noc_alerts.model.errors import BadInput, StoreError
from noc_alerts.notify.recipients import EntryKind, checked_entry, entry_kind
from ui import text
from ui.setup.item_head import EditorHead, ask_leave, author
from ui.setup.item_versions import Versions
from ui.setup.settings_parts import tab_room
from ui.text import InputError
from ui.theme import FontRole, Role
from ui.widgets.buttons import LinkButton
from ui.widgets.fields import Field, TextField
from ui.widgets.labels import Label
from ui.widgets.page import Page
from ui.widgets.tag_field import Entry, TagField

if TYPE_CHECKING:
    from ui.context import ScreenContext

NO_SMS = "No SMS gateway is set up, so text messages are not sent."
_SHOWN_USERS = 12


class ContactEditor(Page):
    """One contact in the making. `saved` carries it after each save; `state_changed` that commands may do other things now."""

    saved = Signal(object)
    state_changed = Signal()

    def __init__(
        self, context: ScreenContext, contact: Contact | None, draft: Contact | None, parent: QWidget | None = None
    ) -> None:
        """Take the saved contact, or None with the draft a new one begins with."""
        super().__init__("contact_editor", contact.name if contact else "New contact", crumb="Contacts", parent=parent)
        self._context, self._contact, self._draft = context, contact, draft
        self._versions: Versions[Contact] = Versions(context, self, lambda: self._contact, self._kept, self._begin_from)
        self._groups: list[str] = []
        self.name = _NameField()
        self.emails = TagField("contact_emails", mail_entry, placeholder="add an address…")
        self.phones = TagField("contact_phones", phone_entry, placeholder="add a number, +44 20 7946 0812")
        self.groups = TagField("contact_groups", self._group_entry, placeholder="add a group…")
        self.fields = {
            "name": Field("Name", self.name),
            "emails": Field("E-mail", self.emails, hint="A message goes to every address."),
            "phones": Field("Phone", self.phones, hint=f"With country code. {NO_SMS}"),
            "groups": Field(
                "Groups", self.groups, hint="A new name makes a new group. An alert that names a group tells all in it."
            ),
        }
        self.head = EditorHead(self, "contact_editor", self.save, self.revert)
        self._lay_out()
        self._connect()
        self.revert()

    def _lay_out(self) -> None:
        for field in (self.emails, self.phones, self.groups):
            typing = _line_of(field)
            typing.setAccessibleName(self.fields[field.objectName().removeprefix("contact_")]._label.text())
        self._users = QWidget()
        self._users.setObjectName("contact_users")
        self._users_column = QVBoxLayout(self._users)
        self._users_column.setContentsMargins(0, 0, 0, 0)
        self._users_column.setSpacing(4)
        sections: list[tuple[str, list[QWidget]]] = [
            ("Who", [self.fields["name"], self.fields["groups"]]),
            ("Reached by", [self.fields["emails"], self.fields["phones"]]),
            ("Told by", [self._users]),
        ]
        self.body.addWidget(tab_room("contact_panel", sections), 1)

    def _connect(self) -> None:
        self.name.textEdited.connect(lambda _words: self._on_edited("name"))
        for key in ("emails", "phones", "groups"):
            field = self.fields[key].content
            assert isinstance(field, TagField)
            field.changed.connect(lambda _keys, key=key: self._on_edited(key))
            field.left.connect(self._tell)
            _line_of(field).textEdited.connect(lambda _words, key=key: self._on_edited(key))
        self.name.left.connect(self._tell)

    # --- what it is about --------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """Return the name it was saved under, `New contact` before that."""
        return self._contact.name if self._contact else "New contact"

    @property
    def _begun(self) -> Contact | None:
        return self._contact or self._draft

    @property
    def unsaved(self) -> list[str]:
        """Return what is not saved, in words, also what stands in a field and was not taken in."""
        begun = self._begun
        kept = (begun.name, begun.emails, begun.phones, begun.groups) if begun else ("", (), (), ())
        changed = ["name"] if self.name.text().strip() != kept[0] else []
        for words, field, before in (
            ("e-mail", self.emails, kept[1]),
            ("phone", self.phones, kept[2]),
            ("groups", self.groups, kept[3]),
        ):
            if tuple(field.keys) != before or _line_of(field).text().strip():
                changed.append(words)
        return changed or (["the new contact"] if self._contact is None and self._draft is not None else [])

    @property
    def wrong(self) -> int:
        """Return how many fields are marked as wrong."""
        return sum(bool(field.error) for field in self.fields.values())

    def focus_first(self) -> None:
        """Put the focus into the name."""
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def panes(self) -> list[QWidget]:
        """Return what F6 goes round."""
        return [self.name]

    # --- what is done ------------------------------------------------------------------------------------------------

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save what is typed; when something is wrong mark it and keep everything typed."""
        right = [field.check() for field in self.fields.values()]
        if not all(right):
            self._tell()
            return
        self._versions.save(lambda: self._keep(then), self._fail)

    def _keep(self, then: Callable[[], object] | None) -> None:
        """Save what was found to be right."""
        try:
            made = Contact(
                self._contact.id if self._contact else None,
                self.name.text().strip(),
                tuple(self.emails.keys),
                tuple(self.phones.keys),
                tuple(self.groups.keys),
            )
            saved = self._context.service.store.contacts.save(made, author(self._context))
        except BadInput as refusal:
            self._mark_refused(refusal)
            return
        except StoreError as error:
            self._fail(error)
            return
        self._contact = saved
        self.set_title(saved.name)
        self.revert()
        self.saved.emit(saved)
        self._context.messages.say(f"Contact {saved.name} saved")
        if then is not None:
            then()

    def _mark_refused(self, refusal: BadInput) -> None:
        known = {key: words for key, words in refusal.problems.items() if key in self.fields}
        for key, words in known.items():
            self.fields[key].set_error(words)
        if not known:
            words = f"{refusal.sentence} What you typed is kept."
            self._context.messages.fail("The contact was not saved", words, "", "Save as new", self._save_as_new)
        self._tell()

    def _save_as_new(self) -> None:
        self._contact = None
        self.save()

    def revert(self) -> None:
        """Go back to what is saved."""
        begun = self._begun
        self.name.setText(begun.name if begun else "")
        self.emails.set_entries([Entry(each, each, "mail") for each in (begun.emails if begun else ())])
        self.phones.set_entries([Entry(each, each, "phone") for each in (begun.phones if begun else ())])
        self.groups.set_entries([_group(each) for each in (begun.groups if begun else ())])
        for field in (self.emails, self.phones, self.groups):
            _line_of(field).clear()
        for shown in self.fields.values():
            shown.set_error("")
        self._offer_groups()
        self._show_users()
        self._tell()

    def _fail(self, error: StoreError) -> None:
        self._context.messages.fail("The contact was not saved", f"{error.sentence} What you typed is kept.")

    def _kept(self) -> Contact | None:
        """Return the contact as the store has it, None where it has it no more. Raises StoreError."""
        key = self._contact.id if self._contact else None
        return next((each for each in self._context.service.store.contacts.all() if each.id == key), None)

    def _begin_from(self, contact: Contact) -> None:
        self._contact = contact

    def reread(self) -> bool:
        """Show what is saved now, by whomever, where nothing is unsaved; return whether there still is such a contact."""
        return self._versions.reread()

    def ask_leave(self, then: Callable[[], object]) -> None:
        """Call `then` when the editor may be closed."""
        ask_leave(self._context, self, self, then)

    def close_for_good(self) -> None:
        """Let go of nothing: it listens to nobody."""

    # --- inner -------------------------------------------------------------------------------------------------------

    def _offer_groups(self) -> None:
        try:
            self._groups = self._context.service.store.contacts.groups()
        except StoreError:
            self._groups = []  # only what is offered while typing
        self.groups.offer(self._groups)
        completer = _line_of(self.groups).completer()
        if completer is not None:
            completer.setObjectName("contact_groups_offers")

    def _group_entry(self, typed: str) -> Entry:
        """Make an entry of a group's name, in the spelling it has already. Raises InputError."""
        name = " ".join(typed.split())
        if len(name) > MAX_NAME:
            raise InputError(f"The name has {len(name)} characters. At most {MAX_NAME} fit.")
        if not name.isprintable():
            raise InputError("The name has a character that cannot be seen. Type it again.")
        return _group(next((each for each in self._groups if each.casefold() == name.casefold()), name))

    def _show_users(self) -> None:
        """List the alerts that tell this contact, each a link to it."""
        while (item := self._users_column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        found = self._find_users()
        for at, (title, alert_id, through) in enumerate(found[:_SHOWN_USERS]):
            link = LinkButton(f"{title}{through}", f"contact_user_{at}", spoken=f"Open alert {title}")
            link.clicked.connect(lambda _checked=False, alert_id=alert_id: self._context.go("alerts", alert_id))
            self._users_column.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)
        if not found:
            words = "No alert names this contact." if self._contact else "An alert can name this contact once it is saved."
            self._users_column.addWidget(Label(words, Role.MUTED, FontRole.BODY, wrap=True, name="contact_no_users"))
        if len(found) > _SHOWN_USERS:
            more = f"and {text.plural(len(found) - _SHOWN_USERS, 'alert')} more"
            self._users_column.addWidget(Label(more, Role.MUTED, FontRole.CAPTION))

    def _find_users(self) -> list[tuple[str, int, str]]:
        """Return (title, id, through which group) of the alerts that tell this contact."""
        if self._contact is None:
            return []
        store = self._context.service.store
        try:
            through = dict.fromkeys(store.contacts.used_by(self._contact.name), "")
            for group in self._contact.groups:
                for title in store.contacts.used_by_group(group):
                    through.setdefault(title, f", by group {group}")
            ids = {alert.title: alert.id or 0 for alert in store.alerts.all()}
        except StoreError:
            return []  # the list says so
        return [(title, ids[title], words) for title, words in sorted(through.items()) if title in ids]

    def _on_edited(self, key: str) -> None:
        if self.fields[key].error:
            self.fields[key].set_error("")
        if key == "phones" and not self.emails.keys and not _line_of(self.emails).text().strip():
            self.fields["emails"].set_error("")  # it says that there is neither
        self._tell()

    def _tell(self) -> None:
        self.head.show(self.wrong, self.unsaved, new=self._contact is None)
        self.state_changed.emit()


class _NameField(TextField):
    """The name, which stands among recipients that commas part."""

    def __init__(self) -> None:
        super().__init__("contact_name", required="Give the contact a name.")
        self.setMaxLength(MAX_NAME)

    def problem(self) -> str:
        """Return the sentence that says what is wrong, or nothing."""
        words = self.text().strip()
        if any(sign in words for sign in ",;"):
            return "A comma parts recipients. Write the name without commas and semicolons."
        return super().problem() or (
            "" if words.isprintable() else "The name has a character that cannot be seen. Type it again."
        )


def _line_of(field: TagField) -> QLineEdit:
    line = field.focusProxy()
    assert isinstance(line, QLineEdit)
    return line


def _group(name: str) -> Entry:
    return Entry(name, name, "tag")


def mail_entry(typed: str) -> Entry:
    """Make an entry of a mail address. Raises InputError."""
    entry = _checked(typed)
    if entry_kind(entry) is not EntryKind.MAIL:
        raise InputError(f"{entry} is a phone number. Put it under Phone.")
    return Entry(entry, entry, "mail")


def phone_entry(typed: str) -> Entry:
    """Make an entry of a phone number, kept in its international form. Raises InputError."""
    entry = _checked(typed)
    if entry_kind(entry) is not EntryKind.PHONE:
        raise InputError(f"{entry} is a mail address. Put it under E-mail.")
    return Entry(entry, entry, "phone")


def _checked(typed: str) -> str:
    try:
        return checked_entry(typed)
    except BadInput as error:
        raise InputError(next(iter(error.problems.values()), error.sentence)) from error
