"""Data that belongs to a label matrix: its rows, found by position once their keys fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np

from weaklabel._checks import listed, shorten
from weaklabel.apply._source import Part, Source
from weaklabel.lf import has_field
from weaklabel.types import IntArray

if TYPE_CHECKING:
    from weaklabel.matrix import LabelMatrix


@final
class DataRows:
    """Data of any kind with its rows at hand by position.

    Parameters
    ----------
    data : table, sequence or iterable
        What `apply_lfs` takes; an iterable is read once, here.
    """

    def __init__(self, data: Any) -> None:
        source = Source.of(data)
        self.columns = source.columns
        if source.columns is None and not isinstance(source.data, list | tuple):
            source = Source.of(list(source.data))
        self._source = source
        self.n = len(source.data)

    @property
    def native(self) -> Any:
        """The data as `apply_lfs` takes it, however often."""
        return self._source.data if self.columns is None else self._source.data.to_native()

    def part(self, positions: IntArray) -> Part:
        """Return the rows at these positions, in this order."""
        at = positions.tolist()
        if self.columns is None:
            return Part(0, [self._source.data[i] for i in at], table=False)
        return Part(0, self._source.data[at].to_native(), table=True)

    def rows(self, positions: IntArray) -> list[Any]:
        """Return the rows at these positions as labeling functions see them."""
        return self.part(positions).rows()

    def check_fit(self, L: LabelMatrix, key: str | None = None) -> str | None:
        """Refuse data whose rows are not those of the matrix, in its order.

        Keys are compared where there are any: the named column or field, else any column or field
        of the first row, else the index of a pandas table. Where the keys are positions, and the
        data has no fields, its length is all there is to compare.

        Returns
        -------
        str or None
            The column or field that holds the keys, where one was found.

        Raises
        ------
        ValueError
            When the number of rows or the keys differ, or the key column is missing.
        """
        if self.n != L.n:
            raise ValueError(
                f"data has {self.n:,} rows, the label matrix has {L.n:,}; pass the data that it "
                "was made of"
            )
        keys = L.keys
        if key is not None:
            self._source.check_column(key, "the row key")
            self._compare(self._cells(key), keys, f"column {key!r} of the data")
            return key
        if np.array_equal(keys, np.arange(L.n)):
            return None
        return self._found(keys)

    def _found(self, keys: IntArray) -> str | None:
        names = self._fields()
        as_list = keys.tolist()
        first = self.rows(np.arange(min(self.n, 1)))
        for name in names:
            # Reading a column whole costs much; most columns differ on the first row.
            if [getattr(row, name) for row in first] == as_list[:1] and (
                self._cells(name) == as_list
            ):
                return name
        index = _index(self.native)
        if index == as_list or (not names and index is None):
            return None
        as_set = set(as_list)
        for name in names:
            column = self._cells(name)
            if _as_set(column) == as_set:
                self._compare(column, keys, f"column {name!r} of the data")
        raise ValueError(
            f"no column of the data holds the row keys of the label matrix, {listed(as_list, 3)}; "
            f"its columns are {listed(names)}; pass the data that the matrix was made of, and "
            "key= where the keys stand"
        )

    def _fields(self) -> tuple[str, ...]:
        if self.columns is not None:
            return self.columns
        first = self.rows(np.arange(min(self.n, 1)))
        return tuple(vars(first[0])) if first and hasattr(first[0], "__dict__") else ()

    def _cells(self, name: str) -> list[Any]:
        every = self.part(np.arange(self.n)) if self.columns is None else self._source.whole()
        if self.columns is not None:
            return every.column(name)
        cells = []
        for i, row in enumerate(every.rows()):
            if not has_field(row, name):
                raise ValueError(f"row {i} of the data has no field {name!r} for the row key")
            cells.append(getattr(row, name))
        return cells

    @staticmethod
    def _compare(cells: list[Any], keys: IntArray, what: str) -> None:
        as_list = keys.tolist()
        if cells == as_list:
            return
        if _as_set(cells) == set(as_list):
            raise ValueError(
                f"{what} holds the row keys in another order than the label matrix; sort the data "
                "by L.keys"
            )
        at = next(
            i for i, (cell, own) in enumerate(zip(cells, as_list, strict=True)) if cell != own
        )
        raise ValueError(
            f"{what} holds {shorten(cells[at])} on row {at}, the label matrix has the key "
            f"{shorten(as_list[at])} there; pass the data that it was made of"
        )


def data_rows(data: Any, L: LabelMatrix, key: str | None = None) -> DataRows:
    """Return the rows of data that belongs to a label matrix; see `DataRows.check_fit`."""
    rows = DataRows(data)
    rows.check_fit(L, key)
    return rows


def spread(n: int, wanted: int, seed: int) -> IntArray:
    """Return positions spread evenly over 0..n-1, one drawn from each of `wanted` equal stretches.

    Ascending and distinct; all of them where there are no more than wanted.
    """
    if n <= wanted:
        return np.arange(n)
    ends = np.arange(wanted + 1) * n // max(wanted, 1)
    inside = np.random.default_rng(seed).random(wanted)
    return np.asarray(ends[:-1] + np.floor(inside * np.diff(ends)).astype(np.int64))


def check_sample(n: object, seed: object) -> None:
    """Refuse a size or a seed of a sample that is no whole number from 0."""
    for name, value in (("n", n), ("seed", seed)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 0:
            raise ValueError(f"{name} must be a whole number from 0, got {value!r}")


def _index(native: Any) -> list[Any] | None:
    index = getattr(native, "index", None)
    return None if index is None or callable(index) else list(index.tolist())


def _as_set(cells: Sequence[Any]) -> set[Any] | None:
    try:
        return set(cells)
    except TypeError:
        return None
