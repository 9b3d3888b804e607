"""Every label model on crowds: ``python benchmarks/crowds.py --data FOLDER``.

FOLDER holds ``crowd/<set>/``: ``labels.parquet`` with one answer a line (item, worker, label), and
``items.parquet`` (item, gold; -1 unknown). Models are fitted on the answers alone. A tie among t
classes counts 1/t, so no figure hangs on how ties are broken.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import weaklabel as wl
from weaklabel import label_model
from weaklabel.label_model import VoteModel

SETS = ("bluebird", "rte", "dog", "web", "weather_sentiment", "product", "trec_relevance")
# Published accuracies of plain Dawid-Skene and majority vote.
PUBLISHED = {
    "bluebird": (89.8, 75.9),
    "rte": (92.8, 89.7),
    "dog": (84.3, 82.2),
    "web": (81.9, 73.1),
    "product": (94.0, 89.7),
    "trec_relevance": (70.2, 65.1),
}
# Without gold they have nothing to learn from.
SUPERVISED = ("NaiveBayes", "CalibratedModel")


def models() -> dict[str, Callable[[], VoteModel]]:
    """Return the label models that the library exports, by name."""
    kinds = {name: getattr(label_model, name) for name in label_model.__all__}
    return {
        name: kind
        for name, kind in kinds.items()
        if isinstance(kind, type)
        and issubclass(kind, VoteModel)
        and kind is not VoteModel
        and name not in SUPERVISED
    }


def read(folder: Path) -> tuple[wl.LabelMatrix, np.ndarray]:
    """Return the votes and the gold labels, -1 where unknown."""
    votes = pd.read_parquet(folder / "labels.parquet")
    items = pd.read_parquet(folder / "items.parquet")
    k = int(max(votes["label"].max(), items["gold"].max())) + 1
    classes = [str(y) for y in range(k)]
    L = wl.LabelMatrix.from_triples(
        votes["item"], votes["worker"], votes["label"], classes, keys=items["item"]
    )
    return L, items["gold"].to_numpy()


def accuracy(probs: np.ndarray, gold: np.ndarray) -> float:
    """Return the per cent of the known gold labels that are met."""
    known = gold >= 0
    best = probs[known] >= probs[known].max(axis=1, keepdims=True) - 1e-9
    right = best[np.arange(known.sum()), gold[known]]
    return 100 * float((right / best.sum(axis=1)).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    root = parser.parse_args().data / "crowd"
    sets = {name: read(root / name) for name in SETS if (root / name).is_dir()}
    if not sets:
        raise SystemExit(f"{root} holds none of the sets {', '.join(SETS)}")
    warnings.simplefilter("ignore", wl.errors.WeakLabelWarning)
    columns = [*sets, "mean", "seconds"]
    widths = [max(len(name), 7) + 2 for name in columns]
    heads = "".join(f"{name:>{width}}" for name, width in zip(columns, widths, strict=True))
    print(f"accuracy in per cent; seconds to fit and label all sets\n{'':22}{heads}")

    def show(name: str, cells: list[str]) -> None:
        line = "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        print(f"{name:22}{line}", flush=True)

    for name, kind in models().items():
        kind().fit(next(iter(sets.values()))[0])  # compiles the kernels
        start = time.perf_counter()
        found = [accuracy(kind().fit(L).predict_proba(L), gold) for L, gold in sets.values()]
        seconds = time.perf_counter() - start
        show(name, [*(f"{x:.2f}" for x in (*found, np.mean(found))), f"{seconds:.2f}"])
    for at, name in enumerate(("published: DawidSkene", "published: majority")):
        cells = [f"{PUBLISHED[s][at]:.1f}" if s in PUBLISHED else "" for s in sets]
        show(name, [*cells, "", ""])


if __name__ == "__main__":
    main()
