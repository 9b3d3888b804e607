from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import weaklabel as wl
from tests.vote_family import check_labels, check_orders, check_saving, fitted
from tests.voting import finite, gold_for, voted_matrices
from weaklabel.datasets import synthetic
from weaklabel.errors import NotFittedError
from weaklabel.label_model._base._rows import VoteRows
from weaklabel.label_model._family._weighted_vote import WeightedVote, _agreement


@given(data=st.data())
def test_every_matrix_gets_finite_labels(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    shrinkage = data.draw(st.sampled_from([1e-300, 1e-9, 10.0, 1e9]))
    model = fitted(WeightedVote(shrinkage=shrinkage), L, gold)
    check_labels(model, L)
    assert finite(model.weights_)


@given(data=st.data())
def test_the_order_of_rows_and_lfs_does_not_matter(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    rows = data.draw(st.permutations(range(L.n)))
    lfs = data.draw(st.permutations(range(L.m)))
    check_orders(WeightedVote(), L, gold, rows, lfs)


@given(L=voted_matrices())
@settings(max_examples=20)
def test_a_loaded_model_is_the_same_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, L: wl.LabelMatrix
) -> None:
    folder = tmp_path_factory.mktemp("models")
    check_saving(fitted(WeightedVote(), L), L, folder / "learned")
    by_name = {name: 0.1 + j / 3 for j, name in enumerate(L.lf_names)}
    given_weights = fitted(WeightedVote(by_name), L)
    check_saving(given_weights, L, folder / "given")
    assert WeightedVote.load(folder / "given").weights == by_name
    check_saving(fitted(WeightedVote(np.array(list(by_name.values()))), L), L, folder / "array")


@given(L=voted_matrices())
def test_agreement_equals_its_slow_twin(L: wl.LabelMatrix) -> None:
    classes_of = [set(np.flatnonzero(row).tolist()) for row in L.possible]
    agreed, seen = np.zeros(L.m), np.zeros(L.m)
    for row in np.asarray(L).tolist():
        cast = [(j, v) for j, v in enumerate(row) if v >= 0]
        for j, v in cast:
            votes = [classes_of[u] for i, u in cast if i != j]
            if votes:
                sums = [sum((y in c) / len(c) for c in votes) for y in range(L.k)]
                best = {y for y in range(L.k) if sums[y] > max(sums) - 1e-9}
                agreed[j] += len(best & classes_of[v]) / len(best)
                seen[j] += 1
    got = _agreement(VoteRows.of(L))
    np.testing.assert_allclose(got, (agreed, seen), atol=1e-9)


def test_given_weights_are_summed_and_softened() -> None:
    L = wl.LabelMatrix.from_array([[1, 0, 0], [0, 0, 1]], lf_names=["a", "b", "c"])
    for weights in ({"c": 0.5, "a": 2.0, "b": 0.5}, [2.0, 0.5, 0.5], np.array([2, 0.5, 0.5])):
        probs = WeightedVote(weights).fit(L).predict_proba(L)
        np.testing.assert_allclose(probs[0, 1], np.exp(2.0) / (np.exp(2.0) + np.exp(1.0)))
        np.testing.assert_allclose(probs[1, 0], np.exp(2.5) / (np.exp(2.5) + np.exp(0.5)))


def test_a_negative_weight_counts_against() -> None:
    L = wl.LabelMatrix.from_array([[1, -1], [-1, 1]], classes=("A", "B"))
    assert fitted(WeightedVote([-1.0, 1.0]), L).predict(L).tolist() == [0, 1]


def test_a_partial_vote_shares_its_weight() -> None:
    L = wl.LabelMatrix.from_array([[3], [0]], classes=("A", "B", "C"), class_sets=[(0, 1)])
    probs = fitted(WeightedVote([2.0]), L).predict_proba(L)
    expected = np.exp([1.0, 1.0, 0.0])
    np.testing.assert_allclose(probs[0], expected / expected.sum())


def test_a_class_balance_is_added() -> None:
    L = wl.LabelMatrix.from_array([[1, 0], [-1, -1]], classes=("A", "B"))
    model = WeightedVote([1.0, 1.0], class_balance=[0.8, 0.2]).fit(L)
    np.testing.assert_allclose(model.predict_proba(L), [[0.8, 0.2]] * 2)
    assert WeightedVote([1.0, 1.0]).fit(L).predict_proba(L).tolist() == [[0.5, 0.5]] * 2


@pytest.mark.parametrize("k", [2, 4])
def test_weights_from_gold_are_log_odds(k: int) -> None:
    accuracy = np.array([0.9, 0.8, 0.7, 0.6, 0.3])
    data = synthetic(20_000, 5, k, coverage=0.8, accuracy=accuracy, seed=k)
    model = WeightedVote().fit(data.L, data.gold)
    expected = np.log(accuracy * (k - 1) / (1 - accuracy))
    np.testing.assert_allclose(model.weights_, expected, atol=0.1)
    covered = data.L.covered
    wrong = model.predict_proba(data.L)[covered] - np.eye(k)[data.gold[covered]]
    assert np.abs(wrong.mean(axis=0)).max() < 0.02


def test_without_gold_those_who_agree_with_the_others_weigh_more() -> None:
    accuracy = [0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.5]
    data = synthetic(5_000, 7, 2, coverage=0.8, accuracy=accuracy, seed=4)
    model = WeightedVote().fit(data.L)
    assert (np.diff(model.weights_[:6]) < 0).all()
    assert model.score(data.L, data.gold) > wl.MajorityVote().fit(data.L).score(data.L, data.gold)
    unknown = WeightedVote().fit(data.L, np.full(5_000, -1))
    assert np.array_equal(unknown.weights_, model.weights_)


def test_without_gold_no_vote_counts_for_nothing() -> None:
    always_in_conflict = wl.LabelMatrix.from_array([[0, 1], [0, -1], [-1, 1]] * 20)
    model = WeightedVote().fit(always_in_conflict)
    assert (model.weights_ >= 0.1).all()
    assert model.predict(always_in_conflict)[:3].tolist() == [-1, 0, 1]
    no_overlap = wl.LabelMatrix.from_array([[0, -1], [-1, 1]])
    np.testing.assert_allclose(WeightedVote().fit(no_overlap).weights_, np.log(0.7 / 0.3))


def test_few_votes_are_drawn_to_the_mean() -> None:
    # lf_0 is right 3 of 4 times, lf_1 once of once: together 4 of 5, and 0.7 of one more.
    L = wl.LabelMatrix.from_array([[0, -1], [0, -1], [0, -1], [1, 0]], classes=("A", "B"))
    model = WeightedVote(shrinkage=5.0).fit(L, [0, 0, 0, 0])
    mean = 4.7 / 6
    accuracy = np.array([(3 + 5 * mean) / 9, (1 + 5 * mean) / 6])
    np.testing.assert_allclose(model.weights_, np.log(accuracy / (1 - accuracy)))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"shrinkage": 0}, "shrinkage must be a positive number, got 0"),
        ({"weights": {"a": 1.0}}, "weights lack 'b'; give each LF one, 0 to ignore it"),
        (
            {"weights": {"a": 1.0, "b": 1.0, "bb": 2.0}},
            r"weights name 'bb', which is no LF of the matrix; did you mean 'b'\?",
        ),
        ({"weights": [1.0]}, r"weights have shape \(1,\), expected \(2,\): one for each of the LF"),
        ({"weights": [1.0, np.nan]}, r"weights must be numbers within ±1e\+06, got \[1.0, nan\]"),
        ({"weights": [1.0, -1e308]}, "weights must be numbers within"),
        ({"class_balance": [0.5, 0.6]}, "class_balance must sum to 1"),
    ],
)
def test_bad_parameters_are_named_at_fit(params: dict[str, Any], message: str) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]], lf_names=["a", "b"])
    with pytest.raises(ValueError, match=message):
        WeightedVote(**params).fit(L)


def test_what_does_not_fit_is_refused() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match="gold has 1 labels, the label matrix has 2 rows"):
        WeightedVote().fit(L, [0])
    with pytest.raises(NotFittedError, match="this WeightedVote is not fitted; call fit first"):
        WeightedVote().predict(L)
    assert clone(WeightedVote(shrinkage=2.0)).get_params()["shrinkage"] == 2.0
