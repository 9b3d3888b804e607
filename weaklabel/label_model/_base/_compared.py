"""A model beside majority vote on gold labels: what weighing the votes was worth."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from weaklabel._checks import read_only
from weaklabel._kernels import row_blocks, threaded, vote_shares
from weaklabel._render import html_table, terminal_width, text_table
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

# Probabilities this close are a tie, and a confidence this close to the edge of a bin is on it.
_DIGITS = 9
_BINS = 15
_MEASURES = ("accuracy", "macro_f1", "log_loss", "brier", "calibration_error")


@final
@dataclass(frozen=True, slots=True)
class GoldScores:
    """How probabilities do on gold labels.

    Attributes
    ----------
    n : int
        Rows with a known gold label.
    accuracy : float
        Share of rows whose most probable class is the gold one; a tie of t classes counts 1/t.
    macro_f1 : float
        Mean F1 over the classes that occur in gold or are predicted.
    log_loss : float
        Mean of ``-log P(gold class)`` in nats; a probability of 0 counts as 2.2e-16, as in
        scikit-learn.
    brier : float
        Mean over the rows of ``Σ_y (P(y) - [y is gold])²``, from 0 to 2 (Brier, 1950).
    calibration_error : float
        As `calibration_error`: how far confidences are from the shares that come true.
    """

    n: int
    accuracy: float
    macro_f1: float
    log_loss: float
    brier: float
    calibration_error: float


@final
@dataclass(frozen=True, slots=True, eq=False)
class ModelComparison:
    """How a model compares with majority vote on gold labels; prints as a table.

    Attributes
    ----------
    model : str
        The model, as it prints.
    covered, majority_covered : GoldScores
        The model and majority vote on the covered rows with gold.
    every, majority_every : GoldScores
        The same on all rows with gold; an uncovered row has the class balance.
    n_covered : int
        Rows with a vote, with gold or without.
    changed : ndarray of int64
        Positions of the covered rows whose label is not that of majority vote, with gold or
        without. A tie is a label of its own.
    better, worse : ndarray of int64
        Those of them with gold where the model is right and majority vote is not, or less; and
        the other way round.

    References
    ----------
    G. W. Brier (1950). Verification of forecasts expressed in terms of probability. Monthly
    Weather Review 78(1), 1-3. doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
    """

    model: str
    covered: GoldScores
    majority_covered: GoldScores
    every: GoldScores
    majority_every: GoldScores
    n_covered: int
    changed: IntArray
    better: IntArray
    worse: IntArray

    def to_frame(self) -> Any:
        """Return a pandas DataFrame: one row for each model and set of rows."""
        import pandas as pd

        rows = self._rows()
        index = pd.MultiIndex.from_tuples(
            [(rows_of, model) for rows_of, model, _ in rows], names=["rows", "model"]
        )
        columns = ("n", *_MEASURES)
        return pd.DataFrame(
            {name: [getattr(scores, name) for *_, scores in rows] for name in columns}, index=index
        )

    def _rows(self) -> list[tuple[str, str, GoldScores]]:
        return [
            ("covered", "MajorityVote()", self.majority_covered),
            ("covered", self.model, self.covered),
            ("all", "MajorityVote()", self.majority_every),
            ("all", self.model, self.every),
        ]

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            [model, rows_of, f"{scores.n:,}", *(_number(getattr(scores, m)) for m in _MEASURES)]
            for rows_of, model, scores in self._rows()
        ]
        return ["model", "rows", "n", "accuracy", "macro F1", "log-loss", "Brier", "calib."], rows

    def _caption(self) -> str:
        judged = len(self.better) + len(self.worse)
        return (
            f"{len(self.changed):,} of {self.n_covered:,} covered rows change their label; of "
            f"{judged:,} where gold tells, {len(self.better):,} for the better and "
            f"{len(self.worse):,} for the worse. Log-loss, Brier and calibration error: the less "
            "the better"
        )

    def __str__(self) -> str:
        width = terminal_width()
        return f"{text_table(*self._cells(), width=width)}\n{textwrap.fill(self._caption(), width)}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(*self._cells(), caption=self._caption())


def compared_with_majority(
    model: str, L: LabelMatrix, truth: IntArray, probs: FloatArray
) -> ModelComparison:
    """Return how probabilities compare with the shares of the votes.

    Parameters
    ----------
    model : str
    L : LabelMatrix
    truth : ndarray of int64, shape (n,)
        Gold codes, -1 where unknown; some are known.
    probs : ndarray of float64, shape (n, k)
    """
    shares = majority_shares(L)
    covered = L.covered
    known = truth >= 0
    mine, theirs = most_probable(probs), most_probable(shares)
    changed = covered & (mine != theirs).any(axis=1)
    at = np.flatnonzero(known)
    gain = np.zeros(L.n)
    gain[at] = credit(mine[at], truth[at]) - credit(theirs[at], truth[at])
    judged = changed & known

    def scores(table: FloatArray, rows: IntArray) -> GoldScores:
        return gold_scores(table[rows], truth[rows])

    return ModelComparison(
        model=model,
        covered=scores(probs, known & covered),
        majority_covered=scores(shares, known & covered),
        every=scores(probs, known),
        majority_every=scores(shares, known),
        n_covered=int(covered.sum()),
        changed=read_only(np.flatnonzero(changed)),
        better=read_only(np.flatnonzero(judged & (gain > 0))),
        worse=read_only(np.flatnonzero(judged & (gain < 0))),
    )


def majority_shares(L: LabelMatrix) -> FloatArray:
    """Return the vote shares of each row, shape (n, k); their mean where no LF votes."""
    indptr, _, codes = L.csr()
    amounts: FloatArray = np.zeros(0, np.float32) if L.confidence is None else L.confidence
    possible = L.possible
    share = possible / possible.sum(axis=1, keepdims=True)
    blocks = threaded(
        lambda start, stop: vote_shares(indptr[start : stop + 1], codes, amounts, share),
        row_blocks(L.n),
    )
    shares = np.concatenate(list(blocks))
    empty = shares.sum(axis=1) == 0
    total = shares.sum(axis=0)
    shares[empty] = total / total.sum() if total.any() else 1 / L.k
    return shares


def gold_scores(probs: FloatArray, truth: IntArray) -> GoldScores:
    """Return how probabilities, shape (g, k), do on known gold codes, shape (g,)."""
    n = len(truth)
    if not n:
        return GoldScores(0, *[float("nan")] * len(_MEASURES))
    best = most_probable(probs)
    right = credit(best, truth)
    own = probs[np.arange(n), truth]
    brier = (probs**2).sum(axis=1) - 2 * own + 1
    return GoldScores(
        n=n,
        accuracy=float(right.mean()),
        macro_f1=macro_f1(confusion(best, truth)),
        log_loss=float(-np.log(np.maximum(own, np.finfo(np.float64).eps)).mean()),
        brier=float(brier.mean()),
        calibration_error=_calibration_error(probs, right),
    )


def most_probable(probs: FloatArray) -> IntArray:
    """Mark the most probable classes of each row, several where they tie, bool of shape (n, k)."""
    return np.asarray(probs >= probs.max(axis=1, keepdims=True, initial=0.0) - 10.0**-_DIGITS)


def credit(best: IntArray, truth: IntArray) -> FloatArray:
    """Return how right each row is: 1/t where t classes tie and gold is among them."""
    return np.asarray(best[np.arange(len(truth)), truth] / best.sum(axis=1))


def confusion(best: IntArray, truth: IntArray) -> FloatArray:
    """Return how many rows of each gold class get each label, shape (k, k); ties are shared out."""
    k = best.shape[1]
    table = np.zeros((k, k))
    np.add.at(table, truth, best / best.sum(axis=1, keepdims=True))
    return table


def macro_f1(table: FloatArray) -> float:
    """Return the mean F1 of the classes that occur in a confusion table, NaN of an empty one."""
    rows = table.sum(axis=0) + table.sum(axis=1)
    there = rows > 10.0**-_DIGITS
    return float((2 * np.diag(table)[there] / rows[there]).mean()) if there.any() else float("nan")


def _calibration_error(probs: FloatArray, right: FloatArray) -> float:
    confidence = probs.max(axis=1)
    place = np.ceil(np.round(confidence * _BINS, _DIGITS)).astype(np.int64) - 1
    gaps = np.bincount(np.maximum(place, 0), right - confidence)
    return float(np.abs(gaps).sum() / len(right))


def _number(number: float) -> str:
    return "" if np.isnan(number) else f"{number:.3f}"
