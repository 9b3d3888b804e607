"""One pass of expectation-maximisation over the votes, and the posteriors it rests on.

The votes that were not cast cost nothing: ``log_base`` is the log-probability of a row on which
every LF abstains, and ``log_ratio`` what a vote changes about that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from weaklabel._kernels._decorator import kernel

if TYPE_CHECKING:
    from weaklabel.types import FloatArray, IntArray


@kernel
def _row_posterior(
    start: int,
    stop: int,
    indices: IntArray,
    codes: IntArray,
    log_ratio: FloatArray,
    log_base: FloatArray,
    q: FloatArray,
) -> float:
    """Write P(y | votes of a row) to q, shape (k,), and return the row's log-likelihood."""
    k = len(log_base)
    for y in range(k):
        q[y] = log_base[y]
    for at in range(start, stop):
        row = log_ratio[indices[at], codes[at]]
        for y in range(k):
            q[y] += row[y]
    top = q[0]
    for y in range(1, k):
        top = max(top, q[y])
    total = 0.0
    for y in range(k):
        q[y] = np.exp(q[y] - top)
        total += q[y]
    for y in range(k):
        q[y] /= total
    return float(top + np.log(total))


@kernel
def em_pass(
    indptr: IntArray,
    indices: IntArray,
    codes: IntArray,
    weights: FloatArray,
    log_ratio: FloatArray,
    log_base: FloatArray,
) -> tuple[FloatArray, FloatArray, float]:
    """Return the expected counts of some rows under the current parameters.

    Parameters
    ----------
    indptr : ndarray of int64, shape (n + 1,)
    indices, codes : ndarray of int, shape (votes,)
    weights : ndarray of float64, shape (n,)
        How many rows each row stands for.
    log_ratio : ndarray of float64, shape (m, s, k)
        ``log P(LF j votes v | y) - log P(LF j abstains | y)``.
    log_base : ndarray of float64, shape (k,)
        ``log P(y) + Σ_j log P(LF j abstains | y)``.

    Returns
    -------
    counts : ndarray of float64, shape (m, s, k)
        Expected number of rows of class y on which LF j votes v.
    mass : ndarray of float64, shape (k,)
        Expected number of rows of class y.
    log_likelihood : float
        Of the votes of these rows.
    """
    k = len(log_base)
    counts = np.zeros(log_ratio.shape)
    mass = np.zeros(k)
    q = np.empty(k)
    log_likelihood = 0.0
    for i in range(len(indptr) - 1):
        start, stop = indptr[i], indptr[i + 1]
        row_likelihood = _row_posterior(start, stop, indices, codes, log_ratio, log_base, q)
        log_likelihood += weights[i] * row_likelihood
        for y in range(k):
            q[y] *= weights[i]
            mass[y] += q[y]
        for at in range(start, stop):
            row = counts[indices[at], codes[at]]
            for y in range(k):
                row[y] += q[y]
    return counts, mass, log_likelihood


@kernel
def posteriors(
    indptr: IntArray,
    indices: IntArray,
    codes: IntArray,
    log_ratio: FloatArray,
    log_base: FloatArray,
) -> FloatArray:
    """Return P(y | votes) of some rows, float64 of shape (n, k); arguments as in `em_pass`."""
    n = len(indptr) - 1
    probs = np.empty((n, len(log_base)))
    for i in range(n):
        _row_posterior(indptr[i], indptr[i + 1], indices, codes, log_ratio, log_base, probs[i])
    return probs
