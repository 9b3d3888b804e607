"""What features add to votes on real sets: ``python benchmarks/refinement.py --data FOLDER``.

FOLDER holds ``classification/<set>/``. The protocol is WRENCH's: the label model is fitted on the
train votes, the refinement on the train votes and the train texts (census: its numeric columns).
No gold label is used, not even for the class balance or to choose a setting; every set has the
same settings. Scores are taken on the test split, all rows, with the set's own metric.

- label model: the votes alone.
- features alone: the refined model reads the text, no LF runs on the test rows.
- with votes: the refined model reads the text and the votes.
- no information: the train texts are shuffled, so that they belong to other rows; "strength" of
  such features is 0 and labels stay as they were.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import f1_score

import weaklabel as wl
from weaklabel.label_model._refine._refine import refine

SETS = ("youtube", "trec", "agnews_lite", "semeval", "census")
COLUMNS = ("label model", "features alone", "with votes", "strength", "no information", "seconds")


def metric(name: str, gold: np.ndarray, probs: np.ndarray) -> float:
    labels = probs.argmax(axis=1)
    score = f1_score(gold, labels) if name == "f1_binary" else (gold == labels).mean()
    return 100 * float(score)


def features_of(split: wl.datasets.Split) -> Any:
    return split.data["text"] if split.features is None else split.features


def evaluate(folder: Path) -> list[float]:
    data = wl.datasets.load_wrench(folder)
    train, test = data.train, data.test
    assert train is not None and test is not None  # noqa: PT018, S101
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wl.errors.WeakLabelWarning)
        model = wl.LabelModel().fit(train.L)
    labels = model.label(train.L)
    start = time.perf_counter()
    refined = refine(train.L, labels, features_of(train))
    seconds = time.perf_counter() - start
    order = np.random.default_rng(0).permutation(train.L.n)
    shuffled = np.asarray(features_of(train))[order]
    silent = refine(train.L, labels, shuffled)
    known = test.gold >= 0
    gold, L, seen = test.gold[known], test.L, features_of(test)
    return [
        metric(data.metric, gold, model.predict_proba(L)[known]),
        metric(data.metric, gold, refined.predict_proba(seen)[known]),
        metric(data.metric, gold, refined.predict_proba(seen, L)[known]),
        refined.strength,
        silent.strength,
        seconds,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    root = parser.parse_args().data / "classification"
    print("test split, accuracy (census: F1); no gold label is used")
    print(f"{'':13}" + "".join(f"{column:>16}" for column in COLUMNS))
    for name in SETS:
        if (root / name).is_dir():
            cells = "".join(f"{value:16.2f}" for value in evaluate(root / name))
            print(f"{name:13}{cells}", flush=True)


if __name__ == "__main__":
    main()
