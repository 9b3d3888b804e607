"""What labeling functions are taken for before they are compared: the anchor of the label model.

Read an LF that voted v as one that knows the answer with probability alpha and otherwise guesses
from the votes' own margin. Alpha is read off the conflicts: LFs that know nothing vote for
different classes on one row as often as chance would have it, and the more they know the fewer
such conflicts there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from weaklabel.label_model._base._statistics import RowStatistics
from weaklabel.types import FloatArray, IntArray

# What alpha is where chance would hardly ever have two LFs meet, and how far it follows the
# conflicts where it would.
_ALPHA, _SLOPE = 0.55, 0.6
# Conflicts that chance would have to make for half of the belief to come from them.
_CONFLICTS = 20.0
# Votes exaggerate imbalance: the class balance is taken for the vote shares to this power.
_GAMMA = 0.6
# An LF votes for a class when it gives it this share of its votes or more.
_POLARITY = 0.02
# A lone vote carries its class by this much at least.
_LEAD = 0.02
_SWEEPS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Anchor:
    """What a set of votes looks like before any LF is told from another.

    Attributes
    ----------
    alpha : float
        Probability that a vote is cast by knowledge.
    shares : ndarray of float64, shape (k,)
        Mean vote shares of the covered rows; positive.
    centre : ndarray of float64, shape (k,)
        P(Y) of the covered rows, as far as it can be known before; positive.
    multipolar : ndarray of bool, shape (m,)
        LFs that vote for two classes or more.
    mixed : float
        Share of the votes that multipolar LFs cast.
    """

    alpha: float
    shares: FloatArray
    centre: FloatArray
    multipolar: IntArray
    mixed: float

    def given_vote(self, balance: FloatArray, possible: IntArray) -> FloatArray:
        """Return P(y | a vote), float64 of shape (s, k), for a class balance of shape (k,).

        The joint table of votes and classes is fitted to both margins, vote shares and class
        balance, by iterative proportional fitting (Deming and Stephan, 1940): a class cannot be
        voted for rightly more often than it occurs.
        """
        k = len(balance)
        knows = np.diag(np.sqrt(self.shares * self.centre))
        joint = self.alpha * knows + (1 - self.alpha) * np.outer(self.shares, self.centre)
        for _ in range(_SWEEPS):
            joint *= (self.shares / joint.sum(axis=1))[:, None]
            joint *= balance / joint.sum(axis=0)
        table = np.empty(possible.shape)
        table[:k] = _leading(joint / joint.sum(axis=1, keepdims=True))
        inside = possible[k:] * balance
        table[k:] = self.alpha * inside / inside.sum(axis=1, keepdims=True)
        table[k:] += (1 - self.alpha) * balance
        return table


def anchor(rows: RowStatistics, by_lf: FloatArray, class_balance: FloatArray | None) -> Anchor:
    """Look at the votes as a whole.

    Parameters
    ----------
    rows : RowStatistics
        Their amounts hold `by_lf` already.
    by_lf : ndarray of float64, shape (m,)
        How much of a vote each LF's votes count.
    class_balance : ndarray of float64, shape (k,), or None
        P(Y) of all rows, where it is known.
    """
    k, cast, share = rows.k, rows.column_cast, rows.share
    total, conflicts = rows.profile.shares, rows.profile.conflicts
    # Known rows keep no votes together: their shares are those of their votes, one by one.
    lone = rows.known_columns.sum(axis=1) @ share
    if lone.sum() > 0:
        total = total + lone * rows.known_mass.sum() / lone.sum()
    shares = (total + 1e-3) / (total.sum() + 1e-3 * k)
    votes = np.zeros((rows.m, k))
    np.add.at(votes, rows.lf, cast[:, None] * share)
    multipolar = (votes >= _POLARITY * votes.sum(axis=1, keepdims=True)) & (votes > 0)
    by_many = multipolar.sum(axis=1) >= 2
    mixed = float(votes[by_many].sum() / votes.sum())
    # Known rows are not among those whose conflicts were counted.
    blind = np.zeros((rows.m, k))
    np.add.at(blind, rows.lf, (cast - rows.known_columns.sum(axis=1))[:, None] * share)
    alpha = _knowledge(conflicts, blind, rows.unknown + rows.uncovered, by_lf)
    if class_balance is None:
        centre = shares ** (_GAMMA * (1 - mixed) + mixed)
    else:
        coverage = rows.covered / (rows.covered + rows.uncovered)
        centre = _within(shares, class_balance, coverage)
    centre = np.maximum(centre / centre.sum(), 1e-6)
    return Anchor(alpha, shares, centre / centre.sum(), by_many, mixed)


def _knowledge(conflicts: float, votes: FloatArray, n: float, by_lf: FloatArray) -> float:
    """Return alpha from the conflicts that are lacking.

    LFs that guess meet, on n rows, as often as their votes make likely. If each knows with
    probability alpha, a share alpha² of the conflicts among those meetings is missing, whichever
    classes they vote for and however often they agree.
    """
    by_class = votes.sum(axis=0)
    own = (votes.sum(axis=1) ** 2 - (votes**2).sum(axis=1)) @ (1 / np.maximum(by_lf, 1e-9))
    expected = (by_class.sum() ** 2 - (by_class**2).sum() - own) / 2 / max(n, 1.0)
    lift = (conflicts + _CONFLICTS * (1 - _ALPHA**2)) / (max(expected, 0.0) + _CONFLICTS)
    alpha = np.sqrt(max(1 - lift, 0.0))
    return float(np.clip(_ALPHA + _SLOPE * (alpha - _ALPHA), 0.1, 0.95))


def _leading(table: FloatArray) -> FloatArray:
    """Mix in certainty where a lone vote for a class would not make it the most probable one."""
    own = np.diag(table)
    rival = (table - np.diag(own)).max(axis=1)
    mixed = np.clip((rival + _LEAD - own) / (1 - own + rival), 0.0, 1.0)[:, None]
    return np.asarray((1 - mixed) * table + mixed * np.eye(len(table)))


def _within(shares: FloatArray, balance: FloatArray, coverage: float) -> FloatArray:
    """Return P(Y) of the covered rows, given that of all rows: never more than there is."""
    most = balance / coverage
    wish = (1 - coverage) * shares + coverage * balance
    centre = np.minimum(wish, most)
    for _ in range(50):
        room = most - centre
        lacking = 1 - centre.sum()
        if lacking < 1e-12 or room.sum() < 1e-12:
            break
        centre = np.minimum(centre + room * lacking / room.sum(), most)
    return np.asarray(centre)
