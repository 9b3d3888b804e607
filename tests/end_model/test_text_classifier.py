"""TextClassifier: what it learns, what it leaves alone, and what it says about bad input."""

from __future__ import annotations

import random
import sys
import warnings
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from numpy.typing import NDArray

from weaklabel.end_model import TextClassifier
from weaklabel.errors import MissingExtraError, NotFittedError, WeakLabelWarning
from weaklabel.labels import ProbabilisticLabels

Encoder = Literal["lstm", "cnn"]
ENCODERS: tuple[Encoder, ...] = ("lstm", "cnn")
CLASSES = ("LAND", "SEA")
LAND = ("field", "forest", "mountain", "meadow")
SEA = ("wave", "harbour", "island", "tide")


def labels_of(
    probs: NDArray[np.float64], covered: NDArray[np.bool_] | None = None
) -> ProbabilisticLabels:
    every = np.ones(len(probs), dtype=bool)
    return ProbabilisticLabels(
        probs=probs,
        covered=every if covered is None else covered,
        keys=np.arange(len(probs)),
        class_names=CLASSES,
        class_balance=np.full(2, 0.5),
    )


def texts_and_gold(n: int = 160, seed: int = 1) -> tuple[list[str], NDArray[np.int64]]:
    """Texts of 1 to 12 words, of which one word decides the class."""
    draw = random.Random(seed)  # noqa: S311 - no cryptography
    filler = ["the", "a", "we", "saw", "and", "then", "behind", "old", "12", "."]
    texts, gold = [], []
    for _ in range(n):
        y = draw.randrange(2)
        words = [*draw.choices(filler, k=draw.randrange(12)), draw.choice((LAND, SEA)[y])]
        draw.shuffle(words)
        texts.append(" ".join(words))
        gold.append(y)
    return texts, np.array(gold)


def soft(gold: NDArray[np.int64], confidence: float = 0.85) -> NDArray[np.float64]:
    probs = np.full((len(gold), 2), 1 - confidence)
    probs[np.arange(len(gold)), gold] = confidence
    return probs


def tiny(encoder: Encoder = "cnn", **params: Any) -> TextClassifier:
    defaults: dict[str, Any] = {
        "embedding_dim": 16,
        "hidden_dim": 8,
        "epochs": 8,
        "batch_size": 16,
        "learning_rate": 0.02,
        "device": "cpu",
        "progress": False,
    }
    return TextClassifier(encoder, **{**defaults, **params})


@pytest.fixture(scope="module", params=ENCODERS)
def fitted(request: pytest.FixtureRequest) -> TextClassifier:
    texts, gold = texts_and_gold()
    labels = labels_of(soft(gold))
    return tiny(request.param).fit(texts, labels)


# What it learns


def test_the_class_that_a_word_decides_is_learned_from_soft_labels(fitted: TextClassifier) -> None:
    texts, gold = texts_and_gold(seed=2)
    assert fitted.score(texts, gold) > 0.95
    probs = fitted.predict_proba(texts)
    assert probs.dtype == np.float64
    assert probs.shape == (len(texts), 2)
    np.testing.assert_allclose(probs.sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_array_equal(fitted.predict(texts), probs.argmax(axis=1))
    assert fitted.class_names_ == CLASSES
    np.testing.assert_array_equal(fitted.classes_, [0, 1])


def test_soft_targets_keep_the_doubt_of_the_labels_and_hard_ones_drop_it() -> None:
    texts, gold = texts_and_gold()
    labels = soft(gold, 0.7)
    doubt = tiny(epochs=20, patience=20).fit(texts, labels).predict_proba(texts).max(axis=1)
    sure = tiny(epochs=20, patience=20, targets="hard").fit(texts, labels)
    assert 0.6 < np.median(doubt) < 0.8
    assert np.median(sure.predict_proba(texts).max(axis=1)) > 0.95


def test_hard_targets_leave_out_ties() -> None:
    texts, gold = texts_and_gold(40)
    tied = np.vstack([soft(gold), np.full((40, 2), 0.5)])
    model = tiny(targets="hard", epochs=2).fit(texts + ["tied words"] * 40, tied)
    assert "tied" not in model.vocabulary_.words


def test_uncovered_rows_teach_nothing() -> None:
    texts, gold = texts_and_gold(60)
    covered = np.arange(60) < 50
    probs = soft(gold)
    probs[50:] = np.nan
    part = tiny(epochs=2).fit(texts[:50], labels_of(probs[:50], covered[:50]))
    whole = tiny(epochs=2).fit(texts, labels_of(probs, covered))
    np.testing.assert_array_equal(part.predict_proba(texts), whole.predict_proba(texts))


def test_gold_labels_train_and_unknown_ones_are_left_out() -> None:
    texts, gold = texts_and_gold(60)
    partial = gold.copy()
    partial[50:] = -1
    part = tiny(epochs=2).fit(texts[:50], gold[:50])
    whole = tiny(epochs=2).fit(texts, [None if y < 0 else int(y) for y in partial])
    assert part.class_names_ == ("0", "1")
    np.testing.assert_array_equal(part.predict_proba(texts), whole.predict_proba(texts))


def test_a_row_of_weight_zero_teaches_nothing() -> None:
    texts, gold = texts_and_gold(60)
    weights = np.where(np.arange(60) < 50, 1.0, 0.0)
    part = tiny(epochs=2).fit(texts[:50], gold[:50])
    whole = tiny(epochs=2).fit(texts, gold, sample_weight=weights)
    np.testing.assert_array_equal(part.predict_proba(texts), whole.predict_proba(texts))


def test_heavier_rows_win_over_rows_that_contradict_them() -> None:
    texts, gold = texts_and_gold()
    weights = np.r_[np.full(len(gold), 5.0), np.full(len(gold), 0.1)]
    model = tiny().fit(texts * 2, np.r_[gold, 1 - gold], sample_weight=weights)
    assert model.score(texts, gold) > 0.9


def test_classes_of_an_enum_name_the_columns() -> None:
    class Ground(Enum):
        LAND = 0
        SEA = 1
        AIR = 2

    texts, gold = texts_and_gold(30)
    model = tiny(classes=Ground, epochs=1).fit(texts, gold)
    assert model.class_names_ == ("LAND", "SEA", "AIR")
    assert model.predict_proba(texts[:2]).shape == (2, 3)


# Shapes of text


@pytest.mark.parametrize("column", [list, np.array, pd.Series, pl.Series, tuple])
def test_texts_may_be_any_column(fitted: TextClassifier, column: Any) -> None:
    texts, _ = texts_and_gold(6)
    np.testing.assert_array_equal(fitted.predict_proba(column(texts)), fitted.predict_proba(texts))


def test_zero_texts_give_zero_rows(fitted: TextClassifier) -> None:
    assert fitted.predict_proba([]).shape == (0, 2)
    assert fitted.predict([]).shape == (0,)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_empty_short_and_unknown_texts_work(encoder: Encoder) -> None:
    texts, gold = texts_and_gold(40)
    strange = ["", "   ", "wave", "zzz", "\u4e16\u754c", "\U0001f600"]
    model = tiny(encoder, epochs=2).fit(texts + strange, np.r_[gold, [0] * len(strange)])
    assert np.isfinite(model.predict_proba(strange)).all()
    assert np.isfinite(model.predict_proba([""])).all()


def test_words_beyond_max_tokens_are_not_read() -> None:
    texts, gold = texts_and_gold(40)
    model = tiny(max_tokens=3, epochs=2).fit(texts, gold)
    np.testing.assert_array_equal(
        model.predict_proba(["a wave behind"]), model.predict_proba(["a wave behind old forest"])
    )


def test_a_prediction_does_not_depend_on_the_other_texts(fitted: TextClassifier) -> None:
    texts, _ = texts_and_gold(300)
    texts += ["wave", "", "forest " * 40]
    together = fitted.predict_proba(texts)
    alone = np.vstack([fitted.predict_proba([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    np.testing.assert_allclose(fitted.predict_proba(texts[::-1])[::-1], together, atol=1e-6)


# Training


def test_history_has_a_row_per_epoch(fitted: TextClassifier) -> None:
    history = fitted.history_
    columns = ["epoch", "train_loss", "valid_loss", "valid_accuracy", "seconds"]
    assert list(history.columns) == columns
    assert history["epoch"].tolist() == list(range(1, len(history) + 1))
    assert history.notna().all(axis=None)
    assert history["train_loss"].iloc[-1] < history["train_loss"].iloc[0]


def test_training_stops_early_and_keeps_the_best_epoch() -> None:
    texts, gold = texts_and_gold(40)
    contrary = (texts, 1 - gold)  # the better it learns, the worse it validates
    stopped = tiny(epochs=20, patience=2).fit(texts, gold, validation=contrary)
    losses = stopped.history_["valid_loss"]
    best = int(losses.argmin())
    assert len(losses) == best + 1 + 2
    short = tiny(epochs=best + 1).fit(texts, gold, validation=contrary)
    np.testing.assert_array_equal(short.predict_proba(texts), stopped.predict_proba(texts))


def test_validation_may_be_given_and_then_nothing_is_held_out() -> None:
    texts, gold = texts_and_gold(40)
    labels = labels_of(soft(gold))
    model = tiny(epochs=2).fit([*texts[:39], "rare wave"], labels, validation=(texts, gold))
    assert "rare" in model.vocabulary_.words
    assert model.history_["valid_accuracy"].notna().all()


def test_without_validation_texts_all_epochs_run() -> None:
    texts, gold = texts_and_gold(40)
    model = tiny(epochs=6, patience=1, validation_fraction=0).fit(texts, gold)
    assert len(model.history_) == 6
    assert model.history_["valid_loss"].isna().all()


def test_two_texts_are_enough() -> None:
    model = tiny(epochs=1, validation_fraction=0.9).fit(["wave", "field"], [0, 1])
    assert model.predict(["wave"]).shape == (1,)


# Determinism


@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_same_seed_gives_the_same_model_and_another_seed_another(encoder: Encoder) -> None:
    texts, gold = texts_and_gold(60)
    first, again, other = (
        tiny(encoder, epochs=2, seed=seed).fit(texts, gold).predict_proba(texts)
        for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


@pytest.mark.parametrize("encoder", ENCODERS)
def test_global_state_is_neither_read_nor_changed(encoder: Encoder) -> None:
    texts, gold = texts_and_gold(40)

    def state() -> tuple[object, ...]:
        return (
            random.getstate(),
            repr(np.random.get_state()),  # noqa: NPY002 - the state that must not change
            torch.get_rng_state().tolist(),
            torch.get_num_threads(),
            torch.are_deterministic_algorithms_enabled(),
            torch.is_grad_enabled(),
            torch.get_default_dtype(),
        )

    before = state()
    first = tiny(encoder, epochs=2).fit(texts, gold).predict_proba(texts)
    assert state() == before

    try:
        torch.manual_seed(99)
        torch.set_default_dtype(torch.float64)
        with torch.no_grad():
            second = tiny(encoder, epochs=2).fit(texts, gold).predict_proba(texts)
    finally:
        torch.set_default_dtype(torch.float32)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_number_of_cores_does_not_matter(encoder: Encoder) -> None:
    texts, gold = texts_and_gold(60)
    before = torch.get_num_threads()
    probs = {}
    try:
        for cores in (1, 2):
            torch.set_num_threads(cores)
            probs[cores] = tiny(encoder, epochs=2).fit(texts, gold).predict_proba(texts)
            assert torch.get_num_threads() == cores
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(probs[1], probs[2])


def test_fit_leaves_the_inputs_as_they_are() -> None:
    texts, gold = texts_and_gold(40)
    probs = soft(gold)
    kept_texts, kept_probs = list(texts), probs.copy()
    tiny(epochs=1).fit(texts, probs)
    assert texts == kept_texts
    np.testing.assert_array_equal(probs, kept_probs)


# scikit-learn's manners


def test_clone_and_cross_validation_of_scikit_learn_work() -> None:
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_score

    model = tiny(seed=5)
    copy = clone(model)
    assert copy is not model
    assert copy.get_params() == model.get_params()
    texts, gold = texts_and_gold()
    assert cross_val_score(copy, texts, gold, cv=2).mean() > 0.8


def test_fit_returns_self_and_stores_parameters_untouched() -> None:
    texts, gold = texts_and_gold(20)
    model = tiny(epochs=1)
    before = model.get_params()
    assert model.fit(texts, gold) is model
    assert model.get_params() == before


def test_parameters_changed_after_fit_do_not_change_predictions() -> None:
    texts, gold = texts_and_gold(20)
    model = tiny(epochs=1).fit(texts, gold)
    before = model.predict_proba(texts)
    model.set_params(encoder="lstm", max_tokens=1, hidden_dim=99)
    np.testing.assert_array_equal(model.predict_proba(texts), before)


def test_set_params_names_the_parameters_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"TextClassifier has no parameter 'depth'; it has .*encoder"
    ):
        TextClassifier().set_params(depth=3)


def test_the_repr_shows_what_differs_from_the_defaults() -> None:
    assert repr(TextClassifier("cnn", seed=1)) == "TextClassifier(encoder='cnn', seed=1)"


def test_score_skips_unknown_gold(fitted: TextClassifier) -> None:
    texts, gold = texts_and_gold(20)
    partial: list[int | None] = [int(y) for y in gold]
    partial[0], partial[1] = -1, None
    assert fitted.score(texts, partial) == fitted.score(texts[2:], gold[2:])


# Bad input


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_prediction_before_fit_is_refused(method: str) -> None:
    with pytest.raises(NotFittedError, match="this TextClassifier is not fitted; call fit first"):
        getattr(tiny(), method)(["a"])


def test_score_and_save_before_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError, match="not fitted"):
        tiny().score(["a"], [0])
    with pytest.raises(NotFittedError, match="not fitted"):
        tiny().save(tmp_path / "model")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (["a", "b"], [0, 1, 1], "labels have 3 rows for 2 texts"),
        (["a"], [[0.5, 0.5], [0.5, 0.5]], "labels have 2 rows for 1 texts"),
        ([], [], "zero rows"),
        (["a", "b"], [[1, 0], [np.nan, 1]], "labels: probabilities of row 1 are not finite"),
        (["a", "b"], [[1, 0], [-0.5, 1.5]], r"row 1 are negative: \[-0.5, 1.5\]"),
        (["a", "b"], [[0.5, 0.4], [0, 1]], "row 0 are not summing to 1"),
        (["a", "b"], [-1, -1], "no row of the 2 labels is covered"),
        (["a", "b"], np.array([0, -2]), "labels holds -2 at position 1; expected -1 or 0..0"),
        (["a", "b"], [0, 0], "labels have 1 class, expected at least 2"),
        (["a", "b"], [[1.0], [1.0]], "labels have 1 class, expected at least 2"),
        (["a"], np.zeros((1, 2, 2)), r"labels have shape \(1, 2, 2\), expected \(n, k\)"),
    ],
)
def test_impossible_labels_are_refused(texts: list[str], labels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tiny().fit(texts, labels)


def test_labels_without_a_covered_row_are_refused() -> None:
    labels = labels_of(np.full((2, 2), 0.5), np.zeros(2, dtype=bool))
    with pytest.raises(ValueError, match="no row of the 2 labels is covered"):
        tiny().fit(["a", "b"], labels)


def test_labels_that_are_all_ties_are_refused_for_hard_targets() -> None:
    with pytest.raises(ValueError, match='all labels are ties, targets="hard" leaves none'):
        tiny(targets="hard").fit(["a", "b"], [[0.5, 0.5], [0.5, 0.5]])


@pytest.mark.parametrize("label", [0.5, "SEA", True])
def test_gold_that_is_no_class_code_is_refused(label: object) -> None:
    with pytest.raises(TypeError, match=rf"labels\[1\] is {label!r} .* expected a class code"):
        tiny().fit(["a", "b"], np.array([0, label], dtype=object))


def test_labels_for_other_classes_are_refused() -> None:
    labels = labels_of(np.full((2, 2), 0.5))
    with pytest.raises(ValueError, match=r"labels are for classes \('LAND', 'SEA'\), expected"):
        tiny(classes=("HAM", "SPAM")).fit(["a", "b"], labels)
    with pytest.raises(ValueError, match="labels have 3 columns for 2 classes"):
        tiny(classes=("HAM", "SPAM")).fit(["a"], [[1.0, 0.0, 0.0]])


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
def test_a_missing_text_is_named_by_its_position(missing: object) -> None:
    kind = "None" if missing is None else "NaN"
    texts: list[Any] = ["a", missing]
    with pytest.raises(TypeError, match=rf"texts\[1\] is {kind}.*expected a str"):
        tiny().fit(texts, [0, 1])
    with pytest.raises(TypeError, match=r"texts\[1\] is "):
        tiny().fit(pd.Series(texts, dtype=object), [0, 1])


def test_a_text_that_is_a_number_is_named_by_its_position(fitted: TextClassifier) -> None:
    with pytest.raises(TypeError, match=r"texts\[0\] is 7 \(int\), expected a str"):
        fitted.predict([7])  # type: ignore[list-item]


def test_texts_given_as_one_str_or_as_a_table_are_refused(fitted: TextClassifier) -> None:
    with pytest.raises(TypeError, match="texts is one str, expected a sequence of texts"):
        fitted.predict("a single text")
    with pytest.raises(TypeError, match="texts is a DataFrame, expected one column"):
        fitted.predict(pd.DataFrame({"text": ["a"]}))
    with pytest.raises(TypeError, match="texts is a dict, expected one column"):
        fitted.predict({"text": ["a"]})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"encoder": "lstn"}, r"encoder is 'lstn', expected one of .*did you mean 'lstm'\?"),
        ({"targets": "softish"}, "targets is 'softish', expected one of"),
        ({"epochs": 0}, "epochs is 0, expected an integer >= 1"),
        ({"batch_size": 2.5}, "batch_size is 2.5, expected an integer >= 1"),
        ({"seed": -1}, "seed is -1, expected an integer >= 0"),
        ({"dropout": 1.0}, r"dropout is 1.0, expected a share in \[0, 1\)"),
        ({"validation_fraction": 1}, "validation_fraction is 1, expected a share"),
        ({"learning_rate": 0}, "learning_rate is 0, expected a number > 0"),
        ({"weight_decay": -1}, "weight_decay is -1, expected a number >= 0"),
        ({"device": "cuda:99"}, "device 'cuda:99' is not there; this machine has cpu"),
        ({"device": "toaster"}, "device 'toaster' is not there"),
    ],
)
def test_impossible_parameters_are_refused_by_fit(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tiny(**params).fit(["a", "b"], [0, 1])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], r"sample_weight has shape \(1,\) for 2 texts"),
        ([1.0, -1.0], r"sample_weight\[1\] is -1.0, expected a finite number >= 0"),
        ([np.nan, 1.0], r"sample_weight\[0\] is nan"),
        ([0.0, 0.0], "sample_weight is 0 for every covered row"),
    ],
)
def test_impossible_weights_are_refused(weights: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tiny().fit(["a", "b"], [0, 1], sample_weight=weights)


def test_bad_validation_is_named_as_such() -> None:
    texts, gold = texts_and_gold(10)
    with pytest.raises(TypeError, match=r"validation is a list, expected a tuple"):
        tiny().fit(texts, gold, validation=texts)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="validation labels have 10 rows for 9 texts"):
        tiny().fit(texts, gold, validation=(texts[:9], gold))
    with pytest.raises(ValueError, match=r"validation labels at position 0: 2 is no class"):
        tiny().fit(texts, gold, validation=(["a"], [2]))
    with pytest.raises(TypeError, match=r"validation texts\[0\] is None"):
        tiny().fit(texts, gold, validation=([None], [1]))  # type: ignore[list-item]


def test_bad_gold_for_score_is_refused(fitted: TextClassifier) -> None:
    with pytest.raises(ValueError, match="y has 1 rows for 2 texts"):
        fitted.score(["a", "b"], [0])
    with pytest.raises(ValueError, match="y holds no known label"):
        fitted.score(["a", "b"], [-1, -1])
    with pytest.raises(
        ValueError, match=r"y at position 1: 2 is no class; expected 0..1 for classes"
    ):
        fitted.score(["a", "b"], [0, 2])


def test_labels_of_one_class_only_are_warned_about() -> None:
    with pytest.warns(WeakLabelWarning, match=r"every label says 'SEA', of the classes"):
        tiny(classes=CLASSES, epochs=1).fit(["a", "b"], [1, 1])


def test_a_diverging_loss_is_named() -> None:
    texts, gold = texts_and_gold(40)
    with pytest.raises(FloatingPointError, match=r"training diverged in epoch .*learning_rate"):
        tiny(learning_rate=1e38).fit(texts, gold)


def test_a_failed_fit_leaves_the_fitted_model_usable() -> None:
    texts, gold = texts_and_gold(20)
    model = tiny(epochs=1).fit(texts, gold)
    before = model.predict_proba(texts)
    with pytest.raises(ValueError, match="rows for"):
        model.fit(texts, gold[:-1])
    np.testing.assert_array_equal(model.predict_proba(texts), before)


def test_a_missing_torch_names_the_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "weaklabel.end_model")
    with pytest.raises(MissingExtraError, match=r"TextClassifier needs torch.*weaklabel\[torch\]"):
        __import__("weaklabel.end_model")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_gpu_model_learns_and_moves_to_the_cpu(encoder: Encoder, tmp_path: Path) -> None:
    texts, gold = texts_and_gold()
    model = tiny(encoder, device="auto").fit(texts, gold)
    assert next(model.network_.parameters()).device.type == "cuda"
    model.save(tmp_path / "model")
    moved = TextClassifier.load(tmp_path / "model", device="cpu")
    np.testing.assert_allclose(moved.predict_proba(texts), model.predict_proba(texts), atol=1e-4)


def test_no_warning_is_given_for_ordinary_input() -> None:
    texts, gold = texts_and_gold(20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiny("lstm", epochs=1).fit(texts, gold).predict(texts)


def test_a_wild_code_does_not_found_a_million_classes() -> None:
    with pytest.raises(ValueError, match="code 3000000 would make 3,000,001 classes"):
        TextClassifier("cnn").fit(["a", "b"], [0, 3_000_000])


def test_labels_that_are_all_ties_are_warned_of() -> None:
    with pytest.warns(WeakLabelWarning, match="every label is a tie of all classes"):
        TextClassifier("cnn", epochs=1).fit(["a", "b"] * 4, [[0.5, 0.5]] * 8)
