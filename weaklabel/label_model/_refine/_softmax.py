"""Softmax regression on probabilities instead of classes."""

from __future__ import annotations

import numpy as np

from weaklabel.label_model._refine._features import Blocks
from weaklabel.types import FloatArray

# Passes of the optimiser at most: with this much penalty more change nothing that counts.
_PASSES = 50
_CORRECTIONS = 6


def fit_softmax(
    blocks: Blocks,
    targets: FloatArray,
    weights: FloatArray,
    *,
    looseness: float,
    start: FloatArray | None = None,
    passes: int = _PASSES,
) -> FloatArray:
    """Fit a linear classifier to soft targets by L-BFGS.

    scikit-learn's LogisticRegression takes soft targets only as k weighted copies of each row.

    Parameters
    ----------
    blocks : Blocks of n rows
    targets : ndarray of float64, shape (n, k)
        Rows sum to 1.
    weights : ndarray of float64, shape (n,)
    looseness : float
        Inverse of the penalty, scikit-learn's C.
    start : ndarray of float64, shape (width + 1, k), optional
        Where to begin; default zero weights and the logarithm of the classes' shares.
    passes : int, optional
        Most iterations.

    Returns
    -------
    ndarray of float64, shape (width + 1, k)
        Weights, the constant last.
    """
    from scipy.optimize import minimize

    shape = (blocks.width + 1, targets.shape[1])
    total = max(float(weights.sum()), 1e-300)
    if start is None:
        start = np.zeros(shape)
        # A hundredth of a row keeps the logarithm of an absent class finite.
        start[-1] = np.log((weights @ targets) + 0.01)
        start[-1] -= start[-1].mean()

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        table = flat.reshape(shape)
        logits = blocks.times(table[:-1]) + table[-1]
        top = logits.max(axis=1, keepdims=True)
        shares = np.exp(logits - top)
        norm = shares.sum(axis=1, keepdims=True)
        misfit = (top + np.log(norm))[:, 0] - (targets * logits).sum(axis=1)
        residuals = (shares / norm - targets) * weights[:, None]
        gradient = np.empty(shape)
        gradient[:-1] = blocks.back(residuals) + table[:-1] / looseness
        gradient[-1] = residuals.sum(axis=0)
        value = float(weights @ misfit) + float((table[:-1] ** 2).sum()) / (2 * looseness)
        return value / total, gradient.ravel() / total

    found = minimize(
        loss,
        start.ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": passes, "maxcor": _CORRECTIONS, "ftol": 1e-7, "gtol": 1e-6},
    )
    return np.asarray(found.x).reshape(shape)


def softmax_logits(blocks: Blocks, table: FloatArray) -> FloatArray:
    """Return the logits of each row, float64 of shape (n, k)."""
    return np.asarray(blocks.times(table[:-1]) + table[-1])


def softmax(logits: FloatArray) -> FloatArray:
    """Return probabilities of logits, row by row."""
    shares = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def log_softmax(logits: FloatArray) -> FloatArray:
    """Return log-probabilities of logits, row by row."""
    top = logits.max(axis=1, keepdims=True, initial=-np.inf)
    norm = np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    return np.asarray(logits - top - norm)
