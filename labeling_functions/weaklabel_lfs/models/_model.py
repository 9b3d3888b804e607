"""Vote what a trained classifier predicts, where it is sure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import numpy as np

import weaklabel as wl
from weaklabel_lfs._builder import (
    Classes,
    Examples,
    Missing,
    check_column,
    check_missing,
    is_missing,
    refuse,
)


def model(
    classifier: Any,
    votes: Mapping[Any, Any] | None = None,
    *,
    confidence: float = 0.9,
    features: Callable[[Any], Any] | None = None,
    name: str | None = None,
    column: str = "text",
    missing: Missing = "raise",
    classes: Classes = None,
    examples: Examples = None,
) -> wl.LabelingFunction:
    """Build an LF that votes what a classifier predicts with enough confidence.

    Parameters
    ----------
    classifier : object with ``predict_proba``
        From a list of values of ``column`` (or what ``features`` returns) to an array of shape
        (n, k). A scikit-learn pipeline, a `TextClassifier`, or anything of that kind.
    votes : mapping, optional
        From a label of the classifier (an entry of its ``classes_``, else the position of the
        column in its probabilities) to the class it votes. Labels that are left out abstain.
        Default: the labels are the classes.
    confidence : float, optional
        The least probability that counts as a vote, above 0 and at most 1.
    features : callable, optional
        From a batch (``batch.text`` is a pandas Series) to what ``predict_proba`` takes.
    name : str, optional
        Default: made of the classifier's type and the confidence.
    column : str, optional
        The column it reads.
    missing : {"raise", "abstain"}, optional
        What happens where the column is None or NaN.
    classes : Enum type or sequence of str, optional
        The classes, to vote by name outside of ``apply_lfs(classes=...)``.
    examples : mapping or sequence of pairs, optional
        Unit tests for ``lf.check()``.

    Returns
    -------
    LabelingFunction
        Works on batches, reads ``column``.

    Raises
    ------
    TypeError, ValueError
        When the classifier has no ``predict_proba``, the confidence is no probability, or a label
        in ``votes`` is none of the classifier's.

    Examples
    --------
    >>> import numpy as np
    >>> from weaklabel_lfs import models
    >>> class Lengths:
    ...     def predict_proba(self, texts):
    ...         long = np.array([min(len(text) / 10, 1.0) for text in texts])
    ...         return np.column_stack([1 - long, long])
    >>> lf = models.model(Lengths(), {0: "HAM", 1: "SPAM"}, classes=("HAM", "SPAM"))
    >>> lf.name
    'model_Lengths_90'
    >>> lf("a long text"), lf("middle"), lf("a")
    (1, -1, 0)
    """
    if not callable(getattr(classifier, "predict_proba", None)):
        raise TypeError(
            f"model() needs a classifier with predict_proba, got {type(classifier).__name__}"
            f"{_how_to_get_probabilities(classifier)}"
        )
    check_column(column)
    check_missing(missing)
    _check_confidence(confidence)
    vote_of = _vote_of(classifier, votes)

    def vote(batch: Any) -> list[Any]:
        values = batch[column]
        absent = [i for i, value in enumerate(values) if is_missing(value)]
        for i in absent:
            refuse(values.iloc[i], column=column, missing=missing, expected="a value")
        if len(absent) == len(values):
            return [None] * len(values)
        if absent:
            kept = np.setdiff1d(np.arange(len(values)), absent)
            return _spread(vote(_Selected(batch, kept)), kept, len(values))
        probabilities = classifier.predict_proba(
            values.tolist() if features is None else features(batch)
        )
        return _votes(np.asarray(probabilities), vote_of, confidence, len(values))

    vote.__name__ = vote.__qualname__ = name = (
        name or f"model_{type(classifier).__name__}_{round(100 * confidence)}"
    )
    return wl.LabelingFunction(
        vote, name=name, classes=classes, columns=(column,), examples=examples, batch=True
    )


class _Selected:
    """Some rows of a batch, read like the batch itself."""

    def __init__(self, batch: Any, rows: np.ndarray[Any, Any]) -> None:
        self._batch = batch
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, column: str) -> Any:
        return self._batch[column].iloc[self._rows].reset_index(drop=True)

    def __getattr__(self, column: str) -> Any:
        if column.startswith("_"):
            raise AttributeError(column)
        return self[column]


def _spread(votes: list[Any], rows: np.ndarray[Any, Any], n: int) -> list[Any]:
    """Return n votes, those given at the rows and abstain elsewhere."""
    spread: list[Any] = [None] * n
    for row, vote in zip(rows, votes, strict=True):
        spread[row] = vote
    return spread


def _votes(
    probabilities: np.ndarray[Any, Any], vote_of: Callable[[int], Any], confidence: float, n: int
) -> list[Any]:
    if probabilities.ndim != 2 or len(probabilities) != n:
        raise ValueError(
            f"predict_proba returned shape {probabilities.shape}, expected ({n}, k) for {n} rows"
        )
    best = probabilities.argmax(axis=1)
    sure = probabilities[np.arange(n), best] >= confidence
    return [
        vote_of(label) if certain else None
        for label, certain in zip(best.tolist(), sure.tolist(), strict=True)
    ]


def _vote_of(classifier: Any, votes: Mapping[Any, Any] | None) -> Callable[[int], Any]:
    """Return the function from the position of a probability to the vote."""
    known = getattr(classifier, "classes_", None)
    if known is None:
        if votes is None:
            return lambda position: position
        return dict(votes).get
    # tolist() turns NumPy's scalars into what a mapping is written with.
    labels = known.tolist() if hasattr(known, "tolist") else list(known)
    if votes is None:
        return labels.__getitem__
    if strangers := [label for label in votes if label not in labels]:
        raise ValueError(
            f"votes= names {strangers[0]!r}, which the classifier does not predict; "
            f"its classes_ are {labels}"
        )
    return [votes.get(label) for label in labels].__getitem__


def _check_confidence(confidence: Any) -> None:
    if (
        type(confidence) is bool
        or not isinstance(confidence, Real)
        or not 0 < float(confidence) <= 1
    ):
        raise ValueError(f"confidence={confidence!r}; expected a probability, e.g. 0.9")


def _how_to_get_probabilities(classifier: object) -> str:
    if isinstance(classifier, type):
        return f" {classifier.__name__}; pass a fitted instance of it"
    if callable(getattr(classifier, "decision_function", None)):
        return "; wrap it in sklearn.calibration.CalibratedClassifierCV to get probabilities"
    return ""
