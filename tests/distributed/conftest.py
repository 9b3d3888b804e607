"""A Dask cluster of two worker processes and a Spark session, both real, both on this machine."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import weaklabel.distributed as wd


@dataclass(frozen=True)
class Cluster:
    """A way to put data on a cluster and to get it back, to compare."""

    name: str
    apply: Callable[..., Any]
    scatter: Callable[[pd.DataFrame, Sequence[int]], Any]
    collect: Callable[[Any], pa.Table]
    session: Any


@pytest.fixture(scope="module", params=["dask", "spark"])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    found: Cluster = request.getfixturevalue(f"{request.param}_cluster")
    return found


@pytest.fixture(scope="module")
def dask_cluster() -> Iterator[Cluster]:
    import dask
    from distributed import Client, LocalCluster

    with (
        dask.config.set({"distributed.worker.daemon": True}),
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as workers,
        Client(workers) as client,
    ):
        yield Cluster("dask", wd.dask_apply, _dask_parts, _from_dask, client)


@pytest.fixture(scope="module")
def spark_cluster() -> Iterator[Cluster]:
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, and there is no java on the PATH")
    from pyspark.sql import SparkSession

    before = os.environ.get("PYSPARK_PYTHON")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        # Without the 4, which is what a cluster has, a local session gives up when a worker dies.
        SparkSession.builder.master("local[2, 4]")
        .config("spark.driver.memory", "1g")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )

    def scatter(frame: pd.DataFrame, cuts: Sequence[int]) -> Any:
        """Cut a frame at some rows; an Arrow batch holds 50 rows at most."""
        parts = [session.createDataFrame(part).coalesce(1) for part in _tables(frame, cuts)]
        whole = parts[0]
        for part in parts[1:]:
            whole = whole.union(part)
        return whole

    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "50")
    yield Cluster("spark", wd.spark_apply, scatter, lambda frame: frame.toArrow(), session)
    session.stop()
    if before is None:
        del os.environ["PYSPARK_PYTHON"]
    else:
        os.environ["PYSPARK_PYTHON"] = before


def _tables(frame: pd.DataFrame, cuts: Sequence[int]) -> Iterator[pa.Table]:
    # A NaN stays a NaN: from_pandas would make it a missing value.
    whole = pa.table(
        {c: pa.array(frame[c].to_numpy(), from_pandas=frame[c].dtype != "float64") for c in frame}
    )
    for start, stop in zip([0, *cuts], [*cuts, len(frame)], strict=True):
        yield whole.slice(start, stop - start)


def _dask_parts(frame: pd.DataFrame, cuts: Sequence[int]) -> Any:
    """Cut a frame at some rows; equal cuts make an empty partition."""
    import dask.dataframe as dd

    bounds = zip([0, *cuts], [*cuts, len(frame)], strict=True)
    return dd.concat(
        [dd.from_pandas(frame.iloc[a:b], npartitions=1, sort=False) for a, b in bounds]
    )


def _from_dask(frame: Any) -> pa.Table:
    return pa.Table.from_pandas(frame.compute(), preserve_index=False)
