from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaklabel.errors import InputError
from weaklabel.relabel._keys import KeyCheck
from weaklabel.types import IntArray

INTS = st.one_of(st.integers(0, 20), st.integers(-(2**63), 2**63 - 1))
PARTS_OF_INTS = st.lists(st.lists(INTS, max_size=8), max_size=5)
PARTS_OF_TEXTS = st.lists(st.lists(st.text(max_size=2), max_size=8), max_size=5)


def array(keys: Any) -> IntArray:
    if all(type(key) is int and abs(key) < 2**64 for key in keys):
        return np.array(keys, np.int64)
    objects = np.empty(len(keys), object)
    objects[:] = keys
    return objects


def first_duplicate(parts: list[list[Any]]) -> tuple[Any, int, int] | None:
    """Return what `KeyCheck.duplicates` does, the slow way."""
    seen: dict[Any, int] = {}
    for number, keys in enumerate(parts):
        for key in keys:
            if key in seen:
                return key, seen[key], number
            seen[key] = number
    return None


def found(parts: list[list[Any]], *, bits: int = 64) -> tuple[Any, int, int] | None:
    check = KeyCheck(bits=bits)
    for number, keys in enumerate(parts):
        check.add(number, array(keys))
    assert check.n == sum(map(len, parts))
    return check.duplicates(lambda number: array(parts[number]))


@given(parts=PARTS_OF_INTS | PARTS_OF_TEXTS, bits=st.sampled_from([1, 3, 5, 64]))
def test_the_first_key_that_stands_twice_is_found_whatever_shares_a_hash(
    parts: list[list[Any]], bits: int
) -> None:
    assert found(parts, bits=bits) == first_duplicate(parts)


@given(parts=PARTS_OF_TEXTS, bits=st.sampled_from([1, 4]))
def test_keys_that_share_a_hash_are_not_taken_for_one(parts: list[list[str]], bits: int) -> None:
    distinct = [[f"{p}.{i}.{key}" for i, key in enumerate(part)] for p, part in enumerate(parts)]
    assert found(distinct, bits=bits) is None


def test_key_and_both_parts_are_told() -> None:
    assert found([["a", "b"], ["c"], ["d", "b"]]) == ("b", 0, 2)
    assert found([["a", "a"], ["c"]]) == ("a", 0, 0)
    assert found([]) is None


def test_a_number_is_one_key_whatever_its_type() -> None:
    assert found([[1, 2], [0.5, 1.0]]) == (1.0, 0, 1)
    assert found([[1], ["1"]]) is None
    assert found([[2**70, 5], [7], [5]]) == (5, 0, 2)


def test_texts_that_are_no_unicode_are_keys_too() -> None:
    assert found([["\udce9"], ["\udcea"], ["\udce9"]]) == ("\udce9", 0, 2)


def test_only_parts_that_may_hold_the_key_are_read_again() -> None:
    check = KeyCheck()
    parts = [np.arange(10 * p, 10 * p + 10) for p in range(5)]
    parts[3] = np.array([7])
    for number, keys in enumerate(parts):
        check.add(number, keys)
    read: list[int] = []

    def again(number: int) -> IntArray:
        read.append(number)
        return parts[number]

    assert check.duplicates(again) == (7, 0, 3)
    assert read == [0, 3]


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_missing_key_is_refused_with_file_and_row(missing: object) -> None:
    with pytest.raises(InputError) as raised:
        KeyCheck().add(0, array(["a", missing]), file=Path("mail.csv"), start=100)
    assert str(raised.value) == (
        f"mail.csv: row 101 has no key ({missing!r}); every row needs one, so fill the column or "
        "leave such rows out"
    )
    assert raised.value.path == Path("mail.csv")


def test_minus_one_is_a_key() -> None:
    assert found([[-1, 0], [1, -1]]) == (-1, 0, 1)
    assert found([[-1, "a"]]) is None


def test_bits_beyond_a_hash_are_refused() -> None:
    with pytest.raises(ValueError, match="bits must be 1 to 64, got 65"):
        KeyCheck(bits=65)


def test_eight_bytes_a_row_are_kept_and_little_more_is_needed_to_look() -> None:
    n, size = 400_000, 20_000
    tracemalloc.start()
    try:
        check = KeyCheck()
        for number in range(n // size):
            check.add(number, np.arange(number * size, (number + 1) * size))
        kept = tracemalloc.get_traced_memory()[0]
        assert check.duplicates(lambda number: np.empty(0)) is None
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert kept < 8.5 * n
    assert peak < 12 * n


def test_a_file_given_twice_is_found_without_reading_all_of_it_again() -> None:
    n, size = 40_000, 2_000
    check = KeyCheck()
    for number in range(2 * n // size):
        check.add(number, np.arange(number * size, (number + 1) * size) % n)
    read: list[int] = []

    def again(number: int) -> IntArray:
        read.append(number)
        return np.arange(number * size, (number + 1) * size) % n

    assert check.duplicates(again) == (0, 0, n // size)
    assert read == [0, n // size]
