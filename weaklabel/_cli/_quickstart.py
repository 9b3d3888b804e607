"""``weaklabel quickstart``: from labeling functions to a trained LSTM and CNN on real text."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np
import typer

import weaklabel as wl
from weaklabel._cli._command import Console
from weaklabel._render import text_table
from weaklabel.types import IntArray

Encoder = Literal["lstm", "cnn"]

_SHOWN = 12
_EPOCHS = 8


def quickstart(
    console: Console,  # noqa: ARG001 - what every command is given
    *,
    seed: Annotated[int, typer.Option(help="Seed of the end models.")] = 0,
) -> None:
    """Show the whole idea on the docstrings of the installed SciPy."""
    # The gold labels are used to print scores, and to train the two models that say so.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    start = time.perf_counter()
    docs = wl.datasets.load_scipy_docs()
    train = [*docs.train.data["text"], *docs.unlabeled["text"]]
    test = docs.test.data["text"].tolist()
    typer.echo(
        f"1  The docstrings of SciPy {docs.scipy_version}: {len(docs.train.data):,} functions to "
        f"train on and {len(docs.unlabeled):,}\n   more of their paragraphs, "
        f"{len(test):,} other functions to test on; which of {len(docs.class_names)} areas?\n"
    )

    pack = wl.load_pack("scipy_docs")
    L = wl.apply_lfs(pack.lfs, train, classes=pack.classes)
    L_test = wl.apply_lfs(pack.lfs, docs.test.data, classes=pack.classes)
    typer.echo(f"2  {L.m} labeling functions vote, the {_SHOWN} that cover most:\n")
    typer.echo(str(L.summary().most_covering(_SHOWN)) + "\n")
    on_test = L_test.summary()
    typer.echo(
        f"   On the test split {on_test.label_coverage:.0%} are covered, "
        f"{on_test.label_conflict:.0%} in conflict."
    )

    majority = wl.MajorityVote().fit(L)
    model = wl.LabelModel().fit(L)
    labels = model.label(L)
    typer.echo(
        f"\n3  The label model weighs them ({model.n_iter_} passes over {L.n_votes:,} votes); "
        f"{int(labels.covered.sum()):,} texts get\n   probabilistic labels, and end models learn "
        "from those:\n"
    )

    def linear() -> Any:
        return make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            LogisticRegression(C=10, max_iter=500),
        )

    known = labels.training_set(train)
    gold_texts, gold = docs.train.data["text"].tolist(), docs.train.gold
    contestants: list[tuple[str, str, Callable[[], IntArray]]] = [
        (
            "majority vote",
            "votes",
            lambda: majority.predict(L_test, uncovered="prior", tie="prior"),
        ),
        ("label model", "votes", lambda: model.predict(L_test, uncovered="prior", tie="prior")),
        (
            "linear, TF-IDF",
            "label model",
            lambda: np.asarray(
                linear()
                .fit(known.rows, known.y, logisticregression__sample_weight=known.weights)
                .predict(test)
            ),
        ),
    ]
    encoders: tuple[Encoder, ...] = ("lstm", "cnn")
    for encoder in encoders:
        contestants.append(
            (encoder.upper(), "label model", _trained(encoder, seed, train, labels, test))
        )
    contestants.append(
        ("linear, TF-IDF", "gold", lambda: np.asarray(linear().fit(gold_texts, gold).predict(test)))
    )
    contestants.append(("CNN", "gold", _trained("cnn", seed, gold_texts, gold, test)))

    rows = []
    for name, source, predict in contestants:
        began = time.perf_counter()
        predicted = predict()
        rows.append(
            [
                f"{name} on {source}",
                *_scores(docs.test.gold, predicted),
                f"{time.perf_counter() - began:.1f}",
            ]
        )
    typer.echo(text_table(["held-out functions", "accuracy", "macro-F1", "seconds"], rows))
    seconds = time.perf_counter() - start
    typer.echo(f"\nDone in {seconds:.0f} s. Only the last two lines were trained with gold labels.")


def _trained(
    encoder: Encoder, seed: int, texts: list[str], labels: Any, test: list[str]
) -> Callable[[], IntArray]:
    def predict() -> IntArray:
        return (
            wl.TextClassifier(encoder, seed=seed, epochs=_EPOCHS).fit(texts, labels).predict(test)
        )

    return predict


def _scores(gold: IntArray, predicted: IntArray) -> list[str]:
    from sklearn.metrics import accuracy_score, f1_score

    accuracy = accuracy_score(gold, predicted)
    return [f"{accuracy:.3f}", f"{f1_score(gold, predicted, average='macro'):.3f}"]
