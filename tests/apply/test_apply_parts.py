"""``apply_parts``: one matrix a part, each what the part alone gives, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel.apply import _source
from weaklabel.errors import FaultRateError, LFError

CLASSES = ("HAM", "SPAM", "NEWS")


def _lfs() -> list[wl.LabelingFunction]:
    @wl.labeling_function(votes="SPAM")
    def says_free(x: Any) -> bool:
        return "free" in x.text

    @wl.labeling_function
    def partial(x: Any) -> Any:
        if x.id % 7 == 3:
            raise ValueError("seven")
        return wl.any_of("HAM", "NEWS") if x.id % 2 else None

    @wl.labeling_function(batch=True)
    def column(x: Any) -> Any:
        return (x.id % 3).where(x.id % 5 == 0, -1)

    return [says_free, partial, column]


def _frame(n: int) -> pd.DataFrame:
    return pd.DataFrame({"text": ["free money", "hello"] * (n // 2), "id": np.arange(n)})


@given(st.lists(st.integers(0, 60), max_size=5), st.sampled_from(["pandas", "arrow", "rows"]))
def test_each_part_gives_what_it_gives_alone(cuts: list[int], container: str) -> None:
    frame = _frame(60)
    ends = sorted(cuts)
    frames = [frame[a:b] for a, b in zip([0, *ends], [*ends, 60], strict=True)]
    parts: list[Any] = frames
    if container == "arrow":
        parts = [pa.Table.from_pandas(f, preserve_index=False) for f in frames]
    if container == "rows":
        parts = [f.to_dict("records") for f in frames]
    found = list(wl.apply_parts(_lfs(), iter(parts), key="id", classes=CLASSES, max_fault_rate=1.0))
    alone = [
        wl.apply_lfs(_lfs(), p, key="id", classes=CLASSES, on_error="abstain", max_fault_rate=1.0)
        for p in parts
    ]
    assert found == alone


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_parts_cut_into_groups_are_the_same_in_any_number_of_processes(
    n_jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = wl.apply_lfs(
        _lfs(), _frame(60), key="id", classes=CLASSES, on_error="abstain", max_fault_rate=1.0
    )
    monkeypatch.setattr(_source, "PART_ROWS", 4)
    frames = [_frame(60)[a:b] for a, b in [(0, 0), (0, 9), (9, 9), (9, 30), (30, 60), (60, 60)]]
    found = list(
        wl.apply_parts(_lfs(), frames, key="id", classes=CLASSES, n_jobs=n_jobs, max_fault_rate=1.0)
    )
    assert [L.n for L in found] == [0, 9, 0, 21, 30, 0]
    assert [L.keys.tolist() for L in found if L.n] == [
        list(range(9)),
        list(range(9, 30)),
        list(range(30, 60)),
    ]
    faults = [(f.lf, f.key, f.error) for L in found for f in L.faults]
    assert faults == [(f.lf, f.key, f.error) for f in whole.faults]
    assert [f.row for f in found[3].faults] == [1, 8, 15]
    names = [n for L in found for row in np.asarray(L) for n in np.array([*L.code_names, "-"])[row]]
    assert names == [
        n for row in np.asarray(whole) for n in np.array([*whole.code_names, "-"])[row]
    ]


def test_keys_are_positions_over_all_parts_where_none_are_named() -> None:
    lfs = [wl.LabelingFunction(lambda x: "free" in x.text, name="f", votes=1)]
    parts = [["free", "b"], [], ["c", "free", "e"]]
    found = list(wl.apply_parts(lfs, parts, classes=CLASSES))
    assert [L.keys.tolist() for L in found] == [[0, 1], [], [2, 3, 4]]


def test_only_a_few_parts_are_held_at_a_time() -> None:
    read: list[int] = []

    def parts() -> Iterator[list[str]]:
        for i in range(50):
            read.append(i)
            yield ["free"] * 10

    lfs = [wl.LabelingFunction(lambda x: True, name="f", votes=1)]
    labeled = wl.apply_parts(lfs, parts(), classes=CLASSES)
    assert read == []
    next(labeled)
    assert len(read) <= 2


def test_the_classes_must_be_known_beforehand() -> None:
    lfs = [wl.LabelingFunction(lambda x: 1, name="f")]
    with pytest.raises(ValueError, match="apply_parts sees the data part by part and must know"):
        wl.apply_parts(lfs, [["a"]])


@pytest.mark.parametrize(
    "parts", [pd.DataFrame({"text": ["a"]}), pa.table({"text": ["a"]}), "text", None, 7]
)
def test_one_table_in_place_of_many_is_refused(parts: Any) -> None:
    lfs = [wl.LabelingFunction(lambda x: 1, name="f", classes=CLASSES)]
    with pytest.raises(TypeError, match="parts must be an iterable of tables, got one "):
        wl.apply_parts(lfs, parts)


def test_a_key_that_is_twice_in_a_part_is_refused() -> None:
    lfs = [wl.LabelingFunction(lambda x: 1, name="f", classes=CLASSES)]
    with pytest.raises(ValueError, match="row key 1 stands on rows 0 and 1"):
        list(wl.apply_parts(lfs, [pd.DataFrame({"id": [1, 1]})], key="id"))


def test_a_missing_column_names_the_nearest() -> None:
    lfs = [wl.LabelingFunction(lambda x: 1, name="f", classes=CLASSES, columns="text")]
    with pytest.raises(ValueError, match=r"reads column 'text', .* did you mean 'texts'"):
        list(wl.apply_parts(lfs, [pd.DataFrame({"texts": ["a"]})]))


def _failing(x: Any) -> int:
    if x.id % 2:
        raise ValueError("odd")
    return 1


def test_faults_stop_the_run_as_soon_as_they_are_sure_to_be_too_many() -> None:
    read: list[int] = []

    def parts() -> Iterator[pd.DataFrame]:
        for i in range(10):
            read.append(i)
            yield _frame(100).assign(id=np.arange(100) + 100 * i)

    lfs = [wl.LabelingFunction(_failing, name="f", classes=CLASSES)]
    with pytest.raises(FaultRateError, match="failed on at least 150 of 1,000 rows") as caught:
        list(wl.apply_parts(lfs, parts(), key="id", n=1000))
    assert read == [0, 1, 2]
    assert caught.value.faults[0].lf == "f"
    with pytest.raises(FaultRateError, match="failed on at least 500 of 1,000 rows"):
        list(wl.apply_parts(lfs, parts(), key="id"))


def test_an_error_names_the_row_of_its_part() -> None:
    lfs = [wl.LabelingFunction(_failing, name="f", classes=CLASSES)]
    parts = [pd.DataFrame({"id": [0, 2]}), pd.DataFrame({"id": [4, 5]})]
    labeled = wl.apply_parts(lfs, parts, key="id", on_error="raise")
    assert next(labeled).n == 2
    with pytest.raises(LFError, match="'f' failed on row 5: ValueError: odd"):
        next(labeled)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_what_was_done_before_a_part_that_cannot_be_read_is_given(n_jobs: int) -> None:
    def parts() -> Iterator[list[str]]:
        for _ in range(6):
            yield ["free"] * 10
        raise OSError("the disk is gone")

    lfs = [wl.LabelingFunction(lambda x: True, name="f", votes=1)]
    done = []
    with pytest.raises(OSError, match="the disk is gone"):  # noqa: PT012
        for L in wl.apply_parts(lfs, parts(), classes=CLASSES, n_jobs=n_jobs):
            done.append(L.n)
    assert done == [10] * 6


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"on_error": "skip"}, "on_error must be 'raise' or 'abstain', got 'skip'"),
        ({"max_fault_rate": 2}, r"max_fault_rate must be a share in 0\.\.1, got 2"),
        ({"max_fault_rate": "x"}, r"max_fault_rate must be a share in 0\.\.1, got 'x'"),
        ({"n_jobs": 0}, "n_jobs must be a number of processes, or -1 for all cores, got 0"),
        ({"timeout": 0}, "timeout must be a positive number of seconds, got 0"),
        ({"timeout": "1"}, "timeout must be a positive number of seconds, got '1'"),
    ],
)
def test_an_option_that_cannot_be_is_refused_before_anything_is_read(
    option: dict[str, Any], message: str
) -> None:
    lfs = [wl.LabelingFunction(lambda x: 1, name="f", classes=CLASSES)]
    with pytest.raises(ValueError, match=message):
        wl.apply_parts(lfs, [["a"]], **option)
