"""The filters in the head of the Overview: a chip for each mark, with its count. Runs on the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from ui.marks import Mark
from ui.overview.rows import AlarmRow
from ui.widgets.buttons import Chip

FILTERS = (Mark.CRITICAL, Mark.WARNING, Mark.BLIND)


class Filters(QObject):
    """Three chips, all on at first; notices always show. `changed` tells that one was switched."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.chips = {mark: self._chip(mark) for mark in FILTERS}

    def _chip(self, mark: Mark) -> Chip:
        chip = Chip(mark.value, f"overview_filter_{mark.name.lower()}", mark=mark)
        chip.setChecked(True)
        chip.setToolTip(f"Show or hide what is {mark.value.lower()}")
        chip.toggled.connect(lambda _on: self.changed.emit())
        return chip

    @property
    def hidden(self) -> frozenset[Mark]:
        """Return the marks that are not shown."""
        return frozenset(mark for mark, chip in self.chips.items() if not chip.isChecked())

    @property
    def predicate(self) -> Callable[[AlarmRow], bool] | None:
        """Return what a row must pass to be shown; None when all are."""
        hidden = self.hidden
        return (lambda row: row.mark not in hidden) if hidden else None

    def count(self, rows: Sequence[AlarmRow]) -> dict[Mark, int]:
        """Show how many rows there are of each mark, and return that."""
        counts = {mark: sum(row.mark is mark for row in rows) for mark in FILTERS}
        for mark, chip in self.chips.items():
            chip.set_count(counts[mark])
        return counts

    def show_all(self) -> None:
        """Switch all on."""
        for chip in self.chips.values():
            chip.setChecked(True)

    def set_visible(self, visible: bool) -> None:
        """Show or hide the chips themselves."""
        for chip in self.chips.values():
            chip.setVisible(visible)
