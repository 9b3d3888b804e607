"""Two versions of a label matrix: which votes changed, and what that did."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from weaklabel._checks import listed, nearest, read_only
from weaklabel._render import html_table, terminal_width, text_table
from weaklabel.analysis._summary import LFSummary, summarize
from weaklabel.gold import encode_gold
from weaklabel.types import ABSTAIN, IntArray

if TYPE_CHECKING:
    from weaklabel.matrix import LabelMatrix

_ABSTAIN = "abstain"
_MOVES = 4


@final
@dataclass(frozen=True, slots=True)
class VoteMove:
    """Votes of one LF that went from one class to another.

    Attributes
    ----------
    before, after : str
        What it voted, ``"abstain"`` where nothing.
    rows : int
        On how many rows.
    """

    before: str
    after: str
    rows: int


@final
@dataclass(frozen=True, slots=True, eq=False)
class VoteChange:
    """What changed in the votes of one LF.

    Attributes
    ----------
    lf : str
        Its name.
    moves : tuple of VoteMove
        The changes, the most frequent first.
    positions : ndarray of int64
        The rows where its vote differs, by their positions in the matrix before.
    keys : ndarray
        Their keys.
    """

    lf: str
    moves: tuple[VoteMove, ...]
    positions: IntArray
    keys: IntArray


@final
@dataclass(frozen=True, slots=True, eq=False)
class VoteDiff:
    """What differs between two label matrices; prints as a table.

    Attributes
    ----------
    changes : tuple of VoteChange
        The LFs that stand in both and vote otherwise on a common row, the most changed first.
    lfs_added, lfs_removed : tuple of str
        LFs that stand in the matrix after, or before, alone.
    rows_added, rows_removed : ndarray
        Keys of the rows that stand in the matrix after, or before, alone.
    n_common : int
        Rows whose key stands in both. All that follows is about these.
    before, after : LFSummary
        The LF summaries.
    """

    changes: tuple[VoteChange, ...]
    lfs_added: tuple[str, ...]
    lfs_removed: tuple[str, ...]
    rows_added: IntArray
    rows_removed: IntArray
    n_common: int
    before: LFSummary
    after: LFSummary

    @property
    def n_changed(self) -> int:
        """Common rows on which the vote of a common LF differs."""
        touched = [change.positions for change in self.changes]
        return len(np.unique(np.concatenate(touched))) if touched else 0

    def of(self, lf: str) -> VoteChange:
        """Return what changed in the votes of an LF.

        Raises
        ------
        ValueError
            When it does not stand in both matrices.
        """
        for change in self.changes:
            if change.lf == lf:
                return change
        both = [name for name in self.before.lf_names if name in self.after.lf_names]
        if lf in both:
            return VoteChange(lf, (), np.zeros(0, np.int64), self.rows_added[:0])
        alone = " it stands in one of the matrices alone;" if lf in self._alone() else ""
        raise ValueError(
            f"no LF {lf!r} in both matrices;{alone} these do: {listed(both)}{nearest(lf, both)}"
        )

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with one row an LF: votes changed, and measures of both."""
        import pandas as pd

        measures = ["coverage", "overlaps", "conflicts"]
        if self.before.n_gold is not None:
            measures.append("precision")
        names = self._names()
        frames = [summary.to_frame().reindex(names) for summary in (self.before, self.after)]
        columns: dict[str, Any] = {"changed": [self._changed(name) for name in names]}
        for what in measures:
            for when, frame in zip(("before", "after"), frames, strict=True):
                columns[f"{what}_{when}"] = frame[what]
        return pd.DataFrame(columns, index=pd.Index(names, name="lf"))

    def moves_frame(self) -> Any:
        """Return the changed votes as a pandas DataFrame: LF, before, after, rows."""
        import pandas as pd

        told = [(c.lf, m.before, m.after, m.rows) for c in self.changes for m in c.moves]
        return pd.DataFrame(told, columns=["lf", "before", "after", "rows"])

    def _names(self) -> list[str]:
        return list(dict.fromkeys([*self.before.lf_names, *self.after.lf_names]))

    def _alone(self) -> set[str]:
        return {*self.lfs_added, *self.lfs_removed}

    def _changed(self, name: str) -> int:
        return next((len(change.positions) for change in self.changes if change.lf == name), 0)

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        gold = self.before.n_gold is not None
        header = ["LF", "votes changed", "coverage", "conflicts"] + ["precision"] * gold
        whole = ["(all LFs)", f"{self.n_changed:,} rows"]
        for what in ("label_coverage", "label_conflict"):
            whole.append(_step(getattr(self.before, what), getattr(self.after, what)))
        if gold:
            whole.append(_precision(_pooled(self.before), _pooled(self.after)))
        rows = [whole]
        touched = [*(change.lf for change in self.changes), *self.lfs_added, *self.lfs_removed]
        for name in touched:
            status = "added" if name in self.lfs_added else "removed"
            told = status if name in self._alone() else f"{self._changed(name):,}"
            one, two = _at(self.before, name), _at(self.after, name)
            row = [name, told, *(_step(one[w], two[w]) for w in ("coverage", "conflicts"))]
            rows.append([*row, _precision(one["precision"], two["precision"])] if gold else row)
        return header, rows

    def _told(self) -> list[str]:
        lines = [
            f"{self.n_changed:,} of {self.n_common:,} common rows have another vote; "
            f"{len(self.rows_added):,} rows added, {len(self.rows_removed):,} removed"
        ]
        for change in self.changes:
            moves = [f"{m.before} → {m.after} {m.rows:,}" for m in change.moves[:_MOVES]]
            more = len(change.moves) - _MOVES
            moves += [f"{more:,} more"] if more > 0 else []
            lines.append(f"{change.lf}: {', '.join(moves)}")
        return lines

    def __str__(self) -> str:
        width = terminal_width()
        table = text_table(*self._cells(), width=width)
        told = [textwrap.fill(line, width, subsequent_indent="  ") for line in self._told()]
        return "\n".join([table, *told])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        moves = [[c.lf, m.before, m.after, f"{m.rows:,}"] for c in self.changes for m in c.moves]
        page = html_table(*self._cells(), caption=self._told()[0])
        return page + (html_table(["LF", "before", "after", "rows"], moves) if moves else "")


def vote_diff(L: LabelMatrix, other: LabelMatrix, *, gold: Any = None) -> VoteDiff:
    """Compare a label matrix with a later version of it.

    Rows are matched by key, LFs and classes by name. Votes, coverage, conflicts and precision are
    compared on the rows that stand in both.

    Parameters
    ----------
    L : LabelMatrix
        Before.
    other : LabelMatrix
        After.
    gold : array-like, shape (L.n,), optional
        Gold labels of the rows before, missing or -1 where unknown; they add precision.

    Returns
    -------
    VoteDiff
        Prints as a table; ``to_frame()`` is a DataFrame.

    Raises
    ------
    TypeError
        When the other one is no label matrix.
    ValueError
        When the classes differ, or the gold labels do not fit.

    Examples
    --------
    >>> import weaklabel as wl
    >>> before = wl.LabelMatrix.from_array([[1, 0], [-1, 0]], ("HAM", "SPAM"))
    >>> after = wl.LabelMatrix.from_array([[1, 0], [0, 0]], ("HAM", "SPAM"))
    >>> before.diff(after)
    LF         votes changed        coverage  conflicts
    ---------------------------------------------------
    (all LFs)         1 rows          100.0%      50.0%
    lf_0                   1  50.0% → 100.0%      50.0%
    1 of 2 common rows have another vote; 0 rows added, 0 removed
    lf_0: abstain → HAM 1
    """
    if not hasattr(other, "lf_names") or not hasattr(other, "csr"):
        raise TypeError(f"a label matrix is compared with another one, got {other!r}")
    if set(L.class_names) != set(other.class_names):
        raise ValueError(
            f"the matrix before has classes {L.class_names}, the one after {other.class_names}; "
            "only votes on the same classes can be compared"
        )
    codes = None if gold is None else encode_gold(gold, L)
    mine, theirs, removed, added = _matched(L, other)
    before, after = _rows(L, mine), _rows(other, theirs)
    truth = None if codes is None else codes[mine]
    moved = None
    if truth is not None:
        place = np.array([other.class_names.index(name) for name in L.class_names] + [ABSTAIN])
        moved = place[truth]
    changes = _changes(before, after, mine, L.keys)
    return VoteDiff(
        changes=tuple(changes),
        lfs_added=tuple(name for name in other.lf_names if name not in L.lf_names),
        lfs_removed=tuple(name for name in L.lf_names if name not in other.lf_names),
        rows_added=read_only(other.keys[added]),
        rows_removed=read_only(L.keys[removed]),
        n_common=len(mine),
        before=summarize(before, truth),
        after=summarize(after, moved),
    )


def _matched(L: LabelMatrix, other: LabelMatrix) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Return positions of the common rows in both, and of the rows of each alone."""
    mine, theirs = L.keys, other.keys
    none = np.zeros(0, np.int64)
    if np.array_equal(mine, theirs):
        every = np.arange(L.n)
        return every, every, none, none
    at = {key: i for i, key in enumerate(theirs.tolist())}
    found = np.array([at.get(key, -1) for key in mine.tolist()], np.int64)
    there = np.flatnonzero(found >= 0)
    added = np.ones(other.n, np.bool_)
    added[found[there]] = False
    return there, found[there], np.flatnonzero(found < 0), np.flatnonzero(added)


def _rows(L: LabelMatrix, positions: IntArray) -> LabelMatrix:
    return L if np.array_equal(positions, np.arange(L.n)) else L[positions]


def _changes(
    before: LabelMatrix, after: LabelMatrix, positions: IntArray, keys: IntArray
) -> list[VoteChange]:
    """Return what changed; positions and keys are those of the matrix before."""
    names, codes, other_codes = _common_codes(before, after)
    old_votes, new_votes = _Columns(before, codes), _Columns(after, other_codes)
    place = {name: j for j, name in enumerate(after.lf_names)}
    changes = []
    for name in before.lf_names:
        if name not in place:
            continue
        old, new = (old_votes.of(before.lf_names.index(name)), new_votes.of(place[name]))
        if all(map(np.array_equal, old, new)):
            continue
        one, two = _column(before.n, *old), _column(before.n, *new)
        rows = np.flatnonzero(one != two)
        own_rows, own_keys = read_only(positions[rows]), read_only(keys[positions[rows]])
        moves = _moves(one[rows], two[rows], names)
        changes.append(VoteChange(name, moves, own_rows, own_keys))
    return sorted(changes, key=lambda change: (-len(change.positions), change.lf))


def _common_codes(
    before: LabelMatrix, after: LabelMatrix
) -> tuple[tuple[str, ...], IntArray, IntArray]:
    """Return names for the votes of both, and each one's codes as positions among them."""
    numbers: dict[frozenset[str], int] = {}
    places = []
    for L in (before, after):
        codes = [(y,) for y in range(L.k)] + list(L.class_sets)
        meanings = [frozenset(L.class_names[y] for y in classes) for classes in codes]
        places.append(np.array([numbers.setdefault(m, len(numbers)) for m in meanings], np.int64))
    order = {name: y for y, name in enumerate(before.class_names)}
    names = tuple("|".join(sorted(meaning, key=order.__getitem__)) for meaning in numbers)
    return names, *places  # type: ignore[return-value]


class _Columns:
    """The votes of a matrix, LF by LF."""

    def __init__(self, L: LabelMatrix, codes: IntArray) -> None:
        indptr, indices, cast = L.csr()
        order = np.argsort(indices, kind="stable")
        self._rows = np.repeat(np.arange(L.n), np.diff(indptr))[order]
        self._codes = codes[cast[order]]
        ends = np.cumsum(np.bincount(indices, minlength=L.m))
        self._ends = np.concatenate([[0], ends]).tolist()

    def of(self, j: int) -> tuple[IntArray, IntArray]:
        """Return the rows an LF votes on and what it votes there."""
        own = slice(self._ends[j], self._ends[j + 1])
        return self._rows[own], self._codes[own]


def _column(n: int, rows: IntArray, codes: IntArray) -> IntArray:
    votes = np.full(n, ABSTAIN, np.int64)
    votes[rows] = codes
    return votes


def _moves(one: IntArray, two: IntArray, names: Sequence[str]) -> tuple[VoteMove, ...]:
    told = (*names, _ABSTAIN)
    wide = len(told)
    found, rows = np.unique((one % wide) * wide + two % wide, return_counts=True)
    moves = [
        VoteMove(told[pair // wide], told[pair % wide], count)
        for pair, count in zip(found.tolist(), rows.tolist(), strict=True)
    ]
    return tuple(sorted(moves, key=lambda move: (-move.rows, move.before, move.after)))


def _at(summary: LFSummary, name: str) -> dict[str, float]:
    if name not in summary.lf_names:
        return dict.fromkeys(("coverage", "conflicts", "precision"), float("nan"))
    j = summary.lf_names.index(name)
    return {
        "coverage": float(summary.coverage[j]),
        "conflicts": float(summary.conflicts[j]),
        "precision": float(summary.precision[j]),
    }


def _pooled(summary: LFSummary) -> float:
    right, wrong = int(summary.correct.sum()), int(summary.incorrect.sum())
    return right / (right + wrong) if right + wrong else float("nan")


def _step(before: float, after: float) -> str:
    return _arrow(*("" if x != x else f"{x:.1%}" for x in (before, after)))


def _precision(before: float, after: float) -> str:
    return _arrow(*("" if x != x else f"{x:.2f}" for x in (before, after)))


def _arrow(before: str, after: str) -> str:
    if before == after:
        return after
    return f"{before or '–'} → {after or '–'}"
