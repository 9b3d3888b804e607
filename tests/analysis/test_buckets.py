from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import weaklabel as wl
from weaklabel.analysis import buckets

SPAM = ("HAM", "SPAM")
codes = st.integers(0, 15).flatmap(
    lambda n: st.tuples(*[hnp.arrays(np.int64, n, elements=st.integers(-1, 2))] * 2)
)


@given(codes)
def test_the_buckets_are_those_of_snorkel(arrays: tuple[Any, Any]) -> None:
    from snorkel.analysis import get_label_buckets

    gold, labels = arrays
    found = buckets(gold, labels, classes=("A", "B", "C"))
    theirs = get_label_buckets(gold, labels)
    for y in range(-1, 3):
        for label in range(-1, 3):
            assert found[y, label].tolist() == list(theirs.get((y, label), []))
            assert found.counts[y, label] == len(found[y, label])
    assert found.counts.sum() == len(gold)
    assert found.to_frame().to_numpy().tolist() == found.counts.tolist()


def test_a_bucket_is_named_by_classes_and_none() -> None:
    found = buckets(["SPAM", "SPAM", None, "HAM"], ["HAM", None, "SPAM", "HAM"], classes=SPAM)
    assert found["SPAM", "HAM"].tolist() == [0]
    assert found["SPAM", None].tolist() == [1]
    assert found[None, "SPAM"].tolist() == [2]
    assert found.wrong.tolist() == [0]
    assert found.accuracy == 0.5
    assert found.largest() == (("SPAM", "HAM", 1),)


def test_probabilistic_labels_bring_names_keys_and_abstain_on_ties() -> None:
    L = wl.LabelMatrix.from_array([[1, 1], [0, 1], [-1, -1]], SPAM, keys=["a", "b", "c"])
    found = buckets(["SPAM", "SPAM", "HAM"], wl.MajorityVote().fit(L).label(L))
    assert found.class_names == SPAM
    assert found.labels.tolist() == [1, -1, -1]
    assert found.keys[found["SPAM", None]].tolist() == ["b"]
    assert L[found["SPAM", None]].keys.tolist() == ["b"]


def test_classes_are_found_where_none_are_told() -> None:
    class Mail(Enum):
        HAM = 0
        SPAM = 1

    assert buckets([Mail.SPAM, None], [Mail.SPAM, Mail.SPAM]).class_names == SPAM
    assert buckets(["b", None], ["a", "b"]).class_names == ("a", "b")
    assert buckets([0, 2], [1, -1]).class_names == ("0", "1", "2")
    assert buckets([], []).class_names == ("0", "1")


def test_many_classes_are_listed_by_the_largest_errors() -> None:
    names = [f"class_{y}" for y in range(20)]
    gold = np.arange(100) % 20
    found = buckets(gold, (gold + (gold > 15)) % 20, classes=names)
    lines = str(found).splitlines()
    assert lines[0].split() == ["gold", "label", "rows"]
    assert lines[2].split() == ["class_16", "class_17", "5"]
    assert lines[-1].startswith("100 of 100 rows have gold and a label; 80.0% are right, 20 wrong")


def test_slices_have_buckets_of_their_own() -> None:
    slices = {"first": [True, True, False], "last": [False, False, True]}
    found = buckets(["A", "B", "A"], ["A", "A", "A"], slices=slices)
    assert found.slices["first"]["B", "A"].tolist() == [1]
    assert str(found).splitlines()[-2:] == [
        "first     2      1      1     50.0%",
        "last      1      1      0    100.0%",
    ]


def test_names_are_escaped_and_cut() -> None:
    found = buckets(["<b>" * 60], ["x" * 200], slices={"<i>": [True]})
    assert "<b>" not in found._repr_html_()
    assert "<i>" not in found._repr_html_()
    assert max(map(len, str(found).splitlines())) <= 80


def test_nothing_to_judge_is_a_table_all_the_same() -> None:
    found = buckets([None], [None], classes=SPAM)
    assert np.isnan(found.accuracy)
    assert str(found).endswith("0 of 1 rows have gold and a label")
    assert len(buckets([], [], classes=SPAM).wrong) == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: buckets(["A"], ["A", "B"]), ValueError, "gold has 1 labels, there are 2 rows"),
        (
            lambda: buckets(["A"], ["HM"], classes=SPAM),
            ValueError,
            r"labels at position 0: 'HM' is no class; .*mean 'HAM'\?",
        ),
        (lambda: buckets(["A", "B"], ["A", "B"])["A", "C"], ValueError, "'C' is no class"),
        (
            lambda: buckets(["A", "B"], ["A", "B"])["A"],  # type: ignore[index]
            TypeError,
            "a bucket is .gold class, label",
        ),
        (
            lambda: buckets(["A", "B"], ["A", "B"], slices={"s": [True]}),
            ValueError,
            "slice 's' has shape",
        ),
    ],
)
def test_what_does_not_fit_is_said(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_classes_other_than_those_of_the_labels_are_refused() -> None:
    L = wl.LabelMatrix.from_array([[1], [0]], SPAM)
    labels = wl.MajorityVote().fit(L).label(L)
    with pytest.raises(ValueError, match=r"classes= are \('A', 'B'\), the labels have"):
        buckets(["SPAM", "HAM"], labels, classes=("A", "B"))
