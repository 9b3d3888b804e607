"""EM on pairwise votes, and what an outcome and a vote are worth under the parameters."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import cg

from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

# What an LF's quality is taken for before its votes are seen.
_START_QUALITY = 0.75
# Log-odds beyond which a probability would round to 1.
_SURE = 30.0


class PairRows:
    """Pairs with votes or a known outcome, and the steps of EM on them.

    ``theta`` holds the scores, the log-odds of the qualities, and the logarithm of the tie ratio.
    """

    def __init__(
        self,
        at: IntArray,
        L: LabelMatrix,
        truth: IntArray,
        items: int,
        *,
        score_scale: float,
        prior_strength: float,
    ) -> None:
        self.n, self.m, self.k, self.items = L.n, L.m, L.k, items
        self.possible = L.possible
        self.row, self.lf, self.code = votes_of(L)
        # A known outcome tells of the items, voted on or not.
        self.covered = L.covered | (truth >= 0)
        self.truth = truth
        self.cast = np.bincount(self.lf, minlength=L.m)
        self.precision = 1.0 / score_scale**2
        self.strength = prior_strength
        sides = np.ones(L.n)
        rows = np.arange(L.n)
        self.difference = csr_array(
            (
                np.concatenate([sides, -sides]),
                (np.concatenate([rows, rows]), np.concatenate([at[:, 0], at[:, 1]])),
            ),
            shape=(L.n, items),
        )
        # EM climbs to the nearest top: where known outcomes say that LFs lie, it starts there.
        known = truth[self.row] >= 0
        lf, code, outcome = self.lf[known], self.code[known], truth[self.row[known]]
        good = np.bincount(lf, self.possible[code, outcome], minlength=L.m)
        bad = np.bincount(lf, minlength=L.m) - good
        odds = np.log(good + prior_strength * _START_QUALITY)
        odds -= np.log(bad + prior_strength * (1 - _START_QUALITY))
        self.start = np.concatenate([np.zeros(items), odds, [0.0] * (L.k == 3)])

    def parts(self, theta: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        """Return scores, qualities and the tie ratio."""
        odds = np.clip(theta[self.items : self.items + self.m], -_SURE, _SURE)
        quality = 1 / (1 + np.exp(-odds))
        return theta[: self.items], quality, float(np.exp(theta[-1])) if self.k == 3 else 0.0

    def step(self, theta: FloatArray) -> tuple[FloatArray, float]:
        """Return the next theta of EM, and the log density at this one up to a constant."""
        score, quality, tie = self.parts(theta)
        outcomes = outcome_logs(self.difference @ score, tie, self.k)
        said = vote_table(quality, self.possible)
        logs = outcomes + row_sums(self.row, np.log(said)[self.lf, self.code], self.n)
        known = self.truth >= 0
        logs[known] = np.where(np.arange(self.k) == self.truth[known, None], logs[known], -np.inf)
        top = logs.max(axis=1, keepdims=True)
        q = np.exp(logs - top)
        total = q.sum(axis=1, keepdims=True)
        q /= total
        height = float((top + np.log(total))[self.covered].sum())
        height -= 0.5 * self.precision * float(score @ score)
        height += self.strength * float(
            (_START_QUALITY * np.log(quality) + (1 - _START_QUALITY) * np.log1p(-quality)).sum()
        )

        right = quality[:, None, None] * self.possible / said
        each = (q[self.row] * right[self.lf, self.code]).sum(axis=1)
        good = np.bincount(self.lf, each, minlength=self.m) + self.strength * _START_QUALITY
        bad = self.cast + self.strength - good
        after = [self._best_scores(score, q, np.exp(outcomes)), np.log(good) - np.log(bad)]
        if self.k == 3:
            # One more row, of equal items, whose outcomes are equally probable.
            level = tie / (2 + tie)
            height += (2 * np.log((1 - level) / 2) + np.log(level)) / 3
            p = np.exp(outcomes[self.covered, 2])
            slope = q[self.covered, 2].sum() - p.sum() + 1 / 3 - level
            curvature = (p * (1 - p)).sum() + level * (1 - level)
            after.append(theta[-1:] + np.clip(slope / curvature, -1.0, 1.0))
        return np.concatenate(after), height

    def _best_scores(self, score: FloatArray, q: FloatArray, p: FloatArray) -> FloatArray:
        """Take one step of Newton's towards the scores that explain the outcomes q best."""
        lead, spread = p[:, 0] - p[:, 1], p[:, 0] + p[:, 1]
        slope = 0.5 * self.difference.T @ (self.covered * (q[:, 0] - q[:, 1] - lead))
        slope -= self.precision * score
        weights = 0.25 * self.covered * (spread - lead**2)
        curvature = self.difference.T @ (diags_array(weights) @ self.difference)
        curvature = csr_array(curvature + self.precision * diags_array(np.ones(self.items)))
        scaling = diags_array(1 / curvature.diagonal())
        step, _ = cg(curvature, slope, rtol=1e-12, M=scaling)
        return np.asarray(score + step / max(1.0, float(np.abs(step).max())))


def outcome_logs(lead: FloatArray, tie: float, k: int) -> FloatArray:
    """Return log P(class) of pairs by the lead of the first, float64 of shape (n, k)."""
    logs = np.empty((len(lead), k))
    logs[:, 0], logs[:, 1] = lead / 2, -lead / 2
    if k == 3:
        logs[:, 2] = np.log(tie)
    return np.asarray(logs - np.logaddexp.reduce(logs, axis=1, keepdims=True))


def vote_table(quality: FloatArray, possible: IntArray) -> FloatArray:
    """Return P(LF j votes code | class), float64 of shape (m, s, k); a set is any of its votes."""
    k = possible.shape[1]
    wrong = (1 - quality) / (k - 1)
    size = possible.sum(axis=1, keepdims=True)
    return np.asarray(possible * quality[:, None, None] + (size - possible) * wrong[:, None, None])


def votes_of(L: LabelMatrix) -> tuple[IntArray, IntArray, IntArray]:
    """Return row, LF and code of each vote."""
    indptr, indices, codes = L.csr()
    return np.repeat(np.arange(L.n), np.diff(indptr)), indices.astype(np.int64), codes


def row_sums(row: IntArray, values: FloatArray, n: int) -> FloatArray:
    """Return the sums of the values of each row, float64 of shape (n, k)."""
    columns = [np.bincount(row, column, minlength=n) for column in values.T]
    return np.stack(columns, axis=1)
