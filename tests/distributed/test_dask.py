"""What Dask frames are beyond their rows: index, divisions, types, schedulers."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
import weaklabel.distributed as wd


@wl.labeling_function(votes="SPAM")
def even(x: Any) -> Any:
    return x.n % 2 == 0


CLASSES = ("HAM", "SPAM")


@pytest.fixture(autouse=True, params=["threads", "synchronous"])
def _no_cluster(request: pytest.FixtureRequest) -> Any:
    with dask.config.set(scheduler=request.param):
        yield


def frame(n: int = 20) -> pd.DataFrame:
    return pd.DataFrame({"id": [f"r{i}" for i in range(n)], "n": range(n)})


def majority(classes: tuple[str, ...], lf: str = "even") -> wl.MajorityVote:
    return wl.MajorityVote().fit(wl.LabelMatrix.from_array([[0], [1]], classes, [lf]))


def test_index_and_divisions_stay_so_that_votes_join_the_data() -> None:
    data = frame().set_index(np.arange(0, 200, 10))
    ddf = dd.from_pandas(data, npartitions=3)
    votes = wd.dask_apply([even], ddf, key="id", classes=CLASSES)
    assert votes.divisions == ddf.divisions
    assert votes.compute().index.tolist() == data.index.tolist()
    model = majority(CLASSES)
    joined = ddf.join(wd.label(model, votes)[["label"]]).compute()
    assert joined["label"].fillna("-").tolist() == ["SPAM", "-"] * 10


def test_the_types_are_those_announced() -> None:
    votes = wd.dask_apply([even], dd.from_pandas(frame(), npartitions=2), key="n", classes=CLASSES)
    labels = wd.label(majority(CLASSES), votes)
    for lazy in (votes, wd.faults(votes), labels):
        assert lazy.compute().dtypes.tolist() == lazy.dtypes.tolist()
    assert votes.dtypes["n"] == "int64"
    assert votes.dtypes["even"] == "int32"


def test_columns_of_any_kind_go_through() -> None:
    data = frame(4).assign(
        day=pd.Series([datetime.date(2024, 1, i) for i in (1, 2, 3, 4)], dtype="object"),
        at=pd.to_datetime(["2024-01-01"] * 4),
        kind=pd.Categorical(["a", "b", "a", None]),
        tags=[["x"], [], None, ["y", "z"]],
        maybe=pd.array([1, None, 3, 4], "Int64"),
    )

    @wl.labeling_function
    def all_of_them(x: Any) -> Any:
        if x.maybe is None or x.kind is None:
            return None
        return int(x.day.year == x.at.year and len(x.tags or ()) < 2 and x.kind in "ab")

    with dask.config.set({"dataframe.convert-string": False}):
        ddf = dd.from_pandas(data, npartitions=2)
    for key in ("id", "n"):
        votes = wd.dask_apply([all_of_them], ddf, key=key, classes=CLASSES)
        assert votes["all_of_them"].compute().tolist() == [1, -1, 1, -1]
        assert votes["_faults"].compute().isna().all()


def test_a_column_of_two_types_is_named() -> None:
    data = frame(2).assign(mixed=[1, "a"])
    with dask.config.set({"dataframe.convert-string": False}):
        ddf = dd.from_pandas(data, npartitions=1)
    votes = wd.dask_apply([even], ddf, key="id", classes=CLASSES)
    with pytest.raises(TypeError, match=r"^column 'mixed' of a partition .*; give its values one"):
        votes.compute()


def test_a_key_of_another_type_than_announced_is_refused() -> None:
    data = frame(2).assign(id=pd.Series([1, 2], dtype="object"))
    with dask.config.set({"dataframe.convert-string": False}):
        ddf = dd.from_pandas(data, npartitions=1)
    votes = wd.dask_apply([even], ddf, key="id", classes=CLASSES)
    with pytest.raises(
        TypeError, match=r"^column 'id' of a partition holds int64, the Dask DataFrame says "
    ):
        votes.compute()


@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_votes_read_from_parquet_are_votes_again(tmp_path: Path) -> None:
    votes = wd.dask_apply([even], dd.from_pandas(frame(), npartitions=2), key="id", classes=CLASSES)
    votes.to_parquet(tmp_path / "votes")
    back = dd.read_parquet(tmp_path / "votes")
    assert wd.label(majority(CLASSES), back)["label"].notnull().sum().compute() == 10


def test_votes_that_were_joined_are_votes_once_that_is_said() -> None:
    ddf = dd.from_pandas(frame(), npartitions=2)
    votes = wd.dask_apply([even], ddf, key="id", classes=CLASSES)
    joined = votes.merge(ddf, on="id")
    with pytest.raises(ValueError, match=r"^nothing tells which columns of this frame are votes"):
        wd.label(majority(CLASSES), joined)
    again = wd.as_votes(joined, key="id", classes=CLASSES, lf_names=["even"])
    assert wd.label(majority(CLASSES), again)["label"].notnull().sum().compute() == 10


def test_votes_on_the_same_data_keep_classes_of_their_own() -> None:
    ddf = dd.from_pandas(frame(), npartitions=2)
    for classes in (("HAM", "SPAM"), ("EGGS", "SPAM")):
        votes = wd.as_votes(ddf, key="id", classes=classes, lf_names=["n"])
        labels = wd.label(majority(classes, "n"), votes)
        assert f"p_{classes[0]}" in labels.columns
