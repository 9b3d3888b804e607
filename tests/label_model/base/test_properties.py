"""What holds for every label model on every label matrix."""

from __future__ import annotations

import random
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from tests.strategies import label_matrices
from tests.voting import finite, gold_for, relabelled, voted_matrices
from weaklabel.errors import WeakLabelWarning
from weaklabel.label_model import VoteModel

MODELS = [wl.LabelModel, wl.MajorityVote]
every_model = pytest.mark.parametrize("model", MODELS)


def fit(model: Any, L: wl.LabelMatrix, gold: Any = None) -> VoteModel:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WeakLabelWarning)
        fitted: VoteModel = model().fit(L, gold)
    return fitted


@every_model
@given(data=st.data())
def test_probabilities_are_distributions_and_never_nan(model: Any, data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    other = data.draw(label_matrices(max_rows=5, keys=False))
    fitted = fit(model, L, gold)
    probs = fitted.predict_proba(L)
    assert finite(probs)
    assert finite(fitted.class_balance_)
    assert (probs >= 0).all()
    np.testing.assert_allclose(probs.sum(axis=1), 1.0)
    assert fitted.class_balance_.sum() == pytest.approx(1.0)
    if other.class_names == L.class_names and other.lf_names == L.lf_names:
        assert finite(fitted.predict_proba(other))


@every_model
@given(data=st.data())
def test_the_order_of_lfs_does_not_matter(model: Any, data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    order = data.draw(st.permutations(range(L.m)))
    shuffled = L.select(order)
    probs = fit(model, L).predict_proba(L)
    np.testing.assert_allclose(fit(model, shuffled).predict_proba(shuffled), probs, atol=1e-9)
    np.testing.assert_array_equal(
        fit(model, L).predict_proba(shuffled), probs, "a fitted model sorts the LFs itself"
    )


@every_model
@given(data=st.data())
def test_the_order_of_rows_does_not_matter(model: Any, data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    order = np.array(data.draw(st.permutations(range(L.n))))
    fitted, shuffled = (
        fit(model, L, gold),
        fit(model, L[order], None if gold is None else gold[order]),
    )
    np.testing.assert_allclose(
        shuffled.predict_proba(L[order]), fitted.predict_proba(L)[order], atol=1e-9
    )
    np.testing.assert_allclose(shuffled.class_balance_, fitted.class_balance_, atol=1e-9)


@every_model
@given(data=st.data())
def test_the_names_of_classes_do_not_matter(model: Any, data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    order = np.array(data.draw(st.permutations(range(L.k))))
    moved = relabelled(L, order)
    np.testing.assert_allclose(
        fit(model, moved).predict_proba(moved)[:, order], fit(model, L).predict_proba(L), atol=1e-9
    )


@every_model
@given(L=voted_matrices())
def test_equal_rows_get_equal_labels_bit_for_bit(model: Any, L: wl.LabelMatrix) -> None:
    twice = wl.LabelMatrix.from_array(
        np.repeat(np.asarray(L), 2, axis=0), classes=L.class_names, class_sets=L.class_sets
    )
    probs = fit(model, twice).predict_proba(twice)
    assert np.array_equal(probs[::2], probs[1::2])


@every_model
@given(data=st.data())
def test_a_row_is_labelled_the_same_whatever_stands_beside_it(
    model: Any, data: st.DataObject
) -> None:
    L = data.draw(voted_matrices())
    fitted = fit(model, L)
    probs = fitted.predict_proba(L)
    i = data.draw(st.integers(0, L.n - 1))
    assert np.array_equal(fitted.predict_proba(L[i : i + 1])[0], probs[i])
    assert fitted.predict_proba(L[:0]).shape == (0, L.k)


@every_model
@given(L=voted_matrices())
def test_rows_without_votes_get_the_class_balance(model: Any, L: wl.LabelMatrix) -> None:
    fitted = fit(model, L)
    labels = fitted.label(L)
    assert np.array_equal(labels.covered, L.covered)
    assert (labels.probs[~L.covered] == fitted.class_balance_).all()
    assert (fitted.predict(L)[~L.covered] == wl.ABSTAIN).all()
    by_prior = fitted.predict(L, uncovered="prior")
    assert (by_prior[~L.covered] == fitted.class_balance_.argmax()).all()
    if model is wl.LabelModel:
        return  # how many rows nobody votes on tells how rare conflicts are
    without = L[L.covered]
    assert np.array_equal(fit(model, without).predict_proba(without), labels.probs[L.covered])


@every_model
@given(data=st.data())
def test_ties_abstain_unless_told_otherwise(model: Any, data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    fitted = fit(model, L)
    probs = fitted.predict_proba(L)
    tied = (probs >= probs.max(axis=1, keepdims=True) - 1e-9).sum(axis=1) > 1
    hard = fitted.predict(L)
    assert np.array_equal(hard == wl.ABSTAIN, tied | ~L.covered)
    for tie in ("first", "prior"):
        broken = fitted.predict(L, tie=tie)
        assert np.array_equal(broken == wl.ABSTAIN, ~L.covered)
        assert np.array_equal(broken[~tied & L.covered], hard[~tied & L.covered])
    assert np.array_equal(hard, fitted.label(L).predict())


@every_model
@given(L=voted_matrices())
@settings(max_examples=20)
def test_two_fits_are_the_same_bit_for_bit(model: Any, L: wl.LabelMatrix) -> None:
    one, two = fit(model, L), fit(model, L)
    assert np.array_equal(one.predict_proba(L), two.predict_proba(L))
    assert np.array_equal(one.class_balance_, two.class_balance_)


@every_model
def test_the_number_of_threads_changes_nothing(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    votes = rng.choice([-1, 0, 1, 2], (150_000, 4), p=[0.4, 0.3, 0.2, 0.1])
    L = wl.LabelMatrix.from_array(votes)
    results = []
    for cores in (1, 2, 5):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        fitted = fit(model, L)
        results.append((fitted.predict_proba(L), fitted.class_balance_))
    for probs, balance in results[1:]:
        assert np.array_equal(probs, results[0][0])
        assert np.array_equal(balance, results[0][1])


@every_model
def test_no_global_random_state_is_read_or_written(model: Any) -> None:
    L = wl.LabelMatrix.from_array([[0, 1, 1], [1, 1, -1], [0, 0, 1]])
    results = []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        before = random.getstate(), str(np.random.get_state(legacy=False))  # noqa: NPY002
        results.append(fit(model, L).predict_proba(L))
        assert (random.getstate(), str(np.random.get_state(legacy=False))) == before  # noqa: NPY002
    assert np.array_equal(results[0], results[1])


@every_model
def test_input_is_not_written_to(model: Any) -> None:
    L = wl.LabelMatrix.from_array([[0, 1, 1], [1, 1, -1], [0, 0, 1]])
    copy, gold = L[:], np.array([0, -1, 1])
    fit(model, L, gold).predict(L)
    assert copy == L
    assert gold.tolist() == [0, -1, 1]


@every_model
@given(data=st.data())
def test_score_counts_known_gold_only_and_abstains_as_wrong(
    model: Any, data: st.DataObject
) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(gold_for(L))
    fitted = fit(model, L)
    if (gold < 0).all():
        with pytest.raises(ValueError, match="score needs gold labels, all of them are unknown"):
            fitted.score(L, gold)
        return
    hits = [int(p == y) for p, y in zip(fitted.predict(L), gold, strict=True) if y >= 0]
    assert fitted.score(L, gold) == pytest.approx(np.mean(hits))


@every_model
def test_label_carries_keys_coverage_and_class_names(model: Any) -> None:
    L = wl.LabelMatrix.from_array(
        [[0, 1], [-1, -1], [1, 1]], classes=("HAM", "SPAM"), keys=["a", "b", "c"]
    )
    labels = fit(model, L).label(L)
    assert labels.keys.tolist() == ["a", "b", "c"]
    assert labels.covered.tolist() == [True, False, True]
    assert labels.class_names == ("HAM", "SPAM")
    assert len(labels.training_set()) == 2
