"""The triplet method: how good each labeling function is, from how three at a time agree."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Self, final

import numpy as np

from weaklabel.errors import WeakLabelWarning
from weaklabel.label_model._base._params import check_positive, given_balance
from weaklabel.label_model._base._rows import VoteRows, row_posteriors
from weaklabel.label_model._base._tables import logs
from weaklabel.label_model._base._vote_model import VoteModel, check_votes
from weaklabel.label_model._family._moments import judged
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray


@final
class TripletModel(VoteModel):
    """Judge labeling functions by moments: no passes, one closed formula.

    For each class, an LF votes for it (1), against it (-1) or abstains (0). When LFs are
    independent given the class, the correlation of two of them is the product of their
    correlations with the truth; so three correlations between three LFs give all three of theirs
    with the truth. Each LF's is the median over many triplets. From it and from the votes of the
    others follows what class each of its votes means.

    The moments count as many votes as the others' agreement with the truth makes them worth. A
    prior, in which an LF that votes knows the class with probability `anchor` and otherwise
    guesses from the class balance, counts `prior_strength` times the LF's votes. So an LF that
    overlaps with few others stays near the prior, and one that never votes stays there. Triplets
    whose divisor is near zero are left out, and with many LFs each is compared with the 24 it
    meets most often. Most LFs must be better than chance; one that is worse is found out.

    When to use: to compare with the literature (FlyingSquid), or where a fit must take one pass.
    `LabelModel` is more accurate.

    Parameters
    ----------
    class_balance : array-like of float, shape (k,), optional
        P(class); default: all alike. The moments cannot tell it, so give it where it is known.
    anchor : float, optional
        What an LF is taken for before its votes are seen: it knows with this probability, else it
        guesses. In 0..1.
    prior_strength : float, optional
        Weight of the prior relative to the LF's own votes; positive. Near 0 the moments alone
        decide.

    Attributes
    ----------
    accuracy_ : ndarray of float64, shape (m,)
        P(a vote of LF j is right).
    class_given_vote_ : ndarray of float64, shape (m, s, k)
        ``class_given_vote_[j, v, y]`` is P(Y = y | LF j votes v), where no other vote is known.
    n_triplets_ : ndarray of int64, shape (m,)
        How many triplets each LF was judged by, summed over the classes.
    class_balance_ : ndarray of float64, shape (k,)
        P(class): what was given, or all alike.

    References
    ----------
    D. Y. Fu, M. F. Chen, F. Sala, S. M. Hooper, K. Fatahalian and C. Ré (2020). Fast and
    three-rious: speeding up weak supervision with triplet methods. Proceedings of the 37th
    International Conference on Machine Learning, PMLR 119, 3280-3291.
    doi:10.48550/arXiv.2002.11955

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel import TripletModel
    >>> votes = [[1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, -1], [1, 1, 0]] * 20
    >>> L = wl.LabelMatrix.from_array(votes, classes=("HAM", "SPAM"))
    >>> model = TripletModel().fit(L)
    >>> model.predict(L[:4]).tolist()
    [1, 1, 0, 0]
    """

    _learned: ClassVar[tuple[str, ...]] = (
        "accuracy_",
        "class_given_vote_",
        "n_triplets_",
        "class_balance_",
    )
    accuracy_: FloatArray
    class_given_vote_: FloatArray
    n_triplets_: IntArray

    def __init__(
        self, class_balance: Any = None, *, anchor: float = 0.45, prior_strength: float = 1.0
    ) -> None:
        self.class_balance = class_balance
        self.anchor = anchor
        self.prior_strength = prior_strength

    def fit(self, L: Any, gold: Any = None) -> Self:
        """Learn what the votes mean.

        Parameters
        ----------
        L : LabelMatrix
            The votes; rows without any tell nothing and are left out.
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown. Votes on those rows are counted by their
            class, and the moments are taken over the other rows.

        Returns
        -------
        TripletModel
            Itself.

        Raises
        ------
        ValueError
            When there are no rows or no votes, or an argument does not fit.
        """
        check_positive(anchor=self.anchor, prior_strength=self.prior_strength)
        if self.anchor >= 1:
            raise ValueError(f"anchor must be a number between 0 and 1, got {self.anchor!r}")
        L = check_votes(L)
        given = given_balance(self.class_balance, L)
        balance = np.full(L.k, 1 / L.k) if given is None else given
        rows = VoteRows.of(L, gold)
        self._remember(L)
        found = judged(rows, balance)
        if not found.n_triplets.any() and len(rows.weights):
            voting = len(np.unique(rows.lf))
            warnings.warn(
                f"TripletModel needs three LFs that overlap on many rows, and found none among the "
                f"{voting} that vote; it takes all for equally good, as a majority vote would. "
                "Write LFs that overlap, or use LabelModel",
                WeakLabelWarning,
                stacklevel=2,
            )
        inside = rows.possible * balance
        knows = inside / inside.sum(axis=1, keepdims=True)
        prior = self.anchor * knows + (1 - self.anchor) * balance
        cast = rows.cast
        # One more vote, for codes that were never seen.
        counts = (self.prior_strength * cast + 1.0)[:, :, None] * prior
        counts[rows.lf, rows.code] += found.counts(prior[rows.code]) + rows.known_columns
        self.class_given_vote_ = counts / counts.sum(axis=2, keepdims=True)
        self.accuracy_ = _accuracies(self.class_given_vote_, cast, rows.possible)
        self.n_triplets_ = found.n_triplets
        self.class_balance_ = balance
        return self

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        known = {classes: L.k + t for t, classes in enumerate(self.class_sets_)}
        rows = [self.class_given_vote_[:, : L.k]]
        for classes in L.class_sets:
            # A set that was never voted in fitting is a vote for one of its classes.
            at = [known[classes]] if classes in known else list(classes)
            rows.append(self.class_given_vote_[:, at].mean(axis=1, keepdims=True))
        log_balance = logs(self.class_balance_)
        return row_posteriors(L, logs(np.concatenate(rows, axis=1)) - log_balance, log_balance)


def _accuracies(class_given_vote: FloatArray, cast: FloatArray, possible: IntArray) -> FloatArray:
    """Return P(a vote is right) of each LF, (m,): the mean over the classes if it never votes."""
    k = possible.shape[1]
    right = (class_given_vote * possible).sum(axis=2)
    total = cast.sum(axis=1)
    voted = (right * cast).sum(axis=1) / np.where(total > 0, total, 1.0)
    return np.asarray(np.where(total > 0, voted, right[:, :k].mean(axis=1)))
