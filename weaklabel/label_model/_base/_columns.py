"""Columns of votes, pairs of LF and code, of several parts: their union, and where each stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from weaklabel.types import FloatArray, IntArray

if TYPE_CHECKING:
    from weaklabel.label_model._base._statistics import RowStatistics


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Pairs of LF and code.

    Attributes
    ----------
    lf, code : ndarray of int64, shape (c,)
        Sorted by LF, then code.
    class_sets : tuple of tuple of int
        What the codes k, k + 1, … leave possible.
    k : int
        Number of classes.
    """

    lf: IntArray
    code: IntArray
    class_sets: tuple[tuple[int, ...], ...]
    k: int

    @classmethod
    def of(cls, rows: RowStatistics) -> Self:
        """Return the columns of some rows."""
        return cls(rows.lf, rows.code, rows.class_sets, rows.k)

    @classmethod
    def union(cls, parts: Sequence[Columns]) -> Columns:
        """Return the columns that occur in any part.

        Class sets keep their order where all parts have the same; else they are sorted.
        """
        first = parts[0]
        if all(first.same(other) for other in parts):
            return first
        sets = first.class_sets
        if any(other.class_sets != sets for other in parts):
            sets = tuple(sorted({codes for other in parts for codes in other.class_sets}))
        s = first.k + len(sets)
        pairs = np.unique(np.concatenate([part._keys(sets) for part in parts]))
        return cls(pairs // s, pairs % s, sets, first.k)

    def places(self, part: Columns) -> IntArray:
        """Return where the columns of a part stand among these, shape (c of the part,)."""
        return np.asarray(np.searchsorted(self._keys(self.class_sets), part._keys(self.class_sets)))

    def spread(self, part: Columns, by_column: FloatArray) -> FloatArray:
        """Return numbers by column of a part as numbers by these columns, else 0."""
        if self is part or self.same(part):
            return by_column
        table = np.zeros((len(self.lf), *by_column.shape[1:]))
        table[self.places(part)] = by_column
        return table

    def same(self, other: Columns) -> bool:
        """Tell whether they are the same columns."""
        return (
            self.class_sets == other.class_sets
            and np.array_equal(self.lf, other.lf)
            and np.array_equal(self.code, other.code)
        )

    def _keys(self, sets: tuple[tuple[int, ...], ...]) -> IntArray:
        """Return one number a column, which rises with LF and code as `sets` numbers it."""
        places = [self.k + sets.index(codes) for codes in self.class_sets]
        number = np.array([*range(self.k), *places], np.int64)
        return np.asarray(self.lf * (self.k + len(sets)) + number[self.code])
