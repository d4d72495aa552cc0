"""What the alert form is made of: which fields apply, times of day, zones, named spans, repeat and hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt

from noc_alerts.model.alerts import Area, NoData, Operator
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.schedules import Duty, Repeat, RepeatKind
from ui.alerts.form_duty import DutyInput, duty_sentence
from ui.alerts.form_repeat import RepeatInput, next_words
from ui.alerts.form_shape import Shape, Whom, applying, operator_hint, penalty_hint
from ui.alerts.words import usual_warning
from ui.text import InputError
from ui.widgets.completed_field import ZoneField, zone_names
from ui.widgets.span_field import SpanField
from ui.widgets.time_field import TimeField, parse_time

NOW = datetime(2026, 11, 19, 4, 12, 38, tzinfo=UTC)
HOUR = timedelta(hours=1)
CARRIER = Shape(CompanyKind.CARRIER, Whom.NAMED, Area.ASR, Operator.LT)
ALARM_ONLY = {"threshold", "reset", "hold", "keep", "no_data", "penalty", "tell_recovery"}


def test_a_usual_alert_has_the_fields_of_the_picture() -> None:
    assert applying(CARRIER) == {
        "title", "kind", "names", "area", "sample_period", "min_calls", "operator", "threshold", "reset", "strict", "hold",
        "keep", "no_data", "duty", "level", "repeat", "penalty", "recipients", "template", "tray", "tell_recovery",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "gone", "come"),
    [
        ({"operator": Operator.ALWAYS}, ALARM_ONLY | {"strict"}, set()),
        ({"operator": Operator.EQ}, {"reset"}, set()),
        ({"area": Area.BALANCE}, {"sample_period", "min_calls", "strict"}, set()),
        ({"area": Area.CHANNELS}, {"sample_period", "min_calls", "strict"}, set()),
        ({"area": Area.PDD}, {"strict"}, set()),
        ({"area": Area.SCRIPT}, {"min_calls", "strict"}, {"script"}),
        ({"area": Area.SCRIPT, "decides": True}, {"min_calls", "strict", "threshold", "reset"}, {"script"}),
        ({"two": True}, set(), {"warn_threshold", "warn_reset"}),
        ({"two": True, "operator": Operator.NE}, {"reset"}, set()),
        ({"whom": Whom.ALL}, {"names"}, set()),
        ({"whom": Whom.TAGGED}, {"names"}, {"tag"}),
        ({"fixed": True}, {"kind", "names"}, set()),
        ({"switches": True}, set(), {"connection_id"}),
        ({"no_data": NoData.ALARM}, set(), {"no_data_after"}),
        ({"duty": True}, set(), {"duty_at"}),
        ({"repeat": RepeatKind.CRON}, set(), {"repeat_at"}),
        ({"penalty": True}, set(), {"penalty_after", "penalty_ask", "penalty_dry_run"}),
        ({"penalty": True, "operator": Operator.ALWAYS}, ALARM_ONLY | {"strict"}, set()),
    ],
)
def test_fields_come_and_go_with_the_choices(change: dict[str, Any], gone: set[str], come: set[str]) -> None:
    assert applying(replace(CARRIER, **change)) == (applying(CARRIER) - gone) | come


def test_a_ratio_is_hardly_ever_equal() -> None:
    equal = replace(CARRIER, operator=Operator.EQ)
    assert "hardly ever fire" in operator_hint(equal, 30.0)
    assert "nearly always fire" in operator_hint(replace(equal, operator=Operator.NE), 30.0)
    assert operator_hint(equal, 0.0) == ""  # no call answered does happen
    assert operator_hint(replace(equal, area=Area.CALLS), 30.0) == "" and operator_hint(CARRIER, 30.0) == ""
    assert operator_hint(replace(CARRIER, operator=Operator.ALWAYS), None) == "A report: told at its times, raises no alarm."


def test_a_penalty_says_that_nothing_is_placed_yet() -> None:
    on = replace(CARRIER, penalty=True)
    said, warns = penalty_hint(on, HOUR, ("bravo",), dry_run=False, ask=False)
    assert warns and said == (
        "The block is recorded as due. Nothing is placed on the switch yet. ConnexCS has no Penalty status for carriers: "
        "bravo would be set to Inactive and back to Active after 1\N{THIN SPACE}h."
    )
    customer = replace(on, kind=CompanyKind.CUSTOMER)
    said, warns = penalty_hint(customer, HOUR, ("acme",), dry_run=False, ask=True)
    assert not warns and "A person is asked" in said and "Nothing is placed on the switch yet" in said
    assert "only written down" in penalty_hint(customer, HOUR, (), dry_run=True, ask=False)[0]
    assert penalty_hint(CARRIER, None, (), dry_run=False, ask=False) == ("", False)


@pytest.mark.parametrize(
    ("area", "operator", "threshold", "milder"),
    [
        (Area.ASR, Operator.LT, 30.0, 40.0),
        (Area.ASR, Operator.LE, 90.0, 100.0),  # no ASR is above 100
        (Area.ASR, Operator.LT, 100.0, None),
        (Area.PDD, Operator.GT, 6.0, 4.0),
        (Area.CALLS, Operator.GT, 0.0, None),
        (Area.BALANCE, Operator.LT, -30.0, -20.0),
        (Area.ASR, Operator.EQ, 30.0, None),
    ],
)
def test_usual_warning(area: Area, operator: Operator, threshold: float, milder: float | None) -> None:
    assert usual_warning(area, operator, threshold) == milder


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("8", time(8)), ("08:30", time(8, 30)), ("8.30", time(8, 30)), ("0830", time(8, 30)), (" 23:59 ", time(23, 59))],
)
def test_times_of_day_as_people_type_them(typed: str, meant: time) -> None:
    assert parse_time(typed) == meant


@pytest.mark.parametrize("typed", ["", "24:00", "8:60", "eight", "8:5", "12:00:00"])
def test_no_times_of_day(typed: str) -> None:
    with pytest.raises(InputError):
        parse_time(typed)


def test_a_time_field_writes_back_and_ends_at_24(qtbot: Any) -> None:
    field = TimeField("until", ends=True)
    qtbot.addWidget(field)
    field.setText("24:00")
    field.left.emit()
    assert field.value == time(0) and field.text() == "24:00"
    field.setText("7")
    field.left.emit()
    assert field.text() == "07:00"
    field.setText("25")
    assert "is not a time of day" in field.problem()


def test_a_zone_is_completed_and_checked(qtbot: Any) -> None:
    field = ZoneField("zone")
    qtbot.addWidget(field)
    field.show()
    with qtbot.waitActive(field):
        field.activateWindow()
    field.setFocus()
    qtbot.keyClicks(field, "zuri")
    completer = field.completer()
    assert completer is not None and completer.currentCompletion() == "Europe/Zurich"
    assert "There is no time zone" in field.problem()
    field.set_value("Europe/Zurich")
    assert field.problem() == "" and field.value == "Europe/Zurich"
    assert "UTC" in zone_names() and not [name for name in zone_names() if name.startswith("posix")]
    popup = completer.popup()
    assert popup is not None
    popup.hide()


def test_a_year_has_a_name(qtbot: Any) -> None:
    field = SpanField("penalty", [HOUR, timedelta(days=365)], names={timedelta(days=365): "1 year"}, none_words="Disabled")
    qtbot.addWidget(field)
    assert [field.itemText(at) for at in range(field.count())] == ["Disabled", "1\N{THIN SPACE}h", "1 year"]
    for typed, meant in (
        ("1 year", timedelta(days=365)),
        ("1 Year", timedelta(days=365)),
        ("365 d", timedelta(days=365)),
        ("90", 1.5 * HOUR),
    ):
        field.setEditText(typed)
        assert field.value == meant
    field.set_value(timedelta(days=365))
    assert field.currentText() == "1 year"
    field.set_value(None)
    assert field.value is None and field.currentText() == "Disabled"
    field.setEditText("for ever")
    assert "is not a length of time" in field.problem()


def choose(box: Any, data: object) -> None:
    assert box.set_data(data)
    box.activated.emit(box.currentIndex())


@pytest.fixture
def repeat(qtbot: Any) -> RepeatInput:
    made = RepeatInput(lambda: NOW, "Europe/Zurich")
    qtbot.addWidget(made)
    qtbot.addWidget(made.choice)
    return made


@pytest.mark.parametrize(
    "kept",
    [
        Repeat(),
        Repeat.none("Asia/Tokyo"),
        Repeat.of_every(timedelta(minutes=30), "Asia/Tokyo"),
        Repeat.daily(time(8), "Europe/London"),
        Repeat.of_cron("0 8 * * 1-5", "Europe/London"),
        Repeat.of_cron("@daily", "UTC"),
    ],
)
def test_a_repeat_comes_back_as_it_was(repeat: RepeatInput, kept: Repeat) -> None:
    repeat.set_value(kept)
    assert repeat.value == kept and repeat.problem() == ""


def test_a_repeat_is_said_with_its_next_five_times(repeat: RepeatInput) -> None:
    choose(repeat.choice, RepeatKind.CRON)
    assert repeat.value == Repeat.of_cron("0 8 * * 1-5", "Europe/Zurich")
    assert repeat.said.text() == (
        "At 08:00, Monday to Friday, Europe/Zurich. Next: Thu 19 Nov 08:00, Fri 20 Nov 08:00, Mon 23 Nov 08:00, "
        "Tue 24 Nov 08:00, Wed 25 Nov 08:00."
    )
    repeat.cron.setText("0 25 * * *")
    repeat.cron.textEdited.emit("0 25 * * *")
    assert "hour" in repeat.problem() and repeat.said.isHidden() and repeat.first_wrong() is repeat.cron
    repeat.cron.setText("@hourly")
    repeat.zone.setText("Europe/Zuric")
    assert "There is no time zone" in repeat.problem() and repeat.first_wrong() is repeat.zone
    choose(repeat.choice, RepeatKind.EVERY)
    assert repeat.value == Repeat.of_every(HOUR, "Europe/Zurich") and repeat.said.isHidden()
    repeat.every.setEditText("90 s")
    assert repeat.problem() == "A repeat is in whole minutes."
    assert repeat.first_wrong() is repeat.every


def test_the_next_times_run_with_the_clock(qtbot: Any) -> None:
    now = [NOW]
    made = RepeatInput(lambda: now[0], "UTC")
    qtbot.addWidget(made)
    qtbot.addWidget(made.choice)
    made.set_value(Repeat.daily(time(4, 13)))
    assert "Next: Thu 19 Nov 04:13" in made.said.text()
    now[0] = NOW + timedelta(seconds=30)
    made.tick()  # past 04:13, and told within the minute
    now[0] = NOW + timedelta(seconds=61)
    made.tick()
    assert "Next: Fri 20 Nov 04:13" in made.said.text()


def test_times_of_one_day_name_it_once() -> None:
    assert next_words(Repeat.of_cron("0 */4 * * *"), NOW).endswith(
        "Next: Thu 19 Nov 08:00, 12:00, 16:00, 20:00, Fri 20 Nov 00:00."
    )


def test_the_daily_time_is_kept_through_the_end_of_summer_time() -> None:
    before = datetime(2026, 10, 23, 12, tzinfo=UTC)
    said = next_words(Repeat.daily(time(8), "Europe/Zurich"), before)
    assert said.count("08:00") == 6  # each of the five days and the rule itself, though UTC moved on 25 October
    assert "Sat 24 Oct 08:00, Sun 25 Oct 08:00, Mon 26 Oct 08:00" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Mon-Fri 08:00-18:00 Europe/Zurich", "Mon-Fri 08:00-18:00 Europe/Zurich. Outside these hours"),
        ("Mon-Fri 22:00-06:00 UTC", "Mon-Fri 22:00-06:00 UTC, over midnight. Outside"),
        ("Sat,Sun 00:00-24:00 UTC", "Sat,Sun 00:00-24:00 UTC. Outside"),
        ("Mon-Sun 00:00-24:00 UTC", "Every day, round the clock"),
        ("Mon 07:00-07:00 UTC", "Mon 07:00-07:00 UTC, the whole day round. Outside"),
    ],
)
def test_hours_in_words(text: str, said: str) -> None:
    assert duty_sentence(Duty.parse(text)).startswith(said)


def test_hours_are_read_and_shown(qtbot: Any) -> None:
    duty = DutyInput("Europe/Zurich")
    qtbot.addWidget(duty)
    qtbot.addWidget(duty.choice)
    heard: list[int] = []
    duty.changed.connect(lambda: heard.append(1))
    assert duty.typed[0] is False and [duty.value] == [None]
    choose(duty.choice, True)
    assert duty.value == Duty.parse("Mon-Fri 08:00-18:00 Europe/Zurich") and heard
    kept = Duty.parse("Fri-Mon 22:00-06:00 Asia/Tokyo")
    duty.set_value(kept)
    assert duty.value == kept
    for chip in duty.days:
        chip.setChecked(False)
    assert "at least one day" in duty.problem() and duty.first_wrong() is duty.days[0]
    qtbot.mouseClick(duty.days[6], Qt.MouseButton.LeftButton)
    duty.begin.setText("25:00")
    assert "is not a time of day" in duty.problem() and duty.first_wrong() is duty.begin
    duty.begin.setText("6")
    assert duty.value == Duty.parse("Sun 06:00-06:00 Asia/Tokyo")


def test_every_input_has_a_name(qtbot: Any) -> None:
    makers: list[Callable[[], Any]] = [lambda: RepeatInput(lambda: NOW, "UTC"), lambda: DutyInput("UTC")]
    for make in makers:
        made = make()
        qtbot.addWidget(made)
        qtbot.addWidget(made.choice)
        for child in made.children():
            if child.isWidgetType() and child.focusPolicy() != Qt.FocusPolicy.NoFocus:
                assert child.objectName() and child.accessibleName(), child
