"""The rows of a table model by slot, their order and what the filter lets pass. Plain Python, nothing is told to a view.

Runs on the window's thread. A slot is a row's place in memory and stays the same while the row lives; order and filter are
lists of slots, which is what makes them fast.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Generic, cast

from ui.table_spec import Column, RowT, sort_keys

_MANY = 2000  # rows from which sorting numbers pays


class RowStore(Generic[RowT]):
    """Keep rows by key in slots, sorted in the order in force."""

    def __init__(
        self,
        columns: Sequence[Column[RowT]],
        key: Callable[[RowT], Hashable],
        natural: Callable[[RowT], Any] | None,
    ) -> None:
        self.key, self.natural = key, natural
        self.slots: dict[Hashable, int] = {}
        self.sorted: list[int] = []  # all slots in order
        self.words: tuple[str, ...] = ()
        self.predicate: Callable[[RowT], bool] | None = None
        self.column = -1  # sorted by this column; -1: the natural order
        self.descending = False
        self._columns = tuple(columns)
        self._rows: list[RowT | None] = []  # by slot; None is a free slot
        self._free: list[int] = []
        self._hay: list[str | None] = []  # by slot: what the filter row looks in; None is made when it is looked in
        self._hay_gaps = False  # some of it is to be made
        self._keys: list[Any] = []  # by slot: the key of the order in force
        self._turns: list[int] = []  # by slot: the how many-th row it is, the order where there is no other
        self._turn = 0

    def __getitem__(self, slot: int) -> RowT:
        row = self._rows[slot]
        if row is None:
            raise IndexError(f"slot {slot} is free")
        return row

    # --- rows --------------------------------------------------------------------------------------------------------

    def put(self, row: RowT) -> int:
        """Give a new row a slot and return it; its place in the order is not made yet."""
        self._turn += 1
        key = self._keys_of([row], [self._turn])[0]
        if self._free:
            slot = self._free.pop()
            self._rows[slot], self._hay[slot] = row, self._hay_of(row)
            self._keys[slot], self._turns[slot] = key, self._turn
        else:
            slot = len(self._rows)
            self._rows.append(row)
            self._hay.append(self._hay_of(row))
            self._keys.append(key)
            self._turns.append(self._turn)
        self.slots[self.key(row)] = slot
        return slot

    def replace(self, slot: int, row: RowT) -> bool:
        """Put a row in place of the one of the same key; return whether the key of its order changed."""
        before = self[slot]
        self._rows[slot], self._hay[slot], self._hay_gaps = row, None, True
        key = self._keys_of([row], [self._turns[slot]])[0]
        if self.natural is not None and self.column >= 0:
            moved = bool(self.natural(before) != self.natural(row))
        else:
            moved = bool(key != self._keys[slot])
        self._keys[slot] = key
        return moved

    def free(self, slot: int) -> None:
        """Forget the row of a slot."""
        del self.slots[self.key(self[slot])]
        self.sorted.remove(slot)
        self._rows[slot] = None
        self._free.append(slot)

    def load(self, rows: list[RowT]) -> None:
        """Forget everything and take these rows, in the order in force."""
        self._rows, self._hay, self._free = list(rows), [self._hay_of(row) for row in rows], []
        self.slots = {self.key(row): slot for slot, row in enumerate(rows)}
        self._turns, self._turn = list(range(len(rows))), len(rows)
        self._keys = self._keys_of(self._rows, self._turns)
        self.sorted = self.ordered(list(range(len(rows))))

    # --- order -------------------------------------------------------------------------------------------------------

    def order_by(self, column: int, descending: bool) -> None:
        """Make a column's values (-1: the natural order) the keys of the order; `sorted` stays as it is."""
        self.column, self.descending = column, descending
        self._keys = self._keys_of(self._rows, self._turns)

    def ordered(self, slots: list[int]) -> list[int]:
        """Return the slots in the order in force; those without a value last in both directions."""
        keys = self._keys
        if len(slots) >= _MANY and isinstance(next((keys[slot] for slot in slots if keys[slot] is not None), None), float | int):
            return self._ordered_by_number(slots)
        try:
            return sorted(slots, key=keys.__getitem__, reverse=self.descending)
        except TypeError:  # some have no value: None compares with nothing
            present = [slot for slot in slots if keys[slot] is not None]
        ordered = sorted(present, key=keys.__getitem__, reverse=self.descending)
        return ordered + [slot for slot in slots if keys[slot] is None]

    def _ordered_by_number(self, slots: list[int]) -> list[int]:
        """Do the same for numbers, twice as fast; NaN, which stands for no value, sorts last."""
        import numpy as np  # not at the start of the window: no table is that long then

        places = np.array(slots)
        values = np.array(self._keys, dtype=np.float64)[places]  # None becomes NaN
        found: list[int] = places[np.argsort(-values if self.descending else values, kind="stable")].tolist()
        return found

    def place_in(self, slots: list[int], slot: int) -> int:
        """Return where a slot belongs among ordered ones, after its equals."""
        keys, key = self._keys, self._keys[slot]
        if key is None:
            return len(slots)
        present = len(slots)
        while present and keys[slots[present - 1]] is None:
            present -= 1
        if self.descending:
            # equals of a falling order stand after the older ones as well
            return present - bisect_left(slots[:present][::-1], key, key=keys.__getitem__)
        return bisect_right(slots, key, hi=present, key=keys.__getitem__)

    def _keys_of(self, rows: Sequence[RowT | None], turns: list[int]) -> list[Any]:
        """Return the sort keys of rows, made comparable and cheap; without any order, their turns."""
        get = self._columns[self.column].value if self.column >= 0 else self.natural
        if get is None:
            return list(turns)
        return sort_keys([None if row is None else get(row) for row in rows])

    # --- filter ------------------------------------------------------------------------------------------------------

    @property
    def filtered(self) -> bool:
        """Return whether a filter is on."""
        return bool(self.words) or self.predicate is not None

    def passing(self) -> list[int]:
        """Return the slots the filter lets pass, in order."""
        # rows are asked in the order they lie in memory, which is several times faster than in the order they are shown
        slots, passing = self.sorted, None
        hay = self._all_hay() if self.words else []
        for word in self.words:
            if passing is None:
                passing = [word in text for text in hay]
            else:
                passing = [yes and word in text for yes, text in zip(passing, hay, strict=True)]
        if self.predicate is not None:
            passes = self.predicate
            if passing is None:
                passing = [row is not None and passes(row) for row in self._rows]
            else:
                passing = [
                    yes and row is not None and passes(row) for yes, row in zip(passing, self._rows, strict=True)
                ]
        return list(slots) if passing is None else [slot for slot in slots if passing[slot]]

    def passes(self, slot: int) -> bool:
        """Return whether the filter lets a row pass."""
        if self.words:
            hay = self._hay[slot]
            if hay is None:
                hay = self._hay[slot] = self._hay_of(self[slot])
            if any(word not in hay for word in self.words):
                return False
        return self.predicate is None or self.predicate(self[slot])

    def _all_hay(self) -> list[str]:
        """Return what the filter row looks in, by slot; made anew for rows that changed since."""
        if self._hay_gaps:
            rows = zip(self._hay, self._rows, strict=True)
            self._hay = [("" if row is None else self._hay_of(row)) if text is None else text for text, row in rows]
            self._hay_gaps = False
        return cast(list[str], self._hay)

    def _hay_of(self, row: RowT) -> str:
        texts = []
        for column in self._columns:
            found = column.search(row) if column.search is not None else column.value(row)
            if isinstance(found, str):
                texts.append(found)
        return "\n".join(texts).casefold()
