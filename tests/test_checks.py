from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from weaklabel._checks import checked_balance, listed, nearest, read_only, repeated, shorten

NAMES = ("HAM", "SPAM")


def test_a_class_balance_is_read_and_made_to_sum_to_one() -> None:
    balance = checked_balance([0.25, 0.7500001], NAMES)
    assert balance.sum() == pytest.approx(1, abs=1e-15)
    assert balance.dtype == np.float64


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            [1.0],
            r"class_balance has shape \(1,\), expected \(2,\): one share for each of \('HAM', 'S",
        ),
        ([[0.5, 0.5]], r"class_balance has shape \(1, 2\), expected \(2,\)"),
        ([0.0, 1.0], r"class_balance must be positive numbers, got \[0.0, 1.0\]"),
        ([-0.5, 1.5], r"class_balance must be positive numbers, got \[-0.5, 1.5\]"),
        ([np.nan, 0.5], r"class_balance must be positive numbers, got \[nan, 0.5\]"),
        ([np.inf, 0.5], r"class_balance must be positive numbers, got \[inf, 0.5\]"),
        ([0.5, 0.6], r"class_balance must sum to 1, got a sum of 1.1"),
    ],
)
def test_what_is_no_class_balance_is_refused(values: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checked_balance(values, NAMES)


def test_names_are_guessed_only_when_they_are_near() -> None:
    assert nearest("SPAMM", NAMES) == "; did you mean 'SPAM'?"
    assert nearest("EGGS", NAMES) == ""
    assert nearest("x", []) == ""


def test_long_values_are_cut_in_the_middle() -> None:
    assert shorten("short") == "'short'"
    text = shorten("a" * 500 + "the end")
    assert text.startswith("'aaa")
    assert text.endswith("the end'")
    assert len(text) < 80


def test_long_lists_are_counted() -> None:
    assert listed(["a", "b"]) == "'a', 'b'"
    assert listed(list(range(9)), limit=2) == "0, 1 and 7 more"


def test_repeated_names_are_found_once_each() -> None:
    assert repeated(["b", "a", "b", "c", "a", "b"]) == ["b", "a"]
    assert repeated([]) == []


def test_a_read_only_array_leaves_the_callers_writable() -> None:
    mine = np.zeros(2)
    view = read_only(mine)
    with pytest.raises(ValueError, match=r"read-only"):
        view[0] = 1
    mine[0] = 1
