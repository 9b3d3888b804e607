"""Label models on real sets: ``python benchmarks/quality.py --data FOLDER [--peers] [--study]``.

FOLDER holds ``classification/<set>/``. The protocol is WRENCH's: models are fitted on the train
votes alone (the valid votes where a set has no train split), without gold; every test row counts,
and ties and uncovered rows go to the class that Snorkel's hash of the row number picks, so that
published scores compare. Rows that end in "+ balance" are given the class balance of the
validation gold, rows that end in "+ temperature" the validation gold itself; no others use gold.

``--peers`` adds Snorkel's model and the family. ``--study`` leaves one set out in turn, picks eight
constants of the label model, one at a time, by the others' train and validation gold, and scores
it on the set left out: what the constants are worth where they were not chosen.
"""

from __future__ import annotations

import argparse
import hashlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import f1_score

import weaklabel as wl
from weaklabel.label_model import VoteModel, calibration_error
from weaklabel.label_model._anchored import _anchor, _em, _fitter

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
COLUMNS = (
    "test, all rows: F1 or accuracy",
    "test, covered rows: F1 or accuracy",
    "Brier × 100, covered rows",
    "expected calibration error × 100, covered rows",
)

Make = Callable[[wl.datasets.WrenchSet], VoteModel]


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


def scores(model: VoteModel, split: wl.datasets.Split, name: str) -> list[float]:
    """Return the metric on all rows and on covered ones, Brier score and calibration error."""
    probs = model.predict_proba(split.L)
    covered = split.L.covered
    if isinstance(model, wl.MajorityVote) and model.class_balance is None:
        probs[~covered] = 1 / split.L.k
    known = split.gold >= 0
    labels = hashed_ties(probs)
    seen = known & covered
    brier = ((probs[seen] - np.eye(split.L.k)[split.gold[seen]]) ** 2).sum(axis=1)
    return [
        metric(name, split.gold[known], labels[known]),
        metric(name, split.gold[seen], labels[seen]),
        100 * float(brier.mean()),
        100 * calibration_error(probs[seen], split.gold[seen]),
    ]


def balance_of(data: wl.datasets.WrenchSet) -> np.ndarray:
    """Return the class balance of the validation gold."""
    assert data.valid is not None  # noqa: S101
    counts = np.bincount(data.valid.gold[data.valid.gold >= 0], minlength=len(data.class_names))
    return np.asarray((counts + 1.0) / (counts + 1.0).sum())


def train_votes(data: wl.datasets.WrenchSet) -> wl.LabelMatrix:
    split = data.train or data.valid
    assert split is not None  # noqa: S101
    return split.L


def fitted(model: VoteModel, data: wl.datasets.WrenchSet) -> VoteModel:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", wl.errors.WeakLabelWarning)
        return model.fit(train_votes(data))


def with_temperature(data: wl.datasets.WrenchSet) -> VoteModel:
    assert data.valid is not None  # noqa: S101
    model = fitted(wl.LabelModel(), data)
    return wl.CalibratedModel(model).fit(data.valid.L, data.valid.gold)


def contenders(peers: bool) -> dict[str, Make]:
    """Return how to make each model of the table, fitted."""
    models: dict[str, Make] = {
        "majority vote": lambda data: fitted(wl.MajorityVote(), data),
        "LabelModel": lambda data: fitted(wl.LabelModel(), data),
        "LabelModel + balance": lambda data: fitted(wl.LabelModel(balance_of(data)), data),
        "LabelModel + temperature": with_temperature,
    }
    if peers:
        from weaklabel.interop.snorkel import SnorkelLabelModel

        models |= {
            "Snorkel": lambda data: fitted(SnorkelLabelModel(), data),
            "Snorkel + balance": lambda data: fitted(
                SnorkelLabelModel(class_balance=balance_of(data)), data
            ),
            "Dawid-Skene": lambda data: fitted(wl.DawidSkene(), data),
            "IBCC": lambda data: fitted(wl.IBCC(), data),
            "triplets": lambda data: fitted(wl.TripletModel(), data),
            "AutoLabelModel": lambda data: fitted(wl.AutoLabelModel(), data),
        }
    return models


def table(root: Path, peers: bool) -> None:
    models = contenders(peers)
    found: dict[str, dict[str, list[float]]] = {name: {} for name in models}
    sets = [name for name in SETS if (root / name).is_dir()]
    for name in sets:
        data = wl.datasets.load_wrench(root / name)
        assert data.test is not None  # noqa: S101
        for model, make in models.items():
            found[model][name] = scores(make(data), data.test, data.metric)
    for column, title in enumerate(COLUMNS):
        print(f"\n{title}\n{'':25}" + "".join(f"{name[:10]:>11}" for name in [*sets, "mean"]))
        for model, by_set in found.items():
            values = [by_set[name][column] for name in sets]
            cells = "".join(f"{value:11.2f}" for value in [*values, float(np.mean(values))])
            print(f"{model:25}{cells}")
        if column == 0:
            published = "".join(
                f"{PUBLISHED[name]:11.2f}" if name in PUBLISHED else f"{'':11}" for name in sets
            )
            print(f"{'majority vote, published':25}{published}")


# Each constant of the label model with the values that the study tries.
CONSTANTS: dict[str, tuple[float, ...]] = {
    "alpha": (0.45, 0.55, 0.65),
    "slope": (0.4, 0.6, 0.8),
    "conflicts": (5.0, 20.0, 80.0),
    "gamma": (0.4, 0.6, 0.8),
    "weight": (2.0, 3.0, 6.0),
    "balance_weight": (0.5, 1.0, 2.0),
    "silence": (0.1, 0.2, 0.3),
    "dependence": (0.0, 0.1, 0.2),
}


@contextmanager
def constant(name: str, value: float) -> Iterator[None]:
    """Change one constant for a while."""
    places: dict[str, tuple[Any, str]] = {
        "alpha": (_anchor, "_ALPHA"),
        "slope": (_anchor, "_SLOPE"),
        "conflicts": (_anchor, "_CONFLICTS"),
        "gamma": (_anchor, "_GAMMA"),
    }
    if name in places:
        home, attribute = places[name]
        before = getattr(home, attribute)
        setattr(home, attribute, value)
    else:
        before = _em.GUARDED
        _fitter.GUARDED = replace(before, **{name: value})
    try:
        yield
    finally:
        if name in places:
            setattr(home, attribute, before)
        else:
            _fitter.GUARDED = before


def loss(data: wl.datasets.WrenchSet, model: VoteModel) -> float:
    """Return what the study minimises, by train and validation gold: Brier less metric."""
    parts = [split for split in (data.train, data.valid) if split is not None]
    found = [scores(model, part, data.metric) for part in parts]
    return float(np.mean([brier - value for _, value, brier, _ in found]))


def study(root: Path) -> None:
    """Choose each constant without one set, and score that set with it."""
    sets = [name for name in SETS if (root / name).is_dir()]
    loaded = {name: wl.datasets.load_wrench(root / name) for name in sets}
    print(
        f"\nleave one set out: value chosen by the others\n{'':16}"
        + "".join(f"{n[:10]:>11}" for n in sets)
    )
    changes = []
    for name, values in CONSTANTS.items():
        losses: dict[float, dict[str, float]] = {}
        tests: dict[float, dict[str, list[float]]] = {}
        for value in values:
            with constant(name, value):
                models = {key: fitted(wl.LabelModel(), data) for key, data in loaded.items()}
            losses[value] = {key: loss(data, models[key]) for key, data in loaded.items()}
            tests[value] = {
                key: scores(models[key], data.test, data.metric)
                for key, data in loaded.items()
                if data.test is not None
            }
        chosen = {
            left: min(values, key=lambda v: sum(losses[v][o] for o in sets if o != left))
            for left in sets
        }
        print(f"{name:16}" + "".join(f"{chosen[left]:11g}" for left in sets))
        default = values[1]
        changes.append(
            [
                float(np.mean([tests[chosen[s]][s][c] - tests[default][s][c] for s in sets]))
                for c in (1, 2)
            ]
            + [
                float(
                    max(
                        abs(np.mean([tests[v][s][1] - tests[default][s][1] for s in sets]))
                        for v in values
                    )
                )
            ]
        )
    print("\ntest, covered rows, mean of the sets: value chosen without the set, less default")
    print(f"{'':16}{'metric':>10}{'Brier':>10}{'largest change of the metric by any value':>45}")
    for name, (value, brier, spread) in zip(CONSTANTS, changes, strict=True):
        print(f"{name:16}{value:+10.2f}{brier:+10.2f}{spread:45.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--study", action="store_true")
    args = parser.parse_args()
    root = args.data / "classification"
    if not any((root / name).is_dir() for name in SETS):
        raise SystemExit(f"{root} holds none of the sets {', '.join(SETS)}")
    table(root, args.peers)
    if args.study:
        study(root)


if __name__ == "__main__":
    main()
