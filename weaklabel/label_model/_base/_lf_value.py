"""What each LF adds: the labels with all LFs against the labels with one of them silenced.

Nothing is fitted again: the model keeps its parameters, and an LF that is left out is one that
abstains everywhere. Only the rows it votes on are labelled again, so all LFs together cost about
as many labellings as there are votes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from weaklabel._checks import read_only
from weaklabel._render import html_table, terminal_width, text_table
from weaklabel.label_model._base._compared import (
    confusion,
    macro_f1,
    majority_shares,
    most_probable,
)
from weaklabel.label_model._base._rows import VoteRows
from weaklabel.label_model._base._which_rows import known_gold
from weaklabel.matrix import LabelMatrix
from weaklabel.matrix._storage import Votes
from weaklabel.types import FloatArray, IntArray

if TYPE_CHECKING:
    from weaklabel.label_model._base._vote_model import VoteModel

# Distinct rows whose votes are held out, and votes of the rows that are labelled for it.
_ROWS, _VOTES = 4096, 2e7


@final
@dataclass(frozen=True, slots=True, eq=False)
class LFValue:
    """What each LF adds: what is lost where it is left out; prints as a table.

    Attributes
    ----------
    lf_names : tuple of str
    model : str
        What labels the rows.
    n, n_covered : int
        Rows, and rows with a vote.
    votes : ndarray of int64, shape (m,)
    alone : ndarray of float64, shape (m,)
        Share of the rows that no other LF votes on: coverage that is lost without it.
    changed : ndarray of float64, shape (m,)
        Share of the covered rows whose label is another without it, or none.
    held_out : ndarray of float64, shape (m,)
        How many more of the other votes on its rows are told right from the rest of their row
        when the LF is among the rest, as a share; NaN where it meets no two others. Measured on
        a sample of the distinct rows.
    accuracy, macro_f1 : ndarray of float64, shape (m,)
        What is lost on the rows with gold, an uncovered row having the class balance; NaN without
        gold. Below 0 the labels are better without it.
    n_gold : int or None
        Rows with gold; None without.
    """

    lf_names: tuple[str, ...]
    model: str
    n: int
    n_covered: int
    votes: IntArray
    alone: FloatArray
    changed: FloatArray
    held_out: FloatArray
    accuracy: FloatArray
    macro_f1: FloatArray
    n_gold: int | None

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with one row an LF; gold columns only where gold was given."""
        import pandas as pd

        columns = {"votes": self.votes, "alone": self.alone, "changed": self.changed}
        columns["held_out"] = self.held_out
        if self.n_gold is not None:
            columns |= {"accuracy": self.accuracy, "macro_f1": self.macro_f1}
        return pd.DataFrame(columns, index=pd.Index(self.lf_names, name="lf"))

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        header = ["LF", "votes", "alone", "changed", "held-out"]
        rows = [
            [
                name,
                f"{self.votes[j]:,}",
                f"{100 * self.alone[j]:.1f}%",
                f"{100 * self.changed[j]:.1f}%",
                _points(self.held_out[j]),
            ]
            for j, name in enumerate(self.lf_names)
        ]
        if self.n_gold is not None:
            header += ["accuracy", "macro F1"]
            for j, row in enumerate(rows):
                row += [_points(self.accuracy[j]), _points(self.macro_f1[j])]
        return header, rows

    def _caption(self) -> str:
        text = (
            f"what is lost without the LF, labels by {self.model}, nothing fitted again; "
            f"{self.n_covered:,} of {self.n:,} rows covered"
        )
        if self.n_gold is None:
            return f"{text}; with gold= also accuracy and macro F1"
        return f"{text}; {self.n_gold:,} gold labels"

    def __str__(self) -> str:
        width = terminal_width()
        return f"{text_table(*self._cells(), width=width)}\n{textwrap.fill(self._caption(), width)}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html_table(*self._cells(), caption=self._caption())


def lf_value(L: LabelMatrix, model: VoteModel | None = None, gold: Any = None) -> LFValue:
    """Return what each LF adds: what is lost where it is left out, and the others stay.

    The model is not fitted again without the LF: its parameters stay, the LF is silenced. So two
    copies of one LF add nothing each, though together they may add much.

    Parameters
    ----------
    L : LabelMatrix
    model : VoteModel, optional
        Fitted on these LFs; default: the shares of the votes, as `MajorityVote`.
    gold : array-like, shape (n,), optional
        Gold labels, missing or -1 where unknown; they add accuracy and macro-F1.

    Returns
    -------
    LFValue
        In the order of the LFs; prints as a table, ``.to_frame()`` is a DataFrame.

    Raises
    ------
    NotFittedError
        When the model is not fitted.
    ValueError
        When LFs or classes are not those of the fit, or no gold label is known.

    Examples
    --------
    >>> import weaklabel as wl
    >>> votes = [[1, -1, 1], [0, 0, -1], [-1, -1, 1], [0, 0, 1]]
    >>> L = wl.LabelMatrix.from_array(votes, ("HAM", "SPAM"), lf_names=["a", "b", "c"])
    >>> lf_value(L, gold=["SPAM", "HAM", "SPAM", "HAM"])
    LF  votes  alone  changed  held-out  accuracy  macro F1
    -------------------------------------------------------
    a       3   0.0%    25.0%    +0.250    +0.125    +0.127
    b       2   0.0%    25.0%    +0.250    +0.125    +0.127
    c       3  25.0%    25.0%    -0.500    +0.000    +0.000
    what is lost without the LF, labels by MajorityVote(), nothing fitted again; 4
    of 4 rows covered; 4 gold labels
    """
    names = L.lf_names
    if model is None:
        told, labelled = "MajorityVote()", L
        label = _by_majority(L)
    else:
        told, labelled, label = repr(model), model._aligned(L), model.predict_proba
    truth = None if gold is None else known_gold(gold, L, "lf_value with gold")
    columns = _left_out(labelled, label, truth)
    columns["held_out"] = _held_out_gain(labelled, label)
    place = [labelled.lf_names.index(name) for name in names]
    return LFValue(
        lf_names=names,
        model=told,
        n=L.n,
        n_covered=int(L.covered.sum()),
        n_gold=None if truth is None else int((truth >= 0).sum()),
        **{name: read_only(numbers[place]) for name, numbers in columns.items()},
    )


_Label = Callable[[LabelMatrix], FloatArray]


def _by_majority(L: LabelMatrix) -> _Label:
    """Return what labels rows by the shares of their votes, and those without by the mean."""
    shares = majority_shares(L)
    covered = L.covered
    balance = shares[covered].mean(axis=0) if covered.any() else np.full(L.k, 1 / L.k)

    def label(part: LabelMatrix) -> FloatArray:
        found = majority_shares(part)
        found[~part.covered] = balance
        return found

    return label


def _left_out(L: LabelMatrix, label: _Label, truth: IntArray | None) -> dict[str, Any]:
    """Return what is lost without each LF, arrays of shape (m,) by name."""
    indptr, indices, codes = L.csr()
    lengths = np.diff(indptr)
    order = np.argsort(indices, kind="stable")
    row = np.repeat(np.arange(L.n), lengths)[order]
    votes = np.bincount(indices, minlength=L.m)
    ends = np.concatenate([[0], np.cumsum(votes)])
    best = most_probable(label(L)) if L.n else np.zeros((0, L.k), np.bool_)
    known = np.zeros(L.n, np.bool_) if truth is None else truth >= 0
    gold = np.full(L.n, -1) if truth is None else truth
    table = confusion(best[known], gold[known])
    f1 = macro_f1(table)
    alone, changed = np.zeros(L.m), np.zeros(L.m)
    accuracy, lost_f1 = np.full(L.m, np.nan), np.full(L.m, np.nan)
    for j in range(L.m):
        rows = row[ends[j] : ends[j + 1]]
        lone = lengths[rows] == 1
        after = best[rows]
        if len(rows):
            after = most_probable(label(_without(L, (indptr, indices, codes), rows, j)))
        alone[j] = lone.sum()
        changed[j] = (lone | (after != best[rows]).any(axis=1)).sum()
        if truth is None:
            continue
        judged = known[rows]
        moved = confusion(after[judged], gold[rows][judged])
        moved -= confusion(best[rows][judged], gold[rows][judged])
        accuracy[j] = -np.diag(moved).sum() / max(known.sum(), 1)
        lost_f1[j] = f1 - macro_f1(np.maximum(table + moved, 0.0))
    return {
        "votes": votes,
        "alone": alone / max(L.n, 1),
        "changed": changed / max(int((lengths > 0).sum()), 1),
        "accuracy": accuracy,
        "macro_f1": lost_f1,
    }


def _without(
    L: LabelMatrix, csr: tuple[IntArray, IntArray, IntArray], rows: IntArray, j: int
) -> LabelMatrix:
    """Return some rows with one LF silenced."""
    indptr, indices, codes = csr
    lengths = indptr[rows + 1] - indptr[rows]
    ends = np.concatenate([[0], np.cumsum(lengths)])
    at = np.arange(ends[-1]) + np.repeat(indptr[rows] - ends[:-1], lengths)
    at = at[indices[at] != j]
    # Each of these rows has lost one vote, the LF's own.
    kept = np.arange(len(rows) + 1)
    amounts = None if L.confidence is None else L.confidence[at]
    return _matrix(L, ends - kept, indices[at], codes[at], amounts)


def _matrix(
    L: LabelMatrix,
    indptr: IntArray,
    indices: IntArray,
    codes: IntArray,
    amounts: FloatArray | None,
) -> LabelMatrix:
    """Return other rows of the same LFs and classes."""
    shape = len(indptr) - 1, L.m
    return LabelMatrix(
        Votes.from_csr(indptr, indices, codes, shape, L.k + len(L.class_sets), amounts),
        lf_names=L.lf_names,
        class_names=L.class_names,
        class_sets=L.class_sets,
    )


def _held_out_gain(L: LabelMatrix, label: _Label) -> FloatArray:
    """Return how much better each LF's presence makes other votes of its rows foretold."""
    gain, judged = np.zeros(L.m), np.zeros(L.m)
    if L.covered.any():
        rows = VoteRows.of(L).some(_ROWS)
        for d, chosen in _by_length(rows):
            more, of = _gain(L, label, rows, chosen, d)
            gain += more
            judged += of
    return np.where(judged > 0, gain / np.maximum(judged, 1e-300), np.nan)


def _by_length(rows: VoteRows) -> list[tuple[int, IntArray]]:
    """Return rows of three votes or more by the number of their votes, as many as are cheap."""
    lengths = np.diff(rows.indptr)
    # So few rows stand in order of their hashes: which are cheap does not depend on their order.
    several = np.flatnonzero(lengths > 2)
    cheap = several[np.cumsum(lengths[several].astype(np.float64) ** 3) <= _VOTES]
    return [(int(d), cheap[lengths[cheap] == d]) for d in np.unique(lengths[cheap])]


def _gain(
    L: LabelMatrix, label: _Label, rows: VoteRows, chosen: IntArray, d: int
) -> tuple[FloatArray, FloatArray]:
    """Return by LF how many votes its presence lets tell right, and of how many, by weight."""
    at = rows.indptr[chosen][:, None] + np.arange(d)
    lf, code = rows.lf[rows.columns[at]], rows.code[rows.columns[at]]
    amounts = rows.amounts[at] if len(rows.amounts) else None
    weights = rows.weights[chosen]
    held, other = (pair.ravel() for pair in np.nonzero(~np.eye(d, dtype=np.bool_)))
    one = _told(L, label, lf, code, amounts, np.arange(d)[:, None])
    two = _told(L, label, lf, code, amounts, np.stack([held, other], axis=1))
    asked = (code < L.k).astype(np.float64) * weights[:, None]
    more, of = np.zeros(L.m), np.zeros(L.m)
    np.add.at(more, lf[:, other], asked[:, held] * (one[:, held] - two))
    np.add.at(of, lf[:, other], asked[:, held])
    return more, of


def _told(
    L: LabelMatrix,
    label: _Label,
    lf: IntArray,
    code: IntArray,
    amounts: FloatArray | None,
    dropped: IntArray,
) -> FloatArray:
    """Return how right the first of some dropped votes is told by the rest, shape (r, drops).

    `lf` and `code` have shape (r, d), `dropped` has shape (drops, 1 or 2).
    """
    r, d = lf.shape
    drops, gone = dropped.shape
    left = np.ones((drops, d), np.bool_)
    left[np.arange(drops)[:, None], dropped] = False
    at = np.nonzero(left)[1].reshape(drops, d - gone)
    indptr = np.arange(r * drops + 1) * (d - gone)
    given = None if amounts is None else amounts[:, at].ravel()
    asked = _matrix(L, indptr, lf[:, at].ravel(), code[:, at].ravel(), given)
    best = most_probable(label(asked)).reshape(r, drops, L.k)
    own = np.minimum(code[:, dropped[:, 0]], L.k - 1).astype(np.int64)
    hit = np.take_along_axis(best, own[:, :, None], axis=2)[:, :, 0]
    return np.asarray(hit / best.sum(axis=2))


def _points(share: float) -> str:
    return "" if np.isnan(share) else f"{share + 0.0:+.3f}"
