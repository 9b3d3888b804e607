"""Votes on several labels: one yes/no label matrix a label."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from weaklabel._checks import shorten
from weaklabel.matrix import LabelMatrix


def matrices_by_label(
    rows: Any, lfs: Any, labels: Any, votes: Any, *, keys: Any = None
) -> dict[str, LabelMatrix]:
    """Make one yes/no label matrix a label from long-form votes.

    Parameters
    ----------
    rows : array-like, shape (v,)
        Row key of each vote.
    lfs : array-like, shape (v,)
        LF (or annotator) of each vote.
    labels : array-like of str, shape (v,)
        Label that the vote is on.
    votes : array-like, shape (v,)
        True, 1 or ``"yes"``; False, 0 or ``"no"``; missing or -1 abstains.
    keys : array-like, shape (n,), optional
        All row keys, in the order wanted; default: as they first occur.

    Returns
    -------
    dict of str to LabelMatrix
        What `MultiLabelModel.fit` takes: labels as they first occur, each with all the rows.

    Raises
    ------
    ValueError
        When lengths differ, a vote is none of these, or an LF votes twice on a row and label.

    Examples
    --------
    >>> matrices = matrices_by_label(
    ...     rows=["a", "a", "b", "b"],
    ...     lfs=["ann", "bob", "ann", "ann"],
    ...     labels=["cat", "cat", "cat", "dog"],
    ...     votes=[True, False, True, True],
    ... )
    >>> {name: matrix.to_frame().loc["a"].to_dict() for name, matrix in matrices.items()}
    {'cat': {'ann': 'yes', 'bob': 'no'}, 'dog': {'ann': None}}
    """
    columns = [
        list(np.asarray(x).tolist()) if hasattr(x, "to_numpy") else list(x)
        for x in (rows, lfs, labels, votes)
    ]
    if len({len(column) for column in columns}) > 1:
        raise ValueError(
            "rows, lfs, labels and votes have lengths "
            f"{', '.join(str(len(column)) for column in columns)}, expected the same"
        )
    keys = list(dict.fromkeys(columns[0])) if keys is None else list(keys)
    by_label: dict[str, list[tuple[Any, Any, Any]]] = {}
    for row, lf, label, vote in zip(*columns, strict=True):
        code = int(vote) if isinstance(vote, bool | np.bool_) else vote
        by_label.setdefault(str(label), []).append((row, lf, code))
    matrices = {}
    for label, triples in by_label.items():
        with about_label(label):
            at, by, said = zip(*triples, strict=True)
            matrices[label] = LabelMatrix.from_triples(at, by, said, ("no", "yes"), keys=keys)
    return matrices


@contextmanager
def about_label(label: str) -> Iterator[None]:
    """Name the label in what goes wrong, or is warned of, inside."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except (ValueError, TypeError) as error:
            if type(error) not in (ValueError, TypeError):
                raise
            raise type(error)(f"label {label!r}: {error}") from error
    for warning in caught:
        warnings.warn(f"label {label!r}: {warning.message}", warning.category, stacklevel=4)


def check_matrices(L: Any) -> None:
    """Refuse what is not one yes/no matrix a label, all with the same rows."""
    if not isinstance(L, Mapping):
        raise TypeError(
            f"expected a mapping from each label to its LabelMatrix, got {type(L).__name__}; "
            "matrices_by_label(rows, lfs, labels, votes) makes one from long-form votes"
        )
    if not L:
        raise ValueError("there are no labels; give a mapping from each label to its LabelMatrix")
    first: tuple[str, LabelMatrix] | None = None
    for name, matrix in L.items():
        if not isinstance(name, str) or not isinstance(matrix, LabelMatrix):
            raise TypeError(
                f"expected a LabelMatrix under the name of each label, got {shorten(matrix)} "
                f"under {name!r}"
            )
        if matrix.k != 2:
            raise ValueError(
                f"label {name!r} is a yes/no question, its matrix must have two classes (no, yes), "
                f"got {matrix.class_names}"
            )
        first = first or (name, matrix)
        if matrix.n != first[1].n or not np.array_equal(matrix.keys, first[1].keys):
            raise ValueError(
                f"labels {first[0]!r} and {name!r} are not voted on the same rows in the same "
                f"order: {first[1].n} and {matrix.n} rows; give every matrix the same keys="
            )
