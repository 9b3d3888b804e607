"""Majority vote: every vote counts the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self, final

import numpy as np

from weaklabel._checks import checked_balance
from weaklabel._kernels import row_blocks, threaded, vote_shares
from weaklabel.label_model._base._vote_model import VoteModel, check_votes
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray


@final
class MajorityVote(VoteModel):
    """Label each row by the share of its votes that each class has.

    The baseline to beat, and hard to beat where every LF is about as good as the next. A partial
    vote is shared out equally among the classes it leaves possible; a vote of confidence c counts
    as c of a vote.

    Parameters
    ----------
    class_balance : array-like of float, shape (k,), optional
        P(class) for rows without votes; default the mean share of votes.

    Examples
    --------
    >>> import weaklabel as wl
    >>> L = wl.LabelMatrix.from_array([[1, 1, 0], [0, -1, -1]], classes=("HAM", "SPAM"))
    >>> wl.MajorityVote().fit(L).predict_proba(L).round(2).tolist()
    [[0.33, 0.67], [1.0, 0.0]]
    """

    def __init__(self, class_balance: Any = None) -> None:
        self.class_balance = class_balance

    def fit(self, L: Any, gold: Any = None) -> Self:  # noqa: ARG002 - one interface
        """Note the classes and estimate the class balance; gold labels are not used.

        Parameters
        ----------
        L : LabelMatrix
        gold : ignored

        Returns
        -------
        MajorityVote
            Itself.

        Raises
        ------
        ValueError
            When there are no rows or no votes, or `class_balance` does not fit the classes.
        """
        L = check_votes(L)
        if self.class_balance is not None:
            balance = checked_balance(self.class_balance, L.class_names)
        else:
            balance = mean_shares(L)
        self._remember(L)
        self.class_balance_ = balance
        return self

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        shares = np.concatenate(list(_share_blocks(L)))
        shares[shares.sum(axis=1) == 0] = self.class_balance_
        return shares


def mean_shares(L: LabelMatrix) -> FloatArray:
    """Return the mean vote shares of the covered rows, float64 of shape (k,)."""
    total = sum((shares.sum(axis=0) for shares in _share_blocks(L)), start=np.zeros(L.k))
    if not total.any():
        return np.full(L.k, 1 / L.k)
    return np.asarray(total / total.sum())


def _share_blocks(L: LabelMatrix) -> Iterator[FloatArray]:
    indptr, _, codes = L.csr()
    amounts: FloatArray = np.zeros(0, np.float32) if L.confidence is None else L.confidence
    possible = L.possible
    share = possible / possible.sum(axis=1, keepdims=True)
    return threaded(
        lambda start, stop: vote_shares(indptr[start : stop + 1], codes, amounts, share),
        row_blocks(L.n),
    )
