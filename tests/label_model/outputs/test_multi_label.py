from __future__ import annotations

import itertools
import random
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import weaklabel as wl
from tests.strategies import vote_arrays
from tests.voting import finite
from weaklabel._files import save_arrays
from weaklabel.datasets._synthetic import draw_votes
from weaklabel.errors import FileFormatError, NotFittedError, WeakLabelWarning
from weaklabel.label_model import VoteModel
from weaklabel.label_model._outputs._by_label import matrices_by_label
from weaklabel.label_model._outputs._multi_label import MultiLabelModel
from weaklabel.types import FloatArray, IntArray

YES_NO = ("no", "yes")
Matrices = dict[str, wl.LabelMatrix]


def fitted(L: Matrices, gold: Any = None, **params: Any) -> MultiLabelModel:
    params.setdefault("model", wl.MajorityVote())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WeakLabelWarning)
        return MultiLabelModel(**params).fit(L, gold)


def voted(truth: IntArray, seed: int, *, right: float = 0.8, lfs: int = 3) -> Matrices:
    """Draw votes on each label, independent given the truth."""
    rng = np.random.default_rng(seed)
    table = np.empty((lfs, 3, 2))
    table[:, 0] = 0.3
    table[:, 1:] = 0.7 * (1 - right)
    table[:, [1, 2], [0, 1]] = 0.7 * right
    return {
        f"label {at}": wl.LabelMatrix.from_array(draw_votes(rng, column, table), classes=YES_NO)
        for at, column in enumerate(truth.T)
    }


def linked_truth(n: int, seed: int = 0) -> IntArray:
    """Return four labels: two that go together, two that exclude each other."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 2, n)
    second = np.where(rng.random(n) < 0.9, first, 1 - first)
    third = rng.integers(0, 2, n)
    fourth = np.where(third == 1, 0, rng.random(n) < 0.8)
    return np.stack([first, second, third, fourth], axis=1).astype(int)


@st.composite
def label_sets(draw: st.DrawFn) -> Matrices:
    """Draw one to three small yes/no matrices with the same rows, each with a vote."""
    n = draw(st.integers(1, 10))
    matrices: Matrices = {}
    for at in range(draw(st.integers(1, 3))):
        arrays = vote_arrays(min_rows=n, max_rows=n, min_lfs=1, max_lfs=3, max_classes=2)
        votes = draw(arrays).votes.copy()
        if (votes < 0).all():
            votes[0, 0] = 1
        matrices[f"label {at}"] = wl.LabelMatrix.from_array(votes, classes=YES_NO)
    return matrices


@given(L=label_sets())
def test_without_cooccurrence_each_label_is_its_own_model(L: Matrices) -> None:
    model = fitted(L)
    probs = model.predict_proba(L)
    for at, (name, matrix) in enumerate(L.items()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", WeakLabelWarning)
            own = wl.MajorityVote().fit(matrix)
        assert np.array_equal(probs[:, at], own.predict_proba(matrix)[:, 1])
        assert np.array_equal(model.predict(L)[:, at], own.predict(matrix))
        assert np.array_equal(model.label(L)[name].probs[:, 1], probs[:, at])


def test_the_default_model_learns_which_lfs_to_trust() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (3_000, 2))
    table = np.empty((5, 3, 2))
    table[:, 0] = 0.2
    for j, right in enumerate((0.95, 0.9, 0.6, 0.55, 0.55)):
        table[j, 1:] = 0.8 * (1 - right)
        table[j, [1, 2], [0, 1]] = 0.8 * right
    L = {
        name: wl.LabelMatrix.from_array(draw_votes(rng, column, table), classes=YES_NO)
        for name, column in zip(("a", "b"), truth.T, strict=True)
    }
    gold = dict(zip(("a", "b"), truth.T, strict=True))
    scores = [
        fitted(L, model=model).score(L, gold, tie="first")
        for model in (None, wl.LabelModel(), wl.MajorityVote())
    ]
    assert scores[0] == scores[1] > scores[2]


def test_labels_that_occur_together_help_each_other() -> None:
    truth = linked_truth(4_000)
    L = voted(truth, 1)
    alone, together = fitted(L), fitted(L, cooccurrence=True)
    pairs = {tuple(sorted(pair)) for pair in together.tree_.pairs.tolist()}
    assert pairs == {(0, 1), (2, 3)}
    briers = [np.square(m.predict_proba(L) - truth).mean() for m in (alone, together)]
    assert briers[1] < 0.92 * briers[0]
    # A new row with votes on one label only says something of its partner.
    silent = np.full((1, 3), -1)
    new = {
        name: wl.LabelMatrix.from_array([[1, 1, 1]] if at == 0 else silent, classes=YES_NO)
        for at, name in enumerate(L)
    }
    assert together.predict_proba(new)[0, 1] > alone.predict_proba(new)[0, 1] + 0.2
    assert together.predict(new).tolist() == [[1, -1, -1, -1]]
    assert together.predict(new, uncovered="prior")[0, 1] == 1


def test_cooccurrence_does_not_hurt_where_labels_are_independent() -> None:
    changed = 0
    for seed in range(8):
        truth = (np.random.default_rng(seed).random((500, 5)) < 0.4).astype(int)
        L = voted(truth, seed + 50)
        alone, together = (fitted(L, cooccurrence=on).predict_proba(L) for on in (False, True))
        changed += not np.array_equal(alone, together)
        briers = [np.square(probs - truth).mean() for probs in (alone, together)]
        assert briers[1] < briers[0] + 0.002
    assert changed <= 1


@given(L=label_sets(), data=st.data())
@settings(max_examples=50)
def test_the_order_of_labels_rows_and_lfs_does_not_matter(L: Matrices, data: st.DataObject) -> None:
    n = next(iter(L.values())).n
    rows = np.array(data.draw(st.permutations(range(n))))
    names = data.draw(st.permutations(list(L)))
    moved = {name: L[name][rows].select(range(L[name].m)[::-1]) for name in names}
    model, other = fitted(L, cooccurrence=True), fitted(moved, cooccurrence=True)
    assert other.labels_ == tuple(names)
    columns = [list(L).index(name) for name in names]
    np.testing.assert_allclose(
        other.predict_proba(moved), model.predict_proba(L)[rows][:, columns], atol=1e-9
    )
    # A fitted model finds its labels by name.
    np.testing.assert_array_equal(
        model.predict_proba({name: L[name] for name in names}), model.predict_proba(L)
    )


@given(L=label_sets())
def test_nothing_is_ever_nan(L: Matrices) -> None:
    tiled = {
        name: wl.LabelMatrix.from_array(np.tile(np.asarray(m), (40, 1)), classes=YES_NO)
        for name, m in L.items()
    }
    for matrices in (L, tiled):
        model = fitted(matrices, cooccurrence=True)
        probs = model.predict_proba(matrices)
        assert finite(probs)
        assert ((probs >= 0) & (probs <= 1)).all()


def test_each_label_may_have_a_model_of_its_own() -> None:
    L = voted(linked_truth(300), 2)
    given_models = {name: wl.MajorityVote([0.9, 0.1]) for name in L}
    model = MultiLabelModel(given_models).fit(L)
    assert model.models_["label 0"].class_balance_.tolist() == [0.9, 0.1]
    assert not hasattr(given_models["label 0"], "class_balance_"), "copied, not fitted"
    del given_models["label 3"]
    with pytest.raises(ValueError, match="model has no entry for the label 'label 3', it has 'la"):
        MultiLabelModel(given_models).fit(L)


def test_gold_answers_are_used_and_counted() -> None:
    truth = linked_truth(1_000)
    L = voted(truth, 3, right=0.65)
    gold = {"label 0": truth[:, 0], "label 1": np.where(np.arange(1_000) < 500, truth[:, 1], -1)}
    model = fitted(L, gold, model=None, cooccurrence=True)
    alone = fitted(L, gold, model=None).predict_proba(L)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WeakLabelWarning)
        own = wl.LabelModel().fit(L["label 0"], gold["label 0"])
    first = own.predict_proba(L["label 0"])[:, 1]
    assert np.array_equal(alone[:, 0], first)
    assert [0, 1] in [sorted(pair) for pair in model.tree_.pairs.tolist()]
    with pytest.raises(ValueError, match="gold has the label 'sport', the votes are on 'label 0'"):
        MultiLabelModel().fit(L, {"sport": [1]})
    with pytest.raises(ValueError, match="label 'label 0': gold has 1 labels"):
        MultiLabelModel().fit(L, {"label 0": [1]})


def test_score_is_the_share_of_known_answers_that_are_right() -> None:
    L = {
        "a": wl.LabelMatrix.from_array([[1], [0], [-1]], classes=YES_NO),
        "b": wl.LabelMatrix.from_array([[1], [1], [0]], classes=YES_NO),
    }
    model = fitted(L)
    assert model.score(L, {"a": [1, 1, 1], "b": ["yes", None, "no"]}) == pytest.approx(3 / 5)
    with pytest.raises(ValueError, match="all of them are unknown; give at least one"):
        model.score(L, {"a": [-1] * 3, "b": [-1] * 3})
    with pytest.raises(ValueError, match="fitted on other labels: the votes lack 'b'"):
        model.score(L, {"a": [1, 1, 1]})


def test_long_form_votes_become_one_matrix_a_label() -> None:
    frame = pd.DataFrame(
        [
            ("r1", "ann", "cat", True),
            ("r1", "bob", "cat", "no"),
            ("r2", "ann", "dog", 1),
            ("r2", "ann", "cat", None),
            ("r3", "bob", "dog", 0),
        ],
        columns=["row", "lf", "label", "vote"],
    )
    L = matrices_by_label(frame["row"], frame["lf"], frame["label"], frame["vote"])
    assert list(L) == ["cat", "dog"]
    assert L["cat"].lf_names == ("ann", "bob")
    assert np.asarray(L["cat"]).tolist() == [[1, 0], [-1, -1], [-1, -1]]
    assert np.asarray(L["dog"]).tolist() == [[-1, -1], [1, -1], [-1, 0]]
    assert all(m.keys.tolist() == ["r1", "r2", "r3"] for m in L.values())
    assert all(m.class_names == YES_NO for m in L.values())
    more = matrices_by_label(["a"], ["ann"], ["cat"], [True], keys=["b", "a"])
    assert np.asarray(more["cat"]).tolist() == [[-1], [1]]
    assert fitted(L).predict(L).tolist() == [[-1, -1], [-1, 1], [-1, 0]]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ((["a"], ["x"], ["cat"], []), "lengths 1, 1, 1, 0, expected the same"),
        ((["a"], ["x"], ["cat"], ["maybe"]), "label 'cat': .*'maybe'"),
        ((["a"] * 2, ["x"] * 2, ["cat"] * 2, [1, 0]), "label 'cat': LF 'x' votes twice on row 'a'"),
    ],
)
def test_long_form_votes_that_are_none_are_refused(columns: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        matrices_by_label(*columns)


YES = wl.LabelMatrix.from_array([[1], [0]], classes=YES_NO)


@pytest.mark.parametrize(
    ("L", "error", "message"),
    [
        (YES, TypeError, "expected a mapping from each label to its LabelMatrix, got LabelMatrix"),
        ({}, ValueError, "there are no labels; give a mapping"),
        ({"a": [[1]]}, TypeError, r"expected a LabelMatrix .* got \[\[1\]\] under 'a'"),
        ({1: YES}, TypeError, r"under the name of each label, got .* under 1"),
        (
            {"a": wl.LabelMatrix.from_array([[0], [2]])},
            ValueError,
            r"label 'a' is a yes/no question, its matrix must have two classes \(no, yes\), got",
        ),
        ({"a": YES, "b": YES[:1]}, ValueError, "labels 'a' and 'b' are not voted on the same rows"),
        (
            {"a": YES, "b": wl.LabelMatrix.from_array([[1], [0]], keys=["x", "y"])},
            ValueError,
            "not voted on the same rows in the same order: 2 and 2 rows; give every matrix the",
        ),
        (
            {"a": YES, "b": wl.LabelMatrix.from_array([[-1], [-1]])},
            ValueError,
            "label 'b': no LF votes on any row",
        ),
        ({"a": YES[:0]}, ValueError, "label 'a': the label matrix has no rows"),
    ],
)
def test_votes_that_do_not_fit_are_refused(L: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        fitted(L)


def test_other_labels_than_fitted_are_named() -> None:
    model = fitted({"a": YES, "b": YES})
    with pytest.raises(
        ValueError, match="on other labels: the votes lack 'b' and have 'c' besides"
    ):
        model.predict({"a": YES, "c": YES})
    with pytest.raises(ValueError, match="label 'a': the model was fitted on classes"):
        model.predict({"a": wl.LabelMatrix.from_array([[1], [0]]), "b": YES})
    with pytest.raises(ValueError, match="uncovered must be 'abstain' or 'prior', got 'guess'"):
        model.predict({"a": YES, "b": YES}, uncovered="guess")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"model must be a label model .* or a mapping .* got 'mv'"):
        MultiLabelModel("mv").fit({"a": YES})  # type: ignore[arg-type]


def test_a_warning_of_one_label_names_it_where_fit_was_called() -> None:
    only_yes = wl.LabelMatrix.from_array([[1], [-1]], classes=YES_NO)
    with pytest.warns(WeakLabelWarning, match="label 'b': no LF votes for class 'no'") as caught:
        MultiLabelModel(wl.MajorityVote()).fit({"a": YES, "b": only_yes})
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_an_unfitted_model_says_so(tmp_path: Path) -> None:
    for use in ("predict", "predict_proba", "label"):
        with pytest.raises(NotFittedError, match="this MultiLabelModel is not fitted; call fit"):
            getattr(MultiLabelModel(), use)({"a": YES})
    with pytest.raises(NotFittedError):
        MultiLabelModel().save(tmp_path / "model")


@pytest.mark.parametrize(
    "model",
    [
        None,
        wl.LabelModel(),
        wl.MajorityVote([0.4, 0.6]),
        {f"label {at}": wl.MajorityVote([0.5, 0.5]) for at in range(4)},
    ],
    ids=["default", "label model", "one", "each"],
)
@pytest.mark.parametrize("cooccurrence", [False, True])
def test_a_loaded_model_is_the_same_bit_for_bit(
    tmp_path: Path, model: Any, cooccurrence: bool
) -> None:
    L = voted(linked_truth(600), 4)
    original = fitted(L, model=model, cooccurrence=cooccurrence)
    original.save(tmp_path / "model")
    loaded = MultiLabelModel.load(tmp_path / "model")
    assert repr(loaded) == repr(original)
    assert loaded.labels_ == original.labels_
    assert np.array_equal(loaded.predict_proba(L), original.predict_proba(L))
    assert len(loaded.tree_.pairs) > 0 if cooccurrence else len(loaded.tree_.pairs) == 0
    again = fitted(L, model=loaded.model, cooccurrence=cooccurrence)
    assert np.array_equal(again.predict_proba(L), original.predict_proba(L))
    with pytest.raises(FileFormatError, match="holds a MultiLabelModel, not a LabelModel"):
        wl.LabelModel.load(tmp_path / "model")


class OwnModel(VoteModel):
    def __init__(self) -> None:
        pass

    def fit(self, L: wl.LabelMatrix, gold: Any = None) -> OwnModel:  # noqa: ARG002
        self._remember(L)
        self.class_balance_ = np.array([0.5, 0.5])
        return self

    def _posteriors(self, L: wl.LabelMatrix) -> FloatArray:
        return np.full((L.n, 2), 0.5)


def test_models_of_others_are_fitted_and_not_saved(tmp_path: Path) -> None:
    model = MultiLabelModel(OwnModel()).fit({"a": YES})
    with pytest.raises(
        TypeError, match="only weaklabel's own label models can be saved, got a Own"
    ):
        model.save(tmp_path / "model")
    assert not list(tmp_path.iterdir())
    header = {"labels": ["a"], "kinds": ["Evil"], "given": "none", "cooccurrence": False}
    save_arrays(tmp_path / "m", kind="MultiLabelModel", version=1, header=header, arrays={})
    with pytest.raises(FileFormatError, match="holds a Evil, which this weaklabel does not know"):
        MultiLabelModel.load(tmp_path / "m")


def test_scikit_learn_clones_it_and_no_random_state_is_touched() -> None:
    L: Mapping[str, wl.LabelMatrix] = voted(linked_truth(100), 5)
    before = random.getstate(), str(np.random.get_state(legacy=False))  # noqa: NPY002
    model = MultiLabelModel(wl.MajorityVote(), cooccurrence=True).fit(L)
    assert (random.getstate(), str(np.random.get_state(legacy=False))) == before  # noqa: NPY002
    again = clone(model)
    assert repr(again) == repr(model)
    assert not hasattr(again, "models_")


def test_many_labels_cost_little() -> None:
    rng = np.random.default_rng(0)
    base = rng.integers(0, 2, (300, 5))
    truth = np.repeat(base, 6, axis=1)
    truth = np.where(rng.random(truth.shape) < 0.9, truth, 1 - truth)
    L = voted(truth, 6)
    model = fitted(L, cooccurrence=True)
    groups = [{a // 6, b // 6} for a, b in model.tree_.pairs.tolist()]
    assert len(groups) >= 15
    assert all(len(group) == 1 for group in groups)
    assert len(list(itertools.combinations(L, 2))) == 435
