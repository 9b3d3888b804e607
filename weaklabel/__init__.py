"""Weak supervision: labeling functions, a generative label model, and end models.

::

    records ── apply_lfs ──▶ LabelMatrix ── LabelModel ──▶ ProbabilisticLabels ──▶ TextClassifier

Importing this loads NumPy and the standard library alone; what is heavy loads at first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from weaklabel import errors
from weaklabel.lf import LabelingFunction, labeling_function, preprocessor
from weaklabel.matrix import LabelMatrix
from weaklabel.types import ABSTAIN, any_of, none_of

if TYPE_CHECKING:
    from weaklabel import analysis, datasets, interop
    from weaklabel.apply import apply_lfs
    from weaklabel.end_model import TextClassifier
    from weaklabel.label_model import LabelModel, MajorityVote
    from weaklabel.labels import ProbabilisticLabels
    from weaklabel.packs import Pack, list_packs, load_pack

__version__ = "0.1.0"

__all__ = [
    "ABSTAIN",
    "LabelMatrix",
    "LabelModel",
    "LabelingFunction",
    "MajorityVote",
    "Pack",
    "ProbabilisticLabels",
    "TextClassifier",
    "analysis",
    "any_of",
    "apply_lfs",
    "datasets",
    "errors",
    "interop",
    "labeling_function",
    "list_packs",
    "load_pack",
    "none_of",
    "preprocessor",
]

_LAZY = {
    "LabelModel": "weaklabel.label_model",
    "MajorityVote": "weaklabel.label_model",
    "Pack": "weaklabel.packs",
    "ProbabilisticLabels": "weaklabel.labels",
    "TextClassifier": "weaklabel.end_model",
    "analysis": "",
    "apply_lfs": "weaklabel.apply",
    "datasets": "",
    "interop": "",
    "list_packs": "weaklabel.packs",
    "load_pack": "weaklabel.packs",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'weaklabel' has no attribute {name!r}")
    home = _LAZY[name]
    if not home:
        return importlib.import_module(f"weaklabel.{name}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
