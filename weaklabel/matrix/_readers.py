"""Making a label matrix from votes that came from elsewhere."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from weaklabel._checks import nearest, repeated
from weaklabel._classes import ClassTable, encode_labels, numbered_classes, whole
from weaklabel.errors import WeakLabelWarning
from weaklabel.matrix._confidence import cell_confidence, checked_confidence
from weaklabel.matrix._keys import key_array
from weaklabel.matrix._storage import Votes, csr_of, row_ends
from weaklabel.types import ABSTAIN, Classes, IntArray


def read_array(
    votes: Any,
    classes: Classes | None,
    lf_names: Sequence[str] | None,
    keys: Any,
    class_sets: Sequence[Sequence[int]],
    confidence: Any = None,
) -> dict[str, Any]:
    """Return what a `LabelMatrix` is made of, from vote codes."""
    sparse = _sparse_parts(votes)
    array = np.asarray(votes) if sparse is None else sparse[2]
    if array.dtype.kind not in "iu" and array.size:
        raise TypeError(
            f"votes must be integers with -1 for abstain, got dtype {array.dtype}; for class "
            "names use LabelMatrix.from_frame"
        )
    if sparse is None and array.ndim != 2:
        raise ValueError(f"votes must have shape (n, m), got shape {array.shape}")
    if array.dtype.kind == "u":
        array = array.astype(np.int64)  # an unsigned type cannot be compared with -1
    shape = array.shape if sparse is None else sparse[3]
    names = _lf_names(lf_names, shape[1])
    largest = int(array.max(initial=-1))
    if classes is not None:
        class_names = ClassTable.of(classes).names
    elif class_sets:
        raise ValueError("class_sets= need classes=, or a class cannot be told from a class set")
    else:
        class_names = numbered_classes(largest)
    n_codes = len(class_names) + len(class_sets)
    if largest >= n_codes or int(array.min(initial=-1)) < ABSTAIN:
        _refuse_code(array, sparse, names, class_names, n_codes)
    if sparse is None:
        stored = Votes.from_dense(array.reshape(shape), n_codes)
    else:
        stored = Votes.from_csr(sparse[0], sparse[1], array, shape, n_codes)
    if confidence is not None:
        indptr, indices, codes = stored.csr()
        amounts = cell_confidence(confidence, indptr, indices, shape, names)
        stored = Votes.from_csr(indptr, indices, codes, shape, n_codes, amounts)
    return {
        "votes": stored,
        "lf_names": names,
        "class_names": class_names,
        "class_sets": class_sets,
        "keys": None if keys is None else key_array(keys),
    }


def read_frame(frame: Any, classes: Classes | None, key: str | None) -> dict[str, Any]:
    """Return what a `LabelMatrix` is made of, from a table with one column an LF."""
    import narwhals as nw

    table = nw.from_native(frame, eager_only=True)
    if key is not None and key not in table.columns:
        raise ValueError(
            f"no column {key!r}; columns are {tuple(table.columns)}{nearest(key, table.columns)}"
        )
    names = [name for name in table.columns if name != key]
    columns = [whole(table.get_column(name).to_list()) for name in names]
    class_names = _class_names(columns, classes)
    votes = np.full((len(table), len(names)), ABSTAIN, np.int32)
    for j, (name, cells) in enumerate(zip(names, columns, strict=True)):
        votes[:, j] = encode_labels(cells, class_names, what=f"LF {name!r}")
    keys = None if key is None else table.get_column(key).to_list()
    return read_array(votes, class_names, [str(name) for name in names], keys, ())


def read_triples(
    rows: Any,
    lfs: Any,
    votes: Any,
    classes: Classes | None,
    keys: Any,
    confidence: Any = None,
) -> dict[str, Any]:
    """Return what a `LabelMatrix` is made of, from one (row, LF, class) triple a vote."""
    rows, lfs, votes = (
        list(np.asarray(x).tolist()) if hasattr(x, "to_numpy") else list(x)
        for x in (rows, lfs, votes)
    )
    votes = whole(votes)
    keys = None if keys is None else list(keys)
    if keys is not None and (again := repeated(keys)):
        raise ValueError(f"row key {again[0]!r} stands twice in keys=; row keys must be unique")
    if not len(rows) == len(lfs) == len(votes):
        raise ValueError(
            f"rows, lfs and votes have lengths {len(rows)}, {len(lfs)} and {len(votes)}, "
            "expected the same"
        )
    place = {key: i for i, key in enumerate(dict.fromkeys(rows if keys is None else keys))}
    column = {lf: j for j, lf in enumerate(dict.fromkeys(lfs))}
    if unknown := [row for row in rows if row not in place]:
        raise ValueError(f"vote on row {unknown[0]!r}, which is not among keys=")
    class_names = _class_names([votes], classes)
    i = np.array([place[row] for row in rows], np.int64)
    j = np.array([column[lf] for lf in lfs], np.int64)
    codes = encode_labels(votes, class_names, what="votes")
    indptr, order, twice = csr_of(i, j, codes, len(place))
    if twice is not None:
        raise ValueError(f"LF {lfs[twice]!r} votes twice on row {rows[twice]!r}; keep one vote")
    amounts = None
    if confidence is not None:
        given = np.asarray(confidence)
        if given.shape != (len(votes),):
            raise ValueError(
                f"confidence has shape {given.shape}, there are {len(votes)} votes; give each one"
            )
        amounts = checked_confidence(
            given[order], lambda at: (str(lfs[order[at]]), rows[order[at]])
        )
    shape = (len(place), len(column))
    stored = Votes.from_csr(indptr, j[order], codes[order], shape, len(class_names), amounts)
    return {
        "votes": stored,
        "lf_names": [str(lf) for lf in column],
        "class_names": class_names,
        "keys": key_array(list(place)),
    }


def _lf_names(names: Sequence[str] | None, m: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"lf_{j}" for j in range(m))
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"lf_names must be a sequence of str, got {names!r}")
    if len(names) != m:
        raise ValueError(f"got {len(names)} LF names for {m} LFs")
    return tuple(map(str, names))


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
            if isinstance(cell, int | np.integer):
                largest = max(largest, int(cell))
    return numbered_classes(largest)


_Sparse = tuple[IntArray, IntArray, IntArray, tuple[int, int]]


def _sparse_parts(votes: Any) -> _Sparse | None:
    """Return indptr, indices, codes and shape of a SciPy sparse matrix, None for anything else."""
    if not (hasattr(votes, "tocsr") and hasattr(votes, "nnz")):
        return None
    cells = votes.tocoo()
    i, j, codes = cells.row.astype(np.int64), cells.col.astype(np.int64), cells.data
    n, m = cells.shape
    indptr, order, twice = csr_of(i, j, codes, n)
    if twice is not None:
        raise ValueError(
            f"the sparse matrix holds two votes of column {j[twice]} on row {i[twice]}; keep one"
        )
    if (codes == ABSTAIN).any() and not (codes == 0).any():
        warnings.warn(
            "the sparse matrix stores -1 but no 0, as csr_matrix(dense) does: cells that are not "
            "stored are read as class 0; store votes only, or pass the dense matrix",
            WeakLabelWarning,
            stacklevel=4,
        )
        dense = cells.toarray()
        i, j = np.nonzero(dense != ABSTAIN)
        return row_ends(i, n), j, dense[i, j], (n, m)
    return indptr, j[order], codes[order], (n, m)


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
        f"LF {lf_names[j]!r} has code {code} on row {i}; expected -1 or 0..{n_codes - 1} for "
        f"classes {tuple(class_names)}"
        + (" and their class sets" if n_codes > len(class_names) else "")
    )
