"""The head of a chart: mark, subject, metric, limits, value; under it the state in words, the sample and the age.

Runs on the window's thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.alerts import NoticeLevel
from ui.charts.parts import HeadState
from ui.marks import Mark, MarkLabel, word_style
from ui.theme import FontRole, Role, theme
from ui.widgets.labels import ElidedLabel, Label

_VALUE = {NoticeLevel.CRITICAL: Role.CRITICAL, NoticeLevel.WARNING: Role.WARNING}


class ChartHead(QWidget):
    """Two lines of words over a chart."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._mark = MarkLabel(Mark.OK, size=16)
        self._subject = ElidedLabel("", Role.TEXT, FontRole.SECTION, name=f"{name}_subject")
        self._metric = Label("", Role.MUTED, FontRole.BODY, name=f"{name}_metric")
        self._limits = ElidedLabel("", Role.MUTED, FontRole.CAPTION, name=f"{name}_limits")
        self._limits.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._value = Label("", Role.TEXT, FontRole.SECTION, name=f"{name}_value")
        self._unit = Label("", Role.MUTED, FontRole.BODY, name=f"{name}_unit")
        self._word = Label("", Role.MUTED, FontRole.CAPTION, name=f"{name}_word")
        self._rest = ElidedLabel("", Role.MUTED, FontRole.CAPTION, name=f"{name}_rest")
        self._sample = Label("", Role.MUTED, FontRole.CAPTION, name=f"{name}_sample")
        self._age = Label("", Role.MUTED, FontRole.CAPTION, name=f"{name}_age")
        self._indent = QWidget()
        self._subject.setSizePolicy(self._metric.sizePolicy())
        self._lay_out()
        theme.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        for row in (first, second):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(8)
        for widget in (self._mark, self._subject, self._metric):
            first.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        first.addWidget(self._limits, 1)
        first.addSpacing(8)
        first.addWidget(self._value)
        first.addSpacing(-4)
        first.addWidget(self._unit)
        second.setSpacing(0)
        second.addWidget(self._indent)
        second.addWidget(self._word)
        second.addWidget(self._rest, 1)
        second.addSpacing(12)
        second.addWidget(self._sample)
        second.addWidget(self._age)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 4)
        column.setSpacing(2)
        column.addLayout(first)
        column.addLayout(second)

    def _on_theme_changed(self) -> None:
        self._indent.setFixedWidth(theme.px(16) + 8 if self._mark.isVisibleTo(self) else 0)

    def set_subject(self, subject: str, metric: str) -> None:
        """Say what is shown."""
        self._subject.set(subject)
        self._metric.set(metric)

    def set_limits(self, words: str) -> None:
        """Say the limits; empty for none."""
        self._limits.set(words)

    def set_other_limits(self, words: str) -> None:
        """Name the limits that are not drawn in the tooltip; empty for none."""
        self.setToolTip(words)
        self.setAccessibleDescription(words)

    def set_state(self, state: HeadState) -> None:
        """Say how it stands."""
        self._mark.setVisible(state.mark is not None)
        if state.mark is not None:
            self._mark.set_mark(state.mark, state.form)
            role, _ = word_style(state.mark, state.form)
            self._word.set(state.word, role)
        else:
            self._word.set(state.word, Role.MUTED)
        self._word.setVisible(bool(state.word))
        self._rest.set(state.rest)
        self._on_theme_changed()

    def set_value(self, number: str, unit: str, level: NoticeLevel, *, role: Role | None = None) -> None:
        """Show the value, coloured by the level of an active alarm."""
        self._value.set(number, role or _VALUE.get(level, Role.TEXT))
        self._unit.set(unit)
        self._unit.setVisible(bool(unit))

    def set_sample(self, sample: str, age: str, age_role: Role = Role.MUTED) -> None:
        """Show what the value rests on, and its age in its own colour."""
        self._sample.set(f"{sample}, " if sample and age else sample)
        self._age.set(age, age_role)
