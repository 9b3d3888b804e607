from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import weaklabel as wl
from tests.vote_family import check_labels, check_orders, check_saving, fitted, never_falls
from tests.voting import finite, gold_for, relabelled, voted_matrices
from weaklabel.datasets import synthetic
from weaklabel.errors import NotFittedError, WeakLabelWarning
from weaklabel.label_model._family._one_coin import OneCoin


@given(data=st.data())
def test_every_matrix_gets_finite_labels_and_the_climb_never_falls(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    smoothing = data.draw(st.sampled_from([1e-300, 1e-9, 0.01, 1.0, 1e9]))
    model = fitted(OneCoin(smoothing=smoothing, max_iter=50), L, gold)
    check_labels(model, L)
    assert never_falls(model.log_likelihood_)
    assert model.accuracy_.shape == (L.m,)
    assert finite(model.accuracy_)
    assert (model.accuracy_ >= 0).all()
    assert (model.accuracy_ <= 1).all()


@given(data=st.data())
def test_the_order_of_rows_and_lfs_does_not_matter(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    rows = data.draw(st.permutations(range(L.n)))
    lfs = data.draw(st.permutations(range(L.m)))
    check_orders(OneCoin(), L, gold, rows, lfs)


def test_a_tie_between_two_solutions_is_not_tipped_over_by_the_order_of_lfs() -> None:
    # Found among random matrices: without care the last digits of sums decide, by 0.9999.
    rng = np.random.default_rng(1691)
    n, m, k = (int(rng.integers(*ends)) for ends in ((1, 12), (1, 6), (2, 5)))
    votes = rng.integers(-1, k, (n, m))
    votes = np.where(rng.random((n, m)) < 0.5, votes, -1)
    L = wl.LabelMatrix.from_array(votes, classes=tuple(map(str, range(k))))
    rows, lfs = rng.permutation(n), rng.permutation(m)
    check_orders(OneCoin(), L, None, rows, lfs)


@given(data=st.data())
def test_the_names_of_classes_do_not_matter(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    order = np.array(data.draw(st.permutations(range(L.k))))
    moved = relabelled(L, order)
    np.testing.assert_allclose(
        fitted(OneCoin(), moved).predict_proba(moved)[:, order],
        fitted(OneCoin(), L).predict_proba(L),
        atol=1e-9,
    )


@given(L=voted_matrices())
@settings(max_examples=20)
def test_a_loaded_model_is_the_same_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, L: wl.LabelMatrix
) -> None:
    folder = tmp_path_factory.mktemp("models")
    check_saving(fitted(OneCoin(), L), L, folder / "model")
    balance = np.arange(1, L.k + 1) / np.arange(1, L.k + 1).sum()
    check_saving(fitted(OneCoin(balance), L), L, folder / "balanced")


@pytest.mark.parametrize("k", [2, 5])
def test_accuracies_are_recovered(k: int) -> None:
    accuracy = [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    data = synthetic(20_000, 7, k, coverage=0.7, accuracy=accuracy, seed=k)
    model = OneCoin().fit(data.L)
    np.testing.assert_allclose(model.accuracy_, accuracy, atol=0.02)
    np.testing.assert_allclose(model.class_balance_, data.class_balance, atol=0.02)
    assert model.score(data.L, data.gold) > wl.MajorityVote().fit(data.L).score(data.L, data.gold)


def test_a_first_pass_is_what_the_hand_computes() -> None:
    # Shares: row 0 is 2/3 A, row 1 is B, row 2 is 1/3 A.
    L = wl.LabelMatrix.from_array([[0, 0, 1], [1, 1, -1], [1, 0, 1]], classes=("A", "B"))
    model = fitted(OneCoin(smoothing=1e-12, max_iter=1), L)
    accuracy = np.array([(2 / 3 + 1 + 2 / 3) / 3, (2 / 3 + 1 + 1 / 3) / 3, (1 / 3 + 2 / 3) / 2])
    np.testing.assert_allclose(model.accuracy_, accuracy, atol=1e-9)
    odds = accuracy / (1 - accuracy)
    for_a = odds[0] * odds[1] / odds[2]
    assert model.predict_proba(L)[0, 0] == pytest.approx(for_a / (1 + for_a))


def test_a_given_class_balance_speaks_and_is_kept() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 0], [0, 0], [1, 1]], classes=("A", "B"))
    assert fitted(OneCoin(), L).predict(L).tolist() == [-1, -1, 0, 1]
    model = fitted(OneCoin([0.7, 0.3]), L)
    assert model.class_balance_.tolist() == [0.7, 0.3]
    assert model.predict(L)[:2].tolist() == [0, 0]


def test_gold_rows_are_known() -> None:
    data = synthetic(600, 3, 2, coverage=1.0, accuracy=[0.1, 0.2, 0.6], seed=8)
    assert OneCoin().fit(data.L).score(data.L, data.gold) < 0.5
    some = np.where(np.arange(600) < 200, data.gold, -1)
    assert OneCoin().fit(data.L, some).score(data.L, data.gold) > 0.85
    full = OneCoin(smoothing=1e-9).fit(data.L, data.gold)
    right = (np.asarray(data.L) == data.gold[:, None]).mean(axis=0)
    np.testing.assert_allclose(full.accuracy_, right, atol=1e-9)


def test_a_partial_vote_speaks_for_each_of_its_classes_by_its_part() -> None:
    names = ("A", "B", "C", "D")
    L = wl.LabelMatrix.from_array(
        [[0, 4], [1, 4], [2, 2], [3, 3]] * 5, classes=names, class_sets=[(0, 1)]
    )
    model = fitted(OneCoin(smoothing=1.0), L)
    a = model.accuracy_[1]
    alone = wl.LabelMatrix.from_array([[-1, 4]], classes=names, class_sets=[(0, 1)])
    expected = [a / 2, a / 2, (1 - a) / 2, (1 - a) / 2]
    np.testing.assert_allclose(model.predict_proba(alone)[0], expected)
    other = wl.LabelMatrix.from_array([[-1, 4]], classes=names, class_sets=[(1, 2, 3)])
    expected = [1 - a, a / 3, a / 3, a / 3]
    np.testing.assert_allclose(model.predict_proba(other)[0], expected)


def test_a_fit_that_has_not_converged_says_so_where_fit_was_called() -> None:
    data = synthetic(500, 5, 3, seed=2)
    with pytest.warns(WeakLabelWarning, match="OneCoin has not converged after 2 passes") as caught:
        model = OneCoin(max_iter=2).fit(data.L)
    assert caught[0].filename == __file__
    assert not model.converged_


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"smoothing": -1.0}, "smoothing must be a positive number, got -1.0"),
        ({"smoothing": True}, "smoothing must be a positive number, got True"),
        ({"tol": float("nan")}, "tol must be a number that is not negative, got nan"),
        ({"max_iter": 0}, "max_iter must be an int of at least 1, got 0"),
        ({"class_balance": [0.5, 0.6]}, "class_balance must sum to 1"),
    ],
)
def test_bad_parameters_are_named_at_fit(params: dict[str, Any], message: str) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match=message):
        OneCoin(**params).fit(L)


def test_what_does_not_fit_is_refused() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match="gold has 1 labels, the label matrix has 2 rows"):
        OneCoin().fit(L, [0])
    with pytest.raises(NotFittedError, match="this OneCoin is not fitted; call fit first"):
        OneCoin().predict(L)
    assert clone(OneCoin(smoothing=0.5)).get_params() == OneCoin(smoothing=0.5).get_params()
