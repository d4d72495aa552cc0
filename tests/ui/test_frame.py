"""The frame in an offscreen window: pages, keys, finder, rail, status bar, messages, and every widget painted in every theme."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from ui.commands import Command, Commands, Menu
from ui.finder import Found, rank
from ui.frame_commands import kept_look
from ui.main_window import MIN_HEIGHT, MIN_WIDTH, MainWindow
from ui.marks import Mark
from ui.messages import Choice, Messages, Question, Recorder, Weight, messages
from ui.prefs import prefs
from ui.rail import Group, PageSpec
from ui.status_bar import SwitchStatus
from ui.tables import Column, TableModel
from ui.text import AgeState, InputError, NumberRange
from ui.theme import Appearance, Density, Role, theme
from ui.widgets.buttons import Button, Chip, DangerButton, IconButton, LinkButton, PrimaryButton, SegmentedControl
from ui.widgets.fields import CheckBox, ComboBox, DurationBox, Field, NumberField, TextField
from ui.widgets.labels import CountdownLabel, ElidedLabel, KeyValues, Label, Tag
from ui.widgets.page import Page, Panel, SplitPane
from ui.widgets.question_dialog import QuestionDialog
from ui.widgets.state_panel import PageState, StateKind, StatePanel
from ui.widgets.table_area import TableArea
from ui.widgets.tag_field import Entry, TagField

NOW = datetime(2026, 11, 19, 4, 12, 38, tzinfo=UTC)


class Screen(Page):
    """A page with a field, a table and what the frame may call."""

    def __init__(self, key: str, crumb: str = "") -> None:
        super().__init__(key, key.capitalize(), crumb=crumb)
        self.ticks: list[datetime] = []
        self.may_leave = True
        self.line = QLineEdit()
        self.line.setObjectName(f"{key}_line")
        model = TableModel([Column[str]("name", "Name", lambda row: row)], lambda row: row)
        model.set_rows(["a", "b"])
        self.area = TableArea(model, f"{key}_table")
        self.body.addWidget(self.line)
        self.body.addWidget(self.area)

    def tick(self, now: datetime) -> None:
        self.ticks.append(now)

    def ask_leave(self, then: Callable[[], None]) -> None:
        if self.may_leave:
            then()


PAGES = (("overview", Group.WATCH), ("alerts", Group.WATCH), ("switches", Group.SET_UP))


def make_window(demo: bool = False) -> tuple[MainWindow, list[str]]:
    made: list[str] = []

    def maker(key: str) -> Callable[[], QWidget]:
        def make() -> QWidget:
            made.append(key)
            return Screen(key)

        return make

    specs = [PageSpec(key, key.capitalize(), key, group, maker(key), f"Ctrl+{n}") for n, (key, group) in enumerate(PAGES, 1)]
    return MainWindow(specs, Commands(), demo=demo), made


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    made, _ = make_window()
    qtbot.addWidget(made)
    made.start_page("overview")
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    yield made


def screen(window: MainWindow) -> Screen:
    page = window.pages.currentWidget()
    assert isinstance(page, Screen)
    return page


def press(qtbot: QtBot, window: MainWindow, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key, held)


def test_pages_are_made_when_first_opened(qtbot: QtBot) -> None:
    window, made = make_window()
    qtbot.addWidget(window)
    assert made == []
    window.start_page("overview")
    window.open_page("alerts")
    window.open_page("overview")
    assert made == ["overview", "alerts"]


def test_keys_open_pages_and_alt_left_goes_back(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert window.pages.currentWidget().objectName() == "alerts"
    press(qtbot, window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    press(qtbot, window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    press(qtbot, window, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert window.pages.currentWidget().objectName() == "overview"
    assert not window.commands.can("go.back")


def test_single_letters_are_commands_only_outside_of_text(qtbot: QtBot, window: MainWindow) -> None:
    runs: list[str] = []
    window.commands.add(Command("overview.ack", "&Acknowledge…", Menu.ALARM, "A", page="overview"), lambda: runs.append("a"))
    screen(window).area.view.setFocus()
    press(qtbot, window, Qt.Key.Key_A)
    assert runs == ["a"]
    line = screen(window).line
    line.setFocus()
    press(qtbot, window, Qt.Key.Key_A)
    assert (runs, line.text()) == (["a"], "a")


def test_commands_of_a_page_exist_only_while_it_is_open(qtbot: QtBot, window: MainWindow) -> None:
    runs: list[str] = []
    for page in ("overview", "alerts"):
        command = Command(f"{page}.release", "&Release…", Menu.ALARM, "R", page=page)
        window.commands.add(command, lambda page=page: runs.append(page))  # type: ignore[misc]  # binds the loop's value
    for page in ("alerts", "overview"):
        window.open_page(page)
        screen(window).area.view.setFocus()
        press(qtbot, window, Qt.Key.Key_R)
    assert runs == ["alerts", "overview"]
    assert not window.commands.can("alerts.release")
    with pytest.raises(ValueError, match="is taken by"):
        window.commands.add(Command("overview.other", "x", Menu.ALARM, "R", page="overview"), lambda: None)
    with pytest.raises(ValueError, match="is there already"):
        window.commands.add(Command("overview.release", "x", Menu.ALARM), lambda: None)
    window.commands.remove_page("alerts")
    with pytest.raises(KeyError):
        window.commands.action("alerts.release")


def test_a_command_that_cannot_be_done_is_not(window: MainWindow) -> None:
    able = [False]
    runs: list[int] = []
    action = window.commands.add(Command("x", "X", Menu.TOOLS), lambda: runs.append(1), enabled=lambda: able[0])
    assert not action.isEnabled()
    assert not window.commands.run("x")
    able[0] = True
    window.commands.refresh()
    action.trigger()
    assert runs == [1]


def test_menus_keys_and_finder_show_the_same(window: MainWindow) -> None:
    window.commands.add(Command("overview.shelve", "&Shelve…", Menu.ALARM, "S", page="overview"), lambda: None)
    menus = {menu: made for menu, made in window.top_bar._menus.items() if made.menuAction().isVisible()}
    assert Menu.ALARM in menus
    assert Menu.TOOLS not in menus, "a menu without commands is not shown"
    in_menus = [action for made in menus.values() for action in made.actions() if not action.isSeparator()]
    assert {action.objectName() for action in in_menus} == {
        f"command_{command.id.replace('.', '_')}" for command in window.commands.available()
    }
    found = {each.title: each.key for each in window.finder.results("shelve")}
    assert found["Shelve"] == "S"


def test_finder_finds_pages_commands_and_what_is_provided(qtbot: QtBot, window: MainWindow) -> None:
    gone: list[str] = []
    window.add_provider(
        lambda needle: [
            Found("customer globex", "Company", lambda: gone.append("globex"), "lon-1", "companies"),
            Found("Low ASR, carrier bravo", "Alert", lambda: gone.append("bravo"), mark=Mark.CRITICAL, icon="alerts"),
        ]
    )
    window.top_bar.ask_find()
    line = window.finder.findChild(QLineEdit, "finder_text")
    assert line is not None
    assert window.finder.isVisible()
    qtbot.keyClicks(line, "glob")
    window.finder.grab()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert gone == ["globex"]
    assert not window.finder.isVisible()
    assert window.finder.results("switches")[0].title == "Switches"
    assert window.finder.results("nothing like this") == []
    window.top_bar.ask_find()
    qtbot.keyClick(line, Qt.Key.Key_Down)
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert not window.finder.isVisible()


@pytest.mark.parametrize(
    ("title", "needle", "expected"),
    [
        ("carrier bravo", "carr", 0),
        ("carrier bravo", "bra", 1),
        ("carrier bravo", "rav", 2),
        ("carrier bravo", "lon", 3),
        ("x", "y", -1),
    ],
)
def test_ranking(title: str, needle: str, expected: int) -> None:
    assert rank(title, "lon-1", needle) == expected


def test_items_open_beside_each_other_and_ask_before_they_close(qtbot: QtBot, window: MainWindow) -> None:
    window.open_page("alerts")
    window.open_item("alerts", "7", lambda: Screen("editor_7", "Alerts"))
    first = screen(window)
    window.open_item("alerts", "8", lambda: Screen("editor_8", "Alerts"))
    press(qtbot, window, Qt.Key.Key_Tab, Qt.KeyboardModifier.ControlModifier)
    assert screen(window) is first
    first.may_leave = False
    press(qtbot, window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert screen(window) is first
    first.may_leave = True
    crumb = first.findChild(QPushButton, "editor_7_crumb")
    assert crumb is not None
    crumb.click()
    assert window.pages.currentWidget().objectName() == "alerts"
    assert [place.item for place in window.pages.open_items] == ["8"]
    window.pages.rename_item("alerts", "8", "80")
    assert [place.item for place in window.pages.open_items] == ["80"]
    window.pages.close_item("alerts", "80")
    assert window.pages.open_items == []


def test_rail_counts(window: MainWindow) -> None:
    window.set_count("overview", 2, Mark.CRITICAL)
    window.set_count("switches", 1, Mark.BLIND, "blind")
    window.set_count("alerts", 1038)
    names = {button.objectName(): button.accessibleName() for button in window.rail.findChildren(QAbstractButton)}
    assert names == {"rail_overview": "Overview 2", "rail_alerts": "Alerts 1,038", "rail_switches": "Switches 1 blind"}
    with pytest.raises(ValueError, match="stays quiet"):
        window.set_count("alerts", 1, Mark.CRITICAL)
    window.set_count("overview", 0, Mark.CRITICAL)
    item = window.rail.findChild(QAbstractButton, "rail_overview")
    assert item is not None
    assert item.accessibleName() == "Overview"


def test_rail_goes_to_icons_by_key_and_by_itself(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1600, 900)
    assert window.rail.width() == 176
    press(qtbot, window, Qt.Key.Key_Backslash, Qt.KeyboardModifier.ControlModifier)
    assert window.rail.width() == 48
    press(qtbot, window, Qt.Key.Key_Backslash, Qt.KeyboardModifier.ControlModifier)
    window.resize(1200, 800)
    assert window.rail.narrow
    window.resize(1500, 800)
    assert not window.rail.narrow
    assert (window.minimumWidth(), window.minimumHeight()) == (MIN_WIDTH, MIN_HEIGHT) == (1180, 720)


def test_f6_goes_round_the_panes(qtbot: QtBot, window: MainWindow) -> None:
    screen(window).area.view.setFocus()
    visited = []
    for _ in range(3):
        press(qtbot, window, Qt.Key.Key_F6)
        focus = QApplication.focusWidget()
        assert focus is not None
        visited.append(focus)
    assert window.status_bar.isAncestorOf(visited[0])
    assert visited[1].objectName() == "rail_overview"
    assert visited[2] is screen(window).area.view
    press(qtbot, window, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert QApplication.focusWidget() is visited[1]


def test_clock_and_tick(window: MainWindow) -> None:
    window.tick(NOW)
    words = [window.findChild(QLabel, name) for name in ("clock", "clock_zone", "clock_day")]
    assert [label.text() for label in words if label is not None] == ["04:12:38", "UTC", "Thu 19 Nov"]
    assert screen(window).ticks == [NOW]
    prefs.set_zone("Asia/Dhaka")
    window.tick(NOW)
    assert words[0] is not None
    assert words[0].text() == "10:12:38"
    with pytest.raises(InputError):
        prefs.set_zone("Nowhere/Land")


def switch(name: str, state: AgeState = AgeState.FRESH) -> SwitchStatus:
    mark = {AgeState.FRESH: Mark.OK, AgeState.LATE: Mark.WARNING, AgeState.BLIND: Mark.BLIND}[state]
    return SwitchStatus(name, name, mark, "12 s", state, f"{name} tooltip")


def test_status_bar_says_what_runs(qtbot: QtBot, window: MainWindow) -> None:
    bar = window.status_bar
    assert bar.findChild(QAbstractButton, "status_no_switch") is not None
    bar.set_switches([switch("lon-1"), switch("sgp-1", AgeState.BLIND)])
    bar.set_check(NOW - timedelta(seconds=8), NOW + timedelta(seconds=22), NOW)
    bar.set_outbox(3, failing=1)
    bar.set_sound("Muted, 14 min left", muted=True)
    bar.set_block_mode("Blocks: ask first")
    names = {item.objectName(): item.accessibleName().replace("\u2009", " ") for item in bar.findChildren(QAbstractButton)}
    assert names["status_switch_sgp-1"] == "Blind: sgp-1"
    assert names["status_age_sgp-1"] == "blind 12 s"
    assert names["status_check"] == "Checked 04:12:30, next in 22 s"
    assert names["status_outbox"] == "Outbox 3 waiting 1 failed"
    assert names["status_sound"] == "Muted, 14 min left"
    for signal, item, args in (
        (bar.switch_clicked, "status_switch_lon-1", ["lon-1"]),
        (bar.age_clicked, "status_age_lon-1", ["lon-1"]),
        (bar.sound_clicked, "status_sound", None),
    ):
        button = bar.findChild(QAbstractButton, item)
        assert button is not None
        with qtbot.waitSignal(signal) as clicked:
            button.click()
        assert args is None or clicked.args == args


def test_many_switches_show_the_troubled_first(window: MainWindow) -> None:
    window.resize(1300, 800)
    bar = window.status_bar
    bar.set_switches([*(switch(f"s{n}") for n in range(9)), switch("late", AgeState.LATE), switch("dark", AgeState.BLIND)])
    shown = list(bar._items)
    assert shown[:2] == ["dark", "late"]
    more = bar.findChild(QAbstractButton, "status_more_switches")
    assert more is not None
    assert more.accessibleName() == f"and {11 - len(shown)} fine"


def test_undo_line(qtbot: QtBot, window: MainWindow, recorder: Recorder) -> None:
    undone: list[int] = []
    messages.say("Alarm acknowledged", lambda: undone.append(1))
    assert window.status_bar.can_undo
    screen(window).area.view.setFocus()
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undone == [1]
    assert not window.status_bar.can_undo
    messages.say("Copied")
    assert not window.status_bar.can_undo
    assert [notice.words for notice in recorder.said] == ["Alarm acknowledged", "Copied"]


def test_error_panel_shows_one_after_the_other(window: MainWindow) -> None:
    runs: list[int] = []
    messages.fail(
        "Rules not saved", "The disk is full. Your changes are kept here.", "ENOSPC", "Save again", lambda: runs.append(1)
    )
    messages.fail(
        "Rules not saved", "The disk is full. Your changes are kept here.", "ENOSPC", "Save again", lambda: runs.append(2)
    )
    messages.fail("Not sent", "The gateway did not answer.")
    panel = window.errors
    assert panel.isVisible()
    assert panel._title.text() == "Rules not saved (and 1 more)"
    panel._action.click()
    assert runs == [2]
    assert panel._title.text() == "Not sent"
    panel._close.click()
    assert not panel.isVisible()


def test_density_from_bar_and_menu(window: MainWindow) -> None:
    button = window.status_bar.findChild(QAbstractButton, "density_COMPACT")
    assert button is not None
    button.click()
    assert prefs.density is Density.COMPACT
    window.commands.action("view.rows_roomy").trigger()
    assert prefs.density is Density.ROOMY
    assert window.status_bar._density.current == "ROOMY"


def test_look_changes_at_once_and_is_kept(window: MainWindow) -> None:
    window.commands.action("view.theme_light").trigger()
    window.commands.action("view.larger").trigger()
    assert (theme.appearance, theme.scale) == (Appearance.LIGHT, 1.1)
    assert kept_look() == (Appearance.LIGHT, 1.1)
    window.commands.action("view.normal_size").trigger()
    prefs.put("scale", "huge")
    prefs.put("appearance", "PINK")
    assert kept_look() == (Appearance.DARK, 1.0)


def test_page_and_size_are_kept(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1180, 731)  # the offscreen screen is not larger
    window.open_page("alerts")
    window.close()
    other, _ = make_window()
    qtbot.addWidget(other)
    other.start_page("overview")
    assert other.pages.place is not None
    assert other.pages.place.page == "alerts"
    assert other.size().height() == 731


def test_the_guard_decides_what_closing_does(window: MainWindow) -> None:
    window.close_guard = lambda: False
    assert not window.close()
    assert window.isVisible()
    window.close_guard = lambda: True


def test_demo_is_said_in_title_menu_row_and_status_bar(qtbot: QtBot, window: MainWindow) -> None:
    demo, _ = make_window(demo=True)
    qtbot.addWidget(demo)
    demo.show()
    assert demo.windowTitle() == "noc_alerts - Demo"
    for name in ("demo_tag", "status_demo"):
        tag = demo.findChild(QLabel, name)
        assert tag is not None
        assert (tag.text(), tag.isVisible()) == ("DEMO", True)
    assert window.windowTitle() == "noc_alerts"
    assert window.findChild(QLabel, "demo_tag") is None


# --- messages --------------------------------------------------------------------------------------------------------

BLOCK = Question(
    "block",
    "Block customer globex?",
    "New calls are refused until 05:12.",
    (Choice("not", "Do not block", apart=True), Choice("later", "Decide later"), Choice("go", "Block it", Weight.DANGER)),
    harmless="later",
    typed="globex",
)


def test_recorded_questions_get_the_prepared_answer(window: MainWindow, recorder: Recorder) -> None:
    answers: list[str] = []
    messages.ask(window, BLOCK, answers.append)
    recorder.answers["block"] = "go"
    messages.ask(window, BLOCK, answers.append)
    assert answers == ["later", "go"]
    deleted: list[int] = []
    recorder.answers["delete"] = "delete"
    messages.ask_delete(window, "alert Low ASR", "Its history is kept.", lambda: deleted.append(1))
    messages.ask_leave(window, "threshold", answers.append)
    assert (deleted, answers[-1]) == ([1], "stay")
    assert recorder.asked[-1].sentence == "Not saved: threshold."


def test_enter_never_blocks_and_ctrl_enter_does_once_the_name_is_typed(qtbot: QtBot, window: MainWindow) -> None:
    def dialog(answers: list[str]) -> QuestionDialog:
        made = QuestionDialog(BLOCK, answers.append, window)
        with qtbot.waitActive(made):
            made.open()
        return made

    answers: list[str] = []
    first = dialog(answers)
    line = first.findChild(QLineEdit, "question_typed")
    go = first.findChild(QPushButton, "answer_go")
    assert line is not None
    assert go is not None
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert answers == [], "the name is not typed yet"
    qtbot.keyClicks(line, "globex")
    assert go.isEnabled()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert answers == ["later"]
    second = dialog(answers)
    qtbot.keyClick(second, Qt.Key.Key_Escape)
    assert answers == ["later", "later"]
    third = dialog(answers)
    typed = third.findChild(QLineEdit, "question_typed")
    assert typed is not None
    qtbot.keyClicks(typed, "globex")
    third.grab()
    qtbot.keyClick(typed, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert answers == ["later", "later", "go"]


def test_ctrl_enter_on_the_harmless_button_does_what_the_strong_one_says(qtbot: QtBot, window: MainWindow) -> None:
    answers: list[str] = []
    choices = (Choice("keep", "Keep mine"), Choice("reset", "Reset template", Weight.DANGER))
    made = QuestionDialog(Question("reset", "Reset?", "Your changes are thrown away.", choices, "keep"), answers.append, window)
    with qtbot.waitActive(made):
        made.open()
    keep = made.findChild(QPushButton, "answer_keep")
    assert keep is not None
    keep.setFocus()
    qtbot.keyClick(keep, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert answers == ["reset"]


def test_a_question_whose_esc_is_not_harmless_is_refused() -> None:
    with pytest.raises(ValueError, match="harmless"):
        Question("q", "t", "s", (Choice("go", "Go", Weight.DANGER),), harmless="go")
    with pytest.raises(ValueError, match="not one of"):
        Question("q", "t", "s", (Choice("go", "Go"),), harmless="no")
    assert isinstance(messages, Messages)


# --- fields ----------------------------------------------------------------------------------------------------------


def test_number_field_reads_comma_and_says_what_is_wrong(qtbot: QtBot) -> None:
    number = NumberField("threshold", "%", NumberRange(0, 100, 1))
    field = Field("Threshold", number)
    qtbot.addWidget(field)
    field.show()
    changed: list[object] = []
    number.changed.connect(changed.append)
    number.set_value(30)
    number.selectAll()
    qtbot.keyClicks(number, "33,5")
    assert changed[-1] == 33.5
    number.clear()
    qtbot.keyClicks(number, "133")
    assert not field.check()
    assert field.error == "Enter a number from 0 to 100."
    assert number.property("wrong") == "true"
    number.setText("12")
    assert field.check()
    assert field.error == ""
    optional = NumberField("reset", "%", optional=True)
    qtbot.addWidget(optional)
    assert optional.value is None


def test_duration_box_takes_free_entry(qtbot: QtBot) -> None:
    box = DurationBox("period", [timedelta(minutes=5), timedelta(hours=1)], none_words="None", minimum=timedelta(minutes=1))
    qtbot.addWidget(box)
    box.show()
    changed: list[object] = []
    box.changed.connect(changed.append)
    line = box.lineEdit()
    assert line is not None
    line.selectAll()
    qtbot.keyClicks(line, "90 min")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert changed == [timedelta(minutes=90)]
    assert box.currentText().replace("\u2009", " ") == "1 h 30"
    box.set_value(None)
    assert box.value is None
    box.setEditText("30 s")
    assert box.problem() == "Enter 1\u2009min or more."


def test_combo_box_is_not_changed_by_the_wheel(qtbot: QtBot) -> None:
    box = ComboBox("company")
    qtbot.addWidget(box)
    box.set_choices([(1, "alpha"), (2, "bravo")])
    assert box.set_data(2)
    box.set_choices([(2, "bravo"), (3, "charlie")])
    assert box.currentData() == 2
    assert not box.set_data(9)


def test_tag_field_takes_several_at_once_and_keeps_what_is_wrong(qtbot: QtBot) -> None:
    def make(typed: str) -> Entry:
        if "@" not in typed:
            raise ValueError(f"{typed} is no address")
        return Entry(typed, typed)

    tags = TagField("told", make)
    qtbot.addWidget(tags)
    line = tags.findChild(QLineEdit)
    assert line is not None
    line.setText("a@example.net, b@example.net;wrong\u2028c@example.net d@example.net")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert list(tags.keys) == ["a@example.net", "b@example.net", "c@example.net", "d@example.net"]
    assert line.text() == "wrong"
    assert tags.problem() == "wrong is no address"


def test_tag_field_adds_removes_and_refuses(qtbot: QtBot) -> None:
    def make(typed: str) -> Entry:
        if "@" not in typed:
            raise InputError("This is no address.")
        return Entry(typed.lower(), typed, "mail")

    tags = TagField("told", make)
    field = Field("E-mail", tags)
    qtbot.addWidget(field)
    field.resize(260, 120)
    field.show()
    changed: list[list[str]] = []
    tags.changed.connect(changed.append)
    line = tags.findChild(QLineEdit, "told_text")
    assert line is not None
    qtbot.keyClicks(line, "noc@x.example,mira@x.example")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert changed[-1] == ["noc@x.example", "mira@x.example"]
    qtbot.keyClicks(line, "nobody")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert field.error == "This is no address."
    line.clear()
    qtbot.keyClick(line, Qt.Key.Key_Backspace)
    assert tags.keys == ["noc@x.example"]
    box = tags.findChild(QAbstractButton, "told_noc@x.example")
    assert box is not None
    box.click()
    assert tags.keys == []


def test_countdown_label(qtbot: QtBot) -> None:
    label = CountdownLabel("left")
    qtbot.addWidget(label)
    label.set_until(NOW + timedelta(seconds=82), NOW)
    assert label.text() == "1:22"
    label.tick(NOW + timedelta(seconds=60))
    assert label.text() == "0:22"
    label.set_until(None, NOW)
    assert label.text() == ""


def test_detail_goes_under_the_table_in_a_narrow_window(qtbot: QtBot) -> None:
    split = SplitPane(QLabel("table"), QLabel("detail"), "split")
    qtbot.addWidget(split)
    split.resize(1500, 600)
    split.show()
    assert not split.stacked
    split.resize(1300, 600)
    assert split.stacked
    split.resize(1500, 600)
    assert not split.stacked
    assert isinstance(split, QSplitter)


def test_a_button_is_spoken_as_it_reads(qtbot: QtBot) -> None:
    button = Button("Acknowledge", "ack", hint="A")
    close = IconButton("close", "close", "Close the filter")
    qtbot.addWidget(button)
    qtbot.addWidget(close)
    width = button.sizeHint().width()
    button.setText("Acknowledge as &mira")
    assert button.accessibleName() == "Acknowledge as mira"
    assert button.sizeHint().width() > width
    assert close.accessibleName() == "Close the filter"


def test_a_wrapped_line_never_ends_between_a_number_and_its_unit(qtbot: QtBot) -> None:
    label = Label("Next try in 18\u2009s.", wrap=True, name="label")
    qtbot.addWidget(label)
    assert label.text() == "Next try in 18\u2009s."
    assert QLabel.text(label) == "Next try in 18\u202fs."


# --- everything painted ----------------------------------------------------------------------------------------------


def gallery() -> QWidget:
    """Return a page with every widget of the kit in every state."""
    page = Page("gallery", "Gallery", crumb="List")
    page.set_sentence("7 alarms, 2 of them critical and nobody has taken them")
    page.set_tag("Sent")
    page.add_action(PrimaryButton("Save", "save", hint="Ctrl+S"))
    panel = Panel("panel", "Panel", icon="blocks", mark=Mark.CRITICAL)
    panel.set_note("2 in force")
    panel.set_padding()
    panel.add_action(LinkButton("Open blocks", "open"))
    off = Button("Disabled", "off")
    off.setEnabled(False)
    chip = Chip("Critical", "chip", mark=Mark.CRITICAL)
    chip.set_count(2)
    chip.setChecked(True)
    number = NumberField("number", "%", NumberRange(0, 100, 1), prefix=">")
    wrong = Field("Reset", number, hint="Called Error in ConnexCS")
    wrong.set_error("The reset must be above 30 %, or the alarm could never clear.")
    combo = ComboBox("combo")
    combo.setAccessibleName("Combo")
    combo.set_choices([(1, "one"), (2, "two")], lambda data: "mail")
    check = CheckBox("Only when the whole interval is past the limit", "check")
    check.setChecked(True)
    values = KeyValues("values")
    values.put("Calls in progress now", "37")
    values.put("Attempts, last hour", "1,842", "usual 1,310")
    states = StatePanel("state")
    states.set_state(PageState(StateKind.EMPTY, "No alarms", "All 3 switches answer.", "Show", all_well=True))
    tags = TagField("tags", lambda typed: Entry(typed, typed))
    tags.set_entries([Entry("a", "carrier"), Entry("b", "noc@tessera.example", "mail")])
    for widget in (
        Button("Revert", "revert", icon="revert"), DangerButton("Block carrier bravo for 60 min", "block"), off,
        IconButton("close", "close", "Close"), chip, Chip("Off", "chip_off", icon="clock"), Tag("Armed", "armed"),
        SegmentedControl([("1", "1 h"), ("6", "6 h"), ("24", "24 h")], "range", "Range"), wrong, combo, check, values,
        Field("Name", TextField("name", placeholder="carrier bravo"), beside=True), tags, states,
        Field("Span", DurationBox("span", [timedelta(minutes=5)])), ElidedLabel("a rather long sentence " * 9, name="elided"),
    ):  # fmt: skip
        panel.body.addWidget(widget)
    page.body.addWidget(panel)
    return page


@pytest.mark.parametrize("scale", [0.9, 1.5])
@pytest.mark.parametrize("appearance", [Appearance.DARK, Appearance.LIGHT, Appearance.HIGH_CONTRAST])
def test_every_widget_is_painted_in_every_theme(qtbot: QtBot, appearance: Appearance, scale: float) -> None:
    page = gallery()
    qtbot.addWidget(page)
    page.resize(900, 1100)
    page.show()
    theme.set_appearance(appearance, scale)
    page.layout().activate() if page.layout() else None
    QApplication.processEvents()
    picture = page.grab().toImage()
    for widget in page.findChildren(QWidget):
        if not widget.isVisible() or widget.width() < 8 or widget.height() < 8 or widget.layout() is not None:
            continue
        if isinstance(widget, (QAbstractButton, QLineEdit, QLabel)) and widget.objectName() not in ("", "qt_spinbox_lineedit"):
            if isinstance(widget, (QLineEdit, QLabel)) and not widget.text():
                continue
            at = widget.mapTo(page, QPoint(0, 0))
            spot = picture.copy(at.x(), at.y(), widget.width(), widget.height())
            colours = {spot.pixel(x, y) for x in range(spot.width()) for y in range(spot.height())}
            assert len(colours) > 2, widget.objectName()
    button = page.findChild(DangerButton)
    assert button is not None
    assert button.height() == theme.px(28)
    assert theme.color(Role.DANGER).name().upper() == theme.tokens.colours[Role.DANGER]


def test_every_interactive_widget_has_a_name_for_tests_and_for_screen_readers(qtbot: QtBot, window: MainWindow) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    QVBoxLayout(host).addWidget(gallery())
    window.status_bar.set_switches([switch("lon-1")])
    host.show()
    interactive = (QAbstractButton, QLineEdit, QComboBox, QAbstractItemView)
    for root in (host, window):
        for widget in root.findChildren(QWidget):
            inner = isinstance(widget.parent(), QComboBox) or widget.objectName().startswith("qt_")
            if not isinstance(widget, interactive) or inner or not widget.isVisible():
                continue
            if widget.metaObject().className().startswith(("QTable", "QMenu", "QComboBoxP")):
                continue
            assert widget.objectName(), widget
            assert widget.accessibleName() or isinstance(widget, QLineEdit), widget.objectName()
    for action in window.findChildren(QAction):
        if action.objectName().startswith("command_"):
            assert action.text()
