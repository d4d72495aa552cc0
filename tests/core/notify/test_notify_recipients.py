"""Recipients: what is typed, and whom it means."""

import subprocess
import sys

import pytest

from noc_alerts.model.contacts import Contact
from noc_alerts.model.deliveries import Channel
from noc_alerts.model.errors import BadInput
from noc_alerts.notify.recipients import EntryKind, Resolved, checked_entry, entry_kind, entry_name, resolve

ANN = Contact(1, "Ann Lee", ("ann@example.test", "ann.home@example.test"), ("+442079460812",), ("Night shift", "Leads"))
BOB = Contact(2, "Bob", (), ("+41445550123",), ("night shift",))
CARRIER = Contact(3, "leads", ("desk@example.test",))
PEOPLE = (ANN, BOB)


@pytest.mark.parametrize(
    ("text", "entry", "kind"),
    [
        (" Night@Example.TEST \n", "Night@example.test", EntryKind.MAIL),
        ("noc@münchen.test", "noc@xn--mnchen-3ya.test", EntryKind.MAIL),
        ("+44 20 7946 0812", "+442079460812", EntryKind.PHONE),
        ("+44 (0) 20-7946-0812", "+442079460812", EntryKind.PHONE),
        ("+41 44 555 01 23", "+41445550123", EntryKind.PHONE),
        ("+1 (212) 555-0100", "+12125550100", EntryKind.PHONE),
        ("ANN lee", "contact Ann Lee", EntryKind.CONTACT),
        ("Contact ann LEE", "contact Ann Lee", EntryKind.CONTACT),
        ("NIGHT SHIFT", "group Night shift", EntryKind.GROUP),
        ("group night shift", "group Night shift", EntryKind.GROUP),
    ],
)
def test_what_is_kept(text: str, entry: str, kind: EntryKind) -> None:
    assert checked_entry(text, PEOPLE) == entry
    assert entry_kind(entry) is kind
    assert checked_entry(entry, PEOPLE) == entry


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("  ", "Give a mail address, a phone number, a contact or a group."),
        ("020 7946 0812", "020 7946 0812 is a national number. Write it with its country code, such as +44 20 7946 0812."),
        ("0044 20 7946", "0044 20 7946 is a national number. Write it with its country code, such as +44 20 7946 0812."),
        ("+44 20", "+44 20 has too few digits for a number of its country. Check it."),
        ("+442079460812345678", "+442079460812345678 has too many digits for a number of its country. Check it."),
        ("+999 123456", "+999 123456 begins with a country code that does not exist."
                        " Write it with its country code, such as +44 20 7946 0812."),
        ("+", "+ is no phone number. Write it with its country code, such as +44 20 7946 0812."),
        ("+1 800 FLOWERS", "+1 800 FLOWERS has more than digits. A text message goes to a plain number."),
        ("+44 20 7946 0812 ext. 5", "+44 20 7946 0812 ext. 5 has more than digits. A text message goes to a plain number."),
        ("a@example.test\r\nBcc: b@example.test",
         "a@example.test Bcc: b@example.test has a line end or another character that cannot be seen. Type it again."),
        ("Bob\u202e", "Bob has a line end or another character that cannot be seen. Type it again."),
        ("contact Anne Lee", "There is no contact Anne Lee. Did you mean Ann Lee?"),
        ("contact Night shift", "There is no contact Night shift. Add it in Setup, Contacts."),
        ("group Day", "There is no group Day. Add it in Setup, Contacts."),
        ("Bobb", "Bobb is no mail address, phone number, contact or group. Did you mean Bob?"),
        ("example.test", "example.test is no mail address, phone number, contact or group."
                         " Write an address with an @, a number with its country code, or a known name."),
        ("x" * 400, "This has 400 characters. A recipient has at most 320."),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(BadInput) as caught:
        checked_entry(text, PEOPLE)
    assert caught.value.sentence == sentence
    assert caught.value.problems == {"recipients": sentence}


@pytest.mark.parametrize("text", ["a@", "@example.test", "a@@example.test", "a b@example.test", "a@x", "Ann <a@example.test>"])
def test_a_wrong_address_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not a mail address"):
        checked_entry(text)


def test_a_name_of_both_a_contact_and_a_group_has_to_be_told_apart() -> None:
    with pytest.raises(BadInput, match=r"^There is a contact and a group with this name\. Write contact leads or group Leads\.$"):
        checked_entry("Leads", (ANN, CARRIER))
    assert checked_entry("group leads", (ANN, CARRIER)) == "group Leads"
    assert checked_entry("contact LEADS", (ANN, CARRIER)) == "contact leads"


def test_names_of_entries() -> None:
    names = [entry_name(entry) for entry in ("contact Ann Lee", "group Night shift", "a@example.test", "+41445550123")]
    assert names == ["Ann Lee", "Night shift", "a@example.test", "+41445550123"]


def test_each_is_told_once_at_every_address() -> None:
    found = resolve(
        ["+41445550123", "group night shift", "ANN@example.test", "contact ann lee", "x@example.test", ""], PEOPLE
    )
    assert found.targets == (
        (Channel.EMAIL, "ann@example.test"), (Channel.EMAIL, "ann.home@example.test"), (Channel.EMAIL, "x@example.test"),
        (Channel.SMS, "+41445550123"), (Channel.SMS, "+442079460812"),
    )  # fmt: skip
    assert found.sentence == ""


def test_who_is_not_known_any_more_is_said_and_the_others_are_told() -> None:
    found = resolve(["contact Eve", "group Day", "contact Eve", "x@example.test"], PEOPLE)
    assert found == Resolved(((Channel.EMAIL, "x@example.test"),), ("contact Eve", "group Day"))
    assert found.sentence == "Nobody is known as contact Eve, group Day, so nobody is told there. Correct the recipients."


def test_the_phone_library_is_loaded_only_for_a_phone_number() -> None:
    code = (
        "import sys; from noc_alerts.notify.recipients import checked_entry, resolve; checked_entry('a@example.test');"
        "resolve(['+41445550123'], ()); early = 'phonenumbers' in sys.modules; checked_entry('+41445550123');"
        "print(early, 'phonenumbers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
