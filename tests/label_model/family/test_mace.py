from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import betaln, psi
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
from weaklabel.label_model._family._mace import MACE
from weaklabel.types import FloatArray, IntArray


def drawn(
    competence: FloatArray, spam: FloatArray, balance: FloatArray, n: int, *, coverage: float = 1.0
) -> tuple[wl.LabelMatrix, IntArray]:
    """Draw votes from the model; return them and the gold labels."""
    rng = np.random.default_rng(1)
    m, k = spam.shape
    gold = rng.choice(k, n, p=balance)
    spammed = np.stack([rng.choice(k, n, p=spam[j]) for j in range(m)], axis=1)
    votes = np.where(rng.random((n, m)) < competence, gold[:, None], spammed)
    votes[rng.random((n, m)) >= coverage] = -1
    return wl.LabelMatrix.from_array(votes, classes=list(map(str, range(k)))), gold


@given(data=st.data())
def test_every_matrix_gets_finite_labels_and_the_climb_never_falls(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    # Larger priors lose digits in the bound: log-gammas of a million cancel to about 1e-9.
    size = st.sampled_from([1e-6, 0.5, 2.0, 1e4])
    balance = None
    if data.draw(st.booleans()):
        weights = data.draw(st.lists(st.floats(1e-6, 1.0), min_size=L.k, max_size=L.k))
        balance = np.array(weights) / sum(weights)
    model = MACE(
        balance,
        alpha=data.draw(size),
        beta=data.draw(size),
        spam_prior=data.draw(size),
        max_iter=50,
    )
    fitted(model, L, gold)
    check_labels(model, L)
    assert never_falls(model.log_likelihood_)
    assert len(model.log_likelihood_) == model.n_iter_
    assert model.competence_.shape == (L.m,)
    assert ((model.competence_ >= 0) & (model.competence_ <= 1)).all()
    assert model.spam_.shape == (L.m, L.k)
    assert finite(model.spam_)
    np.testing.assert_allclose(model.spam_.sum(axis=1), 1.0)


@given(data=st.data())
def test_the_order_of_rows_and_lfs_does_not_matter(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    rows = data.draw(st.permutations(range(L.n)))
    lfs = data.draw(st.permutations(range(L.m)))
    check_orders(MACE(), L, gold, rows, lfs)


@given(L=voted_matrices())
@settings(max_examples=20)
def test_a_loaded_model_is_the_same_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, L: wl.LabelMatrix
) -> None:
    check_saving(fitted(MACE(), L), L, tmp_path_factory.mktemp("models") / "model")


@pytest.mark.parametrize("k", [2, 4])
def test_competence_spam_and_balance_are_recovered(k: int) -> None:
    rng = np.random.default_rng(k)
    competence = np.linspace(0.0, 0.9, 10)
    spam = rng.dirichlet(np.full(k, 2.0), 10)
    balance = np.arange(1, k + 1) / np.arange(1, k + 1).sum()
    L, gold = drawn(competence, spam, balance, 5_000, coverage=0.8)
    model = MACE().fit(L)
    assert model.converged_
    np.testing.assert_allclose(model.competence_, competence, atol=0.05)
    np.testing.assert_allclose(model.spam_[:8], spam[:8], atol=0.05)
    np.testing.assert_allclose(model.class_balance_, balance, atol=0.05)
    assert model.score(L, gold) > wl.MajorityVote().fit(L).score(L, gold) + 0.02


def test_spammers_that_agree_with_each_other_are_found_out() -> None:
    # Four always say "1", three mostly know; the many would win a majority vote.
    competence = np.array([0.0] * 4 + [0.85] * 3)
    spam = np.vstack([np.tile([0.02, 0.98], (4, 1)), np.full((3, 2), 0.5)])
    L, gold = drawn(competence, spam, np.array([0.6, 0.4]), 1_000)
    model = MACE().fit(L)
    assert wl.MajorityVote().fit(L).score(L, gold) < 0.6
    assert model.score(L, gold) > 0.9
    assert (model.competence_[:4] < 0.1).all()
    assert (model.competence_[4:] > 0.7).all()


def test_a_first_pass_is_what_the_hand_computes() -> None:
    # All known, so an answer is a vote for the gold class: three of four votes may be one.
    L = wl.LabelMatrix.from_array([[0], [0], [0], [1]], classes=("A", "B"))
    model = fitted(MACE(alpha=1.0, beta=1.0, max_iter=1), L, [0, 0, 1, 1])
    bounds = {}
    for trust in (0.5, 0.9, 0.1, (3 + 1) / (4 + 2)):
        competence = np.array([1 + 3 * trust, 1 + 4 - 3 * trust])
        spam = np.array([1 + 3 - 2 * trust, 1 + 1 - trust])
        knows, spams = np.exp(psi(competence) - psi(6.0))
        by_class = spams * np.exp(psi(spam) - psi(spam.sum()))
        right, wrong = np.log(knows + by_class), np.log(by_class)
        votes = 2 * right[0] + right[1] + wrong[0] + 4 * (psi(3.0) - psi(6.0))
        far = 0.0
        for counts in (competence, spam, np.array([3.0, 3.0])):
            far += -betaln(*counts) + ((counts - 1) * (psi(counts) - psi(counts.sum()))).sum()
        bounds[votes - far] = competence[0] / 6
    assert model.log_likelihood_.tolist() == [pytest.approx(max(bounds))]
    assert model.competence_.tolist() == [pytest.approx(bounds[max(bounds)])]
    assert model.class_balance_.tolist() == [0.5, 0.5]


def test_a_vote_is_worth_what_the_means_say() -> None:
    L, _ = drawn(np.array([0.9, 0.5, 0.7]), np.full((3, 2), 0.5), np.array([0.7, 0.3]), 300)
    model = MACE().fit(L)
    one = wl.LabelMatrix.from_array([[1, -1, -1]], classes=("0", "1"))
    spam = (1 - model.competence_[0]) * model.spam_[0, 1]
    joint = model.class_balance_ * np.array([spam, spam + model.competence_[0]])
    np.testing.assert_allclose(model.predict_proba(one)[0], joint / joint.sum())


def test_the_more_is_known_of_an_annotator_the_further_it_may_be_from_the_prior() -> None:
    few = wl.LabelMatrix.from_array([[0, 0, 0], [1, 1, 1]], classes=("A", "B"))
    many = wl.LabelMatrix.from_array([[0, 0, 0], [1, 1, 1]] * 50, classes=("A", "B"))
    unseen = wl.LabelMatrix.from_array([[0, 0, 0, -1], [1, 1, 1, -1]], classes=("A", "B"))
    low, high = fitted(MACE(), few).competence_, fitted(MACE(), many).competence_
    assert (low > 2 / 3).all()
    assert (high > low).all()
    model = fitted(MACE(), unseen)
    assert model.competence_[3] == pytest.approx(2 / 3)
    assert model.spam_[3].tolist() == [0.5, 0.5]


def test_gold_rows_are_known() -> None:
    spam = np.full((3, 2), 0.5)
    L, gold = drawn(np.array([0.05, 0.05, 0.6]), spam, np.array([0.5, 0.5]), 600)
    votes = np.asarray(L).copy()
    votes[:, 1] = votes[:, 0]  # a copy of a spammer looks like an agreement
    copied = wl.LabelMatrix.from_array(votes, classes=("0", "1"))
    assert MACE().fit(copied).competence_[2] < 0.3
    some = np.where(np.arange(600) < 500, gold, -1)
    assert MACE().fit(copied, some).competence_[2] > 0.4
    full = fitted(MACE(alpha=1e-6, beta=1e-6, spam_prior=1e-6), copied, gold)
    # P(vote right) = competence + (1 - competence) · P(spam for the class).
    right = full.competence_ + (1 - full.competence_) * 0.5
    np.testing.assert_allclose(right, (votes == gold[:, None]).mean(axis=0), atol=0.06)
    data = synthetic(500, 5, 2, seed=2)
    blind, unknown = MACE().fit(data.L), MACE().fit(data.L, np.full(500, -1))
    assert np.array_equal(blind.spam_, unknown.spam_)


def test_a_given_class_balance_is_kept() -> None:
    data = synthetic(500, 4, 2)
    assert MACE([0.9, 0.1]).fit(data.L).class_balance_.tolist() == [0.9, 0.1]


def test_a_class_set_is_a_vote_for_one_of_its_classes() -> None:
    data = synthetic(400, 4, 3, coverage=1.0, seed=4)
    model = MACE().fit(data.L)
    cases = wl.LabelMatrix.from_array(
        [[3, -1, -1, -1], [0, -1, -1, -1], [1, -1, -1, -1]],
        classes=data.L.class_names,
        class_sets=[(0, 1)],
    )
    knows, spam = model.competence_[0], model.spam_[0]
    either = (1 - knows) * (spam[0] + spam[1])
    joint = model.class_balance_ * np.array([either + knows, either + knows, either])
    np.testing.assert_allclose(model.predict_proba(cases)[0], joint / joint.sum())
    voted = np.asarray(data.L).copy()
    voted[::2, 0] = np.where(voted[::2, 0] == 2, 2, 3)
    mixed = wl.LabelMatrix.from_array(voted, classes=data.L.class_names, class_sets=[(0, 1)])
    assert MACE().fit(mixed).score(mixed, data.gold) > 0.85


@given(data=st.data())
def test_a_vote_counts_as_much_as_its_confidence(data: st.DataObject) -> None:
    L = data.draw(voted_matrices(class_sets=False))
    votes = np.asarray(L)
    full = wl.LabelMatrix.from_array(votes, L.class_names, confidence=np.ones(L.shape))
    expected = fitted(MACE(), L).predict_proba(L)
    np.testing.assert_allclose(fitted(MACE(), full).predict_proba(full), expected, atol=1e-9)
    share = st.sampled_from([0.0, 0.3, 0.5, 1.0])
    cells = data.draw(hnp.arrays(np.float64, L.shape, elements=share))
    some = wl.LabelMatrix.from_array(votes, L.class_names, confidence=cells)
    check_labels(fitted(MACE(), some), some)
    none = np.column_stack([np.where(L.covered, 1, -1), votes])
    weight = np.column_stack([np.zeros(L.n), np.ones(L.shape)])
    muted = wl.LabelMatrix.from_array(none, L.class_names, confidence=weight)
    heard = fitted(MACE(), muted).predict_proba(muted)
    np.testing.assert_allclose(heard, expected, atol=1e-6)


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "measured"),
    [
        ("bluebird", 89.8),
        ("rte", 92.9),
        ("dog", 83.0),
        ("web", 80.9),
        ("weather_sentiment", 98.9),
        ("product", 93.8),
        ("trec_relevance", 70.8),
    ],
)
def test_crowds_are_labelled_better_than_by_majority_vote(
    shared_data: Path, name: str, measured: float
) -> None:
    L, gold = crowd(shared_data, name)
    found = share_right(fitted(MACE(), L).predict_proba(L), gold)
    assert found == pytest.approx(measured, abs=0.3)
    assert found > share_right(wl.MajorityVote().fit(L).predict_proba(L), gold)


def test_a_fit_that_has_not_converged_says_so_where_fit_was_called() -> None:
    data = synthetic(500, 5, 3, seed=2)
    with pytest.warns(WeakLabelWarning, match="MACE has not converged after 2 passes") as caught:
        model = MACE(max_iter=2).fit(data.L)
    assert caught[0].filename == __file__
    assert not model.converged_
    assert model.n_iter_ == 2


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"alpha": 0}, "alpha must be a positive number, got 0"),
        ({"beta": float("nan")}, "beta must be a positive number, got nan"),
        ({"spam_prior": "much"}, "spam_prior must be a positive number, got 'much'"),
        ({"tol": -1.0}, "tol must be a number that is not negative, got -1.0"),
        ({"max_iter": 0}, "max_iter must be an int of at least 1, got 0"),
        ({"class_balance": [1.0]}, r"class_balance has shape \(1,\), expected \(2,\)"),
    ],
)
def test_bad_parameters_are_named_at_fit(params: dict[str, Any], message: str) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match=message):
        MACE(**params).fit(L)


def test_what_does_not_fit_is_refused() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match="gold has 1 labels, the label matrix has 2 rows"):
        MACE().fit(L, [0])
    with pytest.raises(ValueError, match="no LF votes on any row"):
        MACE().fit(wl.LabelMatrix.from_array([[-1, -1]]))
    with pytest.raises(NotFittedError, match="this MACE is not fitted; call fit first"):
        MACE().predict(L)


def test_scikit_learn_can_clone_it() -> None:
    copy = clone(MACE(alpha=0.5))
    assert copy.get_params() == MACE(alpha=0.5).get_params()
