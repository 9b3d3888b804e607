"""Row keys that stand twice, found over many parts in eight bytes a row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, final

import numpy as np

from weaklabel._classes import is_missing
from weaklabel.errors import InputError
from weaklabel.types import IntArray

# Hashes are sorted in this many groups, so that the copy that sorting needs is small.
_GROUPS = 16
# An odd number near 2**64 / golden ratio: multiplying by it spreads near numbers, one to one.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@final
class KeyCheck:
    """Find a row key that stands on two rows, in one part or in two.

    Only a hash of each key is kept. Rows whose hashes are equal are looked at again, so two keys
    that happen to have one hash are not taken for one.

    Parameters
    ----------
    bits : int, optional
        Bits of the hash that count, 1 to 64; with few of them other keys share a hash more often.

    Examples
    --------
    >>> parts = [np.array([3, 1]), np.array([2, 3])]
    >>> check = KeyCheck()
    >>> for number, keys in enumerate(parts):
    ...     check.add(number, keys)
    >>> check.duplicates(lambda number: parts[number])
    (3, 0, 1)
    """

    def __init__(self, *, bits: int = 64) -> None:
        if not 1 <= bits <= 64:
            raise ValueError(f"bits must be 1 to 64, got {bits!r}")
        self._bits = bits
        self._parts: list[int] = []
        self._hashes: list[IntArray] = []

    @property
    def n(self) -> int:
        """Number of rows added."""
        return sum(map(len, self._hashes))

    def add(
        self, part_number: int, keys: IntArray, *, file: Path | None = None, start: int = 0
    ) -> None:
        """Take in the keys of a part.

        Parameters
        ----------
        part_number : int
            Number by which `duplicates` asks for the keys again.
        keys : ndarray, shape (n,)
            Row keys, integers or objects.
        file : Path, optional
            Where they come from, for messages.
        start : int, optional
            Position of the first row, for messages.

        Raises
        ------
        InputError
            When a key is missing; file and row are named.
        """
        keys = np.asarray(keys)
        _refuse_missing(keys, file, start)
        self._parts.append(part_number)
        self._hashes.append(_hashes(keys) >> np.uint64(64 - self._bits))

    def duplicates(self, read_keys: Callable[[int], IntArray]) -> tuple[Any, int, int] | None:
        """Return the first key that stands on two rows, and the parts of both rows.

        Parameters
        ----------
        read_keys : callable
            Returns the keys of a part again, by its number; called only for parts that may hold a
            key of another row.

        Returns
        -------
        tuple of (key, part_number, part_number) or None
            The key whose second row comes first of all; None when all keys differ.
        """
        shared = self._shared()
        seen = np.zeros(len(shared), bool)
        for p, hashes in enumerate(self._hashes):
            at = _positions(shared, hashes)
            at = at[at >= 0]
            first, counts = np.unique(at, return_counts=True)
            suspects = shared[first[seen[first] | (counts > 1)]]
            seen[first] = True
            if len(suspects) and (found := self._confirmed(suspects, p, read_keys)):
                return found
        return None

    def _shared(self) -> IntArray:
        """Return the hashes that more than one row has, sorted."""
        down = np.uint64(max(self._bits - 4, 0))
        found: list[IntArray] = []
        for group in range(_GROUPS):
            some = [h[(h >> down) == np.uint64(group)] for h in self._hashes]
            hashes = np.concatenate([np.empty(0, np.uint64), *some])
            del some
            hashes.sort()
            found.append(np.unique(hashes[1:][hashes[1:] == hashes[:-1]]))
        return np.concatenate(found)

    def _confirmed(
        self, suspects: IntArray, last: int, read_keys: Callable[[int], IntArray]
    ) -> tuple[Any, int, int] | None:
        """Return the first key that truly stands twice in the parts up to `last`."""
        seen: dict[Any, int] = {}
        for number, hashes in zip(self._parts[: last + 1], self._hashes[: last + 1], strict=True):
            rows = np.flatnonzero(_positions(suspects, hashes) >= 0)
            if not len(rows):
                continue
            for key in np.asarray(read_keys(number))[rows].tolist():
                if key in seen:
                    return key, seen[key], number
                seen[key] = number
        return None


def _positions(values: IntArray, hashes: IntArray) -> IntArray:
    """Return where each hash stands among sorted values, -1 where it does not."""
    if not len(values):
        return np.full(len(hashes), -1)
    at = np.minimum(np.searchsorted(values, hashes), len(values) - 1)
    return np.where(values[at] == hashes, at, -1)


def _hashes(keys: IntArray) -> IntArray:
    """Return one 64-bit hash a key, the same for keys that are equal."""
    if keys.dtype.kind in "iu":
        # Wraps around by intent.
        return np.asarray(keys.astype(np.int64).view(np.uint64) * _SPREAD)
    import pandas as pd

    items = [_plain(key) for key in keys.tolist()]
    texts = np.empty(len(items), object)
    texts[:] = [item if isinstance(item, str) else "" for item in items]
    hashes = np.asarray(pd.util.hash_array(texts, categorize=False))
    numbers = [i for i, item in enumerate(items) if isinstance(item, int)]
    if numbers:
        whole = np.array([int(items[i]) % 2**64 for i in numbers], np.uint64)
        hashes[numbers] = whole * _SPREAD
    return hashes


def _plain(key: object) -> str | int:
    """Return a key as what is hashed: 1, 1.0 and True are one key to Python, so to us."""
    if isinstance(key, str):
        return key if key.isascii() else key.encode("utf-8", "backslashreplace").decode()
    if isinstance(key, int) or (isinstance(key, float) and key.is_integer()):
        return int(key)
    return repr(key)


def _refuse_missing(keys: IntArray, file: Path | None, start: int) -> None:
    if keys.dtype.kind in "iub":
        return
    for i, key in enumerate(keys.tolist(), start):
        if is_missing(key) and not isinstance(key, int):
            where = "" if file is None else f"{file}: "
            raise InputError(
                f"{where}row {i} has no key ({key!r}); every row needs one, so fill the column or "
                "leave such rows out",
                path=file,
            )
