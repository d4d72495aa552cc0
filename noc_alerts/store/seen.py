"""Which records were seen: 64-bit fingerprints of the switches' own ids. Pure; no thread of its own, no SQL.

An index of the ids themselves in SQLite takes 90,000 random ids a second with a million kept (measured: every id lands on
another page of the tree), so the file keeps each page's fingerprints beside it, and memory holds them sorted: 8 bytes
a record. Two different ids meet with probability n / 2**64: with 10 million records kept, once in 10**12 new records.
"""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from noc_alerts.metrics.columns import Bools

Prints = NDArray[np.uint64]

DTYPE = np.dtype("<u8")
#: Longer ids are hashed first, so that one long id does not widen the whole page.
_LONG = 64
_SHIFT = np.uint64(33)
_FIRST = np.uint64(0xFF51AFD7ED558CCD)
_SECOND = np.uint64(0xC4CEB9FE1A85EC53)


def fingerprints(ids: Sequence[str], salt: int) -> Prints:
    """Give a fingerprint an id. `salt`: a random number of the file, so that nobody can make ids that meet."""
    n = len(ids)
    if not n:
        return np.zeros(0, dtype=DTYPE)
    lengths = np.fromiter(map(len, ids), dtype=np.int64, count=n)
    prints = _mix(lengths.astype(np.uint64) ^ np.uint64(salt))
    if int(lengths.max()) > _LONG:
        ids = [text if len(text) <= _LONG else _digest(text) for text in ids]
        lengths = np.minimum(lengths, _LONG)
    width = int(lengths.max())
    width += width % 2
    if not width:
        return prints
    # two characters of four bytes a lane
    lanes = np.array(ids, dtype=f"<U{width}").view(DTYPE).reshape(n, width // 2)
    shortest = int(lengths.min())
    for j in range(width // 2):
        mixed = _mix(prints ^ lanes[:, j])
        prints = mixed if shortest > 2 * j else np.where(lengths > 2 * j, mixed, prints)
    return prints


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_LONG // 2).hexdigest()


def _mix(lane: Prints) -> Prints:
    """Spread every bit over all bits, one to one (MurmurHash3's finalizer, Appleby, public domain)."""
    lane = (lane ^ (lane >> _SHIFT)) * _FIRST
    lane = (lane ^ (lane >> _SHIFT)) * _SECOND
    return lane ^ (lane >> _SHIFT)


class SeenIndex:
    """The fingerprints of one connection's records, as few sorted runs."""

    def __init__(self, prints: Prints) -> None:
        """Take what is kept so far, in any order."""
        self._runs: list[Prints] = [np.sort(prints)] if len(prints) else []

    def __len__(self) -> int:
        return sum(len(run) for run in self._runs)

    def new(self, prints: Prints) -> Bools:
        """Give a mask of those that are not here; of equal ones among them only the first."""
        order = np.argsort(prints, kind="stable")
        ordered = prints[order]
        fresh = np.ones(len(prints), dtype=np.bool_)
        fresh[1:] = ordered[1:] != ordered[:-1]
        for run in self._runs:
            at = np.searchsorted(run, ordered)
            np.minimum(at, len(run) - 1, out=at)
            fresh &= run[at] != ordered
        mask = np.empty(len(prints), dtype=np.bool_)
        mask[order] = fresh
        return mask

    def add(self, prints: Prints) -> None:
        """Take prints that `new` called new. Runs double in length, so that each print is moved only a few times."""
        if not len(prints):
            return
        self._runs.append(np.sort(prints))
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            joined = np.concatenate((self._runs.pop(), self._runs.pop()))
            joined.sort(kind="stable")  # two sorted runs are merged, not sorted
            self._runs.append(joined)

    def remove(self, prints: Iterable[Prints]) -> None:
        """Let go of prints whose records are gone."""
        gone = np.sort(np.concatenate([np.zeros(0, dtype=DTYPE), *prints]))
        if not len(gone):
            return
        kept = []
        for run in self._runs:
            at = np.searchsorted(gone, run)
            np.minimum(at, len(gone) - 1, out=at)
            rest = run[gone[at] != run]
            if len(rest):
                kept.append(rest)
        self._runs = kept
