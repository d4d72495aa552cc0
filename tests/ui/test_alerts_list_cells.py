"""The cells of the alerts list: states, limits on two lines, reports, scripts, companies that are gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from test_alerts_world import NOW, World, asr_alert, make_world, raise_alarm

from noc_alerts.model.alarms import Verdict
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Penalty, Scope
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.schedules import Duty, Repeat
from noc_alerts.store import open_store
from ui.alerts import list_words
from ui.alerts.page import AlertsPage
from ui.marks import Mark
from ui.table_spec import Cell
from ui.text import THIN
from ui.theme import Role


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = open_store(tmp_path)
    yield make_world(store)
    store.close()


@pytest.fixture
def page(world: World, qtbot: Any) -> AlertsPage:
    qtbot.addWidget(world.window)
    with qtbot.waitExposed(world.window):
        world.window.show()
    return world.page


def cell(page: AlertsPage, alert: Alert, column: str) -> Cell:
    columns = [each.key for each in page.list.model.columns]
    return page.list.model.cell(page.list.model.view_row(alert.id), columns.index(column))


def report(**changes: Any) -> Alert:
    """Make the daily balance of the documented samples."""
    start: dict[str, Any] = {
        "scope": Scope(CompanyKind.CUSTOMER), "area": Area.BALANCE, "operator": Operator.ALWAYS, "threshold": None, "reset": None,
        "sample_period": None, "min_calls": 0, "level": NoticeLevel.NONE, "repeat": Repeat.daily(time(8), "UTC"),
    }  # fmt: skip
    return asr_alert("Daily balance", **(start | changes))


def script(**changes: Any) -> Alert:
    """Make an alert whose script decides."""
    start: dict[str, Any] = {"title": "CLI blocks", "area": Area.SCRIPT, "threshold": None, "reset": None, "script": "cli_blocks"}
    return asr_alert(**(start | changes))


def test_a_report_says_always_and_when_it_is_next(world: World, page: AlertsPage) -> None:
    alert = world.add(report(), value=None, calls=None, next_report_at=NOW + timedelta(days=4, hours=3, minutes=47))
    world.round()
    assert (cell(page, alert, "limit").text, cell(page, alert, "limit").second) == ("Always", "report")
    assert (cell(page, alert, "state").text, cell(page, alert, "state").second) == ("Ready", "next Mon 07:59")
    assert cell(page, alert, "state").mark is Mark.OK
    assert cell(page, alert, "now").text == "told at its times"
    assert cell(page, alert, "repeat").text == "daily at 08:00"  # the zone of the window stands in its menu bar
    assert cell(page, alert, "repeat").second == "next Mon 07:59"


def test_two_limits_stand_on_two_lines_and_the_mark_follows_the_level_now(world: World, page: AlertsPage) -> None:
    alert = world.add(
        asr_alert(warn_threshold=40.0, warn_reset=44.0),
        verdict=Verdict.IN_ALARM,
        value=38.1,
        in_alarm=1,
        level=NoticeLevel.WARNING,
    )
    world.round()
    limit = cell(page, alert, "limit")
    assert limit.plain == "< 30.0, > 33.0 %" and limit.second == f"warns < 40.0, > 44.0{THIN}%"
    assert limit.tooltip.splitlines() == [
        f"fires < 30.0{THIN}%, clears > 33.0{THIN}%", f"warns < 40.0{THIN}%, clears > 44.0{THIN}%",
    ]  # fmt: skip
    assert cell(page, alert, "state").mark is Mark.WARNING and page.list.model.style(0).wash is None
    assert cell(page, alert, "level").mark is Mark.CRITICAL and cell(page, alert, "level").second == "warns first"
    spoken = page.list.model.data(page.list.model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)
    assert "warning now" in spoken and f"warns < 40.0{THIN}%" in spoken
    world.stands(alert, Verdict.IN_ALARM, value=5.4, in_alarm=1, level=NoticeLevel.CRITICAL)
    raise_alarm(world, alert)
    world.round()
    assert cell(page, alert, "state").mark is Mark.CRITICAL and page.list.model.style(0).wash is Role.CRITICAL_WASH


def test_off_hours_says_until_when(world: World, page: AlertsPage) -> None:
    duty = Duty(frozenset(range(5)), time(8), time(18))
    until = NOW.replace(day=23, hour=8, minute=0, second=0)  # a Monday
    alert = world.add(asr_alert(duty=duty), verdict=Verdict.PAUSED, value=None, off_duty_until=until)
    world.round()
    assert (cell(page, alert, "state").text, cell(page, alert, "state").second) == ("Paused", "off hours until Mon 08:00")
    assert cell(page, alert, "now").text == "not judged"
    assert (
        list_words.verdict_of(alert, world.lines[alert.id or 0], until) is None
    )  # its hours began, the engine was not heard yet


def test_a_company_that_is_gone_is_named(world: World, page: AlertsPage) -> None:
    line: dict[str, Any] = {"verdict": Verdict.NO_DATA, "value": None, "calls": None, "judged_at": None}
    whole = world.add(asr_alert("Old", scope=Scope(CompanyKind.CARRIER, ("oldco",))), gone=("oldco",), **line)
    part = world.add(asr_alert("Two", scope=Scope(CompanyKind.CARRIER, ("alpha", "oldco"))), gone=("oldco",), subjects=2)
    world.round()
    state = cell(page, whole, "state")
    assert (state.text, state.second) == ("Company gone", "carrier oldco")
    assert state.tooltip == "The switch no longer lists carrier oldco, so it is not judged and nobody is told of it."
    assert cell(page, whole, "now").second == "not at the switch"
    assert (cell(page, part, "state").text, cell(page, part, "state").second) == ("Ready", "oldco gone, 2 carriers")
    page.list.model.set_needle("company gone")
    assert [row.alert.title for row in page.list.model.shown_rows()] == ["Old"]


def test_a_script_shows_what_it_said_and_its_errors_line(world: World, page: AlertsPage) -> None:
    says = world.add(script(), value=None, calls=None, message="No number fails on one carrier only")
    counts = world.add(script(title="Counted", threshold=3.0, operator=Operator.GT), value=4.0, message="4 numbers fail")
    fails = world.add(script(title="Fails"), verdict=Verdict.ERROR, value=None, error="Line 4: foo is not defined.")
    world.round()
    assert (cell(page, says, "limit").text, cell(page, says, "limit").second) == ("Script decides", "cli_blocks")
    assert cell(page, says, "now").text == "No number fails on one carrier only"
    assert cell(page, counts, "now").text == "4" and cell(page, counts, "now").second.startswith("4 numbers fail, ")
    assert cell(page, fails, "state").second == "Line 4: foo is not defined." and cell(page, fails, "now").second == "see State"


def test_a_penalty_says_its_brakes_and_that_nothing_is_placed(world: World, page: AlertsPage) -> None:
    penalty = Penalty(timedelta(hours=1), after=timedelta(minutes=5), ask=True, dry_run=True)
    alert = world.add(asr_alert(penalty=penalty))
    world.round()
    found = cell(page, alert, "penalty")
    assert (found.text, found.second) == (f"1{THIN}h", f"after 5{THIN}min, asks first, only written down")
    assert "nothing is placed on the switch" in found.tooltip


@pytest.mark.parametrize(
    ("recipients", "changes", "said"),
    [
        (("a@b.example", "c@d.example", "+442079460812"), {}, ("2 mail, 1 SMS", "and the tray", True)),
        (("contact Ann", "group Night", "group Day"), {"tray": False}, ("1 contact, 2 groups", "", True)),
        ((), {}, ("tray", "no recipient", True)),
        ((), {"level": NoticeLevel.NONE}, ("nobody", "at level None", False)),
        ((), {"tray": False}, ("nobody", "no recipient, no tray", False)),
    ],
)
def test_told_counts_by_kind(recipients: tuple[str, ...], changes: dict[str, Any], said: tuple[str, str, bool]) -> None:
    assert list_words.told_words(asr_alert(recipients=recipients, **changes)) == said


def test_what_is_told_can_be_searched(world: World, page: AlertsPage) -> None:
    world.add(asr_alert("One", recipients=("contact Ann",)))
    world.add(asr_alert("Nobody", recipients=(), tray=False))
    world.round()
    page.list.model.set_needle("ann")
    assert [row.alert.title for row in page.list.model.shown_rows()] == ["One"]
    page.list.model.set_needle("nobody")
    assert [row.alert.title for row in page.list.model.shown_rows()] == ["Nobody"]
