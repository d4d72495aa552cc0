"""How one switch is, beside its form: state in a sentence, ages, counts.

Runs on the window's thread.
"""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtWidgets import QHBoxLayout, QWidget

from noc_alerts.model.connections import HealthState
from ui import text
from ui.marks import Form, Mark
from ui.prefs import prefs
from ui.setup.switch_list import MARKS, SwitchRow, age_cell, next_sentence, state_sentence
from ui.theme import FontRole, Role
from ui.widgets.labels import KeyValues, Label
from ui.widgets.page import Panel

_ROLES = {HealthState.BLIND: Role.BLIND, HealthState.LATE: Role.WARNING}


class HealthPanel(Panel):
    """The state of a switch."""

    def __init__(self) -> None:
        super().__init__("switch_health", "How it is", mark=Mark.NOTICE)
        self.set_padding()
        self._sentence = Label("", Role.TEXT, FontRole.BODY, wrap=True, name="switch_health_sentence")
        self._ages, self._counts = KeyValues("switch_health_ages"), KeyValues("switch_health_counts")
        self._values = QWidget()
        across = QHBoxLayout(self._values)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(40)
        across.addWidget(self._ages, 1)
        across.addWidget(self._counts, 1)
        self.body.addWidget(self._sentence)
        self.body.addWidget(self._values)

    def show_row(self, row: SwitchRow | None) -> None:
        """Show a switch; None: it is not saved yet."""
        if row is None:
            self.set_mark(Mark.NOTICE, Form.CLEARED)
            self.set_note("not saved yet")
            self._sentence.set(
                "It is read as soon as it is saved. Test the connection first, if you like: nothing is kept by a test."
            )
            self._sentence.show()
            self._values.hide()
            return
        health, now, zone = row.health, row.at, prefs.zone
        self.set_mark(MARKS[row.state])
        self.set_note(row.state_words, _ROLES.get(row.state, Role.MUTED))
        self._sentence.set(f"{state_sentence(row)} {next_sentence(row)}".strip())
        self._sentence.setVisible(bool(self._sentence.text()))
        self._values.setVisible(True)
        age = age_cell(row)
        self._ages.put("Data age", age.text, role=age.tone)
        newest = health.newest_at
        self._ages.put("Newest record", text.time_of(newest, now, zone, with_seconds=True) if newest else text.NONE)
        if health.next_try_at is not None and row.connection.live and row.connection.enabled:
            self._ages.put("Next read", f"in {text.span(max(health.next_try_at - now, timedelta(0)))}")
        line = row.line
        if line is not None and line.connection.live:
            blind = row.state is HealthState.BLIND
            cps = text.UNKNOWN if blind or line.cps is None else text.rate(line.cps).joined
            channels = text.UNKNOWN if blind else "not told" if line.channels is None else text.number(line.channels)
            role = Role.BLIND if blind else Role.TEXT
            self._counts.put("Calls per second", cps, role=role)
            self._counts.put("Channels in use", channels, role=role)
        if row.kept is not None:
            self._counts.put("Records kept", text.number(row.kept.records))
