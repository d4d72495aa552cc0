"""Connections, alerts, companies, settings, events."""

import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
from store_samples import NOW, SECOND, make_alert, make_page, make_whole_alert

from noc_alerts.model.alerts import Area, Operator, Penalty, Scope
from noc_alerts.model.companies import Company, CompanyKind, CompanyStatus, Reading, ReadingKind
from noc_alerts.model.connections import Clock, Connection, SwitchKind
from noc_alerts.model.errors import BadInput
from noc_alerts.model.events import Event, EventType
from noc_alerts.model.schedules import Repeat
from noc_alerts.store import Store, open_store


def connection(name: str = "Kamailio") -> Connection:
    """Make a connection with every field away from its default."""
    return Connection(
        id=None,
        name=name,
        kind=SwitchKind.KAMAILIO,
        options=MappingProxyType({"url": "http://127.0.0.1/ü", "user": "noc"}),
        clock=Clock.OUTCOME,
        poll=timedelta(seconds=1.5),
        enabled=False,
        live=False,
        demo=True,
    )


def test_a_connection_comes_back_as_it_was_kept_also_after_a_restart(store: Store, tmp_path: Path) -> None:
    saved = store.connections.save(connection())
    assert saved == replace(connection(), id=saved.id)
    assert saved.id is not None
    store.close()
    again = open_store(tmp_path)
    assert again.connections.all() == [saved]
    assert again.connections.get(saved.id) == saved
    assert again.connections.get(saved.id + 1) is None
    changed = again.connections.save(replace(saved, poll=timedelta(minutes=1), name=" kamailio "))
    assert again.connections.get(saved.id) == changed == replace(saved, poll=timedelta(minutes=1), name="kamailio")
    again.close()


def test_a_connection_name_is_given_once(store: Store) -> None:
    store.connections.save(connection("Kamailio"))
    with pytest.raises(BadInput) as caught:
        store.connections.save(connection(" KAMAILIO"))
    assert list(caught.value.problems) == ["name"]
    assert len(store.connections.all()) == 1


def test_a_deleted_connection_takes_its_calls_with_it_and_its_id_is_not_given_again(store: Store) -> None:
    saved = store.connections.save(connection())
    assert saved.id is not None
    store.companies.upsert(saved.id, [Company(saved.id, CompanyKind.CARRIER, "1", "alpha")], NOW)
    store.calls.ingest(saved.id, make_page(0, 10), "10", (), NOW)
    store.calls.add_readings([Reading(saved.id, ReadingKind.CHANNELS, None, "", 3, NOW)])
    store.connections.delete(saved.id)
    store.connections.delete(saved.id)  # gone is gone
    assert store.connections.all() == []
    assert store.companies.all() == []
    assert (store.calls.count(saved.id), store.calls.cursor(saved.id), store.calls.last_readings(saved.id)) == (0, None, [])
    assert store.connections.save(connection()).id != saved.id
    with pytest.raises(BadInput):
        store.connections.save(saved)


def test_a_connection_that_an_alert_names_is_not_deleted(store: Store) -> None:
    saved = store.connections.save(connection())
    assert saved.id is not None
    kept = store.alerts.save(make_alert(connection_id=saved.id))
    with pytest.raises(BadInput, match="ASR of carriers"):
        store.connections.delete(saved.id)
    assert store.connections.get(saved.id) == saved
    assert kept.id is not None
    store.alerts.delete(kept.id)
    store.connections.delete(saved.id)


def test_an_alert_comes_back_as_it_was_kept(store: Store) -> None:
    balance = make_alert(
        "Balance", area=Area.BALANCE, sample_period=None, threshold=-5.0, reset=None, paused_until=None, recipients=(),
        scope=Scope(CompanyKind.CUSTOMER), enabled=True,
    )  # fmt: skip
    report = make_alert(
        "Report", operator=Operator.ALWAYS, threshold=None, reset=None, repeat=Repeat.of_cron("0 8 * * 1-5", "Europe/Zurich")
    )  # fmt: skip
    asked = make_alert("Asked", penalty=Penalty(timedelta(days=366)))
    for alert in (make_alert(), balance, make_whole_alert(), report, asked):
        saved = store.alerts.save(alert)
        assert saved.id is not None
        assert store.alerts.get(saved.id) == saved == replace(alert, id=saved.id)
    assert [a.title for a in store.alerts.all()] == ["ASR of carriers", "Balance", "Everything", "Report", "Asked"]


def test_an_alert_title_is_given_once_whatever_its_case_and_blanks(store: Store) -> None:
    first = store.alerts.save(make_alert("Größe"))
    with pytest.raises(BadInput) as caught:
        store.alerts.save(make_alert("  GRÖSSE "))
    assert list(caught.value.problems) == ["title"]
    assert store.alerts.save(replace(first, title="GRÖSSE")).title == "GRÖSSE"
    with pytest.raises(BadInput) as caught:
        store.alerts.save(make_alert("Other", connection_id=99))
    assert list(caught.value.problems) == ["connection_id"]


def test_the_alerts_revision_grows_with_each_change_and_only_then(store: Store) -> None:
    seen = [store.alerts.revision()]
    saved = store.alerts.save(make_alert())
    seen.append(store.alerts.revision())
    store.alerts.save(replace(saved, enabled=True))
    seen.append(store.alerts.revision())
    assert saved.id is not None
    store.alerts.delete(saved.id)
    seen.append(store.alerts.revision())
    assert seen == sorted(set(seen))
    store.alerts.delete(saved.id)
    with pytest.raises(BadInput, match="deleted meanwhile"):
        store.alerts.save(saved)
    assert store.alerts.revision() == seen[-1]


def test_companies_are_never_forgotten(store: Store) -> None:
    one, two = (store.connections.save(connection(name)).id for name in ("one", "two"))
    assert one is not None
    assert two is not None
    acme = Company(one, CompanyKind.CUSTOMER, "7", "acme", CompanyStatus.ACTIVE, "USD", ("gold", "vip, ü"))
    bravo = Company(one, CompanyKind.CARRIER, "", "bravo")
    store.companies.upsert(one, [acme, bravo], NOW)
    store.companies.upsert(two, [replace(acme, connection_id=two)], NOW)
    later = NOW + SECOND
    renamed = replace(acme, name="acme ltd", status=CompanyStatus.PENALTY, tags=("vip, ü",))
    store.companies.upsert(one, [renamed], later)
    store.companies.upsert(one, [], later + SECOND)
    assert store.companies.all(one) == [bravo, renamed]
    assert len(store.companies.all()) == 3
    assert store.companies.seen(one) == {(CompanyKind.CUSTOMER, "acme ltd"): later, (CompanyKind.CARRIER, "bravo"): NOW}


def test_settings(store: Store) -> None:
    assert store.settings.get("mail.host") is None
    before = store.settings.revision()
    store.settings.set("mail.host", "127.0.0.1")
    store.settings.set("mail.host", "localhost")
    store.settings.set("mail.port", "")
    after = store.settings.revision()
    store.settings.set("mail.port", "")
    assert (store.settings.get("mail.host"), store.settings.get("mail.port")) == ("localhost", "")
    assert store.settings.revision() == after > before


def test_events_are_found_by_type_text_and_page(store: Store) -> None:
    texts = ["ASR fell to 50 %", "Mail sent", "50 percent off", "Switch answered 100_5"]
    types = [EventType.ALARM, EventType.MESSAGE, EventType.CHANGE, EventType.ERROR]
    kept = [
        store.events.add(Event(NOW + i * SECOND, kind, "Sender", f"Subject {i}", text, connection_id=4))
        for i, (kind, text) in enumerate(zip(types, texts, strict=True))
    ]
    assert store.events.list(10) == kept[::-1]
    assert store.events.list(2) == kept[:1:-1]
    assert store.events.list(2, before_id=kept[2].id) == [kept[1], kept[0]]
    assert store.events.list(10, types=[EventType.ALARM, EventType.ERROR]) == [kept[3], kept[0]]
    assert store.events.list(10, types=[]) == []
    assert store.events.list(10, text="50 %") == [kept[0]]
    assert store.events.list(10, text="0_5") == [kept[3]]
    assert store.events.list(10, text="subject 1") == [kept[1]]
    assert store.events.prune(NOW + 2 * SECOND) == 2
    assert store.events.list(10) == [kept[3], kept[2]]


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="without a time zone"):
        store.events.add(Event(NOW.replace(tzinfo=None), EventType.ERROR, "", "", ""))


def test_files_are_for_their_owner_only(store: Store, tmp_path: Path) -> None:
    store.connections.save(connection())
    store.calls.ingest(1, make_page(0, 10), "10", (), NOW)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert {"noc.db", "calls.db", "noc.db-wal", "calls.db-wal"} <= modes.keys()
    assert set(modes.values()) == {0o600}
