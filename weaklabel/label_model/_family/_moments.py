"""Moments of votes: what three labeling functions at a time tell of each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from weaklabel.label_model._base._rows import VoteRows
from weaklabel.types import FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# Each LF is compared with so many others at most, those it meets most often.
_PARTNERS = 24
# A correlation below so many standard errors is not divided by.
_ERRORS = 2.0
# Correlations are rounded, so that no decision hangs on the order of LFs, rows or classes.
_DECIMALS = 12
# What the others must know of a class together, as a squared correlation, to judge an LF by them.
_EVIDENCE = 0.01
# At most so many times the covered rows are taken to have been there.
_MISSING = 4.0
# Tables of up to so many cells are dense.
_DENSE = 1 << 23
_CHUNK = 512


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What the moments say of the c columns (pairs of LF and code that occur).

    Attributes
    ----------
    joint : ndarray of float64, shape (c, k)
        P(LF votes v and Y = y) among the rows whose class is unknown.
    known : ndarray of bool, shape (c, k)
        Where the moments say anything.
    worth : ndarray of float64, shape (c,)
        How many votes with a known class would tell as much: the votes times the share of the
        class's variance that other LFs explain, at most the votes that met another one.
    mean : ndarray of float64, shape (c,)
        P(LF votes v).
    n_triplets : ndarray of int64, shape (m,)
        How many triplets each LF was judged by, summed over the classes.
    """

    joint: FloatArray
    known: IntArray
    worth: FloatArray
    mean: FloatArray
    n_triplets: IntArray

    def counts(self, prior: FloatArray) -> FloatArray:
        """Return what the votes are worth, split among the classes, float64 of shape (c, k).

        `prior`, (c, k), says P(class | vote) for classes of which the moments say nothing.
        """
        joint = np.where(self.known, self.joint, self.mean[:, None] * prior)
        total = joint.sum(axis=1, keepdims=True)
        share = np.where(total > 0, joint / np.where(total > 0, total, 1.0), prior)
        return np.asarray(self.worth[:, None] * share)


def judged(rows: VoteRows, balance: FloatArray) -> Judged:
    """Judge every vote by the moments of the rows whose class is unknown.

    Parameters
    ----------
    rows : VoteRows
    balance : ndarray of float64, shape (k,)
        P(class).
    """
    from scipy.sparse import csr_array

    c, k, m = len(rows.lf), rows.k, rows.m
    n = _all_rows(rows)
    joint, evidence = np.zeros((c, k)), np.zeros((c, k))
    n_triplets = np.zeros(m, np.int64)
    if n == 0 or m < 3:
        return Judged(joint, evidence > 0, np.zeros(c), np.zeros(c), n_triplets)
    votes = np.diff(rows.indptr)
    amounts = rows.amounts.astype(np.float64) if len(rows.amounts) else np.ones(len(rows.columns))
    place = (rows.columns.astype(np.int64), rows.indptr - rows.indptr[0])
    shape = (len(votes), c)
    cast = csr_array((amounts, *place), shape=shape)
    both = cast.T @ csr_array((amounts * np.repeat(rows.weights, votes), *place), shape=shape)
    mean = (rows.weights @ cast) / n
    spoken = csr_array(((amounts > 0).astype(np.float64), *place), shape=shape).sum(axis=1)
    met = (rows.weights * (spoken > 1)) @ cast
    of_lf = csr_array((np.ones(c), (np.arange(c), rows.lf)), shape=(c, m))
    partners = _partners(csr_array(of_lf.T @ both @ of_lf), rows.lf_names)
    share = rows.possible / rows.possible.sum(axis=1, keepdims=True)
    for y in range(k):
        moments = _Moments.of(both, 2 * share[rows.code, y] - 1, mean, rows.lf, (n, m))
        truth, used = moments.with_truth(partners)
        slope, evidence[:, y] = moments.slopes(partners[rows.lf], truth)
        spread = np.sqrt(balance[y] * (1 - balance[y]))
        given = mean + (1 - balance[y]) * slope / spread
        joint[:, y] = np.maximum(given, 0.0) * balance[y]
        n_triplets += used
    known = evidence > _EVIDENCE
    worth = np.minimum(n * mean * (evidence * known).mean(axis=1), met)
    return Judged(joint, known, worth, mean, n_triplets)


def _all_rows(rows: VoteRows) -> float:
    """Return about how many rows there would be had those without votes been kept.

    Among the rows with a vote LFs look as if they avoided each other: where one is silent another
    must have voted. How many are missing is told by the votes: as many as leave the share of
    covered rows that independent LFs of these coverages have.
    """
    covered = float(rows.weights.sum())
    cast = np.zeros(rows.m)
    np.add.at(cast, rows.lf, rows.column_cast - rows.known_columns.sum(axis=1))
    low, high = covered, _MISSING * covered
    for _ in range(60):
        middle = (low + high) / 2
        silent = np.clip(1 - cast / max(middle, 1.0), 0.0, 1.0).prod()
        low, high = (middle, high) if middle * (1 - silent) < covered else (low, middle)
    return float(np.round(high, 6))


@dataclass(frozen=True, slots=True, eq=False)
class _Moments:
    """Moments of the columns and of what LFs say of one class: 1 for, -1 against, 0 nothing.

    Attributes
    ----------
    cross : ndarray or csr_array of float64, shape (c, m)
        Sum over the rows of a column's vote times what an LF says.
    square : ndarray or csr_array of float64, shape (m, m)
        Sum over the rows of what one LF says times what another says.
    column_mean : ndarray of float64, shape (c,)
    mean : ndarray of float64, shape (m,)
    scale : ndarray of float64, shape (m,)
        1 / standard deviation; 0 for an LF that always says the same.
    n : float
        Number of rows.
    """

    cross: Any
    square: Any
    column_mean: FloatArray
    mean: FloatArray
    scale: FloatArray
    n: float

    @classmethod
    def of(
        cls,
        both: csr_array,
        says: FloatArray,
        column_mean: FloatArray,
        lf: IntArray,
        size: tuple[float, int],
    ) -> Self:
        """Take the moments where a vote of each column says `says`, (c,), of the class."""
        from scipy.sparse import csr_array

        n, m = size
        sign = csr_array((says, (np.arange(len(lf)), lf)), shape=(len(lf), m))
        cross = csr_array(both @ sign)
        square = csr_array(sign.T @ cross)
        mean = column_mean @ sign
        variance = np.round(square.diagonal() / n - mean**2, _DECIMALS)
        scale = np.where(variance > 0, 1 / np.sqrt(np.where(variance > 0, variance, 1.0)), 0.0)
        return cls(_maybe_dense(cross), _maybe_dense(square), column_mean, mean, scale, n)

    def correlations(self, a: IntArray, b: IntArray) -> FloatArray:
        """Return the correlations of LFs `a` with LFs `b`, arrays of one shape."""
        covariance = _cells(self.square, a, b) / self.n - self.mean[a] * self.mean[b]
        return np.round(covariance * (self.scale[a] * self.scale[b]), _DECIMALS)

    def with_truth(self, partners: IntArray) -> tuple[FloatArray, IntArray]:
        """Return each LF's correlation with the truth, and the number of triplets, both (m,).

        `partners` has shape (m, p), -1 where there are fewer.
        """
        m, p = partners.shape
        one, two = np.triu_indices(p, 1)
        truth, used = np.zeros(m), np.zeros(m, np.int64)
        with_others = np.zeros((m, p))
        least = _ERRORS / np.sqrt(self.n)
        for start in range(0, m, _CHUNK):
            mine = partners[start : start + _CHUNK]
            own = np.broadcast_to(np.arange(start, start + len(mine))[:, None], mine.shape)
            with_me = np.where(mine >= 0, self.correlations(own, mine), 0.0)
            with_others[start : start + _CHUNK] = with_me
            between = self.correlations(mine[:, one], mine[:, two])
            there = (mine >= 0)[:, one] & (mine >= 0)[:, two] & (np.abs(between) > least)
            products = with_me[:, one] * with_me[:, two]
            squares = products / np.where(there, between, 1.0)
            middle = _medians(np.where(there, squares, np.inf), there.sum(axis=1))
            truth[start : start + _CHUNK] = np.sqrt(np.clip(middle, 0.0, 1.0))
            used[start : start + _CHUNK] = there.sum(axis=1)
        # A triplet tells the size alone; one that speaks against the others is worse than chance.
        against = np.round((with_others * truth[partners]).sum(axis=1), _DECIMALS) < 0
        return np.where(against, -truth, truth), used

    def slopes(self, partners: IntArray, truth: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return each column's covariance with the standardised truth, and what it rests on.

        Parameters
        ----------
        partners : ndarray of int64, shape (c, p)
            Of each column's LF.
        truth : ndarray of float64, shape (m,)

        Returns
        -------
        slope : ndarray of float64, shape (c,)
            By least squares over what the partners say.
        evidence : ndarray of float64, shape (c,)
            The sum of the partners' squared correlations with the truth.
        """
        slope, evidence = np.zeros(len(partners)), np.zeros(len(partners))
        for start in range(0, len(partners), _CHUNK):
            part = slice(start, start + _CHUNK)
            others = partners[part]
            weight = np.where(others >= 0, truth[others], 0.0)
            own = np.broadcast_to(np.arange(start, start + len(others))[:, None], others.shape)
            covariance = _cells(self.cross, own, others) / self.n
            covariance -= self.column_mean[own] * self.mean[others]
            evidence[part] = (weight**2).sum(axis=1)
            told = (covariance * self.scale[others] * weight).sum(axis=1)
            slope[part] = told / np.where(evidence[part] > 0, evidence[part], 1.0)
        return slope, np.round(evidence, _DECIMALS)


def _partners(overlaps: csr_array, lf_names: tuple[str, ...]) -> IntArray:
    """Return the LFs that each LF is compared with, int64 of shape (m, p), -1 where fewer.

    All others where they are few; else those it meets on most rows, by name in a tie.
    """
    m = len(lf_names)
    if m <= _PARTNERS + 1:
        others = np.tile(np.arange(m), (m, 1))
        return others[~np.eye(m, dtype=np.bool_)].reshape(m, m - 1)
    rank = np.empty(m, np.int64)
    rank[np.argsort(np.array(lf_names, dtype=object))] = np.arange(m)
    pairs = overlaps.tocoo()
    mine, other = (np.asarray(x, np.int64) for x in pairs.coords)
    kept = (mine != other) & (pairs.data > 0)
    mine, other, rows = mine[kept], other[kept], pairs.data[kept]
    order = np.lexsort((rank[other], -rows, mine))
    mine, other = mine[order], other[order]
    place = np.arange(len(mine)) - np.searchsorted(mine, mine)
    partners = np.full((m, _PARTNERS), -1)
    near = place < _PARTNERS
    partners[mine[near], place[near]] = other[near]
    return partners


def _medians(values: FloatArray, counts: IntArray) -> FloatArray:
    """Return the median of the first `counts` values of each sorted row, 0 where there are none."""
    if values.shape[1] == 0:
        return np.zeros(len(values))
    values = np.sort(values, axis=1)
    high = np.minimum(counts // 2, values.shape[1] - 1)
    low = np.maximum((counts - 1) // 2, 0)
    each = np.arange(len(values))
    some = counts > 0
    middle = values[each, low] / 2 + np.where(some, values[each, high], 0.0) / 2
    return np.where(some, middle, 0.0)


def _maybe_dense(matrix: csr_array) -> Any:
    return matrix.toarray() if matrix.shape[0] * matrix.shape[1] <= _DENSE else matrix


def _cells(matrix: Any, rows: IntArray, columns: IntArray) -> FloatArray:
    """Return cells of a dense or sparse matrix; `rows` and `columns` have one shape."""
    if isinstance(matrix, np.ndarray):
        return np.asarray(matrix[rows, columns])
    found = matrix[rows.ravel(), columns.ravel()]
    flat = found if isinstance(found, np.ndarray) else found.toarray()
    return np.asarray(flat).reshape(rows.shape)
