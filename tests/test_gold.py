from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import weaklabel as wl
from weaklabel.gold import encode_gold


class Label(Enum):
    HAM = "h"
    SPAM = "s"
    ABSTAIN = "?"


L = wl.LabelMatrix.from_array([[0], [1], [1], [0]], classes=("HAM", "SPAM"))

WRITTEN: dict[str, Any] = {
    "names": ["SPAM", None, "HAM", None],
    "codes": [1, -1, 0, -1],
    "None among codes": [1, None, 0, None],
    "members": [Label.SPAM, Label.ABSTAIN, Label.HAM, None],
    "mixed": ["SPAM", float("nan"), 0, pd.NA],
    "ndarray": np.array([1, -1, 0, -1], np.int8),
    "unsigned": np.array([1, 1, 0, 0], np.uint8),
    "object": np.array(["SPAM", None, "HAM", None], object),
    "floats": np.array([1.0, np.nan, 0.0, np.nan]),
    "pandas, codes": pd.Series([1, None, 0, None], index=[3, 2, 1, 0]),
    "pandas, nullable": pd.Series([1, None, 0, None], dtype="Int64"),
    "pandas, names": pd.Series(["SPAM", None, "HAM", None]),
    "pandas, category": pd.Series(["SPAM", None, "HAM", None], dtype="category"),
    "polars": pl.Series([1, None, 0, None]),
    "arrow": pa.array(["SPAM", None, "HAM", None]),
    "arrow chunks": pa.chunked_array([[1, None], [0, None]]),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_gold_labels_are_coded_however_they_are_written(kind: str) -> None:
    expected = [1, 1, 0, 0] if kind == "unsigned" else [1, -1, 0, -1]
    codes = encode_gold(WRITTEN[kind], L)
    assert codes.tolist() == expected
    assert codes.dtype == np.int64


def test_the_callers_array_is_not_handed_on() -> None:
    mine = np.array([1, 0, 1, 0], np.int64)
    codes = encode_gold(mine, L)
    codes[0] = 0
    assert mine[0] == 1


def test_gold_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"gold has 3 labels, the label matrix has 4 rows"):
        encode_gold([1, 0, 1], L)


@pytest.mark.parametrize("bad", ["EGGS", 2, -2, 1.0, 0.5, True, "spam", [1]], ids=repr)
def test_gold_of_another_class_is_refused_with_its_position(bad: Any) -> None:
    with pytest.raises(
        ValueError, match=r"gold .*position 2: .* is no class; expected 0..1 for cl"
    ):
        encode_gold([1, None, bad, 0], L)


@pytest.mark.parametrize("bad", [2, -2])
def test_a_code_out_of_range_is_refused_with_its_position(bad: int) -> None:
    expected = rf"gold holds {bad} at position 1; expected -1 or 0..1 for classes \('HAM', 'SPAM'\)"
    with pytest.raises(ValueError, match=expected):
        encode_gold(np.array([1, bad, 0, 0]), L)


def test_a_float_that_is_no_code_is_refused_even_in_a_column_of_floats() -> None:
    with pytest.raises(ValueError, match=r"gold at position 1: 0.5 is no class"):
        encode_gold(np.array([1.0, 0.5, np.nan, 0.0]), L)


def test_a_misspelt_class_is_guessed() -> None:
    with pytest.raises(ValueError, match=r"'SPAMM' is no class; .*; did you mean 'SPAM'\?"):
        encode_gold(["SPAMM", None, None, None], L)


@pytest.mark.parametrize("gold", ["SPAM", 3, None])
def test_what_is_no_sequence_is_refused(gold: Any) -> None:
    with pytest.raises(TypeError, match=r"expected a sequence of labels, got "):
        encode_gold(gold, L)


def test_gold_must_be_one_column() -> None:
    with pytest.raises(ValueError, match=r"gold must be one-dimensional, got shape \(4, 1\)"):
        encode_gold(np.zeros((4, 1), int), L)


def test_a_series_indexed_by_the_keys_in_another_order_is_refused() -> None:
    L = wl.LabelMatrix.from_array([[1], [0]], ("HAM", "SPAM"), keys=["a", "b"])
    gold = pd.Series(["HAM", "SPAM"], index=["b", "a"])
    with pytest.raises(
        ValueError, match=r"in another order than the rows; pass gold.loc\[L.keys\]"
    ):
        encode_gold(gold, L)
    assert encode_gold(gold.loc[L.keys], L).tolist() == [1, 0]
    assert encode_gold(gold.reset_index(drop=True), L).tolist() == [0, 1]
