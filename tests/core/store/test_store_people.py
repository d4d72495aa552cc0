"""Templates, scripts and contacts, and what becomes of the alerts that name them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from store_samples import NOW, make_alert

from noc_alerts.model.alerts import STOCK_TEMPLATE, Area
from noc_alerts.model.changes import Author
from noc_alerts.model.contacts import Contact
from noc_alerts.model.errors import BadInput
from noc_alerts.model.scripts import Script
from noc_alerts.model.templates import Template
from noc_alerts.notify.render import STOCK_NAMES
from noc_alerts.store import Store, open_store
from noc_alerts.store import templates as store_templates

ANN = Author("Ann", NOW)
NIGHT = Template(None, "Night", "subject", "text\nof two lines", "<b>ü</b>", "sms", "title", "message")
CLI = Script(None, "CLI blocks", "function main() {}\n", stock="cli_blocks")
BOB = Contact(None, "Bob", ("bob@example.org", "b@example.org"), ("+442079460812",), ("Night", "noc"))


def test_templates_scripts_and_contacts_come_back_as_they_were_kept(store: Store, tmp_path: Path) -> None:
    template = store.templates.save(NIGHT)
    script = store.scripts.save(CLI, ANN)
    contact = store.contacts.save(BOB)
    assert template == replace(NIGHT, id=template.id)
    assert script == replace(CLI, id=script.id, updated_at=NOW)
    assert contact == replace(BOB, id=contact.id)
    store.close()
    again = open_store(tmp_path)
    assert (again.templates.all(), again.scripts.all(), again.contacts.all()) == ([template], [script], [contact])
    assert again.templates.get(" night ") == template
    assert again.scripts.get("CLI BLOCKS") == script
    assert again.contacts.get("bob") == contact
    assert (again.templates.get("x"), again.scripts.get("x"), again.contacts.get("x")) == (None, None, None)
    assert again.contacts.groups() == ["Night", "noc"]
    later = Author("Bob", NOW + timedelta(hours=1))
    assert again.scripts.save(replace(script, source="1"), later).updated_at == later.at
    assert again.scripts.save(replace(script, source="2")).updated_at == NOW
    again.close()


def test_names_are_given_once(store: Store) -> None:
    template, script, contact = store.templates.save(NIGHT), store.scripts.save(CLI), store.contacts.save(BOB)
    for save in (
        lambda: store.templates.save(replace(NIGHT, name=" NIGHT")),
        lambda: store.scripts.save(replace(CLI, name="cli blocks ")),
        lambda: store.contacts.save(replace(BOB, name="BOB")),
    ):
        with pytest.raises(BadInput, match="already") as caught:
            save()
        assert list(caught.value.problems) == ["name"]
    store.templates.delete(template.id or 0)
    store.scripts.delete(script.id or 0)
    store.contacts.delete(contact.id or 0)
    store.contacts.delete(contact.id or 0)  # gone is gone
    for again in (
        lambda: store.templates.save(template),
        lambda: store.scripts.save(script),
        lambda: store.contacts.save(contact),
    ):
        with pytest.raises(BadInput, match="deleted meanwhile"):
            again()
    assert (store.templates.all(), store.scripts.all(), store.contacts.all()) == ([], [], [])


def test_alerts_follow_a_new_name_and_their_history_says_so(store: Store) -> None:
    template, script, bob = store.templates.save(NIGHT), store.scripts.save(CLI), store.contacts.save(BOB)
    entries = ("contact bob", "noc@example.org", "group NIGHT", "Contact Bob")
    one = store.alerts.save(make_alert("one", template="night", script="cli BLOCKS", area=Area.SCRIPT, recipients=entries))
    two = store.alerts.save(make_alert("two", recipients=("contact bobby",)))
    before = store.alerts.revision()
    store.templates.save(replace(template, name="Day"), ANN)
    store.scripts.save(replace(script, name="CLIs"), ANN)
    store.contacts.save(replace(bob, name="Robert B."), ANN)
    store.contacts.rename_group("night", "Late", ANN)
    after = store.alerts.get(one.id or 0)
    assert after == replace(one, template="Day", script="CLIs", recipients=("contact Robert B.", "noc@example.org", "group Late"))
    assert store.alerts.get(two.id or 0) == two
    assert store.alerts.revision() == before + 4
    assert [c.fields[0].field for c in store.alerts.history(one.id or 0)] == ["recipients", "recipients", "script", "template"]
    assert store.contacts.get("robert b.") == replace(bob, name="Robert B.", groups=("Late", "noc"))
    assert store.contacts.used_by("ROBERT B.") == ["one"]
    assert store.contacts.used_by_group("late") == ["one"]
    assert (store.templates.used_by("day"), store.scripts.used_by("clis")) == (["one"], ["one"])
    assert store.templates.used_by("night") == store.scripts.used_by("") == store.contacts.used_by("bob") == []


def test_what_an_alert_uses_is_not_deleted(store: Store) -> None:
    template, script, bob = store.templates.save(NIGHT), store.scripts.save(CLI), store.contacts.save(BOB)
    store.alerts.save(make_alert("one", template="Night", script="CLI blocks", recipients=("contact Bob",)))
    for delete, used in ((store.templates.delete, template), (store.scripts.delete, script), (store.contacts.delete, bob)):
        with pytest.raises(BadInput, match="alert one uses it"):
            delete(used.id or 0)
    assert (store.templates.all(), store.scripts.all(), store.contacts.all()) == ([template], [script], [bob])
    for number in range(7):
        store.alerts.save(make_alert(f"more {number}", template="night"))
    with pytest.raises(BadInput, match=r"alerts one, more 0, more 1, more 2, more 3 and 3 more use it"):
        store.templates.delete(template.id or 0)


def test_a_group_that_alerts_name_keeps_a_member(store: Store) -> None:
    bob = store.contacts.save(BOB)
    store.alerts.save(make_alert("one", recipients=("group night",)))
    with pytest.raises(BadInput, match="group Night would have no member") as caught:
        store.contacts.save(replace(bob, groups=("noc",)))
    assert list(caught.value.problems) == ["groups"]
    with pytest.raises(BadInput, match="group Night would have no member"):
        store.contacts.delete(bob.id or 0)
    assert store.contacts.all() == [bob]
    store.contacts.save(Contact(None, "Ann", ("ann@example.org",), groups=("NIGHT",)))
    store.contacts.delete(bob.id or 0)
    assert store.contacts.groups() == ["NIGHT"]


def test_groups_become_one(store: Store) -> None:
    store.contacts.save(BOB)
    store.contacts.save(Contact(None, "Ann", ("ann@example.org",), groups=("NOC", "x")))
    one = store.alerts.save(make_alert("one", recipients=("group Night", "group noc")))
    store.contacts.rename_group("Night", " NOC ")
    assert [c.groups for c in store.contacts.all()] == [("NOC", "x"), ("NOC",)]
    found = store.alerts.get(one.id or 0)
    assert found is not None
    assert [entry.casefold() for entry in found.recipients] == ["group noc"]
    for wrong in ("  ", "x" * 65):
        with pytest.raises(BadInput) as caught:
            store.contacts.rename_group("NOC", wrong)
        assert list(caught.value.problems) == ["name"]


def test_a_stock_template_is_changed_and_reset(store: Store) -> None:
    assert store_templates.STOCK_NAMES == STOCK_NAMES
    store.alerts.save(make_alert())  # uses it
    mine = store.templates.save(replace(NIGHT, name=" Alert"))
    assert mine.name == STOCK_TEMPLATE
    assert store.templates.get("alert") == mine
    other = store.templates.save(NIGHT)
    for wrong in (replace(mine, name="Mine"), replace(other, name="report")):
        with pytest.raises(BadInput, match="keeps its name") as caught:
            store.templates.save(wrong)
        assert list(caught.value.problems) == ["name"]
    assert store.templates.save(replace(mine, text="new")).text == "new"
    store.templates.delete(mine.id or 0)
    assert store.templates.get("alert") is None
    assert [a.template for a in store.alerts.all()] == ["alert"]
