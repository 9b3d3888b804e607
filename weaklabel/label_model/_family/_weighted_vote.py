"""Weighted vote: each LF's vote counts by its weight."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Self, final

import numpy as np

from weaklabel._checks import listed, nearest
from weaklabel.label_model._base._params import check_positive, given_balance
from weaklabel.label_model._base._rows import VoteRows, row_posteriors
from weaklabel.label_model._base._tables import logs
from weaklabel.label_model._base._vote_model import VoteModel, check_votes
from weaklabel.label_model._family._majority_vote import mean_shares
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

# What an LF is taken for where nothing is known, and the least that its vote counts for: without
# gold no LF is taken for one that is rather wrong.
_GUESS = 0.7
_LEAST = 0.1
# More nats than this are no weight, and their sum might be no number.
_MOST = 1e6


@final
class WeightedVote(VoteModel):
    """Label each row by the sum of the weights of the votes for each class.

    The probabilities are the softmax of the sums. A weight is therefore in nats: that of an LF
    with accuracy a among k classes is ``log(a (k - 1) / (1 - a))``, and the probabilities are as
    well calibrated as the weights are good and the LFs independent. A partial vote shares its
    weight equally among the classes it leaves possible.

    When to use: where you know what the LFs are worth, or as a baseline with some gold labels.

    Parameters
    ----------
    weights : dict of str to float, or array-like of shape (m,), optional
        The weight of each LF, by name or in the order of the LFs; a negative one counts against
        the class voted for. Default: from the accuracy on the gold labels where `fit` gets some,
        else from how often the LF agrees with the majority of the others.
    class_balance : array-like of float, shape (k,), optional
        P(class), added to the sums as its logarithm. Default: no class is favoured, and rows
        without votes get the mean share of votes.
    shrinkage : float, optional
        An accuracy that is learned is drawn to the mean of all LFs as if by so many more votes.

    Attributes
    ----------
    weights_ : ndarray of float64, shape (m,)
        The weight of each LF.
    class_balance_ : ndarray of float64, shape (k,)
        P(class) of rows without votes.

    References
    ----------
    S. Nitzan and J. Paroush (1982). Optimal decision rules in uncertain dichotomous choice
    situations. International Economic Review 23(2), 289-297. doi:10.2307/2526438

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel import WeightedVote
    >>> L = wl.LabelMatrix.from_array([[1, 0, 0], [0, 0, 1]], lf_names=["a", "b", "c"])
    >>> model = WeightedVote(weights={"a": 2.0, "b": 0.5, "c": 0.5}).fit(L)
    >>> model.predict_proba(L).round(2).tolist()
    [[0.27, 0.73], [0.88, 0.12]]
    """

    _learned: ClassVar[tuple[str, ...]] = ("weights_", "class_balance_")
    weights_: FloatArray

    def __init__(
        self, weights: Any = None, class_balance: Any = None, *, shrinkage: float = 10.0
    ) -> None:
        self.weights = weights
        self.class_balance = class_balance
        self.shrinkage = shrinkage

    def fit(self, L: Any, gold: Any = None) -> Self:
        """Take the weights, or learn them.

        Parameters
        ----------
        L : LabelMatrix
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown; not used where weights are given.

        Returns
        -------
        WeightedVote
            Itself.

        Raises
        ------
        ValueError
            When there are no rows or no votes, or an argument does not fit.
        """
        check_positive(shrinkage=self.shrinkage)
        L = check_votes(L)
        balance = given_balance(self.class_balance, L)
        rows = VoteRows.of(L, gold)
        if self.weights is not None:
            weights = _given_weights(self.weights, L)
        elif rows.known_mass.any():
            right = (rows.known_counts * rows.possible).sum(axis=(1, 2))
            weights = self._learned_weights(right, rows.known_counts.sum(axis=(1, 2)), L.k)
        else:
            weights = np.maximum(self._learned_weights(*_agreement(rows), L.k), _LEAST)
        self._remember(L)
        self.weights_ = weights
        self.class_balance_ = mean_shares(L) if balance is None else balance
        return self

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        possible = L.possible
        share = possible / possible.sum(axis=1, keepdims=True)
        log_base = np.zeros(L.k) if self.class_balance is None else logs(self.class_balance_)
        return row_posteriors(L, self.weights_[:, None, None] * share, log_base)

    def _learned_weights(self, right: FloatArray, of: FloatArray, k: int) -> FloatArray:
        """Return log-odds of the accuracies, each drawn to the mean of all."""
        mean = (right.sum() + _GUESS) / (of.sum() + 1)
        accuracy = (right + self.shrinkage * mean) / (of + self.shrinkage)
        accuracy = np.clip(accuracy, 1e-9, 1 - 1e-9)
        return np.asarray(np.log(accuracy * (k - 1) / (1 - accuracy)))


def _given_weights(weights: Any, L: LabelMatrix) -> FloatArray:
    if isinstance(weights, Mapping):
        if unknown := [name for name in weights if name not in L.lf_names]:
            raise ValueError(
                f"weights name {unknown[0]!r}, which is no LF of the matrix"
                f"{nearest(unknown[0], L.lf_names)}"
            )
        if lacking := [name for name in L.lf_names if name not in weights]:
            raise ValueError(f"weights lack {listed(lacking)}; give each LF one, 0 to ignore it")
        weights = [weights[name] for name in L.lf_names]
    array = np.asarray(weights, np.float64)
    if array.shape != (L.m,):
        raise ValueError(
            f"weights have shape {array.shape}, expected ({L.m},): one for each of the LFs "
            f"{listed(L.lf_names)}"
        )
    if not (np.abs(array) <= _MOST).all():
        raise ValueError(f"weights must be numbers within ±{_MOST:g}, got {array.tolist()}")
    return array


def _agreement(rows: VoteRows) -> tuple[FloatArray, FloatArray]:
    """Return how often each LF agrees with the majority of the others, and of how many votes.

    Where the others are tied, agreeing with one of them counts by its share in the tie. Rows with
    one vote are left out.
    """
    found = np.zeros((2, rows.m))
    for agreed, seen in rows.blocks(partial(_agreed, rows)):
        found += agreed, seen
    return found[0], found[1]


def _agreed(
    rows: VoteRows, indptr: IntArray, columns: IntArray, amounts: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return what `_agreement` does, of some rows."""
    n, m, possible = len(weights), rows.m, rows.possible
    lengths = np.diff(indptr)
    row = np.repeat(np.arange(n), lengths)
    at = np.arange(indptr[0], indptr[-1])
    column = columns[at]
    amount = amounts[at] if len(amounts) else np.ones(len(at))
    share = (possible / possible.sum(axis=1, keepdims=True))[rows.code[column]]
    share *= amount[:, None]
    total = np.stack([np.bincount(row, part, minlength=n) for part in share.T], axis=1)
    judged = np.flatnonzero(lengths[row] > 1)
    others = total[row[judged]] - share[judged]
    # Sums in another order may differ in the last digits.
    tied = others >= others.max(axis=1, initial=0.0, keepdims=True) - 1e-9
    lf, code = rows.lf[column[judged]], rows.code[column[judged]]
    agreed = (tied & possible[code]).sum(axis=1) / tied.sum(axis=1)
    weight = weights[row[judged]] * amount[judged]
    right = np.bincount(lf, weight * agreed, minlength=m).astype(np.float64)
    return right, np.bincount(lf, weight, minlength=m).astype(np.float64)
