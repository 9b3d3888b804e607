"""Reading numeric votes and numeric gold."""

from __future__ import annotations

from typing import Any

import numpy as np

from weaklabel._checks import repeated, shorten
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray

# The square of a larger number may be infinite.
_LARGEST = 1e100


def numeric_votes(votes: Any) -> tuple[FloatArray, tuple[str, ...]]:
    """Return votes as float64 of shape (n, m) with NaN for abstain, and the names of the LFs."""
    if isinstance(votes, LabelMatrix):
        raise TypeError(
            "expected an array of numbers, got a LabelMatrix, whose votes are classes; for classes "
            "in an order use OrdinalModel"
        )
    names = None
    if hasattr(votes, "columns"):
        import narwhals as nw

        frame = nw.from_native(votes, eager_only=True)
        names = tuple(str(name) for name in frame.columns)
        if again := repeated(names):
            raise ValueError(f"LF name {again[0]!r} is used twice; give each LF a name of its own")
        columns = [frame.get_column(name).to_list() for name in frame.columns]
        votes = np.empty((len(frame), len(names)), object)
        for j, cells in enumerate(columns):
            votes[:, j] = cells
    if np.ma.isMaskedArray(votes):
        votes = np.ma.filled(votes.astype(np.float64), np.nan)
    table = _floats(votes, "votes")
    if table.ndim != 2 or not table.shape[1]:
        raise ValueError(f"votes must have shape (n, m), one column an LF, got shape {table.shape}")
    names = names or tuple(f"lf_{j}" for j in range(table.shape[1]))
    if (wild := np.abs(table) > _LARGEST).any():
        i, j = (int(at[0]) for at in np.nonzero(wild))
        raise ValueError(
            f"LF {names[j]!r} votes {table[i, j]} on row {i}; votes are finite numbers up to "
            f"{_LARGEST:g}, NaN to abstain"
        )
    return table, names


def numeric_gold(gold: Any, n: int) -> FloatArray:
    """Return gold numbers as float64 of shape (n,), NaN where unknown."""
    truth = _floats(gold, "gold")
    if truth.shape != (n,):
        raise ValueError(
            f"gold has shape {truth.shape}, the votes have {n} rows; give one number a row, NaN "
            "where unknown"
        )
    if (wild := np.abs(truth) > _LARGEST).any():
        i = int(np.flatnonzero(wild)[0])
        raise ValueError(
            f"gold is {truth[i]} on row {i}; it holds finite numbers up to {_LARGEST:g}, NaN where "
            "unknown"
        )
    return truth


def _floats(values: Any, what: str) -> FloatArray:
    """Return numbers as a float64 array of their own; what is missing becomes NaN."""
    array = np.asarray(values)
    if array.dtype.kind == "O":
        import pandas as pd

        array = np.where(pd.isna(array), np.nan, array)
        if wrong := [x for x in array.ravel() if isinstance(x, bool | str)]:
            raise TypeError(f"{what} must be numbers, NaN or None where missing, got {wrong[0]!r}")
        try:
            return array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"{what} must be numbers, NaN or None where missing, got {shorten(values)}"
            ) from error
    if array.dtype.kind not in "iuf":
        raise TypeError(
            f"{what} must be numbers, NaN or None where missing, got dtype {array.dtype}"
        )
    return array.astype(np.float64)
