from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import digamma
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
from weaklabel.label_model._family._ibcc import IBCC


@given(data=st.data())
def test_every_matrix_gets_finite_labels_and_the_bound_never_falls(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    counts = st.sampled_from([1e-3, 0.5, 1.0, 2.0, 1e3])
    model = IBCC(
        right=data.draw(counts),
        wrong=data.draw(counts),
        balance_prior=data.draw(counts),
        max_iter=50,
    )
    if data.draw(st.booleans()):
        model.set_params(class_balance=np.full(L.k, 1 / L.k))
    fitted(model, L, gold)
    check_labels(model, L)
    assert never_falls(model.lower_bound_)
    assert finite(model.cond_probs_)
    np.testing.assert_allclose(model.cond_probs_.sum(axis=1), 1.0)
    assert model.table_counts_.shape == (L.m, len(L.possible), L.k)


@given(data=st.data())
def test_the_order_of_rows_and_lfs_does_not_matter(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    rows = data.draw(st.permutations(range(L.n)))
    lfs = data.draw(st.permutations(range(L.m)))
    check_orders(IBCC(), L, gold, rows, lfs)


@given(L=voted_matrices())
@settings(max_examples=20)
def test_a_loaded_model_is_the_same_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, L: wl.LabelMatrix
) -> None:
    folder = tmp_path_factory.mktemp("models")
    check_saving(fitted(IBCC(), L), L, folder / "model")
    check_saving(fitted(IBCC(np.full(L.k, 1 / L.k)), L), L, folder / "balanced")


@pytest.mark.parametrize("k", [2, 4])
def test_tables_and_balance_are_recovered(k: int) -> None:
    balance = np.arange(1, k + 1) / np.arange(1, k + 1).sum()
    accuracy = [0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4]
    data = synthetic(20_000, 8, k, coverage=0.8, accuracy=accuracy, class_balance=balance, seed=k)
    model = IBCC().fit(data.L)
    np.testing.assert_allclose(model.cond_probs_, data.cond_probs, atol=0.03)
    np.testing.assert_allclose(model.class_balance_, balance, atol=0.02)
    assert model.score(data.L, data.gold) > wl.MajorityVote().fit(data.L).score(data.L, data.gold)


def test_a_first_pass_is_what_the_hand_computes() -> None:
    # Shares: row 0 is 2/3 A, row 1 is B, row 2 is 1/3 A.
    L = wl.LabelMatrix.from_array([[0, 0, 1], [1, 1, -1], [1, 0, 1]], classes=("A", "B"))
    model = fitted(IBCC(right=3.0, wrong=0.5, balance_prior=2.0, max_iter=1), L)
    np.testing.assert_allclose(model.balance_counts_, [2 + 1, 2 + 2])
    first = [[3 + 2 / 3, 0.5 + 1 / 3], [0.5 + 1 / 3, 3 + 1 + 2 / 3]]
    np.testing.assert_allclose(model.table_counts_[0], first)
    np.testing.assert_allclose(model.table_counts_[1], [[3 + 1, 0.5 + 1], [0.5, 3 + 1]])
    alone = wl.LabelMatrix.from_array([[1, -1, -1]], classes=("A", "B"))
    odds = digamma([0.5 + 1 / 3, 3 + 5 / 3]) - digamma([3.5 + 1, 3.5 + 2]) + digamma([3, 4])
    joint = np.exp(odds)
    np.testing.assert_allclose(model.predict_proba(alone)[0], joint / joint.sum())


def test_with_all_gold_the_bound_is_the_exact_evidence() -> None:
    # Beta(1, 1) of the balance, then Dirichlet(2, 1) of each column of each table.
    L = wl.LabelMatrix.from_array([[0], [0], [1]], classes=("A", "B"))
    model = fitted(IBCC(right=2.0, wrong=1.0), L, [0, 0, 1])
    balance = 1 / 2 * 2 / 3 * 1 / 4
    table = (2 / 3 * 3 / 4) * (2 / 3)
    assert model.lower_bound_[-1] == pytest.approx(np.log(balance * table))


def test_an_annotator_with_few_votes_counts_for_less() -> None:
    data = synthetic(300, 4, 2, coverage=1.0, accuracy=0.9, seed=5)
    votes = np.asarray(data.L).copy()
    votes[5:, 3] = -1
    votes[:5, 3] = data.gold[:5]
    L = wl.LabelMatrix.from_array(votes, classes=data.L.class_names)
    alone = wl.LabelMatrix.from_array([[-1, -1, -1, 1]], classes=L.class_names)
    sure = DawidSkene().fit(L).predict_proba(alone)[0, 1]
    assert IBCC().fit(L).predict_proba(alone)[0, 1] < 0.95 < sure


def test_gold_rows_are_known() -> None:
    data = synthetic(600, 3, 2, coverage=1.0, accuracy=[0.1, 0.2, 0.6], seed=8)
    assert IBCC().fit(data.L).score(data.L, data.gold) < 0.5
    some = np.where(np.arange(600) < 200, data.gold, -1)
    assert IBCC().fit(data.L, some).score(data.L, data.gold) > 0.85
    full = IBCC(right=1e-9, wrong=1e-9).fit(data.L, data.gold)
    ones = (np.asarray(data.L)[data.gold == 1] == 1).mean(axis=0)
    np.testing.assert_allclose(full.cond_probs_[:, 2, 1], ones, atol=1e-6)


def test_a_given_class_balance_is_kept() -> None:
    data = synthetic(500, 4, 2)
    assert IBCC([0.9, 0.1]).fit(data.L).class_balance_.tolist() == [0.9, 0.1]


def test_class_sets_never_met_in_fitting_count_as_a_vote_for_one_of_their_classes() -> None:
    names = ("A", "B", "C")
    data = synthetic(300, 3, 3, seed=1)
    L = wl.LabelMatrix.from_array(np.asarray(data.L), classes=names)
    model = IBCC().fit(L)
    new = wl.LabelMatrix.from_array([[3, -1, -1]], classes=names, class_sets=[(0, 2)])
    counts = model.table_counts_[0]
    log_votes = digamma(counts[0] + counts[2]) - digamma(counts.sum(axis=0))
    joint = np.exp(log_votes + digamma(model.balance_counts_))
    np.testing.assert_allclose(model.predict_proba(new)[0], joint / joint.sum())


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "least"), [("bluebird", 88.0), ("rte", 92.5), ("product", 93.5), ("dog", 83.5)]
)
def test_it_does_well_on_crowds(shared_data: Path, name: str, least: float) -> None:
    L, gold = crowd(shared_data, name)
    assert share_right(fitted(IBCC(), L).predict_proba(L), gold) > least


def test_a_fit_that_has_not_converged_says_so_where_fit_was_called() -> None:
    data = synthetic(500, 5, 3, seed=2)
    with pytest.warns(WeakLabelWarning, match="IBCC has not converged after 2 passes") as caught:
        model = IBCC(max_iter=2).fit(data.L)
    assert caught[0].filename == __file__
    assert not model.converged_


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"right": 0}, "right must be a positive number, got 0"),
        ({"wrong": -1}, "wrong must be a positive number, got -1"),
        ({"balance_prior": None}, "balance_prior must be a positive number, got None"),
        ({"tol": -1.0}, "tol must be a number that is not negative, got -1.0"),
        ({"max_iter": 0}, "max_iter must be an int of at least 1, got 0"),
        ({"class_balance": [0.5, 0.6]}, "class_balance must sum to 1"),
    ],
)
def test_bad_parameters_are_named_at_fit(params: dict[str, Any], message: str) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match=message):
        IBCC(**params).fit(L)


def test_what_does_not_fit_is_refused() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match="gold has 1 labels, the label matrix has 2 rows"):
        IBCC().fit(L, [0])
    with pytest.raises(NotFittedError, match="this IBCC is not fitted; call fit first"):
        IBCC().predict(L)
    assert clone(IBCC(right=5.0)).get_params() == IBCC(right=5.0).get_params()
