"""The dialog that adds a chart: switch, kind, company, metric, sample period.

Runs on the window's thread. Tells what was chosen; adds nothing itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from PySide6.QtCore import QStringListModel, Qt, QTimer, Signal
from PySide6.QtWidgets import QCompleter, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.engine.news import CompanyLine
from noc_alerts.model.alerts import MAX_PERIOD, MIN_PERIOD, Area
from noc_alerts.model.companies import CompanyKind, Subject
from noc_alerts.model.connections import Connection
from ui.charts.metrics import CHARTLESS, DEFAULT_WINDOW, METRICS, ChartChoice
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import Button, PrimaryButton, SegmentedControl
from ui.widgets.fields import ComboBox, DurationBox, Field, TextField
from ui.widgets.labels import Label, line

_PERIODS = [timedelta(minutes=m) for m in (1, 5, 15, 30, 60)]


class AddChart(QDialog):
    """Ask for a chart; `chosen` carries the ChartChoice."""

    chosen = Signal(object)

    def __init__(self, connections: Sequence[Connection], companies: Sequence[CompanyLine], parent: QWidget) -> None:
        super().__init__(parent)
        self._companies = tuple(companies)
        self.setObjectName("add_chart")
        self.setWindowTitle("Add chart")
        self.setAccessibleName("Add chart")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(theme.px(560))
        self._switch = ComboBox("add_chart_switch")
        self._switch.set_choices([(c.id, c.name) for c in connections if c.id is not None])
        self._kind = SegmentedControl(
            [(kind.value, kind.value.capitalize()) for kind in (CompanyKind.CARRIER, CompanyKind.CUSTOMER)],
            "add_chart_kind",
            "Kind of company",
        )
        self._company = TextField("add_chart_company", required="Enter the name of a company.")
        self._names = QStringListModel(self)
        self._metric = ComboBox("add_chart_metric")
        self._metric.set_choices([(m.name, m.title) for m in METRICS.values() if m.area not in CHARTLESS])
        self._metric.set_data(Area.ASR.value)
        self._period = DurationBox("add_chart_period", _PERIODS, minimum=MIN_PERIOD)
        self._period.set_value(DEFAULT_WINDOW)
        self._make_completer()
        self._lay_out()
        self._connect()
        self._offer_companies()
        self._company.setFocus()

    def _make_completer(self) -> None:
        completer = QCompleter(self._names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self._company.setCompleter(completer)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        form = QVBoxLayout()
        form.setContentsMargins(24, 20, 24, 20)
        form.setSpacing(10)
        form.addWidget(Label("Add chart", Role.TEXT, FontRole.PAGE_TITLE))
        form.addSpacing(4)
        self._fields = {
            "switch": Field("Switch", self._switch, beside=True),
            "kind": Field("Kind", self._kind, beside=True),
            "company": Field("Company", self._company, beside=True),
            "metric": Field("Metric", self._metric, beside=True),
            "period": Field(
                "Sample period", self._period, beside=True, hint="Each point counts the calls of so much time before it."
            ),
        }
        for field in self._fields.values():
            form.addWidget(field)
        column.addLayout(form)
        column.addWidget(line())
        buttons = QHBoxLayout()
        buttons.setContentsMargins(24, 12, 24, 12)
        buttons.setSpacing(8)
        buttons.addStretch(1)
        self._cancel = Button("Cancel", "add_chart_cancel", hint="Esc")
        self._add = PrimaryButton("Add chart", "add_chart_add", hint="Enter")
        self._add.setDefault(True)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._add)
        column.addLayout(buttons)

    def _connect(self) -> None:
        self._switch.currentIndexChanged.connect(self._offer_companies)
        self._kind.chosen.connect(self._offer_companies)
        self._metric.currentIndexChanged.connect(self._on_metric_changed)
        self._cancel.clicked.connect(self.reject)
        self._add.clicked.connect(self._on_add)

    def _names_of(self, connection_id: int | None, kind: CompanyKind) -> list[str]:
        """Return the companies of a switch, the busiest first."""
        lines = [each for each in self._companies if each.connection_id == connection_id and each.kind is kind]
        return [each.name for each in sorted(lines, key=lambda each: (-each.attempts, each.name))]

    @property
    def _known(self) -> list[str]:
        return self._names_of(cast("int | None", self._switch.currentData()), CompanyKind(self._kind.current))

    def _offer_companies(self) -> None:
        names = self._known
        self._names.setStringList(names)
        self._company.setPlaceholderText(names[0] if names else "")
        kind = self._kind.current
        self._fields["company"].set_hint("" if names else f"This switch has told no {kind} yet. Any name may be entered.")

    def _on_metric_changed(self) -> None:
        metric = METRICS[cast(str, self._metric.currentData())]
        self._fields["period"].setVisible(metric.reading is None)
        self._grow()

    def _grow(self) -> None:
        """Make room for the sentences under the fields."""
        QTimer.singleShot(0, self, self.adjustSize)

    def _on_add(self) -> None:
        metric = METRICS[cast(str, self._metric.currentData())]
        fields = [self._fields["company"], *([self._fields["period"]] if metric.reading is None else [])]
        wrong = [field for field in fields if not field.check()]
        if wrong:
            self._grow()
            return
        window = self._period.value if metric.reading is None else None
        if window is not None and window > MAX_PERIOD:
            self._fields["period"].set_error("Enter 24 h or less.")
            self._grow()
            return
        typed, known = self._company.text().strip(), self._known
        name = _meant(typed, known)
        if known and name not in known:
            kind = self._kind.current
            self._fields["company"].set_error(f"{self._switch.currentText()} has no {kind} {typed}. Choose one from the list.")
            self._grow()
            return
        subject = Subject.company(CompanyKind(self._kind.current), name)
        self.chosen.emit(ChartChoice(cast(int, self._switch.currentData()), subject.key, metric.name, window))
        self.accept()


def _meant(typed: str, known: Sequence[str]) -> str:
    """Return the company of this name in any case, else the only one that contains it, else what was typed."""
    same = [name for name in known if name.casefold() == typed.casefold()]
    near = [name for name in known if typed.casefold() in name.casefold()]
    return same[0] if same else near[0] if len(near) == 1 else typed
