"""Refinement by features: it corrects, it extends, and it keeps still where features are silent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import weaklabel as wl
from tests.shared_data import needs_shared_data
from weaklabel.datasets import Synthetic, load_wrench, synthetic
from weaklabel.label_model._refine._refine import Refined, refine
from weaklabel.labels import ProbabilisticLabels
from weaklabel.types import FloatArray


def labelled(L: wl.LabelMatrix) -> ProbabilisticLabels:
    return wl.MajorityVote().fit(L).label(L)


def drawn(n: int = 600, k: int = 2, seed: int = 0) -> Synthetic:
    return synthetic(n, 5, k, coverage=0.25, accuracy=0.75, seed=seed)


def telling(data: Synthetic, seed: int = 0) -> FloatArray:
    """Numbers that say much of the class, and some that say nothing."""
    rng = np.random.default_rng(seed)
    n, k = data.L.n, data.L.k
    return np.hstack([np.eye(k)[data.gold] + rng.normal(0, 0.6, (n, k)), rng.normal(size=(n, 4))])


def wordy(data: Synthetic, *, informative: bool, seed: int = 0) -> list[str]:
    """Texts of eight words of 40 a class, or of words that say nothing."""
    rng = np.random.default_rng(seed)
    topics = data.gold if informative else np.zeros_like(data.gold)
    return [
        " ".join(f"w{40 * y + j}" for j in rng.integers(0, 40, 5))
        + " "
        + " ".join(f"x{j}" for j in rng.integers(0, 60, 6))
        for y in topics
    ]


def accuracy(probs: FloatArray, data: Synthetic, rows: Any = slice(None)) -> float:
    return float((probs[rows].argmax(axis=1) == data.gold[rows]).mean())


SILENT: dict[str, Callable[[Synthetic], Any]] = {
    "dense": lambda d: np.random.default_rng(5).normal(size=(d.L.n, 30)),
    "sparse": lambda d: sparse.random(d.L.n, 200, 0.05, format="csr", rng=5),
    "texts": lambda d: wordy(d, informative=False),
    "constant": lambda d: np.ones((d.L.n, 3)),
    "all zero": lambda d: sparse.csr_matrix((d.L.n, 3)),
    "no columns": lambda d: np.empty((d.L.n, 0)),
    "no words": lambda d: [""] * d.L.n,
}
TELLING: dict[str, Callable[[Synthetic], Any]] = {
    "dense": telling,
    "float32": lambda d: telling(d).astype(np.float32),
    "DataFrame": lambda d: pd.DataFrame(telling(d)).add_prefix("f"),
    "sparse": lambda d: sparse.csr_matrix(np.maximum(telling(d) - 0.3, 0)),
    "sparse array": lambda d: sparse.coo_array(np.maximum(telling(d) - 0.3, 0)),
    "texts": lambda d: wordy(d, informative=True),
    "Series": lambda d: pd.Series(wordy(d, informative=True), index=range(7, d.L.n + 7)),
    "column": lambda d: pd.DataFrame({"text": wordy(d, informative=True)}),
    "array of texts": lambda d: np.array(wordy(d, informative=True)),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", SILENT)
def test_features_of_no_information_leave_the_labels_as_they_were(kind: str, seed: int) -> None:
    data = drawn(n=400, k=2 + seed % 2, seed=seed)
    labels = labelled(data.L)
    refined = refine(data.L, labels, SILENT[kind](data))
    assert refined.strength == 0
    assert refined.labels is labels
    assert refined.z < 2


@pytest.mark.parametrize("kind", TELLING)
def test_telling_features_correct_and_extend_the_labels(kind: str) -> None:
    data = drawn()
    labels = labelled(data.L)
    bare, covered = ~data.L.covered, data.L.covered
    refined = refine(data.L, labels, TELLING[kind](data))
    assert 0 < refined.strength <= 1
    assert refined.log_loss < refined.baseline_log_loss
    assert accuracy(refined.probs, data, bare) > 0.75
    assert accuracy(refined.probs, data, covered) > accuracy(labels.probs, data, covered) + 0.05
    assert np.isfinite(refined.probs).all()
    np.testing.assert_allclose(refined.probs.sum(axis=1), 1.0)


def test_features_that_only_repeat_the_votes_change_little() -> None:
    data = drawn(n=2000, seed=1)
    labels = labelled(data.L)
    votes = np.asarray(data.L)
    refined = refine(data.L, labels, np.hstack([votes == 0, votes == 1]).astype(float))
    assert accuracy(refined.probs, data) == pytest.approx(accuracy(labels.probs, data), abs=0.02)


def test_rows_the_features_speak_of_are_covered_and_can_be_trained_on() -> None:
    data = drawn()
    texts = wordy(data, informative=True)
    silent = int(np.flatnonzero(~data.L.covered)[0])
    texts[silent] = ""
    labels = refine(data.L, labelled(data.L), texts).labels
    assert not labels.covered[silent]
    assert labels.covered.sum() == data.L.n - 1
    assert labels.predict()[silent] == wl.ABSTAIN
    np.testing.assert_array_equal(labels.probs[silent], labels.class_balance)
    assert len(labels.training_set(texts)) == data.L.n - 1


def test_new_rows_are_labelled_with_and_without_votes() -> None:
    data, new = (synthetic(800, 5, coverage=0.4, accuracy=0.8, seed=seed) for seed in (1, 2))
    refined = refine(data.L, labelled(data.L), telling(data))
    alone = refined.predict_proba(telling(new, seed=9))
    joined = refined.predict_proba(telling(new, seed=9), new.L)
    np.testing.assert_allclose(alone.sum(axis=1), 1.0)
    assert accuracy(alone, new) > 0.75
    assert accuracy(joined, new) > accuracy(alone, new)
    np.testing.assert_array_equal(joined[~new.L.covered], alone[~new.L.covered])


def test_without_strength_new_rows_get_the_balance_or_what_the_votes_say() -> None:
    data = drawn(n=400)
    model = wl.LabelModel().fit(data.L)
    labels = model.label(data.L)
    features = SILENT["dense"](data)
    refined = refine(data.L, labels, features)
    np.testing.assert_allclose(
        refined.predict_proba(features), np.tile(labels.class_balance, (400, 1))
    )
    np.testing.assert_allclose(refined.predict_proba(features, data.L), labels.probs, atol=0.05)


def test_the_order_of_rows_and_lfs_does_not_matter() -> None:
    data = drawn(n=300)
    features = wordy(data, informative=True)
    rng = np.random.default_rng(0)
    rows, lfs = rng.permutation(300), rng.permutation(5)
    L = data.L.select(lfs.tolist())[rows]
    refined = refine(data.L, labelled(data.L), features)
    shuffled = refine(L, labelled(L), [features[i] for i in rows])
    assert shuffled.strength == pytest.approx(refined.strength, abs=1e-9)
    np.testing.assert_allclose(shuffled.probs, refined.probs[rows], atol=1e-9)
    np.testing.assert_array_equal(shuffled.labels.keys, L.keys)
    np.testing.assert_allclose(
        shuffled.predict_proba(features, data.L), refined.predict_proba(features, data.L), atol=1e-9
    )


def test_it_is_deterministic_and_leaves_the_global_random_state_alone() -> None:
    data = drawn(n=300)
    features = wordy(data, informative=True)
    before = np.random.get_state()[1].tolist()  # type: ignore[index] # noqa: NPY002
    first = refine(data.L, labelled(data.L), features)
    again = refine(data.L, labelled(data.L), features)
    after = np.random.get_state()[1].tolist()  # type: ignore[index] # noqa: NPY002
    np.testing.assert_array_equal(first.probs, again.probs)
    assert before == after


def test_partial_votes_and_many_classes_are_understood() -> None:
    data = drawn(n=600, k=4)
    votes = np.asarray(data.L).copy()
    votes[:, 0] = np.where(votes[:, 0] >= 0, 4 + votes[:, 0] // 2, -1)
    L = wl.LabelMatrix.from_array(votes, list("abcd"), class_sets=[(0, 1), (2, 3)])
    refined = refine(L, labelled(L), telling(data))
    assert accuracy(refined.probs, data) > accuracy(labelled(L).probs, data) + 0.1
    other = wl.LabelMatrix.from_array([[4, -1, -1, -1, -1]], list("abcd"), class_sets=[(0, 3)])
    assert np.isfinite(refined.predict_proba(telling(data)[:1], other)).all()


def test_keys_of_several_types_and_few_rows_are_fine() -> None:
    L = wl.LabelMatrix.from_array([[1], [0], [-1]], keys=np.array(["a", 1, 2.5], dtype=object))
    for rows in ([0, 1, 2], [0], [2, 1]):
        labels = labelled_quietly(L[rows])
        refined = refine(L[rows], labels, [["free cash", "see you", "you"][i] for i in rows])
        assert refined.labels is labels


def labelled_quietly(L: wl.LabelMatrix) -> ProbabilisticLabels:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wl.errors.WeakLabelWarning)
        return labelled(L)


def test_the_repr_says_what_was_found() -> None:
    data = drawn(n=300)
    text = repr(refine(data.L, labelled(data.L), telling(data)))
    assert text.startswith("Refined: strength ")
    assert "ProbabilisticLabels: 300 rows, 300 covered" in text


def small(features: Any, **changed: Any) -> Refined:
    L = changed.pop("L", wl.LabelMatrix.from_array([[1], [0], [-1]]))
    return refine(L, changed.pop("labels", None) or labelled(L), features, **changed)


@pytest.mark.parametrize(
    ("features", "error", "message"),
    [
        ([[1.0], [np.nan], [0.0]], ValueError, r"features\[1, 0\] is nan, expected a finite"),
        ([[1.0], [2.0], [np.inf]], ValueError, r"features\[2, 0\] is inf.*SimpleImputer"),
        (sparse.csr_matrix([[0, 1], [0, np.nan], [1, 0]]), ValueError, r"features\[1, 1\] is nan"),
        ([[1.0], [2.0]], ValueError, "features have 2 rows, the label matrix has 3"),
        (sparse.csr_matrix((4, 2)), ValueError, "features have 4 rows, the label matrix has 3"),
        (["a", "b"], ValueError, "features have 2 rows, the label matrix has 3"),
        (["a", None, "b"], ValueError, r"features\[1\] is None, expected a text"),
        (["a", "b", np.nan], ValueError, r"features\[2\] is nan, expected a text"),
        ("text", TypeError, "features are one str, expected n rows"),
        ({"a": 1}, TypeError, "features are one dict, expected n rows"),
        (7, TypeError, "features are one int, expected n rows"),
        ([1.0, 2.0, 3.0], ValueError, r"features have shape \(3,\).*reshape\(-1, 1\)"),
        (np.ones((3, 1, 1)), ValueError, r"features have shape \(3, 1, 1\), expected \(n, d\)"),
        (
            pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]}),
            TypeError,
            r"features \(DataFrame\) are neither texts nor numbers.*get_dummies",
        ),
    ],
)
def test_bad_features_are_refused(features: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        small(features)


def test_other_bad_arguments_are_refused() -> None:
    good = ["a", "b", "c"]
    L = wl.LabelMatrix.from_array([[1], [0], [-1]])
    with pytest.raises(TypeError, match=r"expected a LabelMatrix, got list; make one with"):
        refine([[1]], labelled(L), good)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"labels must be ProbabilisticLabels, got ndarray"):
        refine(L, labelled(L).probs, good)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="labels have 2 rows, the label matrix has 3"):
        small(good, labels=labelled(L[:2]))
    with pytest.raises(ValueError, match="different row keys"):
        small(good, labels=labelled(L[[1, 0, 2]]))
    with pytest.raises(ValueError, match=r"labels have the classes \('0', '1'\), the label matrix"):
        small(good, L=wl.LabelMatrix.from_array([[1], [0], [-1]], ("A", "B")), labels=labelled(L))
    with pytest.raises(ValueError, match="rounds must be an int of at least 1, got 0"):
        small(good, rounds=0)
    with pytest.raises(ValueError, match="folds must be an int of at least 2, got 1"):
        small(good, folds=1)
    with pytest.raises(ValueError, match="no LF votes on any row; there is nothing to refine"):
        small(good[2:], L=L[[2]], labels=wl.MajorityVote().fit(L).label(L[[2]]))


def test_new_rows_of_another_kind_are_refused() -> None:
    data = drawn(n=200)
    texts = refine(data.L, labelled(data.L), wordy(data, informative=True))
    dense = refine(data.L, labelled(data.L), telling(data))
    thin = refine(data.L, labelled(data.L), sparse.csr_matrix(telling(data)))
    with pytest.raises(TypeError, match="features are numbers, the fit had texts"):
        texts.predict_proba([[1.0]])
    with pytest.raises(TypeError, match="features are texts, the fit had numbers"):
        dense.predict_proba(["a"])
    with pytest.raises(ValueError, match="features have 2 columns, the fit had 6"):
        dense.predict_proba([[1.0, 2.0]])
    with pytest.raises(TypeError, match="features are sparse, the fit had a dense matrix"):
        dense.predict_proba(sparse.csr_matrix((1, 6)))
    with pytest.raises(TypeError, match="features are dense, the fit had a sparse matrix"):
        thin.predict_proba(np.ones((1, 6)))
    with pytest.raises(ValueError, match="features have 1 rows, the label matrix has 200"):
        dense.predict_proba(np.ones((1, 6)), data.L)
    with pytest.raises(TypeError, match="expected a LabelMatrix, got ndarray"):
        dense.predict_proba(telling(data), np.asarray(data.L))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"L has the LFs .* the refinement was fitted on"):
        dense.predict_proba(telling(data), data.L.select([0, 1]))
    other = wl.LabelMatrix.from_array(np.asarray(data.L), ("A", "B"), data.L.lf_names)
    with pytest.raises(ValueError, match=r"L has the classes \('A', 'B'\), the refinement was"):
        dense.predict_proba(telling(data), other)


@needs_shared_data
def test_comments_are_labelled_much_better_with_their_texts(shared_data: Any) -> None:
    data = load_wrench(shared_data / "classification" / "youtube")
    assert data.train is not None
    assert data.test is not None
    labels = labelled(data.train.L)
    refined = refine(data.train.L, labels, data.train.data["text"])
    found = refined.predict_proba(data.test.data["text"]).argmax(axis=1)
    assert (found == data.test.gold).mean() > 0.9
