"""Explains an alarm: every change with its reason and code, every message with its answer. Runs on the window's thread."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.alarms import Told
from noc_alerts.model.deliveries import Cause
from ui import text
from ui.events.explain import REASONS, step_words, told_words
from ui.marks import MarkLabel
from ui.overview import words
from ui.overview.rows import AlarmRow
from ui.overview.words import Story
from ui.prefs import prefs
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import PrimaryButton
from ui.widgets.labels import Label, line
from ui.widgets.page import scrolled

_CAUSES = {
    Cause.RAISED: "Tells that it was raised",
    Cause.REPEAT: "Tells that it is still in alarm",
    Cause.EASED: "Tells that it is no longer critical",
    Cause.CLEARED: "Tells that it cleared",
}


class ExplainDialog(QDialog):
    """Read out why the alarm is there, why people were told or not, and what comes next."""

    def __init__(self, row: AlarmRow, story: Story, next_step: tuple[str, str], now: datetime, parent: QWidget) -> None:
        super().__init__(parent)
        self._now = now
        self.setObjectName("explain_dialog")
        self.setWindowTitle("Explain")
        self.setAccessibleName(f"Explain {row.subject}, {row.title}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head(row))
        column.addWidget(line())
        content = QWidget()
        self._grid = QGridLayout(content)
        self._grid.setContentsMargins(24, 16, 24, 16)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(12)
        self._grid.setColumnStretch(1, 1)
        self._fill(row, story, next_step)
        self._grid.setRowStretch(self._grid.rowCount(), 1)
        column.addWidget(scrolled(content, "explain_scroll"), 1)
        column.addWidget(line())
        buttons = QHBoxLayout()
        buttons.setContentsMargins(24, 12, 24, 12)
        buttons.addStretch(1)
        close = PrimaryButton("Close", "explain_close", hint="Esc")
        close.clicked.connect(self.accept)
        buttons.addWidget(close)
        column.addLayout(buttons)
        close.setFocus()

    def sizeHint(self) -> QSize:
        """Return a size in which most stories fit."""
        return QSize(theme.px(620), theme.px(560))

    @property
    def spoken_lines(self) -> list[str]:
        """Return what is read out, from top to bottom."""
        return [label.text() for label in self.findChildren(Label, "explain_words")]

    def _head(self, row: AlarmRow) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setContentsMargins(24, 16, 24, 16)
        head.setSpacing(10)
        head.addWidget(MarkLabel(row.mark, row.form))
        head.addWidget(Label(row.subject, Role.TEXT, FontRole.PAGE_TITLE))
        head.addWidget(Label(row.title, Role.MUTED, wrap=True), 1)
        return head

    def _fill(self, row: AlarmRow, story: Story, next_step: tuple[str, str]) -> None:
        lines: list[tuple[datetime, str, str]] = []
        for change in story.transitions:
            sentence = change.text.strip() or f"{REASONS[change.reason]}."
            why = f"{sentence} {told_words(change)} Reason: {change.reason.value}"
            if change.told:
                why += f"; message: {Told(change.told).value}" if change.told in set(Told) else f"; message: {change.told}"
            lines.append((change.at, step_words(change), f"{why}."))
        for delivery in story.deliveries:
            said = words.delivery_line(delivery)
            tries = text.plural(delivery.tries, "try", "tries")
            why = _CAUSES.get(delivery.facts.cause, "A test")
            lines.append((said.at or delivery.created_at, said.words, f"{why}, {delivery.state.value} after {tries}."))
        if row.alarm is not None and row.alarm.acked_at is not None:
            who = row.alarm.acked_by or "Somebody"
            lines.append((row.alarm.acked_at, f"{who} took it", row.alarm.ack_note or "No note was left."))
        if row.of_switch and row.switch is not None and row.switch.health.sentence:
            why = f"{row.switch.health.sentence} Its alerts neither fire nor clear."
            lines.append((row.since, "The switch does not answer", why))
        for at, step, why in sorted(lines, key=lambda entry: entry[0]):
            self._add(text.time_of(at, self._now, prefs.zone, with_seconds=True), step, why)
        if any(next_step):
            self._add("next", next_step[0], f"{next_step[1][:1].upper()}{next_step[1][1:]}." if next_step[1] else "")

    def _add(self, time: str, step: str, why: str) -> None:
        at = self._grid.rowCount()
        cell = QVBoxLayout()
        cell.setSpacing(2)
        for said, role, font in ((step, Role.TEXT, FontRole.BODY_STRONG), (why, Role.MUTED, FontRole.BODY)):
            if said:
                label = Label(said, role, font, wrap=True, name="explain_words")
                label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                cell.addWidget(label)
        self._grid.addWidget(Label(time, Role.MUTED), at, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        self._grid.addLayout(cell, at, 1)
