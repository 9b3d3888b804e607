from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from tests.strategies import label_matrices
from weaklabel.errors import LFError

SPAM = ("HAM", "SPAM")
ABC = ("A", "B", "C")


def lf_of(name: str, votes: list[Any], **options: Any) -> wl.LabelingFunction:
    """Return an LF that votes on row i what is listed there."""
    return wl.LabelingFunction(lambda x: votes[x.i], name=name, **options)


def data_of(n: int) -> pd.DataFrame:
    return pd.DataFrame({"i": range(n), "id": [f"row {i}" for i in range(n)]})


def applied(lfs: list[Any], data: Any, **options: Any) -> wl.LabelMatrix:
    return wl.apply_lfs(lfs, data, classes=ABC, progress=False, **options)


votes_of_rows = st.lists(
    st.sampled_from([None, "A", "B", "C", wl.any_of("A", "B"), wl.none_of("A")]),
    min_size=6,
    max_size=6,
)


@given(
    columns=st.lists(votes_of_rows, min_size=2, max_size=5), at=st.integers(0, 5), data=st.data()
)
@settings(max_examples=80)
def test_it_is_as_if_all_lfs_had_run(
    columns: list[list[Any]], at: int, data: st.DataObject
) -> None:
    frame = data_of(6)
    key = data.draw(st.sampled_from([None, "id"]))
    lfs = [lf_of(f"lf_{j}", column) for j, column in enumerate(columns[:-1])]
    fresh = lf_of(f"lf_{min(at, len(lfs))}", columns[-1])
    L = applied(lfs, frame, key=key)
    changed = L.update(fresh, frame, progress=False)
    whole = applied(
        [*lfs[:at], fresh, *lfs[at + 1 :]] if at < len(lfs) else [*lfs, fresh], frame, key=key
    )
    pd.testing.assert_frame_equal(changed.to_frame(), whole.to_frame())
    assert changed.keys.tolist() == whole.keys.tolist()
    assert changed.class_sets[: len(L.class_sets)] == L.class_sets
    if not changed.class_sets:
        assert changed == whole


def test_several_lfs_are_put_in_at_once_in_their_order() -> None:
    frame = data_of(2)
    L = applied([lf_of("a", ["A", "B"]), lf_of("b", ["A", None])], frame)
    new = [lf_of("d", ["C", "C"]), lf_of("b", ["B", "C"]), lf_of("a", [None, "A"])]
    changed = L.update(new, frame, progress=False)
    assert changed.lf_names == ("a", "b", "d")
    assert np.asarray(changed).tolist() == [[-1, 1, 2], [0, 2, 2]]


def test_votes_stored_as_compressed_rows_stand_in_the_order_of_the_lfs() -> None:
    frame = data_of(100)
    lfs = [lf_of(f"lf_{j}", ["A", "B", *[None] * 98]) for j in range(20)]
    L = applied(lfs, frame)
    assert L.update(lfs[::-1], frame, progress=False) == L
    assert L.update(lfs[:4:-2], frame, progress=False) == L


@given(L=label_matrices(min_rows=1, max_classes=3, keys=False))
@settings(max_examples=30)
def test_the_other_columns_stay_as_they_are(L: wl.LabelMatrix) -> None:
    lf = wl.LabelingFunction(lambda x: 1 if x.text == "row 0" else None, name="new")
    changed = L.update(lf, [f"row {i}" for i in range(L.n)], progress=False)
    assert changed.select(L.lf_names) == L
    assert np.asarray(changed)[:, -1].tolist() == [1] + [-1] * (L.n - 1)


def test_confidences_stay_and_new_votes_count_in_full() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [-1, 1]], SPAM, confidence=[[0.5, 0.25], [0, 0.75]])
    changed = L.update(wl.LabelingFunction(lambda x: 1, name="lf_0"), ["a", "b"], progress=False)
    assert changed.confidence is not None
    assert changed.confidence.tolist() == [1.0, 0.25, 1.0, 0.75]


def test_faults_of_the_column_are_new_and_have_the_keys_of_the_matrix() -> None:
    frame = data_of(3)

    def failing(name: str, row: int) -> wl.LabelingFunction:
        return wl.LabelingFunction(lambda x: 1 / (x.i - row) and None, name=name)

    tolerant: dict[str, Any] = {"on_error": "abstain", "max_fault_rate": 1.0}
    L = applied([failing("a", 0), failing("b", 2)], frame, key="id", **tolerant)
    changed = L.update(failing("a", 1), frame, progress=False, **tolerant)
    assert [(f.lf, f.row, f.key) for f in changed.faults] == [("a", 1, "row 1"), ("b", 2, "row 2")]
    with pytest.raises(LFError, match=r"labeling function 'a' .*'row 1'"):
        L.update(failing("a", 1), frame, progress=False)


def test_faults_of_a_part_of_the_matrix_have_its_keys() -> None:
    frame = data_of(4)
    part = applied([lf_of("a", ["A"] * 4)], frame)[2:]
    fails = wl.LabelingFunction(lambda x: x.missing, name="a")
    changed = part.update(
        fails, frame[2:][["id"]], on_error="abstain", max_fault_rate=1.0, progress=False
    )
    assert [(f.row, f.key) for f in changed.faults] == [(0, 2), (1, 3)]


def test_the_profile_has_each_column_as_it_was_last_made() -> None:
    frame = data_of(3)
    L = applied([lf_of("a", ["A"] * 3), lf_of("b", ["A"] * 3)], frame)
    changed = L.update(lf_of("c", ["A"] * 3), frame, progress=False)
    assert changed.profile().lf_names == ("a", "b", "c")
    assert changed.profile().computed.tolist() == [3, 3, 3]
    assert changed.profile().seconds[0] == L.profile().seconds[0]
    of_array = wl.LabelMatrix.from_array([[0]] * 3, ABC)
    with pytest.raises(ValueError, match="only a label matrix that comes from apply_lfs"):
        of_array.update(lf_of("c", ["A"] * 3), frame, progress=False).profile()


def test_a_generator_will_do() -> None:
    L = wl.apply_lfs([wl.LabelingFunction(lambda x: 0, name="a")], ["x", "y"], progress=False)
    lf = wl.LabelingFunction(lambda x: int(x.text == "y"), name="a")
    assert np.asarray(L.update(lf, iter(["x", "y"]), progress=False)).tolist() == [[0], [1]]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"data": data_of(2)}, ValueError, "data has 2 rows, the label matrix has 3"),
        ({"data": data_of(3)[::-1]}, ValueError, "in another order than the label matrix"),
        (
            {"data": data_of(3).drop(columns="id")},
            ValueError,
            "no column of the data holds the row",
        ),
        ({"lf": len}, TypeError, "expected labeling functions, got|decorate"),
        ({"lf": []}, ValueError, "the list of labeling functions is empty"),
        ({"lf": [lf_of("a", [])] * 2}, ValueError, "two labeling functions are named 'a'"),
        (
            {"lf": lf_of("a", [], classes=SPAM)},
            ValueError,
            "'a' votes on classes .'HAM', 'SPAM'., the label matrix has .'A', 'B', 'C'.",
        ),
    ],
)
def test_what_does_not_fit_is_said(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:
    frame = data_of(3)
    L = applied([lf_of("a", ["A"] * 3)], frame, key="id")
    asked = {"lf": lf_of("a", ["B"] * 3), "data": frame} | change
    with pytest.raises(error, match=message):
        L.update(asked["lf"], asked["data"], progress=False)
