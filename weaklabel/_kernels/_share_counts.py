"""Expected counts where every vote counts the same: the pass that EM begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from weaklabel._kernels._decorator import kernel

if TYPE_CHECKING:
    from weaklabel.types import FloatArray, IntArray


@kernel
def share_counts(
    indptr: IntArray,
    columns: IntArray,
    amounts: FloatArray,
    weights: FloatArray,
    share: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the expected counts of some rows when each is split by its shares of votes.

    Parameters
    ----------
    indptr : ndarray of int64, shape (n + 1,)
        Offsets into `columns`.
    columns : ndarray of int, shape (votes,)
    amounts : ndarray of float32, shape (votes,) or (0,)
        How much of a vote each counts; empty where each counts 1.
    weights : ndarray of float64, shape (n,)
        How many rows each row stands for.
    share : ndarray of float64, shape (c, k)
        How the vote of each column is split among the classes; rows sum to one.

    Returns
    -------
    counts : ndarray of float64, shape (c, k)
        Expected number of rows of class y with each vote.
    mass : ndarray of float64, shape (k,)
        Expected number of rows of class y. A row whose votes all count nothing is in none.
    """
    counts = np.zeros(share.shape)
    k = share.shape[1]
    mass = np.zeros(k)
    q = np.empty(k)
    whole = len(amounts) == 0
    for i in range(len(indptr) - 1):
        start, stop = indptr[i], indptr[i + 1]
        cast = 0.0
        for y in range(k):
            q[y] = 0.0
        for at in range(start, stop):
            amount = 1.0 if whole else amounts[at]
            cast += amount
            part = share[columns[at]]
            for y in range(k):
                q[y] += amount * part[y]
        if cast <= 0.0:
            continue
        for y in range(k):
            q[y] *= weights[i] / cast
            mass[y] += q[y]
        for at in range(start, stop):
            amount = 1.0 if whole else amounts[at]
            row = counts[columns[at]]
            for y in range(k):
                row[y] += amount * q[y]
    return counts, mass
