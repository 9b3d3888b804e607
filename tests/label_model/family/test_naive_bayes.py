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
from weaklabel.label_model._family._naive_bayes import NaiveBayes

both = pytest.mark.parametrize("abstain", ["missing", "vote"])


@st.composite
def gold_of_covered(draw: st.DrawFn, L: wl.LabelMatrix) -> Any:
    """Gold labels of which a covered row has one at least."""
    gold = draw(gold_for(L))
    gold[np.flatnonzero(L.covered)[0]] = draw(st.integers(0, L.k - 1))
    return gold


@both
@given(data=st.data())
def test_every_matrix_gets_finite_labels(abstain: Any, data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(gold_of_covered(L))
    smoothing = data.draw(st.sampled_from([1e-300, 1e-9, 1.0, 1e9]))
    model = fitted(NaiveBayes(smoothing=smoothing, abstain=abstain), L, gold)
    check_labels(model, L)
    assert finite(model.cond_probs_)
    np.testing.assert_allclose(model.cond_probs_.sum(axis=1), 1.0)


@both
@given(data=st.data())
def test_the_order_of_rows_and_lfs_does_not_matter(abstain: Any, data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(gold_of_covered(L))
    rows = data.draw(st.permutations(range(L.n)))
    lfs = data.draw(st.permutations(range(L.m)))
    check_orders(NaiveBayes(abstain=abstain), L, gold, rows, lfs)


@both
@given(data=st.data())
@settings(max_examples=20)
def test_a_loaded_model_is_the_same_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, abstain: Any, data: st.DataObject
) -> None:
    L = data.draw(voted_matrices())
    model = fitted(NaiveBayes(abstain=abstain), L, data.draw(gold_of_covered(L)))
    check_saving(model, L, tmp_path_factory.mktemp("models") / "model")


VOTES = [[0, 1], [0, -1], [1, 1], [-1, 0], [1, 1]]


def test_tables_are_counts_of_the_hand_with_one_more_of_each() -> None:
    L = wl.LabelMatrix.from_array(VOTES, classes=("A", "B"))
    model = NaiveBayes().fit(L, [0, 0, 1, 1, -1])
    assert model.class_balance_.tolist() == [0.5, 0.5]
    spoken = model.cond_probs_[:, 1:] / model.cond_probs_[:, 1:].sum(axis=1, keepdims=True)
    expected = [[[3 / 4, 1 / 3], [1 / 4, 2 / 3]], [[1 / 3, 2 / 4], [2 / 3, 2 / 4]]]
    np.testing.assert_allclose(spoken, expected)
    joint = np.array([1 / 4 * 2 / 3, 2 / 3 * 2 / 4])
    np.testing.assert_allclose(model.predict_proba(L)[4], joint / joint.sum())


def test_abstain_may_be_a_vote() -> None:
    L = wl.LabelMatrix.from_array(VOTES, classes=("A", "B"))
    model = NaiveBayes(abstain="vote").fit(L, [0, 0, 1, 1, -1])
    expected = [
        [[1 / 5, 2 / 5], [3 / 5, 1 / 5], [1 / 5, 2 / 5]],
        [[2 / 5, 1 / 5], [1 / 5, 2 / 5], [2 / 5, 2 / 5]],
    ]
    np.testing.assert_allclose(model.cond_probs_, expected)
    joint = np.array([3 / 5 * 2 / 5, 1 / 5 * 1 / 5])
    np.testing.assert_allclose(model.predict_proba(L)[1], joint / joint.sum())


def test_rules_for_one_class_speak_by_their_silence_alone() -> None:
    rng = np.random.default_rng(0)
    gold = rng.integers(0, 2, 2_000)
    # Each LF votes for one class, as often as not, and rarely on the other.
    fires = rng.random((2_000, 4)) < np.where(gold[:, None] == [0, 0, 1, 1], 0.6, 0.1)
    L = wl.LabelMatrix.from_array(np.where(fires, [0, 0, 1, 1], -1), classes=("A", "B"))
    heard = NaiveBayes(abstain="vote").fit(L, gold).score(L[L.covered], gold[L.covered])
    deaf = NaiveBayes().fit(L, gold).score(L[L.covered], gold[L.covered])
    assert heard > 0.85 > deaf


@pytest.mark.parametrize("k", [2, 4])
def test_tables_and_balance_are_recovered(k: int) -> None:
    balance = np.arange(1, k + 1) / np.arange(1, k + 1).sum()
    data = synthetic(20_000, 6, k, coverage=0.8, accuracy=0.7, class_balance=balance, seed=k)
    for abstain in ("missing", "vote"):
        model = NaiveBayes(abstain=abstain).fit(data.L, data.gold)
        np.testing.assert_allclose(model.cond_probs_, data.cond_probs, atol=0.03)
        np.testing.assert_allclose(model.class_balance_, balance, atol=0.02)


def test_rows_without_gold_are_not_used() -> None:
    data = synthetic(400, 4, 3, seed=2)
    known = np.arange(400) < 100
    some = NaiveBayes().fit(data.L, np.where(known, data.gold, -1))
    alone = NaiveBayes().fit(data.L[known], data.gold[known])
    assert np.array_equal(some.cond_probs_, alone.cond_probs_)


def test_a_given_class_balance_is_kept() -> None:
    L = wl.LabelMatrix.from_array(VOTES, classes=("A", "B"))
    assert NaiveBayes([0.9, 0.1]).fit(L, [0, 0, 1, 1, 1]).class_balance_.tolist() == [0.9, 0.1]


def test_it_needs_gold_labels() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [-1, -1]])
    with pytest.raises(ValueError, match=r"learns from gold labels alone and got none; pass gold="):
        NaiveBayes().fit(L)
    for gold in ([-1, -1], [-1, 0]):
        with pytest.raises(ValueError, match="no row with both a vote and a gold label; pass gold"):
            NaiveBayes().fit(L, gold)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"smoothing": 0.0}, "smoothing must be a positive number, got 0.0"),
        ({"abstain": "ignore"}, "abstain must be 'missing' or 'vote', got 'ignore'"),
        ({"class_balance": [0.5, 0.6]}, "class_balance must sum to 1"),
    ],
)
def test_bad_parameters_are_named_at_fit(params: dict[str, Any], message: str) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match=message):
        NaiveBayes(**params).fit(L, [0, 1])


def test_what_does_not_fit_is_refused() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match="gold has 1 labels, the label matrix has 2 rows"):
        NaiveBayes().fit(L, [0])
    with pytest.raises(NotFittedError, match="this NaiveBayes is not fitted; call fit first"):
        NaiveBayes().predict(L)
    assert clone(NaiveBayes(smoothing=2.0)).get_params() == NaiveBayes(smoothing=2.0).get_params()
