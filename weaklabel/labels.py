"""Probabilistic labels: what a label model says of each row, and how to train on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from weaklabel._checks import read_only
from weaklabel.types import ABSTAIN, FloatArray, IntArray, Tie, Uncovered

__all__ = ["ProbabilisticLabels", "TrainingSet", "hard_labels"]

# Two probabilities this close are a tie: sums in another order may differ by as much.
_TIE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """The covered rows and what to train on.

    Attributes
    ----------
    rows : same type as the data
        The covered rows of the data; their positions where no data was given.
    probs : ndarray of float64, shape (c, k)
        Probabilities, for models that take soft labels.
    y : ndarray of int64, shape (c,)
        Hard labels 0..k-1: the most probable class, the first of them in a tie.
    weights : ndarray of float64, shape (c,)
        Probability of the hard label, and 0 where it is a tie: a tie teaches nothing.
    keys : ndarray, shape (c,)
        Row keys.
    positions : ndarray of int64, shape (c,)
        Where the rows stood in the data.
    """

    rows: Any
    probs: FloatArray
    y: IntArray
    weights: FloatArray
    keys: IntArray
    positions: IntArray

    def __len__(self) -> int:
        return len(self.y)


@final
@dataclass(frozen=True, slots=True, eq=False)
class ProbabilisticLabels:
    """What a label model believes of each row, in input order.

    Attributes
    ----------
    probs : ndarray of float64, shape (n, k)
        P(class | votes); the class balance where no LF voted.
    covered : ndarray of bool, shape (n,)
        Whether any LF voted on the row; in refined labels, whether votes or features speak of it.
    keys : ndarray, shape (n,)
        Row keys.
    class_names : tuple of str
        Names of the k classes.
    class_balance : ndarray of float64, shape (k,)
        P(class), which breaks ties on request.

    Examples
    --------
    >>> import weaklabel as wl
    >>> L = wl.LabelMatrix.from_array([[1, 1], [0, 1], [-1, -1]], classes=("HAM", "SPAM"))
    >>> labels = wl.MajorityVote().fit(L).label(L)
    >>> labels.predict().tolist()
    [1, -1, -1]
    >>> labels.training_set(["win a prize", "see you", "ok"]).rows
    ['win a prize', 'see you']
    """

    probs: FloatArray
    covered: IntArray
    keys: IntArray
    class_names: tuple[str, ...]
    class_balance: FloatArray

    def __post_init__(self) -> None:
        n, k = self.probs.shape
        if k != len(self.class_names) or len(self.covered) != n or len(self.keys) != n:
            raise ValueError(
                f"probs of shape {self.probs.shape} do not fit {len(self.class_names)} classes, "
                f"{len(self.covered)} covered flags and {len(self.keys)} keys"
            )
        for name in ("probs", "covered", "keys", "class_balance"):
            array = getattr(self, name)
            # What the caller can still write to is copied, or it could change under us.
            own = array.copy() if array.flags.writeable else array
            object.__setattr__(self, name, read_only(own))

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.probs)

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def confidence(self) -> FloatArray:
        """Largest probability of each row, shape (n,)."""
        return np.asarray(self.probs.max(axis=1, initial=0.0))

    def predict(self, *, uncovered: Uncovered = "abstain", tie: Tie = "abstain") -> IntArray:
        """Return hard labels.

        Parameters
        ----------
        uncovered : {"abstain", "prior"}
            What a row without votes gets: -1, or the most frequent class.
        tie : {"abstain", "prior", "first"}
            What a tie gets: -1, the most frequent of the tied classes, or the first of them.

        Returns
        -------
        ndarray of int64, shape (n,)
            Class codes, -1 for abstain.
        """
        return hard_labels(
            self.probs, self.covered, self.class_balance, uncovered=uncovered, tie=tie
        )

    def training_set(self, data: Any = None) -> TrainingSet:
        """Return the covered rows with soft labels, hard labels and weights.

        Parameters
        ----------
        data : DataFrame, table, array or sequence of n rows, optional
            What the labels belong to, in the same order.

        Returns
        -------
        TrainingSet
            Ready for any classifier: ``clf.fit(features(t.rows), t.y, sample_weight=t.weights)``.

        Raises
        ------
        ValueError
            When the data has another number of rows.
        """
        positions = np.flatnonzero(self.covered)
        probs = self.probs[positions]
        weights = probs.max(axis=1, initial=0.0)
        weights[_tied(probs).sum(axis=1) > 1] = 0.0
        return TrainingSet(
            rows=positions if data is None else _take_rows(data, positions, self.n),
            probs=probs,
            y=_tied(probs).argmax(axis=1),
            weights=weights,
            keys=self.keys[positions],
            positions=positions,
        )

    def to_frame(self) -> Any:
        """Return a pandas DataFrame: label, confidence, covered, and one probability a class."""
        import pandas as pd

        names = np.array([*self.class_names, None], dtype=object)
        index = pd.Index(self.keys, name="key")
        frame = pd.DataFrame(
            {
                "label": pd.Series(names[self.predict()], dtype=object, index=index),
                "confidence": self.confidence,
                "covered": self.covered,
            },
            index=index,
        )
        for y, name in enumerate(self.class_names):
            frame[f"P({name})"] = self.probs[:, y]
        return frame

    def __len__(self) -> int:
        return self.n

    def __repr__(self) -> str:
        hard = self.predict()
        shares = ", ".join(
            f"{name} {int((hard == y).sum()):,}" for y, name in enumerate(self.class_names[:12])
        )
        more = ", …" if self.k > 12 else ""
        return (
            f"ProbabilisticLabels: {self.n:,} rows, {int(self.covered.sum()):,} covered; "
            f"{shares}{more}, abstain {int((hard == ABSTAIN).sum()):,}"
        )


def hard_labels(
    probs: FloatArray,
    covered: IntArray,
    class_balance: FloatArray,
    *,
    uncovered: Uncovered = "abstain",
    tie: Tie = "abstain",
) -> IntArray:
    """Return the most probable class of each row, by the rules for ties and uncovered rows.

    Parameters
    ----------
    probs : ndarray of float64, shape (n, k)
    covered : ndarray of bool, shape (n,)
    class_balance : ndarray of float64, shape (k,)
    uncovered, tie
        As in `ProbabilisticLabels.predict`.

    Returns
    -------
    ndarray of int64, shape (n,)

    Raises
    ------
    ValueError
        When `uncovered` or `tie` is none of the allowed words.
    """
    if uncovered not in ("abstain", "prior"):
        raise ValueError(f"uncovered must be 'abstain' or 'prior', got {uncovered!r}")
    if tie not in ("abstain", "prior", "first"):
        raise ValueError(f"tie must be 'abstain', 'prior' or 'first', got {tie!r}")
    best = _tied(probs)
    if tie == "prior":
        labels = np.where(best, class_balance, -1.0).argmax(axis=1)
    else:
        labels = best.argmax(axis=1)
    if tie == "abstain":
        labels[best.sum(axis=1) > 1] = ABSTAIN
    labels[~covered] = class_balance.argmax() if uncovered == "prior" else ABSTAIN
    return np.asarray(labels)


def _tied(probs: FloatArray) -> IntArray:
    """Mark the classes that share the largest probability of their row, bool of shape (n, k)."""
    return np.asarray(probs >= probs.max(axis=1, initial=0.0, keepdims=True) - _TIE)


def _take_rows(data: Any, positions: IntArray, n: int) -> Any:
    """Return some rows of a frame, table, array or sequence, in its own type.

    Raises
    ------
    ValueError
        When the data does not have n rows.
    """
    if not hasattr(data, "__len__") or isinstance(data, str | bytes | Mapping):
        raise TypeError(f"data must have a length and an order, got {type(data).__name__}")
    # A SciPy sparse matrix has a length that only raises.
    length = int(data.shape[0]) if hasattr(data, "shape") else len(data)
    if length != n:
        raise ValueError(f"data has {length} rows, the labels have {n}; pass the rows they label")
    if hasattr(data, "iloc"):
        return data.iloc[positions]
    if hasattr(data, "to_pylist"):  # Arrow
        return data.take(positions)
    if isinstance(data, Sequence):
        return [data[i] for i in positions.tolist()]
    return data[positions]
