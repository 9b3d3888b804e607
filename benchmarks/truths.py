"""The label model where the truth is known: ``python benchmarks/truths.py [--repeats N]``.

Votes are drawn from the model that label models assume, so parameters, intervals and
probabilities can be held against what they were drawn from. No real data, no gold in fitting.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np

import weaklabel as wl
from weaklabel.datasets import Synthetic, synthetic
from weaklabel.label_model import calibration_error

SETTINGS: dict[str, dict[str, object]] = {
    "2 classes, 10 LFs": {"n": 5_000, "m": 10, "k": 2, "accuracy": np.linspace(0.6, 0.9, 10)},
    "2 classes, 25 LFs": {"n": 10_000, "m": 25, "k": 2, "accuracy": np.linspace(0.55, 0.9, 25)},
    "4 classes, 20 LFs": {"n": 10_000, "m": 20, "k": 4, "coverage": 0.3, "accuracy": 0.7},
    "3 classes, 12 LFs": {"n": 20_000, "m": 12, "k": 3, "accuracy": np.linspace(0.5, 0.9, 12)},
    "balance 0.8 / 0.2": {
        "n": 10_000,
        "m": 12,
        "k": 2,
        "accuracy": np.linspace(0.65, 0.9, 12),
        "class_balance": [0.8, 0.2],
    },
}


def draw(setting: dict[str, object], seed: int) -> Synthetic:
    return synthetic(**setting, seed=seed)  # type: ignore[arg-type]


def accuracy(L: wl.LabelMatrix, gold: np.ndarray) -> float:
    probs = wl.LabelModel().fit(L).predict_proba(L)
    seen = L.covered
    return 100 * float((probs[seen].argmax(axis=1) == gold[seen]).mean())


def true_precision(data: Synthetic) -> np.ndarray:
    """Return how often each LF's votes are right, in the truth."""
    k = len(data.class_balance)
    joint = data.cond_probs[:, 1:] * data.class_balance
    return np.asarray(joint[:, np.arange(k), np.arange(k)].sum(axis=1) / joint.sum(axis=(1, 2)))


def true_recall(data: Synthetic) -> np.ndarray:
    k = len(data.class_balance)
    joint = data.cond_probs[:, 1:] * data.class_balance
    return np.asarray(joint[:, np.arange(k), np.arange(k)].sum(axis=1))


def intervals(repeats: int) -> None:
    print("share of 95 % intervals that hold the truth; calibration error of the probabilities")
    print(f"{'':22}{'precision':>10}{'recall':>10}{'ECE':>8}{'free':>8}")
    for name, setting in SETTINGS.items():
        held: list[list[float]] = []
        for seed in range(repeats):
            data = draw(setting, seed)
            model = wl.LabelModel().fit(data.L)
            seen = data.L.covered
            row = []
            for truth, ends in (
                (true_precision(data), model.lf_precision_interval_),
                (true_recall(data), model.lf_recall_interval_),
            ):
                row.append(float(((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean()))
            probs = model.predict_proba(data.L)[seen]
            row += [calibration_error(probs, data.gold[seen]), float(model.independent_)]
            held.append(row)
        found = np.mean(held, axis=0)
        print(f"{name:22}{found[0]:10.3f}{found[1]:10.3f}{found[2]:8.4f}{found[3]:8.2f}")


def adversary(rng: np.random.Generator, data: Synthetic) -> np.ndarray:
    """Return votes on half of the rows, four of five of them wrong."""
    lies = np.where(rng.random(len(data.gold)) < 0.8, 1 - data.gold, data.gold)
    return np.where(rng.random(len(data.gold)) < 0.5, lies, -1)


def more_lfs(repeats: int) -> None:
    """Print what an LF more does to the accuracy, in points."""
    kinds: dict[str, Callable[[np.random.Generator, Synthetic], np.ndarray]] = {
        "random LF": lambda rng, data: rng.choice([-1, 0, 1], len(data.gold)),
        "copy of an LF": lambda _, data: np.asarray(data.L)[:, 0],
        "nine copies of an LF": lambda _, data: np.tile(np.asarray(data.L)[:, :1], 9),
        "adversarial LF": adversary,
    }
    print("\nan LF more: change of accuracy in points, largest of the draws")
    for name, make in kinds.items():
        changes = []
        for seed in range(repeats):
            data = draw(SETTINGS["2 classes, 10 LFs"], seed)
            rng = np.random.default_rng(seed)
            before = np.asarray(data.L)
            wider = np.column_stack([before, make(rng, data)])
            L = wl.LabelMatrix.from_array(wider, classes=data.L.class_names)
            seen = data.L.covered
            changes.append(
                accuracy(L[seen], data.gold[seen]) - accuracy(data.L[seen], data.gold[seen])
            )
        print(f"  {name:22}{max(changes, key=abs):+6.2f} (mean {np.mean(changes):+.2f})")


def extremes() -> None:
    print("\nextremes")
    for name, setting in {
        "5,000 LFs at 0.2 %": {"n": 20_000, "m": 5_000, "k": 2, "coverage": 0.002, "accuracy": 0.7},
        "balance 100 : 1": {
            "n": 50_000,
            "m": 15,
            "k": 2,
            "coverage": 0.5,
            "accuracy": 0.9,
            "class_balance": [0.99, 0.01],
        },
        "200 classes": {"n": 20_000, "m": 20, "k": 200, "coverage": 0.5, "accuracy": 0.6},
    }.items():
        data = draw(setting, 0)
        start = time.perf_counter()
        model = wl.LabelModel().fit(data.L)
        seconds = time.perf_counter() - start
        seen = data.L.covered
        probs = model.predict_proba(data.L)[seen]
        rare = probs.argmax(axis=1) == len(data.class_balance) - 1
        truly = data.gold[seen] == len(data.class_balance) - 1
        voted = wl.MajorityVote().fit(data.L).predict_proba(data.L)[seen]
        right = 100 * (probs.argmax(axis=1) == data.gold[seen]).mean()
        right_mv = 100 * (voted.argmax(axis=1) == data.gold[seen]).mean()
        f1 = 2 * (rare & truly).sum() / max(rare.sum() + truly.sum(), 1)
        finite = bool(np.isfinite(probs).all() and np.isfinite(model.cond_probs_).all())
        print(
            f"  {name:22}accuracy {right:.2f} (majority vote {right_mv:.2f}), F1 of the last class "
            f"{f1:.2f}, {seconds:.2f} s, finite: {finite}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    repeats = parser.parse_args().repeats
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wl.errors.WeakLabelWarning)
        intervals(repeats)
        more_lfs(repeats)
        extremes()


if __name__ == "__main__":
    main()
