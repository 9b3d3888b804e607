"""A label model fitted on a cluster is the one fitted here; only sums come back."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import weaklabel as wl
import weaklabel.distributed as wd
from tests.distributed.conftest import Cluster
from weaklabel.errors import NotFittedError

pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support:FutureWarning")

CLASSES = ("HAM", "SPAM", "NEWS")
K = len(CLASSES)


def vote_frame(n: int, m: int = 6, seed: int = 0) -> pd.DataFrame:
    """Return votes of LFs that are right more often than not; one votes on sets of classes."""
    rng = np.random.default_rng(seed)
    y = rng.choice(K, n, p=[0.5, 0.3, 0.2])
    columns: dict[str, Any] = {"id": [f"r{i}" for i in range(n)]}
    for j in range(m):
        vote = np.where(rng.random(n) < 0.6 + 0.05 * (j % 6), y, rng.choice(K, n))
        columns[f"lf.{j}"] = np.where(rng.random(n) < 0.5, vote, -1).astype("int32")
    # None of HAM is a set of two classes, written as k and their bits.
    sets = np.where(y == 0, -1, K + 0b110)
    columns["not_ham"] = np.where(rng.random(n) < 0.3, sets, -1).astype("int32")
    return pd.DataFrame(columns)


def in_memory(frame: pd.DataFrame) -> wl.LabelMatrix:
    votes = frame.drop(columns="id").to_numpy()
    return wl.LabelMatrix.from_array(
        np.where(votes == K + 0b110, K, votes),
        CLASSES,
        list(frame.columns[1:]),
        keys=frame["id"].to_list(),
        class_sets=[(1, 2)],
    )


def as_votes(cluster: Cluster, frame: pd.DataFrame, cuts: tuple[int, ...]) -> Any:
    return wd.as_votes(cluster.scatter(frame, cuts), key="id", classes=CLASSES)


@pytest.fixture(scope="module", autouse=True)
def _large_batches(request: pytest.FixtureRequest) -> None:
    cluster = request.getfixturevalue("cluster")
    if cluster.name == "spark":
        cluster.session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "10000")


@pytest.mark.parametrize("cuts", [(), (1, 700, 700, 2999)], ids=["one part", "five parts"])
def test_the_model_is_the_one_fitted_in_memory(cluster: Cluster, cuts: tuple[int, ...]) -> None:
    frame = vote_frame(3000)
    here = wl.LabelModel().fit(in_memory(frame))
    there = wd.fit(as_votes(cluster, frame, cuts))
    assert there.lf_names_ == here.lf_names_
    assert there.class_names_ == here.class_names_
    assert there.class_sets_ == here.class_sets_
    np.testing.assert_allclose(there.class_balance_, here.class_balance_, atol=1e-9, rtol=0)
    np.testing.assert_allclose(there.cond_probs_, here.cond_probs_, atol=1e-9, rtol=0)
    probs = there.predict_proba(in_memory(frame))
    np.testing.assert_allclose(probs, here.predict_proba(in_memory(frame)), atol=1e-9, rtol=0)


def test_so_it_is_where_rows_are_too_many_to_be_counted_by_their_votes(cluster: Cluster) -> None:
    frame = vote_frame(120_000, m=16)
    here = wl.LabelModel().fit(in_memory(frame))
    watched = Watched()
    there = wd.fit(as_votes(cluster, frame, (20_000,)), watched)
    assert len(watched.moved) > 4, "a pass over the parts for each step"
    np.testing.assert_allclose(there.cond_probs_, here.cond_probs_, atol=1e-9, rtol=0)
    np.testing.assert_allclose(there.class_balance_, here.class_balance_, atol=1e-9, rtol=0)


def test_the_model_given_is_fitted_with_its_parameters(cluster: Cluster) -> None:
    frame = vote_frame(500)
    model = wl.LabelModel(class_balance=[0.2, 0.3, 0.5])
    assert wd.fit(as_votes(cluster, frame, (100,)), model) is model
    np.testing.assert_allclose(model.class_balance_, [0.2, 0.3, 0.5])


class Measured:
    """Votes elsewhere, noting the bytes that come back of each call and where it ran."""

    def __init__(self, votes: Any) -> None:
        self.votes = votes
        self.bytes: list[int] = []
        self.processes: set[int] = set()

    def map_votes(self, function: Callable[[wl.LabelMatrix], Any]) -> list[Any]:
        found = self.votes.map_votes(lambda L: (os.getpid(), function(L)))
        self.processes |= {process for process, _ in found}
        self.bytes.append(sum(len(pickle.dumps(result)) for _, result in found))
        return [result for _, result in found]


class Watched(wl.LabelModel):  # type: ignore[misc]
    """A label model that keeps the bytes its fit moved."""

    moved: list[int]

    def fit(self, votes: Any, *_: Any) -> Watched:
        measured = Measured(votes)
        super().fit(measured)
        assert os.getpid() not in measured.processes, "the votes stay where they are"
        self.moved = measured.bytes
        return self


def test_what_comes_back_does_not_grow_with_the_rows(cluster: Cluster) -> None:
    moved = {}
    for n in (20_000, 80_000):
        watched = Watched()
        wd.fit(as_votes(cluster, vote_frame(n, m=4), (n // 3, n // 2)), watched)
        moved[n] = watched.moved
    assert sum(moved[80_000]) < 1.2 * sum(moved[20_000])
    assert sum(moved[80_000]) < 4 * 80_000, "less than a byte a vote"


def test_nothing_stays_on_the_cluster_after_the_fit(cluster: Cluster) -> None:
    wd.fit(as_votes(cluster, vote_frame(300), (100,)))
    if cluster.name == "spark":
        kept = cluster.session.sparkContext._jsc.getPersistentRDDs().size()
    else:
        # Letting go takes the scheduler a few messages.
        for _ in range(1000):
            kept = cluster.session.run_on_scheduler(
                lambda dask_scheduler: len(dask_scheduler.tasks)
            )
            if not kept:
                break
    assert kept == 0


def test_a_model_that_needs_the_votes_in_memory_is_refused(cluster: Cluster) -> None:
    votes = as_votes(cluster, vote_frame(5), ())
    with pytest.raises(TypeError, match=r"^only a LabelModel is fitted where .* got MajorityVote;"):
        wd.fit(votes, wl.MajorityVote())  # type: ignore[arg-type]


def test_votes_without_rows_are_refused(cluster: Cluster) -> None:
    votes = as_votes(cluster, vote_frame(5), ())
    with pytest.raises(ValueError, match=r"^the votes have no rows; there is nothing to fit$"):
        wd.fit(votes[votes["not_ham"] > 100])


@pytest.mark.parametrize("cuts", [(), (1, 700, 700, 2999)], ids=["one part", "five parts"])
@pytest.mark.parametrize("kind", [wl.LabelModel, wl.MajorityVote])
def test_labels_are_those_given_in_memory(
    cluster: Cluster, cuts: tuple[int, ...], kind: Any
) -> None:
    frame = vote_frame(3000)
    L = in_memory(frame)
    model = kind().fit(L)
    expected = model.label(L)
    table = cluster.collect(wd.label(model, as_votes(cluster, frame, cuts)))
    assert table.column_names == ["id", "label", "confidence", "covered", "p_HAM", "p_SPAM",
                                  "p_NEWS"]  # fmt: skip
    assert table["id"].to_pylist() == expected.keys.tolist()
    names = [None if y < 0 else CLASSES[y] for y in expected.predict()]
    assert table["label"].to_pylist() == names
    assert None in names
    assert table["covered"].to_pylist() == expected.covered.tolist()
    assert table["confidence"].to_numpy().tobytes() == expected.confidence.tobytes()
    probs = np.column_stack([table[f"p_{name}"].to_numpy() for name in CLASSES])
    assert probs.tobytes() == expected.probs.tobytes()


def test_labels_of_no_rows_have_the_columns(cluster: Cluster) -> None:
    frame = vote_frame(50)
    votes = as_votes(cluster, frame, ())
    labels = wd.label(wl.MajorityVote().fit(in_memory(frame)), votes[votes["not_ham"] > 100])
    assert cluster.collect(labels).schema.names[:2] == ["id", "label"]


def test_a_model_that_does_not_fit_is_refused_before_anything_runs(cluster: Cluster) -> None:
    frame = vote_frame(50)
    votes = as_votes(cluster, frame, ())
    with pytest.raises(NotFittedError, match=r"fit"):
        wd.label(wl.LabelModel(), votes)
    other = wl.MajorityVote().fit(in_memory(frame).select(["lf.0", "lf.1"]))
    with pytest.raises(ValueError, match=r"^the model was fitted on other LFs: the matrix has "):
        wd.label(other, votes)


def test_a_key_called_as_a_column_of_the_labels_is_refused(cluster: Cluster) -> None:
    frame = vote_frame(50)
    model = wl.MajorityVote().fit(in_memory(frame))
    named = cluster.scatter(frame.rename(columns={"id": "label"}), ())
    votes = wd.as_votes(named, key="label", classes=CLASSES)
    with pytest.raises(ValueError, match=r"two columns 'label': the key is called 'label'; rename"):
        wd.label(model, votes)


def test_votes_on_spark_keep_their_note_in_parquet(
    spark_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = str(tmp_path_factory.mktemp("votes") / "votes")
    frame = vote_frame(200)
    as_votes(spark_cluster, frame, (50,)).write.parquet(path)
    back = spark_cluster.session.read.parquet(path)
    assert wd.fit(back).lf_names_ == tuple(frame.columns[1:])
    # Parquet holds the note, and the votes of any engine.
    assert pq.read_table(path).num_rows == 200
