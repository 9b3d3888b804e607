"""The part function as engines of others call it: an Arrow table in, a table of votes out."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import pickle
from collections.abc import Iterable, Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any, final

import numpy as np

from weaklabel._checks import nearest
from weaklabel.apply._apply import (
    OnError,
    check_timeout,
    checked_lfs,
    declared_table,
    make_job,
)
from weaklabel.apply._assemble import assembled
from weaklabel.apply._faults import Faults
from weaklabel.apply._part import Job, vote_on
from weaklabel.apply._source import Source
from weaklabel.apply._workers import packed, without_causes
from weaklabel.errors import LFError
from weaklabel.matrix import LabelMatrix
from weaklabel.matrix._keys import check_keys, key_array
from weaklabel.matrix._storage import Votes
from weaklabel.types import ABSTAIN, Classes, Fault, IntArray

if TYPE_CHECKING:
    import pyarrow as pa

FAULTS = "_faults"
# Partial votes are written as k and a bit for each class.
_MOST_CLASSES, _INT32_CLASSES = 62, 30


@final
class PartFunction:
    """Labeling functions as a function of Arrow tables, for engines that hand parts of data out.

    ``function(table)`` returns a table with the row key, one column of vote codes a labeling
    function (-1 abstain, 0..k-1 the classes, k plus one bit for each class a partial vote), and the
    column ``_faults``: a JSON list of what failed on the row, or null. Rows keep their order. It
    pickles; however many parts a worker process is given, the labeling functions are unpacked once
    there, and each `Resource` is loaded once.

    Parameters
    ----------
    lfs, classes, cache, timeout
        As in `apply_parts`. The cache is a folder that all workers see.
    key : str
        The column that holds the row keys.
    on_error : {"raise", "abstain"}, optional
        As in `apply_parts`.

    Attributes
    ----------
    meta : dict
        Names of the labeling functions and classes and of the key column; what JSON can hold.

    Raises
    ------
    ValueError, TypeError
        As in `apply_parts`; and when a labeling function has the name of another column of the
        result, or cannot be sent to another process.

    Examples
    --------
    >>> import pyarrow as pa, weaklabel as wl
    >>> from weaklabel.apply import PartFunction
    >>> @wl.labeling_function(votes="SPAM")
    ... def has_link(x):
    ...     return "http" in x.text
    >>> votes_on = PartFunction([has_link], key="id", classes=("HAM", "SPAM"))
    >>> votes_on(pa.table({"id": [7, 8], "text": ["http://x.y", "hello"]})).to_pydict()
    {'id': [7, 8], 'has_link': [1, -1], '_faults': [None, None]}
    """

    def __init__(
        self,
        lfs: Iterable[Any],
        *,
        key: str,
        classes: Classes | None = None,
        on_error: OnError = "abstain",
        cache: str | os.PathLike[str] | None = None,
        timeout: float | None = None,
    ) -> None:
        functions = checked_lfs(lfs)
        if on_error not in ("raise", "abstain"):
            raise ValueError(f"on_error must be 'raise' or 'abstain', got {on_error!r}")
        check_timeout(timeout)
        table = declared_table(functions, classes, "PartFunction")
        for lf in functions:
            if lf.name in (key, FAULTS):
                raise ValueError(
                    f"a labeling function is named {lf.name!r}, which is another column of the "
                    "votes; pass name= to it"
                )
        self.meta: dict[str, Any] = {
            "lf_names": [lf.name for lf in functions],
            "class_names": list(table.names),
            "key": key,
        }
        self._columns = tuple((lf.name, lf.columns) for lf in functions)
        self._packed = packed(
            make_job(functions, table, on_error=on_error, timeout=timeout, cache=cache)
        )
        self._digest = hashlib.blake2b(self._packed, digest_size=16).hexdigest()

    def schema(self, data: pa.Schema) -> pa.Schema:
        """Return the schema of the votes on data of a schema.

        Raises
        ------
        ValueError
            When the data lack the key column, or one that a labeling function reads.
        """
        import pyarrow as pa

        for who, columns in (("the row key", (self.meta["key"],)), *self._told_columns()):
            for column in columns:
                if column not in data.names:
                    raise ValueError(
                        f"{who} reads column {column!r}, the data has columns "
                        f"{tuple(data.names)}{nearest(column, data.names)}"
                    )
        names = self.meta["lf_names"]
        code = pa.int32() if len(self.meta["class_names"]) <= _INT32_CLASSES else pa.int64()
        return pa.schema(
            [
                pa.field(self.meta["key"], data.field(self.meta["key"]).type),
                *(pa.field(name, code) for name in names),
                pa.field(FAULTS, pa.string()),
            ]
        )

    def __call__(self, table: pa.Table | pa.RecordBatch) -> pa.Table:
        """Return the votes on the rows of a table.

        Raises
        ------
        ValueError
            When a column is missing, or a row key is missing or repeated.
        LFError
            With ``on_error="raise"``, when a labeling function fails; and when one of a batch does
            not return one vote a row.
        """
        import pyarrow as pa

        if isinstance(table, pa.RecordBatch):
            table = pa.Table.from_batches([table])
        schema = self.schema(table.schema)
        key = self.meta["key"]
        L = self._matrix(table, key)
        codes = _with_bits(L)
        told = _told_faults(L)
        columns = [table.column(key), *(codes[:, j] for j in range(L.m)), pa.array(told, "string")]
        return pa.table(columns, schema=schema)

    def _matrix(self, table: pa.Table, key: str) -> LabelMatrix:
        begun = perf_counter()
        job = _unpacked(self._digest, self._packed)
        assert job.table is not None  # noqa: S101
        keys = key_array(table.column(key).to_pylist())
        check_keys(keys, table.num_rows)
        faults = Faults(job.lfs, None, None if job.stop else 1.0)
        done = []
        for part in Source.of(table).parts():
            votes = without_causes(vote_on(part, job))
            if votes.broken is not None:
                raise LFError(votes.broken.error, lf=votes.broken.lf)
            faults.add(votes.failures, part.start, keys[part.start :])
            done.append(votes)
        return assembled(done, job.lfs, job.table, keys, faults.in_order(), begun)

    def _told_columns(self) -> list[tuple[str, Sequence[str]]]:
        return [(f"labeling function {name!r}", columns) for name, columns in self._columns]

    def __repr__(self) -> str:
        return f"PartFunction of {len(self.meta['lf_names'])} LFs, key={self.meta['key']!r}"


def matrix_of(votes: pa.Table, meta: Mapping[str, Any]) -> LabelMatrix:
    """Return a table of votes that a `PartFunction` made as a label matrix.

    Parameters
    ----------
    votes : Arrow table
        The votes, in any order of columns.
    meta : mapping
        ``PartFunction.meta``.

    Returns
    -------
    LabelMatrix
        Rows in the order of the table.

    Raises
    ------
    ValueError
        When a code is none of the classes, or row keys are missing or repeated.
    """
    names, k = list(meta["lf_names"]), len(meta["class_names"])
    dense = np.empty((votes.num_rows, len(names)), np.int64)
    for j, name in enumerate(names):
        dense[:, j] = votes.column(name).to_numpy()
    if dense.size and dense.min() < ABSTAIN:
        raise ValueError(f"the votes hold the code {dense.min()}, expected -1 or more")
    held = dense >= k
    partial, which = np.unique(dense[held], return_inverse=True)
    sets = [tuple(c for c in range(k) if (int(code) - k) >> c & 1) for code in partial]
    class_sets = sorted(sets)
    place = np.array([k + class_sets.index(classes) for classes in sets], np.int64)
    dense[held] = place[which]
    keys = key_array(votes.column(meta["key"]).to_pylist())
    return LabelMatrix(
        Votes.from_dense(dense, k + len(sets)),
        lf_names=names,
        class_names=meta["class_names"],
        class_sets=class_sets,
        keys=keys,
        faults=_read_faults(votes, keys, names),
    )


@functools.lru_cache(maxsize=8)
def _unpacked(digest: str, raw: bytes) -> Job:  # noqa: ARG001
    job: Job = pickle.loads(raw)  # noqa: S301 - made in __init__, and sent by the engine
    return job


def _with_bits(L: LabelMatrix) -> IntArray:
    """Return the dense votes with class sets as k and one bit for each class."""
    dense = np.asarray(L).astype(np.int32 if L.k <= _INT32_CLASSES else np.int64)
    if L.class_sets and L.k > _MOST_CLASSES:
        raise ValueError(
            f"partial votes need a bit for each class, and there are {L.k} classes; up to "
            f"{_MOST_CLASSES} are possible on a cluster"
        )
    written = [*range(L.k), *(L.k + sum(1 << c for c in codes) for codes in L.class_sets), ABSTAIN]
    return np.asarray(np.array(written, dense.dtype)[dense])


def _told_faults(L: LabelMatrix) -> list[str | None]:
    by_row: dict[int, list[dict[str, str]]] = {}
    for fault in L.faults:
        told = {"lf": fault.lf, "error": fault.error, "traceback": fault.traceback}
        by_row.setdefault(fault.row, []).append(told)
    return [json.dumps(by_row[i]) if i in by_row else None for i in range(L.n)]


def _read_faults(votes: pa.Table, keys: IntArray, names: Sequence[str]) -> list[Fault]:
    import pyarrow.compute as pc

    column = votes.column(FAULTS)
    faults = []
    for i in np.flatnonzero(pc.is_valid(column).to_numpy()).tolist():
        key = keys[i].item() if isinstance(keys[i], np.generic) else keys[i]
        for told in json.loads(column[i].as_py()):
            faults.append(Fault(told["lf"], i, key, told["error"], told["traceback"]))
    return sorted(faults, key=lambda fault: (fault.row, names.index(fault.lf)))
