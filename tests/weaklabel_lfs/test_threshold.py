from __future__ import annotations

from typing import Any

import cloudpickle
import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel_lfs import numeric


def votes(lf: wl.LabelingFunction, *values: Any) -> list[Any]:
    return [lf({"n": value}) for value in values]


def test_at_least_and_at_most_include_the_bound() -> None:
    assert votes(numeric.threshold(1, "n", at_least=2, at_most=3), 1.9, 2, 3.0, 3.1) == [
        -1,
        1,
        1,
        -1,
    ]


def test_above_and_below_leave_the_bound_out() -> None:
    assert votes(numeric.threshold(1, "n", above=2, below=3), 2, 2.5, 3) == [-1, 1, -1]


def test_the_tighter_of_two_bounds_counts() -> None:
    assert votes(numeric.threshold(1, "n", at_least=2, above=1), 1.5, 2) == [-1, 1]
    assert votes(numeric.threshold(1, "n", at_least=2, above=2), 2, 3) == [-1, 1]
    assert votes(numeric.threshold(1, "n", at_most=2, below=3), 2, 2.5) == [1, -1]


@pytest.mark.parametrize("kind", [np.float32, np.int8, np.float64, int, float])
def test_any_kind_of_number_is_read(kind: Any) -> None:
    assert votes(numeric.threshold(1, "n", at_least=2), kind(1), kind(2)) == [-1, 1]


def test_infinite_values_are_numbers() -> None:
    lf = numeric.threshold(1, "n", at_least=2)
    assert votes(lf, float("inf"), float("-inf")) == [1, -1]


def test_large_ints_are_compared_exactly() -> None:
    assert votes(numeric.threshold(1, "n", above=2**60), 2**60, 2**60 + 1) == [-1, 1]


def test_the_default_name_tells_column_and_bounds() -> None:
    lf = numeric.threshold("SPAM", "n", above=0.5)
    assert lf.name == "threshold_SPAM_n_above_0_5"
    assert lf.columns == ("n",)


@pytest.mark.parametrize("absent", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT])
def test_a_missing_number_raises_or_abstains(absent: object) -> None:
    with pytest.raises(TypeError, match=r"column 'n' is .*, expected a number; pass missing="):
        votes(numeric.threshold(1, "n", at_least=2), absent)
    assert votes(numeric.threshold(1, "n", at_least=2, missing="abstain"), absent) == [-1]


@pytest.mark.parametrize("wrong", ["3", True, [3]])
def test_a_value_that_is_no_number_is_an_error(wrong: object) -> None:
    with pytest.raises(TypeError, match=r"column 'n' holds .*, expected a number"):
        votes(numeric.threshold(1, "n", at_least=2, missing="abstain"), wrong)


def test_it_survives_the_way_to_another_process() -> None:
    lf = cloudpickle.loads(cloudpickle.dumps(numeric.threshold(1, "n", at_least=2)))
    assert votes(lf, 2, 1) == [1, -1]


def test_no_bound_is_refused() -> None:
    with pytest.raises(ValueError, match=r"threshold\(\) needs a bound: at_least="):
        numeric.threshold(1, "n")


@pytest.mark.parametrize("bound", ["3", float("nan"), True])
def test_a_bound_that_is_no_number_is_refused(bound: Any) -> None:
    with pytest.raises(TypeError, match=r"at_least=.*; expected a number"):
        numeric.threshold(1, "n", at_least=bound)


def test_bounds_that_no_number_meets_are_refused() -> None:
    with pytest.raises(ValueError, match=r"above=3, below=3: no number meets them all"):
        numeric.threshold(1, "n", above=3, below=3)
    with pytest.raises(ValueError, match=r"at_least=4, at_most=3: no number"):
        numeric.threshold(1, "n", at_least=4, at_most=3)
    assert votes(numeric.threshold(1, "n", at_least=3, at_most=3), 3) == [1]
