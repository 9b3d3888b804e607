"""What failed where the data is: the faults of a run on Dask or Spark, and their rate."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from weaklabel.distributed._notes import FAULTS, noted_votes
from weaklabel.errors import FaultRateError
from weaklabel.types import Fault


def faults(votes: Any) -> Any:
    """Return the calls that failed, as a frame.

    Parameters
    ----------
    votes : Dask or Spark DataFrame
        What `dask_apply` or `spark_apply` returned.

    Returns
    -------
    Dask or Spark DataFrame
        Nothing is computed before it is used. A row for each fault: the key, ``lf``, ``error``
        (type and message of the exception, or what was wrong with the vote) and ``traceback``.

    Raises
    ------
    TypeError
        When `votes` is no Dask or Spark DataFrame.
    ValueError
        When nothing tells what its columns are, or one is missing.

    Examples
    --------
    >>> import pandas as pd, dask.dataframe as dd, weaklabel as wl
    >>> @wl.labeling_function(votes="SPAM")
    ... def shouts(x):
    ...     return x.text.isupper()
    >>> data = dd.from_pandas(pd.DataFrame({"id": [7, 8], "text": ["HELLO", None]}))
    >>> votes = wl.distributed.dask_apply([shouts], data, key="id", classes=("HAM", "SPAM"))
    >>> wl.distributed.faults(votes)[["id", "lf"]].compute()
       id      lf
    0   8  shouts
    """
    engine, note, frame = noted_votes(votes)
    key = engine.schema(frame).field(note.key).remove_metadata()
    texts = [pa.field(name, pa.string()) for name in ("lf", "error", "traceback")]
    if note.key in ("lf", "error", "traceback"):
        key = key.with_name("key")
    own = pa.schema([key, *texts])
    alone = engine.chosen(frame, [note.key, FAULTS])
    return engine.mapped(alone, partial(_faults, schema=own), own, same_rows=False)


def check_fault_rate(votes: Any, max_fault_rate: float = 0.1) -> None:
    """Count the faults of a run, and refuse it where a labeling function failed too often.

    It runs the labeling functions where the votes are not kept (``votes.persist()``) or written.

    Parameters
    ----------
    votes : Dask or Spark DataFrame
        What `dask_apply` or `spark_apply` returned.
    max_fault_rate : float, optional
        The share of rows, in 0..1, on which one labeling function may fail.

    Raises
    ------
    FaultRateError
        When one fails on more, with its first fault.
    TypeError
        When `votes` is no Dask or Spark DataFrame.
    ValueError
        When `max_fault_rate` is no share, nothing tells what the columns are, or one is missing.
    """
    if not 0 <= max_fault_rate <= 1:
        raise ValueError(f"max_fault_rate must be a share in 0..1, got {max_fault_rate!r}")
    engine, note, frame = noted_votes(votes)
    alone = engine.chosen(frame, [note.key, FAULTS])
    counts = engine.results(alone, _counts)
    n = sum(part.n for part in counts)
    for lf in note.lf_names:
        failed = sum(part.failed.get(lf, 0) for part in counts)
        # Not failed > rate * n: 0.29 * 100 is less than 29.
        if failed and failed / n > max_fault_rate:
            first = _first(lf, counts)
            raise FaultRateError(
                f"labeling function {lf!r} failed on {failed:,} of {n:,} rows, above "
                f"max_fault_rate={max_fault_rate:g}; mend it or raise the rate. First on row "
                f"{first.key!r}: {first.error}",
                lf=lf,
                faults=[first],
            )


@dataclass(frozen=True, slots=True)
class _Counts:
    """Rows of a part, how many of them each LF failed on, and the first fault of each."""

    n: int
    failed: dict[str, int]
    first: dict[str, Fault]


def _counts(table: pa.Table) -> _Counts:
    counts = _Counts(table.num_rows, {}, {})
    for row, key, fault in _found(table):
        lf = fault["lf"]
        counts.failed[lf] = counts.failed.get(lf, 0) + 1
        if lf not in counts.first:
            counts.first[lf] = Fault(lf, row, key, fault["error"], fault["traceback"])
    return counts


def _first(lf: str, counts: list[_Counts]) -> Fault:
    """Return the first fault of an LF, its row counted over all parts."""
    start = 0
    for part in counts:
        if lf in part.first:
            return replace(part.first[lf], row=start + part.first[lf].row)
        start += part.n
    raise AssertionError(lf)


def _faults(table: pa.Table, schema: pa.Schema) -> pa.Table:
    found = list(_found(table))
    columns = [pa.array([key for _, key, _ in found], schema.field(0).type)]
    columns += [
        pa.array([fault[name] for _, _, fault in found], pa.string()) for name in schema.names[1:]
    ]
    return pa.table(columns, schema=schema)


def _found(table: pa.Table) -> Any:
    """Yield row, key and fault of each fault of a table of keys and faults."""
    rows = pc.indices_nonzero(pc.is_valid(table[FAULTS]))
    some = table.take(rows)
    for row, key, text in zip(
        rows.to_pylist(), some.column(0).to_pylist(), some[FAULTS].to_pylist(), strict=True
    ):
        for fault in json.loads(text):
            yield row, key, fault
