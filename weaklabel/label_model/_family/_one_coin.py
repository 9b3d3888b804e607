"""One coin: one accuracy for each annotator, and wrong votes spread evenly."""

from __future__ import annotations

from typing import Any, ClassVar, Self, final

import numpy as np

from weaklabel.label_model._base._params import check_ending, check_positive, given_balance
from weaklabel.label_model._base._rows import VoteRows, row_posteriors
from weaklabel.label_model._base._tables import logs
from weaklabel.label_model._base._vote_model import VoteModel, check_votes
from weaklabel.label_model._base._voted_em import Step, run_em, warn_unless
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray


@final
class OneCoin(VoteModel):
    """Learn one accuracy for each annotator from how annotators agree.

    Each vote is right with the probability that is its annotator's own, whatever the class; a
    wrong one is any of the other classes, all alike. A partial vote is right when it leaves the
    class possible. Who votes on which row says nothing about the class, and unless a class balance
    is given, no class is favoured: one that is learned beside coins runs off to the class that
    explains the most errors. The accuracies are those that best explain the votes, found by
    expectation-maximisation (EM) from the shares of the votes.

    When to use: for crowds with few votes an annotator, where the tables of `DawidSkene` would be
    guesses. Not where annotators favour some classes, nor for rules that vote for one class.

    Parameters
    ----------
    class_balance : array-like of float, shape (k,), optional
        P(class), where it is known; default: all alike.
    smoothing : float, optional
        Pseudo-count of each way to vote, one of which is right; positive.
    tol : float, optional
        EM ends when a pass raises the objective by less than this, in nats per covered row.
    max_iter : int, optional
        Most passes; a fit that has not ended by then says so in a `WeakLabelWarning`.

    Attributes
    ----------
    accuracy_ : ndarray of float64, shape (m,)
        P(a vote of LF j is right).
    class_balance_ : ndarray of float64, shape (k,)
        P(class) of rows without votes: the one given, else the mean of the covered rows.
    log_likelihood_ : ndarray of float64, shape (passes,)
        What EM climbs, in nats, after each pass: the log-likelihood of the votes given who voted,
        plus the log density of the pseudo-counts, up to a constant. It never falls.
    n_iter_ : int
        Passes over the votes.
    converged_ : bool
        Whether the last pass gained less than `tol`.

    References
    ----------
    Y. Zhang, X. Chen, D. Zhou and M. I. Jordan (2016). Spectral methods meet EM: a provably optimal
    algorithm for crowdsourcing. Journal of Machine Learning Research 17(102), 1-44.
    doi:10.48550/arXiv.1406.3824

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel import OneCoin
    >>> votes = [[0, 0, 1], [1, 1, 1], [0, 0, 0], [1, 1, 0], [0, 0, 0], [1, -1, 1]] * 5
    >>> L = wl.LabelMatrix.from_array(votes, lf_names=["Ann", "Bo", "Cy"])
    >>> OneCoin().fit(L).accuracy_.round(2).tolist()
    [1.0, 1.0, 0.67]
    """

    _learned: ClassVar[tuple[str, ...]] = (
        "accuracy_",
        "class_balance_",
        "log_likelihood_",
        "n_iter_",
        "converged_",
    )
    accuracy_: FloatArray
    log_likelihood_: FloatArray
    n_iter_: int
    converged_: bool

    def __init__(
        self,
        class_balance: Any = None,
        *,
        smoothing: float = 0.01,
        tol: float = 1e-8,
        max_iter: int = 1000,
    ) -> None:
        self.class_balance = class_balance
        self.smoothing = smoothing
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, L: Any, gold: Any = None) -> Self:
        """Learn the accuracies.

        Parameters
        ----------
        L : LabelMatrix
            The votes; rows without any tell nothing and are left out.
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown. Those rows are known instead of guessed.

        Returns
        -------
        OneCoin
            Itself.

        Raises
        ------
        ValueError
            When there are no rows or no votes, or an argument does not fit.
        """
        check_positive(smoothing=self.smoothing)
        check_ending(self.tol, self.max_iter)
        L = check_votes(L)
        balance = given_balance(self.class_balance, L)
        rows = VoteRows.of(L, gold)
        self._remember(L)
        log_base = _log_base(balance, L.k)
        found = run_em(
            rows,
            lambda counts, _: _maximised(counts, rows.possible, log_base, self.smoothing),
            tol=self.tol,
            max_iter=self.max_iter,
        )
        self.accuracy_ = found.params
        self.class_balance_ = found.mass / found.mass.sum() if balance is None else balance
        self.log_likelihood_ = found.objective
        self.n_iter_ = len(found.objective)
        self.converged_ = found.converged
        warn_unless(self.converged_, self, self.max_iter)
        return self

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        balance = None if self.class_balance is None else self.class_balance_
        log_votes = _log_votes(self.accuracy_, L.possible)
        return row_posteriors(L, log_votes, _log_base(balance, L.k))


def _maximised(
    counts: FloatArray, possible: IntArray, log_base: FloatArray, smoothing: float
) -> Step[FloatArray]:
    """Return the accuracies that are most probable given the expected counts."""
    k = len(log_base)
    right = (counts * possible).sum(axis=(1, 2)) + smoothing
    wrong = (counts * ~possible).sum(axis=(1, 2)) + smoothing * (k - 1)
    accuracy = right / (right + wrong)
    density = smoothing * float((logs(accuracy) + (k - 1) * logs(1 - accuracy)).sum())
    return Step(accuracy, _log_votes(accuracy, possible), log_base, density)


def _log_base(balance: FloatArray | None, k: int) -> FloatArray:
    return np.full(k, -np.log(k)) if balance is None else logs(balance)


def _log_votes(accuracy: FloatArray, possible: IntArray) -> FloatArray:
    """Return log P(vote | class, it votes) of each LF and code, up to a constant of the code.

    A vote that leaves r of k classes possible speaks for each of them by its r-th part.
    """
    size = possible.sum(axis=1, keepdims=True)
    right = logs(accuracy)[:, None, None] - np.log(size)
    wrong = logs(1 - accuracy)[:, None, None] - np.log(possible.shape[1] - size)
    return np.asarray(np.where(possible, right, wrong))
