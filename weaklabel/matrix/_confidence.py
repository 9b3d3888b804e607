"""How sure votes are: numbers in 0..1, one a vote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from weaklabel._classes import is_missing
from weaklabel.types import FloatArray, IntArray


def cell_confidence(
    confidence: Any,
    indptr: IntArray,
    indices: IntArray,
    shape: tuple[int, int],
    lf_names: Sequence[str],
) -> FloatArray:
    """Return the confidence of each vote from a matrix that has one a cell.

    Parameters
    ----------
    confidence : array-like or SciPy sparse matrix, shape (n, m)
        Cells without a vote are not read; cells that a sparse matrix does not store are 0.
    indptr, indices : ndarray of int
        Compressed rows of the votes.
    shape : tuple of int
        Of the votes.
    lf_names : sequence of str

    Returns
    -------
    ndarray of float32, shape (votes,)

    Raises
    ------
    TypeError
        When the confidences are no numbers.
    ValueError
        When the shape is another, or one is not in 0..1 (LF and row are named).
    """
    sparse = hasattr(confidence, "tocsr") and hasattr(confidence, "nnz")
    table = confidence.tocsr() if sparse else _numbers(confidence)
    if table.shape != shape:
        raise ValueError(
            f"confidence has shape {table.shape}, the votes have shape {shape}; give each cell one"
        )
    rows = np.repeat(np.arange(shape[0]), np.diff(indptr))
    columns = indices.astype(np.int64)
    if not sparse:
        cells = table[rows, columns]
    elif len(rows):
        found = table[rows, columns]
        cells = np.asarray(found.todense() if hasattr(found, "todense") else found).ravel()
    else:
        cells = np.zeros(0)
    return checked_confidence(cells, lambda at: (lf_names[columns[at]], int(rows[at])))


def checked_confidence(values: Any, cell: Callable[[int], tuple[str, object]]) -> FloatArray:
    """Return the confidences of votes as float32.

    Parameters
    ----------
    values : array-like, shape (votes,)
    cell : callable
        From the position of a vote to its LF and row, for messages.

    Raises
    ------
    TypeError
        When they are no numbers.
    ValueError
        When one is missing or not in 0..1.
    """
    numbers = _numbers(values)
    wrong = np.flatnonzero(~((numbers >= 0) & (numbers <= 1)))
    if wrong.size:
        lf, row = cell(int(wrong[0]))
        raise ValueError(
            f"LF {lf!r} has confidence {numbers[wrong[0]]:g} on row {row!r}; expected a number in "
            "0..1, 1 for a vote that counts in full"
        )
    return np.asarray(numbers, np.float32)


def _numbers(values: Any) -> Any:
    array = np.asarray(values)
    if array.dtype.kind == "O":  # None or NA among numbers
        cells = [np.nan if is_missing(cell) else cell for cell in array.ravel()]
        if all(isinstance(cell, int | float | np.number) for cell in cells):
            array = np.array(cells, np.float64).reshape(array.shape)
    if array.dtype.kind not in "fiu" and array.size:
        raise TypeError(f"confidence must be numbers in 0..1, got dtype {array.dtype}")
    return array
