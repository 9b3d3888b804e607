"""How often two LFs vote on one row, say the same there, and clash; and what chance would make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from weaklabel._kernels import row_blocks, threaded, vote_shares
from weaklabel.types import FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from weaklabel.matrix import LabelMatrix

# Multiplying the votes of some rows as a dense matrix costs a thousandth as much for each pair of
# columns (LF and code) as doing it vote by vote; dense matrices are kept to so many cells.
_CHEAPER = 1000
_COLUMNS, _CELLS = 4096, 1 << 20
# LFs whose expected agreements with all others are held at a time.
_LFS = 512


@dataclass(frozen=True, slots=True, eq=False)
class PairCounts:
    """What is counted for each pair of LFs that meet, the first before the second.

    Attributes
    ----------
    first, second : ndarray of int64, shape (q,)
        LFs of each pair.
    overlap, agreement, conflict : ndarray of int64, shape (q,)
        Rows on which both vote, vote the same code, leave no class in common.
    expected : ndarray of float64, shape (q,)
        Rows on which they would vote the same code if votes were independent given the class.
    """

    first: IntArray
    second: IntArray
    overlap: IntArray
    agreement: IntArray
    conflict: IntArray
    expected: FloatArray


def count_pairs(L: LabelMatrix, probs: FloatArray | None = None) -> PairCounts:
    """Count the pairs of votes of all rows.

    Parameters
    ----------
    L : LabelMatrix
    probs : ndarray of float64, shape (n, k), optional
        P(class) of each row; default the vote shares, and their mean where nobody votes.
    """
    m, s = L.m, len(L.possible)
    met, by_class, rows_of_class = _summed(L, probs)
    column, other, rows = met
    clash = (L.possible.astype(np.int64) @ L.possible.T.astype(np.int64)) == 0
    one, two = column // s, other // s
    apart = one < two
    column, other, rows = column[apart], other[apart], rows[apart]
    pair, number = np.unique(one[apart] * m + two[apart], return_inverse=True)
    first, second = pair // max(m, 1), pair % max(m, 1)

    def total(where: IntArray) -> IntArray:
        counted = np.bincount(number[where], rows[where], minlength=len(pair))
        return np.asarray(np.rint(counted), np.int64)

    return PairCounts(
        first,
        second,
        overlap=total(np.ones(len(rows), np.bool_)),
        agreement=total(column % s == other % s),
        conflict=total(clash[column % s, other % s]),
        expected=_expected(by_class.reshape(m, s, L.k), rows_of_class, first, second),
    )


def _summed(
    L: LabelMatrix, probs: FloatArray | None
) -> tuple[tuple[IntArray, IntArray, FloatArray], FloatArray, FloatArray]:
    """Sum over blocks of rows, in threads; the sums depend on the data alone.

    Returns
    -------
    met : tuple of ndarray
        Pairs of columns ``LF * s + code`` that meet, and on how many rows.
    by_class : ndarray of float64, shape (m * s, k)
        Votes of each column on rows of each class.
    rows_of_class : ndarray of float64, shape (k,)
    """
    from scipy import sparse

    indptr, indices, codes = L.csr()
    possible = L.possible
    share = possible / possible.sum(axis=1, keepdims=True)
    amounts: IntArray = np.zeros(0, np.float32) if L.confidence is None else L.confidence
    s = len(possible)
    wide = L.m * s

    def block(start: int, stop: int) -> tuple[csr_matrix, FloatArray, FloatArray, int]:
        low, high = int(indptr[start]), int(indptr[stop])
        ends = indptr[start : stop + 1] - low
        at = slice(low, high)
        own = amounts[at] if len(amounts) else amounts
        p = vote_shares(ends, codes[at], own, share) if probs is None else probs[start:stop]
        column = indices[at].astype(np.int32) * s + codes[at]
        row = np.repeat(np.arange(stop - start), np.diff(ends))
        by_class: FloatArray = np.column_stack(
            [np.bincount(column, p[row, y], wide) for y in range(L.k)]
        )
        votes = sparse.csr_matrix(
            (np.ones(len(column), np.float32), column, ends), shape=(stop - start, wide)
        )
        return _meetings(votes), by_class, p.sum(axis=0), int((p.sum(axis=1) > 0).sum())

    met = sparse.csr_matrix((wide, wide), dtype=np.float64)
    by_class, rows_of_class, known = np.zeros((wide, L.k)), np.zeros(L.k), 0
    for part, part_by_class, part_rows, part_known in threaded(block, row_blocks(L.n)):
        met = met + part
        by_class += part_by_class
        rows_of_class += part_rows
        known += part_known
    # Rows of which nothing is known are shared out as the others are.
    rows_of_class *= L.n / max(known, 1)
    table = met.tocoo()
    return (
        (table.row.astype(np.int64), table.col.astype(np.int64), table.data),
        by_class,
        (rows_of_class),
    )


def _meetings(votes: csr_matrix) -> csr_matrix:
    """Return on how many of some rows each two columns meet; a float32 holds these counts."""
    from scipy import sparse

    n, wide = votes.shape
    pairs = float((np.diff(votes.indptr).astype(np.float64) ** 2).sum())
    if wide > _COLUMNS or n * wide**2 > _CHEAPER * pairs:
        return (votes.T.tocsr() @ votes).astype(np.float64)
    table = np.zeros((wide, wide))
    step = max(_CELLS // max(wide, 1), 1)
    for start in range(0, n, step):
        part = votes[start : start + step].toarray()
        table += part.T @ part
    return sparse.csr_matrix(table)


def _expected(
    by_class: FloatArray, rows_of_class: FloatArray, first: IntArray, second: IntArray
) -> FloatArray:
    """Return the agreements of each pair if votes were independent given the class."""
    m, s, _ = by_class.shape
    ratio = by_class / np.where(rows_of_class > 0, rows_of_class, 1.0)
    voted = np.asarray(by_class.any(axis=2))
    out = np.zeros(len(first))
    for start in range(0, m, _LFS):
        low, high = np.searchsorted(first, [start, start + _LFS])
        if low == high:
            continue
        table = np.zeros((min(_LFS, m - start), m))
        for code in range(s):
            here = np.flatnonzero(voted[start : start + _LFS, code])
            there = np.flatnonzero(voted[:, code])
            if len(here) and len(there):
                table[np.ix_(here, there)] += by_class[start + here, code] @ ratio[there, code].T
        out[low:high] = table[first[low:high] - start, second[low:high]]
    return out
