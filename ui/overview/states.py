"""What stands in place of active alarms when there are none: reading, well, not known, nothing watched.

Pure functions; any thread. The tick stands only where every switch answers in time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from noc_alerts.engine.news import Snapshot, SwitchLine
from noc_alerts.model.alarms import Verdict
from noc_alerts.model.connections import HealthState
from ui import text
from ui.widgets.state_panel import PageState, StateKind

Go = Callable[[str, object | None], None]


def waiting_state() -> PageState:
    """Return the state before the first snapshot."""
    return PageState(StateKind.LOADING, "Reading", "What was going on before is taken over, then the switches are read.")


def filtered_state(total: int, show_all: Callable[[], object]) -> PageState:
    """Return the state while the filters hide every alarm."""
    hidden = f"The filter hides all {text.number(total)} alarms." if total > 1 else "The filter hides the only alarm."
    return PageState(StateKind.EMPTY, "Nothing shown", hidden, "Show all", show_all)


def empty_state(snapshot: Snapshot, now: datetime, new_alert: Callable[[], object], go: Go) -> PageState:
    """Return what is true while no alarm is active and no switch is blind."""
    read = [line for line in snapshot.switches if line.connection.live and line.connection.enabled]
    if not read:
        return _nothing_read(snapshot, go)
    unread = [line for line in read if line.health.state is HealthState.WAITING]
    if unread:
        names = _names(unread)
        return PageState(StateKind.LOADING, f"Reading {names}", "Alerts are checked as soon as the first read is complete.")
    if not snapshot.alerts:
        sentence = f"{_answers(read)} Nothing is judged and nobody is told until there is an alert."
        return PageState(StateKind.EMPTY, "No alerts yet", sentence, "New alert", new_alert)
    checked = [line for line in snapshot.alerts if line.judged_at is not None and line.verdict is not Verdict.PAUSED]
    failing = sum(line.verdict is Verdict.ERROR for line in checked)
    if not checked:
        alerts = text.plural(len(snapshot.alerts), "alert")
        sentence = f"{_answers(read)} All {alerts} are paused or off, so nothing is judged."
        return PageState(StateKind.EMPTY, "Nothing is judged", sentence, "Open alerts", lambda: go("alerts", None))
    age = "" if snapshot.checked_at is None else f" {text.span(now - snapshot.checked_at)} ago"
    were = "was" if len(checked) == 1 else "were"
    parts = [f"{text.plural(len(checked), 'alert')} {were} checked{age}."]
    paused = len(snapshot.alerts) - len(checked)
    if paused:
        parts.append(f"{text.number(paused)} {'is' if paused == 1 else 'are'} paused or off.")
    if failing:
        parts.append(f"{text.number(failing)} could not be judged; the list of alerts says why.")
    parts.append(_answers(read))
    late = any(line.health.state is not HealthState.FRESH for line in read)
    well = not late and not failing
    sentence, action = " ".join(parts), "Show what was checked"
    return PageState(StateKind.EMPTY, "No alarms", sentence, action, lambda: go("alerts", None), all_well=well)


def _nothing_read(snapshot: Snapshot, go: Go) -> PageState:
    """Return the state while no switch is read: only imported files, or all switched off."""
    off = [line for line in snapshot.switches if line.connection.live]
    if off:
        sentence = f"{_names(off)} {'is' if len(off) == 1 else 'are'} switched off. No alert is judged until a switch is read."
        return PageState(StateKind.EMPTY, "Nothing is watched", sentence, "Open switches", lambda: go("switches", None))
    sentence = "Imported call records can be looked at in Charts. Alerts are judged on switches that are read all the time."
    return PageState(StateKind.EMPTY, "Nothing is watched live", sentence, "Connect a switch", lambda: go("switches", "new"))


def _answers(read: list[SwitchLine]) -> str:
    """Return how many switches answer in time: `All 3 switches answer.`"""
    late = [line for line in read if line.health.state is not HealthState.FRESH]
    if late:
        return f"{_names(late)} {'is' if len(late) == 1 else 'are'} late with {'its' if len(late) == 1 else 'their'} data."
    if len(read) == 1:
        return f"{read[0].connection.name} answers."
    return f"{'Both' if len(read) == 2 else f'All {text.number(len(read))}'} switches answer."


def _names(lines: list[SwitchLine]) -> str:
    names = [line.connection.name for line in lines]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
