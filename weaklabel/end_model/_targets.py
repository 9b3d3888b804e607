"""What a classifier learns from: class probabilities per row, and which rows count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from weaklabel._classes import ClassTable, encode_labels, is_missing, numbered_classes
from weaklabel.labels import ProbabilisticLabels, hard_labels
from weaklabel.types import ABSTAIN, Classes, FloatArray

__all__ = [
    "Labels",
    "Targets",
    "as_targets",
    "as_weights",
    "harden",
]

_SUM_TOLERANCE = 1e-4  # probabilities that went through float32 or a CSV file still sum to one


Labels: TypeAlias = ProbabilisticLabels | ArrayLike | Sequence[object]


@dataclass(frozen=True, slots=True)
class Targets:
    """Class probabilities to learn from.

    Attributes
    ----------
    probs : ndarray of float64, shape (n, k)
        Class probabilities, each covered row sums to one.
    covered : ndarray of bool, shape (n,)
        Rows that have a label; the others teach nothing.
    class_names : tuple of str
        Names of the k classes.
    """

    probs: FloatArray
    covered: NDArray[np.bool_]
    class_names: tuple[str, ...]


def as_targets(
    labels: Labels, n: int, *, classes: Classes | None = None, what: str = "labels"
) -> Targets:
    """Read labels of any accepted form.

    Parameters
    ----------
    labels : ProbabilisticLabels, (n, k) array of float, or (n,) array of int
        Probabilistic labels, or gold labels: codes 0..k-1 (with ``classes`` names or Enum members
        too), -1 or None where unknown.
    n : int
        Number of texts they belong to.
    classes : Enum type or sequence of str, optional
        The classes; by default those of the labels.
    what : str
        What the caller calls the labels, for the error message.

    Returns
    -------
    Targets
        Probabilities, coverage and class names.

    Raises
    ------
    ValueError
        When lengths, classes or probabilities are impossible.
    TypeError
        When one-dimensional labels are no class codes.
    """
    names = None if classes is None else ClassTable.of(classes).names
    if isinstance(labels, ProbabilisticLabels):
        probs = np.asarray(labels.probs, dtype=np.float64)
        covered = np.asarray(labels.covered, dtype=bool)
        own = labels.class_names
        if names is not None and names != own:
            raise ValueError(f"{what} are for classes {own}, expected {names}")
        names = own
    else:
        array = np.asarray(labels)
        if array.ndim == 1:
            names = _coded_names(labels, what) if names is None else names
            codes = encode_labels(labels, names, what=what)
            covered = codes != ABSTAIN
            probs = np.zeros((len(codes), len(names)))
            probs[covered, codes[covered]] = 1.0
        elif array.ndim == 2:
            probs = array.astype(np.float64)
            covered = np.ones(len(probs), dtype=bool)
        else:
            raise ValueError(
                f"{what} have shape {array.shape}, expected (n, k) probabilities "
                "or (n,) class codes"
            )
    if len(probs) != n:
        raise ValueError(
            f"{what} have {len(probs)} rows for {n} texts; they must be row-aligned"
            " (ProbabilisticLabels.training_set gives the texts that have a label)"
        )
    if not covered.any():
        raise ValueError(
            f"no row of the {n} {what} is covered, there is nothing to learn from; "
            "add labeling functions that vote on these texts"
        )
    k = probs.shape[1]
    if k < 2:
        raise ValueError(f"{what} have {k} class, expected at least 2; name them all with classes=")
    if names is None:
        names = tuple(str(code) for code in range(k))
    if len(names) != k:
        raise ValueError(f"{what} have {k} columns for {len(names)} classes {names}")
    _check_probs(probs, covered, what)
    return Targets(probs, covered, names)


def harden(targets: Targets) -> Targets:
    """Put all probability on the likeliest class; a row with a tie counts as not covered.

    Parameters
    ----------
    targets : Targets
        Soft targets.

    Returns
    -------
    Targets
        One-hot targets.
    """
    k = len(targets.class_names)
    codes = hard_labels(targets.probs, targets.covered, np.full(k, 1 / k), tie="abstain")
    return Targets(np.eye(k)[codes], codes != ABSTAIN, targets.class_names)


def as_weights(sample_weight: ArrayLike | None, covered: NDArray[np.bool_]) -> FloatArray:
    """Return one non-negative weight per row, by default 1.

    Parameters
    ----------
    sample_weight : array of float, shape (n,), optional
        How much each row counts.
    covered : ndarray of bool, shape (n,)
        Rows that have a label.

    Returns
    -------
    ndarray of float64, shape (n,)
        The weights.

    Raises
    ------
    ValueError
        When a weight is negative or not finite, or no covered row has a positive one.
    """
    if sample_weight is None:
        return np.ones(len(covered))
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != covered.shape:
        raise ValueError(f"sample_weight has shape {weights.shape} for {len(covered)} texts")
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if wrong.size:
        raise ValueError(
            f"sample_weight[{wrong[0]}] is {weights[wrong[0]]}, expected a finite number >= 0"
        )
    if not (weights[covered] > 0).any():
        raise ValueError("sample_weight is 0 for every covered row, there is nothing to learn from")
    return weights


def _coded_names(labels: Any, what: str) -> tuple[str, ...]:
    """Return "0", "1", ... up to the highest code among labels whose classes nobody named."""
    highest = ABSTAIN
    for position, label in enumerate(labels):
        if is_missing(label):
            continue
        if not isinstance(label, int | np.integer) or isinstance(label, bool):
            raise TypeError(
                f"{what}[{position}] is {label!r} ({type(label).__name__}), expected a class code "
                '0..k-1, or -1 where unknown; class names need classes=, e.g. classes=("HAM", '
                '"SPAM")'
            )
        highest = max(highest, int(label))
    return numbered_classes(highest)[: highest + 1]


def _check_probs(probs: FloatArray, covered: NDArray[np.bool_], what: str) -> None:
    faults = {
        "not finite": np.logical_not(np.isfinite(probs).all(axis=1)),
        "negative": (probs < 0).any(axis=1),
        "not summing to 1": np.abs(probs.sum(axis=1) - 1) > _SUM_TOLERANCE,
    }
    for fault, rows in faults.items():
        wrong = np.flatnonzero(rows & covered)
        if wrong.size:
            raise ValueError(
                f"{what}: probabilities of row {wrong[0]} are {fault}: "
                f"{probs[wrong[0]].tolist()}; expected each row >= 0 and summing to 1"
            )
