"""What is asked of an engine, and which engine a frame belongs to."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")


class Sweep(Protocol):
    """Runs a function on every part of something held by an engine."""

    def __call__(self, function: Callable[[Any], T], /) -> list[T]:
        """Return what the function returns of each part that has rows, in their order."""


class Engine(Protocol):
    """Dask or Spark: a module with these functions. Frames are its own, tables are Arrow's.

    A part of a frame is some of its consecutive rows, all on one worker.
    """

    def schema(self, frame: Any) -> pa.Schema:
        """Return names and types of the columns; nothing is computed."""

    def chosen(self, frame: Any, columns: list[str]) -> Any:
        """Return the frame of some columns, in the given order."""

    def mapped(
        self,
        frame: Any,
        function: Callable[[pa.Table], pa.Table],
        schema: pa.Schema,
        *,
        note: str | None = None,
        same_rows: bool = True,
    ) -> Any:
        """Return the frame of what the function makes of each part; computed when it is used."""

    def noted(self, frame: Any, note: str, *, key: str) -> Any:
        """Return the frame with a note on it that survives filters."""

    def note(self, frame: Any) -> str | None:
        """Return the note on a frame, None where there is none."""

    def results(self, frame: Any, function: Callable[[pa.Table], T]) -> list[T]:
        """Return what the function returns of each part that has rows, in their order."""

    def held(
        self, frame: Any, function: Callable[[pa.Table], Any]
    ) -> AbstractContextManager[Sweep]:
        """Hold what the function makes of each part on the workers, to sweep over it."""


def engine_of(frame: Any, *, what: str) -> Engine:
    """Return the engine of a frame.

    Parameters
    ----------
    frame : Dask or Spark DataFrame
    what : str
        What the frame should hold, for the message.

    Raises
    ------
    TypeError
        When it is a frame of neither.
    """
    if is_dask(frame):
        from weaklabel.distributed import _dask

        return _dask
    if is_spark(frame):
        from weaklabel.distributed import _spark

        return _spark
    raise TypeError(f"expected a Dask or Spark DataFrame of {what}, got {type(frame).__name__}")


def is_dask(frame: object) -> bool:
    """Tell whether something is a Dask DataFrame; Dask is not imported for it."""
    dask = sys.modules.get("dask.dataframe")
    return dask is not None and isinstance(frame, dask.DataFrame)


def is_spark(frame: object) -> bool:
    """Tell whether something is a Spark DataFrame; Spark is not imported for it."""
    spark = sys.modules.get("pyspark.sql")
    return spark is not None and isinstance(frame, spark.DataFrame)
