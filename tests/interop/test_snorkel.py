"""Against the real Snorkel 0.10: its LFs here, our LFs there, its label model behind our door."""

# mypy: disable-error-code="untyped-decorator"

from __future__ import annotations

import logging
import random
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import snorkel.labeling as sl
import torch
from hypothesis import given, settings
from sklearn.base import clone
from snorkel.labeling.model import LabelModel as TheirLabelModel
from snorkel.preprocess import preprocessor as their_preprocessor

import weaklabel as wl
from tests.strategies import label_matrices
from weaklabel.datasets._synthetic import synthetic
from weaklabel.errors import LFError, MissingExtraError, NotFittedError
from weaklabel.interop.snorkel import SnorkelLabelModel, _random_states_kept
from weaklabel.types import IntArray

HAM, SPAM = 0, 1
TEXTS = ["Free money now", "hello there", "win a FREE prize", "", "see http://x.y", "lunch?"]
FRAME = pd.DataFrame(
    {"text": TEXTS, "n": [3, 1, 4, 1, 5, 9], "share": [0.1, 0.9, 0.5, 0.5, 0.2, 0.7]},
    index=[5, 5, 0, -1, 7, 2],
)


class Counted:
    """A resource that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, text: str) -> str:
        self.calls += 1
        return text.lower()


def their_lfs(lower: Any = str.lower, *, memoize: bool = False) -> list[Any]:
    """Snorkel's labeling functions in all the ways in which they are written."""

    @their_preprocessor(memoize=memoize)
    def lowered(x: Any) -> Any:
        x.text = lower(x.text)
        return x

    @their_preprocessor(pre=[lowered], memoize=memoize)
    def worded(x: Any) -> Any:
        x.words = x.text.split()
        return x

    @sl.labeling_function()
    def bare(x: Any) -> int:
        return SPAM if "http" in x.text else -1

    @sl.labeling_function(pre=[lowered])
    def preprocessed(x: Any) -> int:
        return SPAM if "free" in x.text else -1

    @sl.labeling_function(name="two_steps", pre=[worded])
    def nested(x: Any) -> int:
        return HAM if len(x.words) == 2 else -1

    @sl.labeling_function(resources={"limit": 4, "names": ["lunch", "hello"]})
    def with_resources(x: Any, limit: int, names: list[str]) -> int:
        if any(name in x.text for name in names):
            return HAM
        return SPAM if x.n == limit else -1

    @sl.labeling_function()
    def by_item(x: Any) -> int:
        return int(x["share"] > 0.6) - 1

    return [bare, preprocessed, nested, with_resources, by_item]


@pytest.mark.parametrize("memoize", [False, True])
def test_their_lfs_run_here_as_in_their_own_applier(memoize: bool) -> None:
    lfs = their_lfs(memoize=memoize)
    expected = sl.PandasLFApplier(lfs).apply(FRAME, progress_bar=False)
    L = wl.apply_lfs(lfs, FRAME)
    assert L.lf_names == ("bare", "preprocessed", "two_steps", "with_resources", "by_item")
    assert np.asarray(L).tolist() == expected.tolist()
    assert L.n_votes > 6
    rows = FRAME.to_dict("records")
    assert wl.apply_lfs(lfs, rows) == L
    points = [SimpleNamespace(**row) for row in rows]
    by_attribute = [lf for lf in lfs if lf.name != "by_item"]
    objects = wl.apply_lfs(by_attribute, points)
    assert objects == L.select([lf.name for lf in by_attribute])
    theirs = sl.LFApplier(by_attribute).apply(points, progress_bar=False)
    assert np.asarray(objects).tolist() == theirs.tolist()


def test_their_lfs_run_in_two_processes_as_in_one() -> None:
    lfs = their_lfs(memoize=True)
    assert wl.apply_lfs(lfs, FRAME, n_jobs=2) == wl.apply_lfs(lfs, FRAME)


def test_their_memo_is_shared_between_their_lfs() -> None:
    lower = Counted()
    wl.apply_lfs(their_lfs(lower, memoize=True)[:3], FRAME)
    assert lower.calls == len(set(zip(*FRAME.to_dict("list").values(), strict=True)))
    again = Counted()
    wl.apply_lfs(their_lfs(again)[:3], FRAME)
    assert again.calls == 2 * len(FRAME)


def test_their_lfs_run_on_bare_texts() -> None:
    @sl.labeling_function()
    def as_text(x: Any) -> int:
        return SPAM if x.lower().startswith("free") and x[0] == "F" else -1

    expected = sl.LFApplier([as_text]).apply(TEXTS, progress_bar=False)
    lfs = [as_text, *their_lfs(memoize=True)[:3]]
    L = wl.apply_lfs(lfs, TEXTS)
    assert np.asarray(L)[:, :1].tolist() == expected.tolist()
    points = [SimpleNamespace(text=text) for text in TEXTS]
    assert np.asarray(L)[:, 1:].tolist() == np.asarray(wl.apply_lfs(lfs[1:], points)).tolist()


def test_a_memo_tells_texts_apart_that_another_preprocessor_changed() -> None:
    @their_preprocessor()
    def shout(x: Any) -> Any:
        x.text, x.weights = x.text.upper(), np.ones(2)
        return x

    @their_preprocessor(memoize=True)
    def first(x: Any) -> Any:
        x.first = x["text"][:1]
        return x

    def is_upper(x: Any) -> int:
        return int(x.first.isupper())

    lfs = [
        sl.LabelingFunction("loud", is_upper, pre=[shout, first]),
        sl.LabelingFunction("plain", is_upper, pre=[first]),
        sl.LabelingFunction("loud_again", is_upper, pre=[shout, first]),
    ]
    assert np.asarray(wl.apply_lfs(lfs, ["free"])).tolist() == [[1, 0, 1]]
    assert np.asarray(wl.apply_lfs(lfs, [{"text": "free"}])).tolist() == [[1, 0, 1]]


def test_faults_of_their_lfs_are_kept() -> None:
    @their_preprocessor()
    def nothing(x: Any) -> Any:
        return None if not x.text else x

    @sl.labeling_function(pre=[nothing])
    def needs_text(x: Any) -> int:
        return SPAM

    with pytest.raises(LFError, match=r"'needs_text' .*row 3.*should not return None"):
        wl.apply_lfs([needs_text], FRAME)
    L = wl.apply_lfs([needs_text], FRAME, on_error="abstain", max_fault_rate=0.5)
    theirs = sl.PandasLFApplier([needs_text]).apply(FRAME, progress_bar=False, fault_tolerant=True)
    assert np.asarray(L).tolist() == theirs.tolist()
    assert [(fault.lf, fault.row) for fault in L.faults] == [("needs_text", 3)]


def test_a_bare_bool_is_no_vote_for_their_lfs_either() -> None:
    @sl.labeling_function()
    def says_yes(x: Any) -> bool:
        return "free" in x.text

    with pytest.raises(LFError, match=r"'says_yes' voted False on row 0.*a bare bool needs"):
        wl.apply_lfs([says_yes], FRAME)


def our_lfs() -> list[wl.LabelingFunction]:
    @wl.preprocessor
    def words(x: Any) -> list[str]:
        return str(x.text).lower().split()

    @wl.preprocessor(pre=words, batch=True)
    def n_words(x: Any) -> Any:
        return x.words.map(len)

    @wl.labeling_function(pre=words, votes=SPAM)
    def says_free(x: Any) -> bool:
        return "free" in x.words

    @wl.labeling_function(pre=[n_words], classes=("HAM", "SPAM"))
    def two_words(x: Any) -> str | None:
        return "HAM" if x.n_words == 2 else None

    @wl.labeling_function(resources={"limit": 4})
    def with_resources(x: Any, limit: int) -> int | None:
        return SPAM if x["n"] == limit else None

    @wl.labeling_function(batch=True)
    def high_share(x: Any) -> IntArray:
        return np.where(x.share > 0.6, HAM, -1)

    return [says_free, two_words, with_resources, high_share]


def test_our_lfs_run_in_their_appliers() -> None:
    lfs = our_lfs()
    L = wl.apply_lfs(lfs, FRAME)
    assert L.n_votes > 4
    there = sl.PandasLFApplier(lfs).apply(FRAME, progress_bar=False)
    assert there.tolist() == np.asarray(L).tolist()
    assert there.dtype.kind == "i"
    points = [dict(row) for row in FRAME.to_dict("records")]
    by_list = sl.LFApplier(lfs).apply(points, progress_bar=False)
    assert by_list.tolist() == there.tolist()
    objects = sl.LFApplier(lfs[:2]).apply(
        [SimpleNamespace(**point) for point in points], progress_bar=False
    )
    assert objects.tolist() == there[:, :2].tolist()
    assert sl.LFApplier(lfs[:1]).apply(TEXTS, progress_bar=False).tolist() == there[:, :1].tolist()


def test_our_lfs_fail_in_their_appliers_as_theirs_do() -> None:
    @wl.preprocessor
    def first_word(x: Any) -> str:
        return str(x.text.split()[0])

    @wl.labeling_function(pre=first_word)
    def greets(x: Any) -> int | None:
        return HAM if x.first_word == "hello" else None

    applier = sl.PandasLFApplier([greets])
    votes, meta = applier.apply(FRAME, progress_bar=False, fault_tolerant=True, return_meta=True)
    assert votes.ravel().tolist() == [-1, HAM, -1, -1, -1, -1]
    assert dict(meta.faults) == {"greets": 1}
    with pytest.raises(IndexError):
        applier.apply(FRAME, progress_bar=False)


@given(L=label_matrices(min_rows=2, min_lfs=3, class_sets=False, keys=False))
@settings(max_examples=25)
def test_the_dense_matrix_feeds_their_label_model(L: wl.LabelMatrix) -> None:
    votes = np.asarray(L)
    model = TheirLabelModel(cardinality=L.k, verbose=False)
    with _random_states_kept():
        model.fit(votes, seed=3, n_epochs=5, progress_bar=False)
        assert model.predict_proba(votes).shape == (L.n, L.k)
    assert votes.flags.c_contiguous


@pytest.mark.parametrize("k", [127, 128, 129])
def test_their_shift_by_one_does_not_overflow(k: int) -> None:
    names = tuple(map(str, range(k)))
    L = wl.LabelMatrix.from_array([[0, k - 1, -1]], classes=names)
    assert (np.asarray(L) + 1).tolist() == [[1, k, 0]]


@pytest.fixture
def data() -> Any:
    return synthetic(400, 5, 3, coverage=0.7, accuracy=0.75, seed=2)


def test_the_wrapped_model_is_their_model(data: Any) -> None:
    params = {"n_epochs": 60, "lr": 0.02, "l2": 0.01, "optimizer": "adam", "prec_init": 0.8}
    ours = SnorkelLabelModel([0.3, 0.3, 0.4], seed=7, **params).fit(data.L)  # type: ignore[arg-type]
    theirs = TheirLabelModel(cardinality=3, verbose=False)
    votes = np.asarray(data.L, np.int64)
    with _random_states_kept():
        theirs.fit(votes, class_balance=[0.3, 0.3, 0.4], seed=7, progress_bar=False, **params)
    assert np.array_equal(ours.cond_probs_, theirs.get_conditional_probs())
    assert ours.class_balance_.tolist() == [0.3, 0.3, 0.4]
    probs = ours.predict_proba(data.L)
    np.testing.assert_allclose(probs, theirs.predict_proba(votes), atol=1e-5)
    assert np.array_equal(
        ours.predict(data.L)[data.L.covered], theirs.predict(votes)[data.L.covered]
    )
    assert ours.score(data.L, data.gold) > 0.7
    labels = ours.label(data.L)
    assert np.array_equal(labels.probs, probs)
    assert (probs[~data.L.covered] == ours.class_balance_).all()


def test_lfs_may_come_in_another_order(data: Any) -> None:
    model = SnorkelLabelModel().fit(data.L)
    shuffled = data.L.select([3, 1, 0, 4, 2])
    assert np.array_equal(model.predict_proba(shuffled), model.predict_proba(data.L))


def test_two_fits_are_the_same_and_seeds_differ(data: Any) -> None:
    one, two, other = (SnorkelLabelModel(seed=seed, n_epochs=3).fit(data.L) for seed in (1, 1, 2))
    assert np.array_equal(one.cond_probs_, two.cond_probs_)
    assert not np.array_equal(one.cond_probs_, other.cond_probs_)


def test_global_random_states_stay_as_they_were(data: Any) -> None:
    def states() -> list[str]:
        numpy_state = np.random.get_state(legacy=False)  # noqa: NPY002
        return [str(random.getstate()), str(numpy_state), str(torch.get_rng_state().tolist())]

    before = states()
    SnorkelLabelModel().fit(data.L)
    assert states() == before
    with pytest.raises(ValueError, match="Unrecognized optimizer option 'nosuch'"):
        SnorkelLabelModel(optimizer="nosuch").fit(data.L)
    assert states() == before


def test_loggers_stay_as_they_were(data: Any, caplog: pytest.LogCaptureFixture) -> None:
    before = logging.root.level, list(logging.root.handlers)
    SnorkelLabelModel().fit(data.L)
    assert (logging.root.level, logging.root.handlers) == before
    assert not caplog.records


def test_many_lfs_do_not_underflow() -> None:
    L = wl.LabelMatrix.from_array(np.tile([[0, 1], [1, 0], [0, 0], [1, 1]], (2, 250)))
    probs = SnorkelLabelModel(n_epochs=2).fit(L).predict_proba(L)
    assert np.isfinite(probs).all()


def test_the_class_balance_comes_from_known_gold_where_it_is_not_given(data: Any) -> None:
    gold = [0, 0, 1, 2, 2, None] + [None] * 394
    assert SnorkelLabelModel().fit(data.L, gold).class_balance_.tolist() == [0.4, 0.2, 0.4]
    given_ = SnorkelLabelModel([0.2, 0.2, 0.6]).fit(data.L, gold)
    assert given_.class_balance_.tolist() == [0.2, 0.2, 0.6]
    for nothing in (None, [None] * 400):
        assert SnorkelLabelModel().fit(data.L, nothing).class_balance_.tolist() == [1 / 3] * 3
    with pytest.raises(ValueError, match="where '1', '2' does not occur; pass class_balance="):
        SnorkelLabelModel().fit(data.L, [0] + [None] * 399)


def test_partial_votes_are_refused_by_name() -> None:
    L = wl.LabelMatrix.from_array(
        [[0, 1, 2], [1, 3, 2]], classes=("A", "B", "C"), class_sets=[(0, 1)]
    )
    with pytest.raises(ValueError, match=r"takes no partial votes, LF 'lf_1' cast some; leave it"):
        SnorkelLabelModel().fit(L)
    model = SnorkelLabelModel().fit(L[:1])
    assert model.predict_proba(L[:1]).shape == (1, 3)
    with pytest.raises(ValueError, match="takes no partial votes"):
        model.predict(L)


def test_what_their_model_cannot_do_is_said() -> None:
    two = wl.LabelMatrix.from_array([[0, 1], [1, 1]])
    with pytest.raises(ValueError, match="needs at least 3 LFs, got 2; use weaklabel's LabelModel"):
        SnorkelLabelModel().fit(two)
    three = wl.LabelMatrix.from_array([[0, 1, 1], [1, 1, 0]])
    with pytest.raises(ValueError, match=r"mu_eps must be between 0 and 0\.5, got 0"):
        SnorkelLabelModel(mu_eps=0).fit(three)
    with pytest.raises(ValueError, match="no LF votes on any row"):
        SnorkelLabelModel().fit(wl.LabelMatrix.from_array(np.full((2, 3), -1)))
    with pytest.raises(TypeError, match="expected a LabelMatrix, got list"):
        SnorkelLabelModel().fit([[0, 1, 1]])
    with pytest.raises(NotFittedError, match="this SnorkelLabelModel is not fitted"):
        SnorkelLabelModel().predict(three)
    with pytest.raises(ValueError, match="class_balance must sum to 1"):
        SnorkelLabelModel([0.5, 0.6]).fit(three)


def test_scikit_learn_can_clone_it() -> None:
    model = SnorkelLabelModel([0.5, 0.5], n_epochs=7, prec_init=[0.7, 0.8, 0.9])
    assert clone(model).get_params() == model.get_params()
    assert repr(model).startswith("SnorkelLabelModel(class_balance=[0.5, 0.5], n_epochs=7")


@pytest.fixture
def without_snorkel(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "snorkel"]:
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("without_snorkel")
def test_a_missing_extra_says_the_pip_line(data: Any) -> None:
    with pytest.raises(
        MissingExtraError,
        match=r"SnorkelLabelModel needs snorkel, .*pip install 'weaklabel\[snorkel\]'",
    ) as caught:
        SnorkelLabelModel().fit(data.L)
    assert caught.value.extra == "snorkel"


def run_python(code: str) -> str:
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603


def test_importing_the_door_loads_nothing_of_theirs() -> None:
    code = (
        "import sys, weaklabel as wl; wl.interop.snorkel.SnorkelLabelModel;"
        "print([m for m in ('snorkel', 'torch') if m in sys.modules])"
    )
    assert run_python(code).strip() == "[]"


def test_importing_snorkel_within_a_fit_leaves_numpy_alone() -> None:
    # Snorkel draws a seed from NumPy's global generator when it is imported.
    code = (
        "import numpy as np, weaklabel as wl; before = str(np.random.get_state(legacy=False));"
        "L = wl.LabelMatrix.from_array([[0, 1, 1], [1, 1, 0]]);"
        "wl.interop.snorkel.SnorkelLabelModel(n_epochs=1).fit(L);"
        "assert str(np.random.get_state(legacy=False)) == before"
    )
    run_python(code)


def test_a_saved_model_predicts_the_same(data: Any, tmp_path: Path) -> None:
    model = SnorkelLabelModel(n_epochs=5).fit(data.L)
    model.save(tmp_path / "model")
    loaded = SnorkelLabelModel.load(tmp_path / "model")
    assert np.array_equal(loaded.predict_proba(data.L), model.predict_proba(data.L))
