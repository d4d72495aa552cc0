"""The one table model of the window: ready rows, an own index array for order and filter, changes cell by cell.

Runs on the window's thread. A proxy model over Python rows needs 12 s to sort 100,000 rows; an index array needs 20 ms.
What a cell shows is a `Cell`, made by its column when it is first painted and kept until its row changes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Generic

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from ui.table_rows import RowStore
from ui.table_spec import Align, Cell, Column, RowStyle, RowT, make_cell, tsv_lines

__all__ = ["Align", "Cell", "Column", "RowStyle", "TableModel"]

Index = QModelIndex | QPersistentModelIndex

_MANY = 200  # so many new rows at once are taken in by one reset, with the selection kept by the view
_NO_PARENT = QModelIndex()


class TableModel(QAbstractTableModel, Generic[RowT]):
    """Keep rows by key, show those that pass the filter, in order.

    `order` gives the natural order's key; when it changes for a row, rows are put in order again. Without it, that is
    done when the value of the sorted column changes. While `hold` is on (pointer over the table, menu open) it waits.
    `counts_changed` carries (shown, all).
    """

    counts_changed = Signal(int, int)

    def __init__(
        self,
        columns: Sequence[Column[RowT]],
        key: Callable[[RowT], Hashable],
        *,
        order: Callable[[RowT], Any] | None = None,
        style: Callable[[RowT], RowStyle] | None = None,
        spoken: Callable[[RowT], str] | None = None,
    ) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self._style_of, self._spoken_of = style, spoken
        self._store: RowStore[RowT] = RowStore(self.columns, key, order)
        self._shown: list[int] = []  # the slots that pass the filter, in order
        self._places: dict[int, int] | None = None  # slot -> view row, made when asked for
        self._cells: dict[tuple[int, int], Cell] = {}
        self._styles: dict[int, RowStyle] = {}
        self._held = self._pending = False

    # --- what is there -----------------------------------------------------------------------------------------------

    @property
    def total(self) -> int:
        """Return the count of all rows, also those the filter hides."""
        return len(self._store.slots)

    @property
    def sorted_column(self) -> tuple[int, bool]:
        """Return the column of the order in force (-1: natural) and whether it runs downwards."""
        return self._store.column, self._store.descending

    @property
    def filtered(self) -> bool:
        """Return whether a filter is on."""
        return self._store.filtered

    def row_at(self, view_row: int) -> RowT:
        """Return the row shown at a place; raise IndexError outside."""
        return self._store[self._shown[view_row]]

    def key_at(self, view_row: int) -> Hashable:
        """Return the key of the row shown at a place."""
        return self._store.key(self.row_at(view_row))

    def find(self, key: Hashable) -> RowT | None:
        """Return the row of a key, also when the filter hides it; None if there is none."""
        slot = self._store.slots.get(key)
        return None if slot is None else self._store[slot]

    def view_row(self, key: Hashable) -> int:
        """Return the place where a key is shown, or -1."""
        slot = self._store.slots.get(key)
        return -1 if slot is None else self._place_of(slot)

    def rows(self) -> list[RowT]:
        """Return all rows in order, also those the filter hides."""
        return [self._store[slot] for slot in self._store.sorted]

    def shown_rows(self) -> list[RowT]:
        """Return the rows shown, in order."""
        return [self._store[slot] for slot in self._shown]

    def cell(self, view_row: int, column: int) -> Cell:
        """Return what a cell shows; made once per change of its row."""
        slot = self._shown[view_row]
        found = self._cells.get((slot, column))
        if found is None:
            if len(self._cells) > 20_000:
                self._cells.clear()
            found = self._cells[slot, column] = make_cell(self.row_at(view_row), self.columns[column])
        return found

    def style(self, view_row: int) -> RowStyle:
        """Return how a whole row looks."""
        slot = self._shown[view_row]
        found = self._styles.get(slot)
        if found is None:
            found = _PLAIN if self._style_of is None else self._style_of(self._store[slot])
            self._styles[slot] = found
        return found

    def tsv(self, view_rows: Iterable[int], columns: Sequence[int]) -> str:
        """Return rows as tab separated text with a head, plain spaces and minus signs, for a spreadsheet."""
        head = [Cell(self.columns[column].title) for column in columns]
        return tsv_lines([head, *([self.cell(place, column) for column in columns] for place in view_rows)])

    # --- changes -----------------------------------------------------------------------------------------------------

    def set_rows(self, rows: Iterable[RowT]) -> None:
        """Make these the rows: known keys are changed in place, new ones added, missing ones removed."""
        store = self._store
        incoming = {store.key(row): row for row in rows}
        gone = [key for key in store.slots if key not in incoming]
        if len(gone) > _MANY:
            self._reload(list(incoming.values()))
            return
        self.remove(gone)
        self.upsert(incoming.values())

    def upsert(self, rows: Iterable[RowT]) -> None:
        """Change rows in place by key and add the new ones; a later row of the same key wins."""
        store = self._store
        incoming = {store.key(row): row for row in rows}
        new = [row for key, row in incoming.items() if key not in store.slots]
        self._change([(store.slots[key], row) for key, row in incoming.items() if key in store.slots])
        if len(new) > _MANY:
            self.beginResetModel()
            store.sorted = store.ordered(store.sorted + [store.put(row) for row in new])
            self._shown, self._places = store.passing(), None
            self.endResetModel()
        else:
            for row in new:
                self._add(row)
        if new:
            self._tell_counts()

    def remove(self, keys: Iterable[Hashable]) -> None:
        """Remove rows by key; unknown keys are passed over."""
        store = self._store
        gone = {key for key in keys if key in store.slots}
        if len(gone) > _MANY:
            self._reload([row for row in self.rows() if store.key(row) not in gone])
            return
        for slot in [store.slots[key] for key in gone]:
            self._hide(slot)
            self._forget(slot)
            store.free(slot)
        if gone:
            self._tell_counts()

    def refresh(self) -> None:
        """Make every cell anew, because what it shows depends on more than its row (time, theme, zone)."""
        self._cells.clear()
        self._styles.clear()
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, len(self.columns) - 1))

    # --- order and filter --------------------------------------------------------------------------------------------

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Put the rows in order of a column, -1 for the natural order; ties keep the order they had."""
        self._store.order_by(column, column >= 0 and order == Qt.SortOrder.DescendingOrder)
        self._resort()

    def hold(self, held: bool) -> None:
        """Stop rows from changing places, or let them do what waited."""
        self._held = held
        if not held and self._pending:
            self._resort()

    def set_needle(self, text: str) -> None:
        """Show only rows that contain every word of the text, whatever its case."""
        words = tuple(text.casefold().split())
        if words != self._store.words:
            self._store.words = words
            self._refilter()

    def set_predicate(self, predicate: Callable[[RowT], bool] | None) -> None:
        """Show only rows for which the predicate holds; None shows all. Works together with the words."""
        self._store.predicate = predicate
        self._refilter()

    def _refilter(self) -> None:
        shown = self._store.passing()
        if shown == self._shown:
            return
        self.beginResetModel()  # the view keeps selection, current row and scroll by key
        self._shown, self._places = shown, None
        self.endResetModel()
        self._tell_counts()

    def _resort(self) -> None:
        if self._held:
            self._pending = True
            return
        self._pending = False
        ordered = self._store.ordered(self._store.sorted)
        if ordered == self._store.sorted:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        slots = [self._shown[index.row()] for index in before]
        self._store.sorted = ordered
        if self.filtered:
            shown = set(self._shown)
            self._shown = [slot for slot in ordered if slot in shown]
        else:
            self._shown = list(ordered)
        self._places = None
        if before:
            places = {slot: place for place, slot in enumerate(self._shown)}
            after = [self.index(places[slot], index.column()) for slot, index in zip(slots, before, strict=True)]
            self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    # --- one row -----------------------------------------------------------------------------------------------------

    def _place_of(self, slot: int) -> int:
        if self._places is None:
            self._places = {each: place for place, each in enumerate(self._shown)}
        return self._places.get(slot, -1)

    def _change(self, changed: list[tuple[int, RowT]]) -> None:
        """Replace rows in their slots; tell the view which cells, and put in order again if a key changed."""
        moved, touched = False, []
        for slot, row in changed:
            before = self._store[slot]
            if before is row or before == row:
                continue
            moved = self._store.replace(slot, row) or moved
            self._forget(slot)
            touched.append(slot)
        self._tell_changed(touched)
        if moved:
            self._resort()

    def _tell_changed(self, slots: list[int]) -> None:
        places, counts = [], False
        for slot in slots:
            place, passes = self._place_of(slot), not self.filtered or self._store.passes(slot)
            if place >= 0 and passes:
                places.append(place)
            elif place >= 0:
                self._hide(slot)
                counts = True
            elif passes:
                self._show(slot)
                counts = True
        last = len(self.columns) - 1
        if counts and places:  # places moved meanwhile
            places = [0, len(self._shown) - 1]
        if counts or len(places) > 50:
            stretches = [(min(places), max(places))] if places else []
        else:
            stretches = [(place, place) for place in places]
        for first, final in stretches:
            self.dataChanged.emit(self.index(first, 0), self.index(final, last))
        if counts:
            self._tell_counts()

    def _add(self, row: RowT) -> None:
        """Take in one new row at its place in the order, or last while the order is held."""
        store = self._store
        slot = store.put(row)
        if self._held:
            store.sorted.append(slot)
            self._pending = True
        else:
            store.sorted.insert(store.place_in(store.sorted, slot), slot)
        if store.passes(slot):
            self._show(slot)

    def _show(self, slot: int) -> None:
        place = len(self._shown) if self._held else self._store.place_in(self._shown, slot)
        self.beginInsertRows(_NO_PARENT, place, place)
        self._shown.insert(place, slot)
        self._places = None
        self.endInsertRows()

    def _hide(self, slot: int) -> None:
        place = self._place_of(slot)
        if place < 0:
            return
        self.beginRemoveRows(_NO_PARENT, place, place)
        del self._shown[place]
        self._places = None
        self.endRemoveRows()

    def _reload(self, rows: list[RowT]) -> None:
        self.beginResetModel()
        self._store.load(rows)
        self._cells.clear()
        self._styles.clear()
        self._shown, self._places = self._store.passing(), None
        self.endResetModel()
        self._tell_counts()

    def _forget(self, slot: int) -> None:
        self._styles.pop(slot, None)
        for column in range(len(self.columns)):
            self._cells.pop((slot, column), None)

    def _tell_counts(self) -> None:
        self.counts_changed.emit(len(self._shown), self.total)

    # --- Qt ----------------------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        """Return the count of rows shown."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NO_PARENT) -> int:
        """Return the count of columns, also hidden ones."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return text, tooltip, alignment or spoken text of a cell."""
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return column.align.value | Qt.AlignmentFlag.AlignVCenter
        if role not in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.AccessibleTextRole,
        ):
            return None
        cell = self.cell(index.row(), index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.plain
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell.tooltip or "\n".join(part for part in (cell.plain, cell.second) if part) or None
        if index.column() == 0 and self._spoken_of is not None:
            return self._spoken_of(self.row_at(index.row()))
        return cell.spoken or ", ".join(part for part in (cell.plain, cell.second) if part)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's title, alignment and tooltip."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return column.align.value | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tooltip or None
        return None


_PLAIN = RowStyle()
