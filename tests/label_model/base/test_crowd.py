from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel.label_model._base._crowd import crowd_matrix, is_crowd_frame

ANSWERS: dict[str, list[Any]] = {
    "item": ["x", "y", "x", "z"],
    "worker": ["Bo", "Ann", "Ann", "Bo"],
    "label": ["dog", "cat", "dog", "ape"],
}
every_table = pytest.mark.parametrize(
    "table", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pandas", "polars", "arrow"]
)


def votes_by_name(L: wl.LabelMatrix) -> set[tuple[Any, str, str]]:
    """Return what a matrix holds as (key, LF, class) triples."""
    i, j = np.nonzero(np.asarray(L) >= 0)
    return {
        (L.keys.tolist()[a], L.lf_names[b], L.code_names[np.asarray(L)[a, b]])
        for a, b in zip(i.tolist(), j.tolist(), strict=True)
    }


@every_table
def test_any_table_is_read(table: Any) -> None:
    L = crowd_matrix(table(ANSWERS))
    assert L.keys.tolist() == ["x", "y", "z"]
    assert L.lf_names == ("Bo", "Ann")
    assert L.class_names == ("ape", "cat", "dog")
    assert np.asarray(L).tolist() == [[2, 2], [-1, 1], [0, -1]]


@every_table
def test_ints_and_missing_labels_are_read(table: Any) -> None:
    answers = {"task": [1, 2, 2, 3], "annotator": [7, 7, 9, 9], "vote": [10, None, 2, 2]}
    L = crowd_matrix(table(answers))
    assert L.class_names == ("2", "10"), "as numbers are sorted, not as texts"
    assert L.lf_names == ("7", "9")
    assert L.keys.tolist() == [1, 2, 3]
    assert np.asarray(L).tolist() == [[1, -1], [-1, 0], [-1, 0]]


@pytest.mark.parametrize("item", ["item", "task", "row"])
@pytest.mark.parametrize("worker", ["worker", "annotator", "lf"])
@pytest.mark.parametrize("label", ["label", "vote", "class"])
def test_columns_have_several_names_and_others_are_not_read(
    item: str, worker: str, label: str
) -> None:
    names = dict(zip(ANSWERS, (item, worker, label), strict=True))
    frame = pd.DataFrame(ANSWERS).rename(columns=names)
    assert is_crowd_frame(frame)
    assert crowd_matrix(frame.assign(seconds=3.5)) == crowd_matrix(pd.DataFrame(ANSWERS))


@every_table
def test_crowd_tables_are_told_from_other_things(table: Any) -> None:
    assert is_crowd_frame(table(ANSWERS))
    assert not is_crowd_frame(table({"item": ["x"], "worker": ["Bo"]}))
    for other in (None, 3, [[0, 1]], np.zeros((2, 2)), ANSWERS, "item"):
        assert not is_crowd_frame(other)
    assert not is_crowd_frame(wl.LabelMatrix.from_array([[0, 1]]))


@given(data=st.data())
def test_every_answer_is_found_again(data: st.DataObject) -> None:
    cells = st.tuples(st.integers(0, 5), st.sampled_from("abcd"))
    answers = data.draw(st.dictionaries(cells, st.integers(0, 3), min_size=2))
    distinct = sorted(set(answers.values()))
    frame = pd.DataFrame(
        [(i, w, y) for (i, w), y in answers.items()], columns=["item", "worker", "label"]
    )
    if len(distinct) < 2:
        with pytest.raises(ValueError, match=f"holds one label only, {distinct[0]}"):
            crowd_matrix(frame)
        return
    L = crowd_matrix(frame)
    assert L.class_names == tuple(map(str, distinct))
    assert votes_by_name(L) == {(i, w, str(y)) for (i, w), y in answers.items()}
    shuffled = frame.iloc[data.draw(st.permutations(range(len(frame))))]
    assert votes_by_name(crowd_matrix(shuffled)) == votes_by_name(L)


def test_classes_may_be_declared() -> None:
    frame = pd.DataFrame(ANSWERS)
    L = crowd_matrix(frame, classes=("dog", "cat", "ape", "cow"))
    assert L.class_names == ("dog", "cat", "ape", "cow")
    assert np.asarray(L)[0].tolist() == [0, 0]

    class Animal(Enum):
        DOG = 0
        CAT = 1

    members = frame.assign(label=[Animal.DOG, Animal.CAT, None, Animal.DOG])
    assert crowd_matrix(members, classes=Animal).class_names == ("DOG", "CAT")
    assert crowd_matrix(members).class_names == ("CAT", "DOG")
    with pytest.raises(ValueError, match="the distinct crowd labels at position 2: 'ape' is no cl"):
        crowd_matrix(frame, classes=("dog", "cat"))


def test_ints_are_codes_of_classes_that_have_names_and_name_those_that_are_numbers() -> None:
    frame = pd.DataFrame({"item": [1, 2], "worker": [1, 1], "label": [1, 0]})
    assert np.asarray(crowd_matrix(frame, classes=("no", "yes"))).tolist() == [[1], [0]]
    frame = pd.DataFrame({"item": [1, 2], "worker": [1, 1], "label": [3, 1]})
    assert np.asarray(crowd_matrix(frame, classes=("1", "2", "3"))).tolist() == [[2], [0]]


def test_a_fitted_models_classes_and_workers_can_be_asked_for() -> None:
    L = crowd_matrix(pd.DataFrame(ANSWERS))
    model = wl.MajorityVote().fit(L)
    new = pd.DataFrame({"item": ["q"], "worker": ["Ann"], "label": ["cat"]})
    found = crowd_matrix(new, model.class_names_, model.lf_names_)
    assert found.lf_names == ("Bo", "Ann")
    assert model.predict(found).tolist() == [1]
    stranger = pd.DataFrame({"item": ["q"], "worker": ["Cy"], "label": ["cat"]})
    with pytest.raises(ValueError, match="has answers of 'Cy', not among the LFs 'Bo', 'Ann'; lea"):
        crowd_matrix(stranger, model.class_names_, model.lf_names_)


def test_truth_values_and_labels_of_minus_one() -> None:
    frame = pd.DataFrame({"item": [1, 2, 3], "worker": [1, 1, 1], "label": [True, False, None]})
    assert crowd_matrix(frame).class_names == ("False", "True")
    frame = frame.assign(label=[1, 0, -1])
    assert np.asarray(crowd_matrix(frame)).tolist() == [[1], [0], [-1]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"item": None},
            "no column for the item, expected one called 'item' or 'task' or 'row'; its columns",
        ),
        ({"vote": ["a"] * 4}, "columns 'label', 'vote', any of which may be the label; keep one"),
        ({"worker": ["Bo", None, "Ann", "Bo"]}, "the worker of the answer at position 1 is missin"),
        ({"item": ["x", "y", "x", np.nan]}, "the item of the answer at position 3 is missing; giv"),
        ({"item": ["x", "y", "x", "x"]}, "worker 'Bo' answers more than once on item 'x'; keep on"),
        (
            {"item": ["x"] * 4},
            r"worker 'Ann' answers more than once on item 'x' \(2 answers too many in all\); keep",
        ),
        ({"label": ["a", "b", 1, 2]}, "mixes texts and ints as labels: 'a', 'b', 1, 2; use one"),
        ({"label": [0.5, 1.0, 1.0, 1.0]}, "holds the label 0.5; labels must be texts or ints"),
        ({"label": [-1, 1, 1, 1]}, "one label only, 1; at least two classes are needed, name them"),
        ({"label": [None] * 4}, "the crowd data holds no label; at least two classes are needed"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], message: str) -> None:
    frame = pd.DataFrame(ANSWERS | {name: v for name, v in change.items() if v is not None})
    frame = frame.drop(columns=[name for name, v in change.items() if v is None])
    with pytest.raises(ValueError, match=message):
        crowd_matrix(frame)


def test_a_second_answer_that_abstains_is_none() -> None:
    frame = pd.DataFrame({"item": [1, 1, 2], "worker": [1, 1, 1], "label": ["a", None, "b"]})
    assert np.asarray(crowd_matrix(frame)).tolist() == [[0], [1]]


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(TypeError, match="expected crowd data as a pandas, polars or Arrow table, "):
        crowd_matrix([[0, 1]])
