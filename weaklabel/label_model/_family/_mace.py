"""MACE: each annotator knows the answer, or spams from a distribution of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self, final

import numpy as np

from weaklabel.label_model._base._params import check_ending, check_positive, given_balance
from weaklabel.label_model._base._rows import VoteRows, row_posteriors
from weaklabel.label_model._base._steady import steady
from weaklabel.label_model._base._tables import logs
from weaklabel.label_model._base._vote_model import VoteModel, check_votes
from weaklabel.label_model._base._voted_em import majority_counts, warn_unless
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

# Each start is judged by the bound after this many passes; the best goes on.
_LOOK = 20
# Pseudo-rows of each class where the class balance is learned.
_BALANCE_PRIOR = 1.0


@final
class MACE(VoteModel):
    """Learn how often each annotator answers and how often it spams.

    Annotator j knows the answer with probability ``competence_[j]`` and then votes for it; else it
    votes from its own distribution ``spam_[j]``, whatever the row. Which of the two a vote was is
    not known. A vote for a class set is a vote for one of its classes, it is not known which. Who
    votes on which row says nothing about the class.

    Competence has a beta prior, spam and class balance have Dirichlet priors. They are found by
    variational Bayes: instead of one best value it keeps a distribution of each, so an annotator
    with few votes is neither trusted nor damned. It begins at several fixed starts (everybody
    trusted, half trusted, hardly trusted, trusted as far as they agree with the others) and goes
    on from the one with the highest bound on the evidence.

    When to use: for crowds with spammers, or whose members favour some classes. It needs fewer
    votes an annotator than `DawidSkene`, whose tables have k² cells where this has k + 1. For
    rules that vote for one class use `LabelModel`: here such a rule looks like a spammer.

    Parameters
    ----------
    class_balance : array-like of float, shape (k,), optional
        P(class), where it is known; default learned.
    alpha, beta : float, optional
        Pseudo-votes of each annotator that were answers, and that were spam; positive. The paper's
        0.5 and 0.5 leave more to the votes and take more passes.
    spam_prior : float, optional
        Pseudo-votes of each annotator's spam for each class; positive.
    tol : float, optional
        A fit ends when a pass raises the objective by less than this, in nats per covered row.
    max_iter : int, optional
        Most passes; a fit that has not ended by then says so in a `WeakLabelWarning`.

    Attributes
    ----------
    competence_ : ndarray of float64, shape (m,)
        P(a vote of annotator j is an answer), the mean of its distribution; the prior's for one
        that never votes.
    spam_ : ndarray of float64, shape (m, k)
        What it votes when it spams, the mean of the distribution; rows sum to one.
    class_balance_ : ndarray of float64, shape (k,)
        P(Y).
    log_likelihood_ : ndarray of float64, shape (passes,)
        What the passes climb, in nats: the lower bound on the log evidence of the votes. It never
        falls, but by rounding where the prior counts a million pseudo-votes.
    n_iter_ : int
        Passes over the votes from the best start, those by which it was judged among them.
    converged_ : bool
        Whether the last pass gained less than `tol`.

    References
    ----------
    D. Hovy, T. Berg-Kirkpatrick, A. Vaswani and E. Hovy (2013). Learning whom to trust with MACE.
    Proceedings of NAACL-HLT 2013, 1120-1130. https://aclanthology.org/N13-1132

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel import MACE
    >>> votes = [[0, 0, 1], [1, 1, 1], [0, 0, 1], [1, 1, 1], [0, 0, 1], [1, -1, 1]] * 5
    >>> L = wl.LabelMatrix.from_array(votes, lf_names=["Ann", "Bo", "Cy"])
    >>> model = MACE().fit(L)
    >>> model.competence_.round(1).tolist()
    [1.0, 1.0, 0.1]
    >>> model.spam_[2].round(2).tolist()
    [0.03, 0.97]
    """

    _learned: ClassVar[tuple[str, ...]] = (
        "competence_",
        "spam_",
        "class_balance_",
        "log_likelihood_",
        "n_iter_",
        "converged_",
    )
    competence_: FloatArray
    spam_: FloatArray
    log_likelihood_: FloatArray
    n_iter_: int
    converged_: bool

    def __init__(
        self,
        class_balance: Any = None,
        *,
        alpha: float = 2.0,
        beta: float = 1.0,
        spam_prior: float = 1.0,
        tol: float = 1e-7,
        max_iter: int = 1000,
    ) -> None:
        self.class_balance = class_balance
        self.alpha = alpha
        self.beta = beta
        self.spam_prior = spam_prior
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, L: Any, gold: Any = None) -> Self:
        """Learn competences, spam and the class balance.

        Parameters
        ----------
        L : LabelMatrix
            The votes; rows without any tell nothing and are left out.
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown. Those rows are known instead of guessed.

        Returns
        -------
        MACE
            Itself.

        Raises
        ------
        ValueError
            When there are no rows or no votes, or an argument does not fit.
        """
        check_positive(alpha=self.alpha, beta=self.beta, spam_prior=self.spam_prior)
        check_ending(self.tol, self.max_iter)
        L = check_votes(L)
        fixed = given_balance(self.class_balance, L)
        rows = VoteRows.of(L, gold)
        self._remember(L)
        prior = _Prior(np.array([self.alpha, self.beta]), self.spam_prior, fixed)
        look = min(_LOOK, self.max_iter)
        climbs = [_Climb(rows, prior, start, self.tol) for start in _starts(rows, prior)]
        for climb in climbs:
            climb.run(look)
        best = climbs[0]
        for climb in climbs[1:]:
            # Bounds that differ by rounding alone are equal, and the first of them is taken.
            if climb.objective[-1] > best.objective[-1] + 1e-9 * max(rows.covered, 1.0):
                best = climb
        best.run(self.max_iter)
        found = best.found
        self.competence_ = found.competence[:, 0] / found.competence.sum(axis=1)
        self.spam_ = found.spam / found.spam.sum(axis=1, keepdims=True)
        self.class_balance_ = found.mass / found.mass.sum() if fixed is None else fixed
        self.log_likelihood_ = np.array(best.objective)
        self.n_iter_ = len(best.objective)
        self.converged_ = best.converged
        warn_unless(self.converged_, self, self.max_iter)
        return self

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        # The means, not the expected logs of fitting: what a new vote says.
        votes = _Votes.of(
            logs(self.competence_), logs(1 - self.competence_), logs(self.spam_), L.possible
        )
        return row_posteriors(L, votes.log_probs, logs(self.class_balance_))


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Distributions of the parameters, as pseudo-counts.

    Attributes
    ----------
    competence : ndarray of float64, shape (m, 2)
        Answers and spam of each annotator.
    spam : ndarray of float64, shape (m, k)
        Spam of each annotator by class.
    mass : ndarray of float64, shape (k,)
        Rows of each class.
    """

    competence: FloatArray
    spam: FloatArray
    mass: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Prior:
    """Pseudo-votes (answers, spam), pseudo-votes of each spam class, and the given balance."""

    competence: FloatArray
    spam: float
    balance: FloatArray | None

    def added(self, answers: FloatArray, spam: FloatArray, mass: FloatArray) -> _Found:
        """Return the distributions after so many answers (m,), spam votes (m, k), rows (k,)."""
        return _Found(
            competence=np.stack([answers, spam.sum(axis=1)], axis=1) + self.competence,
            spam=spam + self.spam,
            mass=mass + _BALANCE_PRIOR,
        )

    def log_base(self, found: _Found) -> FloatArray:
        return _expected_logs(found.mass) if self.balance is None else logs(self.balance)

    def divergence(self, found: _Found) -> float:
        """Return how far the distributions are from the prior, in nats."""
        far = _divergence(found.competence, self.competence)
        far += _divergence(found.spam, np.full(found.spam.shape[1], self.spam))
        if self.balance is None:
            far += _divergence(found.mass[None], np.full(len(found.mass), _BALANCE_PRIOR))
        return far


@dataclass(frozen=True, slots=True, eq=False)
class _Votes:
    """What votes say of classes, and what they were.

    Attributes
    ----------
    log_probs : ndarray of float64, shape (m, s, k)
        log P(LF j votes v | Y = y, it votes).
    knows : ndarray of float64, shape (m, s)
        P(the vote was an answer | the class is one it leaves possible).
    meant : ndarray of float64, shape (m, s, k)
        P(class c was meant | the vote was spam).
    """

    log_probs: FloatArray
    knows: FloatArray
    meant: FloatArray

    @classmethod
    def of(
        cls, log_answer: FloatArray, log_spam: FloatArray, log_class: FloatArray, possible: IntArray
    ) -> Self:
        top = log_class.max(axis=1, keepdims=True)
        weight = np.exp(log_class - top)[:, None] * possible
        total = weight.sum(axis=2)
        outside = log_spam[:, None] + logs(total) + top
        # One class meant, one class voted: exact, where its weight is too small for exp.
        k = possible.shape[1]
        outside[:, :k] = log_spam[:, None] + log_class
        inside = np.logaddexp(log_answer[:, None], outside)
        return cls(
            log_probs=np.where(possible, inside[:, :, None], outside[:, :, None]),
            knows=np.exp(log_answer[:, None] - inside),
            meant=np.where(
                total[:, :, None] > 0,
                weight / np.where(total > 0, total, 1.0)[:, :, None],
                possible / possible.sum(axis=1, keepdims=True),
            ),
        )


class _Climb:
    """Variational Bayes from one start, a number of passes at a time."""

    def __init__(self, rows: VoteRows, prior: _Prior, start: _Found, tol: float) -> None:
        self.rows = rows
        self.prior = prior
        self.next = self.found = start
        self.tol = tol
        self.objective: list[float] = []
        self.converged = False

    def run(self, passes: int) -> None:
        """Go on until so many passes were made in all, or one gains too little."""
        n = max(self.rows.covered, 1.0)
        while len(self.objective) < passes and not self.converged:
            self.found = self.next
            self.objective.append(self._pass())
            gain = self.objective[-1] - self.objective[-2] if len(self.objective) > 1 else np.inf
            self.converged = bool(gain < self.tol * n)

    def _pass(self) -> float:
        """Make one pass from `found`, write what follows to `next`, return the bound."""
        rows, prior, found = self.rows, self.prior, self.found
        log_competence = _expected_logs(found.competence)
        votes = _Votes.of(
            log_competence[:, 0], log_competence[:, 1], _expected_logs(found.spam), rows.possible
        )
        log_base = prior.log_base(found)
        counts, mass, bound = rows.expected_counts(votes.log_probs, log_base)
        bound += float((rows.known_counts * votes.log_probs).sum() + rows.known_mass @ log_base)
        counts = steady(counts + rows.known_counts, rows.covered)
        mass = steady(mass + rows.known_mass, rows.covered)
        answers = (counts * rows.possible).sum(axis=2) * votes.knows
        spam = np.maximum(counts.sum(axis=2) - answers, 0.0)
        self.next = prior.added(
            answers.sum(axis=1), (spam[:, :, None] * votes.meant).sum(axis=1), mass
        )
        return bound - prior.divergence(found)


def _starts(rows: VoteRows, prior: _Prior) -> Iterator[_Found]:
    """Yield where to begin: each row split by its vote shares, and some trust in the votes."""
    counts, mass = majority_counts(rows)
    counts = steady(counts + rows.known_counts, rows.covered)
    mass = steady(mass + rows.known_mass, rows.covered)
    agreed, cast = (counts * rows.possible).sum(axis=2), counts.sum(axis=2)
    share = rows.possible / rows.possible.sum(axis=1, keepdims=True)
    agreement = (agreed.sum(axis=1) + 1) / (cast.sum(axis=1) + 2)
    for trust in (0.5, 0.9, 0.1, agreement[:, None]):
        answers = agreed * trust
        yield prior.added(answers.sum(axis=1), (cast - answers) @ share, mass)


def _expected_logs(counts: FloatArray) -> FloatArray:
    """Return E[log p] for p drawn from a Dirichlet distribution, along the last axis."""
    from scipy.special import psi

    return np.asarray(psi(counts) - psi(counts.sum(axis=-1, keepdims=True)))


def _divergence(counts: FloatArray, prior: FloatArray) -> float:
    """Return the Kullback-Leibler divergence of Dirichlet distributions from their prior, summed.

    `counts` has shape (rows, d), `prior` (d,).
    """
    from scipy.special import gammaln

    norm = gammaln(counts.sum(axis=1)) - gammaln(counts).sum(axis=1)
    norm -= gammaln(prior.sum()) - gammaln(prior).sum()
    return float(norm.sum() + ((counts - prior) * _expected_logs(counts)).sum())
