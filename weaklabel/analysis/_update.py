"""One column anew: the votes of changed or new LFs, the others as they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from weaklabel._checks import repeated
from weaklabel.analysis._data_rows import DataRows
from weaklabel.apply import apply_lfs
from weaklabel.lf import LabelingFunction, as_labeling_function
from weaklabel.matrix import LabelMatrix, Profile
from weaklabel.matrix._storage import Votes
from weaklabel.types import FloatArray, IntArray


def update(
    L: LabelMatrix,
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

    Parameters
    ----------
    L : LabelMatrix
    lf : LabelingFunction, or several
        Takes the place of the column of its name; an LF of a new name comes last.
    data : table, sequence or iterable
        What the matrix was made of.
    key : str, optional
        The column or field of the data that holds the row keys; default: found by the keys.
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
        When the data does not belong to the matrix, the LF votes on other classes, and as
        `apply_lfs`.

    Examples
    --------
    >>> import numpy as np, weaklabel as wl
    >>> texts = ["win a prize", "see you"]
    >>> def voting(word):
    ...     return wl.LabelingFunction(lambda x: word in x.text, name="lf", votes="SPAM")
    >>> L = wl.apply_lfs([voting("prize")], texts, classes=("HAM", "SPAM"))
    >>> np.asarray(L.update(voting("see"), texts)).tolist()
    [[-1], [1]]
    """
    many = isinstance(lf, Sequence) and not isinstance(lf, str)
    functions = [as_labeling_function(one) for one in (lf if many else [lf])]
    if not functions:
        raise ValueError("the list of labeling functions is empty; pass at least one")
    if again := repeated([function.name for function in functions]):
        raise ValueError(
            f"two labeling functions are named {again[0]!r}; pass name= to one of them"
        )
    rows = DataRows(data)
    found_key = rows.check_fit(L, key)
    fresh = apply_lfs(
        functions,
        rows.native,
        key=found_key,
        classes=_classes(L, functions),
        n_jobs=n_jobs,
        on_error=on_error,
        max_fault_rate=max_fault_rate,
        progress=progress,
        cache=cache,
        timeout=timeout,
    )
    return _joined(L, fresh)


def _classes(L: LabelMatrix, functions: Sequence[LabelingFunction]) -> tuple[str, ...]:
    for lf in functions:
        if lf.classes is not None and lf.classes.names != L.class_names:
            raise ValueError(
                f"labeling function {lf.name!r} votes on classes {lf.classes.names}, the label "
                f"matrix has {L.class_names}"
            )
    return L.class_names


def _joined(L: LabelMatrix, fresh: LabelMatrix) -> LabelMatrix:
    """Return the matrix with columns of another one of the same rows put in."""
    names = [*L.lf_names, *(name for name in fresh.lf_names if name not in L.lf_names)]
    sets = [*L.class_sets]
    known = [tuple(sorted(codes)) for codes in sets]
    place = list(range(L.k))
    for codes in fresh.class_sets:
        own = tuple(sorted(codes))
        if own not in known:
            known.append(own)
            sets.append(own)
        place.append(L.k + known.index(own))
    kept = np.array([name not in fresh.lf_names for name in L.lf_names], np.bool_)
    keys = L.keys
    faults = [f for f in L.faults if f.lf not in fresh.lf_names]
    faults += [replace(f, key=keys[f.row : f.row + 1].tolist()[0]) for f in fresh.faults]
    number = {name: j for j, name in enumerate(names)}
    votes = _merged(
        _Side(L, np.arange(L.m), np.arange(L.k + len(L.class_sets)), kept),
        _Side(
            fresh,
            np.array([number[name] for name in fresh.lf_names], np.int64),
            np.array(place, np.int64),
            np.ones(fresh.m, np.bool_),
        ),
    )
    weighed = L.confidence is not None
    return LabelMatrix(
        Votes.from_csr(
            *votes[:3], (L.n, len(names)), L.k + len(sets), votes[3] if weighed else None
        ),
        lf_names=names,
        class_names=L.class_names,
        class_sets=sets,
        keys=None if np.array_equal(keys, np.arange(L.n)) else keys,
        faults=sorted(faults, key=lambda f: (f.row, number[f.lf])),
        profile=_profile(L, fresh, names),
    )


class _Side:
    """One of the two matrices, its LFs and codes as they stand in the new one."""

    def __init__(self, L: LabelMatrix, lfs: IntArray, codes: IntArray, kept: IntArray) -> None:
        indptr, indices, cast = L.csr()
        keep = kept[indices]
        self.row = np.repeat(np.arange(L.n), np.diff(indptr))[keep]
        self.lf = lfs[indices[keep]]
        self.code = codes[cast[keep]]
        # A vote of an LF that runs here counts in full.
        whole = L.confidence is None
        self.amount = np.ones(len(self.row), np.float32) if whole else L.confidence[keep]  # type: ignore[index]
        self.n = L.n
        self.m = int(lfs.max(initial=-1)) + 1


def _merged(old: _Side, new: _Side) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Return the votes of both in the order of rows and LFs."""
    m = max(old.m, new.m)
    place = old.row * m + old.lf
    added = new.row * m + new.lf
    # Each side is sorted, unless new columns stand in another order than the old.
    order = np.argsort(added, kind="stable")
    at = np.searchsorted(place, added[order])
    row = np.insert(old.row, at, new.row[order])
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=old.n))])
    return (
        indptr,
        np.insert(old.lf, at, new.lf[order]),
        np.insert(old.code, at, new.code[order]),
        np.insert(old.amount, at, new.amount[order]),
    )


def _profile(L: LabelMatrix, fresh: LabelMatrix, names: Sequence[str]) -> Profile | None:
    """Return what each column cost when it was made, None where that is not known of all."""
    try:
        before, now = L.profile(), fresh.profile()
    except ValueError:
        return None
    source = [
        (now, now.lf_names.index(name))
        if name in now.lf_names
        else (before, L.lf_names.index(name))
        for name in names
    ]
    preprocessors = dict(before.preprocessors)
    for name, spent in now.preprocessors:
        preprocessors[name] = preprocessors.get(name, 0.0) + spent
    return Profile(
        tuple(names),
        np.array([profile.seconds[j] for profile, j in source]),
        np.array([profile.computed[j] for profile, j in source], np.int64),
        np.array([profile.reused[j] for profile, j in source], np.int64),
        tuple(preprocessors.items()),
        now.wall,
    )
