"""What is known to go wrong in label models, a test for each."""

from __future__ import annotations

import random
import warnings
from pathlib import Path

import numpy as np
import pytest

import weaklabel as wl
from tests.shared_data import needs_shared_data
from weaklabel.datasets import synthetic
from weaklabel.errors import WeakLabelWarning
from weaklabel.types import FloatArray, IntArray

SETS = ("census", "youtube", "spouse", "commercial", "agnews_lite", "trec", "semeval")


def rules(seed: int = 0, n: int = 6_000) -> tuple[wl.LabelMatrix, IntArray]:
    """Votes of LFs as people write them: each for one class, in overlapping topics of it."""
    rng = np.random.default_rng(seed)
    gold = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    topic = 4 * gold + rng.integers(0, 4, n)
    votes = np.full((n, 24), -1)
    for j in range(24):
        # Each LF fires on two topics of its class, and at random elsewhere.
        own = np.isin(topic, [4 * (j % 3) + j % 4, 4 * (j % 3) + (j // 2) % 4])
        votes[rng.random(n) < np.where(own, 0.35, 0.025), j] = j % 3
    return wl.LabelMatrix.from_array(votes, classes=("A", "B", "C")), gold


def accuracy(probs: FloatArray, L: wl.LabelMatrix, gold: IntArray) -> float:
    """Return the accuracy on covered rows; a tie of t classes counts 1/t."""
    q, y = probs[L.covered], gold[L.covered]
    best = q >= q.max(axis=1, keepdims=True) - 1e-9
    return float((best[np.arange(len(y)), y] / best.sum(axis=1)).mean())


def test_unipolar_lfs_do_not_move_the_mass_to_one_class() -> None:
    L, gold = rules()
    model, crowd = wl.LabelModel().fit(L), wl.DawidSkene().fit(L)
    voted = accuracy(wl.MajorityVote().fit(L).predict_proba(L), L, gold)
    assert accuracy(crowd.predict_proba(L), L, gold) < voted - 0.2, "the failure is there"
    # Without a balance the classes are taken to be a little more alike than the votes are.
    assert accuracy(model.predict_proba(L), L, gold) > voted - 0.03
    told = wl.LabelModel([0.5, 0.3, 0.2]).fit(L)
    assert accuracy(told.predict_proba(L), L, gold) > voted + 0.01
    shares = np.bincount(model.predict(L, tie="first")[L.covered], minlength=3) / L.covered.sum()
    assert np.abs(shares - [0.5, 0.3, 0.2]).max() < 0.12


def test_clusters_of_coverage_are_not_taken_for_classes() -> None:
    rng = np.random.default_rng(1)
    L, gold = rules()
    # Long texts set off every LF more often, whatever their class.
    often = rng.random(L.n) < 0.5
    votes = np.where(often[:, None] | (rng.random((L.n, L.m)) < 0.3), np.asarray(L), -1)
    noise = (rng.random(votes.shape) < 0.1) & often[:, None]
    votes = np.where(noise, np.arange(L.m) % 3, votes)
    clustered = wl.LabelMatrix.from_array(votes, classes=L.class_names)
    probs = wl.LabelModel([0.5, 0.3, 0.2]).fit(clustered).predict_proba(clustered)
    voted = wl.MajorityVote().fit(clustered).predict_proba(clustered)
    assert accuracy(probs, clustered, gold) > accuracy(voted, clustered, gold) - 0.01
    seen = clustered.covered
    assert np.abs(probs[seen & often].mean(axis=0) - probs[seen & ~often].mean(axis=0)).max() < 0.15


def test_a_free_class_balance_does_not_collapse() -> None:
    L, _ = rules()
    np.testing.assert_allclose(wl.LabelModel().fit(L).class_balance_, [0.5, 0.3, 0.2], atol=0.1)
    twice = wl.LabelMatrix.from_array(np.tile(np.asarray(L), (8, 1)), classes=L.class_names)
    balance = wl.LabelModel().fit(twice).class_balance_
    np.testing.assert_allclose(balance, [0.5, 0.3, 0.2], atol=0.1, err_msg="nor with more rows")


def test_an_lf_that_never_fires_has_no_weight_and_near_zero_overlaps_give_no_nan() -> None:
    votes = np.full((400, 5), -1)
    votes[np.arange(400), np.arange(400) % 4] = np.arange(400) % 2
    votes[0, 1] = 1
    L = wl.LabelMatrix.from_array(votes, classes=("A", "B"))
    model = wl.LabelModel().fit(L)
    assert np.isfinite(model.predict_proba(L)).all()
    assert np.isfinite(model.cond_probs_).all()
    assert np.isnan(model.lf_precision_[4])
    assert (model.cond_probs_[4, 0] == 1).all()


def test_two_lfs_are_enough() -> None:
    data = synthetic(2_000, 2, 2, coverage=0.8, accuracy=[0.9, 0.6], seed=3)
    model = wl.LabelModel().fit(data.L)
    assert model.score(data.L[data.L.covered], data.gold[data.L.covered], tie="first") > 0.7


def test_nothing_hangs_on_a_seed_or_on_the_order_of_rows_and_lfs() -> None:
    L, _ = rules(n=2_000)
    probs = wl.LabelModel().fit(L).predict_proba(L)
    rng = np.random.default_rng(0)
    for seed in range(3):
        random.seed(seed)
        rows, lfs = rng.permutation(L.n), rng.permutation(L.m)
        moved = L[rows].select(lfs)
        again = wl.LabelModel().fit(moved).predict_proba(moved)
        np.testing.assert_allclose(again, probs[rows], atol=1e-9)


def test_labels_hang_little_on_the_class_balance_given() -> None:
    L, gold = rules()
    scores = [
        accuracy(wl.LabelModel(balance).fit(L).predict_proba(L), L, gold)
        for balance in (None, [0.5, 0.3, 0.2], [0.34, 0.33, 0.33], [0.6, 0.25, 0.15])
    ]
    assert max(scores) - min(scores) < 0.06


def test_gold_is_used() -> None:
    L, gold = rules()
    known = np.where(np.arange(L.n) < 300, gold, -1)
    rest = np.arange(L.n) >= 300
    blind, told = (wl.LabelModel().fit(L, y).predict_proba(L) for y in (None, known))

    def loss(probs: FloatArray) -> float:
        at = L.covered & rest
        return float(-np.log(probs[at, gold[at]]).mean())

    assert loss(told) < loss(blind)


@needs_shared_data
@pytest.mark.parametrize("with_balance", [False, True])
def test_majority_vote_is_not_lost_to_and_its_probabilities_are_beaten(
    shared_data: Path, with_balance: bool
) -> None:
    from benchmarks.quality import balance_of, scores, train_votes

    for name in SETS:
        data = wl.datasets.load_wrench(shared_data / "classification" / name)
        assert data.test is not None
        L = train_votes(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", WeakLabelWarning)
            voted = wl.MajorityVote().fit(L)
            model = wl.LabelModel(balance_of(data) if with_balance else None).fit(L)
        ours, theirs = (scores(one, data.test, data.metric) for one in (model, voted))
        assert ours[1] > theirs[1] - 0.5, f"{name}: metric on covered rows"
        assert ours[2] < theirs[2], f"{name}: Brier score"
        sure = model.predict_proba(data.test.L).max(axis=1)
        assert sure[data.test.L.covered].mean() > 1.2 / L.k, f"{name}: no flat probabilities"
