"""Majority vote and the label model on real sets: ``python benchmarks/quality.py --data FOLDER``.

FOLDER holds ``classification/<set>/``. The protocol is WRENCH's: models are fitted on the train
votes alone (the valid votes where a set has no train split), without gold; every test row counts,
and ties and uncovered rows go to the class that Snorkel's hash of the row number picks, so that
published scores compare. "balance" columns are given the class balance of the validation gold.
"""

from __future__ import annotations

import argparse
import hashlib
import warnings
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score

import weaklabel as wl

# Scores of majority vote that were published for these very votes; agnews_lite is not WRENCH's.
PUBLISHED = {
    "census": 32.80,
    "youtube": 84.00,
    "spouse": 20.81,
    "commercial": 85.28,
    "trec": 60.80,
    "semeval": 77.33,
}
SETS = ("census", "youtube", "spouse", "commercial", "agnews_lite", "trec", "semeval")


def hashed_ties(probs: np.ndarray) -> np.ndarray:
    """Return hard labels; a tie goes to the class that SHA-1 of the row number picks."""
    labels = probs.argmax(axis=1)
    best = probs >= probs.max(axis=1, keepdims=True) - 1e-5
    for i in np.flatnonzero(best.sum(axis=1) > 1):
        tied = np.flatnonzero(best[i])
        labels[i] = tied[int(hashlib.sha1(str(i).encode()).hexdigest(), 16) % len(tied)]  # noqa: S324
    return labels


def metric(name: str, gold: np.ndarray, labels: np.ndarray) -> float:
    score = f1_score(gold, labels) if name == "f1_binary" else (gold == labels).mean()
    return 100 * float(score)


def scores(model: wl.label_model.VoteModel, split: wl.datasets.Split, name: str) -> list[float]:
    """Return the metric on all rows, on covered rows, and the Brier score on covered rows."""
    probs = model.predict_proba(split.L)
    covered = split.L.covered
    if isinstance(model, wl.MajorityVote) and model.class_balance is None:
        probs[~covered] = 1 / split.L.k
    known = split.gold >= 0
    labels = hashed_ties(probs)
    brier = ((probs - np.eye(split.L.k)[split.gold]) ** 2).sum(axis=1)
    seen = known & covered
    return [
        metric(name, split.gold[known], labels[known]),
        metric(name, split.gold[seen], labels[seen]),
        100 * float(brier[seen].mean()),
    ]


def evaluate(folder: Path) -> dict[str, list[float]]:
    data = wl.datasets.load_wrench(folder)
    assert data.test is not None and data.valid is not None  # noqa: PT018, S101
    known = data.valid.gold[data.valid.gold >= 0]
    counts = np.bincount(known, minlength=len(data.class_names)) + 1.0
    balance = counts / counts.sum()
    votes = (data.train or data.valid).L
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wl.errors.WeakLabelWarning)
        return {
            "majority vote": scores(wl.MajorityVote().fit(votes), data.test, data.metric),
            "LabelModel": scores(wl.LabelModel().fit(votes), data.test, data.metric),
            "LabelModel, balance": scores(
                wl.LabelModel(class_balance=balance).fit(votes), data.test, data.metric
            ),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    root = parser.parse_args().data / "classification"
    found = {name: evaluate(root / name) for name in SETS if (root / name).is_dir()}
    if not found:
        raise SystemExit(f"{root} holds none of the sets {', '.join(SETS)}")
    models = list(next(iter(found.values())))
    for column, title in enumerate(
        ("test, all rows: F1 or accuracy", "test, covered rows", "Brier × 100, covered rows")
    ):
        print(
            f"\n{title}\n{'':13}" + "".join(f"{model:>21}" for model in models) + "  published MV"
        )
        for name, by_model in found.items():
            cells = "".join(f"{by_model[model][column]:21.2f}" for model in models)
            published = f"{PUBLISHED[name]:14.2f}" if column == 0 and name in PUBLISHED else ""
            print(f"{name:13}{cells}{published}")
        means = [
            np.mean([by_model[model][column] for by_model in found.values()]) for model in models
        ]
        print(f"{'mean':13}" + "".join(f"{mean:21.2f}" for mean in means))


if __name__ == "__main__":
    main()
