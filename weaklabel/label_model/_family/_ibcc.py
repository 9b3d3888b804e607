"""Independent Bayesian classifier combination, by variational inference."""

from __future__ import annotations

from typing import Any, ClassVar, Self, final

import numpy as np

from weaklabel.label_model._base._params import check_ending, check_positive, given_balance
from weaklabel.label_model._base._rows import VoteRows, row_posteriors
from weaklabel.label_model._base._tables import as_coded, logs, with_abstain
from weaklabel.label_model._base._vote_model import VoteModel, check_votes
from weaklabel.label_model._base._voted_em import Step, run_em, warn_unless
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

_Dirichlets = tuple[FloatArray, FloatArray]


@final
class IBCC(VoteModel):
    """Combine annotators by confusion tables that are uncertain themselves.

    The model of `DawidSkene` with Dirichlet priors on every table and on the class balance, and
    with their whole posterior instead of one best value: an annotator with few votes is uncertain,
    and so counts for less. Found by variational inference, a form of expectation-maximisation in
    which logarithms of probabilities become their expectations.

    When to use: for crowds in which many annotators cast few votes each. As with `DawidSkene`, who
    votes on which row says nothing, so it does not suit rules that vote for one class only.

    Parameters
    ----------
    class_balance : array-like of float, shape (k,), optional
        P(class), where it is known; default learned.
    right, wrong : float, optional
        Votes that each annotator is taken to have cast in each class before any is seen: for the
        class itself, and for each other code. Positive; an annotator is taken for better than
        chance where `right` is the larger.
    balance_prior : float, optional
        Rows that each class is taken to have before any is seen; positive.
    tol : float, optional
        Inference ends when a pass raises the lower bound by less than this, in nats per covered
        row.
    max_iter : int, optional
        Most passes; a fit that has not ended by then says so in a `WeakLabelWarning`.

    Attributes
    ----------
    table_counts_ : ndarray of float64, shape (m, s, k)
        The Dirichlet posterior of each table: ``table_counts_[j, :, y]`` are the pseudo-counts of
        what LF j votes in class y, given that it votes.
    balance_counts_ : ndarray of float64, shape (k,)
        The Dirichlet posterior of the class balance; the balance itself where it was given.
    cond_probs_ : ndarray of float64, shape (m, s + 1, k)
        ``cond_probs_[j, v + 1, y]`` is the posterior mean of P(LF j votes v | Y = y); row 0 is
        abstain, as often as it was met among the rows of a class.
    class_balance_ : ndarray of float64, shape (k,)
        Posterior mean of P(Y).
    lower_bound_ : ndarray of float64, shape (passes,)
        Lower bound of the log evidence, in nats, after each pass. It never falls.
    n_iter_ : int
        Passes over the votes.
    converged_ : bool
        Whether the last pass gained less than `tol`.

    References
    ----------
    H.-C. Kim and Z. Ghahramani (2012). Bayesian classifier combination. Proceedings of Machine
    Learning Research 22 (AISTATS), 619-627.

    E. Simpson, S. Roberts, I. Psorakis and A. Smith (2013). Dynamic Bayesian combination of
    multiple imperfect classifiers. In: Decision Making and Imperfection, Studies in Computational
    Intelligence 474, 1-35. doi:10.1007/978-3-642-36406-8_1

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel import IBCC
    >>> votes = [[0, 0, 1], [1, 1, 1], [0, 0, 1], [1, 1, 0], [0, 0, 0], [1, -1, 1]] * 5
    >>> L = wl.LabelMatrix.from_array(votes, lf_names=["Ann", "Bo", "Cy"])
    >>> IBCC().fit(L).predict(L[:6]).tolist()
    [0, 1, 0, 1, 0, 1]
    """

    _learned: ClassVar[tuple[str, ...]] = (
        "table_counts_",
        "balance_counts_",
        "cond_probs_",
        "class_balance_",
        "lower_bound_",
        "n_iter_",
        "converged_",
    )
    table_counts_: FloatArray
    balance_counts_: FloatArray
    cond_probs_: FloatArray
    lower_bound_: FloatArray
    n_iter_: int
    converged_: bool

    def __init__(
        self,
        class_balance: Any = None,
        *,
        right: float = 2.0,
        wrong: float = 1.0,
        balance_prior: float = 1.0,
        tol: float = 1e-8,
        max_iter: int = 1000,
    ) -> None:
        self.class_balance = class_balance
        self.right = right
        self.wrong = wrong
        self.balance_prior = balance_prior
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, L: Any, gold: Any = None) -> Self:
        """Infer the tables and the class balance.

        Parameters
        ----------
        L : LabelMatrix
            The votes; rows without any tell nothing and are left out.
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown. Those rows are known instead of guessed.

        Returns
        -------
        IBCC
            Itself.

        Raises
        ------
        ValueError
            When there are no rows or no votes, or an argument does not fit.
        """
        check_positive(right=self.right, wrong=self.wrong, balance_prior=self.balance_prior)
        check_ending(self.tol, self.max_iter)
        L = check_votes(L)
        fixed = given_balance(self.class_balance, L)
        rows = VoteRows.of(L, gold)
        self._remember(L)
        prior = _table_prior(rows.possible, self.right, self.wrong)
        found = run_em(
            rows,
            lambda counts, mass: _inferred(counts, mass, prior, fixed, self.balance_prior),
            tol=self.tol,
            max_iter=self.max_iter,
        )
        self.table_counts_, self.balance_counts_ = found.params
        mean = self.table_counts_ / self.table_counts_.sum(axis=1, keepdims=True)
        self.cond_probs_ = with_abstain(mean, found.counts, found.mass, self.wrong)
        self.class_balance_ = self.balance_counts_ / self.balance_counts_.sum()
        self.lower_bound_ = found.objective
        self.n_iter_ = len(found.objective)
        self.converged_ = found.converged
        warn_unless(self.converged_, self, self.max_iter)
        return self

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        total = self.table_counts_.sum(axis=1, keepdims=True)
        log_votes = _mean_log(as_coded(self.table_counts_, self.class_sets_, L), total)
        if self.class_balance is not None:
            return row_posteriors(L, log_votes, logs(self.class_balance_))
        return row_posteriors(
            L, log_votes, _mean_log(self.balance_counts_, self.balance_counts_.sum())
        )


def _table_prior(possible: IntArray, right: float, wrong: float) -> FloatArray:
    """Return the pseudo-counts of one table, shape (s, k): a class set shares what is right."""
    knows = possible / possible.sum(axis=1, keepdims=True)
    return np.asarray(wrong + (right - wrong) * knows)


def _inferred(
    counts: FloatArray,
    mass: FloatArray,
    prior: FloatArray,
    fixed: FloatArray | None,
    balance_prior: float,
) -> Step[_Dirichlets]:
    """Return the Dirichlet posteriors given the expected counts."""
    tables = counts + prior
    log_votes = _mean_log(tables, tables.sum(axis=1, keepdims=True))
    distance = _divergence(tables, np.broadcast_to(prior, tables.shape), log_votes, axis=1)
    if fixed is not None:
        return Step((tables, fixed), log_votes, logs(fixed), -distance)
    balance = mass + balance_prior
    log_base = _mean_log(balance, balance.sum())
    distance += _divergence(balance, np.full(len(mass), balance_prior), log_base, axis=0)
    return Step((tables, balance), log_votes, log_base, -distance)


def _mean_log(counts: FloatArray, total: FloatArray | float) -> FloatArray:
    """Return the expected logarithms of Dirichlet shares."""
    from scipy.special import digamma

    return np.asarray(digamma(counts) - digamma(total))


def _divergence(counts: FloatArray, prior: FloatArray, mean_log: FloatArray, *, axis: int) -> float:
    """Return the Kullback-Leibler divergence of Dirichlet posteriors from their priors, summed."""
    from scipy.special import gammaln

    def log_norm(alpha: FloatArray) -> float:
        return float(gammaln(alpha.sum(axis=axis)).sum() - gammaln(alpha).sum())

    return log_norm(counts) - log_norm(prior) + float(((counts - prior) * mean_log).sum())
