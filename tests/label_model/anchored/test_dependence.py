from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control

import weaklabel as wl
from weaklabel.datasets import synthetic
from weaklabel.label_model._anchored import _dependence
from weaklabel.label_model._anchored._dependence import _q_values, count_pairs
from weaklabel.label_model._base._rows import VoteRows
from weaklabel.types import IntArray

DATA = synthetic(6_000, 8, 2, coverage=0.6, accuracy=np.linspace(0.6, 0.85, 8), seed=1)


def with_more(more: IntArray) -> wl.LabelMatrix:
    return wl.LabelMatrix.from_array(
        np.column_stack([np.asarray(DATA.L), more]), classes=DATA.L.class_names
    )


@pytest.mark.parametrize("dense", [True, False])
def test_pairs_are_counted_once_each(dense: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dependence, "_DENSE", 10_000 if dense else 0)
    votes = np.random.default_rng(3).integers(-1, 3, (200, 5))
    rows = VoteRows.of(wl.LabelMatrix.from_array(votes))
    pairs = count_pairs(rows)
    found = {
        (int(rows.lf[a]), int(rows.code[a]), int(rows.lf[b]), int(rows.code[b])): n
        for a, b, n in zip(pairs.first, pairs.second, pairs.met, strict=True)
    }
    for (j, v, other, w), n in found.items():
        assert j < other
        assert n == ((votes[:, j] == v) & (votes[:, other] == w)).sum()
    assert sum(found.values()) == sum(d * (d - 1) // 2 for d in (votes >= 0).sum(axis=1).tolist())


def test_q_values_are_those_of_scipy() -> None:
    p = np.random.default_rng(0).random(50) ** 3
    np.testing.assert_allclose(_q_values(p, 50), false_discovery_control(p))
    padded = false_discovery_control(np.append(p, np.ones(150)))[:50]
    np.testing.assert_allclose(_q_values(p, 200), padded)
    assert _q_values(np.zeros(0), 3).shape == (0,)


def test_independent_votes_are_found_independent_and_few_pairs_are_called_dependent() -> None:
    model = wl.LabelModel().fit(DATA.L)
    assert model.independent_
    assert len(model.dependence_) <= 1
    assert [finding.kind for finding in model.findings_] == ["independent"]


def test_a_dependent_pair_is_found_and_named() -> None:
    rng = np.random.default_rng(0)
    first = np.asarray(DATA.L)[:, 0]
    guess = np.where(rng.random(len(first)) < 0.5, rng.integers(0, 2, len(first)), -1)
    follows = np.where(rng.random(len(first)) < 0.6, first, guess)
    model = wl.LabelModel().fit(with_more(follows))
    assert not model.independent_
    assert model.dependence_[0].lfs == ("lf_0", "lf_8")
    assert model.dependence_[0].excess > 0.5
    assert model.dependence_[0].q_value < 0.01
    found = [finding for finding in model.findings_ if finding.kind == "dependence"]
    assert found[0].lfs == ("lf_0", "lf_8")
    assert "'lf_0', 'lf_8' share" in found[0].message
    assert "name them in group=" in found[0].message


@pytest.mark.parametrize("coverage", [0.05, 0.6, 1.0])
def test_ten_copies_of_an_lf_have_nearly_the_posterior_of_one(coverage: float) -> None:
    data = synthetic(5_000, 6, 2, coverage=coverage, accuracy=0.72, seed=4)
    votes = np.asarray(data.L)
    many = wl.LabelMatrix.from_array(
        np.column_stack([votes, np.tile(votes[:, :1], 9)]), classes=data.L.class_names
    )
    one, ten = wl.LabelModel().fit(data.L), wl.LabelModel().fit(many)
    change = np.abs(one.predict_proba(data.L) - ten.predict_proba(many))
    assert change.mean() < 0.03
    assert change.max() < 0.12
    copies = next(finding for finding in ten.findings_ if finding.kind == "copies")
    assert set(copies.lfs) == {"lf_0", *(f"lf_{j}" for j in range(6, 15))}
    assert "vote alike on nearly every row; together they have one vote" in copies.message


def test_accurate_lfs_are_not_taken_for_copies() -> None:
    data = synthetic(5_000, 6, 2, coverage=1.0, accuracy=[0.97, 0.97, 0.7, 0.7, 0.7, 0.7], seed=5)
    model = wl.LabelModel().fit(data.L)
    assert not [finding for finding in model.findings_ if finding.kind == "copies"]
    assert model.score(data.L, data.gold) > 0.965


def test_lfs_said_to_depend_share_a_vote() -> None:
    votes = np.asarray(DATA.L)
    rng = np.random.default_rng(2)
    noisy = np.stack(
        [np.where(rng.random(len(votes)) < 0.75, votes[:, 0], -1) for _ in range(4)], axis=1
    )
    L = with_more(noisy)
    names = ["lf_0", "lf_8", "lf_9", "lf_10", "lf_11"]
    alone = wl.LabelModel().fit(DATA.L).predict_proba(DATA.L)
    told = wl.LabelModel(group=[names]).fit(L)
    assert np.abs(told.predict_proba(L) - alone).mean() < 0.04
    voted = wl.MajorityVote().fit(L).score(L, DATA.gold)
    assert told.score(L, DATA.gold) > voted + 0.05


def test_at_most_a_stated_share_of_pairs_is_called_dependent_by_chance() -> None:
    called = tested = 0
    for seed in range(10):
        data = synthetic(2_000, 15, 3, coverage=0.4, accuracy=0.7, seed=seed)
        called += len(wl.LabelModel().fit(data.L).dependence_)
        tested += 15 * 14 // 2
    assert called <= 0.01 * tested
