"""What cannot be summed: distinct numbers, failures in a row, calls in progress. Exact, from the calls of a window."""

import numpy as np

from noc_alerts.metrics.columns import Bools, Ints


def distinct(rows: Ints, numbers: Ints, count: int) -> Ints:
    """Count the distinct numbers of each row. rows, numbers: [n], row in 0..count-1, numbers at least 0. [count]"""
    if len(rows) == 0:
        return np.zeros(count, dtype=np.int64)
    # one key to sort by is five times faster than two; both are small: rows of a view, codes of a dictionary
    width = int(numbers.max()) + 1
    key = np.sort(rows * width + numbers)
    first = np.ones(len(key), dtype=bool)
    first[1:] = key[1:] != key[:-1]
    return np.bincount(key[first] // width, minlength=count)


def consecutive_failures(rows: Ints, at_ms: Ints, answered: Bools, count: int) -> Ints:
    """Count the failures later than the last answered call of each row (reference/connexcs.md section 4).

    A failure in the same millisecond as the answered call is not later. Calls may come in any order. [count]
    """
    last = np.full(count, np.iinfo(np.int64).min, dtype=np.int64)
    np.maximum.at(last, rows[answered], at_ms[answered])
    late = ~answered & (at_ms > last[rows])
    return np.bincount(rows[late], minlength=count)


def in_progress(rows: Ints, setup_ms: Ints, end_ms: Ints, at_ms: int, count: int) -> Ints:
    """Count the calls of each row that had begun and not ended at `at_ms`, ringing included. [count]"""
    up = (setup_ms <= at_ms) & (end_ms > at_ms)
    return np.bincount(rows[up], minlength=count)
