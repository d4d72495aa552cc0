"""The one table model of the window: ready rows, an own index array for order and filter, changes cell by cell.

Runs on the window's thread. A proxy model over Python rows needs 12 s to sort 100,000 rows; an index array needs 20 ms.
What a cell shows is a `Cell`, made by its column when it is first painted and kept until its row changes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Generic

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from ui.table_spec import Align, Cell, Column, RowStyle, RowT, make_cell, sort_keys, tsv_lines

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
        self._key, self._order_of, self._style_of, self._spoken_of = key, order, style, spoken
        self._rows: list[RowT | None] = []  # by slot; None is a free slot
        self._free: list[int] = []
        self._hay: list[str] = []  # by slot: what the filter row looks in
        self._sort_keys: list[Any] = []  # by slot: the key of the order in force
        self._turns: list[int] = []  # by slot: the how many-th row it is, the order where there is no other
        self._turn = 0
        self._slots: dict[Hashable, int] = {}
        self._sorted: list[int] = []  # all slots in order
        self._shown: list[int] = []  # those of them that pass the filter
        self._places: dict[int, int] | None = None  # slot -> view row, made when asked for
        self._cells: dict[tuple[int, int], Cell] = {}
        self._styles: dict[int, RowStyle] = {}
        self._words: tuple[str, ...] = ()
        self._predicate: Callable[[RowT], bool] | None = None
        self._column = -1  # sorted by this column; -1: the natural order
        self._descending = False
        self._held = self._pending = False

    # --- what is there -----------------------------------------------------------------------------------------------

    @property
    def total(self) -> int:
        """Return the count of all rows, also those the filter hides."""
        return len(self._slots)

    @property
    def sorted_column(self) -> tuple[int, bool]:
        """Return the column of the order in force (-1: natural) and whether it runs downwards."""
        return self._column, self._descending

    @property
    def filtered(self) -> bool:
        """Return whether a filter is on."""
        return bool(self._words) or self._predicate is not None

    def row_at(self, view_row: int) -> RowT:
        """Return the row shown at a place; raise IndexError outside."""
        row = self._rows[self._shown[view_row]]
        assert row is not None
        return row

    def key_at(self, view_row: int) -> Hashable:
        """Return the key of the row shown at a place."""
        return self._key(self.row_at(view_row))

    def find(self, key: Hashable) -> RowT | None:
        """Return the row of a key, also when the filter hides it; None if there is none."""
        slot = self._slots.get(key)
        return None if slot is None else self._rows[slot]

    def view_row(self, key: Hashable) -> int:
        """Return the place where a key is shown, or -1."""
        slot = self._slots.get(key)
        if slot is None:
            return -1
        if self._places is None:
            self._places = {each: place for place, each in enumerate(self._shown)}
        return self._places.get(slot, -1)

    def rows(self) -> list[RowT]:
        """Return all rows in order, also those the filter hides."""
        return [row for slot in self._sorted if (row := self._rows[slot]) is not None]

    def shown_rows(self) -> list[RowT]:
        """Return the rows shown, in order."""
        return [row for slot in self._shown if (row := self._rows[slot]) is not None]

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
            row = self._rows[slot]
            found = self._style_of(row) if self._style_of is not None and row is not None else _PLAIN
            self._styles[slot] = found
        return found

    def tsv(self, view_rows: Iterable[int], columns: Sequence[int]) -> str:
        """Return rows as tab separated text with a head, plain spaces and minus signs, for a spreadsheet."""
        head = [Cell(self.columns[column].title) for column in columns]
        return tsv_lines([head, *([self.cell(place, column) for column in columns] for place in view_rows)])

    # --- changes -----------------------------------------------------------------------------------------------------

    def set_rows(self, rows: Iterable[RowT]) -> None:
        """Make these the rows: known keys are changed in place, new ones added, missing ones removed."""
        incoming = {self._key(row): row for row in rows}
        gone = [key for key in self._slots if key not in incoming]
        if len(gone) > _MANY:
            self._reload(list(incoming.values()))
            return
        self.remove(gone)
        self.upsert(incoming.values())

    def upsert(self, rows: Iterable[RowT]) -> None:
        """Change rows in place by key and add the new ones; a later row of the same key wins."""
        incoming = {self._key(row): row for row in rows}
        new = [row for key, row in incoming.items() if key not in self._slots]
        changed = [(self._slots[key], row) for key, row in incoming.items() if key in self._slots]
        self._change(changed)
        if len(new) > _MANY:
            self.beginResetModel()
            self._sorted = self._ordered(self._sorted + [self._put(row) for row in new])
            self._shown, self._places = self._passing(), None
            self.endResetModel()
        else:
            for row in new:
                self._add(row)
        if new:
            self._tell_counts()

    def remove(self, keys: Iterable[Hashable]) -> None:
        """Remove rows by key; unknown keys are passed over."""
        gone = {key for key in keys if key in self._slots}
        if len(gone) > _MANY:
            self._reload([row for row in self.rows() if self._key(row) not in gone])
            return
        slots = [self._slots[key] for key in gone]
        for slot in slots:
            self._hide(slot)
            self._sorted.remove(slot)
            row = self._rows[slot]
            assert row is not None
            del self._slots[self._key(row)]
            self._forget(slot)
            self._rows[slot] = None
            self._free.append(slot)
        if slots:
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
        self._column, self._descending = column, column >= 0 and order == Qt.SortOrder.DescendingOrder
        self._sort_keys = self._keys_of(self._rows, self._turns)
        self._resort()

    def hold(self, held: bool) -> None:
        """Stop rows from changing places, or let them do what waited."""
        self._held = held
        if not held and self._pending:
            self._resort()

    def set_needle(self, text: str) -> None:
        """Show only rows that contain every word of the text, whatever its case."""
        words = tuple(text.casefold().split())
        if words != self._words:
            self._words = words
            self._refilter()

    def set_predicate(self, predicate: Callable[[RowT], bool] | None) -> None:
        """Show only rows for which the predicate holds; None shows all. Works together with the words."""
        self._predicate = predicate
        self._refilter()

    def _refilter(self) -> None:
        shown = self._passing()
        if shown == self._shown:
            return
        self.beginResetModel()  # the view keeps selection, current row and scroll by key
        self._shown, self._places = shown, None
        self.endResetModel()
        self._tell_counts()

    def _passing(self) -> list[int]:
        slots, hay = self._sorted, self._hay
        if self._words:
            first, rest = self._words[0], self._words[1:]
            slots = [slot for slot in slots if first in hay[slot]]
            for word in rest:
                slots = [slot for slot in slots if word in hay[slot]]
        if self._predicate is not None:
            passes = self._predicate
            if self._words:
                slots = [slot for slot in slots if (row := self._rows[slot]) is not None and passes(row)]
            else:  # all rows: asked in the order they lie in memory, which is three times faster
                passing = [row is not None and passes(row) for row in self._rows]
                slots = [slot for slot in slots if passing[slot]]
        return list(slots)

    def _passes(self, slot: int) -> bool:
        row, hay = self._rows[slot], self._hay[slot]
        if row is None or any(word not in hay for word in self._words):
            return False
        return self._predicate is None or self._predicate(row)

    def _resort(self) -> None:
        if self._held:
            self._pending = True
            return
        self._pending = False
        ordered = self._ordered(self._sorted)
        if ordered == self._sorted:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        slots = [self._shown[index.row()] for index in before]
        self._sorted = ordered
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

    def _ordered(self, slots: list[int]) -> list[int]:
        """Return the slots in the order in force; those without a value last in both directions."""
        keys = self._sort_keys
        try:
            return sorted(slots, key=keys.__getitem__, reverse=self._descending)
        except TypeError:  # some have no value: None compares with nothing
            present = [slot for slot in slots if keys[slot] is not None]
        ordered = sorted(present, key=keys.__getitem__, reverse=self._descending)
        return ordered + [slot for slot in slots if keys[slot] is None]

    # --- one row -----------------------------------------------------------------------------------------------------

    def _key_getter(self) -> Callable[[RowT], Any] | None:
        return self.columns[self._column].value if self._column >= 0 else self._order_of

    def _keys_of(self, rows: Sequence[RowT | None], turns: list[int]) -> list[Any]:
        """Return the sort keys of rows, made comparable and cheap; without any order, their turns."""
        get = self._key_getter()
        if get is None:
            return list(turns)
        return sort_keys([None if row is None else get(row) for row in rows])

    def _change(self, changed: list[tuple[int, RowT]]) -> None:
        """Replace rows in their slots; tell the view which cells, and put in order again if a key changed."""
        moved, touched = False, []
        for slot, row in changed:
            before = self._rows[slot]
            if before is row or before == row:
                continue
            assert before is not None
            if self._order_of is not None:
                moved = moved or self._order_of(before) != self._order_of(row)
            self._rows[slot], self._hay[slot] = row, self._hay_of(row)
            key = self._keys_of([row], [self._turns[slot]])[0]
            if self._order_of is None:
                moved = moved or key != self._sort_keys[slot]
            self._sort_keys[slot] = key
            self._forget(slot)
            touched.append(slot)
        self._tell_changed(touched)
        if moved:
            self._resort()

    def _tell_changed(self, slots: list[int]) -> None:
        last, counts = len(self.columns) - 1, False
        places = []
        for slot in slots:
            row = self._rows[slot]
            assert row is not None
            place = self.view_row(self._key(row))
            passes = not self.filtered or self._passes(slot)
            if place >= 0 and passes:
                places.append(place)
            elif place >= 0:
                self._hide(slot)
                counts = True
            elif passes:
                self._show(slot)
                counts = True
        if counts:
            places = [] if not places else [0, len(self._shown) - 1]
        if len(places) > 50:
            self.dataChanged.emit(self.index(min(places), 0), self.index(max(places), last))
        else:
            for place in places:
                self.dataChanged.emit(self.index(place, 0), self.index(place, last))
        if counts:
            self._tell_counts()

    def _put(self, row: RowT) -> int:
        """Give a row a slot, without showing it."""
        self._turn += 1
        key = self._keys_of([row], [self._turn])[0]
        if self._free:
            slot = self._free.pop()
            self._rows[slot], self._hay[slot] = row, self._hay_of(row)
            self._sort_keys[slot], self._turns[slot] = key, self._turn
        else:
            slot = len(self._rows)
            self._rows.append(row)
            self._hay.append(self._hay_of(row))
            self._sort_keys.append(key)
            self._turns.append(self._turn)
        self._slots[self._key(row)] = slot
        return slot

    def _add(self, row: RowT) -> None:
        """Take in one new row at its place in the order, or last while the order is held."""
        slot = self._put(row)
        if self._held:
            self._sorted.append(slot)
            self._pending = True
        else:
            self._sorted.insert(self._place_in(self._sorted, slot), slot)
        if self._passes(slot):
            self._show(slot)

    def _place_in(self, slots: list[int], slot: int) -> int:
        """Return where a slot belongs by the order in force, after its equals."""
        keys, key = self._sort_keys, self._sort_keys[slot]
        present = len(slots)
        while present and keys[slots[present - 1]] is None:
            present -= 1
        if key is None:
            return len(slots)
        if self._descending:
            # equals of a falling order stand after the older ones as well
            return present - bisect_left(slots[:present][::-1], key, key=keys.__getitem__)
        return bisect_right(slots, key, hi=present, key=keys.__getitem__)

    def _show(self, slot: int) -> None:
        place = len(self._shown) if self._held else self._place_in(self._shown, slot)
        self.beginInsertRows(_NO_PARENT, place, place)
        self._shown.insert(place, slot)
        self._places = None
        self.endInsertRows()

    def _hide(self, slot: int) -> None:
        row = self._rows[slot]
        assert row is not None
        place = self.view_row(self._key(row))
        if place < 0:
            return
        self.beginRemoveRows(_NO_PARENT, place, place)
        del self._shown[place]
        self._places = None
        self.endRemoveRows()

    def _reload(self, rows: list[RowT]) -> None:
        self.beginResetModel()
        self._rows, self._hay, self._free = list(rows), [self._hay_of(row) for row in rows], []
        self._slots = {self._key(row): slot for slot, row in enumerate(rows)}
        self._cells.clear()
        self._styles.clear()
        self._turns, self._turn = list(range(len(rows))), len(rows)
        self._sort_keys = self._keys_of(self._rows, self._turns)
        self._sorted = self._ordered(list(range(len(rows))))
        self._shown, self._places = self._passing(), None
        self.endResetModel()
        self._tell_counts()

    def _hay_of(self, row: RowT) -> str:
        texts = []
        for column in self.columns:
            found = column.search(row) if column.search is not None else column.value(row)
            if isinstance(found, str):
                texts.append(found)
        return "\n".join(texts).casefold()

    def _forget(self, slot: int) -> None:
        self._styles.pop(slot, None)
        for column in range(len(self.columns)):
            self._cells.pop((slot, column), None)

    def _tell_counts(self) -> None:
        self.counts_changed.emit(len(self._shown), len(self._slots))

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
