"""Row keys: unique, never missing, as integers where they are integers."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from weaklabel._checks import repeated
from weaklabel._classes import is_missing
from weaklabel.types import IntArray


def key_array(keys: Any, *, start: int = 0) -> IntArray:
    """Return row keys as an array: of ints where all are ints, else of Python objects.

    Parameters
    ----------
    keys : array-like, shape (n,)
        Row keys.
    start : int, optional
        Position of the first, for messages.

    Raises
    ------
    ValueError
        When a key is missing (its position is named), or the keys are not one-dimensional.
    TypeError
        When a key is not hashable.
    """
    if isinstance(keys, np.ndarray):
        if keys.ndim != 1:
            raise ValueError(f"row keys must be one-dimensional, got shape {keys.shape}")
        if keys.dtype.kind in "iu":
            return keys.copy()
    items = keys.tolist() if hasattr(keys, "tolist") else list(keys)
    items = [key.item() if isinstance(key, np.generic) else key for key in items]
    for i, key in enumerate(items, start):
        if is_missing(key) and not isinstance(key, int):
            raise ValueError(f"row key at position {i} is missing ({key!r}); every row needs one")
        if not isinstance(key, Hashable):
            raise TypeError(f"row key at position {i} is {key!r}; row keys must be hashable")
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
        raise ValueError(f"got {len(keys)} row keys for {n} rows; give one a row")
    if keys.dtype.kind in "iu":
        if (keys[1:] > keys[:-1]).all():  # as most are; sorting costs ten times as much
            return
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


def storable_keys(keys: IntArray) -> dict[str, IntArray]:
    """Return row keys as arrays that a file can hold without pickling.

    Texts are joined to one array of bytes, for NumPy's own text arrays drop trailing NULs and
    give every text the room of the longest.
    """
    if keys.dtype.kind != "O":
        return {"keys": keys}
    if other := [key for key in keys.tolist() if not isinstance(key, str)]:
        raise TypeError(f"only int and str row keys can be saved, got {other[0]!r}")
    texts = [key.encode("utf-8", "surrogatepass") for key in keys.tolist()]
    return {
        "key_bytes": np.frombuffer(b"".join(texts), np.uint8),
        "key_ends": np.cumsum([len(text) for text in texts], dtype=np.int64),
    }


def stored_keys(arrays: Mapping[str, IntArray]) -> IntArray | None:
    """Return the row keys that `storable_keys` made storable; None where there are none."""
    if "key_ends" not in arrays:
        return arrays.get("keys")
    raw = arrays["key_bytes"].tobytes()
    ends = arrays["key_ends"].tolist()
    keys = np.empty(len(ends), object)
    for i, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
        keys[i] = raw[start:end].decode("utf-8", "surrogatepass")
    return keys
