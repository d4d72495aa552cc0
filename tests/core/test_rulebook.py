"""A rules file: out of a store, into another, and everything that can be wrong with one."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noc_alerts.model.alerts import Alert, Area, NoData, NoticeLevel, Operator, Penalty, Scope
from noc_alerts.model.changes import Author, ChangeKind
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.connections import Connection, SwitchKind
from noc_alerts.model.contacts import Contact
from noc_alerts.model.errors import BadInput
from noc_alerts.model.schedules import Duty, Repeat
from noc_alerts.model.scripts import Script
from noc_alerts.model.templates import Template
from noc_alerts.rulebook import ItemKind, Plan, apply_import, export_rules, plan_import
from noc_alerts.rulebook_yaml import MAX_BYTES, read_yaml, write_yaml
from noc_alerts.store import Store, open_store

ANN = Author("Ann", datetime(2026, 11, 22, 8, tzinfo=UTC))
SOURCE = "// odd\n\tmain = data => data.calls > 5\n\n"
LOW = """\
noc_alerts: 1
alerts:
- title: Low ASR warning
  company: all carriers
  area: ASR
  operator: <=
  threshold: 30
  reset: 31
  sample_period: 30 min
"""
#: An alert that may follow LOW; its title is in line 10.
HIGH = """\
- title: High CPS
  company: {carriers: [alpha]}
  area: CPS
  operator: ">"
  threshold: 50
"""
NIGHT = "noc_alerts: 1\ntemplates:\n- name: x\n  subject: s\n  text: |\n    fine\n    {{ valu }}\n"

PLAIN = Alert(
    None, "ASR of carriers", Scope(CompanyKind.CARRIER, ("alpha",)), Area.ASR, Operator.LT, 30.5, 40.25,
    recipients=("noc@example.org",), level=NoticeLevel.CRITICAL,
)  # fmt: skip
#: With every field away from its default.
WHOLE = replace(
    PLAIN,
    title="Everything",
    scope=Scope(CompanyKind.CUSTOMER, tag="gold; =%"),
    sample_period=timedelta(minutes=7),
    min_calls=3,
    hold=timedelta(minutes=2),
    keep=timedelta(seconds=90, milliseconds=5),
    warn_threshold=50.5,
    warn_reset=60.0,
    strict=True,
    no_data=NoData.ALARM,
    no_data_after=timedelta(minutes=3),
    duty=Duty(frozenset({0, 4, 6}), time(22), time(6), "Europe/Zurich"),
    repeat=Repeat.daily(time(8, 30), "Asia/Kathmandu"),
    penalty=Penalty(timedelta(hours=1), True, timedelta(minutes=5), True),
    template="night",
    script="spare",
    recipients=("group yes", "contact Bob: #1", "+442079460812"),
    tray=False,
    tell_recovery=False,
    enabled=False,
    paused_until=datetime(2026, 11, 22, 9, tzinfo=UTC),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Give an empty store."""
    (tmp_path / "one").mkdir()
    opened = open_store(tmp_path / "one")
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """Give another one, with the same switch."""
    (tmp_path / "two").mkdir()
    opened = open_store(tmp_path / "two")
    opened.connections.save(Connection(None, "Spare", SwitchKind.CALL_FILES))
    opened.connections.save(Connection(None, "KAMAILIO", SwitchKind.KAMAILIO))
    yield opened
    opened.close()


def fill(store: Store) -> None:
    """Put rules of every kind into a store."""
    switch = store.connections.save(Connection(None, "Kamailio", SwitchKind.KAMAILIO))
    store.templates.save(Template(None, "night", "{{ title }}", "Hello\n  {{ value }}\n", "<p>\n {{ value }} </p>\n \n", sms="ü"))
    store.templates.save(Template(None, "alert", "mine: {{ title }}", "{{ value }}\n"))
    store.scripts.save(Script(None, "spare", SOURCE, stock="cli_blocks"), ANN)
    store.contacts.save(Contact(None, "Bob: #1", ("bob@example.org",), ("+442079460812",), ("yes", "noc")))
    store.alerts.save(replace(WHOLE, connection_id=switch.id))
    store.alerts.save(
        replace(PLAIN, title="- *odd\n: title", scope=Scope(CompanyKind.CUSTOMER, ("acme, =<&", "1e3", "null", "0123")))
    )
    store.alerts.save(Alert(None, "a balance", Scope(CompanyKind.CUSTOMER), Area.BALANCE, Operator.LT, -0.1, sample_period=None))


def imported(store: Store, text: str) -> Plan:
    """Import a file that must be good."""
    plan = plan_import(store, text)
    assert plan.problems == ()
    apply_import(store, plan, ANN)
    return plan


def strip_ids(values: list[Alert]) -> list[Alert]:
    """Give alerts without their ids, by title."""
    return sorted((replace(value, id=None, connection_id=None) for value in values), key=lambda a: a.title)


def test_what_was_exported_is_imported_elsewhere_exactly(store: Store, other: Store) -> None:
    fill(store)
    text = export_rules(store)
    plan = imported(other, text)
    assert {item.kind for item in plan.items} == {ItemKind.NEW}
    assert len(plan.changes) == 7
    assert strip_ids(other.alerts.all()) == strip_ids(store.alerts.all())
    assert [a.connection_id for a in other.alerts.all() if a.title == "Everything"] == [2]
    assert [replace(t, id=None) for t in other.templates.all()] == [replace(t, id=None) for t in store.templates.all()]
    assert [replace(s, id=None) for s in other.scripts.all()] == [replace(s, id=None) for s in store.scripts.all()]
    assert [replace(c, id=None) for c in other.contacts.all()] == [replace(c, id=None) for c in store.contacts.all()]
    assert export_rules(other) == text.replace("switch: Kamailio", "switch: KAMAILIO")
    assert [c.kind for c in other.alerts.changes()] == [ChangeKind.CREATED] * 3
    assert other.alerts.changes()[0].who == "Ann"


def test_an_export_reads_well_and_is_its_own_import(store: Store) -> None:
    fill(store)
    text = export_rules(store)
    assert "  source: |+\n    // odd\n    \tmain = data => data.calls > 5\n" in text
    assert "  text: |\n    Hello\n      {{ value }}\n" in text
    before = store.revision()
    plan = imported(store, text)
    assert plan.changes == ()
    assert plan.lines() == ["same     7 things of the file"]
    assert store.revision() == before
    assert export_rules(store) == text


def test_an_empty_store_gives_a_file_that_changes_nothing(store: Store) -> None:
    text = export_rules(store)
    assert text.endswith("noc_alerts: 1\n")
    assert plan_import(store, text) == Plan(revision=store.revision())


def test_a_preview_says_what_would_change_and_changes_nothing(store: Store) -> None:
    imported(store, LOW + HIGH)
    kept = store.alerts.save(replace(PLAIN, title="Of my own"))
    low = store.alerts.all()[0]
    before = store.revision()
    text = (
        LOW.replace("threshold: 30", "threshold: 30.5")
        .replace("Low ASR warning", " low asr WARNING ")
        .replace("reset: 31", "hold: 2 min")
    )
    plan = plan_import(store, text + HIGH + HIGH.replace("High", "Higher"))
    assert plan.lines() == [
        "changed  low asr WARNING: title Low ASR warning -> low asr WARNING; threshold 30 % -> 30.5 %; reset 31 % -> none; "
        "hold 0 s -> 2 min",
        "new      Higher CPS",
        "same     1 thing of the file",
        "left     1 alert that is not in the file stays as it is",
    ]
    assert plan.left_alone == ("Of my own",)
    assert store.revision() == before
    apply_import(store, plan, ANN)
    after = store.alerts.get(low.id or 0)
    assert after is not None
    assert (after.threshold, after.reset, after.hold) == (30.5, None, timedelta(minutes=2))
    assert store.alerts.get(kept.id or 0) == kept
    assert [c.kind for c in store.alerts.history(low.id or 0)] == [ChangeKind.CHANGED, ChangeKind.CREATED]


def test_templates_scripts_and_contacts_are_changed_by_name(store: Store) -> None:
    fill(store)
    text = export_rules(store)
    script, template = store.scripts.all()[0], store.templates.all()[1]
    text = (
        text.replace("> 5\n", "> 6\n    // more\n").replace("bob@example.org", "robert@example.org").replace("sms: ü", "sms: ö")
    )
    plan = imported(store, text)
    assert plan.lines()[:-1] == [
        "changed  template night: sms ü -> ö",
        "changed  script spare: source 3 lines -> 4 lines",
        "changed  contact Bob: #1: emails bob@example.org -> robert@example.org",
    ]
    assert store.scripts.all() == [replace(script, source=SOURCE.replace("> 5\n", "> 6\n// more\n"))]
    assert store.templates.all()[1] == replace(template, sms="ö")


def test_what_changed_since_the_preview_stops_the_import(store: Store) -> None:
    plan = plan_import(store, LOW)
    store.alerts.save(replace(PLAIN, title="In between"))
    with pytest.raises(BadInput, match="since the preview"):
        apply_import(store, plan, ANN)
    assert [a.title for a in store.alerts.all()] == ["In between"]


def test_an_import_is_done_whole_or_not_at_all(store: Store) -> None:
    """Its last write fails: the switch goes between plan and import without a sign of it."""
    switch = store.connections.save(Connection(None, "Kamailio", SwitchKind.KAMAILIO))
    text = "noc_alerts: 1\ncontacts:\n- name: Ann\n  emails: ann@example.org\n" + LOW.partition("\n")[2] + "  switch: kamailio\n"
    plan = plan_import(store, text)
    assert plan.good
    store.connections.delete(switch.id or 0)
    with pytest.raises(BadInput, match="switch was deleted"):
        apply_import(store, plan, ANN)
    assert (store.contacts.all(), store.alerts.all(), store.revision()) == ([], [], plan.revision)


def test_a_plan_with_problems_is_not_imported(store: Store) -> None:
    plan = plan_import(store, LOW.replace("30", "300") + HIGH)
    assert (plan.good, len(plan.items)) == (False, 1)
    with pytest.raises(BadInput, match="Nothing was imported: Line 7"):
        apply_import(store, plan, ANN)
    assert store.alerts.all() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The file is empty."),
        ("# only a comment\n", "The file is empty."),
        ("alerts: []\n", "Line 1: This is no rules file of noc_alerts: its first line must be noc_alerts: 1."),
        ("- a\n- b\n", "Line 1: This is no rules file of noc_alerts: its first line must be noc_alerts: 1."),
        ("noc_alerts: 2\n", "Line 1: The file is of version 2, written by a newer noc_alerts. Import it there."),
        ("noc_alerts: yes\n", "Line 1: The file is of no version there is; its first line must be noc_alerts: 1."),
        ("noc_alerts: 1\nalert: []\n", "Line 2: There is no field “alert”. Do you mean alerts?"),
        ("noc_alerts: 1\nalerts: many\n", "Line 2: Write the alerts as a list, each with a dash before it."),
        ("noc_alerts: 1\nalerts:\n- Low\n", "Line 3: Here begins one of the alerts: "),
        ("noc_alerts: 1\nalerts:\n- title: [\n", "Line 4, column 1: this is not YAML (did not find expected node content)."),
        ("noc_alerts: 1\n\talerts: 2\n", "Line 2, column 1: this is not YAML (found a "),
        ("noc_alerts: 1\n---\nnoc_alerts: 1\n", "Line 2, column 1: this is not YAML (but found another document)."),
        ("noc_alerts: 1\nalerts: !!python/object/apply:os.system [ls]\n", "Line 2: tags (“"),
        ("noc_alerts: 1\nalerts: &a []\nscripts: *a\n", "Line 3: aliases (*a) are not taken here. Write it out."),
        ("noc_alerts: 1\nnoc_alerts: 1\n", "Line 2: “noc_alerts” is there already, in line 1."),
        ("noc_alerts: 1\n[a]: 1\n", "Line 2: the name of a field must be a word."),
        ("noc_alerts: 1\nscripts: \x07\n", "Line 2: there is a character that no YAML file may hold."),
        (b"noc_alerts: 1\n# \xff\n", "Line 2: this is not text in UTF-8. Save the file as UTF-8."),
        ("noc_alerts: 1\n" + "#" * MAX_BYTES, "The file has 5.0 MB. At most 5 MB are taken."),
        (LOW.replace("threshold", "treshold"), "Line 7: There is no field “treshold”. Do you mean threshold?"),
        (LOW.replace("30 min", "30"), "Line 9: Write a time with its unit, such as 30 min."),
        (LOW.replace("reset: 31", "reset: 29"), "Line 8: The reset must be at or above 30 %, or the alarm could never hold."),
        (LOW.replace("  area: ASR\n", ""), "Line 3: The area is missing."),
        (LOW.replace("Low ASR warning", "77"), "Line 3: This must be a text. Put it in quotes, so that it is read as one."),
        (LOW + HIGH.replace("High CPS", "low asr WARNING"), "Line 10: The title “low asr WARNING” is used already in line 3."),
        (LOW + "  switch: Frankfurt\n", "Line 10: There is no switch named “Frankfurt” here. "),
        (LOW + "  template: night\n", "Line 10: There is no template named “night”, here or in the file."),
        (LOW + "  script: cli\n", "Line 10: There is no script named “cli”, here or in the file."),
        (LOW + "  penalty:\n    length: 1 h\n    dry: true\n", "Line 12: There is no field “dry”. Do you mean dry_run?"),
        (LOW + "  recipients:\n  - noc@example.org\n  - nobody@\n", "Line 12: "),
        (LOW + "  recipients: [contact Bob]\n", "Line 10: "),
        ("noc_alerts: 1\ncontacts:\n- name: Bob\n  emails:\n  - +442079460812\n", "Line 5: “+442079460812” is no mail address."),
        ("noc_alerts: 1\ncontacts:\n- name: Bob\n", "Line 3: Give a mail address or a phone number, or nobody can be told."),
        ("noc_alerts: 1\nscripts:\n- name: Bob\n  source: 5\n", "Line 4: This must be a text. "),
        ("noc_alerts: 1\nscripts:\n- source: a\n", "Line 3: The name is missing."),
        (NIGHT, "Line 5: Template x, text, line 2: "),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_with_its_line(store: Store, text: str | bytes, said: str) -> None:
    plan = plan_import(store, text)
    assert len(plan.problems) == 1
    sentence = re.sub(r" \([\w.]+( of “.*”)?\)$", "", plan.problems[0])  # whose field it is stands behind it
    assert sentence == said or (said.endswith((" ", "“")) and sentence.startswith(said))
    assert not plan.rules.alerts


def test_what_is_wrong_names_the_field_and_the_alert(store: Store) -> None:
    plan = plan_import(store, LOW.replace("reset: 31", "reset: low") + "  penalty:\n    length: 5\n")
    assert [problem.partition("(")[2] for problem in plan.problems] == [
        "reset of “Low ASR warning”)", "penalty.length of “Low ASR warning”)"
    ]  # fmt: skip


def test_all_that_is_wrong_is_said_in_the_order_of_the_lines(store: Store) -> None:
    text = LOW.replace("30 min", "soon").replace("<=", "=<") + HIGH.replace("CPS\n  op", "Cps2\n  op").replace("[alpha]", "[7]")
    lines = [problem.split(":")[0] for problem in plan_import(store, text).problems]
    assert lines == ["Line 6", "Line 9", "Line 11", "Line 12"]


def test_who_uses_what_cannot_be_read_is_not_complained_about_again(store: Store) -> None:
    text = (
        "noc_alerts: 1\ntemplates:\n- name: night\n  subject: 5\nscripts:\n- name: cli\ncontacts:\n- name: Bob\n  phones: [x]\n"
        + LOW.partition("\n")[2]
        + "  template: night\n  script: cli\n  recipients: [contact Bob, group noc]\n"
    )
    lines = [problem.split(":")[0] for problem in plan_import(store, text).problems]
    assert lines == ["Line 4", "Line 6", "Line 9"]


def test_a_group_that_other_alerts_tell_keeps_a_member(store: Store) -> None:
    fill(store)
    text = "noc_alerts: 1\ncontacts:\n- name: 'Bob: #1'\n  emails: [bob@example.org]\n  groups: [noc]\n"
    plan = plan_import(store, text)
    assert plan.problems == ("Line 2: Group yes would have no member, and these alerts tell it: Everything.",)
    added = "- name: Ann\n  phones: '+442079460813'\n  groups: 'yes'\n"
    assert plan_import(store, text + added).good


@pytest.mark.parametrize(
    "text",
    [
        # ten times ten times ... a "lol": gigabytes when it is written out
        "a0: &a0 [lol, lol]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)),
        "noc_alerts: 1\nalerts: " + "[" * 100_000,
        "noc_alerts: 1\nalerts: " + "{a: " * 50_000,
        "noc_alerts: 1\nalerts:\n" + "- a\n" * 1_000_000,
        "noc_alerts: 1\n" + "? " * 200_000,
        "noc_alerts: 1\nscripts: " + "9" * 4_000_000,
        "noc_alerts: 1\nscripts: " + "1:" * 1_000_000 + "1",
    ],
    ids=["laughs", "lists", "maps", "many", "keys", "digits", "sexagesimal"],
)
def test_a_file_made_to_hurt_is_refused_soon(store: Store, text: str) -> None:
    begin = perf_counter()
    plan = plan_import(store, text)
    assert len(plan.problems) == 1
    assert plan.problems[0].startswith("Line ")
    assert perf_counter() - begin < 30


def test_a_large_file_of_a_real_kind_is_taken(store: Store) -> None:
    many = "".join(HIGH.replace("High CPS", f"CPS {i}") for i in range(1000))
    imported(store, LOW + many)
    assert len(store.alerts.all()) == 1001
    assert plan_import(store, export_rules(store)).changes == ()


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]))),
    st.text("a. \n\t\r\x85\u2028'\"#:-|>%@&*!?{}[],\ufeff", max_size=30),
)
def test_every_text_comes_back_exactly(texts: list[str], odd: str) -> None:
    sections = {"one": odd, "list": [{"a": text, odd or "b": text} for text in texts], "last": [odd]}
    assert read_yaml(write_yaml(sections)).value == sections
