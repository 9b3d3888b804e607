"""Votes made on a cluster are those made here, bit for bit, faults and all."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import weaklabel as wl
import weaklabel.distributed as wd
from tests.distributed.conftest import Cluster
from weaklabel.apply import matrix_of
from weaklabel.errors import FaultRateError

pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support:FutureWarning")

CLASSES = ("HAM", "SPAM", "NEWS")


def data(n: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "n": np.arange(n),
            "text": np.array(["free", "news", "hello", None])[rng.integers(0, 4, n)],
            "score": np.where(np.arange(n) % 9, rng.random(n), np.nan),
            "id": [f"id-{i * 7 % 1000:03}" for i in range(n)],
        }
    )


def functions() -> list[wl.LabelingFunction]:
    """Return labeling functions that live nowhere but here, as those of a notebook do."""
    word, bad = "free", {3, 17, 59}

    class Label(IntEnum):
        HAM = 0
        SPAM = 1
        NEWS = 2

    @wl.preprocessor
    def length(x: Any) -> int:
        return len(x.text)  # fails where the text is missing

    @wl.labeling_function(columns="text")
    def closure(x: Any) -> Any:
        if x.n in bad:
            raise ValueError(f"row {x.n}")
        return Label.SPAM if x.text is not None and word in x.text else None

    @wl.labeling_function(batch=True)
    def column(x: Any) -> Any:
        return np.where(x.text == "news", 2, -1)

    @wl.labeling_function(pre=length)
    def partial(x: Any) -> Any:
        if x.n % 50 == 5:
            return 9.5
        return wl.none_of(Label.SPAM) if x.length == 5 else x.n % 3

    @wl.labeling_function(name="sc.ore")
    def score(x: Any) -> Any:
        return "NEWS" if x.score != x.score else wl.any_of("HAM", "NEWS") if x.score > 0.9 else None

    return [closure, column, partial, score]


def meta(key: str, lfs: list[wl.LabelingFunction]) -> dict[str, Any]:
    return {"key": key, "lf_names": [lf.name for lf in lfs], "class_names": CLASSES}


def serial(frame: pd.DataFrame, key: str) -> wl.LabelMatrix:
    return wl.apply_lfs(
        functions(), frame, key=key, classes=CLASSES, on_error="abstain", max_fault_rate=1.0
    )


def assert_same(votes: pa.Table, expected: wl.LabelMatrix, key: str) -> None:
    L = matrix_of(votes, meta(key, functions()))
    assert L.keys.tolist() == expected.keys.tolist(), "in the order of the input"
    assert L.faults == expected.faults, "keys, errors and tracebacks"
    assert expected == L
    assert [a.tobytes() for a in L.csr()] == [a.tobytes() for a in expected.csr()]
    assert L.class_sets == expected.class_sets


@pytest.mark.parametrize(
    ("cuts", "key"),
    [((), "id"), ((1, 7, 7, 100, 238), "id"), ((0, 80, 160, 240), "n")],
    ids=["one part", "uneven parts and an empty one", "empty ends, int keys"],
)
def test_votes_are_those_of_a_serial_run_bit_for_bit(
    cluster: Cluster, cuts: tuple[int, ...], key: str
) -> None:
    frame = data()
    votes = cluster.apply(functions(), cluster.scatter(frame, cuts), key=key, classes=CLASSES)
    table = cluster.collect(votes)
    assert table.column_names == [key, "closure", "column", "partial", "sc.ore", "_faults"]
    expected = serial(frame, key)
    assert len(expected.faults) > 40
    assert len(expected.class_sets) == 1, "none_of(SPAM) and any_of(HAM, NEWS) are one set"
    assert_same(table, expected, key)


def test_votes_on_no_rows_have_the_columns(cluster: Cluster) -> None:
    votes = cluster.apply(functions(), cluster.scatter(data(4), ()), key="id", classes=CLASSES)
    none = cluster.collect(votes[votes["column"] > 5])
    assert none.num_rows == 0
    assert none.schema.names == ["id", "closure", "column", "partial", "sc.ore", "_faults"]


def test_a_resource_is_loaded_once_a_worker(cluster: Cluster, tmp_path: Path) -> None:
    folder = str(tmp_path)

    def load() -> str:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=f"{os.getpid()}-", delete=False):
            return "free"

    word = wl.Resource(load)

    @wl.labeling_function(votes="SPAM", resources={"word": word})
    def one(x: Any, word: str) -> Any:
        return x.text == word

    @wl.labeling_function(votes="SPAM", resources={"word": word})
    def other(x: Any, word: str) -> Any:
        return x.text != word

    frame = cluster.scatter(data(), tuple(range(20, 240, 20)))
    votes = cluster.collect(cluster.apply([one, other], frame, key="id", classes=CLASSES))
    assert sum(votes["one"].to_pylist()) + sum(votes["other"].to_pylist()) == 0
    loads = [path.name.partition("-")[0] for path in tmp_path.iterdir()]
    assert 1 <= len(loads) <= 2
    assert len(set(loads)) == len(loads)
    assert str(os.getpid()) not in loads


def test_a_worker_that_is_killed_changes_nothing(cluster: Cluster, tmp_path: Path) -> None:
    marker = str(tmp_path / "killed")

    @wl.labeling_function(votes="SPAM")
    def deadly(x: Any) -> Any:
        if x.n == 111:
            try:
                os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return True
            os.kill(os.getpid(), signal.SIGKILL)
        return x.n % 2 == 0

    frame = data()
    votes = cluster.apply(
        [*functions(), deadly],
        cluster.scatter(frame, (40, 80, 120, 160, 200)),
        key="id",
        classes=CLASSES,
    )
    table = cluster.collect(votes)
    assert Path(marker).exists(), "a worker was killed"
    assert_same(table, serial(frame, "id"), "id")
    assert table["deadly"].to_pylist() == [1 if i % 2 == 0 or i == 111 else -1 for i in range(240)]


def test_faults_are_a_frame_with_key_and_traceback(cluster: Cluster) -> None:
    frame = data()
    votes = cluster.apply(
        functions(), cluster.scatter(frame, (50, 50, 130)), key="id", classes=CLASSES
    )
    table = cluster.collect(wd.faults(votes))
    expected = serial(frame, "id").faults
    assert table.column_names == ["id", "lf", "error", "traceback"]
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        (fault.key, fault.lf, fault.error, fault.traceback) for fault in expected
    ]
    errors = [fault.error for fault in expected]
    assert "ValueError: row 3" in errors
    assert any(error.startswith("voted 9.5") for error in errors)
    assert any(error.startswith("preprocessor 'length': TypeError") for error in errors)


def test_the_key_may_be_called_as_a_column_of_the_faults(cluster: Cluster) -> None:
    @wl.labeling_function(votes="SPAM")
    def bad(x: Any) -> Any:
        return 1 // 0

    frame = data(3).rename(columns={"id": "lf"})
    votes = cluster.apply([bad], cluster.scatter(frame, ()), key="lf", classes=CLASSES)
    found = cluster.collect(wd.faults(votes))
    assert found["key"].to_pylist() == ["id-000", "id-007", "id-014"]
    assert found["lf"].to_pylist() == ["bad"] * 3


def test_too_many_faults_are_refused_with_the_first_of_them(cluster: Cluster) -> None:
    votes = cluster.apply(functions(), cluster.scatter(data(), (2, 90)), key="id", classes=CLASSES)
    wd.check_fault_rate(votes, 0.9)
    with pytest.raises(
        FaultRateError,
        match=r"^labeling function 'closure' failed on 3 of 240 rows, above max_fault_rate=0.01; "
        r"mend it or raise the rate. First on row 'id-021': ValueError: row 3$",
    ) as e:
        wd.check_fault_rate(votes, 0.01)
    assert e.value.lf == "closure"
    assert e.value.fault in serial(data(), "id").faults, "with the row in the whole input"
    wd.check_fault_rate(votes[votes["column"] > 5], 0.0)


def test_the_rate_must_be_a_share(cluster: Cluster) -> None:
    with pytest.raises(ValueError, match=r"max_fault_rate must be a share in 0..1, got 3"):
        wd.check_fault_rate(None, 3)


def test_a_fault_can_stop_the_run(cluster: Cluster) -> None:
    votes = cluster.apply(
        functions(), cluster.scatter(data(), ()), key="id", classes=CLASSES, on_error="raise"
    )
    with pytest.raises(
        Exception, match=r"labeling function 'closure' failed on row 'id-021': ValueError: row 3"
    ):
        cluster.collect(votes)


def test_votes_survive_a_filter_and_columns_of_other_things(cluster: Cluster) -> None:
    frame = data()
    votes = cluster.apply(functions(), cluster.scatter(frame, (9,)), key="n", classes=CLASSES)
    some = votes[votes["n"] >= 100]
    if cluster.name == "dask":
        some = some.assign(extra="more")
    else:
        some = some.selectExpr("*", "'more' as extra")
    faults = cluster.collect(wd.faults(some))["n"].to_pylist()
    assert faults == [fault.key for fault in serial(frame, "n").faults if fault.row >= 100]


def test_what_is_wrong_is_said_before_anything_runs(cluster: Cluster, tmp_path: Path) -> None:
    ran = str(tmp_path / "ran")

    @wl.labeling_function(columns="texte")
    def misspelt(x: Any) -> Any:
        Path(ran).touch()

    @wl.labeling_function
    def fine(x: Any) -> Any:
        Path(ran).touch()

    lock = threading.Lock()
    rooted = wl.LabelingFunction(lambda x: int(lock.locked()), name="rooted")
    frame = cluster.scatter(data(4), ())

    def refused(lfs: Any, match: str, kind: type[Exception] = ValueError, **more: Any) -> None:
        with pytest.raises(kind, match=match):
            cluster.apply(lfs, frame, **({"key": "id", "classes": CLASSES} | more))

    refused([misspelt], r"^labeling function 'misspelt' reads column 'texte', the data has columns "
            r"\('n', 'text', 'score', 'id'\); did you mean 'text'\?$")  # fmt: skip
    refused([fine], r"^the row key reads column 'ids', .* did you mean 'id'\?$", key="ids")
    refused([], r"the list of labeling functions is empty")
    refused([fine, fine], r"two labeling functions are named 'fine'")
    refused([fine], r"class", classes=None)
    refused([rooted], r"'rooted' cannot be sent to worker processes", TypeError)
    refused([fine], r"on_error must be 'raise' or 'abstain', got 'ignore'", on_error="ignore")
    assert not Path(ran).exists()


def test_data_of_another_kind_is_refused_with_the_next_step(cluster: Cluster) -> None:
    with pytest.raises(
        TypeError,
        match=rf"^{cluster.name}_apply takes a {cluster.name.title()} DataFrame, got DataFrame; "
        r"make one with .*\(data.*, or use apply_lfs for data in memory$",
    ):
        cluster.apply(functions(), data(), key="id", classes=CLASSES)
    with pytest.raises(TypeError, match=r"^expected a Dask or Spark DataFrame of votes, got list"):
        wd.faults([])


def test_a_row_key_that_is_there_twice_in_a_part_is_refused(cluster: Cluster) -> None:
    frame = data(4).assign(id="same")
    votes = cluster.apply(functions(), cluster.scatter(frame, ()), key="id", classes=CLASSES)
    with pytest.raises(Exception, match=r"row key 'same' stands on rows 0 and 1"):
        cluster.collect(votes)


def test_a_frame_that_lost_its_note_is_refused_until_as_votes_says_what_it_is(
    cluster: Cluster,
) -> None:
    frame = pd.DataFrame({"id": range(6), "a": [1, 0, -1] * 2, "b": [1, 1, 0] * 2, "c": 0.5})
    bare = cluster.scatter(frame, (3,))
    message = r"^nothing tells which columns .* as_votes\(frame, key=.*are 'id', 'a', 'b', 'c'$"
    with pytest.raises(ValueError, match=message):
        wd.fit(bare)
    with pytest.raises(TypeError, match=r"^column 'c' holds double, votes are ints; .* lf_names="):
        wd.as_votes(bare, key="id", classes=CLASSES)
    with pytest.raises(ValueError, match=r"^the frame has no column 'aa'; did you mean 'a'"):
        wd.as_votes(bare, key="id", classes=CLASSES, lf_names=["aa"])
    with pytest.raises(ValueError, match=r"^column 'id' is named twice"):
        wd.as_votes(bare, key="id", classes=CLASSES, lf_names=["id", "a"])
    votes = wd.as_votes(bare, key="id", classes=CLASSES, lf_names=["b", "a"])
    table = cluster.collect(votes)
    assert table.column_names == ["id", "b", "a", "_faults"]
    assert matrix_of(table, {"key": "id", "lf_names": ["b", "a"], "class_names": CLASSES}) == (
        wl.LabelMatrix.from_array(frame[["b", "a"]].to_numpy(), CLASSES, ["b", "a"])
    )
    again = wd.as_votes(votes, key="id", classes=CLASSES)
    assert cluster.collect(again).equals(table)
    assert cluster.collect(wd.faults(again)).num_rows == 0


def test_votes_that_lack_a_column_are_refused(cluster: Cluster) -> None:
    votes = cluster.apply(functions(), cluster.scatter(data(4), ()), key="id", classes=CLASSES)
    some = votes[["id", "closure", "column"]]
    with pytest.raises(ValueError, match=r"^the votes lack column 'partial'; keep the key, all"):
        wd.fit(some)
