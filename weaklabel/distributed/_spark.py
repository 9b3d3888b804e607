"""Spark as an engine: a part is an Arrow batch, or a few of them, of a partition."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pyarrow as pa

from weaklabel.distributed._engine import Sweep

T = TypeVar("T")

# Where the note stands in the metadata of the key column.
_NOTE = "weaklabel"
# Rows of a part whose result goes to the driver: many, for each of them is one more result.
_ROWS = 1 << 18


def schema(frame: Any) -> pa.Schema:
    """Return names and types of the columns; nothing is computed."""
    from pyspark.sql.pandas.types import to_arrow_schema

    return to_arrow_schema(frame.schema)


def chosen(frame: Any, columns: list[str]) -> Any:
    """Return the frame of some columns, in the given order."""
    # In backticks a dot is part of the name.
    return frame.select(*("`" + name.replace("`", "``") + "`" for name in columns))


def mapped(
    frame: Any,
    function: Callable[[pa.Table], pa.Table],
    schema: pa.Schema,
    *,
    note: str | None = None,
    same_rows: bool = True,  # noqa: ARG001 - Dask needs to know
) -> Any:
    """Return the frame of what the function makes of each batch, in the order of the rows."""
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    spark_schema = from_arrow_schema(schema)
    if note is not None:
        spark_schema[0].metadata = {_NOTE: note}
    names, made = list(frame.columns), to_arrow_schema(spark_schema)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield from function(_table_of([batch], names)).cast(made).to_batches()

    return _in_arrow(frame, run, spark_schema)


def noted(frame: Any, note: str, *, key: str) -> Any:
    """Return the frame with a note on its key column, which survives filters and Parquet."""
    return frame.withMetadata(key, {_NOTE: note})


def note(frame: Any) -> str | None:
    """Return the note on a frame, None where there is none."""
    for field in frame.schema:
        if _NOTE in (field.metadata or {}):
            found: str = field.metadata[_NOTE]
            return found
    return None


def results(frame: Any, function: Callable[[pa.Table], T]) -> list[T]:
    """Return what the function returns of each part that has rows, in their order."""
    import cloudpickle
    from pyspark.sql.types import BinaryType, StructField, StructType

    names = list(frame.columns)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for part in _parts(batches):
            packed = cloudpickle.dumps(function(_table_of(part, names)))
            yield pa.record_batch({"result": pa.array([packed], pa.binary())})

    rows = _in_arrow(frame, run, StructType([StructField("result", BinaryType())])).collect()
    return [cloudpickle.loads(bytes(row["result"])) for row in rows]


@contextmanager
def held(frame: Any, function: Callable[[pa.Table], Any]) -> Iterator[Sweep]:
    """Keep the frame in the memory of the executors; what does not fit goes to their disks."""
    kept = frame.persist()

    def sweep(more: Callable[[Any], T]) -> list[T]:
        return results(kept, lambda table: more(function(table)))

    try:
        yield sweep
    finally:
        kept.unpersist()


def _in_arrow(frame: Any, run: Callable[..., Iterator[pa.RecordBatch]], schema: Any) -> Any:
    # Under names of its own, for Spark looks for a column "a.b" inside a column "a".
    plain = frame.toDF(*(f"c{j}" for j in range(len(frame.columns))))
    with warnings.catch_warnings():
        # Nothing here goes through pandas.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
        return plain.mapInArrow(run, schema)


def _parts(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    part: list[pa.RecordBatch] = []
    n = 0
    for batch in batches:
        if len(batch):
            part.append(batch)
            n += len(batch)
        if n >= _ROWS:
            yield part
            part, n = [], 0
    if part:
        yield part


def _table_of(batches: list[pa.RecordBatch], names: list[str]) -> pa.Table:
    return pa.Table.from_batches(batches).rename_columns(names)
