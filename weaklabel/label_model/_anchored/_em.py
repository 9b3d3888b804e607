"""Expectation-maximisation that is held near an anchor: the core of the label model.

What is learned is P(y | LF j voted v), a distribution over the classes, because for an LF that
votes for one class only the table P(v | y, it voted) holds nothing. What a vote adds to the
log-odds is log P(y | it voted v) - log P(y); what silence adds is tau log P(silent | y).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from weaklabel.label_model._anchored._anchor import Anchor
from weaklabel.label_model._base._statistics import RowStatistics
from weaklabel.types import FloatArray

# Dirichlet prior of P(v | y, it voted) of an LF that votes for several classes: pseudo-votes, and
# more of them the more it votes. Its votes are right as often as all of them are found to be, which
# is itself shrunk to what LFs are on the mean by some votes.
_CONFUSION, _CONFUSION_SHARE, _POOLED = 15.0, 0.5, 10.0
# Several LFs a row must vote for their confusions to be told from their precisions; and where most
# votes are of LFs for several classes, all of them are taken for such, as in a crowd.
_VOTES_A_ROW, _MOST = 2.5, 0.5
_SILENT = 0.05
_DIGITS = 11


@dataclass(frozen=True, slots=True)
class Regime:
    """How far the votes are believed to be independent given the class.

    Attributes
    ----------
    pseudo : float
        Pseudo-votes of the anchor behind every kind of vote.
    weight : float
        And for each vote of an LF: it does not wash out in large data, so it bounds the harm of a
        wrong model.
    balance_weight : float
        Pseudo-rows of the class balance's centre for each row.
    silence : float
        How much of its log-probability an LF's silence counts, tau.
    dependence : float
        Correlation of the votes of a row.
    free : bool
        The votes are independent: every row counts, covered or not, and every parameter is free.
    """

    pseudo: float
    weight: float
    balance_weight: float
    silence: float
    dependence: float
    free: bool = False


GUARDED = Regime(pseudo=1.0, weight=3.0, balance_weight=1.0, silence=0.2, dependence=0.1)
FREE = Regime(pseudo=20.0, weight=0.0, balance_weight=1e-3, silence=1.0, dependence=0.0, free=True)


@dataclass(frozen=True, slots=True, eq=False)
class Beliefs:
    """What is believed of each LF before its votes are compared with others'.

    Attributes
    ----------
    precision : ndarray of float64, shape (c, k)
        P(y | the vote), where something is known of it besides the votes.
    pseudo : ndarray of float64, shape (c,)
        Pseudo-votes that stand behind it; 0 where nothing is known.
    """

    precision: FloatArray
    pseudo: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """The parameters of a fit.

    Attributes
    ----------
    precision : ndarray of float64, shape (c, k)
        P(y | LF j voted v), for each column.
    observed : ndarray of float64, shape (c, k)
        The same without any anchor: the mean posterior of the rows with the vote.
    balance : ndarray of float64, shape (k,)
        P(Y) of the rows that count.
    log_ratio : ndarray of float64, shape (c, k)
        What each vote adds.
    log_base : ndarray of float64, shape (k,)
        What a row without votes has.
    dependence : float
    n_iter : int
    converged : bool
    """

    precision: FloatArray
    observed: FloatArray
    balance: FloatArray
    log_ratio: FloatArray
    log_base: FloatArray
    dependence: float
    n_iter: int
    converged: bool


def estimate(
    rows: RowStatistics,
    by_lf: FloatArray,
    start: Anchor,
    regime: Regime,
    beliefs: Beliefs | None,
    *,
    tol: float,
    max_iter: int,
    begin: Estimate | None = None,
) -> Estimate:
    """Run EM to its end.

    Parameters
    ----------
    rows : RowStatistics
        Their amounts hold `by_lf` already.
    by_lf : ndarray of float64, shape (m,)
        How much of a vote each LF's votes count.
    start : Anchor
    regime : Regime
    beliefs : Beliefs or None
    tol : float
        It ends when a pass moves less than this share of the votes from one class to another.
    max_iter : int
    begin : Estimate, optional
        Where to begin; default at the anchor.
    """
    cast = rows.column_cast
    total = rows.covered + (rows.uncovered if regime.free else 0.0)
    step = _Step(rows, cast, by_lf, start, regime, beliefs, total)
    balance = start.centre if begin is None else begin.balance
    if begin is None:
        given_vote = start.given_vote(balance, rows.possible)
        counts = cast[:, None] * step.believed(given_vote)[0]
    else:
        counts = cast[:, None] * begin.precision
    n_iter, converged = 0, False
    while True:
        found = step.maximised(counts, balance)
        if converged or n_iter >= max_iter:
            break
        before = counts
        counts, mass, _ = rows.em_pass(found.log_ratio, found.log_base, found.dependence)
        counts = counts + rows.known_columns
        mass = mass + rows.known_mass
        if regime.free and rows.uncovered > 0:
            silent = np.exp(found.log_base - found.log_base.max())
            mass = mass + rows.uncovered * silent / silent.sum()
        balance = (mass + regime.balance_weight * step.pull * total * start.centre) / (
            total * (1 + regime.balance_weight * step.pull)
        )
        balance = np.maximum(balance, 1e-9)
        n_iter += 1
        converged = bool(np.abs(counts - before).sum() <= 2 * tol * cast.sum())
    return Estimate(
        precision=found.precision,
        observed=counts / np.maximum(cast, 1e-12)[:, None],
        balance=balance,
        log_ratio=found.log_ratio,
        log_base=found.log_base,
        dependence=found.dependence,
        n_iter=n_iter,
        converged=converged,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    precision: FloatArray
    log_ratio: FloatArray
    log_base: FloatArray
    dependence: float


class _Step:
    """The M-step: parameters from expected counts."""

    def __init__(
        self,
        rows: RowStatistics,
        cast: FloatArray,
        by_lf: FloatArray,
        start: Anchor,
        regime: Regime,
        beliefs: Beliefs | None,
        total: float,
    ) -> None:
        self.lf, self.code, self.possible = rows.lf, rows.code, rows.possible
        self.cast, self.by_lf, self.start = cast, by_lf, start
        self.regime, self.beliefs, self.total = regime, beliefs, total
        self.raw = cast / np.maximum(by_lf[self.lf], 1e-12)
        # Votes of LFs for several classes pull less at the balance: they say more of it.
        self.pull = 1.0 if regime.free else (1 - start.mixed) + 0.1 * start.mixed
        crowd = not regime.free and cast.sum() >= _VOTES_A_ROW * rows.covered
        self.confused = (start.multipolar | (start.mixed > _MOST)) & crowd
        self.ends = np.searchsorted(self.lf, np.arange(rows.m + 1))
        by_confused = cast[self.confused[self.lf]].sum() / max(cast.sum(), 1e-12)
        self.dependence = regime.dependence * float(1 - by_confused)

    def believed(self, given_vote: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the prior of P(y | vote) by column, and the pseudo-votes behind it."""
        prior = given_vote[self.code]
        weight = self.regime.pseudo + self.regime.weight * self.cast
        if self.beliefs is not None:
            said = self.beliefs.pseudo > 0
            prior = np.where(said[:, None], self.beliefs.precision, prior)
            weight = weight + self.beliefs.pseudo
        return prior, weight

    def maximised(self, counts: FloatArray, balance: FloatArray) -> _Found:
        """Return the most probable parameters given the expected counts."""
        given_vote = self.start.given_vote(balance, self.possible)
        prior, weight = self.believed(given_vote)
        precision = counts + weight[:, None] * prior
        precision /= precision.sum(axis=1, keepdims=True)
        log_balance = np.log(balance)
        log_ratio = np.log(precision) - log_balance
        spoke = self._by_lf(precision * self.raw[:, None]) / (self.total * balance)
        if self.regime.free:
            silent = np.maximum(1 - spoke, 0.5 / (self.total * balance + 1))
        else:
            silent = np.maximum(1 - spoke, _SILENT)
        silence = self.regime.silence * np.log(silent)
        if self.confused.any():
            silence[self.confused] = 0.0
            mixed = self.confused[self.lf]
            log_ratio[mixed] = np.log(self._confusion(counts))[mixed]
        # Rounded, so that a tie between solutions is not tipped by the order of a sum.
        log_ratio = np.round(log_ratio - silence[self.lf], _DIGITS)
        log_base = np.round(log_balance + self.by_lf @ silence, _DIGITS)
        return _Found(precision, log_ratio, log_base, self.dependence)

    def _confusion(self, counts: FloatArray) -> FloatArray:
        """Return P(v | y, it voted) by column (Dawid and Skene, 1979), shrunk.

        An LF is shrunk to one that knows the answer as often as its own votes are right beyond
        chance, and else guesses from its margin: one number an LF where it has few votes, a table
        where it has many.
        """
        possible = self.possible[self.code]
        votes = counts.sum(axis=1)
        balance = counts.sum(axis=0) / max(float(votes.sum()), 1e-12)
        right, cast, chance = self._by_lf(
            np.stack([(counts * possible).sum(axis=1), votes, votes * (possible @ balance)], axis=1)
        ).T
        usual = right.sum() / max(float(cast.sum()), 1e-12)
        accuracy = (right + _POOLED * usual) / (cast + _POOLED)
        chance = chance / np.maximum(cast, 1e-12)
        knows = np.clip((accuracy - chance) / np.maximum(1 - chance, 1e-9), 0.05, 0.98)
        knows = knows[self.lf][:, None]
        # A little of every vote, so that one that was seen without weight excludes no class.
        seen = self.cast[:, None] + 0.01
        margin = seen / self._by_lf(seen)[self.lf]
        prior = knows * possible / possible.sum(axis=1, keepdims=True) + (1 - knows) * margin
        strength = _CONFUSION + _CONFUSION_SHARE * self._by_lf(counts)
        table = counts + strength[self.lf] * prior
        return np.asarray(table / self._by_lf(table)[self.lf])

    def _by_lf(self, by_column: FloatArray) -> FloatArray:
        """Sum numbers by column, shape (c, d), over the columns of each LF: (m, d)."""
        sums = np.concatenate([np.zeros((1, by_column.shape[1])), np.cumsum(by_column, axis=0)])
        return np.asarray(sums[self.ends[1:]] - sums[self.ends[:-1]])


def no_learning(rows: RowStatistics, start: Anchor) -> Estimate:
    """Return an estimate under which every LF is alike: the votes are counted, nothing else."""
    k = rows.k
    even = np.full(k, 1 / k)
    alike = Anchor(start.alpha, even, even, start.multipolar, start.mixed)
    given_vote = alike.given_vote(even, rows.possible)
    precision = given_vote[rows.code]
    return Estimate(
        precision=precision,
        observed=precision,
        balance=start.centre,
        log_ratio=np.log(precision * k),
        log_base=np.zeros(k),
        dependence=GUARDED.dependence,
        n_iter=0,
        converged=True,
    )
