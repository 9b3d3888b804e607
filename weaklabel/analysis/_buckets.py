"""Error buckets: the rows of each gold class that got each label."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, final

import numpy as np

from weaklabel._checks import nearest, read_only
from weaklabel._classes import ClassTable, encode_labels, numbered_classes
from weaklabel._render import html_table, terminal_width, text_table
from weaklabel.analysis._advice_slices import checked_slices
from weaklabel.labels import ProbabilisticLabels
from weaklabel.types import ABSTAIN, Classes, IntArray

UNKNOWN, NO_LABEL = "unknown", "abstain"
# Up to so many classes the table has a column a class; else the largest buckets are listed.
_SQUARE, _SHOWN = 6, 15


@final
@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Rows by gold class and label. Prints as a table; ``buckets["SPAM", "HAM"]`` are positions.

    Attributes
    ----------
    class_names : tuple of str
    gold, labels : ndarray of int64, shape (n,)
        Codes, -1 where gold is unknown, or there is no label.
    keys : ndarray, shape (n,)
        Row keys: those of the labels, else the positions.
    counts : ndarray of int64, shape (k + 1, k + 1)
        Rows by gold class and label; in the last row gold is unknown, in the last column there is
        no label.
    slices : mapping of str to Buckets
        The same in each slice, ``keys`` being what they are; positions count inside the slice.
    """

    class_names: tuple[str, ...]
    gold: IntArray
    labels: IntArray
    keys: IntArray
    counts: IntArray
    slices: Mapping[str, Buckets] = field(default_factory=dict)

    def __getitem__(self, bucket: tuple[Any, Any]) -> IntArray:
        """Return the positions of the rows of a gold class with a label, ascending.

        Both are class names or codes; None for unknown gold, or no label.
        """
        given: Any = bucket
        if not isinstance(given, tuple) or len(given) != 2:
            raise TypeError(f"a bucket is (gold class, label), got {bucket!r}")
        gold, label = (self._code(name) for name in bucket)
        return np.flatnonzero((self.gold == gold) & (self.labels == label))

    @property
    def wrong(self) -> IntArray:
        """Positions of the rows whose label is another than their gold class, ascending."""
        judged = (self.gold >= 0) & (self.labels >= 0)
        return np.flatnonzero(judged & (self.gold != self.labels))

    @property
    def accuracy(self) -> float:
        """Share of the rows with gold and label whose label is right; NaN where there are none."""
        judged = self.counts[:-1, :-1]
        total = int(judged.sum())
        return float(np.trace(judged) / total) if total else float("nan")

    def largest(self, most: int = 10) -> tuple[tuple[str, str, int], ...]:
        """Return the largest buckets of errors: gold class, label, rows; no label is no error."""
        errors = self.counts[:-1, :-1].copy()
        np.fill_diagonal(errors, 0)
        found = [
            (self.class_names[y], self.class_names[c], int(errors[y, c]))
            for y, c in np.argwhere(errors).tolist()
        ]
        return tuple(sorted(found, key=lambda bucket: (-bucket[2], bucket[:2]))[:most])

    def to_frame(self) -> Any:
        """Return the counts as a pandas DataFrame: gold classes down, labels across."""
        import pandas as pd

        return pd.DataFrame(
            self.counts,
            index=pd.Index([*self.class_names, UNKNOWN], name="gold"),
            columns=pd.Index([*self.class_names, NO_LABEL], name="label"),
        )

    def _code(self, name: object) -> int:
        if name is None or (isinstance(name, int | np.integer) and name == ABSTAIN):
            return ABSTAIN
        try:
            return ClassTable(self.class_names).code(name)
        except ValueError as error:
            hint = nearest(name, self.class_names) if str(error).find("mean") < 0 else ""
            raise ValueError(f"{error}{hint}, None for unknown gold or no label") from None

    def _caption(self) -> str:
        judged = int(self.counts[:-1, :-1].sum())
        text = f"{judged:,} of {len(self.gold):,} rows have gold and a label"
        if not judged:
            return text
        return f"{text}; {self.accuracy:.1%} are right, {len(self.wrong):,} wrong"

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        if len(self.class_names) > _SQUARE:
            rows = [[gold, label, f"{count:,}"] for gold, label, count in self.largest(_SHOWN)]
            return ["gold", "label", "rows"], rows
        last = len(self.class_names)
        across = [*range(last), last] if self.counts[:, last].any() else list(range(last))
        down = [*range(last), last] if self.counts[last].any() else list(range(last))
        labels, golds = (*self.class_names, NO_LABEL), (*self.class_names, UNKNOWN)
        header = ["gold \\ label", *(labels[c] for c in across)]
        return header, [[golds[y], *(f"{self.counts[y, c]:,}" for c in across)] for y in down]

    def _slice_cells(self) -> tuple[list[str], list[list[str]]]:
        header = ["slice", "rows", "right", "wrong", "accuracy"]
        rows = []
        for name, part in self.slices.items():
            judged, wrong = int(part.counts[:-1, :-1].sum()), len(part.wrong)
            share = f"{part.accuracy:.1%}" if judged else ""
            rows.append([name, f"{len(part.gold):,}", f"{judged - wrong:,}", f"{wrong:,}", share])
        return header, rows

    def __str__(self) -> str:
        width = terminal_width()
        header, cells = self._cells()
        square = len(self.class_names) <= _SQUARE
        lines = [text_table(header, cells, width=width, cut=len(header) if square else 2)]
        lines.append(textwrap.fill(self._caption(), width))
        if self.slices:
            lines += ["", text_table(*self._slice_cells(), width=width)]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        page = html_table(*self._cells(), caption=self._caption())
        return page + (html_table(*self._slice_cells()) if self.slices else "")


def buckets(
    gold: Any,
    labels: Any,
    *,
    classes: Classes | None = None,
    slices: Any = None,
) -> Buckets:
    r"""Sort rows by gold class and label.

    Parameters
    ----------
    gold : array-like, shape (n,)
        Gold labels, missing or -1 where unknown.
    labels : ProbabilisticLabels or array-like, shape (n,)
        What a model says; missing or -1 for no label. Probabilistic labels count as they predict.
    classes : Enum type or sequence of str, optional
        The classes. Default: those of the probabilistic labels, else the names that occur, or as
        many classes as the largest code asks for.
    slices : Slices, or mapping of str to array-like of bool, shape (n,), optional
        For the same table slice by slice.

    Returns
    -------
    Buckets
        Prints as a table; ``to_frame()`` is a DataFrame.

    Raises
    ------
    TypeError
        When the slices are no mapping.
    ValueError
        When lengths differ, a label is no class (its position is named), or a slice does not fit.

    Examples
    --------
    >>> from weaklabel.analysis import buckets
    >>> found = buckets(["SPAM", "SPAM", "HAM", None], ["SPAM", "HAM", "HAM", "HAM"])
    >>> found
    gold \ label  HAM  SPAM
    -----------------------
    HAM             1     0
    SPAM            1     1
    unknown         1     0
    3 of 4 rows have gold and a label; 66.7% are right, 1 wrong
    >>> found["SPAM", "HAM"].tolist()
    [1]
    """
    keys: IntArray | None = None
    if isinstance(labels, ProbabilisticLabels):
        names, keys = labels.class_names, labels.keys
        if classes is not None and ClassTable.of(classes).names != names:
            raise ValueError(
                f"classes= are {ClassTable.of(classes).names}, the labels have {names}; leave "
                "classes= out"
            )
        found = labels.predict()
    else:
        names = _names(gold, labels) if classes is None else ClassTable.of(classes).names
        found = encode_labels(labels, names, what="labels")
    truth = encode_labels(gold, names, what="gold")
    if len(truth) != len(found):
        raise ValueError(
            f"gold has {len(truth)} labels, there are {len(found)} rows with labels; give one gold "
            "label a row, -1 or None where unknown"
        )
    every = np.arange(len(truth)) if keys is None else keys
    masks = {} if slices is None else checked_slices(slices, len(truth))
    if slices is not None:
        masks = {str(name): masks[str(name)] for name in slices}
    return _made(
        names,
        truth,
        found,
        every,
        {n: _made(names, truth[m], found[m], every[m], {}) for n, m in masks.items()},
    )


def _made(
    names: tuple[str, ...],
    gold: IntArray,
    labels: IntArray,
    keys: IntArray,
    slices: Mapping[str, Buckets],
) -> Buckets:
    wide = len(names) + 1
    # -1 goes to the last row, or column.
    place = (gold % wide) * wide + labels % wide
    counts = np.bincount(place, minlength=wide * wide).reshape(wide, wide)
    return Buckets(names, read_only(gold), read_only(labels), read_only(keys), counts, slices)


def _names(gold: Any, labels: Any) -> tuple[str, ...]:
    """Return the names that occur, sorted, or the numbers of the codes that do."""
    given = (gold, labels)
    if all(isinstance(values, np.ndarray) and values.dtype.kind in "iu" for values in given):
        return numbered_classes(max(int(values.max(initial=1)) for values in given))
    cells: list[Any] = []
    for values in (gold, labels):
        cells += values.tolist() if hasattr(values, "tolist") else list(values)
    enums: list[type[Enum]] = [type(cell) for cell in cells if isinstance(cell, Enum)]
    if enums:
        return ClassTable.of(enums[0]).names
    told = sorted({cell for cell in cells if isinstance(cell, str)})
    if told:
        return tuple(told) if len(told) > 1 else (told[0], f"not {told[0]}")
    return _numbers(cells)


def _numbers(cells: Sequence[Any]) -> tuple[str, ...]:
    codes = [int(cell) for cell in cells if isinstance(cell, int | float) and cell == cell]
    return numbered_classes(max(codes, default=1))
