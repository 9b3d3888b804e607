"""Running labeling functions where the data is: on Dask and on Spark."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Literal

from weaklabel._optional import require
from weaklabel.apply import PartFunction
from weaklabel.distributed._engine import Engine, is_dask, is_spark
from weaklabel.distributed._notes import VotesNote
from weaklabel.types import Classes


def dask_apply(
    lfs: Iterable[Any],
    ddf: Any,
    *,
    key: str,
    classes: Classes | None = None,
    on_error: Literal["raise", "abstain"] = "abstain",
    cache: str | os.PathLike[str] | None = None,
    timeout: float | None = None,
) -> Any:
    """Run labeling functions over a Dask DataFrame.

    Parameters
    ----------
    lfs : iterable of LabelingFunction
        Labeling functions of distinct names.
    ddf : dask.dataframe.DataFrame
        The data.
    key : str
        The column of the row keys, which are unique.
    classes : Enum type or sequence of str, optional
        The classes; needed where the labeling functions do not declare them.
    on_error : {"abstain", "raise"}, optional
        What to do when a call fails or votes something illegal: abstain there and keep the fault
        (see `faults` and `check_fault_rate`), or fail.
    cache : path, optional
        A vote store, on a disk that the workers share or each on its own.
    timeout : float, optional
        Seconds that one labeling function may take on some thousand rows.

    Returns
    -------
    dask.dataframe.DataFrame
        Nothing is computed before it is used. In the partitions, order, index and divisions of
        `ddf`: the key; an int column for each labeling function, -1 abstain, 0..k-1 the classes,
        from k on k + bitmask of the classes that a partial vote leaves possible; and ``_faults``,
        JSON of what failed on the row, else null.

    Raises
    ------
    TypeError
        When `ddf` is no Dask DataFrame, or a labeling function cannot be sent to workers.
    ValueError
        When there are no labeling functions or two of one name, nothing declares the classes, or a
        column is missing.

    Examples
    --------
    >>> import pandas as pd, dask.dataframe as dd, weaklabel as wl
    >>> @wl.labeling_function(votes="SPAM")
    ... def has_link(x):
    ...     return "http" in x.text
    >>> data = pd.DataFrame({"id": [7, 8], "text": ["http://x.y", "hello"]})
    >>> ddf = dd.from_pandas(data, npartitions=2)
    >>> votes = wl.distributed.dask_apply([has_link], ddf, key="id", classes=("HAM", "SPAM"))
    >>> votes[["id", "has_link"]].compute()
       id  has_link
    0   7         1
    1   8        -1
    """
    require("dask.dataframe", extra="dask", what="dask_apply")
    if not is_dask(ddf):
        raise TypeError(_other("dask_apply", "Dask", "dask.dataframe.from_pandas(data)", ddf))
    from weaklabel.distributed import _dask

    function = PartFunction(
        lfs, key=key, classes=classes, on_error=on_error, cache=cache, timeout=timeout
    )
    return _applied(_dask, function, ddf)


def spark_apply(
    lfs: Iterable[Any],
    sdf: Any,
    *,
    key: str,
    classes: Classes | None = None,
    on_error: Literal["raise", "abstain"] = "abstain",
    cache: str | os.PathLike[str] | None = None,
    timeout: float | None = None,
) -> Any:
    """Run labeling functions over a Spark DataFrame.

    Parameters
    ----------
    lfs : iterable of LabelingFunction
        Labeling functions of distinct names.
    sdf : pyspark.sql.DataFrame
        The data.
    key : str
        The column of the row keys, which are unique.
    classes : Enum type or sequence of str, optional
        The classes; needed where the labeling functions do not declare them.
    on_error : {"abstain", "raise"}, optional
        What to do when a call fails or votes something illegal: abstain there and keep the fault
        (see `faults` and `check_fault_rate`), or fail.
    cache : path, optional
        A vote store, on a disk that the executors share or each on its own.
    timeout : float, optional
        Seconds that one labeling function may take on some thousand rows.

    Returns
    -------
    pyspark.sql.DataFrame
        Nothing is computed before it is used. The key; an int column for each labeling function,
        -1 abstain, 0..k-1 the classes, from k on k + bitmask of the classes that a partial vote
        leaves possible; and ``_faults``, JSON of what failed on the row, else null.

    Raises
    ------
    TypeError
        When `sdf` is no Spark DataFrame, or a labeling function cannot be sent to workers.
    ValueError
        When there are no labeling functions or two of one name, nothing declares the classes, or a
        column is missing.
    """
    require("pyspark.sql", extra="spark", what="spark_apply")
    if not is_spark(sdf):
        raise TypeError(_other("spark_apply", "Spark", "spark.createDataFrame(data)", sdf))
    from weaklabel.distributed import _spark

    function = PartFunction(
        lfs, key=key, classes=classes, on_error=on_error, cache=cache, timeout=timeout
    )
    return _applied(_spark, function, sdf)


def _applied(engine: Engine, function: PartFunction, frame: Any) -> Any:
    schema = function.schema(engine.schema(frame))
    note = VotesNote.of(function.meta)
    return engine.mapped(frame, function, schema, note=note.text)


def _other(function: str, engine: str, make: str, frame: object) -> str:
    return (
        f"{function} takes a {engine} DataFrame, got {type(frame).__name__}; make one with {make}, "
        "or use apply_lfs for data in memory"
    )
