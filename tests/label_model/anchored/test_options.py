from __future__ import annotations

import numpy as np
import pytest

import weaklabel as wl
from tests.voting import fitted
from weaklabel.datasets import synthetic
from weaklabel.errors import NotFittedError, WeakLabelWarning

DATA = synthetic(3_000, 8, 3, coverage=0.4, accuracy=0.7, seed=7)


def disjoint(n: int = 600) -> wl.LabelMatrix:
    """Two LFs for different classes that never meet: nothing tells how good they are."""
    votes = np.full((n, 2), -1)
    votes[: n // 2, 0] = 0
    votes[n // 2 :, 1] = 1
    return wl.LabelMatrix.from_array(votes, classes=("A", "B"), lf_names=["a", "b"])


def test_a_prior_says_how_good_an_lf_is_where_the_votes_do_not() -> None:
    L = disjoint()
    plain = wl.LabelModel().fit(L)
    told = wl.LabelModel(priors={"a": 0.97, "b": 0.6}).fit(L)
    assert told.lf_precision_[0] > plain.lf_precision_[0]
    assert plain.lf_precision_[1] > 0.8 > 0.65 > told.lf_precision_[1]
    probs = told.predict_proba(L)
    assert probs[0, 0] > 0.94
    assert probs[-1, 1] < 0.75


def test_too_little_overlap_is_said() -> None:
    model = wl.LabelModel().fit(disjoint())
    (finding,) = model.findings_
    assert finding.kind == "overlap"
    assert finding.message.startswith("0.0% of the covered rows have two votes or more")
    assert repr(finding).startswith("overlap: 0.0% of the covered rows")


def test_a_class_that_nobody_votes_for_is_a_finding() -> None:
    L = wl.LabelMatrix.from_array([[0, 1], [1, 1], [0, 0]], classes=("A", "B", "C"))
    with pytest.warns(WeakLabelWarning, match="no LF votes for class 'C'"):
        model = wl.LabelModel().fit(L)
    finding = next(f for f in model.findings_ if f.kind == "silent class")
    assert finding.classes == ("C",)


def test_an_lf_worse_than_chance_is_a_finding_and_is_turned_round() -> None:
    data = synthetic(
        6_000, 9, 2, coverage=0.6, accuracy=[0.2, 0.8, 0.8, 0.8, 0.75, 0.75, 0.75, 0.7, 0.7], seed=3
    )
    model = wl.LabelModel().fit(data.L)
    finding = next(f for f in model.findings_ if f.kind == "worse than chance")
    assert finding.lfs == ("lf_0",)
    assert model.lf_precision_[0] < 0.3
    without = data.L.select(data.L.lf_names[1:])
    covered = without.covered
    mended = wl.LabelModel().fit(without[covered]).score(without[covered], data.gold[covered])
    assert model.score(data.L[covered], data.gold[covered]) > mended


def test_a_class_balance_that_is_given_pulls_as_strongly_as_it_is_told() -> None:
    L = disjoint()
    shares = []
    for strength in (0.1, 1.0, 10.0):
        model = wl.LabelModel([0.8, 0.2], balance_strength=strength).fit(L)
        assert model.class_balance_.tolist() == [0.8, 0.2]
        shares.append(model.predict_proba(L)[:, 0].mean())
    assert shares[0] < shares[1] < shares[2] <= 0.81


def test_a_balance_of_zero_for_a_class_that_gold_has_is_refused() -> None:
    with pytest.raises(ValueError, match=r"class_balance is 0 for class '2', but gold has .* rows"):
        wl.LabelModel([0.5, 0.5, 0.0]).fit(DATA.L, DATA.gold)


def test_gold_that_contradicts_every_lf_warns() -> None:
    with (
        pytest.warns(WeakLabelWarning, match=r"gold labels contradict every LF .* same order"),
        pytest.warns(WeakLabelWarning, match=r"so (the accuracies are held|every vote counts)"),
    ):
        wl.LabelModel().fit(DATA.L, np.where(np.arange(3_000) < 300, (DATA.gold + 1) % 3, -1))


def test_sample_weights_are_numbers_of_rows() -> None:
    times = np.arange(3_000) % 3
    kept = np.flatnonzero(times)
    votes = np.repeat(np.asarray(DATA.L), times, axis=0)
    repeated = wl.LabelMatrix.from_array(votes, classes=DATA.L.class_names)
    weighted = wl.LabelModel().fit(DATA.L, sample_weight=times)
    np.testing.assert_allclose(
        weighted.predict_proba(DATA.L[kept]),
        wl.LabelModel().fit(repeated).predict_proba(DATA.L[kept]),
        atol=1e-9,
    )


def test_rows_are_chosen_for_the_first_passes_and_all_are_used_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = synthetic(20_000, 12, 3, coverage=0.5, accuracy=0.65, seed=1)
    votes = np.asarray(data.L)
    rng = np.random.default_rng(0)
    half = np.where(rng.random((20_000, 4)) < 0.5, votes[:, :4], rng.integers(-1, 3, (20_000, 4)))
    L = wl.LabelMatrix.from_array(np.column_stack([votes, half]), classes=data.L.class_names)
    whole = wl.LabelModel(tol=1e-7).fit(L)
    assert not whole.independent_
    monkeypatch.setattr("weaklabel.label_model._anchored._fitter.FEW_ROWS", 2_000)
    quick = wl.LabelModel(tol=1e-7).fit(L)
    np.testing.assert_allclose(quick.cond_probs_, whole.cond_probs_, atol=2e-4)


def test_learned_numbers_hold_in_95_of_100_intervals() -> None:
    held = []
    for seed in range(12):
        data = synthetic(6_000, 12, 2, accuracy=np.linspace(0.6, 0.9, 12), seed=seed)
        model = wl.LabelModel().fit(data.L)
        right = np.linspace(0.6, 0.9, 12)
        ends = model.lf_precision_interval_
        held.append((ends[:, 0] <= right) & (right <= ends[:, 1]))
    # 144 intervals: a share of 0.95 strays by 0.04 at most.
    assert 0.9 <= np.mean(held) <= 0.99


def test_probabilities_mean_what_they_say_where_the_model_is_true() -> None:
    data = synthetic(10_000, 10, 3, coverage=0.5, accuracy=np.linspace(0.5, 0.9, 10), seed=8)
    probs = wl.LabelModel().fit(data.L).predict_proba(data.L)[data.L.covered]
    right = probs.argmax(axis=1) == data.gold[data.L.covered]
    sure = probs.max(axis=1)
    place = np.digitize(sure, np.linspace(0, 1, 16))
    gaps = [abs(sure[place == b].sum() - right[place == b].sum()) for b in np.unique(place)]
    assert sum(gaps) / len(right) <= 0.02


def test_imbalance_of_one_to_a_hundred_does_not_collapse() -> None:
    data = synthetic(30_000, 12, 2, coverage=0.5, accuracy=0.85, class_balance=[0.99, 0.01], seed=2)
    labels = wl.LabelModel().fit(data.L).predict(data.L, tie="first")
    rare = data.gold == 1
    found = (labels == 1) & rare
    assert found.sum() > 0.6 * rare.sum()
    assert found.sum() > 0.6 * (labels == 1).sum()


def test_five_thousand_lfs_are_fitted_without_nan() -> None:
    data = synthetic(4_000, 5_000, 2, coverage=0.003, accuracy=0.7, seed=1)
    model = fitted(data.L)
    assert np.isfinite(model.predict_proba(data.L)).all()
    assert np.isfinite(model.cond_probs_).all()
    assert model.score(data.L, data.gold) > 0.85


def test_uncertainty_is_largest_where_least_is_known() -> None:
    model = wl.LabelModel().fit(DATA.L)
    doubt = model.uncertainty(DATA.L)
    probs = model.predict_proba(DATA.L)
    assert doubt.entropy.shape == doubt.margin.shape == doubt.from_lfs.shape == (3_000,)
    uncovered = ~DATA.L.covered
    entropy = -(model.class_balance_ * np.log(model.class_balance_)).sum()
    np.testing.assert_allclose(doubt.entropy[uncovered], entropy)
    assert (doubt.from_lfs[uncovered] == 0).all()
    assert (doubt.from_lfs >= 0).all()
    assert (doubt.from_lfs <= doubt.entropy + 1e-12).all()
    best = np.sort(probs, axis=1)
    assert np.corrcoef(doubt.margin, best[:, -1] - best[:, -2])[0, 1] > 0.99
    again = model.uncertainty(DATA.L.select(range(7, -1, -1)))
    np.testing.assert_allclose(again.from_lfs, doubt.from_lfs, atol=1e-9)
    few = wl.LabelModel().fit(DATA.L[:150])
    assert few.uncertainty(DATA.L).from_lfs.mean() > 3 * doubt.from_lfs.mean()
    with pytest.raises(ValueError, match="draws must be an int of at least 2, got 1"):
        model.uncertainty(DATA.L, draws=1)
    with pytest.raises(NotFittedError):
        wl.LabelModel().uncertainty(DATA.L)


def test_what_was_learned_of_each_lf_prints_as_a_table() -> None:
    votes = np.column_stack([np.asarray(DATA.L)[:, :3], np.full(3_000, -1)])
    L = wl.LabelMatrix.from_array(votes, classes=("A", "B", "C"), lf_names=["a", "b", "c", "<d>"])
    quality = fitted(L).lf_quality_
    lines = repr(quality).splitlines()
    assert lines[0].split() == ["LF", "votes", "precision", "(95", "%)", "recall", "(95", "%)"]
    assert lines[-1].split() == ["<d>", "0", "-", "-"]
    assert max(map(len, lines)) <= 80
    frame = quality.to_frame()
    assert frame.index.tolist() == ["a", "b", "c", "<d>"]
    assert (frame.loc["a", "precision_low"] < frame.loc["a", "precision"]).all()
    assert "&lt;d&gt;" in quality._repr_html_()
    with pytest.raises(NotFittedError):
        _ = wl.LabelModel().lf_quality_
