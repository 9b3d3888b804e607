"""What is known of rows before any model: compressed votes, hashes, shares and conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from weaklabel._kernels._decorator import kernel

if TYPE_CHECKING:
    from weaklabel.types import FloatArray, IntArray


@kernel
def compress(votes: IntArray, indptr: IntArray, indices: IntArray, codes: IntArray) -> None:
    """Write the votes of a dense matrix as compressed rows.

    Parameters
    ----------
    votes : ndarray of int, shape (n, m)
        -1 abstains.
    indptr : ndarray of int64, shape (n + 1,)
        Written.
    indices, codes : ndarray of int, shape (votes + 1,)
        Written; the last place is room for a cell that turns out to abstain.
    """
    n, m = votes.shape
    at = 0
    indptr[0] = 0
    for i in range(n):
        for j in range(m):
            indices[at] = j
            codes[at] = votes[i, j]
            at += votes[i, j] >= 0
        indptr[i + 1] = at


@kernel
def mark_columns(indices: IntArray, codes: IntArray, cast: IntArray) -> None:
    """Mark the pairs of LF and code that are voted.

    Parameters
    ----------
    indices, codes : ndarray of int, shape (votes,)
    cast : ndarray of bool, shape (m, s)
        Written: true where there is a vote.
    """
    for at in range(len(codes)):
        cast[indices[at], codes[at]] = True


@kernel
def vote_columns(indices: IntArray, codes: IntArray, number: IntArray, columns: IntArray) -> None:
    """Write the number of each vote's pair of LF and code.

    Parameters
    ----------
    indices, codes : ndarray of int, shape (votes,)
    number : ndarray of int, shape (m, s)
    columns : ndarray of int, shape (votes,)
        Written.
    """
    for at in range(len(codes)):
        columns[at] = number[indices[at], codes[at]]


@kernel
def column_counts(
    indptr: IntArray, columns: IntArray, amounts: FloatArray, weights: FloatArray, c: int
) -> FloatArray:
    """Return how often each of c columns is voted, float64 of shape (c,); see `em_pass`."""
    counts = np.zeros(c)
    whole = len(amounts) == 0
    for i in range(len(indptr) - 1):
        for at in range(indptr[i], indptr[i + 1]):
            counts[columns[at]] += weights[i] * (1.0 if whole else float(amounts[at]))
    return counts


@kernel
def row_hashes(
    indptr: IntArray, columns: IntArray, amounts: FloatArray, salt: IntArray
) -> IntArray:
    """Return a number for each row that depends on its votes, not on their order.

    Parameters
    ----------
    indptr : ndarray of int64, shape (n + 1,)
    columns : ndarray of int, shape (votes,)
    amounts : ndarray of float32, shape (votes,) or (0,)
    salt : ndarray of uint64, shape (c,)
        A random number for each column.

    Returns
    -------
    ndarray of uint64, shape (n,)
        The sum of the columns' numbers, modulo 2^64, each times one more than what its amount is
        short of 1 by, in parts of 2^32: a vote of amount 1 is one without amount.
    """
    n = len(indptr) - 1
    hashes = np.zeros(n, np.uint64)
    whole = len(amounts) == 0
    for i in range(n):
        total = np.uint64(0)
        for at in range(indptr[i], indptr[i + 1]):
            if whole:
                total += salt[columns[at]]
            else:
                lacking = round(4294967296.0 * (1.0 - float(amounts[at])))
                total += salt[columns[at]] * np.uint64(1 + lacking)
        hashes[i] = total
    return hashes


@kernel
def vote_profile(
    indptr: IntArray,
    columns: IntArray,
    amounts: FloatArray,
    weights: FloatArray,
    share: FloatArray,
) -> tuple[FloatArray, float]:
    """Return the summed vote shares of some rows, and how many pairs of their votes conflict.

    Parameters
    ----------
    indptr, columns, amounts, weights
        As in `em_pass`.
    share : ndarray of float64, shape (c, k)
        How the vote of each column is shared out among the classes; rows sum to 1.

    Returns
    -------
    shares : ndarray of float64, shape (k,)
        Sum over the rows of the share of its votes that each class has.
    conflicts : float
        Number of pairs of votes of one row for different classes; a vote that is shared out does
        not conflict with itself.
    """
    k = share.shape[1]
    shares = np.zeros(k)
    conflicts = 0.0
    votes = np.empty(k)
    whole = len(amounts) == 0
    for i in range(len(indptr) - 1):
        cast = own = 0.0
        for y in range(k):
            votes[y] = 0.0
        for at in range(indptr[i], indptr[i + 1]):
            amount = 1.0 if whole else float(amounts[at])
            cast += amount
            row = share[columns[at]]
            alone = 0.0
            for y in range(k):
                votes[y] += amount * row[y]
                alone += row[y] * row[y]
            own += amount * amount * (1.0 - alone)
        if cast > 0.0:
            alike = 0.0
            for y in range(k):
                shares[y] += weights[i] * votes[y] / cast
                alike += votes[y] * votes[y]
            conflicts += weights[i] * 0.5 * (cast * cast - alike - own)
    return shares, conflicts


@kernel
def held_out_votes(
    indptr: IntArray,
    columns: IntArray,
    amounts: FloatArray,
    weights: FloatArray,
    log_ratio: FloatArray,
    log_base: FloatArray,
    dependence: float,
) -> tuple[FloatArray, FloatArray]:
    """Return how sure the other votes of a row are of each class, for each of its votes.

    Parameters
    ----------
    indptr, columns, amounts, weights, log_ratio, log_base, dependence
        As in `em_pass`.

    Returns
    -------
    scores : ndarray of float64, shape (votes, k)
        What `em_pass` would take the log of, for each vote of these rows in turn, without it.
    others : ndarray of float64, shape (votes,)
        How much of a vote the others count; times the row's weight below.
    """
    k = len(log_base)
    first = indptr[0]
    scores = np.empty((indptr[-1] - first, k))
    others = np.empty(indptr[-1] - first)
    whole = len(amounts) == 0
    q = np.empty(k)
    for i in range(len(indptr) - 1):
        start, stop = indptr[i], indptr[i + 1]
        cast = 0.0
        for y in range(k):
            q[y] = 0.0
        for at in range(start, stop):
            amount = 1.0 if whole else float(amounts[at])
            cast += amount
            for y in range(k):
                q[y] += amount * log_ratio[columns[at], y]
        for at in range(start, stop):
            amount = 1.0 if whole else float(amounts[at])
            weight = 1.0 / (1.0 + dependence * max(cast - amount - 1.0, 0.0))
            others[at - first] = cast - amount if weights[i] > 0.0 else 0.0
            for y in range(k):
                mine = amount * log_ratio[columns[at], y]
                scores[at - first, y] = weight * (q[y] - mine) + log_base[y]
    return scores, others
