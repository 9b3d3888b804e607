from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from tests.strategies import label_matrices
from tests.vote_family import fitted
from tests.voting import gold_for, voted_matrices
from weaklabel import label_model
from weaklabel.errors import NotFittedError
from weaklabel.label_model._base._explained import Explanation
from weaklabel.label_model._base._vote_model import VoteModel
from weaklabel.types import FloatArray

ADDITIVE = [
    wl.LabelModel,
    label_model.DawidSkene,
    label_model.IBCC,
    label_model.MACE,
    label_model.MajorityVote,
    label_model.OneCoin,
    label_model.OrdinalModel,
    label_model.TripletModel,
    label_model.WeightedVote,
]


def posterior(why: Explanation) -> FloatArray:
    """The slow obvious twin: what the terms add up to."""
    if why.scale == "share":
        return why.total
    k = len(why.class_names)
    odds = np.exp(why.total * (k - 1) / k)
    return np.asarray(odds / odds.sum())


@pytest.mark.parametrize("kind", ADDITIVE)
@given(data=st.data())
@settings(max_examples=12)
def test_the_terms_add_up_to_the_posterior(kind: Any, data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    model = fitted(kind(), L)
    probs = model.predict_proba(L)
    for i in data.draw(st.lists(st.integers(0, L.n - 1), min_size=1, max_size=3)):
        why = model.explain(L, i)
        np.testing.assert_allclose(posterior(why), probs[i], rtol=0, atol=1e-9)
        np.testing.assert_array_equal(why.probs, probs[i])
        assert len(why.lf_names) + why.n_silent == L.m


@given(data=st.data())
@settings(max_examples=25)
def test_the_terms_add_up_with_gold_tables_and_silence(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(gold_for(L))
    gold[np.flatnonzero(L.covered)[0]] = 0
    for abstain in ("missing", "vote"):
        model = fitted(label_model.NaiveBayes(abstain=abstain), L, gold)
        for i in range(min(L.n, 3)):
            why = model.explain(L, i)
            np.testing.assert_allclose(posterior(why), why.probs, rtol=0, atol=1e-9)
            assert abstain == "vote" or not why.silence.any()


def test_each_term_is_what_the_parameters_say() -> None:
    weights = {"a": 2.0, "b": 0.5, "c": 1.0}
    L = wl.LabelMatrix.from_array([[1, 0, -1]], ("HAM", "SPAM"), lf_names=list(weights))
    model = label_model.WeightedVote(weights=weights, class_balance=[0.8, 0.2]).fit(L)
    why = model.explain(L, 0)
    assert why.lf_names == ("a", "b")
    assert why.votes == ("SPAM", "HAM")
    np.testing.assert_allclose(why.contributions[:, 1], [2.0, -0.5], atol=1e-9)
    np.testing.assert_allclose(why.class_balance[1], np.log(0.2 / 0.8), atol=1e-9)
    assert not why.silence.any()
    assert not why.dependence.any()


def test_a_confidence_scales_what_a_vote_adds() -> None:
    sure = [[0.25, 1.0, 0.0]]
    L = wl.LabelMatrix.from_array([[1, 1, 1]], ("A", "B"), confidence=sure)
    why = fitted(label_model.WeightedVote(weights=[2.0, 1.0, 5.0]), L).explain(L, 0)
    told = dict(zip(why.lf_names, why.contributions[:, 1], strict=True))
    assert told == pytest.approx({"lf_0": 0.5, "lf_1": 1.0, "lf_2": 0.0})


def test_what_dependent_votes_lose_has_a_term_of_its_own() -> None:
    votes = [[1, 1, 1, 1], [0, 0, 0, -1], [1, -1, 0, -1], [0, 0, -1, 0]] * 20
    L = wl.LabelMatrix.from_array(votes, ("HAM", "SPAM"))
    model = wl.LabelModel(class_balance=[0.5, 0.5]).fit(L)
    why = model.explain(L, 0)
    cast = (model._by_lf * model._per_amount).sum()
    damped = 1 / (1 + model._dependence * (cast - 1))
    summed = why.contributions.sum(axis=0)
    assert damped < 1
    np.testing.assert_allclose(why.dependence, (damped - 1) * summed, atol=1e-9)


def test_a_single_vote_has_no_dependence() -> None:
    data = wl.datasets.synthetic(200, 5, 3, coverage=0.3, seed=2)
    lone = np.flatnonzero((np.asarray(data.L) >= 0).sum(axis=1) == 1)
    assert not wl.LabelModel().fit(data.L).explain(data.L, int(lone[0])).dependence.any()


@given(L=label_matrices(min_rows=1, max_rows=10, max_classes=4, class_sets=False, keys=False))
def test_a_row_without_votes_has_the_class_balance(L: wl.LabelMatrix) -> None:
    if not L.covered.any() or L.covered.all():
        return
    model = fitted(wl.LabelModel(), L)
    why = model.explain(L, int(np.flatnonzero(~L.covered)[0]))
    np.testing.assert_allclose(posterior(why), model.class_balance_, atol=1e-9)
    assert "no LF votes on it" in str(why)


def test_the_order_of_lfs_does_not_matter() -> None:
    data = wl.datasets.synthetic(300, 6, 3, seed=4)
    model = wl.LabelModel().fit(data.L)
    turned = data.L.select(list(range(6))[::-1])
    assert str(model.explain(turned, 7)) == str(model.explain(data.L, 7))


def test_shares_of_majority_vote_add_up_to_the_probability() -> None:
    L = wl.LabelMatrix.from_array([[1, 1, 0]], ("HAM", "SPAM"))
    why = label_model.MajorityVote().fit(L).explain(L, 0)
    assert why.scale == "share"
    np.testing.assert_allclose(why.total, [1 / 3, 2 / 3])
    assert "Shares of the votes" in str(why)


def test_a_calibrated_model_sends_to_the_model_it_was_made_of() -> None:
    data = wl.datasets.synthetic(2000, 5, seed=3)
    inner = wl.LabelModel().fit(data.L)
    model = label_model.CalibratedModel(inner).fit(data.L, data.gold)
    with pytest.raises(ValueError, match=r"CalibratedModel does not add.*that it was made of"):
        model.explain(data.L, 0)


@pytest.mark.parametrize("votes", [[1, 1, 0], [1, -1, -1]])
def test_a_model_that_does_not_add_votes_up_says_so(votes: list[int]) -> None:
    L = wl.LabelMatrix.from_array([votes, [0, 0, 1], [1, 1, 1], [0, 0, 0]] * 5, ("A", "B"))
    model = fitted(label_model.GLAD(), L)
    with pytest.raises(ValueError, match=r"GLAD does not add votes up.*Explain a LabelModel"):
        model.explain(L, 0)


def test_a_weight_beyond_all_floats_is_explained() -> None:
    L = wl.LabelMatrix.from_array([[1, 0]], ("A", "B"))
    # The probabilities are 0 and 1, and say nothing any more of how far the votes went.
    why = label_model.WeightedVote(weights=[1e4, 2e3]).fit(L).explain(L, 0)
    np.testing.assert_allclose(why.contributions[:, 1], [1e4, -2e3], rtol=1e-9)
    assert why.probs.tolist() == [0.0, 1.0]


def test_a_row_is_found_by_its_key() -> None:
    L = wl.LabelMatrix.from_array([[1], [0]], ("HAM", "SPAM"), keys=["doc-a", "doc-b"])
    model = label_model.WeightedVote(weights=[1.0]).fit(L)
    assert model.explain(L, key="doc-b").row == 1
    assert model.explain(L, -1).row == 1
    assert "row 1 (key 'doc-b'): HAM 0.73" in str(model.explain(L, 1))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"row": 2}, ValueError, r"no row at position 2, there are 2; give a key as key=2"),
        ({"row": "doc-a"}, TypeError, r"row must be a position, got 'doc-a'; give a key as key="),
        ({"key": "doc-c"}, ValueError, r"no row has the key 'doc-c'; did you mean 'doc-"),
        ({}, ValueError, r"give the row's position, or its key as key=\.\.\.; got neither"),
        ({"row": 1, "key": "doc-a"}, ValueError, r"got both"),
    ],
)
def test_a_row_that_is_none_is_refused(given: Any, error: Any, message: str) -> None:
    L = wl.LabelMatrix.from_array([[1], [0]], ("HAM", "SPAM"), keys=["doc-a", "doc-b"])
    with pytest.raises(error, match=message):
        wl.MajorityVote().fit(L).explain(L, **given)


def test_an_unfitted_model_explains_nothing() -> None:
    L = wl.LabelMatrix.from_array([[1]], ("HAM", "SPAM"))
    with pytest.raises(NotFittedError):
        wl.LabelModel().explain(L, 0)


def _spam() -> tuple[VoteModel, wl.LabelMatrix]:
    L = wl.LabelMatrix.from_array([[1, 0, -1]], ("<HAM>", "SPAM"), lf_names=["a", "b<script>", "c"])
    return label_model.WeightedVote(weights=[2.0, 0.5, 1.0]).fit(L), L


def test_it_prints_terms_and_sum() -> None:
    model, L = _spam()
    assert str(model.explain(L, 0)).splitlines() == [
        "term          vote  <HAM>   SPAM",
        "--------------------------------",
        "a             SPAM  -2.00  +2.00",
        "b<script>    <HAM>  +0.50  -0.50",
        "sum                 -1.50  +1.50",
        "probability          0.18   0.82",
        "row 0: SPAM 0.82; 1 LF is silent. Log-odds of each class against the others, in",
        "nats",
    ]


def test_html_escapes_names() -> None:
    model, L = _spam()
    shown = model.explain(L, 0)._repr_html_()
    assert "b&lt;script&gt;" in shown
    assert "<script>" not in shown
    assert "&lt;HAM&gt;" in shown


def test_many_classes_show_the_most_probable_ones_as_text_and_all_as_a_frame() -> None:
    data = wl.datasets.synthetic(500, 8, 9, seed=1)
    why = wl.LabelModel().fit(data.L).explain(data.L, 3)
    assert max(map(len, str(why).splitlines())) <= 80
    frame = why.to_frame()
    assert list(frame.columns) == ["vote", *data.L.class_names]
    assert frame.index[-1] == "sum"
    total = frame.iloc[:-1, 1:].sum(axis=0).to_numpy(np.float64)
    np.testing.assert_allclose(total, why.total)
