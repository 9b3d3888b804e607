"""How far probabilities are from the shares that come true."""

from __future__ import annotations

from typing import Any

import numpy as np

from weaklabel._checks import shorten
from weaklabel._classes import encode_labels
from weaklabel.types import FloatArray

# Probabilities this close are a tie, and a confidence this close to the edge of a bin is on it.
_DIGITS = 9


def calibration_error(probs: Any, gold: Any, bins: int = 15) -> float:
    """Return the expected calibration error of probabilities.

    The rows are sorted into bins of equal width by their largest probability, the confidence. In
    each bin the mean confidence is held against the share of rows whose most probable class is the
    gold one; the error is the mean difference, each bin counting by its rows. A row in which c
    classes tie for the most probable counts as 1/c right where the gold class is one of them.

    When to use: to see whether labels called 90 % sure are right nine times in ten. It says
    nothing of how good the labels are: the class balance alone has an error near 0. Few rows a
    bin make it too large.

    Parameters
    ----------
    probs : array-like of float, shape (n, k)
        Probability of each class for each row. Leave out rows without votes, whose probabilities
        are the class balance: ``calibration_error(probs[L.covered], gold[L.covered])``.
    gold : array-like of int, shape (n,)
        Class codes 0..k-1; -1 or None where unknown. Such rows are skipped.
    bins : int, optional
        Number of bins from 0 to 1. An edge belongs to the bin below it.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        When the arguments do not fit each other, or no gold label is known.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger (2017). On calibration of modern neural
    networks. ICML, PMLR 70, 1321-1330. https://proceedings.mlr.press/v70/guo17a.html

    Examples
    --------
    >>> probs = [[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.2, 0.8]]
    >>> round(calibration_error(probs, [0, 1, 1, -1]), 3)
    0.333
    """
    table, truth = _checked(probs, gold)
    if type(bins) is not int or bins < 1:
        raise ValueError(f"bins must be an int of at least 1, got {bins!r}")
    known = np.flatnonzero(truth >= 0)
    if not len(known):
        raise ValueError(
            "calibration_error needs gold labels, all of them are unknown; give at least one"
        )
    table, truth = table[known], truth[known]
    confidence = table.max(axis=1)
    tied = table >= confidence[:, None] - 10.0**-_DIGITS
    right = tied[np.arange(len(table)), truth] / tied.sum(axis=1)
    place = np.maximum(np.ceil(np.round(confidence * bins, _DIGITS)).astype(np.int64) - 1, 0)
    return float(np.abs(np.bincount(place, right - confidence)).sum() / len(table))


def _checked(probs: Any, gold: Any) -> tuple[FloatArray, FloatArray]:
    try:
        table = np.asarray(probs, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"probs must be numbers of shape (n, k), got {shorten(probs)}; pass "
            "model.predict_proba(L)"
        ) from None
    if table.ndim != 2 or table.shape[1] < 1:
        raise ValueError(
            f"probs has shape {table.shape}, expected (n, k): a row for each data point, a column "
            "for each class"
        )
    wrong = ~(np.isfinite(table) & (table >= 0)).all(axis=1)
    wrong |= ~(np.abs(table.sum(axis=1) - 1) <= 1e-6)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ValueError(
            f"probs holds {table[at].tolist()} in row {at}; expected probabilities that sum to 1"
        )
    truth = encode_labels(gold, tuple(map(str, range(table.shape[1]))), what="gold")
    if len(truth) != len(table):
        raise ValueError(
            f"gold has {len(truth)} labels, probs has {len(table)} rows; give one label a row, "
            "-1 or None where unknown"
        )
    return table, truth
