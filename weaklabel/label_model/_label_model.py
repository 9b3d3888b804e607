"""The generative label model: who is right how often, learned from the votes alone."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Self, final

import numpy as np

from weaklabel._checks import checked_balance
from weaklabel._kernels import em_pass, posteriors, row_blocks, threaded
from weaklabel.errors import WeakLabelWarning
from weaklabel.gold import encode_gold
from weaklabel.label_model._majority_vote import mean_shares
from weaklabel.label_model._prior import Prior, anchored_prior
from weaklabel.label_model._vote_model import VoteModel, check_votes
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

# An LF that is right this often is what every LF is taken for in the first pass: majority vote.
_START_ACCURACY = 0.7

_CSR = tuple[IntArray, IntArray, IntArray]


@final
class LabelModel(VoteModel):
    r"""Learn how far each labeling function can be trusted, and weigh its votes by that.

    The story: a row's class is drawn from the class balance, then each LF votes (or abstains) by
    its own conditional table ``P(vote | class)``, independently given the class (Dawid and Skene,
    1979). The tables and the balance are the ones that best explain the votes, found by
    expectation-maximisation (EM) in log space from majority vote.

    The maximum is a posteriori: Dirichlet priors hold each table near an LF that knows the answer
    with probability `anchor` and otherwise guesses from the class balance. They count
    `prior_strength` times as much as the LF's own votes, so the anchor does not wash out in large
    data, where the likelihood alone is highest in solutions that put every row into one class.

    Parameters
    ----------
    class_balance : array-like of float, shape (k,), optional
        P(class), where it is known; default learned.
    anchor : float, optional
        What an LF is taken for before its votes are seen: it knows the answer with this
        probability, else it guesses. In 0..1.
    prior_strength : float, optional
        Weight of the prior relative to the LF's own votes; positive.
    tol : float, optional
        EM ends when a pass raises the objective by less than this, in nats per covered row.
    max_iter : int, optional
        Most passes; a fit that has not ended by then says so in a `WeakLabelWarning`.

    Attributes
    ----------
    cond_probs_ : ndarray of float64, shape (m, s + 1, k)
        ``cond_probs_[j, v + 1, y]`` is P(LF j votes v | Y = y); row 0 is abstain, rows from k + 1
        on are the class sets.
    class_balance_ : ndarray of float64, shape (k,)
        P(Y).
    log_likelihood_ : ndarray of float64, shape (passes,)
        What EM climbs, in nats, after each pass: the log-likelihood of the votes plus the log
        density of the priors up to a constant. It never falls.
    n_iter_ : int
        Passes over the votes.
    converged_ : bool
        Whether the last pass changed less than `tol`.

    References
    ----------
    A. P. Dawid and A. M. Skene (1979). Maximum likelihood estimation of observer error-rates using
    the EM algorithm. Applied Statistics 28(1), 20-28. doi:10.2307/2346806

    Examples
    --------
    >>> import weaklabel as wl
    >>> votes = [[1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, -1], [1, 1, 0]] * 20
    >>> L = wl.LabelMatrix.from_array(votes, classes=("HAM", "SPAM"))
    >>> model = wl.LabelModel().fit(L)
    >>> model.predict(L[:4]).tolist()
    [1, 1, 0, 0]
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
        anchor: float = 0.45,
        prior_strength: float = 3.0,
        tol: float = 1e-5,
        max_iter: int = 200,
    ) -> None:
        self.class_balance = class_balance
        self.anchor = anchor
        self.prior_strength = prior_strength
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, L: LabelMatrix, gold: Any = None) -> Self:
        """Learn the conditional tables and the class balance.

        Parameters
        ----------
        L : LabelMatrix
            The votes; rows without any tell nothing and are left out.
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown. Those rows are known instead of guessed.

        Returns
        -------
        LabelModel
            Itself.

        Raises
        ------
        ValueError
            When there are no rows or no votes, or an argument does not fit.
        """
        self._check_params()
        check_votes(L)
        csr, truth = _covered_rows(L, gold)
        balance = self._given_balance(L)
        self._remember(L)
        start = _alike(L)
        counts, mass, _ = _expected_counts(csr, *start)
        covered = len(truth)
        # A class nobody votes for keeps a small share, so that every logarithm is finite.
        shares = (mean_shares(L) * covered + 1.0) / (covered + L.k)
        prior = anchored_prior(
            np.rint(counts.sum(axis=2)),
            covered=covered,
            centre=shares if balance is None else balance,
            possible=L.possible,
            fixed_balance=balance,
            anchor=self.anchor,
            strength=self.prior_strength,
        )
        if (truth >= 0).any():
            prior = prior.with_gold(csr, truth)
            csr = _some_rows(csr, np.flatnonzero(truth < 0))
            counts, mass, _ = _expected_counts(csr, *start)
        self._climb(csr, prior, counts, mass)
        return self

    def _climb(self, csr: _CSR, prior: Prior, counts: FloatArray, mass: FloatArray) -> None:
        """Run EM to its end, from the expected counts of a first pass."""
        n = max(len(csr[0]) - 1, 1)
        objective: list[float] = []
        self.converged_ = False
        while len(objective) < self.max_iter and not self.converged_:
            table, balance = prior.maximise(counts, mass)
            counts, mass, log_likelihood = _expected_counts(csr, *_logs(table, balance))
            objective.append(log_likelihood + prior.log_density(table, balance))
            self.cond_probs_, self.class_balance_ = table, balance
            gain = objective[-1] - objective[-2] if len(objective) > 1 else np.inf
            self.converged_ = bool(gain < self.tol * n)
        self.log_likelihood_ = np.array(objective)
        self.n_iter_ = len(objective)
        if not self.converged_:
            warnings.warn(
                f"LabelModel has not converged after {self.max_iter} passes; raise max_iter or tol",
                WeakLabelWarning,
                stacklevel=3,
            )

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        indptr, indices, codes = L.csr()
        log_ratio, log_base = _logs(self._table_for(L), self.class_balance_)
        blocks = threaded(
            lambda start, stop: posteriors(
                indptr[start : stop + 1], indices, codes, log_ratio, log_base
            ),
            row_blocks(L.n),
        )
        return np.concatenate(list(blocks))

    def _table_for(self, L: LabelMatrix) -> FloatArray:
        """Return the table with its class-set rows as the matrix codes them.

        A set that was never voted in fitting counts as a vote for one of its classes.
        """
        if L.class_sets == self.class_sets_:
            return self.cond_probs_
        k = L.k
        known = {codes: k + 1 + t for t, codes in enumerate(self.class_sets_)}
        rows = [self.cond_probs_[:, : k + 1]]
        for codes in L.class_sets:
            if codes in known:
                rows.append(self.cond_probs_[:, known[codes]][:, None])
            else:
                rows.append(self.cond_probs_[:, [c + 1 for c in codes]].sum(axis=1, keepdims=True))
        return np.concatenate(rows, axis=1)

    def _given_balance(self, L: LabelMatrix) -> FloatArray | None:
        if self.class_balance is None:
            return None
        return checked_balance(self.class_balance, L.class_names)

    def _check_params(self) -> None:
        params = self.get_params()
        for name, high in (("anchor", 1.0), ("prior_strength", np.inf)):
            if not (_is_number(params[name]) and 0 < params[name] < high):
                raise ValueError(
                    f"{name} must be a number between 0 and {high:g}, got {params[name]!r}"
                )
        if not (_is_number(params["tol"]) and params["tol"] >= 0):
            raise ValueError(f"tol must be a number that is not negative, got {self.tol!r}")
        if not (isinstance(params["max_iter"], int | np.integer) and self.max_iter >= 1):
            raise ValueError(f"max_iter must be an int of at least 1, got {self.max_iter!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number)


def _covered_rows(L: LabelMatrix, gold: Any) -> tuple[_CSR, IntArray]:
    """Return the votes of the covered rows, and their gold labels (-1 unknown)."""
    indptr, indices, codes = L.csr()
    covered = L.covered
    truth = np.full(L.n, -1) if gold is None else encode_gold(gold, L)
    return (np.append(indptr[:-1][covered], indptr[-1]), indices, codes), truth[covered]


def _some_rows(csr: _CSR, rows: IntArray) -> _CSR:
    indptr, indices, codes = csr
    lengths = np.diff(indptr)[rows]
    ends = np.concatenate([[0], np.cumsum(lengths)])
    at = np.arange(ends[-1]) + np.repeat(indptr[:-1][rows] - ends[:-1], lengths)
    return ends, indices[at], codes[at]


def _alike(L: LabelMatrix) -> tuple[FloatArray, FloatArray]:
    """Return the logs of the first pass, majority vote: every LF alike, silence without meaning."""
    possible = L.possible
    gain = np.log(_START_ACCURACY * (L.k - 1) / (1 - _START_ACCURACY))
    log_ratio = np.where(possible, gain / possible.sum(axis=1, keepdims=True), 0.0)
    return np.tile(log_ratio, (L.m, 1, 1)), np.zeros(L.k)


def _expected_counts(
    csr: _CSR, log_ratio: FloatArray, log_base: FloatArray
) -> tuple[FloatArray, FloatArray, float]:
    """Run one EM pass over all rows, block by block."""
    indptr, indices, codes = csr
    weights = np.ones(len(indptr) - 1)
    blocks = threaded(
        lambda start, stop: em_pass(
            indptr[start : stop + 1], indices, codes, weights[start:stop], log_ratio, log_base
        ),
        row_blocks(len(indptr) - 1),
    )
    counts, mass, log_likelihood = next(blocks)
    for more_counts, more_mass, more_likelihood in blocks:
        counts += more_counts
        mass += more_mass
        log_likelihood += more_likelihood
    return counts, mass, float(log_likelihood)


def _logs(table: FloatArray, balance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what a vote changes (m, s, k), and the log-probability of a row without votes (k,)."""
    log_table = np.log(table)
    return log_table[:, 1:] - log_table[:, :1], np.log(balance) + log_table[:, 0].sum(axis=0)
