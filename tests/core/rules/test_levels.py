"""Two limits, no data, strict mode and restarts by tables; hysteresis and the order of two levels as properties."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noc_alerts.model.alarms import Phase, Reason
from noc_alerts.model.alerts import NoData, Operator
from noc_alerts.rules.levels import Levels
from noc_alerts.rules.lifecycle import Step, Terms, Track

N, P, R, C = Phase.NORMAL, Phase.PENDING, Phase.RAISED, Phase.CLEARING
NO, BLIND = math.nan, None
S = 1000
STEP = 10

KEEP = {"no_data": NoData.KEEP}
CLEAR = {"no_data": NoData.CLEAR}
ALARM = {"no_data": NoData.ALARM, "silent_ms": 20 * S}


def low(**more: object) -> Terms:
    return Terms(Operator.LT, 30, 33, **more)  # type: ignore[arg-type]  # the tables are checked by their results


def high(**more: object) -> Terms:
    return Terms(Operator.GT, 5, 4, **more)  # type: ignore[arg-type]


def run(terms: Terms, values: list[float | None]) -> list[Phase]:
    """Feed one row a value every ten seconds and give its phase after each."""
    track, phases = Track(), []
    for i, value in enumerate(values):
        if value is BLIND:
            track.skip()
        else:
            track.step(np.array([value]), terms, i * STEP * S)
        phases.append(track.phase(0))
    return phases


#: (what it shows, terms, a value every 10 s, the phase after each)
TABLE: list[tuple[str, Terms, list[float | None], list[Phase]]] = [
    # threshold and reset
    ("below fires", low(), [29.99], [R]),
    ("at the threshold does not", low(), [30], [N]),
    ("at most fires at it", Terms(Operator.LE, 30, 31), [30], [R]),
    ("documented: 30/31 clears above 31", Terms(Operator.LE, 30, 31), [30, 31, 31.01], [R, R, N]),
    ("documented: penalty 15 without reset", Terms(Operator.LE, 15), [15, 15, 15.01], [R, R, N]),
    ("above fires", high(), [5.01], [R]),
    ("at the limit does not", high(), [5], [N]),
    ("at least fires at it", Terms(Operator.GE, 5, 4), [5, 4, 3.99], [R, R, N]),
    ("above clears below the reset", high(), [6, 5, 4, 3.9], [R, R, R, N]),
    ("reset equal to the threshold", Terms(Operator.LT, 30, 30), [29, 30, 30.1], [R, R, N]),
    ("no reset: clears as soon as it no longer fires", Terms(Operator.LT, 30), [29, 30], [R, N]),
    ("no reset, at most", Terms(Operator.LE, 30), [30, 30.1], [R, N]),
    ("equal", Terms(Operator.EQ, 0), [0, 0, 1], [R, R, N]),
    ("not equal", Terms(Operator.NE, 0), [0, 1, 0], [N, R, N]),
    ("negative balance", Terms(Operator.LT, 0, 10), [0, -5, 5, 10, 11], [N, R, R, R, N]),
    ("flapping inside the band stays one alarm", low(), [29, 32, 29, 33, 30, 34], [R, R, R, R, R, N]),
    ("flapping over the band is alarm after alarm", low(), [29, 34, 29, 34], [R, N, R, N]),
    # hold
    ("hold: not before", low(hold_ms=30 * S), [20, 20, 20], [P, P, P]),
    ("hold: then raised", low(hold_ms=30 * S), [20, 20, 20, 20], [P, P, P, R]),
    ("hold: broken by a value at the threshold", low(hold_ms=30 * S), [20, 30, 20, 20], [P, N, P, P]),
    ("hold: inside the band is not breached", low(hold_ms=30 * S), [20, 20, 31], [P, P, N]),
    ("hold: blindness does not count", low(hold_ms=20 * S), [20, BLIND, BLIND, 20, 20, 20], [P, P, P, P, P, R]),
    ("hold: no data does not count", low(hold_ms=20 * S), [20, NO, NO, 20, 20, 20], [P, P, P, P, P, R]),
    ("hold: exactly its length is enough", low(hold_ms=10 * S), [20, 20], [P, R]),
    ("hold: a moment longer is not", low(hold_ms=10 * S + 1), [20, 20, 20], [P, P, R]),
    ("hold: none", low(hold_ms=0), [20], [R]),
    # keep
    ("keep: not before", low(keep_ms=20 * S), [20, 40, 40], [R, C, C]),
    ("keep: then cleared", low(keep_ms=20 * S), [20, 40, 40, 40], [R, C, C, N]),
    ("keep: relapse inside the band", low(keep_ms=20 * S), [20, 40, 33, 40, 40], [R, C, R, C, C]),
    ("keep: relapse past the threshold", low(keep_ms=20 * S), [20, 40, 20], [R, C, R]),
    ("keep: blindness does not count", low(keep_ms=20 * S), [20, 40, BLIND, 40, 40, 40], [R, C, C, C, C, N]),
    ("keep: no data does not count", low(keep_ms=20 * S), [20, 40, NO, 40, 40, 40], [R, C, C, C, C, N]),
    ("hold and keep", low(hold_ms=10 * S, keep_ms=10 * S), [20, 20, 40, 40, 20, 20], [P, R, C, N, P, R]),
    # no data: keep
    ("keep: no data does not fire", low(**KEEP), [NO, NO, NO, NO], [N, N, N, N]),
    ("keep: no data does not clear", low(**KEEP), [20, NO, NO, NO], [R, R, R, R]),
    ("keep: no data does not end a hold", low(hold_ms=30 * S, **KEEP), [20, NO], [P, P]),
    ("keep: too few calls at night, then back", low(**KEEP), [40, NO, NO, 20, NO, 40], [N, N, N, R, R, N]),
    # no data: treat as clear
    ("clear: ends an alarm", low(**CLEAR), [20, NO], [R, N]),
    ("clear: after keep", low(keep_ms=10 * S, **CLEAR), [20, NO, NO], [R, C, N]),
    ("clear: a value inside the band breaks the keep", low(keep_ms=10 * S, **CLEAR), [20, NO, 31], [R, C, R]),
    ("clear: ends a hold", low(hold_ms=10 * S, **CLEAR), [20, NO, 20], [P, N, P]),
    ("clear: does not fire", low(**CLEAR), [NO, NO], [N, N]),
    ("clear: blindness is not no data", low(**CLEAR), [20, BLIND, BLIND], [R, R, R]),
    ("clear: fires again", low(**CLEAR), [20, NO, 20], [R, N, R]),
    # no data: alarm after a while
    ("alarm: not before its time", low(**ALARM), [40, NO, NO], [N, N, N]),
    ("alarm: then raised", low(**ALARM), [40, NO, NO, NO], [N, N, N, R]),
    ("alarm: one value begins it anew", low(**ALARM), [NO, NO, 40, NO, NO, NO], [N, N, N, N, N, R]),
    ("alarm: blindness does not count as silence", low(**ALARM), [NO, BLIND, BLIND, NO, NO, NO], [N, N, N, N, N, R]),
    ("alarm: ends with the first good value", low(**ALARM), [NO, NO, NO, 40], [N, N, R, N]),
    ("alarm: a value inside the band is good enough", low(**ALARM), [NO, NO, NO, 31], [N, N, R, N]),
    ("alarm: goes on when the value is bad", low(**ALARM), [NO, NO, NO, 20, 31, 34], [N, N, R, R, R, N]),
    ("alarm: with keep", low(keep_ms=10 * S, **ALARM), [NO, NO, NO, 31, 31], [N, N, R, C, N]),
    ("alarm: with keep, a bad value", low(keep_ms=10 * S, **ALARM), [NO, NO, NO, 31, 20, 31], [N, N, R, C, R, R]),
    ("alarm: silence does not end an alarm", low(**ALARM), [20, NO, NO, NO, NO], [R, R, R, R, R]),
    ("alarm: silence ends a hold in an alarm", low(hold_ms=60 * S, **ALARM), [20, NO, NO, NO], [P, P, P, R]),
    ("alarm: raised again after it ended", low(**ALARM), [NO, NO, NO, 40, NO, NO, NO], [N, N, R, N, N, N, R]),
    # min calls: what rests on too few comes in as no value
    ("min calls: 18 of 50 calls, then enough", low(), [NO, NO, 20], [N, N, R]),
    ("min calls: traffic dies away in alarm", low(), [20, 20, NO, NO], [R, R, R, R]),
    ("min calls: and comes back good", low(), [20, NO, 35], [R, R, N]),
]


@pytest.mark.parametrize(("name", "terms", "values", "phases"), TABLE, ids=[t[0] for t in TABLE])
def test_life(name: str, terms: Terms, values: list[float | None], phases: list[Phase]) -> None:
    assert run(terms, values) == phases


RESTARTS = [
    # (phase before, already held s, terms, values after it, phases)
    (P, 50, low(hold_ms=60 * S), [20, 20], [P, R]),
    (P, 50, low(hold_ms=60 * S), [40], [N]),
    (P, 0, low(hold_ms=60 * S), [20, 20, 20], [P, P, P]),
    (P, 50, low(hold_ms=60 * S), [NO, 20, 20], [P, P, R]),
    (R, 0, low(), [20, 31, 34], [R, R, N]),
    (R, 0, low(), [NO], [R]),
    (R, 0, low(**CLEAR), [NO], [N]),
    (C, 50, low(keep_ms=60 * S), [40, 40], [C, N]),
    (C, 50, low(keep_ms=60 * S), [31], [R]),
    (C, 50, low(keep_ms=60 * S), [NO, 40, 40], [C, C, N]),
]


@pytest.mark.parametrize(("before", "held", "terms", "values", "phases"), RESTARTS)
def test_restart(before: Phase, held: int, terms: Terms, values: list[float], phases: list[Phase]) -> None:
    track, seen = Track(), []
    track.restore(0, before, held * S)
    for i, value in enumerate(values):
        track.step(np.array([value]), terms, (1_000_000 + i * STEP) * S)  # hours later: down time does not count
        seen.append(track.phase(0))
    assert seen == phases


def test_a_restored_alarm_about_missing_data_ends_with_the_first_value() -> None:
    track = Track()
    track.restore(0, R, 0, silent=True)
    steps = track.step(np.array([31.0]), low(**ALARM), S)
    assert [(s.after, s.reason) for s in steps] == [(N, Reason.DATA_BACK)]


def test_reasons_of_no_data() -> None:
    track, seen = Track(), []
    for i, value in enumerate([NO, NO, NO, 40, 20]):
        seen += [(s.before, s.after, s.reason) for s in track.step(np.array([value]), low(**ALARM), i * STEP * S)]
    assert seen == [(N, R, Reason.NO_DATA), (R, N, Reason.DATA_BACK), (N, R, Reason.BREACHED)]
    track = Track()
    track.step(np.array([20.0]), low(**CLEAR), 0)
    assert [s.reason for s in track.step(np.array([NO]), low(**CLEAR), S)] == [Reason.NO_DATA]


def test_silence_counts_only_for_rows_inside() -> None:
    track, terms = Track(), low(**ALARM)
    steps: list[Step] = []
    for i in range(4):
        steps += track.step(np.full(3, NO), terms, i * STEP * S, inside=np.array([1]))
    assert [(s.row, s.reason) for s in steps] == [(1, Reason.NO_DATA)]


def test_strict_fires_only_where_it_is_sure_and_clears_all_the_same() -> None:
    track, phases = Track(), []
    for i, (value, sure) in enumerate([(20.0, False), (20.0, True), (20.0, False), (34.0, False)]):
        track.step(np.array([value]), low(), i * S, sure=np.array([sure]))
        phases.append(track.phase(0))
    assert phases == [N, R, R, N]


# --- two levels -------------------------------------------------------------------------------------------------------

WARN, CRITICAL = Terms(Operator.LT, 40, 44), Terms(Operator.LT, 30, 33)
E, EASED = Reason.ESCALATED, Reason.EASED

LEVELS: list[tuple[str, list[float], list[tuple[Phase, bool]]]] = [
    ("warns", [39], [(R, False)]),
    ("goes straight to critical", [20], [(R, True)]),
    ("warning becomes critical", [39, 29], [(R, False), (R, True)]),
    ("critical eases to a warning", [20, 33, 34], [(R, True), (R, True), (R, False)]),
    ("and clears past the warning's reset", [20, 34, 44, 45], [(R, True), (R, False), (R, False), (N, False)]),
    ("clears at once from critical", [20, 50], [(R, True), (N, False)]),
    ("inside the warning's band nothing changes", [39, 43, 40, 44], [(R, False)] * 4),
    ("inside the critical band nothing changes", [20, 31, 33, 30], [(R, True)] * 4),
    ("no data changes nothing", [20, NO, NO, 39], [(R, True), (R, True), (R, True), (R, False)]),
]


@pytest.mark.parametrize(("name", "values", "states"), LEVELS, ids=[t[0] for t in LEVELS])
def test_two_levels(name: str, values: list[float], states: list[tuple[Phase, bool]]) -> None:
    levels, seen = Levels(two=True), []
    for i, value in enumerate(values):
        levels.step(np.array([float(value)]), WARN, CRITICAL, i * STEP * S)
        seen.append((levels.phase(0), levels.is_severe(0)))
    assert seen == states


def test_two_levels_tell_each_move_once() -> None:
    levels, seen = Levels(two=True), []
    for i, value in enumerate([50.0, 39.0, 29.0, 20.0, 34.0, 29.0, 50.0, 20.0]):
        seen.append([(s.before, s.after, s.reason) for s in levels.step(np.array([value]), WARN, CRITICAL, i * STEP * S)])
    assert seen == [
        [],
        [(N, R, Reason.BREACHED)],
        [(R, R, E)],
        [],
        [(R, R, EASED)],
        [(R, R, E)],
        [(R, N, Reason.RECOVERED)],
        [(N, R, Reason.BREACHED)],
    ]


def test_two_levels_with_hold_and_keep() -> None:
    warn, critical = (Terms(t.operator, t.threshold, t.reset, 10 * S, 10 * S) for t in (WARN, CRITICAL))
    levels, seen = Levels(two=True), []
    for i, value in enumerate([39.0, 29.0, 29.0, 34.0, 34.0, 50.0, 20.0, 20.0, 50.0, 50.0]):
        steps = levels.step(np.array([value]), warn, critical, i * STEP * S)
        seen.append((levels.phase(0), levels.is_severe(0), [s.reason for s in steps]))
    assert seen == [
        (P, False, [Reason.BREACHED]),
        (R, False, [Reason.HELD]),
        (R, True, [E]),
        (R, True, []),
        (R, False, [EASED]),
        (C, False, [Reason.RECOVERED]),
        (R, False, [Reason.RELAPSED]),
        (R, True, [E]),
        (C, True, [Reason.RECOVERED]),
        (N, False, [Reason.KEPT]),
    ]


def test_a_second_limit_given_to_a_living_alarm_and_taken_away() -> None:
    levels = Levels(two=False)
    levels.step(np.array([20.0, 50.0]), CRITICAL, None, 0)
    assert levels.become(two=True) == []
    assert levels.is_severe(0)
    levels.step(np.array([20.0, 39.0]), WARN, CRITICAL, S)
    assert (levels.phase(1), levels.is_severe(1)) == (R, False)
    assert [(s.row, s.reason) for s in levels.become(two=False)] == [(1, Reason.RULE_CHANGED)]
    assert levels.phase(0) is R


def test_a_second_limit_taken_away_does_not_begin_the_silence_anew() -> None:
    levels = Levels(two=True)
    warn = Terms(Operator.LT, 40, 44, hold_ms=60 * S, no_data=NoData.ALARM, silent_ms=20 * S)
    critical = Terms(Operator.LT, 30, 33, hold_ms=60 * S, no_data=NoData.ALARM, silent_ms=20 * S)
    for i, value in enumerate([39.0, NO, NO]):
        levels.step(np.array([value]), warn, critical, i * STEP * S)
    assert [(s.before, s.after) for s in levels.become(two=False)] == [(P, N)]
    steps = levels.step(np.array([NO]), critical, None, 3 * STEP * S)
    assert [(s.after, s.reason) for s in steps] == [(R, Reason.NO_DATA)]


VALUES = st.floats(0, 100) | st.just(math.nan)


@given(st.lists(VALUES, max_size=40), st.integers(0, 3), st.integers(0, 3), st.sampled_from(list(NoData)))
def test_critical_never_outlives_the_warning(values: list[float], hold: int, keep: int, no_data: NoData) -> None:
    more = (hold * STEP * S, keep * STEP * S, no_data, 20 * S)
    warn, critical = Terms(Operator.LT, 40, 44, *more), Terms(Operator.LT, 30, 33, *more)
    levels, alive = Levels(two=True), False
    for i, value in enumerate(values):
        steps = levels.step(np.array([value]), warn, critical, i * STEP * S)
        assert len(steps) <= 1
        for step in steps:
            assert step.before.in_alarm == alive
            alive = step.after.in_alarm
        assert levels.phase(0).in_alarm == alive
        assert alive or not levels.is_severe(0)


@given(
    st.sampled_from([(Operator.LT, 30.0, 33.0), (Operator.LE, 30.0, 33.0), (Operator.GT, 33.0, 30.0), (Operator.GE, 33.0, 30.0)]),
    st.booleans(),
    st.lists(st.floats(30.001, 32.999) | st.just(math.nan), max_size=40),
    st.integers(0, 2),
    st.integers(0, 2),
)
def test_between_threshold_and_reset_the_state_never_changes(
    limit: tuple[Operator, float, float], raised: bool, values: list[float], hold: int, keep: int
) -> None:
    operator, threshold, reset = limit
    terms = Terms(operator, threshold, reset, hold * STEP * S, keep * STEP * S)
    track = Track()
    if raised:
        track.restore(0, R, 0)
    for i, value in enumerate(values):
        assert track.step(np.array([value]), terms, i * STEP * S) == []
        assert track.phase(0) is (R if raised else N)
