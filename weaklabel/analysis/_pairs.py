"""Pairs of LFs: where they meet, agree and clash, and agreement beyond what the class explains."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, final

import numpy as np

from weaklabel._checks import listed, nearest, read_only, shorten
from weaklabel._render import html_table, terminal_width, text_table
from weaklabel.analysis._pair_counts import count_pairs
from weaklabel.analysis._slices import slice_masks
from weaklabel.types import FloatArray, IntArray

if TYPE_CHECKING:
    from weaklabel.matrix import LabelMatrix

Measure = Literal["overlap", "agreement", "conflict", "expected", "excess"]
_MEASURES = ("overlap", "agreement", "conflict", "expected", "excess")
_SHOWN = 10
# Pairs shown for their excess, and the rows it must come to.
_SHOWN_EXCESS, _LEAST_EXCESS = 5, 1.0


@final
@dataclass(frozen=True, slots=True)
class LFPair:
    """What two LFs do on the rows on which both vote.

    Attributes
    ----------
    lfs : tuple of str
        Their names.
    overlap, agreement, conflict : int
        Rows on which both vote; vote the same; leave no class in common.
    expected : float
        Rows on which they would vote the same if votes were independent given the class.
    """

    lfs: tuple[str, str]
    overlap: int
    agreement: int
    conflict: int
    expected: float

    @property
    def excess(self) -> float:
        """Rows on which they agree beyond what is expected; below 0 where they avoid it."""
        return self.agreement - self.expected


@final
@dataclass(frozen=True, slots=True, eq=False)
class LFPairs:
    """Every pair of LFs that meet on a row; the others are zero. Prints the largest conflicts.

    Attributes
    ----------
    lf_names : tuple of str
    n : int
        Number of rows.
    first, second : ndarray of int64, shape (q,)
        Positions of the LFs of each pair, the first before the second.
    overlap : ndarray of int64, shape (q,)
        Rows on which both vote.
    agreement : ndarray of int64, shape (q,)
        Rows on which both vote the same class, or the same set of classes.
    conflict : ndarray of int64, shape (q,)
        Rows on which their votes leave no class in common. Partial votes may do neither.
    expected : ndarray of float64, shape (q,)
        Rows on which they would vote the same if votes were independent given the class.
    by : str
        What tells the classes for `expected`: ``"vote shares"``, or a model.
    slices : mapping of str to LFPairs
        The same on the rows of each slice; empty where none were given.
    """

    lf_names: tuple[str, ...]
    n: int
    first: IntArray
    second: IntArray
    overlap: IntArray
    agreement: IntArray
    conflict: IntArray
    expected: FloatArray
    by: str
    slices: Mapping[str, LFPairs] = field(default_factory=dict)

    @property
    def excess(self) -> FloatArray:
        """Rows on which pairs agree beyond what is expected, shape (q,)."""
        return np.asarray(self.agreement - self.expected)

    def __len__(self) -> int:
        return len(self.first)

    def pair(self, a: str, b: str) -> LFPair:
        """Return the numbers of one pair.

        Raises
        ------
        ValueError
            When an LF is unknown, or both are the same.
        """
        one, two = sorted((self._position(a), self._position(b)))
        if one == two:
            raise ValueError(f"a pair is of two LFs, got {a!r} twice")
        at = np.flatnonzero((self.first == one) & (self.second == two))
        if not len(at):
            return LFPair((a, b), 0, 0, 0, 0.0)
        i = int(at[0])
        overlap, agreement, conflict = (
            int(counts[i]) for counts in (self.overlap, self.agreement, self.conflict)
        )
        return LFPair((a, b), overlap, agreement, conflict, float(self.expected[i]))

    def largest(self, most: int = 10, *, by: Measure = "conflict") -> tuple[LFPair, ...]:
        """Return the pairs with most of something, those without any left out.

        Parameters
        ----------
        most : int, optional
            How many at most.
        by : {"overlap", "agreement", "conflict", "expected", "excess"}, optional
            What of. Excess may be below 0 too: those pairs come last.
        """
        return tuple(self._pair_at(i) for i in self._order(by)[:most])

    def matrix(self, what: Measure = "conflict") -> Any:
        """Return one number of all pairs as a pandas DataFrame, shape (m, m), symmetric.

        Parameters
        ----------
        what : {"overlap", "agreement", "conflict", "expected", "excess"}, optional
            The number, in rows.
        """
        import pandas as pd

        values = self._measured(what)
        m = len(self.lf_names)
        table = np.zeros((m, m), values.dtype)
        table[self.first, self.second] = table[self.second, self.first] = values
        return pd.DataFrame(table, index=list(self.lf_names), columns=list(self.lf_names))

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with one row for each pair that meets, most conflicts first."""
        import pandas as pd

        order = self._order("conflict", every=True)
        names = np.array(self.lf_names, dtype=object)
        n = max(self.n, 1)
        columns: dict[str, Any] = {
            "lf_a": names[self.first[order]],
            "lf_b": names[self.second[order]],
        }
        for what in _MEASURES:
            columns[what] = self._measured(what)[order]
        for what in _MEASURES[:3]:
            columns[f"{what}_share"] = columns[what] / n
        return pd.DataFrame(columns)

    def _measured(self, what: str) -> IntArray:
        if what not in _MEASURES:
            raise ValueError(
                f"pairs have no {what!r}; expected one of {_MEASURES}{nearest(what, _MEASURES)}"
            )
        return np.asarray(getattr(self, what))

    def _order(self, by: str, *, every: bool = False) -> list[int]:
        """Return positions of pairs, the largest first, ties by name."""
        values = self._measured(by)
        # Rounded: sums in another order may differ in the last digits.
        values = np.round(values, 6)
        rank = np.empty(len(self.lf_names), np.int64)
        rank[np.argsort(np.array(self.lf_names, dtype=object), kind="stable")] = np.arange(
            len(self.lf_names)
        )
        one, two = rank[self.first], rank[self.second]
        order = np.lexsort((np.maximum(one, two), np.minimum(one, two), -values))
        return [int(i) for i in order if every or values[i] != 0]

    def _pair_at(self, i: int) -> LFPair:
        return LFPair(
            (self.lf_names[self.first[i]], self.lf_names[self.second[i]]),
            int(self.overlap[i]),
            int(self.agreement[i]),
            int(self.conflict[i]),
            float(self.expected[i]),
        )

    def _position(self, lf: str) -> int:
        if lf not in self.lf_names:
            raise ValueError(
                f"no LF {lf!r} among {listed(self.lf_names)}{nearest(lf, self.lf_names)}"
            )
        return self.lf_names.index(lf)

    def _caption(self) -> str:
        m = len(self.lf_names)
        fight = int((self.conflict > 0).sum())
        return (
            f"{len(self):,} of {m * (m - 1) // 2:,} pairs meet, {fight:,} clash somewhere, on "
            f"{self.n:,} rows; excess: agreements beyond those of LFs that are independent given "
            f"the class (by {self.by})"
        )

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        header = ["LF", "LF", "overlap", "agree", "conflict", "excess"]
        pairs = self.largest(_SHOWN) or self.largest(_SHOWN, by="overlap")
        n = max(self.n, 1)
        rows = [
            [
                *pair.lfs,
                *(f"{count / n:.1%}" for count in (pair.overlap, pair.agreement)),
                f"{pair.conflict:,} {pair.conflict / n:.1%}",
                f"{pair.excess:+,.0f}",
            ]
            for pair in pairs
        ]
        return header, rows

    def _excess_cells(self) -> tuple[list[str], list[list[str]]]:
        header = ["LF", "LF", "agree", "expected", "excess"]
        pairs = [p for p in self.largest(_SHOWN_EXCESS, by="excess") if p.excess >= _LEAST_EXCESS]
        rows = [
            [*pair.lfs, f"{pair.agreement:,}", f"{pair.expected:,.0f}", f"{pair.excess:+,.0f}"]
            for pair in pairs
        ]
        return header, rows

    def _slice_cells(self) -> tuple[list[str], list[list[str]]]:
        header = ["slice", "rows", "overlap", "agree", "conflict", "most in conflict"]
        rows = []
        for name, pairs in self.slices.items():
            overlap, agree, conflict = (
                int(counts.sum()) for counts in (pairs.overlap, pairs.agreement, pairs.conflict)
            )
            worst = pairs.largest(1)
            told = " × ".join(worst[0].lfs) if worst else ""
            rows.append([name, f"{pairs.n:,}", f"{overlap:,}", f"{agree:,}", f"{conflict:,}", told])
        return header, rows

    def __str__(self) -> str:
        width = terminal_width()
        lines = [text_table(*self._cells(), width=width, cut=2)]
        header, rows = self._excess_cells()
        if rows:
            lines += ["", text_table(header, rows, width=width, cut=2)]
        lines.append(textwrap.fill(self._caption(), width))
        if self.slices:
            header, rows = self._slice_cells()
            rows = [[*row[:-1], _cut(row[-1], width - 50)] for row in rows]
            lines += ["", text_table(header, rows, width=width)]
            lines.append("counts of pairs of votes, summed over all pairs of LFs")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        page = html_table(*self._cells(), caption=self._caption())
        header, rows = self._excess_cells()
        if rows:
            page += html_table(header, rows, caption="most agreement beyond what is expected")
        if self.slices:
            page += html_table(*self._slice_cells(), caption="pairs of votes by slice")
        return page


def lf_pairs(L: LabelMatrix, *, model: Any = None, slices: Any = None) -> LFPairs:
    """Count for each pair of LFs where they meet, agree and clash.

    Agreement is compared with what conditional independence predicts: of N(y) rows of class y, on
    which LF a votes v in N(a, v, y) and LF b in N(b, v, y), they would both vote v on
    N(a, v, y) N(b, v, y) / N(y). What is beyond that is shared by more than the class: a word that
    both look for, or one LF made of the other.

    Parameters
    ----------
    L : LabelMatrix
    model : label model, optional
        Fitted on these LFs; its probabilities tell the classes. Default: the vote shares of each
        row, which are those of majority vote. They follow the votes themselves, so that excess is
        understated where few LFs vote.
    slices : Slices, or mapping of str to array-like of bool, shape (n,), optional
        For the same numbers slice by slice.

    Returns
    -------
    LFPairs
        Prints as a table; ``to_frame()`` is a DataFrame, ``matrix()`` a square one.

    Raises
    ------
    TypeError
        When the model is no fitted label model, or the slices are no mapping.
    ValueError
        When model or slices do not belong to the matrix.

    Examples
    --------
    >>> import weaklabel as wl
    >>> votes = [[1, 1, 0], [0, 0, -1], [1, 1, 1], [0, -1, 1]]
    >>> L = wl.LabelMatrix.from_array(votes, ("HAM", "SPAM"), lf_names=["a", "b", "c"])
    >>> pair = L.pairs().pair("a", "c")
    >>> pair.overlap, pair.agreement, pair.conflict, round(pair.excess, 2)
    (3, 1, 2, -0.67)
    """
    masks = {} if slices is None else slice_masks(slices, L)
    probs = None if model is None else _class_probs(model, L)
    by = "vote shares" if model is None else type(model).__name__
    return _made(
        L,
        probs,
        by,
        {
            name: _made(L[mask], None if probs is None else probs[mask], by, {})
            for name, mask in masks.items()
        },
    )


def _made(
    L: LabelMatrix, probs: FloatArray | None, by: str, slices: Mapping[str, LFPairs]
) -> LFPairs:
    counts = count_pairs(L, probs)
    return LFPairs(
        lf_names=L.lf_names,
        n=L.n,
        first=read_only(counts.first),
        second=read_only(counts.second),
        overlap=read_only(counts.overlap),
        agreement=read_only(counts.agreement),
        conflict=read_only(counts.conflict),
        expected=read_only(counts.expected),
        by=by,
        slices=slices,
    )


def _class_probs(model: Any, L: LabelMatrix) -> FloatArray:
    if not hasattr(model, "predict_proba"):
        raise TypeError(
            f"model must be a fitted label model, got {shorten(model)}; pass LabelModel().fit(L)"
        )
    probs = np.asarray(model.predict_proba(L), np.float64)
    if probs.shape != (L.n, L.k):
        raise ValueError(
            f"the model's probabilities have shape {probs.shape}, the label matrix has {L.n} rows "
            f"and {L.k} classes; fit it on this matrix"
        )
    return probs


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
