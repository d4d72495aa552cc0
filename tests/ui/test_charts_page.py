"""The Charts screen on a real service and store: frames come, charts are kept, closed, paused, removed and added again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from noc_alerts.metrics.columns import NO_TIME, Calls, make_calls
from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKey, RuleKind, RuleState, Transition
from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import Company, CompanyKind, Dimension, Subject
from noc_alerts.model.connections import Connection, SwitchKind
from noc_alerts.model.errors import SwitchUnreachable
from noc_alerts.model.ledger import Change, Ledger
from noc_alerts.scheduler import Service
from noc_alerts.secrets import Secrets
from noc_alerts.store import Store, open_store
from noc_alerts.switches.protocol import Page, State
from ui.bridge import Bridge
from ui.charts.add_chart import AddChart
from ui.charts.feed import make_live_chart
from ui.charts.metrics import SETTINGS_KEY, ChartChoice, ChartSet, read_set, write_set
from ui.charts.page import ChartsPage, make_page
from ui.commands import Commands
from ui.context import ScreenContext
from ui.marks import Mark
from ui.messages import Recorder, messages
from ui.theme import theme

NOW = datetime(2026, 11, 19, 4, 12, 38, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NOW_MS = round(NOW.timestamp() * 1000)
BRAVO = Subject.company(CompanyKind.CARRIER, "bravo")
ACME = Subject.company(CompanyKind.CUSTOMER, "acme")


def some_calls() -> Calls:
    """Make forty minutes of a call a second from acme over bravo, ten of them silent; 45 % answered, 5 % at the end."""
    end = np.arange(NOW_MS - 40 * 60_000, NOW_MS, 1000, dtype=np.int64)
    end = end[(end < NOW_MS - 25 * 60_000) | (end >= NOW_MS - 15 * 60_000)]
    n = len(end)
    share = np.where(end >= NOW_MS - 5 * 60_000, 5, 45)
    answered = np.arange(n) * 37 % 100 < share
    setup = end - 30_000
    return make_calls(
        ids=[f"c{at}" for at in range(n)],
        setup_ms=setup,
        end_ms=end,
        answer_ms=np.where(answered, setup + 5_000, NO_TIME),
        sip_code=np.where(answered, 200, 503),
        text={Dimension.CLIENT: ["acme"] * n, Dimension.GATEWAY: ["bravo"] * n},
    )


@dataclass
class World:
    """A service that nobody starts (so nothing polls), its store and its bridge, and one connection that was read once."""

    service: Service
    store: Store
    bridge: Bridge
    context: ScreenContext
    connection_id: int
    went: list[tuple[str, object | None]] = field(default_factory=list)

    def open_charts(self) -> int:
        """Return how many charts the engine keeps, once it has done what was asked."""
        return self.on_engine(lambda: len(self.service.engine.charts._specs))

    def wait_for_open(self, count: int, qtbot: QtBot) -> None:
        """Wait until the engine keeps so many charts."""
        qtbot.waitUntil(lambda: self.open_charts() == count, timeout=5000)

    def on_engine(self, work: Any) -> Any:
        """Do work where the engine works, after everything before it."""
        return self.service._on_engine(work).result(timeout=10)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = open_store(tmp_path)
    service = Service(store, Secrets(tmp_path, environ={}), clock=lambda: NOW)
    bridge, commands = Bridge(), Commands()
    service.listen(bridge.hear)
    went: list[tuple[str, object | None]] = []
    context = ScreenContext(
        service,
        bridge,
        theme,
        messages,
        commands,
        None,
        lambda page, item: went.append((page, item)),
        lambda: "mira",
        lambda: "UTC",
    )  # type: ignore[arg-type]  # the page never asks for the window
    saved = store.connections.save(Connection(None, "lon-1", SwitchKind.KAMAILIO, poll=timedelta(seconds=30)))
    made = World(service, store, bridge, context, saved.id or 0, went)
    made.on_engine(lambda: service.engine.load(NOW))
    yield made
    service.stop()


def read_once(world: World, qtbot: QtBot) -> None:
    """Read the switch as the poll thread would, and wait for the picture of it."""
    cid, engine = world.connection_id, world.service.engine
    companies = (
        Company(cid, CompanyKind.CARRIER, "1", "bravo", currency="USD"),
        Company(cid, CompanyKind.CUSTOMER, "2", "acme", currency="USD"),
    )

    def read() -> None:
        engine.take_state(cid, State(NOW, companies=companies), NOW)
        engine.ingest(cid, Page(some_calls(), "1"), NOW)
        engine.read_done(cid, NOW, NOW + timedelta(seconds=30), NOW)

    with qtbot.waitSignal(world.bridge.rounded, timeout=5000):
        world.on_engine(read)
        world.on_engine(lambda: engine.publish(NOW))


def open_page(world: World, qtbot: QtBot) -> ChartsPage:
    """Show the page."""
    page = ChartsPage(world.context, clock=lambda: NOW)
    qtbot.addWidget(page)
    page.resize(1300, 800)
    page.show()
    return page


def asr_alert(world: World) -> Alert:
    """Keep an alert on bravo's ASR."""
    return world.store.alerts.save(
        Alert(None, "Low ASR, bravo", Scope(CompanyKind.CARRIER, ("bravo",)), Area.ASR, Operator.LT, 30.0, 33.0, min_calls=50,
              level=NoticeLevel.CRITICAL)
    )  # fmt: skip


def test_an_empty_page_proposes_the_busiest_companies(world: World, qtbot: QtBot) -> None:
    page = open_page(world, qtbot)
    first = page.findChild(object, "charts_first")
    assert first.isVisible()
    assert first.findChild(object, "charts_first_0") is None
    read_once(world, qtbot)
    button = first.findChild(object, "charts_first_0")
    assert "1,800 attempts in the last hour" in button.text()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert len(page.cells) == 1
    assert not first.isVisible()


def test_frames_come_while_the_page_is_shown_and_stop_when_it_is_hidden(world: World, qtbot: QtBot) -> None:
    page = open_page(world, qtbot)
    read_once(world, qtbot)
    page.show_item((world.connection_id, BRAVO.key, "ASR"))
    chart = page.cells[0].feed.chart
    qtbot.waitUntil(lambda: chart.frame is not None, timeout=5000)
    assert chart.frame is not None
    assert chart.frame.points.value[-1] == pytest.approx(5.0, abs=2.0)
    at, value = chart.frame.points.at_ms, chart.frame.points.value
    silent = (at > NOW_MS - 19 * 60_000) & (at < NOW_MS - 16 * 60_000)
    assert np.isnan(value[silent]).all()
    assert "not watched" in chart.accessibleName().lower()
    world.wait_for_open(1, qtbot)
    page.hide()
    world.wait_for_open(0, qtbot)
    page.show()
    world.wait_for_open(1, qtbot)


def test_the_newest_read_reaches_the_chart(world: World, qtbot: QtBot) -> None:
    page = open_page(world, qtbot)
    page.show_item((world.connection_id, BRAVO.key, "ASR"))
    chart = page.cells[0].feed.chart
    qtbot.waitUntil(lambda: chart.frame is not None, timeout=5000)
    qtbot.waitUntil(lambda: "ASR …, reading" in chart.accessibleName(), timeout=5000)
    read_once(world, qtbot)
    # The newest bucket has just begun: the window still misses its first seconds of 300.
    qtbot.waitUntil(lambda: "ASR 4.8 percent, 293 attempts" in chart.accessibleName(), timeout=5000)


def test_limits_episodes_and_state_come_from_the_alerts_that_look_at_it(world: World, qtbot: QtBot) -> None:
    alert = asr_alert(world)
    key = RuleKey(RuleKind.ALERT, alert.id or 0, world.connection_id, BRAVO)
    raised, cleared = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    alarm = Alarm(
        None, key, alert.title, alert.level, "ASR", "%", "< 30 %", raised, 12.0, 90, 11.0, cleared, cleared, Reason.RECOVERED
    )
    step = Transition(key, cleared, Phase.RAISED, Phase.NORMAL, Reason.RECOVERED, 40.0, 90, "cleared")
    world.store.alarms.commit(Ledger(changes=(Change(step, RuleState(key, Phase.NORMAL, cleared, 0, None), alarm),)))
    page = open_page(world, qtbot)
    page.show_item((world.connection_id, BRAVO.key, "ASR"))
    page.show_item((world.connection_id, ACME.key, "ASR"))
    bravo, acme = (cell.feed.chart for cell in page.cells)
    assert "fires < 30, clears > 33" in bravo.accessibleName()
    assert "fires" not in acme.accessibleName()
    world.on_engine(lambda: world.service.engine.load(NOW))  # the round takes the new alert over
    qtbot.waitUntil(lambda: bravo.frame is not None, timeout=5000)
    (span,) = bravo.canvas.drawn.spans
    assert span.to_ms - span.from_ms == 3_600_000
    assert "OK, last alarm 1\u2009h ago" in bravo.accessibleName()
    read_once(world, qtbot)  # ASR is at 5 % now: the engine raises the alarm
    qtbot.waitUntil(lambda: "Critical for 0\u2009s, nobody yet" in bravo.accessibleName(), timeout=5000)
    assert all(item.line.in_alarm for item in bravo.canvas.limit_items)
    assert bravo.head.findChild(object, "mark").mark is Mark.CRITICAL


def test_enter_opens_the_alert_or_says_that_there_is_none(world: World, qtbot: QtBot, recorder: Recorder) -> None:
    alert = asr_alert(world)
    page = open_page(world, qtbot)
    page.show_item((world.connection_id, BRAVO.key, "ASR"))
    page.show_item((world.connection_id, ACME.key, "ASR"))
    qtbot.keyClick(page.cells[0].feed.chart, Qt.Key.Key_Return)
    assert world.went == [("alerts", alert.id)]
    qtbot.keyClick(page.cells[1].feed.chart, Qt.Key.Key_Return)
    assert recorder.said[-1].words == "No alert looks at ASR of customer acme."


def test_a_blind_switch_makes_its_charts_blind(world: World, qtbot: QtBot) -> None:
    page = open_page(world, qtbot)
    read_once(world, qtbot)
    page.show_item((world.connection_id, BRAVO.key, "ASR"))
    chart = page.cells[0].feed.chart
    qtbot.waitUntil(lambda: chart.frame is not None, timeout=5000)
    later = NOW + timedelta(minutes=5)
    engine, error = world.service.engine, SwitchUnreachable("lon-1 does not answer: connection timed out.")
    world.on_engine(lambda: engine.read_failed(world.connection_id, error, later, later + timedelta(seconds=30)))
    qtbot.waitUntil(lambda: "ASR unknown" in chart.accessibleName(), timeout=5000)
    assert "Blind" in chart.accessibleName()


def test_charts_range_and_interval_are_kept(world: World, qtbot: QtBot) -> None:
    page = open_page(world, qtbot)
    page.show_item((world.connection_id, BRAVO.key, "ASR"))
    page.show_item((world.connection_id, ACME.key, "CPS", timedelta(minutes=1)))
    qtbot.mouseClick(page.findChild(object, "charts_range_1h"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.findChild(object, "charts_interval"), Qt.MouseButton.LeftButton)
    kept = read_set(world.store.settings.get(SETTINGS_KEY))
    assert kept == ChartSet(page.choices, timedelta(hours=1), False)
    page.hide()
    world.context.commands.remove_page("charts")
    again = open_page(world, qtbot)
    assert again.choices == page.choices
    assert [cell.feed.chart.edges[1] - cell.feed.chart.edges[0] for cell in again.cells] == [3_600_000.0] * 2
    assert again.findChild(object, "charts_range").current == "1h"


def test_the_same_chart_is_shown_once(world: World, qtbot: QtBot) -> None:
    page = open_page(world, qtbot)
    page.show_item((world.connection_id, BRAVO.key, "ASR"))
    page.show_item((world.connection_id, ACME.key, "ASR"))
    page.show_item((world.connection_id, BRAVO.key, "ASR"))
    assert [choice.subject for choice in page.choices] == [BRAVO, ACME]


def test_removing_closes_the_chart_and_can_be_undone(world: World, qtbot: QtBot, recorder: Recorder) -> None:
    page = open_page(world, qtbot)
    page.show_item((world.connection_id, BRAVO.key, "ASR"))
    page.show_item((world.connection_id, ACME.key, "ASR"))
    qtbot.mouseClick(page.cells[0].feed.chart.canvas.viewport(), Qt.MouseButton.LeftButton)
    world.context.commands.set_page("charts")
    assert world.context.commands.run("charts.remove")
    assert [choice.subject for choice in page.choices] == [ACME]
    world.wait_for_open(1, qtbot)
    said = recorder.said[-1]
    assert said.words == "Chart ASR of carrier bravo removed"
    assert said.undo is not None
    said.undo()
    assert [choice.subject for choice in page.choices] == [BRAVO, ACME]
    world.wait_for_open(2, qtbot)


def test_twelve_charts_are_enough(world: World, qtbot: QtBot, recorder: Recorder) -> None:
    page = open_page(world, qtbot)
    for at in range(13):
        page.show_item((world.connection_id, Subject.company(CompanyKind.CARRIER, f"c{at}").key, "ASR"))
    assert len(page.cells) == 12
    assert recorder.said[-1].words.startswith("The page holds 12 charts.")


def test_space_pauses_says_since_when_and_goes_live(world: World, qtbot: QtBot) -> None:
    read_once(world, qtbot)
    page = open_page(world, qtbot)
    page.show_item((world.connection_id, BRAVO.key, "ASR"))
    chart = page.cells[0].feed.chart
    qtbot.waitUntil(lambda: chart.frame is not None, timeout=5000)
    qtbot.keyClick(chart, Qt.Key.Key_Space)
    sentence = page.findChild(object, "charts_page_sentence")
    assert sentence.text() == "Paused at 04:12:38, 0\u2009s behind"
    page._clock = lambda: NOW + timedelta(minutes=3)
    page.tick(NOW)
    assert sentence.text() == "Paused at 04:12:38, 3\u2009min behind"
    qtbot.keyClick(chart, Qt.Key.Key_Space)
    assert sentence.text() == "1 chart"
    assert chart.cursor_shared.live


def test_imported_records_end_where_they_end(world: World, qtbot: QtBot) -> None:
    saved = world.store.connections.save(Connection(None, "cdr.csv", SwitchKind.CALL_FILES, live=False))
    cid = saved.id or 0
    world.store.calls.ingest(cid, some_calls(), None, (), now=NOW)
    world.on_engine(lambda: world.service.engine.load(NOW))
    page = open_page(world, qtbot)
    page.show_item((cid, BRAVO.key, "ASR"))
    page.show_item((world.connection_id, BRAVO.key, "ASR"))
    imported, live = (cell.feed.chart for cell in page.cells)
    qtbot.waitUntil(lambda: imported.frame is not None, timeout=5000)
    assert imported.frame is not None
    assert np.isfinite(imported.frame.points.value[-1])
    assert "records end 04:12" in imported.accessibleName()
    assert "From cdr.csv, not judged" in imported.accessibleName()
    assert imported.cursor_shared is not live.cursor_shared


def test_imported_records_of_a_few_minutes_are_shown_whole_at_once(world: World, qtbot: QtBot) -> None:
    saved = world.store.connections.save(Connection(None, "cdr.csv", SwitchKind.CALL_FILES, live=False))
    cid = saved.id or 0
    calls = some_calls()
    world.store.calls.ingest(cid, calls.take(calls.end_ms >= NOW_MS - 7 * 60_000), None, (), now=NOW)
    world.on_engine(lambda: world.service.engine.load(NOW))
    page = open_page(world, qtbot)
    page.show_item((world.connection_id, BRAVO.key, "ASR"))
    page.show_item((cid, BRAVO.key, "ASR"))
    imported = page.cells[1].feed.chart
    imported.cursor_shared.show(0, 600_000)
    page.show_item((cid, BRAVO.key, "ASR", timedelta(minutes=1)))
    assert page.choices[1].window == timedelta(minutes=1)
    assert read_set(world.store.settings.get(SETTINGS_KEY)).choices == page.choices
    assert page.findChild(object, "charts_range").current == "1h"
    qtbot.waitUntil(lambda: imported.frame is not None and imported.frame.spec.window == timedelta(minutes=1), timeout=5000)
    drawn = imported.canvas.drawn
    assert imported.edges[1] == drawn.at_ms[-1]
    assert imported.edges[1] - imported.edges[0] == 3_600_000
    known = drawn.at_ms[np.isfinite(drawn.value)]
    assert known[0] == pytest.approx(NOW_MS - 6 * 60_000, abs=15_000)


def test_only_limits_of_alerts_over_the_same_period_are_drawn(world: World, qtbot: QtBot) -> None:
    asr_alert(world)
    quick = world.store.alerts.save(
        Alert(None, "Quick", Scope(CompanyKind.CARRIER, ("bravo",)), Area.ASR, Operator.LE, 20.0, sample_period=MINUTE)
    )
    page = open_page(world, qtbot)
    page.show_item((world.connection_id, BRAVO.key, "ASR"))
    read_once(world, qtbot)
    cell, chart = page.cells[0], page.cells[0].feed.chart
    qtbot.waitUntil(lambda: bool(chart.canvas.limit_items), timeout=5000)
    assert [item.line.value for item in chart.canvas.limit_items] == [30.0, 33.0]
    assert chart.head.toolTip().replace("\u2009", " ").endswith("Quick, over 1 min: fires ≤ 20.0 %")
    page.show_item((world.connection_id, BRAVO.key, "ASR", quick.sample_period))
    assert page.cells == (cell,)
    qtbot.waitUntil(lambda: [item.line.value for item in chart.canvas.limit_items] == [20.0], timeout=5000)
    assert cell.feed.alerts[0].id == quick.id
    assert "Low ASR, bravo, over 5 min" in chart.head.toolTip().replace("\u2009", " ")


def test_a_broken_kept_set_begins_empty(world: World, qtbot: QtBot, recorder: Recorder) -> None:
    world.store.settings.set(SETTINGS_KEY, "{")
    page = open_page(world, qtbot)
    assert page.choices == ()
    assert recorder.said[-1].words == "The kept charts cannot be read. The page begins empty."


def test_a_chart_of_a_factor_that_is_gone_is_left_out() -> None:
    good = ChartChoice(1, BRAVO.key, "ASR")
    kept = write_set(ChartSet((good, ChartChoice(1, BRAVO.key, "no_such"), ChartChoice(1, "nonsense", "ASR"))))
    assert read_set(kept).choices == (good,)


def test_the_dialog_takes_a_company_by_part_of_its_name_and_refuses_an_unknown_one(world: World, qtbot: QtBot) -> None:
    read_once(world, qtbot)
    page = open_page(world, qtbot)
    page.ask_chart()
    dialog = page.findChild(AddChart, "add_chart")
    name = dialog.findChild(QLineEdit, "add_chart_company")
    name.setText("nobody")
    add = dialog.findChild(object, "add_chart_add")
    qtbot.mouseClick(add, Qt.MouseButton.LeftButton)
    error = dialog.findChild(object, "add_chart_company_error")
    assert error.text() == "lon-1 has no carrier nobody. Choose one from the list."
    assert page.choices == ()
    name.setText("BRA")
    metric = dialog.findChild(object, "add_chart_metric")
    metric.set_data("Balance")
    assert not dialog.findChild(object, "add_chart_period_field").isVisible()
    qtbot.mouseClick(add, Qt.MouseButton.LeftButton)
    assert page.choices == (ChartChoice(world.connection_id, BRAVO.key, "Balance", None),)
    assert page.cells[0].feed.scale.unit == "USD"


def test_values_are_copied_as_text(world: World, qtbot: QtBot) -> None:
    read_once(world, qtbot)
    page = open_page(world, qtbot)
    page.show_item((world.connection_id, BRAVO.key, "ASR"))
    cell = page.cells[0]
    qtbot.waitUntil(lambda: cell.feed.chart.frame is not None, timeout=5000)
    head, *rows = cell.values_text().splitlines()
    assert head == "time (UTC)\tASR (%)\tattempts"
    assert cell.feed.chart.frame is not None
    assert len(rows) == len(cell.feed.chart.frame.points.at_ms)
    assert any(row.endswith("\t\t0") for row in rows)  # no value is empty, never 0


def test_one_embedded_chart_opens_changes_and_closes_itself(world: World, qtbot: QtBot) -> None:
    read_once(world, qtbot)
    feed = make_live_chart(world.context, None, compact=True)
    qtbot.addWidget(feed.chart)
    feed.chart.resize(320, 180)
    feed.chart.show()
    assert world.open_charts() == 0
    feed.show(ChartChoice(world.connection_id, BRAVO.key, "ASR"))
    qtbot.waitUntil(lambda: feed.chart.frame is not None, timeout=5000)
    feed.show(ChartChoice(world.connection_id, ACME.key, "PDD"))
    assert feed.chart.frame is None
    qtbot.waitUntil(lambda: feed.chart.frame is not None, timeout=5000)
    world.wait_for_open(1, qtbot)
    feed.show(None)
    world.wait_for_open(0, qtbot)
    feed.show(ChartChoice(world.connection_id, BRAVO.key, "ASR"))
    world.wait_for_open(1, qtbot)
    feed.chart.hide()
    world.wait_for_open(0, qtbot)


def test_an_alert_that_is_not_saved_yet_draws_its_own_limits(world: World, qtbot: QtBot) -> None:
    from ui.charts.lookup import limit_lines

    alert = asr_alert(world)
    read_once(world, qtbot)
    feed = make_live_chart(world.context, ChartChoice.of_alert(alert, BRAVO, world.connection_id), labels=True)
    qtbot.addWidget(feed.chart)
    feed.chart.show()
    lines = limit_lines(alert, feed.scale)
    qtbot.waitUntil(lambda: bool(feed.chart.canvas.limit_items), timeout=5000)
    assert [item.line for item in feed.chart.canvas.limit_items] == lines
    draft = limit_lines(alert, feed.scale, in_alarm=True)[:1]
    feed.set_limits(tuple(draft))
    read_once(world, qtbot)
    assert [item.line for item in feed.chart.canvas.limit_items] == draft
    feed.set_limits(None)
    assert len(feed.chart.canvas.limit_items) == 2


def test_make_page_makes_the_screen(world: World, qtbot: QtBot) -> None:
    page = make_page(world.context)
    qtbot.addWidget(page)
    assert page.objectName() == "charts"


def test_the_window_starts_without_pyqtgraph() -> None:
    import subprocess

    code = "import sys, ui.main_window, ui.app; sys.exit('pyqtgraph' in sys.modules or 'ui.charts' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
