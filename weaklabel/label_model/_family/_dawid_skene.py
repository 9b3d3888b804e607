"""Dawid-Skene: one confusion table for each annotator, by maximum likelihood."""

from __future__ import annotations

from typing import Any, ClassVar, Self, final

from weaklabel.label_model._base._params import check_ending, check_positive, given_balance
from weaklabel.label_model._base._rows import VoteRows, row_posteriors
from weaklabel.label_model._base._tables import as_coded, given_voted, logs, smoothed, with_abstain
from weaklabel.label_model._base._vote_model import VoteModel, check_votes
from weaklabel.label_model._base._voted_em import Step, run_em, warn_unless
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray

_Tables = tuple[FloatArray, FloatArray]


@final
class DawidSkene(VoteModel):
    """Learn a confusion table for each annotator from how annotators agree.

    Each one that votes on a row votes by its own table ``P(vote | class, it votes)``,
    independently given the class. Who votes on which row says nothing about the class. Tables and
    class balance are those that best explain the votes, found by expectation-maximisation (EM)
    from the shares of the votes.

    When to use: for crowds, where people vote for every class and each row has several votes. For
    rules that vote for one class only it cannot work, for such a rule's table is the same in every
    class; use `LabelModel` there. With few votes an annotator, `OneCoin` and `IBCC` learn less and
    guess better.

    Parameters
    ----------
    class_balance : array-like of float, shape (k,), optional
        P(class), where it is known; default learned.
    smoothing : float, optional
        Pseudo-count of every cell of the tables and of the balance; positive. The default is as
        good as none, it keeps a vote that was never seen from being impossible.
    tol : float, optional
        EM ends when a pass raises the objective by less than this, in nats per covered row.
    max_iter : int, optional
        Most passes; a fit that has not ended by then says so in a `WeakLabelWarning`.

    Attributes
    ----------
    cond_probs_ : ndarray of float64, shape (m, s + 1, k)
        ``cond_probs_[j, v + 1, y]`` is P(LF j votes v | Y = y); row 0 is abstain, as often as it
        was met among the rows of a class, rows from k + 1 on are the class sets.
    class_balance_ : ndarray of float64, shape (k,)
        P(Y).
    log_likelihood_ : ndarray of float64, shape (passes,)
        What EM climbs, in nats, after each pass: the log-likelihood of the votes given who voted,
        plus the log density of the pseudo-counts up to a constant. It never falls.
    n_iter_ : int
        Passes over the votes.
    converged_ : bool
        Whether the last pass gained less than `tol`.

    References
    ----------
    A. P. Dawid and A. M. Skene (1979). Maximum likelihood estimation of observer error-rates using
    the EM algorithm. Applied Statistics 28(1), 20-28. doi:10.2307/2346806

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel import DawidSkene
    >>> votes = [[0, 0, 1], [1, 1, 1], [0, 0, 1], [1, 1, 0], [0, 0, 0], [1, -1, 1]] * 5
    >>> L = wl.LabelMatrix.from_array(votes, lf_names=["Ann", "Bo", "Cy"])
    >>> model = DawidSkene().fit(L)
    >>> model.predict(L[:6]).tolist()
    [0, 1, 0, 1, 0, 1]
    >>> model.cond_probs_[2, 1:, 0].round(2).tolist()
    [0.33, 0.67]
    """

    _learned: ClassVar[tuple[str, ...]] = (
        "cond_probs_",
        "class_balance_",
        "log_likelihood_",
        "n_iter_",
        "converged_",
    )
    cond_probs_: FloatArray
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
        """Learn the tables and the class balance.

        Parameters
        ----------
        L : LabelMatrix
            The votes; rows without any tell nothing and are left out.
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown. Those rows are known instead of guessed.

        Returns
        -------
        DawidSkene
            Itself.

        Raises
        ------
        ValueError
            When there are no rows or no votes, or an argument does not fit.
        """
        check_positive(smoothing=self.smoothing)
        check_ending(self.tol, self.max_iter)
        L = check_votes(L)
        fixed = given_balance(self.class_balance, L)
        rows = VoteRows.of(L, gold)
        self._remember(L)
        found = run_em(
            rows,
            lambda counts, mass: _maximised(counts, mass, fixed, self.smoothing),
            tol=self.tol,
            max_iter=self.max_iter,
        )
        table, self.class_balance_ = found.params
        self.cond_probs_ = with_abstain(table, found.counts, found.mass, self.smoothing)
        self.log_likelihood_ = found.objective
        self.n_iter_ = len(found.objective)
        self.converged_ = found.converged
        warn_unless(self.converged_, self, self.max_iter)
        return self

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        table = as_coded(given_voted(self.cond_probs_), self.class_sets_, L)
        return row_posteriors(L, logs(table), logs(self.class_balance_))


def _maximised(
    counts: FloatArray, mass: FloatArray, fixed: FloatArray | None, smoothing: float
) -> Step[_Tables]:
    """Return the tables and the balance that are most probable given the expected counts."""
    table = smoothed(counts, smoothing, axis=1)
    balance = smoothed(mass, smoothing, axis=0) if fixed is None else fixed
    log_table, log_balance = logs(table), logs(balance)
    density = smoothing * float(log_table.sum())
    if fixed is None:
        density += smoothing * float(log_balance.sum())
    return Step((table, balance), log_table, log_balance, density)
