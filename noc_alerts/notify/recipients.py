"""Who is told: what a person types as a recipient, checked, and what becomes of it when a message goes out.

Pure: any thread. Must not import the store nor jinja2; the phone library only when a phone number is checked. Numbers: ITU-T
E.164.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from noc_alerts.model.contacts import Contact
from noc_alerts.model.deliveries import Channel
from noc_alerts.model.errors import BadInput
from noc_alerts.notify.policy import Target
from noc_alerts.notify.smtp_settings import checked_address
from noc_alerts.notify.words import likely, one_line

MAX_ENTRY = 320  # the longest mail address (RFC 3696 erratum 1690 says 254; the check of the address knows)

_COUNTRY_CODE = "Write it with its country code, such as +44 20 7946 0812."
_FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class EntryKind(StrEnum):
    """What an entry of a rule's recipients is."""

    MAIL = "mail"
    PHONE = "phone"
    CONTACT = "contact"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Resolved:
    """Whom a rule's recipients are now. `targets`: mails first, each once. `unknown`: the entries that nobody is known by."""

    targets: tuple[Target, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Say who could not be found; empty when all were."""
        if not self.unknown:
            return ""
        names = ", ".join(one_line(entry) for entry in self.unknown)
        return f"Nobody is known as {names}, so nobody is told there. Correct the recipients."


def entry_kind(entry: str) -> EntryKind:
    """Tell what a checked entry is."""
    text = entry.strip()
    for kind in (EntryKind.CONTACT, EntryKind.GROUP):
        if text.casefold().startswith(f"{kind.value} "):
            return kind
    return EntryKind.PHONE if text.startswith("+") else EntryKind.MAIL


def entry_name(entry: str) -> str:
    """Give the name in `contact NAME` or `group NAME`; of the others the address itself."""
    kind, text = entry_kind(entry), entry.strip()
    return text[len(kind.value) :].strip() if kind in (EntryKind.CONTACT, EntryKind.GROUP) else text


def checked_entry(text: str, contacts: Iterable[Contact] = ()) -> str:
    """Give a recipient as it is kept: a mail address, a phone number in E.164, `contact NAME` or `group NAME`.

    A bare text that is the name of a contact or a group is taken as that; case does not matter. Raises BadInput with one
    sentence (`problems`: recipients) when it is none of these, or names nobody.
    """
    entry, known = text.strip(), list(contacts)
    if not entry:
        raise _wrong("Give a mail address, a phone number, a contact or a group.")
    if any(unicodedata.category(char) in _FORBIDDEN for char in entry):
        raise _wrong(f"{one_line(entry, 80)} has a line end or another character that cannot be seen. Type it again.")
    if len(entry) > MAX_ENTRY:
        raise _wrong(f"This has {len(entry)} characters. A recipient has at most {MAX_ENTRY}.")
    bare = [f"{kind.value} {name}" for kind, name in _names(known) if name.casefold() == entry.casefold()]
    if len(bare) > 1:
        raise _wrong(f"There is a contact and a group with this name. Write {bare[0]} or {bare[1]}.")
    if bare:
        return bare[0]
    kind = entry_kind(entry)
    if kind in (EntryKind.CONTACT, EntryKind.GROUP):
        return _checked_name(kind, entry_name(entry), known)
    if "@" in entry:
        try:
            return checked_address(entry)
        except BadInput as exc:
            raise _wrong(exc.sentence) from exc
    if entry[0] in "+0123456789(":
        return _checked_phone(entry)
    near = likely(entry, (name for _, name in _names(known)))
    more = f"Did you mean {near}?" if near else "Write an address with an @, a number with its country code, or a known name."
    raise _wrong(f"{one_line(entry, 80)} is no mail address, phone number, contact or group. {more}")


def resolve(entries: Iterable[str], contacts: Iterable[Contact]) -> Resolved:
    """Give whom checked entries mean now: each target once, mails before phones, in the order of the entries.

    A contact is told at every mail address and phone number, a group is all its members. What is not known any more is
    left out and named in `unknown`; the others are told all the same.
    """
    known = list(contacts)
    found: dict[Target, Target] = {}
    unknown: list[str] = []
    for entry in entries:
        if not entry.strip():
            continue
        kind, name = entry_kind(entry), entry_name(entry)
        if kind in (EntryKind.MAIL, EntryKind.PHONE):
            targets = [(Channel.EMAIL if kind is EntryKind.MAIL else Channel.SMS, name)]
        else:
            targets = [target for contact in known if _is_meant(kind, name, contact) for target in _ways(contact)]
            if not targets and entry not in unknown:
                unknown.append(entry)
        for target in targets:
            found.setdefault((target[0], target[1].casefold()), target)
    in_order = sorted(found.values(), key=lambda target: target[0] is not Channel.EMAIL)
    return Resolved(tuple(in_order), tuple(unknown))


def _wrong(sentence: str) -> BadInput:
    return BadInput(sentence, {"recipients": sentence})


def _names(contacts: Iterable[Contact]) -> Iterator[tuple[EntryKind, str]]:
    """Give the name of every contact and, once each, of every group."""
    groups: dict[str, str] = {}
    for contact in contacts:
        yield EntryKind.CONTACT, contact.name.strip()
        for group in contact.groups:
            groups.setdefault(group.strip().casefold(), group.strip())
    for group in groups.values():
        yield EntryKind.GROUP, group


def _is_meant(kind: EntryKind, name: str, contact: Contact) -> bool:
    names = (contact.name,) if kind is EntryKind.CONTACT else contact.groups
    return any(item.strip().casefold() == name.casefold() for item in names)


def _ways(contact: Contact) -> list[Target]:
    return [(Channel.EMAIL, mail) for mail in contact.emails] + [(Channel.SMS, phone) for phone in contact.phones]


def _checked_name(kind: EntryKind, name: str, contacts: Iterable[Contact]) -> str:
    """Give the entry with the name as it is written in Contacts. Raises BadInput."""
    names = [item for item_kind, item in _names(contacts) if item_kind is kind]
    for item in names:
        if item.casefold() == name.casefold():
            return f"{kind.value} {item}"
    near = likely(name, names)
    more = f"Did you mean {near}?" if near else "Add it in Setup, Contacts."
    raise _wrong(f"There is no {kind.value} {one_line(name, 80) or 'without a name'}. {more}")


def _checked_phone(text: str) -> str:
    """Give a phone number in E.164. Raises BadInput."""
    import phonenumbers  # its tables are large: only when a number is checked

    shown = one_line(text, 80)
    if not text.startswith("+"):
        raise _wrong(f"{shown} is a national number. {_COUNTRY_CODE}")
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as exc:
        if exc.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            raise _wrong(f"{shown} begins with a country code that does not exist. {_COUNTRY_CODE}") from exc
        raise _wrong(f"{shown} is no phone number. {_COUNTRY_CODE}") from exc
    if number.extension or any(char.isalpha() for char in text):
        raise _wrong(f"{shown} has more than digits. A text message goes to a plain number.")
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == phonenumbers.ValidationResult.TOO_LONG:
        raise _wrong(f"{shown} has too many digits for a number of its country. Check it.")
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise _wrong(f"{shown} has too few digits for a number of its country. Check it.")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
