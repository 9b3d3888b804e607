"""Vote shares: what majority vote is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from weaklabel._kernels._decorator import kernel

if TYPE_CHECKING:
    from weaklabel.types import FloatArray, IntArray


@kernel
def vote_shares(indptr: IntArray, codes: IntArray, share: FloatArray) -> FloatArray:
    """Return the share of each row's votes that each class has.

    Parameters
    ----------
    indptr : ndarray of int64, shape (n + 1,)
    codes : ndarray of int, shape (votes,)
    share : ndarray of float64, shape (s, k)
        How one vote of each code is shared out among the classes; rows sum to 1.

    Returns
    -------
    ndarray of float64, shape (n, k)
        Zero where nobody voted.
    """
    n, k = len(indptr) - 1, share.shape[1]
    shares = np.zeros((n, k))
    for i in range(n):
        start, stop = indptr[i], indptr[i + 1]
        for at in range(start, stop):
            for y in range(k):
                shares[i, y] += share[codes[at], y]
        if stop > start:
            for y in range(k):
                shares[i, y] /= stop - start
    return shares
