"""Alerts by the handful, taken back, and who changed what."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from store_samples import NOW, make_alert, make_whole_alert

from noc_alerts.model.alerts import Alert, Area, Operator
from noc_alerts.model.changes import Author, ChangeKind
from noc_alerts.model.connections import Connection, SwitchKind
from noc_alerts.model.contacts import Contact
from noc_alerts.model.errors import BadInput
from noc_alerts.model.scripts import Script
from noc_alerts.model.templates import Template
from noc_alerts.store import Store

ANN = Author("Ann", NOW)
BOB = Author("Bob", NOW + timedelta(minutes=1))


def ids(alerts: list[Alert]) -> list[int]:
    """Give the ids of saved alerts."""
    return [alert.id or 0 for alert in alerts]


def test_the_history_says_who_changed_what_and_has_the_alert_before_and_after(store: Store) -> None:
    switch = store.connections.save(Connection(None, "Kamailio", SwitchKind.KAMAILIO))
    made = store.alerts.save(make_whole_alert(), ANN)
    assert made.id is not None
    after = store.alerts.save(replace(made, threshold=35.0, connection_id=switch.id), BOB)
    store.alerts.save(after, ANN)  # nothing differs: no line
    store.alerts.save(replace(after, enabled=True))  # nobody said who: no line
    store.alerts.delete(made.id, ANN)
    deleted, changed, created = store.alerts.history(made.id)
    assert (created.kind, created.who, created.at, created.title) == (ChangeKind.CREATED, "Ann", NOW, "Everything")
    assert (created.before, created.after, created.fields) == (None, made, ())
    assert (changed.kind, changed.who, changed.at) == (ChangeKind.CHANGED, "Bob", BOB.at)
    assert (changed.before, changed.after) == (made, after)
    assert [c.words for c in changed.fields] == ["switch every switch → Kamailio", "threshold 30.5 % → 35 %"]
    assert (deleted.kind, deleted.before, deleted.after) == (ChangeKind.DELETED, replace(after, enabled=True), None)
    assert store.alerts.history(made.id, limit=1) == [deleted]
    other = store.alerts.save(make_alert("Other"), BOB)
    assert [c.alert_id for c in store.alerts.changes(2)] == [other.id, made.id]
    assert store.alerts.history(99) == []


def test_going_back_is_saving_what_was_before(store: Store) -> None:
    made = store.alerts.save(make_whole_alert(), ANN)
    store.alerts.save(replace(made, area=Area.NER, threshold=10, title="Other"), BOB)
    before = store.alerts.history(made.id or 0)[0].before
    assert before == made
    assert store.alerts.save(before, ANN) == made
    assert [c.title for c in store.alerts.history(made.id or 0)] == ["Everything", "Other", "Everything"]


def test_alerts_are_saved_all_or_none(store: Store) -> None:
    one, two = store.alerts.save_all([make_alert("one"), make_alert("two")], ANN)
    before = store.alerts.revision()
    for wrong, field in (
        ([replace(one, title="three"), make_alert("TWO ")], "title"),
        ([make_alert("same"), make_alert(" SAME")], "title"),
        ([make_alert("four"), make_alert("five", connection_id=9)], "connection_id"),
        ([make_alert("six"), replace(two, id=99, title="seven")], ""),
    ):
        with pytest.raises(BadInput) as caught:
            store.alerts.save_all(wrong, BOB)
        assert list(caught.value.problems) == ([field] if field else [])
    assert store.alerts.all() == [one, two]
    assert store.alerts.revision() == before
    assert [c.who for c in store.alerts.changes()] == ["Ann", "Ann"]
    assert store.alerts.save_all([], BOB) == []


def test_titles_may_move_from_one_alert_to_another(store: Store) -> None:
    one, two = store.alerts.save_all([make_alert("one"), make_alert("two")])
    swapped = store.alerts.save_all([replace(one, title="Two"), replace(two, title="one")], ANN)
    assert store.alerts.all() == swapped
    moved = store.alerts.save_all([make_alert("two"), replace(one, title="three")])
    assert sorted(a.title for a in store.alerts.all()) == ["one", "three", "two"]
    assert moved[0].id not in ids([one, two])


def test_deleted_alerts_come_back_under_their_ids(store: Store) -> None:
    one, two, three = store.alerts.save_all([make_alert("one"), make_whole_alert("two"), make_alert("three")])
    store.alerts.delete_all([*ids([one, two]), 99], ANN)
    assert store.alerts.all() == [three]
    revision = store.alerts.revision()
    assert store.alerts.undelete([two, one], BOB) == [two, one]
    assert store.alerts.all() == [one, two, three]
    assert store.alerts.revision() > revision
    assert [(c.kind, c.who) for c in store.alerts.history(one.id or 0)] == [
        (ChangeKind.RESTORED, "Bob"),
        (ChangeKind.DELETED, "Ann"),
    ]
    with pytest.raises(BadInput, match="two is there already"):
        store.alerts.undelete([two])
    with pytest.raises(BadInput, match="there already"):
        store.alerts.undelete([make_alert("new")])


def test_a_title_that_was_taken_meanwhile_keeps_all_of_them_away(store: Store) -> None:
    one, two = store.alerts.save_all([make_alert("one"), make_alert("two")])
    store.alerts.delete_all(ids([one, two]))
    new = store.alerts.save(make_alert("Two"))
    with pytest.raises(BadInput, match="already an alert titled two") as caught:
        store.alerts.undelete([one, two])
    assert list(caught.value.problems) == ["title"]
    assert store.alerts.all() == [new]


def test_an_alert_whose_switch_is_gone_does_not_come_back(store: Store) -> None:
    switch = store.connections.save(Connection(None, "Kamailio", SwitchKind.KAMAILIO))
    assert switch.id is not None
    kept = store.alerts.save(make_alert(connection_id=switch.id))
    store.alerts.delete(kept.id or 0)
    store.connections.delete(switch.id)
    with pytest.raises(BadInput, match="switch was deleted"):
        store.alerts.undelete([kept])


def test_an_alert_of_the_history_that_is_valid_no_more_is_none(store: Store) -> None:
    """A later program may be stricter: the line stays, going back to it is not offered."""
    made = store.alerts.save(make_alert(), ANN)
    with store._noc.write() as conn:
        conn.exec_driver_sql("""UPDATE alert_change SET "after" = replace("after", '"threshold":30.5', '"threshold":300')""")
    line = store.alerts.history(made.id or 0)[0]
    assert (line.title, line.after) == ("ASR of carriers", None)


def test_one_number_changes_with_everything_that_is_judged_or_told(store: Store) -> None:
    seen = [store.revision()]
    for change in (
        lambda: store.settings.set("a", "b"),
        lambda: store.alerts.save(make_alert(operator=Operator.LE)),
        lambda: store.templates.save(Template(None, "night", "s", "t")),
        lambda: store.scripts.save(Script(None, "cli", "main = 1")),
        lambda: store.contacts.save(Contact(None, "Ann", ("ann@example.org",))),
        lambda: store.contacts.rename_group("none", "other"),
        lambda: store.alerts.delete(1),
        lambda: store.templates.delete(1),
        lambda: store.scripts.delete(1),
        lambda: store.contacts.delete(1),
    ):
        change()
        seen.append(store.revision())
    grown = [after - before for before, after in pairwise(seen)]
    assert grown == [1, 1, 1, 1, 1, 0, 1, 1, 1, 1]
