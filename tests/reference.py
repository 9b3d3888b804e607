"""Slow, obvious twins of the compiled kernels: plain Python, one row after the other."""

from __future__ import annotations

import itertools
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


def vote_shares(
    indptr: IntArray, codes: IntArray, amounts: FloatArray, share: FloatArray
) -> FloatArray:
    shares = np.zeros((len(indptr) - 1, share.shape[1]))
    for i, row in enumerate(column_rows(indptr, codes, amounts)):
        cast = math.fsum(amount for _, amount in row)
        if cast > 0:
            for y in range(share.shape[1]):
                shares[i, y] = math.fsum(amount * share[v, y] for v, amount in row) / cast
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


def column_rows(
    indptr: IntArray, columns: IntArray, amounts: FloatArray
) -> list[list[tuple[int, float]]]:
    """Return the votes of each row as (column, amount)."""
    each = [float(a) for a in amounts] if len(amounts) else [1.0] * len(columns)
    votes = list(zip((int(c) for c in columns), each, strict=True))
    return [votes[a:b] for a, b in itertools.pairwise(indptr.tolist())]


def column_posteriors(
    indptr: IntArray,
    columns: IntArray,
    amounts: FloatArray,
    log_ratio: FloatArray,
    log_base: FloatArray,
    dependence: float,
) -> tuple[FloatArray, list[float]]:
    """Return P(y | votes) of each row and its log-likelihood."""
    k = len(log_base)
    probs, log_likelihoods = [], []
    for row in column_rows(indptr, columns, amounts):
        cast = sum(amount for _, amount in row)
        weight = 1 / (1 + dependence * max(cast - 1, 0))
        log_joint = [
            log_base[y] + weight * math.fsum(a * log_ratio[c, y] for c, a in row if a > 0)
            for y in range(k)
        ]
        top = max(log_joint)
        evidence = math.fsum(math.exp(x - top) for x in log_joint)
        probs.append([math.exp(x - top) / evidence for x in log_joint])
        log_likelihoods.append(top + math.log(evidence))
    return np.array(probs).reshape(-1, k), log_likelihoods


def posteriors(*arrays: Any) -> FloatArray:
    return column_posteriors(*arrays)[0]


def em_pass(
    indptr: IntArray,
    columns: IntArray,
    amounts: FloatArray,
    weights: FloatArray,
    log_ratio: FloatArray,
    log_base: FloatArray,
    dependence: float,
) -> tuple[FloatArray, FloatArray, float]:
    probs, log_likelihoods = column_posteriors(
        indptr, columns, amounts, log_ratio, log_base, dependence
    )
    probs *= weights[:, None]
    counts = np.zeros(log_ratio.shape)
    for q, row in zip(probs, column_rows(indptr, columns, amounts), strict=True):
        for c, amount in row:
            counts[c] += amount * q
    total = math.fsum(w * x for w, x in zip(weights, log_likelihoods, strict=True))
    return counts, probs.sum(axis=0), total


def column_counts(
    indptr: IntArray, columns: IntArray, amounts: FloatArray, weights: FloatArray, c: int
) -> FloatArray:
    counts = np.zeros(c)
    for weight, row in zip(weights, column_rows(indptr, columns, amounts), strict=True):
        for column, amount in row:
            counts[column] += weight * amount
    return counts


def row_hashes(
    indptr: IntArray, columns: IntArray, amounts: FloatArray, salt: IntArray
) -> list[int]:
    return [
        sum(int(salt[c]) * (1 + round(2**32 * (1 - float(a)))) for c, a in row) % 2**64
        for row in column_rows(indptr, columns, amounts)
    ]


def vote_profile(
    indptr: IntArray,
    columns: IntArray,
    amounts: FloatArray,
    weights: FloatArray,
    share: FloatArray,
) -> tuple[FloatArray, float]:
    shares, conflicts = np.zeros(share.shape[1]), 0.0
    for weight, row in zip(weights, column_rows(indptr, columns, amounts), strict=True):
        cast = sum(a for _, a in row)
        if cast > 0:
            shares += weight * sum(a * share[c] for c, a in row) / cast
        for (c, a), (d, b) in itertools.combinations(row, 2):
            conflicts += weight * a * b * (1 - float(share[c] @ share[d]))
    return shares, conflicts


def held_out_votes(
    indptr: IntArray,
    columns: IntArray,
    amounts: FloatArray,
    weights: FloatArray,
    log_ratio: FloatArray,
    log_base: FloatArray,
    dependence: float,
) -> tuple[FloatArray, FloatArray]:
    k = len(log_base)
    scores, left = [], []
    for row_weight, row in zip(weights, column_rows(indptr, columns, amounts), strict=True):
        for i in range(len(row)):
            others = row[:i] + row[i + 1 :]
            cast = sum(a for _, a in others)
            scale = 1 / (1 + dependence * max(cast - 1, 0))
            scores.append(
                [
                    log_base[y] + scale * sum(a * log_ratio[c, y] for c, a in others)
                    for y in range(k)
                ]
            )
            left.append(cast if row_weight > 0 else 0.0)
    return np.array(scores).reshape(-1, k), np.array(left)
