"""How sure a label is, and how much of the doubt comes from not knowing the LFs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from weaklabel.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Uncertainty:
    """Doubt about the label of each row, where the LFs' accuracies are themselves in doubt.

    Attributes
    ----------
    entropy : ndarray of float64, shape (n,)
        Of the class, in nats, from 0 to log k.
    margin : ndarray of float64, shape (n,)
        Probability of the best class less that of the second, from 0 to 1.
    from_lfs : ndarray of float64, shape (n,)
        The part of the entropy that would go if the LFs' accuracies were known: the mutual
        information of label and accuracies, in nats. The rest stays however many rows are seen.
    """

    entropy: FloatArray
    margin: FloatArray
    from_lfs: FloatArray


def entropy(probs: FloatArray) -> FloatArray:
    """Return the entropy of each row in nats, shape (n,)."""
    return np.asarray(-(probs * np.log(np.maximum(probs, 1e-300))).sum(axis=1))


def margin(probs: FloatArray) -> FloatArray:
    """Return how far the best class is ahead of the second, shape (n,)."""
    best = np.partition(probs, -2, axis=1)
    return np.asarray(best[:, -1] - best[:, -2])
