"""The rounds of a refinement: features and votes learn from each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from weaklabel.label_model._refine._features import Blocks
from weaklabel.label_model._refine._softmax import fit_softmax, log_softmax, softmax, softmax_logits
from weaklabel.label_model._refine._votes import FLOOR, correction, shared_out, vote_columns
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

# Inverse penalty of the classifier, for rows of norm 1.
_LOOSENESS = 2.0
# Targets lie half way between the probabilities and the most probable class.
_SHARPNESS = 0.5
# Standard errors by which features must beat the class shares out of fold. Of 240 features of pure
# noise the best came to 1.7: the one learned scale makes the gain a small, lopsided number.
_SIGNIFICANT = 2.0
# Added to each probability that is given: no votes make a row as sure as some models say.
_DOUBT = 0.01


@final
@dataclass(frozen=True, slots=True, eq=False)
class Classifier:
    """A classifier on features with the scale of its evidence.

    Attributes
    ----------
    table : ndarray of float64, shape (width + 1, k)
        Weights.
    scale : float
        What its log-odds are multiplied with.
    log_centre, log_shares : ndarray of float64, shape (k,)
        Logarithms of the mean probability on covered rows, and of the mean label.
    """

    table: FloatArray
    scale: float
    log_centre: FloatArray
    log_shares: FloatArray

    def log_probs(self, blocks: Blocks) -> FloatArray:
        """Return the log-probability of each class by the features alone, shape (n, k)."""
        return log_softmax(self.placed(softmax_logits(blocks, self.table)))

    def placed(self, logits: FloatArray) -> FloatArray:
        """Return logits scaled around the class shares."""
        return self.log_shares + self.scale * (logits - self.log_centre)


@final
class Refinement:
    """The state of a refinement in progress; rows in the order of their keys."""

    def __init__(self, L: LabelMatrix, given: FloatArray, blocks: Blocks, folds: int) -> None:
        self.given = (given + _DOUBT) / (1 + _DOUBT * L.k)
        self.blocks, self.folds = blocks, folds
        self.fold = np.arange(L.n) % folds
        self.covered = L.covered
        self.columns = vote_columns(L)[self.covered]
        self.shared = shared_out(self.columns)
        self.tables: list[FloatArray | None] = [None] * (folds + 1)
        self.probs = self.given
        self.change = np.zeros((self.columns.shape[1], L.k))
        self.classifier: Classifier | None = None
        self.log_loss = self.baseline_log_loss = self.z = 0.0

    def run(self, rounds: int) -> None:
        covered, known = self.covered, self.blocks.known
        rows = covered & known
        for turn in range(rounds):
            logits, table = self.cross_fit(rows)
            found = _scaled(logits[covered], table, self.probs[covered])
            own = log_softmax(found.placed(logits))
            if turn == 0:
                self.judge(own[covered])
                if not self.z > _SIGNIFICANT:
                    return
            self.classifier = found
            self.probs = self.joined(own)
            self.change = correction(self.columns, self.given[covered], self.probs[covered])
            self.probs = self.joined(own)
            rows = covered | known

    def cross_fit(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return out-of-fold logits of all rows, and the classifier that learned from `rows`."""
        targets, weights = _sharpened(self.probs), self.probs.max(axis=1)
        logits = np.zeros_like(self.probs)
        for part in range(self.folds + 1):
            learn = rows & (self.fold != part)
            table = fit_softmax(
                self.blocks.take(learn),
                targets[learn],
                weights[learn],
                looseness=_LOOSENESS,
                start=self.tables[part],
            )
            self.tables[part] = table
            if part < self.folds:
                held = self.fold == part
                logits[held] = softmax_logits(self.blocks.take(held), table)
        return logits, table

    def judge(self, log_own: FloatArray) -> None:
        """Compare how features and class shares predict the given labels of covered rows."""
        probs = self.given[self.covered]
        shares = np.log(np.maximum(probs.mean(axis=0), FLOOR))
        own, base = -(probs * log_own).sum(axis=1), -(probs * shares).sum(axis=1)
        error = (base - own).std() / np.sqrt(len(own))
        self.log_loss, self.baseline_log_loss = float(own.mean()), float(base.mean())
        self.z = float((base - own).mean() / error) if error > 1e-12 else 0.0

    def joined(self, log_own: FloatArray) -> FloatArray:
        """Return the posteriors of votes, as corrected so far, and features."""
        assert self.classifier is not None  # noqa: S101 - `run` has set it
        logits = log_own.copy()
        evidence = log_own[self.covered] - self.classifier.log_shares
        votes = np.log(self.given[self.covered]) + self.shared @ self.change
        logits[self.covered] = votes + evidence
        return softmax(logits)


def _sharpened(probs: FloatArray) -> FloatArray:
    hard = np.zeros_like(probs)
    hard[np.arange(len(probs)), probs.argmax(axis=1)] = 1.0
    return np.asarray(_SHARPNESS * hard + (1 - _SHARPNESS) * probs)


def _scaled(logits: FloatArray, table: FloatArray, probs: FloatArray) -> Classifier:
    """Return the classifier with the scale that best predicts labels out of fold."""
    from scipy.optimize import minimize_scalar

    centre = np.log(np.maximum(softmax(logits).mean(axis=0), FLOOR))
    shares = np.log(np.maximum(probs.mean(axis=0), FLOOR))

    def loss(scale: float) -> float:
        return -float((probs * log_softmax(shares + scale * (logits - centre))).sum(axis=1).mean())

    found = minimize_scalar(loss, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-4})
    return Classifier(table, float(found.x), centre, shares)
