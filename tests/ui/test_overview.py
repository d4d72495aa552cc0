"""The Overview: order and form of rows, what is withdrawn, who has it, what stands there when nothing is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from overview_scene import (
    CARRIER,
    MIN,
    NOW,
    WARNING,
    Night,
    S,
    carrier,
    customer,
    usual_night,
)
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from noc_alerts.engine.news import AlarmsChanged, SwitchLine
from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKey, RuleKind, RuleState, Told, Transition
from noc_alerts.model.alerts import Area, NoData, NoticeLevel, Operator, Penalty
from noc_alerts.model.companies import Subject
from noc_alerts.model.connections import Health, HealthState
from noc_alerts.model.deliveries import Attempt, Channel, Delivery, DeliveryState
from noc_alerts.model.errors import BadInput
from noc_alerts.model.ledger import Change, Ledger
from ui.marks import Form, Mark
from ui.messages import Recorder
from ui.overview.ack_dialog import AckDialog
from ui.overview.explain_dialog import ExplainDialog
from ui.overview.page import OverviewPage
from ui.overview.stories import AT_ONCE
from ui.overview.words import Story, told_words
from ui.prefs import prefs
from ui.table_spec import Cell
from ui.text import THIN
from ui.theme import Role, theme
from ui.widgets.buttons import LinkButton
from ui.widgets.labels import Label
from ui.widgets.state_panel import StateKind

QtBot = Any


@pytest.fixture
def night(tmp_path: Path, dressed: object) -> Iterator[Night]:
    made = Night(tmp_path)
    yield made
    made.close()


@pytest.fixture
def usual(night: Night, qtbot: QtBot) -> Night:
    usual_night(night)
    night.open()
    night.show()
    qtbot.waitUntil(lambda: night.page.pane.chart.feed is not None)
    return night


def cell(page: OverviewPage, subject: str, column: str) -> Cell:
    """Give what the table shows of a subject."""
    model = page.alarms.model
    at = next(i for i, c in enumerate(model.columns) if c.key == column)
    place = next(i for i, row in enumerate(model.shown_rows()) if row.subject == subject)
    return model.cell(place, at)


def subjects(page: OverviewPage) -> list[str]:
    return [row.subject for row in page.alarms.model.shown_rows()]


def sentence(page: OverviewPage) -> str:
    return page._sentence.text()


def choose(page: OverviewPage, subject: str) -> None:
    row = next(row for row in page.alarms.model.rows() if row.subject == subject)
    assert page.alarms.area.view.select_key(row.key)


def settle(qtbot: QtBot, page: OverviewPage) -> None:
    """Let queued calls of the bridge arrive."""
    qtbot.wait(0)


# --- rows -----------------------------------------------------------------------------------------------------------------


def test_not_taken_comes_before_taken_then_by_severity_then_oldest(usual: Night) -> None:
    assert subjects(usual.page) == [
        "carrier bravo",
        "customer globex",
        "switch sgp-1",
        "customer kestrel tel",
        "customer umbrella",
        "carrier charlie",
    ]


def test_only_a_critical_alarm_that_nobody_took_is_washed_and_filled(usual: Night) -> None:
    model = usual.page.alarms.model
    washed = {row.subject for place, row in enumerate(model.shown_rows()) if model.style(place).wash is Role.CRITICAL_WASH}
    assert washed == {"carrier bravo", "customer globex"}
    assert cell(usual.page, "carrier bravo", "severity").form is Form.ACTIVE
    assert cell(usual.page, "carrier bravo", "severity").bold
    taken = cell(usual.page, "carrier charlie", "severity")
    assert (taken.mark, taken.form, taken.bold, taken.tone) == (Mark.WARNING, Form.TAKEN, False, Role.MUTED)


def test_a_row_says_value_limit_sample_age_owner_and_next_step(usual: Night) -> None:
    page = usual.page
    value, rests, owner, following = (cell(page, "carrier bravo", name) for name in ("value", "rests", "owner", "next"))
    assert (value.plain, value.second, value.tone) == ("5.4 %", "limit < 30", Role.CRITICAL)
    assert (rests.text, rests.second) == ("294 attempts", f"12{THIN}s old")
    assert (owner.text, owner.second) == ("nobody yet", "told noc@… 03:59")
    assert (following.text, following.second) == (f"Clears above 33{THIN}%", "mail when it clears")
    assert cell(page, "carrier bravo", "since").second == "03:58"
    assert cell(page, "carrier charlie", "owner").text == "mira"
    assert cell(page, "carrier charlie", "owner").second == "ticket 4417"


def test_nobody_told_says_why(usual: Night) -> None:
    owner = cell(usual.page, "customer kestrel tel", "owner")
    assert (owner.second, owner.second_tone) == ("has no recipient", Role.WARNING)
    assert cell(usual.page, "customer kestrel tel", "next").second == "without a message"


def test_a_waiting_mail_says_why_it_waits(night: Night) -> None:
    lon = night.switch("lon-1")
    alarm = night.alarm(night.alert("ASR low"), carrier("bravo"), lon, 14, 5.4)
    delivery = night.store.outbox.list(1, alarm_id=alarm.id)[0]
    assert delivery.id is not None
    answer = "E-mail is not set up. Set up messages in Settings."
    night.store.outbox.record(delivery.id, Attempt(delivery.id, NOW, False, answer), DeliveryState.WAITING, NOW + MIN, answer)
    page = night.open()
    night.show()
    assert cell(page, "carrier bravo", "owner").second == "mail waits: e-mail is not set up"
    assert cell(page, "carrier bravo", "next").second == "mail waits: e-mail is not set up"


def test_a_desktop_that_shows_nothing_is_no_failure_of_telling(night: Night) -> None:
    lon = night.switch("lon-1")
    alarm = night.alarm(night.alert("ASR low"), carrier("bravo"), lon, 14, 5.4)
    mail = night.store.outbox.list(1, alarm_id=alarm.id)[0]
    tray = night.store.outbox.add(
        Delivery(Channel.TRAY, "tray", mail.facts, "<2@tessera.example>", NOW, NOW, alarm_id=alarm.id)
    )
    answer = "This desktop has no notification area; the alarm is in the list of the window."
    tried = Attempt(tray.id or 0, NOW, False, answer)
    failed = night.store.outbox.record(tray.id or 0, tried, DeliveryState.FAILED, answer=answer)
    page = night.open()
    night.show()
    owner = cell(page, "carrier bravo", "owner")
    assert (owner.second, owner.second_tone) == ("told noc@… 03:59", Role.MUTED)
    assert any(answer.rstrip(".")[1:] in said.words for said in page.pane._lines(page._picked_row(), page.picked.story))
    assert told_words(Story((), (failed,)), UTC) == ("not shown on the desktop", Role.MUTED)


def test_deliveries_are_read_anew_when_they_changed(night: Night) -> None:
    lon = night.switch("lon-1")
    alarm = night.alarm(night.alert("ASR low"), carrier("bravo"), lon, 14, 5.4)
    delivery = night.store.outbox.list(1, alarm_id=alarm.id)[0]
    night.store.outbox.send_again(delivery.id or 0, NOW)
    page = night.open()
    night.show()
    assert cell(page, "carrier bravo", "owner").second == "mail is being sent"
    night.store.outbox.record(delivery.id or 0, Attempt(delivery.id or 0, NOW, True, "250"), DeliveryState.SENT)
    night.bridge.deliveries_changed.emit(0)
    assert cell(page, "carrier bravo", "owner").second == "told noc@… 04:12"


def test_too_few_calls_is_said_and_never_zero(night: Night) -> None:
    lon = night.switch("lon-1")
    night.alarm(night.alert("ASR low"), carrier("bravo"), lon, 14, None, 18)
    page = night.open()
    night.show()
    assert cell(page, "carrier bravo", "value").text == "none"
    assert cell(page, "carrier bravo", "rests").text == "18 of 50 calls"
    assert cell(page, "carrier bravo", "next").text == "Judged again at 50 calls"


def test_an_alarm_about_missing_data_says_so(night: Night) -> None:
    lon = night.switch("lon-1")
    alert = night.alert("ASR low", no_data=NoData.ALARM, no_data_after=10 * MIN)
    night.alarm(alert, carrier("bravo"), lon, 14, None, 0, limit="no data for 10\u2009min")
    page = night.open()
    night.show()
    value = cell(page, "carrier bravo", "value")
    assert (value.text, value.second) == ("no data", "for 10\u2009min")
    assert cell(page, "carrier bravo", "next").text == "Clears with a value"


def test_a_script_s_alarm_shows_its_verdict_and_what_it_said(night: Night) -> None:
    lon = night.switch("lon-1")
    alert = night.alert("Balance hours", Area.SCRIPT, threshold=None, reset=None, min_calls=0, script="hours")
    night.alarm(alert, Subject(()), lon, 14, None, None, limit="by its script", message="3 customers are low")
    page = night.open()
    night.show()
    value = cell(page, "switch lon-1", "value")
    assert (value.text, value.second, value.tooltip) == ("breached", "by script", "3 customers are low")
    assert cell(page, "switch lon-1", "next").text == "Clears by its script"


def test_a_second_level_shows_its_own_limit_and_the_block_that_is_due(night: Night) -> None:
    lon = night.switch("lon-1")
    alert = night.alert("ASR low", warn_threshold=40.0, warn_reset=45.0, penalty=Penalty(60 * MIN, after=20 * MIN))
    night.alarm(alert, carrier("bravo"), lon, 14, 35.0, level=WARNING)
    night.alarm(alert, carrier("alpha"), lon, 14, 5.0)
    page = night.open()
    night.show()
    assert cell(page, "carrier bravo", "value").second == "limit < 40"
    assert cell(page, "carrier alpha", "value").second == "limit < 30"
    assert cell(page, "carrier alpha", "next").text == "Clears above 45\u2009%"
    assert cell(page, "carrier alpha", "next").second.startswith("asks for a block ")
    assert cell(page, "carrier bravo", "next").second == "mail when it clears"


def test_a_clearing_alarm_says_when(night: Night) -> None:
    lon = night.switch("lon-1")
    alert = night.alert("ASR low", keep=5 * MIN)
    alarm = night.alarm(alert, carrier("bravo"), lon, 14, 44.0)
    moved = Transition(alarm.key, NOW - MIN, Phase.RAISED, Phase.CLEARING, Reason.RECOVERED, 44.0, 300, "", alarm.id)
    state = RuleState(alarm.key, Phase.CLEARING, NOW - MIN, 0, alarm.id)
    night.store.alarms.commit(Ledger((Change(moved, state, alarm),)))
    page = night.open()
    night.show()
    assert cell(page, "carrier bravo", "next").text == "Clears about 04:16"


# --- blind ----------------------------------------------------------------------------------------------------------------


def test_a_blind_switch_is_a_row_before_its_alarm_is_raised(usual: Night) -> None:
    page = usual.page
    assert cell(page, "switch sgp-1", "severity").mark is Mark.BLIND
    assert cell(page, "switch sgp-1", "subject").second == "no answer: connection timed out"
    assert cell(page, "switch sgp-1", "value").text == "unknown"
    assert cell(page, "switch sgp-1", "rests").text == "no data"
    assert cell(page, "switch sgp-1", "next").text == f"Tries again in 18{THIN}s"


def test_the_row_of_a_blind_switch_stays_the_same_when_its_alarm_is_raised(night: Night) -> None:
    sgp = night.blind("sgp-1", 2)
    page = night.open()
    night.show()
    choose(page, "switch sgp-1")
    assert page.pane.acknowledge.isHidden()
    key = RuleKey(RuleKind.SWITCH, sgp.id or 0, sgp.id or 0, Subject(()))
    alarm = Alarm(
        None, key, "sgp-1 unreachable", NoticeLevel.CRITICAL, "Switch", "", "unreachable", NOW, None, None, None, NOW, blind=True
    )
    moved = Transition(
        key, NOW, Phase.NORMAL, Phase.RAISED, Reason.SOURCE_SILENT, None, None, "sgp-1 does not answer.", told="told"
    )
    written = night.store.alarms.commit(Ledger((Change(moved, RuleState(key, Phase.RAISED, NOW, 0, None), alarm),)))
    assert written.changes[0].alarm is not None
    night.alarms.append(written.changes[0].alarm)
    night.show()
    assert subjects(page) == ["switch sgp-1"]
    assert page.alarms.current_key() == ("switch", sgp.id)
    assert not page.pane.acknowledge.isHidden()
    assert page.alarms.model.style(0).wash is None


def test_values_of_alarms_on_a_blind_switch_are_withdrawn(night: Night) -> None:
    lon = night.blind("lon-1")
    night.alarm(night.alert("ASR low"), carrier("bravo"), lon, 14, 44.1, blind=True)
    page = night.open()
    night.show()
    value, rests = cell(page, "carrier bravo", "value"), cell(page, "carrier bravo", "rests")
    assert (value.text, value.second, value.tone) == ("unknown", f"ASR was 44.1{THIN}%", Role.BLIND)
    assert (rests.text, rests.tone) == ("no data", Role.BLIND)
    assert cell(page, "carrier bravo", "next").text == "Waits for lon-1"
    choose(page, "carrier bravo")
    assert page.pane.value.text() == "unknown"


def test_old_data_is_withdrawn_even_when_no_news_comes(night: Night) -> None:
    lon = night.switch("lon-1")
    night.alarm(night.alert("ASR low"), carrier("bravo"), lon, 14, 5.4)
    page = night.open()
    night.show()
    night.later(seconds=65)
    page.tick(night.now)  # twice its interval of 30 s and 5 s more: the engine's own word stands so long
    assert cell(page, "carrier bravo", "value").text == "5.4"
    assert cell(page, "carrier bravo", "rests").second_tone is Role.MUTED
    night.later(seconds=1)
    page.tick(night.now)
    assert cell(page, "carrier bravo", "value").text == "unknown"
    assert "switch lon-1" in subjects(page)


@pytest.mark.parametrize("state", [HealthState.FRESH, HealthState.LATE])
def test_the_engine_says_how_old_is_too_old(night: Night, state: HealthState) -> None:
    lon = night.switch("lon-1", state, read_at=NOW - timedelta(seconds=75))  # its reads take a minute
    night.alarm(night.alert("ASR low"), carrier("bravo"), lon, 14, 5.4)
    page = night.open()
    night.show()
    page.tick(night.now)
    assert subjects(page) == ["carrier bravo"]
    assert cell(page, "carrier bravo", "value").text == "5.4"
    late = state is HealthState.LATE
    assert cell(page, "carrier bravo", "rests").second_tone is (Role.WARNING if late else Role.MUTED)


# --- head -----------------------------------------------------------------------------------------------------------------


def test_the_sentence_counts_and_says_that_nobody_has_them(usual: Night) -> None:
    assert sentence(usual.page) == "6 alarms, 2 of them critical and nobody has taken them"
    assert [usual.page.filters.chips[m]._count for m in (Mark.CRITICAL, Mark.WARNING, Mark.BLIND)] == [2, 3, 1]


def test_a_filter_that_hides_something_critical_says_so(usual: Night, qtbot: QtBot) -> None:
    page = usual.page
    qtbot.mouseClick(page.filters.chips[Mark.WARNING], Qt.MouseButton.LeftButton)
    assert "hides" not in sentence(page)
    qtbot.mouseClick(page.filters.chips[Mark.CRITICAL], Qt.MouseButton.LeftButton)
    assert subjects(page) == ["switch sgp-1"]
    assert sentence(page) == "6 alarms, the filter hides 2 critical ones"
    assert page._sentence.property("role") == Role.CRITICAL.value


def test_a_filter_that_hides_everything_offers_to_show_all(usual: Night) -> None:
    page = usual.page
    for chip in page.filters.chips.values():
        chip.setChecked(False)
    state = page.alarms.area._panel.state
    assert state is not None and state.title == "Nothing shown"
    page.alarms.area._panel._on_action()
    assert len(subjects(page)) == 6


def test_the_filter_row_that_hides_something_critical_says_so_too(usual: Night) -> None:
    page = usual.page
    page.alarms.area.open_filter()
    page.alarms.area._filter.setText("charlie")
    page.tick(usual.now)
    assert sentence(page) == "6 alarms, the filter hides 2 critical ones"


# --- live -----------------------------------------------------------------------------------------------------------------


def test_new_values_change_cells_in_place_and_keep_the_selection(usual: Night) -> None:
    page = usual.page
    choose(page, "carrier charlie")
    usual.alarms = [replace(a, value=a.value + 1 if a.value else None) for a in usual.alarms]
    usual.show()
    assert page.alarms.current_key() is not None
    assert page.alarms.row(page.alarms.current_key()).subject == "carrier charlie"  # type: ignore[union-attr]
    assert cell(page, "carrier charlie", "value").text == "5.8"
    assert page.pane.value.text() == f"5.8{THIN}s"


def test_an_alarm_that_clears_under_the_hand_stays_chosen(usual: Night) -> None:
    page = usual.page
    choose(page, "carrier bravo")
    bravo = next(a for a in usual.alarms if a.key.subject == carrier("bravo"))
    change = Change(
        Transition(bravo.key, NOW, Phase.RAISED, Phase.NORMAL, Reason.RECOVERED, 44.0, 300, "", bravo.id),
        RuleState(bravo.key, Phase.NORMAL, NOW, 0, bravo.id),
        usual.clear(bravo, 0),
    )
    usual.bridge._on_heard(AlarmsChanged((change,)))
    usual.show()
    assert "carrier bravo" not in subjects(page)
    assert page.pane.row is not None and page.pane.row.subject == "carrier bravo"
    assert page.pane.row.form is Form.CLEARED
    assert page.pane.acknowledge.isHidden()
    assert not usual.commands.can("overview.acknowledge")
    assert page.cleared.model.rows()[0].key.subject == carrier("bravo")


def test_the_first_row_is_chosen_so_that_the_pane_is_filled(usual: Night) -> None:
    pane = usual.page.pane
    assert pane.row is not None and pane.row.subject == "carrier bravo"
    assert pane.value.text() == f"5.4{THIN}%"
    assert pane._sample.text() == "16 answered of 294"
    assert f"95{THIN}%: 3.3 to 8.6{THIN}%" in pane.facts.text()
    assert f"Limit < 30{THIN}%, reset > 33{THIN}%." in pane.facts.text()


def test_why_it_fired_tells_transitions_and_messages_in_order_and_what_is_next(usual: Night) -> None:
    lines = usual.page.pane.story.lines
    assert lines[0].startswith("Alarm raised: ASR 5.4")
    assert lines[1] == "E-mail noc@tessera.example: accepted by mail server"
    assert lines[2:] == [f"Clears above 33{THIN}%", "mail when it clears"]


def test_siblings_are_those_of_its_kind_at_its_switch(usual: Night) -> None:
    assert usual.page.pane.siblings.lines == ["alpha", "delta", "charlie", "bravo"]
    assert usual.page.pane.siblings._verdict.text() == "1 of 3 other carriers in alarm"


def test_the_wait_for_the_hold_time_is_part_of_the_story(night: Night) -> None:
    lon = night.switch("lon-1")
    alert = night.alert("ASR low", hold=MIN)
    key = RuleKey(RuleKind.ALERT, alert.id or 0, lon.id or 0, carrier("bravo"))
    pending = Transition(key, NOW - 15 * MIN, Phase.NORMAL, Phase.PENDING, Reason.BREACHED, 5.1, 280, "ASR 5.1 % < 30 %, waits.")
    night.store.alarms.commit(Ledger((Change(pending, RuleState(key, Phase.PENDING, NOW, 0, None)),)))
    alarm = Alarm(
        None, key, alert.title, alert.level, "ASR", "%", "< 30.0 %", NOW - 14 * MIN, 5.4, 294, 5.4, NOW
    )  # fmt: skip
    raised = Transition(key, NOW - 14 * MIN, Phase.PENDING, Phase.RAISED, Reason.HELD, 5.4, 294, "ASR 5.4 %.", told="told")
    written = night.store.alarms.commit(Ledger((Change(raised, RuleState(key, Phase.RAISED, NOW, 0, None), alarm),)))
    assert written.changes[0].alarm is not None
    night.alarms.append(written.changes[0].alarm)
    page = night.open()
    night.show()
    assert page.pane.story.lines[:2] == ["ASR 5.1 % < 30 %, waits", "Alarm raised: ASR 5.4 %"]


# --- charts ---------------------------------------------------------------------------------------------------------------


def test_sparklines_come_from_charts_that_are_closed_when_nobody_looks(usual: Night, qtbot: QtBot) -> None:
    page = usual.page
    hour = {spec.subject for spec in usual.service.charts.values() if spec.range == timedelta(hours=1)}
    assert hour == {a.key.subject for a in usual.alarms}
    assert cell(page, "carrier bravo", "hour").spark is None
    usual.frames()
    qtbot.waitUntil(lambda: cell(page, "carrier bravo", "hour").spark is not None)
    spark = cell(page, "carrier bravo", "hour").spark
    assert spark is not None and spark.threshold == 30.0 and spark.threshold_role is Role.CRITICAL
    assert spark.values[0] is not None and spark.values[0] > 30 and spark.values[-1] is not None and spark.values[-1] < 10
    usual.window.hide()
    assert not usual.service.charts
    usual.window.show()
    assert {spec.subject for spec in usual.service.charts.values()} == hour


def test_the_chart_of_an_alarm_that_is_gone_is_closed(usual: Night) -> None:
    choose(usual.page, "customer globex")
    before = len(usual.service.charts)
    usual.clear(next(a for a in usual.alarms if a.key.subject == carrier("charlie")), 0)
    usual.show()
    assert len(usual.service.charts) == before - 1


def test_at_most_thirty_sparklines_are_asked_for(night: Night) -> None:
    lon, low = night.switch("lon-1"), night.alert("ASR low")
    for number in range(35):
        night.alarm(low, carrier(f"c{number:02}"), lon, 5, 5.4)
    page = night.open()
    night.show()
    assert page._hours.open == 30


# --- who has it -----------------------------------------------------------------------------------------------------------


def test_acknowledge_asks_for_the_name_once_and_can_be_undone(usual: Night, qtbot: QtBot, recorder: Recorder) -> None:
    page = usual.page
    choose(page, "carrier bravo")
    bravo = next(a.id for a in usual.alarms if a.key.subject == carrier("bravo"))
    assert page.pane.acknowledge.text() == "Acknowledge…"
    qtbot.mouseClick(page.pane.acknowledge, Qt.MouseButton.LeftButton)
    dialog = usual.window.findChild(AckDialog)
    qtbot.mouseClick(dialog._take, Qt.MouseButton.LeftButton)
    assert not usual.service.taken and dialog.isVisible()  # no name, nobody took it
    dialog.name.setText("mira")
    dialog.note.setText("ticket 4417")
    qtbot.mouseClick(dialog._take, Qt.MouseButton.LeftButton)
    assert usual.service.taken == [(bravo, "mira", "ticket 4417")]
    assert prefs.get("operator") == "mira"
    qtbot.waitUntil(lambda: [notice.words for notice in recorder.said] == ["Alarm acknowledged"])
    assert page.pane.acknowledge.text() == "Acknowledge as mira"
    undo = recorder.said[0].undo
    assert undo is not None
    undo()
    assert usual.service.given_back == [(bravo, "mira")]


def test_a_takes_it_at_once_when_the_name_is_known_and_u_gives_it_back(usual: Night, qtbot: QtBot, recorder: Recorder) -> None:
    page = usual.page
    prefs.put("operator", "mira")
    choose(page, "carrier bravo")
    page.alarms.area.view.setFocus()
    assert usual.commands.run("overview.acknowledge")
    assert [who for _, who, _ in usual.service.taken] == ["mira"]
    usual.alarms = [replace(a, acked_at=NOW, acked_by="mira") if a.key.subject == carrier("bravo") else a for a in usual.alarms]
    usual.show()
    assert subjects(page).index("carrier bravo") > subjects(page).index("customer kestrel tel")
    assert cell(page, "carrier bravo", "owner").text == "mira"
    assert page.alarms.row(page.alarms.current_key()).subject == "carrier bravo"  # type: ignore[union-attr]
    assert page.pane.acknowledge.isHidden() and not page.pane.give_back.isHidden()
    assert not usual.commands.can("overview.acknowledge")
    qtbot.mouseClick(page.pane.give_back, Qt.MouseButton.LeftButton)
    assert len(usual.service.given_back) == 1
    qtbot.waitUntil(lambda: len(recorder.said) == 2)


def test_several_selected_alarms_are_taken_together(usual: Night, qtbot: QtBot, recorder: Recorder) -> None:
    prefs.put("operator", "mira")
    view = usual.page.alarms.area.view
    view.selectAll()
    assert usual.page.pane.acknowledge.text() == "Acknowledge 3 as mira"
    assert usual.commands.run("overview.acknowledge")
    assert len(usual.service.taken) == 3  # two were taken before, and the switch has no alarm yet
    qtbot.waitUntil(lambda: [notice.words for notice in recorder.said] == ["3 alarms acknowledged"])


def test_an_acknowledgement_that_was_refused_is_told(usual: Night, qtbot: QtBot, recorder: Recorder) -> None:
    prefs.put("operator", "mira")
    usual.service.refuse = BadInput("The alarm has cleared in the meantime, so there is nothing to acknowledge.")
    choose(usual.page, "carrier bravo")
    usual.commands.run("overview.acknowledge")
    qtbot.waitUntil(lambda: bool(recorder.failed))
    assert recorder.failed[0].title == "The alarm was not acknowledged"
    assert not recorder.said


# --- keys and ways --------------------------------------------------------------------------------------------------------


def test_limits_enter_and_explain(usual: Night, qtbot: QtBot) -> None:
    page = usual.page
    choose(page, "carrier bravo")
    bravo = next(a for a in usual.alarms if a.key.subject == carrier("bravo"))
    usual.commands.run("overview.edit")
    qtbot.keyClick(page.alarms.area.view, Qt.Key.Key_Return)
    assert usual.went == [("alerts", ("alarm", bravo))] * 2
    usual.commands.run("overview.explain")
    dialog = usual.window.findChild(ExplainDialog)
    said = " ".join(dialog.spoken_lines)
    assert "Reason: breached; message: told." in said
    assert "It was decided to tell people." in said
    assert f"Clears above 33{THIN}%" in said


def test_enter_on_a_blind_switch_opens_the_switch(usual: Night, qtbot: QtBot) -> None:
    choose(usual.page, "switch sgp-1")
    qtbot.keyClick(usual.page.alarms.area.view, Qt.Key.Key_Return)
    assert usual.went == [("switches", usual.lines[2].connection.id)]
    assert usual.page.pane.edit.text() == "Open switch"


def test_charts_and_company_of_the_chosen_alarm(usual: Night) -> None:
    choose(usual.page, "carrier bravo")
    lon = usual.lines[0].connection.id
    usual.commands.run("overview.charts")
    usual.commands.run("overview.company")
    assert usual.went == [("charts", (lon, "gateway=bravo", "ASR", 5 * MIN)), ("companies", (lon, CARRIER, "bravo"))]


def test_j_and_k_move_and_the_pane_follows(usual: Night, qtbot: QtBot) -> None:
    view = usual.page.alarms.area.view
    qtbot.keyClick(view, Qt.Key.Key_J)
    assert usual.page.pane.row.subject == "customer globex"
    qtbot.keyClick(view, Qt.Key.Key_K)
    assert usual.page.pane.row.subject == "carrier bravo"


def test_copy_as_text_reads_as_sentences(usual: Night) -> None:
    choose(usual.page, "carrier bravo")
    usual.page.deeds.copy_as_text()
    wanted = "Critical, carrier bravo, ASR low: ASR 5.4 %, limit < 30 %, 294 attempts. Since Thu 19 Nov 03:58 UTC."
    assert QGuiApplication.clipboard().text() == wanted


def test_a_row_is_read_out_whole(usual: Night) -> None:
    row = usual.page.alarms.model.shown_rows()[0]
    spoken = usual.page.alarms.cells.spoken(row)
    assert spoken.startswith("Critical, carrier bravo, ASR low, ASR 5.4 percent, limit < 30, 294 attempts, not acknowledged")


def test_show_item_finds_active_and_cleared_alarms(usual: Night) -> None:
    page = usual.page
    charlie = next(a.id for a in usual.alarms if a.key.subject == carrier("charlie"))
    page.filters.chips[Mark.WARNING].setChecked(False)
    page.show_item(charlie)
    assert page.pane.row.subject == "carrier charlie"
    cleared = page.cleared.model.rows()[0]
    page.show_item(cleared.id)
    assert page.pane.row.form is Form.CLEARED
    assert page.pane.row.alarm.id == cleared.id


# --- cleared --------------------------------------------------------------------------------------------------------------


def test_cleared_this_shift_tells_worst_value_length_and_end(usual: Night) -> None:
    model = usual.page.cleared.model
    assert [a.key.subject.label for a in model.rows()] == [
        "carrier halden",
        "carrier alpha",
        "carrier osprey",
        "carrier meridian",
    ]
    was, subject, worst, lasted, cleared, how = (model.cell(0, at) for at in range(6))
    assert (was.text, was.form) == ("Critical", Form.CLEARED)
    assert (subject.text, subject.after) == ("carrier halden", "ASR low")
    assert worst.plain == f"6.1{THIN}% < 30.0"
    assert (lasted.text, cleared.text, how.text) == (f"4{THIN}min", "03:41", "By itself")


def test_what_cleared_before_the_shift_is_not_listed(night: Night) -> None:
    lon = night.switch("lon-1")
    night.alarm(night.alert("ASR low"), carrier("bravo"), lon, 600, 5.4, cleared=540)
    page = night.open()
    night.show()
    assert not page.cleared.model.total


def test_a_cleared_alarm_opens_its_chart(usual: Night) -> None:
    view = usual.page.cleared.area.view
    view.opened.emit(usual.page.cleared.model.rows()[0].id)
    assert usual.went[-1][0] == "charts"


# --- nothing wrong --------------------------------------------------------------------------------------------------------


def state_of(page: OverviewPage) -> Any:
    return page.alarms.area._panel.state


def test_before_the_first_news_it_says_that_it_reads(night: Night) -> None:
    night.switch("lon-1")
    page = night.open()
    assert state_of(page).kind is StateKind.LOADING


def test_a_switch_that_was_not_read_yet_is_no_good_news(night: Night) -> None:
    night.switch("lon-1")
    night.switch("fra-1", HealthState.WAITING)
    night.alert("ASR low")
    page = night.open()
    night.show()
    assert (state_of(page).kind, state_of(page).title) == (StateKind.LOADING, "Reading fra-1")


def test_no_alarms_has_the_tick_only_when_every_switch_answers(night: Night) -> None:
    for name in ("lon-1", "fra-1", "sgp-1"):
        night.switch(name)
    night.alert("ASR low")
    night.alert("PDD high", Area.PDD, WARNING, operator=Operator.GT, threshold=4.0, reset=3.5)
    page = night.open()
    night.show()
    state = state_of(page)
    assert (state.title, state.all_well) == ("No alarms", True)
    assert state.sentence == f"2 alerts were checked 8{THIN}s ago. All 3 switches answer."
    assert page.pane.isHidden()
    fresh = night.lines
    night.lines = [replace(line, health=replace(line.health, state=HealthState.LATE)) for line in fresh]
    night.show()
    assert not state_of(page).all_well
    assert "are late with their data" in state_of(page).sentence
    night.later(seconds=70)
    page.tick(night.now)
    assert subjects(page) == ["switch lon-1", "switch fra-1", "switch sgp-1"]


def test_imported_records_only_offer_to_connect_a_switch_in_a_whole_sentence(night: Night, qtbot: QtBot) -> None:
    night.switch("Imported call records", HealthState.OFF, live=False)
    page = night.open()
    night.show()
    state = state_of(page)
    assert (state.title, state.action) == ("Nothing is watched live", "Connect a switch")
    label = page.findChild(Label, "overview_alarms_list_state_sentence")
    assert label is not None
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()) > label.fontMetrics().height())
    panel = label.parentWidget()
    assert panel.rect().contains(label.geometry())
    assert panel.rect().contains(page.findChild(LinkButton, "overview_alarms_list_state_action").geometry())


def test_on_a_small_screen_in_large_letters_the_page_scrolls_instead_of_cutting_rows(night: Night, qtbot: QtBot) -> None:
    theme.set_appearance(theme.appearance, 1.5)
    usual_night(night)
    page = night.open(1180, 720)
    night.show()
    view = page.alarms.area.view
    qtbot.waitUntil(lambda: view.viewport().height() >= 2 * view.row_height)
    assert page.alarms.height() >= page.alarms.minimumHeight()


def test_no_alerts_yet_offers_to_make_one(night: Night) -> None:
    night.switch("lon-1")
    page = night.open()
    night.show()
    state = state_of(page)
    assert (state.title, state.action, state.all_well) == ("No alerts yet", "New alert", False)
    state.run()
    assert night.went == [("alerts", ("new", CARRIER, "", None))]


def test_imported_files_are_not_in_the_strip_and_watch_nothing(night: Night) -> None:
    night.switch("march.csv", HealthState.OFF, live=False)
    page = night.open()
    night.show()
    assert page.strip.isHidden()
    assert state_of(page).title == "Nothing is watched live"


# --- strip ----------------------------------------------------------------------------------------------------------------


def test_the_strip_shows_calls_channels_and_an_age_that_ticks(usual: Night) -> None:
    first = usual.page.strip.cells[0]
    assert first.accessibleName() == f"lon-1, ConnexCS, OK, 5.6 calls/s, 118 channels, 12{THIN}s data age"
    usual.later(seconds=3)
    usual.page.tick(usual.now)
    assert f"15{THIN}s data age" in first.accessibleName()


def test_the_strip_tells_cause_and_next_try_of_a_blind_switch(usual: Night, qtbot: QtBot) -> None:
    blind = usual.page.strip.cells[2]
    assert "Blind, sgp-1 does not answer: connection timed out." in blind.accessibleName()
    assert f"next try in 18{THIN}s, tried 6 times" in blind.accessibleName()
    qtbot.mouseClick(blind, Qt.MouseButton.LeftButton)
    assert usual.went == [("switches", usual.lines[2].connection.id)]


def test_more_than_four_switches_show_the_troubled_first(night: Night) -> None:
    for name in ("a-1", "b-1", "c-1", "d-1", "e-1"):
        night.switch(name)
    night.blind("z-1")
    page = night.open()
    night.show()
    names = [cell.facts.name for cell in page.strip.cells if cell.facts is not None]
    assert names == ["z-1", "a-1", "b-1", "c-1", ""]
    assert page.strip.cells[4].facts is not None and page.strip.cells[4].facts.parts[0].first == "and 2 fine"


# --- room -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(1600, 1000), (1440, 900), (1180, 720)])
def test_everything_fits_without_scrolling_across(night: Night, qtbot: QtBot, width: int, height: int) -> None:
    usual_night(night)
    page = night.open(width, height)
    night.show()
    qtbot.waitUntil(lambda: page.pane.chart.feed is not None)
    qtbot.wait(20)
    view = page.alarms.area.view
    assert view.horizontalScrollBar().maximum() == 0
    assert page._split.stacked is (width < 1400)
    if height >= 900:
        assert view.verticalScrollBar().maximum() == 0


def test_customer_names_that_were_never_seen_do_not_break_the_pane(night: Night) -> None:
    lon = night.switch("lon-1")
    alarm = night.alarm(night.alert("ASR low", scope=None or night_scope()), customer("nobody; = %"), lon, 3, 2.0)
    page = night.open()
    night.show()
    assert page.pane.row is not None and page.pane.row.alarm is not None and page.pane.row.alarm.id == alarm.id
    assert page.pane._sibling_part.isHidden()


def night_scope() -> Any:
    from noc_alerts.model.alerts import Scope
    from noc_alerts.model.companies import CompanyKind

    return Scope(CompanyKind.CUSTOMER)


def test_an_alarm_whose_alert_was_deleted_is_still_told(night: Night) -> None:
    lon, low = night.switch("lon-1"), night.alert("ASR low")
    night.alarm(low, carrier("bravo"), lon, 14, 5.4)
    night.store.alerts.delete(low.id or 0)
    page = night.open()
    night.show()
    assert cell(page, "carrier bravo", "value").second == "limit < 30.0"
    assert cell(page, "carrier bravo", "next").text == "Ends at the next check"
    assert not usual_can_edit(night)


def usual_can_edit(night: Night) -> bool:
    return night.commands.can("overview.edit")


def test_a_switch_line_without_its_connection_gone_is_no_crash(night: Night) -> None:
    lon = night.switch("lon-1")
    night.alarm(night.alert("ASR low"), carrier("bravo"), lon, 14, 5.4, told=Told.LEVEL_NONE)
    night.lines = [
        SwitchLine(replace(lon, id=99, name="other"), Health(99, HealthState.FRESH, read_at=NOW - 2 * S), NOW, 1.0, None)
    ]
    page = night.open()
    night.show()
    assert cell(page, "carrier bravo", "rests").second == ""
    assert cell(page, "carrier bravo", "owner").second == "told nobody: level none"


def test_a_flood_is_read_in_parts_and_complete_in_the_end(night: Night, qtbot: QtBot) -> None:
    lon, low = night.switch("lon-1"), night.alert("ASR low")
    for number in range(90):
        night.alarm(low, carrier(f"c{number:02}"), lon, 5, 5.4)
    page = night.open()
    night.show()
    assert len(page._stories._kept) == AT_ONCE
    assert cell(page, "carrier c89", "owner").second == ""
    assert cell(page, "carrier c89", "next").second == ""
    qtbot.waitUntil(lambda: cell(page, "carrier c89", "owner").second == "told noc@… 04:08")


def test_a_switch_that_answers_again_gives_its_place_to_nobody(night: Night) -> None:
    lon, sgp = night.switch("lon-1"), night.blind("sgp-1", 4)
    night.alarm(night.alert("ASR low", level=WARNING), carrier("bravo"), lon, 14, 5.4)
    key = RuleKey(RuleKind.SWITCH, sgp.id or 0, sgp.id or 0, Subject(()))
    alarm = Alarm(
        None, key, "sgp-1 unreachable", NoticeLevel.CRITICAL, "Switch", "", "unreachable", NOW, None, None, None, NOW, blind=True
    )
    moved = Transition(key, NOW, Phase.NORMAL, Phase.RAISED, Reason.SOURCE_SILENT, None, None, "No answer.", told="told")
    written = night.store.alarms.commit(Ledger((Change(moved, RuleState(key, Phase.RAISED, NOW, 0, None), alarm),)))
    kept = written.changes[0].alarm
    assert kept is not None
    night.alarms.append(kept)
    page = night.open()
    night.show()
    choose(page, "switch sgp-1")
    night.clear(kept, 0, Reason.SOURCE_BACK)
    night.lines[1] = replace(night.lines[0], connection=sgp, health=replace(night.lines[0].health, connection_id=sgp.id or 0))
    night.show()
    assert subjects(page) == ["carrier bravo"]
    assert page.alarms.current_key() is None
    assert page.pane.row is not None and page.pane.row.subject == "switch sgp-1"
    assert "switch answers again" in page.pane.facts.text()
    assert not night.commands.can("overview.acknowledge")


def test_the_first_alarm_of_a_calm_night_is_chosen(night: Night) -> None:
    lon, low = night.switch("lon-1"), night.alert("ASR low")
    page = night.open()
    night.show()
    assert page.pane.isHidden()
    night.alarm(low, carrier("bravo"), lon, 1, 5.4)
    night.show()
    assert page.pane.isVisible()
    assert page.pane.row is not None and page.pane.row.subject == "carrier bravo"
