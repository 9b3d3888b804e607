from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

import weaklabel as wl
from tests.vote_family import fitted
from tests.voting import gold_for, voted_matrices
from weaklabel.errors import WeakLabelWarning
from weaklabel.label_model._base._lf_value import lf_value
from weaklabel.label_model._base._vote_model import VoteModel
from weaklabel.types import FloatArray, IntArray


def silenced(L: wl.LabelMatrix, j: int) -> wl.LabelMatrix:
    votes = np.array(np.asarray(L), np.int64)
    votes[:, j] = -1
    return wl.LabelMatrix.from_array(
        votes, L.class_names, lf_names=L.lf_names, class_sets=L.class_sets
    )


def tops(probs: FloatArray) -> list[list[int]]:
    return [np.flatnonzero(p >= p.max() - 1e-9).tolist() for p in probs]


def right(best: list[list[int]], gold: IntArray) -> float:
    known = [i for i in range(len(gold)) if gold[i] >= 0]
    return sum((gold[i] in best[i]) / len(best[i]) for i in known) / len(known)


@given(data=st.data())
@settings(max_examples=40)
def test_it_is_what_silencing_one_lf_after_the_other_gives(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(gold_for(L))
    gold[0] = 0
    model = fitted(wl.LabelModel(), L)
    found = lf_value(L, model, gold)
    whole = tops(model.predict_proba(L))
    for j in range(L.m):
        less = silenced(L, j)
        best = tops(model.predict_proba(less))
        lost = L.covered & ~less.covered
        changed = sum(L.covered[i] and (lost[i] or whole[i] != best[i]) for i in range(L.n))
        assert found.alone[j] == pytest.approx(lost.mean())
        assert found.changed[j] == pytest.approx(changed / L.covered.sum())
        assert found.accuracy[j] == pytest.approx(right(whole, gold) - right(best, gold), abs=1e-9)


def test_macro_f1_is_that_of_scikit_learn() -> None:
    data = wl.datasets.synthetic(800, 5, 3, coverage=0.8, seed=6)
    model = wl.LabelModel().fit(data.L)
    found = model.lf_value(data.L, data.gold)
    whole = f1_score(data.gold, model.predict_proba(data.L).argmax(axis=1), average="macro")
    for j in range(5):
        best = model.predict_proba(silenced(data.L, j)).argmax(axis=1)
        less = f1_score(data.gold, best, average="macro")
        assert found.macro_f1[j] == pytest.approx(whole - less, abs=2e-3)


def _held_out(L: wl.LabelMatrix, model: VoteModel, q: int) -> float:
    """The slow obvious twin: other votes of an LF's rows, told with it and without it."""
    votes = np.array(np.asarray(L), np.int64)
    gained = []
    for i in range(L.n):
        cast = np.flatnonzero(votes[i] >= 0)
        if len(cast) < 3 or q not in cast:
            continue
        for p in cast[cast != q]:
            if votes[i, p] >= L.k:
                continue
            told = []
            for gone in ([p], [p, q]):
                row = votes[i].copy()
                row[gone] = -1
                asked = wl.LabelMatrix.from_array(
                    row[None], L.class_names, lf_names=L.lf_names, class_sets=L.class_sets
                )
                best = tops(model.predict_proba(asked))[0]
                told.append((votes[i, p] in best) / len(best))
            gained.append(told[0] - told[1])
    return float(np.mean(gained)) if gained else float("nan")


@given(data=st.data())
@settings(max_examples=20)
def test_held_out_is_that_of_the_twin(data: st.DataObject) -> None:
    L = data.draw(voted_matrices(min_lfs=3))
    model = fitted(wl.LabelModel(), L)
    found = lf_value(L, model)
    for j in range(L.m):
        assert found.held_out[j] == pytest.approx(_held_out(L, model, j), abs=1e-9, nan_ok=True)


def test_a_good_lf_adds_more_than_one_that_guesses() -> None:
    data = wl.datasets.synthetic(3000, 5, accuracy=[0.9, 0.75, 0.75, 0.75, 0.5], seed=7)
    found = wl.LabelModel().fit(data.L).lf_value(data.L, data.gold)
    assert found.accuracy.argmax() == 0
    assert found.held_out[0] > found.held_out[4] + 0.03
    assert found.accuracy[4] < 0.02


def test_the_order_of_lfs_and_rows_does_not_matter() -> None:
    data = wl.datasets.synthetic(6000, 6, 3, seed=4)
    model = wl.LabelModel().fit(data.L)
    turned = np.arange(6000)[::-1]
    one = model.lf_value(data.L, data.gold)
    other = model.lf_value(data.L[turned].select(list(range(6))[::-1]), data.gold[turned])
    for name in ("alone", "changed", "held_out", "accuracy", "macro_f1"):
        np.testing.assert_allclose(getattr(other, name)[::-1], getattr(one, name), atol=1e-12)


def test_the_order_of_rows_does_not_matter_where_only_some_are_held_out() -> None:
    data = wl.datasets.synthetic(1500, 30, coverage=0.95, accuracy=0.6, seed=8)
    turned = np.random.default_rng(0).permutation(1500)
    one, other = lf_value(data.L), lf_value(data.L[turned])
    np.testing.assert_allclose(other.held_out, one.held_out, atol=1e-12)


def test_without_a_model_votes_are_counted_and_without_gold_nothing_is_judged() -> None:
    data = wl.datasets.synthetic(300, 4, seed=1)
    found = lf_value(data.L)
    counted = wl.MajorityVote().fit(data.L).lf_value(data.L)
    np.testing.assert_allclose(found.changed, counted.changed)
    assert found.n_gold is None
    assert np.isnan(found.accuracy).all()
    assert list(found.to_frame().columns) == ["votes", "alone", "changed", "held_out"]
    assert "with gold= also accuracy and macro F1" in " ".join(str(found).split())


def test_an_lf_that_never_votes_adds_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WeakLabelWarning)
        L = wl.LabelMatrix.from_array([[1, -1], [0, -1]], ("HAM", "SPAM"))
        found = wl.LabelModel().fit(L).lf_value(L, [1, 0])
    assert (found.alone[1], found.changed[1], found.accuracy[1]) == (0, 0, 0)
    assert np.isnan(found.held_out[1])


@pytest.mark.filterwarnings("error")
def test_no_votes_at_all_is_no_error() -> None:
    L = wl.LabelMatrix.from_array([[-1, -1]], ("HAM", "SPAM"))
    assert lf_value(L).changed.tolist() == [0.0, 0.0]


def test_gold_that_is_all_unknown_is_refused() -> None:
    L = wl.LabelMatrix.from_array([[1]], ("HAM", "SPAM"))
    with pytest.raises(ValueError, match="lf_value with gold needs gold labels, all of them are"):
        lf_value(L, gold=[None])


def test_it_prints_within_80_columns_and_escapes_names() -> None:
    L = wl.LabelMatrix.from_array([[1, 0]], ("HAM", "SPAM"), lf_names=["<b>x", "y" * 70])
    found = lf_value(L, gold=["SPAM"])
    assert max(map(len, str(found).splitlines())) <= 80
    assert "&lt;b&gt;x" in found._repr_html_()
