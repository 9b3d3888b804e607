"""The part function for other engines: the votes of `apply_lfs`, on any cut, in any process."""

from __future__ import annotations

import os
import pickle
import threading
from pathlib import Path
from typing import Any

import cloudpickle
import joblib
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel.apply import PartFunction, matrix_of
from weaklabel.errors import LFError

CLASSES = ("HAM", "SPAM", "NEWS")


def _lfs() -> list[wl.LabelingFunction]:
    @wl.labeling_function(votes="SPAM")
    def says_free(x: Any) -> bool:
        return "free" in x.text

    @wl.labeling_function
    def partial(x: Any) -> Any:
        if x.n % 7 == 3:
            raise ValueError("seven")
        return wl.any_of("HAM", "NEWS") if x.n % 2 else wl.none_of("HAM") if x.n % 3 else None

    @wl.labeling_function
    def illegal(x: Any) -> Any:
        return 9 if x.n == 5 else 0

    return [says_free, partial, illegal]


def _table(n: int) -> pa.Table:
    return pa.table(
        {
            "id": [f"r{i}" for i in range(n)],
            "n": np.arange(n),
            "text": ["free money" if i % 3 else "hello" for i in range(n)],
        }
    )


@given(st.lists(st.integers(0, 40), max_size=5))
def test_any_cut_gives_the_matrix_of_apply_lfs(cuts: list[int]) -> None:
    table = _table(40)
    votes_on = PartFunction(_lfs(), key="id", classes=CLASSES)
    ends = sorted(cuts)
    parts = [votes_on(table.slice(a, b - a)) for a, b in zip([0, *ends], [*ends, 40], strict=True)]
    whole = wl.apply_lfs(
        _lfs(), table, key="id", classes=CLASSES, on_error="abstain", max_fault_rate=1.0
    )
    assert matrix_of(pa.concat_tables(parts), votes_on.meta) == whole


def test_the_votes_say_what_they_are() -> None:
    votes_on = PartFunction(_lfs(), key="id", classes=CLASSES)
    table = _table(6)
    votes = votes_on(table)
    assert votes.schema == votes_on.schema(table.schema)
    assert votes.column_names == ["id", "says_free", "partial", "illegal", "_faults"]
    # HAM and NEWS are bits 0 and 2, SPAM and NEWS bits 1 and 2.
    assert votes["partial"].to_pylist() == [-1, 3 + 5, 3 + 6, -1, 3 + 6, 3 + 5]
    faults = votes["_faults"].to_pylist()
    assert [fault is None for fault in faults] == [True, True, True, False, True, False]
    assert '"lf": "partial", "error": "ValueError: seven"' in faults[3]
    assert '"voted 9; expected abstain or 0..2 for classes' in faults[5]


def test_record_batches_and_empty_tables_are_taken() -> None:
    votes_on = PartFunction(_lfs(), key="id", classes=CLASSES)
    table = _table(4)
    assert votes_on(table.to_batches()[0]) == votes_on(table)
    assert votes_on(table.slice(0, 0)).schema == votes_on(table).schema
    assert matrix_of(votes_on(table.slice(0, 0)), votes_on.meta).n == 0


def _count(path: str) -> Any:
    with Path(path).open("a") as file:
        file.write(f"{os.getpid()}\n")
    return threading.Lock()  # what cannot travel


def test_a_resource_is_loaded_once_in_each_worker(tmp_path: Path) -> None:
    path = os.fspath(tmp_path / "loads")
    resource = wl.Resource(_count, path)
    lfs = [
        wl.LabelingFunction(
            lambda x, lock: int(lock.locked()), name=f"f{j}", resources={"lock": resource}
        )
        for j in range(3)
    ]
    votes_on = PartFunction(lfs, key="id", classes=CLASSES)
    again = pickle.loads(pickle.dumps(votes_on))  # noqa: S301
    raw = cloudpickle.dumps(again)
    parts = [_table(40).slice(a, 5) for a in range(0, 40, 5)]
    run = joblib.Parallel(n_jobs=2)
    tables = run(joblib.delayed(_call)(raw, part) for part in parts)
    assert pa.concat_tables(tables)["f1"].to_pylist() == [0] * 40
    loads = Path(path).read_text().split()
    assert 1 <= len(loads) <= 2
    assert len(set(loads)) == len(loads)


def _call(raw: bytes, part: pa.Table) -> pa.Table:
    return pickle.loads(raw)(part)  # noqa: S301


def test_with_raise_the_error_names_the_row() -> None:
    votes_on = PartFunction(_lfs(), key="id", classes=CLASSES, on_error="raise")
    with pytest.raises(LFError, match="'partial' failed on row 'r3': ValueError: seven"):
        votes_on(_table(40))


def test_a_batch_of_the_wrong_length_ends_it() -> None:
    short = wl.LabelingFunction(lambda x: [1], name="short", batch=True)
    with pytest.raises(LFError, match="returned 1 values for 4 rows"):
        PartFunction([short], key="id", classes=CLASSES)(_table(4))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"ids": [1], "text": ["a"]}, r"the row key reads column 'id', .* did you mean 'ids'"),
        ({"id": [1], "txt": ["a"]}, r"function 'f' reads column 'text', .* did you mean 'txt'"),
        ({"id": [1, 1], "text": ["a", "b"]}, "row key 1 stands on rows 0 and 1"),
        ({"id": [None, 1], "text": ["a", "b"]}, "row key at position 0 is missing"),
    ],
)
def test_data_that_do_not_fit_are_refused(columns: dict[str, Any], message: str) -> None:
    lf = wl.LabelingFunction(lambda x: 1, name="f", columns="text")
    with pytest.raises(ValueError, match=message):
        PartFunction([lf], key="id", classes=CLASSES)(pa.table(columns))


@pytest.mark.parametrize("name", ["id", "_faults"])
def test_a_labeling_function_may_not_have_the_name_of_another_column(name: str) -> None:
    lf = wl.LabelingFunction(lambda x: 1, name=name)
    with pytest.raises(ValueError, match=f"named '{name}', which is another column of the votes"):
        PartFunction([lf], key="id", classes=CLASSES)


def test_what_apply_parts_refuses_is_refused() -> None:
    lf = wl.LabelingFunction(lambda x: 1, name="f")
    with pytest.raises(ValueError, match="PartFunction sees the data part by part"):
        PartFunction([lf], key="id")
    with pytest.raises(ValueError, match="on_error must be"):
        PartFunction([lf], key="id", classes=CLASSES, on_error="skip")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="timeout must be"):
        PartFunction([lf], key="id", classes=CLASSES, timeout=-1)
    held = wl.LabelingFunction(lambda x, lock: 1, name="f", resources={"lock": threading.Lock()})
    with pytest.raises(TypeError, match="'f' cannot be sent to worker processes"):
        PartFunction([held], key="id", classes=CLASSES)


@pytest.mark.parametrize(("k", "possible"), [(30, True), (62, True), (63, False)])
def test_partial_votes_need_a_bit_a_class(k: int, possible: bool) -> None:
    classes = [f"c{i}" for i in range(k)]
    lf = wl.LabelingFunction(lambda x: wl.any_of(0, k - 1) if x.id else k - 1, name="f")
    votes_on = PartFunction([lf], key="id", classes=classes)
    table = pa.table({"id": [0, 1]})
    if not possible:
        with pytest.raises(ValueError, match="there are 63 classes; up to 62 are possible"):
            votes_on(table)
        return
    L = matrix_of(votes_on(table), votes_on.meta)
    assert np.asarray(L).tolist() == [[k - 1], [k]]
    assert L.class_sets == ((0, k - 1),)


def test_a_code_below_abstain_is_no_vote() -> None:
    meta = {"lf_names": ["f"], "class_names": ["A", "B"], "key": "id"}
    votes = pa.table({"id": [0], "f": [-2], "_faults": pa.array([None], pa.string())})
    with pytest.raises(ValueError, match="the votes hold the code -2, expected -1 or more"):
        matrix_of(votes, meta)
