"""The label matrix, immutable and typed."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Self, final

import numpy as np

from weaklabel._checks import listed, nearest, read_only, repeated
from weaklabel._classes import ClassTable, encode_labels, is_missing
from weaklabel.errors import WeakLabelWarning
from weaklabel.matrix._keys import check_keys, key_array, storable_keys
from weaklabel.matrix._storage import Votes
from weaklabel.types import ABSTAIN, Classes, Fault, IntArray

if TYPE_CHECKING:
    from weaklabel.analysis import LFSummary

_KIND, _VERSION = "LabelMatrix", 1


@final
class LabelMatrix:
    """Votes of m labeling functions on n rows.

    Made by `apply_lfs`, or by `from_array`, `from_frame` and `from_triples`. Immutable.
    ``np.asarray(L)`` is the dense (n, m) matrix: -1 abstain, 0..k-1 the classes, from k on the
    class sets of partial votes. ``L[rows]`` takes rows, ``L.select(lfs)`` takes LFs.

    Examples
    --------
    >>> import numpy as np, weaklabel as wl
    >>> L = wl.LabelMatrix.from_array([[1, -1], [0, 0]], classes=("HAM", "SPAM"))
    >>> L.n, L.m, L.k
    (2, 2, 2)
    >>> L
    LabelMatrix: 2 rows × 2 LFs, classes HAM, SPAM; 3 votes, 2 rows covered
    """

    __slots__ = ("_class_names", "_class_sets", "_faults", "_keys", "_lf_names", "_votes")

    def __init__(
        self,
        votes: Votes,
        *,
        lf_names: Sequence[str],
        class_names: Sequence[str],
        class_sets: Sequence[Sequence[int]] = (),
        keys: IntArray | None = None,
        faults: Sequence[Fault] = (),
    ) -> None:
        self._votes = votes
        self._lf_names = tuple(lf_names)
        self._class_names = tuple(class_names)
        self._class_sets = tuple(tuple(codes) for codes in class_sets)
        self._keys = None if keys is None else read_only(keys)
        self._faults = tuple(faults)
        if again := repeated(self._lf_names):
            raise ValueError(f"LF name {again[0]!r} is used twice; give each LF a name of its own")
        if len(self._lf_names) != votes.m:
            raise ValueError(f"got {len(self._lf_names)} LF names for {votes.m} LFs")
        if keys is not None:
            check_keys(keys, votes.n)

    @classmethod
    def from_array(
        cls,
        votes: Any,
        classes: Classes | None = None,
        lf_names: Sequence[str] | None = None,
        keys: Any = None,
        *,
        class_sets: Sequence[Sequence[int]] = (),
    ) -> LabelMatrix:
        """Make a label matrix from vote codes.

        Parameters
        ----------
        votes : array-like of int or SciPy sparse matrix, shape (n, m)
            -1 abstains, 0..k-1 are the classes, from k on the `class_sets`. In a sparse matrix
            the stored cells are votes and the others abstain; one that stores -1 but no 0 is what
            ``csr_matrix(dense)`` makes, and is read (with a warning) as that dense matrix.
        classes : Enum type or sequence of str, optional
            Default: as many as the largest code asks for, named ``"0"``, ``"1"``, …
        lf_names : sequence of str, optional
            Default: ``"lf_0"``, ``"lf_1"``, …
        keys : array-like, shape (n,), optional
            Row keys, unique; default the positions.
        class_sets : sequence of sequence of int, optional
            The classes that the codes k, k + 1, … leave possible.

        Returns
        -------
        LabelMatrix
            The matrix; the input is copied.

        Raises
        ------
        TypeError
            When the votes are no integers.
        ValueError
            When a code is out of range (LF and row are named) or lengths differ.

        Examples
        --------
        >>> import weaklabel as wl
        >>> wl.LabelMatrix.from_array([[0, 1], [-1, 1]]).lf_names
        ('lf_0', 'lf_1')
        """
        sparse = _sparse_parts(votes)
        array = np.asarray(votes) if sparse is None else sparse[2]
        if array.dtype.kind not in "iu" and array.size:
            raise TypeError(
                f"votes must be integers with -1 for abstain, got dtype {array.dtype}; for class "
                "names use LabelMatrix.from_frame"
            )
        if sparse is None and array.ndim != 2:
            raise ValueError(f"votes must have shape (n, m), got shape {array.shape}")
        shape = array.shape if sparse is None else sparse[3]
        names = tuple(lf_names) if lf_names is not None else _numbered(shape[1])
        largest = int(array.max(initial=-1))
        if classes is not None:
            class_names = ClassTable.of(classes).names
        else:
            class_names = tuple(map(str, range(max(2, largest + 1 - len(class_sets)))))
        n_codes = len(class_names) + len(class_sets)
        if largest >= n_codes or int(array.min(initial=-1)) < ABSTAIN:
            _refuse_code(array, sparse, names, class_names, n_codes)
        if sparse is None:
            stored = Votes.from_dense(array.reshape(shape), n_codes)
        else:
            stored = Votes.from_csr(sparse[0], sparse[1], array, shape, n_codes)
        return cls(
            stored,
            lf_names=names,
            class_names=class_names,
            class_sets=class_sets,
            keys=None if keys is None else key_array(keys),
        )

    @classmethod
    def from_frame(
        cls, frame: Any, classes: Classes | None = None, *, key: str | None = None
    ) -> LabelMatrix:
        """Make a label matrix from a table with one column an LF.

        Parameters
        ----------
        frame : DataFrame or table
            pandas, polars or Arrow; cells are class names or codes, missing or -1 for abstain.
        classes : Enum type or sequence of str, optional
            Needed where cells are names.
        key : str, optional
            The column that holds the row keys; the others are LFs.

        Returns
        -------
        LabelMatrix

        Raises
        ------
        ValueError
            When a cell is no class (LF and position are named), or the key column is missing.
        """
        import narwhals as nw

        table = nw.from_native(frame, eager_only=True)
        if key is not None and key not in table.columns:
            raise ValueError(
                f"no column {key!r}; columns are {tuple(table.columns)}{nearest(key, table.columns)}"
            )
        names = [name for name in table.columns if name != key]
        columns = [table[name].to_list() for name in names]
        class_names = _class_names(columns, classes)
        votes = np.full((len(table), len(names)), ABSTAIN, np.int32)
        for j, (name, column) in enumerate(zip(names, columns, strict=True)):
            # A missing cell makes pandas read codes as floats: 1.0 is the code 1 there.
            cells = [int(c) if isinstance(c, float) and c.is_integer() else c for c in column]
            votes[:, j] = encode_labels(cells, class_names, what=f"LF {name!r}")
        keys = None if key is None else table[key].to_list()
        return cls.from_array(votes, class_names, names, keys)

    @classmethod
    def from_triples(
        cls,
        rows: Sequence[Any],
        lfs: Sequence[str],
        votes: Sequence[Any],
        classes: Classes | None = None,
        *,
        keys: Sequence[Any] | None = None,
    ) -> LabelMatrix:
        """Make a label matrix from long-form votes: one (row, LF, class) triple a vote.

        Parameters
        ----------
        rows : sequence, length v
            Row key of each vote.
        lfs : sequence, length v
            LF (or annotator) of each vote; its ``str`` is the LF name.
        votes : sequence, length v
            Class name or code of each vote; missing or -1 abstains.
        classes : Enum type or sequence of str, optional
            Needed where votes are names.
        keys : sequence, optional
            All row keys, in the order wanted; default: as they first occur. Rows without a vote
            are only there when named here.

        Returns
        -------
        LabelMatrix
            LFs in order of first occurrence.

        Raises
        ------
        ValueError
            When lengths differ, an LF votes twice on a row, or a key is unknown.
        """
        rows, lfs, votes = (
            list(np.asarray(x).tolist()) if hasattr(x, "to_numpy") else list(x)
            for x in (rows, lfs, votes)
        )
        if not len(rows) == len(lfs) == len(votes):
            raise ValueError(
                f"rows, lfs and votes have lengths {len(rows)}, {len(lfs)} and {len(votes)}, expected the same"
            )
        place = {key: i for i, key in enumerate(dict.fromkeys(rows if keys is None else keys))}
        column = {lf: j for j, lf in enumerate(dict.fromkeys(lfs))}
        if unknown := [row for row in rows if row not in place]:
            raise ValueError(f"vote on row {unknown[0]!r}, which is not among keys=")
        class_names = _class_names([votes], classes)
        i = np.array([place[row] for row in rows], np.int64)
        j = np.array([column[lf] for lf in lfs], np.int64)
        order = np.lexsort((j, i))
        cell = (i * max(len(column), 1) + j)[order]
        if (again := np.flatnonzero(np.diff(cell) == 0)).size:
            at = order[again[0]]
            raise ValueError(f"LF {lfs[at]!r} votes twice on row {rows[at]!r}")
        codes = encode_labels(votes, class_names, what="votes")[order]
        fired = codes != ABSTAIN
        indptr = np.concatenate(
            [[0], np.cumsum(np.bincount(i[order][fired], minlength=len(place)))]
        )
        stored = Votes.from_csr(
            indptr, j[order][fired], codes[fired], (len(place), len(column)), len(class_names)
        )
        return cls(
            stored,
            lf_names=[str(lf) for lf in column],
            class_names=class_names,
            keys=key_array(list(place)),
        )

    @property
    def n(self) -> int:
        """Number of rows."""
        return self._votes.n

    @property
    def m(self) -> int:
        """Number of labeling functions."""
        return self._votes.m

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self._class_names)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and labeling functions."""
        return self.n, self.m

    @property
    def lf_names(self) -> tuple[str, ...]:
        """Names of the labeling functions, in column order."""
        return self._lf_names

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in order of their codes."""
        return self._class_names

    @property
    def class_sets(self) -> tuple[tuple[int, ...], ...]:
        """For the codes k, k + 1, …: the classes that such a partial vote leaves possible."""
        return self._class_sets

    @property
    def keys(self) -> IntArray:
        """Row keys, shape (n,): the named column, else the positions."""
        return np.arange(self.n) if self._keys is None else self._keys

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The calls that failed and abstained, in row order."""
        return self._faults

    @property
    def n_votes(self) -> int:
        """Number of votes cast."""
        return int(self._votes.votes_per_row().sum())

    @property
    def covered(self) -> IntArray:
        """Rows with at least one vote, bool of shape (n,)."""
        return self._votes.votes_per_row() > 0

    @property
    def possible(self) -> IntArray:
        """What each code leaves possible, bool of shape (s, k) for s = k + number of class sets."""
        table = np.zeros((self.k + len(self._class_sets), self.k), np.bool_)
        table[np.arange(self.k), np.arange(self.k)] = True
        for t, codes in enumerate(self._class_sets):
            table[self.k + t, list(codes)] = True
        return table

    def csr(self) -> tuple[IntArray, IntArray, IntArray]:
        """Return the votes as compressed rows.

        Returns
        -------
        indptr : ndarray of int64, shape (n + 1,)
            Row i's votes stand at ``indptr[i]:indptr[i + 1]``.
        indices : ndarray of uint16 or uint32, shape (n_votes,)
            The LF of each vote.
        codes : ndarray of int8, int16 or int32, shape (n_votes,)
            The code of each vote.
        """
        return self._votes.csr()

    def summary(self, gold: Any = None) -> LFSummary:
        """Summarise each labeling function: polarity, coverage, overlaps, conflicts.

        Parameters
        ----------
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown; they add correct, incorrect, precision with
            its 95 % interval, and recall by class.

        Returns
        -------
        LFSummary
            Prints as a table; ``.to_frame()`` is a DataFrame.

        Raises
        ------
        ValueError
            When the gold labels have another length or an unknown class.
        """
        from weaklabel.analysis import summarize

        return summarize(self, gold)

    def select(self, lfs: Iterable[str | int]) -> LabelMatrix:
        """Return the matrix of some labeling functions, in the given order.

        Parameters
        ----------
        lfs : iterable of str or int
            Names or positions.

        Raises
        ------
        ValueError
            When an LF is unknown or named twice.
        """
        wanted = [self._position(lf) for lf in ([lfs] if isinstance(lfs, str) else lfs)]
        names = [self._lf_names[j] for j in wanted]
        votes = self._votes.select(np.asarray(wanted, np.int64), self.k + len(self._class_sets))
        return self._like(
            votes,
            lf_names=names,
            keys=self._keys,
            faults=[f for f in self._faults if f.lf in names],
        )

    def __getitem__(self, rows: Any) -> LabelMatrix:
        """Return the matrix of some rows: a slice, a mask, positions, or one position."""
        positions = np.atleast_1d(np.arange(self.n)[rows])
        if positions.ndim != 1:
            raise IndexError("L[rows] takes rows only; choose LFs with L.select([...])")
        votes = self._votes.take(positions, self.k + len(self._class_sets))
        keys = self.keys[positions]
        if len(np.unique(positions)) != len(positions):
            raise ValueError("L[rows] takes each row once, row keys are unique")
        new = {int(old): i for i, old in enumerate(positions)}
        faults = sorted(
            (replace(f, row=new[f.row]) for f in self._faults if f.row in new), key=lambda f: f.row
        )
        return self._like(votes, lf_names=self._lf_names, keys=keys, faults=faults)

    def to_frame(self) -> Any:
        """Return the votes by name as a pandas DataFrame: one column an LF, None for abstain."""
        import pandas as pd

        names = [
            *self._class_names,
            *("|".join(self._class_names[c] for c in s) for s in self._class_sets),
        ]
        table = np.array([*names, None], dtype=object)
        return pd.DataFrame(
            table[np.asarray(self)],
            columns=list(self._lf_names),
            index=pd.Index(self.keys, name="key"),
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the matrix to a file, atomically.

        Raises
        ------
        TypeError
            When the row keys are neither numbers nor strings.
        """
        from weaklabel._files import save_arrays

        indptr, indices, codes = self.csr()
        arrays = {"indptr": indptr, "indices": indices, "codes": codes}
        if self._keys is not None:
            arrays["keys"] = storable_keys(self._keys)
        header = {
            "shape": self.shape,
            "lf_names": self._lf_names,
            "class_names": self._class_names,
            "class_sets": self._class_sets,
            "text_keys": self._keys is not None and self._keys.dtype.kind == "O",
            "faults": [asdict(f) | {"key": None} for f in self._faults],
        }
        save_arrays(path, kind=_KIND, version=_VERSION, header=header, arrays=arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a matrix that `save` wrote.

        Raises
        ------
        FileFormatError
            When the file is damaged, altered, of another kind or from a newer version.
        """
        from weaklabel._files import load_arrays

        header, arrays = load_arrays(path, kind=_KIND, version=_VERSION)
        keys = arrays.get("keys")
        if keys is not None and header["text_keys"]:
            keys = keys.astype(object)
        shape = header["shape"]
        n_codes = len(header["class_names"]) + len(header["class_sets"])
        at = np.arange(shape[0]) if keys is None else keys
        return cls(
            Votes.from_csr(
                arrays["indptr"], arrays["indices"], arrays["codes"], (shape[0], shape[1]), n_codes
            ),
            lf_names=header["lf_names"],
            class_names=header["class_names"],
            class_sets=header["class_sets"],
            keys=keys,
            faults=[
                Fault(
                    **f
                    | {
                        "key": at[f["row"]].item()
                        if hasattr(at[f["row"]], "item")
                        else at[f["row"]]
                    }
                )
                for f in header["faults"]
            ],
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> IntArray:
        dense = self._votes.to_dense()
        if copy is False and dtype is not None and dense.dtype != dtype:
            raise ValueError(f"a copy is needed to give the votes as {dtype}")
        return np.array(dense, dtype=dtype or dense.dtype, copy=bool(copy) or None)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LabelMatrix):
            return NotImplemented
        return (
            self._lf_names == other._lf_names
            and self._class_names == other._class_names
            and self._class_sets == other._class_sets
            and np.array_equal(self.keys, other.keys)
            and self._faults == other._faults
            and self._votes.same(other._votes)
        )

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return self.n

    def __repr__(self) -> str:
        covered = int(self.covered.sum())
        text = (
            f"LabelMatrix: {self.n:,} rows × {self.m:,} LFs, classes {_inline(self._class_names)}; "
            f"{self.n_votes:,} votes, {covered:,} rows covered"
        )
        return f"{text}, {len(self._faults):,} faults" if self._faults else text

    def _position(self, lf: str | int) -> int:
        if isinstance(lf, str):
            if lf in self._lf_names:
                return self._lf_names.index(lf)
            raise ValueError(
                f"no LF {lf!r} among {listed(self._lf_names)}{nearest(lf, self._lf_names)}"
            )
        if not -self.m <= lf < self.m:
            raise ValueError(f"no LF at position {lf}, there are {self.m}")
        return int(lf) % self.m

    def _like(
        self,
        votes: Votes,
        *,
        lf_names: Sequence[str],
        keys: IntArray | None,
        faults: Sequence[Fault],
    ) -> LabelMatrix:
        return LabelMatrix(
            votes,
            lf_names=lf_names,
            class_names=self._class_names,
            class_sets=self._class_sets,
            keys=keys,
            faults=faults,
        )


def _numbered(m: int) -> tuple[str, ...]:
    return tuple(f"lf_{j}" for j in range(m))


def _inline(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 8 else f"{', '.join(names[:6])}, … ({len(names)})"


def _class_names(columns: Sequence[Sequence[Any]], classes: Classes | None) -> tuple[str, ...]:
    """Return the declared class names, or as many numbered ones as the codes ask for."""
    if classes is not None:
        return ClassTable.of(classes).names
    largest = 1
    for column in columns:
        for cell in column:
            if isinstance(cell, str):
                raise ValueError(
                    f"votes by name ({cell!r}) need classes=, e.g. classes=('HAM', 'SPAM')"
                )
            if not is_missing(cell):
                largest = max(largest, int(cell))
    return tuple(map(str, range(largest + 1)))


_Sparse = tuple[IntArray, IntArray, IntArray, tuple[int, int]]


def _sparse_parts(votes: Any) -> _Sparse | None:
    """Return indptr, indices, codes and shape of a SciPy sparse matrix, None for anything else."""
    if not (hasattr(votes, "tocsr") and hasattr(votes, "nnz")):
        return None
    csr = votes.tocsr().copy()
    csr.sort_indices()
    if (csr.data == ABSTAIN).any() and not (csr.data == 0).any():
        warnings.warn(
            "the sparse matrix stores -1 but no 0, as csr_matrix(dense) does: cells that are not "
            "stored are read as class 0; store votes only, or pass the dense matrix",
            WeakLabelWarning,
            stacklevel=3,
        )
        dense = csr.toarray()
        n, m = dense.shape
        i, j = np.nonzero(dense != ABSTAIN)
        indptr = np.concatenate([[0], np.cumsum(np.bincount(i, minlength=n))])
        return indptr, j, dense[i, j], (n, m)
    kept = csr.data != ABSTAIN
    row = np.repeat(np.arange(csr.shape[0]), np.diff(csr.indptr))[kept]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=csr.shape[0]))])
    return indptr, csr.indices[kept], csr.data[kept], (csr.shape[0], csr.shape[1])


def _refuse_code(
    array: IntArray,
    sparse: _Sparse | None,
    lf_names: Sequence[str],
    class_names: Sequence[str],
    n_codes: int,
) -> None:
    wrong = (array >= n_codes) | (array < ABSTAIN)
    if sparse is None:
        i, j = (int(x[0]) for x in np.nonzero(wrong))
        code = array[i, j]
    else:
        at = int(np.flatnonzero(wrong)[0])
        i, j, code = (
            int(np.searchsorted(sparse[0], at, side="right")) - 1,
            int(sparse[1][at]),
            array[at],
        )
    raise ValueError(
        f"LF {lf_names[j]!r} has code {code} on row {i}; expected -1 or 0..{n_codes - 1} for classes "
        f"{tuple(class_names)}" + (" and their class sets" if n_codes > len(class_names) else "")
    )
