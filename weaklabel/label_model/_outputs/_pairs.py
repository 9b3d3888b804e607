"""Reading pairs of items."""

from __future__ import annotations

from typing import Any

import numpy as np

from weaklabel._checks import listed
from weaklabel.types import IntArray


def pair_table(pairs: Any, n: int | None) -> list[tuple[Any, Any]]:
    """Return pairs of items as a list, all str or all int."""
    array = np.asarray(pairs, dtype=object)
    if len(array) and array.shape[1:] != (2,):
        raise ValueError(f"pairs must have shape (n, 2), two items a row, got {array.shape}")
    table = [
        tuple(item.item() if isinstance(item, np.generic) else item for item in pair)
        for pair in array.tolist()
    ]
    if n is not None and len(table) != n:
        raise ValueError(f"got {len(table)} pairs for {n} rows of votes; give one pair a row")
    kinds = {type(item) for pair in table for item in pair}
    if kinds - {str} and kinds - {int}:
        raise TypeError(
            "items must be all str or all int, got "
            f"{listed(sorted(kind.__name__ for kind in kinds))}"
        )
    if same := [i for i, (first, second) in enumerate(table) if first == second]:
        raise ValueError(f"row {same[0]} compares {table[same[0]][0]!r} with itself; leave it out")
    return [(first, second) for first, second in table]


def item_places(table: list[tuple[Any, Any]], items: tuple[Any, ...]) -> IntArray:
    """Return the positions of the items of each pair, int64 of shape (n, 2)."""
    place = {item: at for at, item in enumerate(items)}
    if new := sorted({item for pair in table for item in pair if item not in place}):
        raise ValueError(
            f"the model was not fitted on the {'item' if len(new) == 1 else 'items'} "
            f"{listed(new)}; fit again with pairs that hold "
            f"{'it' if len(new) == 1 else 'them'}"
        )
    return np.array([[place[a], place[b]] for a, b in table], np.int64).reshape(-1, 2)
