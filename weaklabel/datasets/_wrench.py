"""Weak-supervision sets on disk: WRENCH's JSON layout, and arrays beside Parquet tables."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from weaklabel.gold import encode_gold
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray, IntArray

_SPLITS = ("train", "valid", "test")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One split of a weak-supervision set.

    Attributes
    ----------
    L : LabelMatrix
        The votes.
    gold : ndarray of int64, shape (n,)
        Gold labels, -1 where unknown.
    data : DataFrame or None
        What the rows are, where the set has text or fields.
    features : ndarray of float, shape (n, d), or None
        Numeric features, where the set has them.
    """

    L: LabelMatrix
    gold: IntArray
    data: Any
    features: FloatArray | None


@final
@dataclass(frozen=True, slots=True, eq=False)
class WrenchSet:
    """A weak-supervision set.

    Attributes
    ----------
    name : str
    class_names, lf_names : tuple of str
    metric : {"acc", "f1_binary"}
        What published scores of the set are given in; F1 is of class 1.
    train, valid, test : Split or None
        None where the set lacks the split.
    """

    name: str
    class_names: tuple[str, ...]
    lf_names: tuple[str, ...]
    metric: str
    train: Split | None
    valid: Split | None
    test: Split | None


def load_wrench(folder: str | os.PathLike[str]) -> WrenchSet:
    """Read a weak-supervision set from a folder.

    Two layouts are understood. WRENCH's own: ``label.json`` (class name by code) and
    ``train.json``, ``valid.json``, ``test.json``, each a mapping from row to ``label``,
    ``weak_labels`` and ``data``; a ``feature`` in the data becomes `Split.features`. And arrays:
    ``meta.json`` with the classes, ``<split>.npz`` with ``L``, ``y`` and perhaps ``X``, and
    ``<split>.parquet`` with the rows.

    Parameters
    ----------
    folder : path
        The folder of one set.

    Returns
    -------
    WrenchSet

    Raises
    ------
    FileNotFoundError
        When the folder, its description or every split is missing.
    ValueError
        When a file does not hold what the layout says (file and row are named).

    References
    ----------
    J. Zhang, Y. Yu, Y. Li, Y. Wang, Y. Yang, M. Yang and A. Ratner (2021). WRENCH: A comprehensive
    benchmark for weak supervision. NeurIPS Datasets and Benchmarks. doi:10.48550/arXiv.2109.11377
    """
    root = Path(folder)
    if not root.is_dir():
        raise FileNotFoundError(f"no folder {root}")
    if (root / "meta.json").is_file():
        return _read_arrays(root)
    if (root / "label.json").is_file():
        return _read_json(root)
    raise FileNotFoundError(
        f"{root} holds neither label.json (WRENCH's layout) nor meta.json (arrays); "
        "pass the folder of one set"
    )


def _read_arrays(root: Path) -> WrenchSet:
    meta = _json(root / "meta.json")
    try:
        class_names = tuple(meta["classes"])
    except KeyError:
        raise ValueError(
            f"{root / 'meta.json'} lacks 'classes', the names of the classes"
        ) from None
    splits: dict[str, Split] = {}
    for name in _SPLITS:
        path = root / f"{name}.npz"
        if path.is_file():
            with np.load(path, allow_pickle=False) as arrays:
                if lacking := {"L", "y"} - set(arrays):
                    raise ValueError(
                        f"{path} lacks {sorted(lacking)}; expected L (n, m) and y (n,)"
                    )
                votes, gold = arrays["L"], arrays["y"]
                features = arrays.get("X")
            table = path.with_suffix(".parquet")
            data = _parquet(table) if table.is_file() else None
            splits[name] = _split(
                path, votes, gold, class_names, meta.get("lf_names"), data, features
            )
    return _wrench_set(root, class_names, splits, metric=meta.get("metric", "acc"))


def _read_json(root: Path) -> WrenchSet:
    import pandas as pd

    labels = _json(root / "label.json")
    class_names = tuple(str(labels[str(code)]) for code in range(len(labels)))
    splits: dict[str, Split] = {}
    for name in _SPLITS:
        path = root / f"{name}.json"
        if not path.is_file():
            continue
        entries = list(_json(path).values())
        try:
            votes = np.array([entry["weak_labels"] for entry in entries], np.int64)
            gold = [entry.get("label") for entry in entries]
            fields = [dict(entry["data"]) for entry in entries]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path} is not in WRENCH's layout ({error}); each row needs weak_labels, as many "
                "as the others have, label and data"
            ) from error
        features = [row.pop("feature", None) for row in fields]
        known = bool(features) and all(f is not None for f in features)
        splits[name] = _split(
            path,
            votes.reshape(len(entries), -1),
            gold,
            class_names,
            None,
            pd.DataFrame(fields),
            np.array(features, np.float64) if known else None,
        )
    return _wrench_set(root, class_names, splits, metric="acc")


def _split(
    path: Path,
    votes: IntArray,
    gold: Any,
    class_names: tuple[str, ...],
    lf_names: list[str] | None,
    data: Any,
    features: FloatArray | None,
) -> Split:
    try:
        names = None if lf_names is None else _distinct(lf_names)
        L = LabelMatrix.from_array(votes, class_names, names)
        y = encode_gold(gold, L)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    for what, rows in (("table", data), ("features", features)):
        if rows is not None and len(rows) != L.n:
            raise ValueError(f"{path}: {L.n} rows of votes, {len(rows)} rows of {what}")
    return Split(L, y, data, features)


def _distinct(names: list[str]) -> list[str]:
    """Return the names with a number after each repeat: published rule sets repeat some."""
    count: dict[str, int] = {}
    out = []
    for name in names:
        count[name] = count.get(name, 0) + 1
        out.append(name if count[name] == 1 else f"{name} ({count[name]})")
    return out


def _wrench_set(
    root: Path, class_names: tuple[str, ...], splits: dict[str, Split], *, metric: str
) -> WrenchSet:
    if not splits:
        raise FileNotFoundError(f"{root} holds none of the splits {_SPLITS}")
    return WrenchSet(
        name=root.name,
        class_names=class_names,
        lf_names=next(iter(splits.values())).L.lf_names,
        metric=metric,
        train=splits.get("train"),
        valid=splits.get("valid"),
        test=splits.get("test"),
    )


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from None


def _parquet(path: Path) -> Any:
    import pandas as pd

    return pd.read_parquet(path)
