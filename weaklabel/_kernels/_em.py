"""One pass of expectation-maximisation over the votes, and the posteriors it rests on.

A vote is a *column*: a number for the pair of LF and code. Votes that were not cast cost nothing:
``log_base`` is the log-probability of a row on which every LF abstains, and ``log_ratio`` what a
vote changes about that. ``amounts`` says how much of a vote each counts (an empty array: 1 each).
``dependence`` is the correlation of the votes of one row: d votes together weigh as much as
``d / (1 + dependence (d - 1))`` independent ones, the design effect of cluster samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from weaklabel._kernels._decorator import kernel

if TYPE_CHECKING:
    from weaklabel.types import FloatArray, IntArray


@kernel
def _row_posterior(
    columns: IntArray,
    amounts: FloatArray,
    log_ratio: FloatArray,
    log_base: FloatArray,
    dependence: float,
    q: FloatArray,
) -> tuple[float, float]:
    """Write P(y | votes of a row) to q, shape (k,); return the top of the sum and the sum.

    The row's log-likelihood is ``top + log(sum)``, the sum being of 1 to k.
    """
    k = len(log_base)
    for y in range(k):
        q[y] = 0.0
    if len(amounts) == 0:
        cast = float(len(columns))
        for at in range(len(columns)):
            column = columns[at]
            for y in range(k):
                q[y] += log_ratio[column, y]
    else:
        cast = 0.0
        for at in range(len(columns)):
            column = columns[at]
            cast += float(amounts[at])
            for y in range(k):
                # 0 times minus infinity is no number: a vote of no weight says nothing.
                if amounts[at] > 0.0:
                    q[y] += float(amounts[at]) * log_ratio[column, y]
    weight = 1.0 / (1.0 + dependence * max(cast - 1.0, 0.0))
    top = -np.inf
    for y in range(k):
        q[y] = weight * q[y] + log_base[y]
        top = max(top, q[y])
    total = 0.0
    for y in range(k):
        q[y] = np.exp(q[y] - top)
        total += q[y]
    scale = 1.0 / total
    for y in range(k):
        q[y] *= scale
    return top, total


@kernel
def em_pass(
    indptr: IntArray,
    columns: IntArray,
    amounts: FloatArray,
    weights: FloatArray,
    log_ratio: FloatArray,
    log_base: FloatArray,
    dependence: float,
) -> tuple[FloatArray, FloatArray, float]:
    """Return the expected counts of some rows under the current parameters.

    Parameters
    ----------
    indptr : ndarray of int64, shape (n + 1,)
        Offsets into `columns`.
    columns : ndarray of int, shape (votes,)
    amounts : ndarray of float32, shape (votes,) or (0,)
    weights : ndarray of float64, shape (n,)
        How many rows each row stands for.
    log_ratio : ndarray of float64, shape (c, k)
        ``log P(vote | y) - log P(its LF abstains | y)`` for each column.
    log_base : ndarray of float64, shape (k,)
        ``log P(y) + Σ_j log P(LF j abstains | y)``.
    dependence : float

    Returns
    -------
    counts : ndarray of float64, shape (c, k)
        Expected number of rows of class y with each vote.
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
    # Logarithms are slow: many sums are multiplied before one is taken.
    product = 1.0
    whole = len(amounts) == 0
    for i in range(len(indptr) - 1):
        start, stop = indptr[i], indptr[i + 1]
        amount = amounts if whole else amounts[start:stop]
        top, total = _row_posterior(columns[start:stop], amount, log_ratio, log_base, dependence, q)
        log_likelihood += weights[i] * top
        if weights[i] == 1.0:
            product *= total
            if product > 1e200:
                log_likelihood += np.log(product)
                product = 1.0
        else:
            log_likelihood += weights[i] * np.log(total)
        for y in range(k):
            q[y] *= weights[i]
            mass[y] += q[y]
        if whole:
            for at in range(start, stop):
                column = columns[at]
                for y in range(k):
                    counts[column, y] += q[y]
        else:
            for at in range(start, stop):
                column = columns[at]
                for y in range(k):
                    counts[column, y] += float(amounts[at]) * q[y]
    return counts, mass, log_likelihood + np.log(product)


@kernel
def em_pass_two(
    indptr: IntArray,
    columns: IntArray,
    amounts: FloatArray,
    weights: FloatArray,
    log_odds: FloatArray,
    base_odds: float,
    dependence: float,
) -> tuple[FloatArray, float, float]:
    """Do what `em_pass` does for two classes, of which the second alone is counted.

    Parameters
    ----------
    indptr, columns, amounts, weights, dependence
        As in `em_pass`.
    log_odds : ndarray of float64, shape (c,)
        Second class against first: ``log_ratio[:, 1] - log_ratio[:, 0]``.
    base_odds : float
        ``log_base[1] - log_base[0]``.

    Returns
    -------
    counts : ndarray of float64, shape (c,)
        Expected number of rows of the second class with each vote.
    mass : float
        Expected number of rows of the second class.
    log_evidence : float
        Sum of ``log(1 + exp(odds))`` over the rows: the log-likelihood less what the first class
        has of it.
    """
    counts = np.zeros(len(log_odds))
    mass = 0.0
    log_evidence = 0.0
    # Logarithms are slow: up to 512 factors of 1 to 2 are multiplied before one is taken.
    product, factors = 1.0, 0
    whole = len(amounts) == 0
    for i in range(len(indptr) - 1):
        start, stop = indptr[i], indptr[i + 1]
        # Four sums side by side, so that an addition need not wait for the one before.
        odds0 = odds1 = odds2 = odds3 = 0.0
        cast = float(stop - start)
        at = start
        if whole:
            while at + 3 < stop:
                odds0 += log_odds[columns[at]]
                odds1 += log_odds[columns[at + 1]]
                odds2 += log_odds[columns[at + 2]]
                odds3 += log_odds[columns[at + 3]]
                at += 4
            while at < stop:
                odds0 += log_odds[columns[at]]
                at += 1
        else:
            cast = 0.0
            while at < stop:
                odds0 += float(amounts[at]) * log_odds[columns[at]]
                cast += float(amounts[at])
                at += 1
        odds = (odds0 + odds1) + (odds2 + odds3)
        odds = odds / (1.0 + dependence * max(cast - 1.0, 0.0)) + base_odds
        tail = np.exp(-abs(odds))
        q = weights[i] * (1.0 if odds > 0.0 else tail) / (1.0 + tail)
        log_evidence += weights[i] * max(odds, 0.0)
        if weights[i] == 1.0:
            product *= 1.0 + tail
            factors += 1
            if factors == 512:
                log_evidence += np.log(product)
                product, factors = 1.0, 0
        else:
            log_evidence += weights[i] * np.log(1.0 + tail)
        mass += q
        if whole:
            for at in range(start, stop):
                counts[columns[at]] += q
        else:
            for at in range(start, stop):
                counts[columns[at]] += float(amounts[at]) * q
    return counts, mass, log_evidence + np.log(product)


@kernel
def posteriors(
    indptr: IntArray,
    columns: IntArray,
    amounts: FloatArray,
    log_ratio: FloatArray,
    log_base: FloatArray,
    dependence: float,
) -> FloatArray:
    """Return P(y | votes) of some rows, float64 of shape (n, k); arguments as in `em_pass`."""
    n = len(indptr) - 1
    probs = np.empty((n, len(log_base)))
    whole = len(amounts) == 0
    for i in range(n):
        start, stop = indptr[i], indptr[i + 1]
        amount = amounts if whole else amounts[start:stop]
        _row_posterior(columns[start:stop], amount, log_ratio, log_base, dependence, probs[i])
    return probs
