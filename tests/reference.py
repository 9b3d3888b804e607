"""Slow, obvious twins of the compiled kernels: plain Python, one row after the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from weaklabel.types import FloatArray, IntArray


def rows_of(indptr: IntArray, indices: IntArray, codes: IntArray) -> list[list[tuple[int, int]]]:
    """Return the votes of each row as (LF, code) pairs."""
    pairs = list(zip(indices.tolist(), codes.tolist(), strict=True))
    return [pairs[a:b] for a, b in zip(indptr[:-1].tolist(), indptr[1:].tolist(), strict=True)]


def count_votes(
    indptr: IntArray,
    indices: IntArray,
    codes: IntArray,
    possible: IntArray,
    clash: IntArray,
    gold: IntArray,
    m: int,
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    s, k = possible.shape
    classes_of = [{y for y in range(k) if possible[v, y]} for v in range(s)]
    votes = np.zeros((m, s), np.int64)
    shared = np.zeros((m, 2), np.int64)
    judged = np.zeros((m, k, 2), np.int64)
    rows = np.zeros(3, np.int64)
    for row, y in zip(rows_of(indptr, indices, codes), gold.tolist(), strict=True):
        conflict = False
        for j, v in row:
            others = [u for i, u in row if i != j]
            clashes = [u for u in others if not classes_of[v] & classes_of[u]]
            assert clashes == [u for u in others if clash[v, u]]
            votes[j, v] += 1
            shared[j] += [bool(others), bool(clashes)]
            conflict = conflict or bool(clashes)
            if y >= 0:
                judged[j, y, int(y in classes_of[v])] += 1
        rows += [len(row) >= 1, len(row) >= 2, conflict]
    return votes, shared, judged, rows


def vote_shares(indptr: IntArray, codes: IntArray, share: FloatArray) -> FloatArray:
    k = share.shape[1]
    shares = np.zeros((len(indptr) - 1, k))
    for i in range(len(shares)):
        votes = codes[indptr[i] : indptr[i + 1]].tolist()
        for y in range(k):
            if votes:
                shares[i, y] = math.fsum(share[v, y] for v in votes) / len(votes)
    return shares


def row_posteriors(
    indptr: IntArray,
    indices: IntArray,
    codes: IntArray,
    log_ratio: FloatArray,
    log_base: FloatArray,
) -> tuple[FloatArray, list[float]]:
    """Return P(y | votes) of each row and its log-likelihood."""
    k = len(log_base)
    probs, log_likelihoods = [], []
    for row in rows_of(indptr, indices, codes):
        log_joint = [
            math.fsum([log_base[y], *(log_ratio[j, v, y] for j, v in row)]) for y in range(k)
        ]
        top = max(log_joint)
        evidence = math.fsum(math.exp(x - top) for x in log_joint)
        probs.append([math.exp(x - top) / evidence for x in log_joint])
        log_likelihoods.append(top + math.log(evidence))
    return np.array(probs).reshape(-1, k), log_likelihoods


def posteriors(*arrays: Any) -> FloatArray:
    return row_posteriors(*arrays)[0]


def em_pass(
    indptr: IntArray,
    indices: IntArray,
    codes: IntArray,
    weights: FloatArray,
    log_ratio: FloatArray,
    log_base: FloatArray,
) -> tuple[FloatArray, FloatArray, float]:
    probs, log_likelihoods = row_posteriors(indptr, indices, codes, log_ratio, log_base)
    probs *= weights[:, None]
    counts = np.zeros(log_ratio.shape)
    for q, row in zip(probs, rows_of(indptr, indices, codes), strict=True):
        for j, v in row:
            counts[j, v] += q
    return (
        counts,
        probs.sum(axis=0),
        math.fsum(w * x for w, x in zip(weights, log_likelihoods, strict=True)),
    )
