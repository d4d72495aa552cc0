"""The Explain panel: the chain of reasons of one line's alarm, oldest first, also for what did not happen.

Runs on the window's thread; reads the store when a line is chosen.
"""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from noc_alerts.model.alarms import Alarm, Phase, Reason, Told, Transition
from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.errors import StoreError
from noc_alerts.model.events import Event
from noc_alerts.store import Store
from ui import text
from ui.events.columns import WORDS
from ui.marks import Form, Mark
from ui.prefs import prefs
from ui.theme import FontRole, Role
from ui.widgets.labels import Label, line
from ui.widgets.page import Panel, scrolled

RECENT = 500  # changes of a rule that are looked through for the one that began an alarm
_MARKS = {NoticeLevel.CRITICAL: Mark.CRITICAL, NoticeLevel.WARNING: Mark.WARNING, NoticeLevel.NONE: Mark.NOTICE}

REASONS = {
    Reason.BREACHED: "The value is past the limit",
    Reason.HELD: "It stayed past the limit for the hold time",
    Reason.NOT_HELD: "It came back before the hold time was over, so nothing was raised",
    Reason.RECOVERED: "The value is past the reset",
    Reason.KEPT: "It stayed past the reset for the keep time",
    Reason.RELAPSED: "It fell back before the keep time was over",
    Reason.ESCALATED: "The value is past the critical limit too",
    Reason.EASED: "The value is past the reset of the critical limit; the warning stays",
    Reason.NO_DATA: "There is no value",
    Reason.DATA_BACK: "There is a value again",
    Reason.OFF_HOURS: "The alert's hours are over",
    Reason.COMPANY_GONE: "The switch no longer lists the company",
    Reason.RULE_DISABLED: "The rule was switched off",
    Reason.RULE_DELETED: "The rule was deleted",
    Reason.RULE_CHANGED: "The rule was changed",
    Reason.SOURCE_SILENT: "The switch does not answer",
    Reason.SOURCE_BACK: "The switch answers again",
}
TOLD = {
    Told.TOLD: "It was decided to tell people.",
    Told.NO_RECIPIENT: "Nobody was told: the rule names nobody and the tray is off.",
    Told.RECOVERY_OFF: "Nobody was told: the rule sends no message when it clears.",
    Told.LEVEL_NONE: "Nobody was told: the notice level is none.",
}
LEVELS = {Reason.ESCALATED: "Became critical", Reason.EASED: "Became a warning again"}
STEPS = {
    (False, True): "Alarm raised",
    (True, False): "Alarm cleared",
}


def step_words(change: Transition) -> str:
    """Name what a transition did to the alarm."""
    if change.reason in LEVELS:
        return LEVELS[change.reason]
    crossed = STEPS.get((change.before.in_alarm, change.after.in_alarm))
    if crossed:
        return crossed
    words = {Phase.PENDING: "Waits for the hold time", Phase.CLEARING: "Waits for the keep time", Phase.NORMAL: "Back to normal"}
    return words.get(change.after, "Still in alarm")


def told_words(change: Transition) -> str:
    """Say whether people were told of a transition, or the one reason why not; empty for changes nobody is ever told of."""
    if not change.told:
        return ""
    return TOLD[Told(change.told)] if change.told in set(Told) else f"{change.told.capitalize()}."


class ExplainPanel(Panel):
    """What one line says in full, and how its alarm came and went."""

    def __init__(self, store: Store) -> None:
        super().__init__("events_explain", "Explain")
        self._store = store
        self._shown: Event | None = None
        self._content = QWidget()
        self._content.setObjectName("events_explain_content")
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(16, 12, 16, 16)
        self._column.setSpacing(4)
        self._area = scrolled(self._content, "events_explain_scroll")
        self._content.setAutoFillBackground(False)  # QScrollArea switches it on; the panel shows through
        self._area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._area.setAccessibleName("Explanation of the chosen line")
        self.body.addWidget(self._area)
        self.setFocusProxy(self._area)
        self.show_event(None)

    @property
    def steps(self) -> list[str]:
        """Return the words shown for each change of the alarm, oldest first."""
        return [label.text() for label in self._content.findChildren(Label, "events_explain_step")]

    def show_event(self, event: Event | None, *, again: bool = False) -> None:
        """Explain a line, None says how to choose one. `again`: read anew even if it is the line shown now."""
        if event is not None and event == self._shown and not again:
            return
        self._shown = event
        self._clear()
        if event is None:
            self.set_mark(None)
            self.set_note("")
            self._say("Choose a line to see what it rests on and why people were told, or why not.", Role.MUTED)
        else:
            self._explain(event)
        self._column.addStretch(1)

    def refresh(self) -> None:
        """Read the line shown anew: its alarm may have gone on."""
        if self._shown is not None:
            place = self._area.verticalScrollBar().value()
            self.show_event(self._shown, again=True)
            self._area.verticalScrollBar().setValue(place)

    def _explain(self, event: Event) -> None:
        at = text.time_of(event.at, datetime.now(UTC), prefs.zone, with_seconds=True)
        self.set_note(f"{WORDS[event.type].lower()} of {at}")
        self._say(event.subject or event.sender, Role.TEXT, FontRole.BODY_STRONG)
        if event.subject and event.sender:
            self._say(event.sender, Role.MUTED)
        self._say(event.text, Role.TEXT)
        alarm, changes = None, list[Transition]()
        if event.alarm_id is not None:
            try:
                alarm = self._store.alarms.get(event.alarm_id)
                changes = self._store.alarms.transitions(event.alarm_id)
                if alarm is not None:
                    changes = [*self._what_came_before(alarm), *changes]
            except StoreError as error:
                self._say(error.sentence, Role.CRITICAL)
                return
        self._column.addSpacing(8)
        self._column.addWidget(line())
        self._column.addSpacing(8)
        if alarm is None:
            self.set_mark(None)
            self._say("No alarm belongs to this line, so there is no chain of reasons.", Role.MUTED)
            return
        self._show_alarm(alarm)
        self._column.addSpacing(4)
        self._show_changes(changes, alarm)

    def _what_came_before(self, alarm: Alarm) -> list[Transition]:
        """Give the change that began it: past the limit, waiting for the hold time; it was before there was an alarm."""
        recent = self._store.alarms.transitions_of(alarm.key.rule_kind, alarm.key.rule_id, RECENT)
        mine = (c for c in recent if c.key == alarm.key and c.alarm_id is None and c.at <= alarm.raised_at)
        newest = next(mine, None)
        return [newest] if newest is not None and newest.after is Phase.PENDING else []

    def _show_alarm(self, alarm: Alarm) -> None:
        form = Form.CLEARED if not alarm.active else Form.TAKEN if alarm.acked_at is not None else Form.ACTIVE
        self.set_mark(_MARKS[alarm.level], form)
        self._say(alarm.title, Role.TEXT, FontRole.BODY_STRONG)
        until = alarm.cleared_at or datetime.now(UTC)
        state = "In alarm for" if alarm.active else "Was in alarm for"
        self._say(f"{alarm.key.subject.label}, {alarm.area} {alarm.limit}".strip(", "), Role.MUTED)
        self._say(f"{state} {text.span(until - alarm.raised_at)}{_worst(alarm)}", Role.MUTED)

    def _show_changes(self, changes: list[Transition], alarm: Alarm) -> None:
        host = QWidget()
        grid = QGridLayout(host)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(1, 1)
        now, zone = datetime.now(UTC), prefs.zone
        entries = [(change.at, step_words(change), _because(change)) for change in changes]
        if alarm.acked_at is not None:
            note = f"“{alarm.ack_note}”" if alarm.ack_note else "No note was left."
            entries.append((alarm.acked_at, f"{alarm.acked_by} took it", note))
        for at, words, why in sorted(entries, key=lambda entry: entry[0]):
            row = grid.rowCount()
            time = Label(text.time_of(at, now, zone), Role.MUTED)
            time.setToolTip(text.both_zones(at, zone, prefs.other_zone))
            cell = QVBoxLayout()
            cell.setSpacing(1)
            cell.addWidget(Label(words, Role.TEXT, FontRole.BODY_STRONG, wrap=True, name="events_explain_step"))
            cell.addWidget(Label(why, Role.MUTED, wrap=True, name="events_explain_reason"))
            grid.addWidget(time, row, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
            grid.addLayout(cell, row, 1)
        self._column.addWidget(host)

    def _say(self, words: str, role: Role, font: FontRole = FontRole.BODY) -> None:
        if words:
            label = Label(words, role, font, wrap=True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._column.addWidget(label)

    def _clear(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.setParent(None)
                widget.deleteLater()


def _because(change: Transition) -> str:
    """Give the reasons of one transition: its own sentence, or the words of its code; and whether people were told."""
    why = change.text.strip() or f"{REASONS[change.reason]}."
    return f"{why} {told_words(change)}".strip()


def _worst(alarm: Alarm) -> str:
    if alarm.worst is None:
        return ""
    facts_unit = alarm.unit
    return f", worst {text.Shown(text.number(alarm.worst, 1), facts_unit).joined}"
