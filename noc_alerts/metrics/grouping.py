"""Rows of a view: which group each call belongs to. Dictionary-coded, append-only, engine thread only."""

from collections.abc import Mapping

import numpy as np

from noc_alerts.metrics.columns import Calls, Ints
from noc_alerts.model.companies import Dimension, Subject

#: A filter: only calls whose dimension has this text.
Where = tuple[tuple[Dimension, str], ...]


class Dictionary(dict[str, int]):
    """Text -> small integer, in order of first sight; a text never seen gets the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def __missing__(self, text: str) -> int:
        code = len(self.texts)
        self[text] = code
        self.texts.append(text)
        return code

    def encode(self, texts: list[str]) -> Ints:
        """Give the code of each text. [n]"""
        return np.fromiter(map(self.__getitem__, texts), dtype=np.int64, count=len(texts))


class Dictionaries:
    """One dictionary a dimension, shared by all views of a connection."""

    def __init__(self) -> None:
        self._books = {dim: Dictionary() for dim in Dimension}

    def __getitem__(self, dim: Dimension) -> Dictionary:
        return self._books[dim]

    def encode(self, calls: Calls, dims: frozenset[Dimension]) -> Mapping[Dimension, Ints]:
        """Give the codes of the wanted dimensions. dimension -> [n]"""
        return {dim: self._books[dim].encode(calls.dimension(dim)) for dim in dims}


class Grouping:
    """Maps calls to dense rows 0, 1, 2 ... of the groups (a, b, ...) that were seen.

    A call whose group has an empty part belongs to no row (-1): a call the switch refused itself has no gateway and must not
    become a carrier named "". Without dimensions there is one row for all.
    """

    def __init__(self, dims: tuple[Dimension, ...], where: Where, books: Dictionaries) -> None:
        self.dims = dims
        self.where = where
        self.books = books
        self._pairs: list[dict[int, int]] = [{} for _ in dims[1:]]
        self._row_of: dict[int, int] = {}
        self.subjects: list[Subject] = []
        if not dims:
            self.subjects.append(Subject(()))

    @property
    def needs(self) -> frozenset[Dimension]:
        """Give the dimensions whose codes `rows` wants."""
        return frozenset(self.dims) | {dim for dim, _ in self.where}

    def __len__(self) -> int:
        return len(self.subjects)

    def row(self, subject: Subject) -> int:
        """Give the row of a subject of this grouping, making it when it is new. Raises ValueError for another grouping."""
        if tuple(dim for dim, _ in subject.parts) != self.dims:
            raise ValueError(f"{subject.key} is no subject of {self.dims}")
        if not self.dims:
            return 0
        codes = {dim: np.array([self.books[dim][text]], dtype=np.int64) for dim, text in subject.parts}
        return int(self._dense(codes)[0])

    def rows(self, codes: Mapping[Dimension, Ints], n: int) -> Ints:
        """Give the row of each of `n` calls, -1 for those outside the filter or without a group. [n]"""
        keep = np.ones(n, dtype=bool)
        for dim, text in self.where:
            keep &= codes[dim] == self.books[dim][text]
        if not self.dims:
            return np.where(keep, 0, -1)
        for dim in self.dims:
            keep &= codes[dim] != self.books[dim][""]
        if keep.all():
            return self._dense(codes)
        result = np.full(n, -1, dtype=np.int64)
        result[keep] = self._dense({dim: codes[dim][keep] for dim in self.dims})
        return result

    def _dense(self, codes: Mapping[Dimension, Ints]) -> Ints:
        """Fold the codes of all dimensions into one number, pair by pair, then to the row."""
        key = codes[self.dims[0]]
        for dim, pairs in zip(self.dims[1:], self._pairs, strict=True):
            key = _lookup((key << 32) | codes[dim], pairs)
        unique, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        rows = np.empty(len(unique), dtype=np.int64)
        for i, k in enumerate(unique.tolist()):
            row = self._row_of.get(k)
            if row is None:
                row = len(self.subjects)
                self._row_of[k] = row
                at = int(first[i])
                self.subjects.append(Subject.of((dim, self.books[dim].texts[int(codes[dim][at])]) for dim in self.dims))
            rows[i] = row
        result: Ints = rows[inverse]
        return result


def _lookup(keys: Ints, book: dict[int, int]) -> Ints:
    """Give a dense number for each key, new ones in order. [n]"""
    unique, inverse = np.unique(keys, return_inverse=True)
    codes = np.fromiter((book.setdefault(k, len(book)) for k in unique.tolist()), dtype=np.int64, count=len(unique))
    result: Ints = codes[inverse]
    return result
