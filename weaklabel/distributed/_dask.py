"""Dask as an engine: a part is a partition, a pandas frame on a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from weaklabel.distributed._engine import Sweep

T = TypeVar("T")

# Where the note stands in ``DataFrame.attrs``.
_NOTE = "weaklabel"


def schema(frame: Any) -> pa.Schema:
    """Return names and types of the columns; nothing is computed."""
    example = frame._meta_nonempty
    # What a column of objects holds, nobody knows before it is read; most often texts.
    objects = [name for name, dtype in example.dtypes.items() if dtype is np.dtype(object)]
    return _table_of(example.astype(dict.fromkeys(objects, "string"))).schema


def chosen(frame: Any, columns: list[str]) -> Any:
    """Return the frame of some columns, in the given order."""
    return frame[columns]


def mapped(
    frame: Any,
    function: Callable[[pa.Table], pa.Table],
    schema: pa.Schema,
    *,
    note: str | None = None,
    same_rows: bool = True,
) -> Any:
    """Return the frame of what the function makes of each partition.

    With `same_rows` it keeps the index and the divisions.
    """
    import dask

    like = _pandas_of(schema.empty_table())
    if same_rows:
        like.index = frame._meta.index
    if note is not None:
        like.attrs[_NOTE] = note
    # As a value of its own in the graph it travels once to a worker, not with every task.
    work = dask.delayed(_Work(function, schema, note, same_rows))
    return frame.map_partitions(_run, work, meta=like, clear_divisions=not same_rows)


def noted(frame: Any, note: str, *, key: str) -> Any:  # noqa: ARG001 - Spark needs the key
    """Return the frame with a note on it that survives filters and Parquet."""
    like = frame._meta.copy()
    like.attrs[_NOTE] = note
    return frame.map_partitions(_with_note, note, meta=like)


def note(frame: Any) -> str | None:
    """Return the note on a frame, None where there is none."""
    found: str | None = frame._meta.attrs.get(_NOTE)
    return found


def results(frame: Any, function: Callable[[pa.Table], T]) -> list[T]:
    """Return what the function returns of each partition that has rows, in their order."""
    import dask

    work = dask.delayed(function)
    run = dask.delayed(_result)
    return _joined(dask.compute(*(run(part, work) for part in frame.to_delayed())))


@contextmanager
def held(frame: Any, function: Callable[[pa.Table], Any]) -> Iterator[Sweep]:
    """Hold what the function makes of each partition in the memory of the workers."""
    import dask

    work = dask.delayed(function)
    run = dask.delayed(_result)
    parts = dask.persist(*(run(part, work) for part in frame.to_delayed()))

    def sweep(more: Callable[[Any], T]) -> list[T]:
        run = dask.delayed(_swept)
        work = dask.delayed(more)
        return _joined(dask.compute(*(run(part, work) for part in parts)))

    # The workers let go of the parts when the last reference to them goes.
    yield sweep


@dataclass(frozen=True, slots=True)
class _Work:
    """What a worker is to do with its partitions."""

    function: Callable[[pa.Table], pa.Table]
    schema: pa.Schema
    note: str | None
    same_rows: bool


def _run(partition: Any, work: _Work) -> Any:
    table = work.function(_table_of(partition))
    for field, wanted in zip(table.schema, work.schema, strict=True):
        if _is_text(field.type) != _is_text(wanted.type) and len(partition):
            raise TypeError(
                f"column {field.name!r} of a partition holds {field.type}, the Dask DataFrame says "
                f"{wanted.type}; give the column its type with astype before"
            )
    made = _pandas_of(table.cast(work.schema))
    if work.same_rows:
        made.index = partition.index
    if work.note is not None:
        made.attrs[_NOTE] = work.note
    return made


def _with_note(partition: Any, note: str) -> Any:
    same = partition.copy(deep=False)
    same.attrs[_NOTE] = note
    return same


def _result(partition: Any, function: Callable[[pa.Table], T]) -> tuple[T] | tuple[()]:
    return (function(_table_of(partition)),) if len(partition) else ()


def _swept(part: tuple[Any] | tuple[()], function: Callable[[Any], T]) -> tuple[T] | tuple[()]:
    return (function(*part),) if part else ()


def _joined(found: Any) -> list[Any]:
    return [value for part in found for value in part]


def _table_of(frame: Any) -> pa.Table:
    """Return a pandas frame as an Arrow table; a NaN in a column of floats stays one."""
    columns = {}
    for j, name in enumerate(frame.columns):
        values = frame.iloc[:, j]
        try:
            if isinstance(values.dtype, np.dtype) and values.dtype.kind == "f":
                columns[str(name)] = pa.array(values.to_numpy(), from_pandas=False)
            else:
                columns[str(name)] = pa.array(values, from_pandas=True)
        except pa.ArrowException as error:
            raise TypeError(
                f"column {name!r} of a partition cannot go into an Arrow table ({error}); give "
                "its values one type, or leave the column out"
            ) from error
    return pa.table(columns)


def _pandas_of(table: pa.Table) -> Any:
    """Return an Arrow table as a pandas frame; texts are Arrow's, as Dask has them."""
    import pandas as pd

    def dtype(kind: pa.DataType) -> Any:
        if _is_text(kind):
            return pd.StringDtype("pyarrow")
        plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
        return None if plain else pd.ArrowDtype(kind)

    return table.to_pandas(types_mapper=dtype)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
