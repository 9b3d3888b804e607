from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaklabel.analysis import summarize
from weaklabel.analysis._part_summary import summarize_parts
from weaklabel.matrix import LabelMatrix

CLASSES = ("A", "B", "C")
SETS = ((0, 1), (1, 2))


@given(
    votes=st.lists(st.lists(st.integers(-1, 4), min_size=4, max_size=4), min_size=1, max_size=30),
    cuts=st.lists(st.integers(0, 30), max_size=4),
    data=st.data(),
)
def test_parts_give_what_one_matrix_gives(
    votes: list[list[int]], cuts: list[int], data: st.DataObject
) -> None:
    L = LabelMatrix.from_array(votes, CLASSES, class_sets=SETS)
    known = data.draw(st.booleans())
    gold = data.draw(st.lists(st.integers(-1, 2), min_size=L.n, max_size=L.n)) if known else None
    ends = [0, *sorted(min(cut, L.n) for cut in cuts), L.n]
    spans = list(itertools.pairwise(ends))
    whole = summarize(L, gold)
    parts = summarize_parts((L[a:b], None if gold is None else gold[a:b]) for a, b in spans)
    assert parts.polarity == whole.polarity
    for field in dataclasses.fields(whole):
        if field.name != "polarity":
            np.testing.assert_array_equal(
                getattr(parts, field.name), getattr(whole, field.name), field.name
            )


def test_codes_of_class_sets_that_differ_between_parts_are_told_by_name() -> None:
    one = LabelMatrix.from_array([[3]], CLASSES, class_sets=((1, 2),))
    other = LabelMatrix.from_array([[3]], CLASSES, class_sets=((0, 1),))
    found = summarize_parts([(one, None), (other, None)])
    assert [found.code_names[code] for code in found.polarity[0]] == ["A|B", "B|C"]


def test_no_parts_and_parts_of_other_lfs_are_refused() -> None:
    with pytest.raises(ValueError, match="there are no parts of votes"):
        summarize_parts([])
    one = LabelMatrix.from_array([[0]], CLASSES, ["first"])
    other = LabelMatrix.from_array([[0]], CLASSES, ["second"])
    with pytest.raises(ValueError, match=r"part 1 has LFs 'second'.* before have 'first'"):
        summarize_parts([(one, None), (other, None)])
