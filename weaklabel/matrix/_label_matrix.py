"""The label matrix, immutable and typed."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, final

import numpy as np

from weaklabel._checks import listed, nearest, read_only, repeated
from weaklabel.errors import FileFormatError
from weaklabel.matrix._keys import check_keys, storable_keys, stored_keys
from weaklabel.matrix._profile import Profile
from weaklabel.matrix._readers import read_array, read_frame, read_triples
from weaklabel.matrix._storage import Votes, check_amounts, check_csr
from weaklabel.types import Classes, Fault, FloatArray, IntArray

if TYPE_CHECKING:
    from weaklabel.analysis import Advice, LFPairs, LFSummary, RowSample, VoteDiff

_KIND = "LabelMatrix"
# Version 2 has confidences; a matrix without is written as version 1, which all can read.
_VERSION, _WITHOUT_CONFIDENCE = 2, 1


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

    __slots__ = (
        "_class_names",
        "_class_sets",
        "_faults",
        "_keys",
        "_lf_names",
        "_profile",
        "_votes",
    )

    def __init__(
        self,
        votes: Votes,
        *,
        lf_names: Sequence[str],
        class_names: Sequence[str],
        class_sets: Sequence[Sequence[int]] = (),
        keys: IntArray | None = None,
        faults: Sequence[Fault] = (),
        profile: Profile | None = None,
    ) -> None:
        self._votes = votes
        self._lf_names = tuple(lf_names)
        self._class_names = tuple(class_names)
        self._class_sets = tuple(tuple(codes) for codes in class_sets)
        self._keys = None if keys is None else read_only(keys)
        self._faults = tuple(faults)
        self._profile = profile
        if again := repeated(self._lf_names):
            raise ValueError(f"LF name {again[0]!r} is used twice; give each LF a name of its own")
        if len(self._lf_names) != votes.m:
            raise ValueError(f"got {len(self._lf_names)} LF names for {votes.m} LFs")
        if keys is not None:
            check_keys(keys, votes.n)
        _check_sets(self._class_sets, self._class_names)

    @classmethod
    def from_array(
        cls,
        votes: Any,
        classes: Classes | None = None,
        lf_names: Sequence[str] | None = None,
        keys: Any = None,
        *,
        class_sets: Sequence[Sequence[int]] = (),
        confidence: Any = None,
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
            The classes that the codes k, k + 1, … leave possible; they need `classes`.
        confidence : array-like of float or SciPy sparse matrix, shape (n, m), optional
            How sure each vote is, in 0..1: a vote with confidence c counts as c of a vote (in
            `LabelModel`, beside the mean confidence). Cells
            without a vote are not read; cells that a sparse matrix does not store are 0. Default:
            every vote counts in full.

        Returns
        -------
        LabelMatrix
            The matrix; the input is copied.

        Raises
        ------
        TypeError
            When the votes are no integers, or the confidences no numbers.
        ValueError
            When a code or a confidence is out of range (LF and row are named), lengths differ, or
            a class set is none: empty, of unknown classes, of all classes, or given twice.

        Examples
        --------
        >>> import weaklabel as wl
        >>> wl.LabelMatrix.from_array([[0, 1], [-1, 1]]).lf_names
        ('lf_0', 'lf_1')
        >>> wl.LabelMatrix.from_array([[0, -1]], confidence=[[0.7, 0.0]]).confidence.tolist()
        [0.699999988079071]
        """
        return cls(**read_array(votes, classes, lf_names, keys, class_sets, confidence))

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
        return cls(**read_frame(frame, classes, key))

    @classmethod
    def from_triples(
        cls,
        rows: Any,
        lfs: Any,
        votes: Any,
        classes: Classes | None = None,
        *,
        keys: Any = None,
        confidence: Any = None,
    ) -> LabelMatrix:
        """Make a label matrix from long-form votes: one (row, LF, class) triple a vote.

        Parameters
        ----------
        rows : array-like, shape (v,)
            Row key of each vote.
        lfs : array-like, shape (v,)
            LF (or annotator) of each vote; its ``str`` is the LF name.
        votes : array-like, shape (v,)
            Class name or code of each vote; missing or -1 abstains.
        classes : Enum type or sequence of str, optional
            Needed where votes are names.
        keys : array-like, shape (n,), optional
            All row keys, in the order wanted; default: as they first occur. Rows without a vote
            are only there when named here.
        confidence : array-like of float, shape (v,), optional
            How sure each vote is, in 0..1, as in `from_array`; not read where the vote abstains.

        Returns
        -------
        LabelMatrix
            LFs in order of first occurrence.

        Raises
        ------
        ValueError
            When lengths differ, an LF votes twice on a row, a key is unknown, or a confidence is
            not in 0..1 (LF and row are named).
        """
        return cls(**read_triples(rows, lfs, votes, classes, keys, confidence))

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
    def code_names(self) -> tuple[str, ...]:
        """Names of all codes: the classes, then the class sets as ``A|B``."""
        sets = ("|".join(self._class_names[c] for c in codes) for codes in self._class_sets)
        return (*self._class_names, *sets)

    @property
    def keys(self) -> IntArray:
        """Row keys, shape (n,): the named column, else the positions."""
        return np.arange(self.n) if self._keys is None else self._keys

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The calls that failed and abstained, in row order."""
        return self._faults

    def profile(self) -> Profile:
        """Return what the run that made it cost, by labeling function; prints as a table.

        Raises
        ------
        ValueError
            When it does not come from `apply_lfs`.

        Examples
        --------
        >>> import weaklabel as wl
        >>> @wl.labeling_function(votes=1)
        ... def is_long(x):
        ...     return len(x.text) > 20
        >>> wl.apply_lfs([is_long], ["short", "not so short any more"]).profile().computed
        array([2])
        """
        if self._profile is None:
            raise ValueError(
                "only a label matrix that comes from apply_lfs has a profile; one that was read "
                "from a file or made of an array has none"
            )
        return self._profile

    @property
    def n_votes(self) -> int:
        """Number of votes cast."""
        return int(self._votes.votes_per_row().sum())

    @property
    def confidence(self) -> FloatArray | None:
        """How much of a vote each counts, float32 of shape (n_votes,); None where all count 1.

        In the order of `csr`.
        """
        return self._votes.amounts

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

    def summary(self, gold: Any = None, *, slices: Any = None) -> LFSummary:
        """Summarise each labeling function: polarity, coverage, overlaps, conflicts.

        Parameters
        ----------
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown; they add correct, incorrect, precision with
            its 95 % interval, and recall by class.
        slices : Slices, or mapping of str to array-like of bool, shape (n,), optional
            For a table of the slices besides.

        Returns
        -------
        LFSummary
            Prints as a table; ``.to_frame()`` is a DataFrame.

        Raises
        ------
        TypeError
            When the slices are no mapping.
        ValueError
            When the gold labels have another length or an unknown class, or a slice does not fit.
        """
        from weaklabel.analysis import summarize

        return summarize(self, gold, slices=slices)

    def rows(
        self,
        *,
        lf: Any = None,
        votes: Any = None,
        wrong: Any = None,
        conflict: Any = None,
        uncovered: bool | None = None,
        slices: Any = None,
        among: Any = None,
        data: Any = None,
        lfs: Iterable[Any] = (),
        text: str | None = None,
        key: str | None = None,
        n: int = 20,
        seed: int = 0,
    ) -> RowSample:
        """Show the rows behind a number, with every LF's vote beside them; see `analysis.rows`.

        Filters combine by and.

        Parameters
        ----------
        lf : str, int or LabelingFunction, or several of them, optional
            LFs, each of which votes.
        votes : class, or several, optional
            What they vote.
        wrong : array-like, shape (n,), optional
            Gold labels: rows on which a vote excludes the gold class.
        conflict : (LF, LF) or True, optional
            Rows on which these two LFs, or any two, leave no class in common.
        uncovered : bool, optional
            True for rows without votes, False for rows with.
        slices : Slices, or mapping of str to array-like of bool, shape (n,), optional
            Rows that are in every one of these slices.
        among : array-like of bool, shape (n,), or of int, optional
            A mask, or positions of rows.
        data : table, sequence or iterable, optional
            What the matrix was made of; its rows are shown.
        lfs : iterable of LabelingFunction, optional
            To mark what they matched.
        text, key : str, optional
            Where the texts, and the row keys, stand in the data.
        n, seed : int, optional
            Size and seed of the sample.

        Returns
        -------
        RowSample
            Prints as text; ``.to_frame()`` is a DataFrame.

        Raises
        ------
        TypeError
            When an argument is not as above.
        ValueError
            When an LF, a class or a column is unknown, or gold, slices or data do not belong to
            the matrix.
        """
        from weaklabel.analysis import rows

        return rows(
            self,
            lf=lf,
            votes=votes,
            wrong=wrong,
            conflict=conflict,
            uncovered=uncovered,
            slices=slices,
            among=among,
            data=data,
            lfs=lfs,
            text=text,
            key=key,
            n=n,
            seed=seed,
        )

    def pairs(self, *, model: Any = None, slices: Any = None) -> LFPairs:
        """Count for each pair of LFs where they meet, agree and clash; see `analysis.lf_pairs`.

        Parameters
        ----------
        model : label model, optional
            Its probabilities tell the classes, for what agreement conditional independence
            predicts; default the vote shares.
        slices : Slices, or mapping of str to array-like of bool, shape (n,), optional
            For the same numbers slice by slice.

        Returns
        -------
        LFPairs
            Prints as a table; ``.to_frame()`` is a DataFrame.

        Raises
        ------
        TypeError
            When the model is no fitted label model, or the slices are no mapping.
        ValueError
            When model or slices do not belong to the matrix.
        """
        from weaklabel.analysis import lf_pairs

        return lf_pairs(self, model=model, slices=slices)

    def update(
        self,
        lf: Any,
        data: Any,
        *,
        key: str | None = None,
        n_jobs: int = 1,
        on_error: Literal["raise", "abstain"] = "raise",
        max_fault_rate: float = 0.1,
        progress: bool = True,
        cache: str | os.PathLike[str] | None = None,
        timeout: float | None = None,
    ) -> LabelMatrix:
        """Run one LF again, or a new one, and return the matrix with its column.

        See `analysis.update`.

        Parameters
        ----------
        lf : LabelingFunction, or several
            Takes the place of the column of its name; an LF of a new name comes last.
        data : table, sequence or iterable
            What the matrix was made of.
        key : str, optional
            Where the row keys stand in the data; default: found by the keys.
        n_jobs, on_error, max_fault_rate, progress, cache, timeout
            As in `apply_lfs`.

        Returns
        -------
        LabelMatrix
            The same rows, keys, classes and other columns.

        Raises
        ------
        LFError
            When the LF fails or votes something illegal.
        ValueError, TypeError
            When the data does not belong to the matrix, or the LF votes on other classes.
        """
        from weaklabel.analysis import update

        return update(
            self,
            lf,
            data,
            key=key,
            n_jobs=n_jobs,
            on_error=on_error,
            max_fault_rate=max_fault_rate,
            progress=progress,
            cache=cache,
            timeout=timeout,
        )

    def diff(self, other: LabelMatrix, *, gold: Any = None) -> VoteDiff:
        """Compare this matrix with a later version of it; see `analysis.vote_diff`.

        Parameters
        ----------
        other : LabelMatrix
            The later version; rows are matched by key, LFs and classes by name.
        gold : array-like, shape (n,), optional
            Gold labels of the rows of this one; they add precision.

        Returns
        -------
        VoteDiff
            Prints as a table; ``.to_frame()`` is a DataFrame.

        Raises
        ------
        TypeError
            When the other one is no label matrix.
        ValueError
            When the classes differ, or the gold labels do not fit.
        """
        from weaklabel.analysis import vote_diff

        return vote_diff(self, other, gold=gold)

    def advise(
        self,
        gold: Any = None,
        *,
        model: Any = None,
        data: Any = None,
        slices: Any = None,
        text: str | None = None,
    ) -> Advice:
        """Look for what is wrong with the LFs, or could be better; see `analysis.advise`.

        Parameters
        ----------
        gold : array-like, shape (n,), optional
            Gold labels, missing or -1 where unknown.
        model : label model, optional
            Fitted on these LFs; where no gold is known it tells precisions and class balance.
        data : table or sequence of n rows, optional
            What the votes were cast on; its texts are grouped where no LF votes.
        slices : mapping of str to array-like of bool, shape (n,), optional
            Masks by name.
        text : str, optional
            The column or field of the data that holds the texts.

        Returns
        -------
        Advice
            Findings with codes, the gravest first; prints as text.

        Raises
        ------
        TypeError
            When the model is no fitted label model, or the slices are no mapping.
        ValueError
            When gold, model, data or slices do not belong to the matrix.
        """
        from weaklabel.analysis import advise

        return advise(self, gold, model=model, data=data, slices=slices, text=text)

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
            profile=None if self._profile is None else self._profile.select(wanted),
        )

    def __getitem__(self, rows: Any) -> LabelMatrix:
        """Return the matrix of some rows: a slice, a mask, positions, or one position."""
        if isinstance(rows, str):
            raise IndexError(f"L[rows] takes rows; choose LFs with L.select([{rows!r}])")
        try:
            positions = np.atleast_1d(np.arange(self.n)[rows])
        except IndexError as error:
            raise IndexError(f"{error}; the matrix has {self.n} rows") from None
        if positions.ndim != 1:
            raise IndexError("L[rows] takes rows only; choose LFs with L.select([...])")
        votes = self._votes.take(positions, self.k + len(self._class_sets))
        keys = self.keys[positions]
        if len(np.unique(positions)) != len(positions):
            raise ValueError("L[rows] takes each row once, row keys are unique")
        new = {int(old): i for i, old in enumerate(positions)} if self._faults else {}
        faults = sorted(
            (replace(f, row=new[f.row]) for f in self._faults if f.row in new), key=lambda f: f.row
        )
        return self._like(
            votes, lf_names=self._lf_names, keys=keys, faults=faults, profile=self._profile
        )

    def to_frame(self) -> Any:
        """Return the votes by name as a pandas DataFrame: one column an LF, None for abstain."""
        import pandas as pd

        table = np.array([*self.code_names, None], dtype=object)
        return pd.DataFrame(
            table[np.asarray(self)],
            dtype=object,  # else None becomes NaN in pandas 3
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
            arrays |= storable_keys(self._keys)
        version = _WITHOUT_CONFIDENCE
        if self.confidence is not None:
            arrays["confidence"], version = self.confidence, _VERSION
        header = {
            "shape": self.shape,
            "lf_names": self._lf_names,
            "class_names": self._class_names,
            "class_sets": self._class_sets,
            "faults": [asdict(f) | {"key": None} for f in self._faults],
        }
        save_arrays(path, kind=_KIND, version=version, header=header, arrays=arrays)

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
        try:
            return cls._restored(header, arrays)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise FileFormatError(
                f"{path} holds a {_KIND} that cannot be ({error}); save it again", path=Path(path)
            ) from error

    @classmethod
    def _restored(cls, header: Mapping[str, Any], arrays: Mapping[str, IntArray]) -> Self:
        n, m = header["shape"]
        n_codes = len(header["class_names"]) + len(header["class_sets"])
        csr = arrays["indptr"], arrays["indices"], arrays["codes"]
        amounts = arrays.get("confidence")
        check_csr(*csr, (n, m), n_codes)
        check_amounts(amounts, len(csr[2]))
        keys = stored_keys(arrays)
        key_of = range(n) if keys is None else keys.tolist()
        return cls(
            Votes.from_csr(*csr, (n, m), n_codes, amounts),
            lf_names=header["lf_names"],
            class_names=header["class_names"],
            class_sets=header["class_sets"],
            keys=keys,
            faults=[Fault(**f | {"key": key_of[f["row"]]}) for f in header["faults"]],
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
        sure = "" if self.confidence is None else " with confidences"
        text = (
            f"LabelMatrix: {self.n:,} rows × {self.m:,} LFs, classes {_inline(self._class_names)}; "
            f"{self.n_votes:,} votes{sure}, {covered:,} rows covered"
        )
        return f"{text}, {len(self._faults):,} faults" if self._faults else text

    def _position(self, lf: str | int) -> int:
        if isinstance(lf, str):
            if lf in self._lf_names:
                return self._lf_names.index(lf)
            raise ValueError(
                f"no LF {lf!r} among {listed(self._lf_names)}{nearest(lf, self._lf_names)}"
            )
        at = operator.index(lf)
        if not -self.m <= at < self.m:
            raise ValueError(f"no LF at position {at}, there are {self.m}")
        return at % self.m

    def _like(
        self,
        votes: Votes,
        *,
        lf_names: Sequence[str],
        keys: IntArray | None,
        faults: Sequence[Fault],
        profile: Profile | None,
    ) -> LabelMatrix:
        return LabelMatrix(
            votes,
            lf_names=lf_names,
            class_names=self._class_names,
            class_sets=self._class_sets,
            keys=keys,
            faults=faults,
            profile=profile,
        )


def _check_sets(class_sets: Sequence[Sequence[int]], class_names: Sequence[str]) -> None:
    k = len(class_names)
    for codes in class_sets:
        if not codes or len(set(codes)) == k or not set(codes) <= set(range(k)):
            raise ValueError(
                f"class set {tuple(codes)} must hold some, not all, of the codes 0..{k - 1} of "
                f"classes {tuple(class_names)}"
            )
    if again := repeated([tuple(sorted(codes)) for codes in class_sets]):
        raise ValueError(f"class set {again[0]} is given twice")


def _inline(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 8 else f"{', '.join(names[:6])}, … ({len(names)})"
