"""Classes that have an order: a vote that is nearly right is better than one that is far off."""

from __future__ import annotations

from typing import Any, ClassVar, Self, final

import numpy as np
from scipy.special import logsumexp

from weaklabel.label_model._base._params import check_ending, check_positive, given_balance
from weaklabel.label_model._base._rows import VoteRows, row_posteriors
from weaklabel.label_model._base._vote_model import VoteModel, check_votes
from weaklabel.label_model._base._voted_em import warn_unless
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray, Uncovered

# Before its votes are seen, an LF's votes thin out by this rate a step away from the class.
_START_RATE = 1.5
# An LF grades when it casts at least this share of its votes for each of two classes.
_GRADES = 0.02
# An LF that votes for one class shows little of its errors: its prior counts for more than it does.
_ANCHOR = 3.0


@final
class OrdinalModel(VoteModel):
    r"""Weigh votes on an ordered scale, by how far and in which direction each LF is off.

    When to use: the classes are grades (stars, severity, relevance), in order from the lowest to
    the highest, and LFs (or annotators) vote for several of them. Each LF has three numbers instead
    of a table of k² - k, so that few votes an LF are enough. Where each LF is a rule for one class,
    `LabelModel` labels better.

    The vote is at a distance ``d = vote - class``, and its probability given the class falls with
    it: ``P(vote | class) ∝ exp(tilt d - near |d| - far d² / 2)`` over the scale. `tilt` is the
    LF's leaning to high or low votes, `near` and `far` are how fast the errors thin out: both long
    tails (careless LFs) and a whole step up or down (strict or mild LFs) can be told. An LF that
    votes for one class only has ``P(class | vote)`` of that form instead: what it does on other
    classes is to be silent. All are found by EM, under a prior of LFs that are near the truth.

    Parameters
    ----------
    class_balance : array-like of float, shape (k,), optional
        P(class), where it is known; default learned, held near the vote shares.
    prior_strength : float, optional
        How many votes the prior of an LF counts for; positive.
    tol : float, optional
        EM ends when a pass changes no probability by more than this.
    max_iter : int, optional
        Most passes; a fit that has not ended by then says so in a `WeakLabelWarning`.

    Attributes
    ----------
    bias_ : ndarray of float64, shape (m,)
        Mean of vote minus class, in steps of the scale: above 0 for an LF that votes too high.
    spread_ : ndarray of float64, shape (m,)
        Standard deviation of vote minus class, in steps.
    decay_ : ndarray of float64, shape (m, 3)
        The numbers ``tilt``, ``near`` and ``far`` of each LF.
    grades_ : ndarray of bool, shape (m,)
        Which LFs vote for more than one class.
    class_balance_ : ndarray of float64, shape (k,)
        P(Y).
    n_iter_ : int
        Passes over the votes.
    converged_ : bool
        Whether the last pass changed less than `tol`.

    References
    ----------
    A. P. Dawid and A. M. Skene (1979). Maximum likelihood estimation of observer error-rates using
    the EM algorithm. Applied Statistics 28(1), 20-28. doi:10.2307/2346806

    B. Lakshminarayanan and Y. W. Teh (2013). Inferring ground truth from multi-annotator ordinal
    data: a probabilistic approach. arXiv:1305.0015

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel import OrdinalModel
    >>> votes = [[0, 0, 1], [1, 1, 2], [2, 2, 3], [3, 3, 3], [1, 1, 1], [2, 2, 3]] * 10
    >>> L = wl.LabelMatrix.from_array(votes, classes=("BAD", "POOR", "FAIR", "GOOD"))
    >>> model = OrdinalModel().fit(L)
    >>> model.predict(L[:4]).tolist()
    [0, 1, 2, 3]
    >>> bool(model.bias_[2] > model.bias_[0])
    True
    """

    _learned: ClassVar[tuple[str, ...]] = (
        "class_balance_",
        "decay_",
        "grades_",
        "bias_",
        "spread_",
        "n_iter_",
        "converged_",
    )
    decay_: FloatArray
    grades_: IntArray
    bias_: FloatArray
    spread_: FloatArray
    n_iter_: int
    converged_: bool

    def __init__(
        self,
        class_balance: Any = None,
        *,
        prior_strength: float = 5.0,
        tol: float = 1e-6,
        max_iter: int = 500,
    ) -> None:
        self.class_balance = class_balance
        self.prior_strength = prior_strength
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, L: Any, gold: Any = None) -> Self:
        """Learn how each LF errs on the scale, and the class balance.

        Parameters
        ----------
        L : LabelMatrix
            The votes, its classes in the order of the scale; rows without any are left out.
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown. Those rows are known instead of guessed.

        Returns
        -------
        OrdinalModel
            Itself.

        Raises
        ------
        ValueError
            When there are no rows or no votes, or an argument does not fit.
        """
        check_positive(prior_strength=self.prior_strength)
        check_ending(self.tol, self.max_iter)
        L = check_votes(L)
        fixed = given_balance(self.class_balance, L)
        rows = VoteRows.of(L, gold)
        self.class_names_, self.lf_names_ = L.class_names, L.lf_names
        self.class_sets_ = L.class_sets
        self._climb(rows, fixed)
        warn_unless(self.converged_, self, self.max_iter)
        return self

    def predict_mean(self, L: LabelMatrix) -> FloatArray:
        """Return the mean of P(class | votes) on the scale 0..k-1, float64 of shape (n,).

        It has the least squared error. A row without votes gets the mean of the class balance.
        """
        probs = self.predict_proba(L)
        return np.asarray(probs @ np.arange(probs.shape[1]))

    def predict_median(self, L: Any, *, uncovered: Uncovered = "abstain") -> IntArray:
        """Return the median of P(class | votes), int64 of shape (n,).

        It has the least absolute error. Where two classes share the middle it is the lower one.
        A row without votes abstains, or with ``uncovered="prior"`` gets the balance's median.
        """
        if uncovered not in ("abstain", "prior"):
            raise ValueError(f"uncovered must be 'abstain' or 'prior', got {uncovered!r}")
        L = self._votes(L)
        below = self.predict_proba(L).cumsum(axis=1)[:, :-1] < 0.5 - 1e-9
        return np.where(L.covered | (uncovered == "prior"), below.sum(axis=1), -1)

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        factors = _factors(self.decay_, self.grades_, L.k)
        return row_posteriors(L, _code_factors(factors, L.possible), np.log(self.class_balance_))

    def _climb(self, rows: VoteRows, fixed: FloatArray | None) -> None:
        """Run EM to its end."""
        k, possible = rows.k, rows.possible
        cast = rows.cast @ (possible / possible.sum(axis=1, keepdims=True))
        shares = (cast.sum(axis=0) + 1.0) / (cast.sum() + k)
        balance = shares if fixed is None else fixed
        covered = rows.weights.sum() + rows.known_mass.sum()
        grades = (cast >= _GRADES * np.maximum(cast.sum(axis=1, keepdims=True), 1.0)).sum(axis=1)
        self.grades_ = grades >= 2
        decay = np.tile([0.0, _START_RATE, 0.0], (rows.m, 1))
        prior = self.prior_strength * balance + np.where(self.grades_[:, None], 0.0, _ANCHOR * cast)
        seen = np.exp(_conditionals(decay, self.grades_, balance)) * prior[:, None]
        self.converged_ = False
        for passes in range(1, self.max_iter + 1):
            factors = _factors(decay, self.grades_, k)
            codes = _code_factors(factors, possible)
            counts, mass, _ = rows.expected_counts(codes, np.log(balance))
            votes = _shared_out(counts + rows.known_counts, factors, codes, possible)
            counted = np.where(self.grades_[:, None, None], votes, votes.transpose(0, 2, 1)) + seen
            before = np.exp(_conditionals(decay, self.grades_, balance)), balance
            if fixed is None:
                balance = mass + rows.known_mass + covered * shares
                balance = balance / balance.sum()
            decay = _best_decay(counted, decay, self.grades_, balance)
            after = np.exp(_conditionals(decay, self.grades_, balance)), balance
            change = max(float(np.abs(a - b).max()) for a, b in zip(after, before, strict=True))
            self.n_iter_, self.converged_ = passes, change < self.tol
            if self.converged_:
                break
        self.decay_, self.class_balance_ = decay, balance
        joint = after[0] * counted.sum(axis=1, keepdims=True)
        joint /= joint.sum(axis=(1, 2), keepdims=True)
        off = _features(self.grades_, k)[:, 0]
        self.bias_ = (joint * off).sum(axis=(1, 2))
        square = (joint * off**2).sum(axis=(1, 2))
        self.spread_ = np.sqrt(np.maximum(square - self.bias_**2, 0.0))


def _features(grades: IntArray, k: int) -> FloatArray:
    """Return ``d, -|d|, -d² / 2`` of shape (m, 3, k, k).

    The last axes are (vote, class) for an LF that grades, else (class, vote).
    """
    d = np.subtract.outer(np.arange(k), np.arange(k)).astype(float)
    features = np.stack([d, -np.abs(d), -(d**2) / 2])
    return np.where(grades[:, None, None, None], features, features.transpose(0, 2, 1))


def _conditionals(decay: FloatArray, grades: IntArray, balance: FloatArray) -> FloatArray:
    """Return log P(vote | class), or log P(class | vote), with the given one on the last axis."""
    logs = np.einsum("jf,jfab->jab", decay, _features(grades, len(balance)))
    logs += np.where(grades[:, None], 0.0, np.log(balance))[:, :, None]
    return np.asarray(logs - logsumexp(logs, axis=1, keepdims=True))


def _factors(decay: FloatArray, grades: IntArray, k: int) -> FloatArray:
    """Return what each vote adds to the log-probability of each class, shape (m, k, k)."""
    # P(class | vote) / P(class): the class balance drops out, up to a constant of the vote.
    logs = np.einsum("jf,jfab->jab", decay, _features(np.ones_like(grades), k))
    return np.asarray(
        np.where(grades[:, None, None], logs - logsumexp(logs, axis=1, keepdims=True), logs)
    )


def _code_factors(factors: FloatArray, possible: IntArray) -> FloatArray:
    """Return the same for all codes, shape (m, s, k): a class set is any of its votes."""
    k = possible.shape[1]
    sets = [logsumexp(factors[:, inside], axis=1)[:, None] for inside in possible[k:]]
    return np.concatenate([factors, *sets], axis=1)


def _shared_out(
    counts: FloatArray, factors: FloatArray, codes: FloatArray, possible: IntArray
) -> FloatArray:
    """Return expected counts of votes for classes, shape (m, k, k), class sets shared out."""
    k = possible.shape[1]
    votes = counts[:, :k].copy()
    for c, inside in enumerate(possible[k:], start=k):
        votes[:, inside] += counts[:, [c]] * np.exp(factors[:, inside] - codes[:, [c]])
    return votes


def _best_decay(
    counted: FloatArray, decay: FloatArray, grades: IntArray, balance: FloatArray
) -> FloatArray:
    """Return the decay that explains the counts best: Newton's steps on a concave function."""
    features = _features(grades, len(balance))
    given = counted.sum(axis=1, keepdims=True)
    for _ in range(4):
        p = np.exp(_conditionals(decay, grades, balance))
        slope = np.einsum("jab,jfab->jf", counted - p * given, features)
        mean = np.einsum("jab,jfab->jfb", p, features)
        off = features - mean[:, :, None]
        curvature = np.einsum("jab,jfab,jgab->jfg", p * given, off, off)
        # With two classes |d| is d², and the curvature is flat in one direction.
        scale = np.trace(curvature, axis1=1, axis2=2)
        curvature += (1e-9 * scale + 1e-12)[:, None, None] * np.eye(3)
        step = np.linalg.solve(curvature, slope[..., None])[..., 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        decay = decay + step / np.maximum(longest, 1.0)
    return decay
