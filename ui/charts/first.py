"""What stands on the Charts screen before there is a chart: one sentence and three proposals.

Runs on the window's thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.alerts import Area
from noc_alerts.model.companies import Subject
from ui import text
from ui.charts.metrics import ChartChoice
from ui.theme import FontRole, Role
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.labels import Label
from ui.widgets.page import Panel

PROPOSALS = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """A chart worth having, and why: `carrier bravo, 2,904 attempts in the last hour`."""

    choice: ChartChoice
    words: str
    why: str


def busiest(snapshot: Snapshot) -> tuple[Proposal, ...]:
    """Return the ASR of the companies with the most attempts in the last hour."""
    lines = sorted(snapshot.companies, key=lambda line: (-line.attempts, line.name))[:PROPOSALS]
    found = []
    for line in lines:
        subject = Subject.company(line.kind, line.name)
        choice = ChartChoice(line.connection_id, subject.key, Area.ASR.value)
        why = f"{text.plural(line.attempts, 'attempt')} in the last hour"
        found.append(Proposal(choice, f"ASR of {subject.label}", why))
    return tuple(found)


class FirstChart(Panel):
    """Propose charts; `chosen` carries a ChartChoice, `asked` wants the dialog."""

    chosen = Signal(object)
    asked = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent=parent)
        self.setAccessibleName("Add the first chart")
        self.set_padding(16, 16)
        self.body.addWidget(Label("Add the first chart", Role.TEXT, FontRole.SECTION))
        self._sentence = Label("", Role.MUTED, FontRole.BODY, wrap=True, name=f"{name}_sentence")
        self.body.addWidget(self._sentence)
        room = QWidget()
        self._list = QVBoxLayout(room)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(8)
        self.body.addWidget(room)
        self._other = LinkButton("Choose another company or metric", f"{name}_other")
        self._other.clicked.connect(self.asked)
        self.body.addWidget(self._other, 0, Qt.AlignmentFlag.AlignLeft)
        self._offered: tuple[Proposal, ...] | None = None
        self.offer(())

    def offer(self, proposals: tuple[Proposal, ...]) -> None:
        """Offer these charts."""
        if proposals == self._offered:
            return
        self._offered = proposals
        while (item := self._list.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._sentence.set(
            "A chart follows one metric of one company. These companies have the most calls now."
            if proposals
            else "A chart follows one metric of one company. Proposals stand here as soon as calls have been read."
        )
        for at, proposal in enumerate(proposals):
            button = Button(f"{proposal.words}, {proposal.why}", f"{self.objectName()}_{at}", icon="add")
            button.clicked.connect(lambda _checked=False, choice=proposal.choice: self.chosen.emit(choice))
            self._list.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
