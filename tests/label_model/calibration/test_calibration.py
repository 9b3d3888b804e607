from __future__ import annotations

from pathlib import Path
from typing import Any, Self, final

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

import weaklabel as wl
from tests.vote_family import check_labels, fitted
from tests.voting import finite, gold_for, voted_matrices
from weaklabel._files import load_arrays, save_arrays
from weaklabel.datasets import synthetic
from weaklabel.errors import FileFormatError, NotFittedError
from weaklabel.label_model._base._vote_model import VoteModel
from weaklabel.label_model._calibration._calibrated_model import CalibratedModel
from weaklabel.label_model._calibration._calibration_error import calibration_error
from weaklabel.label_model._family._auto import AutoLabelModel
from weaklabel.types import FloatArray, IntArray

METHODS = ("temperature", "isotonic")


@final
class Table(VoteModel):
    """Looks up the probabilities of a row by what its only LF votes."""

    def __init__(self, rows: Any, balance: Any = None) -> None:
        self.rows = rows
        self.balance = balance

    def fit(self, L: wl.LabelMatrix, gold: Any = None) -> Self:  # noqa: ARG002
        k = len(L.class_names)
        self.class_names_, self.lf_names_, self.class_sets_ = L.class_names, L.lf_names, ()
        self.class_balance_ = np.full(k, 1 / k) if self.balance is None else self.balance
        return self

    def _posteriors(self, L: wl.LabelMatrix) -> FloatArray:
        return np.asarray(np.asarray(self.rows, float)[np.asarray(L)[:, 0]])


def drawn(table: FloatArray, n: int, seed: int = 0) -> tuple[wl.LabelMatrix, IntArray]:
    """Draw which row of a table each data point has, and its class from that row."""
    rng = np.random.default_rng(seed)
    votes = rng.integers(0, len(table), n)
    gold = (table[votes].cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1)
    k = table.shape[1]
    names = tuple(map(str, range(max(k, len(table)))))
    L = wl.LabelMatrix.from_array(votes[:, None], classes=names[:k] if k >= len(table) else names)
    return L, gold


def taken(L: wl.LabelMatrix, rows: Any) -> wl.LabelMatrix:
    """Return rows of a matrix, which may repeat, under new keys."""
    return wl.LabelMatrix.from_array(
        np.asarray(L)[rows], L.class_names, L.lf_names, class_sets=L.class_sets
    )


def sharpened(table: FloatArray, power: float) -> FloatArray:
    raised = table**power
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


TRUE = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8]])


@pytest.mark.parametrize("power", [0.4, 1.0, 3.0])
def test_the_temperature_of_a_miscalibrated_model_is_found(power: float) -> None:
    L, gold = drawn(TRUE, 6_000)
    model = Table(sharpened(TRUE, power)).fit(L)
    calibrated = CalibratedModel(model).fit(L, gold)
    assert calibrated.temperature_ == pytest.approx(power, rel=0.05)
    np.testing.assert_allclose(
        calibrated.predict_proba(L), TRUE[np.asarray(L)[:, 0]], rtol=0, atol=0.02
    )
    assert calibrated.ece_after_ < 0.02
    if power != 1.0:
        assert calibrated.ece_before_ > 0.1
    before = calibration_error(model.predict_proba(L), gold)
    assert calibrated.ece_before_ == pytest.approx(before)
    assert calibrated.ece_after_ == pytest.approx(
        calibration_error(calibrated.predict_proba(L), gold)
    )
    assert calibrated.n_gold_ == 6_000
    assert calibrated.curves_ == ()


def test_a_label_model_on_votes_as_it_assumes_them_keeps_its_temperature() -> None:
    data = synthetic(4_000, 6, 3, coverage=0.7, accuracy=0.7, seed=1)
    balance = np.full(3, 1 / 3)
    model = wl.LabelModel(class_balance=balance).fit(data.L[:2_000])
    rest = data.L[2_000:]
    calibrated = CalibratedModel(model).fit(rest, data.gold[2_000:])
    assert calibrated.temperature_ == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize("method", METHODS)
def test_a_model_that_counts_copies_is_mended_on_new_rows(method: str) -> None:
    data = synthetic(6_000, 3, 2, coverage=1.0, accuracy=0.7, seed=2)
    L = wl.LabelMatrix.from_array(np.asarray(data.L)[:, [0, 0, 0, 0, 1, 2]])
    model = wl.WeightedVote(np.full(6, 0.85)).fit(L)
    calibrated = CalibratedModel(model, method=method).fit(L[:3_000], data.gold[:3_000])
    errors = [
        calibration_error(m.predict_proba(L[3_000:]), data.gold[3_000:])
        for m in (model, calibrated)
    ]
    assert errors[0] > 0.15
    assert errors[1] < (0.05 if method == "isotonic" else errors[0] / 2)
    assert calibrated.ece_after_ < calibrated.ece_before_ / 2


def test_isotonic_mends_what_one_temperature_cannot() -> None:
    L, gold = drawn(TRUE, 6_000)
    # The third class is too rare in the model, whatever the temperature; the order of the rows by
    # each class is right.
    biased = TRUE * [1.0, 1.0, 0.4]
    model = Table(biased / biased.sum(axis=1, keepdims=True)).fit(L)
    temperature = CalibratedModel(model).fit(L, gold)
    isotonic = CalibratedModel(model, method="isotonic").fit(L, gold)
    assert isotonic.ece_after_ < 0.02 < temperature.ece_after_
    assert isotonic.temperature_ == 1.0
    far = np.abs(isotonic.predict_proba(L) - TRUE[np.asarray(L)[:, 0]])
    assert far.max() < 0.06


def test_isotonic_curves_never_fall_and_keep_away_from_0_and_1() -> None:
    rng = np.random.default_rng(3)
    data = synthetic(60, 5, 3, coverage=0.8, accuracy=0.7, seed=3)
    model = wl.LabelModel().fit(data.L)
    calibrated = CalibratedModel(model, method="isotonic").fit(data.L, rng.integers(0, 3, 60))
    for places, values in calibrated.curves_:
        assert (np.diff(places) > 0).all()
        assert (np.diff(values) >= 0).all()
        assert (values > 0).all()
        assert (values < 1).all()
    with pytest.raises(ValueError, match="read-only"):
        calibrated.curves_[0][1][0] = 2.0
    two = synthetic(80, 5, 2, coverage=0.8, accuracy=0.7, seed=3)
    pair = wl.LabelModel().fit(two.L)
    binary = CalibratedModel(pair, method="isotonic").fit(two.L, two.gold)
    before, after = (m.predict_proba(two.L)[two.L.covered, 1] for m in (pair, binary))
    assert (np.diff(after[np.argsort(before)]) >= -1e-9).all()


def test_a_class_without_gold_labels_is_not_ruled_out() -> None:
    L, gold = drawn(TRUE, 300)
    gold = np.where(gold == 2, -1, gold)
    calibrated = CalibratedModel(Table(TRUE).fit(L), method="isotonic").fit(L, gold)
    assert [array.tolist() for array in calibrated.curves_[2]] == [[0.0, 1.0], [0.0, 1.0]]
    assert calibrated.predict_proba(L)[np.asarray(L)[:, 0] == 2, 2].min() > 0.5


@pytest.mark.parametrize("truth", [0, 1])
def test_few_rows_do_little(truth: int) -> None:
    L = wl.LabelMatrix.from_array([[0]] * 5, classes=("A", "B"))
    model = Table([[0.7, 0.3]]).fit(L)
    calibrated = CalibratedModel(model).fit(L, [truth] * 5)
    prob = calibrated.predict_proba(L)[0, 0]
    assert 0.6 < prob < 0.7 if truth else 0.7 < prob < 0.85


def test_one_row_that_was_held_impossible_does_not_ruin_the_others() -> None:
    L = wl.LabelMatrix.from_array([[0]] * 50 + [[1]] * 50, classes=("A", "B"))
    model = wl.MajorityVote().fit(L)
    assert model.predict_proba(L).min() == 0.0
    for method in METHODS:
        gold = [0] * 50 + [1] * 49 + [0]
        probs = CalibratedModel(model, method=method).fit(L, gold).predict_proba(L)
        assert 0.9 < probs[0, 0] < 0.9999
        assert 0.9 < probs[99, 1] < 0.9999


@pytest.mark.parametrize(("gold", "temperature"), [(0, 20.0), (1, 0.05)])
def test_the_temperature_stays_within_bounds(gold: int, temperature: float) -> None:
    L = wl.LabelMatrix.from_array([[0]] * 100_000, classes=("A", "B"))
    model = Table([[0.45, 0.55]]).fit(L)
    calibrated = CalibratedModel(model).fit(L, np.full(L.n, gold))
    assert calibrated.temperature_ == temperature
    assert finite(calibrated.predict_proba(L))


@pytest.mark.parametrize("method", METHODS)
def test_uncovered_rows_keep_the_class_balance_and_teach_nothing(method: str) -> None:
    data = synthetic(300, 4, 2, coverage=0.3, accuracy=0.8, seed=5)
    L = data.L
    assert not L.covered.all()
    model = wl.MajorityVote([0.8, 0.2]).fit(L)
    calibrated = CalibratedModel(model, method=method).fit(L, data.gold)
    probs = calibrated.predict_proba(L)
    assert (probs[~L.covered] == [0.8, 0.2]).all()
    assert (calibrated.predict(L)[~L.covered] == -1).all()
    assert calibrated.n_gold_ == L.covered.sum()
    covered = np.flatnonzero(L.covered)
    again = CalibratedModel(model, method=method).fit(L[covered], data.gold[covered])
    np.testing.assert_array_equal(again.predict_proba(L), probs)
    labels = calibrated.label(L)
    np.testing.assert_array_equal(labels.probs, probs)
    assert labels.class_balance.tolist() == [0.8, 0.2]


@given(data=st.data())
@settings(max_examples=30)
def test_every_matrix_gets_finite_labels(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(gold_for(L))
    # Five rows is the least, twenty for curves: repeat what was drawn.
    gold[np.argmax(L.covered)] = 0
    rows = np.tile(np.arange(L.n), 20)
    for inner in (wl.MajorityVote(), wl.LabelModel()):
        model = fitted(inner, L)
        for method in METHODS:
            calibrated = CalibratedModel(model, method=method).fit(taken(L, rows), gold[rows])
            check_labels(calibrated, L)
            assert 0.05 <= calibrated.temperature_ <= 20
            assert 0 <= calibrated.ece_after_ <= 1


@given(data=st.data())
@settings(max_examples=30)
def test_the_order_of_the_classes_stays_under_temperature(data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(gold_for(L))
    gold[np.argmax(L.covered)] = 0
    rows = np.tile(np.arange(L.n), 5)
    model = fitted(wl.LabelModel(), L)
    before = model.predict_proba(L)
    after = CalibratedModel(model).fit(taken(L, rows), gold[rows]).predict_proba(L)
    higher = before[:, :, None] > before[:, None, :]
    assert (after[:, :, None] >= after[:, None, :])[higher].all()
    clearly = before[:, :, None] > before[:, None, :] + 1e-3
    gap = after[:, :, None] - after[:, None, :]
    assert (gap[clearly] > 0).all()


@pytest.mark.parametrize("method", METHODS)
@given(data=st.data())
@settings(max_examples=20)
def test_the_order_of_rows_and_lfs_does_not_matter(method: str, data: st.DataObject) -> None:
    L = data.draw(voted_matrices())
    gold = data.draw(gold_for(L))
    gold[np.argmax(L.covered)] = 0
    many = np.tile(np.arange(L.n), 20)
    rows = np.array(data.draw(st.permutations(many.tolist())))
    shuffled = L.select(data.draw(st.permutations(range(L.m))))
    probs = (
        CalibratedModel(fitted(wl.MajorityVote(), L), method=method)
        .fit(taken(L, many), gold[many])
        .predict_proba(L)
    )
    # Both the model and the calibration see another order.
    moved = CalibratedModel(fitted(wl.MajorityVote(), shuffled), method=method)
    again = moved.fit(taken(shuffled, rows), gold[rows]).predict_proba(L)
    np.testing.assert_allclose(again, probs, rtol=0, atol=1e-9)


def test_the_model_is_not_changed_and_later_fits_of_it_change_nothing() -> None:
    data = synthetic(300, 5, 2, accuracy=0.7, seed=6)
    other = synthetic(300, 5, 2, accuracy=0.95, seed=7)
    model = wl.LabelModel().fit(data.L)
    before = model.predict_proba(data.L)
    calibrated = CalibratedModel(model).fit(data.L, data.gold)
    probs = calibrated.predict_proba(data.L)
    np.testing.assert_array_equal(model.predict_proba(data.L), before)
    assert calibrated.model is model
    fitted(model, other.L)
    assert not np.array_equal(model.predict_proba(data.L), before)
    np.testing.assert_array_equal(calibrated.predict_proba(data.L), probs)


def test_gold_may_be_names_in_another_table_of_crowd_answers() -> None:
    rng = np.random.default_rng(8)
    truth = rng.integers(0, 2, 60)
    table = pd.DataFrame(
        [
            (f"i{i:02}", f"w{j}", "ab"[y if rng.random() < 0.8 else 1 - y])
            for i, y in enumerate(truth)
            for j in range(3)
        ],
        columns=["item", "worker", "label"],
    )
    model = wl.DawidSkene().fit(table)
    gold = ["ab"[y] if i < 30 else None for i, y in enumerate(truth)]
    calibrated = CalibratedModel(model).fit(table, gold)
    assert calibrated.n_gold_ == 30
    assert finite(calibrated.predict_proba(table))
    assert calibrated.score(table, gold) > 0.6


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "inner",
    [
        wl.LabelModel(),
        wl.MajorityVote([0.3, 0.7]),
        AutoLabelModel([wl.MajorityVote(), wl.OneCoin()]),
    ],
    ids=lambda model: type(model).__name__,
)
def test_a_loaded_model_is_the_same_bit_for_bit(
    tmp_path: Path, method: str, inner: VoteModel
) -> None:
    data = synthetic(200, 4, 2, coverage=0.5, accuracy=0.75, seed=9)
    model = CalibratedModel(fitted(inner, data.L), method=method).fit(data.L, data.gold)
    twice = CalibratedModel(model).fit(data.L, data.gold)
    for original in (model, twice):
        original.save(tmp_path / "model")
        loaded = CalibratedModel.load(tmp_path / "model")
        np.testing.assert_array_equal(
            loaded.predict_proba(data.L), original.predict_proba(data.L), strict=True
        )
        for name in ("temperature_", "n_gold_", "ece_before_", "ece_after_", "method"):
            assert getattr(loaded, name) == getattr(original, name)
        for name in ("class_names_", "lf_names_", "class_sets_"):
            assert getattr(loaded, name) == getattr(original, name)
        assert repr(loaded) == repr(original)
        np.testing.assert_array_equal(loaded.curves_, original.curves_)
        again = CalibratedModel(loaded.model, method=original.method).fit(data.L, data.gold)
        assert again.ece_after_ == original.ece_after_


def test_as_a_candidate_it_is_chosen_but_the_choice_is_not_saved(tmp_path: Path) -> None:
    data = synthetic(200, 4, 2, accuracy=0.75, seed=10)
    auto = AutoLabelModel([CalibratedModel(wl.LabelModel().fit(data.L))]).fit(data.L, data.gold)
    assert isinstance(auto.best_, CalibratedModel)
    with pytest.raises(TypeError, match=r"a model cannot be saved, got Calibrated.*save the w"):
        auto.save(tmp_path / "model")
    auto.best_.save(tmp_path / "model")
    loaded = CalibratedModel.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(data.L), auto.predict_proba(data.L))


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with pytest.raises(FileNotFoundError):
        CalibratedModel.load(path)
    data = synthetic(50, 3, 2)
    model = wl.MajorityVote().fit(data.L)
    CalibratedModel(model).fit(data.L, data.gold).save(path)
    header, arrays = load_arrays(path, kind="CalibratedModel", version=1)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileFormatError, match="not a whole CalibratedModel file"):
        CalibratedModel.load(path)
    kind: dict[str, Any] = {"kind": "CalibratedModel", "version": 1}
    save_arrays(path, **kind, header={**header, "model": "Stranger"}, arrays=arrays)
    with pytest.raises(FileFormatError, match="of the kind 'Stranger', which is not known here; i"):
        CalibratedModel.load(path)
    save_arrays(path, **kind, header={**header, "model": "LabelModel"}, arrays=arrays)
    told = f"the LabelModel in {path} holds a MajorityVote, not a LabelModel"
    with pytest.raises(FileFormatError, match=told) as caught:
        CalibratedModel.load(path)
    assert caught.value.path == path
    save_arrays(path, **kind, header={**header, "curves": 2}, arrays=arrays)
    with pytest.raises(FileFormatError, match="not a whole CalibratedModel file"):
        CalibratedModel.load(path)
    model.save(path)
    with pytest.raises(FileFormatError, match="holds a MajorityVote, not a CalibratedModel"):
        CalibratedModel.load(path)


SMALL = wl.LabelMatrix.from_array([[0, 1], [1, 1], [0, 0], [-1, -1], [1, -1], [0, -1]])
VOTED = wl.MajorityVote().fit(SMALL)


@pytest.mark.parametrize(
    ("model", "method", "gold", "error", "message"),
    [
        (VOTED, "temperature", None, ValueError, r"needs gold labels, got none; call fit\(L, gold"),
        (
            VOTED,
            "temperature",
            [0, 1, 0, 1, 1, -1],
            ValueError,
            r"'temperature' needs gold labels on at least 5 covered rows, got 4 \(5 known in all\)",
        ),
        (
            VOTED,
            "isotonic",
            [0] * 6,
            ValueError,
            r"at least 20 covered rows, got 5 \(6 .*; label more rows, or use the model as it is",
        ),
        (VOTED, "temperature", [0, 1], ValueError, "gold has 2 labels, the label matrix has 6"),
        (VOTED, "temperature", [7] * 6, ValueError, "gold holds 7|gold at position 0"),
        (
            VOTED,
            "isotone",
            [0] * 6,
            ValueError,
            "method must be 'temperature' or 'isotonic', got 'isotone'; did you mean 'isotonic'",
        ),
        (
            wl.LabelModel,
            "temperature",
            [0] * 6,
            TypeError,
            r"must be a fitted label model of class votes, e\.g\. LabelModel\(\)\.fit\(L\), got",
        ),
        (
            wl.LabelModel(),
            "temperature",
            [0] * 6,
            NotFittedError,
            r"the model to calibrate, LabelModel\(\), is not fitted; call its fit first, with oth",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    model: Any, method: str, gold: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        CalibratedModel(model, method=method).fit(SMALL, gold)


def test_other_votes_than_the_model_knows_are_refused() -> None:
    with pytest.raises(TypeError, match="expected a LabelMatrix, got list"):
        CalibratedModel(VOTED).fit([[0, 1]], [0])
    with pytest.raises(ValueError, match="fitted on other LFs: the matrix lacks"):
        CalibratedModel(VOTED).fit(SMALL.select([0]), [0, 1, 0, 1, 1, 1])
    calibrated = CalibratedModel(VOTED).fit(SMALL, [0, 1, 0, 1, 1, 1])
    with pytest.raises(ValueError, match="fitted on other LFs: the matrix lacks"):
        calibrated.predict_proba(SMALL.select([0]))
    for use in ("predict", "predict_proba", "label"):
        with pytest.raises(NotFittedError, match="this CalibratedModel is not fitted; call fit"):
            getattr(CalibratedModel(VOTED), use)(SMALL)
    with pytest.raises(NotFittedError, match="this CalibratedModel is not fitted; call fit"):
        CalibratedModel(VOTED).save("nowhere")


def test_scikit_learn_clones_it_with_the_fitted_model() -> None:
    calibrated = CalibratedModel(VOTED, method="isotonic")
    copy = clone(calibrated)
    assert copy.model is VOTED
    assert repr(copy) == "CalibratedModel(model=MajorityVote(), method='isotonic')"
    assert not hasattr(copy, "class_balance_")
