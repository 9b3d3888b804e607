from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import weaklabel as wl
from tests.shared_data import needs_shared_data
from tests.vote_family import (
    check_labels,
    check_orders,
    check_saving,
    crowd,
    fitted,
    never_falls,
    share_right,
)
from tests.voting import finite, gold_for, voted_matrices
from weaklabel.datasets import synthetic
from weaklabel.errors import NotFittedError, WeakLabelWarning
from weaklabel.label_model._family._dawid_skene import DawidSkene


@given(data=st.data())
def test_every_matrix_gets_finite_labels_and_the_climb_never_falls(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    smoothing = data.draw(st.sampled_from([1e-300, 1e-9, 0.01, 1.0, 1e9]))
    balance = None
    if data.draw(st.booleans()):
        weights = data.draw(st.lists(st.floats(1e-6, 1.0), min_size=L.k, max_size=L.k))
        balance = np.array(weights) / sum(weights)
    model = fitted(DawidSkene(balance, smoothing=smoothing, max_iter=50), L, gold)
    check_labels(model, L)
    assert never_falls(model.log_likelihood_)
    assert len(model.log_likelihood_) == model.n_iter_
    assert model.cond_probs_.shape == (L.m, len(L.possible) + 1, L.k)
    assert finite(model.cond_probs_)
    np.testing.assert_allclose(model.cond_probs_.sum(axis=1), 1.0)


@given(data=st.data())
def test_the_order_of_rows_and_lfs_does_not_matter(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    rows = data.draw(st.permutations(range(L.n)))
    lfs = data.draw(st.permutations(range(L.m)))
    check_orders(DawidSkene(), L, gold, rows, lfs)


@given(L=voted_matrices())
@settings(max_examples=20)
def test_a_loaded_model_is_the_same_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, L: wl.LabelMatrix
) -> None:
    check_saving(fitted(DawidSkene(), L), L, tmp_path_factory.mktemp("models") / "model")


@pytest.mark.parametrize("k", [2, 4])
def test_tables_and_balance_are_recovered(k: int) -> None:
    balance = np.arange(1, k + 1) / np.arange(1, k + 1).sum()
    accuracy = [0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4]
    data = synthetic(20_000, 8, k, coverage=0.8, accuracy=accuracy, class_balance=balance, seed=k)
    model = DawidSkene().fit(data.L)
    np.testing.assert_allclose(model.cond_probs_, data.cond_probs, atol=0.03)
    np.testing.assert_allclose(model.class_balance_, balance, atol=0.02)
    assert model.score(data.L, data.gold) > wl.MajorityVote().fit(data.L).score(data.L, data.gold)


def test_a_first_pass_is_what_the_hand_computes() -> None:
    # Shares: row 0 is 2/3 A, row 1 is B, row 2 is 1/3 A.
    L = wl.LabelMatrix.from_array([[0, 0, 1], [1, 1, -1], [1, 0, 1]], classes=("A", "B"))
    model = fitted(DawidSkene(smoothing=1e-12, max_iter=1), L)
    a, b = 2 / 3 + 1 / 3, 1 / 3 + 1 + 2 / 3
    np.testing.assert_allclose(model.class_balance_, [a / 3, b / 3], atol=1e-9)
    table = np.array(
        [
            [[2 / 3 / a, 1 / 3 / b], [1 / 3 / a, (1 + 2 / 3) / b]],
            [[1.0, 1.0 / b], [0.0, 1.0 / b]],
            [[0.0, 0.0], [1.0, 1.0]],
        ]
    )
    np.testing.assert_allclose(
        model.cond_probs_[:, 1:] / model.cond_probs_[:, 1:].sum(axis=1, keepdims=True),
        table,
        atol=1e-9,
    )
    joint = model.class_balance_ * table[0, 0] * table[1, 0] * table[2, 1]
    np.testing.assert_allclose(model.predict_proba(L)[0], joint / joint.sum(), atol=1e-9)


def test_abstains_are_measured_and_say_nothing() -> None:
    data = synthetic(2_000, 6, 2, coverage=[0.9, 0.8, 0.7, 0.6, 0.5, 0.4], seed=3)
    model = DawidSkene().fit(data.L)
    covered = np.asarray(data.L)[data.L.covered]
    silent = (covered == -1).mean(axis=0)
    np.testing.assert_allclose(model.cond_probs_[:, 0] @ model.class_balance_, silent, atol=1e-3)
    alone = wl.LabelMatrix.from_array([[1, -1, -1, -1, -1, -1]], classes=("0", "1"))
    spoken = model.cond_probs_[0, 1:] / model.cond_probs_[0, 1:].sum(axis=0)
    joint = model.class_balance_ * spoken[1]
    np.testing.assert_allclose(model.predict_proba(alone)[0], joint / joint.sum())


def test_gold_rows_are_known() -> None:
    data = synthetic(600, 3, 2, coverage=1.0, accuracy=[0.1, 0.2, 0.6], seed=8)
    assert DawidSkene().fit(data.L).score(data.L, data.gold) < 0.5, "it takes the many for right"
    some = np.where(np.arange(600) < 200, data.gold, -1)
    assert DawidSkene().fit(data.L, some).score(data.L, data.gold) > 0.85
    full = DawidSkene(smoothing=1e-9).fit(data.L, data.gold)
    votes = np.asarray(data.L)
    for y in (0, 1):
        counted = (votes[data.gold == y] == 1).mean(axis=0)
        np.testing.assert_allclose(full.cond_probs_[:, 2, y], counted, atol=1e-6)
    blind, unknown = DawidSkene().fit(data.L), DawidSkene().fit(data.L, np.full(600, -1))
    assert np.array_equal(blind.cond_probs_, unknown.cond_probs_)


def test_a_given_class_balance_is_kept() -> None:
    data = synthetic(500, 4, 2)
    assert DawidSkene([0.9, 0.1]).fit(data.L).class_balance_.tolist() == [0.9, 0.1]


def test_class_sets_are_codes_of_their_own_found_again_whatever_their_codes() -> None:
    names = ("A", "B", "C")
    votes = [[0, 3], [1, 3], [2, 4], [1, 4], [0, 3], [2, -1]] * 5
    L = wl.LabelMatrix.from_array(votes, classes=names, class_sets=[(0, 1), (1, 2)])
    model = fitted(DawidSkene(), L)
    assert model.cond_probs_.shape == (2, 6, 3)
    assert model.cond_probs_[1, 4, 2] < 0.01 < model.cond_probs_[1, 5, 2]
    swapped = wl.LabelMatrix.from_array(
        np.array([0, 1, 2, 4, 3, -1])[np.asarray(L)], classes=names, class_sets=[(1, 2), (0, 1)]
    )
    assert np.array_equal(model.predict_proba(swapped), model.predict_proba(L))
    new = wl.LabelMatrix.from_array([[3, -1]], classes=names, class_sets=[(0, 2)])
    spoken = model.cond_probs_[0, 1:] / model.cond_probs_[0, 1:].sum(axis=0)
    joint = model.class_balance_ * (spoken[0] + spoken[2])
    np.testing.assert_allclose(model.predict_proba(new)[0], joint / joint.sum())


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("bluebird", 89.8),
        ("rte", 92.8),
        ("dog", 84.3),
        ("web", 81.9),
        ("product", 94.0),
        ("trec_relevance", 70.2),
    ],
)
def test_published_accuracies_on_crowds_are_met(
    shared_data: Path, name: str, published: float
) -> None:
    L, gold = crowd(shared_data, name)
    probs = fitted(DawidSkene(), L).predict_proba(L)
    assert share_right(probs, gold) == pytest.approx(published, abs=0.06)


def test_a_fit_that_has_not_converged_says_so_where_fit_was_called() -> None:
    data = synthetic(500, 5, 3, seed=2)
    with pytest.warns(WeakLabelWarning, match="DawidSkene has not converged after 2 pas") as caught:
        model = DawidSkene(max_iter=2).fit(data.L)
    assert caught[0].filename == __file__
    assert not model.converged_
    assert model.n_iter_ == 2
    assert DawidSkene(tol=1e-4).fit(data.L).converged_


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"smoothing": 0}, "smoothing must be a positive number, got 0"),
        ({"smoothing": float("nan")}, "smoothing must be a positive number, got nan"),
        ({"smoothing": float("inf")}, "smoothing must be a positive number, got inf"),
        ({"smoothing": "much"}, "smoothing must be a positive number, got 'much'"),
        ({"tol": -1.0}, "tol must be a number that is not negative, got -1.0"),
        ({"tol": None}, "tol must be a number that is not negative, got None"),
        ({"max_iter": 0}, "max_iter must be an int of at least 1, got 0"),
        ({"max_iter": 1.5}, "max_iter must be an int of at least 1, got 1.5"),
        ({"class_balance": [1.0]}, r"class_balance has shape \(1,\), expected \(2,\)"),
    ],
)
def test_bad_parameters_are_named_at_fit(params: dict[str, Any], message: str) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match=message):
        DawidSkene(**params).fit(L)


def test_what_does_not_fit_is_refused() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match="gold has 1 labels, the label matrix has 2 rows"):
        DawidSkene().fit(L, [0])
    with pytest.raises(ValueError, match="no LF votes on any row"):
        DawidSkene().fit(wl.LabelMatrix.from_array([[-1, -1]]))
    with pytest.raises(NotFittedError, match="this DawidSkene is not fitted; call fit first"):
        DawidSkene().predict(L)


def test_scikit_learn_can_clone_it() -> None:
    copy = clone(DawidSkene(smoothing=0.5))
    assert copy.get_params() == DawidSkene(smoothing=0.5).get_params()
