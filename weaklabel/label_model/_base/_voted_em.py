"""EM from majority vote to its end: what Dawid-Skene, one coin and variational IBCC share.

They differ in what a pass makes of the expected counts, and in nothing else.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

import numpy as np

from weaklabel._kernels._share_counts import share_counts
from weaklabel.errors import WeakLabelWarning
from weaklabel.label_model._base._rows import VoteRows
from weaklabel.types import FloatArray, IntArray

# Votes that leave a choice between two equal solutions hold EM at a tie between them, which is
# where it belongs; the rounding of sums, taken in another order, must not tip it over.
_DIGITS = 11

P = TypeVar("P")


@dataclass(frozen=True, slots=True, eq=False)
class Step(Generic[P]):
    """Parameters, and what a pass over the votes needs of them.

    Attributes
    ----------
    params : object
        The parameters themselves.
    log_ratio : ndarray of float64, shape (m, s, k)
        What LF j's vote v adds to the log-probability of class y.
    log_base : ndarray of float64, shape (k,)
        The log-probability of each class before any vote.
    log_density : float
        What the priors say of the parameters, up to a constant.
    """

    params: P
    log_ratio: FloatArray
    log_base: FloatArray
    log_density: float


@dataclass(frozen=True, slots=True, eq=False)
class Found(Generic[P]):
    """Where EM ended.

    Attributes
    ----------
    params : object
        The last parameters.
    counts : ndarray of float64, shape (m, s, k)
        Expected number of rows of class y on which LF j votes v, known rows among them.
    mass : ndarray of float64, shape (k,)
        Expected number of covered rows of class y, known rows among them.
    objective : ndarray of float64, shape (passes,)
        What EM climbs, after each pass.
    converged : bool
        Whether the last pass gained less than the tolerance.
    """

    params: P
    counts: FloatArray
    mass: FloatArray
    objective: FloatArray
    converged: bool


def run_em(
    rows: VoteRows,
    maximise: Callable[[FloatArray, FloatArray], Step[P]],
    *,
    tol: float,
    max_iter: int,
) -> Found[P]:
    """Run EM from majority vote until a pass gains less than `tol` nats a row.

    Parameters
    ----------
    rows : VoteRows
    maximise : callable
        From expected counts (m, s, k) and class mass (k,), known rows among them, to a `Step`.
    tol : float
    max_iter : int
    """
    n = max(float(rows.weights.sum()), 1.0)
    counts, mass = majority_counts(rows)
    objective: list[float] = []
    converged = False
    while len(objective) < max_iter and not converged:
        step = maximise(counts + rows.known_counts, mass + rows.known_mass)
        counts, mass, found = rows.expected_counts(
            np.round(step.log_ratio, _DIGITS), np.round(step.log_base, _DIGITS)
        )
        found += float((rows.known_counts * step.log_ratio).sum() + rows.known_mass @ step.log_base)
        objective.append(found + step.log_density)
        converged = len(objective) > 1 and objective[-1] - objective[-2] < tol * n
    return Found(
        params=step.params,
        counts=counts + rows.known_counts,
        mass=mass + rows.known_mass,
        objective=np.array(objective),
        converged=converged,
    )


def majority_counts(rows: VoteRows) -> tuple[FloatArray, FloatArray]:
    """Return the expected counts, (m, s, k) and (k,), when each row is split by its vote shares."""
    share = (rows.possible / rows.possible.sum(axis=1, keepdims=True))[rows.code]
    by_column = np.zeros((len(rows.code), rows.k))
    mass = np.zeros(rows.k)
    for more_counts, more_mass in rows.blocks(partial(_shared_out, share)):
        by_column += more_counts
        mass += more_mass
    counts = np.zeros((rows.m, *rows.possible.shape))
    counts[rows.lf, rows.code] = by_column
    return counts, mass


def _shared_out(
    share: FloatArray,
    indptr: IntArray,
    columns: IntArray,
    amounts: FloatArray,
    weights: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    return share_counts(indptr, columns, amounts, weights, share)


def warn_unless(converged: bool, model: object, max_iter: int) -> None:
    """Warn the caller of ``fit`` when EM was cut off."""
    if not converged:
        warnings.warn(
            f"{type(model).__name__} has not converged after {max_iter} passes; raise max_iter or "
            "tol",
            WeakLabelWarning,
            stacklevel=3,
        )
