"""Fits of some rows, near the anchor or free, with what priors and gold labels say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from weaklabel._checks import listed, nearest
from weaklabel.label_model._anchored._anchor import Anchor, anchor
from weaklabel.label_model._anchored._dependence import Pairs, has_power, looks_independent
from weaklabel.label_model._anchored._em import (
    FREE,
    GUARDED,
    Beliefs,
    Estimate,
    Regime,
    estimate,
)
from weaklabel.label_model._base._statistics import FEW_ROWS, RowStatistics
from weaklabel.types import FloatArray

# Pseudo-votes behind a prior, and behind the anchor where gold counts stand against it.
_PRIOR, _GOLD = 50.0, 30.0


class Fitter:
    """Fits of some rows, in one regime or another."""

    def __init__(
        self,
        rows: RowStatistics,
        by_lf: FloatArray,
        balance: FloatArray | None,
        *,
        balance_strength: float,
        priors: Mapping[str, float] | None,
        tol: float,
        max_iter: int,
    ) -> None:
        self.by_lf, self.balance, self.balance_strength = by_lf, balance, balance_strength
        self.tol, self.max_iter = tol, max_iter
        self.rows = rows if (by_lf == 1).all() else rows.scaled(by_lf)
        self.anchor = _with_gold_balance(
            anchor(self.rows, by_lf, balance),
            rows.known_mass if balance is None else None,
        )
        self.beliefs = _beliefs(priors, self.rows, self.anchor)
        # EM first settles on few rows, then on all.
        self.few = self.rows.some(FEW_ROWS)

    def guarded(self, weight: float | None = None) -> Estimate:
        """Fit near the anchor, on few rows."""
        return self._one(self.few, self._regime(weight), None, self.tol)

    def free(self, begin: Estimate, pairs: Pairs) -> Estimate | None:
        """Fit without an anchor, on few rows; None where the votes are not independent."""
        if not has_power(pairs, begin.precision, begin.balance):
            return None
        found = self._one(self.few, self._free, begin, self.tol)
        return found if looks_independent(pairs, found.precision, found.balance) else None

    def settled(
        self, begin: Estimate, *, free: bool = False, weight: float | None = None
    ) -> Estimate:
        """Go on from few rows to all."""
        if len(self.few.weights) < FEW_ROWS and not free:
            return begin
        if free:
            # Free parameters drift further in small steps.
            return self._one(self.rows, self._free, begin, self.tol / 10)
        return self._one(self.rows, self._regime(weight), begin, self.tol)

    @property
    def _free(self) -> Regime:
        pull = FREE.balance_weight if self.balance is None else self.balance_strength
        return replace(FREE, balance_weight=pull)

    def _regime(self, weight: float | None) -> Regime:
        pull = GUARDED.balance_weight * self.balance_strength
        held = GUARDED.weight if weight is None else weight
        return replace(GUARDED, weight=held, balance_weight=pull)

    def _one(
        self, rows: RowStatistics, regime: Regime, begin: Estimate | None, tol: float
    ) -> Estimate:
        return estimate(
            rows,
            self.by_lf,
            self.anchor,
            regime,
            self.beliefs,
            tol=tol,
            max_iter=self.max_iter,
            begin=begin,
        )


def _with_gold_balance(found: Anchor, known_mass: FloatArray | None) -> Anchor:
    """Move the centre towards the class balance of the gold labels, as far as they are many."""
    if known_mass is None or known_mass.sum() == 0:
        return found
    centre = (known_mass + _GOLD * found.centre) / (known_mass.sum() + _GOLD)
    return Anchor(found.alpha, found.shares, centre, found.multipolar, found.mixed)


def _beliefs(
    priors: Mapping[str, float] | None, rows: RowStatistics, start: Anchor
) -> Beliefs | None:
    """Return what priors and gold labels say of each column."""
    judged = rows.known_columns.sum(axis=1)
    if not priors and not judged.any():
        return None
    precision = start.given_vote(start.centre, rows.possible)[rows.code]
    pseudo = np.zeros(len(rows.lf))
    if priors:
        check_lfs("priors", list(priors), rows.lf_names)
        inside = rows.possible[rows.code]
        for name, value in priors.items():
            own = rows.lf == rows.lf_names.index(name)
            table, right = precision[own], inside[own]
            good = (table * right).sum(axis=1, keepdims=True)
            table = np.where(right, table * value / good, table * (1 - value) / (1 - good))
            precision[own] = table
            pseudo[own] = _PRIOR
    weight = np.where(judged > 0, _GOLD + pseudo, 0.0)[:, None]
    total = weight[:, 0] + judged
    seen = judged > 0
    precision[seen] = ((rows.known_columns + weight * precision)[seen]) / total[seen, None]
    pseudo[seen] += np.minimum(judged[seen], 1.0)
    return Beliefs(precision, pseudo)


def check_lfs(what: str, given: Sequence[str], names: tuple[str, ...]) -> None:
    """Refuse names of LFs that the rows do not have."""
    if unknown := [name for name in given if name not in names]:
        raise ValueError(
            f"{what} names {listed(unknown)}, which the label matrix has not"
            f"{nearest(unknown[0], names)}; its LFs are {listed(names)}"
        )
