"""Input that once gave no number, another answer in another order, or no clear error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from tests.voting import fitted
from weaklabel.datasets import synthetic

SPAM = ("HAM", "SPAM")


def test_confidences_of_zero_alone_hold_nothing() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]], SPAM, confidence=np.zeros((2, 2)))
    with pytest.raises(ValueError, match="or all confidences are 0; there is nothing to fit"):
        wl.LabelModel().fit(L)


def test_votes_that_had_no_weight_in_fitting_give_numbers() -> None:
    votes = np.array([[0, 1, 0], [1, 0, 1]] * 6 + [[2, 3, 2]])
    L = wl.LabelMatrix.from_array(votes, classes=list("abcd"))
    model = fitted_with(L, np.append(np.ones(12), 0.0))
    assert np.isfinite(model.predict_proba(L)).all()
    assert np.isfinite(model.uncertainty(L).entropy).all()


def fitted_with(L: wl.LabelMatrix, weights: np.ndarray) -> wl.LabelModel:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wl.errors.WeakLabelWarning)
        return wl.LabelModel().fit(L, sample_weight=weights)


@pytest.mark.parametrize("seed", range(12))
def test_near_copies_do_not_bring_in_the_order_of_lfs(seed: int) -> None:
    rng = np.random.default_rng(seed + 30)
    y = rng.integers(0, 2, 150)
    right = np.where(rng.random((150, 10)) < 0.75, y[:, None], rng.integers(0, 2, (150, 10)))
    votes = np.where(rng.random((150, 10)) < 0.5, right, -1)
    copy = votes[:, 0].copy()
    changed = rng.random(150) < 0.06
    copy[changed] = rng.integers(-1, 2, changed.sum())
    L = wl.LabelMatrix.from_array(np.column_stack([votes, copy]), SPAM)
    turned = L.select(L.lf_names[::-1])
    one, other = fitted(L), fitted(turned)
    np.testing.assert_allclose(one.predict_proba(L), other.predict_proba(turned), atol=1e-9)
    assert [repr(f) for f in one.findings_] == [repr(f) for f in other.findings_]


@pytest.mark.parametrize("seed", [80, 203, 303, 893])
def test_the_gold_guard_does_not_know_the_order_of_classes_nor_of_calls(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = (rng.random(200) < 0.5).astype(int)
    votes = np.full((200, 3), -1)
    for j in range(3):
        c = int(rng.integers(2))
        on = rng.random(200) < 0.5 * rng.random()
        votes[on, j] = c if rng.random() < 0.6 else (y[on] if rng.random() < 0.5 else 1 - y[on])
    gold = np.where(np.arange(200) < 60, y, -1)
    L = wl.LabelMatrix.from_array(votes, SPAM)
    turned = wl.LabelMatrix.from_array(np.where(votes >= 0, 1 - votes, -1), SPAM[::-1])
    model = fitted(L, gold)
    other = fitted(turned, np.where(gold >= 0, 1 - gold, -1))
    probs = model.predict_proba(L)
    np.testing.assert_allclose(other.predict_proba(turned)[:, ::-1], probs, atol=1e-9)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wl.errors.WeakLabelWarning)
        by_parts = wl.LabelModel().partial_fit(L[:100], gold[:100]).partial_fit(L[100:])
    assert by_parts.guard_.kept == model.guard_.kept
    np.testing.assert_allclose(by_parts.predict_proba(L), probs, atol=1e-9)


def test_an_lf_that_echoes_the_worst_one_is_not_believed() -> None:
    data = synthetic(6_000, 8, 2, coverage=0.6, accuracy=np.linspace(0.6, 0.85, 8), seed=1)
    worst = np.asarray(data.L)[:, 0]
    echo = np.where(np.random.default_rng(0).random(6_000) < 0.7, worst, -1)
    L = wl.LabelMatrix.from_array(np.column_stack([np.asarray(data.L), echo]), SPAM)
    before = wl.LabelModel().fit(data.L).score(data.L, data.gold)
    assert wl.LabelModel().fit(L).score(L, data.gold) > before - 0.01


def test_majority_vote_counts_a_vote_by_its_confidence() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [0, 1]], SPAM, confidence=[[1, 0.25], [0, 0]])
    probs = wl.MajorityVote().fit(L).predict_proba(L)
    assert probs.round(6).tolist() == [[0.8, 0.2], [0.8, 0.2]]


def test_how_sure_votes_are_counts_beside_the_others() -> None:
    data = synthetic(2_000, 6, 3, coverage=0.5, accuracy=0.7, seed=2)
    votes = np.asarray(data.L)
    halves = wl.LabelMatrix.from_array(
        np.tile(votes, (2, 1)), data.L.class_names, confidence=np.full((4_000, 6), 0.5)
    )
    model, plain = wl.LabelModel().fit(halves), wl.LabelModel().fit(data.L)
    np.testing.assert_allclose(model.lf_precision_, plain.lf_precision_, atol=0.03)
    assert abs(model.score(halves, np.tile(data.gold, 2)) - plain.score(data.L, data.gold)) < 0.02
    sure, doubtful = (
        wl.LabelMatrix.from_array([[0, -1, -1, -1, -1, -1]], data.L.class_names, confidence=c)
        for c in (np.full((1, 6), 1.0), np.full((1, 6), 0.3))
    )
    assert model.predict_proba(sure)[0, 0] > model.predict_proba(doubtful)[0, 0] + 0.1


def test_a_table_of_crowd_data_goes_on_with_the_workers_and_classes_of_the_first() -> None:
    first = pd.DataFrame(
        {
            "item": [1, 1, 2, 2, 3, 3] * 2,
            "worker": ["a", "b"] * 6,
            "label": list("xxyyxx") + list("xyyyxx"),
        }
    )
    first["item"] += [0] * 6 + [10] * 6
    model = wl.LabelModel().partial_fit(first)
    more = pd.DataFrame({"item": [99], "worker": ["a"], "label": ["x"]})
    model.partial_fit(more)
    assert model.lf_names_ == ("a", "b")
    assert model.predict_proba(more).shape == (1, 2)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"priors": [0.9]}, r"priors must map LF names to precisions, .* got \[0.9\]"),
        ({"group": 3}, "group must be a list of lists of LF names, .* got 3"),
        ({"group": [3]}, "group holds 3; each group is a list of LF names"),
        ({"group": [{"lf_0", "lf_1"}]}, "group holds .*; each group is a list of LF names"),
        ({"class_balance": {"a": 1}}, "class_balance must be numbers, one for each of"),
        ({"class_balance": ["a", "b"]}, r"class_balance must be numbers, .* got \['a', 'b'\]"),
    ],
)
def test_parameters_of_a_wrong_kind_are_named(params: dict[str, object], message: str) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]], SPAM)
    with pytest.raises(ValueError, match=message):
        wl.LabelModel(**params).fit(L)  # type: ignore[arg-type]


def test_more_gold_parts_than_matrices_are_refused() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]], SPAM)
    with pytest.raises(ValueError, match="gold has more parts than there are label matrices"):
        wl.LabelModel().fit([L], [[0, 1], [0, 1]])
