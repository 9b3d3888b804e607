"""The guard: no label model is kept that tells votes worse than majority vote does.

The judge uses no gold: each vote is held out in turn, and the other votes of its row are asked
which class it was. A model that has collapsed, or turned the classes round, fails this by far.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from weaklabel._kernels import held_out_votes
from weaklabel.label_model._anchored._em import Estimate
from weaklabel.label_model._base._statistics import RowStatistics
from weaklabel.types import FloatArray, IntArray

# How much worse than majority vote a model may tell held-out votes. Models that are right to
# distrust a common class lose up to 0.1 here; models that have collapsed lose 0.15 to 0.8.
_MARGIN = 0.12
# Rows with two votes or more for the verdict to mean anything, and rows looked at.
_ENOUGH, _ROWS = 20.0, 1 << 14


@dataclass(frozen=True, slots=True)
class Guard:
    """What the guard saw and what it did.

    Attributes
    ----------
    held_out : float
        Share of held-out votes that the model tells right from the others of the row; NaN where
        too few rows have two votes.
    held_out_majority : float
        The same for majority vote.
    gold : float
        Accuracy on the covered rows with gold, from the votes alone; NaN without gold.
    gold_majority : float
        The same for majority vote.
    kept : {"model", "cautious", "majority"}
        "cautious": the model was held closer to its anchor; "majority": it was given up for
        counted votes.
    """

    held_out: float
    held_out_majority: float
    gold: float
    gold_majority: float
    kept: str


def held_out(rows: RowStatistics, estimate: Estimate) -> float:
    """Return the share of held-out votes told right, NaN where too few rows have two votes.

    A vote for a class is told right when the row's other votes make its class the most probable,
    to 1/t where t classes tie. Every row counts once, its votes by their amounts; votes for class
    sets are used, not asked for.
    """
    some = rows.some(_ROWS)
    right, judged = 0.0, 0.0
    for found, of in some.blocks(
        lambda indptr, columns, amounts, weights: _told_right(
            indptr, columns, amounts, weights, estimate, rows.code
        )
    ):
        right += found
        judged += of
    return right / judged if judged >= _ENOUGH else float("nan")


def _told_right(
    indptr: IntArray,
    columns: IntArray,
    amounts: FloatArray,
    weights: FloatArray,
    estimate: Estimate,
    code: IntArray,
) -> tuple[float, float]:
    """Return how many rows' votes are told right, and of how many rows."""
    scores, others = held_out_votes(
        indptr,
        columns,
        amounts,
        weights,
        estimate.log_ratio,
        estimate.log_base,
        estimate.dependence,
    )
    votes = slice(int(indptr[0]), int(indptr[-1]))
    row = np.repeat(np.arange(len(weights)), np.diff(indptr))
    vote = code[columns[votes]]
    amount = amounts[votes] if len(amounts) else np.ones(len(vote))
    asked = (vote < scores.shape[1]) & (others > 0) & (amount > 0)
    best = scores >= scores.max(axis=1, keepdims=True) - 1e-9
    own = np.minimum(vote, scores.shape[1] - 1)
    good = amount * asked * best[np.arange(len(vote)), own] / best.sum(axis=1)
    total = np.bincount(row, amount * asked, minlength=len(weights))
    told = np.bincount(row, good, minlength=len(weights)) / np.maximum(total, 1e-12)
    return float(weights @ told), float(weights[total > 0].sum())


def is_worse(model: float, majority: float) -> bool:
    """Tell whether held-out votes speak against a model."""
    return bool(model < majority - _MARGIN)


def gold_is_worse(model_right: int, majority_right: int) -> bool:
    """Tell whether gold speaks against a model: a sign test at 5 % on the rows they differ on.

    `model_right` and `majority_right` count the rows on which one alone is right.
    """
    from scipy.stats import binom

    differ = model_right + majority_right
    return bool(differ > 0 and binom.cdf(model_right, differ, 0.5) < 0.05)
