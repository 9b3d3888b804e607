from __future__ import annotations

from typing import Any

import cloudpickle
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel_lfs import models


class Lengths:
    """A text of n characters is long with probability n / 10."""

    def predict_proba(self, texts: list[str]) -> npt.NDArray[np.float64]:
        assert isinstance(texts, list)
        long = np.array([min(len(text) / 10, 1.0) for text in texts], dtype=float)
        return np.column_stack([1 - long, long])


class Named(Lengths):
    classes_ = np.array(["short", "long"])


TEXTS = ["a" * 10, "a" * 5, "a"]


def applied(lf: wl.LabelingFunction, data: Any, **given: Any) -> list[int]:
    return np.asarray(wl.apply_lfs([lf], data, progress=False, **given))[:, 0].tolist()  # type: ignore[no-any-return]


def test_it_votes_where_it_is_sure() -> None:
    lf = models.model(Lengths(), confidence=0.9)
    assert lf.batch
    assert applied(lf, TEXTS) == [1, -1, 0]


def test_the_confidence_itself_is_enough() -> None:
    assert applied(models.model(Lengths(), confidence=0.5), ["a" * 5]) == [0]


def test_labels_are_mapped_to_classes_and_the_others_abstain() -> None:
    lf = models.model(Named(), {"long": "SPAM"}, classes=("HAM", "SPAM"))
    assert applied(lf, TEXTS) == [1, -1, -1]


def test_without_a_mapping_the_labels_are_the_classes() -> None:
    lf = models.model(Named(), classes=("long", "short"))
    assert applied(lf, TEXTS) == [0, -1, 1]


def test_positions_are_the_labels_of_a_model_without_classes() -> None:
    assert applied(models.model(Lengths(), {0: 1, 1: 0}), TEXTS) == [0, -1, 1]
    assert applied(models.model(Lengths(), {1: 1}), TEXTS) == [1, -1, -1]


def test_features_are_made_of_the_batch() -> None:
    data = pd.DataFrame({"text": ["x", "y"], "n": [10, 1]})
    lf = models.model(Lengths(), features=lambda batch: ["a" * n for n in batch.n.tolist()])
    assert applied(lf, data) == [1, 0]


def test_it_reads_another_column() -> None:
    lf = models.model(Lengths(), column="body")
    assert lf.columns == ("body",)
    assert applied(lf, [{"body": text} for text in TEXTS]) == [1, -1, 0]


def test_votes_do_not_depend_on_the_chunks() -> None:
    texts = ["a" * (i % 11) for i in range(300)]
    lf = models.model(Lengths())
    assert applied(lf, texts, n_jobs=2) == applied(lf, texts)


@pytest.mark.parametrize("features", [None, lambda batch: batch.text.tolist()])
def test_missing_rows_abstain_and_the_others_vote(features: Any) -> None:
    data = pd.DataFrame({"text": ["a" * 10, None, "a", None]})
    lf = models.model(Lengths(), features=features, missing="abstain")
    assert applied(lf, data) == [1, -1, 0, -1]
    assert applied(lf, data.iloc[[1, 3]]) == [-1, -1]


def test_a_missing_row_is_an_error_that_names_it() -> None:
    data = pd.DataFrame({"id": ["x", "y"], "text": ["a", None]})
    with pytest.raises(wl.errors.LFError, match=r"'model_Lengths_90'.*'y'.*column 'text' is"):
        applied(models.model(Lengths()), data, key="id")


def test_a_scikit_learn_pipeline_votes() -> None:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB
    from sklearn.pipeline import make_pipeline

    texts = ["free cash", "win cash", "see you", "see me"] * 5
    pipeline = make_pipeline(CountVectorizer(), MultinomialNB())
    pipeline.fit(texts, ["spam", "spam", "ham", "ham"] * 5)
    lf = models.model(
        pipeline, {"spam": "SPAM", "ham": "HAM"}, confidence=0.8, classes=("HAM", "SPAM")
    )
    assert applied(lf, ["free cash", "see you see", "word"]) == [1, 0, -1]


def test_it_survives_the_way_to_another_process() -> None:
    for lf in (models.model(Lengths(), {1: 1}), models.model(Named(), {"long": 1})):
        assert applied(cloudpickle.loads(cloudpickle.dumps(lf)), TEXTS) == [1, -1, -1]


def test_probabilities_of_a_wrong_shape_are_an_error() -> None:
    class Flat:
        def predict_proba(self, texts: list[str]) -> npt.NDArray[np.float64]:
            return np.zeros(len(texts))

    with pytest.raises(wl.errors.LFError, match=r"returned shape \(1,\), expected \(1, k\)"):
        applied(models.model(Flat()), TEXTS)


def test_what_has_no_probabilities_is_refused() -> None:
    from sklearn.svm import LinearSVC

    with pytest.raises(TypeError, match=r"needs a classifier with predict_proba, got str"):
        models.model("classifier")
    with pytest.raises(TypeError, match=r"got LinearSVC; wrap it in .*CalibratedClassifierCV"):
        models.model(LinearSVC())


def test_a_label_that_is_never_predicted_is_refused() -> None:
    with pytest.raises(ValueError, match=r"names 'lang'.*its classes_ are \['short', 'long'\]"):
        models.model(Named(), {"lang": "SPAM"})


@pytest.mark.parametrize("confidence", [0, 1.5, "high", True, float("nan")])
def test_a_confidence_that_is_no_probability_is_refused(confidence: Any) -> None:
    with pytest.raises(ValueError, match=r"confidence=.*; expected a probability"):
        models.model(Lengths(), confidence=confidence)
