from __future__ import annotations

import numpy as np
import pytest

import weaklabel as wl
from weaklabel.datasets import synthetic
from weaklabel.errors import WeakLabelWarning
from weaklabel.label_model._anchored import _fitter
from weaklabel.label_model._anchored._em import Estimate, estimate
from weaklabel.label_model._anchored._guard import gold_is_worse, is_worse

DATA = synthetic(3_000, 8, 4, coverage=0.5, accuracy=0.7, seed=2)


def turned_round(found: Estimate) -> Estimate:
    """Return an estimate that takes every class for the next one."""
    from dataclasses import replace

    return replace(
        found,
        precision=np.roll(found.precision, 1, axis=1),
        log_ratio=np.roll(found.log_ratio, 1, axis=1),
        log_base=np.roll(found.log_base, 1),
        balance=np.roll(found.balance, 1),
    )


def test_a_good_model_is_kept_and_the_comparison_is_told() -> None:
    guard = wl.LabelModel().fit(DATA.L).guard_
    assert guard.kept == "model"
    assert guard.held_out > guard.held_out_majority > 0.4
    assert np.isnan(guard.gold)
    with_gold = wl.LabelModel().fit(DATA.L, DATA.gold).guard_
    assert with_gold.gold > with_gold.gold_majority - 0.01 > 0.5


def test_a_model_that_turned_the_classes_round_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = estimate
    monkeypatch.setattr(_fitter, "estimate", lambda *a, **b: turned_round(real(*a, **b)))
    with pytest.warns(WeakLabelWarning, match="on held-out votes it tells .* right, majority vote"):
        model = wl.LabelModel().fit(DATA.L)
    assert model.guard_.kept == "majority"
    assert model.guard_.held_out < model.guard_.held_out_majority
    voted = wl.MajorityVote().fit(DATA.L)
    hard, by_count = model.predict(DATA.L), voted.predict(DATA.L)
    sure = (hard >= 0) & (by_count >= 0)
    assert np.array_equal(hard[sure], by_count[sure])
    unguarded = wl.LabelModel(guard=False).fit(DATA.L)
    assert unguarded.guard_.kept == "model"
    assert unguarded.score(DATA.L, DATA.gold) < 0.3


def test_a_model_that_is_too_free_is_held_closer(monkeypatch: pytest.MonkeyPatch) -> None:
    real = estimate

    def wrong_where_free(*args: object, **kwargs: object) -> Estimate:
        found: Estimate = real(*args, **kwargs)  # type: ignore[arg-type]
        regime = args[3]
        return found if getattr(regime, "weight", 0) > 3 else turned_round(found)

    monkeypatch.setattr(_fitter, "estimate", wrong_where_free)
    with pytest.warns(WeakLabelWarning, match="so the accuracies are held closer to equal"):
        model = wl.LabelModel().fit(DATA.L)
    assert model.guard_.kept == "cautious"
    assert model.score(DATA.L, DATA.gold) > 0.6


def test_gold_alone_can_speak_against_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    # Every LF votes on its own rows, so that no held-out vote can be told.
    votes = np.full((900, 3), -1)
    votes[np.arange(900), np.arange(900) % 3] = np.random.default_rng(0).integers(0, 2, 900)
    gold = votes.max(axis=1)
    L = wl.LabelMatrix.from_array(votes, classes=("A", "B"))
    real = estimate
    monkeypatch.setattr(_fitter, "estimate", lambda *a, **b: turned_round(real(*a, **b)))
    with pytest.warns(WeakLabelWarning, match="on the gold labels it is right on 0% of the rows"):
        model = wl.LabelModel().fit(L, np.where(np.arange(900) < 100, gold, -1))
    assert model.guard_.kept == "majority"
    assert np.isnan(model.guard_.held_out)
    assert model.score(L, gold) == 1.0


def test_the_verdicts_are_by_margin_and_by_sign_test() -> None:
    assert is_worse(0.5, 0.63)
    assert not is_worse(0.5, 0.6)
    assert not is_worse(float("nan"), 0.6)
    assert gold_is_worse(0, 5)
    assert not gold_is_worse(1, 5)
    assert not gold_is_worse(0, 0)
