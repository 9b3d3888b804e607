from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaklabel.label_model._calibration._calibration_error import calibration_error
from weaklabel.types import FloatArray, IntArray


def slow(probs: FloatArray, gold: IntArray, bins: int) -> float:
    error, known = 0.0, [i for i in range(len(gold)) if gold[i] >= 0]
    for b in range(bins):
        inside = [i for i in known if b / bins < max(probs[i]) <= (b + 1) / bins]
        if inside:
            right = np.mean([np.argmax(probs[i]) == gold[i] for i in inside])
            sure = np.mean([max(probs[i]) for i in inside])
            error += len(inside) / len(known) * abs(right - sure)
    return error


@given(
    seed=st.integers(0, 10_000), n=st.integers(1, 60), k=st.integers(2, 5), bins=st.integers(1, 20)
)
def test_it_is_what_the_slow_sum_gives(seed: int, n: int, k: int, bins: int) -> None:
    rng = np.random.default_rng(seed)
    probs, gold = rng.dirichlet(np.ones(k), n), rng.integers(-1, k, n)
    gold[0] = 0
    error = calibration_error(probs, gold, bins)
    assert error == pytest.approx(slow(probs, gold, bins), abs=1e-12)
    order = rng.permutation(n)
    assert calibration_error(probs[order], gold[order], bins) == pytest.approx(error, abs=1e-12)
    classes = rng.permutation(k)
    moved = np.where(gold < 0, -1, np.argsort(classes)[gold])
    assert calibration_error(probs[:, classes], moved, bins) == pytest.approx(error, abs=1e-12)
    known = gold >= 0
    assert calibration_error(probs[known], gold[known], bins) == pytest.approx(error, abs=1e-12)


def test_a_tie_is_right_in_part() -> None:
    assert calibration_error([[0.5, 0.5]], [0]) == 0.0
    assert calibration_error([[0.5, 0.5]], [1]) == 0.0
    assert calibration_error([[0.4, 0.4, 0.2]], [2]) == pytest.approx(0.4)


def test_rounding_does_not_move_a_row_to_another_bin() -> None:
    gold = [0, 1]
    for noise in (-1e-13, 0.0, 1e-13):
        probs = [[0.6 + noise, 0.4 - noise], [0.6, 0.4]]
        assert calibration_error(probs, gold, bins=5) == pytest.approx(0.1)


def test_unknown_gold_may_be_none() -> None:
    probs = [[0.9, 0.1], [0.9, 0.1]]
    assert calibration_error(probs, [0, None]) == pytest.approx(0.1)
    assert calibration_error(probs, np.array([0.0, np.nan])) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("probs", "gold", "bins", "message"),
    [
        ([0.5, 0.5], [0], 15, r"probs has shape \(2,\), expected \(n, k\): a row for each data"),
        ("abc", [0], 15, r"probs must be numbers of shape \(n, k\), got 'abc'; pass model.predict"),
        ([[0.5, 0.6]], [0], 15, r"probs holds \[0.5, 0.6\] in row 0; expected probabilities that"),
        ([[1.0, 0.0], [np.nan, 1.0]], [0, 0], 15, r"probs holds \[nan, 1.0\] in row 1; expected"),
        ([[1.5, -0.5]], [0], 15, r"probs holds \[1.5, -0.5\] in row 0"),
        ([[0.5, 0.5]], [0, 1], 15, "gold has 2 labels, probs has 1 rows; give one label a row"),
        ([[0.5, 0.5]], [2], 15, "gold"),
        ([[0.5, 0.5]], [-1], 15, "needs gold labels, all of them are unknown; give at least one"),
        ([[0.5, 0.5]], [0], 0, "bins must be an int of at least 1, got 0"),
        ([[0.5, 0.5]], [0], 2.0, r"bins must be an int of at least 1, got 2\.0"),
    ],
)
def test_what_does_not_fit_is_refused(probs: Any, gold: Any, bins: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        calibration_error(probs, gold, bins)
