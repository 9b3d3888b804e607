"""Weak supervision: labeling functions, a generative label model, and end models.

::

    records ── apply_lfs ──▶ LabelMatrix ── LabelModel ──▶ ProbabilisticLabels ──▶ TextClassifier

Importing this loads NumPy and the standard library alone; what is heavy loads at first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from weaklabel import errors
from weaklabel.lf import (
    ColumnRule,
    LabelingFunction,
    Resource,
    labeling_function,
    preprocessor,
)
from weaklabel.matrix import LabelMatrix
from weaklabel.types import ABSTAIN, any_of, none_of

if TYPE_CHECKING:
    from weaklabel import analysis, datasets, distributed, interop, label_model, relabel
    from weaklabel.analysis import Slices, SlicingFunction, apply_slices, slicing_function
    from weaklabel.apply import VoteStore, apply_lfs, apply_parts
    from weaklabel.end_model import TextClassifier
    from weaklabel.label_model import (
        GLAD,
        IBCC,
        MACE,
        AutoLabelModel,
        CalibratedModel,
        DawidSkene,
        LabelModel,
        MajorityVote,
        MultiLabelModel,
        NaiveBayes,
        NumericModel,
        OneCoin,
        OrdinalModel,
        PreferenceModel,
        Refined,
        TripletModel,
        WeightedVote,
        lf_value,
        refine,
    )
    from weaklabel.labels import ProbabilisticLabels
    from weaklabel.matrix import VoteParts
    from weaklabel.packs import Pack, list_packs, load_pack

__version__ = "0.1.0"

__all__ = [
    "ABSTAIN",
    "GLAD",
    "IBCC",
    "MACE",
    "AutoLabelModel",
    "CalibratedModel",
    "ColumnRule",
    "DawidSkene",
    "LabelMatrix",
    "LabelModel",
    "LabelingFunction",
    "MajorityVote",
    "MultiLabelModel",
    "NaiveBayes",
    "NumericModel",
    "OneCoin",
    "OrdinalModel",
    "Pack",
    "PreferenceModel",
    "ProbabilisticLabels",
    "Refined",
    "Resource",
    "Slices",
    "SlicingFunction",
    "TextClassifier",
    "TripletModel",
    "VoteParts",
    "VoteStore",
    "WeightedVote",
    "analysis",
    "any_of",
    "apply_lfs",
    "apply_parts",
    "apply_slices",
    "datasets",
    "distributed",
    "errors",
    "interop",
    "label_model",
    "labeling_function",
    "lf_value",
    "list_packs",
    "load_pack",
    "none_of",
    "preprocessor",
    "refine",
    "relabel",
    "slicing_function",
]

_LAZY = {
    "lf_value": "weaklabel.label_model",
    "slicing_function": "weaklabel.analysis",
    "apply_slices": "weaklabel.analysis",
    "SlicingFunction": "weaklabel.analysis",
    "Slices": "weaklabel.analysis",
    "AutoLabelModel": "weaklabel.label_model",
    "CalibratedModel": "weaklabel.label_model",
    "DawidSkene": "weaklabel.label_model",
    "GLAD": "weaklabel.label_model",
    "IBCC": "weaklabel.label_model",
    "LabelModel": "weaklabel.label_model",
    "MACE": "weaklabel.label_model",
    "MajorityVote": "weaklabel.label_model",
    "MultiLabelModel": "weaklabel.label_model",
    "NaiveBayes": "weaklabel.label_model",
    "NumericModel": "weaklabel.label_model",
    "OneCoin": "weaklabel.label_model",
    "OrdinalModel": "weaklabel.label_model",
    "Pack": "weaklabel.packs",
    "PreferenceModel": "weaklabel.label_model",
    "Refined": "weaklabel.label_model",
    "refine": "weaklabel.label_model",
    "ProbabilisticLabels": "weaklabel.labels",
    "TextClassifier": "weaklabel.end_model",
    "TripletModel": "weaklabel.label_model",
    "VoteParts": "weaklabel.matrix",
    "VoteStore": "weaklabel.apply",
    "WeightedVote": "weaklabel.label_model",
    "analysis": "",
    "apply_lfs": "weaklabel.apply",
    "apply_parts": "weaklabel.apply",
    "datasets": "",
    "distributed": "",
    "interop": "",
    "label_model": "",
    "list_packs": "weaklabel.packs",
    "load_pack": "weaklabel.packs",
    "relabel": "",
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
