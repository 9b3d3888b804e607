"""Slow, obvious twin of the kernel that EM begins with: plain Python, one row after the other."""

from __future__ import annotations

import numpy as np

from weaklabel.types import FloatArray, IntArray


def share_counts(
    indptr: IntArray,
    columns: IntArray,
    amounts: FloatArray,
    weights: FloatArray,
    share: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    counts, mass = np.zeros(share.shape), np.zeros(share.shape[1])
    for i in range(len(indptr) - 1):
        votes = range(indptr[i], indptr[i + 1])
        amount = [float(amounts[at]) if len(amounts) else 1.0 for at in votes]
        if sum(amount) > 0:
            q = sum(a * share[columns[at]] for a, at in zip(amount, votes, strict=True))
            q = q / sum(amount) * weights[i]
            mass += q
            for a, at in zip(amount, votes, strict=True):
                counts[columns[at]] += a * q
    return counts, mass
