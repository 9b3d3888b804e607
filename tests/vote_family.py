"""What the tests of Dawid-Skene, one coin, IBCC and their kin share."""

from __future__ import annotations

import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

import weaklabel as wl
from tests.voting import finite
from weaklabel.errors import WeakLabelWarning
from weaklabel.label_model._base._vote_model import VoteModel
from weaklabel.types import FloatArray, IntArray

M = TypeVar("M", bound=VoteModel)


def fitted(model: M, L: wl.LabelMatrix, gold: Any = None) -> M:
    """Fit without the warnings that random votes deserve."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WeakLabelWarning)
        return model.fit(L, gold)


def never_falls(climb: FloatArray) -> bool:
    slack = 1e-9 * np.abs(climb).max(initial=1.0)
    return finite(climb) and all(after >= before - slack for before, after in pairwise(climb))


def check_labels(model: VoteModel, L: wl.LabelMatrix) -> FloatArray:
    """Check that the labels of a fitted model are distributions, and return them."""
    probs = model.predict_proba(L)
    assert finite(probs)
    assert (probs >= 0).all()
    np.testing.assert_allclose(probs.sum(axis=1), 1.0)
    assert finite(model.class_balance_)
    np.testing.assert_allclose(model.class_balance_.sum(), 1.0)
    return probs


def check_orders(model: VoteModel, L: wl.LabelMatrix, gold: Any, rows: Any, lfs: Any) -> None:
    """Check that neither the order of rows nor that of LFs matters."""
    probs = fitted(model, L, gold).predict_proba(L)
    # Rounding adds up over many passes where the votes leave the parameters open.
    rows = np.array(rows)
    moved = None if gold is None else gold[rows]
    by_row = fitted(model, L[rows], moved).predict_proba(L[rows])
    np.testing.assert_allclose(by_row, probs[rows], atol=1e-9)
    shuffled = L.select(lfs)
    np.testing.assert_allclose(
        fitted(model, shuffled, gold).predict_proba(shuffled), probs, atol=1e-9
    )


def check_saving(model: VoteModel, L: wl.LabelMatrix, path: Path) -> None:
    """Check that a fitted model is saved and loaded bit for bit."""
    model.save(path)
    loaded = type(model).load(path)
    assert np.array_equal(loaded.predict_proba(L), model.predict_proba(L))
    for name in type(model)._learned:
        assert np.array_equal(getattr(loaded, name), getattr(model, name))
    assert loaded.class_names_ == model.class_names_
    assert loaded.lf_names_ == model.lf_names_
    assert loaded.class_sets_ == model.class_sets_


def crowd(folder: Path, name: str) -> tuple[wl.LabelMatrix, IntArray]:
    """Return the votes and gold labels of a crowd set."""
    votes = pd.read_parquet(folder / "crowd" / name / "labels.parquet")
    items = pd.read_parquet(folder / "crowd" / name / "items.parquet")
    k = max(votes["label"].max(), items["gold"].max()) + 1
    L = wl.LabelMatrix.from_triples(
        votes["item"], votes["worker"], votes["label"], list(map(str, range(k))), keys=items["item"]
    )
    return L, items["gold"].to_numpy()


def share_right(probs: FloatArray, gold: IntArray) -> float:
    """Return the per cent of known gold labels that are the most probable class, first in ties."""
    known = gold >= 0
    return 100 * float((probs[known].argmax(axis=1) == gold[known]).mean())
