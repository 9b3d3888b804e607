from __future__ import annotations

from pathlib import Path
from typing import Any, Self, final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import weaklabel as wl
from tests.shared_data import needs_shared_data
from tests.vote_family import check_labels, check_orders, crowd, fitted, share_right
from tests.voting import gold_for, voted_matrices
from weaklabel._files import load_arrays, save_arrays
from weaklabel.datasets import synthetic
from weaklabel.datasets._synthetic import draw_votes
from weaklabel.errors import FileFormatError, NotFittedError, WeakLabelWarning
from weaklabel.label_model._base._vote_model import VoteModel
from weaklabel.label_model._family._auto import AutoLabelModel
from weaklabel.label_model._family._comparison import Comparison, compared
from weaklabel.label_model._family._dawid_skene import DawidSkene
from weaklabel.label_model._family._naive_bayes import NaiveBayes
from weaklabel.label_model._family._one_coin import OneCoin
from weaklabel.types import FloatArray

SKILLS = [0.95, 0.9, 0.6, 0.6, 0.5, 0.5]


@final
class Blind(VoteModel):
    """Puts every row into the first class."""

    def __init__(self) -> None:
        pass

    def fit(self, L: wl.LabelMatrix, gold: Any = None) -> Self:  # noqa: ARG002
        self.class_balance_ = np.eye(L.k)[0]
        self._remember(L)
        return self

    def _posteriors(self, L: wl.LabelMatrix) -> FloatArray:
        return np.tile(self.class_balance_, (L.n, 1))


@given(data=st.data())
@settings(max_examples=25)
def test_every_matrix_gets_finite_labels(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    model = fitted(AutoLabelModel(folds=3), L, gold)
    check_labels(model, L)
    assert np.isfinite(model.table_.log_score).all()
    assert np.isfinite(model.table_.error).all()
    assert (model.table_.behind >= 0).all()


@given(data=st.data())
@settings(max_examples=15)
def test_the_order_of_rows_and_lfs_does_not_matter(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    rows = data.draw(st.permutations(range(L.n)))
    lfs = data.draw(st.permutations(range(L.m)))
    model = AutoLabelModel([wl.MajorityVote(), OneCoin(), DawidSkene()], folds=2)
    check_orders(model, L, gold, rows, lfs)


def test_unlike_annotators_are_worth_a_model() -> None:
    data = synthetic(1_000, 6, 2, coverage=0.9, accuracy=SKILLS, seed=1)
    model = AutoLabelModel().fit(data.L)
    assert not isinstance(model.best_, wl.MajorityVote)
    voted = wl.MajorityVote().fit(data.L).score(data.L, data.gold)
    assert model.score(data.L, data.gold) > voted + 0.05
    assert model.table_.by == "votes"
    assert np.array_equal(model.predict_proba(data.L), model.best_.predict_proba(data.L))
    assert np.array_equal(model.class_balance_, model.best_.class_balance_)


def test_biased_annotators_are_worth_tables() -> None:
    rng = np.random.default_rng(2)
    table = np.empty((8, 4, 3))
    table[:, 0] = 0.1
    for j in range(8):
        table[j, 1:] = 0.9 * (0.5 * np.eye(3) + 0.5 * rng.dirichlet(np.ones(3), 3).T)
    gold = rng.integers(0, 3, 4_000)
    L = wl.LabelMatrix.from_array(draw_votes(rng, gold, table), classes=("A", "B", "C"))
    model = AutoLabelModel([wl.MajorityVote(), OneCoin(), DawidSkene()]).fit(L)
    assert isinstance(model.best_, DawidSkene)


def test_what_tells_nothing_goes_to_the_simpler_model() -> None:
    data = synthetic(300, 5, 2, coverage=0.9, accuracy=0.8, seed=3)
    one, two = DawidSkene(), DawidSkene(max_iter=999)
    for candidates in ([one, two], [two, one]):
        model = AutoLabelModel(candidates).fit(data.L)
        assert model.table_.chosen == 0
        assert repr(model.best_) == repr(candidates[0])


def test_rules_for_one_class_are_not_taken_in_by_a_collapse() -> None:
    rng = np.random.default_rng(4)
    gold = rng.integers(0, 2, 3_000)
    polarity = np.array([0, 0, 0, 1, 1, 1])
    chance = np.where(gold[:, None] == polarity, 0.5, 0.15)
    votes = np.where(rng.random((3_000, 6)) < chance, polarity, -1)
    L = wl.LabelMatrix.from_array(votes, classes=("A", "B"))
    dawid_skene = DawidSkene().fit(L).predict_proba(L)[L.covered]
    assert share_right(dawid_skene, gold[L.covered]) < 60, "its tables say nothing"
    model = AutoLabelModel([wl.MajorityVote(), DawidSkene(), Blind()]).fit(L)
    assert isinstance(model.best_, wl.MajorityVote)
    assert model.table_.models == ("MajorityVote()", "Blind()")
    assert model.table_.left_out == ("DawidSkene()",)
    assert model.table_.behind[1] > 3 * model.table_.error[1]
    assert "are of LFs that vote for one class: DawidSkene()" in " ".join(str(model.table_).split())
    alone = AutoLabelModel([OneCoin(), DawidSkene()]).fit(L)
    assert alone.table_.left_out == (), "there is nobody else"
    with_gold = AutoLabelModel([wl.MajorityVote(), DawidSkene()]).fit(L, gold)
    assert with_gold.table_.left_out == (), "gold can judge everyone"


def test_with_gold_labels_they_judge() -> None:
    data = synthetic(600, 3, 2, coverage=1.0, accuracy=[0.15, 0.25, 0.6], seed=8)
    candidates = [wl.MajorityVote(), NaiveBayes()]
    model = AutoLabelModel(candidates).fit(data.L, np.where(np.arange(600) < 60, data.gold, -1))
    assert model.table_.by == "gold"
    assert model.table_.n_judged == 60
    assert isinstance(model.best_, NaiveBayes)
    assert model.score(data.L, data.gold) > 0.75


def test_log_loss_on_gold_is_what_the_hand_computes() -> None:
    L = wl.LabelMatrix.from_array([[0, 0], [0, 1], [1, 1], [1, -1]], classes=("A", "B"))
    model = AutoLabelModel([wl.MajorityVote()], folds=2).fit(L, [0, 0, 1, 0])
    probs = 0.99 * np.array([1.0, 0.5, 1.0, 0.0]) + 0.005
    assert model.table_.log_score[0] == pytest.approx(np.log(probs).mean())


def test_gold_too_few_to_judge_by_is_used_to_fit() -> None:
    data = synthetic(600, 3, 2, coverage=1.0, accuracy=[0.15, 0.25, 0.6], seed=8)
    gold = np.full(600, -1)
    gold[:4] = data.gold[:4]
    model = AutoLabelModel([NaiveBayes()], folds=5).fit(data.L, gold)
    assert model.table_.by == "votes"
    expected = NaiveBayes().fit(data.L, gold).predict_proba(data.L)
    assert np.array_equal(model.predict_proba(data.L), expected)


def test_the_first_within_a_standard_error_iscompared() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=400)
    rows = np.repeat(np.arange(200), 2)
    best = np.zeros(400)
    shifted = np.repeat(noise[:200] - noise[:200].mean(), 2) - 0.1
    candidates = [OneCoin(), DawidSkene()]
    table = compared(candidates, [shifted, best], rows, by="votes")
    lost = -shifted[::2] * 2
    error = np.std(lost, ddof=1) * np.sqrt(200) / 400
    np.testing.assert_allclose(table.behind, [0.1, 0.0])
    np.testing.assert_allclose(table.error, [error, 0.0])
    assert table.chosen == (0 if error >= 0.1 else 1)
    assert compared(candidates, [shifted - 1, best], rows, by="votes").chosen == 1
    assert compared(candidates, [best, shifted], rows, by="votes").chosen == 0


def test_candidates_are_not_fitted_themselves() -> None:
    data = synthetic(200, 4, 2)
    one = OneCoin(smoothing=0.5)
    model = AutoLabelModel([one]).fit(data.L)
    assert not hasattr(one, "accuracy_")
    assert repr(model.best_) == "OneCoin(smoothing=0.5)"


def test_few_rows_suffice_to_judge() -> None:
    data = synthetic(3_000, 6, 2, coverage=0.9, accuracy=SKILLS, seed=1)
    model = AutoLabelModel([wl.MajorityVote(), OneCoin()], max_rows=500).fit(data.L)
    assert model.table_.n_rows <= 500
    assert isinstance(model.best_, OneCoin)
    assert np.array_equal(
        model.predict_proba(data.L), OneCoin().fit(data.L).predict_proba(data.L)
    ), "it is fitted on all of them"
    order = np.random.default_rng(0).permutation(3_000)
    again = AutoLabelModel([wl.MajorityVote(), OneCoin()], max_rows=500).fit(data.L[order])
    np.testing.assert_allclose(again.table_.log_score, model.table_.log_score)


def test_where_nothing_can_be_held_out_the_first_is_taken_with_a_warning() -> None:
    L = wl.LabelMatrix.from_array([[0, -1], [-1, 1]])
    with pytest.warns(WeakLabelWarning, match=r"no row has two votes.*took the first, Maj") as w:
        model = AutoLabelModel().fit(L)
    assert w[0].filename == __file__
    assert isinstance(model.best_, wl.MajorityVote)
    assert "nothing could be held out: no row has two votes" in str(model.table_)


def test_a_winner_that_has_not_converged_says_so_where_fit_was_called() -> None:
    data = synthetic(500, 5, 3, seed=2)
    with pytest.warns(WeakLabelWarning, match="OneCoin has not converged after 2 passes") as caught:
        AutoLabelModel([OneCoin(max_iter=2)]).fit(data.L)
    assert [w.filename for w in caught] == [__file__]


def test_the_comparison_prints_as_a_table() -> None:
    table = Comparison(
        models=("MajorityVote()", "DawidSkene(smoothing=1.0)"),
        log_score=np.array([-0.6784, -0.638]),
        behind=np.array([0.0404, 0.0]),
        error=np.array([0.0038, 0.0]),
        chosen=1,
        n_judged=2682,
        n_rows=500,
        by="votes",
    )
    assert str(table).splitlines() == [
        "model                      log score  behind  std. error",
        "----------------------------------------------------------------",
        "MajorityVote()               -0.6784  0.0404      0.0038",
        "DawidSkene(smoothing=1.0)    -0.6380  0.0000      0.0000  chosen",
        "2,682 votes on 500 rows held out; log score in nats a vote",
    ]
    assert repr(table) == str(table)
    frame = table.to_frame()
    assert frame.index.tolist() == list(table.models)
    assert frame["chosen"].tolist() == [False, True]
    assert frame.loc["MajorityVote()", "behind"] == 0.0404
    assert "<caption" in table._repr_html_()


@given(data=st.data())
@settings(max_examples=10)
def test_a_loaded_model_is_the_same_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(st.one_of(st.none(), gold_for(L)))
    path = tmp_path_factory.mktemp("models") / "model"
    for candidates in (None, [wl.MajorityVote(), OneCoin(smoothing=0.5)]):
        model = fitted(AutoLabelModel(candidates, folds=2), L, gold)
        model.save(path)
        loaded = AutoLabelModel.load(path)
        assert np.array_equal(loaded.predict_proba(L), model.predict_proba(L))
        assert repr(loaded.best_) == repr(model.best_)
        assert str(loaded.table_) == str(model.table_)
        assert loaded.table_.left_out == model.table_.left_out
        for name in ("log_score", "behind", "error"):
            assert np.array_equal(getattr(loaded.table_, name), getattr(model.table_, name))
        assert repr(loaded.candidates) == repr(candidates)
        for name in ("class_names_", "lf_names_", "class_sets_"):
            assert getattr(loaded, name) == getattr(model, name)
        assert np.array_equal(loaded.class_balance_, model.class_balance_)
        assert (loaded.folds, loaded.max_rows) == (model.folds, model.max_rows)


def test_models_from_elsewhere_are_saved_and_found_where_they_are_defined(tmp_path: Path) -> None:
    L = wl.LabelMatrix.from_array([[0, 0], [0, 1], [0, 0]])
    model = AutoLabelModel([Blind()]).fit(L)
    model.save(tmp_path / "model")
    assert isinstance(AutoLabelModel.load(tmp_path / "model").best_, Blind)
    header, arrays = load_arrays(tmp_path / "model", kind="AutoLabelModel", version=1)
    header["candidates"][0][0] = "Stranger"
    save_arrays(tmp_path / "other", kind="AutoLabelModel", version=1, header=header, arrays=arrays)
    with pytest.raises(FileFormatError, match="of the kind 'Stranger', which is not known here; i"):
        AutoLabelModel.load(tmp_path / "other")


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with pytest.raises(FileNotFoundError):
        AutoLabelModel.load(path)
    data = synthetic(50, 3, 2)
    AutoLabelModel([wl.MajorityVote()]).fit(data.L).save(path)
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(FileFormatError, match="not a whole AutoLabelModel file"):
            AutoLabelModel.load(path)
    header: dict[str, Any] = {"params": {"folds": 5, "max_rows": 10}}
    save_arrays(path, kind="AutoLabelModel", version=1, header=header, arrays={})
    with pytest.raises(FileFormatError, match="not a whole AutoLabelModel file"):
        AutoLabelModel.load(path)
    OneCoin().fit(data.L).save(path)
    with pytest.raises(FileFormatError, match="holds a OneCoin, not a AutoLabelModel"):
        AutoLabelModel.load(path)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"folds": 1}, "folds must be an int of at least 2, got 1"),
        ({"folds": 2.0}, "folds must be an int of at least 2, got 2.0"),
        ({"max_rows": 0}, "max_rows must be an int of at least 1, got 0"),
        (
            {"candidates": []},
            r"candidates must be label models, the simplest first, got \[\]; wr",
        ),
        ({"candidates": OneCoin()}, r"candidates must be label models.*got OneCoin\(\); write e.g"),
    ],
)
def test_bad_parameters_are_named_at_fit(params: dict[str, Any], message: str) -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match=message):
        AutoLabelModel(**params).fit(L)


def test_what_does_not_fit_is_refused() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(TypeError, match="candidates must be label models, got <class"):
        AutoLabelModel([OneCoin]).fit(L)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="gold has 1 labels, the label matrix has 2 rows"):
        AutoLabelModel().fit(L, [0])
    with pytest.raises(ValueError, match="no LF votes on any row"):
        AutoLabelModel().fit(wl.LabelMatrix.from_array([[-1, -1]]))
    with pytest.raises(NotFittedError, match="this AutoLabelModel is not fitted; call fit first"):
        AutoLabelModel().save("nowhere")


def test_scikit_learn_can_clone_it() -> None:
    copy = clone(AutoLabelModel([OneCoin(smoothing=0.5)], folds=3))
    assert repr(copy) == "AutoLabelModel(candidates=[OneCoin(smoothing=0.5)], folds=3)"


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "least"), [("bluebird", 88.0), ("rte", 92.0), ("product", 93.0), ("dog", 83.0)]
)
def test_it_chooses_well_on_crowds(shared_data: Path, name: str, least: float) -> None:
    L, gold = crowd(shared_data, name)
    assert share_right(fitted(AutoLabelModel(), L).predict_proba(L), gold) > least
