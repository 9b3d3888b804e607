"""Crowd data as it comes: one line an answer, with the item, the worker and the label."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import numpy as np

from weaklabel._checks import listed
from weaklabel._classes import ClassTable, encode_labels, is_abstain, is_missing, whole
from weaklabel.matrix import LabelMatrix
from weaklabel.types import Classes, IntArray

# What the columns may be called.
_NAMES = {
    "item": ("item", "task", "row"),
    "worker": ("worker", "annotator", "lf"),
    "label": ("label", "vote", "class"),
}


def is_crowd_frame(frame: object) -> bool:
    """Tell whether something is a table whose columns are those of crowd data."""
    names = getattr(frame, "column_names", None)  # Arrow
    if names is None:
        names = getattr(frame, "columns", None)
    try:
        columns = set(names)  # type: ignore[arg-type]
    except TypeError:
        return False
    return all(columns & set(known) for known in _NAMES.values())


def crowd_matrix(
    frame: Any, classes: Classes | None = None, lf_names: Sequence[str] | None = None
) -> LabelMatrix:
    """Make a label matrix from crowd data in long form.

    Parameters
    ----------
    frame : DataFrame or table
        pandas, polars or Arrow, with one row an answer and the columns ``item`` (or ``task`` or
        ``row``), ``worker`` (or ``annotator`` or ``lf``) and ``label`` (or ``vote`` or ``class``);
        others are not read. A label that is missing or -1 is an abstain.
    classes : Enum type or sequence of str, optional
        Default: the distinct labels, sorted. An int label is then the *name* of its class, not its
        code: pass gold labels as texts too, e.g. ``gold.astype(str)``.
    lf_names : sequence of str, optional
        The workers in the order wanted, those without answers among them; default: as they first
        occur.

    Returns
    -------
    LabelMatrix
        A row for each item, in order of first occurrence, with the item as its key; an LF for each
        worker, by its ``str``.

    Raises
    ------
    TypeError
        When it is no table.
    ValueError
        When a column is missing or there are two for one thing, an item or worker is missing, a
        worker answers twice on an item, a label or worker is unknown, or there are fewer than two
        distinct labels and no `classes`.

    Examples
    --------
    >>> import pandas as pd
    >>> answers = pd.DataFrame(
    ...     {"item": [7, 7, 8], "worker": ["Ann", "Bo", "Ann"], "label": ["cat", "dog", "cat"]}
    ... )
    >>> L = crowd_matrix(answers)
    >>> L
    LabelMatrix: 2 rows × 2 LFs, classes cat, dog; 3 votes, 2 rows covered
    >>> L.keys.tolist(), L.lf_names
    ([7, 8], ('Ann', 'Bo'))
    """
    from scipy import sparse

    items, workers, labels = _columns(frame)
    row, keys = _numbered(items)
    lf, people = _numbered(workers)
    for what, numbers in (("item", row), ("worker", lf)):
        if (numbers < 0).any():
            at = int(np.flatnonzero(numbers < 0)[0])
            raise ValueError(f"the {what} of the answer at position {at} is missing; give each one")
    code, class_names = _coded(labels, classes)
    cast = np.flatnonzero(code >= 0)
    names = [str(worker) for worker in people]
    _check_once(row[cast], lf[cast], keys, names)
    if lf_names is not None:
        lf, names = _as_named(lf, names, lf_names)
    cells = sparse.coo_matrix(
        (code[cast], (row[cast], lf[cast])), shape=(len(keys), len(names)), dtype=np.int64
    )
    return LabelMatrix.from_array(cells, classes=class_names, lf_names=names, keys=keys)


def _columns(frame: Any) -> list[list[Any]]:
    """Return items, workers and labels as lists."""
    import narwhals as nw

    try:
        table = nw.from_native(frame, eager_only=True)
    except TypeError:
        raise TypeError(
            f"expected crowd data as a pandas, polars or Arrow table, got {type(frame).__name__}"
        ) from None
    columns = []
    for what, known in _NAMES.items():
        found = [name for name in table.columns if name in known]
        if not found:
            raise ValueError(
                f"the crowd data has no column for the {what}, expected one called "
                f"{' or '.join(map(repr, known))}; its columns are {listed(table.columns)}"
            )
        if len(found) > 1:
            raise ValueError(
                f"the crowd data has columns {listed(found)}, any of which may be the {what}; "
                "keep one"
            )
        columns.append(table.get_column(found[0]).to_list())
    return columns


def _numbered(values: list[Any]) -> tuple[IntArray, list[Any]]:
    """Return a number for each value, -1 where it is missing, and the distinct values in order."""
    import pandas as pd

    array = np.empty(len(values), object)
    array[:] = values
    numbers, distinct = pd.factorize(array)
    return numbers.astype(np.int64), list(distinct)


def _coded(labels: list[Any], classes: Classes | None) -> tuple[IntArray, tuple[str, ...]]:
    """Return a code for each label, -1 where it is missing, and the class names."""
    number, distinct = _numbered(labels)
    named = [_name(label) for label in whole(distinct)]
    class_names = _sorted_names(named) if classes is None else ClassTable.of(classes).names
    # Ints name classes where classes are numbers by name; elsewhere they are codes.
    if all(name.lstrip("-").isdigit() for name in class_names):
        named = [label if label is None else str(label) for label in named]
    codes = encode_labels(named, class_names, what="the distinct crowd labels")
    return np.append(codes, -1)[number], class_names


def _name(label: Any) -> str | int | None:
    """Return a label as a text or an int, None where it abstains."""
    if is_missing(label) or (isinstance(label, Enum) and is_abstain(label)):
        return None
    if isinstance(label, Enum):
        return label.name
    if isinstance(label, bool):
        return str(label)
    if isinstance(label, str | int):
        return label
    raise ValueError(f"the crowd data holds the label {label!r}; labels must be texts or ints")


def _sorted_names(labels: list[str | int | None]) -> tuple[str, ...]:
    found = [label for label in labels if label is not None]
    if len({type(label) for label in found}) > 1:
        raise ValueError(
            f"the crowd data mixes texts and ints as labels: {listed(found)}; use one of them"
        )
    if len(found) < 2:
        raise ValueError(
            f"the crowd data holds {'no label' if not found else f'one label only, {found[0]!r}'}; "
            "at least two classes are needed, name them with classes= (missing and -1 abstain)"
        )
    return tuple(map(str, sorted(found, key=_in_order)))


def _in_order(label: str | int) -> tuple[int, str]:
    return (label, "") if isinstance(label, int) else (0, label)


def _check_once(row: IntArray, lf: IntArray, keys: list[Any], names: list[str]) -> None:
    """Refuse several answers of a worker on an item, naming both."""
    order = np.lexsort((lf, row))
    again = (np.diff(row[order]) == 0) & (np.diff(lf[order]) == 0)
    if again.any():
        at = order[1:][again].min()
        n = int(again.sum())
        more = f" ({n:,} answers too many in all)" if n > 1 else ""
        raise ValueError(
            f"worker {names[lf[at]]!r} answers more than once on item {keys[row[at]]!r}{more}; "
            "keep one answer"
        )


def _as_named(
    lf: IntArray, names: list[str], lf_names: Sequence[str]
) -> tuple[IntArray, list[str]]:
    """Return the workers numbered as they are named."""
    place = {name: j for j, name in enumerate(lf_names)}
    if unknown := [name for name in names if name not in place]:
        raise ValueError(
            f"the crowd data has answers of {listed(unknown)}, not among the LFs "
            f"{listed(list(lf_names))}; leave these answers out, or fit again"
        )
    return np.array([place[name] for name in names], np.int64)[lf], list(lf_names)
