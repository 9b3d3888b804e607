"""Vote shares: what majority vote is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from weaklabel._kernels._decorator import kernel

if TYPE_CHECKING:
    from weaklabel.types import FloatArray, IntArray


@kernel
def vote_shares(
    indptr: IntArray, codes: IntArray, amounts: FloatArray, share: FloatArray
) -> FloatArray:
    """Return the share of each row's votes that each class has.

    Parameters
    ----------
    indptr : ndarray of int64, shape (n + 1,)
    codes : ndarray of int, shape (votes,)
    amounts : ndarray of float32, shape (votes,) or (0,)
        How much of a vote each counts; empty where each counts 1.
    share : ndarray of float64, shape (s, k)
        How one vote of each code is shared out among the classes; rows sum to 1.

    Returns
    -------
    ndarray of float64, shape (n, k)
        Zero where nobody voted, or no vote counts.
    """
    n, k = len(indptr) - 1, share.shape[1]
    shares = np.zeros((n, k))
    whole = len(amounts) == 0
    for i in range(n):
        cast = 0.0
        for at in range(indptr[i], indptr[i + 1]):
            amount = 1.0 if whole else float(amounts[at])
            cast += amount
            for y in range(k):
                shares[i, y] += amount * share[codes[at], y]
        if cast > 0.0:
            for y in range(k):
                shares[i, y] /= cast
    return shares
