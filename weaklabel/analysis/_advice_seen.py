"""What all advice is read off: votes by LF and code, pairs that meet, gold and model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from weaklabel.analysis._summary import LFSummary
from weaklabel.types import FloatArray, IntArray

if TYPE_CHECKING:
    from weaklabel.matrix import LabelMatrix


@dataclass(frozen=True, slots=True, eq=False)
class Spotted:
    """A finding before it is dressed for print.

    Attributes
    ----------
    message : str
    evidence : mapping of str to float
        The numbers behind it.
    lfs, classes : tuple of str
    rows : ndarray of int64
        Positions.
    next_step : str
    weight : float
        How many rows it matters to: the more, the earlier it stands.
    """

    message: str
    evidence: Mapping[str, float]
    next_step: str
    lfs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    rows: IntArray | None = None
    weight: float = 0.0


@dataclass(frozen=True, eq=False)
class Seen:
    """A label matrix with all that is known of it.

    Attributes
    ----------
    L : LabelMatrix
    summary : LFSummary
    truth : ndarray of int64, shape (n,), or None
        Gold codes, -1 where unknown; None where no gold is known.
    model : fitted label model or None
    """

    L: LabelMatrix
    summary: LFSummary
    truth: IntArray | None
    model: Any

    @cached_property
    def csr(self) -> tuple[IntArray, IntArray, IntArray]:
        """The votes as compressed rows."""
        return self.L.csr()

    @cached_property
    def possible(self) -> IntArray:
        """What each code leaves possible, bool of shape (s, k)."""
        return self.L.possible

    @cached_property
    def column(self) -> IntArray:
        """``LF * s + code`` of each vote."""
        _, indices, codes = self.csr
        return np.asarray(indices.astype(np.int64) * len(self.possible) + codes)

    @cached_property
    def votes(self) -> IntArray:
        """How often each LF voted each code, int64 of shape (m, s)."""
        m, s = self.L.m, len(self.possible)
        return np.bincount(self.column, minlength=m * s).reshape(m, s)

    @cached_property
    def cast(self) -> IntArray:
        """How often each LF voted, shape (m,)."""
        return np.asarray(self.votes.sum(axis=1))

    @cached_property
    def lengths(self) -> IntArray:
        """Votes on each row, shape (n,)."""
        return np.diff(self.csr[0])

    @cached_property
    def alone(self) -> IntArray:
        """Rows that each LF alone votes on, shape (m,)."""
        indptr, indices, _ = self.csr
        lone = indptr[:-1][self.lengths == 1]
        return np.bincount(indices[lone], minlength=self.L.m)

    @cached_property
    def n_covered(self) -> int:
        """Rows with a vote."""
        return int((self.lengths > 0).sum())

    @cached_property
    def gold_shares(self) -> FloatArray:
        """Share of each class among the known gold labels, shape (k,); gold is known."""
        assert self.truth is not None  # noqa: S101
        known = self.truth[self.truth >= 0]
        return np.bincount(known, minlength=self.L.k) / len(known)

    @cached_property
    def _by_lf(self) -> tuple[IntArray, IntArray, IntArray]:
        """Rows and codes of the votes sorted by LF, and where each LF's begin and end."""
        _, indices, codes = self.csr
        order = np.argsort(indices, kind="stable")
        row = np.repeat(np.arange(self.L.n), self.lengths)
        return row[order], codes[order], np.concatenate([[0], np.cumsum(self.cast)])

    def votes_of(self, j: int) -> tuple[IntArray, IntArray]:
        """Return the rows that an LF votes on, ascending, and its codes."""
        rows, codes, ends = self._by_lf
        own = slice(int(ends[j]), int(ends[j + 1]))
        return rows[own], codes[own]

    def wrong_rows(self, j: int) -> IntArray:
        """Return the rows whose gold label an LF's vote excludes; gold is known."""
        assert self.truth is not None  # noqa: S101
        rows, codes = self.votes_of(j)
        y = self.truth[rows]
        return np.asarray(rows[(y >= 0) & ~self.possible[codes, np.maximum(y, 0)]])

    @cached_property
    def pairs(self) -> tuple[FloatArray, FloatArray]:
        """Rows on which two LFs vote the same, and on which they clash, each shape (m, m)."""
        from scipy import sparse

        m, s = self.L.m, len(self.possible)
        found = np.flatnonzero(self.votes.ravel())
        number = np.zeros(m * s, np.int32)
        number[found] = np.arange(len(found))
        several = np.flatnonzero(self.lengths > 1)
        ends = np.concatenate([[0], np.cumsum(self.lengths[several])])
        at = np.repeat(self.lengths > 1, self.lengths)
        ones = np.ones(ends[-1], np.float32)
        cast = sparse.csr_matrix(
            (ones, number[self.column[at]], ends), shape=(len(several), len(found))
        )
        met = (cast.T.tocsr().astype(np.float64) @ cast).tocoo()
        lf, code = np.divmod(found, s)
        one, other = met.row, met.col
        kept = lf[one] != lf[other]
        one, other, rows = one[kept], other[kept], met.data[kept]
        clash = self.clash[code[one], code[other]]
        same = code[one] == code[other]
        table = []
        for which in (same, clash):
            place = lf[one[which]] * m + lf[other[which]]
            table.append(np.asarray(np.bincount(place, rows[which], minlength=m * m), np.float64))
        same_rows, clash_rows = (counts.reshape(m, m) for counts in table)
        return same_rows, clash_rows

    @cached_property
    def clash(self) -> IntArray:
        """Whether two codes leave no class in common, bool of shape (s, s)."""
        possible = self.possible.astype(np.int64)
        return np.asarray((possible @ possible.T) == 0)
