"""Counts of votes, overlaps, conflicts and, with gold, of right and wrong votes: one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from weaklabel._kernels._decorator import kernel

if TYPE_CHECKING:
    from weaklabel.types import IntArray


@kernel
def count_votes(
    indptr: IntArray,
    indices: IntArray,
    codes: IntArray,
    possible: IntArray,
    clash: IntArray,
    gold: IntArray,
    m: int,
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Count votes of some rows.

    Parameters
    ----------
    indptr : ndarray of int64, shape (n + 1,)
        Offsets into `indices` and `codes`.
    indices, codes : ndarray of int, shape (votes,)
        LF and code of each vote.
    possible : ndarray of bool, shape (s, k)
        Whether a code leaves a class possible.
    clash : ndarray of bool, shape (s, s)
        Whether two codes leave no class in common.
    gold : ndarray of int64, shape (n,)
        -1 where unknown.
    m : int
        Number of LFs.

    Returns
    -------
    votes : ndarray of int64, shape (m, s)
        How often each LF voted each code.
    shared : ndarray of int64, shape (m, 2)
        Votes on rows where another LF votes too; those that clash with another vote.
    judged : ndarray of int64, shape (m, k, 2)
        Wrong and right votes on rows of each gold class.
    rows : ndarray of int64, shape (3,)
        Rows with a vote, with two or more, with a clash.
    """
    s, k = possible.shape
    votes = np.zeros((m, s), np.int64)
    shared = np.zeros((m, 2), np.int64)
    judged = np.zeros((m, k, 2), np.int64)
    rows = np.zeros(3, np.int64)
    for i in range(len(indptr) - 1):
        start, stop = indptr[i], indptr[i + 1]
        if stop == start:
            continue
        rows[0] += 1
        y = gold[i]
        alike = True
        for at in range(start, stop):
            votes[indices[at], codes[at]] += 1
            alike = alike and codes[at] == codes[start]
            if y >= 0:
                judged[indices[at], y, 1 if possible[codes[at], y] else 0] += 1
        if stop - start == 1:
            continue
        rows[1] += 1
        for at in range(start, stop):
            shared[indices[at], 0] += 1
        if alike:
            continue
        fights = False
        for at in range(start, stop):
            for other in range(start, stop):
                if clash[codes[at], codes[other]]:
                    shared[indices[at], 1] += 1
                    fights = True
                    break
        if fights:
            rows[2] += 1
    return votes, shared, judged, rows
