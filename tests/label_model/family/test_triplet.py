from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import clone

import weaklabel as wl
from tests.shared_data import needs_shared_data
from tests.vote_family import check_labels, check_orders, check_saving, fitted
from tests.voting import finite, gold_for, relabelled, voted_matrices
from weaklabel.datasets import synthetic
from weaklabel.errors import NotFittedError, WeakLabelWarning
from weaklabel.label_model._family import _moments
from weaklabel.label_model._family._triplet import TripletModel
from weaklabel.types import FloatArray


@given(data=st.data())
def test_every_matrix_gets_finite_labels(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    balance = None
    if data.draw(st.booleans()):
        weights = data.draw(st.lists(st.floats(1e-6, 1.0), min_size=L.k, max_size=L.k))
        balance = np.array(weights) / sum(weights)
    model = TripletModel(
        balance,
        anchor=data.draw(st.sampled_from([0.01, 0.45, 0.99])),
        prior_strength=data.draw(st.sampled_from([1e-9, 1.0, 1e6])),
    )
    fitted(model, L, gold)
    check_labels(model, L)
    assert model.class_given_vote_.shape == (L.m, len(L.possible), L.k)
    assert finite(model.class_given_vote_)
    np.testing.assert_allclose(model.class_given_vote_.sum(axis=2), 1.0)
    assert ((model.accuracy_ > 0) & (model.accuracy_ <= 1)).all()
    assert model.n_triplets_.shape == (L.m,)


@given(data=st.data())
def test_the_order_of_rows_lfs_and_classes_does_not_matter(data: st.DataObject) -> None:
    L = data.draw(voted_matrices(min_lfs=3))
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    rows = data.draw(st.permutations(range(L.n)))
    lfs = data.draw(st.permutations(range(L.m)))
    check_orders(TripletModel(), L, gold, rows, lfs)
    order = np.array(data.draw(st.permutations(range(L.k))))
    moved = relabelled(L, order)
    np.testing.assert_allclose(
        fitted(TripletModel(), moved).predict_proba(moved)[:, order],
        fitted(TripletModel(), L).predict_proba(L),
        atol=1e-9,
    )


@given(L=voted_matrices())
@settings(max_examples=20)
def test_a_loaded_model_is_the_same_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, L: wl.LabelMatrix
) -> None:
    check_saving(fitted(TripletModel(), L), L, tmp_path_factory.mktemp("models") / "model")


@pytest.mark.parametrize("k", [2, 4])
def test_what_votes_mean_is_recovered_to_0_04(k: int) -> None:
    balance = np.arange(1, k + 1)[::-1] / np.arange(1, k + 1).sum()
    accuracy = [0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.3]
    data = synthetic(20_000, 8, k, coverage=0.8, accuracy=accuracy, class_balance=balance, seed=k)
    model = TripletModel(balance, prior_strength=1e-4).fit(data.L)
    joint = data.cond_probs[:, 1:] * balance
    truth = joint / joint.sum(axis=2, keepdims=True)
    np.testing.assert_allclose(model.class_given_vote_, truth, atol=0.04)
    np.testing.assert_allclose(model.accuracy_, accuracy, atol=0.03)
    voted = wl.MajorityVote().fit(data.L).score(data.L, data.gold)
    assert model.score(data.L, data.gold) > voted + 0.02
    assert TripletModel().fit(data.L).score(data.L, data.gold) > voted + 0.01


def test_rules_for_one_class_each_are_told_apart() -> None:
    rng = np.random.default_rng(3)
    gold = (rng.random(20_000) < 0.3).astype(int)
    votes = np.full((20_000, 8), -1)
    precise = (0.9, 0.8, 0.6, 0.4)
    for j in range(8):
        y, fires = j % 2, 0.3
        odds = fires * np.where(gold == y, precise[j // 2], 1 - precise[j // 2])
        votes[rng.random(20_000) < odds, j] = y
    L = wl.LabelMatrix.from_array(votes, classes=("0", "1"))
    model = TripletModel([0.7, 0.3]).fit(L)
    accuracy = [(gold[votes[:, j] >= 0] == j % 2).mean() for j in range(8)]
    for y in (0, 1):
        assert (np.diff(accuracy[y::2]) < 0).all()
        assert (np.diff(model.accuracy_[y::2]) < 0).all(), "in the order of their precision"
    best = TripletModel([0.7, 0.3], prior_strength=1e-4).fit(L)
    np.testing.assert_allclose(best.accuracy_, accuracy, atol=0.12)


def test_one_triplet_gives_the_correlation_that_the_hand_computes() -> None:
    # Of 32 rows, 20 are unanimous, and on 4 each one is alone against the two others.
    votes = [[1, 1, 1], [0, 0, 0]] * 10
    votes += [[0, 1, 1], [1, 0, 0], [1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 1]] * 2
    L = wl.LabelMatrix.from_array(votes, classes=("A", "B"))
    model = TripletModel(prior_strength=1e-12, anchor=0.5).fit(L)
    # Two agree on 24 of 32 rows: a correlation of 1/2, whose square is 1/2 · 1/2 / (1/2).
    right = 0.5 + 0.5 * np.sqrt(0.5)
    # Two others, each 1/2 of the truth: 16 votes of each kind are worth 16, and one more vote of
    # the prior says 3/4.
    np.testing.assert_allclose(model.accuracy_, (16 * right + 0.75) / 17)
    assert model.n_triplets_.tolist() == [2, 2, 2]


def squared_by_hand(votes: FloatArray, y: int, j: int) -> float:
    """Return the median over triplets of LF j's squared correlation with the truth."""
    says = np.where(votes < 0, 0.0, np.where(votes == y, 1.0, -1.0))
    corr = np.corrcoef(says, rowvar=False)
    others = [other for other in range(votes.shape[1]) if other != j]
    found = [
        corr[j, a] * corr[j, b] / corr[a, b]
        for a, b in combinations(others, 2)
        if abs(corr[a, b]) > 2 / np.sqrt(len(votes))
    ]
    return float(np.median(found))


@pytest.mark.parametrize("dense", [0, 1 << 23])
def test_the_median_over_all_triplets_is_taken(dense: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_moments, "_DENSE", dense)
    monkeypatch.setattr(_moments, "_CHUNK", 2)
    votes = np.asarray(synthetic(800, 6, 3, coverage=0.8, accuracy=0.7, seed=5).L).copy()
    # One that is never silent: then no rows are missing among the covered ones.
    votes[votes[:, 0] < 0, 0] = 1
    L = wl.LabelMatrix.from_array(votes)
    seen: list[FloatArray] = []
    real = _moments._Moments.with_truth

    def watched(self: Any, partners: Any) -> Any:
        result = real(self, partners)
        seen.append(result[0])
        return result

    monkeypatch.setattr(_moments._Moments, "with_truth", watched)
    TripletModel().fit(L)
    for y, truth in enumerate(seen):
        for j in range(6):
            assert truth[j] ** 2 == pytest.approx(squared_by_hand(np.asarray(L), y, j), abs=1e-9)


def test_dense_and_sparse_tables_and_any_chunk_give_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = synthetic(2_000, 60, 3, coverage=0.1, accuracy=0.7, seed=5)
    expected = TripletModel().fit(data.L).class_given_vote_
    monkeypatch.setattr(_moments, "_DENSE", 0)
    monkeypatch.setattr(_moments, "_CHUNK", 7)
    np.testing.assert_allclose(TripletModel().fit(data.L).class_given_vote_, expected, atol=1e-12)
    order = np.random.default_rng(0).permutation(60)
    shuffled = TripletModel().fit(data.L.select(order)).class_given_vote_
    np.testing.assert_allclose(shuffled, expected[order], atol=1e-9)


@pytest.mark.parametrize("k", [2, 3])
def test_a_thousand_lfs_that_rarely_meet_are_no_worse_than_majority_vote(k: int) -> None:
    data = synthetic(3_000, 1_000, k, coverage=0.01, accuracy=0.7, seed=k)
    model = TripletModel().fit(data.L)
    assert finite(model.class_given_vote_)
    assert (model.n_triplets_ <= k * 24 * 23 / 2).all()
    voted = wl.MajorityVote().fit(data.L).score(data.L, data.gold)
    assert model.score(data.L, data.gold) > voted - 0.005


def test_an_lf_that_never_votes_and_one_that_meets_no_other_stay_at_the_prior() -> None:
    data = synthetic(2_000, 5, 2, coverage=0.9, accuracy=0.8, seed=1)
    votes = np.column_stack([np.asarray(data.L), np.full(2_000, -1), np.full(2_000, -1)])
    votes[:100] = -1
    votes[:100, 6] = 1
    L = wl.LabelMatrix.from_array(votes, classes=("0", "1"))
    model = TripletModel(anchor=0.4).fit(L)
    assert (model.accuracy_[:5] > 0.73).all()
    assert model.accuracy_[5:].tolist() == [pytest.approx(0.7), pytest.approx(0.7)]


@pytest.mark.parametrize("m", [1, 2])
def test_fewer_than_three_lfs_are_taken_for_equally_good_and_it_says_so(m: int) -> None:
    votes = np.array([[1, 1], [1, 0], [0, 0], [0, 0], [1, -1]])[:, :m]
    L = wl.LabelMatrix.from_array(votes, classes=("A", "B"))
    with pytest.warns(
        WeakLabelWarning,
        match=rf"needs three LFs that overlap on many rows, and found none among the {m} that vote",
    ) as caught:
        model = TripletModel().fit(L)
    assert caught[0].filename == __file__
    assert model.predict(L).tolist() == wl.MajorityVote().fit(L).predict(L).tolist()
    assert len(set(model.accuracy_.round(9).tolist())) == 1


def test_three_lfs_that_never_meet_are_taken_for_equally_good_and_it_says_so() -> None:
    L = wl.LabelMatrix.from_array((np.eye(3, dtype=int) * 2 - 1).tolist(), classes=("A", "B"))
    with pytest.warns(WeakLabelWarning) as caught:
        model = TripletModel().fit(L)
    assert any("found none among the 3 that vote" in str(w.message) for w in caught)
    assert model.n_triplets_.tolist() == [0, 0, 0]


def test_gold_rows_are_counted_as_known() -> None:
    # Two of three vote wrong nearly always: agreement alone takes them for right.
    data = synthetic(600, 3, 2, coverage=1.0, accuracy=[0.1, 0.2, 0.6], seed=8)
    assert TripletModel().fit(data.L).score(data.L, data.gold) < 0.5
    full = TripletModel(prior_strength=1e-9).fit(data.L, data.gold)
    np.testing.assert_allclose(full.accuracy_, [0.1, 0.2, 0.6], atol=0.05)
    assert full.score(data.L, data.gold) > 0.85
    assert full.n_triplets_.tolist() == [0, 0, 0], "no rows are left for the moments"
    blind, unknown = (TripletModel().fit(data.L, gold) for gold in (None, np.full(600, -1)))
    assert np.array_equal(blind.class_given_vote_, unknown.class_given_vote_)


def test_the_class_balance_is_the_one_given_or_even() -> None:
    data = synthetic(500, 4, 2)
    assert TripletModel([0.9, 0.1]).fit(data.L).class_balance_.tolist() == [0.9, 0.1]
    assert TripletModel().fit(data.L).class_balance_.tolist() == [0.5, 0.5]


def test_a_class_set_is_shared_among_its_classes() -> None:
    data = synthetic(2_000, 5, 3, coverage=0.9, seed=4)
    model = TripletModel().fit(data.L)
    cases = wl.LabelMatrix.from_array(
        [[3, -1, -1, -1, -1]], classes=data.L.class_names, class_sets=[(0, 1)]
    )
    shared = model.class_given_vote_[0, :2].mean(axis=0)
    np.testing.assert_allclose(model.predict_proba(cases)[0], shared)
    votes = np.asarray(data.L).copy()
    votes[:, 0] = np.array([3, 3, 2, -1])[votes[:, 0]]
    L = wl.LabelMatrix.from_array(votes, classes=data.L.class_names, class_sets=[(0, 1)])
    mixed = TripletModel().fit(L)
    assert mixed.class_given_vote_[0, 3, 2] < 0.25, "the vote is against the third class"
    assert mixed.score(L, data.gold) > 0.8


@given(data=st.data())
def test_a_vote_counts_as_much_as_its_confidence(data: st.DataObject) -> None:
    L = data.draw(voted_matrices(class_sets=False))
    votes = np.asarray(L)
    full = wl.LabelMatrix.from_array(votes, L.class_names, confidence=np.ones(L.shape))
    expected = fitted(TripletModel(), L).predict_proba(L)
    weighed = fitted(TripletModel(), full).predict_proba(full)
    np.testing.assert_allclose(weighed, expected, atol=1e-9)
    share = st.sampled_from([0.0, 0.3, 0.5, 1.0])
    cells = data.draw(hnp.arrays(np.float64, L.shape, elements=share))
    some = wl.LabelMatrix.from_array(votes, L.class_names, confidence=cells)
    check_labels(fitted(TripletModel(), some), some)
    none = np.column_stack([np.where(L.covered, 1, -1), votes])
    weight = np.column_stack([np.zeros(L.n), np.ones(L.shape)])
    muted = wl.LabelMatrix.from_array(none, L.class_names, confidence=weight)
    heard = fitted(TripletModel(), muted).predict_proba(muted)
    np.testing.assert_allclose(heard, expected, atol=1e-6)


@needs_shared_data
def test_real_rules_are_labelled_better_than_by_majority_vote(shared_data: Path) -> None:
    gain = []
    for name in ("census", "youtube", "commercial", "agnews_lite", "trec"):
        folder = shared_data / "classification" / name
        classes = json.loads((folder / "meta.json").read_text())["classes"]
        part = np.load(folder / "train.npz")
        L = wl.LabelMatrix.from_array(part["L"], classes=[str(c) for c in classes])
        known = L.covered & (part["y"] >= 0)
        models = (TripletModel().fit(L), wl.MajorityVote().fit(L))
        wrong = [
            ((model.predict_proba(L)[known] - np.eye(L.k)[part["y"][known]]) ** 2).sum(axis=1)
            for model in models
        ]
        gain.append(wrong[1].mean() - wrong[0].mean())
    assert np.mean(gain) > 0.03


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"anchor": 0}, "anchor must be a positive number, got 0"),
        ({"anchor": 1.0}, "anchor must be a number between 0 and 1, got 1.0"),
        ({"anchor": None}, "anchor must be a positive number, got None"),
        ({"prior_strength": -1}, "prior_strength must be a positive number, got -1"),
        ({"class_balance": [1.0]}, r"class_balance has shape \(1,\), expected \(2,\)"),
    ],
)
def test_bad_parameters_are_named_at_fit(params: dict[str, Any], message: str) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match=message):
        TripletModel(**params).fit(L)


def test_what_does_not_fit_is_refused() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match="gold has 1 labels, the label matrix has 2 rows"):
        TripletModel().fit(L, [0])
    with pytest.raises(ValueError, match="no LF votes on any row"):
        TripletModel().fit(wl.LabelMatrix.from_array([[-1, -1]]))
    with pytest.raises(NotFittedError, match="this TripletModel is not fitted; call fit first"):
        TripletModel().predict(L)


def test_scikit_learn_can_clone_it() -> None:
    copy = clone(TripletModel(anchor=0.5))
    assert copy.get_params() == TripletModel(anchor=0.5).get_params()
