"""Which rows are meant: one by its position or key, and those that gold labels can judge."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from weaklabel._checks import nearest, shorten
from weaklabel.gold import encode_gold
from weaklabel.matrix import LabelMatrix
from weaklabel.types import IntArray

# Keys that are looked through for one that is meant.
_LOOK = 10_000


def row_position(L: LabelMatrix, row: int | None, key: Any = None) -> int:
    """Return the position of a row that is given by its position or by its key.

    Raises
    ------
    TypeError
        When the position is no int.
    ValueError
        When there is no such row, or not just one of both is given.
    """
    if (row is None) == (key is None):
        given = "neither" if row is None else "both"
        raise ValueError(f"give the row's position, or its key as key=...; got {given}")
    if row is None:
        found = np.flatnonzero(np.asarray(L.keys == key))
        if not len(found):
            known = [] if not isinstance(key, str) else L.keys[:_LOOK].tolist()
            raise ValueError(
                f"no row has the key {shorten(key)}{nearest(key, known)}; the keys are L.keys"
            )
        return int(found[0])
    try:
        at = operator.index(row)
    except TypeError:
        raise TypeError(
            f"row must be a position, got {shorten(row)}; give a key as key={shorten(row)}"
        ) from None
    if not -L.n <= at < L.n:
        raise ValueError(f"no row at position {at}, there are {L.n}; give a key as key={at}")
    return at % L.n


def known_gold(gold: Any, L: LabelMatrix, who: str) -> IntArray:
    """Return gold codes, some of them known.

    Raises
    ------
    ValueError
        When they do not fit, or none is known.
    """
    truth = None if gold is None else encode_gold(gold, L)
    if truth is None or not (truth >= 0).any():
        what = "got none" if truth is None else "all of them are unknown"
        raise ValueError(
            f"{who} needs gold labels, {what}; pass one label a row, -1 or None where unknown"
        )
    return truth
