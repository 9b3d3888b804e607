"""The Dirichlet priors of the label model, as pseudo-counts: rows that were never seen.

Read an LF that voted v as one that knows with probability `anchor` and guesses from the class
balance otherwise. Then ``P(y | it voted v) = anchor [y = v] + (1 - anchor) P(y)``: better than
chance means better than the class balance. The prior is ``strength`` copies of the LF's own votes
with their classes drawn by that rule, plus one vote spread over all codes, so that a vote never
seen in fitting still has a meaning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from weaklabel.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Pseudo-counts, to which the expected counts of a pass are added.

    Attributes
    ----------
    votes : ndarray of float64, shape (m, s + 1, k)
        Rows of class y on which LF j voted v; row 0 is abstain.
    mass : ndarray of float64, shape (k,)
        Rows of class y, for the class balance.
    fixed_balance : ndarray of float64, shape (k,), or None
        The class balance where it is given.
    """

    votes: FloatArray
    mass: FloatArray
    fixed_balance: FloatArray | None

    def with_gold(self, csr: tuple[IntArray, IntArray, IntArray], truth: IntArray) -> Self:
        """Return the prior with the rows added whose class is known (truth ≥ 0)."""
        indptr, indices, codes = csr
        votes, mass = self.votes.copy(), self.mass.copy()
        known = truth >= 0
        label = np.repeat(truth, np.diff(indptr))
        seen = np.zeros_like(votes)
        np.add.at(
            seen,
            (indices[label >= 0], codes[label >= 0].astype(np.int64) + 1, label[label >= 0]),
            1.0,
        )
        rows = np.bincount(truth[known], minlength=len(mass)).astype(float)
        seen[:, 0] = rows - seen[:, 1:].sum(axis=1)
        return replace(self, votes=votes + seen, mass=mass + rows)

    def maximise(self, counts: FloatArray, mass: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the tables and the balance that are most probable given the expected counts."""
        table = self.votes.copy()
        table[:, 1:] += counts
        table[:, 0] += np.maximum(mass - counts.sum(axis=1), 0.0)
        table /= table.sum(axis=1, keepdims=True)
        if self.fixed_balance is not None:
            return table, self.fixed_balance
        balance = self.mass + mass
        return table, balance / balance.sum()

    def log_density(self, table: FloatArray, balance: FloatArray) -> float:
        """Return the log density of the parameters under the prior, up to a constant."""
        density = float((self.votes * np.log(table)).sum())
        return density + float((self.mass * np.log(balance)).sum())


def anchored_prior(
    cast: FloatArray,
    *,
    covered: int,
    centre: FloatArray,
    possible: IntArray,
    fixed_balance: FloatArray | None,
    anchor: float,
    strength: float,
) -> Prior:
    """Return the prior for some votes.

    Parameters
    ----------
    cast : ndarray of float64, shape (m, s)
        How often each LF voted each code.
    covered : int
        Rows with a vote.
    centre : ndarray of float64, shape (k,)
        The class balance that LFs guess from; positive.
    possible : ndarray of bool, shape (s, k)
        What each code leaves possible.
    fixed_balance : ndarray of float64, shape (k,), or None
        The class balance where it is known.
    anchor, strength : float
        As in `LabelModel`.
    """
    m, s = cast.shape
    k = len(centre)
    inside = possible * centre
    knows = inside / inside.sum(axis=1, keepdims=True)
    rho = anchor * knows + (1 - anchor) * centre
    votes = np.empty((m, s + 1, k))
    votes[:, 1:] = (strength * cast + 1.0 / s)[:, :, None] * rho
    rows = strength * covered * centre
    # Where the guess gives a class more votes than it has rows, the LF is hardly ever silent there.
    votes[:, 0] = np.maximum(rows - votes[:, 1:].sum(axis=1), 0.05 * rows) + centre
    mass = covered * centre if fixed_balance is None else np.zeros(k)
    return Prior(votes, mass, fixed_balance)
