from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from weaklabel.datasets._synthetic import draw_votes, synthetic


def test_the_same_seed_gives_the_same_data_and_another_one_does_not() -> None:
    one, two, other = (synthetic(50, 4, 3, seed=seed) for seed in (1, 1, 2))
    assert one.L == two.L
    assert np.array_equal(one.gold, two.gold)
    assert one.L != other.L


def test_the_global_random_state_is_not_touched() -> None:
    before = np.random.get_state(legacy=False)  # noqa: NPY002
    synthetic(10, 3)
    after = np.random.get_state(legacy=False)  # noqa: NPY002
    assert str(before) == str(after)


def test_votes_are_as_frequent_as_the_tables_say() -> None:
    data = synthetic(
        40_000, 2, 3, coverage=[0.3, 0.9], accuracy=[0.9, 0.5], class_balance=[0.5, 0.3, 0.2]
    )
    votes = np.asarray(data.L)
    for y in range(3):
        assert (data.gold == y).mean() == pytest.approx(data.class_balance[y], abs=0.01)
        for j in range(2):
            for v in range(-1, 3):
                share = (votes[data.gold == y, j] == v).mean()
                assert share == pytest.approx(data.cond_probs[j, v + 1, y], abs=0.02)


def test_tables_and_balance_are_distributions() -> None:
    data = synthetic(5, 4, 5, coverage=0.4, accuracy=0.6)
    np.testing.assert_allclose(data.cond_probs.sum(axis=1), 1.0)
    assert data.cond_probs.shape == (4, 6, 5)
    assert data.class_balance.tolist() == [0.2] * 5


@pytest.mark.parametrize(("coverage", "accuracy"), [(0.0, 0.5), (1.0, 1.0), (1.0, 0.0)])
def test_certain_and_impossible_votes(coverage: float, accuracy: float) -> None:
    data = synthetic(200, 3, 2, coverage=coverage, accuracy=accuracy)
    votes = np.asarray(data.L)
    if coverage == 0:
        assert (votes == -1).all()
    else:
        assert ((votes == data.gold[:, None]) == bool(accuracy)).all()


def test_no_rows_are_a_matrix_without_rows() -> None:
    data = synthetic(0, 3, 4)
    assert data.L.shape == (0, 3)
    assert data.gold.shape == (0,)


def test_what_it_returns_cannot_be_written_to() -> None:
    data = synthetic(3, 2)
    with pytest.raises(ValueError, match="read-only"):
        data.gold[0] = 1


def test_class_sets_are_drawn_from_a_table_that_has_them() -> None:
    table = np.array([[[0.0, 0.0], [0.0, 0.5], [0.0, 0.5], [1.0, 0.0]]])
    votes = draw_votes(np.random.default_rng(0), np.array([0, 0, 1, 1, 1]), table)
    assert votes[:2, 0].tolist() == [2, 2]
    assert set(votes[2:, 0].tolist()) <= {0, 1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": -1}, "n must be at least 0, got -1"),
        ({"m": 0}, "m must be at least 1, got 0"),
        ({"k": 1}, "k must be at least 2, got 1"),
        ({"coverage": 1.5}, r"coverage must be in 0\.\.1, got 1\.5"),
        ({"accuracy": float("nan")}, r"accuracy must be in 0\.\.1, got nan"),
        ({"accuracy": [0.5]}, r"accuracy must be a number or 3 of them, got shape \(1,\)"),
        ({"class_balance": [0.5, 0.2]}, "class_balance must sum to 1"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        synthetic(**{"n": 5, "m": 3, "k": 2} | arguments)
