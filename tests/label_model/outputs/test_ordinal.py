from __future__ import annotations

import random
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import weaklabel as wl
from tests.shared_data import needs_shared_data
from tests.strategies import label_matrices
from tests.voting import finite, gold_for, voted_matrices
from weaklabel.datasets._synthetic import draw_votes
from weaklabel.errors import FileFormatError, NotFittedError, WeakLabelWarning
from weaklabel.label_model._outputs._ordinal import OrdinalModel
from weaklabel.types import FloatArray, IntArray

STARS = ("ONE", "TWO", "THREE", "FOUR", "FIVE")


def fitted(L: wl.LabelMatrix, gold: Any = None, **params: Any) -> OrdinalModel:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WeakLabelWarning)
        return OrdinalModel(**params).fit(L, gold)


def graders(
    n: int, bias: list[float], spread: list[float], *, seed: int = 0, coverage: float = 0.7
) -> tuple[wl.LabelMatrix, IntArray, FloatArray]:
    """Return votes, gold, and P(vote | class) of graders with rounded normal errors."""
    rng = np.random.default_rng(seed)
    gold = rng.choice(5, n, p=[0.1, 0.2, 0.3, 0.25, 0.15])
    steps = np.subtract.outer(np.arange(5), np.arange(5)).astype(float)
    table = np.empty((len(bias), 6, 5))
    for j, (b, s) in enumerate(zip(bias, spread, strict=True)):
        weight = np.exp(-((steps - b) ** 2) / (2 * s**2))
        table[j, 1:] = coverage * weight / weight.sum(axis=0)
        table[j, 0] = 1 - coverage
    L = wl.LabelMatrix.from_array(draw_votes(rng, gold, table), classes=STARS)
    return L, gold, table[:, 1:] / coverage


def errors_of(table: FloatArray, balance: list[float]) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard deviation of vote minus class, by adding up."""
    bias, square = np.zeros(len(table)), np.zeros(len(table))
    for v in range(5):
        for y in range(5):
            bias += balance[y] * table[:, v, y] * (v - y)
            square += balance[y] * table[:, v, y] * (v - y) ** 2
    return bias, np.sqrt(square - bias**2)


def test_biases_and_spreads_are_recovered() -> None:
    L, gold, table = graders(
        10_000, [0.0, 0.0, 1.0, -0.5, 0.3, 0.0], [0.5, 0.8, 0.7, 1.0, 0.6, 2.0]
    )
    balance = [0.1, 0.2, 0.3, 0.25, 0.15]
    model = OrdinalModel(balance).fit(L)
    bias, spread = errors_of(table, balance)
    np.testing.assert_allclose(model.bias_, bias, atol=0.08)
    np.testing.assert_allclose(model.spread_, spread, atol=0.08)
    assert model.grades_.all()
    # Gold says it more exactly.
    with_gold = OrdinalModel(balance).fit(L, gold)
    np.testing.assert_allclose(with_gold.bias_, bias, atol=0.04)
    np.testing.assert_allclose(with_gold.spread_, spread, atol=0.04)


def test_labels_are_better_than_those_that_know_no_order() -> None:
    L, gold, table = graders(2_000, [0.0, 1.0, -1.0, 0.0, 0.5], [0.6, 0.7, 0.8, 1.2, 0.7])
    covered = L.covered
    model = OrdinalModel().fit(L)
    voted = wl.MajorityVote().fit(L)
    scores = [m.score(L[covered], gold[covered], tie="first") for m in (model, voted)]
    assert scores[0] > scores[1] + 0.1
    briers = [
        ((m.predict_proba(L) - np.eye(5)[gold]) ** 2)[covered].sum(axis=1).mean()
        for m in (model, voted)
    ]
    assert briers[0] < 0.75 * briers[1]
    # Bayes' rule with the true tables is the ceiling.
    votes = np.asarray(L)
    logs = np.tile(np.log([0.1, 0.2, 0.3, 0.25, 0.15]), (L.n, 1))
    for j in range(L.m):
        logs += np.where(votes[:, [j]] >= 0, np.log(table[j])[votes[:, j]], 0.0)
    assert (logs.argmax(axis=1) == gold)[covered].mean() - scores[0] < 0.04


def test_mean_and_median_are_the_best_for_their_errors() -> None:
    L, gold, _ = graders(3_000, [0.0, 0.3, -0.3], [1.0, 1.2, 1.5])
    L, gold = L[L.covered], gold[L.covered]
    model = OrdinalModel().fit(L)
    mean, median = model.predict_mean(L), model.predict_median(L)
    mode = model.predict(L, tie="first")
    squares = [np.square(p - gold).mean() for p in (mean, median, mode)]
    steps = [np.abs(p - gold).mean() for p in (median, mode)]
    assert squares[0] == min(squares)
    assert steps[0] <= steps[1]
    assert median.dtype == np.int64


def test_mean_and_median_by_hand() -> None:
    L = wl.LabelMatrix.from_array([[0], [-1]], classes=STARS)
    model = fitted(L)
    model.class_balance_ = np.array([0.3, 0.2, 0.4, 0.06, 0.04])
    assert model.predict_mean(L)[1] == pytest.approx(1.34)
    assert model.predict_median(L)[1] == -1
    assert model.predict_median(L, uncovered="prior")[1] == 1, "the lower one in the middle"
    with pytest.raises(ValueError, match="uncovered must be 'abstain' or 'prior', got 'guess'"):
        model.predict_median(L, uncovered="guess")  # type: ignore[arg-type]


def test_predict_proba_is_bayes_rule_on_the_decay() -> None:
    L, _, _ = graders(200, [0.0, 1.0], [0.7, 1.0])
    model = OrdinalModel().fit(L)
    votes, probs = np.asarray(L), model.predict_proba(L)
    for i in np.flatnonzero(L.covered)[:50]:
        p = model.class_balance_.copy()
        for j in range(2):
            if votes[i, j] < 0:
                continue
            tilt, near, far = model.decay_[j]
            for y in range(5):
                weight = [
                    np.exp(tilt * (v - y) - near * abs(v - y) - far * (v - y) ** 2 / 2)
                    for v in range(5)
                ]
                p[y] *= weight[votes[i, j]] / sum(weight)
        np.testing.assert_allclose(probs[i], p / p.sum(), atol=1e-12)


@needs_shared_data
def test_graded_web_pages_gain_from_the_order(shared_data: Path) -> None:
    folder = shared_data / "crowd" / "web"
    labels, items = (pd.read_parquet(folder / f"{name}.parquet") for name in ("labels", "items"))
    classes = ("0", "1", "2", "3", "4")
    L = wl.LabelMatrix.from_triples(
        labels.item, labels.worker, labels.label, classes=classes, keys=items.item.tolist()
    )
    gold = items.gold.to_numpy()
    model = OrdinalModel().fit(L)
    assert model.score(L, gold) > 0.86
    known = gold >= 0
    assert np.abs(model.predict_median(L, uncovered="prior") - gold)[known].mean() < 0.18


def test_two_classes_are_right_and_wrong() -> None:
    rng = np.random.default_rng(1)
    gold = rng.integers(0, 2, 3_000)
    right = np.array([0.9, 0.8, 0.7, 0.6])
    votes = np.where(rng.random((3_000, 4)) < right, gold[:, None], 1 - gold[:, None])
    L = wl.LabelMatrix.from_array(votes)
    model = OrdinalModel([0.5, 0.5]).fit(L)
    # Vote minus class is 0 when right and +1 or -1 when wrong.
    np.testing.assert_allclose(model.spread_**2 + model.bias_**2, 1 - right, atol=0.03)
    assert model.score(L, gold) > wl.MajorityVote().fit(L).score(L, gold, tie="first")


def test_lfs_that_vote_for_one_class_only_are_followed() -> None:
    L = wl.LabelMatrix.from_array(
        [[0, -1, -1], [-1, 2, -1], [-1, -1, 4], [0, -1, -1], [-1, 2, 4]] * 20, classes=STARS
    )
    model = fitted(L)
    assert not model.grades_.any()
    assert model.predict(L)[:4].tolist() == [0, 2, 4, 0]
    assert model.predict(L)[4] in (2, 3, 4), "between the two votes"


@given(data=st.data())
def test_probabilities_are_distributions_and_never_nan(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    strength = data.draw(st.sampled_from([1e-6, 5.0, 1e6]))
    model = fitted(L, gold, prior_strength=strength, max_iter=50)
    probs = model.predict_proba(L)
    for array in (probs, model.class_balance_, model.bias_, model.spread_, model.decay_):
        assert finite(array)
    assert (probs >= 0).all()
    np.testing.assert_allclose(probs.sum(axis=1), 1.0)
    assert (np.abs(model.bias_) <= L.k - 1).all()
    other = data.draw(label_matrices(max_rows=5, keys=False))
    if other.class_names == L.class_names and other.lf_names == L.lf_names:
        assert finite(model.predict_proba(other)), "class sets never met in fitting among them"


@given(data=st.data())
@settings(max_examples=50)
def test_the_order_of_rows_and_lfs_does_not_matter(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    rows = np.array(data.draw(st.permutations(range(L.n))))
    lfs = data.draw(st.permutations(range(L.m)))
    moved = L[rows].select(lfs)
    probs = fitted(L, gold).predict_proba(L)
    other = fitted(moved, None if gold is None else gold[rows])
    np.testing.assert_allclose(other.predict_proba(moved), probs[rows], atol=1e-9)


@given(L=voted_matrices())
@settings(max_examples=50)
def test_a_scale_turned_round_gives_the_same_turned_round(L: wl.LabelMatrix) -> None:
    turn = np.arange(L.k)[::-1]
    codes = np.concatenate([turn, np.arange(L.k, L.k + len(L.class_sets)), [-1]])
    turned = wl.LabelMatrix.from_array(
        codes[np.asarray(L)],
        classes=L.class_names,
        class_sets=[tuple(sorted(turn[list(s)].tolist())) for s in L.class_sets],
    )
    model, other = fitted(L), fitted(turned)
    np.testing.assert_allclose(
        other.predict_proba(turned), model.predict_proba(L)[:, ::-1], atol=1e-9
    )
    np.testing.assert_allclose(other.bias_, -model.bias_, atol=1e-9)


@given(L=voted_matrices())
@settings(max_examples=30)
def test_two_fits_and_equal_rows_are_the_same_bit_for_bit(L: wl.LabelMatrix) -> None:
    twice = wl.LabelMatrix.from_array(
        np.repeat(np.asarray(L), 2, axis=0), classes=L.class_names, class_sets=L.class_sets
    )
    probs = fitted(twice).predict_proba(twice)
    assert np.array_equal(probs[::2], probs[1::2])
    assert np.array_equal(fitted(twice).predict_proba(twice), probs)


@given(L=voted_matrices())
@settings(max_examples=30)
def test_rows_without_votes_get_the_class_balance_and_teach_nothing(L: wl.LabelMatrix) -> None:
    model = fitted(L)
    assert (model.predict_proba(L)[~L.covered] == model.class_balance_).all()
    assert (model.predict(L)[~L.covered] == wl.ABSTAIN).all()
    assert (model.predict_median(L)[~L.covered] == wl.ABSTAIN).all()
    alone = fitted(L[L.covered])
    np.testing.assert_allclose(alone.decay_, model.decay_, atol=1e-9)


@pytest.mark.parametrize(
    "votes",
    [
        pytest.param([[1]], id="one cell"),
        pytest.param([[1, -1, 1]], id="one row"),
        pytest.param([[0], [1], [1], [-1]], id="one LF"),
        pytest.param([[1, 1]] * 9, id="constant"),
        pytest.param([[0, 9]] * 9, id="always in conflict"),
        pytest.param([[1, -1], [0, -1], [1, -1]], id="an LF that never fires"),
        pytest.param([[1] * 300, [0] * 300] * 3, id="three hundred LFs that agree"),
        pytest.param([[9] * 3, [0] * 3], id="ten classes, two voted"),
    ],
)
def test_odd_matrices_give_finite_labels(votes: Any) -> None:
    L = wl.LabelMatrix.from_array(votes)
    model = fitted(L)
    probs = model.predict_proba(L)
    assert finite(probs)
    for row, p in zip(np.asarray(L), probs, strict=True):
        if len(set(row[row >= 0])) == 1:
            assert p.argmax() == row.max(), "nobody contradicts these votes"


def test_a_given_class_balance_is_kept_and_gold_alone_is_enough() -> None:
    L, gold, _ = graders(500, [0.0, 0.5], [0.6, 0.8])
    given_balance = [0.1, 0.2, 0.3, 0.25, 0.15]
    assert np.array_equal(OrdinalModel(given_balance).fit(L).class_balance_, given_balance)
    model = OrdinalModel().fit(L, gold)
    assert finite(model.predict_proba(L))
    assert model.bias_[1] > model.bias_[0] + 0.2


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"prior_strength": 0}, "prior_strength must be a positive number, got 0"),
        ({"prior_strength": "high"}, "prior_strength must be a positive number, got 'high'"),
        ({"tol": -1.0}, "tol must be a number that is not negative, got -1.0"),
        ({"max_iter": 2.5}, "max_iter must be an int of at least 1, got 2.5"),
        ({"class_balance": [1.0]}, r"class_balance has shape \(1,\), expected \(2,\)"),
    ],
)
def test_bad_parameters_are_named_at_fit(params: dict[str, Any], message: str) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match=message):
        OrdinalModel(**params).fit(L)


def test_what_holds_nothing_is_refused_and_an_unfitted_model_says_so() -> None:
    with pytest.raises(ValueError, match="the label matrix has no rows"):
        OrdinalModel().fit(wl.LabelMatrix.from_array(np.zeros((0, 3), int)))
    with pytest.raises(ValueError, match="no LF votes on any row"):
        OrdinalModel().fit(wl.LabelMatrix.from_array(np.full((3, 2), -1)))
    for use in ("predict", "predict_mean", "predict_median"):
        with pytest.raises(NotFittedError, match="this OrdinalModel is not fitted; call fit first"):
            getattr(OrdinalModel(), use)(wl.LabelMatrix.from_array([[0, 1]]))


def test_a_fit_that_has_not_converged_says_so_where_fit_was_called() -> None:
    L, _, _ = graders(200, [0.0, 0.5], [0.6, 0.8])
    with pytest.warns(WeakLabelWarning, match="OrdinalModel has not converged after 2 p") as caught:
        OrdinalModel(max_iter=2).fit(L)
    assert caught[0].filename == __file__


def test_a_loaded_model_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    L, _, _ = graders(200, [0.0, 0.5, -0.5], [0.6, 0.8, 1.0])
    model = OrdinalModel(prior_strength=3.0).fit(L)
    model.save(tmp_path / "model")
    loaded = OrdinalModel.load(tmp_path / "model")
    assert loaded.get_params() == model.get_params()
    for name in OrdinalModel._learned:
        assert np.array_equal(getattr(loaded, name), getattr(model, name))
    assert np.array_equal(loaded.predict_proba(L), model.predict_proba(L))
    with pytest.raises(FileFormatError, match="holds a OrdinalModel, not a LabelModel"):
        wl.LabelModel.load(tmp_path / "model")


def test_scikit_learn_clones_it_and_no_random_state_is_touched() -> None:
    L, _, _ = graders(100, [0.0, 0.5], [0.6, 0.8])
    before = random.getstate(), str(np.random.get_state(legacy=False))  # noqa: NPY002
    model = OrdinalModel(prior_strength=2.0).fit(L)
    assert (random.getstate(), str(np.random.get_state(legacy=False))) == before  # noqa: NPY002
    again = clone(model)
    assert again.get_params() == model.get_params()
    assert not hasattr(again, "decay_")
