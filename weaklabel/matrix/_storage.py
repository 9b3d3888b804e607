"""Where vote codes lie: dense, or compressed rows when that is smaller; nobody else knows which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from weaklabel._checks import read_only
from weaklabel.types import ABSTAIN, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Votes:
    """Vote codes of n rows and m LFs; either `dense`, or `indptr`, `indices` and `codes`.

    Compressed rows list the LFs that voted in ascending order, row after row, as SciPy's CSR. Votes
    with `amounts`, how much of a vote each counts, are always compressed.
    """

    n: int
    m: int
    dense: IntArray | None = None
    indptr: IntArray | None = None
    indices: IntArray | None = None
    codes: IntArray | None = None
    amounts: FloatArray | None = None

    @classmethod
    def from_dense(cls, votes: IntArray, n_codes: int) -> Votes:
        """Store a dense matrix with -1 for abstain in the smaller form."""
        n, m = votes.shape
        kind = code_type(n_codes)
        nnz = int(np.count_nonzero(votes != ABSTAIN))
        if n * m * kind.itemsize <= _csr_bytes(n, m, nnz, kind):
            return cls(n, m, dense=read_only(votes.astype(kind)))
        return cls(n, m, **_frozen(*_compress(votes, kind, nnz)))

    @classmethod
    def from_csr(
        cls,
        indptr: IntArray,
        indices: IntArray,
        codes: IntArray,
        shape: tuple[int, int],
        n_codes: int,
        amounts: FloatArray | None = None,
    ) -> Votes:
        """Store compressed rows in the smaller form, those with amounts as they are."""
        n, m = shape
        kind = code_type(n_codes)
        indptr = indptr.astype(np.int64)
        indices = indices.astype(index_type(m))
        codes = codes.astype(kind)
        if amounts is not None:
            weighed = read_only(amounts.astype(np.float32))
            return cls(n, m, **_frozen(indptr, indices, codes), amounts=weighed)
        if n * m * kind.itemsize <= _csr_bytes(n, m, len(codes), kind):
            return cls(n, m, dense=read_only(_expand(indptr, indices, codes, (n, m))))
        return cls(n, m, **_frozen(indptr, indices, codes))

    def csr(self) -> tuple[IntArray, IntArray, IntArray]:
        """Return indptr (n + 1,), indices (nnz,) and codes (nnz,)."""
        if self.dense is not None:
            nnz = int(np.count_nonzero(self.dense != ABSTAIN))
            return _compress(self.dense, self.dense.dtype, nnz)
        assert self.indptr is not None and self.indices is not None and self.codes is not None  # noqa: PT018, S101
        return self.indptr, self.indices, self.codes

    def to_dense(self) -> IntArray:
        """Return the dense (n, m) matrix, -1 for abstain; read-only where it is the storage."""
        if self.dense is not None:
            return self.dense
        return _expand(*self.csr(), (self.n, self.m))

    def votes_per_row(self) -> IntArray:
        """Return how many LFs vote on each row, shape (n,)."""
        if self.dense is not None:
            return np.asarray((self.dense != ABSTAIN).sum(axis=1, dtype=np.int64))
        assert self.indptr is not None  # noqa: S101
        return np.asarray(np.diff(self.indptr))

    def take(self, rows: IntArray, n_codes: int) -> Votes:
        """Return the rows at these positions, in this order."""
        if self.dense is not None:
            return Votes.from_dense(self.dense[rows], n_codes)
        indptr, indices, codes = self.csr()
        lengths = np.diff(indptr)[rows]
        taken_ptr = np.concatenate([[0], np.cumsum(lengths)])
        at = np.arange(taken_ptr[-1]) + np.repeat(indptr[:-1][rows] - taken_ptr[:-1], lengths)
        return Votes.from_csr(
            taken_ptr,
            indices[at],
            codes[at],
            (len(rows), self.m),
            n_codes,
            None if self.amounts is None else self.amounts[at],
        )

    def select(self, columns: IntArray, n_codes: int) -> Votes:
        """Return the LFs at these positions, in this order."""
        if self.dense is not None:
            return Votes.from_dense(self.dense[:, columns], n_codes)
        indptr, indices, codes = self.csr()
        place = np.full(self.m, -1, np.int64)
        place[columns] = np.arange(len(columns))
        moved = place[indices]
        kept = moved >= 0
        row = np.repeat(np.arange(self.n), np.diff(indptr))[kept]
        order = np.lexsort((moved[kept], row))
        return Votes.from_csr(
            row_ends(row, self.n),
            moved[kept][order],
            codes[kept][order],
            (self.n, len(columns)),
            n_codes,
            None if self.amounts is None else self.amounts[kept][order],
        )

    def same(self, other: Votes) -> bool:
        """Tell whether every vote is the same, and counts the same."""
        if (self.n, self.m) != (other.n, other.m):
            return False
        mine, theirs = self.amounts, other.amounts
        if mine is None or theirs is None:
            if mine is not theirs:
                return False
        elif not np.array_equal(mine, theirs):
            return False
        pairs = zip(self.csr(), other.csr(), strict=True)
        return all(np.array_equal(mine, theirs) for mine, theirs in pairs)


def check_csr(
    indptr: IntArray, indices: IntArray, codes: IntArray, shape: tuple[int, int], n_codes: int
) -> None:
    """Refuse compressed rows that point outside: kernels do not check their bounds.

    Raises
    ------
    ValueError
        When they do not fit the shape or the number of codes.
    """
    n, m = shape
    nnz = len(codes)
    fits = (
        indptr.shape == (n + 1,)
        and indices.shape == codes.shape == (nnz,)
        and all(array.dtype.kind in "iu" for array in (indptr, indices, codes))
        and indptr[0] == 0
        and indptr[-1] == nnz
        and bool(np.all(np.diff(indptr) >= 0))
        and (nnz == 0 or (indices.min() >= 0 and indices.max() < m))
        and (nnz == 0 or (codes.min() >= 0 and codes.max() < n_codes))
    )
    if not fits:
        raise ValueError(f"the votes do not fit {n} rows, {m} LFs and {n_codes} codes")
    row_and_lf = np.repeat(np.arange(n), np.diff(indptr)) * m + indices
    if np.any(np.diff(row_and_lf) <= 0):
        raise ValueError("the votes of a row do not stand in the order of the LFs")


def check_amounts(amounts: FloatArray | None, n_votes: int) -> None:
    """Refuse amounts that are not one number in 0..1 a vote.

    Raises
    ------
    ValueError
        When there are too few or too many, or one is out of range.
    """
    if amounts is None:
        return
    if amounts.shape != (n_votes,) or amounts.dtype.kind != "f":
        raise ValueError(f"the confidences do not fit {n_votes} votes")
    if not bool(np.all((amounts >= 0) & (amounts <= 1))):
        raise ValueError("a confidence is not in 0..1")


def csr_of(
    i: IntArray, j: IntArray, codes: IntArray, n: int
) -> tuple[IntArray, IntArray, int | None]:
    """Bring votes that come in any order into that of compressed rows.

    Parameters
    ----------
    i, j, codes : ndarray of int, shape (v,)
        Row, LF and code of each vote; abstains are left out.
    n : int
        Number of rows.

    Returns
    -------
    indptr : ndarray of int64, shape (n + 1,)
        Where each row ends.
    order : ndarray of int
        The positions of the votes, row after row.
    twice : int or None
        Position of a vote whose cell has another vote as well.
    """
    order = np.lexsort((j, i))
    same = (np.diff(i[order]) == 0) & (np.diff(j[order]) == 0)
    twice = int(order[1:][same][0]) if same.any() else None
    order = order[codes[order] != ABSTAIN]
    return row_ends(i[order], n), order, twice


def row_ends(rows: IntArray, n: int) -> IntArray:
    """Return where each of n rows ends among votes sorted by row, int64 of shape (n + 1,)."""
    return np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))])


def code_type(n_codes: int) -> np.dtype[np.signedinteger]:
    """Return the smallest integer type that holds -1..n_codes: Snorkel adds 1 to every code."""
    for kind in (np.int8, np.int16):
        if n_codes <= np.iinfo(kind).max:
            return np.dtype(kind)
    return np.dtype(np.int32)


def index_type(m: int) -> np.dtype[np.unsignedinteger]:
    """Return the type of LF positions in compressed rows; few types, for each is compiled for."""
    return np.dtype(np.uint16 if m <= np.iinfo(np.uint16).max else np.uint32)


def _csr_bytes(n: int, m: int, nnz: int, kind: np.dtype[np.signedinteger]) -> int:
    return nnz * (kind.itemsize + index_type(m).itemsize) + 8 * (n + 1)


def _compress(
    votes: IntArray, kind: np.dtype[np.signedinteger], nnz: int
) -> tuple[IntArray, IntArray, IntArray]:
    from weaklabel._kernels import compress

    n, m = votes.shape
    indptr = np.empty(n + 1, np.int64)
    indices, codes = np.empty(nnz + 1, index_type(m)), np.empty(nnz + 1, kind)
    compress(votes, indptr, indices, codes)
    return indptr, indices[:nnz], codes[:nnz]


def _expand(
    indptr: IntArray, indices: IntArray, codes: IntArray, shape: tuple[int, int]
) -> IntArray:
    dense = np.full(shape, ABSTAIN, codes.dtype)
    dense[np.repeat(np.arange(shape[0]), np.diff(indptr)), indices] = codes
    return dense


def _frozen(indptr: IntArray, indices: IntArray, codes: IntArray) -> dict[str, IntArray]:
    return {
        "indptr": read_only(indptr),
        "indices": read_only(indices),
        "codes": read_only(codes),
    }
