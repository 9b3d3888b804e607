"""GLAD: how able each annotator is, and how difficult each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self, final

import numpy as np

from weaklabel._kernels import em_pass, row_blocks, threaded
from weaklabel.gold import encode_gold
from weaklabel.label_model._base._params import check_ending, check_positive, given_balance
from weaklabel.label_model._base._rows import VoteRows, column_posteriors
from weaklabel.label_model._base._steady import steady
from weaklabel.label_model._base._tables import logs
from weaklabel.label_model._base._vote_model import VoteModel, check_votes
from weaklabel.label_model._base._voted_em import warn_unless
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

# The normal prior of the log difficulty is averaged over at this many points.
_LEVELS = 9
# What an annotator is taken for before its votes are seen, as in the paper.
_PRIOR_ABILITY = 1.0
_NEWTON_STEPS = 30


@final
class GLAD(VoteModel):
    """Learn how able each annotator is, where rows differ in how difficult they are.

    Annotator j votes right on row i with probability ``1 / (1 + exp(-ability_j / difficulty_i))``;
    a wrong vote is for any of the other classes, all alike. So a difficult row makes everybody
    guess, and an annotator of ability 0 always guesses. A negative ability is one that votes
    wrong. A vote for a class set is a vote for one of its classes, it is not known which. Who
    votes on which row says nothing about the class, and unless a class balance is given, no class
    is favoured.

    Abilities have a normal prior around 1, log difficulties one around 0. The abilities are the
    most probable ones, found by expectation-maximisation (EM) with Newton steps. Where the paper
    also takes the most probable difficulty of each row, this averages over all that are
    plausible given the row's votes, in fitting and in labelling: so rows that were not there in
    fitting are labelled in the same way. On seven crowds the two label about equally well.

    When to use: for crowds that vote on every class, where some rows are plainly harder than
    others and annotators favour no class. Where they do favour some, use `DawidSkene` or `MACE`;
    for rules that vote for one class use `LabelModel`.

    Parameters
    ----------
    class_balance : array-like of float, shape (k,), optional
        P(class), where it is known; default: all alike.
    ability_sd : float, optional
        Standard deviation of the abilities' prior; positive.
    difficulty_sd : float, optional
        Standard deviation of the log difficulties' prior; positive. Near 0 all rows are alike.
    tol : float, optional
        EM ends when a pass raises the objective by less than this, in nats per covered row.
    max_iter : int, optional
        Most passes; a fit that has not ended by then says so in a `WeakLabelWarning`.

    Attributes
    ----------
    ability_ : ndarray of float64, shape (m,)
        Of each annotator; the prior's 1 for one that never votes.
    class_balance_ : ndarray of float64, shape (k,)
        P(class) of rows without votes: the one given, else the mean of the covered rows.
    log_likelihood_ : ndarray of float64, shape (passes,)
        What EM climbs, in nats, after each pass: the log-likelihood of the votes given who voted,
        plus the log density of the abilities, up to a constant. It never falls.
    n_iter_ : int
        Passes over the votes.
    converged_ : bool
        Whether the last pass gained less than `tol`.

    References
    ----------
    J. Whitehill, P. Ruvolo, T. Wu, J. Bergsma and J. Movellan (2009). Whose vote should count
    more: optimal integration of labels from labelers of unknown expertise. Advances in Neural
    Information Processing Systems 22, 2035-2043. doi:10.5555/2984093.2984321

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel import GLAD
    >>> votes = [[0, 0, 1], [1, 1, 1], [0, 0, 0], [1, 1, 0], [0, 0, 0], [1, -1, 1]] * 5
    >>> L = wl.LabelMatrix.from_array(votes, lf_names=["Ann", "Bo", "Cy"])
    >>> model = GLAD().fit(L)
    >>> model.ability_.round(1).tolist()
    [2.2, 2.2, 0.5]
    >>> model.difficulty(L[:3]).round(1).tolist()
    [1.2, 0.7, 0.7]
    """

    _learned: ClassVar[tuple[str, ...]] = (
        "ability_",
        "class_balance_",
        "log_likelihood_",
        "n_iter_",
        "converged_",
    )
    ability_: FloatArray
    log_likelihood_: FloatArray
    n_iter_: int
    converged_: bool

    def __init__(
        self,
        class_balance: Any = None,
        *,
        ability_sd: float = 1.0,
        difficulty_sd: float = 1.0,
        tol: float = 1e-7,
        max_iter: int = 1000,
    ) -> None:
        self.class_balance = class_balance
        self.ability_sd = ability_sd
        self.difficulty_sd = difficulty_sd
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, L: Any, gold: Any = None) -> Self:
        """Learn the abilities.

        Parameters
        ----------
        L : LabelMatrix
            The votes; rows without any tell nothing and are left out.
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown. The class of those rows is known instead of
            guessed; how difficult they are is not.

        Returns
        -------
        GLAD
            Itself.

        Raises
        ------
        ValueError
            When there are no rows or no votes, or an argument does not fit.
        """
        check_positive(ability_sd=self.ability_sd, difficulty_sd=self.difficulty_sd)
        check_ending(self.tol, self.max_iter)
        L = check_votes(L)
        balance = given_balance(self.class_balance, L)
        parts = _by_truth(L, gold)
        self._remember(L)
        levels = _levels(self.difficulty_sd)
        log_base = _log_base(balance, L.k)
        n = sum(float(rows.weights.sum()) for rows, _ in parts)
        ability = np.full(L.m, _PRIOR_ABILITY)
        objective: list[float] = []
        self.converged_ = False
        while len(objective) < self.max_iter and not self.converged_:
            expected = [_expected(rows, known, ability, levels, log_base) for rows, known in parts]
            right, wrong, mass = (
                steady(np.sum([getattr(part, name) for part in expected], axis=0), n)
                for name in ("right", "wrong", "mass")
            )
            found = sum(part.log_likelihood for part in expected)
            objective.append(found + float(self._log_density(ability).sum()))
            gain = objective[-1] - objective[-2] if len(objective) > 1 else np.inf
            self.converged_ = bool(gain < self.tol * n)
            self.ability_ = ability
            ability = self._most_probable(ability, right, wrong, levels.sharpness)
        self.class_balance_ = mass / mass.sum() if balance is None else balance
        self.log_likelihood_ = np.array(objective)
        self.n_iter_ = len(objective)
        warn_unless(self.converged_, self, self.max_iter)
        return self

    def difficulty(self, L: LabelMatrix) -> FloatArray:
        """Return how difficult each row is, as far as its votes tell.

        Parameters
        ----------
        L : LabelMatrix, n rows
            Votes of the LFs it was fitted on; the rows need not be those of the fit.

        Returns
        -------
        ndarray of float64, shape (n,)
            Positive: 1 is what rows are taken for before any vote, and what rows without votes
            get; the geometric mean of what is plausible.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            When the LFs or classes are not those of the fit.
        """
        L = self._aligned(L)
        sharpness = _levels(self.difficulty_sd).sharpness
        by_level = self._by_state(L, axis=1)
        difficulty = np.asarray(np.exp(-(by_level * np.log(sharpness)).sum(axis=1)))
        difficulty[~L.covered] = 1.0
        return difficulty

    def _posteriors(self, L: LabelMatrix) -> FloatArray:
        return self._by_state(L, axis=2)

    def _by_state(self, L: LabelMatrix, *, axis: int) -> FloatArray:
        """Return P(level | votes) for axis 1, P(class | votes) for axis 2, a row for each row."""
        levels = _levels(self.difficulty_sd)
        log_base = _log_base(None if self.class_balance is None else self.class_balance_, L.k)
        _, indices, codes = L.csr()
        s = len(L.possible)
        pairs = np.unique(indices.astype(np.int64) * s + codes)
        number = np.zeros(L.m * s, np.int64)
        number[pairs] = np.arange(len(pairs))
        votes = _Votes.of(pairs // s, pairs % s, L.possible, self.ability_, levels.sharpness)
        log_base = (log_base[:, None] + levels.log_share).ravel()

        def block(start: int, stop: int) -> FloatArray:
            states = column_posteriors(
                L[start:stop], number.reshape(L.m, s), votes.log_probs, log_base, 0.0
            )
            return np.asarray(states.reshape(stop - start, L.k, _LEVELS).sum(axis=axis))

        return np.concatenate(list(threaded(block, row_blocks(L.n))))

    def _log_density(self, ability: FloatArray) -> FloatArray:
        return np.asarray(-0.5 * ((ability - _PRIOR_ABILITY) / self.ability_sd) ** 2)

    def _most_probable(
        self, ability: FloatArray, right: FloatArray, wrong: FloatArray, sharpness: FloatArray
    ) -> FloatArray:
        """Return the abilities that make right and wrong votes, both (m, levels), most probable.

        What is climbed is concave, so Newton's steps lead up once they are short enough.
        """

        def height(ability: FloatArray) -> FloatArray:
            z = ability[:, None] * sharpness
            votes = right * np.logaddexp(0.0, -z) + wrong * np.logaddexp(0.0, z)
            return np.asarray(self._log_density(ability) - votes.sum(axis=1))

        here = height(ability)
        slack = 1e-13 * (1.0 + np.abs(here))
        for _ in range(_NEWTON_STEPS):
            chance = _sigmoid(ability[:, None] * sharpness)
            slope = ((right * (1 - chance) - wrong * chance) * sharpness).sum(axis=1)
            slope -= (ability - _PRIOR_ABILITY) / self.ability_sd**2
            bend = ((right + wrong) * chance * (1 - chance) * sharpness**2).sum(axis=1)
            step = slope / (bend + self.ability_sd**-2)
            for _ in range(_NEWTON_STEPS):
                there = height(ability + step)
                falls = there < here - slack
                if not falls.any():
                    break
                step = np.where(falls, step / 2, step)
            step = np.where(falls, 0.0, step)
            ability, here = ability + step, np.where(falls, here, there)
            if np.abs(step).max() < 1e-9:
                break
        return ability


@dataclass(frozen=True, slots=True, eq=False)
class _Levels:
    """Points that stand for the prior of the log difficulty, by Gauss-Hermite quadrature.

    Attributes
    ----------
    sharpness : ndarray of float64, shape (levels,)
        1 / difficulty.
    log_share : ndarray of float64, shape (levels,)
        Log-probability of each.
    """

    sharpness: FloatArray
    log_share: FloatArray


def _levels(sd: float) -> _Levels:
    points, weights = np.polynomial.hermite_e.hermegauss(_LEVELS)
    return _Levels(np.exp(sd * points), np.log(weights / weights.sum()))


@dataclass(frozen=True, slots=True, eq=False)
class _Votes:
    """What each of c columns (pairs of LF and code) says of each class, at each level.

    Attributes
    ----------
    log_probs : ndarray of float64, shape (c, k · levels)
        log P(vote | class, level, it votes).
    knows : ndarray of float64, shape (c, levels)
        P(the vote is right | a class it leaves possible, level).
    """

    log_probs: FloatArray
    knows: FloatArray

    @classmethod
    def of(
        cls,
        lf: IntArray,
        code: IntArray,
        possible: IntArray,
        ability: FloatArray,
        sharpness: FloatArray,
    ) -> Self:
        k = possible.shape[1]
        z = ability[:, None] * sharpness
        log_right = -np.logaddexp(0.0, -z)[lf]
        log_other = -np.logaddexp(0.0, z)[lf] - np.log(k - 1)
        size = possible.sum(axis=1)[code][:, None]
        # A set of r classes is voted as the class itself, or as one of the r - 1 others in it.
        slips = log_other + np.log(np.maximum(size - 1, np.finfo(np.float64).tiny))
        inside = np.where(size > 1, np.logaddexp(log_right, slips), log_right)
        outside = log_other + np.log(size)
        log_probs = np.where(possible[code][:, :, None], inside[:, None], outside[:, None])
        return cls(log_probs.reshape(len(lf), k * _LEVELS), np.exp(log_right - inside))


@dataclass(frozen=True, slots=True, eq=False)
class _Expected:
    """Expected counts of a pass: right and wrong votes (m, levels), rows of each class (k,)."""

    right: FloatArray
    wrong: FloatArray
    mass: FloatArray
    log_likelihood: float


def _by_truth(L: LabelMatrix, gold: Any) -> list[tuple[VoteRows, int]]:
    """Return the rows of unknown class, with -1, and those of each gold class, with it."""
    parts = [(VoteRows.of(L, gold), -1)]
    if gold is not None:
        truth = np.where(L.covered, encode_gold(gold, L), -1)
        parts += [(VoteRows.of(L[truth == y]), int(y)) for y in np.unique(truth[truth >= 0])]
    return parts


def _expected(
    rows: VoteRows, known: int, ability: FloatArray, levels: _Levels, log_base: FloatArray
) -> _Expected:
    """Run one pass over rows whose class is `known`, or unknown where that is -1."""
    k, m = rows.k, rows.m
    votes = _Votes.of(rows.lf, rows.code, rows.possible, ability, levels.sharpness)
    if known >= 0:
        log_base = np.where(np.arange(k) == known, log_base, -np.inf)
    states = (log_base[:, None] + levels.log_share).ravel()
    counts, mass, log_likelihood = np.zeros((len(rows.lf), k * _LEVELS)), np.zeros(k * _LEVELS), 0.0
    for more_counts, more_mass, more_likelihood in rows.blocks(
        lambda indptr, columns, amounts, weights: em_pass(
            indptr, columns, amounts, weights, votes.log_probs, states, 0.0
        )
    ):
        counts += more_counts
        mass += more_mass
        log_likelihood += more_likelihood
    cells = counts.reshape(len(rows.lf), k, _LEVELS)
    inside = (cells * rows.possible[rows.code][:, :, None]).sum(axis=1) * votes.knows
    right, cast = np.zeros((m, _LEVELS)), np.zeros((m, _LEVELS))
    np.add.at(right, rows.lf, inside)
    np.add.at(cast, rows.lf, cells.sum(axis=1))
    return _Expected(
        right=right,
        wrong=np.maximum(cast - right, 0.0),
        mass=mass.reshape(k, _LEVELS).sum(axis=1),
        log_likelihood=log_likelihood,
    )


def _log_base(balance: FloatArray | None, k: int) -> FloatArray:
    return np.full(k, -np.log(k)) if balance is None else logs(balance)


def _sigmoid(z: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-np.logaddexp(0.0, -z)))
