"""Conditional tables of what an LF votes, given the class and that it votes at all.

An abstain is then missing at random: it says nothing about the class.
"""

from __future__ import annotations

import numpy as np

from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray


def smoothed(counts: FloatArray, smoothing: float, *, axis: int) -> FloatArray:
    """Return shares along an axis after adding a pseudo-count to each cell."""
    raised = counts + smoothing
    return np.asarray(raised / raised.sum(axis=axis, keepdims=True))


def logs(table: FloatArray) -> FloatArray:
    """Return logarithms that stay finite where a tiny share was rounded to 0."""
    return np.asarray(np.log(np.maximum(table, np.finfo(np.float64).tiny)))


def with_abstain(
    table: FloatArray, counts: FloatArray, mass: FloatArray, smoothing: float
) -> FloatArray:
    """Return P(vote | class) with abstain, from P(vote | class, it voted).

    Parameters
    ----------
    table : ndarray of float64, shape (m, s, k)
        ``table[j, v, y]`` is P(LF j votes v | Y = y, it votes); columns sum to one.
    counts : ndarray of float64, shape (m, s, k)
        Expected number of rows of class y on which LF j votes v.
    mass : ndarray of float64, shape (k,)
        Expected number of rows of class y.
    smoothing : float
        Pseudo-count of voting and of abstaining; positive, so that the table can be had back.

    Returns
    -------
    ndarray of float64, shape (m, s + 1, k)
        Row 0 is P(LF j abstains | Y = y).
    """
    cast = counts.sum(axis=1)
    silent = np.maximum(mass - cast, 0.0) + smoothing
    total = silent + cast + smoothing
    spoken = table * ((cast + smoothing) / total)[:, None]
    return np.concatenate([(silent / total)[:, None], spoken], axis=1)


def given_voted(cond_probs: FloatArray) -> FloatArray:
    """Return P(vote | class, it voted), shape (m, s, k), from tables whose row 0 is abstain."""
    spoken = cond_probs[:, 1:]
    return np.asarray(spoken / spoken.sum(axis=1, keepdims=True))


def as_coded(
    table: FloatArray, fitted_sets: tuple[tuple[int, ...], ...], L: LabelMatrix
) -> FloatArray:
    """Return a table of shape (m, s, k) with its class-set rows as the matrix codes them.

    A set that was never voted in fitting counts as a vote for one of its classes.
    """
    if L.class_sets == fitted_sets:
        return table
    known = {classes: L.k + t for t, classes in enumerate(fitted_sets)}
    rows = [table[:, : L.k]]
    for classes in L.class_sets:
        at = [known[classes]] if classes in known else list(classes)
        rows.append(table[:, at].sum(axis=1, keepdims=True))
    return np.concatenate(rows, axis=1)
