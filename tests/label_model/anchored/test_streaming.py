from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import weaklabel as wl
from weaklabel.datasets import synthetic

DATA = synthetic(3_000, 8, 3, coverage=0.4, accuracy=0.7, seed=6)
PARTS = [slice(0, 700), slice(700, 701), slice(701, 3_000)]


def same(one: wl.LabelModel, other: wl.LabelModel) -> None:
    np.testing.assert_allclose(one.cond_probs_, other.cond_probs_, atol=1e-9)
    np.testing.assert_allclose(one.class_balance_, other.class_balance_, atol=1e-9)
    np.testing.assert_allclose(one.predict_proba(DATA.L), other.predict_proba(DATA.L), atol=1e-9)
    np.testing.assert_allclose(one.lf_precision_interval_, other.lf_precision_interval_, atol=1e-7)


@pytest.mark.parametrize("with_gold", [False, True])
def test_parts_give_what_one_fit_on_all_gives(with_gold: bool) -> None:
    gold = np.where(np.arange(3_000) % 10 == 0, DATA.gold, -1) if with_gold else None
    whole = wl.LabelModel().fit(DATA.L, gold)
    golds = None if gold is None else (gold[part] for part in PARTS)
    same(wl.LabelModel().fit((DATA.L[part] for part in PARTS), golds), whole)
    model = wl.LabelModel()
    for part in PARTS:
        model.partial_fit(DATA.L[part], None if gold is None else gold[part])
    same(model, whole)


def test_parts_may_have_their_lfs_in_another_order_and_be_empty() -> None:
    parts = [DATA.L[:1_000], DATA.L[:0], DATA.L[1_000:].select(range(7, -1, -1))]
    same(wl.LabelModel().fit(parts), wl.LabelModel().fit(DATA.L))


def test_a_saved_model_goes_on_where_it_stopped(tmp_path: Path) -> None:
    model = wl.LabelModel().partial_fit(DATA.L[:1_000])
    model.save(tmp_path / "model")
    loaded = wl.LabelModel.load(tmp_path / "model").partial_fit(DATA.L[1_000:])
    same(loaded, wl.LabelModel().fit(DATA.L))


def test_decay_forgets() -> None:
    rng = np.random.default_rng(0)
    good = np.where(rng.random(2_000) < 0.9, DATA.gold[:2_000], rng.integers(0, 3, 2_000))
    noise = rng.integers(0, 3, 2_000)
    others = np.asarray(DATA.L)[:2_000, :6]
    before = wl.LabelMatrix.from_array(np.column_stack([others, good]))
    after = wl.LabelMatrix.from_array(np.column_stack([others, noise]))

    def precision(decay: float) -> float:
        model = wl.LabelModel().partial_fit(before)
        for _ in range(3):
            model.partial_fit(after, decay=decay)
        return float(model.lf_precision_[6])

    fresh = float(wl.LabelModel().fit(after).lf_precision_[6])
    assert precision(1.0) > precision(0.3) > fresh - 0.02
    weighted = wl.LabelModel().fit([before, after], sample_weight=[np.full(2_000, 0.5), None])
    halved = wl.LabelModel().partial_fit(before).partial_fit(after, decay=0.5)
    np.testing.assert_allclose(halved.cond_probs_, weighted.cond_probs_, atol=1e-9)


def test_parts_that_do_not_fit_are_refused() -> None:
    model = wl.LabelModel()
    with pytest.raises(ValueError, match="there are no label matrices to fit on; give at least"):
        model.fit([])
    other = wl.LabelMatrix.from_array([[0, 1]], classes=("A", "B"))
    with pytest.raises(ValueError, match=r"part 1 has classes \('A', 'B'\), the first has \('0'"):
        model.fit([DATA.L, other])
    with pytest.raises(ValueError, match="part 1 has other LFs than the first: 'lf_7' are in one"):
        model.fit([DATA.L, DATA.L.select(range(7))])
    with pytest.raises(ValueError, match="gold ends at part 1; give one array or None for each"):
        model.fit([DATA.L, DATA.L], [DATA.gold])
    with pytest.raises(ValueError, match="no LF votes on any row that has a weight"):
        model.fit([DATA.L[:0], DATA.L[:0]])
    with pytest.raises(TypeError, match="expected a LabelMatrix, got int"):
        model.fit([1, 2])
    fitted = wl.LabelModel().fit(DATA.L)
    with pytest.raises(ValueError, match="was fitted with fit, which keeps no rows; begin with"):
        fitted.partial_fit(DATA.L)
    for decay in (0, 1.5, "half"):
        with pytest.raises(ValueError, match="decay must be a number above 0 and at most 1, got"):
            wl.LabelModel().partial_fit(DATA.L, decay=decay)  # type: ignore[arg-type]
