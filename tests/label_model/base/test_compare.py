from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, log_loss

import weaklabel as wl
from tests.vote_family import fitted
from tests.voting import gold_for, voted_matrices
from weaklabel import label_model
from weaklabel.label_model import calibration_error
from weaklabel.label_model._base._compared import gold_scores, majority_shares


def _probs(n: int, k: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(k), n), rng.integers(0, k, n)


@given(n=st.integers(1, 40), k=st.integers(2, 5), seed=st.integers(0, 99))
def test_the_measures_are_those_of_scikit_learn(n: int, k: int, seed: int) -> None:
    probs, truth = _probs(n, k, seed)
    found = gold_scores(probs, truth)
    best = probs.argmax(axis=1)
    assert found.accuracy == pytest.approx((best == truth).mean())
    assert found.macro_f1 == pytest.approx(f1_score(truth, best, average="macro"))
    assert found.log_loss == pytest.approx(log_loss(truth, probs, labels=list(range(k))))
    assert found.brier == pytest.approx(((probs - np.eye(k)[truth]) ** 2).sum(axis=1).mean())
    assert found.calibration_error == pytest.approx(calibration_error(probs, truth))


@given(data=st.data())
@settings(max_examples=40)
def test_majority_is_the_majority_vote_of_the_family(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    model = fitted(label_model.MajorityVote(), L)
    np.testing.assert_allclose(majority_shares(L), model.predict_proba(L), atol=1e-12)


@given(data=st.data())
@settings(max_examples=40)
def test_majority_vote_beside_itself_changes_nothing(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(gold_for(L))
    gold[0] = 0
    found = fitted(label_model.MajorityVote(), L).compare(L, gold)
    assert not len(found.changed)
    assert found.every.accuracy == pytest.approx(found.majority_every.accuracy)
    assert found.covered.n == int(((gold >= 0) & L.covered).sum())


@given(data=st.data())
@settings(max_examples=25)
def test_changed_rows_are_those_whose_label_differs(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(gold_for(L))
    gold[0] = 0
    model = fitted(wl.LabelModel(), L)
    found = model.compare(L, gold)
    mine, theirs = model.predict_proba(L), majority_shares(L)
    for i in range(L.n):
        tops = [np.flatnonzero(p[i] >= p[i].max() - 1e-9).tolist() for p in (mine, theirs)]
        assert (i in found.changed) == (L.covered[i] and tops[0] != tops[1])
        gains = [(gold[i] in top) / len(top) for top in tops]
        known = gold[i] >= 0 and i in found.changed
        assert (i in found.better) == (known and gains[0] > gains[1])
        assert (i in found.worse) == (known and gains[0] < gains[1])


def test_the_model_is_better_where_lfs_differ() -> None:
    data = wl.datasets.synthetic(4000, 7, coverage=0.7, accuracy=[0.95, *[0.6] * 6], seed=5)
    found = wl.LabelModel().fit(data.L).compare(data.L, data.gold)
    assert found.covered.accuracy > found.majority_covered.accuracy + 0.05
    assert found.covered.calibration_error < found.majority_covered.calibration_error
    assert len(found.better) > len(found.worse)


def test_the_order_of_lfs_and_rows_does_not_matter() -> None:
    data = wl.datasets.synthetic(300, 6, 3, seed=4)
    model = wl.LabelModel().fit(data.L)
    turned = np.arange(300)[::-1]
    other = model.compare(data.L[turned].select(list(range(6))[::-1]), data.gold[turned])
    assert str(other) == str(model.compare(data.L, data.gold))


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        (None, r"compare needs gold labels, got none; pass one label a row"),
        ([-1, None], r"compare needs gold labels, all of them are unknown"),
        ([1], r"gold has 1 labels, the label matrix has 2 rows"),
    ],
)
def test_gold_that_cannot_judge_is_refused(gold: object, message: str) -> None:
    L = wl.LabelMatrix.from_array([[1], [0]], ("HAM", "SPAM"))
    with pytest.raises(ValueError, match=message):
        wl.MajorityVote().fit(L).compare(L, gold)


def test_it_prints_within_80_columns_and_as_html_and_frame() -> None:
    L = wl.LabelMatrix.from_array([[1, 1], [0, 1], [-1, -1]], ("HAM", "SPAM"))
    model = label_model.WeightedVote(weights={"lf_0": 2.0, "lf_1": 1.0}, class_balance=[0.4, 0.6])
    found = model.fit(L).compare(L, ["SPAM", "HAM", None])
    assert max(map(len, str(found).splitlines())) <= 80
    assert "1 of 2 covered rows change their label" in str(found)
    assert "1 for the better and 0 for the worse" in " ".join(str(found).split())
    frame = found.to_frame()
    assert frame.loc[("covered", "MajorityVote()"), "accuracy"] == 0.75
    assert frame.loc[("covered", repr(model)), "accuracy"] == 1.0
    assert "Brier" in found._repr_html_()


def test_rows_without_gold_among_the_covered_give_no_scores() -> None:
    L = wl.LabelMatrix.from_array([[1, 0], [-1, -1]], ("HAM", "SPAM"))
    found = wl.MajorityVote().fit(L).compare(L, [None, "HAM"])
    assert found.covered.n == 0
    assert np.isnan(found.covered.accuracy)
    assert (found.every.n, found.every.accuracy) == (1, 0.5)
