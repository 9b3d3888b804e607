from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from tests.strategies import label_matrices
from tests.voting import gold_for
from weaklabel.analysis import Slices, apply_slices, slicing_function
from weaklabel.errors import LFError

SPAM = ("HAM", "SPAM")
TEXTS = ["hello", "how are you today", "bye", "see http://x.y"]


@slicing_function
def short(x: Any) -> bool:
    """Text of few letters."""
    return len(x.text) < 12


@slicing_function(name="link", columns="text")
def has_link(x: Any) -> bool | None:
    return True if "http" in x.text else None


def test_a_slicing_function_is_a_function_of_a_row_to_bool() -> None:
    assert short("hello") is True
    assert short({"text": "how are you today"}) is False
    assert has_link("hello") is False
    assert has_link.name == "link"
    assert repr(short) == "SlicingFunction('short')"


@pytest.mark.parametrize("form", ["list", "pandas", "arrow", "dicts", "generator"])
def test_the_masks_are_the_same_in_every_container(form: str) -> None:
    import pyarrow as pa

    data: Any = {
        "list": TEXTS,
        "pandas": pd.DataFrame({"text": TEXTS}),
        "arrow": pa.table({"text": TEXTS}),
        "dicts": [{"text": text} for text in TEXTS],
        "generator": (text for text in TEXTS),
    }[form]
    slices = apply_slices([short, has_link], data, progress=False)
    assert slices["short"].tolist() == [True, False, True, False]
    assert slices["link"].tolist() == [False, False, False, True]
    assert slices.n == 4


def test_batches_preprocessors_and_resources_are_those_of_lfs() -> None:
    @wl.preprocessor
    def words(x: Any) -> list[str]:
        return list(x.text.split())

    @slicing_function(pre=words, resources={"most": 1})
    def few(x: Any, most: int) -> bool:
        return len(x.words) <= most

    @slicing_function(batch=True)
    def letters(x: Any) -> Any:
        return x.text.str.len() < 6

    slices = apply_slices([few, letters], TEXTS, progress=False)
    assert slices["few"].tolist() == slices["letters"].tolist() == [True, False, True, False]
    assert few("hello") is True


def test_a_call_that_fails_names_the_slicing_function_and_the_row() -> None:
    @slicing_function
    def fails(x: Any) -> bool:
        return bool(x.missing)

    with pytest.raises(LFError, match=r"^slicing function 'fails' .*row 0"):
        apply_slices([fails], TEXTS, progress=False)
    slices = apply_slices(
        [fails, short], TEXTS, on_error="abstain", max_fault_rate=1.0, progress=False
    )
    assert not slices["fails"].any()
    assert len(slices.faults) == 4
    assert slices.select("short").faults == ()
    assert "4 faults" in str(slices)


def test_what_is_no_bool_is_refused() -> None:
    @slicing_function
    def counts(x: Any) -> Any:
        return len(x.text)

    with pytest.raises(LFError, match=r"slicing function 'counts' .*voted 5.*True, False or None"):
        apply_slices([counts], TEXTS, progress=False)


@pytest.mark.parametrize(
    ("slices", "error", "message"),
    [
        (short, TypeError, "must be a list of slicing functions, got .*put it into a list"),
        ([], ValueError, "the list of slicing functions is empty"),
        ([short, short], ValueError, "two slicing functions are named 'short'; pass name="),
        ([len], TypeError, "expected slicing functions, got .*decorate functions with"),
        (
            [wl.LabelingFunction(len, name="lf")],
            TypeError,
            "is a labeling function; decorate a function that returns True or False",
        ),
    ],
)
def test_what_is_no_slicing_function_is_refused(
    slices: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        apply_slices(slices, TEXTS)


def test_a_labeling_function_cannot_be_decorated() -> None:
    with pytest.raises(TypeError, match="slicing_function takes a plain function, got Labeling"):
        slicing_function(wl.LabelingFunction(len, name="lf"))


def test_an_unknown_slice_is_said_with_the_nearest() -> None:
    slices = Slices({"short": [True], "long": [False]}, 1)
    with pytest.raises(KeyError, match=r"no slice 'shrt' among .*did you mean 'short'\?"):
        slices["shrt"]
    with pytest.raises(KeyError, match="no slice 'x'"):
        slices.select("x")


def test_slices_are_a_mapping_in_the_order_given() -> None:
    slices = apply_slices([short, has_link], TEXTS, progress=False)
    assert list(slices) == ["short", "link"]
    assert list(slices.select("link", "short")) == ["link", "short"]
    assert slices == apply_slices([short, has_link], TEXTS, progress=False)
    assert slices != slices.select("short")
    assert slices.to_frame()["short"].tolist() == [True, False, True, False]
    with pytest.raises(ValueError, match="read-only"):
        slices["short"][0] = False


def test_slices_print_as_a_table() -> None:
    slices = apply_slices([short, has_link], TEXTS, progress=False)
    assert str(slices).splitlines() == [
        "slice  rows  of all",
        "-------------------",
        "short     2   50.0%",
        "link      1   25.0%",
        "4 rows, 1 of them in no slice",
    ]
    assert "&lt;b&gt;" in Slices({"<b>": [True]}, 1)._repr_html_()


@given(data=st.data())
@settings(max_examples=50)
def test_the_summary_of_a_slice_is_that_of_its_rows(data: st.DataObject) -> None:
    L = data.draw(label_matrices(min_rows=1, min_lfs=1, keys=False))
    gold = data.draw(gold_for(L))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=L.n, max_size=L.n)), bool)
    whole = L.summary(gold, slices={"some": mask, "all": np.ones(L.n, bool)})
    assert whole.slices is not None
    assert list(whole.slices) == ["some", "all"]
    own = L[mask].summary(gold[mask])
    pd.testing.assert_frame_equal(whole.slices["some"].to_frame(), own.to_frame())
    pd.testing.assert_frame_equal(whole.slices["all"].to_frame(), L.summary(gold).to_frame())
    frame = whole.slices.to_frame()
    assert frame.loc["some", "coverage"] == own.label_coverage
    assert frame.loc["some", "conflicts"] == own.label_conflict
    judged = own.correct.sum() + own.incorrect.sum()
    assert frame.loc["some", "correct"] + frame.loc["some", "incorrect"] == judged
    if judged:
        assert frame.loc["some", "precision"] == own.correct.sum() / judged


def test_the_summary_prints_its_slices_below() -> None:
    L = wl.LabelMatrix.from_array([[1, 0], [1, -1], [-1, -1]], SPAM)
    summary = L.summary(
        ["SPAM", "HAM", None], slices={"a<b": [True, False, True], "none": [False] * 3}
    )
    assert str(summary).splitlines()[-6:] == [
        "",
        "slice       rows  coverage  overlaps  conflicts  gold  precision 95 %",
        "---------------------------------------------------------------------",
        "(all rows)     3     66.7%     33.3%      33.3%     2  0.33 [.06–.79]",
        "a<b            2     50.0%     50.0%      50.0%     1  0.50 [.09–.91]",
        "none           0      0.0%      0.0%       0.0%     0",
    ]
    assert "a&lt;b" in summary._repr_html_()
    assert "precision" not in str(L.summary(slices={"x": [True] * 3}).slices)


def test_precision_by_lf_and_slice_needs_gold() -> None:
    L = wl.LabelMatrix.from_array([[1, 0], [1, -1]], SPAM)
    slices = {"first": [True, False]}
    by_slice = L.summary(["SPAM", "HAM"], slices=slices).slices
    assert by_slice is not None
    assert by_slice.precision_frame().loc["lf_0"].tolist() == [0.5, 1.0]
    without = L.summary(slices=slices).slices
    assert without is not None
    with pytest.raises(ValueError, match=r"precision needs gold labels; pass L.summary\(gold"):
        without.precision_frame()
    with pytest.raises(KeyError, match=r"no slice 'frst' .*did you mean 'first'\?"):
        without["frst"]


def test_slices_of_other_rows_are_refused() -> None:
    data = pd.DataFrame({"id": ["a", "b", "c", "d"], "text": TEXTS})
    slices = apply_slices([short], data, key="id", progress=False)
    L = wl.LabelMatrix.from_array([[0], [0], [1], [1]], SPAM, keys=["a", "b", "d", "c"])
    with pytest.raises(ValueError, match="made of rows with other keys than those of the label"):
        L.summary(slices=slices)
    with pytest.raises(ValueError, match=r"slice 'short' has shape \(4,\), the label matrix has 2"):
        L[:2].summary(slices=slices)
    with pytest.raises(TypeError, match="slices must map names to masks"):
        L.summary(slices=[True] * 4)
    by_position = apply_slices([short], TEXTS, progress=False)
    assert L.summary(slices=by_position).slices is not None
