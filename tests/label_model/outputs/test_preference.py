from __future__ import annotations

import random
import warnings
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import weaklabel as wl
from tests.voting import finite
from weaklabel.errors import FileFormatError, NotFittedError, WeakLabelWarning
from weaklabel.label_model._outputs._pair_rows import PairRows
from weaklabel.label_model._outputs._preference import PreferenceModel
from weaklabel.types import FloatArray, IntArray

BETTER = ("FIRST", "SECOND")
OR_TIE = ("FIRST", "SECOND", "TIE")


class Drawn(NamedTuple):
    """Votes and what they were drawn from."""

    pairs: IntArray
    L: wl.LabelMatrix
    score: FloatArray
    gold: IntArray


def drawn(
    n: int, quality: list[float], *, items: int = 15, tie: float = 0.0, each: int = 1, seed: int = 0
) -> Drawn:
    """Draw pairs with `each` votes a row."""
    rng = np.random.default_rng(seed)
    score = rng.normal(0, 1.2, items)
    score -= score.mean()
    first = np.concatenate([np.arange(items), rng.integers(items, size=n - items)])
    second = (first + rng.integers(1, items, size=n)) % items
    lead = score[first] - score[second]
    p = np.stack([np.exp(lead / 2), np.exp(-lead / 2), np.full(n, tie)], axis=1)
    p /= p.sum(axis=1, keepdims=True)
    gold = (rng.random((n, 1)) > p.cumsum(axis=1)).sum(axis=1)
    k, m = (3 if tie else 2), len(quality)
    right = rng.random((n, m)) < quality
    votes = np.where(right, gold[:, None], (gold[:, None] + rng.integers(1, k, (n, m))) % k)
    votes[rng.random((n, m)).argsort(axis=1) >= each] = -1
    L = wl.LabelMatrix.from_array(votes, classes=OR_TIE[:k])
    return Drawn(np.stack([first, second], axis=1), L, score, gold)


def fitted(pairs: Any, L: wl.LabelMatrix, gold: Any = None, **params: Any) -> PreferenceModel:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WeakLabelWarning)
        return PreferenceModel(**params).fit(pairs, L, gold)


@st.composite
def voted_pairs(draw: st.DrawFn) -> tuple[list[tuple[str, str]], wl.LabelMatrix]:
    """Draw a few voted pairs of up to four items; with ties and class sets at times."""
    n, m = draw(st.integers(1, 8)), draw(st.integers(1, 3))
    k = draw(st.integers(2, 3))
    two = st.sampled_from([(a, b) for a, b in product("abcd", "abcd") if a != b])
    pairs = draw(st.lists(two, min_size=n, max_size=n))
    sets = [(0, 2)] if k == 3 and draw(st.booleans()) else []
    code = st.integers(-1, k + len(sets) - 1)
    row = st.lists(code, min_size=m, max_size=m)
    votes = np.array(draw(st.lists(row, min_size=n, max_size=n)))
    if (votes < 0).all():
        votes[0, 0] = 0
    return pairs, wl.LabelMatrix.from_array(votes, classes=OR_TIE[:k], class_sets=sets)


def test_scores_and_qualities_are_recovered_from_one_vote_a_row() -> None:
    quality = [0.95, 0.85, 0.75, 0.5, 0.1]
    data = drawn(20_000, quality)
    model = PreferenceModel().fit(data.pairs, data.L)
    assert model.items_ == tuple(range(15))
    np.testing.assert_allclose(model.quality_, quality, atol=0.04)
    np.testing.assert_allclose(model.score_, data.score, atol=0.25)
    assert model.converged_
    assert abs(model.score_.sum()) < 1e-9


def test_ties_are_recovered() -> None:
    quality = [0.9, 0.8, 0.6, 0.5]
    data = drawn(5_000, quality, tie=0.8, each=4)
    model = PreferenceModel().fit(data.pairs, data.L)
    np.testing.assert_allclose(model.quality_, quality, atol=0.04)
    np.testing.assert_allclose(model.score_, data.score, atol=0.3)
    assert model.tie_ == pytest.approx(0.8, abs=0.12)
    assert drawn(100, [0.9]).L.k == 2
    assert PreferenceModel().fit(drawn(100, [0.9]).pairs, drawn(100, [0.9]).L).tie_ == 0.0


def test_labels_are_better_than_the_majority_of_the_votes() -> None:
    data = drawn(2_000, [0.9, 0.8, 0.6, 0.6, 0.5], each=3)
    model = PreferenceModel().fit(data.pairs, data.L)
    voted = wl.MajorityVote().fit(data.L).score(data.L, data.gold, tie="first")
    own = (model.predict(data.pairs, data.L) == data.gold).mean()
    assert own > voted + 0.05
    by_score = (model.predict(data.pairs) == data.gold).mean()
    assert 0.6 < by_score < own, "votes and scores together know more than scores"


def test_gold_is_used_and_alone_is_enough_for_scores() -> None:
    data = drawn(3_000, [0.2, 0.3, 0.4], each=3)
    assert PreferenceModel().fit(data.pairs, data.L).quality_.mean() > 0.5, "taken at their word"
    some = np.where(np.arange(3_000) < 100, data.gold, -1)
    model = PreferenceModel().fit(data.pairs, data.L, some)
    np.testing.assert_allclose(model.quality_, [0.2, 0.3, 0.4], atol=0.06)
    few = np.asarray(data.L).copy()
    few[1:] = -1
    L = wl.LabelMatrix.from_array(few, classes=BETTER)
    known = PreferenceModel().fit(data.pairs, L, data.gold)
    np.testing.assert_allclose(known.score_, data.score, atol=0.3)


def test_two_items_by_hand() -> None:
    # One LF, all its votes known to be right: it won 3 of 4.
    pairs = [("x", "y")] * 4
    L = wl.LabelMatrix.from_array([[0], [0], [0], [1]], classes=BETTER)
    model = fitted(pairs, L, [0, 0, 0, 1], score_scale=1000.0, prior_strength=4.0)
    assert model.score_[0] - model.score_[1] == pytest.approx(np.log(3), abs=1e-3)
    assert model.quality_[0] == pytest.approx((4 + 0.75 * 4) / 8)
    np.testing.assert_allclose(
        model.predict_proba([("x", "y"), ("y", "x")])[:, 0], [0.75, 0.25], atol=1e-3
    )
    # Bayes' rule: odds of the scores times odds of the vote.
    odds = 3 * (1 / 8) / (7 / 8)
    new = wl.LabelMatrix.from_array([[1]], classes=BETTER)
    assert model.predict_proba([("x", "y")], new)[0, 0] == pytest.approx(
        odds / (1 + odds), abs=1e-3
    )


def log_posterior(
    data: tuple[list[tuple[str, str]], wl.LabelMatrix], truth: IntArray, theta: FloatArray
) -> float:
    """What EM climbs, vote by vote; the slow obvious twin."""
    pairs, L = data
    items = sorted({item for pair in pairs for item in pair})
    k, votes = L.k, np.asarray(L)
    score = dict(zip(items, theta, strict=False))
    quality = 1 / (1 + np.exp(-theta[len(items) : len(items) + L.m]))
    tie = np.exp(theta[-1]) if k == 3 else 0.0
    total = -sum(s**2 for s in score.values()) / (2 * 2.0**2)
    for q in quality:
        total += 5.0 * (0.75 * np.log(q) + 0.25 * np.log(1 - q))
    if k == 3:
        total += sum(np.log(p / (2 + tie)) for p in (1.0, 1.0, tie)) / 3
    for (a, b), row, y in zip(pairs, votes, truth, strict=True):
        weight = [np.exp((score[a] - score[b]) / 2), np.exp((score[b] - score[a]) / 2), tie][:k]
        row_total = 0.0
        for outcome in range(k) if y < 0 else [y]:
            p = weight[outcome] / sum(weight)
            for q, code in zip(quality, row, strict=True):
                if code < 0:
                    continue
                allowed = [code] if code < k else L.class_sets[code - k]
                p *= sum(q if v == outcome else (1 - q) / (k - 1) for v in allowed)
            row_total += p
        total += np.log(row_total)
    return float(total)


@given(data=voted_pairs(), more=st.data())
def test_the_objective_is_the_log_posterior_and_never_falls(
    data: tuple[list[tuple[str, str]], wl.LabelMatrix], more: st.DataObject
) -> None:
    pairs, L = data
    truth = np.array(more.draw(st.lists(st.integers(-1, L.k - 1), min_size=L.n, max_size=L.n)))
    items = sorted({item for pair in pairs for item in pair})
    at = np.array([[items.index(a), items.index(b)] for a, b in pairs])
    rows = PairRows(at, L, truth, len(items), score_scale=2.0, prior_strength=5.0)
    theta, before = rows.start, -np.inf
    for _ in range(10):
        after, height = rows.step(theta)
        assert height == pytest.approx(log_posterior(data, truth, theta), abs=1e-9)
        assert height >= before - 1e-9
        theta, before = after, height


@given(data=voted_pairs())
def test_nothing_is_ever_nan_and_probabilities_are_distributions(
    data: tuple[list[tuple[str, str]], wl.LabelMatrix],
) -> None:
    pairs, L = data
    model = fitted(pairs, L)
    assert finite(model.score_)
    assert ((model.quality_ > 0) & (model.quality_ < 1)).all()
    assert abs(model.score_.sum()) < 1e-9
    for probs in (model.predict_proba(pairs), model.predict_proba(pairs, L)):
        assert finite(probs)
        np.testing.assert_allclose(probs.sum(axis=1), 1.0)


@given(data=voted_pairs(), more=st.data())
@settings(max_examples=50)
def test_the_order_of_rows_lfs_and_sides_does_not_matter(
    data: tuple[list[tuple[str, str]], wl.LabelMatrix], more: st.DataObject
) -> None:
    pairs, L = data
    model = fitted(pairs, L)
    rows = more.draw(st.permutations(range(L.n)))
    lfs = more.draw(st.permutations(range(L.m)))
    other = fitted([pairs[i] for i in rows], L[np.array(rows)].select(lfs))
    np.testing.assert_allclose(other.score_, model.score_, atol=1e-7)
    np.testing.assert_allclose(other.quality_, model.quality_[lfs], atol=1e-7)
    if L.class_sets:
        return
    swapped = wl.LabelMatrix.from_array(
        np.array([1, 0, 2, -1])[np.asarray(L)], classes=L.class_names
    )
    turned = fitted([(b, a) for a, b in pairs], swapped)
    np.testing.assert_allclose(turned.score_, model.score_, atol=1e-7)


def test_on_real_sizes_the_order_does_not_matter_to_1e_9() -> None:
    data = drawn(1_000, [0.9, 0.7, 0.6], each=2)
    rng = np.random.default_rng(0)
    rows, lfs = rng.permutation(1_000), rng.permutation(3)
    model = PreferenceModel().fit(data.pairs, data.L)
    other = PreferenceModel().fit(data.pairs[rows], data.L[rows].select(lfs))
    np.testing.assert_allclose(other.score_, model.score_, atol=1e-9)
    again = PreferenceModel().fit(data.pairs, data.L)
    assert np.array_equal(again.score_, model.score_)


@pytest.mark.parametrize("strength", [1e-9, 5.0])
def test_an_item_that_always_wins_and_an_lf_that_is_always_right_stay_finite(
    strength: float,
) -> None:
    pairs = [("a", "b"), ("a", "c"), ("b", "c")] * 200
    L = wl.LabelMatrix.from_array([[0, 0, -1]] * 600, classes=BETTER)
    model = fitted(pairs, L, prior_strength=strength)
    assert finite(model.score_)
    assert model.score_.argsort().tolist() == [2, 1, 0]
    assert model.quality_[2] == pytest.approx(0.75), "no votes, the prior"


def test_pairs_without_votes_teach_nothing_and_are_predicted_by_score() -> None:
    pairs = [("a", "b"), ("b", "c"), ("d", "a")]
    L = wl.LabelMatrix.from_array([[0], [0], [-1]], classes=BETTER)
    model = fitted(pairs, L)
    assert model.items_ == ("a", "b", "c", "d")
    assert model.score_[3] == pytest.approx(0.0, abs=1e-9)
    assert model.predict(pairs, L).tolist() == [0, 0, 1]
    labels = model.label(pairs, L)
    assert labels.covered.tolist() == [True, True, False]
    assert labels.class_names == BETTER
    assert labels.class_balance.tolist() == [0.5, 0.5]
    assert len(labels.training_set(pairs)) == 2


def test_a_tie_between_equal_items_abstains_unless_told_otherwise() -> None:
    pairs = [("a", "b"), ("a", "b")]
    L = wl.LabelMatrix.from_array([[0], [1]], classes=BETTER)
    model = fitted(pairs, L)
    assert model.predict(pairs).tolist() == [-1, -1]
    assert model.predict(pairs, tie="first").tolist() == [0, 0]


def test_pairs_may_be_a_frame_and_items_numbers() -> None:
    L = wl.LabelMatrix.from_array([[0], [0]], classes=BETTER)
    frame = pd.DataFrame({"left": [3, 10], "right": [10, 20]})
    model = fitted(frame, L)
    assert model.items_ == (3, 10, 20)
    same = fitted([(np.int64(3), 10), (10, 20)], L)
    assert np.array_equal(same.score_, model.score_)
    assert model.predict_proba([]).shape == (0, 2)


VOTES = wl.LabelMatrix.from_array([[0], [1]], classes=BETTER)


@pytest.mark.parametrize(
    ("pairs", "error", "message"),
    [
        ([("a", "b")], ValueError, "got 1 pairs for 2 rows of votes; give one pair a row"),
        (["ab", "cd"], ValueError, r"pairs must have shape \(n, 2\), two items a row, got \(2,\)"),
        ([("a", "b", "c")] * 2, ValueError, r"two items a row, got \(2, 3\)"),
        ([("a", 1), ("b", 2)], TypeError, "items must be all str or all int, got 'int', 'str'"),
        ([(1.5, 2.5)] * 2, TypeError, "items must be all str or all int, got 'float'"),
        ([("a", "b"), ("c", "c")], ValueError, "row 1 compares 'c' with itself; leave it out"),
    ],
)
def test_pairs_that_are_none_are_refused(pairs: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        PreferenceModel().fit(pairs, VOTES)


def test_votes_that_do_not_fit_are_refused() -> None:
    pairs = [("a", "b"), ("b", "c")]
    four = wl.LabelMatrix.from_array([[0], [3]], classes=("A", "B", "C", "D"))
    with pytest.raises(ValueError, match=r"two classes \(first, second\) or three .* has 4"):
        PreferenceModel().fit(pairs, four)
    with pytest.raises(ValueError, match="no LF votes on any row"):
        PreferenceModel().fit(pairs, wl.LabelMatrix.from_array([[-1], [-1]]))
    with pytest.raises(ValueError, match="gold has 1 labels, the label matrix has 2 rows"):
        PreferenceModel().fit(pairs, VOTES, [0])
    model = fitted(pairs, VOTES)
    with pytest.raises(ValueError, match="was not fitted on the item 'z'; fit again with pairs"):
        model.predict([("a", "z")])
    with pytest.raises(ValueError, match="was not fitted on the items 'y', 'z'"):
        model.predict([("y", "z")])
    with pytest.raises(ValueError, match=r"on classes \('FIRST', 'SECOND'\), the matrix has \('A'"):
        model.predict(pairs, wl.LabelMatrix.from_array([[0], [1]], classes=("A", "B")))
    other = wl.LabelMatrix.from_array([[0], [1]], classes=BETTER, lf_names=["x"])
    with pytest.raises(ValueError, match="other LFs: the votes lack 'lf_0' and have 'x' besides"):
        model.predict(pairs, other)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"score_scale": 0}, "score_scale must be a positive number, got 0"),
        ({"prior_strength": -1.0}, "prior_strength must be a positive number, got -1.0"),
        ({"tol": None}, "tol must be a number that is not negative, got None"),
        ({"max_iter": 0}, "max_iter must be an int of at least 1, got 0"),
    ],
)
def test_bad_parameters_are_named_at_fit(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PreferenceModel(**params).fit([("a", "b"), ("b", "c")], VOTES)


def test_an_unfitted_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError, match="this PreferenceModel is not fitted; call fit first"):
        PreferenceModel().predict([("a", "b")])
    with pytest.raises(NotFittedError):
        PreferenceModel().save(tmp_path / "model")


def test_a_fit_that_has_not_converged_says_so_where_fit_was_called() -> None:
    data = drawn(200, [0.9, 0.6])
    with pytest.warns(WeakLabelWarning, match="PreferenceModel has not converged after 2") as seen:
        PreferenceModel(max_iter=2).fit(data.pairs, data.L)
    assert seen[0].filename == __file__


@pytest.mark.parametrize("names", [str, int])
def test_a_loaded_model_is_the_same_bit_for_bit(tmp_path: Path, names: Any) -> None:
    data = drawn(300, [0.9, 0.6], tie=0.5, each=2)
    pairs = [(names(a), names(b)) for a, b in data.pairs]
    model = PreferenceModel(score_scale=1.5).fit(pairs, data.L)
    model.save(tmp_path / "model")
    loaded = PreferenceModel.load(tmp_path / "model")
    assert loaded.get_params() == model.get_params()
    for name in (*PreferenceModel._learned, *PreferenceModel._names):
        assert np.array_equal(getattr(loaded, name), getattr(model, name))
    assert np.array_equal(loaded.predict_proba(pairs, data.L), model.predict_proba(pairs, data.L))
    with pytest.raises(FileFormatError, match="holds a PreferenceModel, not a LabelModel"):
        wl.LabelModel.load(tmp_path / "model")


def test_scikit_learn_clones_it_and_no_random_state_is_touched() -> None:
    data = drawn(100, [0.9, 0.6])
    before = random.getstate(), str(np.random.get_state(legacy=False))  # noqa: NPY002
    model = PreferenceModel(score_scale=1.0).fit(data.pairs, data.L)
    assert (random.getstate(), str(np.random.get_state(legacy=False))) == before  # noqa: NPY002
    again = clone(model)
    assert again.get_params() == model.get_params()
    assert not hasattr(again, "score_")
