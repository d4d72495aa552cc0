"""Alerts as plain values, and the words for what differs."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from alert_strategies import alerts, spans
from hypothesis import given, settings
from hypothesis import strategies as st

from noc_alerts.model.alerts import MAX_WAIT, Alert, Area, NoData, NoticeLevel, Operator, Penalty, Scope
from noc_alerts.model.changes import alert_words, field_changes
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.errors import BadInput
from noc_alerts.model.plain import KEYS, alert_from_plain, alert_to_plain, parse_span, span_text
from noc_alerts.model.schedules import Duty, Repeat
from noc_alerts.rulebook_yaml import read_yaml, write_yaml

LOW_ASR = Alert(
    None, "Low ASR warning", Scope(CompanyKind.CARRIER), Area.ASR, Operator.LE, 30.0, 31.0, timedelta(minutes=30), 50
)  # fmt: skip
WHOLE = Alert(
    id=7,
    title="Everything",
    scope=Scope(CompanyKind.CUSTOMER, ("acme", "globex")),
    area=Area.ASR,
    operator=Operator.LT,
    threshold=15.5,
    reset=20,
    warn_threshold=30,
    warn_reset=35,
    strict=True,
    sample_period=timedelta(hours=24),
    min_calls=0,
    hold=timedelta(minutes=90),
    keep=timedelta(seconds=90, milliseconds=5),
    no_data=NoData.ALARM,
    no_data_after=timedelta(minutes=10),
    level=NoticeLevel.CRITICAL,
    repeat=Repeat.daily(time(8), "Europe/Zurich"),
    duty=Duty(frozenset(range(5)), time(8), time(18), "Europe/Zurich"),
    penalty=Penalty(timedelta(hours=1), dry_run=True, after=timedelta(minutes=10), ask=True),
    recipients=("noc@example.org", "group night"),
    template="night",
    script="spare",
    tray=False,
    tell_recovery=False,
    enabled=False,
    paused_until=datetime(2026, 11, 22, 8, tzinfo=UTC),
    connection_id=3,
)


@settings(max_examples=300, deadline=None)
@given(alerts())
def test_every_alert_comes_back_exactly(alert: Alert) -> None:
    plain = alert_to_plain(alert)
    assert alert_from_plain(plain, alert_id=alert.id, connection_id=alert.connection_id) == alert
    assert list(plain) == [key for key in KEYS if key in plain]
    assert field_changes(alert, alert) == ()


@settings(max_examples=150, deadline=None)
@given(alerts())
def test_every_alert_comes_back_exactly_from_a_file(alert: Alert) -> None:
    value = read_yaml(write_yaml({"alerts": [alert_to_plain(alert)]})).value
    assert isinstance(value, dict)
    assert alert_from_plain(value["alerts"][0], alert_id=alert.id, connection_id=alert.connection_id) == alert


@given(spans(timedelta(0), MAX_WAIT))
def test_every_span_comes_back(span: timedelta) -> None:
    assert parse_span(span_text(span)) == span


def test_an_alert_reads_well() -> None:
    assert alert_to_plain(LOW_ASR) == {
        "title": "Low ASR warning",
        "company": "all carriers",
        "area": "ASR",
        "operator": "<=",
        "threshold": 30,
        "reset": 31,
        "sample_period": "30 min",
        "min_calls": 50,
        "level": "warning",
    }
    assert alert_to_plain(WHOLE, "Kamailio") == {
        "title": "Everything",
        "company": {"customers": ["acme", "globex"]},
        "switch": "Kamailio",
        "area": "ASR",
        "script": "spare",
        "operator": "<",
        "threshold": 15.5,
        "reset": 20,
        "warning": {"threshold": 30, "reset": 35},
        "strict": True,
        "sample_period": "24 h",
        "min_calls": 0,
        "hold": "90 min",
        "keep": "90.005 s",
        "no_data": "alarm",
        "no_data_after": "10 min",
        "level": "critical",
        "repeat": "daily 08:00",
        "repeat_zone": "Europe/Zurich",
        "duty": "Mon-Fri 08:00-18:00 Europe/Zurich",
        "penalty": {"length": "1 h", "dry_run": True, "after": "10 min", "ask": True},
        "recipients": ["noc@example.org", "group night"],
        "template": "night",
        "tray": False,
        "tell_recovery": False,
        "enabled": False,
        "paused_until": "2026-11-22T08:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("key", "value", "path", "said"),
    [
        ("treshold", 30, "treshold", "threshold"),
        ("threshold", "30", "threshold", "number"),
        ("threshold", True, "threshold", "number"),
        ("threshold", 10**400, "threshold", "number"),
        ("threshold", 130, "threshold", "between 0 and 100"),
        ("reset", 20, "reset", "at or above"),
        ("title", 7, "title", "quotes"),
        ("title", None, "title", "missing"),
        ("area", "Asr2", "area", "Consecutive Failures"),
        ("operator", "=<", "operator", "none of"),
        ("company", "carriers", "company", "all carriers"),
        ("company", {"carriers": []}, "company.carriers", "Name a company"),
        ("company", {"carriers": ["a", 7]}, "company.carriers.1", "quotes"),
        ("company", {"carriers tagged": ""}, "company.carriers tagged", "tag"),
        ("company", {"carriers": ["a"], "customers": ["b"]}, "company", "all carriers"),
        ("sample_period", 30, "sample_period", "unit"),
        ("sample_period", "30 parsecs", "sample_period", "no unit"),
        ("sample_period", "30", "sample_period", "30 min"),
        ("sample_period", "9999 year", "sample_period", "too long"),
        ("sample_period", "2 d", "sample_period", "24 h"),
        ("hold", "8 d", "hold", "7 days"),
        ("min_calls", 2.5, "min_calls", "whole"),
        ("min_calls", -1, "min_calls", "below 0"),
        ("level", "error", "level", "critical"),
        ("repeat", "often", "repeat", "every 30 min"),
        ("repeat_zone", "Mars", "repeat_zone", "Mars"),
        ("duty", "always", "duty", "Mon-Fri"),
        ("penalty", {"after": "5 min"}, "penalty.length", "how long"),
        ("penalty", {"length": "5 min", "dry": True}, "penalty.dry", "dry_run"),
        ("penalty", 5, "penalty", "length"),
        ("warning", {"threshold": 20}, "warning.threshold", "Critical"),
        ("strict", "yes", "strict", "true or false"),
        ("recipients", {"a": 1}, "recipients", "list"),
        ("recipients", ["a@example.org", 442079460812], "recipients.1", "quotes"),
        ("paused_until", "2026-11-22T08:00:00", "paused_until", "zone"),
        ("paused_until", "tomorrow", "paused_until", "tomorrow"),
        ("script", ["a"], "script", "text"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(key: str, value: object, path: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        alert_from_plain({**alert_to_plain(LOW_ASR), key: value})
    assert list(caught.value.problems) == [path]
    assert said in caught.value.problems[path]


def test_all_that_is_wrong_is_said_together() -> None:
    with pytest.raises(BadInput) as caught:
        alert_from_plain({"title": 1, "operator": "<", "threshold": "x", "hold": 5})
    assert sorted(caught.value.problems) == ["area", "company", "hold", "threshold", "title"]
    with pytest.raises(BadInput) as caught:
        alert_from_plain({**alert_to_plain(LOW_ASR), "threshold": None})
    assert sorted(caught.value.problems) == ["reset", "threshold"]


def test_what_people_write_is_taken() -> None:
    plain = {
        "title": "T", "company": "All  Customers", "area": "asr", "operator": "≤", "threshold": 30,
        "sample_period": "1 hour 30 min",
        "penalty": "1 year", "recipients": "noc@example.org", "level": "Warning", "hold": "1.5m",
    }  # fmt: skip
    alert = alert_from_plain(plain)
    assert alert.scope == Scope(CompanyKind.CUSTOMER)
    assert (alert.area, alert.operator, alert.sample_period) == (Area.ASR, Operator.LE, timedelta(minutes=90))
    assert alert.penalty == Penalty(timedelta(days=365))
    assert (alert.recipients, alert.min_calls, alert.hold) == (("noc@example.org",), 50, timedelta(seconds=90))
    balance = alert_from_plain({"title": "T", "company": "all customers", "area": "Balance", "operator": "<", "threshold": -5})
    assert (balance.sample_period, balance.min_calls) == (None, 0)


def test_what_differs_is_said_in_words() -> None:
    after = replace(LOW_ASR, threshold=35.0, reset=None, penalty=Penalty(timedelta(hours=1), dry_run=True), connection_id=3)
    assert [change.words for change in field_changes(LOW_ASR, after, {3: "Kamailio"})] == [
        "switch every switch → Kamailio",
        "threshold 30 % → 35 %",
        "reset 31 % → none",
        "penalty none → 1 h, dry run",
    ]
    assert [c.words for c in field_changes(replace(LOW_ASR, threshold=12.3456781), replace(LOW_ASR, threshold=12.3456782))] == [
        "threshold 12.3456781 % → 12.3456782 %"
    ]


@settings(max_examples=200, deadline=None)
@given(alerts(), st.data())
def test_every_field_that_differs_has_words(alert: Alert, data: st.DataObject) -> None:
    """One field changed to a value of another alert shows in the words."""
    other = data.draw(alerts())
    name = data.draw(
        st.sampled_from(["title", "hold", "keep", "min_calls", "duty", "template", "tray", "tell_recovery", "enabled"])
    )
    changed = replace(alert, **{name: getattr(other, name)})
    assert (changed == alert) == (alert_words(changed) == alert_words(alert))
