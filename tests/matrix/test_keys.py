from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaklabel.matrix._keys import check_keys, key_array, storable_keys, stored_keys

INTS = st.lists(st.integers(-(2**63), 2**63 - 1), unique=True)
TEXTS = st.lists(st.text(), unique=True)


@pytest.mark.parametrize(
    "keys",
    [[3, -1], (3, -1), np.array([3, -1]), [np.int64(3), np.int8(-1)], pd.Series([3, -1]),
     pl.Series([3, -1]), pd.Index([3, -1]), np.array([3, -1], object)],
    ids=lambda k: type(k).__name__,
)  # fmt: skip
def test_int_keys_are_ints_in_any_container(keys: Any) -> None:
    array = key_array(keys)
    assert array.dtype == np.int64
    assert array.tolist() == [3, -1]


@pytest.mark.parametrize(
    "keys",
    [["b", "a"], np.array(["b", "a"]), [np.str_("b"), "a"], pd.Series(["b", "a"]),
     pl.Series(["b", "a"])],
    ids=lambda k: type(k).__name__,
)  # fmt: skip
def test_text_keys_are_plain_texts_in_any_container(keys: Any) -> None:
    array = key_array(keys)
    assert array.dtype == object
    assert [type(key) for key in array.tolist()] == [str, str]
    assert array.tolist() == ["b", "a"]


def test_other_keys_stay_what_they_are() -> None:
    keys = [(1, 2), datetime(2020, 1, 1), 2**70, 1.5]
    assert key_array(keys).tolist() == keys


def test_keys_are_copied() -> None:
    mine = np.array([1, 2])
    keys = key_array(mine)
    mine[0] = 7
    assert keys.tolist() == [1, 2]


@pytest.mark.parametrize(
    "missing", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT], ids=repr
)
def test_a_missing_key_is_refused_with_its_position(missing: Any) -> None:
    with pytest.raises(
        ValueError, match=r"row key at position 1 is missing \(.*\); every row need"
    ):
        key_array(["a", missing])
    with pytest.raises(ValueError, match=r"row key at position 11 is missing"):
        key_array(["a", missing], start=10)


def test_keys_that_are_not_one_column_are_refused() -> None:
    with pytest.raises(ValueError, match=r"row keys must be one-dimensional, got shape \(2, 2\)"):
        key_array(np.zeros((2, 2), int))


def test_a_key_that_is_not_hashable_is_refused() -> None:
    with pytest.raises(
        TypeError, match=r"row key at position 1 is \[2\]; row keys must be hashable"
    ):
        key_array([(1,), [2]])


@pytest.mark.parametrize("keys", [[7, 8, 7], ["a", "b", "a"], [(1, 2), 0, (1, 2)]])
def test_a_repeated_key_is_refused_with_both_positions(keys: list[Any]) -> None:
    expected = r"row key .* stands on rows 0 and 2; row keys must be unique"
    with pytest.raises(ValueError, match=expected) as e:
        check_keys(key_array(keys), 3)
    assert f"row key {keys[0]!r} stands" in str(e.value)


def test_keys_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"got 2 row keys for 3 rows"):
        check_keys(key_array([1, 2]), 3)


@given(st.one_of(INTS, TEXTS))
def test_keys_come_back_from_storage(keys: list[Any]) -> None:
    stored = storable_keys(key_array(keys))
    assert all(array.dtype.kind != "O" for array in stored.values())
    back = stored_keys(stored)
    assert back is not None
    assert back.tolist() == keys
    assert [type(key) for key in back.tolist()] == [type(key) for key in keys]


def test_texts_that_numpy_would_cut_come_back_whole() -> None:
    keys = ["a\0", "a", "\ud800", "", "ä" * 1000]
    back = stored_keys(storable_keys(key_array(keys)))
    assert back is not None
    assert back.tolist() == keys


def test_no_keys_are_stored_as_nothing() -> None:
    assert stored_keys({}) is None


def test_keys_that_cannot_be_saved_are_named() -> None:
    with pytest.raises(TypeError, match=r"only int and str row keys can be saved, got \(1, 2\)"):
        storable_keys(key_array(["a", (1, 2)]))
