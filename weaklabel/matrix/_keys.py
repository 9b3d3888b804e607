"""Row keys: unique, never missing, as integers where they are integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from weaklabel._checks import repeated
from weaklabel._classes import is_missing
from weaklabel.types import IntArray


def key_array(keys: Any) -> IntArray:
    """Return row keys as an array: of ints where all are ints, else of Python objects.

    Raises
    ------
    ValueError
        When a key is missing (its position is named).
    """
    if isinstance(keys, np.ndarray) and keys.dtype.kind in "iu":
        return keys.copy()
    items = keys.tolist() if hasattr(keys, "tolist") else list(keys)
    for i, key in enumerate(items):
        if is_missing(key) and not isinstance(key, int):
            raise ValueError(f"row key at position {i} is missing ({key!r}); every row needs one")
    if items and all(type(key) is int for key in items):
        try:
            return np.array(items, np.int64)
        except OverflowError:
            pass
    array = np.empty(len(items), object)
    array[:] = items
    return array


def check_keys(keys: IntArray, n: int) -> None:
    """Refuse row keys of another length, or repeated ones."""
    if len(keys) != n:
        raise ValueError(f"got {len(keys)} row keys for {n} rows")
    if keys.dtype.kind in "iu":
        order = np.sort(keys)
        same = np.flatnonzero(order[1:] == order[:-1])
        again = [order[same[0]].item()] if same.size else []
    else:
        again = repeated(keys.tolist())
    if again:
        first, second = [i for i, key in enumerate(keys.tolist()) if key == again[0]][:2]
        raise ValueError(
            f"row key {again[0]!r} stands on rows {first} and {second}; row keys must be unique"
        )


def storable_keys(keys: IntArray) -> IntArray:
    """Return row keys as an array that a file can hold without pickling."""
    if keys.dtype.kind != "O":
        return keys
    if other := [key for key in keys.tolist() if not isinstance(key, str)]:
        raise TypeError(f"only int and str row keys can be saved, got {other[0]!r}")
    return keys.astype(str)
