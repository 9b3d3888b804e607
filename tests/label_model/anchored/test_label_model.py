from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import weaklabel as wl
from tests import reference
from tests.voting import finite, fitted, gold_for, voted_matrices
from weaklabel.datasets._synthetic import draw_votes, synthetic
from weaklabel.errors import NotFittedError, WeakLabelWarning

SPAM = ("HAM", "SPAM")


@given(data=st.data())
def test_learned_tables_are_distributions(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    model = fitted(L, gold)
    table = model.cond_probs_
    assert table.shape == (L.m, len(L.possible) + 1, L.k)
    assert finite(table)
    np.testing.assert_allclose(table.sum(axis=1), 1.0)
    assert np.isfinite(model.log_likelihood_)
    silent = (np.asarray(L) < 0).all(axis=0)
    for value, ends in (
        (model.lf_precision_, model.lf_precision_interval_),
        (model.lf_recall_, model.lf_recall_interval_),
    ):
        assert np.array_equal(np.isnan(value), silent)
        assert (ends[~silent, 0] <= value[~silent] + 1e-9).all()
        assert (value[~silent] <= ends[~silent, 1] + 1e-9).all()
        assert ((ends[~silent] >= 0) & (ends[~silent] <= 1)).all()


@pytest.mark.parametrize("k", [2, 3, 50, 130, 200])
@pytest.mark.parametrize("m", [1, 2, 6])
def test_every_number_of_classes_and_lfs_is_fitted(k: int, m: int) -> None:
    data = synthetic(400, m, k, coverage=0.5, accuracy=0.8, seed=k)
    model = fitted(data.L)
    assert finite(model.predict_proba(data.L))
    # Chance is 1/k; one LF alone can only be followed.
    assert model.score(data.L[data.L.covered], data.gold[data.L.covered]) > 0.6


@pytest.mark.parametrize(
    "votes",
    [
        pytest.param([[1]], id="one cell"),
        pytest.param([[1, -1, 1]], id="one row"),
        pytest.param([[0], [1], [1], [-1]], id="one LF"),
        pytest.param([[1, 1]] * 9, id="constant"),
        pytest.param([[0, 1]] * 9, id="always in conflict"),
        pytest.param([[1, -1], [0, -1], [1, -1]], id="an LF that never fires"),
        pytest.param([[1, -1], [-1, 0]] * 5, id="no overlaps"),
        pytest.param(np.eye(40, dtype=int) * 2 - 1, id="each LF votes once"),
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


def test_an_lf_that_never_fires_changes_no_label() -> None:
    data = synthetic(300, 4, 3, seed=3)
    votes = np.asarray(data.L)
    silent = np.column_stack([votes, np.full(len(votes), -1)])
    wider = wl.LabelMatrix.from_array(silent, classes=data.L.class_names)
    np.testing.assert_allclose(
        fitted(wider).predict_proba(wider), fitted(data.L).predict_proba(data.L), atol=1e-3
    )


@pytest.mark.parametrize(
    ("k", "balance"), [(2, [0.7, 0.3]), (4, [0.4, 0.3, 0.2, 0.1])], ids=["two", "four"]
)
def test_tables_are_recovered_to_0_04_where_the_model_is_true(k: int, balance: list[float]) -> None:
    data = synthetic(
        20_000,
        8,
        k,
        coverage=[0.9, 0.8, 0.7, 0.7, 0.6, 0.6, 0.5, 0.5],
        accuracy=[0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55],
        class_balance=balance,
        seed=k,
    )
    model = wl.LabelModel(tol=1e-7, max_iter=1000).fit(data.L)
    assert model.independent_
    np.testing.assert_allclose(model.cond_probs_, data.cond_probs, atol=0.04)
    np.testing.assert_allclose(model.class_balance_, balance, atol=0.03)


def test_tables_with_class_sets_are_recovered_to_0_04() -> None:
    rng = np.random.default_rng(5)
    sets = ((0, 1), (1, 2))
    possible = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1]], float)
    balance = np.array([0.5, 0.3, 0.2])
    gold = rng.choice(3, 20_000, p=balance)
    table = np.empty((6, 6, 3))
    for j in range(6):
        weights = rng.uniform(0.5, 1.5, (5, 1)) * (possible + 0.1)
        table[j, 1:] = (0.9 - 0.05 * j) * weights / weights.sum(axis=0)
        table[j, 0] = 1 - table[j, 1:].sum(axis=0)
    L = wl.LabelMatrix.from_array(
        draw_votes(rng, gold, table), classes=("A", "B", "C"), class_sets=sets
    )
    model = wl.LabelModel(balance, tol=1e-7, max_iter=1000).fit(L)
    assert model.independent_
    np.testing.assert_allclose(model.cond_probs_, table, atol=0.04)


@pytest.mark.parametrize("k", [2, 5])
def test_the_default_model_labels_nearly_as_well_as_the_truth_would(k: int) -> None:
    data = synthetic(5_000, 10, k, coverage=0.5, accuracy=np.linspace(0.45, 0.9, 10), seed=2 * k)
    log_table = np.log(data.cond_probs)
    best = reference.row_posteriors(
        *data.L.csr(),
        log_table[:, 1:] - log_table[:, :1],
        np.log(data.class_balance) + log_table[:, 0].sum(axis=0),
    )[0]
    ceiling = float((best.argmax(axis=1) == data.gold).mean())
    voted = wl.MajorityVote().fit(data.L).score(data.L, data.gold)
    score = wl.LabelModel().fit(data.L).score(data.L, data.gold)
    assert voted < score
    assert ceiling - score < 0.06


def test_predict_proba_is_bayes_rule_on_the_tables_where_the_model_is_true() -> None:
    data = synthetic(5_000, 8, 3, seed=9)
    model = wl.LabelModel().fit(data.L)
    assert model.independent_
    log_table = np.log(model.cond_probs_)
    few = data.L[:200]
    expected = reference.row_posteriors(
        *few.csr(),
        log_table[:, 1:] - log_table[:, :1],
        np.log(model.class_balance_) + log_table[:, 0].sum(axis=0),
    )[0]
    covered = few.covered
    np.testing.assert_allclose(model.predict_proba(few)[covered], expected[covered], atol=1e-3)


def test_a_given_class_balance_is_kept() -> None:
    data = synthetic(500, 4, 3, class_balance=[0.6, 0.3, 0.1])
    model = wl.LabelModel(class_balance=[0.6, 0.3, 0.1]).fit(data.L)
    np.testing.assert_allclose(model.class_balance_, [0.6, 0.3, 0.1], atol=1e-15)
    with_gold = wl.LabelModel(class_balance=[0.6, 0.3, 0.1]).fit(data.L, data.gold)
    assert np.array_equal(with_gold.class_balance_, model.class_balance_)


def test_gold_labels_are_used_and_unknown_ones_skipped() -> None:
    data = synthetic(2_000, 5, 3, accuracy=[0.9, 0.6, 0.5, 0.4, 0.3], seed=4)
    blind = wl.LabelModel().fit(data.L)
    nothing_known = wl.LabelModel().fit(data.L, np.full(2_000, -1))
    assert np.array_equal(nothing_known.cond_probs_, blind.cond_probs_)
    partial = np.where(np.arange(2_000) < 500, data.gold, -1)
    some = wl.LabelModel().fit(data.L, partial)
    named = wl.LabelModel().fit(data.L, [None if y < 0 else str(y) for y in partial])
    assert np.array_equal(some.cond_probs_, named.cond_probs_)
    full = wl.LabelModel().fit(data.L, data.gold)
    errors = [np.abs(model.cond_probs_ - data.cond_probs).mean() for model in (blind, some, full)]
    assert errors[0] > errors[1] > errors[2]
    scores = [model.score(data.L, data.gold) for model in (blind, some, full)]
    assert scores[0] <= scores[1] <= scores[2] + 0.005


def test_an_lf_that_lies_is_turned_round_by_gold() -> None:
    data = synthetic(2_000, 3, 2, coverage=1.0, accuracy=[0.1, 0.2, 0.6], seed=8)
    assert wl.LabelModel().fit(data.L).score(data.L, data.gold) < 0.5
    model = wl.LabelModel().fit(data.L, data.gold)
    assert model.score(data.L, data.gold) > 0.85


@given(L=voted_matrices())
@settings(max_examples=30)
def test_doubling_the_data_moves_labels_little(L: wl.LabelMatrix) -> None:
    many = [
        wl.LabelMatrix.from_array(
            np.tile(np.asarray(L), (times, 1)), classes=L.class_names, class_sets=L.class_sets
        )
        for times in (1000, 2000)
    ]
    one, two = (fitted(copies, tol=1e-6).predict_proba(L) for copies in many)
    np.testing.assert_allclose(one, two, atol=0.02)


def test_class_sets_never_met_in_fitting_lean_to_their_classes() -> None:
    votes = np.asarray(synthetic(300, 3, 4, seed=1).L)
    names = ("A", "B", "C", "D")
    model = wl.LabelModel().fit(wl.LabelMatrix.from_array(votes, classes=names))
    new = wl.LabelMatrix.from_array([[4, -1, -1]], classes=names, class_sets=[(1, 3)])
    inside = model.predict_proba(new)[0]
    assert inside[[1, 3]].min() > inside[[0, 2]].max()


def test_class_sets_are_found_again_whatever_their_codes() -> None:
    names = ("A", "B", "C")
    votes = [[0, 3], [1, 3], [2, 4], [1, 4], [0, 3], [2, -1]] * 5
    L = wl.LabelMatrix.from_array(votes, classes=names, class_sets=[(0, 1), (1, 2)])
    swapped = np.array([0, 1, 2, 4, 3, -1])[np.asarray(L)]
    same = wl.LabelMatrix.from_array(swapped, classes=names, class_sets=[(1, 2), (0, 1)])
    model = fitted(L)
    assert np.array_equal(model.predict_proba(same), model.predict_proba(L))
    fewer = wl.LabelMatrix.from_array([[0, 3]], classes=names, class_sets=[(1, 2)])
    alone = wl.LabelMatrix.from_array([[0, 4]], classes=names, class_sets=[(0, 1), (1, 2)])
    assert np.array_equal(model.predict_proba(fewer), model.predict_proba(alone))


def test_a_tie_between_equal_lfs_abstains() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 0], [0, 0], [1, 1]], classes=SPAM)
    model = fitted(L)
    assert model.predict(L).tolist() == [-1, -1, 0, 1]
    assert model.predict(L, tie="first").tolist() == [0, 0, 0, 1]


def test_a_fit_that_has_not_converged_says_so_where_fit_was_called() -> None:
    data = synthetic(500, 5, 3, seed=2)
    with pytest.warns(WeakLabelWarning, match="has not converged after 2 passes") as caught:
        model = wl.LabelModel(max_iter=2, tol=0.0).fit(data.L)
    assert caught[0].filename == __file__
    assert not model.converged_
    assert model.n_iter_ == 2
    assert wl.LabelModel().fit(data.L).converged_


def test_classes_that_nobody_votes_for_are_named_where_fit_was_called() -> None:
    L = wl.LabelMatrix.from_array([[0, 0], [2, 0]], classes=("A", "B", "C", "D"))
    for model in (wl.LabelModel(), wl.MajorityVote()):
        with pytest.warns(WeakLabelWarning, match="no LF votes for classes 'B', 'D'") as caught:
            model.fit(L)
        assert caught[0].filename == __file__
    with_sets = wl.LabelMatrix.from_array(
        [[0, 4], [2, 4]], classes=("A", "B", "C", "D"), class_sets=[(1, 2)]
    )
    with pytest.warns(WeakLabelWarning, match="no LF votes for class 'D'"):
        wl.LabelModel().fit(with_sets)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"balance_strength": 0}, "balance_strength must be a positive number, got 0"),
        ({"balance_strength": "much"}, "balance_strength must be a positive number, got 'much'"),
        ({"priors": {"lf_0": 1.0}}, r"priors\['lf_0'\] must be a precision between 0 and 1, got 1"),
        ({"priors": {"lf_0": None}}, r"priors\['lf_0'\] must be a precision .* got None"),
        (
            {"priors": {"lf_9": 0.8}},
            "priors names 'lf_9', which the label matrix has not.*its LFs are 'lf_0', 'lf_1'",
        ),
        ({"group": ["lf_0"]}, r"group holds 'lf_0'; each group is a list of LF names"),
        ({"group": [["lf_0", "lf0"]]}, "group names 'lf0', which .*; did you mean 'lf_0'"),
        ({"group": [["lf_0"], ["lf_1", "lf_0"]]}, "group names 'lf_0' twice; an LF is in one"),
        ({"tol": -1e-3}, "tol must be a number that is not negative, got -0.001"),
        ({"tol": float("nan")}, "tol must be a number that is not negative, got nan"),
        ({"tol": None}, "tol must be a number that is not negative, got None"),
        ({"max_iter": 0}, "max_iter must be an int of at least 1, got 0"),
        ({"max_iter": 2.5}, "max_iter must be an int of at least 1, got 2.5"),
        ({"class_balance": [1.0]}, r"class_balance has shape \(1,\), expected \(2,\)"),
        ({"class_balance": [1.0, 0.0]}, r"class_balance must be positive numbers, got \[1.0, 0"),
        ({"class_balance": [0.5, np.nan]}, "class_balance must be positive numbers"),
        ({"class_balance": [0.5, 0.6]}, "class_balance must sum to 1, got a sum of 1.1"),
    ],
)
def test_bad_parameters_are_named_at_fit(params: dict[str, Any], message: str) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]], classes=SPAM)
    with pytest.raises(ValueError, match=message):
        wl.LabelModel(**params).fit(L)


def test_majority_vote_checks_its_class_balance() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1], [-1, -1]], classes=SPAM)
    with pytest.raises(ValueError, match="class_balance must sum to 1"):
        wl.MajorityVote([0.5, 0.1]).fit(L)
    assert wl.MajorityVote([0.9, 0.1]).fit(L).predict_proba(L)[2].tolist() == [0.9, 0.1]


both = pytest.mark.parametrize("model", [wl.LabelModel, wl.MajorityVote])


@both
def test_fit_refuses_what_holds_nothing(model: Any) -> None:
    with pytest.raises(ValueError, match="the label matrix has no rows"):
        model().fit(wl.LabelMatrix.from_array(np.zeros((0, 3), int)))
    with pytest.raises(ValueError, match=r"no LF votes on any row.*L\.summary\(\)"):
        model().fit(wl.LabelMatrix.from_array(np.full((3, 2), -1)))
    with pytest.raises(ValueError, match="no LF votes on any row"):
        model().fit(wl.LabelMatrix.from_array(np.full((3, 0), -1)))


@both
@pytest.mark.parametrize("method", ["fit", "predict", "predict_proba", "label"])
def test_a_bare_array_is_refused_with_the_way_out(model: Any, method: str) -> None:
    fitted_model = model().fit(wl.LabelMatrix.from_array([[0, 1], [1, 1]]))
    with pytest.raises(TypeError, match=r"expected a LabelMatrix, got ndarray; make one with"):
        getattr(fitted_model, method)(np.array([[0, 1]]))


@both
def test_an_unfitted_model_says_so(model: Any) -> None:
    L = wl.LabelMatrix.from_array([[0, 1]])
    for use in ("predict", "predict_proba", "label"):
        with pytest.raises(NotFittedError, match=f"this {model.__name__} is not fitted; call fit"):
            getattr(model(), use)(L)
    with pytest.raises(NotFittedError):
        model().score(L, [0])


@both
def test_other_classes_than_fitted_are_refused(model: Any) -> None:
    fitted_model = model().fit(wl.LabelMatrix.from_array([[0, 1]], classes=SPAM))
    other = wl.LabelMatrix.from_array([[0, 1]], classes=("SPAM", "HAM"))
    with pytest.raises(
        ValueError, match=r"fitted on classes \('HAM', 'SPAM'\), the matrix has \('SPAM', 'HAM'\)"
    ):
        fitted_model.predict(other)


@both
def test_other_lfs_than_fitted_are_named(model: Any) -> None:
    fitted_model = model().fit(wl.LabelMatrix.from_array([[0, 1]], lf_names=["a", "b"]))
    other = wl.LabelMatrix.from_array([[0, 1]], lf_names=["a", "c"])
    with pytest.raises(ValueError, match=r"the matrix lacks 'b' and has 'c' besides; fit again"):
        fitted_model.predict(other)
    with pytest.raises(ValueError, match=r"the matrix lacks 'b'; fit again"):
        fitted_model.predict(other.select(["a"]))
    more = wl.LabelMatrix.from_array([[0, 1, 1]], lf_names=["a", "b", "c"])
    with pytest.raises(ValueError, match=r"the matrix has 'c' besides; .*L\.select\(model\.lf_na"):
        fitted_model.predict(more)
    assert fitted_model.predict_proba(more.select(fitted_model.lf_names_)).shape == (1, 2)


@both
def test_gold_labels_that_do_not_fit_are_refused(model: Any) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]], classes=SPAM)
    with pytest.raises(ValueError, match="gold has 3 labels, the label matrix has 2 rows"):
        model().fit(L).score(L, [0, 1, 1])
    with pytest.raises(ValueError, match="gold at position 1: 'EGGS' is no class"):
        model().fit(L).score(L, ["HAM", "EGGS"])


def test_label_model_refuses_gold_that_does_not_fit() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]], classes=SPAM)
    with pytest.raises(ValueError, match="gold has 1 labels, the label matrix has 2 rows"):
        wl.LabelModel().fit(L, [0])
    with pytest.raises(ValueError, match="gold holds 2 at position 1"):
        wl.LabelModel().fit(L, np.array([0, 2]))


@both
def test_words_for_ties_and_uncovered_rows_are_checked(model: Any) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match="tie must be 'abstain', 'prior' or 'first', got 'coin'"):
        model().fit(L).predict(L, tie="coin")
    with pytest.raises(ValueError, match="uncovered must be 'abstain' or 'prior', got 'guess'"):
        model().fit(L).predict(L, uncovered="guess")


def test_a_failed_fit_leaves_the_fitted_model_as_it_was() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1], [0, 0]], classes=SPAM)
    model = wl.LabelModel().fit(L)
    before = model.predict_proba(L)
    other = wl.LabelMatrix.from_array([[0, 1, 2], [1, 1, 2]], classes=("A", "B", "C"))
    with pytest.raises(ValueError, match="gold has 1 labels"):
        model.fit(other, [0])
    assert np.array_equal(model.predict_proba(L), before)


@both
def test_scikit_learn_can_clone_and_set_parameters(model: Any) -> None:
    original = model(class_balance=[0.4, 0.6])
    copy = clone(original)
    assert copy is not original
    assert copy.get_params() == original.get_params()
    assert copy.set_params(class_balance=None) is copy
    assert copy.get_params()["class_balance"] is None
    assert not hasattr(clone(original.fit(wl.LabelMatrix.from_array([[0, 1]]))), "class_balance_")
    with pytest.raises(ValueError, match=r"has no parameter 'class_balanse'.*did you mean 'class_"):
        copy.set_params(class_balanse=None)


def test_the_constructor_only_stores() -> None:
    balance = [0.5, 0.7]
    model = wl.LabelModel(balance, max_iter=-3)
    assert model.class_balance is balance
    assert repr(model) == "LabelModel(class_balance=[0.5, 0.7], max_iter=-3)"
    assert repr(wl.LabelModel()) == "LabelModel()"


def test_class_balance_may_be_any_array(tmp_path: Path) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    for balance in ((0.5, 0.5), np.array([0.5, 0.5]), pd.Series([0.5, 0.5])):
        model = wl.LabelModel(balance).fit(L)
        model.save(tmp_path / "model")
        assert wl.LabelModel.load(tmp_path / "model").class_balance == [0.5, 0.5]
