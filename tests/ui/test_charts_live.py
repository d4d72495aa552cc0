"""The live chart: gaps stay gaps, limits and their boxes, blind, the value box, zoom, theme, words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QGraphicsWidget
from pytestqt.qtbot import QtBot

from noc_alerts.engine.news import ChartSpec, Frame
from noc_alerts.metrics.series import Points
from noc_alerts.model.alerts import NoticeLevel, Operator
from noc_alerts.model.companies import CompanyKind, Subject
from ui.charts.cursor import SharedCursor
from ui.charts.live_chart import LiveChart
from ui.charts.parts import Episode, EpisodeKind, HeadState, LimitLine, Scale, clears_line, fires_line
from ui.charts.scales import milliseconds
from ui.marks import Form, Mark
from ui.theme import Appearance, Role, theme

NOW = datetime(2026, 11, 19, 4, 12, 38, tzinfo=UTC)
AS_OF = NOW - timedelta(seconds=12)
HOUR = timedelta(hours=1)
STEP = 15_000
PERCENT = Scale("%", 1)


def frame(
    values: np.ndarray,
    calls: np.ndarray | None = None,
    *,
    as_of: datetime = AS_OF,
    blind: bool = False,
    last_at: int | None = None,
) -> Frame:
    """Make a frame with a point every 15 s, the newest window still filling."""
    end = (milliseconds(as_of) // STEP + 1) * STEP if last_at is None else last_at
    at = np.arange(end - (len(values) - 1) * STEP, end + 1, STEP, dtype=np.int64)
    spec = ChartSpec(1, Subject.company(CompanyKind.CARRIER, "bravo"), "asr", None, timedelta(minutes=5), HOUR)
    amounts = np.full(len(values), 294, dtype=np.int64) if calls is None else calls
    return Frame(1, spec, Points(at, values, amounts), as_of, blind)


def asr(level: float = 43.8, k: int = 241) -> np.ndarray:
    """Make an hour at one level."""
    return np.full(k, level)


def limits(level: NoticeLevel = NoticeLevel.CRITICAL, *, in_alarm: bool = True) -> list[LimitLine]:
    """Make fires < 30, clears > 33."""
    clears = clears_line(33, Operator.LT, level, PERCENT, in_alarm=in_alarm)
    assert clears is not None
    return [fires_line(30, Operator.LT, level, PERCENT, in_alarm=in_alarm), clears]


def make(qtbot: QtBot, *, labels: bool = False, compact: bool = False, cursor: SharedCursor | None = None) -> LiveChart:
    """Show a chart of an hour of carrier bravo's ASR."""
    chart = LiveChart(labels=labels, compact=compact, cursor=cursor)
    qtbot.addWidget(chart)
    chart.resize(800, 420)
    chart.set_now(NOW)
    chart.set_subject("carrier bravo", "ASR", "%", 1, is_share=True)
    chart.set_source("lon-1", timedelta(seconds=30))
    chart.set_range(HOUR)
    chart.show()
    return chart


def picture(chart: LiveChart) -> QImage:
    """Return what the canvas paints."""
    image: QImage = chart.canvas.grab().toImage()
    return image


def has_colour(image: QImage, x: float, top: float, bottom: float, colour: QColor) -> bool:
    """Tell whether a column of pixels has this very colour."""
    return any(image.pixelColor(round(x), y).rgb() == colour.rgb() for y in range(round(top), round(bottom)))


def test_a_gap_stays_a_gap(qtbot: QtBot) -> None:
    chart = make(qtbot)
    values = asr()
    values[100:140] = np.nan
    chart.set_frame(frame(values))
    at, image, accent = chart.canvas.geometry_now, picture(chart), theme.color(Role.ACCENT)
    points = chart.canvas.drawn.at_ms
    assert not has_colour(image, at.x(points[120]), at.plot.top(), at.plot.bottom(), accent)
    assert has_colour(image, at.x(points[50]), at.plot.top(), at.plot.bottom(), accent)
    assert has_colour(image, at.x(points[180]), at.plot.top(), at.plot.bottom(), accent)


def test_values_on_too_few_calls_are_muted_and_their_bars_hollow(qtbot: QtBot) -> None:
    chart = make(qtbot)
    calls = np.full(241, 294, dtype=np.int64)
    calls[100:140] = 18
    chart.set_min_calls(50)
    chart.set_frame(frame(asr(), calls))
    at, image = chart.canvas.geometry_now, picture(chart)
    middle = at.x(chart.canvas.drawn.at_ms[120])
    assert at.calls is not None
    assert not has_colour(image, middle, at.plot.top(), at.plot.bottom(), theme.color(Role.ACCENT))
    assert has_colour(image, middle, at.plot.top(), at.plot.bottom(), theme.color(Role.MUTED))
    chart.cursor_shared.move(int(chart.canvas.drawn.at_ms[120]))
    assert "18 of 50 calls, not judged" in box_words(chart)


def box_words(chart: LiveChart) -> str:
    """Return the words of the value box."""
    shown = chart.canvas._cursor
    assert shown is not None
    return str(shown[1]).replace("\u2009", " ")


def test_value_box_says_time_value_and_sample(qtbot: QtBot) -> None:
    chart = make(qtbot)
    chart.set_frame(frame(asr()))
    chart.cursor_shared.move(milliseconds(NOW.replace(hour=3, minute=30, second=2)))
    assert box_words(chart) == "03:30, 43.8 %, 294 attempts"
    chart.set_zone("Europe/Berlin")
    assert box_words(chart) == "04:30, 43.8 %, 294 attempts"
    chart.cursor_shared.move(None)
    assert chart.canvas._cursor is None


def test_value_box_in_a_gap_and_far_from_a_seldom_reading(qtbot: QtBot) -> None:
    chart = make(qtbot)
    values = asr()
    values[100:140] = np.nan
    chart.set_frame(frame(values))
    chart.cursor_shared.move(int(chart.canvas.drawn.at_ms[120]))
    assert box_words(chart).endswith(", no value")
    chart.set_subject("customer acme", "Balance", "USD", 2, rests_on="reading")
    chart.set_frame(frame(np.array([860.26]), last_at=milliseconds(NOW) - 60_000))
    chart.cursor_shared.move(milliseconds(NOW) - 1_800_000)
    assert box_words(chart) == "03:42, no value"
    chart.cursor_shared.move(milliseconds(NOW) - 61_000)
    assert box_words(chart) == "04:11, 860.26 USD"


def test_limit_boxes_stand_at_their_lines_and_move_apart(qtbot: QtBot) -> None:
    chart = make(qtbot, labels=True)
    chart.set_frame(frame(asr()))
    chart.set_limits(limits())
    fires, clears = (item.box for item in chart.canvas.limit_items)
    assert fires is not None
    assert clears is not None
    assert not fires.intersects(clears)
    assert clears.center().y() < fires.center().y()
    assert fires.left() > chart.canvas.geometry_now.plot.right()
    assert fires.right() <= chart.canvas.width()
    chart.set_limits([fires_line(10, Operator.LT, NoticeLevel.WARNING, PERCENT)])
    lonely = chart.canvas.limit_items[0].box
    assert lonely is not None
    assert lonely.center().y() == pytest.approx(chart.canvas.geometry_now.y(10), abs=1.0)


def test_limits_are_lines_in_severity_colour_and_words_in_the_head(qtbot: QtBot) -> None:
    chart = make(qtbot)
    chart.set_frame(frame(asr()))
    chart.set_limits(limits())
    at, image = chart.canvas.geometry_now, picture(chart)
    y = round(at.y(30))
    assert image.pixelColor(round(at.plot.center().x()), y).rgb() == theme.color(Role.CRITICAL).rgb()
    assert chart.canvas.limit_items[0].box is None
    assert "fires < 30, clears > 33" in chart.accessibleName()
    chart.set_limits(limits(in_alarm=False))
    faint = picture(chart).pixelColor(round(at.plot.center().x()), y).rgb()
    assert faint not in (theme.color(Role.CRITICAL).rgb(), theme.color(Role.RAISED).rgb())


def test_the_value_axis_holds_limits_and_begins_at_zero(qtbot: QtBot) -> None:
    chart = make(qtbot)
    chart.set_frame(frame(asr(8.0)))
    chart.set_limits(limits())
    at = chart.canvas.geometry_now
    assert at.low == 0.0
    assert 33 <= at.high <= 100


def test_blind_withdraws_the_value_stops_the_line_and_hatches_up_to_now(qtbot: QtBot) -> None:
    chart = make(qtbot)
    since = NOW - timedelta(minutes=9)
    chart.set_state(HeadState(Mark.OK, Form.ACTIVE, "OK", ", no alarm in 8 days"))
    chart.set_frame(frame(asr(44.1), as_of=since, blind=True))
    name = chart.accessibleName().replace("\u2009", " ")
    assert name == "carrier bravo, ASR unknown, was 44.1 %, 9 min old, Blind for 9 min, no data from lon-1"
    (span,) = chart.canvas.drawn.spans
    assert (span.kind, span.from_ms, span.to_ms, span.in_plot) == (
        EpisodeKind.BLIND,
        milliseconds(since),
        milliseconds(NOW),
        True,
    )
    after = chart.canvas.drawn.at_ms > milliseconds(since)
    assert after.any()
    assert np.isnan(chart.canvas.drawn.value[after]).all()
    assert chart.edges[1] == milliseconds(NOW)
    chart.set_now(NOW + timedelta(seconds=60))
    assert chart.edges[1] == milliseconds(NOW) + 60_000
    chart.set_health(NOW, blind=False)
    chart.set_frame(frame(asr(44.1)))
    assert "OK, no alarm in 8 days" in chart.accessibleName()
    assert chart.canvas.drawn.spans == ()


def test_words_of_value_sample_and_age(qtbot: QtBot) -> None:
    chart = make(qtbot)
    chart.set_state(HeadState(Mark.CRITICAL, Form.ACTIVE, "Critical", " for 14 min, nobody yet", NoticeLevel.CRITICAL))
    chart.set_limits(limits())
    chart.set_frame(frame(asr(5.4)))
    assert chart.accessibleName().replace("\u2009", " ") == (
        "carrier bravo, ASR 5.4 percent, 294 attempts, 12 s old, fires < 30, clears > 33, Critical for 14 min, nobody yet"
    )
    chart.set_now(NOW + timedelta(seconds=40))
    age = chart.head.findChild(object, "live_chart_head_age")
    assert age is not None
    assert age.property("role") == Role.WARNING.value
    chart.set_min_calls(300)
    assert "ASR none, 294 of 300 calls" in chart.accessibleName()


def test_imported_records_have_an_end_and_no_age(qtbot: QtBot) -> None:
    chart = make(qtbot)
    end = NOW - timedelta(days=2)
    chart.set_source("cdr.csv", timedelta(seconds=30), end=end)
    chart.set_frame(frame(asr(), as_of=end, blind=True))
    assert "records end Tue 04:12" in chart.accessibleName()
    assert "unknown" not in chart.accessibleName()
    assert chart.edges[1] < milliseconds(NOW)


def test_first_frame_empty_answer_and_waiting_are_told_apart(qtbot: QtBot) -> None:
    chart = make(qtbot)
    assert chart.canvas.drawn.note == ""
    qtbot.waitUntil(lambda: chart.canvas.drawn.note == "Reading the calls of carrier bravo.", timeout=3000)
    chart.set_frame(frame(np.full(241, np.nan), np.zeros(241, dtype=np.int64)))
    assert chart.canvas.drawn.note == "No calls of carrier bravo in the last 1\u2009h."
    assert "ASR none, no calls" in chart.accessibleName()


def test_before_the_first_record_nothing_is_known(qtbot: QtBot) -> None:
    chart = make(qtbot)
    begin = NOW - timedelta(minutes=20)
    chart.set_source("lon-1", timedelta(seconds=30), begin=begin)
    chart.set_frame(frame(np.zeros(241)))
    drawn = chart.canvas.drawn
    before = drawn.at_ms < milliseconds(begin + timedelta(minutes=5))  # such a window begins before the first record
    assert before.any()
    assert np.isnan(drawn.value[before]).all()
    assert (drawn.value[~before] == 0).all()
    chart.set_source("lon-1", timedelta(seconds=30), begin=NOW - timedelta(minutes=2))
    assert np.isnan(chart.canvas.drawn.value).all()
    assert "ASR none, first window still fills" in chart.accessibleName()


def test_while_the_switch_is_read_for_the_first_time_nothing_is_known(qtbot: QtBot) -> None:
    chart = make(qtbot)
    chart.set_limits(limits())
    chart.set_frame(replace(frame(asr(100.0)), as_of=None))
    assert not len(chart.canvas.drawn.value)
    assert chart.canvas.limit_items == []  # a line would strike the sentence through
    qtbot.waitUntil(lambda: chart.canvas.drawn.note == "Reading the calls of carrier bravo.", timeout=3000)
    assert "ASR …, reading" in chart.accessibleName()
    assert "100" not in chart.accessibleName()
    chart.set_frame(frame(asr(43.8)))
    assert "ASR 43.8 percent" in chart.accessibleName()
    assert len(chart.canvas.limit_items) == 2
    chart.set_frame(frame(np.full(241, np.nan), np.zeros(241, dtype=np.int64)))
    assert chart.canvas.limit_items == []


def test_limits_on_each_other_are_one_line_with_both_labels(qtbot: QtBot) -> None:
    chart = make(qtbot, labels=True)
    chart.set_frame(frame(asr()))
    clears = clears_line(30, Operator.LT, NoticeLevel.WARNING, PERCENT)
    assert clears is not None
    fires = [fires_line(30, Operator.LT, level, PERCENT) for level in (NoticeLevel.WARNING, NoticeLevel.CRITICAL)]
    chart.set_limits([clears, *fires])
    (item,) = chart.canvas.limit_items
    assert plain(item.line.label) == "fires < 30.0 %\nclears > 30.0 %"
    assert (item.line.level, item.line.is_reset) == (NoticeLevel.CRITICAL, False)
    assert item.box is not None
    assert item.box.right() <= chart.canvas.width()
    assert "fires < 30, clears > 30" in chart.accessibleName() or "clears > 30, fires < 30" in chart.accessibleName()


def test_no_item_of_a_chart_has_a_layout_that_python_could_delete_before_it(qtbot: QtBot) -> None:
    chart = make(qtbot)
    chart.set_frame(frame(asr()))
    owners = [item for item in chart.canvas.scene().items() if isinstance(item, QGraphicsWidget)]
    assert owners  # the view box is one
    assert [item for item in owners if item.layout() is not None] == []
    assert chart.canvas.centralWidget is None
    assert chart.canvas.centralLayout is None


def plain(words: str) -> str:
    """Replace thin spaces."""
    return words.replace("\u2009", " ")


def test_interval_only_for_shares_and_only_when_wanted(qtbot: QtBot) -> None:
    chart = make(qtbot)
    chart.set_frame(frame(asr(16 / 294 * 100)))
    low = chart.canvas.drawn.low
    assert low is not None
    assert low[5] == pytest.approx(3.4, abs=0.05)
    chart.set_interval(False)
    assert chart.canvas.drawn.low is None
    chart.set_interval(True)
    chart.set_subject("carrier charlie", "PDD", "s", 1, rests_on="with PDD")
    chart.set_frame(frame(asr(4.8)))
    assert chart.canvas.drawn.low is None


def test_the_newest_window_still_fills(qtbot: QtBot) -> None:
    chart = make(qtbot)
    chart.set_frame(frame(asr()))
    assert chart.canvas.drawn.open_tail
    full = milliseconds(AS_OF) // STEP * STEP
    chart.set_frame(frame(asr(), last_at=full))
    assert not chart.canvas.drawn.open_tail


def test_charts_share_cursor_and_view(qtbot: QtBot) -> None:
    shared = SharedCursor()
    one, other = make(qtbot, cursor=shared), make(qtbot, cursor=shared)
    for chart in (one, other):
        chart.set_frame(frame(asr()))
    at = one.canvas.geometry_now
    qtbot.mouseMove(one.canvas.viewport(), QPoint(round(at.plot.center().x()), round(at.plot.center().y())))
    one.canvas.pointed.emit(at.at_ms(at.plot.center().x()))
    assert box_words(one) == box_words(other)
    one.canvas.zoomed.emit(at.from_ms + 600_000, at.to_ms - 600_000)
    assert one.edges == other.edges
    assert one.edges[1] - one.edges[0] == pytest.approx(2_400_000)


def test_wheel_zooms_around_the_pointer_and_a_double_click_goes_back_to_live(qtbot: QtBot) -> None:
    chart = make(qtbot)
    chart.set_frame(frame(asr()))
    at, live = chart.canvas.geometry_now, chart.edges
    place = QPointF(at.plot.center().x(), at.plot.center().y())
    turn = QWheelEvent(
        place,
        chart.canvas.viewport().mapToGlobal(place),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(chart.canvas.viewport(), turn)
    assert chart.edges[1] - chart.edges[0] == pytest.approx((live[1] - live[0]) * 0.8, rel=0.01)
    opened: list[int] = []
    chart.opened.connect(lambda: opened.append(1))
    viewport = chart.canvas.viewport()
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert chart.cursor_shared.live
    assert chart.edges == live
    assert not opened
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert opened == [1]


def test_drag_pans_within_the_points_and_new_frames_wait(qtbot: QtBot) -> None:
    chart = make(qtbot)
    chart.set_frame(frame(asr()))
    at = chart.canvas.geometry_now
    chart.cursor_shared.show(round(at.from_ms) + 1_200_000, round(at.to_ms) - 600_000)
    viewport, y = chart.canvas.viewport(), round(at.plot.center().y())
    before = chart.edges
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=QPoint(300, y))
    qtbot.mouseMove(viewport, QPoint(340, y))
    QApplication.processEvents()
    chart.canvas.zoomed.emit(before[0] - 9e9, before[1] - 9e9)  # far beyond the oldest point
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=QPoint(340, y))
    assert chart.edges[0] == pytest.approx(at.from_ms, abs=STEP)
    assert chart.edges[1] - chart.edges[0] == pytest.approx(before[1] - before[0])
    chart.set_frame(frame(asr(5.4)))
    assert chart.canvas.drawn.value[0] == 43.8
    assert "ASR 5.4 percent" in chart.accessibleName()  # what is known now is never held back
    chart.cursor_shared.follow()
    assert chart.canvas.drawn.value[0] == 5.4


def test_click_on_an_episode_zooms_to_it(qtbot: QtBot) -> None:
    chart = make(qtbot)
    chart.set_frame(frame(asr()))
    chart.set_episodes([Episode(EpisodeKind.CRITICAL, NOW - timedelta(minutes=30), NOW - timedelta(minutes=20))])
    at = chart.canvas.geometry_now
    (span,) = chart.canvas.drawn.spans
    place = QPoint(round((at.x(span.from_ms) + at.x(span.to_ms)) / 2), round(at.strip.center().y()))
    image = picture(chart)
    assert image.pixelColor(place).rgb() == theme.color(Role.MARK_CRITICAL).rgb()
    qtbot.mouseClick(chart.canvas.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chart.edges == (span.from_ms - 300_000, span.to_ms + 300_000)


def test_keys_move_the_cursor_open_and_go_back(qtbot: QtBot) -> None:
    chart = make(qtbot)
    chart.set_frame(frame(asr()))
    opened: list[int] = []
    chart.opened.connect(lambda: opened.append(1))
    at_ms = chart.canvas.drawn.at_ms
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.cursor_shared.at_ms == at_ms[-1]
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.cursor_shared.at_ms == at_ms[-2]
    qtbot.keyClick(chart, Qt.Key.Key_Escape)
    assert chart.cursor_shared.at_ms is None
    qtbot.keyClick(chart, Qt.Key.Key_Return)
    assert opened == [1]


def test_theme_changes_while_the_chart_is_shown(qtbot: QtBot) -> None:
    chart = make(qtbot)
    chart.set_frame(frame(asr()))
    chart.set_limits(limits())
    dark = theme.color(Role.ACCENT)
    at = chart.canvas.geometry_now
    x = at.x(chart.canvas.drawn.at_ms[100])
    assert has_colour(picture(chart), x, at.plot.top(), at.plot.bottom(), dark)
    theme.set_appearance(Appearance.LIGHT)
    image = picture(chart)
    assert has_colour(image, x, at.plot.top(), at.plot.bottom(), theme.color(Role.ACCENT))
    assert not has_colour(image, x, at.plot.top(), at.plot.bottom(), dark)
    theme.set_appearance(Appearance.LIGHT, 1.5)
    assert chart.canvas.geometry_now.plot.left() > at.plot.left()


def test_compact_has_no_head_and_no_bars(qtbot: QtBot) -> None:
    chart = make(qtbot, compact=True)
    chart.set_frame(frame(asr()))
    assert not chart.head.isVisible()
    assert chart.canvas.geometry_now.calls is None
    chart.set_compact(False)
    QApplication.processEvents()
    assert chart.head.isVisible()
    assert chart.canvas.geometry_now.calls is not None
