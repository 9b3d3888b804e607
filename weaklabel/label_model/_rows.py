"""The rows a label model learns from: covered, equal ones counted once, known ones set apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from weaklabel._kernels import em_pass, posteriors, row_blocks, threaded
from weaklabel.gold import encode_gold
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class VoteRows:
    """Votes to learn from, and what is known of them.

    Attributes
    ----------
    indptr, indices, codes : ndarray of int
        The votes of the p rows whose class is unknown, as compressed rows.
    weights : ndarray of float64, shape (p,)
        How many rows of the matrix each stands for.
    possible : ndarray of bool, shape (s, k)
        What each code leaves possible.
    known_counts : ndarray of float64, shape (m, s, k)
        Rows of gold class y on which LF j voted v.
    known_mass : ndarray of float64, shape (k,)
        Covered rows of each gold class.
    """

    indptr: IntArray
    indices: IntArray
    codes: IntArray
    weights: FloatArray
    possible: IntArray
    known_counts: FloatArray
    known_mass: FloatArray

    @classmethod
    def of(cls, L: LabelMatrix, gold: Any = None, sample_weight: Any = None) -> VoteRows:
        """Take the covered rows of a matrix; where gold is known the row is counted as known.

        Raises
        ------
        ValueError
            When the gold labels or the weights do not fit the matrix.
        """
        indptr, indices, codes = L.csr()
        truth = np.full(L.n, -1) if gold is None else encode_gold(gold, L)
        weights = np.ones(L.n) if sample_weight is None else np.asarray(sample_weight, float)
        covered = L.covered
        m, (s, k) = L.m, L.possible.shape
        known = covered & (truth >= 0)
        counts, mass = np.zeros((m, s, k)), np.zeros(k)
        if known.any():
            at, js, vs = _take(indptr, indices, codes, np.flatnonzero(known))
            row = np.repeat(np.flatnonzero(known), np.diff(at))
            np.add.at(counts, (js, vs, truth[row]), weights[row])
            np.add.at(mass, truth[known], weights[known])
        rest = np.flatnonzero(covered & (truth < 0))
        if len(rest) < L.n:
            indptr, indices, codes = _take(indptr, indices, codes, rest)
        return cls(indptr, indices, codes, weights[rest], L.possible, counts, mass)

    @property
    def m(self) -> int:
        """Number of LFs."""
        return len(self.known_counts)

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.known_mass)

    @property
    def cast(self) -> FloatArray:
        """How often each LF voted each code, known rows among them, float64 of shape (m, s)."""
        s = len(self.possible)
        row_weight = np.repeat(self.weights, np.diff(self.indptr))
        flat = self.indices.astype(np.int64) * s + self.codes
        votes = np.bincount(flat, row_weight, minlength=self.m * s).reshape(self.m, s)
        return np.asarray(votes + self.known_counts.sum(axis=2))

    def expected_counts(
        self, log_ratio: FloatArray, log_base: FloatArray
    ) -> tuple[FloatArray, FloatArray, float]:
        """Run one EM pass over the unknown rows; see `em_pass`. Known rows are not in it."""
        blocks = threaded(
            lambda start, stop: em_pass(
                self.indptr[start : stop + 1],
                self.indices,
                self.codes,
                self.weights[start:stop],
                log_ratio,
                log_base,
            ),
            row_blocks(len(self.weights)),
        )
        counts, mass, log_likelihood = next(blocks)
        for more_counts, more_mass, more_likelihood in blocks:
            counts += more_counts
            mass += more_mass
            log_likelihood += more_likelihood
        return counts, mass, float(log_likelihood)


def row_posteriors(L: LabelMatrix, log_ratio: FloatArray, log_base: FloatArray) -> FloatArray:
    """Return P(y | votes) of every row of a matrix, float64 of shape (n, k); see `posteriors`."""
    indptr, indices, codes = L.csr()
    blocks = threaded(
        lambda start, stop: posteriors(
            indptr[start : stop + 1], indices, codes, log_ratio, log_base
        ),
        row_blocks(L.n),
    )
    return np.concatenate(list(blocks))


def _take(
    indptr: IntArray, indices: IntArray, codes: IntArray, rows: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    lengths = np.diff(indptr)[rows]
    ends = np.concatenate([[0], np.cumsum(lengths)])
    at = np.arange(ends[-1]) + np.repeat(indptr[:-1][rows] - ends[:-1], lengths)
    return ends, indices[at], codes[at]
