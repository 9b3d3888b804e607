"""Held-out votes: a judge of label models that needs no gold.

Some votes are taken away, a model is fitted on the rest, and its posterior of the row has to say
what was taken away. Which votes these are depends on names and votes alone: not on the order of
rows or LFs, and on no random numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

# An LF votes for one class only when less than this share of its votes is for any other.
_SECOND = 0.02
# What the table of one LF is drawn to that of all by, in votes.
_SHRINKAGE = 10.0
_PASSES = 10
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """The votes of a matrix, dealt into folds.

    Attributes
    ----------
    L : LabelMatrix
        The matrix.
    row, lf, code, fold : ndarray of int, shape (votes,)
        Where each vote stands, what it is, and in which fold it is taken away.
    folds : int
        Number of folds.
    """

    L: LabelMatrix
    row: IntArray
    lf: IntArray
    code: IntArray
    fold: IntArray
    folds: int

    @classmethod
    def of(cls, L: LabelMatrix, folds: int, truth: IntArray | None = None) -> HeldOut:
        """Deal the votes of a matrix into folds; rows that differ in gold alone count as such."""
        indptr, indices, codes = L.csr()
        row = np.repeat(np.arange(L.n), np.diff(indptr))
        vote = _vote_hashes(L)
        dealt = _mixed(row_hashes(L, truth)[row] + vote)
        return cls(
            L=L,
            row=row,
            lf=indices.astype(np.int64),
            code=codes.astype(np.int64),
            fold=_folds(dealt, folds),
            folds=folds,
        )

    def rest(self, fold: int) -> LabelMatrix:
        """Return the matrix without the votes of a fold, with all its rows."""
        from scipy import sparse

        kept = self.fold != fold
        cells = sparse.coo_matrix(
            (self.code[kept], (self.row[kept], self.lf[kept])), shape=self.L.shape
        )
        return LabelMatrix.from_array(
            cells,
            classes=self.L.class_names,
            lf_names=self.L.lf_names,
            class_sets=self.L.class_sets,
        )

    def judged(self) -> IntArray:
        """Mark the votes whose row keeps a vote when theirs is taken away, bool."""
        cell = self.row * self.folds + self.fold
        together = np.bincount(cell, minlength=self.L.n * self.folds)[cell]
        return np.asarray(together < np.bincount(self.row, minlength=self.L.n)[self.row])

    def log_scores(self, posterior: FloatArray, judged: IntArray) -> FloatArray:
        """Return how well each judged vote was foreseen, in nats.

        The prediction is ``Σ_y P(y | the votes that were left) P(v | y)``. The second factor is a
        table that best explains the held-out votes of the other folds by their posteriors, found
        by EM: so it is the same kind of table for every model, and pays for no vote that a
        posterior has already seen. It is a table of the LF's own, drawn to that of all LFs. LFs
        that vote for one class only share one table, for the name of such an LF gives its vote
        away: there the question is not what this LF voted, but what a vote of one of these LFs
        was.

        Parameters
        ----------
        posterior : ndarray of float64, shape (votes, k)
            P(y) of each vote's row from a model fitted without the fold of the vote.
        judged : ndarray of bool, shape (votes,)
            As `judged` returns it.

        Returns
        -------
        ndarray of float64, shape (number of judged votes,)
        """
        single = self.single_class[self.lf]
        scores = np.zeros(len(self.row))
        for fold in range(self.folds):
            seen, asked = judged & (self.fold != fold), judged & (self.fold == fold)
            for group, own in ((single, False), (~single, True)):
                if (asked & group).any():
                    scores[asked & group] = self._foreseen(
                        posterior, np.flatnonzero(seen & group), np.flatnonzero(asked & group), own
                    )
        return scores[judged]

    def _foreseen(
        self, posterior: FloatArray, seen: IntArray, asked: IntArray, own: bool
    ) -> FloatArray:
        """Return the log-probability of the asked votes, with tables fitted on the seen ones."""
        m, (s, k) = self.L.m, self.L.possible.shape
        lf, code = self.lf, self.code
        cast = np.bincount(code[seen], minlength=s) + 0.5
        margin, possible = cast / cast.sum(), self.L.possible
        prior = np.repeat(margin[None, :, None], k, axis=2)
        table = _fitted_table(
            np.zeros_like(seen), code[seen], posterior[seen], prior, possible, margin
        )
        chances = table[0, code[asked]]
        if own:
            drawn = np.repeat(_SHRINKAGE * table, m, axis=0)
            table = _fitted_table(lf[seen], code[seen], posterior[seen], drawn, possible, margin)
            chances = table[lf[asked], code[asked]]
        return np.asarray(np.log((posterior[asked] * chances).sum(axis=1)))

    @property
    def single_class(self) -> IntArray:
        """Which LFs vote for one class only, bool of shape (m,); a rare other vote is let pass."""
        s = len(self.L.possible)
        cast = np.bincount(self.lf * s + self.code, minlength=self.L.m * s).reshape(self.L.m, s)
        often = cast >= np.maximum(_SECOND * cast.sum(axis=1, keepdims=True), 1)
        return np.asarray(often.sum(axis=1) < 2)


def row_hashes(L: LabelMatrix, truth: IntArray | None = None) -> IntArray:
    """Return a number for each row, uint64 of shape (n,), from its votes and gold label.

    Equal rows are told apart by counting them: which of them gets which number changes nothing.
    """
    indptr, _, _ = L.csr()
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(_vote_hashes(L), dtype=np.uint64)])
    content = sums[indptr[1:]] - sums[indptr[:-1]]
    if truth is not None:
        content += np.append(_text_hashes(L.class_names), np.uint64(0))[truth] * _GOLDEN
    content = _mixed(content)
    order = np.argsort(content, kind="stable")
    ordered = content[order]
    first = np.append(True, ordered[1:] != ordered[:-1])[: L.n]
    place = np.arange(L.n)
    rank = np.empty(L.n, np.uint64)
    rank[order] = place - np.maximum.accumulate(np.where(first, place, 0))
    return _mixed(content + rank * _GOLDEN)


def hash_folds(L: LabelMatrix, rows: IntArray, truth: IntArray, folds: int) -> IntArray:
    """Deal some rows into folds of nearly equal size, by their votes and gold labels."""
    order = np.argsort(row_hashes(L, truth)[rows], kind="stable")
    fold = np.empty(len(rows), np.int64)
    fold[order] = np.arange(len(rows)) % folds
    return fold


def _vote_hashes(L: LabelMatrix) -> IntArray:
    """Return a number for each vote, uint64 of shape (votes,), from the names of LF and class."""
    _, indices, codes = L.csr()
    names = _mixed(_text_hashes(L.class_names))
    sets = [names[list(classes)].sum(dtype=np.uint64) for classes in L.class_sets]
    of_code = np.append(names, np.array(sets, np.uint64))
    return _mixed(_text_hashes(L.lf_names)[indices] + _mixed(of_code)[codes])


def _text_hashes(texts: Sequence[str]) -> IntArray:
    digests = [hashlib.blake2b(t.encode(errors="surrogatepass"), digest_size=8) for t in texts]
    return np.array([int.from_bytes(d.digest(), "little") for d in digests], np.uint64)


def _mixed(numbers: IntArray) -> IntArray:
    """Return hashes whose every bit depends on every bit (the finaliser of SplitMix64)."""
    x = numbers + _GOLDEN
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))


def _folds(hashes: IntArray, folds: int) -> IntArray:
    return np.asarray((hashes >> np.uint64(33)).astype(np.int64) % folds)


def _fitted_table(
    group: IntArray,
    code: IntArray,
    posterior: FloatArray,
    prior: FloatArray,
    possible: IntArray,
    margin: FloatArray,
) -> FloatArray:
    """Return P(code | y) of each group, shape (g, s, k), that explains votes by posteriors.

    A count alone would not do: ``Σ q(y) [v]`` mixes the classes wherever a posterior is in doubt,
    and so makes a doubtful one look worse than it is.

    Parameters
    ----------
    group, code : ndarray of int, shape (votes,)
    posterior : ndarray of float64, shape (votes, k)
    prior : ndarray of float64, shape (g, s, k)
        Pseudo-counts.
    possible : ndarray of bool, shape (s, k)
    margin : ndarray of float64, shape (s,)
        P(code) where nothing is known.
    """
    g, s, k = prior.shape
    share = posterior
    for _ in range(_PASSES):
        counts = [np.bincount(group * s + code, column, minlength=g * s) for column in share.T]
        table = np.stack(counts, axis=1).reshape(g, s, k) + prior
        table = _anchored(table / table.sum(axis=1, keepdims=True), possible, margin)
        share = posterior * table[group, code]
        share /= share.sum(axis=1, keepdims=True)
    return table


def _anchored(table: FloatArray, possible: IntArray, margin: FloatArray) -> FloatArray:
    """Return tables in which no class makes a vote more probable than those it is for.

    Without this a posterior that mixes up the classes would foretell as much as a right one.
    """
    most = np.where(possible, table, 0.0).max(axis=2, keepdims=True)
    capped = np.minimum(table, most)
    lost = 1.0 - capped.sum(axis=1, keepdims=True)
    return np.asarray(capped + lost * margin[:, None])
