"""The messages and what became of them: newest on top, live, filtered, in full, and the way to what they are about."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QMenu
from test_setup_world import NOW, World, find, make_world, press, raise_alarm, state_of, unnamed

from noc_alerts.model.alarms import Phase, Reason, RuleKey, RuleKind, RuleState, Told, Transition
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import CompanyKind, Subject
from noc_alerts.model.deliveries import Attempt, Cause, Channel, Delivery, DeliveryState
from noc_alerts.model.ledger import Change, Ledger
from noc_alerts.notify.channels import NOT_SET_UP
from noc_alerts.notify.samples import sample_facts
from noc_alerts.store.outbox import DeliveryLine, add_deliveries
from ui.deliveries import reading
from ui.deliveries.columns import COLUMNS
from ui.deliveries.page import DeliveriesPage, make_page
from ui.deliveries.text_block import TextBlock
from ui.deliveries.words import sent_words, waits_words
from ui.marks import Mark, MarkLabel
from ui.messages import Recorder
from ui.table_spec import make_cell
from ui.widgets.buttons import Button, Chip, LinkButton
from ui.widgets.fields import TextField
from ui.widgets.labels import ElidedLabel, Label
from ui.widgets.state_panel import StatePanel

S = timedelta(seconds=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.service.stop()


def make(number: int, cause: Cause = Cause.RAISED, **more: Any) -> Delivery:
    at = NOW + number * S
    options: dict[str, Any] = {"channel": Channel.EMAIL, "recipient": "noc@tessera.example", "facts": sample_facts(cause)}
    return Delivery(**{**options, "message_id": f"<{number}@x>", "created_at": at, "next_at": at, **more})


def add(world: World, number: int, cause: Cause = Cause.RAISED, **more: Any) -> int:
    kept = world.store.outbox.add(make(number, cause, **more))
    assert kept.id is not None
    return kept.id


def record(world: World, key: int, state: DeliveryState, answer: str, seconds: int = 60, **more: Any) -> None:
    at = NOW + seconds * S
    world.store.outbox.record(key, Attempt(key, at, state is DeliveryState.SENT, answer, 42), state, answer=answer, **more)


def open_page(world: World, qtbot: Any, wait: bool = True) -> DeliveriesPage:
    made = make_page(world.context)
    assert isinstance(made, DeliveriesPage)
    qtbot.addWidget(made)
    made.resize(1500, 700)
    with qtbot.waitExposed(made):
        made.show()
    if wait:
        qtbot.waitUntil(lambda: not made.reading)
    return made


def tell(world: World, page: DeliveriesPage, qtbot: Any) -> None:
    """Announce a change and wait until it is on the screen."""
    world.bridge.deliveries_changed.emit(world.store.outbox.waiting())
    qtbot.waitUntil(lambda: not page.reading)


def ids(page: DeliveriesPage) -> list[int]:
    return [line.id for line in page.area.model.shown_rows()]


def cells(page: DeliveriesPage, row: int = 0) -> list[str]:
    return [page.area.model.cell(row, at).plain for at in range(len(COLUMNS))]


def sentence(page: DeliveriesPage) -> str:
    return find(page, ElidedLabel, "deliveries_page_sentence").text()


def said(page: DeliveriesPage) -> list[str]:
    names = ("deliveries_words", "deliveries_try", "deliveries_try_answer")
    return [label.text() for label in page.detail.findChildren(Label) if label.objectName() in names]


def save_alert(world: World, title: str) -> int:
    alert = Alert(None, title, Scope(CompanyKind.CARRIER, ("bravo",)), Area.ASR, Operator.LT, 30.0)
    kept = world.store.alerts.save(alert)
    assert kept.id is not None
    return kept.id


# --- the list ------------------------------------------------------------------------------------------------------------------


def test_the_newest_message_is_on_top_with_all_that_is_known_of_it(world: World, qtbot: Any) -> None:
    first = add(world, 1)
    second = add(world, 2, Cause.REPEAT, channel=Channel.TRAY, recipient="desktop")
    record(world, first, DeliveryState.SENT, "250 queued", subject="Critical: bravo", body="Text.")
    page = open_page(world, qtbot)
    assert ids(page) == [second, first]
    assert cells(page, 0)[1:] == ["Tray", "desktop", "Low ASR, carrier bravo not written yet", "Once more", "Waiting", "0", ""]
    assert cells(page, 1)[1:] == ["E-mail", "noc@tessera.example", "Critical: bravo", "Raised", "Sent", "1", "250 queued"]


def test_every_cause_and_state_has_its_word_and_mark(world: World, qtbot: Any) -> None:
    for number, cause in enumerate(Cause):
        add(world, number, cause, state=list(DeliveryState)[number % 4])
    page = open_page(world, qtbot)
    rows = page.area.model.shown_rows()[::-1]
    by_key = {column.key: column for column in COLUMNS}
    assert [make_cell(row, by_key["why"]).text for row in rows] == ["Raised", "Once more", "Eased", "Cleared", "Report", "Test"]
    states = [make_cell(row, by_key["state"]) for row in rows[:4]]
    assert [cell.text for cell in states] == ["Waiting", "Sent", "Failed", "Dropped"]
    assert [cell.mark for cell in states] == [None, Mark.OK, Mark.CRITICAL, Mark.NOTICE]
    assert states[0].icon == "clock"


def test_a_change_shows_in_place_without_a_reset(world: World, qtbot: Any) -> None:
    old = [add(world, number) for number in range(3)]
    page = open_page(world, qtbot)
    QAbstractItemModelTester(page.area.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    page.area.view.select_key(old[1])
    resets: list[None] = []
    page.area.model.modelReset.connect(lambda: resets.append(None))
    record(world, old[1], DeliveryState.SENT, "250 ok", subject="It is raised", body="Body.")
    newest = add(world, 9)
    tell(world, page, qtbot)
    assert ids(page) == [newest, *old[::-1]]
    assert cells(page, 2)[5:] == ["Sent", "1", "250 ok"]
    assert page.area.view.current_key() == old[1]
    assert find(page, TextBlock, "deliveries_text").toPlainText() == "Body."
    assert not resets


def test_a_message_put_back_among_the_waiting_shows_so(world: World, qtbot: Any) -> None:
    key = add(world, 1)
    record(world, key, DeliveryState.FAILED, "550 no such user")
    page = open_page(world, qtbot)
    assert cells(page)[5] == "Failed"
    world.store.outbox.send_again(key, NOW)
    tell(world, page, qtbot)
    assert cells(page)[5] == "Waiting"


def test_news_during_a_reading_is_read_after_it(world: World, qtbot: Any) -> None:
    page = open_page(world, qtbot)
    for number in range(5):
        add(world, number)
        world.bridge.deliveries_changed.emit(0)
    qtbot.waitUntil(lambda: page.area.model.total == 5)
    qtbot.waitUntil(lambda: not page.reading)


def test_what_came_while_another_page_was_open_is_there_on_return(world: World, qtbot: Any) -> None:
    page = open_page(world, qtbot)
    page.hide()
    key = add(world, 1)
    world.bridge.deliveries_changed.emit(1)
    assert not page.reading
    with qtbot.waitExposed(page):
        page.show()
    qtbot.waitUntil(lambda: ids(page) == [key])


def test_the_last_ones_are_listed_and_older_ones_leave(world: World, qtbot: Any) -> None:
    with world.store._noc.write() as conn:
        add_deliveries(conn, [make(number) for number in range(reading.LIMIT + 20)])
    page = open_page(world, qtbot)
    assert page.area.model.total == reading.LIMIT == 2000
    assert find(page, ElidedLabel, "deliveries_panel_note").text() == "the last 2,000"
    oldest = ids(page)[-1]
    newest = add(world, 9999)
    tell(world, page, qtbot)
    assert page.area.model.total == 2000
    assert ids(page)[0] == newest
    assert oldest not in ids(page)


def test_what_is_being_read_does_not_move(world: World, qtbot: Any) -> None:
    for number in range(120):
        add(world, number)
    page = open_page(world, qtbot)
    view = page.area.view
    view.verticalScrollBar().setValue(40 * view.row_height + 5)
    before = page.area.model.key_at(view.rowAt(view.row_height // 2)), view.verticalScrollBar().value()
    for number in range(120, 123):
        add(world, number)
    tell(world, page, qtbot)
    assert page.area.model.key_at(view.rowAt(view.row_height // 2)) == before[0]
    assert view.verticalScrollBar().value() == before[1] + 3 * view.row_height
    link = find(page, LinkButton, "deliveries_new_lines")
    assert link.isVisibleTo(page) and link.text() == "3 new messages"
    link.click()
    assert view.verticalScrollBar().value() == 0
    assert not link.isVisibleTo(page)


# --- filters -------------------------------------------------------------------------------------------------------------------


def test_chips_show_one_state_and_only_tests(world: World, qtbot: Any) -> None:
    waits, fails = add(world, 1), add(world, 2, Cause.TEST, state=DeliveryState.FAILED)
    sent = add(world, 3, Cause.TEST, state=DeliveryState.SENT)
    page = open_page(world, qtbot)
    assert find(page, Chip, "deliveries_tests").accessibleName() == "Tests 2"
    assert find(page, Chip, "deliveries_waiting").accessibleName() == "Waiting 1"
    qtbot.mouseClick(find(page, Chip, "deliveries_tests"), Qt.MouseButton.LeftButton)
    assert ids(page) == [sent, fails]
    qtbot.mouseClick(find(page, Chip, "deliveries_failed"), Qt.MouseButton.LeftButton)
    assert ids(page) == [fails]
    assert find(page, ElidedLabel, "deliveries_panel_note").text() == "1 of 3"
    qtbot.mouseClick(find(page, Chip, "deliveries_failed"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(find(page, Chip, "deliveries_tests"), Qt.MouseButton.LeftButton)
    page.show_item(DeliveryState.WAITING)
    assert ids(page) == [waits]
    record(world, waits, DeliveryState.SENT, "250")
    tell(world, page, qtbot)
    assert ids(page) == []  # it waits no longer
    state = state_of(page.area, "deliveries_list")
    assert (state.title, state.action) == ("Nothing matches", "Show all")
    press(state)
    assert len(ids(page)) == 3


def test_slash_searches_and_the_keys_lead_back(world: World, qtbot: Any) -> None:
    add(world, 1, recipient="ann@tessera.example")
    bob = add(world, 2, recipient="bob@tessera.example", answer="451 greylisted")
    add(world, 3, recipient="ann@tessera.example")
    page = open_page(world, qtbot)
    page.activateWindow()
    page.area.view.setFocus()
    qtbot.keyClick(page.area.view, Qt.Key.Key_Slash)
    search = find(page, TextField, "deliveries_search")
    assert page.focusWidget() is search
    qtbot.keyClicks(search, "greylisted BOB")
    assert ids(page) == [bob]
    qtbot.keyClick(search, Qt.Key.Key_Down)
    assert page.focusWidget() is page.area.view and page.area.view.current_key() == bob
    search.setFocus()
    qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert len(ids(page)) == 3 and page.focusWidget() is page.area.view


# --- the head ------------------------------------------------------------------------------------------------------------------


def test_the_head_says_who_waits_why_and_when_each_channel_last_did_it(world: World, qtbot: Any) -> None:
    for number in range(3):
        record(world, add(world, number), DeliveryState.WAITING, NOT_SET_UP, next_at=NOW + timedelta(hours=1))
    tray = add(world, 5, channel=Channel.TRAY, recipient="desktop")
    record(world, tray, DeliveryState.SENT, "shown")
    page = open_page(world, qtbot)
    shown = (NOW + 60 * S).strftime("%H:%M")
    assert sentence(page) == f"3 wait: e-mail is not set up. Last sent: e-mail never, tray {shown}"
    record(world, ids(page)[-1], DeliveryState.SENT, "250 ok", seconds=60)
    tell(world, page, qtbot)
    assert sentence(page) == f"2 wait: e-mail is not set up. Last sent: e-mail {shown}, tray {shown}"


def line(number: int, **more: Any) -> DeliveryLine:
    at = datetime(2026, 11, 21, 4, 12, tzinfo=UTC)
    made = DeliveryLine(
        number,
        Channel.EMAIL,
        "a@x.example",
        Cause.RAISED,
        "Low ASR",
        "bravo",
        at,
        at,
        DeliveryState.WAITING,
        0,
        "",
        None,
        None,
        "",
    )
    return replace(made, **more)


MAIL_DOWN = "mail.example.org does not answer: timed out. The message is tried again."


@pytest.mark.parametrize(
    ("waiting", "lines", "words"),
    [
        (0, [line(1, state=DeliveryState.SENT)], ""),
        (1, [line(1)], "1 waits: being sent now"),
        (1, [line(1, next_at=datetime(2026, 11, 21, 4, 30, tzinfo=UTC))], "1 waits: not before 04:30"),
        (2, [], "2 wait, made before the messages listed here"),
        (2, [line(2, answer=MAIL_DOWN), line(1, answer=MAIL_DOWN)], "2 wait: mail.example.org does not answer: timed out"),
        # the second one only follows the first: same alarm, same recipient
        (2, [line(2, alarm_id=7), line(1, alarm_id=7, answer=NOT_SET_UP)], "2 wait: e-mail is not set up"),
        (
            4,
            [line(4, answer=NOT_SET_UP), line(3, answer=NOT_SET_UP), line(2), line(1, answer="x" * 200)],
            f"4 wait: e-mail is not set up (2), {'x' * 89}… (1) and other reasons",
        ),
    ],
)
def test_why_messages_wait(waiting: int, lines: list[DeliveryLine], words: str) -> None:
    now = datetime(2026, 11, 21, 4, 12, 38, tzinfo=UTC)
    assert waits_words(waiting, lines, now, UTC) == words


def test_last_sent_names_channels_in_use_only() -> None:
    now = datetime(2026, 11, 21, 4, 12, 38, tzinfo=UTC)
    assert sent_words({}, [], now, UTC) == ""
    assert sent_words({Channel.EMAIL: now}, [Channel.SMS], now, UTC) == "Last sent: e-mail 04:12, SMS never"


# --- one message ---------------------------------------------------------------------------------------------------------------


def test_the_pane_shows_text_tries_and_alarm(world: World, qtbot: Any) -> None:
    lon = world.connect("lon-1")
    alarm_id = raise_alarm(world.store, lon.id or 0)
    key = add(world, 1, alarm_id=alarm_id)
    again = NOW + timedelta(hours=1)
    record(world, key, DeliveryState.WAITING, "451 try later", next_at=again, subject="Critical: bravo", body="Line 1\n  two")
    record(world, key, DeliveryState.SENT, "250 2.0.0 queued as 4F1", seconds=75, subject="Critical: bravo", body="Line 1\n  two")
    page = open_page(world, qtbot)
    page.show_item(key)
    words = said(page)
    assert words[0] == "Critical: bravo"
    assert "Raised, to noc@tessera.example" in words and "Text as sent" in words and "2 tries" in words
    assert "Not taken, took 42\N{THIN SPACE}ms" in words and "451 try later" in words
    assert "Taken, took 42\N{THIN SPACE}ms" in words and "250 2.0.0 queued as 4F1" in words
    assert find(page, TextBlock, "deliveries_text").toPlainText() == "Line 1\n  two"
    assert find(page, Label, "deliveries_alarm").text() == "Low ASR, bravo"
    qtbot.mouseClick(find(page, Button, "deliveries_open"), Qt.MouseButton.LeftButton)
    assert world.gone == [("alerts", ("alarm", world.store.alarms.get(alarm_id)))]
    qtbot.mouseClick(find(page, Button, "deliveries_copy_text"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "Critical: bravo\n\nLine 1\n  two"


def test_the_pane_follows_the_alarm_and_leaves_a_selection_alone(world: World, qtbot: Any) -> None:
    lon = world.connect("lon-1")
    alarm_id = raise_alarm(world.store, lon.id or 0)
    key = add(world, 1, alarm_id=alarm_id)
    record(world, key, DeliveryState.SENT, "250", subject="S", body="Some text")
    page = open_page(world, qtbot)
    page.show_item(key)
    block = find(page, TextBlock, "deliveries_text")
    block.selectAll()
    add(world, 2)
    tell(world, page, qtbot)
    assert find(page, TextBlock, "deliveries_text") is block and block.textCursor().selectedText() == "Some text"
    assert find(page, MarkLabel, "deliveries_alarm_mark").accessibleName() == "Critical"
    world.store.alarms.acknowledge(alarm_id, "mira", "ticket 4417", NOW)
    tell(world, page, qtbot)
    assert find(page, MarkLabel, "deliveries_alarm_mark").accessibleName() == "Critical, taken"


def test_a_message_that_is_not_written_says_so(world: World, qtbot: Any) -> None:
    key = add(world, 1)
    page = open_page(world, qtbot)
    assert not page.detail.has_text
    page.show_item(key)
    assert "The text is not written yet: that is done when it is sent." in said(page)
    assert "Not tried yet" in said(page)
    assert page.detail.findChild(TextBlock, "deliveries_text") is None
    assert not find(page, Button, "deliveries_copy_text").isEnabled()


def test_dropped_and_failed_messages_are_not_said_to_be_sent(world: World, qtbot: Any) -> None:
    dropped, failed = add(world, 1), add(world, 2)
    record(world, dropped, DeliveryState.DROPPED, "The demo sends nothing.", subject="S", body="B")
    record(world, failed, DeliveryState.FAILED, "550 no such user", subject="S", body="B")
    page = open_page(world, qtbot)
    page.show_item(dropped)
    assert "Text as it would have been sent" in said(page) and "Not sent, took 42\N{THIN SPACE}ms" in said(page)
    page.show_item(failed)
    assert "Failed: it is not tried again." in said(page) and "Text of the last try" in said(page)


def test_a_long_text_is_whole_and_without_bars_of_its_own(world: World, qtbot: Any) -> None:
    key = add(world, 1)
    body = "\n".join(f"line {n} " + "x" * 300 for n in range(40))
    record(world, key, DeliveryState.SENT, "250 " + "y" * 500, subject="S", body=body)
    page = open_page(world, qtbot)
    page.show_item(key)
    block = find(page, TextBlock, "deliveries_text")
    qtbot.waitUntil(lambda: block.height() > 40 * block.fontMetrics().lineSpacing())
    assert block.verticalScrollBar().maximum() == 0
    assert block.width() < page.detail.width()


def test_enter_on_a_test_opens_the_alert_of_its_title(world: World, qtbot: Any) -> None:
    key = add(world, 1, Cause.TEST, state=DeliveryState.SENT)
    alert_id = save_alert(world, sample_facts(Cause.TEST).title)
    page = open_page(world, qtbot)
    page.show_item(key)
    assert "A test: it belongs to no alarm." in said(page)
    qtbot.keyClick(page.area.view, Qt.Key.Key_Return)
    assert world.gone == [("alerts", alert_id)]


def test_enter_without_anything_to_open_goes_to_the_text(world: World, qtbot: Any) -> None:
    key = add(world, 1, Cause.TEST)
    page = open_page(world, qtbot)
    page.activateWindow()
    page.show_item(key)
    assert page.detail.findChild(Button, "deliveries_open") is None
    qtbot.keyClick(page.area.view, Qt.Key.Key_Return)
    assert world.gone == []
    assert page.detail.isAncestorOf(page.focusWidget())


def test_a_message_of_a_silent_switch_opens_the_switch(world: World, qtbot: Any) -> None:
    lon = world.connect("lon-1")
    assert lon.id is not None
    key = RuleKey(RuleKind.SWITCH, lon.id, lon.id, Subject(()))
    alarm_id = raise_switch_alarm(world, key)
    delivery = add(world, 1, alarm_id=alarm_id)
    page = open_page(world, qtbot)
    page.show_item(delivery)
    assert find(page, Button, "deliveries_open").accessibleName().startswith("Open the switch")
    qtbot.mouseDClick(
        page.area.view.viewport(),
        Qt.MouseButton.LeftButton,
        pos=page.area.view.visualRect(page.area.view.currentIndex()).center(),
    )
    assert world.gone == [("switches", lon.id)]


def raise_switch_alarm(world: World, key: RuleKey) -> int:
    from noc_alerts.model.alarms import Alarm

    alarm = Alarm(None, key, "lon-1 is unreachable", NoticeLevel.CRITICAL, "", "", "", NOW, None, None, None, NOW)
    step = Transition(key, NOW, Phase.NORMAL, Phase.RAISED, Reason.SOURCE_SILENT, None, None, "lon-1 is silent.", None, Told.TOLD)
    kept = world.store.alarms.commit(Ledger((Change(step, RuleState(key, Phase.RAISED, NOW, 0, None), alarm, None),)))
    made = kept.changes[0].alarm
    assert made is not None and made.id is not None
    return made.id


def test_menu_and_copied_rows(world: World, qtbot: Any) -> None:
    keys = [add(world, number, recipient=f"n{number}@tessera.example") for number in range(3)]
    page = open_page(world, qtbot)
    world.commands.set_page("deliveries")
    page.area.view.select_key(keys[2])
    qtbot.keyClick(page.area.view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(page.area.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied[0].split("\t")[:3] == ["Time", "Channel", "To"]
    assert [row.split("\t")[2] for row in copied[1:]] == ["n2@tessera.example", "n1@tessera.example"]
    menu: QMenu = page.row_menu()
    words = [action.text() for action in menu.actions() if not action.isSeparator()]
    assert words == ["&Open what the message is about", "Copy the message's &text", "Copy rows"]
    assert [action.isEnabled() for action in menu.actions() if not action.isSeparator()] == [True, False, True]
    menu.deleteLater()


# --- states --------------------------------------------------------------------------------------------------------------------


def test_loading_then_empty(world: World, qtbot: Any) -> None:
    slow_disk = threading.Event()
    reading.read_apart(lambda: slow_disk.wait(20))
    page = open_page(world, qtbot, wait=False)
    title = [state_of(page.area, "deliveries_list").title]
    find(page, Chip, "deliveries_sent").click()  # a filter neither hides it nor calls it empty
    find(page, Chip, "deliveries_sent").click()
    title.append(state_of(page.area, "deliveries_list").title)
    slow_disk.set()
    qtbot.waitUntil(lambda: not page.reading)
    title.append(state_of(page.area, "deliveries_list").title)
    assert title == ["Reading the deliveries", "Reading the deliveries", "No message was made yet"]
    add(world, 1)
    tell(world, page, qtbot)
    assert find(page.area, StatePanel, "deliveries_list_state").state is None


def test_a_store_that_cannot_be_read_is_said_and_tried_again(world: World, qtbot: Any, recorder: Recorder) -> None:
    key = add(world, 1)
    with world.store._noc.write() as conn:
        conn.exec_driver_sql("ALTER TABLE delivery RENAME TO away")
    page = open_page(world, qtbot)
    state = state_of(page.area, "deliveries_list")
    assert state.title == "The deliveries cannot be read" and state.sentence
    qtbot.mouseClick(find(page, Chip, "deliveries_sent"), Qt.MouseButton.LeftButton)
    assert state_of(page.area, "deliveries_list").title == "The deliveries cannot be read"  # a filter does not hide it
    qtbot.mouseClick(find(page, Chip, "deliveries_sent"), Qt.MouseButton.LeftButton)
    with world.store._noc.write() as conn:
        conn.exec_driver_sql("ALTER TABLE away RENAME TO delivery")
    press(state)
    qtbot.waitUntil(lambda: ids(page) == [key])
    assert find(page.area, StatePanel, "deliveries_list_state").state is None


def test_every_control_has_its_names(world: World, qtbot: Any) -> None:
    key = add(world, 1)
    record(world, key, DeliveryState.SENT, "250", subject="S", body="B")
    page = open_page(world, qtbot)
    page.show_item(key)
    assert unnamed(page) == []
    model: QAbstractItemModel = page.area.view.model()
    spoken = model.data(model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.startswith("E-mail to noc@tessera.example, S, raised, ") and spoken.endswith(", sent, 1 try, 250")
    assert find(page, TextBlock, "deliveries_text").accessibleName() == "Text as sent"
