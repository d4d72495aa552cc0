"""The filter row of the alerts list: one company, an area, a notice level; which rows pass.

Runs on the window's thread; reads no store.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from noc_alerts.model.alerts import Area, NoticeLevel
from noc_alerts.model.companies import CompanyKind
from ui.alerts import words
from ui.alerts.chips import Entry
from ui.alerts.list_words import Tagged, looks_at
from ui.alerts.rows import AlertRow
from ui.theme import theme
from ui.widgets.buttons import Button, LinkButton
from ui.widgets.choices import ComboBox
from ui.widgets.completed_field import CompletedField

Company = tuple[CompanyKind, str]


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What passes: alerts that look at a company, of an area, of a level; None lets all of them pass."""

    company: Company | None = None
    area: Area | None = None
    level: NoticeLevel | None = None

    @property
    def on(self) -> bool:
        """Tell whether anything is filtered."""
        return self != ListFilter()

    def passes(self, row: AlertRow, tagged: Tagged) -> bool:
        """Tell whether a row passes; `tagged`: which companies carry a tag."""
        alert = row.alert
        if self.area is not None and alert.area is not self.area:
            return False
        if self.level is not None and alert.level is not self.level:
            return False
        return self.company is None or looks_at(alert, *self.company, tagged)

    @property
    def words(self) -> str:
        """Name what is filtered by: `ASR, level Critical`; the company is named by who shows it."""
        area = self.area.value if self.area is not None else ""
        level = f"level {words.LEVEL_WORDS[self.level]}" if self.level is not None else ""
        return ", ".join(part for part in (area, level) if part)


def company_label(company: Company) -> str:
    """Name a company as people do: `customer acme`."""
    return f"{company[0].value} {company[1]}"


def find_company(typed: str, known: Iterable[Company]) -> Company | None:
    """Return the company that was typed: `customer acme`, or `acme` where only one has that name; case does not count."""
    wanted = typed.strip().casefold()
    found = [each for each in known if wanted in (company_label(each).casefold(), each[1].casefold())]
    exact = [each for each in found if company_label(each).casefold() == wanted]
    return exact[0] if exact else found[0] if len(found) == 1 else None


class FilterBar(QWidget):
    """Company, area and level to filter by. `changed` carries the ListFilter the user chose."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("alerts_filters")
        self._filter = ListFilter()
        self._known: frozenset[Company] = frozenset()
        self._chip: Entry | None = None
        self.company = CompletedField("alerts_filter_company", placeholder="Company…")
        self.company.setAccessibleName("Only alerts that look at this company")
        self.company.textEdited.connect(self._on_edited)
        self.company.returnPressed.connect(self._on_typed)
        self.area = ComboBox("alerts_filter_area")
        self.area.setAccessibleName("Only this area")
        self.area.set_choices([(None, "All areas"), *((area.value, area.value) for area in Area)])
        self.level = ComboBox("alerts_filter_level")
        self.level.setAccessibleName("Only this notice level")
        levels = sorted(NoticeLevel, key=lambda level: -level.rank)
        self.level.set_choices([(None, "All levels"), *((level.value, words.LEVEL_WORDS[level]) for level in levels)])
        self.area.chosen.connect(self._on_area)
        self.level.chosen.connect(self._on_level)
        self.clear = LinkButton("Clear filters", "alerts_filter_clear")
        self.clear.clicked.connect(lambda: self._choose(ListFilter()))
        self.back = Button("All alerts", "alerts_all", icon="chevron-left", hint="Esc")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 6, 12, 6)
        self._row.setSpacing(8)
        for widget in (self.back, self.company, self.area, self.level, self.clear):
            self._row.addWidget(widget)
        self._row.addStretch(1)
        self.back.hide()
        self.clear.hide()
        theme.follow(self, self._fit)

    def _fit(self) -> None:
        for widget, width in ((self.company, 190), (self.area, 170), (self.level, 130)):
            widget.setFixedWidth(theme.px(width))

    @property
    def value(self) -> ListFilter:
        """Return what is filtered by."""
        return self._filter

    def know_companies(self, companies: Iterable[Company]) -> None:
        """Offer these companies while one is typed."""
        known = frozenset(companies)
        if known != self._known:
            self._known = known
            self.company.set_completions(company_label(each) for each in known)

    def show_filter(self, wanted: ListFilter) -> None:
        """Show a filter, without a signal."""
        self._filter = wanted
        self.area.set_data(wanted.area.value if wanted.area else None)
        self.level.set_data(wanted.level.value if wanted.level else None)
        self._show_company(wanted.company)
        self.clear.setVisible(wanted.on)

    def _show_company(self, company: Company | None) -> None:
        """Put a chip in place of the field while a company is chosen."""
        had_focus = self._chip is not None and self._chip.hasFocus()
        if self._chip is not None:
            self._row.removeWidget(self._chip)
            self._chip.hide()
            self._chip.deleteLater()
            self._chip = None
        self.company.clear()
        self.company.set_wrong(False)
        self.company.setVisible(company is None)
        self.back.setVisible(company is not None)
        if company is not None:
            self._chip = Entry(company_label(company), company_label(company), "companies", "alerts_filter_company_chip", self)
            self._chip.removed.connect(lambda _words: self._choose(replace(self._filter, company=None)))
            self._row.insertWidget(1, self._chip)
            QWidget.setTabOrder(self._chip, self.area)
        elif had_focus:
            self.company.setFocus()

    def _choose(self, wanted: ListFilter) -> None:
        self.show_filter(wanted)
        self.changed.emit(wanted)

    def _on_edited(self, typed: str) -> None:
        self.company.set_wrong(False)
        if typed and any(company_label(each) == typed for each in self._known):
            self._on_typed()  # chosen from what was offered

    def _on_typed(self) -> None:
        typed = self.company.text().strip()
        if not typed or self._filter.company is not None:
            return
        found = find_company(typed, self._known)
        if found is None:
            self.company.set_wrong(True)
            same = any(each[1].casefold() == typed.casefold() for each in self._known)
            why = "A customer and a carrier have this name. Choose one of those offered." if same else "No company has this name."
            self.company.setToolTip(why)
            self.company.setAccessibleDescription(why)
            return
        self.company.setToolTip("")
        self.company.setAccessibleDescription("")
        self._choose(replace(self._filter, company=found))

    def _on_area(self, data: object) -> None:
        self._choose(replace(self._filter, area=Area(str(data)) if data is not None else None))

    def _on_level(self, data: object) -> None:
        self._choose(replace(self._filter, level=NoticeLevel(str(data)) if data is not None else None))
